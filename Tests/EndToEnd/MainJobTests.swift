import AgentCore
import Basics
import CloudModel
import Crypto
import Foundation
import HTTPTransport
import Testing
import WireProtocol

/// The main job with real processes: agent, server, worker, command line, and an emulated AWS, all on loopback.
@Suite(.serialized, .timeLimit(.minutes(10))) struct MainJobTests {
    @Test(arguments: Tables.Kind.allCases) func anAgentReadsAnAccountAndTheControlPlaneShowsItsPaths(_ kind: Tables.Kind) async throws {
        let sample = try await SampleAccount.start()
        let plane = try ControlPlane(kind)
        try await plane.bootstrap()
        try await plane.start()
        let agent = try Agent(sample.environment)
        try await agent.enrol(with: plane)
        let once = try await agent.run(["run", "--once"])
        try #require(once.status == 0, "run --once: \(once.errors)")
        let run = try await plane.finishedRun()
        #expect(run["status"] as? String == "succeeded", "\(run)")

        // What can be reached, from one run, with the step that matters.
        let paths = try #require(try await plane.json(["paths"]) as? [[String: Any]])
        let worst = try #require(paths.first)
        #expect(worst["source"] as? String == "internet")
        #expect((worst["target"] as? String)?.hasPrefix("admin:") == true)
        let targets = Set(paths.compactMap { $0["target"] as? String })
        #expect(targets.contains("arn:aws:s3:::larkspur-customer-data"))
        let techniques = Set(paths.flatMap { ($0["steps"] as? [[String: Any]] ?? []).compactMap { $0["technique"] as? String } })
        #expect(techniques.isSuperset(of: ["lambda-001", "iam-001", "sts-001"]))
        let plan = try #require(try await plane.json(["plan"]) as? [String: Any])
        #expect((plan["fixes"] as? [Any])?.isEmpty == false)
        for command in [
            ["status"], ["agents"], ["runs"], ["findings"], ["paths"], ["path", try #require(worst["id"] as? String)], ["plan"],
        ] {
            let shown = try await plane.cli(command)
            #expect(shown.status == 0 && !shown.output.isEmpty, "\(command): \(shown.errors)")
        }

        // The same account through the commands that need no server gives the same snapshot and the same paths.
        let records = agent.state.path + "-records"
        let results = agent.state.path + "-results"
        defer {
            try? FileManager.default.removeItem(atPath: records)
            try? FileManager.default.removeItem(atPath: results)
        }
        let collected = try await RealProcess.run(
            Programs.agent, ["collect", "--out", records], environment: agent.environment, limit: .seconds(180))
        try #require(collected.status == 0, "collect: \(collected.errors)")
        let analysed = try await plane.cli(["analyze", records, "--out", results])
        try #require(analysed.status == 0, "analyze: \(analysed.errors)")
        let offline = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: results + "/paths.json"))) as? [[String: Any]])
        #expect(offline.map { $0["id"] as? String } == paths.map { $0["id"] as? String })

        // A planted secret is nowhere.
        let pages = try await plane.pages()
        #expect(pages.contains("larkspur"), "the pages show the account")
        for canary in SampleAccount.canaries {
            for folder in [plane.folder.path, agent.state.path, records, results] {
                let found = try await RealProcess.run(URL(filePath: "/usr/bin/grep"), ["-rlaF", canary, folder])
                #expect(found.status == 1 && found.output.isEmpty, "\(canary) in \(found.output)")
            }
            for text in [plane.log, once.output, once.errors, pages] { #expect(!text.contains(canary)) }
        }
        try await plane.stop()
        #expect(plane.exitStatus == 0, "\(plane.log.suffix(600))")
    }

    @Test func aRunOutlivesItsWorker() async throws {
        let sample = try await SampleAccount.start()
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        let agent = try Agent(sample.environment)
        try await agent.enrol(with: plane)
        // The first worker that appears is killed, as the kernel would when memory runs out.
        let server = try #require(plane.server).identifier
        let killer = Task {
            var killed: Int32?
            try await eventually(within: .seconds(120), "a worker to appear") {
                killed = childProcesses(of: server, named: "cloudryption-wo").first
                return killed.map { kill($0, SIGKILL) == 0 } ?? false
            }
            return killed
        }
        let once = try await agent.run(["run", "--once"])
        try #require(once.status == 0, "run --once: \(once.errors)")
        #expect(try await killer.value != nil)
        let run = try await plane.finishedRun()
        #expect(run["status"] as? String == "succeeded", "\(run)")
        #expect(run["attempts"] as? Int == 2, "\(run)")
        try await plane.stop()
    }

    @Test func anAgentThatIsKilledWhileUploadingSendsNoPieceTwice() async throws {
        let sample = try await SampleAccount.start(["--seed", "large", "--roles", "500", "--instances", "100", "--buckets", "200"])
        let plane = try ControlPlane(pieceSize: 512)
        try await plane.bootstrap()
        try await plane.start()
        let agent = try Agent(sample.environment)
        try await agent.enrol(with: plane)
        func piecesSent() -> Int { plane.log.split(separator: "\n").count { $0.contains("/pieces/") && $0.contains("status=204") } }

        let first = try agent.start(["run", "--once"])
        try await eventually(within: .seconds(120), "the third piece") {
            guard first.isRunning else { throw NeverHappened(description: "the agent ended first: \(first.errors.suffix(400))") }
            return piecesSent() >= 3
        }
        first.kill(SIGKILL)
        _ = try await first.outcome()
        // The file's first part is the bundle; its blocks come behind it, and are sent before its pieces.
        let file = try #require(try agent.spooled().first?.name)
        let size = try BundleHeader.read(try Data(contentsOf: agent.state.appending(path: "spool/\(file)"))).bundleSize
        let total = (size - 1) / 512 + 1
        let before = piecesSent()
        try #require(before < total, "killed too late: \(before) of \(total)")

        // With the account gone the second start can only upload what waits; that it then cannot collect is another matter.
        sample.process.kill(SIGKILL)
        _ = try await agent.run(["run", "--once"])
        let run = try await plane.finishedRun()
        #expect(run["status"] as? String == "succeeded", "\(run)")
        // A piece may have been stored whose answer the dying agent did not hear; the server's list knows it all the same.
        #expect(piecesSent() == total, "\(piecesSent()) pieces stored of \(total)")
        #expect(try await plane.runs().count == 1)
        try await plane.stop()
    }

    @Test func foreignTamperedAndRepeatedBundlesAreAnsweredAsTheyDeserve() async throws {
        let plane = try ControlPlane(pieceSize: 512)
        try await plane.bootstrap()
        try await plane.bootstrap(tenant: "Rival")
        try await plane.start()
        let agent = try Agent()
        try await agent.enrol(with: plane)
        let rival = try Agent()
        try await rival.enrol(with: plane, tenant: "Rival")
        let ours = try Peer(try agent.identity())
        let theirs = try Peer(try rival.identity())

        let bundle = try ours.bundle(sequence: 1)
        // Another tenant's certificate: refused before a piece is sent, and nothing of the upload can be seen.
        await refuses("upload.wrongTenant") { _ = try await theirs.gateway.open(Peer.opening(bundle)) }
        let opened = try await ours.gateway.open(Peer.opening(bundle))
        #expect(opened.status == .open)
        await refuses("upload.unknownBundle") { try await theirs.put(bundle, pieceSize: opened.pieceSize) }
        await refuses("upload.unknownBundle") { _ = try await theirs.gateway.complete(bundle.id) }

        // One flipped bit in the middle, with digests that fit: the signature does not.
        var tampered = try ours.bundle(sequence: 2)
        tampered.bytes[tampered.bytes.count / 2] ^= 1
        _ = try await ours.gateway.open(Peer.opening(tampered))
        try await ours.put(tampered, pieceSize: opened.pieceSize)
        await refuses("bundle.badTrailerSignature", or: "bundle.badSignature") { _ = try await ours.gateway.complete(tampered.id) }

        // A piece that is not what its digest says.
        let wrong = Array(bundle.bytes.prefix(opened.pieceSize))
        await refuses("upload.pieceHashMismatch") {
            try await ours.gateway.put(wrong, sha256: String(repeating: "0", count: 64), piece: 0, of: bundle.id)
        }

        // Whole, then again: known. Other bytes under the same name: a conflict. The same number again: replayed.
        try await ours.put(bundle, pieceSize: opened.pieceSize)
        let accepted = try await ours.gateway.complete(bundle.id)
        #expect(accepted.status == .accepted)
        let again = try await ours.gateway.open(Peer.opening(bundle))
        #expect(again.status == .alreadyKnown)
        #expect(again.run == accepted.run)
        let replayed = try ours.bundle(sequence: 1)
        await refuses("upload.sequenceReplayed") {
            _ = try await ours.gateway.open(Peer.opening(replayed))
            try await ours.put(replayed, pieceSize: opened.pieceSize)
            _ = try await ours.gateway.complete(replayed.id)
        }
        #expect(try await plane.runs().count == 1)

        // Without a certificate nobody even gets to ask.
        let nobody = try await plane.curl(["https://localhost:\(plane.gateway)/v1/sealing-key"])
        #expect(nobody.status != 0 || nobody.output.contains("auth."))
        // A token opens once.
        let token = try await plane.enrolmentToken()
        let second = try Agent()
        let command = ["enroll", "--server", plane.address, "--ca-pin", plane.pin, "--token", token]
        #expect(try await second.run(command).status == 0)
        let used = try await Agent().run(command)
        #expect(used.status == 1 && used.errors.contains("enrolment.usedToken"), "\(used.errors)")
        // A wrong pin: nothing is sent, nothing is left.
        let fresh = try await plane.enrolmentToken()
        let pinned = try await Agent().run([
            "enroll", "--server", plane.address, "--ca-pin", "sha256:" + String(repeating: "0", count: 64), "--token", fresh,
        ])
        #expect(pinned.status == 1 && pinned.errors.split(separator: "\n").count == 1, "\(pinned.errors)")
        try await plane.stop()
        #expect(!plane.log.contains(token) && !plane.log.contains(fresh))
    }

    /// Expects a refusal with this code.
    private func refuses(
        _ code: String, or other: String? = nil, _ body: () async throws -> Void, at place: SourceLocation = #_sourceLocation
    ) async {
        do {
            try await body()
            Issue.record("not refused; expected \(code)", sourceLocation: place)
        } catch let refusal as Refusal {
            #expect(refusal.code == code || (other != nil && refusal.code == other), sourceLocation: place)
        } catch {
            Issue.record("\(error) instead of \(code)", sourceLocation: place)
        }
    }
}

/// An enrolled agent's identity, driven by hand.
struct Peer {
    struct Bundle {
        var id: BundleID
        var bytes: [UInt8]
    }
    let identity: AgentIdentity
    let gateway: Gateway

    init(_ identity: AgentIdentity) throws {
        self.identity = identity
        gateway = try Gateway(address: identity.gateway, client: try HTTPClient(configuration: identity.configuration))
    }

    /// A small sealed bundle of this agent.
    func bundle(sequence: UInt64) throws -> Bundle {
        let record = CollectedRecord(
            account: "123456789012", service: "sts", operation: "get-caller-identity", region: nil, resource: nil,
            time: "2026-01-01T00:00:00Z",
            payload: ["Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/a", "UserId": "AIDA"])
        let noise = CollectedRecord(
            account: "123456789012", service: "iam", operation: "get-account-summary", region: nil, resource: nil,
            time: "2026-01-01T00:00:00Z",
            payload: ["SummaryMap": .object(JSONObject((0..<200).map { .init("k\($0)", .number("\(UInt32.random(in: 0 ... .max))")) }))])
        let now = UInt64(Date().timeIntervalSince1970 * 1000)
        let id = BundleID.fresh(milliseconds: now)
        let bytes = try BundleSealer.seal(
            CloudCollection(records: [record, noise], coverage: []),
            identity: BundleIdentity(agent: identity.name, bundle: id, epoch: identity.epoch, sequence: sequence, createdAt: now),
            signingKey: identity.key, recipient: identity.sealingKey)
        return Bundle(id: id, bytes: bytes)
    }

    static func opening(_ bundle: Bundle) -> UploadRequest {
        UploadRequest(
            bundle: bundle.id, size: bundle.bytes.count, sha256: Hex.encode(SHA256.hash(data: bundle.bytes)),
            headerBase64: Data(bundle.bytes.prefix(BundleHeader.byteCount)).base64EncodedString())
    }

    func put(_ bundle: Bundle, pieceSize: Int) async throws {
        for index in 0..<UploadLimits.pieceCount(size: bundle.bytes.count, pieceSize: pieceSize) {
            guard let range = UploadLimits.range(ofPiece: index, size: bundle.bytes.count, pieceSize: pieceSize) else { continue }
            let piece = Array(bundle.bytes[range])
            try await gateway.put(piece, sha256: Hex.encode(SHA256.hash(data: piece)), piece: index, of: bundle.id)
        }
    }
}

/// Processes whose parent is `parent` and whose name begins so, from /proc.
func childProcesses(of parent: Int32, named name: String) -> [Int32] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { Int32($0) }.filter { process in
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), let close = stat.lastIndex(of: ")") else {
            return false
        }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        let open = stat.firstIndex(of: "(").map { stat.index(after: $0) } ?? stat.startIndex
        return fields.count > 1 && fields[1] == "\(parent)" && stat[open..<close].hasPrefix(name)
    }
}
