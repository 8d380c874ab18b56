public import Basics
import Crypto
public import FoundationEssentials
import WireProtocol

/// Suspending, resuming, exporting and deleting tenants, for the operator of the server. Every act is in the tenant's log and in the operator's.
public struct TenantLife: Sendable {
    /// How long a deleted tenant's log is kept at least.
    public static let auditTerm: TimeInterval = 365 * 86_400

    let store: any ControlPlaneStore
    let objects: ObjectFolder
    let audit: AuditService
    let keys: any KeyDestruction
    let clock: WallClock
    private let blocking = BlockingWork()

    /// - Parameter keys: what destroys a tenant's keys outside of the database, if any are there.
    public init(
        store: any ControlPlaneStore, data: DataFolder, audit: AuditService, keys: any KeyDestruction = StoredKeysOnly(),
        clock: WallClock = .system
    ) {
        self.store = store
        objects = data.objects
        self.audit = audit
        self.keys = keys
        self.clock = clock
    }

    /// Shuts a tenant's people and agents out with their next request. Nothing is lost: agents keep what they have and try again.
    public func suspend(_ tenant: Tenant, reason: String) async throws {
        try await change(tenant, to: .suspended, .tenantSuspended, reason)
    }

    /// Lets them in again.
    public func resume(_ tenant: Tenant, reason: String) async throws { try await change(tenant, to: .active, .tenantResumed, reason) }

    private func change(_ tenant: Tenant, to state: Tenant.State, _ act: AuditAct, _ reason: String) async throws {
        let now = clock.now()
        let detail = "reason=\(DisplayText.safe(reason, limit: 200))"
        let changed = try await store.write(tenant.id) { tables -> Bool in
            let before = try tables.tenantState()
            guard before != .deleted else { throw StoreError(.conflict, "the tenant is deleted") }
            guard before != state else { return false }
            try tables.setTenantState(state)
            try AuditLog.append(tables, act, by: .operator, on: "tenant:\(tenant.id)", detail: detail, at: now)
            return true
        }
        if changed { try await note(act, tenant, detail) }
    }

    private func note(_ act: AuditAct, _ tenant: Tenant, _ detail: String) async throws {
        let now = clock.now()
        try await store.write(Tenant.operator.id) {
            try AuditLog.append($0, act, by: .operator, on: "tenant:\(tenant.id)", detail: detail, at: now)
        }
    }

    // MARK: Deleting

    /// What was deleted: the proof that a customer gets.
    public struct Deletion: Sendable, Hashable, Codable {
        /// `cloudryption-deletion/1`.
        public var format: String
        /// Who it was.
        public var tenant: TenantID
        /// What it was called.
        public var name: String
        /// When.
        public var deletedAt: String
        /// Rows removed, by table.
        public var rows: [String: Int]
        /// Bundles, results and snapshots removed.
        public var files: Int
        /// Their bytes.
        public var bytes: Int
        /// Identifiers of the sealing keys whose private halves are gone: what was sealed to them can be opened by nobody.
        public var sealingKeys: [String]
        /// What was done to keys outside of the database.
        public var keyDestruction: String
        /// The last signed checkpoint of the tenant's log, which is kept.
        public var checkpoint: String?
        /// Until when at least.
        public var auditKeptUntil: String
    }

    /// Deletes everything of a tenant but its audit log. Called again after a crash, it goes on where it was.
    ///
    /// - Throws: ``StoreError`` `conflict` while a run is at work.
    public func delete(_ tenant: Tenant, reason: String) async throws -> Deletion {
        let now = clock.now()
        let detail = "reason=\(DisplayText.safe(reason, limit: 200))"
        guard tenant.id != Tenant.operator.id else { throw StoreError(.conflict, "the operator's own log is no tenant") }
        // From this transaction on nobody of the tenant is let in.
        let sealingKeys = try await store.write(tenant.id) { tables -> [String] in
            let atWork = try tables.runs(environment: nil, status: .running, limit: 1)
            guard atWork.isEmpty else { throw StoreError(.conflict, "a run is at work: suspend the tenant and try again when it is done") }
            if try tables.tenantState() != .deleted {
                try tables.setTenantState(.deleted)
                try AuditLog.append(tables, .tenantDeleted, by: .operator, on: "tenant:\(tenant.id)", detail: detail, at: now)
            }
            return try tables.sealingKeys().map(\.id)
        }
        let destroyed = try await keys.destroyKeys(of: tenant.id)
        let rows = try await store.erase(tenant.id)
        let objects = objects
        let removed = try await blocking.run { try objects.removeAll(of: tenant.id) }
        let deletion = Deletion(
            format: "cloudryption-deletion/1", tenant: tenant.id, name: tenant.name, deletedAt: now.formatted(.iso8601), rows: rows,
            files: removed.files, bytes: removed.bytes, sealingKeys: sealingKeys, keyDestruction: destroyed,
            checkpoint: try await audit.checkpoint(of: tenant.id),
            auditKeptUntil: now.addingTimeInterval(Self.auditTerm).formatted(.iso8601))
        let digest = Hex.encode(SHA256.hash(data: try WireJSON.encode(deletion)))
        try await note(.tenantDeleted, tenant, "\(detail) proof=sha256:\(digest)")
        return deletion
    }

    // MARK: Exporting

    private struct Manifest: Encodable {
        struct File: Encodable {
            var name: String
            var bytes: Int
            var sha256: String
        }
        var format = "cloudryption-tenant/1"
        var tenant: TenantID
        var name: String
        var createdAt: String
        var exportedAt: String
        var auditKey: String
        /// What is not there, and why.
        var leftOut = [
            "password hashes, secrets of authenticator apps, recovery codes, passkeys, sessions: they show who somebody is",
            "the secrets of API tokens and enrolment tokens: they are not stored",
            "our secret at the OpenID provider", "private sealing keys: bundles are there as they were sealed",
            "agents' certificates and keys: each is in audit.jsonl, and bundles name the key that they are checked with",
            "uploads that are not complete, answers to repeated requests, sign-ins under way: they live for a day at most",
        ]
        var files: [File]
    }

    /// Writes everything of a tenant to a folder that must not be there yet. Secrets are left out; `manifest.json` says what is in it.
    public func export(_ tenant: Tenant, to folder: String) async throws {
        guard !FileManager.default.fileExists(atPath: folder) else { throw StoreError(.conflict, "\(folder) is there already") }
        let now = clock.now()
        // First on record, then out: an export that is not on record does not happen.
        try await store.write(tenant.id) {
            try AuditLog.append($0, .tenantExported, by: .operator, on: "tenant:\(tenant.id)", at: now)
        }
        try await note(.tenantExported, tenant, "")
        var documents = try await store.read(tenant.id) { try TenantRecords($0) }.documents
        documents.append(("audit.jsonl", try await audit.file(of: tenant.id)))
        let manifest = Manifest(
            tenant: tenant.id, name: tenant.name, createdAt: tenant.createdAt.formatted(.iso8601), exportedAt: now.formatted(.iso8601),
            auditKey: audit.key(of: tenant.id).description, files: [])
        let objects = objects
        try await blocking.run { [documents] in
            try SafeFile.makePrivateFolder(folder)
            var manifest = manifest
            for (name, bytes) in documents {
                try SafeFile.write(bytes, to: "\(folder)/\(name)", mode: 0o600)
                manifest.files.append(.init(name: name, bytes: bytes.count, sha256: Hex.encode(SHA256.hash(data: bytes))))
            }
            for kind in ["bundles", "blocks", "results", "snapshots"] {
                try SafeFile.makePrivateFolder("\(folder)/\(kind)")
                for (path, name) in objects.files(of: tenant.id, kind: kind) where !name.hasSuffix(".part") {
                    try FileManager.default.copyItem(atPath: path, toPath: "\(folder)/\(kind)/\(name)")
                    var (hash, size) = (SHA256(), 0)
                    try ObjectFolder.read("\(folder)/\(kind)/\(name)") {
                        hash.update(data: $0)
                        size += $0.count
                    }
                    manifest.files.append(.init(name: "\(kind)/\(name)", bytes: size, sha256: Hex.encode(hash.finalize())))
                }
            }
            // Last: a folder without it is not a whole export.
            try SafeFile.write(try WireJSON.encode(manifest), to: "\(folder)/manifest.json", mode: 0o600)
        }
    }

    // MARK: Purging

    /// Drops entries that are older than `before` from a tenant's log, but never the last one. Proofs stay: the tree keeps every hash.
    ///
    /// - Throws: ``StoreError`` `conflict` when entries younger than ``auditTerm`` would go.
    /// - Returns: how many went.
    public func purgeAudit(of tenant: Tenant, before: Date) async throws -> Int {
        let now = clock.now()
        guard now.timeIntervalSince(before) >= Self.auditTerm else {
            throw StoreError(.conflict, "the audit log is kept for 365 days: nothing younger is purged")
        }
        try await note(.auditPurged, tenant, "before=\(before.formatted(.iso8601))")
        return try await store.purgeAudit(of: tenant.id, before: before)
    }
}

/// Destroys keys of a tenant that lie outside of the database, such as in a cloud's key service.
public protocol KeyDestruction: Sendable {
    /// Destroys them, or schedules it.
    ///
    /// - Returns: what was done, for the proof of deletion.
    func destroyKeys(of tenant: TenantID) async throws -> String
}

/// For installations whose tenants' keys are all rows of the database, wrapped under the master key: they go with the rows.
public struct StoredKeysOnly: KeyDestruction {
    /// The only one.
    public init() {}
    /// Nothing to do.
    public func destroyKeys(of tenant: TenantID) async throws -> String {
        "private sealing keys were rows of the database, and went with them"
    }
}
