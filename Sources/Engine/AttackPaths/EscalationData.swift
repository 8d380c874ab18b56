import CloudModel

/// Getting at data by changing who may read it, or by copying it.
extension GraphBuilder {
    /// What the catalogue says about these stores.
    func addDataTechniques(_ subject: Subject, _ principal: Principal, _ from: Int, to index: StoreIndex) {
        let all = index.own[subject.account]?.all ?? []
        let own = only == nil ? all : all.filter { isAsked(node: index[$0].node) }
        guard !own.isEmpty else { return }
        for (technique, needed) in EscalationCatalogue.aboutData where subject.allows.isSuperset(of: needed) {
            guard case .data(let data) = technique.shape else { continue }
            let step = Step(technique: technique, subject: subject, principal: principal, from: from, admin: from)
            // What is made besides is asked for once.
            guard let beside = beside(step) else { continue }
            let kind = draft.techniquePlace(technique.id)
            for store in own.lazy.map({ index[$0] })
            where isAbout(data, store.item) && !draft.isProven(from, store.node) {
                guard var proof = proof(step, data, store) else { continue }
                proof.add(beside.proof)
                draft.edge(
                    from, store.node, technique.id, likelihood: technique.likelihood, proof: proof,
                    hypothetical: proof.confidence == .unknown,
                    telling: shared.telling(kind, store.node) {
                        let node = draft.nodes[store.node]
                        return Telling(words: " may \(technique.deed) \(node.kind.rawValue) \(node.name) (\(step.actions)).")
                    })
            }
        }
    }

    private func isAbout(_ data: EscalationTechnique.Data, _ item: Store.Item) -> Bool {
        switch (data, item) {
        case (.bucketPolicy, .bucket), (.secretPolicy, .secret), (.keyPolicy, .secret), (.keyGrant, .secret), (.snapshot, .snapshot),
            (.database, .database):
            true
        default: false
        }
    }

    private func proof(_ step: Step, _ data: EscalationTechnique.Data, _ store: Store) -> Proof? {
        let policy = store.policy
        switch (data, store.item) {
        case (.bucketPolicy, .bucket(let bucket)):
            guard var proof = target(step, bucket.arn, bucket.account, bucket.tags ?? [:], bucket.region, policy, bucket.evidence),
                let read = permissions.mayOnceNamed(
                    step.subject, "s3:GetObject", on: bucket.arn + "/object", of: bucket.name, account: bucket.account,
                    evidence: bucket.evidence)
            else { return nil }
            proof.add(read)
            if !bucket.policyKnown { proof.require("no bucket policy denies it (it was not collected)") }
            return proof
        case (.secretPolicy, .secret(let secret)):
            guard var proof = target(step, secret.arn, secret.account, secret.tags, secret.region, policy, secret.evidence),
                let read = permissions.mayOnceNamed(
                    step.subject, "secretsmanager:GetSecretValue", on: secret.arn, of: secret.name, account: secret.account,
                    evidence: secret.evidence),
                let decrypt = decrypt(secret, step.subject)
            else { return nil }
            proof.add(read)
            proof.add(decrypt)
            if !secret.policyKnown { proof.require("no policy of the secret denies it (it was not collected)") }
            return proof
        case (.keyPolicy, .secret(let secret)), (.keyGrant, .secret(let secret)):
            return key(step, secret, policy)
        case (.snapshot(let kind), .snapshot(let item)) where item.kind == kind:
            guard var proof = target(step, item.arn, item.account, item.tags, item.region, nil, item.evidence) else { return nil }
            let shares = step.technique.requires.contains { $0.action.hasSuffix("SnapshotAttribute") }
            if item.encrypted == true {
                proof.require("the key that encrypts the snapshot can be \(shares ? "shared" : "used by the attacker")")
            }
            return proof
        case (.database(let isReached), .database(let database)):
            guard var proof = target(step, database.arn, database.account, database.tags, database.region, nil, database.evidence) else {
                return nil
            }
            if isReached, database.publiclyAccessible != true { proof.require("the attacker has a network path to the database") }
            if !isReached, database.encrypted == true { proof.require("the key that encrypts the database can be shared") }
            return proof
        default: return nil
        }
    }

    /// Proof of the actions on the resource itself.
    private func target(
        _ step: Step, _ arn: String, _ account: String, _ tags: [String: String], _ region: String?, _ policy: Permissions.ResourcePolicy?,
        _ evidence: Evidence
    ) -> Proof? {
        var context = tagContext(tags, arn)
        if let region { context["aws:requestedregion"] = [region] }
        var proof = Proof()
        for requirement in step.technique.requires where requirement.slot == .target {
            guard
                let one = permissions.may(step.subject, requirement.action, on: arn, account: account, context: context, policy: policy)
            else { return nil }
            proof.add(one)
        }
        proof.cite(permissions.citation(evidence))
        return proof
    }

    /// Reading a secret that only its key kept from the attacker.
    private func key(_ step: Step, _ secret: SecretItem, _ policy: Permissions.ResourcePolicy?) -> Proof? {
        guard let name = secret.kmsKey, let key = key(named: name, account: secret.account, region: secret.region), key.manager != "AWS",
            key.policy?.document != nil,
            var proof = target(
                step, key.arn, key.account, [:], key.region, permissions.resourcePolicy(of: key), key.evidence),
            let read = read(secret, policy, step.subject),
            let decrypt = permissions.mayOnceNamed(
                step.subject, "kms:Decrypt", on: key.arn, of: key.id, account: key.account,
                context: [
                    "kms:viaservice": ["secretsmanager.\(secret.region).amazonaws.com"], "kms:calleraccount": [step.subject.account],
                ],
                evidence: key.evidence)
        else { return nil }
        proof.add(read)
        proof.add(decrypt)
        proof.cite(permissions.citation(secret.evidence))
        return proof
    }
}

extension EscalationCatalogue {
    /// The techniques about data with the actions that they need.
    static let aboutData: [(technique: EscalationTechnique, needed: ActionSet)] = zip(techniques, needed).filter {
        if case .data = $0.0.shape { return true }
        return false
    }.map { (technique: $0.0, needed: $0.1) }
}

extension Permissions {
    /// Whether the subject may do something once the resource's policy names it; that policy is no fact, and is not cited.
    func mayOnceNamed(
        _ subject: Subject, _ action: String, on resource: String, of owner: String, account: String, context: [String: [String]] = [:],
        evidence: Evidence
    ) -> Proof? {
        let policy: JSONValue = [
            "Version": "2012-10-17",
            "Statement": [
                ["Effect": "Allow", "Principal": ["AWS": .string(subject.arn)], "Action": .string(action), "Resource": .string(resource)]
            ],
        ]
        let place = library.place(of: policy, withPrincipal: true, name: owner)
        let source = PolicySource(name: owner, kind: .resource, document: policy, evidence: evidence)
        guard
            var proof = may(
                subject, action, on: resource, account: account, context: context, policy: ResourcePolicy(place: place, source: source))
        else { return nil }
        proof.citations.removeAll { $0.record == evidence.record && $0.policy == owner && $0.statement != nil }
        return proof
    }
}
