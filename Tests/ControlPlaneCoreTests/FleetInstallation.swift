import Basics
import CloudModel
import Crypto
import EnrolmentCA
import Foundation
import Synchronization
import WireProtocol

@testable import ControlPlaneCore

/// AWS's Security Token Service as the server sees it: it knows secret keys and roles, and checks signatures over exactly what it is sent.
final class FakeSTS: Sendable {
    struct Caller {
        var secret: String
        var arn: String
    }
    let callers = Mutex<[String: Caller]>([:])
    /// What it answers instead, when set.
    let answer = Mutex<OutgoingAnswer?>(nil)
    let asked = Mutex<[OutgoingRequest]>([])

    func add(_ accessKey: String, _ caller: Caller) { callers.withLock { $0[accessKey] = caller } }

    func send(_ request: OutgoingRequest) -> OutgoingAnswer {
        asked.withLock { $0.append(request) }
        if let answer = answer.withLock({ $0 }) { return answer }
        func header(_ name: String) -> String { request.headers.first { $0.name.lowercased() == name }?.value ?? "" }
        let authorization = header("authorization")
        func part(_ name: String) -> String {
            authorization.split(separator: " ").first { $0.hasPrefix(name + "=") }.map {
                String($0.dropFirst(name.count + 1).prefix { $0 != "," })
            }
                ?? ""
        }
        let credential = part("Credential").split(separator: "/").map(String.init)
        guard credential.count == 5, let caller = callers.withLock({ $0[credential[0]] }) else {
            return OutgoingAnswer(status: 403, body: [])
        }
        let names = part("SignedHeaders").split(separator: ";").map(String.init)
        let signature = Self.sign(
            names.map { ($0, header($0)) }, body: String(decoding: request.body, as: UTF8.self), region: credential[2],
            date: header("x-amz-date"), secret: caller.secret)
        guard signature == part("Signature") else { return OutgoingAnswer(status: 403, body: []) }
        let result: JSONValue = [
            "GetCallerIdentityResponse": [
                "GetCallerIdentityResult": [
                    "Account": .string(String(caller.arn.split(separator: ":", omittingEmptySubsequences: false)[4])),
                    "Arn": .string(caller.arn),
                    "UserId": "AROA:session",
                ]
            ]
        ]
        return OutgoingAnswer(status: 200, body: result.canonicalBytes)
    }

    /// Signature Version 4 of a POST to `/` (https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html).
    static func sign(_ headers: [(String, String)], body: String, region: String, date: String, secret: String) -> String {
        func hash(_ text: String) -> String { Hex.encode(SHA256.hash(data: Array(text.utf8))) }
        let canonical =
            "POST\n/\n\n" + headers.map { "\($0.0):\($0.1)\n" }.joined() + "\n" + headers.map(\.0).joined(separator: ";") + "\n"
            + hash(body)
        let day = String(date.prefix(8))
        let toSign = "AWS4-HMAC-SHA256\n\(date)\n\(day)/\(region)/sts/aws4_request\n\(hash(canonical))"
        var key = SymmetricKey(data: Array(("AWS4" + secret).utf8))
        for part in [day, region, "sts", "aws4_request"] {
            key = SymmetricKey(data: Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key)))
        }
        return Hex.encode(HMAC<SHA256>.authenticationCode(for: Array(toSign.utf8), using: key))
    }
}

/// Everything that the core asks outside: the provider's documents, and AWS.
final class FakeOutside: OutgoingHTTP {
    let provider: OpenIDProvider
    let sts = FakeSTS()
    init() throws { provider = try OpenIDProvider() }

    func send(_ request: OutgoingRequest) async throws(OutgoingError) -> OutgoingAnswer {
        guard request.url.hasPrefix("https://sts.") else { return try await provider.send(request) }
        let answer = sts.send(request)
        guard answer.body.count <= request.maximumAnswer else { throw OutgoingError(.tooLarge, "too long") }
        return answer
    }
}

/// An agent that wants to enrol without a token, step by step, so that a test can go wrong at each.
struct Applicant {
    static let accessKey = "ASIAEXAMPLEEXAMPLE12"
    static let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    static let role = "arn:aws:sts::123456789012:assumed-role/cloudryption-agent/i-0abc"

    let installation: Installation
    let environment: ControlPlaneCore.Environment
    let key = P256.Signing.PrivateKey()
    var authority: String
    var challenge = ""
    var region = "eu-west-1"
    var sessionToken: String? = "session+token=="
    /// Headers that are left out of what is signed.
    var unsigned: Set<String> = []

    init(_ installation: Installation, _ environment: ControlPlaneCore.Environment) {
        self.installation = installation
        self.environment = environment
        authority = installation.services.enrolment.authorityPin
    }

    /// Asks for a challenge as the agent does.
    mutating func begin(_ method: EnrolmentMethodName) throws {
        challenge = try installation.services.enrolment.challenge(
            ChallengeRequest(method: method, tenant: environment.tenant, environment: environment.id)
        ).challenge
    }

    func binding(csr: String) -> EnrolmentBinding {
        EnrolmentBinding(
            authority: authority, tenant: environment.tenant, environment: environment.id, challenge: challenge, csr: csr)
    }

    func awsRequest(previous: TestAgent? = nil) throws -> EnrolmentRequest {
        let csr = try Installation.csr(key)
        let binding = binding(csr: csr)
        let date = Self.awsDate(installation.time.now)
        var headers: [(String, String)] = [
            ("content-type", AWSIdentityProof.contentType), ("host", "sts.\(region).amazonaws.com"), ("x-amz-date", date),
        ]
        if let sessionToken { headers.append(("x-amz-security-token", sessionToken)) }
        headers += AWSIdentityProof.boundHeaders(binding).filter { !unsigned.contains($0.name) }.map { ($0.name, $0.value) }
        let signature = FakeSTS.sign(headers, body: AWSIdentityProof.body, region: region, date: date, secret: Self.secret)
        var request = try self.request(.awsIAM, csr: csr, evidence: signature, previous: previous)
        request.aws = AWSIdentityProof(
            region: region, accessKeyID: Self.accessKey, date: date, sessionToken: sessionToken, signature: signature)
        return request
    }

    func openIDRequest(_ token: Secret<String>, previous: TestAgent? = nil) throws -> EnrolmentRequest {
        var request = try self.request(.openID, csr: try Installation.csr(key), evidence: token.expose(), previous: previous)
        request.token = token.expose()
        return request
    }

    private func request(
        _ method: EnrolmentMethodName, csr: String, evidence: String, previous: TestAgent?
    ) throws -> EnrolmentRequest {
        var request = EnrolmentRequest(method: method, csr: csr, agentVersion: "0.1.0", hostname: "node-1", platform: "linux/x86_64")
        let statement = EnrolmentStatement(method: method, binding: binding(csr: csr), evidence: evidence)
        (request.tenant, request.environment, request.authority, request.challenge) = (
            environment.tenant, environment.id, authority, challenge
        )
        request.statement = try statement.signed(with: key)
        if let previous {
            request.previous = PreviousIdentity(agent: previous.response.agent, signature: try statement.signed(with: previous.key))
        }
        return request
    }

    static func awsDate(_ date: Date) -> String {
        date.formatted(.iso8601).replacingOccurrences(of: "-", with: "").replacingOccurrences(of: ":", with: "")
    }
}

extension Installation {
    /// A rule as an admin makes it.
    @discardableResult func rule(
        _ environment: ControlPlaneCore.Environment, _ condition: EnrolmentRule.Condition, approval: Bool = false, tenant: Tenant
    ) async throws -> EnrolmentRule {
        try await services.fleet.makeRule(
            for: environment.id, condition, needsApproval: approval, by: try await session(.tenantAdmin, in: tenant))
    }

    func enrol(_ request: EnrolmentRequest) async throws -> EnrolmentResponse { try await services.enrolment.enrol(request) }
}

/// A tenant with an admin, and agents at hand.
struct Place {
    let installation: Installation
    let acme: TenancyService.Bootstrapped
    let admin: TenantSession

    init() async throws {
        installation = try await Installation()
        acme = try await installation.tenant()
        admin = try await installation.session(.tenantAdmin, in: acme.tenant)
    }
    var fleet: FleetService { installation.services.fleet }
    func agent() async throws -> TestAgent { try await installation.enrol(acme.environment) }
    func acts() async throws -> [String] { try await installation.audit(acme.tenant.id).map(\.act) }
    func state(_ agent: TestAgent) async throws -> ControlPlaneCore.Agent.State {
        try await fleet.agent(agent.response.agent.description, by: admin).agent.state(at: installation.time.now)
    }
    /// A renewed agent, whose new certificate was not used yet.
    func renewed(_ agent: TestAgent) async throws -> TestAgent {
        let key = P256.Signing.PrivateKey()
        let answer = try await installation.services.enrolment.renew(
            try await agent.authenticate(), CertificateRequest(csr: try Installation.csr(key)))
        var response = agent.response
        response.certificates = answer.certificates
        return TestAgent(installation: installation, key: key, response: response)
    }
}
