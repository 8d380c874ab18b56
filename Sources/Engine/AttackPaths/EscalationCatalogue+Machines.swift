import CloudModel

/// Techniques about functions, instances and what starts them. A table, hence long.
extension EscalationCatalogue {
    static let machines: [EscalationTechnique] = [
        .init(
            "lambda-001", .passRole(.to("lambda.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("lambda:CreateFunction", "lambda:function:example"),
                .made("lambda:InvokeFunction", "lambda:function:example"),
            ],
            Likelihood.certain, "create and invoke a function that runs as", attack: "T1648", close: Close.passing("lambda.amazonaws.com")),
        .init(
            "lambda-002",
            .passRole(.to("lambda.amazonaws.com", roleNeeds: ["sqs:ReceiveMessage", "kinesis:GetRecords", "dynamodb:GetRecords"])),
            [.target("iam:PassRole"), .made("lambda:CreateFunction", "lambda:function:example"), .any("lambda:CreateEventSourceMapping")],
            Likelihood.hard, "create a function, fed by an event source, that runs as", attack: "T1648",
            close: Close.passing("lambda.amazonaws.com")),
        .init(
            "lambda-003", .function,
            [.target("lambda:UpdateFunctionCode")],
            Likelihood.likely, "replace the code of a function that runs as", attack: "T1525", close: Close.function),
        .init(
            "lambda-004", .function,
            [.target("lambda:UpdateFunctionCode"), .target("lambda:InvokeFunction")],
            Likelihood.certain, "replace the code of, and invoke, a function that runs as", attack: "T1648", close: Close.function),
        .init(
            "lambda-005", .function,
            [.target("lambda:UpdateFunctionCode"), .target("lambda:AddPermission")],
            Likelihood.easy, "replace the code of, and open to itself, a function that runs as", attack: "T1648", close: Close.function),
        .init(
            "lambda-006", .passRole(.to("lambda.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("lambda:CreateFunction", "lambda:function:example"),
                .made("lambda:AddPermission", "lambda:function:example"),
            ],
            Likelihood.easy, "create a function, open to itself, that runs as", attack: "T1648",
            close: Close.passing("lambda.amazonaws.com")),
        .init(
            "ec2-001", .passRole(.to("ec2.amazonaws.com")),
            [.target("iam:PassRole"), .made("ec2:RunInstances", "ec2:instance/i-0123456789abcdef0")],
            Likelihood.certain, "launch an instance that runs as", attack: "T1578.002", close: Close.passing("ec2.amazonaws.com")),
        .init(
            "ec2-002", .instance(.restart),
            [.target("ec2:ModifyInstanceAttribute"), .target("ec2:StopInstances"), .target("ec2:StartInstances")],
            Likelihood.easy, "change the user data of, and restart, an instance that runs as", attack: "T1578", close: Close.instance),
        .init(
            "ec2-003", .passRole(.to("ec2.amazonaws.com")),
            [.target("iam:PassRole"), .made("ec2:RequestSpotInstances", "ec2:spot-instances-request/sir-01234567")],
            Likelihood.easy, "request a spot instance that runs as", attack: "T1578.002", close: Close.passing("ec2.amazonaws.com")),
        .init(
            "ec2-004", .takeover(.of(.launchTemplate, condition: "something launches instances from it", met: "launchedBy")),
            [.target("ec2:CreateLaunchTemplateVersion"), .target("ec2:ModifyLaunchTemplate")],
            Likelihood.hard, "change a launch template whose instances run as", attack: "T1578", close: Close.takeover(.launchTemplate)),
        .init(
            "ec2instanceconnect-003", .instance(.port(22)),
            [.target("ec2-instance-connect:SendSSHPublicKey"), .any("ec2:DescribeInstances")],
            Likelihood.likely, "push an SSH key to an instance that runs as", attack: "T1021.008", close: Close.instance),
        .init(
            "ssm-001", .instance(.systemsManager),
            [.target("ssm:StartSession")],
            Likelihood.certain, "start a session on an instance that runs as", attack: "T1651", close: Close.instance),
        .init(
            "ssm-002", .instance(.systemsManager),
            [.target("ssm:SendCommand")],
            Likelihood.certain, "run commands on an instance that runs as", attack: "T1651", close: Close.instance),
        .init(
            "lambda-url", .passRole(.to("lambda.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("lambda:CreateFunction", "lambda:function:example"),
                .made("lambda:CreateFunctionUrlConfig", "lambda:function:example"),
                .made("lambda:InvokeFunctionUrl", "lambda:function:example"),
            ],
            Likelihood.certain, "create a function with a URL that runs as", attack: "T1648", from: .hackTricks,
            close: Close.passing("lambda.amazonaws.com")),
        .init(
            "lambda-layer", .function,
            [.target("lambda:UpdateFunctionConfiguration")],
            Likelihood.likely, "put a layer or an environment of its own under a function that runs as", attack: "T1525", from: .rhino,
            close: Close.function),
        .init(
            "ssm-003", .passRole(.to("ssm.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("ssm:CreateDocument", "ssm:document/example"),
                .made("ssm:StartAutomationExecution", "ssm:automation-definition/example:1"),
            ],
            Likelihood.certain, "create and start a runbook that runs as", attack: "T1651", close: Close.passing("ssm.amazonaws.com")),
        .init(
            "ssm-association", .instance(.systemsManager),
            [.target("ssm:CreateAssociation")],
            Likelihood.certain, "have commands run again and again on an instance that runs as", attack: "T1651", from: .hackTricks,
            close: Close.instance),
        .init(
            "autoscaling-001", .passRole(.to("ec2.amazonaws.com")),
            [
                .target("iam:PassRole"),
                .made("autoscaling:CreateLaunchConfiguration", "autoscaling:launchConfiguration:0123:launchConfigurationName/example"),
                .made("autoscaling:CreateAutoScalingGroup", "autoscaling:autoScalingGroup:0123:autoScalingGroupName/example"),
            ],
            Likelihood.easy, "create a scaling group whose instances run as", attack: "T1578.002", from: .pmapper,
            close: Close.passing("ec2.amazonaws.com")),
        .init(
            "autoscaling-002", .passRole(.to("ec2.amazonaws.com")),
            [
                .target("iam:PassRole"),
                .made("autoscaling:CreateLaunchConfiguration", "autoscaling:launchConfiguration:0123:launchConfigurationName/example"),
                .existing("autoscaling:UpdateAutoScalingGroup", .scalingGroup),
            ],
            Likelihood.easy, "change a scaling group so that its instances run as", attack: "T1578", from: .pmapper,
            close: Close.passing("ec2.amazonaws.com")),
        .init(
            "imagebuilder-001", .passRole(.to("ec2.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("imagebuilder:CreateComponent", "imagebuilder:component/example/1.0.0/1"),
                .made("imagebuilder:CreateImageRecipe", "imagebuilder:image-recipe/example/1.0.0"),
                .made("imagebuilder:CreateInfrastructureConfiguration", "imagebuilder:infrastructure-configuration/example"),
                .made("imagebuilder:CreateImage", "imagebuilder:image/example/1.0.0/1"),
            ],
            Likelihood.easy, "build an image on an instance that runs as", attack: "T1578.002", close: Close.passing("ec2.amazonaws.com")),
        .init(
            "emr-001", .passRole(.to("ec2.amazonaws.com", passedTo: ["ec2.amazonaws.com", "elasticmapreduce.amazonaws.com"])),
            [.target("iam:PassRole"), .any("elasticmapreduce:RunJobFlow")],
            Likelihood.easy, "create a cluster whose instances run as", attack: "T1578.002", close: Close.passing("ec2.amazonaws.com")),
        .init(
            "emr-step", .takeover(.of(.emrCluster)),
            [.target("elasticmapreduce:AddJobFlowSteps")],
            Likelihood.certain, "run a step on a cluster whose instances run as", attack: "T1651", from: .hackTricks,
            close: Close.takeover(.emrCluster)),
        .init(
            "gamelift-001", .passRole(.to("gamelift.amazonaws.com")),
            [.target("iam:PassRole"), .any("gamelift:CreateBuild"), .any("gamelift:CreateFleet")],
            Likelihood.easy, "create a fleet of game servers that run as", attack: "T1578.002",
            close: Close.passing("gamelift.amazonaws.com")),
        .init(
            "ec2-associate-profile", .instanceProfile,
            [.target("iam:PassRole"), .target("ec2:AssociateIamInstanceProfile")],
            Likelihood.likely, "put an instance under", attack: "T1098.003", from: .pmapper, close: Close.passing("ec2.amazonaws.com")),
        .init(
            "ec2-replace-profile", .instanceProfile,
            [.target("iam:PassRole"), .target("ec2:ReplaceIamInstanceProfileAssociation")],
            Likelihood.likely, "put an instance, in its present role's place, under", attack: "T1098.003", from: .hackTricks,
            close: Close.passing("ec2.amazonaws.com")),
        .init(
            "ec2-serial-console", .instance(.console),
            [.target("ec2-instance-connect:SendSerialConsoleSSHPublicKey")],
            Likelihood.hard, "open the serial console of an instance that runs as", attack: "T1021.008", from: .hackingTheCloud,
            close: "Keep access to serial consoles off in the account (ec2:DisableSerialConsoleAccess)."),
    ]
}
