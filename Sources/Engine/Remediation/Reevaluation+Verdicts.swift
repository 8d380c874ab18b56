import CloudModel

extension Reevaluation {
    /// What controls say after the edits and did not before.
    ///
    /// - Parameter scratch: a folder for files that are removed again.
    func verdicts(after edits: [Edit], scratch: String) throws -> [WhatIf.Verdict] {
        try with(edits) { snapshot, _, touched in
            let after = ChangedVerdicts.Side(snapshot: snapshot, exposures: exposures(after: edits, touched))
            return try verdicts.verdicts(after: after, changed: changed(by: edits, touched), scratch: scratch)
        }
    }

    /// The names of the principals and resources that are others after the edits.
    func changed(by edits: [Edit], _ touched: Touched) -> Set<String> {
        var names = Set(touched.principals.union(touched.trusts).map { base.snapshot.principals[$0].arn })
        for edit in edits {
            switch edit.scope {
            case .principal, .managed, .trust, .account: break
            case .exposure(let group): names.formUnion((index.securityGroups[group] ?? []).map { base.snapshot.securityGroups[$0].arn })
            case .resource(let arn), .workload(let arn): names.insert(arn)
            }
        }
        return names
    }
}
