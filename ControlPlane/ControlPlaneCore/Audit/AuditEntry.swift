public import Basics
public import FoundationEssentials

/// Who did something.
public enum AuditActor: Sendable, Hashable {
    /// A person who signed in.
    case user(UserID)
    /// A service account's program with this token.
    case token(APITokenID)
    /// An agent with its certificate.
    case agent(AgentID)
    /// An operator at the server's command line.
    case `operator`
    /// The control plane by itself.
    case system
    /// Somebody who is not signed in.
    case anonymous

    /// `user:ID`, `token:ID`, `agent:ID`, `operator`, `system` or `anonymous`.
    public var text: String {
        switch self {
        case .user(let id): "user:\(id)"
        case .token(let id): "token:\(id)"
        case .agent(let id): "agent:\(id)"
        case .operator: "operator"
        case .system: "system"
        case .anonymous: "anonymous"
        }
    }
}

/// What was done: the closed list.
public enum AuditAct: String, Sendable, Hashable, CaseIterable {
    case tenantCreated, environmentCreated, userCreated, passwordChanged
    case signedIn, signInFailed, signedOut, accountLocked, steppedUp, sessionRevoked
    case secondFactorEnrolled, secondFactorRemoved, secondFactorFailed, recoveryCodesMade, recoveryCodeUsed, passkeyAdded, passkeyRemoved
    case userChanged, userDisabled, userEnabled, tokenCreated, tokenRevoked
    case signOnConfigured, signOnRemoved, signOnFailed
    case breakGlassRequested, breakGlassApproved, breakGlassOpened, breakGlassEnded
    case enrolmentTokenIssued, enrolmentRefused, agentEnrolled, certificateIssued, certificateRenewed, agentRevoked
    case agentApproved, agentQuarantined, agentReleased, agentRenewalWanted, copiedKeyNoticed, bundleReleased, agentConfigured
    case enrolmentTokenExpired, enrolmentRuleMade, enrolmentRuleDropped, lockSet, lockLifted
    case uploadOpened, bundleAccepted, bundleRefused
    case runStarted, runSucceeded, runRetried, runFailed
    case sealingKeyCreated
    case tenantSuspended, tenantResumed, tenantExported, tenantDeleted, auditExported, auditPurged, masterKeyReplaced
}

/// One line of a tenant's audit log.
public struct AuditEntry: Sendable, Hashable {
    /// Whose log.
    public var tenant: TenantID
    /// Position in the log, from 1, without gaps.
    public var index: UInt64
    /// When.
    public var time: Date
    /// Who, as ``AuditActor/text``.
    public var actor: String
    /// What.
    public var act: String
    /// On what: an identifier such as `run:…`; never foreign text.
    public var subject: String
    /// `ok`, or the refusal's full code.
    public var outcome: String
    /// More, as `name=value` pairs of ours. Never a secret.
    public var detail: String
    /// SHA-256 over the entry before and this one's content, 32 bytes; see ``AuditLog``.
    public var hash: [UInt8]
    /// An entry of these parts.
    public init(
        tenant: TenantID, index: UInt64, time: Date, actor: String, act: String, subject: String, outcome: String, detail: String,
        hash: [UInt8]
    ) {
        self.tenant = tenant
        self.index = index
        self.time = time
        self.actor = actor
        self.act = act
        self.subject = subject
        self.outcome = outcome
        self.detail = detail
        self.hash = hash
    }
}
