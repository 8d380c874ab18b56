public import FoundationEssentials
import Synchronization

/// How much of something each caller may do: a bucket of tokens for each key, filled again with time. In this process's memory only.
public final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var filled: Date
    }
    /// Most keys that are kept apart; beyond them all new ones share one bucket, so that a flood of keys costs no memory.
    public static let mostKeys = 50_000

    /// What may be done at once.
    public let burst: Int
    private let perSecond: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    /// A limiter of this many at once and this many a second from then on.
    public init(burst: Int, perSecond: Double) {
        self.burst = burst
        self.perSecond = perSecond
    }

    /// Takes one for `key`; else says how many seconds it takes until there is one.
    public func take(_ key: String, at now: Date) -> TimeInterval? {
        buckets.withLock { buckets in
            var key = key
            if buckets[key] == nil, buckets.count >= Self.mostKeys {
                buckets = buckets.filter { $0.value.tokens + now.timeIntervalSince($0.value.filled) * perSecond < Double(burst) }
                if buckets.count >= Self.mostKeys { key = "" }
            }
            var bucket = buckets[key] ?? Bucket(tokens: Double(burst), filled: now)
            // A clock that went back fills nothing.
            let passed = max(now.timeIntervalSince(bucket.filled), 0)
            bucket.tokens = min(bucket.tokens + passed * perSecond, Double(burst))
            bucket.filled = max(now, bucket.filled)
            defer { buckets[key] = bucket }
            guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / perSecond }
            bucket.tokens -= 1
            return nil
        }
    }

    /// Gives one back, for what turned out not to count.
    public func giveBack(_ key: String) {
        buckets.withLock { buckets in
            guard let bucket = buckets[key] else { return }
            buckets[key]?.tokens = min(bucket.tokens + 1, Double(burst))
        }
    }

    /// One key for an IPv4 address, and one for the network of 64 bits that an IPv6 address is of: whoever has one address of those has all.
    public static func key(source: String) -> String {
        let groups = source.split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count > 2 else { return source }
        let head = source.hasPrefix("::") ? [] : groups.prefix(while: { !$0.isEmpty }).prefix(4)
        return (head.map(String.init) + Array(repeating: "0", count: 4 - head.count)).joined(separator: ":") + "::/64"
    }
}
