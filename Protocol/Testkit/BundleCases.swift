import Basics
import CloudModel
import Crypto
import FoundationEssentials
import WireProtocol

/// One vector of a bundle, and how it is made.
struct BundleCase {
    var name: String
    var description: String
    var expect: String
    /// What the envelope's check says; nearly always `ok` or what opening says too.
    var envelope: String
    var contentKey: [UInt8]?
    var limits: VectorLimits?
    var replay: VectorReplay?
    var counts = (records: 0, coverage: 0)
    /// Beside a bundle of format version 2.
    var blocks: [SealedBlock]?
    var make: () throws -> [UInt8]

    /// Refused already by the check of the envelope.
    static func refused(_ name: String, _ description: String, _ code: BundleError.Code, _ edit: @escaping (inout Draft) throws -> Void)
        -> Self
    {
        Self(name: name, description: description, expect: "bundle.\(code.rawValue)", envelope: "bundle.\(code.rawValue)") {
            try draft(name, edit)
        }
    }
    /// In order as far as anybody can see who cannot open it.
    static func unopenable(
        _ name: String, _ description: String, _ code: BundleError.Code, limits: VectorLimits? = nil,
        _ edit: @escaping (inout Draft) throws -> Void
    ) -> Self {
        Self(name: name, description: description, expect: "bundle.\(code.rawValue)", envelope: "ok", limits: limits) {
            try draft(name, edit)
        }
    }
    /// Opens.
    static func valid(
        _ name: String, _ description: String, records: Int, coverage: Int = 0, replay: VectorReplay? = nil,
        _ edit: @escaping (inout Draft) throws -> Void
    ) -> Self {
        Self(name: name, description: description, expect: "ok", envelope: "ok", replay: replay, counts: (records, coverage)) {
            try draft(name, edit)
        }
    }
    fileprivate static func draft(_ name: String, _ edit: (inout Draft) throws -> Void) throws -> [UInt8] {
        var draft = try Draft(name, records: [record("get-account-summary", ["SummaryMap": ["Users": 3]])])
        try edit(&draft)
        return try draft.make()
    }

    static func record(_ operation: String, _ payload: JSONValue) -> CollectedRecord {
        CollectedRecord(
            account: "123456789012", service: "iam", operation: operation, region: nil, resource: nil, time: "2026-09-21T13:20:00Z",
            payload: payload)
    }

    func vector() throws -> BundleVector {
        BundleVector(
            name: name, description: description, expect: expect, envelope: envelope, tenant: Cast.agent.tenant,
            environment: Cast.agent.environment, agent: Cast.agent.agent,
            agentKey: Cast.agentKey.publicKey.x963Representation.base64EncodedString(),
            sealingKey: Cast.sealingKey.rawRepresentation.base64EncodedString(),
            contentKey: contentKey.map { Data($0).base64EncodedString() },
            limits: limits, replay: replay, records: expect == "ok" ? counts.records : nil,
            coverage: expect == "ok" ? counts.coverage : nil,
            blocks: blocks.map { Data($0.flatMap(\.batchBytes)).base64EncodedString() }, bundle: Data(try make()).base64EncodedString())
    }

    static var all: [BundleCase] { valid + headers + envelopes + keys + chunks + manifests + sections + lines + inBlocks }
}

extension BundleCase {
    private static let denied = CoverageEntry(
        account: "123456789012", service: "s3", operation: "list-buckets", outcome: .denied, code: "AccessDenied")

    static var valid: [BundleCase] {
        [
            valid("empty", "neither records nor coverage", records: 0) { $0.records = try DraftSection("records", lines: []) },
            valid("one-record", "one record", records: 1) { _ in },
            valid("record-and-coverage", "two records and a denied call", records: 2, coverage: 1) { draft in
                draft = try Draft(
                    "record-and-coverage",
                    records: [record("get-account-summary", [:]), record("get-credential-report", "user,arn\nroot,x\n")],
                    coverage: [denied])
            },
            valid("beyond-ascii", "a resource and a payload beyond ASCII", records: 1) { draft in
                let record = CollectedRecord(
                    account: nil, service: "lambda", operation: "get-policy", region: "eu-west-1", resource: "größe/🚀", time: nil,
                    payload: ["Policy": "e\u{301} \u{2028} \"\\"])
                draft = try Draft("beyond-ascii", records: [record])
            },
            valid("several-chunks", "a body of three chunks, the last one shorter", records: 1) {
                try fill(&$0, plaintext: 2 * 65536 + 1000)
            },
            valid("chunk-boundary", "a body of one chunk, full to the last byte", records: 1) { try fill(&$0, plaintext: 65536) },
            valid("chunk-boundary-and-one", "a body of a full chunk and one of a single byte", records: 1) {
                try fill(&$0, plaintext: 65537)
            },
            valid("largest-numbers", "epoch, sequence and time at 2^53 - 1", records: 1) {
                $0.identity.epoch = BundleIdentity.largestNumber
                $0.identity.sequence = BundleIdentity.largestNumber
                $0.identity.createdAt = BundleIdentity.largestNumber
            },
            valid(
                "next-in-sequence", "the number after the highest one", records: 1,
                replay: VectorReplay(epoch: 3, highestSequence: 40, expect: "accepted")
            ) { _ in },
            valid(
                "first-in-epoch", "the first of a new epoch may have any number", records: 1,
                replay: VectorReplay(epoch: 3, highestSequence: nil, expect: "accepted")
            ) { _ in },
            valid(
                "replayed-sequence", "a number that was used before, by another bundle", records: 1,
                replay: VectorReplay(epoch: 3, highestSequence: 41, expect: "replayed")
            ) { _ in },
            valid(
                "replayed-epoch", "from before the agent was enrolled again", records: 1,
                replay: VectorReplay(epoch: 4, highestSequence: nil, expect: "replayed")
            ) { _ in },
            valid(
                "unknown-epoch", "from an epoch that was never given out", records: 1,
                replay: VectorReplay(epoch: 2, highestSequence: 7, expect: "conflict")
            ) { _ in },
            valid(
                "already-known", "the very bytes that were accepted before", records: 1,
                replay: VectorReplay(
                    epoch: 3, highestSequence: 41,
                    known: .init(bundle: Cast.bundle("already-known"), epoch: 3, sequence: 41, sha256: nil), expect: "alreadyKnown")
            ) { _ in },
            valid(
                "conflicting-bundle", "other bytes were accepted under this identifier", records: 1,
                replay: VectorReplay(
                    epoch: 3, highestSequence: 40,
                    known: .init(
                        bundle: Cast.bundle("conflicting-bundle"), epoch: 3, sequence: 40, sha256: Hex.encode(Cast.digest("other bytes"))),
                    expect: "conflict")
            ) { _ in },
        ]
    }

    static var headers: [BundleCase] {
        [
            refused("bad-magic", "another first byte", .badMagic) { $0.fields = { $0.magic[0] ^= 1 } },
            refused("version-0", "format version 0", .unsupportedVersion) { $0.fields = { $0.version = 0 } },
            refused("version-3", "format version 3", .unsupportedVersion) { $0.fields = { $0.version = 3 } },
            refused("suite-0", "suite 0: there is no suite without cryptography", .unknownSuite) { $0.fields = { $0.suite = 0 } },
            refused("suite-2", "a suite that nobody knows", .unknownSuite) { $0.fields = { $0.suite = 2 } },
            refused("compression-0", "no compression", .unknownCompression) { $0.fields = { $0.compression = 0 } },
            refused("compression-2", "a compression that nobody knows", .unknownCompression) { $0.fields = { $0.compression = 2 } },
            refused("bundle-not-uuidv7", "a bundle identifier that is a UUIDv4", .badHeader) {
                if let id = BundleID("00000000-0000-4000-8000-000000000000") { $0.identity.bundle = id }
            },
            refused("bundle-wrong-variant", "a bundle identifier of another variant", .badHeader) {
                if let id = BundleID("00000000-0000-7000-0000-000000000000") { $0.identity.bundle = id }
            },
            refused("epoch-0", "epochs begin at 1", .badHeader) { $0.identity.epoch = 0 },
            refused("epoch-too-large", "an epoch of 2^53", .badHeader) { $0.identity.epoch = 1 << 53 },
            refused("sequence-0", "sequence numbers begin at 1", .badHeader) { $0.identity.sequence = 0 },
            refused("sequence-too-large", "the largest sequence number that 64 bits hold", .badHeader) { $0.identity.sequence = .max },
            refused("created-at-0", "no time", .badHeader) { $0.identity.createdAt = 0 },
            refused("plaintext-size-0", "an empty body", .badHeader) { $0.fields = { $0.plaintextSize = 0 } },
            refused("plaintext-size-above-limit", "a body one byte beyond the limit", .tooLarge) {
                $0.fields = { $0.plaintextSize = UInt64(BundleLimits.standard.plaintextBytes) + 1 }
            },
            refused("plaintext-size-largest", "the largest size that 64 bits hold: must not overflow", .tooLarge) {
                $0.fields = { $0.plaintextSize = .max }
            },
            refused("plaintext-size-sign-bit", "a size that is negative when read as signed", .tooLarge) {
                $0.fields = { $0.plaintextSize = 1 << 63 }
            },
            refused("no-bytes", "nothing at all", .truncated) { $0.finished = { $0 = [] } },
            refused("magic-only", "the magic and nothing else", .truncated) { $0.finished = { $0 = Array($0.prefix(8)) } },
            refused("header-cut", "a header without its last byte", .truncated) {
                $0.finished = { $0 = Array($0.prefix(BundleHeader.byteCount - 1)) }
            },
            refused("header-only", "a header and nothing else", .truncated) {
                $0.finished = { $0 = Array($0.prefix(BundleHeader.byteCount)) }
            },
        ]
    }

    static var envelopes: [BundleCase] {
        [
            refused("flipped-epoch", "a flipped bit in the header: epoch", .badSignature) { $0.finished = { $0[115] ^= 4 } },
            refused("flipped-sequence", "a flipped bit in the header: sequence", .badSignature) { $0.finished = { $0[123] ^= 2 } },
            refused("flipped-created-at", "a flipped bit in the header: time", .badSignature) { $0.finished = { $0[131] ^= 1 } },
            refused("flipped-bundle", "a flipped bit in the header: bundle identifier", .badSignature) { $0.finished = { $0[107] ^= 1 } },
            refused("flipped-recipient", "a flipped bit in the header: recipient", .badSignature) { $0.finished = { $0[132] ^= 1 } },
            refused("flipped-encapsulation", "a flipped bit in the header: encapsulated key", .badSignature) {
                $0.finished = { $0[157] ^= 1 }
            },
            refused("flipped-wrapped-key", "a flipped bit in the header: wrapped key", .badSignature) { $0.finished = { $0[189] ^= 1 } },
            refused("flipped-commitment", "a flipped bit in the header: commitment", .badSignature) { $0.finished = { $0[237] ^= 1 } },
            refused("flipped-agent-key", "a flipped bit in the header: digest of the agent's key", .wrongAgentKey) {
                $0.finished = { $0[60] ^= 1 }
            },
            Self(
                name: "flipped-tenant", description: "a flipped bit in the header: tenant", expect: "bundle.wrongTenant",
                envelope: "bundle.badSignature"
            ) {
                try draft("flipped-tenant") { $0.finished = { $0[12] ^= 1 } }
            },
            refused("flipped-size-up", "a size one larger than the body", .truncated) { $0.finished = { $0[156] &+= 1 } },
            refused("flipped-size-down", "a size one smaller than the body", .trailingBytes) { $0.finished = { $0[156] &-= 1 } },
            refused("flipped-first-chunk", "a flipped bit in the first chunk", .badSignature) {
                try fill(&$0, plaintext: 65536 + 100)
                $0.finished = { $0[BundleHeader.byteCount] ^= 1 }
            },
            refused("flipped-last-chunk", "a flipped bit in the last chunk", .badSignature) {
                try fill(&$0, plaintext: 65536 + 100)
                $0.finished = { $0[$0.count - 65 - 16] ^= 1 }
            },
            refused("flipped-tag", "a flipped bit in the last chunk's tag", .badSignature) { $0.finished = { $0[$0.count - 65] ^= 1 } },
            refused("flipped-trailer-r", "a flipped bit in the trailer's first half", .badSignature) {
                $0.finished = { $0[$0.count - 64] ^= 1 }
            },
            refused("flipped-trailer-s", "a flipped bit in the trailer's second half", .badSignature) {
                $0.finished = { $0[$0.count - 1] ^= 1 }
            },
            refused("trailer-zero", "a trailer of zeros", .badSignature) {
                $0.finished = { $0 = $0.dropLast(64) + [UInt8](repeating: 0, count: 64) }
            },
            refused("trailer-high-s", "the other valid signature for the same content: (r, n - s)", .badSignature) {
                $0.finished = { $0 = $0.dropLast(64) + BundleSignature.mirrored(Array($0.suffix(64))) }
            },
            refused("trailer-typed-as-manifest", "a trailer signed with the manifest's type", .badSignature) {
                $0.trailerType = BundleSignature.manifestType
            },
            refused("trailer-by-another-agent", "a trailer made with another agent's key", .badSignature) { draft in
                draft.finished = { bundle in
                    let header = Array(bundle.prefix(BundleHeader.byteCount))
                    let ciphertext = Array(bundle.dropFirst(BundleHeader.byteCount).dropLast(64))
                    if let signed = try? BundleSealer.sign(header: header, ciphertext: ciphertext, with: Cast.otherAgentKey) {
                        bundle = signed
                    }
                }
            },
            refused("another-agents-key", "all of it made with another agent's key, which the header names", .wrongAgentKey) {
                $0.trailerKey = Cast.otherAgentKey
                $0.manifestKey = Cast.otherAgentKey
            },
            refused("cut-in-body", "the end is missing", .truncated) { $0.finished = { $0 = Array($0.dropLast(100)) } },
            refused("missing-trailer", "the trailer is missing", .truncated) { $0.finished = { $0 = Array($0.dropLast(64)) } },
            refused("missing-final-chunk", "the final chunk is missing, the trailer is there", .truncated) {
                try fill(&$0, plaintext: 65536 + 100)
                $0.finished = { $0 = $0.dropLast(64 + 116) + $0.suffix(64) }
            },
            refused("byte-after-end", "one byte behind the trailer", .trailingBytes) { $0.finished = { $0.append(0) } },
            refused("chunk-after-final", "a chunk between the final one and the trailer", .trailingBytes) {
                $0.unsigned = { header, ciphertext in
                    let key = BundleKeys.chunkKey(Cast.contentKey, fields: Array(header.prefix(157)))
                    ciphertext += try BundleBody.encryptChunk(
                        [1, 2, 3], key: key, context: Array(SHA256.hash(data: header)), index: 1, isLast: true)
                }
            },
            unopenable("wrong-tenant-in-header", "a bundle of another tenant", .wrongTenant) {
                $0.identity.agent.tenant = Cast.otherAgent.tenant
            },
            unopenable("wrong-environment-in-header", "a bundle of another environment", .wrongEnvironment) {
                $0.identity.agent.environment = Cast.otherAgent.environment
            },
            unopenable("wrong-agent-in-header", "a bundle of another agent", .wrongAgent) {
                $0.identity.agent.agent = Cast.otherAgent.agent
            },
        ]
    }

    static var keys: [BundleCase] {
        [
            unopenable("wrong-recipient", "sealed to another tenant's key", .wrongRecipient) { $0.recipient = Cast.otherSealingKey },
            unopenable("wrong-recipient-named-as-ours", "sealed to another tenant's key, under the name of ours", .badKeyWrap) {
                let ours = Hex.decode(SealingKey(Cast.sealingKey.publicKey).id) ?? []
                $0.recipient = Cast.otherSealingKey
                $0.fields = { $0.recipient = ours }
            },
            unopenable("encapsulation-changed-before-signing", "another encapsulated key, signed", .badKeyWrap) {
                $0.header = { $0[157] ^= 1 }
            },
            unopenable("encapsulation-of-small-order", "an encapsulated key of small order, signed", .badKeyWrap) {
                $0.header = { $0.replaceSubrange(157..<189, with: [UInt8](repeating: 0, count: 32)) }
            },
            unopenable("wrapped-key-changed-before-signing", "another wrapped key, signed", .badKeyWrap) { $0.header = { $0[200] ^= 1 } },
            unopenable("sequence-changed-after-wrapping", "a sequence number that the wrapped key was not made for, signed", .badKeyWrap) {
                $0.header = { $0[123] = 42 }
            },
            unopenable("wrong-commitment", "a commitment to another key, signed", .badCommitment) { $0.header = { $0[237] ^= 1 } },
            Self(
                name: "wrong-content-key", description: "opened with another content key than the bundle's", expect: "bundle.badCommitment",
                envelope: "ok", contentKey: Cast.digest("another content key")
            ) { try draft("wrong-content-key") { _ in } },
        ]
    }

    static var chunks: [BundleCase] {
        [
            unopenable("chunk-changed-before-signing", "a flipped bit in the first chunk, signed", .badChunk) {
                $0.unsigned = { _, ciphertext in ciphertext[0] ^= 1 }
            },
            unopenable("last-chunk-changed-before-signing", "a flipped bit in the last of two chunks, signed", .badChunk) {
                try fill(&$0, plaintext: 65536 + 100)
                $0.unsigned = { _, ciphertext in ciphertext[65536 + 16] ^= 1 }
            },
            unopenable("tag-changed-before-signing", "a flipped bit in a tag, signed", .badChunk) {
                $0.unsigned = { _, ciphertext in ciphertext[ciphertext.count - 1] ^= 1 }
            },
            unopenable("chunks-swapped", "two full chunks in each other's place, signed", .badChunk) {
                try fill(&$0, plaintext: 2 * 65536)
                $0.unsigned = { _, ciphertext in
                    let size = 65536 + 16
                    ciphertext = Array(ciphertext[size...]) + Array(ciphertext[..<size])
                }
            },
            unopenable(
                "final-chunk-left-out", "ends with a chunk that is not marked as the final one; the header's size is right and signed",
                .badChunk
            ) {
                try fill(&$0, plaintext: 65536 + 100)
                $0.fields = { $0.plaintextSize = 65536 }
                $0.unsigned = { _, ciphertext in ciphertext = Array(ciphertext.prefix(65536 + 16)) }
            },
            unopenable("final-marker-too-early", "the first of two chunks is marked as the final one, signed", .badChunk) {
                try fill(&$0, plaintext: 65536 + 100)
                $0.unsigned = { header, ciphertext in
                    let key = BundleKeys.chunkKey(Cast.contentKey, fields: Array(header.prefix(157)))
                    let chunk = [UInt8](repeating: 0, count: 65536)
                    ciphertext.replaceSubrange(
                        0..<65536 + 16,
                        with: try BundleBody.encryptChunk(
                            chunk[...], key: key, context: Array(SHA256.hash(data: header)), index: 0, isLast: true))
                }
            },
            unopenable("chunk-of-another-header", "a chunk that was encrypted for another header, signed", .badChunk) {
                $0.unsigned = { header, ciphertext in
                    let key = BundleKeys.chunkKey(Cast.contentKey, fields: Array(header.prefix(157)))
                    let plaintext = [UInt8](repeating: 0, count: ciphertext.count - 16)
                    ciphertext = try BundleBody.encryptChunk(
                        plaintext[...], key: key, context: Array(SHA256.hash(data: header + [0])), index: 0, isLast: true)
                }
            },
        ]
    }

    /// Makes the draft's body just that long: one record with noise, stored in raw blocks.
    static func fill(_ draft: inout Draft, plaintext size: Int) throws {
        let overhead = try SectionLines.line(record("get-credential-report", "")).count
        // The manifest's length depends on the digits of the sizes in it, so this is found by trying.
        var length = size - 2000
        while true {
            let line = try SectionLines.line(record("get-credential-report", .string(Cast.noise(length))))
            precondition(line.count == overhead + length)
            let section = DraftSection("records", content: line, compressed: HandmadeFrame.frame(blocks: HandmadeFrame.raw(line)))
            let manifest = BundleManifest(
                identity: draft.identity, agentKeyDigest: BundleSignature.keyDigest(draft.trailerKey.publicKey),
                recipient: SealingKey(draft.recipient.publicKey).id, sections: [section.entry, draft.coverage.entry])
            let missing = size - (4 + manifest.bytes.count + 64 + section.compressed.count + draft.coverage.compressed.count)
            draft.records = section
            if missing == 0 { return }
            length += missing
        }
    }
}
