import Basics
import Foundation
import Testing
import WireProtocol

@testable import AgentCore

@Suite struct SpoolTests {
    private func bundle(_ identity: AgentIdentity, sequence: UInt64, records: Int = 5) async throws -> [UInt8] {
        let now = UInt64(Date().timeIntervalSince1970 * 1000)
        return try BundleSealer.seal(
            try await FixedCollector(records: records).collect { _ in },
            identity: BundleIdentity(agent: identity.name, bundle: .fresh(milliseconds: now), epoch: 1, sequence: sequence, createdAt: now),
            signingKey: identity.key, recipient: identity.sealingKey)
    }
    private func files(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }

    @Test func keepsBundlesInTheirOrderOverRestarts() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        let spool = try Spool(folder: folder.spoolPath)
        for sequence in [3, 1, 2] as [UInt64] { _ = try spool.add(try await bundle(folder.identity(), sequence: sequence)) }
        let again = try Spool(folder: folder.spoolPath)
        #expect(try again.entries().map(\.header.identity.sequence) == [1, 2, 3])
        #expect(again.depth == 3)
        again.remove(try again.entries()[0])
        #expect(try spool.entries().count == 2)
    }

    @Test func removesWhatAKilledWriterLeft() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        _ = try Spool(folder: folder.spoolPath).add(try await bundle(folder.identity(), sequence: 1))
        try Data("half".utf8).write(to: URL(filePath: folder.spoolPath + "/x.bundle.123.456.tmp"))
        let spool = try Spool(folder: folder.spoolPath)
        #expect(try files(folder.spoolPath).contains { $0.hasSuffix(".tmp") } == false)
        #expect(try spool.entries().count == 1)
    }

    @Test func putsATruncatedBundleAside() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        let whole = try await bundle(folder.identity(), sequence: 1)
        let spool = try Spool(folder: folder.spoolPath)
        try Data(whole.dropLast(1)).write(to: URL(filePath: folder.spoolPath + "/cut.bundle"))
        try Data().write(to: URL(filePath: folder.spoolPath + "/empty.bundle"))
        #expect(try spool.entries().isEmpty)
        #expect(try files(folder.spoolPath + "/refused").contains("cut.bundle"))
        #expect(try files(folder.spoolPath + "/refused").contains("empty.bundle.reason"))
    }

    @Test func keepsTheOldestAndTheNewestWhenItIsFull() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        let identity = try folder.identity()
        let size = try await bundle(identity, sequence: 1).count
        let spool = try Spool(folder: folder.spoolPath, limit: size * 3 + size / 2)
        for sequence in 1...6 as ClosedRange<UInt64> { _ = try spool.add(try await bundle(identity, sequence: sequence)) }
        let kept = try spool.entries().map(\.header.identity.sequence)
        #expect(kept.first == 1)
        #expect(kept.last == 6)
        #expect(try spool.entries().reduce(0) { $0 + $1.size } <= size * 3 + size / 2)
    }

    @Test func refusesWhatDoesNotFitBesideTheOldest() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        let identity = try folder.identity()
        let first = try await bundle(identity, sequence: 1)
        let spool = try Spool(folder: folder.spoolPath, limit: first.count + 100)
        _ = try spool.add(first)
        let second = try await bundle(identity, sequence: 2)
        #expect(await code { _ = try spool.add(second) } == "agent.spoolFull")
        #expect(try spool.entries().map(\.header.identity.sequence) == [1])
    }

    @Test func staysAsItWasWhenTheDiskIsFull() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        let identity = try folder.identity()
        _ = try Spool(folder: folder.spoolPath).add(try await bundle(identity, sequence: 1))
        let full = try Spool(
            folder: folder.spoolPath, writer: { _, path throws(FileError) in throw FileError(.noSpace, "\(path): no space left") })
        let second = try await bundle(identity, sequence: 2)
        #expect(await code { _ = try full.add(second) } == "file.noSpace")
        #expect(try full.entries().map(\.header.identity.sequence) == [1])
    }

    @Test func letsNothingGoForANewBundleThatDoesNotGetThere() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        let identity = try folder.identity()
        let size = try await bundle(identity, sequence: 1).count
        let limit = size * 3 + size / 2
        let spool = try Spool(folder: folder.spoolPath, limit: limit)
        for sequence in 1...3 as ClosedRange<UInt64> { _ = try spool.add(try await bundle(identity, sequence: sequence)) }
        let full = try Spool(
            folder: folder.spoolPath, limit: limit,
            writer: { _, path throws(FileError) in throw FileError(.noSpace, "\(path): no space left") })
        let fourth = try await bundle(identity, sequence: 4)
        #expect(await code { _ = try full.add(fourth) } == "file.noSpace")
        #expect(try spool.entries().map(\.header.identity.sequence) == [1, 2, 3])
        #expect(try spool.add(fourth).superseded.map(\.header.identity.sequence) == [2])
        #expect(try spool.entries().map(\.header.identity.sequence) == [1, 3, 4])
    }
}
