import Mustache

/// Escapes text for HTML, in content and in quoted attributes, one unicode scalar at a time.
///
/// swift-mustache's own escaper works on `Character`: `"` followed by U+0301 is one Character, stands in no table, and ends an attribute.
struct PageEscaping: MustacheContentType {
    /// The name that the loader puts in front of every template.
    static let name = "CLOUDRYPTION"

    func escapeText(_ text: String) -> String { Self.escape(text) }

    /// `text` with everything that means something to HTML as a reference. NUL and other controls, which no document may hold, are dropped.
    static func escape(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "`": result.append(contentsOf: "&#96;".unicodeScalars)
            case "\n", "\t": result.append(scalar)
            case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}": continue
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

/// Markup that we made ourselves and that is already escaped: the picture of a path. The only way past the escaper, so a review can find
/// every use by name. It renders as a template without a tag in it: every brace, wherever it came from, is a reference.
struct OwnMarkup {
    let template: MustacheTemplate

    init?(_ markup: String) {
        var text = String.UnicodeScalarView()
        for scalar in markup.unicodeScalars {
            if scalar == "{" { text.append(contentsOf: "&#123;".unicodeScalars) } else { text.append(scalar) }
        }
        guard let template = try? MustacheTemplate(string: String(text)) else { return nil }
        self.template = template
    }
}
