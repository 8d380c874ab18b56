import Basics
import Crypto
import EnrolmentCA
public import FoundationEssentials
public import WireProtocol

/// Turns a one-time token into an agent with a certificate, and renews certificates.
public struct EnrolmentService: Sendable {
    /// How long a token can be used.
    public static let tokenLifetime: TimeInterval = 3600

    let store: any ControlPlaneStore
    let authority: CertificateAuthority
    let sealingKeys: SealingKeys
    let gatewayURL: String
    let clock: WallClock

    /// The roots that agents and browsers have to trust, PEM each.
    public var authorities: [String] { [authority.rootPEM] }

    /// SHA-256 of the root's DER SubjectPublicKeyInfo as `sha256:HEX`: what `--ca-pin` takes.
    public var authorityPin: String { authority.pin }

    /// Makes a one-time token for an environment.
    public func issueToken(for environment: Environment, by session: TenantSession) async throws -> IssuedToken {
        try session.require(.manageAgents)
        guard environment.tenant == session.tenant.id else { throw StoreError(.notFound, "no such environment") }
        return try await issueToken(for: environment, by: .user(session.user.id))
    }

    /// Makes a one-time token as the operator of the server.
    public func issueTokenAsOperator(for environment: Environment) async throws -> IssuedToken {
        try await issueToken(for: environment, by: .operator)
    }

    private func issueToken(for environment: Environment, by actor: AuditActor) async throws -> IssuedToken {
        let now = clock.now()
        let token = SecretText.token(prefix: SecretText.enrolmentPrefix)
        guard let digest = SecretText.digest(of: token, prefix: SecretText.enrolmentPrefix) else {
            throw EnrolmentError(.unavailable, "no token can be made")
        }
        let row = EnrolmentToken(
            digest: digest, tenant: environment.tenant, environment: environment.id, createdAt: now,
            expiresAt: now.addingTimeInterval(Self.tokenLifetime))
        try await store.write(environment.tenant) { tables in
            try tables.insert(row)
            try AuditLog.append(tables, .enrolmentTokenIssued, by: actor, on: "environment:\(environment.id)", at: now)
        }
        return IssuedToken(token: token, environment: environment.id, expiresAt: row.expiresAt)
    }

    /// Uses up the token and makes an agent of its bearer. Identity comes from the token's row, the key from the request, nothing else.
    public func enrol(_ request: EnrolmentRequest) async throws(EnrolmentError) -> EnrolmentResponse {
        guard Array(request.method.utf8) == Array("token".utf8) else { throw EnrolmentError(.unknownMethod, "only tokens are taken") }
        guard let digest = SecretText.digest(of: Secret(request.token), prefix: SecretText.enrolmentPrefix) else {
            throw EnrolmentError(.invalidToken, "this is not an enrolment token")
        }
        let now = clock.now()
        do {
            guard let token = try await store.readDirectory({ try $0.enrolmentToken(digest: digest) }) else {
                throw EnrolmentError(.invalidToken, "the enrolment token is not known")
            }
            do {
                return try await enrol(request, with: token, now: now)
            } catch let error as EnrolmentError {
                // The refusal is the only thing that happened: it has to be on record, or the caller hears of nothing but an outage.
                try await store.write(token.tenant) {
                    try AuditLog.append(
                        $0, .enrolmentRefused, by: .anonymous, on: "environment:\(token.environment)",
                        outcome: error.code.full, at: now)
                }
                throw error
            }
        } catch {
            throw error as? EnrolmentError ?? EnrolmentError(.unavailable, "enrolling is not possible now: try again", cause: error)
        }
    }

    private func enrol(_ request: EnrolmentRequest, with token: EnrolmentToken, now: Date) async throws -> EnrolmentResponse {
        guard token.usedAt == nil else { throw EnrolmentError(.usedToken, "the enrolment token was used before") }
        guard now <= token.expiresAt else { throw EnrolmentError(.expiredToken, "the enrolment token is too old") }
        let name = AgentName(tenant: token.tenant, environment: token.environment, agent: .random())
        let leaf = try issue(to: name, csr: request.csr, now: now)
        let agent = Agent(
            id: name.agent, tenant: name.tenant, environment: name.environment, epoch: 1, keyDigest: leaf.keyDigest,
            publicKey: leaf.publicKey, serial: leaf.serial, notAfter: leaf.notAfter,
            hostname: DisplayText.safe(request.hostname, limit: 253),
            platform: DisplayText.safe(request.platform, limit: 64), version: DisplayText.safe(request.agentVersion, limit: 64),
            enrolledAt: now)
        let keys = sealingKeys
        let sealingKey: SealingKey
        do {
            sealingKey = try await store.write(name.tenant) { tables in
                guard try tables.useEnrolmentToken(digest: token.digest, by: agent.id, now: now) else {
                    throw EnrolmentError(.usedToken, "the enrolment token was used before")
                }
                try tables.insert(agent)
                try tables.insertKey(of: agent.id, digest: agent.keyDigest, publicKey: agent.publicKey, at: now)
                try AuditLog.append(
                    tables, .agentEnrolled, by: .agent(agent.id), on: "environment:\(agent.environment)",
                    detail: "serial=\(agent.serial)", at: now)
                return try keys.current(tables)
            }
        } catch let error as StoreError where error.code == .conflict {
            throw EnrolmentError(.badCSR, "this key belongs to another agent: make a fresh one", cause: error)
        }
        return EnrolmentResponse(
            tenant: name.tenant, environment: name.environment, agent: name.agent, epoch: agent.epoch,
            certificates: [leaf.certificate, authority.issuingPEM], authorities: authorities, gateway: gatewayURL, sealingKey: sealingKey,
            notAfter: leaf.notAfter.formatted(.iso8601))
    }

    private func issue(to name: AgentName, csr: String, now: Date) throws -> IssuedLeaf {
        let checked: CheckedRequest
        do throws(CAError) { checked = try CheckedRequest(pem: csr) } catch {
            throw EnrolmentError(.badCSR, error.message, cause: error)
        }
        do throws(CAError) { return try authority.issue(.agent(name, now: now), for: checked) } catch {
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
            let leaf = try issue(to: name, csr: request.csr, now: now)
            let pending = PendingCertificate(
                keyDigest: leaf.keyDigest, publicKey: leaf.publicKey, serial: leaf.serial, notAfter: leaf.notAfter)
            // Two rows must never share a key, whether current or waiting: the directory finds an agent by it.
            let owner = try await store.readDirectory { try $0.agent(keyDigest: leaf.keyDigest) }
            guard owner == nil || owner?.id == agent.id else {
                throw EnrolmentError(.badCSR, "this key belongs to another agent: make a fresh one")
            }
            try await store.write(agent.tenant) { tables in
                guard let row = try tables.agent(agent.id), !row.revoked else { throw EnrolmentError(.unavailable, "no such agent") }
                try tables.setPendingCertificate(pending, of: agent.id)
                try AuditLog.append(
                    tables, .certificateIssued, by: .agent(agent.id), on: "agent:\(agent.id)", detail: "serial=\(leaf.serial)", at: now)
            }
            return CertificateResponse(
                certificates: [leaf.certificate, authority.issuingPEM], authorities: authorities,
                notAfter: leaf.notAfter.formatted(.iso8601))
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
