import CloudModel

/// Changes of settings, attachments, memberships and rules.
extension FixParts {
    func part(_ edit: Edit) -> FixTexts.Part? {
        switch edit {
        case .detach(let policy, let holder):
            guard let principal = principal(holder), let kind = Self.kind(principal) else { return nil }
            let options = [("--\(kind)-name", principal.name), ("--policy-arn", policy)]
            return .init(
                label: "\(policy) on \(holder)", before: ["PolicyArn": .string(policy)], after: .null,
                commands: [aws("iam detach-\(kind)-policy", options)], rollback: [aws("iam attach-\(kind)-policy", options)],
                terraform: removal(
                    "aws_iam_\(kind)_policy_attachment",
                    [(kind, ShellText.terraform(principal.name)), ("policy_arn", ShellText.terraform(policy))]))
        case .leaveGroup(let user, let group):
            guard let principal = principal(user), let other = self.principal(group) else { return nil }
            let options = [("--user-name", principal.name), ("--group-name", other.name)]
            let left = prior.joined().compactMap { edit -> String? in
                if case .leaveGroup(user, let group) = edit { group } else { nil }
            }
            let rest = principal.groups.filter { $0 != group && !left.contains($0) }.compactMap { self.principal($0)?.name }
            return .init(
                label: "\(user) in \(group)", before: ["GroupName": .string(other.name)], after: .null,
                commands: [aws("iam remove-user-from-group", options)], rollback: [aws("iam add-user-to-group", options)],
                terraform: block(
                    "aws_iam_user_group_membership", principal.name,
                    [
                        ("user", ShellText.terraform(principal.name)),
                        ("groups", "[" + rest.map { ShellText.terraform($0) }.joined(separator: ", ") + "]"),
                    ]))
        case .deleteUnusedKeys(let user): return keys(of: user)
        case .setBoundary(let holder, let name, let actions): return boundary(holder, name, actions)
        case .signFunctionURL(let arn): return signature(arn)
        case .closeRule(let id, let key, let cidrs, let others): return rule(id, key, cidrs, others)
        case .requireIMDSv2(let arn):
            guard let instance = first(\.instances, index.instances[arn]) else { return nil }
            let command = { (tokens: String) in
                aws(
                    "ec2 modify-instance-metadata-options",
                    [("--instance-id", instance.id), ("--http-tokens", tokens), ("--http-endpoint", "enabled")], region: instance.region)
            }
            return .init(
                label: arn, before: ["HttpTokens": "optional"], after: ["HttpTokens": "required"], commands: [command("required")],
                rollback: [command("optional")],
                terraform: Self.comment("The instance \(instance.id):")
                    + nested(
                        "aws_instance", instance.id, "metadata_options",
                        [("http_endpoint", "\"enabled\""), ("http_tokens", "\"required\"")]))
        case .removeInstanceProfile(let arn):
            guard let instance = first(\.instances, index.instances[arn]), let profile = instance.instanceProfile else {
                return nil
            }
            let region = ShellText.option("--region", instance.region)
            let query =
                "$(aws ec2 describe-iam-instance-profile-associations --filters \(ShellText.word("Name=instance-id,Values=\(instance.id)")) --query 'IamInstanceProfileAssociations[0].AssociationId' --output text \(region))"
            return .init(
                label: arn, before: ["IamInstanceProfile": .string(profile)], after: .null,
                commands: ["aws ec2 disassociate-iam-instance-profile --association-id \"\(query)\" \(region)"],
                rollback: [
                    aws(
                        "ec2 associate-iam-instance-profile",
                        [("--instance-id", instance.id), ("--iam-instance-profile", "Arn=\(profile)")], region: instance.region)
                ],
                // The argument is computed where it is left out, so that taking it away would change nothing (the provider's ec2_instance.go).
                terraform: Self.comment("The instance \(instance.id), without a profile; the argument left out would keep it:")
                    + block("aws_instance", instance.id, [("iam_instance_profile", "\"\"")]))
        case .blockPublicAccess(let arn): return publicAccess(arn)
        case .unshare(let arn, let account): return sharing(arn, account)
        case .unpublish(let arn):
            guard let database = first(\.databases, index.databases[arn]) else { return nil }
            // It is applied at once; asking for that would apply whatever else waits for the maintenance window (ModifyDBInstance, RDS API).
            let command = { (flag: String) in
                aws("rds modify-db-instance", [("--db-instance-identifier", database.id)], tail: flag, region: database.region)
            }
            return .init(
                label: arn, before: ["PubliclyAccessible": true], after: ["PubliclyAccessible": false],
                commands: [command("--no-publicly-accessible")], rollback: [command("--publicly-accessible")],
                terraform: block(
                    "aws_db_instance", database.id, [("identifier", ShellText.terraform(database.id)), ("publicly_accessible", "false")]))
        case .addServiceControlPolicy(let account, let name, let actions, let besides):
            return controlPolicy(account, name, actions, besides)
        case .removeAction, .removeStatement, .denyAction, .narrow, .addCondition, .removePrincipal, .replacePrincipal: return nil
        }
    }

    private func boundary(_ holder: String, _ name: String, _ actions: [String]) -> FixTexts.Part? {
        guard let principal = principal(holder), let kind = Self.kind(principal), kind != "group" else { return nil }
        // A principal has one boundary: a second one leaves out what the first does as well, and takes its place.
        let before = Edit.ordered(Array(prior.joined())).compactMap { edit -> (name: String, actions: [String])? in
            if case .setBoundary(holder, let name, let actions) = edit { (name, actions) } else { nil }
        }.first
        let earlier = prior.joined().last { edit in if case .setBoundary(holder, _, _) = edit { true } else { false } }
        let arn = Edit.policyARN(name, besides: holder)
        let document = Edit.boundary(((before?.actions ?? []) + actions).sortedUnique)
        let owner = [("--\(kind)-name", principal.name)]
        var undoing = aws("iam delete-\(kind)-permissions-boundary", owner)
        var present = JSONValue.null
        if let before, case .setBoundary(_, let last, _)? = earlier {
            let arn = Edit.policyARN(last, besides: holder)
            undoing = aws("iam put-\(kind)-permissions-boundary", owner + [("--permissions-boundary", arn)])
            present = ["PermissionsBoundaryArn": .string(arn), "Document": Edit.boundary(before.actions)]
        }
        return .init(
            label: "boundary of \(holder)", before: present, after: ["PermissionsBoundaryArn": .string(arn), "Document": document],
            commands: [
                aws("iam create-policy", [("--policy-name", name), ("--policy-document", ShellText.json(document))]),
                aws("iam put-\(kind)-permissions-boundary", owner + [("--permissions-boundary", arn)]),
            ],
            rollback: [undoing, aws("iam delete-policy", [("--policy-arn", arn)])],
            terraform: block("aws_iam_policy", name, [("name", ShellText.terraform(name)), ("policy", encoded(document))]) + "\n\n"
                + block(
                    "aws_iam_\(kind)", principal.name,
                    [
                        ("name", ShellText.terraform(principal.name)),
                        ("permissions_boundary", "aws_iam_policy.\(ShellText.label(name)).arn"),
                    ]))
    }

    private func signature(_ arn: String) -> FixTexts.Part? {
        guard let function = first(\.functions, index.functions[arn]) else { return nil }
        let open = (function.urls ?? []).filter { $0.authType != "AWS_IAM" }
        let command = { (url: Function.URLConfiguration, type: String) in
            aws(
                "lambda update-function-url-config",
                [("--function-name", function.name)] + (url.qualifier.map { [("--qualifier", $0)] } ?? []) + [("--auth-type", type)],
                region: function.region)
        }
        return .init(
            label: "URL of \(arn)", before: ["AuthType": .string(open.first?.authType ?? "NONE")], after: ["AuthType": "AWS_IAM"],
            commands: open.map { command($0, "AWS_IAM") }, rollback: open.map { command($0, $0.authType) },
            terraform: open.map { url in
                let qualifier = url.qualifier.map { [("qualifier", ShellText.terraform($0))] } ?? []
                return block(
                    "aws_lambda_function_url", [function.name, url.qualifier].compactMap(\.self).joined(separator: "_"),
                    [("function_name", ShellText.terraform(function.name))] + qualifier + [("authorization_type", "\"AWS_IAM\"")])
            }.joined(separator: "\n\n"))
    }

    private func rule(_ id: String, _ key: Edit.RuleKey, _ cidrs: [String], _ others: [String]) -> FixTexts.Part? {
        guard let group = first(\.securityGroups, index.securityGroups[id]) else { return nil }
        let rules = group.ingress.filter { Edit.RuleKey($0) == key }
        let gone = cidrs.filter { source in rules.contains { $0.cidrs.contains(source) || $0.groups.contains(source) } }
        let new = others.filter { cidr in !rules.contains { $0.cidrs.contains(cidr) } }
        func permission(_ cidrs: [String]) -> JSONValue {
            var object: JSONObject = ["IpProtocol": .string(key.ipProtocol)]
            object["FromPort"] = key.fromPort.map { .number(String($0)) }
            object["ToPort"] = key.toPort.map { .number(String($0)) }
            let isIPv6 = { (cidr: String) in cidr.utf8.contains(UInt8(ascii: ":")) }
            let isGroup = { (source: String) in source.hasPrefix("sg-") }
            let four = cidrs.filter { !isIPv6($0) && !isGroup($0) }.map { JSONValue.object(["CidrIp": .string($0)]) }
            let six = cidrs.filter(isIPv6).map { JSONValue.object(["CidrIpv6": .string($0)]) }
            if !four.isEmpty { object["IpRanges"] = .array(four) }
            if !six.isEmpty { object["Ipv6Ranges"] = .array(six) }
            let pairs = cidrs.filter(isGroup).map { JSONValue.object(["GroupId": .string($0)]) }
            if !pairs.isEmpty { object["UserIdGroupPairs"] = .array(pairs) }
            return .object(object)
        }
        let command = { (verb: String, cidrs: [String]) in
            aws(
                "ec2 \(verb)-security-group-ingress",
                [("--group-id", id), ("--ip-permissions", ShellText.json(.array([permission(cidrs)])))], region: group.region)
        }
        let now = rules.flatMap { $0.cidrs + $0.groups }.sortedUnique
        let left = (now.filter { !cidrs.contains($0) } + others).sortedUnique
        let prefixLists = rules.flatMap(\.prefixLists).sortedUnique
        let isLeft = !left.isEmpty || !prefixLists.isEmpty
        return .init(
            label: "\(group.arn) \(key.ipProtocol) \(key.fromPort.map(String.init) ?? "all")", before: permission(now),
            after: isLeft ? permission(left) : .null,
            commands: [command("revoke", gone)] + (new.isEmpty ? [] : [command("authorize", new)]),
            rollback: (new.isEmpty ? [] : [command("revoke", new)]) + [command("authorize", gone)],
            terraform: rule(id, key, left, prefixLists))
    }

    /// The rule with the sources that are left, as Terraform has it: ranges and lists together, each group on its own.
    private func rule(_ id: String, _ key: Edit.RuleKey, _ sources: [String], _ prefixLists: [String]) -> String {
        func list(_ names: [String]) -> String { "[" + names.map { ShellText.terraform($0) }.joined(separator: ", ") + "]" }
        let name = "\(id)_\(key.ipProtocol)_\(key.fromPort ?? 0)"
        let members = [
            ("type", "\"ingress\""), ("security_group_id", ShellText.terraform(id)), ("protocol", ShellText.terraform(key.ipProtocol)),
            ("from_port", String(key.fromPort ?? 0)), ("to_port", String(key.toPort ?? 0)),
        ]
        let groups = sources.filter { $0.hasPrefix("sg-") }
        let six = sources.filter { $0.utf8.contains(UInt8(ascii: ":")) }
        let four = sources.filter { !groups.contains($0) && !six.contains($0) }
        let ranges = [("cidr_blocks", four), ("ipv6_cidr_blocks", six), ("prefix_list_ids", prefixLists)].filter { !$0.1.isEmpty }
        var blocks = ranges.isEmpty ? [] : [block("aws_security_group_rule", name, members + ranges.map { ($0.0, list($0.1)) })]
        blocks += groups.map {
            block("aws_security_group_rule", "\(name)_\($0)", members + [("source_security_group_id", ShellText.terraform($0))])
        }
        return blocks.isEmpty ? removal("aws_security_group_rule", members) : blocks.joined(separator: "\n\n")
    }

    private func publicAccess(_ arn: String) -> FixTexts.Part? {
        guard let bucket = first(\.buckets, index.buckets[arn]) else { return nil }
        func settings(_ block: PublicAccessBlock) -> [(String, Bool)] {
            [
                ("BlockPublicAcls", block.blockPublicACLs), ("IgnorePublicAcls", block.ignorePublicACLs),
                ("BlockPublicPolicy", block.blockPublicPolicy), ("RestrictPublicBuckets", block.restrictPublicBuckets),
            ]
        }
        func json(_ block: PublicAccessBlock) -> JSONValue { .object(JSONObject(settings(block).map { .init($0.0, .bool($0.1)) })) }
        let all = PublicAccessBlock(blockPublicACLs: true, ignorePublicACLs: true, blockPublicPolicy: true, restrictPublicBuckets: true)
        let put = { (block: PublicAccessBlock) in
            aws(
                "s3api put-public-access-block",
                [
                    ("--bucket", bucket.name),
                    ("--public-access-block-configuration", settings(block).map { "\($0.0)=\($0.1)" }.joined(separator: ",")),
                ])
        }
        return .init(
            label: arn, before: bucket.publicAccessBlock.map(json) ?? .null, after: json(all), commands: [put(all)],
            rollback: [bucket.publicAccessBlock.map(put) ?? aws("s3api delete-public-access-block", [("--bucket", bucket.name)])],
            terraform: block(
                "aws_s3_bucket_public_access_block", bucket.name,
                [
                    ("bucket", ShellText.terraform(bucket.name)), ("block_public_acls", "true"), ("ignore_public_acls", "true"),
                    ("block_public_policy", "true"), ("restrict_public_buckets", "true"),
                ]))
    }
}
