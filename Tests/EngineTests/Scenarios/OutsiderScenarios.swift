import CloudModel
import Testing

@testable import Engine

/// Whom roles let in from outside: each kind of trust open, and bound.
@Suite struct OutsiderScenarios {
    private static let web = "sts:AssumeRoleWithWebIdentity"

    /// `source confidence` of each path to administrator rights from a role that trusts so.
    private func sources(
        _ principal: JSONValue, _ condition: JSONValue?, action: String = web, _ more: (inout World) -> Void = { _ in }
    ) -> [String] {
        var world = World()
        world.role("r", trust: World.trust(principal, condition: condition, action: action), attached: [World.administrator])
        more(&world)
        return world.judged().judged.paths.map { "\($0.source) \($0.confidence.rawValue)" }
    }
    private func tokens(_ issuer: String, _ condition: JSONValue?, _ more: (inout World) -> Void = { _ in }) -> [String] {
        sources(["Federated": .string(World.arn("oidc-provider/\(issuer)"))], condition, more)
    }

    // MARK: Tokens

    @Test(arguments: [
        // Nothing, or nothing that tells anything.
        (#"{}"#, "internet proven"), (#"{"StringEquals":{"ISS:aud":"sts.amazonaws.com"}}"#, "internet proven"),
        (#"{"StringLike":{"ISS:sub":"repo:*"}}"#, "internet proven"), (#"{"StringLike":{"ISS:sub":"*"}}"#, "internet proven"),
        (#"{"StringLike":{"ISS:sub":"*:*"}}"#, "internet proven"),
        (#"{"StringLike":{"ISS:sub":"repo:*/*:ref:refs/heads/main"}}"#, "internet proven"),
        (#"{"StringLike":{"ISS:sub":"*:environment:production"}}"#, "internet proven"),
        (#"{"StringLike":{"ISS:sub":"repo:*/infrastructure:*"}}"#, "internet proven"),
        (#"{"StringEquals":{"ISS:ref":"refs/heads/main","ISS:environment":"production"}}"#, "internet proven"),
        (#"{"StringNotEquals":{"ISS:sub":"repo:acme/old:ref:refs/heads/main"}}"#, "internet proven"),
        (#"{"StringEqualsIfExists":{"ISS:subject":"repo:acme/site"}}"#, "internet proven"),
        (#"{"ForAllValues:StringLike":{"ISS:subject":"repo:acme/*"}}"#, "internet proven"),
        // Whoever takes a name that begins so.
        (#"{"StringLike":{"ISS:sub":"repo:acme*"}}"#, "internet conditional"),
        (#"{"StringLike":{"ISS:sub":"repo:acme-*/*"}}"#, "internet conditional"),
        (#"{"StringLike":{"ISS:job_workflow_ref":"acme/workflows/.github/workflows/deploy.yml@*"}}"#, "internet conditional"),
        // The owner's.
        (#"{"StringLike":{"ISS:sub":"repo:acme/*"}}"#, nil), (#"{"StringEquals":{"ISS:sub":"repo:acme/site:ref:refs/heads/main"}}"#, nil),
        (#"{"StringEquals":{"ISS:sub":"repo:acme/*"}}"#, nil), (#"{"ForAllValues:StringLike":{"ISS:sub":"repo:acme/*"}}"#, nil),
        (#"{"StringEquals":{"ISS:repository_owner_id":"123456"}}"#, nil), (#"{"StringEquals":{"ISS:repository":"acme/site"}}"#, nil),
        (#"{"StringLike":{"ISS:sub":["repo:acme/site:*","repo:acme/shop:*"]}}"#, nil),
        (#"{"StringLike":{"ISS:subject":"repo:*"}}"#, nil),
    ])
    func tokensOfGitHub(_ condition: String, _ expected: String?) throws {
        let issuer = "token.actions.githubusercontent.com"
        let found = tokens(issuer, try JSONValue(parsing: condition.replacing("ISS", with: issuer)))
        #expect(found == [expected].compactMap { $0 }, "\(condition)")
    }

    @Test(arguments: [
        ("gitlab.com", "sub", "project_path:*", "project_path:acme/*"),
        ("app.terraform.io", "sub", "organization:*", "organization:acme:*"),
        ("agent.buildkite.com", "sub", "organization:*:pipeline:deploy:*", "organization:acme:pipeline:*"),
        ("oidc.codefresh.io", "sub", "account:*", "account:64884faac2751b77ca7ab324:*"), ("scalr.io", "sub", "account:*", "account:acme:*"),
        ("proidc.upbound.io", "sub", "mcp:*", "mcp:acme/prod:provider:provider-aws"),
        ("tokens.cloud.shisho.dev", "sub", "job:*", "job:acme:*"),
        ("studio.datachain.ai/api", "sub", "credentials:*", "credentials:acme/*"),
        ("oidc-configuration.audit-log.githubusercontent.com", "sub", "https://github.com/*", "https://github.com/acme"),
        ("api.pulumi.com/oidc", "aud", "*", "acme"), ("oidc.vercel.com", "aud", "https://vercel.com/*", "https://vercel.com/acme"),
    ])
    func tokensOfIssuersThatManyShare(_ issuer: String, _ claim: String, _ open: String, _ bound: String) {
        #expect(tokens(issuer, nil) == ["internet proven"])
        #expect(tokens(issuer, ["StringLike": .object([issuer + ":" + claim: .string(open)])]) == ["internet proven"])
        #expect(tokens(issuer, ["StringLike": .object([issuer + ":" + claim: .string(bound)])]) == [])
    }

    @Test func tokensOfAnIssuerOfOnesOwn() {
        let cluster = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
        #expect(tokens(cluster, ["StringEquals": .object([cluster + ":aud": "sts.amazonaws.com"])]) == ["oidc:\(cluster) proven"])
        #expect(tokens(cluster, ["StringLike": .object([cluster + ":sub": "system:serviceaccount:*:*"])]) == ["oidc:\(cluster) proven"])
        #expect(tokens(cluster, ["StringLike": .object([cluster + ":sub": "system:serviceaccount:shop:*"])]) == [])
        #expect(tokens(cluster, ["StringEquals": .object([cluster + ":sub": "system:serviceaccount:shop:web"])]) == [])
        let circle = "oidc.circleci.com/org/11111111-2222-3333-4444-555555555555"
        #expect(
            tokens(circle, ["StringEquals": .object([circle + ":aud": "11111111-2222-3333-4444-555555555555"])]) == [
                "oidc:\(circle) proven"
            ])
        #expect(tokens(circle, ["StringLike": .object([circle + ":sub": "org/11111111/project/22222222/*"])]) == [])
    }

    @Test func applicationsOfGoogleAreWhoeverSignsIn() {
        func found(_ condition: JSONValue?) -> [String] { sources(["Federated": "accounts.google.com"], condition) }
        #expect(found(nil) == ["internet proven"])
        #expect(found(["StringEquals": ["accounts.google.com:aud": "shop.apps.googleusercontent.com"]]) == ["internet conditional"])
        #expect(found(["StringEquals": ["accounts.google.com:sub": "117"]]) == [])
    }

    @Test func aProviderThatIsNotThereLetsNobodyIn() {
        let issuer = "token.actions.githubusercontent.com"
        func found(_ providers: JSONValue) -> [String] {
            tokens(issuer, nil) { $0.record("iam", "list-open-id-connect-providers", ["OpenIDConnectProviderList": providers]) }
        }
        #expect(found([["Arn": .string(World.arn("oidc-provider/\(issuer)"))]]) == ["internet proven"])
        #expect(found([]) == [])
    }

    // MARK: SAML

    @Test func anAssertionMustBeForAWS() {
        let provider = World.arn("saml-provider/login")
        func found(_ condition: JSONValue?, providers: JSONValue? = nil) -> [String] {
            sources(["Federated": .string(provider)], condition, action: "sts:AssumeRoleWithSAML") { world in
                if let providers { world.record("iam", "list-saml-providers", ["SAMLProviderList": providers]) }
            }
        }
        #expect(found(nil) == ["\(provider) conditional"])
        #expect(found(["StringEquals": ["SAML:aud": "https://signin.aws.amazon.com/saml"]]) == [])
        #expect(found(["StringEquals": ["SAML:sub": "alice"]]) == [])
        #expect(found(nil, providers: [["Arn": .string(provider)]]) == ["\(provider) conditional"])
        #expect(found(nil, providers: []) == [])
    }

    // MARK: Other accounts

    @Test func anExternalIdentifierBindsOnlyWhereItIsACertainOne() {
        let root = "arn:aws:iam::999988887777:root"
        func found(_ condition: JSONValue?) -> [String] { sources(["AWS": .string(root)], condition, action: "sts:AssumeRole") }
        #expect(found(nil) == ["\(root) proven"])
        #expect(found(["StringEquals": ["sts:ExternalId": "4f7c"]]) == [])
        #expect(found(["StringLike": ["sts:ExternalId": "*"]]) == ["\(root) proven"])
        #expect(found(["StringEqualsIfExists": ["sts:ExternalId": "4f7c"]]) == ["\(root) proven"])
        #expect(found(["Null": ["sts:ExternalId": "false"]]) == ["\(root) proven"])
        #expect(found(["Bool": ["aws:MultiFactorAuthPresent": "true"]]) == ["\(root) conditional"])
    }

    @Test func anAccountThatIsLetInByNothingCanBeAskedFor() throws {
        let root = "arn:aws:iam::999988887777:root"
        var world = World()
        world.role(
            "r", trust: World.trust(["AWS": .string(root)], condition: ["StringEquals": ["sts:ExternalId": "4f7c"]]),
            attached: [World.administrator])
        let graph = Evaluation(Normaliser.normalise(world.collection)).graph
        let place = try #require(graph.place(of: root))
        #expect(graph.edges(from: place).isEmpty)
    }

    @Test func vendorsAreNamedAndAWSItselfIsNoStranger() {
        var world = World()
        world.role("monitoring", trust: World.trust(["AWS": "arn:aws:iam::464622532012:root"]), attached: [World.administrator])
        world.role("logs", trust: World.trust(["AWS": "127311923021"]), attached: [World.administrator])
        let paths = world.judged().judged.paths
        #expect(paths.map(\.source) == ["arn:aws:iam::464622532012:root"])
        #expect(paths.first?.narrative.contains("464622532012 (Datadog)") == true)
    }

    // MARK: Guests

    @Test func guestsOfAPool() {
        let pool = "eu-west-1:11111111-2222-3333-4444-555555555555"
        let cognito = "cognito-identity.amazonaws.com"
        func trust(_ amr: String) -> JSONValue {
            [
                "StringEquals": .object([cognito + ":aud": .string(pool)]),
                "ForAnyValue:StringLike": .object([cognito + ":amr": .string(amr)]),
            ]
        }
        func found(guests: Bool, basic: Bool, role: String = "r", amr: String = "unauthenticated") -> [String] {
            sources(["Federated": .string(cognito)], trust(amr)) { world in
                world.record(
                    "cognito-identity", "list-identity-pools", region: "eu-west-1",
                    ["IdentityPools": [["IdentityPoolId": .string(pool), "IdentityPoolName": "shoppers"]]])
                world.record(
                    "cognito-identity", "describe-identity-pool", region: "eu-west-1", resource: pool,
                    [
                        "IdentityPoolId": .string(pool), "IdentityPoolName": "shoppers", "AllowUnauthenticatedIdentities": .bool(guests),
                        "AllowClassicFlow": .bool(basic),
                    ])
                world.record(
                    "cognito-identity", "get-identity-pool-roles", region: "eu-west-1", resource: pool,
                    ["IdentityPoolId": .string(pool), "Roles": ["unauthenticated": .string(World.arn("role/\(role)"))]])
            }
        }
        #expect(found(guests: true, basic: true) == ["internet proven"])
        #expect(found(guests: true, basic: true, role: "other") == ["internet proven"])
        // Without the basic flow a guest has only what Cognito's session policies leave, and only of the pool's own role.
        #expect(found(guests: true, basic: false) == ["internet conditional"])
        #expect(found(guests: true, basic: false, role: "other") == [])
        #expect(found(guests: false, basic: true) == [])
        #expect(found(guests: true, basic: true, amr: "authenticated") == [])
        // Of a pool that was not collected it is not known whom it admits.
        #expect(sources(["Federated": .string(cognito)], trust("unauthenticated")) == ["internet conditional"])
    }

    // MARK: Certificates

    @Test func rolesAnywhereMustAskSomethingOfTheCertificate() {
        let anchor = "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a"
        func found(
            _ condition: JSONValue?, anchorOn: Bool = true, profileOn: Bool = true, roles: [String] = ["r"], session: String? = nil,
            collected: Bool = true
        ) -> [String] {
            sources(["Service": "rolesanywhere.amazonaws.com"], condition, action: "sts:AssumeRole") { world in
                guard collected else { return }
                var profile: JSONObject = [
                    "profileArn": "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/p", "name": "p", "enabled": .bool(profileOn),
                    "roleArns": .array(roles.map { .string(World.arn("role/\($0)")) }),
                ]
                profile["sessionPolicy"] = session.map { .string($0) }
                world.record(
                    "rolesanywhere", "list-trust-anchors", region: "eu-west-1",
                    ["trustAnchors": [["trustAnchorArn": .string(anchor), "name": "ca", "enabled": .bool(anchorOn)]]])
                world.record("rolesanywhere", "list-profiles", region: "eu-west-1", ["profiles": [.object(profile)]])
            }
        }
        #expect(found(nil) == ["\(anchor) proven"])
        #expect(found(["ArnEquals": ["aws:SourceArn": .string(anchor)]]) == ["\(anchor) proven"])
        #expect(found(["StringEquals": ["aws:PrincipalTag/x509Subject/CN": "build-7"]]) == [])
        #expect(found(["ArnEquals": ["aws:SourceArn": "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/b"]]) == [])
        #expect(found(nil, anchorOn: false) == [])
        #expect(found(nil, profileOn: false) == [])
        #expect(found(nil, roles: ["other"]) == [])
        #expect(found(nil, session: #"{"Version":"2012-10-17","Statement":[]}"#) == ["\(anchor) conditional"])
        #expect(found(nil, collected: false) == [])
    }
}
