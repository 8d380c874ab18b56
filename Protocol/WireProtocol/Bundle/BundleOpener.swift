public import CloudModel
public import Crypto

/// A bundle of which everything was checked.
public struct VerifiedBundle: Sendable {
    /// The outer header.
    public var header: BundleHeader
    /// The manifest.
    public var manifest: BundleManifest
    /// The manifest's exact bytes, for whoever has to prove a record later.
    public var manifestBytes: [UInt8]
    /// The agent's signature over ``manifestBytes``.
    public var manifestSignature: [UInt8]
    /// The content.
    public var collection: CloudCollection
}

/// Opens sealed bundles. `bundle.md#opening`.
public enum BundleOpener {
    /// Opens a bundle, or says why not; nothing of it is given out before all of it was checked.
    ///
    /// - Parameters:
    ///   - bytes: the whole sealed bundle.
    ///   - contentKey: from ``BundleHeader/unwrapContentKey(with:)``.
    ///   - expected: whose bundle it must be.
    ///   - agentKey: that agent's public key.
    public static func open(
        _ bytes: [UInt8], contentKey: SymmetricKey, expecting expected: AgentName, agentKey: P256.Signing.PublicKey,
        limits: BundleLimits = .standard
    ) throws(BundleError) -> VerifiedBundle {
        throw BundleError(.sealingFailed, "not there yet")
    }
}
