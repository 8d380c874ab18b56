import CloudModel

/// Where the things stand that edits change, so that a patch costs what it changes and not what exists. What is not asked for is not made.
final class PatchIndex {
    private let snapshot: CloudSnapshot
    /// How edits are ordered.
    let orderKeys = OrderKeys()

    init(_ snapshot: CloudSnapshot) { self.snapshot = snapshot }

    private(set) lazy var principals = Dictionary(snapshot.principals.enumerated().map { ($1.arn, $0) }) { first, _ in first }
    private(set) lazy var policies = Self.places(snapshot.policies, \.arn)
    private(set) lazy var buckets = Self.places(snapshot.buckets, \.arn)
    private(set) lazy var functions = Self.places(snapshot.functions, \.arn)
    private(set) lazy var secrets = Self.places(snapshot.secrets, \.arn)
    private(set) lazy var keys = Self.places(snapshot.keys, \.arn)
    private(set) lazy var securityGroups = Self.places(snapshot.securityGroups, \.id)
    private(set) lazy var instances = Self.places(snapshot.instances, \.arn)
    private(set) lazy var dataSnapshots = Self.places(snapshot.dataSnapshots, \.arn)
    private(set) lazy var images = Self.places(snapshot.images, \.arn)
    private(set) lazy var databases = Self.places(snapshot.databases, \.arn)
    private(set) lazy var unusedKeys = UnusedKeys(snapshot)
    /// Accounts whose answers list policies of their organisation.
    private(set) lazy var policyReaders = NewControlPolicy.readers(snapshot)
    /// Principals by managed policy, their boundary included.
    private(set) lazy var holders: [String: [Int]] = {
        var holders: [String: [Int]] = [:]
        for (place, principal) in snapshot.principals.enumerated() {
            var arns = principal.policies.compactMap(\.arn)
            if let boundary = principal.boundary?.arn { arns.append(boundary) }
            for arn in Set(arns) { holders[arn, default: []].append(place) }
        }
        return holders
    }()

    /// The text at a place.
    func document(at place: Edit.Place) -> JSONValue? {
        switch place {
        case .inline(let arn, let name): return principal(arn)?.policies.first { $0.kind == .inline && $0.name == name }?.document
        case .managed(let arn): return policies[arn]?.first.flatMap { snapshot.policies[$0].source.document }
        case .trust(let arn): return principal(arn)?.trust?.document
        case .resource(let arn):
            let sources = [
                functions[arn]?.first.flatMap { snapshot.functions[$0].policy },
                buckets[arn]?.first.flatMap { snapshot.buckets[$0].policy },
                secrets[arn]?.first.flatMap { snapshot.secrets[$0].policy }, keys[arn]?.first.flatMap { snapshot.keys[$0].policy },
            ]
            return sources.lazy.compactMap { $0?.document }.first
        }
    }

    /// A principal by its ARN.
    func principal(_ arn: String) -> Principal? { principals[arn].map { snapshot.principals[$0] } }

    private static func places<Item>(_ items: [Item], _ name: (Item) -> String) -> [String: [Int]] {
        var places: [String: [Int]] = [:]
        places.reserveCapacity(items.count)
        for (place, item) in items.enumerated() { places[name(item), default: []].append(place) }
        return places
    }
}

extension CloudSnapshot {
    /// A managed policy with the place where it stands, or would: they are ordered by their ARNs.
    func policy(_ arn: String) -> (place: Int, found: ManagedPolicy?) {
        var low = 0
        var high = policies.count
        while low < high {
            let middle = (low + high) / 2
            if policies[middle].arn.utf8.lexicographicallyPrecedes(arn.utf8) { low = middle + 1 } else { high = middle }
        }
        return (low, low < policies.count && policies[low].arn == arn ? policies[low] : nil)
    }
}

extension Patch {
    /// Puts everything that edits changed back as it was. `patched` must be `original` with these edits made.
    static func revert(_ edits: [Edit], in patched: inout CloudSnapshot, to original: CloudSnapshot, _ index: PatchIndex) {
        func principal(_ arn: String) {
            if let place = index.principals[arn] { patched.principals[place] = original.principals[place] }
        }
        func function(_ arn: String) {
            for place in index.functions[arn] ?? [] { patched.functions[place] = original.functions[place] }
        }
        func bucket(_ arn: String) { for place in index.buckets[arn] ?? [] { patched.buckets[place] = original.buckets[place] } }
        // What was added goes first, for places are those of the original.
        if patched.policies.count != original.policies.count { patched.policies = original.policies }
        for edit in edits {
            switch edit.place {
            case .inline(let arn, _), .trust(let arn): principal(arn)
            case .managed(let arn):
                for place in index.policies[arn] ?? [] { patched.policies[place] = original.policies[place] }
                for place in index.holders[arn] ?? [] { patched.principals[place] = original.principals[place] }
            case .resource(let arn):
                bucket(arn)
                function(arn)
                for place in index.secrets[arn] ?? [] { patched.secrets[place] = original.secrets[place] }
                for place in index.keys[arn] ?? [] { patched.keys[place] = original.keys[place] }
            case nil: break
            }
            switch edit {
            case .detach(_, let arn), .leaveGroup(let arn, _), .setBoundary(let arn, _, _), .deleteUnusedKeys(let arn): principal(arn)
            case .signFunctionURL(let arn): function(arn)
            case .blockPublicAccess(let arn): bucket(arn)
            case .closeRule(let id, _, _, _):
                for place in index.securityGroups[id] ?? [] { patched.securityGroups[place] = original.securityGroups[place] }
            case .requireIMDSv2(let arn), .removeInstanceProfile(let arn):
                for place in index.instances[arn] ?? [] { patched.instances[place] = original.instances[place] }
            case .unshare(let arn, _):
                for place in index.dataSnapshots[arn] ?? [] { patched.dataSnapshots[place] = original.dataSnapshots[place] }
                for place in index.images[arn] ?? [] { patched.images[place] = original.images[place] }
            case .unpublish(let arn):
                for place in index.databases[arn] ?? [] { patched.databases[place] = original.databases[place] }
            case .addServiceControlPolicy: patched.organisations = original.organisations
            default: break
            }
        }
    }
}
