import CloudModel

/// The graph as documents: `graph.json` (Protocol/Spec/results/graph.schema.json) and `graph.graphml`.
///
/// Both hold every node, and every edge with what it rests on. They are written in pieces, for a large cloud's do not fit into memory twice.
public struct GraphExport: Sendable {
    private let graph: SecurityGraph
    private let snapshot: String
    private let omitted: String?

    /// The most questions that are asked for edges to data that is worth nothing.
    static let questions = 2_000_000
    private static let pieceBytes = 1 << 20

    init(_ evaluation: Evaluation, digest: String) {
        snapshot = digest
        let plain = evaluation.builder.stores.filter { evaluation.graph.nodes[$0.node].value == 0 }
        let principals = evaluation.snapshot.principals.count
        if plain.isEmpty || principals == 0 {
            graph = evaluation.graph
            omitted = nil
        } else if plain.count <= Self.questions / principals {
            let builder = GraphBuilder(
                evaluation.builder, evaluation.graph, evaluation.snapshot, permissions: evaluation.permissions,
                exposures: evaluation.exposures, touched: Touched())
            graph = builder.answering(evaluation.graph, from: Array(evaluation.snapshot.principals.indices), to: plain)
            omitted = nil
        } else {
            graph = evaluation.graph
            omitted = "which principals read the \(plain.count) resources that are worth nothing: ask for them with cloudryption query"
        }
    }

    /// `graph.json`: one node or edge a line.
    public func writeJSON(_ write: ([UInt8]) throws -> Void) rethrows {
        var text = JSONText()
        func flush(_ text: inout JSONText) throws {
            guard text.bytes.count >= Self.pieceBytes else { return }
            try write(text.bytes)
            text.removeWritten()
        }
        text.open("{")
        text.newline()
        text.name("edges")
        text.open("[")
        for edge in graph.edges {
            text.newline()
            json(edge, &text)
            try flush(&text)
        }
        text.newline(closing: true)
        text.close("]")
        text.newline()
        text.name("formatVersion")
        text.value(1.0)
        text.newline()
        text.name("nodes")
        text.open("[")
        for node in graph.nodes {
            text.newline()
            json(node, &text)
            try flush(&text)
        }
        text.newline(closing: true)
        text.close("]")
        if let omitted {
            text.newline()
            text.name("omitted")
            text.value(omitted)
        }
        text.newline()
        text.name("snapshot")
        text.value(snapshot)
        text.newline(closing: true)
        text.close("}")
        text.newline(closing: true)
        try write(text.bytes)
    }

    private func json(_ node: GraphNode, _ text: inout JSONText) {
        text.open("{")
        if let account = node.account {
            text.name("account")
            text.value(account)
        }
        text.name("id")
        text.value(node.id)
        text.name("kind")
        text.value(node.kind.rawValue)
        text.name("name")
        text.value(node.name)
        if node.start > 0 {
            text.name("start")
            text.value(node.start)
        }
        if node.value > 0 {
            text.name("value")
            text.value(node.value)
            text.name("why")
            text.value(node.valueReason)
        }
        text.close("}")
    }

    private func json(_ edge: GraphEdge, _ text: inout JSONText) {
        let proof = graph.proof(of: edge)
        let technique = graph.technique(of: edge)
        text.open("{")
        if !proof.alternatives.isEmpty {
            text.name("alternatives")
            list(proof.alternatives, &text)
        }
        text.name("conditions")
        list(proof.conditions, &text)
        text.name("confidence")
        text.value(edge.confidence.rawValue)
        text.name("evidence")
        text.open("[")
        for fact in GraphFact.facts(proof.citations) {
            text.open("{")
            text.name("operation")
            text.value(fact.operation)
            text.name("record")
            text.value(fact.record)
            if let time = fact.time {
                text.name("time")
                text.value(time)
            }
            text.close("}")
        }
        text.close("]")
        text.name("from")
        text.value(graph.nodes[Int(edge.from)].id)
        if edge.isHypothetical {
            text.name("hypothetical")
            text.value(JSONValue.bool(true))
        }
        text.name("kind")
        text.value(EdgeKind(technique: technique).rawValue)
        text.name("likelihood")
        text.value(edge.likelihood)
        text.name("statements")
        text.open("[")
        for citation in proof.citations { statement(citation, &text) }
        text.close("]")
        text.name("technique")
        text.value(technique)
        text.name("to")
        text.value(graph.nodes[Int(edge.to)].id)
        if !proof.via.isEmpty {
            text.name("via")
            list(proof.via, &text)
        }
        text.name("why")
        text.value(proof.why)
        text.close("}")
    }

    private func statement(_ citation: Citation, _ text: inout JSONText) {
        guard let policy = citation.policy, let number = citation.statement else { return }
        text.open("{")
        if let pointer = citation.pointer {
            text.name("pointer")
            text.value(pointer)
        }
        text.name("policy")
        text.value(policy)
        text.name("record")
        text.value(citation.record)
        text.name("statement")
        text.value(Double(number))
        text.close("}")
    }

    private func list(_ texts: [String], _ text: inout JSONText) {
        text.open("[")
        for item in texts { text.value(item) }
        text.close("]")
    }
}

/// A record that an edge rests on.
struct GraphFact: Hashable {
    var record: String
    var time: String?
    /// `iam.get-account-authorization-details`.
    var operation: String

    /// Each record once, in the order in which they are cited.
    static func facts(_ citations: [Citation]) -> [GraphFact] {
        var facts: [GraphFact] = []
        for citation in citations where !facts.contains(where: { $0.record == citation.record }) {
            facts.append(GraphFact(record: citation.record, time: citation.time, operation: operation(citation.record)))
        }
        return facts
    }

    /// The call in a record's identifier, `ACCOUNT/SERVICE.OPERATION[.REGION][.RESOURCE]`.
    private static func operation(_ record: String) -> String {
        let call = record.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).last ?? ""
        return call.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).prefix(2).joined(separator: ".")
    }
}

extension GraphExport {
    /// `graph.graphml`, as http://graphml.graphdrawing.org/xmlns describes it. Nodes are `n0`, `n1`, …, for an ARN is no name in XML; the
    /// native identifier is the attribute `id`. Foreign names are made fit to be shown.
    public func writeGraphML(_ write: ([UInt8]) throws -> Void) rethrows {
        var text = GraphML.head
        for (place, node) in graph.nodes.enumerated() {
            text +=
                "<node id=\"n\(place)\">" + GraphML.data("id", node.id) + GraphML.data("kind", node.kind.rawValue)
                + GraphML.data("name", node.name)
            if let account = node.account { text += GraphML.data("account", account) }
            if node.value > 0 { text += GraphML.data("value", "\(node.value)") }
            if node.start > 0 { text += GraphML.data("start", "\(node.start)") }
            text += "</node>\n"
            if text.utf8.count >= Self.pieceBytes {
                try write(Array(text.utf8))
                text = ""
            }
        }
        for (place, edge) in graph.edges.enumerated() {
            let proof = graph.proof(of: edge)
            let technique = graph.technique(of: edge)
            text += "<edge id=\"e\(place)\" source=\"n\(edge.from)\" target=\"n\(edge.to)\">"
            text += GraphML.data("edgekind", EdgeKind(technique: technique).rawValue) + GraphML.data("technique", technique)
            text += GraphML.data("confidence", edge.confidence.rawValue) + GraphML.data("likelihood", "\(edge.likelihood)")
            text += GraphML.data("why", proof.why)
            if !proof.conditions.isEmpty { text += GraphML.data("conditions", proof.conditions.joined(separator: "; ")) }
            text += GraphML.data("evidence", GraphFact.facts(proof.citations).map(\.record).joined(separator: " "))
            if edge.isHypothetical { text += GraphML.data("hypothetical", "true") }
            text += "</edge>\n"
            if text.utf8.count >= Self.pieceBytes {
                try write(Array(text.utf8))
                text = ""
            }
        }
        try write(Array((text + "</graph>\n</graphml>\n").utf8))
    }
}

/// The fixed parts of a GraphML document.
private enum GraphML {
    static let head: String = {
        let keys: [(id: String, domain: String, name: String, type: String)] = [
            ("id", "node", "id", "string"), ("kind", "node", "kind", "string"), ("name", "node", "name", "string"),
            ("account", "node", "account", "string"), ("value", "node", "value", "double"), ("start", "node", "start", "double"),
            ("edgekind", "edge", "kind", "string"), ("technique", "edge", "technique", "string"),
            ("confidence", "edge", "confidence", "string"), ("likelihood", "edge", "likelihood", "double"),
            ("why", "edge", "why", "string"),
            ("conditions", "edge", "conditions", "string"), ("evidence", "edge", "evidence", "string"),
            ("hypothetical", "edge", "hypothetical", "boolean"),
        ]
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
            + "xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n"
            + keys.map { "<key id=\"\($0.id)\" for=\"\($0.domain)\" attr.name=\"\($0.name)\" attr.type=\"\($0.type)\"/>\n" }.joined()
            + "<graph id=\"cloudryption\" edgedefault=\"directed\">\n"
    }()

    static func data(_ key: String, _ value: String) -> String { "<data key=\"\(key)\">\(XMLText.shown(value, limit: 4096))</data>" }
}
