import Basics
public import CloudModel

/// A token as it came: taken apart, and not believed.
struct UnverifiedToken: Sendable {
    /// Most bytes of a token. Tokens of Kubernetes and of the large providers have 1 to 4 KiB.
    static let maximumBytes = 16 << 10

    let algorithm: SignatureAlgorithm
    let keyID: String?
    let claims: JSONObject
    /// What is signed: the first two parts with the dot between, exactly as they came.
    let signed: [UInt8]
    let signature: [UInt8]

    /// Takes a compact JWS (RFC 7515 §7.1) apart.
    ///
    /// - Throws: ``OpenIDError`` `malformedToken` or `refusedAlgorithm`.
    init(_ token: Secret<String>) throws(OpenIDError) {
        let bytes = Array(token.expose().utf8)
        guard bytes.count <= Self.maximumBytes else { throw OpenIDError(.malformedToken, "the token is too long") }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]), signature.count <= 1024 else {
            throw OpenIDError(.malformedToken, "the token is not a signed one")
        }
        let header = try Self.object(parts[0])
        claims = try Self.object(parts[1])
        guard let name = header["alg"]?.string, let algorithm = SignatureAlgorithm(rawValue: name) else {
            throw OpenIDError(.refusedAlgorithm, "the token is not signed with RS256, ES256 or EdDSA")
        }
        // Extensions that we would have to understand (RFC 7515 §4.1.11): we understand none.
        guard header["crit"] == nil, header["b64"] == nil, header["zip"] == nil, header["enc"] == nil else {
            throw OpenIDError(.malformedToken, "the token needs an extension that is not supported")
        }
        if let type = header["typ"] {
            guard type.string?.lowercased() == "jwt" else { throw OpenIDError(.malformedToken, "the token is of another type") }
        }
        if let id = header["kid"] {
            guard let text = id.string, text.utf8.count <= 256 else { throw OpenIDError(.malformedToken, "the key's name is not one") }
            keyID = text
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
        signed = Array(bytes[..<parts[1].endIndex])
        self.signature = signature
    }

    private static func object(_ part: ArraySlice<UInt8>) throws(OpenIDError) -> JSONObject {
        // A repeated name is refused by the parser: the last one for us must not be the first one for the issuer.
        let limits = JSONLimits(bytes: maximumBytes, depth: 16, stringBytes: 8 << 10)
        guard let bytes = Base64URL.decode(part), let value = try? JSONValue(parsing: bytes, limits: limits), let object = value.object
        else {
            throw OpenIDError(.malformedToken, "the token's parts are not JSON objects in base64url")
        }
        return object
    }
}

/// A token whose signature, issuer, audience and times were checked.
public struct VerifiedOpenIDToken: Sendable {
    /// Who made it.
    public let issuer: OpenIDIssuer
    /// Of whom it speaks. Unique within the issuer.
    public let subject: String
    /// All claims, from the very bytes whose signature was checked. Foreign text.
    public let claims: JSONObject
    /// When it ends.
    public let expiresAt: Double
    /// SHA-256 of the whole token: to refuse its second use.
    public let digest: [UInt8]
}
