import CloudModel

/// A path in plain words, made of nothing but its steps.
struct Narrative {
    let graph: SecurityGraph
    let found: AttackPathFinder.Found

    /// One line: who gets what through what.
    var title: String {
        let source = name(found.source, atStart: true)
        let target = graph.nodes[found.target]
        let goal = told(target)
        let middle = found.edges.dropLast().map { graph.nodes[Int($0.to)] }
        guard let first = middle.first else { return "\(source) reaches \(goal)" }
        guard middle.count > 1, let last = middle.last else { return "\(source) reaches \(goal) through \(told(first))" }
        return "\(source) reaches \(goal) through \(told(first)) and \(told(last))"
    }

    /// Words as a sentence: names keep their letters, our own words begin with a capital.
    static func sentence(_ words: String) -> String {
        let end = words.utf8.last == UInt8(ascii: ".") ? "" : "."
        for start in ["the ", "distribution "] where words.hasPrefix(start) {
            return words.prefix(1).uppercased() + words.dropFirst() + end
        }
        return words + end
    }

    private func named(_ node: GraphNode) -> String {
        switch node.kind {
        case .admin: "administrator rights of account \(node.account ?? "")"
        case .destruction: "the ability to destroy data of account \(node.account ?? "")"
        default: "\(noun(node.kind)) \(node.name)"
        }
    }

    /// A node, with its account where that is another one than the principal's who starts: names are used again in every account.
    private func told(_ node: GraphNode) -> String {
        let start = graph.nodes[found.source]
        guard start.kind.isPrincipal, node.kind != .admin, node.kind != .destruction, let account = node.account, account != start.account
        else { return named(node) }
        return "\(named(node)) of account \(account)"
    }

    /// All steps in order, then what the end is worth and what must hold.
    var text: String {
        var sentences: [String] = []
        let start = graph.nodes[found.source]
        switch start.kind {
        case _ where AttackPathFinder.entry(start) == "compromised":
            sentences.append("An attacker is taken to hold \(named(start)) already.")
        case .internet: sentences.append("An attacker needs nothing but the internet.")
        case .externalAccount: sentences.append("An attacker starts with any principal of account \(start.account ?? start.name).")
        case .externalPrincipal: sentences.append("An attacker starts as \(start.name), which belongs to another account.")
        case .identityProvider where start.id.contains(":trust-anchor/"):
            sentences.append("An attacker starts with any certificate of the authority behind trust anchor \(start.name).")
        case .identityProvider: sentences.append("An attacker starts with a token of any identity that \(start.name) vouches for.")
        default: sentences.append("An attacker starts with the credentials of \(noun(start.kind)) \(start.name).")
        }
        for edge in found.edges {
            let proof = graph.proof(of: edge)
            sentences.append(proof.why)
            if !proof.conditions.isEmpty { sentences.append("This needs: \(proof.conditions.joined(separator: "; ")).") }
            if !proof.alternatives.isEmpty { sentences.append("The same can be done by \(proof.alternatives.joined(separator: ", ")).") }
        }
        let target = graph.nodes[found.target]
        let why = target.valueReason.isEmpty ? "" : ", which counts because \(target.valueReason)"
        sentences.append(
            target.kind == .admin
                ? "The attacker then controls account \(target.account ?? "")." : "The attacker then has \(named(target))\(why).")
        return sentences.joined(separator: " ")
    }

    private func name(_ place: Int, atStart: Bool) -> String {
        let node = graph.nodes[place]
        switch node.kind {
        case .internet: return "Anyone on the internet"
        case .externalAccount: return "Account \(node.account ?? node.name)"
        case .externalPrincipal: return "\(node.name) of another account"
        case .identityProvider where node.id.contains(":trust-anchor/"): return "Any certificate of \(node.name)"
        case .identityProvider: return "Anyone whom \(node.name) vouches for"
        case .group: return "A member of group \(node.name)"
        default: return "\(noun(node.kind, capital: true)) \(node.name)"
        }
    }

    private func noun(_ kind: NodeKind, capital: Bool = false) -> String {
        let word =
            switch kind {
            case .internet: "the internet"
            case .externalAccount: "account"
            case .externalPrincipal: "foreign principal"
            case .identityProvider: "identity provider"
            case .admin: "administrator rights"
            case .destruction: "the ability to destroy data"
            case .network: "network with"
            case .other: "resource"
            default: kind.rawValue
            }
        guard capital, let first = word.first else { return word }
        return first.uppercased() + word.dropFirst()
    }
}
