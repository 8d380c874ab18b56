/// Why no known set of changes does what a plan does for less: enough for a checker that shares nothing with what made the plan.
///
/// A path with its `fixes` is a fact about the account: with all candidates made but these, it is still open, so whoever closes it makes one of
/// these. Weights on paths, such that no candidate is overpaid (the weights of all paths that it is among the fixes of are at most its
/// cost), add up to a cost that every plan has. Where that is less than the plan's cost, cases prove the rest: with a change made, and
/// without. Parts have no candidate in common, so their bounds add up.
public struct PlanCertificate: Sendable, Hashable, Codable {
    /// A change that was considered.
    public struct Candidate: Sendable, Hashable, Codable {
        /// Its identifier.
        public var id: String
        /// As in ``Fix``.
        public var kind: String
        /// As in ``Fix``.
        public var resource: String
        /// As in ``Fix``.
        public var cost: Int
        /// As in ``Fix``.
        public var edits: [FixEdit]
        /// A candidate of these parts.
        public init(id: String, kind: String, resource: String, cost: Int, edits: [FixEdit]) {
            self.id = id
            self.kind = kind
            self.resource = resource
            self.cost = cost
            self.edits = edits
        }
    }
    /// A path that forces a change.
    public struct Path: Sendable, Hashable, Codable {
        /// The nodes that it goes through, from its source to its target.
        public var nodes: [String]
        /// The candidates of which at least one is made by whoever closes it.
        public var fixes: [String]
        /// Candidates that must all be made for the path to be there; absent when it is there anyhow.
        public var unless: [String]?
        /// Its weight, a multiple of a millionth; absent when ``Part/cases`` has the weights.
        public var weight: Double?
        /// The exposure of its target while it is open; absent when every path is to be closed.
        public var level: Double?
        /// A path of these parts.
        public init(nodes: [String], fixes: [String], unless: [String]? = nil, weight: Double? = nil, level: Double? = nil) {
            self.nodes = nodes
            self.fixes = fixes
            self.unless = unless
            self.weight = weight
            self.level = level
        }
    }
    /// The weight of one path in one case.
    public struct Weight: Sendable, Hashable, Codable {
        /// Place in the part's paths.
        public var path: Int
        /// A multiple of a millionth.
        public var weight: Double
        /// A weight of these parts.
        public init(path: Int, weight: Double) {
            self.path = path
            self.weight = weight
        }
    }
    /// A node of a proof by cases: either a candidate with the places of what follows when it is made and when it is not, or weights.
    public struct Case: Sendable, Hashable, Codable {
        /// The candidate.
        public var fix: String?
        /// Place in the part's cases when it is made.
        public var made: Int?
        /// Place in the part's cases when it is not made.
        public var notMade: Int?
        /// The weights of a leaf.
        public var weights: [Weight]?
        /// The sum of the leaf's weights.
        public var sum: Double?
        /// A case of these parts.
        public init(fix: String? = nil, made: Int? = nil, notMade: Int? = nil, weights: [Weight]? = nil, sum: Double? = nil) {
            self.sum = sum
            self.fix = fix
            self.made = made
            self.notMade = notMade
            self.weights = weights
        }
    }
    /// Paths that have no candidate in common with those of other parts, and the proof of their bound.
    public struct Part: Sendable, Hashable, Codable {
        /// What closing these paths costs at least, or what exposure stays at least.
        public var bound: Double
        /// The sum of the paths' weights, of which the bound is rounded up; absent when ``cases`` has the weights.
        public var sum: Double?
        /// The paths.
        public var paths: [Path]
        /// The proof by cases, its root first; absent when the weights of the paths are enough.
        public var cases: [Case]?
        /// A part of these parts.
        public init(bound: Double, paths: [Path], cases: [Case]? = nil, sum: Double? = nil) {
            self.bound = bound
            self.sum = sum
            self.paths = paths
            self.cases = cases
        }
    }
    /// The sum of the parts' bounds: no plan costs less, or leaves less exposure.
    public var lowerBound: Double
    /// Every change that concerns a path of the proof, and those of the plan.
    public var candidates: [Candidate]
    /// Changes that were not to be used.
    public var excluded: [String]
    /// The proof.
    public var parts: [Part]
    /// A certificate of these parts.
    public init(lowerBound: Double, candidates: [Candidate], excluded: [String], parts: [Part]) {
        self.lowerBound = lowerBound
        self.candidates = candidates
        self.excluded = excluded
        self.parts = parts
    }
}
