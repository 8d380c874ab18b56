public import CloudModel
public import Crypto
import FoundationEssentials

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
        let (header, ciphertext) = try verify(bytes, expecting: expected, agentKey: agentKey, limits: limits)
        return try open(ciphertext, header: header, contentKey: contentKey, agentKey: agentKey, limits: limits)
    }

    /// Opens a bundle with the tenant's private sealing key, for whoever may hold both.
    public static func open(
        _ bytes: [UInt8], sealingKey: Curve25519.KeyAgreement.PrivateKey, expecting expected: AgentName, agentKey: P256.Signing.PublicKey,
        limits: BundleLimits = .standard
    ) throws(BundleError) -> VerifiedBundle {
        let (header, ciphertext) = try verify(bytes, expecting: expected, agentKey: agentKey, limits: limits)
        return try open(
            ciphertext, header: header, contentKey: try header.unwrapContentKey(with: sealingKey), agentKey: agentKey, limits: limits)
    }

    /// Everything that needs no secret.
    private static func verify(
        _ bytes: [UInt8], expecting expected: AgentName, agentKey: P256.Signing.PublicKey, limits: BundleLimits
    ) throws(BundleError) -> (BundleHeader, ciphertext: ArraySlice<UInt8>) {
        let header = try BundleHeader.read(bytes, limits: limits)
        guard bytes.count >= header.bundleSize else { throw BundleError(.truncated, "\(bytes.count) of \(header.bundleSize) bytes") }
        guard bytes.count == header.bundleSize else {
            throw BundleError(.trailingBytes, "bytes after the \(header.bundleSize) that the header says")
        }
        try check(header, expected)
        let ciphertext = bytes[BundleHeader.byteCount..<BundleHeader.byteCount + header.ciphertextSize]
        try BundleSignature.checkTrailer(
            Array(bytes.suffix(BundleLayout.signatureBytes)), header: header, ciphertextDigest: Array(SHA256.hash(data: ciphertext)),
            agentKey: agentKey)
        return (header, ciphertext)
    }

    private static func open(
        _ ciphertext: ArraySlice<UInt8>, header: BundleHeader, contentKey: SymmetricKey, agentKey: P256.Signing.PublicKey,
        limits: BundleLimits
    ) throws(BundleError) -> VerifiedBundle {
        guard BundleKeys.areEqual(BundleKeys.commitment(contentKey, fields: header.fields), header.commitment) else {
            throw BundleError(.badCommitment, "the content key is not the one that the header commits to")
        }
        let plaintext = try BundleBody.decrypt(ciphertext, contentKey: contentKey, header: header)
        return try read(plaintext, header: header, agentKey: agentKey, limits: limits)
    }

    private static func check(_ header: BundleHeader, _ expected: AgentName) throws(BundleError) {
        let claimed = header.identity.agent
        guard claimed.tenant == expected.tenant else { throw BundleError(.wrongTenant, "the header names tenant \(claimed.tenant)") }
        guard claimed.environment == expected.environment else {
            throw BundleError(.wrongEnvironment, "the header names environment \(claimed.environment)")
        }
        guard claimed.agent == expected.agent else { throw BundleError(.wrongAgent, "the header names agent \(claimed.agent)") }
    }

    private static func read(
        _ plaintext: [UInt8], header: BundleHeader, agentKey: P256.Signing.PublicKey, limits: BundleLimits
    ) throws(BundleError) -> VerifiedBundle {
        let length = plaintext.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard plaintext.count >= 4 + BundleLayout.signatureBytes, length <= limits.manifestBytes,
            length <= plaintext.count - 4 - BundleLayout.signatureBytes
        else { throw BundleError(.badManifest, "no room for the manifest") }
        let manifestBytes = Array(plaintext[4..<4 + length])
        let signature = Array(plaintext[(4 + length)..<(4 + length + BundleLayout.signatureBytes)])
        guard BundleSignature.isValid(signature, type: BundleSignature.manifestType, body: manifestBytes, key: agentKey) else {
            throw BundleError(.badManifestSignature, "the agent's key did not sign this manifest")
        }
        let manifest = try BundleManifest(parsing: manifestBytes, limits: limits)
        guard manifest.identity == header.identity, manifest.agentKeyDigest == header.agentKeyDigest, manifest.recipient == header.recipient
        else {
            throw BundleError(.manifestMismatch, "manifest and header name different bundles")
        }
        try SectionReader.check(manifest.sections, limits: limits)

        var collection = CloudCollection(records: [], coverage: [])
        var rest = plaintext[(4 + length + BundleLayout.signatureBytes)...]
        for section in manifest.sections {
            guard section.compressedSize <= rest.count else { throw BundleError(.badManifest, "\(section.name) does not fit the body") }
            let compressed = rest.prefix(section.compressedSize)
            rest = rest.dropFirst(section.compressedSize)
            try SectionReader.read(compressed, as: section, limits: limits) { line throws(BundleError) in
                if section.name == "records" {
                    collection.records.append(try SectionLines.record(line, limits: limits))
                } else {
                    collection.coverage.append(try SectionLines.coverage(line, limits: limits))
                }
            }
        }
        guard rest.isEmpty else { throw BundleError(.badManifest, "bytes behind the last section") }
        return VerifiedBundle(
            header: header, manifest: manifest, manifestBytes: manifestBytes, manifestSignature: signature, collection: collection)
    }
}
