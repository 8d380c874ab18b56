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
    @OptionGroup var cloud: CloudOptions
    @OptionGroup var stateOptions: StateOptions

    func run() async throws {
        var isWell = true
        func say(_ good: Bool, _ what: String, _ detail: String) {
            if !good { isWell = false }
            Terminal.print("\(good ? "ok  " : "FAIL")  \(what): \(Privileges.shown(DisplayText.safe(detail)))")
        }
        let collecting = try cloud.configuration()
        do {
            let folder = try StateFolder(existing: try stateOptions.path(creating: false))
            let identity = try folder.identity()
            say(true, "state", "closed to others, key and certificate fit")
            say(identity.notAfter > Date(), "certificate", "until \(AgentClock.text(identity.notAfter))")
            await server(identity, say)
        } catch { say(false, "state", Self.line(error)) }
        if !offline { await account(collecting, say) }
        if !isWell { throw ExitCode(1) }
    }

    private func server(_ identity: AgentIdentity, _ say: (Bool, String, String) -> Void) async {
        do {
            let gateway = try Gateway(address: identity.gateway, client: try HTTPClient(configuration: identity.configuration))
            let time = try await gateway.serverTime()
            say(true, "server", "\(identity.gateway) answers and knows this agent")
            if let time {
                let skew = time.timeIntervalSince(Date())
                say(abs(skew) <= 120, "clock", "\(abs(Int(skew))) seconds \(skew < 0 ? "ahead of" : "behind") the server's")
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
