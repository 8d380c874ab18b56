import CloudModel

/// What the steps of many principals have in common: where functions and instances lead, and what is told of them. Made once.
final class SharedSteps {
    /// A role that code gets by running somewhere.
    struct Role {
        var node: Int
        /// Place in the snapshot's principals; `nil` for a role that was not collected.
        var principal: Int?
    }
    /// By place in the snapshot's functions; `nil` for one without a role in the graph.
    let functions: [Role?]
    /// Functions' own policies, by place.
    let functionPolicies: [Permissions.ResourcePolicy?]
    /// By place in the snapshot's instances; `nil` for one that gives nobody a role.
    let instances: [Role?]
    private var tellings: [UInt64: Telling] = [:]

    init(_ snapshot: CloudSnapshot, _ places: [String: Int], _ permissions: Permissions) {
        func role(_ arn: String?) -> Role? {
            arn.flatMap { arn in places[arn].map { Role(node: $0, principal: permissions.principalIndex[arn]) } }
        }
        functions = snapshot.functions.map { role($0.role) }
        functionPolicies = snapshot.functions.map { permissions.resourcePolicy($0.policy) }
        instances = snapshot.instances.map { instance in
            guard instance.metadataEnabled != false, instance.state != "terminated", instance.state != "shutting-down" else { return nil }
            return role(instance.role)
        }
    }

    /// What is told of a step of a kind to, or through, the thing at a place of its list.
    func telling(_ kind: Int32, _ place: Int, _ make: () -> Telling) -> Telling {
        let key = UInt64(UInt32(bitPattern: kind)) << 32 | UInt64(UInt32(truncatingIfNeeded: place))
        if let known = tellings[key] { return known }
        let made = make()
        tellings[key] = made
        return made
    }
}
