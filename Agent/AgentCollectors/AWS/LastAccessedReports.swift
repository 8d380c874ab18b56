import CloudModel

/// When a user or role last used which service, and which of the actions that AWS tracks: a report that IAM makes on request.
///
/// Source: GenerateServiceLastAccessedDetails and GetServiceLastAccessedDetails, IAM API Reference.
struct LastAccessedReports: Sendable {
    private let session: AWSSession
    private let account: String
    /// Jobs spend retries of their own: where IAM makes no reports, all else still has all of its own.
    private let client: AWSClient
    private let end: Duration

    /// Jobs waited for at once.
    static let inFlight = 16
    /// The longest that one job is waited for.
    static let jobTime: Duration = .seconds(120)
    /// How long to wait before asking again: at first, and at most.
    static let waits = (first: Duration.seconds(1), longest: Duration.seconds(8))
    /// Services of one page: as many as IAM gives.
    static let pageSize = 1000
    /// More pages than there can be: AWS has some hundreds of services.
    static let maxPages = 100

    /// - Parameter time: from now on; then no more is asked.
    init(_ session: AWSSession, account: String, time: Duration) {
        self.session = session
        self.account = account
        var client = session.client
        client.budget = RetryBudget(capacity: 50)
        self.client = client
        end = client.clock.elapsed() + time
    }

    /// Whether there is still time to ask.
    var isOpen: Bool { client.clock.elapsed() < end }

    /// The whole report on one user or role; never a part of it, for a service that is missing there is one that may not be used.
    func report(on arn: String) async throws(CallFailure) -> JSONValue {
        guard let iam = ServiceModel.all["iam"], let generate = iam.operations["generate-service-last-accessed-details"],
            let get = iam.operations["get-service-last-accessed-details"]
        else { throw .unreadable(AnswerError(code: "notInTable")) }
        let deadline = min(client.clock.elapsed() + Self.jobTime, end)

        func ask(_ operation: ServiceModel.Operation, _ parameters: [(String, ParameterValue)]) async throws(CallFailure) -> JSONValue {
            try await client.call(
                iam, operation, parameters: parameters, region: session.homeRegion, account: account, deadline: deadline)
        }
        func start() async throws(CallFailure) -> String {
            let answer = try await ask(generate, [("Arn", .text(arn)), ("Granularity", .text("ACTION_LEVEL"))])
            guard let job = answer["JobId"]?.string else { throw .unreadable(AnswerError(code: "badAnswer.job")) }
            return job
        }

        var job = try await start()
        var isRestarted = false
        var merged = MergedPages(operation: get)
        var marker: String?
        var pages = 0
        var wait = Self.waits.first
        while true {
            let answer: JSONValue
            do throws(CallFailure) {
                answer = try await ask(
                    get,
                    [("JobId", .text(job)), ("MaxItems", .number(Self.pageSize))] + (marker.map { [("Marker", .text($0))] } ?? []))
            } catch {
                // Only the session that started a job may ask for it, and credentials are renewed in between.
                guard case .refused(let refusal) = error, refusal.code == "NoSuchEntity", !isRestarted else { throw error }
                isRestarted = true
                job = try await start()
                (merged, marker, pages) = (MergedPages(operation: get), nil, 0)
                continue
            }
            switch answer["JobStatus"]?.string {
            case "COMPLETED":
                merged.add(Self.withoutActionsOfUnusedServices(answer))
                pages += 1
                guard let next = merged.nextToken(answer) else { return merged.value }
                guard next != marker, pages < Self.maxPages else { throw .unreadable(AnswerError(code: "pagingLoop")) }
                marker = next
            case "IN_PROGRESS":
                try await client.wait(wait, until: deadline)
                wait = min(wait * 2, Self.waits.longest)
            case "FAILED":
                throw .refused(ServiceRefusal(status: 200, code: ServiceRefusal.clean(answer["Error"]?["Code"]?.string) ?? "jobFailed"))
            default: throw .unreadable(AnswerError(code: "badAnswer.job"))
            }
        }
    }

    /// An administrator may use some ten thousand actions: those of services that it never used say nothing more.
    private static func withoutActionsOfUnusedServices(_ page: JSONValue) -> JSONValue {
        guard var report = page.object, let services = report["ServicesLastAccessed"]?.array else { return page }
        report["ServicesLastAccessed"] = .array(
            services.map { service in
                guard service["LastAuthenticated"] == nil, var kept = service.object else { return service }
                kept["TrackedActionsLastAccessed"] = nil
                return .object(kept)
            })
        return .object(report)
    }
}
