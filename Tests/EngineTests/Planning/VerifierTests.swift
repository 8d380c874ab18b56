import CloudModel
import Testing

@testable import Engine

/// Each kind of broken plan is refused.
@Suite struct VerifierTests {
    private struct Case {
        var collection: CloudCollection
        var evaluation: Evaluation
        var plan: Plan

        func refusal(_ change: (inout Plan) throws -> Void) rethrows -> String? {
            var broken = plan
            try change(&broken)
            do throws(PlanVerifier.Refusal) {
                try PlanVerifier(collection, evaluation, FixCosts()).check(broken)
                return nil
            } catch { return error.reason }
        }
    }

    private func planned(_ world: World, _ request: PlanRequest = PlanRequest()) -> Case {
        let (_, outcome, evaluation) = PlanTests.planned(world.collection, request)
        return Case(collection: world.collection, evaluation: evaluation, plan: outcome.plan)
    }

    @Test func aSoundPlanIsAccepted() {
        #expect(planned(PlanWorlds.shop).refusal { _ in } == nil)
    }

    @Test func aFixThatIsDroppedIsMissed() throws {
        let whole = planned(PlanWorlds.shop)
        for index in whole.plan.fixes.indices {
            let reason = whole.refusal { plan in
                plan.cost -= plan.fixes[index].cost
                plan.fixes.remove(at: index)
            }
            #expect(reason != nil, "\(whole.plan.fixes[index].title)")
        }
        #expect(whole.refusal { $0.fixes.removeLast() }?.contains("cost") == true)
    }

    @Test func costsThatAreLoweredAreRefused() {
        let whole = planned(PlanWorlds.shop)
        #expect(whole.refusal { $0.cost -= 1 } != nil)
        #expect(
            whole.refusal {
                $0.cost -= 1
                $0.fixes[0].cost -= 1
            }?.contains("kind") == true)
        #expect(whole.refusal { $0.certificate?.candidates[0].cost += 1 } != nil)
    }

    @Test func textsThatAreAlteredAreRefused() {
        let whole = planned(PlanWorlds.shop)
        #expect(whole.refusal { $0.fixes[0].after += " " }?.contains("after") == true)
        #expect(whole.refusal { $0.fixes[0].before = "{}" }?.contains("before") == true)
        #expect(whole.refusal { $0.fixes[0].cli += "\naws iam delete-user --user-name dev" } != nil)
        #expect(whole.refusal { $0.fixes[0].terraform = "" } != nil)
        #expect(whole.refusal { $0.fixes[0].rollback = "" } != nil)
        #expect(whole.refusal { $0.fixes[0].edits = $0.fixes[1].edits }?.contains("not the change") == true)
        #expect(whole.refusal { $0.fixes[0].resource = "arn:aws:iam::1:role/x" } != nil)
        #expect(whole.refusal { $0.fixes[0].kind = "magic" } != nil)
    }

    @Test func claimsThatAreNotSoAreRefused() {
        let whole = planned(PlanWorlds.shop)
        #expect(whole.refusal { $0.fixes[0].exposureRemoved += 1 } != nil)
        #expect(whole.refusal { $0.fixes[0].closes.append("path-0000000000000000") } != nil)
        #expect(whole.refusal { $0.fixes[0].closes.removeAll() } != nil)
        #expect(whole.refusal { $0.open.append("path-0000000000000000") } != nil)
        #expect(whole.refusal { plan in plan.open.append(plan.perPath[0].path) }?.contains("closed") == true)
        #expect(whole.refusal { $0.curve[1].exposureRemoved += 0.5 } != nil)
        #expect(whole.refusal { $0.curve[1].chosen = ["fix-0000000000000000"] } != nil)
        #expect(whole.refusal { $0.gap = 0.5 } != nil)
        #expect(whole.refusal { $0.target = "nothing" } != nil)
    }

    /// Whoever reads a plan believes its words too.
    @Test func wordsThatAreAlteredAreRefused() throws {
        let whole = planned(PlanWorlds.shop)
        let closing = try #require(whole.plan.fixes.firstIndex { !$0.closes.isEmpty })
        #expect(whole.refusal { $0.fixes[closing].title = "Nothing to see here" }?.contains("title") == true)
        #expect(whole.refusal { $0.fixes[0].accessLost.unknown += 1 }?.contains("accesses") == true)
        let losing = try #require(whole.plan.fixes.firstIndex { !$0.accesses.isEmpty })
        #expect(whole.refusal { $0.fixes[losing].accesses.removeLast() }?.contains("accesses") == true)
        #expect(whole.refusal { $0.fixes[losing].accesses[0].use = "unused" }?.contains("accesses") == true)
        let other = try #require(whole.plan.alternatives.indices.first)
        #expect(whole.refusal { $0.alternatives[other].cli += "\nrm -rf /" }?.contains("commands") == true)
        #expect(whole.refusal { $0.alternatives[other].cost -= 1 } != nil)
        #expect(whole.refusal { $0.alternatives[other].closes = [] } != nil)
        #expect(whole.refusal { $0.alternatives.append($0.fixes[0]) }?.contains("twice") == true)
        #expect(whole.refusal { $0.perPath[0].fixes = [] } != nil)
        #expect(whole.refusal { $0.perPath.removeLast() } != nil)
        #expect(whole.refusal { $0.curve.removeLast() }?.contains("curve") == true)
        var request = PlanRequest()
        request.target = .admin
        let admin = planned(PlanWorlds.shop, request)
        #expect(!admin.plan.open.isEmpty)
        #expect(admin.refusal { $0.open.removeLast() }?.contains("open") == true)
    }

    @Test func aPlanOfAnotherAccountIsRefused() throws {
        for (name, world) in PlanWorlds.named where name != "shop" {
            var other = planned(world)
            other.plan = planned(PlanWorlds.shop).plan
            #expect(other.refusal { _ in } != nil, "\(name)")
        }
        // One that asks for nothing is not sound where something is open.
        var empty = planned(PlanWorlds.shop)
        empty.plan = planned(World()).plan
        #expect(empty.plan.fixes.isEmpty && empty.plan.optimal)
        #expect(empty.refusal { _ in } != nil)
    }

    @Test func aCertificateThatProvesNothingIsRefused() throws {
        let whole = planned(PlanWorlds.shop)
        let certificate = try #require(whole.plan.certificate)
        #expect(certificate.parts.count > 1)
        for part in certificate.parts.indices {
            for path in certificate.parts[part].paths.indices {
                #expect(whole.refusal { $0.certificate?.parts[part].paths.remove(at: path) } != nil)
                #expect(whole.refusal { $0.certificate?.parts[part].paths[path].weight? += 0.000_001 } != nil)
                #expect(whole.refusal { $0.certificate?.parts[part].paths[path].weight? += 5 } != nil)
                #expect(whole.refusal { $0.certificate?.parts[part].paths[path].weight? -= 0.5 } != nil)
                #expect(whole.refusal { $0.certificate?.parts[part].paths[path].fixes.removeLast() } != nil)
                #expect(whole.refusal { $0.certificate?.parts[part].paths[path].nodes[0] = "arn:aws:iam::111122223333:user/nobody" } != nil)
                // With its sum raised alike, the fixes of the path are overpaid.
                let reason = whole.refusal {
                    $0.certificate?.parts[part].paths[path].weight? += 1
                    $0.certificate?.parts[part].sum? += 1
                    $0.certificate?.parts[part].bound += 1
                    $0.certificate?.lowerBound += 1
                }
                #expect(reason?.contains("overpaid") == true)
            }
            #expect(whole.refusal { $0.certificate?.parts.remove(at: part) } != nil)
            #expect(whole.refusal { $0.certificate?.parts[part].bound += 1 } != nil)
        }
        #expect(whole.refusal { $0.certificate?.lowerBound += 1 } != nil)
        #expect(whole.refusal { $0.certificate = nil } != nil)
        for index in certificate.candidates.indices {
            #expect(whole.refusal { $0.certificate?.candidates.remove(at: index) } != nil, "\(certificate.candidates[index].edits)")
        }
        #expect(whole.refusal { $0.certificate?.candidates.append(certificate.candidates[0]) } != nil)
        #expect(whole.refusal { $0.certificate?.excluded.append(certificate.candidates[0].id) } != nil)
    }

    @Test func aPlanThatIsNotTheBestIsNoOptimalOne() throws {
        let world = PlanWorlds.namedInTrust
        let best = planned(world)
        var request = PlanRequest()
        request.excluded = Set(best.plan.fixes.map(\.id))
        var worse = planned(world, request)
        #expect(worse.plan.cost > best.plan.cost && worse.plan.open.isEmpty)
        #expect(worse.refusal { _ in } == nil)
        // Without saying what was excluded, the better change is missing.
        #expect(worse.refusal { $0.certificate?.excluded = [] }?.contains("no candidate") == true)
        worse.plan.certificate = best.plan.certificate
        #expect(worse.refusal { _ in } != nil)
    }

    @Test func budgetsThatAreOverdrawnAreRefused() throws {
        var request = PlanRequest()
        request.maximumFixes = 1
        let one = planned(PlanWorlds.shop, request)
        #expect(one.refusal { _ in } == nil)
        #expect(one.refusal { $0.maximumFixes = 0 } != nil)
        #expect(one.refusal { $0.budget = 9 } != nil)
        #expect(one.refusal { $0.certificate?.parts[0].paths[0].level? += 1 } != nil)
        #expect(one.refusal { $0.certificate?.parts[0].paths.removeLast() } != nil)
        #expect(one.refusal { $0.maximumFixes = nil } != nil)
    }
}
