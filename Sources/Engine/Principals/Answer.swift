import CloudModel

/// What one or several questions to the evaluator came to, taken together: all must be allowed.
struct Proof: Sendable {
    /// How sure it is.
    var confidence: Confidence = .proven
    /// What must hold besides, as readable text, in the order it was met.
    var conditions: [String] = []
    /// What was not known.
    var unknowns: [String] = []
    /// Where the facts stand.
    var citations: [Citation] = []

    /// What is missing for certainty, conditions first.
    var reservations: [String] { conditions + unknowns.filter { !conditions.contains($0) } }

    /// What a step's likelihood is multiplied with.
    var factor: Double {
        confidence == .conditional && conditions.contains(where: Self.namesSecondFactor) ? Likelihood.secondFactor : confidence.factor
    }

    private static let secondFactor = Array("MultiFactorAuth".utf8)

    /// Whether a condition is about `aws:MultiFactorAuthPresent` or `aws:MultiFactorAuthAge`. Asked of every step, so over the bytes.
    private static func namesSecondFactor(_ condition: String) -> Bool {
        var place = 0
        for byte in condition.utf8 {
            place = byte == secondFactor[place] ? place + 1 : byte == secondFactor[0] ? 1 : 0
            if place == secondFactor.count { return true }
        }
        return false
    }

    /// Adds another proof that must hold too.
    mutating func add(_ other: Proof) {
        for text in other.conditions where !conditions.contains(text) { conditions.append(text) }
        for text in other.unknowns where !unknowns.contains(text) { unknowns.append(text) }
        for citation in other.citations where !citations.contains(citation) { citations.append(citation) }
        confidence = confidence.and(other.confidence)
    }
    /// Adds a condition.
    mutating func require(_ condition: String) {
        if !conditions.contains(condition) { conditions.append(condition) }
        confidence = confidence.and(.conditional)
    }
    /// Adds something that could not be judged.
    mutating func doubt(_ reason: String) {
        if !unknowns.contains(reason) { unknowns.append(reason) }
        confidence = .unknown
    }
    /// Adds a citation.
    mutating func cite(_ citation: Citation?) {
        if let citation, !citations.contains(citation) { citations.append(citation) }
    }
    /// Both, or `nil` when one of them failed.
    static func both(_ left: Proof?, _ right: Proof?) -> Proof? {
        guard var left, let right else { return nil }
        left.add(right)
        return left
    }
    /// The surer one; the first when they are equally sure.
    static func better(_ left: Proof?, _ right: Proof?) -> Proof? {
        guard let left else { return right }
        guard let right else { return left }
        return right.confidence.rank < left.confidence.rank ? right : left
    }
}

extension Confidence {
    /// 0 for proven, 1 for conditional, 2 for unknown.
    var rank: Int {
        switch self {
        case .proven: 0
        case .conditional: 1
        case .unknown: 2
        }
    }
    /// The less sure of the two.
    func and(_ other: Confidence) -> Confidence { rank >= other.rank ? self : other }
    /// What a step's likelihood is multiplied with.
    var factor: Double {
        switch self {
        case .proven: 1
        case .conditional: Likelihood.conditional
        case .unknown: Likelihood.unknown
        }
    }
}
