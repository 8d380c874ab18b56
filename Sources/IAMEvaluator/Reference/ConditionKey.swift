/// What is known of a condition key.
public struct ConditionKey: Sendable, Hashable {
    /// What a key's values are.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case string, arn, bool, number, date, address
    }
    /// The key as AWS writes it; `*` stands for a name that the caller chooses, such as a tag's.
    public var name: String
    /// What its values are.
    public var kind: Kind
    /// Whether a request can have several values of it at once.
    public var isMultivalued: Bool
    /// The name in lower case before and after its `*`; without one the whole name.
    private let head: [UInt8]
    private let tail: [UInt8]?

    init(_ name: String, _ kind: Kind, isMultivalued: Bool = false) {
        self.name = name
        self.kind = kind
        self.isMultivalued = isMultivalued
        let lowered = Array(name.utf8).lowercased
        if let star = lowered.firstIndex(of: UInt8(ascii: "*")) {
            head = Array(lowered[..<star])
            tail = Array(lowered[(star + 1)...])
        } else {
            head = lowered
            tail = nil
        }
    }

    /// Whether the caller chooses part of the name.
    public var isOpen: Bool { tail != nil }

    /// Whether this is the key, or one of the keys, of a name in lower case.
    func covers(_ lowered: [UInt8]) -> Bool {
        guard let tail else { return lowered == head }
        return lowered.count > head.count + tail.count && lowered.starts(with: head) && lowered.suffix(tail.count).elementsEqual(tail)
    }

    /// The key of a name in lower case, if it is a global one, one that another service's requests can have too, or a token's.
    static func everywhere(_ lowered: [UInt8]) -> ConditionKey? { byName[lowered] ?? open.first { $0.covers(lowered) } }

    private static let byName = Dictionary(
        (global + acrossServices).filter { !$0.isOpen }.map { ($0.head, $0) }, uniquingKeysWith: { first, _ in first })
    private static let open = global.filter(\.isOpen)

    /// "AWS global condition context keys" (IAM user guide), and the two that AWS's managed MCP servers add ("Understanding IAM for managed AWS
    /// MCP servers"), as of 2026-05.
    static let global: [ConditionKey] = [
        // Properties of the principal
        .init("aws:PrincipalArn", .arn), .init("aws:PrincipalAccount", .string),
        .init("aws:PrincipalOrgPaths", .string, isMultivalued: true), .init("aws:PrincipalOrgID", .string),
        .init("aws:PrincipalTag/*", .string), .init("aws:PrincipalIsAWSService", .bool), .init("aws:PrincipalServiceName", .string),
        .init("aws:PrincipalServiceNamesList", .string, isMultivalued: true), .init("aws:PrincipalType", .string),
        // The guide does not list this one; AWS's own AWSSSOServiceRolePolicy has it.
        .init("aws:PrincipalOrgMasterAccountId", .string),
        .init("aws:userid", .string), .init("aws:username", .string),
        // Properties of a role session
        .init("aws:AssumedRoot", .bool), .init("aws:FederatedProvider", .string), .init("aws:TokenIssueTime", .date),
        .init("aws:MultiFactorAuthAge", .number), .init("aws:MultiFactorAuthPresent", .bool), .init("aws:ChatbotSourceArn", .arn),
        .init("aws:Ec2InstanceSourceVpc", .string), .init("aws:Ec2InstanceSourcePrivateIPv4", .address),
        .init("aws:SourceIdentity", .string),
        .init("aws:SignInSessionArn", .arn),
        // Properties of the network
        .init("aws:SourceIp", .address), .init("aws:SourceVpc", .string), .init("aws:SourceVpcArn", .arn), .init("aws:SourceVpce", .string),
        .init("aws:VpceAccount", .string), .init("aws:VpceOrgID", .string), .init("aws:VpceOrgPaths", .string, isMultivalued: true),
        .init("aws:VpcSourceIp", .address),
        // Properties of the resource
        .init("aws:ResourceAccount", .string), .init("aws:ResourceOrgID", .string),
        .init("aws:ResourceOrgPaths", .string, isMultivalued: true), .init("aws:ResourceTag/*", .string),
        // Properties of the request
        .init("aws:CalledVia", .string, isMultivalued: true), .init("aws:CalledViaFirst", .string), .init("aws:CalledViaLast", .string),
        .init("aws:ViaAWSService", .bool), .init("aws:CalledViaAWSMCP", .string), .init("aws:ViaAWSMCPService", .bool),
        .init("aws:IsMcpServiceAction", .bool), .init("aws:CurrentTime", .date), .init("aws:EpochTime", .date),
        .init("aws:referer", .string),
        .init("aws:RequestedRegion", .string), .init("aws:RequestTag/*", .string), .init("aws:TagKeys", .string, isMultivalued: true),
        .init("aws:SecureTransport", .bool), .init("aws:SourceArn", .arn), .init("aws:SourceAccount", .string),
        .init("aws:SourceOwner", .string), .init("aws:SourceOrgID", .string), .init("aws:SourceOrgPaths", .string, isMultivalued: true),
        .init("aws:UserAgent", .string),
    ]

    /// Keys with a service's prefix that requests to other services have too ("AWS global condition context keys", Cross-service keys).
    static let acrossServices: [ConditionKey] = [
        .init("ec2:RoleDelivery", .number), .init("ec2:SourceInstanceArn", .arn), .init("glue:RoleAssumedBy", .string),
        .init("glue:CredentialIssuingService", .string), .init("codebuild:BuildArn", .arn), .init("codebuild:ProjectArn", .arn),
        .init("lambda:SourceFunctionArn", .arn), .init("ssm:SourceInstanceArn", .arn), .init("identitystore:UserId", .string),
    ]

    /// The global keys that only some actions' requests have, so that it depends on the action whether they say anything.
    static func dependsOnAction(_ lowered: [UInt8]) -> Bool {
        lowered.starts(with: "aws:resourcetag/".utf8) || lowered.starts(with: "aws:requesttag/".utf8)
            || lowered.elementsEqual("aws:tagkeys".utf8)
    }

    /// Whether a key is of an identity provider's token, such as `token.actions.githubusercontent.com:sub` or `saml:aud`: sessions have them, and
    /// any provider's name can stand before the colon.
    static func isOfToken(_ lowered: [UInt8]) -> Bool {
        guard let colon = lowered.lastIndex(of: 0x3A) else { return false }
        return lowered[..<colon].contains(UInt8(ascii: ".")) || lowered.starts(with: "saml:".utf8) || lowered.starts(with: "sts:".utf8)
            || lowered.starts(with: "identitystore:".utf8)
    }
}
