public import CloudModel
public import Crypto

/// Makes sealed bundles. `bundle.md#sealing`.
public enum BundleSealer {
    /// The sealed bundle of a collection.
    ///
    /// - Throws: ``BundleError`` when the collection is beyond the format's limits; nothing was made then.
    public static func seal(
        _ collection: CloudCollection, identity: BundleIdentity, signingKey: P256.Signing.PrivateKey, recipient: SealingKey,
        limits: BundleLimits = .standard
    ) throws(BundleError) -> [UInt8] {
        throw BundleError(.sealingFailed, "not there yet")
    }
}
