public import Basics
import Crypto
import FoundationEssentials
import Glibc

/// The key under which every stored private key lies. One file, `keys/master.key`, 32 random bytes, readable by this user only.
///
/// The place of a cloud's key service: everything else asks only to wrap and unwrap.
public struct MasterKey: Sendable {
    private let key: SymmetricKey

    /// Reads the key, and makes it where there is none.
    ///
    /// - Throws: ``FileError`` `laxMode` when others may read it.
    public init(folder: String) throws(FileError) {
        try SafeFile.makePrivateFolder(folder)
        let path = folder + "/master.key"
        if access(path, F_OK) != 0 {
            // Written under another name and linked: of two processes that start together one makes the key and both read it.
            let fresh = path + ".\(getpid()).\(UInt32.random(in: .min ... .max)).new"
            try SafeFile.write(SecretText.randomBytes(32), to: fresh, mode: 0o600)
            let linked = link(fresh, path) == 0 || errno == EEXIST
            unlink(fresh)
            guard linked else { throw FileError(.ioFailed, "\(path) cannot be made: error \(errno)") }
        }
        let bytes = try SafeFile.read(path, limit: 64, secret: true)
        guard bytes.count == 32 else { throw FileError(.ioFailed, "\(path) does not hold 32 bytes") }
        key = SymmetricKey(data: bytes)
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

    /// A key for one purpose that no other can be computed from, the same on every node (HKDF, RFC 5869).
    func derived(_ purpose: StaticString) -> [UInt8] {
        let info = Array("cloudryption derived key v1\0\(purpose)".utf8)
        return HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: info, outputByteCount: 32).withUnsafeBytes { Array($0) }
    }

    func wrap(_ secret: [UInt8], for purpose: Purpose) throws -> [UInt8] {
        guard let combined = try AES.GCM.seal(secret, using: key, authenticating: purpose.bytes).combined else {
            throw StoreError(.unavailable, "a key cannot be wrapped")
        }
        return Array(combined)
    }

    func unwrap(_ wrapped: [UInt8], for purpose: Purpose) throws -> [UInt8] {
        do {
            return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: wrapped), using: key, authenticating: purpose.bytes))
        } catch {
            throw StoreError(.corrupt, "a stored key cannot be unwrapped with this master key", cause: error)
        }
    }
}
