import Basics
import Foundation
import Testing

@testable import ControlPlaneCore

/// A person of a tenant's with a password that is theirs, and an authenticator app once it is enrolled.
struct TestPerson: Sendable {
    let installation: Installation
    let user: User
    let password: Secret<String>

    init(_ installation: Installation, _ role: Role, in tenant: Tenant, environments: EnvironmentScope = .all) async throws {
        self.installation = installation
        let email = "\(UUID().uuidString.lowercased())@example.com"
        let made = try await installation.services.access.people.create(
            email: email, role: role, environments: environments, by: .operator(tenant.id))
        user = made.user
        password = Secret("a password of \(email)")
        if let once = made.oneTimePassword {
            _ = try await installation.services.signIn.signIn(email: email, password: once, newPassword: password, source: "127.0.0.1")
        }
    }

    func signIn(code: String? = nil, source: String = "127.0.0.1") async throws -> SignedIn {
        try await installation.services.signIn.signIn(
            email: user.email, password: password, code: code.map { Secret($0) }, source: source)
    }

    func session(_ signedIn: SignedIn) async throws -> TenantSession { try await installation.services.signIn.authenticate(signedIn.token) }

    /// Enrols an app; gives its secret, the recovery codes and the session.
    func enrol(_ signedIn: SignedIn) async throws -> (app: [UInt8], codes: [Secret<String>], signedIn: SignedIn) {
        let factors = installation.services.access.factors
        let uri = try await factors.begin(try await session(signedIn)).uri.expose()
        let app = try #require(Self.secret(uri))
        let (codes, fresh) = try await factors.confirm(
            try await session(signedIn), code: Secret(code(app)), source: "127.0.0.1")
        return (app, codes, fresh)
    }

    /// What the app shows now.
    func code(_ app: [UInt8], steps: Int = 0) -> String {
        TOTP.code(app, step: UInt64(Int(TOTP.step(at: installation.time.now)) + steps))
    }

    /// The secret that an `otpauth` address carries.
    static func secret(_ uri: String) -> [UInt8]? {
        guard let text = URLComponents(string: uri)?.queryItems?.first(where: { $0.name == "secret" })?.value else { return nil }
        var bytes: [UInt8] = []
        var (value, bits) = (0, 0)
        for letter in text.utf8 {
            guard let digit = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8).firstIndex(of: letter) else { return nil }
            value = (value << 5 | digit) & 0xFFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(value >> bits & 255))
            }
        }
        return bytes
    }
}

@Suite struct SecondFactorTests {
    @Test(arguments: [Role.tenantAdmin, .securityAdmin]) func thePrivilegedCanDoNothingButEnrolASecondFactor(_ role: Role) async throws {
        let installation = try await Installation()
        let tenant = try await installation.tenant()
        let person = try await TestPerson(installation, role, in: tenant.tenant)
        let signedIn = try await person.signIn()
        #expect(signedIn.stage == .enrolment)
        let session = try await person.session(signedIn)
        #expect(session.permissions.isEmpty)
        for attempt: () async throws -> Void in [
            { _ = try await session.environments() }, { _ = try await session.runs(in: nil) }, { _ = try await session.agents(in: nil) },
            { _ = try await session.auditEntries() },
            { _ = try await installation.services.access.people.people(for: .session(session)) },
            { _ = try await installation.services.access.tokens.tokens(for: .session(session)) },
            { _ = try await installation.services.enrolment.issueToken(for: tenant.environment, by: session) },
            { _ = try await installation.services.access.environments.create("new", by: session) },
            { _ = try await installation.services.results.latest(in: tenant.environment, for: session) },
            { try await installation.services.signIn.changePassword(to: Secret("another good one"), by: session) },
            { _ = try await installation.services.access.people.sessions(for: session) },
        ] { #expect(await refusal { try await attempt() } == "auth.mustEnrolSecondFactor") }
        let enrolled = try await person.enrol(signedIn)
        #expect(enrolled.signedIn.stage == .full && enrolled.codes.count == RecoveryCode.count)
        _ = try await person.session(enrolled.signedIn).environments()
        // The rights grew, so the secret is another one (no session fixation), and the old one opens nothing.
        #expect(await refusal { _ = try await person.session(signedIn) } == "auth.noSession")
    }

    @Test func othersMayGoWithoutOne() async throws {
        let installation = try await Installation()
        let tenant = try await installation.tenant()
        for role in [Role.viewer, .securityAnalyst, .auditor] {
            let person = try await TestPerson(installation, role, in: tenant.tenant)
            #expect(try await person.signIn().stage == .full)
        }
    }

    @Test func whoHasOneNeedsItAtEverySignIn() async throws {
        let installation = try await Installation()
        let tenant = try await installation.tenant()
        let person = try await TestPerson(installation, .viewer, in: tenant.tenant)
        let app = try await person.enrol(try await person.signIn()).app
        installation.time.advance(60)
        let waiting = try await person.signIn()
        #expect(waiting.stage == .secondFactor)
        let session = try await person.session(waiting)
        #expect(await refusal { _ = try await session.environments() } == "auth.secondFactorRequired")
        let factors = installation.services.access.factors
        #expect(await refusal { _ = try await factors.begin(session) } == "auth.secondFactorRequired", "no other app without the first")
        let done = try await factors.finish(session, code: Secret(person.code(app)), source: "")
        _ = try await person.session(done).environments()
        #expect(await refusal { _ = try await person.session(waiting) } == "auth.noSession")
        // In one step.
        installation.time.advance(60)
        #expect(try await person.signIn(code: person.code(app)).stage == .full)
        #expect(await refusal { _ = try await person.signIn(code: "000000") } == "auth.badSecondFactor")
        // With the password alone it cannot be changed.
        let change = await refusal {
            _ = try await installation.services.signIn.signIn(
                email: person.user.email, password: person.password, newPassword: Secret("another good one"), source: "")
        }
        #expect(change == "auth.secondFactorRequired")
    }

    /// CVE-2025-6014.
    @Test func oneCodeSentTwiceAtTheSameMomentOpensOnce() async throws {
        let installation = try await Installation()
        let tenant = try await installation.tenant()
        let person = try await TestPerson(installation, .viewer, in: tenant.tenant)
        let app = try await person.enrol(try await person.signIn()).app
        installation.time.advance(60)
        let code = person.code(app)
        let answers = await withTaskGroup(of: String.self) { group in
            for _ in 0..<4 { group.addTask { await refusal { _ = try await person.signIn(code: code) } } }
            return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(answers["none"] == 1, "\(answers)")
        installation.time.advance(20)
        #expect(await refusal { _ = try await person.signIn(code: code) } == "auth.badSecondFactor")
    }

    @Test func aRecoveryCodeOpensOnceAndIsOnRecord() async throws {
        let installation = try await Installation()
        let tenant = try await installation.tenant()
        let person = try await TestPerson(installation, .viewer, in: tenant.tenant)
        let other = try await TestPerson(installation, .viewer, in: tenant.tenant)
        let codes = try await person.enrol(try await person.signIn()).codes
        _ = try await other.enrol(try await other.signIn())
        let code = try #require(codes.first).expose()
        #expect(await refusal { _ = try await other.signIn(code: code) } == "auth.badSecondFactor", "it belongs to somebody")
        #expect(try await person.signIn(code: code.uppercased()).stage == .full)
        #expect(await refusal { _ = try await person.signIn(code: code) } == "auth.badSecondFactor")
        let entries = try await installation.audit(tenant.tenant.id)
        #expect(entries.contains { $0.act == "recoveryCodeUsed" && $0.detail == "left=9" })
        #expect(entries.contains { $0.act == "secondFactorFailed" && $0.outcome == "auth.badSecondFactor" })
        for secret in codes { #expect(!entries.contains { $0.detail.contains(secret.expose()) }) }
    }

    /// CVE-2025-6004: the lockout counts for the account, whatever way is tried.
    @Test func guessingCodesWaitsToo() async throws {
        let installation = try await Installation()
        let tenant = try await installation.tenant()
        let person = try await TestPerson(installation, .viewer, in: tenant.tenant)
        let app = try await person.enrol(try await person.signIn()).app
        installation.time.advance(60)
        for guess in ["000000", "000001", "000002", "0000-0000-0000-0000", "000003"] {
            #expect(await refusal { _ = try await person.signIn(code: guess) } == "auth.badSecondFactor")
        }
        #expect(await refusal { _ = try await person.signIn(code: person.code(app)) } == "auth.throttled")
        let waiting = try await person.session(try await person.signIn())
        #expect(
            await refusal { _ = try await installation.services.access.factors.finish(waiting, code: Secret(person.code(app)), source: "") }
                == "auth.throttled")
        installation.time.advance(SignInService.longestWait)
        #expect(try await person.signIn(code: person.code(app)).stage == .full)
    }

    @Test func dangerousActsWantAProofThatIsFiveMinutesOldAtMost() async throws {
        let installation = try await Installation()
        let tenant = try await installation.tenant()
        let admin = try await TestPerson(installation, .tenantAdmin, in: tenant.tenant)
        let enrolled = try await admin.enrol(try await admin.signIn())
        let people = installation.services.access.people
        let session = try await admin.session(enrolled.signedIn)
        _ = try await people.create(email: "one@example.com", role: .viewer, environments: .all, by: .session(session))
        installation.time.advance(301)
        let later = try await admin.session(enrolled.signedIn)
        let factors = installation.services.access.factors
        for attempt: () async throws -> Void in [
            { _ = try await people.create(email: "two@example.com", role: .viewer, environments: .all, by: .session(later)) },
            { _ = try await people.change("one@example.com", .init(role: .auditor), by: .session(later)) },
            { try await people.resetSecondFactors(of: "one@example.com", by: .session(later)) },
            { _ = try await people.resetPassword(of: "one@example.com", by: .session(later)) },
            { try await factors.dropApp(later) }, { _ = try await factors.newRecoveryCodes(later) },
            { try await installation.services.signIn.changePassword(to: Secret("another good one"), by: later) },
        ] { #expect(await refusal { try await attempt() } == "auth.stepUpRequired") }
        // A password is no proof for who has a second factor.
        #expect(
            await refusal { _ = try await factors.stepUp(later, password: admin.password, code: nil, passkey: nil, source: "") }
                == "auth.secondFactorRequired")
        let fresh = try await factors.stepUp(later, password: nil, code: Secret(admin.code(enrolled.app)), passkey: nil, source: "")
        _ = try await people.create(
            email: "two@example.com", role: .viewer, environments: .all, by: .session(try await admin.session(fresh)))
        #expect(await refusal { _ = try await admin.session(enrolled.signedIn) } == "auth.noSession", "the session got another secret")
    }

    @Test func theirLastSecondFactorStaysWithThePrivileged() async throws {
        let installation = try await Installation()
        let tenant = try await installation.tenant()
        let admin = try await TestPerson(installation, .tenantAdmin, in: tenant.tenant)
        let session = try await admin.session(try await admin.enrol(try await admin.signIn()).signedIn)
        #expect(await refusal { try await installation.services.access.factors.dropApp(session) } == "store.conflict")
        let viewer = try await TestPerson(installation, .viewer, in: tenant.tenant)
        let other = try await viewer.session(try await viewer.enrol(try await viewer.signIn()).signedIn)
        try await installation.services.access.factors.dropApp(other)
        #expect(try await viewer.signIn().stage == .full)
    }

    @Test func oneAddressGetsSoManyTriesWhateverTheAccounts() async throws {
        let installation = try await Installation()
        _ = try await installation.tenant()
        let signIn = installation.services.signIn
        func guess(_ index: Int, _ source: String) async -> String {
            await refusal { _ = try await signIn.signIn(email: "nobody-\(index)@example.com", password: Secret("x"), source: source) }
        }
        for index in 0..<SignInService.sourceLimit.burst { #expect(await guess(index, "2001:db8:0:1::\(index)") == "auth.badCredentials") }
        #expect(await guess(1000, "2001:db8:0:1:ffff::1") == "auth.throttled", "one network is one source")
        #expect(await guess(1001, "198.51.100.7") == "auth.badCredentials")
    }
}
