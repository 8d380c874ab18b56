/// AWS's services with their actions, resource types and condition keys, as AWS's Service Authorization Reference lists them.
///
/// Facts for remarks and words, never for decisions: an action that the table lacks is *unknown*, is evaluated as written, and counts as
/// existing. The evaluator does not look in here.
public struct ActionTable: Sendable {
    /// What an action does at most ("Understanding access level summaries within policy summaries").
    public enum AccessLevel: String, Sendable, Hashable, CaseIterable {
        case list = "List"
        case read = "Read"
        case write = "Write"
        case tagging = "Tagging"
        case permissionsManagement = "Permissions management"
    }

    /// Where the table comes from.
    public struct Source: Sendable, Hashable {
        /// The package's name on PyPI.
        public var package: String
        /// Its version.
        public var version: String
        /// When that version was released, a month or a day.
        public var date: String
    }

    /// A kind of resource of a service.
    public struct ResourceType: Sendable, Hashable {
        /// AWS's name of it, such as `bucket`.
        public var name: String
        /// Its ARN with placeholders, such as `arn:${Partition}:s3:::${BucketName}`.
        public var arn: String
        /// Places of its condition keys among its service's.
        let keys: [Int]
    }

    /// A service, by its prefix.
    struct Service: Sendable {
        var prefix: String
        var keys: [ConditionKey] = []
        var types: [ResourceType] = []
        var groups: [Group] = []
        /// Places of its actions in the table's lists.
        var actions: Range<Int> = 0..<0
    }

    /// What is the same for many actions of a service.
    struct Group: Sendable {
        var level: AccessLevel
        var types: [(place: Int, isRequired: Bool)]
        /// Keys beyond those of the types.
        var keys: [Int]
        var needs: [String]
    }

    /// The tables themselves; copies of an ``ActionTable`` share them.
    final class Storage: Sendable {
        let source: Source
        /// Sorted by prefix.
        let services: [Service]
        /// The actions' names one after the other, in each service sorted without regard to case.
        let names: [UInt8]
        /// Where each name ends.
        let ends: [UInt32]
        /// The group of each action in its service.
        let groups: [UInt16]
        /// The prefixes, and what stands for the service in ARNs.
        let arnServices: Set<[UInt8]>

        init(_ reader: ActionTableReader) {
            source = reader.source
            services = reader.services
            names = reader.names
            ends = reader.ends
            groups = reader.groups
            var found: Set<[UInt8]> = []
            for service in reader.services {
                found.insert(Array(service.prefix.utf8))
                for type in service.types {
                    let parts = type.arn.utf8.split(separator: 0x3A, maxSplits: 3, omittingEmptySubsequences: false)
                    if parts.count > 2 { found.insert(Array(parts[2])) }
                }
            }
            arnServices = found
        }

        func name(_ action: Int) -> ArraySlice<UInt8> { names[(action > 0 ? Int(ends[action - 1]) : 0)..<Int(ends[action])] }
    }

    /// One action.
    public struct Action: Sendable, Hashable {
        let storage: Storage
        let service: Int
        let index: Int

        /// Whether both are the same action of the same table.
        public static func == (left: Action, right: Action) -> Bool { left.index == right.index && left.storage === right.storage }
        /// By its place in the table.
        public func hash(into hasher: inout Hasher) { hasher.combine(index) }

        var owner: Service { storage.services[service] }
        var group: Group { owner.groups[Int(storage.groups[index])] }
        /// What all actions of the same service with the same facts have in common, and no others.
        var groupNumber: Int { service << 16 | Int(storage.groups[index]) }

        /// The service's prefix, such as `s3`.
        public var servicePrefix: String { owner.prefix }
        /// The action with its service, such as `s3:GetObject`.
        public var name: String { owner.prefix + ":" + String(decoding: storage.name(index), as: UTF8.self) }
        /// What it does at most.
        public var level: AccessLevel { group.level }
        /// The kinds of resources that it can be limited to; empty when it supports only `*`.
        public var resourceTypes: [ResourceType] { group.types.map { owner.types[$0.place] } }
        /// The names of those among ``resourceTypes`` that each request names one of.
        public var requiredResourceTypes: [String] { group.types.filter(\.isRequired).map { owner.types[$0.place].name } }
        /// Whether a policy that names a resource never covers it: only `*` does.
        public var supportsOnlyEverything: Bool { group.types.isEmpty }
        /// The condition keys that its requests can have beyond the global ones, those of its resource types included.
        public var conditionKeys: [ConditionKey] {
            let group = group
            let places = Set(group.keys + group.types.flatMap { owner.types[$0.place].keys })
            return places.sorted().map { owner.keys[$0] }
        }
        /// Other actions that a caller needs as well, in some cases.
        public var dependentActions: [String] { group.needs }

        /// Whether its requests can have a key; in lower case.
        func has(key: [UInt8]) -> Bool {
            let group = group
            if group.keys.contains(where: { owner.keys[$0].covers(key) }) { return true }
            return group.types.contains { type in owner.types[type.place].keys.contains { owner.keys[$0].covers(key) } }
        }
    }

    let storage: Storage

    /// The table that comes with the program. It is read when it is first asked for.
    public static let standard = ActionTable(parsing: text)

    /// Reads a table; what is not of its grammar is left out.
    init(parsing text: StaticString) { storage = Storage(ActionTableReader(text)) }

    /// Where the table comes from.
    public var source: Source { storage.source }
    /// The prefixes of all services.
    public var servicePrefixes: [String] { storage.services.map(\.prefix) }
    /// How many actions there are.
    public var count: Int { storage.ends.count }

    /// The action of that name in any case, such as `s3:GetObject`; `nil` when the table has none, which does not mean that AWS has none.
    public func action(_ name: String) -> Action? {
        let lowered = Array(name.utf8).lowercased
        guard let colon = lowered.firstIndex(of: 0x3A), let service = service(lowered[..<colon]) else { return nil }
        return action(lowered[(colon + 1)...], of: service)
    }

    /// The actions that a pattern of an `Action` element covers, such as `s3:Get*`; empty when the table has none.
    public func actions(matching pattern: String) -> [Action] {
        let lowered = Array(pattern.utf8).lowercased
        guard lowered.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) else {
            return action(pattern).map { [$0] } ?? []
        }
        let template = PatternTemplate(String(decoding: lowered, as: UTF8.self), variables: false, mode: .wildcards)
        guard let compiled = template.fixed else { return [] }
        var places = 0..<storage.services.count
        if let colon = lowered.firstIndex(of: 0x3A), !lowered[..<colon].contains(where: { $0 == 0x2A || $0 == 0x3F }) {
            guard let service = service(lowered[..<colon]) else { return [] }
            places = service..<(service + 1)
        }
        var found: [Action] = []
        for place in places {
            let service = storage.services[place]
            var text = Array(service.prefix.utf8) + [0x3A]
            let start = text.count
            for index in service.actions {
                text.replaceSubrange(start..., with: storage.name(index).lazy.map(\.lowercased))
                if compiled.matches(text) { found.append(Action(storage: storage, service: place, index: index)) }
            }
        }
        return found
    }

    /// All actions of a service; empty when the table does not have it.
    public func actions(of prefix: String) -> [Action] {
        guard let place = service(Array(prefix.utf8).lowercased[...]) else { return [] }
        return storage.services[place].actions.map { Action(storage: storage, service: place, index: $0) }
    }

    /// Whether the table has a service of that prefix, in any case.
    public func hasService(_ prefix: String) -> Bool { service(Array(prefix.utf8).lowercased[...]) != nil }

    /// Whether ARNs can have this in the place of the service; in lower case, as in ARNs.
    func hasARNs(of service: String) -> Bool { storage.arnServices.contains(Array(service.utf8)) }

    /// The facts about a condition key: a global one, or one that some service lists. `nil` when the table has none.
    public func conditionKey(_ name: String) -> ConditionKey? {
        let lowered = Array(name.utf8).lowercased
        if let key = ConditionKey.everywhere(lowered) { return key }
        let prefix = lowered.prefix { $0 != 0x3A }
        if let place = service(prefix), let key = storage.services[place].keys.first(where: { $0.covers(lowered) }) { return key }
        // Some services have keys with another's prefix.
        for service in storage.services {
            if let key = service.keys.first(where: { $0.covers(lowered) }) { return key }
        }
        return nil
    }

    /// Whether some action's requests can have the key, in lower case. Some services list keys without saying which actions have them.
    func isOfSomeAction(_ lowered: [UInt8]) -> Bool {
        storage.services.contains { service in
            let places = service.keys.indices.filter { service.keys[$0].covers(lowered) }
            guard !places.isEmpty else { return false }
            return service.groups.contains { group in
                group.keys.contains(where: places.contains)
                    || group.types.contains { service.types[$0.place].keys.contains(where: places.contains) }
            }
        }
    }

    /// The types of a service's resources; empty when the table does not have it.
    public func resourceTypes(of prefix: String) -> [ResourceType] {
        service(Array(prefix.utf8).lowercased[...]).map { storage.services[$0].types } ?? []
    }

    private func service(_ lowered: ArraySlice<UInt8>) -> Int? {
        Self.search(0..<storage.services.count, for: lowered) { Array(storage.services[$0].prefix.utf8)[...] }
    }

    private func action(_ lowered: ArraySlice<UInt8>, of service: Int) -> Action? {
        Self.search(storage.services[service].actions, for: lowered, storage.name)
            .map { Action(storage: storage, service: service, index: $0) }
    }

    /// Binary search without regard to case; `wanted` is in lower case.
    private static func search(_ range: Range<Int>, for wanted: ArraySlice<UInt8>, _ text: (Int) -> ArraySlice<UInt8>) -> Int? {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = low + (high - low) / 2
            let here = text(middle).lazy.map(\.lowercased)
            if here.elementsEqual(wanted) { return middle }
            if here.lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
