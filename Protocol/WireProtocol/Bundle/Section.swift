import Crypto
import FoundationEssentials

/// Makes one section: hashes and compresses lines as they come.
package final class SectionWriter {
    private let name: String
    private let limits: BundleLimits
    private let compressor: ZstdCompressor
    private var hash = SHA256()
    private var count = 0
    private var size = 0

    package init(name: String, limits: BundleLimits = .standard) throws(BundleError) {
        self.name = name
        self.limits = limits
        compressor = try ZstdCompressor()
    }

    /// Takes one line, its newline included.
    package func append(_ line: [UInt8]) throws(BundleError) {
        count += 1
        guard count <= limits.records else { throw BundleError(.tooManyRecords, "more than \(limits.records) lines in \(name)") }
        size += line.count
        guard size <= limits.decompressedBytes else {
            throw BundleError(.decompressedTooLarge, "\(name) is larger than \(limits.decompressedBytes) bytes")
        }
        hash.update(data: line)
        try compressor.write(line)
    }

    /// The section's row in the manifest, and its bytes.
    package func finish() throws(BundleError) -> (entry: BundleManifest.Section, compressed: [UInt8]) {
        let compressed = try compressor.finish()
        let digest = Array(hash.finalize())
        return (BundleManifest.Section(name: name, count: count, size: size, compressedSize: compressed.count, sha256: digest), compressed)
    }
}

/// Reads sections back, line by line, never holding more than one line of one decompressed.
package enum SectionReader {
    /// The sections of each format version, in their order.
    private static let names = [1: ["records", "coverage"], 2: ["records", "blocks", "times", "coverage"]]

    /// Whether what the manifest says of its sections is within the limits: before anything is decompressed.
    static func check(_ manifest: BundleManifest, limits: BundleLimits) throws(BundleError) {
        let sections = manifest.sections
        guard sections.map(\.name) == names[manifest.version] else {
            throw BundleError(.badManifest, "the sections are not those of format version \(manifest.version)")
        }
        var total = 0
        for section in sections {
            guard section.size <= limits.decompressedBytes - total else {
                throw BundleError(.decompressedTooLarge, "the sections are larger than \(limits.decompressedBytes) bytes")
            }
            total += section.size
            guard section.count <= limits.records else {
                throw BundleError(.tooManyRecords, "\(section.count) lines in \(section.name) are more than \(limits.records)")
            }
            let (grown, overflow) = section.compressedSize.multipliedReportingOverflow(by: limits.ratio)
            guard overflow || section.size - limits.ratioAllowance <= grown else {
                throw BundleError(.ratioTooHigh, "\(section.name) grows from \(section.compressedSize) to \(section.size) bytes")
            }
        }
    }

    /// Gives `consume` each line of a section without its newline.
    ///
    /// - Throws: what `consume` throws, and when the content is not what the manifest says. Lines were given out by then: the caller
    ///   drops what it made of them.
    package static func read(
        _ compressed: ArraySlice<UInt8>, as section: BundleManifest.Section, limits: BundleLimits,
        consume: ([UInt8]) throws(BundleError) -> Void
    ) throws(BundleError) {
        var lines = SectionContent(section, limits: limits)
        try Zstd.decompress(compressed, windowLog: limits.windowLog) { piece throws(BundleError) in try lines.take(piece, consume: consume)
        }
        try lines.finish()
    }
}

/// A section's decompressed bytes as they come, cut into lines and held against the manifest.
struct SectionContent {
    private let section: BundleManifest.Section
    private let limits: BundleLimits
    private var hash = SHA256()
    private var line: [UInt8] = []
    private var size = 0
    private var count = 0

    init(_ section: BundleManifest.Section, limits: BundleLimits) {
        self.section = section
        self.limits = limits
    }

    mutating func take(_ piece: ArraySlice<UInt8>, consume: ([UInt8]) throws(BundleError) -> Void) throws(BundleError) {
        size += piece.count
        guard size <= section.size else { throw BundleError(.sectionMismatch, "\(section.name) is larger than the manifest says") }
        hash.update(data: piece)
        var rest = piece
        while let end = rest.firstIndex(of: 0x0A) {
            line += rest[..<end]
            count += 1
            guard count <= section.count else {
                throw BundleError(.sectionMismatch, "\(section.name) has more lines than the manifest says")
            }
            guard line.count <= limits.recordBytes else {
                throw BundleError(.recordTooLarge, "a line is longer than \(limits.recordBytes) bytes")
            }
            try consume(line)
            line.removeAll(keepingCapacity: line.count < 1 << 20)
            rest = rest[(end + 1)...]
        }
        line += rest
        guard line.count <= limits.recordBytes else {
            throw BundleError(.recordTooLarge, "a line is longer than \(limits.recordBytes) bytes")
        }
    }

    /// Whether it was all of it, and nothing else.
    func finish() throws(BundleError) {
        guard line.isEmpty, count == section.count, size == section.size, BundleKeys.areEqual(Array(hash.finalize()), section.sha256) else {
            throw BundleError(.sectionMismatch, "\(section.name) is not what the manifest says")
        }
    }
}
