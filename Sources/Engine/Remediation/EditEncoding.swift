import CloudModel

/// Edits as results hold them, so that a plan can be checked and its changes applied without what made it.
extension FixEdit {
    init(_ edit: Edit) {
        self.init("")
        place = edit.place.map(Place.init)
        statement = edit.statement
        switch edit {
        case .removeAction(_, _, let action):
            self.edit = "removeAction"
            self.action = action
        case .removeStatement: self.edit = "removeStatement"
        case .denyAction(_, let action, let resource):
            self.edit = "denyAction"
            self.action = action
            self.resource = resource
        case .narrow(_, _, let action, let narrowing):
            self.edit = "narrow"
            self.action = action
            resources = narrowing.resources.isEmpty ? nil : narrowing.resources
            conditions = narrowing.conditions.isEmpty ? nil : narrowing.conditions.map(Condition.init)
        case .addCondition(_, _, let condition):
            self.edit = "addCondition"
            conditions = [Condition(condition)]
        case .removePrincipal(_, _, let principal):
            self.edit = "removePrincipal"
            self.principal = principal
        case .replacePrincipal(_, _, let principal, let others):
            self.edit = "replacePrincipal"
            self.principal = principal
            by = others
        case .detach(let policy, let principal):
            self.edit = "detach"
            self.policy = policy
            self.principal = principal
        case .leaveGroup(let user, let group):
            self.edit = "leaveGroup"
            principal = user
            self.group = group
        case .setBoundary(let principal, let name, let actions):
            self.edit = "setBoundary"
            self.principal = principal
            self.name = name
            self.actions = actions
        case .closeRule(let group, let rule, let cidrs, let others):
            self.edit = "closeRule"
            resource = group
            self.protocol = rule.ipProtocol
            fromPort = rule.fromPort
            toPort = rule.toPort
            self.cidrs = cidrs
            by = others
        case .deleteUnusedKeys(let user):
            self.edit = "deleteUnusedKeys"
            principal = user
        case .signFunctionURL(let arn): setting("signFunctionURL", arn)
        case .requireIMDSv2(let arn): setting("requireIMDSv2", arn)
        case .removeInstanceProfile(let arn): setting("removeInstanceProfile", arn)
        case .blockPublicAccess(let arn): setting("blockPublicAccess", arn)
        case .unshare(let arn, let account):
            setting("unshare", arn)
            by = [account]
        case .unpublish(let arn): setting("unpublish", arn)
        case .addServiceControlPolicy(let account, let name, let actions, let besides):
            setting("addServiceControlPolicy", account)
            self.name = name
            self.actions = actions
            by = besides
        }
    }

    private mutating func setting(_ edit: String, _ arn: String) {
        self.edit = edit
        resource = arn
    }
}

extension Edit {
    /// The edit that a result holds; `nil` when it is none.
    init?(_ edit: FixEdit) {
        let place = edit.place.flatMap(Place.init)
        switch (edit.edit, place, edit.statement) {
        case ("removeAction", let place?, let statement?):
            guard let action = edit.action else { return nil }
            self = .removeAction(place, statement: statement, action: action)
        case ("removeStatement", let place?, let statement?): self = .removeStatement(place, statement: statement)
        case ("denyAction", let place?, nil):
            guard let action = edit.action, let resource = edit.resource else { return nil }
            self = .denyAction(place, action: action, resource: resource)
        case ("narrow", let place?, let statement?):
            guard let action = edit.action else { return nil }
            let narrowing = Narrowing(resources: edit.resources ?? [], conditions: (edit.conditions ?? []).map(Condition.init))
            self = .narrow(place, statement: statement, action: action, to: narrowing)
        case ("addCondition", let place?, let statement?):
            guard let conditions = edit.conditions, conditions.count == 1 else { return nil }
            self = .addCondition(place, statement: statement, Condition(conditions[0]))
        case ("removePrincipal", let place?, let statement?):
            guard let principal = edit.principal else { return nil }
            self = .removePrincipal(place, statement: statement, principal: principal)
        case ("replacePrincipal", let place?, let statement?):
            guard let principal = edit.principal, let others = edit.by else { return nil }
            self = .replacePrincipal(place, statement: statement, principal: principal, by: others)
        case (let name, nil, nil):
            guard let setting = Self.setting(name, edit) else { return nil }
            self = setting
        default: return nil
        }
    }

    private static func setting(_ name: String, _ edit: FixEdit) -> Edit? {
        if let principal = edit.principal {
            switch name {
            case "detach": return edit.policy.map { .detach(policy: $0, principal: principal) }
            case "leaveGroup": return edit.group.map { .leaveGroup(user: principal, group: $0) }
            case "deleteUnusedKeys": return .deleteUnusedKeys(user: principal)
            case "setBoundary":
                guard let name = edit.name, let actions = edit.actions else { return nil }
                return .setBoundary(principal: principal, name: name, actions: actions)
            default: return nil
            }
        }
        guard let resource = edit.resource else { return nil }
        switch name {
        case "closeRule":
            guard let name = edit.protocol, let cidrs = edit.cidrs, let others = edit.by else { return nil }
            let rule = RuleKey(ipProtocol: name, fromPort: edit.fromPort, toPort: edit.toPort)
            return .closeRule(securityGroup: resource, rule: rule, cidrs: cidrs, by: others)
        case "signFunctionURL": return .signFunctionURL(resource)
        case "requireIMDSv2": return .requireIMDSv2(resource)
        case "removeInstanceProfile": return .removeInstanceProfile(resource)
        case "blockPublicAccess": return .blockPublicAccess(resource)
        case "unshare": return edit.by?.count == 1 ? edit.by?.first.map { .unshare(resource, with: $0) } : nil
        case "unpublish": return .unpublish(resource)
        case "addServiceControlPolicy":
            guard let name = edit.name, let actions = edit.actions, let besides = edit.by else { return nil }
            return .addServiceControlPolicy(account: resource, name: name, actions: actions, besides: besides)
        default: return nil
        }
    }
}

extension FixEdit.Condition {
    init(_ condition: Edit.Condition) { self.init(test: condition.test, key: condition.key, values: condition.values) }
}

extension Edit.Condition {
    init(_ condition: FixEdit.Condition) { self.init(test: condition.test, key: condition.key, values: condition.values) }
}

extension FixEdit.Place {
    init(_ place: Edit.Place) {
        switch place {
        case .inline(let principal, let name): self.init(kind: "inline", principal: principal, name: name)
        case .managed(let arn): self.init(kind: "managed", arn: arn)
        case .trust(let arn): self.init(kind: "trust", arn: arn)
        case .resource(let arn): self.init(kind: "resource", arn: arn)
        }
    }
}

extension Edit.Place {
    init?(_ place: FixEdit.Place) {
        switch (place.kind, place.arn, place.principal, place.name) {
        case ("inline", nil, let principal?, let name?): self = .inline(principal: principal, name: name)
        case ("managed", let arn?, nil, nil): self = .managed(arn)
        case ("trust", let arn?, nil, nil): self = .trust(arn)
        case ("resource", let arn?, nil, nil): self = .resource(arn)
        default: return nil
        }
    }
}
