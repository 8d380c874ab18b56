import CloudModel
import SnapshotStore

/// Tells what changes of an evaluated account do.
final class WhatIfTrials {
    private let base: Evaluation
    private let judged: Evaluation.Judged
    private let trials: Trials
    private let effects: Effects
    private let loss: AccessLoss
    private let told: WhatIf.Told

    init(_ reevaluation: Reevaluation, _ judged: Evaluation.Judged) {
        base = reevaluation.base
        self.judged = judged
        trials = Trials(reevaluation)
        effects = Effects(trials, judged.found, strongest: judged.strongest)
        loss = AccessLoss(base.snapshot)
        told = Self.told(base, judged)
    }

    private static func told(_ evaluation: Evaluation, _ judged: Evaluation.Judged) -> WhatIf.Told {
        let exposure = judged.strongest.values.reduce(0) { $0 + Effects.hundredths($1.score) }
        return WhatIf.Told(
            graph: evaluation.graph, paths: judged.paths.map(WhatIf.Path.init), whole: { judged.paths[$0] }, exposure: exposure)
    }

    /// What changes when edits of candidates are made.
    ///
    /// Steps of the principals, networks and workloads that they concern are evaluated again; paths are looked for again to the targets of
    /// which a way may be another one then; controls judge what is another thing then.
    func whatIf(_ edits: [Edit], scratch: String) throws -> WhatIf {
        // With something compromised nodes may stand elsewhere after changes.
        guard base.premises.compromised.isEmpty else { return try whatIf(afterAny: edits, scratch: scratch) }
        let graph = trials.graph(after: edits)
        let affected = effects.affected(graph)
        let finder = AttackPathFinder(graph)
        var search = StrongestPaths(graph)
        let (found, scores) = finder.paths(like: judged.found, of: base.graph, affected: affected, &search)
        let paths = found.map { one in one.place.map { told.paths[$0] } ?? WhatIf.Path(finder.path(one.found)) }
        let whole = { [judged] place in found[place].place.map { judged.paths[$0] } ?? finder.path(found[place].found) }
        let exposure = scores.reduce(told.exposure) { sum, one in
            sum + Effects.hundredths(one.value) - Effects.hundredths(judged.strongest[one.key]?.score ?? 0)
        }
        let verdicts = try trials.reevaluation.verdicts(after: edits, scratch: scratch)
        return WhatIf(
            told, .init(graph: graph, paths: paths, whole: whole, exposure: exposure), same: found.map(\.place), verdicts,
            loss.accesses(edits))
    }

    /// What changes when edits are made, whatever they do.
    func whatIf(afterAny edits: [Edit], scratch: String) throws -> WhatIf {
        try whatIf(base.again(Patch.snapshot(base.snapshot, edits)), loss.accesses(edits), scratch: scratch)
    }

    /// What changes when the account is another one.
    func whatIf(_ other: Evaluation, _ accesses: [Fix.Access], scratch: String) throws -> WhatIf {
        func findings(_ evaluation: Evaluation, _ name: String) throws -> [Finding] {
            try evaluation.writeSnapshot(to: scratch + name, digest: SnapshotDigest.of(evaluation.snapshot))
            return try ControlRunner.run(try SnapshotDatabase(path: scratch + name)).findings
        }
        let verdicts = WhatIf.verdicts(try findings(base, "/before.sqlite"), try findings(other, "/after.sqlite"))
        let later = Self.told(other, other.judged())
        return WhatIf(told, later, same: later.paths.map { _ in nil }, verdicts, accesses)
    }
}
