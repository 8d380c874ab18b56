import CloudModel
import Testing

@testable import IAMEvaluator

// "Grammar of the IAM JSON policy language" and "IAM JSON policy elements reference", IAM User Guide.
@Suite struct ParserTests {
    private func error(_ text: String, _ form: PolicyDocument.Form = .any) throws -> PolicyError? {
        let json = try JSONValue(parsing: text)
        do throws(PolicyError) {
            _ = try PolicyDocument(parsing: json, form: form)
            return nil
        } catch { return error }
    }

    @Test func oneValueOrAListEverywhere() throws {
        let single = try PolicyDocument(
            parsing: JSONValue(
                parsing:
                    #"{"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:*","Resource":"*","Condition":{"Bool":{"a:b":true}}}}"#
            ))
        let lists = try PolicyDocument(
            parsing: JSONValue(
                parsing:
                    #"{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["s3:*"],"Resource":["*"],"Condition":{"Bool":{"a:b":["true"]}}}]}"#
            ))
        #expect(single == lists)
        #expect(single.statements[0].principal?.entries == [.account("123456789012")])
        let empty = try PolicyDocument(parsing: JSONValue(parsing: #"{"Statement":[]}"#))
        #expect(empty.statements.isEmpty)
        #expect(empty.version == .v2008)
    }

    @Test func numbersAndTruthValuesAreTextInConditions() throws {
        let document = try PolicyDocument(
            parsing: JSONValue(
                parsing:
                    #"{"Statement":{"Effect":"Deny","NotAction":"a:b","NotResource":[],"Condition":{"NumericLessThan":{"x:y":[1,2.50,"3"]}}}}"#
            ))
        #expect(document.statements[0].conditions == [ConditionClause("NumericLessThan", "x:y", ["1", "2.50", "3"])])
        #expect(document.statements[0].actions == PatternSet(["a:b"], negated: true))
        #expect(document.statements[0].resources == PatternSet([], negated: true))
    }

    @Test(
        arguments: [
            ("[]", PolicyError.Code.notAnObject, nil as Int?), ("\"*\"", .notAnObject, nil), ("{}", .missingStatement, nil),
            (#"{"Version":"2012-10-18","Statement":[]}"#, .invalidVersion, nil), (#"{"Version":2012,"Statement":[]}"#, .invalidType, nil),
            (#"{"Statement":[],"Extra":1}"#, .unknownElement, nil), (#"{"statement":[]}"#, .unknownElement, nil),
            (#"{"Statement":"x"}"#, .invalidType, nil),
            (#"{"Statement":[],"Id":1}"#, .invalidType, nil), (#"{"Statement":[1]}"#, .invalidType, 0),
            (#"{"Statement":[{}]}"#, .missingEffect, 0),
            (
                #"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"allow","Action":"*","Resource":"*"}]}"#,
                .invalidEffect, 1
            ),
            (#"{"Statement":[{"Effect":true,"Action":"*","Resource":"*"}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Resource":"*"}]}"#, .missingAction, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"a:b","Resource":"*"}]}"#, .exclusiveElements, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}]}"#, .exclusiveElements, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*","NotPrincipal":"*"}]}"#, .exclusiveElements, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Extra":1}]}"#, .unknownElement, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":1,"Resource":"*"}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":["a:b",null],"Resource":"*"}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"s3","Resource":"*"}]}"#, .invalidAction, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":":x","Resource":"*"}]}"#, .invalidAction, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"","Resource":"*"}]}"#, .invalidAction, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":{}}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Sid":1}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"everyone"}]}"#, .invalidPrincipal, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"Aws":"*"}}]}"#, .invalidPrincipal, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":["*"]}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":[]}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":"x"}}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":null}}}]}"#, .invalidType, 0),
            (#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":[["x"]]}}}]}"#, .invalidType, 0),
        ] as [(String, PolicyError.Code, Int?)])
    func whatAWSWouldNotStoreIsRefusedByStatement(_ text: String, _ code: PolicyError.Code, _ statement: Int?) throws {
        let found = try #require(try error(text))
        #expect(found.code == code)
        #expect(found.statement == statement)
        if let statement { #expect(found.description.hasSuffix("of statement \(statement)")) }
    }

    @Test func formsDecideAboutPrincipalAndResource() throws {
        let withPrincipal = #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}"#
        let without = #"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        #expect(try error(withPrincipal, .withPrincipal) == nil)
        #expect(try error(withPrincipal, .withoutPrincipal)?.code == .principalNotAllowed)
        #expect(try error(without, .withoutPrincipal) == nil)
        #expect(try error(without, .withPrincipal)?.code == .missingPrincipal)
        #expect(try error(#"{"Statement":[{"Effect":"Allow","Action":"*"}]}"#, .withoutPrincipal)?.code == .missingResource)
    }

    @Test func hugeDocumentsAreRefused() throws {
        let actions = JSONValue.array(Array(repeating: "a:b", count: 100_001))
        let json: JSONValue = ["Statement": [["Effect": "Allow", "Action": actions, "Resource": "*"]]]
        #expect(throws: PolicyError.self) { _ = try PolicyDocument(parsing: json) }
    }

    @Test(
        arguments: [
            ("*", RequestPrincipal.anonymous), (alice, .user(arn: alice)),
            ("arn:aws-cn:iam::111122223333:root", .root(account: account, partition: "aws-cn")),
            (role, .role(arn: role)), (session, .assumedRole(role: role, session: session)), ("111122223333", .account(account)),
            ("lambda.amazonaws.com", .service("lambda.amazonaws.com")), ("accounts.google.com", .identityProvider("accounts.google.com")),
            ("cognito-identity.amazonaws.com", .identityProvider("cognito-identity.amazonaws.com")),
            ("arn:aws:iam::111122223333:saml-provider/x", .identityProvider("arn:aws:iam::111122223333:saml-provider/x")),
            ("arn:aws:sts::111122223333:federated-user/x", .federatedUser(arn: "arn:aws:sts::111122223333:federated-user/x", user: nil)),
        ] as [(String, RequestPrincipal)])
    func principalsAreReadFromTheirNames(_ text: String, _ principal: RequestPrincipal) {
        #expect(RequestPrincipal(parsing: text) == principal)
    }

    @Test(arguments: [
        "", "x", "1111", "arn:aws:s3:::b", "arn:aws:iam::1:group/x", "arn:aws:sts::1:assumed-role/x", "arn:aws:iam", "a b.c", ".com", "**",
        "arn:aws:sts::1:assumed-role//s",
    ])
    func otherTextsAreNoPrincipals(_ text: String) { #expect(RequestPrincipal(parsing: text) == nil) }

    @Test func brokenPoliciesNeverTrap() throws {
        var random = SeededGenerator(state: 3)
        let valid = Array(
            #"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["*"],"Service":"x.amazonaws.com"},"NotAction":["s3:*"],"Resource":"arn:aws:s3:::b/${aws:username, 'd'}/*?","Condition":{"ForAnyValue:StringLikeIfExists":{"a:b":["${*}","x*"]},"IpAddress":{"a:c":"::1/9"},"DateLessThan":{"a:d":"2024-02-30"}}}]}"#
                .utf8)
        for _ in 0..<3000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                if Bool.random(using: &random) {
                    bytes[index] = valid[Int.random(in: valid.indices, using: &random)]
                } else {
                    bytes.remove(at: index)
                }
            }
            guard let json = try? JSONValue(parsing: bytes), let document = try? PolicyDocument(parsing: json) else { continue }
            let layers = PolicyLayers(identity: [CompiledPolicy(document)], resource: [CompiledPolicy(document)])
            for absent in [RequestContext.Absent.absent, .unknown(knownAbsent: [])] {
                _ = try decide(
                    session, "ec2:RunInstances", "arn:aws:s3:::b/d/xy", context: ["a:c": ["::1"], "a:d": ["x"]], absent: absent, layers)
            }
            _ = Administrator.answer(.user(arn: alice), layers)
        }
    }
}

@Suite struct EvaluationCaseTests {
    private func answer(_ line: String, unknown: Set<String>? = nil) -> (String, Bool) {
        let (json, isCase) = EvaluationCase.answer(line: Array(line.utf8), unknown: unknown)
        return (json.canonicalText, isCase)
    }

    @Test func aCaseIsAnsweredWithWhatDecided() {
        let line =
            #"{"id":"1","request":{"principal":"arn:aws:iam::111122223333:user/a","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","context":{"aws:SecureTransport":true,"x:n":[1,"2"]}},"identityPolicies":[{"Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}},{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}],"serviceControlPolicies":[[{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}]],"permissionsBoundaries":null}"#
        let (text, isCase) = answer(line)
        #expect(isCase)
        #expect(
            text
                == #"{"blockedBy":[],"decision":"allowed","id":"1","statements":[{"effect":"Allow","policy":1,"policyType":"identity","statement":0},{"effect":"Allow","level":0,"policy":0,"policyType":"scp","statement":0}]}"#
        )
    }

    @Test func denialsNameTheirLayer() {
        let request =
            #""request":{"principal":"arn:aws:sts::111122223333:assumed-role/r/s","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"}"#
        #expect(answer(#"{"id":7,\#(request)}"#).0 == #"{"blockedBy":["identity"],"decision":"implicitlyDenied","id":7,"statements":[]}"#)
        let denied = answer(
            #"{"id":"x",\#(request),"resourcePolicy":{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}},"identityPolicies":[{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}]}"#
        ).0
        #expect(
            denied
                == #"{"blockedBy":["resource"],"decision":"explicitlyDenied","id":"x","statements":[{"effect":"Deny","policy":0,"policyType":"resource","statement":0}]}"#
        )
    }

    @Test func aPartlyKnownContextGivesConditions() {
        let line =
            #"{"id":"1","request":{"principal":"arn:aws:iam::111122223333:user/a","action":"s3:GetObject","resource":"*"},"identityPolicies":[{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}}]}"#
        #expect(
            answer(line, unknown: []).0.contains(
                #""conditions":{"key":"aws:MultiFactorAuthPresent","operator":"Bool","values":["true"]},"decision":"conditional""#))
        #expect(answer(line, unknown: ["aws:multifactorauthpresent"]).0.contains(#""decision":"denied""#))
        #expect(answer(line).0.contains(#""decision":"implicitlyDenied""#))
    }

    @Test(
        arguments: [
            ("{", "invalidJSON", "null"), ("[]", "invalidCase", "null"), (#"{"id":"a"}"#, "invalidCase", "\"a\""),
            (#"{"id":{},"request":{}}"#, "invalidCase", "null"),
            (#"{"id":"a","request":{"principal":"nobody","action":"a:b"}}"#, "invalidPrincipal", "\"a\""),
            (#"{"id":"a","request":{"principal":"*","action":"ab"}}"#, "invalidCase", "\"a\""),
            (#"{"id":"a","request":{"principal":"*","action":"a:b"},"identityPolicies":{}}"#, "invalidCase", "\"a\""),
            (#"{"id":"a","request":{"principal":"*","action":"a:b"},"identityPolicies":[{"Statement":[{}]}]}"#, "invalidPolicy", "\"a\""),
            (
                #"{"id":"a","request":{"principal":"*","action":"a:b"},"identityPolicies":[{"Statement":[{"Effect":"Deny","Action":"c:*","Resource":"*","Condition":{"StringResembles":{"a:x":"1"}}}]}]}"#,
                "invalidPolicy", "\"a\""
            ),
            (#"{"id":"a","request":{"principal":"*","action":"a:b"},"serviceControlPolicies":[null]}"#, "invalidCase", "\"a\""),
            (#"{"id":"a","request":{"principal":"*","action":"a:b"},"somethingElse":[]}"#, "invalidCase", "\"a\""),
            (#"{"id":"a","request":{"principal":"*","action":"a:b","context":{"x":{}}}}"#, "invalidCase", "\"a\""),
        ] as [(String, String, String)])
    func brokenLinesGetAnError(_ line: String, _ code: String, _ id: String) {
        let (text, isCase) = answer(line)
        #expect(!isCase)
        #expect(text.hasPrefix(#"{"error":{"code":"\#(code)","message":"#), "\(text)")
        #expect(text.hasSuffix(#"},"id":\#(id)}"#), "\(text)")
    }
}

@Suite struct GrantTests {
    @Test func grantsNameResourcesAndConditions() throws {
        let layers = PolicyLayers(
            identity: [
                try policy(
                    statement("Allow", "s3:Get*", "arn:aws:s3:::b/*", condition: "{\"Bool\":{\"aws:SecureTransport\":\"true\"}}"),
                    statement("Allow", "ec2:*"),
                    statement("Deny", "*", "arn:aws:s3:::b/secret"),
                    statement("Allow", "*", condition: "{\"StringEquals\":{\"aws:username\":\"bob\"}}"))
            ], boundaries: [try policy(statement("Allow", "s3:* kms:*"))])
        let asking = PreparedPrincipal(.user(arn: alice))
        let grants = Evaluator.grants(action: "s3:GetObject", principal: asking, layers)
        #expect(grants.map(\.statement.statement) == [0, 2])
        #expect(grants[0].resources == PatternSet(["arn:aws:s3:::b/*"]))
        #expect(grants[0].conditions.text == "aws:SecureTransport is true")
        #expect(!grants[0].coversEverything)
        #expect(Evaluator.mayAllow(action: "S3:GetObject", layers))
        #expect(!Evaluator.mayAllow(action: "ec2:RunInstances", layers))
        #expect(Evaluator.pattern("arn:aws:s3:::b/*", covers: "arn:aws:s3:::b/x"))
        #expect(!Evaluator.pattern("arn:aws:s3:::b/*", covers: "arn:aws:s3:::c/x"))
    }
}
