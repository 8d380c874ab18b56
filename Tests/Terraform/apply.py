"""Applies the Terraform texts of a plan to an AWS account as Terraform's AWS provider does it, for tests where Terraform cannot be had.

    python3 Tests/Terraform/apply.py --endpoint http://127.0.0.1:5000 plan.json

It reads HCL with python-hcl2 and makes, written anew, the calls that the provider makes for each type (hashicorp/terraform-provider-aws; arguments
as in version 6.25). A type, argument or comment that it does not know is an error. README.md says what this shows and what it does not.
"""
import argparse
import json
import os
import re
import subprocess
import sys

import boto3
import hcl2

STRING = r'"(?:\\.|[^"\\])*"'


class Refused(Exception):
    """A text that Terraform would not take, or not take so."""


def text_of(literal):
    """The text of an HCL string without interpolation; HCL spells what is beyond 16 bits with \\U and eight digits."""
    inner = literal[1:-1]
    if re.search(r"(?<![$%])[$%]\{", inner):
        raise Refused(f"an interpolation: {literal}")
    inner = re.sub(r"\\U([0-9a-fA-F]{8})", lambda found: json.dumps(chr(int(found[1], 16)))[1:-1], inner)
    return json.loads('"' + inner.replace("$${", "${").replace("%%{", "%{") + '"')


def value_of(raw, made):
    """What an expression as python-hcl2 gives it stands for."""
    if isinstance(raw, list):
        return [value_of(one, made) for one in raw]
    if not isinstance(raw, str):
        return raw
    if re.fullmatch(STRING, raw):
        return text_of(raw)
    whole = re.fullmatch(r"\$\{jsonencode\((.*)\)\}", raw, re.DOTALL)
    if whole:
        parts = re.split(f"({STRING})", whole[1])
        return json.dumps(json.loads("".join(json.dumps(text_of(part)) if number % 2 else part.replace("=", ":") for number, part in enumerate(parts))))
    reference = re.fullmatch(r"\$\{(\w+)\.(\w+)\.(\w+)\}", raw)
    if reference:
        return made[reference[1], reference[2]][reference[3]]
    raise Refused(f"an expression: {raw}")


class Account:
    """The calls of the provider for each type, in the region of what changes."""

    def __init__(self, endpoint, region):
        self.endpoint, self.region = endpoint, region

    def api(self, service):
        return boto3.client(service, self.region, endpoint_url=self.endpoint)

    # IAM.

    def put_iam_policy(self, a):
        iam = self.api("iam")
        known = [one["Arn"] for page in iam.get_paginator("list_policies").paginate(Scope="Local") for one in page["Policies"]
                 if one["PolicyName"] == a["name"]]
        if not known:
            return {"arn": iam.create_policy(PolicyName=a["name"], PolicyDocument=a["policy"])["Policy"]["Arn"]}
        versions = iam.list_policy_versions(PolicyArn=known[0])["Versions"]
        if len(versions) == 5:
            oldest = min((one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"])
            iam.delete_policy_version(PolicyArn=known[0], VersionId=oldest["VersionId"])
        iam.create_policy_version(PolicyArn=known[0], PolicyDocument=a["policy"], SetAsDefault=True)
        return {"arn": known[0]}

    def put_iam_role(self, a):
        iam = self.api("iam")
        if "assume_role_policy" in a:
            iam.update_assume_role_policy(RoleName=a["name"], PolicyDocument=a["assume_role_policy"])
        if "permissions_boundary" in a:
            iam.put_role_permissions_boundary(RoleName=a["name"], PermissionsBoundary=a["permissions_boundary"])

    def put_iam_user(self, a):
        self.api("iam").put_user_permissions_boundary(UserName=a["name"], PermissionsBoundary=a["permissions_boundary"])

    def put_iam_user_policy(self, a):
        self.api("iam").put_user_policy(UserName=a["user"], PolicyName=a["name"], PolicyDocument=a["policy"])

    def put_iam_group_policy(self, a):
        self.api("iam").put_group_policy(GroupName=a["group"], PolicyName=a["name"], PolicyDocument=a["policy"])

    def put_iam_role_policy(self, a):
        self.api("iam").put_role_policy(RoleName=a["role"], PolicyName=a["name"], PolicyDocument=a["policy"])

    def remove_iam_user_policy(self, a):
        self.api("iam").delete_user_policy(UserName=a["user"], PolicyName=a["name"])

    def remove_iam_group_policy(self, a):
        self.api("iam").delete_group_policy(GroupName=a["group"], PolicyName=a["name"])

    def remove_iam_role_policy(self, a):
        self.api("iam").delete_role_policy(RoleName=a["role"], PolicyName=a["name"])

    def remove_iam_user_policy_attachment(self, a):
        self.api("iam").detach_user_policy(UserName=a["user"], PolicyArn=a["policy_arn"])

    def remove_iam_group_policy_attachment(self, a):
        self.api("iam").detach_group_policy(GroupName=a["group"], PolicyArn=a["policy_arn"])

    def remove_iam_role_policy_attachment(self, a):
        self.api("iam").detach_role_policy(RoleName=a["role"], PolicyArn=a["policy_arn"])

    def put_iam_user_group_membership(self, a):
        iam = self.api("iam")
        present = {one["GroupName"] for one in iam.list_groups_for_user(UserName=a["user"])["Groups"]}
        if not set(a["groups"]) <= present:
            raise Refused(f"{a['user']} would get new groups")
        for name in present - set(a["groups"]):
            iam.remove_user_from_group(UserName=a["user"], GroupName=name)

    # The organisation.

    def put_organizations_policy(self, a):
        made = self.api("organizations").create_policy(Name=a["name"], Type=a["type"], Content=a["content"], Description="")
        return {"id": made["Policy"]["PolicySummary"]["Id"]}

    def put_organizations_policy_attachment(self, a):
        self.api("organizations").attach_policy(PolicyId=a["policy_id"], TargetId=a["target_id"])

    # What resources let in.

    def put_s3_bucket_policy(self, a):
        self.api("s3").put_bucket_policy(Bucket=a["bucket"], Policy=a["policy"])

    def remove_s3_bucket_policy(self, a):
        self.api("s3").delete_bucket_policy(Bucket=a["bucket"])

    def put_s3_bucket_public_access_block(self, a):
        self.api("s3").put_public_access_block(Bucket=a["bucket"], PublicAccessBlockConfiguration={
            "BlockPublicAcls": a["block_public_acls"], "IgnorePublicAcls": a["ignore_public_acls"],
            "BlockPublicPolicy": a["block_public_policy"], "RestrictPublicBuckets": a["restrict_public_buckets"]})

    def put_secretsmanager_secret_policy(self, a):
        self.api("secretsmanager").put_resource_policy(SecretId=a["secret_arn"], ResourcePolicy=a["policy"])

    def remove_secretsmanager_secret_policy(self, a):
        self.api("secretsmanager").delete_resource_policy(SecretId=a["secret_arn"])

    def put_kms_key_policy(self, a):
        self.api("kms").put_key_policy(KeyId=a["key_id"], PolicyName="default", Policy=a["policy"])

    def put_lambda_function_url(self, a):
        qualifier = {"Qualifier": a["qualifier"]} if "qualifier" in a else {}
        self.api("lambda").update_function_url_config(FunctionName=a["function_name"], AuthType=a["authorization_type"], **qualifier)

    def remove_lambda_permission(self, a):
        self.api("lambda").remove_permission(FunctionName=a["function_name"], StatementId=a["statement_id"])

    # Networks and machines.

    def put_security_group_rules(self, blocks):
        """Their sources make a new rule of them (ForceNew): the old one goes first."""
        self.remove_security_group_rule(blocks[0])
        for a in blocks:
            if sum(name in a for name in ("cidr_blocks", "source_security_group_id")) != 1 and not {"ipv6_cidr_blocks", "prefix_list_ids"} & set(a):
                raise Refused(f"a rule with no source, or with two that exclude each other: {a}")
            self.api("ec2").authorize_security_group_ingress(GroupId=a["security_group_id"], IpPermissions=[{
                **self.ports(a),
                "IpRanges": [{"CidrIp": one} for one in a.get("cidr_blocks", [])],
                "Ipv6Ranges": [{"CidrIpv6": one} for one in a.get("ipv6_cidr_blocks", [])],
                "PrefixListIds": [{"PrefixListId": one} for one in a.get("prefix_list_ids", [])],
                "UserIdGroupPairs": [{"GroupId": one} for one in [a.get("source_security_group_id")] if one]}])

    def remove_security_group_rule(self, a):
        if a["type"] != "ingress":
            raise Refused(f"not an ingress rule: {a}")
        ec2 = self.api("ec2")
        group = ec2.describe_security_groups(GroupIds=[a["security_group_id"]])["SecurityGroups"][0]
        wanted = self.ports(a)
        found = [rule for rule in group["IpPermissions"] if all(rule.get(name) == value for name, value in wanted.items())]
        if not found:
            raise Refused(f"no such rule: {a}")
        ec2.revoke_security_group_ingress(GroupId=a["security_group_id"], IpPermissions=found)

    @staticmethod
    def ports(a):
        every = {} if a["protocol"] == "-1" else {"FromPort": a["from_port"], "ToPort": a["to_port"]}
        return {"IpProtocol": a["protocol"], **every}

    def put_instance(self, a, identifier):
        ec2 = self.api("ec2")
        for options in a.get("metadata_options", []):
            ec2.modify_instance_metadata_options(
                InstanceId=identifier, HttpEndpoint=options["http_endpoint"], HttpTokens=options["http_tokens"])
        if "iam_instance_profile" in a:
            if a["iam_instance_profile"]:
                raise Refused(f"another profile: {a}")
            for one in ec2.describe_iam_instance_profile_associations(Filters=[{"Name": "instance-id", "Values": [identifier]}])[
                    "IamInstanceProfileAssociations"]:
                ec2.disassociate_iam_instance_profile(AssociationId=one["AssociationId"])

    def remove_snapshot_create_volume_permission(self, a):
        self.api("ec2").modify_snapshot_attribute(
            SnapshotId=a["snapshot_id"], Attribute="createVolumePermission", OperationType="remove", UserIds=[a["account_id"]])

    def remove_ami_launch_permission(self, a):
        to = {"UserGroups": [a["group"]]} if "group" in a else {"UserIds": [a["account_id"]]}
        self.api("ec2").modify_image_attribute(ImageId=a["image_id"], Attribute="launchPermission", OperationType="remove", **to)

    # Databases.

    def put_db_instance(self, a):
        self.api("rds").modify_db_instance(DBInstanceIdentifier=a["identifier"], PubliclyAccessible=a["publicly_accessible"])

    def put_db_snapshot(self, a):
        rds, name = self.api("rds"), a["db_snapshot_identifier"]
        answer = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=name)["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]
        rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", ValuesToRemove=self.excess(answer, a))

    def put_db_cluster_snapshot(self, a):
        rds, name = self.api("rds"), a["db_cluster_snapshot_identifier"]
        answer = rds.describe_db_cluster_snapshot_attributes(DBClusterSnapshotIdentifier=name)["DBClusterSnapshotAttributesResult"][
            "DBClusterSnapshotAttributes"]
        rds.modify_db_cluster_snapshot_attribute(
            DBClusterSnapshotIdentifier=name, AttributeName="restore", ValuesToRemove=self.excess(answer, a))

    @staticmethod
    def excess(attributes, a):
        return [value for one in attributes if one["AttributeName"] == "restore" for value in one["AttributeValues"]
                if value not in a["shared_accounts"]]


# Arguments of each type as the provider's schema has them, those that say which resource it is first. `*` may be left out: the resource stands
# in one's own code, and only what changes is in the text.
ARGUMENTS = {
    "aws_iam_policy": ["name", "policy"], "aws_iam_role": ["name", "*assume_role_policy", "*permissions_boundary"],
    "aws_iam_user": ["name", "permissions_boundary"], "aws_iam_user_policy": ["user", "name", "policy"],
    "aws_iam_group_policy": ["group", "name", "policy"], "aws_iam_role_policy": ["role", "name", "policy"],
    "aws_iam_user_policy_attachment": ["user", "policy_arn"], "aws_iam_group_policy_attachment": ["group", "policy_arn"],
    "aws_iam_role_policy_attachment": ["role", "policy_arn"], "aws_iam_user_group_membership": ["user", "groups"],
    "aws_organizations_policy": ["name", "type", "content"], "aws_organizations_policy_attachment": ["policy_id", "target_id"],
    "aws_s3_bucket_policy": ["bucket", "policy"],
    "aws_s3_bucket_public_access_block": [
        "bucket", "block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"],
    "aws_secretsmanager_secret_policy": ["secret_arn", "policy"], "aws_kms_key_policy": ["key_id", "policy"],
    "aws_lambda_function_url": ["function_name", "*qualifier", "authorization_type"], "aws_lambda_permission": ["function_name", "statement_id"],
    "aws_security_group_rule": [
        "type", "security_group_id", "protocol", "from_port", "to_port", "*cidr_blocks", "*ipv6_cidr_blocks", "*prefix_list_ids",
        "*source_security_group_id"],
    "aws_instance": ["*metadata_options", "*iam_instance_profile"], "aws_snapshot_create_volume_permission": ["snapshot_id", "account_id"],
    "aws_ami_launch_permission": ["image_id", "*group", "*account_id"], "aws_db_instance": ["identifier", "publicly_accessible"], "aws_db_snapshot": ["db_snapshot_identifier", "shared_accounts"],
    "aws_db_cluster_snapshot": ["db_cluster_snapshot_identifier", "shared_accounts"],
}
# Those that a resource which goes is told by.
IDENTITY = {"aws_iam_user_policy": 2, "aws_iam_group_policy": 2, "aws_iam_role_policy": 2, "aws_s3_bucket_policy": 1,
            "aws_secretsmanager_secret_policy": 1, "aws_security_group_rule": 5}


def check(kind, arguments, count=None):
    known = ARGUMENTS.get(kind)
    if known is None:
        raise Refused(f"the type {kind}")
    known = known[:count]
    unknown = set(arguments) - {name.lstrip("*") for name in known}
    missing = {name for name in known if not name.startswith("*")} - set(arguments)
    if unknown or missing or not arguments:
        raise Refused(f"{kind} with unknown {sorted(unknown)}, without {sorted(missing)}")


def apply(fix, endpoint):
    parts = fix["resource"].split(":")
    account = Account(endpoint, parts[3] if len(parts) > 3 and parts[3] else "us-east-1")
    content = hcl2.loads(fix["terraform"] + "\n")
    comments = [one["value"] for one in content.pop("__comments__", [])]
    instance = next((found[1] for one in comments if (found := re.match(r"The instance (i-\w+)", one))), None)
    blocks = content.pop("resource", [])
    if content:
        raise Refused(f"not a resource: {sorted(content)}")
    made, rules = {}, []
    for block in blocks:
        for kind, named in block.items():
            for label, raw in named.items():
                kind, label = text_of(kind), text_of(label)
                raw.pop("__is_block__")
                arguments = {}
                for name, value in raw.items():
                    if isinstance(value, list) and value and isinstance(value[0], dict):
                        arguments[name] = [{k: value_of(v, made) for k, v in one.items() if k != "__is_block__"} for one in value]
                    else:
                        arguments[name] = value_of(value, made)
                check(kind, arguments)
                if (kind, label) in made:
                    raise Refused(f"two resources {kind}.{label}")
                if kind == "aws_security_group_rule":
                    rules.append(arguments)
                    made[kind, label] = {}
                elif kind == "aws_instance":
                    made[kind, label] = account.put_instance(arguments, instance)
                else:
                    made[kind, label] = getattr(account, "put" + kind.removeprefix("aws"))(arguments)
    for key in {(one["security_group_id"], one["protocol"], one["from_port"], one["to_port"]) for one in rules}:
        account.put_security_group_rules(
            [one for one in rules if (one["security_group_id"], one["protocol"], one["from_port"], one["to_port"]) == key])
    for comment in comments:
        removal = re.fullmatch(r'Remove the resource "(\w+)" with (.*)\.', comment)
        if removal:
            kind, rest = removal[1], removal[2]
            found = re.findall(rf"(\w+) = ({STRING}|-?\d+)(?:, |$)", rest)
            if ", ".join(f"{name} = {value}" for name, value in found) != rest:
                raise Refused(f"arguments: {rest}")
            arguments = {name: text_of(value) if value.startswith('"') else int(value) for name, value in found}
            check(kind, arguments, IDENTITY.get(kind))
            getattr(account, "remove" + kind.removeprefix("aws"))(arguments)
        elif comment.startswith("aws "):
            environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": account.region, "AWS_PAGER": "", "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
            subprocess.run(["/bin/sh", "-euc", comment], check=True, env=environment, stdout=subprocess.DEVNULL)
        elif not comment.endswith(":"):
            raise Refused(f"the comment {comment}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("plan", type=argparse.FileType())
    options = parser.parse_args()
    for fix in json.load(options.plan)["fixes"]:
        try:
            apply(fix, options.endpoint)
        except Exception as error:
            sys.exit(f"{fix['kind']} of {fix['resource']}: {error!r}\n{fix['terraform']}")


main()
