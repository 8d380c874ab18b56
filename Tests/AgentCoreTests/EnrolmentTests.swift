import Basics
import Crypto
import Foundation
import HTTPTransport
import SwiftASN1
import Synchronization
import Testing
import WireProtocol
import X509

@testable import AgentCore

@Suite struct EnrolmentTests {
    private func enrol(_ server: FakeServer, pin: String? = nil) async throws -> AgentIdentity {
        try await Enrolment(transport: server.transport).enrol(
            server: ServerAddress("https://localhost:8443/"), token: Secret("clre_secret"), pin: KeyPin(pin ?? server.authority.pin),
            host: .current())
    }

    @Test func takesTheIdentityThatTheServerDecided() async throws {
        let server = FakeServer()
        let identity = try await enrol(server)
        #expect(identity.name == server.name)
        #expect(identity.gateway == "https://localhost:8444")
        #expect(server.calls == ["GET /v1/enrolment/authorities", "POST /v1/enrolment"])
        #expect(server.state.withLock { $0.configurations } == ["unverified", server.authority.pem])
    }

    @Test func bindsAProvidersTokenToServerChallengeAndKey() async throws {
        let server = FakeServer()
        let place = try EnrolmentPlace(tenant: server.name.tenant.description, environment: server.name.environment.description)
        let proof = EnrolmentProof.openID(place) { audience in
            #expect(audience == "audience-of-the-server")
            return Secret("a.b.c")
        }
        let made = try await Enrolment(transport: server.transport).enrol(
            server: ServerAddress("https://localhost:8443"), proof: proof, pin: KeyPin(server.authority.pin), host: .current())
        let sent = try #require(server.state.withLock { $0.enrolled.first })
        let binding = EnrolmentBinding(
            authority: server.authority.pin, tenant: place.tenant, environment: place.environment, challenge: "challenge-of-the-server",
            csr: sent.csr)
        let statement = EnrolmentStatement(method: .openID, binding: binding, evidence: "a.b.c")
        #expect(sent.method == "oidc" && sent.authority == server.authority.pin && sent.previous == nil)
        #expect(statement.isSigned(try #require(sent.statement), by: made.identity.key.publicKey))
        // Nothing else fits it: not another server, and not another token.
        var other = binding
        other.authority = "sha256:" + String(repeating: "0", count: 64)
        for wrong in [
            EnrolmentStatement(method: .openID, binding: other, evidence: "a.b.c"),
            EnrolmentStatement(method: .openID, binding: binding, evidence: "a.b.d"),
            EnrolmentStatement(method: .awsIAM, binding: binding, evidence: "a.b.c"),
        ] {
            #expect(!wrong.isSigned(try #require(sent.statement), by: made.identity.key.publicKey))
        }
        // The next time it shows with the old key who it was.
        _ = try await Enrolment(transport: server.transport).enrol(
            server: ServerAddress("https://localhost:8443"), proof: proof, pin: KeyPin(server.authority.pin), host: .current(),
            previous: made.identity)
        let again = try #require(server.state.withLock { $0.enrolled.last })
        let statedAgain = EnrolmentStatement(
            method: .openID,
            binding: EnrolmentBinding(
                authority: server.authority.pin, tenant: place.tenant, environment: place.environment,
                challenge: "challenge-of-the-server", csr: again.csr), evidence: "a.b.c")
        #expect(again.previous?.agent == made.identity.name.agent)
        #expect(statedAgain.isSigned(again.previous?.signature ?? "", by: made.identity.key.publicKey))
    }

    @Test func sendsNothingToAServerWithAnotherAuthority() async throws {
        let server = FakeServer()
        let error = await #expect(throws: AgentError.self) { _ = try await enrol(server, pin: Issuer().pin) }
        #expect(error?.code == .wrongPin)
        #expect(server.calls == ["GET /v1/enrolment/authorities"])
    }

    @Test func trustsOnlyThePinnedOneOfTheAuthoritiesOffered() async throws {
        let server = FakeServer()
        let evil = Issuer()
        let body = try WireJSON.encode(Authorities(certificates: [evil.pem, server.authority.pem]))
        server.misbehave { _, number in number == 1 ? HTTPResponse(status: 200, body: body) : nil }
        _ = try await enrol(server)
        #expect(server.state.withLock { $0.configurations } == ["unverified", server.authority.pem])
    }

    @Test(arguments: ["enrolment.expiredToken", "enrolment.usedToken", "enrolment.invalidToken"]) func saysWhyTheServerRefuses(
        _ code: String
    ) async throws {
        let server = FakeServer()
        server.misbehave { _, number in number == 2 ? FakeServer.problem(403, code) : nil }
        let error = await #expect(throws: Refusal.self) { _ = try await enrol(server) }
        #expect(error?.description == "the server refuses: \(code): because")
    }

    @Test func saysThatTheServerFailed() async throws {
        let server = FakeServer()
        server.misbehave { _, number in number == 2 ? HTTPResponse(status: 500, body: Array("<html>".utf8)) : nil }
        let error = await #expect(throws: Refusal.self) { _ = try await enrol(server) }
        #expect(error?.description == "the server refuses: status 500")
    }

    @Test(arguments: ["", "{}", "[1", "{\"certificates\":[\"nonsense\"]}", "<html>"]) func refusesNonsenseForAuthorities(_ text: String)
        async throws
    {
        let server = FakeServer()
        server.misbehave { _, _ in HTTPResponse(status: 200, body: Array(text.utf8)) }
        let error = await #expect(throws: AgentError.self) { _ = try await enrol(server) }
        #expect(error?.code == .badAnswer || error?.code == .wrongPin)
        #expect(server.calls.count == 1)
    }

    enum Twist: CaseIterable { case otherKey, otherName, otherAuthority, expired, noCertificate, badGateway, otherRoots, epochZero }

    @Test(arguments: Twist.allCases) func refusesAnIdentityThatDoesNotFit(_ twist: Twist) async throws {
        let server = FakeServer()
        let (authority, name, sealing) = (server.authority, server.name, server.sealing)
        server.misbehave { request, number in
            guard number == 2, case .bytes(let body) = request.body else { return nil }
            let message: EnrolmentRequest = try WireJSON.decode(from: body)
            var answer = try authority.enrol(message, as: name, sealing: sealing)
            switch twist {
            case .otherKey: answer.certificates = [try authority.leaf(csr: SigningRequest.pem(for: P256.Signing.PrivateKey()), name: name)]
            case .otherName: answer.agent = .random()
            case .otherAuthority: answer.certificates = [try Issuer().leaf(csr: message.csr, name: name)]
            case .expired:
                answer.certificates = [try authority.leaf(csr: message.csr, name: name, from: Date() - 7200, until: Date() - 3600)]
            case .noCertificate: answer.certificates = []
            case .badGateway: answer.gateway = "http://localhost:8444"
            case .otherRoots: answer.authorities = [Issuer().pem]
            case .epochZero: answer.epoch = 0
            }
            return HTTPResponse(status: 200, body: try WireJSON.encode(answer))
        }
        await #expect(throws: AgentError.self) { _ = try await enrol(server) }
    }

    @Test func requestsACertificateForAPublicKeyAndNothingElse() throws {
        let key = P256.Signing.PrivateKey()
        let pem = try SigningRequest.pem(for: key)
        let request = try CertificateSigningRequest(pemEncoded: pem)
        #expect(request.subject.isEmpty)
        #expect(request.attributes.isEmpty)
        #expect(request.publicKey.isValidSignature(request.signature, for: request))
        #expect(P256.Signing.PublicKey(request.publicKey)?.rawRepresentation == key.publicKey.rawRepresentation)
    }

    @Test(arguments: ["", "sha256:", "sha256:00", "md5:00", "sha1:" + String(repeating: "0", count: 64), String(repeating: "0", count: 64)])
    func refusesAPinThatIsNone(_ text: String) { #expect(throws: AgentError.self) { try KeyPin(text) } }

    @Test(arguments: ["", "http://a", "https://", "https://a/b", "https://u@a", "https://a?b", "https://a b"])
    func refusesAnAddressThatIsNone(_ text: String) { #expect(throws: AgentError.self) { try ServerAddress(text) } }
}

@Suite struct StateFolderTests {
    @Test func keepsTheIdentity() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        let folder = try await enrolled(server, in: scratch)
        let read = try StateFolder(existing: scratch.state).identity()
        #expect(read.name == server.name)
        #expect(read.key.rawRepresentation == (try folder.identity()).key.rawRepresentation)
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.state) {
            let mode = try FileManager.default.attributesOfItem(atPath: "\(scratch.state)/\(name)")[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func keepsOneKeyAfterASecondEnrolment() async throws {
        let scratch = try Scratch()
        let server = FakeServer()
        _ = try await enrolled(server, in: scratch)
        let folder = try await enrolled(server, in: scratch)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.state).count { $0.hasPrefix("key-") } == 1)
        _ = try folder.identity()
    }

    @Test func refusesAKeyOrAFolderThatOthersMayRead() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        let key = try #require(try FileManager.default.contentsOfDirectory(atPath: scratch.state).first { $0.hasPrefix("key-") })
        chmod("\(scratch.state)/\(key)", 0o640)
        #expect(await code { _ = try folder.identity() } == "file.laxMode")
        chmod("\(scratch.state)/\(key)", 0o600)
        chmod("\(scratch.state)/identity.json", 0o604)
        #expect(await code { _ = try folder.identity() } == "file.laxMode")
        chmod("\(scratch.state)/identity.json", 0o600)
        _ = try folder.identity()
        chmod(scratch.state, 0o750)
        #expect(await code { _ = try StateFolder(existing: scratch.state) } == "file.laxMode")
    }

    @Test func saysThatItsFilesDoNotFitTogether() async throws {
        let scratch = try Scratch()
        let folder = try await enrolled(FakeServer(), in: scratch)
        let key = try #require(try FileManager.default.contentsOfDirectory(atPath: scratch.state).first { $0.hasPrefix("key-") })
        try SafeFile.write(Array(P256.Signing.PrivateKey().pemRepresentation.utf8), to: "\(scratch.state)/\(key)", mode: 0o600)
        #expect(await code { _ = try folder.identity() } == "agent.stateBroken")
        try SafeFile.write(Array("{\"formatVersion\":1".utf8), to: "\(scratch.state)/identity.json", mode: 0o600)
        #expect(await code { _ = try folder.identity() } == "agent.stateBroken")
        unlink("\(scratch.state)/identity.json")
        #expect(await code { _ = try folder.identity() } == "agent.notEnrolled")
    }

    @Test func neverGivesOutASequenceNumberTwice() throws {
        let scratch = try Scratch()
        let folder = try StateFolder(creating: scratch.state)
        #expect(try folder.takeSequence(epoch: 1) == 1)
        #expect(try StateFolder(existing: scratch.state).takeSequence(epoch: 1) == 2)
        #expect(try folder.takeSequence(epoch: 2) == 1)
        try SafeFile.write(Array("nonsense".utf8), to: scratch.state + "/sequence", mode: 0o600)
        #expect(throws: FileError.self) { try folder.takeSequence(epoch: 2) }
    }

    @Test func belongsToOneProcessAtATime() async throws {
        let scratch = try Scratch()
        let folder = try StateFolder(creating: scratch.state)
        var first: StateLock? = try folder.lock()
        #expect(await code { _ = try folder.lock() } == "agent.stateBusy")
        withExtendedLifetime(first) {}
        first = nil
        try SafeFile.write(Array("half a key".utf8), to: scratch.state + "/key-1.pem.2.3.tmp", mode: 0o600)
        _ = try folder.lock()
        #expect(access(scratch.state + "/key-1.pem.2.3.tmp", F_OK) != 0, "what a killed agent left is removed")
    }
}
