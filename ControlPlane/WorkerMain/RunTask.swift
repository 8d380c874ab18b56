import Basics
import CloudModel
import Crypto
import FoundationEssentials
import WireProtocol

/// One run from its frames in to its frames out.
struct RunTask {
    let input: FrameReader
    let output: FrameWriter
    let scratch: String

    func run() throws {
        let task = try readTask()
        let (bundle, blocks) = try readBundle()
        try output.send(WorkerProgress(stage: "open"))
        let verified = try BundleOpener.open(bundle, blocks: blocks, contentKey: task.key, expecting: task.agent, agentKey: task.agentKey)
        let snapshot = scratch + "/snapshot.sqlite"
        let result = try Analysis.run(verified.collection, snapshot: snapshot) { progress in
            // Only for show.
            try? output.send(progress)
        }
        try output.send(.result, result)
        try output.send(.snapshot, file: snapshot)
        try output.send(.done, [])
    }

    private struct Task {
        var agent: AgentName
        var agentKey: P256.Signing.PublicKey
        var key: SymmetricKey
    }

    private func readTask() throws -> Task {
        let frame = try input.next()
        guard frame.kind == .task, let task = try? JSONDecoder().decode(WorkerTask.self, from: Data(frame.content)),
            let tenant = TenantID(task.tenant), let environment = EnvironmentID(task.environment), let agent = AgentID(task.agent),
            let keyBytes = Data(base64Encoded: task.contentKey), keyBytes.count == 32,
            let agentKeyBytes = Data(base64Encoded: task.agentPublicKey),
            let agentKey = try? P256.Signing.PublicKey(x963Representation: agentKeyBytes)
        else { throw FrameError(code: .outOfOrder, message: "no task first") }
        return Task(
            agent: AgentName(tenant: tenant, environment: environment, agent: agent), agentKey: agentKey, key: SymmetricKey(data: keyBytes))
    }

    private func readBundle() throws -> ([UInt8], [SealedBlock]) {
        var bytes: [UInt8] = []
        var blocks: [SealedBlock] = []
        var left = BundleLimits.standard.bundleBytes
        while true {
            let frame = try input.next()
            switch frame.kind {
            case .bundlePiece:
                guard bytes.count + frame.content.count <= BundleLimits.standard.bundleBytes else {
                    throw FrameError(code: .tooLarge, message: "a bundle that is too large")
                }
                bytes += frame.content
            case .block:
                guard let id = BlockID(bytes: frame.content.prefix(BlockID.byteCount)) else {
                    throw FrameError(code: .outOfOrder, message: "a block without a name")
                }
                left -= frame.content.count
                guard left >= 0 else { throw FrameError(code: .tooLarge, message: "blocks that are too large") }
                blocks.append(SealedBlock(id: id, bytes: Array(frame.content.dropFirst(BlockID.byteCount))))
            case .bundleEnd: return (bytes, blocks)
            default: throw FrameError(code: .outOfOrder, message: "something else than the bundle")
            }
        }
    }
}
