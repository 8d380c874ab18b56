public import Basics
import CloudModel
import FoundationEssentials

/// A part of a tenant's audit log that proves itself: `Protocol/Spec/audit.md`. Lines of JSON, each in the one form that ``WireJSON`` writes.
public enum AuditExport {
    /// `format` of the first line.
    public static let format = "cloudryption-audit/1"
    /// Most bytes of a line.
    static let lineLimit = 1 << 20

    /// The first line.
    public struct Head: Sendable, Hashable, Codable {
        /// ``AuditExport/format``.
        public var format: String
        /// Whose log.
        public var tenant: TenantID
        /// The log's key, for comparing: whoever made the file chose it.
        public var key: String
        /// The entry before the first one of this file; 0 for a whole log.
        public var after: UInt64
        /// The checkpoint to whose root the entries' proofs lead: a signed note.
        public var checkpoint: String
        /// A head of these parts.
        public init(tenant: TenantID, key: String, after: UInt64, checkpoint: String) {
            format = AuditExport.format
            self.tenant = tenant
            self.key = key
            self.after = after
            self.checkpoint = checkpoint
        }
    }

    /// A line after the entries: an earlier checkpoint, and what shows that the log only grew since.
    public struct Earlier: Sendable, Hashable, Codable {
        /// A signed note.
        public var earlier: String
        /// From its tree to that of the head's checkpoint, base64.
        public var proof: [String]
        /// A line of these parts.
        public init(earlier: String, proof: [[UInt8]]) {
            self.earlier = earlier
            self.proof = proof.map { Data($0).base64EncodedString() }
        }
    }

    /// What a look at an export says.
    public enum Verdict: Sendable, Hashable {
        /// Entries from the one after `after` up to the checkpoint's last are all here and what they were.
        case intact(after: UInt64, last: UInt64, checkpoints: Int)
        /// The first entry that is not, and why.
        case broken(entry: UInt64, why: String)
    }

    /// Checks an export with nothing but the log's public key.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - after: which entry the file has to begin after. A file that begins later has lost its first entries.
    /// - Throws: ``AuditError`` when head or checkpoints are not to be believed, so that nothing can be said of any entry.
    public static func verify(_ bytes: [UInt8], key: AuditKey, after: UInt64 = 0) throws(AuditError) -> Verdict {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        guard lines.popLast()?.isEmpty == true, let first = lines.popFirst(), let head: Head = read(first), head.format == format else {
            throw AuditError(.malformed, "this is not an export of an audit log, or its first or last line is damaged")
        }
        guard AuditCheckpoint.origin(of: head.tenant) == key.name else {
            throw AuditError(.badKey, "the key is of \(DisplayText.safe(key.name, limit: 100)), the export of another log")
        }
        let checkpoint = try key.open(head.checkpoint)
        guard after <= checkpoint.size else { throw AuditError(.malformed, "the log has \(checkpoint.size) entries") }
        var expected = after + 1
        while let line = lines.first, expected <= checkpoint.size {
            guard let record: AuditRecord = read(line) else {
                return .broken(entry: expected, why: "the line is not an entry in its one form")
            }
            guard record.entry == expected else {
                return .broken(entry: expected, why: "entry \(record.entry) stands in its place")
            }
            guard let leaf = record.leaf(of: head.tenant), let proof = decode(record.proof),
                MerkleTree.root(of: leaf, at: expected - 1, in: checkpoint.size, proof: proof) == checkpoint.root
            else { return .broken(entry: expected, why: "it is not what was signed") }
            lines.removeFirst()
            expected += 1
        }
        guard expected > checkpoint.size else { return .broken(entry: expected, why: "it is missing, and all after it") }
        var checkpoints = 1
        for line in lines {
            guard let earlier: Earlier = read(line), let proof = decode(earlier.proof) else {
                return .broken(entry: checkpoint.size + 1, why: "after the last entry stands what does not belong there")
            }
            let before = try key.open(earlier.earlier)
            guard MerkleTree.isConsistent(before.size, before.root, with: checkpoint.size, checkpoint.root, proof: proof) else {
                throw AuditError(.inconsistent, "the log is not the one of which a checkpoint of \(before.size) entries was signed")
            }
            checkpoints += 1
        }
        return .intact(after: after, last: checkpoint.size, checkpoints: checkpoints)
    }

    /// The bytes of one line, with its end.
    public static func line(_ value: some Encodable) throws -> [UInt8] { try WireJSON.encode(value) + [0x0A] }

    /// A line counts only in the form that ``line(_:)`` gives it: nothing stands in a file that is not looked at.
    private static func read<Line: Codable>(_ bytes: ArraySlice<UInt8>) -> Line? {
        guard bytes.count <= lineLimit, let value = try? WireJSON.decode(Line.self, from: bytes), let again = try? WireJSON.encode(value)
        else {
            return nil
        }
        return again == Array(bytes) ? value : nil
    }

    /// Proofs of a log of any size have at most 64 hashes.
    static func decode(_ proof: [String]) -> [[UInt8]]? {
        guard proof.count <= 64 else { return nil }
        var hashes: [[UInt8]] = []
        for text in proof {
            guard let data = Data(base64Encoded: text), data.count == 32 else { return nil }
            hashes.append(Array(data))
        }
        return hashes
    }
}
