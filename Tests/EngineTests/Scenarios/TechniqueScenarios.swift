import CloudModel
import Testing

@testable import Engine

/// For each technique: open, denied by an explicit Deny elsewhere, and with its prerequisite missing.
@Suite struct TechniqueScenarios {
    enum Variant: CaseIterable { case open, denied, missing }

    /// The account in which user `dev` has exactly what the technique requires.
    static func world(_ technique: EscalationTechnique, _ variant: Variant) -> World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        let actions = technique.requires.map(\.action)
        var own: [JSONValue] = []
        var attached: [String] = []
        let present = variant != .missing
        switch technique.shape {
        case .passRole(let service, _, _):
            world.role(
                "target", trust: World.trust(service: present ? service : "batch.amazonaws.com"), attached: [World.administrator],
                profile: true)
            own = [World.document(World.allow(actions))]
        case .existing(let service, _):
            world.role("target", trust: World.trust(service: present ? service : "batch.amazonaws.com"), attached: [World.administrator])
            own = [World.document(World.allow(actions))]
        case .function:
            world.role("target", trust: World.trust(service: "lambda.amazonaws.com"), attached: [World.administrator])
            if present { world.function("job", role: "target") }
            own = [World.document(World.allow(actions))]
        case .instance:
            world.role("target", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.administrator], profile: true)
            world.instance("i-0aaaaaaaaaaaaaaaa", profile: present ? "target" : nil)
            own = [World.document(World.allow(actions))]
        case .userCredentials:
            world.user("boss", attached: present ? [World.administrator] : [])
            world.credentials("boss", password: technique.id == "iam-006", keys: technique.id == "iam-003" ? 2 : 0)
            own = [World.document(World.allow(actions, [World.arn("user/boss")]))]
        case .ownPolicy:
            if technique.id == "iam-001" {
                let text = World.document(World.allow(actions, [World.arn("policy/own")]))
                world.policy("own", text)
                if present {
                    attached = [World.arn("policy/own")]
                } else {
                    own = [text]
                }
            } else if technique.id == "iam-005" || technique.id == "iam-009" {
                // A role starts here, see `start`.
                var documents = [World.document(World.allow(actions, [World.arn(present ? "role/dev" : "role/other")]))]
                if variant == .denied { documents.append(World.document(World.deny(actions))) }
                world.role("dev", trust: World.trust(service: "batch.amazonaws.com"), documents)
                world.role("other", trust: World.trust(service: "batch.amazonaws.com"))
            } else {
                own = [World.document(World.allow(actions, [World.arn(present ? "user/dev" : "user/other")]))]
                world.user("other")
            }
        case .ownGroup:
            world.group("crew")
            world.group("strangers")
            own = [World.document(World.allow(actions, [World.arn(present ? "group/crew" : "group/strangers")]))]
        case .joinGroup:
            if present { world.group("chiefs", attached: [World.administrator]) }
            own = [World.document(World.allow(actions))]
        case .roleTrust:
            world.role("target", trust: World.trust(service: "batch.amazonaws.com"), attached: present ? [World.administrator] : [])
            own = [World.document(World.allow(actions))]
        case .userGrant:
            if present { world.user("peer") }
            own = [World.document(World.allow(actions, [World.arn("user/peer")]))]
        case .assumedRoleGrant, .trustedRoleGrant:
            let trust =
                technique.shape == .assumedRoleGrant && present
                ? World.trust(["AWS": .string(World.arn("root"))]) : World.trust(service: "batch.amazonaws.com")
            let isRewrite = actions.contains("iam:CreatePolicyVersion")
            world.policy("held", World.document(World.allow(["logs:*"])))
            let isThere = technique.shape == .assumedRoleGrant || present
            if isThere { world.role("peer", trust: trust, attached: isRewrite ? [World.arn("policy/held")] : []) }
            own = [
                World.document(World.allow(actions.filter { $0 != "iam:CreatePolicyVersion" }, [World.arn("role/peer")])),
                World.document(World.allow(isRewrite ? ["iam:CreatePolicyVersion"] : ["logs:Describe*"], [World.arn("policy/held")])),
            ]
        case .assumeRole:
            world.role(
                "target", trust: World.trust(present ? ["AWS": .string(World.arn("root"))] : ["Service": "batch.amazonaws.com"]),
                attached: [World.administrator])
            own = [World.document(World.allow(actions, [World.arn("role/target")]))]
        }
        let isRole = technique.id == "iam-005" || technique.id == "iam-009"
        if !isRole {
            var groups = technique.shape == .ownGroup ? ["crew"] : []
            if variant == .denied {
                // What is left then is no shorter technique.
                let last = technique.shape == .assumedRoleGrant || technique.shape == .function ? actions.first : actions.last
                world.group("denied", [World.document(World.deny([last ?? "*"]))])
                groups.append("denied")
            }
            world.user("dev", own, attached: attached, groups: groups)
        }
        return world
    }

    static func start(_ technique: EscalationTechnique) -> String {
        technique.id == "iam-005" || technique.id == "iam-009" ? "role/dev" : "user/dev"
    }

    static func isUncertain(_ technique: EscalationTechnique) -> Bool {
        switch technique.shape {
        case .existing: true
        case .passRole(_, _, let missing): missing != nil
        default: false
        }
    }

    @Test(arguments: EscalationCatalogue.techniques.map(\.id))
    func anOpenTechniqueIsFoundByItsName(_ id: String) throws {
        let technique = try #require(EscalationCatalogue.byID[id])
        let judgement = Self.world(technique, .open).judged()
        let start = Self.start(technique)
        let reach = judgement.reach(start)
        if Self.isUncertain(technique) {
            #expect(reach == .unknown, "\(id): what it needs is not collected")
            if case .existing = technique.shape { #expect(judgement.techniques(start).isEmpty) }
        } else if id == "ec2instanceconnect-003" {
            #expect(reach == .conditional)
        } else {
            #expect(reach == .yes)
            #expect(judgement.principal(start)?.via.isEmpty == false)
        }
        if case .existing = technique.shape { return }
        let path = judgement.judged.paths.first { $0.source == World.arn(start) && $0.target == "admin:\(World.account)" }
        let names = path?.steps.map(\.technique) ?? []
        #expect(names.contains(id), "\(id): \(names)")
        #expect(judgement.principal(start)?.admin == false)
    }

    @Test(arguments: EscalationCatalogue.techniques.map(\.id))
    func anExplicitDenyElsewhereClosesIt(_ id: String) throws {
        let technique = try #require(EscalationCatalogue.byID[id])
        let judgement = Self.world(technique, .denied).judged()
        #expect(!judgement.techniques(Self.start(technique)).contains(id), "\(id)")
        // A user that may still create the key, or assume the role, has only what that gives.
        #expect(judgement.reach(Self.start(technique)) == .no, "\(id): \(judgement.techniques(Self.start(technique)))")
    }

    @Test(arguments: EscalationCatalogue.techniques.map(\.id))
    func aMissingPrerequisiteClosesIt(_ id: String) throws {
        let technique = try #require(EscalationCatalogue.byID[id])
        let judgement = Self.world(technique, .missing).judged()
        #expect(judgement.techniques(Self.start(technique)).isEmpty, "\(id)")
        #expect(judgement.reach(Self.start(technique)) == .no, "\(id)")
    }

    /// Every step of every scenario starts where the one before ended and cites records of the collection.
    @Test(arguments: EscalationCatalogue.techniques.map(\.id))
    func stepsChainAndCiteRecords(_ id: String) throws {
        let technique = try #require(EscalationCatalogue.byID[id])
        let world = Self.world(technique, .open)
        let records = Set(world.collection.records.map(\.id))
        for path in world.judged().judged.paths {
            #expect(path.steps.first?.from == path.source)
            #expect(path.steps.last?.to == path.target)
            for (step, next) in zip(path.steps, path.steps.dropFirst()) { #expect(step.to == next.from) }
            for step in path.steps {
                #expect(!step.evidence.isEmpty, "\(step)")
                for citation in step.evidence { #expect(records.contains(citation.record), "\(citation.record)") }
            }
        }
    }
}
