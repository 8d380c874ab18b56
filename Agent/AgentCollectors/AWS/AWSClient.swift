import Basics
import CloudModel
import FoundationEssentials
import HTTPTransport

/// Time as the collector sees it; the tests bring their own.
struct CollectorClock: Sendable {
    var now: @Sendable () -> Date
    /// A time that only goes forward, since any fixed point.
    var elapsed: @Sendable () -> Duration
    var sleep: @Sendable (Duration) async throws -> Void
    /// A number from 0 up to 1, for jitter.
    var random: @Sendable () -> Double

    static let system: CollectorClock = {
        let start = ContinuousClock.now
        return CollectorClock(
            now: { Date() }, elapsed: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) },
            random: { Double.random(in: 0..<1) })
    }()
}

/// Makes calls: paced, signed with fresh credentials, retried within a budget.
struct AWSClient: Sendable {
    var sender: AWSRequestSender
    var credentials: CredentialChain
    var pacing: Pacing
    var budget: RetryBudget
    var clock: CollectorClock

    /// Tries of one request, the first one included.
    static let attempts = 6

    /// One answered request, after as many tries as its failures are worth.
    ///
    /// - Parameter deadline: on ``CollectorClock/elapsed``.
    func call(
        _ service: ServiceModel, _ operation: ServiceModel.Operation, parameters: [(String, ParameterValue)], region: String,
        account: String?,
        deadline: Duration
    ) async throws(CallFailure) -> JSONValue {
        var attempt = 0
        var hasRenewed = false
        var (keys, generation) = try await currentCredentials()
        while true {
            attempt += 1
            try await wait(pacing.reserve(service: service.name, region: region, now: clock.elapsed()), until: deadline)
            let failure: CallFailure
            do throws(CallFailure) {
                let left = deadline - clock.elapsed()
                let answer = try await sender.send(
                    service, operation, parameters: parameters, region: region, account: account, credentials: keys,
                    timeout: min(left, .seconds(60)))
                await pacing.succeeded(service: service.name, region: region)
                await budget.succeeded(attempts: attempt)
                return answer
            } catch { failure = error }

            var isThrottle = false
            var cost = RetryBudget.retryCost
            switch failure {
            case .refused(let refusal):
                if refusal.needsNewCredentials, !hasRenewed {
                    hasRenewed = true
                    do throws(CredentialError) {
                        (keys, generation) = try await credentials.renew(after: generation)
                    } catch { throw .credentials(error) }
                    continue
                }
                isThrottle = refusal.isThrottle
                guard isThrottle || refusal.isTransient else { throw failure }
            case .transport(let error):
                guard error.isTransient else { throw failure }
                if error.code == .timedOut { cost = RetryBudget.timeoutCost }
            default:
                throw failure
            }
            if isThrottle { await pacing.throttled(service: service.name, region: region) }
            guard attempt < Self.attempts, await budget.take(cost) else { throw failure }
            let ceiling = min(Double(1 << min(attempt - 1, 10)) * (isThrottle ? 1 : 0.5), 20)
            try await wait(.milliseconds(Int(clock.random() * ceiling * 1000)), until: deadline)
        }
    }

    private func currentCredentials() async throws(CallFailure) -> (Credentials, Int) {
        do throws(CredentialError) { return try await credentials.credentials() } catch { throw .credentials(error) }
    }

    func wait(_ time: Duration, until deadline: Duration) async throws(CallFailure) {
        guard clock.elapsed() + time < deadline else { throw .deadline }
        guard time > .zero else { return }
        do { try await clock.sleep(time) } catch { throw .transport(HTTPError(.cancelled, "cancelled while waiting")) }
    }
}

/// How many retries the whole collection may spend; botocore's numbers, so that an outage is not answered with a storm.
actor RetryBudget {
    static let retryCost = 5
    static let timeoutCost = 10
    private var tokens: Int
    private let capacity: Int

    init(capacity: Int = 500) {
        self.capacity = capacity
        tokens = capacity
    }

    func take(_ cost: Int) -> Bool {
        guard tokens >= cost else { return false }
        tokens -= cost
        return true
    }

    func succeeded(attempts: Int) {
        tokens = min(capacity, tokens + (attempts > 1 ? Self.retryCost : 1))
    }
}

/// A token bucket for every service and region, which slows down when the service throttles and recovers with every answer.
actor Pacing {
    /// Requests a second, and how many may come at once.
    struct Rate: Sendable {
        var perSecond: Double
        var burst: Double
        /// Calls of this service in flight at once, over all regions.
        var inFlight: Int
    }

    /// AWS's documented or measured limits; what is not known is treated with care.
    static let table: [String: Rate] = [
        "ec2": Rate(perSecond: 20, burst: 100, inFlight: 32), "lambda": Rate(perSecond: 15, burst: 30, inFlight: 16),
        "s3": Rate(perSecond: 300, burst: 300, inFlight: 32), "iam": Rate(perSecond: 10, burst: 20, inFlight: 4),
        "kms": Rate(perSecond: 20, burst: 40, inFlight: 8), "sts": Rate(perSecond: 10, burst: 20, inFlight: 4),
        "secretsmanager": Rate(perSecond: 20, burst: 40, inFlight: 8), "rds": Rate(perSecond: 10, burst: 40, inFlight: 8),
        "elbv2": Rate(perSecond: 10, burst: 40, inFlight: 16), "apigateway": Rate(perSecond: 5, burst: 10, inFlight: 4),
        "apigatewayv2": Rate(perSecond: 5, burst: 10, inFlight: 4), "cloudfront": Rate(perSecond: 5, burst: 10, inFlight: 4),
        "sns": Rate(perSecond: 30, burst: 60, inFlight: 8), "sqs": Rate(perSecond: 50, burst: 100, inFlight: 8),
        // Listings are held to a few a second for the whole organisation (Quotas for AWS Organizations, Throttling limits).
        "organizations": Rate(perSecond: 4, burst: 8, inFlight: 2),
    ]
    static let unknown = Rate(perSecond: 10, burst: 20, inFlight: 8)
    /// botocore's adaptive mode: what is left of the rate after a throttle, and the least it falls to.
    static let decrease = 0.7
    static let least = 0.5

    private struct Bucket {
        var rate: Double
        var tokens: Double
        var at: Duration
    }
    private var buckets: [String: Bucket] = [:]
    private let isUnlimited: Bool
    /// Over all services and regions: nothing makes up for what was not used.
    private let most: Rate?
    /// No service has this name.
    private static let all = ""

    /// - Parameters:
    ///   - isUnlimited: starts without a limit, for an emulator; throttles still count.
    ///   - most: calls a second over all services.
    init(isUnlimited: Bool = false, most: Int? = nil) {
        self.isUnlimited = isUnlimited
        self.most = most.map { Rate(perSecond: Double($0), burst: 1, inFlight: .max) }
    }

    /// Takes a place in the line, and says how long to wait for it.
    func reserve(service: String, region: String, now: Duration) -> Duration {
        let own = reserve(service + "/" + region, limit(service), now)
        return most.map { max(own, reserve(Self.all, $0, now)) } ?? own
    }

    private func reserve(_ name: String, _ limit: Rate, _ now: Duration) -> Duration {
        var bucket = buckets[name] ?? Bucket(rate: limit.perSecond, tokens: limit.burst, at: now)
        let passed = max(0, (now - bucket.at) / .seconds(1))
        bucket.tokens = min(limit.burst, bucket.tokens + passed * bucket.rate) - 1
        bucket.at = now
        buckets[name] = bucket
        guard bucket.tokens < 0 else { return .zero }
        return .milliseconds(Int((-bucket.tokens / bucket.rate * 1000).rounded(.up)))
    }

    func throttled(service: String, region: String) {
        guard var bucket = buckets[service + "/" + region] else { return }
        // An emulator's unlimited bucket falls to the real limit first.
        bucket.rate = max(Self.least, min(bucket.rate, (Self.table[service] ?? Self.unknown).perSecond) * Self.decrease)
        bucket.tokens = min(bucket.tokens, 0)
        buckets[service + "/" + region] = bucket
    }

    func succeeded(service: String, region: String) {
        guard var bucket = buckets[service + "/" + region] else { return }
        let most = limit(service).perSecond
        guard bucket.rate < most else { return }
        bucket.rate = min(most, bucket.rate + max(0.05, most * 0.01))
        buckets[service + "/" + region] = bucket
    }

    private func limit(_ service: String) -> Rate {
        isUnlimited ? Rate(perSecond: 10_000, burst: 10_000, inFlight: 64) : Self.table[service] ?? Self.unknown
    }
}
