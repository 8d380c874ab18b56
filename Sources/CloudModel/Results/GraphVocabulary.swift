/// What a node of the graph stands for.
public enum NodeKind: String, Sendable, Codable, CaseIterable {
    case internet, externalAccount, externalPrincipal, identityProvider, user, group, role, root, function, instance, workload, bucket,
        secret, database, snapshot, key, network, other, admin, destruction
    /// Whether this is a user, group, role or root.
    public var isPrincipal: Bool { self == .user || self == .group || self == .role || self == .root }
    /// Whether whoever stands here is none of the accounts' own principals.
    public var isOutside: Bool { self == .internet || self == .externalAccount || self == .externalPrincipal || self == .identityProvider }
    /// Whether this holds data.
    public var isData: Bool { self == .bucket || self == .secret || self == .database || self == .snapshot }
    /// Whether to have it by one's own rights is what those rights are for, and no attack: data, and being able to destroy it.
    public var isEverydayRight: Bool { isData || self == .destruction }
}

/// What kind of step an edge of the graph is. The escalation catalogue's steps are all ``escalation`` and name their technique; of every
/// other step the kind is the technique.
public enum EdgeKind: String, Sendable, Codable, CaseIterable {
    /// A technique of the escalation catalogue.
    case escalation
    /// The policies allow every action on everything.
    case administrator
    /// What administrator rights of one account open in another.
    case administratorAccess = "administrator-access"
    /// A policy whose text was not collected may allow it.
    case unknownPolicy = "unknown-policy"
    /// A network lets it through.
    case networkReach = "network-reach"
    /// A resource policy or a setting gives the data to outsiders.
    case publicData = "public-data"
    /// Code in a function has the rights of its role.
    case executionRole = "execution-role"
    /// Code on an instance has the rights of its role.
    case instanceProfile = "instance-profile"
    /// Code in another kind of workload, such as a container's service, has the rights of its role.
    case workloadRole = "workload-role"
    /// A resource policy or a setting lets a foreign account or principal in.
    case foreignAccess = "foreign-access"
    /// A host may open connections to another one in the network.
    case networkLateral = "network-lateral"
    /// A host belongs to those that reach, or are reached, alike.
    case networkSegment = "network-segment"
    /// A trust policy accepts tokens of an identity provider.
    case oidcTrust = "oidc-trust"
    /// An identity pool gives a role to guests.
    case guestIdentity = "guest-identity"
    /// A trust policy accepts assertions of an identity provider.
    case samlTrust = "saml-trust"
    /// A trust policy accepts certificates of an authority.
    case certificateTrust = "certificate-trust"
    /// Reads objects of a bucket.
    case s3Read = "s3-read"
    /// Reads a secret.
    case secretRead = "secret-read"
    /// Reads an encrypted parameter.
    case parameterRead = "parameter-read"
    /// Deletes the objects of a bucket for good.
    case bucketDestroy = "s3-destroy"
    /// Deletes a database with its backups.
    case databaseDestroy = "database-destroy"

    /// The kind of a step with that technique.
    public init(technique: String) { self = EdgeKind(rawValue: technique) ?? .escalation }
}
