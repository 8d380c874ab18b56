import CloudModel

/// The records of a collection by call, and what is known of calls that gave none.
struct RecordIndex {
    struct Call: Hashable {
        var account: String
        var service: String
        var operation: String
    }
    struct Question: Hashable {
        var call: Call
        var region: String?
        var resource: String?
    }
    /// What became of a question.
    enum Answer {
        case record(CollectedRecord)
        /// The service said that there is none.
        case none
        /// Not collected.
        case unknown
    }

    let collection: CloudCollection
    private(set) var accounts: [String]
    private(set) var partitions: [String: String] = [:]
    private var byCall: [Call: [Int]] = [:]
    private var byQuestion: [Question: Int] = [:]
    private var outcomes: [Question: CoverageEntry] = [:]
    /// One question that has a record or an outcome.
    private struct Asked {
        var region: String?
        var resource: String?
        var isRecord: Bool
    }
    private var asked: [Call: [Asked]] = [:]
    private var regionsByAccount: [String: Set<String>] = [:]

    init(_ collection: consuming CloudCollection) {
        for index in collection.records.indices where collection.records[index].account == nil {
            collection.records[index].account = "unknown"
        }
        collection.records.sortByBytes(\.id)
        self.collection = collection
        var accounts: Set<String> = []
        for (index, record) in self.collection.records.enumerated() {
            let account = record.account ?? "unknown"
            accounts.insert(account)
            let call = Call(account: account, service: record.service, operation: record.operation)
            byCall[call, default: []].append(index)
            let question = Question(call: call, region: record.region, resource: record.resource)
            if byQuestion[question] == nil { byQuestion[question] = index }
            asked[call, default: []].append(Asked(region: record.region, resource: record.resource, isRecord: true))
            if let region = record.region { regionsByAccount[account, default: []].insert(region) }
            let details = record.payload["RoleDetailList"]?.array?.first ?? record.payload["UserDetailList"]?.array?.first
            if partitions[account] == nil, let arn = (record.payload["Arn"] ?? details?["Arn"])?.string {
                let parts = arn.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                if parts.count == 3, ["aws", "aws-cn", "aws-us-gov"].contains(parts[1]) { partitions[account] = String(parts[1]) }
            }
        }
        for entry in self.collection.coverage where entry.outcome != .unknownOperation {
            let account = entry.account ?? "unknown"
            if entry.account != nil { accounts.insert(account) }
            let call = Call(account: account, service: entry.service, operation: entry.operation)
            outcomes[Question(call: call, region: entry.region, resource: entry.resource)] = entry
            asked[call, default: []].append(Asked(region: entry.region, resource: entry.resource, isRecord: false))
            if let region = entry.region { regionsByAccount[account, default: []].insert(region) }
        }
        self.accounts = accounts.sortedUnique
    }

    func regions(of account: String) -> [String] { (regionsByAccount[account] ?? []).sortedUnique }
    mutating func addRegion(_ region: String, to account: String) { regionsByAccount[account, default: []].insert(region) }

    /// All records of a call, ordered by name.
    func records(_ account: String, _ service: String, _ operation: String) -> [CollectedRecord] {
        (byCall[Call(account: account, service: service, operation: operation)] ?? []).map { collection.records[$0] }
    }

    func answer(_ account: String, _ service: String, _ operation: String, region: String? = nil, resource: String? = nil) -> Answer {
        let question = Question(
            call: Call(account: account, service: service, operation: operation), region: region, resource: resource)
        if let index = byQuestion[question] { return .record(collection.records[index]) }
        if let entry = outcomes[question], entry.outcome == .collected { return .none }
        return .unknown
    }

    /// The first of several names under which a resource may have been asked for that has an answer.
    func answer(_ account: String, _ service: String, _ operation: String, region: String?, resources: [String]) -> Answer {
        for resource in resources {
            switch answer(account, service, operation, region: region, resource: resource) {
            case .unknown: continue
            case let found: return found
            }
        }
        return .unknown
    }

    /// Whether a record holds all pages of its call.
    func isWhole(_ record: CollectedRecord) -> Bool {
        let question = Question(
            call: Call(account: record.account ?? "unknown", service: record.service, operation: record.operation),
            region: record.region, resource: record.resource)
        guard let entry = outcomes[question] else { return true }
        return entry.outcome == .collected
    }

    /// Whether a listing was asked in a region under any name, or another answer stands in for it.
    func isListed(_ account: String, _ operation: KnownOperation, region: String?) -> Bool {
        func questions(_ name: String) -> [Asked] {
            asked[Call(account: account, service: operation.service, operation: name)]?.filter { $0.region == region || $0.region == nil }
                ?? []
        }
        if !questions(operation.operation).isEmpty { return true }
        return KnownOperation.workloads.contains { other in
            other.service == operation.service && other.standsFor == operation.operation
                && questions(other.operation).contains { $0.isRecord && $0.resource == nil }
        }
    }

    /// Whether a call has an answer in a region.
    func isAnswered(_ account: String, _ service: String, _ operation: String, region: String) -> Bool {
        asked[Call(account: account, service: service, operation: operation)]?.contains { $0.isRecord && $0.region == region } ?? false
    }

    /// Whether the question has a record or an outcome of any kind.
    func isMentioned(_ account: String, _ service: String, _ operation: String, region: String?, resource: String?) -> Bool {
        let question = Question(
            call: Call(account: account, service: service, operation: operation), region: region, resource: resource)
        return byQuestion[question] != nil || outcomes[question] != nil
    }
}
