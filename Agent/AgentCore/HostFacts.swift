import Basics
import Glibc

/// What the agent says of itself and its host: to be shown, proves nothing.
public struct HostFacts: Sendable, Hashable {
    /// The agent's version.
    public static let version = "0.1.0"
    /// By how many seconds this host's clock may differ from the server's before somebody is told.
    public static let clockTolerance = 120.0
    /// The host's name.
    public var hostname: String
    /// Such as `linux/x86_64`.
    public var platform: String
    /// Facts as given.
    public init(hostname: String, platform: String) {
        self.hostname = hostname
        self.platform = platform
    }
    /// This host's.
    public static func current() -> HostFacts {
        var name = [UInt8](repeating: 0, count: 256)
        let failed = name.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { gethostname($0, 255) } ?? -1 }
        }
        let text = failed == 0 ? String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) : ""
        #if arch(x86_64)
            let processor = "x86_64"
        #elseif arch(arm64)
            let processor = "aarch64"
        #else
            let processor = "other"
        #endif
        return HostFacts(hostname: text.isEmpty ? "unknown" : DisplayText.safe(text, limit: 128), platform: "linux/\(processor)")
    }
}
