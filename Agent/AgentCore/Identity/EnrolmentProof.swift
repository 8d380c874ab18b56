public import Basics
public import WireProtocol

/// How an agent proves that it may enrol. `Protocol/Spec/enrolment.md#methods`.
public enum EnrolmentProof: Sendable {
    /// A one-time token, which says by itself where it leads.
    case token(Secret<String>)
    /// A signed `sts:GetCallerIdentity`: `sign` signs with the binding's headers among the signed ones.
    case awsIAM(EnrolmentPlace, sign: @Sendable (EnrolmentBinding) async throws -> AWSIdentityProof)
    /// A token of an OpenID provider: `read` is given the audience for which it has to be made.
    case openID(EnrolmentPlace, read: @Sendable (String) async throws -> Secret<String>)

    var method: EnrolmentMethodName {
        switch self {
        case .token: .token
        case .awsIAM: .awsIAM
        case .openID: .openID
        }
    }
    var place: EnrolmentPlace? {
        switch self {
        case .token: nil
        case .awsIAM(let place, _), .openID(let place, _): place
        }
    }
}

/// Where an agent wants to be.
public struct EnrolmentPlace: Sendable, Hashable {
    /// The tenant.
    public var tenant: TenantID
    /// The environment.
    public var environment: EnvironmentID

    /// The place that two UUIDs name.
    ///
    /// - Throws: ``AgentError`` `invalidArgument`.
    public init(tenant: String, environment: String) throws(AgentError) {
        guard let tenant = TenantID(tenant), let environment = EnvironmentID(environment) else {
            throw AgentError(.invalidArgument, "--tenant and --environment are the identifiers that the console shows beside the rule")
        }
        self.tenant = tenant
        self.environment = environment
    }
}
