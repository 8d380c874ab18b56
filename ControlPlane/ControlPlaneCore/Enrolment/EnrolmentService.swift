public import Basics
import Crypto
import EnrolmentCA
public import FoundationEssentials
public import WireProtocol

/// Makes agents of those who prove that they may enrol, and renews certificates.
public struct EnrolmentService: Sendable {
    /// How long a token can be used.
    public static let tokenLifetime: TimeInterval = 3600

    let store: any ControlPlaneStore
    let authority: AuthorityWatch
    let sealingKeys: SealingKeys
    let gatewayURL: String
    let clock: WallClock
    let challenges: Challenges
    let methods: [any EnrolmentMethod]
    let lifetime: TimeInterval
    let configurationKey: ConfigurationKey?

    /// The roots that agents and browsers have to trust, PEM each.
    public var authorities: [String] { ((try? authority.current()) ?? authority.last).roots }

    /// SHA-256 of the DER SubjectPublicKeyInfo of the root behind the listeners as `sha256:HEX`: what `--ca-pin` takes.
    public var authorityPin: String { ((try? authority.current()) ?? authority.last).serving.pin }

    /// For whom OpenID tokens of a tenant's agents are made, where a rule does not say.
    public static func audience(of tenant: TenantID) -> String { "cloudryption/tenant/\(tenant)" }

    /// Makes a one-time token for an environment.
    public func issueToken(
        for environment: Environment, terms: EnrolmentTerms, by session: TenantSession
    ) async throws -> IssuedToken {
        try session.require(.manageAgents, in: environment.id)
        guard environment.tenant == session.tenant.id else { throw StoreError(.notFound, "no such environment") }
        return try await issueToken(for: environment, terms: terms, by: session.actor)
    }

    /// Makes a one-time token without terms.
    public func issueToken(for environment: Environment, by session: TenantSession) async throws -> IssuedToken {
        try await issueToken(for: environment, terms: EnrolmentTerms(), by: session)
    }

    /// Makes a one-time token as the operator of the server.
    public func issueTokenAsOperator(for environment: Environment, terms: EnrolmentTerms = EnrolmentTerms()) async throws -> IssuedToken {
        try await issueToken(for: environment, terms: terms, by: .operator)
    }

    private func issueToken(for environment: Environment, terms: EnrolmentTerms, by actor: AuditActor) async throws -> IssuedToken {
        try terms.check()
        let now = clock.now()
        let token = SecretText.token(prefix: SecretText.enrolmentPrefix)
        guard let digest = SecretText.digest(of: token, prefix: SecretText.enrolmentPrefix) else {
            throw EnrolmentError(.unavailable, "no token can be made")
        }
        let row = EnrolmentToken(
            digest: digest, tenant: environment.tenant, environment: environment.id, createdAt: now,
            expiresAt: now.addingTimeInterval(Self.tokenLifetime), terms: terms)
        try await store.write(environment.tenant) { tables in
            if let agent = terms.agent, try tables.agent(agent)?.environment != environment.id {
                throw StoreError(.notFound, "no such agent")
            }
            try tables.insert(row)
            try AuditLog.append(
                tables, .enrolmentTokenIssued, by: actor, on: "environment:\(environment.id)", detail: "token=\(row.name)", at: now)
        }
        return IssuedToken(token: token, environment: environment.id, expiresAt: row.expiresAt)
    }

    /// A challenge to be answered within a minute. Says nothing about whether there is such a tenant.
    public func challenge(_ request: ChallengeRequest) throws(EnrolmentError) -> Challenge {
        guard let method = EnrolmentMethodName(rawValue: request.method), method != .token else {
            throw EnrolmentError(.unknownMethod, "challenges are for aws-iam and oidc")
        }
        return Challenge(
            challenge: challenges.make(method, request.tenant, request.environment, now: clock.now()),
            audience: Self.audience(of: request.tenant))
    }

    /// Makes an agent of whoever proves that it may be one. Where it belongs comes from the token's row or the rule, the key from the request,
    /// nothing else.
    public func enrol(_ request: EnrolmentRequest) async throws(EnrolmentError) -> EnrolmentResponse {
        guard let name = EnrolmentMethodName(rawValue: request.method), let method = methods.first(where: { $0.name == name }) else {
            throw EnrolmentError(.unknownMethod, "agents enrol with token, aws-iam or oidc")
        }
        let now = clock.now()
        do {
            let attempt = EnrolmentAttempt(request: request, checked: try checked(request.csr), now: now)
            let admission = try await method.admission(of: attempt)
            do {
                return try await admit(attempt, admission)
            } catch let error as EnrolmentError {
                guard error.code != .unavailable else { throw error }
                try await store.write(admission.tenant) {
                    try AuditLog.append(
                        $0, .enrolmentRefused, by: .anonymous, on: "environment:\(admission.environment)", outcome: error.code.full,
                        detail: "method=\(name.rawValue) grant=\(admission.grant)", at: now)
                }
                throw error
            }
        } catch {
            throw error as? EnrolmentError ?? EnrolmentError(.unavailable, "enrolling is not possible now: try again", cause: error)
        }
    }

    private func admit(_ attempt: EnrolmentAttempt, _ admission: Admission) async throws -> EnrolmentResponse {
        let (request, now) = (attempt.request, attempt.now)
        if let signature = request.statement, !admission.statement.isSigned(signature, by: attempt.checked.publicKey) {
            throw EnrolmentError(.badStatement, "the statement is not about this request, or not signed with its key")
        }
        let returning = request.previous?.agent ?? admission.agent
        if let agent = admission.agent, let previous = request.previous, previous.agent != agent {
            throw EnrolmentError(.notAllowed, "the token is for another agent")
        }
        let name = AgentName(tenant: admission.tenant, environment: admission.environment, agent: returning ?? .random())
        let authorities = try currentAuthorities()
        let leaf = try issue(to: name, attempt.checked, authorities, now: now)
        let fresh = Agent(
            id: name.agent, tenant: name.tenant, environment: name.environment, epoch: 1, keyDigest: leaf.keyDigest,
            publicKey: leaf.publicKey, serial: leaf.serial, notAfter: leaf.notAfter,
            hostname: DisplayText.safe(request.hostname, limit: 253), platform: DisplayText.safe(request.platform, limit: 64),
            version: DisplayText.safe(request.agentVersion, limit: 64), enrolledAt: now,
            standing: AgentStanding(
                method: request.method, grant: admission.grant, account: admission.account.map { DisplayText.safe($0, limit: 12) },
                approved: !admission.needsApproval, certifiedAt: now, issuer: authorities.signing.issuer))
        let keys = sealingKeys
        let made: (agent: Agent, key: SealingKey)
        do {
            made = try await store.write(name.tenant) { tables in
                guard try tables.tenantState() == .active else {
                    throw EnrolmentError(.unavailable, "the tenant is suspended: try again later")
                }
                guard try !tables.isLocked(environment: name.environment, agent: name.agent, grant: admission.grant, serial: nil) else {
                    throw EnrolmentError(.revoked, "this is shut out")
                }
                if let token = admission.token, try !tables.useEnrolmentToken(digest: token, by: name.agent, now: now) {
                    throw EnrolmentError(.usedToken, "the enrolment token was used before")
                }
                for proof in admission.proofs where try !tables.useProof(digest: proof.digest, until: proof.until, now: now) {
                    throw EnrolmentError(.usedProof, "this proof was used before")
                }
                let agent = try returning == nil ? fresh : Self.again(fresh, request.previous, admission, tables, now: now)
                if returning == nil { try tables.insert(agent) } else { try tables.update(agent) }
                try tables.insertKey(of: agent.id, digest: agent.keyDigest, publicKey: agent.publicKey, at: now)
                try tables.insert(Self.certificate(leaf, of: agent, authorities, now: now))
                try AuditLog.append(
                    tables, .agentEnrolled, by: .agent(agent.id), on: "environment:\(agent.environment)",
                    detail: "serial=\(agent.serial) method=\(request.method) grant=\(admission.grant) epoch=\(agent.epoch)", at: now)
                return (agent, try keys.current(tables))
            }
        } catch let error as StoreError where error.code == .conflict {
            throw EnrolmentError(.badCSR, "this key belongs to another agent: make a fresh one", cause: error)
        }
        return EnrolmentResponse(
            tenant: name.tenant, environment: name.environment, agent: name.agent, epoch: made.agent.epoch,
            certificates: [leaf.certificate, authorities.signing.issuingPEM], authorities: authorities.roots, gateway: gatewayURL,
            sealingKey: made.key, notAfter: leaf.notAfter.formatted(.iso8601), pendingApproval: made.agent.standing.approved ? nil : true,
            configurationKey: configurationKey)
    }

    /// The agent that enrols again: the same identifier, the next epoch, a fresh key. What it had before is refused from now on.
    private static func again(
        _ fresh: Agent, _ previous: PreviousIdentity?, _ admission: Admission, _ tables: any TenantWriting, now: Date
    ) throws -> Agent {
        guard var agent = try tables.agent(fresh.id), agent.environment == fresh.environment else {
            throw EnrolmentError(.unknownAgent, "there is no such agent to enrol again: leave out the previous identity")
        }
        guard !agent.revoked else { throw EnrolmentError(.revoked, "the agent was revoked, and does not come back by itself") }
        // The key that it had is the proof of who it was; a token that an admin made for this very agent is another.
        if admission.agent != agent.id {
            let pending = try tables.pendingCertificate(of: agent.id)
            let keys = [agent.publicKey, pending?.publicKey].compactMap {
                $0.flatMap { try? P256.Signing.PublicKey(x963Representation: $0) }
            }
            guard let previous, keys.contains(where: { admission.statement.isSigned(previous.signature, by: $0) }) else {
                throw EnrolmentError(.badStatement, "the previous identity is not proven")
            }
        }
        guard agent.keyDigest != fresh.keyDigest else { throw EnrolmentError(.badCSR, "an agent enrols again with a fresh key") }
        for var old in try tables.certificates(of: agent.id, limit: 100) where old.supersededAt == nil {
            old.supersededAt = now
            try tables.update(old)
        }
        try tables.setPendingCertificate(nil, of: agent.id)
        let standing = agent.standing
        agent.epoch += 1
        agent.sequence = 0
        (agent.keyDigest, agent.publicKey, agent.serial, agent.notAfter) = (fresh.keyDigest, fresh.publicKey, fresh.serial, fresh.notAfter)
        (agent.hostname, agent.platform, agent.version) = (fresh.hostname, fresh.platform, fresh.version)
        (agent.enrolledAt, agent.lastSeen) = (now, nil)
        agent.standing = fresh.standing
        // Enrolling again frees nobody from being looked at.
        agent.standing.quarantine = standing.quarantine
        agent.standing.approved = standing.approved && fresh.standing.approved
        return agent
    }

    private static func certificate(_ leaf: IssuedLeaf, of agent: Agent, _ authorities: CertificateAuthorities, now: Date)
        -> AgentCertificate
    {
        AgentCertificate(
            serial: leaf.serial, agent: agent.id, epoch: agent.epoch, keyDigest: leaf.keyDigest, issuer: authorities.signing.issuer,
            issuedAt: now, notAfter: leaf.notAfter)
    }

    private func checked(_ csr: String) throws(EnrolmentError) -> CheckedRequest {
        do throws(CAError) { return try CheckedRequest(pem: csr) } catch { throw EnrolmentError(.badCSR, error.message, cause: error) }
    }

    private func currentAuthorities() throws(EnrolmentError) -> CertificateAuthorities {
        do throws(CAError) { return try authority.current() } catch {
            throw EnrolmentError(.unavailable, "no certificate can be issued now", cause: error)
        }
    }

    private func issue(
        to name: AgentName, _ checked: CheckedRequest, _ authorities: CertificateAuthorities, now: Date
    ) throws(EnrolmentError) -> IssuedLeaf {
        do throws(CAError) { return try authorities.signing.issue(.agent(name, now: now, lifetime: lifetime), for: checked) } catch {
            throw EnrolmentError(.unavailable, "no certificate can be issued now", cause: error)
        }
    }

    /// A certificate for the same agent, with the same key or a fresh one. It becomes the current one with its first use.
    public func renew(_ agent: AuthenticatedAgent, _ request: WireProtocol.CertificateRequest) async throws(EnrolmentError)
        -> CertificateResponse
    {
        let now = clock.now()
        do {
            let name = AgentName(tenant: agent.tenant, environment: agent.environment, agent: agent.id)
            let authorities = try currentAuthorities()
            let leaf = try issue(to: name, try checked(request.csr), authorities, now: now)
            let pending = PendingCertificate(
                keyDigest: leaf.keyDigest, publicKey: leaf.publicKey, serial: leaf.serial, notAfter: leaf.notAfter)
            // Two rows must never share a key, whether current or waiting: the directory finds an agent by it.
            let owner = try await store.readDirectory { try $0.agent(keyDigest: leaf.keyDigest) }
            guard owner == nil || owner?.id == agent.id else {
                throw EnrolmentError(.badCSR, "this key belongs to another agent: make a fresh one")
            }
            try await store.write(agent.tenant) { tables in
                guard let row = try tables.agent(agent.id), !row.revoked else { throw EnrolmentError(.unavailable, "no such agent") }
                // One that waited and was never used gives way: its answer was lost, or it will be asked who has it.
                if let last = try tables.pendingCertificate(of: agent.id), var lost = try tables.certificate(serial: last.serial) {
                    lost.supersededAt = now
                    try tables.update(lost)
                }
                try tables.setPendingCertificate(pending, of: agent.id)
                try tables.insert(Self.certificate(leaf, of: row, authorities, now: now))
                try AuditLog.append(
                    tables, .certificateIssued, by: .agent(agent.id), on: "agent:\(agent.id)", detail: "serial=\(leaf.serial)", at: now)
            }
            return CertificateResponse(
                certificates: [leaf.certificate, authorities.signing.issuingPEM], authorities: authorities.roots,
                notAfter: leaf.notAfter.formatted(.iso8601), configurationKey: configurationKey)
        } catch {
            throw error as? EnrolmentError ?? EnrolmentError(.unavailable, "renewing is not possible now: try again", cause: error)
        }
    }

    /// To what the agent seals from now on.
    public func sealingKey(for agent: AuthenticatedAgent) async throws -> SealingKey {
        let keys = sealingKeys
        return try await store.read(agent.tenant) { try keys.current($0) }
    }
}
