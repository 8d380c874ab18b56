/// What is known about a request besides principal, action and resource.
public struct RequestContext: Sendable, Hashable {
    /// What it means that a key is not among the values.
    public enum Absent: Sendable, Hashable {
        /// The request does not have the key.
        case absent
        /// Whether the request has the key, and with which value, is not known, but for the keys listed, in any case, which it surely does not have.
        case unknown(knownAbsent: Set<String>)
    }
    /// The values by key; keys in any case. A key without values counts as absent.
    public var values: [String: [String]]
    /// What the other keys are.
    public var absent: Absent
    /// Whether keys that follow from the principal and the resource are filled in where ``values`` lacks them: `aws:PrincipalArn`,
    /// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:username`, `aws:PrincipalIsAWSService`, `aws:PrincipalServiceName`, `aws:ResourceAccount`.
    public var derivesKeys: Bool
    /// A context of these parts.
    public init(values: [String: [String]] = [:], absent: Absent = .absent, derivesKeys: Bool = true) {
        self.values = values
        self.absent = absent
        self.derivesKeys = derivesKeys
    }
    /// A context of which nothing is known: answers become conditional where they depend on it.
    public static let unknown = RequestContext(absent: .unknown(knownAbsent: []))
}

/// One question: may this principal do this action on this resource?
public struct AccessRequest: Sendable, Hashable {
    /// Who asks.
    public var principal: RequestPrincipal
    /// The action, such as `s3:GetObject`, in any case.
    public var action: String
    /// The resource's ARN, or `*` for actions that have none.
    public var resource: String
    /// The account that owns the resource; `nil` takes it from the ARN and, where that has none, the principal's.
    public var resourceAccount: String?
    /// What else is known.
    public var context: RequestContext
    /// The S3 canonical user of the principal's account, where known.
    public var canonicalUser: String?
    /// A question of these parts.
    public init(
        principal: RequestPrincipal, action: String, resource: String, resourceAccount: String? = nil,
        context: RequestContext = RequestContext(),
        canonicalUser: String? = nil
    ) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
        self.context = context
        self.canonicalUser = canonicalUser
    }
}
