public import CloudModel

/// One way to get rights that one was not given, as a row of the catalogue.
///
/// Identifiers with a number are pathfinding.cloud's (`shared` list of December 2025, and what was added there since); the others are ours.
/// A technique applies when every required action is allowed on the resource its ``Slot`` names and the prerequisites of its ``Shape`` hold.
public struct EscalationTechnique: Sendable, Hashable {
    /// Who described it first, or where it is described best.
    public enum Source: String, Sendable, CaseIterable {
        /// DataDog's library of paths.
        case pathfinding = "pathfinding.cloud"
        /// Rhino Security Labs, "AWS IAM Privilege Escalation – Methods and Mitigation".
        case rhino = "rhinosecuritylabs.com"
        /// Nick Frichette and others.
        case hackingTheCloud = "hackingthe.cloud"
        /// HackTricks Cloud.
        case hackTricks = "cloud.hacktricks.wiki"
        /// NCC Group's PMapper.
        case pmapper = "github.com/nccgroup/PMapper"
        /// Salesforce's Cloudsplaining.
        case cloudsplaining = "github.com/salesforce/cloudsplaining"
        /// DataDog's Stratus Red Team.
        case stratus = "stratus-red-team.cloud"
        /// AWS's own documentation, read the other way round.
        case aws = "docs.aws.amazon.com"
    }
    /// On which resource an action must be allowed.
    public enum Slot: Sendable, Hashable {
        /// The role, user, function, instance or other thing that the technique is about.
        case target
        /// A customer-managed policy that is attached to the one who gains.
        case policy
        /// A resource that the attacker makes and may name as the policy likes, written `SERVICE:RESOURCE`; every action on the same text
        /// must be allowed on the same resource.
        case created(String)
        /// Something that exists already; every action on the same kind must be allowed on the same one.
        case existing(Workload.Kind)
        /// What an attribute of the target names.
        case attribute(String)
        /// What an attribute of something that exists names, where it has one.
        case belonging(Workload.Kind, String)
        /// An action that is asked for the account as a whole.
        case any
    }
    /// One action that must be allowed.
    public struct Requirement: Sendable, Hashable {
        /// The action, such as `iam:PassRole`.
        public var action: String
        /// On what.
        public var slot: Slot
    }
    /// Passing a role to something new.
    public struct Passing: Sendable, Hashable {
        /// The service that the role must trust.
        public var service: String
        /// Values of `iam:PassedToService` that the pass may have.
        public var passedTo: [String]
        /// Things that must exist already, besides those that ``Slot/existing(_:)`` names.
        public var needs: [Workload.Kind] = []
        /// Keys of a request that name something that exists.
        public var context: [String: Workload.Kind] = [:]
        /// Attributes that what exists must not have with one of these values.
        public var never: [String: [String]] = [:]
        /// Actions of which the passed role itself must be allowed one.
        public var roleNeeds: [String] = []
        /// What the service says it acts for when it takes on the role, where the attacker cannot choose it.
        public var sourceARN: String?
        /// What must hold besides and no answer tells.
        public var condition: String?
    }
    /// Taking over something that exists.
    public struct Takeover: Sendable, Hashable {
        /// What it may be.
        public var kind: Workload.Kind
        /// Attributes that must have one of these values, as far as they are known.
        public var only: [String: [String]] = [:]
        /// Attributes that must not have one of these values.
        public var never: [String: [String]] = [:]
        /// Actions of which its role must be allowed one for it to work.
        public var roleNeeds: [String] = []
        /// What must hold besides and no answer tells.
        public var condition: String?
        /// The attribute that says that the condition is met.
        public var met: String?
    }
    /// How an instance is entered.
    public enum InstanceAccess: Sendable, Hashable {
        /// By what it runs when it starts.
        case restart
        /// Through Systems Manager, with a document of one of these names.
        case systemsManager
        /// Over the network.
        case port(Int)
        /// Over its serial console.
        case console
    }
    /// What of a user is taken.
    public enum Credential: Sendable, Hashable {
        /// A further access key.
        case key
        /// An access key in another one's place.
        case replacedKey
        /// A first console password.
        case firstPassword
        /// Another console password.
        case password
        /// Another console password, and the second factor goes.
        case passwordWithoutFactor
        /// A first console password, and the second factor goes.
        case firstPasswordWithoutFactor
    }
    /// What of itself a principal changes.
    public enum Own: Sendable, Hashable {
        /// A policy of a user's own.
        case user
        /// A policy of a role's own.
        case role
        /// The text of a managed policy that it has.
        case managedPolicy
    }
    /// Which data a technique reads.
    public enum Data: Sendable, Hashable {
        /// A bucket's objects, once its policy names the attacker.
        case bucketPolicy
        /// A secret's value, once its policy names the attacker.
        case secretPolicy
        /// A secret's value, once its key's policy names the attacker.
        case keyPolicy
        /// A secret's value, once the attacker has a grant on its key.
        case keyGrant
        /// A snapshot, by the actions themselves.
        case snapshot(String)
        /// A database, by the actions themselves; `isReached` where it takes a connection to it.
        case database(isReached: Bool)
    }
    /// What is done in a Kubernetes cluster.
    public enum Cluster: Sendable, Hashable {
        /// The attacker becomes its administrator, and so gets the roles of what runs there.
        case administrator
        /// The attacker passes a role to a workload there.
        case identity
    }
    /// What is done in Identity Center.
    public enum PermissionSets: Sendable, Hashable {
        /// The attacker's own permission set gets more.
        case own
        /// The attacker assigns itself one.
        case assignment
    }
    /// What the technique is about: which targets it is tried on and what follows.
    public enum Shape: Sendable, Hashable {
        /// Passes a role to something new.
        case passRole(Passing)
        /// Takes over something that exists and runs as a role.
        case takeover(Takeover)
        /// Takes over a function.
        case function
        /// Enters an instance.
        case instance(InstanceAccess)
        /// Gives an instance another role and uses it there.
        case instanceProfile
        /// Becomes a user by its credentials.
        case userCredentials(Credential)
        /// Rewrites a policy of, or adds one to, itself.
        case ownPolicy(Own)
        /// Rewrites or adds a policy of a group that one belongs to.
        case ownGroup
        /// Joins a group.
        case joinGroup
        /// Changes a role's trust to name oneself.
        case roleTrust
        /// Gives rights to a user and takes its credentials.
        case userGrant
        /// Gives rights to a role that one can assume.
        case assumedRoleGrant
        /// Gives rights to a role and lets oneself in.
        case trustedRoleGrant
        /// Assumes a role.
        case assumeRole
        /// Makes an identity provider's word its own.
        case samlProvider
        /// Gives an identity pool's guests a role; the pool exists or is made.
        case identityPool(isNew: Bool)
        /// Works on a Kubernetes cluster.
        case cluster(Cluster)
        /// Works on permission sets.
        case permissionSets(PermissionSets)
        /// Reads data.
        case data(Data)
        /// Follows from what several rows do to a principal, and is worked out with them; see ``GraphBuilder``.
        case change
    }
    /// The identifier, such as `iam-001`.
    public var id: String
    /// Where it is described.
    public var source: Source
    /// What it is about.
    public var shape: Shape
    /// What must be allowed.
    public var requires: [Requirement]
    /// How likely an attacker who may do it succeeds; see ``Likelihood``.
    public var likelihood: Double
    /// The deed in words, after "may": `create a function that runs as`.
    public var deed: String
    /// The MITRE ATT&CK technique.
    public var attack: String
    /// How to close it, in one line.
    public var close: String

    init(
        _ id: String, _ shape: Shape, _ requires: [Requirement], _ likelihood: Double, _ deed: String, attack: String,
        from source: Source = .pathfinding, close: String
    ) {
        self.id = id
        self.source = source
        self.shape = shape
        self.requires = requires
        self.likelihood = likelihood
        self.deed = deed
        self.attack = attack
        self.close = close
    }

    /// The names under which CloudTrail records it.
    public var events: [String] {
        var names: [String] = []
        for requirement in requires {
            let name = CloudTrail.event(of: requirement.action)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }
}

extension EscalationTechnique.Requirement {
    /// On the target.
    static func target(_ action: String) -> Self { Self(action: action, slot: .target) }
    /// On the policy that is rewritten.
    static func policy(_ action: String) -> Self { Self(action: action, slot: .policy) }
    /// On something new, written `SERVICE:RESOURCE`.
    static func made(_ action: String, _ resource: String) -> Self { Self(action: action, slot: .created(resource)) }
    /// On something that exists.
    static func existing(_ action: String, _ kind: Workload.Kind) -> Self { Self(action: action, slot: .existing(kind)) }
    /// On what an attribute of the target names.
    static func attribute(_ action: String, _ name: String) -> Self { Self(action: action, slot: .attribute(name)) }
    /// On what belongs to something that exists.
    static func belonging(_ action: String, _ kind: Workload.Kind, _ name: String) -> Self {
        Self(action: action, slot: .belonging(kind, name))
    }
    /// In the account as a whole.
    static func any(_ action: String) -> Self { Self(action: action, slot: .any) }
}

/// What CloudTrail calls an action.
enum CloudTrail {
    /// Actions that are recorded under another name, or only where data events are (CloudTrail User Guide, "Logging data events"; AWS
    /// Lambda Developer Guide, "Logging AWS Lambda API calls").
    private static let others: [String: String] = [
        "iam:PassRole": "PassRole (in the request of the call that takes the role)",
        "lambda:CreateFunction": "CreateFunction20150331", "lambda:UpdateFunctionCode": "UpdateFunctionCode20150331v2",
        "lambda:UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2", "lambda:AddPermission": "AddPermission20150331v2",
        "lambda:CreateEventSourceMapping": "CreateEventSourceMapping20150331", "lambda:InvokeFunction": "Invoke (data event)",
        "lambda:InvokeFunctionUrl": "Invoke (data event)", "s3:GetObject": "GetObject (data event)",
        "s3:PutObject": "PutObject (data event)",
        "ebs:GetSnapshotBlock": "GetSnapshotBlock (data event)", "ebs:ListSnapshotBlocks": "ListSnapshotBlocks (data event)",
        "bedrock-agentcore:InvokeCodeInterpreter": "InvokeCodeInterpreter (data event)",
        "bedrock-agentcore:StartCodeInterpreterSession": "StartCodeInterpreterSession (data event)",
        "bedrock-agentcore:StartBrowserSession": "StartBrowserSession (data event)",
        "bedrock-agentcore:ConnectBrowserAutomationStream": "ConnectBrowserAutomationStream (data event)",
        "bedrock-agentcore:InvokeAgentRuntime": "InvokeAgentRuntime (data event)",
        "bedrock-agentcore:InvokeAgentRuntimeCommand": "InvokeAgentRuntimeCommand (data event)",
        "bedrock-agentcore:InvokeHarness": "InvokeHarness (data event)",
        "glue:RunStatement": "RunStatement",
    ]

    static func event(of action: String) -> String {
        if let other = others[action] { return other }
        return action.split(separator: ":").last.map(String.init) ?? action
    }
}
