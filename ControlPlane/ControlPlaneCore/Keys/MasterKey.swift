public import Basics
import Crypto
import FoundationEssentials
import Glibc
import Synchronization
import WireProtocol

/// The key under which every stored private key lies. One file, `keys/master.key`, 32 random bytes, readable by this user only.
///
/// The place of a cloud's key service: everything else asks only to wrap and unwrap. After ``replace()`` what lies under the key of before still
/// opens, and every program that runs wraps under the new one at once.
public final class MasterKey: Sendable {
    private struct Ring {
        var current: SymmetricKey
        /// Keys of before: `earlier-….key` beside the one in use.
        var earlier: [SymmetricKey]
        var file: SafeFile.Mark
    }

    private let folder: String
    private let ring: Mutex<Ring>
    /// The key that this program began with.
    private let first: SymmetricKey
    /// Whether this program made the key: nothing was ever wrapped or computed before.
    let isNew: Bool
    private var path: String { folder + "/master.key" }

    /// Reads the key, and makes it where there is none.
    ///
    /// - Throws: ``FileError`` `laxMode` when others may read it.
    public init(folder: String) throws(FileError) {
        try SafeFile.makePrivateFolder(folder)
        self.folder = folder
        isNew = try KeyFile.readOrMake(folder + "/master.key") { SecretText.randomBytes(32) }.isNew
        let read = try Self.read(folder)
        first = read.current
        ring = Mutex(read)
    }

    private static func read(_ folder: String) throws(FileError) -> Ring {
        // The mark first: a file that is replaced between the two is read once more the next time.
        let mark = try SafeFile.mark(folder + "/master.key")
        let current = try KeyFile.read(folder + "/master.key")
        var earlier: [SymmetricKey] = []
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw FileError(.ioFailed, "\(folder) cannot be listed")
        }
        for name in names.sorted() where name.hasPrefix("earlier-") && name.hasSuffix(".key") {
            earlier.append(SymmetricKey(data: try KeyFile.read("\(folder)/\(name)")))
        }
        return Ring(current: SymmetricKey(data: current), earlier: earlier, file: mark)
    }

    /// The keys as they are in the folder now.
    private func keys() throws -> Ring {
        try ring.withLock { ring in
            if try SafeFile.mark(path) != ring.file { ring = try Self.read(folder) }
            return ring
        }
    }

    /// Puts a fresh key in place of the one in use, which stays beside it: it opens what was wrapped before, and backups.
    func replace() throws(FileError) {
        let old = try KeyFile.read(path)
        // Named by what it is: whoever does this again after a crash writes no second one.
        let name = Hex.encode(Array(SHA256.hash(data: old)).prefix(8))
        guard link(path, "\(folder)/earlier-\(name).key") == 0 || errno == EEXIST else {
            throw FileError(.ioFailed, "the key in use cannot be kept: error \(errno)")
        }
        let draft = try KeyFile.make(beside: path, SecretText.randomBytes(32))
        guard rename(draft, path) == 0 else {
            unlink(draft)
            throw FileError(.ioFailed, "\(path) cannot be replaced: error \(errno)")
        }
    }

    /// What a wrapped key is for: authenticated with it, so that one cannot stand in for another.
    struct Purpose: Sendable, Hashable {
        var tenant: TenantID
        var name: StaticString
        var version: Int

        static func == (left: Purpose, right: Purpose) -> Bool { left.bytes == right.bytes }
        func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
        var bytes: [UInt8] { Array("cloudryption key v1\0".utf8) + tenant.bytes + Array("\(name)\0\(version)".utf8) }
    }

    /// A key for one purpose that no other can be computed from, the same on every node that started with this master key (HKDF, RFC 5869). It
    /// goes with the master key: only for what lives for a day at most.
    func derived(_ purpose: StaticString) -> [UInt8] {
        let info = Array("cloudryption derived key v1\0\(purpose)".utf8)
        return HKDF<SHA256>.deriveKey(inputKeyMaterial: first, info: info, outputByteCount: 32).withUnsafeBytes { Array($0) }
    }

    func wrap(_ secret: [UInt8], for purpose: Purpose) throws -> [UInt8] {
        guard let combined = try AES.GCM.seal(secret, using: keys().current, authenticating: purpose.bytes).combined else {
            throw StoreError(.unavailable, "a key cannot be wrapped")
        }
        return Array(combined)
    }

    func unwrap(_ wrapped: [UInt8], for purpose: Purpose) throws -> [UInt8] {
        let keys = try keys()
        guard let secret = ([keys.current] + keys.earlier).lazy.compactMap({ Self.open(wrapped, $0, purpose) }).first else {
            throw StoreError(.corrupt, "a stored key cannot be unwrapped with this master key")
        }
        return secret
    }

    /// The same secret under the key in use; `nil` when it lies under that already.
    func rewrap(_ wrapped: [UInt8], for purpose: Purpose) throws -> [UInt8]? {
        if Self.open(wrapped, try keys().current, purpose) != nil { return nil }
        return try wrap(try unwrap(wrapped, for: purpose), for: purpose)
    }

    private static func open(_ wrapped: [UInt8], _ key: SymmetricKey, _ purpose: Purpose) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: wrapped) else { return nil }
        return (try? AES.GCM.open(box, using: key, authenticating: purpose.bytes)).map { Array($0) }
    }
}
