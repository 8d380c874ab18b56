import Basics
import CloudModel
@testable import ControlPlaneCore
@testable import ControlPlaneServer
import Foundation
import HTTPTypes
import Testing
import WireProtocol

/// The pages about agents, over a real store with two tenants.
@Suite struct AgentPageTests {
    /// An agent of ours as `change` makes it.
    @discardableResult private func agent(
        _ plane: Plane, _ hostname: String, _ change: (inout ControlPlaneCore.Agent) -> Void = { _ in }
    ) async throws -> AgentID {
        let now = Date()
        var agent = ControlPlaneCore.Agent(
            id: .random(), tenant: plane.ours.tenant.id, environment: plane.ours.environment.id, epoch: 1,
            keyDigest: (0..<32).map { _ in UInt8.random(in: 0...255) }, publicKey: [4], serial: Hex.encode(Array(UUID().uuidString.utf8)),
            notAfter: now + 86_400, hostname: hostname, platform: "linux/x86_64", version: VersionPolicy.server, enrolledAt: now,
            lastSeen: now)
        change(&agent)
        let made = agent
        try await plane.store.write(plane.ours.tenant.id) { tables in
            try tables.insert(made)
            try tables.insert(
                AgentCertificate(
                    serial: made.serial, agent: made.id, epoch: 1, keyDigest: made.keyDigest, issuer: "ab", issuedAt: now,
                    notAfter: made.notAfter, firstUsedAt: now))
        }
        return made.id
    }

    private func row(_ plane: Plane, _ id: AgentID) async throws -> ControlPlaneCore.Agent {
        try #require(try await plane.store.read(plane.ours.tenant.id) { try $0.agent(id) })
    }

    @Test func theFleetShowsEachStateInWordsAndTheWorstFirst() async throws {
        let plane = try await Plane()
        let now = Date()
        try await agent(plane, "alive") { $0.standing.permissionsCheckedAt = now }
        try await agent(plane, "held") { $0.standing.quarantine = .init(reason: "copiedKey", since: now) }
        try await agent(plane, "unapproved") { $0.standing.approved = false }
        try await agent(plane, "silent") { $0.lastSeen = now - 1000 }
        try await agent(plane, "gone") { $0.revoked = true }
        try await agent(plane, "over") { $0.notAfter = now - 10 }
        try await agent(plane, "askew") {
            $0.standing.clockSkew = 7300
            $0.standing.missingPermissions = ["iam:ListUsers", "s3:ListAllMyBuckets"]
            $0.version = "9.9.9"
            ($0.spoolDepth, $0.lastError) = (12, "http.unreachable")
        }
        let reader = try await plane.caller(.auditor)
        let page = try await plane.page("/agents", reader)
        #expect(page.status == 200)
        for word in ["Quarantined 1", "To be approved 1", "Expired 1", "Stale 1", "Waiting 1", "Live 2", "Revoked 1", "All 8"] {
            #expect(page.text.contains(word), "\(word)")
        }
        for word in ["clock 2 h ahead", "newer than the server", "http.unreachable", "not known", "none"] {
            #expect(page.text.contains(word), "\(word)")
        }
        let order = ["held", "unapproved", "over", "silent", "host", "alive", "gone"].compactMap {
            page.text.firstRange(of: "<bdi>\($0)</bdi></a>")?.lowerBound
        }
        #expect(order.count == 7 && order == order.sorted())
        #expect(!page.text.contains("Add an agent"), "an auditor adds none")
        #expect(!page.text.contains(plane.theirs.agent.description))
        // One state alone, and one that is none.
        let held = try await plane.page("/agents?state=quarantined", reader).text
        #expect(held.contains("<bdi>held</bdi>") && !held.contains("<bdi>alive</bdi>"))
        #expect(try await plane.page("/agents?state=tired", reader).status == 400)
    }

    @Test func oneAgentsPageShowsItsCertificateAndEveryActWorksOnce() async throws {
        let plane = try await Plane()
        let id = try await agent(plane, "build-7") { $0.standing.approved = false }
        let admin = try await plane.caller(.tenantAdmin)
        let path = "/agents/\(id)"
        let first = try await plane.page(path, admin)
        #expect(first.status == 200 && first.text.components(separatedBy: "<h1").count == 2)
        #expect(try XMLDocumentCheck.problems(first.text).isEmpty)
        for word in [try await row(plane, id).serial, "Waits for approval", "Not before", "Issuing key", "Current"] {
            #expect(first.text.contains(word), "\(word)")
        }
        func act(_ form: [(String, String)]) async throws -> Int { try await plane.post(path, admin, form).status }
        #expect(try await act([("act", "approve")]) == 303)
        #expect(try await row(plane, id).standing.approved)
        #expect(try await act([("act", "rotate")]) == 303)
        #expect(try await row(plane, id).standing.renewalWanted != nil)
        #expect(try await act([("act", "quarantine")]) == 303)
        #expect(try await row(plane, id).standing.quarantine?.reason == "operator")
        #expect(try await act([("act", "release")]) == 400, "say what becomes of what was held")
        #expect(try await act([("act", "release"), ("held", "discard")]) == 303)
        #expect(try await row(plane, id).standing.quarantine == nil)
        #expect(try await act([("act", "explode")]) == 400)
        // The name has to be typed, whole and as it is.
        for typed in ["", "build", "BUILD-7", "build-7 "] {
            #expect(try await act([("act", "revoke"), ("typed", typed)]) == 422, "\(typed)")
        }
        #expect(try await !row(plane, id).revoked)
        #expect(try await act([("act", "revoke"), ("typed", "build-7")]) == 303)
        #expect(try await row(plane, id).revoked)
        let last = try await plane.page(path, admin).text
        #expect(last.contains("It does not come back") && !last.contains("What you can do"))
        for event in ["agentApproved", "agentRenewalWanted", "agentQuarantined", "agentReleased", "agentRevoked"] {
            #expect(last.contains(event), "\(event)")
        }
        #expect(last.contains("tenantadmin-full@ours.example"), "who did it has a name")
    }

    @Test func whoMayNotActCannotAndNobodyReachesAnotherTenantsAgent() async throws {
        let plane = try await Plane()
        let acts: [[(String, String)]] = [
            [("act", "approve")], [("act", "rotate")], [("act", "quarantine")], [("act", "release"), ("held", "analyse")],
            [("act", "revoke"), ("typed", "host")],
        ]
        let before = try await row(plane, plane.ours.agent)
        for role in [Role.viewer, .securityAnalyst, .auditor] {
            let session = try await plane.caller(role)
            for form in acts {
                #expect(try await plane.post("/agents/\(plane.ours.agent)", session, form).status == 403, "\(role) \(form)")
            }
            let page = try await plane.page("/agents/\(plane.ours.agent)", session)
            #expect(page.status == (role == .viewer ? 403 : 200))
            #expect(!page.text.contains("What you can do"))
            for path in ["/agents/new", "/environments/new", "/agents/new/progress?method=token&since=0"] {
                #expect(try await plane.page(path, session).status == 403, "\(role) \(path)")
            }
            let form = [
                ("environment", plane.ours.environment.id.description), ("method", "aws-iam"),
                ("roles", "arn:aws:iam::123456789012:role/abc"),
            ]
            #expect(try await plane.post("/agents/new", session, form).status == 403)
            #expect(try await plane.post("/environments", session, [("name", "mine")]).status == 403)
        }
        let admin = try await plane.caller(.tenantAdmin)
        for form in acts {
            #expect(try await plane.post("/agents/\(plane.ours.agent)", admin, form, csrf: "00").status == 403)
            for stranger in [plane.theirs.agent.description, UUID().uuidString.lowercased(), "x"] {
                #expect(try await plane.post("/agents/\(stranger)", admin, form).status == 404, "\(stranger) \(form)")
            }
        }
        #expect(try await plane.page("/agents/\(plane.theirs.agent)", admin).status == 404)
        #expect(try await plane.page("/agents/\(plane.ours.agent)", nil).status == 303)
        let foreign = [("environment", plane.theirs.environment.id.description), ("method", "token")]
        #expect(try await plane.post("/agents/new", admin, foreign).status == 404)
        #expect(
            try await plane.page("/agents/new/progress?method=token&since=0&environment=\(plane.theirs.environment.id)", admin).status
                == 404)
        #expect(try await row(plane, plane.ours.agent) == before)
        #expect(try await plane.store.read(plane.theirs.tenant.id) { try $0.enrolmentTokens(limit: 10) }.isEmpty)
        // Who proved long ago who they are is asked again, and comes back to the agent.
        let stale = try await plane.staleSession(.tenantAdmin)
        let asked = try await plane.post("/agents/\(plane.ours.agent)", stale, [("act", "revoke"), ("typed", "host")])
        #expect(asked.status == 303 && asked.headers[.location] == "/step-up?next=%2Fagents%2F\(plane.ours.agent)")
        #expect(try await !row(plane, plane.ours.agent).revoked)
        #expect(try await plane.post("/agents/\(plane.ours.agent)", stale, [("act", "quarantine")]).status == 303, "no dangerous act")
    }

    @Test func hostileNamesStayTextAndCanStillBeRevoked() async throws {
        let plane = try await Plane()
        let admin = try await plane.caller(.tenantAdmin)
        // No database keeps a zero byte in a text; the directory takes it out of what agents say.
        let names = SampleResult.hostileNames.map { $0.replacingOccurrences(of: "\u{0}", with: "") }
        for name in names + ["", String(repeating: "long", count: 60)] {
            let id = try await agent(plane, name) {
                ($0.platform, $0.version, $0.lastError) = (name, name, name)
                $0.standing.missingPermissions = [name]
                ($0.standing.account, $0.standing.method) = (name, name)
            }
            let page = try await plane.page("/agents/\(id)", admin).text
            #expect(try XMLDocumentCheck.problems(page).isEmpty, "\(name)")
            #expect(!page.contains("<script>alert") && !page.contains("<img"))
            for mark in ["\u{202E}", "\u{1B}", "\u{0}", "\u{8}"] {
                #expect(!page.unicodeScalars.contains { String($0).utf8.elementsEqual(mark.utf8) })
            }
            let typed = AgentPage.typedName(try await row(plane, id))
            #expect(typed.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "a keyboard has it")
            #expect(try await plane.post("/agents/\(id)", admin, [("act", "revoke"), ("typed", typed)]).status == 303, "\(name)")
        }
        let fleet = try await plane.page("/agents", admin).text
        #expect(try XMLDocumentCheck.problems(fleet).isEmpty)
    }

    @Test func anEnvironmentAndItsFirstAgentAreAddedByEachMethod() async throws {
        let plane = try await Plane()
        let admin = try await plane.caller(.tenantAdmin)
        #expect(try await plane.page("/environments/new", admin).status == 200)
        let made = try await plane.post("/environments", admin, [("name", "staging")])
        let next = try #require(made.headers[.location])
        #expect(made.status == 303 && next.hasPrefix("/agents/new?environment="))
        #expect(try await plane.post("/environments", admin, [("name", "staging")]).status == 422, "there is one of this name")
        let id = String(next.dropFirst("/agents/new?environment=".count))
        let page = try await plane.page(next, admin).text
        #expect(page.contains("<bdi>staging</bdi>"))
        #expect(try XMLDocumentCheck.problems(page).isEmpty)
        // By role: the command has no secret, so the page can be loaded again.
        let rule = try await plane.post(
            "/agents/new", admin,
            [
                ("environment", id), ("method", "aws-iam"),
                ("roles", "arn:aws:iam::123456789012:role/agent\r\n\r\n arn:aws:iam::210987654321:role/agent"),
            ])
        let progress = try #require(rule.headers[.location])
        #expect(rule.status == 303)
        let waiting = try await plane.page(progress, admin).text
        #expect(waiting.contains("cloudryption-agent enroll --method aws-iam --server https://localhost:8443 --ca-pin sha256:"))
        #expect(waiting.contains("--tenant \(plane.ours.tenant.id) --environment \(id)") && waiting.contains("data-reload"))
        let rules = try await plane.store.read(plane.ours.tenant.id) { try $0.enrolmentRules(of: nil) }
        #expect(rules.count == 1 && rules.first?.environment.description == id)
        // By a platform's token.
        let platform = [
            ("environment", id), ("method", "oidc"), ("issuer", "https://issuer.example"),
            ("subjects", "system:serviceaccount:security:agent"),
            ("approval", "yes"),
        ]
        #expect(try await plane.post("/agents/new", admin, platform).status == 303)
        #expect(try await plane.store.read(plane.ours.tenant.id) { try $0.enrolmentRules(of: nil) }.last?.needsApproval == true)
        // By a token: shown once.
        let token = try await plane.post("/agents/new", admin, [("environment", id), ("method", "token"), ("host", "build-*")])
        #expect(token.status == 200 && token.text.contains("Shown once.") && token.text.contains("--token clre_"))
        #expect(!token.text.contains("data-reload"), "loading it again would lose the token")
        // What is no rule is said, and what was typed stays.
        let broken = try await plane.post(
            "/agents/new", admin, [("environment", id), ("method", "aws-iam"), ("roles", "arn:aws:iam::123456789012:role/*")])
        #expect(broken.status == 422 && broken.text.contains("three characters") && broken.text.contains("role/*</textarea>"))
        #expect(try await plane.post("/agents/new", admin, [("environment", id), ("method", "magic")]).status == 400)
        for query in ["?since=0", "?method=token", "?method=token&since=-1", "?method=magic&since=0"] {
            #expect(try await plane.page("/agents/new/progress" + query, admin).status == 400, "\(query)")
        }
    }

    private func progress(
        after seconds: TimeInterval, by method: EnrolmentMethodName = .token, refusals: [String] = [], runs: [Run] = [],
        _ agents: [ControlPlaneCore.Agent]
    ) -> EnrolmentProgress {
        EnrolmentProgress(
            by: method, since: Self.start, now: Self.start + seconds, agents: agents, runs: runs, refusals: refusals,
            gatewayURL: "https://localhost:8444", consoleURL: "https://localhost:8443")
    }
    private static let start = Date(timeIntervalSince1970: 1_795_000_000)
    private static let tenant = TenantID.random()
    private static func newcomer(_ change: (inout ControlPlaneCore.Agent) -> Void = { _ in }) -> ControlPlaneCore.Agent {
        var agent = ControlPlaneCore.Agent(
            id: .random(), tenant: tenant, environment: .random(), epoch: 1, keyDigest: [], publicKey: [], serial: "1",
            notAfter: start + 86_400, hostname: "new", platform: "linux", version: "0.1.0", enrolledAt: start + 10)
        change(&agent)
        return agent
    }
    private static func words(_ progress: EnrolmentProgress) -> [String] { progress.steps.map { "\($0.name): \($0.state.word)" } }

    @Test func progressGoesFromHelloOverPermissionsToTheFirstRun() {
        let old = Self.newcomer { $0.enrolledAt = Self.start - 1 }
        let nobody = progress(after: 20, [old])
        #expect(Self.words(nobody) == ["Enrolled: Waiting", "Said hello: Waiting", "Permissions checked: Waiting", "First run: Waiting"])
        #expect(nobody.agent == nil && !nobody.isLate && !nobody.isOver)
        let silent = progress(after: 20, [old, Self.newcomer()])
        #expect(Self.words(silent) == ["Enrolled: Done", "Said hello: Waiting", "Permissions checked: Waiting", "First run: Waiting"])
        // Not having said which permissions are missing is not missing none.
        let greeted = Self.newcomer { $0.lastSeen = Self.start + 12 }
        #expect(Self.words(progress(after: 20, [greeted]))[2] == "Permissions checked: Waiting")
        let checked = Self.newcomer {
            $0.lastSeen = Self.start + 12
            $0.standing.permissionsCheckedAt = Self.start + 13
        }
        #expect(Self.words(progress(after: 20, [checked]))[2] == "Permissions checked: Done")
        var denied = checked
        denied.standing.missingPermissions = ["iam:ListUsers"]
        #expect(Self.words(progress(after: 20, [denied]))[2] == "Permissions checked: Failed")
        func run(_ status: Run.Status, _ agent: AgentID, at offset: TimeInterval = 15) -> Run {
            Run(
                id: .random(), tenant: Self.tenant, environment: checked.environment, bundle: .random(), agent: agent, status: status,
                attempts: 1, reason: status == .failed ? "worker.died" : nil, createdAt: Self.start + offset)
        }
        for (status, word) in [(Run.Status.queued, "Waiting"), (.running, "Waiting"), (.succeeded, "Done"), (.failed, "Failed")] {
            let some = progress(after: 400, runs: [run(status, checked.id), run(.succeeded, .random())], [checked])
            #expect(Self.words(some).last == "First run: \(word)")
            #expect(some.isOver == (word != "Waiting") && some.isLate == (word == "Waiting"))
        }
        // Nobody else's run, and none of before.
        let none = progress(after: 20, runs: [run(.succeeded, .random()), run(.succeeded, checked.id, at: -5)], [checked])
        #expect(Self.words(none).last == "First run: Waiting")
        var unapproved = checked
        unapproved.standing.approved = false
        #expect(Self.words(progress(after: 20, [unapproved])).contains("Approved: Waiting"))
    }

    @Test func afterFiveMinutesTheLikelyCausesOfThatVeryStepAreNamed() {
        func causes(_ progress: EnrolmentProgress) -> String {
            #expect(progress.isLate)
            return progress.causes.joined(separator: " ")
        }
        #expect(!progress(after: 300, []).isLate)
        let nobody = causes(progress(after: 301, refusals: ["enrolment.usedToken", "enrolment.wrongHost"], []))
        #expect(nobody.contains("2 attempts were refused meanwhile, the last one with enrolment.wrongHost") && nobody.contains("pin"))
        #expect(nobody.contains("older than an hour"))
        #expect(causes(progress(after: 301, by: .awsIAM, [])).contains("another role"))
        #expect(causes(progress(after: 301, by: .openID, [])).contains("another audience"))
        #expect(causes(progress(after: 400, [Self.newcomer()])).contains("https://localhost:8444"))
        let stuck = Self.newcomer {
            $0.lastSeen = Self.start + 12
            $0.lastError = "aws.noCredentials"
            $0.standing.clockSkew = -7200
        }
        let said = causes(progress(after: 400, [stuck]))
        #expect(said.contains("aws.noCredentials") && said.contains("2 h behind") && said.contains("doctor"))
        // It was fast to enrol and is given its five minutes from then on.
        #expect(!progress(after: 400, [Self.newcomer { $0.enrolledAt = Self.start + 200 }]).isLate)
    }
}
