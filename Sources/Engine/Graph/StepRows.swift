import CloudModel

/// Steps that all take alike who have the same policies, worked out for one of them.
///
/// Where hundreds of roles may use hundreds of others there are many steps and few reasons. One technique's steps of those whose policies say
/// the same of it are one row: to whom they lead, and why. A node takes rows; what several rows offer towards the same target becomes one edge
/// once for all nodes that take the same rows.
struct StepRows {
    /// What a row depends on.
    struct Key: Hashable {
        /// Place of the technique.
        var technique: Int32
        /// For each action that it asks about, the set of policies that answers are shared by.
        var sets: [Int]
        /// The policies that say something of these actions, by where they were read: they are what is cited.
        var policies: [Int]
    }

    /// A step without who takes it.
    struct Offer {
        /// Where it leads and how; neither beginning nor proof.
        var edge: GraphEdge
        var proof: KeptProof
        var to: Int32 { edge.to }

        init(_ edge: GraphEdge, _ proof: KeptProof) {
            self.edge = edge
            self.proof = proof
        }

        func edge(from: Int32) -> GraphEdge {
            var edge = edge
            edge.from = from
            return edge
        }
    }

    /// Offers of each row, ordered by target; those to one target as they were made.
    private var rows: [[Offer]] = []
    private var places: [Key: Int32] = [:]
    /// The rows that each node takes, in order.
    private(set) var takers: [Int32: [Int32]] = [:]
    private var targets: Set<Int32> = []

    var isEmpty: Bool { takers.isEmpty }

    /// The place of a row; `nil` when it was not worked out yet.
    func place(of key: Key) -> Int32? { places[key] }

    /// Keeps a row.
    mutating func add(_ key: Key, _ offers: [Offer]) -> Int32 {
        let place = Int32(rows.count)
        places[key] = place
        rows.append(
            offers.enumerated().sorted { ($0.element.to, $0.offset) < ($1.element.to, $1.offset) }.map(\.element))
        for offer in offers { targets.insert(offer.to) }
        return place
    }

    /// Lets a node take a row.
    mutating func take(_ row: Int32, by node: Int32) { if !rows[Int(row)].isEmpty { takers[node, default: []].append(row) } }

    /// All that a row offers.
    func offers(_ row: Int32) -> [Offer] { rows[Int(row)] }

    /// What a row offers towards one target.
    func offers(_ row: Int32, to target: Int32) -> ArraySlice<Offer> {
        let row = rows[Int(row)]
        var low = 0
        var high = row.count
        while low < high {
            let middle = (low + high) / 2
            if row[middle].to < target { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < row.count, row[end].to == target { end += 1 }
        return row[low..<end]
    }

    /// What the rows that a node takes offer towards one target, in order.
    func offers(from node: Int32, to target: Int32) -> [Offer] {
        guard targets.contains(target), let taken = takers[node] else { return [] }
        return taken.flatMap { offers($0, to: target) }
    }
}

/// Nodes of whose edges a part is alike but for the reasons, so that a search goes over that part once for all of them.
struct EdgeBlocks: Sendable {
    /// The block that each node has a part in; -1 for none.
    var blockOf: [Int32] = []
    /// The edges of each block, ordered by where they lead: as any of its nodes has them. One that would lead a node to itself it has not.
    var edges: [[GraphEdge]] = []
    /// Numbers of the edges that a node of a block has besides.
    var own: [Int32: [Int32]] = [:]
}

extension SecurityGraph {
    /// Takes edges, and those of rows that many nodes share.
    ///
    /// - Parameters:
    ///   - rows: edges ordered by where they lead, without a beginning.
    ///   - rowOf: the row that each node has. Where it has an edge of its own to the same target, that one counts.
    mutating func order(_ edges: [GraphEdge], sharing rows: [[GraphEdge]], _ rowOf: [Int32: Int]) {
        let single = edges.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
        var all: [GraphEdge] = []
        all.reserveCapacity(single.count + rowOf.values.reduce(0) { $0 + rows[$1].count })
        var starts: [Int32] = []
        starts.reserveCapacity(nodes.count + 1)
        var blocks = EdgeBlocks(blockOf: [Int32](repeating: -1, count: nodes.count))
        let blockOfRow = Self.blocks(of: rows, &blocks)
        var next = 0
        for node in nodes.indices {
            let from = Int32(node)
            starts.append(Int32(all.count))
            let place = rowOf[from]
            let row = place.map { rows[$0] } ?? []
            var own: [Int32] = []
            var isWhole = true
            var nextOfRow = 0
            func takeRow(before target: Int32) {
                while nextOfRow < row.count, row[nextOfRow].to < target {
                    if row[nextOfRow].to != from {
                        all.append(row[nextOfRow])
                        all[all.count - 1].from = from
                    }
                    nextOfRow += 1
                }
            }
            while next < single.count, single[next].from == from {
                let edge = single[next]
                next += 1
                takeRow(before: edge.to)
                if nextOfRow < row.count, row[nextOfRow].to == edge.to {
                    isWhole = false
                    nextOfRow += 1
                }
                own.append(Int32(all.count))
                all.append(edge)
            }
            takeRow(before: .max)
            if let place, isWhole {
                blocks.blockOf[node] = blockOfRow[place]
                blocks.own[from] = own
            }
        }
        starts.append(Int32(all.count))
        self.edges = all
        self.starts = starts
        self.blocks = blocks
    }

    /// Rows that lead to the same targets as likely and as surely are one block, whatever the reasons.
    private static func blocks(of rows: [[GraphEdge]], _ blocks: inout EdgeBlocks) -> [Int32] {
        struct End: Hashable {
            var to: Int32
            var likelihood: Double
            var confidence: Confidence
            var isHypothetical: Bool
        }
        var known: [[End]: Int32] = [:]
        return rows.map { row in
            let ends = row.map { End(to: $0.to, likelihood: $0.likelihood, confidence: $0.confidence, isHypothetical: $0.isHypothetical) }
            if let place = known[ends] { return place }
            let place = Int32(blocks.edges.count)
            known[ends] = place
            blocks.edges.append(row)
            return place
        }
    }
}
