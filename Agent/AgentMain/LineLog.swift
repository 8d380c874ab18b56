import AgentCore
import ArgumentParser
import Basics
import CloudModel
import FoundationEssentials
import Glibc
import Logging

enum LogForm: String, ExpressibleByArgument, CaseIterable { case text, json }

/// Log lines on standard error.
struct LineLogHandler: LogHandler {
    let form: LogForm
    let progress: ProgressLine
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    init(form: LogForm, progress: ProgressLine) {
        self.form = form
        self.progress = progress
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        for (key, value) in event.metadata ?? [:] { all[key] = value }
        let members = all.sorted { $0.key < $1.key }
        let time = AgentClock.text(Date())
        var line: String
        switch form {
        case .text:
            line = "\(time) \(event.level) \(DisplayText.safe("\(event.message)"))"
            for (key, value) in members { line += " \(key)=\(DisplayText.safe("\(value)"))" }
        case .json:
            var object: JSONObject = ["time": .string(time), "level": .string("\(event.level)"), "message": .string("\(event.message)")]
            for (key, value) in members { object[key] = .string("\(value)") }
            line = JSONValue.object(object).canonicalText
        }
        progress.clear()
        Terminal.print(line, to: STDERR_FILENO)
    }
}

extension LogOptions {
    func logger(progress: ProgressLine) -> Logger {
        var logger = Logger(label: "cloudryption-agent") { _ in RedactingLogHandler(LineLogHandler(form: logFormat, progress: progress)) }
        logger.logLevel = verbose ? .debug : .info
        return logger
    }
}

extension Logger {
    /// Writes down what the agent does.
    func note(_ event: AgentEvent, progress: ProgressLine) {
        switch event {
        case .progress(let state): progress.show(state)
        case .collecting: info("collecting")
        case .collected(let records, let notSeen): info("collected", metadata: ["records": "\(records)", "notSeen": "\(notSeen)"])
        case .sealed(let bundle, let bytes, let sequence):
            info("sealed", metadata: ["bundle": "\(bundle)", "bytes": "\(bytes)", "sequence": "\(sequence)"])
        case .superseded(let bundle): warning("a waiting bundle went for a newer one", metadata: ["bundle": "\(bundle)"])
        case .uploading(let bundle, let bytes): info("uploading", metadata: ["bundle": "\(bundle)", "bytes": "\(bytes)"])
        case .pieceSent(let bundle, let piece, let remaining):
            info("piece sent", metadata: ["bundle": "\(bundle)", "piece": "\(piece)", "remaining": "\(remaining)"])
        case .blocksSent(let bundle, let count, let remaining):
            info("blocks sent", metadata: ["bundle": "\(bundle)", "count": "\(count)", "remaining": "\(remaining)"])
        case .waiting(let pause): info("waiting before the next try", metadata: ["pause": "\(pause)"])
        case .uploaded(let bundle, let run, let how):
            info("uploaded", metadata: ["bundle": "\(bundle)", "run": "\(run.map(\.description) ?? "none")", "answer": "\(how)"])
        case .refused(let bundle, let code, let message):
            error("bundle refused", metadata: ["bundle": "\(bundle)", "code": "\(code)", "reason": "\(message)"])
        case .renewed(let end): info("certificate renewed", metadata: ["notAfter": "\(AgentClock.text(end))"])
        case .heartbeat(let skew):
            debug("sign of life", metadata: ["clockSkew": "\(skew.map { "\(Int($0))" } ?? "unknown")"])
            if let skew, abs(skew) > HostFacts.clockTolerance {
                warning("clock differs from the server's", metadata: ["seconds": "\(Int(skew))"])
            }
        case .configured(let version): info("takes the server's settings", metadata: ["version": "\(version)"])
        case .advice(let text): notice("the server says", metadata: ["advice": "\(text)"])
        case .failed(let code, let message): warning("failed", metadata: ["code": "\(code)", "reason": "\(message)"])
        case .sleeping(let pause): debug("sleeping", metadata: ["pause": "\(pause)"])
        }
    }
}
