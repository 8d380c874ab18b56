public import CloudModel
import IAMEvaluator

/// Answers who may do what, from a snapshot: every policy that bears on it together, with the statements that decided.
///
/// A request is taken to be made with TLS, by the principal itself and not by a service on its behalf, in a session without session policies;
/// what else a request may have (where it comes from, a second factor, tags that it sets) is open, and answers are conditional where they
/// depend on it. ``Options/context`` says otherwise. What was not collected is unknown, never absent.
///
/// Principals and policies are compiled once, for any number of questions.
public final class AccessQuery {
    /// What can be said besides principal, action and resource.
    public struct Options: Sendable, Hashable {
        /// Values of condition keys, in any case.
        public var context: [String: [String]]
        /// Condition keys, in any case, that the request surely does not have.
        public var knownAbsent: Set<String>
        /// The name of the role's session.
        public var session: String?
        /// Whether ``AccessQuery/whoCan(_:on:_:)`` lists those that may not, too.
        public var listsDenied: Bool
        /// Options as given.
        public init(
            context: [String: [String]] = [:], knownAbsent: Set<String> = [], session: String? = nil, listsDenied: Bool = false
        ) {
            self.context = context
            self.knownAbsent = knownAbsent
            self.session = session
            self.listsDenied = listsDenied
        }
    }

    let snapshot: CloudSnapshot
    let permissions: Permissions
    let directory: AskerDirectory
    let resources: ResourceDirectory
    let files: [String: String]
    /// Condition keys, lower case, that any policy mentions and that are a tag's.
    private let tagKeys: Set<String>

    /// Ready to be asked about a snapshot.
    ///
    /// - Parameter files: the file that each record was read from, as ``CloudCollection/files`` has it.
    public init(_ snapshot: CloudSnapshot, files: [String: String] = [:]) {
        self.snapshot = snapshot
        self.files = files
        permissions = Permissions(snapshot)
        directory = AskerDirectory(permissions)
        resources = ResourceDirectory(snapshot, accounts: directory.accounts)
        // Condition keys of every policy count, whatever is asked first.
        let policies =
            snapshot.buckets.map(\.policy) + snapshot.functions.map(\.policy) + snapshot.keys.map(\.policy) + snapshot.secrets.map(\.policy)
            + snapshot.guarded.map(\.policy) + snapshot.searchDomains.map(\.policy)
        for case let source? in policies { _ = permissions.library.place(of: source) }
        tagKeys = permissions.library.entries.reduce(into: []) { keys, entry in
            for statement in entry.document?.statements ?? [] { Self.tagKeys(of: statement, into: &keys) }
        }
    }

    private static func tagKeys(of statement: PolicyStatement, into keys: inout Set<String>) {
        func add(_ key: some StringProtocol) {
            let key = key.lowercased()
            if key.contains("tag/") { keys.insert(key) }
        }
        func addVariables(_ text: String) {
            guard text.utf8.contains(UInt8(ascii: "$")) else { return }
            // `${key}` or `${key, 'default'}`.
            for part in text.split(separator: "${").dropFirst(text.hasPrefix("${") ? 0 : 1) {
                add(part.prefix { $0 != "}" && $0 != "," && $0 != " " })
            }
        }
        for clause in statement.conditions {
            add(clause.key)
            clause.values.forEach(addVariables)
        }
        statement.resources?.patterns.forEach(addVariables)
    }

    /// Whether a principal may do an action on a resource.
    ///
    /// - Parameters:
    ///   - principal: an ARN of a user, role, session or root, `user/NAME`, `role/NAME` or `root` where one collected account has it, an
    ///     account's twelve digits, a service principal, or `*` for anyone without credentials.
    ///   - action: `SERVICE:NAME`, in any case.
    ///   - resource: an ARN, or `*` for actions that have no resource.
    public func can(_ principal: String, _ action: String, on resource: String, _ options: Options = Options())
        throws(AccessQueryError) -> CanAnswer
    {
        let question = try self.question(action, on: resource, options)
        let asker = try directory.asker(named: principal, session: options.session)
        let answer = answer(judge(asker, question), asker, question)
        var asked = question.asked
        let mayBeDenied = answer.decision == .allowed || answer.decision == .conditional
        if answer.decision != .allowed, answer.isExplicit != true { asked.notes += question.openings }
        if mayBeDenied { asked.notes += unreadLimits([asker.account, question.side.account]) }
        return CanAnswer(question: asked, answer: answer)
    }

    /// What of the organisation's policies for these accounts was not read, in sentences.
    func unreadLimits(_ accounts: [String?]) -> [String] {
        let own = Set(accounts.compactMap { $0 }.filter(directory.accounts.contains)).sorted()
        return own.flatMap { permissions.organisation.gaps(of: $0) }.map { "not known: \($0.what)" }.sortedUnique
    }

    // MARK: - The question

    /// An action on a resource, with everything that is the same for all who ask.
    struct Question {
        var action: String
        var side: ResourceSide
        var asked: AccessQuestion
        /// What is not collected and may allow more, in sentences.
        var openings: [String] = []
        /// The resource's own policy, and a key's grants beside it.
        var texts: [Text] = []
        /// Stands for the resource's own policy where it was not read.
        var unread: CompiledPolicy?
        var bucket: BucketAccess?
        /// What every request has.
        var values: [String: [String]]
        /// Keys that given values stand for.
        var given: [String: [String]]
        /// Keys that no request has.
        var absent: Set<String>
        /// Keys of principals' tags that policies mention.
        var principalTags: Set<String>
        /// The question taken apart, for each kind of asker once.
        let prepared = PreparedQuestions()

        /// One text on the resource's side.
        struct Text {
            /// Its place in the library.
            var place: Int
            var source: PolicySource
            /// Parsed; `nil` when it is no policy.
            var document: PolicyDocument?
            var compiled: CompiledPolicy
            /// The grant that it was made from.
            var grant: KeyGrant?
        }
        /// Everything on the resource's side; `nil` when there is nothing.
        var policies: [CompiledPolicy]? {
            let all = texts.map(\.compiled) + (unread.map { [$0] } ?? [])
            return all.isEmpty ? nil : all
        }
        var documents: [PolicyDocument] { texts.compactMap(\.document) }
    }

    func question(_ action: String, on resource: String, _ options: Options) throws(AccessQueryError) -> Question {
        let parts = action.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, action.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw AccessQueryError(.invalidAction, "\(action) is no action: SERVICE:NAME, such as s3:GetObject")
        }
        guard resource == "*" || ARNParts(resource) != nil else {
            throw AccessQueryError(.invalidResource, "\(resource) is no resource: an ARN, or *")
        }
        let table = ActionTable.standard
        let known = table.action(action)
        // What AWS asks for on everything alone is asked so: statements that name a resource neither allow nor deny it ("Actions, resources, and
        // condition keys for AWS services", Resource types column).
        let isAboutNone = known?.supportsOnlyEverything == true && resource != "*"
        var side = resources.side(of: isAboutNone ? "*" : resource, action: action)
        if isAboutNone { side.region = resources.side(of: resource, action: action).region }
        var values = ["aws:securetransport": ["true"]]
        if let region = Self.region(action, side) { values["aws:requestedregion"] = [region] }
        if let account = side.account {
            values["aws:resourceaccount"] = [account]
            values.merge(permissions.organisation.resourceKeys(of: account)) { _, new in new }
        }
        var absent = options.knownAbsent
        // Most of what is done with a key is done by a service on someone's behalf.
        if !action.lowercased().hasPrefix("kms:") {
            values["aws:viaawsservice"] = ["false"]
            absent.formUnion(["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"])
        }
        absent.formUnion(tagKeys.filter { key in side.closed.contains(where: key.hasPrefix) })
        values.merge(side.context) { _, new in new }
        var given: [String: [String]] = [:]
        for (key, list) in options.context { given[key.lowercased()] = list }
        let asked = AccessQuestion(
            action: action, resource: resource, resourceAccount: side.account, exists: side.exists,
            notes: side.notes)
        var question = Question(
            action: action, side: side, asked: asked, values: values, given: given, absent: absent,
            principalTags: tagKeys.filter { $0.hasPrefix("aws:principaltag/") })
        if known == nil {
            question.asked.notes.append("\(action) is not in the table of actions (\(table.source.package) \(table.source.version))")
        } else if isAboutNone {
            question.asked.notes.append("\(action) is about no resource: AWS asks for it on *, and so is it answered here")
        }
        if side.exists == false {
            question.asked.notes.append("nothing of this name is in the collected accounts: the answer is what policies say of the name")
        }
        if let bucket = side.bucket, bucket.ownership != "BucketOwnerEnforced", BucketAccess.isGivenByObjects(action) {
            question.openings.append("access-control lists of single objects are not collected: where lists count, they may allow more")
        }
        switch side.policy {
        case .none: break
        case .read(let source):
            let text = text(source)
            question.texts.append(text)
            if text.document == nil { directory.explain(text.compiled, "the policy of \(source.name) is no policy that AWS would store") }
        case .unread(let why):
            let policy = CompiledPolicy(unknown: PolicyTag(-1, name: "(\(why))"))
            directory.explain(policy, why)
            question.unread = policy
        }
        if let key = side.key {
            if key.grants == nil { question.openings.append("grants of key \(key.id) were not collected: they may allow more") }
            for grant in key.grants ?? [] {
                guard let source = Permissions.source(of: grant) else { continue }
                var text = text(source)
                text.grant = grant
                question.texts.append(text)
            }
        }
        if let bucket = side.bucket {
            question.bucket = BucketAccess(bucket: bucket, account: snapshot.accounts.first { $0.id == bucket.account })
        }
        return question
    }

    private func text(_ source: PolicySource) -> Question.Text {
        let place = permissions.library.place(of: source)
        let entry = permissions.library.entries[place]
        return Question.Text(place: place, source: source, document: entry.document, compiled: entry.compiled)
    }

    /// The region that a request is surely sent to. IAM has one endpoint in a partition (IAM User Guide, `aws:RequestedRegion`).
    private static func region(_ action: String, _ side: ResourceSide) -> String? {
        guard action.lowercased().hasPrefix("iam:") else { return action.lowercased().hasPrefix("sts:") ? nil : side.region }
        switch ARNParts(side.resource).map({ String($0.partition) }) {
        case "aws-us-gov": return "us-gov-west-1"
        case "aws-cn": return "cn-north-1"
        default: return "us-east-1"
        }
    }

    /// The question taken apart for those of whom the same is known besides their own tags.
    final class PreparedQuestions {
        struct Kind: Hashable {
            var kind: Int
            var account: String?
            var takesTags: Bool
            var derivesKeys: Bool
        }
        var byKind: [Kind: PreparedQuestion] = [:]
    }

    /// A request of the question by someone.
    func request(_ asker: Asker, _ question: Question) -> PreparedRequest {
        let sort: Int
        switch asker.principal {
        case .service: sort = 0
        case .anonymous: sort = 1
        case .identityProvider: sort = 2
        default: sort = 3
        }
        let kind = PreparedQuestions.Kind(
            kind: sort, account: asker.account, takesTags: asker.takesTags, derivesKeys: asker.derivesKeys)
        let prepared = question.prepared.byKind[kind] ?? self.prepared(for: asker, question)
        question.prepared.byKind[kind] = prepared
        return PreparedRequest(principal: asker.prepared, question: prepared)
    }

    private func prepared(for asker: Asker, _ question: Question) -> PreparedQuestion {
        var values = question.values
        var absent = question.absent
        switch asker.principal {
        case .service:
            absent.formUnion(question.principalTags)
            absent.formUnion(Self.credentialKeys)
            absent.formUnion(["aws:principalorgid", "aws:principalorgpaths", "aws:userid", "sts:externalid"])
        case .anonymous:
            absent.formUnion(question.principalTags)
            absent.formUnion(Self.credentialKeys)
            absent.formUnion(Self.serviceKeys)
            absent.formUnion(["aws:principalorgid", "aws:principalorgpaths", "aws:userid", "aws:sourceowner", "kms:calleraccount"])
        case .identityProvider: absent.formUnion(Self.serviceKeys)
        default:
            absent.formUnion(Self.serviceKeys)
            // Those that it has come with it.
            if !asker.takesTags { absent.formUnion(question.principalTags) }
            if asker.derivesKeys {
                if let account = asker.account {
                    values["kms:calleraccount"] = [account]
                    // Not documented; policies that SNS makes hold it to the owner of the topic.
                    if account != question.side.account { values["aws:sourceowner"] = [account] }
                    values.merge(organisationKeys(of: account, question)) { _, new in new }
                }
            } else {
                values["aws:principalisawsservice"] = ["false"]
                values["aws:sourceowner"] = ["000000000000"]
                absent.insert("aws:principalservicename")
            }
        }
        for (key, list) in question.given { values[key] = list }
        return PreparedQuestion(
            action: question.action, resource: question.side.resource, resourceAccount: question.side.account,
            context: RequestContext(values: values, absent: .unknown(knownAbsent: absent), derivesKeys: asker.derivesKeys))
    }

    /// What is known of the organisation of the one who asks.
    private func organisationKeys(of account: String, _ question: Question) -> [String: [String]] {
        let own = permissions.organisation.principalKeys(of: account)
        guard own.isEmpty, !directory.accounts.contains(account), let home = question.side.account else { return own }
        return permissions.organisation.strangerKeys(of: account, at: home, trust: question.documents.first)
    }

    /// Keys that only requests of service principals have ("AWS global condition context keys", Availability).
    private static let serviceKeys: Set<String> = [
        "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:principalservicenameslist",
    ]
    /// Keys that only requests with someone's credentials have.
    private static let credentialKeys: Set<String> = [
        "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime", "aws:sourceidentity", "aws:federatedprovider",
        "aws:assumedroot", "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4",
    ]
}
