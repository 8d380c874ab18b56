import CloudModel

/// Service control policies, which the organisation's management account makes.
extension FixParts {
    func controlPolicy(_ account: String, _ name: String, _ actions: [String], _ besides: [String]) -> FixTexts.Part? {
        // Changes before were to the same policy: it is there by now, and denies more.
        let before = Edit.ordered(Array(prior.joined())).lazy.compactMap { edit -> [String]? in
            if case .addServiceControlPolicy(account, name, let actions, besides) = edit { actions } else { nil }
        }.first
        let document = Edit.controlPolicy(((before ?? []) + actions).sortedUnique, besides: besides)
        let label = "service control policy \(name)"
        let type = Organisation.PolicyType.serviceControl.rawValue
        let policy = [("name", ShellText.terraform(name)), ("type", ShellText.terraform(type)), ("content", encoded(document))]
        // What AWS calls it is known once it is there. An account has few policies, so all are on one page of the answer.
        let find = captured(
            "policy",
            aws(
                "organizations list-policies-for-target",
                [("--target-id", account), ("--filter", type), ("--query", Self.identifier(name))],
                tail: "--output text"))
        let use = { (words: String, options: [(String, String)]) in
            (["aws organizations \(words) --policy-id \"$policy\""] + options.map { ShellText.option($0.0, $0.1) }).joined(separator: " ")
        }
        if let before {
            let old = Edit.controlPolicy(before.sortedUnique, besides: besides)
            return .init(
                label: label, before: old, after: document,
                commands: [find, use("update-policy", [("--content", ShellText.json(document))])],
                rollback: [find, use("update-policy", [("--content", ShellText.json(old))])],
                terraform: block("aws_organizations_policy", name, policy))
        }
        let create = aws(
            "organizations create-policy",
            [
                ("--name", name), ("--description", NewControlPolicy.description), ("--type", type),
                ("--content", ShellText.json(document)), ("--query", "Policy.PolicySummary.Id"),
            ], tail: "--output text")
        let target = [("--target-id", account)]
        return .init(
            label: label, before: .null, after: document, commands: [captured("policy", create), use("attach-policy", target)],
            rollback: [find, use("detach-policy", target), use("delete-policy", [])],
            terraform: block("aws_organizations_policy", name, policy) + "\n\n"
                + block(
                    "aws_organizations_policy_attachment", name,
                    [
                        ("policy_id", "aws_organizations_policy.\(ShellText.label(name)).id"), ("target_id", ShellText.terraform(account)),
                    ]))
    }

    /// The JMESPath expression for the identifier of the policy of a name.
    private static func identifier(_ name: String) -> String { "Policies[?Name==\(literal(name))].Id" }
}
