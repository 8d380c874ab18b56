#!/usr/bin/env python3
"""An AWS account on loopback for trying Cloudryption without AWS.

    python3 Deploy/SampleCloud/serve.py --port 5000 [--seed company|large|workloads|exposed|none] [--roles N --instances N --buckets N]

It is moto's server (PyPI `moto[server]`), filled before it listens, in the foreground, on 127.0.0.1 only. README.md says where it differs
from moto as published, and from AWS.
"""
import argparse
import logging
import os
import pathlib
import sys

# No key of the person who starts this may be used, or reach anything.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(AWS_ACCESS_KEY_ID="sample", AWS_SECRET_ACCESS_KEY="sample", AWS_DEFAULT_REGION="eu-west-1", AWS_EC2_METADATA_DISABLED="true")
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
# Without it every region shows a thousand snapshots of public images as the account's own.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

try:
    import moto
    from moto import mock_aws
    from moto.awslambda import models as lambda_models
    from moto.awslambda import responses as lambda_responses
    from moto.awslambda import urls as lambda_urls
    from moto.awslambda.policy import Policy as Permissions
    from moto.cognitoidentity.responses import CognitoIdentityResponse
    from moto.core.responses import EmptyResult
    from moto.ec2.models import EC2Backend
    from moto.ec2.responses import EC2Response
    from moto.iam import models as iam_models
    from moto.iam.responses import IamResponse
    from moto.moto_api._internal import mock_random
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, run_simple
except ImportError as error:
    sys.exit(f"serve.py needs the Python package moto[server] ({error.name} is missing): pip install 'moto[server]'")


def mend():
    """What AWS answers and moto does not. Nothing is added that AWS would not say."""
    # GetAccountAuthorizationDetails: the name and id of a managed policy.
    iam_models.Policy.policy_name = property(lambda policy: policy.name)
    iam_models.Policy.policy_id = property(lambda policy: policy.id)

    # GetAccountAuthorizationDetails without a filter: of AWS's managed policies only those in use.
    whole = iam_models.IAMBackend.get_account_authorization_details

    def details(self, policy_filter):
        answer = whole(self, policy_filter)
        answer["managed_policies"] = [
            policy for policy in answer["managed_policies"]
            if not policy.arn.startswith("arn:aws:iam::aws:") or policy.attachment_count > 0
        ]
        return answer

    iam_models.IAMBackend.get_account_authorization_details = details

    # The credential report's first row is the root user's.
    report = iam_models.IAMBackend.get_credential_report

    def credential_report(self):
        head, newline, rows = report(self).partition("\n")
        root = dict.fromkeys(head.split(","), "N/A")
        root.update(
            user="<root_account>", arn=f"arn:aws:iam::{self.account_id}:root", user_creation_time="2024-02-29T09:00:00+00:00",
            password_enabled="not_supported", password_last_used="2024-03-01T09:00:00+00:00", password_last_changed="not_supported",
            password_next_rotation="not_supported", mfa_active=str(bool(self.account_summary.summary_map["AccountMFAEnabled"])).lower(),
            access_key_1_active="false", access_key_2_active="false", cert_1_active="false", cert_2_active="false")
        return head + newline + ",".join(root.values()) + "\n" + rows

    iam_models.IAMBackend.get_credential_report = credential_report

    # Users' permissions boundaries.
    plain_user = IamResponse.create_user

    def bound(self):
        arn = self._get_param("PermissionsBoundary")
        self.backend.get_user(self._get_param("UserName")).permissions_boundary = arn and {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}
        return EmptyResult()

    def create_user(self):
        answer = plain_user(self)
        bound(self)
        return answer

    IamResponse.create_user = create_user
    IamResponse.put_user_permissions_boundary = IamResponse.delete_user_permissions_boundary = bound

    # When who used which service.
    import last_accessed
    last_accessed.teach(IamResponse)

    # DescribeRegions without AllRegions: the partition's regions that are enabled.
    every = EC2Backend.describe_regions

    def regions(self, region_names=None):
        return [region for region in every(self, region_names) if not region.name.startswith(("cn-", "us-gov-", "us-iso"))
                and (region_names or region.opt_in_status != "not-opted-in")]

    EC2Backend.describe_regions = regions

    # ListFunctionUrlConfigs.
    def list_function_url_configs(self):
        import json
        import urllib.parse
        name = urllib.parse.unquote(self.path.rstrip("/").split("/")[-2])
        function = self.backend.get_function(name)
        configs = [function.url_config.to_dict()] if function.url_config else []
        return json.dumps({"FunctionUrlConfigs": [{k: v for k, v in config.items() if v is not None} for config in configs]})

    if not hasattr(lambda_responses.LambdaResponse, "list_function_url_configs"):
        lambda_responses.LambdaResponse.list_function_url_configs = list_function_url_configs
        lambda_urls.url_paths[r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/urls/?$"] = (
            lambda_responses.LambdaResponse.dispatch)

    # A function's policy says with conditions what AddPermission says with members of its own.
    add = Permissions.add_statement

    def add_statement(self, raw, qualifier=None):
        statement, revision = add(self, raw, qualifier)
        for member, operator in [("FunctionUrlAuthType", "StringEquals"), ("InvokedViaFunctionUrl", "Bool")]:
            if member in statement:
                value = statement.pop(member)
                text = str(value).lower() if isinstance(value, bool) else value
                statement.setdefault("Condition", {}).setdefault(operator, {})["lambda:" + member] = text
        return statement, revision

    Permissions.add_statement = add_statement

    # A function URL ends with a slash, and its mode is written in capitals.
    plain = lambda_models.FunctionUrlConfig.to_dict

    def url(self):
        answer = plain(self)
        answer["FunctionUrl"] = answer["FunctionUrl"].rstrip("/") + "/"
        answer["InvokeMode"] = self.config.get("InvokeMode") or "BUFFERED"
        return answer

    lambda_models.FunctionUrlConfig.to_dict = url

    # What is asked of every region and moto does not know: nothing is blocked, and nothing is excluded from that.
    def plain_answer(operation, members):
        return lambda self: f'<{operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId>{members}</{operation}Response>'

    for name, operation, members in [
            ("get_snapshot_block_public_access_state", "GetSnapshotBlockPublicAccessState", "<state>unblocked</state><managedBy>account</managedBy>"),
            ("describe_vpc_block_public_access_options", "DescribeVpcBlockPublicAccessOptions",
             "<vpcBlockPublicAccessOptions><state>default-state</state><internetGatewayBlockMode>off</internetGatewayBlockMode>"
             "<managedBy>account</managedBy><exclusionsAllowed>allowed</exclusionsAllowed></vpcBlockPublicAccessOptions>"),
            ("describe_vpc_block_public_access_exclusions", "DescribeVpcBlockPublicAccessExclusions", "<vpcBlockPublicAccessExclusionSet/>")]:
        setattr(EC2Response, name, plain_answer(operation, members))

    # The roles of an identity pool: whoever signed in is a shopper.
    def get_identity_pool_roles(self):
        import json
        return json.dumps({"IdentityPoolId": self._get_param("IdentityPoolId"), "Roles": {
            "authenticated": f"arn:aws:iam::{self.current_account}:role/shopper"}})

    CognitoIdentityResponse.get_identity_pool_roles = get_identity_pool_roles


def with_roles_anywhere(application):
    """moto has no Roles Anywhere; here no anchor is trusted and no profile is made."""
    answers = {"/trustanchors": b'{"trustAnchors": []}', "/profiles": b'{"profiles": []}'}

    def answer(environ, start_response):
        if "/rolesanywhere/aws4_request" in environ.get("HTTP_AUTHORIZATION", "") and environ["PATH_INFO"] in answers:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [answers[environ["PATH_INFO"]]]
        return application(environ, start_response)

    return answer


def main():
    parser = argparse.ArgumentParser(description="An AWS account on loopback.")
    parser.add_argument("--port", "-p", type=int, required=True)
    parser.add_argument("--seed", choices=["company", "large", "workloads", "exposed", "none"], default="company")
    parser.add_argument("--roles", type=int, default=1000)
    parser.add_argument("--instances", type=int, default=500)
    parser.add_argument("--buckets", type=int, default=1000)
    options = parser.parse_args()

    mend()
    # The same identifiers at every start.
    mock_random.seed(20240229)
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    mock = mock_aws()
    mock.start()
    if options.seed == "company":
        import company
        company.seed()
    elif options.seed == "large":
        import large
        large.seed(roles=options.roles, instances=options.instances, buckets=options.buckets)
    elif options.seed == "exposed":
        import exposed
        exposed.seed()
    elif options.seed == "workloads":
        import workloads
        workloads.seed()
    from absent import Absent
    # What was seeded stays; only boto3 in this process goes back to being itself.
    mock.stop(remove_data=False)

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    print(f"moto {moto.__version__} on http://127.0.0.1:{options.port} ({options.seed})", flush=True)
    application = Absent(with_roles_anywhere(DomainDispatcherApplication(create_backend_app)))
    run_simple("127.0.0.1", options.port, application, threaded=True, use_reloader=False)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
