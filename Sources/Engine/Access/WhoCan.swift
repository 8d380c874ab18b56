public import CloudModel
import IAMEvaluator

extension AccessQuery {
    /// Who may do an action on a resource: every user, role and root of the collected accounts, and whom the resource's own policy or list
    /// admits besides. Principals that get the same answer for the same reasons are asked once.
    ///
    /// - Parameters: as of ``can(_:_:on:_:)``.
    public func whoCan(_ action: String, on resource: String, _ options: Options = Options()) throws(AccessQueryError) -> WhoCanAnswer {
        let question = try self.question(action, on: resource, options)
        let names = AskerNames(question, permissions.library)
        let number = EngineActions.index[question.action]
        var covering = [Bool?](repeating: nil, count: permissions.library.entries.count)
        var shared: [GroupKey: AccessJudgement] = [:]
        var able: [AccessAnswer] = []
        var unknown: [AccessAnswer] = []
        var denied: [AccessAnswer] = []
        var counts: [AccessAnswer.Decision: Int] = [:]
        func add(_ judgement: AccessJudgement, _ asker: Asker) {
            counts[judgement.decision, default: 0] += 1
            switch judgement.decision {
            case .allowed, .conditional: able.append(answer(judgement, asker, question))
            case .unknown: unknown.append(answer(judgement, asker, question))
            case .denied: if options.listsDenied { denied.append(answer(judgement, asker, question)) }
            }
        }
        for asker in directory.own {
            guard let subject = asker.subject else {
                add(judge(asker, question), asker)
                continue
            }
            if !options.listsDenied, !names.mayAdmit(asker),
                !covers(subject, question.action, &covering)
                    || number.map({ permissions.isOutOfReach(subject, $0, question.side.resource) }) ?? false
            {
                counts[.denied, default: 0] += 1
                continue
            }
            guard !names.distinguishes(asker) else {
                add(judge(asker, question), asker)
                continue
            }
            let key = GroupKey(set: subject.set, isRole: asker.isRole, isServiceLinked: asker.principal.isServiceLinkedRole)
            let judgement = shared[key] ?? judge(asker, question)
            shared[key] = judgement
            add(judgement, asker)
        }
        for asker in externals(question) {
            let judgement = judge(asker, question)
            if judgement.decision != .denied { add(judgement, asker) }
        }
        for name in unnamed(question) {
            var judgement = AccessJudgement(.unknown)
            judgement.why = ["the account of this canonical user, whom the bucket lets in, is not known"]
            var asker = Asker(name: name, .anonymous)
            asker.isExternal = true
            add(judgement, asker)
        }
        able.sortByBytes(\.principal)
        unknown.sortByBytes(\.principal)
        denied.sortByBytes(\.principal)
        var asked = question.asked
        asked.notes += question.openings + unreadLimits(able.isEmpty ? [] : [question.side.account] + directory.accounts.sorted())
        return WhoCanAnswer(
            question: asked, counts: counts, able: able, unknown: unknown, denied: options.listsDenied ? denied : nil)
    }

    /// What answers have in common that depend on the principal's policies alone.
    private struct GroupKey: Hashable {
        var set: Int
        var isRole: Bool
        var isServiceLinked: Bool
    }

    /// Whether some policy of the subject may allow the action. Looked up for each text once.
    private func covers(_ subject: Subject, _ action: String, _ covering: inout [Bool?]) -> Bool {
        subject.policies.contains { policy in
            if let known = covering[policy.place] { return known }
            let covers = Evaluator.mayAllow(
                action: action, PolicyLayers(identity: [permissions.library.entries[policy.place].compiled]))
            covering[policy.place] = covers
            return covers
        }
    }

    // MARK: - Those of other accounts

    /// Whom the resource's own policy names that is none of the collected users, roles and roots.
    private func externals(_ question: Question) -> [Asker] {
        var found: [String: Asker] = [:]
        func add(_ asker: Asker?) { if let asker { found[asker.name] = asker } }
        func addEveryone() {
            add(try? directory.asker("*", .anonymous))
            add(directory.anyAccount())
        }
        for statement in question.documents.flatMap(\.statements) where statement.effect == .allow {
            guard let principal = statement.principal, !principal.negated else {
                addEveryone()
                continue
            }
            for entry in principal.entries {
                switch entry {
                case .everyone: addEveryone()
                case .account(let account):
                    if !directory.accounts.contains(account) { add(try? directory.asker(account, .account(account))) }
                // A name that is not there any more, or the identifier of a deleted principal, lets nobody in.
                case .aws(let arn): add(RequestPrincipal(parsing: arn).flatMap { try? directory.asker(arn, $0) })
                case .service(let name): add(try? directory.asker(name, .service(name)))
                case .federated(let name): add(try? directory.asker(name, .identityProvider(name)))
                case .canonicalUser: break
                }
            }
        }
        if let bucket = question.bucket {
            if bucket.hasPublicGrants { addEveryone() }
            add(try? directory.asker("*", .anonymous))
        }
        if question.unread != nil || question.texts.contains(where: { $0.document == nil }) { add(try? directory.asker("*", .anonymous)) }
        return found.values.filter { $0.subject == nil || $0.isSession }
    }

    /// Canonical identifiers of accounts, other than the owner's, that the bucket's policy or list may let in.
    private func unnamed(_ question: Question) -> [String] {
        guard let bucket = question.bucket else { return [] }
        var names = Set(bucket.strangers(given: question.action))
        for (index, statement) in question.documents.flatMap(\.statements).enumerated() where statement.effect == .allow {
            guard let principal = statement.principal, !principal.negated else { continue }
            let alone = PolicyLayers(
                identity: [CompiledPolicy(PolicyDocument(statements: [statement]), tag: PolicyTag(index))])
            guard Evaluator.mayAllow(action: question.action, alone) else { continue }
            for case .canonicalUser(let name) in principal.entries where name != bucket.owner { names.insert(name) }
        }
        return names.sortedUnique
    }
}

extension Asker {
    var isRole: Bool {
        switch principal {
        case .role, .assumedRole: true
        default: false
        }
    }
    var isSession: Bool {
        switch principal {
        case .assumedRole, .federatedUser: true
        default: false
        }
    }
}

/// Whom the resource's own policy can tell from others with the same policies.
private struct AskerNames {
    /// Whether the resource's policy or list may allow the action by itself to anyone, and else to whom: accounts and ARNs.
    private let mayAdmitAnyone: Bool
    private var admitted: Set<String> = []
    private let tellsAll: Bool
    private var named: Set<String> = []
    /// Names of roles whose sessions are named.
    private var sessions: Set<String> = []

    init(_ question: AccessQuery.Question, _ library: PolicyLibrary) {
        var mayAdmit =
            question.bucket.map { $0.gives(question.action, toEveryAccount: true) } ?? false || question.unread != nil
            || question.texts.contains { $0.document == nil }
        if let policies = question.policies, Evaluator.mayAllow(action: question.action, PolicyLayers(identity: policies)) {
            for statement in question.documents.flatMap(\.statements) where statement.effect == .allow {
                guard let principal = statement.principal, !principal.negated else {
                    mayAdmit = true
                    continue
                }
                for entry in principal.entries {
                    switch entry {
                    case .account(let account): admitted.insert(account)
                    case .aws(let arn) where ARNParts(arn)?.service == "iam": admitted.insert(arn)
                    case .service, .federated: break
                    // Sessions say which account's they are; the rest may be anyone.
                    case .aws(let arn):
                        if let parts = ARNParts(arn) { admitted.insert(String(parts.account)) } else { mayAdmit = true }
                    case .everyone, .canonicalUser: mayAdmit = true
                    }
                }
            }
        }
        mayAdmitAnyone = mayAdmit
        var tellsAll = question.texts.contains { library.entries[$0.place].namesAsker }
        for statement in question.documents.flatMap(\.statements) {
            guard let principal = statement.principal else { continue }
            if principal.negated { tellsAll = true }
            for case .aws(let arn) in principal.entries {
                named.insert(arn)
                if let parts = ARNParts(arn), parts.service == "sts" {
                    let words = parts.resource.split(separator: "/")
                    if words.count > 1 { sessions.insert(String(words[1])) }
                }
            }
        }
        self.tellsAll = tellsAll
    }

    /// Whether the resource's side may allow the action to this one by itself.
    func mayAdmit(_ asker: Asker) -> Bool {
        mayAdmitAnyone || admitted.contains(asker.name) || asker.account.map { admitted.contains($0) } ?? true
    }

    /// Whether the answer for this one may differ from that for another with the same policies.
    func distinguishes(_ asker: Asker) -> Bool {
        if tellsAll || named.contains(asker.name) { return true }
        guard asker.isRole, let name = ARNParts(asker.name)?.name else { return false }
        return sessions.contains(name)
    }
}
