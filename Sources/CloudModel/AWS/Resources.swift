/// An EC2 instance.
public struct Instance: Sendable, Hashable {
    /// One network interface.
    public struct Interface: Sendable, Hashable {
        /// `eni-…`.
        public var id: String
        /// Its subnet.
        public var subnet: String?
        /// Its security groups.
        public var securityGroups: [String]
        /// Private IPv4 addresses.
        public var privateAddresses: [String]
        /// Public IPv4 address.
        public var publicAddress: String?
        /// IPv6 addresses.
        public var ipv6Addresses: [String]
        /// An interface of these parts.
        public init(
            id: String, subnet: String?, securityGroups: [String], privateAddresses: [String], publicAddress: String?,
            ipv6Addresses: [String]
        ) {
            self.id = id
            self.subnet = subnet
            self.securityGroups = securityGroups
            self.privateAddresses = privateAddresses
            self.publicAddress = publicAddress
            self.ipv6Addresses = ipv6Addresses
        }
    }
    /// `i-…`.
    public var id: String
    /// Its ARN.
    public var arn: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// `running`, `stopped`, …
    public var state: String
    /// ARN of its instance profile.
    public var instanceProfile: String?
    /// ARN of the role in that profile; `nil` when there is none or it could not be resolved.
    public var role: String?
    /// Whether IMDSv2 is required; `nil` when not known.
    public var requiresIMDSv2: Bool?
    /// Whether the metadata service answers at all; `nil` when not known.
    public var metadataEnabled: Bool?
    /// How many hops a metadata answer may take.
    public var metadataHopLimit: Int?
    /// Its VPC.
    public var vpc: String?
    /// Its interfaces.
    public var interfaces: [Interface]
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// An instance with nothing attached yet.
    public init(id: String, arn: String, account: String, region: String, state: String, evidence: Evidence) {
        self.id = id
        self.arn = arn
        self.account = account
        self.region = region
        self.state = state
        interfaces = []
        tags = [:]
        self.evidence = evidence
    }
}

/// A Lambda function.
public struct Function: Sendable, Hashable {
    /// A URL of a function.
    public struct URLConfiguration: Sendable, Hashable {
        /// The address.
        public var url: String
        /// `NONE` or `AWS_IAM`.
        public var authType: String
        /// Alias it belongs to; `nil` for the function itself.
        public var qualifier: String?
        /// A URL of these parts.
        public init(url: String, authType: String, qualifier: String?) {
            self.url = url
            self.authType = authType
            self.qualifier = qualifier
        }
    }
    /// Its ARN, unqualified.
    public var arn: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// ARN of its execution role.
    public var role: String?
    /// Names of its environment variables; values never leave the agent.
    public var environmentNames: [String]
    /// Its URLs; `nil` when not collected.
    public var urls: [URLConfiguration]?
    /// Its resource policy; `nil` when it has none.
    public var policy: PolicySource?
    /// Whether the resource policy is known (`policy == nil` then means none).
    public var policyKnown: Bool
    /// Policies of its versions and aliases by qualifier, where they were asked for; `nil` for none.
    public var qualifiedPolicies: [String: PolicySource?]
    /// Its VPC; `nil` when it is in none.
    public var vpc: String?
    /// Subnets of its interfaces in the VPC.
    public var subnets: [String]
    /// Security groups of its interfaces in the VPC.
    public var securityGroups: [String]
    /// Runtime identifier.
    public var runtime: String?
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `urls`, `policy`.
    public var facts: [String: Evidence]
    /// A function with nothing attached yet.
    public init(arn: String, name: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.name = name
        self.account = account
        self.region = region
        environmentNames = []
        qualifiedPolicies = [:]
        subnets = []
        securityGroups = []
        policyKnown = false
        tags = [:]
        self.evidence = evidence
        facts = [:]
    }
}

/// Settings that keep a bucket from being public.
public struct PublicAccessBlock: Sendable, Hashable {
    /// New public ACLs are refused.
    public var blockPublicACLs: Bool
    /// Public ACLs are ignored.
    public var ignorePublicACLs: Bool
    /// New public policies are refused.
    public var blockPublicPolicy: Bool
    /// Public policies reach only the account and AWS services.
    public var restrictPublicBuckets: Bool
    /// Settings as given.
    public init(blockPublicACLs: Bool, ignorePublicACLs: Bool, blockPublicPolicy: Bool, restrictPublicBuckets: Bool) {
        self.blockPublicACLs = blockPublicACLs
        self.ignorePublicACLs = ignorePublicACLs
        self.blockPublicPolicy = blockPublicPolicy
        self.restrictPublicBuckets = restrictPublicBuckets
    }
}

/// An S3 bucket.
public struct Bucket: Sendable, Hashable {
    /// One grant of its ACL.
    public struct Grant: Sendable, Hashable {
        /// Canonical user identifier or group URI.
        public var grantee: String
        /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP`, `FULL_CONTROL`.
        public var permission: String
        /// A grant of these parts.
        public init(grantee: String, permission: String) {
            self.grantee = grantee
            self.permission = permission
        }
    }
    /// What keeps new versions from being deleted (S3 Object Lock's default retention).
    public enum Lock: String, Sendable, Hashable {
        /// Nothing.
        case none
        /// A time that `s3:BypassGovernanceRetention` passes over.
        case governance = "GOVERNANCE"
        /// A time that nobody passes over.
        case compliance = "COMPLIANCE"
    }
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// Account that owns it.
    public var account: String
    /// Region, where known.
    public var region: String?
    /// Its policy; `nil` when it has none.
    public var policy: PolicySource?
    /// Whether the policy is known.
    public var policyKnown: Bool
    /// `BucketOwnerEnforced` when its ACL means nothing; `nil` when not collected or none.
    public var ownership: String?
    /// Its ACL's grants; `nil` when not collected.
    public var grants: [Grant]?
    /// Canonical identifier of the account that owns it; `nil` when not collected.
    public var ownerID: String?
    /// Its own public-access block; `nil` when it has none.
    public var publicAccessBlock: PublicAccessBlock?
    /// Whether the public-access block is known.
    public var publicAccessBlockKnown: Bool
    /// `AES256`, `aws:kms`, …; `nil` when not collected or none.
    public var encryption: String?
    /// Whether the encryption setting is known.
    public var encryptionKnown: Bool
    /// Whether deleted objects stay as older versions; `nil` when not collected.
    public var keepsVersions: Bool?
    /// Whether versions are only deleted with the root user's second factor; `nil` when not collected.
    public var requiresMFAToDelete: Bool?
    /// What new versions are locked with; `nil` when not collected, or when each upload says it.
    public var lock: Lock?
    /// Tags; `nil` when not collected.
    public var tags: [String: String]?
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `policy`, `acl`, `ownership`, `publicAccessBlock`, `encryption`, `tags`, `versioning`, `lock`.
    public var facts: [String: Evidence]
    /// A bucket of which nothing else is known yet.
    public init(arn: String, name: String, account: String, evidence: Evidence) {
        self.arn = arn
        self.name = name
        self.account = account
        policyKnown = false
        publicAccessBlockKnown = false
        encryptionKnown = false
        self.evidence = evidence
        facts = [:]
    }
}

/// A KMS key.
public struct EncryptionKey: Sendable, Hashable {
    /// Its ARN.
    public var arn: String
    /// Its identifier.
    public var id: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// `CUSTOMER` or `AWS`; `nil` when not collected.
    public var manager: String?
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    public var state: String?
    /// Whether it is rotated yearly; `nil` when not collected.
    public var rotationEnabled: Bool?
    /// Whether its material can be rotated yearly at all; `nil` when not collected.
    public var canRotate: Bool?
    /// Its policy; `nil` when not collected.
    public var policy: PolicySource?
    /// Its grants, ordered by identifier; `nil` when not collected.
    public var grants: [KeyGrant]?
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `details`, `policy`, `rotation`, `grants`.
    public var facts: [String: Evidence]
    /// A key of which nothing else is known yet.
    public init(arn: String, id: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.id = id
        self.account = account
        self.region = region
        self.evidence = evidence
        facts = [:]
    }
}

/// A Secrets Manager secret; its value is never read.
public struct SecretItem: Sendable, Hashable {
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Whether rotation is on; `nil` when not known.
    public var rotationEnabled: Bool?
    /// ARN or identifier of the key that encrypts it; `nil` for the default key.
    public var kmsKey: String?
    /// Its policy; `nil` when it has none.
    public var policy: PolicySource?
    /// Whether the policy is known.
    public var policyKnown: Bool
    /// When it was last read, RFC 3339.
    public var lastAccessed: String?
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `policy`.
    public var facts: [String: Evidence]
    /// A secret of which nothing else is known yet.
    public init(arn: String, name: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.name = name
        self.account = account
        self.region = region
        policyKnown = false
        tags = [:]
        self.evidence = evidence
        facts = [:]
    }
}

/// An RDS instance.
public struct Database: Sendable, Hashable {
    /// Its ARN.
    public var arn: String
    /// Its identifier.
    public var id: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Engine name.
    public var engine: String?
    /// Whether it has a public address.
    public var publiclyAccessible: Bool?
    /// Port.
    public var port: Int?
    /// Whether its storage is encrypted.
    public var encrypted: Bool?
    /// Whether it can be deleted by one call.
    public var deletionProtection: Bool?
    /// Days that backups are kept.
    public var backupRetentionDays: Int?
    /// Its VPC.
    public var vpc: String?
    /// Its subnets.
    public var subnets: [String]
    /// Its security groups.
    public var securityGroups: [String]
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// A database of which nothing else is known yet.
    public init(arn: String, id: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.id = id
        self.account = account
        self.region = region
        subnets = []
        securityGroups = []
        tags = [:]
        self.evidence = evidence
    }
}

/// A snapshot of a database or of a disk.
public struct DataSnapshot: Sendable, Hashable {
    /// Its ARN.
    public var arn: String
    /// Its identifier.
    public var id: String
    /// `rds`, `rds-cluster` or `ebs`.
    public var kind: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Identifier or ARN of what it is a copy of.
    public var source: String?
    /// Accounts that may restore it, `all` for everyone; `nil` when not collected.
    public var sharedWith: [String]?
    /// Whether it is encrypted.
    public var encrypted: Bool?
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// Where ``sharedWith`` was read.
    public var sharingEvidence: Evidence?
    /// A snapshot of which nothing else is known yet.
    public init(arn: String, id: String, kind: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.id = id
        self.kind = kind
        self.account = account
        self.region = region
        tags = [:]
        self.evidence = evidence
    }
}
