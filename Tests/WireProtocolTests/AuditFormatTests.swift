import Basics
import Crypto
import Foundation
import Testing

@testable import WireProtocol

@Suite struct AuditFormatTests {
    let tenant: TenantID
    let signer: AuditSigner

    init() { self.init(tenant: .random(), signer: AuditSigner(Curve25519.Signing.PrivateKey())) }
    private init(tenant: TenantID, signer: AuditSigner) {
        self.tenant = tenant
        self.signer = signer
    }

    /// The tree of RFC 6962's own code: hashes of the leaves of certificate-transparency-go's tests (`TestVerifyInclusion`).
    @Test func rootsAreThoseOfTheReference() throws {
        let leaves: [[UInt8]] = [
            [], [0], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43], Array(0x50...0x57), Array(0x60...0x6F),
        ]
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
        for size in 1...8 {
            let nodes = Self.nodes(leaves.map { MerkleTree.leaf($0) })
            #expect(Hex.encode(try MerkleTree.root(size: UInt64(size), nodes)) == roots[size - 1])
        }
        #expect(Hex.encode(MerkleTree.empty) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    static func nodes(_ leaves: [[UInt8]]) -> MerkleTree.Nodes {
        func node(_ level: UInt64, _ position: UInt64) -> [UInt8] {
            level == 0 ? leaves[Int(position)] : MerkleTree.node(node(level - 1, position * 2), node(level - 1, position * 2 + 1))
        }
        return node
    }

    @Test func everyProofOfEverySmallTreeHoldsAndNoOtherDoes() throws {
        let leaves = (0..<24).map { MerkleTree.leaf([UInt8($0)]) }
        let nodes = Self.nodes(leaves)
        for size in UInt64(1)...24 {
            let root = try MerkleTree.root(size: size, nodes)
            for index in 0..<size {
                let proof = try MerkleTree.inclusion(of: index, in: size, nodes)
                #expect(MerkleTree.root(of: leaves[Int(index)], at: index, in: size, proof: proof) == root)
                #expect(MerkleTree.root(of: leaves[Int(index)], at: index, in: size, proof: proof + [root]) != root)
                if !proof.isEmpty {
                    #expect(MerkleTree.root(of: leaves[Int(index)], at: index, in: size, proof: Array(proof.dropLast())) != root)
                }
                if index > 0 { #expect(MerkleTree.root(of: leaves[Int(index)], at: index - 1, in: size, proof: proof) != root) }
            }
            for old in 0...size {
                let before = try MerkleTree.root(size: old, nodes)
                let proof = try MerkleTree.consistency(from: old, to: size, nodes)
                #expect(MerkleTree.isConsistent(old, before, with: size, root, proof: proof), "\(old) \(size)")
                if old > 0, old < size {
                    #expect(!MerkleTree.isConsistent(old, root, with: size, root, proof: proof))
                    #expect(!MerkleTree.isConsistent(old, before, with: size, before, proof: proof))
                    #expect(!MerkleTree.isConsistent(old, before, with: size, root, proof: proof + [root]))
                    #expect(!MerkleTree.isConsistent(size, root, with: old, before, proof: proof))
                }
            }
        }
    }

    @Test func timesHaveOneSpelling() {
        for value: Int64 in [0, 1, 951_782_400_000_000, 1_790_000_000_123_456, 4_102_444_799_999_999] {
            #expect(AuditTime.microseconds(AuditTime.text(value)) == value)
        }
        #expect(AuditTime.text(951_782_400_000_001) == "2000-02-29T00:00:00.000001Z")
        for text in [
            "2001-02-29T00:00:00.000000Z", "2026-11-26T17:00:00.000000z", "2026-11-26 17:00:00.000000Z", "2026-11-26T17:00:00Z", "",
        ] {
            #expect(AuditTime.microseconds(text) == nil)
        }
    }

    @Test func aCheckpointIsAnsweredForByItsKeyAlone() throws {
        let checkpoint = AuditCheckpoint(origin: AuditCheckpoint.origin(of: tenant), size: 3, root: [UInt8](repeating: 7, count: 32))
        let key = signer.verifier(of: checkpoint.origin)
        let note = try signer.sign(checkpoint)
        #expect(try key.open(note) == checkpoint)
        #expect(try AuditKey(key.description).open(note) == checkpoint)
        #expect(
            try key.open(note + "\u{2014} witness.example/x " + Data(repeating: 1, count: 68).base64EncodedString() + "\n") == checkpoint)
        let stranger = AuditSigner(Curve25519.Signing.PrivateKey())
        for bad in [
            try stranger.sign(checkpoint), note.replacingOccurrences(of: "\n3\n", with: "\n4\n"),
            note.replacingOccurrences(of: "\n3\n", with: "\n03\n"),
            String(note.dropLast()), "", note.replacingOccurrences(of: "cloudryption", with: "elsewhere"), "x\n" + note,
        ] {
            #expect(throws: AuditError.self) { try key.open(bad) }
        }
        for bad in ["", "a+b+c", key.description + "A", key.description.replacingOccurrences(of: "cloudryption", with: "elsewhere")] {
            #expect(throws: AuditError.self) { _ = try AuditKey(bad) }
        }
    }

    func export(_ count: UInt64 = 13, after: UInt64 = 0) throws -> [[UInt8]] {
        var records = (1...count).map {
            AuditRecord(
                entry: $0, microseconds: 1_790_000_000_000_000 + Int64($0), actor: "user:a", act: "signedIn", subject: "user:\($0)",
                outcome: "ok",
                detail: "source=1.2.3.4")
        }
        let leaves = try records.map { try #require($0.leaf(of: tenant)) }
        let nodes = Self.nodes(leaves)
        for index in records.indices {
            records[index].proof = try MerkleTree.inclusion(of: UInt64(index), in: count, nodes).map { Data($0).base64EncodedString() }
        }
        let origin = AuditCheckpoint.origin(of: tenant)
        let head = AuditExport.Head(
            tenant: tenant, key: signer.verifier(of: origin).description, after: after,
            checkpoint: try signer.sign(AuditCheckpoint(origin: origin, size: count, root: try MerkleTree.root(size: count, nodes))))
        let earlier = AuditExport.Earlier(
            earlier: try signer.sign(AuditCheckpoint(origin: origin, size: 5, root: try MerkleTree.root(size: 5, nodes))),
            proof: try MerkleTree.consistency(from: 5, to: count, nodes))
        return try [AuditExport.line(head)] + records.dropFirst(Int(after)).map { try AuditExport.line($0) } + [AuditExport.line(earlier)]
    }

    func verdict(_ lines: [[UInt8]], after: UInt64 = 0) throws -> AuditExport.Verdict {
        try AuditExport.verify(Array(lines.joined()), key: signer.verifier(of: AuditCheckpoint.origin(of: tenant)), after: after)
    }
    func first(_ lines: [[UInt8]], after: UInt64 = 0) -> UInt64? {
        guard case .broken(let entry, _)? = try? verdict(lines, after: after) else { return nil }
        return entry
    }

    @Test func aWholeExportIsIntactAndAPartOneToo() throws {
        #expect(try verdict(export()) == .intact(after: 0, last: 13, checkpoints: 2))
        #expect(try verdict(export(after: 6), after: 6) == .intact(after: 6, last: 13, checkpoints: 2))
        // A part is not a whole.
        #expect(first(try export(after: 6)) == 1)
    }

    @Test func everyEditIsFoundAndTheFirstBrokenEntryNamed() throws {
        let good = try export()
        func edit(_ index: Int, _ from: String, _ to: String) -> UInt64? {
            var lines = good
            let text = String(decoding: lines[index], as: UTF8.self)
            #expect(text.contains(from))
            lines[index] = Array(text.replacingOccurrences(of: from, with: to).utf8)
            return first(lines)
        }
        #expect(edit(4, "user:a", "user:b") == 4)
        #expect(edit(4, "signedIn", "signedOut") == 4)
        #expect(edit(4, "user:4", "user:5") == 4)
        #expect(edit(4, "\"ok\"", "\"no\"") == 4)
        #expect(edit(4, "1.2.3.4", "1.2.3.5") == 4)
        #expect(edit(4, ".000004Z", ".000005Z") == 4)
        #expect(edit(4, "\"entry\":4", "\"entry\":5") == 4)
        // What is not part of an entry has no place in its line either.
        #expect(edit(4, "\"entry\":4", "\"entry\":4,\"note\":1") == 4)
        #expect(edit(4, "{\"act\"", "{ \"act\"") == 4)
        #expect(edit(13, "user:a", "user:b") == 13)
    }

    @Test func aDroppedInsertedOrReorderedEntryIsFound() throws {
        let good = try export()
        func changed(_ change: (inout [[UInt8]]) -> Void) -> UInt64? {
            var lines = good
            change(&lines)
            return first(lines)
        }
        #expect(changed { $0.remove(at: 1) } == 1)
        #expect(changed { $0.remove(at: 7) } == 7)
        #expect(changed { $0.remove(at: 13) } == 13)
        #expect(changed { $0.swapAt(3, 4) } == 3)
        #expect(changed { $0.insert($0[2], at: 3) } == 3)
        #expect(changed { $0.insert($0[13], at: 14) } == 14)
        #expect(changed { $0.removeLast(3) } == 12)
        // Dropped, and the rest numbered anew.
        #expect(
            changed {
                $0.remove(at: 4)
                for index in 4..<13 {
                    $0[index] = Array(
                        String(decoding: $0[index], as: UTF8.self).replacingOccurrences(
                            of: "\"entry\":\(index + 1)", with: "\"entry\":\(index)"
                        ).utf8)
                }
            } == 4)
    }

    @Test func whoeverSignsAnewNeedsTheKey() throws {
        let forged = try AuditFormatTests(tenant: tenant, signer: AuditSigner(Curve25519.Signing.PrivateKey())).export()
        #expect(throws: AuditError.self) { try verdict(forged) }
        // Another tenant's log with the same signer is another log.
        let foreign = try AuditFormatTests(tenant: .random(), signer: signer).export()
        #expect(throws: AuditError.self) { try verdict(foreign) }
        // An older checkpoint of a log that went another way.
        var lines = try export()
        lines[14] = try AuditExport.line(
            AuditExport.Earlier(
                earlier: try signer.sign(
                    AuditCheckpoint(origin: AuditCheckpoint.origin(of: tenant), size: 5, root: [UInt8](repeating: 1, count: 32))), proof: []
            ))
        #expect { try verdict(lines) } throws: { ($0 as? AuditError)?.code == .inconsistent }
    }

    @Test func aWitnessGoesAlongWithALogThatGrowsAndWithNoOther() throws {
        let leaves = (0..<9).map { MerkleTree.leaf([UInt8($0)]) }
        let others = (0..<9).map { MerkleTree.leaf([UInt8($0 == 2 ? 99 : $0)]) }
        func word(_ size: UInt64, since: UInt64, _ leaves: [[UInt8]], _ signer: AuditSigner? = nil) throws -> AuditWord {
            let (nodes, origin, signer) = (Self.nodes(leaves), AuditCheckpoint.origin(of: tenant), signer ?? self.signer)
            let proof = since < size ? try MerkleTree.consistency(from: since, to: size, nodes) : []
            return AuditWord(
                key: signer.verifier(of: origin).description,
                checkpoint: try signer.sign(AuditCheckpoint(origin: origin, size: size, root: try MerkleTree.root(size: size, nodes))),
                since: since, proof: proof.map { Data($0).base64EncodedString() })
        }
        func code(_ body: () throws -> AuditWitness) -> AuditError.Code? {
            do {
                _ = try body()
                return nil
            } catch { return (error as? AuditError)?.code }
        }
        let witness = try AuditWitness(word(4, since: 0, leaves))
        #expect(witness.size == 4)
        #expect(try witness.after(word(4, since: 4, leaves)).size == 4)
        #expect(try witness.after(word(9, since: 4, leaves)).size == 9)
        // Changed, cut short, grown from another beginning, or signed by somebody else.
        #expect(code { try witness.after(word(4, since: 4, others)) } == .inconsistent)
        #expect(code { try witness.after(word(3, since: 4, leaves)) } == .inconsistent)
        #expect(code { try witness.after(word(9, since: 4, others)) } == .inconsistent)
        #expect(code { try witness.after(word(9, since: 4, leaves, AuditSigner(Curve25519.Signing.PrivateKey()))) } == .badKey)
        // An answer to an older question changes nothing.
        #expect(try witness.after(word(9, since: 2, leaves)) == witness)
    }
}
