/// A text that equals another only when both have the same bytes. Swift's String holds canonically equivalent texts for equal, such as `é` as
/// one scalar and as two, and two names of a cloud's that only look alike would become one.
struct ExactText: Hashable {
    let text: String
    init(_ text: String) { self.text = text }
    static func same(_ left: String, _ right: String) -> Bool {
        // Nearly all names differ in length or at a glance; only what Swift holds for equal is compared byte by byte.
        left.utf8.count == right.utf8.count && left == right && left.utf8.elementsEqual(right.utf8)
    }
    static func == (left: ExactText, right: ExactText) -> Bool { same(left.text, right.text) }
    // Over the bytes: a String hashes its equivalent spellings alike, and of those a hostile object can hold any number.
    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// One JSON value, as parsed. Numbers keep their text, objects keep the order of their members.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The number's own text, as RFC 8259 §6 allows it.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object in their order. Names are unique: the parser refuses a repeated one.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// Name and value of each member, in order.
    public private(set) var members: [Member]

    /// One name with its value.
    public struct Member: Sendable, Hashable {
        /// The member's name, unescaped.
        public var name: String
        /// The member's value.
        public var value: JSONValue
        /// A member of that name and value.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// An object of these members; of a repeated name the last one counts.
    public init(_ members: [Member] = []) {
        self.members = []
        self.members.reserveCapacity(members.count)
        guard members.count > 16 else {
            for member in members { self[member.name] = member.value }
            return
        }
        // Linear for any number of members.
        var places: [ExactText: Int] = [:]
        for member in members {
            if let place = places[ExactText(member.name)] {
                self.members[place].value = member.value
            } else {
                places[ExactText(member.name)] = self.members.count
                self.members.append(member)
            }
        }
    }
    /// An object written as a literal; of a repeated name the last one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { Member($0.0, $0.1) })
    }
    /// Members whose names the caller knows to be unique.
    init(uniqueMembers: [Member]) { members = uniqueMembers }

    /// The value of that name; setting `nil` removes the member.
    public subscript(name: String) -> JSONValue? {
        get { members.first { ExactText.same($0.name, name) }?.value }
        set {
            let index = members.firstIndex { ExactText.same($0.name, name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name, value))
            case (nil, nil): break
            }
        }
    }
    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }
    /// How many members there are.
    public var count: Int { members.count }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// A JSON string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .number(String(value)) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member($0.0, $0.1) }))
    }
}

extension JSONValue {
    /// The member of that name, when this is an object that has it.
    public subscript(name: String) -> JSONValue? {
        if case .object(let object) = self { object[name] } else { nil }
    }
    /// The text, when this is a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The elements, when this is an array.
    public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    /// The members, when this is an object.
    public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
    /// The truth value, when this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The whole number, when this is one that fits.
    public var int: Int? { if case .number(let text) = self { Int(text) } else { nil } }
    /// The number, when this is one that a `Double` can hold.
    public var double: Double? {
        guard case .number(let text) = self, let value = Double(text), value.isFinite else { return nil }
        return value
    }
    /// Whether this is `null`.
    public var isNull: Bool { self == .null }
}

extension JSONValue {
    /// Whether both are the same value: texts and names byte by byte, numbers as they are written, members in the same order.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)), (.string(let left), .string(let right)): ExactText.same(left, right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension JSONObject.Member {
    /// Whether names and values are the same, byte by byte.
    public static func == (left: JSONObject.Member, right: JSONObject.Member) -> Bool {
        ExactText.same(left.name, right.name) && left.value == right.value
    }
}
