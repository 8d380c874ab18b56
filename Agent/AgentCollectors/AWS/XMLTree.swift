/// The bounds that every XML answer is held to.
struct XMLLimits: Sendable {
    var bytes = 256 << 20
    var depth = 64
    /// Most elements of one document.
    var elements = 8_000_000
    /// Most attributes of one element.
    var attributes = 32
    static let standard = XMLLimits()
}

/// Why a text is not XML that we read. Holds none of the text.
enum XMLError: String, Error, Sendable {
    case tooLarge, tooDeep, tooManyElements, tooManyAttributes, invalidUTF8, documentType, unexpectedEnd, malformed, mismatchedTag,
        badEntity
    case trailingContent
}

/// One parsed XML document, small and strict: elements, attributes, character data, CDATA, the five entities and character references.
///
/// A document type declaration is refused outright, so there are no entities to expand and nothing to fetch. Comments and processing
/// instructions are skipped. Element names lose their prefix; attribute names keep it.
struct XMLTree: Sendable {
    struct Element: Sendable {
        var name: String
        var attributes: [(name: String, value: String)] = []
        var children: [Element] = []
        /// The character data directly inside, joined.
        var text = ""

        func first(_ name: String) -> Element? { children.first { $0.name == name } }
        /// The nearest element of that name at or below this one, depth first, at most `depth` levels down.
        func find(_ name: String, depth: Int = 5) -> Element? {
            if self.name == name { return self }
            guard depth > 0 else { return nil }
            for child in children {
                if let found = child.find(name, depth: depth - 1) { return found }
            }
            return nil
        }
    }

    var root: Element

    init(parsing bytes: [UInt8], limits: XMLLimits = .standard) throws(XMLError) {
        guard bytes.count <= limits.bytes else { throw .tooLarge }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .invalidUTF8 }
        let result: Result<Element, XMLError> = bytes.withUnsafeBufferPointer { buffer in
            var parser = XMLParser(bytes: buffer, limits: limits)
            do throws(XMLError) { return .success(try parser.parseDocument()) } catch { return .failure(error) }
        }
        root = try result.get()
    }
}

/// A loop over borrowed bytes with its own stack of open elements; every read is checked against `bytes.count`.
private struct XMLParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: XMLLimits
    var position = 0
    var elements = 0

    mutating func parseDocument() throws(XMLError) -> XMLTree.Element {
        if starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        var open: [XMLTree.Element] = []
        var texts: [[UInt8]] = []
        var root: XMLTree.Element?
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else {
                if texts.isEmpty {
                    guard isSpace(bytes[position]) else { throw root == nil ? .malformed : .trailingContent }
                    position += 1
                } else {
                    try readText(into: &texts[texts.count - 1])
                }
                continue
            }
            if starts(with: "<?") {
                try skip(past: "?>")
            } else if starts(with: "<!--") {
                position += 4
                try skip(past: "-->")
            } else if starts(with: "<![CDATA[") {
                guard !texts.isEmpty else { throw .malformed }
                position += 9
                let start = position
                try skip(past: "]]>")
                texts[texts.count - 1].append(contentsOf: bytes[start..<(position - 3)])
            } else if starts(with: "<!") {
                throw .documentType
            } else if starts(with: "</") {
                position += 2
                let name = try readName()
                skipSpace()
                try expect(UInt8(ascii: ">"))
                guard var element = open.popLast(), let text = texts.popLast() else { throw .malformed }
                guard element.name == localName(name) else { throw .mismatchedTag }
                // White space between elements is layout, not content.
                if element.children.isEmpty || !text.allSatisfy(isSpace) { element.text = String(decoding: text, as: UTF8.self) }
                close(element, &open, &root)
            } else {
                guard root == nil else { throw .trailingContent }
                let (element, isEmpty) = try readStart()
                elements += 1
                guard elements <= limits.elements else { throw .tooManyElements }
                if isEmpty {
                    close(element, &open, &root)
                } else {
                    guard open.count < limits.depth else { throw .tooDeep }
                    open.append(element)
                    texts.append([])
                }
            }
        }
        guard open.isEmpty else { throw .unexpectedEnd }
        guard let root else { throw .unexpectedEnd }
        return root
    }

    func close(_ element: XMLTree.Element, _ open: inout [XMLTree.Element], _ root: inout XMLTree.Element?) {
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    mutating func readStart() throws(XMLError) -> (XMLTree.Element, isEmpty: Bool) {
        position += 1
        var element = XMLTree.Element(name: localName(try readName()))
        while true {
            let before = position
            skipSpace()
            switch try peek() {
            case UInt8(ascii: ">"):
                position += 1
                return (element, false)
            case UInt8(ascii: "/"):
                position += 1
                try expect(UInt8(ascii: ">"))
                return (element, true)
            default:
                guard position > before else { throw .malformed }
                let name = try readName()
                skipSpace()
                try expect(UInt8(ascii: "="))
                skipSpace()
                let quote = try peek()
                guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw .malformed }
                position += 1
                var value: [UInt8] = []
                while try peek() != quote {
                    if bytes[position] == UInt8(ascii: "&") {
                        try readReference(into: &value)
                    } else {
                        guard bytes[position] != UInt8(ascii: "<") else { throw .malformed }
                        value.append(bytes[position])
                        position += 1
                    }
                }
                position += 1
                guard element.attributes.count < limits.attributes else { throw .tooManyAttributes }
                element.attributes.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            }
        }
    }

    mutating func readText(into text: inout [UInt8]) throws(XMLError) {
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            if bytes[position] == UInt8(ascii: "&") {
                try readReference(into: &text)
                continue
            }
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: "<"), bytes[position] != UInt8(ascii: "&"),
                bytes[position] != 0x0D
            {
                position += 1
            }
            text.append(contentsOf: bytes[start..<position])
            // XML 1.0 §2.11: CR LF and CR are read as LF.
            if position < bytes.count, bytes[position] == 0x0D {
                position += 1
                if position >= bytes.count || bytes[position] != 0x0A { text.append(0x0A) }
            }
        }
    }

    mutating func readReference(into text: inout [UInt8]) throws(XMLError) {
        let start = position + 1
        var end = start
        while end < bytes.count, end - start <= 10, bytes[end] != UInt8(ascii: ";") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: ";"), end > start else { throw .badEntity }
        let name = String(decoding: bytes[start..<end], as: UTF8.self)
        position = end + 1
        switch name {
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "amp": text.append(UInt8(ascii: "&"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let number: UInt32? =
                if name.hasPrefix("#x") { UInt32(name.dropFirst(2), radix: 16) } else if name.hasPrefix("#") {
                    UInt32(name.dropFirst(1))
                } else { nil }
            guard let number, number != 0, let scalar = Unicode.Scalar(number) else { throw .badEntity }
            text.append(contentsOf: String(Character(scalar)).utf8)
        }
    }

    mutating func readName() throws(XMLError) -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count, isName(bytes[position]) { position += 1 }
        guard position > start else { throw position < bytes.count ? .malformed : .unexpectedEnd }
        guard position - start <= 256 else { throw .malformed }
        return Array(bytes[start..<position])[...]
    }

    func localName(_ name: ArraySlice<UInt8>) -> String {
        guard let colon = name.lastIndex(of: UInt8(ascii: ":")) else { return String(decoding: name, as: UTF8.self) }
        return String(decoding: name[(colon + 1)...], as: UTF8.self)
    }

    func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"), 0x80...0xFF:
            true
        default: false
        }
    }

    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    mutating func skipSpace() {
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
    }

    func peek() throws(XMLError) -> UInt8 {
        guard position < bytes.count else { throw .unexpectedEnd }
        return bytes[position]
    }

    mutating func expect(_ byte: UInt8) throws(XMLError) {
        guard try peek() == byte else { throw .malformed }
        position += 1
    }

    func starts(with text: StaticString) -> Bool {
        guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[position + index] != text.utf8Start[index] { return false }
        return true
    }

    func starts(with prefix: [UInt8]) -> Bool {
        bytes.count - position >= prefix.count && bytes[position..<(position + prefix.count)].elementsEqual(prefix)
    }

    mutating func skip(past text: StaticString) throws(XMLError) {
        while position < bytes.count {
            if starts(with: text) {
                position += text.utf8CodeUnitCount
                return
            }
            position += 1
        }
        throw .unexpectedEnd
    }
}
