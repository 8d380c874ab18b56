/// Facts about one account as a whole.
public struct Account: Sendable, Hashable {
    /// Twelve digits.
    public var id: String
    /// `aws`, `aws-cn` or `aws-us-gov`.
    public var partition: String
    /// The account-wide S3 public-access block; `nil` when it has none or it was not collected.
    public var publicAccessBlock: PublicAccessBlock?
    /// Whether the account-wide public-access block is known.
    public var publicAccessBlockKnown: Bool
    /// `GetAccountSummary`'s map; `nil` when not collected.
    public var summary: [String: Int]?
    /// `GetAccountPasswordPolicy`'s answer; `nil` when not collected or none.
    public var passwordPolicy: JSONValue?
    /// Whether the password policy is known (`nil` then means none).
    public var passwordPolicyKnown: Bool
    /// Whether the root user has MFA; `nil` when not collected.
    public var rootHasMFA: Bool?
    /// Whether the root user has active access keys; `nil` when not collected.
    public var rootHasAccessKeys: Bool?
    /// Regions that are enabled, or at least were read.
    public var regions: [String]
    /// By region: whether snapshots of disks that are shared with everyone are kept from them; absent when not collected.
    public var snapshotsKept: [String: Bool]
    /// What is known of its organisation.
    public var organisation: OrganisationMembership
    /// Where it was read.
    public var evidence: [Evidence]
    /// Where single facts were read: `publicAccessBlock`, `summary`, `passwordPolicy`, `credentialReport`.
    public var facts: [String: Evidence]
    /// An account of which nothing else is known yet.
    public init(id: String, partition: String) {
        self.id = id
        self.partition = partition
        publicAccessBlockKnown = false
        passwordPolicyKnown = false
        regions = []
        snapshotsKept = [:]
        organisation = .notCollected
        evidence = []
        facts = [:]
    }
}

/// The immutable normalised picture that a run made of a collection. Every list is ordered by ARN or identifier.
public struct CloudSnapshot: Sendable {
    /// The accounts that were read.
    public var accounts: [Account] = []
    /// Organisations that accounts are in, as far as they were read.
    public var organisations: [Organisation] = []
    /// Users, groups, roles and the account roots.
    public var principals: [Principal] = []
    /// Managed policies.
    public var policies: [ManagedPolicy] = []
    /// Instances.
    public var instances: [Instance] = []
    /// Security groups.
    public var securityGroups: [SecurityGroup] = []
    /// VPCs.
    public var vpcs: [VPC] = []
    /// Subnets.
    public var subnets: [Subnet] = []
    /// Route tables.
    public var routeTables: [RouteTable] = []
    /// Internet gateways.
    public var internetGateways: [InternetGateway] = []
    /// VPC endpoints.
    public var vpcEndpoints: [VPCEndpoint] = []
    /// Network ACLs.
    public var networkACLs: [NetworkACL] = []
    /// Load balancers.
    public var loadBalancers: [LoadBalancer] = []
    /// Buckets.
    public var buckets: [Bucket] = []
    /// Functions.
    public var functions: [Function] = []
    /// Keys.
    public var keys: [EncryptionKey] = []
    /// Secrets.
    public var secrets: [SecretItem] = []
    /// Databases.
    public var databases: [Database] = []
    /// Snapshots of databases and disks.
    public var dataSnapshots: [DataSnapshot] = []
    /// Redshift clusters.
    public var warehouses: [Database] = []
    /// Network interfaces.
    public var networkInterfaces: [NetworkInterface] = []
    /// Prefix lists.
    public var prefixLists: [PrefixList] = []
    /// Peering connections.
    public var peerings: [PeeringConnection] = []
    /// Transit gateways.
    public var transitGateways: [TransitGateway] = []
    /// Blocks of public access to VPCs, by account and region.
    public var internetBlocks: [InternetBlock] = []
    /// APIs.
    public var apis: [WebAPI] = []
    /// CloudFront distributions.
    public var distributions: [Distribution] = []
    /// OpenSearch domains.
    public var searchDomains: [SearchDomain] = []
    /// Kubernetes clusters.
    public var clusters: [KubernetesCluster] = []
    /// Machine images.
    public var images: [MachineImage] = []
    /// Queues, topics and repositories.
    public var guarded: [GuardedResource] = []
    /// Identity providers.
    public var identityProviders: [IdentityProvider] = []
    /// Identity pools.
    public var identityPools: [IdentityPool] = []
    /// What runs with the rights of roles, and what decides on it.
    public var workloads: [Workload] = []
    /// Every record's name, time and digest, so that evidence can be followed.
    public var records: [RecordReference] = []
    /// What could not be seen.
    public var coverage: [CoverageEntry] = []
    /// An empty picture.
    public init() {}

    /// A record that evidence can cite.
    public struct RecordReference: Sendable, Hashable {
        /// ``CollectedRecord/id``.
        public var id: String
        /// ``CollectedRecord/time``.
        public var time: String?
        /// Lower-case hexadecimal SHA-256 of the payload's canonical bytes.
        public var digest: String
        /// A reference of these parts.
        public init(id: String, time: String?, digest: String) {
            self.id = id
            self.time = time
            self.digest = digest
        }
    }
}
