import CloudModel
import IAMEvaluator

/// The resource's side of a question: who owns it, what its own policy says, what is known of it.
struct ResourceSide {
    /// What bears on a question besides the principal's own policies.
    enum OwnPolicy {
        /// There is none, or the kind of resource has none.
        case none
        /// It was read.
        case read(PolicySource)
        /// It is not known. Why, in a sentence.
        case unread(String)
    }
    /// What is put to the evaluator: the resource as asked, or what a name stands for.
    var resource: String
    /// Twelve digits; `nil` where that cannot be told.
    var account: String?
    /// Its region, where it has one.
    var region: String?
    var policy = OwnPolicy.none
    /// Whether it is in the collected accounts; `nil` where that cannot be told.
    var exists: Bool?
    /// Keys, lower case, that every request about it has.
    var context: [String: [String]] = [:]
    /// What keys, lower case, begin with of which it has no others than those in ``context``: its tags, where they are known.
    var closed: [String] = []
    /// The bucket, for buckets and objects.
    var bucket: Bucket?
    /// The key, for keys.
    var key: EncryptionKey?
    /// Whether it is a key or a role, whose own policy must let the principal or its account in.
    var mustAdmit = false
    var notes: [String] = []

    init(_ resource: String) { self.resource = resource }
}

/// Finds resources of a snapshot by ARN.
final class ResourceDirectory {
    private let snapshot: CloudSnapshot
    private let accounts: Set<String>
    private var buckets: [String: Int] = [:]
    private var functions: [String: Int] = [:]
    private var keys: [String: Int] = [:]
    private var secrets: [String: Int] = [:]
    /// Secrets by ARN without the six letters that Secrets Manager adds to the name.
    private var secretStems: [String: [Int]] = [:]
    private var principals: [String: Int] = [:]
    /// Queues, topics and repositories.
    private var guarded: [String: Int] = [:]
    private var searchDomains: [String: Int] = [:]
    /// ARNs of what else was collected.
    private var others: Set<String> = []
    /// Their tags, where those were collected.
    private var otherTags: [String: [String: String]] = [:]
    /// Calls that gave a whole answer, as their records are named.
    private var answered: Set<String> = []
    /// Calls that gave none, as their records would be named, with how they ended.
    private var failed: [String: CoverageEntry] = [:]

    init(_ snapshot: CloudSnapshot, accounts: Set<String>) {
        self.snapshot = snapshot
        self.accounts = accounts
        for (index, bucket) in snapshot.buckets.enumerated() { buckets[bucket.name] = index }
        for (index, function) in snapshot.functions.enumerated() { functions[function.arn] = index }
        for (index, key) in snapshot.keys.enumerated() { keys[key.arn] = index }
        for (index, secret) in snapshot.secrets.enumerated() {
            secrets[secret.arn] = index
            let bytes = Array(secret.arn.utf8)
            if bytes.count > 7, bytes[bytes.count - 7] == UInt8(ascii: "-") {
                secretStems[String(secret.arn.dropLast(7)), default: []].append(index)
            }
        }
        for (index, principal) in snapshot.principals.enumerated() { principals[principal.arn] = index }
        for (index, item) in snapshot.guarded.enumerated() { guarded[item.arn] = index }
        for (index, item) in snapshot.searchDomains.enumerated() { searchDomains[item.arn] = index }
        others.formUnion(snapshot.policies.map(\.arn))
        others.formUnion(snapshot.securityGroups.map(\.arn))
        others.formUnion(snapshot.loadBalancers.map(\.arn))
        for item in snapshot.instances { otherTags[item.arn] = item.tags }
        for item in snapshot.databases { otherTags[item.arn] = item.tags }
        for item in snapshot.dataSnapshots { otherTags[item.arn] = item.tags }
        others.formUnion(otherTags.keys)
        for record in snapshot.records { answered.insert(record.id) }
        for entry in snapshot.coverage where entry.outcome != .unknownOperation {
            let name = CollectedRecord(
                account: entry.account, service: entry.service, operation: entry.operation, region: entry.region, resource: entry.resource,
                time: nil, payload: .null
            ).id
            switch entry.outcome {
            // A region that is not enabled has nothing.
            case .collected, .unavailable: answered.insert(name)
            default: failed[name] = entry
            }
        }
    }

    /// What is known of a resource that an action is asked about.
    func side(of resource: String, action: String) -> ResourceSide {
        var side = ResourceSide(resource)
        guard let arn = ARNParts(resource) else { return side }
        if arn.account.utf8.count == 12 { side.account = String(arn.account) }
        if !arn.region.isEmpty, !isPattern(arn.region) { side.region = String(arn.region) }
        switch (arn.service, String(arn.resource.prefix { $0 != ":" && $0 != "/" })) {
        case ("s3", _) where arn.account.isEmpty: bucket(arn, &side)
        case ("lambda", "function"): function(arn, &side)
        case ("kms", "key"): key(arn, &side)
        case ("kms", "alias"):
            // Only what is done to the alias itself is asked of its own ARN.
            if !["kms:createalias", "kms:deletealias", "kms:updatealias"].contains(action.lowercased()) {
                side.policy = .unread("which key the alias stands for was not collected")
            }
        case ("secretsmanager", "secret"): secret(arn, &side)
        case ("iam", "role"), ("iam", "user"): principal(arn, action, &side)
        case ("sqs", _): guardedResource(arn, "queue", ("sqs", "list-queues"), ("sqs", "get-queue-attributes"), &side)
        case ("sns", _) where !arn.resource.contains(":"):
            guardedResource(arn, "topic", ("sns", "list-topics"), ("sns", "get-topic-attributes"), &side)
        case ("ecr", "repository"):
            guardedResource(arn, "repository", ("ecr", "describe-repositories"), ("ecr", "get-repository-policy"), &side)
        case ("es", "domain"): searchDomain(arn, &side)
        case ("execute-api", _):
            side.policy = .unread("how an API of API Gateway finds out who calls, and so whether its policy counts, is not worked out here")
        default: other(arn, &side)
        }
        if !isCollected(side.account), side.bucket == nil, case .none = side.policy, let kind = ResourcePolicyTypes.kind(of: arn),
            let account = side.account
        {
            side.exists = nil
            side.policy = .unread("the \(kind) is of account \(account), which was not collected")
        }
        return side
    }

    private func isCollected(_ account: String?) -> Bool { account.map(accounts.contains) ?? true }

    private func isPattern(_ text: some StringProtocol) -> Bool {
        text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    // MARK: - Kinds

    private func bucket(_ arn: ARNParts, _ side: inout ResourceSide) {
        let name = String(arn.resource.prefix { $0 != "/" })
        guard !isPattern(name) else {
            side.notes.append("a pattern of buckets: what policies of single buckets say is left out")
            return
        }
        guard let index = buckets[name] else {
            side.exists = exists("s3", "list-buckets", nil, anyAccount: true)
            if side.exists == nil { side.policy = .unread("bucket \(name) was not collected") }
            return
        }
        let bucket = snapshot.buckets[index]
        side.bucket = bucket
        side.exists = true
        side.account = bucket.account.utf8.count == 12 ? bucket.account : nil
        side.region = bucket.region
        if let account = side.account { side.context["s3:resourceaccount"] = [account] }
        // Tags count only where the bucket has attribute-based access control switched on, and that is not collected: those that it has may
        // be absent, those that it lacks are.
        if let tags = bucket.tags, tags.isEmpty { side.closed = ["aws:resourcetag/", "s3:buckettag/"] }
        side.policy = policy(
            bucket.policy, isKnown: bucket.policyKnown, of: "bucket \(name)", "s3", "get-bucket-policy", bucket.account, nil, [name])
    }

    private func function(_ arn: ARNParts, _ side: inout ResourceSide) {
        let parts = arn.resource.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return }
        let plain = "arn:\(arn.partition):lambda:\(arn.region):\(arn.account):function:\(parts[1])"
        guard let index = functions[plain] else {
            missing(arn, "function", ("lambda", "list-functions"), &side)
            return
        }
        let function = snapshot.functions[index]
        side.exists = parts.count == 2 ? true : nil
        if !function.tags.isEmpty { tags(function.tags, ["aws:resourcetag/"], &side) }
        guard parts.count == 2 else {
            // A permission is valid only for the ARN, qualified or not, that it was added to (AddPermission, Lambda API Reference).
            side.policy = .unread(
                "the policy of version or alias \(parts[2...].joined(separator: ":")) of function \(function.name) was not collected")
            return
        }
        side.policy = policy(
            function.policy, isKnown: function.policyKnown, of: "function \(function.name)", "lambda", "get-policy", function.account,
            function.region, [function.name, function.arn])
    }

    private func key(_ arn: ARNParts, _ side: inout ResourceSide) {
        side.mustAdmit = true
        guard let index = keys[side.resource] else {
            missing(arn, "key", ("kms", "list-keys"), &side)
            return
        }
        let key = snapshot.keys[index]
        side.key = key
        side.exists = true
        side.policy = policy(
            key.policy, isKnown: key.policy != nil, of: "key \(key.id)", "kms", "get-key-policy", key.account, key.region,
            [key.id, key.arn])
    }

    private func secret(_ arn: ARNParts, _ side: inout ResourceSide) {
        let stems = secretStems[side.resource] ?? []
        guard let index = secrets[side.resource] ?? (stems.count == 1 ? stems.first : nil) else {
            missing(arn, "secret", ("secretsmanager", "list-secrets"), &side)
            return
        }
        let secret = snapshot.secrets[index]
        // A request may leave out the six letters; policies are held against the whole ARN.
        side.resource = secret.arn
        side.exists = true
        side.context["secretsmanager:secretid"] = [secret.arn]
        tags(secret.tags, ["aws:resourcetag/", "secretsmanager:resourcetag/"], &side)
        side.policy = policy(
            secret.policy, isKnown: secret.policyKnown, of: "secret \(secret.name)", "secretsmanager", "get-resource-policy",
            secret.account,
            secret.region, [secret.arn, secret.name])
    }

    private func principal(_ arn: ARNParts, _ action: String, _ side: inout ResourceSide) {
        let isTrust = arn.resource.hasPrefix("role/") && action.lowercased().hasPrefix("sts:")
        side.mustAdmit = isTrust
        guard let index = principals[side.resource] else {
            missing(arn, isTrust ? "role" : nil, ("iam", "get-account-authorization-details"), &side, isRegional: false)
            return
        }
        let principal = snapshot.principals[index]
        side.exists = true
        tags(principal.tags, ["aws:resourcetag/", "iam:resourcetag/"], &side)
        // There the key is about the boundary that the request sets.
        let setsBoundary = ["iam:createrole", "iam:createuser", "iam:putrolepermissionsboundary", "iam:putuserpermissionsboundary"]
        if !setsBoundary.contains(action.lowercased()) {
            side.context["iam:permissionsboundary"] = principal.boundary?.arn.map { [$0] } ?? []
        }
        guard isTrust else { return }
        if let trust = principal.trust, trust.document != nil {
            side.policy = .read(trust)
        } else {
            side.policy = .unread("the trust policy of role \(principal.name) could not be read")
        }
    }

    private func guardedResource(
        _ arn: ARNParts, _ kind: String, _ listing: (service: String, operation: String), _ call: (service: String, operation: String),
        _ side: inout ResourceSide
    ) {
        guard let index = guarded[side.resource] else {
            missing(arn, kind, listing, &side)
            return
        }
        let item = snapshot.guarded[index]
        side.exists = true
        side.policy = policy(
            item.policy, isKnown: item.policyKnown, of: "\(kind) \(item.name)", call.service, call.operation, item.account, item.region,
            [item.name, item.arn])
    }

    private func searchDomain(_ arn: ARNParts, _ side: inout ResourceSide) {
        let words = arn.resource.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count >= 2 else { return }
        let whole = "arn:\(arn.partition):es:\(arn.region):\(arn.account):domain/\(words[1])"
        guard let index = searchDomains[whole] else {
            missing(arn, "domain", ("opensearch", "describe-domains"), &side)
            return
        }
        let domain = snapshot.searchDomains[index]
        side.exists = true
        side.policy = policy(
            domain.policy, isKnown: domain.policy == nil, of: "domain \(domain.name)", "opensearch", "describe-domains", domain.account,
            domain.region, [domain.name])
    }

    private func other(_ arn: ARNParts, _ side: inout ResourceSide) {
        let type = arn.resource.prefix { $0 != ":" && $0 != "/" }
        if others.contains(side.resource) || principals[side.resource] != nil {
            side.exists = true
            if let known = otherTags[side.resource] {
                tags(known, ["aws:resourcetag/"] + (arn.service == "ec2" ? ["ec2:resourcetag/"] : []), &side)
            }
        } else if let listing = Self.listings["\(arn.service) \(type)"] {
            side.exists = isPattern(arn.resource) ? nil : exists(listing.service, listing.operation, arn)
        }
        guard case .none = side.policy, let kind = ResourcePolicyTypes.kind(of: arn) else { return }
        side.policy = .unread("policies of this kind of resource (\(kind)) are not collected")
    }

    /// A resource of a kind that is collected and that is not there.
    private func missing(
        _ arn: ARNParts, _ kind: String?, _ listing: (service: String, operation: String), _ side: inout ResourceSide,
        isRegional: Bool = true
    ) {
        guard !isPattern(arn.resource) else {
            if let kind { side.policy = .unread("a pattern does not say which \(kind)'s policy counts") }
            return
        }
        side.exists =
            isCollected(side.account) ? exists(listing.service, listing.operation, isRegional ? arn : nil, account: side.account) : nil
        guard side.exists == nil, let kind else { return }
        side.policy = .unread(
            isCollected(side.account)
                ? "\(kind) \(arn.name) was not collected" : "the \(kind) is of account \(arn.account), which was not collected")
    }

    private static let listings: [String: (service: String, operation: String)] = [
        "ec2 instance": ("ec2", "describe-instances"), "ec2 security-group": ("ec2", "describe-security-groups"),
        "rds db": ("rds", "describe-db-instances"), "rds snapshot": ("rds", "describe-db-snapshots"),
        "elasticloadbalancing loadbalancer": ("elbv2", "describe-load-balancers"),
    ]

    /// `false` when the listing that would name it was answered, `nil` when not.
    private func exists(_ service: String, _ operation: String, _ arn: ARNParts?, account: String? = nil, anyAccount: Bool = false) -> Bool?
    {
        let asked = anyAccount ? snapshot.accounts.map(\.id) : [account ?? arn.map { String($0.account) } ?? ""]
        for account in asked {
            let call = CollectedRecord(
                account: account, service: service, operation: operation, region: arn.map { String($0.region) }, resource: nil, time: nil,
                payload: .null)
            // An answer that could be read only in part may have left it out.
            guard answered.contains(call.id), failed[call.id] == nil else { return nil }
        }
        return asked.isEmpty ? nil : false
    }

    private func policy(
        _ source: PolicySource?, isKnown: Bool, of name: String, _ service: String, _ operation: String, _ account: String,
        _ region: String?,
        _ resources: [String]
    ) -> ResourceSide.OwnPolicy {
        if let source, source.document != nil { return .read(source) }
        if isKnown { return .none }
        if source != nil { return .unread("the policy of \(name) could not be read") }
        for resource in resources {
            let call = CollectedRecord(
                account: account, service: service, operation: operation, region: region, resource: resource, time: nil, payload: .null)
            guard let entry = failed[call.id], entry.outcome != .notCollected else { continue }
            let code = entry.code.map { " (\($0))" } ?? ""
            return .unread("the policy of \(name) was not collected: \(service) \(operation) was answered \(entry.outcome.rawValue)\(code)")
        }
        return .unread("the policy of \(name) was not collected (\(service) \(operation))")
    }

    private func tags(_ tags: [String: String], _ prefixes: [String], _ side: inout ResourceSide) {
        for (key, value) in tags { for prefix in prefixes { side.context[prefix + key.lowercased()] = [value] } }
        side.closed = prefixes
    }
}
