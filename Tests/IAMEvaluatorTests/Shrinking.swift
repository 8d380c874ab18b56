import CloudModel
import IAMEvaluator

/// A case and what can be left out of it: a failure is shown with the smallest case that still fails.
struct ShrinkingCase: CustomStringConvertible {
    var request: AccessRequest
    var layers: NaiveInterpreter.Layers

    /// The case without all that can go while `fails` holds.
    func smallest(_ fails: (ShrinkingCase) -> Bool) -> ShrinkingCase {
        var smallest = self
        while let smaller = smallest.smaller.first(where: fails) { smallest = smaller }
        return smallest
    }

    /// The cases with one thing less.
    private var smaller: [ShrinkingCase] {
        var all: [ShrinkingCase] = []
        func with(_ change: (inout ShrinkingCase) -> Void) {
            var other = self
            change(&other)
            all.append(other)
        }
        if layers.boundaries != nil { with { $0.layers.boundaries = nil } }
        if layers.session != nil { with { $0.layers.session = nil } }
        if layers.resource != nil { with { $0.layers.resource = nil } }
        if layers.serviceControl != nil { with { $0.layers.serviceControl = nil } }
        if layers.resourceControl != nil { with { $0.layers.resourceControl = nil } }
        if layers.endpoint != nil { with { $0.layers.endpoint = nil } }
        if request.canonicalUser != nil { with { $0.request.canonicalUser = nil } }
        if request.resourceAccount != nil { with { $0.request.resourceAccount = nil } }
        for key in request.context.values.keys.sorted() { with { $0.request.context.values[key] = nil } }
        for policies in Self.smaller(layers.identity) { with { $0.layers.identity = policies } }
        for policies in Self.smaller(layers.boundaries) { with { $0.layers.boundaries = policies } }
        for policies in Self.smaller(layers.session) { with { $0.layers.session = policies } }
        for policies in Self.smaller(layers.endpoint) { with { $0.layers.endpoint = policies } }
        for policies in Self.smaller(layers.resource.map { [$0] }) { with { $0.layers.resource = policies.first } }
        for levels in Self.smaller(levels: layers.serviceControl) { with { $0.layers.serviceControl = levels } }
        for levels in Self.smaller(levels: layers.resourceControl) { with { $0.layers.resourceControl = levels } }
        return all
    }

    private static func smaller(levels: [[PolicyDocument]]?) -> [[[PolicyDocument]]] {
        guard let levels else { return [] }
        return levels.indices.map { index in levels.enumerated().filter { $0.offset != index }.map(\.element) }
            + replacing(levels) { smaller($0) }
    }

    private static func smaller(_ policies: [PolicyDocument]?) -> [[PolicyDocument]] {
        guard let policies else { return [] }
        return dropping(policies, fewest: 0)
            + replacing(policies) { policy in
                (dropping(policy.statements, fewest: 0) + replacing(policy.statements, smaller)).map {
                    PolicyDocument(version: policy.version, statements: $0)
                }
            }
    }

    private static func smaller(_ statement: PolicyStatement) -> [PolicyStatement] {
        func with<Value>(_ path: WritableKeyPath<PolicyStatement, Value>, _ values: [Value]) -> [PolicyStatement] {
            values.map { value in
                var other = statement
                other[keyPath: path] = value
                return other
            }
        }
        let conditions = replacing(statement.conditions) { clause in
            dropping(clause.values, fewest: 1).map { ConditionClause(clause.name, clause.key, $0) }
        }
        return with(\.conditions, dropping(statement.conditions, fewest: 0) + conditions)
            + with(\.actions.patterns, dropping(statement.actions.patterns, fewest: 1))
            + with(
                \.resources,
                dropping(statement.resources?.patterns ?? [], fewest: 1).map { [negated = statement.resources?.negated] in
                    PatternSet($0, negated: negated ?? false)
                })
            + with(
                \.principal,
                dropping(statement.principal?.entries ?? [], fewest: 1).map { [negated = statement.principal?.negated] in
                    PrincipalElement($0, negated: negated ?? false)
                })
    }

    private static func dropping<Element>(_ list: [Element], fewest: Int) -> [[Element]] {
        guard list.count > fewest else { return [] }
        return list.indices.map { index in list.enumerated().filter { $0.offset != index }.map(\.element) }
    }

    private static func replacing<Element>(_ list: [Element], _ smaller: (Element) -> [Element]) -> [[Element]] {
        list.indices.flatMap { index in
            smaller(list[index]).map { element in
                var other = list
                other[index] = element
                return other
            }
        }
    }

    var description: String {
        var cases = Cases(1)
        let policies = cases.line(request, layers).canonicalText
        return
            "\(request.principal) \(policies)\(request.context.derivesKeys ? "" : ", no keys derived")\(request.canonicalUser == nil ? "" : ", canonical user")"
    }
}
