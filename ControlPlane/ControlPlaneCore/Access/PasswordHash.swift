import Basics
import CArgon2
import Dispatch
import Synchronization

/// Argon2id (RFC 9106) in the encoded form that names its own parameters.
///
/// Parameters are OWASP's second choice, 19 MiB, two passes, one lane: see Docs/defaults.md. Hashing is slow on purpose, so it runs on its
/// own threads, a bounded number at a time: whoever is not signed in must not be able to use up the machine.
final class PasswordHash: Sendable {
    /// Most passwords waiting to be hashed.
    static let queueLimit = 32
    private static let memoryKiB: UInt32 = 19 * 1024
    private static let passes: UInt32 = 2
    private static let saltBytes = 16
    private static let hashBytes = 32

    private let lanes = [DispatchQueue(label: "passwords.1"), DispatchQueue(label: "passwords.2")]
    /// How many are on each lane.
    private let waiting = Mutex([0, 0])
    /// What an unknown account's password is compared with, so that knowing an account takes as long as not knowing it.
    private let decoy: String

    init() throws(AccessError) {
        decoy = try Self.hash(Array("no account has this password".utf8))
    }

    /// The encoded hash of a password under a fresh salt.
    func make(_ password: Secret<String>) async throws(AccessError) -> String {
        try await onLane { () throws(AccessError) in try Self.hash(Array(password.expose().utf8)) }
    }

    /// Whether `password` is the one of `encoded`; `nil` stands for an unknown account and is never right.
    func matches(_ password: Secret<String>, _ encoded: String?) async throws(AccessError) -> Bool {
        let target = encoded ?? decoy
        let right = try await onLane { () throws(AccessError) in
            let bytes = Array(password.expose().utf8)
            return argon2id_verify(target, bytes, bytes.count) == ARGON2_OK.rawValue
        }
        return right && encoded != nil
    }

    private func onLane<T: Sendable>(_ work: @escaping @Sendable () throws(AccessError) -> T) async throws(AccessError) -> T {
        let shortest = waiting.withLock { counts -> Int? in
            guard counts.reduce(0, +) < Self.queueLimit, let lane = counts.indices.min(by: { counts[$0] < counts[$1] }) else { return nil }
            counts[lane] += 1
            return lane
        }
        guard let shortest else { throw AccessError(.throttled, "too many sign-ins at once: try again") }
        defer { waiting.withLock { $0[shortest] -= 1 } }
        let result: Result<T, AccessError> = await withCheckedContinuation { continuation in
            lanes[shortest].async {
                do throws(AccessError) { continuation.resume(returning: .success(try work())) } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private static func hash(_ password: [UInt8]) throws(AccessError) -> String {
        let salt = SecretText.randomBytes(saltBytes)
        var encoded = [CChar](repeating: 0, count: 256)
        let code = argon2id_hash_encoded(
            passes, memoryKiB, 1, password, password.count, salt, salt.count, hashBytes, &encoded, encoded.count)
        guard code == ARGON2_OK.rawValue else { throw AccessError(.unavailable, "the password cannot be hashed: argon2 code \(code)") }
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
