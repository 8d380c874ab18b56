import CloudModel

/// Writes what one edit, or all edits of one document, mean for people and tools.
struct FixParts {
    /// As it is before any change: statements are numbered by its texts.
    let original: CloudSnapshot
    /// Changes that were made before.
    let prior: [[Edit]]
    /// As it is after those.
    let snapshot: CloudSnapshot
    let index: PatchIndex

    /// - Parameter index: of the original; made where there is none.
    init(_ original: CloudSnapshot, _ prior: [[Edit]] = [], index: PatchIndex? = nil) {
        self.original = original
        self.prior = prior
        self.index = index ?? PatchIndex(original)
        var snapshot = original
        if !prior.isEmpty { Patch.apply(prior.flatMap { $0 }, to: &snapshot, self.index) }
        self.snapshot = snapshot
    }

    /// The parts of one change.
    func parts(_ edits: [Edit]) -> [FixTexts.Part] {
        var parts: [FixTexts.Part] = []
        var seen: Set<Edit.Place> = []
        for edit in edits {
            if let place = edit.place {
                if seen.insert(place).inserted, let part = part(place, edits.filter { $0.place == place }) { parts.append(part) }
            } else if let part = part(edit) {
                parts.append(part)
            }
        }
        return parts
    }

    func principal(_ arn: String) -> Principal? { index.principals[arn].map { original.principals[$0] } }
    /// The first thing of a name as it is after the changes before.
    func first<Item>(_ list: KeyPath<CloudSnapshot, [Item]>, _ places: [Int]?) -> Item? {
        places?.first.map { snapshot[keyPath: list][$0] }
    }

    /// A text before and after edits, with what was done to it before; `nil` where there is none.
    func texts(_ document: JSONValue, _ place: Edit.Place, _ edits: [Edit]) -> (before: JSONValue?, after: JSONValue?) {
        let earlier = prior.joined().filter { $0.place == place }
        return (earlier.isEmpty ? document : Patch.document(document, Array(earlier)), Patch.document(document, earlier + edits))
    }

    /// A command of words and options, in the region where there is one.
    func aws(_ words: String, _ options: [(String, String)] = [], tail: String = "", region: String? = nil) -> String {
        var text = "aws \(words)"
        for (name, value) in options { text += " " + ShellText.option(name, value) }
        if !tail.isEmpty { text += " " + tail }
        if let region { text += " " + ShellText.option("--region", region) }
        return text
    }

    /// A block of Terraform.
    func block(_ type: String, _ label: String, _ members: [(String, String)]) -> String {
        "resource \"\(type)\" \"\(ShellText.label(label))\" {\n" + Self.arguments(members, "  ") + "\n}"
    }

    /// Arguments as `terraform fmt` lays them out: those of one line each that follow one another have their signs below each other.
    static func arguments(_ members: [(String, String)], _ indent: String) -> String {
        let isLong = members.map { $0.1.utf8.contains(0x0A) }
        return members.indices.map { place in
            let first = members[..<place].indices.last { isLong[$0] }.map { $0 + 1 } ?? 0
            let end = members[place...].indices.first { isLong[$0] } ?? members.count
            let width = isLong[place] ? 0 : members[first..<end].map(\.0.utf8.count).max() ?? 0
            let (name, value) = members[place]
            return "\(indent)\(name)\(String(repeating: " ", count: max(0, width - name.utf8.count))) = \(value)"
        }.joined(separator: "\n")
    }

    /// A block of Terraform with one block inside. HCL has no block of several arguments on one line.
    func nested(_ type: String, _ label: String, _ inner: String, _ members: [(String, String)]) -> String {
        "resource \"\(type)\" \"\(ShellText.label(label))\" {\n  \(inner) {\n" + Self.arguments(members, "    ") + "\n  }\n}"
    }

    /// What to take out of one's code: Terraform destroys what is no longer there.
    func removal(_ type: String, _ members: [(String, String)]) -> String {
        "# Remove the resource \"\(type)\" with " + members.map { "\($0.0) = \($0.1)" }.joined(separator: ", ") + "."
    }

    /// What the AWS provider does not do, with the commands that do.
    static func besides(_ reason: String, _ commands: [String]) -> String {
        comment("\(reason). Run besides:") + commands.map(comment).joined().dropLast()
    }

    /// A line of comment, and its end; where a foreign name has several lines, each of them is one.
    static func comment(_ text: String) -> String {
        text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { "# \($0)\n" }.joined()
    }

    func encoded(_ document: JSONValue) -> String { "jsonencode(\(ShellText.terraform(document, indent: "  ")))" }
}
