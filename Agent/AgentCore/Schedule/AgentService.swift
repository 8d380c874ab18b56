import Basics
import CloudModel
import Crypto
import FoundationEssentials
import HTTPTransport
public import ServiceLifecycle
import Synchronization
import WireProtocol

/// The enrolled agent at work: collect, seal, spool, upload, on a schedule; signs of life; the next certificate at half of the present one's life.
public final class AgentService: Service {
    /// What it goes by.
    public struct Configuration: Sendable {
        /// From one collection to the next.
        public var interval: Duration
        /// From one sign of life to the next.
        public var heartbeat: Duration
        /// Most bytes in the spool.
        public var spoolLimit: Int
        /// Whether the server may narrow what is collected, and say how often.
        public var takesSettings: Bool
        /// The usual ones.
        public init(
            interval: Duration = .seconds(6 * 3600), heartbeat: Duration = .seconds(60), spoolLimit: Int = 2 << 30,
            takesSettings: Bool = true
        ) {
            self.interval = interval
            self.heartbeat = heartbeat
            self.spoolLimit = spoolLimit
            self.takesSettings = takesSettings
        }
    }
    struct Session {
        var identity: AgentIdentity
        var gateway: Gateway
    }

    let folder: StateFolder
    private let lock: StateLock
    let spool: Spool
    private let collector: any Collector
    private let configuration: Configuration
    private let transport: Transport
    let clock: AgentClock
    let host: HostFacts
    let events: @Sendable (AgentEvent) -> Void
    let session: Mutex<Session>
    let status: Mutex<AgentStatus>
    let settings: ServerSettings
    private let isRenewing = Mutex(false)
    /// Before which the server does not want to be asked for uploads.
    private let uploadsWait = Mutex<Date?>(nil)
    /// Whether the server said last that it does not let this agent in.
    let isShutOut = Mutex(false)
    private let lastBeat = Mutex(ContinuousClock.now)
    let missingPermissions = Mutex<[String]?>(nil)
    /// No server can silence an agent for longer than this.
    private static let longestWait = Duration.seconds(6 * 3600)
    /// -1 to 1; drawn once.
    private let renewalSpread = Double.random(in: -1...1)

    /// The agent of a state folder, which it takes for itself.
    ///
    /// - Throws: ``AgentError`` `notEnrolled`, `stateBroken`, `stateBusy`; ``FileError``.
    public init(
        folder: StateFolder, collector: any Collector, configuration: Configuration = Configuration(), transport: @escaping Transport,
        clock: AgentClock = .system, host: HostFacts = .current(), events: @escaping @Sendable (AgentEvent) -> Void
    ) throws {
        self.folder = folder
        self.collector = collector
        self.configuration = configuration
        self.transport = transport
        self.clock = clock
        self.host = host
        self.events = events
        let identity = try folder.identity()
        lock = try folder.lock()
        spool = try Spool(folder: folder.spoolPath, limit: configuration.spoolLimit)
        // A broken counter is better found before a collection than after it.
        _ = try folder.nextSequence(epoch: identity.epoch)
        settings = try ServerSettings(
            folder: folder, agent: identity.name, collector: collector, isAllowed: configuration.takesSettings)
        session = Mutex(Session(identity: identity, gateway: try Self.gateway(identity, transport)))
        status = Mutex(folder.status())
    }

    private static func gateway(_ identity: AgentIdentity, _ transport: Transport) throws -> Gateway {
        try Gateway(address: identity.gateway, client: try transport(identity.configuration))
    }

    // MARK: Once

    /// Uploads what waits, collects once, uploads that.
    ///
    /// - Throws: whatever kept the collection from reaching the server; what was sealed stays in the spool.
    public func runOnce() async throws {
        try session.withLock { $0.identity }.checkValid(at: clock.now())
        do {
            await renewIfDue()
            try await uploadAll()
            try await collectAndSeal()
            try await uploadAll()
        } catch {
            note(error)
            await sendHeartbeat()
            throw error
        }
        await sendHeartbeat()
    }

    // MARK: For long

    /// Works until the program is asked to end.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.work() }
            group.addTask { await self.showLife() }
        }
    }

    private var interval: Duration { settings.settings.interval.map { .seconds($0) } ?? configuration.interval }
    private var heartbeat: Duration { settings.settings.heartbeat.map { .seconds($0) } ?? configuration.heartbeat }
    /// Whether signs of life are tried as often as they should be: what a watchdog asks. One may take as long as a request may.
    public var isMoving: Bool {
        ContinuousClock.now - lastBeat.withLock { $0 } < heartbeat * 2 + .seconds(600)
    }

    var isEnding: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    private func work() async {
        var random = SystemRandomNumberGenerator()
        var failures = 0
        var isDue = false
        while !isEnding {
            let schedule = Schedule(every: interval)
            await renewIfDue()
            // Nobody takes anything of it any more, and what it would seal now nobody ever will.
            guard await succeeds({ try self.session.withLock { $0.identity }.checkValid(at: self.clock.now()) }) else {
                await sleep(.seconds(300))
                continue
            }
            var isWell = await succeeds { try await self.uploadAll() }
            isDue = isDue || schedule.delay(last: lastCollection, now: clock.now(), random: &random) == .zero
            // Also while the server is away: what there is to be seen now is gone later. The spool keeps it. But whoever is shut out has no
            // business in the account any more.
            if isDue, !isEnding, !isShutOut.withLock({ $0 }) {
                isDue = await !succeeds { try await self.collectAndSeal() }
                if isDue { isWell = false } else if isWell { isWell = await succeeds { try await self.uploadAll() } }
            }
            if isEnding { break }
            failures = isWell ? 0 : failures + 1
            // Also wakes for the next certificate, which comes before the next collection when that is far, and for another schedule.
            var pause = min(schedule.delay(last: lastCollection, now: clock.now(), random: &random), .seconds(300))
            if failures > 0 {
                pause =
                    .seconds(5)
                    + Backoff.pause(
                        failures: failures, first: .seconds(15), longest: min(interval, .seconds(1800)), random: &random)
            }
            await sleep(max(pause, .seconds(1)))
        }
    }

    private var lastCollection: Date? { status.withLock { $0.lastCollection }.flatMap { try? Date($0, strategy: .iso8601) } }

    /// Whether a step went well; if not, that is noted.
    private func succeeds(_ step: () async throws -> Void) async -> Bool {
        do {
            try await step()
            return true
        } catch {
            if !isEnding {
                note(error)
                events(.failed(code: Uploader.code(error), message: Uploader.message(error)))
            }
            return false
        }
    }

    private func showLife() async {
        var random = SystemRandomNumberGenerator()
        while !isEnding {
            lastBeat.withLock { $0 = .now }
            let wait = await sendHeartbeat()
            await sleep(min(wait, Self.longestWait) + heartbeat * Double.random(in: 0.9...1.1, using: &random))
        }
    }

    private func sleep(_ pause: Duration) async {
        guard !isEnding else { return }
        try? await cancelWhenGracefulShutdown { [clock] in try await clock.sleep(pause) }
    }

    // MARK: The steps

    private func collectAndSeal() async throws {
        events(.collecting)
        let began = clock.now()
        let collection = try await cancelWhenGracefulShutdown { [collector, events, settings] in
            try await collector.collect(within: settings.settings.scope) { events(.progress($0)) }
        }
        let missing = Set(collection.coverage.filter { $0.outcome == .denied }.map { "\($0.service):\($0.operation)" }).sorted()
        missingPermissions.withLock { $0 = Array(missing.prefix(200)) }
        events(.collected(records: collection.records.count, notSeen: collection.coverage.count { $0.outcome != .collected }))
        await refreshSealingKey()
        let identity = session.withLock { $0.identity }
        let now = UInt64(max(1, clock.now().timeIntervalSince1970 * 1000))
        let sequence = try folder.takeSequence(epoch: identity.epoch)
        let bundle = BundleIdentity(
            agent: identity.name, bundle: .fresh(milliseconds: now), epoch: identity.epoch, sequence: sequence, createdAt: now)
        let sealed = try BundleSealer.sealInBlocks(
            collection, identity: bundle, signingKey: identity.key, recipient: identity.sealingKey,
            secret: BlockSecret(try folder.blockKey(), for: identity.name))
        let (entry, superseded) = try spool.add(sealed.bundle, blocks: sealed.blocks)
        for old in superseded { events(.superseded(bundle: old.bundle)) }
        events(.sealed(bundle: entry.bundle, bytes: entry.size, sequence: sequence))
        update { $0.lastCollection = AgentClock.text(began) }
    }

    /// Uploads the waiting bundles in their order.
    private func uploadAll() async throws {
        if let wait = uploadsWait.withLock({ $0 }), wait > clock.now() {
            throw AgentError(.postponed, "the server wants no uploads before \(AgentClock.text(wait))")
        }
        for entry in try spool.entries() {
            if isEnding { throw CancellationError() }
            events(.uploading(bundle: entry.bundle, bytes: entry.size))
            switch try await outcome(of: entry) {
            case .accepted(let run): finish(entry, run, "accepted")
            case .alreadyKnown(let run): finish(entry, run, "alreadyKnown")
            case .held: finish(entry, nil, "held")
            case .refused(let refusal):
                let code = refusal.code ?? "http.status\(refusal.status)"
                spool.refuse(entry, reason: "\(code): \(refusal.detail)")
                events(.refused(bundle: entry.bundle, code: code, message: refusal.detail))
                throw AgentError(.refused, "bundle \(entry.bundle): \(refusal.description)")
            case .shutOut(let refusal):
                isShutOut.withLock { $0 = true }
                throw AgentError(.refused, refusal.description)
            case .postponed(let code, let after):
                if let after { uploadsWait.withLock { $0 = clock.now() + min(after, Self.longestWait) / .seconds(1) } }
                throw AgentError(.postponed, "bundle \(entry.bundle) is kept for the next try; the last one ended with \(code)")
            case .stopped: throw CancellationError()
            }
        }
    }

    /// Uploads one bundle; again from where it is when the certificate was replaced meanwhile, for then the old one is refused.
    private func outcome(of entry: Spool.Entry) async throws -> UploadMachine.Outcome {
        while true {
            let (identity, gateway) = session.withLock { ($0.identity, $0.gateway) }
            let outcome = try await Uploader(gateway: gateway, clock: clock).upload(entry, progress: events)
            guard case .shutOut = outcome, session.withLock({ $0.identity.certificates }) != identity.certificates else { return outcome }
        }
    }

    private func finish(_ entry: Spool.Entry, _ run: RunID?, _ how: String) {
        spool.remove(entry)
        update {
            $0.lastUpload = AgentClock.text(clock.now())
            $0.lastBundle = entry.bundle.description
            $0.lastRun = run?.description
            $0.lastError = nil
            $0.lastErrorMessage = nil
        }
        events(.uploaded(bundle: entry.bundle, run: run, how: how))
    }

    private func refreshSealingKey() async {
        let gateway = session.withLock { $0.gateway }
        // The key from enrolment stays good when the server does not answer.
        guard let key = try? await gateway.sealingKey() else { return }
        let changed = session.withLock { session -> AgentIdentity? in
            guard session.identity.sealingKey != key else { return nil }
            session.identity.sealingKey = key
            return session.identity
        }
        if let changed { try? folder.save(changed) }
    }

    /// A fresh key with each certificate. Due at half of the certificate's life, moved by up to a tenth of it either way so that agents do not
    /// come together; or when the server asks for it.
    func renewIfDue(isWanted: Bool = false) async {
        let (identity, gateway) = session.withLock { ($0.identity, $0.gateway) }
        guard isWanted || clock.now() >= identity.renewalTime(spread: renewalSpread) else { return }
        // One at a time: of two that were asked for at once the server keeps the later, and which that is this side cannot see.
        let isFirst = isRenewing.withLock { isRenewing in
            defer { isRenewing = true }
            return !isRenewing
        }
        guard isFirst else { return }
        defer { isRenewing.withLock { $0 = false } }
        do {
            // A key that a waiting bundle was signed with stays known to the server: each bundle names the key it has to be checked with.
            let renewed = try await gateway.renew(identity, clock: clock)
            let next = Session(identity: renewed, gateway: try Self.gateway(renewed, transport))
            try folder.save(renewed)
            session.withLock { $0 = next }
            events(.renewed(notAfter: renewed.notAfter))
        } catch {
            events(.failed(code: Uploader.code(error), message: "no new certificate: \(Uploader.message(error))"))
        }
    }

    func note(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        update {
            $0.lastError = Uploader.code(error)
            $0.lastErrorMessage = Uploader.message(error)
        }
    }

    func update(_ change: (inout AgentStatus) -> Void) {
        let changed = status.withLock { status in
            change(&status)
            return status
        }
        // Only a note: what counts is in the identity, the counter and the spool.
        try? folder.save(changed)
    }
}
