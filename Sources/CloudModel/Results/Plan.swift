/// One concrete change to one resource.
public struct Fix: Sendable, Hashable, Codable {
    /// Stays the same across runs while the change is the same: `fix-` and 16 hexadecimal digits.
    public var id: String
    /// What kind of change: `remove-action`, `tighten-trust`, `close-ingress`, `make-private`, …
    public var kind: String
    /// Native identifier of what is changed.
    public var resource: String
    /// One line that says what to change.
    public var title: String
    /// Effort and blast class as one number; the table stands in the documentation.
    public var cost: Int
    /// The document or setting now, as text.
    public var before: String
    /// The document or setting after the change, as text.
    public var after: String
    /// Identifiers of the paths that it cuts alone.
    public var closes: [String]
    /// How much material exposure goes away with it alone.
    public var exposureRemoved: Double
    /// A fix of these parts.
    public init(
        id: String, kind: String, resource: String, title: String, cost: Int, before: String, after: String, closes: [String],
        exposureRemoved: Double
    ) {
        self.id = id
        self.kind = kind
        self.resource = resource
        self.title = title
        self.cost = cost
        self.before = before
        self.after = after
        self.closes = closes
        self.exposureRemoved = exposureRemoved
    }
}

/// A set of fixes, in the order to apply them, and what that removes. `plan.json`.
public struct Plan: Sendable, Hashable, Codable {
    /// One point of the curve: after this many fixes, so much exposure is gone.
    public struct CurvePoint: Sendable, Hashable, Codable {
        /// How many fixes.
        public var fixes: Int
        /// Exposure removed by them together.
        public var exposureRemoved: Double
        /// A point of these parts.
        public init(fixes: Int, exposureRemoved: Double) {
            self.fixes = fixes
            self.exposureRemoved = exposureRemoved
        }
    }
    /// The single changes that cut one path.
    public struct PathFixes: Sendable, Hashable, Codable {
        /// The path.
        public var path: String
        /// Identifiers of fixes, cheapest first; empty when no single change cuts it.
        public var fixes: [String]
        /// A row of these parts.
        public init(path: String, fixes: [String]) {
            self.path = path
            self.fixes = fixes
        }
    }
    /// What the plan is for, in words.
    public var objective: String
    /// Whether the set is proven to be the smallest.
    public var optimal: Bool
    /// Sum of the chosen fixes' costs.
    public var cost: Int
    /// The chosen fixes in the order of what they remove.
    public var fixes: [Fix]
    /// Every other candidate.
    public var alternatives: [Fix]
    /// For each path the single changes that would cut it.
    public var perPath: [PathFixes]
    /// Exposure removed by the first k fixes, from k = 0.
    public var curve: [CurvePoint]
    /// Paths that the plan leaves open.
    public var open: [String]
    /// A plan of these parts.
    public init(
        objective: String, optimal: Bool, cost: Int, fixes: [Fix], alternatives: [Fix], perPath: [PathFixes], curve: [CurvePoint],
        open: [String]
    ) {
        self.objective = objective
        self.optimal = optimal
        self.cost = cost
        self.fixes = fixes
        self.alternatives = alternatives
        self.perPath = perPath
        self.curve = curve
        self.open = open
    }
}
