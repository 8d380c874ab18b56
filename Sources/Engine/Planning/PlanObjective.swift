public import CloudModel

/// Which paths a plan is to close.
public enum PlanTarget: Sendable, Hashable {
    /// Every path to a crown jewel, administrator rights included.
    case jewels
    /// Every path to administrator rights.
    case admin
    /// Every path that is at least this severe.
    case severity(Severity)

    /// `jewels`, `admin`, `severity:high` and the like; `nil` for anything else.
    public init?(_ text: String) {
        switch text {
        case "jewels": self = .jewels
        case "admin": self = .admin
        default:
            guard text.hasPrefix("severity:"), let severity = Severity(rawValue: String(text.dropFirst("severity:".count))) else {
                return nil
            }
            self = .severity(severity)
        }
    }

    /// As ``init(_:)`` takes it.
    public var name: String {
        switch self {
        case .jewels: "jewels"
        case .admin: "admin"
        case .severity(let severity): "severity:\(severity.rawValue)"
        }
    }

    /// What is closed, in words.
    var words: String {
        switch self {
        case .jewels: "attack path to crown jewels and administrator rights"
        case .admin: "attack path to administrator rights"
        case .severity(let severity): "attack path of severity \(severity.rawValue)\(severity == .critical ? "" : " or worse")"
        }
    }

    /// Whether a path of that target and score counts.
    func counts(_ kind: NodeKind, _ score: Double) -> Bool {
        switch self {
        case .jewels: true
        case .admin: kind == .admin
        case .severity(let severity): AttackPathFinder.severity(score) >= severity
        }
    }
}

/// What a plan is asked for.
public struct PlanRequest: Sendable {
    /// Which paths are to be closed.
    public var target = PlanTarget.jewels
    /// At most so many changes: then those that remove the most material exposure.
    public var maximumFixes: Int?
    /// Changes that cost at most so much together, likewise.
    public var budget: Int?
    /// Identifiers of changes that must not be made.
    public var excluded: Set<String> = []
    /// What changes cost.
    public var costs = FixCosts()
    /// How much work may be done; see ``PlanLimits``.
    public var limits = PlanLimits()
    /// Every path to be closed at the least cost.
    public init() {}
}

/// How much work a plan may take. All but the seconds is the same everywhere, so that the same input gives the same plan.
public struct PlanLimits: Sendable, Hashable {
    /// Changes that are looked at.
    public var candidates = 20_000
    /// How much is evaluated again, in questions about permissions: so much, and so many times what the analysis itself took. What was
    /// found by then is completed in a cheap way.
    public var work = 2_000_000
    /// See ``work``.
    public var workPerAnalysis = 8
    /// Open ways that are all looked at; where there are more, some of those that rest on the same are.
    public var ways = 100
    /// Rounds of choosing and finding what is still open.
    public var rounds = 200
    /// Nodes of the solver's search, for each program.
    public var nodes = 20_000
    /// Points of the curve that are worked out exactly; the others follow greedily.
    public var exactPoints = 12
    /// Changes whose effect alone is told.
    public var alternatives = 400
    /// Seconds for the solver, where the plan need not be the same everywhere.
    public var seconds: Double?
    /// The limits of an analysis.
    public init() {}
}
