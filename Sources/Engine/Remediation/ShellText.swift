import CloudModel

/// Text for a POSIX shell and for Terraform that foreign names cannot break out of.
enum ShellText {
    /// One word: as it is when it is made of harmless characters, else in single quotes.
    static func word(_ text: String) -> String {
        let isPlain = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"),
                UInt8(ascii: "="), UInt8(ascii: ","), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        if !text.isEmpty, text.utf8.allSatisfy(isPlain) { return text }
        var quoted = "'"
        for scalar in text.unicodeScalars {
            // Within single quotes only the quote itself ends the word.
            if scalar == "'" { quoted += #"'\''"# } else if scalar != "\0" { quoted.unicodeScalars.append(scalar) }
        }
        return quoted + "'"
    }

    /// A value of an option. One that begins with `-` would be taken for an option itself, so it is joined to its name.
    static func option(_ name: String, _ value: String) -> String {
        value.utf8.first == UInt8(ascii: "-") ? "\(name)=\(word(value))" : "\(name) \(word(value))"
    }

    /// JSON as one word, everything outside of printable ASCII escaped.
    static func json(_ value: JSONValue) -> String { ascii(value.canonicalText) }

    /// A JSON text in which no character but printable ASCII stands.
    static func ascii(_ text: String) -> String {
        var result = ""
        for unit in text.utf16 {
            if (0x20...0x7E).contains(unit) || unit == 0x0A {
                result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            } else {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return result
    }

    /// A Terraform string.
    static func terraform(_ text: String) -> String { interpolationless(hcl(JSONValue.string(text).canonicalText)) }

    /// A Terraform expression of the same value: JSON is one, but for what starts an interpolation.
    static func terraform(_ value: JSONValue, indent: String) -> String {
        var text = String(decoding: value.prettyBytes, as: UTF8.self)
        while text.utf8.last == 0x0A { text.removeLast() }
        let lines = interpolationless(hcl(text)).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map(spaced).joined(separator: "\n" + indent)
    }

    /// A line of JSON as `terraform fmt` writes it: with a space before the colon of a member.
    private static func spaced(_ line: Substring) -> String {
        var isText = false
        var isEscape = false
        for place in line.utf8.indices {
            let byte = line.utf8[place]
            if isEscape {
                isEscape = false
            } else if isText, byte == UInt8(ascii: "\\") {
                isEscape = true
            } else if byte == UInt8(ascii: "\"") {
                isText.toggle()
            } else if !isText, byte == UInt8(ascii: ":") {
                return "\(line[..<place]) \(line[place...])"
            }
        }
        return String(line)
    }

    /// JSON as HCL reads it, in printable ASCII: HCL knows no `\b`, `\f` or `\/`, and no halves of what is beyond 16 bits.
    private static func hcl(_ json: String) -> String {
        var result = ""
        var isEscape = false
        for scalar in json.unicodeScalars {
            if isEscape {
                isEscape = false
                switch scalar {
                case "b": result += "\\u0008"
                case "f": result += "\\u000c"
                case "/": result += "/"
                default: result += "\\" + String(scalar)
                }
            } else if scalar == "\\" {
                isEscape = true
            } else if (0x20...0x7E).contains(scalar.value) || scalar == "\n" {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                let width = scalar.value > 0xFFFF ? 8 : 4
                result += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.utf8.count) + digits
            }
        }
        return result
    }

    private static func interpolationless(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var last: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "{", last == "$" || last == "%", let last { result.append(last) }
            result.append(scalar)
            last = scalar
        }
        return String(result)
    }

    /// A name for a Terraform resource, of letters, digits and `_`.
    static func label(_ text: String) -> String {
        var label = ""
        for byte in text.utf8.prefix(60) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                label.unicodeScalars.append(Unicode.Scalar(byte))
            default: label += "_"
            }
        }
        let first = label.utf8.first ?? UInt8(ascii: "0")
        return first <= UInt8(ascii: "9") ? "_" + label : label
    }
}
