import Basics
import CloudModel
import FoundationEssentials

/// What a worker may say, in which order, and how much of it: bytes in, events out. Knows no process, file or clock.
struct WorkerConversation {
    enum Event: Equatable {
        case stage(String)
        case snapshot([UInt8])
    }
    enum End {
        case done(result: [UInt8])
        case failure(WorkerFailure)
    }
    /// Stages that ``WorkerProgress`` may name.
    static let stages: Set<String> = ["open", "normalise", "controls", "graph", "paths", "fixes", "write"]
    /// Most progress frames.
    static let progressLimit = 1000

    private let resultLimit: Int
    private let snapshotLimit: Int
    private var buffer: [UInt8] = []
    private var consumed = 0
    private var result: [UInt8] = []
    private var snapshotBytes = 0
    private var document: WorkerDocument?
    private var progress = 0
    private(set) var end: End?

    init(
        resultLimit: Int = WorkerDocument.result.maximumBytes, snapshotLimit: Int = WorkerDocument.snapshot.maximumBytes
    ) {
        self.resultLimit = resultLimit
        self.snapshotLimit = snapshotLimit
    }

    /// Takes what the pipe gave; answers what that means.
    mutating func receive(_ bytes: some Collection<UInt8>) throws(WorkerError) -> [Event] {
        buffer.append(contentsOf: bytes)
        var events: [Event] = []
        while buffer.count - consumed >= 5 {
            let length = buffer[consumed..<consumed + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length >= 1, length <= WorkerFrame.frameBytes else { throw bad("a frame of \(length) bytes") }
            guard buffer.count - consumed >= 4 + length else { break }
            let kind = buffer[consumed + 4]
            let content = Array(buffer[(consumed + 5)..<(consumed + 4 + length)])
            consumed += 4 + length
            guard end == nil else { throw bad("a frame after the end") }
            guard let frame = WorkerFrame(rawValue: kind) else { throw bad("a frame of unknown kind \(kind)") }
            if let event = try take(frame, content) { events.append(event) }
        }
        if consumed > 0 {
            buffer.removeFirst(consumed)
            consumed = 0
        }
        return events
    }

    /// The pipe is closed; answers how it ended.
    func close() throws(WorkerError) -> End? {
        guard buffer.isEmpty || end == nil else { throw bad("half a frame after the end") }
        return end
    }

    private mutating func take(_ frame: WorkerFrame, _ content: [UInt8]) throws(WorkerError) -> Event? {
        switch frame {
        case .task, .bundlePiece, .block, .bundleEnd: throw bad("a frame that only we may send")
        case .progress:
            progress += 1
            guard progress <= Self.progressLimit, content.count <= 256 else { throw bad("too much progress") }
            guard let said = try? JSONDecoder().decode(WorkerProgress.self, from: Data(content)), Self.stages.contains(said.stage) else {
                throw bad("unknown progress")
            }
            return .stage(said.stage)
        case .document:
            guard let first = content.first, let kind = WorkerDocument(rawValue: first) else { throw bad("an unknown document") }
            if let document, kind.rawValue < document.rawValue { throw bad("documents out of order") }
            document = kind
            let piece = Array(content.dropFirst())
            switch kind {
            case .result:
                guard result.count + piece.count <= resultLimit else { throw bad("a result that is too large") }
                result += piece
                return nil
            case .snapshot:
                guard snapshotBytes + piece.count <= snapshotLimit else { throw bad("a snapshot that is too large") }
                snapshotBytes += piece.count
                return .snapshot(piece)
            }
        case .failure:
            guard content.count <= 16 << 10, var failure = try? JSONDecoder().decode(WorkerFailure.self, from: Data(content)) else {
                throw bad("a failure that cannot be read")
            }
            let code = Array(failure.code.utf8)
            let sound = (1...64).contains(code.count) && code.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: ".") }
            guard sound else { throw bad("a failure without a code") }
            failure.message = DisplayText.safe(failure.message, limit: 300)
            end = .failure(failure)
        case .done:
            guard content.isEmpty, !result.isEmpty, snapshotBytes > 0 else { throw bad("the end before a whole result") }
            end = .done(result: result)
        }
        return nil
    }

    private func bad(_ what: String) -> WorkerError { WorkerError(.badAnswer, "the worker sent \(what)") }
}

/// Frames as they go over the pipe.
enum WorkerFraming {
    static func frame(_ kind: WorkerFrame, _ content: some Collection<UInt8>) -> [UInt8] {
        let length = UInt32(content.count + 1)
        return [UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), kind.rawValue] + content
    }
}
