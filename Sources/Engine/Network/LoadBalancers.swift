import CloudModel

/// Internet-facing load balancers and what stands behind them.
extension NetworkReachability {
    func loadBalancerExposures() -> [Exposure] {
        var exposures: [Exposure] = []
        for balancer in snapshot.loadBalancers where balancer.internetFacing {
            for opening in openings(of: balancer) {
                exposures.append(
                    exposure(
                        opening, target: balancer.arn, kind: .loadBalancer, targetKind: "loadBalancer",
                        why:
                            "\(balancer.name) is internet-facing and \(opening.missing.isEmpty ? "is" : "may be") reached on \(opening.ports.text)"
                    ))
                exposures += behind(balancer, opening, intro: "\(balancer.name) is internet-facing")
            }
        }
        var seen: Set<Exposure> = []
        return exposures.filter { seen.insert($0).inserted }
    }

    private func openings(of balancer: LoadBalancer) -> [InternetPath.Opening] {
        var openings: [InternetPath.Opening] = []
        for subnet in balancer.subnets.isEmpty ? [nil] : balancer.subnets.map(Optional.some) {
            openings += path.openings(
                subnet: subnet, vpc: balancer.vpc, account: balancer.account, region: balancer.region,
                groups: balancer.type == "network" && balancer.securityGroups.isEmpty ? nil : balancer.securityGroups, ipv4: true,
                ipv6: balancer.isDualStack, evidence: index.cite(balancer.evidence))
        }
        return InternetPath.merged(openings).compactMap { opening in
            var opening = opening
            guard let listeners = balancer.listeners else {
                opening.missing.append("elbv2.describe-listeners")
                return opening.protocolName == "tcp" ? opening : nil
            }
            let ports = listeners.flatMap { listener in
                Self.transports(listener.listenerProtocol).contains(opening.protocolName) ? [listener.port].compactMap { $0 } : []
            }
            opening.ports = opening.ports.intersection(ports.reduce(PortSet.none) { $0.union(PortSet(from: $1, to: $1)) })
            if let evidence = balancer.facts["listeners"] { opening.evidence.append(index.cite(evidence)) }
            return opening.ports.isEmpty ? nil : opening
        }
    }

    /// Most load balancers that one request passes.
    private static let depth = 4

    /// What a load balancer forwards to that is reached so itself.
    ///
    /// - Parameter intro: how it is reached, as the sentence starts.
    func behind(
        _ balancer: LoadBalancer, _ opening: InternetPath.Opening, intro: String, kind: Exposure.Kind = .loadBalancer, depth: Int = 0
    ) -> [Exposure] {
        guard depth < Self.depth else { return [] }
        var exposures: [Exposure] = []
        for listener in balancer.listeners ?? [] {
            // A listener without a port is a gateway load balancer's, which takes nothing from the internet.
            guard let port = listener.port, Self.transports(listener.listenerProtocol).contains(opening.protocolName),
                opening.ports.contains(port)
            else { continue }
            let front = "\(intro) and forwards \(opening.protocolName) port \(port) to"
            for forward in listener.forwards {
                for target in balancer.targets ?? [] where target.targetGroup == forward.targetGroup {
                    var behind = opening
                    behind.via = opening.via + [balancer.arn, listener.arn, target.targetGroup]
                    for fact in ["listeners", "targets " + target.targetGroup] {
                        if let evidence = balancer.facts[fact] { behind.evidence.append(index.cite(evidence)) }
                    }
                    for condition in forward.conditions where !behind.conditions.contains(condition) {
                        behind.conditions.append(condition)
                    }
                    exposures += exposed(target, of: balancer, behind, front, kind, depth)
                }
            }
        }
        return exposures
    }

    private func exposed(
        _ target: LoadBalancer.Target, of balancer: LoadBalancer, _ opening: InternetPath.Opening, _ front: String, _ kind: Exposure.Kind,
        _ depth: Int
    ) -> [Exposure] {
        var behind = opening
        switch target.type {
        case "lambda":
            guard let function = functions[Self.unqualified(target.id)] else { return [] }
            behind.ports = .none
            behind.evidence.append(index.cite(function.evidence))
            var found = exposure(behind, target: function.arn, kind: kind, targetKind: "function", why: "\(front) \(function.name)")
            found.actions = ["lambda:InvokeFunction"]
            return [found]
        case "alb":
            guard let next = balancers[target.id], let port = target.port,
                let admitted = admission(Self.host(next), target, from: balancer, behind.protocolName)
            else { return [] }
            behind.ports = PortSet(from: port, to: port)
            behind.evidence.append(index.cite(next.evidence))
            behind.add(admitted)
            return [
                exposure(behind, target: next.arn, kind: kind, targetKind: "loadBalancer", why: "\(front) \(next.name) port \(port)")
            ] + self.behind(next, behind, intro: "\(front) \(next.name)", kind: kind, depth: depth + 1)
        case "instance", "ip":
            let known = target.type == "instance" ? hosts.instance(target.id) : hosts.host(at: target.id, in: balancer.vpc)
            let service = hosts.service(behind: target.targetGroup)
            // An address that is nobody's is one of the service that registers its tasks there.
            guard let host = known ?? (target.type == "ip" ? service : nil),
                let admitted = admission(host, target, from: balancer, behind.protocolName)
            else { return [] }
            behind.ports = target.port.map { PortSet(from: $0, to: $0) } ?? .none
            behind.evidence.append(index.cite(host.evidence))
            behind.add(admitted)
            let port = target.port.map { " port \($0)" } ?? ""
            var found = [
                exposure(behind, target: host.arn, kind: kind, targetKind: host.kind.rawValue, why: "\(front) \(host.label)\(port)")
            ]
            // On an instance it is the service's container that answers.
            if let service, service.arn != host.arn, target.type == "instance" {
                behind.evidence.append(index.cite(service.evidence))
                found.append(
                    exposure(
                        behind, target: service.arn, kind: kind, targetKind: service.kind.rawValue,
                        why: "\(front) service \(service.label) on \(host.label)\(port)"))
            }
            return found
        default: return []
        }
    }

    /// The load balancer as it stands in its network, or one of its ports.
    static func host(_ balancer: LoadBalancer, port: Int? = nil) -> Host {
        Host(
            kind: .loadBalancer, arn: balancer.arn, label: balancer.name, account: balancer.account, region: balancer.region,
            vpc: balancer.vpc,
            interfaces: (balancer.subnets.isEmpty ? [nil] : balancer.subnets.map(Optional.some)).map {
                .init(id: balancer.arn, subnet: $0, groups: balancer.securityGroups, addresses: [])
            }, port: port, isUnguarded: balancer.type == "network" && balancer.securityGroups.isEmpty, evidence: balancer.evidence)
    }

    // MARK: Admission

    /// By what a target lets a load balancer in.
    struct Admission {
        var via: [String] = []
        var evidence: [Citation] = []
        var conditions: [String] = []
        var missing: [String] = []
    }

    /// Whether some interface of the target lets in what the load balancer sends; `nil` when it is known that none does.
    func admission(_ host: Host, _ target: LoadBalancer.Target, from balancer: LoadBalancer, _ name: String) -> Admission? {
        // Application and classic load balancers ask by themselves.
        guard balancer.type == "network" else { return admission(host, target, from: balancer, name, asClient: false) }
        if let keeps = target.keepsClientAddress { return admission(host, target, from: balancer, name, asClient: keeps) }
        let usual = target.type == "instance"
        if let found = admission(host, target, from: balancer, name, asClient: usual) { return found }
        guard var found = admission(host, target, from: balancer, name, asClient: !usual) else { return nil }
        found.conditions.append("the target group \(usual ? "does not keep" : "keeps") the client's address")
        return found
    }

    private func admission(
        _ host: Host, _ target: LoadBalancer.Target, from balancer: LoadBalancer, _ name: String, asClient: Bool
    ) -> Admission? {
        let number = name == "udp" ? "17" : "6"
        let own = ranges(of: balancer)
        var unsure: Admission?
        var narrow: Admission?
        // All tasks of a service have the same groups: any of its interfaces tells of an address that is not among them.
        let isListed = host.kind != .ecsService || host.interfaces.contains { $0.addresses.contains(target.id) }
        for interface in host.interfaces {
            if target.type == "ip", isListed, !interface.addresses.contains(target.id) { continue }
            if leaves(balancer, to: interface, port: target.port, name, number) == false { continue }
            for id in interface.groups {
                guard let group = index.groups[id] else {
                    unsure = unsure ?? Admission(via: [id], missing: ["ec2.describe-security-groups (\(id))"])
                    continue
                }
                for rule in group.ingress {
                    guard let ports = rule.ports(name, number: number), target.port.map({ ports.contains($0) }) ?? true else { continue }
                    var found = Admission(via: [id], evidence: [index.cite(group.evidence)])
                    let byGroup = rule.groups.contains { balancer.securityGroups.contains($0) }
                    let ranges = index.ranges(of: rule)
                    let known = ranges.compactMap { $0 }
                    let open = asClient ? known.filter(\.hasPublicPart) : known.filter { range in own.contains { range.overlaps($0) } }
                    if byGroup || !open.isEmpty {
                        guard passesACL(host, interface, balancer, target, number, own, asClient) else { continue }
                        guard asClient, !byGroup, !open.contains(where: \.isEverything) else { return found }
                        found.conditions.append("the connection comes from an address that \(id) admits")
                        narrow = narrow ?? found
                        continue
                    }
                    if own.isEmpty, !asClient, !ranges.isEmpty {
                        unsure = unsure ?? Admission(via: [id], missing: ["ec2.describe-subnets"])
                    }
                    if let list = rule.prefixLists.first(where: { index.prefixLists[$0]?.ranges == nil }) {
                        unsure = unsure ?? Admission(via: [id], missing: ["the ranges of prefix list \(list)"])
                    }
                }
            }
        }
        if let narrow { return narrow }
        if unsure == nil, !index.isWhole("describe-security-groups", host.account, host.region) {
            unsure = Admission(missing: ["ec2.describe-security-groups"])
        }
        return unsure
    }

    /// Where a load balancer's own addresses lie.
    func ranges(of balancer: LoadBalancer) -> [AddressRange] {
        var ranges = balancer.subnets.compactMap { index.subnets[$0]?.cidr }.compactMap { AddressRange($0) }
        if ranges.count < max(balancer.subnets.count, 1) {
            ranges += (balancer.vpc.flatMap { index.vpcs[$0]?.cidrs } ?? []).compactMap { AddressRange($0) }
        }
        return ranges
    }

    /// Whether the load balancer's groups let it open connections to the target; `nil` when that is not known.
    private func leaves(_ balancer: LoadBalancer, to interface: Host.Interface, port: Int?, _ name: String, _ number: String) -> Bool? {
        guard !balancer.securityGroups.isEmpty, index.knowsEgress(balancer.account, balancer.region) else { return nil }
        return index.egress(of: balancer.securityGroups, to: interface, port: port, name, number)
    }

    /// Whether the target's network ACL lets the load balancer in. Where the ACL is not known the security group decides.
    private func passesACL(
        _ host: Host, _ interface: Host.Interface, _ balancer: LoadBalancer, _ target: LoadBalancer.Target, _ number: String,
        _ own: [AddressRange], _ asClient: Bool
    ) -> Bool {
        // Inside a subnet no ACL applies.
        guard let subnet = interface.subnet, !balancer.subnets.contains(subnet) || asClient,
            let acl = index.acl(subnet, vpc: host.vpc, host.account, host.region)
        else { return true }
        let ports = target.port.map { PortSet(from: $0, to: $0) } ?? .all
        let ranges = asClient ? [.everyIPv4] : own
        guard !ranges.isEmpty else { return true }
        return ranges.contains { range in
            range.pieces(cutBy: acl.ranges).contains { piece in
                !acl.allowed(egress: false, protocolNumber: number, piece: piece).intersection(ports).isEmpty
                    && !acl.allowed(egress: true, protocolNumber: number, piece: piece).intersection(InternetPath.ephemeral).isEmpty
            }
        }
    }

    /// What a listener's protocol is carried by.
    static func transports(_ name: String?) -> [String] {
        switch name {
        case "HTTP", "HTTPS", "TCP", "TLS", nil: ["tcp"]
        case "UDP", "QUIC": ["udp"]
        case "TCP_UDP", "TCP_QUIC": ["tcp", "udp"]
        default: []
        }
    }

    /// `arn:…:function:NAME` without version or alias.
    static func unqualified(_ arn: String) -> String {
        arn.split(separator: ":", omittingEmptySubsequences: false).prefix(7).joined(separator: ":")
    }
}

extension InternetPath.Opening {
    mutating func add(_ admitted: NetworkReachability.Admission) {
        via += admitted.via
        evidence += admitted.evidence
        for condition in admitted.conditions where !conditions.contains(condition) { conditions.append(condition) }
        missing = (missing + admitted.missing).sortedUnique
    }
}

extension NetworkIndex {
    /// Whether groups let their members open connections to an interface; `nil` when a group or list is not known.
    func egress(of groups: [String], to interface: Host.Interface, port: Int?, _ name: String, _ number: String) -> Bool? {
        let places =
            interface.addresses.isEmpty
            ? [interface.subnet.flatMap { subnets[$0]?.cidr }].compactMap { $0 } : interface.addresses
        let addresses = places.compactMap { AddressRange($0) }
        var isSure = true
        for id in groups {
            guard let group = self.groups[id] else {
                isSure = false
                continue
            }
            for rule in group.egress {
                guard let ports = rule.ports(name, number: number), port.map({ ports.contains($0) }) ?? true else { continue }
                if rule.groups.contains(where: { interface.groups.contains($0) }) { return true }
                let ranges = ranges(of: rule)
                if ranges.contains(where: { $0 == nil }) || addresses.isEmpty { isSure = false }
                if ranges.contains(where: { range in range.map { range in addresses.contains { range.overlaps($0) } } ?? false }) {
                    return true
                }
            }
        }
        return isSure ? false : nil
    }
}
