#!/usr/bin/env python3
"""Writes Agent/AgentCollectors/AWS/ServiceModel+Table.swift from botocore's service models (PyPI, Apache-2.0).

    python3 Agent/Docs/Collectors/aws-shapes.py > Agent/AgentCollectors/AWS/ServiceModel+Table.swift

The table holds, for the operations below only: protocol, HTTP method and path, pagination, and the shape of the answer.
To add an operation: add it here, run this, and add what we decide about it to AWSCatalogue.swift. Where an answer holds more than is needed,
TAKEN names what is taken of it; the rest is not in the table, so that the agent cannot even read it.
"""
import re
import sys

import botocore
import botocore.session
from botocore import xform_name

OPERATIONS = {
    "sts": ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"],
    "iam": ["GetAccountAuthorizationDetails", "GenerateCredentialReport", "GetCredentialReport", "GetAccountSummary", "GetAccountPasswordPolicy",
            "ListOpenIDConnectProviders", "GetOpenIDConnectProvider", "ListSAMLProviders", "GenerateServiceLastAccessedDetails",
            "GetServiceLastAccessedDetails"],
    "ec2": ["DescribeRegions", "DescribeInstances", "DescribeSecurityGroups", "DescribeVpcs", "DescribeSubnets", "DescribeRouteTables",
            "DescribeInternetGateways", "DescribeNetworkAcls", "DescribeIamInstanceProfileAssociations", "DescribeSnapshots",
            "DescribeSnapshotAttribute", "GetSnapshotBlockPublicAccessState", "DescribeImages", "DescribeImageAttribute",
            "DescribeNetworkInterfaces", "DescribeAddresses", "DescribeManagedPrefixLists", "GetManagedPrefixListEntries",
            "DescribeVpcPeeringConnections", "DescribeTransitGateways", "DescribeTransitGatewayAttachments",
            "DescribeTransitGatewayRouteTables", "SearchTransitGatewayRoutes", "GetTransitGatewayRouteTableAssociations",
            "DescribeVpcBlockPublicAccessOptions", "DescribeVpcBlockPublicAccessExclusions", "DescribeVpcEndpoints",
            "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions"],
    "elb": ["DescribeLoadBalancers"],
    "elbv2": ["DescribeLoadBalancers", "DescribeListeners", "DescribeTargetGroups", "DescribeTargetHealth", "DescribeRules",
              "DescribeTargetGroupAttributes"],
    "s3": ["ListBuckets", "GetBucketLocation", "GetBucketPolicy", "GetBucketAcl", "GetPublicAccessBlock", "GetBucketEncryption",
           "GetBucketTagging", "GetBucketOwnershipControls", "GetBucketVersioning", "GetObjectLockConfiguration"],
    "s3control": ["GetPublicAccessBlock"],
    "lambda": ["ListFunctions", "GetPolicy", "ListFunctionUrlConfigs"],
    "kms": ["ListKeys", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants"],
    "secretsmanager": ["ListSecrets", "GetResourcePolicy"],
    "organizations": ["DescribeOrganization", "ListRoots", "ListOrganizationalUnitsForParent", "ListAccountsForParent", "ListAccounts",
                      "ListPolicies", "DescribePolicy", "ListTargetsForPolicy"],
    "rds": ["DescribeDBInstances", "DescribeDBSnapshots", "DescribeDBSnapshotAttributes", "DescribeDBClusterSnapshots",
            "DescribeDBClusterSnapshotAttributes"],
    "redshift": ["DescribeClusters", "DescribeClusterSubnetGroups"],
    "apigateway": ["GetRestApis", "GetStages", "GetResources"],
    "apigatewayv2": ["GetApis", "GetStages", "GetRoutes", "GetIntegrations"],
    "cloudfront": ["ListDistributions"],
    "opensearch": ["ListDomainNames", "DescribeDomains"],
    "eks": ["ListClusters", "DescribeCluster", "ListNodegroups", "DescribeNodegroup", "ListAccessEntries", "DescribeAccessEntry",
            "ListAssociatedAccessPolicies", "ListPodIdentityAssociations", "DescribePodIdentityAssociation"],
    "ecr": ["DescribeRepositories", "GetRepositoryPolicy"],
    "sns": ["ListTopics", "GetTopicAttributes"],
    "sqs": ["ListQueues", "GetQueueAttributes"],
    "cognito-identity": ["ListIdentityPools", "DescribeIdentityPool", "GetIdentityPoolRoles"],
    "rolesanywhere": ["ListTrustAnchors", "ListProfiles"],
    "codebuild": ["ListProjects", "BatchGetProjects"],
    "cloudformation": ["DescribeStacks", "ListStackSets", "DescribeStackSet"],
    "glue": ["GetDevEndpoints", "GetJobs", "ListSessions"],
    "sagemaker": ["ListNotebookInstances", "DescribeNotebookInstance", "ListDomains", "DescribeDomain", "ListUserProfiles",
                  "DescribeUserProfile"],
    "apprunner": ["ListServices", "DescribeService"],
    "bedrock-agentcore-control": ["ListCodeInterpreters", "GetCodeInterpreter", "ListBrowsers", "GetBrowser", "ListAgentRuntimes",
                                  "GetAgentRuntime", "ListHarnesses", "GetHarness"],
    "ecs": ["ListClusters", "DescribeClusters", "ListServices", "DescribeServices", "ListTasks", "DescribeTasks", "ListTaskDefinitions",
            "DescribeTaskDefinition", "ListContainerInstances", "DescribeContainerInstances"],
    "stepfunctions": ["ListStateMachines", "DescribeStateMachine"],
    "autoscaling": ["DescribeAutoScalingGroups"],
    "batch": ["DescribeJobQueues", "DescribeJobDefinitions"],
    "emr": ["ListClusters", "DescribeCluster"],
    "emr-serverless": ["ListApplications"],
    "mwaa": ["ListEnvironments", "GetEnvironment"],
    "codedeploy": ["ListApplications", "ListDeploymentGroups", "GetDeploymentGroup"],
    "codepipeline": ["ListPipelines", "GetPipeline"],
    "amplify": ["ListApps"],
    "sso-admin": ["ListInstances", "ListPermissionSets", "DescribePermissionSet", "ListManagedPoliciesInPermissionSet",
                  "ListAccountsForProvisionedPermissionSet"],
    "iot": ["ListRoleAliases", "DescribeRoleAlias"],
    "kinesisanalyticsv2": ["ListApplications", "DescribeApplication"],
    "elasticbeanstalk": ["DescribeEnvironments"],
    "ssm": ["DescribeInstanceInformation", "DescribeParameters"],
}
# What is taken of an answer: paths of members, [] for the elements of a list. An operation that is not named is taken whole.
TAKEN = {
    "ec2 DescribeLaunchTemplates": ["LaunchTemplates[]: LaunchTemplateId LaunchTemplateName DefaultVersionNumber LatestVersionNumber Tags",
                                    "NextToken"],
    "ec2 DescribeLaunchTemplateVersions": [
        "LaunchTemplateVersions[]: LaunchTemplateId LaunchTemplateName VersionNumber DefaultVersion LaunchTemplateData.IamInstanceProfile",
        "NextToken"],
    "codebuild BatchGetProjects": ["projects[]: name arn serviceRole source.type source.location environment.image tags", "projectsNotFound"],
    "cloudformation DescribeStacks": ["Stacks[]: StackId StackName RoleARN StackStatus Tags", "NextToken"],
    "cloudformation ListStackSets": ["Summaries[]: StackSetName StackSetId Status PermissionModel", "NextToken"],
    "cloudformation DescribeStackSet": [
        "StackSet: StackSetName StackSetId StackSetARN Status PermissionModel AdministrationRoleARN ExecutionRoleName Tags"],
    "glue GetDevEndpoints": ["DevEndpoints[]: EndpointName RoleArn Status", "NextToken"],
    "glue GetJobs": ["Jobs[]: Name Role Command.Name Command.ScriptLocation", "NextToken"],
    "glue ListSessions": ["Ids", "Sessions[]: Id Role Status", "NextToken"],
    "sagemaker ListNotebookInstances": [
        "NotebookInstances[]: NotebookInstanceName NotebookInstanceArn NotebookInstanceStatus NotebookInstanceLifecycleConfigName", "NextToken"],
    "sagemaker DescribeNotebookInstance": [
        "NotebookInstanceArn", "NotebookInstanceName", "NotebookInstanceStatus", "RoleArn", "NotebookInstanceLifecycleConfigName"],
    "sagemaker ListDomains": ["Domains[]: DomainArn DomainId DomainName Status", "NextToken"],
    "sagemaker DescribeDomain": ["DomainArn", "DomainId", "DomainName", "Status", "DefaultUserSettings.ExecutionRole"],
    "sagemaker ListUserProfiles": ["UserProfiles[]: DomainId UserProfileName Status", "NextToken"],
    "sagemaker DescribeUserProfile": ["DomainId", "UserProfileArn", "UserProfileName", "Status", "UserSettings.ExecutionRole"],
    "apprunner DescribeService": [
        "Service: ServiceName ServiceId ServiceArn Status InstanceConfiguration.InstanceRoleArn"
        " SourceConfiguration.ImageRepository.ImageIdentifier"],
    "bedrock-agentcore-control GetCodeInterpreter": ["codeInterpreterId", "codeInterpreterArn", "name", "executionRoleArn", "status"],
    "bedrock-agentcore-control GetBrowser": ["browserId", "browserArn", "name", "executionRoleArn", "status"],
    "bedrock-agentcore-control GetAgentRuntime": ["agentRuntimeId", "agentRuntimeArn", "agentRuntimeName", "roleArn", "status"],
    "bedrock-agentcore-control GetHarness": ["harness: harnessId arn harnessName executionRoleArn status"],
    "ecs DescribeClusters": ["clusters[]: clusterArn clusterName status registeredContainerInstancesCount runningTasksCount tags", "failures"],
    "ecs DescribeServices": ["services[]: serviceArn serviceName clusterArn status taskDefinition enableExecuteCommand launchType tags",
                             "failures"],
    "ecs DescribeTasks": ["tasks[]: taskArn clusterArn taskDefinitionArn lastStatus enableExecuteCommand launchType containerInstanceArn"
                          " overrides.taskRoleArn containers[].image group tags", "failures"],
    "ecs DescribeTaskDefinition": ["taskDefinition: taskDefinitionArn family revision status taskRoleArn executionRoleArn"
                                   " requiresCompatibilities containerDefinitions[].name containerDefinitions[].image", "tags"],
    "ecs DescribeContainerInstances": ["containerInstances[]: containerInstanceArn ec2InstanceId status agentConnected tags", "failures"],
    "eks DescribeNodegroup": ["nodegroup: nodegroupName nodegroupArn clusterName status nodeRole tags"],
    "stepfunctions DescribeStateMachine": ["stateMachineArn", "name", "status", "roleArn", "type"],
    "autoscaling DescribeAutoScalingGroups": [
        "AutoScalingGroups[]: AutoScalingGroupName AutoScalingGroupARN LaunchConfigurationName LaunchTemplate"
        " MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification DesiredCapacity MaxSize Tags", "NextToken"],
    "batch DescribeJobQueues": ["jobQueues[]: jobQueueName jobQueueArn state status tags", "nextToken"],
    "batch DescribeJobDefinitions": [
        "jobDefinitions[]: jobDefinitionName jobDefinitionArn revision status type containerProperties.jobRoleArn containerProperties.image tags",
        "nextToken"],
    "emr ListClusters": ["Clusters[]: Id Name Status.State ClusterArn", "Marker"],
    "emr DescribeCluster": ["Cluster: Id Name ClusterArn Status.State Ec2InstanceAttributes.IamInstanceProfile ServiceRole Tags"],
    "mwaa GetEnvironment": ["Environment: Name Arn Status ExecutionRoleArn SourceBucketArn DagS3Path Tags"],
    "codedeploy GetDeploymentGroup": [
        "deploymentGroupInfo: applicationName deploymentGroupName serviceRoleArn computePlatform ec2TagFilters ec2TagSet"
        " autoScalingGroups[].name"],
    "iam GetServiceLastAccessedDetails": [
        "JobStatus", "JobType", "JobCompletionDate", "IsTruncated", "Marker", "Error: Code", "ServicesLastAccessed[]: ServiceNamespace LastAuthenticated",
        "ServicesLastAccessed[].TrackedActionsLastAccessed[]: ActionName LastAccessedTime"],
    "codepipeline GetPipeline": ["pipeline: name roleArn", "metadata: pipelineArn"],
    "amplify ListApps": ["apps[]: appId appArn name iamServiceRoleArn computeRoleArn tags", "nextToken"],
    "kinesisanalyticsv2 DescribeApplication": [
        "ApplicationDetail: ApplicationARN ApplicationName ServiceExecutionRole ApplicationStatus RuntimeEnvironment"],
    "elasticbeanstalk DescribeEnvironments": ["Environments[]: EnvironmentName EnvironmentId EnvironmentArn ApplicationName Status",
                                              "NextToken"],
    "ssm DescribeInstanceInformation": ["InstanceInformationList[]: InstanceId PingStatus ResourceType IamRole", "NextToken"],
    "ssm DescribeParameters": ["Parameters[]: Name ARN Type KeyId Tier", "NextToken"],
}
# Operations that page although no paginator model says so: their tokens and lists, and what else a paginator model says.
PAGES = {
    "ec2 DescribeVpcBlockPublicAccessExclusions": ("NextToken", "VpcBlockPublicAccessExclusions"),
    # It never pages; named as a listing, an answer without the list is refused.
    "opensearch ListDomainNames": ("NextToken", "DomainNames"),
    "apprunner ListServices": ("NextToken", "ServiceSummaryList"),
    "glue ListSessions": ("NextToken", "Ids,Sessions"),
    "iam GetServiceLastAccessedDetails": ("Marker", "ServicesLastAccessed", "more=IsTruncated", "once=JobStatus,JobType,JobCompletionDate"),
}
PRIMITIVE = {"string": "s", "character": "s", "integer": "i", "long": "i", "float": "n", "double": "n", "boolean": "b", "timestamp": "t",
             "blob": "x"}

session = botocore.session.get_session()
loader = session.get_component("data_loader")
lines = []


def one(value):
    return value if isinstance(value, str) else ",".join(value or [])


def taken(paths):
    """The tree of members that the paths name; an empty one is everything below."""
    tree = {}
    for path in paths:
        start, _, names = path.partition(": ")
        for name in names.split() or [""]:
            place = tree
            for step in (start + ("." + name if name else "")).replace("[]", "").split("."):
                place = place.setdefault(step, {})
    return tree


for service, operations in OPERATIONS.items():
    model = session.get_service_model(service)
    metadata = model.metadata
    protocol = metadata["protocol"]
    try:
        pages = loader.load_service_model(service, "paginators-1")["pagination"]
    except Exception:
        pages = {}
    lines.append(" ".join(["service", service, protocol, metadata["apiVersion"], metadata["endpointPrefix"],
                           metadata.get("signingName") or metadata["endpointPrefix"], metadata.get("targetPrefix") or "-",
                           metadata.get("jsonVersion") or "-"]))
    numbers = {}
    shapes = []

    def reference(shape, keep):
        if shape.type_name == "string" and shape.name == "policyDocumentType":
            return "p"  # botocore decodes these into JSON values: handlers.json_decode_policies
        if shape.type_name in PRIMITIVE:
            return PRIMITIVE[shape.type_name]
        key = shape.name + (repr(keep) if keep else "")
        if key in numbers:
            return str(numbers[key])
        number = numbers[key] = len(numbers)
        shapes.append(None)
        if shape.type_name == "list":
            text = f"L {reference(shape.member, keep)}" + (" flat" if shape.serialization.get("flattened") else "")
        elif shape.type_name == "map":
            text = "M {} {} {} {}{}".format(
                reference(shape.key, {}), reference(shape.value, keep), shape.key.serialization.get("name", "key"),
                shape.value.serialization.get("name", "value"), " flat" if shape.serialization.get("flattened") else "")
        else:
            members = []
            unknown = [name for name in keep if name not in shape.members]
            if unknown:
                sys.exit(f"{service} {shape.name} has no {unknown}")
            for name, member in shape.members.items():
                serialization = member.serialization
                if serialization.get("location"):
                    continue  # a header or the status code, not of the body
                if keep and name not in keep:
                    continue
                wire = serialization.get("name", name)
                flags = ""
                if member.type_name == "list" and serialization.get("flattened"):
                    wire = member.member.serialization.get("name") or wire
                    flags += "*"
                if serialization.get("xmlAttribute"):
                    flags += "@"
                members.append(f"{name}={reference(member, keep.get(name, {}))}" + (f"={wire}" if wire != name or flags else "") + (f"={flags}" if flags else ""))
            text = "S " + " ".join(members)
        shapes[number] = f"{number} {text}".rstrip()
        return str(number)

    for name in operations:
        operation = model.operation_model(name)
        output = operation.output_shape
        keep = taken(TAKEN.get(f"{service} {name}", []))
        page = pages.get(name) or {}
        fields = ["op", xform_name(name, "-"), name, operation.http["method"], operation.http["requestUri"],
                  reference(output, keep) if output else "-"]
        body = [m for m, shape in (operation.input_shape.members if operation.input_shape else {}).items()
                if not shape.serialization.get("location")]
        if protocol == "rest-json" and body:
            fields.append("body=" + ",".join(body))
        if output and output.serialization.get("payload"):
            fields.append("payload=" + output.serialization["payload"])
        if output and output.serialization.get("resultWrapper"):
            fields.append("wrapper=" + output.serialization["resultWrapper"])
        if f"{service} {name}" in PAGES:
            token, results, *others = PAGES[f"{service} {name}"]
            fields += [f"in={token}", f"out={token}", f"results={results}", *others]
        elif page:
            fields += ["in=" + one(page["input_token"]), "out=" + one(page["output_token"]), "results=" + one(page["result_key"])]
            if page.get("more_results"):
                fields.append("more=" + page["more_results"])
            if page.get("non_aggregate_keys"):
                fields.append("once=" + one(page["non_aggregate_keys"]))
        else:
            # An operation without a paginator model may page nevertheless: the shape says so.
            tokens = [m for m in (output.members if output else {}) if re.fullmatch(r"NextToken|NextMarker|Marker", m)]
            if tokens:
                sys.exit(f"{service} {name} has {tokens} and no paginator: decide how it pages")
        lines.append(" ".join(fields))
    lines += shapes

print("// Generated by Agent/Docs/Collectors/aws-shapes.py from botocore %s (Apache-2.0). Do not edit." % botocore.__version__)
print("// A table, hence long. Its grammar is in ServiceModel.swift.")
print()
print("extension ServiceModel {")
print("    /// The operations this agent uses, as AWS describes them.")
print('    static let table: String = #"""')
for line in lines:
    # Long structures continue on lines that start with "+": no source line is longer than the house allows.
    words, current = line.split(" "), "       "
    for word in words:
        if len(current) + 1 + len(word) > 138:
            print(current)
            current = "        +"
        current += " " + word
    print(current)
print('        """#')
print("}")
