import Basics

/// Foreign text in documents of XML.
public enum XMLText {
    /// `text` made fit to be shown (see `DisplayText`), at most `limit` scalars long, and escaped for content and for attributes in either
    /// quote, both on unicode scalars.
    public static func shown(_ text: String, limit: Int) -> String {
        var result = String.UnicodeScalarView()
        for scalar in DisplayText.safe(text, limit: limit).unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            // Not a character of XML 1.0, or one that ends up elsewhere than it stands.
            case "\u{FFFE}", "\u{FFFF}": result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
