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
    /// What the listeners present and trust.
    public var tls: ListenerIdentity
    /// The time.
    public var clock: WallClock
    /// Where agents reach the gateway, such as `https://cloudryption.example:8444`.
    public var gatewayURL: String
    /// Where people and enrolling agents reach the console, such as `https://cloudryption.example:8443`.
    public var consoleURL: String
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
