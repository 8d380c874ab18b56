import Basics
import Crypto
import FoundationEssentials
import WireProtocol

/// A tenant's keys to which agents seal. The private halves leave the database only here.
struct SealingKeys: Sendable {
    let master: MasterKey

    /// A fresh key, not stored yet.
    func make(for tenant: TenantID, version: Int, now: Date) throws -> StoredSealingKey {
        let key = Curve25519.KeyAgreement.PrivateKey()
        return StoredSealingKey(
            id: SealingKey(key.publicKey).id, tenant: tenant, version: version, publicKey: Array(key.publicKey.rawRepresentation),
            wrapped: try master.wrap(Array(key.rawRepresentation), for: Self.purpose(tenant, version)), createdAt: now)
    }

    /// The newest key of a tenant.
    func current(_ tables: any TenantReading) throws -> SealingKey {
        guard let stored = try tables.sealingKeys().first, let key = SealingKey(publicKey: stored.publicKey) else {
            throw StoreError(.notFound, "the tenant has no sealing key")
        }
        return key
    }

    /// The content key of one bundle, for the worker that opens it.
    func contentKey(of header: BundleHeader, stored: [StoredSealingKey]) throws -> SymmetricKey {
        guard let key = stored.first(where: { Array($0.id.utf8) == Array(header.recipient.utf8) }) else {
            throw BundleError(.wrongRecipient, "sealed to a key that the tenant does not have")
        }
        let secret = try master.unwrap(key.wrapped, for: Self.purpose(key.tenant, key.version))
        return try header.unwrapContentKey(with: Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret))
    }

    static func purpose(_ tenant: TenantID, _ version: Int) -> MasterKey.Purpose {
        MasterKey.Purpose(tenant: tenant, name: "sealing", version: version)
    }
}
