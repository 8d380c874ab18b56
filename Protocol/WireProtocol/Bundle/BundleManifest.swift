/// What a bundle holds, signed by its agent. `bundle.md#manifest`.
public struct BundleManifest: Sendable, Hashable {
    /// One section.
    public struct Section: Sendable, Hashable {
        /// `records` or `coverage`.
        public var name: String
        /// How many lines.
        public var count: Int
        /// Bytes, decompressed.
        public var size: Int
        /// Bytes, compressed.
        public var compressedSize: Int
        /// SHA-256 of the decompressed bytes.
        public var sha256: [UInt8]
    }
    /// Whose bundle it is.
    public var identity: BundleIdentity
    /// SHA-256 of the agent's SubjectPublicKeyInfo in DER.
    public var agentKeyDigest: [UInt8]
    /// ``SealingKey/id`` of the key that it is sealed to.
    public var recipient: String
    /// The sections, in order.
    public var sections: [Section]
}
