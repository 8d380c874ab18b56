import Basics
import ControlPlaneCore
import FoundationEssentials
import SQLDatabase

/// The run queue's changes. Each is one statement whose condition names the state it needs, so that two workers cannot both win.
extension TenantTables {
    private var own: SQLValue { .id(tenantID) }

    func insert(_ run: Run) throws {
        guard run.tenant == tenantID else { throw StoreError(.corrupt, "a row of another tenant was about to be written") }
        try connection.execute(
            """
            INSERT INTO runs (tenant_id, id, environment_id, bundle_id, agent_id, status, attempts, stage, reason, snapshot, created_at,
                started_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            [
                own, .id(run.id), .id(run.environment), .id(run.bundle), .id(run.agent), .text(run.status.rawValue), .count(run.attempts),
                .text(optional: run.stage), .text(optional: run.reason), .text(optional: run.snapshot), .time(run.createdAt),
                .time(optional: run.startedAt), .time(optional: run.endedAt),
            ])
        if run.status == .queued { directory.queued(run.id, at: run.createdAt) }
    }

    func claim(_ run: RunID, worker: String, now: Date, leaseUntil: Date) throws -> Run? {
        // A suspended tenant's runs wait; the queue looks again now and then.
        guard try tenantState() == .active else {
            directory.waits(run, from: leaseUntil, running: false)
            return nil
        }
        let claimed = try connection.row(
            """
            UPDATE runs SET status = 'running', attempts = attempts + 1, worker = $3, lease_until = $5, stage = NULL,
                started_at = coalesce(started_at, $4)
            WHERE tenant_id = $1 AND id = $2 AND (status = 'queued' OR (status = 'running' AND lease_until < $4))
            RETURNING *
            """, [own, .id(run), .text(worker), .time(now), .time(leaseUntil)])?.run
        if claimed != nil { directory.taken(run, until: leaseUntil) } else { try correct(run) }
        return claimed
    }

    /// The directory led to a run that cannot be had: it was behind, and learns how things are.
    private func correct(_ run: RunID) throws {
        let row = try connection.row(
            "SELECT status, created_at, lease_until FROM runs WHERE tenant_id = $1 AND id = $2", [own, .id(run)])
        switch try row?.text("status") {
        case "queued": directory.waits(run, from: try row?.time("created_at") ?? Date(), running: false)
        case "running": directory.waits(run, from: try row?.optionalTime("lease_until") ?? Date(), running: true)
        default: directory.ended(run)
        }
    }

    func renewLease(of run: RunID, worker: String, until: Date, stage: String?) throws -> Bool {
        let held =
            try connection.execute(
                """
                UPDATE runs SET lease_until = $4, stage = coalesce($5, stage)
                WHERE tenant_id = $1 AND id = $2 AND status = 'running' AND worker = $3
                """, [own, .id(run), .text(worker), .time(until), .text(optional: stage)]) == 1
        if held { directory.taken(run, until: until) }
        return held
    }

    func finish(_ run: Run, worker: String) throws -> Bool {
        let finished =
            try connection.execute(
                """
                UPDATE runs SET status = $4, stage = NULL, reason = $5, snapshot = $6, ended_at = $7, worker = NULL, lease_until = NULL
                WHERE tenant_id = $1 AND id = $2 AND status = 'running' AND worker = $3
                """,
                [
                    own, .id(run.id), .text(worker), .text(run.status.rawValue), .text(optional: run.reason), .text(optional: run.snapshot),
                    .time(optional: run.endedAt),
                ]) == 1
        if finished { directory.ended(run.id) }
        return finished
    }

    func requeue(_ run: Run) throws {
        let changed = try connection.execute(
            """
            UPDATE runs SET status = $3, stage = NULL, reason = $4, ended_at = $5, attempts = $6, worker = NULL, lease_until = NULL
            WHERE tenant_id = $1 AND id = $2 AND status = 'running'
            """,
            [
                own, .id(run.id), .text(run.status.rawValue), .text(optional: run.reason), .time(optional: run.endedAt),
                .count(run.attempts),
            ])
        if changed == 0 || run.status != .queued {
            try correct(run.id)
        } else {
            directory.waits(run.id, from: run.createdAt, running: false)
        }
    }

    func put(_ result: StoredResult) throws {
        try connection.execute("DELETE FROM results WHERE tenant_id = $1 AND run_id = $2", [own, .id(result.run)])
        try connection.execute(
            """
            INSERT INTO results (tenant_id, environment_id, run_id, snapshot, result_digest, result_size, snapshot_digest, snapshot_size,
                created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                own, .id(result.environment), .id(result.run), .text(result.snapshot), .blob(result.resultDigest),
                .count(result.resultSize), .blob(result.snapshotDigest), .count(result.snapshotSize), .time(result.createdAt),
            ])
    }
}
