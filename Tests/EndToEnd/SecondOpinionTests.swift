import Foundation
import Testing

/// `cloudryption iam evaluate` held against another evaluator; Tests/SecondOpinion says where they may differ.
@Suite struct SecondOpinionTests {
    @Test(.enabled(if: ProcessInfo.processInfo.environment["CLOUDRYPTION_TEST_PYTHON"] != nil, "needs the Python of Deploy/test"))
    func theEmulatedAWSDecidesTheSame() async throws {
        let script = Programs.root.appending(path: "Tests/SecondOpinion/second_opinion.py").path
        let run = try await RealProcess.run(Programs.python, [script, Programs.cli.path, "moto", "--cases", "3000"])
        #expect(run.status == 0, "\(run.output.prefix(2_000)) \(run.errors.prefix(500))")
    }
}
