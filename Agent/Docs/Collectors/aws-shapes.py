#!/usr/bin/env python3
"""Writes Agent/AgentCollectors/AWS/ServiceModel+Table.swift from botocore's service models (PyPI, Apache-2.0).

    python3 Agent/Docs/Collectors/aws-shapes.py > Agent/AgentCollectors/AWS/ServiceModel+Table.swift

The table holds, for the operations below only: protocol, HTTP method and path, pagination, and the shape of the answer.
To add an operation: add it here, run this, and add what we decide about it to AWSCatalogue.swift.
"""
import re
import sys

import botocore
import botocore.session
from botocore import xform_name

OPERATIONS = {
    "sts": ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"],
    "iam": ["GetAccountAuthorizationDetails", "GenerateCredentialReport", "GetCredentialReport", "GetAccountSummary", "GetAccountPasswordPolicy"],
    "ec2": ["DescribeRegions", "DescribeInstances", "DescribeSecurityGroups", "DescribeVpcs", "DescribeSubnets", "DescribeRouteTables",
            "DescribeInternetGateways", "DescribeNetworkAcls", "DescribeIamInstanceProfileAssociations", "DescribeSnapshots",
            "DescribeSnapshotAttribute"],
    "elbv2": ["DescribeLoadBalancers", "DescribeListeners", "DescribeTargetGroups", "DescribeTargetHealth", "DescribeRules"],
    "s3": ["ListBuckets", "GetBucketLocation", "GetBucketPolicy", "GetBucketAcl", "GetPublicAccessBlock", "GetBucketEncryption",
           "GetBucketTagging"],
    "s3control": ["GetPublicAccessBlock"],
    "lambda": ["ListFunctions", "GetPolicy", "ListFunctionUrlConfigs"],
    "kms": ["ListKeys", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus"],
    "secretsmanager": ["ListSecrets", "GetResourcePolicy"],
    "rds": ["DescribeDBInstances", "DescribeDBSnapshots", "DescribeDBSnapshotAttributes"],
}
PRIMITIVE = {"string": "s", "character": "s", "integer": "i", "long": "i", "float": "n", "double": "n", "boolean": "b", "timestamp": "t",
             "blob": "x"}

session = botocore.session.get_session()
loader = session.get_component("data_loader")
lines = []


def one(value):
    return value if isinstance(value, str) else ",".join(value or [])


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

    def reference(shape):
        if shape.type_name == "string" and shape.name == "policyDocumentType":
            return "p"  # botocore decodes these into JSON values: handlers.json_decode_policies
        if shape.type_name in PRIMITIVE:
            return PRIMITIVE[shape.type_name]
        if shape.name in numbers:
            return str(numbers[shape.name])
        number = numbers[shape.name] = len(numbers)
        shapes.append(None)
        if shape.type_name == "list":
            text = f"L {reference(shape.member)}" + (" flat" if shape.serialization.get("flattened") else "")
        elif shape.type_name == "map":
            text = "M {} {} {} {}{}".format(
                reference(shape.key), reference(shape.value), shape.key.serialization.get("name", "key"),
                shape.value.serialization.get("name", "value"), " flat" if shape.serialization.get("flattened") else "")
        else:
            members = []
            for name, member in shape.members.items():
                serialization = member.serialization
                if serialization.get("location"):
                    continue  # a header or the status code, not of the body
                wire = serialization.get("name", name)
                flags = ""
                if member.type_name == "list" and serialization.get("flattened"):
                    wire = member.member.serialization.get("name") or wire
                    flags += "*"
                if serialization.get("xmlAttribute"):
                    flags += "@"
                members.append(f"{name}={reference(member)}" + (f"={wire}" if wire != name or flags else "") + (f"={flags}" if flags else ""))
            text = "S " + " ".join(members)
        shapes[number] = f"{number} {text}".rstrip()
        return str(number)

    for name in operations:
        operation = model.operation_model(name)
        output = operation.output_shape
        page = pages.get(name) or {}
        fields = ["op", xform_name(name, "-"), name, operation.http["method"], operation.http["requestUri"],
                  reference(output) if output else "-"]
        if output and output.serialization.get("payload"):
            fields.append("payload=" + output.serialization["payload"])
        if output and output.serialization.get("resultWrapper"):
            fields.append("wrapper=" + output.serialization["resultWrapper"])
        if page:
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
