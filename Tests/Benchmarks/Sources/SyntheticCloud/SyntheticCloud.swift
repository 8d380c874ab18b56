public import CloudModel

/// A made-up organisation, the same for the same shape: its answers look like those that an agent collects from real accounts.
///
/// Most principals are workloads with rights on what is theirs; people come in through groups and single sign-on; a few roles are broad, and a
/// few mistakes are planted. In a dense organisation four of five policies hold a right by which others rose, and a third of the roles trust their whole
/// account. In a complete one nearly all roles do, and every policy lets its holders assume or pass roles everywhere.
public struct SyntheticCloud: Sendable {
    /// How large it is, and how its policies are.
    public struct Shape: Sendable {
        /// How many rights reach beyond what is one's own.
        public enum Density: String, Sendable, CaseIterable { case sparse, dense, complete }
        /// Accounts.
        var accounts: Int
        /// Roles, users and groups of each account.
        var roles: Int
        var users: Int
        var groups: Int
        /// Resources of each account.
        var instances: Int
        var functions: Int
        var buckets: Int
        var secrets: Int
        var databases: Int
        var snapshots: Int
        var keys: Int
        var securityGroups: Int
        /// How its policies are.
        public internal(set) var density: Density
        /// Equal seeds give equal organisations.
        var seed: UInt64

        /// About so many principals and resources, in accounts of about 250 principals or in one.
        public init(principals: Int, resources: Int, accounts: Int? = nil, density: Density = .sparse, seed: UInt64 = 1) {
            let accounts = accounts ?? max(1, principals / 250)
            let own = principals / accounts
            self.accounts = accounts
            groups = max(1, own / 25)
            users = own / 6
            roles = max(1, own - users - groups)
            let things = resources / accounts
            instances = things * 22 / 100
            functions = things * 24 / 100
            buckets = things * 7 / 100
            secrets = things * 12 / 100
            databases = things * 3 / 100
            snapshots = things * 14 / 100
            keys = things * 3 / 100
            securityGroups = things * 10 / 100
            self.density = density
            self.seed = seed
        }

        /// Principals and resources of all accounts, as they are made.
        public var principals: Int { accounts * (roles + users + groups) }
        /// What is not a principal.
        public var resources: Int {
            accounts * (instances + functions + buckets + secrets + databases + snapshots + keys + securityGroups + 30)
        }
    }

    /// Its shape.
    public let shape: Shape
    /// An organisation of that shape.
    public init(_ shape: Shape) { self.shape = shape }

    /// One saved answer.
    public struct File: Sendable {
        /// `SERVICE.OPERATION[.REGION][.RESOURCE].json`
        public var name: String
        /// What is in it.
        public var text: String
    }

    /// Numbers of the accounts.
    public var accounts: [String] { (0..<shape.accounts).map { String(200_000_000_000 + $0 * 1_234_567) } }

    /// The answers of one account, with `collection.json`.
    public func files(of index: Int) -> [File] {
        var account = SyntheticAccount(shape, index, accounts)
        return account.answers()
    }

    /// All of it as the records that reading the folder gives.
    public func collection() throws -> CloudCollection {
        var records: [CollectedRecord] = []
        var coverage: [CoverageEntry] = []
        for (index, account) in accounts.enumerated() {
            for file in files(of: index) {
                let value = try JSONValue(parsing: file.text)
                if file.name == "collection.json" {
                    for entry in value["coverage"]?.array ?? [] {
                        coverage.append(
                            CoverageEntry(
                                account: account, service: entry["service"]?.string ?? "", operation: entry["operation"]?.string ?? "",
                                region: entry["region"]?.string, resource: entry["resource"]?.string, outcome: .collected,
                                code: entry["code"]?.string))
                    }
                    continue
                }
                guard let name = try CollectionFolder.parse(recordName: String(file.name.dropLast(5))) else { continue }
                records.append(
                    CollectedRecord(
                        account: account, service: name.operation.service, operation: name.operation.operation, region: name.region,
                        resource: name.resource, time: "2026-03-01T10:00:00Z", payload: value))
            }
        }
        return CloudCollection(records: records, coverage: coverage)
    }
}

/// A reproducible source of numbers (SplitMix64).
struct Numbers {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }
    /// Whether something that happens so many times in a thousand does.
    mutating func happens(_ thousandths: Int) -> Bool { below(1000) < thousandths }
}
