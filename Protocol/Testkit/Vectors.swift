import Basics
import CloudModel
import Crypto
import FoundationEssentials
import WireProtocol

/// Bounds that a vector lowers, so that its file can stay small. What is absent is as in format version 1.
struct VectorLimits: Codable {
    var decompressedBytes: Int?
    var records: Int?
    var recordBytes: Int?
    var depth: Int?
    var stringBytes: Int?

    var limits: BundleLimits {
        let standard = BundleLimits.standard
        return BundleLimits(
            decompressedBytes: decompressedBytes ?? standard.decompressedBytes, records: records ?? standard.records,
            recordBytes: recordBytes ?? standard.recordBytes, depth: depth ?? standard.depth,
            stringBytes: stringBytes ?? standard.stringBytes)
    }
}

/// What the store knows when a bundle comes in. `upload.md#replay`.
struct VectorReplay: Codable {
    struct Known: Codable {
        var bundle: BundleID
        var epoch: UInt64
        var sequence: UInt64
        /// Hexadecimal; absent when these are the very bytes of this vector.
        var sha256: String?
    }
    var epoch: UInt64
    var highestSequence: UInt64?
    var known: Known?
    /// What becomes of it: a word of `ReplayVerdict`.
    var expect: String
}

/// One file of `Protocol/Vectors/bundle`: a sealed bundle and what must be said of it.
struct BundleVector: Codable {
    var name: String
    var description: String
    /// `ok`, or the code with which opening ends.
    var expect: String
    /// `ok`, or the code with which the check of the envelope ends, which has no secret and knows nobody's identity.
    var envelope: String
    /// Whose bundle it must be.
    var tenant: TenantID
    var environment: EnvironmentID
    var agent: AgentID
    /// The agent's public key, X9.63 uncompressed, base64.
    var agentKey: String
    /// The tenant's private sealing key, base64.
    var sealingKey: String
    /// A content key that is used in place of the unwrapped one, base64.
    var contentKey: String?
    var limits: VectorLimits?
    var replay: VectorReplay?
    /// When `ok`: how many records and coverage entries there are.
    var records: Int?
    var coverage: Int?
    /// Of a bundle of format version 2: what is beside it, a batch of blocks, base64.
    var blocks: String?
    /// The bundle, base64.
    var bundle: String
}

/// One file of `Protocol/Vectors/records`: one line of a section, and what must be said of it.
struct LineVector: Codable {
    var name: String
    var description: String
    /// `ok`, or the code with which reading ends.
    var expect: String
    /// `records` or `coverage`.
    var section: String
    var limits: VectorLimits?
    /// The line without its newline, base64.
    var line: String
}

/// Says how this implementation's answer differs from what a vector expects; nothing when it does not.
enum VectorCheck {
    static func differences(_ vector: BundleVector) -> [String] {
        guard let bytes = Data(base64Encoded: vector.bundle).map(Array.init), let agentKeyBytes = Data(base64Encoded: vector.agentKey),
            let sealingKeyBytes = Data(base64Encoded: vector.sealingKey),
            let agentKey = try? P256.Signing.PublicKey(x963Representation: agentKeyBytes),
            let sealingKey = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: sealingKeyBytes)
        else { return ["the vector itself cannot be read"] }
        let limits = vector.limits?.limits ?? .standard
        let agent = AgentName(tenant: vector.tenant, environment: vector.environment, agent: vector.agent)
        var differences: [String] = []

        let (envelope, envelopeCode) = outcome { () throws(BundleError) in
            var verifier = EnvelopeVerifier(limits: limits)
            var rest = bytes[...]
            while !rest.isEmpty {
                try verifier.update(rest.prefix(1000))
                rest = rest.dropFirst(1000)
            }
            return try verifier.finish(agentKey: agentKey)
        }
        if envelopeCode != vector.envelope { differences.append("envelope: expected \(vector.envelope), got \(envelopeCode)") }

        let batch = vector.blocks.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
        let blocks = SealedBlock.ranges(inBatch: batch)?.map { SealedBlock(id: $0.id, bytes: Array(batch[$0.range])) } ?? []
        let (opened, code) = outcome { () throws(BundleError) in
            if let text = vector.contentKey {
                let key = SymmetricKey(data: Data(base64Encoded: text) ?? Data())
                return try BundleOpener.open(bytes, blocks: blocks, contentKey: key, expecting: agent, agentKey: agentKey, limits: limits)
            }
            return try BundleOpener.open(
                bytes, blocks: blocks, sealingKey: sealingKey, expecting: agent, agentKey: agentKey, limits: limits)
        }
        if code != vector.expect { differences.append("expected \(vector.expect), got \(code)") }
        if let opened {
            let counts = (opened.collection.records.count, opened.collection.coverage.count)
            if counts != (vector.records ?? 0, vector.coverage ?? 0) {
                differences.append("holds \(counts.0) records and \(counts.1) entries")
            }
        }
        if let replay = vector.replay, let envelope { differences += self.differences(replay, envelope) }
        return differences
    }

    private static func differences(_ replay: VectorReplay, _ envelope: VerifiedEnvelope) -> [String] {
        let identity = envelope.header.identity
        let candidate = BundlePosition(
            bundle: identity.bundle, epoch: identity.epoch, sequence: identity.sequence, sha256: envelope.sha256)
        let known = replay.known.map { known in
            BundlePosition(
                bundle: known.bundle, epoch: known.epoch, sequence: known.sequence,
                sha256: known.sha256.flatMap(Hex.decode) ?? envelope.sha256)
        }
        let verdict = ReplayGuard.judge(candidate, known: known, epoch: replay.epoch, highestSequence: replay.highestSequence)
        return verdict.rawValue == replay.expect ? [] : ["replay: expected \(replay.expect), got \(verdict)"]
    }

    static func differences(_ vector: LineVector) -> [String] {
        guard let line = Data(base64Encoded: vector.line).map(Array.init) else { return ["the vector itself cannot be read"] }
        let limits = vector.limits?.limits ?? .standard
        let code: String
        switch vector.section {
        case "records": code = outcome { () throws(BundleError) in try SectionLines.record(line, limits: limits) }.1
        case "coverage": code = outcome { () throws(BundleError) in try SectionLines.coverage(line, limits: limits) }.1
        default: return ["no section \(vector.section)"]
        }
        return code == vector.expect ? [] : ["expected \(vector.expect), got \(code)"]
    }

    private static func outcome<Value>(_ body: () throws(BundleError) -> Value) -> (Value?, String) {
        do throws(BundleError) { return (try body(), "ok") } catch { return (nil, "bundle.\(error.code.rawValue)") }
    }
}
