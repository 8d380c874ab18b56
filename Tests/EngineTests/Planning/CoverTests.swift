import Testing

@testable import Engine

@Suite struct CoverTests {
    /// A problem of some changes and rows, the same for the same number.
    static func instance(_ number: Int, changes: Int, rows: Int) -> Cover {
        var random = LargeAccount.Generator(state: UInt64(number) &* 7_919 &+ 13)
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        let costs = (0..<changes).map { _ in 1 + below(6) }
        let list = (0..<rows).map { _ -> Cover.Row in
            var row = Cover.Row(hit: Set((0..<(1 + below(4))).map { _ in below(changes) }))
            if below(6) == 0 { row.unless = Set((0..<(1 + below(2))).map { _ in below(changes) }).subtracting(row.hit) }
            return row
        }
        return Cover(costs: costs, rows: list)
    }

    /// The least cost over every subset.
    static func bruteForce(_ cover: Cover) -> Int? {
        (0..<(1 << cover.costs.count)).compactMap { bits -> Int? in
            let made = Set(cover.costs.indices.filter { bits >> $0 & 1 == 1 })
            guard cover.rows.allSatisfy({ $0.holds(made) }) else { return nil }
            return made.reduce(0) { $0 + cover.costs[$1] }
        }.min()
    }

    @Test func thePlanCostsWhatTryingEverySubsetFindsAndTheProofSaysSo() throws {
        for number in 0..<700 {
            let cover = Self.instance(number, changes: 4 + number % 7, rows: 3 + number % 11)
            let best = Self.bruteForce(cover)
            let solution = try #require(cover.solve())
            #expect(cover.rows.allSatisfy { $0.holds(solution.chosen) }, "instance \(number)")
            #expect(solution.cost == best, "instance \(number)")
            #expect(solution.bound == best, "instance \(number)")
            for part in solution.parts {
                #expect(part.proof.bound(cover.costs, part.rows.map { cover.rows[$0] }) ?? 0 >= part.bound)
            }
        }
    }

    @Test func aRowThatNothingCanHoldHasNoSolution() {
        #expect(Cover(costs: [1], rows: [.init(hit: [])]).solve() == nil)
        #expect(Cover(costs: [], rows: []).solve()?.cost == 0)
    }

    /// Three pairs of three changes: half of each would do, but halves cannot be made.
    @Test func whereWeightsAloneAreNotEnoughBothCasesAreProven() throws {
        let cover = Cover(costs: [1, 1, 1], rows: [.init(hit: [0, 1]), .init(hit: [1, 2]), .init(hit: [0, 2])])
        let solution = try #require(cover.solve())
        #expect(solution.cost == 2)
        #expect(solution.bound == 2)
        let hard = Cover(costs: [3, 3, 3], rows: cover.rows)
        let other = try #require(hard.solve())
        #expect(other.bound == 6)
        guard case .cases = try #require(other.parts.first).proof.root else {
            Issue.record("weights alone prove at most 4.5")
            return
        }
        let cut = try #require(hard.solve(.init(proofNodes: 1)))
        #expect(cut.cost == 6)
        #expect(cut.bound == 5)
    }

    @Test func weightsThatOverpayProveNothing() {
        let rows = [Cover.Row(hit: [0]), Cover.Row(hit: [0, 1])]
        let unit = CoverProof.unit
        #expect(CoverProof(root: .weights([0: 2 * unit])).bound([2, 5], rows) == 2)
        #expect(CoverProof(root: .weights([0: 2 * unit + 1])).bound([2, 5], rows) == nil)
        #expect(CoverProof(root: .weights([0: 2 * unit, 1: unit])).bound([2, 5], rows) == nil)
        #expect(CoverProof(root: .weights([0: -1])).bound([2, 5], rows) == nil)
        #expect(CoverProof(root: .weights([7: 1])).bound([2, 5], rows) == nil)
    }

    @Test func largeProblemsOfManySmallPartsAreSolved() throws {
        var rows: [Cover.Row] = []
        for part in 0..<300 {
            let small = Self.instance(part, changes: 9, rows: 14)
            rows += small.rows.map { row in
                Cover.Row(hit: Set(row.hit.map { $0 + part * 9 }), unless: Set(row.unless.map { $0 + part * 9 }))
            }
        }
        let costs = (0..<300).flatMap { Self.instance($0, changes: 9, rows: 14).costs }
        let solution = try #require(Cover(costs: costs, rows: rows).solve())
        #expect(solution.cost == solution.bound)
        #expect(rows.allSatisfy { $0.holds(solution.chosen) })
    }
}

@Suite struct ExposureProgramTests {
    static func instance(_ number: Int, changes: Int, rows: Int) -> ExposureProgram {
        var random = LargeAccount.Generator(state: UInt64(number) &* 104_729 &+ 5)
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        let costs = (0..<changes).map { _ in 1 + below(4) }
        let list = (0..<rows).map { _ -> ExposureProgram.Row in
            var cover = Cover.Row(hit: Set((0..<(1 + below(3))).map { _ in below(changes) }))
            if below(7) == 0 { cover.unless = Set([below(changes)]).subtracting(cover.hit) }
            return .init(target: below(4), level: 1 + below(6_000), cover: cover)
        }
        return ExposureProgram(
            costs: costs, rows: list, allowance: number % 2 == 0 ? .count(below(changes)) : .cost(below(2 * changes)))
    }

    @Test func whatStaysIsWhatTryingEverySubsetFindsAndTheProofSaysSo() {
        for number in 0..<600 {
            let program = Self.instance(number, changes: 4 + number % 6, rows: 3 + number % 9)
            let best =
                (0..<(1 << program.costs.count)).compactMap { bits -> Int? in
                    let made = Set(program.costs.indices.filter { bits >> $0 & 1 == 1 })
                    return program.isAllowed(made) ? program.exposure(made) : nil
                }.min() ?? 0
            let solution = program.solve()
            #expect(program.isAllowed(solution.chosen))
            #expect(program.exposure(solution.chosen) == best, "instance \(number)")
            let proof = ExposureProof.build(program, atLeast: best, nodes: 400)
            #expect(proof.bound(program) == best, "instance \(number)")
        }
    }

    @Test func weightsOfMoreThanOneTargetProveNothing() {
        let rows = [
            ExposureProgram.Row(target: 0, level: 100, cover: .init(hit: [0])), .init(target: 0, level: 50, cover: .init(hit: [1])),
        ]
        let program = ExposureProgram(costs: [1, 1], rows: rows, allowance: .count(1))
        let unit = CoverProof.unit
        #expect(ExposureProof(root: .weights([0: unit, 1: 1])).bound(program) == nil)
        #expect(ExposureProof(root: .weights([0: unit])).bound(program) == 0)
        // Half of each: 75 at most, of which one change takes 50.
        #expect(ExposureProof(root: .weights([0: unit / 2, 1: unit / 2])).bound(program) == 25)
    }
}
