import CloudModel

/// Workloads that AWS runs, and whose rights their code has.
extension GraphBuilder {
    func addManagedWorkloads() {
        let definitions = Dictionary(
            snapshot.workloads.filter { $0.kind == .taskDefinition }.map { ($0.arn, $0.evidence) }, uniquingKeysWith: { first, _ in first })
        for item in snapshot.workloads where item.kind.runsCode {
            guard let from = draft.places[item.arn] else { continue }
            for role in item.roles {
                guard let to = draft.places[role] else { continue }
                var proof = Proof()
                proof.cite(permissions.citation(item.evidence))
                // Containers have the role that their definition says.
                proof.cite(item["definition"].flatMap { definitions[$0] }.map { permissions.citation($0) })
                let takeover = weaknesses.takeover(item.arn, base: Likelihood.codeInWorkload)
                draft.edge(
                    from, to, "workload-role", likelihood: takeover.likelihood, proof: proof, via: [item.arn],
                    why: "Code in \(item.kind.noun) \(item.name) has the rights of role \(draft.nodes[to].name).\(takeover.words)")
            }
        }
    }
}

extension Workload.Kind {
    /// Whether code of its own runs with its roles.
    var runsCode: Bool {
        switch self {
        case .ecsService, .ecsTask, .appRunnerService, .buildProject, .notebook, .glueJob, .devEndpoint, .airflowEnvironment, .agentRuntime,
            .emrCluster, .streamApplication:
            true
        default: false
        }
    }
}
