public import Basics
import Crypto
import FoundationEssentials

/// The rules of the audit log.
///
/// An entry is written in the same transaction as the change that it names: when it cannot be written, the change does not happen. Each
/// entry's hash covers the one before, so that an edited, dropped, inserted or reordered entry shows; and each is a leaf of a tree of which
/// signed checkpoints are given out (``AuditService``), so that it shows to others too.
public enum AuditLog {
    /// What a look at the whole log says.
    public enum Verdict: Sendable, Hashable {
        /// Every entry is where and what it has to be.
        case intact(entries: UInt64)
        /// The first entry that is not.
        case broken(at: UInt64)
    }

    static func append(
        _ tables: any TenantWriting, _ act: AuditAct, by actor: AuditActor, on subject: String, outcome: String = "ok", detail: String = "",
        at time: Date
    ) throws {
        let last = try tables.lastAuditEntry()
        var entry = AuditEntry(
            tenant: tables.tenantID, index: (last?.index ?? 0) + 1, time: time, actor: actor.text, act: act.rawValue, subject: subject,
            outcome: outcome, detail: detail, hash: [])
        entry.hash = hash(of: entry, after: last?.hash ?? start)
        try tables.insert(entry)
        try AuditTree.add(entry, to: tables)
    }

    /// Checks entries that follow each other from the log's first one on, or from the one after `previous`.
    public static func verify(_ entries: some Sequence<AuditEntry>, tenant: TenantID, after previous: AuditEntry? = nil) -> Verdict {
        var index = previous?.index ?? 0
        var hash = previous?.hash ?? start
        for entry in entries {
            index += 1
            guard entry.tenant == tenant, entry.index == index, entry.hash == self.hash(of: entry, after: hash) else {
                return .broken(at: index)
            }
            hash = entry.hash
        }
        return .intact(entries: index)
    }

    private static let start = [UInt8](repeating: 0, count: 32)

    /// SHA-256 over a fixed label, the hash before, and each field with its length in front, so that no two entries have the same bytes.
    static func hash(of entry: AuditEntry, after previous: [UInt8]) -> [UInt8] {
        var bytes = Array("cloudryption audit entry v1\0".utf8) + previous + entry.tenant.bytes
        func append(_ number: UInt64) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }
        append(entry.index)
        append(UInt64(bitPattern: Int64((entry.time.timeIntervalSince1970 * 1_000_000).rounded())))
        for text in [entry.actor, entry.act, entry.subject, entry.outcome, entry.detail] {
            append(UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
        return Array(SHA256.hash(data: bytes))
    }
}
