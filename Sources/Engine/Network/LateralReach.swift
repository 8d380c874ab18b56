import CloudModel

/// Who reaches whom inside the networks: hosts with the same groups in the same place are one segment, and segments are linked where
/// security groups, network ACLs and routes let a connection through.
///
/// Between segments there are at most as many links as pairs of them; hosts are never compared with each other.
struct LateralReach {
    /// Hosts that reach the same and are reached alike. A class, for every pair of segments is looked at.
    final class Segment {
        /// The same in every run as long as the place and the groups are.
        let key: String
        let account: String
        let region: String
        let vpc: String
        let groups: [String]
        fileprivate(set) var subnets: Set<String>
        /// Where the hosts' addresses lie; to every rule and route of the networks this is one place, unless ``isSpread``.
        let range: AddressRange
        /// Whether the addresses are not known any better than by the subnet, and rules tell parts of it apart.
        let isSpread: Bool
        let acl: NetworkACL?
        let table: RouteTable?
        /// The port that they listen on, where it is one.
        let port: Int?
        let missing: [String]
        /// Whether outbound rules of its groups are known.
        let knowsEgress: Bool
        /// Places in the hosts.
        fileprivate(set) var members: [Int]

        fileprivate init(
            _ key: String, of host: Host, at place: Int, vpc: String, groups: [String], subnet: String, range: AddressRange, isSpread: Bool,
            acl: NetworkACL?, table: RouteTable?, missing: [String], knowsEgress: Bool
        ) {
            self.key = key
            account = host.account
            region = host.region
            self.vpc = vpc
            self.groups = groups
            subnets = [subnet]
            self.range = range
            self.isSpread = isSpread
            self.acl = acl
            self.table = table
            port = host.port
            self.missing = missing
            self.knowsEgress = knowsEgress
            members = [place]
        }
    }
    /// A connection that some host of one segment may open to every host of another one.
    struct Link {
        var from: Int
        var to: Int
        var transport: String
        var ports: PortSet
        var via: [String]
        var evidence: [Citation]
        var conditions: [String]
        var missing: [String]

        fileprivate var rank: Int { (missing.isEmpty ? 0 : 2) + (conditions.isEmpty ? 0 : 1) }
    }

    let hosts: [Host]
    /// What load balancers hand on to, by their places in the hosts.
    private(set) var behind: [Int: [Exposure]] = [:]
    private(set) var segments: [Segment] = []
    private(set) var links: [Link] = []
    /// Accounts and regions where it is not known of some host where it stands, at which port or with which groups, so that nothing can be
    /// said of it.
    private(set) var unknown: Set<String> = []
    private let index: NetworkIndex
    private let connections: VPCConnections

    init(_ snapshot: CloudSnapshot) { self.init(NetworkReachability(snapshot)) }

    init(_ reachability: NetworkReachability) {
        let snapshot = reachability.snapshot
        index = reachability.index
        connections = VPCConnections(snapshot, index)
        var hosts = reachability.hosts.all.filter { $0.kind != .networkInterface }
        // Load balancers that only the networks reach hand on what they are asked.
        for balancer in snapshot.loadBalancers where !balancer.internetFacing {
            let listeners = (balancer.listeners ?? []).filter { NetworkReachability.transports($0.listenerProtocol).contains("tcp") }
            for port in Set(listeners.compactMap(\.port)).sorted() {
                let opening = InternetPath.Opening(
                    protocolName: "tcp", ports: PortSet(from: port, to: port), conditions: [], via: [], evidence: [], missing: [])
                let found = reachability.behind(balancer, opening, intro: balancer.name)
                guard !found.isEmpty else { continue }
                behind[hosts.count] = found
                hosts.append(NetworkReachability.host(balancer, port: port))
            }
        }
        self.hosts = hosts
        guard hosts.count > 1 else { return }
        fill()
        links = linked()
    }

    private static let transports: [(name: String, number: String)] = [("tcp", "6"), ("udp", "17")]

    // MARK: Segments

    private mutating func fill() {
        var cuts: [Int: [UInt128]] = [:]
        var places: [String: Int] = [:]
        for (place, host) in hosts.enumerated() {
            if host.kind == .database, host.port == nil {
                unknown.insert("\(host.account) \(host.region)")
                continue
            }
            for interface in host.interfaces {
                guard let subnet = interface.subnet, let vpc = index.subnets[subnet]?.vpc ?? host.vpc,
                    host.isUnguarded || !interface.groups.isEmpty, interface.groups.allSatisfy({ index.groups[$0] != nil })
                else {
                    unknown.insert("\(host.account) \(host.region)")
                    continue
                }
                let groups = interface.groups.sortedUnique
                let network = connections.component(of: vpc)
                let bounds = cuts[network] ?? connections.bounds(ofComponent: network)
                cuts[network] = bounds
                let ranges = ranges(interface, subnet)
                if ranges.isEmpty { unknown.insert("\(host.account) \(host.region)") }
                for range in ranges {
                    let start = Self.interval(range.first, bounds)
                    let isSpread = Self.interval(range.last, bounds) != start
                    let acl = index.acl(subnet, vpc: vpc, host.account, host.region)
                    let table = index.routeTable(subnet, vpc: vpc, host.account, host.region)
                    // An ACL that lets everything through does not tell subnets apart.
                    let isOpen = acl?.isOpen == true
                    let key = [
                        host.account, host.region, vpc, isOpen ? "" : subnet, table?.id ?? "?", groups.joined(separator: ","),
                        isSpread ? subnet : start.map { String($0, radix: 16) } ?? "0", host.port.map(String.init) ?? "",
                    ].joined(separator: "/")
                    if let segment = places[key] {
                        segments[segment].subnets.insert(subnet)
                        if segments[segment].members.last != place { segments[segment].members.append(place) }
                        continue
                    }
                    places[key] = segments.count
                    segments.append(
                        Segment(
                            key, of: host, at: place, vpc: vpc, groups: groups, subnet: subnet, range: range, isSpread: isSpread,
                            acl: isOpen ? nil : acl, table: table, missing: acl == nil ? ["ec2.describe-network-acls"] : [],
                            knowsEgress: index.knowsEgress(host.account, host.region)))
                }
            }
        }
    }

    private func ranges(_ interface: Host.Interface, _ subnet: String) -> [AddressRange] {
        let own = interface.addresses.compactMap { AddressRange($0) }.filter { !$0.isIPv6 }
        if !own.isEmpty { return own }
        return [index.subnets[subnet]?.cidr.flatMap { AddressRange($0) }].compactMap { $0 }
    }

    /// The start of the piece, between bounds, that an address lies in.
    private static func interval(_ address: UInt128, _ bounds: [UInt128]) -> UInt128? {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] <= address { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : bounds[low - 1]
    }

    // MARK: Links

    /// A rule with its ranges read once: they are held against every segment.
    private struct Rule {
        var ports: [PortSet?]
        var ranges: [AddressRange]
        /// A prefix list whose ranges are not known.
        var list: String?
        var groups: Set<String>

        init(_ rule: SecurityGroupRule, _ index: NetworkIndex) {
            ports = LateralReach.transports.map { rule.ports($0.name, number: $0.number) }
            let all = index.ranges(of: rule)
            ranges = all.compactMap { $0 }.filter { !$0.isIPv6 }
            list = rule.prefixLists.first { index.prefixLists[$0]?.ranges == nil }
            groups = Set(rule.groups)
        }
    }
    /// What is the same for every pair of segments with the same ACL or group.
    private struct Known {
        struct Crossing: Hashable {
            var acl: String
            var egress: Bool
            var number: String
            var range: AddressRange
        }
        var ingress: [String: [Rule]] = [:]
        var egress: [String: [Rule]] = [:]
        /// Where groups and ACLs were read.
        var groups: [String: Citation] = [:]
        var acls: [String: Citation] = [:]
        var crossings: [Crossing: PortSet] = [:]
    }

    private func linked() -> [Link] {
        var links: [Link] = []
        var known = Known()
        for id in Set(segments.flatMap(\.groups)) {
            guard let group = index.groups[id] else { continue }
            known.groups[id] = index.cite(group.evidence)
            known.ingress[id] = group.ingress.map { Rule($0, index) }
            known.egress[id] = group.egress.map { Rule($0, index) }
        }
        let open = Rule(
            SecurityGroupRule(ipProtocol: "-1", fromPort: nil, toPort: nil, cidrs: ["0.0.0.0/0"], groups: [], prefixLists: []), index)
        let networks = segments.map { connections.component(of: $0.vpc) }
        var byGroup: [String: [Int]] = [:]
        var byNetwork: [Int: [Int]] = [:]
        for place in segments.indices where segments[place].port == nil {
            for group in segments[place].groups { byGroup[group, default: []].append(place) }
            byNetwork[networks[place], default: []].append(place)
        }
        for target in segments.indices {
            // Functions take no connections.
            guard segments[target].members.contains(where: { hosts[$0].kind != .function }) else { continue }
            let neighbours = byNetwork[networks[target]] ?? []
            // Of several ways from one segment to another the surest is enough.
            var best: [Int: Link] = [:]
            var sure: Set<Int> = []
            let doors = segments[target].groups
            for id in doors.isEmpty ? [nil] : doors.map(Optional.some) {
                let group = id.flatMap { index.groups[$0] }
                for rule in id.map({ known.ingress[$0] ?? [] }) ?? [open] {
                    let named = Set(rule.groups.flatMap { byGroup[$0] ?? [] })
                    // Nearly always whoever is named is a neighbour.
                    let peers =
                        rule.ranges.isEmpty && rule.list == nil
                        ? named.sorted()
                        : named.allSatisfy { networks[$0] == networks[target] } ? neighbours : named.union(neighbours).sorted()
                    for transport in Self.transports.indices {
                        guard let ports = ports(of: rule, transport, at: segments[target]) else { continue }
                        for source in peers where !sure.contains(source) {
                            let isNamed = named.contains(source)
                            let terms: ([String], [String])? = isNamed ? ([], []) : admits(rule, id ?? "", segments[source])
                            guard let terms, var one = connection(source, target, group, transport, ports, byName: isNamed, &known)
                            else { continue }
                            one.conditions = terms.0 + one.conditions
                            if !terms.1.isEmpty || !one.missing.isEmpty { one.missing = (terms.1 + one.missing).sortedUnique }
                            if let other = best[source], other.rank <= one.rank { continue }
                            best[source] = one
                            if one.rank == 0 { sure.insert(source) }
                        }
                    }
                }
            }
            for source in best.keys.sorted() { if let link = best[source] { links.append(link) } }
        }
        return links
    }

    private func ports(of rule: Rule, _ transport: Int, at segment: Segment) -> PortSet? {
        guard var ports = rule.ports[transport] else { return nil }
        if let port = segment.port {
            // Databases are asked over TCP.
            guard transport == 0 else { return nil }
            ports = ports.intersection(PortSet(from: port, to: port))
        }
        return ports.isEmpty ? nil : ports
    }

    /// Under what conditions a rule's ranges let a segment in, and what of them is not known; `nil` where they do not.
    private func admits(_ rule: Rule, _ id: String, _ segment: Segment) -> ([String], [String])? {
        if rule.ranges.contains(where: { $0.contains(segment.range) }) { return ([], []) }
        if rule.ranges.contains(where: { $0.overlaps(segment.range) }) {
            return (["the address that it is asked from is one that \(id) admits"], [])
        }
        return rule.list.map { ([], ["the ranges of prefix list \($0)"]) }
    }

    private func connection(
        _ source: Int, _ target: Int, _ group: SecurityGroup?, _ transport: Int, _ ports: PortSet, byName: Bool, _ known: inout Known
    ) -> Link? {
        let (from, to) = (segments[source], segments[target])
        let (name, number) = Self.transports[transport]
        guard let way = connections.way(from, to, byName: byName) else { return nil }
        var link = Link(
            from: source, to: target, transport: name, ports: ports, via: way.via + (group.map { [$0.id] } ?? []),
            evidence: way.evidence + [group.flatMap { known.groups[$0.id] }].compactMap { $0 }, conditions: way.conditions,
            missing: way.missing + from.missing + to.missing)
        if from.knowsEgress {
            let left = leaving(from, to, transport, known)
            link.ports = link.ports.intersection(left.ports)
            guard !link.ports.isEmpty else { return nil }
            if let by = left.by, by != group?.id, let fact = known.groups[by] { link.evidence.append(fact) }
        }
        // Inside one subnet no ACL applies.
        guard from.subnets != to.subnets || from.subnets.count > 1 else { return link }
        for (acl, isSource, other) in [(from.acl, true, to.range), (to.acl, false, from.range)] {
            guard let acl else { continue }
            func allowed(_ egress: Bool) -> PortSet {
                let crossing = Known.Crossing(acl: acl.id, egress: egress, number: number, range: other)
                if let ports = known.crossings[crossing] { return ports }
                let ports = acl.allowed(egress: egress, protocolNumber: number, piece: other)
                known.crossings[crossing] = ports
                return ports
            }
            link.ports = link.ports.intersection(allowed(isSource))
            guard !link.ports.isEmpty, !allowed(!isSource).intersection(InternetPath.ephemeral).isEmpty else { return nil }
            let fact = known.acls[acl.id] ?? index.cite(acl.evidence)
            known.acls[acl.id] = fact
            link.evidence.append(fact)
        }
        return link
    }

    /// The ports on which the source's groups let it open connections to the target, and a group that does.
    private func leaving(_ from: Segment, _ to: Segment, _ transport: Int, _ known: Known) -> (ports: PortSet, by: String?) {
        var open = PortSet.none
        var by: String?
        for id in from.groups {
            for rule in known.egress[id] ?? [] {
                guard let ports = rule.ports[transport] else { continue }
                // A list whose ranges are not known may hold anything.
                guard
                    rule.list != nil || rule.ranges.contains(where: { $0.overlaps(to.range) })
                        || to.groups.contains(where: { rule.groups.contains($0) })
                else { continue }
                open = open.union(ports)
                by = by ?? id
                if open == .all { return (open, by) }
            }
        }
        return (open, by)
    }
}

extension NetworkACL {
    /// Whether it lets everything of IPv4 through, both ways.
    var isOpen: Bool {
        [true, false].allSatisfy { egress in
            let first = entries.filter { $0.egress == egress && !$0.cidr.utf8.contains(UInt8(ascii: ":")) }.min { $0.number < $1.number }
            return first.map { $0.allow && $0.ipProtocol == "-1" && $0.cidr == "0.0.0.0/0" } ?? false
        }
    }
}
