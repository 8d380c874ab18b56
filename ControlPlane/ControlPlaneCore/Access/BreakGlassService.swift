public import Basics
import FoundationEssentials

/// How the operator's people get into a tenant's data: asked for with a reason and a time, approved by a second one where there are two, on
/// record in the tenant's own log, and visible to the tenant while it lasts and after.
public struct BreakGlassService: Sendable {
    /// Minutes that a visit may last.
    public static let minutes = 5...480
    /// Characters of a reason.
    public static let reasonLength = 10...300
    static let operatorPrefix = "clro_"

    let store: any ControlPlaneStore
    let clock: WallClock

    /// Makes known one of the operator's people; gives what they show themselves with, once.
    public func addOperator(_ name: String) async throws -> Secret<String> {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }) else {
            throw StoreError(.conflict, "a name has 1 to 64 visible ASCII characters without spaces")
        }
        let token = SecretText.token(prefix: Self.operatorPrefix)
        guard let digest = SecretText.digest(of: token, prefix: Self.operatorPrefix) else {
            throw AccessError(.unavailable, "no token can be made")
        }
        let now = clock.now()
        try await store.writeDirectory { try $0.insertOperator(name, digest: digest, at: now) }
        return token
    }

    /// Everybody's names.
    public func operators() async throws -> [String] { try await store.readDirectory { try $0.operators() } }

    private func name(_ token: Secret<String>) async throws -> String {
        guard let digest = SecretText.digest(of: token, prefix: Self.operatorPrefix),
            let name = try await store.readDirectory({ try $0.operatorName(digest: digest) })
        else { throw AccessError(.noSession, "no operator has this token") }
        return name
    }

    /// Asks for a visit.
    public func request(_ tenant: TenantID, reason: String, minutes: Int, by token: Secret<String>) async throws -> BreakGlass {
        let name = try await name(token)
        let shown = DisplayText.safe(reason, limit: Self.reasonLength.upperBound)
        guard Self.minutes.contains(minutes), Self.reasonLength.contains(reason.unicodeScalars.count) else {
            throw StoreError(
                .conflict,
                "a visit lasts \(Self.minutes.lowerBound) to \(Self.minutes.upperBound) minutes and has a reason of "
                    + "\(Self.reasonLength.lowerBound) to \(Self.reasonLength.upperBound) characters")
        }
        let now = clock.now()
        let visit = BreakGlass(id: .random(), operator: name, reason: shown, seconds: minutes * 60, requestedAt: now)
        try await store.write(tenant) { tables in
            try tables.insert(visit)
            try AuditLog.append(
                tables, .breakGlassRequested, by: .operator, on: "visit:\(visit.id)",
                detail: "operator=\(name) minutes=\(minutes) reason=\(shown)",
                at: now)
        }
        return visit
    }

    /// Approves somebody else's visit.
    public func approve(_ id: UserID, of tenant: TenantID, by token: Secret<String>) async throws -> BreakGlass {
        let name = try await name(token)
        let now = clock.now()
        return try await store.write(tenant) { tables in
            guard var visit = try tables.breakGlass().first(where: { $0.id == id }) else { throw StoreError(.notFound, "no such visit") }
            guard visit.operator != name else { throw AccessError(.forbidden, "a second person has to approve it") }
            guard visit.approvedBy == nil, visit.openedAt == nil else { throw StoreError(.conflict, "it was approved or opened already") }
            visit.approvedBy = name
            try tables.update(visit)
            try AuditLog.append(tables, .breakGlassApproved, by: .operator, on: "visit:\(id)", detail: "operator=\(name)", at: now)
            return visit
        }
    }

    /// Opens a visit: a session of an account that is there for this visit alone, and ends with it.
    ///
    /// - Throws: ``AccessError`` `forbidden` without the approval of a second person, unless there is only one.
    public func open(_ id: UserID, of tenant: TenantID, by token: Secret<String>) async throws -> SignedIn {
        let name = try await name(token)
        let isAlone = try await operators().count < 2
        let now = clock.now()
        return try await store.write(tenant) { tables in
            guard var visit = try tables.breakGlass().first(where: { $0.id == id }), visit.operator == name else {
                throw StoreError(.notFound, "no such visit of yours")
            }
            guard visit.openedAt == nil, now.timeIntervalSince(visit.requestedAt) < 86400 else {
                throw StoreError(.conflict, "it was opened already, or asked for more than a day ago: ask again")
            }
            guard visit.approvedBy != nil || isAlone else { throw AccessError(.forbidden, "a second person has to approve it first") }
            let end = now.addingTimeInterval(TimeInterval(visit.seconds))
            (visit.openedAt, visit.endsAt) = (now, end)
            try tables.update(visit)
            let user = User(
                id: id, tenant: tenant, email: "break-glass-\(id)@operator.invalid", role: .securityAnalyst, mustChangePassword: false,
                createdAt: now)
            try tables.insert(user, passwordHash: "")
            try AuditLog.append(
                tables, .breakGlassOpened, by: .operator, on: "visit:\(id)",
                detail:
                    "operator=\(name) approvedBy=\(visit.approvedBy ?? "nobody: there is one operator") ends=\(end.formatted(.iso8601))",
                at: now)
            return try SignInService.open(
                tables, user, stage: .full, proof: .operator, source: "break-glass", endsBy: end, by: .operator, at: now)
        }
    }

    /// Ends a visit before its time.
    public func end(_ id: UserID, of tenant: TenantID) async throws {
        let now = clock.now()
        try await store.write(tenant) { tables in
            guard var visit = try tables.breakGlass().first(where: { $0.id == id }) else { throw StoreError(.notFound, "no such visit") }
            visit.endsAt = min(visit.endsAt ?? now, now)
            try tables.update(visit)
            if var user = try tables.user(id) {
                user.disabledAt = user.disabledAt ?? now
                try tables.update(user)
                try tables.deleteSessions(of: id)
            }
            try AuditLog.append(tables, .breakGlassEnded, by: .operator, on: "visit:\(id)", at: now)
        }
    }

    /// The operator's visits, newest first.
    public func visits(for session: TenantSession) async throws -> [BreakGlass] {
        try session.require(.readAudit)
        return try await store.read(session.tenant.id) { try $0.breakGlass() }
    }
}
