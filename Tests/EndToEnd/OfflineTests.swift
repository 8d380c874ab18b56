import Foundation
import Testing

/// `cloudryption analyze` as a real process on folders of saved AWS CLI answers.
@Suite("Without a server", .timeLimit(.minutes(5)))
struct OfflineTests {
    private static let account = "123456789012"
    private static let details = "iam.get-account-authorization-details.json"

    // MARK: Answers

    @Test("each principal of one saved answer gets the right verdict, closed ways beside open ones")
    func principals() async throws {
        let folder = try AnswersFolder()
        defer { folder.remove() }
        try folder.save(Self.details, Self.saved)
        let run = try await folder.analyze()
        #expect(run.status == 0, "\(run.errors)")
        let found = try folder.principals()
        let expected: [(name: String, admin: Bool, reaches: String)] = [
            ("user/attached", true, "yes"), ("user/inline", true, "yes"), ("user/encoded", true, "yes"), ("user/member", true, "yes"),
            ("user/split", true, "yes"), ("user/denied", false, "no"), ("user/bounded", false, "no"), ("user/mfa", false, "conditional"),
            ("user/writer", false, "yes"), ("user/writer-denied", false, "no"), ("user/writer-bounded", false, "no"),
            ("user/passer", false, "yes"), ("user/passer-halfway", false, "no"), ("user/passer-elsewhere", false, "no"),
            ("user/unseen", false, "unknown"), ("user/nobody", false, "no"), ("role/functions", true, "yes"),
        ]
        for entry in expected {
            let answer = try #require(found["arn:aws:iam::\(Self.account):\(entry.name)"], "\(entry.name)")
            #expect(answer.admin == entry.admin, "\(entry.name)")
            #expect(answer.reachesAdmin == entry.reaches, "\(entry.name)")
        }
        let paths = try folder.paths()
        let technique = { (name: String) in
            paths.first { $0.source == "arn:aws:iam::\(Self.account):user/\(name)" }.map { $0.steps.map(\.technique) }
        }
        #expect(technique("writer")?.first == "iam-007")
        #expect(technique("passer")?.first == "lambda-001")
        #expect(technique("writer-denied") == nil)
        for path in paths {
            #expect(path.steps.first?.from == path.source)
            #expect(path.steps.last?.to == path.target)
        }
    }

    @Test("a byte order mark, CRLF, null, unknown members and empty lists change no verdict")
    func spelling() async throws {
        let folder = try AnswersFolder()
        defer { folder.remove() }
        let text = Self.saved.replacing("\n", with: "\r\n").replacing(
            "\"GroupDetailList\"", with: "\"Marker\": null, \"New\": {\"x\": []}, \"GroupDetailList\"")
        try folder.save(Self.details, "\u{FEFF}" + text)
        try folder.save("ec2.describe-instances.eu-west-1.json", #"{"Reservations": []}"#)
        try folder.save("iam.get-credential-report.csv", "\u{FEFF}user,arn,password_enabled,mfa_active\r\n")
        try folder.save("iam.list-users.json", #"{"Users": []}"#)
        let run = try await folder.analyze()
        #expect(run.status == 0, "\(run.errors)")
        let found = try folder.principals()
        #expect(found["arn:aws:iam::\(Self.account):user/writer"]?.reachesAdmin == "yes")
        #expect(found["arn:aws:iam::\(Self.account):user/writer-denied"]?.reachesAdmin == "no")
        let coverage = try folder.text("coverage.json")
        #expect(coverage.contains("iam.list-users.json"))
        #expect(!coverage.contains("badReport"))
        #expect(coverage.contains(#""outcome": "collected""#))
    }

    @Test("the same answers give the same bytes, wherever the folder lies and whatever order its files were made in")
    func sameBytes() async throws {
        let first = try AnswersFolder()
        let second = try AnswersFolder()
        defer {
            first.remove()
            second.remove()
        }
        let files = [
            (Self.details, Self.saved), ("ec2.describe-vpcs.eu-west-1.json", #"{"Vpcs": []}"#),
            ("s3.list-buckets.json", #"{"Buckets": []}"#),
        ]
        for file in files { try first.save(file.0, file.1) }
        for file in files.reversed() { try second.save(file.0, file.1) }
        #expect(try await first.analyze().status == 0)
        #expect(try await second.analyze().status == 0)
        for name in AnswersFolder.results { #expect(try first.bytes(name) == second.bytes(name), "\(name)") }
    }

    // MARK: Endings

    @Test("--fail-on ends with 3, an unknown severity with 2")
    func endings() async throws {
        let folder = try AnswersFolder()
        defer { folder.remove() }
        try folder.save(Self.details, Self.saved)
        #expect(try await folder.analyze(["--fail-on", "high"]).status == 3)
        #expect(try await folder.analyze(["--fail-on", "dreadful"]).status == 2)
        #expect(try await RealProcess.run(Programs.cli, ["analyze", folder.input]).status == 2)
    }

    @Test(
        "bad input is one line that names the file, exit code 1, and nothing is written",
        arguments: [
            (Self.details, #"{"UserDetailList": ["#), (Self.details, ""), (Self.details, "[]"),
            (Self.details, String(repeating: "[", count: 100_000)), ("accounts.json", "{}"), ("ec2.describe-instances.json", "{}"),
            ("s3.get-bucket-policy.json", "{}"),
        ])
    func badInput(name: String, content: String) async throws {
        let folder = try AnswersFolder()
        defer { folder.remove() }
        try folder.save(name, content)
        let run = try await folder.analyze()
        #expect(run.status == 1)
        let lines = run.errors.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(lines.first?.contains(name.replacing(".json", with: "")) == true, "\(run.errors)")
        #expect(folder.entries == ["in"])
    }

    @Test(
        "a folder that is missing, empty or a file, a pipe inside it: one line, exit code 1",
        arguments: ["missing", "empty", "file", "pipe"])
    func badFolder(kind: String) async throws {
        let folder = try AnswersFolder(makesInput: kind != "missing" && kind != "file")
        defer { folder.remove() }
        if kind == "file" { try Data().write(to: URL(filePath: folder.input)) }
        if kind == "pipe" { try #require(mkfifo(folder.input + "/ec2.describe-vpcs.eu-west-1.json", 0o600) == 0) }
        let run = try await folder.analyze()
        #expect(run.status == 1)
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(!folder.entries.contains("out"))
    }

    @Test("old results are replaced as a whole or not at all, and what else is in the folder stays")
    func oldResults() async throws {
        let folder = try AnswersFolder()
        defer { folder.remove() }
        try folder.save(Self.details, Self.saved)
        try FileManager.default.createDirectory(atPath: folder.output + "/paths.json", withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(filePath: folder.output + "/notes.txt"))
        let refused = try await folder.analyze()
        #expect(refused.status == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.output).sorted() == ["notes.txt", "paths.json"])
        try FileManager.default.removeItem(atPath: folder.output + "/paths.json")
        try Data("old".utf8).write(to: URL(filePath: folder.output + "/paths.json"))
        #expect(try await folder.analyze().status == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.output).sorted() == (AnswersFolder.results + ["notes.txt"]).sorted())
        #expect(!(try folder.paths().isEmpty))
    }

    // MARK: The saved answer

    private static func statement(_ action: String, resource: String = "*", effect: String = "Allow", more: String = "") -> String {
        #"{"Effect": "\#(effect)", "Action": \#(action), "Resource": "\#(resource)"\#(more)}"#
    }
    private static func policy(_ name: String, _ statements: String...) -> String {
        #"{"PolicyName": "\#(name)", "PolicyDocument": {"Version": "2012-10-17", "Statement": [\#(statements.joined(separator: ", "))]}}"#
    }
    private static func user(
        _ name: String, _ inline: [String] = [], attached: String? = nil, group: String? = nil, boundary: String? = nil
    )
        -> String
    {
        let managed = attached.map { #"{"PolicyName": "x", "PolicyArn": "\#($0)"}"# } ?? ""
        let bounded =
            boundary.map { #", "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "\#($0)"}"# } ?? ""
        return """
            {"Path": "/", "UserName": "\(name)", "UserId": "AIDA\(name)", "Arn": "arn:aws:iam::\(account):user/\(name)",
             "CreateDate": "2026-01-02T03:04:05+00:00", "UserPolicyList": [\(inline.joined(separator: ", "))],
             "GroupList": [\(group.map { "\"\($0)\"" } ?? "")], "AttachedManagedPolicies": [\(managed)], "Tags": []\(bounded)}
            """
    }
    private static let everything = statement(#""*""#)
    private static let reading = "arn:aws:iam::\(account):policy/reading"
    private static let passing = #"["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]"#
    private static let encoded =
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D"

    static let saved: String = {
        let users = [
            user("attached", attached: "arn:aws:iam::aws:policy/AdministratorAccess"),
            user("inline", [policy("p", everything)]),
            user("encoded", [#"{"PolicyName": "p", "PolicyDocument": "\#(encoded)"}"#]),
            user("member", group: "administrators"),
            user(
                "split",
                [policy("a", #"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#), policy("b", statement(#"["iam:*"]"#))]),
            user("denied", [policy("p", everything), policy("d", statement(#""*""#, effect: "Deny"))]),
            user("bounded", [policy("p", everything)], boundary: reading),
            user("mfa", [policy("p", statement(#""*""#, more: #", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#))]),
            user("writer", [policy("p", statement(#""iam:PutUserPolicy""#))]),
            user(
                "writer-denied", [policy("p", statement(#""iam:PutUserPolicy""#)), policy("d", statement(#""iam:Put*""#, effect: "Deny"))]),
            user("writer-bounded", [policy("p", statement(#""iam:PutUserPolicy""#))], boundary: reading),
            user("passer", [policy("p", statement(passing))]),
            user("passer-halfway", [policy("p", statement(#"["iam:PassRole", "lambda:CreateFunction"]"#))]),
            user("passer-elsewhere", [policy("p", statement(passing, resource: "arn:aws:iam::\(account):role/other"))]),
            user("unseen", attached: "arn:aws:iam::\(account):policy/not-in-the-answer"),
            user("nobody"),
        ]
        let role = """
            {"Path": "/", "RoleName": "functions", "RoleId": "AROA1", "Arn": "arn:aws:iam::\(account):role/functions",
             "CreateDate": "2026-01-02T03:04:05+00:00", "InstanceProfileList": [], "AttachedManagedPolicies": [], "Tags": [],
             "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
               "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
             "RolePolicyList": [\(policy("p", everything))]}
            """
        let group = """
            {"Path": "/", "GroupName": "administrators", "GroupId": "AGPA1", "Arn": "arn:aws:iam::\(account):group/administrators",
             "CreateDate": "2026-01-02T03:04:05+00:00", "GroupPolicyList": [\(policy("p", everything))], "AttachedManagedPolicies": []}
            """
        let managed = """
            {"PolicyName": "reading", "PolicyId": "ANPA1", "Arn": "\(reading)", "Path": "/", "DefaultVersionId": "v1",
             "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true,
               "Document": {"Version": "2012-10-17", "Statement": \(statement(#""s3:Get*""#))}}]}
            """
        return """
            {"UserDetailList": [\(users.joined(separator: ",\n"))],
             "GroupDetailList": [\(group)],
             "RoleDetailList": [\(role)],
             "Policies": [\(managed)]}
            """
    }()
}

/// A folder with `in`, and after a run `out`.
struct AnswersFolder {
    struct Principal: Decodable {
        var arn: String
        var admin: Bool
        var reachesAdmin: String
    }
    struct Path: Decodable {
        struct Step: Decodable {
            var from: String
            var to: String
            var technique: String
        }
        var source: String
        var target: String
        var steps: [Step]
    }
    static let results = [
        "summary.json", "findings.json", "paths.json", "principals.json", "plan.json", "coverage.json", "graph.json", "graph.graphml",
        "snapshot.sqlite",
    ]
    let place = FileManager.default.temporaryDirectory.appending(path: "clr-offline-\(UUID().uuidString)")
    var input: String { place.appending(path: "in").path }
    var output: String { place.appending(path: "out").path }

    init(makesInput: Bool = true) throws {
        try FileManager.default.createDirectory(
            at: makesInput ? place.appending(path: "in") : place, withIntermediateDirectories: true)
    }

    var entries: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []).sorted() }
    func save(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(filePath: input + "/" + name)) }
    func analyze(_ more: [String] = []) async throws -> RealProcess.Outcome {
        try await RealProcess.run(Programs.cli, ["analyze", input, "--out", output] + more)
    }
    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: output + "/" + name)) }
    func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
    func principals() throws -> [String: Principal] {
        let list = try JSONDecoder().decode([Principal].self, from: try bytes("principals.json"))
        return Dictionary(list.map { ($0.arn, $0) }, uniquingKeysWith: { first, _ in first })
    }
    func paths() throws -> [Path] { try JSONDecoder().decode([Path].self, from: try bytes("paths.json")) }
    func remove() { try? FileManager.default.removeItem(at: place) }
}
