import Basics
import CloudModel
import Crypto
import FoundationEssentials
import WireProtocol

/// The keys and names of all vectors. They open nothing else.
enum Cast {
    static let agentKey = signingKey("agent")
    static let otherAgentKey = signingKey("other agent")
    static let sealingKey = agreementKey("tenant")
    static let otherSealingKey = agreementKey("other tenant")
    static let agent = AgentName(tenant: id("tenant"), environment: id("environment"), agent: id("agent"))
    static let otherAgent = AgentName(tenant: id("other tenant"), environment: id("other environment"), agent: id("other agent"))
    static let contentKey = SymmetricKey(data: digest("content key"))

    static func bundle(_ name: String) -> BundleID {
        var bytes = Array(digest("bundle \(name)").prefix(16))
        bytes.replaceSubrange(0..<6, with: [0x01, 0xA0, 0xC4, 0x5B, 0x4C, 0x00])
        bytes[6] = 0x70 | bytes[6] & 0x0F
        bytes[8] = 0x80 | bytes[8] & 0x3F
        return known(BundleID(bytes: bytes))
    }

    static func digest(_ name: String) -> [UInt8] { Array(SHA256.hash(data: Array("cloudryption vectors: \(name)".utf8))) }

    /// Letters and digits that look random and are the same in each run.
    static func noise(_ count: Int) -> String {
        var text = ""
        var index = 0
        while text.utf8.count < count {
            text += Data(digest("noise \(index)")).base64EncodedString().filter { $0.isLetter || $0.isNumber }
            index += 1
        }
        return String(text.prefix(count))
    }

    private static func id<Kind>(_ name: String) -> Identifier<Kind> {
        var bytes = Array(digest(name).prefix(16))
        bytes[6] = 0x40 | bytes[6] & 0x0F
        bytes[8] = 0x80 | bytes[8] & 0x3F
        return known(Identifier(bytes: bytes))
    }
    private static func signingKey(_ name: String) -> P256.Signing.PrivateKey {
        known(try? P256.Signing.PrivateKey(rawRepresentation: digest("signing key of \(name)")))
    }
    private static func agreementKey(_ name: String) -> Curve25519.KeyAgreement.PrivateKey {
        known(try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: digest("sealing key of \(name)")))
    }
    /// Constants that are known to be right; this program reads nothing foreign here.
    private static func known<Value>(_ value: Value?) -> Value {
        guard let value else { preconditionFailure("a constant of the vectors is wrong") }
        return value
    }
}

/// One section as a draft has it: what the manifest will say, and what the body will hold.
struct DraftSection {
    var entry: BundleManifest.Section
    var compressed: [UInt8]

    /// Lines, each of which gets its newline, compressed as sealing does.
    init(_ name: String, lines: [[UInt8]]) throws {
        let writer = try SectionWriter(name: name)
        for line in lines { try writer.append(line + [0x0A]) }
        (entry, compressed) = try writer.finish()
    }

    /// Content compressed as given.
    init(_ name: String, content: [UInt8], compressed: [UInt8]) {
        entry = BundleManifest.Section(
            name: name, count: content.count { $0 == 0x0A }, size: content.count, compressedSize: compressed.count,
            sha256: Array(SHA256.hash(data: content)))
        self.compressed = compressed
    }
}

/// A bundle in the making, with a hook at every stage: how malformed ones are made that are otherwise right, signatures included.
struct Draft {
    var identity: BundleIdentity
    var records: DraftSection
    var coverage: DraftSection
    /// Of format version 2: what stands in the body in place of the records.
    var inBlocks: (list: DraftSection, times: DraftSection)?
    var recipient = Cast.sealingKey
    var trailerKey = Cast.agentKey
    var manifestKey = Cast.agentKey
    /// Changes the manifest before it is encoded and signed.
    var manifest: (inout BundleManifest) -> Void = { _ in }
    /// Changes the manifest's bytes before they are signed.
    var manifestBytes: (inout [UInt8]) -> Void = { _ in }
    /// Signs the manifest.
    var manifestType = BundleSignature.manifestType
    /// Changes the body's plaintext.
    var plaintext: (inout [UInt8]) -> Void = { _ in }
    /// Changes the header's first part before the key is wrapped.
    var fields: (inout BundleFields) -> Void = { _ in }
    /// Changes the finished header before the body is encrypted.
    var header: (inout [UInt8]) -> Void = { _ in }
    /// Changes header and ciphertext before the trailer signs them.
    var unsigned: (inout [UInt8], inout [UInt8]) throws -> Void = { _, _ in }
    /// Signs the trailer.
    var trailerType = BundleSignature.envelopeType
    /// Changes the finished bundle.
    var finished: (inout [UInt8]) -> Void = { _ in }

    init(_ name: String, records: [CollectedRecord] = [], coverage: [CoverageEntry] = []) throws {
        identity = BundleIdentity(agent: Cast.agent, bundle: Cast.bundle(name), epoch: 3, sequence: 41, createdAt: 1_790_000_000_000)
        self.records = try DraftSection("records", lines: records.map { Array(try SectionLines.line($0).dropLast()) })
        self.coverage = try DraftSection("coverage", lines: coverage.map { Array(try SectionLines.line($0).dropLast()) })
    }

    func make() throws -> [UInt8] {
        let keyDigest = BundleSignature.keyDigest(trailerKey.publicKey)
        let sealingKey = SealingKey(recipient.publicKey)
        let inside = (inBlocks.map { [$0.list, $0.times] } ?? [records]) + [coverage]
        var manifest = BundleManifest(
            version: inBlocks == nil ? 1 : 2, identity: identity, agentKeyDigest: keyDigest, recipient: sealingKey.id,
            sections: [records.entry] + inside.filter { $0.entry.name != "records" }.map(\.entry))
        self.manifest(&manifest)
        var manifestBytes = manifest.bytes
        self.manifestBytes(&manifestBytes)
        let signature = try BundleSignature.sign(type: manifestType, body: manifestBytes, with: manifestKey)
        var plaintext = BundleBody.plaintext(
            manifest: manifestBytes, signature: signature, sections: inside.map(\.compressed))
        self.plaintext(&plaintext)
        var fields = BundleFields(
            identity: identity, agentKeyDigest: keyDigest, recipient: Hex.decode(sealingKey.id) ?? [],
            plaintextSize: UInt64(plaintext.count))
        if inBlocks != nil { fields.version = BundleFields.versionInBlocks }
        self.fields(&fields)
        var header = try BundleSealer.header(fields: fields.bytes, contentKey: Cast.contentKey, recipient: sealingKey)
        self.header(&header)
        var ciphertext = try BundleBody.encrypt(plaintext, contentKey: Cast.contentKey, header: header)
        try unsigned(&header, &ciphertext)
        var bundle = header + ciphertext
        bundle += try BundleSignature.sign(type: trailerType, body: header + Array(SHA256.hash(data: ciphertext)), with: trailerKey)
        finished(&bundle)
        return bundle
    }
}

/// zstd frames made by hand (RFC 8878 §3.1.1).
enum HandmadeFrame {
    static func frame(windowLog: Int = 20, dictionary: UInt8? = nil, blocks: [UInt8]) -> [UInt8] {
        [0x28, 0xB5, 0x2F, 0xFD, dictionary == nil ? 0 : 1, UInt8((windowLog - 10) << 3)] + (dictionary.map { [$0] } ?? []) + blocks
    }
    /// Blocks that hold `content` as it is.
    static func raw(_ content: [UInt8]) -> [UInt8] {
        var blocks: [UInt8] = []
        var rest = content[...]
        repeat {
            let block = rest.prefix(128 << 10)
            rest = rest.dropFirst(block.count)
            blocks += blockHeader(isLast: rest.isEmpty, type: 0, size: block.count) + block
        } while !rest.isEmpty
        return blocks
    }
    /// `count` blocks of 128 KiB of one byte each.
    static func repeated(_ byte: UInt8, blocks count: Int) -> [UInt8] {
        (0..<count).flatMap { blockHeader(isLast: $0 == count - 1, type: 1, size: 128 << 10) + [byte] }
    }
    private static func blockHeader(isLast: Bool, type: Int, size: Int) -> [UInt8] {
        let value = (isLast ? 1 : 0) | type << 1 | size << 3
        return [UInt8(value & 255), UInt8(value >> 8 & 255), UInt8(value >> 16 & 255)]
    }
}
