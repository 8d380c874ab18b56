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
    private static let ephemeral = PortSet([1024...65535])

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
        var openings: [Opening] = []
        for family in [ipv4 ? AddressRange.everyIPv4 : nil, ipv6 ? AddressRange.everyIPv6 : nil].compactMap({ $0 }) {
            for source in sources(groups, family, account, region) {
                for (name, number) in Self.protocols {
                    guard let ports = source.ports[name] else { continue }
                    let found = pass(source.range, ports, number, table, acl, vpc: vpc, account, region)
                    guard !found.ports.isEmpty else { continue }
                    var conditions: [String] = []
                    if !source.range.isEverything, let text = source.text { conditions.append("the connection comes from \(text)") }
                    conditions += found.conditions
                    let group = source.group.map { [$0.id] } ?? []
                    openings.append(
                        Opening(
                            protocolName: name, ports: found.ports, conditions: conditions,
                            via: (found.gateway.map { [$0] } ?? []) + via + group,
                            evidence: citations + found.evidence + (source.group.map { [index.cite($0.evidence)] } ?? []),
                            missing: (missing + found.missing + source.missing).sortedUnique))
                }
            }
        }
        return Self.merged(openings)
    }

    // MARK: Security groups

    private struct Source {
        var range: AddressRange
        var text: String?
        var ports: [String: PortSet]
        var group: SecurityGroup?
        var missing: [String]
    }

    private func sources(_ groups: [String]?, _ family: AddressRange, _ account: String, _ region: String) -> [Source] {
        guard let groups else { return [Source(range: family, ports: ["tcp": .all, "udp": .all], missing: [])] }
        var sources: [Source] = []
        for id in groups {
            guard let group = index.groups[id] else {
                sources.append(
                    Source(range: family, ports: ["tcp": .all, "udp": .all], missing: ["ec2.describe-security-groups (\(id))"]))
                continue
            }
            for rule in group.ingress {
                var ports: [String: PortSet] = [:]
                for (name, number) in Self.protocols { ports[name] = rule.ports(name, number: number) }
                guard !ports.isEmpty else { continue }
                for cidr in rule.cidrs {
                    guard let range = AddressRange(cidr) else {
                        sources.append(Source(range: family, ports: ports, group: group, missing: ["a readable range in \(id)"]))
                        continue
                    }
                    guard range.isIPv6 == family.isIPv6, range.hasPublicPart else { continue }
                    sources.append(Source(range: range, text: cidr, ports: ports, group: group, missing: []))
                }
                for list in rule.prefixLists {
                    sources.append(
                        Source(range: family, text: list, ports: ports, group: group, missing: ["the ranges of prefix list \(list)"]))
                }
            }
        }
        if groups.isEmpty || !index.isWhole("describe-security-groups", account, region) {
            // Rules that could not be read, or groups that the answer did not name, may open anything.
            sources.append(Source(range: family, ports: ["tcp": .all, "udp": .all], missing: ["ec2.describe-security-groups"]))
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

    private func pass(
        _ range: AddressRange, _ ports: PortSet, _ number: String, _ table: RouteTable?, _ acl: NetworkACL?, vpc: String?,
        _ account: String,
        _ region: String
    ) -> Passage {
        var passage = Passage()
        let routes = (table?.routes ?? []).compactMap { route in AddressRange(route.destination).map { ($0, route) } }
        let cuts = AddressRange.notInternet + routes.map(\.0) + (acl?.ranges ?? [])
        var isNarrowed = false
        var returns = PortSet.none
        for piece in range.pieces(cutBy: cuts) where !AddressRange.notInternet.contains(where: { $0.contains(piece) }) {
            if table != nil {
                // The longest prefix decides (VPC User Guide, "Route priority").
                let match = routes.filter { $0.0.contains(piece) }.min { $0.0.last - $0.0.first < $1.0.last - $1.0.first }
                guard let route = match?.1, route.active, route.target.hasPrefix("igw-"),
                    admits(route.target, vpc ?? table?.vpc, &passage, account, region)
                else {
                    isNarrowed = true
                    continue
                }
                passage.gateway = route.target
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
