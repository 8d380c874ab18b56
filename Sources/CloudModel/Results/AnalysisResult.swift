/// What a run says in short. `summary.json`.
public struct AnalysisSummary: Sendable, Hashable, Codable {
    /// One thing that matters, with whether it can be reached.
    public struct Jewel: Sendable, Hashable, Codable {
        /// Native identifier, or `admin:ACCOUNT`.
        public var id: String
        /// Its kind: `admin`, `bucket`, `database`, `secret`, `snapshot`.
        public var kind: String
        /// Its value, 1 to 100.
        public var value: Double
        /// Why it counts as one.
        public var why: String
        /// Value times the likelihood of the strongest path; 0 when nothing reaches it.
        public var exposure: Double
        /// Whether a path from the internet reaches it.
        public var reachedFromInternet: Bool
        /// How many starting points reach it.
        public var reachedFrom: Int
        /// A jewel of these parts.
        public init(id: String, kind: String, value: Double, why: String, exposure: Double, reachedFromInternet: Bool, reachedFrom: Int) {
            self.id = id
            self.kind = kind
            self.value = value
            self.why = why
            self.exposure = exposure
            self.reachedFromInternet = reachedFromInternet
            self.reachedFrom = reachedFrom
        }
    }
    /// Version of these documents: 1.
    public var formatVersion: Int
    /// `sha256:` and the digest of the snapshot's canonical content.
    public var snapshot: String
    /// Accounts that were analysed.
    public var accounts: [String]
    /// Earliest and latest time of a record, RFC 3339; absent when no record says.
    public var collectedFrom: String?
    /// Latest time of a record.
    public var collectedTo: String?
    /// How many there are of each kind: `roles`, `users`, `instances`, …
    public var counts: [String: Int]
    /// Paths by severity.
    public var paths: [String: Int]
    /// Failed findings by severity.
    public var findings: [String: Int]
    /// Sum of the jewels' exposures.
    public var materialExposure: Double
    /// Exposure by kind of entry: `internet`, `principal`.
    public var exposureByEntry: [String: Double]
    /// The jewels, most exposed first.
    public var jewels: [Jewel]
    /// Every control with its counts.
    public var controls: [ControlResult]
    /// Calls by outcome.
    public var coverage: [String: Int]
    /// A summary of these parts.
    public init(
        formatVersion: Int = 1, snapshot: String, accounts: [String], collectedFrom: String?, collectedTo: String?, counts: [String: Int],
        paths: [String: Int], findings: [String: Int], materialExposure: Double, exposureByEntry: [String: Double], jewels: [Jewel],
        controls: [ControlResult], coverage: [String: Int]
    ) {
        self.formatVersion = formatVersion
        self.snapshot = snapshot
        self.accounts = accounts
        self.collectedFrom = collectedFrom
        self.collectedTo = collectedTo
        self.counts = counts
        self.paths = paths
        self.findings = findings
        self.materialExposure = materialExposure
        self.exposureByEntry = exposureByEntry
        self.jewels = jewels
        self.controls = controls
        self.coverage = coverage
    }
}

/// What could be seen and what could not. `coverage.json`.
public struct CoverageReport: Sendable, Hashable, Codable {
    /// A question that could not be answered, and why.
    public struct Gap: Sendable, Hashable, Codable, Comparable {
        /// What could not be judged: a technique, a control, a kind of resource.
        public var what: String
        /// Why.
        public var why: String
        /// A gap of these parts.
        public init(what: String, why: String) {
            self.what = what
            self.why = why
        }
        /// Ordered by what, then why.
        public static func < (left: Self, right: Self) -> Bool { (left.what, left.why) < (right.what, right.why) }
    }
    /// Every call with how it ended.
    public var entries: [CoverageEntry]
    /// What follows from that.
    public var gaps: [Gap]
    /// A report of these parts.
    public init(entries: [CoverageEntry], gaps: [Gap]) {
        self.entries = entries
        self.gaps = gaps
    }
}

/// Everything that one run computed, all from one snapshot.
public struct AnalysisResult: Sendable, Hashable, Codable {
    /// `summary.json`.
    public var summary: AnalysisSummary
    /// `findings.json`, worst first.
    public var findings: [Finding]
    /// `paths.json`, worst first.
    public var paths: [AttackPath]
    /// `principals.json`, ordered by ARN.
    public var principals: [PrincipalResult]
    /// `plan.json`.
    public var plan: Plan
    /// `coverage.json`.
    public var coverage: CoverageReport
    /// A result of these parts.
    public init(
        summary: AnalysisSummary, findings: [Finding], paths: [AttackPath], principals: [PrincipalResult], plan: Plan,
        coverage: CoverageReport
    ) {
        self.summary = summary
        self.findings = findings
        self.paths = paths
        self.principals = principals
        self.plan = plan
        self.coverage = coverage
    }
}
