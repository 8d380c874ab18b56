/// One way to get rights that one was not given, as a row of the catalogue.
///
/// Identifiers are pathfinding.cloud's (`shared` list of December 2025). A technique applies when every required action is allowed on
/// the resource its ``Slot`` names and the prerequisites of its ``Shape`` hold.
public struct EscalationTechnique: Sendable, Hashable {
    /// On which resource an action must be allowed.
    public enum Slot: Sendable, Hashable {
        /// The role, user, function or instance that the technique is about.
        case target
        /// A customer-managed policy that is attached to the one who gains.
        case policy
        /// A resource that the attacker makes and may name as the policy likes; every action of the same kind must be allowed on the
        /// same one.
        case created(String)
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
    /// What the technique is about: which targets it is tried on and what follows.
    public enum Shape: Sendable, Hashable {
        /// Passes a role that trusts `service` to something new. `missing` names a thing that must exist already and is not collected.
        case passRole(service: String, passedTo: [String], missing: String?)
        /// Takes over something of `kind` that exists and runs as a role that trusts `service`; what exists is not collected.
        case existing(service: String, kind: String)
        /// Takes over a collected function.
        case function
        /// Takes over a collected instance.
        case instance
        /// Becomes a user by its credentials.
        case userCredentials
        /// Rewrites a policy of, or adds one to, itself.
        case ownPolicy
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
    }
    /// The identifier, such as `iam-001`.
    public var id: String
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
}
