import AgentCollectors
import AgentCore
import ArgumentParser
import Basics
import CloudModel
import FoundationEssentials
import HTTPTransport

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks state, certificate, server, clock and the cloud's permissions; exits with 1 when something is wrong.")

    @Flag(help: "Leaves out the cloud: no calls, no list of missing permissions.")
    var offline = false
    @Flag(help: "As JSON.")
    var json = false
    @OptionGroup var cloud: CloudOptions
    @OptionGroup var stateOptions: StateOptions

    /// One thing that was looked at.
    private struct Check {
        var isGood: Bool
        var name: String
        var detail: String
    }

    func run() async throws {
        var checks: [Check] = []
        func say(_ good: Bool, _ what: String, _ detail: String) {
            let shown = Privileges.shown(DisplayText.safe(detail))
            checks.append(Check(isGood: good, name: what, detail: shown))
            if !json { Terminal.print("\(good ? "ok  " : "FAIL")  \(what): \(shown)") }
        }
        let collecting = try cloud.configuration()
        do {
            let folder = try StateFolder(existing: try stateOptions.path(creating: false))
            confinement(say)
            let identity = try folder.identity()
            say(true, "state", "closed to others, key and certificate fit")
            say(identity.notAfter > Date(), "certificate", "until \(AgentClock.text(identity.notAfter))")
            await server(identity, say)
        } catch { say(false, "state", Self.line(error)) }
        if !offline { await account(collecting, say) }
        let isWell = checks.allSatisfy(\.isGood)
        if json {
            let list = checks.map { check -> JSONValue in
                ["check": .string(check.name), "ok": .bool(check.isGood), "detail": .string(check.detail)]
            }
            let object: JSONValue = ["version": .string(HostFacts.version), "ok": .bool(isWell), "checks": .array(list)]
            Terminal.write(object.prettyBytes, to: 1)
        }
        if !isWell { throw ExitCode(1) }
    }

    private func confinement(_ say: (Bool, String, String) -> Void) {
        let state = Confinement.state
        say(
            state.isEntered, "confinement",
            "no privileges to gain, no capabilities"
                + (state.isFiltered
                    ? "; starts no program, listens on nothing" : "; this kernel filters no calls (error \(state.filterError))"))
    }
    private func server(_ identity: AgentIdentity, _ say: (Bool, String, String) -> Void) async {
        do {
            let gateway = try Gateway(address: identity.gateway, client: try HTTPClient(configuration: identity.configuration))
            let time = try await gateway.serverTime()
            say(true, "server", "\(identity.gateway) answers and knows this agent")
            if let time {
                let skew = time.timeIntervalSince(Date())
                say(
                    abs(skew) <= HostFacts.clockTolerance, "clock",
                    "\(abs(Int(skew))) seconds \(skew < 0 ? "ahead of" : "behind") the server's")
            }
        } catch { say(false, "server", Self.line(error)) }
    }

    private func account(_ configuration: AWSCollectorConfiguration, _ say: (Bool, String, String) -> Void) async {
        do {
            let collector = try CloudOptions.collector(configuration)
            let identity = try await collector.identity()
            say(true, "cloud identity", "\(identity.arn) in account \(identity.account)")
            let progress = ProgressLine()
            let collection = try await collector.collect { progress.show($0) }
            progress.clear()
            say(true, "calls", "\(collection.records.count) answered")
            var seen: Set<String> = []
            for entry in collection.coverage where entry.outcome != .collected {
                let call = "\(entry.service) \(entry.operation)"
                guard seen.insert("\(call) \(entry.outcome) \(entry.code ?? "")").inserted else { continue }
                let isUntold = AWSCollector.isUntold(entry, in: collection)
                let isMissing = entry.outcome == .denied && !isUntold
                say(
                    !isMissing, isMissing ? "permission missing" : "not seen",
                    [call, entry.region].compactMap(\.self).joined(separator: " ")
                        + ": " + [entry.outcome.rawValue, entry.code].compactMap(\.self).joined(separator: " ")
                        + (isUntold ? " (only the organisation's management account and delegated administrators are told)" : ""))
            }
        } catch { say(false, "cloud", Self.line(error)) }
    }

    private static func line(_ error: any Error) -> String {
        switch error {
        case let error as any CodedError: error.message
        case let refusal as Refusal: refusal.description
        default: "an error of type \(type(of: error))"
        }
    }
}
