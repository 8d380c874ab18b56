import CloudModel

/// The calls of AWS. Protocols, paths, pagination and shapes stand in ServiceModel+Table.swift.
extension Catalogue {
    static let aws: [CatalogueEntry] =
        lambda + iam + organizations + s3 + ec2 + elbv2 + rds + kms + secretsmanager + reachability + outsiders + workloads

    /// Made before all others, each on its own.
    static let callerIdentity = "sts.get-caller-identity"
    static let regions = "ec2.describe-regions"
    /// Made of two operations: generate, then get.
    static let credentialReport = "iam.get-credential-report"

    /// Made of two operations, one job for each user and role: generate, then get until it is done.
    static let lastAccessed = "iam.get-service-last-accessed-details"

    /// Throttled at 15 a second: first.
    private static let lambda: [CatalogueEntry] = [
        CatalogueEntry(
            service: "lambda", operation: "list-functions", scope: .regional, page: ("MaxItems", 50), actions: ["lambda:ListFunctions"]),
        CatalogueEntry(
            service: "lambda", operation: "get-policy", scope: .regional, fanOut: function, actions: ["lambda:GetPolicy"],
            notConfigured: ["ResourceNotFoundException"]),
        CatalogueEntry(
            service: "lambda", operation: "list-function-url-configs", scope: .regional, page: ("MaxItems", 50), fanOut: function,
            actions: ["lambda:ListFunctionUrlConfigs"]),
    ]
    private static let function = CatalogueEntry.FanOut(
        source: "lambda.list-functions", list: "Functions", value: "FunctionName", parameter: "FunctionName")

    private static let iam: [CatalogueEntry] = [
        CatalogueEntry(
            service: "iam", operation: "get-account-authorization-details", scope: .global, page: ("MaxItems", 1000),
            actions: ["iam:GetAccountAuthorizationDetails"]),
        CatalogueEntry(
            service: "iam", operation: "get-credential-report", scope: .global,
            actions: ["iam:GenerateCredentialReport", "iam:GetCredentialReport"]),
        CatalogueEntry(service: "iam", operation: "get-account-summary", scope: .global, actions: ["iam:GetAccountSummary"]),
        CatalogueEntry(
            service: "iam", operation: "get-account-password-policy", scope: .global, actions: ["iam:GetAccountPasswordPolicy"],
            notConfigured: ["NoSuchEntity"]),
        lastAccessed(of: "UserDetailList"), lastAccessed(of: "RoleDetailList"),
    ]
    /// A group's report is no more than its members'. What service-linked roles may do is AWS's own matter.
    private static func lastAccessed(of list: String) -> CatalogueEntry {
        CatalogueEntry(
            service: "iam", operation: "get-service-last-accessed-details", scope: .global,
            fanOut: CatalogueEntry.FanOut(
                source: "iam.get-account-authorization-details", list: list, value: "Arn", parameter: "Arn",
                accepts: { !($0["Path"]?.string ?? "").hasPrefix("/aws-service-role/") }),
            actions: ["iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"])
    }

    private static func bucketCall(_ operation: String, _ action: String, notConfigured: Set<String> = []) -> CatalogueEntry {
        CatalogueEntry(
            service: "s3", operation: operation, scope: .global,
            fanOut: CatalogueEntry.FanOut(
                source: "s3.list-buckets", list: "Buckets", value: "Name", parameter: "Bucket", region: "BucketRegion"),
            actions: [action], notConfigured: notConfigured)
    }
    private static let s3: [CatalogueEntry] = [
        // Asked for in pages, S3 says where each bucket is.
        CatalogueEntry(
            service: "s3", operation: "list-buckets", scope: .global, page: ("max-buckets", 1000), tokenParameter: "continuation-token",
            actions: ["s3:ListAllMyBuckets"]),
        bucketCall("get-bucket-location", "s3:GetBucketLocation"),
        bucketCall("get-bucket-policy", "s3:GetBucketPolicy", notConfigured: ["NoSuchBucketPolicy"]),
        bucketCall("get-bucket-acl", "s3:GetBucketAcl"),
        bucketCall("get-public-access-block", "s3:GetBucketPublicAccessBlock", notConfigured: ["NoSuchPublicAccessBlockConfiguration"]),
        bucketCall(
            "get-bucket-encryption", "s3:GetEncryptionConfiguration", notConfigured: ["ServerSideEncryptionConfigurationNotFoundError"]),
        bucketCall("get-bucket-tagging", "s3:GetBucketTagging", notConfigured: ["NoSuchTagSet"]),
        bucketCall("get-bucket-versioning", "s3:GetBucketVersioning"),
        bucketCall(
            "get-object-lock-configuration", "s3:GetBucketObjectLockConfiguration", notConfigured: ["ObjectLockConfigurationNotFoundError"]),
        CatalogueEntry(
            service: "s3control", operation: "get-public-access-block", scope: .global, actions: ["s3:GetAccountPublicAccessBlock"],
            notConfigured: ["NoSuchPublicAccessBlockConfiguration"]),
    ]

    private static func ec2List(_ operation: String, _ action: String, size: Int = 1000, _ parameters: [(String, ParameterValue)] = [])
        -> CatalogueEntry
    {
        CatalogueEntry(
            service: "ec2", operation: operation, scope: .regional, parameters: parameters, page: ("MaxResults", size),
            actions: ["ec2:" + action])
    }
    private static let ec2: [CatalogueEntry] = [
        CatalogueEntry(service: "ec2", operation: "describe-regions", scope: .homeRegion, actions: ["ec2:DescribeRegions"]),
        ec2List("describe-instances", "DescribeInstances"),
        ec2List("describe-security-groups", "DescribeSecurityGroups"),
        ec2List("describe-vpcs", "DescribeVpcs"),
        ec2List("describe-subnets", "DescribeSubnets"),
        ec2List("describe-route-tables", "DescribeRouteTables", size: 100),
        ec2List("describe-internet-gateways", "DescribeInternetGateways"),
        ec2List("describe-network-acls", "DescribeNetworkAcls"),
        ec2List("describe-iam-instance-profile-associations", "DescribeIamInstanceProfileAssociations"),
        ec2List("describe-vpc-endpoints", "DescribeVpcEndpoints"),
        ec2List("describe-snapshots", "DescribeSnapshots", [("Owner", .list(["self"]))]),
        CatalogueEntry(
            service: "ec2", operation: "describe-snapshot-attribute", scope: .regional,
            parameters: [("Attribute", .text("createVolumePermission"))],
            fanOut: CatalogueEntry.FanOut(
                source: "ec2.describe-snapshots", list: "Snapshots", value: "SnapshotId", parameter: "SnapshotId"),
            actions: ["ec2:DescribeSnapshotAttribute"]),
    ]

    private static func balancing(_ operation: String, _ action: String, paged: Bool = true, _ fanOut: CatalogueEntry.FanOut? = nil)
        -> CatalogueEntry
    {
        CatalogueEntry(
            service: "elbv2", operation: operation, scope: .regional, page: paged ? ("PageSize", 400) : nil, fanOut: fanOut,
            actions: ["elasticloadbalancing:" + action])
    }
    private static let elbv2: [CatalogueEntry] = [
        balancing("describe-load-balancers", "DescribeLoadBalancers"),
        balancing("describe-target-groups", "DescribeTargetGroups"),
        balancing(
            "describe-listeners", "DescribeListeners",
            CatalogueEntry.FanOut(
                source: "elbv2.describe-load-balancers", list: "LoadBalancers", value: "LoadBalancerArn", parameter: "LoadBalancerArn")),
        balancing(
            "describe-rules", "DescribeRules",
            CatalogueEntry.FanOut(source: "elbv2.describe-listeners", list: "Listeners", value: "ListenerArn", parameter: "ListenerArn")),
        balancing(
            "describe-target-health", "DescribeTargetHealth", paged: false,
            CatalogueEntry.FanOut(
                source: "elbv2.describe-target-groups", list: "TargetGroups", value: "TargetGroupArn", parameter: "TargetGroupArn")),
    ]

    private static let rds: [CatalogueEntry] = [
        CatalogueEntry(
            service: "rds", operation: "describe-db-instances", scope: .regional, page: ("MaxRecords", 100),
            actions: ["rds:DescribeDBInstances"]),
        CatalogueEntry(
            service: "rds", operation: "describe-db-snapshots", scope: .regional, page: ("MaxRecords", 100),
            actions: ["rds:DescribeDBSnapshots"]),
        CatalogueEntry(
            service: "rds", operation: "describe-db-snapshot-attributes", scope: .regional,
            // Automated snapshots cannot be shared, and refuse the question.
            fanOut: CatalogueEntry.FanOut(
                source: "rds.describe-db-snapshots", list: "DBSnapshots", value: "DBSnapshotIdentifier", parameter: "DBSnapshotIdentifier",
                only: ("SnapshotType", "manual")),
            actions: ["rds:DescribeDBSnapshotAttributes"]),
    ]

    private static let key = CatalogueEntry.FanOut(source: "kms.list-keys", list: "Keys", value: "KeyId", parameter: "KeyId")
    private static let kms: [CatalogueEntry] = [
        CatalogueEntry(service: "kms", operation: "list-keys", scope: .regional, page: ("Limit", 1000), actions: ["kms:ListKeys"]),
        CatalogueEntry(service: "kms", operation: "describe-key", scope: .regional, fanOut: key, actions: ["kms:DescribeKey"]),
        CatalogueEntry(
            service: "kms", operation: "get-key-policy", scope: .regional, parameters: [("PolicyName", .text("default"))], fanOut: key,
            actions: ["kms:GetKeyPolicy"]),
        // Asymmetric and imported keys have no rotation.
        CatalogueEntry(
            service: "kms", operation: "get-key-rotation-status", scope: .regional, fanOut: key, actions: ["kms:GetKeyRotationStatus"],
            notConfigured: ["UnsupportedOperationException"]),
        CatalogueEntry(
            service: "kms", operation: "list-grants", scope: .regional, page: ("Limit", 100), fanOut: key, actions: ["kms:ListGrants"]),
    ]

    private static let secretsmanager: [CatalogueEntry] = [
        CatalogueEntry(
            service: "secretsmanager", operation: "list-secrets", scope: .regional, page: ("MaxResults", 100),
            actions: ["secretsmanager:ListSecrets"]),
        CatalogueEntry(
            service: "secretsmanager", operation: "get-resource-policy", scope: .regional,
            fanOut: CatalogueEntry.FanOut(source: "secretsmanager.list-secrets", list: "SecretList", value: "ARN", parameter: "SecretId"),
            actions: ["secretsmanager:GetResourcePolicy"]),
    ]
}
