import CloudModel

@testable import Engine

/// Accounts that plans are tried on.
enum PlanWorlds {
    private static func base() -> World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        return world
    }

    private static let root = World.trust(["AWS": .string(World.arn("root"))])

    /// A function that anyone may call, data, a group, a rewritable policy.
    static var shop: World {
        var world = base()
        world.role("webhook", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
        world.function("webhook", role: "webhook", url: "NONE")
        world.role("reader", trust: root, [World.document(World.allow(["s3:GetObject"]))])
        world.bucket("shop-customer-data")
        world.user("dev", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/reader")]))])
        world.group("support", attached: [World.arn("policy/tooling")])
        world.policy("tooling", World.document(World.allow(["logs:*", "iam:CreatePolicyVersion"])))
        world.user("erin", groups: ["support"])
        world.user(
            "ci",
            [World.document(World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]), World.allow(["s3:List*"]))])
        return world
    }

    /// The role's trust names the user, so its own permission is not what lets it in.
    static var namedInTrust: World {
        var world = base()
        world.role("boss", trust: World.trust(["AWS": .string(World.arn("user/dev"))]), attached: [World.administrator])
        world.user("dev", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/boss")]))])
        return world
    }

    /// Two statements of two policies grant the same.
    static var twoStatements: World {
        var world = base()
        let write = World.allow(["iam:PutUserPolicy"], [World.arn("user/dev")])
        world.policy("more", World.document(World.allow(["logs:*"]), write))
        world.user("dev", [World.document(write, World.allow(["s3:ListAllMyBuckets"]))], attached: [World.arn("policy/more")])
        return world
    }

    /// What its own policy denies, the user writes away; only who may not write at all is held.
    static var overwritable: World {
        var world = base()
        world.user(
            "dev", [World.document(World.allow(["iam:PutUserPolicy"])), World.document(World.allow(["iam:*"]))])
        return world
    }

    /// A bucket and a function that an account which was not read is let in to.
    static var foreign: World {
        var world = base()
        let account = World.trust(["AWS": "arn:aws:iam::999988887777:root"])["Statement"]?.array?[0]["Principal"] ?? .null
        world.bucket(
            "shop-customer-data",
            policy: World.document([
                "Effect": "Allow", "Principal": account, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-customer-data/*",
            ]))
        world.bucket(
            "shop-customer-backup",
            policy: World.document([
                "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-customer-backup/*",
            ]))
        return world
    }

    /// The bucket's own policy admits the role, whatever the role's policies say.
    static var resourcePolicy: World {
        var world = base()
        world.role("reader", trust: root, [World.document(World.allow(["s3:GetObject"]))])
        world.bucket(
            "shop-customer-data",
            policy: World.document([
                "Effect": "Allow", "Principal": ["AWS": .string(World.arn("role/reader"))], "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::shop-customer-data/*",
            ]))
        world.user("dev", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/reader")]))])
        return world
    }

    /// The user has the right from two groups.
    static var twoGroups: World {
        var world = base()
        for name in ["a", "b"] {
            world.group(name, [World.document(World.allow(["iam:AttachUserPolicy"]), World.allow(["ec2:Describe*"]))])
        }
        world.user("dev", groups: ["a", "b"])
        return world
    }

    /// An administrator who would still get there once it is none.
    static var administratorWithMore: World {
        var world = base()
        world.role("boss", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
        world.role(
            "helper", trust: root,
            [World.document(World.allow(["iam:PutRolePolicy"], [World.arn("role/helper")]), World.allow(["logs:*"]))],
            attached: [World.administrator])
        world.user("dev", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/helper")]), World.allow(["sqs:*"]))])
        return world
    }

    /// Two principals that only together are administrators.
    static var combined: World {
        var world = base()
        world.role(
            "writer", trust: root, [World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/back")]), World.allow(["sqs:*"]))])
        world.user("back", [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/writer")]), World.allow(["logs:*"]))])
        return world
    }

    /// Users who get to others of whom only two together, in many pairs, make an administrator.
    static var crowd: World {
        var world = base()
        for number in 0..<3 {
            world.role("r\(number)", trust: root, [World.document(World.allow(["sqs:*"]))])
            world.user("keys\(number)", [World.document(World.allow(["iam:CreateAccessKey"]), World.allow(["s3:List*"]))])
            world.user(
                "writer\(number)", [World.document(World.allow(["iam:PutRolePolicy"], [World.arn("role/r*")]), World.allow(["logs:*"]))])
            world.user(
                "assumer\(number)",
                [World.document(World.allow(["sts:AssumeRole"], [World.arn("role/r\(number)")]), World.allow(["sns:*"]))])
        }
        return world
    }

    /// Leaving the group takes a denial as well.
    static var groupThatDenies: World {
        var world = base()
        world.group(
            "crew",
            [
                World.document(
                    World.allow(["iam:AttachUserPolicy"], [World.arn("user/dev")]), World.deny(["iam:PutUserPolicy"]),
                    World.allow(["ec2:*"]))
            ])
        world.user(
            "dev", [World.document(World.allow(["iam:PutUserPolicy"], [World.arn("user/dev")]), World.allow(["s3:List*"]))],
            groups: ["crew"])
        return world
    }

    /// Users with keys that nobody uses, one of whom has two and so can be given no other, and an image that everyone may start.
    static var forgotten: World {
        var world = base()
        world.user("dev", [World.document(World.allow(["iam:PutUserPolicy"]), World.allow(["s3:List*"]))])
        world.user("old", [World.document(World.allow(["iam:AttachUserPolicy"]), World.allow(["logs:*"]))])
        world.user("maker", [World.document(World.allow(["iam:CreateAccessKey"], [World.arn("user/old")]), World.allow(["sns:*"]))])
        world.credentials("dev", password: false, keys: 1)
        world.credentials("old", password: false, keys: 2)
        world.credentials("maker", password: true, keys: 0)
        world.record(
            "ec2", "describe-images", region: "eu-west-1",
            [
                "Images": [
                    ["ImageId": "ami-1", "Name": "shop", "OwnerId": .string(World.account), "Public": true, "BlockDeviceMappings": []]
                ]
            ])
        world.record(
            "ec2", "describe-image-attribute", region: "eu-west-1", resource: "ami-1",
            ["ImageId": "ami-1", "LaunchPermissions": [["Group": "all"], ["UserId": "999988887777"]]])
        return world
    }

    /// Users who rise by one right that each has from a policy of its own, in a member account of an organisation: one denial for all of them
    /// costs less than taking it from each.
    static var limited: World {
        var world = base()
        world.user("chief", attached: [World.administrator])
        for number in 0..<4 {
            world.user("dev\(number)", [World.document(World.allow(["iam:PutUserPolicy"]), World.allow(["s3:List*"]))])
        }
        world.group("crew", [World.document(World.deny(["iam:AttachUserPolicy"]), World.allow(["ec2:Describe*"]))])
        world.user(
            "both", [World.document(World.allow(["iam:PutUserPolicy", "iam:AttachUserPolicy"]), World.allow(["sqs:*"]))], groups: ["crew"])
        var organised = Organised()
        organised.limit(World.deny(["organizations:LeaveOrganization"]))
        organised.add(to: &world)
        return world
    }

    /// The same account twice, under two numbers.
    static func twice(_ world: World) throws -> CloudCollection {
        func renamed(_ text: String) -> String {
            text.split(separator: World.account, omittingEmptySubsequences: false).joined(separator: "222233334444")
        }
        var collection = world.collection
        // Buckets of two accounts have two names.
        for record in collection.records {
            let text = renamed(record.payload.canonicalText).split(separator: "shop-", omittingEmptySubsequences: false).joined(
                separator: "mall-")
            var other = record
            other.account = record.account.map(renamed)
            other.resource = record.resource.map {
                renamed($0).split(separator: "shop-", omittingEmptySubsequences: false).joined(separator: "mall-")
            }
            other.payload = try JSONValue(parsing: text)
            collection.records.append(other)
        }
        for entry in collection.coverage {
            var other = entry
            other.account = entry.account.map(renamed)
            collection.coverage.append(other)
        }
        return collection
    }

    static let named: [(name: String, world: World)] = [
        ("shop", shop), ("namedInTrust", namedInTrust), ("twoStatements", twoStatements), ("resourcePolicy", resourcePolicy),
        ("twoGroups", twoGroups), ("administratorWithMore", administratorWithMore), ("combined", combined), ("crowd", crowd),
        ("groupThatDenies", groupThatDenies), ("overwritable", overwritable), ("foreign", foreign),
        ("limited", limited), ("forgotten", forgotten),
    ]

    /// An account at random of which every subset of changes can be tried, the same for the same number.
    static func tiny(_ number: Int) -> World {
        var random = LargeAccount.Generator(state: UInt64(number) &* 2_862_933_555_777_941_757 &+ 3_037)
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        var world = base()
        world.bucket("shop-customer-data")
        let statements: [() -> JSONValue] = [
            { World.allow(["sts:AssumeRole"], [World.arn("role/r\(below(2))")]) },
            { World.allow(["sts:AssumeRole"]) },
            { World.allow(["iam:PutUserPolicy"], [World.arn("user/u\(below(2))")]) },
            { World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]) },
            { World.allow(["s3:GetObject"]) },
            { World.deny(["iam:PutUserPolicy"]) },
        ]
        for index in 0..<2 {
            let trust = [World.trust(service: "lambda.amazonaws.com"), World.trust(["AWS": .string(World.arn("user/u0"))]), root][below(3)]
            world.role(
                "r\(index)", trust: trust, below(3) == 0 ? [World.document(statements[4]())] : [],
                attached: below(2) == 0 ? [World.administrator] : [])
        }
        for index in 0..<2 { world.user("u\(index)", [World.document(statements[below(statements.count)]())]) }
        return world
    }

    /// A small account at random, the same for the same number.
    static func random(_ number: Int) -> World {
        var random = LargeAccount.Generator(state: UInt64(number) &* 6_364_136_223_846_793_005 &+ 11)
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        var world = base()
        world.bucket("shop-customer-data")
        let statements: [() -> JSONValue] = [
            { World.allow(["sts:AssumeRole"], [World.arn("role/r\(below(3))")]) },
            { World.allow(["iam:PutUserPolicy"], [World.arn("user/u\(below(3))")]) },
            { World.allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]) },
            { World.allow(["s3:GetObject"]) },
            { World.allow(["iam:CreateAccessKey"], [World.arn("user/u\(below(3))")]) },
            { World.allow(["logs:*"]) },
            { World.deny(["iam:PutUserPolicy"]) },
            { World.allow(["iam:AttachRolePolicy"], [World.arn("role/r\(below(3))")]) },
        ]
        func policy() -> JSONValue {
            ["Version": "2012-10-17", "Statement": .array((0..<(1 + below(2))).map { _ in statements[below(statements.count)]() })]
        }
        let isGrouped = below(3) == 0
        if isGrouped { world.group("g", [policy()]) }
        for index in 0..<3 {
            let trust: JSONValue =
                switch below(4) {
                case 0: World.trust(service: "lambda.amazonaws.com")
                case 1: World.trust(["AWS": .string(World.arn("user/u\(below(3))"))])
                default: root
                }
            world.role("r\(index)", trust: trust, below(2) == 0 ? [policy()] : [], attached: below(3) == 0 ? [World.administrator] : [])
        }
        for index in 0..<3 { world.user("u\(index)", [policy()], groups: isGrouped && below(2) == 0 ? ["g"] : []) }
        return world
    }

    /// An account at random with more data than is told of for one principal, much of it equally exposed; the same for the same number.
    static func stores(_ number: Int) -> World {
        var random = LargeAccount.Generator(state: UInt64(number) &* 3_202_034_522_624_059_733 &+ 29)
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        var world = base()
        let names = ["customer-data", "backup", "logs", "payroll"]
        let buckets = (0..<26).map { "shop-\(names[below(names.count)])-\($0)" }
        for bucket in buckets { world.bucket(bucket) }
        func read() -> JSONValue {
            World.allow(["s3:GetObject"], (0..<(1 + below(9))).map { _ in "arn:aws:s3:::\(buckets[below(buckets.count)])/*" })
        }
        for index in 0..<5 {
            world.role(
                "r\(index)", trust: below(3) == 0 ? World.trust(["AWS": .string(World.arn("user/u\(below(6))"))]) : root,
                [World.document(read(), read())], attached: below(5) == 0 ? [World.administrator] : [])
        }
        for index in 0..<6 {
            let assume = World.allow(["sts:AssumeRole"], (0..<(1 + below(3))).map { _ in World.arn("role/r\(below(5))") })
            let more =
                [World.allow(["iam:CreateAccessKey"], [World.arn("user/u\(below(6))")]), read(), World.allow(["s3:ListAllMyBuckets"])][
                    below(3)]
            world.user("u\(index)", [World.document(assume), World.document(more)])
        }
        return world
    }
}
