/// A condition key in lower case, hashed once, so that looking it up compares numbers.
struct ContextKey: Sendable, Hashable {
    let bytes: [UInt8]
    let hash: UInt64

    init(_ key: String) { self.init(bytes: Array(key.utf8)) }

    /// A key in any case.
    init(bytes: [UInt8]) {
        self.bytes = bytes.lowercased
        hash = self.bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    static let resourceAccount = ContextKey("aws:ResourceAccount")

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// Keys and their values as bytes, sorted by the keys' hashes. A class, so that handing it on copies one reference.
final class ContextValues: Sendable {
    private let hashes: [UInt64]
    private let entries: [(key: [UInt8], values: [[UInt8]])]

    /// Keys in any case; the values of those that differ in case only are put together.
    init(_ values: [String: [String]]) {
        var list = values.map { (ContextKey($0), $1.map { Array($0.utf8) }) }
        list.sort { $0.0.hash < $1.0.hash }
        var hashes: [UInt64] = []
        var entries: [(key: [UInt8], values: [[UInt8]])] = []
        hashes.reserveCapacity(list.count)
        entries.reserveCapacity(list.count)
        for (key, texts) in list {
            if let same = entries.indices.reversed().prefix(while: { hashes[$0] == key.hash }).first(where: { entries[$0].key == key.bytes }
            ) {
                entries[same].values += texts
                continue
            }
            hashes.append(key.hash)
            entries.append((key.bytes, texts))
        }
        self.hashes = hashes
        self.entries = entries
    }

    /// The values of a key; `nil` when it is not among them.
    func values(of key: ContextKey) -> [[UInt8]]? {
        var low = 0
        var high = hashes.count
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < key.hash { low = middle + 1 } else { high = middle }
        }
        while low < hashes.count, hashes[low] == key.hash {
            if entries[low].key == key.bytes { return entries[low].values }
            low += 1
        }
        return nil
    }
}

/// Keys that requests surely do not have, taken apart once for many of them.
public struct KnownAbsentKeys: Sendable {
    let keys: Set<ContextKey>
    /// Keys in any case.
    public init(_ keys: Set<String>) { self.keys = Set(keys.map { ContextKey($0) }) }
}

/// What a request brings, whoever makes it. A class, so that handing it on copies one reference.
final class GivenContext: Sendable {
    let values: ContextValues
    let isOpen: Bool
    let knownAbsent: Set<ContextKey>
    let derivesKeys: Bool
    /// Who owns the resource, as the value of `aws:ResourceAccount`.
    let resourceAccount: [[UInt8]]?
    /// Whether a resource whose owner is not known is taken for the principal's.
    let takesPrincipalsAccount: Bool

    init(_ context: RequestContext, resourceAccount: [UInt8]?, takesPrincipalsAccount: Bool) {
        values = ContextValues(context.values)
        derivesKeys = context.derivesKeys
        self.resourceAccount = resourceAccount.map { [$0] }
        self.takesPrincipalsAccount = takesPrincipalsAccount
        switch context.absent {
        case .absent:
            isOpen = false
            knownAbsent = []
        case .unknown(let keys):
            isOpen = true
            knownAbsent = KnownAbsentKeys(keys).keys
        }
    }

    /// A context of which not all keys are known, of a resource that is the principal's where its owner is not known.
    init(_ values: [String: [String]], _ absent: KnownAbsentKeys, resourceAccount: [UInt8]?) {
        self.values = ContextValues(values)
        derivesKeys = true
        self.resourceAccount = resourceAccount.map { [$0] }
        takesPrincipalsAccount = true
        isOpen = true
        knownAbsent = absent.keys
    }
}

/// All that is known of a request's keys: what it brings, and what follows from who makes it.
struct PreparedContext: Sendable {
    enum Lookup {
        case values([[UInt8]])
        case absent
        case unknown
    }
    private let given: GivenContext
    private let principal: PreparedPrincipal?

    init(_ given: GivenContext, _ principal: PreparedPrincipal?) {
        self.given = given
        self.principal = principal
    }

    /// A context of which nothing is known of the resource.
    init(_ context: RequestContext, _ principal: PreparedPrincipal? = nil) {
        self.init(GivenContext(context, resourceAccount: nil, takesPrincipalsAccount: false), principal)
    }

    /// Whether absent keys may have any value.
    var isPartial: Bool { given.isOpen }

    /// What is known of a key. A key without values is absent.
    func lookup(_ key: ContextKey) -> Lookup {
        if let list = given.values.values(of: key) { return list.isEmpty ? .absent : .values(list) }
        if let list = principal?.brought?.values(of: key) { return list.isEmpty ? .absent : .values(list) }
        // Who says that a key is surely absent knows better than what usually follows.
        if !given.knownAbsent.isEmpty, given.knownAbsent.contains(key) { return .absent }
        if given.derivesKeys {
            if let list = principal?.derived.values(of: key) { return list.isEmpty ? .absent : .values(list) }
            if key.hash == ContextKey.resourceAccount.hash, key == .resourceAccount {
                if let account = given.resourceAccount { return .values(account) }
                if given.takesPrincipalsAccount, let account = principal?.accountValues { return .values(account) }
            }
        }
        return given.isOpen ? .unknown : .absent
    }
}
