import Basics
import CloudModel
import Engine
import FoundationEssentials
import Glibc

/// Analyses a collection on this machine and writes the result folder; what `analyze` and `scan` share.
enum OfflineAnalysis {
    /// - Throws: a coded error; then the output folder is as it was.
    static func run(_ collection: consuming CloudCollection, premises: Premises, out: String, failOn: Severity?) throws {
        let folder = try ResultFolder(out)
        let result: AnalysisResult
        do {
            let progress = ProgressLine()
            let analysis = try Pipeline.analyse(collection, snapshotPath: folder.snapshotPath, premises: premises) {
                progress.show("analysing: \($0.stage)")
            }
            result = analysis.result
            progress.clear()
            try folder.write("graph.json") { write in try analysis.graph.writeJSON(write) }
            try folder.write("graph.graphml") { write in try analysis.graph.writeGraphML(write) }
            try folder.publish(ResultEncoding.documents(of: result), and: ["graph.json", "graph.graphml"])
        } catch {
            folder.discard()
            if let error = error as? PremiseError { throw Ending.failure(DisplayText.safe(error.message)) }
            throw error
        }
        report(result, out: out)
        if let failOn, worst(result).map({ $0 >= failOn }) ?? false { throw Ending.overThreshold }
    }

    /// The worst severity of a path or failed finding.
    static func worst(_ result: AnalysisResult) -> Severity? {
        (result.paths.map(\.severity) + result.findings.filter { $0.verdict == .fail }.map(\.severity)).max()
    }

    /// The short answer on standard error: standard output is for data, and the data is in the folder.
    private static func report(_ result: AnalysisResult, out: String) {
        let failed = result.findings.count { $0.verdict == .fail }
        var lines = ["\(Figure.count(result.paths.count, "attack path")), \(Figure.count(failed, "failed finding"))"]
        for group in PathGroup.groups(of: result.paths).prefix(3) {
            lines.append("  \(group.first.severity.rawValue): \(DisplayText.safe(group.first.title))\(group.others)")
        }
        let unseen = result.coverage.entries.count { $0.outcome != .collected }
        if unseen > 0 { lines.append("\(unseen) calls gave no answer or were not made; coverage.json names them and what follows") }
        lines.append(
            "written to \(out): summary, findings, paths, principals, plan, coverage, graph (.json), graph.graphml and snapshot.sqlite")
        Terminal.error(lines.joined(separator: "\n"))
    }
}

/// One line that is overwritten while work goes on, and only on a terminal.
final class ProgressLine: Sendable {
    private let shown = isatty(STDERR_FILENO) == 1

    func show(_ text: String) {
        if shown { Terminal.errorPart("\r\u{1B}[K" + DisplayText.safe(text, limit: 100)) }
    }
    /// A bar of `completed` out of `total`, with what is going on.
    func show(completed: Int, total: Int, _ text: String) {
        let width = 30
        let filled = total > 0 ? min(width, completed * width / total) : 0
        show(String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled) + " \(completed)/\(total) \(text)")
    }
    func clear() { if shown { Terminal.errorPart("\r\u{1B}[K") } }
}
