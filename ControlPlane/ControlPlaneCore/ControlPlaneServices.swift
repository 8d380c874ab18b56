public import EnrolmentCA
public import WireProtocol

/// Everything that the listeners use; made by the program, handed to the server. The store itself is not among it.
public struct ControlPlaneServices: Sendable {
    /// Passwords and sessions.
    public var signIn: SignInService
    /// Who is behind a client certificate.
    public var agents: AgentDirectory
    /// One-time tokens, certificates.
    public var enrolment: EnrolmentService
    /// Bundles.
    public var ingest: IngestService
    /// Results.
    public var results: ResultsService
    /// The logs' checkpoints and exports.
    public var audit: AuditService
    /// Tenants, as the operator makes them.
    public var tenancy: TenancyService
    /// What the listeners present and trust.
    public var tls: ListenerIdentity
    /// The time.
    public var clock: WallClock
    /// Where agents reach the gateway, such as `https://cloudryption.example:8444`.
    public var gatewayURL: String
    /// Where people and enrolling agents reach the console, such as `https://cloudryption.example:8443`.
    public var consoleURL: String

    /// Services over a store.
    ///
    /// - Parameter pieceSize: bytes of a piece of new uploads.
    public init(
        store: any ControlPlaneStore, data: DataFolder, authority: CertificateAuthority, master: MasterKey, tls: ListenerIdentity,
        clock: WallClock = .system, gatewayURL: String, consoleURL: String, pieceSize: Int = UploadLimits.pieceSize
    ) throws {
        let keys = SealingKeys(master: master)
        let hash = try PasswordHash()
        let blocking = BlockingWork()
        signIn = SignInService(store: store, clock: clock, hash: hash)
        agents = AgentDirectory(store: store, clock: clock)
        enrolment = EnrolmentService(store: store, authority: authority, sealingKeys: keys, gatewayURL: gatewayURL, clock: clock)
        ingest = IngestService(
            store: store, objects: data.objects, clock: clock, pieceSize: pieceSize, limits: .standard, blocking: blocking)
        results = ResultsService(store: store, objects: data.objects, blocking: blocking)
        audit = try AuditService(store: store, master: master, clock: clock)
        tenancy = TenancyService(store: store, sealingKeys: keys, hash: hash, clock: clock)
        self.tls = tls
        self.clock = clock
        self.gatewayURL = gatewayURL
        self.consoleURL = consoleURL
    }
}

/// What the listeners present and trust.
public struct ListenerIdentity: Sendable {
    /// Leaf first, then what leads to the root, PEM each.
    public var certificates: [String]
    /// File that holds the private key, PEM, 0600.
    public var privateKeyFile: String
    /// Roots under which agents' certificates have to be, PEM each.
    public var agentAuthorities: [String]
    /// An identity of these parts.
    public init(certificates: [String], privateKeyFile: String, agentAuthorities: [String]) {
        self.certificates = certificates
        self.privateKeyFile = privateKeyFile
        self.agentAuthorities = agentAuthorities
    }
}
