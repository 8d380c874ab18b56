/// Something that runs with the rights of a role, or that decides what does: a build project, a stack, a task, a notebook.
///
/// One shape for all of them: what the analysis asks is the same, which role it is, and what must be allowed to make it do something else.
public struct Workload: Sendable, Hashable {
    /// What it is. The text is the kind of resource in the snapshot's tables.
    public enum Kind: String, Sendable, CaseIterable {
        case buildProject, deliveryPipeline, deploymentGroup, amplifyApp
        case stack, stackSet, beanstalkEnvironment
        case devEndpoint, glueJob, glueSession
        case notebook, studioDomain, studioProfile
        case ecsCluster, containerInstance, ecsService, ecsTask, taskDefinition
        case appRunnerService, jobQueue, jobDefinition
        case nodegroup, podIdentity, accessEntry
        case codeInterpreter, browser, agentRuntime, harness
        case stateMachine, airflowEnvironment
        case emrCluster, emrApplication, streamApplication
        case launchTemplate, scalingGroup
        case managedInstance, parameter
        case trustAnchor, anywhereProfile, roleAlias, permissionSet
    }
    /// What it is.
    public var kind: Kind
    /// Its ARN.
    public var arn: String
    /// Its name.
    public var name: String
    /// Account.
    public var account: String
    /// Region.
    public var region: String
    /// ARNs of the roles that whoever controls it gets; none where it has none.
    public var roles: [String]
    /// Whether ``roles`` is known (an empty list then means none).
    public var rolesKnown: Bool
    /// What else the analysis asks of it, by name: its state, where its code lies, what it belongs to.
    public var attributes: [String: [String]]
    /// Tags.
    public var tags: [String: String]
    /// Where it was read.
    public var evidence: Evidence
    /// A workload of which nothing else is known yet.
    public init(kind: Kind, arn: String, name: String, account: String, region: String, evidence: Evidence) {
        self.kind = kind
        self.arn = arn
        self.name = name
        self.account = account
        self.region = region
        roles = []
        rolesKnown = false
        attributes = [:]
        tags = [:]
        self.evidence = evidence
    }
    /// The first value of an attribute.
    public subscript(name: String) -> String? { attributes[name]?.first }
}
