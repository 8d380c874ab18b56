/// A network interface: of an instance, a function, a database, a load balancer or of its own.
public struct NetworkInterface: Sendable, Hashable {
    /// `eni-…`.
    public var id: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Its VPC.
    public var vpc: String?
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
    /// `interface`, `nat_gateway`, `lambda`, `network_load_balancer`, …
    public var type: String
    /// What its maker says of it.
    public var text: String
    /// The instance it is attached to.
    public var instance: String?
    /// Where it was read.
    public var evidence: Evidence
    /// An interface without an address yet.
    public init(id: String, account: String, region: String, type: String, evidence: Evidence) {
        self.id = id
        self.account = account
        self.region = region
        self.type = type
        self.evidence = evidence
        securityGroups = []
        privateAddresses = []
        ipv6Addresses = []
        text = ""
    }
}

/// A named list of ranges that rules and routes refer to.
public struct PrefixList: Sendable, Hashable {
    /// `pl-…`.
    public var id: String
    /// Its name.
    public var name: String
    /// The account it was read in.
    public var account: String
    /// Region.
    public var region: String
    /// Its ranges; `nil` when not collected.
    public var ranges: [String]?
    /// Where it was read.
    public var evidence: Evidence
    /// Where single facts were read: `ranges`.
    public var facts: [String: Evidence]
    /// A list of which no range is known yet.
    public init(id: String, name: String, account: String, region: String, evidence: Evidence) {
        self.id = id
        self.name = name
        self.account = account
        self.region = region
        self.evidence = evidence
        facts = [:]
    }
}

/// A peering connection between two VPCs.
public struct PeeringConnection: Sendable, Hashable {
    /// One of the two.
    public struct Side: Sendable, Hashable {
        /// Its VPC.
        public var vpc: String
        /// Its account.
        public var account: String
        /// Its region.
        public var region: String
        /// A side of these parts.
        public init(vpc: String, account: String, region: String) {
            self.vpc = vpc
            self.account = account
            self.region = region
        }
    }
    /// `pcx-…`.
    public var id: String
    /// The account it was read in.
    public var account: String
    /// Region.
    public var region: String
    /// Whether it is active.
    public var active: Bool
    /// Who asked for it, and who accepted.
    public var sides: [Side]
    /// Where it was read.
    public var evidence: Evidence
    /// A connection of these parts.
    public init(id: String, account: String, region: String, active: Bool, sides: [Side], evidence: Evidence) {
        self.id = id
        self.account = account
        self.region = region
        self.active = active
        self.sides = sides
        self.evidence = evidence
    }
}

/// A transit gateway.
public struct TransitGateway: Sendable, Hashable {
    /// A VPC, VPN or other network attached to it.
    public struct Attachment: Sendable, Hashable {
        /// `tgw-attach-…`.
        public var id: String
        /// `vpc`, `vpn`, `peering`, …
        public var type: String
        /// The VPC's identifier, or what else is attached.
        public var resource: String
        /// Whether it is available.
        public var active: Bool
        /// The route table that its traffic follows; `nil` for none.
        public var table: String?
        /// Where it was read.
        public var evidence: Evidence
        /// An attachment of these parts.
        public init(id: String, type: String, resource: String, active: Bool, table: String?, evidence: Evidence) {
            self.id = id
            self.type = type
            self.resource = resource
            self.active = active
            self.table = table
            self.evidence = evidence
        }
    }
    /// One of its route tables.
    public struct Table: Sendable, Hashable {
        /// `tgw-rtb-…`.
        public var id: String
        /// Destination ranges and the attachments they lead to, none for a black hole.
        public var routes: [Route]
        /// Where it was read.
        public var evidence: Evidence
        /// A table of these parts.
        public init(id: String, routes: [Route], evidence: Evidence) {
            self.id = id
            self.routes = routes
            self.evidence = evidence
        }
        /// One route.
        public struct Route: Sendable, Hashable {
            /// Destination range or prefix list.
            public var destination: String
            /// Attachments; none for a black hole.
            public var attachments: [String]
            /// A route of these parts.
            public init(destination: String, attachments: [String]) {
                self.destination = destination
                self.attachments = attachments
            }
        }
    }
    /// `tgw-…`.
    public var id: String
    /// The account it was read in.
    public var account: String
    /// Region.
    public var region: String
    /// Whether security groups may refer to groups behind it; `nil` when not known.
    public var refersToGroups: Bool?
    /// What is attached.
    public var attachments: [Attachment]
    /// Its route tables whose routes were collected.
    public var tables: [Table]
    /// Where it was read.
    public var evidence: Evidence
    /// A gateway with nothing attached yet.
    public init(id: String, account: String, region: String, evidence: Evidence) {
        self.id = id
        self.account = account
        self.region = region
        self.evidence = evidence
        attachments = []
        tables = []
    }
}

/// A region's setting that keeps VPCs from the internet, whatever their routes say.
public struct InternetBlock: Sendable, Hashable {
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// `off`, `block-ingress` or `block-bidirectional`.
    public var mode: String
    /// VPCs and subnets that traffic may still enter.
    public var exceptions: [String]
    /// Where it was read.
    public var evidence: Evidence
    /// A block of these parts.
    public init(account: String, region: String, mode: String, exceptions: [String], evidence: Evidence) {
        self.account = account
        self.region = region
        self.mode = mode
        self.exceptions = exceptions
        self.evidence = evidence
    }
}
