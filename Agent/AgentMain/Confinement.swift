import AgentCore
import Basics
import CAgentGuard
import Synchronization

/// What this process gives up before it opens a connection, for good and for all of its threads.
enum Confinement {
    /// How much of it this system allows.
    struct State: Sendable {
        var isEntered = false
        /// Whether the kernel keeps the process from starting programs, from listening, and from reaching into others.
        var isFiltered = false
        /// Why not.
        var filterError: Int32 = 0
    }
    private static let stored = Mutex(State())
    static var state: State { stored.withLock { $0 } }

    /// Privileges first: without them no agent works. The filter where the kernel has one.
    static func enter() throws(AgentError) {
        guard ag_drop_rights() == 0 else {
            throw AgentError(.invalidArgument, "this system cannot forbid new privileges")
        }
        let result = ag_filter_calls()
        stored.withLock { $0 = State(isEntered: true, isFiltered: result == 0, filterError: -result) }
    }

    /// Most mebibytes of memory; whoever needs more ends instead of taking the machine with it.
    static func limitMemory(mebibytes: Int) throws(AgentError) {
        guard ag_limit_memory(UInt64(mebibytes) << 20) == 0 else {
            throw AgentError(.invalidArgument, "memory cannot be held to \(mebibytes) MiB")
        }
    }
}
