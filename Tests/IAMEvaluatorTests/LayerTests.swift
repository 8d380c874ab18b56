import CloudModel
import Testing

@testable import IAMEvaluator

// "Policy evaluation logic", "Policy evaluation for requests within a single account" and "Cross-account policy evaluation logic",
// IAM User Guide, unless a test names another document.
@Suite struct LayerTests {
    private let object = "arn:aws:s3:::bucket/key"
    private let get = "s3:GetObject"

    @Test func nothingAllowsByItself() throws {
        let decision = try decide(alice, get, object, PolicyLayers())
        #expect(decision.outcome == .implicitlyDenied)
        #expect(decision.blockedBy == [.identity])
        #expect(decision.statements.isEmpty)
    }

    @Test func anIdentityPolicyAllowsInItsAccountAndIsCited() throws {
        let layers = PolicyLayers(identity: [try policy(statement("Deny", "ec2:*"), statement("Allow", "s3:Get*"), index: 4)])
        let decision = try decide(alice, get, object, layers)
        #expect(decision.outcome == .allowed)
        #expect(
            decision.statements == [
                StatementReference(policyType: .identity, policy: PolicyTag(4), statement: 1, effect: .allow, conditional: false)
            ])
        #expect(try decide(alice, "s3:PutObject", object, layers).outcome == .implicitlyDenied)
    }

    @Test(arguments: [PolicyType.identity, .boundary, .session, .resource, .scp, .rcp, .endpoint])
    func anExplicitDenyWinsInEveryLayer(_ type: PolicyType) throws {
        let allow = try policy(statement("Allow", "*", principal: "\"*\""))
        let deny = try policy(
            statement("Allow", "*", principal: "\"*\""), statement("Deny", "s3:GetObject", principal: "\"*\""))
        func pick(_ kind: PolicyType) -> CompiledPolicy { kind == type ? deny : allow }
        let layers = PolicyLayers(
            identity: [pick(.identity)], boundaries: [pick(.boundary)], session: [pick(.session)], resource: [pick(.resource)],
            serviceControl: [[allow], [pick(.scp)]], resourceControl: [[pick(.rcp)], [allow]], endpoint: [pick(.endpoint)])
        let denied = try decide(session, get, object, layers)
        #expect(denied.outcome == .explicitlyDenied)
        #expect(denied.blockedBy == [type])
        #expect(denied.statements.map(\.policyType) == [type])
        #expect(denied.statements.map(\.statement) == [1])
        #expect(try decide(session, "s3:PutObject", object, layers).outcome == .allowed)
    }

    @Test(arguments: [PolicyType.identity, .boundary, .session, .scp, .rcp, .endpoint])
    func everyLayerThatIsThereMustAllow(_ type: PolicyType) throws {
        let allow = try policy(everything)
        let little = try policy(statement("Allow", "ec2:*"))
        func pick(_ kind: PolicyType) -> CompiledPolicy { kind == type ? little : allow }
        let layers = PolicyLayers(
            identity: [pick(.identity)], boundaries: [pick(.boundary)], session: [pick(.session)],
            serviceControl: [[allow], [pick(.scp)]], resourceControl: [[pick(.rcp)]], endpoint: [pick(.endpoint)])
        let denied = try decide(session, get, object, layers)
        #expect(denied.outcome == .implicitlyDenied)
        #expect(denied.blockedBy == [type])
        #expect(try decide(session, "ec2:RunInstances", "*", layers).outcome == .allowed)
    }

    @Test func everyLevelOfTheOrganisationMustAllow() throws {
        let allow = try policy(everything)
        let layers = PolicyLayers(identity: [allow], serviceControl: [[allow], [], [allow]])
        #expect(try decide(alice, get, object, layers).blockedBy == [.scp])
        let some = PolicyLayers(identity: [allow], serviceControl: [[allow], [try policy(statement("Allow", "ec2:*")), allow]])
        #expect(try decide(alice, get, object, some).isAllowed)
    }

    // "Policy evaluation for requests within a single account", table under Resource-based policies.
    @Test(arguments: [
        // principal, grant, whether it suffices without identity policy, and within a boundary and session policy that allow nothing
        (alice, "{\"AWS\":\"\(alice)\"}", true, true),
        (alice, "\"*\"", true, true),
        (alice, "{\"AWS\":\"*\"}", true, true),
        (alice, "{\"AWS\":\"\(account)\"}", false, false),
        (alice, "{\"AWS\":\"arn:aws:iam::\(account):root\"}", false, false),
        (alice, "{\"AWS\":\"\(role)\"}", false, false),
        (session, "{\"AWS\":\"\(session)\"}", true, true),
        (session, "{\"AWS\":\"\(role)\"}", true, false),
        (session, "{\"AWS\":\"\(account)\"}", false, false),
        (session, "\"*\"", true, true),
        (session, "{\"AWS\":\"arn:aws:sts::\(account):assumed-role/app/other\"}", false, false),
        ("arn:aws:sts::\(account):federated-user/bob", "{\"AWS\":\"arn:aws:sts::\(account):federated-user/bob\"}", true, true),
        ("arn:aws:sts::\(account):federated-user/bob", "{\"AWS\":\"\(account)\"}", false, false),
    ])
    func grantsOfTheResourceInTheSameAccount(_ principal: String, _ grant: String, _ suffices: Bool, _ passesBoundary: Bool) throws {
        let resource = [try policy(statement("Allow", "s3:GetObject", "arn:aws:s3:::bucket/*", principal: grant), form: .withPrincipal)]
        #expect(try decide(principal, get, object, PolicyLayers(resource: resource)).isAllowed == suffices)
        #expect(try decide(principal, get, object, PolicyLayers(boundaries: [], resource: resource)).isAllowed == passesBoundary)
        #expect(try decide(principal, get, object, PolicyLayers(session: [], resource: resource)).isAllowed == passesBoundary)
        // An explicit deny elsewhere still wins, and so does an organisation that does not allow.
        let deny = PolicyLayers(boundaries: [try policy(statement("Deny", "s3:*"))], resource: resource)
        #expect(try decide(principal, get, object, deny).outcome == .explicitlyDenied)
        #expect(try decide(principal, get, object, PolicyLayers(resource: resource, serviceControl: [[]])).blockedBy.contains(.scp))
    }

    @Test func theUserWhoFederatedIsLimitedByBoundaryAndSession() throws {
        let request = AccessRequest(
            principal: .federatedUser(arn: "arn:aws:sts::\(account):federated-user/bob", user: alice), action: get, resource: object)
        let resource = [try policy(statement("Allow", "s3:*", principal: "{\"AWS\":\"\(alice)\"}"))]
        #expect(Evaluator.evaluate(request, PolicyLayers(resource: resource)).isAllowed)
        #expect(Evaluator.evaluate(request, PolicyLayers(session: [], resource: resource)).blockedBy == [.session])
    }

    @Test func acrossAccountsBothSidesMustAllow() throws {
        let identity = [try policy(everything)]
        let grants = ["{\"AWS\":\"\(alice)\"}", "{\"AWS\":\"\(account)\"}", "\"*\""]
        for grant in grants {
            let resource = [try policy(statement("Allow", "s3:*", principal: grant))]
            #expect(try decide(alice, get, object, owner: other, PolicyLayers(identity: identity, resource: resource)).isAllowed)
            #expect(try decide(alice, get, object, owner: other, PolicyLayers(resource: resource)).blockedBy == [.identity])
            // A grant to the user does not pass a boundary from another account.
            #expect(
                try decide(alice, get, object, owner: other, PolicyLayers(identity: identity, boundaries: [], resource: resource)).blockedBy
                    == [.boundary])
        }
        #expect(try decide(alice, get, object, owner: other, PolicyLayers(identity: identity)).blockedBy == [.resource])
        let elsewhere = [try policy(statement("Allow", "s3:*", principal: "{\"AWS\":\"\(other)\"}"))]
        #expect(
            try decide(alice, get, object, owner: other, PolicyLayers(identity: identity, resource: elsewhere)).blockedBy == [.resource])
    }

    @Test func theOwnerIsReadFromTheARN() throws {
        let layers = PolicyLayers(identity: [try policy(everything)])
        #expect(try decide(alice, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:\(account):q", layers).isAllowed)
        #expect(try decide(alice, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:\(other):q", layers).blockedBy == [.resource])
    }

    // "AWS account root user" and "SCP effects on permissions".
    @Test func rootMayDoAllButWhatOthersDeny() throws {
        let root = "arn:aws:iam::\(account):root"
        #expect(try decide(root, get, object, PolicyLayers()).isAllowed)
        #expect(try decide(root, get, object, PolicyLayers(serviceControl: [[]])).blockedBy == [.scp])
        let deny = [try policy(statement("Deny", "s3:*", principal: "\"*\""))]
        #expect(try decide(root, get, object, PolicyLayers(resource: deny)).outcome == .explicitlyDenied)
        #expect(try decide(root, get, object, owner: other, PolicyLayers()).blockedBy == [.resource])
        let grant = [try policy(statement("Allow", "s3:*", principal: "{\"AWS\":\"\(account)\"}"))]
        #expect(try decide(root, get, object, owner: other, PolicyLayers(resource: grant)).isAllowed)
        // Policies that are attached to users do not bear on root.
        #expect(try decide(root, get, object, PolicyLayers(identity: [try policy(statement("Deny", "*"))])).isAllowed)
    }

    // "SCP effects on permissions": users and roles in the management account and service-linked roles are not affected; the caller leaves the
    // management account's lists out.
    @Test func serviceLinkedRolesAreFreeOfTheOrganisation() throws {
        let name = "arn:aws:iam::\(account):role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForX"
        let layers = PolicyLayers(
            identity: [try policy(everything)], serviceControl: [[try policy(statement("Deny", "*"))]], resourceControl: [[]])
        #expect(try decide(name, "ec2:RunInstances", "*", layers).isAllowed)
        #expect(try decide("arn:aws:sts::\(account):assumed-role/AWSServiceRoleForX/s", "ec2:RunInstances", "*", layers).isAllowed)
        #expect(try decide(session, "ec2:RunInstances", "*", layers).outcome == .explicitlyDenied)
    }

    @Test func servicesAndAnonymousNeedTheResourceAlone() throws {
        let open = [try policy(statement("Allow", "s3:GetObject", principal: "\"*\""))]
        #expect(try decide("*", get, object, PolicyLayers(resource: open)).isAllowed)
        #expect(try decide("*", get, object, PolicyLayers()).blockedBy == [.resource])
        #expect(
            try decide(
                "*", get, object, PolicyLayers(resource: [try policy(statement("Allow", "s3:*", principal: "{\"AWS\":\"\(account)\"}"))])
            ).outcome == .implicitlyDenied)
        let service = [
            try policy(statement("Allow", "s3:*", principal: "{\"Service\":[\"logs.amazonaws.com\",\"delivery.logs.amazonaws.com\"]}"))
        ]
        #expect(try decide("logs.amazonaws.com", "s3:PutObject", object, PolicyLayers(resource: service)).isAllowed)
        #expect(try decide("ec2.amazonaws.com", "s3:PutObject", object, PolicyLayers(resource: service)).blockedBy == [.resource])
        // Service control policies do not bear on services; resource control policies do.
        #expect(try decide("logs.amazonaws.com", get, object, PolicyLayers(resource: service, serviceControl: [[]])).isAllowed)
        #expect(try decide("logs.amazonaws.com", get, object, PolicyLayers(resource: service, resourceControl: [[]])).blockedBy == [.rcp])
        // A deny to everyone is a deny to services too.
        let deny = [
            try policy(
                statement("Allow", "s3:*", principal: "{\"Service\":\"logs.amazonaws.com\"}"), statement("Deny", "s3:*", principal: "\"*\"")
            )
        ]
        #expect(try decide("logs.amazonaws.com", get, object, PolicyLayers(resource: deny)).outcome == .explicitlyDenied)
    }

    // "Key policies in AWS KMS": no one has permission unless the key policy, or IAM policies that the key policy lets in, allow it.
    @Test func aKeyPolicyMustLetTheAccountIn() throws {
        let key = "arn:aws:kms:eu-west-1:\(account):key/1"
        let identity = [try policy(everything)]
        let lets = [try policy(statement("Allow", "kms:*", principal: "{\"AWS\":\"arn:aws:iam::\(account):root\"}"))]
        let names = [try policy(statement("Allow", "kms:Decrypt", principal: "{\"AWS\":\"\(role)\"}"))]
        let strangers = [try policy(statement("Allow", "kms:Decrypt", principal: "{\"AWS\":\"\(alice)\"}"))]
        #expect(try decide(session, "kms:Decrypt", key, PolicyLayers(identity: identity, resource: lets)).isAllowed)
        #expect(try decide(session, "kms:Decrypt", key, PolicyLayers(resource: lets)).blockedBy == [.identity])
        #expect(try decide(session, "kms:Decrypt", key, PolicyLayers(resource: names)).isAllowed)
        #expect(try decide(session, "kms:Decrypt", key, PolicyLayers(boundaries: [], resource: names)).blockedBy == [.boundary])
        #expect(try decide(session, "kms:Decrypt", key, PolicyLayers(identity: identity, resource: strangers)).blockedBy == [.resource])
        #expect(try decide(session, "kms:Decrypt", key, PolicyLayers(identity: identity)).blockedBy == [.resource])
        #expect(try decide(session, "kms:ListKeys", "*", PolicyLayers(identity: identity)).isAllowed)
        // Root is no exception.
        #expect(try decide("arn:aws:iam::\(account):root", "kms:Decrypt", key, PolicyLayers(resource: names)).blockedBy == [.resource])
        #expect(try decide("arn:aws:iam::\(account):root", "kms:Decrypt", key, PolicyLayers(resource: lets)).isAllowed)
    }

    @Test(arguments: [
        ("\"AWS\":\"\(alice)\"", false, true), ("\"AWS\":\"\(account)\"", false, false), ("\"AWS\":\"\(account)\"", true, true),
        ("\"AWS\":\"arn:aws:iam::\(account):user/bob\"", true, false), ("\"Service\":\"ec2.amazonaws.com\"", true, false),
    ])
    func aTrustPolicyDecidesWhoAssumesARole(_ principal: String, _ identityAllows: Bool, _ allowed: Bool) throws {
        let trust = [try policy(statement("Allow", "sts:AssumeRole", nil, principal: "{\(principal)}"), form: .withPrincipal)]
        let layers = PolicyLayers(identity: identityAllows ? [try policy(statement("Allow", "sts:AssumeRole", role))] : [], resource: trust)
        let decision = try decide(alice, "sts:AssumeRole", role, layers)
        #expect(decision.isAllowed == allowed)
        if !allowed { #expect(decision.blockedBy.contains(identityAllows ? .trust : .identity)) }
        if allowed { #expect(decision.statements.contains { $0.policyType == .trust }) }
    }

    @Test func acrossAccountsAssumingTakesTrustAndIdentity() throws {
        let target = "arn:aws:iam::\(other):role/target"
        let trust = [try policy(statement("Allow", "sts:AssumeRole", nil, principal: "{\"AWS\":\"\(account)\"}"))]
        let identity = [try policy(statement("Allow", "sts:AssumeRole", target))]
        #expect(try decide(alice, "sts:AssumeRole", target, PolicyLayers(identity: identity, resource: trust)).isAllowed)
        #expect(try decide(alice, "sts:AssumeRole", target, PolicyLayers(resource: trust)).blockedBy == [.identity])
        #expect(try decide(alice, "sts:AssumeRole", target, PolicyLayers(identity: identity)).blockedBy == [.trust])
        // A third account that is not trusted.
        #expect(
            try decide(
                "arn:aws:iam::777788889999:user/eve", "sts:AssumeRole", target,
                PolicyLayers(identity: [try policy(everything)], resource: trust)
            ).blockedBy == [.trust])
    }

    // "AssumeRole", STS API Reference: root users cannot assume roles.
    @Test func rootCannotAssumeRoles() throws {
        let trust = [try policy(statement("Allow", "sts:AssumeRole", nil, principal: "{\"AWS\":\"\(account)\"}"))]
        #expect(
            try decide(
                "arn:aws:iam::\(account):root", "sts:AssumeRole", role, PolicyLayers(identity: [try policy(everything)], resource: trust)
            ).outcome != .allowed)
    }

    // "GetCallerIdentity" and "GetSessionToken", STS API Reference.
    @Test func whatNoPolicyControlsIsAllowedToWhoIsSomebody() throws {
        let deny = PolicyLayers(identity: [try policy(statement("Deny", "*"))], serviceControl: [[]])
        for principal in [alice, session, "arn:aws:iam::\(account):root"] {
            #expect(try decide(principal, "sts:GetCallerIdentity", "*", deny).isAllowed)
        }
        #expect(try decide(alice, "sts:GetSessionToken", "*", deny).isAllowed)
        #expect(try !decide(session, "sts:GetSessionToken", "*", deny).isAllowed)
        #expect(try !decide("*", "sts:GetCallerIdentity", "*", PolicyLayers()).isAllowed)
        #expect(try !decide(alice, "sts:GetFederationToken", "*", deny).isAllowed)
    }

    @Test func federationGoesByTheProviderAndItsConditions() throws {
        let provider = "arn:aws:iam::\(account):oidc-provider/token.actions.githubusercontent.com"
        let trust = [
            try policy(
                statement(
                    "Allow", "sts:AssumeRoleWithWebIdentity", nil, principal: "{\"Federated\":\"\(provider)\"}",
                    condition: "{\"StringLike\":{\"token.actions.githubusercontent.com:sub\":\"repo:acme/*\"}}"))
        ]
        let key = "token.actions.githubusercontent.com:sub"
        func ask(_ sub: String) throws -> Bool {
            try decide(provider, "sts:AssumeRoleWithWebIdentity", role, context: [key: [sub]], PolicyLayers(resource: trust)).isAllowed
        }
        #expect(try ask("repo:acme/app:ref:refs/heads/main"))
        #expect(try !ask("repo:evil/app:ref:refs/heads/main"))
        #expect(
            try !decide(
                "accounts.google.com", "sts:AssumeRoleWithWebIdentity", role, context: [key: ["repo:acme/x"]], PolicyLayers(resource: trust)
            ).isAllowed)
        let open = try decide(
            provider, "sts:AssumeRoleWithWebIdentity", role, absent: .unknown(knownAbsent: []), PolicyLayers(resource: trust))
        #expect(open.outcome == .conditional(.test(ConditionTest("StringLike", key, ["repo:acme/*"]))))
        let saml = "arn:aws:iam::\(account):saml-provider/idp"
        let samlTrust = [try policy(statement("Allow", "sts:AssumeRoleWithSAML", nil, principal: "{\"Federated\":\"\(saml)\"}"))]
        #expect(try decide(saml, "sts:AssumeRoleWithSAML", role, PolicyLayers(resource: samlTrust)).isAllowed)
        #expect(try decide(saml, "sts:AssumeRole", role, PolicyLayers(resource: samlTrust)).blockedBy == [.trust])
    }

    // "AWS JSON policy elements: NotPrincipal".
    @Test func notPrincipalWithDenySparesOnlyWhoIsNamedWithTheAccount() throws {
        func layers(_ entries: String) throws -> PolicyLayers {
            PolicyLayers(
                identity: [try policy(everything)],
                resource: [
                    try policy("{\"Effect\":\"Deny\",\"NotPrincipal\":{\"AWS\":[\(entries)]},\"Action\":\"s3:*\",\"Resource\":\"*\"}")
                ])
        }
        let whole = try layers("\"\(alice)\",\"arn:aws:iam::\(account):root\"")
        #expect(try decide(alice, get, object, whole).isAllowed)
        #expect(try decide("arn:aws:iam::\(account):user/bob", get, object, whole).outcome == .explicitlyDenied)
        #expect(try decide("*", get, object, whole).outcome == .explicitlyDenied)
        #expect(try decide(alice, get, object, layers("\"\(alice)\"")).outcome == .explicitlyDenied)
        let sessions = try layers("\"\(session)\",\"\(role)\",\"\(account)\"")
        #expect(try decide(session, get, object, sessions).isAllowed)
        #expect(try decide(session, get, object, layers("\"\(role)\",\"\(account)\"")).outcome == .explicitlyDenied)
        // "Permissions boundaries for IAM entities": who has a boundary is denied whatever is named.
        var bounded = whole
        bounded.boundaries = [try policy(everything)]
        #expect(try decide(alice, get, object, bounded).outcome == .explicitlyDenied)
    }

    @Test func notPrincipalWithAllowGrantsEveryoneElse() throws {
        let resource = [try policy("{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"\(alice)\"},\"Action\":\"s3:*\",\"Resource\":\"*\"}")]
        #expect(try decide("*", get, object, PolicyLayers(resource: resource)).isAllowed)
        #expect(try decide("arn:aws:iam::\(account):user/bob", get, object, PolicyLayers(resource: resource)).isAllowed)
        #expect(try !decide(alice, get, object, PolicyLayers(resource: resource)).isAllowed)
    }

    @Test func theSameDuplicateSidsAndSingleStatementsAreFine() throws {
        let text = "{\"Statement\":{\"Sid\":\"A\",\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}"
        let single = CompiledPolicy(try PolicyDocument(parsing: JSONValue(parsing: text)))
        #expect(try decide(alice, get, object, PolicyLayers(identity: [single])).isAllowed)
    }

    @Test func aSessionIsItsRoleWhateverThePath() throws {
        let resource = [try policy(statement("Allow", "s3:*", principal: "{\"AWS\":\"arn:aws:iam::\(account):role/team/app\"}"))]
        #expect(try decide(session, get, object, PolicyLayers(resource: resource)).isAllowed)
        let known = AccessRequest(
            principal: .assumedRole(role: "arn:aws:iam::\(account):role/elsewhere/app", session: session), action: get, resource: object)
        #expect(!Evaluator.evaluate(known, PolicyLayers(resource: resource)).isAllowed)
        let wrong = [try policy(statement("Allow", "s3:*", principal: "{\"AWS\":\"arn:aws:iam::\(account):role/team/myapp\"}"))]
        #expect(try !decide(session, get, object, PolicyLayers(resource: wrong)).isAllowed)
    }

    @Test func aPolicyWhoseTextIsMissingMakesTheAnswerUnknown() throws {
        let missing = CompiledPolicy(unknown: PolicyTag(3, name: "Secret"))
        let decision = try decide(alice, get, object, PolicyLayers(identity: [missing]))
        #expect(decision.outcome == .unknown(["the text of policy Secret is not known"]))
        // Beside an allow it might still deny.
        let both = try decide(alice, get, object, PolicyLayers(identity: [missing, try policy(everything)]))
        #expect(both.outcome == .unknown(["the text of policy Secret is not known"]))
        // A certain deny stays certain.
        let denied = try decide(alice, get, object, PolicyLayers(identity: [missing, try policy(statement("Deny", "*"))]))
        #expect(denied.outcome == .explicitlyDenied)
        #expect(try decide(alice, get, object, PolicyLayers(identity: [missing], serviceControl: [[]])).outcome == .implicitlyDenied)
    }
}
