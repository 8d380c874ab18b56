public import CloudModel

/// Something that can be reached, or taken, from outside without an identity of the accounts that were read.
public struct Exposure: Sendable, Hashable {
    /// What kind of opening it is.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// An instance, database, service or other interface with a public address.
        case publicAddress
        /// An internet-facing load balancer, or what stands behind it.
        case loadBalancer
        /// A function URL that asks for no signature.
        case functionURL
        /// A resource policy that admits everybody.
        case resourcePolicy
        /// A bucket's access-control list.
        case accessControlList
        /// A snapshot that everybody may restore.
        case sharedSnapshot
        /// A machine image that everybody may start.
        case sharedImage
        /// An API that does not ask who calls, or what stands behind it.
        case apiGateway
        /// What a CloudFront distribution hands out or passes requests to.
        case distribution
        /// A Kubernetes API that answers to the internet.
        case clusterEndpoint
    }
    /// `internet`, or the ARN of the foreign account or principal that may do it.
    public var from: String
    /// ARN of what is reached.
    public var target: String
    /// What kind of opening it is.
    public var kind: Kind
    /// Kind of the target: `instance`, `ecsService`, `ecsTask`, `appRunnerService`, `networkInterface`, `loadBalancer`, `api`, `function`, `bucket`, `database`, `searchDomain`,
    /// `cluster`, `snapshot`, `image`, `key`, `secret`, `queue`, `topic`, `repository`.
    public var targetKind: String
    /// What it goes through in order: gateway, load balancer's ARN, route table, network ACL, security group.
    public var via: [String]
    /// What may be done, where a policy or list grants it: IAM actions; empty for network exposure.
    public var actions: [String]
    /// Ports of the target that are reached, lowest first, overlapping ranges merged; empty where ports mean nothing.
    public var ports: [ClosedRange<Int>]
    /// `tcp`, `udp`, `all`, `https`, …; `nil` where none applies.
    public var protocolName: String?
    /// Why, in one sentence with the facts.
    public var why: String
    /// The facts.
    public var evidence: [Citation]
    /// Under what conditions; empty when there are none.
    public var conditions: [String]
    /// How sure it is: `unknown` when a fact that it needs was not collected.
    public var confidence: Confidence
    /// What was not collected, when ``confidence`` is `unknown`.
    public var missing: [String]

    /// An exposure of these parts.
    public init(
        target: String, kind: Kind, targetKind: String, via: [String] = [], actions: [String] = [], ports: [ClosedRange<Int>] = [],
        protocolName: String? = nil, why: String, evidence: [Citation], conditions: [String] = [], confidence: Confidence,
        missing: [String] = []
    ) {
        from = "internet"
        self.target = target
        self.kind = kind
        self.targetKind = targetKind
        self.via = via
        self.actions = actions
        self.ports = ports
        self.protocolName = protocolName
        self.why = why
        self.evidence = evidence
        self.conditions = conditions
        self.confidence = confidence
        self.missing = missing
    }
}
