import Basics
import CloudModel
import FoundationEssentials
import WireProtocol

/// Proof by a signed `sts:GetCallerIdentity`: AWS itself says as which role the agent acts.
///
/// The server builds the request anew from five short texts. Host, path, method, headers and body are its own, so that there is nothing of the
/// agent's to be looked through for what it should not be (CVE-2020-16250). The signature covers server, tenant, environment, challenge and
/// the certificate request's hash, because those stand in headers that it names; a header that is there and not signed would prove nothing.
struct AWSIAMMethod: EnrolmentMethod {
    let store: any ControlPlaneStore
    let http: any OutgoingHTTP
    let challenges: Challenges
    let pins: @Sendable () throws -> [String]
    let pace: AttemptPace
    /// Asked instead of AWS, on loopback: for tests.
    let endpoint: String?
    var name: EnrolmentMethodName { .awsIAM }

    /// Most bytes of an answer that are taken. A real one has about 500.
    static let maximumAnswer = 16 << 10
    /// How far the proof's time may be from ours; AWS itself allows five minutes.
    static let clockTolerance: TimeInterval = 300

    func admission(of attempt: EnrolmentAttempt) async throws -> Admission {
        guard let proof = attempt.request.aws else { throw EnrolmentError(.malformed, "the signed request is missing") }
        let bound = try BoundAttempt(attempt, method: .awsIAM, evidence: proof.signature, pins: try pins(), challenges: challenges)
        let endpoint = try Self.check(proof, now: attempt.now)
        let (tenant, environment) = (bound.binding.tenant, bound.binding.environment)
        let rules = try await store.rules(tenant, environment, .awsIAM)
        // Nobody is asked for an environment that takes nobody this way.
        guard !rules.isEmpty else { throw EnrolmentError(.notAllowed, "no rule lets anybody in this way") }
        try pace.take(now: attempt.now)
        let role = try await ask(proof, host: endpoint.host, bound.binding)
        guard let role, role.partition == endpoint.partition, let rule = try rules.first(where: { try Self.admits($0, role) }) else {
            try await store.write(tenant) { tables in
                try AuditLog.append(
                    tables, .enrolmentRefused, by: .anonymous, on: "environment:\(environment)",
                    outcome: EnrolmentCode.notAllowed.full, detail: "method=aws-iam account=\(role?.account ?? "none")", at: attempt.now)
            }
            throw EnrolmentError(.notAllowed, "no rule lets this role in")
        }
        return Admission(
            tenant: tenant, environment: environment, statement: bound.statement, needsApproval: rule.needsApproval,
            grant: "rule:\(rule.id)", account: role.account, proofs: [bound.challengeProof(now: attempt.now)])
    }

    private static func admits(_ rule: EnrolmentRule, _ role: AssumedRole) throws -> Bool {
        guard case .awsIAM(let condition) = rule.condition else { return false }
        return try condition.checked().contains { $0.matches(role) }
    }

    private static func check(_ proof: AWSIdentityProof, now: Date) throws(EnrolmentError) -> (host: String, partition: String) {
        guard let endpoint = STSEndpoints.endpoint(region: proof.region) else {
            throw EnrolmentError(.badProof, "AWS has no Security Token Service of that region")
        }
        func isWord(_ text: String, _ count: ClosedRange<Int>, _ allowed: (UInt8) -> Bool) -> Bool {
            count.contains(text.utf8.count) && text.utf8.allSatisfy(allowed)
        }
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard isWord(proof.accessKeyID, 16...128, { isDigit($0) || (0x41...0x5A).contains($0) }),
            isWord(proof.signature, 64...64, { isDigit($0) || (0x61...0x66).contains($0) }),
            // Printable and without space, so that it is one header's value and nothing else.
            proof.sessionToken.map({ isWord($0, 1...8192, { $0 > 0x20 && $0 < 0x7F }) }) ?? true
        else { throw EnrolmentError(.malformed, "the signed request's parts are not what AWS makes") }
        guard let time = AWSTime(proof.date) else { throw EnrolmentError(.malformed, "the signed request's time is not one") }
        let skew = time.date.timeIntervalSince(now)
        guard abs(skew) <= clockTolerance else {
            let by = "\(Int(abs(skew) / 60)) minutes"
            throw EnrolmentError(.clockSkew, "the agent's clock is \(by) \(skew > 0 ? "ahead of" : "behind") the server's: set it right")
        }
        return endpoint
    }

    private func ask(_ proof: AWSIdentityProof, host: String, _ binding: EnrolmentBinding) async throws(EnrolmentError) -> AssumedRole? {
        var headers: [(name: String, value: String)] = [
            ("content-type", AWSIdentityProof.contentType), ("host", host), ("x-amz-date", proof.date),
        ]
        if let token = proof.sessionToken { headers.append(("x-amz-security-token", token)) }
        headers += AWSIdentityProof.boundHeaders(binding)
        let signed = headers.map(\.name).joined(separator: ";")
        let scope = "\(proof.date.utf8.prefix(8).map { String(UnicodeScalar($0)) }.joined())/\(proof.region)/sts/aws4_request"
        headers.append(
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=\(proof.accessKeyID)/\(scope), SignedHeaders=\(signed), Signature=\(proof.signature)"
            ))
        headers.append(("accept", "application/json"))
        let request = OutgoingRequest(
            .post, (endpoint ?? "https://\(host)") + "/", headers: headers, body: Array(AWSIdentityProof.body.utf8),
            maximumAnswer: Self.maximumAnswer)
        let answer: OutgoingAnswer
        do throws(OutgoingError) { answer = try await http.send(request) } catch {
            guard error.code != .tooLarge else { throw EnrolmentError(.badProof, "the answer of AWS is not one", cause: error) }
            throw EnrolmentError(.unavailable, "AWS cannot be asked now: try again", cause: error)
        }
        guard answer.status != 429, answer.status < 500 else { throw EnrolmentError(.unavailable, "AWS cannot answer now: try again") }
        guard answer.status == 200 else { throw EnrolmentError(.badProof, "AWS does not confirm the signature") }
        return try Self.role(answer.body)
    }

    /// The role that the answer names; `nil` when it names somebody who is not a role.
    private static func role(_ body: [UInt8]) throws(EnrolmentError) -> AssumedRole? {
        let limits = JSONLimits(bytes: maximumAnswer, depth: 8, stringBytes: 4 << 10)
        guard body.count <= maximumAnswer, let json = try? JSONValue(parsing: body, limits: limits),
            let result = json["GetCallerIdentityResponse"]?["GetCallerIdentityResult"], let account = result["Account"]?.string,
            let arn = result["Arn"]?.string, AssumedRole.isAccount(account)
        else { throw EnrolmentError(.badProof, "the answer of AWS is not one") }
        guard let role = AssumedRole(arn: arn) else { return nil }
        guard role.account == account else { throw EnrolmentError(.badProof, "the answer of AWS contradicts itself") }
        return role
    }
}

/// `YYYYMMDDTHHMMSSZ`, as AWS writes times.
struct AWSTime {
    let date: Date

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            (bytes[0..<8] + bytes[9..<15]).allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        func two(_ at: Int) -> String { String(decoding: bytes[at..<(at + 2)], as: UTF8.self) }
        let iso = "\(two(0))\(two(2))-\(two(4))-\(two(6))T\(two(9)):\(two(11)):\(two(13))Z"
        guard let date = try? Date(iso, strategy: .iso8601) else { return nil }
        self.date = date
    }
}
