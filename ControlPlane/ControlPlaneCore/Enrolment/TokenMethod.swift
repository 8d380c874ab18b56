import Basics
import FoundationEssentials
import WireProtocol

/// A one-time token: hashed, good for an hour, used once, also when two race. Its row says into which environment it leads.
struct TokenMethod: EnrolmentMethod {
    let store: any ControlPlaneStore
    /// This server's authorities.
    let pins: @Sendable () throws -> [String]
    var name: EnrolmentMethodName { .token }

    func admission(of attempt: EnrolmentAttempt) async throws -> Admission {
        guard let text = attempt.request.token, let digest = SecretText.digest(of: Secret(text), prefix: SecretText.enrolmentPrefix) else {
            throw EnrolmentError(.invalidToken, "this is not an enrolment token")
        }
        guard let token = try await store.readDirectory({ try $0.enrolmentToken(digest: digest) }) else {
            throw EnrolmentError(.invalidToken, "the enrolment token is not known")
        }
        do throws(EnrolmentError) { try check(token, attempt) } catch {
            // The refusal is the only thing that happened: it has to be on record, or the caller hears of nothing but an outage.
            try await store.write(token.tenant) { tables in
                try AuditLog.append(
                    tables, .enrolmentRefused, by: .anonymous, on: "environment:\(token.environment)", outcome: error.code.full,
                    at: attempt.now)
            }
            throw error
        }
        let binding = EnrolmentBinding(
            authority: attempt.request.authority ?? "", tenant: token.tenant, environment: token.environment, challenge: "",
            csr: attempt.request.csr)
        let statement = EnrolmentStatement(method: .token, binding: binding, evidence: text)
        if attempt.request.statement != nil || attempt.request.previous != nil {
            guard let authority = attempt.request.authority, try pins().contains(authority) else {
                throw EnrolmentError(.badProof, "the statement was made for another server")
            }
        }
        return Admission(
            tenant: token.tenant, environment: token.environment, statement: statement, needsApproval: token.terms.needsApproval,
            grant: "token:\(token.name)", account: attempt.request.account, token: digest, agent: token.terms.agent)
    }

    private func check(_ token: EnrolmentToken, _ attempt: EnrolmentAttempt) throws(EnrolmentError) {
        guard token.usedAt == nil else { throw EnrolmentError(.usedToken, "the enrolment token was used before") }
        guard attempt.now <= token.expiresAt else { throw EnrolmentError(.expiredToken, "the enrolment token is too old") }
        // Both are guards against mistakes, not proofs: the agent says them itself.
        if let account = token.terms.account {
            guard let said = attempt.request.account, Array(said.utf8) == Array(account.utf8) else {
                throw EnrolmentError(
                    .wrongAccount, "the token is for the account \(account), and the agent did not say that it reads that one")
            }
        }
        if let host = token.terms.host {
            guard TextPattern(host, literal: 0)?.matches(attempt.request.hostname) == true else {
                throw EnrolmentError(.wrongHost, "the token is for hosts named \(host)")
            }
        }
    }
}
