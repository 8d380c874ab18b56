#!/usr/bin/env python3
"""Lets other evaluators decide the cases that IAMBenchmark decides, and prints ratios.

usage: compare.py [--principals N]

Builds IAMBenchmark for release if need be, lets it write its cases (identity policies, with the tests that all of them know), and gives them
to PMapper 1.1.5's local evaluation and to Cedar through cedarpy. Both come from PyPI into a folder of their own, .build/compare-python. Each
is asked about the first N principals (default 20, PMapper is slow) with 1,000 questions each, and every decision that differs is counted.

Cedar has another policy language: the statements are written in it, with each principal's tags filled in where a policy has a variable. It is
an upper reference for what a compiled evaluator can do with the same patterns and tests, not a second opinion about IAM.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
BENCHMARK = HERE / ".build/release/IAMBenchmark"
PYTHON = HERE / ".build/compare-python"
PACKAGES = ["principalmapper==1.1.5", "cedarpy==4.12.2"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--principals", type=int, default=20)
    arguments.add_argument("--only", choices=["pmapper", "cedar"], help=argparse.SUPPRESS)
    arguments.add_argument("--cases", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.only:
        return print(json.dumps({"pmapper": pmapper, "cedar": cedar}[options.only](*read(options.cases, options.principals))))

    if not BENCHMARK.exists():
        subprocess.run(["swift", "build", "-c", "release", "--product", "IAMBenchmark"], cwd=HERE, check=True)
    if not (PYTHON / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", PYTHON], check=True)
        subprocess.run([PYTHON / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
        (PYTHON / "ready").touch()
    cases = HERE / ".build/cases.jsonl"
    subprocess.run([BENCHMARK, "--write-cases", cases], check=True)

    def other(name):
        run = subprocess.run(
            [PYTHON / "bin/python3", __file__, "--only", name, "--cases", cases, "--principals", str(options.principals)],
            check=True, stdout=subprocess.PIPE)
        return json.loads(run.stdout)

    # The best of three: noise only ever adds.
    runs = [json.loads(subprocess.run([BENCHMARK, "--cases", cases], check=True, stdout=subprocess.PIPE).stdout) for _ in range(3)]
    ours = min(runs, key=lambda run: run["decideSeconds"])
    rows = [("Cloudryption", ours["decisions"], ours["decideSeconds"], ours["differences"])]
    found = other("cedar")
    rows.append(("Cedar, its own time", found["decisions"], found["engineSeconds"], found["differences"]))
    rows.append(("Cedar through Python", found["decisions"], found["seconds"], found["differences"]))
    found = other("pmapper")
    rows.append(("PMapper 1.1.5", found["decisions"], found["seconds"], found["differences"]))
    fastest = rows[0][1] / rows[0][2]
    print(f"{'':24}{'decisions':>12}{'a second':>14}{'ratio':>10}{'differ':>8}")
    for name, count, seconds, differences in rows:
        print(f"{name:24}{count:>12,}{count / seconds:>14,.0f}{fastest / (count / seconds):>10,.1f}{differences:>8,}")


def read(name, principals):
    """The questions, and the first principals with their policies and our decisions."""
    with open(name) as file:
        lines = [json.loads(line) for line in file]
    return lines[0]["questions"], lines[1:][:principals]


def pmapper(questions, principals):
    import collections
    import collections.abc
    # PMapper 1.1.5 imports these from where Python had them until 3.9.
    for word in ("Mapping", "MutableMapping"):
        setattr(collections, word, getattr(collections.abc, word))
    from principalmapper.common import Node, Policy
    from principalmapper.querying.query_interface import local_check_authorization

    seconds = differences = 0
    for principal in principals:
        policies = [Policy(principal["principal"], f"p{index}", policy) for index, policy in enumerate(principal["policies"])]
        tags = {key.partition("/")[2]: value for key, value in principal["context"].items()}
        node = Node(principal["principal"], "AROAEXAMPLE", policies, [], {}, [], 0, False, False, None, False, tags)
        start = time.process_time()
        decided = "".join(
            "01"[local_check_authorization(node, question["action"], question["resource"], dict(question["context"]))] for question in questions)
        seconds += time.process_time() - start
        differences += sum(one != other for one, other in zip(decided, principal["allowed"]))
    return {"decisions": len(questions) * len(principals), "seconds": seconds, "differences": differences}


def cedar(questions, principals):
    import cedarpy

    def request(question, principal):
        context = {"action": question["action"].lower(), "resource": question["resource"], "aws:PrincipalArn": principal["principal"]}
        context |= question["context"] | principal["context"]
        context["aws:SourceIp"] = {"__extn": {"fn": "ip", "arg": context["aws:SourceIp"]}}
        return {"principal": 'P::"p"', "action": 'A::"a"', "resource": 'R::"r"', "context": json.dumps(context)}

    seconds = engine = differences = 0
    for principal in principals:
        policies = cedarpy.PolicySet.from_str("\n".join(translated(principal)))
        requests = [request(question, principal) for question in questions]
        start = time.process_time()
        results = cedarpy.is_authorized_batch(requests, policies, [])
        seconds += time.process_time() - start
        engine += sum(result.metrics["authz_duration_micros"] for result in results) * 1e-6
        differences += sum("01"[result.allowed] != allowed for result, allowed in zip(results, principal["allowed"]))
    return {"decisions": len(questions) * len(principals), "seconds": seconds, "engineSeconds": engine, "differences": differences}


def translated(principal):
    """A principal's statements in Cedar's language."""
    for policy in principal["policies"]:
        for statement in policy["Statement"]:
            tests = [patterns(statement, "Action", principal), patterns(statement, "Resource", principal)]
            for operator, keys in statement.get("Condition", {}).items():
                tests += [test(operator, key, listed(values)) for key, values in keys.items()]
            effect = "permit" if statement["Effect"] == "Allow" else "forbid"
            yield f"{effect}(principal, action, resource) when {{ {' && '.join(tests)} }};"


def listed(value):
    return value if isinstance(value, list) else [value]


def patterns(statement, element, principal):
    negated = "Not" + element in statement
    key = element.lower()
    options = []
    for pattern in listed(statement["Not" + element if negated else element]):
        pattern = re.sub(r"\$\{([^}]*)\}", lambda found: principal["context"][found[1]], pattern)
        options.append("true" if pattern == "*" else f'context.{key} like "{pattern.lower() if key == "action" else pattern}"')
    return f"{'!' if negated else ''}({' || '.join(options)})"


def test(operator, key, values):
    name = operator.removesuffix("IfExists")
    negated = "Not" in name
    value = f'context["{key}"]'
    one = {
        "StringEquals": '{0} == "{1}"', "Bool": '{0} == "{1}"', "StringLike": '{0} like "{1}"', "ArnLike": '{0} like "{1}"',
        "IpAddress": '{0}.isInRange(ip("{1}"))',
    }[name.replace("Not", "")]
    matches = f'context has "{key}" && ({" || ".join(one.format(value, text) for text in values)})'
    if negated:
        return f"!({matches})"
    return f'(!(context has "{key}") || ({matches}))' if operator.endswith("IfExists") else f"({matches})"


if __name__ == "__main__":
    main()
