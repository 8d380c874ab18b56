import Basics
import CloudModel
import Crypto
import FoundationEssentials
import WireProtocol

/// A bundle of format version 2 in the making, with its blocks.
private struct BlockDraft {
    var draft: Draft
    /// What the list of blocks says, and the key in its first line.
    var entries: [BlockLines.Entry]
    var key: [UInt8]
    var blocks: [SealedBlock]
    /// Lines of times, without their newline.
    var times: [String]

    static let secret = BlockSecret(Secret(Cast.digest("block secret")), for: Cast.agent)

    /// - Parameter lines: lines of records, without their newline.
    init(_ name: String, lines: [[UInt8]], times: [String]) throws {
        let writer = try BlockWriter(secret: Self.secret, limits: .standard)
        for line in lines { try writer.append(line + [0x0A]) }
        let (records, list) = try writer.finish()
        draft = try Draft(name)
        draft.records = DraftSection("records", content: [], compressed: [])
        draft.records.entry = records
        var read = BlockLines.List()
        try SectionReader.read(list.compressed[...], as: list.entry, limits: .standard) { line throws(BundleError) in try read.append(line)
        }
        entries = read.entries
        key = Self.secret.key
        blocks = writer.blocks
        self.times = times
    }

    /// One record with as much noise, and the time that all vectors have.
    init(_ name: String, noise: Int = 10) throws {
        var record = BundleCase.record("get-credential-report", .string(Cast.noise(noise)))
        record.time = nil
        try self.init(
            name, lines: [Array(try SectionLines.line(record).dropLast())], times: [#"{"count":1,"time":"2026-09-21T13:20:00Z"}"#])
    }

    /// - Parameter list: the lines of the list, without their newline, in place of what ``entries`` and ``key`` give.
    func make(list: [[UInt8]]? = nil) throws -> [UInt8] {
        var draft = draft
        let lines = list ?? [BlockLines.line(key: key)].map { Array($0.dropLast()) } + entries.map { Array(BlockLines.line($0).dropLast()) }
        draft.inBlocks = (
            try DraftSection("blocks", lines: lines), try DraftSection("times", lines: times.map { Array($0.utf8) })
        )
        return try draft.make()
    }
}

extension BundleCase {
    private static func blocks(
        _ name: String, _ description: String, _ expect: BundleError.Code? = nil, noise: Int = 10, counts: Int = 1,
        _ edit: (inout BlockDraft) throws -> Void = { _ in }
    ) -> BundleCase? {
        guard var draft = try? BlockDraft(name, noise: noise), (try? edit(&draft)) != nil else { return nil }
        let finished = draft
        return BundleCase(
            name: name, description: description, expect: expect.map { "bundle.\($0.rawValue)" } ?? "ok", envelope: "ok",
            counts: (counts, 0), blocks: finished.blocks
        ) { try finished.make() }
    }

    static var inBlocks: [BundleCase] {
        let plain: [BundleCase?] = [
            blocks("blocks-one", "format version 2: one record in one block"),
            blocks("blocks-several", "a record of several blocks", noise: 120_000),
            blocks("blocks-none", "no record at all", counts: 0) { $0 = try BlockDraft("blocks-none", lines: [], times: []) },
            blocks("blocks-without-time", "a record whose time is not known") { $0.times = [#"{"count":1}"#] },
            blocks("blocks-more-than-needed", "a block beside it that it does not name") {
                $0.blocks.append(try BlockDraft.secret.seal(try DraftSection("x", lines: [Array("other".utf8)]).compressed))
            },
            blocks("blocks-missing", "one of several blocks is not there", .missingBlock, noise: 120_000) { $0.blocks.remove(at: 1) },
            blocks("blocks-missing-all", "no block is there", .missingBlock) { $0.blocks = [] },
            blocks("blocks-of-another-tenant", "the same records in blocks that another tenant's agent made", .missingBlock) {
                let other = BlockSecret(Secret(Cast.digest("block secret")), for: Cast.otherAgent)
                $0.blocks = try $0.blocks.map { try other.seal($0.open(BlockDraft.secret.key)) }
            },
            blocks("blocks-exchanged", "two blocks under each other's names", .badBlock, noise: 120_000) { draft in
                let first = draft.blocks[0].bytes
                draft.blocks[0].bytes = draft.blocks[1].bytes
                draft.blocks[1].bytes = first
            },
            blocks("blocks-changed", "one bit of a block changed", .badBlock) { $0.blocks[0].bytes[3] ^= 1 },
            blocks("blocks-cut", "a block without its last byte", .badBlock) { $0.blocks[0].bytes.removeLast() },
            blocks("blocks-other-key", "a list with another key than the blocks'", .badBlock) { $0.key = Cast.digest("another key") },
            blocks("blocks-larger", "a block larger than its list says", .badBlock) { $0.entries[0].size -= 1 },
            blocks("blocks-smaller", "a block smaller than its list says", .badBlock) { $0.entries[0].size += 1 },
            blocks("blocks-one-too-few", "a list that ends too early", .sectionMismatch, noise: 120_000) { $0.entries.removeLast() },
            blocks("blocks-too-large", "a block beyond the limit", .badBlocks) { $0.entries[0].size = 256 << 10 + 1 },
            blocks("blocks-no-frame", "a block that holds no zstd frame", .badCompression) { draft in
                draft.blocks = [try BlockDraft.secret.seal(Array("no frame".utf8))]
                draft.entries = [BlockLines.Entry(id: draft.blocks[0].id, size: draft.entries[0].size, compressedSize: 8)]
            },
            blocks("blocks-times-few", "fewer times than records", .badBlocks) { $0.times = [] },
            blocks("blocks-times-many", "more times than records", .badBlocks) { $0.times.append(#"{"count":1}"#) },
            blocks("blocks-times-none", "a time for no record", .badBlocks) { $0.times = [#"{"count":0}"#] },
            blocks("blocks-times-not-canonical", "a time with a space", .badBlocks) { $0.times = [#"{"count": 1}"#] },
            blocks("blocks-times-words", "a time in words", .badRecord) { $0.times = [#"{"count":1,"time":"yesterday at noon, about"}"#] },
            blocks("blocks-record-with-time", "a record that brings a time of its own", .badRecord) {
                let timed = BundleCase.record("get-credential-report", "x")
                $0 = try BlockDraft(
                    "blocks-record-with-time", lines: [Array(try SectionLines.line(timed).dropLast())], times: [#"{"count":1}"#])
            },
        ]
        let lists: [BundleCase?] = [
            list("blocks-list-empty", "a list without even its key") { _ in [] },
            list("blocks-list-no-key", "a list without its key") { Array($0.dropFirst()) },
            list("blocks-list-unknown-member", "a line with a member that nobody knows") { lines in
                [lines[0], Array(String(decoding: lines[1], as: UTF8.self).replacing("{\"comp", with: "{\"a\":1,\"comp").utf8)]
            },
            list("blocks-list-upper-case", "a name in upper case") { lines in
                [
                    lines[0],
                    Array(
                        String(decoding: lines[1], as: UTF8.self).uppercased().replacing("\"COMPRESSEDSIZE\"", with: "\"compressedSize\"")
                            .replacing("\"ID\"", with: "\"id\"").replacing("\"SIZE\"", with: "\"size\"").utf8),
                ]
            },
        ]
        return (plain + lists).compactMap(\.self)
    }

    private static func list(
        _ name: String, _ description: String, _ edit: @escaping ([[UInt8]]) -> [[UInt8]]
    ) -> BundleCase? {
        guard let draft = try? BlockDraft(name) else { return nil }
        let lines = [BlockLines.line(key: draft.key)] + draft.entries.map { BlockLines.line($0) }
        return BundleCase(
            name: name, description: description, expect: "bundle.badBlocks", envelope: "ok", blocks: draft.blocks
        ) { try draft.make(list: edit(lines.map { Array($0.dropLast()) })) }
    }
}
