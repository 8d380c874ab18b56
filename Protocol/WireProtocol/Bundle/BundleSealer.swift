public import CloudModel
public import Crypto
import FoundationEssentials

/// Makes sealed bundles. `bundle.md#sealing`.
public enum BundleSealer {
    /// The sealed bundle of a collection.
    ///
    /// Records are written, hashed and compressed one at a time, so that beside the collection only compressed bytes are held.
    ///
    /// - Throws: ``BundleError`` when the collection is beyond the format's limits; nothing was made then.
    public static func seal(
        _ collection: CloudCollection, identity: BundleIdentity, signingKey: P256.Signing.PrivateKey, recipient: SealingKey,
        limits: BundleLimits = .standard
    ) throws(BundleError) -> [UInt8] {
        let records = try SectionWriter(name: "records", limits: limits)
        for record in collection.records { try records.append(SectionLines.line(record, limits: limits)) }
        let sections = [try records.finish(), try coverage(of: collection, limits: limits)]
        let manifest = BundleManifest(
            identity: identity, agentKeyDigest: BundleSignature.keyDigest(signingKey.publicKey), recipient: recipient.id,
            sections: sections.map(\.entry))
        return try seal(manifest, sections.map(\.compressed), signingKey: signingKey, recipient: recipient, limits: limits)
    }

    /// The sealed bundle of a collection whose records are in blocks beside it, and all of the blocks in order, each once. What did not change
    /// since another collection of this agent gives the same blocks again. `blocks.md`.
    ///
    /// - Throws: as ``seal(_:identity:signingKey:recipient:limits:)``.
    public static func sealInBlocks(
        _ collection: CloudCollection, identity: BundleIdentity, signingKey: P256.Signing.PrivateKey, recipient: SealingKey,
        secret: BlockSecret, limits: BundleLimits = .standard
    ) throws(BundleError) -> (bundle: [UInt8], blocks: [SealedBlock]) {
        let writer = try BlockWriter(secret: secret, limits: limits)
        let times = try TimesWriter(limits: limits)
        for var record in collection.records {
            try times.append(record.time)
            // When a record was read is another time in each collection, and goes apart from what was read.
            record.time = nil
            try writer.append(SectionLines.line(record, limits: limits))
        }
        let (records, list) = try writer.finish()
        let inside = [list, try times.finish(), try coverage(of: collection, limits: limits)]
        let manifest = BundleManifest(
            version: 2, identity: identity, agentKeyDigest: BundleSignature.keyDigest(signingKey.publicKey), recipient: recipient.id,
            sections: [records] + inside.map(\.entry))
        let bundle = try seal(manifest, inside.map(\.compressed), signingKey: signingKey, recipient: recipient, limits: limits)
        return (bundle, writer.blocks)
    }

    private static func coverage(
        of collection: CloudCollection, limits: BundleLimits
    ) throws(BundleError) -> (entry: BundleManifest.Section, compressed: [UInt8]) {
        let coverage = try SectionWriter(name: "coverage", limits: limits)
        for entry in collection.coverage { try coverage.append(SectionLines.line(entry, limits: limits)) }
        return try coverage.finish()
    }

    private static func seal(
        _ manifest: BundleManifest, _ sections: [[UInt8]], signingKey: P256.Signing.PrivateKey, recipient: SealingKey, limits: BundleLimits
    ) throws(BundleError) -> [UInt8] {
        try SectionReader.check(manifest, limits: limits)
        let manifestBytes = manifest.bytes
        guard manifestBytes.count <= limits.manifestBytes else { throw BundleError(.sealingFailed, "the manifest is too long") }
        let signature = try BundleSignature.sign(type: BundleSignature.manifestType, body: manifestBytes, with: signingKey)
        let plaintext = BundleBody.plaintext(manifest: manifestBytes, signature: signature, sections: sections)
        guard plaintext.count <= limits.plaintextBytes else {
            throw BundleError(.tooLarge, "a body of \(plaintext.count) bytes is larger than \(limits.plaintextBytes)")
        }
        var fields = BundleFields(
            identity: manifest.identity, agentKeyDigest: manifest.agentKeyDigest, recipient: SealingKey.idBytes(of: recipient.publicKey),
            plaintextSize: UInt64(plaintext.count))
        fields.version = UInt16(clamping: manifest.version)
        let contentKey = SymmetricKey(size: .bits256)
        let header = try header(fields: fields.bytes, contentKey: contentKey, recipient: recipient)
        // Held to what a reader holds it to: an identity that nobody would accept is found here and not after the upload.
        _ = try BundleHeader.read(header, limits: limits)
        return try sign(
            header: header, ciphertext: try BundleBody.encrypt(plaintext, contentKey: contentKey, header: header), with: signingKey)
    }

    /// The whole header whose first part is `fields`.
    package static func header(fields: [UInt8], contentKey: SymmetricKey, recipient: SealingKey) throws(BundleError) -> [UInt8] {
        let (encapsulation, wrappedKey) = try BundleKeys.wrap(contentKey, fields: fields, to: recipient)
        return fields + encapsulation + wrappedKey + BundleKeys.commitment(contentKey, fields: fields)
    }

    /// Header, ciphertext and the trailer that signs both.
    package static func sign(header: [UInt8], ciphertext: [UInt8], with key: P256.Signing.PrivateKey) throws(BundleError) -> [UInt8] {
        let trailer = try BundleSignature.sign(
            type: BundleSignature.envelopeType, body: header + Array(SHA256.hash(data: ciphertext)), with: key)
        var bundle = header
        bundle.reserveCapacity(header.count + ciphertext.count + trailer.count)
        bundle += ciphertext
        bundle += trailer
        return bundle
    }
}
