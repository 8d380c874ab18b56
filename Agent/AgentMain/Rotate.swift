import AgentCore
import ArgumentParser
import Basics
import FoundationEssentials
import HTTPTransport
import WireProtocol

struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replaces key and certificate now. A running agent does it by itself: ask it with cloudryption agents rotate.")

    @OptionGroup var stateOptions: StateOptions

    func run() async throws {
        let folder = try StateFolder(existing: try stateOptions.path(creating: false))
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        let identity = try folder.identity()
        try identity.checkValid(at: Date())
        let gateway = try Gateway(address: identity.gateway, client: try HTTPClient(configuration: identity.configuration))
        let renewed = try await gateway.renew(identity)
        // On disk before its first use: from then on the old one is refused.
        try folder.save(renewed)
        _ = try await Gateway(address: renewed.gateway, client: try HTTPClient(configuration: renewed.configuration)).serverTime()
        Terminal.print("a new key is in use; its certificate is valid until \(AgentClock.text(renewed.notAfter))")
    }
}

struct Unenroll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has the control plane shut this agent out for good, and removes key, identity and waiting bundles.")

    @Flag(help: "Removes them even when the control plane does not answer; then revoke the agent there.")
    var force = false
    @OptionGroup var stateOptions: StateOptions

    func run() async throws {
        let folder = try StateFolder(existing: try stateOptions.path(creating: false))
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        do {
            let identity = try folder.identity()
            try await Gateway(address: identity.gateway, client: try HTTPClient(configuration: identity.configuration)).leave()
            Terminal.print("agent \(identity.name.agent) is revoked")
        } catch {
            guard force else { throw error }
            Terminal.print("the control plane was not told: revoke this agent there")
        }
        try folder.forget()
        Terminal.print("key, identity and waiting bundles are removed")
    }
}
