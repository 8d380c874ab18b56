import CloudModel
import IAMEvaluator

/// Answers "may this principal do that?" for the whole snapshot, each question once for all principals with the same policies.
final class Permissions {
    private(set) var snapshot: CloudSnapshot
    let library: PolicyLibrary
    /// What the accounts' organisations say.
    let organisation: OrganisationPolicies
    /// By place in the snapshot's principals; `nil` for roots.
    private(set) var subjects: [Subject?] = []
    /// Place in the snapshot's principals by ARN.
    let principalIndex: [String: Int]
    private let times: [String: String]
    private let cache: Cache
    private var trusts: [Int: ResourcePolicy?] = [:]
    /// Keys, lower case, that no request has.
    private(set) var absentKeys: Set<String> = []
    private var absence = KnownAbsentKeys([])

    /// Answers by what they depend on, so they hold for every snapshot that shares the library.
    private final class Cache {
        var sets: [SetKey: Int] = [:]
        /// Sets of those policies alone that bear on a question.
        var parts: [Part: Int] = [:]
        var answers: [Question: RawAnswer] = [:]
        /// Answers of sets that only a trial of changes has, kept as long as they are few; and the first of these sets.
        var passing: [Question: RawAnswer] = [:]
        var lasting = Int.max
        var administrators: [Int: RawAnswer] = [:]
        /// Whether a set's policies tell resources of an action apart, by both.
        var blind: [Int: Bool] = [:]
        var asked = 0
    }
    /// How many questions were asked so far, for all snapshots that share the answers: a measure of work that is the same every time.
    var asked: Int { cache.asked }

    private struct SetKey: Hashable {
        var account: String
        var policies: [Int]
        var boundary: Int?
        var only: Int?
        var guardrail: Int
        var tags: [String: [String]]
    }
    /// Some of a list of policies, by their places in it as bits.
    private struct Part: Hashable {
        var list: Int
        var policies: UInt64
    }
    private struct Question: Hashable {
        var set: Int
        /// Place in ``EngineActions/names``, or its name where it has none.
        var number: Int?
        var action: String
        var resource: String
        var account: String?
        var context: [String: [String]]
        var resourcePolicy: Int?
        var layers: Int
    }
    /// An answer without who asked and where its statements stand.
    struct RawAnswer {
        var confidence: Confidence?
        var conditions: [String]
        var unknowns: [String]
        var statements: [StatementReference]
    }

    /// Reads every policy of the snapshot. A library may be handed on between snapshots that share texts.
    init(_ snapshot: CloudSnapshot, library: PolicyLibrary = PolicyLibrary()) {
        self.snapshot = snapshot
        self.library = library
        organisation = OrganisationPolicies(snapshot, library: library)
        cache = Cache()
        principalIndex = Dictionary(snapshot.principals.enumerated().map { ($1.arn, $0) }) { first, _ in first }
        times = Dictionary(snapshot.records.compactMap { record in record.time.map { (record.id, $0) } }) { first, _ in first }
        subjects = snapshot.principals.indices.map { subject($0) }
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
    init(_ base: Permissions, _ snapshot: CloudSnapshot, changed: Set<Int>) {
        self.snapshot = snapshot
        library = base.library
        organisation = base.organisation
        cache = base.cache
        principalIndex = base.principalIndex
        times = base.times
        absentKeys = base.absentKeys
        absence = base.absence
        subjects = base.subjects
        for index in changed { subjects[index] = subject(index) }
    }

    /// The most answers that are kept of sets that only trials have.
    private static let passingAnswers = 300_000

    /// What is asked from now on by sets that were not seen yet is about changes that are tried, and is not kept for long.
    func beginTrials() { if cache.lasting == .max { cache.lasting = cache.sets.count } }

    /// Takes another snapshot of the same principals in place of this one, of which only some are others; their trust policies likewise.
    func take(_ other: CloudSnapshot, changed: Set<Int>, trusts roles: Set<Int>) {
        snapshot = other
        for index in changed { subjects[index] = subject(index) }
        for index in roles { trusts[index] = nil }
    }

    /// Takes the snapshot back that another one's are of, where these were changed.
    func take(backTo base: Permissions, changed: Set<Int>, trusts roles: Set<Int>) {
        snapshot = base.snapshot
        for index in changed { subjects[index] = base.subjects[index] }
        for index in roles { trusts[index] = nil }
    }

    private func subject(_ index: Int) -> Subject? {
        let principal = snapshot.principals[index]
        guard principal.kind != .root else { return nil }
        var sources = principal.policies
        for group in principal.groups {
            if let place = principalIndex[group] { sources += snapshot.principals[place].policies }
        }
        let policies = sources.map { (place: library.place(of: $0), source: $0) }
        let boundary = principal.boundary.map { (place: library.place(of: $0), source: $0) }
        let allows = allows(policies, boundary)
        let namesAsker = (policies.map(\.place) + (boundary.map { [$0.place] } ?? [])).contains { library.entries[$0].namesAsker }
        let parts = ARNParts(principal.arn)
        let partition = parts.map { String($0.partition) } ?? "aws"
        let arn = principal.kind == .group ? "arn:\(partition):iam::\(principal.account):user/member-of-\(principal.name)" : principal.arn
        var context = ["aws:securetransport": ["true"], "aws:viaawsservice": ["false"]]
        for (key, value) in principal.tags { context["aws:principaltag/" + key.lowercased()] = [value] }
        context.merge(organisation.principalKeys(of: principal.account)) { _, new in new }
        let asker = organisation.asker(arn, principal, index)
        // AWS compares tag keys without case. A condition on a tag that the principal lacks is met by nothing.
        let key = SetKey(
            account: principal.account, policies: policies.map(\.place).sorted(), boundary: boundary?.place,
            only: namesAsker || principal.kind == .group ? index : asker.only, guardrail: asker.asker, tags: [:])
        let alone = principal.kind == .group ? index : asker.only
        let layers = PolicyLayers(
            identity: policies.map { library.entries[$0.place].compiled },
            boundaries: boundary.map { [library.entries[$0.place].compiled] },
            serviceControl: organisation.serviceControl(of: principal.account))
        let unknown = policies.filter { library.entries[$0.place].document == nil }.map { $0.source.name }
        let asking: RequestPrincipal = principal.kind == .role ? .role(arn: arn) : .user(arn: arn)
        return Subject(
            index: index, principal: asking, arn: arn, account: principal.account,
            partition: partition, policies: policies, boundary: boundary, layers: layers, allows: allows, set: place(of: key),
            list: list(policies, boundary, principal.account, alone, asker.asker), alone: alone,
            guardrail: .init(asker: asker.asker, only: asker.only ?? (principal.kind == .group ? index : nil)), context: context,
            prepared: PreparedPrincipal(asking, keys: context), unknownPolicies: unknown)
    }

    private func place(of key: SetKey) -> Int {
        if let known = cache.sets[key] { return known }
        let place = cache.sets.count
        cache.sets[key] = place
        return place
    }

    /// The place of policies in their order with what else answers depend on.
    private func list(
        _ policies: [(place: Int, source: PolicySource)], _ boundary: (place: Int, source: PolicySource)?, _ account: String, _ alone: Int?,
        _ guardrail: Int
    ) -> Int {
        place(
            of: SetKey(
                account: account, policies: policies.map(\.place), boundary: boundary?.place, only: alone, guardrail: guardrail, tags: [:]))
    }

    /// The set of those of the subject's policies alone that say something of an action, whatever the resource where it is `nil`. What a
    /// principal has besides, such as rights on what is its own, does not keep its answer from others who have the same in common.
    private func set(_ subject: Subject, _ action: Int, _ resource: String?) -> Int {
        guard subject.policies.count <= UInt64.bitWidth else { return subject.set }
        // A pattern may be about anything.
        let resource = resource.flatMap { $0.utf8.contains(UInt8(ascii: "*")) ? nil : $0 }
        var part = Part(list: subject.list, policies: 0)
        for (index, policy) in subject.policies.enumerated() where library.named(action, in: policy.place).concerns(resource) {
            part.policies |= 1 << UInt64(index)
        }
        // The same policies may be asked about different actions; what they leave out is not in the question.
        if let known = cache.parts[part] { return known }
        let places = subject.policies.indices.filter { part.policies & (1 << UInt64($0)) != 0 }.map { subject.policies[$0].place }
        let namesAsker = (places + (subject.boundary.map { [$0.place] } ?? [])).contains { library.entries[$0].namesAsker }
        let set = place(
            of: SetKey(
                account: subject.account, policies: places, boundary: subject.boundary?.place,
                only: subject.alone ?? (namesAsker ? subject.index : nil), guardrail: subject.guardrail.asker, tags: [:]))
        cache.parts[part] = set
        return set
    }

    /// A user that has, besides its own rights, those of a group.
    func joined(_ user: Subject, _ group: Subject) -> Subject {
        var both = user
        both.policies += group.policies
        both.layers.identity += group.layers.identity
        both.allows.formUnion(group.allows)
        let key = SetKey(
            account: user.account, policies: both.policies.map(\.place).sorted(), boundary: user.boundary?.place, only: user.index,
            guardrail: user.guardrail.asker, tags: [:])
        both.set = place(of: key)
        both.citations = StatementCitations()
        both.alone = user.index
        both.list = list(both.policies, user.boundary, user.account, user.index, user.guardrail.asker)
        return both
    }

    /// A principal with other policies than it has.
    func with(
        _ subject: Subject, policies: [(place: Int, source: PolicySource)], boundary: (place: Int, source: PolicySource)?
    ) -> Subject {
        var changed = subject
        changed.policies = policies
        changed.boundary = boundary
        changed.layers.identity = policies.map { library.entries[$0.place].compiled }
        changed.layers.boundaries = boundary.map { [library.entries[$0.place].compiled] }
        changed.allows = allows(policies, boundary)
        changed.unknownPolicies = policies.filter { library.entries[$0.place].document == nil }.map { $0.source.name }
        let key = SetKey(
            account: subject.account, policies: policies.map(\.place).sorted(), boundary: boundary?.place, only: subject.index,
            guardrail: subject.guardrail.asker, tags: [:])
        changed.set = place(of: key)
        changed.citations = StatementCitations()
        changed.alone = subject.index
        changed.list = list(policies, boundary, subject.account, subject.index, subject.guardrail.asker)
        return changed
    }

    /// The engine's actions that some statement may allow, within the boundary.
    private func allows(_ policies: [(place: Int, source: PolicySource)], _ boundary: (place: Int, source: PolicySource)?) -> ActionSet {
        var allows = ActionSet()
        for policy in policies { allows.formUnion(library.entries[policy.place].allows) }
        if let boundary, library.entries[boundary.place].document != nil {
            allows.formIntersection(library.entries[boundary.place].allows)
        }
        return allows
    }

    /// A policy that stands on the resource's side of a question.
    final class ResourcePolicy {
        let place: Int
        let source: PolicySource
        /// A key's grants.
        let grants: [(place: Int, source: PolicySource)]
        fileprivate let citations = StatementCitations()

        init(place: Int, source: PolicySource, grants: [(place: Int, source: PolicySource)] = []) {
            self.place = place
            self.source = source
            self.grants = grants
        }
    }

    /// The statements of policies as facts to cite, made once and shared by all that rest on them.
    final class StatementCitations {
        private var known: [Int: Citation] = [:]

        /// The fact of a statement of the policy at a place of its list.
        fileprivate func citation(_ policy: Int, _ statement: Int, _ make: () -> Citation) -> Citation {
            let key = policy << 32 | statement
            if let known = known[key] { return known }
            let made = make()
            known[key] = made
            return made
        }
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
    ///   - layers: a change of the subject's policies.
    func may(
        _ subject: Subject, _ action: String, on resource: String, account: String? = nil, context: [String: [String]] = [:],
        policy: ResourcePolicy? = nil, as layers: Change = .none
    ) -> Proof? {
        let number = EngineActions.index[action]
        if policy == nil, layers == .none {
            if let number, !subject.allows.contains(number), subject.unknownPolicies.isEmpty { return nil }
            if let number, isOutOfReach(subject, number, resource) { return nil }
        }
        return proof(answer(subject, action, on: resource, account: account, context: context, policy: policy, as: layers), subject, policy)
    }

    /// The answer to a question as a proof with what it rests on; `nil` when it is no.
    private func proof(_ raw: RawAnswer, _ subject: Subject, _ policy: ResourcePolicy?) -> Proof? {
        guard let confidence = raw.confidence else { return nil }
        return Proof(
            confidence: confidence, conditions: raw.conditions, unknowns: raw.unknowns,
            citations: citations(raw.statements, subject, policy))
    }

    private func answer(
        _ subject: Subject, _ action: String, on resource: String, account: String?, context: [String: [String]], policy: ResourcePolicy?,
        as layers: Change
    ) -> RawAnswer {
        let number = EngineActions.index[action]
        cache.asked += 1
        var question = Question(
            set: subject.set, number: number, action: number == nil ? action : "", resource: resource, account: account, context: context,
            resourcePolicy: policy.map(\.place), layers: layers.code(subject.index))
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
        guard isShared(policy, subject) else { return ask(subject, action, resource, account, context, policy, layers) }
        if question.set >= cache.lasting {
            if let known = cache.passing[question] { return known }
            if cache.passing.count >= Self.passingAnswers { cache.passing.removeAll(keepingCapacity: true) }
            let raw = ask(subject, action, resource, account, context, policy, layers)
            cache.passing[question] = raw
            return raw
        }
        if let known = cache.answers[question] { return known }
        let raw = ask(subject, action, resource, account, context, policy, layers)
        cache.answers[question] = raw
        return raw
    }

    /// Whether others may have the same answer. A resource's policy may name the asker, and then its answer is nobody else's.
    private func isShared(_ policy: ResourcePolicy?, _ subject: Subject) -> Bool {
        policy.map { $0.grants.isEmpty && !library.entries[$0.place].singlesOut(subject.arn) } ?? true
    }

    /// One subject that asks to assume many roles: those with the same trust policy are one to it where nothing tells them apart.
    final class Assumer {
        private let permissions: Permissions
        private let subject: Subject
        private let isBlind: Bool
        private var known: [Alike: RawAnswer] = [:]
        private struct Alike: Hashable {
            var trust: Int
            var context: Int
        }

        fileprivate init(_ permissions: Permissions, _ subject: Subject) {
            self.permissions = permissions
            self.subject = subject
            isBlind = permissions.isBlind(subject, "sts:AssumeRole")
        }

        /// Whether the subject may assume the role at a place of the snapshot's principals; `alike` is equal for equal contexts.
        func mayAssume(_ role: Int, _ context: @autoclosure () -> [String: [String]], alike: Int, trust: ResourcePolicy?) -> Proof? {
            let action = "sts:AssumeRole"
            let account = permissions.snapshot.principals[role].account
            guard isBlind, let trust, account == subject.account, permissions.isShared(trust, subject),
                permissions.isBlind(trust, action)
            else {
                return permissions.may(
                    subject, action, on: permissions.snapshot.principals[role].arn, account: account, context: context(), policy: trust)
            }
            let place = Alike(trust: trust.place, context: alike)
            let raw =
                known[place]
                ?? permissions.answer(
                    subject, action, on: permissions.snapshot.principals[role].arn, account: account, context: context(), policy: trust,
                    as: .none)
            known[place] = raw
            return permissions.proof(raw, subject, trust)
        }
    }
    func assumer(_ subject: Subject) -> Assumer { Assumer(self, subject) }

    private func isBlind(_ policy: ResourcePolicy, _ action: String) -> Bool {
        EngineActions.index[action].map { library.named($0, in: policy.place).isBlind } ?? false
    }

    /// The same of an action by its name.
    func isBlind(_ subject: Subject, _ action: String) -> Bool { EngineActions.index[action].map { isBlind(subject, $0) } ?? false }

    /// Whether nothing that bears on the subject's requests for an action tells one resource of its account from another.
    private func isBlind(_ subject: Subject, _ action: Int) -> Bool {
        let key = subject.set &* 4_096 &+ action
        if let known = cache.blind[key] { return known }
        let name = EngineActions.names[action]
        let isBlind =
            subject.layers.serviceControl == nil && organisation.resourceControl(of: subject.account, action: name) == nil
            && (subject.policies.map(\.place) + (subject.boundary.map { [$0.place] } ?? [])).allSatisfy {
                library.named(action, in: $0).isBlind
            }
        cache.blind[key] = isBlind
        return isBlind
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
        return raw(Evaluator.evaluate(request, layers(subject, action, on: resource, account: account, policy: policy, as: change)))
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

    func raw(_ decision: AccessDecision, chosen: Set<String> = []) -> RawAnswer {
        switch decision.outcome {
        case .allowed: return RawAnswer(confidence: .proven, conditions: [], unknowns: [], statements: decision.statements)
        case .explicitlyDenied, .implicitlyDenied: return RawAnswer(confidence: nil, conditions: [], unknowns: [], statements: [])
        case .unknown(let reasons):
            return RawAnswer(confidence: .unknown, conditions: [], unknowns: reasons, statements: decision.statements)
        case .conditional(let expression): return raw(expression, decision.statements, chosen: chosen)
        }
    }

    func raw(_ expression: ConditionExpression, _ statements: [StatementReference], chosen: Set<String> = []) -> RawAnswer {
        switch ResidualCondition.reduced(expression, chosen: chosen) {
        case .always: return RawAnswer(confidence: .proven, conditions: [], unknowns: [], statements: statements)
        case .never: return RawAnswer(confidence: nil, conditions: [], unknowns: [], statements: [])
        case let rest:
            let unknowns = ResidualCondition.unknowns(rest)
            return RawAnswer(
                confidence: unknowns.isEmpty ? .conditional : .unknown, conditions: unknowns.isEmpty ? ResidualCondition.texts(rest) : [],
                unknowns: unknowns, statements: statements)
        }
    }

    /// A change of a subject's own policies that an attacker could make.
    enum Change: Hashable {
        case none
        /// A policy that allows everything is added.
        case granted
        /// The same, and the boundary is gone.
        case grantedUnbounded
        /// The boundary is gone.
        case unbounded
        /// The policy at this place of the library is replaced by one that allows everything.
        case replaced(Int)
        /// The same, and the boundary is gone or is that policy.
        case replacedUnbounded(Int)

        func code(_ subject: Int) -> Int {
            switch self {
            case .none: 0
            case .granted: 1
            case .grantedUnbounded: 2
            case .unbounded: 3
            case .replaced(let place): 4 + place * 2
            case .replacedUnbounded(let place): 5 + place * 2
            }
        }
    }

    /// The subject's layers after a change.
    func layers(_ subject: Subject, _ change: Change) -> PolicyLayers {
        var layers = subject.layers
        let all = library.entries[library.allowAll].compiled
        switch change {
        case .none: break
        case .unbounded: layers.boundaries = nil
        case .granted: layers.identity.append(all)
        case .grantedUnbounded:
            layers.identity.append(all)
            layers.boundaries = nil
        case .replaced(let place), .replacedUnbounded(let place):
            layers.identity = subject.policies.filter { $0.place != place }.map { library.entries[$0.place].compiled } + [all]
            if case .replacedUnbounded = change { layers.boundaries = nil }
        }
        return layers
    }

    /// Whether the subject may do everything on everything; `nil` when not.
    func administrator(_ subject: Subject, as change: Change = .none) -> Proof? {
        let key = subject.set &* 1_000_003 &+ change.code(subject.index)
        let raw: RawAnswer
        if let known = cache.administrators[key] {
            raw = known
        } else {
            var own = layers(subject, change)
            own.serviceControl = nil
            let context = RequestContext(values: subject.context, absent: .unknown(knownAbsent: absentKeys))
            let answer = Administrator.answerByKnownServices(subject.principal, own, context: context)
            var expression: ConditionExpression =
                answer.isAdmin
                ? .always : answer.unknown.isEmpty ? answer.conditions ?? .never : .all(of: answer.unknown.map { .unknown($0) })
            var limits: [StatementReference] = []
            if expression != .never {
                let left = organisation.ceiling(
                    subject.principal, account: subject.account, partition: subject.partition, context: context, key: subject.guardrail)
                expression = .all(of: [expression, left.expression])
                limits = left.statements
            }
            raw = self.raw(expression, limits)
            cache.administrators[key] = raw
        }
        guard let confidence = raw.confidence else { return nil }
        var citations: [Citation] = []
        for policy in subject.policies {
            for (index, statement) in (library.entries[policy.place].document?.statements ?? []).enumerated()
            where statement.effect == .allow && (statement.actions.negated || statement.actions.patterns.contains { $0.hasSuffix("*") }) {
                if change == .none { citations.append(citation(policy.source, statement: index)) }
            }
        }
        return Proof(
            confidence: confidence, conditions: raw.conditions, unknowns: raw.unknowns,
            citations: Array(citations.prefix(6)) + self.citations(raw.statements, subject, nil))
    }

    /// The statements as facts to cite, each once.
    func citations(_ statements: [StatementReference], _ subject: Subject?, _ policy: ResourcePolicy?) -> [Citation] {
        var found: [Citation] = []
        for citation in statements.compactMap({ citation($0, subject, policy) }) where !found.contains(citation) { found.append(citation) }
        return found
    }

    private func citation(_ statement: StatementReference, _ subject: Subject?, _ policy: ResourcePolicy?) -> Citation? {
        let place = statement.policy.index
        if statement.policyType == .scp || statement.policyType == .rcp {
            return organisation.limit(statement).map { citation($0.source, statement: $0.statement) }
        }
        if let policy, policy.place == place {
            return policy.citations.citation(0, statement.statement) { citation(policy.source, statement: statement.statement) }
        }
        // A grant has no statements.
        if let grant = policy?.grants.first(where: { $0.place == place }) { return citation(grant.source) }
        if let subject, let index = subject.policies.firstIndex(where: { $0.place == place }) {
            return subject.citations.citation(index, statement.statement) {
                citation(subject.policies[index].source, statement: statement.statement)
            }
        }
        if let boundary = subject?.boundary, boundary.place == place { return citation(boundary.source, statement: statement.statement) }
        return nil
    }

    /// A statement of a policy as a fact to cite.
    func citation(_ source: PolicySource, statement: Int? = nil) -> Citation {
        Citation(
            record: source.evidence.record, pointer: source.evidence.pointer, time: times[source.evidence.record],
            policy: source.arn ?? source.name, statement: statement)
    }
    /// A record as a fact to cite.
    func citation(_ evidence: Evidence) -> Citation {
        Citation(record: evidence.record, pointer: evidence.pointer, time: times[evidence.record])
    }
}
