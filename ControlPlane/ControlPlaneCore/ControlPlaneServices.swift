public import Basics
import Crypto
public import EnrolmentCA
public import WireProtocol

/// Everything that the listeners use; made by the program, handed to the server. The store itself is not among it.
public struct ControlPlaneServices: Sendable {
    /// Passwords and sessions.
    public var signIn: SignInService
    /// People, what they show themselves with, and what programs do.
    public var access: AccessServices
    /// Under which the API's cursors stand.
    public var cursorKey: Secret<[UInt8]>
    /// Whether the database answers.
    public var isReady: @Sendable () async -> Bool
    /// What shows the numbers on the listener that others reach; `nil` for nobody.
    public var metricsToken: Secret<String>?
    /// Who is behind a client certificate.
    public var agents: AgentDirectory
    /// One-time tokens, certificates.
    public var enrolment: EnrolmentService
    /// What is done about agents: rules, approval, quarantine, revocation.
    public var fleet: FleetService
    /// Revoked certificates, for other verifiers.
    public var revocationLists: RevocationLists
    /// Tokens of OpenID providers.
    public var openID: OpenIDVerifier
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
    /// - Parameters:
    ///   - pieceSize: bytes of a piece of new uploads.
    ///   - outside: how issuers, tenants' providers of single sign-on among them, and AWS are asked.
    public init(
        store: any ControlPlaneStore, data: DataFolder, authority: AuthorityWatch, master: MasterKey, tls: ListenerIdentity,
        clock: WallClock = .system, outside: Outside = Outside(), certificateLifetime: Double = LeafProfile.agentLifetime,
        gatewayURL: String, consoleURL: String, pieceSize: Int = UploadLimits.pieceSize
    ) throws {
        let keys = SealingKeys(master: master)
        let hash = try PasswordHash()
        let blocking = BlockingWork()
        access = AccessServices(
            store: store, clock: clock, hash: hash, master: master, consoleURL: consoleURL, outgoing: outside.http,
            issuers: outside.issuers)
        signIn = SignInService(store: store, clock: clock, hash: hash, factors: access.factors)
        isReady = { (try? await store.readDirectory { _ = try $0.signInFailures(account: []) }) != nil }
        cursorKey = Secret(master.derived("api cursors"))
        openID = OpenIDVerifier(keys: OpenIDKeys(http: outside.http, clock: clock, policy: outside.issuers), clock: clock)
        let configurations = ConfigurationSigner(
            try Curve25519.Signing.PrivateKey(rawRepresentation: master.derived("agent configurations")))
        agents = AgentDirectory(store: store, authorities: authority, clock: clock)
        let challenges = Challenges(key: master.derived("enrolment challenges"))
        let pins: @Sendable () throws -> [String] = { try authority.current().pins }
        let pace = AttemptPace()
        enrolment = EnrolmentService(
            store: store, authority: authority, sealingKeys: keys, gatewayURL: gatewayURL, clock: clock, challenges: challenges,
            methods: [
                TokenMethod(store: store, pins: pins),
                AWSIAMMethod(
                    store: store, http: outside.http, challenges: challenges, pins: pins, pace: pace, endpoint: outside.stsEndpoint),
                OpenIDMethod(
                    store: store, verifier: openID, challenges: challenges, pins: pins, pace: pace, policy: outside.issuers),
            ], lifetime: certificateLifetime, configurationKey: configurations.verifier)
        fleet = FleetService(store: store, clock: clock, authorities: authority, issuers: outside.issuers)
        revocationLists = RevocationLists(store: store, authorities: authority, clock: clock)
        ingest = IngestService(
            store: store, objects: data.objects, clock: clock, pieceSize: pieceSize, limits: .standard, blocking: blocking)
        results = ResultsService(store: store, objects: data.objects, blocking: blocking)
        audit = AuditService(store: store, key: try AuditSigningKey(folder: data.keys, master: master), clock: clock)
        agents.audit = audit
        agents.configurations = configurations
        tenancy = TenancyService(store: store, sealingKeys: keys, hash: hash, clock: clock)
        self.tls = tls
        self.clock = clock
        self.gatewayURL = gatewayURL
        self.consoleURL = consoleURL
    }
}

/// How the control plane asks others.
public struct Outside: Sendable {
    /// The way out.
    public var http: any OutgoingHTTP
    /// Which issuers of tokens there can be.
    public var issuers: OpenIDIssuer.Policy
    /// Asked instead of AWS's Security Token Service, on loopback: for tests.
    public var stsEndpoint: String?
    /// An outside of these parts; by default there is none.
    public init(http: any OutgoingHTTP = NoOutgoingHTTP(), issuers: OpenIDIssuer.Policy = .standard, stsEndpoint: String? = nil) {
        self.http = http
        self.issuers = issuers
        self.stsEndpoint = stsEndpoint
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
    /// Issuing certificates under those roots, PEM each: a resumed session brings only the agent's own.
    public var agentIssuers: [String]
    /// An identity of these parts.
    public init(certificates: [String], privateKeyFile: String, agentAuthorities: [String], agentIssuers: [String] = []) {
        self.certificates = certificates
        self.privateKeyFile = privateKeyFile
        self.agentAuthorities = agentAuthorities
        self.agentIssuers = agentIssuers
    }
}
