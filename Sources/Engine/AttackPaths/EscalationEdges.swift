import CloudModel

/// Walks the catalogue for one principal.
extension GraphBuilder {
    func addEscalations(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        let needed = EscalationCatalogue.needed
        for place in needed.indices where subject.allows.isSuperset(of: needed[place]) {
            let technique = EscalationCatalogue.techniques[place]
            let step = Step(technique: technique, subject: subject, principal: principal, from: from, admin: admin)
            switch technique.shape {
            case .passRole(let passing): passRole(step, passing)
            case .takeover(let takeover): takeOver(step, takeover)
            case .function: functions(step)
            case .instance(let access): instances(step, access)
            case .instanceProfile: instanceProfiles(step)
            case .userCredentials(let credential): credentials(step, credential)
            case .ownPolicy(let own): ownPolicy(step, own)
            case .ownGroup: ownGroup(step)
            case .joinGroup: joinGroup(step)
            case .roleTrust: roleTrust(step)
            case .userGrant: userGrant(step)
            case .assumedRoleGrant: assumedRoleGrant(step)
            case .trustedRoleGrant: trustedRoleGrant(step)
            case .samlProvider: samlProviders(step)
            case .identityPool(let isNew): identityPools(step, isNew: isNew)
            case .cluster(let deed): clusters(step, deed)
            case .permissionSets(let deed): permissionSets(step, deed)
            // Data is asked for resource by resource, and the others by passes of their own.
            case .data, .assumeRole, .change: break
            }
        }
        addOwnMeans(subject, principal, from, admin)
    }

    /// One technique tried by one principal.
    struct Step {
        var technique: EscalationTechnique
        var subject: Subject
        var principal: Principal
        var from: Int
        var admin: Int
        var actions: String { EscalationCatalogue.actions[technique.id] ?? "" }
    }

    // MARK: What must be allowed besides the target

    /// Proof of a step's requirements on everything but its target, and the things that exist which it rests on.
    struct Beside {
        var proof = Proof()
        var via: [String] = []
        /// Whether it rests on something that may not exist.
        var isDoubtful = false
    }

    /// Proof of the actions on what the attacker makes, on what exists and on the account; `nil` when one of them is not allowed or what is
    /// needed does not exist.
    func beside(
        _ step: Step, needs: [Workload.Kind] = [], keys: [String: Workload.Kind] = [:], never: [String: [String]] = [:],
        in place: (region: String, context: [String: [String]])? = nil
    ) -> Beside? {
        var kinds: [Workload.Kind] = needs
        for requirement in step.technique.requires {
            switch requirement.slot {
            case .existing(let kind), .belonging(let kind, _): kinds.append(kind)
            default: break
            }
        }
        kinds += keys.values
        guard !kinds.isEmpty else { return made(step, place) }
        let wanted = Set(kinds).sorted { $0.rawValue < $1.rawValue }
        // What belongs together is in one region.
        var regions: Set<String> = []
        for kind in wanted { regions.formUnion(workloads.all(kind, step.principal.account).map(\.region)) }
        var best: Beside?
        for region in regions.sorted() where place == nil || place?.region == region {
            guard let one = beside(step, wanted, keys, never, in: region, place?.context ?? [:]) else { continue }
            best = Self.better(best, one)
            if best?.proof.confidence == .proven { return best }
        }
        let absent = wanted.filter { workloads.isMissing($0, step.principal.account) }
        guard best == nil, !absent.isEmpty else { return best }
        return doubtful(step, wanted, place)
    }

    private static func better(_ left: Beside?, _ right: Beside) -> Beside {
        guard let left else { return right }
        return right.proof.confidence.rank < left.proof.confidence.rank ? right : left
    }

    private func beside(
        _ step: Step, _ kinds: [Workload.Kind], _ keys: [String: Workload.Kind], _ never: [String: [String]], in region: String,
        _ given: [String: [String]]
    ) -> Beside? {
        var whole = Beside()
        var context = given
        context["aws:requestedregion"] = [region]
        // What a key of the request names comes first, for it decides on the others.
        for kind in kinds.sorted(by: { keys.values.contains($0) && !keys.values.contains($1) }) {
            var best: (workload: Workload, proof: Proof)?
            for workload in workloads.all(kind, step.principal.account) where workload.region == region && !workload.has(never) {
                guard let proof = existing(step, workload, context) else { continue }
                if best == nil || proof.confidence.rank < best?.proof.confidence.rank ?? 3 { best = (workload, proof) }
                if proof.confidence == .proven { break }
            }
            guard let best else { return nil }
            whole.proof.add(best.proof)
            whole.proof.cite(permissions.citation(best.workload.evidence))
            whole.via.append(best.workload.arn)
            for (key, named) in keys where named == kind { context[key] = [best.workload.arn] }
        }
        guard let made = made(step, (region, context)) else { return nil }
        whole.proof.add(made.proof)
        return whole
    }

    /// Proof of the actions on one thing that exists, and on what belongs to it.
    private func existing(_ step: Step, _ workload: Workload, _ context: [String: [String]]) -> Proof? {
        var proof = Proof()
        for requirement in step.technique.requires {
            switch requirement.slot {
            case .existing(let kind) where kind == workload.kind:
                guard
                    let one = permissions.may(
                        step.subject, requirement.action, on: workload.arn, account: workload.account,
                        context: context.merging(tagContext(workload.tags, workload.arn)) { _, new in new })
                else { return nil }
                proof.add(one)
            case .belonging(let kind, let name) where kind == workload.kind:
                for resource in workload.attributes[name] ?? [] {
                    guard let one = permissions.may(step.subject, requirement.action, on: resource, account: workload.account) else {
                        return nil
                    }
                    proof.add(one)
                }
            default: break
            }
        }
        return proof
    }

    /// The same where it is not known whether the things exist.
    private func doubtful(_ step: Step, _ kinds: [Workload.Kind], _ place: (region: String, context: [String: [String]])?) -> Beside? {
        guard var whole = made(step, place) else { return nil }
        for kind in kinds {
            let actions = step.technique.requires.filter { $0.slot == .existing(kind) }.map(\.action)
            if !actions.isEmpty {
                guard let one = anywhere(step.subject, actions, usual: sample(kind, step.principal.account, step.subject.partition), [:])
                else {
                    return nil
                }
                whole.proof.add(one)
            }
            if workloads.isMissing(kind, step.principal.account) {
                whole.proof.doubt("whether \(article(kind.noun)) exists in account \(step.principal.account): not collected")
                noteMissing(step.technique, kind)
            }
        }
        whole.isDoubtful = true
        return whole
    }

    func noteMissing(_ technique: EscalationTechnique, _ kind: Workload.Kind) { noteMissing(technique, kind.noun) }

    func noteMissing(_ technique: EscalationTechnique, _ noun: String) {
        gaps.insert(.init(what: technique.id, why: "\(noun)s were not collected everywhere"))
    }

    /// Proof of the actions on things that the attacker makes or names; all on the same text on the same one.
    private func made(_ step: Step, _ place: (region: String, context: [String: [String]])?) -> Beside? {
        var whole = Beside()
        let context = place?.context ?? [:]
        var texts: [String: [String]] = [:]
        for requirement in step.technique.requires {
            switch requirement.slot {
            case .created(let text): texts[text, default: []].append(requirement.action)
            case .any:
                guard let any = anywhere(step.subject, [requirement.action], usual: "*", context) else { return nil }
                whole.proof.add(any)
            case .target, .policy, .existing, .belonging, .attribute: break
            }
        }
        for (text, actions) in texts.sorted(by: { $0.key < $1.key }) {
            let usual = EscalationCatalogue.newResource(
                text, account: step.principal.account, region: place?.region ?? region, partition: step.subject.partition)
            guard let all = anywhere(step.subject, actions, usual: usual, context) else { return nil }
            whole.proof.add(all)
        }
        if step.technique.requires.contains(where: { $0.action == "ec2:RunInstances" }) {
            guard let parts = launchParts(step, context) else { return nil }
            whole.proof.add(parts)
        }
        return whole
    }

    /// Proof that all `actions` are allowed on one resource, whichever.
    func anywhere(_ subject: Subject, _ actions: [String], usual: String, _ context: [String: [String]]) -> Proof? {
        var best: Proof?
        var tried: Set<String> = []
        for action in actions {
            for resource in witnesses(subject, action, default: usual) where tried.insert(resource).inserted {
                var proof: Proof? = Proof()
                for action in actions {
                    proof = Proof.both(proof, permissions.may(subject, action, on: resource, account: subject.account, context: context))
                }
                best = Proof.better(best, proof)
                if best?.confidence == .proven { return best }
            }
        }
        return best
    }

    /// An ARN of a thing of that kind.
    func sample(_ kind: Workload.Kind, _ account: String, _ partition: String) -> String {
        EscalationCatalogue.newResource(kind.sample, account: account, region: region, partition: partition)
    }

    /// Launching needs rights on more than the instance: image, network, disk (service authorization reference, RunInstances).
    private func launchParts(_ step: Step, _ context: [String: [String]]) -> Proof? {
        let start = "arn:\(step.subject.partition):ec2:\(region):"
        let own = start + "\(step.principal.account):"
        var proof = Proof()
        let action = "ec2:RunInstances"
        let subnet = snapshot.subnets.first { $0.account == step.principal.account }?.id ?? "subnet-0123456789abcdef0"
        let group = snapshot.securityGroups.first { $0.account == step.principal.account }?.id ?? "sg-0123456789abcdef0"
        for usual in [
            start + ":image/ami-0123456789abcdef0", own + "subnet/\(subnet)", own + "security-group/\(group)",
            own + "network-interface/eni-0123456789abcdef0", own + "volume/vol-0123456789abcdef0",
        ] {
            let kind = usual.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? usual
            var best: Proof?
            for resource in witnesses(step.subject, action, default: usual)
            where resource == usual || resource.contains(kind.split(separator: ":").last.map { ":" + $0 + "/" } ?? "") {
                best = Proof.better(
                    best, permissions.may(step.subject, action, on: resource, account: step.principal.account, context: context))
                if best?.confidence == .proven { break }
            }
            guard let best else { return nil }
            proof.add(best)
        }
        return proof
    }

    func tagContext(_ tags: [String: String], _ arn: String) -> [String: [String]] {
        var context: [String: [String]] = [:]
        if tags.isEmpty { return context }
        let service = ARNParts(arn).map { String($0.service) } ?? ""
        for (key, value) in tags {
            // What no policy asks about only keeps answers apart.
            for name in ["aws:resourcetag/" + key.lowercased(), service + ":resourcetag/" + key.lowercased()]
            where permissions.library.contextKeys.contains(name) {
                context[name] = [value]
            }
        }
        return context
    }

    func article(_ noun: String) -> String {
        "\("AEIOaeio".unicodeScalars.contains(noun.unicodeScalars.first ?? "x") ? "an" : "a") \(noun)"
    }

    // MARK: Passing a role

    private func passRole(_ step: Step, _ passing: EscalationTechnique.Passing) {
        guard let trusting = trusting[passing.service],
            let beside = beside(step, needs: passing.needs, keys: passing.context, never: passing.never)
        else { return }
        var actions = step.technique.requires.map(\.action)
        if passing.service == "ec2.amazonaws.com" { actions += Self.profileActions }
        alike(step.subject, step.from, draft.techniquePlace(step.technique.id), actions) { isShared in
            passRoles(step, passing, trusting.roles(of: step.principal.account), beside, but: isShared ? nil : step.subject.index)
        }
    }

    private func passRoles(
        _ step: Step, _ passing: EscalationTechnique.Passing, _ roles: [(role: Int, proof: Proof)], _ beside: Beside, but own: Int?
    ) {
        let kind = draft.techniquePlace(step.technique.id)
        let isBlind = permissions.isBlind(step.subject, "iam:PassRole")
        let mayGrant = mayGrant(step.subject)
        var passes: [Int: Proof?] = [:]
        for (index, known) in roles where index != own && isAsked(index) {
            let alike = principalContexts.classes[index]
            let passed = isBlind ? passes[alike] ?? pass(step, index, to: passing.passedTo) : pass(step, index, to: passing.passedTo)
            passes[alike] = .some(passed)
            guard var proof = passed else { continue }
            let role = snapshot.principals[index]
            guard let to = draft.places[role.arn], let trust = trust(role, known, passing) else { continue }
            proof.add(beside.proof)
            proof.add(trust)
            if passing.service == "ec2.amazonaws.com" {
                guard let profile = profile(step, role) else { continue }
                proof.add(profile)
            }
            guard let able = roleMay(index, passing.roleNeeds) else { continue }
            proof.add(able)
            if let condition = passing.condition { proof.require(condition) }
            var telling = shared.telling(kind, index) {
                Telling(
                    words:
                        " may \(step.technique.deed) role \(role.name): it is allowed \(step.actions), and the role trusts \(passing.service)."
                )
            }
            telling.via = beside.via
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
                hypothetical: beside.isDoubtful && proof.confidence == .unknown, telling: telling)
            if mayGrant { grantThrough(step, index, proof) }
        }
    }

    /// Proof that a role may be passed to one of the services.
    func pass(_ step: Step, _ role: Int, to services: [String]) -> Proof? {
        var pass: Proof?
        for service in services {
            var context = principalContexts.context(of: role)
            context["iam:passedtoservice"] = [service]
            pass = Proof.better(
                pass,
                permissions.may(
                    step.subject, "iam:PassRole", on: snapshot.principals[role].arn, account: snapshot.principals[role].account,
                    context: context))
            if pass?.confidence == .proven { break }
        }
        return pass
    }

    private func trust(_ role: Principal, _ known: Proof, _ passing: EscalationTechnique.Passing) -> Proof? {
        guard let source = passing.sourceARN else { return known }
        let arn = EscalationCatalogue.newResource(
            source, account: role.account, region: region, partition: ARNParts(role.arn).map { String($0.partition) } ?? "aws")
        return permissions.trusts(role, service: passing.service, context: ["aws:sourcearn": [arn]])
    }

    /// A role reaches an instance in an instance profile; where it has none, the attacker must make one.
    func profile(_ step: Step, _ role: Principal) -> Proof? {
        if !role.instanceProfiles.isEmpty { return Proof() }
        let profile = "arn:\(step.subject.partition):iam::\(role.account):instance-profile/example"
        return anywhere(step.subject, Self.profileActions, usual: profile, [:])
    }
    /// What it takes to make an instance profile.
    private static let profileActions = ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]

    /// Proof that a role may do one of these; without any there is nothing to prove.
    func roleMay(_ role: Int, _ actions: [String]) -> Proof? {
        guard !actions.isEmpty else { return Proof() }
        let key = AbleRole(role: role, actions: actions)
        if let known = ableRoles[key] { return known }
        let proof = permissions.subjects[role].flatMap { mayOne(of: actions, $0) }
        ableRoles[key] = .some(proof)
        return proof
    }

    private func mayOne(of actions: [String], _ subject: Subject) -> Proof? {
        var best: Proof?
        for action in actions {
            best = Proof.better(best, anywhere(subject, [action], usual: "*", [:]))
            if best?.confidence == .proven { break }
        }
        // What a role is allowed is a fact about it, which no fix of the one who escalates changes.
        best?.citations = []
        return best
    }
}

extension Workload {
    /// Whether an attribute has one of the values that it must not have.
    func has(_ never: [String: [String]]) -> Bool {
        never.contains { name, values in (attributes[name] ?? []).contains { values.contains($0) } }
    }
}

extension EscalationCatalogue {
    /// The actions that each technique needs as they are told, by its identifier.
    static let actions: [String: String] = Dictionary(
        uniqueKeysWithValues: techniques.map { technique in
            var names: [String] = []
            for requirement in technique.requires where !names.contains(requirement.action) { names.append(requirement.action) }
            return (technique.id, names.joined(separator: ", "))
        })

    /// The actions by which whoever became a principal gives it more rights; see ``GraphBuilder/grantThrough(_:_:_:)``.
    static let granting: [ActionSet] = ["iam-005", "iam-007", "iam-008", "iam-009", "iam-010", "iam-011"].compactMap { byID[$0] }.map {
        var set = ActionSet()
        for requirement in $0.requires { if let index = EngineActions.index[requirement.action] { set.insert(index) } }
        return set
    }

    /// The actions that each technique needs, in the same order. A role's trust may admit without any permission, so assuming is not asked of
    /// the identity side here.
    static let needed: [ActionSet] = techniques.map { technique in
        var set = ActionSet()
        for requirement in technique.requires where requirement.action != "sts:AssumeRole" {
            if let index = EngineActions.index[requirement.action] { set.insert(index) }
        }
        return set
    }
}
