import CloudModel

/// Internet-facing load balancers and what stands behind them.
extension NetworkReachability {
    func loadBalancerExposures() -> [Exposure] {
        let instances = Dictionary(snapshot.instances.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var byAddress: [String: Instance] = [:]
        for instance in snapshot.instances {
            for interface in instance.interfaces {
                for address in interface.privateAddresses where byAddress["\(instance.vpc ?? "") \(address)"] == nil {
                    byAddress["\(instance.vpc ?? "") \(address)"] = instance
                }
            }
        }
        let functions = Dictionary(snapshot.functions.map { ($0.arn, $0) }, uniquingKeysWith: { first, _ in first })
        var exposures: [Exposure] = []
        for balancer in snapshot.loadBalancers where balancer.internetFacing {
            let openings = openings(of: balancer)
            for opening in openings {
                exposures.append(
                    exposure(
                        opening, target: balancer.arn, kind: .loadBalancer, targetKind: "loadBalancer",
                        why:
                            "\(balancer.name) is internet-facing and \(opening.missing.isEmpty ? "is" : "may be") reached on \(opening.ports.text)"
                    ))
            }
            for listener in balancer.listeners ?? [] {
                // A listener without a port is a gateway load balancer's, which takes nothing from the internet.
                guard let port = listener.port, let name = Self.transport(listener.listenerProtocol) else { continue }
                guard let opening = openings.first(where: { $0.protocolName == name && $0.ports.contains(port) }) else { continue }
                let groups = Set(listener.targetGroups)
                for target in (balancer.targets ?? []) where groups.contains(target.targetGroup) {
                    var behind = opening
                    behind.via = opening.via + [balancer.arn, listener.arn, target.targetGroup]
                    for fact in ["listeners", "targets " + target.targetGroup] {
                        if let evidence = balancer.facts[fact] { behind.evidence.append(index.cite(evidence)) }
                    }
                    let front = "\(balancer.name) is internet-facing and forwards \(name) port \(port) to"
                    switch target.type {
                    case "lambda":
                        guard let function = functions[Self.unqualified(target.id)] else { continue }
                        behind.ports = .none
                        behind.evidence.append(index.cite(function.evidence))
                        var found = exposure(
                            behind, target: function.arn, kind: .loadBalancer, targetKind: "function", why: "\(front) \(function.name)")
                        found.actions = ["lambda:InvokeFunction"]
                        exposures.append(found)
                    case "instance", "ip":
                        let instance = target.type == "instance" ? instances[target.id] : byAddress["\(balancer.vpc ?? "") \(target.id)"]
                        guard let instance, ["running", "pending", "unknown"].contains(instance.state) else { continue }
                        guard let admitted = admission(instance, target, from: balancer, name) else { continue }
                        behind.ports = target.port.map { PortSet(from: $0, to: $0) } ?? .none
                        behind.via += admitted.via
                        behind.evidence += [index.cite(instance.evidence)] + admitted.evidence
                        behind.missing = (behind.missing + admitted.missing).sortedUnique
                        exposures.append(
                            exposure(
                                behind, target: instance.arn, kind: .loadBalancer, targetKind: "instance",
                                why: "\(front) \(instance.id)\(target.port.map { " port \($0)" } ?? "")"))
                    default: continue
                    }
                }
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
                ipv6: false,
                evidence: index.cite(balancer.evidence))
        }
        return InternetPath.merged(openings).compactMap { opening in
            var opening = opening
            guard let listeners = balancer.listeners else {
                opening.missing.append("elbv2.describe-listeners")
                return opening.protocolName == "tcp" ? opening : nil
            }
            let ports = listeners.compactMap { listener in
                Self.transport(listener.listenerProtocol) == opening.protocolName ? listener.port : nil
            }
            opening.ports = opening.ports.intersection(ports.reduce(PortSet.none) { $0.union(PortSet(from: $1, to: $1)) })
            if let evidence = balancer.facts["listeners"] { opening.evidence.append(index.cite(evidence)) }
            return opening.ports.isEmpty ? nil : opening
        }
    }

    private struct Admission {
        var via: [String] = []
        var evidence: [Citation] = []
        var missing: [String] = []
    }

    /// Whether some interface of the target lets the load balancer in; `nil` when it is known that none does.
    private func admission(_ instance: Instance, _ target: LoadBalancer.Target, from balancer: LoadBalancer, _ name: String) -> Admission? {
        let number = name == "udp" ? "17" : "6"
        var sources = balancer.subnets.compactMap { index.subnets[$0]?.cidr }.compactMap { AddressRange($0) }
        if sources.count < max(balancer.subnets.count, 1) {
            sources += (balancer.vpc.flatMap { index.vpcs[$0]?.cidrs } ?? []).compactMap { AddressRange($0) }
        }
        // A network load balancer keeps the client's address for targets that are instances.
        let keepsClient = balancer.type == "network" && target.type == "instance"
        var unsure: Admission?
        for interface in instance.interfaces {
            if target.type == "ip", !interface.privateAddresses.contains(target.id) { continue }
            for id in interface.securityGroups {
                guard let group = index.groups[id] else {
                    unsure = unsure ?? Admission(via: [id], missing: ["ec2.describe-security-groups (\(id))"])
                    continue
                }
                for rule in group.ingress {
                    guard let ports = rule.ports(name, number: number), target.port.map({ ports.contains($0) }) ?? true else { continue }
                    let byGroup = rule.groups.contains { balancer.securityGroups.contains($0) }
                    let ranges = rule.cidrs.compactMap { AddressRange($0) }
                    let byRange = ranges.contains { range in sources.contains { range.overlaps($0) } || (keepsClient && range.hasPublicPart)
                    }
                    if byGroup || byRange {
                        guard passesACL(instance, interface, balancer, target, number, sources, keepsClient) else { continue }
                        return Admission(via: [id], evidence: [index.cite(group.evidence)])
                    }
                    if sources.isEmpty, !ranges.isEmpty {
                        unsure = unsure ?? Admission(via: [id], missing: ["ec2.describe-subnets"])
                    }
                    if !rule.prefixLists.isEmpty {
                        unsure = unsure ?? Admission(via: [id], missing: ["the ranges of prefix list \(rule.prefixLists[0])"])
                    }
                }
            }
        }
        if unsure == nil, !index.isWhole("describe-security-groups", instance.account, instance.region) {
            unsure = Admission(missing: ["ec2.describe-security-groups"])
        }
        return unsure
    }

    /// Whether the target's network ACL lets the load balancer in. Where the ACL is not known the security group decides.
    private func passesACL(
        _ instance: Instance, _ interface: Instance.Interface, _ balancer: LoadBalancer, _ target: LoadBalancer.Target, _ number: String,
        _ sources: [AddressRange], _ keepsClient: Bool
    ) -> Bool {
        // Inside a subnet no ACL applies.
        guard let subnet = interface.subnet, !balancer.subnets.contains(subnet) || keepsClient,
            let acl = index.acl(subnet, vpc: instance.vpc, instance.account, instance.region)
        else { return true }
        let ports = target.port.map { PortSet(from: $0, to: $0) } ?? .all
        let ranges = sources + (keepsClient ? [.everyIPv4] : [])
        guard !ranges.isEmpty else { return true }
        return ranges.contains { range in
            range.pieces(cutBy: acl.ranges).contains { piece in
                !acl.allowed(egress: false, protocolNumber: number, piece: piece).intersection(ports).isEmpty
                    && !acl.allowed(egress: true, protocolNumber: number, piece: piece).intersection(PortSet([1024...65535])).isEmpty
            }
        }
    }

    private static func transport(_ name: String?) -> String? {
        switch name {
        case "HTTP", "HTTPS", "TCP", "TLS", "TCP_UDP", nil: "tcp"
        case "UDP", "QUIC": "udp"
        default: nil
        }
    }

    private static func unqualified(_ arn: String) -> String {
        arn.split(separator: ":", omittingEmptySubsequences: false).prefix(7).joined(separator: ":")
    }
}
