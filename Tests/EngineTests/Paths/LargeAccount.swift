import CloudModel
import Testing

@testable import Engine

/// A large account whose policies look like those of real ones, the same every time.
enum LargeAccount {
    static func snapshot(roles: Int, instances: Int, buckets: Int) -> CloudSnapshot {
        var random = Generator(state: 7)
        var snapshot = CloudSnapshot()
        let account = World.account
        snapshot.accounts = [Account(id: account, partition: "aws")]
        let evidence = Evidence(record: "\(account)/iam.get-account-authorization-details")
        let services = ["lambda", "ec2", "ecs-tasks", "codebuild", "glue", "cloudformation", "sagemaker"]
        func source(_ name: String, _ kind: PolicySource.Kind, _ document: JSONValue, arn: String? = nil) -> PolicySource {
            PolicySource(name: name, arn: arn, kind: kind, document: document, evidence: evidence)
        }
        let shared = (0..<60).map { index -> PolicySource in
            let text: JSONValue
            switch index % 12 {
            case 0: text = World.document(World.allow(["iam:PassRole"]), World.allow(["lambda:*"]))
            case 1: text = World.document(World.allow(["sts:AssumeRole"], [World.arn("role/team-\(index % 7)-*")]))
            case 2: text = World.document(World.allow(["s3:Get*", "s3:List*"], ["arn:aws:s3:::data-\(index)*"]))
            case 3: text = World.document(World.allow(["ec2:*"]), World.deny(["iam:*"]))
            case 4: text = World.document(World.allow(["ssm:SendCommand", "ssm:StartSession"]))
            default: text = World.document(World.allow(["logs:*", "cloudwatch:*", "ec2:Describe*", "sqs:*"]))
            }
            return source("shared-\(index)", .managed, text, arn: World.arn("policy/shared-\(index)"))
        }
        snapshot.policies = shared.map {
            ManagedPolicy(arn: $0.arn ?? "", name: $0.name, defaultVersion: "v1", versionCount: 1, source: $0)
        }
        for index in 0..<roles {
            let name = "team-\(index % 9)-role-\(index)"
            var role = Principal(arn: World.arn("role/\(name)"), name: name, kind: .role, account: account, evidence: evidence)
            let service = services[Int(random.next() % UInt64(services.count))]
            let trust =
                index % 10 == 0 ? World.trust(["AWS": .string(World.arn("root"))]) : World.trust(service: "\(service).amazonaws.com")
            role.trust = source(name, .trust, trust)
            role.policies = [shared[Int(random.next() % 60)], shared[Int(random.next() % 60)]]
            if index % 3 == 0 {
                role.policies.append(
                    source("own", .inline, World.document(World.allow(["dynamodb:*"], ["arn:aws:dynamodb:*:*:table/\(name)"]))))
            }
            if index % 100 == 0 { role.policies.append(source("AdministratorAccess", .inline, World.document(World.allow(["*"])))) }
            if service == "ec2" { role.instanceProfiles = [World.arn("instance-profile/\(name)")] }
            snapshot.principals.append(role)
        }
        for index in 0..<(roles / 5) {
            var user = Principal(arn: World.arn("user/u\(index)"), name: "u\(index)", kind: .user, account: account, evidence: evidence)
            user.policies = [shared[Int(random.next() % 60)]]
            snapshot.principals.append(user)
        }
        snapshot.principals.sort { $0.arn < $1.arn }
        for index in 0..<instances {
            let id = "i-\(String(index + 1_000_000, radix: 16))"
            var instance = Instance(
                id: id, arn: "arn:aws:ec2:eu-west-1:\(account):instance/\(id)", account: account, region: "eu-west-1", state: "running",
                evidence: evidence)
            instance.role = snapshot.principals[Int(random.next() % UInt64(roles))].arn
            snapshot.instances.append(instance)
        }
        for index in 0..<buckets {
            let name = index % 5 == 0 ? "data-\(index)-customer" : "data-\(index)"
            var bucket = Bucket(arn: "arn:aws:s3:::\(name)", name: name, account: account, evidence: evidence)
            bucket.policyKnown = true
            snapshot.buckets.append(bucket)
        }
        return snapshot
    }

    struct Generator {
        var state: UInt64
        /// SplitMix64.
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}

@Suite struct LargeAccountTests {
    @Test func aLargeAccountIsJudgedAndExposureOnlyFalls() {
        let snapshot = LargeAccount.snapshot(roles: 120, instances: 40, buckets: 60)
        let evaluation = Evaluation(snapshot)
        let judged = evaluation.judged()
        #expect(!judged.paths.isEmpty)
        let outcome = Planner(evaluation, PlanRequest()).plan(judged)
        let plan = outcome.plan
        #expect(outcome.paths.count == judged.paths.count)
        #expect(plan.open.isEmpty)
        #expect(plan.curve.map(\.exposureRemoved) == plan.curve.map(\.exposureRemoved).sorted())
    }
}
