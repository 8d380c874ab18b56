import Foundation
import Glibc
import Synchronization

/// A PostgreSQL server of the tests' own: made in a temporary folder at the first question, on a Unix socket and on a loopback port with TLS,
/// gone when the test process is, however that ends.
///
/// A test that needs it fails when the programs are not there: the Debian package `postgresql` has them.
public final class PostgreSQLServer: Sendable {
    /// Why there is no server.
    public struct Missing: Error, CustomStringConvertible {
        /// In one sentence.
        public var description: String
    }

    /// The folder of the socket.
    public let socket: String
    /// The port, of the socket and on 127.0.0.1.
    public let port: Int
    /// The certificate that TLS connections are checked with.
    public let certificate: String
    private let end: FileHandle
    private let databases = Atomic<Int>(0)

    private static let started = Mutex<Result<PostgreSQLServer, any Error>?>(nil)
    private static let startedForPrograms = Mutex<Result<PostgreSQLServer, any Error>?>(nil)

    /// The one server of tests that talk to it themselves.
    public static func shared() throws -> PostgreSQLServer { try server(in: started) }

    /// The one server of programs under test. A test that waits for its turn among hundreds may hold a lock on the server's roles
    /// for minutes; programs must not wait for that.
    public static func forPrograms() throws -> PostgreSQLServer { try server(in: startedForPrograms) }

    private static func server(in started: borrowing Mutex<Result<PostgreSQLServer, any Error>?>) throws -> PostgreSQLServer {
        try started.withLock { started in
            if let started { return try started.get() }
            let fresh = Result { try PostgreSQLServer() }
            started = fresh
            return try fresh.get()
        }
    }

    private init() throws {
        guard let programs = Self.programs else {
            throw Missing(description: "no PostgreSQL server is installed: install the Debian package postgresql")
        }
        // Another user than root may not pass through the folders above root's own temporary one.
        let above = getuid() == 0 ? "/tmp" : FileManager.default.temporaryDirectory.path
        let folder = above + "/cloudryption-pg-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // initdb and postgres refuse to be root.
        let user = getuid() == 0 ? Self.account("postgres") ?? Self.account("nobody") : nil
        if getuid() == 0 {
            guard let user else { throw Missing(description: "PostgreSQL needs a user that is not root") }
            chown(folder, user.id, user.group)
        }
        let lead = user.map { ["/usr/bin/setpriv", "--reuid=\($0.id)", "--regid=\($0.group)", "--clear-groups"] } ?? []
        port = try Self.freePort()
        socket = folder
        certificate = folder + "/server.crt"
        let tls = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
                -addext subjectAltName=DNS:localhost -keyout server.key -out server.crt >/dev/null 2>&1 && chmod 600 server.key
            """
        // The server lives until this process's end of the pipe is closed, which the kernel does when the process is gone.
        let script = """
            cd '\(folder)' && umask 077 && \(tls) || exit 1
            '\(programs)/initdb' -D data -U root --auth=trust --no-sync --locale=C --encoding=UTF8 >initdb.log 2>&1 || exit 1
            printf 'local all all trust\\nhostssl all all 127.0.0.1/32 trust\\n' >data/pg_hba.conf
            '\(programs)/postgres' -D data -k '\(folder)' -p \(port) -c listen_addresses=127.0.0.1 -c ssl=on \
                -c ssl_cert_file='\(folder)/server.crt' -c ssl_key_file='\(folder)/server.key' -c fsync=off -c max_connections=200 \
                >server.log 2>&1 </dev/null &
            server=$!
            for i in $(seq 300); do
                '\(programs)/pg_isready' -q -h '\(folder)' -p \(port) && break
                kill -0 $server 2>/dev/null || exit 1
                sleep 0.1
            done
            echo ready
            read end
            kill -INT $server
            wait $server
            cd / && rm -rf '\(folder)'
            """
        let arguments = lead + ["/bin/sh", "-c", script]
        let (input, output) = (try Child.pipe(), try Child.pipe())
        _ = try Child(arguments[0], Array(arguments.dropFirst()), input: input.reading, output: output.writing)
        end = input.writing
        try output.writing.close()
        guard output.reading.availableData.starts(with: Data("ready".utf8)) else {
            let log = (try? String(contentsOfFile: folder + "/server.log", encoding: .utf8)) ?? ""
            throw Missing(description: "PostgreSQL does not start in \(folder): \(log.suffix(500))")
        }
    }

    /// The address of a database over the socket.
    public func address(database: String = "postgres", user: String = "root") -> String {
        "postgres://\(user)@/\(database)?host=\(socket)&port=\(port)"
    }
    /// The address of a database over TLS.
    public func networkAddress(host: String = "localhost", database: String = "postgres", user: String = "root") -> String {
        "postgres://\(user)@\(host):\(port)/\(database)?hostaddr=127.0.0.1&sslrootcert=\(certificate)"
    }

    /// A fresh database's name.
    public func makeDatabase() throws -> String {
        let name = "test\(databases.add(1, ordering: .relaxed).newValue)"
        try psql("CREATE DATABASE \(name)")
        return name
    }

    /// Runs SQL as the superuser.
    @discardableResult public func psql(_ sql: String, database: String = "postgres") throws -> String {
        guard let programs = Self.programs else { throw Missing(description: "no PostgreSQL is installed") }
        let outcome = try Command(
            programs + "/psql",
            ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socket, "-p", "\(port)", "-U", "root", "-d", database, "-c", sql]
        ).run()
        guard outcome.status == 0 else { throw Missing(description: "psql: \(outcome.output)\(outcome.errors)") }
        return outcome.output
    }

    /// A user of that name. Not by getpwnam, whose one answer the look-ups of other threads overwrite.
    private static func account(_ name: String) -> (id: uid_t, group: gid_t)? {
        let size = 16 << 10
        var buffer = [CChar](repeating: 0, count: size)
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        guard getpwnam_r(name, &entry, &buffer, size, &found) == 0, found != nil else { return nil }
        return (entry.pw_uid, entry.pw_gid)
    }

    /// The folder of the newest server's programs.
    private static var programs: String? {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root))?.compactMap { Int($0) }.sorted(by: >) ?? []
        return versions.map { "\(root)/\($0)/bin" }.first { access($0 + "/postgres", X_OK) == 0 && access($0 + "/initdb", X_OK) == 0 }
    }

    private static func freePort() throws -> Int {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw Missing(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
