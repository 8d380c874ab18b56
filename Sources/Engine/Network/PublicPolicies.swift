import CloudModel
import IAMEvaluator

/// What resource policies and access-control lists give to everybody.
extension NetworkReachability {
    func policyExposures() -> [Exposure] {
        var exposures: [Exposure] = []
        for function in snapshot.functions { exposures += functionExposures(function) }
        for bucket in snapshot.buckets { exposures += bucketExposures(bucket) }
        for key in snapshot.keys {
            guard let policy = key.policy else { continue }
            exposures += policyExposure(
                policy, target: key.arn, targetKind: "key", account: key.account, name: key.id,
                actions: ["kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy"].map { ($0, key.arn) })
        }
        for secret in snapshot.secrets {
            guard let policy = secret.policy else { continue }
            exposures += policyExposure(
                policy, target: secret.arn, targetKind: "secret", account: secret.account, name: secret.name,
                actions: ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:PutResourcePolicy"].map {
                    ($0, secret.arn)
                })
        }
        for item in snapshot.guarded {
            guard let policy = item.policy else { continue }
            exposures += policyExposure(
                policy, target: item.arn, targetKind: item.kind.rawValue, account: item.account, name: item.name,
                actions: Self.actions(item.kind).map { ($0, item.arn) })
        }
        for domain in snapshot.searchDomains { exposures += searchExposures(domain) }
        return exposures
    }

    /// What matters of what can be done to it.
    static func actions(_ kind: GuardedResource.Kind) -> [String] {
        switch kind {
        case .queue: ["sqs:ReceiveMessage", "sqs:SendMessage", "sqs:DeleteMessage", "sqs:SetQueueAttributes"]
        case .topic: ["sns:Publish", "sns:Subscribe", "sns:SetTopicAttributes"]
        case .repository: ["ecr:BatchGetImage", "ecr:PutImage", "ecr:SetRepositoryPolicy"]
        }
    }

    /// A domain in a VPC is reached from there only, whatever its policy says.
    private func searchExposures(_ domain: SearchDomain) -> [Exposure] {
        guard domain.vpc == nil, domain.subnets.isEmpty, let policy = domain.policy else { return [] }
        var found = policyExposure(
            policy, target: domain.arn, targetKind: "searchDomain", account: domain.account, name: domain.name,
            actions: ["es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut", "es:ESHttpDelete"].map { ($0, domain.arn + "/index") })
        guard domain.needsLogin == true else { return found }
        for place in found.indices {
            found[place].conditions.append("the caller has a login of the domain")
            found[place].confidence = Self.confidence(found[place].missing, found[place].conditions)
        }
        return found
    }

    /// A stranger on the internet: no identity of the accounts, no VPC endpoint, not on behalf of a service.
    static func stranger(_ values: [String: [String]] = [:]) -> RequestContext {
        var all: [String: [String]] = ["aws:securetransport": ["true"], "kms:calleraccount": ["000000000000"]]
        all.merge(values) { _, new in new }
        return RequestContext(
            values: all,
            absent: .unknown(knownAbsent: [
                "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:principalisawsservice",
                "aws:principalservicename", "aws:userid", "aws:username", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip",
                "aws:sourcearn",
                "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast",
                "aws:viaawsservice", "kms:viaservice",
            ]), derivesKeys: false)
    }

    struct Answer {
        var actions: [String] = []
        var conditions: [String] = []
        var unknown: [String] = []
        var statements: [Int] = []
        /// Statements of resource control policies that bear on it.
        var limits: [Citation] = []
    }

    /// What a policy lets somebody do, put together by what it asks for.
    ///
    /// - Parameters:
    ///   - actions: actions and the resources that they are on.
    ///   - principal: who asks.
    ///   - identity: an origin access identity of CloudFront that asks instead.
    func ask(
        _ policy: PolicySource, _ actions: [(String, String)], _ account: String, _ context: RequestContext,
        as principal: RequestPrincipal = .anonymous, asIdentity identity: String? = nil
    ) -> [Answer] {
        var compiled = CompiledPolicy(unknown: PolicyTag(0, name: policy.name))
        if let document = policy.document, var parsed = try? PolicyDocument(parsing: document, form: .withPrincipal) {
            if let identity { parsed = Self.replacing(identity, in: parsed) }
            compiled = CompiledPolicy(parsed, tag: PolicyTag(0, name: policy.name))
        }
        var answers: [Answer] = []
        let known = self.context(context, account)
        for (action, resource) in actions {
            let decision = Evaluator.evaluate(
                AccessRequest(principal: principal, action: action, resource: resource, resourceAccount: account, context: known),
                PolicyLayers(
                    identity: principal.account == nil ? [] : [Self.everything], resource: [compiled],
                    resourceControl: organisation.resourceControl(of: account, action: action)))
            var answer = Answer(actions: [action])
            answer.statements = decision.statements.filter { $0.policyType == .resource }.map(\.statement)
            answer.limits = decision.statements.compactMap { organisation.limit($0) }.map { index.cite($0.source, statement: $0.statement) }
            switch decision.outcome {
            case .allowed: break
            case .conditional(let expression): answer.conditions = [expression.text]
            case .unknown(let reasons): answer.unknown = reasons
            case .explicitlyDenied, .implicitlyDenied: continue
            }
            if let place = answers.firstIndex(where: { $0.conditions == answer.conditions && $0.unknown == answer.unknown }) {
                answers[place].actions += answer.actions
                answers[place].statements = Array(Set(answers[place].statements + answer.statements)).sorted()
                for limit in answer.limits where !answers[place].limits.contains(limit) { answers[place].limits.append(limit) }
            } else {
                answers.append(answer)
            }
        }
        return answers
    }

    /// The permissions of somebody of whom nothing is known but the name.
    private static let everything = CompiledPolicy(
        PolicyDocument(statements: [PolicyStatement(effect: .allow, actions: PatternSet(["*"]), resources: PatternSet(["*"]))]),
        tag: PolicyTag(1))

    /// The document with an origin access identity, however it is named, in the place of everyone.
    private static func replacing(_ identity: String, in document: PolicyDocument) -> PolicyDocument {
        let id = identity.split(separator: "/").last.map(String.init) ?? identity
        var document = document
        for place in document.statements.indices {
            guard let element = document.statements[place].principal, !element.negated else { continue }
            document.statements[place].principal = PrincipalElement(
                element.entries.map { entry in
                    switch entry {
                    case .aws(let name): name.hasSuffix(" " + id) || name == id ? .everyone : entry
                    // The canonical user of an identity is not in its listing: whose it is cannot be told, and for what else would it be.
                    case .canonicalUser: .everyone
                    default: entry
                    }
                })
        }
        return document
    }

    /// The statements that decided as facts to cite; where none did, the policy.
    func citations(_ policy: PolicySource, _ answer: Answer) -> [Citation] {
        let facts = index.cite(policy.evidence)
        let own =
            answer.statements.isEmpty
            ? [facts]
            : answer.statements.map {
                Citation(record: facts.record, pointer: facts.pointer, time: facts.time, policy: policy.name, statement: $0)
            }
        return own + answer.limits
    }

    /// The context with what is known of the resource's organisation.
    private func context(_ context: RequestContext, _ account: String) -> RequestContext {
        var context = context
        context.values.merge(organisation.resourceKeys(of: account)) { own, _ in own }
        return context
    }

    /// Whether the resource's organisation keeps everybody from an action, whatever its own policies and lists say.
    private func isKeptFromEverybody(_ action: String, _ resource: String, _ account: String) -> Bool {
        guard let levels = organisation.resourceControl(of: account, action: action) else { return false }
        let open = PolicyDocument(statements: [
            PolicyStatement(effect: .allow, principal: PrincipalElement([.everyone]), actions: PatternSet(["*"]), resources: nil)
        ])
        let decision = Evaluator.evaluate(
            AccessRequest(
                principal: .anonymous, action: action, resource: resource, resourceAccount: account,
                context: context(Self.stranger(), account)),
            PolicyLayers(resource: [CompiledPolicy(open, tag: PolicyTag(0))], resourceControl: levels))
        return !decision.mayBeAllowed
    }

    private func policyExposure(
        _ policy: PolicySource, target: String, targetKind: String, account: String, name: String, actions: [(String, String)],
        kind: Exposure.Kind = .resourcePolicy, context: [String: [String]] = [:], missing: [String] = [], extra: [Citation] = [],
        why: String? = nil
    ) -> [Exposure] {
        ask(policy, actions, account, Self.stranger(context)).map { answer in
            let missing = missing + answer.unknown
            return Exposure(
                target: target, kind: kind, targetKind: targetKind, actions: answer.actions,
                protocolName: kind == .functionURL ? "https" : nil,
                why: why
                    ?? "the policy of \(name) \(missing.isEmpty ? "lets" : "may let") everybody do \(answer.actions.joined(separator: ", "))",
                evidence: citations(policy, answer) + extra, conditions: answer.conditions,
                confidence: Self.confidence(missing, answer.conditions), missing: missing)
        }
    }

    // MARK: Functions

    private func functionExposures(_ function: Function) -> [Exposure] {
        var exposures: [Exposure] = []
        for url in function.urls ?? [] {
            // With a signature every AWS account gets in where the policy says so.
            let isOpen = url.authType == "NONE"
            let why =
                isOpen
                ? "\(function.name) answers at \(url.url) without asking for a signature"
                : "\(function.name) answers at \(url.url) to every AWS account"
            let place = function.facts["urls"].map { [index.cite($0)] } ?? [index.cite(function.evidence)]
            let (policy, isKnown) = policy(of: function, url.qualifier)
            if isKnown {
                guard let policy else { continue }
                exposures += policyExposure(
                    policy, target: function.arn, targetKind: "function", account: function.account, name: function.name,
                    actions: [("lambda:InvokeFunctionUrl", function.arn + (url.qualifier.map { ":\($0)" } ?? ""))], kind: .functionURL,
                    context: ["lambda:functionurlauthtype": [url.authType], "lambda:invokedviafunctionurl": ["true"]], extra: place,
                    why: why)
            } else if isOpen {
                exposures.append(
                    Exposure(
                        target: function.arn, kind: .functionURL, targetKind: "function", actions: ["lambda:InvokeFunctionUrl"],
                        protocolName: "https", why: why + ", unless its resource policy keeps everybody out", evidence: place,
                        confidence: .unknown, missing: ["lambda.get-policy\(url.qualifier.map { " of \($0)" } ?? "")"]))
            }
        }
        if let policy = function.policy {
            // A call that does not come through the URL has no URL's authentication type.
            exposures += policyExposure(
                policy, target: function.arn, targetKind: "function", account: function.account, name: function.name,
                actions: ["lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:AddPermission"].map { ($0, function.arn) },
                context: ["lambda:invokedviafunctionurl": ["false"], "lambda:functionurlauthtype": ["(none)"]])
        }
        return exposures
    }

    // MARK: Buckets

    private static let everybody = "http://acs.amazonaws.com/groups/global/AllUsers"
    private static let everyAccount = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"

    private func bucketExposures(_ bucket: Bucket) -> [Exposure] {
        let account = snapshot.accounts.first { $0.id == bucket.account }
        /// `true` when it is on anywhere, `nil` when it is not known to be on and one of the two is not known.
        func setting(_ read: (PublicAccessBlock) -> Bool) -> Bool? {
            if account?.publicAccessBlock.map(read) == true || bucket.publicAccessBlock.map(read) == true { return true }
            return account?.publicAccessBlockKnown == true && bucket.publicAccessBlockKnown ? false : nil
        }
        var missing: [String] = []
        if account?.publicAccessBlockKnown != true { missing.append("s3control.get-public-access-block") }
        if !bucket.publicAccessBlockKnown { missing.append("s3.get-public-access-block") }
        let blocks = [bucket.facts["publicAccessBlock"], account?.facts["publicAccessBlock"]].compactMap { $0 }.map(index.cite)
        var exposures: [Exposure] = []
        if let policy = bucket.policy, setting(\.restrictPublicBuckets) != true {
            let objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl"].map {
                ($0, object(in: bucket, policy, $0))
            }
            let whole = ["s3:ListBucket", "s3:PutBucketPolicy", "s3:PutBucketAcl"].map { ($0, bucket.arn) }
            exposures += policyExposure(
                policy, target: bucket.arn, targetKind: "bucket", account: bucket.account, name: bucket.name, actions: objects + whole,
                missing: setting(\.restrictPublicBuckets) == nil ? missing : [], extra: blocks)
        }
        // Where the owner of the bucket owns every object, lists mean nothing.
        guard setting(\.ignorePublicACLs) != true, bucket.ownership != "BucketOwnerEnforced" else { return exposures }
        for grantee in [Self.everybody, Self.everyAccount] {
            let permissions = (bucket.grants ?? []).filter { $0.grantee == grantee }.map(\.permission).sortedUnique
            guard !permissions.isEmpty else { continue }
            let open = setting(\.ignorePublicACLs) == nil ? missing : []
            let actions = Self.actions(permissions).filter { action in
                let isObject = action == "s3:PutObject"
                return !isKeptFromEverybody(action, bucket.arn + (isObject ? "/object" : ""), bucket.account)
            }
            guard !actions.isEmpty else { continue }
            exposures.append(
                Exposure(
                    target: bucket.arn, kind: .accessControlList, targetKind: "bucket", actions: actions,
                    why:
                        "the access-control list of \(bucket.name) \(open.isEmpty ? "gives" : "may give") \(permissions.joined(separator: ", ")) to "
                        + (grantee == Self.everybody ? "everybody" : "everybody who has an AWS account"),
                    evidence: (bucket.facts["acl"].map { [index.cite($0)] } ?? []) + blocks, confidence: open.isEmpty ? .proven : .unknown,
                    missing: open))
        }
        return exposures
    }

    /// S3 User Guide, "Mapping of ACL permissions and access policy permissions", for a bucket's list.
    private static func actions(_ permissions: [String]) -> [String] {
        permissions.flatMap { permission -> [String] in
            switch permission {
            case "READ": ["s3:ListBucket"]
            case "WRITE": ["s3:PutObject"]
            case "READ_ACP": ["s3:GetBucketAcl"]
            case "WRITE_ACP": ["s3:PutBucketAcl"]
            case "FULL_CONTROL": ["s3:GetBucketAcl", "s3:ListBucket", "s3:PutBucketAcl", "s3:PutObject"]
            default: []
            }
        }.sortedUnique
    }
}
