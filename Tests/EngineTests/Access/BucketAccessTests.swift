import CloudModel
import Testing

@testable import Engine

/// Questions about buckets and objects: policies, lists, what blocks public access, and what cannot be told.
@Suite struct BucketAccessTests {
    private let anyone = "http://acs.amazonaws.com/groups/global/AllUsers"
    private let signed = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
    private let object = "arn:aws:s3:::data/report"
    private let get = "s3:GetObject"

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
        // Where lists are switched off, none counts.
        var without = Estate()
        without.bucket("data", block: [], grants: [(anyone, "READ"), ("c0ffee", "READ")], ownership: "BucketOwnerEnforced")
        #expect(try without.can("*", get, object) == "denied resource")
        #expect(try without.can("*", "s3:ListBucket", "arn:aws:s3:::data") == "denied resource")
        #expect(try without.can("arn:aws:iam::999988887777:user/eve", "s3:ListBucket", "arn:aws:s3:::data") == "denied resource")
        #expect(try without.query.can("*", get, on: object).question.notes.isEmpty)
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
}
