import Foundation
import Testing

/// `cloudryption query can` and `who-can` as a process, on a folder of saved AWS CLI answers.
@Suite("Questions to a folder", .timeLimit(.minutes(5)))
struct QueryTests {
    private static let account = "123456789012"

    /// A folder that is removed with it.
    private final class Saved {
        let path = FileManager.default.temporaryDirectory.appending(path: "clr-query-\(UUID().uuidString)").path
        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            func user(_ name: String, _ policy: String) -> String {
                #"{"UserName":"\#(name)","UserId":"A\#(name)","Arn":"arn:aws:iam::123456789012:user/\#(name)","GroupList":[],"AttachedManagedPolicies":[],"UserPolicyList":[\#(policy)]}"#
            }
            func policy(_ name: String, _ statements: String) -> String {
                #"{"PolicyName":"\#(name)","PolicyDocument":{"Version":"2012-10-17","Statement":\#(statements)}}"#
            }
            let allow = #"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#
            let users = [
                user("alice", policy("reading\u{202E}", "[\(allow)]")), user("nobody", ""),
                user(
                    "mfa",
                    policy(
                        "p",
                        #"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#)),
                user("cut", policy("p", #"[\#(allow),{"Effect":"Deny","Action":"*","Resource":"*"}]"#)),
            ]
            try save(
                "iam.get-account-authorization-details.json",
                #"{"UserDetailList":[\#(users.joined(separator: ","))],"GroupDetailList":[],"RoleDetailList":[],"Policies":[]}"#)
            try save("s3api.list-buckets.json", #"{"Buckets":[{"Name":"data"},{"Name":"dark"}]}"#)
            try save("s3api.get-bucket-policy.data.json", #"{"Error":{"Code":"NoSuchBucketPolicy"}}"#)
            try save("s3api.get-bucket-policy.dark.json", #"{"Error":{"Code":"AccessDenied"}}"#)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }
        func save(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path + "/" + name)) }
    }

    private func ask(_ arguments: String...) async throws -> RealProcess.Outcome {
        try await RealProcess.run(Programs.cli, ["query"] + arguments)
    }

    @Test("the first line is the answer, and the statements are quoted by file, policy and index")
    func answers() async throws {
        let folder = try Saved()
        let get = "s3:GetObject"
        let object = "arn:aws:s3:::data/report"
        let allowed = try await ask("can", "user/alice", get, object, folder.path)
        #expect(allowed.status == 0 && allowed.errors.isEmpty, "\(allowed.errors)")
        let lines = allowed.output.split(separator: "\n")
        #expect(lines.first == "allowed")
        #expect(
            lines.contains(
                #"iam.get-account-authorization-details.json: policy reading�, statement 0 (Allow): {"Action":"s3:GetObject","Effect":"Allow","Resource":"*"}"#
            ),
            "\(allowed.output)")
        for (name, object, first) in [
            ("user/nobody", object, "denied (implicit deny: identity)"), ("user/cut", object, "denied (explicit deny: identity)"),
            ("user/mfa", object, "conditional: allowed only if aws:MultiFactorAuthPresent is true"),
            ("user/alice", "arn:aws:s3:::dark/x", "unknown: the policy of bucket dark was not collected"),
        ] {
            let found = try await ask("can", name, get, object, folder.path)
            #expect(found.status == 0 && found.output.hasPrefix(first), "\(name): \(found.output)")
        }
        let settled = try await ask("can", "user/mfa", get, object, folder.path, "--context", "aws:MultiFactorAuthPresent=true")
        #expect(settled.output.hasPrefix("allowed\n"))
        let json = try await ask("can", "user/cut", get, object, folder.path, "--output", "json")
        let read = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(read["decision"] as? String == "denied" && read["explicit"] as? Bool == true)
        let statement = try #require((read["statements"] as? [[String: Any]])?.first)
        #expect(statement["policy"] as? String == "p" && statement["statement"] as? Int == 1)
        #expect(statement["file"] as? String == "iam.get-account-authorization-details.json")
    }

    @Test("everybody who may is listed, and who cannot be judged stands apart")
    func whoCan() async throws {
        let folder = try Saved()
        let found = try await ask("who-can", "s3:GetObject", "arn:aws:s3:::data/report", folder.path)
        #expect(found.status == 0)
        #expect(found.output.contains("user/alice: allowed") && found.output.contains("user/mfa: conditional"))
        #expect(!found.output.contains("user/nobody") && !found.output.contains("user/cut"))
        let all = try await ask("who-can", "s3:GetObject", "arn:aws:s3:::data/report", folder.path, "--all")
        #expect(all.output.contains("user/nobody: denied") && all.output.contains("user/cut: denied"))
        let dark = try await ask("who-can", "s3:GetObject", "arn:aws:s3:::dark/report", folder.path, "--output", "json")
        let read = try #require(try JSONSerialization.jsonObject(with: Data(dark.output.utf8)) as? [String: Any])
        #expect((read["principals"] as? [Any])?.isEmpty == true)
        let unknown = (read["unknown"] as? [[String: Any]] ?? []).compactMap { $0["principal"] as? String }
        #expect(Set(unknown).isSuperset(of: ["alice", "nobody", "mfa"].map { "arn:aws:iam::\(Self.account):user/\($0)" }))
        #expect(!unknown.contains("arn:aws:iam::\(Self.account):user/cut"))
    }

    @Test("a principal that is not there is one line and 1, a question that is none is 2")
    func endings() async throws {
        let folder = try Saved()
        let missing = try await ask("can", "user/zed", "s3:GetObject", "*", folder.path)
        #expect(missing.status == 1 && missing.output.isEmpty)
        #expect(missing.errors.split(separator: "\n").count == 1 && missing.errors.contains("user/zed"))
        let hostile = try await ask("can", "user/\u{1B}[31m\nzed", "s3:GetObject", "*", folder.path)
        #expect(hostile.status == 1 && !hostile.errors.contains("\u{1B}") && hostile.errors.split(separator: "\n").count == 1)
        #expect(try await ask("can", "user/alice", "GetObject", "*", folder.path).status == 2)
        #expect(try await ask("can", "user/alice", "s3:GetObject", "data", folder.path).status == 2)
        #expect(try await ask("can", "user/alice", "s3:GetObject", "*", folder.path, "--context", "key").status == 2)
        #expect(try await ask("can", "user/alice", "s3:GetObject", "*").status == 2)
        let nowhere = try await ask("who-can", "s3:GetObject", "*", folder.path + "/none")
        #expect(nowhere.status == 1 && nowhere.errors.split(separator: "\n").count == 1)
    }
}
