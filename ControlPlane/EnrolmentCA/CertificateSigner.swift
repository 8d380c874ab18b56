import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// Holds a CA key and signs; decides nothing.
struct CertificateSigner: Sendable {
    let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    init(certificate: Certificate, key: P256.Signing.PrivateKey) throws(CAError) {
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw CAError(.unusable, "the CA's certificate does not belong to its key")
        }
        self.certificate = certificate
        self.key = key
    }

    var publicKey: P256.Signing.PublicKey { key.publicKey }

    /// ECDSA with SHA-256, DER.
    func signature(over bytes: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: bytes).derRepresentation) }

    /// A leaf of this profile for this key.
    func leaf(_ profile: LeafProfile, for publicKey: P256.Signing.PublicKey) throws(CAError) -> Certificate {
        let notAfter = min(profile.notAfter, certificate.notValidAfter)
        guard profile.notBefore < notAfter else { throw CAError(.expired, "the issuing CA's certificate ended") }
        do {
            return try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(publicKey),
                notValidBefore: profile.notBefore, notValidAfter: notAfter, issuer: certificate.subject,
                subject: try DistinguishedName { CommonName(profile.commonName) }, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([profile.usage])
                    SubjectAlternativeNames(profile.generalNames)
                    AuthorityKeyIdentifier(keyIdentifier: ArraySlice(KeyIdentifier.of(key.publicKey)))
                    SubjectKeyIdentifier(keyIdentifier: ArraySlice(KeyIdentifier.of(publicKey)))
                }, issuerPrivateKey: Certificate.PrivateKey(key))
        } catch {
            throw CAError(.failedCheck, "the certificate cannot be made", cause: error)
        }
    }

    /// A CA's certificate; signed by itself when `issuer` is `nil`.
    static func authority(
        name: String, key: P256.Signing.PrivateKey, issuer: CertificateSigner?, pathLength: Int, from: Date, to: Date
    ) throws(CAError) -> Certificate {
        do {
            let subject = try DistinguishedName { CommonName(name) }
            let signing = issuer?.key ?? key
            return try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
                notValidBefore: from, notValidAfter: to, issuer: issuer?.certificate.subject ?? subject, subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: pathLength))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(keyIdentifier: ArraySlice(KeyIdentifier.of(key.publicKey)))
                    AuthorityKeyIdentifier(keyIdentifier: ArraySlice(KeyIdentifier.of(signing.publicKey)))
                }, issuerPrivateKey: Certificate.PrivateKey(signing))
        } catch {
            throw CAError(.failedCheck, "the CA's certificate cannot be made", cause: error)
        }
    }
}

/// How a key is named inside certificates: the first 20 bytes of SHA-256 over the key's bits (RFC 7093 §2, method 1).
enum KeyIdentifier {
    static func of(_ key: P256.Signing.PublicKey) -> [UInt8] { Array(SHA256.hash(data: key.x963Representation).prefix(20)) }
}
