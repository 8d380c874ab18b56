import Crypto
import Foundation
import SwiftASN1
import WireProtocol
import X509

/// Authorities and certificates for tests, written to a folder of their own.
struct TestCA {
    let root: Certificate
    let rootKey: P256.Signing.PrivateKey
    let issuing: Certificate
    let issuingKey: P256.Signing.PrivateKey

    struct Leaf {
        var chain: String
        var key: String
    }

    init(name: String = "Test") throws {
        rootKey = P256.Signing.PrivateKey()
        issuingKey = P256.Signing.PrivateKey()
        let rootName = try DistinguishedName { CommonName("\(name) root") }
        let issuingName = try DistinguishedName { CommonName("\(name) issuing") }
        root = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(rootKey.publicKey), notValidBefore: Date() - 3600,
            notValidAfter: Date() + 86400, issuer: rootName, subject: rootName, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            }, issuerPrivateKey: .init(rootKey))
        issuing = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(issuingKey.publicKey), notValidBefore: Date() - 3600,
            notValidAfter: Date() + 86400, issuer: rootName, subject: issuingName, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            }, issuerPrivateKey: .init(rootKey))
    }

    func server() throws -> Leaf {
        try leaf(usage: [.serverAuth], names: [.dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))])
    }

    func agent(
        _ uri: String, usage: [ExtendedKeyUsage.Usage] = [.clientAuth], ends: TimeInterval = 3600, extraNames: [GeneralName] = []
    ) throws -> Leaf {
        try leaf(usage: usage, names: [.uniformResourceIdentifier(uri)] + extraNames, ends: ends)
    }

    private func leaf(usage: [ExtendedKeyUsage.Usage], names: [GeneralName], ends: TimeInterval = 3600) throws -> Leaf {
        let key = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: Date() - 7200,
            notValidAfter: Date() + ends,
            issuer: issuing.subject, subject: try DistinguishedName { CommonName("leaf") }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage(usage)
                SubjectAlternativeNames(names)
            }, issuerPrivateKey: .init(issuingKey))
        return Leaf(
            chain: try certificate.serializeAsPEM().pemString + "\n" + issuing.serializeAsPEM().pemString + "\n", key: key.pemRepresentation
        )
    }
}

/// A folder that is gone after the test.
final class TestFolder: Sendable {
    let path: String
    init() throws {
        path = NSTemporaryDirectory() + "console-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(filePath: file))
        return file
    }
}
