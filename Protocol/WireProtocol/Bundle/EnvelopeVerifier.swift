public import Crypto
import FoundationEssentials

/// A bundle whose trailer was checked: the agent's key signed this header and this ciphertext. Nothing was decrypted.
public struct VerifiedEnvelope: Sendable, Hashable {
    /// The header.
    public var header: BundleHeader
    /// SHA-256 of the whole sealed bundle.
    public var sha256: [UInt8]
    /// Bytes of the whole sealed bundle.
    public var size: Int
    /// The header's exact bytes.
    public var headerBytes: [UInt8] { header.bytes }
}

/// Checks header and trailer of a bundle as its bytes go by, in constant memory, without any key but the agent's public one.
/// `bundle.md#envelope`.
public struct EnvelopeVerifier {
    private let limits: BundleLimits
    private var prefix: [UInt8] = []
    private var trailer: [UInt8] = []
    private var seen = 0
    private var whole = SHA256()
    private var ciphertext = SHA256()
    /// The header, as soon as its bytes were seen: still a claim.
    public private(set) var header: BundleHeader?

    /// A verifier that has seen nothing.
    public init(limits: BundleLimits = .standard) { self.limits = limits }

    /// Takes the next bytes, in order.
    ///
    /// - Throws: as soon as it is certain that the bundle is refused.
    public mutating func update(_ bytes: some Collection<UInt8>) throws(BundleError) {
        var rest = Array(bytes)[...]
        seen += rest.count
        whole.update(data: rest)
        if header == nil {
            let wanted = BundleHeader.byteCount - prefix.count
            prefix += rest.prefix(wanted)
            rest = rest.dropFirst(wanted)
            guard prefix.count == BundleHeader.byteCount else { return }
            header = try BundleHeader.read(prefix, limits: limits)
        }
        guard let header else { return }
        guard seen <= header.bundleSize else {
            throw BundleError(.trailingBytes, "bytes after the \(header.bundleSize) that the header says")
        }
        let before = seen - rest.count
        let body = max(0, BundleHeader.byteCount + header.ciphertextSize - before)
        ciphertext.update(data: rest.prefix(body))
        trailer += rest.dropFirst(body)
    }

    /// The verified envelope, when everything was seen and the trailer is a signature of `agentKey`.
    public func finish(agentKey: P256.Signing.PublicKey) throws(BundleError) -> VerifiedEnvelope {
        guard let header else {
            _ = try BundleHeader.read(prefix, limits: limits)
            throw BundleError(.truncated, "no header")
        }
        guard seen == header.bundleSize else { throw BundleError(.truncated, "\(seen) of \(header.bundleSize) bytes") }
        try BundleSignature.checkTrailer(trailer, header: header, ciphertextDigest: Array(ciphertext.finalize()), agentKey: agentKey)
        return VerifiedEnvelope(header: header, sha256: Array(whole.finalize()), size: seen)
    }
}
