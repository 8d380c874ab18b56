import CloudModel

/// VPCs, subnets, routes, ACLs, security groups.
extension Normaliser {
    mutating func readNetwork(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-vpcs") {
            for item in cursor.requiredList("Vpcs") ?? [] {
                guard let id = item.requiredIdentifier("VpcId") else { continue }
                var cidrs: [String] = []
                if let main = item.identifier("CidrBlock") { cidrs.append(main) }
                cidrs += item.list("CidrBlockAssociationSet").compactMap { $0.identifier("CidrBlock") }
                cidrs += item.list("Ipv6CidrBlockAssociationSet").compactMap { $0.identifier("Ipv6CidrBlock") }
                snapshot.vpcs.append(
                    VPC(
                        id: id, account: account, region: region(cursor), cidrs: cidrs.sortedUnique,
                        isDefault: item.bool("IsDefault") ?? false,
                        evidence: item.evidence))
            }
        }
        for cursor in cursors(account, "ec2", "describe-subnets") {
            for item in cursor.requiredList("Subnets") ?? [] {
                guard let id = item.requiredIdentifier("SubnetId"), let vpc = item.requiredIdentifier("VpcId") else { continue }
                snapshot.subnets.append(
                    Subnet(
                        id: id, vpc: vpc, account: account, region: region(cursor), cidr: item.identifier("CidrBlock"),
                        evidence: item.evidence))
            }
        }
        for cursor in cursors(account, "ec2", "describe-internet-gateways") {
            for item in cursor.requiredList("InternetGateways") ?? [] {
                guard let id = item.requiredIdentifier("InternetGatewayId") else { continue }
                let vpcs = item.list("Attachments").compactMap { attachment -> String? in
                    // AWS says "available", its documentation "attached"; anything else is on its way out.
                    let state = attachment.string("State")
                    guard state == "available" || state == "attached" else { return nil }
                    return attachment.requiredIdentifier("VpcId")
                }
                snapshot.internetGateways.append(
                    InternetGateway(id: id, account: account, region: region(cursor), vpcs: vpcs.sortedUnique, evidence: item.evidence))
            }
        }
        readRouteTables(account)
        readNetworkACLs(account)
        for cursor in cursors(account, "ec2", "describe-security-groups") {
            for item in cursor.requiredList("SecurityGroups") ?? [] {
                guard let id = item.requiredIdentifier("GroupId") else { continue }
                let owner = item.identifier("OwnerId") ?? account
                snapshot.securityGroups.append(
                    SecurityGroup(
                        id: id, arn: arn("ec2", region(cursor), owner, "security-group/\(id)"), name: item.string("GroupName") ?? id,
                        vpc: item.identifier("VpcId"), account: account, region: region(cursor), ingress: rules(item, "IpPermissions"),
                        egress: rules(item, "IpPermissionsEgress"), evidence: item.evidence))
            }
        }
    }

    func region(_ cursor: Cursor) -> String { cursor.record.region ?? "unknown" }

    private func rules(_ item: Cursor, _ name: String) -> [SecurityGroupRule] {
        item.list(name).compactMap { rule in
            guard let ipProtocol = rule.requiredIdentifier("IpProtocol") else { return nil }
            let cidrs =
                rule.list("IpRanges").compactMap { $0.requiredIdentifier("CidrIp") }
                + rule.list("Ipv6Ranges").compactMap { $0.requiredIdentifier("CidrIpv6") }
            return SecurityGroupRule(
                ipProtocol: ipProtocol, fromPort: rule.int("FromPort"), toPort: rule.int("ToPort"), cidrs: cidrs.sortedUnique,
                groups: rule.list("UserIdGroupPairs").compactMap { $0.identifier("GroupId") }.sortedUnique,
                prefixLists: rule.list("PrefixListIds").compactMap { $0.identifier("PrefixListId") }.sortedUnique)
        }
    }

    private mutating func readRouteTables(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-route-tables") {
            for item in cursor.requiredList("RouteTables") ?? [] {
                guard let id = item.requiredIdentifier("RouteTableId"), let vpc = item.requiredIdentifier("VpcId") else { continue }
                var isMain = false
                var subnets: [String] = []
                var gateways: [String] = []
                for association in item.list("Associations") {
                    if let state = association["AssociationState"]?.string("State"), state != "associated", state != "associating" {
                        continue
                    }
                    if association.bool("Main") == true { isMain = true }
                    if let subnet = association.identifier("SubnetId") { subnets.append(subnet) }
                    if let gateway = association.identifier("GatewayId") { gateways.append(gateway) }
                }
                let routes = item.list("Routes").compactMap { route -> Route? in
                    let destination =
                        route.identifier("DestinationCidrBlock") ?? route.identifier("DestinationIpv6CidrBlock")
                        ?? route.identifier("DestinationPrefixListId")
                    let targets = [
                        "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId", "InstanceId",
                        "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn",
                    ]
                    guard let destination, let target = targets.lazy.compactMap({ route.identifier($0) }).first else {
                        route.problem("badRoute", "has no readable destination or target")
                        return nil
                    }
                    return Route(destination: destination, target: target, active: (route.string("State") ?? "active") == "active")
                }
                snapshot.routeTables.append(
                    RouteTable(
                        id: id, vpc: vpc, account: account, region: region(cursor), isMain: isMain, subnets: subnets.sortedUnique,
                        gateways: gateways.sortedUnique, routes: routes, evidence: item.evidence))
            }
        }
    }

    private mutating func readNetworkACLs(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-network-acls") {
            for item in cursor.requiredList("NetworkAcls") ?? [] {
                guard let id = item.requiredIdentifier("NetworkAclId"), let vpc = item.requiredIdentifier("VpcId") else { continue }
                let entries = item.list("Entries").compactMap { entry -> NetworkACLEntry? in
                    guard let number = entry.int("RuleNumber"), let egress = entry.bool("Egress"), let action = entry.string("RuleAction"),
                        let cidr = entry.identifier("CidrBlock") ?? entry.identifier("Ipv6CidrBlock")
                    else {
                        entry.problem("badEntry", "has no readable number, direction, action or range")
                        return nil
                    }
                    return NetworkACLEntry(
                        number: number, egress: egress, allow: action == "allow",
                        ipProtocol: entry.string("Protocol") ?? entry.int("Protocol").map(String.init) ?? "-1", cidr: cidr,
                        fromPort: entry["PortRange"]?.int("From"), toPort: entry["PortRange"]?.int("To"))
                }
                snapshot.networkACLs.append(
                    NetworkACL(
                        id: id, vpc: vpc, account: account, region: region(cursor), isDefault: item.bool("IsDefault") ?? false,
                        subnets: item.list("Associations").compactMap { $0.identifier("SubnetId") }.sortedUnique,
                        entries: entries.sorted { ($0.egress ? 1 : 0, $0.number) < ($1.egress ? 1 : 0, $1.number) }, evidence: item.evidence
                    ))
            }
        }
    }
}
