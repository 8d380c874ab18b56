import CloudModel

/// Rows of what connects networks, of what faces the outside, and of who is let in from there.
extension ResourceRow {
    static func links(_ snapshot: CloudSnapshot) -> [ResourceRow] {
        var rows: [ResourceRow] = snapshot.networkInterfaces.map { item in
            .init(
                item.id, "networkInterface", item.id, item.account, item.region,
                [
                    "type": .string(item.type), "description": .string(item.text), "vpc": value(item.vpc), "subnet": value(item.subnet),
                    "securityGroups": value(item.securityGroups), "privateAddresses": value(item.privateAddresses),
                    "publicAddress": value(item.publicAddress), "ipv6Addresses": value(item.ipv6Addresses),
                    "instance": value(item.instance),
                ], [:], [:], item.evidence)
        }
        rows += snapshot.prefixLists.map { item in
            .init(
                item.id, "prefixList", item.name, item.account, item.region, ["ranges": item.ranges.map { value($0) } ?? .null], [:],
                item.facts, item.evidence)
        }
        rows += snapshot.peerings.map { item in
            .init(
                item.id, "peeringConnection", item.id, item.account, item.region,
                [
                    "active": .bool(item.active), "vpcs": value(item.sides.map(\.vpc)), "accounts": value(item.sides.map(\.account)),
                    "regions": value(item.sides.map(\.region)),
                ], [:], [:], item.evidence)
        }
        rows += snapshot.transitGateways.map { item in
            .init(
                item.id, "transitGateway", item.id, item.account, item.region,
                [
                    "refersToGroups": value(item.refersToGroups),
                    "attachments": .array(
                        item.attachments.map {
                            [
                                "id": .string($0.id), "type": .string($0.type), "resource": .string($0.resource),
                                "active": .bool($0.active),
                                "table": value($0.table),
                            ]
                        }),
                    "tables": .array(
                        item.tables.map { table in
                            [
                                "id": .string(table.id),
                                "routes": .array(
                                    table.routes.map { ["destination": .string($0.destination), "attachments": value($0.attachments)] }),
                            ]
                        }),
                ], [:], [:], item.evidence)
        }
        rows += snapshot.internetBlocks.map { item in
            .init(
                "internetBlock/\(item.account)/\(item.region)", "internetBlock", item.region, item.account, item.region,
                ["mode": .string(item.mode), "exceptions": value(item.exceptions)], [:], [:], item.evidence)
        }
        return rows + edges(snapshot) + outsiders(snapshot)
    }

    private static func edges(_ snapshot: CloudSnapshot) -> [ResourceRow] {
        var rows: [ResourceRow] = snapshot.apis.map { item in
            .init(
                item.arn, "api", item.name, item.account, item.region,
                [
                    "type": .string(item.type), "isPrivate": .bool(item.isPrivate),
                    "hasNoDefaultEndpoint": .bool(item.hasNoDefaultEndpoint),
                    "hasPolicy": .bool(item.policy != nil), "stages": item.stages.map { value($0) } ?? .null,
                    "routes": item.routes.map { list in
                        .array(
                            list.map {
                                [
                                    "method": .string($0.method), "path": .string($0.path), "authorization": value($0.authorization),
                                    "needsKey": .bool($0.needsKey), "integration": value($0.integration), "target": value($0.target),
                                    "role": value($0.role),
                                ]
                            })
                    } ?? .null,
                ], [:], item.facts, item.evidence)
        }
        rows += snapshot.distributions.map { item in
            .init(
                item.arn, "distribution", item.domain ?? item.id, item.account, nil,
                [
                    "enabled": .bool(item.enabled), "domain": value(item.domain), "firewall": value(item.firewall),
                    "openOrigins": value(item.openOrigins), "guardedOrigins": value(item.guardedOrigins),
                    "signedOrigins": value(item.signedOrigins),
                    "origins": .array(
                        item.origins.map {
                            [
                                "id": .string($0.id), "domain": .string($0.domain), "accessControl": value($0.accessControl),
                                "accessIdentity": value($0.accessIdentity),
                            ]
                        }),
                ], [:], [:], item.evidence)
        }
        rows += snapshot.searchDomains.map { item in
            .init(
                item.arn, "searchDomain", item.name, item.account, item.region,
                [
                    "vpc": value(item.vpc), "subnets": value(item.subnets), "securityGroups": value(item.securityGroups),
                    "hasPolicy": .bool(item.policy != nil), "needsLogin": value(item.needsLogin),
                ], [:], [:], item.evidence)
        }
        rows += snapshot.clusters.map { item in
            .init(
                item.arn, "cluster", item.name, item.account, item.region,
                [
                    "isPublic": value(item.isPublic), "publicRanges": value(item.publicRanges), "issuer": value(item.issuer),
                    "status": value(item.status), "authenticationMode": value(item.authenticationMode), "role": value(item.role),
                    "vpc": value(item.vpc), "subnets": value(item.subnets),
                    "securityGroups": value(item.securityGroups),
                ], item.tags, [:], item.evidence)
        }
        rows += snapshot.warehouses.map { item in
            .init(
                item.arn, "warehouse", item.id, item.account, item.region,
                [
                    "engine": value(item.engine), "publiclyAccessible": value(item.publiclyAccessible), "port": value(item.port),
                    "encrypted": value(item.encrypted), "backupRetentionDays": value(item.backupRetentionDays), "vpc": value(item.vpc),
                    "subnets": value(item.subnets), "securityGroups": value(item.securityGroups),
                ], item.tags, [:], item.evidence)
        }
        rows += snapshot.images.map { item in
            .init(
                item.arn, "image", item.name, item.account, item.region,
                ["snapshots": value(item.snapshots), "sharedWith": item.sharedWith.map { value($0) } ?? .null], item.tags,
                item.sharingEvidence.map { ["sharing": $0] } ?? [:], item.evidence)
        }
        rows += snapshot.guarded.map { item in
            .init(
                item.arn, item.kind.rawValue, item.name, item.account, item.region,
                [
                    "policyKnown": .bool(item.policyKnown), "hasPolicy": item.policyKnown ? .bool(item.policy != nil) : .null,
                    "kmsKey": value(item.kmsKey),
                ], [:], item.facts, item.evidence)
        }
        return rows
    }

    private static func outsiders(_ snapshot: CloudSnapshot) -> [ResourceRow] {
        var rows: [ResourceRow] = snapshot.identityProviders.map { item in
            .init(
                item.arn, "identityProvider", item.arn, item.account, nil,
                ["type": .string(item.kind.rawValue), "audiences": item.audiences.map { value($0) } ?? .null], [:], item.facts,
                item.evidence)
        }
        rows += snapshot.identityPools.map { item in
            .init(
                item.id, "identityPool", item.name, item.account, item.region,
                [
                    "admitsGuests": value(item.admitsGuests), "hasBasicFlow": value(item.hasBasicFlow), "guestRole": value(item.guestRole),
                    "memberRoles": value(item.memberRoles), "rolesKnown": .bool(item.rolesKnown),
                ], [:], item.facts, item.evidence)
        }
        return rows
    }
}
