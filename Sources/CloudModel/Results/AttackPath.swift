/// One step of an attack path.
public struct PathStep: Sendable, Hashable, Codable {
    /// Native identifier of where the attacker is: an ARN, or `internet`.
    public var from: String
    /// Native identifier of what the attacker gets: an ARN, or `admin:ACCOUNT`.
    public var to: String
    /// Identifier of the escalation technique where one applies, else the edge's kind, such as `network-reach`.
    public var technique: String
    /// Why the step can be taken, in one sentence with the facts.
    public var why: String
    /// The facts.
    public var evidence: [Citation]
    /// Under what conditions it can be taken; empty when there are none.
    public var conditions: [String]
    /// How sure the step is.
    public var confidence: Confidence
    /// A step of these parts.
    public init(
        from: String, to: String, technique: String, why: String, evidence: [Citation], conditions: [String], confidence: Confidence
    ) {
        self.from = from
        self.to = to
        self.technique = technique
        self.why = why
        self.evidence = evidence
        self.conditions = conditions
        self.confidence = confidence
    }
}

/// Another first step that leads to the same end. Part of an ``AttackPath``.
public struct PathAlternative: Sendable, Hashable, Codable {
    /// The step's technique, or else its edge's kind.
    public var technique: String
    /// What the attacker gets by it.
    public var to: String
    /// How likely the whole path that it starts is; absent where only the technique differs from the path's own first step.
    public var likelihood: Double?
    /// The least sure step's confidence; absent likewise.
    public var confidence: Confidence?
    /// An alternative of these parts.
    public init(technique: String, to: String, likelihood: Double?, confidence: Confidence?) {
        self.technique = technique
        self.to = to
        self.likelihood = likelihood
        self.confidence = confidence
    }
}

/// Steps from an entry point to something that matters. One element of `paths.json`.
public struct AttackPath: Sendable, Hashable, Codable {
    /// Stays the same across runs while the path is the same: `path-` and 16 hexadecimal digits.
    public var id: String
    /// How bad it is.
    public var severity: Severity
    /// Material exposure of this path, 0 to 100: the target's value times the path's likelihood.
    public var score: Double
    /// `internet`, a principal's ARN, or that of what is assumed to be compromised.
    public var source: String
    /// The crown jewel: a resource's ARN, or `admin:ACCOUNT` for administrator rights of an account.
    public var target: String
    /// One line that names source, target and how.
    public var title: String
    /// The path in plain words.
    public var narrative: String
    /// The least sure step's confidence.
    public var confidence: Confidence
    /// The steps in order; `steps[i].to == steps[i+1].from`.
    public var steps: [PathStep]
    /// Identifiers of single changes that cut it, best first; see ``Fix``.
    public var fixes: [String]
    /// How likely it is taken, from standing at the source to having the target: 0 to 1.
    public var likelihood: Double?
    /// Other first steps to the same target; absent when there are none.
    public var alternatives: [PathAlternative]?
    /// The same for paths that differ in nothing but which user, group or role of one account they start at: `group-` and 16 hexadecimal
    /// digits.
    public var group: String?
    /// A path of these parts.
    public init(
        id: String, severity: Severity, score: Double, source: String, target: String, title: String, narrative: String,
        confidence: Confidence, steps: [PathStep], fixes: [String], likelihood: Double? = nil, alternatives: [PathAlternative]? = nil,
        group: String? = nil
    ) {
        self.id = id
        self.severity = severity
        self.score = score
        self.source = source
        self.target = target
        self.title = title
        self.narrative = narrative
        self.confidence = confidence
        self.steps = steps
        self.fixes = fixes
        self.likelihood = likelihood
        self.alternatives = alternatives
        self.group = group
    }
}

/// Whether a principal reaches administrator rights, counting escalation.
public enum Reach: String, Sendable, Codable, CaseIterable {
    case yes, conditional, no, unknown
}

/// What a principal can become. One element of `principals.json`.
public struct PrincipalResult: Sendable, Hashable, Codable {
    /// Its ARN.
    public var arn: String
    /// `user`, `role`, `group` or `root`.
    public var kind: String
    /// Whether its own effective permissions allow every action on every resource.
    public var admin: Bool
    /// Whether it gets there, counting escalation.
    public var reachesAdmin: Reach
    /// Under what conditions, when ``reachesAdmin`` is `conditional`.
    public var conditions: [String]?
    /// What could not be judged, when ``reachesAdmin`` is `unknown`.
    public var why: String?
    /// Identifiers of the paths that show it.
    public var via: [String]
    /// A result of these parts.
    public init(arn: String, kind: String, admin: Bool, reachesAdmin: Reach, conditions: [String]? = nil, why: String? = nil, via: [String])
    {
        self.arn = arn
        self.kind = kind
        self.admin = admin
        self.reachesAdmin = reachesAdmin
        self.conditions = conditions
        self.why = why
        self.via = via
    }
}
