import Basics
import FoundationEssentials

/// What is sent of a signed `sts:GetCallerIdentity`.
public struct SignedCallerIdentity: Sendable {
    /// Whose Security Token Service it is for.
    public var region: String
    /// The access key's identifier.
    public var accessKeyID: String
    /// `YYYYMMDDTHHMMSSZ`.
    public var date: String
    /// With temporary keys.
    public var sessionToken: String?
    /// 64 lower-case hexadecimal digits.
    public var signature: String
}

extension AWSCollector {
    /// Signs `sts:GetCallerIdentity` with this collector's keys and sends it nowhere: whoever is handed the parts can ask AWS who signed.
    ///
    /// - Parameters:
    ///   - headers: signed beside the usual ones, names in lower case: what binds the signature to one use.
    ///   - body: the request's body, byte for byte.
    /// - Throws: ``CollectorError`` `noCredentials`, `badConfiguration`.
    public func signCallerIdentity(
        headers: [(name: String, value: String)], body: String, contentType: String
    ) async throws(CollectorError) -> SignedCallerIdentity {
        let session = try makeSession()
        let credentials: Credentials
        do throws(CredentialError) { credentials = try await session.client.credentials.credentials().0 } catch {
            throw CollectorError(.noCredentials, error.message, cause: error)
        }
        let time = Timestamp.basic(clock.now())
        let region = session.homeRegion
        let suffix =
            switch Endpoints.partition(ofRegion: region) {
            case "aws-cn": "amazonaws.com.cn"
            default: region.hasPrefix("eusc-") ? "amazonaws.eu" : "amazonaws.com"
            }
        var all: [(String, String)] = [
            ("content-type", contentType), ("host", "sts.\(region).\(suffix)"), ("x-amz-date", time),
        ]
        if let token = credentials.sessionToken { all.append(("x-amz-security-token", token.expose())) }
        all += headers.map { ($0.name, $0.value) }
        let signed = Signature(region: region, service: "sts").sign(
            method: "POST", path: "/", query: [], headers: all, payloadHash: Signature.payloadHash(Array(body.utf8)), time: time,
            accessKey: credentials.accessKey, secretKey: credentials.secretKey)
        return SignedCallerIdentity(
            region: region, accessKeyID: credentials.accessKey, date: time, sessionToken: credentials.sessionToken?.expose(),
            signature: String(decoding: signed.authorization.utf8.suffix(64), as: UTF8.self))
    }
}
