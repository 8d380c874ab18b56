import CloudModel

/// A statement's actions, looked up.
struct LintActions {
    struct Entry {
        var text: String
        var place: Int
        /// The actions of the table that it covers.
        var matches: [ActionTable.Action]
        var hasWildcard: Bool
    }
    let entries: [Entry]
    /// Whether the statement is about everything, or everything but some: then no rule about single actions applies.
    let isOpen: Bool
    /// Whether some entry names what the table does not have, so that nothing is certain about all of them.
    var hasUnknown: Bool { entries.contains { $0.matches.isEmpty } }
    /// One action for each set of facts, of all entries.
    let representatives: [ActionTable.Action]

    init(_ element: PatternSet, _ table: ActionTable) {
        var isOpen = element.negated
        var entries: [Entry] = []
        var seen: Set<Int> = []
        var representatives: [ActionTable.Action] = []
        for (place, text) in element.patterns.enumerated() {
            let bytes = Array(text.utf8)
            if Self.coversEverything(bytes) {
                isOpen = true
                continue
            }
            let matches = table.actions(matching: text)
            entries.append(
                Entry(
                    text: text, place: place, matches: matches,
                    hasWildcard: bytes.contains(UInt8(ascii: "*")) || bytes.contains(UInt8(ascii: "?"))))
            for action in matches where seen.insert(action.groupNumber).inserted { representatives.append(action) }
        }
        self.entries = entries
        self.isOpen = isOpen
        self.representatives = representatives
    }

    /// `*`, `*:*` and the like.
    static func coversEverything(_ pattern: [UInt8]) -> Bool {
        !pattern.isEmpty && pattern.allSatisfy { $0 == UInt8(ascii: "*") || $0 == 0x3A } && pattern.contains(UInt8(ascii: "*"))
    }
}

extension Linter {
    private var tableName: String { "the table of actions (\(table.source.package) \(table.source.version), \(table.source.date))" }

    mutating func lookAtActions(_ statement: LintStatement) {
        let element = statement.actionElement
        let effect =
            statement.source.actions.negated ? "it excludes nothing" : statement.isAllow ? "it allows nothing" : "it denies nothing"
        var unknown: [String] = []
        for entry in statement.actions.entries where entry.matches.isEmpty {
            let path = statement.path(element, entry.place)
            let parts = entry.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let prefix = parts.first ?? ""
            let name = parts.count > 1 ? parts[1] : ""
            unknown.append(entry.text)
            if !prefix.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }), !table.hasService(prefix) {
                let near = (mayGuess() ? LintText.nearest(prefix, table.servicePrefixes) : nil).map { "; did you mean \($0)?" } ?? "."
                add(
                    .unknownService, .warning, statement, path,
                    "No service has the prefix \(LintText.quoted(prefix)) in \(tableName)\(near) Unless it is newer, \(effect).")
            } else if entry.hasWildcard {
                add(
                    .wildcardMatchesNothing, .warning, statement, path,
                    "\(LintText.quoted(entry.text)) matches no action in \(tableName). Unless there is a newer one, \(effect).")
            } else {
                let names = mayGuess() ? table.actions(of: prefix).map { String($0.name.dropFirst(prefix.count + 1)) } : []
                let near = LintText.nearest(name, names).map { "; did you mean \(prefix):\($0)?" } ?? "."
                add(
                    .unknownAction, .warning, statement, path,
                    "\(LintText.quoted(entry.text)) is not in \(tableName)\(near) Unless it is newer, \(effect).")
            }
        }
        if !unknown.isEmpty {
            add(
                .notInTable, .info, statement, statement.path(element),
                "\(LintText.list(unknown)): decisions take it as written; whether its resources and condition keys fit was not looked at.")
        }
    }
}
