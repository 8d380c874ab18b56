import Foundation
import Testing

/// `cloudryption iam lint` as a process.
@Suite struct LintTests {
    private let wrong =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjekt"],"Resource":"*"}]}"#
    private let right = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#

    @Test func aMistakeIsNamedWithItsPlaceAndEndsWithThree() async throws {
        let json = try await RealProcess.run(Programs.cli, ["iam", "lint", "--output", "json", "-"], input: wrong)
        #expect(json.status == 3 && json.errors.isEmpty)
        let answer = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let findings = try #require(answer["findings"] as? [[String: Any]])
        #expect(answer["file"] as? String == "-")
        let finding = try #require(findings.first { $0["code"] as? String == "unknown-action" })
        #expect(Set(finding.keys) == ["code", "severity", "statement", "path", "message"])
        #expect(finding["severity"] as? String == "warning" && finding["statement"] as? Int == 0)
        #expect(finding["path"] as? String == "Statement[0].Action[1]")
        let text = try await RealProcess.run(Programs.cli, ["iam", "lint", "-"], input: wrong)
        #expect(
            text.status == 3 && text.output.contains("-: Statement[0].Action[1]: warning: ") && text.output.contains("[unknown-action]"))
    }

    @Test func aSoundPolicyAndOneWithInformationAloneEndWithZero() async throws {
        let clean = try await RealProcess.run(Programs.cli, ["iam", "lint", "--output", "json", "-"], input: right)
        #expect(clean.status == 0 && clean.output == "{\"file\":\"-\",\"findings\":[]}\n")
        let old = try await RealProcess.run(
            Programs.cli, ["iam", "lint", "-"], input: right.replacingOccurrences(of: "2012-10-17", with: "2008-10-17"))
        #expect(old.status == 0 && old.output.contains("[old-version]"))
    }

    @Test func theKindDecidesWhichElementsAreAllowed() async throws {
        #expect(try await RealProcess.run(Programs.cli, ["iam", "lint", "--kind", "scp", "-"], input: right).status == 0)
        let resource = try await RealProcess.run(Programs.cli, ["iam", "lint", "--kind", "resource", "-"], input: right)
        #expect(resource.status == 3 && resource.output.contains("[missing-principal]"))
    }

    @Test func whatIsNoPolicyIsOneLineAndAWrongOptionIsUsage() async throws {
        for (arguments, input) in [(["-"], "{"), (["-"], "{\"Users\":[]}"), (["/nowhere/policy.json"], "")] {
            let outcome = try await RealProcess.run(Programs.cli, ["iam", "lint"] + arguments, input: input)
            #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.errors.split(separator: "\n").count == 1, "\(input)")
        }
        #expect(try await RealProcess.run(Programs.cli, ["iam", "lint"]).status == 2)
        #expect(try await RealProcess.run(Programs.cli, ["iam", "lint", "--kind", "group", "-"], input: right).status == 2)
        // A policy that AWS would refuse is a policy still.
        #expect(try await RealProcess.run(Programs.cli, ["iam", "lint", "-"], input: "{\"Version\":\"2012-10-17\"}").status == 3)
    }
}
