/// The documents of a result as files: JSON for reading, members sorted, the same bytes for the same result.
public enum ResultEncoding {
    /// One file of a result.
    public struct Document: Sendable {
        /// Its name: `paths.json`.
        public var name: String
        /// Its bytes.
        public var bytes: [UInt8]
    }

    /// `summary.json`, `findings.json`, `paths.json`, `principals.json`, `plan.json` and `coverage.json`.
    public static func documents(of result: AnalysisResult) -> [Document] {
        [
            Document(name: "summary.json", bytes: result.summary.json.prettyBytes),
            Document(name: "findings.json", bytes: JSONValue.array(result.findings.map(\.json)).prettyBytes),
            Document(name: "paths.json", bytes: JSONValue.array(result.paths.map(\.json)).prettyBytes),
            Document(name: "principals.json", bytes: JSONValue.array(result.principals.map(\.json)).prettyBytes),
            Document(name: "plan.json", bytes: result.plan.json.prettyBytes),
            Document(name: "coverage.json", bytes: result.coverage.json.prettyBytes),
        ]
    }
}

/// A value that results are made of, as JSON. Absent optionals are left out, as `Codable` reads them.
private protocol ResultValue {
    var json: JSONValue { get }
}

extension JSONValue {
    /// A number as JSON writes it; one that JSON cannot write becomes 0.
    static func real(_ value: Double) -> JSONValue {
        guard value.isFinite else { return 0 }
        if value == value.rounded(), value.magnitude < 1e15 { return .number(String(Int(value))) }
        return .number(String(value))
    }
    fileprivate static func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
    fileprivate static func counts(_ map: [String: Int]) -> JSONValue {
        .object(JSONObject(map.map { .init($0.key, .number(String($0.value))) }))
    }
    /// An object of the members that are there.
    fileprivate static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(JSONObject(members.compactMap { name, value in value.map { .init(name, $0) } }))
    }
    fileprivate static func text(_ value: String?) -> JSONValue? { value.map { .string($0) } }
    fileprivate static func whole(_ value: Int?) -> JSONValue? { value.map { .number(String($0)) } }
}

extension Citation: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "record": .string(record), "pointer": .text(pointer), "time": .text(time), "policy": .text(policy),
            "statement": .whole(statement),
        ])
    }
}

extension PathStep: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "from": .string(from), "to": .string(to), "technique": .string(technique), "why": .string(why),
            "evidence": .array(evidence.map(\.json)), "conditions": .texts(conditions), "confidence": .string(confidence.rawValue),
        ])
    }
}

extension AttackPath: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "id": .string(id), "severity": .string(severity.rawValue), "score": .real(score), "source": .string(source),
            "target": .string(target), "title": .string(title), "narrative": .string(narrative),
            "confidence": .string(confidence.rawValue), "steps": .array(steps.map(\.json)), "fixes": .texts(fixes),
            "likelihood": likelihood.map { .real($0) }, "alternatives": alternatives.map { .array($0.map(\.json)) }, "group": .text(group),
        ])
    }
}

extension PathAlternative: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "technique": .string(technique), "to": .string(to), "likelihood": likelihood.map { .real($0) },
            "confidence": .text(confidence?.rawValue),
        ])
    }
}

extension ReachedNode: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "id": .string(id), "kind": .string(kind.rawValue), "name": .string(name), "account": .text(account),
            "value": value.map { .real($0) }, "likelihood": .real(likelihood), "hops": .whole(hops),
            "confidence": .string(confidence.rawValue), "technique": .string(technique), "beside": .string(beside),
        ])
    }
}

extension PrincipalResult: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "arn": .string(arn), "kind": .string(kind), "admin": .bool(admin), "reachesAdmin": .string(reachesAdmin.rawValue),
            "conditions": conditions.map { .texts($0) }, "why": .text(why), "via": .texts(via),
        ])
    }
}

extension Finding: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "id": .string(id), "control": .string(control), "title": .string(title), "severity": .string(severity.rawValue),
            "verdict": .string(verdict.rawValue), "resource": .string(resource), "resourceKind": .string(resourceKind),
            "account": .string(account), "region": .text(region), "why": .string(why), "remediation": .string(remediation),
            "evidence": .array(evidence.map(\.json)),
        ])
    }
}

extension ControlResult: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "id": .string(id), "title": .string(title), "severity": .string(severity.rawValue), "passed": .whole(passed),
            "failed": .whole(failed), "unknown": .whole(unknown), "why": .text(why),
        ])
    }
}

extension Fix: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "id": .string(id), "kind": .string(kind), "resource": .string(resource), "title": .string(title), "cost": .whole(cost),
            "before": .string(before), "after": .string(after), "cli": .string(cli), "terraform": .string(terraform),
            "rollback": .string(rollback), "closes": .texts(closes), "exposureRemoved": .real(exposureRemoved),
            "accessLost": .members([
                "used": .whole(accessLost.used), "unused": .whole(accessLost.unused), "unknown": .whole(accessLost.unknown),
            ]),
            "accesses": .array(
                accesses.map {
                    .members([
                        "principal": .string($0.principal), "action": .string($0.action), "resource": .string($0.resource),
                        "use": .string($0.use),
                    ])
                }), "edits": .array(edits.map(\.json)),
        ])
    }
}

extension FixEdit: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "edit": .string(edit),
            "place": place.map {
                .members(["kind": .string($0.kind), "arn": .text($0.arn), "principal": .text($0.principal), "name": .text($0.name)])
            }, "statement": .whole(statement), "action": .text(action), "resource": .text(resource),
            "resources": resources.map { .texts($0) },
            "conditions": conditions.map {
                .array($0.map { .members(["test": .string($0.test), "key": .string($0.key), "values": .texts($0.values)]) })
            }, "principal": .text(principal), "by": by.map { .texts($0) }, "policy": .text(policy), "group": .text(group),
            "name": .text(name), "actions": actions.map { .texts($0) }, "protocol": .text(self.protocol), "fromPort": .whole(fromPort),
            "toPort": .whole(toPort), "cidrs": cidrs.map { .texts($0) },
        ])
    }
}

extension Plan: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "objective": .string(objective), "target": .string(target), "maximumFixes": .whole(maximumFixes), "budget": .whole(budget),
            "optimal": .bool(optimal), "gap": .real(gap), "cost": .whole(cost), "fixes": .array(fixes.map(\.json)),
            "alternatives": .array(alternatives.map(\.json)),
            "perPath": .array(perPath.map { .members(["path": .string($0.path), "fixes": .texts($0.fixes)]) }),
            "curve": .array(
                curve.map {
                    .members([
                        "fixes": .whole($0.fixes), "exposureRemoved": .real($0.exposureRemoved), "optimal": .bool($0.optimal),
                        "atMost": .real($0.atMost), "chosen": .texts($0.chosen),
                    ])
                }), "open": .texts(open), "certificate": certificate.map(\.json),
        ])
    }
}

extension PlanCertificate: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "lowerBound": .real(lowerBound),
            "candidates": .array(
                candidates.map {
                    .members([
                        "id": .string($0.id), "kind": .string($0.kind), "resource": .string($0.resource), "cost": .whole($0.cost),
                        "edits": .array($0.edits.map(\.json)),
                    ])
                }), "excluded": .texts(excluded), "parts": .array(parts.map(Self.json)),
        ])
    }

    private static func json(_ part: Part) -> JSONValue {
        .members([
            "bound": .real(part.bound), "sum": part.sum.map { .real($0) },
            "paths": .array(
                part.paths.map {
                    .members([
                        "nodes": .texts($0.nodes), "fixes": .texts($0.fixes), "unless": $0.unless.map { .texts($0) },
                        "weight": $0.weight.map { .real($0) }, "level": $0.level.map { .real($0) },
                    ])
                }), "cases": part.cases.map { .array($0.map(json)) },
        ])
    }

    private static func json(_ one: Case) -> JSONValue {
        .members([
            "fix": .text(one.fix), "made": .whole(one.made), "notMade": .whole(one.notMade),
            "weights": one.weights.map { .array($0.map { .members(["path": .whole($0.path), "weight": .real($0.weight)]) }) },
            "sum": one.sum.map { .real($0) },
        ])
    }
}

extension AnalysisSummary: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "formatVersion": .whole(formatVersion), "snapshot": .string(snapshot), "accounts": .texts(accounts),
            "collectedFrom": .text(collectedFrom), "collectedTo": .text(collectedTo), "counts": .counts(counts), "paths": .counts(paths),
            "findings": .counts(findings), "materialExposure": .real(materialExposure),
            "exposureByEntry": .object(JSONObject(exposureByEntry.map { .init($0.key, .real($0.value)) })),
            "jewels": .array(
                jewels.map {
                    .members([
                        "id": .string($0.id), "kind": .string($0.kind), "value": .real($0.value), "why": .string($0.why),
                        "exposure": .real($0.exposure), "reachedFromInternet": .bool($0.reachedFromInternet),
                        "reachedFrom": .whole($0.reachedFrom),
                    ])
                }),
            "controls": .array(controls.map(\.json)), "coverage": .counts(coverage),
        ])
    }
}

extension CoverageEntry: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "account": .text(account), "service": .string(service), "operation": .string(operation), "region": .text(region),
            "resource": .text(resource), "outcome": .string(outcome.rawValue), "code": .text(code), "message": .text(message),
        ])
    }
}

extension CoverageReport: ResultValue {
    /// As JSON.
    public var json: JSONValue {
        .members([
            "entries": .array(entries.map(\.json)),
            "gaps": .array(gaps.map { .members(["what": .string($0.what), "why": .string($0.why)]) }),
        ])
    }
}
