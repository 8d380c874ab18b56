import Crypto
import FoundationEssentials
import X509

/// Looks at a finished certificate as a stranger would, before it leaves: a mistake in the signer must not become an identity.
struct CertificateChecks: Sendable {
    let issuer: Certificate

    /// Throws ``CAError`` `failedCheck` unless `certificate` is exactly what `profile` and `key` say.
    func check(_ certificate: Certificate, is profile: LeafProfile, for key: P256.Signing.PublicKey) throws(CAError) {
        func require(_ holds: Bool, _ what: StaticString) throws(CAError) {
            guard holds else { throw CAError(.failedCheck, "the finished certificate has the wrong \(what)") }
        }
        try require(issuer.publicKey.isValidSignature(certificate.signature, for: certificate), "signature")
        try require(certificate.issuer == issuer.subject, "issuer")
        try require(certificate.publicKey == Certificate.PublicKey(key), "key")
        try require(abs(certificate.notValidBefore.timeIntervalSince(profile.notBefore)) < 1, "beginning")
        try require(certificate.notValidAfter <= profile.notAfter && certificate.notValidAfter <= issuer.notValidAfter, "end")
        try require(certificate.serialNumber.bytes.count >= 8, "serial number")
        let extensions = certificate.extensions
        try require((try? extensions.basicConstraints) == .notCertificateAuthority, "basic constraints")
        try require((try? extensions.keyUsage) == KeyUsage(digitalSignature: true), "key usage")
        try require((try? extensions.extendedKeyUsage).flatMap { $0.map { Array($0) } } == [profile.usage], "extended key usage")
        try require((try? extensions.subjectAlternativeNames).flatMap { $0.map { Array($0) } } == profile.generalNames, "names")
        try require(extensions.count == 6, "number of extensions")
    }
}
