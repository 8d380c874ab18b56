import CloudModel

/// Load balancers, what they forward to, and when.
extension Normaliser {
    /// One rule of a listener.
    private struct Rule {
        /// Lower ones are looked at first; the default has the highest.
        var priority: Int
        /// Whether no request gets past it.
        var takesAll: Bool
        var forwards: [LoadBalancer.Forward]
    }

    private struct TargetGroup {
        var type: String
        var port: Int?
        var transport: String?
        var keepsClientAddress: Bool?
    }

    mutating func readLoadBalancers(_ account: String) {
        var groups: [String: TargetGroup] = [:]
        for cursor in cursors(account, "elbv2", "describe-target-groups") {
            for item in cursor.requiredList("TargetGroups") ?? [] {
                guard let arn = item.requiredIdentifier("TargetGroupArn") else { continue }
                groups[arn] = TargetGroup(
                    type: item.identifier("TargetType") ?? "instance", port: item.int("Port"), transport: item.identifier("Protocol"))
            }
        }
        for cursor in cursors(account, "elbv2", "describe-target-group-attributes") {
            guard let group = cursor.record.resource else { continue }
            for item in cursor.requiredList("Attributes") ?? [] where item.string("Key") == "preserve_client_ip.enabled" {
                groups[group]?.keepsClientAddress = item.string("Value") == "true"
            }
        }
        var targets: [String: (entries: [LoadBalancer.Target], evidence: Evidence)] = [:]
        for cursor in cursors(account, "elbv2", "describe-target-health") {
            guard let name = cursor.record.resource, let list = cursor.requiredList("TargetHealthDescriptions") else { continue }
            let group = groups[name]
            let entries = list.compactMap { item -> LoadBalancer.Target? in
                guard let target = item["Target"], let id = target.requiredIdentifier("Id") else { return nil }
                // A draining target gets no new connection; every other state can change by itself.
                if item["TargetHealth"]?.string("State") == "draining" { return nil }
                let type = group?.type ?? Self.type(ofTarget: id)
                return LoadBalancer.Target(
                    targetGroup: name, type: type, id: id, port: target.int("Port") ?? group?.port,
                    keepsClientAddress: Self.keepsClientAddress(type, group))
            }
            targets[name] = (entries, cursor.evidence)
        }
        var rules: [String: [Rule]] = [:]
        for cursor in cursors(account, "elbv2", "describe-rules") {
            guard let listener = cursor.record.resource, let list = cursor.requiredList("Rules") else { continue }
            rules[listener, default: []] += list.map(Self.rule)
        }
        for cursor in cursors(account, "elbv2", "describe-load-balancers") {
            for item in cursor.requiredList("LoadBalancers") ?? [] {
                guard let arn = item.requiredIdentifier("LoadBalancerArn") else { continue }
                var balancer = LoadBalancer(
                    arn: arn, name: item.identifier("LoadBalancerName") ?? arn, account: account, region: region(cursor),
                    type: item.identifier("Type") ?? "application", internetFacing: item.string("Scheme") == "internet-facing",
                    evidence: item.evidence)
                balancer.dnsName = item.identifier("DNSName")
                balancer.vpc = item.identifier("VpcId")
                balancer.isDualStack = item.string("IpAddressType").map { $0.hasPrefix("dualstack") } ?? false
                balancer.subnets = item.list("AvailabilityZones").compactMap { $0.identifier("SubnetId") }.sortedUnique
                balancer.securityGroups =
                    (item["SecurityGroups"] == nil ? [] : item.list("SecurityGroups")).compactMap(\.identifier).sortedUnique
                readListeners(&balancer, rules, targets, account)
                snapshot.loadBalancers.append(balancer)
            }
        }
        readClassicLoadBalancers(account)
    }

    private static func type(ofTarget id: String) -> String {
        if id.hasPrefix("i-") { return "instance" }
        guard id.hasPrefix("arn:") else { return "ip" }
        return id.contains(":loadbalancer/") ? "alb" : "lambda"
    }

    /// What its attribute says, else the default (Elastic Load Balancing, "Client IP preservation"); `nil` where that may have been changed.
    private static func keepsClientAddress(_ type: String, _ group: TargetGroup?) -> Bool? {
        if let own = group?.keepsClientAddress { return own }
        switch (type, group?.transport) {
        case ("alb", _), ("instance", "UDP"?), ("instance", "TCP_UDP"?), ("ip", "UDP"?), ("ip", "TCP_UDP"?): return true
        default: return nil
        }
    }

    // MARK: Listeners

    private mutating func readListeners(
        _ balancer: inout LoadBalancer, _ rules: [String: [Rule]],
        _ targets: [String: (entries: [LoadBalancer.Target], evidence: Evidence)],
        _ account: String
    ) {
        let answer = index.answer(
            account, "elbv2", "describe-listeners", region: balancer.region, resources: [balancer.arn, balancer.name])
        guard case .record(let record) = answer else { return }
        let cursor = Cursor(record, problems)
        guard let list = cursor.requiredList("Listeners") else { return }
        balancer.facts["listeners"] = cursor.evidence
        balancer.isComplete = true
        var listeners: [LoadBalancer.Listener] = []
        for item in list {
            guard let arn = item.requiredIdentifier("ListenerArn") else {
                balancer.isComplete = false
                continue
            }
            var own = [Rule(priority: .max, takesAll: true, forwards: Self.forwards(item.list("DefaultActions"), [], takesAll: true))]
            if let more = rules[arn] {
                own += more
            } else if balancer.type == "application" {
                // Other listeners have no rules.
                balancer.isComplete = false
                if let operation = KnownOperation.named(service: "elbv2", operation: "describe-rules"),
                    !index.isMentioned(account, "elbv2", "describe-rules", region: balancer.region, resource: arn)
                {
                    gaps.append(Self.gap(account, operation, region: balancer.region, resource: arn))
                }
            }
            let forwards = Self.reached(own)
            listeners.append(
                .init(
                    arn: arn, port: item.int("Port"), listenerProtocol: item.identifier("Protocol"),
                    sslPolicy: item.identifier("SslPolicy"), targetGroups: forwards.map(\.targetGroup).sortedUnique, forwards: forwards))
        }
        listeners.sortByBytes(\.arn)
        balancer.listeners = listeners
        var found: [LoadBalancer.Target] = []
        var known = true
        for group in listeners.flatMap(\.targetGroups).sortedUnique {
            guard let entry = targets[group] else {
                balancer.isComplete = false
                known = false
                if let operation = KnownOperation.named(service: "elbv2", operation: "describe-target-health"),
                    !index.isMentioned(account, "elbv2", "describe-target-health", region: balancer.region, resource: group)
                {
                    gaps.append(Self.gap(account, operation, region: balancer.region, resource: group))
                }
                continue
            }
            balancer.facts["targets"] = entry.evidence
            balancer.facts["targets " + group] = entry.evidence
            found += entry.entries
        }
        found.sortByBytes { "\($0.targetGroup) \($0.id) \($0.port ?? -1)" }
        balancer.targets = known || !found.isEmpty ? found : nil
    }

    /// What the rules forward to, in their order, up to one that lets nothing past; each way once.
    private static func reached(_ rules: [Rule]) -> [LoadBalancer.Forward] {
        var found: [LoadBalancer.Forward] = []
        for rule in rules.enumerated().sorted(by: { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }).map(\.element) {
            for forward in rule.forwards where !found.contains(forward) { found.append(forward) }
            if rule.takesAll { break }
        }
        // What needs nothing makes what needs something superfluous.
        return found.filter { one in
            one.conditions.isEmpty || !found.contains { $0.targetGroup == one.targetGroup && $0.conditions.isEmpty }
        }
    }

    private static func rule(_ item: Cursor) -> Rule {
        let isDefault = item.bool("IsDefault") ?? (item.string("Priority") == "default")
        let conditions = item.list("Conditions")
        let takesAll = isDefault || conditions.allSatisfy(takesAll)
        return Rule(
            priority: isDefault ? .max : item.string("Priority").flatMap { Int($0) } ?? .max - 1, takesAll: takesAll,
            forwards: forwards(item.list("Actions"), conditions, takesAll: takesAll))
    }

    private static func values(_ condition: Cursor, _ configuration: String) -> [String] {
        let own = condition[configuration]?.list("Values").compactMap { $0.value.string } ?? []
        return own.isEmpty ? condition.list("Values").compactMap { $0.value.string } : own
    }

    private static func takesAll(_ condition: Cursor) -> Bool {
        switch condition.string("Field") {
        case "path-pattern": values(condition, "PathPatternConfig").contains { $0 == "*" || $0 == "/*" }
        case "host-header": values(condition, "HostHeaderConfig").contains("*")
        default: false
        }
    }

    /// What a request needs to meet a rule's condition and a stranger may not have; paths, hosts, methods and queries are anyone's to choose.
    private static func requirement(_ condition: Cursor) -> String? {
        switch condition.string("Field") {
        case "source-ip":
            let ranges = values(condition, "SourceIpConfig")
            return ranges.contains { $0 == "0.0.0.0/0" || $0 == "::/0" }
                ? nil : "the connection comes from \(ranges.joined(separator: ", "))"
        case "http-header":
            let name = condition["HttpHeaderConfig"]?.string("HttpHeaderName") ?? "unnamed"
            let common = ["accept", "accept-encoding", "accept-language", "content-type", "origin", "referer", "user-agent"]
            return common.contains(name.lowercased()) || values(condition, "HttpHeaderConfig").contains("*")
                ? nil : "the request has the header \(name) that the listener asks for"
        default: return nil
        }
    }

    private static func forwards(_ actions: [Cursor], _ conditions: [Cursor], takesAll: Bool) -> [LoadBalancer.Forward] {
        var needed = takesAll ? [] : conditions.compactMap(requirement)
        var found: [LoadBalancer.Forward] = []
        let ordered = actions.enumerated().sorted {
            ($0.element.int("Order") ?? 0, $0.offset) < ($1.element.int("Order") ?? 0, $1.offset)
        }.map(\.element)
        for action in ordered {
            switch action.string("Type") {
            case "authenticate-oidc", "authenticate-cognito":
                let name = action.string("Type") == "authenticate-oidc" ? "AuthenticateOidcConfig" : "AuthenticateCognitoConfig"
                if action[name]?.string("OnUnauthenticatedRequest") != "allow" { needed.append("the client signs in at the listener") }
            case "jwt-validation": needed.append("the request has a token that the listener accepts")
            case "forward", nil:
                let single = action.identifier("TargetGroupArn").map { [$0] } ?? []
                // A group with weight 0 gets nothing.
                let weighted = (action["ForwardConfig"]?.list("TargetGroups") ?? []).filter { $0.int("Weight") != 0 }
                    .compactMap { $0.identifier("TargetGroupArn") }
                for group in (single + weighted).sortedUnique { found.append(.init(targetGroup: group, conditions: needed)) }
            default: break
            }
        }
        return found
    }

    // MARK: Classic

    private mutating func readClassicLoadBalancers(_ account: String) {
        for cursor in cursors(account, "elb", "describe-load-balancers") {
            for item in cursor.requiredList("LoadBalancerDescriptions") ?? [] {
                guard let name = item.requiredIdentifier("LoadBalancerName") else { continue }
                var balancer = LoadBalancer(
                    arn: arn("elasticloadbalancing", region(cursor), account, "loadbalancer/\(name)"), name: name, account: account,
                    region: region(cursor), type: "classic", internetFacing: item.string("Scheme") == "internet-facing",
                    evidence: item.evidence)
                balancer.dnsName = item.identifier("DNSName")
                balancer.vpc = item.identifier("VPCId")
                balancer.subnets = item.list("Subnets").compactMap(\.identifier).sortedUnique
                balancer.securityGroups = item.list("SecurityGroups").compactMap(\.identifier).sortedUnique
                balancer.isComplete = true
                balancer.facts = ["listeners": item.evidence, "targets": item.evidence]
                let instances = item.list("Instances").compactMap { $0.identifier("InstanceId") }.sortedUnique
                var listeners: [LoadBalancer.Listener] = []
                var targets: [LoadBalancer.Target] = []
                for one in item.list("ListenerDescriptions") {
                    guard let listener = one["Listener"], let port = listener.int("LoadBalancerPort") else {
                        one.missing("Listener")
                        continue
                    }
                    // It has no target groups; each listener counts as one of its own.
                    let group = "\(balancer.arn):\(port)"
                    balancer.facts["targets " + group] = item.evidence
                    listeners.append(
                        .init(
                            arn: group, port: port, listenerProtocol: Self.transport(listener.identifier("Protocol")), sslPolicy: nil,
                            targetGroups: [group], forwards: [.init(targetGroup: group, conditions: [])]))
                    targets += instances.map {
                        .init(targetGroup: group, type: "instance", id: $0, port: listener.int("InstancePort"), keepsClientAddress: false)
                    }
                }
                listeners.sortByBytes(\.arn)
                balancer.listeners = listeners
                balancer.targets = targets
                snapshot.loadBalancers.append(balancer)
            }
        }
    }

    /// As the newer load balancers write it.
    private static func transport(_ name: String?) -> String? { name == "SSL" ? "TLS" : name }
}
