import Basics
import Synchronization
import WireProtocol

/// What the server has the agent go by, within what the agent was started with. `Protocol/Spec/configuration.md`.
final class ServerSettings: Sendable {
    private struct State {
        var held: AgentConfiguration?
        /// Of a newer version that was not taken.
        var refused: (version: UInt64, code: String)?
        /// Whether what is held still lies within the agent's own bounds.
        var isWithin = true
    }
    private let folder: StateFolder
    private let collector: any Collector
    private let isAllowed: Bool
    private let state: Mutex<State>

    /// What the folder holds for `agent`. Bounds that were drawn tighter since it was stored hold too.
    ///
    /// - Parameter isAllowed: whether anything of the server's is gone by at all.
    init(folder: StateFolder, agent: AgentName, collector: any Collector, isAllowed: Bool) throws {
        self.folder = folder
        self.collector = collector
        self.isAllowed = isAllowed
        var state = State()
        // Another agent's, from before this folder was given to this one, says nothing.
        if let held = try folder.configuration(), held.agent == agent {
            state.held = held
            do throws(ConfigurationError) { try Self.check(held.settings, collector, isAllowed: isAllowed) } catch {
                state.isWithin = false
                state.refused = (held.version, error.fullCode)
            }
        }
        self.state = Mutex(state)
    }

    /// What the agent goes by now.
    var settings: AgentSettings { state.withLock { $0.isWithin ? $0.held?.settings : nil } ?? AgentSettings() }

    /// What is said of it in a sign of life.
    var word: HeldConfiguration {
        state.withLock {
            HeldConfiguration(version: $0.isWithin ? $0.held?.version : nil, refused: $0.refused?.version, code: $0.refused?.code)
        }
    }

    /// Takes what the server sent, or throws and stays as it was.
    ///
    /// - Returns: the version, where it is another one than before.
    /// - Throws: ``ConfigurationError``; ``FileError`` when it cannot be stored, and then it is not gone by.
    func take(_ signed: SignedConfiguration, for identity: AgentIdentity) throws -> UInt64? {
        guard let key = identity.configurationKey else {
            throw ConfigurationError(.badSignature, "there is no key yet with which the configuration could be checked")
        }
        let held = state.withLock { $0.held }
        let new = try signed.open(key, for: identity.name, after: held)
        guard new != held else { return nil }
        do throws(ConfigurationError) { try Self.check(new.settings, collector, isAllowed: isAllowed) } catch {
            // It is the server's own, and will not get better: the server is told, and need not send it again.
            state.withLock { $0.refused = (new.version, error.fullCode) }
            throw error
        }
        // On disk before it is gone by, so that after a restart nothing older is taken.
        try folder.save(new)
        state.withLock { $0 = State(held: new) }
        return new.version
    }

    private static func check(
        _ settings: AgentSettings, _ collector: any Collector, isAllowed: Bool
    ) throws(ConfigurationError) {
        guard isAllowed else { throw ConfigurationError(.notAllowed, "this agent was started with --own-settings-only") }
        do throws(ScopeError) { try collector.check(settings.scope) } catch {
            let code: ConfigurationError.Code =
                switch error.code {
                case .unknownService: .unknownService
                case .unknownRegion: .unknownRegion
                case .rateTooHigh: .outOfRange
                }
            throw ConfigurationError(code, error.message)
        }
    }
}

extension AgentSettings {
    /// What of it a collector goes by.
    var scope: CollectionScope { CollectionScope(regions: regions, services: services, rate: rate) }
}
