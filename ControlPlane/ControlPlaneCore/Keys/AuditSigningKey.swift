import Basics
import Crypto

/// The key that signs checkpoints of the logs: `keys/audit.key`, the same on every node.
///
/// A key of its own: a log's key is what others hold to check it with, for years, and must outlive the master key.
public struct AuditSigningKey: Sendable {
    let key: Curve25519.Signing.PrivateKey

    /// Reads the key, and makes it where there is none.
    ///
    /// - Parameter master: installations from before this file signed with what is computed from it: theirs goes on.
    public init(folder: String, master: MasterKey) throws {
        let seed = try KeyFile.readOrMake(folder + "/audit.key") {
            master.isNew ? SecretText.randomBytes(32) : master.derived("audit log checkpoints")
        }
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed.bytes)
    }
}
