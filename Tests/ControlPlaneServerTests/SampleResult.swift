import CloudModel

/// A believable result, and the same with names that attack whoever shows them.
enum SampleResult {
    static let hostileNames = [
        "\"><script>alert(1)</script>", "\"\u{301}><img src=x onerror=alert(1)>", "<\u{338}b>", "=HYPERLINK(\"http://x\")",
        "\u{202E}gpj.exe\u{202C}",
        "{{frame.csrf}}", "{{{frame}}}", "a\u{1B}[31mred", "'\u{20DD} onmouseover='alert(1)", "&lt;b&gt;", "\u{0}\u{8}nul",
    ]

    static func make(hostile: Bool = false) -> AnalysisResult {
        func name(_ plain: String, _ index: Int) -> String { hostile ? hostileNames[index % hostileNames.count] : plain }
        let account = "123456789012"
        let lb = hostile ? hostileNames[0] : "arn:aws:elasticloadbalancing:eu-west-1:\(account):loadbalancer/app/shop/50dc6c495c0c9188"
        let instance = hostile ? hostileNames[1] : "arn:aws:ec2:eu-west-1:\(account):instance/i-0a1b2c3d4e5f60718"
        let role = hostile ? hostileNames[4] : "arn:aws:iam::\(account):role/shop-web"
        let bucket = hostile ? hostileNames[3] : "arn:aws:s3:::acme-customer-exports"
        let admin = "admin:\(account)"
        let function = "arn:aws:lambda:eu-west-1:\(account):function:webhook-intake"
        let ci = "arn:aws:iam::\(account):user/ci-deploy"
        func step(
            _ from: String, _ to: String, _ technique: String, _ why: String, _ confidence: Confidence = .proven,
            _ conditions: [String] = []
        )
            -> PathStep
        {
            PathStep(
                from: from, to: to, technique: technique, why: why,
                evidence: [
                    Citation(
                        record: "\(account)/iam.get-account-authorization-details", pointer: "/RoleDetailList/3",
                        time: "2026-11-23T17:02:11Z",
                        policy: name("ShopWebPolicy", 2), statement: 0)
                ], conditions: conditions, confidence: confidence)
        }
        let first = AttackPath(
            id: "path-00000000000000a1", severity: .critical, score: 82.4, source: "internet", target: bucket,
            title: name("Internet reads acme-customer-exports through the shop's load balancer", 0),
            narrative: name(
                "Anyone on the internet reaches the load balancer shop on port 443. It sends requests to an instance whose role may read the bucket of customer exports.",
                1),
            confidence: .proven,
            steps: [
                step("internet", lb, "network-reach", "Its security group sg-0a1 allows 0.0.0.0/0 on port 443."),
                step(lb, instance, "load-balancer-target", "The listener on 443 forwards to target group shop-web."),
                step(instance, role, "instance-credentials", "The instance profile hands out credentials of shop-web; IMDSv1 is on."),
                step(role, bucket, "read-data", "Policy ShopWebPolicy allows s3:GetObject on every object."),
            ], fixes: ["fix-00000000000000f1", "fix-00000000000000f2"])
        let second = AttackPath(
            id: "path-00000000000000a2", severity: .high, score: 61, source: "internet", target: admin,
            title: name("Internet becomes administrator through the function webhook-intake", 4),
            narrative: "The function has a URL without authentication and runs with administrator rights.", confidence: .conditional,
            steps: [
                step(
                    "internet", function, "function-url", "The function URL has AuthType NONE.", .conditional,
                    [name("the function runs code that a caller can steer", 8)]),
                step(function, admin, "admin", "Its role allows every action on every resource."),
            ], fixes: ["fix-00000000000000f2"])
        let third = AttackPath(
            id: "path-00000000000000a3", severity: .medium, score: 24.5, source: ci, target: admin,
            title: "ci-deploy passes an administrator role to a new function", narrative: "ci-deploy may pass roles and create functions.",
            confidence: .unknown,
            steps: [step(ci, admin, "passrole-lambda", "It may call iam:PassRole and lambda:CreateFunction.", .unknown)],
            fixes: [])
        let fixes = [
            Fix(
                id: "fix-00000000000000f1", kind: "remove-action", resource: role,
                title: name("Let shop-web read only the prefix public/", 5),
                cost: 2,
                before: "{\n  \"Effect\": \"Allow\",\n  \"Action\": \"s3:GetObject\",\n  \"Resource\": \"*\"\n}",
                after:
                    "{\n  \"Effect\": \"Allow\",\n  \"Action\": \"s3:GetObject\",\n  \"Resource\": \"arn:aws:s3:::acme-customer-exports/public/*\"\n}",
                closes: ["path-00000000000000a1"], exposureRemoved: 82.4),
            Fix(
                id: "fix-00000000000000f2", kind: "make-private", resource: function, title: "Require IAM authentication on webhook-intake",
                cost: 1,
                before: "AuthType: NONE", after: "AuthType: AWS_IAM", closes: ["path-00000000000000a2"], exposureRemoved: 61),
        ]
        let plan = Plan(
            objective: "Remove as much exposure as the fewest, cheapest changes can.", optimal: false, cost: 3, fixes: fixes,
            alternatives: [],
            perPath: [Plan.PathFixes(path: first.id, fixes: first.fixes), Plan.PathFixes(path: second.id, fixes: second.fixes)],
            curve: [
                .init(fixes: 0, exposureRemoved: 0), .init(fixes: 1, exposureRemoved: 82.4), .init(fixes: 2, exposureRemoved: 143.4),
            ], open: [third.id])
        let findings = [
            Finding(
                id: "finding-1", control: "s3-public-access-block", title: name("Buckets block public access", 2), severity: .high,
                verdict: .fail,
                resource: bucket, resourceKind: "bucket", account: account, region: nil, why: name("No public access block is set.", 3),
                remediation: "Turn on all four settings.",
                evidence: [Citation(record: "\(account)/s3.get-public-access-block.acme", time: "2026-11-23T17:02:11Z")]),
            Finding(
                id: "finding-2", control: "ec2-imdsv2", title: "Instances require IMDSv2", severity: .medium, verdict: .fail,
                resource: instance,
                resourceKind: "instance", account: account, region: "eu-west-1", why: "HttpTokens is optional.",
                remediation: "Set HttpTokens to required.", evidence: []),
            Finding(
                id: "finding-3", control: "kms-rotation", title: "Keys rotate", severity: .low, verdict: .unknown,
                resource: "arn:aws:kms:eu-west-1:\(account):key/11111111-2222-3333-4444-555555555555", resourceKind: "key",
                account: account,
                region: "eu-west-1", why: "The rotation status could not be read: AccessDenied.", remediation: "Turn on rotation.",
                evidence: []),
        ]
        let summary = AnalysisSummary(
            snapshot: "sha256:" + String(repeating: "5e", count: 32), accounts: [account], collectedFrom: "2026-11-23T17:01:58Z",
            collectedTo: "2026-11-23T17:02:31Z", counts: ["roles": 24, "instances": 6, "buckets": 11],
            paths: ["critical": 1, "high": 1, "medium": 1], findings: ["high": 1, "medium": 1], materialExposure: 167.9,
            exposureByEntry: ["internet": 143.4, "principal": 24.5],
            jewels: [
                .init(
                    id: bucket, kind: "bucket", value: 90, why: name("Tag data-class says customer data", 6), exposure: 82.4,
                    reachedFromInternet: true, reachedFrom: 2),
                .init(
                    id: admin, kind: "admin", value: 100, why: "Every right in the account", exposure: 85.5, reachedFromInternet: true,
                    reachedFrom: 3),
                .init(
                    id: "arn:aws:rds:eu-west-1:\(account):db:orders", kind: "database", value: 80, why: "A database", exposure: 0,
                    reachedFromInternet: false, reachedFrom: 0),
            ],
            controls: [
                ControlResult(
                    id: "s3-public-access-block", title: name("Buckets block public access", 2), severity: .high, passed: 10, failed: 1,
                    unknown: 0),
                ControlResult(id: "ec2-imdsv2", title: "Instances require IMDSv2", severity: .medium, passed: 5, failed: 1, unknown: 0),
                ControlResult(id: "kms-rotation", title: "Keys rotate", severity: .low, passed: 2, failed: 0, unknown: 1),
                ControlResult(
                    id: "iam-root-mfa", title: "The account root uses MFA", severity: .critical, passed: 1, failed: 0, unknown: 0),
                ControlResult(
                    id: "rds-public", title: "Databases are not public", severity: .high, passed: 0, failed: 0, unknown: 0,
                    why: "rds.describe-db-instances was denied."),
            ], coverage: ["collected": 143, "denied": 2, "failed": 1])
        return AnalysisResult(
            summary: summary, findings: findings, paths: [first, second, third], principals: [], plan: plan,
            coverage: CoverageReport(
                entries: [
                    CoverageEntry(
                        account: account, service: "rds", operation: "describe-db-instances", region: "eu-west-1", outcome: .denied,
                        code: name("AccessDenied", 9)),
                    CoverageEntry(
                        account: account, service: "kms", operation: "get-key-rotation-status", region: "eu-west-1",
                        resource: name("1111", 7), outcome: .denied, code: "AccessDeniedException"),
                    CoverageEntry(
                        account: account, service: "ec2", operation: "describe-snapshots", region: "us-east-1", outcome: .failed,
                        code: "http.timedOut"),
                ], gaps: [.init(what: name("rds-public", 10), why: "rds.describe-db-instances was denied in eu-west-1.")]))
    }
}
