#!/usr/bin/env python3
"""Holds `cloudryption iam evaluate` against another evaluator, on generated cases.

usage: second_opinion.py CLOUDRYPTION (moto | pmapper) [--cases N] [--seed S]
       second_opinion.py --exceptions

moto is the emulated AWS that the tests use; its evaluator knows actions, resources and explicit denies. PMapper (PyPI, principalmapper 1.1.5)
knows boundaries, session policies, service control policies, resource policies across accounts, and most operators. Cases stay within what
each implements; where it departs from AWS's documents they keep out of its way, and --exceptions says where, with the document.

Every decision that differs is printed with its case; then the exit code is 1.
"""
import argparse
import json
import random
import subprocess
import sys

EXCEPTIONS = {
    "moto": {
        "conditions": "a condition that does not hold makes an Allow deny, and operators other than StringEquals are not looked at "
        "(Condition: a statement whose conditions do not hold does not apply)",
        "case of actions": "actions are compared as written (Action: \"the prefix and the action name are case insensitive\")",
        "question marks": "? is read as a regular expression's (Action, Resource: \"a question mark represents any single character\")",
        "Deny without Resource": "NotResource, and a Deny without Resource, allow (NotResource)",
        "other policies": "boundaries, sessions, organisations and resource policies are not evaluated together",
    },
    "pmapper": {
        "SQS in capitals": "in a resource policy is taken to be every action (Action: the prefix is case insensitive)",
        "case of resources": "resources and ARNs are compared without regard to case (Resource: \"the IAM user name is case sensitive\")",
        "colons": "* passes colons in every part of an ARN (Condition operators: \"each of the six components is checked separately\")",
        "other wildcards": "+, [ and ( in a pattern are read as a regular expression's",
        "variables in conditions": "are not filled in, nor are defaults and ${*} (Variables and tags)",
        "StringNotLike on a missing key": "fails (Condition operators: \"the condition is true\")",
        "IfExists": "is known for StringEquals, StringEqualsIgnoreCase, StringLike, Bool, ArnLike and ArnEquals only",
        "negated operators with ForAnyValue": "fail when any value matches (Multivalued context keys: one that does not match is enough)",
        "several dates": "only the first of a list is looked at",
        "Bool": "false matches whatever is not true",
        "Arn operators on what is no ARN": "never hold, not even negated ones",
        "NotPrincipal with Deny": "spares who is named without the account (NotPrincipal: the account must be named too)",
        "AWS and a star": "{\"AWS\": \"*\"} lets the account in, \"*\" everyone (Principal: both do the same)",
        "assumed roles": "a role's session is not told from the role",
    },
}
ACCOUNT, OTHER = "111122223333", "444455556666"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


class Cases:
    """Random cases of what an evaluator implements."""

    def __init__(self, seed, evaluator):
        self.random = random.Random(seed)
        self.rich = evaluator == "pmapper"

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def some(self, pool, most):
        values = [self.random.choice(pool) for _ in range(self.random.randint(1, most))]
        return values[0] if len(values) == 1 and self.chance(50) else values

    def case(self, number):
        service = self.random.choice(["s3", "s3", "sqs", "iam"] + (["kms"] if self.rich else []))
        action = service + ":" + self.random.choice({
            "s3": ["GetObject", "PutObject", "ListBucket"], "sqs": ["SendMessage", "GetQueueUrl"], "iam": ["GetUser", "PassRole"],
            "kms": ["Decrypt", "GenerateDataKey"]}[service])
        resource = self.random.choice({
            "s3": ["arn:aws:s3:::b/alice/k", "arn:aws:s3:::b/x", "arn:aws:s3:::c/x"], "sqs": [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q1"],
            "iam": [ALICE, f"arn:aws:iam::{ACCOUNT}:role/app"], "kms": [f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"]}[service])
        request = {"principal": ALICE, "action": action, "resource": resource, "context": self.context() if self.rich else {}}
        case = {"id": number, "request": request, "identityPolicies": [self.policy() for _ in range(self.random.randint(1, 3))]}
        if self.rich:
            if self.chance(25):
                case["permissionsBoundaries"] = [self.policy(wide=50)]
            if self.chance(20):
                case["sessionPolicies"] = [self.policy(wide=50)]
            if self.chance(25):
                case["serviceControlPolicies"] = [[self.policy(wide=70) for _ in range(self.random.randint(1, 2))] for _ in range(2)]
            if service in ("s3", "kms") and (service == "kms" or self.chance(50)):
                request["resourceAccount"] = self.random.choice([ACCOUNT, ACCOUNT, OTHER]) if service == "s3" else ACCOUNT
                case["resourcePolicy"] = self.policy(principal=True)
        return case

    def policy(self, wide=20, principal=False):
        if not principal and self.chance(wide):
            return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        statements = [self.statement(principal) for _ in range(self.random.randint(1, 3))]
        return {"Version": "2012-10-17", "Statement": statements}

    def statement(self, principal):
        actions = ["*", "s3:*", "s3:Get*", "s3:*Object", "s3:GetObject", "sqs:*", "*:Get*", "iam:*", "iam:PassRole", "kms:*", "kms:Decrypt"]
        resources = ["*", "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a*e/k", "arn:aws:s3:::b/x", "arn:aws:s3:::*", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:*",
                     f"arn:aws:iam::{ACCOUNT}:user/*", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/*"]
        statement = {"Effect": "Allow" if self.chance(70) else "Deny"}
        statement["NotAction" if self.chance(15) else "Action"] = self.some(actions, 3)
        if not self.rich:
            return statement | {"Resource": self.some(resources, 3)}
        if self.chance(20):
            # As written by people, in any case.
            key = "Action" if "Action" in statement else "NotAction"
            statement[key] = [text if text.startswith("sqs") else text.upper() for text in listed(statement[key])]
        resources += ["arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::?/x"]
        statement["NotResource" if self.chance(15) else "Resource"] = self.some(resources, 3)
        if principal:
            element = "NotPrincipal" if statement["Effect"] == "Allow" and self.chance(10) else "Principal"
            named = {"AWS": self.some([ALICE, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, OTHER, f"arn:aws:iam::{ACCOUNT}:role/app"], 2)}
            statement[element] = "*" if element == "Principal" and self.chance(15) else named
        if self.chance(40):
            statement["Condition"] = dict(self.test() for _ in range(self.random.randint(1, 2)))
        return statement

    def test(self):
        """An operator with one key; the same operator twice leaves the last."""
        name, key, values = self.random.choice([
            ("StringEquals", "aws:PrincipalTag/team", ["a", "b", "A"]), ("StringNotEquals", "aws:PrincipalTag/team", ["a", "c"]),
            ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", ["A", "c"]), ("StringNotEqualsIgnoreCase", "aws:PrincipalTag/team", ["A"]),
            ("StringLike", "aws:UserAgent", ["aws-*", "?oto", "*"]), ("StringNotLike", "aws:UserAgent", ["aws-*", "b*"]),
            ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost"]), ("ForAnyValue:StringEquals", "aws:TagKeys", ["team", "cost"]),
            ("ForAllValues:StringLike", "aws:TagKeys", ["t*", "c?st"]), ("ForAnyValue:StringLike", "aws:TagKeys", ["t*", "x"]),
            ("NumericEquals", "s3:max-keys", ["10", "20"]), ("NumericNotEquals", "s3:max-keys", ["10"]), ("NumericLessThan", "s3:max-keys", ["10", "15"]),
            ("NumericLessThanEquals", "s3:max-keys", ["10"]), ("NumericGreaterThan", "s3:max-keys", ["10"]),
            ("NumericGreaterThanEquals", "s3:max-keys", ["20"]), ("Bool", "aws:SecureTransport", ["true", "false"]),
            ("BoolIfExists", "aws:MultiFactorAuthPresent", ["true", "false"]), ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "2001:db8::/32"]),
            ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.0.2.1/32"]), ("ArnLike", "aws:SourceArn", [f"arn:aws:sns:eu-west-1:{ACCOUNT}:t*"]),
            ("ArnNotEquals", "aws:SourceArn", [f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic"]), ("ArnEquals", "aws:PrincipalArn", [ALICE]),
            ("Null", "aws:PrincipalTag/team", ["true", "false"]), ("Null", "aws:TagKeys", ["true", "false"]),
            ("DateGreaterThan", "aws:CurrentTime", ["2024-01-01T00:00:00Z"]), ("DateLessThanEquals", "aws:CurrentTime", ["2024-06-01T12:00:00Z"]),
            ("DateEquals", "aws:CurrentTime", ["2024-06-01T14:00:00+02:00"]), ("DateNotEquals", "aws:CurrentTime", ["1717243200"]),
        ])
        if name in ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "ArnEquals") and self.chance(25):
            name += "IfExists"
        return name, {key: self.random.choice(values) if name.startswith(("Date", "Null")) else self.some(values, 2)}

    def context(self):
        # These PMapper would fill in, or does not take as missing.
        context = {
            "aws:SecureTransport": self.random.choice(["true", "false"]), "aws:UserAgent": self.random.choice(["aws-cli", "boto", "curl"]),
            "aws:CurrentTime": self.random.choice(["2023-12-31T23:59:59Z", "2024-06-01T12:00:00Z", "2025-01-01T00:00:00+01:00"]),
        }
        optional = {
            "aws:PrincipalTag/team": ["a", "b", "A"], "s3:max-keys": ["9", "10", "10.0", "20"], "aws:MultiFactorAuthPresent": ["true", "false"],
            "aws:SourceIp": ["10.1.2.3", "192.0.2.1", "2001:db8::1"],
            "aws:SourceArn": [f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic", f"arn:aws:sns:eu-west-1:{OTHER}:topic"],
        }
        for key, values in optional.items():
            if self.chance(70):
                context[key] = self.random.choice(values)
        if self.chance(60):
            context["aws:TagKeys"] = [self.random.choice(["team", "cost", "x"]) for _ in range(self.random.randint(1, 2))]
        return context


def listed(value):
    return value if isinstance(value, list) else [value]


def moto():
    from moto.iam.access_control import IAMPolicy, PermissionResult

    def decide(case):
        request = case["request"]
        results = [
            IAMPolicy(json.dumps(policy)).is_action_permitted(request["action"], request["resource"]) for policy in case["identityPolicies"]]
        if PermissionResult.DENIED in results:
            return "explicitlyDenied"
        return "allowed" if PermissionResult.PERMITTED in results else "implicitlyDenied"

    return decide, lambda decision: decision


def pmapper():
    import collections
    import collections.abc
    # PMapper 1.1.5 imports these from where Python had them until 3.9.
    for word in ("Mapping", "MutableMapping"):
        setattr(collections, word, getattr(collections.abc, word))
    from principalmapper.common import Node, Policy
    from principalmapper.querying.query_interface import local_check_authorization_full

    def decide(case):
        request = case["request"]

        def policy(document):
            return Policy(ALICE, "policy", document)

        boundary = case.get("permissionsBoundaries")
        node = Node(
            ALICE, "AIDAEXAMPLE", [policy(document) for document in case["identityPolicies"]], [], None, None, 1, False, False,
            policy(boundary[0]) if boundary else None, False, {})
        levels = case.get("serviceControlPolicies")
        return "allowed" if local_check_authorization_full(
            node, request["action"], request["resource"], dict(request["context"]), case.get("resourcePolicy"), request.get("resourceAccount"),
            levels and [[policy(document) for document in level] for level in levels], case.get("sessionPolicies", [None])[0]) else "denied"

    return decide, lambda decision: "allowed" if decision == "allowed" else "denied"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--exceptions", action="store_true")
    parser.add_argument("program", nargs="?")
    parser.add_argument("evaluator", nargs="?", choices=sorted(EXCEPTIONS))
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.exceptions:
        for name, exceptions in EXCEPTIONS.items():
            for rule, reason in exceptions.items():
                print(f"{name}: {rule}: {reason}")
        return 0
    if not options.evaluator:
        parser.error("a program and an evaluator are needed")
    decide, simplified = {"moto": moto, "pmapper": pmapper}[options.evaluator]()
    generator = Cases(options.seed, options.evaluator)
    cases = [generator.case(number) for number in range(options.cases)]
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    run = subprocess.run([options.program, "iam", "evaluate", "-"], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    counts, differences = {}, 0
    for case, answer in zip(cases, answers, strict=True):
        ours, theirs = simplified(answer["decision"]), decide(case)
        counts[theirs] = counts.get(theirs, 0) + 1
        if ours != theirs:
            differences += 1
            if differences <= 10:
                print(f"{answer['decision']}, {options.evaluator} says {theirs}: {json.dumps(case)}")
    print(f"{options.cases} cases, {differences} decided differently; {options.evaluator}: {counts}")
    # Cases that are all decided alike would show nothing.
    return 1 if differences or min(counts.values()) < options.cases / 20 or len(counts) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
