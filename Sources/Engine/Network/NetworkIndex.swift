import CloudModel

/// The network's parts by identifier, and what of them was collected.
struct NetworkIndex {
    let groups: [String: SecurityGroup]
    let subnets: [String: Subnet]
    let vpcs: [String: VPC]
    let gateways: [String: InternetGateway]
    let prefixLists: [String: PrefixList]
    private let gatewayOfVPC: [String: String]
    private let edgeTables: [String: RouteTable]
    private let blocks: [String: InternetBlock]
    private let withEgress: Set<String>
    private let aclBySubnet: [String: NetworkACL]
    private let defaultACL: [String: NetworkACL]
    private let tableBySubnet: [String: RouteTable]
    private let mainTable: [String: RouteTable]
    private let records: Set<String>
    private let unreadable: Set<String>
    let times: [String: String]

    /// - Parameter other: one of the same records.
    init(_ snapshot: CloudSnapshot, like other: NetworkIndex? = nil) {
        func index<Item>(_ items: [Item], _ key: (Item) -> String) -> [String: Item] {
            Dictionary(items.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
        }
        groups = index(snapshot.securityGroups, \.id)
        subnets = index(snapshot.subnets, \.id)
        vpcs = index(snapshot.vpcs, \.id)
        gateways = index(snapshot.internetGateways, \.id)
        // Of a list that several accounts share, the one whose ranges are known.
        prefixLists = Dictionary(
            snapshot.prefixLists.map { ($0.id, $0) }, uniquingKeysWith: { first, second in first.ranges == nil ? second : first })
        gatewayOfVPC = Dictionary(
            snapshot.internetGateways.flatMap { gateway in gateway.vpcs.map { ($0, gateway.id) } }, uniquingKeysWith: { first, _ in first })
        edgeTables = index(snapshot.routeTables.filter { table in table.gateways.contains { $0.hasPrefix("igw-") } }, \.vpc)
        blocks = index(snapshot.internetBlocks) { $0.account + " " + $0.region }
        withEgress = Set(snapshot.securityGroups.filter { !$0.egress.isEmpty }.map { $0.account + " " + $0.region })
        aclBySubnet = Dictionary(
            snapshot.networkACLs.flatMap { acl in acl.subnets.map { ($0, acl) } }, uniquingKeysWith: { first, _ in first })
        defaultACL = index(snapshot.networkACLs.filter(\.isDefault), \.vpc)
        tableBySubnet = Dictionary(
            snapshot.routeTables.flatMap { table in table.subnets.map { ($0, table) } }, uniquingKeysWith: { first, _ in first })
        mainTable = index(snapshot.routeTables.filter(\.isMain), \.vpc)
        if let other {
            (records, unreadable, times) = (other.records, other.unreadable, other.times)
            return
        }
        records = Set(snapshot.records.map(\.id))
        unreadable = Set(
            snapshot.coverage.filter { $0.outcome == .unreadable && $0.service == "ec2" }
                .map { "\($0.account ?? "unknown")/ec2.\($0.operation).\($0.region ?? "")" })
        times = Dictionary(
            snapshot.records.compactMap { record in record.time.map { (record.id, $0) } }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether an EC2 listing was collected whole.
    func isWhole(_ operation: String, _ account: String, _ region: String) -> Bool {
        let id = "\(account)/ec2.\(operation).\(region)"
        return records.contains(id) && !unreadable.contains(id)
    }

    /// The subnet's own route table, else its VPC's main one; `nil` when it is not known.
    func routeTable(_ subnet: String, vpc: String?, _ account: String, _ region: String) -> RouteTable? {
        if let table = tableBySubnet[subnet] { return table }
        guard isWhole("describe-route-tables", account, region), let vpc = subnets[subnet]?.vpc ?? vpc else { return nil }
        return mainTable[vpc]
    }

    /// The subnet's network ACL, else its VPC's default one; `nil` when it is not known.
    func acl(_ subnet: String, vpc: String?, _ account: String, _ region: String) -> NetworkACL? {
        guard isWhole("describe-network-acls", account, region) else { return nil }
        if let acl = aclBySubnet[subnet] { return acl }
        guard let vpc = subnets[subnet]?.vpc ?? vpc else { return nil }
        return defaultACL[vpc]
    }

    /// The gateway that connects a VPC with the internet; `nil` when it has none or none is known.
    func gateway(of vpc: String) -> String? { gatewayOfVPC[vpc] }

    /// The table that traffic from the internet follows into a VPC; `nil` when it has none.
    func edgeTable(of vpc: String) -> RouteTable? { edgeTables[vpc] }

    /// What keeps a region's VPCs from the internet; `nil` when nothing is known to.
    func block(_ account: String, _ region: String) -> InternetBlock? { blocks[account + " " + region] }

    /// Whether outbound rules of security groups were collected. Every VPC's default group has one: where no group has any, the answers
    /// were cut short.
    func knowsEgress(_ account: String, _ region: String) -> Bool { withEgress.contains(account + " " + region) }

    /// The ranges that a route is for; none where they are not known.
    func destinations(of route: Route) -> [AddressRange] {
        if let range = AddressRange(route.destination) { return [range] }
        return (prefixLists[route.destination]?.ranges ?? []).compactMap { AddressRange($0) }
    }

    /// The ranges that a rule names, its prefix lists included; `nil` among them stands for a list whose ranges are not known.
    func ranges(of rule: SecurityGroupRule) -> [AddressRange?] {
        rule.cidrs.compactMap { AddressRange($0) }
            + rule.prefixLists.flatMap { name -> [AddressRange?] in
                guard let ranges = prefixLists[name]?.ranges else { return [nil] }
                return ranges.compactMap { AddressRange($0) }
            }
    }

    func cite(_ evidence: Evidence) -> Citation {
        Citation(record: evidence.record, pointer: evidence.pointer, time: times[evidence.record])
    }
    /// A statement of a policy as a fact to cite.
    func cite(_ policy: PolicySource, statement: Int) -> Citation {
        Citation(
            record: policy.evidence.record, pointer: policy.evidence.pointer, time: times[policy.evidence.record],
            policy: policy.arn ?? policy.name, statement: statement)
    }
}

extension NetworkACL {
    /// Ports of `protocolNumber` that pass between the ACL's subnets and every address of `piece`, which lies wholly inside or outside each
    /// entry's range. The lowest numbered entry that matches decides; what none matches is denied.
    func allowed(egress: Bool, protocolNumber: String, piece: AddressRange) -> PortSet {
        var open = PortSet.all
        var allowed = PortSet.none
        for entry in entries.filter({ $0.egress == egress }).sorted(by: { $0.number < $1.number }) {
            guard entry.ipProtocol == "-1" || entry.ipProtocol == protocolNumber, let range = AddressRange(entry.cidr),
                range.contains(piece)
            else { continue }
            let ports = entry.ipProtocol == "-1" ? PortSet.all : PortSet(from: entry.fromPort, to: entry.toPort)
            if entry.allow { allowed = allowed.union(open.intersection(ports)) }
            open = open.subtracting(ports)
            if open.isEmpty { break }
        }
        return allowed
    }

    var ranges: [AddressRange] { entries.compactMap { AddressRange($0.cidr) } }
}

extension SecurityGroupRule {
    /// The ports it opens for a protocol; `nil` when it is about another one.
    func ports(_ name: String, number: String) -> PortSet? {
        if ipProtocol == "-1" || ipProtocol == "all" { return .all }
        guard ipProtocol == name || ipProtocol == number else { return nil }
        return fromPort == -1 ? .all : PortSet(from: fromPort, to: toPort)
    }
}
