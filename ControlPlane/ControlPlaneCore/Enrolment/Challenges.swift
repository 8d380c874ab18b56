import Basics
import Crypto
import FoundationEssentials
import WireProtocol

/// Challenges that cost nothing to give out: 32 bytes that carry their time and are authenticated, so that nothing is stored for whoever
/// only asks. That one is used once, the store sees to, in the transaction that makes the agent.
struct Challenges: Sendable {
    private let key: SymmetricKey

    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// A fresh one: 8 bytes of time, 8 random ones, 16 of a MAC over both and over what it is for.
    func make(_ method: EnrolmentMethodName, _ tenant: TenantID, _ environment: EnvironmentID, now: Date) -> String {
        let time = UInt64(max(0, now.timeIntervalSince1970 * 1000))
        let head = (0..<8).map { UInt8(truncatingIfNeeded: time >> UInt64(56 - 8 * $0)) } + SecretText.randomBytes(8)
        return Base64URL.encode(head + tag(head, method, tenant, environment))
    }

    /// Whether `text` is one of ours, for this, and not older than a minute.
    func isGood(_ text: String, _ method: EnrolmentMethodName, _ tenant: TenantID, _ environment: EnvironmentID, now: Date) -> Bool {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text.utf8), bytes.count == 32 else { return false }
        let head = Array(bytes.prefix(16))
        guard zip(tag(head, method, tenant, environment), bytes.suffix(16)).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else {
            return false
        }
        let made = Double(head.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) / 1000
        // Another node's clock may be a little ahead.
        return (-5...Double(Challenge.lifetime)).contains(now.timeIntervalSince1970 - made)
    }

    private func tag(_ head: [UInt8], _ method: EnrolmentMethodName, _ tenant: TenantID, _ environment: EnvironmentID) -> [UInt8] {
        let what = Array("cloudryption challenge v1\0\(method.rawValue)\0".utf8) + tenant.bytes + environment.bytes + head
        return Array(HMAC<SHA256>.authenticationCode(for: what, using: key).prefix(16))
    }
}
