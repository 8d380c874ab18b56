import CloudModel
import Testing

@testable import Engine

/// What the organisation of an account leaves of what its policies allow.
@Suite struct AccessLimitsTests {
    private let get = "s3:GetObject"
    private let object = "arn:aws:s3:::data/report"

    private func query(_ make: (inout Organised) -> Void) -> AccessQuery {
        var world = World()
        world.user("ann", [World.document(World.allow(["*"]))])
        world.role("break-glass", trust: World.trust(service: "ec2.amazonaws.com"), [World.document(World.allow(["*"]))])
        world.bucket("data", policy: World.document(Estate.grant(["AWS": "999988887777"], ["s3:*"], on: ["arn:aws:s3:::data/*"])))
        var organised = Organised()
        make(&organised)
        organised.add(to: &world)
        return AccessQuery(Normaliser.normalise(world.collection))
    }

    @Test func serviceControlPoliciesBindPrincipalsAndRootAndAreQuoted() throws {
        let spared: JSONValue = ["ArnNotLike": ["aws:PrincipalArn": .string(World.arn("role/break-glass"))]]
        let query = query { $0.limit(World.deny(["s3:*"], condition: spared), at: [Organised.unit]) }
        let denied = try query.can("user/ann", get, on: object).answer
        #expect(Estate.short(denied) == "DENIED scp")
        #expect(denied.statements.map(\.policyType) == ["scp"] && denied.statements.map(\.statement) == [0])
        #expect(denied.statements.first?.file.contains("organizations.") == true)
        #expect(Estate.short(try query.can("root", get, on: object).answer) == "DENIED scp")
        #expect(Estate.short(try query.can("role/break-glass", get, on: object).answer) == "allowed")
        // Who comes from elsewhere is not bound by them.
        #expect(Estate.short(try query.can("999988887777", get, on: object).answer) == "allowed")
        let found = try query.whoCan(get, on: object)
        #expect(found.able.map(\.principal) == ["999988887777", World.arn("role/break-glass")])
    }

    @Test func resourceControlPoliciesBindStrangersToo() throws {
        let outside: JSONValue = ["StringNotEqualsIfExists": ["aws:PrincipalAccount": .string(World.account)]]
        let query = query { $0.guarding(World.deny(["s3:*"], condition: outside), at: [Organised.unit]) }
        #expect(Estate.short(try query.can("999988887777", get, on: object).answer) == "DENIED rcp")
        #expect(Estate.short(try query.can("user/ann", get, on: object).answer) == "allowed")
        #expect(Estate.short(try query.can("user/ann", "ec2:RunInstances", on: "*").answer) == "allowed")
    }

    @Test func theOrganisationOfWhoAsksIsKnown() throws {
        let query = query { $0.limit(World.deny(["s3:*"], condition: ["StringNotEquals": ["aws:PrincipalOrgID": "o-other"]])) }
        #expect(Estate.short(try query.can("user/ann", get, on: object).answer) == "DENIED scp")
    }

    @Test func whatIsNotKnownOfTheOrganisationIsNoted() throws {
        var estate = Estate()
        estate.bucket("data")
        estate.user("ann", World.document(World.allow([get])))
        estate.user("bob")
        #expect(try estate.query.can("user/ann", get, on: object).question.notes.contains { $0.contains("control policies") })
        #expect(try !estate.query.can("user/bob", get, on: object).question.notes.contains { $0.contains("control policies") })
    }
}
