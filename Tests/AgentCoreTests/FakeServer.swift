import Basics
import CloudModel
import Crypto
import Foundation
import HTTPTransport
import SwiftASN1
import Synchronization
import WireProtocol
import X509

@testable import AgentCore

/// A control plane in memory: enrols, takes uploads, and can be told to misbehave.
final class FakeServer: HTTPSending {
    struct State {
        var calls: [String] = []
        var enrolled: [EnrolmentRequest] = []
        var configurations: [String] = []
        var pieces: [BundleID: [Int: [UInt8]]] = [:]
        var requests: [BundleID: UploadRequest] = [:]
        var accepted: [BundleID: [UInt8]] = [:]
        var heartbeats: [Heartbeat] = []
        var blocks: [BlockID: [UInt8]] = [:]
        /// Bytes of blocks and pieces that came.
        var bytes = 0
        var answer: (@Sendable (HTTPRequest, Int) throws -> HTTPResponse?)?
    }
    let authority = Issuer()
    let sealing = Curve25519.KeyAgreement.PrivateKey()
    let name = AgentName(tenant: .random(), environment: .random(), agent: .random())
    let configurations = ConfigurationSigner(Curve25519.Signing.PrivateKey())
    let pieceSize: Int
    let state = Mutex(State())

    init(pieceSize: Int = 1000) { self.pieceSize = pieceSize }

    var transport: Transport {
        { configuration throws(HTTPError) in
            let trust =
                switch configuration.trust {
                case .system: "system"
                case .unverified: "unverified"
                case .authorities(let pem): pem
                }
            self.state.withLock { $0.configurations.append(trust) }
            return self
        }
    }
    var calls: [String] { state.withLock { $0.calls } }
    var heartbeats: [Heartbeat] { state.withLock { $0.heartbeats } }
    func misbehave(_ answer: (@Sendable (HTTPRequest, Int) throws -> HTTPResponse?)?) { state.withLock { $0.answer = answer } }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let path = "/" + request.url.split(separator: "/").dropFirst(2).joined(separator: "/")
        let number = state.withLock { state in
            state.calls.append("\(request.method.rawValue) \(path)")
            return state.calls.count
        }
        do {
            if path == Routes.heartbeat, case .bytes(let body) = request.body {
                let word: Heartbeat = try WireJSON.decode(from: body)
                state.withLock { $0.heartbeats.append(word) }
            }
            if let answer = state.withLock({ $0.answer }), let response = try answer(request, number) { return response }
            return try handle(request, path)
        } catch let error as HTTPError { throw error } catch { throw HTTPError(.badAnswer, "\(error)") }
    }

    static func problem(_ status: Int, _ code: String, retryAfter: String? = nil) -> HTTPResponse {
        let body = (try? WireJSON.encode(Problem(title: "", status: status, code: code, detail: "because"))) ?? []
        return HTTPResponse(status: status, headers: retryAfter.map { [("Retry-After", $0)] } ?? [], body: body)
    }

    private func handle(_ request: HTTPRequest, _ path: String) throws -> HTTPResponse {
        var body: [UInt8] = []
        if case .bytes(let bytes) = request.body { body = bytes }
        func answer(_ value: some Encodable) throws -> HTTPResponse { HTTPResponse(status: 200, body: try WireJSON.encode(value)) }
        let parts = path.split(separator: "/").map(String.init)
        switch (request.method, parts) {
        case (.get, ["v1", "enrolment", "authorities"]): return try answer(Authorities(certificates: [authority.pem]))
        case (.post, ["v1", "enrolment", "challenge"]):
            return try answer(Challenge(challenge: "challenge-of-the-server", audience: "audience-of-the-server"))
        case (.post, ["v1", "enrolment"]):
            let message: EnrolmentRequest = try WireJSON.decode(from: body)
            state.withLock { $0.enrolled.append(message) }
            var response = try authority.enrol(message, as: name, sealing: sealing)
            response.configurationKey = configurations.verifier
            return try answer(response)
        case (.post, ["v1", "certificate"]):
            let message: CertificateRequest = try WireJSON.decode(from: body)
            let leaf = try authority.leaf(csr: message.csr, name: name)
            return try answer(CertificateResponse(certificates: [leaf], authorities: [authority.pem], notAfter: ""))
        case (.get, ["v1", "sealing-key"]): return try answer(SealingKey(sealing.publicKey))
        case (.post, ["v1", "heartbeat"]): return try answer(HeartbeatAnswer(serverTime: AgentClock.text(Date())))
        case (.post, ["v1", "uploads"]):
            let message: UploadRequest = try WireJSON.decode(from: body)
            return try answer(
                state.withLock { state in
                    let isKnown = state.accepted[message.bundle] != nil
                    state.requests[message.bundle] = message
                    return UploadState(
                        bundle: message.bundle, status: isKnown ? .alreadyKnown : .open,
                        received: (state.pieces[message.bundle] ?? [:]).keys.sorted(),
                        pieceSize: pieceSize, missing: message.blocks.map { BlockList($0.ids.filter { state.blocks[$0] == nil }) })
                })
        case (.put, let parts) where parts.last == "blocks":
            guard let ranges = SealedBlock.ranges(inBatch: body) else { return Self.problem(422, "upload.badBatch") }
            state.withLock { state in
                for (id, range) in ranges { state.blocks[id] = Array(body[range]) }
                state.bytes += body.count
            }
            return HTTPResponse(status: 204)
        case (.put, let parts) where parts.count == 5:
            guard let bundle = BundleID(parts[2]), let index = Int(parts[4]) else { return Self.problem(404, "upload.unknownBundle") }
            let digest = request.headers.first { $0.name == Routes.pieceDigestHeader }?.value
            guard digest == Hex.encode(SHA256.hash(data: body)) else { return Self.problem(422, "upload.pieceHashMismatch") }
            state.withLock {
                $0.pieces[bundle, default: [:]][index] = body
                $0.bytes += body.count
            }
            return HTTPResponse(status: 204)
        case (.post, let parts) where parts.last == "complete":
            guard let bundle = BundleID(parts[2]) else { return Self.problem(404, "upload.unknownBundle") }
            return try state.withLock { state in
                let bytes = (state.pieces[bundle] ?? [:]).sorted { $0.key < $1.key }.flatMap(\.value)
                guard let wanted = state.requests[bundle], wanted.sha256 == Hex.encode(SHA256.hash(data: bytes)) else {
                    return Self.problem(409, "upload.incomplete")
                }
                guard wanted.blocks?.ids.allSatisfy({ state.blocks[$0] != nil }) ?? true else {
                    return Self.problem(409, "upload.incomplete")
                }
                state.accepted[bundle] = bytes
                return try answer(UploadState(bundle: bundle, status: .accepted, received: [], pieceSize: pieceSize, run: .random()))
            }
        default: return HTTPResponse(status: 404)
        }
    }
}

/// A certificate authority for tests.
struct Issuer: Sendable {
    let key: P256.Signing.PrivateKey
    /// Made once: two signatures over the same certificate differ.
    let pem: String
    var name: DistinguishedName { Self.name }
    private static var name: DistinguishedName { (try? DistinguishedName { CommonName("Test authority") }) ?? DistinguishedName() }
    var pin: String { "sha256:" + Hex.encode(SHA256.hash(data: key.publicKey.derRepresentation)) }

    init() {
        key = P256.Signing.PrivateKey()
        let name = Self.name
        let certificate = try? Certificate(
            version: .v3, serialNumber: .init(bytes: [1]), publicKey: .init(key.publicKey), notValidBefore: Date() - 3600,
            notValidAfter: Date() + 86_400 * 30, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: .init(key))
        pem = (try? certificate?.serializeAsPEM().pemString) ?? ""
    }

    func leaf(csr: String, name agent: AgentName, from: Date = Date() - 60, until: Date = Date() + 86_400) throws -> String {
        let request = try CertificateSigningRequest(pemEncoded: csr)
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: request.publicKey, notValidBefore: from, notValidAfter: until, issuer: name,
            subject: DistinguishedName { CommonName("agent") }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                SubjectAlternativeNames([.uniformResourceIdentifier("\(agent)")])
                try ExtendedKeyUsage([.clientAuth])
            }, issuerPrivateKey: .init(key)
        ).serializeAsPEM().pemString
    }

    func enrol(_ message: EnrolmentRequest, as agent: AgentName, sealing: Curve25519.KeyAgreement.PrivateKey) throws -> EnrolmentResponse {
        EnrolmentResponse(
            tenant: agent.tenant, environment: agent.environment, agent: agent.agent, epoch: 1,
            certificates: [try leaf(csr: message.csr, name: agent)], authorities: [pem], gateway: "https://localhost:8444",
            sealingKey: SealingKey(sealing.publicKey), notAfter: "")
    }
}

/// A folder that goes away with its test.
final class Scratch: Sendable {
    let path = FileManager.default.temporaryDirectory.appending(path: "agent-\(UUID().uuidString)").path
    var state: String { path + "/state" }
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Hands over what it was given.
struct FixedCollector: Collector {
    var records = 40
    func check(_ scope: CollectionScope) throws(ScopeError) {
        guard scope.services.map({ $0 == ["iam"] }) ?? true else { throw ScopeError(.unknownService, "there is only iam") }
    }
    func collect(
        within scope: CollectionScope, progress: @escaping @Sendable (CollectProgress) -> Void
    ) async throws -> CloudCollection {
        progress(CollectProgress(completed: 1, total: 1, current: "test"))
        var random = SystemRandomNumberGenerator()
        return CloudCollection(
            records: (0..<records).map {
                let noise = (0..<200).map { _ in String(UInt8.random(in: .min ... .max, using: &random), radix: 16) }.joined()
                return CollectedRecord(
                    account: "123456789012", service: "iam", operation: "get-account-summary", region: nil, resource: "r\($0)",
                    time: "2026-01-02T03:04:05Z", payload: ["Noise": .string(noise)])
            }, coverage: [])
    }
}

/// A clock whose pauses take no time and are written down.
final class TestClock: Sendable {
    let pauses = Mutex<[Duration]>([])
    let shift = Mutex<Double>(0)
    var clock: AgentClock {
        AgentClock(now: { Date() + self.shift.withLock { $0 } }, sleep: { pause in self.pauses.withLock { $0.append(pause) } })
    }
}

func enrolled(_ server: FakeServer, in scratch: Scratch) async throws -> StateFolder {
    let folder = try StateFolder(creating: scratch.state)
    let identity = try await Enrolment(transport: server.transport).enrol(
        server: ServerAddress("https://localhost:8443"), token: Secret("token"), pin: KeyPin(server.authority.pin), host: .current())
    try folder.save(identity)
    return folder
}

func code(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch { return Uploader.code(error) }
}
