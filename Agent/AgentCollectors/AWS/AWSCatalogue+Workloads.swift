/// The calls that tell what runs with the rights of which role, and what else the escalation catalogue needs to know of.
///
/// Rows of a table, hence long. What is taken of each answer stands in ServiceModel+Table.swift.
extension Catalogue {
    static let workloads: [CatalogueEntry] =
        builds + stacks + glue + sagemaker + containers + kubernetes + agents + schedulers + data + templates + management

    private static func list(
        _ service: String, _ operation: String, _ action: String, page: (parameter: String, size: Int)? = nil,
        _ parameters: [(String, ParameterValue)] = []
    ) -> CatalogueEntry {
        CatalogueEntry(service: service, operation: operation, scope: .regional, parameters: parameters, page: page, actions: [action])
    }

    /// One call for each element of an earlier answer of the same service.
    private static func each(
        _ service: String, _ operation: String, _ action: String, _ parameter: String, of source: String, _ list: String,
        _ value: String? = nil, parent: String? = nil, batch: Int? = nil, page: (parameter: String, size: Int)? = nil,
        notConfigured: Set<String> = []
    ) -> CatalogueEntry {
        CatalogueEntry(
            service: service, operation: operation, scope: .regional, page: page,
            fanOut: CatalogueEntry.FanOut(
                source: "\(service).\(source)", list: list, value: value, parameter: parameter, parent: parent, batch: batch),
            actions: [action], notConfigured: notConfigured)
    }

    private static let builds: [CatalogueEntry] = [
        list("codebuild", "list-projects", "codebuild:ListProjects"),
        each("codebuild", "batch-get-projects", "codebuild:BatchGetProjects", "names", of: "list-projects", "projects", batch: 100),
        list("codepipeline", "list-pipelines", "codepipeline:ListPipelines"),
        each("codepipeline", "get-pipeline", "codepipeline:GetPipeline", "name", of: "list-pipelines", "pipelines", "name"),
        list("codedeploy", "list-applications", "codedeploy:ListApplications"),
        each(
            "codedeploy", "list-deployment-groups", "codedeploy:ListDeploymentGroups", "applicationName", of: "list-applications",
            "applications"),
        each(
            "codedeploy", "get-deployment-group", "codedeploy:GetDeploymentGroup", "deploymentGroupName", of: "list-deployment-groups",
            "deploymentGroups", parent: "applicationName"),
        list("amplify", "list-apps", "amplify:ListApps", page: ("maxResults", 100)),
    ]

    private static let stacks: [CatalogueEntry] = [
        list("cloudformation", "describe-stacks", "cloudformation:DescribeStacks"),
        list("cloudformation", "list-stack-sets", "cloudformation:ListStackSets", page: ("MaxResults", 100), [("Status", .text("ACTIVE"))]),
        each(
            "cloudformation", "describe-stack-set", "cloudformation:DescribeStackSet", "StackSetName", of: "list-stack-sets", "Summaries",
            "StackSetName"),
        list("elasticbeanstalk", "describe-environments", "elasticbeanstalk:DescribeEnvironments"),
    ]

    private static let glue: [CatalogueEntry] = [
        list("glue", "get-dev-endpoints", "glue:GetDevEndpoints", page: ("MaxResults", 1000)),
        list("glue", "get-jobs", "glue:GetJobs", page: ("MaxResults", 1000)),
        list("glue", "list-sessions", "glue:ListSessions", page: ("MaxResults", 1000)),
    ]

    private static let sagemaker: [CatalogueEntry] = [
        list("sagemaker", "list-notebook-instances", "sagemaker:ListNotebookInstances", page: ("MaxResults", 100)),
        each(
            "sagemaker", "describe-notebook-instance", "sagemaker:DescribeNotebookInstance", "NotebookInstanceName",
            of: "list-notebook-instances", "NotebookInstances", "NotebookInstanceName"),
        list("sagemaker", "list-domains", "sagemaker:ListDomains", page: ("MaxResults", 100)),
        each("sagemaker", "describe-domain", "sagemaker:DescribeDomain", "DomainId", of: "list-domains", "Domains", "DomainId"),
        each(
            "sagemaker", "list-user-profiles", "sagemaker:ListUserProfiles", "DomainIdEquals", of: "list-domains", "Domains", "DomainId",
            page: ("MaxResults", 100)),
        each(
            "sagemaker", "describe-user-profile", "sagemaker:DescribeUserProfile", "UserProfileName", of: "list-user-profiles",
            "UserProfiles", "UserProfileName", parent: "DomainId"),
    ]

    private static let containers: [CatalogueEntry] = [
        list("ecs", "list-clusters", "ecs:ListClusters", page: ("maxResults", 100)),
        each("ecs", "describe-clusters", "ecs:DescribeClusters", "clusters", of: "list-clusters", "clusterArns", batch: 100),
        each("ecs", "list-services", "ecs:ListServices", "cluster", of: "list-clusters", "clusterArns", page: ("maxResults", 100)),
        each(
            "ecs", "describe-services", "ecs:DescribeServices", "services", of: "list-services", "serviceArns", parent: "cluster",
            batch: 10),
        each("ecs", "list-tasks", "ecs:ListTasks", "cluster", of: "list-clusters", "clusterArns", page: ("maxResults", 100)),
        each("ecs", "describe-tasks", "ecs:DescribeTasks", "tasks", of: "list-tasks", "taskArns", parent: "cluster", batch: 100),
        each(
            "ecs", "list-container-instances", "ecs:ListContainerInstances", "cluster", of: "list-clusters", "clusterArns",
            page: ("maxResults", 100)),
        each(
            "ecs", "describe-container-instances", "ecs:DescribeContainerInstances", "containerInstances", of: "list-container-instances",
            "containerInstanceArns", parent: "cluster", batch: 100),
        list("ecs", "list-task-definitions", "ecs:ListTaskDefinitions", page: ("maxResults", 100)),
        each(
            "ecs", "describe-task-definition", "ecs:DescribeTaskDefinition", "taskDefinition", of: "list-task-definitions",
            "taskDefinitionArns"),
        list("apprunner", "list-services", "apprunner:ListServices"),
        each(
            "apprunner", "describe-service", "apprunner:DescribeService", "ServiceArn", of: "list-services", "ServiceSummaryList",
            "ServiceArn"),
        list("batch", "describe-job-queues", "batch:DescribeJobQueues"),
        list("batch", "describe-job-definitions", "batch:DescribeJobDefinitions", [("status", .text("ACTIVE"))]),
    ]

    /// A cluster is `name` in the path, `clusterName` in the answers.
    private static let kubernetes: [CatalogueEntry] = [
        each("eks", "list-nodegroups", "eks:ListNodegroups", "name", of: "list-clusters", "clusters", page: ("maxResults", 100)),
        each(
            "eks", "describe-nodegroup", "eks:DescribeNodegroup", "nodegroupName", of: "list-nodegroups", "nodegroups", parent: "name"),
        // Clusters that know the aws-auth map only have no entries.
        each(
            "eks", "list-access-entries", "eks:ListAccessEntries", "name", of: "list-clusters", "clusters", page: ("maxResults", 100),
            notConfigured: ["InvalidRequestException"]),
        each(
            "eks", "describe-access-entry", "eks:DescribeAccessEntry", "principalArn", of: "list-access-entries", "accessEntries",
            parent: "name"),
        each(
            "eks", "list-associated-access-policies", "eks:ListAssociatedAccessPolicies", "principalArn", of: "list-access-entries",
            "accessEntries", parent: "name", page: ("maxResults", 100)),
        each(
            "eks", "list-pod-identity-associations", "eks:ListPodIdentityAssociations", "name", of: "list-clusters", "clusters",
            page: ("maxResults", 100)),
        each(
            "eks", "describe-pod-identity-association", "eks:DescribePodIdentityAssociation", "associationId",
            of: "list-pod-identity-associations", "associations", "associationId", parent: "name"),
    ]

    private static func agentCore(_ kind: String, plural: String, list name: String, id: String, listAction: String, getAction: String)
        -> [CatalogueEntry]
    {
        let service = "bedrock-agentcore-control"
        return [
            list(service, "list-\(plural)", "bedrock-agentcore:" + listAction, page: ("maxResults", 100)),
            each(service, "get-\(kind)", "bedrock-agentcore:" + getAction, id, of: "list-\(plural)", name, id),
        ]
    }
    private static let agents: [CatalogueEntry] =
        agentCore(
            "code-interpreter", plural: "code-interpreters", list: "codeInterpreterSummaries", id: "codeInterpreterId",
            listAction: "ListCodeInterpreters", getAction: "GetCodeInterpreter")
        + agentCore(
            "browser", plural: "browsers", list: "browserSummaries", id: "browserId", listAction: "ListBrowsers", getAction: "GetBrowser")
        + agentCore(
            "agent-runtime", plural: "agent-runtimes", list: "agentRuntimes", id: "agentRuntimeId", listAction: "ListAgentRuntimes",
            getAction: "GetAgentRuntime")
        + agentCore(
            "harness", plural: "harnesses", list: "harnesses", id: "harnessId", listAction: "ListHarnesses", getAction: "GetHarness")

    private static let schedulers: [CatalogueEntry] = [
        list("stepfunctions", "list-state-machines", "states:ListStateMachines", page: ("maxResults", 1000)),
        each(
            "stepfunctions", "describe-state-machine", "states:DescribeStateMachine", "stateMachineArn", of: "list-state-machines",
            "stateMachines", "stateMachineArn"),
        list("mwaa", "list-environments", "airflow:ListEnvironments", page: ("MaxResults", 25)),
        each("mwaa", "get-environment", "airflow:GetEnvironment", "Name", of: "list-environments", "Environments"),
    ]

    private static let data: [CatalogueEntry] = [
        CatalogueEntry(
            service: "emr", operation: "list-clusters", scope: .regional,
            parameters: [("ClusterStates", .list(["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]))],
            actions: ["elasticmapreduce:ListClusters"]),
        each("emr", "describe-cluster", "elasticmapreduce:DescribeCluster", "ClusterId", of: "list-clusters", "Clusters", "Id"),
        list("emr-serverless", "list-applications", "emr-serverless:ListApplications", page: ("maxResults", 50)),
        list("kinesisanalyticsv2", "list-applications", "kinesisanalytics:ListApplications", page: ("Limit", 50)),
        each(
            "kinesisanalyticsv2", "describe-application", "kinesisanalytics:DescribeApplication", "ApplicationName",
            of: "list-applications", "ApplicationSummaries", "ApplicationName"),
    ]

    private static let templates: [CatalogueEntry] = [
        list("ec2", "describe-launch-templates", "ec2:DescribeLaunchTemplates", page: ("MaxResults", 200)),
        // Without a template's name this is the default version of every one.
        list(
            "ec2", "describe-launch-template-versions", "ec2:DescribeLaunchTemplateVersions", page: ("MaxResults", 200),
            [("LaunchTemplateVersion", .list(["$Default", "$Latest"]))]),
        list("autoscaling", "describe-auto-scaling-groups", "autoscaling:DescribeAutoScalingGroups", page: ("MaxRecords", 100)),
    ]

    private static let management: [CatalogueEntry] = [
        list("ssm", "describe-instance-information", "ssm:DescribeInstanceInformation", page: ("MaxResults", 50)),
        list("ssm", "describe-parameters", "ssm:DescribeParameters", page: ("MaxResults", 50)),
        list("iot", "list-role-aliases", "iot:ListRoleAliases", page: ("pageSize", 250)),
        each("iot", "describe-role-alias", "iot:DescribeRoleAlias", "roleAlias", of: "list-role-aliases", "roleAliases"),
        list("sso-admin", "list-instances", "sso:ListInstances", page: ("MaxResults", 100)),
        each(
            "sso-admin", "list-permission-sets", "sso:ListPermissionSets", "InstanceArn", of: "list-instances", "Instances", "InstanceArn",
            page: ("MaxResults", 100)),
        each(
            "sso-admin", "describe-permission-set", "sso:DescribePermissionSet", "PermissionSetArn", of: "list-permission-sets",
            "PermissionSets", parent: "InstanceArn"),
        each(
            "sso-admin", "list-managed-policies-in-permission-set", "sso:ListManagedPoliciesInPermissionSet", "PermissionSetArn",
            of: "list-permission-sets", "PermissionSets", parent: "InstanceArn", page: ("MaxResults", 100)),
        each(
            "sso-admin", "list-accounts-for-provisioned-permission-set", "sso:ListAccountsForProvisionedPermissionSet", "PermissionSetArn",
            of: "list-permission-sets", "PermissionSets", parent: "InstanceArn", page: ("MaxResults", 100)),
    ]
}
