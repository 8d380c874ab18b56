import CloudModel

/// APIs, distributions, search domains, clusters, warehouses, images, and whatever else has a policy of its own.
extension Normaliser {
    mutating func readEdges(_ account: String) {
        readRestAPIs(account)
        readHTTPAPIs(account)
        readDistributions(account)
        readSearchDomains(account)
        readClusters(account)
        readWarehouses(account)
        readImages(account)
        readQueues(account)
        readTopics(account)
        readRepositories(account)
    }

    // MARK: APIs

    private mutating func readRestAPIs(_ account: String) {
        for cursor in cursors(account, "apigateway", "get-rest-apis") {
            for item in cursor.requiredList("items") ?? [] {
                guard let id = item.requiredIdentifier("id") else { continue }
                let region = region(cursor)
                var api = WebAPI(
                    arn: "arn:\(partition(account)):apigateway:\(region)::/restapis/\(id)", id: id, name: item.string("name") ?? id,
                    account: account, region: region, type: "REST", evidence: item.evidence)
                let types = item["endpointConfiguration"]?.list("types").compactMap(\.identifier) ?? []
                api.isPrivate = types == ["PRIVATE"]
                api.hasNoDefaultEndpoint = item.bool("disableExecuteApiEndpoint") ?? false
                if let place = item["policy"] {
                    api.policy = PolicySource(
                        name: api.name, kind: .resource, document: escapedDocument(item, "policy"), evidence: place.evidence)
                }
                if case .record(let record) = index.answer(account, "apigateway", "get-stages", region: region, resource: id) {
                    let answer = Cursor(record, problems)
                    api.stages = answer.requiredList("item")?.compactMap { $0.requiredIdentifier("stageName") }.sortedUnique
                    api.facts["stages"] = answer.evidence
                }
                if case .record(let record) = index.answer(account, "apigateway", "get-resources", region: region, resource: id) {
                    let answer = Cursor(record, problems)
                    api.facts["routes"] = answer.evidence
                    api.routes = answer.requiredList("items")?.flatMap { restRoutes($0) }
                }
                api.routes?.sortByBytes { $0.path + " " + $0.method }
                snapshot.apis.append(api)
            }
        }
    }

    /// API Gateway hands a policy out as it stood inside a JSON text, its quotes escaped.
    private func escapedDocument(_ item: Cursor, _ name: String) -> JSONValue? {
        if let text = item[name]?.value.string, text.utf8.contains(UInt8(ascii: "\\")),
            let plain = (try? JSONValue(parsing: "\"" + text + "\""))?.string, let document = try? JSONValue(parsing: plain),
            document.object != nil
        {
            return document
        }
        return item.document(name)
    }

    private func restRoutes(_ item: Cursor) -> [WebAPI.Route] {
        let path = item.string("path") ?? "/"
        guard let methods = item["resourceMethods"], let object = methods.value.object else { return [] }
        return object.members.compactMap { member in
            guard let method = methods[member.name] else { return WebAPI.Route(method: member.name, path: path, authorization: nil) }
            let integration = method["methodIntegration"]
            return WebAPI.Route(
                method: member.name, path: path, authorization: method.identifier("authorizationType"),
                needsKey: method.bool("apiKeyRequired") ?? false, integration: integration?.identifier("type"),
                target: integration?.string("uri"), role: integration?.identifier("credentials"))
        }
    }

    private mutating func readHTTPAPIs(_ account: String) {
        for cursor in cursors(account, "apigatewayv2", "get-apis") {
            for item in cursor.requiredList("Items") ?? [] {
                guard let id = item.requiredIdentifier("ApiId") else { continue }
                let region = region(cursor)
                var api = WebAPI(
                    arn: "arn:\(partition(account)):apigateway:\(region)::/apis/\(id)", id: id, name: item.string("Name") ?? id,
                    account: account, region: region, type: item.identifier("ProtocolType") ?? "HTTP", evidence: item.evidence)
                api.hasNoDefaultEndpoint = item.bool("DisableExecuteApiEndpoint") ?? false
                if case .record(let record) = index.answer(account, "apigatewayv2", "get-stages", region: region, resource: id) {
                    let answer = Cursor(record, problems)
                    api.stages = answer.requiredList("Items")?.compactMap { $0.requiredIdentifier("StageName") }.sortedUnique
                    api.facts["stages"] = answer.evidence
                }
                var integrations: [String: Cursor] = [:]
                if case .record(let record) = index.answer(account, "apigatewayv2", "get-integrations", region: region, resource: id) {
                    let answer = Cursor(record, problems)
                    api.facts["integrations"] = answer.evidence
                    for one in answer.requiredList("Items") ?? [] {
                        if let name = one.identifier("IntegrationId") { integrations[name] = one }
                    }
                }
                if case .record(let record) = index.answer(account, "apigatewayv2", "get-routes", region: region, resource: id) {
                    let answer = Cursor(record, problems)
                    api.facts["routes"] = answer.evidence
                    api.routes = answer.requiredList("Items")?.compactMap { route in
                        guard let key = route.string("RouteKey") else {
                            route.missing("RouteKey")
                            return nil
                        }
                        let words = key.split(separator: " ", maxSplits: 1).map(String.init)
                        let target = route.string("Target")?.split(separator: "/").last.flatMap { integrations[String($0)] }
                        return WebAPI.Route(
                            method: words.count == 2 ? words[0] : key, path: words.count == 2 ? words[1] : "/",
                            authorization: route.identifier("AuthorizationType") ?? "NONE", needsKey: route.bool("ApiKeyRequired") ?? false,
                            integration: target?.identifier("IntegrationType"), target: target?.string("IntegrationUri"),
                            role: target?.identifier("CredentialsArn"))
                    }
                }
                api.routes?.sortByBytes { $0.path + " " + $0.method }
                snapshot.apis.append(api)
            }
        }
    }

    // MARK: Distributions

    private mutating func readDistributions(_ account: String) {
        for cursor in cursors(account, "cloudfront", "list-distributions") {
            // Where there are none the listing has no such member.
            guard let list = cursor["DistributionList"] else { continue }
            for item in list.list("Items") {
                guard let id = item.requiredIdentifier("Id") else { continue }
                var distribution = Distribution(
                    arn: item.identifier("ARN") ?? "arn:\(partition(account)):cloudfront::\(account):distribution/\(id)", id: id,
                    account: account, enabled: item.bool("Enabled") ?? true, evidence: item.evidence)
                distribution.domain = item.identifier("DomainName")
                distribution.firewall = item.string("WebACLId").flatMap { $0.isEmpty ? nil : $0 }
                for origin in item["Origins"]?.list("Items") ?? [] {
                    guard let name = origin.requiredIdentifier("Id"), let domain = origin.requiredIdentifier("DomainName") else { continue }
                    let identity = origin["S3OriginConfig"]?.string("OriginAccessIdentity").flatMap { $0.isEmpty ? nil : $0 }
                    distribution.origins.append(
                        .init(
                            id: name, domain: domain.lowercased(),
                            accessControl: origin.string("OriginAccessControlId").flatMap { $0.isEmpty ? nil : $0 },
                            accessIdentity: identity))
                }
                var groups: [String: [String]] = [:]
                for group in item["OriginGroups"]?.list("Items") ?? [] {
                    guard let name = group.identifier("Id") else { continue }
                    groups[name] = group["Members"]?.list("Items").compactMap { $0.identifier("OriginId") } ?? []
                }
                var open: Set<String> = []
                var guarded: Set<String> = []
                var signed: Set<String> = []
                for behaviour in [item["DefaultCacheBehavior"]].compactMap({ $0 }) + (item["CacheBehaviors"]?.list("Items") ?? []) {
                    guard let target = behaviour.identifier("TargetOriginId") else { continue }
                    let needsSignature = ["TrustedSigners", "TrustedKeyGroups"].contains { behaviour[$0]?.bool("Enabled") == true }
                    let names = groups[target] ?? [target]
                    let hasCode = ["FunctionAssociations", "LambdaFunctionAssociations"].contains { name in
                        behaviour[name]?.list("Items").contains { $0.string("EventType") == "viewer-request" } ?? false
                    }
                    if needsSignature {
                        signed.formUnion(names)
                    } else if hasCode {
                        guarded.formUnion(names)
                    } else {
                        open.formUnion(names)
                    }
                }
                distribution.openOrigins = Array(open).sortedUnique
                distribution.guardedOrigins = Array(guarded.subtracting(open)).sortedUnique
                distribution.signedOrigins = Array(signed.subtracting(open).subtracting(guarded)).sortedUnique
                distribution.origins.sortByBytes(\.id)
                snapshot.distributions.append(distribution)
            }
        }
    }

    // MARK: Domains, clusters, warehouses

    private mutating func readSearchDomains(_ account: String) {
        for cursor in cursors(account, "opensearch", "describe-domains") {
            for item in cursor.requiredList("DomainStatusList") ?? [] {
                guard let arn = item.requiredIdentifier("ARN"), item.bool("Deleted") != true else { continue }
                var domain = SearchDomain(
                    arn: arn, name: item.identifier("DomainName") ?? arn, account: account, region: region(cursor), evidence: item.evidence)
                if let network = item["VPCOptions"] {
                    domain.vpc = network.identifier("VPCId")
                    domain.subnets = network.list("SubnetIds").compactMap(\.identifier).sortedUnique
                    domain.securityGroups = network.list("SecurityGroupIds").compactMap(\.identifier).sortedUnique
                }
                // Where there is none the answer has an empty text.
                if item["AccessPolicies"]?.value.string?.isEmpty == false {
                    domain.policy = resourcePolicy(item, "AccessPolicies", name: domain.name)
                }
                let security = item["AdvancedSecurityOptions"]
                domain.needsLogin = security.map {
                    $0.bool("Enabled") == true && $0.bool("AnonymousAuthEnabled") != true
                }
                snapshot.searchDomains.append(domain)
            }
        }
    }

    private mutating func readClusters(_ account: String) {
        var described: Set<String> = []
        for cursor in cursors(account, "eks", "describe-cluster") {
            guard let item = cursor["cluster"], let name = item.requiredIdentifier("name") else {
                cursor.missing("cluster")
                continue
            }
            var cluster = KubernetesCluster(
                arn: item.identifier("arn") ?? arn("eks", region(cursor), account, "cluster/\(name)"), name: name, account: account,
                region: region(cursor), evidence: item.evidence)
            cluster.status = item.identifier("status")
            cluster.authenticationMode = item["accessConfig"]?.identifier("authenticationMode")
            cluster.role = item.identifier("roleArn")
            cluster.issuer = item["identity"]?["oidc"]?.identifier("issuer").map { issuer in
                issuer.hasPrefix("https://") ? String(issuer.dropFirst(8)) : issuer
            }
            if let network = item["resourcesVpcConfig"] {
                cluster.isPublic = network.bool("endpointPublicAccess")
                // Left out, it is everyone (EKS API Reference, VpcConfigRequest).
                cluster.publicRanges =
                    network["publicAccessCidrs"] == nil
                    ? ["0.0.0.0/0"] : network.list("publicAccessCidrs").compactMap(\.identifier).sortedUnique
                cluster.vpc = network.identifier("vpcId")
                cluster.subnets = network.list("subnetIds").compactMap(\.identifier).sortedUnique
                cluster.securityGroups =
                    (network.list("securityGroupIds").compactMap(\.identifier)
                    + [network.identifier("clusterSecurityGroupId")].compactMap { $0 })
                    .sortedUnique
            }
            cluster.tags = item.tags("tags")
            described.insert(region(cursor) + " " + name)
            snapshot.clusters.append(cluster)
        }
        // One that is only listed is there all the same.
        for cursor in cursors(account, "eks", "list-clusters") {
            for item in cursor.list("clusters") {
                guard let name = item.identifier, !described.contains(region(cursor) + " " + name) else { continue }
                snapshot.clusters.append(
                    KubernetesCluster(
                        arn: arn("eks", region(cursor), account, "cluster/\(name)"), name: name, account: account, region: region(cursor),
                        evidence: item.evidence))
            }
        }
    }

    private mutating func readWarehouses(_ account: String) {
        var subnets: [String: [String]] = [:]
        for cursor in cursors(account, "redshift", "describe-cluster-subnet-groups") {
            for item in cursor.requiredList("ClusterSubnetGroups") ?? [] {
                guard let name = item.requiredIdentifier("ClusterSubnetGroupName") else { continue }
                subnets[region(cursor) + " " + name] = item.list("Subnets").compactMap { $0.identifier("SubnetIdentifier") }.sortedUnique
            }
        }
        for cursor in cursors(account, "redshift", "describe-clusters") {
            for item in cursor.requiredList("Clusters") ?? [] {
                guard let id = item.requiredIdentifier("ClusterIdentifier") else { continue }
                var warehouse = Database(
                    arn: arn("redshift", region(cursor), account, "cluster:\(id)"), id: id, account: account, region: region(cursor),
                    evidence: item.evidence)
                warehouse.engine = "redshift"
                warehouse.publiclyAccessible = item.bool("PubliclyAccessible")
                warehouse.port = item["Endpoint"]?.int("Port")
                warehouse.encrypted = item.bool("Encrypted")
                warehouse.backupRetentionDays = item.int("AutomatedSnapshotRetentionPeriod")
                warehouse.vpc = item.identifier("VpcId")
                warehouse.subnets = item.identifier("ClusterSubnetGroupName").flatMap { subnets[region(cursor) + " " + $0] } ?? []
                warehouse.securityGroups = item.list("VpcSecurityGroups").compactMap { $0.identifier("VpcSecurityGroupId") }.sortedUnique
                warehouse.tags = item.tags("Tags")
                snapshot.warehouses.append(warehouse)
            }
        }
    }

    // MARK: Images

    private mutating func readImages(_ account: String) {
        for cursor in cursors(account, "ec2", "describe-images") {
            for item in cursor.requiredList("Images") ?? [] {
                guard let id = item.requiredIdentifier("ImageId") else { continue }
                // Asked for without an owner, the listing holds everybody's.
                if let owner = item.identifier("OwnerId"), owner != account, account != "unknown" { continue }
                var image = MachineImage(
                    arn: "arn:\(partition(account)):ec2:\(region(cursor))::image/\(id)", id: id, name: item.string("Name") ?? id,
                    account: account, region: region(cursor), evidence: item.evidence)
                image.snapshots = item.list("BlockDeviceMappings").compactMap { $0["Ebs"]?.identifier("SnapshotId") }.sortedUnique
                image.tags = item.tags("Tags")
                if item.bool("Public") == true {
                    image.sharedWith = ["all"]
                    image.sharingEvidence = item.evidence
                }
                if case .record(let record) = index.answer(account, "ec2", "describe-image-attribute", region: image.region, resource: id) {
                    let place = Cursor(record, problems)
                    if let permissions = place.requiredList("LaunchPermissions") {
                        let names = ["Group", "UserId", "OrganizationArn", "OrganizationalUnitArn"]
                        let shared = permissions.compactMap { one in names.lazy.compactMap { one.identifier($0) }.first }
                        image.sharedWith = ((image.sharedWith ?? []) + shared).sortedUnique
                        image.sharingEvidence = place.evidence
                    }
                }
                snapshot.images.append(image)
            }
        }
        for cursor in cursors(account, "ec2", "get-snapshot-block-public-access-state") {
            guard let state = cursor.string("State"), let place = snapshot.accounts.firstIndex(where: { $0.id == account }) else {
                continue
            }
            snapshot.accounts[place].snapshotsKept[region(cursor)] = state == "block-all-sharing"
        }
    }

    // MARK: Queues, topics, repositories

    private mutating func readQueues(_ account: String) {
        var known: Set<String> = []
        for cursor in cursors(account, "sqs", "get-queue-attributes") {
            guard let url = cursor.record.resource, let attributes = cursor["Attributes"] else {
                cursor.missing("Attributes")
                continue
            }
            let name = url.split(separator: "/").last.map(String.init) ?? url
            known.insert(region(cursor) + " " + name)
            var queue = GuardedResource(
                kind: .queue, arn: attributes.identifier("QueueArn") ?? arn("sqs", region(cursor), account, name), name: name,
                account: account, region: region(cursor), evidence: cursor.evidence)
            queue.policy = resourcePolicy(attributes, "Policy", name: name)
            queue.policyKnown = queue.policy == nil || queue.policy?.document != nil
            queue.kmsKey = attributes.identifier("KmsMasterKeyId")
            queue.facts["policy"] = cursor.evidence
            snapshot.guarded.append(queue)
        }
        for cursor in cursors(account, "sqs", "list-queues") {
            for item in cursor.list("QueueUrls") {
                guard let url = item.identifier, let name = url.split(separator: "/").last.map(String.init),
                    known.insert(region(cursor) + " " + name).inserted
                else { continue }
                snapshot.guarded.append(
                    GuardedResource(
                        kind: .queue, arn: arn("sqs", region(cursor), account, name), name: name, account: account, region: region(cursor),
                        evidence: item.evidence))
                ask(account, "sqs", "get-queue-attributes", region(cursor), [url])
            }
        }
    }

    private mutating func readTopics(_ account: String) {
        for cursor in cursors(account, "sns", "list-topics") {
            for item in cursor.requiredList("Topics") ?? [] {
                guard let arn = item.requiredIdentifier("TopicArn") else { continue }
                let name = arn.split(separator: ":").last.map(String.init) ?? arn
                var topic = GuardedResource(
                    kind: .topic, arn: arn, name: name, account: account, region: region(cursor), evidence: item.evidence)
                if case .record(let record) = index.answer(
                    account, "sns", "get-topic-attributes", region: topic.region, resources: [arn, name])
                {
                    let answer = Cursor(record, problems)
                    if let attributes = answer["Attributes"] {
                        topic.policy = resourcePolicy(attributes, "Policy", name: name)
                        topic.policyKnown = topic.policy == nil || topic.policy?.document != nil
                        topic.kmsKey = attributes.identifier("KmsMasterKeyId")
                        topic.facts["policy"] = answer.evidence
                    } else {
                        answer.missing("Attributes")
                    }
                }
                snapshot.guarded.append(topic)
            }
        }
    }

    private mutating func readRepositories(_ account: String) {
        for cursor in cursors(account, "ecr", "describe-repositories") {
            for item in cursor.requiredList("repositories") ?? [] {
                guard let name = item.requiredIdentifier("repositoryName") else { continue }
                let arn = item.identifier("repositoryArn") ?? arn("ecr", region(cursor), account, "repository/\(name)")
                var repository = GuardedResource(
                    kind: .repository, arn: arn, name: name, account: account, region: region(cursor), evidence: item.evidence)
                switch index.answer(account, "ecr", "get-repository-policy", region: repository.region, resources: [name, arn]) {
                case .record(let record):
                    let answer = Cursor(record, problems)
                    if answer["policyText"] == nil { answer.missing("policyText") }
                    repository.policy = resourcePolicy(answer, "policyText", name: name)
                    repository.policyKnown = repository.policy?.document != nil
                    repository.facts["policy"] = answer.evidence
                case .none: repository.policyKnown = true
                case .unknown: break
                }
                snapshot.guarded.append(repository)
            }
        }
    }
}
