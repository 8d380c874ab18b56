/// A private way from a VPC to a service, with a policy on what may pass it.
///
/// Its policy bears only on requests that pass it; a request may go another way, so it makes nothing safe by itself.
public struct VPCEndpoint: Sendable, Hashable {
    /// Its ARN.
    public var arn: String
    /// `vpce-…`.
    public var id: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// Its VPC.
    public var vpc: String?
    /// `Gateway`, `Interface`, …
    public var type: String?
    /// The service's name, `com.amazonaws.eu-west-1.s3`.
    public var service: String?
    /// `available`, `pending`, …
    public var state: String?
    /// Its policy; `nil` for endpoints of a kind that has none.
    public var policy: PolicySource?
    /// Route tables that lead to it.
    public var routeTables: [String]
    /// Subnets that it has interfaces in.
    public var subnets: [String]
    /// Security groups of its interfaces.
    public var securityGroups: [String]
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// An endpoint of which nothing else is known yet.
    public init(arn: String, id: String, account: String, region: String, evidence: Evidence) {
        self.arn = arn
        self.id = id
        self.account = account
        self.region = region
        routeTables = []
        subnets = []
        securityGroups = []
        tags = [:]
        self.evidence = evidence
    }
}
