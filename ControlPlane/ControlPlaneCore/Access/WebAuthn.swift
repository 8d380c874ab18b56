public import Basics
import CloudModel
import Crypto
public import FoundationEssentials

/// A public key that an authenticator made for one account of this site.
public struct Passkey: Sendable, Hashable {
    /// How it signs (COSE).
    public enum Algorithm: Int, Sendable, CaseIterable {
        /// ECDSA on P-256 with SHA-256.
        case es256 = -7
        /// Ed25519.
        case edDSA = -8
    }
    /// The authenticator's name for it, 1 to 1,023 bytes.
    public var credential: [UInt8]
    /// Whose.
    public var user: UserID
    /// What its owner calls it.
    public var name: String
    /// How it signs.
    public var algorithm: Algorithm
    /// P-256: X9.63 uncompressed; Ed25519: 32 bytes.
    public var publicKey: [UInt8]
    /// How often the authenticator says that it signed; 0 where it does not count.
    public var signCount: UInt32
    /// When it was added.
    public var createdAt: Date
    /// When it was last used.
    public var lastUsed: Date?
    /// A passkey of these parts.
    public init(
        credential: [UInt8], user: UserID, name: String, algorithm: Algorithm, publicKey: [UInt8], signCount: UInt32, createdAt: Date,
        lastUsed: Date? = nil
    ) {
        self.credential = credential
        self.user = user
        self.name = name
        self.algorithm = algorithm
        self.publicKey = publicKey
        self.signCount = signCount
        self.createdAt = createdAt
        self.lastUsed = lastUsed
    }
}

/// The checks of Web Authentication (W3C, Level 3, §7.1 and §7.2) for one site. Attestation "none": which make of authenticator is not asked.
///
/// Everything comes from a browser and is foreign until the last line: bounded, parsed once, and what is used is what was signed.
struct WebAuthn: Sendable {
    /// The host name to which keys are bound.
    let relyingParty: String
    /// `https://HOST[:PORT]`, as the browser says where it is.
    let origin: String

    enum Limits {
        static let clientData = 4 << 10
        static let credential = 1023
        static let signature = 512
    }

    /// The site at `consoleURL`.
    init(consoleURL: String) {
        origin = consoleURL.lowercased()
        let rest = origin.hasPrefix("https://") ? origin.dropFirst(8) : origin[...]
        relyingParty = String(rest.hasPrefix("[") ? rest.prefix { $0 != "]" }.dropFirst() : rest.prefix { $0 != ":" && $0 != "/" })
    }

    /// What a browser sends after `navigator.credentials.create`.
    struct Registration: Sendable {
        var clientData: [UInt8]
        var attestation: [UInt8]
    }

    /// What a browser sends after `navigator.credentials.get`.
    struct Assertion: Sendable {
        var credential: [UInt8]
        var clientData: [UInt8]
        var authenticatorData: [UInt8]
        var signature: [UInt8]
    }

    /// The key that was made for this challenge.
    func register(
        _ registration: Registration, challenge: [UInt8], user: UserID, name: String, at time: Date
    ) throws(AccessError) -> Passkey {
        try checkClientData(registration.clientData, type: "webauthn.create", challenge: challenge)
        let object = try CBOR(registration.attestation)
        guard object["fmt"]?.text == "none", object["attStmt"] == .map([:]), let bytes = object["authData"]?.bytes else {
            throw AccessError(.badPasskey, "only attestation \"none\" is taken")
        }
        let data = try AuthenticatorData(bytes)
        try check(data)
        guard let attested = data.attested else { throw AccessError(.badPasskey, "the answer holds no key") }
        return Passkey(
            credential: attested.credential, user: user, name: name, algorithm: attested.algorithm, publicKey: attested.publicKey,
            signCount: data.signCount, createdAt: time)
    }

    /// The key's new count when the assertion is this key's answer to this challenge.
    func verify(_ assertion: Assertion, challenge: [UInt8], by passkey: Passkey) throws(AccessError) -> UInt32 {
        guard assertion.credential == passkey.credential, assertion.signature.count <= Limits.signature else {
            throw AccessError(.badPasskey, "this is not the key that was asked")
        }
        try checkClientData(assertion.clientData, type: "webauthn.get", challenge: challenge)
        let data = try AuthenticatorData(assertion.authenticatorData)
        try check(data)
        let signed = assertion.authenticatorData + Array(SHA256.hash(data: assertion.clientData))
        guard Self.isValid(assertion.signature, of: signed, passkey) else { throw AccessError(.badPasskey, "the signature does not fit") }
        // A count that does not grow is a copy of the authenticator (§6.1.1); 0 and 0 is one that does not count.
        guard data.signCount > passkey.signCount || (data.signCount == 0 && passkey.signCount == 0) else {
            throw AccessError(.badPasskey, "the key's count went backwards: there may be a copy of it")
        }
        return data.signCount
    }

    private func check(_ data: AuthenticatorData) throws(AccessError) {
        guard data.relyingPartyHash == Array(SHA256.hash(data: Array(relyingParty.utf8))) else {
            throw AccessError(.badPasskey, "the key belongs to another site")
        }
        guard data.flags.contains(.userPresent), data.flags.contains(.userVerified) else {
            throw AccessError(.badPasskey, "the authenticator did not check who holds it")
        }
        guard data.flags.contains(.backupEligible) || !data.flags.contains(.backedUp) else {
            throw AccessError(.badPasskey, "the authenticator contradicts itself")
        }
    }

    private func checkClientData(_ bytes: [UInt8], type: String, challenge: [UInt8]) throws(AccessError) {
        guard bytes.count <= Limits.clientData, let data = try? JSONValue(parsing: bytes) else {
            throw AccessError(.badPasskey, "the browser's part cannot be read")
        }
        guard data["type"]?.string.map({ Array($0.utf8) }) == Array(type.utf8) else {
            throw AccessError(.badPasskey, "the browser's part is of another act")
        }
        guard challenge.count >= 16, data["challenge"]?.string.map({ Array($0.utf8) }) == Array(Base64URL.encode(challenge).utf8) else {
            throw AccessError(.badPasskey, "this answers another challenge")
        }
        guard data["origin"]?.string.map({ Array($0.utf8) }) == Array(origin.utf8), [nil, .bool(false)].contains(data["crossOrigin"]),
            data["topOrigin"] == nil
        else { throw AccessError(.badPasskey, "this was made on another site") }
    }

    private static func isValid(_ signature: [UInt8], of bytes: [UInt8], _ passkey: Passkey) -> Bool {
        switch passkey.algorithm {
        case .es256:
            guard let key = try? P256.Signing.PublicKey(x963Representation: passkey.publicKey),
                let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .edDSA:
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: passkey.publicKey), signature.count == 64 else {
                return false
            }
            return key.isValidSignature(signature, for: bytes)
        }
    }
}

/// Authenticator data (§6.1), whole: nothing may stand behind what its flags announce.
private struct AuthenticatorData {
    struct Flags: OptionSet {
        let rawValue: UInt8
        static let userPresent = Flags(rawValue: 0x01)
        static let userVerified = Flags(rawValue: 0x04)
        static let backupEligible = Flags(rawValue: 0x08)
        static let backedUp = Flags(rawValue: 0x10)
        static let attested = Flags(rawValue: 0x40)
        static let extensions = Flags(rawValue: 0x80)
    }
    struct Attested {
        var credential: [UInt8]
        var algorithm: Passkey.Algorithm
        var publicKey: [UInt8]
    }
    private static let refusal = AccessError(.badPasskey, "the authenticator's data cannot be read")

    var relyingPartyHash: [UInt8]
    var flags: Flags
    var signCount: UInt32
    var attested: Attested?

    init(_ bytes: [UInt8]) throws(AccessError) {
        guard bytes.count >= 37, bytes.count <= CBOR.Limits.bytes else { throw Self.refusal }
        relyingPartyHash = Array(bytes[0..<32])
        flags = Flags(rawValue: bytes[32])
        signCount = bytes[33..<37].reduce(0) { $0 << 8 | UInt32($1) }
        var rest = bytes[37...]
        if flags.contains(.attested) {
            guard rest.count >= 18 else { throw Self.refusal }
            // The make of the authenticator, 16 bytes, is not asked.
            let length = Int(rest[rest.startIndex + 16]) << 8 | Int(rest[rest.startIndex + 17])
            rest = rest.dropFirst(18)
            guard (1...WebAuthn.Limits.credential).contains(length), rest.count > length else { throw Self.refusal }
            let credential = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            let (algorithm, key) = try Self.key(try CBOR(prefix: &rest))
            attested = Attested(credential: credential, algorithm: algorithm, publicKey: key)
        }
        if flags.contains(.extensions) {
            guard case .map = try CBOR(prefix: &rest) else { throw Self.refusal }
        }
        guard rest.isEmpty else { throw Self.refusal }
    }

    /// A COSE key (RFC 9053 §7) of one of the two kinds, with its curve point checked.
    private static func key(_ key: CBOR) throws(AccessError) -> (Passkey.Algorithm, [UInt8]) {
        let refusal = AccessError(.badPasskey, "only ES256 and EdDSA keys are taken")
        guard let algorithm = key[3]?.int.flatMap(Passkey.Algorithm.init(rawValue:)), let x = key[-2]?.bytes, x.count == 32 else {
            throw refusal
        }
        switch algorithm {
        case .es256:
            guard key[1]?.int == 2, key[-1]?.int == 1, let y = key[-3]?.bytes, y.count == 32,
                (try? P256.Signing.PublicKey(x963Representation: [4] + x + y)) != nil
            else { throw refusal }
            return (algorithm, [4] + x + y)
        case .edDSA:
            guard key[1]?.int == 1, key[-1]?.int == 6, (try? Curve25519.Signing.PublicKey(rawRepresentation: x)) != nil else {
                throw refusal
            }
            return (algorithm, x)
        }
    }
}
