import Foundation
import Testing

/// Which modules each folder may import. The compiler rejects an undeclared import of a target of ours
/// (`--explicit-target-dependency-import-check error`), but not of another package's module; this table covers both.
/// A folder's row is also its trust boundary: the reason stands beside it.
let allowedImports: [String: Set<String>] = [
    "Sources/Basics": ["FoundationEssentials", "Glibc", "Synchronization", "Logging"],
    "Sources/HTTPTransport": ["FoundationEssentials", "Synchronization", "Glibc", "Basics", "CCurl"],
    // Glibc for the folder that a collection is written to.
    "Sources/CloudModel": ["FoundationEssentials", "Glibc", "Basics"],
    // Pure: what it answers depends on its arguments alone.
    "Sources/IAMEvaluator": ["CloudModel"],
    "Sources/SnapshotStore": ["FoundationEssentials", "Glibc", "Basics", "CloudModel", "GRDB", "GRDBSQLite"],
    // No network, no control-plane database, no logging. CCbc for the plans' integer programs, Synchronization for the lock around it,
    // Dispatch for looking at targets side by side, and for checking a plan from scratch while it is put into words.
    "Sources/Engine": [
        "FoundationEssentials", "Synchronization", "Dispatch", "CCbc", "Crypto", "Yams", "CloudModel", "IAMEvaluator", "SnapshotStore",
    ],
    "Sources/SQLDatabase": ["FoundationEssentials", "Glibc", "Synchronization", "Dispatch", "Basics", "CLibPQ", "GRDB"],
    "Protocol/WireProtocol": ["FoundationEssentials", "Basics", "CloudModel", "CZstd", "Crypto"],
    // Small on purpose: one `import Foundation` would cost the agent 43 MB.
    "Agent/AgentCore": [
        "FoundationEssentials", "Glibc", "Synchronization", "Basics", "CloudModel", "WireProtocol", "HTTPTransport", "Crypto", "X509",
        "SwiftASN1", "ServiceLifecycle",
    ],
    "Agent/AgentCollectors": [
        "FoundationEssentials", "Glibc", "Synchronization", "Basics", "CloudModel", "AgentCore", "HTTPTransport", "Crypto",
    ],
    // The only code near the CA key.
    "ControlPlane/EnrolmentCA": [
        "FoundationEssentials", "Glibc", "Synchronization", "Basics", "WireProtocol", "Crypto", "X509", "SwiftASN1",
    ],
    "ControlPlane/ControlPlaneCore": [
        "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Basics", "CloudModel", "WireProtocol", "EnrolmentCA",
        "CSandbox",
        "CArgon2", "Crypto", "CryptoExtras", "ServiceLifecycle",
    ],
    "ControlPlane/ControlPlaneStore": [
        "FoundationEssentials", "Synchronization", "Basics", "CloudModel", "ControlPlaneCore", "SQLDatabase",
    ],
    // Faces the outside: reaches data through the core's services alone.
    "ControlPlane/ControlPlaneServer": [
        "FoundationEssentials", "Synchronization", "Basics", "CloudModel", "WireProtocol", "ControlPlaneCore", "Crypto", "X509",
        "SwiftASN1",
        "NIOCore", "NIOSSL", "NIOHTTPTypes", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Mustache", "Logging", "ServiceLifecycle",
    ],
    // Parses customer data: reaches neither the database nor the CA, even by mistake.
    "ControlPlane/WorkerMain": [
        "FoundationEssentials", "Glibc", "Crypto", "CSandbox", "Basics", "CloudModel", "WireProtocol", "SnapshotStore", "Engine",
    ],
]

@Suite struct ImportTests {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test(arguments: allowedImports.keys.sorted())
    func importsOnlyWhatItsLayerAllows(_ folder: String) throws {
        let allowed = try #require(allowedImports[folder])
        let files = try #require(FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil))
        var seen = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            seen += 1
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                guard
                    let match = line.wholeMatch(
                        of:
                            /\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |fileprivate |private )?import (?:struct |class |enum |func |protocol |typealias |let |var )?(\w+).*/
                    )
                else { continue }
                #expect(allowed.contains(String(match.1)), "\(file.lastPathComponent): \(line)")
            }
        }
        #expect(seen > 0, "no Swift file in \(folder): the table names a folder that is gone")
    }
}
