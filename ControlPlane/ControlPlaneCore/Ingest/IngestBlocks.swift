public import Basics
import Crypto
public import FoundationEssentials
public import WireProtocol

/// Where a block lies, as the store keeps it. What is in it only a worker can read.
public struct StoredBlock: Sendable, Hashable {
    /// Whose: no agent is told of another's blocks.
    public var agent: AgentID
    /// Its name.
    public var id: BlockID
    /// The batch's file that it is in.
    public var pack: String
    /// Where it begins there.
    public var start: Int
    /// Its bytes.
    public var size: Int
    /// SHA-256 of them as they came.
    public var sha256: [UInt8]
    /// When.
    public var storedAt: Date
    /// A row of these parts.
    public init(agent: AgentID, id: BlockID, pack: String, start: Int, size: Int, sha256: [UInt8], storedAt: Date) {
        self.agent = agent
        self.id = id
        self.pack = pack
        self.start = start
        self.size = size
        self.sha256 = sha256
        self.storedAt = storedAt
    }
}

extension StoredBlock {
    /// The name, as it is stored.
    public var name: [UInt8] { id.bytes }

    /// A row as it was stored.
    public init(agent: AgentID, name: [UInt8], pack: String, start: Int, size: Int, sha256: [UInt8], storedAt: Date) throws(StoreError) {
        guard let id = BlockID(bytes: name) else { throw StoreError(.corrupt, "a stored value is no block's name") }
        self.init(agent: agent, id: id, pack: pack, start: start, size: size, sha256: sha256, storedAt: storedAt)
    }
}

extension TenantReading {
    func blocks(ofUpload bundle: BundleID) throws -> BlockList? { try blockNames(ofUpload: bundle).map(Self.list) }
    func blocks(ofBundle bundle: BundleID) throws -> BlockList? { try blockNames(ofBundle: bundle).map(Self.list) }
    func block(_ id: BlockID, of agent: AgentID) throws -> StoredBlock? { try block(named: id.bytes, of: agent) }

    private static func list(_ bytes: [UInt8]) throws(StoreError) -> BlockList {
        guard let list = BlockList(bytes: bytes) else { throw StoreError(.corrupt, "a stored value is no list of blocks") }
        return list
    }
}

/// The blocks of bundles of format version 2. `upload.md#blocks`.
extension IngestService {
    /// How long blocks stay that no accepted bundle needs.
    static let unusedBlocksStay: TimeInterval = 24 * 3600

    /// Stores the blocks of a batch; a second time changes nothing. `sha256` is the hexadecimal digest of the batch, which comes with it.
    public func put(batch: [UInt8], sha256: String, of bundle: BundleID, from agent: AuthenticatedAgent) async throws {
        try await turns.with(bundle) {
            guard let digest = Hex.decode(sha256), digest.count == 32 else { throw UploadError(.malformed, "not a SHA-256") }
            let wanted = try await store.read(agent.tenant) { tables in
                _ = try own(bundle, agent, tables)
                return Set(try tables.blocks(ofUpload: bundle)?.ids ?? [])
            }
            let pack = "\(agent.id).\(Hex.encode(digest.prefix(16)))"
            let now = clock.now()
            let rows = try await blocking.run {
                guard Array(SHA256.hash(data: batch)) == digest else {
                    throw UploadError(.pieceHashMismatch, "the batch is not what its hash says")
                }
                guard let ranges = SealedBlock.ranges(inBatch: batch), !ranges.isEmpty else {
                    throw UploadError(.badBatch, "this is not a batch of blocks")
                }
                return try ranges.map { id, range in
                    guard wanted.contains(id) else { throw UploadError(.unknownBlock, "the bundle names no block \(id)") }
                    return StoredBlock(
                        agent: agent.id, id: id, pack: pack, start: range.lowerBound, size: range.count,
                        sha256: Array(SHA256.hash(data: batch[range])), storedAt: now)
                }
            }
            let most = limits.bundleBytes
            try await storing {
                try await blocking.run {
                    try SafeFile.write(batch, to: try objects.pack(agent.tenant, pack), mode: 0o600)
                }
                try await store.write(agent.tenant) { tables in
                    _ = try own(bundle, agent, tables)
                    guard try tables.addBlockBytes(batch.count, ofUpload: bundle) <= most else {
                        throw UploadError(.tooLarge, "no bundle's blocks may be larger than \(most) bytes")
                    }
                    for row in rows { try tables.insert(row) }
                }
            }
        }
    }

    /// Which of an upload's blocks are not here. One whose file is gone is forgotten, so that the agent sends it again.
    func missing(_ list: BlockList?, of agent: AuthenticatedAgent) async throws -> BlockList? {
        guard let list else { return nil }
        let found = try await store.read(agent.tenant) { tables in
            try Dictionary(uniqueKeysWithValues: Set(list.ids).map { ($0, try tables.block($0, of: agent.id)) })
        }
        let objects = objects
        let lost = try await blocking.run {
            let packs = Set(found.values.compactMap { $0?.pack })
            let gone = try packs.filter { try !ObjectFolder.exists(objects.pack(agent.tenant, $0)) }
            return found.values.compactMap(\.self).filter { gone.contains($0.pack) }.map(\.id)
        }
        if !lost.isEmpty {
            try await store.write(agent.tenant) { tables in for id in lost { try tables.deleteBlock(named: id.bytes, of: agent.id) } }
        }
        let here = Set(found.filter { $0.value != nil }.keys).subtracting(lost)
        var named = here
        return BlockList(list.ids.filter { named.insert($0).inserted })
    }

    /// Keeps an upload's blocks for the bundle that is accepted now, within its transaction.
    ///
    /// - Returns: files that nobody needs any more.
    /// - Throws: ``UploadError`` `incomplete` when one is not here.
    static func keepBlocks(
        of bundle: BundleID, from agent: AgentID, _ tables: any TenantWriting, now: Date
    ) throws -> [String] {
        guard let list = try tables.blocks(ofUpload: bundle) else { return [] }
        let needed = Set(list.ids)
        for id in needed {
            guard try tables.useBlock(named: id.bytes, of: agent) else {
                throw UploadError(.incomplete, "blocks are missing: open the upload again")
            }
        }
        try tables.put(blockNames: list.bytes, ofBundle: bundle)
        return try tables.deleteUnusedBlocks(of: agent, storedBefore: now.addingTimeInterval(-unusedBlocksStay))
    }
}

/// Where the blocks are that a worker needs.
struct BlockSource: Sendable {
    var id: BlockID
    var path: String
    var start: Int
    var size: Int

    /// Its bytes; blocks.
    func read() throws -> [UInt8] { try ObjectFolder.read(path, from: start, count: size) }
}
