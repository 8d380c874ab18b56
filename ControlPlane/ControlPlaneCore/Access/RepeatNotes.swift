import Basics
import Crypto
public import FoundationEssentials

/// Which writes were sent under which key, and what they were answered. Bound to the caller: another's key is another key.
public struct RepeatNotes: Sendable {
    /// How long a key is remembered.
    public static let life: TimeInterval = 86400
    let store: any ControlPlaneStore
    let clock: WallClock
    let master: MasterKey

    /// What is known of a key.
    public enum Known: Sendable, Hashable {
        /// Nothing: it is the caller's from now on, and has to be finished or forgotten.
        case claimed
        /// It names another request.
        case other
        /// The first request is not answered, or never will be.
        case inProgress
        /// The first request got this.
        case answered(status: Int, body: [UInt8])
    }

    /// Claims the key for this request.
    public func claim(_ key: String, request: [UInt8], by session: TenantSession) async throws -> Known {
        let now = clock.now()
        let note = RepeatableRequest(key: digest(key, session), request: Array(SHA256.hash(data: request)), createdAt: now)
        let known = try await store.write(session.tenant.id) {
            try $0.claim(note, dropBefore: now.addingTimeInterval(-Self.life))
        }
        guard let known else { return .claimed }
        guard known.request == note.request else { return .other }
        guard let status = known.status else { return .inProgress }
        return .answered(status: status, body: try master.unwrap(known.wrapped, for: purpose(session)))
    }

    /// Stores what the request was answered.
    public func finish(_ key: String, status: Int, body: [UInt8], by session: TenantSession) async throws {
        let wrapped = try master.wrap(body, for: purpose(session))
        let note = RepeatableRequest(key: digest(key, session), request: [], status: status, wrapped: wrapped, createdAt: clock.now())
        try await store.write(session.tenant.id) { try $0.finish(note) }
    }

    /// Forgets a request that changed nothing.
    public func forget(_ key: String, by session: TenantSession) async throws {
        let note = RepeatableRequest(key: digest(key, session), request: [], createdAt: clock.now())
        try await store.write(session.tenant.id) { try $0.forget(note) }
    }

    private func digest(_ key: String, _ session: TenantSession) -> [UInt8] {
        SecretText.digest(of: "idempotency key\0\(session.user.id)\0\(session.token.map(\.description) ?? "")\0" + key)
    }

    private func purpose(_ session: TenantSession) -> MasterKey.Purpose {
        MasterKey.Purpose(tenant: session.tenant.id, name: "repeated answer", version: 1)
    }
}
