import CloudModel
import IAMEvaluator

/// Principals that another one makes administrators, without becoming them.
extension GraphBuilder {
    /// One principal makes another an administrator.
    struct Turned {
        var proof: Proof
        /// How, as it reads after "may".
        var deed: String
    }

    /// Whether one principal can make another one an administrator, without becoming it.
    func turns(_ actor: Subject, _ index: Int) -> Turned? {
        let key = UInt64(actor.index) << 32 | UInt64(index)
        if let known = turned[key] { return known }
        let answer = turning(actor, index)
        turned[key] = .some(answer)
        return answer
    }

    private func turning(_ actor: Subject, _ index: Int) -> Turned? {
        let target = snapshot.principals[index]
        guard target.account == actor.account, !serviceLinked[index], let holder = permissions.subjects[index] else { return nil }
        var best: Turned?
        func offer(_ proof: Proof?, _ deed: String) {
            guard let proof, proof.confidence.rank < best?.proof.confidence.rank ?? 3 else { return }
            best = Turned(proof: proof, deed: deed)
        }
        let places =
            target.kind == .user ? [index] + target.groups.compactMap { permissions.principalIndex[$0] } : [index]
        for place in places {
            let one = snapshot.principals[place]
            let kind = one.kind == .user ? "User" : one.kind == .role ? "Role" : "Group"
            let context = targetContext(one)
            var attaching = context
            attaching["iam:policyarn"] = ["arn:\(actor.partition):iam::aws:policy/AdministratorAccess"]
            for (action, values) in [("iam:Attach\(kind)Policy", attaching), ("iam:Put\(kind)Policy", context)]
            where actor.allows.contains(action) {
                guard let allowed = permissions.may(actor, action, on: one.arn, account: one.account, context: values) else { continue }
                offer(
                    Proof.both(allowed, administrates(holder, .granted, remover: actor)),
                    "give \(one.kind.rawValue) \(one.name) a policy (\(action))")
                if best?.proof.confidence == .proven { return best }
            }
        }
        if actor.allows.contains("iam:CreatePolicyVersion") {
            for policy in holder.policies {
                guard let arn = policy.source.arn, policy.source.kind == .managed, !arn.contains(":iam::aws:policy/"),
                    let allowed = rewrites(actor, arn)
                else { continue }
                offer(
                    Proof.both(allowed, administrates(holder, .replaced(policy.place), remover: actor)),
                    "rewrite policy \(policy.source.name) (iam:CreatePolicyVersion)")
                if best?.proof.confidence == .proven { return best }
            }
        }
        if target.kind == .user, actor.allows.contains("iam:AddUserToGroup") {
            for place in groups[target.account] ?? [] {
                let group = snapshot.principals[place]
                guard !target.groups.contains(group.arn), let member = permissions.subjects[place],
                    permissions.administrator(member) != nil,
                    let allowed = permissions.may(actor, "iam:AddUserToGroup", on: group.arn, account: group.account)
                else { continue }
                let joined = permissions.joined(holder, member)
                offer(
                    Proof.both(allowed, administrates(joined, .none, remover: actor)),
                    "add user \(target.name) to group \(group.name) (iam:AddUserToGroup)")
                if best?.proof.confidence == .proven { return best }
            }
        }
        let (changes, isCut) = changes(of: holder, by: actor)
        for changed in changes {
            offer(
                Proof.both(changed.proof, administrates(changed.subject, .none, remover: actor)), changed.deeds.joined(separator: ", then ")
            )
            if best?.proof.confidence == .proven { return best }
        }
        if best == nil, isCut {
            var proof = Proof()
            proof.doubt("not every change that \(snapshot.principals[actor.index].arn) may make to \(target.arn) was tried")
            offer(proof, "change its policies in many ways")
        }
        return best
    }
}
