import CloudModel
import IAMEvaluator

/// A principal as the evaluator sees it. A group stands for any member that has nothing but the group.
struct Subject {
    /// Place in the snapshot's principals.
    var index: Int
    /// Who asks.
    var principal: RequestPrincipal
    /// The ARN that it asks with; a group's is a made-up member's.
    var arn: String
    /// Its account.
    var account: String
    /// Its partition.
    var partition: String
    /// Its policies with those of its groups; place in the library and where it was read.
    var policies: [(place: Int, source: PolicySource)]
    /// The boundary.
    var boundary: (place: Int, source: PolicySource)?
    /// The policies as the evaluator takes them.
    var layers: PolicyLayers
    /// The engine's actions that some statement may allow, within the boundary.
    var allows: ActionSet
    /// Equal for principals that get equal answers.
    var set: Int
    /// Equal for principals that have the same policies in the same order, and of which the policies of their organisation say the same.
    var list: Int
    /// The principal's place where nobody else may share its answers, whatever its policies say.
    var alone: Int?
    /// Equal for principals of which the policies of their organisation say the same.
    var guardrail: OrganisationPolicies.CeilingKey
    /// What is known of its requests: tags, transport, organisation.
    var context: [String: [String]]
    /// Who asks and what is known of its requests, taken apart once.
    var prepared: PreparedPrincipal
    /// What its policies' statements are cited as.
    var citations = Permissions.StatementCitations()
    /// Names of policies whose text is not known.
    var unknownPolicies: [String]
}
