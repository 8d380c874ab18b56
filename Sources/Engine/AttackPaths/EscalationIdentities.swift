import CloudModel
import IAMEvaluator

/// Changing who principals are and what they may do. Long because all of it shares the same questions: who may rewrite what, what holds back
/// whom, and whether the one who gains is an administrator then.
extension GraphBuilder {
    /// Ways to administrator rights that need no technique: making a new administrator, or shedding the boundary that holds one back.
    func addOwnMeans(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        if let proof = makesAdministrator(subject, .none) {
            draft.edge(
                from, admin, "create-administrator", likelihood: Likelihood.easy, proof: proof, hypothetical: proof.confidence == .unknown,
                why: "\(label(principal)) may create a user or role, give it AdministratorAccess and use it.")
        }
        if let boundary = subject.boundary, let lifted = lifts(subject, of: subject, boundary: boundary.source),
            let proof = Proof.both(lifted, permissions.administrator(subject, as: .unbounded))
        {
            draft.edge(
                from, admin, "lift-boundary", likelihood: Likelihood.certain, proof: proof, hypothetical: proof.confidence == .unknown,
                why: "\(label(principal)) may remove or replace its own permissions boundary, and is an administrator without it.")
        }
    }

    // MARK: Users, groups and roles themselves

    func credentials(_ step: Step, _ credential: EscalationTechnique.Credential) {
        for index in users[step.principal.account] ?? [] where index != step.subject.index && isAsked(index) {
            let user = snapshot.principals[index]
            guard let to = draft.places[user.arn], var proof = suits(user, credential), let allowed = all(step, on: user) else { continue }
            proof.add(allowed)
            proof.cite(permissions.citation(user.evidence))
            draft.edge(
                step.from, to, step.technique.id,
                // With an unknown number of keys, replacing one works either way.
                likelihood: credential == .key && user.accessKeys == nil ? Likelihood.easy : step.technique.likelihood, proof: proof,
                why: "\(label(step.principal)) may \(step.technique.deed) user \(user.name): it is allowed \(step.actions) on that user.")
            if credential != .key, credential != .replacedKey { grantThrough(step, index, proof) }
        }
    }

    /// What must hold of a user so that its credentials can be taken in that way; `nil` where it does not.
    private func suits(_ user: Principal, _ credential: EscalationTechnique.Credential) -> Proof? {
        var proof = Proof()
        switch credential {
        case .key: if let keys = user.accessKeys?.count, keys >= 2 { return nil }
        case .replacedKey: if let keys = user.accessKeys?.count, keys < 2 { return nil }
        case .firstPassword, .firstPasswordWithoutFactor:
            if user.hasPassword == true { return nil }
            if user.hasPassword == nil { proof.require("user \(user.name) has no console password yet (not collected)") }
        case .password, .passwordWithoutFactor:
            if user.hasPassword == false { return nil }
            if user.hasPassword == nil { proof.require("user \(user.name) has a console password (not collected)") }
        }
        switch credential {
        case .firstPassword, .password:
            if user.hasMFA == true { proof.require("the attacker has the MFA device of user \(user.name)") }
        // Without a second factor there is none to take away.
        case .firstPasswordWithoutFactor, .passwordWithoutFactor: if user.hasMFA == false { return nil }
        case .key, .replacedKey: break
        }
        return proof
    }

    /// All required actions with the slot `target` on one principal; those on policies are not asked here.
    private func all(_ step: Step, on target: Principal) -> Proof? {
        var proof = Proof()
        for requirement in step.technique.requires where requirement.slot == .target && requirement.action != "sts:AssumeRole" {
            var context = targetContext(target)
            if requirement.action.hasPrefix("iam:Attach") {
                context["iam:policyarn"] = ["arn:\(step.subject.partition):iam::aws:policy/AdministratorAccess"]
            }
            guard let one = permissions.may(step.subject, requirement.action, on: target.arn, account: target.account, context: context)
            else { return nil }
            proof.add(one)
        }
        return proof
    }

    /// Customer-managed policies attached to a principal, its groups' included where asked, that the step may rewrite.
    private func rewritable(_ step: Step, _ holder: Subject) -> [(place: Int, source: PolicySource, proof: Proof)] {
        var found: [(place: Int, source: PolicySource, proof: Proof)] = []
        for policy in holder.policies {
            guard let arn = policy.source.arn, policy.source.kind == .managed, !arn.contains(":iam::aws:policy/"),
                !found.contains(where: { $0.place == policy.place }), let proof = rewrites(step.subject, arn)
            else { continue }
            found.append((policy.place, policy.source, proof))
        }
        return found
    }

    func rewrites(_ subject: Subject, _ arn: String) -> Proof? {
        guard var proof = permissions.may(subject, "iam:CreatePolicyVersion", on: arn, account: subject.account) else { return nil }
        // At most five versions can exist (IAM quotas).
        if let count = managedPolicies[arn]?.versionCount, count >= 5 {
            guard let delete = permissions.may(subject, "iam:DeletePolicyVersion", on: arn, account: subject.account) else { return nil }
            proof.add(delete)
        }
        return proof
    }

    /// Proof that `holder` is an administrator once it has a policy that allows everything; `remover` may lift its boundary first.
    func administrates(_ holder: Subject, _ change: Permissions.Change, remover: Subject) -> Proof? {
        // Who sheds what denies it, or lifts its boundary, does so of itself.
        let isOwn = holder.boundary != nil || change != .none && isDenied(holder)
        let key = Grant(holder: holder.set, change: change, own: isOwn ? holder.index : nil, remover: isOwn ? remover.set : nil)
        if let known = grants[key] { return known }
        var best = permissions.administrator(holder, as: change)
        if best?.confidence != .proven, let boundary = holder.boundary {
            let unbounded: Permissions.Change =
                switch change {
                case .replaced(let place), .replacedUnbounded(let place): .replacedUnbounded(place)
                default: .grantedUnbounded
                }
            var lifted = lifts(remover, of: holder, boundary: boundary.source)
            if case .replaced(let place) = change, place == boundary.place { lifted = Proof() }
            if lifted?.confidence != .proven, holder.index != remover.index || change != .none {
                // With what it was given it may lift the boundary itself.
                lifted = Proof.better(lifted, lifts(holder, of: holder, boundary: boundary.source, as: change))
            }
            best = Proof.better(best, Proof.both(lifted, permissions.administrator(holder, as: unbounded)))
        }
        if best?.confidence != .proven { best = Proof.better(best, makesAdministrator(holder, change)) }
        if best?.confidence != .proven { best = Proof.better(best, administratesOnceShed(holder, change)) }
        best?.citations = []
        grants[key] = .some(best)
        return best
    }

    func lifts(_ remover: Subject, of holder: Subject, boundary: PolicySource, as change: Permissions.Change = .none) -> Proof? {
        let target = snapshot.principals[holder.index]
        guard target.kind != .group else { return nil }
        let kind = target.kind == .user ? "User" : "Role"
        let context = targetContext(target)
        var proof = permissions.may(
            remover, "iam:Delete\(kind)PermissionsBoundary", on: holder.arn, account: holder.account, context: context, as: change)
        var other = context
        other["iam:permissionsboundary"] = ["arn:\(holder.partition):iam::aws:policy/AdministratorAccess"]
        proof = Proof.better(
            proof,
            permissions.may(
                remover, "iam:Put\(kind)PermissionsBoundary", on: holder.arn, account: holder.account, context: other, as: change))
        if let arn = boundary.arn, !arn.contains(":iam::aws:policy/") {
            proof = Proof.better(proof, permissions.may(remover, "iam:CreatePolicyVersion", on: arn, account: holder.account, as: change))
        }
        return proof
    }

    /// Whoever may make a user or role and give it AdministratorAccess has an administrator although not its own rights are all.
    func makesAdministrator(_ holder: Subject, _ change: Permissions.Change) -> Proof? {
        let start = "arn:\(holder.partition):iam::\(holder.account):"
        let attaching = ["iam:policyarn": ["arn:\(holder.partition):iam::aws:policy/AdministratorAccess"]]
        func all(_ actions: [String], on resource: String) -> Proof? {
            var proof: Proof? = Proof()
            for action in actions {
                proof = Proof.both(
                    proof,
                    permissions.may(
                        holder, action, on: resource, account: holder.account, context: action.hasPrefix("iam:Attach") ? attaching : [:],
                        as: change))
                if proof == nil { return nil }
            }
            return proof
        }
        // The maker picks the name, so one that its policies let through will do.
        func names(_ kind: String, _ action: String) -> [String] {
            witnesses(holder, action, default: start + kind + "/example", within: start + kind + "/")
                .filter { permissions.principalIndex[$0] == nil }
        }
        var best: Proof?
        for user in names("user", "iam:CreateUser") {
            guard best?.confidence != .proven else { break }
            guard let made = all(["iam:CreateUser"], on: user),
                let key = Proof.better(all(["iam:CreateAccessKey"], on: user), all(["iam:CreateLoginProfile"], on: user))
            else { continue }
            // What gives it everything is as good written as attached, to itself or to a group of its own.
            var given = Proof.better(all(["iam:AttachUserPolicy"], on: user), all(["iam:PutUserPolicy"], on: user))
            for group in given?.confidence == .proven ? [] : names("group", "iam:CreateGroup") {
                guard let joined = all(["iam:CreateGroup", "iam:AddUserToGroup"], on: group) else { continue }
                let wide = Proof.better(all(["iam:AttachGroupPolicy"], on: group), all(["iam:PutGroupPolicy"], on: group))
                given = Proof.better(given, Proof.both(joined, wide))
            }
            let used = Proof.both(Proof.both(made, key), permissions.administrator(once: .user(arn: user), of: holder))
            best = Proof.better(best, Proof.both(used, given))
        }
        // The new role's trust policy names its maker, who then needs no permission to assume it; an explicit denial would still hold.
        // A role may be given a name that the organisation's policies make an exception for.
        let exempt = permissions.organisation.roleNames(of: holder.account, partition: holder.partition)
        for role in names("role", "iam:CreateRole") + exempt {
            guard best?.confidence != .proven else { break }
            let given = Proof.better(all(["iam:AttachRolePolicy"], on: role), all(["iam:PutRolePolicy"], on: role))
            guard let made = Proof.both(all(["iam:CreateRole"], on: role), given) else { continue }
            let used = Proof.both(
                permissions.mayAssumeOnceMade(holder, role, as: change), permissions.administrator(once: .role(arn: role), of: holder))
            best = Proof.better(best, Proof.both(made, used))
        }
        return best
    }

    /// Whether a subject may change the rights of others at all, by a way that ``grantThrough(_:_:_:)`` looks at.
    func mayGrant(_ subject: Subject) -> Bool {
        subject.allows.contains("iam:CreatePolicyVersion") || EscalationCatalogue.granting.contains { subject.allows.isSuperset(of: $0) }
    }

    /// Gives rights to a principal that the step just became, when the subject may do that too.
    func grantThrough(_ step: Step, _ index: Int, _ becoming: Proof) {
        guard !isDone(step), !serviceLinked[index] else { return }
        let target = snapshot.principals[index]
        guard target.account == step.principal.account, let holder = permissions.subjects[index],
            becoming.confidence != .unknown
        else { return }
        let ids: [String] =
            switch target.kind {
            case .role: ["iam-009", "iam-005"]
            case .user: ["iam-008", "iam-007"]
            case .group: ["iam-010", "iam-011"]
            case .root: []
            }
        for id in ids {
            guard let technique = EscalationCatalogue.byID[id], technique.requires.allSatisfy({ step.subject.allows.contains($0.action) })
            else { continue }
            var grant = step
            grant.technique = technique
            guard var proof = all(grant, on: target), let admin = administrates(holder, .granted, remover: step.subject) else { continue }
            proof.add(admin)
            proof.add(becoming)
            gain(
                grant, proof,
                "may \(step.technique.deed) \(target.kind.rawValue) \(target.name) and give it AdministratorAccess or the like")
        }
        guard target.kind != .group, step.subject.allows.contains("iam:CreatePolicyVersion") else { return }
        for (place, source, rewrite) in rewritable(step, holder) {
            guard var proof = administrates(holder, .replaced(place), remover: step.subject),
                let technique = EscalationCatalogue.byID["iam-001"]
            else { continue }
            proof.add(rewrite)
            proof.add(becoming)
            var grant = step
            grant.technique = technique
            gain(grant, proof, "may \(step.technique.deed) \(target.kind.rawValue) \(target.name) and rewrite its policy \(source.name)")
        }
    }

    func ownPolicy(_ step: Step, _ own: EscalationTechnique.Own) {
        if step.principal.kind == .role, step.principal.isServiceLinked { return }
        if own == .managedPolicy {
            for (place, source, proof) in rewritable(step, step.subject) {
                guard var all = administrates(step.subject, .replaced(place), remover: step.subject) else { continue }
                all.add(proof)
                gain(step, all, "may write a new default version of policy \(source.name), which is attached to it")
                if all.confidence == .proven { return }
            }
            return
        }
        guard (step.principal.kind == .role) == (own == .role) else { return }
        var itself = step.principal
        itself.arn = step.subject.arn
        guard var proof = all(step, on: itself), let admin = administrates(step.subject, .granted, remover: step.subject) else { return }
        proof.add(admin)
        gain(step, proof, "may \(step.technique.deed)")
    }

    /// The edge to administrator rights.
    func gain(_ step: Step, _ proof: Proof, _ deed: String) {
        draft.edge(
            step.from, step.admin, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
            why: "\(label(step.principal)) \(deed), and so get administrator rights (\(step.actions)).")
    }

    func ownGroup(_ step: Step) {
        let own = step.principal.kind == .group ? [step.principal.arn] : step.principal.groups
        for arn in own {
            guard let index = permissions.principalIndex[arn] else { continue }
            let group = snapshot.principals[index]
            guard var proof = all(step, on: group), let admin = administrates(step.subject, .granted, remover: step.subject) else {
                continue
            }
            proof.add(admin)
            proof.cite(permissions.citation(group.evidence))
            gain(step, proof, "may \(step.technique.deed), \(group.name)")
            if proof.confidence == .proven { return }
        }
    }

    func joinGroup(_ step: Step) {
        guard step.principal.kind != .role else { return }
        for index in groups[step.principal.account] ?? [] where index != step.subject.index {
            let group = snapshot.principals[index]
            guard !step.principal.groups.contains(group.arn), let member = permissions.subjects[index], let to = draft.places[group.arn],
                var proof = all(step, on: group)
            else { continue }
            let joined = permissions.joined(step.subject, member)
            if permissions.administrator(member) != nil {
                // What the user is denied, or its boundary, stays with it in the group.
                guard let admin = administrates(joined, .none, remover: joined) else { continue }
                proof.add(admin)
            } else if let boundary = step.subject.boundary, permissions.library.entries[boundary.place].document != nil,
                lifts(joined, of: joined, boundary: boundary.source) == nil
            {
                proof.require("what the group allows is also within the boundary of user \(step.principal.name)")
            }
            proof.cite(permissions.citation(group.evidence))
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
                why: "\(label(step.principal)) may \(step.technique.deed) group \(group.name): it is allowed \(step.actions) on that group."
            )
            grantThrough(step, index, proof)
        }
    }

    func roleTrust(_ step: Step) {
        for index in roles[step.principal.account] ?? [] where index != step.subject.index {
            let role = snapshot.principals[index]
            guard !serviceLinked[index], let to = draft.places[role.arn], var proof = all(step, on: role),
                let assume = permissions.mayAssumeOnceTrusted(step.subject, role)
            else { continue }
            proof.add(assume)
            proof.cite(permissions.citation(role.evidence))
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
                why: "\(label(step.principal)) may \(step.technique.deed) role \(role.name) and then assume it (\(step.actions)).")
        }
    }

    func userGrant(_ step: Step) {
        for index in users[step.principal.account] ?? [] where index != step.subject.index {
            let user = snapshot.principals[index]
            guard let holder = permissions.subjects[index], var proof = all(step, on: user),
                let admin = administrates(holder, .granted, remover: step.subject)
            else { continue }
            if let keys = user.accessKeys?.count, keys >= 2 {
                guard let delete = permissions.may(step.subject, "iam:DeleteAccessKey", on: user.arn, account: user.account) else {
                    continue
                }
                proof.add(delete)
            }
            proof.add(admin)
            proof.cite(permissions.citation(user.evidence))
            gain(step, proof, "may \(step.technique.deed) user \(user.name)")
            if proof.confidence == .proven { return }
        }
    }

    func assumedRoleGrant(_ step: Step) {
        for (index, assume) in assumable[step.subject.index] ?? [] {
            let role = snapshot.principals[index]
            guard !serviceLinked[index], role.account == step.principal.account, let holder = permissions.subjects[index] else { continue }
            roleGrant(step, role, holder, assume)
            if isDone(step) { return }
        }
    }

    func trustedRoleGrant(_ step: Step) {
        for index in roles[step.principal.account] ?? [] where index != step.subject.index {
            let role = snapshot.principals[index]
            guard !serviceLinked[index], let holder = permissions.subjects[index], all(step, on: role) != nil,
                let assume = permissions.mayAssumeOnceTrusted(step.subject, role)
            else { continue }
            roleGrant(step, role, holder, assume)
            if isDone(step) { return }
        }
    }

    private func roleGrant(_ step: Step, _ role: Principal, _ holder: Subject, _ assume: Proof) {
        guard let allowed = all(step, on: role) else { return }
        if step.technique.requires.contains(where: { $0.slot == .policy }) {
            for (place, source, rewrite) in rewritable(step, holder) {
                guard var proof = administrates(holder, .replaced(place), remover: step.subject) else { continue }
                proof.add(rewrite)
                proof.add(allowed)
                proof.add(assume)
                gain(step, proof, "may \(step.technique.deed) role \(role.name) (policy \(source.name))")
                if proof.confidence == .proven { return }
            }
            return
        }
        guard var proof = administrates(holder, .granted, remover: step.subject) else { return }
        proof.add(allowed)
        proof.add(assume)
        proof.cite(permissions.citation(role.evidence))
        gain(step, proof, "may \(step.technique.deed) role \(role.name)")
    }

    /// Whether the step already proved administrator rights, so that further targets add nothing.
    func isDone(_ step: Step) -> Bool { draft.isProven(step.from, step.admin) }
}
