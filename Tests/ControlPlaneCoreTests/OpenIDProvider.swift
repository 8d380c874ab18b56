import Basics
import CloudModel
import ControlPlaneCore
import Crypto
import CryptoExtras
import Foundation
import Synchronization

/// An issuer of tokens with keys of all kinds, and the outside that the core asks about it.
final class OpenIDProvider: OutgoingHTTP {
    enum Key {
        case p256(P256.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }
    private struct State {
        var answers: [String: OutgoingAnswer] = [:]
        var asked: [String] = []
    }

    let issuer = "https://issuer.example/tenant"
    let p256 = P256.Signing.PrivateKey()
    let ed25519 = Curve25519.Signing.PrivateKey()
    let rsa: _RSA.Signing.PrivateKey
    private let state = Mutex(State())

    init() throws {
        rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        publish([Self.jwk(p256.publicKey, "ec"), Self.jwk(ed25519.publicKey, "ed"), try Self.jwk(rsa.publicKey, "rsa")])
    }

    /// Puts these keys out, and a description that leads to them.
    func publish(_ keys: [JSONValue], describedAs name: String? = nil) {
        let description: JSONValue = [
            "issuer": .string(name ?? issuer), "jwks_uri": "https://issuer.example/keys",
            "token_endpoint": "https://issuer.example/token",
        ]
        answer("/tenant/.well-known/openid-configuration", 200, description.canonicalBytes)
        answer("/keys", 200, JSONValue.object(["keys": .array(keys)]).canonicalBytes)
    }
    func answer(_ path: String, _ status: Int, _ body: [UInt8] = []) {
        state.withLock { $0.answers["https://issuer.example" + path] = OutgoingAnswer(status: status, body: body) }
    }
    var asked: [String] { state.withLock { $0.asked } }

    func send(_ request: OutgoingRequest) async throws(OutgoingError) -> OutgoingAnswer {
        let answer = state.withLock { state in
            state.asked.append(request.url)
            return state.answers[request.url]
        }
        guard let answer else { throw OutgoingError(.failed, "nobody is there") }
        guard answer.body.count <= request.maximumAnswer else { throw OutgoingError(.tooLarge, "too long") }
        return answer
    }

    static func jwk(_ key: P256.Signing.PublicKey, _ id: String) -> JSONValue {
        let raw = Array(key.rawRepresentation)
        return [
            "kty": "EC", "crv": "P-256", "kid": .string(id), "use": "sig", "x": .string(Base64URL.encode(raw.prefix(32))),
            "y": .string(Base64URL.encode(raw.suffix(32))),
        ]
    }
    static func jwk(_ key: Curve25519.Signing.PublicKey, _ id: String) -> JSONValue {
        ["kty": "OKP", "crv": "Ed25519", "kid": .string(id), "x": .string(Base64URL.encode(key.rawRepresentation))]
    }
    static func jwk(_ key: _RSA.Signing.PublicKey, _ id: String) throws -> JSONValue {
        let primitives = try key.getKeyPrimitives()
        return [
            "kty": "RSA", "alg": "RS256", "kid": .string(id), "n": .string(Base64URL.encode(primitives.modulus)),
            "e": .string(Base64URL.encode(primitives.publicExponent)),
        ]
    }

    /// A token of these claims; `header` replaces members of the usual one, `nil` as value drops none.
    static func token(_ claims: JSONValue, key: Key, header: JSONObject) throws -> Secret<String> {
        let signed =
            Base64URL.encode(JSONValue.object(header).canonicalBytes) + "." + Base64URL.encode(claims.canonicalBytes)
        let signature: [UInt8]
        switch key {
        case .p256(let key): signature = Array(try key.signature(for: Array(signed.utf8)).rawRepresentation)
        case .ed25519(let key): signature = Array(try key.signature(for: Array(signed.utf8)))
        case .rsa(let key):
            signature = Array(
                try key.signature(for: SHA256.hash(data: Array(signed.utf8)), padding: .insecurePKCS1v1_5).rawRepresentation)
        }
        return Secret(signed + "." + Base64URL.encode(signature))
    }

    /// A good token, but for what `change` does to its claims.
    func token(
        at now: Date, audience: JSONValue = "cloudryption", key: Key? = nil,
        header: JSONObject = ["alg": "ES256", "kid": "ec", "typ": "JWT"],
        _ change: (inout JSONObject) -> Void = { _ in }
    ) throws -> Secret<String> {
        let time = Int(now.timeIntervalSince1970)
        var claims: JSONObject = [
            "iss": .string(issuer), "sub": "system:serviceaccount:security:agent", "aud": audience, "iat": .number("\(time)"),
            "nbf": .number("\(time)"), "exp": .number("\(time + 600)"),
        ]
        change(&claims)
        return try Self.token(.object(claims), key: key ?? .p256(p256), header: header)
    }
}
