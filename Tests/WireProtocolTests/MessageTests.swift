import Basics
import CloudModel
import Crypto
import Foundation
import Testing

@testable import WireProtocol

@Suite struct MessageTests {
    private func roundTrip<Message: Codable & Equatable>(_ message: Message) throws {
        let bytes = try WireJSON.encode(message)
        #expect(try WireJSON.decode(Message.self, from: bytes) == message)
        #expect(try WireJSON.encode(message) == bytes)
    }

    @Test func everyMessageComesBackAsItWas() throws {
        let key = SealingKey(Curve25519.KeyAgreement.PrivateKey().publicKey)
        try roundTrip(Authorities(certificates: ["-----BEGIN CERTIFICATE-----\n"]))
        try roundTrip(EnrolmentRequest(token: "t", csr: "c", agentVersion: "1", hostname: "h/\u{1F680}", platform: "linux/x86_64"))
        try roundTrip(
            EnrolmentResponse(
                tenant: .random(), environment: .random(), agent: .random(), epoch: 1, certificates: ["a"], authorities: ["b"],
                gateway: "https://localhost:8444", sealingKey: key, notAfter: "2026-01-02T03:04:05Z"))
        try roundTrip(CertificateRequest(csr: "c"))
        try roundTrip(CertificateResponse(certificates: ["a"], authorities: ["b"], notAfter: "2026-01-02T03:04:05Z"))
        try roundTrip(UploadRequest(bundle: .random(), size: 1, sha256: "00", headerBase64: "AA=="))
        try roundTrip(UploadState(bundle: .random(), status: .open, received: [0, 2], pieceSize: 4 << 20))
        try roundTrip(UploadState(bundle: .random(), status: .accepted, received: [], pieceSize: 4 << 20, run: .random()))
        try roundTrip(
            Heartbeat(agentVersion: "1", hostname: "h", platform: "p", spoolDepth: 0, lastError: nil, clock: "2026-01-02T03:04:05Z"))
        try roundTrip(HeartbeatAnswer(serverTime: "2026-01-02T03:04:05Z", message: "m"))
        try roundTrip(key)
        try roundTrip(Problem(title: "Conflict", status: 409, code: UploadCode.conflict.full, detail: "d"))
    }

    @Test func namesOfMembersAreThoseOfTheSpecification() throws {
        let state = UploadState(bundle: .random(), status: .alreadyKnown, received: [1], pieceSize: 5, run: nil)
        #expect(
            String(decoding: try WireJSON.encode(state), as: UTF8.self)
                == #"{"bundle":"\#(state.bundle)","pieceSize":5,"received":[1],"status":"alreadyKnown"}"#)
        let problem = Problem(title: "Bad Request", status: 400, error: BundleError(.badSignature, "m"))
        #expect(
            String(decoding: try WireJSON.encode(problem), as: UTF8.self)
                == #"{"code":"bundle.badSignature","detail":"m","status":400,"title":"Bad Request","type":"about:blank"}"#)
    }

    @Test(arguments: [
        "", "{", "null", "[]", "7", #"{"spoolDepth":1}"#, #"{"spoolDepth":1,"spoolDepth":2}"#, "\u{FEFF}{}",
        #"{"agentVersion":"1","hostname":"h","platform":"p","clock":"c","spoolDepth":1.5}"#,
        #"{"agentVersion":"1","hostname":"h","platform":"p","clock":"c","spoolDepth":99999999999999999999}"#,
        #"{"agentVersion":"1","hostname":"h","platform":"p","clock":"c","spoolDepth":"1"}"#,
        #"{"agentVersion":null,"hostname":"h","platform":"p","clock":"c","spoolDepth":1}"#,
        #"{"agentVersion":"1","hostname":"h","platform":"p","clock":"c","spoolDepth":1}x"#,
    ])
    func aHostileMessageIsRefused(_ text: String) {
        #expect(throws: WireJSONError.self) { try WireJSON.decode(Heartbeat.self, from: Array(text.utf8)) }
    }

    @Test func aMessageIsHeldToLimitsBeforeItIsRead() {
        #expect(throws: WireJSONError.self) { try WireJSON.decode([Int].self, from: Array("[1,2,3]".utf8), limits: JSONLimits(bytes: 6)) }
        let deep = Array((String(repeating: "[", count: 100_000)).utf8)
        #expect(throws: WireJSONError.self) { try WireJSON.decode(Heartbeat.self, from: deep) }
        let invalid: [UInt8] = Array(#"{"csr":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(throws: WireJSONError.self) { try WireJSON.decode(CertificateRequest.self, from: invalid) }
        #expect(throws: WireJSONError.self) { try WireJSON.encode([Double.nan]) }
    }

    @Test func anErrorOfDecodingQuotesNothing() {
        do {
            _ = try WireJSON.decode(EnrolmentRequest.self, from: Array(#"{"token":"canary-4711"}"#.utf8))
            Issue.record("decoded")
        } catch {
            #expect(!String(reflecting: error).contains("canary"))
        }
    }

    @Test func aMessageWithACredentialNeverPrintsIt() {
        let values: [any Undisclosed] = [
            EnrolmentRequest(token: "canary", csr: "c", agentVersion: "1", hostname: "h", platform: "p"),
            API.SessionRequest(email: "a@b", password: "canary", newPassword: "canary"),
            API.Session(token: "canary", expiresAt: "t", mustChangePassword: false),
            API.EnrolmentToken(token: "canary", expiresAt: "t", command: "enroll --token canary"),
            API.Profile(server: "s", ca: "c", token: "canary"),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            #expect(!"\(value) \(String(reflecting: value)) \([value]) \(dumped)".contains("canary"), "\(type(of: value))")
        }
    }

    @Test func aSealingKeyIsNamedByItself() throws {
        let key = SealingKey(Curve25519.KeyAgreement.PrivateKey().publicKey)
        let other = SealingKey(Curve25519.KeyAgreement.PrivateKey().publicKey)
        #expect(key.id.utf8.count == 32 && key.id != other.id)
        let text = Data(key.publicKey).base64EncodedString()
        #expect(throws: WireJSONError.self) {
            try WireJSON.decode(SealingKey.self, from: Array(#"{"id":"\#(other.id)","publicKey":"\#(text)"}"#.utf8))
        }
        #expect(throws: WireJSONError.self) {
            try WireJSON.decode(SealingKey.self, from: Array(#"{"id":"\#(key.id)","publicKey":"AAAA"}"#.utf8))
        }
        #expect(SealingKey(publicKey: [1, 2, 3]) == nil)
    }

    @Test func anAgentsNameHasOneSpelling() throws {
        let name = AgentName(tenant: .random(), environment: .random(), agent: .random())
        #expect(AgentName(uri: name.description) == name)
        for wrong in [
            name.description + "/", name.description.uppercased(), "https" + name.description.dropFirst(6),
            name.description.replacing("cloudryption", with: "cloudryption.example"),
            name.description.replacing("/tenant/", with: "/Tenant/"),
            name.description + "?x", " " + name.description, "",
        ] {
            #expect(AgentName(uri: wrong) == nil, "\(wrong)")
        }
    }

    @Test func hexadecimalHasOneSpelling() {
        #expect(Hex.decode("00ff") == [0, 255] && Hex.encode([0, 255]) == "00ff")
        #expect(Hex.decode("0") == nil && Hex.decode("FF") == nil && Hex.decode("0x") == nil && Hex.decode("é") == nil)
        #expect(Hex.decode("") == [])
    }

    @Test func piecesCoverABundleExactly() {
        #expect(
            UploadLimits.pieceCount(size: 0) == 0 && UploadLimits.pieceCount(size: -1) == 0
                && UploadLimits.pieceCount(size: 5, pieceSize: 0) == 0)
        #expect(
            UploadLimits.pieceCount(size: 1) == 1 && UploadLimits.pieceCount(size: 4 << 20) == 1
                && UploadLimits.pieceCount(size: 4 << 20 | 1) == 2)
        #expect(UploadLimits.pieceCount(size: .max, pieceSize: 1) == .max)
        #expect(UploadLimits.range(ofPiece: 1, size: 10, pieceSize: 4) == 4..<8)
        #expect(UploadLimits.range(ofPiece: 2, size: 10, pieceSize: 4) == 8..<10)
        #expect(
            UploadLimits.range(ofPiece: 3, size: 10, pieceSize: 4) == nil && UploadLimits.range(ofPiece: -1, size: 10, pieceSize: 4) == nil)
        #expect(UploadLimits.range(ofPiece: .max - 1, size: .max, pieceSize: 1) == (.max - 1)..<Int.max)
        #expect(
            UploadLimits.range(ofPiece: 0, size: 8, pieceSize: 4) == 0..<4 && UploadLimits.range(ofPiece: 1, size: 8, pieceSize: 4) == 4..<8
        )
    }
}

@Suite struct ReplayTests {
    let one = BundlePosition(bundle: .random(), epoch: 2, sequence: 5, sha256: [1])

    @Test func aNewBundleIsAccepted() {
        #expect(ReplayGuard.judge(one, known: nil, epoch: 2, highestSequence: nil) == .accepted)
        #expect(ReplayGuard.judge(one, known: nil, epoch: 2, highestSequence: 4) == .accepted)
    }
    @Test func theSameBytesAreKnownHoweverOld() {
        #expect(ReplayGuard.judge(one, known: one, epoch: 2, highestSequence: 5) == .alreadyKnown)
        #expect(ReplayGuard.judge(one, known: one, epoch: 9, highestSequence: 1) == .alreadyKnown)
    }
    @Test func otherBytesUnderAKnownNameAreAConflict() {
        var known = one
        known.sha256 = [2]
        #expect(ReplayGuard.judge(one, known: known, epoch: 2, highestSequence: 4) == .conflict)
    }
    @Test func aNumberThatWasPassedIsReplayed() {
        #expect(ReplayGuard.judge(one, known: nil, epoch: 2, highestSequence: 5) == .replayed)
        #expect(ReplayGuard.judge(one, known: nil, epoch: 2, highestSequence: .max) == .replayed)
        #expect(ReplayGuard.judge(one, known: nil, epoch: 3, highestSequence: nil) == .replayed)
    }
    @Test func anEpochThatWasNeverGivenIsAConflict() {
        #expect(ReplayGuard.judge(one, known: nil, epoch: 1, highestSequence: nil) == .conflict)
    }
}
