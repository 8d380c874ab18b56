extension JSONValue {
    /// This value as canonical bytes: members ordered by the UTF-8 bytes of their names, no space, the fewest escapes, numbers as they
    /// were written. Equal values give equal bytes, so digests are taken over these.
    public var canonicalBytes: [UInt8] {
        var writer = JSONWriter(indent: nil)
        writer.write(self, level: 0)
        return writer.bytes
    }

    /// This value for reading: two spaces of indent, members in canonical order, a newline at the end.
    public var prettyBytes: [UInt8] {
        var writer = JSONWriter(indent: 2)
        writer.write(self, level: 0)
        writer.bytes.append(0x0A)
        return writer.bytes
    }

    /// ``canonicalBytes`` as text.
    public var canonicalText: String { String(decoding: canonicalBytes, as: UTF8.self) }
}

private struct JSONWriter {
    let indent: Int?
    var bytes: [UInt8] = []

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): write(text)
        case .array(let elements):
            list(open: "[", close: "]", elements, level: level) { writer, element in writer.write(element, level: level + 1) }
        case .object(let object):
            let members = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            list(open: "{", close: "}", members, level: level) { writer, member in
                writer.write(member.name)
                writer.bytes.append(UInt8(ascii: ":"))
                if writer.indent != nil { writer.bytes.append(0x20) }
                writer.write(member.value, level: level + 1)
            }
        }
    }

    mutating func list<Element>(
        open: Unicode.Scalar, close: Unicode.Scalar, _ elements: [Element], level: Int, _ body: (inout JSONWriter, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            newline(level + 1)
            body(&self, element)
        }
        if !elements.isEmpty { newline(level) }
        bytes.append(UInt8(ascii: close))
    }

    mutating func newline(_ level: Int) {
        guard let indent else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: indent * level))
    }

    mutating func write(_ text: String) { JSONValue.append(text, to: &bytes) }
}

extension JSONValue {
    /// Appends a text as a JSON string, with the fewest escapes.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        // Nearly every text has nothing to escape, and is copied as it is.
        let isPlain = text.withUTF8 { utf8 in
            guard utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else { return false }
            bytes.append(contentsOf: utf8)
            return true
        }
        if !isPlain { escape(text, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0C: bytes.append(contentsOf: "\\f".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
    }
}
