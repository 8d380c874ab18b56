import CloudModel

/// Everything that starts at principals.
extension GraphBuilder {
    /// Takes over what is known to start at one principal, but for what rests on several principals together.
    func takeEdges(of index: Int, from known: KnownEdges) {
        administrators[index] = known.builder.administrators[index]
        guard let place = known.graph.place(of: snapshot.principals[index].arn) else { return }
        for edge in known.graph.edges(from: place) {
            guard let to = draft.places[known.graph.nodes[Int(edge.to)].id], let from = draft.places[snapshot.principals[index].arn] else {
                continue
            }
            draft.take(edge, of: known.graph, from, to, without: "combined-rights")
        }
    }

    /// Everything that starts at one principal.
    func addEdges(of index: Int) {
        let principal = snapshot.principals[index]
        guard let from = draft.places[principal.arn], let admin = draft.places["admin:\(principal.account)"] else { return }
        guard let subject = permissions.subjects[index] else {
            if let proof = permissions.administrator(root: principal) {
                draft.edge(
                    from, admin, "administrator", likelihood: 1, proof: proof, why: "The root user of an account may do everything.")
            }
            return
        }
        // Only this principal's own steps ask for them.
        defer { assumable[index] = nil }
        let isProven = addRightsAsAdministrator(subject, principal, from, admin)
        if isProven { return addStepsAbroad(subject, principal, from) }
        addSteps(subject, principal, from, admin)
        addChanges(subject, principal, from, admin)
    }

    /// Everything that a changed subject may do, from the place of the one that changed itself.
    private func addRights(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        if !addRightsAsAdministrator(subject, principal, from, admin) { addSteps(subject, principal, from, admin) }
    }

    /// The edges of one who may do everything, or may for all that is known; answers whether that is proven.
    private func addRightsAsAdministrator(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) -> Bool {
        if var proof = permissions.administrator(subject) {
            if proof.citations.isEmpty { proof.cite(permissions.citation(principal.evidence)) }
            if draft.prelude == nil { administrators[subject.index] = proof }
            draft.edge(
                from, admin, "administrator", likelihood: 1, proof: proof,
                // A policy whose text is not known is no step that anything shows.
                hypothetical: proof.confidence == .unknown,
                why: "\(label(principal)) may do everything in account \(principal.account).")
            if proof.confidence == .proven { return true }
        }
        if !subject.unknownPolicies.isEmpty {
            var proof = Proof()
            proof.doubt("the text of \(subject.unknownPolicies.joined(separator: ", ")) was not collected")
            proof.cite(permissions.citation(principal.evidence))
            draft.edge(
                from, admin, "unknown-policy", likelihood: 1, proof: proof, hypothetical: true,
                why: "\(label(principal)) has a policy whose text was not collected.")
        }
        return false
    }

    private func addSteps(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        if let questions { return addData(subject, principal, from, to: questions.stores) }
        // Who may change policies gets to most things by way of administrator rights, so everything counts.
        if let only, Self.turning.contains(where: { subject.allows.contains($0) }) {
            self.only = nil
            defer { self.only = only }
            return addSteps(subject, principal, from, admin)
        }
        let kind = only.map { draft.nodes[$0].kind }
        if kind?.isEverydayRight != true {
            addAssumptions(subject, principal, from)
            addEscalations(subject, principal, from, admin)
        }
        if kind?.isEverydayRight != false {
            addData(subject, principal, from, to: jewels)
            addDestruction(subject, principal, from)
        }
    }

    /// What an administrator of one account may do in others: at home nothing adds to its rights.
    private func addStepsAbroad(_ subject: Subject, _ principal: Principal, _ from: Int) {
        if questions == nil { addAssumptions(subject, principal, from, onlyAbroad: true) }
        addData(subject, principal, from, to: questions?.stores ?? jewels, onlyAbroad: true)
        if questions == nil { addDestruction(subject, principal, from, onlyAbroad: true) }
    }

    /// Who administers an account acts as any of its principals, and so has what those may do in other accounts.
    func addForeignRights() {
        for (edge, proof) in draft.crossings(among: accounts) {
            let principal = draft.nodes[Int(edge.from)]
            guard let account = principal.account, let from = draft.places["admin:\(account)"] else { continue }
            draft.repeat(
                edge, from: from, EdgeKind.administratorAccess.rawValue, via: [principal.id],
                why: "Administrator rights of account \(account) let one act as \(principal.kind.rawValue) \(principal.name). \(proof.why)")
        }
    }

    /// What a principal can do once it has changed what holds it back.
    private func addChanges(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        guard !draft.isProven(from, admin), questions?.graph.isProven(from, admin) != true else { return }
        var (found, isCut) = changes(of: subject, by: nil)
        if changedForms + found.count > Self.changedForms {
            found = []
            isCut = true
        }
        changedForms += found.count
        for changed in found where !draft.isProven(from, admin) {
            draft.prelude = .init(
                technique: changed.technique, proof: changed.proof,
                text: "\(label(principal)) may first \(changed.deeds.joined(separator: ", then ")). ")
            addRights(changed.subject, principal, from, admin)
        }
        draft.prelude = nil
        if isCut, !draft.isProven(from, admin) {
            var proof = Proof()
            proof.doubt("more changes to its own policies are possible than were tried")
            draft.edge(
                from, admin, "shed-policy", likelihood: 1, proof: proof, hypothetical: true,
                why: "\(label(principal)) may change its own policies in many ways.")
            gaps.insert(.init(what: "what \(principal.arn) can make of itself", why: "not every change that it may make was tried"))
        }
    }

    /// `role NAME` and the like.
    func label(_ principal: Principal) -> String {
        let kind = principal.kind == .user ? "User" : principal.kind == .group ? "A member of group" : "Role"
        return "\(kind) \(principal.name)"
    }
}
