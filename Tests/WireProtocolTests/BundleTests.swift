import Basics
import CloudModel
import Crypto
import Testing

@testable import WireProtocol

/// Keys and an identity to seal with.
struct Fixture {
    let signingKey = P256.Signing.PrivateKey()
    let sealingKey = Curve25519.KeyAgreement.PrivateKey()
    let agent = AgentName(tenant: .random(), environment: .random(), agent: .random())
    let record = CollectedRecord(
        account: "123456789012", service: "iam", operation: "get-account-summary", region: nil, resource: nil, time: "2026-01-02T03:04:05Z",
        payload: ["SummaryMap": ["Users": 3]])

    func seal(_ collection: CloudCollection, limits: BundleLimits = .standard) throws -> [UInt8] {
        let identity = BundleIdentity(
            agent: agent, bundle: .fresh(milliseconds: 1_790_000_000_000), epoch: 1, sequence: 7, createdAt: 1_790_000_000_000)
        return try BundleSealer.seal(
            collection, identity: identity, signingKey: signingKey, recipient: SealingKey(sealingKey.publicKey), limits: limits)
    }
    func seal(_ records: [CollectedRecord], limits: BundleLimits = .standard) throws -> [UInt8] {
        try seal(CloudCollection(records: records, coverage: []), limits: limits)
    }
    func open(_ bytes: [UInt8], limits: BundleLimits = .standard) throws -> VerifiedBundle {
        try BundleOpener.open(bytes, sealingKey: sealingKey, expecting: agent, agentKey: signingKey.publicKey, limits: limits)
    }
    func verify(_ bytes: [UInt8], piece: Int = 1000) throws -> VerifiedEnvelope {
        var verifier = EnvelopeVerifier()
        var rest = bytes[...]
        while !rest.isEmpty {
            try verifier.update(rest.prefix(piece))
            rest = rest.dropFirst(piece)
        }
        return try verifier.finish(agentKey: signingKey.publicKey)
    }
    func record(_ payload: JSONValue) -> CollectedRecord {
        var record = record
        record.payload = payload
        return record
    }
}

private func code(_ body: () throws -> Void) -> BundleError.Code? {
    do { try body() } catch { return (error as? BundleError)?.code }
    return nil
}

@Suite struct BundleTests {
    let fixture = Fixture()

    @Test func whatWasSealedIsOpened() throws {
        let coverage = CoverageEntry(
            account: "123456789012", service: "s3", operation: "list-buckets", outcome: .denied, code: "AccessDenied")
        let sealed = try fixture.seal(CloudCollection(records: [fixture.record], coverage: [coverage]))
        let opened = try fixture.open(sealed)
        #expect(opened.collection.records == [fixture.record])
        #expect(opened.collection.coverage == [coverage])
        #expect(opened.manifest.identity == opened.header.identity)
        #expect(opened.manifest.sections.map(\.count) == [1, 1])
    }

    @Test func theManifestCanBeProvenWithoutTheCiphertext() throws {
        let opened = try fixture.open(try fixture.seal([fixture.record]))
        let key = fixture.signingKey.publicKey
        #expect(BundleSignature.isValid(opened.manifestSignature, type: BundleSignature.manifestType, body: opened.manifestBytes, key: key))
        #expect(
            !BundleSignature.isValid(opened.manifestSignature, type: BundleSignature.envelopeType, body: opened.manifestBytes, key: key))
        let line = try SectionLines.line(fixture.record)
        #expect(opened.manifest.sections.first?.sha256 == Array(SHA256.hash(data: line)))
    }

    @Test func theContentKeyAloneOpensTheBundle() throws {
        let sealed = try fixture.seal([fixture.record])
        let key = try BundleHeader.read(sealed).unwrapContentKey(with: fixture.sealingKey)
        let opened = try BundleOpener.open(sealed, contentKey: key, expecting: fixture.agent, agentKey: fixture.signingKey.publicKey)
        #expect(opened.collection.records == [fixture.record])
    }

    @Test(arguments: [1, 7, 64, 268, 269, 270, 1000, 1 << 20])
    func theEnvelopeIsTheSameInPiecesOfAnySize(_ piece: Int) throws {
        let sealed = try fixture.seal([fixture.record])
        let envelope = try fixture.verify(sealed, piece: piece)
        #expect(envelope.header == (try BundleHeader.read(sealed)))
        #expect(envelope.size == sealed.count && envelope.size == envelope.header.bundleSize)
        #expect(envelope.sha256 == Array(SHA256.hash(data: sealed)))
        #expect(envelope.headerBytes == Array(sealed.prefix(BundleHeader.byteCount)))
    }

    @Test func manyRecordsOverManyChunksComeBackInOrder() throws {
        var generator = SystemRandomNumberGenerator()
        let records = (0..<3000).map { index in
            let noise = (0..<8).map { _ in String(UInt64.random(in: .min ... .max, using: &generator), radix: 36) }.joined()
            return CollectedRecord(
                account: "123456789012", service: "s3", operation: "get-bucket-policy", region: nil, resource: "bucket-\(index)", time: nil,
                payload: ["Policy": .string(noise)])
        }
        let sealed = try fixture.seal(records)
        #expect(sealed.count > 3 * 65536)
        #expect(try fixture.open(sealed).collection.records == records)
        _ = try fixture.verify(sealed)
    }

    @Test func twoSealingsOfTheSameShareNothingSecret() throws {
        let first = try fixture.seal([fixture.record])
        let second = try fixture.seal([fixture.record])
        #expect(first[157..<269] != second[157..<269])
        #expect(first[269..<400] != second[269..<400])
    }

    @Test func noBundleWithAChangedByteOpens() throws {
        let sealed = try fixture.seal([fixture.record])
        for index in sealed.indices {
            for bit: UInt8 in [0x01, 0x80] {
                var changed = sealed
                changed[index] ^= bit
                #expect(throws: BundleError.self, "byte \(index)") { try fixture.open(changed) }
                #expect(throws: BundleError.self, "byte \(index)") { try fixture.verify(changed) }
            }
        }
    }

    @Test func noCutBundleOpens() throws {
        let sealed = try fixture.seal([fixture.record])
        for count in sealed.indices {
            let cut = Array(sealed.prefix(count))
            #expect(code { _ = try fixture.open(cut) } == .truncated, "\(count) bytes")
            #expect(code { _ = try fixture.verify(cut) } == .truncated, "\(count) bytes")
        }
    }

    @Test func noBundleWithoutItsMiddleOpens() throws {
        let sealed = try fixture.seal([fixture.record])
        for index in sealed.indices {
            var changed = sealed
            changed.remove(at: index)
            #expect(throws: BundleError.self, "without byte \(index)") { try fixture.open(changed) }
            changed = sealed
            changed.insert(0, at: index)
            #expect(throws: BundleError.self, "with a byte before \(index)") { try fixture.open(changed) }
        }
    }

    @Test func noiseIsNoBundle() {
        var generator = SystemRandomNumberGenerator()
        for count in 0..<600 {
            var noise = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(throws: BundleError.self) { try fixture.open(noise) }
            noise.replaceSubrange(0..<min(12, count), with: Array("cldrybdl\0\u{1}\0\u{1}".utf8).prefix(count))
            #expect(throws: BundleError.self) { try fixture.open(noise) }
            #expect(throws: BundleError.self) { try fixture.verify(noise) }
        }
    }

    @Test func theLowerHalfIsTheOnlySignature() throws {
        for index in 0..<40 {
            let body = Array("message \(index)".utf8)
            let signature = try BundleSignature.sign(type: "t", body: body, with: fixture.signingKey)
            #expect(BundleSignature.isValid(signature, type: "t", body: body, key: fixture.signingKey.publicKey))
            let other = BundleSignature.mirrored(signature)
            let plain = try P256.Signing.ECDSASignature(rawRepresentation: other)
            let encoded = BundleSignature.preAuthenticationEncoding(type: "t", body: body)
            #expect(fixture.signingKey.publicKey.isValidSignature(plain, for: encoded), "the mirrored one is a valid signature")
            #expect(!BundleSignature.isValid(other, type: "t", body: body, key: fixture.signingKey.publicKey), "and refused all the same")
        }
    }

    @Test func theEncodingBeforeSigningIsThatOfDSSE() {
        // The example of DSSE's protocol.md.
        let encoded = BundleSignature.preAuthenticationEncoding(type: "http://example.com/HelloWorld", body: Array("hello world".utf8))
        #expect(String(decoding: encoded, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    }
}

@Suite struct BundleLimitTests {
    let fixture = Fixture()

    private func sealing(_ records: [CollectedRecord], _ limits: BundleLimits) -> BundleError.Code? {
        code { _ = try fixture.seal(records, limits: limits) }
    }

    @Test func sealingRefusesWhatOpeningWould() {
        let record = fixture.record
        #expect(sealing([record, record], BundleLimits(records: 1)) == .tooManyRecords)
        #expect(sealing([record, record], BundleLimits(records: 2)) == nil)
        #expect(sealing([record], BundleLimits(recordBytes: 20)) == .recordTooLarge)
        #expect(sealing([record], BundleLimits(decompressedBytes: 100)) == .decompressedTooLarge)
        #expect(sealing([record], BundleLimits(plaintextBytes: 100)) == .tooLarge)
        #expect(sealing([record], BundleLimits(depth: 2)) == .recordTooDeep)
        #expect(sealing([record], BundleLimits(depth: 3)) == nil)
        #expect(sealing([fixture.record("aaaa")], BundleLimits(stringBytes: 30)) == nil)
        #expect(sealing([fixture.record(.string(String(repeating: "a", count: 31)))], BundleLimits(stringBytes: 30)) == .stringTooLong)
        #expect(
            sealing([fixture.record(.string(String(repeating: "a", count: 100_000)))], BundleLimits(ratio: 2, ratioAllowance: 1))
                == .ratioTooHigh)
        #expect(sealing([fixture.record(.number("NaN"))], .standard) == .badRecord)
        #expect(sealing([fixture.record(.number("1,2"))], .standard) == .badRecord)
    }

    @Test func depthMeansTheSameToBoth() throws {
        var value: JSONValue = 1
        for _ in 0..<BundleLimits.standard.depth - 1 { value = [value] }
        #expect(try fixture.open(try fixture.seal([fixture.record(value)])).collection.records == [fixture.record(value)])
        #expect(sealing([fixture.record([value])], .standard) == .recordTooDeep)
    }

    @Test func stricterLimitsOfTheOpenerAreHeldTo() throws {
        let sealed = try fixture.seal([fixture.record, fixture.record])
        func opening(_ limits: BundleLimits) -> BundleError.Code? { code { _ = try fixture.open(sealed, limits: limits) } }
        #expect(opening(.standard) == nil)
        #expect(opening(BundleLimits(plaintextBytes: 100)) == .tooLarge)
        #expect(opening(BundleLimits(manifestBytes: 100)) == .badManifest)
        #expect(opening(BundleLimits(decompressedBytes: 100)) == .decompressedTooLarge)
        #expect(opening(BundleLimits(records: 1)) == .tooManyRecords)
        #expect(opening(BundleLimits(recordBytes: 20)) == .recordTooLarge)
        #expect(opening(BundleLimits(depth: 2)) == .recordTooDeep)
        #expect(opening(BundleLimits(stringBytes: 4)) == .stringTooLong)
        #expect(opening(BundleLimits(ratio: 0, ratioAllowance: 10)) == .ratioTooHigh)
        #expect(opening(BundleLimits(windowLog: 10)) == .windowTooLarge)
    }

    @Test func aBundleOfTheLargestSizeHasNoOverflow() {
        #expect(BundleLimits.standard.bundleBytes == 269 + (512 << 20) + 8192 * 16 + 64)
        #expect(BundleLayout.ciphertextSize(plaintext: 1) == 17)
        #expect(BundleLayout.ciphertextSize(plaintext: 65536) == 65552)
        #expect(BundleLayout.ciphertextSize(plaintext: 65537) == 65537 + 32)
    }

    @Test func anIdentityThatNobodyWouldAcceptIsNotSealed() {
        let good = BundleIdentity(agent: fixture.agent, bundle: .fresh(milliseconds: 1), epoch: 1, sequence: 1, createdAt: 1)
        func sealing(_ edit: (inout BundleIdentity) -> Void) -> BundleError.Code? {
            var identity = good
            edit(&identity)
            return code {
                _ = try BundleSealer.seal(
                    CloudCollection(records: [], coverage: []), identity: identity, signingKey: fixture.signingKey,
                    recipient: SealingKey(fixture.sealingKey.publicKey))
            }
        }
        #expect(sealing { _ in } == nil)
        #expect(sealing { $0.bundle = .random() } == .badHeader)
        #expect(sealing { $0.epoch = 0 } == .badHeader)
        #expect(sealing { $0.sequence = 1 << 53 } == .badHeader)
        #expect(sealing { $0.createdAt = 0 } == .badHeader)
    }

    @Test func namesThatCouldLeaveTheirPlaceAreNotSealed() {
        var record = fixture.record
        record.service = "../iam"
        #expect(sealing([record], .standard) == .badRecord)
        record = fixture.record
        record.operation = "a.b"
        #expect(sealing([record], .standard) == .badRecord)
        record = fixture.record
        record.region = "eu west"
        #expect(sealing([record], .standard) == .badRecord)
        record = fixture.record
        record.time = "2026-01-02 03:04:05"
        #expect(sealing([record], .standard) == .badRecord)
        record.time = "2026-01-02T03:04:05.5Z"
        #expect(sealing([record], .standard) == nil)
        record.time = "2026-01-02T03:04:05+00:00"
        #expect(sealing([record], .standard) == nil)
    }
}
