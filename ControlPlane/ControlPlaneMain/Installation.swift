import ArgumentParser
import Basics
import ControlPlaneCore
import ControlPlaneStore
import EnrolmentCA
import FoundationEssentials
import Glibc
import Logging
import SQLDatabase

/// What every command needs to know.
struct DataOption: ParsableArguments {
    @Option(
        name: .customLong("data"), help: ArgumentHelp("Folder that holds everything, or with --database everything else.", valueName: "dir")
    )
    var path: String
    @Option(
        help: ArgumentHelp(
            "PostgreSQL 15 or later instead of files in the folder; CLOUDRYPTION_DATABASE says the same.", valueName: "postgres://…"))
    var database: String?

    /// Opens the database at this program's version.
    func openStore(_ folder: DataFolder, now: Date) async throws -> any InstalledStore {
        let variable = getenv("CLOUDRYPTION_DATABASE").map { String(cString: $0) } ?? ""
        guard let address = database ?? (variable.isEmpty ? nil : variable) else {
            return try SQLiteStore(path: folder.database, tenants: folder.tenants, now: now)
        }
        do {
            return try await PostgreSQLStore(PostgreSQLAddress(address), now: now)
        } catch let error as SQLError {
            throw StoreError(.unavailable, error.message, cause: error)
        }
    }
}

/// A data folder, opened: its database at the newest version, its CA and master key read or made.
struct Installation {
    let data: DataFolder
    let store: any InstalledStore
    let master: MasterKey
    let authority: AuthorityWatch
    let auditKey: AuditSigningKey
    var audit: AuditService { AuditService(store: store, key: auditKey) }

    /// Opens the folder; with `existing` it has to hold an installation already, so that a mistyped path does not become a new one.
    init(_ option: DataOption, existing: Bool = false) async throws {
        let path = Self.absolute(option.path)
        if existing, SafeFile.size(path + "/ca") == nil {
            throw StoreError(.notFound, "there is no installation at \(path): cloudryption-server bootstrap makes one")
        }
        data = try DataFolder(path)
        let now = Date()
        store = try await option.openStore(data, now: now)
        master = try MasterKey(folder: data.keys)
        auditKey = try AuditSigningKey(folder: data.keys, master: master)
        authority = try AuthorityWatch(folder: data.authority)
    }

    private static func absolute(_ path: String) -> String {
        path.utf8.first == UInt8(ascii: "/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// Ends a command: what it put on record is signed.
    func close() async throws {
        if let failure = await audit.signAll(fresh: true).first {
            throw StoreError(.corrupt, "the audit log of tenant \(failure.tenant) cannot be signed: \(failure.reason)")
        }
        try await store.close()
    }

    /// The services, for listeners under these names.
    func services(
        names: [String], sitePort: Int, gatewayPort: Int, pieceSize: Int, outside: Outside, certificateLifetime: Double
    ) throws -> ControlPlaneServices {
        let name = names.first ?? "localhost"
        let host = name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]" : name
        return try ControlPlaneServices(
            store: store, data: data, authority: authority, master: master,
            tls: try listenerIdentity(names: names), outside: outside, certificateLifetime: certificateLifetime,
            gatewayURL: "https://\(host):\(gatewayPort)", consoleURL: "https://\(host):\(sitePort)", pieceSize: pieceSize)
    }

    /// What the listeners present under these names, and whom they trust: all authorities of now.
    func listenerIdentity(names: [String]) throws -> ListenerIdentity {
        let current = try authority.current()
        try current.serving.ensureServerCertificate(in: data.tls, names: names, now: Date())
        return ListenerIdentity(
            certificates: try CertificateAuthority.serverChain(in: data.tls), privateKeyFile: data.tls + "/server.key",
            agentAuthorities: current.roots, agentIssuers: current.trusted.map(\.issuingPEM))
    }

    /// Held until the program ends: whoever has it is the only one who takes runs of this folder.
    func lockForWork() throws {
        let descriptor = open(data.workLock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw StoreError(.conflict, "another program already takes the runs of \(data.path)")
        }
    }
}

/// The log: one line an event on the error output, secrets replaced.
enum Log {
    static func make() -> Logger {
        LoggingSystem.bootstrap { RedactingLogHandler(StreamLogHandler.standardError(label: $0)) }
        return Logger(label: "cloudryption-server")
    }
}
