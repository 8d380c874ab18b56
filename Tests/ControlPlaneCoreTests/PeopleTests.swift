import Basics
import Foundation
import Testing

@testable import ControlPlaneCore

@Suite struct PeopleTests {
    private func admin(_ installation: Installation, _ tenant: Tenant) async throws -> TenantSession {
        try await installation.session(.tenantAdmin, in: tenant)
    }

    @Test func rolesChangeSessionsEndAndSomebodyStaysInCharge() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let people = installation.services.access.people
        let admin = try await admin(installation, made.tenant)
        let person = try await TestPerson(installation, .viewer, in: made.tenant)
        let signedIn = try await person.signIn()
        let changed = try await people.change(person.user.email.uppercased(), .init(role: .auditor), by: .session(admin))
        #expect(changed.user.role == .auditor)
        #expect(await refusal { _ = try await person.session(signedIn) } == "auth.noSession")
        _ = try await people.change(person.user.id.description, .init(isEnabled: false), by: .session(admin))
        #expect(await refusal { _ = try await person.signIn() } == "auth.badCredentials", "who is disabled is told nothing else")
        _ = try await people.change(person.user.email, .init(isEnabled: true), by: .session(admin))
        _ = try await person.signIn()
        // The two admins of this tenant: one may go, not both.
        _ = try await people.change(made.admin, .init(role: .viewer), by: .session(admin))
        #expect(
            await refusal { _ = try await people.change(admin.user.email, .init(role: .viewer), by: .operator(made.tenant.id)) }
                == "store.conflict")
        #expect(
            await refusal { _ = try await people.change(admin.user.email, .init(isEnabled: false), by: .operator(made.tenant.id)) }
                == "store.conflict")
        #expect(
            await refusal { _ = try await people.change(admin.user.email, .init(environments: .only([])), by: .operator(made.tenant.id)) }
                == "store.conflict")
        #expect(
            await refusal { _ = try await people.change(person.user.email, .init(role: .serviceAccount), by: .session(admin)) }
                == "store.conflict")
        let acts = try await installation.audit(made.tenant.id).map(\.act)
        for act in ["userCreated", "userChanged", "userDisabled", "userEnabled"] { #expect(acts.contains(act)) }
    }

    @Test func nobodyOfAnotherTenantIsFoundOrTaken() async throws {
        let installation = try await Installation()
        let (acme, other) = (try await installation.tenant(), try await installation.tenant("other"))
        let people = installation.services.access.people
        let admin = try await admin(installation, acme.tenant)
        let foreign = try await TestPerson(installation, .viewer, in: other.tenant)
        for name in [foreign.user.id.description, foreign.user.email, other.admin] {
            #expect(await refusal { _ = try await people.person(name, for: .session(admin)) } == "store.notFound")
            #expect(await refusal { _ = try await people.change(name, .init(role: .auditor), by: .session(admin)) } == "store.notFound")
            #expect(await refusal { try await people.resetSecondFactors(of: name, by: .session(admin)) } == "store.notFound")
            #expect(await refusal { _ = try await people.resetPassword(of: name, by: .session(admin)) } == "store.notFound")
        }
        #expect(
            await refusal { _ = try await people.create(email: foreign.user.email, role: .viewer, environments: .all, by: .session(admin)) }
                == "store.conflict")
        #expect(
            await refusal {
                _ = try await people.create(
                    email: "x@example.com", role: .viewer, environments: .only([other.environment.id]), by: .session(admin))
            } == "store.notFound")
        // Sessions of the other tenant cannot be ended by their name.
        let signedIn = try await foreign.signIn()
        let id = try #require(try await foreign.session(signedIn).id)
        #expect(await refusal { try await people.endSession(id, by: admin) } == "store.notFound")
        _ = try await foreign.session(signedIn)
    }

    @Test func whoIsConfinedToAnEnvironmentSeesNothingElse() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let admin = try await admin(installation, made.tenant)
        let second = try await installation.services.access.environments.create("staging", by: admin)
        for role in Role.allCases where role.isPersonal {
            let person = try await TestPerson(installation, role, in: made.tenant, environments: .only([second.id]))
            let signedIn = try await person.signIn()
            let session = try await person.session(role.needsSecondFactor ? try await person.enrol(signedIn).signedIn : signedIn)
            #expect(try await session.environments().map(\.id) == [second.id])
            #expect(await refusal { _ = try await session.environment("production") } == "store.notFound")
            #expect(await refusal { _ = try await session.runs(in: made.environment.id) } == "store.notFound")
            #expect(
                await refusal { _ = try await installation.services.results.latest(in: made.environment, for: session) } == "store.notFound"
            )
            // What is about the whole tenant is nobody's who is confined.
            let isConfined = session.permissions.allSatisfy { $0.isPerEnvironment }
            #expect(isConfined, "\(role)")
            let token = await refusal { _ = try await installation.services.enrolment.issueToken(for: made.environment, by: session) }
            #expect(token == (role.allows(.manageAgents) ? "store.notFound" : "auth.forbidden"))
        }
    }

    @Test func tokensDoWhatTheyWereMadeForAndNoMore() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let (people, tokens) = (installation.services.access.people, installation.services.access.tokens)
        let admin = try await admin(installation, made.tenant)
        let account = try await people.create(email: "ci@acme.example", role: .serviceAccount, environments: .all, by: .session(admin)).user
        func wish(_ scopes: Set<Permission>, days: Double = 1, account: String = "ci@acme.example") -> TokenService.Wish {
            .init(account: account, name: "ci", scopes: scopes, environments: .all, life: days * 86400)
        }
        let (token, secret) = try await tokens.create(wish([.readResults]), by: .session(admin))
        #expect(secret.expose().hasPrefix("clr_"))
        let session = try await installation.services.signIn.authenticate(secret)
        #expect(session.permissions == [.readResults] && session.actor.text == "token:\(token.id)")
        #expect(await refusal { _ = try await session.agents(in: nil) } == "auth.forbidden")
        // It is nobody: what only a person can do it cannot.
        #expect(await refusal { _ = try await installation.services.access.factors.begin(session) } == "auth.forbidden")
        #expect(await refusal { try await installation.services.signIn.signOut(session) } == "auth.forbidden")
        // Nobody gives more than the account may have, or than they have.
        #expect(await refusal { _ = try await tokens.create(wish([.manageUsers]), by: .session(admin)) } == "auth.forbidden")
        #expect(await refusal { _ = try await tokens.create(wish([]), by: .session(admin)) } == "store.conflict")
        #expect(await refusal { _ = try await tokens.create(wish([.readResults], days: 367), by: .session(admin)) } == "store.conflict")
        #expect(
            await refusal { _ = try await tokens.create(wish([.readResults], account: made.admin), by: .session(admin)) }
                == "store.notFound")
        // A mistyped one asks no database; an ended, revoked or orphaned one opens nothing.
        #expect(
            await refusal { _ = try await installation.services.signIn.authenticate(Secret(String(secret.expose().dropLast()) + "0")) }
                == "auth.noSession")
        let short = try await tokens.create(wish([.readResults]), by: .operator(made.tenant.id))
        try await tokens.revoke(token.id.description, by: .session(admin))
        #expect(await refusal { _ = try await installation.services.signIn.authenticate(secret) } == "auth.noSession")
        _ = try await installation.services.signIn.authenticate(short.secret)
        _ = try await people.change("ci@acme.example", .init(isEnabled: false), by: .operator(made.tenant.id))
        #expect(await refusal { _ = try await installation.services.signIn.authenticate(short.secret) } == "auth.noSession")
        _ = try await people.change("ci@acme.example", .init(isEnabled: true), by: .operator(made.tenant.id))
        installation.time.advance(86400)
        #expect(await refusal { _ = try await installation.services.signIn.authenticate(short.secret) } == "auth.sessionExpired")
        #expect(account.role == .serviceAccount)
        #expect(
            await refusal { _ = try await installation.services.signIn.signIn(email: account.email, password: Secret(""), source: "") }
                == "auth.badCredentials")
    }

    @Test func aSessionCanBeEndedByItsOwnerAndByWhoManagesPeople() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let people = installation.services.access.people
        let person = try await TestPerson(installation, .viewer, in: made.tenant)
        let (one, two, three) = (try await person.signIn(), try await person.signIn(), try await person.signIn())
        let mine = try await person.session(one)
        #expect(try await people.sessions(for: mine).count >= 3)
        #expect(await refusal { _ = try await people.sessions(for: mine, everybody: true) } == "auth.forbidden")
        try await people.endSession(try #require(try await person.session(two).id), by: mine)
        #expect(await refusal { _ = try await person.session(two) } == "auth.noSession")
        let other = try await TestPerson(installation, .securityAnalyst, in: made.tenant)
        let stranger = try await other.session(try await other.signIn())
        let id = try #require(try await person.session(three).id)
        #expect(await refusal { try await people.endSession(id, by: stranger) } == "store.notFound")
        try await people.endSession(id, by: try await admin(installation, made.tenant))
        #expect(await refusal { _ = try await person.session(three) } == "auth.noSession")
    }

    @Test func aVisitOfTheOperatorsNeedsASecondPersonAndIsOnRecord() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let visits = installation.services.access.breakGlass
        let alice = try await visits.addOperator("alice")
        let reason = "the tenant asked for help with run 7"
        // Alone, alice may open by herself.
        let first = try await visits.request(made.tenant.id, reason: reason, minutes: 30, by: alice)
        let opened = try await visits.open(first.id, of: made.tenant.id, by: alice)
        let session = try await installation.services.signIn.authenticate(opened.token)
        _ = try await session.environments()
        #expect(!session.allows(.manageUsers) && !session.allows(.readAudit))
        installation.time.advance(30 * 60)
        #expect(await refusal { _ = try await installation.services.signIn.authenticate(opened.token) } == "auth.sessionExpired")
        let bob = try await visits.addOperator("bob")
        let second = try await visits.request(made.tenant.id, reason: reason, minutes: 30, by: alice)
        #expect(await refusal { _ = try await visits.open(second.id, of: made.tenant.id, by: alice) } == "auth.forbidden")
        #expect(await refusal { _ = try await visits.approve(second.id, of: made.tenant.id, by: alice) } == "auth.forbidden")
        _ = try await visits.approve(second.id, of: made.tenant.id, by: bob)
        #expect(await refusal { _ = try await visits.open(second.id, of: made.tenant.id, by: bob) } == "store.notFound")
        let visit = try await visits.open(second.id, of: made.tenant.id, by: alice)
        #expect(await refusal { _ = try await visits.open(second.id, of: made.tenant.id, by: alice) } == "store.conflict")
        _ = try await installation.services.signIn.authenticate(visit.token)
        try await visits.end(second.id, of: made.tenant.id)
        #expect(await refusal { _ = try await installation.services.signIn.authenticate(visit.token) } == "auth.noSession")
        // The tenant sees it.
        let admin = try await admin(installation, made.tenant)
        let shown = try await visits.visits(for: admin)
        #expect(shown.map(\.operator) == ["alice", "alice"] && shown.first?.approvedBy == "bob" && shown.first?.reason == reason)
        let acts = try await installation.audit(made.tenant.id).map(\.act)
        for act in ["breakGlassRequested", "breakGlassApproved", "breakGlassOpened", "breakGlassEnded"] { #expect(acts.contains(act)) }
        for bad in [("too short", 30), (reason, 4), (reason, 481)] {
            #expect(
                await refusal { _ = try await visits.request(made.tenant.id, reason: bad.0, minutes: bad.1, by: alice) } == "store.conflict"
            )
        }
        #expect(
            await refusal { _ = try await visits.request(made.tenant.id, reason: reason, minutes: 30, by: Secret("clro_x")) }
                == "auth.noSession")
    }
}
