/// A request's context with its keys in lower case and its values as bytes.
final class PreparedContext: Sendable {
    enum Lookup {
        case values([[UInt8]])
        case absent
        case unknown
    }
    private let values: [String: [[UInt8]]]
    private let derived: [String: [[UInt8]]]
    private let resourceAccount: [UInt8]?
    private let isOpen: Bool
    private let knownAbsent: Set<String>

    init(_ context: RequestContext, derived: [String: [[UInt8]]], resourceAccount: [UInt8]?) {
        var values: [String: [[UInt8]]] = [:]
        for (key, list) in context.values { values[key.asciiLowercased, default: []].append(contentsOf: list.map { Array($0.utf8) }) }
        self.values = values
        self.derived = context.derivesKeys ? derived : [:]
        self.resourceAccount = context.derivesKeys ? resourceAccount : nil
        switch context.absent {
        case .absent:
            isOpen = false
            knownAbsent = []
        case .unknown(let keys):
            isOpen = true
            knownAbsent = Set(keys.map(\.asciiLowercased))
        }
    }

    /// Whether absent keys may have any value.
    var isPartial: Bool { isOpen }

    /// What is known of a key, given in lower case. A key without values is absent.
    func lookup(_ key: String) -> Lookup {
        if let list = values[key] { return list.isEmpty ? .absent : .values(list) }
        // Who says that a key is surely absent knows better than what usually follows.
        if !knownAbsent.isEmpty, knownAbsent.contains(key) { return .absent }
        if let list = derived[key] { return list.isEmpty ? .absent : .values(list) }
        if let resourceAccount, key == "aws:resourceaccount" { return .values([resourceAccount]) }
        return isOpen ? .unknown : .absent
    }
}

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
    let derived: [String: [[UInt8]]]
    let unknownSession: Bool

    /// The principal, ready.
    public init(_ principal: RequestPrincipal, canonicalUser: String? = nil) {
        self.principal = principal
        account = principal.account
        accountBytes = account.map { Array($0.utf8) }
        self.canonicalUser = canonicalUser.map { Array($0.utf8) }
        isServiceLinked = principal.isServiceLinkedRole
        var derived: [String: [[UInt8]]] = [:]
        var own: [UInt8] = []
        var role: [UInt8] = []
        var unknownSession = false
        func set(_ key: String, _ value: String) { derived[key] = [Array(value.utf8)] }
        if let account { set("aws:principalaccount", account) }
        var isService = false
        switch principal {
        case .user(let arn):
            own = Array(arn.utf8)
            set("aws:principalarn", arn)
            set("aws:principaltype", "User")
            if let name = own.split(separator: UInt8(ascii: "/")).last { derived["aws:username"] = [Array(name)] }
        case .role(let arn):
            role = Array(arn.utf8)
            unknownSession = true
            set("aws:principalarn", arn)
            set("aws:principaltype", "AssumedRole")
            derived["aws:username"] = []
        case .assumedRole(let roleARN, let session):
            own = Array(session.utf8)
            role = Array(roleARN.utf8)
            set("aws:principalarn", roleARN)
            set("aws:principaltype", "AssumedRole")
            derived["aws:username"] = []
        case .federatedUser(let arn, let user):
            own = Array(arn.utf8)
            role = user.map { Array($0.utf8) } ?? []
            set("aws:principalarn", arn)
            set("aws:principaltype", "FederatedUser")
            derived["aws:username"] = []
        case .root(let account, let partition):
            own = Array("arn:\(partition):iam::\(account):root".utf8)
            set("aws:principalarn", "arn:\(partition):iam::\(account):root")
            set("aws:principaltype", "Account")
            set("aws:userid", account)
            derived["aws:username"] = []
        case .account: break
        case .service(let name):
            own = Array(name.utf8)
            isService = true
            set("aws:principalservicename", name)
            derived["aws:username"] = []
            derived["aws:principalarn"] = []
            derived["aws:principalaccount"] = []
        case .identityProvider(let name):
            own = Array(name.utf8)
            set("aws:federatedprovider", name)
            derived["aws:username"] = []
        case .anonymous:
            set("aws:principaltype", "Anonymous")
            derived["aws:username"] = []
            derived["aws:principalarn"] = []
            derived["aws:principalaccount"] = []
        }
        set("aws:principalisawsservice", isService ? "true" : "false")
        if !isService { derived["aws:principalservicename"] = [] }
        self.derived = derived
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
            if case .root = principal { return .direct }
            return .account
        case .aws(let arn):
            switch principal {
            case .user, .root: return arn == own ? .direct : .none
            case .assumedRole, .federatedUser, .role:
                if !own.isEmpty, arn == own { return .direct }
                if !role.isEmpty, arn == role || isRole(arn) { return .role }
                return .none
            case .account, .service, .identityProvider, .anonymous: return .none
            }
        case .service(let name):
            if case .service = principal { return name == own || name == [UInt8(ascii: "*")] ? .direct : .none }
            return .none
        case .federated(let name):
            if case .identityProvider = principal { return name == own || name == [UInt8(ascii: "*")] ? .direct : .none }
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
        switch principal {
        case .root, .account: return account
        case .user, .federatedUser: return account && names(own)
        case .role: return account && names(role)
        case .assumedRole: return account && names(own) && names(role)
        case .service, .identityProvider, .anonymous: return false
        }
    }
}

/// An ``AccessRequest`` taken apart, to be asked of many layers. Immutable; a class, so that passing it on copies one reference.
public final class PreparedRequest: Sendable {
    /// Who asks.
    public let principal: PreparedPrincipal
    let context: PreparedContext
    /// In lower case.
    let action: [UInt8]
    let actionHead: UInt64
    let serviceBit: UInt64
    let resource: [UInt8]
    let resourceHead: UInt64
    /// Whether principal and resource are in one account.
    let isSameAccount: Bool
    let special: Special
    /// Whether AWS grants it whatever policies say.
    let isFree: Bool

    /// Requests for which the resource's own policy must allow, whatever the account's policies say.
    enum Special: Sendable {
        case none
        /// A KMS key ("Key policies in AWS KMS").
        case key
        /// A role's trust policy.
        case trust
    }

    /// The request, ready.
    public convenience init(_ request: AccessRequest) {
        self.init(
            principal: PreparedPrincipal(request.principal, canonicalUser: request.canonicalUser), action: request.action,
            resource: request.resource,
            resourceAccount: request.resourceAccount, context: request.context)
    }

    /// The request of a principal that was prepared before.
    public init(principal: PreparedPrincipal, action: String, resource: String, resourceAccount: String? = nil, context: RequestContext) {
        self.principal = principal
        self.action = Array(action.utf8).lowercased
        actionHead = Pattern.head(self.action).0
        serviceBit = Self.serviceBit(self.action)
        self.resource = Array(resource.utf8)
        resourceHead = Pattern.head(self.resource).0
        let arn = ARN(self.resource)
        var owner = resourceAccount.map { Array($0.utf8) }
        if owner == nil, let arn, arn.account.count == 12 { owner = Array(arn.account) }
        isSameAccount = owner == nil || principal.accountBytes == nil || owner == principal.accountBytes
        self.context = PreparedContext(context, derived: principal.derived, resourceAccount: owner ?? principal.accountBytes)
        isFree = Self.isFree(self.action, principal)
        if self.action.hasPrefix("kms:"), let arn, arn.resource.starts(with: "key/".utf8) {
            special = .key
        } else if self.action.hasPrefix("sts:"), let arn, arn.isIAM, arn.resource.starts(with: "role/".utf8) {
            special = .trust
        } else {
            special = .none
        }
    }

    /// "No permissions are required to perform this operation. If an administrator attaches a policy … that explicitly denies access to the
    /// sts:GetCallerIdentity action, you can still perform this operation" (GetCallerIdentity, STS API Reference); "No permissions are required
    /// for users to perform this operation. … You cannot use policies to control authentication operations" (GetSessionToken).
    private static func isFree(_ action: [UInt8], _ principal: PreparedPrincipal) -> Bool {
        if action.elementsEqual("sts:getcalleridentity".utf8) { return principal.accountBytes != nil }
        guard action.elementsEqual("sts:getsessiontoken".utf8) else { return false }
        switch principal.principal {
        case .user, .root: return true
        default: return false
        }
    }

    /// One of 64 bits for the service of an action in lower case; all of them for a pattern whose service is not plain.
    static func serviceBit(_ action: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in action {
            if byte == 0x3A { return 1 << ((hash >> 32 ^ hash) & 63) }
            if byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") { return .max }
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return .max
    }
}
