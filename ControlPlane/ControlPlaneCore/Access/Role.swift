/// What a person or a service account may be in a tenant. One each.
public enum Role: String, Sendable, Hashable, CaseIterable, Codable {
    case tenantAdmin, securityAdmin, securityAnalyst, viewer, auditor, serviceAccount
}

/// One kind of act. Every service asks for exactly one of them before it does anything.
public enum Permission: String, Sendable, Hashable, CaseIterable, Codable {
    /// Findings, paths, plans, runs and environments.
    case readResults
    /// Asking for an analysis.
    case startRuns
    /// The fleet: which agents there are and how they are.
    case readAgents
    /// Enrolment tokens, revocation.
    case manageAgents
    /// Making environments, changing settings.
    case manageEnvironments
    /// Who has which role, and which sessions are open.
    case readUsers
    /// People, roles, service accounts; their sessions and second factors.
    case manageUsers
    /// API tokens of service accounts.
    case manageTokens
    /// Single sign-on.
    case manageSignOn
    /// The audit log, and when the operator was here.
    case readAudit
}

extension Permission {
    /// Whether it can be granted in some environments only. The others are about the tenant as a whole, and somebody who is confined to some
    /// environments never has them.
    public var isPerEnvironment: Bool {
        switch self {
        case .readResults, .startRuns, .readAgents, .manageAgents: true
        case .manageEnvironments, .readUsers, .manageUsers, .manageTokens, .manageSignOn, .readAudit: false
        }
    }
}

extension Role {
    /// The whole permission matrix. Whatever is not named here is denied.
    public var permissions: Set<Permission> {
        switch self {
        case .tenantAdmin:
            [
                .readResults, .startRuns, .readAgents, .manageAgents, .manageEnvironments, .readUsers, .manageUsers, .manageTokens,
                .manageSignOn, .readAudit,
            ]
        case .securityAdmin:
            [.readResults, .startRuns, .readAgents, .manageAgents, .manageEnvironments, .readUsers, .manageTokens, .readAudit]
        case .securityAnalyst:
            [.readResults, .startRuns, .readAgents]
        case .viewer:
            [.readResults]
        case .auditor:
            [.readResults, .readAgents, .readUsers, .readAudit]
        // What a token can be given at most.
        case .serviceAccount:
            [.readResults, .startRuns, .readAgents, .readAudit]
        }
    }

    /// Whether this role may do `act`.
    public func allows(_ act: Permission) -> Bool { permissions.contains(act) }

    /// Whether a password alone is not enough for it.
    public var needsSecondFactor: Bool { self == .tenantAdmin || self == .securityAdmin }

    /// Whether a person can have it.
    public var isPersonal: Bool { self != .serviceAccount }

    /// What people call it.
    public var title: String {
        switch self {
        case .tenantAdmin: "Tenant Admin"
        case .securityAdmin: "Security Admin"
        case .securityAnalyst: "Security Analyst"
        case .viewer: "Viewer"
        case .auditor: "Auditor"
        case .serviceAccount: "Service Account"
        }
    }
}
