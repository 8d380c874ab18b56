import CloudModel

/// Changes of the policies of resources.
extension CandidateFixes {
    /// Changes after which a resource's own policy no longer lets a principal, or its account, in.
    func resourceFixes(_ from: GraphNode, _ to: GraphNode) -> [CandidateFix] {
        guard let document = resourcePolicy(to) else { return [] }
        let place = Edit.Place.resource(to.id)
        let isFunction = to.kind == .function
        return allowing(document).flatMap { index, statement -> [CandidateFix] in
            let principal = statement["Principal"]
            let named = principal?.string.map { [$0] } ?? Patch.texts(principal?["AWS"])
            // Statements of a function are taken as a whole, by their names; a key always has a policy.
            if isFunction, statement["Sid"]?.string == nil { return [] }
            if to.kind == .key, named.count == 1, Patch.statements(document).count == 1 { return [] }
            return named.filter { names($0, from) }.map { name in
                fix(
                    .tightenResource, to.id, "No longer let \(trusted(name)) in by the policy of \(to.kind.rawValue) \(to.name)",
                    [
                        isFunction
                            ? .removeStatement(place, statement: index) : .removePrincipal(place, statement: index, principal: name)
                    ])
            }
        }
    }

    /// Changes after which a resource's own policy admits nobody from outside any more.
    func everyoneFixes(_ target: GraphNode) -> [CandidateFix] {
        guard let document = target.kind == .function ? functions[target.id]?.policy?.document : resourcePolicy(target) else { return [] }
        let place = Edit.Place.resource(target.id)
        let endpoints = endpoints(target)
        return allowing(document).flatMap { index, statement -> [CandidateFix] in
            let principal = statement["Principal"]
            guard principal?.string == "*" || Patch.texts(principal?["AWS"]).contains("*") else { return [] }
            // Statements of a function are taken by their names.
            if target.kind == .function, statement["Sid"]?.string == nil { return [] }
            var fixes: [CandidateFix] = []
            // A key always has a policy, and one without its account's rights can be changed by nobody.
            if target.kind != .key || Patch.statements(document).count > 1 {
                fixes.append(
                    fix(
                        .makePrivate, target.id,
                        "Remove statement \(index + 1), which admits everyone, from the policy of \(target.kind.rawValue) \(target.name)",
                        [.removeStatement(place, statement: index)]))
            }
            guard target.kind != .function else { return fixes }
            if let account = target.account {
                let partition = ARNParts(target.id)?.partition ?? "aws"
                fixes.append(
                    fix(
                        .tightenResource, target.id,
                        "Let only account \(account), not everyone, in by the policy of \(target.kind.rawValue) \(target.name)",
                        [.replacePrincipal(place, statement: index, principal: "*", by: ["arn:\(partition):iam::\(account):root"])]))
            }
            if !endpoints.isEmpty {
                fixes.append(
                    fix(
                        .addCondition, target.id,
                        "Let requests in by the policy of \(target.kind.rawValue) \(target.name) only through \(endpoints.joined(separator: ", "))",
                        [.addCondition(place, statement: index, .init(test: "StringEquals", key: "aws:SourceVpce", values: endpoints))]))
            }
            return fixes
        }
    }

    private func resourcePolicy(_ node: GraphNode) -> JSONValue? { index.document(at: .resource(node.id)) }

    private func allowing(_ document: JSONValue) -> [(Int, JSONValue)] {
        Patch.statements(document).enumerated().filter { $0.element["Effect"]?.string == "Allow" }.map { ($0.offset, $0.element) }
    }

    /// Whether a name in a policy is that principal or its account.
    private func names(_ name: String, _ node: GraphNode) -> Bool {
        if name.utf8.elementsEqual(node.id.utf8) { return true }
        guard let account = node.account else { return false }
        return name.utf8.elementsEqual(account.utf8)
            || (ARNParts(name).map { $0.resource == "root" && $0.account.utf8.elementsEqual(account.utf8) } ?? false)
    }

    /// The account's endpoints of the service that a resource is of, at most as many as a condition is readable with.
    private func endpoints(_ node: GraphNode) -> [String] {
        let service: String
        switch node.kind {
        case .bucket: service = ".s3"
        case .secret: service = ".secretsmanager"
        case .key: service = ".kms"
        default: return []
        }
        let found = snapshot.vpcEndpoints.filter { $0.account == node.account && $0.service?.hasSuffix(service) == true }
        return found.count > 20 ? [] : found.map(\.id).sortedUnique
    }
}
