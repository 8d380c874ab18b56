import CloudModel
import Testing

@testable import Engine

@Suite struct JewelRuleTests {
    private func facts(_ name: String, _ kind: NodeKind = .bucket, account: String = "111122223333", tags: [String: String] = [:])
        -> JewelRules.Facts
    {
        .init(arn: "arn:aws:s3:::\(name)", name: name, kind: kind, account: account, tags: tags)
    }

    @Test func theFirstEntryThatMatchesCounts() throws {
        let rules = try JewelRules(
            parsing: """
                formatVersion: 1
                jewels:
                  - arn: "arn:aws:s3:::shop-*"
                    tags: {stage: "prod*", owner: "?"}
                    value: 90
                    reason: orders of customers
                  - name: "*-logs"
                    kind: bucket
                    account: 111122223333
                    value: 0
                  - kind: bucket
                    value: 12.5
                """)
        let first = try #require(rules.value(of: facts("shop-a", tags: ["stage": "production", "owner": "x"])))
        #expect(first.value == 90)
        #expect(first.why == "orders of customers")
        #expect(rules.value(of: facts("shop-a", tags: ["stage": "production"]))?.value == 12.5)
        #expect(rules.value(of: facts("shop-logs"))?.value == 0)
        #expect(rules.value(of: facts("shop-logs", account: "999999999999"))?.value == 12.5)
        #expect(rules.value(of: facts("shop-a", .secret)) == nil)
    }

    @Test func nothingInTheFileIsNoRule() throws {
        for text in ["", "# nothing yet\n", "jewels:\n", "jewels: []\n"] { #expect(try JewelRules(parsing: text).rules.isEmpty) }
    }

    @Test(
        "what is wrong is said with its place, and nothing is passed over",
        arguments: [
            ("jewels: {", "no YAML at line"), ("jewels: 3", "jewels is no list"), ("jewelry: []", "jewelry is no member"),
            ("formatVersion: 2\njewels: []", "formatVersion is not 1"), ("jewels: [3]", "entry 1: is no mapping"),
            ("jewels: [{name: a}]", "entry 1: value is missing"), ("jewels: [{value: 3}]", "entry 1: it selects nothing"),
            ("jewels: [{name: a, value: 101}]", "entry 1: value is no number from 0 to 100"),
            ("jewels: [{name: a, value: -1}]", "entry 1: value is no number"),
            ("jewels: [{name: a, value: nan}]", "entry 1: value is no number"),
            ("jewels: [{name: a, value: high}]", "entry 1: value is no number"),
            ("jewels: [{name: a, value: 1}, {nmae: b, value: 1}]", "entry 2: nmae is no member"),
            ("jewels: [{kind: castle, value: 1}]", "entry 1: castle is no kind"),
            ("jewels: [{account: 12, value: 1}]", "entry 1: account is not twelve digits"),
            ("jewels: [{tags: x, value: 1}]", "entry 1: tags is no mapping"),
            ("jewels: [{tags: {a: [1]}, value: 1}]", "entry 1: a tag's value is no text"),
            ("jewels: [{name: a, name: b, value: 1}]", "stands twice"),
            ("a: &x [1]\njewels: []", "anchors"), ("jewels: [{name: *-data, value: 1}]", "no YAML"),
        ])
    func badFiles(text: String, message: String) {
        do {
            _ = try JewelRules(parsing: text)
            Issue.record("\(text) was read")
        } catch { #expect(error.message.contains(message), "\(error.message)") }
    }

    @Test func aFileOfDeepOrManyBracketsEndsWithAnError() {
        #expect(throws: PremiseError.self) { try JewelRules(parsing: String(repeating: "[", count: 200_000)) }
        #expect(throws: PremiseError.self) { try JewelRules(parsing: String(repeating: "- ", count: 200_000)) }
        #expect(throws: PremiseError.self) { try JewelRules(parsing: String(repeating: "a", count: JewelRules.fileBytes + 1)) }
    }

    @Test func theOwnersWordGoesBeforeNamesAndTags() throws {
        var world = World()
        world.bucket("shop-customer-data")
        world.bucket("plain")
        world.role("web", trust: World.trust(service: "ec2.amazonaws.com"))
        let snapshot = Normaliser.normalise(world.collection)
        let rules = try JewelRules(
            parsing: "jewels:\n  - {name: shop-*, value: 0}\n  - {name: plain, value: 77, reason: the plans}\n  - {kind: role, value: 5}")
        let jewels = Evaluation(snapshot, premises: Premises(jewels: rules)).judged().exposures.jewels
        #expect(!jewels.contains { $0.id == "arn:aws:s3:::shop-customer-data" })
        let plain = try #require(jewels.first { $0.id == "arn:aws:s3:::plain" })
        #expect(plain.value == 77)
        #expect(plain.why == "the plans")
        #expect(jewels.contains { $0.id == World.arn("role/web") && $0.value == 5 })
        let defaults = Evaluation(snapshot).judged().exposures.jewels
        #expect(defaults.contains { $0.id == "arn:aws:s3:::shop-customer-data" })
        #expect(!defaults.contains { $0.id == "arn:aws:s3:::plain" })
    }
}

@Suite struct VulnerabilityTests {
    private func parsed(_ text: String) throws -> [KnownVulnerabilities.Entry] { try KnownVulnerabilities(parsing: Array(text.utf8)).list }

    @Test func bothFormsSayTheSame() throws {
        let json = try parsed(
            #"{"vulnerabilities": [{"resource": "i-1", "cve": "CVE-2021-44228", "epss": 0.97}, {"resource": "i-2", "cve": "CVE-2020-1"}]}"#)
        let csv = try parsed("\u{FEFF}cve,host,resource,epss\r\nCVE-2021-44228,x,i-1,0.97\r\nCVE-2020-1,\"a,b\",i-2,\r\n")
        #expect(json == csv)
        #expect(json.map(\.epss) == [0.97, nil])
    }

    @Test(
        "what is wrong is said with its place",
        arguments: [
            ("", "does not name the columns"), ("resource,epss\ni-1,0.5\n", "does not name the columns"),
            ("resource,cve\ni-1\n", "line 2: 1 fields, not 2"), ("resource,cve,epss\ni-1,CVE-1,high\n", "line 2: epss is no number"),
            ("resource,cve,epss\ni-1,CVE-1,1.5\n", "line 2: epss is not from 0 to 1"), ("[{}]", "entry 1: resource or cve is missing"),
            ("[{\"resource\": \"i-1\", \"cve\": \"C\", \"epss\": \"x\"}]", "entry 1: epss is no number"), ("{\"a\": 1}", "is no list"),
            ("[", "json.unexpectedEnd"), ("[{\"resource\": \"\\u0000\", \"cve\": \"C\"}]", "entry 1: resource is no identifier"),
        ])
    func badFiles(text: String, message: String) {
        do {
            _ = try KnownVulnerabilities(parsing: Array(text.utf8))
            Issue.record("\(text) was read")
        } catch { #expect(error.message.contains(message), "\(error.message)") }
    }

    @Test func aKnownFlawRaisesTheTakeoverAndNothingElse() throws {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("web", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.administrator], profile: true)
        world.instance("i-0aaaaaaaaaaaaaaaa", profile: "web")
        world.instance("i-0bbbbbbbbbbbbbbbb", profile: "web")
        let snapshot = Normaliser.normalise(world.collection)
        let known = try KnownVulnerabilities(
            parsing: Array("resource,cve,epss\ni-0aaaaaaaaaaaaaaaa,CVE-2021-44228,0.5\ni-0aaaaaaaaaaaaaaaa,CVE-2020-1,\ni-9,CVE-2,1\n".utf8)
        )
        let evaluation = Evaluation(snapshot, premises: Premises(vulnerabilities: known))
        func edge(_ id: String, _ evaluation: Evaluation) throws -> (GraphEdge, EdgeProof) {
            let place = try #require(evaluation.graph.place(of: "arn:aws:ec2:eu-west-1:\(World.account):instance/\(id)"))
            let edge = try #require(evaluation.graph.edges(from: place).first)
            return (edge, evaluation.graph.proof(of: edge))
        }
        let (raised, why) = try edge("i-0aaaaaaaaaaaaaaaa", evaluation)
        // Its metadata service asks for IMDSv2 and answers one hop far.
        let base = Likelihood.codeOnInstanceOneHop
        #expect(abs(raised.likelihood - (1 - (1 - base) * 0.5 * (1 - Likelihood.unratedFlaw))) < 1e-12)
        #expect(why.why.contains("CVE-2021-44228 (EPSS 0.5)"))
        #expect(try edge("i-0bbbbbbbbbbbbbbbb", evaluation).0.likelihood == base)
        #expect(try edge("i-0aaaaaaaaaaaaaaaa", Evaluation(snapshot)).0.likelihood == base)
        #expect(evaluation.gaps.contains { $0.what == "1 known vulnerabilities" })
    }
}

@Suite struct CompromisedTests {
    private var world: World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("web", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.administrator], profile: true)
        world.instance("i-0aaaaaaaaaaaaaaaa", profile: "web")
        return world
    }

    @Test func whatIsAssumedToBeCompromisedIsAStart() throws {
        let snapshot = Normaliser.normalise(world.collection)
        #expect(Evaluation(snapshot).judged().paths.isEmpty)
        let evaluation = Evaluation(snapshot, premises: Premises(compromised: ["i-0aaaaaaaaaaaaaaaa"]))
        try evaluation.checkPremises()
        let judged = evaluation.judged()
        let path = try #require(judged.paths.first)
        #expect(path.source == "arn:aws:ec2:eu-west-1:\(World.account):instance/i-0aaaaaaaaaaaaaaaa")
        #expect(path.steps.map(\.technique) == ["instance-profile", "administrator"])
        // The attacker is on it: nothing needs to be taken over first.
        #expect(path.likelihood == Likelihood.certain)
        #expect(judged.exposures.byEntry["compromised"] == 95)
        #expect(judged.exposures.byEntry["internet"] == 0)
    }

    /// Who stands on a host already only needs the next one's flaw.
    @Test func whatIsAssumedToBeCompromisedReachesItsNetwork() throws {
        var answers = try Answers.open()
        try answers.replace(
            "ec2.describe-instances.eu-west-1", #""InstanceId":"i-back""#,
            #""IamInstanceProfile":{"Arn":"arn:aws:iam::111122223333:instance-profile/web"},"InstanceId":"i-back""#)
        func likelihood(_ compromised: [String]) throws -> Double? {
            let graph = Evaluation(answers.snapshot, premises: Premises(compromised: compromised)).graph
            let place = try #require(graph.place(of: "arn:aws:ec2:eu-west-1:111122223333:instance/i-front"))
            return graph.edges(from: place).first { graph.nodes[Int($0.to)].id.hasSuffix("i-back") }?.likelihood
        }
        #expect(try likelihood(["i-front"]) == Likelihood.lateral)
        #expect(try likelihood([]) == Likelihood.lateral * Likelihood.codeOnInstance)
    }

    @Test func anAdministratorThatIsAssumedToBeCompromisedIsAStartToo() throws {
        let evaluation = Evaluation(Normaliser.normalise(world.collection), premises: Premises(compromised: ["role/web"]))
        #expect(evaluation.judged().paths.map(\.source) == [World.arn("role/web")])
    }

    @Test func aNameThatNothingHasIsAnError() throws {
        let evaluation = Evaluation(Normaliser.normalise(world.collection), premises: Premises(compromised: ["i-0ccc"]))
        #expect(throws: PremiseError.self) { try evaluation.checkPremises() }
    }

    @Test func namesStandForOneThingOrAreRefused() {
        var nodes: [GraphNode] = []
        func add(_ id: String, _ kind: NodeKind, _ name: String) {
            nodes.append(GraphNode(id: id, kind: kind, name: name, account: "111122223333", value: 0, valueReason: ""))
        }
        add("internet", .internet, "Internet")
        add("admin:111122223333", .admin, "administrator rights")
        add("arn:aws:iam::111122223333:role/team/dev", .role, "dev")
        add("arn:aws:iam::111122223333:user/dev", .user, "dev")
        add("arn:aws:s3:::data", .bucket, "data")
        let names = NodeNames(nodes, others: ["arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1"])
        #expect(names.look(up: "internet") == .found("internet"))
        #expect(names.look(up: "111122223333") == .found("admin:111122223333"))
        #expect(names.look(up: "user/dev") == .found("arn:aws:iam::111122223333:user/dev"))
        #expect(names.look(up: "role/dev") == .found("arn:aws:iam::111122223333:role/team/dev"))
        #expect(names.look(up: "role/team/dev") == .found("arn:aws:iam::111122223333:role/team/dev"))
        #expect(names.look(up: "arn:aws:s3:::data/a/b.txt") == .found("arn:aws:s3:::data"))
        #expect(names.look(up: "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1") != .unknown)
        #expect(names.look(up: "nobody") == .unknown)
        #expect(names.look(up: "") == .unknown)
        if case .ambiguous(let some) = names.look(up: "dev") { #expect(some.count == 2) } else { Issue.record("dev is two things") }
    }
}
