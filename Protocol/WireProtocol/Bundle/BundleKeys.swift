package import Crypto
import FoundationEssentials

/// The content key's wrapping and what is derived from it. `bundle.md#keys`.
package enum BundleKeys {
    private static var suite: HPKE.Ciphersuite { HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256) }
    private static func info(_ fields: [UInt8]) -> Data { Data(Array("cloudryption bundle v1 content key\0".utf8) + fields) }

    /// HPKE base mode (RFC 9180 §5.1.1), single shot, empty AAD; `info` binds the header's fields.
    package static func wrap(
        _ key: SymmetricKey, fields: [UInt8], to recipient: SealingKey
    ) throws(BundleError) -> (encapsulation: [UInt8], wrappedKey: [UInt8]) {
        do {
            let publicKey = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: recipient.publicKey)
            var sender = try HPKE.Sender(recipientKey: publicKey, ciphersuite: suite, info: info(fields))
            let wrapped = try sender.seal(key.withUnsafeBytes { Array($0) })
            return (Array(sender.encapsulatedKey), Array(wrapped))
        } catch { throw BundleError(.sealingFailed, "wrapping the content key to \(recipient.id)") }
    }

    static func unwrap(
        _ wrapped: [UInt8], encapsulation: [UInt8], fields: [UInt8], with key: Curve25519.KeyAgreement.PrivateKey
    ) throws(BundleError) -> SymmetricKey {
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key, ciphersuite: suite, info: info(fields), encapsulatedKey: Data(encapsulation))
            let bytes = try recipient.open(wrapped)
            if bytes.count == 32 { return SymmetricKey(data: bytes) }
        } catch {}
        throw BundleError(.badKeyWrap, "the content key cannot be unwrapped")
    }

    /// 32 bytes that only one content key gives, so that nobody can make a bundle that opens differently under two keys.
    package static func commitment(_ key: SymmetricKey, fields: [UInt8]) -> [UInt8] {
        derive(key, fields: fields, label: "commitment").withUnsafeBytes { Array($0) }
    }

    package static func chunkKey(_ key: SymmetricKey, fields: [UInt8]) -> SymmetricKey { derive(key, fields: fields, label: "chunks") }

    private static func derive(_ key: SymmetricKey, fields: [UInt8], label: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: Array(SHA256.hash(data: fields)), info: Array("cloudryption bundle v1 \(label)".utf8),
            outputByteCount: 32)
    }

    /// Whether both are equal, in time that tells nothing of where they differ.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }
}
