import Basics
public import FoundationEssentials

/// What issuers publish, kept for a while: so that a token costs no request, and so that nobody can make us ask an issuer again and again.
public actor OpenIDKeys {
    /// How long what is known counts, and how often an issuer is asked.
    public struct Limits: Sendable {
        /// Keys younger than this are used without asking.
        public var fresh: TimeInterval = 3600
        /// Keys that could not be refreshed are used up to this age: an issuer's outage is not ours.
        public var stale: TimeInterval = 24 * 3600
        /// Least seconds between two requests to one issuer, whatever tokens name which keys.
        public var pause: TimeInterval = 30
        /// Most issuers that are kept; the one used longest ago goes.
        public var issuers = 1024
        /// The usual ones.
        public init() {}
    }

    private struct Known: Sendable {
        var discovery: OpenIDDiscovery
        var keys: JSONWebKeySet
    }
    private struct Entry {
        var known: Known?
        var fetched: Date?
        var asked: Date
        var used: Date
        var pending: Task<Result<Known, OpenIDError>, Never>?
    }

    private let http: any OutgoingHTTP
    private let clock: WallClock
    private let policy: OpenIDIssuer.Policy
    private let limits: Limits
    private var entries: [OpenIDIssuer: Entry] = [:]

    /// Nothing known yet.
    public init(
        http: any OutgoingHTTP, clock: WallClock = .system, policy: OpenIDIssuer.Policy = .standard, limits: Limits = .init()
    ) {
        self.http = http
        self.clock = clock
        self.policy = policy
        self.limits = limits
    }

    /// What `issuer` says of itself.
    ///
    /// - Throws: ``OpenIDError`` `badDiscovery` or `unavailable`.
    public func discovery(of issuer: OpenIDIssuer) async throws(OpenIDError) -> OpenIDDiscovery {
        try await known(issuer, missing: false).discovery
    }

    /// The issuer's key of that name. An unknown name makes us ask once more, within ``Limits/pause``: keys are replaced any time.
    ///
    /// - Throws: ``OpenIDError`` `unknownKey`, `badDiscovery` or `unavailable`.
    func key(_ id: String?, for algorithm: SignatureAlgorithm, of issuer: OpenIDIssuer) async throws(OpenIDError) -> JSONWebKey {
        if let key = try await known(issuer, missing: false).keys.key(id, for: algorithm) { return key }
        if let key = try await known(issuer, missing: true).keys.key(id, for: algorithm) { return key }
        throw OpenIDError(.unknownKey, "the token is signed with a key that the issuer does not have")
    }

    private func known(_ issuer: OpenIDIssuer, missing: Bool) async throws(OpenIDError) -> Known {
        let now = clock.now()
        if let pending = entries[issuer]?.pending { return try await pending.value.get() }
        entries[issuer]?.used = now
        let entry = entries[issuer]
        let age = entry?.fetched.map { now.timeIntervalSince($0) }
        // A clock that was set back makes everything old.
        if let known = entry?.known, let age, (0..<limits.fresh).contains(age), !missing { return known }
        if let entry, (0..<limits.pause).contains(now.timeIntervalSince(entry.asked)) {
            if let known = entry.known, let age, (0..<limits.stale).contains(age) { return known }
            throw OpenIDError(.unavailable, "the issuer could not be asked a moment ago: try again")
        }
        makeRoom()
        let (http, policy) = (http, policy)
        // Whoever comes meanwhile waits for the same answer.
        let pending = Task { await Self.fetch(issuer, http, policy) }
        entries[issuer] = Entry(known: entry?.known, fetched: entry?.fetched, asked: now, used: now, pending: pending)
        let result = await pending.value
        entries[issuer]?.pending = nil
        switch result {
        case .success(let known):
            entries[issuer]?.known = known
            entries[issuer]?.fetched = now
            return known
        case .failure(let error):
            if let known = entry?.known, let age, (0..<limits.stale).contains(age) { return known }
            throw error
        }
    }

    private func makeRoom() {
        while entries.count >= limits.issuers {
            guard let oldest = entries.filter({ $0.value.pending == nil }).min(by: { $0.value.used < $1.value.used }) else { return }
            entries[oldest.key] = nil
        }
    }

    private static func fetch(_ issuer: OpenIDIssuer, _ http: any OutgoingHTTP, _ policy: OpenIDIssuer.Policy) async -> Result<
        Known, OpenIDError
    > {
        do throws(OpenIDError) {
            let document = try await get(issuer.discoveryURL, most: OpenIDDiscovery.maximumBytes, http)
            let discovery = try OpenIDDiscovery(document, of: issuer, policy: policy)
            let keys = try await get(discovery.keysURL, most: JSONWebKeySet.maximumBytes, http)
            return .success(Known(discovery: discovery, keys: try JSONWebKeySet(keys)))
        } catch { return .failure(error) }
    }

    private static func get(_ url: String, most: Int, _ http: any OutgoingHTTP) async throws(OpenIDError) -> [UInt8] {
        let request = OutgoingRequest(.get, url, headers: [(name: "Accept", value: "application/json")], maximumAnswer: most)
        do throws(OutgoingError) {
            let answer = try await http.send(request)
            // An error page or a redirect is not a document. `unavailable` only where asking again may help.
            guard answer.status == 200 else { throw OutgoingError(.failed, "the issuer answered with status \(answer.status)") }
            guard answer.body.count <= most else { throw OutgoingError(.tooLarge, "the issuer's answer is too long") }
            return answer.body
        } catch {
            throw OpenIDError(
                error.code == .tooLarge ? .badDiscovery : .unavailable, "the issuer cannot be asked now: \(error.message)", cause: error)
        }
    }
}
