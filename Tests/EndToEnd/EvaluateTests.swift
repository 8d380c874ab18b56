import Foundation
import Testing

/// `cloudryption iam evaluate` as a process.
@Suite struct EvaluateTests {
    private let cases = """
        {"id":"open","request":{"principal":"arn:aws:iam::123456789012:user/a","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"},\
        "identityPolicies":[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*",\
        "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}}]}

        """

    @Test func casesAreAnsweredInOrderAndABrokenLineDoesNotStopTheRest() async throws {
        let outcome = try await RealProcess.run(Programs.cli, ["iam", "evaluate", "-"], input: "{\n" + cases)
        let lines = outcome.output.split(separator: "\n")
        #expect(outcome.status == 1)
        #expect(lines.count == 2 && lines[0].contains("\"error\"") && lines[1].contains("\"implicitlyDenied\""))
    }

    @Test func aContextThatIsPartlyKnownIsAnsweredWithItsConditions() async throws {
        let open = try await RealProcess.run(Programs.cli, ["iam", "evaluate", "--unknown"], input: cases)
        #expect(
            open.status == 0 && open.output.contains("\"conditional\"") && open.output.lowercased().contains("aws:multifactorauthpresent"))
        let absent = try await RealProcess.run(
            Programs.cli, ["iam", "evaluate", "--unknown", "--known-absent", "aws:MultiFactorAuthPresent"], input: cases)
        #expect(absent.status == 0 && absent.output.contains("\"denied\""))
    }

    @Test func aMissingFileIsOneLineAndAWrongOptionIsUsage() async throws {
        let missing = try await RealProcess.run(Programs.cli, ["iam", "evaluate", "/nowhere/cases"])
        #expect(missing.status == 1 && missing.errors.split(separator: "\n").count == 1)
        #expect(try await RealProcess.run(Programs.cli, ["iam", "evaluate", "--known-absent", "a"]).status == 2)
    }
}
