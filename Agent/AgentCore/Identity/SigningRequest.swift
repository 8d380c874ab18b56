public import Crypto
import SwiftASN1
import X509

/// The agent's PKCS #10 request (RFC 2986): an empty name, no attributes, a public key and the proof that its private half is here. Who the
/// agent is, the server decides.
public enum SigningRequest {
    /// The request for `key`, PEM.
    public static func pem(for key: P256.Signing.PrivateKey) throws(AgentError) -> String {
        do {
            let request = try CertificateSigningRequest(
                version: .v1, subject: DistinguishedName(), privateKey: Certificate.PrivateKey(key), attributes: .init(),
                signatureAlgorithm: .ecdsaWithSHA256)
            return try request.serializeAsPEM().pemString
        } catch { throw AgentError(.keyFailed, "the certificate request could not be signed", cause: error) }
    }
}
