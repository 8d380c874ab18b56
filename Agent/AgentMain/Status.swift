import AgentCore
import ArgumentParser
import Basics
import CloudModel
import FoundationEssentials
import WireProtocol

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows identity, certificate and spool; exits with 1 when not enrolled.")

    @Flag(help: "As JSON.")
    var json = false
    @OptionGroup var stateOptions: StateOptions

    func run() async throws {
        let folder: StateFolder
        let identity: AgentIdentity
        do {
            folder = try StateFolder(existing: try stateOptions.path(creating: false))
            identity = try folder.identity()
        } catch {
            // Programs read an answer; why there is no more to it stands in the line for people.
            if json {
                Terminal.write(JSONValue.object(["version": .string(HostFacts.version), "enrolled": .bool(false)]).prettyBytes, to: 1)
            }
            throw error
        }
        let status = folder.status()
        let waiting = (try? Spool(folder: folder.spoolPath))?.depth ?? 0
        let facts: [(name: String, value: String?)] = [
            ("tenant", "\(identity.name.tenant)"), ("environment", "\(identity.name.environment)"), ("agent", "\(identity.name.agent)"),
            ("server", identity.server), ("gateway", identity.gateway), ("certificateUntil", AgentClock.text(identity.notAfter)),
            ("certificateIsValid", identity.notAfter > Date() ? "yes" : "no"), ("waitingBundles", "\(waiting)"),
            ("epoch", "\(identity.epoch)"), ("renewsAt", AgentClock.text(identity.renewalTime())),
            ("authorities", identity.authorityPins.joined(separator: " ")), ("lastCollection", status.lastCollection),
            ("lastUpload", status.lastUpload), ("lastBundle", status.lastBundle),
            ("lastRun", status.lastRun), ("lastError", status.lastError), ("lastErrorMessage", status.lastErrorMessage),
            ("clockSkew", status.clockSkew.map { "\($0) seconds behind the server's" }),
            ("settingsVersion", (try? folder.configuration()).flatMap { $0.map { "\($0.version)" } }),
        ]
        if json {
            var object: JSONObject = ["version": .string(HostFacts.version), "enrolled": .bool(true)]
            for (name, value) in facts { object[name] = value.map { .string($0) } ?? .null }
            object["waitingBundles"] = .number("\(waiting)")
            object["clockSkew"] = status.clockSkew.map { .number("\($0)") } ?? .null
            object["certificateIsValid"] = .bool(identity.notAfter > Date())
            Terminal.write(JSONValue.object(object).prettyBytes, to: 1)
        } else {
            for (name, value) in facts {
                let label = name + String(repeating: " ", count: max(1, 20 - name.utf8.count))
                Terminal.print(label + DisplayText.safe(value ?? "-"))
            }
        }
    }
}
