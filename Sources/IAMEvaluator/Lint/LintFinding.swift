/// How much a remark matters.
public enum LintSeverity: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Worth knowing; nothing need be wrong.
    case info
    /// Part of the policy does not do what it says, or does more than its author is likely to have meant.
    case warning
    /// The statement or the policy does not do what it says, or AWS refuses to store it.
    case error

    private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
    /// From ``info`` to ``error``.
    public static func < (left: LintSeverity, right: LintSeverity) -> Bool { left.rank < right.rank }
}

/// One remark about a policy.
public struct LintFinding: Sendable, Hashable {
    /// What kind of remark it is.
    public var code: LintCode
    /// How much it matters here; the same code can matter more where it undoes a whole statement.
    public var severity: LintSeverity
    /// The statement's place in the document, from 0; `nil` when it is about the document as a whole.
    public var statement: Int?
    /// Where in the document, such as `Statement[0].Action[1]`; foreign names in it are bounded and escaped.
    public var path: String
    /// What is wrong and what follows from it, in plain words. Foreign text in it is bounded and escaped.
    public var message: String

    /// A remark of these parts.
    public init(_ code: LintCode, _ severity: LintSeverity, statement: Int? = nil, path: String, message: String) {
        self.code = code
        self.severity = severity
        self.statement = statement
        self.path = path
        self.message = message
    }
}

/// Text of the policy in a remark: bounded, and with escapes for what could hide or reorder what stands beside it.
enum LintText {
    /// `text` in double quotes.
    static func quoted(_ text: String, limit: Int = 100) -> String { "\"" + safe(text, limit: limit) + "\"" }

    /// `text` with control, format and other invisible scalars, quotes and backslashes as escapes, at most `limit` scalars of it.
    static func safe(_ text: String, limit: Int = 100) -> String {
        var result = String.UnicodeScalarView()
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < limit else {
                result.append("…")
                break
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .nonspacingMark,
                .enclosingMark:
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
            default:
                if scalar == "\"" || scalar == "\\" { result.append("\\") }
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// At most five of the texts, quoted, and how many more there are.
    static func list(_ texts: [String]) -> String {
        let shown = texts.prefix(5).map { quoted($0) }.joined(separator: ", ")
        return texts.count > 5 ? shown + " and \(texts.count - 5) more" : shown
    }

    /// The one of `candidates` that `word` was probably meant to be; `nil` when none is near.
    static func nearest(_ word: String, _ candidates: some Sequence<String>) -> String? {
        let wanted = Array(word.utf8).lowercased
        guard wanted.count > 2, wanted.count <= 80 else { return nil }
        let most = wanted.count < 6 ? 1 : 2
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let text = Array(candidate.utf8).lowercased
            guard abs(text.count - wanted.count) <= most,
                let distance = distance(wanted, text, atMost: best.map { $0.distance - 1 } ?? most)
            else { continue }
            best = (distance, candidate)
            if distance == 0 { break }
        }
        return best?.name
    }

    /// How many insertions, deletions, changes and swaps of neighbours turn one text into the other; `nil` beyond `most`.
    private static func distance(_ left: [UInt8], _ right: [UInt8], atMost most: Int) -> Int? {
        guard most >= 0 else { return nil }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 0..<left.count {
            var row = [i + 1]
            for j in 0..<right.count {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            guard (row.min() ?? 0) <= most else { return nil }
            beforeLast = last
            last = row
        }
        return last[right.count] <= most ? last[right.count] : nil
    }
}
