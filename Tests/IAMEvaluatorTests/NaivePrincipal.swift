import IAMEvaluator

/// Who asks, told apart as AWS's documents do: by which names a policy can mean them, and what the request says about them.
struct NaivePrincipal {
    enum Kind { case user, session, federatedUser, root, account, service, provider, anonymous }
    /// What a grant to an entry of a `Principal` element is worth in the principal's own account.
    enum Grant: Comparable {
        /// "This delegates authority to the account."
        case account
        /// "Limited by an implicit deny in a permissions boundary or session policy."
        case parent
        /// "An implicit deny … does not impact the final decision."
        case direct
    }
    var kind: Kind
    var account: String?
    /// The ARN, or the name of a service or provider; `nil` for anonymous, an account, and a role whose session's name is not known.
    var own: String?
    /// A session's role, a federated session's user.
    var parent: String?
    var canonicalUser: String?
    /// "AWS global condition context keys" and "Principal key values" of "Variables and tags".
    var keys: [String: [String]] = [:]

    init(_ principal: RequestPrincipal, canonicalUser: String?) {
        self.canonicalUser = canonicalUser
        switch principal {
        case .user(let arn):
            (kind, own) = (.user, arn)
            keys = [
                "aws:principalarn": [arn], "aws:principaltype": ["User"], "aws:username": [String(arn.split(separator: "/").last ?? "")],
            ]
        case .role(let arn):
            (kind, parent) = (.session, arn)
            keys = ["aws:principalarn": [arn], "aws:principaltype": ["AssumedRole"]]
        case .assumedRole(let arn, let session):
            (kind, own, parent) = (.session, session, arn)
            keys = ["aws:principalarn": [arn], "aws:principaltype": ["AssumedRole"]]
        case .federatedUser(let arn, let user):
            (kind, own, parent) = (.federatedUser, arn, user)
            keys = ["aws:principalarn": [arn], "aws:principaltype": ["FederatedUser"]]
        case .root(let id, let partition):
            let arn = "arn:\(partition):iam::\(id):root"
            (kind, account, own) = (.root, id, arn)
            keys = ["aws:principalarn": [arn], "aws:principaltype": ["Account"], "aws:userid": [id]]
        case .account(let id): (kind, account) = (.account, id)
        case .service(let name):
            (kind, own) = (.service, name)
            keys = ["aws:principalservicename": [name]]
        case .identityProvider(let name):
            (kind, own) = (.provider, name)
            keys = ["aws:federatedprovider": [name]]
        case .anonymous:
            kind = .anonymous
            keys = ["aws:principaltype": ["Anonymous"]]
        }
        if account == nil, kind != .provider, kind != .service { account = Self.part(4, of: own ?? parent) }
        if let account { keys["aws:principalaccount"] = [account] }
        keys["aws:principalisawsservice"] = [kind == .service ? "true" : "false"]
    }

    static func part(_ index: Int, of arn: String?) -> String? {
        let parts = (arn ?? "").split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[index]) : nil
    }

    /// Identity, boundary and session policies are attached to users and roles, and bear on their sessions.
    var hasPolicies: Bool { kind == .user || kind == .session || kind == .federatedUser }

    /// "A unique type of service role that is linked directly to an AWS service": its path begins with `aws-service-role`.
    var isServiceLinked: Bool { kind == .session && Self.part(5, of: parent)?.hasPrefix("role/aws-service-role/") == true }

    /// What an entry of a `Principal` element gives this principal.
    func grant(_ entry: PrincipalElement.Entry) -> Grant? {
        switch entry {
        case .everyone: return .direct
        case .account(let id): return id != account ? nil : kind == .root ? .direct : .account
        case .aws(let arn):
            guard kind != .service, kind != .provider else { return nil }
            if arn == own { return .direct }
            return isParent(arn) ? .parent : nil
        case .service(let name): return kind == .service && name == own ? .direct : nil
        case .federated(let name): return kind == .provider && name == own ? .direct : nil
        case .canonicalUser(let id): return id == canonicalUser ? .account : nil
        }
    }

    /// A session's ARN lacks the role's path, and "names are unique within the account" whatever the path.
    private func isParent(_ arn: String) -> Bool {
        guard let parent else { return false }
        if arn == parent { return true }
        guard kind == .session, let name = Self.part(5, of: parent), name.split(separator: "/").count == 2,
            let asked = Self.part(5, of: arn), asked.hasPrefix("role/"), Self.part(2, of: arn) == "iam", Self.part(4, of: arn) == account
        else { return false }
        return asked.split(separator: "/").last == name.split(separator: "/").last
    }

    /// "AWS might validate the account first, then the role, and then the assumed-role user": each must be among those who are spared.
    func isSpared(by entries: [PrincipalElement.Entry]) -> Bool {
        if entries.contains(.everyone) { return true }
        guard account != nil else { return entries.contains { grant($0) != nil } }
        let names = entries.filter { grant($0) != nil }
        guard kind != .root, kind != .account else { return !names.isEmpty }
        guard names.contains(where: { grant($0) == .account }) else { return false }
        if own != nil, !names.contains(where: { grant($0) == .direct }) { return false }
        return kind != .session || names.contains { grant($0) == .parent }
    }
}
