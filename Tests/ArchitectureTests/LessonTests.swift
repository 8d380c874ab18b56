import Foundation
import Testing

/// The page of others' mistakes names a test for each: they have to be there.
@Suite struct LessonTests {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test func everyTestThatALessonNamesExists() throws {
        let page = try String(contentsOf: root.appending(path: "ControlPlane/Docs/lessons.md"), encoding: .utf8)
        let names = page.matches(of: /`(\w+Tests)\.(\w+)`/).map { (suite: String($0.1), test: String($0.2)) }
        #expect(names.count > 50)
        for row in page.split(separator: "\n") where row.hasPrefix("| ") && !row.hasPrefix("| mistake") {
            #expect(row.contains(/`\w+Tests\.\w+`/), "\(row)")
        }
        var sources: [String] = []
        let files = try #require(FileManager.default.enumerator(at: root.appending(path: "Tests"), includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" && !file.path.contains("/.build/") {
            sources.append(try String(contentsOf: file, encoding: .utf8))
        }
        for name in names {
            let found = sources.contains { $0.contains("struct \(name.suite) ") && $0.contains("func \(name.test)(") }
            #expect(found, "\(name.suite).\(name.test)")
        }
    }
}
