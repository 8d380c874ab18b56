"""Calls that moto does not know, answered as AWS answers for an account that has nothing of the kind.

moto answers them with an internal error, which a collector rightly takes for a failure of the service.
"""
import json
import re

# By X-Amz-Target.
BY_TARGET = {
    "AppRunner.ListServices": {"ServiceSummaryList": []},
    "SageMaker.ListUserProfiles": {"UserProfiles": []},
}
# By the service of the signature, the method and the path.
BY_PATH = {
    ("amplify", "GET", "/apps"): {"apps": []},
    ("bedrock-agentcore", "POST", "/code-interpreters"): {"codeInterpreterSummaries": []},
    ("bedrock-agentcore", "POST", "/browsers"): {"browserSummaries": []},
    ("bedrock-agentcore", "GET", "/harnesses"): {"harnesses": []},
    ("airflow", "GET", "/environments"): {"Environments": []},
    ("eks", "GET", "/clusters/*/access-entries"): {"accessEntries": []},
    ("eks", "GET", "/clusters/*/pod-identity-associations"): {"associations": []},
}


def managed_instances(region):
    """Every running instance with a role has the agent that Systems Manager needs: Amazon's images bring it."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.ec2 import ec2_backends

    backend = ec2_backends[DEFAULT_ACCOUNT_ID][region]
    with_role = {association.instance.id for association in backend.iam_instance_profile_associations.values()}
    return {"InstanceInformationList": [
        {"InstanceId": instance.id, "PingStatus": "Online", "ResourceType": "EC2Instance", "PlatformType": "Linux"}
        for instance in backend.all_instances() if instance.state == "running" and instance.id in with_role]}


class Absent:
    """Stands before moto's application."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environment, start):
        scope = re.search(r"Credential=[^/]*/[0-9]*/([^/]*)/([^/]*)/aws4_request", environment.get("HTTP_AUTHORIZATION", ""))
        region, service = scope.groups() if scope else ("", "")
        target = environment.get("HTTP_X_AMZ_TARGET", "")
        path = re.sub(r"(?<=/clusters/)[^/]+", "*", environment.get("PATH_INFO", "").rstrip("/"))
        answer = BY_TARGET.get(target)
        if answer is None:
            answer = BY_PATH.get((service, environment.get("REQUEST_METHOD"), path))
        if target == "AmazonSSM.DescribeInstanceInformation":
            answer = managed_instances(region)
        if answer is None:
            return self.application(environment, start)
        length = int(environment.get("CONTENT_LENGTH") or 0)
        environment["wsgi.input"].read(length)
        body = json.dumps(answer).encode()
        start("200 OK", [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))])
        return [body]
