#!/usr/bin/env python3
"""Prints what the AWS CLI prints for given calls, for holding our collector against it.

    python3 Deploy/SampleCloud/expected.py --endpoint http://127.0.0.1:5000 < CALLS > ANSWERS

CALLS is one JSON object a line: {"service", "operation", "region"?, "resource"?} with the names of the AWS CLI (`s3api` as `s3`).
ANSWERS is one line each: {"payload"} or {"error": code}. The CLI is botocore with its paginators, its answers without ResponseMetadata and its
times in ISO 8601; so is this, without starting a process for each call.
"""
import argparse
import datetime
import json
import os
import sys
import time

os.environ.update(AWS_ACCESS_KEY_ID="sample", AWS_SECRET_ACCESS_KEY="sample", TZ="UTC", AWS_EC2_METADATA_DISABLED="true")
time.tzset()
import botocore.session  # noqa: E402
from botocore import xform_name  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

RESOURCE = {
    "s3": "Bucket", "lambda": "FunctionName", "kms": "KeyId", "secretsmanager": "SecretId", "ec2": "SnapshotId", "rds": "DBSnapshotIdentifier",
    "elbv2": "TargetGroupArn", "elbv2.describe-listeners": "LoadBalancerArn", "elbv2.describe-rules": "ListenerArn",
    "ec2.describe-image-attribute": "ImageId", "ec2.get-managed-prefix-list-entries": "PrefixListId",
    "ec2.get-transit-gateway-route-table-associations": "TransitGatewayRouteTableId",
    "ec2.search-transit-gateway-routes": "TransitGatewayRouteTableId",
    "rds.describe-db-cluster-snapshot-attributes": "DBClusterSnapshotIdentifier", "iam": "OpenIDConnectProviderArn", "apigateway": "restApiId",
    "apigatewayv2": "ApiId", "eks": "name", "ecr": "repositoryName", "sns": "TopicArn", "sqs": "QueueUrl",
    "cognito-identity": "IdentityPoolId",
    "organizations.list-policies": "Filter", "organizations.describe-policy": "PolicyId", "organizations.list-targets-for-policy": "PolicyId",
    "organizations": "ParentId",
}
EXTRA = {
    "ec2.describe-snapshots": {"OwnerIds": ["self"]}, "ec2.describe-snapshot-attribute": {"Attribute": "createVolumePermission"},
    "kms.get-key-policy": {"PolicyName": "default"}, "ec2.describe-images": {"Owners": ["self"]},
    "ec2.describe-image-attribute": {"Attribute": "launchPermission"}, "apigateway.get-resources": {"embed": ["methods"]},
    "ec2.search-transit-gateway-routes": {"Filters": [{"Name": "state", "Values": ["active", "blackhole"]}]},
    "sqs.get-queue-attributes": {"AttributeNames": ["All"]}, "cognito-identity.list-identity-pools": {"MaxResults": 60},
}
# What names the resource where a service has several kinds.
RESOURCE.update({
    "codepipeline.get-pipeline": "name", "codedeploy.list-deployment-groups": "applicationName",
    "cloudformation.describe-stack-set": "StackSetName", "sagemaker.describe-notebook-instance": "NotebookInstanceName",
    "sagemaker.describe-domain": "DomainId", "sagemaker.list-user-profiles": "DomainIdEquals", "ecs.list-services": "cluster",
    "ecs.list-tasks": "cluster", "ecs.list-container-instances": "cluster", "ecs.describe-task-definition": "taskDefinition",
    "apprunner": "ServiceArn", "eks.describe-cluster": "name", "eks": "clusterName", "stepfunctions": "stateMachineArn", "mwaa": "Name",
    "emr": "ClusterId", "kinesisanalyticsv2": "ApplicationName", "cognito-identity": "IdentityPoolId", "iot": "roleAlias",
    "sso-admin": "InstanceArn",
})
# What is asked with the resource that it belongs to: `PARENT/NAME`, or an ARN whose parent its listing gives.
PARENT = {
    "codedeploy.get-deployment-group": ("applicationName", "deploymentGroupName"), "eks.describe-nodegroup": ("clusterName", "nodegroupName"),
    "sagemaker.describe-user-profile": ("DomainId", "UserProfileName"),
    "sso-admin.describe-permission-set": ("InstanceArn", "PermissionSetArn"),
    "sso-admin.list-managed-policies-in-permission-set": ("InstanceArn", "PermissionSetArn"),
    "sso-admin.list-accounts-for-provisioned-permission-set": ("InstanceArn", "PermissionSetArn"),
}
# What is asked for everything in a listing at once: the parameter, the listing, its list.
WHOLE = {
    "codebuild.batch-get-projects": ("names", "list_projects", "projects"), "ecs.describe-clusters": ("clusters", "list_clusters", "clusterArns"),
    "ecs.describe-services": ("services", "list_services", "serviceArns"), "ecs.describe-tasks": ("tasks", "list_tasks", "taskArns"),
    "ecs.describe-container-instances": ("containerInstances", "list_container_instances", "containerInstanceArns"),
}
EXTRA.update({
    "cloudformation.list-stack-sets": {"Status": "ACTIVE"}, "batch.describe-job-definitions": {"status": "ACTIVE"},
    "emr.list-clusters": {"ClusterStates": ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]},
    "ec2.describe-launch-template-versions": {"Versions": ["$Default", "$Latest"]}, "cognito-identity.list-identity-pools": {"MaxResults": 60},
})
session = botocore.session.get_session()
clients = {}


def client(service, region, endpoint):
    key = (service, region)
    if key not in clients:
        clients[key] = session.create_client(
            service, region_name=region or "us-east-1", endpoint_url=endpoint,
            config=Config(inject_host_prefix=False, s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
    return clients[key]


def answer(call, endpoint):
    service, operation = call["service"], call["operation"]
    name = service + "." + operation
    api = client(service, call.get("region"), endpoint)
    method = xform_name("".join(part.capitalize() for part in operation.split("-")))
    # describe-db-instances is DescribeDBInstances: go by the CLI's own name of every operation.
    for python_name, api_name in api.meta.method_to_api_mapping.items():
        if xform_name(api_name, "-") == operation:
            method = python_name
    parameters = dict(EXTRA.get(name, {}))
    if name in PARENT:
        parent, own = PARENT[name]
        if call["resource"].startswith("arn:"):
            parameters[parent] = api.list_instances()["Instances"][0]["InstanceArn"]
            parameters[own] = call["resource"]
        else:
            parameters[parent], parameters[own] = call["resource"].split("/", 1)
    elif name in WHOLE:
        many, listing, names = WHOLE[name]
        parameters = {"cluster": call["resource"]} if call.get("resource") else {}
        parameters[many] = getattr(api, listing)(**parameters)[names]
    elif call.get("resource"):
        parameters[RESOURCE.get(name) or RESOURCE[service]] = call["resource"]
    if name == "opensearch.describe-domains":
        parameters["DomainNames"] = [domain["DomainName"] for domain in api.list_domain_names()["DomainNames"]]
    if name == "iam.get-service-last-accessed-details":
        job = api.generate_service_last_accessed_details(Arn=call["resource"], Granularity="ACTION_LEVEL")
        parameters = {"JobId": job["JobId"]}
    if service == "s3control":
        parameters["AccountId"] = call["account"]
    try:
        if api.can_paginate(method):
            result = api.get_paginator(method).paginate(**parameters).build_full_result()
        else:
            result = getattr(api, method)(**parameters)
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}
    result.pop("ResponseMetadata", None)
    if name == "iam.get-credential-report":
        result = result["Content"].decode()
    return {"payload": result}


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(type(value))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    options = parser.parse_args()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), options.endpoint), default=plain), flush=True)


main()
