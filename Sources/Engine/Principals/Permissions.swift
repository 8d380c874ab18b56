import CloudModel
import IAMEvaluator

/// Answers "may this principal do that?" for the whole snapshot, each question once for all principals with the same policies.
final class Permissions {
    private(set) var snapshot: CloudSnapshot
    let library: PolicyLibrary
    /// What the accounts' organisations say.
    private(set) var organisation: OrganisationPolicies
    private var list: [Subject?] = []
    /// Places of the principals that are others than when the list was made, and those of them that were asked for since.
    private var stale: Set<Int> = []
    private var renewed: [Int: Subject?] = [:]
    /// Place in the snapshot's principals by ARN.
    let principalIndex: [String: Int]
    let times: [String: String]
    /// What principals with the same policies were answered.
    let answers: SharedAnswers
    private var trusts: [Int: ResourcePolicy?] = [:]
    /// Keys, lower case, that no request has.
    private(set) var absentKeys: Set<String> = []
    private var absence = KnownAbsentKeys([])

    /// How many questions were asked so far, for all snapshots that share the answers: a measure of work that is the same every time.
    var asked: Int { answers.asked }

    /// Reads every policy of the snapshot. A library may be handed on between snapshots that share texts.
    init(_ snapshot: CloudSnapshot, library: PolicyLibrary = PolicyLibrary()) {
        self.snapshot = snapshot
        self.library = library
        organisation = OrganisationPolicies(snapshot, library: library)
        answers = SharedAnswers()
        principalIndex = Dictionary(snapshot.principals.enumerated().map { ($1.arn, $0) }) { first, _ in first }
        times = Dictionary(snapshot.records.compactMap { record in record.time.map { (record.id, $0) } }) { first, _ in first }
        list = snapshot.principals.indices.map { subject($0) }
        for principal in snapshot.principals { if let trust = principal.trust { _ = library.place(of: trust) } }
        absentKeys = library.conditionKeys.filter { key in
            key.hasPrefix("aws:principaltag/") || key.hasPrefix("aws:resourcetag/") || key.hasPrefix("iam:resourcetag/")
                || key.hasPrefix("ssm:resourcetag/") || key.hasPrefix("ec2:resourcetag/") || key.hasPrefix("s3:existingobjecttag/")
                || key.hasPrefix("secretsmanager:resourcetag/") || key == "aws:calledvia" || key == "aws:calledviafirst"
                || key == "aws:calledvialast" || key == "aws:principalservicename" || key == "aws:principalservicenameslist"
        }
        absentKeys.formUnion(["aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "iam:permissionsboundary"])
        absence = KnownAbsentKeys(absentKeys)
    }

    /// The permissions of a snapshot that differs from another one's only at some principals. The principals are the same in the same order.
    init(_ base: Permissions, _ snapshot: CloudSnapshot, changed: Set<Int>, organisation: OrganisationPolicies) {
        self.snapshot = snapshot
        library = base.library
        self.organisation = organisation
        answers = base.answers
        principalIndex = base.principalIndex
        times = base.times
        absentKeys = base.absentKeys
        absence = base.absence
        list = base.list
        for index in changed { list[index] = subject(index) }
    }

    /// By place in the snapshot's principals; `nil` for roots.
    var subjects: Subjects { Subjects(permissions: self) }

    struct Subjects: RandomAccessCollection {
        fileprivate let permissions: Permissions
        var startIndex: Int { 0 }
        var endIndex: Int { permissions.list.count }
        subscript(index: Int) -> Subject? { permissions.stale.contains(index) ? permissions.again(index) : permissions.list[index] }
    }

    /// A subject of a principal that is another one, made once: of many that a change of their policy concerns few are asked about.
    private func again(_ index: Int) -> Subject? {
        if let known = renewed[index] { return known }
        let made = subject(index)
        renewed[index] = .some(made)
        return made
    }

    /// What is asked from now on by sets that were not seen yet is about changes that are tried, and is not kept for long.
    func beginTrials() { answers.beginTrials() }

    /// Takes another snapshot of the same principals in place of this one, of which only some are others; their trust policies likewise.
    func take(_ other: CloudSnapshot, changed: Set<Int>, trusts roles: Set<Int>, organisation: OrganisationPolicies) {
        snapshot = other
        self.organisation = organisation
        stale = changed
        renewed = [:]
        for index in roles { trusts[index] = nil }
    }

    /// Takes the snapshot back that another one's are of, where these were changed.
    func take(backTo base: Permissions, trusts roles: Set<Int>) {
        snapshot = base.snapshot
        organisation = base.organisation
        stale = []
        renewed = [:]
        for index in roles { trusts[index] = nil }
    }

    /// The resource's policy, ready to be asked with.
    func resourcePolicy(_ source: PolicySource?) -> ResourcePolicy? {
        source.map { ResourcePolicy(place: library.place(of: $0), source: $0) }
    }

    /// A role's trust policy, ready to be asked with, by its place: finding a text again costs as much as reading it.
    func trust(of index: Int) -> ResourcePolicy? {
        if let known = trusts[index] { return known }
        let trust = resourcePolicy(snapshot.principals[index].trust)
        trusts[index] = .some(trust)
        return trust
    }

    /// Whether the subject may do `action` on `resource`; `nil` when it may not.
    ///
    /// - Parameters:
    ///   - context: keys, lower case, that the attacker's request surely has.
    ///   - change: of the subject's policies.
    func may(
        _ subject: Subject, _ action: String, on resource: String, account: String? = nil, context: [String: [String]] = [:],
        policy: ResourcePolicy? = nil, as change: Change = .none
    ) -> Proof? {
        let number = EngineActions.index[action]
        if policy == nil, change == .none {
            if let number, !subject.allows.contains(number), subject.unknownPolicies.isEmpty { return nil }
            if let number, isOutOfReach(subject, number, resource) { return nil }
        }
        return proof(answer(subject, action, on: resource, account: account, context: context, policy: policy, as: change), subject, policy)
    }

    /// The answer to a question as a proof with what it rests on; `nil` when it is no.
    func proof(_ raw: RawAnswer, _ subject: Subject?, _ policy: ResourcePolicy?) -> Proof? {
        guard let confidence = raw.confidence else { return nil }
        return Proof(
            confidence: confidence, conditions: raw.conditions, unknowns: raw.unknowns,
            citations: citations(raw.statements, subject, policy))
    }

    /// What the evaluator answers, or has answered somebody to whom it answers the same.
    func answer(
        _ subject: Subject, _ action: String, on resource: String, account: String?, context: [String: [String]], policy: ResourcePolicy?,
        as change: Change
    ) -> RawAnswer {
        let number = EngineActions.index[action]
        answers.count()
        var question = SharedAnswers.Question(
            set: subject.set, number: number, action: number == nil ? action : "", resource: resource, account: account, context: context,
            resourcePolicy: policy.map(\.place), change: change)
        if let number {
            if policy.map({ library.named(number, in: $0.place).isBlind }) ?? true, isBlind(subject, number),
                owner(resource, account) == subject.account
            {
                // All resources of the account are one to it.
                question.account = subject.account
                question.resource = ""
                question.set = set(subject, number, nil)
            } else {
                question.set = set(subject, number, resource)
            }
        }
        func asked() -> RawAnswer { ask(subject, action, resource, account, context, policy, change) }
        return isShared(policy, subject) ? answers.answer(question, asked) : asked()
    }

    /// Whether others may have the same answer. A resource's policy may name the asker, and then its answer is nobody else's.
    func isShared(_ policy: ResourcePolicy?, _ subject: Subject) -> Bool {
        policy.map { $0.grants.isEmpty && !library.entries[$0.place].singlesOut(subject.arn) } ?? true
    }

    /// Whether a resource's policy tells no resource of an action from another.
    func isBlind(_ policy: ResourcePolicy, _ action: String) -> Bool {
        EngineActions.index[action].map { library.named($0, in: policy.place).isBlind } ?? false
    }

    /// The same of an action by its name.
    func isBlind(_ subject: Subject, _ action: String) -> Bool { EngineActions.index[action].map { isBlind(subject, $0) } ?? false }

    /// Whether nothing that bears on the subject's requests for an action tells one resource of its account from another.
    private func isBlind(_ subject: Subject, _ action: Int) -> Bool {
        answers.isBlind(subject.set, action) {
            subject.layers.serviceControl == nil
                && organisation.resourceControl(of: subject.account, action: EngineActions.names[action]) == nil
                && (subject.policies.map(\.place) + (subject.boundary.map { [$0.place] } ?? [])).allSatisfy {
                    library.named(action, in: $0).isBlind
                }
        }
    }

    private func ask(
        _ subject: Subject, _ action: String, _ resource: String, _ account: String?, _ context: [String: [String]],
        _ policy: ResourcePolicy?, _ change: Change
    ) -> RawAnswer {
        // What its principal brings to each request was taken apart once.
        let question = PreparedQuestion(
            action: action, resource: resource, resourceAccount: account,
            values: known(subject, action, on: resource, account: account, adding: context), absent: absence)
        let request = PreparedRequest(principal: subject.prepared, question: question)
        return RawAnswer(Evaluator.evaluate(request, layers(subject, action, on: resource, account: account, policy: policy, as: change)))
    }

    /// Every policy that bears on a subject's request: its own, its organisation's, the resource's and those of the resource's organisation.
    ///
    /// - Parameter account: the resource's account; `nil` takes it from the ARN and, where that has none, the subject's.
    func layers(
        _ subject: Subject, _ action: String, on resource: String, account: String? = nil, policy: ResourcePolicy? = nil,
        as change: Change = .none
    ) -> PolicyLayers {
        var layers = self.layers(subject, change)
        if let policy { layers.resource = ([policy.place] + policy.grants.map(\.place)).map { library.entries[$0].compiled } }
        layers.resourceControl = organisation.resourceControl(of: owner(resource, account) ?? subject.account, action: action)
        return layers
    }

    /// What is known of a subject's request.
    ///
    /// - Parameter values: keys, lower case, that are known besides.
    func context(
        _ subject: Subject, _ action: String, on resource: String, account: String? = nil, adding values: [String: [String]] = [:]
    ) -> RequestContext {
        let known = subject.context.merging(known(subject, action, on: resource, account: account, adding: values)) { _, new in new }
        return RequestContext(values: known, absent: .unknown(knownAbsent: absentKeys))
    }

    /// The same without what the subject brings to each of its requests.
    private func known(
        _ subject: Subject, _ action: String, on resource: String, account: String?, adding values: [String: [String]]
    ) -> [String: [String]] {
        var known = organisation.resourceKeys(of: owner(resource, account) ?? subject.account)
        known.merge(values) { _, new in new }
        // IAM has one endpoint a partition, and its region is the one requested (IAM User Guide, aws:RequestedRegion).
        if action.hasPrefix("iam:") { known["aws:requestedregion"] = [Self.regionOfIAM(subject.partition)] }
        return known
    }

    private func owner(_ resource: String, _ account: String?) -> String? {
        if let account { return account }
        guard let parts = ARNParts(resource), parts.account.utf8.count == 12 else { return nil }
        return String(parts.account)
    }

    static func regionOfIAM(_ partition: String) -> String {
        switch partition {
        case "aws-us-gov": "us-gov-west-1"
        case "aws-cn": "cn-north-1"
        default: "us-east-1"
        }
    }
}
