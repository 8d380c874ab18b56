import Basics
import FoundationEssentials

/// Counts attempts to show who somebody is, and makes whoever fails too often wait.
///
/// An attempt is counted before it is looked at: however many try at the same moment, only so many get a try. The count is per account, by the
/// digest of its one canonical spelling, whether there is such an account or not.
struct Attempts: Sendable {
    let store: any ControlPlaneStore
    let clock: WallClock

    static func account(_ email: String) -> [UInt8] { SecretText.digest(of: "sign-in account\0" + email) }
    static func secondFactor(_ user: UserID) -> [UInt8] { SecretText.digest(of: "second factor\0\(user)") }

    func count(_ key: [UInt8]) async throws {
        let now = clock.now()
        try await store.writeDirectory { directory in
            let failures = try directory.signInFailures(account: key)
            if let failures, failures.count >= SignInService.failuresBeforeWait {
                let doublings = min(failures.count - SignInService.failuresBeforeWait, 10)
                let wait = min(SignInService.firstWait * Double(1 << doublings), SignInService.longestWait)
                guard now.timeIntervalSince(failures.last) >= wait else {
                    throw AccessError(.throttled, "too many failed attempts: wait and try again")
                }
            }
            try directory.setSignInFailures(
                account: key, SignInFailures(count: (failures?.count ?? 0) + 1, last: now),
                forgetBefore: now.addingTimeInterval(-24 * 3600))
        }
    }

    func failures(_ key: [UInt8]) async throws -> Int {
        try await store.readDirectory { try $0.signInFailures(account: key)?.count ?? 0 }
    }

    func forget(_ key: [UInt8]) async throws {
        let now = clock.now()
        try await store.writeDirectory {
            try $0.setSignInFailures(account: key, nil, forgetBefore: now.addingTimeInterval(-24 * 3600))
        }
    }
}
