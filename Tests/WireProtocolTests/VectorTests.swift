import Basics
import CloudModel
import Foundation
import Testing

@testable import Testkit
@testable import WireProtocol

private let vectors = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Protocol/Vectors").standardized.path()

private func names(_ kind: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(vectors)/\(kind)")) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
}

private func vector<Vector: Decodable>(_ kind: String, _ name: String) throws -> Vector {
    try WireJSON.decode(Vector.self, from: try SafeFile.read("\(vectors)/\(kind)/\(name).json", limit: 8 << 20))
}

@Suite struct VectorTests {
    @Test(arguments: names("bundle"))
    func bundleIsJudgedAsItsVectorSays(_ name: String) throws {
        let vector: BundleVector = try vector("bundle", name)
        #expect(vector.name == name)
        #expect(VectorCheck.differences(vector) == [])
    }

    @Test(arguments: names("records"))
    func lineIsJudgedAsItsVectorSays(_ name: String) throws {
        let vector: LineVector = try vector("records", name)
        #expect(vector.name == name)
        #expect(VectorCheck.differences(vector) == [])
    }

    @Test(arguments: names("configuration"))
    func configurationIsJudgedAsItsVectorSays(_ name: String) throws {
        let vector: ConfigurationVector = try vector("configuration", name)
        #expect(vector.name == name)
        #expect(VectorCheck.differences(vector) == [])
    }

    @Test func everyCaseHasItsFileAndEveryFileItsCase() throws {
        #expect(names("configuration") == (try ConfigurationCases.all().map(\.name).sorted()))
        #expect(names("bundle") == BundleCase.all.map(\.name).sorted())
        #expect(names("records") == LineCases.all.map(\.name).sorted())
    }

    @Test func everyRefusalHasAVector() throws {
        var seen: Set<String> = []
        for name in names("bundle") {
            let vector: BundleVector = try vector("bundle", name)
            seen.formUnion([vector.expect, vector.envelope])
        }
        let codes = Set(BundleError.Code.allCases.filter { $0 != .sealingFailed }.map { "bundle.\($0.rawValue)" })
        #expect(codes.subtracting(seen) == [])
        // What depends on the agent's own bounds has no vector: the collector judges it.
        let configurations = Set(try ConfigurationCases.all().map(\.expect))
        for code in ["malformed", "badSignature", "wrongAgent", "olderVersion", "outOfRange"] {
            #expect(configurations.contains("configuration.\(code)"))
        }
    }

    @Test func aWrongExpectationIsNoticed() throws {
        var vector: BundleVector = try vector("bundle", "one-record")
        vector.expect = "bundle.badChunk"
        #expect(VectorCheck.differences(vector) == ["expected bundle.badChunk, got ok"])
        vector.expect = "ok"
        vector.records = 2
        #expect(VectorCheck.differences(vector) == ["holds 1 records and 0 entries"])
        vector.records = 1
        vector.replay = VectorReplay(epoch: 3, highestSequence: 41, expect: "accepted")
        #expect(VectorCheck.differences(vector) == ["replay: expected accepted, got replayed"])
    }

    @Test func writingAgainLeavesWhatIsThere() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vectors-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try Main.write(to: folder) == 0)
        let before = try SafeFile.read("\(folder)/bundle/empty.json", limit: 1 << 20)
        #expect(try Main.write(to: folder) == 0)
        #expect(try SafeFile.read("\(folder)/bundle/empty.json", limit: 1 << 20) == before)
        #expect(try Main.check(folder) == 0)
        try SafeFile.write(Data(#"{"name":"x"}"#.utf8), to: "\(folder)/records/x.json")
        #expect(throws: WireJSONError.self) { try Main.check(folder) }
    }
}
