/// A PostgreSQL database through a bounded pool of connections, each an actor on a thread of its own.
///
/// A connection is lent for one transaction. Whoever finds none free waits in line, and gives up after a while.
public final class PostgreSQLDatabase: SQLDatabase {
    /// What holds for one transaction only.
    public struct Scope: Sendable {
        /// A setting of the transaction, such as whose rows it may see.
        public var setting: (name: String, value: String)?
        /// A name that one writer at a time may hold.
        public var turn: String?
        /// A scope of these parts.
        public init(setting: (name: String, value: String)? = nil, turn: String? = nil) {
            self.setting = setting
            self.turn = turn
        }
    }
    private let pool: PostgreSQLPool

    /// Connects with the first question.
    ///
    /// - Parameters:
    ///   - connections: how many there are at most.
    ///   - patience: how long to wait for a free one.
    public init(_ address: PostgreSQLAddress, connections: Int = 8, patience: Duration = .seconds(10)) {
        pool = PostgreSQLPool(address: address, limit: connections, patience: patience)
    }

    /// Runs `body` on one unchanging state of the database.
    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLReading) throws -> T) async throws -> T {
        try await read(Scope(), body)
    }
    /// Runs `body` in one transaction; rolls back when it throws. Other writers may be at work: see ``Scope/turn``.
    public func write<T: Sendable>(_ body: @escaping @Sendable (any SQLWriting) throws -> T) async throws -> T {
        try await write(Scope(), body)
    }

    /// ``read(_:)`` with settings.
    public func read<T: Sendable>(_ scope: Scope, _ body: @escaping @Sendable (any SQLReading) throws -> T) async throws -> T {
        try await transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", scope) { try body($0) }
    }
    /// ``write(_:)`` with settings.
    public func write<T: Sendable>(_ scope: Scope, _ body: @escaping @Sendable (any SQLWriting) throws -> T) async throws -> T {
        try await transaction("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", scope, body)
    }

    private func transaction<T: Sendable>(
        _ begin: StaticString, _ scope: Scope, _ body: @escaping @Sendable (any SQLWriting) throws -> T
    ) async throws -> T {
        var opening: [(sql: StaticString, parameters: [SQLValue])] = [(begin, [])]
        if let setting = scope.setting {
            opening.append(("SELECT set_config($1, $2, true)", [.text(setting.name), .text(setting.value)]))
        }
        if let turn = scope.turn {
            // A transaction's view of the data begins with its next statement, when it has its turn.
            opening.append(("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [.text(turn)]))
        }
        // A server that restarted leaves as many dead connections as there are.
        for _ in 0...pool.limit {
            let connection = try await pool.take()
            do {
                let result = try await connection.transaction(opening, body)
                await pool.give(connection)
                return result
            } catch is PostgreSQLConnection.LostBefore {
                await pool.give(connection)
            } catch {
                await pool.give(connection)
                throw error
            }
        }
        throw SQLError(.cannotOpen, "the connection to the database ends at once")
    }

    /// Runs statements of which PostgreSQL wants no transaction around them.
    public func outside<T: Sendable>(_ body: @escaping @Sendable (any SQLWriting) throws -> T) async throws -> T {
        let connection = try await pool.take()
        do {
            let result = try await connection.outside(body)
            await pool.give(connection)
            return result
        } catch {
            await pool.give(connection)
            throw error
        }
    }

    /// Disconnects what is not in use; what is, when it comes back.
    public func close() async { await pool.close() }
}

/// Hears of what others announce on a channel, over a connection of its own.
public actor PostgreSQLListener {
    private let address: PostgreSQLAddress
    private let listen: StaticString
    private var connection: PostgreSQLConnection?

    /// - Parameter listen: such as `LISTEN runs`.
    public init(_ address: PostgreSQLAddress, _ listen: StaticString) {
        self.address = address
        self.listen = listen
    }

    /// Waits for word.
    ///
    /// - Returns: whether there was some, or there may have been some that nobody heard.
    /// - Throws: ``SQLError`` when there is no connection; the next call tries anew.
    public func word(atMost: Duration) async throws -> Bool {
        let end = ContinuousClock.now.advanced(by: atMost)
        do {
            guard let connection else {
                let fresh = try PostgreSQLConnection(address)
                try await fresh.open()
                try await fresh.outside { [listen] in try $0.script(listen) }
                connection = fresh
                return true
            }
            return try await connection.awaitNotification(until: end)
        } catch {
            connection = nil
            throw error
        }
    }

    /// Disconnects.
    public func close() { connection = nil }
}

/// Lends connections, a bounded number, in the order in which they were asked for.
actor PostgreSQLPool {
    nonisolated let limit: Int
    private let address: PostgreSQLAddress
    private let patience: Duration
    private var idle: [PostgreSQLConnection] = []
    private var lent = 0
    private var line: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    private var tickets: UInt64 = 0
    private var closed = false

    init(address: PostgreSQLAddress, limit: Int, patience: Duration) {
        self.address = address
        self.limit = max(limit, 1)
        self.patience = patience
    }

    func take() async throws -> PostgreSQLConnection {
        if lent >= limit {
            guard try await waited() else { throw SQLError(.busy, "every connection to the database is in use") }
        } else {
            lent += 1
        }
        // From here on one of the places is ours.
        while let connection = idle.popLast() {
            if await connection.isSound { return connection }
        }
        do {
            guard !closed else { throw SQLError(.cannotOpen, "the database is closed") }
            let connection = try PostgreSQLConnection(address)
            try await connection.open()
            return connection
        } catch {
            giveUpPlace()
            throw error
        }
    }

    func give(_ connection: PostgreSQLConnection) async {
        if await connection.isSound, !closed { idle.append(connection) } else { await connection.close() }
        giveUpPlace()
    }

    func close() async {
        closed = true
        let all = idle
        idle = []
        for connection in all { await connection.close() }
    }

    /// Hands the place to whoever waits longest.
    private func giveUpPlace() {
        if line.isEmpty { lent -= 1 } else { line.removeFirst().continuation.resume(returning: true) }
    }

    /// Whether a place was handed over in time.
    private func waited() async throws -> Bool {
        tickets += 1
        let ticket = tickets
        let patience = patience
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.stand(ticket) }
            group.addTask {
                try? await Task.sleep(for: patience)
                await self.leave(ticket)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            // The place may be handed over at the moment of giving up: then it is ours all the same.
            let second = await group.next() ?? false
            return first || second
        }
    }

    private func stand(_ ticket: UInt64) async -> Bool {
        await withCheckedContinuation { continuation in
            if lent < limit {
                lent += 1
                continuation.resume(returning: true)
            } else {
                line.append((ticket, continuation))
            }
        }
    }

    private func leave(_ ticket: UInt64) {
        guard let index = line.firstIndex(where: { $0.ticket == ticket }) else { return }
        line.remove(at: index).continuation.resume(returning: false)
    }
}
