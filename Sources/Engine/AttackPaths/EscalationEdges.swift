import CloudModel
import IAMEvaluator

/// Walks the catalogue for one principal. Long because every shape of technique has its function here, and they share the same questions.
extension GraphBuilder {
    func addEscalations(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
        for technique in EscalationCatalogue.techniques {
            // A role's trust may admit without any permission, so assuming is not asked of the identity side here.
            let isPossible = technique.requires.allSatisfy { $0.action == "sts:AssumeRole" || subject.allows.contains($0.action) }
            guard isPossible else { continue }
            let step = Step(technique: technique, subject: subject, principal: principal, from: from, admin: admin)
            switch technique.shape {
            case .passRole(let service, let passedTo, let missing): passRole(step, service, passedTo, missing)
            case .existing(let service, let kind): existing(step, service, kind)
            case .function: functions(step)
            case .instance: instances(step)
            case .userCredentials: credentials(step)
            case .ownPolicy: ownPolicy(step)
            case .ownGroup: ownGroup(step)
            case .joinGroup: joinGroup(step)
            case .roleTrust: roleTrust(step)
            case .userGrant: userGrant(step)
            case .assumedRoleGrant: assumedRoleGrant(step)
            case .trustedRoleGrant: trustedRoleGrant(step)
            case .assumeRole: break
            }
        }
        addOwnMeans(subject, principal, from, admin)
    }

    /// Ways to administrator rights that need no technique: making a new administrator, or shedding the boundary that holds one back.
    private func addOwnMeans(_ subject: Subject, _ principal: Principal, _ from: Int, _ admin: Int) {
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

    /// One technique tried by one principal.
    struct Step {
        var technique: EscalationTechnique
        var subject: Subject
        var principal: Principal
        var from: Int
        var admin: Int
        var actions: String { technique.requires.map(\.action).joined(separator: ", ") }
    }

    // MARK: Roles by way of something that runs

    /// Proof of the actions on things that the attacker makes or names, apart from the target; all of one kind on the same one.
    private func made(_ step: Step, context: [String: [String]] = [:]) -> Proof? {
        var proof = Proof()
        var kinds: [String: [String]] = [:]
        for requirement in step.technique.requires {
            switch requirement.slot {
            case .created(let kind): kinds[kind, default: []].append(requirement.action)
            case .any:
                guard let any = anywhere(step.subject, [requirement.action], usual: "*", context) else { return nil }
                proof.add(any)
            case .target, .policy: break
            }
        }
        for (kind, actions) in kinds.sorted(by: { $0.key < $1.key }) {
            let usual = EscalationCatalogue.newResource(
                kind, account: step.principal.account, region: region, partition: step.subject.partition)
            guard let all = anywhere(step.subject, actions, usual: usual, context) else { return nil }
            proof.add(all)
            if kind == "instance" || kind == "spot-instances-request" {
                guard let parts = launchParts(step, context) else { return nil }
                proof.add(parts)
            }
        }
        return proof
    }

    /// Proof that all `actions` are allowed on one resource, whichever.
    private func anywhere(_ subject: Subject, _ actions: [String], usual: String, _ context: [String: [String]]) -> Proof? {
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

    /// Launching needs rights on more than the instance: image, network, disk (service authorization reference, RunInstances).
    private func launchParts(_ step: Step, _ context: [String: [String]]) -> Proof? {
        let start = "arn:\(step.subject.partition):ec2:\(region):"
        let own = start + "\(step.principal.account):"
        var proof = Proof()
        let action = "ec2:RunInstances"
        guard step.technique.requires.contains(where: { $0.action == action }) else { return proof }
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

    private func passRole(_ step: Step, _ service: String, _ passedTo: [String], _ missing: String?) {
        guard let candidates = trusting[service], !candidates.isEmpty, let made = made(step) else { return }
        for (index, trust) in candidates where index != step.subject.index {
            let role = snapshot.principals[index]
            guard role.account == step.principal.account, let to = draft.places[role.arn] else { continue }
            var pass: Proof?
            for value in passedTo {
                var context = targetContext(role)
                context["iam:passedtoservice"] = [value]
                pass = Proof.better(
                    pass, permissions.may(step.subject, "iam:PassRole", on: role.arn, account: role.account, context: context))
            }
            guard var proof = pass else { continue }
            proof.add(made)
            proof.add(trust)
            if service == "ec2.amazonaws.com" {
                guard let profile = instanceProfile(step, role) else { continue }
                proof.add(profile)
            }
            if step.technique.id == "lambda-002" {
                // The new function polls with the passed role's rights.
                guard let source = permissions.subjects[index].flatMap({ polls($0) }) else { continue }
                proof.add(source)
            }
            if let missing { proof.doubt("whether \(article(missing)) exists in account \(role.account): not collected") }
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
                why:
                    "\(label(step.principal)) may \(step.technique.deed) role \(role.name): it is allowed \(step.actions), and the role trusts \(service)."
            )
            grantThrough(step, index, proof)
        }
    }

    /// A role reaches an instance in an instance profile; where it has none, the attacker must make one.
    private func instanceProfile(_ step: Step, _ role: Principal) -> Proof? {
        if !role.instanceProfiles.isEmpty { return Proof() }
        let profile = "arn:\(step.subject.partition):iam::\(role.account):instance-profile/example"
        return anywhere(step.subject, ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"], usual: profile, [:])
    }

    private func polls(_ role: Subject) -> Proof? {
        let start = "arn:\(role.partition):"
        let place = ":\(region):\(role.account):"
        return anywhere(role, ["sqs:ReceiveMessage"], usual: start + "sqs" + place + "example", [:])
            ?? anywhere(role, ["kinesis:GetRecords"], usual: start + "kinesis" + place + "stream/example", [:])
            ?? anywhere(role, ["dynamodb:GetRecords"], usual: start + "dynamodb" + place + "table/example/stream/example", [:])
    }

    private func article(_ noun: String) -> String {
        "\("AEIOaeio".unicodeScalars.contains(noun.unicodeScalars.first ?? "x") ? "an" : "a") \(noun)"
    }

    private func existing(_ step: Step, _ service: String, _ kind: String) {
        guard let candidates = trusting[service], !candidates.isEmpty, let made = made(step) else { return }
        gaps.insert(.init(what: step.technique.id, why: "\(kind)s are not collected, so what they run as is not known"))
        hypothetical(step, candidates, made, "whether \(article(kind)) that runs as role %ROLE% exists: not collected")
    }

    private func hypothetical(_ step: Step, _ candidates: [(role: Int, proof: Proof)], _ made: Proof, _ doubt: String) {
        for (index, trust) in candidates where index != step.subject.index {
            let role = snapshot.principals[index]
            guard role.account == step.principal.account, let to = draft.places[role.arn] else { continue }
            var proof = made
            proof.add(trust)
            proof.doubt(doubt.split(separator: "%ROLE%", maxSplits: 1, omittingEmptySubsequences: false).joined(separator: role.name))
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof, hypothetical: true,
                why: "\(label(step.principal)) may \(step.technique.deed) role \(role.name), if there is one.")
        }
    }

    private func functions(_ step: Step) {
        for function in snapshot.functions where function.account == step.principal.account {
            guard let role = function.role, let to = draft.places[role], role != step.principal.arn else { continue }
            var proof = Proof()
            let policy = permissions.resourcePolicy(function.policy)
            var isAllowed = true
            for requirement in step.technique.requires {
                guard
                    let one = permissions.may(
                        step.subject, requirement.action, on: function.arn, account: function.account,
                        context: tags(function.tags, "lambda"),
                        policy: requirement.action == "lambda:InvokeFunction" ? policy : nil)
                else {
                    isAllowed = false
                    break
                }
                proof.add(one)
            }
            guard isAllowed else { continue }
            proof.cite(permissions.citation(function.evidence))
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof, via: [function.arn],
                why:
                    "\(label(step.principal)) may \(step.technique.deed) role \(draft.nodes[to].name): it is allowed \(step.actions) on function \(function.name)."
            )
            if let index = permissions.principalIndex[role] { grantThrough(step, index, proof) }
        }
        if isMissing("lambda", "list-functions", account: step.principal.account) {
            gaps.insert(.init(what: step.technique.id, why: "functions were not collected everywhere"))
            guard let candidates = trusting["lambda.amazonaws.com"] else { return }
            let usual = EscalationCatalogue.newResource(
                "function", account: step.principal.account, region: region, partition: step.subject.partition)
            guard let made = anywhere(step.subject, step.technique.requires.map(\.action), usual: usual, [:]) else { return }
            hypothetical(
                step, candidates, made, "whether a function that runs as role %ROLE% exists: functions were not collected everywhere")
        }
    }

    private func tags(_ tags: [String: String], _ service: String) -> [String: [String]] {
        var context: [String: [String]] = [:]
        for (key, value) in tags {
            context["aws:resourcetag/" + key.lowercased()] = [value]
            context[service + ":resourcetag/" + key.lowercased()] = [value]
        }
        return context
    }

    private func instances(_ step: Step) {
        let isRestart = step.technique.id == "ec2-002"
        var proven: Set<Int> = []
        for instance in snapshot.instances where instance.account == step.principal.account {
            guard let role = instance.role, let to = draft.places[role], role != step.principal.arn,
                instance.metadataEnabled != false, instance.state != "terminated", instance.state != "shutting-down",
                isRestart || instance.state == "running", !proven.contains(to),
                var proof = instanceActions(step, instance)
            else { continue }
            switch step.technique.id {
            case "ssm-001", "ssm-002":
                if let index = permissions.principalIndex[role], !isManaged(index) {
                    proof.require("Systems Manager manages instance \(instance.id) by the account's default, for its role does not let it")
                }
            case "ec2instanceconnect-003":
                let isOpen = exposures.contains { $0.target == instance.arn && $0.opens(port: 22) }
                if !isOpen { proof.require("the attacker has a network path to port 22 of instance \(instance.id)") }
            default: break
            }
            proof.cite(permissions.citation(instance.evidence))
            if proof.confidence == .proven { proven.insert(to) }
            draft.edge(
                step.from, to, step.technique.id, likelihood: step.technique.likelihood, proof: proof, via: [instance.arn],
                why:
                    "\(label(step.principal)) may \(step.technique.deed) role \(draft.nodes[to].name): it is allowed \(step.actions) on instance \(instance.id)."
            )
            if let index = permissions.principalIndex[role] { grantThrough(step, index, proof) }
        }
        if isMissing("ec2", "describe-instances", account: step.principal.account) {
            gaps.insert(.init(what: step.technique.id, why: "instances were not collected everywhere"))
            guard let candidates = trusting["ec2.amazonaws.com"] else { return }
            let usual = EscalationCatalogue.newResource(
                "instance", account: step.principal.account, region: region, partition: step.subject.partition)
            guard let made = anywhere(step.subject, step.technique.requires.map(\.action), usual: usual, [:]) else { return }
            hypothetical(
                step, candidates, made, "whether an instance that runs as role %ROLE% exists: instances were not collected everywhere")
        }
    }

    private func isManaged(_ role: Int) -> Bool {
        if let known = managedRoles[role] { return known }
        let isManaged = permissions.subjects[role].map { anywhere($0, ["ssm:UpdateInstanceInformation"], usual: "*", [:]) != nil } ?? false
        managedRoles[role] = isManaged
        return isManaged
    }

    /// Proof that a document which runs commands may be sent.
    private func document(_ step: Step, _ region: String) -> Proof? {
        let key = "\(step.subject.set) \(region)"
        if let known = documents[key] { return known }
        let action = "ssm:SendCommand"
        let document = "arn:\(step.subject.partition):ssm:\(region)::document/AWS-RunShellScript"
        var best: Proof?
        for resource in witnesses(step.subject, action, default: document)
        where resource.contains(":document/") && (resource == document || !resource.contains("/AWS-") || resource.contains("/AWS-Run")) {
            best = Proof.better(best, permissions.may(step.subject, action, on: resource, account: step.principal.account))
        }
        documents[key] = .some(best)
        return best
    }

    private func instanceActions(_ step: Step, _ instance: Instance) -> Proof? {
        var proof = Proof()
        for requirement in step.technique.requires {
            if requirement.slot == .any {
                guard let one = anywhere(step.subject, [requirement.action], usual: "*", [:]) else { return nil }
                proof.add(one)
                continue
            }
            var context = tags(instance.tags, "ec2")
            for (key, value) in tags(instance.tags, "ssm") { context[key] = value }
            guard let one = permissions.may(step.subject, requirement.action, on: instance.arn, account: instance.account, context: context)
            else { return nil }
            proof.add(one)
            if requirement.action == "ssm:SendCommand" {
                // The document is a resource of the call as well.
                guard let document = document(step, instance.region) else { return nil }
                proof.add(document)
            }
        }
        return proof
    }

    // MARK: Users, groups and roles themselves

    private func credentials(_ step: Step) {
        for index in users[step.principal.account] ?? [] where index != step.subject.index {
            let user = snapshot.principals[index]
            guard let to = draft.places[user.arn] else { continue }
            var proof = Proof()
            let keys = user.accessKeys?.count
            switch step.technique.id {
            case "iam-002": if let keys, keys >= 2 { continue }
            case "iam-003": if let keys, keys < 2 { continue }
            case "iam-004":
                if user.hasPassword == true { continue }
                if user.hasPassword == nil { proof.require("user \(user.name) has no console password yet (not collected)") }
                if user.hasMFA == true { proof.require("the attacker has the MFA device of user \(user.name)") }
            default:
                if user.hasPassword == false { continue }
                if user.hasPassword == nil { proof.require("user \(user.name) has a console password (not collected)") }
                if user.hasMFA == true { proof.require("the attacker has the MFA device of user \(user.name)") }
            }
            guard let allowed = all(step, on: user) else { continue }
            proof.add(allowed)
            proof.cite(permissions.citation(user.evidence))
            draft.edge(
                step.from, to, step.technique.id,
                // With an unknown number of keys, replacing one works either way.
                likelihood: step.technique.id == "iam-002" && keys == nil ? Likelihood.easy : step.technique.likelihood, proof: proof,
                why: "\(label(step.principal)) may \(step.technique.deed) user \(user.name): it is allowed \(step.actions) on that user.")
            if step.technique.id == "iam-004" || step.technique.id == "iam-006" { grantThrough(step, index, proof) }
        }
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
        let key = "\(holder.set) \(change.code(holder.index)) \(holder.boundary == nil ? "" : "\(holder.index) \(remover.set)")"
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
    private func makesAdministrator(_ holder: Subject, _ change: Permissions.Change) -> Proof? {
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
        let user = start + "user/example"
        var best = Proof.both(
            all(["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"], on: user),
            permissions.administrator(once: .user(arn: user), of: holder))
        // The new role's trust policy names its maker, who then needs no permission to assume it; an explicit denial would still hold.
        // A role may be given a name that the organisation's policies make an exception for.
        for role in [start + "role/example"] + permissions.organisation.roleNames(of: holder.account, partition: holder.partition) {
            guard best?.confidence != .proven else { break }
            guard let made = all(["iam:CreateRole", "iam:AttachRolePolicy"], on: role) else { continue }
            let used = Proof.both(
                permissions.mayAssumeOnceMade(holder, role, as: change), permissions.administrator(once: .role(arn: role), of: holder))
            best = Proof.better(best, Proof.both(made, used))
        }
        return best
    }

    /// Gives rights to a principal that the step just became, when the subject may do that too.
    private func grantThrough(_ step: Step, _ index: Int, _ becoming: Proof) {
        let target = snapshot.principals[index]
        guard !isDone(step), !serviceLinked[index], target.account == step.principal.account, let holder = permissions.subjects[index],
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

    private func ownPolicy(_ step: Step) {
        let isRole = step.principal.kind == .role
        if isRole, step.principal.isServiceLinked { return }
        if step.technique.id == "iam-001" {
            for (place, source, proof) in rewritable(step, step.subject) {
                guard var all = administrates(step.subject, .replaced(place), remover: step.subject) else { continue }
                all.add(proof)
                gain(step, all, "may write a new default version of policy \(source.name), which is attached to it")
                if all.confidence == .proven { return }
            }
            return
        }
        guard isRole == (step.technique.id == "iam-005" || step.technique.id == "iam-009") else { return }
        var own = step.principal
        own.arn = step.subject.arn
        guard var proof = all(step, on: own), let admin = administrates(step.subject, .granted, remover: step.subject) else { return }
        proof.add(admin)
        gain(step, proof, "may \(step.technique.deed)")
    }

    /// The edge to administrator rights.
    private func gain(_ step: Step, _ proof: Proof, _ deed: String) {
        draft.edge(
            step.from, step.admin, step.technique.id, likelihood: step.technique.likelihood, proof: proof,
            why: "\(label(step.principal)) \(deed), and so get administrator rights (\(step.actions)).")
    }

    private func ownGroup(_ step: Step) {
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

    private func joinGroup(_ step: Step) {
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

    private func roleTrust(_ step: Step) {
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

    private func userGrant(_ step: Step) {
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

    private func assumedRoleGrant(_ step: Step) {
        for (index, assume) in assumable[step.subject.index] ?? [] {
            let role = snapshot.principals[index]
            guard !serviceLinked[index], role.account == step.principal.account, let holder = permissions.subjects[index] else { continue }
            roleGrant(step, role, holder, assume)
            if isDone(step) { return }
        }
    }

    private func trustedRoleGrant(_ step: Step) {
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
