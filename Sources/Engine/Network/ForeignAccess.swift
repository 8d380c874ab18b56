import CloudModel
import IAMEvaluator

/// What accounts that were not read may take: by resource policies that name them, by snapshots and images shared with them.
extension NetworkReachability {
    /// A resource with a policy of its own, and what would matter if somebody did it.
    private struct Guarded {
        var policy: PolicySource
        var target: String
        var kind: String
        var account: String
        var name: String
        var actions: [(String, String)]
    }

    func foreignExposures() -> [Exposure] {
        let accounts = Set(snapshot.accounts.map(\.id))
        return guarded().flatMap { foreign($0, accounts) } + sharedExposures(accounts)
    }

    private func guarded() -> [Guarded] {
        var all: [Guarded] = []
        for bucket in snapshot.buckets {
            guard let policy = bucket.policy else { continue }
            let objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"].map { ($0, object(in: bucket, policy, $0)) }
            all.append(
                Guarded(
                    policy: policy, target: bucket.arn, kind: "bucket", account: bucket.account, name: bucket.name,
                    actions: objects + ["s3:ListBucket", "s3:PutBucketPolicy"].map { ($0, bucket.arn) }))
        }
        for key in snapshot.keys {
            guard let policy = key.policy else { continue }
            all.append(
                Guarded(
                    policy: policy, target: key.arn, kind: "key", account: key.account, name: key.id,
                    actions: ["kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy"].map { ($0, key.arn) }))
        }
        for secret in snapshot.secrets {
            guard let policy = secret.policy else { continue }
            all.append(
                Guarded(
                    policy: policy, target: secret.arn, kind: "secret", account: secret.account, name: secret.name,
                    actions: ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"].map { ($0, secret.arn) }))
        }
        for function in snapshot.functions {
            guard let policy = function.policy else { continue }
            all.append(
                Guarded(
                    policy: policy, target: function.arn, kind: "function", account: function.account, name: function.name,
                    actions: ["lambda:InvokeFunction", "lambda:UpdateFunctionCode"].map { ($0, function.arn) }))
        }
        for item in snapshot.guarded {
            guard let policy = item.policy else { continue }
            all.append(
                Guarded(
                    policy: policy, target: item.arn, kind: item.kind.rawValue, account: item.account, name: item.name,
                    actions: Self.actions(item.kind).map { ($0, item.arn) }))
        }
        return all
    }

    private func foreign(_ item: Guarded, _ accounts: Set<String>) -> [Exposure] {
        guard let document = item.policy.document,
            let parsed = try? PolicyDocument(parsing: document, form: .withPrincipal)
        else { return [] }
        var names: Set<String> = []
        for statement in parsed.statements where statement.effect == .allow {
            guard let element = statement.principal, !element.negated else { continue }
            for entry in element.entries {
                switch entry {
                case .account(let account) where !accounts.contains(account): names.insert(account)
                case .aws(let name):
                    guard let parts = ARNParts(name), parts.account.utf8.count == 12, !accounts.contains(String(parts.account)) else {
                        continue
                    }
                    names.insert(name)
                default: break
                }
            }
        }
        return names.sortedUnique.flatMap { name -> [Exposure] in
            guard let principal = RequestPrincipal(parsing: name), let account = principal.account, !KnownAccounts.isOfAWS(account) else {
                return []
            }
            var values: [String: [String]] = ["aws:securetransport": ["true"], "kms:calleraccount": [account]]
            values.merge(organisation.principalKeys(of: account)) { own, _ in own }
            values.merge(organisation.strangerKeys(of: account, at: item.account, trust: parsed)) { own, _ in own }
            let context = RequestContext(
                values: values,
                absent: .unknown(knownAbsent: [
                    "aws:sourcearn", "aws:sourceaccount", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:viaawsservice",
                    "kms:viaservice", "aws:principalservicename",
                ]))
            let who = self.label(name, account)
            return ask(item.policy, item.actions, item.account, context, as: principal).map { answer in
                var found = Exposure(
                    target: item.target, kind: .resourcePolicy, targetKind: item.kind, actions: answer.actions,
                    why: "the policy of \(item.name) lets \(who) do \(answer.actions.joined(separator: ", "))",
                    evidence: citations(item.policy, answer), conditions: answer.conditions,
                    confidence: Self.confidence(answer.unknown, answer.conditions), missing: answer.unknown)
                found.from = source(name, account)
                return found
            }
        }
    }

    private func sharedExposures(_ accounts: Set<String>) -> [Exposure] {
        func shared(_ with: [String]?) -> [String] {
            (with ?? []).filter { $0.utf8.count == 12 && !accounts.contains($0) && !KnownAccounts.isOfAWS($0) }
        }
        var found: [Exposure] = []
        for item in snapshot.dataSnapshots {
            for account in shared(item.sharedWith) {
                // What is encrypted can be shared with a key of the owner's only, and then the key must be shared as well.
                let conditions = item.encrypted == true ? ["the key that encrypts \(item.id) is shared too"] : []
                var one = Exposure(
                    target: item.arn, kind: .sharedSnapshot, targetKind: "snapshot", actions: [Self.copying(item)],
                    why: "\(item.id) may be restored by \(label(account, account))",
                    evidence: [index.cite(item.sharingEvidence ?? item.evidence)], conditions: conditions,
                    confidence: Self.confidence([], conditions))
                one.from = source(account, account)
                found.append(one)
            }
        }
        for image in snapshot.images {
            for account in shared(image.sharedWith) {
                var one = Exposure(
                    target: image.arn, kind: .sharedImage, targetKind: "image", actions: ["ec2:RunInstances"],
                    why: "\(image.id) may be started by \(label(account, account))",
                    evidence: [index.cite(image.sharingEvidence ?? image.evidence)], confidence: .proven)
                one.from = source(account, account)
                found.append(one)
            }
        }
        return found
    }

    /// The node that stands for a foreign account or principal.
    private func source(_ name: String, _ account: String) -> String {
        guard name == account || name.hasSuffix(":root") else { return name }
        let partition = snapshot.accounts.first?.partition ?? "aws"
        return "arn:\(partition):iam::\(account):root"
    }

    private func label(_ name: String, _ account: String) -> String {
        let whose = KnownAccounts.vendor(account).map { " (\($0))" } ?? ""
        let own =
            snapshot.organisations.contains { $0.nodes.contains { $0.id == account } } ? " of the same organisation" : ""
        return name == account || name.hasSuffix(":root") ? "account \(account)\(whose)\(own)" : name + whose + own
    }

    /// An object that a bucket's policy may speak of: any, or one where its statements say.
    func object(in bucket: Bucket, _ policy: PolicySource, _ action: String) -> String {
        let any = bucket.arn + "/*"
        guard let document = policy.document, let parsed = try? PolicyDocument(parsing: document, form: .withPrincipal) else { return any }
        let name = Array(action.utf8)
        for statement in parsed.statements where statement.effect == .allow {
            guard let resources = statement.resources, !resources.negated,
                statement.actions.patterns.contains(where: { Wildcard.matches(Array($0.utf8), name, ignoringCase: true) })
                    != statement.actions.negated
            else { continue }
            let own = resources.patterns.filter { $0.hasPrefix(bucket.arn + "/") && $0 != any && !$0.utf8.contains(UInt8(ascii: "$")) }
            if resources.patterns.contains(where: { Wildcard.matches($0, any) }) { return any }
            if let first = own.first { return first.replacing("?", with: "x") }
        }
        return any
    }
}
