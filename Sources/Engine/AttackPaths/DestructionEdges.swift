import CloudModel

/// The ability to destroy: one jewel for each account, worth as much as the most valuable thing in it that can be deleted for good.
///
/// What counts is a bucket or a database worth at least ``leastValue``: what has any sign of mattering, every database, and what the owner
/// says. Copies in other places, such as replicas and vaults of backups, are not collected and do not count; Aurora's data outlives its
/// instances and is left out. An administrator's rights end at the rights themselves, which are worth more.
enum Destruction {
    /// The least value of what counts.
    static let leastValue = 35.0
    /// What destroys.
    static let actions = [
        "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "rds:DeleteDBInstance",
    ]

    /// The identifier of an account's node.
    static func node(_ account: String) -> String { "destroy:\(account)" }

    /// Whether something can be destroyed at all.
    static func isPossible(_ item: Store.Item) -> Bool {
        switch item {
        case .bucket(let bucket):
            bucket.lock != .compliance && !(bucket.keepsVersions == true && bucket.requiresMFAToDelete == true)
        case .database(let database): database.engine?.hasPrefix("aurora") != true
        case .secret, .snapshot, .parameter: false
        }
    }
}

extension GraphBuilder {
    /// What a principal destroys; the most valuable thing that it surely destroys is enough.
    func addDestruction(_ subject: Subject, _ principal: Principal, _ from: Int, onlyAbroad: Bool = false) {
        for place in destructible.candidates(subject, principal.arn, permissions, .destroying, onlyAbroad: onlyAbroad) {
            let store = destructible[place]
            guard let to = draft.places[Destruction.node(store.account)], !draft.isProven(from, to) else { continue }
            switch store.item {
            case .bucket(let bucket):
                guard let proof = destroys(bucket, store.policy, subject) else { continue }
                add(
                    "s3-destroy", from, to, store, proof, bucket.evidence,
                    "\(label(principal)) may delete objects of bucket \(bucket.name) for good (\(Self.deletion(bucket))).")
            case .database(let database):
                guard let proof = destroys(database, subject) else { continue }
                add(
                    "database-destroy", from, to, store, proof, database.evidence,
                    "\(label(principal)) may delete database \(database.id) and its automated backups (rds:DeleteDBInstance).")
            case .secret, .snapshot, .parameter: continue
            }
        }
    }

    /// What a resource policy lets outsiders destroy.
    func addDestruction(_ exposure: Exposure, _ from: Int) {
        guard exposure.actions.contains(where: { Wildcard.matches($0, "s3:DeleteObject", ignoringCase: true) }),
            let store = destructible.stores.first(where: { $0.id == exposure.target }), case .bucket(let bucket) = store.item,
            bucket.keepsVersions != true, let to = draft.places[Destruction.node(store.account)]
        else { return }
        var proof = Proof(confidence: exposure.confidence, conditions: exposure.conditions, unknowns: exposure.missing)
        for citation in exposure.evidence { proof.cite(citation) }
        requireNoVersions(of: bucket, &proof)
        draft.edge(
            from, to, "s3-destroy", likelihood: exposure.conditions.isEmpty ? Likelihood.reach : Likelihood.reachFromSome, proof: proof,
            via: [bucket.arn], hypothetical: proof.confidence == .unknown,
            why: "\(Narrative.sentence(exposure.why)) Objects that are deleted are gone.")
    }

    private func add(
        _ technique: String, _ from: Int, _ to: Int, _ store: Store, _ proof: Proof, _ evidence: Evidence, _ why: String
    ) {
        var proof = proof
        proof.cite(permissions.citation(evidence))
        draft.edge(
            from, to, technique, likelihood: Likelihood.easy, proof: proof, via: [store.id], hypothetical: proof.confidence == .unknown,
            why: why)
    }

    private static func deletion(_ bucket: Bucket) -> String {
        bucket.keepsVersions == true ? "s3:DeleteObjectVersion" : "s3:DeleteObject"
    }

    private func destroys(_ bucket: Bucket, _ policy: Permissions.ResourcePolicy?, _ subject: Subject) -> Proof? {
        func ask(_ action: String) -> Proof? { self.proof(subject, action, onObjectOf: bucket, policy) }
        guard var proof = bucket.keepsVersions == true ? ask("s3:DeleteObjectVersion") : ask("s3:DeleteObject") else { return nil }
        if bucket.keepsVersions != true {
            requireNoVersions(of: bucket, &proof)
        } else if bucket.lock == .governance {
            guard let both = Proof.both(proof, ask("s3:BypassGovernanceRetention")) else { return nil }
            proof = both
        } else if bucket.lock == nil {
            proof.require("no lock keeps the versions of its objects (which ones have one was not collected)")
        }
        if bucket.keepsVersions == true, let fact = bucket.facts["versioning"] { proof.cite(permissions.citation(fact)) }
        if !bucket.policyKnown { proof.require("no bucket policy denies it (it was not collected)") }
        return proof
    }

    private func requireNoVersions(of bucket: Bucket, _ proof: inout Proof) {
        if bucket.keepsVersions == nil {
            proof.doubt("whether bucket \(bucket.name) keeps versions was not collected")
            gaps.insert(.init(what: "who can destroy the objects of \(bucket.arn)", why: "its versioning was not collected"))
        }
        proof.cite(bucket.facts["versioning"].flatMap { permissions.citation($0) })
    }

    private func destroys(_ database: Database, _ subject: Subject) -> Proof? {
        guard subject.account == database.account else { return nil }
        var context = tagContext(database.tags, database.arn)
        context["aws:requestedregion"] = [database.region]
        func ask(_ action: String) -> Proof? {
            permissions.may(subject, action, on: database.arn, account: database.account, context: context)
        }
        guard var proof = ask("rds:DeleteDBInstance") else { return nil }
        switch database.deletionProtection {
        case false?: return proof
        case true?: return Proof.both(proof, ask("rds:ModifyDBInstance"))
        case nil:
            proof.require("it is not protected against being deleted (that was not collected)")
            return proof
        }
    }
}
