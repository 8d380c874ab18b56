public import Basics
import FoundationEssentials

/// Keys for signing requests.
struct Credentials: Sendable {
    /// The identifier, which is sent in the clear.
    var accessKey: String
    var secretKey: Secret<String>
    var sessionToken: Secret<String>?
    /// When they end; `nil` for those that do not.
    var expiration: Date?
    /// Where they came from, in our words: `environment`.
    var source: String
}

/// Why there are no credentials.
public struct CredentialError: CodedError {
    /// The kinds of failure.
    public enum Code: String, CaseIterable, Sendable {
        /// No source has any.
        case notFound
        /// A source has only a part of what is needed.
        case incomplete
        /// The profile that was named does not exist, or does not say what it needs.
        case badProfile
        /// The profile asks for something that this agent does not do: running a program, asking for a code.
        case unsupported
        /// A credential endpoint's address is not one that may be asked.
        case endpointRefused
        /// A source did not answer.
        case unreachable
        /// A source refused.
        case refused
        /// A source's answer could not be read.
        case badAnswer
    }
    /// `credentials`.
    public static let domain = "credentials"
    /// What went wrong.
    public var code: Code
    /// Names the source, never a value.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// One place that credentials can come from.
protocol CredentialSource: Sendable {
    /// Credentials, or `nil` when this source is not set up here.
    func credentials() async throws(CredentialError) -> Credentials?
}

/// Asks the sources in their order, keeps what the first one gave, and renews it before it ends, once at a time.
actor CredentialChain {
    private let sources: [any CredentialSource]
    private let now: @Sendable () -> Date
    private var current: Credentials?
    private var isRefreshing = false
    private var waiters: [CheckedContinuation<Result<Credentials, CredentialError>, Never>] = []
    private var generation = 0
    private var failedAt: Date?

    /// Renewed when less than this is left, when that works; botocore's number.
    static let advisory: TimeInterval = 15 * 60
    /// How long keys that still work are used on after a renewal failed, before the next is tried.
    static let pause: TimeInterval = 30

    init(sources: [any CredentialSource], now: @escaping @Sendable () -> Date) {
        self.sources = sources
        self.now = now
    }

    /// Credentials that last, and their generation: hand it back to ``renew(after:)`` when a service says that they ended.
    func credentials() async throws(CredentialError) -> (Credentials, generation: Int) {
        if let current {
            if left(current) > Self.advisory { return (current, generation) }
            if let failedAt, left(current) > 0, now().timeIntervalSince(failedAt) < Self.pause { return (current, generation) }
        }
        return (try await refresh(), generation)
    }

    /// New credentials in place of those of `generation`.
    func renew(after generation: Int) async throws(CredentialError) -> (Credentials, generation: Int) {
        if generation == self.generation { current = nil }
        return try await credentials()
    }

    private func left(_ credentials: Credentials) -> TimeInterval {
        credentials.expiration.map { $0.timeIntervalSince(now()) } ?? .infinity
    }

    private func refresh() async throws(CredentialError) -> Credentials {
        if isRefreshing {
            return try await withCheckedContinuation { waiters.append($0) }.get()
        }
        isRefreshing = true
        var result = await ask()
        if case .success(let fresh) = result {
            current = fresh
            generation += 1
            failedAt = nil
        } else if let current, left(current) > 0 {
            // Keys that still work are better than none.
            failedAt = now()
            result = .success(current)
        }
        isRefreshing = false
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume(returning: result) }
        return try result.get()
    }

    private func ask() async -> Result<Credentials, CredentialError> {
        do throws(CredentialError) {
            for source in sources {
                if let found = try await source.credentials() { return .success(found) }
            }
        } catch { return .failure(error) }
        return .failure(
            CredentialError(
                .notFound, "no credentials in the environment, a profile, a web identity, a container endpoint or instance metadata"))
    }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: CredentialSource {
    var environment: [String: String]

    func credentials() async throws(CredentialError) -> Credentials? {
        let key = environment["AWS_ACCESS_KEY_ID"].flatMap { $0.isEmpty ? nil : $0 }
        let secret = environment["AWS_SECRET_ACCESS_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        guard let key else { return nil }
        guard let secret else { throw CredentialError(.incomplete, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not") }
        let token = environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        for value in [key, secret, token ?? ""] where !HeaderText.isSafe(value) {
            throw CredentialError(.incomplete, "the credentials in the environment hold a character that no key has")
        }
        return Credentials(accessKey: key, secretKey: Secret(secret), sessionToken: token.map { Secret($0) }, source: "environment")
    }
}

/// Text that may stand in a header.
enum HeaderText {
    /// Whether every byte is printable ASCII without space.
    static func isSafe(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
}
