import CloudModel
import Testing

@testable import Engine

/// Who may do something: the same answers as for each principal alone, and those from elsewhere.
@Suite struct WhoCanTests {
    private let get = "s3:GetObject"
    private let object = "arn:aws:s3:::data/report"

    private func names(_ answers: [AccessAnswer]) -> [String] {
        answers.map { "\($0.principal.replacing("arn:aws:iam::\(Estate.account):", with: "")) \(Estate.short($0))" }
    }

    @Test func everyPrincipalIsListedWithItsAnswerAndNoGroup() throws {
        var estate = Estate()
        estate.bucket("data")
        estate.policy("reads", World.document(World.allow([get])))
        estate.group("staff", World.document(World.allow([get])))
        estate.user("ann", attached: [Estate.arn("policy/reads")])
        estate.user("ben", groups: ["staff"])
        estate.user("mfa", World.document(World.allow([get], condition: ["Bool": ["aws:MultiFactorAuthPresent": "true"]])))
        estate.user("cut", World.document(World.deny(["*"])), attached: [Estate.arn("policy/reads")])
        estate.user("nobody")
        estate.user("dark", attached: ["arn:aws:iam::999988887777:policy/lost"])
        estate.role("app", trust: World.trust(service: "ec2.amazonaws.com"), World.document(World.allow(["s3:*"])))
        let found = try estate.query.whoCan(get, on: object)
        #expect(
            names(found.able) == [
                "role/app allowed", "root allowed", "user/ann allowed", "user/ben allowed",
                "user/mfa conditional: aws:MultiFactorAuthPresent is true",
            ])
        #expect(names(found.unknown) == ["user/dark unknown (denied)"])
        #expect(found.counts == [.allowed: 4, .conditional: 1, .unknown: 1, .denied: 2])
        #expect(found.denied == nil)
        let all = try estate.query.whoCan(get, on: object, .init(listsDenied: true))
        #expect(names(all.denied ?? []) == ["user/cut DENIED identity", "user/nobody denied identity"])
        #expect(all.counts == found.counts)
        let ben = try #require(found.able.first { $0.principal.hasSuffix("/ben") })
        #expect(ben.statements.first?.attachedTo == Estate.arn("group/staff"))
    }

    @Test func whomTheResourceAdmitsFromElsewhereIsListed() throws {
        var estate = Estate()
        let policy = World.document(
            Estate.grant(
                ["AWS": ["999988887777", "arn:aws:iam::888877776666:role/ci", .string(Estate.arn("user/gone")), "AIDADELETED"]], [get]),
            Estate.grant(["Service": "logs.amazonaws.com"], ["s3:PutObject"]),
            Estate.grant(
                ["Service": "cloudfront.amazonaws.com"], [get], condition: ["StringEquals": ["aws:SourceAccount": "111122223333"]]),
            Estate.grant(["AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"], [get]),
            Estate.grant(["CanonicalUser": "c0ffee"], [get]),
            Estate.grant(["AWS": "arn:aws:sts::111122223333:assumed-role/app/job"], [get]))
        estate.bucket("data", .document(policy))
        estate.role("app", trust: World.trust(service: "ec2.amazonaws.com"))
        let found = try estate.query.whoCan(get, on: object)
        let able = Set(found.able.map(\.principal))
        #expect(able.isSuperset(of: ["999988887777", "cloudfront.amazonaws.com", "arn:aws:sts::111122223333:assumed-role/app/job"]))
        #expect(able.contains { $0.contains("Origin Access Identity") })
        #expect(!able.contains("logs.amazonaws.com") && !able.contains(Estate.arn("user/gone")) && !able.contains("AIDADELETED"))
        #expect(Set(found.unknown.map(\.principal)).isSuperset(of: ["arn:aws:iam::888877776666:role/ci", "c0ffee"]))
        #expect(found.able.filter(\.isExternal).count == 3)
    }

    @Test func aDoorThatIsOpenToAllIsOpenToStrangersAndToEveryAccount() throws {
        var estate = Estate()
        estate.function("hook", .document(World.document(Estate.grant("*", ["lambda:InvokeFunction"]))))
        estate.function(
            "org",
            .document(
                World.document(
                    Estate.grant("*", ["lambda:InvokeFunction"], condition: ["StringEquals": ["aws:PrincipalOrgID": "o-1"]]))))
        estate.user("ann")
        let hook = try estate.query.whoCan("lambda:InvokeFunction", on: Estate.function("hook"))
        #expect(names(hook.able) == ["* allowed", "any-account allowed", "root allowed", "user/ann allowed"])
        let org = try estate.query.whoCan("lambda:InvokeFunction", on: Estate.function("org"))
        #expect(
            names(org.able) == [
                "any-account conditional: aws:PrincipalOrgID is o-1", "root allowed",
                "user/ann conditional: aws:PrincipalOrgID is o-1",
            ])
        #expect(org.counts[.denied] == nil)
    }

    @Test func whatCannotBeToldIsListedAndNeverDropped() throws {
        var estate = Estate()
        estate.bucket("data", .denied)
        estate.user("ann", World.document(World.allow([get])))
        estate.user("bob")
        let found = try estate.query.whoCan(get, on: object)
        #expect(found.able.isEmpty)
        #expect(
            names(found.unknown) == [
                "* unknown (denied)", "root unknown (allowed)", "user/ann unknown (allowed)", "user/bob unknown (denied)",
            ])
        #expect(found.counts == [.unknown: 4])
    }

    @Test func sharingAnswersChangesNone() throws {
        var random = SeededNumbers(state: 11)
        let snapshot = LargeAccount.snapshot(roles: 150, instances: 0, buckets: 12)
        var open = snapshot
        for index in open.buckets.indices where index % 2 == 0 {
            let bucket = open.buckets[index]
            let who = snapshot.principals[Int(random.next() % UInt64(snapshot.principals.count))].arn
            open.buckets[index].policy = PolicySource(
                name: bucket.name, kind: .resource,
                document: World.document(
                    Estate.grant(["AWS": .string(who)], ["s3:*"], on: [bucket.arn, bucket.arn + "/*"]),
                    Estate.grant(
                        ["AWS": .string(Estate.arn("root"))], ["s3:*"], on: [bucket.arn + "/*"], effect: index % 4 == 0 ? "Deny" : "Allow",
                        condition: ["ArnLike": ["aws:PrincipalArn": .string(Estate.arn("role/team-1-*"))]])), evidence: bucket.evidence)
        }
        let query = AccessQuery(open)
        for (action, resource) in open.buckets.prefix(6).map({ (get, $0.arn + "/x") }) + [
            ("ec2:RunInstances", "*"), ("iam:PassRole", Estate.arn("role/x")),
        ] {
            let found = try query.whoCan(action, on: resource, .init(listsDenied: true))
            let all = found.able + found.unknown + (found.denied ?? [])
            var seen = 0
            for answer in all where !answer.isExternal {
                #expect(try query.can(answer.principal, action, on: resource).answer == answer, "\(answer.principal) \(action) \(resource)")
                seen += 1
            }
            #expect(seen == snapshot.principals.count)
            let short = try query.whoCan(action, on: resource)
            #expect(short.able == found.able && short.unknown == found.unknown && short.counts == found.counts)
        }
    }

    /// Every edge of the graph that says that a principal reads data is what the query says too.
    @Test func theGraphSaysTheSameOfData() throws {
        var edges = 0
        for id in TechniqueFolder.identifiers {
            let folder = try TechniqueFolder(id)
            for variant in ["open", "denied", "missing"].flatMap(folder.variants) { edges += try compare(folder.collection(variant)) }
        }
        var world = World()
        world.bucket("customer-data", policy: World.document(World.allow(["s3:ListBucket"])))
        world.bucket("customer-open")
        world.user("reader", [World.document(World.allow(["s3:GetObject"]))])
        world.user("cut", [World.document(World.allow(["s3:*"]), World.deny(["s3:GetObject"], ["arn:aws:s3:::customer-open/*"]))])
        world.user("mfa", [World.document(World.allow(["s3:GetObject"], condition: ["Bool": ["aws:MultiFactorAuthPresent": "true"]]))])
        edges += try compare(world.collection)
        #expect(edges > 3)
    }

    private func compare(_ collection: CloudCollection) throws -> Int {
        let snapshot = Normaliser.normalise(collection)
        let evaluation = Evaluation(snapshot)
        let query = AccessQuery(snapshot)
        let actions = ["s3-read": "s3:GetObject", "secret-read": "secretsmanager:GetSecretValue", "sts-001": "sts:AssumeRole"]
        var seen = 0
        for edge in evaluation.graph.edges {
            let from = evaluation.graph.nodes[Int(edge.from)]
            let to = evaluation.graph.nodes[Int(edge.to)]
            guard let action = actions[evaluation.graph.technique(of: edge)], from.kind == .user || from.kind == .role else { continue }
            let answer = try query.can(from.id, action, on: action == "s3:GetObject" ? to.id + "/object" : to.id).answer
            switch edge.confidence {
            case .proven: #expect(answer.decision == .allowed || answer.decision == .conditional, "\(from.id) \(to.id)")
            case .conditional, .unknown: #expect(answer.decision != .denied && answer.known != .denied, "\(from.id) \(to.id)")
            }
            seen += 1
        }
        return seen
    }
}
