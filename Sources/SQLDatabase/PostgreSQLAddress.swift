import CLibPQ
import Glibc

/// Where a PostgreSQL database is and how it is reached, from a `postgres://` address.
///
/// Over the network the server proves who it is: `sslmode` is `verify-full` unless the address says otherwise. A Unix socket needs no TLS.
public struct PostgreSQLAddress: Sendable {
    private var values: [String: String]

    /// Reads `postgres://` or `postgresql://`, as libpq does.
    ///
    /// - Throws: ``SQLError`` `cannotOpen`; its words never hold a password.
    public init(_ text: String) throws(SQLError) {
        guard ["postgres://", "postgresql://"].contains(where: { text.hasPrefix($0) }) else {
            throw SQLError(.cannotOpen, "a database's address begins with postgres://")
        }
        var problem: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &problem) else {
            PQfreemem(problem)
            throw SQLError(.cannotOpen, "this is not a database's address: postgres://USER@HOST:PORT/NAME?sslmode=…")
        }
        defer { PQconninfoFree(options) }
        values = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        let host = values["host"] ?? values["hostaddr"] ?? Self.environment("PGHOST") ?? ""
        isLocal = host.isEmpty || host.utf8.split(separator: UInt8(ascii: ",")).allSatisfy { $0.first == UInt8(ascii: "/") }
        if !isLocal, values["sslmode"] == nil, Self.environment("PGSSLMODE") == nil { values["sslmode"] = "verify-full" }
        if !isLocal, values["sslrootcert"] == nil, Self.environment("PGSSLROOTCERT") == nil { values["sslrootcert"] = Self.systemRoots }
        // Otherwise a Kerberos ticket could take the place of the verified certificate.
        if values["gssencmode"] == nil { values["gssencmode"] = "disable" }
        if values["connect_timeout"] == nil { values["connect_timeout"] = "10" }
        if values["application_name"] == nil { values["application_name"] = "cloudryption-server" }
        values["client_encoding"] = "UTF8"
    }

    /// Whether it is a Unix socket of this machine.
    public let isLocal: Bool
    /// Whether the server's certificate and name are checked, or need not be.
    public var isVerified: Bool { isLocal || values["sslmode"] == "verify-full" }
    /// Whether a password stands in the address itself.
    public var hasPassword: Bool { values["password"] != nil }

    /// The same address with settings that hold from the connection's first statement on; `RESET` brings them back.
    public func setting(_ settings: [(name: StaticString, value: StaticString)]) -> PostgreSQLAddress {
        var copy = self
        let options = settings.map { "-c \($0.name)=\($0.value)" }.joined(separator: " ")
        copy.values["options"] = [values["options"], options].compactMap { $0 }.joined(separator: " ")
        return copy
    }

    var keywords: ([String], [String]) {
        let sorted = values.sorted { $0.key < $1.key }
        return (sorted.map(\.key), sorted.map(\.value))
    }

    /// libpq's own place for roots when somebody put some there, else the system's.
    private static var systemRoots: String? {
        if let home = environment("HOME"), access(home + "/.postgresql/root.crt", R_OK) == 0 { return nil }
        return ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"].first { access($0, R_OK) == 0 }
    }
    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
