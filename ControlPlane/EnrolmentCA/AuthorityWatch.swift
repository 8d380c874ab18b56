public import FoundationEssentials
import Synchronization

/// The authorities as they are now: an operator's command in another process takes effect with the next look.
public final class AuthorityWatch: Sendable {
    private struct Known: Sendable {
        var state: [UInt8]
        var authorities: CertificateAuthorities
    }
    private let folder: String
    private let now: @Sendable () -> Date
    private let known: Mutex<Known>

    /// Watches the authorities in `folder`, which are made where there are none.
    ///
    /// - Throws: ``CAError``.
    public init(folder: String, now: @escaping @Sendable () -> Date = { Date() }) throws(CAError) {
        self.folder = folder
        self.now = now
        let state = try CertificateAuthorities.stateBytes(folder)
        known = Mutex(Known(state: state, authorities: try CertificateAuthorities(folder: folder, now: now())))
    }

    /// The authorities now. The file that says so is read each time, the keys only when it changed.
    ///
    /// - Throws: ``CAError`` when they cannot be found out: then nothing is signed, and nobody is let in on an old answer.
    public func current() throws(CAError) -> CertificateAuthorities {
        let state = try CertificateAuthorities.stateBytes(folder)
        let last = known.withLock { $0 }
        if last.state == state { return last.authorities }
        let fresh = try CertificateAuthorities(folder: folder, now: now())
        known.withLock { $0 = Known(state: state, authorities: fresh) }
        return fresh
    }

    /// The authorities as they were when they were last looked at.
    public var last: CertificateAuthorities { known.withLock { $0.authorities } }
}
