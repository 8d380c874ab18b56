import CloudModel
import IAMEvaluator

/// What service control policies leave of administrator rights.
///
/// Identity policies, boundaries and sessions must leave everything, or there is no administrator: they set one principal apart from others.
/// Service control policies limit everybody in an account alike, and nearly every organisation denies something small to all of them:
/// leaving the organisation, other regions, switching logs off. One who may do all that anyone in the account may do still holds it. So
/// the question here is whether what is left makes an administrator: some way to give rights to an identity, which decides who may
/// do what, and some use of what the account is for. A policy that denies everything, all of IAM, everything but IAM or everything but
/// a service leaves none, in one statement or in several; a condition that must be met stays a condition.
extension OrganisationPolicies {
    /// Ways to give rights; the resource without partition and account.
    private static let grants: [(action: String, resource: String)] = [
        ("iam:AttachUserPolicy", "user/zz9-example"), ("iam:PutUserPolicy", "user/zz9-example"),
        ("iam:AttachRolePolicy", "role/zz9-example"), ("iam:PutRolePolicy", "role/zz9-example"),
        ("iam:AttachGroupPolicy", "group/zz9-example"), ("iam:PutGroupPolicy", "group/zz9-example"),
        ("iam:CreatePolicyVersion", "policy/zz9-example"), ("iam:SetDefaultPolicyVersion", "policy/zz9-example"),
    ]
    /// What accounts are for: running things and keeping data.
    private static let uses: [(action: String, service: String, resource: String)] = [
        ("ec2:RunInstances", "ec2", "instance/i-0123456789abcdef0"), ("lambda:UpdateFunctionCode", "lambda", "function:zz9-example"),
        ("s3:GetObject", "s3", "zz9-example/object"), ("secretsmanager:GetSecretValue", "secretsmanager", "secret:zz9-example-AbCdEf"),
        ("ssm:SendCommand", "ssm", "document/zz9-example"), ("kms:Decrypt", "kms", "key/00000000-0000-0000-0000-000000000000"),
        ("rds:ModifyDBInstance", "rds", "db:zz9-example"), ("dynamodb:GetItem", "dynamodb", "table/zz9-example"),
        ("cloudformation:CreateStack", "cloudformation", "stack/zz9-example/0"), ("ecs:RunTask", "ecs", "task-definition/zz9-example:1"),
    ]

    /// What is left and the statements that it rests on where there is a condition.
    struct Ceiling {
        var expression: ConditionExpression
        var statements: [StatementReference] = []
    }

    /// When the service control policies of its account leave a principal what makes an administrator.
    ///
    /// - Parameters:
    ///   - context: what is known of the principal's requests.
    ///   - key: equal for principals of which the policies say the same.
    func ceiling(_ principal: RequestPrincipal, account: String, partition: String, context: RequestContext, key: CeilingKey?) -> Ceiling {
        guard let levels = serviceControl(of: account) else { return Ceiling(expression: .always) }
        if let key, let known = ceilings[key] { return known }
        let layers = PolicyLayers(identity: [allowAll], serviceControl: levels)
        /// Whether one of these is left.
        func left(_ options: [(action: String, resource: String)], _ values: [String: [String]]) -> Ceiling {
            var found: [ConditionExpression] = []
            var statements: [StatementReference] = []
            for (action, resource) in options {
                var context = context
                context.values.merge(values) { _, new in new }
                let decision = Evaluator.evaluate(
                    AccessRequest(principal: principal, action: action, resource: resource, resourceAccount: account, context: context),
                    layers)
                let expression: ConditionExpression
                switch decision.outcome {
                case .allowed: expression = .always
                case .explicitlyDenied, .implicitlyDenied: expression = .never
                case .conditional(let condition): expression = ResidualCondition.reduced(condition)
                case .unknown(let reasons): expression = .all(of: reasons.map { .unknown($0) })
                }
                if expression == .always { return Ceiling(expression: .always) }
                if expression == .never { continue }
                found.append(expression)
                for statement in decision.statements where statement.policyType == .scp && !statements.contains(statement) {
                    statements.append(statement)
                }
            }
            return Ceiling(expression: .any(of: found), statements: statements)
        }
        let iam = [
            "aws:requestedregion": [Permissions.regionOfIAM(partition)],
            "iam:policyarn": ["arn:\(partition):iam::aws:policy/AdministratorAccess"],
        ]
        let grant = left(Self.grants.map { ($0.action, "arn:\(partition):iam::\(account):\($0.resource)") }, iam)
        let use = left(
            Self.uses.map { use in
                let place = use.service == "s3" ? "::" : "us-east-1:\(account):"
                return (use.action, "arn:\(partition):\(use.service):\(place)\(use.resource)")
            }, [:])
        let whole = Ceiling(
            expression: .all(of: [grant.expression, use.expression]).withoutContradictions, statements: grant.statements + use.statements)
        if let key { ceilings[key] = whole }
        return whole
    }
}
