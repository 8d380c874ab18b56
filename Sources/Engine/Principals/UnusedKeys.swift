import CloudModel
import IAMEvaluator

/// Access keys that can be used and are not, by the rule of the control `iam-unused-key`: when the account was read, an active key's last use, or
/// its making where it never was used, was longer ago than this. A key of which that, or when it was
/// made, is not known is none.
struct UnusedKeys {
    static let days = 45

    /// When the account was read: the latest answer.
    private let read: Instant?

    init(_ snapshot: CloudSnapshot) {
        read = snapshot.records.compactMap(\.time).max().flatMap { Instant(Array($0.utf8)) }
    }

    func contains(_ key: Principal.AccessKey) -> Bool {
        guard key.active, key.created != nil, let read, let last = (key.lastUsed ?? key.created).flatMap({ Instant(Array($0.utf8)) }) else {
            return false
        }
        return read.seconds(since: last) > Self.days * 86_400
    }

    /// A user's.
    func keys(of principal: Principal) -> [Principal.AccessKey] {
        principal.kind == .user ? (principal.accessKeys ?? []).filter(contains) : []
    }
}
