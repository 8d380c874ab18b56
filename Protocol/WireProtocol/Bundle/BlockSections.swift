import Basics
import CloudModel
import Crypto
import FoundationEssentials

/// Cuts records into blocks as their lines come. `blocks.md#cutting`.
package final class BlockWriter {
    private let secret: BlockSecret
    private let limits: BundleLimits
    private let list: SectionWriter
    private var digest = SHA256()
    private var count = 0
    private var size = 0
    private var compressedSize = 0
    private var pending: [UInt8] = []
    private var rolling: UInt64 = 0
    private var made: Set<BlockID> = []
    private var number = 0
    private let mask: UInt64 = ((1 << BlockLimits.zeroBits) - 1) << (64 - BlockLimits.zeroBits)
    /// The blocks, each once.
    package private(set) var blocks: [SealedBlock] = []

    package init(secret: BlockSecret, limits: BundleLimits) throws(BundleError) {
        self.secret = secret
        self.limits = limits
        list = try SectionWriter(name: "blocks", limits: limits)
        try list.append(BlockLines.line(key: secret.key))
    }

    /// Takes one line, its newline included.
    package func append(_ line: [UInt8]) throws(BundleError) {
        count += 1
        guard count <= limits.records else { throw BundleError(.tooManyRecords, "more than \(limits.records) lines in records") }
        size += line.count
        guard size <= limits.decompressedBytes else {
            throw BundleError(.decompressedTooLarge, "records are larger than \(limits.decompressedBytes) bytes")
        }
        digest.update(data: line)
        var start = 0
        for index in line.indices {
            rolling = rolling << 1 &+ secret.gear[Int(line[index])]
            let length = pending.count + index - start + 1
            guard length >= BlockLimits.least, rolling & mask == 0 || length == BlockLimits.most else { continue }
            pending += line[start...index]
            start = index + 1
            try cut()
        }
        pending += line[start...]
    }

    private func cut() throws(BundleError) {
        number += 1
        guard number <= BlockLimits.count else { throw BundleError(.tooManyRecords, "more than \(BlockLimits.count) blocks") }
        let compressor = try ZstdCompressor()
        try compressor.write(pending)
        let frame = try compressor.finish()
        let block = try secret.seal(frame)
        if made.insert(block.id).inserted { blocks.append(block) }
        try list.append(BlockLines.line(BlockLines.Entry(id: block.id, size: pending.count, compressedSize: frame.count)))
        compressedSize += frame.count
        pending = []
    }

    /// The manifest's rows for the records and for the list of blocks, and the list's bytes.
    package func finish() throws(BundleError) -> (
        records: BundleManifest.Section, list: (entry: BundleManifest.Section, compressed: [UInt8])
    ) {
        if !pending.isEmpty { try cut() }
        let records = BundleManifest.Section(
            name: "records", count: count, size: size, compressedSize: compressedSize, sha256: Array(digest.finalize()))
        return (records, try list.finish())
    }
}

/// Times of records, those that follow each other in one line.
package final class TimesWriter {
    private let lines: SectionWriter
    private var last: (time: String?, count: Int)?

    package init(limits: BundleLimits) throws(BundleError) { lines = try SectionWriter(name: "times", limits: limits) }

    package func append(_ time: String?) throws(BundleError) {
        if let last, last.time.map({ Array($0.utf8) }) == time.map({ Array($0.utf8) }) {
            self.last = (time, last.count + 1)
            return
        }
        try flush()
        last = (time, 1)
    }

    package func finish() throws(BundleError) -> (entry: BundleManifest.Section, compressed: [UInt8]) {
        try flush()
        return try lines.finish()
    }

    private func flush() throws(BundleError) {
        guard let last else { return }
        try lines.append(BlockLines.line(count: last.count, time: last.time))
    }
}

/// The lines of the sections `blocks` and `times`. `blocks.md#sections`.
package enum BlockLines {
    package struct Entry: Sendable, Hashable {
        package var id: BlockID
        package var size: Int
        package var compressedSize: Int
        package init(id: BlockID, size: Int, compressedSize: Int) {
            self.id = id
            self.size = size
            self.compressedSize = compressedSize
        }
    }

    package static func line(key: [UInt8]) -> [UInt8] { bytes(["key": .string(Hex.encode(key))]) }
    package static func line(_ entry: Entry) -> [UInt8] {
        bytes([
            "id": .string(entry.id.description), "size": .number(String(entry.size)),
            "compressedSize": .number(String(entry.compressedSize)),
        ])
    }
    package static func line(count: Int, time: String?) -> [UInt8] {
        var members: JSONObject = ["count": .number(String(count))]
        if let time { members["time"] = .string(time) }
        return bytes(members)
    }

    private static func bytes(_ members: JSONObject) -> [UInt8] { JSONValue.object(members).canonicalBytes + [0x0A] }

    /// A list of blocks as it is read, line by line.
    package struct List {
        private(set) var key: [UInt8]?
        package private(set) var entries: [Entry] = []

        package init() {}

        package mutating func append(_ line: [UInt8]) throws(BundleError) {
            guard let value = BlockLines.parse(line) else { throw BlockLines.bad("a line is not in its one encoding") }
            guard key != nil else {
                guard let key = value["key"]?.string.flatMap(Hex.decode), key.count == 32, BlockLines.line(key: key).dropLast() == line[...]
                else {
                    throw BlockLines.bad("the first line holds no key")
                }
                self.key = key
                return
            }
            guard let id = value["id"]?.string.flatMap(Hex.decode).flatMap({ BlockID(bytes: $0) }), let size = value["size"]?.int,
                let compressed = value["compressedSize"]?.int, (1...BlockLimits.most).contains(size),
                (1...BlockLimits.sealedBytes - BundleLayout.tagBytes).contains(compressed)
            else { throw BlockLines.bad("a line names no block") }
            let entry = Entry(id: id, size: size, compressedSize: compressed)
            guard BlockLines.line(entry).dropLast() == line[...], entries.count < BlockLimits.count else {
                throw BlockLines.bad("a line names no block, or there are too many")
            }
            entries.append(entry)
        }
    }

    /// Times as they are read, and given out again one for each record.
    struct Times {
        private var runs: [(count: Int, time: String?)] = []
        private var position = 0

        mutating func append(_ line: [UInt8], limits: BundleLimits) throws(BundleError) {
            guard let value = BlockLines.parse(line), let count = value["count"]?.int, (1...limits.records).contains(count) else {
                throw BlockLines.bad("a line of times is not in its one encoding")
            }
            let time = value["time"]?.string
            guard BlockLines.line(count: count, time: time).dropLast() == line[...] else {
                throw BlockLines.bad("a line of times is not in its one encoding")
            }
            runs.append((count, time))
        }

        mutating func next() throws(BundleError) -> String? {
            guard position < runs.count else { throw BlockLines.bad("there are fewer times than records") }
            runs[position].count -= 1
            defer { if runs[position].count == 0 { position += 1 } }
            return runs[position].time
        }

        func finish() throws(BundleError) {
            guard position == runs.count else { throw BlockLines.bad("there are more times than records") }
        }
    }

    private static func parse(_ line: [UInt8]) -> JSONValue? {
        try? JSONValue(parsing: line, limits: JSONLimits(bytes: 1024, depth: 2, stringBytes: 256))
    }
    private static func bad(_ what: String) -> BundleError { BundleError(.badBlocks, what) }
}
