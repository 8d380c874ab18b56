/// One thing that an attacker gets to, or that an attacker may come from: an element of the answers to `query blast-radius` and
/// `query reaches`.
public struct ReachedNode: Sendable, Hashable, Codable {
    /// Native identifier.
    public var id: String
    /// What it is.
    public var kind: NodeKind
    /// Its name.
    public var name: String
    /// Its account.
    public var account: String?
    /// Its value as a crown jewel; absent when it is none.
    public var value: Double?
    /// The likelihood of the strongest way between the two, standing at its start.
    public var likelihood: Double
    /// How many steps the way has.
    public var hops: Int
    /// The least sure step's confidence.
    public var confidence: Confidence
    /// The technique, or else the kind, of the way's step at this node.
    public var technique: String
    /// The other end of that step.
    public var beside: String
    /// A node of these parts.
    public init(
        id: String, kind: NodeKind, name: String, account: String?, value: Double?, likelihood: Double, hops: Int, confidence: Confidence,
        technique: String, beside: String
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.account = account
        self.value = value
        self.likelihood = likelihood
        self.hops = hops
        self.confidence = confidence
        self.technique = technique
        self.beside = beside
    }
}
