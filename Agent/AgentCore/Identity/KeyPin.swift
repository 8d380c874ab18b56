import Crypto
import SwiftASN1
import WireProtocol
import X509

/// The SHA-256 of an authority's SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7, as RFC 7469 §2.4 pins), as `sha256:` and 64 hexadecimal digits.
public struct KeyPin: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    public let digest: [UInt8]

    /// The pin that `text` writes, in upper or lower case.
    public init(_ text: String) throws(AgentError) {
        let digits = text.lowercased()
        guard digits.utf8.starts(with: "sha256:".utf8), let digest = Hex.decode(String(decoding: digits.utf8.dropFirst(7), as: UTF8.self)),
            digest.count == 32
        else { throw AgentError(.invalidArgument, "a CA pin is sha256: and 64 hexadecimal digits") }
        self.digest = digest
    }

    /// The pin of a certificate's key, PEM; `nil` when it is none.
    init?(certificate pem: String) {
        var serializer = DER.Serializer()
        guard let certificate = try? Certificate(pemEncoded: pem), (try? serializer.serialize(certificate.publicKey)) != nil else {
            return nil
        }
        digest = Array(SHA256.hash(data: serializer.serializedBytes))
    }

    /// `sha256:HEX`.
    public var description: String { "sha256:" + Hex.encode(digest) }

    /// The one certificate among `certificates` (PEM) whose key is pinned, or `nil`. All are compared, each in time that does not tell where it differs.
    func pinned(among certificates: [String]) -> String? {
        var found: String?
        for pem in certificates {
            guard let certificate = try? Certificate(pemEncoded: pem) else { continue }
            var serializer = DER.Serializer()
            guard (try? serializer.serialize(certificate.publicKey)) != nil else { continue }
            let other = Array(SHA256.hash(data: serializer.serializedBytes))
            if zip(digest, other).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0, other.count == digest.count { found = pem }
        }
        return found
    }
}
