/// What a control says of one resource.
public enum Verdict: String, Sendable, Codable, CaseIterable {
    case pass, fail, unknown, notApplicable
}

/// A control's failed or unknown verdict on one resource. One element of `findings.json`.
public struct Finding: Sendable, Hashable, Codable {
    /// Stays the same across runs for the same control and resource.
    public var id: String
    /// The control's identifier, such as `s3-public-access-block`.
    public var control: String
    /// The control's title.
    public var title: String
    /// The control's severity.
    public var severity: Severity
    /// `fail` or `unknown`.
    public var verdict: Verdict
    /// Native identifier of the resource, an ARN where there is one.
    public var resource: String
    /// Kind of the resource, such as `bucket`.
    public var resourceKind: String
    /// Account.
    public var account: String
    /// Region; `nil` for global resources.
    public var region: String?
    /// Why, in one sentence with the facts.
    public var why: String
    /// What to do.
    public var remediation: String
    /// The facts.
    public var evidence: [Citation]
    /// A finding of these parts.
    public init(
        id: String, control: String, title: String, severity: Severity, verdict: Verdict, resource: String, resourceKind: String,
        account: String, region: String?, why: String, remediation: String, evidence: [Citation]
    ) {
        self.id = id
        self.control = control
        self.title = title
        self.severity = severity
        self.verdict = verdict
        self.resource = resource
        self.resourceKind = resourceKind
        self.account = account
        self.region = region
        self.why = why
        self.remediation = remediation
        self.evidence = evidence
    }
}

/// One control with how many resources it judged. Part of `summary.json`.
public struct ControlResult: Sendable, Hashable, Codable {
    /// Identifier.
    public var id: String
    /// Title.
    public var title: String
    /// Severity.
    public var severity: Severity
    /// Resources that pass.
    public var passed: Int
    /// Resources that fail.
    public var failed: Int
    /// Resources that could not be judged.
    public var unknown: Int
    /// Why nothing could be judged, where that is so.
    public var why: String?
    /// A result of these parts.
    public init(id: String, title: String, severity: Severity, passed: Int, failed: Int, unknown: Int, why: String? = nil) {
        self.id = id
        self.title = title
        self.severity = severity
        self.passed = passed
        self.failed = failed
        self.unknown = unknown
        self.why = why
    }
}
