import CloudModel
import IAMEvaluator
import Testing

@testable import Engine

/// Each kind of change, made in a small account: what it does there, and what people are told to run for it.
@Suite struct KindTests {
    /// A name that would do something in a shell where it was not quoted.
    static let odd = "it's $(echo pwned); echo ${HOME} >&2 #`id`"

    /// An account where changes of a kind are to be had.
    struct Case {
        var collection: CloudCollection
        /// A text that commands must hand on as it is, alone or in an ARN.
        var names = odd
        /// Whether it only makes paths less likely.
        var onlyLowers = false

        init(_ world: World, names: String = odd, onlyLowers: Bool = false) {
            collection = world.collection
            self.names = names
            self.onlyLowers = onlyLowers
        }
    }

    static let cases: [FixCosts.Kind: @Sendable () throws -> Case] = [
        .removeAction: { rising(World.allow(["iam:PutUserPolicy", "s3:ListAllMyBuckets"])) },
        .denyAction: { rising(World.allow(["iam:Put*"])) },
        .narrowPolicy: { rising(World.allow(["iam:PutUserPolicy", "iam:AttachUserPolicy", "logs:*"])) },
        .narrowResource: { passing },
        .addCondition: { Case(endpoint, names: "shop-customer-data") },
        .removeStatement: { rising(World.allow(["iam:PutUserPolicy"]), World.allow(["s3:List*"])) },
        .detachPolicy: { attached(to: [odd]) },
        .detachEverywhere: { attached(to: [odd, "dev"]) },
        .leaveGroup: { grouped },
        .setBoundary: { rising(World.allow(["iam:PutUserPolicy"])) },
        .tightenTrust: { trusted(["AWS": .string(World.arn("user/dev"))]) },
        .tightenResource: { Case(PlanWorlds.foreign, names: "shop-customer-data") },
        .requireExternalID: { trusted(["AWS": "arn:aws:iam::999988887777:root"]) },
        .requireMFA: { trusted(["AWS": .string(World.arn("user/dev"))], onlyLowers: true) },
        .closeIngress: { try Case(hosts(), names: "sg-web") },
        .narrowIngress: { try Case(hosts(), names: "sg-web") },
        .requireIMDSv2: { try Case(hosts(), names: "i-front", onlyLowers: true) },
        .removeInstanceProfile: { try Case(hosts(), names: "Name=instance-id,Values=i-front") },
        .signFunctionURL: { called },
        .makePrivate: { Case(PlanWorlds.forgotten, names: "ami-1") },
        .unpublishDatabase: { try Case(hosts(but: ["describe-instances"]), names: "db") },
        .deleteKey: { forgotten },
        .addServiceControlPolicy: { Case(organised, names: World.account) },
    ]

    private static func base() -> World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        return world
    }

    private static func rising(_ statements: JSONValue...) -> Case {
        var world = base()
        world.user(odd, [["Version": "2012-10-17", "Statement": .array(statements)]])
        return Case(world)
    }

    private static func attached(to users: [String]) -> Case {
        var world = base()
        world.policy("rights", World.document(World.allow(["iam:PutUserPolicy"])))
        for user in users { world.user(user, [World.document(World.allow(["s3:List*"]))], attached: [World.arn("policy/rights")]) }
        return Case(world)
    }

    private static var passing: Case {
        var world = base()
        for name in ["boss", "worker"] {
            world.role(
                name, trust: World.trust(service: "lambda.amazonaws.com"), attached: name == "boss" ? [World.administrator] : [])
            world.function(name, role: name)
        }
        world.user(
            odd,
            [
                World.document(
                    World.allow(["iam:PassRole"], [World.arn("role/*")]), World.allow(["lambda:CreateFunction", "lambda:InvokeFunction"]))
            ])
        return Case(world)
    }

    private static var grouped: Case {
        var world = base()
        world.group(odd, [World.document(World.allow(["iam:AttachUserPolicy"]))])
        world.user("dev", groups: [odd])
        return Case(world)
    }

    private static func trusted(_ principal: JSONValue, onlyLowers: Bool = false) -> Case {
        var world = base()
        world.role(odd, trust: World.trust(principal), attached: [World.administrator])
        world.user("dev", [World.document(World.allow(["s3:List*"]))])
        return Case(world, onlyLowers: onlyLowers)
    }

    private static var called: Case {
        var world = base()
        world.role("boss", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
        world.function(odd, role: "boss", url: "NONE")
        return Case(world)
    }

    private static var forgotten: Case {
        var world = base()
        world.user("dev", [World.document(World.allow(["iam:AttachUserPolicy"]))])
        world.credentials("dev", password: false, keys: 1)
        return Case(world, names: "dev", onlyLowers: true)
    }

    private static var organised: World {
        var world = base()
        for name in ["dev", "ops"] { world.user(name, [World.document(World.allow(["iam:PutUserPolicy"]))]) }
        Organised().add(to: &world)
        return world
    }

    /// A bucket that everyone is let in to, and an endpoint of its account's network.
    private static var endpoint: World {
        var world = base()
        world.bucket(
            "shop-customer-data",
            policy: World.document([
                "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-customer-data/*",
            ]))
        world.record(
            "ec2", "describe-vpc-endpoints", region: "eu-west-1",
            ["VpcEndpoints": [["VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "ServiceName": "com.amazonaws.eu-west-1.s3"]]])
        return world
    }

    /// An instance that is reached from everywhere and runs as an administrator, and a database beside it.
    private static func hosts(but operations: Set<String> = []) throws -> World {
        var world = base()
        world.role("web", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.administrator], profile: true)
        try world.addOpenNetwork(but: operations)
        return world
    }

    // MARK: What is tried

    @Test func everyKindHasItsCase() {
        let missing = FixCosts.Kind.allCases.filter { Self.cases[$0] == nil }
        #expect(missing.isEmpty, "\(missing.map(\.rawValue))")
    }

    private static func made(_ kind: FixCosts.Kind) throws -> Case {
        let make = try #require(cases[kind])
        return try make()
    }

    private static func candidates(_ evaluation: Evaluation, _ judged: Evaluation.Judged, _ kind: FixCosts.Kind) -> [CandidateFix] {
        let source = CandidateFixes(evaluation.snapshot, evaluation.graph)
        var seen: Set<String> = []
        return judged.found.flatMap(\.edges).flatMap { source.fixes(for: $0, in: evaluation.graph) }.filter {
            $0.kind == kind && seen.insert($0.id).inserted
        }
    }

    private static func exposure(_ evaluation: Evaluation) -> Int {
        Effects.strongest(evaluation.graph).values.reduce(0) { $0 + Effects.hundredths($1.score) }
    }

    /// Made in the records and evaluated from scratch, some change of the kind closes a path, or makes one less likely where that is its nature.
    @Test(arguments: FixCosts.Kind.allCases)
    func itDoesWhatItIsFor(_ kind: FixCosts.Kind) throws {
        let one = try Self.made(kind)
        let evaluation = Evaluation(Normaliser.normalise(one.collection))
        let judged = evaluation.judged()
        let candidates = Self.candidates(evaluation, judged, kind)
        #expect(!candidates.isEmpty)
        var closes = false
        var lowers = false
        for fix in candidates {
            let again = Evaluation(Normaliser.normalise(RecordPatch.apply(fix.edits, to: one.collection, evaluation.snapshot)))
            let left = Set(again.judged().paths.map { OpenWay.Pair(source: $0.source, target: $0.target) })
            closes = closes || judged.paths.contains { !left.contains(.init(source: $0.source, target: $0.target)) }
            lowers = lowers || Self.exposure(again) < Self.exposure(evaluation)
            #expect(Self.exposure(again) <= Self.exposure(evaluation), "\(fix.title)")
        }
        #expect(closes != one.onlyLowers && lowers, "\(candidates.map(\.title))")
    }

    /// What is told to run is what is meant, whatever things are called.
    @Test(arguments: FixCosts.Kind.allCases)
    func itsCommandsHandNamesOnWhole(_ kind: FixCosts.Kind) throws {
        let one = try Self.made(kind)
        let evaluation = Evaluation(Normaliser.normalise(one.collection))
        var isNamed = false
        for fix in Self.candidates(evaluation, evaluation.judged(), kind) {
            let texts = FixTexts(FixParts(evaluation.snapshot).parts(fix.edits))
            for script in [texts.cli, texts.rollback] {
                let calls = try Shell.calls(script)
                #expect(!calls.isEmpty, "\(fix.title)")
                for call in calls {
                    let words = call.prefix { !$0.hasPrefix("-") }
                    #expect(
                        words.count == 2 && words.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" } }, "\(call)")
                    isNamed = isNamed || call.contains { $0 == one.names || $0.hasSuffix("/" + one.names) || $0.hasSuffix(":" + one.names) }
                }
            }
            #expect(!texts.terraform.isEmpty && !texts.terraform.replacing("$${", with: "").contains("${"), "\(texts.terraform)")
        }
        #expect(isNamed)
    }

    /// Policies that a change makes or leaves have no fault that they did not have, and fit.
    @Test(arguments: FixCosts.Kind.allCases)
    func itsPoliciesAreSound(_ kind: FixCosts.Kind) throws {
        let one = try Self.made(kind)
        let evaluation = Evaluation(Normaliser.normalise(one.collection))
        for fix in Self.candidates(evaluation, evaluation.judged(), kind) {
            for place in Set(fix.edits.compactMap(\.place)) {
                try PlanTests.expectSound(place, fix.edits.filter { $0.place == place }, evaluation.snapshot)
            }
            for edit in fix.edits {
                let made: (document: JSONValue, kind: PolicyKind)? =
                    switch edit {
                    case .setBoundary(_, _, let actions): (Edit.boundary(actions), .boundary)
                    case .addServiceControlPolicy(_, _, let actions, let besides): (Edit.controlPolicy(actions, besides: besides), .scp)
                    default: nil
                    }
                guard let made else { continue }
                let remarks = PolicyLint.findings(made.document, kind: made.kind).filter { $0.severity > .info }
                #expect(remarks.isEmpty, "\(remarks.map(\.message))")
            }
        }
    }

    /// Copies of disks and databases that everyone may restore or start, each shared by a call of its own.
    @Test func whateverIsSharedIsTakenBack() throws {
        var world = World()
        func record(_ service: String, _ operation: String, _ resource: String? = nil, _ payload: JSONValue) {
            world.record(service, operation, region: "eu-west-1", resource: resource, payload)
        }
        let everyone: JSONValue = [["AttributeName": "restore", "AttributeValues": ["all", "999988887777"]]]
        record("ec2", "describe-snapshots", nil, ["Snapshots": [["SnapshotId": "snap-1", "OwnerId": .string(World.account)]]])
        record("ec2", "describe-snapshot-attribute", "snap-1", ["CreateVolumePermissions": [["Group": "all"]]])
        record("rds", "describe-db-snapshots", nil, ["DBSnapshots": [["DBSnapshotIdentifier": "daily", "SnapshotType": "manual"]]])
        record(
            "rds", "describe-db-snapshot-attributes", "daily",
            ["DBSnapshotAttributesResult": ["DBSnapshotAttributes": everyone]])
        record(
            "rds", "describe-db-cluster-snapshots", nil,
            ["DBClusterSnapshots": [["DBClusterSnapshotIdentifier": "weekly", "SnapshotType": "manual"]]])
        record(
            "rds", "describe-db-cluster-snapshot-attributes", "weekly",
            ["DBClusterSnapshotAttributesResult": ["DBClusterSnapshotAttributes": everyone]])
        // What the images are made of was not read, and of one only that it is public.
        func image(_ id: String, _ snapshot: String) -> JSONValue {
            [
                "ImageId": .string(id), "Name": .string(id), "OwnerId": .string(World.account), "Public": true,
                "BlockDeviceMappings": [["Ebs": ["SnapshotId": .string(snapshot)]]],
            ]
        }
        record("ec2", "describe-images", nil, ["Images": [image("ami-1", "snap-2"), image("ami-2", "snap-3")]])
        record("ec2", "describe-image-attribute", "ami-1", ["LaunchPermissions": [["Group": "all"], ["UserId": "999988887777"]]])
        let collection = world.collection
        let evaluation = Evaluation(Normaliser.normalise(collection))
        let judged = evaluation.judged()
        var words: Set<String> = []
        for fix in Self.candidates(evaluation, judged, .makePrivate) {
            let again = Evaluation(Normaliser.normalise(RecordPatch.apply(fix.edits, to: collection, evaluation.snapshot))).judged()
            #expect(again.paths.count == judged.paths.count - 1, "\(fix.title)")
            words.formUnion(try Shell.calls(FixTexts(FixParts(evaluation.snapshot).parts(fix.edits)).cli).map { $0[1] })
        }
        #expect(
            words == [
                "modify-snapshot-attribute", "modify-db-snapshot-attribute", "modify-db-cluster-snapshot-attribute",
                "modify-image-attribute",
            ])
        let (_, outcome, _) = PlanTests.planned(collection)
        #expect(outcome.plan.open.isEmpty && PlanTests.after(outcome.plan, collection).paths.isEmpty)
        #expect(throws: Never.self) { try PlanVerifier(collection, evaluation, FixCosts()).check(outcome.plan) }
    }
}
