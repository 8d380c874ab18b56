import CloudModel

extension AttackPathFinder {
    /// A path after changes.
    struct Retold {
        var found: Found
        /// The place of the path before that it is, step by step, and for the same reasons.
        var place: Int?
    }

    /// All paths of a graph after changes, worst first: what ``paths()`` gives, without looking again for what the changes do not concern.
    ///
    /// Other first steps, which are told beside a path, are as they were where the path is.
    ///
    /// - Parameters:
    ///   - before: the paths of the graph before, worst first; the nodes of that graph stand at the same places in this one.
    ///   - affected: the targets of which a told or the strongest way may be another one, or a way may be new.
    /// - Returns: the paths, and the score of the strongest to each target to which they were looked for, 0 where there is none.
    func paths(
        like before: [Found], of base: SecurityGraph, affected: Set<Int>, _ search: inout StrongestPaths
    ) -> (paths: [Retold], scores: [Int: Double]) {
        var retelling = Retelling(self, before, of: base, affected)
        let paths = retelling.paths(&search)
        return (paths, retelling.scores)
    }

    private struct Retelling {
        let finder: AttackPathFinder
        let base: SecurityGraph
        let before: [Found]
        let entries: Entries
        let isWorse: (Found, Found) -> Bool
        var affected: Set<Int>
        var scores: [Int: Double] = [:]
        /// The paths that stay, by their places before.
        var staying: [Int: Found] = [:]
        /// For each principal the strongest paths to data.
        var toData: [Int: Strongest] = [:]
        /// Of principals that lost one of as many as are told, the worst of them.
        var short: [Int: Found] = [:]
        /// The paths that are told however many there are.
        var all: [Found] = []

        init(_ finder: AttackPathFinder, _ before: [Found], of base: SecurityGraph, _ affected: Set<Int>) {
            self.finder = finder
            self.before = before
            self.base = base
            self.affected = affected
            entries = Entries(finder.graph)
            isWorse = AttackPathFinder.isWorse(finder.graph)
        }

        mutating func paths(_ search: inout StrongestPaths) -> [Retold] {
            keep()
            lookAgain(&search)
            fillUp(&search)
            return ordered()
        }

        private func isOfMany(_ one: Found) -> Bool {
            finder.graph.nodes[one.target].kind != .admin && entries.isOwn(one.source)
        }

        /// Takes over the paths to what is not affected, with the steps as they are told now.
        private mutating func keep() {
            for (place, one) in before.enumerated() where !affected.contains(one.target) {
                let edges = one.edges.compactMap { finder.graph.edge(from: Int($0.from), to: Int($0.to)) }
                guard edges.count == one.edges.count else {
                    affected.insert(one.target)
                    continue
                }
                staying[place] = one
                staying[place]?.edges = edges
            }
            var told: [Int: Int] = [:]
            for (place, one) in before.enumerated() {
                let isOfMany = isOfMany(one)
                if isOfMany {
                    told[one.source, default: 0] += 1
                    if told[one.source] == AttackPathFinder.dataPathsPerStart { short[one.source] = one }
                }
                if affected.contains(one.target) { staying[place] = nil }
                guard let kept = staying[place] else { continue }
                if isOfMany { toData[one.source, default: Strongest()].add(kept, isWorse) } else { all.append(kept) }
            }
        }

        private mutating func lookAgain(_ search: inout StrongestPaths) {
            let wanted = finder.wanted()
            for target in affected.sorted() {
                let isAdmin = finder.graph.nodes[target].kind == .admin
                let found = finder.paths(to: target, wanted, &search) { [toData, entries] source, score, steps in
                    isAdmin || !entries.isOwn(source) || toData[source]?.mayKeep(score, steps) ?? true
                }
                scores[target] = found.map(\.score).max() ?? 0
                for one in found where !one.edges.isEmpty {
                    if isOfMany(one) { toData[one.source, default: Strongest()].add(one, isWorse) } else { all.append(one) }
                }
            }
        }

        /// Looks for what comes after those that are gone, where more could be told than were: what was not told comes after the last that was.
        private mutating func fillUp(_ search: inout StrongestPaths) {
            let open = short.filter { source, worst in
                (toData[source]?.kept ?? []).count { !isWorse(worst, $0) } < AttackPathFinder.dataPathsPerStart
            }.keys.sorted()
            guard !open.isEmpty else { return }
            var reached = ReachedNodes(finder.graph, .forwards)
            var sources: [Int: [Int]] = [:]
            for source in open {
                toData[source] = nil
                for target in finder.strongestData(from: source, &reached) { sources[target, default: []].append(source) }
            }
            var wanted = [Bool](repeating: false, count: finder.graph.nodes.count)
            for (target, starts) in sources.sorted(by: { $0.key < $1.key }) {
                for source in starts { wanted[source] = true }
                for one in finder.paths(to: target, wanted, &search) where wanted[one.source] {
                    toData[one.source, default: Strongest()].add(one, isWorse)
                }
                for source in starts { wanted[source] = false }
            }
        }

        private func ordered() -> [Retold] {
            var places: [UInt64: [Int]] = [:]
            for (place, one) in before.enumerated() {
                places[GraphDraft.key(Int32(one.source), Int32(one.target)), default: []].append(place)
            }
            var same: [(place: Int, found: Found)] = []
            var others: [Found] = []
            for one in all + toData.values.flatMap(\.kept) {
                let old = places[GraphDraft.key(Int32(one.source), Int32(one.target))]?.first { isSame(before[$0], one) }
                if let old { same.append((old, one)) } else { others.append(one) }
            }
            same.sort { $0.place < $1.place }
            others.sort(by: isWorse)
            var merged: [Retold] = []
            merged.reserveCapacity(same.count + others.count)
            var next = 0
            for (place, one) in same {
                while next < others.count, isWorse(others[next], one) {
                    merged.append(Retold(found: others[next], place: nil))
                    next += 1
                }
                merged.append(Retold(found: one, place: place))
            }
            return merged + others[next...].map { Retold(found: $0, place: nil) }
        }

        private func isSame(_ old: Found, _ new: Found) -> Bool {
            old.score == new.score && old.likelihood == new.likelihood && old.confidence == new.confidence
                && old.edges.count == new.edges.count
                && zip(old.edges, new.edges).allSatisfy { old, new in
                    old.from == new.from && old.to == new.to && old.proof == new.proof
                        && base.techniques[Int(old.technique)] == finder.graph.techniques[Int(new.technique)]
                }
        }
    }

    /// The data that a principal's strongest paths lead to, as many as are told.
    private func strongestData(from source: Int, _ reached: inout ReachedNodes) -> [Int] {
        let start = graph.nodes[source].start
        var found: [(target: Int, score: Double, hops: Int)] = []
        for one in reached.all(from: source) {
            let node = graph.nodes[one.node]
            guard node.value > 0, node.kind != .admin, counts(source, one.node) else { continue }
            found.append((one.node, Self.rounded(node.value * (start * one.likelihood)), one.hops))
        }
        found.sort { one, other in
            if one.score != other.score { return one.score > other.score }
            if one.hops != other.hops { return one.hops < other.hops }
            return Self.precedes(graph.nodes[one.target].id, graph.nodes[other.target].id)
        }
        return found.prefix(Self.dataPathsPerStart).map(\.target)
    }
}
