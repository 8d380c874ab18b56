public import Basics
public import FoundationEssentials

/// A person who signs in.
public struct User: Sendable, Hashable {
    /// Random.
    public var id: UserID
    /// Whose person.
    public var tenant: TenantID
    /// Canonical: lower case, trimmed; unique over all tenants.
    public var email: String
    /// What they may do.
    public var role: Role
    /// Whether the password was given out once and has to be replaced at the next sign-in.
    public var mustChangePassword: Bool
    /// When they were made.
    public var createdAt: Date
    /// Where the role counts.
    public var environments: EnvironmentScope
    /// Since when they may not come in; `nil` for who may.
    public var disabledAt: Date?
    /// The provider's name for them (`sub`), once they came through single sign-on.
    public var signOnSubject: String?
    /// A user of these parts.
    public init(
        id: UserID, tenant: TenantID, email: String, role: Role, mustChangePassword: Bool, createdAt: Date,
        environments: EnvironmentScope = .all, disabledAt: Date? = nil, signOnSubject: String? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.email = email
        self.role = role
        self.mustChangePassword = mustChangePassword
        self.createdAt = createdAt
        self.environments = environments
        self.disabledAt = disabledAt
        self.signOnSubject = signOnSubject
    }

    /// The one spelling of an address under which it is stored, found and counted; `nil` when it is no address.
    ///
    /// Lower-cases ASCII and nothing else: two addresses are the same account only when these bytes are the same.
    public static func canonicalEmail(_ text: String) -> String? {
        var bytes = Array(text.utf8)
        while let last = bytes.last, last == 0x20 { bytes.removeLast() }
        while let first = bytes.first, first == 0x20 { bytes.removeFirst() }
        guard (3...254).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        return String(decoding: bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

extension User {
    /// Under which a person is found before the tenant is known: the directory holds no address.
    public static func digest(ofCanonicalEmail email: String) -> [UInt8] { SecretText.digest(of: "user address\0" + email) }
}
