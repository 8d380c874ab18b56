/// Writes JSON piece by piece, for documents that are too long to be held as one value.
public struct JSONText: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Nothing yet.
    public init() {}

    /// Forgets what was written, which went where it belongs, and goes on behind it.
    public mutating func removeWritten() { bytes.removeAll(keepingCapacity: true) }

    /// Opens an object or a list.
    public mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(contentsOf: String(bracket).utf8)
        needsComma = false
    }
    /// Closes what was opened last.
    public mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(contentsOf: String(bracket).utf8)
        needsComma = true
    }
    /// Goes on in a new line; before what closes a list or object, or ends the text, without a comma.
    public mutating func newline(closing: Bool = false) {
        if needsComma, !closing { bytes.append(UInt8(ascii: ",")) }
        bytes.append(0x0A)
        needsComma = false
    }
    /// A member's name; its value follows.
    public mutating func name(_ text: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: "\":".utf8)
        needsComma = false
    }
    /// A text.
    public mutating func value(_ text: String) {
        separate()
        JSONValue.append(text, to: &bytes)
        needsComma = true
    }
    /// A number; one that JSON cannot write becomes 0.
    public mutating func value(_ number: Double) { value(JSONValue.real(number)) }
    /// Any value, in canonical form.
    public mutating func value(_ json: JSONValue) {
        separate()
        bytes.append(contentsOf: json.canonicalBytes)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}
