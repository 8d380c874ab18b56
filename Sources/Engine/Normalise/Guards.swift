import CloudModel

/// What opens or narrows a way beside policies of principals and resources: grants of keys, and endpoints of VPCs.
extension Normaliser {
    func readGrants(of key: inout EncryptionKey, _ account: String) {
        guard case .record(let record) = index.answer(account, "kms", "list-grants", region: key.region, resources: [key.id, key.arn])
        else {
            return
        }
        let answer = Cursor(record, problems)
        guard let list = answer.requiredList("Grants") else { return }
        key.facts["grants"] = answer.evidence
        // A listing that was cut off is what is there, and its coverage says that there may be more.
        var grants = list.compactMap { item -> KeyGrant? in
            guard let id = item.requiredIdentifier("GrantId"), let grantee = item.requiredIdentifier("GranteePrincipal") else { return nil }
            var grant = KeyGrant(
                id: id, name: item.string("Name"), grantee: grantee, retiring: item.identifier("RetiringPrincipal"),
                operations: item.list("Operations").compactMap(\.identifier).sortedUnique, evidence: item.evidence)
            guard let constraints = item["Constraints"] else { return grant }
            grant.contextSubset = constraints.tags("EncryptionContextSubset")
            if constraints["EncryptionContextEquals"] != nil { grant.contextEquals = constraints.tags("EncryptionContextEquals") }
            return grant
        }
        grants.sortByBytes(\.id)
        key.grants = grants
    }

    mutating func readEndpoints(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-vpc-endpoints") {
            for item in cursor.requiredList("VpcEndpoints") ?? [] {
                guard let id = item.requiredIdentifier("VpcEndpointId") else { continue }
                let region = region(cursor)
                let owner = item.identifier("OwnerId") ?? account
                var endpoint = VPCEndpoint(
                    arn: arn("ec2", region, owner, "vpc-endpoint/\(id)"), id: id, account: account, region: region, evidence: item.evidence)
                endpoint.vpc = item.identifier("VpcId")
                endpoint.type = item.string("VpcEndpointType")
                endpoint.service = item.identifier("ServiceName")
                endpoint.state = item.string("State")
                if let place = item["PolicyDocument"] {
                    endpoint.policy = PolicySource(
                        name: id, kind: .endpoint, document: item.document("PolicyDocument"), evidence: place.evidence)
                }
                endpoint.routeTables = item.list("RouteTableIds").compactMap(\.identifier).sortedUnique
                endpoint.subnets = item.list("SubnetIds").compactMap(\.identifier).sortedUnique
                endpoint.securityGroups = item.list("Groups").compactMap { $0.identifier("GroupId") }.sortedUnique
                endpoint.tags = item.tags("Tags")
                snapshot.vpcEndpoints.append(endpoint)
            }
        }
    }
}
