import CloudModel
import IAMEvaluator

@testable import Engine

/// Proves every step of some paths again, without the graph: what its evidence cites must stand in the records and say what the step claims,
/// and the evaluator, asked directly, must allow what the step does.
struct Reproof {
    let evaluation: Evaluation
    private let records: [String: CollectedRecord]
    private var snapshot: CloudSnapshot { evaluation.snapshot }
    private var permissions: Permissions { evaluation.permissions }

    init(_ evaluation: Evaluation, _ collection: CloudCollection) {
        self.evaluation = evaluation
        records = Dictionary(collection.records.map { ($0.id, $0) }) { first, _ in first }
    }

    /// What is not as a path says; empty when all of it is.
    func problems(_ paths: [AttackPath]) -> [String] {
        var problems: [String] = []
        var seen: Set<PathStep> = []
        for path in paths {
            if path.steps.first?.from != path.source || path.steps.last?.to != path.target { problems.append("\(path.id): loose ends") }
            for (step, next) in zip(path.steps, path.steps.dropFirst()) where step.to != next.from { problems.append("\(path.id): a gap") }
            for step in path.steps where seen.insert(step).inserted {
                problems += self.problems(step).map { "\(step.from) \(step.technique) \(step.to): \($0)" }
            }
        }
        return problems
    }

    private func problems(_ step: PathStep) -> [String] {
        var problems: [String] = []
        if step.evidence.isEmpty { problems.append("no evidence") }
        for citation in step.evidence {
            guard let record = records[citation.record] else {
                problems.append("record \(citation.record) is not in the collection")
                continue
            }
            if let pointer = citation.pointer, Self.value(record.payload, at: pointer) == nil { problems.append("nothing at \(pointer)") }
        }
        if step.confidence != .proven, step.conditions.isEmpty { problems.append("\(step.confidence) without a condition") }
        guard let asked = asked(step) else { return problems }
        for group in asked {
            // Some one of the group must be shown and allowed.
            let answers = group.map { (action: $0.action, problem: problem(with: $0, step)) }
            if !answers.contains(where: { $0.problem == nil }) {
                problems.append(answers.compactMap { answer in answer.problem.map { "\(answer.action): \($0)" } }.joined(separator: "; "))
            }
        }
        return problems
    }

    // MARK: What a step claims

    /// One question: an action, and the resources of which one must be allowed.
    private struct Question {
        var action: String
        var resources: [String]
        /// Whether a statement that allows it must be among the evidence.
        var isShown = true
    }

    /// The questions of which one in each group must be answered well; `nil` where a step rests on something else than permissions.
    private func asked(_ step: PathStep) -> [[Question]]? {
        guard let index = permissions.principalIndex[step.from], permissions.subjects[index] != nil else { return nil }
        let account = snapshot.principals[index].account
        let things = everything(account)
        switch EdgeKind(technique: step.technique) {
        case .administrator:
            return ["iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:PutUserPolicy"].map {
                [Question(action: $0, resources: things, isShown: false)]
            }
        case .s3Read: return [[Question(action: "s3:GetObject", resources: named(index, "s3:GetObject") + [step.to + "/object"])]]
        case .bucketDestroy:
            return [
                ["s3:DeleteObject", "s3:DeleteObjectVersion"].map { action in
                    Question(action: action, resources: named(index, action) + snapshot.buckets.map { $0.arn + "/object" })
                }
            ]
        case .databaseDestroy: return [[Question(action: "rds:DeleteDBInstance", resources: snapshot.databases.map(\.arn))]]
        case .secretRead: return [[Question(action: "secretsmanager:GetSecretValue", resources: [step.to])]]
        case .parameterRead: return [[Question(action: "ssm:GetParameter", resources: [step.to])]]
        case .escalation:
            guard let technique = EscalationCatalogue.byID[step.technique] else { return [] }
            if technique.id == "create-administrator" {
                let giving = ["Attach", "Put"].flatMap { verb in ["User", "Role", "Group"].map { "iam:\(verb)\($0)Policy" } }
                return [["iam:CreateUser", "iam:CreateRole"], giving].map { actions in
                    actions.map { Question(action: $0, resources: things + named(index, $0)) }
                }
            }
            if technique.shape == .change {
                let actions = technique.id == "combined-rights" ? GraphBuilder.turning : GraphBuilder.changing
                return [actions.map { Question(action: $0, resources: things) }]
            }
            return technique.requires.map { requirement in
                // What is passed is what is reached; other actions may be about something in the middle.
                let isAboutRole = requirement.action == "iam:PassRole" || requirement.action == "sts:AssumeRole"
                let resources =
                    isAboutRole && permissions.principalIndex[step.to] != nil
                    ? [step.to] : things + named(index, requirement.action)
                return [Question(action: requirement.action, resources: resources)]
            }
        default: return nil
        }
    }

    /// Every identifier that an action in the account may be about.
    private func everything(_ account: String) -> [String] {
        let own = evaluation.graph.nodes.filter { $0.account == account && $0.kind != .admin }.map(\.id)
        let policies = snapshot.policies.map(\.arn)
        let running = snapshot.workloads.filter { $0.account == account }
        let named = running.map(\.arn) + running.flatMap { $0.attributes.values.joined() }.filter { $0.hasPrefix("arn:") }
        let kinds = Set(
            EscalationCatalogue.techniques.flatMap(\.requires).compactMap { requirement -> String? in
                if case .created(let kind) = requirement.slot { kind } else { nil }
            })
        let new = kinds.sorted().map {
            EscalationCatalogue.newResource($0, account: account, region: evaluation.builder.region, partition: "aws")
        }
        return ["*", "arn:aws:iam::\(account):user/example", "arn:aws:iam::\(account):role/example"] + own + policies + named + new
    }

    /// What a principal's own statements name for an action, wildcards filled in.
    private func named(_ index: Int, _ action: String) -> [String] {
        var found: [String] = []
        for policy in permissions.subjects[index]?.policies ?? [] {
            for statement in permissions.library.entries[policy.place].document?.statements ?? [] where statement.effect == .allow {
                guard statement.actions.patterns.contains(where: { Wildcard.matches($0, action, ignoringCase: true) }) else { continue }
                for pattern in statement.resources?.patterns ?? [] {
                    found.append(String(pattern.map { $0 == "*" || $0 == "?" ? "x" : $0 }))
                }
            }
        }
        return found
    }

    // MARK: Whether it holds

    private func problem(with question: Question, _ step: PathStep) -> String? {
        if question.isShown, !step.evidence.contains(where: { shows($0, question.action) }) { return "no cited statement allows it" }
        // Rights that are put together are several principals' own.
        let askers =
            step.technique == "combined-rights"
            ? Array(permissions.subjects.indices) : [permissions.principalIndex[step.from]].compactMap { $0 }
        let allowed = askers.contains { index in permissions.subjects[index].map { isAllowed(question, step, $0) } ?? false }
        return allowed ? nil : "the evaluator does not allow it"
    }

    private func isAllowed(_ question: Question, _ step: PathStep, _ subject: Subject) -> Bool {
        let technique = EscalationCatalogue.byID[step.technique]
        var services: [String?] = [nil]
        if question.action == "iam:PassRole", case .passRole(let passing)? = technique?.shape { services = passing.passedTo }
        return question.resources.contains { resource in services.contains { isAllowed(question, step, subject, resource, passedTo: $0) } }
    }

    private func isAllowed(_ question: Question, _ step: PathStep, _ subject: Subject, _ resource: String, passedTo: String?) -> Bool {
        let policy = resourcePolicy(resource)
        var known: [String: [String]] = [:]
        if let passedTo { known["iam:passedtoservice"] = [passedTo] }
        if question.action.hasPrefix("iam:Attach") { known["iam:policyarn"] = ["arn:aws:iam::aws:policy/AdministratorAccess"] }
        let account = evaluation.graph.place(of: resource).flatMap { evaluation.graph.nodes[$0].account }
        let request = AccessRequest(
            principal: subject.principal, action: question.action, resource: resource, resourceAccount: account,
            context: permissions.context(subject, question.action, on: resource, account: account, adding: known))
        let layers = permissions.layers(
            subject, question.action, on: resource, account: account,
            policy: policy.map { .init(place: permissions.library.place(of: $0), source: $0) })
        switch Evaluator.evaluate(request, layers).outcome {
        case .allowed: return true
        case .conditional(let expression):
            switch ResidualCondition.reduced(expression) {
            case .always: return true
            case .never: return false
            default: return step.confidence != .proven
            }
        case .unknown: return step.confidence == .unknown
        case .explicitlyDenied, .implicitlyDenied: return false
        }
    }

    private func resourcePolicy(_ resource: String) -> PolicySource? {
        if let index = permissions.principalIndex[resource] { return snapshot.principals[index].trust }
        let bucket = resource.split(separator: "/").first.map(String.init) ?? resource
        return snapshot.buckets.first { $0.arn == bucket }?.policy ?? snapshot.secrets.first { $0.arn == resource }?.policy
            ?? snapshot.functions.first { $0.arn == resource }?.policy ?? snapshot.keys.first { $0.arn == resource }?.policy
    }

    /// Whether the cited statement, read from its record, allows the action.
    private func shows(_ citation: Citation, _ action: String) -> Bool {
        guard let number = citation.statement, let record = records[citation.record] else { return false }
        var document = citation.pointer.flatMap { Self.value(record.payload, at: $0) } ?? record.payload
        if let text = document.string {
            let plain = text.utf8.first == UInt8(ascii: "{") ? text : PercentEncoding.decode(text[...]) ?? ""
            document = (try? JSONValue(parsing: plain)) ?? .null
        }
        if document["Statement"] == nil, let policy = citation.policy, let known = KnownManagedPolicies.document(arn: policy) {
            document = known
        }
        let statements = document["Statement"].map { $0.array ?? [$0] } ?? []
        guard statements.indices.contains(number), statements[number]["Effect"]?.string == "Allow" else { return false }
        func matches(_ element: String) -> Bool {
            let listed = statements[number][element]
            return (listed?.array ?? listed.map { [$0] } ?? []).compactMap(\.string).contains {
                Wildcard.matches($0, action, ignoringCase: true)
            }
        }
        return statements[number]["NotAction"] != nil ? !matches("NotAction") : matches("Action")
    }

    /// RFC 6901.
    private static func value(_ root: JSONValue, at pointer: String) -> JSONValue? {
        var value = root
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
            if let list = value.array {
                guard let index = Int(name), list.indices.contains(index) else { return nil }
                value = list[index]
            } else {
                guard let member = value[name] else { return nil }
                value = member
            }
        }
        return value
    }
}
