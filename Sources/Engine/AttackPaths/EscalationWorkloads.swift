import CloudModel

/// Taking over what exists and runs as a role.
extension GraphBuilder {
    func takeOver(_ step: Step, _ takeover: EscalationTechnique.Takeover) {
        let account = step.principal.account
        for workload in workloads.all(takeover.kind, account) where !workload.has(takeover.never) {
            // A thing without a role gives none.
            if workload.rolesKnown, workload.roles.isEmpty { continue }
            guard var proof = suits(workload, takeover.only), let asked = target(step, workload),
                let beside = beside(step, in: (workload.region, ["aws:requestedregion": [workload.region]]))
            else { continue }
            proof.add(asked)
            proof.add(beside.proof)
            proof.cite(permissions.citation(workload.evidence))
            if let condition = takeover.condition, takeover.met.map({ workload[$0] == nil }) ?? true { proof.require(condition) }
            if !workload.rolesKnown {
                hypothetical(
                    step, takeover.kind.service, proof, "whether \(takeover.kind.noun) \(workload.name) runs as role %ROLE%: not collected")
            }
            for arn in workload.roles {
                guard let index = permissions.principalIndex[arn] else { continue }
                take(step, workload, index, proof, takeover, beside)
            }
        }
        if workloads.isMissing(takeover.kind, account) {
            noteMissing(step.technique, takeover.kind)
            guard let service = takeover.kind.service, trusting[service] != nil, let proof = unseen(step, takeover) else {
                return
            }
            hypothetical(
                step, service, proof, "whether \(article(takeover.kind.noun)) that runs as role %ROLE% exists: not collected everywhere")
        }
    }

    private func take(
        _ step: Step, _ workload: Workload, _ index: Int, _ proof: Proof, _ takeover: EscalationTechnique.Takeover, _ beside: Beside
    ) {
        let role = snapshot.principals[index]
        guard index != step.subject.index, role.account == step.principal.account, let to = draft.places[role.arn],
            let trust = stillTrusts(index, takeover.kind, workload.region), let able = roleMay(index, takeover.roleNeeds)
        else { return }
        var proof = proof
        proof.add(trust)
        proof.add(able)
        draft.edge(
            step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof, via: [workload.arn] + beside.via,
            hypothetical: proof.confidence == .unknown,
            why:
                "\(label(step.principal)) may \(step.technique.deed) role \(role.name): it is allowed \(step.actions) on \(workload.kind.noun) \(workload.name)."
        )
        grantThrough(step, index, proof)
    }

    /// Proof that attributes have one of these values; what was not collected is a doubt.
    private func suits(_ workload: Workload, _ only: [String: [String]]) -> Proof? {
        var proof = Proof()
        for (name, values) in only.sorted(by: { $0.key < $1.key }) {
            if let value = workload[name] {
                guard values.contains(value) else { return nil }
            } else {
                proof.doubt("the \(name) of \(workload.kind.noun) \(workload.name) was not collected")
            }
        }
        return proof
    }

    /// Proof of the actions on a thing and on what its attributes name.
    private func target(_ step: Step, _ workload: Workload) -> Proof? {
        var context = tagContext(workload.tags, workload.arn)
        context["aws:requestedregion"] = [workload.region]
        var proof = Proof()
        for requirement in step.technique.requires {
            switch requirement.slot {
            case .target:
                guard
                    let one = permissions.may(
                        step.subject, requirement.action, on: workload.arn, account: workload.account, context: context)
                else { return nil }
                proof.add(one)
            case .attribute(let name):
                guard let resource = workload[name],
                    let one = permissions.may(
                        step.subject, requirement.action, on: resource, account: workload.account, policy: policy(of: resource))
                else { return nil }
                proof.add(one)
            case .policy, .created, .existing, .belonging, .any: break
            }
        }
        return proof
    }

    /// The policy of a bucket that an object's ARN names.
    private func policy(of resource: String) -> Permissions.ResourcePolicy? {
        guard let parts = ARNParts(resource), parts.service == "s3" else { return nil }
        let name = parts.resource.prefix { $0 != "/" }
        return permissions.resourcePolicy(snapshot.buckets.first { $0.name == name }?.policy)
    }

    /// Proof of a takeover's actions on a thing that nobody has seen.
    private func unseen(_ step: Step, _ takeover: EscalationTechnique.Takeover) -> Proof? {
        let usual = sample(takeover.kind, step.principal.account, step.subject.partition)
        var proof = Proof()
        let actions = step.technique.requires.filter { $0.slot == .target }.map(\.action)
        if !actions.isEmpty {
            guard let one = anywhere(step.subject, actions, usual: usual, [:]) else { return nil }
            proof.add(one)
        }
        for requirement in step.technique.requires {
            guard case .attribute = requirement.slot else { continue }
            guard let one = anywhere(step.subject, [requirement.action], usual: "*", [:]) else { return nil }
            proof.add(one)
        }
        guard let beside = beside(step) else { return nil }
        proof.add(beside.proof)
        return proof
    }

    /// Proof that a role lets in the service that runs such a thing; roles of things without one need none.
    private func stillTrusts(_ role: Int, _ kind: Workload.Kind, _ region: String) -> Proof? {
        guard let service = kind.service else { return Proof() }
        if let known = trusting[service]?.proof(of: role) { return known }
        // Some services go by a name for each region as well.
        let name = service.split(separator: ".").first.map(String.init) ?? service
        for other in ["\(name).\(region).amazonaws.com", kind == .airflowEnvironment ? "airflow.amazonaws.com" : service] {
            if let proof = permissions.trusts(snapshot.principals[role], service: other) { return proof }
        }
        return nil
    }

    func hypothetical(_ step: Step, _ service: String?, _ proof: Proof, _ doubt: String) {
        guard let service else { return }
        for (index, trust) in trusting[service]?.roles(of: step.principal.account) ?? [] where index != step.subject.index {
            let role = snapshot.principals[index]
            guard let to = draft.places[role.arn] else { continue }
            var whole = proof
            whole.add(trust)
            whole.doubt(doubt.split(separator: "%ROLE%", maxSplits: 1, omittingEmptySubsequences: false).joined(separator: role.name))
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: whole, hypothetical: true,
                why: "\(label(step.principal)) may \(step.technique.deed) role \(role.name), if there is one.")
        }
    }

    // MARK: Functions

    func functions(_ step: Step) {
        let actions = step.technique.requires.map(\.action)
        // Where a function's own policy tells principals apart, one's right to call it is not another one's.
        if actions.contains("lambda:InvokeFunction"), shared.accountsWithPersonalFunctions.contains(step.principal.account) {
            takeFunctions(step, but: step.from)
        } else {
            alike(step.subject, step.from, draft.techniquePlace(step.technique.id), actions) { isShared in
                takeFunctions(step, but: isShared ? nil : step.from)
            }
        }
        if workloads.isMissing("lambda.list-functions", step.principal.account) {
            gaps.insert(.init(what: step.technique.id, why: "functions were not collected everywhere"))
            let usual = EscalationCatalogue.newResource(
                "lambda:function:example", account: step.principal.account, region: region, partition: step.subject.partition)
            guard let made = anywhere(step.subject, step.technique.requires.map(\.action), usual: usual, [:]) else { return }
            hypothetical(
                step, "lambda.amazonaws.com", made,
                "whether a function that runs as role %ROLE% exists: functions were not collected everywhere")
        }
    }

    private func takeFunctions(_ step: Step, but own: Int?) {
        let requires = step.technique.requires
        let action = requires.map(\.action).first { $0 != "lambda:InvokeFunction" } ?? ""
        let kind = draft.techniquePlace(step.technique.id)
        let isShared = requires.allSatisfy { permissions.isBlind(step.subject, $0.action) }
        let mayGrant = mayGrant(step.subject)
        var answers: [Int: Proof?] = [:]
        var proven: Set<Int> = []
        for place in identifiers.functions[step.principal.account].map({ permissions.candidates(step.subject, action, in: $0) }) ?? [] {
            guard let role = shared.functions[place], role.node != own, !proven.contains(role.node), isAsked(node: role.node)
            else { continue }
            let alike = functionContexts.classes[place]
            let answer: Proof?
            if isShared, shared.functionPolicies[place] == nil {
                answer = answers[alike] ?? functionActions(step, place)
                answers[alike] = .some(answer)
            } else {
                answer = functionActions(step, place)
            }
            guard var proof = answer else { continue }
            let telling = shared.telling(kind, place) {
                let function = snapshot.functions[place]
                return Telling(
                    words:
                        " may \(step.technique.deed) role \(draft.nodes[role.node].name): it is allowed \(step.actions) on function \(function.name).",
                    via: [function.arn], fact: permissions.citation(function.evidence))
            }
            proof.cite(telling.fact)
            if proof.confidence == .proven { proven.insert(role.node) }
            draft.edge(
                step.from, role.node, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
                hypothetical: proof.confidence == .unknown, telling: telling)
            if mayGrant, let index = role.principal { grantThrough(step, index, proof) }
        }
    }

    private func functionActions(_ step: Step, _ place: Int) -> Proof? {
        let function = snapshot.functions[place]
        let context = functionContexts.context(of: place)
        var proof = Proof()
        for requirement in step.technique.requires {
            guard
                let one = permissions.may(
                    step.subject, requirement.action, on: function.arn, account: function.account, context: context,
                    policy: requirement.action == "lambda:InvokeFunction" ? shared.functionPolicies[place] : nil)
            else { return nil }
            proof.add(one)
        }
        return proof
    }

    // MARK: Instances

    func instances(_ step: Step, _ access: EscalationTechnique.InstanceAccess) {
        alike(step.subject, step.from, draft.techniquePlace(step.technique.id), step.technique.requires.map(\.action)) { isShared in
            takeInstances(step, access, but: isShared ? nil : step.from)
        }
        if workloads.isMissing("ec2.describe-instances", step.principal.account) {
            gaps.insert(.init(what: step.technique.id, why: "instances were not collected everywhere"))
            let usual = sample(.managedInstance, step.principal.account, step.subject.partition)
            guard let made = anywhere(step.subject, step.technique.requires.map(\.action), usual: usual, [:]) else { return }
            hypothetical(
                step, "ec2.amazonaws.com", made,
                "whether an instance that runs as role %ROLE% exists: instances were not collected everywhere")
        }
    }

    private func takeInstances(_ step: Step, _ access: EscalationTechnique.InstanceAccess, but own: Int?) {
        var proven: Set<Int> = []
        var answers: [Int: Proof?] = [:]
        let asked = step.technique.requires.filter { $0.slot != .any }.map(\.action)
        let action = asked.first ?? ""
        let isShared = asked.allSatisfy { permissions.isBlind(step.subject, $0) }
        let kind = draft.techniquePlace(step.technique.id)
        let mayGrant = mayGrant(step.subject)
        for place in identifiers.instances[step.principal.account].map({ permissions.candidates(step.subject, action, in: $0) }) ?? [] {
            guard let role = shared.instances[place], role.node != own, !proven.contains(role.node),
                isAsked(node: role.node), access == .restart || snapshot.instances[place].state == "running"
            else { continue }
            var managed = Proof()
            if access == .systemsManager {
                guard let known = self.managed(place) else { continue }
                managed = known
            }
            let alike = instanceContexts.classes[place]
            let answer = isShared ? answers[alike] ?? instanceActions(step, place, access) : instanceActions(step, place, access)
            answers[alike] = .some(answer)
            guard var proof = answer else { continue }
            switch access {
            case .restart: break
            case .systemsManager: proof.add(managed)
            case .port(let port):
                let instance = snapshot.instances[place]
                let isOpen = exposuresByTarget[instance.arn]?.contains { $0.opens(port: port) } ?? false
                if !isOpen { proof.require("the attacker has a network path to port \(port) of instance \(instance.id)") }
            case .console:
                proof.require(
                    "access to serial consoles is on, and a user of instance \(snapshot.instances[place].id) has a password that the attacker knows"
                )
            }
            let telling = shared.telling(kind, place) {
                let instance = snapshot.instances[place]
                return Telling(
                    words:
                        " may \(step.technique.deed) role \(draft.nodes[role.node].name): it is allowed \(step.actions) on instance \(instance.id).",
                    via: [instance.arn], fact: permissions.citation(instance.evidence))
            }
            proof.cite(telling.fact)
            if proof.confidence == .proven { proven.insert(role.node) }
            draft.edge(
                step.from, role.node, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
                hypothetical: proof.confidence == .unknown, telling: telling)
            if mayGrant, let index = role.principal { grantThrough(step, index, proof) }
        }
    }

    /// Proof that Systems Manager reaches an instance; `nil` when it does not.
    private func managed(_ place: Int) -> Proof? {
        if let known = managedInstances[place] { return known }
        let proof = managed(snapshot.instances[place])
        managedInstances[place] = .some(proof)
        return proof
    }

    private func managed(_ instance: Instance) -> Proof? {
        var proof = Proof()
        if let known = workloads.managedInstance(instance.id, instance.account) {
            if let status = known["status"], status != "Online" {
                proof.require("the agent of Systems Manager on instance \(instance.id) comes back (\(status))")
            }
            proof.cite(permissions.citation(known.evidence))
            return proof
        }
        // Where the list was read whole, an instance that is not in it cannot be reached.
        guard workloads.isMissing(.managedInstance, instance.account) else { return nil }
        if let role = instance.role.flatMap({ permissions.principalIndex[$0] }), !isManaged(role) {
            proof.require("Systems Manager manages instance \(instance.id) by the account's default, for its role does not let it")
        }
        return proof
    }

    private func isManaged(_ role: Int) -> Bool {
        if let known = managedRoles[role] { return known }
        let isManaged = permissions.subjects[role].map { anywhere($0, ["ssm:UpdateInstanceInformation"], usual: "*", [:]) != nil } ?? false
        managedRoles[role] = isManaged
        return isManaged
    }

    /// Proof that a document which runs commands may be used with an action.
    private func document(_ step: Step, _ action: String, _ region: String) -> Proof? {
        let key = "\(step.subject.set) \(action) \(region)"
        if let known = documents[key] { return known }
        let document = "arn:\(step.subject.partition):ssm:\(region)::document/AWS-RunShellScript"
        var best: Proof?
        for resource in witnesses(step.subject, action, default: document)
        where resource.contains(":document/") && (resource == document || !resource.contains("/AWS-") || resource.contains("/AWS-Run")) {
            best = Proof.better(best, permissions.may(step.subject, action, on: resource, account: step.principal.account))
        }
        documents[key] = .some(best)
        return best
    }

    private func instanceActions(_ step: Step, _ place: Int, _ access: EscalationTechnique.InstanceAccess) -> Proof? {
        let instance = snapshot.instances[place]
        var proof = Proof()
        let context = instanceContexts.context(of: place)
        for requirement in step.technique.requires {
            if requirement.slot == .any {
                guard let one = anywhere(step.subject, [requirement.action], usual: "*", [:]) else { return nil }
                proof.add(one)
                continue
            }
            guard let one = permissions.may(step.subject, requirement.action, on: instance.arn, account: instance.account, context: context)
            else { return nil }
            proof.add(one)
            if access == .systemsManager, requirement.action != "ssm:StartSession" {
                // The document is a resource of the call as well.
                guard let document = document(step, requirement.action, instance.region) else { return nil }
                proof.add(document)
            }
        }
        return proof
    }

    /// Gives an instance another role; the attacker has to get at it there.
    func instanceProfiles(_ step: Step) {
        let isNew = step.technique.requires.contains { $0.action == "ec2:AssociateIamInstanceProfile" }
        let actions = step.technique.requires.map(\.action).filter { $0 != "iam:PassRole" }
        guard let trusting = trusting["ec2.amazonaws.com"] else { return }
        let candidates = trusting.roles(of: step.principal.account)
        var best: (instance: Instance, proof: Proof)?
        for instance in (identifiers.instances[step.principal.account]?.all ?? []).map({ snapshot.instances[$0] })
        where instance.state == "running" && instance.metadataEnabled != false && (instance.instanceProfile == nil) == isNew {
            var context = tagContext(instance.tags, instance.arn)
            context["aws:requestedregion"] = [instance.region]
            var proof: Proof? = Proof()
            for action in actions {
                proof = Proof.both(
                    proof, permissions.may(step.subject, action, on: instance.arn, account: instance.account, context: context))
            }
            guard var proof else { continue }
            let entries = ["ssm:SendCommand", "ssm:StartSession"].filter {
                permissions.may(step.subject, $0, on: instance.arn, account: instance.account, context: context)?.confidence == .proven
            }
            if entries.isEmpty { proof.require("the attacker runs code on instance \(instance.id)") }
            proof.cite(permissions.citation(instance.evidence))
            if best == nil || proof.confidence.rank < best?.proof.confidence.rank ?? 3 { best = (instance, proof) }
            if proof.confidence == .proven { break }
        }
        if let best {
            for (index, trust) in candidates where index != step.subject.index && isAsked(index) {
                let role = snapshot.principals[index]
                guard role.arn != best.instance.role, let to = draft.places[role.arn],
                    var proof = pass(step, index, to: ["ec2.amazonaws.com"]), let profile = profile(step, role)
                else { continue }
                proof.add(best.proof)
                proof.add(trust)
                proof.add(profile)
                // Who would come in through Systems Manager needs a role that lets its agent work.
                if best.proof.confidence == .proven, !isManaged(index) {
                    proof.require("the attacker runs code on instance \(best.instance.id)")
                }
                draft.edge(
                    step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof, via: [best.instance.arn],
                    hypothetical: proof.confidence == .unknown,
                    why:
                        "\(label(step.principal)) may \(step.technique.deed) role \(role.name): it is allowed \(step.actions) on instance \(best.instance.id)."
                )
                grantThrough(step, index, proof)
            }
        } else if workloads.isMissing("ec2.describe-instances", step.principal.account) {
            gaps.insert(.init(what: step.technique.id, why: "instances were not collected everywhere"))
            let usual = sample(.managedInstance, step.principal.account, step.subject.partition)
            guard let made = anywhere(step.subject, actions, usual: usual, [:]) else { return }
            for (index, trust) in candidates where index != step.subject.index {
                let role = snapshot.principals[index]
                guard let to = draft.places[role.arn],
                    var proof = pass(step, index, to: ["ec2.amazonaws.com"])
                else { continue }
                proof.add(made)
                proof.add(trust)
                proof.doubt("whether there is such an instance: instances were not collected everywhere")
                draft.edge(
                    step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof, hypothetical: true,
                    why: "\(label(step.principal)) may \(step.technique.deed) role \(role.name), if there is one.")
            }
        }
    }
}
