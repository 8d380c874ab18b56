import Basics
import CloudModel
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import Crypto
import Foundation
import Synchronization
import WireProtocol

/// One tenant's rows, in memory.
struct TenantRows: TenantReading, Sendable {
    var row: Tenant
    var allEnvironments: [ControlPlaneCore.Environment] = []
    var allAgents: [ControlPlaneCore.Agent] = []
    var allRuns: [ControlPlaneCore.Run] = []

    var tenantID: TenantID { row.id }
    func tenant() throws -> Tenant { row }
    func environments() throws -> [ControlPlaneCore.Environment] { allEnvironments }
    func agents() throws -> [ControlPlaneCore.Agent] { allAgents }
    func agent(_ id: AgentID) throws -> ControlPlaneCore.Agent? { allAgents.first { $0.id == id } }
    func pendingCertificate(of agent: AgentID) throws -> PendingCertificate? { nil }
    func publicKey(of agent: AgentID, digest: [UInt8]) throws -> [UInt8]? { nil }
    func users() throws -> [User] { [] }
    func user(_ id: UserID) throws -> User? { nil }
    func passwordHash(of user: UserID) throws -> String? { nil }
    func upload(_ bundle: BundleID) throws -> Upload? { nil }
    func uploads(of agent: AgentID) throws -> [Upload] { [] }
    func pieces(of bundle: BundleID) throws -> [Int] { [] }
    func bundle(_ id: BundleID) throws -> StoredBundle? { nil }
    func run(_ id: RunID) throws -> ControlPlaneCore.Run? { allRuns.first { $0.id == id } }
    func runs(
        environment: EnvironmentID?, status: ControlPlaneCore.Run.Status?, after last: ControlPlaneCore.Run?, limit: Int
    ) throws -> [ControlPlaneCore.Run] {
        let all = allRuns.filter { environment == nil || $0.environment == environment }
        guard let last, let index = all.firstIndex(of: last) else { return Array(all.prefix(limit)) }
        return Array(all[(index + 1)...].prefix(limit))
    }
    func result(of run: RunID) throws -> StoredResult? { nil }
    func sealingKeys() throws -> [StoredSealingKey] { [] }
    func enrolmentRules(of environment: EnvironmentID?) throws -> [EnrolmentRule] { [] }
    func enrolmentTokens(limit: Int) throws -> [EnrolmentToken] { [] }
    func certificates(of agent: AgentID, limit: Int) throws -> [AgentCertificate] { [] }
    func certificate(serial: String) throws -> AgentCertificate? { nil }
    func revokedCertificates(issuer: String, endingAfter time: Date) throws -> [AgentCertificate] { [] }
    func locks() throws -> [Lock] { [] }
    func isLocked(environment: EnvironmentID, agent: AgentID, grant: String?, serial: String?) throws -> Bool { false }
    func heldBundles(of agent: AgentID) throws -> [StoredBundle] { [] }
    func blockNames(ofUpload bundle: BundleID) throws -> [UInt8]? { nil }
    func blockNames(ofBundle bundle: BundleID) throws -> [UInt8]? { nil }
    func block(named name: [UInt8], of agent: AgentID) throws -> StoredBlock? { nil }
    func settings(for scope: SettingsScope) throws -> StoredSettings? { nil }
    func newestSettingsVersion() throws -> UInt64 { 0 }
    func lastAuditEntry() throws -> AuditEntry? { nil }
    func auditEntries(after index: UInt64, limit: Int) throws -> [AuditEntry] { [] }
    func tenantState() throws -> Tenant.State { .active }
    func auditTreeSize() throws -> UInt64 { 0 }
    func auditNode(level: UInt64, position: UInt64) throws -> [UInt8]? { nil }
    func auditCheckpoints(limit: Int) throws -> [StoredCheckpoint] { [] }
    func sessions(of user: UserID?) throws -> [Session] { [] }
    func codeFactor(of user: UserID) throws -> CodeFactor? { nil }
    func recoveryCodesLeft(of user: UserID) throws -> Int { 0 }
    func passkeys(of user: UserID) throws -> [Passkey] { [] }
    func apiTokens() throws -> [APIToken] { [] }
    func signOn() throws -> SignOn? { nil }
    func user(signOnSubject: String) throws -> User? { nil }
    func breakGlass() throws -> [BreakGlass] { [] }
}

/// A store that only reads tenants.
final class FakeStore: ControlPlaneStore {
    let tenants: Mutex<[TenantID: TenantRows]>
    init(_ tenants: [TenantRows]) { self.tenants = Mutex(Dictionary(uniqueKeysWithValues: tenants.map { ($0.row.id, $0) })) }

    func readDirectory<T: Sendable>(_ body: @escaping @Sendable (any Directory) throws -> T) async throws -> T { throw Unused() }
    func writeDirectory<T: Sendable>(_ body: @escaping @Sendable (any DirectoryWriting) throws -> T) async throws -> T { throw Unused() }
    func read<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantReading) throws -> T) async throws -> T {
        guard let rows = tenants.withLock({ $0[tenant] }) else { throw StoreError(.notFound, "no such tenant") }
        return try body(rows)
    }
    func write<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T {
        throw Unused()
    }
    func create<T: Sendable>(_ tenant: Tenant, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T {
        throw Unused()
    }
    func erase(_ tenant: TenantID) async throws -> [String: Int] { throw Unused() }
    func purgeAudit(of tenant: TenantID, before: Date) async throws -> Int { throw Unused() }
    func takeTenantsWithFreshEntries() -> Set<TenantID> { [] }
    func takeNextRun(now: Date, hold: Date) async throws -> (tenant: TenantID, run: RunID)? { throw Unused() }
    struct Unused: Error {}
}

/// Nobody who does anything about agents.
struct NoFleet: ManagingFleet {
    func agent(_ id: String, by session: TenantSession) async throws -> FleetService.Detail { throw FakeStore.Unused() }
    func approve(_ id: String, by session: TenantSession) async throws { throw FakeStore.Unused() }
    func quarantine(_ id: String, by session: TenantSession) async throws { throw FakeStore.Unused() }
    func release(_ id: String, discarding: Bool, by session: TenantSession) async throws { throw FakeStore.Unused() }
    func requestRenewal(_ id: String, by session: TenantSession) async throws { throw FakeStore.Unused() }
    func settings(for scope: SettingsScope, by session: TenantSession) async throws -> StoredSettings? { throw FakeStore.Unused() }
    func set(_ settings: AgentSettings, for scope: SettingsScope, by session: TenantSession) async throws -> StoredSettings {
        throw FakeStore.Unused()
    }
    func lock(_ kind: Lock.Kind, _ subject: String, by session: TenantSession) async throws { throw FakeStore.Unused() }
    func unlock(_ kind: Lock.Kind, _ subject: String, by session: TenantSession) async throws { throw FakeStore.Unused() }
    func locks(by session: TenantSession) async throws -> [Lock] { throw FakeStore.Unused() }
    func rules(by session: TenantSession) async throws -> [EnrolmentRule] { throw FakeStore.Unused() }
    func makeRule(
        for environment: EnvironmentID, _ condition: EnrolmentRule.Condition, needsApproval: Bool, by session: TenantSession
    ) async throws -> EnrolmentRule { throw FakeStore.Unused() }
    func dropRule(_ id: String, by session: TenantSession) async throws { throw FakeStore.Unused() }
    func tokens(by session: TenantSession) async throws -> [EnrolmentToken] { throw FakeStore.Unused() }
    func expireToken(_ name: String, by session: TenantSession) async throws { throw FakeStore.Unused() }
}

/// Everything behind the listeners, in memory, with one tenant or two.
final class FakeCore: SigningIn, KnowingAgents, RevokingAgents, Enrolling, TakingBundles, GivingResults, ListingRevoked, ProvingAudit {
    struct State {
        var sessions: [String: TenantSession] = [:]
        var results: [RunID: RunResult] = [:]
        var agents: [String: ControlPlaneCore.Agent] = [:]
        var revoked: Set<String> = []
        var pieces: [Int: [UInt8]] = [:]
        var signedOut = 0
        var tokens = 0
        var enrolled: [EnrolmentRequest] = []
    }
    let state = Mutex(State())
    let store: FakeStore
    let access: AccessServices
    init(_ store: FakeStore, _ access: AccessServices) {
        self.store = store
        self.access = access
    }

    var services: ListenerServices {
        ListenerServices(
            signIn: self, agents: self, enrolment: self, ingest: self, results: self, revocationLists: self, fleet: NoFleet(),
            access: access, audit: self,
            cursors: Cursors(key: SymmetricKey(data: Array("a key of thirty-two bytes, for us".utf8))), clock: .system,
            gatewayURL: "https://localhost:8444",
            consoleURL: "https://localhost:8443")
    }

    func export(after: UInt64, size: UInt64?, limit: Int, for session: TenantSession) async throws -> AuditExportPage {
        throw FakeStore.Unused()
    }
    func checkpoint(for session: TenantSession) async throws -> (key: String, note: String?) { throw FakeStore.Unused() }

    // Sessions
    func signIn(
        email: String, password: Secret<String>, newPassword: Secret<String>?, code: Secret<String>?, source: String
    ) async throws(AccessError) -> SignedIn {
        guard email == "admin@example.test" else { throw AccessError(.badCredentials, "email or password is wrong") }
        switch password.expose() {
        case "right horse battery": break
        case "one-time":
            guard let newPassword else { throw AccessError(.mustChangePassword, "choose a password") }
            guard newPassword.expose().utf8.count >= 12 else { throw AccessError(.weakPassword, "the password is too short") }
        default: throw AccessError(.badCredentials, "email or password is wrong")
        }
        return SignedIn(token: Secret("alpha-session"), expiresAt: Date().addingTimeInterval(3600))
    }
    func authenticate(_ token: Secret<String>) async throws(AccessError) -> TenantSession {
        guard let session = state.withLock({ $0.sessions[token.expose()] }) else { throw AccessError(.noSession, "sign in first") }
        return session
    }
    func signOut(_ session: TenantSession) async throws { state.withLock { $0.signedOut += 1 } }
    func changePassword(to new: Secret<String>, by session: TenantSession) async throws { throw FakeStore.Unused() }

    // Agents
    func authenticate(_ certificate: PeerCertificate) async throws(AccessError) -> AuthenticatedAgent {
        let (agent, revoked) = state.withLock { ($0.agents[certificate.uri], $0.revoked.contains(certificate.uri)) }
        guard let agent else { throw AccessError(.unknownAgent, "no such agent") }
        guard !revoked else { throw AccessError(.certificateRevoked, "the agent was revoked") }
        return AuthenticatedAgent(agent: agent)
    }
    func heartbeat(_ heartbeat: WireProtocol.Heartbeat, from agent: AuthenticatedAgent) async throws -> HeartbeatAnswer {
        HeartbeatAnswer(serverTime: "2026-11-23T17:00:00Z", message: agent.id.description)
    }
    func revoke(_ agent: String, by session: TenantSession) async throws { state.withLock { _ = $0.revoked.insert(agent) } }

    // Enrolment
    var authorities: [String] { ["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"] }
    var authorityPin: String { "sha256:" + String(repeating: "ab", count: 32) }
    func issueToken(
        for environment: ControlPlaneCore.Environment, terms: EnrolmentTerms, by session: TenantSession
    ) async throws -> IssuedToken { try await issueToken(for: environment, by: session) }
    func issueToken(for environment: ControlPlaneCore.Environment, by session: TenantSession) async throws -> IssuedToken {
        state.withLock { $0.tokens += 1 }
        return IssuedToken(token: Secret("clre_shown-once"), environment: environment.id, expiresAt: Date().addingTimeInterval(3600))
    }
    func challenge(_ request: ChallengeRequest) throws(EnrolmentError) -> Challenge {
        Challenge(challenge: "challenge", audience: "audience")
    }
    func list(issuer: String?) async throws -> [UInt8] { [0x30, 0] }
    func leave(_ agent: AuthenticatedAgent) async throws {}
    func enrol(_ request: EnrolmentRequest) async throws(EnrolmentError) -> EnrolmentResponse {
        state.withLock { $0.enrolled.append(request) }
        throw EnrolmentError(.invalidToken, "this is not a token of ours")
    }
    func renew(_ agent: AuthenticatedAgent, _ request: CertificateRequest) async throws(EnrolmentError) -> CertificateResponse {
        throw EnrolmentError(.badCSR, "the request does not parse")
    }
    func sealingKey(for agent: AuthenticatedAgent) async throws -> SealingKey {
        guard let key = SealingKey(publicKey: [UInt8](repeating: 7, count: 32)) else { throw EnrolmentError(.unavailable, "no key") }
        return key
    }

    // Bundles
    var pieceSize: Int { UploadLimits.pieceSize }
    func open(_ request: UploadRequest, from agent: AuthenticatedAgent) async throws -> UploadState {
        UploadState(bundle: request.bundle, status: .open, received: [], pieceSize: UploadLimits.pieceSize)
    }
    func status(of bundle: BundleID, from agent: AuthenticatedAgent) async throws -> UploadState {
        throw UploadError(.unknownBundle, "there is no such upload")
    }
    func put(piece index: Int, _ bytes: [UInt8], sha256: String, of bundle: BundleID, from agent: AuthenticatedAgent) async throws {
        state.withLock { $0.pieces[index] = bytes }
    }
    func put(batch: [UInt8], sha256: String, of bundle: BundleID, from agent: AuthenticatedAgent) async throws {
        throw BundleRefused()
    }
    func complete(_ bundle: BundleID, from agent: AuthenticatedAgent) async throws -> UploadState {
        throw BundleRefused()
    }
    struct BundleRefused: CodedError {
        enum Code: String, CaseIterable, Sendable { case badSignature }
        static let domain = "bundle"
        var code: Code { .badSignature }
        var message: String { "the signature does not fit" }
        var cause: (any Error)? { nil }
    }

    // Results
    func latest(in environment: ControlPlaneCore.Environment, for session: TenantSession) async throws -> RunResult? {
        state.withLock { $0.results.values.filter { $0.environment.id == environment.id }.max { $0.run.id < $1.run.id } }
    }
    func result(of run: RunID, for session: TenantSession) async throws -> RunResult? {
        state.withLock { $0.results[run] }.flatMap { $0.run.tenant == session.tenant.id ? $0 : nil }
    }
}

extension World {
    /// The services over a store that only reads: what they need besides is made once for all tests.
    static func access(_ store: FakeStore) -> AccessServices {
        AccessServices(store: store, clock: .system, hash: shared.hash, master: shared.master, consoleURL: "https://localhost:8443")
    }

    private static let shared: (hash: PasswordHash, master: MasterKey) = {
        do {
            let folder = FileManager.default.temporaryDirectory.path + "/cloudryption-keys-\(UUID().uuidString)"
            return (try PasswordHash(), try MasterKey(folder: folder))
        } catch { preconditionFailure("no keys for tests: \(error)") }
    }()
}

/// Two tenants: Alpha with an environment and a result, Beta with another.
struct World: Sendable {
    let core: FakeCore
    let alpha: Tenant
    let beta: Tenant
    let environment: ControlPlaneCore.Environment
    let foreign: ControlPlaneCore.Environment
    let run: ControlPlaneCore.Run
    let foreignRun: ControlPlaneCore.Run

    init(
        role: Role = .tenantAdmin, result: AnalysisResult? = SampleResult.make(), agents: [ControlPlaneCore.Agent] = [],
        name: String = "Alpha"
    ) {
        let start = Date(timeIntervalSince1970: 1_795_000_000)
        let alpha = Tenant(id: .random(), name: name, createdAt: start)
        let beta = Tenant(id: .random(), name: "Beta", createdAt: start)
        let environment = ControlPlaneCore.Environment(id: .random(), tenant: alpha.id, name: "production", createdAt: start)
        let foreign = ControlPlaneCore.Environment(id: .random(), tenant: beta.id, name: "secret-lab", createdAt: start)
        func makeRun(_ environment: ControlPlaneCore.Environment) -> ControlPlaneCore.Run {
            ControlPlaneCore.Run(
                id: .fresh(milliseconds: 1_795_000_100_000), tenant: environment.tenant, environment: environment.id, bundle: .random(),
                agent: .random(), status: .succeeded, attempts: 1, snapshot: "sha256:" + String(repeating: "5e", count: 32),
                createdAt: start.addingTimeInterval(100), startedAt: start.addingTimeInterval(101), endedAt: start.addingTimeInterval(109))
        }
        let run = makeRun(environment)
        let foreignRun = makeRun(foreign)
        let store = FakeStore([
            TenantRows(row: alpha, allEnvironments: [environment], allAgents: agents, allRuns: result == nil ? [] : [run]),
            TenantRows(row: beta, allEnvironments: [foreign], allRuns: [foreignRun]),
        ])
        core = FakeCore(store, Self.access(store))
        func session(_ tenant: Tenant, _ role: Role) -> TenantSession {
            TenantSession(
                tenant: tenant,
                user: User(
                    id: .random(), tenant: tenant.id, email: "admin@example.test", role: role, mustChangePassword: false, createdAt: start),
                digest: [1], store: store)
        }
        core.state.withLock { state in
            state.sessions["alpha-session"] = session(alpha, role)
            state.sessions["beta-session"] = session(beta, .tenantAdmin)
            if let result {
                state.results[run.id] = RunResult(environment: environment, run: run, snapshot: run.snapshot ?? "", result: result)
            }
            var other = SampleResult.make()
            other.paths = other.paths.map {
                var path = $0
                path.title = "BETA ONLY \(path.title)"
                return path
            }
            state.results[foreignRun.id] = RunResult(
                environment: foreign, run: foreignRun, snapshot: foreignRun.snapshot ?? "", result: other)
        }
        self.alpha = alpha
        self.beta = beta
        self.environment = environment
        self.foreign = foreign
        self.run = run
        self.foreignRun = foreignRun
    }
}
