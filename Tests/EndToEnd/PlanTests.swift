import Foundation
import Testing

/// `cloudryption plan`, `plan verify` and `what-if` as real processes on folders of saved AWS CLI answers.
@Suite("Plans, without a server", .timeLimit(.minutes(15)))
struct PlanTests {
    private static let account = "111122223333"
    private static let hasPython = ProcessInfo.processInfo.environment["CLOUDRYPTION_TEST_PYTHON"] != nil
    private static func arn(_ rest: String) -> String { "arn:aws:iam::\(account):\(rest)" }

    // MARK: Folders

    private static func user(_ name: String, _ statements: String, groups: String = "") -> String {
        """
        {"UserName": "\(name)", "Arn": "\(arn("user/" + name))", "Path": "/", "AttachedManagedPolicies": [], "GroupList": [\(groups)],
         "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [\(statements)]}}]}
        """
    }

    private static func folder(users: String, groups: String = "", roles: String = "") throws -> AnswersFolder {
        let folder = try AnswersFolder()
        try folder.save(
            "iam.get-account-authorization-details.json",
            #"{"UserDetailList": [\#(users)], "GroupDetailList": [\#(groups)], "RoleDetailList": [\#(roles)], "Policies": []}"#)
        return folder
    }

    private static func boss(_ principal: String) -> String {
        """
        {"RoleName": "boss", "Arn": "\(arn("role/boss"))", "Path": "/", "RolePolicyList": [], "InstanceProfileList": [],
         "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
         "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "\(principal)"}}]}}
        """
    }

    private static func allow(_ action: String, _ resource: String = "*") -> String {
        #"{"Effect": "Allow", "Action": "\#(action)", "Resource": "\#(resource)"}"#
    }

    /// Two users who reach administrator rights in ways that have nothing in common.
    private static func shop() throws -> AnswersFolder {
        try folder(
            users: [user("dev", allow("sts:AssumeRole", arn("role/boss"))), user("ops", allow("iam:PutUserPolicy"))].joined(
                separator: ", "), roles: boss(arn("root")))
    }

    private static func plan(_ folder: AnswersFolder, _ more: [String] = []) async throws -> WrittenPlan {
        let run = try await cli(["plan", folder.input, "--out", folder.output + ".plan.json", "--output", "json"] + more)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try Data(contentsOf: URL(filePath: folder.output + ".plan.json")) == Data(run.output.utf8))
        return try JSONDecoder().decode(WrittenPlan.self, from: Data(run.output.utf8))
    }

    private static func cli(_ arguments: [String]) async throws -> RealProcess.Outcome {
        try await RealProcess.run(Programs.cli, arguments, environment: ["HOME": NSTemporaryDirectory()])
    }

    /// Titles of the paths of a folder.
    private static func paths(_ input: String) async throws -> [String] {
        let output = input + ".results"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let run = try await cli(["analyze", input, "--out", output])
        #expect(run.status == 0, "\(run.errors)")
        let list = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: output + "/paths.json"))) as? [[String: Any]]
        return try #require(list).compactMap { $0["title"] as? String }.sorted()
    }

    // MARK: Commands

    @Test("the patched folder that what-if leaves has no path left, and the plan is accepted")
    func closes() async throws {
        let folder = try Self.shop()
        defer { folder.remove() }
        let plan = try await Self.plan(folder)
        #expect(plan.optimal && plan.open.isEmpty && plan.fixes.count == 2)
        #expect(plan.cost == plan.fixes.map(\.cost).reduce(0, +))
        let file = folder.output + ".plan.json"
        let accepted = try await Self.cli(["plan", "verify", folder.input, file])
        #expect(accepted.status == 0, "\(accepted.errors)")
        #expect(try await !Self.paths(folder.input).isEmpty)
        for changes in [["--fix"] + plan.fixes.map(\.id), ["--patch", file]] {
            let patched = folder.output + ".patched"
            defer { try? FileManager.default.removeItem(atPath: patched) }
            let run = try await Self.cli(["what-if", folder.input] + changes + ["--write", patched, "--output", "json"])
            #expect(run.status == 0, "\(run.errors)")
            let answer = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
            #expect((answer["closed"] as? [Any])?.count == 2)
            #expect((answer["left"] as? [Any])?.isEmpty == true)
            #expect((answer["new"] as? [Any])?.isEmpty == true)
            #expect(try await Self.paths(patched) == [])
        }
    }

    @Test("the fix that looks right but closes nothing is not chosen, and what-if says what is left")
    func obvious() async throws {
        // The role's own trust policy names the user, who needs no permission then.
        let trust = try Self.folder(
            users: Self.user("dev", Self.allow("sts:AssumeRole", Self.arn("role/boss"))), roles: Self.boss(Self.arn("user/dev")))
        defer { trust.remove() }
        #expect(try await Self.plan(trust).fixes.map(\.resource) == [Self.arn("role/boss")])
        let patch = trust.output + ".patch.json"
        try Data(
            """
            [{"edits": [{"edit": "removeAction", "action": "sts:AssumeRole", "statement": 0,
              "place": {"kind": "inline", "principal": "\(Self.arn("user/dev"))", "name": "own"}}]}]
            """.utf8
        ).write(to: URL(filePath: patch))
        let run = try await Self.cli(["what-if", trust.input, "--patch", patch, "--output", "json"])
        #expect(run.status == 0, "\(run.errors)")
        let answer = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect((answer["closed"] as? [Any])?.isEmpty == true)
        let left = try #require(answer["left"] as? [[String: Any]])
        #expect(left.count == 1 && (left[0]["why"] as? String)?.isEmpty == false)

        // A second statement, and a group, grant the same.
        let twice = try Self.folder(users: Self.user("dev", Self.allow("iam:PutUserPolicy") + ", " + Self.allow("iam:Put*")))
        defer { twice.remove() }
        #expect(try await Self.plan(twice).fixes.map(\.kind) == ["deny-action"])
        let group = try Self.folder(
            users: Self.user("dev", Self.allow("iam:PutUserPolicy"), groups: "\"team\""),
            groups: """
                {"GroupName": "team", "Arn": "\(Self.arn("group/team"))", "Path": "/", "AttachedManagedPolicies": [],
                 "GroupPolicyList": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": \(Self.allow("iam:PutUserPolicy"))}}]}
                """)
        defer { group.remove() }
        #expect(try await Self.plan(group).fixes.count == 2)
    }

    @Test(
        "a plan that was tampered with is refused with its reason and exit code 1",
        arguments: ["path", "weight", "fix", "cost", "after", "title", "curve", "gap", "accesses", "optimal"])
    func tampered(_ what: String) async throws {
        let folder = try Self.shop()
        defer { folder.remove() }
        // The second best is not optimal once it is said to be the best.
        let best = try await Self.plan(folder)
        if what == "optimal" { _ = try await Self.plan(folder, ["--exclude", try #require(best.fixes.first).id]) }
        let file = folder.output + ".plan.json"
        var plan = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file))) as? [String: Any])
        var fixes = try #require(plan["fixes"] as? [[String: Any]])
        var certificate = try #require(plan["certificate"] as? [String: Any])
        var parts = try #require(certificate["parts"] as? [[String: Any]])
        var paths = try #require(parts[0]["paths"] as? [[String: Any]])
        switch what {
        case "path": paths.removeLast()
        case "weight": paths[0]["weight"] = try #require(paths[0]["weight"] as? Double) + 1
        case "fix": fixes.removeLast()
        case "cost": plan["cost"] = 1
        case "after": fixes[0]["after"] = "{}"
        case "title": fixes[0]["title"] = "\u{1B}[2JNothing to do\u{202E}"
        case "curve": plan["curve"] = [["fixes": 0, "exposureRemoved": 999, "optimal": true, "atMost": 999, "chosen": []]]
        case "gap": plan["gap"] = 0.25
        case "accesses": fixes[0]["accessLost"] = ["used": 0, "unused": 0, "unknown": 0]
        default: certificate["excluded"] = []
        }
        parts[0]["paths"] = paths
        certificate["parts"] = parts
        plan["certificate"] = certificate
        plan["fixes"] = fixes
        try JSONSerialization.data(withJSONObject: plan).write(to: URL(filePath: file))
        let run = try await Self.cli(["plan", "verify", folder.input, file])
        #expect(run.status == 1)
        #expect(run.errors.contains("refused"), "\(run.errors)")
        #expect(!run.errors.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
    }

    @Test("what is no whole plan, or that of another folder, is refused with exit code 1")
    func foreign() async throws {
        let folder = try Self.shop()
        let other = try Self.folder(users: Self.user("dev", Self.allow("iam:PutUserPolicy")))
        defer {
            folder.remove()
            other.remove()
        }
        _ = try await Self.plan(folder)
        let file = folder.output + ".plan.json"
        let moved = try await Self.cli(["plan", "verify", other.input, file])
        #expect(moved.status == 1 && moved.errors.contains("refused"), "\(moved.errors)")
        let whole = try Data(contentsOf: URL(filePath: file))
        for bytes in [whole.prefix(whole.count / 2), Data(), Data("[]".utf8), Data("{\"fixes\": 1}".utf8)] {
            try bytes.write(to: URL(filePath: file))
            let run = try await Self.cli(["plan", "verify", folder.input, file])
            #expect(run.status == 1 && !run.errors.isEmpty, "\(run.errors)")
        }
    }

    @Test("excluded fixes are not used; number, budget and target exclude each other")
    func options() async throws {
        let folder = try Self.shop()
        defer { folder.remove() }
        let best = try await Self.plan(folder)
        let first = try #require(best.fixes.first).id
        let other = try await Self.plan(folder, ["--exclude", first])
        #expect(!other.fixes.contains { $0.id == first })
        #expect(other.cost >= best.cost && other.open.isEmpty)
        // Both ways lead to the same jewel and are equally likely, so one change lowers nothing.
        #expect(try await Self.plan(folder, ["--max-fixes", "1"]).fixes.isEmpty)
        #expect(try await Self.plan(folder, ["--max-fixes", "2"]).fixes.count == 2)
        #expect(try await Self.plan(folder, ["--budget", "0"]).fixes.isEmpty)
        #expect(try await Self.plan(folder, ["--target", "admin"]).open.isEmpty)
        for more in [
            ["--max-fixes", "1", "--budget", "3"], ["--target", "nothing"], ["--max-fixes", "-1"], ["--budget", "x"],
            ["--max-fixes", "1", "--target", "admin"],
        ] {
            #expect(try await Self.cli(["plan", folder.input] + more).status == 2, "\(more)")
        }
        let unknown = try await Self.cli(["what-if", folder.input, "--fix", "fix-0000000000000000"])
        #expect(unknown.status == 1 && unknown.errors.contains("fix-0000000000000000"))
    }

    @Test("plan.json is as its schema says, and its Terraform is laid out and read as Terraform", .enabled(if: hasPython))
    func schema() async throws {
        let folder = try Self.shop()
        defer { folder.remove() }
        let plan = try await Self.plan(folder)
        let schema = Programs.root.appending(path: "Protocol/Spec/results/plan.schema.json").path
        let check = try await RealProcess.run(
            Programs.python,
            [
                "-c",
                "import json, sys, jsonschema\njsonschema.Draft202012Validator(json.load(open(sys.argv[2]))).validate(json.load(open(sys.argv[1])))",
                folder.output + ".plan.json", schema,
            ])
        #expect(check.status == 0, "\(check.errors)")
        try await Self.checkTerraform(plan)
    }

    /// Asks Terraform itself, where there is one, whether it reads the snippets.
    static func checkTerraform(_ plan: WrittenPlan) async throws {
        guard
            let terraform = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map({ "\($0)/terraform" }).first(
                where: FileManager.default.isExecutableFile)
        else { return }
        for fix in plan.fixes {
            let run = try await RealProcess.run(
                URL(filePath: terraform), ["fmt", "-no-color", "-check", "-diff", "-"], environment: ["CHECKPOINT_DISABLE": "1"],
                input: fix.terraform + "\n")
            #expect(run.status == 0, "\(run.output)\n\(run.errors)")
        }
    }
}
