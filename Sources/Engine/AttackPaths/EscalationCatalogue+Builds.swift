import CloudModel

/// Techniques about stacks, builds and deployments. A table, hence long.
extension EscalationCatalogue {
    static let builds: [EscalationTechnique] = [
        .init(
            "cloudformation-001", .passRole(.to("cloudformation.amazonaws.com")),
            [.target("iam:PassRole"), .made("cloudformation:CreateStack", "cloudformation:stack/example/01234567")],
            Likelihood.certain, "create a stack with the rights of", attack: "T1578", close: Close.passing("cloudformation.amazonaws.com")),
        .init(
            "cloudformation-002",
            .takeover(.of(.stack, never: ["status": ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"]])),
            [.target("cloudformation:UpdateStack")],
            Likelihood.easy, "update a stack that has the rights of", attack: "T1578", close: Close.takeover(.stack)),
        .init(
            "cloudformation-003", .passRole(.to("cloudformation.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("cloudformation:CreateStackSet", "cloudformation:stackset/example:01234567"),
                .made("cloudformation:CreateStackInstances", "cloudformation:stackset/example:01234567"),
            ],
            Likelihood.easy, "create a stack set with the rights of", attack: "T1578", close: Close.passing("cloudformation.amazonaws.com")),
        .init(
            "cloudformation-004", .passRole(.to("cloudformation.amazonaws.com", never: ["model": ["SERVICE_MANAGED"]])),
            [.target("iam:PassRole"), .existing("cloudformation:UpdateStackSet", .stackSet)],
            Likelihood.easy, "update a stack set with the rights of", attack: "T1578", close: Close.passing("cloudformation.amazonaws.com")),
        .init(
            "cloudformation-005", .takeover(.of(.stack, never: ["status": ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"]])),
            [.target("cloudformation:CreateChangeSet"), .target("cloudformation:ExecuteChangeSet")],
            Likelihood.easy, "change a stack that has the rights of", attack: "T1578", close: Close.takeover(.stack)),
        .init(
            "codebuild-001", .passRole(.to("codebuild.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("codebuild:CreateProject", "codebuild:project/example"),
                .made("codebuild:StartBuild", "codebuild:project/example"),
            ],
            Likelihood.certain, "create and start a build that runs as", attack: "T1648", close: Close.passing("codebuild.amazonaws.com")),
        .init(
            "codebuild-002", .takeover(.of(.buildProject)),
            [.target("codebuild:StartBuild")],
            Likelihood.easy, "start a build, with its own commands, of a project that runs as", attack: "T1648",
            close: Close.takeover(.buildProject)),
        .init(
            "codebuild-003", .takeover(.of(.buildProject)),
            [.target("codebuild:StartBuildBatch")],
            Likelihood.easy, "start a batch of builds, with its own commands, of a project that runs as", attack: "T1648",
            close: Close.takeover(.buildProject)),
        .init(
            "codebuild-004", .passRole(.to("codebuild.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("codebuild:CreateProject", "codebuild:project/example"),
                .made("codebuild:StartBuildBatch", "codebuild:project/example"),
            ],
            Likelihood.easy, "create and start a batch of builds that runs as", attack: "T1648",
            close: Close.passing("codebuild.amazonaws.com")),
        .init(
            "codebuild-update", .takeover(.of(.buildProject)),
            [.target("codebuild:UpdateProject")],
            Likelihood.likely, "change the commands of a project that runs as", attack: "T1195.002", from: .hackTricks,
            close: Close.takeover(.buildProject)),
        .init(
            "codebuild-source", .takeover(.of(.buildProject, condition: "a build is started")),
            [.attribute("s3:PutObject", "code")],
            Likelihood.likely, "replace the source of a project that runs as", attack: "T1195.002", from: .hackTricks, close: Close.code),
        .init(
            "codepipeline-001", .passRole(.to("codepipeline.amazonaws.com")),
            [.target("iam:PassRole"), .made("codepipeline:CreatePipeline", "codepipeline:example")],
            Likelihood.easy, "create a pipeline with commands that run as", attack: "T1648", from: .hackTricks,
            close: Close.passing("codepipeline.amazonaws.com")),
        .init(
            "codepipeline-002", .passRole(.to("codepipeline.amazonaws.com")),
            [.target("iam:PassRole"), .existing("codepipeline:UpdatePipeline", .deliveryPipeline)],
            Likelihood.easy, "change a pipeline so that its commands run as", attack: "T1648", from: .hackTricks,
            close: Close.passing("codepipeline.amazonaws.com")),
        .init(
            "codedeploy-001", .takeover(.of(.deploymentGroup, only: ["platform": ["Server"]])),
            [.target("codedeploy:CreateDeployment")],
            Likelihood.certain, "deploy scripts to an instance that runs as", attack: "T1072", close: Close.takeover(.deploymentGroup)),
        .init(
            "amplify-001", .passRole(.to("amplify.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("amplify:CreateApp", "amplify:apps/example"),
                .made("amplify:CreateBranch", "amplify:apps/example/branches/main"),
                .made("amplify:StartJob", "amplify:apps/example/branches/main/jobs/1"),
            ],
            Likelihood.easy, "create and build an app that runs as", attack: "T1648", close: Close.passing("amplify.amazonaws.com")),
        .init(
            "elasticbeanstalk-deploy",
            .takeover(.of(.beanstalkEnvironment, condition: "its service role, or the attacker, may do what the deployment takes")),
            [
                .made("elasticbeanstalk:CreateApplicationVersion", "elasticbeanstalk:applicationversion/example/1"),
                .target("elasticbeanstalk:UpdateEnvironment"),
            ],
            Likelihood.likely, "deploy its own version to an environment whose instances run as", attack: "T1072", from: .hackTricks,
            close: Close.takeover(.beanstalkEnvironment)),
        .init(
            "stepfunctions-001", .passRole(.to("states.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("states:CreateStateMachine", "states:stateMachine:example"),
                .made("states:StartExecution", "states:stateMachine:example"),
            ],
            Likelihood.certain, "create and start a state machine that acts as", attack: "T1648",
            close: Close.passing("states.amazonaws.com")),
        .init(
            "stepfunctions-002", .takeover(.of(.stateMachine)),
            [.target("states:UpdateStateMachine"), .target("states:StartExecution")],
            Likelihood.certain, "change and start a state machine that acts as", attack: "T1648", close: Close.takeover(.stateMachine)),
        .init(
            "stepfunctions-test-state", .passRole(.to("states.amazonaws.com")),
            [.target("iam:PassRole"), .any("states:TestState")],
            Likelihood.certain, "test a state that acts as", attack: "T1648", from: .hackTricks,
            close: Close.passing("states.amazonaws.com")),
        .init(
            "scheduler-001", .passRole(.to("scheduler.amazonaws.com")),
            [.target("iam:PassRole"), .made("scheduler:CreateSchedule", "scheduler:schedule/default/example")],
            Likelihood.certain, "create a schedule whose call is made as", attack: "T1648", close: Close.passing("scheduler.amazonaws.com")),
    ]
}
