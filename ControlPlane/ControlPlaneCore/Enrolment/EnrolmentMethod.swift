import Basics
import EnrolmentCA
import FoundationEssentials
import WireProtocol

/// One way to be let in. It finds out into which environment, and by what; who the agent is then is not its to say.
protocol EnrolmentMethod: Sendable {
    var name: EnrolmentMethodName { get }
    /// Checks everything that the request shows.
    ///
    /// - Throws: ``EnrolmentError``.
    func admission(of attempt: EnrolmentAttempt) async throws -> Admission
}

/// A request to enrol, with what every method needs of it.
struct EnrolmentAttempt: Sendable {
    let request: EnrolmentRequest
    let checked: CheckedRequest
    let now: Date
}

/// Why somebody is let in, and what becomes used by it.
struct Admission: Sendable {
    var tenant: TenantID
    var environment: EnvironmentID
    /// What the request's statements have to be about.
    var statement: EnrolmentStatement
    var needsApproval: Bool
    /// What lets it in, for the audit log and for locks: `token:HEX` or `rule:UUID`.
    var grant: String
    /// The account that was proven or claimed.
    var account: String?
    /// Digests that must never have been used, each with the time until which anybody could use it.
    var proofs: [(digest: [UInt8], until: Date)] = []
    /// The token, which is used up in the transaction that makes the agent.
    var token: [UInt8]?
    /// The agent that this admits again, when it is for one.
    var agent: AgentID?
}

/// A request whose proof is bound to server, tenant, environment, attempt and key, checked as far as that goes without its evidence.
struct BoundAttempt: Sendable {
    let binding: EnrolmentBinding
    let statement: EnrolmentStatement

    /// - Parameter pins: this server's authorities.
    /// - Throws: ``EnrolmentError`` `malformed`, `badProof`, `invalidChallenge` or `badStatement`.
    init(
        _ attempt: EnrolmentAttempt, method: EnrolmentMethodName, evidence: String, pins: [String], challenges: Challenges
    ) throws(EnrolmentError) {
        let request = attempt.request
        guard let tenant = request.tenant, let environment = request.environment, let authority = request.authority,
            let challenge = request.challenge, let signature = request.statement
        else { throw EnrolmentError(.malformed, "tenant, environment, authority, challenge and statement are needed with this method") }
        guard pins.contains(authority) else { throw EnrolmentError(.badProof, "the proof was made for another server") }
        guard challenges.isGood(challenge, method, tenant, environment, now: attempt.now) else {
            throw EnrolmentError(
                .invalidChallenge, "the challenge is not this server's for this tenant, or older than a minute: ask for another")
        }
        binding = EnrolmentBinding(
            authority: authority, tenant: tenant, environment: environment, challenge: challenge, csr: request.csr)
        statement = EnrolmentStatement(method: method, binding: binding, evidence: evidence)
        guard statement.isSigned(signature, by: attempt.checked.publicKey) else {
            throw EnrolmentError(.badStatement, "the statement is not about this request, or not signed with its key")
        }
    }

    /// The challenge as a proof that is used once.
    func challengeProof(now: Date) -> (digest: [UInt8], until: Date) {
        (SecretText.digest(of: "challenge " + binding.challenge), now.addingTimeInterval(2 * TimeInterval(Challenge.lifetime)))
    }
}
