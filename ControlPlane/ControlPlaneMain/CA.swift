import ArgumentParser
import Basics
import ControlPlaneCore
import EnrolmentCA
import FoundationEssentials
import WireProtocol

/// `cloudryption-server ca`: the rotation of the authorities, step by step. A server that runs takes each step in within seconds.
struct CA: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Replace the authority behind all certificates without an outage.",
        discussion: """
            prepare    makes the next authority; agents are told to trust both
            activate   lets the next one sign; agents renew
            retire     ends trust in the old one, once no agent needs it
            rollback   goes one step back, any time before retire
            """,
        subcommands: [Status.self, Prepare.self, Activate.self, Retire.self, Rollback.self], defaultSubcommand: Status.self)

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show how far a rotation is, and for whom it waits.")
        @OptionGroup var data: DataOption
        @Flag(help: "Print one JSON object.") var json = false

        private struct Answer: Encodable {
            struct Agent: Encodable {
                var tenant: String
                var agent: AgentID
                var hostname: String
                var state: String
                var trustsAll: Bool
                var certificateIsCurrent: Bool
                var lastSeen: String?
            }
            var phase: String
            var signing: String
            var serving: String
            var trusted: [String]
            var waitingFor: Int
            var agents: [Agent]
        }

        func run() async throws {
            let installation = try await Installation(data, existing: true)
            let current = try installation.authority.current()
            let agents = try await installation.operatorServices().fleet.certifiedAgents()
            try await installation.close()
            let waiting = agents.filter { $0.counts && CA.waits(for: $0, current.phase) }
            if json {
                let answer = Answer(
                    phase: current.phase.rawValue, signing: current.signing.pin, serving: current.serving.pin, trusted: current.pins,
                    waitingFor: waiting.count,
                    agents: agents.map {
                        Answer.Agent(
                            tenant: $0.tenant, agent: $0.agent, hostname: $0.hostname, state: $0.state.rawValue, trustsAll: $0.trustsAll,
                            certificateIsCurrent: $0.isOfSigning, lastSeen: $0.lastSeen?.formatted(.iso8601))
                    })
                print(String(decoding: try WireJSON.encode(answer), as: UTF8.self))
                return
            }
            print("phase      \(current.phase.rawValue)")
            print("signing    \(current.signing.pin)")
            print("serving    \(current.serving.pin)")
            for pin in current.pins { print("trusted    \(pin)") }
            for agent in agents where current.phase != .steady {
                let state = CA.waits(for: agent, current.phase) ? (agent.counts ? "waiting" : "enrols again") : "ready"
                print("agent      \(agent.agent)  \(DisplayText.safe(agent.hostname, limit: 40))  \(agent.state.rawValue)  \(state)")
            }
        }
    }

    struct Prepare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make the next authority; both are trusted from now on.")
        @OptionGroup var data: DataOption

        func run() async throws {
            let installation = try await Installation(data, existing: true)
            try CertificateAuthorities.prepare(installation.data.authority, now: Date())
            let current = try installation.authority.current()
            try await installation.close()
            print("prepared: \(current.other?.pin ?? "") is trusted beside \(current.signing.pin)")
            print("agents learn of it with their next sign of life: see ca status, then ca activate")
        }
    }

    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let the next authority sign; the old one stays trusted.")
        @OptionGroup var data: DataOption
        @Flag(help: "Even though an agent does not trust the next authority yet.") var force = false

        func run() async throws {
            let installation = try await Installation(data, existing: true)
            try await CA.require(installation, .prepared, force, "trust the next authority")
            try CertificateAuthorities.activate(installation.data.authority)
            let current = try installation.authority.current()
            try await installation.close()
            print("active: \(current.signing.pin) signs; agents renew with their next sign of life: see ca status, then ca retire")
        }
    }

    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End trust in the old authority. This does not come back.")
        @OptionGroup var data: DataOption
        @Flag(help: "Even though an agent still needs it: such agents have to enrol again.") var force = false

        func run() async throws {
            let installation = try await Installation(data, existing: true)
            try await CA.require(installation, .active, force, "have a certificate of the next authority")
            try CertificateAuthorities.retire(installation.data.authority)
            let current = try installation.authority.current()
            try await installation.close()
            print("retired: \(current.signing.pin) alone is trusted; new agents enrol with this --ca-pin")
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go one step back.")
        @OptionGroup var data: DataOption

        func run() async throws {
            let installation = try await Installation(data, existing: true)
            try CertificateAuthorities.rollBack(installation.data.authority)
            let current = try installation.authority.current()
            try await installation.close()
            print("\(current.phase.rawValue): \(current.signing.pin) signs")
        }
    }

    private static func waits(for agent: CertifiedAgent, _ phase: CertificateAuthorities.Phase) -> Bool {
        switch phase {
        case .steady: false
        case .prepared: !agent.trustsAll
        case .active: !agent.isOfSigning
        }
    }

    private static func require(
        _ installation: Installation, _ phase: CertificateAuthorities.Phase, _ force: Bool, _ what: String
    ) async throws {
        guard !force, try installation.authority.current().phase == phase else { return }
        let waiting = try await installation.operatorServices().fleet.certifiedAgents().filter { $0.counts && waits(for: $0, phase) }
        guard waiting.isEmpty else {
            throw StoreError(
                .conflict, "\(waiting.count) agents do not \(what) yet: see ca status; --force leaves them behind, to enrol again")
        }
    }
}
