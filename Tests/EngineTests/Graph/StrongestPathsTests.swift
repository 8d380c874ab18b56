import CloudModel
import Testing

@testable import Engine

/// The search against a slow and plain one, on small random graphs.
@Suite struct StrongestPathsTests {
    /// A graph of `count` nodes with random edges.
    private static func graph(_ random: inout SeededNumbers, nodes count: Int, edges: Int) -> SecurityGraph {
        let draft = GraphDraft()
        for index in 1..<count { draft.node("n\(index)", .role, name: "n\(index)", account: "1") }
        for _ in 0..<edges {
            let from = Int.random(in: 0..<count, using: &random)
            let to = Int.random(in: 0..<count, using: &random)
            var proof = Proof()
            switch Int.random(in: 0..<6, using: &random) {
            case 0: proof.require("something")
            case 1: proof.doubt("something")
            default: break
            }
            draft.edge(
                from, to, "sts-001", likelihood: Double(Int.random(in: 1...20, using: &random)) / 20, proof: proof,
                hypothetical: Int.random(in: 0..<10, using: &random) == 0, why: "")
        }
        return draft.graph()
    }

    /// The likelihood of the best way to `target` from every node, by going over all edges until nothing changes.
    private static func slow(_ graph: SecurityGraph, to target: Int, within level: Confidence, without removed: Set<Int> = []) -> [Double] {
        var best = [Double](repeating: 0, count: graph.nodes.count)
        best[target] = 1
        for _ in graph.nodes {
            for (number, edge) in graph.edges.enumerated()
            where !removed.contains(number) && !edge.isHypothetical && edge.confidence.rank <= level.rank {
                best[Int(edge.from)] = max(best[Int(edge.from)], edge.likelihood * best[Int(edge.to)])
            }
        }
        return best
    }

    @Test func everyWayIsTheLikeliest() {
        var random = SeededNumbers(state: 11)
        for _ in 0..<300 {
            let graph = Self.graph(&random, nodes: 12, edges: 30)
            var search = StrongestPaths(graph)
            let target = Int.random(in: 0..<12, using: &random)
            let slow = Self.slow(graph, to: target, within: .unknown)
            let ways = search.ways(to: target, from: Array(repeating: true, count: 12))
            #expect(Set(ways.map(\.source)) == Set(slow.indices.filter { slow[$0] > 0 && $0 != target }))
            for way in ways {
                #expect(abs(way.likelihood - slow[way.source]) < 1e-12)
                #expect(Int(way.edges.first?.from ?? -1) == way.source)
                #expect(Int(way.edges.last?.to ?? -1) == target)
                for (edge, next) in zip(way.edges, way.edges.dropFirst()) { #expect(edge.to == next.from) }
                #expect(abs(way.edges.reduce(1) { $0 * $1.likelihood } - way.likelihood) < 1e-12)
                #expect(way.confidence == way.edges.reduce(.proven) { $0.and($1.confidence) })
                #expect(way.edges.allSatisfy { !$0.isHypothetical })
            }
        }
    }

    @Test func theSurestWayStandsBesideALikelierOneThatIsLessSure() {
        var random = SeededNumbers(state: 12)
        var beside = 0
        for _ in 0..<300 {
            let graph = Self.graph(&random, nodes: 10, edges: 30)
            var search = StrongestPaths(graph)
            let ways = search.ways(to: 0, from: Array(repeating: true, count: 10), andSurest: true)
            let levels = [Confidence.proven, .conditional, .unknown].map { Self.slow(graph, to: 0, within: $0) }
            for node in 1..<10 {
                let own = ways.filter { $0.source == node }
                guard let first = own.first else {
                    #expect(levels[2][node] == 0)
                    continue
                }
                let surest = levels.firstIndex { $0[node] > 0 }
                #expect(own.map(\.confidence.rank).min() == surest)
                #expect(own.count == (first.confidence.rank == surest ? 1 : 2))
                guard own.count == 2, let second = own.last else { continue }
                beside += 1
                #expect(second.isSurest)
                #expect(second.likelihood <= first.likelihood)
                #expect(abs(second.likelihood - levels[second.confidence.rank][node]) < 1e-12)
            }
        }
        #expect(beside > 20)
    }

    @Test func takingAStepAwayNeverMakesAnythingStronger() {
        var random = SeededNumbers(state: 13)
        for _ in 0..<200 {
            let graph = Self.graph(&random, nodes: 10, edges: 25)
            guard !graph.edges.isEmpty else { continue }
            var search = StrongestPaths(graph)
            let all = Array(repeating: true, count: 10)
            let before = search.ways(to: 0, from: all)
            let removed = Int.random(in: graph.edges.indices, using: &random)
            search.changes = [removed: nil]
            let after = search.ways(to: 0, from: all)
            let slow = Self.slow(graph, to: 0, within: .unknown, without: [removed])
            for way in after {
                #expect(abs(way.likelihood - slow[way.source]) < 1e-12)
                let old = before.first { $0.source == way.source }?.likelihood ?? 0
                #expect(way.likelihood <= old)
            }
            search.changes = [:]
            #expect(search.ways(to: 0, from: all).map(\.likelihood) == before.map(\.likelihood))
        }
    }

    @Test func otherFirstStepsLeadToTheTargetAndNotBack() {
        var random = SeededNumbers(state: 14)
        var seen = 0
        for _ in 0..<200 {
            let graph = Self.graph(&random, nodes: 9, edges: 30)
            var search = StrongestPaths(graph)
            for way in search.ways(to: 0, from: Array(repeating: true, count: 9), others: 3) {
                #expect(way.others.count <= 3)
                #expect(way.others.map(\.likelihood) == way.others.map(\.likelihood).sorted(by: >))
                for other in way.others {
                    seen += 1
                    #expect(other.likelihood <= way.likelihood)
                    #expect(other.to != Int(way.edges.first?.to ?? -1))
                    #expect(graph.edges(from: way.source).contains { Int($0.to) == other.to && !$0.isHypothetical })
                }
            }
        }
        #expect(seen > 100)
    }

    @Test func whatIsReachedIsWhatReaches() {
        var random = SeededNumbers(state: 15)
        for _ in 0..<100 {
            let graph = Self.graph(&random, nodes: 10, edges: 25)
            var forwards = ReachedNodes(graph, .forwards)
            var backwards = ReachedNodes(graph, .backwards)
            let reached = (0..<10).map { origin in forwards.all(from: origin) }
            for target in 0..<10 {
                for one in backwards.all(from: target) {
                    let same = reached[one.node].first { $0.node == target }
                    #expect(abs((same?.likelihood ?? 0) - one.likelihood) < 1e-12)
                    #expect(Int(one.edge.from) == one.node)
                }
            }
            for (origin, list) in reached.enumerated() {
                for one in list { #expect(backwards.all(from: one.node).contains { $0.node == origin }) }
            }
        }
    }
}
