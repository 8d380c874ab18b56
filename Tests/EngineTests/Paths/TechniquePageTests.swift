import Foundation
import Testing

@testable import Engine

/// The page of techniques is the catalogue: `CLOUDRYPTION_WRITE_PAGES=1 swift test --filter TechniquePageTests` writes it anew.
@Suite struct TechniquePageTests {
    private static let place = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources/Docs/AttackPaths/techniques.md").standardized
    private static let mark = "<!-- What follows is written from the catalogue. -->\n"

    @Test func thePageListsTheCatalogue() throws {
        let text = try String(contentsOf: Self.place, encoding: .utf8)
        let head = try #require(text.range(of: Self.mark)).upperBound
        if ProcessInfo.processInfo.environment["CLOUDRYPTION_WRITE_PAGES"] == "1" {
            try (text[..<head] + Self.table).write(to: Self.place, atomically: true, encoding: .utf8)
        } else {
            #expect(text[head...] == Self.table, "write it anew, as this suite's first line says")
        }
    }

    private static var table: String {
        let techniques = EscalationCatalogue.techniques
        let sources = EscalationTechnique.Source.allCases.map { source in
            "\(techniques.filter { $0.source == source }.count) from \(source.rawValue)"
        }
        let head =
            "\n\(techniques.count) techniques: \(sources.joined(separator: ", ")).\n\n"
            + "| technique | what its holder may do | actions | ATT&CK | CloudTrail records | how to close it |\n|---|---|---|---|---|---|\n"
        return head
            + techniques.map { technique in
                let actions = technique.requires.reduce(into: [String]()) { if !$0.contains($1.action) { $0.append($1.action) } }
                return "| `\(technique.id)` | \(technique.deed) | \(actions.joined(separator: ", ")) | \(technique.attack) | "
                    + "\(technique.events.joined(separator: ", ")) | \(technique.close) |\n"
            }.joined()
    }
}
