import CloudModel

/// What joins VPCs: peering connections and transit gateways, with the routes of both sides.
struct VPCConnections {
    /// How one place reaches another, beyond what security groups say.
    struct Way {
        var via: [String] = []
        var evidence: [Citation] = []
        var conditions: [String] = []
        var missing: [String] = []
    }

    private let index: NetworkIndex
    private let peerings: [String: PeeringConnection]
    private let gateways: [String: TransitGateway]
    private let components: [String: Int]
    private let rangesByComponent: [Int: [AddressRange]]

    init(_ snapshot: CloudSnapshot, _ index: NetworkIndex) {
        self.index = index
        peerings = Dictionary(snapshot.peerings.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        // Each account that uses a gateway tells of its own attachments.
        gateways = Dictionary(
            snapshot.transitGateways.map { ($0.id, $0) },
            uniquingKeysWith: { first, second in
                var both = first
                both.attachments += second.attachments.filter { one in !first.attachments.contains { $0.id == one.id } }
                both.tables += second.tables.filter { one in !first.tables.contains { $0.id == one.id } }
                both.refersToGroups = first.refersToGroups ?? second.refersToGroups
                return both
            })
        var parents: [String: String] = [:]
        func root(_ vpc: String) -> String {
            var place = vpc
            while let next = parents[place], next != place { place = next }
            parents[vpc] = place
            return place
        }
        func join(_ vpcs: [String]) {
            guard let first = vpcs.first else { return }
            for other in vpcs.dropFirst() { parents[root(other)] = root(first) }
        }
        for peering in snapshot.peerings where peering.active { join(peering.sides.map(\.vpc)) }
        for gateway in gateways.values { join(gateway.attachments.filter { $0.type == "vpc" && $0.active }.map(\.resource)) }
        var numbers: [String: Int] = [:]
        let known = Set(snapshot.vpcs.map(\.id)).union(snapshot.subnets.map(\.vpc)).union(snapshot.instances.compactMap(\.vpc))
        var places: [String: Int] = [:]
        for vpc in known.union(parents.keys).sortedUnique {
            let top = root(vpc)
            let number = numbers[top] ?? numbers.count
            numbers[top] = number
            places[vpc] = number
        }
        var ranges: [Int: [AddressRange]] = [:]
        for group in snapshot.securityGroups {
            guard let vpc = group.vpc, let number = places[vpc] else { continue }
            for rule in group.ingress + group.egress { ranges[number, default: []] += index.ranges(of: rule).compactMap { $0 } }
        }
        for acl in snapshot.networkACLs {
            guard let number = places[acl.vpc] else { continue }
            ranges[number, default: []] += acl.ranges
        }
        for table in snapshot.routeTables {
            guard let number = places[table.vpc] else { continue }
            ranges[number, default: []] += table.routes.flatMap { index.destinations(of: $0) }
        }
        for gateway in gateways.values {
            guard let vpc = gateway.attachments.first(where: { places[$0.resource] != nil })?.resource, let number = places[vpc] else {
                continue
            }
            ranges[number, default: []] += gateway.tables.flatMap(\.routes).compactMap { AddressRange($0.destination) }
        }
        components = places
        rangesByComponent = ranges
    }

    /// VPCs that are joined in some way have the same number; one that is not known stands alone.
    func component(of vpc: String) -> Int { components[vpc] ?? -1 }

    /// Where the ranges that rules, ACLs and routes of a component name begin and end (IPv4), in order.
    func bounds(ofComponent number: Int) -> [UInt128] {
        var bounds: Set<UInt128> = []
        for range in rangesByComponent[number] ?? [] where !range.isIPv6 && !range.isEverything {
            bounds.insert(range.first)
            bounds.insert(range.last + 1)
        }
        return bounds.sorted()
    }

    /// How hosts of one segment reach those of another one; `nil` where no routes lead there and back.
    ///
    /// - Parameter byName: whether a rule admits them by their group, which holds in their own VPC and behind some connections only.
    func way(_ from: LateralReach.Segment, _ to: LateralReach.Segment, byName: Bool) -> Way? {
        // Inside a VPC everything is local.
        if from.vpc == to.vpc { return Way() }
        guard let out = from.table, let home = to.table else { return Way(missing: ["ec2.describe-route-tables"]) }
        guard let there = route(out, to), let back = route(home, from), there == back else { return nil }
        var way = Way(via: [there], evidence: [index.cite(out.evidence), index.cite(home.evidence)])
        if let peering = peerings[there] {
            guard peering.active, Set(peering.sides.map(\.vpc)) == [from.vpc, to.vpc] else { return nil }
            // Groups can be named over a peering within one region only (VPC Peering Guide, "Update your security groups").
            if byName, Set(peering.sides.map(\.region)).count > 1 { return nil }
            way.evidence.append(index.cite(peering.evidence))
            return way
        }
        guard let gateway = gateways[there] else {
            way.missing.append("what is behind \(there)")
            return way
        }
        guard let source = gateway.attachments.first(where: { $0.resource == from.vpc && $0.active }),
            let target = gateway.attachments.first(where: { $0.resource == to.vpc && $0.active })
        else {
            way.missing.append("the attachments of \(gateway.id)")
            return way
        }
        for (one, other, range) in [(source, target, to.range), (target, source, from.range)] {
            way.evidence.append(index.cite(one.evidence))
            guard let name = one.table else { return nil }
            guard let table = gateway.tables.first(where: { $0.id == name }) else {
                way.missing.append("ec2.search-transit-gateway-routes (\(name))")
                continue
            }
            way.evidence.append(index.cite(table.evidence))
            let match = table.routes.flatMap { route in
                index.destinations(of: Route(destination: route.destination, target: "", active: true)).map { ($0, route) }
            }.filter { $0.0.contains(range) }.min { $0.0.last - $0.0.first < $1.0.last - $1.0.first }
            guard match?.1.attachments.contains(other.id) == true else { return nil }
        }
        if byName {
            guard gateway.refersToGroups != false else { return nil }
            if gateway.refersToGroups == nil { way.conditions.append("\(gateway.id) lets security groups be named behind it") }
        }
        return way
    }

    /// The connection that a table's most specific route to a segment leads over.
    private func route(_ table: RouteTable, _ to: LateralReach.Segment) -> String? {
        let match = table.routes.flatMap { route in index.destinations(of: route).map { ($0, route) } }
            .filter { $0.0.contains(to.range) }.min { $0.0.last - $0.0.first < $1.0.last - $1.0.first }
        guard let route = match?.1, route.active, route.target.hasPrefix("pcx-") || route.target.hasPrefix("tgw-") else { return nil }
        return route.target
    }
}
