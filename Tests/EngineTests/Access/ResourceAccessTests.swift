import CloudModel
import Testing

@testable import Engine

/// Questions about every other kind of resource, each with what is let in, what is not, and what cannot be told.
@Suite struct ResourceAccessTests {
    // MARK: - Keys

    @Test func aKeyPolicyMustLetTheAccountIn() throws {
        var estate = Estate()
        estate.key("delegated", .document(World.document(Estate.delegated)))
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

    @Test func grantsOfAKeyCountBesideItsPolicy() throws {
        var estate = Estate()
        estate.key(
            "k", .document(World.document(Estate.delegated)),
            grants: [
                (Estate.arn("role/app"), ["Decrypt"], [:]), (Estate.arn("role/bound"), ["Decrypt"], ["app": "x"]),
                (Estate.arn("role/cut"), ["Decrypt"], [:]), ("arn:aws:iam::999988887777:role/far", ["Decrypt"], [:]),
            ])
        for name in ["app", "bound"] { estate.role(name, trust: World.trust(service: "ec2.amazonaws.com")) }
        estate.role("cut", trust: World.trust(service: "ec2.amazonaws.com"), World.document(World.deny(["kms:*"])))
        #expect(try estate.can("role/app", "kms:Decrypt", Estate.key("k")) == "allowed")
        #expect(try estate.can("role/app", "kms:Encrypt", Estate.key("k")) == "denied identity")
        #expect(try estate.can("role/bound", "kms:Decrypt", Estate.key("k")) == "conditional: kms:EncryptionContext:app is x")
        #expect(try estate.can("role/cut", "kms:Decrypt", Estate.key("k")) == "DENIED identity")
        let found = try estate.query.can("role/app", "kms:Decrypt", on: Estate.key("k"))
        #expect(found.question.notes.allSatisfy { !$0.contains("grants") })
        let quoted = try #require(found.answer.statements.first { $0.policyType == "grant" })
        #expect(quoted.policyType == "grant" && quoted.policy == "grant0" && quoted.statement == nil)
        #expect(quoted.file == "in/111122223333/kms.list-grants.eu-west-1.k.json" && quoted.text["Operations"] == ["Decrypt"])
        let who = try estate.query.whoCan("kms:Decrypt", on: Estate.key("k"))
        #expect(who.able.map(\.principal) == [Estate.arn("role/app"), Estate.arn("role/bound"), Estate.arn("root")])
        #expect(who.unknown.map(\.principal) == ["arn:aws:iam::999988887777:role/far"])
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
            ("kinesis:PutRecord", "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"),
            ("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/prod/GET/x"),
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
        #expect(try estate.can("user/ann", "kinesis:PutRecord", "arn:aws:kinesis:eu-west-1:999988887777:stream/x") == "unknown (denied)")
        #expect(try estate.can("user/bob", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:999988887777:jobs") == "denied identity")
    }

    @Test func queuesTopicsAndRepositoriesHavePolicies() throws {
        var estate = Estate()
        let other: JSONValue = ["AWS": .string(Estate.other)]
        estate.queue("open", .document(World.document(Estate.grant(other, ["sqs:SendMessage"], on: [Estate.queue("open")]))))
        estate.queue("bare", .none)
        estate.queue("dark", .denied)
        estate.repository("shared", .document(World.document(Estate.grant(other, ["ecr:BatchGetImage"]))))
        estate.repository("own", .none)
        estate.topic(
            "news",
            World.document(
                Estate.grant(
                    ["AWS": "*"], ["sns:Publish"], on: [Estate.topic("news")],
                    condition: ["StringEquals": ["AWS:SourceOwner": .string(Estate.account)]])))
        estate.user("ann", World.document(World.allow(["*"])))
        estate.user("far", World.document(World.allow(["*"])), account: Estate.other)
        let far = Estate.arn("user/far", Estate.other)
        #expect(try estate.can(far, "sqs:SendMessage", Estate.queue("open")) == "allowed")
        #expect(try estate.can(far, "sqs:ReceiveMessage", Estate.queue("open")) == "denied resource")
        #expect(try estate.can(far, "sqs:SendMessage", Estate.queue("bare")) == "denied resource")
        #expect(try estate.can("user/ann", "sqs:SendMessage", Estate.queue("bare")) == "allowed")
        #expect(try estate.can("user/ann", "sqs:SendMessage", Estate.queue("dark")) == "unknown (allowed)")
        #expect(try estate.can(far, "ecr:BatchGetImage", Estate.repository("shared")) == "allowed")
        #expect(try estate.can(far, "ecr:BatchGetImage", Estate.repository("own")) == "denied resource")
        #expect(try estate.can("user/ann", "sns:Publish", Estate.topic("news")) == "allowed")
        #expect(try estate.can(far, "sns:Publish", Estate.topic("news")) == "denied resource")
        #expect(try estate.can("*", "sns:Publish", Estate.topic("news")) == "denied resource")
        #expect(try estate.query.can("user/ann", "sqs:SendMessage", on: Estate.queue("gone")).question.exists == false)
    }
}
