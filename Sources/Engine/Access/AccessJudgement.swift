import CloudModel
import IAMEvaluator

/// A decision before its statements are looked up.
struct AccessJudgement {
    var decision: AccessAnswer.Decision
    var isExplicit: Bool?
    var known: AccessAnswer.Decision?
    var conditions: ConditionExpression?
    var blockedBy: [String] = []
    var why: [String] = []
    var statements: [StatementReference] = []
    init(_ decision: AccessAnswer.Decision) { self.decision = decision }

    /// What is certain of an unknown answer, when all that is not known is left out.
    func unknown(_ why: String) -> AccessJudgement {
        var judgement = self
        judgement.known = decision == .unknown ? known : decision
        judgement.decision = .unknown
        judgement.isExplicit = nil
        judgement.conditions = nil
        judgement.blockedBy = []
        judgement.why.append(why)
        return judgement
    }
}

extension AccessQuery {
    /// The decision on one who asks.
    func judge(_ asker: Asker, _ question: Question) -> AccessJudgement {
        let request = request(asker, question)
        var layers = asker.layers
        // "Root principals can only be blocked from performing these API actions by VPC endpoint policies and AWS Organizations policies"
        // (PutBucketPolicy, Amazon S3 API Reference).
        let isOwner = asker.isRoot && question.bucket != nil && asker.account == question.side.account
        let keepsOut = !(isOwner && Self.rescuing.contains(question.action.lowercased()))
        layers.resource = keepsOut ? question.policies : nil
        // "Resource control policies … do not apply to AWS managed keys" (KMS Developer Guide).
        let isGuarded = question.side.key?.manager != "AWS"
        layers.resourceControl = (isGuarded ? question.side.account ?? asker.account : nil).flatMap {
            permissions.organisation.resourceControl(of: $0, action: question.action)
        }
        guard let bucket = question.bucket else { return judgement(request, layers, asker, question) }
        return judge(bucket, request, layers, asker, question)
    }

    private static let rescuing: Set<String> = ["s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"]

    /// What policies say.
    private func judgement(_ request: PreparedRequest, _ layers: PolicyLayers, _ asker: Asker, _ question: Question) -> AccessJudgement {
        let decision = Evaluator.evaluate(request, layers)
        var judgement: AccessJudgement
        switch decision.outcome {
        case .allowed: judgement = AccessJudgement(.allowed)
        case .explicitlyDenied, .implicitlyDenied:
            judgement = AccessJudgement(.denied)
            judgement.isExplicit = decision.outcome == .explicitlyDenied
        case .conditional(let expression):
            judgement = AccessJudgement(.conditional)
            judgement.conditions = expression
        case .unknown(let reasons):
            judgement = AccessJudgement(.unknown)
            judgement.why = reasons.map { directory.reasons[$0] ?? $0 }
            judgement.known = known(request, layers, asker, question)
        }
        judgement.blockedBy = decision.blockedBy.map(\.rawValue)
        judgement.statements = decision.statements
        return judgement
    }

    /// The decision with all that is not known left out; of one whose account was not collected, as if that lets it do what it will.
    private func known(_ request: PreparedRequest, _ layers: PolicyLayers, _ asker: Asker, _ question: Question) -> AccessAnswer.Decision? {
        var rest = layers
        let all = permissions.library.entries[permissions.library.allowAll].compiled
        rest.identity = layers.identity.filter { !$0.isUnknown }
        if asker.subject == nil, rest.identity.count < layers.identity.count { rest.identity.append(all) }
        rest.boundaries = layers.boundaries.flatMap { $0.contains(where: \.isUnknown) ? nil : $0 }
        rest.serviceControl = layers.serviceControl?.map { $0.contains(where: \.isUnknown) ? [all] : $0 }
        rest.resourceControl = layers.resourceControl?.map { $0.contains(where: \.isUnknown) ? [all] : $0 }
        if let policies = layers.resource, policies.contains(where: \.isUnknown) {
            // Without that policy nobody would get in, which says nothing.
            if question.side.mustAdmit { return nil }
            rest.resource = policies.filter { !$0.isUnknown }
        }
        switch Evaluator.evaluate(request, rest).outcome {
        case .allowed: return .allowed
        case .conditional: return .conditional
        case .explicitlyDenied, .implicitlyDenied: return .denied
        case .unknown: return nil
        }
    }

    // MARK: - Buckets

    /// What policies say together with the access-control list and the settings that block public access.
    private func judge(
        _ access: BucketAccess, _ request: PreparedRequest, _ layers: PolicyLayers, _ asker: Asker, _ question: Question
    ) -> AccessJudgement {
        let name = access.bucket.name
        let isOutside: Bool
        switch (asker.account, question.side.account) {
        case (nil, _): isOutside = !asker.isService
        case (_, nil): isOutside = asker.isExternal
        case (let own, let owner): isOutside = own != owner
        }
        let ignoresLists = access.ignoresPublicLists
        var judgement = judgement(request, layers, asker, question)
        if ignoresLists != true, judgement.decision != .allowed, judgement.isExplicit != true,
            let list = access.list(signed: asker.account != nil), access.gives(question.action, toEveryAccount: asker.account != nil)
        {
            var wider = layers
            wider.resource = (layers.resource ?? []) + [list]
            let open = self.judgement(request, wider, asker, question)
            if ignoresLists == false {
                judgement = open
            } else if open.decision != judgement.decision {
                judgement = open.unknown("whether public access-control lists of bucket \(name) are ignored was not collected")
            }
        }
        if isOutside, judgement.decision != .denied, let limit = restricted(access, judgement, question) { return limit }
        if isOutside, judgement.decision == .denied, judgement.isExplicit != true, judgement.blockedBy == ["resource"],
            let doubt = unseenGrant(access, asker, question)
        {
            return judgement.unknown(doubt)
        }
        return judgement
    }

    /// `RestrictPublicBuckets`: a bucket with a public policy is open only to its own account and to AWS services.
    private func restricted(_ access: BucketAccess, _ judgement: AccessJudgement, _ question: Question) -> AccessJudgement? {
        guard let document = question.documents.first else { return nil }
        let isPublic = BucketAccess.isPublic(document)
        let restricts = access.setting(\.restrictPublicBuckets)
        guard isPublic != false, restricts != false else { return nil }
        let name = access.bucket.name
        guard isPublic == true, restricts == true else {
            let missing =
                restricts == nil
                ? "whether public access to bucket \(name) is restricted was not collected"
                : "whether S3 holds the policy of bucket \(name) for public, and so restricts it, is not documented"
            return judgement.unknown(missing)
        }
        var denied = AccessJudgement(.denied)
        denied.isExplicit = false
        denied.blockedBy = ["publicAccessBlock"]
        let place = access.evidence(\.restrictPublicBuckets).map { " (\(file(of: $0.record)))" } ?? ""
        denied.why = [
            "RestrictPublicBuckets keeps everybody outside of the account out of bucket \(name), because its policy is public\(place)"
        ]
        return denied
    }

    /// Why someone outside may be let in nevertheless: by a list that was not collected or that names accounts by other means.
    private func unseenGrant(_ access: BucketAccess, _ asker: Asker, _ question: Question) -> String? {
        let name = access.bucket.name
        if let document = question.documents.first, BucketAccess.isPublic(document) == true, access.setting(\.restrictPublicBuckets) == true
        {
            return nil
        }
        if asker.account != nil, asker.isExternal, let stranger = access.strangers(given: question.action).first {
            return "the access-control list of bucket \(name) lets canonical user \(stranger) in, whose account is not known"
        }
        guard access.ignoresPublicLists != true else { return nil }
        if question.side.resource.utf8.contains(UInt8(ascii: "/")), BucketAccess.isGivenByObjects(question.action) {
            return
                "access-control lists of single objects of bucket \(name) were not collected, and nothing is known to make S3 ignore public ones"
        }
        if access.bucket.grants == nil, BucketAccess.isGivenByList(question.action) {
            return "the access-control list of bucket \(name) was not collected, and nothing is known to make S3 ignore it"
        }
        return nil
    }
}
