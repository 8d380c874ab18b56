import Basics
import CloudModel
import Crypto
import CryptoExtras

/// The signature algorithms that are taken (RFC 7518 §3.1, RFC 8037 §3.1). There is no other, and no `none`.
public enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// RSA, PKCS #1 v1.5, SHA-256.
    case rs256 = "RS256"
    /// P-256, SHA-256.
    case es256 = "ES256"
    /// Ed25519.
    case edDSA = "EdDSA"
}

/// A public key of an issuer, fit to check signatures of exactly one algorithm: what the token says about that never chooses how a key is used.
public struct JSONWebKey: Sendable {
    private enum Key: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }
    private let key: Key
    /// The key's name, where it has one.
    public let id: String?
    /// What it checks.
    public let algorithm: SignatureAlgorithm

    /// The key that `value` writes (RFC 7517), or `nil` when it is not one for signatures of ours: published sets hold all sorts of keys.
    init?(_ value: JSONValue) {
        if let use = value["use"], use.string != "sig" { return nil }
        if let operations = value["key_ops"]?.array, !operations.contains(.string("verify")) { return nil }
        switch (value["kty"]?.string, value["crv"]?.string) {
        case ("RSA", _):
            // Bounds: a huge modulus or exponent is work for us and none for them.
            guard let n = Self.bytes(value["n"]), let e = Self.bytes(value["e"]), (256...1024).contains(n.count), (1...4).contains(e.count),
                n.first != 0, e.last.map({ $0 & 1 == 1 }) == true, e != [1], let key = try? _RSA.Signing.PublicKey(n: n, e: e)
            else { return nil }
            (self.key, algorithm) = (.rsa(key), .rs256)
        case ("EC", "P-256"):
            guard let x = Self.bytes(value["x"]), let y = Self.bytes(value["y"]), x.count == 32, y.count == 32,
                let key = try? P256.Signing.PublicKey(rawRepresentation: x + y)
            else { return nil }
            (self.key, algorithm) = (.p256(key), .es256)
        case ("OKP", "Ed25519"):
            guard let x = Self.bytes(value["x"]), x.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else {
                return nil
            }
            (self.key, algorithm) = (.ed25519(key), .edDSA)
        default: return nil
        }
        if let stated = value["alg"] {
            guard let text = stated.string, SignatureAlgorithm(rawValue: text) == algorithm else { return nil }
        }
        id = value["kid"]?.string
        if let id, id.utf8.count > 256 { return nil }
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        guard let text = value?.string, text.utf8.count <= 2048 else { return nil }
        return Base64URL.decode(text.utf8)
    }

    /// Whether `signature` over `bytes` is this key's.
    func verifies(_ signature: [UInt8], over bytes: [UInt8]) -> Bool {
        switch key {
        case .rsa(let key):
            key.isValidSignature(_RSA.Signing.RSASignature(rawRepresentation: signature), for: bytes, padding: .insecurePKCS1v1_5)
        case .p256(let key):
            (try? P256.Signing.ECDSASignature(rawRepresentation: signature)).map { key.isValidSignature($0, for: bytes) } ?? false
        case .ed25519(let key): signature.count == 64 && key.isValidSignature(signature, for: bytes)
        }
    }
}

/// The keys that an issuer publishes (RFC 7517 §5).
public struct JSONWebKeySet: Sendable {
    /// Most bytes of a set's document.
    public static let maximumBytes = 256 << 10
    /// Most keys of a set.
    public static let maximumKeys = 64
    let keys: [JSONWebKey]

    /// Reads a set. Keys that are of no use here are passed over; a set of which none is left is refused.
    ///
    /// - Throws: ``OpenIDError`` `badDiscovery`.
    public init(_ bytes: [UInt8]) throws(OpenIDError) {
        let limits = JSONLimits(bytes: Self.maximumBytes, depth: 8, stringBytes: 64 << 10)
        let document: JSONValue
        do throws(JSONError) { document = try JSONValue(parsing: bytes, limits: limits) } catch {
            throw OpenIDError(.badDiscovery, "the issuer's keys cannot be read", cause: error)
        }
        guard let listed = document["keys"]?.array, listed.count <= Self.maximumKeys else {
            throw OpenIDError(.badDiscovery, "the issuer publishes no set of keys, or too many")
        }
        keys = listed.compactMap { JSONWebKey($0) }
        guard !keys.isEmpty else { throw OpenIDError(.badDiscovery, "the issuer publishes no key that can be used here") }
    }

    /// The one key of that name for that algorithm. A token may leave the name out only where there is no choice.
    func key(_ id: String?, for algorithm: SignatureAlgorithm) -> JSONWebKey? {
        let fitting = keys.filter { key in
            guard key.algorithm == algorithm else { return false }
            guard let id else { return true }
            return key.id.map { Array($0.utf8) == Array(id.utf8) } ?? false
        }
        return fitting.count == 1 ? fitting.first : nil
    }
}
