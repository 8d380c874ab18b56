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
    private(set) var functions: [Role?]
    /// Functions' own policies, by place.
    private(set) var functionPolicies: [Permissions.ResourcePolicy?]
    /// Accounts of functions whose policies tell principals apart.
    private(set) var accountsWithPersonalFunctions: Set<String> = []
    /// By place in the snapshot's instances; `nil` for one that gives nobody a role.
    private(set) var instances: [Role?]
    private var tellings: [UInt64: Telling] = [:]

    init(_ snapshot: CloudSnapshot, _ places: [String: Int], _ permissions: Permissions) {
        functions = snapshot.functions.map { Self.role($0.role, places, permissions) }
        functionPolicies = snapshot.functions.map { permissions.resourcePolicy($0.policy) }
        instances = snapshot.instances.map { Self.role($0, places, permissions) }
        for place in functions.indices { notePersonal(place, snapshot, permissions) }
    }

    /// The same where some functions and instances, by place, are others.
    init(
        _ base: SharedSteps, functions changed: Set<Int>, instances others: Set<Int>, _ snapshot: CloudSnapshot, _ places: [String: Int],
        _ permissions: Permissions
    ) {
        functions = base.functions
        functionPolicies = base.functionPolicies
        instances = base.instances
        accountsWithPersonalFunctions = base.accountsWithPersonalFunctions
        for place in changed {
            functions[place] = Self.role(snapshot.functions[place].role, places, permissions)
            functionPolicies[place] = permissions.resourcePolicy(snapshot.functions[place].policy)
            notePersonal(place, snapshot, permissions)
        }
        for place in others { instances[place] = Self.role(snapshot.instances[place], places, permissions) }
    }

    private func notePersonal(_ place: Int, _ snapshot: CloudSnapshot, _ permissions: Permissions) {
        guard let policy = functionPolicies[place], permissions.library.entries[policy.place].isPersonal else { return }
        accountsWithPersonalFunctions.insert(snapshot.functions[place].account)
    }

    private static func role(_ arn: String?, _ places: [String: Int], _ permissions: Permissions) -> Role? {
        arn.flatMap { arn in places[arn].map { Role(node: $0, principal: permissions.principalIndex[arn]) } }
    }

    private static func role(_ instance: Instance, _ places: [String: Int], _ permissions: Permissions) -> Role? {
        guard instance.metadataEnabled != false, instance.state != "terminated", instance.state != "shutting-down" else { return nil }
        return role(instance.role, places, permissions)
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
