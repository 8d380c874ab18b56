import CloudModel

/// What of one network interface the internet reaches: route, network ACL both ways, security groups.
struct InternetPath {
    /// Ports of one protocol that are reached under the same conditions.
    struct Opening {
        var protocolName: String
        var ports: PortSet
        var conditions: [String]
        var via: [String]
        var evidence: [Citation]
        var missing: [String]
    }

    let index: NetworkIndex
    static let protocols = [("tcp", "6"), ("udp", "17")]
    /// Where the answer's destination port lies (RFC 6056 recommends 1024 to 65535).
    static let ephemeral = PortSet([1024...65535])

    /// The openings of an interface.
    ///
    /// - Parameters:
    ///   - groups: its security groups; `nil` when there can be none, as for a network load balancer without.
    ///   - families: which kinds of public addresses it has.
    func openings(
        subnet: String?, vpc: String?, account: String, region: String, groups: [String]?, ipv4: Bool, ipv6: Bool, evidence: Citation
    ) -> [Opening] {
        var missing: [String] = []
        var via: [String] = []
        var citations = [evidence]
        let vpc = subnet.flatMap { index.subnets[$0]?.vpc } ?? vpc
        if let block = index.block(account, region), block.mode != "off" {
            guard [subnet, vpc].contains(where: { $0.map { block.exceptions.contains($0) } ?? false }) else { return [] }
            citations.append(index.cite(block.evidence))
        }
        let table = subnet.flatMap { index.routeTable($0, vpc: vpc, account, region) }
        if table == nil { missing.append("ec2.describe-route-tables") }
        let acl = subnet.flatMap { index.acl($0, vpc: vpc, account, region) }
        if acl == nil { missing.append("ec2.describe-network-acls") }
        if let table {
            citations.append(index.cite(table.evidence))
            via.append(table.id)
        }
        if let acl {
            citations.append(index.cite(acl.evidence))
            via.append(acl.id)
        }
        let inspector = inspector(subnet, vpc)
        var openings: [Opening] = []
        for family in [ipv4 ? AddressRange.everyIPv4 : nil, ipv6 ? AddressRange.everyIPv6 : nil].compactMap({ $0 }) {
            for source in sources(groups, family, account, region) {
                for (name, number) in Self.protocols {
                    guard let ports = source.ports[name] else { continue }
                    let found = pass(source.ranges, ports, number, table, acl, vpc: vpc, inspector, account, region)
                    guard !found.ports.isEmpty else { continue }
                    var conditions: [String] = []
                    if let text = source.text { conditions.append("the connection comes from \(text)") }
                    conditions += found.conditions
                    let group = source.group.map { [$0.id] } ?? []
                    openings.append(
                        Opening(
                            protocolName: name, ports: found.ports, conditions: conditions,
                            via: (found.gateway.map { [$0] } ?? []) + via + group,
                            evidence: citations + found.evidence + source.evidence
                                + (source.group.map { [index.cite($0.evidence)] } ?? []),
                            missing: (missing + found.missing + source.missing).sortedUnique))
                }
            }
        }
        return Self.merged(openings)
    }

    // MARK: Security groups

    private struct Source {
        var ranges: [AddressRange]
        /// How the ranges read; `nil` when they are everything.
        var text: String?
        var ports: [String: PortSet]
        var group: SecurityGroup?
        var evidence: [Citation] = []
        var missing: [String]
    }

    private func sources(_ groups: [String]?, _ family: AddressRange, _ account: String, _ region: String) -> [Source] {
        let everything = ["tcp": PortSet.all, "udp": .all]
        guard let groups else { return [Source(ranges: [family], ports: everything, missing: [])] }
        var sources: [Source] = []
        for id in groups {
            guard let group = index.groups[id] else {
                sources.append(Source(ranges: [family], ports: everything, missing: ["ec2.describe-security-groups (\(id))"]))
                continue
            }
            for rule in group.ingress {
                var ports: [String: PortSet] = [:]
                for (name, number) in Self.protocols { ports[name] = rule.ports(name, number: number) }
                guard !ports.isEmpty else { continue }
                var ranges: [(range: AddressRange, text: String)] = []
                for cidr in rule.cidrs {
                    guard let range = AddressRange(cidr) else {
                        sources.append(Source(ranges: [family], ports: ports, group: group, missing: ["a readable range in \(id)"]))
                        continue
                    }
                    if range.isIPv6 == family.isIPv6, range.hasPublicPart { ranges.append((range, cidr)) }
                }
                if AddressRange.coverInternet(ranges.map(\.range), ofFamily: family) {
                    sources.append(Source(ranges: [family], ports: ports, group: group, missing: []))
                    continue
                }
                sources += ranges.map { Source(ranges: [$0.range], text: $0.text, ports: ports, group: group, missing: []) }
                for name in rule.prefixLists {
                    guard let list = index.prefixLists[name], let own = list.ranges else {
                        sources.append(
                            Source(
                                ranges: [family], text: name, ports: ports, group: group, missing: ["the ranges of prefix list \(name)"]))
                        continue
                    }
                    let open = own.compactMap { AddressRange($0) }.filter { $0.isIPv6 == family.isIPv6 && $0.hasPublicPart }
                    guard !open.isEmpty else { continue }
                    sources.append(
                        Source(
                            ranges: open, text: AddressRange.coverInternet(open, ofFamily: family) ? nil : "prefix list \(list.label)",
                            ports: ports, group: group, evidence: [index.cite(list.facts["ranges"] ?? list.evidence)], missing: []))
                }
            }
        }
        if groups.isEmpty || !index.isWhole("describe-security-groups", account, region) {
            // Rules that could not be read, or groups that the answer did not name, may open anything.
            sources.append(Source(ranges: [family], ports: everything, missing: ["ec2.describe-security-groups"]))
        }
        return sources
    }

    // MARK: Routes and ACLs

    private struct Passage {
        var ports = PortSet.none
        var conditions: [String] = []
        var gateway: String?
        var evidence: [Citation] = []
        var missing: [String] = []
    }

    /// An appliance that a VPC's internet gateway hands a subnet's traffic to before it arrives.
    private struct Inspector {
        var target: String
        var table: RouteTable
    }

    private func inspector(_ subnet: String?, _ vpc: String?) -> Inspector? {
        guard let vpc, let range = subnet.flatMap({ index.subnets[$0]?.cidr }).flatMap({ AddressRange($0) }),
            let table = index.edgeTable(of: vpc)
        else { return nil }
        let route = table.routes.compactMap { route in AddressRange(route.destination).map { ($0, route) } }
            .filter { $0.0.contains(range) && $0.1.active }.min { $0.0.last - $0.0.first < $1.0.last - $1.0.first }?.1
        guard let route, Self.isAppliance(route.target) else { return nil }
        return Inspector(target: route.target, table: table)
    }

    /// Whether it is a machine or a firewall's endpoint and no gateway of the VPC's own.
    private static func isAppliance(_ target: String) -> Bool { ["eni-", "i-", "vpce-"].contains { target.hasPrefix($0) } }

    private func pass(
        _ ranges: [AddressRange], _ ports: PortSet, _ number: String, _ table: RouteTable?, _ acl: NetworkACL?, vpc: String?,
        _ inspector: Inspector?, _ account: String, _ region: String
    ) -> Passage {
        var passage = Passage()
        let routes = (table?.routes ?? []).flatMap { route in index.destinations(of: route).map { ($0, route) } }
        let cuts = AddressRange.notInternet + routes.map(\.0) + (acl?.ranges ?? [])
        var isNarrowed = false
        var appliances: Set<String> = []
        var returns = PortSet.none
        let pieces = ranges.flatMap { $0.pieces(cutBy: cuts) }.filter { piece in !AddressRange.notInternet.contains { $0.contains(piece) } }
        for piece in pieces {
            if table != nil {
                // The longest prefix decides (VPC User Guide, "Route priority").
                let match = routes.filter { $0.0.contains(piece) }.min { $0.0.last - $0.0.first < $1.0.last - $1.0.first }
                guard let route = match?.1, route.active,
                    let gateway = way(out: route.target, vpc ?? table?.vpc, inspector, &passage, &appliances, account, region)
                else {
                    isNarrowed = true
                    continue
                }
                passage.gateway = gateway
            }
            guard let acl else {
                passage.ports = passage.ports.union(ports)
                returns = .all
                continue
            }
            let inbound = acl.allowed(egress: false, protocolNumber: number, piece: piece).intersection(ports)
            let outbound = acl.allowed(egress: true, protocolNumber: number, piece: piece).intersection(Self.ephemeral)
            guard !inbound.isEmpty, !outbound.isEmpty else {
                isNarrowed = true
                continue
            }
            if inbound != ports { isNarrowed = isNarrowed || !passage.ports.isEmpty && passage.ports != inbound }
            passage.ports = passage.ports.union(inbound)
            returns = returns.union(outbound)
        }
        guard !passage.ports.isEmpty else { return passage }
        if let inspector {
            appliances.insert(inspector.target)
            passage.evidence.append(index.cite(inspector.table.evidence))
        }
        for appliance in appliances.sorted() { passage.conditions.append("\(appliance), which the traffic passes, lets it through") }
        if isNarrowed {
            passage.conditions.append(
                "the connection comes from an address that \(acl?.id ?? "the routes") and \(table?.id ?? "the routes") admit")
        }
        // Every common system picks client ports from here or from a wider range.
        if returns.intersection(PortSet([32768...60999])) != PortSet([32768...60999]) {
            passage.conditions.append(
                "the client's own port is one of \(returns.text), to which \(acl?.id ?? "the network ACL") lets answers out")
        }
        return passage
    }

    /// The internet gateway that answers leave by; `nil` where they do not reach one.
    private func way(
        out target: String, _ vpc: String?, _ inspector: Inspector?, _ passage: inout Passage, _ appliances: inout Set<String>,
        _ account: String, _ region: String
    ) -> String? {
        if target.hasPrefix("igw-") { return admits(target, vpc, &passage, account, region) ? target : nil }
        // Answers may pass an appliance, too. A firewall lets nothing out that it did not see come in.
        guard Self.isAppliance(target), !target.hasPrefix("vpce-") || inspector?.target.hasPrefix("vpce-") == true,
            let gateway = vpc.flatMap({ index.gateway(of: $0) })
        else { return nil }
        appliances.insert(target)
        return admits(gateway, vpc, &passage, account, region) ? gateway : nil
    }

    /// Whether the gateway is attached to the VPC; when that is not known it counts as attached, and as missing.
    private func admits(_ gateway: String, _ vpc: String?, _ passage: inout Passage, _ account: String, _ region: String) -> Bool {
        if let known = index.gateways[gateway] {
            let citation = index.cite(known.evidence)
            if !passage.evidence.contains(citation) { passage.evidence.append(citation) }
            return vpc.map { known.vpcs.contains($0) } ?? !known.vpcs.isEmpty
        }
        if index.isWhole("describe-internet-gateways", account, region) { return false }
        if !passage.missing.contains("ec2.describe-internet-gateways") { passage.missing.append("ec2.describe-internet-gateways") }
        return true
    }

    // MARK: Merging

    /// Openings of one protocol under equal conditions as one. What is proven leaves nothing for the unknown to say about the same ports.
    static func merged(_ openings: [Opening]) -> [Opening] {
        var result: [Opening] = []
        for opening in openings {
            if let place = result.firstIndex(where: {
                $0.protocolName == opening.protocolName && $0.conditions == opening.conditions && $0.missing == opening.missing
            }) {
                result[place].ports = result[place].ports.union(opening.ports)
                for id in opening.via where !result[place].via.contains(id) { result[place].via.append(id) }
                for citation in opening.evidence where !result[place].evidence.contains(citation) {
                    result[place].evidence.append(citation)
                }
            } else {
                result.append(opening)
            }
        }
        let order = { (opening: Opening) in (opening.missing.isEmpty ? 0 : 2) + (opening.conditions.isEmpty ? 0 : 1) }
        var covered: [String: PortSet] = [:]
        var kept: [Opening] = []
        for (_, var opening) in result.enumerated().sorted(by: { (order($0.element), $0.offset) < (order($1.element), $1.offset) }) {
            opening.ports = opening.ports.subtracting(covered[opening.protocolName] ?? .none)
            guard !opening.ports.isEmpty else { continue }
            // Only what needs no condition, or is at least known, hides the rest.
            if opening.conditions.isEmpty || opening.missing.isEmpty, opening.conditions.isEmpty {
                covered[opening.protocolName] = (covered[opening.protocolName] ?? .none).union(opening.ports)
            }
            kept.append(opening)
        }
        return kept
    }
}

extension PrefixList {
    /// Its name beside its identifier.
    var label: String { name == id ? id : "\(id) (\(name))" }
}
