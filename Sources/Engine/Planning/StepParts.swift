import CloudModel

/// Steps that are evaluated together.
enum StepPart: Hashable, Comparable {
    /// Those of one principal, by its place in the snapshot.
    case principal(Int)
    /// Those into one role from outside.
    case trust(Int)
    /// That from an instance to its role.
    case instance(Int)
    /// What is let in from outside: the first account of those whose networks are joined.
    case exposures(String)
    /// What moves inside them.
    case lateral(String)

    var piece: GraphBuilder.Piece {
        switch self {
        case .principal(let index): .principal(index)
        case .trust(let index): .trust(index)
        case .instance(let index): .instance(index)
        case .exposures: .exposures
        case .lateral: .lateral
        }
    }

    /// The account of the networks; `nil` for other parts.
    var network: String? {
        switch self {
        case .exposures(let account), .lateral(let account): account
        case .principal, .trust, .instance: nil
        }
    }
}

/// Which step is of which part.
final class StepParts {
    private let reevaluation: Reevaluation
    private let graph: SecurityGraph
    /// By node: its place among the principals or the instances; -1 for all others.
    private let index: [Int32]
    private var areas: [String: String] = [:]

    init(_ reevaluation: Reevaluation) {
        self.reevaluation = reevaluation
        let base = reevaluation.base
        graph = base.graph
        var index = [Int32](repeating: -1, count: graph.nodes.count)
        for (place, instance) in base.snapshot.instances.enumerated() {
            if let node = graph.place(of: instance.arn) { index[node] = Int32(place) }
        }
        for (place, node) in graph.nodes.enumerated() where node.kind.isPrincipal {
            if let principal = base.permissions.principalIndex[node.id] { index[place] = Int32(principal) }
        }
        self.index = index
    }

    /// The part of a step; `nil` when no change concerns it by itself.
    func part(_ from: Int, _ to: Int) -> StepPart? {
        let (start, end) = (graph.nodes[from], graph.nodes[to])
        if start.kind.isPrincipal { return index[from] >= 0 ? .principal(Int(index[from])) : nil }
        if start.kind == .admin { return nil }
        if end.kind.isPrincipal {
            if start.kind.isOutside { return index[to] >= 0 ? .trust(Int(index[to])) : nil }
            return start.kind == .instance && index[from] >= 0 ? .instance(Int(index[from])) : nil
        }
        return (end.account ?? start.account).map { start.kind.isOutside ? .exposures(area($0)) : .lateral(area($0)) }
    }

    private func area(_ account: String) -> String {
        if let known = areas[account] { return known }
        let area = reevaluation.networks.accounts(with: account).min() ?? account
        areas[account] = area
        return area
    }

    /// Places of the principals on whose policies it rests whether one makes another an administrator: both, and the groups that it may join.
    func principals(_ turning: OpenWay.Turning) -> Set<Int> {
        let base = reevaluation.base
        let ends = [turning.writer, turning.target].compactMap { base.permissions.principalIndex[$0] }
        let accounts = Set(ends.map { base.snapshot.principals[$0].account })
        return Set(ends).union(accounts.flatMap { base.builder.groups[$0] ?? [] })
    }

    func concerned(by touched: Touched) -> Set<StepPart> {
        var parts = Set(touched.asked.map { StepPart.principal($0) })
        parts.formUnion(touched.trusts.map { .trust($0) })
        parts.formUnion(touched.instances.map { .instance($0) })
        parts.formUnion(touched.exposed.map { .exposures(area($0)) })
        parts.formUnion(touched.networks.map { .lateral(area($0)) })
        return parts
    }

    /// For each edge its part.
    private lazy var ofEdges: [StepPart?] = graph.edges.map { part(Int($0.from), Int($0.to)) }
    private lazy var byPart: [StepPart: [Int]] = {
        var byPart: [StepPart: [Int]] = [:]
        for (place, part) in ofEdges.enumerated() { if let part { byPart[part, default: []].append(place) } }
        return byPart
    }()

    /// Places of the edges of a part.
    func edges(of part: StepPart) -> [Int] { byPart[part] ?? [] }

    /// For each edge whether it is there still when these parts are others. What administrators of an account have elsewhere is always found
    /// anew, for it rests on all of the account's principals.
    func staying(_ parts: Set<StepPart>) -> [Bool] {
        var stays = graph.edges.map { graph.nodes[Int($0.from)].kind != .admin }
        for part in parts { for place in edges(of: part) { stays[place] = false } }
        return stays
    }
}
