import CloudModel
import Testing

@testable import IAMEvaluator

/// What is worked out beforehand or in another way for the sake of time must not be seen in the answers.
@Suite struct HotPathTests {
    @Test func aQuestionPreparedForManyIsAnsweredLikeARequestByItself() {
        var cases = Cases(20_261)
        var allowed = 0
        for round in 0..<2_000 {
            let layers = compiled(cases.layers())
            let request = cases.request()
            let question = PreparedQuestion(
                action: request.action, resource: request.resource, resourceAccount: request.resourceAccount, context: request.context)
            let principal = PreparedPrincipal(request.principal, canonicalUser: request.canonicalUser)
            let prepared = Evaluator.verdict(PreparedRequest(principal: principal, question: question), layers)
            #expect(prepared == Evaluator.verdict(PreparedRequest(request), layers), "round \(round)")
            if prepared == .allowed { allowed += 1 }
        }
        #expect(allowed > 100)
    }

    @Test func keysThatAPrincipalBringsCountUnlessTheRequestSaysOtherwise() throws {
        let layers = PolicyLayers(identity: [
            try policy(statement("Allow", "s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*"))
        ])
        let keys = ["aws:principaltag/TEAM": ["red"]]
        func verdict(_ resource: String, _ context: RequestContext, _ keys: [String: [String]]) -> AccessVerdict {
            let question = PreparedQuestion(action: "s3:GetObject", resource: resource, context: context)
            return Evaluator.verdict(
                PreparedRequest(principal: PreparedPrincipal(.user(arn: alice), keys: keys), question: question), layers)
        }
        let blue = RequestContext(values: ["aws:PrincipalTag/team": ["blue"]])
        let absent = RequestContext(absent: .unknown(knownAbsent: ["AWS:PrincipalTag/team"]))
        #expect(verdict("arn:aws:s3:::red/a", RequestContext(), keys) == .allowed)
        #expect(verdict("arn:aws:s3:::blue/a", RequestContext(), keys) == .implicitlyDenied)
        #expect(verdict("arn:aws:s3:::red/a", blue, keys) == .implicitlyDenied)
        #expect(verdict("arn:aws:s3:::blue/a", blue, keys) == .allowed)
        #expect(verdict("arn:aws:s3:::red/a", absent, keys) == .allowed)
        #expect(verdict("arn:aws:s3:::red/a", absent, [:]) == .implicitlyDenied)
        #expect(verdict("arn:aws:s3:::red/a", .unknown, [:]) == .undetermined)
    }

    @Test(
        arguments: [
            ("arn:aws:s3:::${k}/*", "arn:aws:s3:::V/x", true), ("arn:aws:s3:::${k}/*", "arn:aws:s3:::Vx/x", false),
            ("arn:aws:s3:::*${k}", "arn:aws:s3:::aaV", true), ("arn:aws:s3:::*${k}", "arn:aws:s3:::aaVb", false),
            ("arn:aws:s3:::*${k}?${k}*", "arn:aws:s3:::V-V", true), ("arn:aws:s3:::*${k}?${k}*", "arn:aws:s3:::VV", false),
            ("arn:aws:s3:::${k}*${k}*end", "arn:aws:s3:::VxVxend", true), ("arn:aws:s3:::${k}*${k}*end", "arn:aws:s3:::Vxend", false),
            ("arn:aws:*:*x*:${k}", "arn:aws:s3:axb:V", true), ("arn:aws:*:*x*:${k}", "arn:aws:s3:ayb:V", false),
            ("arn:aws:s3:::${none, 'd'}${k}", "arn:aws:s3:::dV", true),
            ("arn:aws:s3:::${none}${k}", "arn:aws:s3:::V", false), ("arn:aws:s3:::${k}${*}", "arn:aws:s3:::V*", true),
            ("arn:aws:s3:::${k}${*}", "arn:aws:s3:::Vx", false),
        ])
    func aLongValueIsFilledInLikeAShortOne(_ pattern: String, _ resource: String, _ matches: Bool) throws {
        let allow = "{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"\(pattern)\"}"
        let layers = PolicyLayers(identity: [try policy(allow)])
        for length in [1, 40, 200, 300, 3_000] {
            let value = String(repeating: "é", count: length)
            let decision = try decide(alice, "s3:GetObject", resource.replacing("V", with: value), context: ["k": [value]], layers)
            #expect(decision.isAllowed == matches, "\(length)")
        }
    }

    @Test(
        arguments: [
            ("StringEquals", "v%", "v7", "w7"), ("StringEqualsIgnoreCase", "É%x", "é7X", "e7x"), ("StringLike", "a*%?", "ab7c", "ab7"),
            ("StringLike", "${t}%", "T7", "t7"), ("StringEqualsIgnoreCase", "${t}%", "t7", "u7"), ("NumericEquals", "%.50", "7.5", "7.51"),
            ("NumericLessThan", "%", "6", "7"), ("NumericLessThanEquals", "%", "7", "7.0000001"), ("NumericGreaterThan", "%", "8", "7"),
            ("NumericGreaterThanEquals", "%", "7", "6.9"), ("DateEquals", "2024-01-0%T00:00:00Z", "1704585600", "1704585601"),
            ("DateLessThan", "2024-01-0%", "2024-01-06", "2024-01-07"), ("BinaryEquals", "QQ%=", "QQ7=", "QQ8="),
            ("IpAddress", "10.%.0.0/16", "10.7.1.1", "10.8.1.1"), ("IpAddress", "2001:db8:%::/48", "2001:DB8:7::1", "2001:db8:8::1"),
            ("ArnLike", "arn:aws:sns:*:*:t%", "arn:aws:sns:eu:1:t7", "arn:aws:sns:eu:1:2:t7"),
        ])
    func manyValuesAreComparedLikeFew(_ name: String, _ value: String, _ inside: String, _ outside: String) throws {
        let wanted = value.replacing("%", with: "7")
        for filler in [0, 1, 20] {
            // What matches neither by itself; for an order there is no such value, so the same again.
            let beside = name.hasPrefix("Numeric") || name.hasPrefix("Date") ? wanted : value.replacing("%", with: "4")
            let others = Array(repeating: beside, count: filler)
            let list = (others + [wanted] + others).map { "\"\($0)\"" }.joined(separator: ",")
            let condition = "{\"ForAnyValue:\(name)\":{\"k\":[\(list)]}}"
            for copies in [1, 20] {
                let context = { (text: String) in ["k": Array(repeating: text, count: copies), "t": ["T"]] }
                #expect(try holds(condition, context(inside)), "\(filler) \(copies)")
                #expect(try !holds(condition, context(outside)), "\(filler) \(copies)")
            }
        }
    }

    @Test(arguments: [1, 8, 9, 300])
    func anActionIsFoundAmongMany(_ count: Int) throws {
        let actions = (0..<count).map { "svc\($0 % 90):Do\($0)*" } + ["s3:Get?bject", "*:List*"]
        let layers = PolicyLayers(identity: [try policy(statement("Allow", actions.joined(separator: " ")))])
        let but = PolicyLayers(identity: [
            try policy(statement("Allow", actions.joined(separator: " ")).replacing("\"Action\"", with: "\"NotAction\""))
        ])
        let last = count - 1
        for (action, expected) in [
            ("S3:getobject", true), ("s3:GetObjects", false), ("ec2:ListThings", true), ("svc\(last % 90):do\(last)x", true),
            ("svc\(last % 90):Dx\(last)", false), ("s*:GetObject", false), ("nothing:Do", false),
        ] {
            #expect(try decide(alice, action, "*", layers).isAllowed == expected, "\(action)")
            #expect(try decide(alice, action, "*", but).isAllowed == !expected, "\(action)")
        }
    }

    @Test(
        arguments: [
            ("::", "0:0:0:0:0:0:0:0", true), ("::1", "0:0:0:0:0:0:0:1", true), ("1::", "1:0:0:0:0:0:0:0", true),
            ("1::8", "1:0:0:0:0:0:0:8", true),
            ("::ffff:10.0.0.1", "::ffff:a00:1", true), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", true), ("ABCD::", "abcd::", true),
            ("1:2:3:4:5:6:7:8::", "::", false), (":1", "::1", false), ("1:", "1::", false), ("1::2::3", "::", false),
            ("12345::", "::", false),
            ("::10.0.0.256", "::", false), ("10.0.0.1", "::ffff:10.0.0.1", false), ("1.2.3", "1.2.3.0", false),
            ("1.2.3.4.5", "1.2.3.4", false),
            ("1.2.3.0004", "1.2.3.4", false), ("1.2.3.4/", "1.2.3.4", false), ("1.2.3.4/33", "1.2.3.4", false), ("::/129", "::", false),
            ("1.2.3.4/0", "9.9.9.9", true), ("::/0", "ffff::1", true), ("10.0.0.1/32", "10.0.0.1", true), ("g::", "::", false),
            ("", "", false),
        ])
    func addressesAreReadExactly(_ block: String, _ address: String, _ isInside: Bool) throws {
        #expect(try holds("{\"IpAddress\":{\"k\":\"\(block)\"}}", ["k": [address]]) == isInside)
    }

    @Test func whatTakesTooLongStaysOpen() throws {
        let test = { ConditionExpression.test(ConditionTest("StringLike", "aws:SourceVpc", [$0])) }
        let impossible = ConditionExpression.all(of: [test("vpc-a*"), test("vpc-b*")])
        #expect(impossible.withoutContradictions == .never)
        var spent = WorkBudget(1)
        #expect(impossible.withoutContradictions(&spent) == impossible)
        #expect(spent.isSpent)
        var little = WorkBudget(50)
        let region = CoverageAutomaton.Region(patterns: [Array("s3:get".utf8).map { Pattern.Token($0) } + [Pattern.star]], negated: true)
        #expect(CoverageAutomaton.memberships([region], .actions(services: nil), &little) == nil)
        var enough = WorkBudget()
        #expect(CoverageAutomaton.memberships([region], .actions(services: nil), &enough) == [[true], [false]])
    }

    @Test func anAdministratorWhoseDeniesAreTooDearToCompareIsNotKnownToBeOne() throws {
        // Not these, so that no single pattern shows what is denied; each doubles the states of the comparison.
        let dear = "s3:*a" + String(repeating: "?", count: 30)
        let denied = try policy(statement("Deny", dear).replacing("\"Action\"", with: "\"NotAction\""))
        let answer = Administrator.answer(
            PreparedPrincipal(.user(arn: alice)), PolicyLayers(identity: [try policy(everything), denied]), budget: WorkBudget(100_000))
        #expect(!answer.isAdmin && answer.conditions == nil)
        #expect(answer.unknown == ["the policies' patterns are too many to compare"])
        // The same pattern by itself is seen to deny something.
        let plain = Administrator.answer(
            .user(arn: alice), PolicyLayers(identity: [try policy(everything), try policy(statement("Deny", dear))]))
        #expect(!plain.isAdmin && plain.unknown.isEmpty && plain.blockedBy == [.identity])
    }
}
