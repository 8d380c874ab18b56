/// One rule of a security group.
public struct SecurityGroupRule: Sendable, Hashable {
    /// Protocol name or number; `-1` for all.
    public var ipProtocol: String
    /// First port, or ICMP type; `nil` for all.
    public var fromPort: Int?
    /// Last port, or ICMP code; `nil` for all.
    public var toPort: Int?
    /// IPv4 and IPv6 ranges.
    public var cidrs: [String]
    /// Identifiers of groups it refers to.
    public var groups: [String]
    /// Identifiers of prefix lists it refers to.
    public var prefixLists: [String]
    /// A rule of these parts.
    public init(ipProtocol: String, fromPort: Int?, toPort: Int?, cidrs: [String], groups: [String], prefixLists: [String]) {
        self.ipProtocol = ipProtocol
        self.fromPort = fromPort
        self.toPort = toPort
        self.cidrs = cidrs
        self.groups = groups
        self.prefixLists = prefixLists
    }
}

/// A security group.
public struct SecurityGroup: Sendable, Hashable {
    /// `sg-…`.
    public var id: String
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// Its VPC.
    public var vpc: String?
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Inbound rules.
    public var ingress: [SecurityGroupRule]
    /// Outbound rules.
    public var egress: [SecurityGroupRule]
    /// Where it was read.
    public var evidence: Evidence
    /// A group of these parts.
    public init(
        id: String, arn: String, name: String, vpc: String?, account: String, region: String, ingress: [SecurityGroupRule],
        egress: [SecurityGroupRule], evidence: Evidence
    ) {
        self.id = id
        self.arn = arn
        self.name = name
        self.vpc = vpc
        self.account = account
        self.region = region
        self.ingress = ingress
        self.egress = egress
        self.evidence = evidence
    }
}

/// One route of a route table.
public struct Route: Sendable, Hashable {
    /// Destination range, IPv4 or IPv6, or a prefix list's identifier.
    public var destination: String
    /// Identifier of what it leads to: `igw-…`, `nat-…`, `eni-…`, `local`, …
    public var target: String
    /// Whether it is active (not a black hole).
    public var active: Bool
    /// A route of these parts.
    public init(destination: String, target: String, active: Bool) {
        self.destination = destination
        self.target = target
        self.active = active
    }
}

/// A route table.
public struct RouteTable: Sendable, Hashable {
    /// `rtb-…`.
    public var id: String
    /// Its VPC.
    public var vpc: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Whether it is the VPC's main table.
    public var isMain: Bool
    /// Subnets that are associated explicitly.
    public var subnets: [String]
    /// Gateways whose incoming traffic follows it.
    public var gateways: [String]
    /// Its routes.
    public var routes: [Route]
    /// Where it was read.
    public var evidence: Evidence
    /// A table of these parts.
    public init(
        id: String, vpc: String, account: String, region: String, isMain: Bool, subnets: [String], gateways: [String] = [],
        routes: [Route], evidence: Evidence
    ) {
        self.gateways = gateways
        self.id = id
        self.vpc = vpc
        self.account = account
        self.region = region
        self.isMain = isMain
        self.subnets = subnets
        self.routes = routes
        self.evidence = evidence
    }
}

/// One numbered entry of a network ACL.
public struct NetworkACLEntry: Sendable, Hashable {
    /// The number that orders the entries; the lowest match decides.
    public var number: Int
    /// Outbound or inbound.
    public var egress: Bool
    /// Allow or deny.
    public var allow: Bool
    /// Protocol number; `-1` for all.
    public var ipProtocol: String
    /// IPv4 or IPv6 range.
    public var cidr: String
    /// First port; `nil` for all.
    public var fromPort: Int?
    /// Last port; `nil` for all.
    public var toPort: Int?
    /// An entry of these parts.
    public init(number: Int, egress: Bool, allow: Bool, ipProtocol: String, cidr: String, fromPort: Int?, toPort: Int?) {
        self.number = number
        self.egress = egress
        self.allow = allow
        self.ipProtocol = ipProtocol
        self.cidr = cidr
        self.fromPort = fromPort
        self.toPort = toPort
    }
}

/// A network ACL.
public struct NetworkACL: Sendable, Hashable {
    /// `acl-…`.
    public var id: String
    /// Its VPC.
    public var vpc: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Whether it is the VPC's default.
    public var isDefault: Bool
    /// Its subnets.
    public var subnets: [String]
    /// Its entries.
    public var entries: [NetworkACLEntry]
    /// Where it was read.
    public var evidence: Evidence
    /// An ACL of these parts.
    public init(
        id: String, vpc: String, account: String, region: String, isDefault: Bool, subnets: [String], entries: [NetworkACLEntry],
        evidence: Evidence
    ) {
        self.id = id
        self.vpc = vpc
        self.account = account
        self.region = region
        self.isDefault = isDefault
        self.subnets = subnets
        self.entries = entries
        self.evidence = evidence
    }
}

/// A virtual private cloud.
public struct VPC: Sendable, Hashable {
    /// `vpc-…`.
    public var id: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Its IPv4 and IPv6 ranges.
    public var cidrs: [String]
    /// Whether it is the region's default.
    public var isDefault: Bool
    /// Where it was read.
    public var evidence: Evidence
    /// A VPC of these parts.
    public init(id: String, account: String, region: String, cidrs: [String], isDefault: Bool, evidence: Evidence) {
        self.id = id
        self.account = account
        self.region = region
        self.cidrs = cidrs
        self.isDefault = isDefault
        self.evidence = evidence
    }
}

/// A subnet.
public struct Subnet: Sendable, Hashable {
    /// `subnet-…`.
    public var id: String
    /// Its VPC.
    public var vpc: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Its IPv4 range.
    public var cidr: String?
    /// Where it was read.
    public var evidence: Evidence
    /// A subnet of these parts.
    public init(id: String, vpc: String, account: String, region: String, cidr: String?, evidence: Evidence) {
        self.id = id
        self.vpc = vpc
        self.account = account
        self.region = region
        self.cidr = cidr
        self.evidence = evidence
    }
}

/// An internet gateway.
public struct InternetGateway: Sendable, Hashable {
    /// `igw-…`.
    public var id: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// VPCs it is attached to.
    public var vpcs: [String]
    /// Where it was read.
    public var evidence: Evidence
    /// A gateway of these parts.
    public init(id: String, account: String, region: String, vpcs: [String], evidence: Evidence) {
        self.id = id
        self.account = account
        self.region = region
        self.vpcs = vpcs
        self.evidence = evidence
    }
}

/// An application, network or gateway load balancer with what it forwards.
public struct LoadBalancer: Sendable, Hashable {
    /// One listener.
    public struct Listener: Sendable, Hashable {
        /// Its ARN.
        public var arn: String
        /// Its port.
        public var port: Int?
        /// `HTTP`, `HTTPS`, `TCP`, `TLS`, …
        public var listenerProtocol: String?
        /// The security policy of a TLS listener.
        public var sslPolicy: String?
        /// ARNs of the target groups it can forward to.
        public var targetGroups: [String]
        /// How it comes to forward to them.
        public var forwards: [Forward]
        /// A listener of these parts.
        public init(
            arn: String, port: Int?, listenerProtocol: String?, sslPolicy: String?, targetGroups: [String], forwards: [Forward] = []
        ) {
            self.forwards = forwards
            self.arn = arn
            self.port = port
            self.listenerProtocol = listenerProtocol
            self.sslPolicy = sslPolicy
            self.targetGroups = targetGroups
        }
    }
    /// A rule by which a listener forwards, its default included.
    public struct Forward: Sendable, Hashable {
        /// Target group.
        public var targetGroup: String
        /// What a request must have that a stranger may lack: a login, an address, a header.
        public var conditions: [String]
        /// A rule of these parts.
        public init(targetGroup: String, conditions: [String]) {
            self.targetGroup = targetGroup
            self.conditions = conditions
        }
    }
    /// One target behind it.
    public struct Target: Sendable, Hashable {
        /// Target group.
        public var targetGroup: String
        /// `instance`, `ip`, `lambda` or `alb`.
        public var type: String
        /// Instance identifier, address or ARN.
        public var id: String
        /// Port on the target.
        public var port: Int?
        /// Whether the target sees the client's address; `nil` when not known.
        public var keepsClientAddress: Bool?
        /// A target of these parts.
        public init(targetGroup: String, type: String, id: String, port: Int?, keepsClientAddress: Bool? = nil) {
            self.keepsClientAddress = keepsClientAddress
            self.targetGroup = targetGroup
            self.type = type
            self.id = id
            self.port = port
        }
    }
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// `application`, `network`, `gateway` or `classic`.
    public var type: String
    /// Whether it has IPv6 addresses too.
    public var isDualStack: Bool
    /// Whether its scheme is internet-facing.
    public var internetFacing: Bool
    /// Its public DNS name.
    public var dnsName: String?
    /// Its VPC.
    public var vpc: String?
    /// Its subnets.
    public var subnets: [String]
    /// Its security groups; empty for a network load balancer without.
    public var securityGroups: [String]
    /// Its listeners; `nil` when not collected.
    public var listeners: [Listener]?
    /// Its targets; `nil` when not collected.
    public var targets: [Target]?
    /// Whether every listener, rule and target group's targets were collected.
    public var isComplete: Bool
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `listeners`, `targets`.
    public var facts: [String: Evidence]
    /// A load balancer with no listener known yet.
    public init(arn: String, name: String, account: String, region: String, type: String, internetFacing: Bool, evidence: Evidence) {
        self.arn = arn
        self.name = name
        self.account = account
        self.region = region
        self.type = type
        self.internetFacing = internetFacing
        isDualStack = false
        subnets = []
        securityGroups = []
        isComplete = false
        self.evidence = evidence
        facts = [:]
    }
}
