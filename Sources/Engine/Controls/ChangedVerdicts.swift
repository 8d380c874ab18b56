import CloudModel
import SnapshotStore

/// What controls say of some principals and resources of a snapshot, and what they say of them after changes.
///
/// A control judges each principal and resource by what its account and itself are, by its own policies and by what reaches it. So those that
/// changes concern are judged alone, in two small databases.
struct ChangedVerdicts {
    /// What is judged.
    struct Side {
        var snapshot: CloudSnapshot
        var exposures: [Exposure]
    }
    private let before: Side
    private let byTarget: [String: [Exposure]]
    private let principals: [String: Int]
    private let places: Places
    /// Of records their times count: the first and the last.
    private let records: [CloudSnapshot.RecordReference]
    private let coverage: [CoverageEntry]

    init(_ snapshot: CloudSnapshot, _ exposures: [Exposure]) {
        before = Side(snapshot: snapshot, exposures: exposures)
        byTarget = Dictionary(grouping: exposures, by: \.target)
        principals = Dictionary(snapshot.principals.enumerated().map { ($1.arn, $0) }) { first, _ in first }
        var places = Places(snapshot: snapshot)
        CloudSnapshot.visitResources(&places)
        self.places = places
        let timed = snapshot.records.filter { $0.time != nil }
        let ends = [timed.min { $0.time ?? "" < $1.time ?? "" }, timed.max { $0.time ?? "" < $1.time ?? "" }]
        records = ends.compactMap { $0 }
        coverage = snapshot.coverage.filter { $0.resource == nil }
    }

    /// The changes, ordered by control and resource.
    ///
    /// - Parameters:
    ///   - after: what is judged after changes that add and remove no principal, no resource and no coverage.
    ///   - changed: the principals and resources that are others then; those that are reached otherwise are found here.
    ///   - scratch: a folder for files that are removed again.
    func verdicts(after: Side, changed: Set<String>, scratch: String) throws -> [WhatIf.Verdict] {
        var names = changed
        if after.exposures != before.exposures {
            let new = Dictionary(grouping: after.exposures, by: \.target)
            for target in Set(byTarget.keys).union(new.keys) where byTarget[target] != new[target] { names.insert(target) }
        }
        guard !names.isEmpty else { return [] }
        return WhatIf.verdicts(
            try findings(before, names, scratch + "/before.sqlite"), try findings(after, names, scratch + "/after.sqlite"))
    }

    private func findings(_ side: Side, _ names: Set<String>, _ path: String) throws -> [Finding] {
        var part = Part(of: side.snapshot, at: names.map { places.byName[$0] ?? [] }.joined().sorted())
        CloudSnapshot.visitResources(&part)
        part.part.accounts = side.snapshot.accounts
        part.part.principals = names.compactMap { principals[$0] }.sorted().map { side.snapshot.principals[$0] }
        part.part.coverage = coverage
        part.part.records = records
        let exposures = side.exposures.filter { names.contains($0.target) }
        try SnapshotWriter.write(SnapshotContents(snapshot: part.part, digest: "", exposures: exposures.rows), to: path)
        return try ControlRunner.run(try SnapshotDatabase(path: path)).findings
    }

    private struct Place: Comparable {
        /// Which list it is, in the order in which they are shown.
        var list: Int
        var index: Int

        static func < (one: Place, other: Place) -> Bool { (one.list, one.index) < (other.list, other.index) }
    }

    /// Where each resource is.
    private struct Places: ResourceListVisitor {
        let snapshot: CloudSnapshot
        var byName: [String: [Place]] = [:]
        private var list = 0

        init(snapshot: CloudSnapshot) { self.snapshot = snapshot }

        mutating func visit<Item: Hashable & Sendable>(
            _ list: WritableKeyPath<CloudSnapshot, [Item]>, name: (Item) -> String, account: (Item) -> String
        ) {
            for (index, item) in snapshot[keyPath: list].enumerated() {
                byName[name(item), default: []].append(Place(list: self.list, index: index))
            }
            self.list += 1
        }
    }

    /// Takes the resources at some places, which are in order.
    private struct Part: ResourceListVisitor {
        let snapshot: CloudSnapshot
        let places: [Place]
        var part = CloudSnapshot()
        private var list = 0

        init(of snapshot: CloudSnapshot, at places: [Place]) {
            self.snapshot = snapshot
            self.places = places
        }

        mutating func visit<Item: Hashable & Sendable>(
            _ list: WritableKeyPath<CloudSnapshot, [Item]>, name: (Item) -> String, account: (Item) -> String
        ) {
            for place in places where place.list == self.list { part[keyPath: list].append(snapshot[keyPath: list][place.index]) }
            self.list += 1
        }
    }
}
