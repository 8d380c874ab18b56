/// The calls whose answers the engine reads, and how files of them are named.
public struct KnownOperation: Sendable, Hashable {
    /// Whether a call is about one resource, which its file then names.
    public enum Resource: Sendable, Hashable { case none, optional, required }
    /// As the AWS CLI writes it; `s3api` is `s3`.
    public var service: String
    /// As the AWS CLI writes it.
    public var operation: String
    /// Whether it is asked in each region.
    public var isRegional: Bool
    /// Whether it is about one resource.
    public var resource: Resource
    /// Whether its absence leaves a question open, so that it is reported.
    public var isExpected: Bool
    /// Whether a saved answer may leave its region out, because what is in it says where it is.
    public var mayLeaveOutRegion = false
    /// The listing that a saved answer of this call stands in for when it is about no single resource.
    public var standsFor: String?

    /// Every known call, ordered by service and operation.
    public static let all: [KnownOperation] = {
        let regional = [
            "apigateway", "apigatewayv2", "cognito-identity", "ec2", "ecr", "eks", "elb", "elbv2", "kms", "lambda", "opensearch", "rds",
            "redshift", "rolesanywhere", "secretsmanager", "sns", "sqs",
        ]
        let table: [(String, String, Resource, Bool)] = [
            ("apigateway", "get-resources", .required, true),
            ("apigateway", "get-rest-apis", .none, true),
            ("apigateway", "get-stages", .required, true),
            ("apigatewayv2", "get-apis", .none, true),
            ("apigatewayv2", "get-integrations", .required, true),
            ("apigatewayv2", "get-routes", .required, true),
            ("apigatewayv2", "get-stages", .required, true),
            ("cloudfront", "list-distributions", .none, true),
            ("cognito-identity", "describe-identity-pool", .required, true),
            ("cognito-identity", "get-identity-pool-roles", .required, true),
            ("cognito-identity", "list-identity-pools", .none, true),
            ("ec2", "describe-addresses", .none, false),
            ("ec2", "describe-iam-instance-profile-associations", .none, false),
            ("ec2", "describe-image-attribute", .required, true),
            ("ec2", "describe-images", .none, true),
            ("ec2", "describe-instances", .none, true),
            ("ec2", "describe-internet-gateways", .none, true),
            ("ec2", "describe-managed-prefix-lists", .none, false),
            ("ec2", "describe-network-acls", .none, true),
            ("ec2", "describe-network-interfaces", .none, true),
            ("ec2", "describe-regions", .none, false),
            ("ec2", "describe-route-tables", .none, true),
            ("ec2", "describe-security-groups", .none, true),
            ("ec2", "describe-snapshot-attribute", .required, true),
            ("ec2", "describe-snapshots", .none, true),
            ("ec2", "describe-subnets", .none, true),
            ("ec2", "describe-transit-gateway-attachments", .none, true),
            ("ec2", "describe-transit-gateway-route-tables", .none, false),
            ("ec2", "describe-transit-gateways", .none, false),
            ("ec2", "describe-vpc-block-public-access-exclusions", .none, false),
            ("ec2", "describe-vpc-block-public-access-options", .none, false),
            ("ec2", "describe-vpc-endpoints", .none, false),
            ("ec2", "describe-vpc-peering-connections", .none, true),
            ("ec2", "describe-vpcs", .none, true),
            ("ec2", "get-managed-prefix-list-entries", .required, true),
            ("ec2", "get-snapshot-block-public-access-state", .none, false),
            ("ec2", "get-transit-gateway-route-table-associations", .required, false),
            ("ec2", "search-transit-gateway-routes", .required, true),
            ("ecr", "describe-repositories", .none, true),
            ("ecr", "get-repository-policy", .required, true),
            ("eks", "describe-cluster", .required, true),
            ("eks", "list-clusters", .none, true),
            ("elb", "describe-load-balancers", .none, true),
            ("elbv2", "describe-listeners", .required, true),
            ("elbv2", "describe-load-balancers", .none, true),
            ("elbv2", "describe-rules", .required, true),
            ("elbv2", "describe-target-group-attributes", .required, false),
            ("elbv2", "describe-target-groups", .optional, true),
            ("elbv2", "describe-target-health", .required, true),
            ("iam", "get-account-authorization-details", .none, true),
            ("iam", "get-account-password-policy", .none, true),
            ("iam", "get-account-summary", .none, true),
            ("iam", "get-credential-report", .none, true),
            ("iam", "get-open-id-connect-provider", .required, false),
            ("iam", "get-service-last-accessed-details", .required, false),
            ("iam", "list-open-id-connect-providers", .none, true),
            ("iam", "list-saml-providers", .none, true),
            ("kms", "describe-key", .required, true),
            ("kms", "get-key-policy", .required, true),
            ("kms", "get-key-rotation-status", .required, true),
            ("kms", "list-grants", .required, true),
            ("kms", "list-keys", .none, true),
            ("lambda", "get-function-url-config", .required, false),
            ("lambda", "get-policy", .required, true),
            ("lambda", "list-function-url-configs", .required, true),
            ("lambda", "list-functions", .none, true),
            ("opensearch", "describe-domains", .optional, true),
            ("opensearch", "list-domain-names", .none, false),
            ("organizations", "describe-organization", .none, true),
            ("organizations", "describe-policy", .required, false),
            ("organizations", "list-accounts", .none, false),
            ("organizations", "list-accounts-for-parent", .required, false),
            ("organizations", "list-organizational-units-for-parent", .required, false),
            ("organizations", "list-parents", .required, false),
            ("organizations", "list-policies", .optional, false),
            ("organizations", "list-policies-for-target", .required, false),
            ("organizations", "list-roots", .none, false),
            ("organizations", "list-targets-for-policy", .required, false),
            ("rds", "describe-db-cluster-snapshot-attributes", .required, true),
            ("rds", "describe-db-cluster-snapshots", .optional, true),
            ("rds", "describe-db-instances", .optional, true),
            ("rds", "describe-db-snapshot-attributes", .required, true),
            ("rds", "describe-db-snapshots", .optional, true),
            ("redshift", "describe-cluster-subnet-groups", .optional, false),
            ("redshift", "describe-clusters", .optional, true),
            ("rolesanywhere", "list-profiles", .none, true),
            ("rolesanywhere", "list-trust-anchors", .none, true),
            ("s3", "get-bucket-acl", .required, true),
            ("s3", "get-bucket-encryption", .required, true),
            ("s3", "get-bucket-location", .required, false),
            ("s3", "get-bucket-ownership-controls", .required, false),
            ("s3", "get-bucket-policy", .required, true),
            ("s3", "get-bucket-tagging", .required, false),
            ("s3", "get-bucket-versioning", .required, false),
            ("s3", "get-object-lock-configuration", .required, false),
            ("s3", "get-public-access-block", .required, true),
            ("s3", "list-buckets", .none, true),
            ("s3control", "get-public-access-block", .optional, true),
            ("secretsmanager", "get-resource-policy", .required, true),
            ("secretsmanager", "list-secrets", .none, true),
            ("sns", "get-topic-attributes", .required, true),
            ("sns", "list-topics", .none, true),
            ("sqs", "get-queue-attributes", .required, true),
            ("sqs", "list-queues", .none, true),
            ("sts", "get-caller-identity", .none, false),
        ]
        let known = table.map {
            // Which regions there are, every region says alike.
            KnownOperation(
                service: $0.0, operation: $0.1, isRegional: regional.contains($0.0), resource: $0.2, isExpected: $0.3,
                mayLeaveOutRegion: $0.1 == "describe-regions")
        }
        return (known + workloads).sorted { ($0.service, $0.operation) < ($1.service, $1.operation) }
    }()

    private static let byName: [String: KnownOperation] = Dictionary(
        all.map { ($0.service + "." + $0.operation, $0) }, uniquingKeysWith: { first, _ in first })

    /// The call of that name, where it is known.
    public static func named(service: String, operation: String) -> KnownOperation? { byName[service + "." + operation] }
}

extension CoverageEntry {
    /// The codes that answer a question: the thing asked for is not configured.
    public static let notConfiguredCodes: Set<String> = [
        "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError", "NoSuchTagSet",
        "ResourceNotFoundException", "NoSuchEntity", "AWSOrganizationsNotInUseException", "OwnershipControlsNotFoundError",
        "RepositoryPolicyNotFoundException",
    ]

    /// How a call that was answered with this error code ended.
    public static func outcome(ofCode code: String) -> Outcome {
        if notConfiguredCodes.contains(code) { return .collected }
        switch code {
        case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthFailure", "Forbidden",
            "UnauthorizedAccess", "NotAuthorized", "AccessDeniedFault", "InvalidClientTokenId", "ExpiredToken",
            "UnrecognizedClientException":
            return .denied
        case "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown", "ThrottledException",
            "RequestThrottled":
            return .throttled
        case "OptInRequired", "RegionDisabledException": return .unavailable
        default: return .failed
        }
    }
}
