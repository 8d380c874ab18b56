extension ConditionExpression {
    /// What is left of the expression once this is known of the request: tests on known keys are decided, the others stay.
    public func assuming(_ context: RequestContext) -> ConditionExpression {
        assuming(PreparedContext(context))
    }

    func assuming(_ context: PreparedContext) -> ConditionExpression {
        switch self {
        case .always, .never, .unknown: self
        case .test(let test):
            if test.name.isSame(ConditionTest.resourceLike) || test.name.isSame(ConditionTest.resourceNotLike) {
                test.assumingResource(context)
            } else {
                CompiledCondition(ConditionClause(test.name, test.key, test.values), variables: true).expression(context)
            }
        case .not(let inner): inner.assuming(context).negated
        case .all(let parts): .all(of: parts.map { $0.assuming(context) })
        case .any(let parts): .any(of: parts.map { $0.assuming(context) })
        }
    }
}

extension ConditionTest {
    /// The operator for a resource that is covered when the variables in a policy's pattern have the right values: the key is the resource's
    /// ARN, the value the pattern. Not one of AWS's; it occurs in answers only.
    public static let resourceLike = "ResourceLike"
    /// The opposite of ``resourceLike``.
    public static let resourceNotLike = "ResourceNotLike"

    fileprivate func assumingResource(_ context: PreparedContext) -> ConditionExpression {
        let negated = name.isSame(Self.resourceNotLike)
        var isOpen = false
        let resource = Array(key.utf8)
        for value in values {
            switch PatternTemplate(value, variables: true, mode: .resource).resolved(context) {
            case .pattern(let pattern): if pattern.matches(resource) { return negated ? .never : .always }
            case .open(let pattern): if pattern.matches(resource) { isOpen = true }
            }
        }
        return isOpen ? .test(self) : negated ? .always : .never
    }
}
