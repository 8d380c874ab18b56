public import AgentCore
public import Basics
public import CloudModel
import FoundationEssentials
public import HTTPTransport

/// What an ``AWSCollector`` reads and how hard it tries.
public struct AWSCollectorConfiguration: Sendable {
    /// Texts of the AWS CLI's files, for a process that can no longer read them itself.
    public struct ProfileFiles: Sendable {
        /// The text of `~/.aws/config`.
        public var config: Secret<[UInt8]>?
        /// The text of `~/.aws/credentials`.
        public var credentials: Secret<[UInt8]>?
        /// Files of these texts; `nil` is a file that does not exist.
        public init(config: Secret<[UInt8]>?, credentials: Secret<[UInt8]>?) {
            self.config = config
            self.credentials = credentials
        }
        /// Reads the files now that `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name, or those in `~/.aws`; a missing one is none.
        ///
        /// - Throws: ``CredentialError`` with ``CredentialError/Code/badProfile`` when a file is there and cannot be read.
        public static func load(environment: [String: String]) throws(CredentialError) -> ProfileFiles {
            try Profiles.files(environment: environment)
        }
    }

    /// The process's environment: the `AWS_…` variables that AWS's own tools read.
    public var environment: [String: String]
    /// A profile by name; then the environment's keys are not used.
    public var profile: String?
    /// Replaces `~/.aws/config` and `~/.aws/credentials`; `nil` reads them when they are needed.
    public var profileFiles: ProfileFiles?
    /// Replaces every service's endpoint: an emulator, say.
    public var endpointURL: String?
    /// The regions to read; `nil` for all that the account has enabled.
    public var regions: [String]?
    /// The services to read, as the AWS CLI writes them; `nil` for all of the catalogue.
    public var services: [String]?
    /// Most calls a second, over all services; `nil` leaves it at each service's own limit.
    public var rate: Int?
    /// Where questions about the account are asked; `nil` for `AWS_REGION`, the profile's region, or us-east-1.
    public var homeRegion: String?
    /// Most calls in flight.
    public var concurrency: Int
    /// The longest that one call may take, with all its pages and retries.
    public var callDeadline: Duration
    /// The longest that is asked when each user and role last used which service; zero leaves that out.
    public var lastAccessedTime: Duration
    /// The key of the fingerprints that stand where secrets stood; see the page of this collector. It stays on the agent.
    public var redactionKey: Secret<[UInt8]>

    /// A configuration; the defaults read everything that is enabled.
    ///
    /// - Parameter redactionKey: `nil` makes a new key: then fingerprints of two collections cannot be compared.
    public init(
        environment: [String: String], profile: String? = nil, profileFiles: ProfileFiles? = nil, endpointURL: String? = nil,
        regions: [String]? = nil, services: [String]? = nil, rate: Int? = nil,
        homeRegion: String? = nil, concurrency: Int = 64, callDeadline: Duration = .seconds(300),
        lastAccessedTime: Duration = .seconds(15 * 60), redactionKey: Secret<[UInt8]>? = nil
    ) {
        self.environment = environment
        self.profile = profile
        self.profileFiles = profileFiles
        self.endpointURL = endpointURL
        self.regions = regions
        self.services = services
        self.rate = rate
        self.homeRegion = homeRegion
        self.concurrency = concurrency
        self.callDeadline = callDeadline
        self.lastAccessedTime = lastAccessedTime
        self.redactionKey = redactionKey ?? Secret((0..<32).map { _ in UInt8.random(in: .min ... .max) })
    }
}

/// The environment can hold keys: a configuration prints none of itself.
extension AWSCollectorConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The type's name.
    public var description: String { "AWSCollectorConfiguration" }
    /// The type's name.
    public var debugDescription: String { description }
    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why nothing could be collected.
public struct CollectorError: CodedError {
    /// The kinds of failure.
    public enum Code: String, CaseIterable, Sendable {
        /// A setting is not what it must be.
        case badConfiguration
        /// There are no usable credentials.
        case noCredentials
        /// AWS refused to say who we are.
        case identityRefused
        /// AWS, or the endpoint given, did not answer.
        case unreachable
        /// What answered is not AWS.
        case badAnswer
        /// The credentials are good, but no read is allowed with them.
        case nothingAllowed
        /// The collection was stopped.
        case cancelled
    }
    /// `collect`.
    public static let domain = "collect"
    /// What went wrong.
    public var code: Code
    /// What and where; never a credential.
    public var message: String
    /// The source's own error.
    public var cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

/// Who the collector's credentials belong to.
public struct AWSIdentity: Sendable, Hashable {
    /// Twelve digits.
    public var account: String
    /// The caller's ARN.
    public var arn: String
    /// `aws`, `aws-cn`, `aws-us-gov`.
    public var partition: String
}

/// Reads one AWS account with read-only calls.
public struct AWSCollector: Collector {
    let configuration: AWSCollectorConfiguration
    let http: any HTTPSending
    let clock: CollectorClock

    /// A collector; nothing is asked yet.
    public init(configuration: AWSCollectorConfiguration, http: any HTTPSending) {
        self.init(configuration: configuration, http: http, clock: .system)
    }

    init(configuration: AWSCollectorConfiguration, http: any HTTPSending, clock: CollectorClock) {
        self.configuration = configuration
        self.http = http
        self.clock = clock
    }

    /// The permissions that all calls together need.
    public static var requiredActions: [String] { Catalogue.actions }

    /// The permissions that one call needs, by the names in a coverage entry; none for a call that is not in the catalogue.
    public static func requiredActions(service: String, operation: String) -> [String] {
        Catalogue.entries.first { $0.service == service && $0.operation == operation }?.actions ?? []
    }

    /// Whether a call was denied because of what the account is, and not for lack of a permission: an organisation's policies are told to its
    /// management account and to delegated administrators only.
    public static func isUntold(_ entry: CoverageEntry, in collection: CloudCollection) -> Bool {
        guard entry.service == "organizations", entry.outcome == .denied,
            let own = collection.records.first(where: { $0.service == "organizations" && $0.operation == "describe-organization" }),
            let management = own.payload["Organization"]?["MasterAccountId"]?.string
        else { return false }
        return management != entry.account
    }

    /// The least policy that allows all calls and nothing else, made from the catalogue.
    public static var policy: JSONValue {
        // API Gateway has one action for all that can be read of it, keys included: only the paths that are read are allowed.
        let byPath = "apigateway:GET"
        return [
            "Version": "2012-10-17",
            "Statement": [
                [
                    "Sid": "CloudryptionRead", "Effect": "Allow",
                    "Action": .array(Catalogue.actions.filter { $0 != byPath }.map { .string($0) }), "Resource": "*",
                ],
                [
                    "Sid": "CloudryptionReadAPIs", "Effect": "Allow", "Action": .string(byPath),
                    "Resource": .array(["restapis", "restapis/*", "apis", "apis/*"].map { .string("arn:*:apigateway:*::/\($0)") }),
                ],
            ],
        ]
    }

    /// Asks who the credentials belong to: the first call of every collection.
    ///
    /// - Throws: ``CollectorError``.
    public func identity() async throws(CollectorError) -> AWSIdentity {
        let session = try makeSession()
        return try await session.identity().identity
    }

    /// See `Collector`.
    public func check(_ scope: CollectionScope) throws(ScopeError) {
        for service in scope.services ?? [] where !(configuration.services.map(Set.init) ?? Catalogue.services).contains(service) {
            let isInstalled = Catalogue.services.contains(service)
            throw ScopeError(
                .unknownService,
                "\(DisplayText.safe(service, limit: 64)) is "
                    + (isInstalled ? "none of the services that this agent was started for" : "no service of this agent's catalogue"))
        }
        for region in scope.regions ?? [] where !(configuration.regions?.contains(region) ?? RegionName.hasUsualForm(region)) {
            throw ScopeError(
                .unknownRegion,
                "\(DisplayText.safe(region, limit: 64)) is \(configuration.regions == nil ? "no region's name" : "none of the regions that this agent was started for")"
            )
        }
        if let rate = scope.rate, let most = configuration.rate, rate > most {
            throw ScopeError(.rateTooHigh, "\(rate) calls a second are more than the \(most) that this agent was started for")
        }
    }

    /// See `Collector`.
    ///
    /// - Throws: ``CollectorError`` when there is nothing to hand over.
    public func collect(
        within scope: CollectionScope, progress: @escaping @Sendable (CollectProgress) -> Void
    ) async throws -> CloudCollection {
        do throws(ScopeError) { try check(scope) } catch { throw CollectorError(.badConfiguration, error.message, cause: error) }
        var narrowed = configuration
        narrowed.regions = scope.regions ?? configuration.regions
        narrowed.services = scope.services ?? configuration.services
        narrowed.rate = scope.rate ?? configuration.rate
        return try await AWSCollector(configuration: narrowed, http: http, clock: clock).collectAll(progress: progress)
    }

    private func collectAll(progress: @escaping @Sendable (CollectProgress) -> Void) async throws -> CloudCollection {
        let session = try makeSession()
        let (identity, record) = try await session.identity()
        var run = CollectionRun(session: session, identity: identity, configuration: configuration)
        let collection = await run.collect(first: record, progress: progress)
        guard !Task.isCancelled else { throw CollectorError(.cancelled, "the collection was stopped") }
        let sawNothing =
            collection.records.allSatisfy { $0.service == "sts" } && !collection.coverage.contains { $0.outcome == .collected }
        if sawNothing, collection.coverage.contains(where: { $0.outcome == .denied }) {
            throw CollectorError(
                .nothingAllowed,
                "\(DisplayText.safe(identity.arn)) may read nothing: every call was denied; give it the read-only policy of the documentation"
            )
        }
        return collection
    }

    func makeSession() throws(CollectorError) -> AWSSession {
        let environment = configuration.environment
        func setting(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        // Settings of the profile; a broken or missing one is reported when keys are asked from it.
        let profileName = configuration.profile ?? setting("AWS_PROFILE") ?? "default"
        let files = configuration.profileFiles ?? (try? Profiles.files(environment: environment))
        let profile = files.map { Profiles(files: $0).byName[profileName] ?? [:] } ?? [:]

        let home =
            configuration.homeRegion ?? setting("AWS_REGION") ?? setting("AWS_DEFAULT_REGION") ?? profile["region"] ?? configuration
            .regions?.first ?? "us-east-1"
        for region in [home] + (configuration.regions ?? []) where !RegionName.isValid(region) {
            throw CollectorError(.badConfiguration, "\(DisplayText.safe(region, limit: 64)) is no region's name")
        }
        guard configuration.regions.map({ !$0.isEmpty }) ?? true else { throw CollectorError(.badConfiguration, "no region to read") }
        for service in configuration.services ?? [] where !Catalogue.services.contains(service) {
            throw CollectorError(.badConfiguration, "\(DisplayText.safe(service, limit: 64)) is no service of this agent's catalogue")
        }
        guard configuration.services.map({ !$0.isEmpty }) ?? true else { throw CollectorError(.badConfiguration, "no service to read") }
        guard configuration.rate.map({ $0 > 0 }) ?? true else { throw CollectorError(.badConfiguration, "no call a second is none at all") }

        let isIgnored = setting("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() == "true"
        var overrides: [String: String] = [:]
        if !isIgnored, configuration.endpointURL == nil {
            let prefix = "AWS_ENDPOINT_URL_"
            for (name, value) in environment where name.hasPrefix(prefix) && !value.isEmpty {
                overrides[String(name.dropFirst(prefix.utf8.count))] = value
            }
        }
        let override = configuration.endpointURL ?? (isIgnored ? nil : setting("AWS_ENDPOINT_URL") ?? profile["endpoint_url"])
        for url in [override].compactMap({ $0 }) + overrides.values where Endpoints.parse(url, signingRegion: home) == nil {
            throw CollectorError(.badConfiguration, "\(DisplayText.safe(url, limit: 128)) is no http or https endpoint")
        }
        let endpoints = Endpoints(partition: Endpoints.partition(ofRegion: home), override: override, overrides: overrides)
        let sender = AWSRequestSender(http: http, endpoints: endpoints, now: clock.now)
        let roles = RoleCredentials(sender: sender, region: home, environment: environment)
        let container = ContainerCredentials(environment: environment, http: http)
        let metadata = MetadataCredentials(environment: environment, http: http)
        var sources: [any CredentialSource] = [
            ProfileCredentials(
                environment: environment, named: configuration.profile, files: configuration.profileFiles, roles: roles,
                container: container, metadata: metadata),
            WebIdentityCredentials(environment: environment, roles: roles), container, metadata,
        ]
        if configuration.profile == nil { sources.insert(EnvironmentCredentials(environment: environment), at: 0) }
        let client = AWSClient(
            sender: sender, credentials: CredentialChain(sources: sources, now: clock.now),
            pacing: Pacing(isUnlimited: override.map(ContainerCredentials.isLoopback) ?? false, most: configuration.rate),
            budget: RetryBudget(), clock: clock)
        return AWSSession(
            client: client, homeRegion: home, redaction: Redaction(key: configuration.redactionKey), deadline: configuration.callDeadline)
    }
}

/// One collection's client and settings.
struct AWSSession: Sendable {
    var client: AWSClient
    var homeRegion: String
    var redaction: Redaction
    var deadline: Duration

    /// `sts get-caller-identity`, as who we are and as a record.
    func identity() async throws(CollectorError) -> (identity: AWSIdentity, record: CollectedRecord) {
        guard let service = ServiceModel.all["sts"], let operation = service.operations["get-caller-identity"] else {
            throw CollectorError(.badConfiguration, "sts is not in the table")
        }
        let answer: JSONValue
        do throws(CallFailure) {
            answer = try await client.call(
                service, operation, parameters: [], region: homeRegion, account: nil,
                deadline: client.clock.elapsed() + min(deadline, .seconds(60)))
        } catch {
            switch error {
            case .credentials(let cause): throw CollectorError(.noCredentials, cause.message, cause: cause)
            case .refused(let refusal):
                let hint =
                    switch refusal.code {
                    case "ExpiredToken", "ExpiredTokenException": "; they have ended: get new ones"
                    case "RequestTimeTooSkewed", "RequestExpired": "; is this machine's clock right?"
                    default: ""
                    }
                throw CollectorError(
                    .identityRefused, "AWS refused these credentials (sts get-caller-identity, \(homeRegion)): \(refusal.code)\(hint)")
            case .transport(let cause):
                throw CollectorError(
                    cause.code == .cancelled ? .cancelled : .unreachable, "sts get-caller-identity, \(homeRegion): \(cause.message)",
                    cause: cause)
            case .badEndpoint: throw CollectorError(.badConfiguration, "the endpoint for sts is no http or https URL")
            case .deadline: throw CollectorError(.unreachable, "sts get-caller-identity, \(homeRegion): no answer in time")
            case .unreadable: throw CollectorError(.badAnswer, "what answered sts get-caller-identity is not AWS: \(error.code)")
            }
        }
        guard let account = answer["Account"]?.string, account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let arn = answer["Arn"]?.string, case let parts = arn.split(separator: ":", omittingEmptySubsequences: false), parts.count >= 6
        else { throw CollectorError(.badAnswer, "what answered sts get-caller-identity is not AWS: no account") }
        let record = CollectedRecord(
            account: account, service: "sts", operation: "get-caller-identity", region: nil, resource: nil,
            time: Timestamp.rfc3339(client.clock.now()),
            payload: redaction.redact(answer, operation: Catalogue.callerIdentity))
        return (AWSIdentity(account: account, arn: arn, partition: String(parts[1])), record)
    }
}
