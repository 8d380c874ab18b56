import CloudModel
import IAMEvaluator
import Testing

@testable import Engine

/// For each technique: open, denied by an explicit Deny elsewhere, with a prerequisite missing, and with one that could not be seen.
@Suite struct TechniqueScenarios {
    @Test func everyTechniqueHasAFolderAndEveryFolderATechnique() {
        let techniques = EscalationCatalogue.techniques.map(\.id)
        #expect(Set(techniques).count == techniques.count, "an identifier is there once")
        #expect(TechniqueFolder.identifiers == techniques.sorted())
    }

    @Test func everyRowSaysWhatItIsHowItIsSeenAndHowItIsClosed() {
        for technique in EscalationCatalogue.techniques {
            #expect(!technique.requires.isEmpty && !technique.events.isEmpty, "\(technique.id)")
            #expect(technique.attack.wholeMatch(of: /T[0-9]{4}(\.[0-9]{3})?/) != nil, "\(technique.id): \(technique.attack)")
            #expect(technique.close.hasSuffix("."), "\(technique.id)")
            #expect(technique.likelihood > 0 && technique.likelihood < 1, "\(technique.id)")
            for action in technique.requires.map(\.action) {
                // What came to Bedrock AgentCore last is in no table yet.
                let isKnown = ActionTable.standard.action(action) != nil || action.hasSuffix("Harness")
                #expect(isKnown, "\(technique.id): AWS has no action \(action)")
            }
        }
    }

    @Test(arguments: TechniqueFolder.identifiers)
    func anOpenTechniqueIsFoundByItsName(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        #expect(folder.scenario["technique"]?.string == id)
        let variant = try #require(folder.variants("open").first)
        let judgement = try folder.judged(variant)
        let paths = judgement.judged.paths.filter { $0.source == folder.start && $0.target == folder.target }
        let path = try #require(paths.first, "\(id): no path; \(judgement.edges(from: folder.start))")
        if variant.changes["asAlternative"]?.bool == true {
            #expect(judgement.alternatives(of: path).contains(id), "\(id): \(path.steps.map(\.technique))")
        } else {
            #expect(path.steps.map(\.technique).contains(id), "\(id): \(path.steps.map(\.technique))")
        }
        if let reaches = variant.changes["reaches"]?.string {
            let principal = judgement.judged.principals.first { $0.arn == folder.start }
            #expect(principal?.reachesAdmin.rawValue == reaches, "\(id): \(path.steps.flatMap(\.conditions))")
            #expect(principal?.admin == false && principal?.via.isEmpty == false)
            #expect(path.confidence == (reaches == "yes" ? .proven : .conditional))
        } else {
            #expect(path.confidence.rawValue == variant.changes["confidence"]?.string)
        }
    }

    @Test(arguments: TechniqueFolder.identifiers)
    func anExplicitDenyElsewhereClosesIt(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        try expectClosed(folder, try #require(folder.variants("denied").first))
    }

    @Test(arguments: TechniqueFolder.identifiers)
    func aMissingPrerequisiteClosesIt(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        let variants = folder.variants("missing")
        #expect(!variants.isEmpty)
        for variant in variants { try expectClosed(folder, variant) }
    }

    private func expectClosed(_ folder: TechniqueFolder, _ variant: TechniqueFolder.Variant) throws {
        #expect(!variant.why.isEmpty, "\(folder.id) \(variant.name)")
        let judgement = try folder.judged(variant)
        let paths = judgement.judged.paths.filter { $0.source == folder.start && $0.target == folder.target }
        #expect(paths.isEmpty, "\(folder.id), \(variant.why): \(paths.map { $0.steps.map(\.technique) })")
        let principal = judgement.judged.principals.first { $0.arn == folder.start }
        #expect(principal?.reachesAdmin == .no, "\(folder.id), \(variant.why): \(principal?.why ?? "") \(principal?.conditions ?? [])")
    }

    @Test(arguments: TechniqueFolder.identifiers)
    func whatCouldNotBeSeenStaysUnknown(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        for variant in folder.variants("unknown") {
            let judgement = try folder.judged(variant)
            let paths = judgement.judged.paths.filter { $0.source == folder.start && $0.target == folder.target }
            #expect(paths.allSatisfy { $0.confidence == .unknown }, "\(id), \(variant.why): \(paths.map { $0.steps.map(\.technique) })")
            let principal = judgement.judged.principals.first { $0.arn == folder.start }
            #expect(principal?.reachesAdmin == .unknown, "\(id), \(variant.why)")
            #expect(judgement.evaluation.gaps.contains { $0.what == id }, "\(id), \(variant.why)")
        }
    }

    /// Every step of every scenario starts where the one before ended and cites records of the collection.
    @Test(arguments: TechniqueFolder.identifiers)
    func stepsChainAndCiteRecords(_ id: String) throws {
        let folder = try TechniqueFolder(id)
        let variant = try #require(folder.variants("open").first)
        let records = Set(try folder.collection(variant).records.map(\.id))
        for path in try folder.judged(variant).judged.paths {
            #expect(path.steps.first?.from == path.source)
            #expect(path.steps.last?.to == path.target)
            for (step, next) in zip(path.steps, path.steps.dropFirst()) { #expect(step.to == next.from) }
            for step in path.steps {
                #expect(!step.evidence.isEmpty, "\(step)")
                for citation in step.evidence { #expect(records.contains(citation.record), "\(citation.record)") }
            }
        }
    }
}

extension Judgement {
    /// What leads from a node, for a message.
    func edges(from id: String) -> [String] {
        let graph = evaluation.graph
        guard let place = graph.place(of: id) else { return [] }
        return graph.edges(from: place).map { edge in
            "\(graph.technique(of: edge)) to \(graph.nodes[Int(edge.to)].id) \(edge.confidence.rawValue)\(edge.isHypothetical ? " hypothetical" : ""): \(graph.proof(of: edge).conditions)"
        }
    }

    /// The techniques that lead along the steps of a path besides those that it names.
    func alternatives(of path: AttackPath) -> [String] {
        let graph = evaluation.graph
        return path.steps.flatMap { step -> [String] in
            guard let from = graph.place(of: step.from), let to = graph.place(of: step.to) else { return [] }
            return graph.edges(from: from).filter { Int($0.to) == to }.flatMap { graph.proof(of: $0).alternatives }
        }
    }
}
