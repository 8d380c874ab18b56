import Basics
import ControlPlaneCore
import Crypto
import WireProtocol

// What the listeners ask of the core, each protocol as narrow as its routes. Tests put fakes behind them.

/// Passwords and sessions.
protocol SigningIn: Sendable {
    func signIn(
        email: String, password: Secret<String>, newPassword: Secret<String>?, code: Secret<String>?, source: String
    ) async throws(AccessError) -> SignedIn
    func authenticate(_ token: Secret<String>) async throws(AccessError) -> TenantSession
    func signOut(_ session: TenantSession) async throws
    func changePassword(to new: Secret<String>, by session: TenantSession) async throws
}

/// Who is behind a client certificate.
protocol KnowingAgents: Sendable {
    func authenticate(_ certificate: PeerCertificate) async throws(AccessError) -> AuthenticatedAgent
    func heartbeat(_ heartbeat: WireProtocol.Heartbeat, from agent: AuthenticatedAgent) async throws -> HeartbeatAnswer
    func leave(_ agent: AuthenticatedAgent) async throws
}

/// Who shuts agents out.
protocol RevokingAgents: Sendable {
    func revoke(_ agent: String, by session: TenantSession) async throws
}

/// What people do about agents.
protocol ManagingFleet: Sendable {
    func agent(_ id: String, by session: TenantSession) async throws -> FleetService.Detail
    func approve(_ id: String, by session: TenantSession) async throws
    func quarantine(_ id: String, by session: TenantSession) async throws
    func release(_ id: String, discarding: Bool, by session: TenantSession) async throws
    func requestRenewal(_ id: String, by session: TenantSession) async throws
    func settings(for scope: SettingsScope, by session: TenantSession) async throws -> StoredSettings?
    func set(_ settings: AgentSettings, for scope: SettingsScope, by session: TenantSession) async throws -> StoredSettings
    func lock(_ kind: Lock.Kind, _ subject: String, by session: TenantSession) async throws
    func unlock(_ kind: Lock.Kind, _ subject: String, by session: TenantSession) async throws
    func locks(by session: TenantSession) async throws -> [Lock]
    func rules(by session: TenantSession) async throws -> [EnrolmentRule]
    func makeRule(
        for environment: EnvironmentID, _ condition: EnrolmentRule.Condition, needsApproval: Bool, by session: TenantSession
    ) async throws -> EnrolmentRule
    func dropRule(_ id: String, by session: TenantSession) async throws
    func tokens(by session: TenantSession) async throws -> [EnrolmentToken]
    func expireToken(_ name: String, by session: TenantSession) async throws
}

/// Tokens and certificates.
protocol Enrolling: Sendable {
    var authorities: [String] { get }
    var authorityPin: String { get }
    func issueToken(for environment: ControlPlaneCore.Environment, by session: TenantSession) async throws -> IssuedToken
    func issueToken(
        for environment: ControlPlaneCore.Environment, terms: EnrolmentTerms, by session: TenantSession
    ) async throws -> IssuedToken
    func challenge(_ request: ChallengeRequest) throws(EnrolmentError) -> Challenge
    func enrol(_ request: EnrolmentRequest) async throws(EnrolmentError) -> EnrolmentResponse
    func renew(_ agent: AuthenticatedAgent, _ request: CertificateRequest) async throws(EnrolmentError) -> CertificateResponse
    func sealingKey(for agent: AuthenticatedAgent) async throws -> SealingKey
}

/// Lists of revoked certificates.
protocol ListingRevoked: Sendable {
    func list(issuer: String?) async throws -> [UInt8]
}

/// Bundles.
protocol TakingBundles: Sendable {
    /// Bytes of a piece of new uploads.
    var pieceSize: Int { get }
    func open(_ request: UploadRequest, from agent: AuthenticatedAgent) async throws -> UploadState
    func status(of bundle: BundleID, from agent: AuthenticatedAgent) async throws -> UploadState
    func put(piece index: Int, _ bytes: [UInt8], sha256: String, of bundle: BundleID, from agent: AuthenticatedAgent) async throws
    func put(batch: [UInt8], sha256: String, of bundle: BundleID, from agent: AuthenticatedAgent) async throws
    func complete(_ bundle: BundleID, from agent: AuthenticatedAgent) async throws -> UploadState
}

/// Results of runs.
protocol GivingResults: Sendable {
    func latest(in environment: ControlPlaneCore.Environment, for session: TenantSession) async throws -> RunResult?
    func result(of run: RunID, for session: TenantSession) async throws -> RunResult?
}

protocol ProvingAudit: Sendable {
    func export(after: UInt64, size: UInt64?, limit: Int, for session: TenantSession) async throws -> AuditExportPage
    func checkpoint(for session: TenantSession) async throws -> (key: String, note: String?)
}

extension AuditService: ProvingAudit {}
extension SignInService: SigningIn {}
extension AgentDirectory: KnowingAgents, RevokingAgents {}
extension EnrolmentService: Enrolling {}
extension IngestService: TakingBundles {}
extension RevocationLists: ListingRevoked {}
extension FleetService: ManagingFleet {}
extension ResultsService: GivingResults {}

/// All of them together, with what the answers name.
struct ListenerServices: Sendable {
    var signIn: any SigningIn
    var agents: any KnowingAgents & RevokingAgents
    var enrolment: any Enrolling
    var ingest: any TakingBundles
    var results: any GivingResults
    var revocationLists: any ListingRevoked
    var fleet: any ManagingFleet
    var access: AccessServices
    var audit: any ProvingAudit
    var limits = APILimits()
    var cursors: Cursors
    /// Whether the database answers.
    var isReady: @Sendable () async -> Bool = { true }
    /// What `/metrics` of the site's listener asks for; without it there is none.
    var metricsToken: Secret<String>?
    var clock: WallClock
    var gatewayURL: String
    var consoleURL: String
}

extension ListenerServices {
    init(_ services: ControlPlaneServices) {
        self.init(
            signIn: services.signIn, agents: services.agents, enrolment: services.enrolment, ingest: services.ingest,
            results: services.results, revocationLists: services.revocationLists, fleet: services.fleet, access: services.access,
            audit: services.audit,
            cursors: Cursors(key: SymmetricKey(data: services.cursorKey.expose())), isReady: services.isReady,
            metricsToken: services.metricsToken,
            clock: services.clock, gatewayURL: services.gatewayURL, consoleURL: services.consoleURL)
    }

    /// What to run where the agent will live. The token's characters and the pin's mean nothing to a shell.
    func enrolCommand(_ token: Secret<String>) -> String {
        "cloudryption-agent enroll --server \(consoleURL) --token \(token.expose()) --ca-pin \(enrolment.authorityPin)"
    }
}
