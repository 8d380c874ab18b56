import Basics
import CloudModel
import FoundationEssentials
import WireProtocol

/// Proof by a token of an OpenID provider that the environment's rules name: a Kubernetes cluster, Google, Azure, GitHub.
///
/// Such a token is a bearer's. What binds it here is the statement: signed with the key that is to be certified, over server, tenant, challenge
/// and the token's digest; and each token enrols one agent.
struct OpenIDMethod: EnrolmentMethod {
    let store: any ControlPlaneStore
    let verifier: OpenIDVerifier
    let challenges: Challenges
    let pins: @Sendable () throws -> [String]
    let pace: AttemptPace
    let policy: OpenIDIssuer.Policy
    var name: EnrolmentMethodName { .openID }

    func admission(of attempt: EnrolmentAttempt) async throws -> Admission {
        guard let text = attempt.request.token else { throw EnrolmentError(.malformed, "the provider's token is missing") }
        let bound = try BoundAttempt(attempt, method: .openID, evidence: text, pins: try pins(), challenges: challenges)
        let (tenant, environment) = (bound.binding.tenant, bound.binding.environment)
        let rules = try await store.rules(tenant, environment, .openID)
        let issuer: String?
        do throws(OpenIDError) { issuer = try UnverifiedToken(Secret(text)).claims["iss"]?.string } catch {
            throw EnrolmentError(.badProof, error.message, cause: error)
        }
        // Chooses among the rules, and is checked again with the signature.
        let fitting = rules.compactMap { rule -> (EnrolmentRule, OpenIDCondition)? in
            guard case .openID(let condition) = rule.condition, let issuer, Array(issuer.utf8) == Array(condition.issuer.utf8) else {
                return nil
            }
            return (rule, condition)
        }
        guard !fitting.isEmpty else { throw EnrolmentError(.notAllowed, "no rule takes tokens of that issuer") }
        try pace.take(now: attempt.now)
        var refusal = EnrolmentError(.notAllowed, "no rule takes this subject")
        var isGenuine = false
        for (rule, condition) in fitting {
            let checked = try condition.checked(policy)
            let token: VerifiedOpenIDToken
            do throws(OpenIDError) {
                token = try await verifier.verify(
                    Secret(text),
                    as: .init(
                        issuer: checked.issuer, audience: condition.audience ?? EnrolmentService.audience(of: tenant),
                        pinnedKeys: checked.keys))
            } catch {
                refusal = Self.refusal(error)
                continue
            }
            isGenuine = true
            guard checked.admits(token) else {
                refusal = EnrolmentError(.notAllowed, "no rule takes this subject")
                continue
            }
            return Admission(
                tenant: tenant, environment: environment, statement: bound.statement, needsApproval: rule.needsApproval,
                grant: "rule:\(rule.id)",
                proofs: [
                    bound.challengeProof(now: attempt.now), (token.digest, Date(timeIntervalSince1970: token.expiresAt + 600)),
                ])
        }
        // On record only when the issuer itself vouches for the token: the log is nobody's to fill who has none.
        if isGenuine {
            let code = refusal.code.full
            try await store.write(tenant) { tables in
                try AuditLog.append(
                    tables, .enrolmentRefused, by: .anonymous, on: "environment:\(environment)", outcome: code, detail: "method=oidc",
                    at: attempt.now)
            }
        }
        throw refusal
    }

    private static func refusal(_ error: OpenIDError) -> EnrolmentError {
        switch error.code {
        case .expired: EnrolmentError(.expiredToken, error.message, cause: error)
        case .unavailable: EnrolmentError(.unavailable, "the issuer cannot be asked now: try again", cause: error)
        default: EnrolmentError(.badProof, error.message, cause: error)
        }
    }
}

extension ControlPlaneStore {
    /// The environment's rules for a method; none for an environment that is not there.
    func rules(_ tenant: TenantID, _ environment: EnvironmentID, _ method: EnrolmentMethodName) async throws -> [EnrolmentRule] {
        do {
            return try await read(tenant) { tables in
                // Of a tenant that is suspended or deleted no rule holds.
                try tables.tenantState() == .active ? tables.enrolmentRules(of: environment) : []
            }.filter { $0.method == method }
        } catch let error as StoreError where error.code == .notFound { return [] }
    }
}
