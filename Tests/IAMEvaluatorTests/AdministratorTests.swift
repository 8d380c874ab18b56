import CloudModel
import Testing

@testable import IAMEvaluator

@Suite struct AdministratorTests {
    private func answer(_ layers: PolicyLayers, _ actions: Administrator.Actions = .any, context: RequestContext = .unknown)
        -> AdministratorAnswer
    {
        Administrator.answer(.user(arn: alice), layers, context: context, actions: actions)
    }
    private func identity(_ statements: String...) throws -> PolicyLayers {
        PolicyLayers(identity: try statements.enumerated().map { try policy($1, index: $0) })
    }
    private let notIAM = "{\"Effect\":\"Allow\",\"NotAction\":\"iam:*\",\"Resource\":\"*\"}"

    @Test func everythingByAnyRouteIsAdmin() throws {
        #expect(answer(try identity(everything)).isAdmin)
        #expect(answer(try identity(statement("Allow", "*:*"))).isAdmin)
        #expect(answer(try identity(statement("Allow", "ec2:*"), statement("Allow", "iam:*"), notIAM)).isAdmin)
        #expect(answer(try identity(statement("Allow", "IAM:*"), notIAM)).isAdmin)
        #expect(answer(try identity(statement("Allow", "iam:a* iam:?*"), notIAM)).isAdmin)
        #expect(
            answer(
                try identity(
                    statement("Allow", "*", "arn:aws:s3:::*"), "{\"Effect\":\"Allow\",\"Action\":\"*\",\"NotResource\":\"arn:aws:s3:::*\"}")
            ).isAdmin)
        #expect(
            answer(
                try identity(
                    "{\"Effect\":\"Allow\",\"NotAction\":\"iam:*\",\"Resource\":\"*\"}",
                    "{\"Effect\":\"Allow\",\"NotAction\":\"ec2:*\",\"Resource\":\"*\"}")
            ).isAdmin)
        #expect(
            answer(
                try identity(
                    "{\"Effect\":\"Allow\",\"NotAction\":\"iam:CreateUser\",\"Resource\":\"*\"}", statement("Allow", "iam:Create*"))
            ).isAdmin)
    }

    @Test func almostEverythingIsNot() throws {
        let cases = [
            try identity(), try identity(statement("Allow", "iam:*")), try identity(notIAM),
            try identity(notIAM, statement("Allow", "iam:Get* iam:List*")),
            try identity(statement("Allow", "*", "arn:aws:s3:::*")), try identity(statement("Allow", "iam:*", "arn:aws:iam::*:*"), notIAM),
            try identity("{\"Effect\":\"Allow\",\"NotAction\":[\"iam:*\",\"ec2:*\"],\"Resource\":\"*\"}", statement("Allow", "iam:*")),
            try identity("{\"Effect\":\"Allow\",\"Action\":\"*\",\"NotResource\":\"arn:aws:s3:::x\"}"),
            try identity(statement("Allow", "s3:* ec2:* iam:* sts:* kms:* lambda:*")),
            try identity("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::${aws:username}\"}"),
        ]
        for layers in cases {
            let answer = answer(layers)
            #expect(!answer.isAdmin)
            #expect(answer.conditions == nil)
            #expect(answer.blockedBy == [.identity])
        }
    }

    @Test func wildcardsOfAllServicesAddUpWhereServicesAreListed() throws {
        let layers = try identity(statement("Allow", "s3:*"), statement("Allow", "ec2:*"), statement("Allow", "iam:*"))
        #expect(answer(layers, .services(["s3", "ec2", "iam"])).isAdmin)
        #expect(!answer(layers, .services(["s3", "ec2", "iam", "sts"])).isAdmin)
        #expect(!answer(layers).isAdmin)
        let letters = "abcdefghijklmnopqrstuvwxyz0123456789".map { "\($0)*" }.joined(separator: " ")
        #expect(answer(try identity(statement("Allow", letters.replacingStars()))).isAdmin)
    }

    @Test func wildcardsOfAllKnownServicesAddUp() throws {
        let services = ActionTable.standard.servicePrefixes
        func ask(_ services: some Sequence<String>, _ more: String...) throws -> AdministratorAnswer {
            let all = try policy(statement("Allow", services.map { "\($0):*" }.joined(separator: " ")))
            return Administrator.answerByKnownServices(.user(arn: alice), PolicyLayers(identity: [all] + (try more.map { try policy($0) })))
        }
        #expect(try ask(services).isAdmin)
        #expect(try ask(services.filter { $0 != "iam" }, statement("Allow", "iam:A* iam:?*")).isAdmin)
        #expect(try !ask(services.filter { $0 != "iam" }).isAdmin)
        #expect(try !ask(services, statement("Deny", "iam:CreateUser")).isAdmin)
        #expect(try !ask(["s3", "ec2", "iam"]).isAdmin)
    }

    @Test func denysCut() throws {
        for deny in [
            statement("Deny", "*"), statement("Deny", "s3:DeleteBucket"), statement("Deny", "s3:*", "arn:aws:s3:::b"),
            "{\"Effect\":\"Deny\",\"NotAction\":\"s3:*\",\"Resource\":\"*\"}",
            "{\"Effect\":\"Deny\",\"Action\":\"iam:*\",\"NotResource\":\"arn:aws:iam::*:user/x\"}",
        ] {
            let answer = answer(try identity(everything, deny))
            #expect(!answer.isAdmin)
            #expect(answer.cuts.map(\.policy.index) == [1])
        }
        // Denies of nothing.
        #expect(answer(try identity(everything, "{\"Effect\":\"Deny\",\"NotAction\":\"*\",\"Resource\":\"*\"}")).isAdmin)
        #expect(answer(try identity(everything, "{\"Effect\":\"Deny\",\"Action\":\"*\",\"NotResource\":\"*\"}")).isAdmin)
        #expect(answer(try identity(everything, "{\"Effect\":\"Deny\",\"Action\":[],\"Resource\":\"*\"}")).isAdmin)
        #expect(
            answer(
                try identity(everything, statement("Deny", "s3:*", condition: "{\"StringEquals\":{\"aws:PrincipalAccount\":\"\(other)\"}}"))
            ).isAdmin)
    }

    @Test func boundariesAndOrganisationsCut() throws {
        let all = try policy(everything)
        func bounded(_ statements: String...) throws -> PolicyLayers {
            PolicyLayers(identity: [all], boundaries: try statements.map { try policy($0) })
        }
        #expect(answer(try bounded(everything)).isAdmin)
        #expect(answer(try bounded(notIAM, statement("Allow", "iam:*"))).isAdmin)
        #expect(answer(try bounded(notIAM)).blockedBy == [.boundary])
        #expect(answer(try bounded(statement("Allow", "s3:*"))).blockedBy == [.boundary])
        #expect(answer(try bounded(statement("Deny", "*"))).blockedBy == [.boundary])
        #expect(answer(try bounded(everything, statement("Deny", "iam:*"))).blockedBy == [.boundary])
        #expect(answer(PolicyLayers(identity: [all], session: [])).blockedBy == [.session])
        #expect(answer(PolicyLayers(identity: [all], serviceControl: [[all], [all]])).isAdmin)
        #expect(answer(PolicyLayers(identity: [all], serviceControl: [[all], []])).blockedBy == [.scp])
        #expect(
            answer(
                PolicyLayers(
                    identity: [all], serviceControl: [[all], [all, try policy(statement("Deny", "organizations:LeaveOrganization"))]])
            ).blockedBy == [.scp])
    }

    @Test func conditionsOnTheSessionAreSaid() throws {
        let mfa = "{\"Bool\":{\"aws:MultiFactorAuthPresent\":\"true\"}}"
        let conditional = answer(try identity(statement("Allow", "*", condition: mfa)))
        #expect(!conditional.isAdmin)
        #expect(conditional.conditions?.text == "aws:MultiFactorAuthPresent is true")
        let parts = answer(try identity(statement("Allow", "iam:*", condition: mfa), notIAM))
        #expect(parts.conditions == conditional.conditions)
        let unless = answer(
            try identity(everything, statement("Deny", "*", condition: "{\"BoolIfExists\":{\"aws:MultiFactorAuthPresent\":\"false\"}}")))
        #expect(!unless.isAdmin)
        #expect(unless.conditions != nil)
        let known = RequestContext(values: ["aws:MultiFactorAuthPresent": ["true"]], absent: .unknown(knownAbsent: []))
        #expect(answer(try identity(statement("Allow", "*", condition: mfa)), context: known).isAdmin)
    }

    @Test func conditionsThatCannotHoldAreNotConditions() throws {
        for condition in [
            "{\"StringEquals\":{\"aws:PrincipalAccount\":\"\(other)\"}}", "{\"StringEquals\":{\"aws:username\":\"bob\"}}",
            "{\"ArnLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/*\"}}",
            "{\"Bool\":{\"aws:SecureTransport\":\"true\"},\"Null\":{\"aws:SecureTransport\":\"true\"}}",
            // These can hold for some requests and not for all.
            "{\"StringEquals\":{\"aws:ResourceTag/env\":\"dev\"}}", "{\"StringEquals\":{\"aws:RequestedRegion\":\"eu-west-1\"}}",
            "{\"StringEquals\":{\"iam:PassedToService\":\"ec2.amazonaws.com\"}}",
        ] {
            let answer = answer(try identity(statement("Allow", "*", condition: condition)))
            #expect(!answer.isAdmin)
            #expect(answer.conditions == nil)
        }
        #expect(
            answer(try identity(statement("Allow", "*", condition: "{\"StringEquals\":{\"aws:PrincipalAccount\":\"\(account)\"}}"))).isAdmin
        )
        #expect(answer(try identity(statement("Allow", "*", condition: "{\"StringLikeIfExists\":{\"aws:SourceIp\":\"*\"}}"))).isAdmin)
    }

    @Test func whatIsMissingIsUnknown() throws {
        let missing = CompiledPolicy(unknown: PolicyTag(1, name: "Lost"))
        #expect(answer(PolicyLayers(identity: [missing])).unknown == ["the text of policy Lost is not known"])
        #expect(answer(PolicyLayers(identity: [try policy(everything), missing])).unknown == ["the text of policy Lost is not known"])
        #expect(answer(PolicyLayers(identity: [try policy(everything, statement("Deny", "s3:*")), missing])).unknown.isEmpty)
        #expect(
            answer(PolicyLayers(identity: [try policy(statement("Allow", "*", condition: "{\"Nonsense\":{\"a:b\":\"c\"}}"))])).unknown.count
                == 1)
    }

    @Test func rootIsAdminWithinItsOrganisation() throws {
        let root = RequestPrincipal.root(account: account, partition: "aws")
        #expect(Administrator.answer(root, PolicyLayers()).isAdmin)
        #expect(Administrator.answer(root, PolicyLayers(serviceControl: [[]])).blockedBy == [.scp])
        #expect(!Administrator.answer(.anonymous, PolicyLayers(identity: [try policy(everything)])).isAdmin)
    }
}

extension String {
    /// `a*` and so on as `a*:*`.
    fileprivate func replacingStars() -> String { split(separator: " ").map { "\($0):*" }.joined(separator: " ") }
}

@Suite struct AdministratorPropertyTests {
    /// Policies of few patterns, so that a handful of requests tells whether something is left out: an administrator is allowed all of them,
    /// and who is not lacks one.
    @Test func theAnswerIsWhatTheRequestsSay() {
        let patterns = ["*", "a:*", "a:x*", "b:*", "a:?", "*:x*", "*x"]
        let resources = ["*", "r*", "?", "r", "*s"]
        // One of each kind that the patterns tell apart; `zz` and `q` stand for names that no pattern knows.
        let services = ["a", "b", "zz"]
        let names = ["x", "q", "xx", "qq", "xq", "qx"]
        let targets = ["r", "q", "rr", "qq", "rq", "s", "rs", "qs"]
        var admins = 0
        for seed in 0..<3000 {
            var random = SeededGenerator(state: UInt64(seed) &* 0x9E37_79B9)
            func some(_ list: [String]) -> [String] {
                (0..<Int.random(in: 1...2, using: &random)).map { _ in list[Int.random(in: 0..<list.count, using: &random)] }
            }
            let statements = (0..<Int.random(in: 1...4, using: &random)).map { index in
                PolicyStatement(
                    effect: index > 0 && Int.random(in: 0..<5, using: &random) == 0 ? .deny : .allow,
                    actions: PatternSet(some(patterns), negated: Int.random(in: 0..<3, using: &random) == 0),
                    resources: PatternSet(some(resources), negated: Int.random(in: 0..<3, using: &random) == 0))
            }
            let layers = PolicyLayers(identity: [CompiledPolicy(PolicyDocument(statements: statements))])
            let asking = PreparedPrincipal(.user(arn: alice))
            var all = true
            for service in services {
                for name in names {
                    for target in targets where all {
                        let request = PreparedRequest(
                            principal: asking, action: service + ":" + name, resource: target, context: RequestContext())
                        if Evaluator.verdict(request, layers) != .allowed { all = false }
                    }
                }
            }
            let answer = Administrator.answer(asking, layers)
            if all { admins += 1 }
            #expect(answer.isAdmin == all, "seed \(seed): \(statements)")
        }
        #expect(admins > 30)
    }
}
