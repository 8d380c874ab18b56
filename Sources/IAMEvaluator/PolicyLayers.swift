/// All policies that bear on a request, by the part they play. Compile once, keep, and use for many requests.
public struct PolicyLayers: Sendable {
    /// The principal's own policies and its groups'.
    public var identity: [CompiledPolicy]
    /// The permissions boundary; `nil` when there is none.
    public var boundaries: [CompiledPolicy]?
    /// The session policies; `nil` when the session was made without.
    public var session: [CompiledPolicy]?
    /// The resource's policy, for STS calls on roles the role's trust policy; `nil` when the resource has none.
    public var resource: [CompiledPolicy]?
    /// The service control policies of the principal's account, a list for each level from the root downwards; `nil` when none apply, as for
    /// an organisation's management account.
    public var serviceControl: [[CompiledPolicy]]?
    /// The resource control policies of the resource's account, likewise.
    public var resourceControl: [[CompiledPolicy]]?
    /// The policy of the VPC endpoint that the request passes; `nil` when it passes none.
    public var endpoint: [CompiledPolicy]?

    /// Layers of these parts.
    public init(
        identity: [CompiledPolicy] = [], boundaries: [CompiledPolicy]? = nil, session: [CompiledPolicy]? = nil,
        resource: [CompiledPolicy]? = nil,
        serviceControl: [[CompiledPolicy]]? = nil, resourceControl: [[CompiledPolicy]]? = nil, endpoint: [CompiledPolicy]? = nil
    ) {
        self.identity = identity
        self.boundaries = boundaries
        self.session = session
        self.resource = resource
        self.serviceControl = serviceControl
        self.resourceControl = resourceControl
        self.endpoint = endpoint
    }

    /// These layers with another resource policy: the principal's layers are compiled once, each resource's once.
    public func with(resource: [CompiledPolicy]?, resourceControl: [[CompiledPolicy]]? = nil) -> PolicyLayers {
        var layers = self
        layers.resource = resource
        layers.resourceControl = resourceControl ?? layers.resourceControl
        return layers
    }
}
