public import CloudModel

/// Names what in a policy cannot do what its author thought.
///
/// Remarks never change a decision: the evaluator takes policies as they are written.
public enum PolicyLint {
    /// All remarks about a policy document, in the order of the document.
    ///
    /// Statements that AWS would refuse are remarks too; what can be read beside them is still looked at.
    /// - Parameters:
    ///   - document: the policy as JSON. Anything but an object gets one remark.
    ///   - kind: what the policy is attached to; `nil` to guess by ``guessedKind(of:)``.
    ///   - table: the actions, resource types and condition keys there are.
    public static func findings(_ document: JSONValue, kind: PolicyKind? = nil, table: ActionTable = .standard) -> [LintFinding] {
        var linter = Linter(table: table, kind: kind ?? guessedKind(of: document))
        linter.look(at: document)
        // Sorting is stable in effect: places of equal rank keep the order in which they were found.
        return linter.findings.enumerated()
            .sorted { left, right in
                let (first, second) = (left.element.statement ?? -1, right.element.statement ?? -1)
                return first == second ? left.offset < right.offset : first < second
            }
            .map(\.element)
    }

    /// What a policy is likely attached to: a principal element makes it a resource's, or a trust policy when it is about assuming a role.
    public static func guessedKind(of document: JSONValue) -> PolicyKind {
        let statements: [JSONValue]
        switch document["Statement"] {
        case .array(let list): statements = list
        case let value?: statements = [value]
        case nil: statements = []
        }
        var hasPrincipal = false
        for statement in statements {
            guard case .object(let members) = statement, members["Principal"] != nil || members["NotPrincipal"] != nil else { continue }
            hasPrincipal = true
            guard members["Resource"] == nil, members["NotResource"] == nil else { continue }
            let actions: [JSONValue]
            switch members["Action"] {
            case .array(let list): actions = list
            case let value?: actions = [value]
            case nil: actions = []
            }
            if actions.contains(where: { $0.string?.asciiLowercased.hasPrefix("sts:") ?? false }) { return .trust }
        }
        return hasPrincipal ? .resource : .identity
    }
}

/// One statement that could be read.
struct LintStatement {
    let index: Int
    /// `Statement[2]`, or `Statement` where the document has one without a list.
    let path: String
    let raw: JSONObject
    let source: PolicyStatement
    let compiled: CompiledStatement
    let actions: LintActions

    var isAllow: Bool { source.effect == .allow }

    /// Whether it plainly allows every action on every resource, whatever the request is like.
    var allowsEverything: Bool {
        guard isAllow, source.conditions.isEmpty, !source.actions.negated, let resources = source.resources, !resources.negated else {
            return false
        }
        return source.actions.patterns.contains { LintActions.coversEverything(Array($0.utf8)) }
            && resources.patterns.contains { !$0.isEmpty && $0.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }
    }

    /// The path of an element, or of one text in it.
    func path(_ element: String, _ place: Int? = nil) -> String {
        guard let place, case .array = raw[element] else { return path + "." + element }
        return "\(path).\(element)[\(place)]"
    }

    var actionElement: String { source.actions.negated ? "NotAction" : "Action" }
    var resourceElement: String { source.resources?.negated == true ? "NotResource" : "Resource" }
    var principalElement: String { source.principal?.negated == true ? "NotPrincipal" : "Principal" }

    /// The path of a condition's key, or of one of its values.
    func path(_ clause: ConditionClause, _ place: Int? = nil) -> String {
        let isWord = clause.name.utf8.allSatisfy { $0.isLetter || $0 == 0x3A }
        var text = path + ".Condition" + (isWord ? "." + LintText.safe(clause.name) : "[\(LintText.quoted(clause.name))]")
        text += "[\(LintText.quoted(clause.key))]"
        if let place, case .array = raw["Condition"]?[clause.name]?[clause.key] { text += "[\(place)]" }
        return text
    }

    /// Whether some condition is about one of these keys, given in lower case.
    func hasCondition(on keys: [String]) -> Bool {
        source.conditions.contains { clause in
            let key = clause.key.asciiLowercased
            return keys.contains { key.isSame($0) }
        }
    }
}

/// The state of one run over a document.
struct Linter {
    let table: ActionTable
    let kind: PolicyKind
    var version = PolicyDocument.Version.v2008
    var findings: [LintFinding] = []
    var statements: [LintStatement] = []
    var formats = ResourceFormats()
    /// For comparing statements and conditions with each other.
    var budget = WorkBudget(20_000_000)
    /// For how many more names a similar one is looked for: a policy with more of them has other names, not slips of the pen.
    private var guesses = 100

    init(table: ActionTable, kind: PolicyKind) {
        self.table = table
        self.kind = kind
    }

    mutating func add(_ code: LintCode, _ severity: LintSeverity, _ path: String, _ message: String) {
        findings.append(LintFinding(code, severity, path: path, message: message))
    }

    mutating func add(_ code: LintCode, _ severity: LintSeverity, _ statement: LintStatement, _ path: String, _ message: String) {
        findings.append(LintFinding(code, severity, statement: statement.index, path: path, message: message))
    }

    /// Whether one more name may be compared with all that there are.
    mutating func mayGuess() -> Bool {
        guesses -= 1
        return guesses >= 0
    }

    mutating func look(at document: JSONValue) {
        guard case .object(let object) = document else {
            return add(.invalidType, .error, "", "A policy is a JSON object.")
        }
        lookAtForm(object)
        lookAtSize(document)
        for statement in statements {
            lookAtVariables(statement)
            lookAtActions(statement)
            lookAtResources(statement)
            lookAtConditions(statement)
            lookAtPrincipals(statement)
            if kind == .trust { lookAtTrust(statement) }
            lookAtGrant(statement)
        }
        lookAtWhole()
    }
}

extension UInt8 {
    /// Whether this is an ASCII letter.
    var isLetter: Bool { lowercased >= 0x61 && lowercased <= 0x7A }
}
