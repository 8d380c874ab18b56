import AgentCore
import CloudModel
import FoundationEssentials

/// One call to make: an entry of the catalogue in one region, for one resource.
struct CollectionCall: Sendable {
    var entry: CatalogueEntry
    var region: String?
    var resource: String?
    /// Where S3 said that the bucket is.
    var hint: String?
    /// What the source named: the resource, and what it belongs to.
    var parameters: [(String, ParameterValue)] = []
    /// The resources of a call that takes several at once, in pieces of as many as one request may have.
    var batches: [[String]] = []
}

/// Calls that wait, by line (mostly a service) in the catalogue's order, first come first served within one.
struct CallQueue: Sendable {
    private struct Line: Sendable {
        var calls: [CollectionCall] = []
        var next = 0
        var inFlight = 0
        var limit: Int
    }
    private var order: [String] = []
    private var lines: [String: Line] = [:]

    mutating func add(_ call: CollectionCall) {
        let name = call.entry.line
        if lines[name] == nil {
            order.append(name)
            lines[name] = Line(limit: call.entry.inFlight)
        }
        lines[name]?.calls.append(call)
    }

    /// The next call whose line has room, or `nil`.
    mutating func next() -> CollectionCall? {
        for name in order {
            guard var line = lines[name], line.inFlight < line.limit, line.next < line.calls.count else { continue }
            let call = line.calls[line.next]
            line.next += 1
            line.inFlight += 1
            // What is done is let go of in large pieces.
            if line.next >= 1024 {
                line.calls.removeFirst(line.next)
                line.next = 0
            }
            lines[name] = line
            return call
        }
        return nil
    }

    mutating func finished(_ call: CollectionCall) { lines[call.entry.line]?.inFlight -= 1 }
}

/// For which resources a call was already made: several answers may name one, and lists that name their own parents must come to an end.
struct AskedResources: Sendable {
    /// More resources of one call than any account has: an answer that always names new ones comes from no cloud.
    static let most = 1_000_000
    private var seen: Set<String> = []
    private var counts: [String: Int] = [:]

    /// Whether the call is to be made; remembers it.
    mutating func insert(_ call: CollectionCall) -> Bool {
        let name = call.entry.name
        guard counts[name, default: 0] < Self.most,
            seen.insert([name, call.region ?? "", call.resource ?? ""].joined(separator: "\u{0}")).inserted
        else { return false }
        counts[name, default: 0] += 1
        return true
    }
}

/// Makes all calls of the catalogue, as many at once as allowed, and sorts what came.
struct CollectionRun {
    let session: AWSSession
    let identity: AWSIdentity
    let configuration: AWSCollectorConfiguration

    private struct Ended: Sendable {
        var call: CollectionCall
        var outcome: CallOutcome
    }

    init(session: AWSSession, identity: AWSIdentity, configuration: AWSCollectorConfiguration) {
        var session = session
        session.client.sender.endpoints.partition = identity.partition
        self.session = session
        self.identity = identity
        self.configuration = configuration
    }

    mutating func collect(first: CollectedRecord, progress: @escaping @Sendable (CollectProgress) -> Void) async -> CloudCollection {
        var records = [first]
        var coverage: [CoverageEntry] = []
        let caller = CallMaker(
            session: session, account: identity.account, buckets: BucketRegions(),
            reports: LastAccessedReports(session, account: identity.account, time: configuration.lastAccessedTime))
        // Which regions there are decides on most other calls.
        var regions = configuration.regions ?? []
        if let entry = Catalogue.entries.first(where: { $0.name == Catalogue.regions }), isWanted(entry) {
            let outcome = await caller.make(CollectionCall(entry: entry, region: session.homeRegion))
            records += outcome.records
            coverage += outcome.coverage
            if configuration.regions == nil { regions = Self.enabledRegions(outcome.records.first?.payload) }
        }
        if regions.isEmpty { regions = Self.defaultRegions(identity.partition) }

        var children: [String: [CatalogueEntry]] = [:]
        var queue = CallQueue()
        var asked = AskedResources()
        var total = 2
        var completed = 2
        for entry in Catalogue.entries where entry.name != Catalogue.regions || !isWanted(entry) {
            guard isWanted(entry) else {
                // What was left out on purpose was not seen either.
                for region in entry.scope == .regional && entry.fanOut == nil ? regions.map(Optional.some) : [nil] {
                    coverage.append(
                        CoverageEntry(
                            account: identity.account, service: entry.service, operation: entry.operation, region: region,
                            outcome: .notCollected, code: "notAsked", message: "the agent's settings leave this out"))
                }
                continue
            }
            if let fanOut = entry.fanOut {
                children[fanOut.source, default: []].append(entry)
                continue
            }
            switch entry.scope {
            case .global:
                queue.add(CollectionCall(entry: entry, resource: entry.variant?.value))
                total += 1
            case .homeRegion:
                queue.add(CollectionCall(entry: entry, region: session.homeRegion))
                total += 1
            case .regional:
                for region in regions { queue.add(CollectionCall(entry: entry, region: region)) }
                total += regions.count
            }
        }
        progress(CollectProgress(completed: completed, total: total, current: "sts get-caller-identity"))

        let concurrency = max(1, configuration.concurrency)
        await withTaskGroup(of: Ended.self) { group in
            var running = 0
            while true {
                while running < concurrency, !Task.isCancelled, let call = queue.next() {
                    running += 1
                    group.addTask { Ended(call: call, outcome: await caller.make(call)) }
                }
                guard running > 0, let ended = await group.next() else { break }
                running -= 1
                completed += 1
                queue.finished(ended.call)
                records += ended.outcome.records
                coverage += ended.outcome.coverage
                for record in ended.outcome.records {
                    for child in children[ended.call.entry.name] ?? [] {
                        let calls = Self.fanOut(child, over: record).filter { asked.insert($0) }
                        calls.forEach { queue.add($0) }
                        total += calls.count
                    }
                }
                let place = [ended.call.entry.service, ended.call.entry.operation, ended.call.region].compactMap { $0 }.joined(
                    separator: " ")
                progress(CollectProgress(completed: completed, total: total, current: place))
            }
        }
        records.sort { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        coverage.sort { Self.key($0).lexicographicallyPrecedes(Self.key($1)) }
        return CloudCollection(records: records, coverage: coverage)
    }

    private func isWanted(_ entry: CatalogueEntry) -> Bool {
        if entry.name == Catalogue.lastAccessed, configuration.lastAccessedTime <= .zero { return false }
        return configuration.services?.contains(entry.service) ?? true
    }

    private static func key(_ entry: CoverageEntry) -> [UInt8] {
        Array([entry.service, entry.operation, entry.region ?? "", entry.resource ?? "", entry.code ?? ""].joined(separator: "\u{0}").utf8)
    }

    /// The calls of `entry` for the resources that `record` names.
    static func fanOut(_ entry: CatalogueEntry, over record: CollectedRecord) -> [CollectionCall] {
        guard let fanOut = entry.fanOut, let elements = record.payload[fanOut.list]?.array else { return [] }
        var own: [(String, ParameterValue)] = []
        if let parent = fanOut.parent {
            guard let resource = record.resource else { return [] }
            own.append((parent, .text(resource)))
        }
        let found = elements.compactMap { element -> (resource: String, hint: String?)? in
            if let only = fanOut.only, element[only.member]?.string != only.value { return nil }
            if let accepts = fanOut.accepts, !accepts(element) { return nil }
            let text = fanOut.value.map { element[$0]?.string } ?? element.string
            guard let resource = text, !resource.isEmpty else { return nil }
            return (resource, fanOut.region.flatMap { element[$0]?.string }.flatMap { RegionName.isValid($0) ? $0 : nil })
        }
        if let size = fanOut.batch {
            guard !found.isEmpty else { return [] }
            let names = found.map(\.resource)
            let batches = stride(from: 0, to: names.count, by: size).map { Array(names[$0..<min($0 + size, names.count)]) }
            return [CollectionCall(entry: entry, region: record.region, resource: record.resource, parameters: own, batches: batches)]
        }
        return found.map { resource, hint in
            // An ARN says what it belongs to; a name is one only beside its parent.
            let isWhole = fanOut.parent == nil || resource.hasPrefix("arn:")
            return CollectionCall(
                entry: entry, region: record.region, resource: isWhole ? resource : "\(record.resource ?? "")/\(resource)", hint: hint,
                parameters: own + [(fanOut.parameter, .text(resource))])
        }
    }

    /// The regions that may be asked, of an answer of DescribeRegions.
    static func enabledRegions(_ payload: JSONValue?) -> [String] {
        (payload?["Regions"]?.array ?? []).compactMap { region in
            if let state = region["OptInStatus"]?.string, state == "not-opted-in" { return nil }
            return region["RegionName"]?.string.flatMap { RegionName.isValid($0) ? $0 : nil }
        }.sorted()
    }

    /// The regions that are enabled without anybody's doing, for callers who may not ask.
    static func defaultRegions(_ partition: String) -> [String] {
        switch partition {
        case "aws-cn": ["cn-north-1", "cn-northwest-1"]
        case "aws-us-gov": ["us-gov-east-1", "us-gov-west-1"]
        case "aws-iso": ["us-iso-east-1", "us-iso-west-1"]
        case "aws-iso-b": ["us-isob-east-1"]
        default:
            [
                "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
                "eu-central-1",
                "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
            ]
        }
    }
}
