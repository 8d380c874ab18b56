import Basics
import CloudModel
import ControlPlaneStore
import Crypto
import Foundation
import Synchronization
import Testing
import WireProtocol

@testable import ControlPlaneCore

extension Installation {
    /// A worker that is a shell script: it says and does what a test wants. `$ANSWER` is a file of frames that are a whole, good answer.
    func worker(_ script: String) throws -> WorkerSupervisor {
        let program = path + "/worker-\(UInt32.random(in: .min ... .max)).sh"
        let answer = program + ".answer"
        try SafeFile.write(Self.answer(), to: answer, mode: 0o600)
        try SafeFile.write(Array("#!/bin/sh\nANSWER=\(answer)\nBASE=\(path)\n\(script)\n".utf8), to: program, mode: 0o700)
        var supervisor = WorkerSupervisor(program: program, scratch: data.scratch)
        supervisor.limits.wallClock = .seconds(20)
        return supervisor
    }

    static func answer(snapshot: String = "sha256:" + String(repeating: "ab", count: 32)) throws -> [UInt8] {
        let result = AnalysisResult(
            summary: AnalysisSummary(
                snapshot: snapshot, accounts: ["123456789012"], collectedFrom: nil, collectedTo: nil, counts: [:], paths: [:],
                findings: [:],
                materialExposure: 0, exposureByEntry: [:], jewels: [], controls: [], coverage: [:]),
            findings: [], paths: [], principals: [],
            plan: Plan(objective: "", optimal: true, cost: 0, fixes: [], alternatives: [], perPath: [], curve: [], open: []),
            coverage: CoverageReport(entries: [], gaps: []))
        let document = Array(try JSONEncoder().encode(result))
        return try WorkerFraming.frame(.progress, Array(JSONEncoder().encode(WorkerProgress(stage: "open"))))
            + WorkerFraming.frame(.document, [1] + document.prefix(10)) + WorkerFraming.frame(.document, [1] + document.dropFirst(10))
            + WorkerFraming.frame(.document, [2] + Array("snapshot".utf8)) + WorkerFraming.frame(.done, [])
    }

    func queue(_ supervisor: WorkerSupervisor, events: Events = Events()) -> RunQueue {
        RunQueue(store: store, data: data, master: master, supervisor: supervisor, clock: time.clock) { events.add($0) }
    }

    /// An accepted bundle with its queued run.
    func queuedRun() async throws -> (made: TenancyService.Bootstrapped, agent: TestAgent, run: RunID) {
        let made = try await tenant()
        let agent = try await enrol(made.environment)
        let state = try await agent.upload(try agent.bundle(sequence: 1, text: IngestTests.long()))
        guard let run = state.run else { throw UploadError(.unavailable, "test") }
        return (made, agent, run)
    }

    func run(_ id: RunID, _ tenant: TenantID) async throws -> Run? { try await store.read(tenant) { try $0.run(id) } }
}

final class Events: Sendable {
    private let all = Mutex<[String]>([])
    func add(_ event: RunQueue.Event) { all.withLock { $0.append("\(event)") } }
    var list: [String] { all.withLock { $0 } }
}

@Suite struct WorkerTests {
    static let obeys = "cat > /dev/null; cat $ANSWER"

    @Test func aRunSucceedsAndItsResultIsKept() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let queue = installation.queue(try installation.worker(Self.obeys))
        #expect(try await queue.workOnce())
        #expect(try await !queue.workOnce())
        let run = try #require(try await installation.run(id, made.tenant.id))
        #expect(run.status == .succeeded && run.attempts == 1 && run.reason == nil && run.endedAt != nil, "\(run)")
        let session = try await installation.session(.viewer, in: made.tenant)
        let result = try #require(try await installation.services.results.latest(in: made.environment, for: session))
        #expect(result.run.id == id && result.snapshot == result.result.summary.snapshot && result.snapshot == run.snapshot)
        let row = try #require(try await installation.store.read(made.tenant.id) { try $0.result(of: id) })
        let snapshot = try installation.data.objects.snapshot(made.tenant.id, id, digest: row.snapshotDigest)
        #expect(try Data(contentsOf: URL(filePath: snapshot)) == Data("snapshot".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: installation.data.scratch).isEmpty)
        #expect(try await installation.audit(made.tenant.id).map(\.act).suffix(3).prefix(2) == ["runStarted", "runSucceeded"])
    }

    @Test func oneTenantsResultIsNoOtherTenants() async throws {
        let installation = try await Installation()
        let (_, _, id) = try await installation.queuedRun()
        try await installation.queue(try installation.worker(Self.obeys)).workOnce()
        let other = try await installation.tenant("other")
        let session = try await installation.session(.tenantAdmin, in: other.tenant)
        #expect(try await installation.services.results.result(of: id, for: session) == nil)
        #expect(await refusal { try await session.run(id) } == "store.notFound")
        #expect(try await session.runs(in: nil).isEmpty)
    }

    @Test func aStoredResultThatWasChangedIsRefused() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        try await installation.queue(try installation.worker(Self.obeys)).workOnce()
        let row = try #require(try await installation.store.read(made.tenant.id) { try $0.result(of: id) })
        let path = try installation.data.objects.result(made.tenant.id, id, digest: row.resultDigest)
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: path))
        let session = try await installation.session(.viewer, in: made.tenant)
        #expect(await refusal { try await installation.services.results.result(of: id, for: session) } == "store.corrupt")
    }

    @Test func aWorkerThatDiesIsTriedThreeTimesAndThenTheRunFailsWithTheReason() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let queue = installation.queue(try installation.worker("kill -9 $$"))
        for attempt in 1...3 {
            #expect(try await queue.workOnce())
            let run = try #require(try await installation.run(id, made.tenant.id))
            #expect(run.attempts == attempt)
            #expect(run.status == (attempt < 3 ? .queued : .failed))
            #expect(run.reason == "worker.died: the worker was killed by signal 9")
        }
        #expect(try await !queue.workOnce())
        let acts = try await installation.audit(made.tenant.id).suffix(6).map { "\($0.act) \($0.outcome)" }
        #expect(acts.last == "runFailed worker.died" && acts.filter { $0 == "runRetried worker.died" }.count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: installation.data.scratch).isEmpty)
    }

    @Test func aWorkerKilledInTheMiddleIsFollowedByOneThatSucceeds() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let queue = installation.queue(
            try installation.worker(
                "if [ -e $BASE/second ]; then \(Self.obeys); else touch $BASE/second; echo $$ > $BASE/pid; exec sleep 60; fi"))
        async let first = queue.workOnce()
        var pid: pid_t?
        while pid == nil {
            pid = (try? String(contentsOfFile: installation.path + "/pid", encoding: .utf8))
                .flatMap { $0.hasSuffix("\n") ? pid_t($0.dropLast()) : nil }
            await Task.yield()
        }
        kill(try #require(pid), SIGKILL)
        #expect(try await first)
        #expect(try await installation.run(id, made.tenant.id)?.status == .queued)
        #expect(try await queue.workOnce())
        let run = try #require(try await installation.run(id, made.tenant.id))
        #expect(run.status == .succeeded && run.attempts == 2)
    }

    @Test func aWorkerThatTakesTooLongIsEnded() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        var supervisor = try installation.worker("sleep 600 & sleep 600")
        supervisor.limits.wallClock = .milliseconds(300)
        try await installation.queue(supervisor).workOnce()
        #expect(try await installation.run(id, made.tenant.id)?.reason?.hasPrefix("worker.timedOut") == true)
    }

    @Test(arguments: [
        "cat > /dev/null; echo garbage that is no frame", "cat > /dev/null; printf '\\000\\000\\000\\001\\023'",
        "cat > /dev/null; printf '\\177\\377\\377\\377\\020'", "cat > /dev/null; cat $ANSWER; cat $ANSWER",
        "cat > /dev/null; printf '\\000\\000\\000\\001\\001'", "cat > /dev/null; printf '\\000\\000\\000\\003\\021\\011x'",
    ]) func garbageIsNotBelieved(_ script: String) async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        try await installation.queue(try installation.worker(script)).workOnce()
        let run = try #require(try await installation.run(id, made.tenant.id))
        #expect(run.status == .queued && run.reason?.hasPrefix("worker.badAnswer") == true, "\(run.reason ?? "")")
        #expect(try await installation.store.read(made.tenant.id) { try $0.result(of: id) } == nil)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: installation.path + "/objects").allSatisfy { !$0.hasSuffix(".part") })
    }

    @Test(arguments: ["cat > /dev/null; head -c 100 $ANSWER", "cat > /dev/null; cat $ANSWER; exit 3", "exit 0", "cat > /dev/null"])
    func anAnswerThatStopsShortIsADeath(_ script: String) async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        try await installation.queue(try installation.worker(script)).workOnce()
        #expect(try await installation.run(id, made.tenant.id)?.reason?.hasPrefix("worker.died") == true)
    }

    @Test func aResultWithoutASnapshotDigestIsRefused() async throws {
        let answer = try Installation.answer(snapshot: "sha256:../../etc")
        var conversation = WorkerConversation()
        _ = try conversation.receive(answer)
        guard case .done(let document) = try #require(try conversation.close()) else { throw UploadError(.unavailable, "test") }
        #expect { _ = try WorkerSupervisor.decode(document) } throws: { code($0) == "worker.badAnswer" }
    }

    @Test func aWorkersOwnRefusalIsFinalWhenItSaysSo() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let failure = WorkerFailure(code: "bundle.badCommitment", message: "no\u{1B}[31m", retryable: false)
        let frame = WorkerFraming.frame(.failure, Array(try JSONEncoder().encode(failure)))
        try SafeFile.write(frame, to: installation.path + "/failure")
        try await installation.queue(try installation.worker("cat > /dev/null; cat $BASE/failure; exit 1")).workOnce()
        let run = try #require(try await installation.run(id, made.tenant.id))
        #expect(run.status == .failed && run.attempts == 1 && run.reason == "bundle.badCommitment: no\u{FFFD}[31m")
    }

    @Test func aWorkerGetsNothingButItsPipesItsFolderAndFourVariables() async throws {
        let installation = try await Installation()
        _ = try await installation.queuedRun()
        // A descriptor that a careless spawn would hand on, and a variable too.
        let leak = open("/dev/null", O_RDONLY)
        setenv("CLOUDRYPTION_TEST_SECRET", "canary", 1)
        defer {
            close(leak)
            unsetenv("CLOUDRYPTION_TEST_SECRET")
        }
        // The limits hold before the first byte of input, not from the first instruction on.
        let script = """
            head -c 1 > /dev/null; env | sort > $BASE/env; ls /proc/$$/fd > $BASE/fds; cat /proc/$$/limits > $BASE/limits; cat /proc/$$/stat > $BASE/stat
            pwd > $BASE/pwd; stat -c %a . >> $BASE/pwd; \(Self.obeys)
            """
        try await installation.queue(try installation.worker(script)).workOnce()
        func text(_ name: String) throws -> String { try String(contentsOfFile: installation.path + "/" + name, encoding: .utf8) }
        let names = try text("env").split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) }
        #expect(Set(names).subtracting(["PWD", "_", "OLDPWD", "SHLVL"]) == ["HOME", "LC_ALL", "SQLITE_TMPDIR", "TMPDIR", "TZ"])
        // From 10 on they are the shell's own.
        #expect(Set(try text("fds").split(separator: "\n").compactMap { Int($0) }.filter { $0 < 10 }) == [0, 1, 2])
        let limits = try text("limits").split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
        #expect(limits.contains { $0.starts(with: ["Max", "core", "file", "size", "0", "0"]) })
        #expect(limits.contains { $0.starts(with: ["Max", "open", "files", "64", "64"]) })
        #expect(limits.contains { $0.starts(with: ["Max", "address", "space", "8589934592", "8589934592"]) })
        let stat = try text("stat").split(separator: ")").last.map { $0.split(separator: " ") } ?? []
        let own = try text("stat").split(separator: " ").first
        #expect(stat.count > 4 && stat[2] == own && stat[3] == own, "its own group and session")
        let place = try text("pwd").split(separator: "\n")
        #expect(place.first?.hasPrefix(installation.data.scratch) == true && place.last == "700")
    }

    @Test func theKeyGoesOverThePipeAndOnlyThere() async throws {
        let installation = try await Installation()
        let (made, agent, id) = try await installation.queuedRun()
        try await installation.queue(try installation.worker("cat > $BASE/input; cat $ANSWER")).workOnce()
        let input = Array(try Data(contentsOf: URL(filePath: installation.path + "/input")))
        let length = input[0..<4].reduce(0) { $0 << 8 | Int($1) }
        let task = try JSONDecoder().decode(WorkerTask.self, from: Data(input[5..<(4 + length)]))
        #expect(task.run == id.description && task.tenant == made.tenant.id.description && task.agent == agent.response.agent.description)
        let key = try #require(Data(base64Encoded: task.contentKey))
        #expect(key.count == 32)
        // The bundle after it opens with that key.
        var bundle: [UInt8] = []
        var rest = input[(4 + length)...]
        while rest.count >= 5 {
            let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            if rest[rest.startIndex + 4] == WorkerFrame.bundlePiece.rawValue { bundle += rest.dropFirst(5).prefix(size - 1) }
            rest = rest.dropFirst(4 + size)
        }
        let opened = try BundleOpener.open(
            bundle, contentKey: .init(data: key), expecting: agent.name, agentKey: agent.key.publicKey)
        #expect(opened.collection.records.count == 1)
    }

    @Test func stoppingKillsTheWorkerAndGivesTheRunBackUntried() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let queue = installation.queue(try installation.worker("touch $BASE/started; exec sleep 60"))
        let work = Task { try await queue.workOnce() }
        while !FileManager.default.fileExists(atPath: installation.path + "/started") { await Task.yield() }
        work.cancel()
        _ = try? await work.value
        // What could not be noted by the cancelled task is found at the next start.
        try await queue.recover()
        let run = try #require(try await installation.run(id, made.tenant.id))
        #expect(run.status == .queued && run.attempts == 0, "\(run)")
    }

    @Test func aProgramThatDiedLeavesItsRunsToTheNext() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let now = installation.time.now
        _ = try await installation.store.write(made.tenant.id) {
            try $0.claim(id, worker: "dead", now: now, leaseUntil: now.addingTimeInterval(60))
        }
        let events = Events()
        let queue = installation.queue(try installation.worker(Self.obeys), events: events)
        #expect(try await !queue.workOnce(), "the lease still holds")
        try await queue.recover()
        #expect(try await queue.workOnce())
        #expect(try await installation.run(id, made.tenant.id)?.status == .succeeded)
        #expect(events.list.first == "recovered(1)")
    }

    @Test func whatAKilledProgramLeftOnTheDiskGoesAtTheNextStart() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let scratch = installation.data.scratch + "/\(id).1"
        try SafeFile.makePrivateFolder(scratch)
        try SafeFile.write(Array("records".utf8), to: scratch + "/snapshot.sqlite", mode: 0o600)
        let half = try installation.data.objects.incomingSnapshot(made.tenant.id, id)
        let whole = try installation.data.objects.snapshot(made.tenant.id, id, digest: [UInt8](repeating: 1, count: 32))
        for path in [half, whole] { try SafeFile.write(Array("snapshot".utf8), to: path, mode: 0o600) }
        try await installation.queue(try installation.worker(Self.obeys)).recover()
        #expect(!FileManager.default.fileExists(atPath: scratch) && !FileManager.default.fileExists(atPath: half))
        #expect(FileManager.default.fileExists(atPath: whole), "a whole snapshot stays")
    }

    @Test func aRunThatKilledItsProgramThreeTimesIsGivenUp() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        for _ in 0..<3 {
            let now = installation.time.now
            _ = try await installation.store.write(made.tenant.id) {
                try $0.claim(id, worker: "dead", now: now, leaseUntil: now.addingTimeInterval(60))
            }
            installation.time.advance(61)
        }
        #expect(try await installation.queue(try installation.worker(Self.obeys)).workOnce())
        #expect(try await installation.run(id, made.tenant.id)?.status == .failed)
    }

    @Test func twoQueuesNeverWorkOnTheSameRun() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let worker = try installation.worker("echo x >> $BASE/count; \(Self.obeys)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                let queue = installation.queue(worker)
                group.addTask { while try await queue.workOnce() {} }
            }
            try await group.waitForAll()
        }
        #expect(try String(contentsOfFile: installation.path + "/count", encoding: .utf8) == "x\n")
        #expect(try await installation.run(id, made.tenant.id)?.status == .succeeded)
    }

    /// The real program, where the build made it: in its sandbox, with a real bundle.
    static let program: String? = {
        let folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        return ["cloudryption-worker", "WorkerMain"].map { folder.appending(path: $0).path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    @Test(.enabled(if: program != nil)) func theRealWorkerAnalysesARealBundle() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        let events = Events()
        let supervisor = WorkerSupervisor(program: try #require(Self.program), scratch: installation.data.scratch)
        try await installation.queue(supervisor, events: events).workOnce()
        let run = try #require(try await installation.run(id, made.tenant.id))
        #expect(run.status == .succeeded && run.attempts == 1, "\(run.reason ?? "") \(events.list)")
        let session = try await installation.session(.viewer, in: made.tenant)
        let result = try #require(try await installation.services.results.latest(in: made.environment, for: session))
        #expect(result.result.summary.accounts == ["123456789012"])
        let row = try #require(try await installation.store.read(made.tenant.id) { try $0.result(of: id) })
        let snapshot = try Data(
            contentsOf: URL(filePath: try installation.data.objects.snapshot(made.tenant.id, id, digest: row.snapshotDigest)))
        #expect(snapshot.starts(with: Data("SQLite format 3".utf8)) && snapshot.count == row.snapshotSize)
    }

    @Test(.enabled(if: program != nil)) func theRealWorkerKilledInTheMiddleIsFollowedByOneThatSucceeds() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        // Stops the first one as soon as it runs, so that there is a middle to be killed in.
        let program = try #require(Self.program)
        let wrapper = try installation.worker(
            "if [ -e $BASE/second ]; then exec \(program) $1; else touch $BASE/second; kill -STOP $$ & echo $$ > $BASE/pid; wait; exec \(program) $1; fi"
        )
        let queue = installation.queue(wrapper)
        async let first = queue.workOnce()
        var pid: pid_t?
        while pid == nil {
            pid = (try? String(contentsOfFile: installation.path + "/pid", encoding: .utf8))
                .flatMap { $0.hasSuffix("\n") ? pid_t($0.dropLast()) : nil }
            await Task.yield()
        }
        kill(try #require(pid), SIGKILL)
        #expect(try await first)
        #expect(try await installation.run(id, made.tenant.id)?.status == .queued)
        try await queue.workOnce()
        let run = try #require(try await installation.run(id, made.tenant.id))
        #expect(run.status == .succeeded && run.attempts == 2, "\(run.reason ?? "")")
    }

    @Test(.enabled(if: program != nil)) func theRealWorkerRefusesABundleWithTheWrongKey() async throws {
        let installation = try await Installation()
        let (_, agent, _) = try await installation.queuedRun()
        let bundle = try agent.bundle(sequence: 2)
        try SafeFile.write(bundle, to: installation.path + "/bundle")
        let name = agent.name
        let supervisor = WorkerSupervisor(program: try #require(Self.program), scratch: installation.data.scratch)
        func answer(_ change: (inout WorkerTask) -> Void) async -> String {
            var task = WorkerTask(
                tenant: name.tenant.description, environment: name.environment.description, agent: name.agent.description,
                run: RunID.random().description, agentPublicKey: Data(agent.key.publicKey.x963Representation).base64EncodedString(),
                contentKey: Data(repeating: 7, count: 32).base64EncodedString())
            change(&task)
            do {
                _ = try await supervisor.run(
                    WorkerJob(task: task, bundle: installation.path + "/bundle", snapshot: installation.path + "/snapshot"),
                    stage: { _ in },
                    errors: { _ in })
                return "none"
            } catch { return error.message }
        }
        #expect(await answer { _ in }.hasPrefix("bundle.badCommitment"))
        #expect(await answer { $0.tenant = TenantID.random().description }.hasPrefix("bundle.wrongTenant"))
        #expect(await answer { $0.agent = AgentID.random().description }.hasPrefix("bundle.wrongAgent"))
        #expect(await answer { $0.agentPublicKey = "AAAA" }.hasPrefix("frames.outOfOrder"))
        #expect(!FileManager.default.fileExists(atPath: installation.path + "/snapshot"))
    }

    @Test func aWorkerThatDoesNotReadCannotBlockUs() async throws {
        let installation = try await Installation()
        let (made, _, id) = try await installation.queuedRun()
        try await installation.queue(try installation.worker("cat $ANSWER; exec 1>&-; sleep 1")).workOnce()
        #expect(try await installation.run(id, made.tenant.id)?.status == .succeeded)
    }
}
