/// How a policy's principal names the one who asks, in the order of what a grant to it is limited by.
enum PrincipalMatch: Int, Sendable, Comparable {
    case none
    /// The account: its own policies must allow too.
    case account
    /// The role of a session, or the user of a federated one: boundary and session policies limit it, identity policies do not.
    case role
    /// The user, session, service or provider itself, or everyone.
    case direct
    static func < (left: PrincipalMatch, right: PrincipalMatch) -> Bool { left.rawValue < right.rawValue }
}

/// Who asks, taken apart once for many requests. Immutable; a class, so that passing it on copies one reference.
public final class PreparedPrincipal: Sendable {
    /// As given.
    public let principal: RequestPrincipal
    /// The account it belongs to; `nil` for services, providers and anonymous.
    public let account: String?
    let accountBytes: [UInt8]?
    /// The account as the value of a key.
    let accountValues: [[UInt8]]?
    let kind: Kind
    /// The user's, session's or root's own ARN, or the service's or provider's name.
    private let own: [UInt8]
    /// The role of a session, the user of a federated session.
    private let role: [UInt8]
    /// Where the role's path is not known: what its ARN begins with, and its name.
    private let rolePrefix: [UInt8]
    private let roleName: [UInt8]
    private let canonicalUser: [UInt8]?
    let isServiceLinked: Bool
    /// Context keys that follow from the principal ("AWS global condition context keys", Properties of the principal).
    let derived: ContextValues
    /// Context keys that it brings to each of its requests; `nil` when there are none.
    let brought: ContextValues?
    let unknownSession: Bool

    /// What ``principal`` is, without its texts.
    enum Kind: Sendable { case user, role, assumedRole, federatedUser, root, account, service, identityProvider, anonymous }

    /// The principal, ready.
    ///
    /// - Parameters:
    ///   - principal: who asks.
    ///   - canonicalUser: the S3 canonical user of its account, where known.
    ///   - keys: context keys that it brings to each of its requests, such as its tags (`aws:PrincipalTag/…`), in any case. What a request's
    ///     own context gives comes first; they come before what it says is absent.
    public init(_ principal: RequestPrincipal, canonicalUser: String? = nil, keys: [String: [String]] = [:]) {
        self.principal = principal
        account = principal.account
        accountBytes = account.map { Array($0.utf8) }
        accountValues = accountBytes.map { [$0] }
        self.canonicalUser = canonicalUser.map { Array($0.utf8) }
        isServiceLinked = principal.isServiceLinkedRole
        var derived: [String: [String]] = [:]
        var own: [UInt8] = []
        var role: [UInt8] = []
        var unknownSession = false
        func set(_ key: String, _ value: String) { derived[key] = [value] }
        if let account { set("aws:principalaccount", account) }
        var isService = false
        switch principal {
        case .user(let arn):
            kind = .user
            own = Array(arn.utf8)
            set("aws:principalarn", arn)
            set("aws:principaltype", "User")
            if let name = own.split(separator: UInt8(ascii: "/")).last { set("aws:username", String(decoding: name, as: UTF8.self)) }
        case .role(let arn):
            kind = .role
            role = Array(arn.utf8)
            unknownSession = true
            set("aws:principalarn", arn)
            set("aws:principaltype", "AssumedRole")
            derived["aws:username"] = []
        case .assumedRole(let roleARN, let session):
            kind = .assumedRole
            own = Array(session.utf8)
            role = Array(roleARN.utf8)
            set("aws:principalarn", roleARN)
            set("aws:principaltype", "AssumedRole")
            derived["aws:username"] = []
        case .federatedUser(let arn, let user):
            kind = .federatedUser
            own = Array(arn.utf8)
            role = user.map { Array($0.utf8) } ?? []
            set("aws:principalarn", arn)
            set("aws:principaltype", "FederatedUser")
            derived["aws:username"] = []
        case .root(let account, let partition):
            kind = .root
            own = Array("arn:\(partition):iam::\(account):root".utf8)
            set("aws:principalarn", "arn:\(partition):iam::\(account):root")
            set("aws:principaltype", "Account")
            set("aws:userid", account)
            derived["aws:username"] = []
        case .account: kind = .account
        case .service(let name):
            kind = .service
            own = Array(name.utf8)
            isService = true
            set("aws:principalservicename", name)
            derived["aws:username"] = []
            derived["aws:principalarn"] = []
            derived["aws:principalaccount"] = []
        case .identityProvider(let name):
            kind = .identityProvider
            own = Array(name.utf8)
            set("aws:federatedprovider", name)
            derived["aws:username"] = []
        case .anonymous:
            kind = .anonymous
            set("aws:principaltype", "Anonymous")
            derived["aws:username"] = []
            derived["aws:principalarn"] = []
            derived["aws:principalaccount"] = []
        }
        set("aws:principalisawsservice", isService ? "true" : "false")
        if !isService { derived["aws:principalservicename"] = [] }
        brought = keys.isEmpty ? nil : ContextValues(keys)
        self.derived = ContextValues(derived)
        self.own = own
        self.role = role
        self.unknownSession = unknownSession
        // `arn:aws:iam::123456789012:role/NAME`: whether it has a path cannot be told from a session's ARN, and names are unique in an account.
        if let arn = ARN(role), arn.isIAM, arn.resource.starts(with: "role/".utf8),
            arn.resource.filter({ $0 == UInt8(ascii: "/") }).count == 1
        {
            roleName = Array(arn.resource.dropFirst(5))
            rolePrefix = Array("arn:\(arn.partitionText):iam::\(arn.accountText):role/".utf8)
        } else {
            roleName = []
            rolePrefix = []
        }
    }

    /// How an entry of a `Principal` element names this principal.
    func match(_ entry: CompiledPrincipal.Entry) -> PrincipalMatch {
        switch entry {
        case .everyone: return .direct
        case .account(let id):
            guard let accountBytes, accountBytes == id else { return .none }
            return kind == .root ? .direct : .account
        case .aws(let arn):
            switch kind {
            case .user, .root: return arn == own ? .direct : .none
            case .assumedRole, .federatedUser, .role:
                if !own.isEmpty, arn == own { return .direct }
                if !role.isEmpty, arn == role || isRole(arn) { return .role }
                return .none
            case .account, .service, .identityProvider, .anonymous: return .none
            }
        case .service(let name):
            if kind == .service { return name == own || name == [UInt8(ascii: "*")] ? .direct : .none }
            return .none
        case .federated(let name):
            if kind == .identityProvider { return name == own || name == [UInt8(ascii: "*")] ? .direct : .none }
            return .none
        case .canonicalUser(let id):
            guard let canonicalUser, canonicalUser == id else { return .none }
            return .account
        }
    }

    private func isRole(_ arn: [UInt8]) -> Bool {
        guard !roleName.isEmpty, arn.count > rolePrefix.count + roleName.count, arn.starts(with: rolePrefix) else { return false }
        let slash = arn.count - roleName.count - 1
        return arn[slash] == UInt8(ascii: "/") && arn[(slash + 1)...].elementsEqual(roleName)
    }

    /// Whether an entry names some session of this role, whose own session's name is not known.
    func mayBeSession(_ entry: CompiledPrincipal.Entry) -> Bool {
        guard unknownSession, case .aws(let text) = entry, let arn = ARN(text), arn.isSTS, let accountBytes,
            arn.account.elementsEqual(accountBytes)
        else { return false }
        let parts = arn.resource.split(separator: UInt8(ascii: "/"), maxSplits: 2)
        guard parts.count == 3, parts[0].elementsEqual("assumed-role".utf8), let name = role.split(separator: UInt8(ascii: "/")).last else {
            return false
        }
        return parts[1].elementsEqual(name)
    }

    /// Whether a `NotPrincipal` element of a `Deny` spares this principal: it must name the principal and its account, for a session the
    /// session, the role and the account ("AWS JSON policy elements: NotPrincipal", Specifying NotPrincipal with Deny).
    func isSpared(by entries: [CompiledPrincipal.Entry]) -> Bool {
        if entries.contains(.everyone) { return true }
        func names(_ arn: [UInt8]) -> Bool {
            arn.isEmpty || entries.contains(.aws(arn))
                || (arn == role && entries.contains { if case .aws(let text) = $0 { isRole(text) } else { false } })
        }
        guard let accountBytes else { return entries.contains { match($0) != .none } }
        let account =
            entries.contains(.account(accountBytes))
            || entries.contains { if case .canonicalUser = $0 { match($0) != .none } else { false } }
        switch kind {
        case .root, .account: return account
        case .user, .federatedUser: return account && names(own)
        case .role: return account && names(role)
        case .assumedRole: return account && names(own) && names(role)
        case .service, .identityProvider, .anonymous: return false
        }
    }
}
