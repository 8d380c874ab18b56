import CloudModel
import SnapshotStore
import Glibc
import Testing

@testable import Engine

@Suite struct ControlTests {
    func run(_ answers: Answers) throws -> (findings: [Finding], controls: [ControlResult]) {
        let snapshot = answers.snapshot
        let path = "/tmp/cloudryption-controls-\(UInt64.random(in: 0 ... .max)).sqlite"
        defer { unlink(path) }
        try SnapshotWriter.write(
            SnapshotContents(
                snapshot: snapshot, digest: SnapshotDigest.of(snapshot), exposures: NetworkReachability(snapshot).exposures().map(\.row)),
            to: path)
        return try ControlRunner.run(try SnapshotDatabase(path: path))
    }
    func result(_ id: String, _ answers: Answers) throws -> ControlResult { try #require(try run(answers).controls.first { $0.id == id }) }

    @Test func everyControlIsReadAndNamedOnce() throws {
        let controls = try ControlDefinition.builtIn()
        #expect(controls.count >= 24 && Set(controls.map(\.id)).count == controls.count)
        #expect(controls.allSatisfy { !$0.rationale.isEmpty && !$0.remediation.isEmpty })
        let known = Set(KnownOperation.all.map { $0.service + "." + $0.operation })
        for control in controls { #expect(control.needs.allSatisfy(known.contains), "\(control.id)") }
    }

    @Test func theOpenAccountFailsWhereItIsOpen() throws {
        let (findings, controls) = try run(try Answers.open())
        let failed = Set(findings.filter { $0.verdict == .fail }.map(\.control))
        for id in [
            "iam-password-length", "iam-user-mfa", "iam-access-key-rotation", "iam-user-policies", "iam-full-administrator",
            "iam-pass-any-role", "ec2-imdsv2",
            "ec2-exposed-with-role", "s3-public-access-block", "s3-account-public-access-block", "s3-public", "s3-encryption",
            "s3-tls-only",
            "lambda-url-auth", "rds-not-public", "rds-backups", "snapshot-public", "snapshot-encryption", "kms-rotation", "secret-rotation",
        ] { #expect(failed.contains(id), "\(id) should fail") }
        for id in [
            "iam-root-mfa", "iam-root-access-keys", "iam-password-reuse", "iam-one-active-key", "iam-unused-key", "iam-trust-everyone",
            "iam-trust-external-id", "ec2-admin-ports-open", "ec2-database-ports-open", "ec2-everything-open",
            "ec2-default-group", "elb-plain-http", "lambda-public-policy", "secret-public-policy", "kms-public-policy", "rds-encryption",
        ] {
            let result = try #require(controls.first { $0.id == id })
            #expect(result.failed == 0 && result.passed > 0 && result.unknown == 0, "\(id) \(result)")
        }
        #expect(findings.allSatisfy { !$0.why.isEmpty && !$0.account.isEmpty })
        #expect(findings.filter { $0.verdict == .fail }.allSatisfy { !$0.evidence.isEmpty })
    }

    /// A fact that is not there makes the control unknown, never passed.
    @Test(arguments: [
        ("iam-user-mfa", "iam.get-credential-report"), ("iam-access-key-rotation", "iam.get-credential-report"),
        ("iam-password-length", "iam.get-account-password-policy"), ("s3-public", "s3.get-bucket-policy"),
        ("s3-tls-only", "s3.get-bucket-policy"),
        ("lambda-url-auth", "lambda.list-function-url-configs"), ("snapshot-public", "rds.describe-db-snapshot-attributes"),
        ("kms-rotation", "kms.get-key-rotation-status"), ("secret-public-policy", "secretsmanager.get-resource-policy"),
        ("kms-public-policy", "kms.get-key-policy"), ("lambda-public-policy", "lambda.get-policy"),
        ("elb-plain-http", "elbv2.describe-listeners"),
        ("ec2-imdsv2", "ec2.describe-instances"), ("ec2-admin-ports-open", "ec2.describe-security-groups"),
        ("rds-not-public", "rds.describe-db-instances"),
        ("iam-full-administrator", "iam.get-account-authorization-details"),
    ])
    func aMissingAnswerMakesTheControlUnknown(_ id: String, _ call: String) throws {
        var answers = try Answers.open()
        answers.remove(call)
        let result = try result(id, answers)
        #expect(result.unknown > 0, "\(result)")
        #expect(result.passed == 0, "\(result)")
    }

    @Test func rootWithoutMfaAndWithKeysFailsAndIsUnknownWithoutAnswers() throws {
        var answers = try Answers.open()
        answers.remove("iam.get-account-summary")
        try answers.add("iam.get-account-summary", #"{"SummaryMap":{"AccountMFAEnabled":0,"AccountAccessKeysPresent":1}}"#)
        #expect(try result("iam-root-mfa", answers).failed == 1)
        #expect(try result("iam-root-access-keys", answers).failed == 1)
        answers.remove("iam.get-account-summary")
        answers.remove("iam.get-credential-report")
        #expect(try result("iam-root-mfa", answers).unknown == 1)
    }

    @Test func openPortsFailByNumberRangeAndProtocol() throws {
        func group(_ rule: String) throws -> Answers {
            var answers = try Answers.open()
            answers.remove("ec2.describe-security-groups")
            try answers.add(
                "ec2.describe-security-groups.eu-west-1",
                #"{"SecurityGroups":[{"GroupId":"sg-web","GroupName":"default","VpcId":"vpc-1","IpPermissions":[\#(rule)],"IpPermissionsEgress":[]}]}"#
            )
            return answers
        }
        let ssh = try group(#"{"IpProtocol":"tcp","FromPort":20,"ToPort":25,"Ipv6Ranges":[{"CidrIpv6":"::/0"}]}"#)
        #expect(try result("ec2-admin-ports-open", ssh).failed == 1)
        #expect(try result("ec2-default-group", ssh).failed == 1)
        #expect(try result("ec2-everything-open", ssh).failed == 0)
        let all = try group(#"{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#)
        for id in ["ec2-admin-ports-open", "ec2-database-ports-open", "ec2-everything-open"] { #expect(try result(id, all).failed == 1) }
        let own = try group(#"{"IpProtocol":"-1","IpRanges":[{"CidrIp":"10.0.0.0/8"}]}"#)
        for id in ["ec2-admin-ports-open", "ec2-database-ports-open", "ec2-everything-open"] { #expect(try result(id, own).failed == 0) }
        let list = try group(#"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"PrefixListIds":[{"PrefixListId":"pl-1"}]}"#)
        #expect(try result("ec2-admin-ports-open", list).unknown == 1)
    }

    @Test func trustInEverybodyAndInOtherAccountsFailsUnlessConditioned() throws {
        func role(_ statement: String) throws -> Answers {
            var answers = Answers()
            try answers.add(
                "iam.get-account-authorization-details",
                #"{"UserDetailList":[],"GroupDetailList":[],"Policies":[],"RoleDetailList":[{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[\#(statement)]}}]}"#
            )
            return answers
        }
        let everyone = try role(#"{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"sts:AssumeRole"}"#)
        #expect(try result("iam-trust-everyone", everyone).failed == 1)
        let other = try role(#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999988887777:root"},"Action":"sts:AssumeRole"}"#)
        #expect(try result("iam-trust-external-id", other).failed == 1)
        #expect(try result("iam-trust-everyone", other).passed == 1)
        let guarded = try role(
            #"{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}"#
        )
        #expect(try result("iam-trust-external-id", guarded).passed == 1)
    }
}
