import CloudModel

/// Where attackers can stand and what they can get.
extension GraphBuilder {
    func addNodes() {
        for account in snapshot.accounts { addAdministrator(account.id) }
        for (index, principal) in snapshot.principals.enumerated() {
            let kind: NodeKind =
                switch principal.kind {
                case .user: .user
                case .group: .group
                case .role: .role
                case .root: .root
                }
            add(principal.arn, kind, principal.name, principal.account, principal.tags)
            switch principal.kind {
            case .user: users[principal.account, default: []].append(index)
            case .group: groups[principal.account, default: []].append(index)
            case .role: roles[principal.account, default: []].append(index)
            case .root: break
            }
            if draft.places["admin:\(principal.account)"] == nil { addAdministrator(principal.account) }
        }
        for function in snapshot.functions { add(function.arn, .function, function.name, function.account, function.tags) }
        for instance in snapshot.instances {
            add(instance.arn, .instance, instance.tags["Name"] ?? instance.id, instance.account, instance.tags)
        }
        for item in snapshot.workloads where item.kind.runsCode { add(item.arn, .workload, item.name, item.account, item.tags) }
        for item in snapshot.buckets {
            addData(item.arn, .bucket, item.name, item.account, item.tags ?? [:], .bucket(item))
        }
        for item in snapshot.secrets { addData(item.arn, .secret, item.name, item.account, item.tags, .secret(item)) }
        for item in snapshot.databases { addData(item.arn, .database, item.id, item.account, item.tags, .database(item)) }
        for item in snapshot.warehouses {
            add(
                item.arn, .database, item.id, item.account, item.tags,
                standard: Jewels.value(.database, name: item.id, tags: item.tags))
        }
        for item in snapshot.dataSnapshots {
            let signs = item.tags["Name"].map { "\(item.id) \($0)" } ?? "\(item.id) \(item.source ?? "")"
            addData(item.arn, .snapshot, item.id, item.account, item.tags, .snapshot(item), signs: signs)
        }
        addImages()
        for item in snapshot.workloads where item.kind == .parameter && item["type"] == "SecureString" {
            addData(item.arn, .secret, item.name, item.account, item.tags, .parameter(item))
        }
        for key in snapshot.keys { add(key.arn, .key, key.id, key.account, [:]) }
        indexStores()
        addDestruction()
    }

    /// Images that others may start hold data like the snapshots that they are made of, which count themselves where they were read.
    private func addImages() {
        let known = Set(snapshot.dataSnapshots.map(\.id))
        for item in snapshot.images {
            guard item.sharedWith?.contains(where: { $0 != item.account }) == true, !item.snapshots.contains(where: known.contains)
            else { continue }
            let name = "\(item.id) \(item.name)"
            add(item.arn, .snapshot, name, item.account, item.tags, standard: Jewels.value(.snapshot, name: item.name, tags: item.tags))
        }
    }

    func indexStores() {
        jewels = StoreIndex(stores.filter { draft.nodes[$0.node].value > 0 }, permissions)
        func value(_ store: Store) -> Double { draft.nodes[store.node].value }
        destructible = StoreIndex(
            jewels.stores.filter { value($0) >= Destruction.leastValue && Destruction.isPossible($0.item) }.sorted { a, b in
                value(a) == value(b) ? AttackPathFinder.precedes(a.id, b.id) : value(a) > value(b)
            }, permissions)
    }

    private func addDestruction() {
        var known: Set<String> = []
        for store in destructible.stores where known.insert(store.account).inserted {
            let most = draft.nodes[store.node]
            add(
                Destruction.node(store.account), .destruction, "ability to destroy data", store.account, [:],
                standard: (most.value, "\(most.kind.rawValue) \(most.name) can be deleted for good"))
        }
    }

    private func addAdministrator(_ account: String) {
        add(
            "admin:\(account)", .admin, "administrator rights", account, [:],
            standard: (Jewels.administrator, "administrator rights of account \(account)"))
    }

    /// Adds a node, worth what its owner says or else what its kind is by default.
    @discardableResult
    private func add(
        _ id: String, _ kind: NodeKind, _ name: String, _ account: String, _ tags: [String: String],
        standard: (value: Double, why: String)? = nil
    ) -> Int {
        let place = draft.node(id, kind, name: name, account: account)
        let said = premises.jewels.value(of: .init(arn: id, name: name, kind: kind, account: account, tags: tags))
        if let value = said ?? standard { draft.value(place, value.value, value.why) }
        return place
    }

    private func addData(
        _ arn: String, _ kind: NodeKind, _ name: String, _ account: String, _ tags: [String: String], _ item: Store.Item,
        signs: String? = nil
    ) {
        let place = add(arn, kind, name, account, tags, standard: Jewels.value(kind, name: signs ?? name, tags: tags))
        stores.append(Store(node: place, id: arn, account: account, item: item, policy: permissions.resourcePolicy(item.policy)))
    }
}
