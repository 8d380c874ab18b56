import CloudModel

/// Interfaces, prefix lists, and what connects VPCs with each other and keeps them from the internet.
extension Normaliser {
    mutating func readNetworkLinks(_ account: String) {
        readInterfaces(account)
        readPrefixLists(account)
        readPeerings(account)
        readTransitGateways(account)
        readInternetBlocks(account)
    }

    private mutating func readInterfaces(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-network-interfaces") {
            for item in cursor.requiredList("NetworkInterfaces") ?? [] {
                guard let id = item.requiredIdentifier("NetworkInterfaceId") else { continue }
                var interface = NetworkInterface(
                    id: id, account: account, region: region(cursor), type: item.identifier("InterfaceType") ?? "interface",
                    evidence: item.evidence)
                interface.vpc = item.identifier("VpcId")
                interface.subnet = item.identifier("SubnetId")
                interface.securityGroups = item.list("Groups").compactMap { $0.identifier("GroupId") }.sortedUnique
                var addresses = [item.identifier("PrivateIpAddress")].compactMap { $0 }
                interface.publicAddress = item["Association"]?.identifier("PublicIp")
                for address in item.list("PrivateIpAddresses") {
                    if let text = address.identifier("PrivateIpAddress") { addresses.append(text) }
                    interface.publicAddress = interface.publicAddress ?? address["Association"]?.identifier("PublicIp")
                }
                interface.privateAddresses = addresses.sortedUnique
                interface.ipv6Addresses = item.list("Ipv6Addresses").compactMap { $0.identifier("Ipv6Address") }.sortedUnique
                interface.text = item.string("Description") ?? ""
                interface.instance = item["Attachment"].flatMap { named($0, "InstanceId") }
                snapshot.networkInterfaces.append(interface)
            }
        }
        // An address tells of the interface that has it, too.
        for cursor in cursors(account, "ec2", "describe-addresses") {
            for item in cursor.requiredList("Addresses") ?? [] {
                guard let address = item.identifier("PublicIp") ?? item.identifier("CarrierIp"), let id = named(item, "NetworkInterfaceId")
                else { continue }
                for place in snapshot.networkInterfaces.indices
                where snapshot.networkInterfaces[place].id == id && snapshot.networkInterfaces[place].publicAddress == nil {
                    snapshot.networkInterfaces[place].publicAddress = address
                }
            }
        }
    }

    /// An identifier that is left empty where there is none.
    private func named(_ item: Cursor, _ name: String) -> String? {
        item[name]?.value.string?.isEmpty == true ? nil : item.identifier(name)
    }

    private mutating func readPrefixLists(_ account: String) {
        var found: [String: PrefixList] = [:]
        for cursor in cursors(account, "ec2", "describe-managed-prefix-lists") {
            for item in cursor.requiredList("PrefixLists") ?? [] {
                guard let id = item.requiredIdentifier("PrefixListId") else { continue }
                found[id] = PrefixList(
                    id: id, name: item.string("PrefixListName") ?? id, account: account, region: region(cursor), evidence: item.evidence)
            }
        }
        for cursor in cursors(account, "ec2", "get-managed-prefix-list-entries") {
            guard let id = cursor.record.resource, Identifier.isPlain(id), let entries = cursor.requiredList("Entries") else { continue }
            var list =
                found[id] ?? PrefixList(id: id, name: id, account: account, region: region(cursor), evidence: cursor.evidence)
            list.ranges = entries.compactMap { $0.requiredIdentifier("Cidr") }.sortedUnique
            list.facts["ranges"] = cursor.evidence
            found[id] = list
        }
        snapshot.prefixLists += found.values
    }

    private mutating func readPeerings(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-vpc-peering-connections") {
            for item in cursor.requiredList("VpcPeeringConnections") ?? [] {
                guard let id = item.requiredIdentifier("VpcPeeringConnectionId") else { continue }
                let sides = ["RequesterVpcInfo", "AccepterVpcInfo"].compactMap { name -> PeeringConnection.Side? in
                    guard let side = item[name], let vpc = side.identifier("VpcId") else { return nil }
                    return .init(
                        vpc: vpc, account: side.identifier("OwnerId") ?? account, region: side.identifier("Region") ?? region(cursor))
                }
                snapshot.peerings.append(
                    PeeringConnection(
                        id: id, account: account, region: region(cursor), active: item["Status"]?.string("Code") == "active", sides: sides,
                        evidence: item.evidence))
            }
        }
    }

    private mutating func readTransitGateways(_ account: String) {
        var found: [String: TransitGateway] = [:]
        for cursor in cursors(account, "ec2", "describe-transit-gateways") {
            for item in cursor.requiredList("TransitGateways") ?? [] {
                guard let id = item.requiredIdentifier("TransitGatewayId") else { continue }
                var gateway = TransitGateway(id: id, account: account, region: region(cursor), evidence: item.evidence)
                gateway.refersToGroups = item["Options"]?.string("SecurityGroupReferencingSupport").map { $0 == "enable" }
                found[id] = gateway
            }
        }
        var associations: [String: String] = [:]
        for cursor in cursors(account, "ec2", "get-transit-gateway-route-table-associations") {
            guard let table = cursor.record.resource else { continue }
            for item in cursor.requiredList("Associations") ?? [] where ["associated", "associating"].contains(item.string("State")) {
                if let id = item.identifier("TransitGatewayAttachmentId") { associations[id] = table }
            }
        }
        for cursor in cursors(account, "ec2", "describe-transit-gateway-attachments") {
            for item in cursor.requiredList("TransitGatewayAttachments") ?? [] {
                guard let id = item.requiredIdentifier("TransitGatewayAttachmentId"),
                    let gateway = item.requiredIdentifier("TransitGatewayId")
                else { continue }
                var entry = found[gateway] ?? TransitGateway(id: gateway, account: account, region: region(cursor), evidence: item.evidence)
                let own = item["Association"].flatMap { association in
                    ["associated", "associating"].contains(association.string("State"))
                        ? association.identifier("TransitGatewayRouteTableId") : nil
                }
                entry.attachments.append(
                    .init(
                        id: id, type: item.identifier("ResourceType") ?? "unknown", resource: item.identifier("ResourceId") ?? id,
                        active: item.string("State") == "available", table: own ?? associations[id], evidence: item.evidence))
                found[gateway] = entry
            }
        }
        var owners: [String: String] = [:]
        for cursor in cursors(account, "ec2", "describe-transit-gateway-route-tables") {
            for item in cursor.requiredList("TransitGatewayRouteTables") ?? [] {
                guard let id = item.requiredIdentifier("TransitGatewayRouteTableId") else { continue }
                owners[id] = item.identifier("TransitGatewayId")
            }
        }
        for cursor in cursors(account, "ec2", "search-transit-gateway-routes") {
            guard let table = cursor.record.resource, let routes = cursor.requiredList("Routes") else { continue }
            // A table is found by what is associated with it where no listing names it.
            guard let gateway = owners[table] ?? found.values.first(where: { $0.attachments.contains { $0.table == table } })?.id else {
                continue
            }
            found[gateway]?.tables.append(
                .init(
                    id: table,
                    routes: routes.compactMap { route in
                        guard let destination = route.identifier("DestinationCidrBlock") ?? route.identifier("PrefixListId") else {
                            route.problem("badRoute", "has no readable destination")
                            return nil
                        }
                        let isOpen = route.string("State") == "active"
                        return .init(
                            destination: destination,
                            attachments: isOpen
                                ? route.list("TransitGatewayAttachments").compactMap { $0.identifier("TransitGatewayAttachmentId") }
                                    .sortedUnique
                                : [])
                    }, evidence: cursor.evidence))
        }
        for var gateway in found.values {
            gateway.attachments.sortByBytes(\.id)
            gateway.tables.sortByBytes(\.id)
            snapshot.transitGateways.append(gateway)
        }
    }

    private mutating func readInternetBlocks(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-vpc-block-public-access-options") {
            guard let options = cursor["VpcBlockPublicAccessOptions"], let mode = options.identifier("InternetGatewayBlockMode") else {
                cursor.missing("VpcBlockPublicAccessOptions")
                continue
            }
            var exceptions: [String] = []
            for other in cursors(account, "ec2", "describe-vpc-block-public-access-exclusions") where region(other) == region(cursor) {
                for item in other.requiredList("VpcBlockPublicAccessExclusions") ?? [] {
                    // Of the two kinds of exclusion only this one lets traffic in (VPC User Guide, "VPC BPA basics").
                    guard item.string("InternetGatewayExclusionMode") == "allow-bidirectional",
                        ["create-complete", "update-complete", "update-in-progress", "delete-in-progress"].contains(item.string("State")),
                        let resource = item.identifier("ResourceArn")
                    else { continue }
                    exceptions.append(resource.split(separator: "/").last.map(String.init) ?? resource)
                }
            }
            snapshot.internetBlocks.append(
                InternetBlock(
                    account: account, region: region(cursor), mode: mode, exceptions: exceptions.sortedUnique, evidence: options.evidence))
        }
    }
}
