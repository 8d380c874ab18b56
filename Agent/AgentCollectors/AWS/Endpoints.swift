/// Where a service is reached, and for which region its requests are signed.
struct Endpoints: Sendable {
    /// A scheme, host and port, without a path: `https://ec2.eu-west-1.amazonaws.com`.
    struct Endpoint: Sendable, Hashable {
        var base: String
        /// The `Host` header's value.
        var host: String
        /// Put before every path; from an endpoint URL that has one.
        var pathPrefix: String
        var signingRegion: String
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    var partition: String
    /// Replaces every service's endpoint.
    var override: String?
    /// By the service's identifier as in `AWS_ENDPOINT_URL_<SERVICE>`.
    var overrides: [String: String]

    init(partition: String = "aws", override: String? = nil, overrides: [String: String] = [:]) {
        self.partition = partition
        self.override = override
        self.overrides = overrides
    }

    /// The endpoint of `service` in `region`; `nil` when an endpoint URL is none.
    ///
    /// - Parameter account: s3control puts it into the host name.
    func endpoint(_ service: ServiceModel, region: String, account: String?) -> Endpoint? {
        let signing =
            switch service.name {
            case "iam": globalRegion
            case "cloudfront": partition == "aws-cn" ? "cn-northwest-1" : globalRegion
            case "organizations": organizationsRegion
            default: region
            }
        if let url = overrides[Self.identifier(service.name)] ?? override { return Self.parse(url, signingRegion: signing) }
        let suffix = Self.suffix(partition)
        let host =
            switch service.name {
            case "iam":
                switch partition {
                case "aws": "iam.amazonaws.com"
                case "aws-us-gov": "iam.us-gov.amazonaws.com"
                default: "iam.\(globalRegion).\(suffix)"
                }
            case "cloudfront": partition == "aws-cn" ? "cloudfront.cn-northwest-1.\(suffix)" : "cloudfront.\(suffix)"
            case "organizations": "organizations.\(organizationsRegion).\(suffix)"
            case "s3control": "\(account ?? "").s3-control.\(region).\(suffix)"
            case "mwaa": "api.\(service.endpointPrefix).\(region).\(suffix)"
            default: "\(service.endpointPrefix).\(region).\(suffix)"
            }
        return Endpoint(base: "https://" + host, host: host, pathPrefix: "", signingRegion: signing)
    }

    /// Where the partition's global services live.
    var globalRegion: String {
        switch partition {
        case "aws-cn": "cn-north-1"
        case "aws-us-gov": "us-gov-west-1"
        case "aws-iso": "us-iso-east-1"
        case "aws-iso-b": "us-isob-east-1"
        default: "us-east-1"
        }
    }

    /// Where Organizations lives ("AWS Organizations endpoints and quotas", AWS General Reference).
    private var organizationsRegion: String { partition == "aws-cn" ? "cn-northwest-1" : globalRegion }

    /// The partition that a region's name belongs to.
    static func partition(ofRegion region: String) -> String {
        if region.hasPrefix("cn-") { return "aws-cn" }
        if region.hasPrefix("us-gov-") { return "aws-us-gov" }
        if region.hasPrefix("us-isob-") { return "aws-iso-b" }
        if region.hasPrefix("us-iso-") { return "aws-iso" }
        return "aws"
    }

    private static func suffix(_ partition: String) -> String {
        switch partition {
        case "aws-cn": "amazonaws.com.cn"
        case "aws-iso": "c2s.ic.gov"
        case "aws-iso-b": "sc2s.sgov.gov"
        default: "amazonaws.com"
        }
    }

    private static func identifier(_ service: String) -> String {
        switch service {
        case "apigateway": "API_GATEWAY"
        case "elb": "ELASTIC_LOAD_BALANCING"
        case "elbv2": "ELASTIC_LOAD_BALANCING_V2"
        case "s3control": "S3_CONTROL"
        case "secretsmanager": "SECRETS_MANAGER"
        default: String(service.uppercased().map { $0 == "-" ? "_" : $0 })
        }
    }

    /// Splits an endpoint URL; `nil` when it is not `http` or `https`, has credentials, a query or a fragment, or no host.
    static func parse(_ url: String, signingRegion: String) -> Endpoint? {
        guard let scheme = ["https://", "http://"].first(where: { url.hasPrefix($0) }) else { return nil }
        let rest = url.dropFirst(scheme.utf8.count)
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !rest.contains(where: { "@?#\\\"<>".contains($0) }) else { return nil }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var host = String(rest[..<slash])
        guard !host.isEmpty else { return nil }
        var prefix = String(rest[slash...])
        while prefix.hasSuffix("/") { prefix.removeLast() }
        let base = scheme + host
        let ordinaryPort = scheme == "https://" ? ":443" : ":80"
        if host.hasSuffix(ordinaryPort) { host.removeLast(ordinaryPort.count) }
        return Endpoint(base: base, host: host, pathPrefix: prefix, signingRegion: signingRegion)
    }
}
