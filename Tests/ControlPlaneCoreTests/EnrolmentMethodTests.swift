import Basics
import CloudModel
import ControlPlaneStore
import Crypto
import Foundation
import Synchronization
import Testing
import WireProtocol

@testable import ControlPlaneCore

@Suite struct AWSIAMEnrolmentTests {
    private struct Place {
        let outside: FakeOutside
        let installation: Installation
        let acme: TenancyService.Bootstrapped
        var applicant: Applicant { Applicant(installation, acme.environment) }

        init(role: String = "arn:aws:iam::123456789012:role/cloudryption-*", arn: String = Applicant.role) async throws {
            outside = try FakeOutside()
            outside.sts.add(Applicant.accessKey, .init(secret: Applicant.secret, arn: arn))
            installation = try await Installation(outside: outside)
            acme = try await installation.tenant()
            try await installation.rule(acme.environment, .awsIAM(AWSRoleCondition(roles: [role])), tenant: acme.tenant)
        }

        func answer(_ change: (inout Applicant) throws -> Void = { _ in }, _ twist: (inout EnrolmentRequest) -> Void = { _ in })
            async throws
            -> String
        {
            var applicant = applicant
            try applicant.begin(.awsIAM)
            try change(&applicant)
            var request = try applicant.awsRequest()
            twist(&request)
            let final = request
            return await refusal { try await installation.enrol(final) }
        }
        var sts: FakeSTS { outside.sts }
    }

    @Test func aRoleThatARuleNamesEnrolsAndTheRuleSaysWhere() async throws {
        let place = try await Place()
        var applicant = place.applicant
        try applicant.begin(.awsIAM)
        let response = try await place.installation.enrol(applicant.awsRequest())
        #expect(response.tenant == place.acme.tenant.id && response.environment == place.acme.environment.id && response.epoch == 1)
        let agent = try await TestAgent(installation: place.installation, key: applicant.key, response: response).authenticate()
        #expect(agent.agent.standing.method == "aws-iam" && agent.agent.standing.account == "123456789012")
        // The server's own request: exact host, POST, the root, https, and the fixed body.
        let asked = try #require(place.sts.asked.withLock { $0.first })
        #expect(asked.url == "https://sts.eu-west-1.amazonaws.com/" && asked.method == .post)
        #expect(asked.body == Array("Action=GetCallerIdentity&Version=2011-06-15".utf8))
        #expect(asked.headers.contains { $0.name == "host" && $0.value == "sts.eu-west-1.amazonaws.com" })
        let entry = try #require(try await place.installation.audit(place.acme.tenant.id).last)
        #expect(entry.act == "agentEnrolled" && entry.detail.contains("method=aws-iam"))
    }

    @Test func permanentKeysHaveNoSessionTokenAndEnrolToo() async throws {
        #expect(try await Place().answer { $0.sessionToken = nil } == "none")
    }

    @Test func aProofIsUsedOnce() async throws {
        let place = try await Place()
        var applicant = place.applicant
        try applicant.begin(.awsIAM)
        let request = try applicant.awsRequest()
        _ = try await place.installation.enrol(request)
        #expect(await refusal { try await place.installation.enrol(request) } == "enrolment.usedProof")
        #expect(try await place.installation.store.read(place.acme.tenant.id) { try $0.agents() }.count == 1)
    }

    @Test func aChallengeIsOneMinuteOldAtMostAndForItsTenantAlone() async throws {
        let place = try await Place()
        let other = try await place.installation.tenant("other")
        #expect(
            try await place.answer { _ in place.installation.time.advance(61) } == "enrolment.invalidChallenge")
        #expect(
            try await place.answer { applicant in
                var foreign = Applicant(place.installation, other.environment)
                try foreign.begin(.awsIAM)
                applicant.challenge = foreign.challenge
            } == "enrolment.invalidChallenge")
        #expect(try await place.answer { try $0.begin(.openID) } == "enrolment.invalidChallenge")
        #expect(try await place.answer { $0.challenge = "" } == "enrolment.invalidChallenge")
        #expect(
            try await place.answer { $0.challenge = Base64URL.encode([UInt8](repeating: 0, count: 32)) } == "enrolment.invalidChallenge")
        #expect(place.sts.asked.withLock { $0.isEmpty }, "AWS is asked only about what is ours")
    }

    @Test func aProofForAnotherServerIsRefused() async throws {
        let place = try await Place()
        #expect(try await place.answer { $0.authority = "sha256:" + String(repeating: "0", count: 64) } == "enrolment.badProof")
        // Its name put right only in the message: then statement and signature do not fit.
        let pin = place.installation.services.enrolment.authorityPin
        #expect(
            try await place.answer({ $0.authority = "sha256:" + String(repeating: "0", count: 64) }, { $0.authority = pin })
                == "enrolment.badStatement")
    }

    @Test func aChangedCertificateRequestIsRefused() async throws {
        let place = try await Place()
        let other = P256.Signing.PrivateKey()
        let csr = try Installation.csr(other)
        #expect(try await place.answer({ _ in }, { $0.csr = csr }) == "enrolment.badStatement")
        // Whoever captured the proof signs a statement of their own: AWS signed another request's hash.
        var applicant = place.applicant
        try applicant.begin(.awsIAM)
        var request = try applicant.awsRequest()
        let signature = try #require(request.aws?.signature)
        request.csr = csr
        request.statement = try EnrolmentStatement(method: .awsIAM, binding: applicant.binding(csr: csr), evidence: signature)
            .signed(with: other)
        let captured = request
        #expect(await refusal { try await place.installation.enrol(captured) } == "enrolment.badProof")
    }

    @Test(arguments: [AWSIdentityProof.serverHeader, AWSIdentityProof.challengeHeader, AWSIdentityProof.requestHeader])
    func aHeaderThatIsNotSignedProvesNothing(_ header: String) async throws {
        let place = try await Place()
        #expect(try await place.answer { $0.unsigned = [header] } == "enrolment.badProof")
    }

    @Test(arguments: [
        "eu-west-1.attacker.example", "attacker", "", "eu-west-1/", "eu-west-1@attacker.example", "EU-WEST-1", "us-iso-east-1",
        "aws-global",
    ])
    func onlyAWSsOwnServicesAreAsked(_ region: String) async throws {
        let place = try await Place()
        #expect(try await place.answer { $0.region = region } == "enrolment.badProof")
        #expect(place.sts.asked.withLock { $0.isEmpty })
    }

    @Test func anOversizedOrStrangeAnswerIsNoProof() async throws {
        let place = try await Place()
        func answer(_ status: Int, _ body: String) async throws -> String {
            place.sts.answer.withLock { $0 = OutgoingAnswer(status: status, body: Array(body.utf8)) }
            return try await place.answer()
        }
        #expect(try await answer(200, String(repeating: " ", count: 20_000)) == "enrolment.badProof")
        #expect(try await answer(200, "<GetCallerIdentityResponse/>") == "enrolment.badProof")
        #expect(try await answer(200, "{}") == "enrolment.badProof")
        let good = #"{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"123456789012","Arn":"\#(Applicant.role)"}}}"#
        for status in [201, 204, 302, 400, 403] { #expect(try await answer(status, good) == "enrolment.badProof") }
        for status in [429, 500, 503] { #expect(try await answer(status, good) == "enrolment.unavailable") }
        let torn = good.replacingOccurrences(of: #""Account":"123456789012""#, with: #""Account":"999999999999""#)
        #expect(try await answer(200, torn) == "enrolment.badProof", "account and ARN have to agree")
        #expect(try await answer(200, good) == "none")
    }

    @Test(arguments: [
        "arn:aws:sts::999999999999:assumed-role/cloudryption-agent/i-0abc",
        "arn:aws:sts::123456789012:assumed-role/other/cloudryption-agent",
        "arn:aws:iam::123456789012:user/cloudryption-agent", "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:federated-user/cloudryption-agent", "arn:aws-cn:sts::123456789012:assumed-role/cloudryption-agent/x",
        "arn:aws:sts::123456789012:assumed-role/Cloudryption-agent/x",
    ])
    func whoNoRuleNamesIsNotLetIn(_ arn: String) async throws {
        let place = try await Place(arn: arn)
        #expect(try await place.answer() == "enrolment.notAllowed")
        let entry = try #require(try await place.installation.audit(place.acme.tenant.id).last)
        #expect(entry.act == "enrolmentRefused" && entry.outcome == "enrolment.notAllowed")
    }

    @Test func nobodyIsAskedForAnEnvironmentWithoutARule() async throws {
        let outside = try FakeOutside()
        let installation = try await Installation(outside: outside)
        let acme = try await installation.tenant()
        var applicant = Applicant(installation, acme.environment)
        try applicant.begin(.awsIAM)
        let request = try applicant.awsRequest()
        #expect(await refusal { try await installation.enrol(request) } == "enrolment.notAllowed")
        #expect(outside.sts.asked.withLock { $0.isEmpty })
        // A tenant that does not exist answers the same.
        var stranger = Applicant(
            installation, ControlPlaneCore.Environment(id: .random(), tenant: .random(), name: "x", createdAt: installation.time.now))
        try stranger.begin(.awsIAM)
        let foreign = try stranger.awsRequest()
        #expect(await refusal { try await installation.enrol(foreign) } == "enrolment.notAllowed")
    }

    @Test func aClockThatIsFarOffIsSaidSo() async throws {
        let place = try await Place()
        let late = Applicant.awsDate(place.installation.time.now - 7200)
        #expect(try await place.answer({ _ in }, { $0.aws?.date = late }) == "enrolment.clockSkew")
        for date in ["", "20260101T000000", "2026-01-01T00:00:00Z", "20261301T000000Z", "20260101T000000Z\r\nx"] {
            #expect(try await place.answer({ _ in }, { $0.aws?.date = date }) == "enrolment.malformed", "\(date)")
        }
    }

    @Test func partsThatWouldBreakOutOfAHeaderAreRefused() async throws {
        let place = try await Place()
        #expect(try await place.answer({ _ in }, { $0.aws?.sessionToken = "x\r\nhost: attacker" }) == "enrolment.malformed")
        #expect(try await place.answer({ _ in }, { $0.aws?.accessKeyID = "AKIA, SignedHeaders=host" }) == "enrolment.malformed")
        #expect(try await place.answer({ _ in }, { $0.aws?.sessionToken = String(repeating: "a", count: 9000) }) == "enrolment.malformed")
        #expect(place.sts.asked.withLock { $0.isEmpty })
    }

    @Test(arguments: [
        "arn:aws:iam::123456789012:role/*", "arn:aws:iam::*:role/agent", "arn:aws:iam::123456789012:root", "*",
        "arn:aws:iam::123456789012:user/agent", "arn:aws:iam::123456789012:role/path/agent", "arn:aws:iam::123456789012:role/ab*",
        "arn:aws:sts::123456789012:assumed-role/agent/session", "arn:other:iam::123456789012:role/agent", "",
    ])
    func aRuleNamesRolesAndNeverAWholeAccount(_ role: String) async throws {
        let installation = try await Installation()
        let acme = try await installation.tenant()
        #expect(
            await refusal {
                try await installation.rule(acme.environment, .awsIAM(AWSRoleCondition(roles: [role])), tenant: acme.tenant)
            } == "enrolment.malformed")
    }
}

@Suite struct OpenIDEnrolmentTests {
    private struct Place {
        let outside: FakeOutside
        let installation: Installation
        let acme: TenancyService.Bootstrapped
        var audience: JSONValue { .string(EnrolmentService.audience(of: acme.tenant.id)) }

        init(_ change: (inout OpenIDCondition) -> Void = { _ in }) async throws {
            outside = try FakeOutside()
            installation = try await Installation(outside: outside)
            acme = try await installation.tenant()
            var condition = OpenIDCondition(
                issuer: outside.provider.issuer, subjects: ["system:serviceaccount:security:*"])
            change(&condition)
            try await installation.rule(acme.environment, .openID(condition), tenant: acme.tenant)
        }

        func token(_ change: (inout JSONObject) -> Void = { _ in }) throws -> Secret<String> {
            try outside.provider.token(at: installation.time.now, audience: audience, change)
        }
        func answer(_ token: Secret<String>, _ twist: (inout EnrolmentRequest) -> Void = { _ in }) async throws -> String {
            var applicant = Applicant(installation, acme.environment)
            try applicant.begin(.openID)
            var request = try applicant.openIDRequest(token)
            twist(&request)
            let final = request
            return await refusal { try await installation.enrol(final) }
        }
    }

    @Test func aServiceAccountThatARuleNamesEnrolsOnceWithItsToken() async throws {
        let place = try await Place()
        let token = try place.token()
        #expect(try await place.answer(token) == "none")
        #expect(try await place.answer(token) == "enrolment.usedProof", "a token that leaked after its use opens nothing")
        #expect(try await place.answer(place.token { $0["jti"] = "2" }) == "none")
    }

    @Test func expiredForeignAndMisdirectedTokensAreRefused() async throws {
        let place = try await Place()
        let now = Int(place.installation.time.now.timeIntervalSince1970)
        #expect(try await place.answer(place.token { $0["exp"] = .number("\(now - 100)") }) == "enrolment.expiredToken")
        #expect(try await place.answer(place.token { $0["iss"] = "https://attacker.example" }) == "enrolment.notAllowed")
        #expect(try await place.answer(place.token { $0["aud"] = nil }) == "enrolment.badProof")
        #expect(try await place.answer(place.token { $0["aud"] = "https://kubernetes.default.svc" }) == "enrolment.badProof")
        #expect(try await place.answer(place.token { $0["exp"] = nil }) == "enrolment.badProof")
        #expect(try await place.answer(place.token { $0["sub"] = "system:serviceaccount:kube-system:x" }) == "enrolment.notAllowed")
        #expect(try await place.answer(Secret("a.b.c")) == "enrolment.badProof")
        // Another tenant's audience: the token was made for that one.
        let other = try await place.installation.tenant("other")
        let foreign = EnrolmentService.audience(of: other.tenant.id)
        #expect(try await place.answer(place.token { $0["aud"] = .string(foreign) }) == "enrolment.badProof")
    }

    @Test func theStatementBindsTokenServerChallengeAndKey() async throws {
        let place = try await Place()
        let csr = try Installation.csr(P256.Signing.PrivateKey())
        #expect(try await place.answer(place.token()) { $0.csr = csr } == "enrolment.badStatement")
        #expect(try await place.answer(place.token()) { $0.statement = nil } == "enrolment.malformed")
        #expect(try await place.answer(place.token()) { $0.challenge = nil } == "enrolment.malformed")
        let second = try place.token { $0["jti"] = "3" }.expose()
        #expect(try await place.answer(place.token()) { $0.token = second } == "enrolment.badStatement")
    }

    @Test func claimsHaveToFitTheirPatterns() async throws {
        let place = try await Place { $0.claims = ["repository": "acme/*", "kubernetes.io/namespace": "security"] }
        #expect(try await place.answer(place.token()) == "enrolment.notAllowed")
        let inner: JSONValue = ["namespace": "security"]
        #expect(
            try await place.answer(place.token { ($0["repository"], $0["kubernetes.io"]) = ("acme/cloud", inner) }) == "none")
        #expect(
            try await place.answer(place.token { ($0["repository"], $0["kubernetes.io"]) = ("acme2/cloud", inner) })
                == "enrolment.notAllowed")
    }

    @Test func aRuleWithoutALimitIsNotMade() async throws {
        let installation = try await Installation()
        let acme = try await installation.tenant()
        func answer(_ condition: OpenIDCondition) async -> String {
            await refusal { try await installation.rule(acme.environment, .openID(condition), tenant: acme.tenant) }
        }
        let issuer = "https://issuer.example"
        #expect(await answer(OpenIDCondition(issuer: issuer, subjects: ["*"])) == "enrolment.malformed")
        #expect(await answer(OpenIDCondition(issuer: issuer, subjects: [])) == "enrolment.malformed")
        #expect(await answer(OpenIDCondition(issuer: "http://issuer.example", subjects: ["repo:acme/cloud:*"])) == "enrolment.malformed")
        #expect(
            await answer(OpenIDCondition(issuer: issuer, audience: "sts.amazonaws.com", subjects: ["repo:acme/*"])) == "enrolment.malformed"
        )
        #expect(await answer(OpenIDCondition(issuer: issuer, subjects: ["repo:acme/*"], claims: ["a": "*"])) == "enrolment.malformed")
        #expect(await answer(OpenIDCondition(issuer: issuer, subjects: ["repo:acme/cloud:ref:refs/heads/main"])) == "none")
    }

    @Test func keysThatWereGivenByHandNeedNobodyToBeAsked() async throws {
        let provider = try OpenIDProvider()
        let keys = JSONValue.object(["keys": [OpenIDProvider.jwk(provider.p256.publicKey, "ec")]]).canonicalText
        let installation = try await Installation()
        let acme = try await installation.tenant()
        let condition = OpenIDCondition(issuer: provider.issuer, subjects: ["system:serviceaccount:security:*"], keys: keys)
        try await installation.rule(acme.environment, .openID(condition), tenant: acme.tenant)
        var applicant = Applicant(installation, acme.environment)
        try applicant.begin(.openID)
        let audience: JSONValue = .string(EnrolmentService.audience(of: acme.tenant.id))
        _ = try await installation.enrol(applicant.openIDRequest(provider.token(at: installation.time.now, audience: audience)))
    }
}

@Suite struct TextPatternTests {
    @Test func aStarIsAnyRunAndNothingElseIsSpecial() throws {
        func fits(_ pattern: String, _ text: String) -> Bool { TextPattern(pattern, literal: 0)?.matches(text) ?? false }
        #expect(fits("abc", "abc") && !fits("abc", "abcd") && !fits("abc", "ab"))
        #expect(fits("a*c", "ac") && fits("a*c", "abbbc") && !fits("a*c", "abbbcd"))
        #expect(fits("a*b*c", "axxbyyc") && fits("*", "") && fits("a**", "a") && !fits("a.c", "abc") && !fits("a?c", "abc"))
        #expect(!fits("abc", "ABC") && !fits("e*", "\u{E9}") && fits("*z", "z\u{301}z"))
        #expect(TextPattern("ab*", literal: 3) == nil && TextPattern("*", literal: 1) == nil && TextPattern("a b", literal: 0) == nil)
        #expect(TextPattern("ab", literal: 3) != nil, "a whole name may be short")
        // Linear: this would not end with a naive matcher.
        #expect(!fits(String(repeating: "a*", count: 200) + "b", String(repeating: "a", count: 400)))
    }
}
