import CloudModel
import Engine
import Foundation
import SyntheticCloud

/// From records to ranked paths, on made-up organisations; and the search alone on a random graph.
///
/// - `PathBenchmark` measures the sizes that the product is specified for;
/// - `PathBenchmark measure PRINCIPALS RESOURCES [sparse|dense|complete] [ACCOUNTS]` one size, in stages;
/// - `PathBenchmark write FOLDER PRINCIPALS RESOURCES [sparse|dense|complete] [ACCOUNTS]` writes the folder that `cloudryption analyze` takes;
/// - `PathBenchmark results INPUT FOLDER` writes what `cloudryption analyze` would, so that two builds can be compared byte for byte;
/// - `PathBenchmark search NODES EDGES` the search alone;
/// - `PathBenchmark who-can PRINCIPALS RESOURCES [ACCOUNTS]` who may do three things, asked of one account's data.
@main
struct PathBenchmark {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        func number(_ place: Int) -> Int { arguments.indices.contains(place) ? Int(arguments[place]) ?? 0 : 0 }
        func shape(from place: Int) -> SyntheticCloud.Shape {
            let density = arguments.indices.contains(place + 2) ? SyntheticCloud.Shape.Density(rawValue: arguments[place + 2]) : nil
            return .init(
                principals: number(place), resources: number(place + 1), accounts: number(place + 3) > 0 ? number(place + 3) : nil,
                density: density ?? .sparse)
        }
        switch arguments.first {
        case "measure": try measure(shape(from: 1))
        case "write": try write(shape(from: 2), to: arguments[1])
        case "results": try results(of: arguments[1], to: arguments[2])
        case "search": search(nodes: number(1), edges: number(2))
        case "who-can": try whoCan(.init(principals: number(1), resources: number(2), accounts: max(1, number(3))))
        default:
            print(
                "| principals | resources | density | records | normalise | graph | paths | records to paths | snapshot, controls | found | memory |"
            )
            print("|---|---|---|---|---|---|---|---|---|---|---|")
            for density in SyntheticCloud.Shape.Density.allCases {
                try measure(.init(principals: 1_200, resources: 2_500, accounts: 1, density: density))
            }
            for size in [1_000, 3_000, 10_000, 30_000] { try measure(.init(principals: size, resources: size * 10)) }
            search(nodes: 100_000, edges: 500_000)
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let value = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        return String(format: "%.3f s", value)
    }

    /// Analyses one organisation, fixes left out: what the stages take is the time from one's beginning to the next one's.
    private static func measure(_ shape: SyntheticCloud.Shape) throws {
        let collection = try SyntheticCloud(shape).collection()
        let records = collection.records.count
        let folder = FileManager.default.temporaryDirectory.appending(path: "path-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var begun: [(stage: String, at: Duration)] = []
        let result = try Pipeline.run(
            consume collection, snapshotPath: folder.appending(path: "snapshot.sqlite").path, options: .init(findsFixes: false)
        ) { progress in begun.append((progress.stage, processorTime())) }
        begun.append(("end", processorTime()))
        func taken(_ stage: String) -> Duration {
            guard let place = begun.firstIndex(where: { $0.stage == stage }) else { return .zero }
            return begun[place + 1].at - begun[place].at
        }
        let ranked = taken("normalise") + taken("graph") + taken("paths")
        print(
            "| \(shape.principals) | \(shape.resources) | \(shape.density.rawValue) | \(records) | "
                + "\(seconds(taken("normalise"))) | \(seconds(taken("graph"))) | \(seconds(taken("paths"))) | \(seconds(ranked)) | "
                + "\(seconds(taken("controls"))) | \(result.paths.count) | \(memory()) |")
    }

    /// What this process took of the processor so far: others on the machine take none of it. Everything measured runs on one core.
    private static func processorTime() -> Duration { .microseconds(Int64(clock()) * 1_000_000 / Int64(CLOCKS_PER_SEC)) }

    /// The most memory that this process had so far.
    private static func memory() -> String {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } ?? 0
        return "\(kilobytes / 1024) MiB"
    }

    private static func write(_ shape: SyntheticCloud.Shape, to folder: String) throws {
        let cloud = SyntheticCloud(shape)
        for (index, account) in cloud.accounts.enumerated() {
            let place = folder + "/" + account
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            for file in cloud.files(of: index) { try Data(file.text.utf8).write(to: URL(filePath: place + "/" + file.name)) }
        }
        print("\(cloud.accounts.count) accounts, \(shape.principals) principals, \(shape.resources) resources")
    }

    /// Analyses a folder, fixes left out, and writes everything.
    private static func results(of input: String, to folder: String) throws {
        let place = URL(filePath: folder)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let analysis = try Pipeline.analyse(
            try CollectionFolder.read(input), snapshotPath: place.appending(path: "snapshot.sqlite").path, options: .init(findsFixes: false)
        )
        for document in ResultEncoding.documents(of: analysis.result) {
            try Data(document.bytes).write(to: place.appending(path: document.name))
        }
        var graph = Data()
        analysis.graph.writeJSON { graph += $0 }
        try graph.write(to: place.appending(path: "graph.json"))
        graph = Data()
        analysis.graph.writeGraphML { graph += $0 }
        try graph.write(to: place.appending(path: "graph.graphml"))
    }

    /// Who may do what, among all principals of an organisation: loading once, and each question alone.
    private static func whoCan(_ shape: SyntheticCloud.Shape) throws {
        let snapshot = Normaliser.normalise(try SyntheticCloud(shape).collection())
        let clock = ContinuousClock()
        var loaded: AccessQuery?
        let loading = clock.measure { loaded = AccessQuery(snapshot) }
        guard let query = loaded, let bucket = snapshot.buckets.first, let secret = snapshot.secrets.first,
            let role = snapshot.principals.first(where: { $0.kind == .role })
        else { return }
        print("\(snapshot.principals.count) principals, ready to be asked in \(seconds(loading))")
        for (action, resource) in [
            ("s3:GetObject", bucket.arn + "/report"), ("secretsmanager:GetSecretValue", secret.arn), ("iam:PassRole", role.arn),
            ("ec2:RunInstances", "*"),
        ] {
            for round in ["first", "again"] {
                var counts: [String] = []
                let taken = try clock.measure {
                    let answer = try query.whoCan(action, on: resource)
                    counts = answer.counts.map { "\($0.value) \($0.key)" }.sorted()
                }
                print("who can \(action), \(round): \(seconds(taken)) (\(counts.joined(separator: ", ")))")
            }
        }
    }

    /// The strongest ways to ten targets, one after another, in a random graph.
    private static func search(nodes: Int, edges: Int) {
        var random = SystemRandomNumberGenerator()
        var from: [Int32] = []
        var to: [Int32] = []
        var likelihoods: [Double] = []
        for _ in 0..<edges {
            from.append(Int32.random(in: 0..<Int32(nodes), using: &random))
            to.append(Int32.random(in: 0..<Int32(nodes), using: &random))
            likelihoods.append(Double.random(in: 0.1...0.95, using: &random))
        }
        let clock = ContinuousClock()
        let start = clock.now
        var search = BestFirstSearch(nodes: nodes, from: from, to: to, likelihoods: likelihoods)
        let prepared = clock.now
        var found = 0
        for target in 0..<10 {
            search.run(from: target)
            found += search.touched.count
        }
        let end = clock.now
        print(
            "search alone, \(nodes) nodes, \(edges) edges: prepared in \(seconds(start.duration(to: prepared))), "
                + "\(seconds(prepared.duration(to: end) / 10)) for each target, \(found / 10) nodes reach it")
    }
}
