import CloudModel
import IAMEvaluator
import SnapshotStore

/// The service and resource control policies that bear on each account, level by level, with what is known of its organisation.
///
/// What is not known never takes a permission away: policies that could not be read are gaps, and only a policy that is surely attached and
/// whose text could not be read makes answers unknown.
final class OrganisationPolicies {
    /// What bears on one account.
    struct Guardrails {
        /// Places in the library, a list for each level from the root down; `nil` when no service control policies apply or none are known.
        var serviceControl: [[Int]]?
        /// The same of resource control policies.
        var resourceControl: [[Int]]?
        /// What is known of the organisation as keys of requests, as they end: `orgid`; a key without values is absent.
        var keys: [(suffix: String, values: [String])] = []
        /// What could not be told.
        var doubts: [CoverageReport.Gap] = []
        /// The same policies by name.
        var rows: [ControlPolicyRow] = []
    }

    private let library: PolicyLibrary
    /// Allows everything, to ask what the organisation's policies leave.
    var allowAll: CompiledPolicy { library.entries[library.allowAll].compiled }
    private let memberships: [String: OrganisationMembership]
    private let organisations: [Organisation]
    private var guardrails: [String: Guardrails] = [:]
    private var compiled: [[[Int]]: [[CompiledPolicy]]] = [:]
    private var sources: [PolicyType: [Int: PolicySource]] = [:]
    private var askers: [String: AskerTests] = [:]
    private let classes: AskerClasses
    /// What was told of principals, by their places: nothing that is changed for a trial changes who asks.
    private var told: [Int: (asker: Int, only: Int?)] = [:]
    /// What is left of administrator rights, by who asks.
    var ceilings: [CeilingKey: Ceiling] = [:]
    /// Accounts that were read, in order.
    private let accounts: [String]

    /// Numbers of those of whom the policies say the same, one by one for all that share answers.
    private final class AskerClasses {
        private var numbers: [String: Int] = [:]

        func number(_ text: String) -> Int {
            let number = numbers[text] ?? numbers.count
            numbers[text] = number
            return number
        }
    }

    struct CeilingKey: Hashable {
        var asker: Int
        var only: Int?
    }

    /// Reads every policy of the snapshot's organisations.
    init(_ snapshot: CloudSnapshot, library: PolicyLibrary) {
        self.library = library
        classes = AskerClasses()
        organisations = snapshot.organisations
        accounts = snapshot.accounts.map(\.id)
        memberships = Dictionary(snapshot.accounts.map { ($0.id, $0.organisation) }) { first, _ in first }
        // Condition keys count from the start, so texts are read now.
        for account in accounts { _ = rails(of: account) }
    }

    /// The policies of a snapshot that differs from another one's only in what service control policies some accounts have.
    init(_ base: OrganisationPolicies, _ snapshot: CloudSnapshot, limited: Set<String>) {
        library = base.library
        classes = base.classes
        organisations = snapshot.organisations
        memberships = base.memberships
        accounts = base.accounts
        guardrails = base.guardrails
        compiled = base.compiled
        sources = base.sources
        askers = base.askers
        ceilings = base.ceilings
        for account in limited {
            guardrails[account] = nil
            askers[account] = nil
        }
        for account in accounts where limited.contains(account) { _ = rails(of: account) }
    }

    /// What could not be told of the accounts that were read.
    var gaps: [CoverageReport.Gap] { accounts.flatMap { rails(of: $0).doubts } }
    /// What could not be told of one account.
    func gaps(of account: String) -> [CoverageReport.Gap] { rails(of: account).doubts }

    /// Which policies bear on the accounts that were read.
    var rows: [ControlPolicyRow] { accounts.flatMap { rails(of: $0).rows } }

    /// The service control policies of an account, ready for the evaluator.
    func serviceControl(of account: String) -> [[CompiledPolicy]]? { compile(rails(of: account).serviceControl) }

    /// The resource control policies of an account as far as they bear on an action, ready for the evaluator.
    func resourceControl(of account: String, action: String) -> [[CompiledPolicy]]? {
        guard Self.isResourceControlled(action) else { return nil }
        return compile(rails(of: account).resourceControl)
    }

    /// Services whose resources resource control policies bear on ("Resource control policies", AWS Organizations User Guide; those after
    /// the fifth came with AWS's announcements of June 2025, January 2026 and February 2026).
    private static let resourceControlled: Set<String> = [
        "s3", "sts", "kms", "sqs", "secretsmanager", "ecr", "aoss", "cognito-identity", "cognito-idp", "logs", "dynamodb",
    ]
    static func isResourceControlled(_ action: String) -> Bool {
        resourceControlled.contains(action.prefix { $0 != ":" }.lowercased())
    }

    /// What is known of an account's organisation, as context of a request that one of its principals makes.
    func principalKeys(of account: String) -> [String: [String]] {
        Dictionary(rails(of: account).keys.map { ("aws:principal" + $0.suffix, $0.values) }) { first, _ in first }
    }
    /// The same of a request about one of its resources.
    func resourceKeys(of account: String) -> [String: [String]] {
        Dictionary(rails(of: account).keys.map { ("aws:resource" + $0.suffix, $0.values) }) { first, _ in first }
    }
    /// The same of a service's request on behalf of one of its resources.
    func sourceKeys(of account: String) -> [String: [String]] {
        Dictionary(rails(of: account).keys.map { ("aws:source" + $0.suffix, $0.values) }) { first, _ in first }
    }

    /// What is known of another account that is not of the organisation of `home`: that it is of none, or of another one.
    ///
    /// Empty where that is not known, and where another organisation is named, which the account may be in.
    func strangerKeys(of account: String, at home: String, trust: PolicyDocument?) -> [String: [String]] {
        guard memberships[account] == nil, let own = organisation(of: home), own.accountsListed, own.id != Organisation.unnamed,
            own.managementAccount != account, !own.nodes.contains(where: { $0.id == account })
        else { return [:] }
        let documents =
            (rails(of: home).resourceControl ?? []).joined().compactMap { library.entries[$0].document } + [trust].compactMap { $0 }
        for clause in documents.flatMap(\.statements).flatMap(\.conditions) {
            guard ["aws:principalorgid", "aws:principalorgpaths"].contains(clause.key.lowercased()) else { continue }
            guard clause.values.allSatisfy({ $0 == own.id || $0.hasPrefix(own.id + "/") }) else { return [:] }
        }
        return ["aws:principalorgid": ["o-0000000000"], "aws:principalorgpaths": ["o-0000000000/r-0000/"]]
    }

    /// ARNs of roles that a new role could have so that the account's service control policies say something else of it.
    func roleNames(of account: String, partition: String) -> [String] {
        guard rails(of: account).serviceControl != nil else { return [] }
        return tests(of: account).patterns.lazy.compactMap { pattern -> String? in
            guard let parts = ARNParts(pattern), parts.service == "iam", parts.resource.hasPrefix("role/") else { return nil }
            let name = parts.resource.map { $0 == "*" || $0 == "?" ? "x" : $0 }
            let arn = "arn:\(partition):iam::\(account):\(String(name))"
            return Wildcard.matches(pattern, arn) && !name.contains("$") ? arn : nil
        }.prefix(4).map { $0 }
    }

    /// A statement of an organisation's policy that had a part in a decision; `nil` for other policies' and for one that leaves a level as
    /// open as it is without: that is no fact to tell.
    func limit(_ statement: StatementReference) -> (source: PolicySource, statement: Int)? {
        let place = statement.policy.index
        guard let source = sources[statement.policyType]?[place], !library.allowsEverything(place, statement.statement) else { return nil }
        return (source, statement.statement)
    }

    private func compile(_ levels: [[Int]]?) -> [[CompiledPolicy]]? {
        guard let levels else { return nil }
        if let known = compiled[levels] { return known }
        let made = levels.map { $0.map { library.entries[$0].compiled } }
        compiled[levels] = made
        return made
    }

    // MARK: Levels

    /// What bears on an account, also on one that was not read but stands in an organisation that was.
    private func rails(of account: String) -> Guardrails {
        if let known = guardrails[account] { return known }
        let found = makeRails(of: account)
        guardrails[account] = found
        return found
    }

    private func organisation(of account: String) -> Organisation? {
        if case .member(let id)? = memberships[account] { return organisations.first { $0.id == id } }
        return organisations.first { organisation in
            organisation.managementAccount == account || organisation.nodes.contains { $0.kind == .account && $0.id == account }
        }
    }

    private func makeRails(of account: String) -> Guardrails {
        var rails = Guardrails()
        let unread = "so some of what is called allowed may be denied"
        if memberships[account] == OrganisationMembership.none {
            rails.keys = [("orgid", []), ("orgpaths", [])]
            return rails
        }
        guard let organisation = organisation(of: account) else {
            let why = memberships[account] == .unreadable ? "could not be read" : "was not collected"
            rails.doubts = [
                .init(
                    what: "service and resource control policies of account \(account)",
                    why: "what organisation it is in \(why), \(unread)")
            ]
            return rails
        }
        let path = organisation.path(of: account)
        let isNamed = organisation.id != Organisation.unnamed
        if isNamed { rails.keys = [("orgid", [organisation.id])] }
        if isNamed, path.isComplete {
            rails.keys.append(("orgpaths", [([organisation.id] + path.nodes.dropLast()).joined(separator: "/") + "/"]))
        }
        // "SCPs don't affect users or roles in the management account", and neither do RCPs its resources.
        if organisation.managementAccount == account { return rails }
        for type in Organisation.PolicyType.allCases {
            let (levels, doubts) = levels(of: type, in: organisation, along: path)
            let name = type == .serviceControl ? "service control policies" : "resource control policies"
            rails.doubts += doubts.map { .init(what: "\(name) of account \(account)", why: "\($0), \(unread)") }
            let places = levels?.map { level in level.map { place(of: $0) } }
            for (number, level) in (levels ?? []).enumerated() {
                rails.rows += level.map {
                    .init(account: account, type: type, level: number, node: path.nodes[number], policy: $0.id)
                }
            }
            switch type {
            case .serviceControl: rails.serviceControl = places
            case .resourceControl: rails.resourceControl = places
            }
        }
        return rails
    }

    private func levels(
        of type: Organisation.PolicyType, in organisation: Organisation, along path: Organisation.Path
    ) -> (levels: [[Organisation.Policy]]?, doubts: [String]) {
        if organisation.hasAllFeatures == false { return (nil, []) }
        if let enabled = organisation.enabledTypes, !enabled.contains(type) { return (nil, []) }
        let policies = organisation.policies.filter { $0.type == type }
        let isListed = organisation.listedTypes.contains(type)
        guard !policies.isEmpty || isListed || organisation.listedAttachments.contains(where: { $0.hasPrefix(type.rawValue) }) else {
            return (nil, ["they were not read"])
        }
        // A type that is disabled has nothing attached.
        if organisation.enabledTypes == nil, policies.allSatisfy({ $0.targetsKnown && $0.targets.isEmpty }) { return (nil, []) }
        var doubts: [String] = []
        if !isListed, !path.nodes.allSatisfy({ organisation.listedAttachments.contains(Organisation.attachment(type, $0)) }) {
            doubts.append("not all of them are listed")
        }
        let usual = Self.fullAccess(type)
        let usualKnown = policies.contains { $0.id == usual.id && $0.targetsKnown }
        var levels: [[Organisation.Policy]] = []
        var open: Set<String> = []
        for node in path.nodes {
            let nodeKnown = organisation.listedAttachments.contains(Organisation.attachment(type, node))
            var level = policies.filter { $0.targets.contains(node) }
            if !nodeKnown {
                for policy in policies where !policy.targetsKnown && policy.id != usual.id && !policy.targets.contains(node) {
                    open.insert(policy.source.name)
                }
            }
            let levelKnown = nodeKnown || isListed && policies.allSatisfy(\.targetsKnown)
            // It stands at every level unless somebody took it away; that of resource control policies cannot be taken away.
            let isUsual = type == .resourceControl || !(nodeKnown || usualKnown) || level.isEmpty && !levelKnown
            if isUsual, !level.contains(where: { $0.id == usual.id }) { level.append(usual) }
            levels.append(level)
        }
        for name in open.sortedUnique { doubts.append("what \(name) is attached to was not read") }
        if !path.isComplete {
            let elsewhere = policies.filter { policy in
                policy.id != usual.id && policy.targets.contains { $0.hasPrefix("ou-") && !path.nodes.contains($0) }
            }
            for policy in elsewhere {
                doubts.append("the units that the account is in were not read, and \(policy.source.name) is attached to a unit")
            }
        }
        return (levels, doubts)
    }

    private func place(of policy: Organisation.Policy) -> Int {
        let place = library.place(of: policy.source)
        let type: PolicyType = policy.type == .serviceControl ? .scp : .rcp
        if sources[type]?[place] == nil { sources[type, default: [:]][place] = policy.source }
        return place
    }

    /// The policy of AWS that stands at every level by default.
    private static func fullAccess(_ type: Organisation.PolicyType) -> Organisation.Policy {
        let policy = KnownControlPolicies.fullAccess(type)
        return Organisation.Policy(
            id: policy.id, type: type,
            source: PolicySource(
                name: policy.name, arn: policy.arn, kind: type == .serviceControl ? .serviceControl : .resourceControl,
                document: policy.document, evidence: Evidence(record: "")), targets: [], targetsKnown: false)
    }

    // MARK: Who asks

    /// What policies of an organisation ask about the one who asks.
    private struct AskerTests {
        /// The service control policies.
        var policies = ""
        var patterns: [String] = []
        var tags: [String] = []
        /// Whether they ask more than can be compared beforehand.
        var isOpen = false
    }

    /// Equal for principals of which no policy of an organisation says different things; `only` when nobody else may share its answers.
    func asker(_ arn: String, _ principal: Principal, _ index: Int) -> (asker: Int, only: Int?) {
        if let known = told[index] { return known }
        let tests = tests(of: principal.account)
        var text = "\(principal.account) \(principal.isServiceLinked) \(principal.kind == .role) \(tests.policies)"
        let bytes = Array(arn.utf8)
        for pattern in tests.patterns {
            let pattern = Array(pattern.utf8)
            text += " "
            for bit in [
                pattern == bytes, Wildcard.matches(pattern, bytes), Wildcard.matches(pattern, bytes, ignoringCase: true),
                Self.matchesBySegments(pattern, bytes),
            ] { text += bit ? "1" : "0" }
        }
        for tag in tests.tags {
            let value = principal.tags.first { $0.key.lowercased() == tag }?.value
            text += " " + (value.map { "\($0.utf8.count):\($0)" } ?? "-")
        }
        let found = (asker: classes.number(text), only: tests.isOpen ? index : nil)
        told[index] = found
        return found
    }

    private func tests(of account: String) -> AskerTests {
        if let known = askers[account] { return known }
        var tests = AskerTests()
        let levels = rails(of: account).serviceControl
        tests.policies = levels.map { "\($0)" } ?? ""
        var places = Set((levels ?? []).joined())
        // A resource of any account may be asked for.
        for other in accounts { places.formUnion((rails(of: other).resourceControl ?? []).joined()) }
        for place in places {
            for statement in library.entries[place].document?.statements ?? [] {
                func isOpen(_ texts: [String]) -> Bool { texts.contains { $0.utf8.contains(UInt8(ascii: "$")) } }
                if isOpen(statement.resources?.patterns ?? []) { tests.isOpen = true }
                for clause in statement.conditions {
                    let key = clause.key.lowercased()
                    if isOpen(clause.values) || key == "aws:username" || key == "aws:userid" { tests.isOpen = true }
                    if key == "aws:principalarn" { tests.patterns += clause.values }
                    if key.hasPrefix("aws:principaltag/") { tests.tags.append(String(key.dropFirst("aws:principaltag/".utf8.count))) }
                }
            }
        }
        tests.patterns = tests.patterns.sortedUnique
        tests.tags = tests.tags.sortedUnique
        askers[account] = tests
        return tests
    }

    /// ARN operators compare segment by segment.
    private static func matchesBySegments(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        let colon = UInt8(ascii: ":")
        let left = pattern.split(separator: colon, maxSplits: 5, omittingEmptySubsequences: false)
        let right = text.split(separator: colon, maxSplits: 5, omittingEmptySubsequences: false)
        return left.count == right.count && zip(left, right).allSatisfy { Wildcard.matches(Array($0), Array($1)) }
    }
}
