import CloudModel

/// The accounts in areas whose networks have nothing to do with each other, so that a change of one is looked at without the others.
///
/// Accounts that share or join VPCs are one area. That the areas together are exposed as the whole is, is checked before any change; where
/// it is not so, there is one area.
final class NetworkAreas {
    private struct Area {
        var accounts: Set<String>
        var snapshot: CloudSnapshot
        var index: PatchIndex
        var exposures: [Exposure]
        var network: NetworkReachability
        /// Whether policies of buckets and functions decide on what is reached at an address.
        var asksPolicies: Bool { !snapshot.apis.isEmpty || !snapshot.distributions.isEmpty }
    }
    private var areas: [Area] = []
    private var places: [String: Int] = [:]
    /// What areas let through after edits: at addresses, and by what policies and sharing say.
    private var addresses: [Key: [Exposure]] = [:]
    private var policies: [Key: [Exposure]] = [:]
    private var reaches: [Key: LateralReach] = [:]
    /// The most of each that are kept.
    private static let kept = (lists: 3_000, reaches: 300)

    private struct Key: Hashable {
        var area: Int
        var edits: Set<Edit>
    }
    private let base: Evaluation

    init(_ base: Evaluation) {
        self.base = base
        let groups = Self.groups(base.snapshot)
        if groups.count > 1 {
            let slices = Self.slices(base.snapshot, groups)
            areas = zip(groups, slices).map { accounts, slice in
                let network = NetworkReachability(slice)
                return Area(
                    accounts: accounts, snapshot: slice, index: PatchIndex(slice), exposures: network.exposures(),
                    network: network)
            }
            var all = areas.flatMap(\.exposures)
            NetworkReachability.sort(&all)
            if all != base.exposures { areas = [] }
        }
        if areas.isEmpty {
            areas = [
                Area(
                    accounts: Set(groups.flatMap { $0 }), snapshot: base.snapshot, index: PatchIndex(base.snapshot),
                    exposures: base.exposures, network: NetworkReachability(base.snapshot))
            ]
        }
        for (place, area) in areas.enumerated() { for account in area.accounts { places[account] = place } }
    }

    /// The accounts whose networks are joined to an account's, itself included.
    func accounts(with account: String) -> Set<String> { areas[place(account)].accounts }

    /// How much there is to look at when an account's networks are looked at.
    func size(_ account: String) -> Int {
        let snapshot = areas[place(account)].snapshot
        return snapshot.instances.count + snapshot.functions.count + snapshot.buckets.count + snapshot.securityGroups.count
    }

    private func place(_ account: String) -> Int { places[account] ?? 0 }

    /// Every exposure after the edits.
    func exposures(after edits: [Edit], _ touched: Touched) -> [Exposure] {
        let changed = Set(touched.exposed.map(place))
        guard !changed.isEmpty else { return base.exposures }
        var all = areas.indices.flatMap { changed.contains($0) ? exposures(ofArea: $0, edits) : areas[$0].exposures }
        NetworkReachability.sort(&all)
        return all
    }

    /// What the area of an account lets in after the edits.
    func exposures(of account: String, after edits: [Edit]) -> [Exposure] { exposures(ofArea: place(account), edits) }

    /// Who reaches whom in the area of an account after the edits.
    func lateral(of account: String, after edits: [Edit]) -> LateralReach {
        let place = place(account)
        let edits = edits.filter(Self.isOfGroup)
        let key = Key(area: place, edits: Set(edits))
        if let known = reaches[key] { return known }
        var snapshot = areas[place].snapshot
        Patch.apply(edits, to: &snapshot, areas[place].index)
        let found = LateralReach(NetworkReachability(snapshot, like: areas[place].network))
        if reaches.count >= Self.kept.reaches { reaches = [:] }
        reaches[key] = found
        return found
    }

    private static func isOfGroup(_ edit: Edit) -> Bool { if case .exposure = edit.scope { true } else { false } }
    private static func isOfResource(_ edit: Edit) -> Bool { if case .resource = edit.scope { true } else { false } }
    private static func isOfDatabase(_ edit: Edit) -> Bool { if case .unpublish = edit { true } else { false } }

    private func exposures(ofArea place: Int, _ edits: [Edit]) -> [Exposure] {
        let asksPolicies = areas[place].asksPolicies
        var all = found(
            place, edits.filter { Self.isOfGroup($0) || Self.isOfDatabase($0) || asksPolicies && Self.isOfResource($0) }, \.addresses
        ) {
            $0.addressExposures()
        }
        all += apart(place, edits.filter(Self.isOfResource))
        NetworkReachability.sort(&all)
        return all
    }

    /// What policies and sharing give after edits of resources, of which only the resources that they change are looked at.
    private func apart(_ place: Int, _ edits: [Edit]) -> [Exposure] {
        guard !edits.isEmpty else { return found(place, [], \.policies) { $0.policyExposures() + $0.sharingExposures() } }
        let area = areas[place].snapshot
        // Who starts an image has what is in the snapshots that it is made of, so those are looked at together.
        let copied = Set(area.dataSnapshots.map(\.arn) + area.images.map(\.arn))
        var changes: [Set<String>: [Edit]] = [:]
        for edit in edits {
            guard case .resource(let arn) = edit.scope else { continue }
            changes[copied.contains(arn) ? copied : [arn], default: []].append(edit)
        }
        let changed = changes.keys.reduce(into: Set()) { $0.formUnion($1) }
        return changes.reduce(apart(place, []).filter { !changed.contains($0.target) }) { all, change in
            all + found(place, change.value, \.policies, of: change.key) { $0.policyExposures() + $0.sharingExposures() }
        }
    }

    /// - Parameter changed: what is looked at of all that has a policy or is shared; everything by default.
    private func found(
        _ place: Int, _ edits: [Edit], _ list: ReferenceWritableKeyPath<NetworkAreas, [Key: [Exposure]]>, of changed: Set<String>? = nil,
        _ look: (NetworkReachability) -> [Exposure]
    ) -> [Exposure] {
        let key = Key(area: place, edits: Set(edits))
        if let known = self[keyPath: list][key] { return known }
        var snapshot = areas[place].snapshot
        Patch.apply(edits, to: &snapshot, areas[place].index)
        if let changed { snapshot = Self.slice(snapshot, of: changed) }
        let found = look(NetworkReachability(snapshot, like: areas[place].network))
        if self[keyPath: list].count >= Self.kept.lists { self[keyPath: list] = [:] }
        self[keyPath: list][key] = found
        return found
    }

    /// What has a policy or is shared, and nothing that stands in networks.
    private static func slice(_ snapshot: CloudSnapshot, of names: Set<String>) -> CloudSnapshot {
        var slice = CloudSnapshot()
        slice.accounts = snapshot.accounts
        slice.organisations = snapshot.organisations
        slice.coverage = snapshot.coverage
        slice.functions = snapshot.functions.filter { names.contains($0.arn) }
        slice.buckets = snapshot.buckets.filter { names.contains($0.arn) }
        slice.keys = snapshot.keys.filter { names.contains($0.arn) }
        slice.secrets = snapshot.secrets.filter { names.contains($0.arn) }
        slice.guarded = snapshot.guarded.filter { names.contains($0.arn) }
        slice.searchDomains = snapshot.searchDomains.filter { names.contains($0.arn) }
        slice.dataSnapshots = snapshot.dataSnapshots.filter { names.contains($0.arn) }
        slice.images = snapshot.images.filter { names.contains($0.arn) }
        return slice
    }

    // MARK: Areas

    /// Accounts, together where a VPC is in several of them or is joined to one of another's.
    private static func groups(_ snapshot: CloudSnapshot) -> [Set<String>] {
        var parents: [String: String] = [:]
        func root(_ name: String) -> String {
            var place = name
            while let next = parents[place], next != place { place = next }
            parents[name] = place
            return place
        }
        // VPCs are nodes as well as accounts; their names do not meet.
        func join(_ one: String, _ other: String) { parents[root(one)] = root(other) }
        for account in snapshot.accounts { _ = root(account.id) }
        for item in snapshot.vpcs { join(item.id, item.account) }
        for item in snapshot.subnets { join(item.vpc, item.account) }
        for item in snapshot.instances { if let vpc = item.vpc { join(vpc, item.account) } }
        for item in snapshot.securityGroups { if let vpc = item.vpc { join(vpc, item.account) } }
        for item in snapshot.networkInterfaces { if let vpc = item.vpc { join(vpc, item.account) } }
        for item in snapshot.peerings { for side in item.sides { join(side.vpc, item.account) } }
        for item in snapshot.transitGateways { for one in item.attachments { join(one.resource, item.account) } }
        let others: [[String]] = [
            snapshot.functions.map(\.account), snapshot.buckets.map(\.account), snapshot.secrets.map(\.account),
            snapshot.keys.map(\.account), snapshot.databases.map(\.account), snapshot.warehouses.map(\.account),
            snapshot.dataSnapshots.map(\.account), snapshot.loadBalancers.map(\.account), snapshot.apis.map(\.account),
            snapshot.distributions.map(\.account), snapshot.searchDomains.map(\.account), snapshot.clusters.map(\.account),
            snapshot.images.map(\.account), snapshot.guarded.map(\.account), snapshot.workloads.map(\.account),
            snapshot.identityPools.map(\.account),
        ]
        let accounts = Set(snapshot.accounts.map(\.id) + others.flatMap { $0 }).union(snapshot.instances.map(\.account))
        return Dictionary(grouping: accounts.sortedUnique, by: root).values.map { Set($0) }.sorted { $0.min() ?? "" < $1.min() ?? "" }
    }

    /// What of a snapshot is in each of some groups of accounts; what is not of one account alone is in all.
    private static func slices(_ snapshot: CloudSnapshot, _ groups: [Set<String>]) -> [CloudSnapshot] {
        var place: [String: Int] = [:]
        for (index, group) in groups.enumerated() { for account in group { place[account] = index } }
        var common = CloudSnapshot()
        common.accounts = snapshot.accounts
        common.organisations = snapshot.organisations
        common.coverage = snapshot.coverage.filter { $0.account.flatMap { place[$0] } == nil }
        var slices = [CloudSnapshot](repeating: common, count: groups.count)
        for entry in snapshot.coverage { if let index = entry.account.flatMap({ place[$0] }) { slices[index].coverage.append(entry) } }
        for record in snapshot.records {
            let account = record.id.split(separator: "/", maxSplits: 1).first.map(String.init)
            if let index = account.flatMap({ place[$0] }) { slices[index].records.append(record) }
        }
        var cutter = Cutter(snapshot: snapshot, place: place, slices: slices)
        CloudSnapshot.visitResources(&cutter)
        for index in slices.indices { cutter.slices[index].prefixLists = snapshot.prefixLists }
        return cutter.slices
    }

    /// Puts each resource into the slice of its account.
    private struct Cutter: ResourceListVisitor {
        let snapshot: CloudSnapshot
        let place: [String: Int]
        var slices: [CloudSnapshot]

        mutating func visit<Item: Hashable & Sendable>(
            _ list: WritableKeyPath<CloudSnapshot, [Item]>, name: (Item) -> String, account: (Item) -> String
        ) {
            var parts = [[Item]](repeating: [], count: slices.count)
            for item in snapshot[keyPath: list] { if let index = place[account(item)] { parts[index].append(item) } }
            for index in slices.indices { slices[index][keyPath: list] = parts[index] }
        }
    }
}
