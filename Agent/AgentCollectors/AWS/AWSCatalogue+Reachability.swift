import CloudModel

/// What decides who reaches an account's resources over the network or by their own policies.
extension Catalogue {
    static let reachability: [CatalogueEntry] = network + sharing + gateways + policies

    private static func ec2(
        _ operation: String, _ action: String, size: Int? = 1000, _ parameters: [(String, ParameterValue)] = [],
        over fanOut: CatalogueEntry.FanOut? = nil
    ) -> CatalogueEntry {
        CatalogueEntry(
            service: "ec2", operation: operation, scope: .regional, parameters: parameters, page: size.map { ("MaxResults", $0) },
            fanOut: fanOut, actions: ["ec2:" + action])
    }
    private static let routeTable = CatalogueEntry.FanOut(
        source: "ec2.describe-transit-gateway-route-tables", list: "TransitGatewayRouteTables", value: "TransitGatewayRouteTableId",
        parameter: "TransitGatewayRouteTableId")
    private static let network: [CatalogueEntry] = [
        ec2("describe-network-interfaces", "DescribeNetworkInterfaces"),
        ec2("describe-addresses", "DescribeAddresses", size: nil),
        ec2("describe-managed-prefix-lists", "DescribeManagedPrefixLists", size: 100),
        ec2(
            "get-managed-prefix-list-entries", "GetManagedPrefixListEntries", size: 100,
            over: .init(
                source: "ec2.describe-managed-prefix-lists", list: "PrefixLists", value: "PrefixListId", parameter: "PrefixListId")),
        ec2("describe-vpc-peering-connections", "DescribeVpcPeeringConnections"),
        ec2("describe-transit-gateways", "DescribeTransitGateways"),
        ec2("describe-transit-gateway-attachments", "DescribeTransitGatewayAttachments"),
        ec2("describe-transit-gateway-route-tables", "DescribeTransitGatewayRouteTables"),
        ec2(
            "get-transit-gateway-route-table-associations", "GetTransitGatewayRouteTableAssociations", over: routeTable),
        ec2(
            "search-transit-gateway-routes", "SearchTransitGatewayRoutes", size: nil,
            // It asks for a filter; these are all the states that there are.
            [
                ("Filter.1.Name", .text("state")), ("Filter.1.Value.1", .text("active")), ("Filter.1.Value.2", .text("blackhole")),
            ], over: routeTable),
        ec2("describe-vpc-block-public-access-options", "DescribeVpcBlockPublicAccessOptions", size: nil),
        ec2("describe-vpc-block-public-access-exclusions", "DescribeVpcBlockPublicAccessExclusions"),
        CatalogueEntry(
            service: "elb", operation: "describe-load-balancers", scope: .regional, page: ("PageSize", 400),
            actions: ["elasticloadbalancing:DescribeLoadBalancers"]),
        CatalogueEntry(
            service: "elbv2", operation: "describe-target-group-attributes", scope: .regional,
            // Only here may the client's address be kept or not.
            fanOut: .init(
                source: "elbv2.describe-target-groups", list: "TargetGroups", value: "TargetGroupArn", parameter: "TargetGroupArn",
                accepts: { ["TCP", "TLS"].contains($0["Protocol"]?.string) }),
            actions: ["elasticloadbalancing:DescribeTargetGroupAttributes"]),
        CatalogueEntry(
            service: "redshift", operation: "describe-clusters", scope: .regional, page: ("MaxRecords", 100),
            actions: ["redshift:DescribeClusters"]),
        CatalogueEntry(
            service: "redshift", operation: "describe-cluster-subnet-groups", scope: .regional, page: ("MaxRecords", 100),
            actions: ["redshift:DescribeClusterSubnetGroups"]),
        CatalogueEntry(
            service: "eks", operation: "list-clusters", scope: .regional, page: ("maxResults", 100), actions: ["eks:ListClusters"]),
        CatalogueEntry(
            service: "eks", operation: "describe-cluster", scope: .regional,
            fanOut: .init(source: "eks.list-clusters", list: "clusters", value: nil, parameter: "name"), actions: ["eks:DescribeCluster"]),
    ]

    private static let sharing: [CatalogueEntry] = [
        ec2("get-snapshot-block-public-access-state", "GetSnapshotBlockPublicAccessState", size: nil),
        ec2("describe-images", "DescribeImages", [("Owner", .list(["self"]))]),
        ec2(
            "describe-image-attribute", "DescribeImageAttribute", size: nil, [("Attribute", .text("launchPermission"))],
            over: .init(source: "ec2.describe-images", list: "Images", value: "ImageId", parameter: "ImageId")),
        CatalogueEntry(
            service: "rds", operation: "describe-db-cluster-snapshots", scope: .regional, page: ("MaxRecords", 100),
            actions: ["rds:DescribeDBClusterSnapshots"]),
        CatalogueEntry(
            service: "rds", operation: "describe-db-cluster-snapshot-attributes", scope: .regional,
            // Automated snapshots cannot be shared, and refuse the question.
            fanOut: .init(
                source: "rds.describe-db-cluster-snapshots", list: "DBClusterSnapshots", value: "DBClusterSnapshotIdentifier",
                parameter: "DBClusterSnapshotIdentifier", only: ("SnapshotType", "manual")),
            actions: ["rds:DescribeDBClusterSnapshotAttributes"]),
    ]

    private static let restAPI = CatalogueEntry.FanOut(
        source: "apigateway.get-rest-apis", list: "items", value: "id", parameter: "restapi_id")
    private static let httpAPI = CatalogueEntry.FanOut(source: "apigatewayv2.get-apis", list: "Items", value: "ApiId", parameter: "apiId")
    private static func httpAPI(_ operation: String, over fanOut: CatalogueEntry.FanOut? = nil) -> CatalogueEntry {
        CatalogueEntry(
            service: "apigatewayv2", operation: operation, scope: .regional, tokenParameter: "nextToken", fanOut: fanOut,
            actions: ["apigateway:GET"])
    }
    private static let gateways: [CatalogueEntry] = [
        CatalogueEntry(
            service: "apigateway", operation: "get-rest-apis", scope: .regional, page: ("limit", 500), actions: ["apigateway:GET"]),
        CatalogueEntry(
            service: "apigateway", operation: "get-stages", scope: .regional, fanOut: restAPI, actions: ["apigateway:GET"]),
        CatalogueEntry(
            service: "apigateway", operation: "get-resources", scope: .regional, parameters: [("embed", .text("methods"))],
            page: ("limit", 500), fanOut: restAPI, actions: ["apigateway:GET"]),
        httpAPI("get-apis"), httpAPI("get-stages", over: httpAPI), httpAPI("get-routes", over: httpAPI),
        httpAPI("get-integrations", over: httpAPI),
        CatalogueEntry(
            service: "cloudfront", operation: "list-distributions", scope: .global, page: ("MaxItems", 100),
            actions: ["cloudfront:ListDistributions"]),
        CatalogueEntry(
            service: "opensearch", operation: "list-domain-names", scope: .regional, actions: ["es:ListDomainNames"]),
        CatalogueEntry(
            service: "opensearch", operation: "describe-domains", scope: .regional,
            fanOut: .init(
                source: "opensearch.list-domain-names", list: "DomainNames", value: "DomainName", parameter: "DomainNames", batch: 5),
            actions: ["es:DescribeDomains"]),
    ]

    private static let policies: [CatalogueEntry] = [
        CatalogueEntry(
            service: "s3", operation: "get-bucket-ownership-controls", scope: .global,
            fanOut: .init(source: "s3.list-buckets", list: "Buckets", value: "Name", parameter: "Bucket", region: "BucketRegion"),
            actions: ["s3:GetBucketOwnershipControls"], notConfigured: ["OwnershipControlsNotFoundError"]),
        // The policy of the version or alias that a URL belongs to.
        CatalogueEntry(
            service: "lambda", operation: "get-policy", scope: .regional,
            fanOut: .init(
                source: "lambda.list-function-url-configs", list: "FunctionUrlConfigs", value: "FunctionArn", parameter: "FunctionName",
                accepts: { ($0["FunctionArn"]?.string ?? "").split(separator: ":", omittingEmptySubsequences: false).count == 8 }),
            actions: ["lambda:GetPolicy"], notConfigured: ["ResourceNotFoundException"]),
        CatalogueEntry(
            service: "ecr", operation: "describe-repositories", scope: .regional, page: ("maxResults", 1000),
            actions: ["ecr:DescribeRepositories"]),
        CatalogueEntry(
            service: "ecr", operation: "get-repository-policy", scope: .regional,
            fanOut: .init(
                source: "ecr.describe-repositories", list: "repositories", value: "repositoryName", parameter: "repositoryName"),
            actions: ["ecr:GetRepositoryPolicy"], notConfigured: ["RepositoryPolicyNotFoundException"]),
        CatalogueEntry(service: "sns", operation: "list-topics", scope: .regional, actions: ["sns:ListTopics"]),
        CatalogueEntry(
            service: "sns", operation: "get-topic-attributes", scope: .regional,
            fanOut: .init(source: "sns.list-topics", list: "Topics", value: "TopicArn", parameter: "TopicArn"),
            actions: ["sns:GetTopicAttributes"]),
        CatalogueEntry(
            service: "sqs", operation: "list-queues", scope: .regional, page: ("MaxResults", 1000), actions: ["sqs:ListQueues"]),
        CatalogueEntry(
            service: "sqs", operation: "get-queue-attributes", scope: .regional, parameters: [("AttributeNames", .list(["All"]))],
            fanOut: .init(source: "sqs.list-queues", list: "QueueUrls", value: nil, parameter: "QueueUrl"),
            actions: ["sqs:GetQueueAttributes"]),
    ]
}
