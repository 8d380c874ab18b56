import CloudModel

/// A step of a proof that no choice is better: weights that prove it, or both cases of a change.
indirect enum ProofNode {
    /// Weights, in millionths, by the row's place.
    case weights([Int: Int])
    /// Both cases of a change, each with its own proof.
    case cases(change: Int, made: ProofNode, notMade: ProofNode)
}

/// A proof's tree as a certificate holds it: only the rows that some leaf gives a weight.
struct ProofTree {
    /// Places of the rows that count.
    private(set) var rows: [Int] = []
    private var nodes: [(change: Int, made: Int, notMade: Int, weights: [Int: Int])] = []

    init(_ root: ProofNode) {
        add(root)
        rows = Set(nodes.flatMap { node in node.weights.filter { $0.value > 0 }.keys }).sorted()
    }

    @discardableResult
    private mutating func add(_ node: ProofNode) -> Int {
        let place = nodes.count
        switch node {
        case .weights(let weights): nodes.append((-1, 0, 0, weights))
        case .cases(let change, let made, let notMade):
            nodes.append((change, 0, 0, [:]))
            nodes[place].made = add(made)
            nodes[place].notMade = add(notMade)
        }
        return place
    }

    /// The part of the certificate: with one leaf the paths have the weights.
    func part(_ bound: Double, _ paths: [PlanCertificate.Path], _ name: (Int) -> String) -> PlanCertificate.Part {
        let places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1, $0) })
        func real(_ weight: Int) -> Double { Double(weight) / Double(CoverProof.unit) }
        guard nodes.count > 1 else {
            let weights = nodes.first?.weights ?? [:]
            let weighted = zip(paths, rows).map { path, row in
                var path = path
                path.weight = real(weights[row] ?? 0)
                return path
            }
            return .init(bound: bound, paths: weighted, sum: real(weights.values.reduce(0, +)))
        }
        let cases = nodes.map { node -> PlanCertificate.Case in
            guard node.change < 0 else { return .init(fix: name(node.change), made: node.made, notMade: node.notMade) }
            let weights = node.weights.filter { $0.value > 0 }.sorted { $0.key < $1.key }
            return .init(
                weights: weights.compactMap { row, weight in places[row].map { .init(path: $0, weight: real(weight)) } },
                sum: real(weights.reduce(0) { $0 + $1.value }))
        }
        return .init(bound: bound, paths: paths, cases: cases)
    }
}
