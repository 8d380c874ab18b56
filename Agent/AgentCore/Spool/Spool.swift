public import Basics
public import FoundationEssentials
import Glibc
public import WireProtocol

/// The folder of sealed bundles that wait for their upload. Each is one file, complete or not there at all: the bundle, and behind it, as a
/// batch, all of its blocks, whether the server has them or not.
///
/// The spool has a bound. When a new bundle does not fit, those between the oldest and the new one go: each bundle is a whole collection, so
/// the newest supersedes them once it is written, while the oldest may be half uploaded already. So a spool that ever held a complete bundle holds one until
/// the server took it.
public struct Spool: Sendable {
    /// One waiting bundle.
    public struct Entry: Sendable, Hashable {
        /// What its header says.
        public var header: BundleHeader
        /// Its file.
        public var path: String
        /// Bytes of the file.
        public var size: Int
        /// The bundle's blocks, and where they are in the file.
        public var blocks: [Block] = []
        /// One block.
        public struct Block: Sendable, Hashable {
            /// Its name.
            public var id: BlockID
            /// Where its bytes are.
            public var range: Range<Int>
        }
        /// Which bundle.
        public var bundle: BundleID { header.identity.bundle }
    }
    /// How a whole file is written, for tests.
    public typealias Writer = @Sendable ([UInt8], String) throws(FileError) -> Void

    private let folder: String
    private let limit: Int
    private let writer: Writer
    private var refusedFolder: String { folder + "/refused" }
    /// How many refused bundles are kept for a look.
    private static let refusedLimit = 4

    /// The spool in `folder`, made when it is not there; what a killed process left half-written is removed.
    ///
    /// - Parameter limit: most bytes of all waiting bundles together.
    public init(
        folder: String, limit: Int = 2 << 30,
        writer: @escaping Writer = { bytes, path throws(FileError) in try SafeFile.write(bytes, to: path, mode: 0o600) }
    ) throws(FileError) {
        self.folder = folder
        self.limit = limit
        self.writer = writer
        try SafeFile.makePrivateFolder(folder)
        try SafeFile.makePrivateFolder(folder + "/refused")
        for name in try names(in: folder) where name.hasSuffix(".tmp") { unlink("\(folder)/\(name)") }
    }

    /// The waiting bundles, in the order in which they were made. A file that is not a complete bundle is put aside.
    public func entries() throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        for name in try names(in: folder) where name.hasSuffix(".bundle") {
            let path = "\(folder)/\(name)"
            guard let entry = Self.entry(at: path) else {
                setAside(path, as: name, reason: "bundle.truncated: not a complete bundle")
                continue
            }
            entries.append(entry)
        }
        return entries.sorted {
            ($0.header.identity.epoch, $0.header.identity.sequence) < ($1.header.identity.epoch, $1.header.identity.sequence)
        }
    }

    /// How many bundles wait; does not look into them.
    public var depth: Int { ((try? names(in: folder)) ?? []).count { $0.hasSuffix(".bundle") } }

    /// Adds a sealed bundle.
    ///
    /// - Returns: the bundle's entry, and those that had to go for it.
    /// - Throws: ``AgentError`` `spoolFull` when it does not fit even so; ``FileError``. Then the spool is as it was.
    public func add(_ bundle: [UInt8], blocks: [SealedBlock] = []) throws -> (entry: Entry, superseded: [Entry]) {
        let header = try BundleHeader.read(bundle.prefix(BundleHeader.byteCount))
        guard header.bundleSize == bundle.count else { throw AgentError(.stateBroken, "a bundle of another size than its header says") }
        var bytes = bundle
        for block in blocks { bytes += block.batchBytes }
        var waiting = try entries()
        guard (waiting.first?.size ?? 0) + bytes.count <= limit else {
            throw AgentError(
                .spoolFull, "\(folder): a bundle of \(bytes.count) bytes does not fit beside what waits; the limit is \(limit) bytes")
        }
        var superseded: [Entry] = []
        while waiting.reduce(0, { $0 + $1.size }) + bytes.count > limit, waiting.count > 1 { superseded.append(waiting.remove(at: 1)) }
        let identity = header.identity
        let path = "\(folder)/\(Self.padded(identity.epoch))-\(Self.padded(identity.sequence))-\(identity.bundle).bundle"
        try writer(bytes, path)
        guard let entry = Self.entry(at: path) else { throw AgentError(.stateBroken, "\(path) is not what was written") }
        // Only now that a newer whole one is on the disk.
        for old in superseded { unlink(old.path) }
        return (entry, superseded)
    }

    /// Forgets a bundle that the server took.
    public func remove(_ entry: Entry) { unlink(entry.path) }

    /// Puts a bundle aside that the server will never take, with the reason beside it. Of those, the newest few are kept.
    public func refuse(_ entry: Entry, reason: String) {
        let name =
            entry.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(entry.path[entry.path.utf8.index(after: $0)...]) } ?? "bundle"
        setAside(entry.path, as: name, reason: reason)
    }

    private func setAside(_ path: String, as name: String, reason: String) {
        rename(path, "\(refusedFolder)/\(name)")
        try? SafeFile.write(Array("\(reason)\n".utf8), to: "\(refusedFolder)/\(name).reason", mode: 0o600)
        let kept = ((try? names(in: refusedFolder)) ?? []).filter { $0.hasSuffix(".bundle") }.sorted()
        for old in kept.dropLast(Self.refusedLimit) {
            unlink("\(refusedFolder)/\(old)")
            unlink("\(refusedFolder)/\(old).reason")
        }
    }

    private static func entry(at path: String) -> Entry? {
        guard let file = try? RangeReader(path: path), let bytes = try? file.read(0..<min(file.size, BundleHeader.byteCount)),
            let header = try? BundleHeader.read(bytes), header.bundleSize <= file.size,
            let blocks = blocks(in: file, from: header.bundleSize), header.version == 2 || blocks.isEmpty
        else { return nil }
        return Entry(header: header, path: path, size: file.size, blocks: blocks)
    }

    /// The blocks behind a bundle; `nil` when they are not whole.
    private static func blocks(in file: RangeReader, from start: Int) -> [Entry.Block]? {
        var blocks: [Entry.Block] = []
        var position = start
        while position < file.size {
            guard file.size - position >= SealedBlock.batchHeaderBytes,
                let (id, size) = (try? file.read(position..<position + SealedBlock.batchHeaderBytes)).flatMap({ SealedBlock.header($0) })
            else { return nil }
            position += SealedBlock.batchHeaderBytes
            guard file.size - position >= size else { return nil }
            blocks.append(Entry.Block(id: id, range: position..<position + size))
            position += size
        }
        return blocks
    }

    private func names(in folder: String) throws(FileError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw FileError(.ioFailed, "\(folder) cannot be listed")
        }
    }

    private static func padded(_ number: UInt64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 16 - text.utf8.count)) + text
    }
}
