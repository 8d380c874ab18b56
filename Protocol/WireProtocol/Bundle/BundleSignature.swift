package import Crypto
import FoundationEssentials

/// The two signatures of a bundle: typed, so that neither passes for the other. `bundle.md#signatures`.
package enum BundleSignature {
    package static let envelopeType = "application/vnd.cloudryption.bundle.envelope.v1"
    package static let manifestType = "application/vnd.cloudryption.bundle.manifest.v1+json"

    /// DSSE's pre-authentication encoding: `DSSEv1 LEN(type) type LEN(body) body`, lengths in decimal (DSSE v1.0.2, protocol.md).
    package static func preAuthenticationEncoding(type: String, body: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(body.count) ".utf8) + body
    }

    /// r and s, 32 bytes each, s in the lower half: of the two valid signatures, there is one accepted encoding.
    package static func sign(type: String, body: [UInt8], with key: P256.Signing.PrivateKey) throws(BundleError) -> [UInt8] {
        do {
            let signature = try key.signature(for: preAuthenticationEncoding(type: type, body: body))
            return lowered(Array(signature.rawRepresentation))
        } catch { throw BundleError(.sealingFailed, "signing") }
    }

    package static func isValid(_ signature: [UInt8], type: String, body: [UInt8], key: P256.Signing.PublicKey) -> Bool {
        guard signature.count == BundleLayout.signatureBytes, !signature[32...].isAbove(halfOrder),
            let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
        else { return false }
        return key.isValidSignature(parsed, for: preAuthenticationEncoding(type: type, body: body))
    }

    static func checkTrailer(
        _ trailer: [UInt8], header: BundleHeader, ciphertextDigest: [UInt8], agentKey: P256.Signing.PublicKey
    ) throws(BundleError) {
        guard keyDigest(agentKey) == header.agentKeyDigest else { throw BundleError(.wrongAgentKey, "the header names another key") }
        guard isValid(trailer, type: envelopeType, body: header.bytes + ciphertextDigest, key: agentKey) else {
            throw BundleError(.badSignature, "the trailer does not sign this header and body")
        }
    }

    /// SHA-256 of the SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7).
    package static func keyDigest(_ key: P256.Signing.PublicKey) -> [UInt8] { Array(SHA256.hash(data: key.derRepresentation)) }

    // The order of P-256's base point (SEC 2 §2.4.2), and half of it.
    private static let order: [UInt8] =
        [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        + [0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51]
    private static let halfOrder: [UInt8] =
        [0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        + [0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA8]

    private static func lowered(_ signature: [UInt8]) -> [UInt8] {
        guard signature.count == BundleLayout.signatureBytes, signature[32...].isAbove(halfOrder) else { return signature }
        return mirrored(signature)
    }

    /// The other signature that is valid for the same message: (r, n − s).
    package static func mirrored(_ signature: [UInt8]) -> [UInt8] {
        guard signature.count == BundleLayout.signatureBytes else { return signature }
        var result = signature
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(signature[32 + index]) - borrow
            result[32 + index] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        return result
    }
}

extension ArraySlice<UInt8> {
    fileprivate func isAbove(_ other: [UInt8]) -> Bool { other.lexicographicallyPrecedes(self) }
}
