/// How much work one question may still take, shared by everything that is worked out for it, so that no policy can make an answer dear.
///
/// What is not worked out stays open: an answer is then conditional or unknown, never another one.
struct WorkBudget {
    /// In steps of a few nanoseconds.
    private var left: Int

    /// Enough for the policies of real accounts many times over, and well under a second.
    init(_ steps: Int = 60_000_000) { left = steps }

    /// Takes steps; `false` once there are not enough.
    mutating func spend(_ steps: Int) -> Bool {
        left -= min(steps, max(left, 0) + 1)
        return left >= 0
    }

    var isSpent: Bool { left < 0 }
}
