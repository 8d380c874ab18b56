import CloudModel
import Testing

@testable import Engine

/// Questions to a snapshot, the principal's side: which policies count, who can ask, what a request is taken to have.
@Suite struct AccessQueryTests {
    private let object = "arn:aws:s3:::data/report"
    private let get = "s3:GetObject"

    // MARK: - The principal's side

    @Test func everyRouteOfAPolicyCountsAndIsQuoted() throws {
        var estate = Estate()
        estate.bucket("data")
        estate.policy("reads", World.document(World.deny(["ec2:*"]), World.allow(["s3:Get*"], ["arn:aws:s3:::data/*"])))
        estate.group("staff", World.document(World.allow([get])))
        estate.user("inline", World.document(World.allow([get])))
        estate.user("managed", attached: [Estate.arn("policy/reads")])
        estate.user("member", groups: ["staff"])
        estate.user("bounded", World.document(World.allow(["*"])), boundary: Estate.arn("policy/reads"))
        estate.user("denied", World.document(World.allow(["*"]), World.deny(["s3:*"])))
        estate.user("nobody")
        for name in ["inline", "managed", "member", "bounded"] {
            #expect(try estate.can("user/\(name)", get, object) == "allowed", "\(name)")
        }
        #expect(try estate.can("user/denied", get, object) == "DENIED identity")
        #expect(try estate.can("user/nobody", get, object) == "denied identity")
        #expect(try estate.can("user/bounded", "s3:PutObject", object) == "denied boundary")
        #expect(try estate.can("root", get, object) == "allowed")

        let member = try #require(try estate.query.can("user/member", get, on: object).answer.statements.first)
        #expect(member.file == "in/111122223333/iam.get-account-authorization-details.json")
        #expect(member.record == "111122223333/iam.get-account-authorization-details")
        #expect(member.policy == "own-0" && member.statement == 0 && member.effect == "Allow" && member.policyType == "identity")
        #expect(member.attachedTo == Estate.arn("group/staff"))
        #expect(member.pointer == "/GroupDetailList/0/GroupPolicyList/0/PolicyDocument")
        let managed = try #require(try estate.query.can("user/managed", get, on: object).answer.statements.first)
        #expect(managed.policy == "reads" && managed.statement == 1 && managed.policyARN == Estate.arn("policy/reads"))
        #expect(managed.text["Action"] == ["s3:Get*"])
        let bounded = try estate.query.can("user/bounded", get, on: object).answer.statements
        #expect(bounded.map(\.policyType).sorted() == ["boundary", "identity"])
        let denied = try estate.query.can("user/denied", get, on: object).answer.statements
        #expect(denied.map(\.statement) == [1] && denied.map(\.effect) == ["Deny"])
    }

    @Test func theSameTextInTwoPlacesIsQuotedAtBoth() throws {
        var estate = Estate()
        estate.bucket("data")
        let text = World.document(World.allow([get]))
        estate.group("staff", text)
        estate.user("ann", text, groups: ["staff"])
        estate.user("bob", text)
        let statements = try estate.query.can("user/ann", get, on: object).answer.statements
        #expect(statements.map(\.attachedTo) == [Estate.arn("user/ann"), Estate.arn("group/staff")])
        #expect(try estate.query.can("user/bob", get, on: object).answer.statements.map(\.attachedTo) == [Estate.arn("user/bob")])
    }

    @Test func aPolicyWhoseTextIsMissingIsUnknownWithWhatIsKnown() throws {
        var estate = Estate()
        estate.bucket("data")
        estate.user("open", World.document(World.allow([get])), attached: ["arn:aws:iam::999988887777:policy/lost"])
        estate.user("closed", attached: ["arn:aws:iam::999988887777:policy/lost"])
        estate.user("cut", World.document(World.deny(["s3:*"])), attached: ["arn:aws:iam::999988887777:policy/lost"])
        #expect(try estate.can("user/open", get, object) == "unknown (allowed)")
        #expect(try estate.can("user/closed", get, object) == "unknown (denied)")
        #expect(try estate.can("user/cut", get, object) == "DENIED identity")
    }

    @Test func conditionsAreSaidAndContextSettlesThem() throws {
        var estate = Estate()
        estate.bucket("data")
        estate.user("mfa", World.document(World.allow([get], condition: ["Bool": ["aws:MultiFactorAuthPresent": "true"]])))
        estate.user("tls", World.document(World.allow([get]), World.deny(["*"], condition: ["Bool": ["aws:SecureTransport": "false"]])))
        #expect(try estate.can("user/mfa", get, object) == "conditional: aws:MultiFactorAuthPresent is true")
        #expect(try estate.can("user/mfa", get, object, .init(context: ["aws:multifactorauthpresent": ["true"]])) == "allowed")
        #expect(try estate.can("user/mfa", get, object, .init(context: ["AWS:MultiFactorAuthPresent": ["false"]])) == "denied identity")
        #expect(try estate.can("user/mfa", get, object, .init(knownAbsent: ["aws:MultiFactorAuthPresent"])) == "denied identity")
        #expect(try estate.can("user/tls", get, object) == "allowed")
        #expect(try estate.can("user/tls", get, object, .init(context: ["aws:SecureTransport": ["false"]])) == "DENIED identity")
    }

    @Test func tagsOfUsersAreKnownAndTagsOfSessionsOnlyWhereNoneCanBePassed() throws {
        var estate = Estate()
        estate.bucket("data")
        let byTag = World.document(
            World.allow([get], ["arn:aws:s3:::data/${aws:PrincipalTag/team}"]),
            World.allow(["s3:PutObject"], condition: ["StringEquals": ["aws:PrincipalTag/team": "report"]]))
        estate.user("ann", byTag, tags: ["Team": "report"])
        estate.user("bob", byTag)
        estate.role("plain", trust: World.trust(service: "ec2.amazonaws.com"), byTag, tags: ["team": "report"])
        estate.role("open", trust: World.trust(service: "ec2.amazonaws.com", action: "sts:*"), byTag)
        for action in [get, "s3:PutObject"] {
            #expect(try estate.can("user/ann", action, object) == "allowed")
            #expect(try estate.can("user/bob", action, object) == "denied identity")
            #expect(try estate.can("role/plain", action, object) == "allowed")
            #expect(try estate.can("role/open", action, object).lowercased() == "conditional: aws:principaltag/team is report")
        }
    }

    @Test func anActionThatIsNotKnownIsAnsweredAndNoted() throws {
        var estate = Estate()
        estate.bucket("data")
        estate.user("ann", World.document(World.allow(["*"])))
        let typo = try estate.query.can("user/ann", "s3:GetObjekt", on: object)
        #expect(typo.answer.decision == .allowed && typo.question.notes.contains { $0.contains("s3:GetObjekt is not in the table") })
        let describe = try estate.query.can("user/ann", "ec2:DescribeInstances", on: "arn:aws:ec2:eu-west-1:111122223333:instance/i-1")
        #expect(describe.question.notes.contains { $0.contains("ec2:DescribeInstances is about no resource") })
        let instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"
        estate.user("bob", World.document(World.allow(["ec2:DescribeInstances"], [instance])))
        #expect(try estate.can("user/bob", "ec2:DescribeInstances", instance).hasPrefix("denied"))
        #expect(try estate.can("user/bob", "ec2:TerminateInstances", instance).hasPrefix("denied"))
        let known = try estate.query.can("user/ann", "S3:getobject", on: object)
        #expect(known.answer.decision == .allowed && !known.question.notes.contains { $0.contains("table") })
    }

    @Test func theRegionOfARequestIsThatOfTheResource() throws {
        var estate = Estate()
        estate.secret("db", .none)
        let only: JSONValue = ["StringNotEquals": ["aws:RequestedRegion": "eu-central-1"]]
        estate.user("ann", World.document(World.allow(["*"]), World.deny(["*"], condition: only)))
        #expect(try estate.can("user/ann", "secretsmanager:GetSecretValue", Estate.secret("db")) == "DENIED identity")
        #expect(try estate.can("user/ann", "iam:GetRole", Estate.arn("role/x")) == "DENIED identity")
        #expect(try estate.can("user/ann", "ec2:DescribeInstances", "*") == "conditional: aws:RequestedRegion is eu-central-1")
    }

    // MARK: - Who asks

    @Test func principalsAreFoundByTheirNames() throws {
        var estate = Estate()
        estate.bucket("data")
        estate.user("ann", World.document(World.allow([get])))
        estate.user("two", World.document(World.allow([get])))
        estate.user("two", account: Estate.other)
        estate.role("app", trust: World.trust(service: "ec2.amazonaws.com"), World.document(World.allow([get])), path: "/team/")
        let query = estate.query
        for name in [
            "user/ann", Estate.arn("user/ann"), "role/app", "role/team/app", Estate.arn("role/team/app"),
            "arn:aws:sts::111122223333:assumed-role/app/job",
        ] {
            #expect(try query.can(name, get, on: object).answer.decision == .allowed, "\(name)")
        }
        #expect(try query.can("user/ann", get, on: object).answer.principal == Estate.arn("user/ann"))
        let session = try query.can("role/app", get, on: object, .init(session: "job")).answer
        #expect(session.principal == "arn:aws:sts::111122223333:assumed-role/app/job" && session.decision == .allowed)
        for (name, code) in [
            ("user/nobody", AccessQueryError.Code.unknownPrincipal), (Estate.arn("user/nobody"), .unknownPrincipal),
            (Estate.arn("role/app"), .unknownPrincipal), ("arn:aws:sts::111122223333:assumed-role/none/job", .unknownPrincipal),
            ("user/two", .ambiguousPrincipal), ("root", .ambiguousPrincipal), ("group/staff", .invalidPrincipal),
            (Estate.arn("group/staff"), .invalidPrincipal), ("ann", .invalidPrincipal), ("", .invalidPrincipal),
        ] {
            #expect(throws: AccessQueryError.self, "\(name)") { try query.can(name, get, on: object) }
            do throws(AccessQueryError) { _ = try query.can(name, get, on: object) } catch { #expect(error.code == code, "\(name)") }
        }
        for (action, resource) in [("GetObject", object), (":x", object), ("s3:", object), (get, "data/report"), (get, "")] {
            #expect(throws: AccessQueryError.self) { try query.can("user/ann", action, on: resource) }
        }
    }

    @Test func rootMayDoEverythingInItsAccountThatNothingDenies() throws {
        var estate = Estate()
        let lock = World.document(Estate.grant("*", ["s3:*"], on: ["arn:aws:s3:::data", "arn:aws:s3:::data/*"], effect: "Deny"))
        estate.bucket("data", .document(lock))
        estate.bucket("free")
        estate.key("mine", .document(World.document(Estate.delegated)))
        estate.key("theirs", .document(World.document(Estate.grant(["AWS": .string(Estate.arn("user/ann"))], ["kms:*"]))))
        estate.user("ann")
        let root = Estate.arn("root")
        #expect(try estate.can(root, get, "arn:aws:s3:::free/x") == "allowed")
        #expect(try estate.can(root, get, object) == "DENIED resource")
        // PutBucketPolicy, Amazon S3 API Reference: the way back from a policy that locks everybody out.
        #expect(try estate.can(root, "s3:PutBucketPolicy", "arn:aws:s3:::data") == "allowed")
        #expect(try estate.can("user/ann", "s3:PutBucketPolicy", "arn:aws:s3:::data") == "DENIED identity resource")
        #expect(try estate.can(root, "kms:Decrypt", Estate.key("mine")) == "allowed")
        #expect(try estate.can(root, "kms:Decrypt", Estate.key("theirs")) == "denied resource")
    }
}
