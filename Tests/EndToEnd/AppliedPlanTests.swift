import Foundation
import Testing

/// What tests read of a `plan.json`.
struct WrittenPlan: Decodable {
    struct Fix: Decodable {
        var id: String
        var kind: String
        var resource: String
        var cost: Int
        var cli: String
        var terraform: String
        var rollback: String
    }
    var optimal: Bool
    var cost: Int
    var fixes: [Fix]
    var open: [String]
}

/// Plans that are carried out in the emulated account, which is then collected and analysed again.
@Suite("Plans that are applied", .timeLimit(.minutes(15)))
struct AppliedPlanTests {
    /// One emulated account and a folder for what is made of it.
    private struct Subject {
        let account: SampleAccount
        let folder: URL

        init(_ seed: String) async throws {
            account = try await SampleAccount.start(["--seed", seed])
            folder = FileManager.default.temporaryDirectory.appending(path: "clr-plan-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        func remove() { try? FileManager.default.removeItem(at: folder) }

        /// Reads the account as it is now, and gives the folder of the answers.
        func collect(_ name: String) async throws -> String {
            let records = folder.appending(path: name).path
            let run = try await RealProcess.run(
                Programs.agent, ["collect", "--regions", "eu-west-1,us-east-1", "--out", records],
                environment: account.environment.merging(["HOME": folder.path]) { $1 }, limit: .seconds(240))
            try #require(run.status == 0, "collect: \(run.errors)")
            return records
        }

        /// The identifiers of the paths that a folder of answers has.
        func paths(_ records: String) async throws -> Set<String> {
            let run = try await cli(["analyze", records, "--out", records + ".results"])
            try #require(run.status == 0, "\(run.errors)")
            let list = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: records + ".results/paths.json")))
            return Set(try #require(list as? [[String: Any]]).compactMap { $0["id"] as? String })
        }

        /// - Returns: the plan, and the file that it stands in.
        func plan(_ records: String, excluding excluded: [String] = []) async throws -> (plan: WrittenPlan, file: String) {
            let file = records + ".plan-\(excluded.count).json"
            let run = try await cli(["plan", records, "--out", file] + excluded.flatMap { ["--exclude", $0] })
            try #require(run.status == 0, "\(run.errors)")
            return (try JSONDecoder().decode(WrittenPlan.self, from: Data(contentsOf: URL(filePath: file))), file)
        }

        private func cli(_ arguments: [String]) async throws -> RealProcess.Outcome {
            try await RealProcess.run(Programs.cli, arguments, environment: ["HOME": folder.path], limit: .seconds(240))
        }

        func shell(_ commands: [String]) async throws {
            var environment = account.environment
            environment["AWS_DEFAULT_REGION"] = account.environment["AWS_REGION"]
            environment["AWS_PAGER"] = ""
            environment["HOME"] = folder.path
            environment["TOOLS"] = Programs.python.deletingLastPathComponent().path
            let script = "set -eu\nPATH=$TOOLS:$PATH\n" + commands.joined(separator: "\n")
            let run = try await RealProcess.run(
                URL(filePath: "/bin/sh"), ["-c", script], environment: environment, limit: .seconds(240))
            try #require(run.status == 0, "\(run.errors)\n\(script)")
        }

        /// Applies the Terraform of the fixes of a plan in a file as the AWS provider does; Tests/Terraform says how far.
        func terraform(_ plan: String) async throws -> RealProcess.Outcome {
            try await AppliedPlanTests.terraform(plan, account.environment)
        }
    }

    private static func terraform(_ plan: String, _ environment: [String: String]) async throws -> RealProcess.Outcome {
        try await RealProcess.run(
            Programs.python,
            [Programs.root.appending(path: "Tests/Terraform/apply.py").path, "--endpoint", environment["AWS_ENDPOINT_URL"] ?? "", plan],
            environment: environment.merging(["HOME": NSTemporaryDirectory()]) { $1 }, limit: .seconds(240))
    }

    @Test(
        "commands that are applied to the account close every path there, and their rollback brings each back",
        arguments: ["company", "exposed"])
    func commands(_ seed: String) async throws {
        let subject = try await Subject(seed)
        defer { subject.remove() }
        let records = try await subject.collect("1")
        let before = try await subject.paths(records)
        #expect(!before.isEmpty)
        let plan = try await subject.plan(records).plan
        #expect(plan.optimal && plan.open.isEmpty)
        try await PlanTests.checkTerraform(plan)

        try await subject.shell(plan.fixes.map(\.cli))
        #expect(try await subject.paths(subject.collect("2")) == [])

        try await subject.shell(plan.fixes.reversed().map(\.rollback))
        #expect(try await subject.paths(subject.collect("3")) == before)
    }

    /// The second and third plan do without what those before them used, so that other kinds of changes have their turn.
    @Test(
        "the account that a plan's Terraform makes has the paths that the plan leaves open, and no other",
        arguments: [("company", 10), ("exposed", 11)])
    func terraform(_ seed: String, _ leastTypes: Int) async throws {
        let origin = try await Subject(seed)
        defer { origin.remove() }
        let records = try await origin.collect("1")
        let before = try await origin.paths(records)
        var excluded: [String] = []
        var types: Set<String> = []
        for round in 1...3 {
            let (plan, file) = try await origin.plan(records, excluding: excluded)
            #expect(plan.optimal && (round > 1 || plan.open.isEmpty))
            #expect(before.isStrictSuperset(of: plan.open))

            // Every account of a seed is the same one.
            let subject = round == 1 ? origin : try await Subject(seed)
            defer { if round > 1 { subject.remove() } }
            let run = try await subject.terraform(file)
            #expect(run.status == 0, "\(run.errors)")
            #expect(try await subject.paths(subject.collect("2")) == Set(plan.open), "\(seed), round \(round)")

            excluded += plan.fixes.map(\.id)
            for fix in plan.fixes { types.formUnion(fix.terraform.matches(of: /resource "(\w+)"/).map { String($0.output.1) }) }
        }
        #expect(types.count >= leastTypes, "\(types.sorted())")
    }

    /// The company's other account, a member of its organisation, with users in it who all rise by the same right; nobody can collect it from the
    /// emulated cloud.
    private static func addMember(to records: String) throws -> String {
        let listing = try Data(contentsOf: URL(filePath: records + "/123456789012/organizations.list-accounts.json"))
        let accounts = (try JSONSerialization.jsonObject(with: listing) as? [String: Any])?["Accounts"] as? [[String: Any]]
        let member = try #require(accounts?.first { $0["Name"] as? String == "sandbox" }?["Id"] as? String)
        let users = (0..<4).map { number in
            """
            {"UserName": "u\(number)", "Arn": "arn:aws:iam::\(member):user/u\(number)", "Path": "/", "AttachedManagedPolicies": [], "GroupList": [],
             "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
               {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"}]}}]}
            """
        }
        let folder = URL(filePath: records).appending(path: member)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(
            #"{"UserDetailList": [\#(users.joined(separator: ","))], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#.utf8
        ).write(to: folder.appending(path: "iam.get-account-authorization-details.json"))
        return member
    }

    @Test(
        "a service control policy that is made by commands or Terraform closes what everyone in a member account could do, and can be taken back"
    )
    func member() async throws {
        let subject = try await Subject("company")
        defer { subject.remove() }
        func collect(_ name: String) async throws -> (records: String, member: String) {
            let records = try await subject.collect(name)
            return (records, try Self.addMember(to: records))
        }
        let (records, member) = try await collect("1")
        let before = try await subject.paths(records)
        let plan = try await subject.plan(records)
        let fix = try #require(plan.plan.fixes.first { $0.kind == "add-service-control-policy" })
        #expect(fix.resource.hasSuffix("/\(member)") && plan.plan.optimal && plan.plan.open.isEmpty)

        try await subject.shell([fix.cli])
        let after = try await subject.paths(collect("2").records)
        #expect(before.count == after.count + 4 && after.isSubset(of: before))

        try await subject.shell([fix.rollback])
        #expect(try await subject.paths(collect("3").records) == before)

        // All other fixes go with it.
        let run = try await subject.terraform(plan.file)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try await subject.paths(collect("4").records) == [])
    }

    @Test(
        "Terraform that the provider would not take so is refused",
        arguments: [
            #"resource "aws_iam_user_policy" "x" {\n  user = "u"\n  name = "p"\n  policy_document = "{}"\n}"#,
            #"resource "aws_iam_user_policy" "x" {\n  user = "u"\n  name = "p"\n}"#, #"resource "aws_iam_person" "x" {\n  name = "u"\n}"#,
            #"resource "aws_iam_user" "x" {\n  name = "u${var.x}"\n  permissions_boundary = "b"\n}"#, #"resource "aws_iam_user" "x" {"#,
            #"# Remove the resource "aws_iam_user_policy" with user = "u"."#, "# Remove the policy of that user.",
            #"output "x" {\n  value = 1\n}"#,
        ])
    func refused(_ text: String) async throws {
        let fix = ["kind": "remove-action", "resource": "arn:aws:iam::123456789012:user/u", "terraform": text.replacing("\\n", with: "\n")]
        let plan = FileManager.default.temporaryDirectory.appending(path: "clr-plan-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: plan) }
        try JSONSerialization.data(withJSONObject: ["fixes": [fix]]).write(to: plan)
        // Nobody answers there: a call would be another error.
        let run = try await Self.terraform(
            plan.path, ["AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"])
        #expect(run.status == 1 && !run.errors.contains("EndpointConnectionError"), "\(run.errors)")
    }
}
