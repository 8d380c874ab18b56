/// Foreign text made fit to be shown.
public enum DisplayText {
    /// `text` without control, bidirectional-control, zero-width and other invisible format scalars, at most `limit` scalars long.
    ///
    /// Works on unicode scalars: a combining mark cannot hide what stands before it. Removed scalars become U+FFFD once per group, so that
    /// a stripped name cannot pass for another one.
    public static func safe(_ text: String, limit: Int = 512) -> String {
        // Nearly every name is short and printable ASCII: nothing to take out, and bytes are cheaper to look at than scalars' properties.
        if text.utf8.count <= limit, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        var result = String.UnicodeScalarView()
        var count = 0
        var replaced = false
        for scalar in text.unicodeScalars {
            guard count < limit else {
                result.append("…")
                break
            }
            if isUnsafe(scalar) {
                guard !replaced else { continue }
                replaced = true
                result.append("\u{FFFD}")
            } else {
                replaced = false
                result.append(scalar)
            }
            count += 1
        }
        return String(result)
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
