import CloudModel

/// The snapshot's workloads by kind and account, and which kinds may have more than were read.
struct WorkloadIndex {
    private struct Key: Hashable {
        var kind: Workload.Kind
        var account: String
    }
    private var byKey: [Key: [Workload]] = [:]
    /// Instances that Systems Manager knows, by account and identifier.
    private var managed: [String: [String: Workload]] = [:]
    /// Calls that did not bring an answer, by account; those of no account in particular under an empty name.
    private var unanswered: [String: Set<String>] = [:]

    /// Of these, the ones that were tried.
    private var refused: [String: Set<String>] = [:]

    /// States in which a thing does nothing any more.
    private static let gone: Set<String> = [
        "DELETED", "DELETING", "DELETE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "INACTIVE", "TERMINATED", "TERMINATING",
        "TERMINATED_WITH_ERRORS", "DISABLED", "Deleting", "Deleted", "Terminated", "Terminating", "STOPPED", "DEREGISTERING",
    ]

    /// Whether a thing in that state does nothing any more.
    static func isGone(_ status: String?) -> Bool { status.map(gone.contains) ?? false }

    init(_ snapshot: CloudSnapshot) {
        for workload in snapshot.workloads {
            if Self.isGone(workload["status"]), workload.kind != .notebook { continue }
            if workload["enabled"] == "false" { continue }
            byKey[Key(kind: workload.kind, account: workload.account), default: []].append(workload)
            if workload.kind == .managedInstance, managed[workload.account]?[workload.name] == nil {
                managed[workload.account, default: [:]][workload.name] = workload
            }
        }
        for entry in snapshot.coverage {
            switch entry.outcome {
            case .collected, .unavailable, .unknownOperation: continue
            default:
                let call = "\(entry.service).\(entry.operation)"
                unanswered[entry.account ?? "", default: []].insert(call)
                if entry.outcome != .notCollected { refused[entry.account ?? "", default: []].insert(call) }
            }
        }
    }

    /// Everything of a kind in an account.
    func all(_ kind: Workload.Kind, _ account: String) -> [Workload] { byKey[Key(kind: kind, account: account)] ?? [] }

    /// What Systems Manager says of an instance; `nil` when it does not know it.
    func managedInstance(_ id: String, _ account: String) -> Workload? { managed[account]?[id] }

    /// Whether the account may have more of a kind.
    func isMissing(_ kind: Workload.Kind, _ account: String) -> Bool {
        (WorkloadSource.listings[kind] ?? []).contains { isMissing($0, account) }
    }

    /// Whether somebody tried to read a kind there, and could not.
    func wasRefused(_ kind: Workload.Kind, _ account: String) -> Bool {
        (WorkloadSource.listings[kind] ?? []).contains { refused[account]?.contains($0) ?? false || refused[""]?.contains($0) ?? false }
    }

    /// Whether a call, written `SERVICE.OPERATION`, did not bring an answer somewhere in the account.
    func isMissing(_ call: String, _ account: String) -> Bool {
        unanswered[account]?.contains(call) ?? false || unanswered[""]?.contains(call) ?? false
    }
}

extension Workload.Kind {
    /// `SERVICE:RESOURCE` of one that nobody knows.
    var sample: String {
        switch self {
        case .buildProject: "codebuild:project/example"
        case .deliveryPipeline: "codepipeline:example"
        case .deploymentGroup: "codedeploy:deploymentgroup:example/example"
        case .amplifyApp: "amplify:apps/example"
        case .stack: "cloudformation:stack/example/0123"
        case .stackSet: "cloudformation:stackset/example:0123"
        case .beanstalkEnvironment: "elasticbeanstalk:environment/example/example"
        case .devEndpoint: "glue:devEndpoint/example"
        case .glueJob: "glue:job/example"
        case .glueSession: "glue:session/example"
        case .notebook: "sagemaker:notebook-instance/example"
        case .studioDomain: "sagemaker:domain/d-example"
        case .studioProfile: "sagemaker:user-profile/d-example/example"
        case .ecsCluster: "ecs:cluster/example"
        case .containerInstance: "ecs:container-instance/example/0123"
        case .ecsService: "ecs:service/example/example"
        case .ecsTask: "ecs:task/example/0123"
        case .taskDefinition: "ecs:task-definition/example:1"
        case .appRunnerService: "apprunner:service/example/0123456789abcdef0123456789abcdef"
        case .jobQueue: "batch:job-queue/example"
        case .jobDefinition: "batch:job-definition/example:1"
        case .nodegroup: "eks:nodegroup/example/example/0123"
        case .podIdentity: "eks:podidentityassociation/example/a-0123"
        case .accessEntry: "eks:access-entry/example/role/111122223333/example/0123"
        case .codeInterpreter: "bedrock-agentcore:code-interpreter-custom/example"
        case .browser: "bedrock-agentcore:browser-custom/example"
        case .agentRuntime: "bedrock-agentcore:runtime/example"
        case .harness: "bedrock-agentcore:harness/example"
        case .stateMachine: "states:stateMachine:example"
        case .airflowEnvironment: "airflow:environment/example"
        case .emrCluster: "elasticmapreduce:cluster/j-EXAMPLE"
        case .emrApplication: "emr-serverless:/applications/example"
        case .streamApplication: "kinesisanalytics:application/example"
        case .launchTemplate: "ec2:launch-template/lt-0123456789abcdef0"
        case .scalingGroup: "autoscaling:autoScalingGroup:0123:autoScalingGroupName/example"
        case .managedInstance: "ec2:instance/i-0123456789abcdef0"
        case .parameter: "ssm:parameter/example"
        case .trustAnchor: "rolesanywhere:trust-anchor/0123"
        case .anywhereProfile: "rolesanywhere:profile/0123"
        case .roleAlias: "iot:rolealias/example"
        case .permissionSet: "sso:permissionSet/ssoins-0123/ps-0123"
        }
    }
}
