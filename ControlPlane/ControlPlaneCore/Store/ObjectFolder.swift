import Basics
import Crypto
import FoundationEssentials
import Glibc

/// Large things as files, a folder for each tenant. A name appears only when the whole file is on the disk.
///
/// Names are made of identifiers and digests only, never of foreign text. All calls block: they run on ``BlockingWork``.
public struct ObjectFolder: Sendable, Hashable {
    let root: String

    func upload(_ tenant: TenantID, _ bundle: BundleID) throws -> String { try folder("uploads", tenant) + "/\(bundle).part" }
    func bundle(_ tenant: TenantID, _ bundle: BundleID, digest: [UInt8]) throws -> String {
        try folder("bundles", tenant) + "/\(bundle).\(Self.short(digest)).bundle"
    }
    func pack(_ tenant: TenantID, _ name: String) throws -> String { try folder("blocks", tenant) + "/\(name).blocks" }
    func result(_ tenant: TenantID, _ run: RunID, digest: [UInt8]) throws -> String {
        try folder("results", tenant) + "/\(run).\(Self.short(digest)).json"
    }
    func snapshot(_ tenant: TenantID, _ run: RunID, digest: [UInt8]) throws -> String {
        try folder("snapshots", tenant) + "/\(run).\(Self.short(digest)).sqlite"
    }
    /// Where a snapshot grows until its digest is known.
    func incomingSnapshot(_ tenant: TenantID, _ run: RunID) throws -> String {
        try folder("snapshots", tenant) + "/\(run).\(UInt32.random(in: .min ... .max)).part"
    }

    /// Removes what killed programs left of snapshots that never became whole.
    func removeUnfinishedSnapshots() {
        let files = FileManager.default
        for tenant in (try? files.contentsOfDirectory(atPath: "\(root)/snapshots")) ?? [] {
            let folder = "\(root)/snapshots/\(tenant)"
            for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".part") { unlink("\(folder)/\(name)") }
        }
    }

    /// Every file of a tenant of one kind.
    func files(of tenant: TenantID, kind: String) -> [(path: String, name: String)] {
        let folder = "\(root)/\(kind)/\(tenant)"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { ("\(folder)/\($0)", $0) }
    }

    /// Removes every file of a tenant.
    ///
    /// - Throws: when one is still there.
    func removeAll(of tenant: TenantID) throws -> (files: Int, bytes: Int) {
        var removed = (files: 0, bytes: 0)
        for kind in ["uploads", "bundles", "blocks", "results", "snapshots"] {
            for (path, _) in files(of: tenant, kind: kind) {
                guard let size = SafeFile.size(path), unlink(path) == 0 else { throw Self.failure() }
                removed.files += 1
                removed.bytes += size
            }
            guard rmdir("\(root)/\(kind)/\(tenant)") == 0 || errno == ENOENT else { throw Self.failure() }
        }
        return removed
    }

    private func folder(_ kind: String, _ tenant: TenantID) throws(FileError) -> String {
        let path = "\(root)/\(kind)/\(tenant)"
        try SafeFile.makePrivateFolder(path)
        return path
    }

    private static func short(_ digest: [UInt8]) -> String {
        digest.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Writes `bytes` at `offset` of a file that grows, and flushes them.
    static func write(_ bytes: [UInt8], to path: String, at offset: Int) throws(StoreError) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        let error: StoreError? = bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = pwrite(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, offset + done)
                if count < 0 {
                    if errno == EINTR { continue }
                    return failure()
                }
                done += count
            }
            return fsync(descriptor) == 0 ? nil : failure()
        }
        if let error { throw error }
    }

    /// Gives the file its final name.
    static func publish(_ path: String, as final: String) throws(StoreError) {
        guard rename(path, final) == 0 else { throw failure() }
        for file in [path, final] {
            let folder = file.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(file[..<$0]) } ?? "."
            let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw failure() }
            fsync(descriptor)
            close(descriptor)
        }
    }

    /// Reads a file piece by piece.
    static func read(_ path: String, each body: ([UInt8]) throws -> Void) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure()
            }
            if count == 0 { return }
            try body(count == chunk.count ? chunk : Array(chunk[0..<count]))
        }
    }

    /// A part of a file.
    static func read(_ path: String, from start: Int, count: Int) throws -> [UInt8] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), count - filled, start + filled)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure() }
            guard got > 0 else { throw StoreError(.notFound, "the object is shorter than it was") }
            filled += got
        }
        return bytes
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
    static func remove(_ path: String) { unlink(path) }

    static func failure() -> StoreError {
        switch errno {
        case ENOSPC, EDQUOT: StoreError(.noSpace, "no space left for objects")
        case ENOENT: StoreError(.notFound, "the object is not there")
        default: StoreError(.unavailable, "the object cannot be read or written: error \(errno)")
        }
    }
}
