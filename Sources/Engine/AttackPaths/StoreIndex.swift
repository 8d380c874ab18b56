import CloudModel
import IAMEvaluator

/// A resource that holds data.
struct Store {
    /// Its node's place.
    var node: Int
    var id: String
    var account: String
    var item: Item
    /// Its own policy.
    var policy: Permissions.ResourcePolicy?

    /// Boxed, for stores are handed about much more often than looked into.
    indirect enum Item {
        case bucket(Bucket)
        case secret(SecretItem)
        case database(Database)
        case snapshot(DataSnapshot)
        case parameter(Workload)

        var policy: PolicySource? {
            switch self {
            case .bucket(let bucket): bucket.policy
            case .secret(let secret): secret.policy
            case .database, .snapshot, .parameter: nil
            }
        }
    }
}

/// Which stores a principal's statements, or a store's own policy, can be about: looked up by how identifiers begin and by whom policies
/// name, and not tried one by one.
struct StoreIndex {
    /// An account's stores by what is asked about them.
    struct Own {
        var buckets: IdentifierIndex
        var secrets: IdentifierIndex
        var parameters: IdentifierIndex
        var databases: IdentifierIndex
        /// Places of all of them, in order.
        var all: [Int]
    }
    /// The stores, but for those that ``changed`` has.
    let stores: [Store]
    private(set) var own: [String: Own] = [:]
    /// Places of stores by whom an Allow of their policies names: an ARN, an account, or `*`.
    private var admitting: [String: [Int]] = [:]
    /// Stores that are others than when the index was made, by place, and whom their policies name now.
    private var changed: [Int: (store: Store, admits: Set<String>)] = [:]
    private let places: [String: Int]

    init() {
        stores = []
        places = [:]
    }

    init(_ stores: [Store], _ permissions: Permissions) {
        self.stores = stores
        places = Dictionary(stores.enumerated().map { ($1.id, $0) }) { first, _ in first }
        for (account, places) in Dictionary(grouping: stores.indices, by: { stores[$0].account }) {
            var ids: [[(id: String, place: Int)]] = [[], [], [], []]
            for place in places {
                switch stores[place].item {
                // Objects lie under their bucket.
                case .bucket: ids[0].append((stores[place].id + "/", place))
                case .secret: ids[1].append((stores[place].id, place))
                case .parameter: ids[2].append((stores[place].id, place))
                case .database: ids[3].append((stores[place].id, place))
                case .snapshot: break
                }
            }
            own[account] = Own(
                buckets: IdentifierIndex(ids[0]), secrets: IdentifierIndex(ids[1]), parameters: IdentifierIndex(ids[2]),
                databases: IdentifierIndex(ids[3]), all: places)
        }
        for (place, store) in stores.enumerated() {
            guard let policy = store.policy else { continue }
            for name in Self.admitted(permissions.library.entries[policy.place].document) { admitting[name, default: []].append(place) }
        }
    }

    /// Whom a policy's Allow statements name; of what does not say which principal of an account it is, the account or everyone.
    private static func admitted(_ document: PolicyDocument?) -> Set<String> {
        guard let document else { return ["*"] }
        var names: Set<String> = []
        for statement in document.statements where statement.effect == .allow {
            guard let principal = statement.principal, !principal.negated else {
                names.insert("*")
                continue
            }
            for entry in principal.entries {
                switch entry {
                case .everyone, .canonicalUser: names.insert("*")
                case .account(let account): names.insert(account)
                case .aws(let arn):
                    let parts = ARNParts(arn)
                    names.insert(parts?.service == "iam" ? arn : parts.map { String($0.account) } ?? "*")
                case .service, .federated: break
                }
            }
        }
        return names
    }

    subscript(place: Int) -> Store { changed[place]?.store ?? stores[place] }

    /// Puts other contents in the place of a store's, without looking at the others again.
    mutating func change(_ id: String, _ item: Store.Item, _ permissions: Permissions) {
        guard let place = places[id] else { return }
        var store = stores[place]
        store.item = item
        store.policy = permissions.resourcePolicy(item.policy)
        let admits = store.policy.map { Self.admitted(permissions.library.entries[$0.place].document) } ?? []
        changed[place] = (store, admits)
    }

    /// What is asked about a store.
    enum Purpose { case reading, destroying }

    /// Places of the stores that the subject might have a right on, in order.
    func candidates(_ subject: Subject, _ arn: String, _ permissions: Permissions, _ purpose: Purpose, onlyAbroad: Bool) -> [Int] {
        var places: Set<Int> = []
        if !onlyAbroad, let own = own[subject.account] {
            func add(_ action: String, _ index: IdentifierIndex, cut: UInt8? = nil) {
                places.formUnion(permissions.candidates(subject, action, in: index, cut: cut))
            }
            switch purpose {
            case .reading:
                add("s3:GetObject", own.buckets, cut: UInt8(ascii: "/"))
                add("secretsmanager:GetSecretValue", own.secrets)
                add("ssm:GetParameter", own.parameters)
            case .destroying:
                add("s3:DeleteObject", own.buckets, cut: UInt8(ascii: "/"))
                add("s3:DeleteObjectVersion", own.buckets, cut: UInt8(ascii: "/"))
                add("rds:DeleteDBInstance", own.databases)
            }
        }
        let names = Set([arn, subject.arn, subject.account, "*"])
        func isMeant(_ place: Int) -> Bool { !onlyAbroad || stores[place].account != subject.account }
        for name in names {
            for place in admitting[name] ?? [] where changed[place] == nil && isMeant(place) { places.insert(place) }
        }
        for (place, one) in changed where !one.admits.isDisjoint(with: names) && isMeant(place) { places.insert(place) }
        return places.sorted()
    }
}

/// Where things stand in the snapshot.
struct Identifiers {
    /// Functions and instances by account.
    let functions: [String: IdentifierIndex]
    let instances: [String: IdentifierIndex]
    /// Keys by ARN, and by account, region and identifier.
    let keys: [String: Int]

    /// Whether the same things stand in the same places of both.
    static func agree(_ one: CloudSnapshot, _ other: CloudSnapshot) -> Bool {
        one.functions.elementsEqual(other.functions) { $0.arn == $1.arn }
            && one.instances.elementsEqual(other.instances) { $0.arn == $1.arn }
            && one.keys.elementsEqual(other.keys) { $0.arn == $1.arn }
    }

    init(_ snapshot: CloudSnapshot) {
        functions = Dictionary(grouping: snapshot.functions.enumerated(), by: \.element.account).mapValues { list in
            IdentifierIndex(list.map { (id: $0.element.arn, place: $0.offset) })
        }
        instances = Dictionary(grouping: snapshot.instances.enumerated(), by: \.element.account).mapValues { list in
            IdentifierIndex(list.map { (id: $0.element.arn, place: $0.offset) })
        }
        keys = Dictionary(
            snapshot.keys.enumerated().flatMap { [($1.arn, $0), ("\($1.account) \($1.region) \($1.id)", $0)] }
        ) { first, _ in first }
    }
}

/// What requests about each of some resources surely say of them, equal ones kept once.
struct ResourceContexts {
    private var contexts: [[String: [String]]] = []
    /// The class of each resource: those of one class have the same context.
    private(set) var classes: [Int] = []

    init(_ all: [[String: [String]]]) {
        var known: [[String: [String]]: Int] = [:]
        for context in all {
            let place = known[context] ?? contexts.count
            if place == contexts.count { contexts.append(context) }
            known[context] = place
            classes.append(place)
        }
    }

    func context(of place: Int) -> [String: [String]] { contexts[classes[place]] }

    /// Puts another context in the place of one.
    mutating func replace(_ place: Int, _ context: [String: [String]]) {
        classes[place] = contexts.count
        contexts.append(context)
    }
}

/// What requests about functions, instances and principals surely say of them, worked out once for as long as policies ask for the same keys.
final class KnownContexts {
    struct Contexts {
        /// How many keys policies named.
        var keys: Int
        var functions: ResourceContexts
        var instances: ResourceContexts
        var principals: ResourceContexts
    }
    private var known: Contexts?

    /// Those for so many keys, made where they are not known.
    func current(_ keys: Int, _ make: () -> Contexts) -> Contexts {
        if let known, known.keys == keys { return known }
        let made = make()
        known = made
        return made
    }
}
