import Basics
public import FoundationEssentials
import Glibc

/// The installation's authorities over time: one, or two while one follows the other.
///
/// A rotation has four steps, of which the first three can be taken back: `prepare` makes the next authority, and everybody is told to trust both;
/// `activate` lets the next one sign agents' certificates; agents renew until none has one of the old authority's (`drain`); `retire` ends trust in
/// the old one. Which authority does what is one small file, `state.json`, that is replaced as a whole: a crash leaves one phase or the next.
public struct CertificateAuthorities: Sendable {
    /// How far a rotation is.
    public enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
        /// One authority.
        case steady
        /// The next one is trusted, and signs nothing.
        case prepared
        /// The next one signs agents; the old one is trusted, and vouches for the listeners: agents that sleep still find their way.
        case active
    }
    private struct State: Codable {
        var formatVersion = 1
        var phase: Phase
        /// Folder of the old authority, or of the only one; `.` for the one that was first.
        var old: String
        /// Folder of the next one.
        var next: String?
    }

    /// How far a rotation is.
    public let phase: Phase
    /// Signs agents' certificates.
    public let signing: CertificateAuthority
    /// Vouches for the listeners.
    public let serving: CertificateAuthority
    /// The other one: the next when prepared, the old one when active.
    public let other: CertificateAuthority?

    /// All that are trusted, the signing one first.
    public var trusted: [CertificateAuthority] { [signing] + (other.map { [$0] } ?? []) }
    /// The roots that agents have to trust, PEM.
    public var roots: [String] { trusted.map(\.rootPEM) }
    /// SHA-256 of each root's SubjectPublicKeyInfo, `sha256:HEX`.
    public var pins: [String] { trusted.map(\.pin) }

    /// Opens the authorities in `folder`, and makes the first one where there is none.
    ///
    /// - Throws: ``CAError``.
    public init(folder: String, now: Date) throws(CAError) {
        let state = try Self.state(folder)
        phase = state.phase
        let old = try CertificateAuthority(folder: Self.path(folder, state.old), now: now)
        serving = old
        guard let next = state.next, state.phase != .steady else {
            (signing, other) = (old, nil)
            return
        }
        let coming = try CertificateAuthority(existing: Self.path(folder, next), now: now)
        (signing, other) = state.phase == .prepared ? (old, coming) : (coming, old)
    }

    /// Makes the next authority; both are trusted from now on.
    ///
    /// - Throws: ``CAError`` `wrongPhase` when a rotation is under way.
    public static func prepare(_ folder: String, now: Date) throws(CAError) {
        try step(folder) { state throws(CAError) in
            guard state.phase == .steady else { throw CAError(.wrongPhase, "a rotation is under way: retire or roll back first") }
            _ = try CertificateAuthority(existing: path(folder, state.old), now: now)
            let name = "generation-\(UInt64(now.timeIntervalSince1970))-\(UInt32.random(in: .min ... .max))"
            _ = try CertificateAuthority(folder: path(folder, name), now: now)
            state = State(phase: .prepared, old: state.old, next: name)
        }
    }

    /// Lets the next authority sign.
    ///
    /// - Throws: ``CAError`` `wrongPhase` when none is prepared.
    public static func activate(_ folder: String) throws(CAError) {
        try step(folder) { state throws(CAError) in
            guard state.phase == .prepared else { throw CAError(.wrongPhase, "prepare the next authority first") }
            state.phase = .active
        }
    }

    /// Ends trust in the old authority. Its files stay; whether its keys are destroyed is the operator's to do.
    ///
    /// - Throws: ``CAError`` `wrongPhase` when the next one does not sign yet.
    public static func retire(_ folder: String) throws(CAError) {
        try step(folder) { state throws(CAError) in
            guard state.phase == .active, let next = state.next else { throw CAError(.wrongPhase, "activate the next authority first") }
            state = State(phase: .steady, old: next, next: nil)
        }
    }

    /// Goes one step back: from active to prepared, from prepared to one authority.
    ///
    /// - Throws: ``CAError`` `wrongPhase` when no rotation is under way.
    public static func rollBack(_ folder: String) throws(CAError) {
        try step(folder) { state throws(CAError) in
            switch state.phase {
            case .steady: throw CAError(.wrongPhase, "no rotation is under way; what was retired does not come back")
            case .prepared: state = State(phase: .steady, old: state.old, next: nil)
            case .active: state.phase = .prepared
            }
        }
    }

    /// One step: reads the state, and writes what `change` makes of it. Of two commands at once the second one waits, and sees what the first
    /// one did; otherwise it could take back what the other has just announced.
    private static func step(_ folder: String, _ change: (inout State) throws(CAError) -> Void) throws(CAError) {
        let descriptor = open(folder + "/state.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CAError(.unusable, "the authorities' folder cannot be written: error \(errno)") }
        // Closing gives the lock back, and so does the end of a process that was killed.
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw CAError(.unusable, "the authorities cannot be locked: error \(errno)") }
        var state = try state(folder)
        try change(&state)
        try write(state, folder)
    }

    /// What says how far a rotation is; empty before the first one.
    static func stateBytes(_ folder: String) throws(CAError) -> [UInt8] {
        do throws(FileError) { return try SafeFile.read(folder + "/state.json", limit: 4096) } catch {
            if error.code == .notFound { return [] }
            throw CAError(.unusable, "the authorities' state cannot be read: \(error.message)", cause: error)
        }
    }

    private static func state(_ folder: String) throws(CAError) -> State {
        let bytes = try stateBytes(folder)
        guard !bytes.isEmpty else { return State(phase: .steady, old: ".", next: nil) }
        func isName(_ text: String) -> Bool {
            text == "." || (text.utf8.starts(with: "generation-".utf8) && !text.utf8.contains(UInt8(ascii: "/")))
        }
        guard let state = try? JSONDecoder().decode(State.self, from: Data(bytes)), state.formatVersion == 1, isName(state.old),
            state.next.map(isName) ?? (state.phase == .steady)
        else { throw CAError(.unusable, "the authorities' state is broken") }
        return state
    }

    private static func write(_ state: State, _ folder: String) throws(CAError) {
        do { try SafeFile.write(Array(try JSONEncoder().encode(state)), to: folder + "/state.json", mode: 0o600) } catch {
            throw CAError(.unusable, "the authorities' state cannot be written", cause: error)
        }
    }

    private static func path(_ folder: String, _ name: String) -> String { name == "." ? folder : folder + "/" + name }
}
