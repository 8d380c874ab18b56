import Basics
import CloudModel
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import SwiftASN1
import Synchronization
import TestSupport
import Testing
import WireProtocol
import X509

/// Both listeners on loopback with certificates of a test's own authority.
struct RunningServer: Sendable {
    let world: World
    let folder: TestFolder
    let site: Int
    let gateway: Int
    let rootFile: String

    static func with(
        ca: TestCA, deadlines: RequestDeadlines.Limits = .init(), _ body: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        let world = World()
        let folder = try TestFolder()
        let leaf = try ca.server()
        let root = try ca.root.serializeAsPEM().pemString
        let identity = ListenerIdentity(
            certificates: [leaf.chain], privateKeyFile: try folder.write("server.key", leaf.key), agentAuthorities: [root])
        let (ports, continuation) = AsyncStream.makeStream(of: (ControlPlaneServer.Listener, Int).self)
        let server = try ControlPlaneServer(
            services: world.core.services, tls: identity,
            configuration: .init(site: .init(host: "127.0.0.1", port: 0), gateway: .init(host: "127.0.0.1", port: 0)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, deadlines: deadlines,
            onListening: { continuation.yield(($0, $1)) })
        let group = ServiceGroup(services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let rootFile = try folder.write("root.pem", root)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var found: [ControlPlaneServer.Listener: Int] = [:]
            for await (listener, port) in ports {
                found[listener] = port
                if found.count == 2 { break }
            }
            let running = RunningServer(
                world: world, folder: folder, site: try #require(found[.site]), gateway: try #require(found[.gateway]), rootFile: rootFile)
            do {
                try await body(running)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// An agent that the directory knows, and its name.
    func knownAgent() -> AgentName {
        let id = AgentID.random()
        let name = AgentName(tenant: world.alpha.id, environment: world.environment.id, agent: id)
        let agent = ControlPlaneCore.Agent(
            id: id, tenant: name.tenant, environment: name.environment, epoch: 1, keyDigest: [], publicKey: [], serial: "1",
            notAfter: Date() + 3600, hostname: "h", platform: "p", version: "v", enrolledAt: Date())
        world.core.state.withLock { $0.agents[name.description] = agent }
        return name
    }

    /// curl's exit status, the answer's status and its body.
    func curl(_ leaf: TestCA.Leaf?, _ arguments: [String], port: Int? = nil, path: String) async throws -> (
        exit: Int32, status: Int, body: String
    ) {
        var all = ["-sS", "--noproxy", "*", "--cacert", rootFile, "-m", "20", "-w", "\n%{http_code}"]
        if let leaf {
            let name = UUID().uuidString
            all += ["--cert", try folder.write("\(name).pem", leaf.chain), "--key", try folder.write("\(name).key", leaf.key)]
        }
        let result = try await Command("/usr/bin/curl", all + arguments + ["https://127.0.0.1:\(port ?? gateway)\(path)"]).runAside()
        var lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        let status = lines.popLast().flatMap { Int($0) } ?? 0
        return (result.status, status, lines.joined(separator: "\n"))
    }
}

@Suite struct GatewayTests {
    @Test func answersAnAgentWithItsCertificateAndNobodyWithoutOne() async throws {
        let ca = try TestCA()
        try await RunningServer.with(ca: ca) { server in
            let good = try ca.agent(server.knownAgent().description)
            let key = try await server.curl(good, [], path: Routes.sealingKey)
            #expect(key.status == 200 && key.body.contains("publicKey"))
            let none = try await server.curl(nil, [], path: Routes.sealingKey)
            #expect(none.exit != 0 && none.status == 0)
            // The first listener asks for no certificate and has nothing of the second's.
            #expect(try await server.curl(nil, [], port: server.site, path: "/healthz").status == 200)
            #expect(try await server.curl(good, [], port: server.site, path: Routes.sealingKey).status == 404)
        }
    }

    @Test func refusesCertificatesThatAreNotAnAgentsOfOurs() async throws {
        let ca = try TestCA()
        let foreign = try TestCA(name: "Foreign")
        try await RunningServer.with(ca: ca) { server in
            let name = server.knownAgent().description
            let unknown = AgentName(tenant: .random(), environment: .random(), agent: .random()).description
            let refused: [(String, TestCA.Leaf)] = [
                ("foreign authority", try foreign.agent(name)),
                ("expired", try ca.agent(name, ends: -60)),
                ("for servers only", try ca.agent(name, usage: [.serverAuth])),
                ("for e-mail only", try ca.agent(name, usage: [.emailProtection])),
                ("two names", try ca.agent(name, extraNames: [.dnsName("agent")])),
                ("two URI names", try ca.agent(name, extraNames: [.uniformResourceIdentifier(unknown)])),
                ("another trust domain", try ca.agent(name.replacing("spiffe://cloudryption", with: "spiffe://other"))),
                ("upper case", try ca.agent(name.uppercased())),
                ("longer", try ca.agent(name + "/more")),
                ("the server's own", try ca.server()),
            ]
            for (why, leaf) in refused {
                let answer = try await server.curl(leaf, [], path: Routes.sealingKey)
                #expect(answer.exit != 0 && answer.status == 0, "\(why)")
            }
            let stranger = try await server.curl(try ca.agent(unknown), [], path: Routes.sealingKey)
            #expect(stranger.status == 401 && stranger.body.contains("auth.unknownAgent"))
        }
    }

    @Test func stopsARevokedAgentOnAnOpenConnection() async throws {
        let ca = try TestCA()
        try await RunningServer.with(ca: ca) { server in
            let name = server.knownAgent().description
            let leaf = try ca.agent(name)
            let certificate = try server.folder.write("open.pem", leaf.chain), key = try server.folder.write("open.key", leaf.key)
            // One openssl process, one connection, two requests: the agent is revoked between them.
            let session = try OpenConnection(server: server, certificate: certificate, key: key)
            let first = try await session.ask(Routes.sealingKey)
            #expect(first.contains("HTTP/1.1 200"))
            _ = server.world.core.state.withLock { $0.revoked.insert(name) }
            let second = try await session.ask(Routes.sealingKey)
            #expect(second.contains("HTTP/1.1 401") && second.contains("auth.certificateRevoked"))
            session.close()
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"]) func checksAResumedSessionAgain(_ version: String) async throws {
        let ca = try TestCA()
        try await RunningServer.with(ca: ca) { server in
            let name = server.knownAgent().description
            let leaf = try ca.agent(name)
            let certificate = try server.folder.write("resumed.pem", leaf.chain), key = try server.folder.write("resumed.key", leaf.key)
            let session = server.folder.path + "/session"
            let request = "GET \(Routes.sealingKey) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            func connect(_ more: [String]) async throws -> String {
                try await Command(
                    "/usr/bin/openssl",
                    ["s_client", "-connect", "127.0.0.1:\(server.gateway)", "-CAfile", server.rootFile, version, "-ign_eof"] + more
                ).runAside(input: request).output
            }
            let first = try await connect(["-cert", certificate, "-key", key, "-cert_chain", certificate, "-sess_out", session])
            #expect(first.contains("HTTP/1.1 200"))
            let resumed = try await connect(["-sess_in", session])
            #expect(resumed.contains("Reused, TLSv1"), "the session was not resumed, so this test shows nothing")
            #expect(resumed.contains("HTTP/1.1 200"))
            _ = server.world.core.state.withLock { $0.revoked.insert(name) }
            let refused = try await connect(["-sess_in", session])
            #expect(refused.contains("Reused, TLSv1"))
            #expect(refused.contains("HTTP/1.1 401") && refused.contains("auth.certificateRevoked"))
        }
    }

    @Test func speaksNoOldTLSAndNoWeakCipher() async throws {
        let ca = try TestCA()
        try await RunningServer.with(ca: ca) { server in
            for port in [server.site, server.gateway] {
                for version in ["-tls1", "-tls1_1"] {
                    let result = try await Command(
                        "/usr/bin/openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-cipher", "DEFAULT:@SECLEVEL=0", version]
                    ).runAside()
                    #expect(result.output.contains("Cipher is (NONE)"))
                }
                for (cipher, refused) in [("ECDHE-ECDSA-AES128-SHA", true), ("ECDHE-ECDSA-AES128-GCM-SHA256", false)] {
                    let result = try await Command(
                        "/usr/bin/openssl", ["s_client", "-connect", "127.0.0.1:\(port)", "-cipher", cipher, "-tls1_2"]
                    ).runAside()
                    #expect(result.output.contains("Cipher is (NONE)") == refused, "\(cipher)")
                }
            }
        }
    }

    @Test func takesPiecesUpToTheirSizeAndNoMore() async throws {
        let ca = try TestCA()
        try await RunningServer.with(ca: ca) { server in
            let leaf = try ca.agent(server.knownAgent().description)
            let bundle = BundleID.random()
            let digest = ["-H", "X-Piece-SHA256: " + String(repeating: "0", count: 64)]
            func put(_ bytes: Int, _ index: String, _ more: [String]) async throws -> (exit: Int32, status: Int, body: String) {
                let file = try server.folder.write("piece", String(repeating: "x", count: bytes))
                return try await server.curl(
                    leaf, ["-X", "PUT", "--data-binary", "@\(file)"] + digest + more, path: "/v1/uploads/\(bundle)/pieces/\(index)")
            }
            #expect(try await put(UploadLimits.pieceSize, "3", []).status == 204)
            #expect(server.world.core.state.withLock { $0.pieces[3]?.count } == UploadLimits.pieceSize)
            #expect(try await put(100, "4", ["-H", "Expect: 100-continue"]).status == 204)
            #expect(try await put(UploadLimits.pieceSize + 1, "5", []).status == 413)
            #expect(try await put(UploadLimits.pieceSize + 1, "6", ["-H", "Transfer-Encoding: chunked"]).status == 413)
            #expect(try await put(10, "-1", []).status == 422)
            #expect(try await put(10, "99999999999999999999", []).status == 422)
            let missing = try await server.curl(leaf, ["-X", "PUT", "--data-binary", "x"], path: Routes.piece(bundle, 0))
            #expect(missing.status == 400 && missing.body.contains("upload.malformed"))
            #expect(server.world.core.state.withLock { $0.pieces.keys.sorted() } == [3, 4])
        }
    }

    @Test func answersWithTheBundlesOwnCodes() async throws {
        let ca = try TestCA()
        try await RunningServer.with(ca: ca) { server in
            let leaf = try ca.agent(server.knownAgent().description)
            let bundle = BundleID.random()
            let post = ["-X", "POST", "-H", "Content-Type: application/json"]
            let complete = try await server.curl(leaf, post, path: Routes.complete(bundle))
            #expect(complete.status == 422 && complete.body.contains("\"bundle.badSignature\""))
            #expect(try await server.curl(leaf, [], path: Routes.upload(bundle)).body.contains("upload.unknownBundle"))
            #expect(try await server.curl(leaf, [], path: "/v1/uploads/not-a-bundle").status == 404)
            let renew = try await server.curl(leaf, post + ["-d", #"{"csr":"x"}"#], path: Routes.certificate)
            #expect(renew.status == 400 && renew.body.contains("enrolment.badCSR"))
            let broken = try await server.curl(leaf, post + ["-d", "{"], path: Routes.heartbeat)
            #expect(broken.status == 400 && broken.body.contains("message.malformed"))
            let beat = #"{"agentVersion":"1","hostname":"h","platform":"p","spoolDepth":0,"clock":"2026-11-23T17:00:00Z"}"#
            #expect(try await server.curl(leaf, post + ["-d", beat], path: Routes.heartbeat).status == 200)
        }
    }

    @Test func dropsPeersThatAreTooSlow() async throws {
        let ca = try TestCA()
        let limits = RequestDeadlines.Limits(
            firstHeader: .milliseconds(400), nextHeader: .milliseconds(400), body: .milliseconds(80), answer: .seconds(5),
            refusedBody: .milliseconds(200))
        try await RunningServer.with(ca: ca, deadlines: limits) { server in
            // Never begins the handshake; begins a header and stops; sends a header and half a body; stays after an answer.
            let connect = ["s_client", "-connect", "127.0.0.1:\(server.site)", "-CAfile", server.rootFile, "-quiet", "-verify_quiet"]
            let silent = try await Command(
                "/bin/bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(server.site); timeout 15 cat <&3; echo ended $?"]
            ).runAside()
            #expect(silent.output.contains("ended 0"))
            for input in [
                "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
                "POST /sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nhalf",
                "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            ] {
                let command = "timeout 10 openssl \"${@:2}\" < <(printf '%s' \"$1\"; exec sleep 3 2>/dev/null); echo ended $? >&2"
                let result = try await Command("/bin/bash", ["-c", command, "test", input] + connect).runAside()
                #expect(!result.errors.contains("ended 124"), "the connection was held: \(input.prefix(20))")
                #expect(result.errors.contains("ended"))
            }
        }
    }
}

/// One TLS connection that can be asked several times.
final class OpenConnection: @unchecked Sendable {
    // Used by one task at a time.
    private let process: Child
    private let input: FileHandle
    private let output: FileHandle

    init(server: RunningServer, certificate: String, key: String) throws {
        let (input, output) = (try Child.pipe(), try Child.pipe())
        process = try Child(
            "/usr/bin/openssl",
            [
                "s_client", "-connect", "127.0.0.1:\(server.gateway)", "-CAfile", server.rootFile, "-cert", certificate, "-key", key,
                "-cert_chain", certificate, "-quiet", "-verify_quiet",
            ], input: input.reading, output: output.writing)
        try output.writing.close()
        (self.input, self.output) = (input.writing, output.reading)
    }

    /// Sends a request and reads until the answer's JSON has ended.
    func ask(_ path: String) async throws -> String {
        input.write(Data("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        let handle = output
        return await withCheckedContinuation { continuation in
            Thread {
                var text = ""
                while !text.contains("}") {
                    let data = handle.availableData
                    if data.isEmpty { break }
                    text += String(decoding: data, as: UTF8.self)
                }
                continuation.resume(returning: text)
            }.start()
        }
    }

    func close() {
        try? input.close()
        process.kill(SIGTERM)
        process.wait()
    }
}
