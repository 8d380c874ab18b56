import CloudModel

/// Techniques about containers and clusters. A table, hence long.
extension EscalationCatalogue {
    static let containers: [EscalationTechnique] = [
        .init(
            "apprunner-001",
            .passRole(.to("tasks.apprunner.amazonaws.com", passedTo: ["apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com"])),
            [.target("iam:PassRole"), .made("apprunner:CreateService", "apprunner:service/example/0123456789abcdef0123456789abcdef")],
            Likelihood.easy, "create an App Runner service that runs as", attack: "T1610",
            close: Close.passing("tasks.apprunner.amazonaws.com")),
        .init(
            "apprunner-002", .takeover(.of(.appRunnerService)),
            [.target("apprunner:UpdateService")],
            Likelihood.easy, "replace the image of an App Runner service that runs as", attack: "T1610",
            close: Close.takeover(.appRunnerService)),
        .init(
            "ecs-001", .passRole(.to("ecs-tasks.amazonaws.com")),
            [
                .target("iam:PassRole"), .any("ecs:CreateCluster"), .any("ecs:RegisterTaskDefinition"),
                .made("ecs:CreateService", "ecs:service/example/example"),
            ],
            Likelihood.easy, "create a cluster with a service that runs as", attack: "T1610",
            close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-002", .passRole(.to("ecs-tasks.amazonaws.com")),
            [
                .target("iam:PassRole"), .any("ecs:CreateCluster"), .any("ecs:RegisterTaskDefinition"),
                .made("ecs:RunTask", "ecs:task-definition/example:1"),
            ],
            Likelihood.easy, "create a cluster with a task that runs as", attack: "T1610", close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-003", .passRole(.to("ecs-tasks.amazonaws.com", needs: [.ecsCluster], context: ["ecs:cluster": .ecsCluster])),
            [.target("iam:PassRole"), .any("ecs:RegisterTaskDefinition"), .made("ecs:CreateService", "ecs:service/example/example")],
            Likelihood.easy, "create a service that runs as", attack: "T1610", close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-004", .passRole(.to("ecs-tasks.amazonaws.com", needs: [.ecsCluster], context: ["ecs:cluster": .ecsCluster])),
            [.target("iam:PassRole"), .any("ecs:RegisterTaskDefinition"), .made("ecs:RunTask", "ecs:task-definition/example:1")],
            Likelihood.easy, "run a task that runs as", attack: "T1610", close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-005", .passRole(.to("ecs-tasks.amazonaws.com", needs: [.containerInstance], context: ["ecs:cluster": .ecsCluster])),
            [.target("iam:PassRole"), .any("ecs:RegisterTaskDefinition"), .made("ecs:StartTask", "ecs:task-definition/example:1")],
            Likelihood.easy, "start a task that runs as", attack: "T1610", close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-006",
            .takeover(.of(.ecsTask, only: ["exec": ["true"], "status": ["RUNNING"]], roleNeeds: ["ssmmessages:OpenDataChannel"])),
            [.target("ecs:ExecuteCommand"), .attribute("ecs:ExecuteCommand", "cluster")],
            Likelihood.certain, "run commands in a task that runs as", attack: "T1609",
            close: "Switch ECS Exec off, or bind ecs:ExecuteCommand to the tasks of its users."),
        .init(
            "ecs-008", .passRole(.to("ecs-tasks.amazonaws.com", needs: [.ecsCluster], context: ["ecs:cluster": .ecsCluster])),
            [
                .target("iam:PassRole"), .belonging("iam:PassRole", .taskDefinition, "executionRole"),
                .existing("ecs:RunTask", .taskDefinition),
            ],
            Likelihood.certain, "run a task of an existing definition that runs as", attack: "T1610",
            close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-009", .passRole(.to("ecs-tasks.amazonaws.com", needs: [.containerInstance], context: ["ecs:cluster": .ecsCluster])),
            [
                .target("iam:PassRole"), .belonging("iam:PassRole", .taskDefinition, "executionRole"),
                .existing("ecs:StartTask", .taskDefinition),
            ],
            Likelihood.certain, "start a task of an existing definition that runs as", attack: "T1610",
            close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-update-service", .passRole(.to("ecs-tasks.amazonaws.com", context: ["ecs:cluster": .ecsCluster])),
            [.target("iam:PassRole"), .any("ecs:RegisterTaskDefinition"), .existing("ecs:UpdateService", .ecsService)],
            Likelihood.easy, "change a service so that its tasks run as", attack: "T1610", from: .hackTricks,
            close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-007",
            .passRole(
                .to(
                    "ecs-tasks.amazonaws.com", context: ["ecs:cluster": .ecsCluster],
                    condition: "the attacker runs code on an instance that can join the cluster")),
            [
                .target("iam:PassRole"), .existing("ecs:RegisterContainerInstance", .ecsCluster),
                .existing("ecs:StartTask", .taskDefinition),
            ],
            Likelihood.hard, "join a cluster and start a task there that runs as", attack: "T1610",
            close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "ecs-image", .takeover(.of(.taskDefinition, condition: "the tag may be overwritten and a task starts from it")),
            [
                .any("ecr:GetAuthorizationToken"), .attribute("ecr:InitiateLayerUpload", "repository"),
                .attribute("ecr:UploadLayerPart", "repository"), .attribute("ecr:CompleteLayerUpload", "repository"),
                .attribute("ecr:BatchCheckLayerAvailability", "repository"), .attribute("ecr:PutImage", "repository"),
            ],
            Likelihood.likely, "overwrite the image of a task that runs as", attack: "T1525", from: .hackTricks,
            close: "Make the tags of such repositories immutable, or let definitions name digests."),
        .init(
            "batch-001", .passRole(.to("ecs-tasks.amazonaws.com", passedTo: ["ecs-tasks.amazonaws.com", "batch.amazonaws.com"])),
            [
                .target("iam:PassRole"), .made("batch:RegisterJobDefinition", "batch:job-definition/example"),
                .made("batch:SubmitJob", "batch:job-definition/example"), .existing("batch:SubmitJob", .jobQueue),
            ],
            Likelihood.easy, "register and submit a job that runs as", attack: "T1610", close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "batch-002", .takeover(.of(.jobDefinition)),
            [.target("batch:SubmitJob"), .existing("batch:SubmitJob", .jobQueue)],
            Likelihood.certain, "submit a job, with its own command, that runs as", attack: "T1610", close: Close.takeover(.jobDefinition)),
        .init(
            "batch-003", .passRole(.to("ecs-tasks.amazonaws.com", passedTo: ["ecs-tasks.amazonaws.com", "batch.amazonaws.com"])),
            [
                .target("iam:PassRole"), .made("batch:CreateComputeEnvironment", "batch:compute-environment/example"),
                .made("batch:CreateJobQueue", "batch:job-queue/example"),
                .made("batch:RegisterJobDefinition", "batch:job-definition/example"),
                .made("batch:SubmitJob", "batch:job-definition/example"), .made("batch:SubmitJob", "batch:job-queue/example"),
            ],
            Likelihood.easy, "create a queue and submit a job that runs as", attack: "T1610",
            close: Close.passing("ecs-tasks.amazonaws.com")),
        .init(
            "eks-access-entry", .cluster(.administrator),
            [
                .target("eks:CreateAccessEntry"),
                .made("eks:AssociateAccessPolicy", "eks:access-entry/example/role/111122223333/example/0123"),
            ],
            Likelihood.easy, "make itself an administrator of a cluster with", attack: "T1098.006", from: .hackTricks,
            close: "Allow eks:CreateAccessEntry and eks:AssociateAccessPolicy only to who administers the cluster."),
        .init(
            "eks-pod-identity", .cluster(.identity),
            [.target("iam:PassRole"), .target("eks:CreatePodIdentityAssociation")],
            Likelihood.easy, "give a pod of a cluster", attack: "T1098.006", from: .aws, close: Close.passing("pods.eks.amazonaws.com")),
    ]
}
