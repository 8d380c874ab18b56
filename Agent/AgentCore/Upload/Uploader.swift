import Basics
import Crypto
import FoundationEssentials
import ServiceLifecycle
import WireProtocol

/// Carries out what an ``UploadMachine`` asks for. The bytes on disk are sent as they are, however often.
public struct Uploader: Sendable {
    private let gateway: Gateway
    private let clock: AgentClock
    private let patience: UploadMachine.Patience

    /// An uploader to this gateway.
    public init(gateway: Gateway, clock: AgentClock = .system, patience: UploadMachine.Patience = .init()) {
        self.gateway = gateway
        self.clock = clock
        self.patience = patience
    }

    /// Uploads a bundle. A graceful shutdown ends it between two pieces.
    ///
    /// - Parameter progress: called with the number of pieces that are still to be sent.
    /// - Throws: ``FileError`` when the bundle's file cannot be read; nothing else.
    public func upload(
        _ entry: Spool.Entry, progress: @Sendable (AgentEvent) -> Void = { _ in }
    ) async throws -> UploadMachine.Outcome {
        let file = try RangeReader(path: entry.path)
        let size = entry.header.bundleSize
        let request = UploadRequest(
            bundle: entry.bundle, size: size, sha256: Hex.encode(try file.sha256(ofFirst: size)),
            headerBase64: Data(entry.header.bytes).base64EncodedString(),
            blocks: entry.header.version == 2 ? BlockList(entry.blocks.map(\.id)) : nil)
        var machine = UploadMachine(
            bundle: entry.bundle, size: size,
            blocks: entry.blocks.map { ($0.id, $0.range.count + SealedBlock.batchHeaderBytes) }, patience: patience)
        var random = SystemRandomNumberGenerator()
        var event = UploadMachine.Event.started
        while true {
            if Task.isCancelled || Task.isShuttingDownGracefully { event = .stopping }
            let action = machine.handle(event, random: &random)
            do {
                switch action {
                case .open:
                    let state = try await gateway.open(request)
                    event = .opened(state)
                case .sendBlocks(let indices):
                    var batch: [UInt8] = []
                    for block in indices.map({ entry.blocks[$0] }) {
                        batch += SealedBlock(id: block.id, bytes: try file.read(block.range)).batchBytes
                    }
                    try await gateway.put(batch: batch, sha256: Hex.encode(SHA256.hash(data: batch)), of: entry.bundle)
                    event = .sentBlocks(indices)
                    progress(.blocksSent(bundle: entry.bundle, count: indices.count, remaining: machine.remainingBlocks - indices.count))
                case .send(let piece, let range):
                    let bytes = try file.read(range)
                    try await gateway.put(bytes, sha256: Hex.encode(SHA256.hash(data: bytes)), piece: piece, of: entry.bundle)
                    event = .sent(piece: piece)
                    progress(.pieceSent(bundle: entry.bundle, piece: piece, remaining: machine.remaining - 1))
                case .complete: event = .completed(try await gateway.complete(entry.bundle))
                case .wait(let pause):
                    progress(.waiting(pause))
                    event = .waited
                    try? await cancelWhenGracefulShutdown { [clock] in try await clock.sleep(pause) }
                case .end(let outcome): return outcome
                }
            } catch let refusal as Refusal {
                event = .refused(refusal)
            } catch let error as FileError {
                throw error
            } catch {
                progress(.failed(code: Self.code(error), message: Self.message(error)))
                event = .failed(code: Self.code(error))
            }
        }
    }

    static func code(_ error: any Error) -> String {
        switch error {
        case let refusal as Refusal: refusal.code ?? "http.status\(refusal.status)"
        case let error as any CodedError: error.fullCode
        default: "agent.unexpected"
        }
    }
    static func message(_ error: any Error) -> String {
        switch error {
        case let refusal as Refusal: refusal.description
        case let error as any CodedError: error.message
        default: "an error of type \(type(of: error))"
        }
    }
}

extension CodedError {
    var fullCode: String { "\(Self.domain).\(code.rawValue)" }
}
