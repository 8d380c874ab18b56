import IAMEvaluator

/// A set of the actions that the engine ever asks for.
struct ActionSet: Hashable, Sendable {
    private var words: [UInt64]

    /// The empty set.
    init() { words = [UInt64](repeating: 0, count: (EngineActions.names.count + 63) / 64) }

    /// Adds an action by its place in ``EngineActions/names``.
    mutating func insert(_ index: Int) { words[index >> 6] |= 1 << UInt64(index & 63) }
    /// Whether the action is in the set; an action that the engine does not list counts as in it.
    func contains(_ action: String) -> Bool {
        guard let index = EngineActions.index[action] else { return true }
        return contains(index)
    }
    /// Whether the action at that place of ``EngineActions/names`` is in the set.
    func contains(_ index: Int) -> Bool { words[index >> 6] & (1 << UInt64(index & 63)) != 0 }
    /// Adds all of another set.
    mutating func formUnion(_ other: ActionSet) { for index in words.indices { words[index] |= other.words[index] } }
    /// Removes what is not in the other set.
    mutating func formIntersection(_ other: ActionSet) { for index in words.indices { words[index] &= other.words[index] } }
    /// Whether all of another set is in it.
    func isSuperset(of other: ActionSet) -> Bool { words.indices.allSatisfy { other.words[$0] & ~words[$0] == 0 } }
    /// Whether nothing is in it.
    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
}

/// Every action that the engine asks the evaluator for, so that principals that name none of them cost nothing.
enum EngineActions {
    /// The actions, in the catalogue's spelling.
    static let names: [String] = {
        var seen: Set<String> = []
        var list: [String] = []
        let own = [
            "s3:GetObject", "secretsmanager:GetSecretValue", "kms:Decrypt", "rds:ModifyDBSnapshotAttribute",
            "rds:ModifyDBClusterSnapshotAttribute",
            "rds:ModifyDBInstance",
            "ec2:ModifySnapshotAttribute", "iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary",
            "iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:DeletePolicyVersion", "iam:CreateUser",
            "iam:CreateRole",
            "iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "ssm:UpdateInstanceInformation", "sqs:ReceiveMessage",
            "kinesis:GetRecords", "dynamodb:GetRecords", "iam:SetDefaultPolicyVersion", "iam:DeleteUserPolicy", "iam:DetachUserPolicy",
            "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:DeleteGroupPolicy", "iam:DetachGroupPolicy", "iam:RemoveUserFromGroup",
            "ssmmessages:OpenDataChannel", "cognito-identity:UpdateIdentityPool", "ssm:GetParameter",
        ]
        for action in EscalationCatalogue.techniques.flatMap(\.requires).map(\.action) + own + Destruction.actions
        where seen.insert(action).inserted {
            list.append(action)
        }
        return list
    }()
    /// Their places.
    static let index: [String: Int] = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })

    /// The actions that a set of patterns names.
    static func matched(by patterns: PatternSet) -> ActionSet {
        var set = ActionSet()
        let compiled = patterns.patterns.map { Array($0.utf8) }
        for (index, name) in names.enumerated() {
            let text = Array(name.utf8)
            if compiled.contains(where: { Wildcard.matches($0, text, ignoringCase: true) }) != patterns.negated { set.insert(index) }
        }
        return set
    }
}
