import Basics
import Crypto
import EnrolmentCA
import Foundation
import SwiftASN1
import TestSupport
import Testing
import WireProtocol
import X509

/// A folder that is gone when the test is.
final class Scratch: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/cloudryption-test-\(UUID().uuidString)"
    init() throws { try SafeFile.makePrivateFolder(path) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

func request(
    _ key: P256.Signing.PrivateKey = P256.Signing.PrivateKey(), subject: String = "me",
    attributes: CertificateSigningRequest.Attributes = .init()
) throws -> String {
    try CertificateSigningRequest(
        version: .v1, subject: DistinguishedName { CommonName(subject) }, privateKey: .init(key), attributes: attributes,
        signatureAlgorithm: .ecdsaWithSHA256
    ).serializeAsPEM().pemString
}

func mode(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
}

@Suite struct AuthorityTests {
    let scratch: Scratch
    let now = Date()
    let name = AgentName(tenant: .random(), environment: .random(), agent: .random())

    init() throws { scratch = try Scratch() }
    var folder: String { scratch.path + "/ca" }

    @Test func madeOnceAndReadAgainWithTheSamePin() throws {
        let first = try CertificateAuthority(folder: folder, now: now)
        let second = try CertificateAuthority(folder: folder, now: now)
        #expect(first.pin == second.pin)
        #expect(first.pin.utf8.count == 7 + 64)
        #expect(try mode(folder) == 0o700)
        #expect(try mode(folder + "/issuing.key") == 0o600)
        #expect(try mode(folder + "/root/root.key") == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["ca"], "nothing half-made is left")
    }

    @Test func thePinIsThatOfTheRootsKey() throws {
        let authority = try CertificateAuthority(folder: folder, now: now)
        let root = try Certificate(pemEncoded: authority.rootPEM)
        let key = try #require(P256.Signing.PublicKey(root.publicKey))
        #expect(authority.pin == "sha256:" + Hex.encode(SHA256.hash(data: key.derRepresentation)))
    }

    @Test func tenStartsAtOnceMakeOneAuthority() async throws {
        let folder = folder
        let now = now
        let pins = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<10 { group.addTask { try CertificateAuthority(folder: folder, now: now).pin } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(pins.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["ca"])
    }

    @Test func anAgentsCertificateIsWhatTheProfileSaysAndNotWhatTheRequestAsksFor() throws {
        let authority = try CertificateAuthority(folder: folder, now: now)
        let key = P256.Signing.PrivateKey()
        let wishes = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            SubjectAlternativeNames([.uniformResourceIdentifier("spiffe://cloudryption/tenant/x"), .dnsName("evil.example")])
        }
        let pem = try request(key, subject: "admin", attributes: .init([.init(ExtensionRequest(extensions: wishes))]))
        let leaf = try authority.issue(.agent(name, now: now), for: CheckedRequest(pem: pem))
        let certificate = try Certificate(pemEncoded: leaf.certificate)
        #expect(try certificate.extensions.subjectAlternativeNames.map { Array($0) } == [.uniformResourceIdentifier(name.description)])
        #expect(try certificate.extensions.extendedKeyUsage.map { Array($0) } == [.clientAuth])
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
        #expect(!certificate.subject.description.contains("admin"))
        #expect(abs(certificate.notValidBefore.timeIntervalSince(now) + 60) < 1.5)
        #expect(abs(certificate.notValidAfter.timeIntervalSince(now) - 24 * 3600) < 1.5)
        #expect(leaf.keyDigest == Array(SHA256.hash(data: key.publicKey.derRepresentation)))
        #expect(leaf.publicKey == Array(key.publicKey.x963Representation))
    }

    @Test func brokenRequestsAreRefused() throws {
        let good = try request()
        let body = good.split(separator: "\n")
        for bad in [
            "", "garbage", String(good.dropLast(40)), good.replacingOccurrences(of: "CERTIFICATE REQUEST", with: "CERTIFICATE"),
            body.dropLast(2).joined(separator: "\n"), good + String(repeating: "A", count: 20_000),
        ] {
            #expect { _ = try CheckedRequest(pem: bad) } throws: { ($0 as? CAError)?.code == .malformedRequest }
        }
        _ = try CheckedRequest(pem: good)
    }

    @Test func aKeyOnAnotherCurveIsRefused() throws {
        let pem = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName { CommonName("me") }, privateKey: .init(P384.Signing.PrivateKey()),
            attributes: .init(),
            signatureAlgorithm: .ecdsaWithSHA384
        ).serializeAsPEM().pemString
        #expect { _ = try CheckedRequest(pem: pem) } throws: { ($0 as? CAError)?.code == .wrongKey }
    }

    @Test func aRequestForSomebodyElsesKeyIsRefused() throws {
        let victim = P256.Signing.PrivateKey()
        let honest = try CertificateSigningRequest(pemEncoded: try request())
        let stolen = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName { CommonName("me") }, publicKey: .init(victim.publicKey), attributes: .init(),
            signatureAlgorithm: .ecdsaWithSHA256, signature: honest.signature)
        let pem = try stolen.serializeAsPEM().pemString
        #expect { _ = try CheckedRequest(pem: pem) } throws: { ($0 as? CAError)?.code == .noPossession }
    }

    @Test func anEndedAuthorityIssuesNothing() throws {
        _ = try CertificateAuthority(folder: folder, now: now)
        let later = now.addingTimeInterval(CertificateAuthority.issuingLifetime + 10)
        #expect { _ = try CertificateAuthority(folder: folder, now: later) } throws: { ($0 as? CAError)?.code == .expired }
    }

    @Test func aLeafNeverOutlivesItsIssuer() throws {
        let authority = try CertificateAuthority(folder: folder, now: now)
        let late = now.addingTimeInterval(CertificateAuthority.issuingLifetime - 3600)
        let leaf = try authority.issue(.agent(name, now: late), for: CheckedRequest(pem: try request()))
        #expect(leaf.notAfter <= now.addingTimeInterval(CertificateAuthority.issuingLifetime))
    }

    @Test func aKeyThatOthersMayReadIsRefused() throws {
        _ = try CertificateAuthority(folder: folder, now: now)
        chmod(folder + "/issuing.key", 0o640)
        #expect { _ = try CertificateAuthority(folder: folder, now: now) } throws: {
            ($0 as? CAError)?.code == .unusable && "\($0)".contains("chmod 600")
        }
    }

    @Test func aMissingKeyIsNotReplaced() throws {
        _ = try CertificateAuthority(folder: folder, now: now)
        try FileManager.default.removeItem(atPath: folder + "/issuing.key")
        #expect { _ = try CertificateAuthority(folder: folder, now: now) } throws: { ($0 as? CAError)?.code == .unusable }
        #expect(!FileManager.default.fileExists(atPath: folder + "/issuing.key"))
    }

    @Test func theServersCertificateIsKeptUntilNamesOrTimeDemandAnother() throws {
        let authority = try CertificateAuthority(folder: folder, now: now)
        let tls = scratch.path + "/tls"
        #expect(try authority.ensureServerCertificate(in: tls, names: ["localhost", "127.0.0.1", "::1"], now: now))
        #expect(try mode(tls + "/server.key") == 0o600)
        #expect(try !authority.ensureServerCertificate(in: tls, names: ["localhost", "127.0.0.1", "::1"], now: now))
        #expect(try authority.ensureServerCertificate(in: tls, names: ["other.example"], now: now))
        let late = now.addingTimeInterval(LeafProfile.serverLifetime - 10 * 24 * 3600)
        #expect(try authority.ensureServerCertificate(in: tls, names: ["other.example"], now: late))
        // A key that does not belong to the certificate, as after a crash between the two files.
        try SafeFile.write(Array(P256.Signing.PrivateKey().pemRepresentation.utf8), to: tls + "/server.key", mode: 0o600)
        #expect(try authority.ensureServerCertificate(in: tls, names: ["other.example"], now: late))
        #expect(try CertificateAuthority.serverChain(in: tls).count == 2)
        // A key that others can read is neither used nor replaced in silence.
        let lax = try SafeFile.read(tls + "/server.key", limit: 16 << 10)
        chmod(tls + "/server.key", 0o644)
        #expect(throws: CAError.self) { try authority.ensureServerCertificate(in: tls, names: ["other.example"], now: late) }
        #expect(try SafeFile.read(tls + "/server.key", limit: 16 << 10) == lax)
    }

    @Test(arguments: ["", "a b", "-a.example", "*.example", "a..b", "exämple", String(repeating: "a", count: 64)])
    func whatIsNoHostNameIsRefused(_ bad: String) throws {
        #expect { _ = try LeafProfile.server(names: [bad], now: Date()) } throws: { ($0 as? CAError)?.code == .badName }
    }

    @Test func opensslAcceptsTheChains() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") else { return }
        let authority = try CertificateAuthority(folder: folder, now: now)
        let leaf = try authority.issue(.agent(name, now: now), for: CheckedRequest(pem: try request()))
        try authority.ensureServerCertificate(in: scratch.path + "/tls", names: ["localhost", "127.0.0.1"], now: now)
        try SafeFile.write(Array(leaf.certificate.utf8), to: scratch.path + "/agent.pem")
        let base = ["verify", "-x509_strict", "-CAfile", folder + "/root/root.pem", "-untrusted", folder + "/issuing.pem"]
        #expect(try openssl(base + ["-purpose", "sslclient", scratch.path + "/agent.pem"]) == 0)
        #expect(try openssl(base + ["-purpose", "sslserver", scratch.path + "/agent.pem"]) != 0)
        #expect(try openssl(base + ["-purpose", "sslserver", "-verify_hostname", "localhost", scratch.path + "/tls/server.pem"]) == 0)
        #expect(try openssl(base + ["-purpose", "sslserver", "-verify_ip", "127.0.0.1", scratch.path + "/tls/server.pem"]) == 0)
        #expect(try openssl(base + ["-purpose", "sslclient", scratch.path + "/tls/server.pem"]) != 0)
    }

    /// Machines that are given copies of the folder have them one after the other: those that are one step apart must take each other's
    /// certificates.
    @Test func machinesOneStepApartUnderstandEachOther() throws {
        var seen = [try CertificateAuthorities(folder: folder, now: now)]
        try CertificateAuthorities.prepare(folder, now: now)
        seen.append(try CertificateAuthorities(folder: folder, now: now))
        try CertificateAuthorities.activate(folder)
        seen.append(try CertificateAuthorities(folder: folder, now: now))
        try CertificateAuthorities.retire(folder)
        seen.append(try CertificateAuthorities(folder: folder, now: now))
        for (ahead, behind) in zip(seen.dropFirst(), seen) {
            #expect(behind.pins.contains(ahead.signing.pin) && ahead.pins.contains(behind.signing.pin), "\(behind.phase) \(ahead.phase)")
            #expect(behind.pins.contains(ahead.serving.pin), "\(behind.phase) \(ahead.phase)")
            // The last step is the exception: who was told of it does not trust a listener that was not, and tries again until it was.
            #expect(ahead.pins.contains(behind.serving.pin) == (behind.phase != .active), "\(behind.phase) \(ahead.phase)")
        }
        // Two steps are too many: what a machine signs that sleeps through a whole rotation is worth nothing.
        #expect(!seen[0].pins.contains(seen[2].signing.pin) && !seen[3].pins.contains(seen[1].signing.pin))
    }

    @Test func ofStepsAtOnceOneIsTaken() async throws {
        _ = try CertificateAuthorities(folder: folder, now: now)
        let (folder, now) = (folder, now)
        let done = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (try? CertificateAuthorities.prepare(folder, now: now)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(done == 1)
        #expect(try CertificateAuthorities(folder: folder, now: now).phase == .prepared)
    }

    private func openssl(_ arguments: [String]) throws -> Int32 {
        try Command("/usr/bin/openssl", arguments).run().status
    }
}
