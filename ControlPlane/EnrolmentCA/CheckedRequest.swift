public import Crypto
import SwiftASN1
import X509

/// What a certificate request gives, once checked: a public key whose private half the sender holds. Names and extensions that the request
/// asks for are not even read (CVE-2021-27098: an identity taken from the request).
public struct CheckedRequest: Sendable {
    /// The key to certify.
    public let publicKey: P256.Signing.PublicKey

    /// Most bytes of a request's PEM text.
    public static let maximumBytes = 16 << 10

    /// Checks a PKCS#10 request (RFC 2986): one PEM block, P-256, ECDSA with SHA-256, signed by its own key.
    ///
    /// - Throws: ``CAError`` `malformedRequest`, `wrongKey` or `noPossession`.
    public init(pem: String) throws(CAError) {
        guard pem.utf8.count <= Self.maximumBytes else { throw CAError(.malformedRequest, "the certificate request is too large") }
        let request: CertificateSigningRequest
        do {
            let document = try PEMDocument(pemString: pem)
            guard document.discriminator == CertificateSigningRequest.defaultPEMDiscriminator else {
                throw CAError(.malformedRequest, "not a certificate request")
            }
            request = try CertificateSigningRequest(derEncoded: document.derBytes)
        } catch {
            throw error as? CAError ?? CAError(.malformedRequest, "the certificate request cannot be read", cause: error)
        }
        guard let key = P256.Signing.PublicKey(request.publicKey) else { throw CAError(.wrongKey, "the key is not on P-256") }
        guard request.signatureAlgorithm == .ecdsaWithSHA256 else { throw CAError(.wrongKey, "the request is not signed with SHA-256") }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw CAError(.noPossession, "the request is not signed with its own key")
        }
        publicKey = key
    }
}
