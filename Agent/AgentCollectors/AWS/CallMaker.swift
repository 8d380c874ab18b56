import CloudModel
import FoundationEssentials
import HTTPTransport

/// What became of one call.
struct CallOutcome: Sendable {
    var records: [CollectedRecord] = []
    var coverage: [CoverageEntry] = []
}

/// In which regions buckets turned out to be.
actor BucketRegions {
    private var regions: [String: String] = [:]
    func region(of bucket: String) -> String? { regions[bucket] }
    func learn(_ bucket: String, _ region: String) { regions[bucket] = region }
}

/// Makes one call with all its pages, and says what became of it. Nothing that it hands over holds a secret.
struct CallMaker: Sendable {
    var session: AWSSession
    var account: String
    var buckets: BucketRegions
    var reports: LastAccessedReports

    /// Most pages of one call: more is a service that does not stop.
    static let maxPages = 100_000
    /// How often the credential report is asked for until it is ready, and how long to wait in between.
    static let reportPolls = 15
    static let reportWait: Duration = .seconds(2)

    func make(_ call: CollectionCall) async -> CallOutcome {
        switch call.entry.name {
        case Catalogue.credentialReport: return await credentialReport(call)
        case Catalogue.lastAccessed: return await lastAccessed(call)
        default: break
        }
        guard let service = ServiceModel.all[call.entry.service], let operation = service.operations[call.entry.operation] else {
            return ended(call, .failed, code: "notInTable")
        }
        let deadline = session.client.clock.elapsed() + session.deadline
        var region = call.region ?? call.hint ?? (service.name == "s3" ? session.client.sender.endpoints.globalRegion : session.homeRegion)
        if service.name == "s3", let bucket = call.resource, let known = await buckets.region(of: bucket) { region = known }
        var parameters = call.entry.parameters
        parameters += call.parameters
        if let variant = call.entry.variant { parameters.append((variant.parameter, .text(variant.value))) }
        if let page = call.entry.page { parameters.append((page.parameter, .number(page.size))) }
        if service.name == "s3control" { parameters.append(("x-amz-account-id", .text(account))) }

        var merged = MergedPages(operation: operation)
        var token: String?
        var pages = 0
        var redirects = 0
        var batches = call.batches[...]
        var batch = batches.popFirst()
        while true {
            var asked = parameters
            if let batch, let name = call.entry.fanOut?.parameter { asked.append((name, .list(batch))) }
            if let token, let paging = operation.paging { asked.append((call.entry.tokenParameter ?? paging.input, .text(token))) }
            let answer: JSONValue
            do throws(CallFailure) {
                answer = try await session.client.call(
                    service, operation, parameters: asked, region: region, account: account, deadline: deadline)
            } catch {
                if case .refused(let refusal) = error {
                    if service.name == "s3", let other = refusal.region, other != region, redirects < 2,
                        !call.entry.notConfigured.contains(refusal.code)
                    {
                        redirects += 1
                        region = other
                        if let bucket = call.resource { await buckets.learn(bucket, other) }
                        continue
                    }
                    if pages == 0, call.entry.notConfigured.contains(refusal.code) { return ended(call, .collected, code: refusal.code) }
                }
                var outcome = ended(call, Self.outcome(error), code: error.code, message: pages > 0 ? "stopped after \(pages) pages" : nil)
                // What came is handed over beside the entry that says that it is not all.
                if pages > 0 { outcome.records = [record(call, merged.value)] }
                return outcome
            }
            pages += 1
            merged.add(answer)
            guard let next = merged.nextToken(answer) else {
                batch = batches.popFirst()
                if batch == nil { break }
                token = nil
                continue
            }
            guard next != token, pages < Self.maxPages else {
                var outcome = ended(call, .failed, code: "pagingLoop", message: "stopped after \(pages) pages")
                outcome.records = [record(call, merged.value)]
                return outcome
            }
            token = next
        }
        return CallOutcome(records: [record(call, merged.value)])
    }

    /// IAM makes the report on request, within seconds; a report of the last four hours is reused.
    private func credentialReport(_ call: CollectionCall) async -> CallOutcome {
        guard let iam = ServiceModel.all["iam"], let generate = iam.operations["generate-credential-report"],
            let get = iam.operations["get-credential-report"]
        else { return ended(call, .failed, code: "notInTable") }
        let clock = session.client.clock
        let deadline = clock.elapsed() + session.deadline
        var failure: CallFailure?
        for _ in 0..<Self.reportPolls {
            do throws(CallFailure) {
                let answer = try await session.client.call(
                    iam, generate, parameters: [], region: session.homeRegion, account: account, deadline: deadline)
                failure = nil
                if answer["State"]?.string == "COMPLETE" { break }
            } catch {
                // Somebody else's report may be there all the same.
                failure = error
                break
            }
            guard (try? await clock.sleep(Self.reportWait)) != nil else { break }
        }
        do throws(CallFailure) {
            let answer = try await session.client.call(
                iam, get, parameters: [], region: session.homeRegion, account: account, deadline: deadline)
            guard let content = answer["Content"]?.string, let bytes = Data(base64Encoded: content, options: .ignoreUnknownCharacters),
                let text = String(validating: bytes, as: UTF8.self)
            else { return ended(call, .failed, code: "badAnswer.report") }
            return CallOutcome(records: [record(call, .string(text))])
        } catch {
            let cause = failure ?? error
            return ended(call, Self.outcome(cause), code: cause.code)
        }
    }

    private func lastAccessed(_ call: CollectionCall) async -> CallOutcome {
        guard reports.isOpen else {
            return ended(call, .notCollected, code: "timeUp", message: "the time that the agent's settings give to this was over")
        }
        do throws(CallFailure) {
            return CallOutcome(records: [record(call, try await reports.report(on: call.resource ?? ""))])
        } catch {
            return ended(call, Self.outcome(error), code: error.code)
        }
    }

    private func record(_ call: CollectionCall, _ payload: JSONValue) -> CollectedRecord {
        CollectedRecord(
            account: account, service: call.entry.service, operation: call.entry.operation, region: call.region, resource: call.resource,
            time: Timestamp.rfc3339(session.client.clock.now()),
            payload: call.entry.name == Catalogue.credentialReport ? payload : session.redaction.redact(payload, operation: call.entry.name)
        )
    }

    private func ended(_ call: CollectionCall, _ outcome: CoverageEntry.Outcome, code: String, message: String? = nil) -> CallOutcome {
        CallOutcome(
            coverage: [
                CoverageEntry(
                    account: account, service: call.entry.service, operation: call.entry.operation, region: call.region,
                    resource: call.resource,
                    outcome: outcome, code: code,
                    message: message ?? (outcome == .denied ? "needs " + call.entry.actions.joined(separator: " and ") : nil))
            ])
    }

    private static func outcome(_ failure: CallFailure) -> CoverageEntry.Outcome {
        switch failure {
        case .refused(let refusal):
            if refusal.isThrottle { return .throttled }
            if refusal.isDenial { return .denied }
            return refusal.isAbsence ? .unavailable : .failed
        case .transport(let error): return error.code == .nameNotResolved ? .unavailable : .failed
        case .unreadable, .credentials, .deadline, .badEndpoint: return .failed
        }
    }
}

/// The pages of one listing as the one answer that the AWS CLI prints (botocore's `build_full_result`).
struct MergedPages {
    let operation: ServiceModel.Operation
    private var lists: [String: [JSONValue]] = [:]
    private var once: [(String, JSONValue)] = []
    private var single: JSONValue = .object(JSONObject())
    private var isFirst = true

    init(operation: ServiceModel.Operation) { self.operation = operation }

    mutating func add(_ page: JSONValue) {
        guard let paging = operation.paging else {
            single = isFirst ? page : Self.joined(single, page)
            isFirst = false
            return
        }
        for name in paging.results {
            if let elements = page[path: name]?.array { lists[name, default: []] += elements }
        }
        if isFirst { once = paging.once.map { ($0, page[$0] ?? .null) } }
        isFirst = false
    }

    /// Two answers about pieces of one list of resources: what is a list in both is one list.
    private static func joined(_ first: JSONValue, _ second: JSONValue) -> JSONValue {
        guard var object = first.object, let other = second.object else { return first }
        for member in other.members {
            guard let more = member.value.array else { continue }
            object[member.name] = .array((object[member.name]?.array ?? []) + more)
        }
        return .object(object)
    }

    /// The token to ask the next page with, or `nil` after the last one.
    func nextToken(_ page: JSONValue) -> String? {
        guard let paging = operation.paging else { return nil }
        if let more = paging.more, page[path: more]?.bool != true { return nil }
        return page[path: paging.output]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    var value: JSONValue {
        guard let paging = operation.paging else { return single }
        var object = JSONObject()
        for name in paging.results {
            guard let elements = lists[name] else { continue }
            let steps = name.split(separator: ".").map(String.init)
            guard let first = steps.first else { continue }
            object[first] = steps.dropFirst().reversed().reduce(JSONValue.array(elements)) { .object([$1: $0]) }
        }
        for (name, value) in once { object[name] = value }
        return .object(object)
    }
}

extension JSONValue {
    /// The member at `A.B`.
    fileprivate subscript(path path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(self)) { $0?[String($1)] }
    }
}
