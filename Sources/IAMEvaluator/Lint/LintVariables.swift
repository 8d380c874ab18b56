import CloudModel

// Policy variables ("IAM policy elements: Variables and tags").
extension Linter {
    mutating func lookAtVariables(_ statement: LintStatement) {
        if let resources = statement.source.resources {
            for (place, text) in resources.patterns.enumerated() {
                lookAtVariables(in: text, statement, statement.path(statement.resourceElement, place))
            }
        }
        for clause in statement.source.conditions {
            for (place, text) in clause.values.enumerated() { lookAtVariables(in: text, statement, statement.path(clause, place)) }
        }
    }

    private mutating func lookAtVariables(in text: String, _ statement: LintStatement, _ path: String) {
        guard text.has("${") else { return }
        guard version == .v2012 else {
            add(
                .variableInOldVersion, .warning, statement, path,
                "\(LintText.quoted(text)) has a policy variable, which the policy's version takes literally: it needs Version 2012-10-17.")
            return
        }
        var rest = text[...]
        while let start = rest.first(of: "${") {
            rest = rest[start.upperBound...]
            guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "}")) else {
                add(.malformedVariable, .error, statement, path, "\(LintText.quoted(text)) has a variable without its closing brace.")
                return
            }
            lookAtVariable(String(rest[..<end]), statement, path)
            rest = rest[rest.utf8.index(after: end)...]
        }
    }

    private mutating func lookAtVariable(_ inside: String, _ statement: LintStatement, _ path: String) {
        if ["*", "?", "$"].contains(where: { $0.isSame(inside) }) { return }
        let parts = inside.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map { $0.trimming(" ") } ?? ""
        if name.isEmpty {
            add(.malformedVariable, .error, statement, path, "A variable without a name has no value, so the text matches nothing.")
            return
        }
        if parts.count == 2 {
            let value = parts[1].trimming(" ")
            if value.utf8.count < 2 || !value.hasPrefix("'") || !value.hasSuffix("'") {
                add(.malformedVariable, .error, statement, path, "The default of \(LintText.quoted(name)) must stand in single quotes.")
            }
        }
        let lowered = Array(name.utf8).lowercased
        if let key = table.conditionKey(name) {
            if key.isMultivalued {
                add(
                    .unknownVariable, .warning, statement, path,
                    "\(LintText.quoted(name)) can have several values, and a variable has a value only where there is one.")
            }
        } else if !ConditionKey.isOfToken(lowered) {
            add(
                .unknownVariable, .warning, statement, path,
                "\(LintText.quoted(name)) is no condition key in the table of actions: a variable without value matches nothing.")
        }
    }
}

extension Substring {
    /// The text without `character` at its ends.
    func trimming(_ character: Character) -> String {
        var text = self
        while text.first == character { text.removeFirst() }
        while text.last == character { text.removeLast() }
        return String(text)
    }
}

// Byte for byte: a brace with a combining mark after it is one Character, and would be overlooked.
extension Substring {
    /// Where `word` is first.
    func first(of word: String) -> Range<Index>? {
        guard let first = word.utf8.first else { return nil }
        var index = startIndex
        while let place = utf8[index...].firstIndex(of: first) {
            if utf8[place...].starts(with: word.utf8), let end = utf8.index(place, offsetBy: word.utf8.count, limitedBy: endIndex) {
                return place..<end
            }
            index = utf8.index(after: place)
        }
        return nil
    }
}

extension StringProtocol {
    /// Whether `word` is somewhere in the text.
    func has(_ word: String) -> Bool { Substring(self).first(of: word) != nil }
}
