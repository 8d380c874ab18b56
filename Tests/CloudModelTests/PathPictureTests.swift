import CloudModel
import Foundation
import Testing

@Suite struct PathPictureTests {
    private func path(_ name: String) -> AttackPath {
        let arn = "arn:aws:iam::111122223333:user/\(name)"
        return AttackPath(
            id: "path-0", severity: .high, score: 20, source: arn, target: "admin:111122223333", title: name, narrative: "",
            confidence: .proven,
            steps: [
                PathStep(
                    from: arn, to: "admin:111122223333", technique: "iam-007", why: name, evidence: [], conditions: [], confidence: .proven)
            ], fixes: [])
    }

    @Test(arguments: ["\"\u{301}><script>", "<b>&'", "a\u{202E}b", "]]>", "\u{0}\u{8}", "\u{FFFE}x"])
    func foreignNamesStayText(_ name: String) {
        let svg = PathPicture.svg(path(name), standalone: true)
        #expect(!svg.contains("<script"))
        #expect(!svg.contains("<b>"))
        let scalars = svg.unicodeScalars
        #expect(!scalars.contains("\u{202E}") && !scalars.contains("\u{0}") && !scalars.contains("\u{FFFE}"))
        // Quotes are as many as the drawing has of its own.
        let plain = PathPicture.svg(path("x"), standalone: true)
        #expect(svg.utf8.count { $0 == UInt8(ascii: "\"") } == plain.utf8.count { $0 == UInt8(ascii: "\"") })
        #expect(svg.utf8.count { $0 == UInt8(ascii: "<") } == plain.utf8.count { $0 == UInt8(ascii: "<") })
    }

    @Test func theSamePathGivesTheSamePicture() {
        #expect(PathPicture.svg(path("x")) == PathPicture.svg(path("x")))
        #expect(PathPicture.svg(path("x")).contains("iam-007"))
    }

    @Test func documentsAreReadBackAsTheyWere() throws {
        let plan = Plan(
            objective: "o", optimal: false, cost: 2,
            fixes: [
                Fix(
                    id: "fix-1", kind: "k", resource: "r", title: "t", cost: 2, before: "b", after: "a", closes: ["path-0"],
                    exposureRemoved: 19.95)
            ], alternatives: [], perPath: [.init(path: "path-0", fixes: ["fix-1"])], curve: [.init(fixes: 0, exposureRemoved: 0)], open: [])
        let result = AnalysisResult(
            summary: AnalysisSummary(
                snapshot: "sha256:0", accounts: ["1"], collectedFrom: nil, collectedTo: nil, counts: ["users": 1], paths: ["high": 1],
                findings: [:],
                materialExposure: 19.95, exposureByEntry: ["internet": 0.5], jewels: [], controls: [], coverage: [:]),
            findings: [], paths: [path("x")],
            principals: [PrincipalResult(arn: "a", kind: "user", admin: false, reachesAdmin: .unknown, why: "w", via: [])],
            plan: plan, coverage: CoverageReport(entries: [], gaps: [.init(what: "w", why: "y")]))
        let documents = ResultEncoding.documents(of: result)
        #expect(documents.map(\.name) == ["summary.json", "findings.json", "paths.json", "principals.json", "plan.json", "coverage.json"])
        let decoder = JSONDecoder()
        #expect(try decoder.decode([AttackPath].self, from: Data(documents[2].bytes)) == result.paths)
        #expect(try decoder.decode([PrincipalResult].self, from: Data(documents[3].bytes)) == result.principals)
        #expect(try decoder.decode(Plan.self, from: Data(documents[4].bytes)) == result.plan)
        #expect(try decoder.decode(AnalysisSummary.self, from: Data(documents[0].bytes)) == result.summary)
        #expect(try decoder.decode(CoverageReport.self, from: Data(documents[5].bytes)) == result.coverage)
    }
}
