/// What is asked, whoever asks, taken apart once for many principals. Immutable; a class, so that passing it on copies one reference.
public final class PreparedQuestion: Sendable {
    let given: GivenContext
    /// In lower case.
    let action: [UInt8]
    let actionHead: UInt64
    let serviceBit: UInt64
    let resource: [UInt8]
    let resourceHead: UInt64
    /// Who owns the resource, where that is known.
    let owner: [UInt8]?
    let special: Special
    let free: Free
    /// `sts:AssumeRole` and its variants, of a role.
    let isAssumingRole: Bool
    let isRetiringGrant: Bool

    /// Questions for which the resource's own policy must allow, whatever the account's policies say.
    enum Special: Sendable {
        case none
        /// A KMS key ("Key policies in AWS KMS").
        case key
        /// A role's trust policy.
        case trust
    }

    /// To whom AWS grants it whatever policies say.
    enum Free: Sendable {
        case nobody
        case everyAccount
        case users
    }

    /// A question of these parts; the context is what does not depend on who asks.
    public convenience init(action: String, resource: String, resourceAccount: String? = nil, context: RequestContext) {
        self.init(action: action, resource: resource, resourceAccount: resourceAccount) { owner in
            GivenContext(context, resourceAccount: owner, takesPrincipalsAccount: true)
        }
    }

    /// A question of which not all keys are known; `absent` are those that it surely does not have.
    public convenience init(
        action: String, resource: String, resourceAccount: String? = nil, values: [String: [String]], absent: KnownAbsentKeys
    ) {
        self.init(action: action, resource: resource, resourceAccount: resourceAccount) { owner in
            GivenContext(values, absent, resourceAccount: owner)
        }
    }

    private init(action: String, resource: String, resourceAccount: String?, _ context: ([UInt8]?) -> GivenContext) {
        self.action = Array(action.utf8).lowercased
        actionHead = Pattern.head(self.action).0
        serviceBit = Self.serviceBit(self.action)
        self.resource = Array(resource.utf8)
        resourceHead = Pattern.head(self.resource).0
        let arn = ARN(self.resource)
        var owner = resourceAccount.map { Array($0.utf8) }
        if owner == nil, let arn, arn.account.count == 12 { owner = Array(arn.account) }
        self.owner = owner
        given = context(owner)
        if self.action.hasPrefix("kms:"), let arn, arn.resource.starts(with: "key/".utf8) {
            special = .key
        } else if self.action.hasPrefix("sts:"), let arn, arn.isIAM, arn.resource.starts(with: "role/".utf8) {
            special = .trust
        } else {
            special = .none
        }
        isAssumingRole = special == .trust && self.action.hasPrefix("sts:assumerole")
        isRetiringGrant = self.action.elementsEqual("kms:retiregrant".utf8)
        // "No permissions are required to perform this operation. If an administrator attaches a policy … that explicitly denies access to the
        // sts:GetCallerIdentity action, you can still perform this operation" (GetCallerIdentity, STS API Reference); "No permissions are
        // required for users to perform this operation. … You cannot use policies to control authentication operations" (GetSessionToken).
        if self.action.elementsEqual("sts:getcalleridentity".utf8) {
            free = .everyAccount
        } else {
            free = self.action.elementsEqual("sts:getsessiontoken".utf8) ? .users : .nobody
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

/// An ``AccessRequest`` taken apart, to be asked of many layers.
public struct PreparedRequest: Sendable {
    /// Who asks.
    public let principal: PreparedPrincipal
    let question: PreparedQuestion
    /// Whether principal and resource are in one account.
    let isSameAccount: Bool

    /// A question that was prepared for many principals, asked by one of them. Nothing is allocated.
    public init(principal: PreparedPrincipal, question: PreparedQuestion) {
        self.principal = principal
        self.question = question
        guard let owner = question.owner, let account = principal.accountBytes else {
            isSameAccount = true
            return
        }
        isSameAccount = owner == account
    }

    /// The request, ready.
    public init(_ request: AccessRequest) {
        self.init(
            principal: PreparedPrincipal(request.principal, canonicalUser: request.canonicalUser), action: request.action,
            resource: request.resource, resourceAccount: request.resourceAccount, context: request.context)
    }

    /// The request of a principal that was prepared before.
    public init(principal: PreparedPrincipal, action: String, resource: String, resourceAccount: String? = nil, context: RequestContext) {
        self.init(
            principal: principal,
            question: PreparedQuestion(action: action, resource: resource, resourceAccount: resourceAccount, context: context))
    }

    var context: PreparedContext { PreparedContext(question.given, principal) }

    /// Whether AWS grants it whatever policies say.
    var isFree: Bool {
        switch question.free {
        case .nobody: return false
        case .everyAccount: return principal.accountBytes != nil
        case .users: return principal.kind == .user || principal.kind == .root
        }
    }
}
