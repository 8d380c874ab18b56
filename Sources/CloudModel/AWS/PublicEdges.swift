/// An API of API Gateway.
public struct WebAPI: Sendable, Hashable {
    /// What one method of one path leads to.
    public struct Route: Sendable, Hashable {
        /// `GET`, `ANY`, …; for a WebSocket API the route's key.
        public var method: String
        /// `/orders/{id}`.
        public var path: String
        /// `NONE`, `AWS_IAM`, `CUSTOM`, `JWT` or `COGNITO_USER_POOLS`; `nil` when not known.
        public var authorization: String?
        /// Whether a key of the API is asked for.
        public var needsKey: Bool
        /// `AWS_PROXY`, `HTTP_PROXY`, `MOCK`, …; `nil` when not known.
        public var integration: String?
        /// Where it leads: a function's invocation, a URL, a listener's ARN.
        public var target: String?
        /// The role that the API takes on for it.
        public var role: String?
        /// A route of these parts.
        public init(
            method: String, path: String, authorization: String?, needsKey: Bool = false, integration: String? = nil, target: String? = nil,
            role: String? = nil
        ) {
            self.method = method
            self.path = path
            self.authorization = authorization
            self.needsKey = needsKey
            self.integration = integration
            self.target = target
            self.role = role
        }
    }
    /// Its ARN.
    public var arn: String
    /// Its identifier.
    public var id: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// `REST`, `HTTP` or `WEBSOCKET`.
    public var type: String
    /// Whether its endpoint is reached from VPCs only.
    public var isPrivate: Bool
    /// Whether only a domain of its own leads to it.
    public var hasNoDefaultEndpoint: Bool
    /// Its policy; `nil` when it has none.
    public var policy: PolicySource?
    /// Names of its stages; `nil` when not collected.
    public var stages: [String]?
    /// Its routes; `nil` when not collected.
    public var routes: [Route]?
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `stages`, `routes`, `integrations`.
    public var facts: [String: Evidence]
    /// An API of which nothing else is known yet.
    public init(arn: String, id: String, name: String, account: String, region: String, type: String, evidence: Evidence) {
        self.arn = arn
        self.id = id
        self.name = name
        self.account = account
        self.region = region
        self.type = type
        self.evidence = evidence
        isPrivate = false
        hasNoDefaultEndpoint = false
        facts = [:]
    }
}

/// A CloudFront distribution.
public struct Distribution: Sendable, Hashable {
    /// Where it gets what it serves.
    public struct Origin: Sendable, Hashable {
        /// Its name in the distribution.
        public var id: String
        /// Its host name.
        public var domain: String
        /// Whether its requests are signed, and by which origin access control.
        public var accessControl: String?
        /// The origin access identity that it asks as.
        public var accessIdentity: String?
        /// An origin of these parts.
        public init(id: String, domain: String, accessControl: String?, accessIdentity: String?) {
            self.id = id
            self.domain = domain
            self.accessControl = accessControl
            self.accessIdentity = accessIdentity
        }
    }
    /// Its ARN.
    public var arn: String
    /// Its identifier.
    public var id: String
    /// Its domain.
    public var domain: String?
    /// Account.
    public var account: String
    /// Whether it answers.
    public var enabled: Bool
    /// Its origins.
    public var origins: [Origin]
    /// Origins that some behaviour serves to whoever asks.
    public var openOrigins: [String]
    /// Origins that no behaviour serves but behind code that looks at each request first.
    public var guardedOrigins: [String]
    /// Origins that every behaviour serves to requests with a signature of the owner's only.
    public var signedOrigins: [String]
    /// The firewall in front of it.
    public var firewall: String?
    /// Where it was read.
    public var evidence: Evidence
    /// A distribution without origins yet.
    public init(arn: String, id: String, account: String, enabled: Bool, evidence: Evidence) {
        self.arn = arn
        self.id = id
        self.account = account
        self.enabled = enabled
        self.evidence = evidence
        origins = []
        openOrigins = []
        guardedOrigins = []
        signedOrigins = []
    }
}

/// An OpenSearch domain.
public struct SearchDomain: Sendable, Hashable {
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Its VPC; `nil` where its endpoint is public.
    public var vpc: String?
    /// Its subnets.
    public var subnets: [String]
    /// Its security groups.
    public var securityGroups: [String]
    /// Its access policy; `nil` when it has none.
    public var policy: PolicySource?
    /// Whether it asks for a login besides; `nil` when not known.
    public var needsLogin: Bool?
    /// Where it was read.
    public var evidence: Evidence
    /// A domain of which nothing else is known yet.
    public init(arn: String, name: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.name = name
        self.account = account
        self.region = region
        self.evidence = evidence
        subnets = []
        securityGroups = []
    }
}

/// A Kubernetes cluster of EKS.
public struct KubernetesCluster: Sendable, Hashable {
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Whether its API is reached from the internet; `nil` when not known.
    public var isPublic: Bool?
    /// Ranges that reach it then.
    public var publicRanges: [String]
    /// The issuer of its service accounts' tokens, without `https://`.
    public var issuer: String?
    /// Its state, such as `ACTIVE`; `nil` when not known.
    public var status: String?
    /// Whom its API asks for who may do what: `API`, `CONFIG_MAP` or both; `nil` when not known.
    public var authenticationMode: String?
    /// Its role.
    public var role: String?
    /// Its VPC.
    public var vpc: String?
    /// Its subnets.
    public var subnets: [String]
    /// Security groups of its API.
    public var securityGroups: [String]
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// A cluster of which nothing else is known yet.
    public init(arn: String, name: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.name = name
        self.account = account
        self.region = region
        self.evidence = evidence
        publicRanges = []
        subnets = []
        securityGroups = []
        tags = [:]
    }
}

/// A machine image.
public struct MachineImage: Sendable, Hashable {
    /// Its ARN.
    public var arn: String
    /// `ami-…`.
    public var id: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Snapshots that its disks are made of.
    public var snapshots: [String]
    /// Accounts, organisations and units that may start it, `all` for everyone; `nil` when not collected.
    public var sharedWith: [String]?
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// Where ``sharedWith`` was read.
    public var sharingEvidence: Evidence?
    /// An image of which nothing else is known yet.
    public init(arn: String, id: String, name: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.id = id
        self.name = name
        self.account = account
        self.region = region
        self.evidence = evidence
        snapshots = []
        tags = [:]
    }
}

/// A queue, topic or repository, as far as who may use it.
public struct GuardedResource: Sendable, Hashable {
    /// What it is.
    public enum Kind: String, Sendable, Codable { case queue, topic, repository }
    /// What it is.
    public var kind: Kind
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Its policy; `nil` when it has none.
    public var policy: PolicySource?
    /// Whether the policy is known.
    public var policyKnown: Bool
    /// The key that encrypts it, as it names it.
    public var kmsKey: String?
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `policy`.
    public var facts: [String: Evidence]
    /// A resource of which nothing else is known yet.
    public init(kind: Kind, arn: String, name: String, account: String, region: String, evidence: Evidence) {
        self.kind = kind
        self.arn = arn
        self.name = name
        self.account = account
        self.region = region
        self.evidence = evidence
        policyKnown = false
        facts = [:]
    }
}
