import Basics
import FoundationEssentials
import WireProtocol

/// A tenant's rows as they are exported: what they mean, and no secret.
struct TenantRecords: Sendable {
    private struct Person: Encodable {
        var id: UserID
        var email: String
        var role: String
        var environments: [EnvironmentID]?
        var disabledAt: String?
        var signOn: Bool
        var authenticatorApp: Bool
        var passkeys: Int
        var createdAt: String
    }
    private struct Place: Encodable {
        var id: EnvironmentID
        var name: String
        var createdAt: String
    }
    private struct Reader: Encodable {
        var id: AgentID
        var environment: EnvironmentID
        var hostname: String
        var platform: String
        var version: String
        var serial: String
        var revoked: Bool
        var enrolledAt: String
        var lastSeen: String?
    }
    private struct Analysis: Encodable {
        var id: RunID
        var environment: EnvironmentID
        var bundle: BundleID
        var agent: AgentID
        var status: String
        var attempts: Int
        var reason: String?
        var snapshot: String?
        var createdAt: String
        var startedAt: String?
        var endedAt: String?
        var resultSHA256: String?
        var snapshotSHA256: String?
    }
    private struct Rule: Encodable {
        var id: EnrolmentRuleID
        var environment: EnvironmentID
        var method: String
        var roles: AWSRoleCondition?
        var subjects: OpenIDCondition?
        var needsApproval: Bool
        var createdAt: String
    }
    private struct Invitation: Encodable {
        var name: String
        var environment: EnvironmentID
        var terms: EnrolmentTerms
        var createdAt: String
        var expiresAt: String
        var usedAt: String?
        var usedBy: AgentID?
    }
    private struct ProgramKey: Encodable {
        var id: APITokenID
        var account: UserID
        var name: String
        var scopes: [String]
        var environments: [EnvironmentID]?
        var createdAt: String
        var expiresAt: String
        var lastUsed: String?
        var revokedAt: String?
    }
    private struct Provider: Encodable {
        var issuer: String
        var clientID: String
        var hasSecret: Bool
        var roleClaim: String
        var roles: [String: String]
    }
    private struct Wish: Encodable {
        var kind: String
        var subject: String
        var settings: AgentSettings
        var version: UInt64
        var changedAt: String
    }
    private struct Barrier: Encodable {
        var kind: String
        var subject: String
        var since: String
    }
    private struct Visit: Encodable {
        var id: UserID
        var `operator`: String
        var reason: String
        var requestedAt: String
        var approvedBy: String?
        var openedAt: String?
        var endsAt: String?
    }

    /// Each file's name, and what is in it.
    let documents: [(name: String, bytes: [UInt8])]

    init(_ tables: any TenantReading) throws {
        func time(_ date: Date) -> String { date.formatted(.iso8601) }
        let environments = try tables.environments().map { Place(id: $0.id, name: $0.name, createdAt: time($0.createdAt)) }
        let people = try tables.users().map { user in
            Person(
                id: user.id, email: user.email, role: user.role.rawValue, environments: user.environments.exported,
                disabledAt: user.disabledAt.map(time), signOn: user.signOnSubject != nil,
                authenticatorApp: try tables.codeFactor(of: user.id)?.confirmedAt != nil, passkeys: try tables.passkeys(of: user.id).count,
                createdAt: time(user.createdAt))
        }
        let agents = try tables.agents().map {
            Reader(
                id: $0.id, environment: $0.environment, hostname: $0.hostname, platform: $0.platform, version: $0.version,
                serial: $0.serial, revoked: $0.revoked, enrolledAt: time($0.enrolledAt), lastSeen: $0.lastSeen.map(time))
        }
        let runs = try tables.runs(environment: nil, status: nil, limit: .max).map { run in
            let result = try tables.result(of: run.id)
            return Analysis(
                id: run.id, environment: run.environment, bundle: run.bundle, agent: run.agent, status: run.status.rawValue,
                attempts: run.attempts, reason: run.reason, snapshot: run.snapshot, createdAt: time(run.createdAt),
                startedAt: run.startedAt.map(time), endedAt: run.endedAt.map(time),
                resultSHA256: result.map { Hex.encode($0.resultDigest) }, snapshotSHA256: result.map { Hex.encode($0.snapshotDigest) })
        }
        let rules = try tables.enrolmentRules(of: nil).map { rule in
            var exported = Rule(
                id: rule.id, environment: rule.environment, method: rule.methodName, needsApproval: rule.needsApproval,
                createdAt: time(rule.createdAt))
            switch rule.condition {
            case .awsIAM(let condition): exported.roles = condition
            case .openID(let condition): exported.subjects = condition
            }
            return exported
        }
        let invitations = try tables.enrolmentTokens(limit: .max).map {
            Invitation(
                name: $0.name, environment: $0.environment, terms: $0.terms, createdAt: time($0.createdAt), expiresAt: time($0.expiresAt),
                usedAt: $0.usedAt.map(time), usedBy: $0.usedBy)
        }
        let keys = try tables.apiTokens().map {
            ProgramKey(
                id: $0.id, account: $0.account, name: $0.name, scopes: $0.scopes.map(\.rawValue).sorted(),
                environments: $0.environments.exported, createdAt: time($0.createdAt), expiresAt: time($0.expiresAt),
                lastUsed: $0.lastUsed.map(time), revokedAt: $0.revokedAt.map(time))
        }
        let providers = try tables.signOn().map {
            [
                Provider(
                    issuer: $0.issuer, clientID: $0.clientID, hasSecret: $0.wrappedSecret != nil, roleClaim: $0.roleClaim,
                    roles: $0.roles.mapValues(\.rawValue))
            ]
        }
        let scopes =
            try tables.environments().map { SettingsScope.environment($0.id) } + tables.agents().map { SettingsScope.agent($0.id) }
        let wishes = try scopes.compactMap { try tables.settings(for: $0) }.map {
            Wish(
                kind: $0.scope.kind, subject: $0.scope.subject, settings: $0.settings, version: $0.version, changedAt: time($0.changedAt))
        }
        let locks = try tables.locks().map { Barrier(kind: $0.kind.rawValue, subject: $0.subject, since: time($0.since)) }
        let visits = try tables.breakGlass().map {
            Visit(
                id: $0.id, operator: $0.operator, reason: $0.reason, requestedAt: time($0.requestedAt), approvedBy: $0.approvedBy,
                openedAt: $0.openedAt.map(time), endsAt: $0.endsAt.map(time))
        }
        documents = [
            ("environments.json", try WireJSON.encode(environments)), ("users.json", try WireJSON.encode(people)),
            ("agents.json", try WireJSON.encode(agents)), ("runs.json", try WireJSON.encode(runs)),
            ("enrolment-rules.json", try WireJSON.encode(rules)), ("enrolment-tokens.json", try WireJSON.encode(invitations)),
            ("api-tokens.json", try WireJSON.encode(keys)), ("single-sign-on.json", try WireJSON.encode(providers ?? [])),
            ("agent-settings.json", try WireJSON.encode(wishes)), ("locks.json", try WireJSON.encode(locks)),
            ("break-glass.json", try WireJSON.encode(visits)),
        ]
    }
}

extension EnvironmentScope {
    /// The identifiers in order; `nil` for all.
    fileprivate var exported: [EnvironmentID]? { if case .only(let some) = self { some.sorted() } else { nil } }
}
