import Basics
import Crypto
public import FoundationEssentials
import WireProtocol

/// A signed checkpoint of a tenant's log as it is stored.
public struct StoredCheckpoint: Sendable, Hashable {
    /// How many entries it covers.
    public var size: UInt64
    /// When it was signed.
    public var time: Date
    /// Root of the tree.
    public var root: [UInt8]
    /// The signed note.
    public var note: String
    /// A checkpoint of these parts.
    public init(size: UInt64, time: Date, root: [UInt8], note: String) {
        self.size = size
        self.time = time
        self.root = root
        self.note = note
    }
}

/// The tree over a tenant's log, for reading. Part of ``TenantReading``.
public protocol AuditTreeReading {
    /// How many entries are leaves of the tree.
    func auditTreeSize() throws -> UInt64
    /// The hash of a whole subtree of 2^`level` leaves.
    func auditNode(level: UInt64, position: UInt64) throws -> [UInt8]?
    /// Checkpoints, newest first.
    func auditCheckpoints(limit: Int) throws -> [StoredCheckpoint]
}

/// The tree, for growing. Part of ``TenantWriting``. There is no way to change or drop any of it.
public protocol AuditTreeWriting: AuditTreeReading {
    /// Adds one.
    func insertAuditNode(level: UInt64, position: UInt64, hash: [UInt8]) throws
    /// Adds one, unless one of this size is there.
    func insert(_ checkpoint: StoredCheckpoint) throws
}

/// Grows the tree by an entry, in the transaction that writes it.
enum AuditTree {
    static func add(_ entry: AuditEntry, to tables: any TenantWriting) throws {
        var size = try tables.auditTreeSize()
        // Entries from before there was a tree: the first append afterwards makes up for them.
        while size + 1 < entry.index {
            let missing = try tables.auditEntries(after: size, limit: 1000)
            guard missing.first?.index == size + 1 else { throw StoreError(.corrupt, "an entry of the audit log is missing") }
            for old in missing where old.index < entry.index {
                try grow(tables, try leaf(of: old), at: size)
                size += 1
            }
        }
        guard size + 1 == entry.index else { throw StoreError(.corrupt, "the audit log is shorter than the tree over it") }
        try grow(tables, try leaf(of: entry), at: size)
    }

    private static func grow(_ tables: any TenantWriting, _ leaf: [UInt8], at index: UInt64) throws {
        var (level, position, hash) = (UInt64(0), index, leaf)
        try tables.insertAuditNode(level: level, position: position, hash: hash)
        while position & 1 == 1 {
            guard let left = try tables.auditNode(level: level, position: position - 1) else {
                throw StoreError(.corrupt, "the tree over the audit log has a hole")
            }
            hash = MerkleTree.node(left, hash)
            level += 1
            position >>= 1
            try tables.insertAuditNode(level: level, position: position, hash: hash)
        }
    }

    static func leaf(of entry: AuditEntry) throws -> [UInt8] {
        guard let leaf = entry.record().leaf(of: entry.tenant) else {
            throw StoreError(.corrupt, "an entry has a time beyond the calendar")
        }
        return leaf
    }
}

extension AuditEntry {
    /// As it is exported.
    func record(proof: [[UInt8]] = []) -> AuditRecord {
        AuditRecord(
            entry: index, microseconds: Int64((time.timeIntervalSince1970 * 1_000_000).rounded()), actor: actor, act: act, subject: subject,
            outcome: outcome, detail: detail, proof: proof)
    }
}

extension AuditTreeReading {
    /// For ``MerkleTree``.
    func nodes() -> MerkleTree.Nodes {
        { level, position in
            guard let hash = try auditNode(level: level, position: position) else {
                throw StoreError(.corrupt, "the tree over the audit log has a hole")
            }
            return hash
        }
    }
}
