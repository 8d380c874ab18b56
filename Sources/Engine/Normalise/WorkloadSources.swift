import CloudModel

/// How one call's answer tells of workloads.
///
/// Places are member names with dots between them; `[]` goes through a list; `.` is the element itself. In a template `{NAME}` is filled
/// with what stands there and `{#}` with the resource that the answer is about.
struct WorkloadSource {
    var kind: Workload.Kind
    var service: String
    var operation: String
    /// Where the elements are; empty for the answer itself.
    var place: String
    /// The member with the ARN, or `SERVICE:RESOURCE` to make one of.
    var arn: String
    var name: String
    /// Members with a role's ARN or name, or with an instance profile's.
    var roles: [String] = []
    /// Whether the elements only say that they exist, and another call says the rest.
    var isListing = false
    var attributes: [String: String] = [:]
    var tags = "tags"

    /// `SERVICE.OPERATION`.
    var call: String { service + "." + operation }

    private init(
        _ kind: Workload.Kind, _ call: String, at place: String, arn: String, name: String, roles: [String] = [], listing: Bool = false,
        tags: String = "tags", _ attributes: [String: String] = [:]
    ) {
        let parts = call.split(separator: ".", maxSplits: 1).map(String.init)
        self.kind = kind
        service = parts.first ?? call
        operation = parts.last ?? call
        self.place = place
        self.arn = arn
        self.name = name
        self.roles = roles
        isListing = listing
        self.tags = tags
        self.attributes = attributes
    }

    /// Every answer that tells of workloads: what describes them before what lists them.
    static let all: [WorkloadSource] = builds + stacks + data + notebooks + containers + kubernetes + agents + machines + identities

    private static let builds: [WorkloadSource] = [
        .init(
            .buildProject, "codebuild.batch-get-projects", at: "projects[]", arn: "arn", name: "name", roles: ["serviceRole"],
            ["source": "source.location", "sourceType": "source.type", "image": "environment.image"]),
        .init(
            .buildProject, "codebuild.list-projects", at: "projects[]", arn: "codebuild:project/{.}", name: ".", listing: true),
        .init(
            .deliveryPipeline, "codepipeline.get-pipeline", at: "", arn: "codepipeline:{pipeline.name}", name: "pipeline.name",
            roles: ["pipeline.roleArn"]),
        .init(.deliveryPipeline, "codepipeline.list-pipelines", at: "pipelines[]", arn: "codepipeline:{name}", name: "name", listing: true),
        .init(
            .deploymentGroup, "codedeploy.get-deployment-group", at: "deploymentGroupInfo",
            arn: "codedeploy:deploymentgroup:{applicationName}/{deploymentGroupName}", name: "deploymentGroupName",
            ["platform": "computePlatform", "groups": "autoScalingGroups[].name"]),
        .init(
            .deploymentGroup, "codedeploy.batch-get-deployment-groups", at: "deploymentGroupsInfo[]",
            arn: "codedeploy:deploymentgroup:{applicationName}/{deploymentGroupName}", name: "deploymentGroupName",
            ["platform": "computePlatform", "groups": "autoScalingGroups[].name"]),
        .init(
            .deploymentGroup, "codedeploy.list-deployment-groups", at: "deploymentGroups[]", arn: "codedeploy:deploymentgroup:{#}/{.}",
            name: ".", listing: true),
        .init(
            .amplifyApp, "amplify.list-apps", at: "apps[]", arn: "appArn", name: "name", roles: ["iamServiceRoleArn", "computeRoleArn"]),
    ]

    private static let stacks: [WorkloadSource] = [
        .init(
            .stack, "cloudformation.describe-stacks", at: "Stacks[]", arn: "StackId", name: "StackName", roles: ["RoleARN"], tags: "Tags",
            ["status": "StackStatus"]),
        .init(
            .stackSet, "cloudformation.describe-stack-set", at: "StackSet", arn: "StackSetARN", name: "StackSetName",
            roles: ["AdministrationRoleARN"], tags: "Tags",
            ["status": "Status", "model": "PermissionModel", "executionRole": "ExecutionRoleName"]),
        .init(
            .stackSet, "cloudformation.list-stack-sets", at: "Summaries[]", arn: "cloudformation:stackset/{StackSetId}",
            name: "StackSetName", listing: true, ["status": "Status", "model": "PermissionModel"]),
        .init(
            .beanstalkEnvironment, "elasticbeanstalk.describe-environments", at: "Environments[]", arn: "EnvironmentArn",
            name: "EnvironmentName", ["application": "ApplicationName", "status": "Status"]),
    ]

    private static let data: [WorkloadSource] = [
        .init(
            .devEndpoint, "glue.get-dev-endpoints", at: "DevEndpoints[]", arn: "glue:devEndpoint/{EndpointName}", name: "EndpointName",
            roles: ["RoleArn"], ["status": "Status"]),
        .init(
            .devEndpoint, "glue.get-dev-endpoint", at: "DevEndpoint", arn: "glue:devEndpoint/{EndpointName}", name: "EndpointName",
            roles: ["RoleArn"], ["status": "Status"]),
        .init(
            .glueJob, "glue.get-jobs", at: "Jobs[]", arn: "glue:job/{Name}", name: "Name", roles: ["Role"],
            ["source": "Command.ScriptLocation"]),
        .init(
            .glueJob, "glue.get-job", at: "Job", arn: "glue:job/{Name}", name: "Name", roles: ["Role"],
            ["source": "Command.ScriptLocation"]),
        .init(
            .glueSession, "glue.list-sessions", at: "Sessions[]", arn: "glue:session/{Id}", name: "Id", roles: ["Role"],
            ["status": "Status"]),
        .init(
            .glueSession, "glue.get-session", at: "Session", arn: "glue:session/{Id}", name: "Id", roles: ["Role"], ["status": "Status"]),
        .init(
            .emrCluster, "emr.describe-cluster", at: "Cluster", arn: "ClusterArn", name: "Name",
            roles: ["Ec2InstanceAttributes.IamInstanceProfile"], tags: "Tags", ["status": "Status.State"]),
        .init(
            .emrCluster, "emr.list-clusters", at: "Clusters[]", arn: "ClusterArn", name: "Name", listing: true,
            ["status": "Status.State"]),
        .init(
            .emrApplication, "emr-serverless.list-applications", at: "applications[]", arn: "arn", name: "name", ["status": "state"]),
        .init(
            .streamApplication, "kinesisanalyticsv2.describe-application", at: "ApplicationDetail", arn: "ApplicationARN",
            name: "ApplicationName", roles: ["ServiceExecutionRole"],
            ["status": "ApplicationStatus", "runtime": "RuntimeEnvironment"]),
        .init(
            .streamApplication, "kinesisanalyticsv2.list-applications", at: "ApplicationSummaries[]", arn: "ApplicationARN",
            name: "ApplicationName", listing: true),
        .init(
            .stateMachine, "stepfunctions.describe-state-machine", at: "", arn: "stateMachineArn", name: "name", roles: ["roleArn"],
            ["status": "status"]),
        .init(
            .stateMachine, "stepfunctions.list-state-machines", at: "stateMachines[]", arn: "stateMachineArn", name: "name", listing: true),
        .init(
            .airflowEnvironment, "mwaa.get-environment", at: "Environment", arn: "Arn", name: "Name", roles: ["ExecutionRoleArn"],
            tags: "Tags", ["bucket": "SourceBucketArn", "path": "DagS3Path", "status": "Status"]),
        .init(
            .airflowEnvironment, "mwaa.list-environments", at: "Environments[]", arn: "airflow:environment/{.}", name: ".", listing: true),
    ]

    private static let notebooks: [WorkloadSource] = [
        .init(
            .notebook, "sagemaker.describe-notebook-instance", at: "", arn: "NotebookInstanceArn", name: "NotebookInstanceName",
            roles: ["RoleArn"], ["status": "NotebookInstanceStatus", "lifecycle": "NotebookInstanceLifecycleConfigName"]),
        .init(
            .notebook, "sagemaker.list-notebook-instances", at: "NotebookInstances[]", arn: "NotebookInstanceArn",
            name: "NotebookInstanceName", listing: true,
            ["status": "NotebookInstanceStatus", "lifecycle": "NotebookInstanceLifecycleConfigName"]),
        .init(
            .studioDomain, "sagemaker.describe-domain", at: "", arn: "DomainArn", name: "DomainId",
            roles: ["DefaultUserSettings.ExecutionRole"], ["status": "Status"]),
        .init(.studioDomain, "sagemaker.list-domains", at: "Domains[]", arn: "DomainArn", name: "DomainId", listing: true),
        .init(
            .studioProfile, "sagemaker.describe-user-profile", at: "", arn: "UserProfileArn", name: "UserProfileName",
            roles: ["UserSettings.ExecutionRole"], ["domain": "DomainId", "status": "Status"]),
        .init(
            .studioProfile, "sagemaker.list-user-profiles", at: "UserProfiles[]",
            arn: "sagemaker:user-profile/{DomainId}/{UserProfileName}", name: "UserProfileName", listing: true, ["domain": "DomainId"]),
    ]

    private static let containers: [WorkloadSource] = [
        .init(
            .ecsCluster, "ecs.describe-clusters", at: "clusters[]", arn: "clusterArn", name: "clusterName",
            ["status": "status", "instances": "registeredContainerInstancesCount"]),
        .init(.ecsCluster, "ecs.list-clusters", at: "clusterArns[]", arn: ".", name: ".", listing: true),
        .init(
            .containerInstance, "ecs.describe-container-instances", at: "containerInstances[]", arn: "containerInstanceArn",
            name: "containerInstanceArn", ["status": "status", "instance": "ec2InstanceId"]),
        .init(
            .containerInstance, "ecs.list-container-instances", at: "containerInstanceArns[]", arn: ".", name: ".", listing: true),
        .init(
            .taskDefinition, "ecs.describe-task-definition", at: "taskDefinition", arn: "taskDefinitionArn", name: "family",
            roles: ["taskRoleArn"], tags: "",
            ["status": "status", "executionRole": "executionRoleArn", "image": "containerDefinitions[].image"]),
        .init(.taskDefinition, "ecs.list-task-definitions", at: "taskDefinitionArns[]", arn: ".", name: ".", listing: true),
        .init(
            .ecsService, "ecs.describe-services", at: "services[]", arn: "serviceArn", name: "serviceName",
            [
                "status": "status", "cluster": "clusterArn", "definition": "taskDefinition", "exec": "enableExecuteCommand",
                "targetGroups": "loadBalancers[].targetGroupArn", "subnets": "networkConfiguration.awsvpcConfiguration.subnets[]",
                "securityGroups": "networkConfiguration.awsvpcConfiguration.securityGroups[]",
            ]),
        .init(.ecsService, "ecs.list-services", at: "serviceArns[]", arn: ".", name: ".", listing: true),
        .init(
            .ecsTask, "ecs.describe-tasks", at: "tasks[]", arn: "taskArn", name: "taskArn", roles: ["overrides.taskRoleArn"],
            [
                "status": "lastStatus", "cluster": "clusterArn", "definition": "taskDefinitionArn", "exec": "enableExecuteCommand",
                "image": "containers[].image", "group": "group", "attachments": "attachments[].details[].value",
            ]),
        .init(.ecsTask, "ecs.list-tasks", at: "taskArns[]", arn: ".", name: ".", listing: true),
        .init(
            .appRunnerService, "apprunner.describe-service", at: "Service", arn: "ServiceArn", name: "ServiceName",
            roles: ["InstanceConfiguration.InstanceRoleArn"],
            [
                "status": "Status", "image": "SourceConfiguration.ImageRepository.ImageIdentifier",
                "isPublic": "NetworkConfiguration.IngressConfiguration.IsPubliclyAccessible",
            ]),
        .init(
            .appRunnerService, "apprunner.list-services", at: "ServiceSummaryList[]", arn: "ServiceArn", name: "ServiceName",
            listing: true, ["status": "Status"]),
        .init(
            .jobQueue, "batch.describe-job-queues", at: "jobQueues[]", arn: "jobQueueArn", name: "jobQueueName", ["status": "state"]),
        .init(
            .jobDefinition, "batch.describe-job-definitions", at: "jobDefinitions[]", arn: "jobDefinitionArn", name: "jobDefinitionName",
            roles: ["containerProperties.jobRoleArn"], ["status": "status", "image": "containerProperties.image"]),
    ]

    private static let kubernetes: [WorkloadSource] = [
        .init(
            .nodegroup, "eks.describe-nodegroup", at: "nodegroup", arn: "nodegroupArn", name: "nodegroupName", roles: ["nodeRole"],
            ["cluster": "clusterName"]),
        .init(.nodegroup, "eks.list-nodegroups", at: "nodegroups[]", arn: "eks:nodegroup/{#}/{.}", name: ".", listing: true),
        .init(
            .podIdentity, "eks.describe-pod-identity-association", at: "association", arn: "associationArn",
            name: "{namespace}/{serviceAccount}", roles: ["roleArn"], ["cluster": "clusterName"]),
        .init(
            .podIdentity, "eks.list-pod-identity-associations", at: "associations[]", arn: "associationArn",
            name: "{namespace}/{serviceAccount}", listing: true, ["cluster": "clusterName"]),
        .init(
            .accessEntry, "eks.describe-access-entry", at: "accessEntry", arn: "accessEntryArn", name: "principalArn",
            ["cluster": "clusterName", "principal": "principalArn", "groups": "kubernetesGroups[]", "type": "type"]),
        .init(
            .accessEntry, "eks.list-access-entries", at: "accessEntries[]", arn: "eks:access-entry/{#}/{.}", name: ".", listing: true),
    ]

    private static let agents: [WorkloadSource] = [
        .init(
            .codeInterpreter, "bedrock-agentcore-control.get-code-interpreter", at: "", arn: "codeInterpreterArn", name: "name",
            roles: ["executionRoleArn"], ["status": "status"]),
        .init(
            .codeInterpreter, "bedrock-agentcore-control.list-code-interpreters", at: "codeInterpreterSummaries[]",
            arn: "codeInterpreterArn", name: "name", listing: true),
        .init(
            .browser, "bedrock-agentcore-control.get-browser", at: "", arn: "browserArn", name: "name", roles: ["executionRoleArn"],
            ["status": "status"]),
        .init(
            .browser, "bedrock-agentcore-control.list-browsers", at: "browserSummaries[]", arn: "browserArn", name: "name", listing: true),
        .init(
            .agentRuntime, "bedrock-agentcore-control.get-agent-runtime", at: "", arn: "agentRuntimeArn", name: "agentRuntimeName",
            roles: ["roleArn"], ["status": "status"]),
        .init(
            .agentRuntime, "bedrock-agentcore-control.list-agent-runtimes", at: "agentRuntimes[]", arn: "agentRuntimeArn",
            name: "agentRuntimeName", listing: true),
        .init(
            .harness, "bedrock-agentcore-control.get-harness", at: "harness", arn: "arn", name: "harnessName",
            roles: ["executionRoleArn"], ["status": "status"]),
        .init(.harness, "bedrock-agentcore-control.list-harnesses", at: "harnesses[]", arn: "arn", name: "harnessName", listing: true),
    ]

    private static let machines: [WorkloadSource] = [
        .init(
            .launchTemplate, "ec2.describe-launch-template-versions", at: "LaunchTemplateVersions[]",
            arn: "ec2:launch-template/{LaunchTemplateId}", name: "LaunchTemplateName",
            roles: ["LaunchTemplateData.IamInstanceProfile.Arn", "LaunchTemplateData.IamInstanceProfile.Name"]),
        .init(
            .launchTemplate, "ec2.describe-launch-templates", at: "LaunchTemplates[]", arn: "ec2:launch-template/{LaunchTemplateId}",
            name: "LaunchTemplateName", listing: true, tags: "Tags"),
        .init(
            .scalingGroup, "autoscaling.describe-auto-scaling-groups", at: "AutoScalingGroups[]", arn: "AutoScalingGroupARN",
            name: "AutoScalingGroupName", tags: "Tags",
            [
                "template": "LaunchTemplate.LaunchTemplateId", "version": "LaunchTemplate.Version",
                "mixedTemplate": "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId",
                "mixedVersion": "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version",
            ]),
        .init(
            .managedInstance, "ssm.describe-instance-information", at: "InstanceInformationList[]", arn: "ec2:instance/{InstanceId}",
            name: "InstanceId", ["status": "PingStatus", "type": "ResourceType"]),
        .init(
            .parameter, "ssm.describe-parameters", at: "Parameters[]", arn: "ssm:parameter/{Name}", name: "Name",
            ["type": "Type", "key": "KeyId"]),
    ]

    private static let identities: [WorkloadSource] = [
        .init(
            .trustAnchor, "rolesanywhere.list-trust-anchors", at: "trustAnchors[]", arn: "trustAnchorArn", name: "name",
            ["enabled": "enabled"]),
        .init(
            .anywhereProfile, "rolesanywhere.list-profiles", at: "profiles[]", arn: "profileArn", name: "name", roles: ["roleArns[]"],
            ["enabled": "enabled", "sessionPolicy": "sessionPolicy", "managedPolicies": "managedPolicyArns[]"]),
        .init(
            .roleAlias, "iot.describe-role-alias", at: "roleAliasDescription", arn: "roleAliasArn", name: "roleAlias",
            roles: ["roleArn"]),
        .init(.roleAlias, "iot.list-role-aliases", at: "roleAliases[]", arn: "iot:rolealias/{.}", name: ".", listing: true),
        .init(
            .permissionSet, "sso-admin.describe-permission-set", at: "PermissionSet", arn: "PermissionSetArn", name: "Name"),
        .init(.permissionSet, "sso-admin.list-permission-sets", at: "PermissionSets[]", arn: ".", name: ".", listing: true),
    ]

    /// The calls whose absence hides that something of a kind exists.
    static let listings: [Workload.Kind: [String]] = {
        var listings: [Workload.Kind: [String]] = [:]
        for kind in Workload.Kind.allCases {
            let own = all.filter { $0.kind == kind }
            let listed = own.filter(\.isListing)
            listings[kind] = (listed.isEmpty ? own.prefix(1) : listed[...]).map(\.call)
        }
        // What belongs to something else hides with it.
        for kind in [Workload.Kind.containerInstance, .ecsService, .ecsTask] { listings[kind]?.append("ecs.list-clusters") }
        for kind in [Workload.Kind.nodegroup, .podIdentity, .accessEntry] { listings[kind]?.append("eks.list-clusters") }
        listings[.studioProfile]?.append("sagemaker.list-domains")
        listings[.deploymentGroup]?.append("codedeploy.list-applications")
        listings[.permissionSet]?.append("sso-admin.list-instances")
        return listings
    }()
}
