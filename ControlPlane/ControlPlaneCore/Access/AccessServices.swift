/// A tenant's people, what they show themselves with, and the programs that act for it.
public struct AccessServices: Sendable {
    /// Second factors.
    public var factors: SecondFactors
    /// People, roles and their sessions.
    public var people: PeopleService
    /// API tokens.
    public var tokens: TokenService
    /// Environments.
    public var environments: EnvironmentService
    /// Single sign-on.
    public var signOn: SingleSignOn
    /// Visits of the operator.
    public var breakGlass: BreakGlassService
    /// Which writes were sent twice.
    public var notes: RepeatNotes

    init(
        store: any ControlPlaneStore, clock: WallClock, hash: PasswordHash, master: MasterKey, consoleURL: String,
        outgoing: any OutgoingHTTP = NoOutgoingHTTP(), issuers: OpenIDIssuer.Policy = .standard
    ) {
        factors = SecondFactors(store: store, clock: clock, hash: hash, master: master, site: WebAuthn(consoleURL: consoleURL))
        people = PeopleService(store: store, clock: clock, hash: hash)
        tokens = TokenService(store: store, clock: clock)
        environments = EnvironmentService(store: store, clock: clock)
        signOn = SingleSignOn(
            store: store, clock: clock, master: master, http: outgoing, policy: issuers, consoleURL: consoleURL)
        breakGlass = BreakGlassService(store: store, clock: clock)
        notes = RepeatNotes(store: store, clock: clock, master: master)
    }
}
