/// What a person or a service account may be in a tenant. One each.
public enum Role: String, Sendable, Hashable, CaseIterable, Codable {
    case tenantAdmin, securityAdmin, securityAnalyst, viewer, auditor, serviceAccount
}

/// One kind of act. Every service asks for exactly one of them before it does anything.
public enum Permission: String, Sendable, Hashable, CaseIterable {
    /// Findings, paths, plans, runs and environments.
    case readResults
    /// The fleet: which agents there are and how they are.
    case readAgents
    /// Enrolment tokens, revocation.
    case manageAgents
    /// Making environments, changing settings.
    case manageEnvironments
    /// People, roles, service accounts.
    case manageUsers
    /// The audit log.
    case readAudit
    /// Asking for an analysis.
    case startRuns
}

extension Role {
    /// The whole permission matrix. Whatever is not named here is denied.
    public var permissions: Set<Permission> {
        switch self {
        case .tenantAdmin:
            [.readResults, .readAgents, .manageAgents, .manageEnvironments, .manageUsers, .readAudit, .startRuns]
        case .securityAdmin:
            [.readResults, .readAgents, .manageAgents, .manageEnvironments, .readAudit, .startRuns]
        case .securityAnalyst:
            [.readResults, .readAgents, .startRuns]
        case .viewer:
            [.readResults]
        case .auditor:
            [.readResults, .readAgents, .readAudit]
        case .serviceAccount:
            [.readResults, .readAgents]
        }
    }

    /// Whether this role may do `act`.
    public func allows(_ act: Permission) -> Bool { permissions.contains(act) }
}
