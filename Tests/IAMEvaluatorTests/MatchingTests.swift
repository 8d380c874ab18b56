import CloudModel
import Testing

@testable import IAMEvaluator

@Suite struct MatchingTests {
    private func allows(
        _ action: String, _ resource: String, _ asked: String, _ target: String, version: String = "2012-10-17",
        context: [String: [String]] = [:]
    ) throws -> Bool {
        let layers = PolicyLayers(identity: [try policy(statement("Allow", action, resource), version: version)])
        return try decide(alice, asked, target, owner: account, context: context, layers).isAllowed
    }

    // "IAM JSON policy elements: Action": the prefix and the action name are not case sensitive.
    @Test(arguments: [
        ("s3:GetObject", "S3:getobject", true), ("S3:GETOBJECT", "s3:GetObject", true), ("s3:Get*", "s3:GetObject", true),
        ("s3:Get?bject", "s3:GetObject", true), ("s3:*Object", "s3:GetObject", true), ("s3:*Object", "s3:GetObjectAcl", false),
        ("s3:G*t*b*ct", "s3:GetObject", true), ("*", "anything:AtAll", true), ("*:*", "s3:GetObject", true),
        ("s3:GetObject?", "s3:GetObject", false),
        ("s3:Get", "s3:GetObject", false), ("s3:*", "s3express:CreateSession", false), ("iam:*User*", "iam:CreateUserX", true),
        ("iam:*User*", "iam:CreateRole", false),
    ])
    func actions(_ pattern: String, _ action: String, _ matches: Bool) throws {
        #expect(try allows(pattern, "*", action, "*") == matches)
    }

    // "IAM JSON policy elements: Resource", Using wildcards in resource ARNs.
    @Test(arguments: [
        ("*", "*", true), ("*", "arn:aws:s3:::b/k", true), ("arn:aws:s3:::*", "arn:aws:s3:::b/k", true), ("arn:aws:s3:::b", "*", false),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false), ("arn:aws:s3:::b*", "arn:aws:s3:::b/k", true),
        ("arn:aws:s3:::b/*/c", "arn:aws:s3:::b/x/y/c", true), ("arn:aws:s3:::b/*/c", "arn:aws:s3:::b/x:y/c", true),
        ("arn:aws:s3:::B/k", "arn:aws:s3:::b/k", false), ("arn:aws:s3:::b/?", "arn:aws:s3:::b/k", true),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/", false),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/é", true), ("arn:aws:s3:::b/??", "arn:aws:s3:::b/é", false),
        ("arn:aws:s3:::b/*??", "arn:aws:s3:::b/é", false),
        // A star at the end of a segment runs on over colons, another does not.
        ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:111122223333:q", true), ("arn:aws:sqs:*", "arn:aws:sqs:eu-west-1:111122223333:q", true),
        ("arn:aws:sqs:eu-*-1:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q", true),
        ("arn:aws:sqs:e*-1:q", "arn:aws:sqs:eu-west-1:111122223333:q", false),
        ("arn:aws:sqs:eu*3:q", "arn:aws:sqs:eu-west-1:111122223333:q", false),
        ("arn:aws:sqs:*:1*3:q", "arn:aws:sqs:eu-west-1:111122223333:q", true),
        ("arn:*:e*1:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q", true),
        ("arn:*:e*3:q", "arn:aws:sqs:eu-west-1:111122223333:q", false),
        ("arn:aws:sqs:eu-west?1:111122223333:q", "arn:aws:sqs:eu-west:1:111122223333:q", false),
        ("arn:aws:s3", "arn:aws:s3:::b", false), ("", "arn:aws:s3:::b", false), ("", "", true),
    ])
    func resources(_ pattern: String, _ resource: String, _ matches: Bool) throws {
        let layers = PolicyLayers(identity: [
            try policy("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":[\(JSONValue.string(pattern).canonicalText)]}")
        ])
        #expect(try decide(alice, "sqs:SendMessage", resource, owner: account, layers).isAllowed == matches)
    }

    @Test func notActionIsAllButThese() throws {
        let layers = PolicyLayers(identity: [try policy("{\"Effect\":\"Allow\",\"NotAction\":[\"iam:*\",\"sts:*\"],\"Resource\":\"*\"}")])
        #expect(try decide(alice, "s3:GetObject", "*", layers).isAllowed)
        #expect(try !decide(alice, "iam:CreateUser", "*", layers).isAllowed)
        let deny = PolicyLayers(identity: [try policy(everything, "{\"Effect\":\"Deny\",\"NotAction\":\"s3:*\",\"Resource\":\"*\"}")])
        #expect(try decide(alice, "s3:GetObject", "*", deny).isAllowed)
        #expect(try decide(alice, "ec2:RunInstances", "*", deny).outcome == .explicitlyDenied)
    }

    @Test func notResourceIsAllButThese() throws {
        let layers = PolicyLayers(identity: [
            try policy("{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"NotResource\":[\"arn:aws:s3:::secret\",\"arn:aws:s3:::secret/*\"]}")
        ])
        #expect(try decide(alice, "s3:GetObject", "arn:aws:s3:::open/k", layers).isAllowed)
        #expect(try !decide(alice, "s3:GetObject", "arn:aws:s3:::secret/k", layers).isAllowed)
        #expect(try decide(alice, "s3:ListAllMyBuckets", "*", layers).isAllowed)
    }

    // "IAM policy elements: Variables and tags".
    @Test func variablesAreFilledInFromTheRequest() throws {
        let home = "arn:aws:s3:::b/${aws:username}/*"
        #expect(try allows("s3:*", home, "s3:GetObject", "arn:aws:s3:::b/alice/k"))
        #expect(try !allows("s3:*", home, "s3:GetObject", "arn:aws:s3:::b/bob/k"))
        #expect(try allows("s3:*", "arn:aws:s3:::b/${AWS:UserName}/*", "s3:GetObject", "arn:aws:s3:::b/alice/k"))
        // The older version has no variables: the text is plain.
        #expect(try !allows("s3:*", home, "s3:GetObject", "arn:aws:s3:::b/alice/k", version: "2008-10-17"))
        #expect(try allows("s3:*", home, "s3:GetObject", "arn:aws:s3:::b/${aws:username}/k", version: "2008-10-17"))
    }

    @Test func aVariableWithoutValueMatchesNothingUnlessItHasADefault() throws {
        #expect(try !allows("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/team}/*", "s3:GetObject", "arn:aws:s3:::b//k"))
        #expect(try !allows("s3:*", "arn:aws:s3:::b/${aws:PrincipalTag/team}*", "s3:GetObject", "arn:aws:s3:::b/${aws:PrincipalTag/team}"))
        let target = "arn:aws:s3:::b/x/k"
        let layers = PolicyLayers(identity: [
            try policy("{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::b/${aws:PrincipalTag/team, 'x'}/*\"}")
        ])
        #expect(try decide(alice, "s3:GetObject", target, layers).isAllowed)
        #expect(try !decide(alice, "s3:GetObject", target, context: ["aws:PrincipalTag/team": ["y"]], layers).isAllowed)
        #expect(try decide(alice, "s3:GetObject", "arn:aws:s3:::b/y/k", context: ["aws:principaltag/TEAM": ["y"]], layers).isAllowed)
        // A key with several values cannot be a variable.
        #expect(try !decide(alice, "s3:GetObject", "arn:aws:s3:::b/y/k", context: ["aws:PrincipalTag/team": ["y", "z"]], layers).isAllowed)
    }

    @Test func wildcardsInAValueArePlain() throws {
        let home = "arn:aws:s3:::b/${aws:PrincipalTag/team}/k"
        #expect(try !allows("s3:*", home, "s3:GetObject", "arn:aws:s3:::b/other/k", context: ["aws:PrincipalTag/team": ["*"]]))
        #expect(try allows("s3:*", home, "s3:GetObject", "arn:aws:s3:::b/*/k", context: ["aws:PrincipalTag/team": ["*"]]))
    }

    @Test func escapesArePlainCharacters() throws {
        #expect(try allows("s3:*", "arn:aws:s3:::b/${*}${?}${$}", "s3:GetObject", "arn:aws:s3:::b/*?$"))
        #expect(try !allows("s3:*", "arn:aws:s3:::b/${*}", "s3:GetObject", "arn:aws:s3:::b/anything"))
        #expect(try allows("s3:*", "arn:aws:s3:::b/${open", "s3:GetObject", "arn:aws:s3:::b/${open"))
    }

    @Test func namesThatOnlyLookAlikeAreDifferent() throws {
        // e with an accent as one scalar and as two: equal for Swift's String, not for AWS.
        #expect(try !allows("s3:*", "arn:aws:s3:::b/\u{E9}", "s3:GetObject", "arn:aws:s3:::b/e\u{301}"))
        #expect(try !holds("{\"StringEquals\":{\"aws:PrincipalTag/t\":\"\u{E9}\"}}", ["aws:PrincipalTag/t": ["e\u{301}"]]))
    }

    @Test func hostilePatternsTakeBoundedTime() throws {
        let pattern = String(repeating: "a*", count: 1000) + "b"
        let text = String(repeating: "a", count: 2000)
        let plain = PatternTemplate(pattern, variables: false, mode: .wildcards)
        #expect(plain.fixed?.matches(Array(text.utf8)) == false)
        let arn = PatternTemplate("arn:*:" + String(repeating: "a*", count: 200) + "b:*", variables: false, mode: .resource)
        #expect(arn.fixed?.kind == .mixed)
        #expect(arn.fixed?.matches(Array(("arn:x:" + String(repeating: "a", count: 500) + ":y:z:w").utf8)) == false)
    }

    @Test func matchingEqualsASlowMatcherOnGeneratedPatterns() {
        var random = SeededGenerator(state: 7)
        let letters: [Character] = ["a", "b", ":", "é"]
        for _ in 0..<20_000 {
            let pattern = String(
                (0..<Int.random(in: 0...9, using: &random)).map { _ in
                    Bool.random(using: &random)
                        ? letters.randomElement(using: &random) ?? "a" : ["*", "?"].randomElement(using: &random) ?? "*"
                })
            let text = String((0..<Int.random(in: 0...9, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
            for mode in [PatternTemplate.Mode.wildcards, .resource, .arn, .literal] {
                let fast = PatternTemplate(pattern, variables: true, mode: mode).fixed?.matches(Array(text.utf8))
                #expect(fast == slow(pattern, text, mode), "\(pattern) \(text) \(mode)")
            }
        }
    }

    private func slow(_ pattern: String, _ text: String, _ mode: PatternTemplate.Mode) -> Bool {
        let characters = Array(pattern.unicodeScalars)
        let subject = Array(text.unicodeScalars)
        var memo: [Int: Bool] = [:]
        func go(_ place: Int, _ at: Int, _ colons: Int) -> Bool {
            let key = place * 1000 + at
            if let known = memo[key] { return known }
            var result = false
            if place == characters.count {
                result = at == subject.count
            } else {
                let character = characters[place]
                let ends =
                    place + 1 == characters.count || characters[place + 1] == ":"
                    || (characters[place + 1] == "*" && endsAfterStars(place + 1))
                let bound: Bool
                switch mode {
                case .wildcards, .literal: bound = false
                case .resource: bound = colons < 5 && !ends
                case .arn: bound = colons < 5 && characters.count > 1
                }
                if character == "*", mode != .literal {
                    result =
                        go(place + 1, at, colons) || (at < subject.count && !(bound && subject[at] == ":") && go(place, at + 1, colons))
                } else if character == "?", mode != .literal {
                    let stops = mode != .wildcards && colons < 5
                    result = at < subject.count && !(stops && subject[at] == ":") && go(place + 1, at + 1, colons)
                } else if at < subject.count, subject[at] == character {
                    result = go(place + 1, at + 1, colons + (character == ":" ? 1 : 0))
                }
            }
            memo[key] = result
            return result
        }
        func endsAfterStars(_ place: Int) -> Bool {
            var place = place
            while place < characters.count, characters[place] == "*" { place += 1 }
            return place == characters.count || characters[place] == ":"
        }
        return go(0, 0, 0)
    }
}
