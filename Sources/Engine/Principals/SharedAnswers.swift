import CloudModel
import IAMEvaluator

/// Answers that principals with the same policies share, each by all that it depends on and so good for every snapshot that shares the
/// library.
///
/// It only keeps: whoever does not find an answer here says how to get it.
final class SharedAnswers {
    /// Policies that bear on a question, by their places in the library, with what else sets those who have them apart.
    struct PolicySet: Hashable {
        var account: String
        var policies: [Int]
        var boundary: Int?
        /// The principal's place where nobody else may share its answers.
        var only: Int?
        /// Equal for principals of which the policies of their organisation say the same.
        var guardrail: Int
    }

    /// What was asked, by sets and places.
    struct Question: Hashable {
        var set: Int
        /// Place in ``EngineActions/names``, or its name where it has none.
        var number: Int?
        var action: String
        var resource: String
        var account: String?
        var context: [String: [String]]
        var resourcePolicy: Int?
        var change: Permissions.Change
    }

    /// Some of a list of policies, by their places in it as bits.
    private struct Part: Hashable {
        var list: Int
        var policies: UInt64
    }
    private struct Administrator: Hashable {
        var set: Int
        var change: Permissions.Change
    }
    private struct Sight: Hashable {
        var set: Int
        var action: Int
    }

    /// The most answers that are kept of sets that only trials have.
    private static let passingAnswers = 300_000

    private var sets: [PolicySet: Int] = [:]
    private var parts: [Part: Int] = [:]
    private var answers: [Question: RawAnswer] = [:]
    /// Answers of sets that only a trial of changes has, kept as long as they are few; and the first of these sets.
    private var passing: [Question: RawAnswer] = [:]
    private var lasting = Int.max
    private var administrators: [Administrator: RawAnswer] = [:]
    private var blind: [Sight: Bool] = [:]
    /// How many questions were asked so far.
    private(set) var asked = 0

    /// The place of a set: equal for equal ones.
    func place(of set: PolicySet) -> Int {
        if let known = sets[set] { return known }
        let place = sets.count
        sets[set] = place
        return place
    }

    /// The place of some of a list's policies, which are its bits.
    func place(of policies: UInt64, in list: Int, _ make: () -> PolicySet) -> Int {
        let part = Part(list: list, policies: policies)
        if let known = parts[part] { return known }
        let place = place(of: make())
        parts[part] = place
        return place
    }

    /// What is asked from now on by sets that were not seen yet is about changes that are tried, and is not kept for long.
    func beginTrials() { if lasting == .max { lasting = sets.count } }

    /// Counts a question that is asked, shared or not.
    func count() { asked += 1 }

    /// The answer to a question.
    func answer(_ question: Question, _ ask: () -> RawAnswer) -> RawAnswer {
        if question.set >= lasting {
            if let known = passing[question] { return known }
            if passing.count >= Self.passingAnswers { passing.removeAll(keepingCapacity: true) }
            let raw = ask()
            passing[question] = raw
            return raw
        }
        if let known = answers[question] { return known }
        let raw = ask()
        answers[question] = raw
        return raw
    }

    /// Whether those with a set are administrators after a change.
    func administrator(_ set: Int, _ change: Permissions.Change, _ ask: () -> RawAnswer) -> RawAnswer {
        let key = Administrator(set: set, change: change)
        if let known = administrators[key] { return known }
        let raw = ask()
        administrators[key] = raw
        return raw
    }

    /// Whether a set's policies tell resources of an action, by its place in ``EngineActions/names``, apart.
    func isBlind(_ set: Int, _ action: Int, _ look: () -> Bool) -> Bool {
        let key = Sight(set: set, action: action)
        if let known = blind[key] { return known }
        let isBlind = look()
        blind[key] = isBlind
        return isBlind
    }
}

/// An answer without who asked and where its statements stand.
struct RawAnswer {
    /// How surely it is yes; `nil` when it is no.
    var confidence: Confidence?
    var conditions: [String] = []
    var unknowns: [String] = []
    var statements: [StatementReference] = []
}

extension RawAnswer {
    /// What the evaluator decided.
    ///
    /// - Parameter chosen: keys whose values the asker picks.
    init(_ decision: AccessDecision, chosen: Set<String> = []) {
        switch decision.outcome {
        case .allowed: self.init(confidence: .proven, statements: decision.statements)
        case .explicitlyDenied, .implicitlyDenied: self.init(confidence: nil)
        case .unknown(let reasons): self.init(confidence: .unknown, unknowns: reasons, statements: decision.statements)
        case .conditional(let expression): self.init(expression, decision.statements, chosen: chosen)
        }
    }

    /// Yes as far as a condition is met.
    init(_ expression: ConditionExpression, _ statements: [StatementReference], chosen: Set<String> = []) {
        switch ResidualCondition.reduced(expression, chosen: chosen) {
        case .always: self.init(confidence: .proven, statements: statements)
        case .never: self.init(confidence: nil)
        case let rest:
            let unknowns = ResidualCondition.unknowns(rest)
            self.init(
                confidence: unknowns.isEmpty ? .conditional : .unknown, conditions: unknowns.isEmpty ? ResidualCondition.texts(rest) : [],
                unknowns: unknowns, statements: statements)
        }
    }
}
