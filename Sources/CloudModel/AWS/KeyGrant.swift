/// What one grant of a KMS key lets its grantee do, besides what policies let it do ("Grants in AWS KMS", KMS Developer Guide).
public struct KeyGrant: Sendable, Hashable {
    /// Its identifier.
    public var id: String
    /// Its name, where it has one.
    public var name: String?
    /// Who may use it: an ARN, or a service principal.
    public var grantee: String
    /// Who may give it back.
    public var retiring: String?
    /// The operations as KMS names them, `Decrypt`; sorted.
    public var operations: [String]
    /// Pairs that the request's encryption context must have; more may be there.
    public var contextSubset: [String: String]
    /// Pairs that the request's encryption context must be; `nil` where it may be anything.
    public var contextEquals: [String: String]?
    /// Where it was read.
    public var evidence: Evidence
    /// A grant of these parts.
    public init(
        id: String, name: String? = nil, grantee: String, retiring: String? = nil, operations: [String],
        contextSubset: [String: String] = [:], contextEquals: [String: String]? = nil, evidence: Evidence
    ) {
        self.id = id
        self.name = name
        self.grantee = grantee
        self.retiring = retiring
        self.operations = operations
        self.contextSubset = contextSubset
        self.contextEquals = contextEquals
        self.evidence = evidence
    }
}
