import Basics
import CloudModel
import Crypto
import FoundationEssentials
import WireProtocol

/// The vectors whose envelope and keys are right, and whose content is not.
extension BundleCase {
    static var manifests: [BundleCase] {
        [
            mismatch("manifest-wrong-tenant", "another tenant in the manifest than in the header") {
                $0.identity.agent.tenant = Cast.otherAgent.tenant
            },
            mismatch("manifest-wrong-environment", "another environment in the manifest") {
                $0.identity.agent.environment = Cast.otherAgent.environment
            },
            mismatch("manifest-wrong-agent", "another agent in the manifest") { $0.identity.agent.agent = Cast.otherAgent.agent },
            mismatch("manifest-wrong-bundle", "another bundle in the manifest: one manifest cannot serve two bundles") {
                $0.identity.bundle = Cast.bundle("another")
            },
            mismatch("manifest-wrong-epoch", "another epoch in the manifest") { $0.identity.epoch += 1 },
            mismatch("manifest-wrong-sequence", "another sequence number in the manifest") { $0.identity.sequence += 1 },
            mismatch("manifest-wrong-time", "another time in the manifest") { $0.identity.createdAt += 1 },
            mismatch("manifest-wrong-recipient", "another recipient in the manifest: signed for one tenant, sealed to another") {
                $0.recipient = SealingKey(Cast.otherSealingKey.publicKey).id
            },
            mismatch("manifest-wrong-agent-key", "another key's digest in the manifest") {
                $0.agentKeyDigest = BundleSignature.keyDigest(Cast.otherAgentKey.publicKey)
            },
            unopenable("manifest-by-another-agent", "a manifest signed with another agent's key", .badManifestSignature) {
                $0.manifestKey = Cast.otherAgentKey
            },
            unopenable("manifest-typed-as-envelope", "a manifest signed with the envelope's type", .badManifestSignature) {
                $0.manifestType = BundleSignature.envelopeType
            },
            unopenable(
                "manifest-changed-after-signing", "a flipped bit in the manifest, encrypted and signed outside", .badManifestSignature
            ) {
                $0.plaintext = { $0[20] ^= 1 }
            },
            unopenable("manifest-not-canonical", "the right manifest, written with a space", .badManifest) {
                $0.manifestBytes = { $0.insert(0x20, at: 1) }
            },
            unopenable("manifest-escaped", "the right manifest, one letter written as an escape", .badManifest) { draft in
                draft.manifestBytes = { replace(&$0, "\"agent\"", "\"\\u0061gent\"") }
            },
            unopenable("manifest-unknown-member", "a manifest with one more member", .badManifest) { draft in
                draft.manifestBytes = { replace(&$0, "}],\"sequence\"", "}],\"sections2\":[],\"sequence\"") }
            },
            unopenable("manifest-repeated-member", "a manifest that names its tenant twice", .badManifest) { draft in
                draft.manifestBytes = { replace(&$0, ",\"tenant\"", ",\"tenant\":\"x\",\"tenant\"") }
            },
            unopenable("manifest-version-2", "a manifest of format version 2", .badManifest) { draft in
                draft.manifestBytes = { replace(&$0, "\"formatVersion\":1", "\"formatVersion\":2") }
            },
            unopenable("manifest-negative-count", "a section with minus one lines", .badManifest) { draft in
                draft.manifestBytes = { replace(&$0, "\"count\":1", "\"count\":-1") }
            },
            unopenable("manifest-huge-count", "a section with more lines than any number type holds", .badManifest) { draft in
                draft.manifestBytes = { replace(&$0, "\"count\":1", "\"count\":99999999999999999999") }
            },
            unopenable("manifest-not-json", "a manifest that is not JSON", .badManifest) {
                $0.manifestBytes = { $0 = Array("manifest".utf8) }
            },
            unopenable("manifest-empty", "an empty manifest", .badManifest) { $0.manifestBytes = { $0 = [] } },
            unopenable("manifest-too-long", "a manifest beyond the limit", .badManifest) {
                $0.manifestBytes = { $0 += [UInt8](repeating: 0x20, count: BundleLimits.standard.manifestBytes) }
            },
            unopenable("manifest-length-largest", "a manifest's length of 2^32 - 1", .badManifest) {
                $0.plaintext = { $0.replaceSubrange(0..<4, with: [0xFF, 0xFF, 0xFF, 0xFF]) }
            },
            unopenable("manifest-length-too-long", "a manifest that would reach beyond the body", .badManifest) {
                $0.plaintext = { $0.replaceSubrange(0..<4, with: [0, 0, 0x0F, 0xFF]) }
            },
            unopenable("plaintext-of-one-byte", "a body of one byte", .badManifest) { $0.plaintext = { $0 = [0] } },
            unopenable("section-missing", "a manifest without coverage", .badManifest) { $0.manifest = { $0.sections.removeLast() } },
            unopenable("section-unknown", "a section that nobody knows", .badManifest) {
                $0.manifest = { $0.sections[1].name = "secrets" }
            },
            unopenable("section-order", "coverage in front of records", .badManifest) { $0.manifest = { $0.sections.reverse() } },
            unopenable("section-twice", "two sections of records", .badManifest) { $0.manifest = { $0.sections[1].name = "records" } },
            unopenable("section-beyond-body", "a section that would reach beyond the body", .badManifest) {
                $0.manifest = { $0.sections[1].compressedSize += 1 }
            },
            unopenable("section-size-overflow", "compressed sizes whose sum does not fit 64 bits", .badManifest) {
                $0.manifest = {
                    $0.sections[0].compressedSize = .max
                    $0.sections[1].compressedSize = .max
                }
            },
            unopenable("bytes-behind-sections", "bytes behind the last section", .badManifest) { $0.plaintext = { $0.append(0) } },
        ]
    }

    static var sections: [BundleCase] {
        [
            unopenable("section-wrong-digest", "another digest in the manifest", .sectionMismatch) {
                $0.manifest = { $0.sections[0].sha256[0] ^= 1 }
            },
            unopenable("section-wrong-count", "one more line in the manifest than there is", .sectionMismatch) {
                $0.manifest = { $0.sections[0].count += 1 }
            },
            unopenable("section-fewer-lines", "fewer lines in the manifest than there are", .sectionMismatch) {
                $0.manifest = { $0.sections[0].count = 0 }
            },
            unopenable("section-wrong-size", "a larger size in the manifest", .sectionMismatch) {
                $0.manifest = { $0.sections[0].size += 1 }
            },
            unopenable("section-smaller-size", "a smaller size in the manifest", .sectionMismatch) {
                $0.manifest = { $0.sections[0].size -= 1 }
            },
            unopenable("section-not-zstd", "a section that is not compressed", .badCompression) {
                let line = try SectionLines.line(record("get-account-summary", [:]))
                $0.records = DraftSection("records", content: line, compressed: line)
            },
            unopenable("section-empty-bytes", "a section without a single byte", .badCompression) {
                $0.records = DraftSection("records", content: [], compressed: [])
            },
            unopenable("frame-cut", "a zstd frame that ends too early", .badCompression) {
                $0.records = DraftSection(
                    "records", content: line, compressed: Array(HandmadeFrame.frame(blocks: HandmadeFrame.raw(line)).dropLast()))
            },
            unopenable("frame-twice", "two zstd frames", .badCompression) {
                let frame = HandmadeFrame.frame(blocks: HandmadeFrame.raw(line))
                $0.records = DraftSection("records", content: line + line, compressed: frame + frame)
            },
            unopenable("frame-skippable-first", "a skippable frame in front", .badCompression) {
                let frame: [UInt8] =
                    [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4] + HandmadeFrame.frame(blocks: HandmadeFrame.raw(line))
                $0.records = DraftSection("records", content: line, compressed: frame)
            },
            unopenable("frame-skippable-last", "a skippable frame behind", .badCompression) {
                let frame: [UInt8] = HandmadeFrame.frame(blocks: HandmadeFrame.raw(line)) + [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]
                $0.records = DraftSection("records", content: line, compressed: frame)
            },
            unopenable("frame-dictionary", "a zstd frame that wants a dictionary", .badCompression) {
                $0.records = DraftSection(
                    "records", content: line, compressed: HandmadeFrame.frame(dictionary: 7, blocks: HandmadeFrame.raw(line)))
            },
            unopenable("frame-reserved-block", "a zstd block of the reserved type", .badCompression) {
                $0.records = DraftSection("records", content: line, compressed: HandmadeFrame.frame(blocks: [0x07, 0, 0]))
            },
            unopenable("frame-window-too-large", "a zstd frame with a window of 128 MiB", .windowTooLarge) {
                $0.records = DraftSection(
                    "records", content: line, compressed: HandmadeFrame.frame(windowLog: 27, blocks: HandmadeFrame.raw(line)))
            },
            unopenable("frame-window-largest", "a zstd frame with a window of 2 TiB", .windowTooLarge) {
                $0.records = DraftSection(
                    "records", content: line, compressed: HandmadeFrame.frame(windowLog: 41, blocks: HandmadeFrame.raw(line)))
            },
            unopenable("bomb", "2 KiB that decompress to 64 MiB, which the manifest says", .ratioTooHigh) { draft in
                draft.records = bomb(blocks: 512)
            },
            unopenable("bomb-that-lies", "2 KiB that decompress to 64 MiB, while the manifest says 100 bytes", .sectionMismatch) { draft in
                draft.records = bomb(blocks: 512)
                draft.manifest = { $0.sections[0].size = 100 }
            },
            unopenable(
                "bomb-absolute", "a section beyond the limit of all sections together", .decompressedTooLarge,
                limits: VectorLimits(decompressedBytes: 100)
            ) { draft in
                draft.manifest = { $0.sections[0].size = 101 }
            },
            unopenable("bomb-sum", "two sections that are only together beyond the limit", .decompressedTooLarge) { draft in
                draft.manifest = {
                    $0.sections[0].size = 600 << 20
                    $0.sections[0].compressedSize = 4 << 20
                    $0.sections[1].size = 600 << 20
                    $0.sections[1].compressedSize = 4 << 20
                }
            },
            unopenable("bomb-overflow", "sizes whose sum does not fit 64 bits", .decompressedTooLarge) { draft in
                draft.manifest = {
                    $0.sections[0].size = .max
                    $0.sections[1].size = .max
                }
            },
            unopenable("too-many-records", "more lines than a section may have", .tooManyRecords, limits: VectorLimits(records: 2)) {
                draft in
                draft.manifest = { $0.sections[0].count = 3 }
            },
        ]
    }

    static var lines: [BundleCase] {
        [
            unopenable("line-without-newline", "a last line without its newline", .sectionMismatch) {
                $0.records = DraftSection(
                    "records", content: Array(line.dropLast()),
                    compressed: HandmadeFrame.frame(blocks: HandmadeFrame.raw(Array(line.dropLast()))))
            },
            unopenable("line-empty", "an empty line", .badRecord) { $0.records = raw([0x0A]) },
            valid("line-carriage-return", "a carriage return in front of the newline: JSON reads it as space", records: 1) {
                $0.records = raw(line.dropLast() + [0x0D, 0x0A])
            },
            unopenable("line-too-deep", "JSON nested too deep", .recordTooDeep) {
                $0.records = raw(text(#"{"service":"iam","operation":"x","payload":"# + String(repeating: "[", count: 5000)))
            },
            unopenable("line-invalid-utf8", "invalid UTF-8", .invalidUTF8) {
                $0.records = raw(Array(#"{"service":"iam","operation":"x","payload":""#.utf8) + [0xFF] + Array("\"}\n".utf8))
            },
            unopenable("line-string-too-long", "a string beyond the limit", .stringTooLong, limits: VectorLimits(stringBytes: 64)) {
                $0.records = raw(text(#"{"service":"iam","operation":"x","payload":"\#(String(repeating: "a", count: 65))"}"#))
            },
            unopenable("line-too-large", "a line beyond the limit", .recordTooLarge, limits: VectorLimits(recordBytes: 64)) {
                $0.records = raw(text(#"{"service":"iam","operation":"x","payload":"\#(String(repeating: "a", count: 65))"}"#))
            },
            unopenable("line-not-a-record", "a line that is another message", .badRecord) { $0.records = raw(text(#"{"bundle":"x"}"#)) },
            unopenable("line-coverage-broken", "a broken line of coverage behind good records", .badRecord) {
                let content = text(#"{"service":"s3","operation":"list-buckets","outcome":"fine"}"#)
                $0.coverage = DraftSection(
                    "coverage", content: content, compressed: HandmadeFrame.frame(blocks: HandmadeFrame.raw(content)))
            },
        ]
    }

    private static let line = text(#"{"operation":"get-account-summary","payload":{},"service":"iam"}"#)

    private static func text(_ line: String) -> [UInt8] { Array(line.utf8) + [0x0A] }
    private static func raw(_ content: [UInt8]) -> DraftSection {
        DraftSection("records", content: content, compressed: HandmadeFrame.frame(blocks: HandmadeFrame.raw(content)))
    }
    private static func bomb(blocks: Int) -> DraftSection {
        var section = DraftSection(
            "records", content: [], compressed: HandmadeFrame.frame(blocks: HandmadeFrame.repeated(0x0A, blocks: blocks)))
        section.entry.size = blocks * (128 << 10)
        section.entry.count = 1_000_000
        return section
    }
    private static func mismatch(_ name: String, _ description: String, _ edit: @escaping (inout BundleManifest) -> Void) -> BundleCase {
        unopenable(name, description, .manifestMismatch) { $0.manifest = edit }
    }
    private static func replace(_ bytes: inout [UInt8], _ old: String, _ new: String) {
        let old = Array(old.utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: old) }) else {
            preconditionFailure("no \(old) in the manifest")
        }
        bytes.replaceSubrange(start..<start + old.count, with: Array(new.utf8))
    }
}
