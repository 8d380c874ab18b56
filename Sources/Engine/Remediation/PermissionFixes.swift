import CloudModel

/// Changes of what a principal may do.
extension CandidateFixes {
    /// Policies of a principal and its groups: holder and text.
    private func held(_ node: GraphNode) -> [(holder: Principal, source: PolicySource)] {
        guard let principal = principals[node.id] else { return [] }
        var list = principal.policies.map { (holder: principal, source: $0) }
        for group in principal.groups { if let holder = principals[group] { list += holder.policies.map { (holder: holder, source: $0) } } }
        return list
    }

    private func place(_ holder: Principal, _ source: PolicySource) -> Edit.Place {
        source.arn.map { .managed($0) } ?? .inline(principal: holder.arn, name: source.name)
    }

    private static func isAWS(_ source: PolicySource) -> Bool { source.arn?.contains(":iam::aws:policy/") == true }

    /// A policy as a reader finds it: its name and whose it is.
    private func named(_ source: PolicySource, _ holder: Principal) -> String {
        guard let arn = source.arn else { return "policy \(source.name) of \(holder.kind.rawValue) \(holder.name)" }
        let holders = attached[arn] ?? []
        guard let first = holders.first else { return "policy \(source.name)" }
        let others = holders.count == 1 ? "" : holders.count == 2 ? " and 1 other" : " and \(holders.count - 1) others"
        return "policy \(source.name) (held by \(first.kind.rawValue) \(first.name)\(others))"
    }

    /// How a statement allows an action.
    private enum Grant { case named, wildcard }

    private func grant(_ statement: JSONValue, _ action: String) -> Grant? {
        guard statement["Effect"]?.string == "Allow" else { return nil }
        if statement["NotAction"] != nil {
            return Patch.texts(statement["NotAction"]).contains { Wildcard.matches($0, action, ignoringCase: true) } ? nil : .wildcard
        }
        let listed = Patch.texts(statement["Action"])
        let isNamed = listed.contains { $0.lowercased() == action.lowercased() }
        let byWildcard = listed.contains { $0.lowercased() != action.lowercased() && Wildcard.matches($0, action, ignoringCase: true) }
        return byWildcard ? .wildcard : isNamed ? .named : nil
    }

    func permissionFixes(
        _ node: GraphNode, _ actions: [String], _ to: GraphNode, _ technique: EscalationTechnique? = nil
    ) -> [CandidateFix] {
        var fixes: [CandidateFix] = []
        for (holder, source) in held(node) {
            guard let document = source.document else { continue }
            let statements = Patch.statements(document)
            let granted = statements.enumerated().flatMap { index, statement in
                actions.compactMap { action in grant(statement, action).map { (index: index, action: action, grant: $0) } }
            }
            guard !granted.isEmpty else { continue }
            if holder.kind == .group, node.kind == .user { fixes.append(leave(node, holder)) }
            if Self.isAWS(source), let arn = source.arn {
                fixes.append(detach(arn, source, holder))
                continue
            }
            let place = place(holder, source)
            let policy = named(source, holder)
            func add(_ kind: FixCosts.Kind, _ title: String, _ edit: Edit) {
                // What takes the last statement of a managed policy takes the policy from who has it.
                if case .managed(let arn) = place, Patch.document(document, [edit]) == nil {
                    fixes += detachments(arn, source, holder)
                    return
                }
                fixes.append(
                    fix(kind, source.arn ?? holder.arn, title, [edit]))
            }
            for (index, action, grant) in granted {
                switch grant {
                case .named:
                    add(.removeAction, "Take \(action) out of \(policy)", .removeAction(place, statement: index, action: action))
                    for (kind, words, narrowing) in narrowings(node, action, statements[index], to, technique) {
                        add(
                            kind, "Allow \(action) in \(policy) only \(words)",
                            .narrow(place, statement: index, action: action, to: narrowing))
                    }
                case .wildcard:
                    add(
                        .denyAction, "Deny \(action) in \(policy), which allows it by a wildcard",
                        .denyAction(place, action: action, resource: "*"))
                    if let resource = target(of: action, to) {
                        add(
                            .denyAction, "Deny \(action) on \(resource) in \(policy), which allows it by a wildcard",
                            .denyAction(place, action: action, resource: resource))
                    }
                }
            }
            // One change of one document where several of its statements name the action.
            for (action, places) in Dictionary(grouping: granted, by: \.action).sorted(by: { $0.key < $1.key })
            where places.count > 1 && places.allSatisfy({ $0.grant == .named }) {
                let edits = places.map { Edit.removeAction(place, statement: $0.index, action: action) }
                if case .managed(let arn) = place, Patch.document(document, edits) == nil {
                    fixes += detachments(arn, source, holder)
                } else {
                    fixes.append(
                        fix(.removeAction, source.arn ?? holder.arn, "Take \(action) out of every statement of \(policy)", edits))
                }
            }
            for index in Set(granted.map(\.index)).sorted() where statements.count > 1 {
                fixes.append(
                    fix(
                        .removeStatement, source.arn ?? holder.arn, "Remove statement \(index + 1) of \(policy)",
                        [.removeStatement(place, statement: index)]))
            }
        }
        return fixes
    }

    // MARK: Narrowing

    /// The resource that an action of a step to `to` is done to, where that is `to` itself.
    private func target(of action: String, _ to: GraphNode) -> String? {
        switch (action.lowercased(), to.kind) {
        case ("iam:passrole", .role), ("sts:assumerole", .role), ("iam:updateassumerolepolicy", .role): to.id
        case ("iam:createaccesskey", .user), ("iam:createloginprofile", .user), ("iam:updateloginprofile", .user): to.id
        case ("iam:addusertogroup", .group), ("secretsmanager:getsecretvalue", .secret), ("ssm:getparameter", .secret),
            ("rds:modifydbinstance", .database), ("rds:deletedbinstance", .database):
            to.id
        case ("s3:getobject", .bucket), ("s3:deleteobject", .bucket), ("s3:deleteobjectversion", .bucket): to.id + "/*"
        default: nil
        }
    }

    /// The most resources that a narrowed statement lists.
    private static let listed = 20

    /// Ways to allow an action less: on what is used and not `to`, for the services that are needed, with a second factor.
    private func narrowings(
        _ node: GraphNode, _ action: String, _ statement: JSONValue, _ to: GraphNode, _ technique: EscalationTechnique?
    ) -> [(kind: FixCosts.Kind, words: String, narrowing: Edit.Narrowing)] {
        var found: [(kind: FixCosts.Kind, words: String, narrowing: Edit.Narrowing)] = []
        let patterns = Patch.texts(statement["Resource"])
        if !patterns.isEmpty, let target = target(of: action, to), let others = others(node, action, besides: to) {
            let covered = others.filter { one in patterns.contains { Wildcard.matches($0, one) } }
            let isListed = patterns.allSatisfy(covered.contains)
            if !covered.isEmpty, covered.count <= Self.listed, !isListed, !covered.contains(target) {
                let words = covered.count == 1 ? "on \(covered[0])" : "on the \(covered.count) resources in use but \(target)"
                found.append((.narrowResource, words, Edit.Narrowing(resources: covered)))
            }
        }
        if action.lowercased() == "iam:passrole", case .passRole(let passing)? = technique?.shape {
            let services = passed(node, besides: passing.service)
            if !services.isEmpty {
                found.append(
                    (
                        .addCondition, "to \(services.joined(separator: ", "))",
                        Edit.Narrowing(conditions: [.init(test: "StringEquals", key: "iam:PassedToService", values: services)])
                    ))
            }
        }
        if action.lowercased() == "sts:assumerole", node.kind == .user {
            found.append(
                (
                    .requireMFA, "with a second factor",
                    Edit.Narrowing(conditions: [.init(test: "Bool", key: "aws:MultiFactorAuthPresent", values: ["true"])])
                ))
        }
        return found
    }

    /// What is there, or in use, that the action could be done to, but for one; `nil` for actions of which that is not known.
    private func others(_ node: GraphNode, _ action: String, besides to: GraphNode) -> [String]? {
        switch action.lowercased() {
        case "iam:passrole":
            return (usedRolesByAccount[to.account ?? ""] ?? []).filter { $0 != to.id && !isAdministrator($0) }
        case "sts:assumerole":
            guard let place = graph.place(of: node.id) else { return nil }
            return graph.edges(from: place).compactMap { edge in
                let role = graph.nodes[Int(edge.to)]
                return graph.technique(of: edge) == "sts-001" && role.id != to.id && !isAdministrator(role.id) ? role.id : nil
            }.sortedUnique
        case "s3:getobject", "s3:deleteobject", "s3:deleteobjectversion":
            return (plainBuckets[to.account ?? ""] ?? []).filter { $0 != to.id }.map { $0 + "/*" }
        case "secretsmanager:getsecretvalue":
            return (plainSecrets[to.account ?? ""] ?? []).filter { $0 != to.id }
        default: return nil
        }
    }

    private func isAdministrator(_ arn: String) -> Bool {
        guard let place = graph.place(of: arn) else { return false }
        return graph.edges(from: place).contains { graph.technique(of: $0) == "administrator" }
    }

    /// Services that a principal can hand roles to, but for one.
    private func passed(_ node: GraphNode, besides service: String) -> [String] {
        guard let place = graph.place(of: node.id) else { return [] }
        var services: Set<String> = []
        for edge in graph.edges(from: place) {
            for name in [graph.technique(of: edge)] + graph.alternatives(of: edge) {
                if case .passRole(let passing)? = EscalationCatalogue.byID[name]?.shape { services.formUnion(passing.passedTo) }
            }
        }
        services.remove(service)
        return services.count > 5 ? [] : services.sortedUnique
    }

    // MARK: Several actions at once

    /// The fewest actions, chosen greedily, such that every technique needs one of them; handing on a role first, for it is the heart of most.
    func actions(of techniques: [String]) -> [String]? {
        let needed = techniques.compactMap { EscalationCatalogue.byID[$0]?.requires.map(\.action) }
        guard !needed.isEmpty, needed.count == techniques.count else { return nil }
        var open = needed
        var actions: [String] = []
        while !open.isEmpty {
            var counts: [String: Int] = [:]
            for list in open { for action in Set(list) { counts[action, default: 0] += action == "iam:PassRole" ? 2 : 1 } }
            guard let next = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else { return nil }
            actions.append(next)
            open.removeAll { $0.contains(next) }
        }
        return actions.sorted()
    }

    /// One change to one policy that takes an action of each of several techniques.
    func together(_ node: GraphNode, _ techniques: [String]) -> [CandidateFix] {
        guard techniques.count > 1, let actions = actions(of: techniques), actions.count > 1 else { return [] }
        return held(node).flatMap { holder, source -> [CandidateFix] in
            guard let document = source.document, !Self.isAWS(source) else { return [] }
            let place = place(holder, source)
            let edits = actions.flatMap { action in
                Patch.statements(document).enumerated().compactMap { index, statement -> Edit? in
                    switch grant(statement, action) {
                    case .named: .removeAction(place, statement: index, action: action)
                    case .wildcard: .denyAction(place, action: action, resource: "*")
                    case nil: nil
                    }
                }
            }
            let unique = edits.reduce(into: [Edit]()) { if !$0.contains($1) { $0.append($1) } }
            guard unique.count > 1 else { return [] }
            if case .managed(let arn) = place, Patch.document(document, unique) == nil { return detachments(arn, source, holder) }
            return [
                fix(
                    .narrowPolicy, source.arn ?? holder.arn, "Take \(actions.joined(separator: ", ")) out of \(named(source, holder))",
                    unique)
            ]
        }
    }

    /// A boundary that leaves everything but what the techniques need.
    func boundary(_ node: GraphNode, _ techniques: [String]) -> [CandidateFix] {
        guard let principal = principals[node.id], principal.kind == .user || principal.kind == .role, principal.boundary == nil,
            !principal.isServiceLinked
        else { return [] }
        let isAdministrator = techniques.first == "administrator"
        let actions = isAdministrator ? ["iam:*", "organizations:*", "sts:AssumeRole"] : actions(of: techniques)
        guard let actions else { return [] }
        let name = AttackPathFinder.digest("cloudryption-boundary-", [principal.arn] + actions)
        guard policies[Edit.policyARN(name, besides: principal.arn)] == nil else { return [] }
        return [
            fix(
                .setBoundary, principal.arn,
                "Set a permissions boundary without \(actions.joined(separator: ", ")) on \(principal.kind.rawValue) \(principal.name)",
                [.setBoundary(principal: principal.arn, name: name, actions: actions)])
        ]
    }

    // MARK: Attachments

    private func detach(_ arn: String, _ source: PolicySource, _ holder: Principal) -> CandidateFix {
        fix(
            .detachPolicy, holder.arn, "Detach policy \(source.name) from \(holder.kind.rawValue) \(holder.name)",
            [.detach(policy: arn, principal: holder.arn)])
    }

    /// The most attachments of a policy that one change takes.
    private static let attachments = 100

    /// Where nothing would be left of a policy of one's own it is taken from the one who has it, or from everyone.
    private func detachments(_ arn: String, _ source: PolicySource, _ holder: Principal) -> [CandidateFix] {
        let one = detach(arn, source, holder)
        let holders = attached[arn] ?? []
        guard (2...Self.attachments).contains(holders.count) else { return [one] }
        return [
            one,
            fix(
                .detachEverywhere, arn, "Detach policy \(source.name) from all \(holders.count) who have it",
                holders.map { .detach(policy: arn, principal: $0.arn) }),
        ]
    }

    private func leave(_ user: GraphNode, _ group: Principal) -> CandidateFix {
        fix(.leaveGroup, user.id, "Take user \(user.name) out of group \(group.name)", [.leaveGroup(user: user.id, group: group.arn)])
    }

    /// Changes after which a principal is no administrator: they take what grants by a wildcard.
    func administratorFixes(_ node: GraphNode) -> [CandidateFix] {
        var fixes: [CandidateFix] = []
        for (holder, source) in held(node) {
            guard let document = source.document else { continue }
            let statements = Patch.statements(document)
            let broad = statements.indices.filter { index in
                let statement = statements[index]
                guard statement["Effect"]?.string == "Allow" else { return false }
                return statement["NotAction"] != nil || Patch.texts(statement["Action"]).contains { $0.utf8.contains(UInt8(ascii: "*")) }
            }
            guard !broad.isEmpty else { continue }
            if holder.kind == .group, node.kind == .user { fixes.append(leave(node, holder)) }
            if let arn = source.arn {
                fixes.append(detach(arn, source, holder))
                if Self.isAWS(source) || statements.count == broad.count { continue }
            }
            for index in broad {
                fixes.append(
                    fix(
                        .removeStatement, source.arn ?? holder.arn, "Remove statement \(index + 1) of \(named(source, holder))",
                        [.removeStatement(place(holder, source), statement: index)]))
            }
        }
        return fixes
    }
}
