import IAMEvaluator

/// A second evaluator, written step by step from AWS's documents and as slow as it likes: the compiled one is held against it.
///
/// Sources, all IAM User Guide: "How AWS enforcement code logic evaluates requests", "Policy evaluation for requests within a single account",
/// "Cross-account policy evaluation logic", "IAM JSON policy elements".
struct NaiveInterpreter {
    enum Decision { case allowed, explicitlyDenied, implicitlyDenied }
    struct Layers {
        var identity: [PolicyDocument] = []
        var boundaries: [PolicyDocument]?
        var session: [PolicyDocument]?
        var resource: PolicyDocument?
        var serviceControl: [[PolicyDocument]]?
        var resourceControl: [[PolicyDocument]]?
        var endpoint: [PolicyDocument]?
    }
    /// The names by which a principal element can name who asks.
    struct Names {
        var account: String?
        /// The user, session, service; empty for anonymous and root.
        var own: String
        /// A session's role.
        var role: String?
        var isRoot = false
        var isService = false
        var hasPolicies = false
    }
    let names: Names
    let action: String
    let resource: String
    let owner: String?
    let context: [String: [String]]
    let layers: Layers

    func decide() -> Decision {
        var policies: [PolicyDocument] = layers.endpoint ?? []
        if names.hasPolicies { policies += layers.identity + (layers.boundaries ?? []) + (layers.session ?? []) }
        if let own = layers.resource { policies.append(own) }
        if names.account != nil { policies += (layers.serviceControl ?? []).flatMap { $0 } }
        policies += (layers.resourceControl ?? []).flatMap { $0 }
        // Deny evaluation: all policies.
        for policy in policies {
            for statement in policy.statements where statement.effect == .deny && applies(statement, policy) { return .explicitlyDenied }
        }
        // Organizations RCPs, then SCPs: an Allow at every level.
        for level in layers.resourceControl ?? [] where !allows(level) { return .implicitlyDenied }
        if names.account != nil { for level in layers.serviceControl ?? [] where !allows(level) { return .implicitlyDenied } }
        if let endpoint = layers.endpoint, !allows(endpoint) { return .implicitlyDenied }
        // Resource-based policies.
        var grants: Set<String> = []
        if let policy = layers.resource {
            for statement in policy.statements where statement.effect == .allow && applies(statement, policy) {
                grants.formUnion(grantees(statement))
            }
        }
        guard let account = names.account else { return grants.isEmpty ? .implicitlyDenied : .allowed }
        let crossAccount = owner != nil && owner != account
        let identityAllows = names.isRoot || allows(layers.identity)
        let boundaryAllows = !names.hasPolicies || (layers.boundaries.map(allows) ?? true)
        let sessionAllows = !names.hasPolicies || (layers.session.map(allows) ?? true)
        if crossAccount { return identityAllows && boundaryAllows && sessionAllows && !grants.isEmpty ? .allowed : .implicitlyDenied }
        if grants.contains("self") { return .allowed }
        if grants.contains("role") { return boundaryAllows && sessionAllows ? .allowed : .implicitlyDenied }
        // KMS keys and role trust: the policy of the resource must let at least the account in.
        if action.hasPrefix("kms:") || action.hasPrefix("sts:"), grants.isEmpty { return .implicitlyDenied }
        return identityAllows && boundaryAllows && sessionAllows ? .allowed : .implicitlyDenied
    }

    private func allows(_ policies: [PolicyDocument]) -> Bool {
        policies.contains { policy in policy.statements.contains { $0.effect == .allow && applies($0, policy) } }
    }

    private func applies(_ statement: PolicyStatement, _ policy: PolicyDocument) -> Bool {
        let actionMatches = statement.actions.patterns.contains { glob($0.lowercased(), action.lowercased()) }
        guard actionMatches != statement.actions.negated else { return false }
        if let set = statement.resources {
            let matches = set.patterns.contains { pattern in fill(pattern, policy).map { self.matches(resource, $0, arn: true) } ?? false }
            guard matches != set.negated else { return false }
        }
        if let principal = statement.principal {
            if principal.negated {
                if statement.effect == .deny {
                    if layers.boundaries == nil || !names.hasPolicies, isSpared(principal.entries) { return false }
                } else if principal.entries.contains(where: { grantee($0) != nil }) {
                    return false
                }
            } else if !principal.entries.contains(where: { grantee($0) != nil }) {
                return false
            }
        }
        return statement.conditions.allSatisfy { holds($0, policy) }
    }

    private func grantees(_ statement: PolicyStatement) -> [String] {
        guard let principal = statement.principal, !principal.negated else { return ["self"] }
        return principal.entries.compactMap(grantee)
    }

    private func grantee(_ entry: PrincipalElement.Entry) -> String? {
        switch entry {
        case .everyone: return "self"
        case .account(let id): return id == names.account ? (names.isRoot ? "self" : "account") : nil
        case .aws(let arn): return !names.isService && arn == names.own ? "self" : arn == names.role ? "role" : nil
        case .service(let name): return names.isService && name == names.own ? "self" : nil
        case .federated, .canonicalUser: return nil
        }
    }

    private func isSpared(_ entries: [PrincipalElement.Entry]) -> Bool {
        if entries.contains(.everyone) { return true }
        guard let account = names.account else { return entries.contains { grantee($0) != nil } }
        guard entries.contains(.account(account)) else { return false }
        if names.isRoot { return true }
        return entries.contains(.aws(names.own)) && (names.role.map { entries.contains(.aws($0)) } ?? true)
    }

    // MARK: - Text

    private enum Piece {
        case text(String)
        case plain(String)
    }

    /// Variables filled in; `nil` when one has no value.
    private func fill(_ pattern: String, _ policy: PolicyDocument) -> [Piece]? {
        guard policy.version == .v2012 else { return [.text(pattern)] }
        var pieces: [Piece] = []
        var rest = Substring(pattern)
        while let start = find("${", rest), let end = find("}", rest[start...]) {
            pieces.append(.text(String(rest[..<start])))
            let name = String(rest[rest.index(start, offsetBy: 2)..<end])
            if name == "*" || name == "?" || name == "$" {
                pieces.append(.plain(name))
            } else {
                guard let values = context[name.lowercased()], values.count == 1 else { return nil }
                pieces.append(.plain(values[0]))
            }
            rest = rest[rest.index(after: end)...]
        }
        return pieces + [.text(String(rest))]
    }

    private func find(_ needle: String, _ text: Substring) -> Substring.Index? {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index...].hasPrefix(needle) { return index }
            index = text.index(after: index)
        }
        return nil
    }

    private func matches(_ text: String, _ pieces: [Piece], arn: Bool) -> Bool {
        var pattern: [(Character, Bool)] = []
        for piece in pieces {
            switch piece {
            case .text(let text): pattern += text.map { ($0, $0 == "*" || $0 == "?") }
            case .plain(let text): pattern += text.map { ($0, false) }
            }
        }
        return walk(pattern, Array(text), arn: arn)
    }

    func glob(_ pattern: String, _ text: String) -> Bool { matches(text, [.text(pattern)], arn: false) }

    /// Every character against every place. In ARNs a star inside one of the first five parts does not pass a colon, unless it ends the part.
    private func walk(_ pattern: [(Character, Bool)], _ text: [Character], arn: Bool) -> Bool {
        var reached = Array(repeating: false, count: text.count + 1)
        reached[0] = true
        var colons = 0
        for (index, (character, isWild)) in pattern.enumerated() {
            var next = Array(repeating: false, count: text.count + 1)
            let last = index + 1 == pattern.count || pattern[index + 1].0 == ":"
            if isWild, character == "*" {
                var open = false
                for place in 0...text.count {
                    if reached[place] { open = true }
                    if open { next[place] = true }
                    if place < text.count, text[place] == ":", arn, colons < 5, !last { open = false }
                }
            } else {
                for place in 0..<text.count where reached[place] {
                    if isWild ? !(arn && colons < 5 && text[place] == ":") : text[place] == character { next[place + 1] = true }
                }
                if character == ":" { colons += 1 }
            }
            reached = next
        }
        return reached[text.count]
    }

    // MARK: - Conditions

    private func holds(_ clause: ConditionClause, _ policy: PolicyDocument) -> Bool {
        var name = clause.name
        let values = context[clause.key.lowercased()] ?? []
        var quantifier = ""
        for prefix in ["ForAllValues:", "ForAnyValue:"] where name.hasPrefix(prefix) {
            quantifier = prefix
            name.removeFirst(prefix.count)
        }
        let ifExists = name.hasSuffix("IfExists")
        if ifExists { name.removeLast(8) }
        if name == "Null" { return clause.values.contains { ($0 == "true") == values.isEmpty } }
        let negated = name.contains("Not")
        if values.isEmpty { return ifExists || quantifier == "ForAllValues:" || (negated && quantifier.isEmpty) }
        func matches(_ value: String) -> Bool {
            clause.values.contains { wanted in
                switch name {
                case "StringEquals", "StringNotEquals": return fill(wanted, policy).map { joined($0) == value } ?? false
                case "StringLike", "StringNotLike": return fill(wanted, policy).map { self.matches(value, $0, arn: false) } ?? false
                case "Bool": return wanted.lowercased() == value.lowercased() && ["true", "false"].contains(value.lowercased())
                case "NumericLessThan":
                    guard let left = Int(value), let right = Int(wanted) else { return false }
                    return left < right
                case "NumericEquals", "NumericNotEquals":
                    guard let left = Int(value), let right = Int(wanted) else { return false }
                    return left == right
                default: return false
                }
            }
        }
        switch quantifier {
        case "ForAllValues:": return values.allSatisfy { matches($0) != negated }
        case "ForAnyValue:": return values.contains { matches($0) != negated }
        default: return values.contains(where: matches) != negated
        }
    }

    private func joined(_ pieces: [Piece]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text), .plain(let text): text
            }
        }.joined()
    }
}
