import CloudModel

/// One change to one thing of a snapshot, small enough that several of one document can be made together.
///
/// Nearly all only take away: they remove a grant, add a denial or a condition, close or tie something. One that removes a denial along the
/// way (leaving a group that denies) may open something; what it opens is found by evaluating again, never assumed.
enum Edit: Hashable, Sendable {
    /// Where a policy's text stands.
    enum Place: Hashable, Sendable {
        /// Inline in the principal of that ARN.
        case inline(principal: String, name: String)
        /// A managed policy, wherever it is attached.
        case managed(String)
        /// The trust policy of the role of that ARN.
        case trust(String)
        /// The policy of the bucket, function, secret or key of that ARN.
        case resource(String)
    }
    /// Takes one action out of a statement; the statement goes when it was the last one.
    case removeAction(Place, statement: Int, action: String)
    /// Takes a whole statement out.
    case removeStatement(Place, statement: Int)
    /// Adds a statement that denies one action on one resource, `*` for all.
    case denyAction(Place, action: String, resource: String)
    /// Takes one action out of a statement and allows it again, as it was but for what the narrowing says.
    case narrow(Place, statement: Int, action: String, to: Narrowing)
    /// Adds a condition to a statement.
    case addCondition(Place, statement: Int, Condition)
    /// Takes one principal out of a statement; the statement goes when it was the last one.
    case removePrincipal(Place, statement: Int, principal: String)
    /// Replaces one principal of a statement, `*` for everyone, by others.
    case replacePrincipal(Place, statement: Int, principal: String, by: [String])
    /// Detaches a managed policy from one principal.
    case detach(policy: String, principal: String)
    /// Takes a user out of a group.
    case leaveGroup(user: String, group: String)
    /// Makes a managed policy of that name which allows everything but these actions, and sets it as boundary of a principal without one.
    case setBoundary(principal: String, name: String, actions: [String])
    /// Asks for a signature at a function's URLs.
    case signFunctionURL(String)
    /// Takes sources, ranges or groups, out of one inbound rule of a security group, and puts ranges in their place; a rule without a source
    /// goes.
    case closeRule(securityGroup: String, rule: RuleKey, cidrs: [String], by: [String])
    /// Requires IMDSv2 of an instance.
    case requireIMDSv2(String)
    /// Takes the instance profile from an instance.
    case removeInstanceProfile(String)
    /// Switches all four settings of a bucket's public-access block on.
    case blockPublicAccess(String)
    /// Stops sharing a snapshot with an account, or with `all`.
    case unshare(String, with: String)
    /// Takes a database's public address.
    case unpublish(String)
    /// Deletes the access keys of a user that nobody uses.
    case deleteUnusedKeys(user: String)
    /// Makes a service control policy of that name which denies these actions to everyone in an account but these principals, by their ARNs,
    /// and attaches it to the account.
    case addServiceControlPolicy(account: String, name: String, actions: [String], besides: [String])

    /// How much of an action is left.
    struct Narrowing: Hashable, Sendable {
        /// On these resources alone; empty for the statement's own.
        var resources: [String] = []
        /// Only under these conditions too.
        var conditions: [Condition] = []
    }
    /// A test of a policy's `Condition`.
    struct Condition: Hashable, Sendable {
        /// The operator, such as `StringEquals`.
        var test: String
        var key: String
        var values: [String]
    }
    /// What tells the inbound rules of a security group apart.
    struct RuleKey: Hashable, Sendable {
        var ipProtocol: String
        var fromPort: Int?
        var toPort: Int?
    }

    /// What must be looked at again after the edit.
    enum Scope: Hashable, Sendable {
        /// Principals with this ARN; a group's members too.
        case principal(String)
        /// Principals with this managed policy.
        case managed(String)
        /// The trust of this role.
        case trust(String)
        /// What the internet reaches, and hosts reach of each other, through this security group.
        case exposure(String)
        /// What reads this resource.
        case resource(String)
        /// The role behind this instance.
        case workload(String)
        /// Everyone in this account.
        case account(String)
    }

    var scope: Scope {
        switch self {
        case .removeAction(let place, _, _), .removeStatement(let place, _), .denyAction(let place, _, _),
            .narrow(let place, _, _, _), .addCondition(let place, _, _), .removePrincipal(let place, _, _),
            .replacePrincipal(let place, _, _, _):
            switch place {
            case .inline(let principal, _): .principal(principal)
            case .managed(let arn): .managed(arn)
            case .trust(let role): .trust(role)
            case .resource(let arn): .resource(arn)
            }
        case .detach(_, let principal), .setBoundary(let principal, _, _): .principal(principal)
        case .leaveGroup(let user, _), .deleteUnusedKeys(let user): .principal(user)
        case .signFunctionURL(let arn), .blockPublicAccess(let arn), .unpublish(let arn), .unshare(let arn, _): .resource(arn)
        case .closeRule(let id, _, _, _): .exposure(id)
        case .removeInstanceProfile(let arn), .requireIMDSv2(let arn): .workload(arn)
        case .addServiceControlPolicy(let account, _, _, _): .account(account)
        }
    }

    /// The text that the edit changes; `nil` when it changes a setting.
    var place: Place? {
        switch self {
        case .removeAction(let place, _, _), .removeStatement(let place, _), .denyAction(let place, _, _),
            .narrow(let place, _, _, _), .addCondition(let place, _, _), .removePrincipal(let place, _, _),
            .replacePrincipal(let place, _, _, _):
            place
        default: nil
        }
    }
}

extension Edit {
    /// The same edits, each once, in an order that does not depend on theirs, so that what is made of a set of changes is the same whoever
    /// puts it together. Boundaries of one principal become one that leaves out what any of them does, and new service control policies of
    /// one account, name and exception one that denies what any of them does; of what is closed and what is narrowed the closed comes first.
    ///
    /// - Parameter known: the keys by which edits were ordered before.
    static func ordered(_ edits: [Edit], _ known: OrderKeys = OrderKeys()) -> [Edit] {
        guard edits.count > 1 else { return edits }
        var boundaries: [String: (name: String, actions: [String])] = [:]
        var limits: [[String]: [String]] = [:]
        var others: [(isLater: Bool, key: [UInt8], edit: Edit)] = []
        var seen: Set<Edit> = []
        for edit in edits where seen.insert(edit).inserted {
            if case .setBoundary(let principal, let name, let actions) = edit {
                let known = boundaries[principal]
                boundaries[principal] = (
                    known.map { AttackPathFinder.precedes($0.name, name) ? $0.name : name } ?? name,
                    ((known?.actions ?? []) + actions).sortedUnique
                )
                continue
            }
            if case .addServiceControlPolicy(let account, let name, let actions, let besides) = edit {
                limits[[account, name] + besides, default: []] += actions
                continue
            }
            var isLater = false
            if case .closeRule(_, _, _, let by) = edit { isLater = !by.isEmpty }
            others.append((isLater, known.key(of: edit), edit))
        }
        others.sort { a, b in a.isLater != b.isLater ? !a.isLater : a.key.lexicographicallyPrecedes(b.key) }
        let bounds = boundaries.sorted { AttackPathFinder.precedes($0.key, $1.key) }.map {
            Edit.setBoundary(principal: $0.key, name: $0.value.name, actions: $0.value.actions)
        }
        let limiting = limits.sorted { $0.key.lexicographicallyPrecedes($1.key, by: AttackPathFinder.precedes) }.map { key, actions in
            Edit.addServiceControlPolicy(
                account: key[0], name: key[1], actions: actions.sortedUnique, besides: Array(key.dropFirst(2)))
        }
        return others.map(\.edit) + bounds + limiting
    }

    /// The boundary that ``setBoundary(principal:name:actions:)`` makes.
    static func boundary(_ actions: [String]) -> JSONValue {
        [
            "Version": "2012-10-17",
            "Statement": [["Effect": "Allow", "NotAction": .array(actions.map { .string($0) }), "Resource": "*"]],
        ]
    }

    /// The ARN of a managed policy of that name in a principal's account.
    static func policyARN(_ name: String, besides principal: String) -> String {
        let parts = ARNParts(principal)
        return "arn:\(parts?.partition ?? "aws"):iam::\(parts?.account ?? ""):policy/\(name)"
    }
}

/// The texts by which edits are ordered, each made once.
final class OrderKeys {
    private var known: [Edit: [UInt8]] = [:]

    func key(of edit: Edit) -> [UInt8] {
        if let key = known[edit] { return key }
        let key = Array(FixEdit(edit).json.canonicalText.utf8)
        known[edit] = key
        return key
    }
}
