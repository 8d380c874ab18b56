import Dispatch
import Foundation
import SQLDatabase
import Synchronization
import TestSupport
import Testing

/// The way to PostgreSQL: TLS, the pool, transactions, words of the server.
@Suite struct PostgreSQLTests {
    func database(connections: Int = 2, patience: Duration = .seconds(600)) throws -> PostgreSQLDatabase {
        PostgreSQLDatabase(try PostgreSQLAddress(PostgreSQLServer.shared().address()), connections: connections, patience: patience)
    }

    @Test func overTheNetworkTheServersNameAndCertificateAreVerified() async throws {
        let server = try PostgreSQLServer.shared()
        let good = try PostgreSQLAddress(server.networkAddress())
        #expect(good.isVerified && !good.isLocal)
        let tls = try await PostgreSQLDatabase(good).read {
            try $0.row("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")?.integer("ssl")
        }
        #expect(tls == 1)
        // The right certificate, under a name that it does not have.
        let wrong = PostgreSQLDatabase(try PostgreSQLAddress(server.networkAddress(host: "elsewhere.example")))
        await #expect { try await wrong.read { try $0.rows("SELECT 1 AS one") } } throws: { ($0 as? SQLError)?.code == .cannotOpen }
        // Roots that do not know it.
        let unknown = PostgreSQLDatabase(try PostgreSQLAddress("postgres://root@localhost:\(server.port)/postgres?hostaddr=127.0.0.1"))
        await #expect { try await unknown.read { try $0.rows("SELECT 1 AS one") } } throws: { ($0 as? SQLError)?.code == .cannotOpen }
        #expect(try !PostgreSQLAddress(server.networkAddress() + "&sslmode=require").isVerified)
    }

    @Test func anAddressThatIsNoneIsRefusedWithoutItsPassword() throws {
        for text in ["", "mysql://x", "postgres://u:hunter2@h/x?nonsense=1", "/tmp/x.sqlite"] {
            #expect { _ = try PostgreSQLAddress(text) } throws: { !"\($0)".contains("hunter2") }
        }
        #expect(try PostgreSQLAddress("postgres://u:secret@h/x").hasPassword)
        #expect(try PostgreSQLAddress("postgres:///x?host=/run/p").isLocal)
    }

    @Test func everyKindOfValueComesBackAsItWent() async throws {
        let values: [SQLValue] = [
            .integer(.min), .integer(.max), .real(-0.1), .text("ä\u{1F600}\"'"), .text(""), .blob([0, 255]), .blob([]), .null,
        ]
        let row = try #require(
            try await database().read {
                try $0.row(
                    "SELECT $1::bigint AS a, $2::bigint AS b, $3::float8 AS c, $4::text AS d, $5::text AS e, $6::bytea AS f, $7::bytea AS g, $8::text AS h",
                    values)
            })
        #expect(try row.integer("a") == .min && row.integer("b") == .max && row.text("d") == "ä\u{1F600}\"'" && row.text("e").isEmpty)
        #expect(try row.blob("f") == [0, 255] && row.blob("g").isEmpty && row.optionalText("h") == nil)
    }

    @Test func aTransactionWhoseStatementFailedIsNeverCalledCommitted() async throws {
        let database = try database()
        await #expect(throws: SQLError.self) {
            try await database.write { connection in
                _ = try? connection.rows("SELECT 1 / 0 AS x")
            }
        }
        #expect(try await database.read { try $0.row("SELECT 1 AS one")?.integer("one") } == 1)
    }

    @Test func aReadingTransactionCannotWrite() async throws {
        await #expect(throws: SQLError.self) { try await database().read { try $0.rows("CREATE TABLE public.x (y int)") } }
    }

    @Test func whoeverFindsNoConnectionFreeWaitsAndGivesUp() async throws {
        let database = try database(connections: 1, patience: .milliseconds(50))
        let release = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (started, signal) = AsyncStream<Void>.makeStream()
            group.addTask {
                try await database.read { _ in
                    signal.yield()
                    release.wait()
                }
            }
            for await _ in started { break }
            await #expect { try await database.read { try $0.rows("SELECT 1 AS one") } } throws: { ($0 as? SQLError)?.code == .busy }
            release.signal()
            try await group.waitForAll()
        }
        // The place was not lost.
        #expect(try await database.read { try $0.row("SELECT 1 AS one")?.integer("one") } == 1)
    }

    @Test func manyCallersShareFewConnections() async throws {
        let database = try database(connections: 3)
        let sum = try await withThrowingTaskGroup(of: Int64.self) { group in
            for index in 0..<100 {
                group.addTask {
                    try await database.read { try $0.row("SELECT $1::bigint AS x", [.integer(Int64(index))])?.integer("x") ?? 0 }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 4950)
    }

    @Test func connectionsThatTheServerEndedAreReplaced() async throws {
        let database = try database(connections: 1)
        let pid = try await database.read { try $0.row("SELECT pg_backend_pid() AS pid")?.integer("pid") } ?? 0
        try PostgreSQLServer.shared().psql("SELECT pg_terminate_backend(\(pid))")
        let next = try await database.read { try $0.row("SELECT pg_backend_pid() AS pid")?.integer("pid") } ?? 0
        #expect(next != 0 && next != pid)
    }

    @Test func oneWriterAtATimeHasATurn() async throws {
        let database = try database(connections: 4)
        try PostgreSQLServer.shared().psql("CREATE TABLE public.turns (n bigint); INSERT INTO public.turns VALUES (0)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await database.write(.init(turn: "test")) { connection in
                        let n = try connection.row("SELECT n FROM public.turns")?.integer("n") ?? 0
                        try connection.execute("UPDATE public.turns SET n = $1", [.integer(n + 1)])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await database.read { try $0.row("SELECT n FROM public.turns")?.integer("n") } == 40)
    }

    @Test func wordIsHeardOnAChannel() async throws {
        let listener = PostgreSQLListener(try PostgreSQLAddress(PostgreSQLServer.shared().address()), "LISTEN heard")
        // The first call begins to listen; what was said before may have been missed.
        #expect(try await listener.word(atMost: .seconds(5)))
        #expect(try await !listener.word(atMost: .milliseconds(300)))
        try PostgreSQLServer.shared().psql("NOTIFY heard")
        #expect(try await listener.word(atMost: .seconds(30)))
    }
}
