import CloudModel
import IAMEvaluator

/// Which principals read which data.
extension GraphBuilder {
    func addData(_ subject: Subject, _ principal: Principal, _ from: Int, to index: StoreIndex, onlyAbroad: Bool = false) {
        for place in index.candidates(subject, principal.arn, permissions, .reading, onlyAbroad: onlyAbroad) {
            let store = index[place]
            guard isAsked(node: store.node) else { continue }
            switch store.item {
            case .bucket(let bucket): addBucket(bucket, store, subject, from)
            case .secret(let secret): addSecret(secret, store, subject, from)
            case .parameter(let parameter): addParameter(parameter, store.node, subject, from)
            case .database, .snapshot: break
            }
        }
        if !onlyAbroad { addDataTechniques(subject, principal, from, to: index) }
    }

    private func addBucket(_ bucket: Bucket, _ store: Store, _ subject: Subject, _ from: Int) {
        guard var proof = proof(subject, "s3:GetObject", onObjectOf: bucket, store.policy) else { return }
        if !bucket.policyKnown { proof.require("no bucket policy denies it (it was not collected)") }
        let telling = shared.telling(draft.techniquePlace("s3-read"), store.node) {
            Telling(words: " may read objects of bucket \(bucket.name) (s3:GetObject).", fact: permissions.citation(bucket.evidence))
        }
        proof.cite(telling.fact)
        draft.edge(
            from, store.node, "s3-read", likelihood: Likelihood.certain, proof: proof, hypothetical: proof.confidence == .unknown,
            telling: telling)
    }

    /// Proof that a subject may do something to some object of a bucket.
    func proof(_ subject: Subject, _ action: String, onObjectOf bucket: Bucket, _ policy: Permissions.ResourcePolicy?) -> Proof? {
        guard subject.allows.contains(action) || bucket.policy != nil else { return nil }
        let usual = bucket.arn + "/object"
        var best = permissions.may(subject, action, on: usual, account: bucket.account, policy: policy)
        if best?.confidence == .proven { return best }
        for resource in witnesses(subject, action, default: usual, within: bucket.arn + "/").dropFirst() {
            best = Proof.better(best, permissions.may(subject, action, on: resource, account: bucket.account, policy: policy))
            if best?.confidence == .proven { break }
        }
        return best
    }

    private func addSecret(_ secret: SecretItem, _ store: Store, _ subject: Subject, _ from: Int) {
        guard subject.allows.contains("secretsmanager:GetSecretValue") || secret.policy != nil,
            var proof = read(secret, store.policy, subject),
            let decrypt = decrypt(secret, subject)
        else { return }
        proof.add(decrypt)
        if !secret.policyKnown { proof.require("no policy of the secret denies it (it was not collected)") }
        let telling = shared.telling(draft.techniquePlace("secret-read"), store.node) {
            Telling(
                words: " may read secret \(secret.name) (secretsmanager:GetSecretValue).", fact: permissions.citation(secret.evidence))
        }
        proof.cite(telling.fact)
        draft.edge(
            from, store.node, "secret-read", likelihood: Likelihood.certain, proof: proof, hypothetical: proof.confidence == .unknown,
            telling: telling)
    }

    /// Proof that a subject may ask for a secret's value; its key is another matter.
    func read(_ secret: SecretItem, _ policy: Permissions.ResourcePolicy?, _ subject: Subject) -> Proof? {
        var context = tagContext(secret.tags, secret.arn)
        if permissions.library.contextKeys.contains("secretsmanager:secretid") { context["secretsmanager:secretid"] = [secret.arn] }
        return permissions.may(
            subject, "secretsmanager:GetSecretValue", on: secret.arn, account: secret.account, context: context, policy: policy)
    }

    /// Proof that a subject may decrypt a secret's value.
    func decrypt(_ secret: SecretItem, _ subject: Subject) -> Proof? {
        guard let name = secret.kmsKey, let key = key(named: name, account: secret.account, region: secret.region), key.manager != "AWS"
        else { return Proof() }
        return decrypt(key, subject, service: "secretsmanager.\(secret.region).amazonaws.com")
    }

    /// A parameter that is kept encrypted; AWS's own key for them is open to whoever may read the parameter.
    private func addParameter(_ parameter: Workload, _ to: Int, _ subject: Subject, _ from: Int) {
        let action = "ssm:GetParameter"
        guard subject.account == parameter.account, subject.allows.contains(action) else { return }
        var context = tagContext(parameter.tags, parameter.arn)
        context["aws:requestedregion"] = [parameter.region]
        guard var proof = permissions.may(subject, action, on: parameter.arn, account: parameter.account, context: context) else { return }
        if let name = parameter["key"], name != "alias/aws/ssm" {
            let key = key(named: name, account: parameter.account, region: parameter.region)
            guard let key else {
                proof.require("the key \(name) lets it decrypt (which key that is was not collected)")
                return read(parameter, to, from, proof)
            }
            guard let decrypt = decrypt(key, subject, service: "ssm.\(parameter.region).amazonaws.com") else { return }
            proof.add(decrypt)
        }
        read(parameter, to, from, proof)
    }

    private func read(_ parameter: Workload, _ to: Int, _ from: Int, _ proof: Proof) {
        var proof = proof
        let telling = shared.telling(draft.techniquePlace("parameter-read"), to) {
            Telling(words: " may read parameter \(parameter.name) (ssm:GetParameter).", fact: permissions.citation(parameter.evidence))
        }
        proof.cite(telling.fact)
        draft.edge(
            from, to, "parameter-read", likelihood: Likelihood.certain, proof: proof, hypothetical: proof.confidence == .unknown,
            telling: telling)
    }

    func key(named name: String, account: String, region: String) -> EncryptionKey? {
        let known = identifiers.keys[name] ?? identifiers.keys["\(account) \(region) \(name)"]
        return known.map { snapshot.keys[$0] }.flatMap { $0.account == account && $0.region == region ? $0 : nil }
    }

    private func decrypt(_ key: EncryptionKey, _ subject: Subject, service: String) -> Proof? {
        guard let policy = permissions.resourcePolicy(of: key) else {
            var proof = Proof()
            proof.require("the policy of key \(key.id) allows kms:Decrypt (it was not collected)")
            return proof
        }
        return permissions.may(
            subject, "kms:Decrypt", on: key.arn, account: key.account,
            context: ["kms:viaservice": [service], "kms:calleraccount": [subject.account]],
            policy: policy)
    }

    /// Resources to ask about when any one will do: the default, and what the subject's own statements name, with wildcards filled in.
    func witnesses(_ subject: Subject, _ action: String, default usual: String, within prefix: String? = nil) -> [String] {
        var found = [usual]
        let action = Array(action.utf8)
        let usualParts = ARNParts(usual)
        for policy in subject.policies {
            for statement in permissions.library.entries[policy.place].document?.statements ?? [] where statement.effect == .allow {
                guard let resources = statement.resources, !resources.negated,
                    statement.actions.patterns.contains(where: { Wildcard.matches(Array($0.utf8), action, ignoringCase: true) })
                        != statement.actions.negated
                else { continue }
                for pattern in resources.patterns where found.count < 12 {
                    guard !Wildcard.matches(pattern, usual), let candidate = filled(pattern, like: usualParts) else { continue }
                    if let prefix, !candidate.hasPrefix(prefix) { continue }
                    if !found.contains(candidate) { found.append(candidate) }
                }
            }
        }
        return found
    }

    /// A concrete resource that the pattern matches, of the same service as `usual`.
    private func filled(_ pattern: String, like usual: ARNParts?) -> String? {
        guard let parts = ARNParts(pattern), !pattern.utf8.contains(UInt8(ascii: "$")) else { return nil }
        if let usual, usual.service != parts.service { return nil }
        func fill(_ text: Substring, _ value: Substring?) -> String {
            if text.utf8.contains(UInt8(ascii: "*")), text.utf8.count == 1, let value { return String(value) }
            return String(
                decoding: text.utf8.map { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") ? UInt8(ascii: "x") : $0 }, as: UTF8.self)
        }
        let account = Substring(usual?.account ?? "")
        return "arn:\(fill(parts.partition, usual?.partition ?? "aws")):\(parts.service):\(fill(parts.region, usual?.region)):"
            + "\(fill(parts.account, usual == nil ? nil : account)):\(fill(parts.resource, nil))"
    }
}
