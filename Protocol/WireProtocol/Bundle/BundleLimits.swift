import CloudModel

/// Every bound that a bundle is held to, by who makes one and by who opens one. `bundle.md#limits`.
public struct BundleLimits: Sendable, Hashable {
    /// Most bytes of the encrypted body's plaintext, which is compressed.
    public var plaintextBytes: Int
    /// Most bytes of the manifest.
    public var manifestBytes: Int
    /// Most bytes of all sections together, decompressed.
    public var decompressedBytes: Int
    /// A section may decompress to `ratioAllowance` bytes plus this many times its compressed size.
    public var ratio: Int
    /// See ``ratio``.
    public var ratioAllowance: Int
    /// Largest zstd window, as a power of two.
    public var windowLog: Int
    /// Most lines of a section.
    public var records: Int
    /// Most bytes of one line.
    public var recordBytes: Int
    /// Deepest nesting of a line's JSON, the line's own object included.
    public var depth: Int
    /// Most bytes of one string, unescaped.
    public var stringBytes: Int

    /// Bounds as given; what is not given is what format version 1 says.
    public init(
        plaintextBytes: Int = 512 << 20, manifestBytes: Int = 16 << 10, decompressedBytes: Int = 1 << 30, ratio: Int = 1000,
        ratioAllowance: Int = 16 << 20, windowLog: Int = 23, records: Int = 2_000_000, recordBytes: Int = 128 << 20, depth: Int = 96,
        stringBytes: Int = 16 << 20
    ) {
        self.plaintextBytes = plaintextBytes
        self.manifestBytes = manifestBytes
        self.decompressedBytes = decompressedBytes
        self.ratio = ratio
        self.ratioAllowance = ratioAllowance
        self.windowLog = windowLog
        self.records = records
        self.recordBytes = recordBytes
        self.depth = depth
        self.stringBytes = stringBytes
    }

    /// The bounds of format version 1.
    public static let standard = BundleLimits()

    /// Most bytes of a whole sealed bundle.
    public var bundleBytes: Int {
        BundleHeader.byteCount + BundleLayout.ciphertextSize(plaintext: plaintextBytes) + BundleLayout.signatureBytes
    }

    var line: JSONLimits { JSONLimits(bytes: recordBytes, depth: depth, stringBytes: stringBytes) }
}

/// The fixed sizes of format version 1. `bundle.md#header`.
package enum BundleLayout {
    /// Plaintext bytes of every chunk but the last.
    package static let chunkBytes = 64 << 10
    /// Bytes of an AES-GCM tag.
    package static let tagBytes = 16
    /// Bytes of a P-256 signature, r and s.
    package static let signatureBytes = 64

    /// Bytes of the encrypted body whose plaintext has `size` bytes, at least one.
    package static func ciphertextSize(plaintext size: Int) -> Int {
        let chunks = size <= 0 ? 1 : (size - 1) / chunkBytes + 1
        return size + chunks * tagBytes
    }
}
