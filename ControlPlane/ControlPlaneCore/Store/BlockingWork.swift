import Dispatch

/// Threads for calls that block on the disk, so that they never hold up Swift's own few.
final class BlockingWork: Sendable {
    private let queue = DispatchQueue(label: "blocking", attributes: .concurrent)

    func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// Lets one caller at a time work on the same key; others wait in order.
actor Turns<Key: Hashable & Sendable> {
    private var waiting: [Key: [CheckedContinuation<Void, Never>]] = [:]

    nonisolated func with<T: Sendable>(_ key: Key, _ body: @Sendable () async throws -> T) async throws -> T {
        await take(key)
        do {
            let result = try await body()
            await give(key)
            return result
        } catch {
            await give(key)
            throw error
        }
    }

    private func take(_ key: Key) async {
        guard waiting[key] != nil else {
            waiting[key] = []
            return
        }
        await withCheckedContinuation { waiting[key]?.append($0) }
    }

    private func give(_ key: Key) {
        guard var line = waiting[key], !line.isEmpty else {
            waiting[key] = nil
            return
        }
        let next = line.removeFirst()
        waiting[key] = line
        next.resume()
    }
}
