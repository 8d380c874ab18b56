import Basics
import CloudModel
import Foundation
import Testing

@testable import WireProtocol

private let spec = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Protocol/Spec").standardized.path()

@Suite struct SpecificationTests {
    private func text(_ path: String) throws -> String { String(decoding: try SafeFile.read(path, limit: 1 << 20), as: UTF8.self) }

    @Test func everyAnchorThatCodeCitesIsThere() throws {
        var anchors: Set<String> = []
        for page in try FileManager.default.contentsOfDirectory(atPath: spec) where page.hasSuffix(".md") {
            anchors.insert(page)
            for line in try text("\(spec)/\(page)").split(separator: "\n") where line.hasPrefix("## ") {
                anchors.insert("\(page)#\(line.dropFirst(3).lowercased().replacing(" ", with: "-"))")
            }
        }
        let root = "\(spec)/../.."
        var cited = 0
        for folder in ["Protocol/WireProtocol", "Protocol/Testkit", "Protocol/Spec"] {
            let files = try #require(FileManager.default.enumerator(atPath: "\(root)/\(folder)"))
            for case let file as String in files where file.hasSuffix(".swift") || file.hasSuffix(".md") {
                for match in try text("\(root)/\(folder)/\(file)").matches(
                    of: /\b((?:records|bundle|blocks|enrolment|upload|configuration|results)\.md(?:#[a-z-]+)?)/)
                {
                    cited += 1
                    #expect(anchors.contains(String(match.1)), "\(file) cites \(match.1)")
                }
            }
        }
        #expect(cited > 30)
    }

    @Test func everyCodeStandsInTheSpecification() throws {
        let bundle = try text("\(spec)/bundle.md")
        for code in BundleError.Code.allCases { #expect(bundle.contains("`\(code.rawValue)`"), "\(code)") }
        let upload = try text("\(spec)/upload.md")
        for code in UploadCode.allCases { #expect(upload.contains("`\(code.full)`"), "\(code)") }
        let all = try text("\(spec)/enrolment.md") + text("\(spec)/results.md")
        for code in EnrolmentCode.allCases { #expect(all.contains("`\(code.full)`"), "\(code)") }
        let configuration = try text("\(spec)/configuration.md")
        for code in ConfigurationError.Code.allCases { #expect(configuration.contains("`configuration.\(code.rawValue)`"), "\(code)") }
        for code in AuthCode.allCases { #expect(all.contains("`\(code.full)`"), "\(code)") }
    }

    @Test func everyRouteStandsInTheSpecification() throws {
        let all = try text("\(spec)/enrolment.md") + text("\(spec)/upload.md")
        for route in [Routes.authorities, Routes.enrolment, Routes.uploads, Routes.heartbeat, Routes.certificate, Routes.sealingKey] {
            #expect(all.contains(" \(route)`"), "\(route)")
        }
        #expect(all.contains(Routes.pieceDigestHeader))
    }

    @Test func limitsAreThoseOfTheSpecification() throws {
        let table = try text("\(spec)/bundle.md")
        let limits = BundleLimits.standard
        for row in [
            "| plaintext size | \(limits.plaintextBytes >> 20) MiB |", "| manifest | \(limits.manifestBytes >> 10) KiB |",
            "| sections together, decompressed | \(limits.decompressedBytes >> 30) GiB |",
            "at most \(limits.ratioAllowance >> 20) MiB + \(limits.ratio) × its compressed size |",
            "| zstd window | \(1 << (limits.windowLog - 20)) MiB |",
            "| one line, without its newline | \(limits.recordBytes >> 20) MiB |",
            "| nesting of a line, its own object included | \(limits.depth) |",
            "| one string, unescaped | \(limits.stringBytes >> 20) MiB |",
        ] {
            #expect(table.contains(row), "\(row)")
        }
        #expect(table.contains("2,000,000") && limits.records == 2_000_000)
    }
}
