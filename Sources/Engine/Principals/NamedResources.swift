import IAMEvaluator

/// What a policy's statements say of the resources of one action, whatever their conditions: enough to tell quickly what it cannot allow, and
/// where it says nothing at all.
final class NamedResources {
    /// How the resources begin that some Allow names, lower case, up to the first wildcard or variable.
    let starts: [[UInt8]]
    /// The same of Deny statements.
    private let denied: [[UInt8]]
    /// Whether some Allow is about any resource, or about all but some.
    let isOpen: Bool
    /// The same of Allow and Deny.
    private let isWide: Bool
    /// Whether no statement, Allow or Deny, tells one resource from another.
    let isBlind: Bool

    init(_ document: PolicyDocument?, _ action: String) {
        var starts: [[UInt8]] = []
        var denied: [[UInt8]] = []
        // What a text that is not known says may be anything.
        var isOpen = document == nil
        var isWide = document == nil
        var isBlind = document != nil
        let bytes = Array(action.utf8)
        for statement in document?.statements ?? [] {
            let isMatched = statement.actions.patterns.contains { Wildcard.matches(Array($0.utf8), bytes, ignoringCase: true) }
            guard isMatched != statement.actions.negated else { continue }
            let patterns = statement.resources?.patterns ?? []
            let isAny = statement.resources.map { !$0.negated && patterns.contains("*") } ?? true
            if !isAny { isBlind = false }
            if isAny || statement.resources?.negated == true {
                isWide = true
                if statement.effect == .allow { isOpen = true }
            }
            for pattern in patterns {
                let start = Array(
                    pattern.lowercased().utf8.prefix { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "$") })
                if statement.effect == .allow { starts.append(start) } else { denied.append(start) }
            }
        }
        self.starts = starts
        self.denied = denied
        self.isOpen = isOpen
        self.isWide = isWide
        self.isBlind = isBlind
    }

    /// Whether an Allow may be about the resource.
    func mayAllow(_ resource: String) -> Bool { isOpen || Self.names(starts, resource) }

    /// Whether a statement may be about the resource, which is no pattern; about any where it is `nil`.
    func concerns(_ resource: String?) -> Bool {
        if isWide { return true }
        guard let resource else { return !starts.isEmpty || !denied.isEmpty }
        return Self.names(starts, resource) || Self.names(denied, resource)
    }

    private static func names(_ starts: [[UInt8]], _ resource: String) -> Bool {
        starts.contains { start in
            var place = start.startIndex
            for byte in resource.utf8 {
                guard place < start.endIndex else { return true }
                let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
                guard start[place] == lower else { return false }
                place += 1
            }
            return place == start.endIndex
        }
    }
}

/// Identifiers in order, so that those that a policy may name are looked up and not tried one by one.
struct IdentifierIndex {
    /// Lower case, in the order of their bytes, each with what its owner calls it by.
    private let ids: [(bytes: [UInt8], place: Int)]
    /// All of them, in the owner's order.
    let all: [Int]

    init(_ ids: some Sequence<(id: String, place: Int)>) {
        self.ids = ids.map { (Array($0.id.lowercased().utf8), $0.place) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
        all = self.ids.map(\.place).sorted()
    }

    /// Adds the places of the identifiers that begin with `start`.
    func add(under start: [UInt8], to places: inout [Int]) {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle].bytes.lexicographicallyPrecedes(start) { low = middle + 1 } else { high = middle }
        }
        while low < ids.count, ids[low].bytes.starts(with: start) {
            places.append(ids[low].place)
            low += 1
        }
    }
}

extension Permissions {
    /// The places of an index that the subject's own policies may allow an action on; what they surely do not is left out.
    ///
    /// - Parameter cut: where what the action is about lies in what the index has, what ends the identifiers of the index, such as `/`.
    func candidates(_ subject: Subject, _ action: String, in index: IdentifierIndex, cut: UInt8? = nil) -> [Int] {
        guard subject.unknownPolicies.isEmpty, let number = EngineActions.index[action] else { return index.all }
        guard subject.allows.contains(action) else { return [] }
        var places: [Int] = []
        for policy in subject.policies {
            let named = library.named(number, in: policy.place)
            if named.isOpen { return index.all }
            for start in named.starts {
                let end = cut.flatMap { start.firstIndex(of: $0) }.map { $0 + 1 } ?? start.endIndex
                index.add(under: Array(start[..<end]), to: &places)
            }
        }
        return places.count > 1 ? Set(places).sorted() : places
    }

    /// Whether the subject's own policies surely allow nothing on a resource.
    func isOutOfReach(_ subject: Subject, _ action: Int, _ resource: String) -> Bool {
        guard subject.unknownPolicies.isEmpty, !resource.utf8.contains(UInt8(ascii: "*")) else { return false }
        return !subject.policies.contains { library.named(action, in: $0.place).mayAllow(resource) }
    }
}
