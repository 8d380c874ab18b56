import CloudModel

/// Every technique that the graph knows. A table: adding one is a row here and a folder of scenarios, and touches nothing else.
///
/// Rows stand in order of preference: of two that lead from one principal to the same place, equally sure and likely, the first counts.
public enum EscalationCatalogue {
    /// The techniques.
    public static let techniques: [EscalationTechnique] = identities + machines + containers + builds + analytics + data

    /// The techniques by identifier.
    public static let byID: [String: EscalationTechnique] = Dictionary(techniques.map { ($0.id, $0) }) { first, _ in first }

    /// Services that a role must trust for some technique.
    static let services: Set<String> = Set(
        techniques.flatMap { technique -> [String] in
            switch technique.shape {
            case .passRole(let passing): [passing.service]
            case .takeover(let takeover): takeover.kind.service.map { [$0] } ?? []
            case .cluster: [podService]
            default: []
            }
        }
    ).union(["lambda.amazonaws.com", "ec2.amazonaws.com"])

    /// The service that hands roles to Kubernetes pods.
    static let podService = "pods.eks.amazonaws.com"

    /// The ARN of a resource that an attacker would make, of a text `SERVICE:RESOURCE`, when the policy does not say how it must be called.
    static func newResource(_ text: String, account: String, region: String, partition: String) -> String {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return "*" }
        return "arn:\(partition):\(parts[0]):\(parts[0] == "iam" ? "" : region):\(account):\(parts[1])"
    }
}

extension EscalationTechnique.Passing {
    /// Passing a role that trusts `service`.
    static func to(
        _ service: String, passedTo: [String]? = nil, needs: [Workload.Kind] = [], context: [String: Workload.Kind] = [:],
        never: [String: [String]] = [:], roleNeeds: [String] = [], sourceARN: String? = nil, condition: String? = nil
    ) -> Self {
        Self(
            service: service, passedTo: passedTo ?? [service], needs: needs, context: context, never: never, roleNeeds: roleNeeds,
            sourceARN: sourceARN, condition: condition)
    }
}

extension EscalationTechnique.Takeover {
    /// Taking over something of a kind.
    static func of(
        _ kind: Workload.Kind, only: [String: [String]] = [:], never: [String: [String]] = [:], roleNeeds: [String] = [],
        condition: String? = nil, met: String? = nil
    ) -> Self {
        Self(kind: kind, only: only, never: never, roleNeeds: roleNeeds, condition: condition, met: met)
    }
}

extension Workload.Kind {
    /// The service that a role must trust to be one of such a thing; `nil` where that says nothing.
    var service: String? {
        switch self {
        case .buildProject: "codebuild.amazonaws.com"
        case .deliveryPipeline: "codepipeline.amazonaws.com"
        case .amplifyApp: "amplify.amazonaws.com"
        case .stack, .stackSet: "cloudformation.amazonaws.com"
        case .devEndpoint, .glueJob, .glueSession: "glue.amazonaws.com"
        case .notebook, .studioDomain, .studioProfile: "sagemaker.amazonaws.com"
        case .ecsService, .ecsTask, .taskDefinition, .jobDefinition: "ecs-tasks.amazonaws.com"
        case .appRunnerService: "tasks.apprunner.amazonaws.com"
        case .podIdentity: EscalationCatalogue.podService
        case .codeInterpreter, .browser, .agentRuntime, .harness: "bedrock-agentcore.amazonaws.com"
        case .stateMachine: "states.amazonaws.com"
        case .airflowEnvironment: "airflow-env.amazonaws.com"
        case .streamApplication: "kinesisanalytics.amazonaws.com"
        case .deploymentGroup, .beanstalkEnvironment, .emrCluster, .launchTemplate, .nodegroup: "ec2.amazonaws.com"
        case .anywhereProfile: "rolesanywhere.amazonaws.com"
        case .roleAlias: "credentials.iot.amazonaws.com"
        case .ecsCluster, .containerInstance, .jobQueue, .accessEntry, .emrApplication, .scalingGroup, .managedInstance,
            .parameter, .trustAnchor, .permissionSet:
            nil
        }
    }

    /// What people call it.
    var noun: String {
        switch self {
        case .buildProject: "build project"
        case .deliveryPipeline: "pipeline"
        case .deploymentGroup: "deployment group"
        case .amplifyApp: "Amplify app"
        case .stack: "stack"
        case .stackSet: "stack set"
        case .beanstalkEnvironment: "Elastic Beanstalk environment"
        case .devEndpoint: "Glue development endpoint"
        case .glueJob: "Glue job"
        case .glueSession: "Glue session"
        case .notebook: "notebook"
        case .studioDomain: "SageMaker domain"
        case .studioProfile: "SageMaker user profile"
        case .ecsCluster: "ECS cluster"
        case .containerInstance: "container instance"
        case .ecsService: "ECS service"
        case .ecsTask: "ECS task"
        case .taskDefinition: "task definition"
        case .appRunnerService: "App Runner service"
        case .jobQueue: "job queue"
        case .jobDefinition: "job definition"
        case .nodegroup: "node group"
        case .podIdentity: "pod identity"
        case .accessEntry: "access entry"
        case .codeInterpreter: "code interpreter"
        case .browser: "browser"
        case .agentRuntime: "agent runtime"
        case .harness: "agent harness"
        case .stateMachine: "state machine"
        case .airflowEnvironment: "Airflow environment"
        case .emrCluster: "EMR cluster"
        case .emrApplication: "EMR application"
        case .streamApplication: "stream application"
        case .launchTemplate: "launch template"
        case .scalingGroup: "scaling group"
        case .managedInstance: "managed instance"
        case .parameter: "parameter"
        case .trustAnchor: "trust anchor"
        case .anywhereProfile: "Roles Anywhere profile"
        case .roleAlias: "role alias"
        case .permissionSet: "permission set"
        }
    }
}

/// How techniques are closed, where many are closed alike.
enum Close {
    static func passing(_ service: String) -> String {
        "Bind iam:PassRole to the roles that are meant to be passed, with iam:PassedToService \(service)."
    }
    static func takeover(_ kind: Workload.Kind) -> String {
        "Allow it only on such things whose role may do no more than who works on them, or give the \(kind.noun) a weaker role."
    }
    static let policies = "Allow writing and attaching policies only under a permissions boundary (iam:PermissionsBoundary)."
    static let credentials = "Allow changes of credentials only on the user's own (arn:aws:iam::*:user/${aws:username})."
    static let group = "Allow changes of memberships only to who administers users."
    static let trust = "Allow iam:UpdateAssumeRolePolicy to nobody but who administers roles."
    static let assume = "Name in the trust policy who is meant to assume the role."
    static let function = "Allow changes of a function only to its pipeline, and give it a weaker role."
    static let instance = "Allow it only on instances by tag, and give them a weaker role."
    static let code = "Let only the pipeline write where code is read from."
    static let permissionSets = "Administer Identity Center from an account of its own, and allow changes only there."
}
