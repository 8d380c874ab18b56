import CloudModel
import Yams

/// What the owner says is worth how much: `jewels.yaml`, as Protocol/Spec/jewels.md describes it.
///
/// The first entry whose selectors all match a resource counts, before every default; a value of 0 makes it none.
public struct JewelRules: Sendable, Hashable {
    /// The most bytes of a file.
    public static let fileBytes = 1 << 20

    /// One entry.
    struct Rule: Sendable, Hashable {
        var arn: String?
        var name: String?
        var kind: NodeKind?
        var account: String?
        var tags: [String: String] = [:]
        var value: Double = 0
        var reason: String?
    }
    private(set) var rules: [Rule] = []

    /// No rules: the defaults of ``Jewels`` hold.
    public init() {}

    /// Reads a file's text.
    ///
    /// - Throws: ``PremiseError`` with `badJewels` that names the line or the entry.
    public init(parsing text: String) throws(PremiseError) {
        guard text.utf8.count <= Self.fileBytes else { throw Self.bad("larger than \(Self.fileBytes) bytes") }
        guard !Self.hasAnchor(text) else { throw Self.bad("anchors (&name) are not taken; write & with a space after it, or in words") }
        let root: Node?
        do { root = try compose(yaml: text) } catch { throw Self.bad("no YAML\(Self.place(error))") }
        guard let root, !Self.isNothing(root) else { return }
        for (key, _) in root.mapping ?? [:] where key.string != "jewels" && key.string != "formatVersion" {
            throw Self.bad("\(Self.shown(key)) is no member; the file has formatVersion and jewels")
        }
        if let version = root["formatVersion"], version.string != "1" { throw Self.bad("formatVersion is not 1") }
        guard let list = root.sequence ?? root["jewels"]?.sequence else {
            if root.mapping != nil, let entries = root["jewels"], Self.isNothing(entries) { return }
            throw Self.bad("jewels is no list")
        }
        for (index, entry) in list.enumerated() { rules.append(try Self.rule(entry, index + 1)) }
    }

    /// What counts of a resource here.
    struct Facts {
        var arn: String
        var name: String
        var kind: NodeKind
        var account: String?
        var tags: [String: String] = [:]
    }

    /// The value that the owner gives it; `nil` when no entry speaks of it.
    func value(of facts: Facts) -> (value: Double, why: String)? {
        guard let rule = rules.first(where: { $0.matches(facts) }) else { return nil }
        return (rule.value, rule.reason ?? "the owner says so")
    }

    // MARK: Reading

    private static let members = ["account", "arn", "kind", "name", "reason", "tags", "value"]

    private static func rule(_ entry: Node, _ number: Int) throws(PremiseError) -> Rule {
        func bad(_ why: String) -> PremiseError { Self.bad("entry \(number): \(why)") }
        guard let mapping = entry.mapping else { throw bad("is no mapping of selectors and a value") }
        var rule = Rule()
        var value: Double?
        for (key, content) in mapping {
            guard let name = key.string, members.contains(name) else {
                throw bad("\(shown(key)) is no member; there are \(members.joined(separator: ", "))")
            }
            if name == "tags" {
                guard let tags = content.mapping, !tags.isEmpty else { throw bad("tags is no mapping of keys to values") }
                for (tag, pattern) in tags {
                    guard let tag = tag.scalar?.string, let pattern = pattern.scalar?.string else { throw bad("a tag's value is no text") }
                    rule.tags[tag] = pattern
                }
                continue
            }
            guard let text = content.scalar?.string, !text.isEmpty else { throw bad("\(name) is no text") }
            switch name {
            case "arn": rule.arn = text
            case "name": rule.name = text
            case "account":
                guard text.utf8.count == 12, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
                    throw bad("account is not twelve digits")
                }
                rule.account = text
            case "kind":
                guard let kind = NodeKind(rawValue: text) else {
                    throw bad(
                        "\(text.prefix(40)) is no kind; there are \(NodeKind.allCases.map(\.rawValue).joined(separator: ", "))"
                    )
                }
                rule.kind = kind
            case "reason":
                guard text.utf8.count <= 500 else { throw bad("reason is longer than 500 bytes") }
                rule.reason = text
            default:
                guard let number = Double(text), number >= 0, number <= 100 else { throw bad("value is no number from 0 to 100") }
                value = number
            }
        }
        guard let value else { throw bad("value is missing") }
        guard rule.arn != nil || rule.name != nil || rule.kind != nil || rule.account != nil || !rule.tags.isEmpty else {
            throw bad("it selects nothing: name at least one of arn, name, kind, account, tags")
        }
        rule.value = value
        return rule
    }

    private static func bad(_ why: String) -> PremiseError { PremiseError(.badJewels, why) }
    private static func shown(_ key: Node) -> String { key.string.map { String($0.prefix(40)) } ?? "a key" }
    private static func isNothing(_ node: Node) -> Bool {
        node.scalar.map { $0.string.isEmpty || $0.string == "null" || $0.string == "~" } ?? false
    }

    /// An alias of an alias of an alias makes a small file large: nobody needs one here.
    private static func hasAnchor(_ text: String) -> Bool {
        var before = UInt8(ascii: "\n")
        var isOpen = false
        for byte in text.utf8 {
            if isOpen, byte > 0x20 { return true }
            isOpen =
                byte == UInt8(ascii: "&")
                && (before <= 0x20 || before == UInt8(ascii: "[") || before == UInt8(ascii: "{") || before == UInt8(ascii: ","))
            before = byte
        }
        return false
    }

    private static func place(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): " at line \(mark.line)"
        case .duplicatedKeysInMapping: ": a key stands twice"
        default: ""
        }
    }
}

extension JewelRules.Rule {
    func matches(_ facts: JewelRules.Facts) -> Bool {
        if let kind, kind != facts.kind { return false }
        if let account, account != facts.account { return false }
        if let arn, !Wildcard.matches(arn, facts.arn) { return false }
        if let name, !Wildcard.matches(name, facts.name) { return false }
        return tags.allSatisfy { key, pattern in facts.tags[key].map { Wildcard.matches(pattern, $0) } ?? false }
    }
}
