import Basics
import CloudModel
import ControlPlaneStore
import Crypto
import EnrolmentCA
import Foundation
import SQLDatabase
import SwiftASN1
import Synchronization
import TestSupport
import WireProtocol
import X509

@testable import ControlPlaneCore

/// A time that tests move by hand.
final class HandClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_790_000_000))
    func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
    var clock: WallClock { WallClock { self.time.withLock { $0 } } }
    var now: Date { time.withLock { $0 } }
}

/// A whole control plane in a folder of its own, which is gone when the test is.
final class Installation: Sendable {
    let path: String
    let data: DataFolder
    let store: any InstalledStore
    let master: MasterKey
    let watch: AuthorityWatch
    let services: ControlPlaneServices
    let time = HandClock()

    init(pieceSize: Int = 64 << 10, outside: any OutgoingHTTP = NoOutgoingHTTP()) async throws {
        path = FileManager.default.temporaryDirectory.path + "/cloudryption-test-\(UUID().uuidString)"
        data = try DataFolder(path)
        store = try await Self.openStore(data)
        master = try MasterKey(folder: data.keys)
        watch = try AuthorityWatch(folder: data.authority, now: { [time] in time.now })
        services = try ControlPlaneServices(
            store: store, data: data, authority: watch, master: master,
            tls: ListenerIdentity(certificates: [], privateKeyFile: "", agentAuthorities: []), clock: time.clock,
            outside: Outside(http: outside),
            gatewayURL: "https://localhost:8444", consoleURL: "https://localhost:8443", pieceSize: pieceSize)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Files, or with `CLOUDRYPTION_TEST_DATABASE=postgresql` a fresh database of the tests' own PostgreSQL.
    private static func openStore(_ data: DataFolder) async throws -> any InstalledStore {
        let now = Date(timeIntervalSince1970: 1)
        guard ProcessInfo.processInfo.environment["CLOUDRYPTION_TEST_DATABASE"] == "postgresql" else {
            return try SQLiteStore(path: data.database, tenants: data.tenants, now: now)
        }
        let server = try PostgreSQLServer.shared()
        return try await PostgreSQLStore(
            PostgreSQLAddress(server.address(database: server.makeDatabase())), connections: 3, patience: .seconds(600), now: now)
    }

    /// For tests of what only a file can be made to do.
    var files: SQLiteStore {
        get throws {
            guard let files = store as? SQLiteStore else { throw StoreError(.unavailable, "a test of SQLite runs on PostgreSQL") }
            return files
        }
    }

    func tenant(_ name: String = "acme") async throws -> TenancyService.Bootstrapped {
        try await services.tenancy.bootstrap(tenant: name, environment: "production", admin: "admin@\(name).example")
    }

    /// A session of a fresh user with this role.
    func session(_ role: Role, in tenant: Tenant) async throws -> TenantSession {
        let user = User(
            id: .random(), tenant: tenant.id, email: "\(UUID().uuidString.lowercased())@example.com", role: role, mustChangePassword: false,
            createdAt: time.now)
        try await store.write(tenant.id) { try $0.insert(user, passwordHash: "none") }
        let signedIn = try await services.signIn.operatorSession(email: user.email)
        return try await services.signIn.authenticate(signedIn.token)
    }

    func enrol(_ environment: ControlPlaneCore.Environment) async throws -> TestAgent {
        let issued = try await services.enrolment.issueTokenAsOperator(for: environment)
        let key = P256.Signing.PrivateKey()
        let response = try await services.enrolment.enrol(Self.request(issued.token, key))
        return TestAgent(installation: self, key: key, response: response)
    }

    static func request(_ token: Secret<String>, _ key: P256.Signing.PrivateKey) throws -> EnrolmentRequest {
        EnrolmentRequest(token: token.expose(), csr: try csr(key), agentVersion: "1.0", hostname: "host\u{202E}", platform: "linux/x86_64")
    }

    static func csr(_ key: P256.Signing.PrivateKey) throws -> String {
        try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName { CommonName("agent") }, privateKey: .init(key), attributes: .init(),
            signatureAlgorithm: .ecdsaWithSHA256
        ).serializeAsPEM().pemString
    }

    func audit(_ tenant: TenantID) async throws -> [AuditEntry] {
        try await store.read(tenant) { try $0.auditEntries(after: 0, limit: 10_000) }
    }
}

/// An enrolled agent with its key, as it would act.
struct TestAgent: Sendable {
    let installation: Installation
    let key: P256.Signing.PrivateKey
    let response: EnrolmentResponse

    var name: AgentName { AgentName(tenant: response.tenant, environment: response.environment, agent: response.agent) }

    static func peer(_ pem: String) throws -> PeerCertificate {
        let certificate = try Certificate(pemEncoded: pem)
        let key = P256.Signing.PublicKey(certificate.publicKey)
        let names = try certificate.extensions.subjectAlternativeNames.map { Array($0) } ?? []
        guard let key, case .uniformResourceIdentifier(let uri)? = names.first else { throw AccessError(.badCertificate, "test") }
        return PeerCertificate(
            keyDigest: Array(SHA256.hash(data: key.derRepresentation)),
            serial: PeerCertificate.serialText(certificate.serialNumber.bytes), uri: uri, notAfter: certificate.notValidAfter)
    }

    func authenticate() async throws -> AuthenticatedAgent {
        try await installation.services.agents.authenticate(Self.peer(response.certificates[0]))
    }

    func bundle(
        sequence: UInt64, text: String = "x", id: BundleID = .fresh(milliseconds: 1_790_000_000_000), epoch: UInt64 = 1,
        name: AgentName? = nil,
        key: P256.Signing.PrivateKey? = nil
    ) throws -> [UInt8] {
        let record = CollectedRecord(
            account: "123456789012", service: "sts", operation: "get-caller-identity", region: nil, resource: nil, time: nil,
            payload: ["Account": "123456789012", "Arn": .string(text)])
        return try BundleSealer.seal(
            CloudCollection(records: [record], coverage: []),
            identity: BundleIdentity(agent: name ?? self.name, bundle: id, epoch: epoch, sequence: sequence, createdAt: 1_790_000_000_000),
            signingKey: key ?? self.key, recipient: response.sealingKey)
    }

    static func announcement(_ bundle: [UInt8]) throws -> UploadRequest {
        let header = try BundleHeader.read(bundle)
        return UploadRequest(
            bundle: header.identity.bundle, size: bundle.count, sha256: Hex.encode(SHA256.hash(data: bundle)),
            headerBase64: Data(header.bytes).base64EncodedString())
    }

    /// Announces, sends all pieces and completes.
    func upload(_ bundle: [UInt8], announcing: UploadRequest? = nil) async throws -> UploadState {
        let agent = try await authenticate()
        let ingest = installation.services.ingest
        let request = try announcing ?? Self.announcement(bundle)
        let state = try await ingest.open(request, from: agent)
        guard state.status == .open else { return state }
        for index in 0..<UploadLimits.pieceCount(size: bundle.count, pieceSize: state.pieceSize) where !state.received.contains(index) {
            let start = index * state.pieceSize
            let piece = Array(bundle[start..<min(bundle.count, start + state.pieceSize)])
            try await ingest.put(
                piece: index, piece, sha256: Hex.encode(SHA256.hash(data: piece)), of: request.bundle, from: agent)
        }
        return try await ingest.complete(request.bundle, from: agent)
    }
}

/// What an error says it is: `domain.code`.
func code(_ error: any Error) -> String {
    func word<E: CodedError>(_ error: E) -> String { "\(E.domain).\(error.code.rawValue)" }
    return (error as? any CodedError).map { word($0) } ?? "\(error)"
}

func refusal<T>(_ body: () async throws -> T) async -> String {
    do {
        _ = try await body()
        return "none"
    } catch { return code(error) }
}
