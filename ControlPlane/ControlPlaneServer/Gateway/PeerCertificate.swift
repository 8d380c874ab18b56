import Basics
import ControlPlaneCore
import Crypto
import FoundationEssentials
import NIOSSL
import SwiftASN1
import Synchronization
import WireProtocol
@_spi(FixedExpiryValidationTime) import X509

/// Who a client certificate says that an agent is, after every check that needs no directory.
///
/// Only ``PeerVerifier`` makes one. Whether the agent may still speak is the directory's to say, on every request.
struct VerifiedPeer: Sendable {
    let name: AgentName
    /// What the directory is asked about.
    let certificate: PeerCertificate
    let notBefore: Date
    var notAfter: Date { certificate.notAfter }
}

/// Why a client certificate is refused. The code is logged; the peer only sees the handshake fail or a 401.
struct PeerError: CodedError {
    enum Code: String, CaseIterable, Sendable {
        case noCertificate, unreadable, untrustedChain, notYetValid, expired, notForClients, badName, badKey
    }
    static let domain = "peer"
    var code: Code
    var message: String
    var cause: (any Error)? { nil }
    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Checks client certificates against the authorities that sign agents.
///
/// swift-certificates' `RFC5280Policy` does not check key usage or extended key usage, so those and the name are checked here.
final class PeerVerifier: Sendable {
    /// Where a chain must end.
    private let roots: CertificateStore
    /// Issuing certificates of chains that were valid. A resumed session gives the leaf alone, so its chain is built from these; such a
    /// session was opened by a whole chain that this very object has seen.
    private let intermediates: Mutex<[Certificate]>
    private static let mostIntermediates = 16

    init(roots: [Certificate], intermediates: [Certificate]) {
        self.roots = CertificateStore(roots)
        self.intermediates = Mutex(intermediates)
    }

    /// The agent that `chain` names, leaf first.
    func verify(_ chain: [NIOSSLCertificate], now: Date) async throws(PeerError) -> VerifiedPeer {
        guard !chain.isEmpty else { throw PeerError(.noCertificate, "no certificate") }
        guard chain.count <= 4 else { throw PeerError(.untrustedChain, "more than four certificates") }
        let parsed: [Certificate]
        do {
            parsed = try chain.map { try Certificate(derEncoded: $0.toDERBytes()) }
        } catch {
            throw PeerError(.unreadable, "a certificate does not parse")
        }
        guard let leaf = parsed.first else { throw PeerError(.noCertificate, "no certificate") }
        guard leaf.notValidBefore <= now else { throw PeerError(.notYetValid, "the certificate is not valid yet") }
        guard now <= leaf.notValidAfter else { throw PeerError(.expired, "the certificate has expired") }
        var verifier = Verifier(rootCertificates: roots) { RFC5280Policy(fixedExpiryValidationTime: now) }
        let known = intermediates.withLock { $0 }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(known + parsed.dropFirst()))
        guard case .validCertificate(let valid) = result else {
            throw PeerError(.untrustedChain, "the chain does not end at an authority of ours")
        }
        for issuer in valid.dropFirst().dropLast() where !known.contains(issuer) {
            intermediates.withLock { if $0.count < Self.mostIntermediates { $0.append(issuer) } }
        }
        return try peer(of: leaf)
    }

    private func peer(of leaf: Certificate) throws(PeerError) -> VerifiedPeer {
        guard let usages = try? leaf.extensions.extendedKeyUsage, usages.contains(.clientAuth) else {
            throw PeerError(.notForClients, "the certificate is not for clients")
        }
        if let keyUsage = try? leaf.extensions.keyUsage, !keyUsage.digitalSignature {
            throw PeerError(.notForClients, "the key may not sign")
        }
        if let constraints = try? leaf.extensions.basicConstraints, case .isCertificateAuthority = constraints {
            throw PeerError(.notForClients, "the certificate is an authority's")
        }
        guard let names = try? leaf.extensions.subjectAlternativeNames, names.count == 1, let name = names.first,
            case .uniformResourceIdentifier(let uri) = name
        else { throw PeerError(.badName, "the certificate does not have exactly one URI name") }
        guard P256.Signing.PublicKey(leaf.publicKey) != nil else { throw PeerError(.badKey, "the key is not P-256") }
        var serializer = DER.Serializer()
        do { try serializer.serialize(leaf.publicKey) } catch { throw PeerError(.badKey, "the key cannot be written") }
        guard let name = AgentName(uri: uri) else { throw PeerError(.badName, "the URI name is not an agent's") }
        return VerifiedPeer(
            name: name,
            certificate: PeerCertificate(
                keyDigest: Array(SHA256.hash(data: serializer.serializedBytes)),
                serial: PeerCertificate.serialText(leaf.serialNumber.bytes),
                uri: uri, notAfter: leaf.notValidAfter),
            notBefore: leaf.notValidBefore)
    }
}
