import CloudModel

/// Finds what a person means: an ARN, `internet`, `admin:ACCOUNT`, or a shorter name that only one thing has, such as `i-0123…`,
/// `user/dev`, a bucket's name, or twelve digits for an account's administrator rights.
struct NodeNames {
    /// What a name stands for.
    enum Answer: Hashable {
        case found(String)
        case unknown
        /// So many have it, of which these are some.
        case ambiguous([String])
    }

    private let nodes: Set<String>
    private var short: [String: [String]] = [:]
    /// What the collection has that no attacker can stand on and no edge ends at, such as a security group.
    private let others: Set<String>

    init(_ nodes: [GraphNode], others: Set<String> = []) {
        self.nodes = Set(nodes.map(\.id))
        self.others = others
        for node in nodes {
            for name in Self.shortNames(node.id, node.name) { short[name, default: []].append(node.id) }
        }
    }

    private static func shortNames(_ id: String, _ name: String) -> Set<String> {
        var names: Set<String> = [name]
        if let account = id.utf8.starts(with: "admin:".utf8) ? id.dropFirst(6) : nil { names = [String(account)] }
        if let parts = ARNParts(id) {
            names.insert(parts.name)
            names.insert(String(parts.resource))
            // `role/team/name` is also known as `role/name`.
            let kind = parts.resource.prefix { $0 != "/" && $0 != ":" }
            names.insert("\(kind)/\(parts.name)")
        }
        names.remove(id)
        return names
    }

    /// What `name` stands for.
    func look(up name: String) -> Answer {
        if nodes.contains(name) || others.contains(name) { return .found(name) }
        // An object is read where its bucket is.
        if name.hasPrefix("arn:"), name.contains(":s3:::"), let bucket = name.split(separator: "/").first.map(String.init),
            nodes.contains(bucket)
        {
            return .found(bucket)
        }
        let known = short[name] ?? []
        guard let first = known.first else { return .unknown }
        return known.count == 1 ? .found(first) : .ambiguous(known)
    }

    /// The identifier that `name` stands for.
    ///
    /// - Throws: ``PremiseError`` in words for one line.
    func identifier(of name: String) throws(PremiseError) -> String {
        switch look(up: name) {
        case .found(let id): return id
        case .unknown: throw PremiseError(.unknownName, "\(name) is nothing that the collection has")
        case .ambiguous(let some):
            let shown = some.sorted(by: AttackPathFinder.precedes).prefix(4).joined(separator: ", ")
            throw PremiseError(
                .ambiguousName, "\(name) may be any of \(some.count): \(shown)\(some.count > 4 ? ", …" : "")")
        }
    }
}
