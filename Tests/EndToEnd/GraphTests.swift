import Foundation
import Testing

/// The graph's documents and the questions to it, as real processes on folders of saved AWS CLI answers.
@Suite("The graph, without a server", .timeLimit(.minutes(5)))
struct GraphTests {
    private static let account = "123456789012"
    private static func arn(_ rest: String) -> String { "arn:aws:iam::\(account):\(rest)" }

    // MARK: Documents

    @Test("graph.json is as its schema says, graph.graphml loads in networkx, and both say the same", .enabled(if: hasPython))
    func documents() async throws {
        let folder = try Self.folder()
        defer { folder.remove() }
        #expect(try await folder.analyze().status == 0)
        let schema = Programs.root.appending(path: "Protocol/Spec/results/graph.schema.json").path
        let check = try await Self.python(
            """
            import json, sys, jsonschema, networkx
            out, schema = sys.argv[1:]
            graph = json.load(open(out + "/graph.json"))
            jsonschema.Draft202012Validator(json.load(open(schema))).validate(graph)
            ml = networkx.read_graphml(out + "/graph.graphml")
            assert ml.is_directed()
            ids = {node: data["id"] for node, data in ml.nodes(data=True)}
            assert sorted(ids.values()) == sorted(node["id"] for node in graph["nodes"])
            edges = {(e["from"], e["to"]): e for e in graph["edges"]}
            assert len(edges) == len(graph["edges"]) == ml.number_of_edges() and edges
            for a, b, data in ml.edges(data=True):
                edge = edges[(ids[a], ids[b])]
                assert data["technique"] == edge["technique"] and data["kind"] == edge["kind"]
                assert abs(data["likelihood"] - edge["likelihood"]) < 1e-9
            names = {data["name"] for _, data in ml.nodes(data=True)}
            assert any("<script>" in name for name in names), names
            """, [folder.output, schema])
        #expect(check.status == 0, "\(check.errors)")
    }

    /// A second opinion on what matters most: the exposures, computed from the graph alone.
    @Test("the exposure of each jewel is its value times the likelihood of its strongest path", .enabled(if: hasPython))
    func exposures() async throws {
        let folder = try Self.folder()
        defer { folder.remove() }
        #expect(try await folder.analyze().status == 0)
        let check = try await Self.python(
            """
            import json, math, sys, networkx
            out = sys.argv[1]
            graph, summary = json.load(open(out + "/graph.json")), json.load(open(out + "/summary.json"))
            nodes = {node["id"]: node for node in graph["nodes"]}
            g = networkx.DiGraph()
            g.add_nodes_from(nodes)
            own = set()
            for e in graph["edges"]:
                if e.get("hypothetical"): continue
                g.add_edge(e["from"], e["to"], weight=-math.log(e["likelihood"]))
                if e["confidence"] != "unknown": own.add((e["from"], e["to"]))
            outside = {"internet", "externalAccount", "externalPrincipal", "identityProvider"}
            exposures, entries = {}, {"internet": 0, "principal": 0}
            for target, node in nodes.items():
                if "value" not in node: continue
                best = {}
                lengths = networkx.single_source_dijkstra_path_length(g.reverse(), target)
                for start, length in lengths.items():
                    if start == target or "start" not in nodes[start]: continue
                    kind = nodes[start]["kind"]
                    if kind not in outside and node["kind"] != "admin" and ((start, target) in own or kind == "group"): continue
                    entry = kind if kind in outside else "principal"
                    score = node["value"] * nodes[start]["start"] * math.exp(-length)
                    best[entry] = max(best.get(entry, 0), score)
                exposures[target] = max(best.values(), default=0)
                for entry, score in best.items(): entries[entry] = entries.get(entry, 0) + score
            told = {jewel["id"]: jewel["exposure"] for jewel in summary["jewels"]}
            assert told.keys() == exposures.keys(), (told, exposures)
            for target, exposure in exposures.items(): assert abs(told[target] - exposure) < 0.006, (target, told[target], exposure)
            assert sum(1 for value in told.values() if value > 0) >= 3, told
            assert abs(summary["materialExposure"] - sum(exposures.values())) < 0.006 * len(exposures)
            for entry, value in entries.items(): assert abs(summary["exposureByEntry"][entry] - value) < 0.006 * len(exposures)
            paths = json.load(open(out + "/paths.json"))
            for path in paths: assert abs(path["score"] - nodes[path["target"]]["value"] * path["likelihood"]) < 0.02
            """, [folder.output])
        #expect(check.status == 0, "\(check.errors)")
    }

    // MARK: Questions

    private struct Path: Decodable {
        struct Step: Decodable {
            var from: String
            var to: String
            var technique: String
        }
        var id: String
        var source: String
        var target: String
        var steps: [Step]
    }
    private struct Node: Decodable {
        var id: String
        var likelihood: Double
        var hops: Int
        var confidence: String
    }

    @Test("query paths answers about any resource, with an empty list where there is no path")
    func queryPaths() async throws {
        let folder = try Self.folder()
        defer { folder.remove() }
        func paths(_ from: String, _ to: String) async throws -> [Path] {
            let run = try await Self.query(["paths", "--from", from, "--to", to, folder.input, "--output", "json"])
            #expect(run.status == 0, "\(run.errors)")
            return try JSONDecoder().decode([Path].self, from: Data(run.output.utf8))
        }
        let plain = try await paths(Self.arn("user/dev"), "arn:aws:s3:::plain")
        #expect(plain.map { $0.steps.map(\.technique) } == [["sts-001", "s3-read"]])
        #expect(try await paths("internet", "plain").map(\.source) == ["internet"])
        #expect(try await paths("internet", "jewels").isEmpty == false)
        #expect(try await paths("internet", "admin").isEmpty)
        #expect(try await paths(Self.arn("user/nobody"), "plain").isEmpty)
        #expect(try await paths("user/writer", "admin").map { $0.steps.map(\.technique) } == [["iam-007"]])
        #expect(Set(try await paths("any-principal", "admin:\(Self.account)").map(\.source)) == [Self.arn("user/writer")])
        let text = try await Self.query(["paths", "--from", "user/nobody", "--to", "plain", folder.input])
        #expect(text.status == 0 && text.output.contains("No path"))
    }

    @Test("query blast-radius and query reaches are each other's mirror")
    func radius() async throws {
        let folder = try Self.folder()
        defer { folder.remove() }
        func nodes(_ arguments: [String]) async throws -> [Node] {
            let run = try await Self.query(arguments + [folder.input, "--output", "json"])
            #expect(run.status == 0, "\(run.errors)")
            return try JSONDecoder().decode([Node].self, from: Data(run.output.utf8))
        }
        let radius = try await nodes(["blast-radius", "internet"])
        #expect(radius.contains { $0.id == "arn:aws:s3:::plain" && $0.hops == 3 && $0.confidence == "proven" })
        #expect(!radius.contains { $0.id == "admin:\(Self.account)" })
        #expect(try await nodes(["reaches", "plain"]).contains { $0.id == "internet" })
        #expect(try await nodes(["blast-radius", "user/nobody"]).isEmpty)
        let text = try await Self.query(["reaches", "plain", folder.input])
        #expect(text.status == 0 && text.output.contains("internet"))
    }

    @Test(
        "a name that nothing has, or two things, is one line and exit code 1",
        arguments: [
            ["paths", "--from", "user/ghost", "--to", "admin"], ["paths", "--from", "internet", "--to", "arn:aws:s3:::ghost"],
            ["blast-radius", "ghost"], ["reaches", "ghost"], ["reaches", "dev"],
            ["paths", "--from", "internet", "--to", "admin", "--assume-compromised", "ghost"],
        ])
    func unknownNames(arguments: [String]) async throws {
        let folder = try Self.folder()
        defer { folder.remove() }
        let run = try await Self.query(arguments + [folder.input])
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }

    @Test("path ID INPUT tells and draws one path of the analysis")
    func onePath() async throws {
        let folder = try Self.folder()
        defer { folder.remove() }
        #expect(try await folder.analyze().status == 0)
        let paths = try JSONDecoder().decode([Path].self, from: try folder.bytes("paths.json"))
        let path = try #require(paths.first { $0.source == "internet" })
        let picture = folder.place.appending(path: "path.svg").path
        let run = try await RealProcess.run(Programs.cli, ["path", path.id, folder.input, "--svg", picture])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains(path.id))
        let svg = try String(contentsOfFile: picture, encoding: .utf8)
        #expect(svg.hasPrefix("<svg") && svg.contains("</svg>"))
        let unknown = try await RealProcess.run(Programs.cli, ["path", "path-0000000000000000", folder.input])
        #expect(unknown.status == 1 && unknown.errors.split(separator: "\n").count == 1)
    }

    // MARK: The owner's word

    @Test("jewels.yaml beside the answers and --jewels say what matters; a broken one ends the command")
    func jewels() async throws {
        let folder = try Self.folder()
        defer { folder.remove() }
        func jewels() throws -> [String: Double] {
            struct Summary: Decodable {
                struct Jewel: Decodable {
                    var id: String
                    var value: Double
                }
                var jewels: [Jewel]
            }
            let summary = try JSONDecoder().decode(Summary.self, from: try folder.bytes("summary.json"))
            return Dictionary(summary.jewels.map { ($0.id, $0.value) }) { first, _ in first }
        }
        #expect(try await folder.analyze().status == 0)
        #expect(try jewels()["arn:aws:s3:::plain"] == nil)
        try folder.save("jewels.yaml", "jewels:\n  - {name: plain, value: 90, reason: plans}\n  - {name: shop-*, value: 0}\n")
        #expect(try await folder.analyze().status == 0)
        #expect(try jewels()["arn:aws:s3:::plain"] == 90)
        #expect(try jewels()["arn:aws:s3:::shop-customer-data"] == nil)
        #expect(!(try folder.text("coverage.json").contains("jewels.yaml")))
        let other = folder.place.appending(path: "other.yaml").path
        try Data("jewels:\n  - {name: plain, value: 11}\n".utf8).write(to: URL(filePath: other))
        #expect(try await folder.analyze(["--jewels", other]).status == 0)
        #expect(try jewels()["arn:aws:s3:::plain"] == 11)
        try folder.save("jewels.yaml", "jewels:\n  - {nmae: plain, value: 90}\n")
        let broken = try await folder.analyze()
        #expect(broken.status == 1)
        #expect(broken.errors.split(separator: "\n").count == 1 && broken.errors.contains("jewels.yaml: entry 1"), "\(broken.errors)")
        let missing = try await folder.analyze(["--jewels", folder.place.appending(path: "none.yaml").path])
        #expect(missing.status == 1 && missing.errors.split(separator: "\n").count == 1)
    }

    @Test("--assume-compromised adds a start, --vulnerabilities raises a takeover")
    func premises() async throws {
        let folder = try Self.folder()
        defer { folder.remove() }
        #expect(try await folder.analyze(["--assume-compromised", "user/nobody", "--assume-compromised", "hook"]).status == 0)
        #expect(try folder.paths().contains { $0.source.hasSuffix(":function:hook") })
        #expect(try await folder.analyze(["--assume-compromised", "ghost"]).status == 1)
        let flaws = folder.place.appending(path: "flaws.csv").path
        try Data("resource,cve,epss\nhook,CVE-2021-44228,0.9\n".utf8).write(to: URL(filePath: flaws))
        #expect(try await folder.analyze(["--vulnerabilities", flaws]).status == 0)
        #expect(try folder.text("paths.json").contains("CVE-2021-44228"))
        try Data("resource\nhook\n".utf8).write(to: URL(filePath: flaws))
        let broken = try await folder.analyze(["--vulnerabilities", flaws])
        #expect(broken.status == 1 && broken.errors.split(separator: "\n").count == 1)
    }

    // MARK: The account

    private static let hasPython = ProcessInfo.processInfo.environment["CLOUDRYPTION_TEST_PYTHON"] != nil

    private static func python(_ script: String, _ arguments: [String]) async throws -> RealProcess.Outcome {
        try await RealProcess.run(Programs.python, ["-c", script] + arguments)
    }
    private static func query(_ arguments: [String]) async throws -> RealProcess.Outcome {
        try await RealProcess.run(Programs.cli, ["query"] + arguments)
    }

    /// The internet calls a function that may assume nothing but read through its role; a user assumes that role; another one writes its
    /// own policy; a third may do nothing.
    private static func folder() throws -> AnswersFolder {
        func user(_ name: String, _ statements: String...) -> String {
            """
            {"Path": "/", "UserName": "\(name)", "UserId": "AIDA\(name)", "Arn": "\(arn("user/" + name))", "CreateDate": "2026-01-02T03:04:05+00:00",
             "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [\(statements.joined(separator: ","))]}}],
             "GroupList": [], "AttachedManagedPolicies": [], "Tags": []}
            """
        }
        func role(_ name: String, trust: String, _ statements: String...) -> String {
            """
            {"Path": "/", "RoleName": "\(name)", "RoleId": "AROA\(name)", "Arn": "\(arn("role/" + name))", "CreateDate": "2026-01-02T03:04:05+00:00",
             "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [\(trust)]}, "InstanceProfileList": [], "Tags": [],
             "AttachedManagedPolicies": [],
             "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [\(statements.joined(separator: ","))]}}]}
            """
        }
        func allow(_ action: String, _ resource: String = "*") -> String {
            #"{"Effect": "Allow", "Action": "\#(action)", "Resource": "\#(resource)"}"#
        }
        let trust = """
            {"Effect": "Allow", "Principal": {"AWS": "\(arn("root"))"}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            """
        let batch = #"{"Effect": "Allow", "Principal": {"Service": "batch.amazonaws.com"}, "Action": "sts:AssumeRole"}"#
        let function = "arn:aws:lambda:eu-west-1:\(account):function:hook"
        let folder = try AnswersFolder()
        try folder.save(
            "iam.get-account-authorization-details.json",
            """
            {"UserDetailList": [\(user("dev", allow("sts:AssumeRole", arn("role/reader")))), \(user("writer", allow("iam:PutUserPolicy", arn("user/writer")))), \(user("nobody", allow("logs:*")))],
             "GroupDetailList": [],
             "RoleDetailList": [\(role("reader", trust: trust, allow("s3:GetObject"), allow("secretsmanager:GetSecretValue"))), \(role("dev", trust: batch, allow("logs:*")))],
             "Policies": []}
            """)
        try folder.save(
            "lambda.list-functions.eu-west-1.json",
            #"{"Functions": [{"FunctionName": "hook", "FunctionArn": "\#(function)", "Role": "\#(arn("role/reader"))", "Runtime": "python3.12"}]}"#
        )
        try folder.save(
            "lambda.list-function-url-configs.eu-west-1.hook.json",
            #"{"FunctionUrlConfigs": [{"FunctionUrl": "https://x.lambda-url.eu-west-1.on.aws/", "FunctionArn": "\#(function)", "AuthType": "NONE"}]}"#
        )
        let policy =
            #"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"lambda:InvokeFunctionUrl\",\"Resource\":\"\#(function)\"}]}"#
        try folder.save("lambda.get-policy.eu-west-1.hook.json", #"{"Policy": "\#(policy)"}"#)
        try folder.save("s3.list-buckets.json", #"{"Buckets": [{"Name": "plain"}, {"Name": "shop-customer-data"}]}"#)
        for bucket in ["plain", "shop-customer-data"] {
            try folder.save("s3.get-bucket-policy.\(bucket).json", #"{"Error": {"Code": "NoSuchBucketPolicy"}}"#)
        }
        let secret = "arn:aws:secretsmanager:eu-west-1:\(account):secret:db-AbCdEf"
        try folder.save("secretsmanager.list-secrets.eu-west-1.json", #"{"SecretList": [{"ARN": "\#(secret)", "Name": "db"}]}"#)
        try folder.save(
            "ec2.describe-instances.eu-west-1.json",
            #"""
            {"Reservations": [{"Instances": [{"InstanceId": "i-0aaaaaaaaaaaaaaaa", "State": {"Name": "running"}, "NetworkInterfaces": [],
              "Tags": [{"Key": "Name", "Value": "<script>alert(\"1\")</script> & \u202e"}]}]}]}
            """#)
        return folder
    }
}
