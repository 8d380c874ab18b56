public import Basics
public import FoundationEssentials

/// A customer organisation.
public struct Tenant: Sendable, Hashable {
    /// Random.
    public var id: TenantID
    /// As people call it; unique.
    public var name: String
    /// When it was made.
    public var createdAt: Date
    /// A tenant of these parts.
    public init(id: TenantID, name: String, createdAt: Date) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }
}

extension Tenant {
    /// Whether its people and agents are let in. The words are stored.
    public enum State: String, Sendable, Hashable, CaseIterable {
        case active
        /// Refused for now; nothing is lost.
        case suspended
        /// Everything but the audit log is gone, or on its way.
        case deleted
    }

    /// Not a customer: what keeps the log of acts that belong to no tenant. It is in no list, and has no people and no data.
    public static var `operator`: Tenant { Tenant(id: .zero, name: "operator", createdAt: Date(timeIntervalSince1970: 0)) }
}

/// The cloud accounts that a tenant put together, say production.
public struct Environment: Sendable, Hashable {
    /// Random.
    public var id: EnvironmentID
    /// Whose it is.
    public var tenant: TenantID
    /// As people call it; unique within the tenant.
    public var name: String
    /// When it was made.
    public var createdAt: Date
    /// An environment of these parts.
    public init(id: EnvironmentID, tenant: TenantID, name: String, createdAt: Date) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.createdAt = createdAt
    }
}
