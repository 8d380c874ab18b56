import AgentCore
import CloudModel
import Testing

@testable import AgentCollectors

@Suite struct ScopeTests {
    private func collector(_ http: FakeHTTP, _ edit: (inout AWSCollectorConfiguration) -> Void = { _ in }) -> AWSCollector {
        var configuration = Sample.configuration(regions: ["eu-west-1", "us-east-1"])
        edit(&configuration)
        return AWSCollector(configuration: configuration, http: http, clock: FakeTime().clock)
    }
    private func code(_ body: () throws(ScopeError) -> Void) -> String {
        do throws(ScopeError) {
            try body()
            return "ok"
        } catch { return error.code.rawValue }
    }

    @Test func onlyTheServicesAndRegionsThatAreLeftAreAskedAndTheOthersCountAsNotSeen() async throws {
        let http = account { _, _ in nil }
        let settings = CollectionScope(regions: ["us-east-1"], services: ["iam", "kms"])
        let collection = try await collector(http).collect(within: settings) { _ in }
        #expect(Set(http.requests.compactMap(\.signingService)) == ["sts", "iam", "kms"])
        #expect(!http.requests.contains { $0.signingService == "kms" && $0.signingRegion != "us-east-1" })
        let left = collection.coverage.filter { $0.code == "notAsked" }
        #expect(left.allSatisfy { $0.outcome == .notCollected && $0.service != "iam" && $0.service != "kms" })
        #expect(Set(left.map(\.service)) == Catalogue.services.subtracting(["iam", "kms"]))
        #expect(left.contains { $0.service == "ec2" && $0.operation == "describe-instances" && $0.region == "us-east-1" })
    }

    @Test func settingsNarrowAndNeverWiden() {
        let all = collector(account { _, _ in nil })
        #expect(code { () throws(ScopeError) in try all.check(CollectionScope(regions: ["eu-west-1"], services: ["iam"])) } == "ok")
        #expect(code { () throws(ScopeError) in try all.check(CollectionScope(services: ["account-deletion"])) } == "unknownService")
        #expect(code { () throws(ScopeError) in try all.check(CollectionScope(regions: ["ap-south-1"])) } == "unknownRegion")
        let some = collector(account { _, _ in nil }) {
            ($0.regions, $0.services, $0.rate) = (nil, ["iam"], 10)
        }
        #expect(code { () throws(ScopeError) in try some.check(CollectionScope(regions: ["ap-south-1"], rate: 10)) } == "ok")
        #expect(code { () throws(ScopeError) in try some.check(CollectionScope(regions: ["nowhere"])) } == "unknownRegion")
        #expect(code { () throws(ScopeError) in try some.check(CollectionScope(services: ["ec2", "iam"])) } == "unknownService")
        #expect(code { () throws(ScopeError) in try some.check(CollectionScope(rate: 11)) } == "rateTooHigh")
    }

    @Test func whatIsBeyondTheBoundsIsNotCollectedEvenIfNobodyChecked() async {
        let http = account { _, _ in nil }
        await #expect(throws: CollectorError.self) {
            try await collector(http).collect(within: CollectionScope(services: ["nothing"])) { _ in }
        }
        await #expect(throws: CollectorError.self) { try await collector(http) { $0.services = ["nothing"] }.collect { _ in } }
        #expect(http.requests.isEmpty)
    }

    @Test func aRateHoldsOverAllServicesTogether() async {
        let pacing = Pacing(most: 2)
        #expect(await pacing.reserve(service: "ec2", region: "eu-west-1", now: .zero) == .zero)
        #expect(await pacing.reserve(service: "s3", region: "us-east-1", now: .zero) == .milliseconds(500))
        #expect(await pacing.reserve(service: "iam", region: "us-east-1", now: .zero) == .milliseconds(1000))
        // What was not used for a minute is not made up for.
        #expect(await pacing.reserve(service: "ec2", region: "eu-west-1", now: .seconds(60)) == .zero)
        #expect(await pacing.reserve(service: "ec2", region: "eu-west-1", now: .seconds(60)) == .milliseconds(500))
    }
}
