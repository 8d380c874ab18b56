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
        let coverage = try SectionWriter(name: "coverage", limits: limits)
        for entry in collection.coverage { try coverage.append(SectionLines.line(entry, limits: limits)) }
        let sections = [try records.finish(), try coverage.finish()]

        let manifest = BundleManifest(
            identity: identity, agentKeyDigest: BundleSignature.keyDigest(signingKey.publicKey), recipient: recipient.id,
            sections: sections.map(\.entry))
        try SectionReader.check(manifest.sections, limits: limits)
        let manifestBytes = manifest.bytes
        guard manifestBytes.count <= limits.manifestBytes else { throw BundleError(.sealingFailed, "the manifest is too long") }
        let signature = try BundleSignature.sign(type: BundleSignature.manifestType, body: manifestBytes, with: signingKey)
        let plaintext = BundleBody.plaintext(manifest: manifestBytes, signature: signature, sections: sections.map(\.compressed))
        guard plaintext.count <= limits.plaintextBytes else {
            throw BundleError(.tooLarge, "a body of \(plaintext.count) bytes is larger than \(limits.plaintextBytes)")
        }
        let fields = BundleFields(
            identity: identity, agentKeyDigest: manifest.agentKeyDigest, recipient: SealingKey.idBytes(of: recipient.publicKey),
            plaintextSize: UInt64(plaintext.count))
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
