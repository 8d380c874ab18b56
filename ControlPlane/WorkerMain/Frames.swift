import Basics
import CloudModel
import FoundationEssentials
import Glibc

/// Why the conversation with the supervisor cannot go on.
struct FrameError: CodedError {
    enum Code: String, CaseIterable, Sendable {
        case closed, outOfOrder, tooLarge, failed
    }
    static let domain = "frames"
    var code: Code
    var message: String
    var cause: (any Error)? { nil }
}

/// Reads the supervisor's frames; blocks.
struct FrameReader {
    func next() throws(FrameError) -> (kind: WorkerFrame, content: [UInt8]) {
        let head = try read(5)
        let length = head[0..<4].reduce(0) { $0 << 8 | Int($1) }
        guard length >= 1, length <= WorkerFrame.frameBytes else {
            throw FrameError(code: .tooLarge, message: "a frame of \(length) bytes")
        }
        guard let kind = WorkerFrame(rawValue: head[4]) else { throw FrameError(code: .outOfOrder, message: "a frame of unknown kind") }
        return (kind, try read(length - 1))
    }

    private func read(_ count: Int) throws(FrameError) -> [UInt8] {
        var failure: FrameError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = Glibc.read(0, buffer.baseAddress?.advanced(by: filled), count - filled)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    failure = FrameError(code: .closed, message: "the supervisor is gone")
                    return
                }
                filled += got
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// Writes frames to the supervisor; blocks.
struct FrameWriter {
    func send(_ kind: WorkerFrame, _ content: some Collection<UInt8>) throws(FrameError) {
        let length = UInt32(content.count + 1)
        try write([UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), kind.rawValue] + content)
    }

    func send(_ progress: WorkerProgress) throws { try send(.progress, try JSONEncoder().encode(progress)) }
    func send(_ failure: WorkerFailure) throws { try send(.failure, try JSONEncoder().encode(failure)) }

    /// One document in as many frames as it needs.
    func send(_ document: WorkerDocument, _ bytes: [UInt8]) throws(FrameError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try send(.document, [document.rawValue] + rest.prefix(WorkerFrame.pieceBytes))
            rest = rest.dropFirst(WorkerFrame.pieceBytes)
        }
    }

    /// A file as a document, without holding it in memory.
    func send(_ document: WorkerDocument, file path: String) throws(FrameError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FrameError(code: .failed, message: "the snapshot cannot be read: error \(errno)") }
        defer { close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: WorkerFrame.pieceBytes)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FrameError(code: .failed, message: "the snapshot cannot be read: error \(errno)") }
            if count == 0 { return }
            try send(document, Array(chunk[0..<count]))
        }
    }

    private func write(_ bytes: [UInt8]) throws(FrameError) {
        let failed = bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(1, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if count < 0 {
                    if errno == EINTR { continue }
                    return true
                }
                done += count
            }
            return false
        }
        if failed { throw FrameError(code: .closed, message: "the supervisor is gone") }
    }
}
