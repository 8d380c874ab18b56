import CloudModel

/// The network's parts by identifier, and what of them was collected.
struct NetworkIndex {
    let groups: [String: SecurityGroup]
    let subnets: [String: Subnet]
    let vpcs: [String: VPC]
    let gateways: [String: InternetGateway]
    private let aclBySubnet: [String: NetworkACL]
    private let defaultACL: [String: NetworkACL]
    private let tableBySubnet: [String: RouteTable]
    private let mainTable: [String: RouteTable]
    private let records: Set<String>
    private let unreadable: Set<String>
    let times: [String: String]

    init(_ snapshot: CloudSnapshot) {
        func index<Item>(_ items: [Item], _ key: (Item) -> String) -> [String: Item] {
            Dictionary(items.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
        }
        groups = index(snapshot.securityGroups, \.id)
        subnets = index(snapshot.subnets, \.id)
        vpcs = index(snapshot.vpcs, \.id)
        gateways = index(snapshot.internetGateways, \.id)
        aclBySubnet = Dictionary(
            snapshot.networkACLs.flatMap { acl in acl.subnets.map { ($0, acl) } }, uniquingKeysWith: { first, _ in first })
        defaultACL = index(snapshot.networkACLs.filter(\.isDefault), \.vpc)
        tableBySubnet = Dictionary(
            snapshot.routeTables.flatMap { table in table.subnets.map { ($0, table) } }, uniquingKeysWith: { first, _ in first })
        mainTable = index(snapshot.routeTables.filter(\.isMain), \.vpc)
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
