public import Basics
import Crypto
import FoundationEssentials
import Glibc
public import WireProtocol

/// The folder that holds an agent's key, identity, counter and spool. Nobody else may enter it.
public struct StateFolder: Sendable {
    /// The folder.
    public let path: String
    /// The spool's folder.
    public var spoolPath: String { path + "/spool" }
    private var identityPath: String { path + "/identity.json" }
    private var sequencePath: String { path + "/sequence" }
    private var statusPath: String { path + "/status.json" }
    private var witnessPath: String { path + "/audit-witness.json" }
    private var configurationPath: String { path + "/configuration.json" }

    /// `$STATE_DIRECTORY` (which systemd sets), or `~/.local/state/cloudryption-agent`; `nil` when there is no home either.
    public static func standardPath(environment: [String: String]) -> String? {
        if let given = environment["STATE_DIRECTORY"], !given.isEmpty { return given }
        if let home = environment["HOME"], !home.isEmpty { return home + "/.local/state/cloudryption-agent" }
        return nil
    }

    /// The folder at `path`, made with all that leads to it when it is not there.
    ///
    /// - Throws: ``FileError``; `laxMode` when others may enter it.
    public init(creating path: String) throws(FileError) {
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += (parent.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
            mkdir(parent, 0o700)
        }
        try SafeFile.makePrivateFolder(path)
        self.path = path
    }

    /// The folder at `path`, which must be there and closed to others.
    public init(existing path: String) throws(FileError) {
        guard access(path, F_OK) == 0 else { throw FileError(.notFound, "\(path) does not exist") }
        try SafeFile.makePrivateFolder(path)
        self.path = path
    }

    /// Takes the folder for this process, until the value goes away or the process ends, however it ends.
    ///
    /// - Throws: ``AgentError`` `stateBusy` when another process has it for a second and longer.
    public func lock() throws -> StateLock {
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(.ioFailed, "\(path)/lock cannot be opened: error \(errno)") }
        // One that is being restarted lets go of it in a moment.
        var tries = 50
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0, tries > 0 {
            usleep(20_000)
            tries -= 1
        }
        guard tries > 0 else {
            close(descriptor)
            throw AgentError(.stateBusy, "\(path) is in use by another agent")
        }
        // What a killed agent had not finished writing; a half-written key among it.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasSuffix(".tmp") {
            unlink("\(path)/\(name)")
        }
        return StateLock(descriptor: descriptor)
    }

    // MARK: Identity

    /// Whether an identity was stored here.
    public var isEnrolled: Bool { access(identityPath, F_OK) == 0 }

    /// Stores an identity: first its key in a file of its own, then the one file that names it. A crash leaves the old identity or the new one.
    public func save(_ identity: AgentIdentity) throws {
        let keyFile = "key-\(identity.keyName).pem"
        try SafeFile.write(Array(identity.key.pemRepresentation.utf8), to: "\(path)/\(keyFile)", mode: 0o600)
        let stored = StoredIdentity(identity, keyFile: keyFile)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try SafeFile.write(Array(try encoder.encode(stored)), to: identityPath, mode: 0o600)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.hasPrefix("key-") && Array(name.utf8) != Array(keyFile.utf8) {
            unlink("\(path)/\(name)")
        }
    }

    /// The stored identity.
    ///
    /// - Throws: ``AgentError`` `notEnrolled`, `stateBroken`; ``FileError`` `laxMode` when others could have read it.
    public func identity() throws -> AgentIdentity {
        guard isEnrolled else { throw AgentError(.notEnrolled, "\(path) holds no identity: run cloudryption-agent enroll first") }
        let bytes = try SafeFile.read(identityPath, limit: 1 << 20, secret: true)
        guard let stored = try? JSONDecoder().decode(StoredIdentity.self, from: Data(bytes)), stored.formatVersion == 1,
            stored.keyFile.utf8.starts(with: "key-".utf8), !stored.keyFile.utf8.contains(UInt8(ascii: "/"))
        else { throw AgentError(.stateBroken, "\(identityPath) is not an identity of this version") }
        let pem = try SafeFile.read("\(path)/\(stored.keyFile)", limit: 16 << 10, secret: true)
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: pem, as: UTF8.self)) else {
            throw AgentError(.stateBroken, "\(path)/\(stored.keyFile) is not a P-256 key")
        }
        return try stored.identity(key: key, path: identityPath)
    }

    /// Gives the identity up: the file that names it first, then keys and counter. What waits in the spool goes too, because it was sealed by
    /// an agent that is no more.
    public func forget() throws(FileError) {
        guard unlink(identityPath) == 0 || errno == ENOENT else { throw FileError(.ioFailed, "\(identityPath) cannot be removed") }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let own = ["sequence", "status.json", "audit-witness.json", "configuration.json", "block.key"]
        for name in names where name.hasPrefix("key-") || own.contains(name) {
            unlink("\(path)/\(name)")
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: spoolPath)) ?? [] where name.hasSuffix(".bundle") {
            unlink("\(spoolPath)/\(name)")
        }
    }

    // MARK: Sequence

    /// The next sequence number of `epoch`, which is on disk as used before it is given out.
    public func takeSequence(epoch: UInt64) throws -> UInt64 {
        let next = try nextSequence(epoch: epoch)
        try SafeFile.write(Array("\(epoch) \(next + 1)\n".utf8), to: sequencePath, mode: 0o600)
        return next
    }

    /// The number that ``takeSequence(epoch:)`` would give out.
    func nextSequence(epoch: UInt64) throws(FileError) -> UInt64 {
        do throws(FileError) {
            let words = String(decoding: try SafeFile.read(sequencePath, limit: 64, secret: true), as: UTF8.self).split(separator: "\n")
                .first?.split(separator: " ")
            guard let words, words.count == 2, let storedEpoch = UInt64(words[0]), let stored = UInt64(words[1]), stored < 1 << 53 else {
                throw FileError(.ioFailed, "\(sequencePath) does not hold an epoch and a number")
            }
            return storedEpoch == epoch ? stored : 1
        } catch {
            if error.code == .notFound { return 1 }
            throw error
        }
    }

    // MARK: Keys of its own

    /// The key of the fingerprints that stand where secrets stood; made at the first need, and never sent.
    public func redactionKey() throws -> Secret<[UInt8]> { try key("redaction.key") }

    /// From which the names and keys of blocks are derived; made at the first need, and never sent. Without it everything is sent anew.
    func blockKey() throws -> Secret<[UInt8]> { try key("block.key") }

    private func key(_ name: String) throws -> Secret<[UInt8]> {
        let file = "\(path)/\(name)"
        do throws(FileError) {
            let bytes = try SafeFile.read(file, limit: 64, secret: true)
            guard bytes.count == 32 else { throw FileError(.ioFailed, "\(file) does not hold 32 bytes") }
            return Secret(bytes)
        } catch { if error.code != .notFound { throw error } }
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        try SafeFile.write(bytes, to: file, mode: 0o600)
        return Secret(bytes)
    }

    // MARK: Witness

    /// What the agent remembers of its tenant's audit log; `nil` when it heard nothing yet.
    ///
    /// - Throws: ``FileError`` when it did and cannot be read: that is not the same as nothing.
    public func witness() throws -> AuditWitness? {
        do throws(FileError) {
            let bytes = try SafeFile.read(witnessPath, limit: 64 << 10)
            guard let witness = try? JSONDecoder().decode(AuditWitness.self, from: Data(bytes)) else {
                throw FileError(.ioFailed, "\(witnessPath) is not what an agent remembers of an audit log")
            }
            return witness
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Remembers it.
    public func save(_ witness: AuditWitness) throws {
        try SafeFile.write(try WireJSON.encode(witness), to: witnessPath, mode: 0o600)
    }

    // MARK: Configuration

    /// What the server last had the agent go by; `nil` when there was nothing yet.
    ///
    /// - Throws: ``FileError`` when there was and it cannot be read: without it, the server could go back to an older one.
    public func configuration() throws -> AgentConfiguration? {
        do throws(FileError) {
            let bytes = try SafeFile.read(configurationPath, limit: 64 << 10)
            guard let configuration = try? AgentConfiguration(parsing: bytes) else {
                throw FileError(.ioFailed, "\(configurationPath) is not what a server had an agent go by")
            }
            return configuration
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Goes by it from now on.
    public func save(_ configuration: AgentConfiguration) throws(FileError) {
        try SafeFile.write(configuration.bytes, to: configurationPath, mode: 0o600)
    }

    // MARK: Status

    /// What the agent noted of its last work; empty when there is nothing, or nothing readable.
    public func status() -> AgentStatus {
        guard let bytes = try? SafeFile.read(statusPath, limit: 1 << 20),
            let status = try? JSONDecoder().decode(AgentStatus.self, from: Data(bytes))
        else { return AgentStatus() }
        return status
    }

    /// Notes what the agent did.
    public func save(_ status: AgentStatus) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try SafeFile.write(Array(try encoder.encode(status)), to: statusPath, mode: 0o600)
    }
}

/// Held as long as one process may write into a ``StateFolder``.
public final class StateLock: Sendable {
    private let descriptor: Int32
    init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
}

/// What an agent did last, for `status` and the next start. Times are RFC 3339.
public struct AgentStatus: Sendable, Hashable, Codable {
    /// When the last collection began.
    public var lastCollection: String?
    /// When a bundle was last taken by the server.
    public var lastUpload: String?
    /// Which bundle that was.
    public var lastBundle: String?
    /// The run that analyses it.
    public var lastRun: String?
    /// `domain.code` of the last failure; absent when all went well since.
    public var lastError: String?
    /// Its line.
    public var lastErrorMessage: String?
    /// Seconds by which the server's clock is ahead of this host's, where that is too much.
    public var clockSkew: Int?
    /// Nothing yet.
    public init() {}
}
