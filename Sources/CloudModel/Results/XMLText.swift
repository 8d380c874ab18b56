import Basics

/// Foreign text in documents of XML.
public enum XMLText {
    /// `text` made fit to be shown (see `DisplayText`), at most `limit` scalars long, and escaped for content and for attributes in either
    /// quote. What XML 1.0 has no character for (controls, U+FFFE, U+FFFF) is not shown either.
    public static func shown(_ text: String, limit: Int) -> String {
        let safe = DisplayText.safe(text, limit: limit)
        // The escaped characters are ASCII, and no byte of another scalar's UTF-8 is: bytes decide as scalars would, sooner.
        guard safe.utf8.contains(where: { escape($0) != nil }) else { return safe }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(safe.utf8.count + 64)
        for byte in safe.utf8 {
            if let escaped = escape(byte) { bytes += escaped.utf8 } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escape(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
