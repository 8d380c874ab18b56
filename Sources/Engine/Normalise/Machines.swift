import CloudModel

/// Instances, functions, databases and snapshots.
extension Normaliser {
    mutating func readInstances(_ account: String) {
        var roles: [String: String] = [:]
        for cursor in cursors(account, "iam", "get-account-authorization-details") {
            for role in cursor.list("RoleDetailList") {
                guard let arn = role.identifier("Arn") else { continue }
                for profile in role.list("InstanceProfileList") { if let id = profile.identifier("Arn") { roles[id] = arn } }
            }
        }
        var associations: [String: String] = [:]
        for cursor in cursors(account, "ec2", "describe-iam-instance-profile-associations") {
            for item in cursor.list("IamInstanceProfileAssociations") {
                guard let state = item.string("State"), state == "associated" || state == "associating",
                    let instance = item.identifier("InstanceId"), let profile = item["IamInstanceProfile"]?.identifier("Arn")
                else { continue }
                associations[instance] = profile
            }
        }
        for cursor in cursors(account, "ec2", "describe-instances") {
            for reservation in cursor.requiredList("Reservations") ?? [] {
                for item in reservation.list("Instances") {
                    guard let id = item.requiredIdentifier("InstanceId") else { continue }
                    var instance = Instance(
                        id: id, arn: arn("ec2", region(cursor), account, "instance/\(id)"), account: account, region: region(cursor),
                        state: item["State"]?.string("Name") ?? "unknown", evidence: item.evidence)
                    instance.instanceProfile = item["IamInstanceProfile"]?.identifier("Arn") ?? associations[id]
                    if let profile = instance.instanceProfile {
                        instance.role = roles[profile]
                        if instance.role == nil {
                            (item["IamInstanceProfile"] ?? item).problem(
                                "profileNotInAnswer", "names an instance profile whose role is not known")
                        }
                    }
                    if let options = item["MetadataOptions"] {
                        instance.requiresIMDSv2 = options.string("HttpTokens").map { $0 == "required" }
                        instance.metadataEnabled = options.string("HttpEndpoint").map { $0 == "enabled" }
                        instance.metadataHopLimit = options.int("HttpPutResponseHopLimit")
                    }
                    instance.vpc = item.identifier("VpcId")
                    instance.tags = item.tags("Tags")
                    instance.interfaces = Self.interfaces(item, id)
                    snapshot.instances.append(instance)
                }
            }
        }
    }

    private static func interfaces(_ item: Cursor, _ id: String) -> [Instance.Interface] {
        var interfaces = item.list("NetworkInterfaces").compactMap { entry -> Instance.Interface? in
            guard let id = entry.requiredIdentifier("NetworkInterfaceId") else { return nil }
            var privates: [String] = []
            var publicAddress = entry["Association"]?.identifier("PublicIp")
            if let address = entry.identifier("PrivateIpAddress") { privates.append(address) }
            for address in entry.list("PrivateIpAddresses") {
                if let text = address.identifier("PrivateIpAddress") { privates.append(text) }
                publicAddress = publicAddress ?? address["Association"]?.identifier("PublicIp")
            }
            return Instance.Interface(
                id: id, subnet: entry.identifier("SubnetId"),
                securityGroups: entry.list("Groups").compactMap { $0.identifier("GroupId") }.sortedUnique,
                privateAddresses: privates.sortedUnique, publicAddress: publicAddress,
                ipv6Addresses: entry.list("Ipv6Addresses").compactMap { $0.identifier("Ipv6Address") }.sortedUnique)
        }
        let publicAddress = item.identifier("PublicIpAddress").flatMap { $0.isEmpty ? nil : $0 }
        let subnet = item.identifier("SubnetId")
        let groups = item.list("SecurityGroups").compactMap { $0.identifier("GroupId") }.sortedUnique
        let privateAddress = item.identifier("PrivateIpAddress").map { [$0] } ?? []
        if interfaces.isEmpty, publicAddress != nil || subnet != nil {
            interfaces = [
                Instance.Interface(
                    id: id, subnet: subnet, securityGroups: groups, privateAddresses: privateAddress, publicAddress: publicAddress,
                    ipv6Addresses: item.identifier("Ipv6Address").map { [$0] } ?? [])
            ]
        } else if let publicAddress, interfaces.allSatisfy({ $0.publicAddress == nil }) {
            // The instance says that it has one; the interface that holds it is the first in its subnet.
            let place = interfaces.firstIndex { $0.subnet == subnet } ?? interfaces.startIndex
            interfaces[place].publicAddress = publicAddress
            if interfaces[place].subnet == nil { interfaces[place].subnet = subnet }
            if interfaces[place].securityGroups.isEmpty { interfaces[place].securityGroups = groups }
        }
        interfaces.sortByBytes(\.id)
        return interfaces
    }

    // MARK: Functions

    mutating func readFunctions(_ account: String) {
        for cursor in cursors(account, "lambda", "list-functions") {
            for item in cursor.requiredList("Functions") ?? [] {
                guard let name = item.requiredIdentifier("FunctionName"), let arn = item.requiredIdentifier("FunctionArn") else { continue }
                var function = Function(
                    arn: Self.unqualified(arn), name: name, account: account, region: region(cursor), evidence: item.evidence)
                function.role = item.identifier("Role")
                function.runtime = item.identifier("Runtime")
                function.tags = item.tags("Tags")
                if let variables = item["Environment"]?["Variables"] {
                    if let object = variables.value.object {
                        function.environmentNames = object.members.map(\.name).sortedUnique
                    } else {
                        variables.wrongType("an object")
                    }
                }
                if let network = item["VpcConfig"] {
                    function.vpc = network.string("VpcId").flatMap { $0.isEmpty ? nil : network.identifier("VpcId") }
                    function.subnets = network.list("SubnetIds").compactMap(\.identifier).sortedUnique
                    function.securityGroups = network.list("SecurityGroupIds").compactMap(\.identifier).sortedUnique
                }
                let names = [name, function.arn, arn]
                switch index.answer(account, "lambda", "get-policy", region: function.region, resources: names) {
                case .record(let record):
                    let answer = Cursor(record, problems)
                    function.policy = resourcePolicy(answer, "Policy", name: name)
                    function.policyKnown = function.policy?.document != nil
                    function.facts["policy"] = answer.evidence
                case .none: function.policyKnown = true
                case .unknown: break
                }
                readURLs(&function, names)
                for qualifier in (function.urls ?? []).compactMap(\.qualifier).sortedUnique { readPolicy(&function, qualifier) }
                snapshot.functions.append(function)
            }
        }
    }

    /// The policy of a version or alias, which is another one than the function's.
    private mutating func readPolicy(_ function: inout Function, _ qualifier: String) {
        let names = [function.arn + ":" + qualifier, function.name + ":" + qualifier]
        switch index.answer(function.account, "lambda", "get-policy", region: function.region, resources: names) {
        case .record(let record):
            let answer = Cursor(record, problems)
            function.qualifiedPolicies[qualifier] = .some(resourcePolicy(answer, "Policy", name: names[1]))
            function.facts["policy " + qualifier] = answer.evidence
        case .none: function.qualifiedPolicies[qualifier] = .some(nil)
        case .unknown: ask(function.account, "lambda", "get-policy", function.region, names)
        }
    }

    private func readURLs(_ function: inout Function, _ names: [String]) {
        func configuration(_ item: Cursor) -> Function.URLConfiguration? {
            guard let url = item.requiredIdentifier("FunctionUrl"), let type = item.requiredIdentifier("AuthType") else { return nil }
            let parts = (item.identifier("FunctionArn") ?? "").split(separator: ":", omittingEmptySubsequences: false)
            return .init(url: url, authType: type, qualifier: parts.count == 8 ? String(parts[7]) : nil)
        }
        switch index.answer(function.account, "lambda", "list-function-url-configs", region: function.region, resources: names) {
        case .record(let record):
            let answer = Cursor(record, problems)
            guard let list = answer.requiredList("FunctionUrlConfigs") else { return }
            function.urls = list.compactMap(configuration)
            function.facts["urls"] = answer.evidence
        case .none: function.urls = []
        case .unknown:
            switch index.answer(function.account, "lambda", "get-function-url-config", region: function.region, resources: names) {
            case .record(let record):
                let answer = Cursor(record, problems)
                guard let one = configuration(answer) else { return }
                function.urls = [one]
                function.facts["urls"] = answer.evidence
            case .none: function.urls = []
            case .unknown: break
            }
        }
        function.urls?.sortByBytes(\.url)
    }

    /// `arn:…:function:NAME` without version or alias.
    private static func unqualified(_ arn: String) -> String {
        guard arn.utf8.count(where: { $0 == UInt8(ascii: ":") }) > 6 else { return arn }
        return arn.split(separator: ":", omittingEmptySubsequences: false).prefix(7).joined(separator: ":")
    }

    // MARK: Databases and snapshots

    mutating func readDatabases(_ account: String) {
        for cursor in cursors(account, "rds", "describe-db-instances") {
            for item in cursor.requiredList("DBInstances") ?? [] {
                guard let id = item.requiredIdentifier("DBInstanceIdentifier") else { continue }
                let arn = item.identifier("DBInstanceArn") ?? arn("rds", region(cursor), account, "db:\(id)")
                var database = Database(arn: arn, id: id, account: account, region: region(cursor), evidence: item.evidence)
                database.engine = item.identifier("Engine")
                database.publiclyAccessible = item.bool("PubliclyAccessible")
                database.port = item["Endpoint"]?.int("Port") ?? item.int("DbInstancePort").flatMap { $0 == 0 ? nil : $0 }
                database.encrypted = item.bool("StorageEncrypted")
                database.deletionProtection = item.bool("DeletionProtection")
                database.backupRetentionDays = item.int("BackupRetentionPeriod")
                database.vpc = item["DBSubnetGroup"]?.identifier("VpcId")
                database.subnets =
                    item["DBSubnetGroup"]?.list("Subnets").compactMap { $0.identifier("SubnetIdentifier") }.sortedUnique ?? []
                database.securityGroups = item.list("VpcSecurityGroups").compactMap { $0.identifier("VpcSecurityGroupId") }.sortedUnique
                database.tags = item.tags("TagList")
                snapshot.databases.append(database)
            }
        }
    }

    private func restorers(_ attributes: [Cursor]) -> [String] {
        attributes.filter { $0.string("AttributeName") == "restore" }.flatMap { $0.list("AttributeValues").compactMap(\.identifier) }
            .sortedUnique
    }

    mutating func readDataSnapshots(_ account: String) {
        for cursor in cursors(account, "rds", "describe-db-snapshots") {
            for item in cursor.requiredList("DBSnapshots") ?? [] {
                guard let id = item.requiredIdentifier("DBSnapshotIdentifier") else { continue }
                let arn = item.identifier("DBSnapshotArn") ?? arn("rds", region(cursor), account, "snapshot:\(id)")
                var data = DataSnapshot(arn: arn, id: id, kind: "rds", account: account, region: region(cursor), evidence: item.evidence)
                data.source = item.identifier("DBInstanceIdentifier")
                data.encrypted = item.bool("Encrypted")
                data.tags = item.tags("TagList")
                let answer = index.answer(account, "rds", "describe-db-snapshot-attributes", region: data.region, resources: [id, arn])
                if case .record(let record) = answer {
                    let place = Cursor(record, problems)
                    if let attributes = place["DBSnapshotAttributesResult"]?.requiredList("DBSnapshotAttributes") {
                        data.sharedWith = restorers(attributes)
                        data.sharingEvidence = place.evidence
                    }
                } else if item.string("SnapshotType") == "automated" {
                    // An automated snapshot cannot be shared (RDS User Guide, "Sharing a DB snapshot").
                    data.sharedWith = []
                }
                snapshot.dataSnapshots.append(data)
            }
        }
        for cursor in cursors(account, "rds", "describe-db-cluster-snapshots") {
            for item in cursor.requiredList("DBClusterSnapshots") ?? [] {
                guard let id = item.requiredIdentifier("DBClusterSnapshotIdentifier") else { continue }
                let arn = item.identifier("DBClusterSnapshotArn") ?? arn("rds", region(cursor), account, "cluster-snapshot:\(id)")
                var data = DataSnapshot(
                    arn: arn, id: id, kind: "rds-cluster", account: account, region: region(cursor), evidence: item.evidence)
                data.source = item.identifier("DBClusterIdentifier")
                data.encrypted = item.bool("StorageEncrypted")
                data.tags = item.tags("TagList")
                let answer = index.answer(
                    account, "rds", "describe-db-cluster-snapshot-attributes", region: data.region, resources: [id, arn])
                if case .record(let record) = answer {
                    let place = Cursor(record, problems)
                    if let attributes = place["DBClusterSnapshotAttributesResult"]?.requiredList("DBClusterSnapshotAttributes") {
                        data.sharedWith = restorers(attributes)
                        data.sharingEvidence = place.evidence
                    }
                } else if item.string("SnapshotType") == "automated" {
                    data.sharedWith = []
                }
                snapshot.dataSnapshots.append(data)
            }
        }
        for cursor in cursors(account, "ec2", "describe-snapshots") {
            for item in cursor.requiredList("Snapshots") ?? [] {
                guard let id = item.requiredIdentifier("SnapshotId") else { continue }
                // The listing also holds what others made public.
                if let owner = item.identifier("OwnerId"), owner != account, account != "unknown" { continue }
                var data = DataSnapshot(
                    arn: "arn:\(partition(account)):ec2:\(region(cursor))::snapshot/\(id)", id: id, kind: "ebs", account: account,
                    region: region(cursor), evidence: item.evidence)
                data.source = item.identifier("VolumeId")
                data.encrypted = item.bool("Encrypted")
                data.tags = item.tags("Tags")
                if case .record(let record) = index.answer(account, "ec2", "describe-snapshot-attribute", region: data.region, resource: id)
                {
                    let place = Cursor(record, problems)
                    if let permissions = place.requiredList("CreateVolumePermissions") {
                        data.sharedWith = permissions.compactMap { $0.identifier("Group") ?? $0.identifier("UserId") }.sortedUnique
                        data.sharingEvidence = place.evidence
                    }
                }
                snapshot.dataSnapshots.append(data)
            }
        }
    }
}
