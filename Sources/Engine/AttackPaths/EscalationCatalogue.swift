/// Every technique that the graph knows. A table: adding one touches nothing else.
///
/// Rows stand in order of preference: of two that lead from one principal to the same place, equally sure and likely, the first counts.
public enum EscalationCatalogue {
    /// The techniques.
    public static let techniques: [EscalationTechnique] = [
        EscalationTechnique(
            id: "iam-001", shape: .ownPolicy,
            requires: [.init(action: "iam:CreatePolicyVersion", slot: .policy)],
            likelihood: Likelihood.certain, deed: "write a new default version of a policy attached to itself", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-002", shape: .userCredentials,
            requires: [.init(action: "iam:CreateAccessKey", slot: .target)],
            likelihood: Likelihood.certain, deed: "create an access key for", attack: "T1098.001"),
        EscalationTechnique(
            id: "iam-003", shape: .userCredentials,
            requires: [.init(action: "iam:CreateAccessKey", slot: .target), .init(action: "iam:DeleteAccessKey", slot: .target)],
            likelihood: Likelihood.certain, deed: "replace an access key of", attack: "T1098.001"),
        EscalationTechnique(
            id: "iam-004", shape: .userCredentials,
            requires: [.init(action: "iam:CreateLoginProfile", slot: .target)],
            likelihood: Likelihood.easy, deed: "set a first console password for", attack: "T1098.001"),
        EscalationTechnique(
            id: "iam-005", shape: .ownPolicy,
            requires: [.init(action: "iam:PutRolePolicy", slot: .target)],
            likelihood: Likelihood.certain, deed: "write an inline policy for itself", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-006", shape: .userCredentials,
            requires: [.init(action: "iam:UpdateLoginProfile", slot: .target)],
            likelihood: Likelihood.easy, deed: "change the console password of", attack: "T1098.001"),
        EscalationTechnique(
            id: "iam-007", shape: .ownPolicy,
            requires: [.init(action: "iam:PutUserPolicy", slot: .target)],
            likelihood: Likelihood.certain, deed: "write an inline policy for itself", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-008", shape: .ownPolicy,
            requires: [.init(action: "iam:AttachUserPolicy", slot: .target)],
            likelihood: Likelihood.certain, deed: "attach AdministratorAccess to itself", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-009", shape: .ownPolicy,
            requires: [.init(action: "iam:AttachRolePolicy", slot: .target)],
            likelihood: Likelihood.certain, deed: "attach AdministratorAccess to itself", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-010", shape: .ownGroup,
            requires: [.init(action: "iam:AttachGroupPolicy", slot: .target)],
            likelihood: Likelihood.certain, deed: "attach AdministratorAccess to its own group", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-011", shape: .ownGroup,
            requires: [.init(action: "iam:PutGroupPolicy", slot: .target)],
            likelihood: Likelihood.certain, deed: "write an inline policy for its own group", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-012", shape: .roleTrust,
            requires: [.init(action: "iam:UpdateAssumeRolePolicy", slot: .target)],
            likelihood: Likelihood.certain, deed: "rewrite the trust policy of", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-013", shape: .joinGroup,
            requires: [.init(action: "iam:AddUserToGroup", slot: .target)],
            likelihood: Likelihood.certain, deed: "add itself to", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-014", shape: .assumedRoleGrant,
            requires: [.init(action: "iam:AttachRolePolicy", slot: .target), .init(action: "sts:AssumeRole", slot: .target)],
            likelihood: Likelihood.certain, deed: "attach AdministratorAccess to, and assume,", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-015", shape: .userGrant,
            requires: [.init(action: "iam:AttachUserPolicy", slot: .target), .init(action: "iam:CreateAccessKey", slot: .target)],
            likelihood: Likelihood.certain, deed: "attach AdministratorAccess to, and create an access key for,", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-016", shape: .assumedRoleGrant,
            requires: [.init(action: "iam:CreatePolicyVersion", slot: .policy), .init(action: "sts:AssumeRole", slot: .target)],
            likelihood: Likelihood.certain, deed: "rewrite a policy attached to, and assume,", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-017", shape: .assumedRoleGrant,
            requires: [.init(action: "iam:PutRolePolicy", slot: .target), .init(action: "sts:AssumeRole", slot: .target)],
            likelihood: Likelihood.certain, deed: "write an inline policy for, and assume,", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-018", shape: .userGrant,
            requires: [.init(action: "iam:PutUserPolicy", slot: .target), .init(action: "iam:CreateAccessKey", slot: .target)],
            likelihood: Likelihood.certain, deed: "write an inline policy for, and create an access key for,", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-019", shape: .trustedRoleGrant,
            requires: [.init(action: "iam:AttachRolePolicy", slot: .target), .init(action: "iam:UpdateAssumeRolePolicy", slot: .target)],
            likelihood: Likelihood.easy, deed: "attach AdministratorAccess to, and rewrite the trust policy of,", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-020", shape: .trustedRoleGrant,
            requires: [
                .init(action: "iam:CreatePolicyVersion", slot: .policy), .init(action: "iam:UpdateAssumeRolePolicy", slot: .target),
            ],
            likelihood: Likelihood.easy, deed: "rewrite a policy attached to, and the trust policy of,", attack: "T1098.003"),
        EscalationTechnique(
            id: "iam-021", shape: .trustedRoleGrant,
            requires: [.init(action: "iam:PutRolePolicy", slot: .target), .init(action: "iam:UpdateAssumeRolePolicy", slot: .target)],
            likelihood: Likelihood.easy, deed: "write an inline policy for, and rewrite the trust policy of,", attack: "T1098.003"),
        EscalationTechnique(
            id: "sts-001", shape: .assumeRole,
            requires: [.init(action: "sts:AssumeRole", slot: .target)],
            likelihood: Likelihood.certain, deed: "assume", attack: "T1078.004"),
        EscalationTechnique(
            id: "lambda-001", shape: .passRole(service: "lambda.amazonaws.com", passedTo: ["lambda.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "lambda:CreateFunction", slot: .created("function")),
                .init(action: "lambda:InvokeFunction", slot: .created("function")),
            ],
            likelihood: Likelihood.certain, deed: "create and invoke a function that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "lambda-002", shape: .passRole(service: "lambda.amazonaws.com", passedTo: ["lambda.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "lambda:CreateFunction", slot: .created("function")),
                .init(action: "lambda:CreateEventSourceMapping", slot: .any),
            ],
            likelihood: Likelihood.hard, deed: "create a function, fed by an event source, that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "lambda-003", shape: .function,
            requires: [.init(action: "lambda:UpdateFunctionCode", slot: .target)],
            likelihood: Likelihood.likely, deed: "replace the code of a function that runs as", attack: "T1525"),
        EscalationTechnique(
            id: "lambda-004", shape: .function,
            requires: [.init(action: "lambda:UpdateFunctionCode", slot: .target), .init(action: "lambda:InvokeFunction", slot: .target)],
            likelihood: Likelihood.certain, deed: "replace the code of, and invoke, a function that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "lambda-005", shape: .function,
            requires: [.init(action: "lambda:UpdateFunctionCode", slot: .target), .init(action: "lambda:AddPermission", slot: .target)],
            likelihood: Likelihood.easy, deed: "replace the code of, and open to itself, a function that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "lambda-006", shape: .passRole(service: "lambda.amazonaws.com", passedTo: ["lambda.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "lambda:CreateFunction", slot: .created("function")),
                .init(action: "lambda:AddPermission", slot: .created("function")),
            ],
            likelihood: Likelihood.easy, deed: "create a function, open to itself, that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "ec2-001", shape: .passRole(service: "ec2.amazonaws.com", passedTo: ["ec2.amazonaws.com"], missing: nil),
            requires: [.init(action: "iam:PassRole", slot: .target), .init(action: "ec2:RunInstances", slot: .created("instance"))],
            likelihood: Likelihood.certain, deed: "launch an instance that runs as", attack: "T1578.002"),
        EscalationTechnique(
            id: "ec2-002", shape: .instance,
            requires: [
                .init(action: "ec2:ModifyInstanceAttribute", slot: .target), .init(action: "ec2:StopInstances", slot: .target),
                .init(action: "ec2:StartInstances", slot: .target),
            ],
            likelihood: Likelihood.easy, deed: "change the user data of, and restart, an instance that runs as", attack: "T1578"),
        EscalationTechnique(
            id: "ec2-003", shape: .passRole(service: "ec2.amazonaws.com", passedTo: ["ec2.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target),
                .init(action: "ec2:RequestSpotInstances", slot: .created("spot-instances-request")),
            ],
            likelihood: Likelihood.easy, deed: "request a spot instance that runs as", attack: "T1578.002"),
        EscalationTechnique(
            id: "ec2-004", shape: .existing(service: "ec2.amazonaws.com", kind: "launch template"),
            requires: [
                .init(action: "ec2:CreateLaunchTemplateVersion", slot: .created("launch-template")),
                .init(action: "ec2:ModifyLaunchTemplate", slot: .created("launch-template")),
            ],
            likelihood: Likelihood.hard, deed: "change a launch template whose instances run as", attack: "T1578"),
        EscalationTechnique(
            id: "ec2instanceconnect-003", shape: .instance,
            requires: [
                .init(action: "ec2-instance-connect:SendSSHPublicKey", slot: .target), .init(action: "ec2:DescribeInstances", slot: .any),
            ],
            likelihood: Likelihood.likely, deed: "push an SSH key to an instance that runs as", attack: "T1021.008"),
        EscalationTechnique(
            id: "ssm-001", shape: .instance,
            requires: [.init(action: "ssm:StartSession", slot: .target)],
            likelihood: Likelihood.certain, deed: "start a session on an instance that runs as", attack: "T1651"),
        EscalationTechnique(
            id: "ssm-002", shape: .instance,
            requires: [.init(action: "ssm:SendCommand", slot: .target)],
            likelihood: Likelihood.certain, deed: "run commands on an instance that runs as", attack: "T1651"),
        EscalationTechnique(
            id: "apprunner-001",
            shape: .passRole(
                service: "tasks.apprunner.amazonaws.com", passedTo: ["apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com"],
                missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "apprunner:CreateService", slot: .created("apprunner-service")),
            ],
            likelihood: Likelihood.easy, deed: "create an App Runner service that runs as", attack: "T1610"),
        EscalationTechnique(
            id: "apprunner-002", shape: .existing(service: "tasks.apprunner.amazonaws.com", kind: "App Runner service"),
            requires: [.init(action: "apprunner:UpdateService", slot: .created("apprunner-service"))],
            likelihood: Likelihood.easy, deed: "replace the image of an App Runner service that runs as", attack: "T1610"),
        EscalationTechnique(
            id: "bedrock-001",
            shape: .passRole(service: "bedrock-agentcore.amazonaws.com", passedTo: ["bedrock-agentcore.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target),
                .init(action: "bedrock-agentcore:CreateCodeInterpreter", slot: .created("code-interpreter")),
                .init(action: "bedrock-agentcore:StartCodeInterpreterSession", slot: .created("code-interpreter")),
                .init(action: "bedrock-agentcore:InvokeCodeInterpreter", slot: .created("code-interpreter")),
            ],
            likelihood: Likelihood.easy, deed: "create and use a code interpreter that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "bedrock-002", shape: .existing(service: "bedrock-agentcore.amazonaws.com", kind: "code interpreter"),
            requires: [
                .init(action: "bedrock-agentcore:StartCodeInterpreterSession", slot: .created("code-interpreter")),
                .init(action: "bedrock-agentcore:InvokeCodeInterpreter", slot: .created("code-interpreter")),
            ],
            likelihood: Likelihood.easy, deed: "use a code interpreter that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "cloudformation-001",
            shape: .passRole(service: "cloudformation.amazonaws.com", passedTo: ["cloudformation.amazonaws.com"], missing: nil),
            requires: [.init(action: "iam:PassRole", slot: .target), .init(action: "cloudformation:CreateStack", slot: .created("stack"))],
            likelihood: Likelihood.certain, deed: "create a stack with the rights of", attack: "T1578"),
        EscalationTechnique(
            id: "cloudformation-002", shape: .existing(service: "cloudformation.amazonaws.com", kind: "stack"),
            requires: [.init(action: "cloudformation:UpdateStack", slot: .created("stack"))],
            likelihood: Likelihood.easy, deed: "update a stack that has the rights of", attack: "T1578"),
        EscalationTechnique(
            id: "cloudformation-003",
            shape: .passRole(service: "cloudformation.amazonaws.com", passedTo: ["cloudformation.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "cloudformation:CreateStackSet", slot: .created("stackset")),
                .init(action: "cloudformation:CreateStackInstances", slot: .created("stackset")),
            ],
            likelihood: Likelihood.easy, deed: "create a stack set with the rights of", attack: "T1578"),
        EscalationTechnique(
            id: "cloudformation-004",
            shape: .passRole(service: "cloudformation.amazonaws.com", passedTo: ["cloudformation.amazonaws.com"], missing: "stack set"),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "cloudformation:UpdateStackSet", slot: .created("stackset")),
            ],
            likelihood: Likelihood.easy, deed: "update a stack set with the rights of", attack: "T1578"),
        EscalationTechnique(
            id: "cloudformation-005", shape: .existing(service: "cloudformation.amazonaws.com", kind: "stack"),
            requires: [
                .init(action: "cloudformation:CreateChangeSet", slot: .created("stack")),
                .init(action: "cloudformation:ExecuteChangeSet", slot: .created("stack")),
            ],
            likelihood: Likelihood.easy, deed: "change a stack that has the rights of", attack: "T1578"),
        EscalationTechnique(
            id: "codebuild-001", shape: .passRole(service: "codebuild.amazonaws.com", passedTo: ["codebuild.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "codebuild:CreateProject", slot: .created("project")),
                .init(action: "codebuild:StartBuild", slot: .created("project")),
            ],
            likelihood: Likelihood.certain, deed: "create and start a build that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "codebuild-002", shape: .existing(service: "codebuild.amazonaws.com", kind: "build project"),
            requires: [.init(action: "codebuild:StartBuild", slot: .created("project"))],
            likelihood: Likelihood.easy, deed: "start a build, with its own commands, of a project that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "codebuild-003", shape: .existing(service: "codebuild.amazonaws.com", kind: "build project"),
            requires: [.init(action: "codebuild:StartBuildBatch", slot: .created("project"))],
            likelihood: Likelihood.easy, deed: "start a batch of builds, with its own commands, of a project that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "codebuild-004", shape: .passRole(service: "codebuild.amazonaws.com", passedTo: ["codebuild.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "codebuild:CreateProject", slot: .created("project")),
                .init(action: "codebuild:StartBuildBatch", slot: .created("project")),
            ],
            likelihood: Likelihood.easy, deed: "create and start a batch of builds that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "datapipeline-001",
            shape: .passRole(service: "datapipeline.amazonaws.com", passedTo: ["datapipeline.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "datapipeline:CreatePipeline", slot: .created("pipeline")),
                .init(action: "datapipeline:PutPipelineDefinition", slot: .created("pipeline")),
                .init(action: "datapipeline:ActivatePipeline", slot: .created("pipeline")),
            ],
            likelihood: Likelihood.likely, deed: "create and start a data pipeline that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "ecs-001", shape: .passRole(service: "ecs-tasks.amazonaws.com", passedTo: ["ecs-tasks.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "ecs:CreateCluster", slot: .any),
                .init(action: "ecs:RegisterTaskDefinition", slot: .any), .init(action: "ecs:CreateService", slot: .created("ecs-service")),
            ],
            likelihood: Likelihood.easy, deed: "create a cluster with a service that runs as", attack: "T1610"),
        EscalationTechnique(
            id: "ecs-002", shape: .passRole(service: "ecs-tasks.amazonaws.com", passedTo: ["ecs-tasks.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "ecs:CreateCluster", slot: .any),
                .init(action: "ecs:RegisterTaskDefinition", slot: .any), .init(action: "ecs:RunTask", slot: .created("task-definition")),
            ],
            likelihood: Likelihood.easy, deed: "create a cluster with a task that runs as", attack: "T1610"),
        EscalationTechnique(
            id: "ecs-003",
            shape: .passRole(service: "ecs-tasks.amazonaws.com", passedTo: ["ecs-tasks.amazonaws.com"], missing: "ECS cluster"),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "ecs:RegisterTaskDefinition", slot: .any),
                .init(action: "ecs:CreateService", slot: .created("ecs-service")),
            ],
            likelihood: Likelihood.easy, deed: "create a service that runs as", attack: "T1610"),
        EscalationTechnique(
            id: "ecs-004",
            shape: .passRole(service: "ecs-tasks.amazonaws.com", passedTo: ["ecs-tasks.amazonaws.com"], missing: "ECS cluster"),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "ecs:RegisterTaskDefinition", slot: .any),
                .init(action: "ecs:RunTask", slot: .created("task-definition")),
            ],
            likelihood: Likelihood.easy, deed: "run a task that runs as", attack: "T1610"),
        EscalationTechnique(
            id: "ecs-005",
            shape: .passRole(
                service: "ecs-tasks.amazonaws.com", passedTo: ["ecs-tasks.amazonaws.com"], missing: "ECS cluster with container instances"),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "ecs:RegisterTaskDefinition", slot: .any),
                .init(action: "ecs:StartTask", slot: .created("task-definition")),
            ],
            likelihood: Likelihood.easy, deed: "start a task that runs as", attack: "T1610"),
        EscalationTechnique(
            id: "glue-001", shape: .passRole(service: "glue.amazonaws.com", passedTo: ["glue.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "glue:CreateDevEndpoint", slot: .created("devEndpoint")),
            ],
            likelihood: Likelihood.easy, deed: "create a development endpoint that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "glue-002", shape: .existing(service: "glue.amazonaws.com", kind: "Glue development endpoint"),
            requires: [.init(action: "glue:UpdateDevEndpoint", slot: .created("devEndpoint"))],
            likelihood: Likelihood.easy, deed: "put its SSH key on a development endpoint that runs as", attack: "T1098.004"),
        EscalationTechnique(
            id: "glue-003", shape: .passRole(service: "glue.amazonaws.com", passedTo: ["glue.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "glue:CreateJob", slot: .created("job")),
                .init(action: "glue:StartJobRun", slot: .created("job")),
            ],
            likelihood: Likelihood.certain, deed: "create and start a job that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "glue-004", shape: .passRole(service: "glue.amazonaws.com", passedTo: ["glue.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "glue:CreateJob", slot: .created("job")),
                .init(action: "glue:CreateTrigger", slot: .created("trigger")),
            ],
            likelihood: Likelihood.easy, deed: "create and trigger a job that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "glue-005", shape: .passRole(service: "glue.amazonaws.com", passedTo: ["glue.amazonaws.com"], missing: "Glue job"),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "glue:UpdateJob", slot: .created("job")),
                .init(action: "glue:StartJobRun", slot: .created("job")),
            ],
            likelihood: Likelihood.easy, deed: "change and start a job that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "glue-006", shape: .passRole(service: "glue.amazonaws.com", passedTo: ["glue.amazonaws.com"], missing: "Glue job"),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "glue:UpdateJob", slot: .created("job")),
                .init(action: "glue:CreateTrigger", slot: .created("trigger")),
            ],
            likelihood: Likelihood.easy, deed: "change and trigger a job that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "sagemaker-001", shape: .passRole(service: "sagemaker.amazonaws.com", passedTo: ["sagemaker.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target),
                .init(action: "sagemaker:CreateNotebookInstance", slot: .created("notebook-instance")),
            ],
            likelihood: Likelihood.easy, deed: "create a notebook that runs as", attack: "T1578.002"),
        EscalationTechnique(
            id: "sagemaker-002", shape: .passRole(service: "sagemaker.amazonaws.com", passedTo: ["sagemaker.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target), .init(action: "sagemaker:CreateTrainingJob", slot: .created("training-job")),
            ],
            likelihood: Likelihood.easy, deed: "create a training job that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "sagemaker-003", shape: .passRole(service: "sagemaker.amazonaws.com", passedTo: ["sagemaker.amazonaws.com"], missing: nil),
            requires: [
                .init(action: "iam:PassRole", slot: .target),
                .init(action: "sagemaker:CreateProcessingJob", slot: .created("processing-job")),
            ],
            likelihood: Likelihood.easy, deed: "create a processing job that runs as", attack: "T1648"),
        EscalationTechnique(
            id: "sagemaker-004", shape: .existing(service: "sagemaker.amazonaws.com", kind: "notebook"),
            requires: [.init(action: "sagemaker:CreatePresignedNotebookInstanceUrl", slot: .created("notebook-instance"))],
            likelihood: Likelihood.easy, deed: "open a notebook that runs as", attack: "T1550.001"),
        EscalationTechnique(
            id: "sagemaker-005", shape: .existing(service: "sagemaker.amazonaws.com", kind: "notebook"),
            requires: [
                .init(action: "sagemaker:CreateNotebookInstanceLifecycleConfig", slot: .created("notebook-instance-lifecycle-config")),
                .init(action: "sagemaker:StopNotebookInstance", slot: .created("notebook-instance")),
                .init(action: "sagemaker:UpdateNotebookInstance", slot: .created("notebook-instance")),
                .init(action: "sagemaker:StartNotebookInstance", slot: .created("notebook-instance")),
            ],
            likelihood: Likelihood.easy, deed: "put commands into the start of a notebook that runs as", attack: "T1546"),
    ]

    /// The techniques by identifier.
    public static let byID: [String: EscalationTechnique] = Dictionary(techniques.map { ($0.id, $0) }) { first, _ in first }

    /// A resource of that kind which an attacker would make, when the policy does not say how it must be called.
    static func newResource(_ kind: String, account: String, region: String, partition: String) -> String {
        let name = "example"
        let start = "arn:\(partition):"
        let place = "\(region):\(account):"
        return switch kind {
        case "function": start + "lambda:" + place + "function:\(name)"
        case "instance": start + "ec2:" + place + "instance/i-0123456789abcdef0"
        case "spot-instances-request": start + "ec2:" + place + "spot-instances-request/sir-01234567"
        case "launch-template": start + "ec2:" + place + "launch-template/lt-0123456789abcdef0"
        case "apprunner-service": start + "apprunner:" + place + "service/\(name)/0123456789abcdef0123456789abcdef"
        case "code-interpreter": start + "bedrock-agentcore:" + place + "code-interpreter/\(name)"
        case "stack": start + "cloudformation:" + place + "stack/\(name)/01234567"
        case "stackset": start + "cloudformation:" + place + "stackset/\(name):01234567"
        case "project": start + "codebuild:" + place + "project/\(name)"
        case "pipeline": start + "datapipeline:" + place + "pipeline/\(name)"
        case "ecs-service": start + "ecs:" + place + "service/\(name)/\(name)"
        case "task-definition": start + "ecs:" + place + "task-definition/\(name):1"
        case "devEndpoint": start + "glue:" + place + "devEndpoint/\(name)"
        case "job": start + "glue:" + place + "job/\(name)"
        case "trigger": start + "glue:" + place + "trigger/\(name)"
        case "notebook-instance": start + "sagemaker:" + place + "notebook-instance/\(name)"
        case "notebook-instance-lifecycle-config": start + "sagemaker:" + place + "notebook-instance-lifecycle-config/\(name)"
        case "training-job": start + "sagemaker:" + place + "training-job/\(name)"
        case "processing-job": start + "sagemaker:" + place + "processing-job/\(name)"
        default: "*"
        }
    }
}
