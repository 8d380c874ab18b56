import CloudModel
import Foundation
import Testing

@testable import IAMEvaluator

private func findings(_ text: String, _ kind: PolicyKind? = nil) throws -> [LintFinding] {
    PolicyLint.findings(try JSONValue(parsing: text.replacing("'", with: "\"")), kind: kind)
}

@Suite struct LintTests {
    @Test(arguments: lintCases)
    func eachRemarkIsMadeWhereItIsDueAndNotBesideIt(_ lintCase: LintCase) throws {
        let wrong = try findings(lintCase.wrong, lintCase.kind)
        let found = try #require(
            wrong.first { $0.code == lintCase.code && $0.path == lintCase.path }, "\(wrong.map { "\($0.code.rawValue) at \($0.path)" })")
        #expect(found.severity == lintCase.severity)
        #expect((found.statement == nil) == !found.path.hasPrefix("Statement["))
        #expect(!found.message.isEmpty && found.message.utf8.count < 1500)
        let right = try findings(lintCase.right, lintCase.kind)
        let same = right.filter { $0.code == lintCase.code && $0.severity == lintCase.severity }
        #expect(same.isEmpty, "\(same.map { "\($0.path): \($0.message)" })")
    }

    @Test func everyCodeHasACase() {
        let missing = Set(LintCode.allCases).subtracting(lintCases.map(\.code))
        #expect(missing.isEmpty)
    }

    @Test func thePageExplainsEveryCodeAndNoOther() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "Sources/Docs/IAM/lint.md"), encoding: .utf8)
        let rows = page.matches(of: /(?m)^\| `([a-z0-9-]+)` \|/).map { String($0.1) }
        #expect(Set(rows) == Set(LintCode.allCases.map(\.rawValue)))
        #expect(rows.count == Set(rows).count)
    }

    @Test(
        arguments: [
            // Reading a bucket, both ways round.
            #"{"Version":"2012-10-17","Statement":[{"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":["home/${aws:username}/*"]}}},{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/home/${aws:username}/*"}]}"#,
            // What a function needs for its log.
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:CreateLogGroup","Resource":"arn:aws:logs:eu-west-1:123456789012:*"},{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f:*"]}]}"#,
            // A table and its index, a key by its way, a queue and a topic.
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Query"],"Resource":["arn:aws:dynamodb:eu-west-1:123456789012:table/t","arn:aws:dynamodb:eu-west-1:123456789012:table/t/index/*"],"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${aws:username}"]},"Null":{"dynamodb:LeadingKeys":"false"}}},{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com","kms:EncryptionContext:team":"a"}}},{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:123456789012:q-*"},{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:eu-west-1:123456789012:t"}]}"#,
            // Instances by tag, and what describes them.
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"},{"Effect":"Allow","Action":["ec2:StartInstances","ec2:StopInstances"],"Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringEquals":{"aws:ResourceTag/owner":"${aws:PrincipalTag/owner}","ec2:ResourceTag/env":"dev"}}}]}"#,
            // Handing a role to one service.
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}},{"Effect":"Allow","Action":["ssm:GetParameter","ssm:GetParametersByPath"],"Resource":"arn:aws:ssm:*:123456789012:parameter/app/*"},{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/*","Condition":{"StringEquals":{"secretsmanager:ResourceTag/team":"a"}}}]}"#,
            // A key's policy, a bucket's, a queue's.
            #"{"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}]}"#,
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudfront::123456789012:distribution/*"}}}]}"#,
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"SQS:SendMessage","Resource":"arn:aws:sqs:eu-west-1:123456789012:q","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:123456789012:t"}}}}"#,
            // Trust in a service and in a workflow.
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#,
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF:aud":"sts.amazonaws.com","oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF:sub":"system:serviceaccount:default:app"}}}]}"#,
        ])
    func ordinaryPoliciesGetNoRemarks(_ text: String) throws {
        let found = try findings(text)
        #expect(found.isEmpty, "\(found.map { "\($0.code.rawValue) at \($0.path): \($0.message)" })")
    }

    @Test func whatLimitsIsNotTakenForAGrant() throws {
        let everything = "{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':'*','Resource':'*'}]}"
        for kind in [PolicyKind.scp, .boundary, .session] { #expect(try findings(everything, kind).isEmpty) }
        #expect(try findings(everything, .identity).map(\.code) == [.fullAdministrator])
        // What AWS attaches to every organisation by itself.
        let standard = "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Principal':'*','Action':'*','Resource':'*'}}"
        #expect(try findings(standard, .rcp).isEmpty)
    }

    @Test func manyServicesAddUpToEverythingAndADenyTakesItAway() throws {
        let all = ActionTable.standard.servicePrefixes.map { "'\($0):*'" }.joined(separator: ",")
        let parts = "{'Effect':'Allow','Action':[\(all)],'Resource':'*'}"
        func codes(_ statements: String) throws -> [LintCode] {
            try findings("{'Version':'2012-10-17','Statement':[\(statements)]}").map(\.code)
        }
        #expect(try codes(parts).contains(.administratorByParts))
        #expect(try !codes(parts + ",{'Effect':'Deny','Action':'iam:*','Resource':'*'}").contains(.administratorByParts))
    }

    @Test func aBrokenStatementDoesNotHideTheOthers() throws {
        let found = try findings(
            "{'Version':'2012-10-17','Statement':[{'Effect':'Allow'},{'Effect':'Allow','Action':'s3:GetObjekt','Resource':'*'}]}")
        #expect(found.contains { $0.statement == 0 && $0.code == .missingAction })
        #expect(found.contains { $0.statement == 1 && $0.code == .unknownAction && $0.message.contains("s3:GetObject?") })
    }

    @Test func foreignTextIsBoundedAndEscaped() throws {
        let long = String(repeating: "x", count: 5_000)
        let found = try findings(
            "{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':'s3:\u{202E}\u{301}\\n\(long)','Resource':'*'}]}")
        let message = try #require(found.first { $0.code == .unknownAction }?.message)
        #expect(message.contains(#"\u{202E}\u{301}\u{A}"#) && message.contains("…") && message.utf8.count < 600)
        #expect(!message.unicodeScalars.contains { $0.value == 0x202E || $0.value == 0x301 || $0.value == 0x0A })
    }

    @Test func theKindIsGuessedFromItsElements() throws {
        func kind(_ text: String) throws -> PolicyKind { PolicyLint.guessedKind(of: try JSONValue(parsing: text)) }
        #expect(try kind(#"{"Statement":[{"Action":"s3:*","Resource":"*"}]}"#) == .identity)
        #expect(try kind(#"{"Statement":[{"Principal":"*","Action":"s3:*","Resource":"*"}]}"#) == .resource)
        #expect(try kind(#"{"Statement":{"Principal":"*","Action":["sts:AssumeRole"]}}"#) == .trust)
        #expect(try kind(#"{"Statement":{"Principal":"*","Action":"sts:AssumeRole","Resource":"*"}}"#) == .resource)
        #expect(try kind("{}") == .identity)
    }

    @Test func brokenDocumentsNeverTrap() throws {
        var random = SeededGenerator(state: 11)
        let sources = lintCases.map { Array($0.wrong.replacing("'", with: "\"").utf8) }
        var read = 0
        for round in 0..<4_000 {
            var bytes = sources[round % sources.count]
            guard !bytes.isEmpty, bytes.count < 2_000 else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                let other = sources[Int.random(in: sources.indices, using: &random)]
                bytes[index] = other[Int.random(in: other.indices, using: &random)]
            }
            guard let json = try? JSONValue(parsing: bytes) else { continue }
            read += 1
            _ = PolicyLint.findings(json, kind: PolicyKind.allCases.randomElement(using: &random))
        }
        #expect(read > 500)
    }
}

@Suite struct PolicyEnvelopeTests {
    private let policy = #"{"Version":"2012-10-17","Statement":[]}"#

    @Test func answersOfTheCommandLineAreOpened() throws {
        let escaped = policy.replacing("\"", with: "\\\"")
        let encoded = policy.replacing("{", with: "%7B").replacing("\"", with: "%22").replacing("}", with: "%7D")
        let document = try JSONValue(parsing: policy)
        for (text, kind) in [
            (policy, nil), ("\"\(escaped)\"", nil), (encoded, nil), ("\"\(encoded)\"", nil),
            (#"{"PolicyVersion":{"Document":\#(policy),"VersionId":"v1"}}"#, .identity),
            (#"{"RoleName":"r","PolicyName":"p","PolicyDocument":\#(policy)}"#, nil),
            (#"{"Role":{"RoleName":"r","AssumeRolePolicyDocument":"\#(encoded)"}}"#, .trust), (#"{"Policy":"\#(escaped)"}"#, nil),
            (#"{"Policy":{"PolicySummary":{"Type":"SERVICE_CONTROL_POLICY"},"Content":"\#(escaped)"}}"#, .scp),
            (#"{"Policy":{"PolicySummary":{"Type":"RESOURCE_CONTROL_POLICY"},"Content":"\#(escaped)"}}"#, .rcp),
            (#"{"ARN":"a","ResourcePolicy":"\#(escaped)"}"#, .resource), (#"{"Attributes":{"Policy":"\#(escaped)"}}"#, .resource),
        ] as [(String, PolicyKind?)] {
            let envelope = try #require(try PolicyEnvelope(parsing: Array(text.utf8)), "\(text)")
            #expect(envelope.document == document && envelope.kind == kind, "\(text)")
        }
    }

    @Test func otherTextsAreNoPolicies() throws {
        for text in [
            "{}", "[]", "1", #"{"Users":[]}"#, #"{"Policy":{"Arn":"a"}}"#,
            #"{"Policy":{"Policy":{"Policy":{"Policy":{"Policy":{"Policy":{}}}}}}}"#,
        ] {
            #expect(try PolicyEnvelope(parsing: Array(text.utf8)) == nil, "\(text)")
        }
        for text in ["", "{", "\"not a policy\"", "%7B", "Version: 2012-10-17"] {
            #expect(throws: JSONError.self) { _ = try PolicyEnvelope(parsing: Array(text.utf8)) }
        }
    }
}
