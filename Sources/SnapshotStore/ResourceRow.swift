public import CloudModel

/// A row of the table `resources`: what all kinds share, and the rest as JSON. A property that is `null` is not known.
struct ResourceRow {
    var id: String
    var kind: String
    var name: String
    var account: String
    var region: String?
    var properties: JSONObject
    var tags: [String: String]
    var facts: [String: Evidence]
    var evidence: Evidence

    static func all(_ snapshot: CloudSnapshot) -> [ResourceRow] {
        var rows: [ResourceRow] = []
        for account in snapshot.accounts {
            rows.append(
                .init(
                    "arn:\(account.partition):iam::\(account.id):root", "account", account.id, account.id, nil,
                    [
                        "partition": .string(account.partition), "publicAccessBlock": value(account.publicAccessBlock),
                        "publicAccessBlockKnown": .bool(account.publicAccessBlockKnown),
                        "summary": account.summary.map { map in
                            .object(JSONObject(map.sorted { $0.key < $1.key }.map { .init($0.key, .number(String($0.value))) }))
                        } ?? .null,
                        "passwordPolicy": account.passwordPolicy ?? .null, "passwordPolicyKnown": .bool(account.passwordPolicyKnown),
                        "rootHasMFA": value(account.rootHasMFA), "rootHasAccessKeys": value(account.rootHasAccessKeys),
                        "regions": value(account.regions), "organisation": organisation(account).id,
                        "organisationKnown": .bool(organisation(account).isKnown),
                    ], [:], account.facts, account.evidence.first ?? Evidence(record: "")))
        }
        rows += snapshot.instances.map { item in
            .init(
                item.arn, "instance", item.id, item.account, item.region,
                [
                    "state": .string(item.state), "instanceProfile": value(item.instanceProfile), "role": value(item.role),
                    "requiresIMDSv2": value(item.requiresIMDSv2), "metadataEnabled": value(item.metadataEnabled),
                    "metadataHopLimit": value(item.metadataHopLimit), "vpc": value(item.vpc),
                    "publicAddresses": value(item.interfaces.compactMap(\.publicAddress)),
                    "subnets": value(item.interfaces.compactMap(\.subnet)),
                    "securityGroups": value(Array(Set(item.interfaces.flatMap(\.securityGroups))).sorted()),
                ], item.tags, [:], item.evidence)
        }
        rows += snapshot.securityGroups.map { item in
            .init(
                item.arn, "securityGroup", item.name, item.account, item.region,
                [
                    "id": .string(item.id), "vpc": value(item.vpc), "ingressRules": value(item.ingress.count),
                    "egressRules": value(item.egress.count),
                ], [:], [:], item.evidence)
        }
        rows += snapshot.vpcs.map { item in
            .init(
                item.id, "vpc", item.id, item.account, item.region, ["cidrs": value(item.cidrs), "isDefault": .bool(item.isDefault)], [:],
                [:],
                item.evidence)
        }
        rows += snapshot.subnets.map { item in
            .init(
                item.id, "subnet", item.id, item.account, item.region, ["vpc": .string(item.vpc), "cidr": value(item.cidr)], [:], [:],
                item.evidence)
        }
        rows += snapshot.routeTables.map { item in
            .init(
                item.id, "routeTable", item.id, item.account, item.region,
                [
                    "vpc": .string(item.vpc), "isMain": .bool(item.isMain), "subnets": value(item.subnets),
                    "gateways": value(item.gateways),
                    "routes": .array(
                        item.routes.map {
                            ["destination": .string($0.destination), "target": .string($0.target), "active": .bool($0.active)]
                        }),
                ], [:], [:], item.evidence)
        }
        rows += snapshot.internetGateways.map { item in
            .init(item.id, "internetGateway", item.id, item.account, item.region, ["vpcs": value(item.vpcs)], [:], [:], item.evidence)
        }
        rows += snapshot.networkACLs.map { item in
            .init(
                item.id, "networkACL", item.id, item.account, item.region,
                [
                    "vpc": .string(item.vpc), "isDefault": .bool(item.isDefault), "subnets": value(item.subnets),
                    "entries": .array(
                        item.entries.map {
                            [
                                "number": value($0.number), "egress": .bool($0.egress), "allow": .bool($0.allow),
                                "protocol": .string($0.ipProtocol), "cidr": .string($0.cidr), "fromPort": value($0.fromPort),
                                "toPort": value($0.toPort),
                            ]
                        }),
                ], [:], [:], item.evidence)
        }
        rows += snapshot.loadBalancers.map { item in
            .init(
                item.arn, "loadBalancer", item.name, item.account, item.region,
                [
                    "type": .string(item.type), "internetFacing": .bool(item.internetFacing), "isDualStack": .bool(item.isDualStack),
                    "dnsName": value(item.dnsName),
                    "vpc": value(item.vpc), "subnets": value(item.subnets), "securityGroups": value(item.securityGroups),
                    "isComplete": .bool(item.isComplete),
                    "listeners": item.listeners.map { list in
                        .array(
                            list.map {
                                [
                                    "arn": .string($0.arn), "port": value($0.port), "protocol": value($0.listenerProtocol),
                                    "sslPolicy": value($0.sslPolicy), "targetGroups": value($0.targetGroups),
                                    "forwards": .array(
                                        $0.forwards.map {
                                            ["targetGroup": .string($0.targetGroup), "conditions": value($0.conditions)]
                                        }),
                                ]
                            })
                    } ?? .null,
                    "targets": item.targets.map { list in
                        .array(
                            list.map {
                                [
                                    "targetGroup": .string($0.targetGroup), "type": .string($0.type), "id": .string($0.id),
                                    "port": value($0.port), "keepsClientAddress": value($0.keepsClientAddress),
                                ]
                            })
                    } ?? .null,
                ], [:], item.facts, item.evidence)
        }
        rows += snapshot.vpcEndpoints.map { item in
            .init(
                item.arn, "vpcEndpoint", item.id, item.account, item.region,
                [
                    "id": .string(item.id), "vpc": value(item.vpc), "type": value(item.type), "service": value(item.service),
                    "state": value(item.state), "hasPolicy": .bool(item.policy != nil),
                    "policyKnown": .bool(item.policy == nil || item.policy?.document != nil), "routeTables": value(item.routeTables),
                    "subnets": value(item.subnets), "securityGroups": value(item.securityGroups),
                ], item.tags, [:], item.evidence)
        }
        rows += stores(snapshot)
        rows += links(snapshot)
        var taken = Set(rows.map(\.id))
        // What Systems Manager says of an instance is no resource of its own, and some kinds have rows already.
        rows += snapshot.workloads.filter { $0.kind != .managedInstance && taken.insert($0.arn).inserted }.map { item in
            let names = item.attributes.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return .init(
                item.arn, item.kind.rawValue, item.name, item.account, item.region,
                [
                    "roles": item.rolesKnown ? value(item.roles) : .null,
                    "attributes": .object(JSONObject(names.map { .init($0, value(item.attributes[$0] ?? [])) })),
                ], item.tags, [:], item.evidence)
        }
        return rows.enumerated().sorted { left, right in
            left.element.id.utf8.elementsEqual(right.element.id.utf8)
                ? left.offset < right.offset : left.element.id.utf8.lexicographicallyPrecedes(right.element.id.utf8)
        }.map(\.element)
    }

    private static func stores(_ snapshot: CloudSnapshot) -> [ResourceRow] {
        var rows: [ResourceRow] = snapshot.functions.map { item in
            .init(
                item.arn, "function", item.name, item.account, item.region,
                [
                    "role": value(item.role), "runtime": value(item.runtime), "vpc": value(item.vpc), "subnets": value(item.subnets),
                    "securityGroups": value(item.securityGroups), "environmentNames": value(item.environmentNames),
                    "policyKnown": .bool(item.policyKnown),
                    "urls": item.urls.map { list in
                        .array(list.map { ["url": .string($0.url), "authType": .string($0.authType), "qualifier": value($0.qualifier)] })
                    } ?? .null,
                ], item.tags, item.facts, item.evidence)
        }
        rows += snapshot.buckets.map { item in
            .init(
                item.arn, "bucket", item.name, item.account, item.region,
                [
                    "policyKnown": .bool(item.policyKnown), "hasPolicy": item.policyKnown ? .bool(item.policy != nil) : .null,
                    "publicAccessBlock": value(item.publicAccessBlock), "publicAccessBlockKnown": .bool(item.publicAccessBlockKnown),
                    "encryption": value(item.encryption), "encryptionKnown": .bool(item.encryptionKnown),
                    "ownership": value(item.ownership), "keepsVersions": value(item.keepsVersions),
                    "requiresMFAToDelete": value(item.requiresMFAToDelete), "lock": value(item.lock?.rawValue),
                    "grants": item.grants.map { list in
                        .array(list.map { ["grantee": .string($0.grantee), "permission": .string($0.permission)] })
                    } ?? .null,
                ], item.tags ?? [:], item.facts, item.evidence)
        }
        rows += snapshot.keys.map { item in
            .init(
                item.arn, "key", item.id, item.account, item.region,
                [
                    "manager": value(item.manager), "state": value(item.state), "rotationEnabled": value(item.rotationEnabled),
                    "canRotate": value(item.canRotate), "policyKnown": .bool(item.policy?.document != nil),
                    "grants": item.grants.map { .array($0.map(grant)) } ?? .null,
                ], [:], item.facts, item.evidence)
        }
        rows += snapshot.secrets.map { item in
            .init(
                item.arn, "secret", item.name, item.account, item.region,
                [
                    "rotationEnabled": value(item.rotationEnabled), "kmsKey": value(item.kmsKey), "policyKnown": .bool(item.policyKnown),
                    "lastAccessed": value(item.lastAccessed),
                ], item.tags, item.facts, item.evidence)
        }
        rows += snapshot.databases.map { item in
            .init(
                item.arn, "database", item.id, item.account, item.region,
                [
                    "engine": value(item.engine), "publiclyAccessible": value(item.publiclyAccessible), "port": value(item.port),
                    "encrypted": value(item.encrypted), "deletionProtection": value(item.deletionProtection),
                    "backupRetentionDays": value(item.backupRetentionDays), "vpc": value(item.vpc), "subnets": value(item.subnets),
                    "securityGroups": value(item.securityGroups),
                ], item.tags, [:], item.evidence)
        }
        rows += snapshot.dataSnapshots.map { item in
            .init(
                item.arn, "snapshot", item.id, item.account, item.region,
                [
                    "type": .string(item.kind), "source": value(item.source), "encrypted": value(item.encrypted),
                    "sharedWith": item.sharedWith.map { value($0) } ?? .null,
                ], item.tags, item.sharingEvidence.map { ["sharing": $0] } ?? [:], item.evidence)
        }
        return rows
    }

    init(
        _ id: String, _ kind: String, _ name: String, _ account: String, _ region: String?, _ properties: JSONObject,
        _ tags: [String: String],
        _ facts: [String: Evidence], _ evidence: Evidence
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.account = account
        self.region = region
        self.properties = properties
        self.tags = tags
        self.facts = facts
        self.evidence = evidence
    }

    private static func organisation(_ account: Account) -> (id: JSONValue, isKnown: Bool) {
        switch account.organisation {
        case .notCollected, .unreadable: (.null, false)
        case .none: (.null, true)
        case .member(let id): (id == Organisation.unnamed ? .null : .string(id), id != Organisation.unnamed)
        }
    }
    private static func grant(_ grant: KeyGrant) -> JSONValue {
        func pairs(_ map: [String: String]) -> JSONValue {
            .object(JSONObject(map.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { .init($0.key, .string($0.value)) }))
        }
        return [
            "id": .string(grant.id), "name": value(grant.name), "grantee": .string(grant.grantee), "retiring": value(grant.retiring),
            "operations": value(grant.operations), "contextSubset": pairs(grant.contextSubset),
            "contextEquals": grant.contextEquals.map(pairs) ?? .null,
        ]
    }
    static func value(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    static func value(_ flag: Bool?) -> JSONValue { flag.map { .bool($0) } ?? .null }
    static func value(_ number: Int?) -> JSONValue { number.map { .number(String($0)) } ?? .null }
    static func value(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
    private static func value(_ block: PublicAccessBlock?) -> JSONValue {
        block.map {
            [
                "blockPublicAcls": .bool($0.blockPublicACLs), "ignorePublicAcls": .bool($0.ignorePublicACLs),
                "blockPublicPolicy": .bool($0.blockPublicPolicy), "restrictPublicBuckets": .bool($0.restrictPublicBuckets),
            ]
        } ?? .null
    }
}

/// The native identifiers of everything that the table `resources` holds.
public enum ResourceIdentifiers {
    /// Those of a snapshot, and managed policies'.
    public static func all(_ snapshot: CloudSnapshot) -> Set<String> {
        Set(ResourceRow.all(snapshot).map(\.id)).union(snapshot.policies.map(\.arn))
    }
}
