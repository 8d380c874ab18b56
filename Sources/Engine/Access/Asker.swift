import CloudModel
import IAMEvaluator

/// Someone who can be asked about, with everything that bears on what he may do.
struct Asker {
    /// How answers name it.
    var name: String
    var principal: RequestPrincipal
    /// Taken apart once for many questions, with its tags where no session's can stand for them.
    var prepared: PreparedPrincipal
    var account: String?
    /// The policies of a user or role that was collected.
    var subject: Subject?
    /// The principal's side of the layers.
    var layers: PolicyLayers
    /// Whether it is none of the collected accounts' own.
    var isExternal = false
    /// Whether session tags may stand for its tags.
    var takesTags = false
    /// Whether what follows from the principal is filled in; not for one that stands for many.
    var derivesKeys = true
    /// Tags by key, lower case; `nil` when not known.
    var tags: [String: String]?

    init(name: String, _ principal: RequestPrincipal, layers: PolicyLayers = PolicyLayers()) {
        self.name = name
        self.principal = principal
        prepared = PreparedPrincipal(principal)
        account = principal.account
        self.layers = layers
    }

    /// Takes the principal apart again, after a change.
    mutating func prepare() {
        var keys: [String: [String]] = [:]
        if !takesTags { for (key, value) in tags ?? [:] { keys["aws:principaltag/" + key] = [value] } }
        prepared = PreparedPrincipal(principal, keys: keys)
    }

    /// Whether this is a service of AWS.
    var isService: Bool { if case .service = principal { true } else { false } }
    /// Whether this is someone without credentials.
    var isAnonymous: Bool { if case .anonymous = principal { true } else { false } }
    /// Whether this is the root user.
    var isRoot: Bool { if case .root = principal { true } else { false } }
}

/// Finds principals by what people call them.
final class AskerDirectory {
    private let permissions: Permissions
    private let snapshot: CloudSnapshot
    /// Twelve digits each.
    let accounts: Set<String>
    /// Those whose users and roles were read.
    private let withIdentities: Set<String>
    /// Roles by account and name, which is unique there.
    private var roles: [String: Int] = [:]
    /// Every user, role and root of the collected accounts, in the snapshot's order.
    private(set) var own: [Asker] = []
    private var places: [String: Int] = [:]
    /// Why layers that are not known are not, by what the evaluator says of them.
    private(set) var reasons: [String: String] = [:]

    init(_ permissions: Permissions) {
        self.permissions = permissions
        snapshot = permissions.snapshot
        var accounts = Set(snapshot.accounts.map(\.id))
        var withIdentities: Set<String> = []
        for record in snapshot.records where record.id.hasSuffix("/iam.get-account-authorization-details") {
            withIdentities.insert(String(record.id.prefix { $0 != "/" }))
        }
        for principal in snapshot.principals where withIdentities.contains(principal.account) {
            // Answers whose account could not be told stand under another name than their ARNs have.
            guard let account = ARNParts(principal.arn)?.account else { continue }
            accounts.insert(String(account))
            withIdentities.insert(String(account))
        }
        self.accounts = accounts
        self.withIdentities = withIdentities
        own.reserveCapacity(snapshot.principals.count)
        for (index, principal) in snapshot.principals.enumerated() {
            guard let asker = asker(of: principal, permissions.subjects[index]) else { continue }
            if principal.kind == .role { roles[principal.account + "/" + principal.name] = own.count }
            places[principal.arn] = own.count
            own.append(asker)
        }
    }

    private func asker(of principal: Principal, _ subject: Subject?) -> Asker? {
        switch principal.kind {
        case .group: return nil
        case .root:
            guard let parts = ARNParts(principal.arn) else { return nil }
            var asker = Asker(
                name: principal.arn, .root(account: String(parts.account), partition: String(parts.partition)),
                layers: layers(of: principal.account))
            asker.tags = [:]
            return asker
        case .user, .role:
            guard let subject else { return nil }
            var asker = Asker(name: principal.arn, subject.principal, layers: subject.layers)
            asker.subject = subject
            asker.tags = Dictionary(principal.tags.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
            asker.takesTags = principal.kind == .role && mayPassTags(to: principal)
            asker.prepare()
            return asker
        }
    }

    /// Whether a session of the role may have other tags than the role: its trust policy allows `sts:TagSession`, or is not known.
    /// ("Pass session tags in AWS STS", IAM User Guide: the tags of a session override the role's.)
    private func mayPassTags(to role: Principal) -> Bool {
        guard let trust = role.trust else { return true }
        return Evaluator.mayAllow(action: "sts:TagSession", PolicyLayers(identity: [permissions.library.entry(of: trust).compiled]))
    }

    /// What bears on everybody of an account, whatever policies he has.
    private func layers(of account: String) -> PolicyLayers {
        PolicyLayers(serviceControl: permissions.organisation.serviceControl(of: account))
    }

    // MARK: - By name

    /// The principal that a text names: an ARN, `user/NAME`, `role/NAME` or `root` where only one collected account has it, twelve digits, a
    /// service principal, or `*`.
    ///
    /// - Parameter session: the name of a role's session.
    func asker(named text: String, session: String?) throws(AccessQueryError) -> Asker {
        let found = try asker(named: text)
        guard let session else { return found }
        guard case .role(let arn) = found.principal, let parts = ARNParts(arn) else {
            throw AccessQueryError(.invalidPrincipal, "\(text) is no role: only roles have sessions")
        }
        let name = "arn:\(parts.partition):sts::\(parts.account):assumed-role/\(parts.name)/\(session)"
        guard let principal = RequestPrincipal(parsing: name), case .assumedRole = principal, !session.utf8.contains(UInt8(ascii: "/"))
        else {
            throw AccessQueryError(.invalidPrincipal, "\(session) is no name of a session")
        }
        return self.session(name, of: found)
    }

    private func asker(named text: String) throws(AccessQueryError) -> Asker {
        if let place = places[text] { return own[place] }
        if text == "root" || text.hasPrefix("user/") || text.hasPrefix("role/") { return try asker(short: text) }
        if text.hasPrefix("group/") || ARNParts(text)?.resource.hasPrefix("group/") == true {
            throw AccessQueryError(.invalidPrincipal, "\(text) is a group: only its members can do anything")
        }
        guard let principal = RequestPrincipal(parsing: text) else {
            throw AccessQueryError(
                .invalidPrincipal,
                "\(text) names no principal: neither an ARN of a user, role or session, user/NAME, role/NAME, an account, a service nor *")
        }
        return try asker(text, principal)
    }

    /// `user/NAME` and the like: by the whole of the ARN's last part, or without the path.
    private func asker(short text: String) throws(AccessQueryError) -> Asker {
        let parts = text.split(separator: "/", maxSplits: 1)
        var found: [Int] = []
        for (place, asker) in own.enumerated() {
            guard let arn = ARNParts(asker.name) else { continue }
            let isNamed =
                parts.count == 2 && !parts[1].contains("/")
                ? arn.resource.hasPrefix(parts[0] + "/") && arn.name.utf8.elementsEqual(parts[1].utf8)
                : arn.resource.utf8.elementsEqual(text.utf8)
            if isNamed { found.append(place) }
        }
        guard let first = found.first else { throw AccessQueryError(.unknownPrincipal, "\(text) is in none of the collected accounts") }
        guard found.count == 1 else {
            throw AccessQueryError(
                .ambiguousPrincipal, "\(text) is in several accounts: \(found.prefix(3).map { own[$0].name }.joined(separator: ", "))")
        }
        return own[first]
    }

    /// A principal that was asked for or that a policy names.
    func asker(_ text: String, _ principal: RequestPrincipal) throws(AccessQueryError) -> Asker {
        if let place = places[text] { return own[place] }
        switch principal {
        case .user(let arn) where ARNParts(arn)?.account == "cloudfront":
            // An origin access identity acts for whatever distribution names it.
            var asker = Asker(name: text, principal, layers: PolicyLayers(identity: [everything]))
            asker.isExternal = true
            asker.tags = [:]
            return asker
        case .user, .role:
            let account = principal.account ?? ""
            if withIdentities.contains(account) {
                throw AccessQueryError(.unknownPrincipal, "\(text) is not in account \(account)")
            }
            return stranger(text, principal)
        case .assumedRole(let role, _):
            guard let parts = ARNParts(role) else { return stranger(text, principal) }
            if let place = roles["\(parts.account)/\(parts.name)"] { return session(text, of: own[place]) }
            if withIdentities.contains(String(parts.account)) {
                throw AccessQueryError(.unknownPrincipal, "role/\(parts.name) is not in account \(parts.account)")
            }
            return stranger(text, principal)
        case .federatedUser:
            let account = principal.account ?? ""
            guard accounts.contains(account) else { return stranger(text, principal) }
            return unread(text, principal, "which user's credentials made the federated session is not known")
        case .root(let account, _), .account(let account):
            var asker = Asker(name: text, principal, layers: layers(of: account))
            asker.isExternal = !accounts.contains(account)
            return asker
        case .service, .identityProvider, .anonymous:
            var asker = Asker(name: text, principal)
            asker.isExternal = true
            asker.tags = [:]
            return asker
        }
    }

    /// A session of a role that was collected.
    private func session(_ arn: String, of role: Asker) -> Asker {
        var session = role
        session.name = arn
        session.principal = .assumedRole(role: role.name, session: arn)
        session.prepare()
        return session
    }

    /// Someone of an account that was not collected: what his own policies say is not known.
    private func stranger(_ text: String, _ principal: RequestPrincipal) -> Asker {
        let account = principal.account ?? "another account"
        let why =
            accounts.contains(account)
            ? "the users and roles of account \(account) were not collected"
            : "account \(account) was not collected, so what it lets its principals do is not known"
        var asker = unread(text, principal, why)
        asker.isExternal = !accounts.contains(account)
        return asker
    }

    private func unread(_ text: String, _ principal: RequestPrincipal, _ why: String) -> Asker {
        let policy = CompiledPolicy(unknown: PolicyTag(-1, name: "(\(why))"))
        explain(policy, why)
        var layers = principal.account.map { self.layers(of: $0) } ?? PolicyLayers()
        layers.identity = [policy]
        var asker = Asker(name: text, principal, layers: layers)
        asker.takesTags = true
        return asker
    }

    /// Notes why a policy is not known.
    func explain(_ policy: CompiledPolicy, _ why: String) { reasons["the text of policy \(policy.tag.name) is not known"] = why }

    // MARK: - Those who stand for many

    private var everything: CompiledPolicy { permissions.library.entries[permissions.library.allowAll].compiled }

    /// Some principal of an account that was not collected, which lets it do what it will.
    func anyAccount() -> Asker {
        var asker = Asker(
            name: "any-account", .user(arn: "arn:aws:iam::000000000000:user/stranger"), layers: PolicyLayers(identity: [everything]))
        asker.isExternal = true
        asker.derivesKeys = false
        asker.takesTags = true
        return asker
    }
}
