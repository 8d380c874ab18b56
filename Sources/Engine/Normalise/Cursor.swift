import CloudModel

/// What could not be read, gathered while answers are read. One object belongs to one normalisation and never leaves it.
final class ReadingProblems {
    private(set) var entries: [CoverageEntry] = []
    private var counts: [String: Int] = [:]
    /// Most entries for one record: a hostile answer must not fill the coverage.
    static let perRecord = 16

    func note(_ record: CollectedRecord, code: String, _ message: String) {
        let count = counts[record.id, default: 0]
        counts[record.id] = count + 1
        guard count < Self.perRecord else { return }
        entries.append(
            CoverageEntry(
                account: record.account, service: record.service, operation: record.operation, region: record.region,
                resource: record.resource,
                outcome: .unreadable, code: code, message: count == Self.perRecord - 1 ? "and more of the same answer" : message))
    }
}

/// A place in a record's payload. Reading what has another type than it should is noted and gives `nil`.
struct Cursor {
    /// The record that all cursors into it share, with its name, which is made once.
    private final class Source {
        let record: CollectedRecord
        let id: String
        let problems: ReadingProblems
        init(_ record: CollectedRecord, _ problems: ReadingProblems) {
            self.record = record
            self.problems = problems
            id = record.id
        }
    }
    let value: JSONValue
    let pointer: String
    private let source: Source

    init(_ record: CollectedRecord, _ problems: ReadingProblems) { self.init(record.payload, "", Source(record, problems)) }

    private init(_ value: JSONValue, _ pointer: String, _ source: Source) {
        self.value = value
        self.pointer = pointer
        self.source = source
    }

    var record: CollectedRecord { source.record }
    var evidence: Evidence { Evidence(record: source.id, pointer: pointer.isEmpty ? nil : pointer) }

    /// The member of that name; `nil` when it is absent or null.
    subscript(name: String) -> Cursor? { present(name).map { child($0, name) } }

    /// The value of that name; `nil` when it is absent or null.
    private func present(_ name: String) -> JSONValue? {
        guard let value = value[name], !value.isNull else { return nil }
        return value
    }
    private func child(_ value: JSONValue, _ name: String) -> Cursor { Cursor(value, pointer + "/" + Self.escape(name), source) }

    /// The elements of the list of that name; none when it is absent.
    func list(_ name: String) -> [Cursor] {
        guard let child = self[name] else { return [] }
        guard let elements = child.value.array else {
            child.wrongType("an array")
            return []
        }
        return elements.enumerated().map { Cursor($1, "\(child.pointer)/\($0)", source) }
    }

    /// The element at that place of a list.
    func element(_ index: Int) -> Cursor? {
        guard let elements = value.array, elements.indices.contains(index) else { return nil }
        return Cursor(elements[index], "\(pointer)/\(index)", source)
    }

    /// The list of that name where the answer must have it.
    func requiredList(_ name: String) -> [Cursor]? {
        guard self[name] != nil else {
            missing(name)
            return nil
        }
        guard self[name]?.value.array != nil else {
            self[name]?.wrongType("an array")
            return nil
        }
        return list(name)
    }

    func string(_ name: String) -> String? {
        guard let value = present(name) else { return nil }
        if let text = value.string { return text }
        child(value, name).wrongType("a string")
        return nil
    }

    /// An ARN, identifier, name or address. AWS gives only printable ASCII there, and so comparisons may be plain.
    func identifier(_ name: String) -> String? {
        guard let text = string(name) else { return nil }
        guard Identifier.isPlain(text) else {
            self[name]?.problem("badIdentifier", "is no identifier")
            return nil
        }
        return text
    }

    func requiredIdentifier(_ name: String) -> String? {
        guard self[name] != nil else {
            missing(name)
            return nil
        }
        return identifier(name)
    }

    /// The element itself as identifier.
    var identifier: String? {
        guard let text = value.string, Identifier.isPlain(text) else {
            wrongType("an identifier")
            return nil
        }
        return text
    }

    func bool(_ name: String) -> Bool? {
        guard let value = present(name) else { return nil }
        if let flag = value.bool { return flag }
        child(value, name).wrongType("true or false")
        return nil
    }

    func int(_ name: String) -> Int? {
        guard let value = present(name) else { return nil }
        if let number = value.int { return number }
        child(value, name).wrongType("a whole number")
        return nil
    }

    /// `[{Key, Value}]` as a dictionary, or a dictionary as it is.
    func tags(_ name: String) -> [String: String] {
        guard let child = self[name] else { return [:] }
        var tags: [String: String] = [:]
        if let object = child.value.object {
            for member in object.members { if let text = member.value.string { tags[member.name] = text } }
            return tags
        }
        for item in list(name) {
            // Newer services write these in lower case.
            guard let key = item.string("Key") ?? item.string("key") else {
                item.missing("Key")
                continue
            }
            tags[key] = item.string("Value") ?? item.string("value") ?? ""
        }
        return tags
    }

    /// A policy document: an object, or its JSON as text, plain or URL-encoded; `nil` and noted when it is neither.
    func document(_ name: String) -> JSONValue? {
        guard let child = self[name] else { return nil }
        if child.value.object != nil { return child.value }
        guard let text = child.value.string else {
            child.wrongType("a policy document")
            return nil
        }
        let trimmed = text.drop { $0.isWhitespace }
        let plain: String? = trimmed.utf8.first == UInt8(ascii: "{") ? String(trimmed) : PercentEncoding.decode(trimmed)
        guard let plain, let document = try? JSONValue(parsing: plain), document.object != nil else {
            child.problem("badDocument", "is no policy document")
            return nil
        }
        return document
    }

    func missing(_ name: String) { problem("missingMember", "has no readable \(name)") }
    func wrongType(_ expected: String) { problem("wrongType", "is not \(expected)") }
    func problem(_ code: String, _ what: String) {
        source.problems.note(record, code: code, "\(pointer.isEmpty ? "the answer" : pointer) \(what)")
    }

    /// RFC 6901 section 3.
    private static func escape(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

enum Identifier {
    /// Whether `text` is one to 2,048 bytes of printable ASCII.
    static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 2048 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// The account in an ARN.
    static func account(ofARN arn: String) -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[4].utf8.count == 12 else { return nil }
        return String(parts[4])
    }
}

extension Sequence<String> {
    /// Ordered by bytes, each once.
    var sortedUnique: [String] { Set(self).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

enum ByteOrder {
    /// Below zero where `left` comes first, zero where both are the same.
    static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        let shared = Swift.min(left.count, right.count)
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                var place = 0
                // Names of clouds begin alike: eight bytes at a time.
                while place + 8 <= shared {
                    let (one, other) = (
                        UInt64(bigEndian: left.loadUnaligned(fromByteOffset: place, as: UInt64.self)),
                        UInt64(bigEndian: right.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                    )
                    if one != other { return one < other ? -1 : 1 }
                    place += 8
                }
                while place < shared {
                    if left[place] != right[place] { return left[place] < right[place] ? -1 : 1 }
                    place += 1
                }
                return left.count - right.count
            }
        }
    }
}

extension Array {
    /// Orders by the bytes of keys; what has the same one stays in its order.
    mutating func sortByBytes(_ key: (Element) -> String) { orderByBytes(key, once: false) }

    /// The same, and of elements with the same key the first stays.
    mutating func sortByBytesOnce(_ key: (Element) -> String) { orderByBytes(key, once: true) }

    private mutating func orderByBytes(_ key: (Element) -> String, once: Bool) {
        guard count > 1 else { return }
        // Keys are made once, and places are moved about, for elements are large.
        let keys = map { Array<UInt8>(key($0).utf8) }
        var order = indices.sorted { left, right in
            switch ByteOrder.compare(keys[left], keys[right]) {
            case 0: left < right
            case let difference: difference < 0
            }
        }
        if once {
            var last = -1
            order = order.filter { place in
                defer { last = place }
                return last < 0 || keys[place] != keys[last]
            }
        }
        self = order.map { self[$0] }
    }
}
