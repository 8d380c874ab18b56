public import Basics
import CloudModel
public import Crypto
import FoundationEssentials

/// Why an audit log, or what was said of one, is not believed.
public struct AuditError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// Not a key in the form `NAME+ID+KEY`.
        case badKey
        /// Not a checkpoint, or not signed with the key.
        case badCheckpoint
        /// A log that says one thing now and another before.
        case inconsistent
        /// Not an export.
        case malformed
    }
    /// `audit`.
    public static let domain = "audit"
    /// What is wrong.
    public var code: Code
    /// In one sentence.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// What a log was at one moment: how many entries, and the root of the tree over them (C2SP tlog-checkpoint).
public struct AuditCheckpoint: Sendable, Hashable {
    /// Which log.
    public var origin: String
    /// How many entries.
    public var size: UInt64
    /// Root of the tree over them.
    public var root: [UInt8]
    /// A checkpoint of these parts.
    public init(origin: String, size: UInt64, root: [UInt8]) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The name of a tenant's log, and of the key that signs it.
    public static func origin(of tenant: TenantID) -> String { "cloudryption.audit/\(tenant)" }

    /// What is signed.
    var body: String { "\(origin)\n\(size)\n\(Data(root).base64EncodedString())\n" }

    init?(body: String) {
        let lines = body.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        guard lines.count == 4, lines[3].isEmpty, let size = UInt64(lines[1]), let root = Data(base64Encoded: lines[2]), root.count == 32
        else {
            return nil
        }
        self.init(origin: lines[0], size: size, root: Array(root))
        // One spelling alone.
        guard Array(self.body.utf8) == Array(body.utf8) else { return nil }
    }
}

/// Signs checkpoints of every log of an installation with one Ed25519 key.
public struct AuditSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// A signer with this key.
    public init(_ key: Curve25519.Signing.PrivateKey) { self.key = key }

    /// With which a log's checkpoints are checked.
    public func verifier(of origin: String) -> AuditKey { AuditKey(name: origin, key: key.publicKey) }

    /// The checkpoint as a signed note (C2SP signed-note).
    public func sign(_ checkpoint: AuditCheckpoint) throws -> String {
        let signature = try key.signature(for: Data(checkpoint.body.utf8))
        let verifier = verifier(of: checkpoint.origin)
        return "\(checkpoint.body)\n\u{2014} \(verifier.name) \(Data(verifier.id + Array(signature)).base64EncodedString())\n"
    }
}

/// The public key of a log, in C2SP's form `NAME+ID+KEY`.
public struct AuditKey: Sendable, CustomStringConvertible {
    /// Longest note that is looked at.
    static let noteLimit = 8 << 10

    /// The log's origin.
    public let name: String
    private let key: Curve25519.Signing.PublicKey

    init(name: String, key: Curve25519.Signing.PublicKey) {
        self.name = name
        self.key = key
    }

    /// Reads the text form.
    ///
    /// - Throws: ``AuditError`` `badKey`.
    public init(_ text: String) throws(AuditError) {
        let bytes = text.utf8.filter { $0 > 0x20 }
        // The key's own base64 may hold a plus sign.
        let parts = bytes.split(separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard bytes.count <= 1024, parts.count == 3, !parts[0].isEmpty, let data = Data(base64Encoded: parts[2]), data.count == 33,
            data.first == 1,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: data.dropFirst())
        else { throw AuditError(.badKey, "an audit log's key has the form NAME+ID+KEY") }
        self.init(name: parts[0], key: key)
        guard Hex.encode(id) == parts[1] else { throw AuditError(.badKey, "the key's parts do not belong together: a letter is wrong") }
    }

    private var typed: [UInt8] { [1] + Array(key.rawRepresentation) }
    var id: [UInt8] { Array(SHA256.hash(data: Array(name.utf8) + [0x0A] + typed).prefix(4)) }
    /// `NAME+ID+KEY`.
    public var description: String { "\(name)+\(Hex.encode(id))+\(Data(typed).base64EncodedString())" }

    /// The checkpoint in a note that this key signed. Signatures of others, such as witnesses, are passed over.
    ///
    /// - Throws: ``AuditError`` `badCheckpoint`.
    public func open(_ note: String) throws(AuditError) -> AuditCheckpoint {
        guard note.utf8.count <= Self.noteLimit else { throw AuditError(.badCheckpoint, "the checkpoint is too long") }
        var lines = note.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        guard lines.popLast() == "", let gap = lines.lastIndex(of: ""), gap + 1 < lines.count else {
            throw AuditError(.badCheckpoint, "this is not a signed checkpoint")
        }
        let body = lines[..<gap].map { $0 + "\n" }.joined()
        guard let checkpoint = AuditCheckpoint(body: body), Array(checkpoint.origin.utf8) == Array(name.utf8) else {
            throw AuditError(.badCheckpoint, "the checkpoint is not of the log \(DisplayText.safe(name, limit: 100))")
        }
        let mine = Array("\u{2014} \(name) ".utf8)
        for line in lines[(gap + 1)...] {
            let bytes = Array(line.utf8)
            guard bytes.starts(with: mine), let data = Data(base64Encoded: String(decoding: bytes.dropFirst(mine.count), as: UTF8.self)),
                data.count == 68, Array(data.prefix(4)) == id
            else { continue }
            if key.isValidSignature(data.dropFirst(4), for: Data(body.utf8)) { return checkpoint }
        }
        throw AuditError(.badCheckpoint, "the checkpoint is not signed with this key")
    }
}
