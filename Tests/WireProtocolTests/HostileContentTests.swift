import Basics
import CloudModel
import Crypto
import Testing

@testable import Testkit
@testable import WireProtocol

/// SplitMix64: the same changes in each run, so that a crash can be found again.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

extension [UInt8] {
    /// One to three changes: a bit, a byte, a cut, a doubled piece, an interesting number.
    fileprivate mutating func mutate(from start: Int = 0, using generator: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            guard count > start + 1 else { return }
            let index = Int.random(in: start..<count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: self[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: self[index] = UInt8.random(in: .min ... .max, using: &generator)
            case 2: self[index] = [0, 0xFF, 0x7F, 0x80, 0x22, 0x5C, 0x7B, 0x5B][Int.random(in: 0..<8, using: &generator)]
            case 3: remove(at: index)
            case 4: insert(contentsOf: self[index..<Swift.min(count, index + 9)], at: index)
            default: removeSubrange(index..<Swift.min(count, index + Int.random(in: 1...20, using: &generator)))
            }
        }
    }
}

/// What an agent could send that holds its key and means harm: everything is signed and sealed as it should be, and the content is not.
@Suite struct HostileContentTests {
    private func open(_ bundle: [UInt8]) throws -> VerifiedBundle {
        try BundleOpener.open(bundle, sealingKey: Cast.sealingKey, expecting: Cast.agent, agentKey: Cast.agentKey.publicKey)
    }

    private func draft() throws -> Draft {
        try Draft(
            "hostile",
            records: [
                BundleCase.record(
                    "get-account-summary", ["SummaryMap": ["Users": 3, "Text": "ä\n\u{1F680}", "List": [1, .number("2.5"), true, .null]]])
            ],
            coverage: [CoverageEntry(service: "s3", operation: "list-buckets", outcome: .denied, code: "AccessDenied")])
    }

    @Test func noChangedManifestOpens() throws {
        var generator = SeededGenerator(state: 1)
        for round in 0..<250 {
            var draft = try draft()
            var changed = false
            draft.manifestBytes = { bytes in
                let before = bytes
                bytes.mutate(using: &generator)
                changed = bytes != before
            }
            let bundle = try draft.make()
            if changed { #expect(throws: BundleError.self, "round \(round)") { try open(bundle) } }
        }
    }

    @Test func noChangedSectionOpens() throws {
        var generator = SeededGenerator(state: 2)
        for round in 0..<250 {
            var draft = try draft()
            var changed = false
            draft.plaintext = { bytes in
                let before = bytes
                let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                bytes.mutate(from: 4 + length + 64, using: &generator)
                changed = bytes != before
            }
            let bundle = try draft.make()
            guard changed else { continue }
            // A change inside a frame may leave its content as it was; then, and only then, it opens.
            if let opened = try? open(bundle) {
                #expect(
                    opened.manifest.sections.map(\.sha256) == [draft.records.entry.sha256, draft.coverage.entry.sha256], "round \(round)")
            }
        }
    }

    @Test func noChangedFrameWithAnHonestManifestTraps() throws {
        var generator = SeededGenerator(state: 3)
        for _ in 0..<250 {
            var draft = try draft()
            draft.records.compressed.mutate(using: &generator)
            draft.records.entry.compressedSize = draft.records.compressed.count
            _ = try? open(try draft.make())
        }
    }

    @Test func noChangedHeaderThatIsSignedOpens() throws {
        var generator = SeededGenerator(state: 4)
        for round in 0..<250 {
            var draft = try draft()
            var changed = false
            draft.unsigned = { header, _ in
                let before = header
                header[Int.random(in: 0..<header.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                changed = header != before
            }
            let bundle = try draft.make()
            if changed { #expect(throws: BundleError.self, "round \(round)") { try open(bundle) } }
        }
    }

    @Test func noChangedLineTraps() throws {
        var generator = SeededGenerator(state: 5)
        let record = Array(
            try SectionLines.line(BundleCase.record("get-account-summary", ["Text": "ä\n\u{1F680}", "List": [1, .number("2.5e3"), true]]))
                .dropLast())
        let entry = Array(
            try SectionLines.line(
                CoverageEntry(service: "s3", operation: "list-buckets", region: "eu-west-1", outcome: .denied, code: "AccessDenied")
            )
            .dropLast())
        for _ in 0..<3000 {
            var line = record
            line.mutate(using: &generator)
            if let read = try? SectionLines.record(line) {
                // Whatever is accepted can be sealed again and means the same then.
                let again = try SectionLines.record(Array(try SectionLines.line(read).dropLast()))
                #expect(again.id == read.id && again.time == read.time && again.payload.canonicalBytes == read.payload.canonicalBytes)
            }
            line = entry
            line.mutate(using: &generator)
            if let read = try? SectionLines.coverage(line) {
                #expect(try SectionLines.coverage(Array(try SectionLines.line(read).dropLast())) == read)
            }
        }
    }

    @Test func manySpellingsOfOneNameCostLinearTime() throws {
        // Two marks of each of 14 places, in either spelling: 16,384 names that a String would hold for one.
        var names: [String] = [""]
        for _ in 0..<14 { names = names.flatMap { [$0 + "\u{E9}", $0 + "e\u{301}"] } }
        let line = #"{"service":"s","operation":"o","payload":{"# + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}}"
        #expect(try SectionLines.record(Array(line.utf8)).payload.object?.count == names.count)
    }

    @Test func anEndlessStreamIsRefusedEarly() throws {
        var verifier = EnvelopeVerifier()
        let bundle = try draft().make()
        try verifier.update(bundle)
        #expect(throws: BundleError.self) { try verifier.update([0]) }
        var other = EnvelopeVerifier()
        #expect(throws: BundleError.self) { try other.update([UInt8](repeating: 0, count: 1 << 20)) }
    }
}
