import IAMEvaluator

/// Generated policies and requests, from one seed for each case so that a failure names what to repeat.
///
/// The pools are small on purpose: what a policy names is often what a request has, so that each rule decides some cases.
struct Cases {
    var random: SeededGenerator

    init(_ seed: UInt64) { random = SeededGenerator(state: seed &* 0x2545_F491_4F6C_DD1D) }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &random)] }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    mutating func some<Element>(_ list: [Element], _ most: Int) -> [Element] {
        (0..<Int.random(in: 1...most, using: &random)).map { _ in pick(list) }
    }

    // MARK: - Who asks for what

    static let federated = "arn:aws:sts::\(account):federated-user/alice"
    static let saml = "arn:aws:iam::\(account):saml-provider/corp"
    private static let bob = "arn:aws:iam::\(account):user/team/bob"
    private static let carol = "arn:aws:iam::\(other):user/carol"
    private static let deploy = "arn:aws:iam::\(account):role/team/deploy"
    private static let auditor = "arn:aws:iam::\(other):role/auditor"
    private static let auditing = "arn:aws:sts::\(other):assumed-role/auditor/s1"
    private static let linked = "arn:aws:iam::\(account):role/aws-service-role/es.amazonaws.com/AWSServiceRoleForES"
    static let canonical = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

    static let principals: [RequestPrincipal] = [
        .user(arn: alice), .user(arn: alice), .user(arn: bob), .user(arn: carol),
        .assumedRole(role: role, session: session), .assumedRole(role: role, session: session),
        .assumedRole(role: deploy, session: "arn:aws:sts::\(account):assumed-role/deploy/s2"),
        .assumedRole(role: auditor, session: auditing), .role(arn: role), .role(arn: auditor),
        .assumedRole(role: linked, session: "arn:aws:sts::\(account):assumed-role/AWSServiceRoleForES/s"), .role(arn: linked),
        .federatedUser(arn: federated, user: alice), .federatedUser(arn: federated, user: nil),
        .root(account: account, partition: "aws"), .root(account: other, partition: "aws"), .account(account), .account(other),
        .service("logs.amazonaws.com"), .service("lambda.amazonaws.com"), .identityProvider(saml),
        .identityProvider("accounts.google.com"), .anonymous,
    ]
    private static let entries: [PrincipalElement.Entry] = [
        .everyone, .account(account), .account(account), .account(other), .aws(alice), .aws(alice), .aws(bob), .aws(carol), .aws(role),
        .aws(role), .aws(session), .aws(session), .aws(deploy), .aws("arn:aws:iam::\(account):role/any/path/app"), .aws(auditor),
        .aws(auditing), .aws(federated), .aws("AIDAEXAMPLEOFADELETEDUSER"), .service("logs.amazonaws.com"),
        .service("lambda.amazonaws.com"), .federated(saml), .federated("accounts.google.com"), .canonicalUser(canonical),
    ]
    private static let actions = [
        "s3:GetObject", "s3:GetObject", "s3:PutObject", "S3:GETOBJECT", "iam:GetUser", "kms:Decrypt", "kms:RetireGrant", "kms:ListKeys",
        "lambda:InvokeFunction", "sts:AssumeRole", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession",
        "sts:GetCallerIdentity", "sts:GetSessionToken",
    ]
    private static let actionPatterns = [
        "*", "s3:*", "s3:Get*", "S3:getobject", "s3:?etObject", "*:Get*", "iam:*", "kms:*", "kms:Decrypt", "sts:*", "sts:AssumeRole",
        "sts:assume*", "lambda:Invoke*", "s?:*",
    ]
    private static let objects = ["arn:aws:s3:::b/alice/k", "arn:aws:s3:::b/x", "arn:aws:s3:::c:d/x", "arn:aws:s3:::b/é", "*"]
    private static let keys = ["arn:aws:kms:eu-west-1:\(account):key/1", "arn:aws:kms:eu-west-1:\(other):key/2"]
    private static let roles = [role, auditor]
    private static let resourcePatterns = [
        "*", "*", "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::?/x", "arn:aws:s3:::b/?", "arn:*:b/x",
        "arn:aws:s3*", "arn:aws:s*:::b*", "arn:aws:s3:::c*x", "arn:aws:s3:::b/${test:one}", "arn:aws:s3:::b/${test:one, 'x'}",
        "arn:aws:s3:::b/${AWS:PrincipalTag/team,'x'}", "arn:aws:s3:::b/${*}", "arn:aws:s3:::${?}/x", "arn:aws:kms:*:*:key/*",
        "arn:aws:k?s:*", "arn:*:kms:eu-west-1:*", "arn:aws:iam::\(account):role/*", "arn:aws:iam::*:role/a??", "arn:aws:iam::*",
        "arn:aws:lambda:*:*:function:f", "arn:aws:lambda:*:*:function:f:?", "arn:aws:lambda:eu-*-1:\(account):function:*",
    ]

    mutating func request() -> AccessRequest {
        let action = pick(Self.actions)
        var owner: String?
        let resource: String
        switch action.lowercased().prefix(3) {
        case "s3:": (resource, owner) = (pick(Self.objects), pick([nil, account, other]))
        case "kms": resource = action == "kms:ListKeys" ? "*" : pick(Self.keys)
        case "sts": resource = action.contains("Role") || chance(20) ? pick(Self.roles) : "*"
        case "iam": resource = pick([alice, Self.bob])
        default: resource = "arn:aws:lambda:eu-west-1:\(account):function:f" + pick(["", ":1"])
        }
        return AccessRequest(
            principal: pick(Self.principals), action: action, resource: resource, resourceAccount: owner,
            context: RequestContext(values: context(), derivesKeys: chance(50)), canonicalUser: chance(20) ? Self.canonical : nil)
    }

    // MARK: - Policies

    mutating func statement(_ effect: PolicyEffect? = nil, principal: Bool) -> PolicyStatement {
        PolicyStatement(
            sid: chance(10) ? "Twice" : nil, effect: effect ?? (chance(60) ? .allow : .deny),
            principal: principal ? PrincipalElement(chance(2) ? [] : some(Self.entries, 4), negated: chance(12)) : nil,
            actions: PatternSet(chance(1) ? [] : some(Self.actionPatterns, 3), negated: chance(12)),
            resources: principal && chance(15) ? nil : PatternSet(chance(1) ? [] : some(Self.resourcePatterns, 3), negated: chance(12)),
            conditions: chance(55) ? (0..<Int.random(in: 1...2, using: &random)).map { _ in clause() } : [])
    }

    mutating func document(principal: Bool = false) -> PolicyDocument {
        PolicyDocument(
            version: chance(85) ? .v2012 : .v2008,
            statements: chance(2) ? [] : (0..<Int.random(in: 1...3, using: &random)).map { _ in statement(principal: principal) })
    }

    /// Resource control policies name everyone, or, where the grammar lets it out, nobody.
    private mutating func control() -> PolicyDocument {
        var policy = document()
        for index in policy.statements.indices where chance(60) { policy.statements[index].principal = PrincipalElement([.everyone]) }
        return policy
    }

    /// Wide ones keep the answers from being all denials.
    private mutating func documents(_ most: Int = 2, wide: Int, _ make: (inout Cases) -> PolicyDocument = { $0.document() })
        -> [PolicyDocument]
    {
        if chance(2) { return [] }
        return (0..<Int.random(in: 1...most, using: &random)).map { _ in chance(wide) ? Self.everything : make(&self) }
    }

    private static let everything = PolicyDocument(statements: [
        PolicyStatement(effect: .allow, actions: PatternSet(["*"]), resources: PatternSet(["*"]))
    ])

    mutating func layers() -> NaiveInterpreter.Layers {
        NaiveInterpreter.Layers(
            identity: chance(92) ? documents(wide: 40) : [], boundaries: chance(25) ? documents(1, wide: 60) : nil,
            session: chance(20) ? documents(wide: 60) : nil, resource: chance(65) ? document(principal: true) : nil,
            serviceControl: chance(20) ? (0..<Int.random(in: 0...3, using: &random)).map { _ in documents(wide: 75) } : nil,
            resourceControl: chance(20)
                ? (0..<Int.random(in: 0...2, using: &random)).map { _ in documents(wide: 75) { $0.control() } } : nil,
            endpoint: chance(15) ? documents(1, wide: 50) { $0.document(principal: true) } : nil)
    }

    // MARK: - Conditions

    /// One family of operators, with values that its policies and its requests have.
    private struct Family {
        var operators: [String]
        var keys: [String]
        var policy: [String]
        var request: [String]
    }
    private static let families: [Family] = [
        Family(
            operators: [
                "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
            ],
            keys: ["test:one", "test:two", "aws:username", "aws:PrincipalTag/team", "aws:RequestTag/Cost Center", "aws:TagKeys"],
            policy: [
                "alice", "Alice", "a*", "*", "?", "x", "", "${test:two}", "${aws:PrincipalTag/Team}", "${aws:username, 'x'}", "${*}",
                "${?}",
                "${$}{x", "é", "É",
            ],
            request: ["alice", "ALICE", "ab", "x", "*", "?", "", "bob", "é", "É", "${x"]),
        Family(
            operators: [
                "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ],
            keys: ["s3:max-keys", "test:two"], policy: ["1", "10", "10.0", "-3", "9.99", "ten"],
            request: ["1", "10", "010", "-4", "9.990", "1e1", "ten", ""]),
        Family(
            operators: ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"],
            keys: ["aws:CurrentTime", "test:one"],
            policy: ["2024-01-01T00:00:00Z", "2024-02-29", "2024", "2024-06", "1704067200", "2024-01-01T02:00:00+02:00", "soon"],
            request: [
                "2024-01-01T00:00:00Z", "2024-02-29T00:00Z", "2023-12-31T23:59:59.5Z", "1709164800", "2024-06-01", "2023-02-29", "soon",
            ]),
        Family(
            operators: ["Bool"], keys: ["aws:SecureTransport", "aws:PrincipalIsAWSService", "test:two"],
            policy: ["true", "false", "True", "yes"],
            request: ["true", "false", "TRUE", "yes", ""]),
        Family(operators: ["BinaryEquals"], keys: ["test:one"], policy: ["QUJD", "QQ==", "?"], request: ["QUJD", "QQ==", "?"]),
        Family(
            operators: ["IpAddress", "NotIpAddress"], keys: ["aws:SourceIp", "test:two"],
            policy: [
                "10.0.0.0/8", "10.1.2.3", "10.1.2.0/31", "0.0.0.0/0", "2001:DB8::/32", "2001:db8::1", "::/0", "10.0.0.0/33", "10.0.0",
            ],
            request: ["10.1.2.3", "10.1.2.1", "11.0.0.1", "2001:db8:0:0::1", "2001:db9::", "::1", "10.0.0"]),
        Family(
            operators: ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"], keys: ["aws:SourceArn", "aws:PrincipalArn"],
            policy: [
                "arn:aws:sns:*:\(account):t*", "arn:aws:sns:eu-west-1:\(account):${aws:username}", "arn:*:*:*:*:*",
                "arn:aws:iam::\(account):*",
                "*", "arn:aws:*", "arn:aws:iam::*:role/a?p", "arn:aws:someservice:*:\(account):finance/*",
            ],
            request: [
                "arn:aws:sns:eu-west-1:\(account):topic", "arn:aws:sns:eu-west-1:\(other):alice", alice, role,
                "arn:aws:someservice:us-east-2:\(other):store/abc:\(account):finance/document.txt", "topic",
            ]),
    ]

    /// All keys that the conditions and requests are about.
    static let contextKeys: [String] = families.reduce(into: []) { all, family in all += family.keys.filter { !all.contains($0) } }
    /// Those that follow from who asks, in lower case.
    static let derivedKeys = ["aws:username", "aws:principalarn", "aws:principalisawsservice"]
    /// Those that can have several values: AWS's own, but for `aws:TagKeys`, have one.
    private static func hasManyValues(_ key: String) -> Bool { !key.hasPrefix("aws:") || key == "aws:TagKeys" }

    mutating func clause() -> ConditionClause {
        if chance(10) {
            return ConditionClause("Null", spelled(pick(Self.contextKeys)), some(["true", "false"], chance(90) ? 1 : 2))
        }
        let family = pick(Self.families)
        var name = pick(family.operators)
        if chance(25) { name += "IfExists" }
        if chance(25) { name = pick(["ForAllValues:", "ForAnyValue:"]) + name }
        let key = chance(90) ? pick(family.keys) : pick(Self.contextKeys)
        let values = chance(95) ? family.policy : pick(Self.families).policy
        return ConditionClause(name, spelled(key), chance(2) ? [] : some(values, 3))
    }

    /// "Key names are case-insensitive."
    private mutating func spelled(_ key: String) -> String { chance(80) ? key : chance(50) ? key.uppercased() : key.lowercased() }

    mutating func context() -> [String: [String]] {
        var context: [String: [String]] = [:]
        for key in Self.contextKeys where chance(60) { context[spelled(key)] = chance(2) ? [] : values(of: key) }
        return context
    }

    /// Values that a request can have for a key.
    mutating func values(of key: String) -> [String] {
        let families = Self.families.filter { $0.keys.contains(key) }
        return some(pick(families).request, Self.hasManyValues(key) && chance(40) ? 3 : 1)
    }
}
