import CloudModel
import Foundation
import Testing

@testable import Engine

@Suite struct GraphExportTests {
    private static let hostile = "a\u{202E}<b>&\"\u{0}\u{301}]]>"

    private func evaluation() -> Evaluation {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("reader", trust: World.trust(["AWS": .string(World.arn("root"))]), [World.document(World.allow(["s3:GetObject"]))])
        world.role("job", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
        world.function("hook", role: "job", url: "NONE")
        world.bucket("plain")
        world.bucket("shop-customer-data")
        world.user(
            "dev",
            [
                World.document(
                    World.allow(["sts:AssumeRole"], condition: ["Bool": ["aws:MultiFactorAuthPresent": "true"]]))
            ])
        world.user("maker", [World.document(World.allow(["iam:PassRole", "ecs:*", "lambda:*"]))])
        world.user("unseen", attached: [World.arn("policy/elsewhere")])
        return Evaluation(Normaliser.normalise(world.collection))
    }

    private func json(_ evaluation: Evaluation) throws -> JSONValue {
        var bytes: [UInt8] = []
        GraphExport(evaluation, digest: "sha256:" + String(repeating: "0", count: 64)).writeJSON { bytes += $0 }
        return try JSONValue(parsing: bytes)
    }

    @Test func theDocumentHoldsEveryNodeAndEdgeWithWhatItRestsOn() throws {
        let evaluation = evaluation()
        let document = try json(evaluation)
        let nodes = document["nodes"]?.array ?? []
        let edges = document["edges"]?.array ?? []
        #expect(nodes.map { $0["id"]?.string } == evaluation.graph.nodes.map(\.id))
        let known = Set(nodes.compactMap { $0["id"]?.string })
        for edge in edges {
            #expect(known.contains(edge["from"]?.string ?? "?") && known.contains(edge["to"]?.string ?? "?"))
            #expect(edge["evidence"]?.array?.isEmpty == false || edge["hypothetical"]?.bool == true, "\(edge.canonicalText)")
            for fact in edge["evidence"]?.array ?? [] {
                #expect(fact["record"]?.string?.hasPrefix(World.account + "/") == true)
                #expect(fact["record"]?.string?.contains(fact["operation"]?.string ?? "?") == true)
                #expect(fact["time"]?.string == "2025-01-02T03:04:05Z")
            }
            if edge["confidence"]?.string != "proven" { #expect(edge["conditions"]?.array?.isEmpty == false) }
        }
        func edge(_ from: String, _ to: String) -> JSONValue? {
            edges.first { $0["from"]?.string == World.arn(from) && $0["to"]?.string == to }
        }
        let assumed = try #require(edge("user/dev", World.arn("role/reader")))
        #expect(assumed["confidence"]?.string == "conditional")
        #expect(assumed["kind"]?.string == "escalation")
        #expect(assumed["technique"]?.string == "sts-001")
        #expect(assumed["statements"]?.array?.contains { $0["statement"]?.int == 0 && $0["policy"]?.string == "inline-0" } == true)
        // What is worth nothing is in it too.
        #expect(edge("role/reader", "arn:aws:s3:::plain")?["kind"]?.string == "s3-read")
        #expect(edge("user/unseen", "admin:\(World.account)")?["hypothetical"]?.bool == true)
        #expect(document["omitted"] == nil)
    }

    /// A member that the schema does not name, or one that it asks for and that is missing, would be a defect of either.
    @Test func theDocumentIsAsItsSchemaSays() throws {
        let place = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Protocol/Spec/results/graph.schema.json").standardized
        let schema = try JSONValue(parsing: Array(try Data(contentsOf: place)))
        func problems(_ value: JSONValue, _ rule: JSONValue, _ place: String) -> [String] {
            if let reference = rule["$ref"]?.string {
                return problems(value, schema["$defs"]?[String(reference.dropFirst("#/$defs/".count))] ?? .null, place)
            }
            if let words = rule["enum"]?.array { return words.contains(value) ? [] : ["\(place): \(value.canonicalText)"] }
            switch rule["type"]?.string {
            case "object":
                guard let object = value.object, let properties = rule["properties"] else { return ["\(place): no object"] }
                let missing = (rule["required"]?.array ?? []).compactMap(\.string).filter { object[$0] == nil }
                return missing.map { "\(place): \($0) is missing" }
                    + object.members.flatMap { member in
                        properties[member.name].map { problems(member.value, $0, "\(place).\(member.name)") }
                            ?? ["\(place): \(member.name) is not named"]
                    }
            case "array":
                guard let list = value.array, let items = rule["items"] else { return ["\(place): no list"] }
                return list.flatMap { problems($0, items, place) } + (rule["minItems"]?.int ?? 0 > list.count ? ["\(place): too few"] : [])
            case "string": return value.string == nil ? ["\(place): no text"] : []
            case "number", "integer":
                guard let number = value.double else { return ["\(place): no number"] }
                return number < 0 || number > (rule["maximum"]?.double ?? .infinity) ? ["\(place): out of bounds"] : []
            default: return rule["const"].map { $0 == value ? [] : ["\(place): not the constant"] } ?? ["\(place): an unknown rule"]
            }
        }
        #expect(problems(try json(evaluation()), schema, "$") == [])
        #expect(schema["$defs"]?["node"]?["properties"]?["kind"]?["enum"]?.array?.compactMap(\.string) == NodeKind.allCases.map(\.rawValue))
        #expect(schema["$defs"]?["edge"]?["properties"]?["kind"]?["enum"]?.array?.compactMap(\.string) == EdgeKind.allCases.map(\.rawValue))
    }

    @Test func everyStepOfTheCatalogueIsAnEscalationAndEveryOtherAKind() {
        for technique in EscalationCatalogue.techniques { #expect(EdgeKind(technique: technique.id) == .escalation) }
        let evaluation = evaluation()
        for edge in evaluation.graph.edges {
            let technique = evaluation.graph.technique(of: edge)
            #expect(EscalationCatalogue.byID[technique] != nil || EdgeKind(rawValue: technique) != nil, "\(technique)")
        }
    }

    @Test func graphMLEscapesHostileNamesOnScalars() throws {
        var world = World()
        world.role("web", trust: World.trust(service: "ec2.amazonaws.com"), profile: true)
        world.instance("i-0aaaaaaaaaaaaaaaa", profile: "web", name: Self.hostile)
        let evaluation = Evaluation(Normaliser.normalise(world.collection))
        var bytes: [UInt8] = []
        GraphExport(evaluation, digest: "").writeGraphML { bytes += $0 }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("a\u{FFFD}&lt;b&gt;&amp;&quot;\u{FFFD}\u{301}]]&gt;"))
        for scalar in text.unicodeScalars { #expect(scalar == "\n" || scalar.value >= 0x20 && scalar != "\u{202E}") }
        #expect(text.components(separatedBy: "<node ").count - 1 == evaluation.graph.nodes.count)
        #expect(text.components(separatedBy: "<edge ").count - 1 == evaluation.graph.edges.count)
    }
}
