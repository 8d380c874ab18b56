import Basics
import CloudModel
import Foundation
import Testing

@testable import WireProtocol

private let spec = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Protocol/Spec").standardized.path()

/// As much of JSON Schema as the schemas of results use; a keyword that it does not know is a failure.
private struct SchemaReader {
    let root: JSONValue

    /// What is wrong with `value`. With `exactly`, an object must have each member that its schema names, or with `.required` just those
    /// that are required: so a schema cannot be laxer than the type it is for.
    enum Exactness { case all, required }

    func problems(_ value: JSONValue, _ exactly: Exactness) -> [String] { problems(value, root, "$", exactly) }

    private func problems(_ value: JSONValue, _ schema: JSONValue, _ place: String, _ exactly: Exactness) -> [String] {
        guard let keywords = schema.object else { return ["\(place): the schema is no object"] }
        var found: [String] = []
        for keyword in keywords.members {
            switch keyword.name {
            case "$schema", "$id", "$defs", "title", "description", "properties", "required", "then": break
            case "$ref":
                let name = String(keyword.value.string?.dropFirst("#/$defs/".count) ?? "")
                guard let definition = root["$defs"]?[name] else { return ["\(place): no definition \(name)"] }
                found += problems(value, definition, place, exactly)
            case "type": if !has(value, keyword.value.string ?? "") { found.append("\(place): not of type \(keyword.value.string ?? "?")") }
            case "enum": if keyword.value.array?.contains(value) != true { found.append("\(place): not one of the words") }
            case "const": if keyword.value != value { found.append("\(place): not the constant") }
            case "minimum": if (value.double ?? 0) < (keyword.value.double ?? 0) { found.append("\(place): too small") }
            case "maximum": if (value.double ?? 0) > (keyword.value.double ?? 0) { found.append("\(place): too large") }
            case "minItems": if (value.array?.count ?? 0) < (keyword.value.int ?? 0) { found.append("\(place): too few") }
            case "pattern":
                let matches = (try? Regex(keyword.value.string ?? "")).map { value.string?.contains($0) == true }
                if matches != true { found.append("\(place): does not match") }
            case "items":
                for (index, element) in (value.array ?? []).enumerated() {
                    found += problems(element, keyword.value, "\(place)[\(index)]", exactly)
                }
            case "additionalProperties": found += members(value, schema, place, exactly)
            case "allOf":
                for rule in keyword.value.array ?? [] {
                    guard let condition = rule["if"], let then = rule["then"] else { return ["\(place): a rule without if and then"] }
                    let holds = (condition["properties"]?.object?.members ?? []).allSatisfy { value[$0.name] == $0.value["const"] }
                    for name in (holds ? then["required"]?.array : nil) ?? [] where value[name.string ?? ""] == nil {
                        found.append("\(place): \(name) is missing")
                    }
                }
            default: found.append("\(place): the keyword \(keyword.name) is not known")
            }
        }
        return found
    }

    private func members(_ value: JSONValue, _ schema: JSONValue, _ place: String, _ exactly: Exactness) -> [String] {
        var found: [String] = []
        let properties = schema["properties"]
        let required = (schema["required"]?.array ?? []).compactMap(\.string)
        for member in value.object?.members ?? [] {
            if let property = properties?[member.name] {
                found += problems(member.value, property, "\(place).\(member.name)", exactly)
                if exactly == .required, !required.contains(member.name), schema["allOf"] == nil {
                    found.append("\(place).\(member.name): not required, though it is always there")
                }
            } else if let additional = schema["additionalProperties"]?.object {
                found += problems(member.value, .object(additional), "\(place).\(member.name)", exactly)
            } else {
                found.append("\(place).\(member.name): the schema does not name it")
            }
        }
        let wanted = exactly == .all ? (properties?.object?.members.map(\.name) ?? []) : required
        for name in wanted where value[name] == nil { found.append("\(place).\(name): missing") }
        return found
    }

    private func has(_ value: JSONValue, _ type: String) -> Bool {
        switch type {
        case "object": value.object != nil
        case "array": value.array != nil
        case "string": value.string != nil
        case "boolean": value.bool != nil
        case "integer": value.int != nil
        case "number": value.double != nil
        default: false
        }
    }
}

@Suite struct SchemaTests {
    private let citation = Citation(record: "1/iam.x", pointer: "/a", time: "2026-01-02T03:04:05Z", policy: "p", statement: 0)
    private let bareCitation = Citation(record: "1/iam.x")
    private let control = ControlResult(id: "c", title: "t", severity: .low, passed: 1, failed: 0, unknown: 0, why: "w")
    private let fix = Fix(
        id: "fix-0123456789abcdef", kind: "k", resource: "r", title: "t", cost: 1, before: "b", after: "a", closes: ["p"],
        exposureRemoved: 0.5, accesses: [.init(principal: "p", action: "a", resource: "r", use: "unused")], edits: [FixEdit("detach")])

    private func problems(_ name: String, _ value: some Encodable, _ exactly: SchemaReader.Exactness) throws -> [String] {
        try problems(name, try JSONValue(parsing: try WireJSON.encode(value)), exactly)
    }
    private func problems(_ name: String, _ value: JSONValue, _ exactly: SchemaReader.Exactness) throws -> [String] {
        let schema = try JSONValue(parsing: try SafeFile.read("\(spec)/results/\(name).schema.json", limit: 1 << 20))
        return SchemaReader(root: schema).problems(value, exactly)
    }

    @Test func summaryIsAsItsSchemaSays() throws {
        let digest = "sha256:" + String(repeating: "0", count: 64)
        let jewel = AnalysisSummary.Jewel(
            id: "j", kind: "admin", value: 100, why: "w", exposure: 1.5, reachedFromInternet: true, reachedFrom: 1)
        var summary = AnalysisSummary(
            snapshot: digest, accounts: ["1"], collectedFrom: "a", collectedTo: "b", counts: ["roles": 1], paths: ["high": 1],
            findings: ["low": 1], materialExposure: 1.5, exposureByEntry: ["internet": 1.5], jewels: [jewel], controls: [control],
            coverage: ["denied": 1])
        #expect(try problems("summary", summary, .all) == [])
        summary.collectedFrom = nil
        summary.collectedTo = nil
        summary.controls = []
        #expect(try problems("summary", summary, .required) == [])
        summary.snapshot = "x"
        #expect(try problems("summary", summary, .required) == ["$.snapshot: does not match"])
    }

    @Test func findingsAreAsTheirSchemaSays() throws {
        func finding(_ region: String?, _ evidence: [Citation]) -> [Finding] {
            [
                Finding(
                    id: "f", control: "c", title: "t", severity: .high, verdict: .fail, resource: "r", resourceKind: "bucket", account: "1",
                    region: region, why: "w", remediation: "r", evidence: evidence)
            ]
        }
        #expect(try problems("findings", finding("eu-west-1", [citation]), .all) == [])
        #expect(try problems("findings", finding(nil, [bareCitation]), .required) == [])
    }

    @Test func pathsAreAsTheirSchemaSays() throws {
        func path(_ evidence: [Citation], _ steps: Int, full: Bool = true) -> [AttackPath] {
            let step = PathStep(
                from: "internet", to: "admin:1", technique: "network-reach", why: "w", evidence: evidence, conditions: ["c"],
                confidence: .proven)
            let other = PathAlternative(technique: "t", to: "admin:1", likelihood: full ? 0.5 : nil, confidence: full ? .proven : nil)
            return [
                AttackPath(
                    id: "path-0123456789abcdef", severity: .critical, score: 100, source: "internet", target: "admin:1", title: "t",
                    narrative: "n", confidence: .proven, steps: Array(repeating: step, count: steps), fixes: ["fix-0123456789abcdef"],
                    likelihood: full ? 0.5 : nil, alternatives: full ? [other] : nil, group: full ? "group-0123456789abcdef" : nil)
            ]
        }
        #expect(try problems("paths", path([citation], 1), .all) == [])
        #expect(try problems("paths", path([bareCitation], 2, full: false), .required) == [])
        #expect(try problems("paths", path([], 0), .all) == ["$[0].steps: too few"])
    }

    @Test func principalsAreAsTheirSchemaSays() throws {
        func principal(_ reach: Reach, conditions: [String]? = nil, why: String? = nil) -> [PrincipalResult] {
            [PrincipalResult(arn: "a", kind: "role", admin: false, reachesAdmin: reach, conditions: conditions, why: why, via: [])]
        }
        #expect(try problems("principals", principal(.yes, conditions: ["c"], why: "w"), .all) == [])
        #expect(try problems("principals", principal(.no), .required) == [])
        #expect(try problems("principals", principal(.conditional, conditions: ["c"]), .required) == [])
        #expect(try problems("principals", principal(.conditional), .required).count == 1)
        #expect(try problems("principals", principal(.unknown), .required).count == 1)
    }

    @Test func planIsAsItsSchemaSays() throws {
        let id = "fix-0123456789abcdef"
        var edit = FixEdit("narrow")
        edit.place = .init(kind: "inline", arn: "a", principal: "p", name: "n")
        (edit.statement, edit.fromPort, edit.toPort) = (0, -1, 2)
        (edit.action, edit.resource, edit.principal, edit.policy, edit.group) = ("a", "r", "p", "q", "g")
        (edit.name, edit.protocol) = ("n", "tcp")
        (edit.resources, edit.by, edit.actions, edit.cidrs) = (["r"], ["b"], ["a"], ["c"])
        edit.conditions = [.init(test: "t", key: "k", values: ["v"])]
        func plan(_ isFull: Bool) -> Plan {
            var path = PlanCertificate.Path(nodes: ["a", "b"], fixes: [id])
            var one = PlanCertificate.Case()
            var part = PlanCertificate.Part(bound: 1, paths: [])
            if isFull {
                path.unless = [id]
                (path.weight, path.level) = (0.5, 2)
                one = .init(fix: id, made: 1, notMade: 2, weights: [.init(path: 0, weight: 1)], sum: 1)
                (part.sum, part.cases) = (1, [one])
            }
            part.paths = [path]
            var fix = fix
            if isFull { fix.edits = [edit] }
            let certificate = PlanCertificate(
                lowerBound: 1, candidates: [.init(id: id, kind: "k", resource: "r", cost: 1, edits: fix.edits)], excluded: [id],
                parts: [part])
            return Plan(
                objective: "o", optimal: true, cost: 1, fixes: [fix], alternatives: [fix], perPath: [.init(path: "p", fixes: ["f"])],
                curve: [.init(fixes: 0, exposureRemoved: 0, chosen: [id])], open: ["p"], target: "severity:high",
                maximumFixes: isFull ? 1 : nil, budget: isFull ? 1 : nil, gap: 0, certificate: isFull ? certificate : nil)
        }
        #expect(try problems("plan", plan(true), .all) == [])
        #expect(try problems("plan", plan(false), .required) == [])
        var other = plan(false)
        other.target = "everything"
        #expect(try problems("plan", other, .required).count == 1)
    }

    @Test func coverageIsAsItsSchemaSays() throws {
        let full = CoverageEntry(
            account: "1", service: "s3", operation: "o", region: "r", resource: "b", outcome: .denied, code: "c", message: "m")
        let bare = CoverageEntry(service: "s3", operation: "o", outcome: .failed)
        #expect(try problems("coverage", CoverageReport(entries: [full], gaps: [.init(what: "w", why: "y")]), .all) == [])
        #expect(try problems("coverage", CoverageReport(entries: [bare], gaps: []), .required) == [])
    }

    @Test func answersToQuestionsAreAsTheirSchemasSay() throws {
        func statement(_ isFull: Bool) -> QuotedStatement {
            QuotedStatement(
                file: "iam.x.json", record: "1/iam.x", pointer: isFull ? "/a" : nil, policyType: "identity", policy: "p",
                policyARN: isFull ? "arn" : nil, attachedTo: isFull ? "arn" : nil, statement: isFull ? 0 : nil, effect: "Allow",
                isConditional: isFull, text: ["Effect": "Allow"])
        }
        func answer(_ decision: AccessAnswer.Decision, isFull: Bool) -> AccessAnswer {
            var answer = AccessAnswer(principal: "*", isExternal: isFull, decision: decision)
            if isFull || decision == .denied { answer.isExplicit = true }
            if isFull || decision == .conditional {
                answer.conditions = ["operator": "Bool", "key": "k", "values": ["true"]]
                answer.text = "k is true"
            }
            if isFull { answer.known = .allowed }
            answer.statements = [statement(isFull)]
            answer.blockedBy = ["resource"]
            answer.why = ["w"]
            return answer
        }
        func question(_ isFull: Bool) -> AccessQuestion {
            AccessQuestion(
                action: "s3:GetObject", resource: "*", resourceAccount: isFull ? "1" : nil, exists: isFull ? true : nil, notes: ["n"])
        }
        #expect(try problems("can", CanAnswer(question: question(true), answer: answer(.conditional, isFull: true)).json, .all) == [])
        for decision in AccessAnswer.Decision.allCases {
            let answer = CanAnswer(question: question(false), answer: answer(decision, isFull: false))
            #expect(try problems("can", answer.json, .required) == [], "\(decision)")
        }
        var broken = AccessAnswer(principal: "*", isExternal: false, decision: .denied)
        #expect(try problems("can", CanAnswer(question: question(false), answer: broken).json, .required).count == 1)
        broken.decision = .conditional
        #expect(try problems("can", CanAnswer(question: question(false), answer: broken).json, .required).count == 2)
        let full = [answer(.conditional, isFull: true)]
        #expect(
            try problems(
                "who-can", WhoCanAnswer(question: question(true), counts: [.allowed: 1], able: full, unknown: full, denied: full).json, .all
            )
                == [])
        let bare = [answer(.allowed, isFull: false)]
        #expect(
            try problems(
                "who-can", WhoCanAnswer(question: question(false), counts: [:], able: bare, unknown: [], denied: nil).json, .required) == []
        )
    }

    @Test func writtenDocumentsAreAsTheirSchemasSayAndReadBack() throws {
        let result = AnalysisResult(
            summary: AnalysisSummary(
                snapshot: "sha256:" + String(repeating: "0", count: 64), accounts: ["1"], collectedFrom: "a", collectedTo: "b",
                counts: ["roles": 1], paths: ["high": 1], findings: ["low": 1], materialExposure: 0.1, exposureByEntry: ["internet": 1e-7],
                jewels: [
                    .init(id: "j", kind: "admin", value: 100, why: "w", exposure: 1.5, reachedFromInternet: true, reachedFrom: 1)
                ], controls: [control], coverage: ["denied": 1]),
            findings: [
                Finding(
                    id: "f", control: "c", title: "t", severity: .high, verdict: .fail, resource: "r", resourceKind: "bucket", account: "1",
                    region: "eu-west-1", why: "w", remediation: "r", evidence: [citation])
            ],
            paths: [
                AttackPath(
                    id: "path-0123456789abcdef", severity: .critical, score: 99.5, source: "internet", target: "admin:1",
                    title: "\u{301}\"",
                    narrative: "n", confidence: .proven,
                    steps: [
                        PathStep(
                            from: "internet", to: "admin:1", technique: "t", why: "w", evidence: [citation], conditions: ["c"],
                            confidence: .proven)
                    ], fixes: ["fix-0123456789abcdef"], likelihood: 0.25,
                    alternatives: [.init(technique: "t", to: "admin:1", likelihood: 0.125, confidence: .conditional)],
                    group: "group-0123456789abcdef")
            ],
            principals: [PrincipalResult(arn: "a", kind: "role", admin: true, reachesAdmin: .yes, conditions: ["c"], why: "w", via: ["p"])],
            plan: Plan(
                objective: "o", optimal: true, cost: 1, fixes: [fix], alternatives: [fix], perPath: [.init(path: "p", fixes: ["f"])],
                curve: [.init(fixes: 0, exposureRemoved: 0)], open: ["p"]),
            coverage: CoverageReport(
                entries: [
                    CoverageEntry(
                        account: "1", service: "s3", operation: "o", region: "r", resource: "b", outcome: .denied, code: "c", message: "m")
                ], gaps: [.init(what: "w", why: "y")]))
        let documents = Dictionary(uniqueKeysWithValues: ResultEncoding.documents(of: result).map { ($0.name, $0.bytes) })
        #expect(documents.count == 6)
        for name in ["summary", "findings", "paths", "principals", "plan", "coverage"] {
            let bytes = try #require(documents["\(name).json"])
            // This plan has no part that only some plans have.
            #expect(try problems(name, try JSONValue(parsing: bytes), name == "plan" ? .required : .all) == [], "\(name)")
        }
        let read = AnalysisResult(
            summary: try WireJSON.decode(from: try #require(documents["summary.json"])),
            findings: try WireJSON.decode(from: try #require(documents["findings.json"])),
            paths: try WireJSON.decode(from: try #require(documents["paths.json"])),
            principals: try WireJSON.decode(from: try #require(documents["principals.json"])),
            plan: try WireJSON.decode(from: try #require(documents["plan.json"])),
            coverage: try WireJSON.decode(from: try #require(documents["coverage.json"])))
        #expect(read == result)
    }

    @Test func schemasNameEveryWord() throws {
        func words(_ name: String, _ path: [String]) throws -> [String] {
            var value = try JSONValue(parsing: try SafeFile.read("\(spec)/results/\(name).schema.json", limit: 1 << 20))
            for step in path { value = value[step] ?? .null }
            return value["enum"]?.array?.compactMap(\.string) ?? []
        }
        #expect(try words("paths", ["$defs", "severity"]) == Severity.allCases.map(\.rawValue))
        #expect(try words("paths", ["$defs", "confidence"]) == Confidence.allCases.map(\.rawValue))
        #expect(try words("principals", ["items", "properties", "reachesAdmin"]) == Reach.allCases.map(\.rawValue))
        #expect(try words("findings", ["items", "properties", "verdict"]) == Verdict.allCases.map(\.rawValue))
        #expect(Set(try words("can", ["properties", "decision"])) == Set(AccessAnswer.Decision.allCases.map(\.rawValue)))
        #expect(try words("coverage", ["$defs", "entry", "properties", "outcome"]) == CoverageEntry.Outcome.allCases.map(\.rawValue))
    }
}
