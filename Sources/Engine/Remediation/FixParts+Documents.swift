import CloudModel

/// Changes of texts: policies, trust, what resources let in.
extension FixParts {
    func part(_ place: Edit.Place, _ edits: [Edit]) -> FixTexts.Part? {
        switch place {
        case .inline(let holder, let name): return inline(holder, name, edits)
        case .managed(let arn): return managed(arn, edits)
        case .trust(let arn):
            guard let role = principal(arn), let document = role.trust?.document else { return nil }
            let texts = texts(document, place, edits)
            let before = texts.before ?? Patch.nothing(.trust, arn)
            let after = texts.after ?? Patch.nothing(.trust, arn)
            let command = { (text: JSONValue) in
                aws(
                    "iam update-assume-role-policy",
                    [("--role-name", role.name), ("--policy-document", ShellText.json(text))])
            }
            return .init(
                label: "trust policy of \(arn)", before: before, after: after, commands: [command(after)], rollback: [command(before)],
                terraform: block(
                    "aws_iam_role", role.name, [("name", ShellText.terraform(role.name)), ("assume_role_policy", encoded(after))]))
        case .resource(let arn): return resource(arn, edits)
        }
    }

    private func inline(_ holder: String, _ name: String, _ edits: [Edit]) -> FixTexts.Part? {
        guard let principal = principal(holder), let kind = Self.kind(principal),
            let document = principal.policies.first(where: { $0.kind == .inline && $0.name == name })?.document
        else { return nil }
        let (before, after) = texts(document, .inline(principal: holder, name: name), edits)
        guard let before else { return nil }
        let names = [("--\(kind)-name", principal.name), ("--policy-name", name)]
        let put = { (text: JSONValue) in aws("iam put-\(kind)-policy", names + [("--policy-document", ShellText.json(text))]) }
        return .init(
            label: "policy \(name) of \(holder)", before: before, after: after ?? .null,
            commands: [after.map(put) ?? aws("iam delete-\(kind)-policy", names)], rollback: [put(before)],
            terraform: after.map {
                block(
                    "aws_iam_\(kind)_policy", principal.name + "_" + name,
                    [("name", ShellText.terraform(name)), (kind, ShellText.terraform(principal.name)), ("policy", encoded($0))])
            }
                ?? removal(
                    "aws_iam_\(kind)_policy", [(kind, ShellText.terraform(principal.name)), ("name", ShellText.terraform(name))]))
    }

    static func kind(_ principal: Principal) -> String? {
        switch principal.kind {
        case .user: "user"
        case .group: "group"
        case .role: "role"
        case .root: nil
        }
    }

    private func managed(_ arn: String, _ edits: [Edit]) -> FixTexts.Part? {
        guard let policy = index.policies[arn]?.first.map({ original.policies[$0] }), let document = policy.source.document else {
            return nil
        }
        let texts = texts(document, .managed(arn), edits)
        let before = texts.before ?? Patch.nothing(.managed, arn)
        let after = texts.after ?? Patch.nothing(.managed, arn)
        let create = { (text: JSONValue) in
            aws(
                "iam create-policy-version", [("--policy-arn", arn), ("--policy-document", ShellText.json(text))], tail: "--set-as-default")
        }
        let delete = { (version: String) in
            aws("iam delete-policy-version", [("--policy-arn", arn), ("--version-id", version)])
        }
        // At most five versions can exist (IAM quotas). The old default goes, so that nobody can make it the default again.
        let earlier = prior.count { $0.contains { $0.place == .managed(arn) } }
        var commands = earlier == 0 ? Patch.evicted(policy).map { [delete($0)] } ?? [] : []
        commands.append(create(after))
        let old = earlier == 0 ? policy.defaultVersion : Patch.nextVersion(policy, after: earlier - 1)
        if let old { commands.append(delete(old)) }
        let replaced = old.map { Self.besides("Terraform keeps the version before, which could be made the default again", [delete($0)]) }
        return .init(
            label: "policy \(arn)", before: before, after: after, commands: commands,
            rollback: [create(before), delete(Patch.nextVersion(policy, after: earlier))],
            terraform: [
                block("aws_iam_policy", policy.name, [("name", ShellText.terraform(policy.name)), ("policy", encoded(after))]), replaced,
            ].compactMap(\.self).joined(separator: "\n\n"))
    }

    private func resource(_ arn: String, _ edits: [Edit]) -> FixTexts.Part? {
        if let bucket = original.buckets.first(where: { $0.arn == arn }), let document = bucket.policy?.document {
            let (before, after) = texts(document, .resource(arn), edits)
            guard let before else { return nil }
            let put = { (text: JSONValue) in
                aws("s3api put-bucket-policy", [("--bucket", bucket.name), ("--policy", ShellText.json(text))])
            }
            return .init(
                label: "policy of \(arn)", before: before, after: after ?? .null,
                commands: [after.map(put) ?? aws("s3api delete-bucket-policy", [("--bucket", bucket.name)])], rollback: [put(before)],
                terraform: after.map {
                    block("aws_s3_bucket_policy", bucket.name, [("bucket", ShellText.terraform(bucket.name)), ("policy", encoded($0))])
                } ?? removal("aws_s3_bucket_policy", [("bucket", ShellText.terraform(bucket.name))]))
        }
        if let secret = original.secrets.first(where: { $0.arn == arn }), let document = secret.policy?.document {
            let (before, after) = texts(document, .resource(arn), edits)
            guard let before else { return nil }
            let put = { (text: JSONValue) in
                aws(
                    "secretsmanager put-resource-policy", [("--secret-id", arn), ("--resource-policy", ShellText.json(text))],
                    region: secret.region)
            }
            return .init(
                label: "policy of \(arn)", before: before, after: after ?? .null,
                commands: [
                    after.map(put) ?? aws("secretsmanager delete-resource-policy", [("--secret-id", arn)], region: secret.region)
                ], rollback: [put(before)],
                terraform: after.map {
                    block(
                        "aws_secretsmanager_secret_policy", secret.name,
                        [("secret_arn", ShellText.terraform(arn)), ("policy", encoded($0))])
                } ?? removal("aws_secretsmanager_secret_policy", [("secret_arn", ShellText.terraform(arn))]))
        }
        if let key = original.keys.first(where: { $0.arn == arn }), let document = key.policy?.document {
            let (before, after) = texts(document, .resource(arn), edits)
            guard let before, let after else { return nil }
            // A key has one policy, of this name (PutKeyPolicy, AWS KMS API Reference).
            let put = { (text: JSONValue) in
                aws(
                    "kms put-key-policy", [("--key-id", arn), ("--policy-name", "default"), ("--policy", ShellText.json(text))],
                    region: key.region)
            }
            return .init(
                label: "policy of \(arn)", before: before, after: after, commands: [put(after)], rollback: [put(before)],
                terraform: block("aws_kms_key_policy", key.id, [("key_id", ShellText.terraform(key.id)), ("policy", encoded(after))]))
        }
        if let function = original.functions.first(where: { $0.arn == arn }), let document = function.policy?.document {
            return permissions(function, document, edits)
        }
        return nil
    }

    /// A function's policy is changed statement by statement.
    private func permissions(_ function: Function, _ document: JSONValue, _ edits: [Edit]) -> FixTexts.Part? {
        let texts = texts(document, .resource(function.arn), edits)
        let statements = Patch.statements(document)
        var commands: [String] = []
        var rollback: [String] = []
        var removed: [String] = []
        for case .removeStatement(_, let index) in edits where statements.indices.contains(index) {
            guard let sid = statements[index]["Sid"]?.string else { return nil }
            commands.append(
                aws(
                    "lambda remove-permission", [("--function-name", function.name), ("--statement-id", sid)], region: function.region))
            removed.append(
                removal(
                    "aws_lambda_permission",
                    [("function_name", ShellText.terraform(function.name)), ("statement_id", ShellText.terraform(sid))]))
            var options = [("--function-name", function.name), ("--statement-id", sid)]
            if let action = Patch.texts(statements[index]["Action"]).first { options.append(("--action", action)) }
            let principal = statements[index]["Principal"]
            let name = principal?.string ?? (Patch.texts(principal?["AWS"]) + Patch.texts(principal?["Service"])).first
            options.append(("--principal", name ?? "*"))
            if let type = statements[index]["Condition"]?["StringEquals"]?["lambda:FunctionUrlAuthType"]?.string {
                options.append(("--function-url-auth-type", type))
            }
            rollback.append(aws("lambda add-permission", options, region: function.region))
        }
        guard !commands.isEmpty else { return nil }
        return .init(
            label: "policy of \(function.arn)", before: texts.before ?? .null, after: texts.after ?? .null, commands: commands,
            rollback: rollback, terraform: removed.joined(separator: "\n"))
    }
}
