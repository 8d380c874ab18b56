import CloudModel
import Foundation
import Testing

@testable import Engine

/// The page about likelihoods says what the code does.
@Suite struct LikelihoodTests {
    private static func lines(_ path: String) throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        return try String(contentsOf: root.appending(path: path), encoding: .utf8).components(separatedBy: "\n")
    }

    @Test func thePageHasEveryRowOfTheTableInTheCode() throws {
        let code = try Self.lines("Sources/Engine/Graph/Likelihood.swift")
        let page = try Self.lines("Protocol/Spec/likelihood.md")
        let rows = code.filter { $0.hasPrefix("/// | ") }.map { String($0.dropFirst(4)) }
        #expect(rows.count > 10)
        for row in rows { #expect(page.contains(row), "\(row)") }
        // And every row says what the constant that it names is.
        for row in rows.dropFirst() {
            guard let name = row.firstMatch(of: /\(`([A-Za-z0-9]+)`\)/)?.output.1,
                let value = row.components(separatedBy: "|").dropFirst(2).first.flatMap({ Double($0.trimmingCharacters(in: .whitespaces)) })
            else {
                Issue.record("\(row) names no constant with its value")
                continue
            }
            let constant = code.first { $0.contains("static let \(name) = ") }?.components(separatedBy: " = ").last
            #expect(constant.flatMap { Double($0) } == value, "\(row)")
        }
    }

    @Test func starts() {
        #expect(Likelihood.start(.internet) == 1)
        #expect(Likelihood.start(.externalAccount) == 0.3)
        #expect(Likelihood.start(.user) == 0.25)
        #expect(Likelihood.start(.user, unusedKey: true) == 0.3)
        #expect(Likelihood.start(.role, unusedKey: true) == 0.2)
        #expect(Likelihood.start(.role) == 0.2)
        #expect(Likelihood.start(.group) == 0.15)
        #expect(Likelihood.start(.identityProvider) == 0.1)
    }
}
