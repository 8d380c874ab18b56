public import CloudModel
import Crypto

/// Turns a collection's answers into the picture that everything else works on.
///
/// Content never stops it: what cannot be read is coverage `unreadable`, what nobody asked is coverage `notCollected`, and what depends on
/// either stays unknown in the picture (`nil`, or a `…Known` flag that is false).
public struct Normaliser {
    var index: RecordIndex
    var snapshot = CloudSnapshot()
    let problems = ReadingProblems()
    var gaps: [CoverageEntry] = []

    init(_ collection: consuming CloudCollection) { index = RecordIndex(collection) }

    /// The picture of a collection. Every list is ordered; the order of records does not matter.
    ///
    /// The collection is let go as soon as it was read, where nobody else holds it.
    public static func normalise(_ collection: consuming CloudCollection) -> CloudSnapshot {
        var normaliser = Normaliser(collection)
        normaliser.run()
        return normaliser.snapshot
    }

    private mutating func run() {
        readOrganisations()
        for account in index.accounts {
            readRegions(account)
            readAccount(account)
            readIdentities(account)
            readNetwork(account)
            readNetworkLinks(account)
            readInstances(account)
            readLoadBalancers(account)
            readBuckets(account)
            readFunctions(account)
            readKeys(account)
            readEndpoints(account)
            readSecrets(account)
            readDatabases(account)
            readDataSnapshots(account)
            readEdges(account)
            readFederation(account)
            readWorkloads(account)
            noteMissing(account)
        }
        snapshot.records = index.collection.records.map { record in
            let digest = SHA256.hash(data: SnapshotDigest.content(of: record).canonicalBytes)
            return CloudSnapshot.RecordReference(id: record.id, time: record.time, digest: Hexadecimal.text(digest))
        }
        var coverage = index.collection.coverage + problems.entries + gaps
        coverage.sortByBytes(SnapshotDigest.line)
        snapshot.coverage = coverage.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
        order()
    }

    /// Orders every list. Two answers may tell of the same thing (a folder saved twice); the first in the order of records counts.
    private mutating func order() {
        snapshot.accounts.sortByBytes(\.id)
        snapshot.principals.sortByBytesOnce(\.arn)
        snapshot.policies.sortByBytesOnce(\.arn)
        snapshot.instances.sortByBytesOnce(\.arn)
        snapshot.securityGroups.sortByBytesOnce(\.arn)
        snapshot.vpcs.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.subnets.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.routeTables.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.internetGateways.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.vpcEndpoints.sortByBytesOnce(\.arn)
        snapshot.networkACLs.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.loadBalancers.sortByBytesOnce(\.arn)
        snapshot.buckets.sortByBytesOnce(\.arn)
        snapshot.functions.sortByBytesOnce(\.arn)
        snapshot.keys.sortByBytesOnce(\.arn)
        snapshot.secrets.sortByBytesOnce(\.arn)
        snapshot.databases.sortByBytesOnce(\.arn)
        snapshot.dataSnapshots.sortByBytesOnce(\.arn)
        orderEdges()
        snapshot.workloads.sortByBytesOnce { $0.arn + " " + $0.kind.rawValue }
    }

    private mutating func orderEdges() {
        snapshot.warehouses.sortByBytesOnce(\.arn)
        snapshot.networkInterfaces.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.prefixLists.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.peerings.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.transitGateways.sortByBytesOnce { $0.id + " " + $0.account }
        snapshot.internetBlocks.sortByBytesOnce { $0.region + " " + $0.account }
        snapshot.apis.sortByBytesOnce { $0.arn + " " + $0.account }
        snapshot.distributions.sortByBytesOnce(\.arn)
        snapshot.searchDomains.sortByBytesOnce(\.arn)
        snapshot.clusters.sortByBytesOnce(\.arn)
        snapshot.images.sortByBytesOnce(\.arn)
        snapshot.guarded.sortByBytesOnce(\.arn)
        snapshot.identityProviders.sortByBytesOnce(\.arn)
        snapshot.identityPools.sortByBytesOnce { $0.id + " " + $0.account }
    }

    func cursors(_ account: String, _ service: String, _ operation: String) -> [Cursor] {
        index.records(account, service, operation).map { Cursor($0, problems) }
    }

    func partition(_ account: String) -> String { index.partitions[account] ?? "aws" }

    func arn(_ service: String, _ region: String, _ account: String, _ rest: String) -> String {
        "arn:\(partition(account)):\(service):\(region):\(account):\(rest)"
    }

    // MARK: Account

    private mutating func readRegions(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-regions") {
            for item in cursor.list("Regions") {
                guard let name = item.identifier("RegionName") else { continue }
                if item.string("OptInStatus") == "not-opted-in" { continue }
                index.addRegion(name, to: account)
            }
        }
    }

    private mutating func readAccount(_ id: String) {
        var account = Account(id: id, partition: partition(id))
        account.regions = index.regions(of: id)
        account.organisation = membership(id)
        for cursor in cursors(id, "sts", "get-caller-identity") { account.evidence.append(cursor.evidence) }
        for cursor in cursors(id, "iam", "get-account-summary") {
            guard let map = cursor["SummaryMap"]?.value.object else {
                cursor.missing("SummaryMap")
                continue
            }
            var summary: [String: Int] = [:]
            for member in map.members { summary[member.name] = member.value.int }
            account.summary = summary
            account.facts["summary"] = cursor.evidence
            account.evidence.append(cursor.evidence)
            if let mfa = summary["AccountMFAEnabled"] { account.rootHasMFA = mfa > 0 }
            if let keys = summary["AccountAccessKeysPresent"] { account.rootHasAccessKeys = keys > 0 }
        }
        switch index.answer(id, "iam", "get-account-password-policy") {
        case .record(let record):
            let cursor = Cursor(record, problems)
            if let policy = cursor["PasswordPolicy"], policy.value.object != nil {
                account.passwordPolicy = policy.value
                account.passwordPolicyKnown = true
                account.facts["passwordPolicy"] = policy.evidence
            } else {
                cursor.missing("PasswordPolicy")
            }
        case .none: account.passwordPolicyKnown = true
        case .unknown: break
        }
        switch index.answer(id, "s3control", "get-public-access-block", resources: id) {
        case .record(let record):
            let cursor = Cursor(record, problems)
            if let block = Self.publicAccessBlock(cursor) {
                account.publicAccessBlock = block
                account.publicAccessBlockKnown = true
                account.facts["publicAccessBlock"] = cursor.evidence
            }
        case .none: account.publicAccessBlockKnown = true
        case .unknown: break
        }
        if account.evidence.isEmpty, let first = index.records(id, "iam", "get-account-authorization-details").first {
            account.evidence.append(Evidence(record: first.id))
        }
        snapshot.accounts.append(account)
    }

    static func publicAccessBlock(_ cursor: Cursor) -> PublicAccessBlock? {
        guard let block = cursor["PublicAccessBlockConfiguration"], block.value.object != nil else {
            cursor.missing("PublicAccessBlockConfiguration")
            return nil
        }
        // An absent member is off; one of a wrong type was noted and counts as off too.
        return PublicAccessBlock(
            blockPublicACLs: block.bool("BlockPublicAcls") ?? false, ignorePublicACLs: block.bool("IgnorePublicAcls") ?? false,
            blockPublicPolicy: block.bool("BlockPublicPolicy") ?? false, restrictPublicBuckets: block.bool("RestrictPublicBuckets") ?? false
        )
    }

    // MARK: What nobody asked

    private mutating func noteMissing(_ account: String) {
        noteMissingOfOrganisation(account)
        let regions = index.regions(of: account)
        for operation in KnownOperation.all where operation.isExpected && operation.resource != .required {
            if operation.isRegional {
                if regions.isEmpty { note(account, operation, region: nil, resource: nil) }
                for region in regions { note(account, operation, region: region, resource: nil) }
            } else {
                note(account, operation, region: nil, resource: nil)
            }
        }
        func ask(_ service: String, _ name: String, _ region: String?, _ resources: [String]) {
            self.ask(account, service, name, region, resources)
        }
        for bucket in snapshot.buckets where bucket.account == account {
            for name in ["get-bucket-policy", "get-bucket-acl", "get-public-access-block", "get-bucket-encryption"] {
                ask("s3", name, nil, [bucket.name])
            }
        }
        for function in snapshot.functions where function.account == account {
            ask("lambda", "get-policy", function.region, [function.name, function.arn])
            if !index.isMentioned(account, "lambda", "get-function-url-config", region: function.region, resource: function.name) {
                ask("lambda", "list-function-url-configs", function.region, [function.name, function.arn])
            }
        }
        for key in snapshot.keys where key.account == account {
            ask("kms", "describe-key", key.region, [key.id, key.arn])
            ask("kms", "get-key-policy", key.region, [key.id, key.arn])
            if key.manager != "AWS" {
                ask("kms", "get-key-rotation-status", key.region, [key.id, key.arn])
                ask("kms", "list-grants", key.region, [key.id, key.arn])
            }
        }
        for secret in snapshot.secrets where secret.account == account {
            ask("secretsmanager", "get-resource-policy", secret.region, [secret.arn, secret.name])
        }
        for item in snapshot.dataSnapshots where item.account == account {
            if item.kind == "ebs" {
                ask("ec2", "describe-snapshot-attribute", item.region, [item.id])
            } else if item.sharedWith == nil {
                // Automated ones cannot be shared, and need no answer.
                let name = item.kind == "rds" ? "describe-db-snapshot-attributes" : "describe-db-cluster-snapshot-attributes"
                ask("rds", name, item.region, [item.id, item.arn])
            }
        }
        for balancer in snapshot.loadBalancers where balancer.account == account && balancer.type != "classic" {
            ask("elbv2", "describe-listeners", balancer.region, [balancer.arn])
        }
        for api in snapshot.apis where api.account == account {
            let (service, routes) = api.type == "REST" ? ("apigateway", "get-resources") : ("apigatewayv2", "get-routes")
            ask(service, routes, api.region, [api.id])
            ask(service, "get-stages", api.region, [api.id])
            if api.type != "REST" { ask(service, "get-integrations", api.region, [api.id]) }
        }
        for image in snapshot.images where image.account == account && image.sharedWith == nil {
            ask("ec2", "describe-image-attribute", image.region, [image.id])
        }
        for item in snapshot.guarded where item.account == account {
            switch item.kind {
            case .topic: ask("sns", "get-topic-attributes", item.region, [item.arn, item.name])
            case .repository: ask("ecr", "get-repository-policy", item.region, [item.name, item.arn])
            case .queue: break
            }
        }
        for cursor in cursors(account, "eks", "list-clusters") {
            for item in cursor.list("clusters") { if let name = item.identifier { ask("eks", "describe-cluster", region(cursor), [name]) } }
        }
        // What belongs to something else is listed with it.
        for (parents, place, service, listings) in [
            ("list-clusters", "clusterArns", "ecs", ["list-container-instances", "list-services", "list-tasks"]),
            ("list-clusters", "clusters", "eks", ["list-nodegroups", "list-pod-identity-associations", "list-access-entries"]),
            ("list-applications", "applications", "codedeploy", ["list-deployment-groups"]),
        ] {
            for cursor in cursors(account, service, parents) {
                for parent in cursor.list(place).compactMap(\.identifier) {
                    let name = parent.split(separator: "/").last.map(String.init) ?? parent
                    for listing in listings where !index.isMentioned(account, service, listing, region: region(cursor), resource: nil) {
                        self.ask(account, service, listing, region(cursor), [name, parent], always: true)
                    }
                }
            }
        }
        for list in snapshot.prefixLists where list.account == account && list.ranges == nil {
            ask("ec2", "get-managed-prefix-list-entries", list.region, [list.id])
        }
    }

    /// Says that a resource was not asked about, where that leaves a question open.
    ///
    /// - Parameter always: whether it does although the call is one that most folders leave out.
    mutating func ask(
        _ account: String, _ service: String, _ name: String, _ region: String?, _ resources: [String], always: Bool = false
    ) {
        guard let operation = KnownOperation.named(service: service, operation: name), operation.isExpected || always,
            let first = resources.first,
            !resources.contains(where: { index.isMentioned(account, service, name, region: region, resource: $0) })
        else { return }
        gaps.append(Self.gap(account, operation, region: region, resource: first))
    }

    private mutating func note(_ account: String, _ operation: KnownOperation, region: String?, resource: String?) {
        if index.isMentioned(account, operation.service, operation.operation, region: region, resource: nil) { return }
        if operation.mayLeaveOutRegion, index.isListed(account, operation, region: region) { return }
        if hasNoDomains(account, operation, region) { return }
        // The account-wide block is asked with the account's number, which some write into the name.
        if index.isMentioned(account, operation.service, operation.operation, region: region, resource: account) { return }
        gaps.append(Self.gap(account, operation, region: region, resource: resource))
    }

    /// Whether a call asks for the details of domains where it is known that there is none: nobody makes it then.
    private func hasNoDomains(_ account: String, _ operation: KnownOperation, _ region: String?) -> Bool {
        guard operation.service == "opensearch", operation.operation == "describe-domains" else { return false }
        let lists = cursors(account, "opensearch", "list-domain-names").filter { $0.record.region == region }
        return !lists.isEmpty && lists.allSatisfy { index.isWhole($0.record) && $0.value["DomainNames"]?.array?.isEmpty == true }
    }

    static func gap(_ account: String, _ operation: KnownOperation, region: String?, resource: String?) -> CoverageEntry {
        CoverageEntry(
            account: account, service: operation.service, operation: operation.operation, region: region, resource: resource,
            outcome: .notCollected, message: "no answer of this call is there")
    }
}

extension RecordIndex {
    /// The answer asked without a resource, or with this one.
    func answer(_ account: String, _ service: String, _ operation: String, resources resource: String) -> Answer {
        switch answer(account, service, operation) {
        case .unknown: answer(account, service, operation, region: nil, resource: resource)
        case let found: found
        }
    }
}
