public import Basics
public import Crypto
import FoundationEssentials

/// Whose bundle it is, which one, and when it was made.
public struct BundleIdentity: Sendable, Hashable {
    /// The largest epoch, sequence and time: 2^53 − 1, which every JSON reader holds exactly.
    public static let largestNumber: UInt64 = 1 << 53 - 1
    /// Tenant, environment and agent.
    public var agent: AgentName
    /// A UUIDv7.
    public var bundle: BundleID
    /// Grows with each enrolment of the agent; at least 1.
    public var epoch: UInt64
    /// Grows with each bundle within an epoch; at least 1.
    public var sequence: UInt64
    /// When the bundle was made, milliseconds since 1970.
    public var createdAt: UInt64
    /// An identity of these parts.
    public init(agent: AgentName, bundle: BundleID, epoch: UInt64, sequence: UInt64, createdAt: UInt64) {
        self.agent = agent
        self.bundle = bundle
        self.epoch = epoch
        self.sequence = sequence
        self.createdAt = createdAt
    }
}

/// The outer header: 269 bytes, each field at its fixed place, numbers big-endian. `bundle.md#header`.
///
/// What is read from an unverified bundle is a claim, until ``EnvelopeVerifier`` or ``BundleOpener`` checked the trailer over ``bytes``.
public struct BundleHeader: Sendable, Hashable {
    /// Bytes of every header of format version 1.
    public static let byteCount = 269
    /// The exact bytes; these are what is authenticated.
    public let bytes: [UInt8]
    /// 1: the records are in the body; 2: they are in blocks beside it.
    public let version: Int
    /// Whose it is.
    public let identity: BundleIdentity
    /// SHA-256 of the agent's SubjectPublicKeyInfo in DER.
    public let agentKeyDigest: [UInt8]
    /// ``SealingKey/id`` of the key that it is sealed to.
    public let recipient: String
    /// Bytes of the body before encryption.
    public let plaintextSize: Int

    /// Bytes of the whole bundle that this header belongs to.
    public var bundleSize: Int { Self.byteCount + ciphertextSize + BundleLayout.signatureBytes }
    var ciphertextSize: Int { BundleLayout.ciphertextSize(plaintext: plaintextSize) }
    /// Everything in front of the encapsulated key: what the key wrapping and derivation are bound to.
    var fields: [UInt8] { Array(bytes[..<BundleFields.byteCount]) }
    var encapsulation: [UInt8] { Array(bytes[BundleFields.byteCount..<189]) }
    var wrappedKey: [UInt8] { Array(bytes[189..<237]) }
    var commitment: [UInt8] { Array(bytes[237..<269]) }

    /// The header at the front of `prefix`, which may go on behind it.
    public static func read(_ prefix: some Collection<UInt8>, limits: BundleLimits = .standard) throws(BundleError) -> BundleHeader {
        try BundleHeader(Array(prefix.prefix(byteCount)), limits: limits)
    }

    private init(_ bytes: [UInt8], limits: BundleLimits) throws(BundleError) {
        guard bytes.starts(with: BundleFields.magic.prefix(bytes.count)) else { throw BundleError(.badMagic, "not a bundle") }
        guard bytes.count == Self.byteCount else {
            throw BundleError(.truncated, "\(bytes.count) bytes are less than a header of \(Self.byteCount)")
        }
        var reader = FieldReader(bytes: bytes, position: BundleFields.magic.count)
        let version = reader.number(2)
        guard version == UInt64(BundleFields.version) || version == UInt64(BundleFields.versionInBlocks) else {
            throw BundleError(.unsupportedVersion, "format version \(version)")
        }
        self.version = Int(version)
        let suite = reader.number(2)
        guard suite == UInt64(BundleFields.suite) else { throw BundleError(.unknownSuite, "suite \(suite)") }
        guard let tenant = TenantID(bytes: reader.bytes(16)), let environment = EnvironmentID(bytes: reader.bytes(16)),
            let agent = AgentID(bytes: reader.bytes(16))
        else { throw BundleError(.badHeader, "identifiers") }
        agentKeyDigest = reader.bytes(32)
        guard let bundle = BundleID(bytes: reader.bytes(16)), bundle.bytes[6] >> 4 == 7, bundle.bytes[8] >> 6 == 2 else {
            throw BundleError(.badHeader, "the bundle's identifier is not a UUIDv7")
        }
        let epoch = reader.number(8)
        let sequence = reader.number(8)
        let createdAt = reader.number(8)
        let numbers = 1...BundleIdentity.largestNumber
        guard numbers.contains(epoch), numbers.contains(sequence), numbers.contains(createdAt) else {
            throw BundleError(.badHeader, "epoch, sequence or time is out of range")
        }
        recipient = Hex.encode(reader.bytes(16))
        let compression = reader.number(1)
        guard compression == UInt64(BundleFields.zstd) else { throw BundleError(.unknownCompression, "compression \(compression)") }
        let size = reader.number(8)
        guard size >= 1 else { throw BundleError(.badHeader, "an empty body") }
        guard size <= UInt64(clamping: limits.plaintextBytes) else {
            throw BundleError(.tooLarge, "a body of \(size) bytes is larger than \(limits.plaintextBytes)")
        }
        plaintextSize = Int(size)
        identity = BundleIdentity(
            agent: AgentName(tenant: tenant, environment: environment, agent: agent), bundle: bundle, epoch: epoch, sequence: sequence,
            createdAt: createdAt)
        self.bytes = bytes
    }

    /// The content key, unwrapped with the tenant's private sealing key. Whoever holds it can open this one bundle.
    public func unwrapContentKey(with key: Curve25519.KeyAgreement.PrivateKey) throws(BundleError) -> SymmetricKey {
        guard SealingKey(key.publicKey).id == recipient else { throw BundleError(.wrongRecipient, "sealed to the key \(recipient)") }
        return try BundleKeys.unwrap(wrappedKey, encapsulation: encapsulation, fields: fields, with: key)
    }
}

/// The first part of the header, unchecked: what a sealer writes. `bundle.md#header`.
package struct BundleFields: Sendable {
    package static let byteCount = 157
    package static let magic: [UInt8] = Array("cldrybdl".utf8)
    /// Of the format with its records in the body.
    package static let version: UInt16 = 1
    /// Of the format with its records in blocks; any other one is refused.
    package static let versionInBlocks: UInt16 = 2
    /// P-256 with SHA-256 signatures; HPKE base mode with X25519, HKDF-SHA256, AES-256-GCM; AES-256-GCM chunks; HKDF-SHA256 derivation.
    package static let suite: UInt16 = 1
    /// zstd (RFC 8878).
    package static let zstd: UInt8 = 1

    package var magic = Self.magic
    package var version = Self.version
    package var suite = Self.suite
    package var identity: BundleIdentity
    package var agentKeyDigest: [UInt8]
    package var recipient: [UInt8]
    package var compression = Self.zstd
    package var plaintextSize: UInt64

    package init(identity: BundleIdentity, agentKeyDigest: [UInt8], recipient: [UInt8], plaintextSize: UInt64) {
        self.identity = identity
        self.agentKeyDigest = agentKeyDigest
        self.recipient = recipient
        self.plaintextSize = plaintextSize
    }

    package var bytes: [UInt8] {
        var bytes = magic
        bytes.append(bigEndian: version)
        bytes.append(bigEndian: suite)
        bytes += identity.agent.tenant.bytes + identity.agent.environment.bytes + identity.agent.agent.bytes
        bytes += agentKeyDigest
        bytes += identity.bundle.bytes
        bytes.append(bigEndian: identity.epoch)
        bytes.append(bigEndian: identity.sequence)
        bytes.append(bigEndian: identity.createdAt)
        bytes += recipient
        bytes.append(compression)
        bytes.append(bigEndian: plaintextSize)
        return bytes
    }
}

/// Reads fields at fixed places; the caller made sure that they are there.
private struct FieldReader {
    let bytes: [UInt8]
    var position: Int

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { position += count }
        return Array(bytes[position..<position + count])
    }
    mutating func number(_ count: Int) -> UInt64 { bytes(count).reduce(0) { $0 << 8 | UInt64($1) } }
}

extension [UInt8] {
    package mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
