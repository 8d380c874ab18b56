import Basics
import Foundation
import Testing

@testable import ControlPlaneCore

@Suite struct AccessTests {
    /// The matrix once more, by hand: a change of either has to be meant.
    @Test func theMatrixIsWhatIsWrittenHere() {
        let expected: [Role: String] = [
            .tenantAdmin:
                "manageAgents manageEnvironments manageSignOn manageTokens manageUsers readAgents readAudit readResults readUsers startRuns",
            .securityAdmin: "manageAgents manageEnvironments manageTokens readAgents readAudit readResults readUsers startRuns",
            .securityAnalyst: "readAgents readResults startRuns", .viewer: "readResults",
            .auditor: "readAgents readAudit readResults readUsers", .serviceAccount: "readAgents readAudit readResults startRuns",
        ]
        for role in Role.allCases {
            #expect(Permission.allCases.filter(role.allows).map(\.rawValue).sorted().joined(separator: " ") == expected[role], "\(role)")
        }
    }

    @Test(arguments: Role.allCases) func everySessionCallAsksTheMatrix(_ role: Role) async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let session = try await installation.session(role, in: made.tenant)
        func check(_ permission: Permission, _ body: () async throws -> Void) async {
            let answer = await refusal(body)
            #expect((answer == "auth.forbidden") == !role.allows(permission), "\(role) \(permission): \(answer)")
        }
        await check(.readResults) { _ = try await session.environments() }
        await check(.readResults) { _ = try await session.runs(in: nil) }
        await check(.readResults) { _ = try await session.run(.random()) }
        await check(.readAgents) { _ = try await session.agents(in: nil) }
        await check(.readAudit) { _ = try await session.auditEntries() }
        await check(.readResults) { _ = try await installation.services.results.latest(in: made.environment, for: session) }
        await check(.readResults) { _ = try await installation.services.results.result(of: .random(), for: session) }
        await check(.manageAgents) { _ = try await installation.services.enrolment.issueToken(for: made.environment, by: session) }
        await check(.manageAgents) { try await installation.services.agents.revoke(AgentID.random().description, by: session) }
    }

    @Test func theFirstSignInDemandsANewPassword() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let password = try #require(made.oneTimePassword)
        let signIn = installation.services.signIn
        #expect(
            await refusal { try await signIn.signIn(email: made.admin, password: password, newPassword: nil, source: "") }
                == "auth.mustChangePassword")
        let fresh = Secret("correct horse battery")
        let signedIn = try await signIn.signIn(email: " ADMIN@acme.example", password: password, newPassword: fresh, source: "127.0.0.1")
        let session = try await signIn.authenticate(signedIn.token)
        #expect(session.user.email == "admin@acme.example" && session.tenant.id == made.tenant.id)
        // The old one is worthless, the new one needs no change.
        #expect(
            await refusal { try await signIn.signIn(email: made.admin, password: password, newPassword: nil, source: "") }
                == "auth.badCredentials")
        _ = try await signIn.signIn(email: made.admin, password: fresh, newPassword: nil, source: "")
    }

    @Test(arguments: ["short", "aaaaaaaaaaaaaaaa", "admin@acme.example", String(repeating: "abcdefgh", count: 17)])
    func weakPasswordsAreRefusedAndTheOldOneStays(_ weak: String) async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let password = try #require(made.oneTimePassword)
        let signIn = installation.services.signIn
        // More often than a wrong password may be tried: whoever knows the right one is not locked out.
        for _ in 0..<7 {
            let answer = await refusal {
                try await signIn.signIn(email: made.admin, password: password, newPassword: Secret(weak), source: "")
            }
            #expect(answer == "auth.weakPassword")
        }
        _ = try await signIn.signIn(email: made.admin, password: password, newPassword: Secret("a much better one"), source: "")
    }

    @Test func theSamePasswordAgainIsNoNewPassword() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let password = try #require(made.oneTimePassword)
        let answer = await refusal {
            try await installation.services.signIn.signIn(email: made.admin, password: password, newPassword: password, source: "")
        }
        #expect(answer == "auth.weakPassword")
    }

    @Test func afterFiveFailuresEvenTheRightPasswordWaits() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let password = try #require(made.oneTimePassword)
        let signIn = installation.services.signIn
        // Other spellings of the address count for the same account.
        for (index, email) in [
            "admin@acme.example", "ADMIN@acme.example", " admin@acme.example", "Admin@Acme.example ", "admin@acme.EXAMPLE",
        ].enumerated() {
            let answer = await refusal {
                try await signIn.signIn(email: email, password: Secret("wrong \(index)"), newPassword: nil, source: "")
            }
            #expect(answer == "auth.badCredentials")
        }
        func right() async -> String {
            await refusal {
                try await signIn.signIn(email: made.admin, password: password, newPassword: Secret("a much better one"), source: "")
            }
        }
        #expect(await right() == "auth.throttled")
        installation.time.advance(31)
        #expect(await right() == "none")
        let acts = try await installation.audit(made.tenant.id).map(\.act)
        #expect(acts.filter { $0 == "signInFailed" }.count == 5 && acts.contains("accountLocked"))
    }

    @Test func manyGuessesAtOnceGetNoMoreTriesThanOneAfterTheOther() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let answers = await withTaskGroup(of: String.self) { group in
            for index in 0..<20 {
                group.addTask {
                    await refusal {
                        try await installation.services.signIn.signIn(
                            email: made.admin, password: Secret("guess \(index)"), newPassword: nil, source: "")
                    }
                }
            }
            return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(answers["auth.badCredentials", default: 0] <= SignInService.failuresBeforeWait, "\(answers)")
    }

    @Test func anUnknownAccountIsToldNothingElse() async throws {
        let installation = try await Installation()
        _ = try await installation.tenant()
        let answer = await refusal {
            try await installation.services.signIn.signIn(email: "nobody@acme.example", password: Secret("x"), newPassword: nil, source: "")
        }
        #expect(answer == "auth.badCredentials")
    }

    @Test func sessionsEndByDisuseAndByAge() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let signIn = installation.services.signIn
        let idle = try await signIn.operatorSession(email: made.admin)
        installation.time.advance(SignInService.idleLimit + 1)
        #expect(await refusal { try await signIn.authenticate(idle.token) } == "auth.sessionExpired")
        let busy = try await signIn.operatorSession(email: made.admin)
        for _ in 0..<Int(SignInService.absoluteLimit / 1200) - 1 {
            installation.time.advance(1200)
            _ = try await signIn.authenticate(busy.token)
        }
        installation.time.advance(1200)
        #expect(await refusal { try await signIn.authenticate(busy.token) } == "auth.sessionExpired")
    }

    @Test func signingOutAndAChangedPasswordEndSessions() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let signIn = installation.services.signIn
        let one = try await signIn.operatorSession(email: made.admin)
        let two = try await signIn.operatorSession(email: made.admin)
        try await signIn.signOut(try await signIn.authenticate(one.token))
        #expect(await refusal { try await signIn.authenticate(one.token) } == "auth.noSession")
        _ = try await signIn.authenticate(two.token)
        let password = try #require(made.oneTimePassword)
        let better = Secret("a much better one")
        let first = try await signIn.signIn(email: made.admin, password: password, newPassword: better, source: "")
        // The one-time password could open no session: the operator's own outlives its change.
        _ = try await signIn.authenticate(two.token)
        let fresh = try await signIn.signIn(email: made.admin, password: better, newPassword: Secret("an even better one"), source: "")
        #expect(await refusal { try await signIn.authenticate(first.token) } == "auth.noSession")
        #expect(await refusal { try await signIn.authenticate(two.token) } == "auth.noSession")
        _ = try await signIn.authenticate(fresh.token)
    }

    @Test func nothingThatOpensASessionIsStored() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let signedIn = try await installation.services.signIn.operatorSession(email: made.admin)
        let issued = try await installation.services.enrolment.issueTokenAsOperator(for: made.environment)
        let password = try #require(made.oneTimePassword)
        var stored = Data()
        for path in [installation.data.database, installation.data.tenants + "/\(made.tenant.id).sqlite"] {
            for name in ["", "-wal"] { stored += try Data(contentsOf: URL(filePath: path + name)) }
        }
        for secret in [signedIn.token, issued.token, password] {
            #expect(stored.range(of: Data(secret.expose().utf8)) == nil)
        }
        #expect(stored.range(of: Data("$argon2id$v=19$m=19456,t=2,p=1$".utf8)) != nil)
    }

    @Test func tokensCarryAChecksumAndAPrefix() throws {
        let token = SecretText.token(prefix: "clre_")
        #expect(token.expose().hasPrefix("clre_") && token.expose().utf8.count == 54)
        #expect(SecretText.digest(of: token, prefix: "clre_") != nil)
        #expect(SecretText.digest(of: token, prefix: "clrs_") == nil)
        var typo = Array(token.expose().utf8)
        typo[10] = typo[10] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(SecretText.digest(of: Secret(String(decoding: typo, as: UTF8.self)), prefix: "clre_") == nil)
        #expect("\(token)" == "[secret]")
        // zlib's check value.
        #expect(SecretText.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(SecretText.base62([UInt8](repeating: 255, count: 32), width: 43).utf8.count == 43)
    }
}
