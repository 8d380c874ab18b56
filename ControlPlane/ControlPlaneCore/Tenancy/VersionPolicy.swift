import Basics

/// Which agents a server serves: those of its own minor version and of the one before in full; older ones are told to upgrade; a newer one than the
/// server is told that the server comes first.
public enum VersionPolicy {
    /// This server's version.
    public static let server = "0.1.0"

    /// A sentence for the agent's log, or `nil` when all is well, or the version is none that can be compared.
    public static func advice(agent: String, server: String = server) -> String? {
        guard let agent = numbers(agent), let server = numbers(server) else { return nil }
        if (agent.major, agent.minor) > (server.major, server.minor) {
            return "this agent is newer than the server: upgrade the server first"
        }
        if agent.major < server.major || agent.minor + 1 < server.minor {
            return "this agent is more than one minor version behind the server: upgrade it"
        }
        return nil
    }

    private static func numbers(_ text: String) -> (major: Int, minor: Int)? {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]), (0...9999).contains(major), (0...9999).contains(minor)
        else { return nil }
        return (major, minor)
    }
}
