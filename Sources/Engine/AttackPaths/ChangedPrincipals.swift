import CloudModel
import IAMEvaluator

/// What principals can make of themselves by taking away what holds them back: a Deny, a boundary, the default version of a policy.
extension GraphBuilder {
    /// A principal after changes to its policies, and the proof that they can be made.
    struct Changed {
        var subject: Subject
        /// For each of the subject's policies the principal that holds it, by place.
        var holders: [Int]
        var proof = Proof()
        /// What was done, as it reads after "may".
        var deeds: [String] = []
        var technique = ""

        fileprivate var key: [Int] {
            zip(subject.policies, holders).map { $0.place << 24 | $1 }.sorted() + [-1, subject.boundary?.place ?? -2]
        }
    }

    /// One change that can be made.
    private struct Move {
        var technique: String
        var deed: String
        var proof: Proof
        /// Places among the subject's policies of those that go.
        var removes: Set<Int> = []
        /// One that is replaced.
        var replaces: (index: Int, by: PolicySource)?
        /// Whether the boundary goes, and what takes its place.
        var lifts = false
        var boundary: PolicySource?
        /// Whether nothing is lost by it.
        var isFree = false
    }

    /// The most changed forms of one principal that are looked at.
    static let changesPerPrincipal = 40

    /// Actions by which a principal's policies change for another reason than adding to them.
    static let changing = [
        "iam:SetDefaultPolicyVersion", "iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
        "iam:DeleteGroupPolicy", "iam:DetachGroupPolicy", "iam:RemoveUserFromGroup", "iam:PutUserPolicy", "iam:PutRolePolicy",
        "iam:PutGroupPolicy", "iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary",
        "iam:PutRolePermissionsBoundary", "iam:CreatePolicyVersion",
    ]

    /// Every form that a principal can be given by removing policies with a denial, lifting its boundary and choosing other versions of
    /// its policies, one after another, by itself or by another one.
    ///
    /// - Parameter change: what it is given before: a policy that allows everything, added or in place of one of its own.
    func changes(
        of subject: Subject, by actor: Subject?, once change: Permissions.Change = .none
    ) -> (found: [Changed], isCut: Bool) {
        guard Self.changing.contains(where: { (actor ?? subject).allows.contains($0) }) || change != .none else { return ([], false) }
        let principal = snapshot.principals[subject.index]
        if principal.kind == .role, serviceLinked[subject.index] { return ([], false) }
        var holders = [Int](repeating: subject.index, count: principal.policies.count)
        for group in principal.groups {
            guard let place = permissions.principalIndex[group] else { continue }
            holders += [Int](repeating: place, count: snapshot.principals[place].policies.count)
        }
        guard holders.count == subject.policies.count else { return ([], false) }
        var first = Changed(subject: subject, holders: holders)
        let all = (
            place: permissions.library.allowAll,
            source: PolicySource(name: "a policy that allows everything", kind: .inline, document: nil, evidence: principal.evidence)
        )
        switch change {
        case .none, .unbounded: break
        case .granted, .grantedUnbounded:
            first.subject = permissions.with(subject, policies: subject.policies + [all], boundary: subject.boundary)
            first.holders.append(subject.index)
        case .replaced(let place), .replacedUnbounded(let place):
            let policies = subject.policies.map { $0.place == place ? all : $0 }
            first.subject = permissions.with(subject, policies: policies, boundary: subject.boundary)
        }
        var queue = [first]
        var seen: Set<[Int]> = [queue[0].key]
        var head = 0
        while head < queue.count {
            let state = queue[head]
            head += 1
            let moves = moves(of: state, by: actor ?? state.subject)
            // What costs nothing and is sure is done at once.
            let free = moves.filter { $0.isFree && $0.proof.confidence == .proven }
            let next = free.isEmpty ? moves.map { changed(state, [$0]) } : [changed(state, free)]
            for one in next where seen.insert(one.key).inserted {
                if queue.count > Self.changesPerPrincipal { return (Array(queue.dropFirst()), true) }
                queue.append(one)
            }
        }
        return (Array(queue.dropFirst()), false)
    }

    /// Whether a policy of its own, or of a group, denies something.
    func isDenied(_ subject: Subject) -> Bool {
        subject.policies.contains { policy in
            permissions.library.entries[policy.place].document?.statements.contains { $0.effect == .deny } ?? false
        }
    }

    /// Proof that a principal is an administrator once it was given a policy that allows everything and took away, with what that allows,
    /// what denies it something: first the grant, then the policies that hold it back.
    func administratesOnceShed(_ holder: Subject, _ change: Permissions.Change) -> Proof? {
        guard change != .none, isDenied(holder) else { return nil }
        let (found, isCut) = changes(of: holder, by: nil, once: change)
        var best: Proof?
        for changed in found {
            best = Proof.better(best, Proof.both(changed.proof, permissions.administrator(changed.subject)))
            if best?.confidence == .proven { return best }
        }
        if best == nil, isCut {
            var proof = Proof()
            proof.doubt("not every change that \(holder.arn) may make to its own policies was tried")
            return proof
        }
        return best
    }

    private func changed(_ state: Changed, _ moves: [Move]) -> Changed {
        var next = state
        var policies = state.subject.policies
        var boundary = state.subject.boundary
        var removes: Set<Int> = []
        for move in moves {
            removes.formUnion(move.removes)
            if let (index, source) = move.replaces { policies[index] = (permissions.library.place(of: source), source) }
            if move.lifts { boundary = move.boundary.map { (permissions.library.place(of: $0), $0) } }
            next.proof.add(move.proof)
            next.deeds.append(move.deed)
            if next.technique.isEmpty { next.technique = move.technique }
        }
        let kept = policies.indices.filter { !removes.contains($0) }
        next.holders = kept.map { state.holders[$0] }
        next.subject = permissions.with(state.subject, policies: kept.map { policies[$0] }, boundary: boundary)
        return next
    }

    private func moves(of state: Changed, by actor: Subject) -> [Move] {
        let subject = state.subject
        var moves: [Move] = []
        for (index, policy) in subject.policies.enumerated() {
            let holder = snapshot.principals[state.holders[index]]
            if let document = permissions.library.entries[policy.place].document,
                document.statements.contains(where: { $0.effect == .deny }),
                let removal = removal(of: policy.source, from: holder, by: actor)
            {
                moves.append(
                    Move(
                        technique: "shed-policy",
                        deed: "take policy \(policy.source.name), which denies, from \(holder.kind.rawValue) \(holder.name)",
                        proof: removal, removes: [index], isFree: document.statements.allSatisfy { $0.effect == .deny }))
            }
            for version in versions(of: policy, subject, by: actor) {
                moves.append(
                    Move(
                        technique: "set-default-policy-version",
                        deed: "make another version the default of a policy (\(version.source.name))",
                        proof: version.proof, replaces: (index, version.source)))
            }
        }
        for group in Set(state.holders).sorted() where snapshot.principals[group].kind == .group && group != subject.index {
            let places = Set(state.holders.indices.filter { state.holders[$0] == group })
            let denies = places.contains { place in
                permissions.library.entries[subject.policies[place].place].document?.statements.contains { $0.effect == .deny } ?? false
            }
            let holder = snapshot.principals[group]
            guard denies,
                let proof = permissions.may(
                    actor, "iam:RemoveUserFromGroup", on: holder.arn, account: holder.account, context: targetContext(holder))
            else { continue }
            moves.append(
                Move(technique: "shed-policy", deed: "leave group \(holder.name), which denies", proof: proof, removes: places))
        }
        if let boundary = subject.boundary {
            if let proof = lifts(actor, of: subject, boundary: boundary.source) {
                moves.append(
                    Move(
                        technique: "lift-boundary", deed: "remove or replace the permissions boundary", proof: proof, lifts: true,
                        isFree: true))
            }
            for version in versions(of: boundary, subject, by: actor) {
                moves.append(
                    Move(
                        technique: "set-default-policy-version",
                        deed: "make another version the default of the boundary (\(version.source.name))", proof: version.proof,
                        lifts: true,
                        boundary: version.source))
            }
        }
        return moves
    }

    /// Proof that the actor may take a policy from its holder.
    private func removal(of source: PolicySource, from holder: Principal, by actor: Subject) -> Proof? {
        let kind: String
        switch holder.kind {
        case .user: kind = "User"
        case .role: kind = "Role"
        case .group: kind = "Group"
        case .root: return nil
        }
        var context = targetContext(holder)
        if source.kind == .managed, let arn = source.arn {
            context["iam:policyarn"] = [arn]
            return permissions.may(actor, "iam:Detach\(kind)Policy", on: holder.arn, account: holder.account, context: context)
        }
        // An inline policy goes by being overwritten as well.
        return Proof.better(
            permissions.may(actor, "iam:Delete\(kind)Policy", on: holder.arn, account: holder.account, context: context),
            permissions.may(actor, "iam:Put\(kind)Policy", on: holder.arn, account: holder.account, context: context))
    }

    /// Other versions of a policy that the actor may make the default and that might allow more.
    private func versions(
        of policy: (place: Int, source: PolicySource), _ subject: Subject, by actor: Subject
    ) -> [(source: PolicySource, proof: Proof)] {
        guard let arn = policy.source.arn, !arn.contains(":iam::aws:policy/"), actor.allows.contains("iam:SetDefaultPolicyVersion"),
            let managed = managedPolicies[arn],
            var proof = permissions.may(actor, "iam:SetDefaultPolicyVersion", on: arn, account: subject.account)
        else { return [] }
        let present = permissions.library.entries[policy.place]
        let isHeldBack = present.document?.statements.contains { $0.effect == .deny } ?? true
        var sources = managed.otherVersions.map(\.source)
        if managed.versionCount == nil || sources.count + 1 < managed.versionCount ?? 0 {
            sources.append(
                PolicySource(
                    name: "\(managed.name), versions that were not collected", arn: arn, kind: .managed, document: nil,
                    evidence: managed.source.evidence))
        }
        proof.cite(permissions.citation(managed.source.evidence))
        return sources.compactMap { source in
            let place = permissions.library.place(of: source)
            guard place != policy.place else { return nil }
            let entry = permissions.library.entries[place]
            // A version that only takes away helps nobody.
            guard entry.document == nil || isHeldBack || entry.allows != present.allows || !entry.allows.isEmpty else { return nil }
            var one = proof
            if entry.document == nil { one.doubt("the text of \(source.name) was not collected") }
            return (source, one)
        }
    }
}
