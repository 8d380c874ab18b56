import CloudModel
import Glibc
import IAMEvaluator

/// The cases that other evaluators are given too: identity policies only, and the tests that they know.
///
/// One JSON value a line: `{"questions": [{"action", "resource", "context"}]}` first, then for each principal `{"principal", "context",
/// "policies": [DOCUMENT], "allowed": TEXT}` with a `1` or a `0` for each question, as this evaluator decided.
enum Comparison {
    static let principals = 200

    static func write(_ name: String) throws {
        let questions = SampleOrganisation.questions
        var lines: [JSONValue] = [
            [
                "questions": .array(
                    questions.map { question in
                        [
                            "action": .string(question.action), "resource": .string(question.resource),
                            "context": .object(
                                JSONObject(question.context.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
                        ]
                    })
            ]
        ]
        for index in 0..<principals {
            let principal = SampleOrganisation.principal(index)
            let decided = try Case(principal.arn, principal.tags, principal.identity.map { try JSONValue(parsing: $0) }).decide(questions)
            lines.append(
                [
                    "principal": .string(principal.arn),
                    "context": .object(JSONObject(principal.tags.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
                    "policies": .array(try principal.identity.map { try JSONValue(parsing: $0) }), "allowed": .string(decided),
                ])
        }
        guard let file = fopen(name, "w") else { throw ComparisonError.cannotWrite }
        defer { fclose(file) }
        for line in lines {
            let bytes = line.canonicalBytes + [0x0A]
            guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw ComparisonError.cannotWrite }
        }
    }

    /// Decides the cases of a file, as the other evaluators do, and prints what that took as JSON: reading and compiling on one side, deciding,
    /// requests taken apart included, on the other.
    static func run(_ name: String) throws {
        let lines = try Lines.read(name)
        guard let first = lines.first, let list = try JSONValue(parsing: first)["questions"]?.array else { throw ComparisonError.notCases }
        let questions = list.map { json in
            SampleOrganisation.Question(
                action: json["action"]?.string ?? "", resource: json["resource"]?.string ?? "",
                context: Dictionary(uniqueKeysWithValues: (json["context"]?.object?.members ?? []).map { ($0.name, $0.value.string ?? "") })
            )
        }
        var compiling = 0.0
        var deciding = 0.0
        var count = 0
        var differences = 0
        for line in lines.dropFirst() {
            let json = try JSONValue(parsing: line)
            let tags = Dictionary(uniqueKeysWithValues: (json["context"]?.object?.members ?? []).map { ($0.name, $0.value.string ?? "") })
            let start = processorTime()
            let one = try Case(json["principal"]?.string ?? "", tags, json["policies"]?.array ?? [])
            let compiled = processorTime()
            let decided = one.decide(questions)
            deciding += processorTime() - compiled
            compiling += compiled - start
            count += questions.count
            if decided != json["allowed"]?.string { differences += 1 }
        }
        let result: JSONValue = [
            "decisions": .number(String(count)), "compileSeconds": .number(rounded(compiling, 6)),
            "decideSeconds": .number(rounded(deciding, 6)),
            "differences": .number(String(differences)),
        ]
        print(result.canonicalText)
    }

    private struct Case {
        let principal: PreparedPrincipal
        let layers: PolicyLayers

        init(_ arn: String, _ tags: [String: String], _ policies: [JSONValue]) throws {
            principal = PreparedPrincipal(.role(arn: arn), keys: tags.mapValues { [$0] })
            layers = PolicyLayers(identity: try policies.map { CompiledPolicy(try PolicyDocument(parsing: $0)) })
        }

        func decide(_ questions: [SampleOrganisation.Question]) -> String {
            var decided: [UInt8] = []
            decided.reserveCapacity(questions.count)
            for question in questions {
                let request = PreparedRequest(
                    principal: principal, action: question.action, resource: question.resource,
                    context: RequestContext(values: question.context.mapValues { [$0] }))
                decided.append(Evaluator.verdict(request, layers) == .allowed ? UInt8(ascii: "1") : UInt8(ascii: "0"))
            }
            return String(decoding: decided, as: UTF8.self)
        }
    }
}

enum ComparisonError: Error { case cannotWrite, cannotRead, notCases }

/// Lines of files: cases of `cloudryption iam evaluate`, timed one by one.
enum Lines {
    static func read(_ name: String) throws -> [[UInt8]] {
        guard let file = fopen(name, "r") else { throw ComparisonError.cannotRead }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes.split(separator: 0x0A).map(Array.init)
    }

    /// Milliseconds for the answer when all is known, when nothing is, for the question whether the principal is an administrator, and for the
    /// remarks about its policies.
    static func time(_ name: String) throws {
        for line in try read(name) {
            let closed = least(of: 1) { _ = EvaluationCase.answer(line: line) }
            let open = least(of: 1) { _ = EvaluationCase.answer(line: line, unknown: []) }
            var admin = 0.0
            var linting = 0.0
            if let json = try? JSONValue(parsing: line) {
                let layers: PolicyLayers?
                if let one = try? EvaluationCase(parsing: json) {
                    layers = one.layers
                } else {
                    layers = (try? PolicyDocument(parsing: json)).map { PolicyLayers(identity: [CompiledPolicy($0)]) }
                }
                linting = least(of: 1) { for policy in json["identityPolicies"]?.array ?? [json] { _ = PolicyLint.findings(policy) } }
                if let layers {
                    admin = least(of: 1) { _ = Administrator.answer(.user(arn: "arn:aws:iam::111122223333:user/alice"), layers) }
                }
            }
            let times = [closed, open, admin, linting].map { rounded($0 * 1000) }.joined(separator: " ")
            print(times, "ms", name, "\(line.count) bytes")
        }
    }
}
