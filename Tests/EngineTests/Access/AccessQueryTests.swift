import CloudModel
import Testing

@testable import Engine

/// Questions to a snapshot: each kind of resource, each with what is let in, what is not, and what cannot be told.
@Suite struct AccessQueryTests {
    private let anyone = "http://acs.amazonaws.com/groups/global/AllUsers"
    private let signed = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
    private let object = "arn:aws:s3:::data/report"
    private let get = "s3:GetObject"
    private static let delegated = Estate.grant(["AWS": .string(Estate.arn("root"))], ["kms:*"])

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
        estate.key("mine", .document(World.document(Self.delegated)))
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

    // MARK: - Buckets

    @Test func aBucketPolicyGrantsDeniesAndIsQuoted() throws {
        var estate = Estate()
        let named = World.document(
            Estate.grant(["AWS": .string(Estate.arn("user/ann"))], [get], on: ["arn:aws:s3:::data/*"]),
            Estate.grant(["AWS": .string(Estate.arn("user/cut"))], ["s3:*"], on: ["arn:aws:s3:::data/*"], effect: "Deny"))
        estate.bucket("data", .document(named))
        estate.user("ann")
        estate.user("cut", World.document(World.allow(["*"])))
        estate.user("bob")
        #expect(try estate.can("user/ann", get, object) == "allowed")
        #expect(try estate.can("user/cut", get, object) == "DENIED resource")
        #expect(try estate.can("user/bob", get, object) == "denied identity resource")
        let quoted = try #require(try estate.query.can("user/ann", get, on: object).answer.statements.first)
        #expect(
            quoted.file == "in/111122223333/s3.get-bucket-policy.data.json" && quoted.policy == "data" && quoted.policyType == "resource")
        #expect(quoted.statement == 0 && quoted.pointer == "/Policy" && quoted.attachedTo == "arn:aws:s3:::data")
        let found = try estate.query.can("user/ann", get, on: object)
        #expect(found.question.exists == true && found.question.resourceAccount == Estate.account)
    }

    @Test func aBucketPolicyThatWasNotReadIsUnknownAndNoOpenDoor() throws {
        for policy in [Estate.Policy.denied, .notAsked] {
            var estate = Estate()
            estate.bucket("data", policy)
            estate.user("ann", World.document(World.allow([get])))
            estate.user("cut", World.document(World.deny([get])))
            estate.user("bob")
            #expect(try estate.can("user/ann", get, object) == "unknown (allowed)")
            #expect(try estate.can("user/bob", get, object) == "unknown (denied)")
            #expect(try estate.can("user/cut", get, object) == "DENIED identity")
            #expect(try estate.can("*", get, object) == "unknown (denied)")
            let why = try estate.query.can("user/ann", get, on: object).answer.why
            #expect(why.count == 1 && why[0].contains("the policy of bucket data was not collected"), "\(why)")
            if case .denied = policy { #expect(why[0].contains("denied (AccessDenied)")) }
        }
    }

    @Test func aBucketThatIsNotThereIsAnsweredByItsName() throws {
        var estate = Estate()
        estate.user("ann", World.document(World.allow([get], ["arn:aws:s3:::gone/*"])))
        let found = try estate.query.can("user/ann", get, on: "arn:aws:s3:::gone/x")
        #expect(found.question.exists == false && found.answer.decision == .allowed)
        #expect(try estate.can("user/ann", get, "arn:aws:s3:::other/x") == "denied identity")
        // Where nobody asked for the list, it may be there, with a policy.
        estate.unlisted = ["s3"]
        let open = try estate.query.can("user/ann", get, on: "arn:aws:s3:::gone/x")
        #expect(open.question.exists == nil && open.answer.decision == .unknown && open.answer.known == .allowed)
    }

    @Test func publicPoliciesReachStrangersUnlessBucketsAreRestricted() throws {
        let open = World.document(Estate.grant("*", [get], on: ["arn:aws:s3:::data/*"]))
        let foreign = "arn:aws:iam::999988887777:user/eve"
        func estate(_ block: [Bool]?) -> Estate {
            var estate = Estate()
            estate.bucket("data", .document(open), block: block)
            estate.user("ann")
            estate.user("far", World.document(World.allow([get])), account: Estate.other)
            return estate
        }
        // The account's own block was not collected, so only the bucket's can settle it.
        for block in [[true, true], [false, true]] {
            #expect(try estate(block).can("*", get, object) == "denied publicAccessBlock")
            #expect(try estate(block).can(Estate.arn("user/far", Estate.other), get, object) == "denied publicAccessBlock")
            #expect(try estate(block).can(foreign, get, object) == "denied publicAccessBlock")
            #expect(try estate(block).can("user/ann", get, object) == "allowed")
            #expect(try estate(block).can("logs.amazonaws.com", get, object) == "allowed")
        }
        #expect(try estate([true, false]).can("*", get, object) == "unknown (allowed)")
        #expect(try estate(nil).can("*", get, object) == "unknown (allowed)")
        #expect(try estate(nil).can("user/ann", get, object) == "allowed")
        let why = try estate([true, true]).query.can("*", get, on: object).answer.why
        #expect(why.first?.contains("s3.get-public-access-block.data.json") == true, "\(why)")
    }

    @Test func aPolicyForFixedValuesIsNotPublicAndSoNotRestricted() throws {
        func decision(_ principal: JSONValue, _ condition: JSONValue?) throws -> String {
            var estate = Estate()
            estate.bucket(
                "data", .document(World.document(Estate.grant(principal, [get], on: ["arn:aws:s3:::data/*"], condition: condition))))
            estate.user("far", World.document(World.allow([get])), account: Estate.other)
            return try estate.can(
                Estate.arn("user/far", Estate.other), get, object,
                .init(context: [
                    "aws:sourceip": ["198.51.100.7"], "aws:principalorgid": ["o-1"], "aws:sourcevpce": ["vpce-1"],
                    "aws:userid": ["AIDA1"],
                ]))
        }
        #expect(try decision(["AWS": .string(Estate.other)], nil) == "allowed")
        #expect(try decision("*", ["StringEquals": ["aws:PrincipalOrgID": "o-1"]]) == "allowed")
        #expect(try decision("*", ["IpAddress": ["aws:SourceIp": "198.51.100.0/24"]]) == "allowed")
        #expect(try decision("*", ["StringLike": ["aws:SourceVpce": "vpce-1"]]) == "allowed")
        #expect(try decision("*", ["StringLike": ["aws:SourceVpce": "vpce-*"]]) == "denied publicAccessBlock")
        #expect(try decision("*", ["IpAddress": ["aws:SourceIp": "196.0.0.0/6"]]) == "denied publicAccessBlock")
        #expect(try decision("*", ["StringEqualsIfExists": ["aws:PrincipalOrgID": "o-1"]]) == "denied publicAccessBlock")
        #expect(try decision("*", ["StringNotEquals": ["aws:SourceVpce": "vpce-2"]]) == "denied publicAccessBlock")
        // S3's documents do not say whether it counts these among fixed values.
        #expect(try decision("*", ["StringEquals": ["aws:PrincipalAccount": .string(Estate.other)]]) == "unknown (allowed)")
    }

    @Test func accessControlListsCountUnlessTheyAreIgnored() throws {
        let bucket = "arn:aws:s3:::data"
        func estate(_ block: [Bool]?, _ grants: [(grantee: String, permission: String)]?) -> Estate {
            var estate = Estate()
            estate.bucket("data", block: block, grants: grants)
            estate.bucket("account-block-is-on", block: [true, true])
            estate.user("ann")
            estate.user("far", World.document(World.allow(["s3:*"])), account: Estate.other)
            return estate
        }
        let far = Estate.arn("user/far", Estate.other)
        #expect(try estate([true, true], [(anyone, "READ")]).can("*", "s3:ListBucket", bucket) == "denied resource")
        // The account's block was not collected: that of the bucket being off does not say that lists count.
        #expect(try estate([false, false], [(anyone, "READ")]).can("*", "s3:ListBucket", bucket) == "unknown (allowed)")
        let quoted = try estate([false, false], [(anyone, "READ")]).query.can("*", "s3:ListBucket", on: bucket).answer.statements
        #expect(quoted.map(\.policyType) == ["acl"] && quoted.first?.text == ["Grantee": .string(anyone), "Permission": "READ"])
        #expect(quoted.first?.file == "in/111122223333/s3.get-bucket-acl.data.json")
        #expect(try estate([false, false], [(anyone, "READ")]).can("*", "s3:PutObject", object) == "denied resource")
        #expect(try estate([false, false], [(signed, "WRITE")]).can("*", "s3:PutObject", object) == "denied resource")
        #expect(try estate([false, false], [(signed, "WRITE")]).can(far, "s3:PutObject", object) == "unknown (allowed)")
        #expect(try estate([false, false], nil).can("*", "s3:ListBucket", bucket) == "unknown (denied)")
        #expect(try estate([true, false], nil).can("*", "s3:ListBucket", bucket) == "denied resource")
        // A canonical user may be of any account that was not read.
        let foreign = "arn:aws:iam::999988887777:user/eve"
        #expect(try estate([true, true], [("c0ffee", "READ")]).can(foreign, "s3:ListBucket", bucket) == "unknown (denied)")
        #expect(try estate([true, true], []).can(foreign, "s3:ListBucket", bucket) == "denied resource")
    }

    @Test func listsOfSingleObjectsAreNotSeenAndSaidSo() throws {
        var estate = Estate()
        estate.bucket("data", block: [])
        estate.user("bob")
        #expect(try estate.can("*", get, object) == "unknown (denied)")
        #expect(try estate.can("*", "s3:PutObject", object) == "denied resource")
        #expect(try estate.can("user/bob", get, object) == "denied identity")
        #expect(try estate.query.can("user/bob", get, on: object).question.notes.contains { $0.contains("single objects") })
        var closed = Estate()
        closed.bucket("data", block: [true, false])
        #expect(try closed.can("*", get, object) == "denied resource")
    }

    @Test func acrossAccountsBothSidesMustAllow() throws {
        var estate = Estate()
        let shared = World.document(
            Estate.grant(
                ["AWS": [.string(Estate.arn("root", Estate.other)), "arn:aws:iam::999988887777:role/ci"]], [get],
                on: ["arn:aws:s3:::data/*"]))
        estate.bucket("data", .document(shared))
        estate.bucket("closed")
        estate.user("far", World.document(World.allow([get])), account: Estate.other)
        estate.user("bare", account: Estate.other)
        #expect(try estate.can(Estate.arn("user/far", Estate.other), get, object) == "allowed")
        #expect(try estate.can(Estate.arn("user/bare", Estate.other), get, object) == "denied identity")
        #expect(try estate.can(Estate.arn("user/far", Estate.other), get, "arn:aws:s3:::closed/x") == "denied resource")
        // Of an account that was not read, only the resource's side is known.
        #expect(try estate.can("arn:aws:iam::999988887777:role/ci", get, object) == "unknown (allowed)")
        #expect(try estate.can("arn:aws:iam::999988887777:role/other", get, object) == "denied resource")
        #expect(try estate.can("999988887777", get, object) == "denied resource")
        #expect(try estate.can(Estate.other, get, object) == "allowed")
    }

    // MARK: - Keys

    @Test func aKeyPolicyMustLetTheAccountIn() throws {
        var estate = Estate()
        estate.key("delegated", .document(World.document(Self.delegated)))
        estate.key("named", .document(World.document(Estate.grant(["AWS": .string(Estate.arn("user/bob"))], ["kms:Decrypt"]))))
        estate.key("unread", .denied)
        estate.user("ann", World.document(World.allow(["kms:*"])))
        estate.user("bob")
        #expect(try estate.can("user/ann", "kms:Decrypt", Estate.key("delegated")) == "allowed")
        #expect(try estate.can("user/bob", "kms:Decrypt", Estate.key("delegated")) == "denied identity")
        #expect(try estate.can("user/ann", "kms:Decrypt", Estate.key("named")) == "denied resource")
        #expect(try estate.can("user/bob", "kms:Decrypt", Estate.key("named")) == "allowed")
        #expect(try estate.can("user/ann", "kms:Decrypt", Estate.key("unread")) == "unknown (-)")
        #expect(try estate.can("user/ann", "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:alias/app") == "unknown (allowed)")
        #expect(try estate.can("user/ann", "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/*") == "unknown (-)")
        let gone = try estate.query.can("user/ann", "kms:Decrypt", on: Estate.key("gone"))
        #expect(gone.question.exists == false && gone.answer.decision == .denied)
        #expect(try estate.query.can("user/ann", "kms:Decrypt", on: Estate.key("named")).question.notes.contains { $0.contains("grants") })
    }

    @Test func aKeyPolicyKnowsWhoseAccountCalls() throws {
        var estate = Estate()
        let service: JSONValue = [
            "StringEquals": ["kms:CallerAccount": .string(Estate.account), "kms:ViaService": "s3.eu-west-1.amazonaws.com"]
        ]
        estate.key("aws", .document(World.document(Estate.grant(["AWS": "*"], ["kms:Decrypt"], condition: service))))
        estate.user("ann")
        estate.user("far", World.document(World.allow(["kms:*"])), account: Estate.other)
        #expect(try estate.can("user/ann", "kms:Decrypt", Estate.key("aws")) == "conditional: kms:ViaService is s3.eu-west-1.amazonaws.com")
        #expect(try estate.can(Estate.arn("user/far", Estate.other), "kms:Decrypt", Estate.key("aws")) == "denied resource")
        #expect(try estate.can("*", "kms:Decrypt", Estate.key("aws")) == "denied resource")
    }

    // MARK: - Functions, secrets, roles

    @Test func aFunctionPolicyIsOfItsVeryName() throws {
        var estate = Estate()
        let events = World.document(
            Estate.grant(
                ["Service": "s3.amazonaws.com"], ["lambda:InvokeFunction"], on: [Estate.function("job")],
                condition: ["ArnLike": ["aws:SourceArn": "arn:aws:s3:::data"]]),
            Estate.grant(["AWS": .string(Estate.other)], ["lambda:InvokeFunction"], on: [Estate.function("job")]))
        estate.function("job", .document(events))
        estate.function("bare", .none)
        estate.user("ann", World.document(World.allow(["lambda:*"])))
        estate.user("far", World.document(World.allow(["lambda:*"])), account: Estate.other)
        let invoke = "lambda:InvokeFunction"
        let far = Estate.arn("user/far", Estate.other)
        #expect(
            try estate.can("s3.amazonaws.com", invoke, Estate.function("job")) == "conditional: aws:SourceArn matches arn:aws:s3:::data")
        #expect(try estate.can("sns.amazonaws.com", invoke, Estate.function("job")) == "denied resource")
        #expect(try estate.can(far, invoke, Estate.function("job")) == "allowed")
        #expect(try estate.can(far, invoke, Estate.function("bare")) == "denied resource")
        #expect(try estate.can("user/ann", invoke, Estate.function("bare")) == "allowed")
        // A version or alias has a policy of its own, which is not collected.
        #expect(try estate.can(far, invoke, Estate.function("job") + ":live") == "unknown (denied)")
        #expect(try estate.can("user/ann", invoke, Estate.function("job") + ":live") == "unknown (allowed)")
    }

    @Test func aSecretIsFoundWithAndWithoutItsSuffix() throws {
        var estate = Estate()
        estate.secret("db", .none, tags: ["team": "red"])
        estate.secret(
            "shared", .document(World.document(Estate.grant(["AWS": .string(Estate.arn("role/app"))], ["secretsmanager:GetSecretValue"]))))
        estate.secret("unread", .notAsked)
        estate.role("app", trust: World.trust(service: "ec2.amazonaws.com"))
        estate.user("ann", World.document(World.allow(["secretsmanager:*"], [Estate.secret("db")])))
        estate.user("red", World.document(World.allow(["secretsmanager:*"], condition: ["StringEquals": ["aws:ResourceTag/team": "red"]])))
        estate.user(
            "blue", World.document(World.allow(["secretsmanager:*"], condition: ["StringEquals": ["aws:ResourceTag/team": "blue"]])))
        let read = "secretsmanager:GetSecretValue"
        #expect(try estate.can("user/ann", read, Estate.secret("db")) == "allowed")
        #expect(try estate.can("user/ann", read, String(Estate.secret("db").dropLast(7))) == "allowed")
        #expect(try estate.can("user/red", read, Estate.secret("db")) == "allowed")
        #expect(try estate.can("user/blue", read, Estate.secret("db")) == "denied identity")
        #expect(try estate.can("role/app", read, Estate.secret("shared")) == "allowed")
        #expect(try estate.can("user/ann", read, Estate.secret("shared")) == "denied identity resource")
        #expect(try estate.can("role/app", read, Estate.secret("unread")) == "unknown (denied)")
    }

    @Test func aTrustPolicyDecidesWhoAssumesARole() throws {
        var estate = Estate()
        let external: JSONValue = ["StringEquals": ["sts:ExternalId": "s3cret"]]
        estate.role("named", trust: World.trust(["AWS": .string(Estate.arn("user/ann"))]))
        estate.role("account", trust: World.trust(["AWS": .string(Estate.arn("root"))]))
        estate.role("vendor", trust: World.trust(["AWS": "999988887777"], condition: external))
        estate.role("web", trust: World.trust(service: "ec2.amazonaws.com"))
        estate.role(
            "github",
            trust: World.trust(
                ["Federated": .string(Estate.arn("oidc-provider/token.actions.githubusercontent.com"))],
                condition: ["StringLike": ["token.actions.githubusercontent.com:sub": "repo:us/*"]], action: "sts:AssumeRoleWithWebIdentity"
            ))
        estate.user("ann")
        estate.user("bob", World.document(World.allow(["sts:AssumeRole"])))
        let assume = "sts:AssumeRole"
        func role(_ name: String) -> String { Estate.arn("role/\(name)") }
        #expect(try estate.can("user/ann", assume, role("named")) == "allowed")
        #expect(try estate.can("user/bob", assume, role("named")) == "denied trust")
        #expect(try estate.can("user/ann", assume, role("account")) == "denied identity")
        #expect(try estate.can("user/bob", assume, role("account")) == "allowed")
        #expect(try estate.can("999988887777", assume, role("vendor")) == "conditional: sts:ExternalId is s3cret")
        #expect(try estate.can("ec2.amazonaws.com", assume, role("web")) == "allowed")
        #expect(try estate.can("lambda.amazonaws.com", assume, role("web")) == "denied trust")
        let provider = Estate.arn("oidc-provider/token.actions.githubusercontent.com")
        #expect(
            try estate.can(provider, "sts:AssumeRoleWithWebIdentity", role("github"))
                == "conditional: token.actions.githubusercontent.com:sub matches repo:us/*")
        // Other calls about a role do not ask its trust policy.
        #expect(try estate.can("user/bob", "iam:GetRole", role("named")) == "denied identity")
        let gone = try estate.query.can("user/bob", assume, on: role("gone"))
        #expect(gone.question.exists == false && gone.answer.decision == .denied)
    }

    @Test func kindsWithPoliciesThatAreNotCollectedAreUnknownAndOthersAreNot() throws {
        var estate = Estate()
        estate.user("ann", World.document(World.allow(["*"])))
        estate.user("bob")
        for (action, resource) in [
            ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:jobs"), ("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:news"),
            ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:111122223333:repository/app"),
            ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"),
            ("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap/object/x"),
        ] {
            #expect(try estate.can("user/ann", action, resource) == "unknown (allowed)", "\(action)")
            #expect(try estate.can("user/bob", action, resource) == "unknown (denied)", "\(action)")
        }
        for (action, resource) in [
            ("ec2:StartInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"),
            ("rds:DeleteDBInstance", "arn:aws:rds:eu-west-1:111122223333:db:x"),
            ("iam:CreateUser", Estate.arn("user/new")), ("s3:ListAllMyBuckets", "*"), ("ssm:GetParameterHistory", "*"),
        ] {
            #expect(try estate.can("user/ann", action, resource) == "allowed", "\(action)")
            #expect(try estate.can("user/bob", action, resource) == "denied identity", "\(action)")
        }
        // Across accounts only a policy of the resource's could let anyone in.
        #expect(try estate.can("user/ann", "ec2:StartInstances", "arn:aws:ec2:eu-west-1:999988887777:instance/i-1") == "denied resource")
        #expect(try estate.can("user/ann", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:999988887777:jobs") == "unknown (denied)")
        #expect(try estate.can("user/bob", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:999988887777:jobs") == "denied identity")
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
}
