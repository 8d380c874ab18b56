import CloudModel

/// A service control policy that a change makes, as text and as the organisation has it afterwards.
extension Edit {
    /// The text of a policy that denies actions to everyone but these principals.
    ///
    /// A session's `aws:PrincipalArn` is its role's ARN. Where a request had none, a negated operator would be met with and without `IfExists`
    /// ("IAM JSON policy elements: Condition operators"), so the denial holds then as well.
    static func controlPolicy(_ actions: [String], besides principals: [String]) -> JSONValue {
        var statement: JSONObject = ["Effect": "Deny", "Action": .array(actions.map { .string($0) }), "Resource": "*"]
        if !principals.isEmpty {
            statement["Condition"] = ["ArnNotLike": ["aws:PrincipalArn": .array(principals.map { .string($0) })]]
        }
        return ["Version": "2012-10-17", "Statement": [.object(statement)]]
    }
}

/// A policy that a change makes, with where answers will have it.
struct NewControlPolicy {
    /// Place of the organisation in the snapshot.
    var organisation: Int
    var policy: Organisation.Policy
    /// The accounts whose answers tell of the organisation, and that of them which tells of the policy.
    var readers: Set<String>
    var reader: String

    static let description = "Keeps all but administrators from what attackers rise by"

    /// - Parameter all: accounts whose answers list policies, of whatever organisation.
    /// - Returns: `nil` where no organisation is known that limits the account.
    init?(
        _ snapshot: CloudSnapshot, _ account: String, _ name: String, _ actions: [String], _ besides: [String], readers all: Set<String>
    ) {
        guard let place = snapshot.organisations.firstIndex(where: { $0.holds(account, in: snapshot) }) else { return nil }
        let organisation = snapshot.organisations[place]
        guard let management = organisation.managementAccount, management != account else { return nil }
        readers = all.intersection(snapshot.accounts.filter { $0.organisation == .member(organisation.id) }.map(\.id))
        guard let reader = readers.min(by: AttackPathFinder.precedes) else { return nil }
        self.organisation = place
        self.reader = reader
        // AWS makes the identifier; any other policy's is another one.
        let id = AttackPathFinder.digest("p-", [organisation.id, account, name] + besides)
        let partition = organisation.policies.lazy.compactMap { $0.source.arn.flatMap { ARNParts($0) } }.first.map { String($0.partition) }
        policy = Organisation.Policy(
            id: id, type: .serviceControl,
            source: PolicySource(
                name: name,
                arn: "arn:\(partition ?? "aws"):organizations::\(management):policy/\(organisation.id)/service_control_policy/\(id)",
                kind: .serviceControl, document: Edit.controlPolicy(actions, besides: besides),
                evidence: Evidence(record: "\(reader)/organizations.describe-policy.\(id)", pointer: "/Policy/Content")),
            targets: [account], targetsKnown: true)
    }

    /// Accounts whose answers list policies of their organisation.
    static func readers(_ snapshot: CloudSnapshot) -> Set<String> {
        Set(
            snapshot.records.compactMap { record in
                let parts = record.id.split(separator: "/", maxSplits: 1)
                guard parts.count == 2, parts[1] == "organizations.list-policies" || parts[1].hasPrefix("organizations.list-policies.")
                else { return nil }
                return String(parts[0])
            })
    }

    /// What lists of policies have of it.
    var summary: JSONValue {
        [
            "Id": .string(policy.id), "Arn": .string(policy.source.arn ?? ""), "Name": .string(policy.source.name),
            "Description": .string(Self.description), "Type": .string(policy.type.rawValue), "AwsManaged": false,
        ]
    }
}

extension Organisation {
    /// Whether an account that was read is one of its members.
    func holds(_ account: String, in snapshot: CloudSnapshot) -> Bool {
        switch snapshot.accounts.first(where: { $0.id == account })?.organisation {
        case .member(let id)?: id == self.id
        case .notCollected?, .unreadable?: nodes.contains { $0.kind == .account && $0.id == account }
        case OrganisationMembership.none?, nil: false
        }
    }
}

extension Patch {
    /// Adds the policy that an edit makes to the organisation that limits the account.
    static func add(_ new: NewControlPolicy?, to snapshot: inout CloudSnapshot) {
        guard let new else { return }
        let policies = snapshot.organisations[new.organisation].policies
        let place = policies.firstIndex { AttackPathFinder.precedes(new.policy.id, $0.id) } ?? policies.count
        snapshot.organisations[new.organisation].policies.insert(new.policy, at: place)
    }
}
