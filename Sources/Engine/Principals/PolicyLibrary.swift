import CloudModel
import IAMEvaluator

/// Every policy text of a snapshot, parsed and compiled once however often it is attached.
final class PolicyLibrary {
    /// A compiled text.
    struct Entry {
        /// Ready for the evaluator; its tag's index is this entry's place in the library.
        var compiled: CompiledPolicy
        /// The statements; `nil` when the text is missing or is not a policy.
        var document: PolicyDocument?
        /// The engine's actions that some statement may allow.
        var allows: ActionSet
        /// Whether what it says depends on who asks beyond where it is attached.
        var namesAsker: Bool
        /// Users and roles that its statements are about or not about, by ARN; of sessions, whose names do not say which role's they are,
        /// and of identifiers an empty text. Accounts and everyone are not among them.
        var singled: Set<String> = []

        /// Whether, on the resource's side, it tells some principals from others of their accounts.
        var isPersonal: Bool { namesAsker || !singled.isEmpty }
        /// Whether it does so with this principal.
        func singlesOut(_ arn: String) -> Bool { isPersonal && (namesAsker || singled.contains(arn) || singled.contains("")) }
    }
    fileprivate struct Key: Hashable {
        var document: JSONValue
        var withPrincipal: Bool
    }
    private(set) var entries: [Entry] = []
    private var places: [Key: Int] = [:]
    private var unknownPlaces: [String: Int] = [:]
    private var actionSets: [PatternSet: ActionSet] = [:]
    /// Condition keys, lower case, that any policy names.
    private(set) var conditionKeys: Set<String> = []
    /// The same and those that stand in policy variables.
    private(set) var contextKeys: Set<String> = []
    private var named: [Int: NamedResources] = [:]
    /// Place of a policy that allows everything.
    private(set) var allowAll = 0

    init() {
        allowAll = place(
            of: ["Version": "2012-10-17", "Statement": [["Effect": "Allow", "Action": "*", "Resource": "*"]]], withPrincipal: false,
            name: "AdministratorAccess")
    }

    /// The texts that a library knows, for another one that goes on from there, on another thread too.
    struct Contents: Sendable {
        fileprivate var entries: [Entry]
        fileprivate var places: [Key: Int]
        fileprivate var unknownPlaces: [String: Int]
        fileprivate var actionSets: [PatternSet: ActionSet]
        fileprivate var conditionKeys: Set<String>
        fileprivate var contextKeys: Set<String>
        fileprivate var allowAll: Int
    }

    var contents: Contents {
        Contents(
            entries: entries, places: places, unknownPlaces: unknownPlaces, actionSets: actionSets, conditionKeys: conditionKeys,
            contextKeys: contextKeys, allowAll: allowAll)
    }

    init(_ contents: Contents) {
        entries = contents.entries
        places = contents.places
        unknownPlaces = contents.unknownPlaces
        actionSets = contents.actionSets
        conditionKeys = contents.conditionKeys
        contextKeys = contents.contextKeys
        allowAll = contents.allowAll
    }

    /// The place of a policy's text.
    func place(of source: PolicySource) -> Int {
        // Versions of one policy share its ARN, not its name.
        guard let document = source.document else { return unknown(source.arn.map { "\($0) \(source.name)" } ?? source.name) }
        let withPrincipal: Bool =
            switch source.kind {
            case .trust, .resource, .resourceControl, .endpoint: true
            case .inline, .managed, .boundary, .serviceControl: false
            }
        return place(of: document, withPrincipal: withPrincipal, name: source.arn ?? source.name)
    }

    /// A policy's text.
    func entry(of source: PolicySource) -> Entry {
        let place = place(of: source)
        return entries[place]
    }

    /// The place of a text.
    func place(of document: JSONValue, withPrincipal: Bool, name: String) -> Int {
        let key = Key(document: document, withPrincipal: withPrincipal)
        if let place = places[key] { return place }
        let parsed = try? PolicyDocument(parsing: document, form: withPrincipal ? .any : .withoutPrincipal)
        guard let parsed else {
            let place = unknown(name)
            places[key] = place
            return place
        }
        let place = entries.count
        var allows = ActionSet()
        var namesAsker = false
        var singled: Set<String> = []
        for statement in parsed.statements {
            for case .aws(let arn) in statement.principal?.entries ?? [] where arn != "*" {
                singled.insert(ARNParts(arn)?.service == "iam" ? arn : "")
            }
            if statement.effect == .allow { allows.formUnion(actions(statement.actions)) }
            for clause in statement.conditions {
                let condition = clause.key.lowercased()
                conditionKeys.insert(condition)
                contextKeys.insert(condition)
                if condition.hasPrefix("aws:principal") || condition.hasPrefix("aws:user") || condition.hasPrefix("sts:") {
                    namesAsker = true
                }
                for value in clause.values where value.utf8.contains(UInt8(ascii: "$")) {
                    namesAsker = true
                    addVariables(of: value)
                }
            }
            for pattern in statement.resources?.patterns ?? [] where pattern.utf8.contains(UInt8(ascii: "$")) {
                namesAsker = true
                addVariables(of: pattern)
            }
        }
        entries.append(
            Entry(
                compiled: CompiledPolicy(parsed, tag: PolicyTag(place, name: name)), document: parsed, allows: allows,
                namesAsker: namesAsker, singled: singled))
        places[key] = place
        return place
    }

    private func addVariables(of text: String) {
        for part in text.split(separator: "${").dropFirst(text.hasPrefix("${") ? 0 : 1) {
            contextKeys.insert(part.prefix { $0 != "}" && $0 != "," }.lowercased().filter { $0 != " " })
        }
    }

    /// What the statements of the policy at a place say of the resources of an action.
    ///
    /// - Parameter action: place in ``EngineActions/names``.
    func named(_ action: Int, in place: Int) -> NamedResources {
        let key = place &* 4_096 &+ action
        if let known = named[key] { return known }
        let found = NamedResources(entries[place].document, EngineActions.names[action])
        named[key] = found
        return found
    }

    /// Whether a statement allows everything to everyone whom the text is about, whatever the request.
    func allowsEverything(_ place: Int, _ statement: Int) -> Bool {
        guard let statements = entries[place].document?.statements, statements.indices.contains(statement) else { return false }
        let found = statements[statement]
        return found.effect == .allow && found.conditions.isEmpty && !found.actions.negated && found.actions.patterns.contains("*")
            && found.resources.map { !$0.negated && $0.patterns.contains("*") } ?? true
    }

    private func unknown(_ name: String) -> Int {
        if let place = unknownPlaces[name] { return place }
        let place = entries.count
        entries.append(
            Entry(compiled: CompiledPolicy(unknown: PolicyTag(place, name: name)), document: nil, allows: ActionSet(), namesAsker: false))
        unknownPlaces[name] = place
        return place
    }

    private func actions(_ patterns: PatternSet) -> ActionSet {
        if let set = actionSets[patterns] { return set }
        let set = EngineActions.matched(by: patterns)
        actionSets[patterns] = set
        return set
    }
}
