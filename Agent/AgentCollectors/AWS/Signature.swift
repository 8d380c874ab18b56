import Basics
import CloudModel
import Crypto

/// AWS Signature Version 4 over the parts of one request, held to AWS's own test vectors.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
struct Signature: Sendable {
    var region: String
    var service: String
    /// S3 signs the path as it is sent; every other service signs it normalised and encoded once more.
    var isS3: Bool { service == "s3" }

    /// The pieces that were signed, for the tests.
    struct Steps: Sendable {
        var canonicalRequest: String
        var stringToSign: String
        var authorization: String
    }

    /// Signs.
    ///
    /// - Parameters:
    ///   - path: as it is sent.
    ///   - query: names and values before encoding.
    ///   - headers: all headers to sign, `host` and `x-amz-date` included.
    func sign(
        method: String, path: String, query: [(String, String)], headers: [(String, String)], payloadHash: String, time: String,
        accessKey: String, secretKey: Secret<String>
    ) -> Steps {
        let canonicalPath = isS3 ? (path.isEmpty ? "/" : path) : Self.encode(Self.normalise(path), keepSlash: true)
        let pairs = query.map { (Self.encode($0.0), Self.encode($0.1)) }
            .sorted { $0.0 == $1.0 ? Self.precedes($0.1, $1.1) : Self.precedes($0.0, $1.0) }
        let canonicalQuery = pairs.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        var names: [String] = []
        var values: [String: [String]] = [:]
        for (name, value) in headers {
            let key = name.lowercased()
            if values[key] == nil { names.append(key) }
            values[key, default: []].append(Self.trimmed(value))
        }
        names.sort(by: Self.precedes)
        let signedHeaders = names.joined(separator: ";")
        var request = "\(method)\n\(canonicalPath)\n\(canonicalQuery)\n"
        for name in names { request += "\(name):\((values[name] ?? []).joined(separator: ","))\n" }
        request += "\n\(signedHeaders)\n\(payloadHash)"

        let day = String(time.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let toSign = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(Self.hex(SHA256.hash(data: Array(request.utf8))))"
        var key = SymmetricKey(data: Array(("AWS4" + secretKey.expose()).utf8))
        for part in [day, region, service, "aws4_request"] {
            key = SymmetricKey(data: Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key)))
        }
        let signature = Self.hex(HMAC<SHA256>.authenticationCode(for: Array(toSign.utf8), using: key))
        return Steps(
            canonicalRequest: request, stringToSign: toSign,
            authorization: "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), SignedHeaders=\(signedHeaders), Signature=\(signature)")
    }

    static func payloadHash(_ body: [UInt8]) -> String { hex(SHA256.hash(data: body)) }

    /// Lower-case hexadecimal.
    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// RFC 3986's unreserved bytes stay, all others become `%XX`.
    static func encode(_ text: String, keepSlash: Bool = false) -> String {
        guard keepSlash else { return PercentEncoding.encode(text) }
        return text.split(separator: "/", omittingEmptySubsequences: false).map { PercentEncoding.encode(String($0)) }.joined(
            separator: "/")
    }

    /// RFC 3986 §5.2.4, with repeated slashes joined.
    static func normalise(_ path: String) -> String {
        var kept: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
        }
        let ending = path.hasSuffix("/") && !kept.isEmpty ? "/" : ""
        return "/" + kept.joined(separator: "/") + ending
    }

    /// Without space around, runs of space as one.
    private static func trimmed(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }).joined(separator: " ")
    }

    private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
