#!/usr/bin/env python3
"""Writes inputs of at most 64 KiB, each the dearest of its kind that we could think of, into a folder.

usage: worst.py FOLDER
"""
import json
import pathlib
import sys

SIZE = 64 << 10
ALICE = "arn:aws:iam::111122223333:user/alice"


def case(policies, resource="arn:aws:s3:::b/k", context=None, action="s3:GetObject", **more):
    request = {"principal": ALICE, "action": action, "resource": resource, "context": context or {}}
    return {"id": 1, "request": request, "identityPolicies": policies, **more}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect="Allow", action="*", resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def fill(make, width):
    """The case with as many pieces as fit."""
    count = SIZE // width
    while len(json.dumps(made := make(count), separators=(",", ":"))) > SIZE:
        count = count * 15 // 16
    return made


def numbered(count, text):
    return [text % index for index in range(count)]


ALLOW = policy(statement())
CASES = {
    # One pattern against one text: both long, and nearly matching everywhere.
    "stars-resource": fill(lambda n: case([policy(statement(resource="arn:aws:s3:::" + "*a" * n + "b"))], "arn:aws:s3:::" + "a" * 2 * n), 4),
    "star-tail-resource": fill(lambda n: case([policy(statement(resource="arn:aws:s3:::*" + "a" * n + "b"))], "arn:aws:s3:::" + "a" * n), 2),
    "questions-resource": fill(lambda n: case([policy(statement(resource="arn:aws:s3:::*" + "?" * n + "b"))], "arn:aws:s3:::" + "a" * n), 2),
    "mixed-resource": fill(lambda n: case([policy(statement(resource="arn:aws:*:s*s*:" + "*a" * n + "b"))], "arn:aws:s3:ss:" + "a" * 2 * n), 4),
    "stars-action": fill(lambda n: case([policy(statement(action="s3:" + "*a" * n + "b"))], action="s3:" + "a" * 2 * n), 4),
    "stars-value": fill(lambda n: case([policy(statement(Condition={"StringLike": {"k": "*a" * n + "b"}}))], context={"k": "a" * 2 * n}), 4),
    "arn-value": fill(lambda n: case([policy(statement(Condition={"ArnLike": {"k": "arn:aws:*s*s*s:" + "*a" * n + "b"}}))], context={"k": "arn:aws:" + "s" * n + ":" + "a" * n}), 5),
    # Many patterns against one long text.
    "patterns-resource": fill(lambda n: case([policy(statement(resource=["*a*a*b"] * n))], "a" * 5 * n), 14),
    "patterns-value": fill(lambda n: case([policy(statement(Condition={"StringLike": {"k": ["*a*b"] * n}}))], context={"k": "a" * 7 * n}), 14),
    "variables": fill(lambda n: case([policy(statement(resource=["*${k}b"] * n))], "a" * 4 * n, context={"k": "a" * 4 * n}), 18),
    "variables-many": fill(lambda n: case([policy(statement(resource=["${k}" * 300 + "b"] * 30))], "a" * 4 * n, context={"k": "a" * n}), 6),
    "unclosed-variables": fill(lambda n: case([policy(statement(resource="arn:aws:s3:::" + "${" * n))]), 2),
    "unclosed-value": fill(lambda n: case([policy(statement(Condition={"StringLike": {"aws:PrincipalTag/t": "${a" * n}}))], context={"aws:PrincipalTag/t": "x"}), 3),
    "variables-questions": fill(lambda n: case([policy(statement(resource=["*?${k}b"] * n))], "a" * 4 * n, context={"k": "a" * 4 * n}), 18),
    # Many values against many values.
    **{
        f"values-{name}": fill(lambda n, name=name, mine=mine, theirs=theirs: case([policy(statement(Condition={f"{name}": {"k": numbered(n, mine)}}))], context={"k": numbered(n, theirs)}), 14)
        for name, mine, theirs in [
            ("StringEquals", "%d", "x%d"), ("StringEqualsIgnoreCase", "%d", "X%d"), ("StringLike", "*%dx", "%d"), ("NumericEquals", "%d", "-1%d"),
            ("NumericLessThan", "-1%d", "%d"), ("DateEquals", "%d", "1%d"), ("IpAddress", "10.1.%d.0/24", "1.1.1.%d"), ("ArnLike", "*%dx", "%d"),
            ("Bool", "true%.0d", "false%.0d"), ("BinaryEquals", "AA%02d", "BB%02d"), ("ForAllValues:StringNotLike", "*%dx", "%d"),
            ("ForAnyValue:StringNotEquals", "x%d", "%d"),
        ]
    },
    "variable-values": fill(lambda n: case([policy(statement(Condition={"StringLike": {"k": ["${v}x"] * n}}))], context={"k": numbered(n, "y%d"), "v": "y"}), 14),
    # Many statements.
    "statements": fill(lambda n: case([policy(*[statement(resource="arn:aws:s3:::c%d" % index) for index in range(n)])]), 70),
    "denies": fill(lambda n: case([ALLOW, policy(*[statement("Deny", "s3:*", "arn:aws:s3:::b/k", Condition={"StringLike": {"k%d" % index: "x*"}}) for index in range(n)])]), 110),
    "denies-one-key": fill(lambda n: case([ALLOW, policy(*[statement("Deny", "s3:*", "*", Condition={"StringLike": {"aws:SourceVpc": "*x%d*" % index}}) for index in range(n)])]), 100),
    "allows-one-key": fill(lambda n: case([policy(*[statement(Condition={"StringNotEquals": {"aws:SourceVpc": "x%d" % index}}) for index in range(n)])]), 100),
    "numbers-one-key": fill(lambda n: case([policy(*[statement("Deny" if index % 2 else "Allow", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "1%d" % index}}) for index in range(n)])]), 100),
    "keys": fill(lambda n: case([policy(statement(Condition={"StringEquals": {"k%d" % index: "x" for index in range(n)}}))], context={"k%d" % index: "x" for index in range(n)}), 30),
    "levels": fill(lambda n: case([ALLOW], serviceControlPolicies=[[policy(statement(Condition={"StringEquals": {"aws:SourceVpc": "v%d" % index}}))] for index in range(n)]), 130),
    "principals": fill(lambda n: case([], resourcePolicy=policy({"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/r%d" % index for index in range(n)]}, "Action": "*"})), 42),
    "alternatives": fill(lambda n: case([policy(*[statement(Condition={"StringEquals": {"aws:SourceVpc": ["a%d" % index, "b"], "aws:SourceVpce": "c%d" % index}}) for index in range(n)])], serviceControlPolicies=[[policy(*[statement(Condition={"StringNotEquals": {"aws:SourceVpc": "a%d" % index}}) for index in range(n)])]] * 2), 400),
    # Statements that lint compares with each other, and names that it looks for.
    "overlaps": fill(lambda n: policy(*[statement(action="s3:Get*%d*" % index, resource="arn:aws:s3:::b*%d*" % index) for index in range(n)]), 70),
    "near-names": fill(lambda n: policy(statement(action=["ec2:DescribeInstanceX%d" % index for index in range(n)])), 26),
    "near-keys": fill(lambda n: policy(statement(Condition={"StringEquals": {"aws:PrincipalOrgX%d" % index: "x" for index in range(n)}})), 30),
    "sids": fill(lambda n: policy(*[statement(Sid="S") for _ in range(n)]), 60),
    # Patterns whose automata are large.
    "automaton-one": policy(statement(), statement("Deny", "s3:*a" + "?" * 40 + "*", "*a" + "?" * 60)),
    "automaton-many": fill(lambda n: policy(statement(), *[statement("Deny", "s3:*a" + "?" * 20, "*b" + "?" * 20) for _ in range(n)]), 120),
    "automaton-cover": fill(lambda n: policy(*[statement(action=["*%dx*" % index], resource="*%dy*" % index) for index in range(n)]), 60),
    "automaton-not": fill(lambda n: policy(*[{"Effect": "Allow", "NotAction": "s3:*a%d?????*" % index, "NotResource": "*%d*" % index} for index in range(n)]), 60),
    "automaton-condition": fill(lambda n: case([policy(*[statement(Condition={"StringLike": {"aws:SourceVpc": "*a?????????%d*" % index}, "StringNotLike": {"aws:SourceVpc": "*b????????%d" % index}}) for index in range(n)])]), 170),
    # Numbers and dates.
    "numbers-long": fill(lambda n: case([policy(statement(Condition={"NumericEquals": {"k": ["9" * 250] * n}}))], context={"k": ["9" * 249] * n}), 512),
    "number-huge": case([policy(statement(Condition={"NumericLessThan": {"k": "1e9999"}}))], context={"k": ["9" * 60000, "1e99999999999999999999", "-0e0", "1" + "0" * 250]}),
    "nesting": None,
    "text-policy": fill(lambda n: case([json.dumps(policy(statement(resource=["\"" * 8] * n)))]), 34),
    "folded": fill(lambda n: case([policy(statement(Condition={"StringEqualsIgnoreCase": {"k": ["İÉß"] * n}}))], context={"k": ["ÉİSS"] * n}), 46),
}

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, value in CASES.items():
    text = "[" * 32000 + "]" * 32000 if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    assert len(text.encode()) <= 2 * SIZE, name
    (folder / f"{name}.json").write_text(text)
