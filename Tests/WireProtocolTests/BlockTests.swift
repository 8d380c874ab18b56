import Basics
import CloudModel
import Crypto
import Foundation
import Testing

@testable import Testkit
@testable import WireProtocol

@Suite struct BlockTests {
    private let signingKey = P256.Signing.PrivateKey()
    private let sealingKey = Curve25519.KeyAgreement.PrivateKey()
    private let agent = AgentName(tenant: .random(), environment: .random(), agent: .random())
    private let root = Secret((0..<32).map { _ in UInt8.random(in: .min ... .max) })

    /// So many roles, each as long as a policy makes it; `changed` has another policy. Read at `time`.
    private func collection(roles: Int = 1000, changed: Int? = nil, time: String = "2026-11-26T20:00:00Z") -> CloudCollection {
        let list = (0..<roles).map { number -> JSONValue in
            let policy = Hex.encode(Cast.digest("role \(number)") + Cast.digest("policy \(number)") + Cast.digest("trust \(number)"))
            return ["Policy": .string(policy + (number == changed ? "x" : "")), "RoleName": .string("role-\(number)")]
        }
        return CloudCollection(
            records: [
                CollectedRecord(
                    account: "123456789012", service: "iam", operation: "get-account-authorization-details", region: nil, resource: nil,
                    time: time, payload: ["RoleDetailList": .array(list)]),
                CollectedRecord(
                    account: "123456789012", service: "ec2", operation: "describe-vpcs", region: "eu-west-1", resource: nil, time: nil,
                    payload: ["Vpcs": []]),
            ],
            coverage: [CoverageEntry(service: "s3", operation: "list-buckets", outcome: .denied, code: "AccessDenied")])
    }
    private func seal(
        _ collection: CloudCollection, for agent: AgentName? = nil, root: Secret<[UInt8]>? = nil
    ) throws -> (bundle: [UInt8], blocks: [SealedBlock]) {
        try BundleSealer.sealInBlocks(
            collection,
            identity: BundleIdentity(
                agent: agent ?? self.agent, bundle: .fresh(milliseconds: 1_790_000_000_000), epoch: 1, sequence: 1, createdAt: 1),
            signingKey: signingKey, recipient: SealingKey(sealingKey.publicKey),
            secret: BlockSecret(root ?? self.root, for: agent ?? self.agent))
    }
    private func same(_ one: CloudCollection, _ other: CloudCollection) -> Bool {
        one.records == other.records && one.coverage == other.coverage
    }
    private func open(_ bundle: [UInt8], _ blocks: [SealedBlock]) throws -> VerifiedBundle {
        try BundleOpener.open(bundle, blocks: blocks, sealingKey: sealingKey, expecting: agent, agentKey: signingKey.publicKey)
    }

    @Test func whatWasCutIsPutTogetherAgainWithItsTimes() throws {
        for collection in [collection(), collection(roles: 0), CloudCollection(records: [], coverage: [])] {
            let sealed = try seal(collection)
            let opened = try open(sealed.bundle, sealed.blocks.shuffled())
            #expect(same(opened.collection, collection))
            #expect(opened.header.version == 2 && opened.manifest.sections.map(\.name) == ["records", "blocks", "times", "coverage"])
        }
        // Where it is cut depends on the secret; so much is cut with every one.
        #expect(try seal(collection(roles: 8000)).blocks.count > 5)
    }

    @Test func theSameContentReadLaterGivesTheSameBlocks() throws {
        let first = try seal(collection())
        let second = try seal(collection(time: "2026-11-27T08:00:00Z"))
        #expect(first.blocks == second.blocks)
        // What the first one brought is enough for the second, which tells its own times.
        #expect(try open(second.bundle, first.blocks).collection.records[0].time == "2026-11-27T08:00:00Z")
    }

    @Test func aChangeOfOneRoleChangesTheBlocksAroundItAndNoOthers() throws {
        let before = try seal(collection())
        for changed in [0, 500, 999] {
            let after = try seal(collection(changed: changed))
            let fresh = Set(after.blocks.map(\.id)).subtracting(before.blocks.map(\.id))
            #expect((1...3).contains(fresh.count), "\(fresh.count) of \(after.blocks.count)")
            #expect(throws: BundleError.self) { try open(after.bundle, before.blocks) }
        }
    }

    @Test func blocksOfAnotherRunAreNeverTakenForThisOnes() throws {
        let before = try seal(collection())
        let after = try seal(collection(changed: 500))
        var mixed = after.blocks
        let index = try #require(mixed.firstIndex { block in !before.blocks.contains { $0.id == block.id } })
        // The block of before under the name of now.
        mixed[index].bytes = before.blocks[index].bytes
        #expect(throws: BundleError.self) { try open(after.bundle, mixed) }
        #expect(same(try open(after.bundle, after.blocks + before.blocks).collection, collection(changed: 500)))
    }

    @Test func namesAndEndsOfBlocksAreOtherOnesForEveryAgent() throws {
        let mine = try seal(collection())
        var other = agent
        other.tenant = .random()
        for theirs in [try seal(collection(), for: other), try seal(collection(), root: Secret([UInt8](repeating: 1, count: 32)))] {
            #expect(Set(mine.blocks.map(\.id)).isDisjoint(with: theirs.blocks.map(\.id)))
            #expect(Set(mine.blocks.map(\.bytes.count)) != Set(theirs.blocks.map(\.bytes.count)))
        }
        // No digest of the content that somebody could compare a guess with.
        let frames = try mine.blocks.map { try $0.open(BlockSecret(root, for: agent).key) }
        for (block, frame) in zip(mine.blocks, frames) { #expect(Array(SHA256.hash(data: frame).prefix(16)) != block.id.bytes) }
    }

    @Test func aBatchIsReadAsItWasWrittenAndNothingElseIs() throws {
        let blocks = try seal(collection()).blocks
        let batch = blocks.flatMap(\.batchBytes)
        let ranges = try #require(SealedBlock.ranges(inBatch: batch))
        #expect(ranges.map { SealedBlock(id: $0.id, bytes: Array(batch[$0.range])) } == blocks)
        #expect(SealedBlock.ranges(inBatch: Array(batch.dropLast())) == nil)
        #expect(SealedBlock.ranges(inBatch: batch + [0]) == nil)
        let header = blocks[0].id.bytes
        for size in [0, 16, UInt32(BlockLimits.sealedBytes) + 1, .max] {
            var bytes = header
            bytes.append(bigEndian: size)
            #expect(SealedBlock.header(bytes) == nil)
        }
    }

    @Test func aListOfNamesIsOneTextAndHasABound() throws {
        let list = BlockList(try seal(collection()).blocks.map(\.id))
        #expect(try WireJSON.decode(BlockList.self, from: try WireJSON.encode(list)) == list)
        #expect(BlockList(bytes: [UInt8](repeating: 0, count: 17)) == nil)
        #expect(BlockList(bytes: [UInt8](repeating: 0, count: 16 * (BlockLimits.count + 1))) == nil)
        for text in ["\"AA==\"", "\"not base64!\"", "7"] {
            #expect(throws: WireJSONError.self) { try WireJSON.decode(BlockList.self, from: Array(text.utf8)) }
        }
    }

    /// Bytes that cannot be cut anywhere by their content, and bytes of one kind.
    @Test func blocksKeepToTheirBoundsWhateverTheContent() throws {
        for text in [String(repeating: "a", count: 2_000_000), Cast.noise(1_000_000)] {
            var collection = collection(roles: 0)
            collection.records[0].payload = .string(text)
            let sealed = try seal(collection)
            #expect(sealed.blocks.allSatisfy { $0.bytes.count <= BlockLimits.sealedBytes })
            #expect(same(try open(sealed.bundle, sealed.blocks).collection, collection))
        }
    }
}
