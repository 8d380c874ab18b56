public import Basics
public import FoundationEssentials

/// The control plane's tables.
///
/// Bodies are synchronous and run inside one transaction: they see one state, and what they wrote is there as a whole or not at all.
/// A body that throws rolls back. Tenant data is reached only through ``read(_:_:)`` and ``write(_:_:)``, which see one tenant; what
/// has to be found before the tenant is known goes through the ``Directory``.
public protocol ControlPlaneStore: Sendable {
    /// Reads the tables that belong to no tenant.
    func readDirectory<T: Sendable>(_ body: @escaping @Sendable (any Directory) throws -> T) async throws -> T
    /// Changes the tables that belong to no tenant.
    func writeDirectory<T: Sendable>(_ body: @escaping @Sendable (any DirectoryWriting) throws -> T) async throws -> T
    /// Reads one tenant's tables.
    func read<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantReading) throws -> T) async throws -> T
    /// Changes one tenant's tables.
    func write<T: Sendable>(_ tenant: TenantID, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T
    /// Makes a tenant, and with `body` what it has from the start.
    func create<T: Sendable>(_ tenant: Tenant, _ body: @escaping @Sendable (any TenantWriting) throws -> T) async throws -> T
    /// Removes every row of a tenant but its log, for good, and everything by which it was found; its name is free again.
    ///
    /// - Returns: how many rows went, by table.
    func erase(_ tenant: TenantID) async throws -> [String: Int]
    /// Drops entries of a tenant's log that are older than `before`, never the last one; the tree over them stays.
    func purgeAudit(of tenant: TenantID, before: Date) async throws -> Int
    /// Tenants to whose log this program wrote since it was last asked.
    func takeTenantsWithFreshEntries() -> Set<TenantID>
    /// ``Directory/nextRun(now:)``, shown to nobody else until `hold`: time enough to claim it in its tenant.
    func takeNextRun(now: Date, hold: Date) async throws -> (tenant: TenantID, run: RunID)?
    /// Waits until there may be a run to take, or the time is over.
    func awaitRuns(atMost: Duration) async
}

extension ControlPlaneStore {
    /// Waits as long as it may: for a store that hears of nothing.
    public func awaitRuns(atMost: Duration) async { try? await Task.sleep(for: atMost) }
}

/// How often signing in as one account failed.
public struct SignInFailures: Sendable, Hashable {
    /// Failures in a row.
    public var count: Int
    /// The last one.
    public var last: Date
    /// A count of these parts.
    public init(count: Int, last: Date) {
        self.count = count
        self.last = last
    }
}

/// What is looked up before the tenant is known.
public protocol Directory {
    /// All tenants, by name.
    func tenants() throws -> [Tenant]
    /// The user with this canonical address.
    func user(email: String) throws -> User?
    /// The session with this digest.
    func session(digest: [UInt8]) throws -> Session?
    /// The API token with this digest.
    func apiToken(digest: [UInt8]) throws -> APIToken?
    /// Names of the operator's people, in order.
    func operators() throws -> [String]
    /// Whose token has this digest.
    func operatorName(digest: [UInt8]) throws -> String?
    /// The enrolment token with this digest.
    func enrolmentToken(digest: [UInt8]) throws -> EnrolmentToken?
    /// The agent whose current or coming key has this digest.
    func agent(keyDigest: [UInt8]) throws -> Agent?
    /// Failed sign-ins of one account, known or not. `account` is a digest of its canonical spelling.
    func signInFailures(account: [UInt8]) throws -> SignInFailures?
    /// The oldest run that is queued, or whose lease ended before `now`, as far as the directory knows: the tenant's own row decides.
    func nextRun(now: Date) throws -> (tenant: TenantID, run: RunID)?
    /// Every run that is marked as running, as far as the directory knows.
    func runningRuns() throws -> [(tenant: TenantID, run: RunID)]
}

/// Changes of what belongs to no tenant.
public protocol DirectoryWriting: Directory {
    /// Adds one of the operator's people.
    func insertOperator(_ name: String, digest: [UInt8], at time: Date) throws
    /// Stores the count; `nil` forgets it. Counts older than `forgetBefore` are dropped.
    func setSignInFailures(account: [UInt8], _ failures: SignInFailures?, forgetBefore: Date) throws
}

/// A tenant's sealing key as it is stored.
public struct StoredSealingKey: Sendable, Hashable {
    /// Names the key in bundle headers.
    public var id: String
    /// Whose.
    public var tenant: TenantID
    /// Counts the tenant's keys, from 1.
    public var version: Int
    /// X25519, 32 bytes.
    public var publicKey: [UInt8]
    /// The private part, AES-256-GCM under the master key: nonce, ciphertext, tag.
    public var wrapped: [UInt8]
    /// When it was made.
    public var createdAt: Date
    /// A key of these parts.
    public init(id: String, tenant: TenantID, version: Int, publicKey: [UInt8], wrapped: [UInt8], createdAt: Date) {
        self.id = id
        self.tenant = tenant
        self.version = version
        self.publicKey = publicKey
        self.wrapped = wrapped
        self.createdAt = createdAt
    }
}

/// Where a run's results are, and what they have to be.
public struct StoredResult: Sendable, Hashable {
    /// Of which run.
    public var run: RunID
    /// Of which accounts.
    public var environment: EnvironmentID
    /// `sha256:` and the digest of the snapshot's content.
    public var snapshot: String
    /// SHA-256 of the result document.
    public var resultDigest: [UInt8]
    /// Its size.
    public var resultSize: Int
    /// SHA-256 of the snapshot file.
    public var snapshotDigest: [UInt8]
    /// Its size.
    public var snapshotSize: Int
    /// When it was stored.
    public var createdAt: Date
    /// A row of these parts.
    public init(
        run: RunID, environment: EnvironmentID, snapshot: String, resultDigest: [UInt8], resultSize: Int, snapshotDigest: [UInt8],
        snapshotSize: Int, createdAt: Date
    ) {
        self.run = run
        self.environment = environment
        self.snapshot = snapshot
        self.resultDigest = resultDigest
        self.resultSize = resultSize
        self.snapshotDigest = snapshotDigest
        self.snapshotSize = snapshotSize
        self.createdAt = createdAt
    }
}

/// One tenant's tables, for reading.
public protocol TenantReading: AccessReading, AuditTreeReading {
    /// The tenant that this sees, and no other.
    var tenantID: TenantID { get }
    /// The tenant itself.
    func tenant() throws -> Tenant
    /// Whether its people and agents are let in.
    func tenantState() throws -> Tenant.State
    /// Environments, oldest first.
    func environments() throws -> [Environment]
    /// Agents, oldest first.
    func agents() throws -> [Agent]
    /// One agent.
    func agent(_ id: AgentID) throws -> Agent?
    /// The certificate that waits for its first use.
    func pendingCertificate(of agent: AgentID) throws -> PendingCertificate?
    /// A key that this agent enrolled or renewed with, by its digest; X9.63 uncompressed.
    func publicKey(of agent: AgentID, digest: [UInt8]) throws -> [UInt8]?
    /// People, by address.
    func users() throws -> [User]
    /// One person.
    func user(_ id: UserID) throws -> User?
    /// The stored form of a person's password.
    func passwordHash(of user: UserID) throws -> String?
    /// An upload that is not complete.
    func upload(_ bundle: BundleID) throws -> Upload?
    /// Uploads of an agent that are not complete, oldest first.
    func uploads(of agent: AgentID) throws -> [Upload]
    /// Numbers of the pieces that are here, ascending.
    func pieces(of bundle: BundleID) throws -> [Int]
    /// A bundle that was checked in.
    func bundle(_ id: BundleID) throws -> StoredBundle?
    /// Names of the blocks that an upload needs, one after the other; `nil` when its records are in the bundle itself.
    func blockNames(ofUpload bundle: BundleID) throws -> [UInt8]?
    /// Names of the blocks that an accepted bundle needs, one after the other; `nil` when its records are in the bundle itself.
    func blockNames(ofBundle bundle: BundleID) throws -> [UInt8]?
    /// Where a block of an agent lies; `nil` when it is not here.
    func block(named name: [UInt8], of agent: AgentID) throws -> StoredBlock?
    /// One run.
    func run(_ id: RunID) throws -> Run?
    /// Runs, newest first; those that come after `last` in that order.
    func runs(environment: EnvironmentID?, status: Run.Status?, after last: Run?, limit: Int) throws -> [Run]
    /// Where a run's results are.
    func result(of run: RunID) throws -> StoredResult?
    /// Sealing keys, newest first.
    func sealingKeys() throws -> [StoredSealingKey]
    /// Rules by which agents enrol into an environment; with `nil` into any.
    func enrolmentRules(of environment: EnvironmentID?) throws -> [EnrolmentRule]
    /// One-time tokens, newest first, at most `limit`.
    func enrolmentTokens(limit: Int) throws -> [EnrolmentToken]
    /// Certificates of an agent, newest first, at most `limit`.
    func certificates(of agent: AgentID, limit: Int) throws -> [AgentCertificate]
    /// One certificate.
    func certificate(serial: String) throws -> AgentCertificate?
    /// Certificates of an issuing key that are revoked and did not end before `time`, by serial number.
    func revokedCertificates(issuer: String, endingAfter time: Date) throws -> [AgentCertificate]
    /// Everything that is shut out.
    func locks() throws -> [Lock]
    /// Whether the tenant or any of these is shut out.
    func isLocked(environment: EnvironmentID, agent: AgentID, grant: String?, serial: String?) throws -> Bool
    /// Bundles of an agent that are kept for somebody to look at: those without a run, oldest first.
    func heldBundles(of agent: AgentID) throws -> [StoredBundle]
    /// What is set for an environment's agents, or for one.
    func settings(for scope: SettingsScope) throws -> StoredSettings?
    /// The highest version of any settings; 0 when there are none.
    func newestSettingsVersion() throws -> UInt64
    /// The newest entry of the log.
    func lastAuditEntry() throws -> AuditEntry?
    /// Entries of the log after `index`, in order.
    func auditEntries(after index: UInt64, limit: Int) throws -> [AuditEntry]
}

extension TenantReading {
    /// Runs, newest first.
    public func runs(environment: EnvironmentID?, status: Run.Status?, limit: Int) throws -> [Run] {
        try runs(environment: environment, status: status, after: nil, limit: limit)
    }
}

/// One tenant's tables, for changing.
public protocol TenantWriting: TenantReading, AccessWriting, AuditTreeWriting {
    /// Lets people and agents in or not.
    func setTenantState(_ state: Tenant.State) throws
    /// Adds one.
    func insert(_ environment: Environment) throws
    /// Adds one.
    func insert(_ agent: Agent) throws
    /// Replaces the row.
    func update(_ agent: Agent) throws
    /// Notes a key of an agent: bundles that it signed are taken as long as the agent is.
    func insertKey(of agent: AgentID, digest: [UInt8], publicKey: [UInt8], at time: Date) throws
    /// Notes a certificate that becomes current with its first use.
    func setPendingCertificate(_ certificate: PendingCertificate?, of agent: AgentID) throws
    /// Adds one.
    func insert(_ user: User, passwordHash: String) throws
    /// Replaces a password.
    func setPassword(of user: UserID, hash: String, mustChange: Bool) throws
    /// Adds one.
    func insert(_ session: Session) throws
    /// Moves a session's last use.
    func touch(session digest: [UInt8], at time: Date) throws
    /// Ends a session.
    func deleteSession(digest: [UInt8]) throws
    /// Ends all of a user's sessions.
    func deleteSessions(of user: UserID) throws
    /// Drops sessions that ended before `time`.
    func deleteSessions(endedBefore time: Date) throws
    /// Adds one.
    func insert(_ token: EnrolmentToken) throws
    /// Marks the token as used if it is unused and not expired at `now`; answers whether this very call did so.
    func useEnrolmentToken(digest: [UInt8], by agent: AgentID, now: Date) throws -> Bool
    /// Ends the time of a token that was not used; answers whether there is one.
    func expireEnrolmentToken(digest: [UInt8], at time: Date) throws -> Bool
    /// Adds one.
    func insert(_ rule: EnrolmentRule) throws
    /// Drops one.
    func deleteEnrolmentRule(_ id: EnrolmentRuleID) throws
    /// Notes a proof as used until `time`; answers whether this very call did so. Notes that ended before `now` are dropped.
    func useProof(digest: [UInt8], until time: Date, now: Date) throws -> Bool
    /// Adds one.
    func insert(_ certificate: AgentCertificate) throws
    /// Replaces the row.
    func update(_ certificate: AgentCertificate) throws
    /// Marks all of an agent's certificates that have not ended as revoked.
    func revokeCertificates(of agent: AgentID, at time: Date) throws
    /// Shuts something out; a second time changes nothing.
    func insert(_ lock: Lock) throws
    /// Lets it in again.
    func deleteLock(_ kind: Lock.Kind, _ subject: String) throws
    /// Stores settings in place of those for the same.
    func put(_ settings: StoredSettings) throws
    /// Adds one.
    func insert(_ upload: Upload) throws
    /// Drops an upload and its list of pieces.
    func deleteUpload(_ bundle: BundleID) throws
    /// Notes a piece; a second time changes nothing.
    func insertPiece(_ index: Int, of bundle: BundleID) throws
    /// Notes which blocks an upload needs.
    func put(blockNames: [UInt8], ofUpload bundle: BundleID) throws
    /// Counts bytes of blocks that came for an upload; answers how many there are now.
    func addBlockBytes(_ count: Int, ofUpload bundle: BundleID) throws -> Int
    /// Notes which blocks an accepted bundle needs.
    func put(blockNames: [UInt8], ofBundle bundle: BundleID) throws
    /// Adds one; one that is here already stays as it is.
    func insert(_ block: StoredBlock) throws
    /// Keeps a block for good; answers whether it is here.
    func useBlock(named name: [UInt8], of agent: AgentID) throws -> Bool
    /// Forgets a block, whoever needs it: it is gone or damaged.
    func deleteBlock(named name: [UInt8], of agent: AgentID) throws
    /// Forgets blocks that no bundle came to need; answers the packs in which nothing is left.
    func deleteUnusedBlocks(of agent: AgentID, storedBefore time: Date) throws -> [String]
    /// Adds one.
    func insert(_ bundle: StoredBundle) throws
    /// Adds one.
    func insert(_ run: Run) throws
    /// Gives the run to `worker` if it is queued, or running with a lease that ended before `now`; counts the attempt.
    func claim(_ run: RunID, worker: String, now: Date, leaseUntil: Date) throws -> Run?
    /// Extends the lease if `worker` still holds the run; notes the stage.
    func renewLease(of run: RunID, worker: String, until: Date, stage: String?) throws -> Bool
    /// Replaces the row if `worker` still holds the run; a run that is no longer running has no holder.
    func finish(_ run: Run, worker: String) throws -> Bool
    /// Takes a running run from whoever held it; stores its status, reason, attempts and end.
    func requeue(_ run: Run) throws
    /// Adds one; replaces a row that an earlier attempt left.
    func put(_ result: StoredResult) throws
    /// Adds one.
    func insert(_ key: StoredSealingKey) throws
    /// Stores a sealing key's private half under another master key.
    func rewrap(sealingKey id: String, _ wrapped: [UInt8]) throws
    /// Adds one. There is no way to change or drop one.
    func insert(_ entry: AuditEntry) throws
}

/// A certificate that was issued and not yet used.
public struct PendingCertificate: Sendable, Hashable {
    /// SHA-256 over the DER SubjectPublicKeyInfo.
    public var keyDigest: [UInt8]
    /// P-256, X9.63 uncompressed.
    public var publicKey: [UInt8]
    /// Serial number, lower-case hexadecimal.
    public var serial: String
    /// When it ends.
    public var notAfter: Date
    /// A certificate of these parts.
    public init(keyDigest: [UInt8], publicKey: [UInt8], serial: String, notAfter: Date) {
        self.keyDigest = keyDigest
        self.publicKey = publicKey
        self.serial = serial
        self.notAfter = notAfter
    }
}
