public import Basics
import FoundationEssentials
public import ServiceLifecycle
public import WireProtocol

/// Signs checkpoints of the logs, and gives out what proves them.
public struct AuditService: Sendable {
    /// A new entry is under a signed checkpoint after this long at the latest, and a moment.
    public static let interval: Duration = .seconds(30)
    /// Most entries of one page of an export.
    public static let pageLimit = 1000
    /// Most earlier checkpoints of an export.
    static let earlierLimit = 100

    let store: any ControlPlaneStore
    let signer: AuditSigner
    let clock: WallClock

    /// A service over a store's logs, signing with this key.
    public init(store: any ControlPlaneStore, key: AuditSigningKey, clock: WallClock = .system) {
        self.store = store
        self.clock = clock
        signer = AuditSigner(key.key)
    }

    /// With which a tenant's checkpoints are checked.
    public func key(of tenant: TenantID) -> AuditKey { signer.verifier(of: AuditCheckpoint.origin(of: tenant)) }

    /// The newest checkpoint of a tenant's log, over every entry that there is now: a signed note; `nil` for an empty log.
    public func checkpoint(of tenant: TenantID) async throws -> String? {
        let known = try await store.read(tenant) { (try $0.lastAuditEntry()?.index ?? 0, try $0.auditCheckpoints(limit: 1).first) }
        if let newest = known.1, newest.size >= known.0 { return newest.note }
        return try await store.write(tenant) { try sign($0)?.note }
    }

    /// ``checkpoint(of:)`` of a caller's own log, and the key that it is checked with.
    public func checkpoint(for session: TenantSession) async throws -> (key: String, note: String?) {
        try session.require(.readAudit)
        return (key(of: session.tenant.id).description, try await checkpoint(of: session.tenant.id))
    }

    /// Signs the log as it is. What an earlier checkpoint said must still be its beginning: a log that was changed is never signed.
    @discardableResult func sign(_ tables: any TenantWriting) throws -> StoredCheckpoint? {
        guard let last = try tables.lastAuditEntry() else { return nil }
        let newest = try tables.auditCheckpoints(limit: 1).first
        if let newest, newest.size == last.index { return newest }
        let size = try tables.auditTreeSize()
        guard size == last.index else { throw StoreError(.corrupt, "the audit log and the tree over it are not of one length") }
        if let newest {
            guard newest.size < size, try MerkleTree.root(size: newest.size, tables.nodes()) == newest.root else {
                throw StoreError(.corrupt, "the audit log is not what was signed before")
            }
        }
        let checkpoint = AuditCheckpoint(
            origin: AuditCheckpoint.origin(of: tables.tenantID), size: size, root: try MerkleTree.root(size: size, tables.nodes()))
        let stored = StoredCheckpoint(size: size, time: clock.now(), root: checkpoint.root, note: try signer.sign(checkpoint))
        try tables.insert(stored)
        return stored
    }

    /// Entries of a caller's own log as an export: a head and entries with proofs, at most ``pageLimit``; the last page has the earlier
    /// checkpoints behind them. Pages of one export stand under one checkpoint.
    ///
    /// - Parameters:
    ///   - after: the entry before the first one.
    ///   - size: the checkpoint's size, from the page before; `nil` signs one over everything.
    public func export(after: UInt64, size: UInt64?, limit: Int = pageLimit, for session: TenantSession) async throws -> AuditExportPage {
        try session.require(.readAudit)
        if size == nil {
            // What leaves is on record, and in the export itself.
            let now = clock.now()
            try await store.write(session.tenant.id) {
                try AuditLog.append(
                    $0, .auditExported, by: session.actor, on: "tenant:\(session.tenant.id)", detail: "after=\(after)", at: now)
            }
        }
        return try await export(of: session.tenant.id, after: after, size: size, limit: limit)
    }

    /// ``export(after:size:limit:for:)`` for the operator at the server's command line.
    public func export(of tenant: TenantID, after: UInt64, size: UInt64?, limit: Int = pageLimit) async throws -> AuditExportPage {
        if size == nil { _ = try await checkpoint(of: tenant) }
        let key = key(of: tenant)
        return try await store.read(tenant) { tables in
            let all = try tables.auditCheckpoints(limit: Self.earlierLimit)
            guard let head = size == nil ? all.first : all.first(where: { $0.size == size }) else {
                throw StoreError(.notFound, "there is no such checkpoint of the audit log: begin the export anew")
            }
            let nodes = tables.nodes()
            let entries = try tables.auditEntries(after: after, limit: min(max(limit, 1), Self.pageLimit)).filter { $0.index <= head.size }
            var lines: [[UInt8]] = []
            for entry in entries {
                let proof = try MerkleTree.inclusion(of: entry.index - 1, in: head.size, nodes)
                lines.append(try AuditExport.line(entry.record(proof: proof)))
            }
            let last = entries.last?.index ?? after
            if last >= head.size {
                for earlier in all where earlier.size < head.size {
                    let proof = try MerkleTree.consistency(from: earlier.size, to: head.size, nodes)
                    lines.append(try AuditExport.line(AuditExport.Earlier(earlier: earlier.note, proof: proof)))
                }
            }
            let first = try AuditExport.line(
                AuditExport.Head(tenant: tenant, key: key.description, after: after, checkpoint: head.note))
            return AuditExportPage(key: key.description, head: first, lines: lines, last: last, size: head.size)
        }
    }

    /// The newest checkpoint for a witness that holds one of `since` entries, and what shows that the log only grew; `nil` while there is none.
    public func word(for tenant: TenantID, since: UInt64?) async throws -> AuditWord? {
        let key = key(of: tenant).description
        return try await store.read(tenant) { tables in
            guard let newest = try tables.auditCheckpoints(limit: 1).first else { return nil }
            // Whoever holds more than there is gets no proof, and knows that entries are gone.
            let since = since ?? 0
            let proof = since < newest.size ? try MerkleTree.consistency(from: since, to: newest.size, tables.nodes()) : []
            return AuditWord(
                key: key, checkpoint: newest.note, since: since, proof: proof.map { Data($0).base64EncodedString() })
        }
    }

    /// A whole export in memory, for the operator.
    public func file(of tenant: TenantID, after: UInt64 = 0) async throws -> [UInt8] {
        var page = try await export(of: tenant, after: after, size: nil)
        var bytes = page.head + page.lines.joined()
        while page.last < page.size {
            let next = try await export(of: tenant, after: page.last, size: page.size)
            guard next.last > page.last else { throw StoreError(.corrupt, "entry \(page.last + 1) of the audit log is missing") }
            bytes += next.lines.joined()
            page = next
        }
        return bytes
    }

    /// Signs every log that has entries under no checkpoint. `fresh` looks only at those to which this program wrote.
    ///
    /// - Returns: what went wrong, by tenant.
    public func signAll(fresh: Bool) async -> [(tenant: TenantID, reason: String)] {
        var failures: [(tenant: TenantID, reason: String)] = []
        do {
            let waiting = store.takeTenantsWithFreshEntries()
            let tenants = fresh ? Array(waiting) : try await store.readDirectory { try $0.tenants().map(\.id) } + [Tenant.operator.id]
            for tenant in tenants {
                do { _ = try await checkpoint(of: tenant) } catch {
                    failures.append((tenant, (error as? any CodedError)?.description ?? "\(type(of: error))"))
                }
            }
        } catch {
            failures.append((Tenant.operator.id, (error as? any CodedError)?.description ?? "\(type(of: error))"))
        }
        return failures
    }
}

/// A page of an export.
public struct AuditExportPage: Sendable {
    /// The log's public key.
    public var key: String
    /// The first line of the file: of the first page's is taken, and of the others passed over.
    public var head: [UInt8]
    /// The lines that follow.
    public var lines: [[UInt8]]
    /// The last entry of this page.
    public var last: UInt64
    /// The entry with which the export ends.
    public var size: UInt64
}

/// Signs checkpoints while a program runs.
public struct AuditSigning: Service {
    let audit: AuditService
    let report: @Sendable (TenantID, String) -> Void

    /// - Parameter report: hears of logs that could not be signed: for an operator to look at once.
    public init(_ audit: AuditService, report: @escaping @Sendable (TenantID, String) -> Void) {
        self.audit = audit
        self.report = report
    }

    /// Works until told to stop, and signs a last time.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var all = true
            while !Task.isCancelled {
                for failure in await audit.signAll(fresh: !all) { report(failure.tenant, failure.reason) }
                all = false
                try? await Task.sleep(for: AuditService.interval)
            }
        }
        for failure in await Task(operation: { await audit.signAll(fresh: true) }).value { report(failure.tenant, failure.reason) }
    }
}
