public import Basics
import Crypto
import FoundationEssentials

/// Names a block: the first 16 bytes of a keyed digest. To whoever lacks the agent's secret it says nothing of the content, and is another one
/// for each agent. `blocks.md#names`.
public struct BlockID: Sendable, Hashable, CustomStringConvertible {
    /// Bytes of every name.
    public static let byteCount = 16
    /// The bytes.
    public let bytes: [UInt8]

    /// The name of these bytes; `nil` for any other number of them.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Lower-case hexadecimal.
    public var description: String { Hex.encode(bytes) }
}

/// Names of blocks in an order; in messages one text: all bytes after each other, base64.
public struct BlockList: Sendable, Hashable, Codable {
    /// The names; one may stand several times.
    public var ids: [BlockID]
    /// A list of these names.
    public init(_ ids: [BlockID]) { self.ids = ids }

    /// All bytes after each other.
    public var bytes: [UInt8] { ids.flatMap(\.bytes) }

    /// The list that ``bytes`` gave; `nil` when they are not whole names, or more than a bundle may have.
    public init?(bytes: [UInt8]) {
        guard bytes.count % BlockID.byteCount == 0, bytes.count / BlockID.byteCount <= BlockLimits.count else { return nil }
        ids = stride(from: 0, to: bytes.count, by: BlockID.byteCount).compactMap { BlockID(bytes: bytes[$0..<$0 + BlockID.byteCount]) }
    }

    /// Reads base64.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let data = Data(base64Encoded: try container.decode(String.self)), let list = Self(bytes: Array(data)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not names of blocks in base64")
        }
        self = list
    }
    /// Writes base64.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(bytes).base64EncodedString())
    }
}

/// Bounds of blocks. `blocks.md#limits`.
public enum BlockLimits {
    /// Most blocks of one bundle.
    public static let count = 65_536
    /// Fewest bytes of a block before compression, but for the last one.
    package static let least = 8 << 10
    /// Most bytes of a block before compression.
    public static let most = 256 << 10
    /// Most bytes of a sealed block: what zstd makes of ``most`` bytes at worst, and a tag.
    public static let sealedBytes = 264 << 10
    /// A block ends where this many bits are zero: on average 32 KiB after ``least``.
    static let zeroBits: UInt64 = 15
}

/// What an agent names, cuts and seals its blocks with. It never leaves the agent but for ``key``, which stands in sealed bundles.
public struct BlockSecret: Sendable {
    /// From which each block's own key is derived.
    package let key: [UInt8]
    private let names: SymmetricKey
    /// A random number for each byte: where blocks end says nothing of the content either.
    let gear: [UInt64]

    /// The secret of this agent, from 32 random bytes that it keeps.
    public init(_ root: Secret<[UInt8]>, for agent: AgentName) {
        let salt = agent.tenant.bytes + agent.environment.bytes + agent.agent.bytes
        func derive(_ label: String, _ count: Int) -> [UInt8] {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: root.expose()), salt: salt, info: Array("cloudryption block v1 \(label)".utf8),
                outputByteCount: count
            ).withUnsafeBytes { Array($0) }
        }
        key = derive("seal", 32)
        names = SymmetricKey(data: derive("names", 32))
        let numbers = derive("cut", 256 * 8)
        gear = (0..<256).map { index in numbers[(index * 8)..<(index * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    }

    /// The block of one zstd frame. The name follows from the frame's bytes and the key from the name: so the same bytes give the same block,
    /// and no two texts are ever encrypted under one key.
    package func seal(_ frame: [UInt8]) throws(BundleError) -> SealedBlock {
        let code = HMAC<SHA256>.authenticationCode(for: frame, using: names)
        guard let id = BlockID(bytes: Array(code.prefix(BlockID.byteCount))) else { throw BundleError(.sealingFailed, "naming a block") }
        return SealedBlock(id: id, bytes: try SealedBlock.encrypt(frame, id: id, key: key))
    }
}

/// A piece of records, compressed, encrypted for whoever can open a bundle that names it. `blocks.md#blocks`.
public struct SealedBlock: Sendable, Hashable {
    /// Its name.
    public var id: BlockID
    /// Ciphertext and tag.
    public var bytes: [UInt8]
    /// A block of these parts.
    public init(id: BlockID, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }

    package static func encrypt(_ frame: [UInt8], id: BlockID, key: [UInt8]) throws(BundleError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(frame, using: own(key, id), nonce: AES.GCM.Nonce(data: nonce), authenticating: id.bytes)
            return Array(box.ciphertext) + Array(box.tag)
        } catch { throw BundleError(.sealingFailed, "encrypting a block") }
    }

    /// The zstd frame in it.
    package func open(_ key: [UInt8]) throws(BundleError) -> [UInt8] {
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: Self.nonce), ciphertext: bytes.dropLast(BundleLayout.tagBytes),
                tag: bytes.suffix(BundleLayout.tagBytes))
            return Array(try AES.GCM.open(box, using: Self.own(key, id), authenticating: id.bytes))
        } catch { throw BundleError(.badBlock, "block \(id) is not what was sealed under its name") }
    }

    /// Each key is used for one text alone.
    private static let nonce = [UInt8](repeating: 0, count: 12)
    private static func own(_ key: [UInt8], _ id: BlockID) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: key), salt: id.bytes, info: Array("cloudryption block v1 content".utf8),
            outputByteCount: 32)
    }

    // MARK: Batches

    /// Bytes in front of each block of a batch: its name and its length.
    public static let batchHeaderBytes = BlockID.byteCount + 4

    /// This block as a part of a batch.
    public var batchBytes: [UInt8] {
        var result = id.bytes
        result.append(bigEndian: UInt32(bytes.count))
        return result + bytes
    }

    /// The blocks of a batch and where each one's bytes are in it; `nil` when it is none.
    public static func ranges(inBatch batch: [UInt8]) -> [(id: BlockID, range: Range<Int>)]? {
        var found: [(BlockID, Range<Int>)] = []
        var position = 0
        while position < batch.count {
            guard let (id, size) = header(batch[position...]), batch.count - position - batchHeaderBytes >= size else { return nil }
            position += batchHeaderBytes
            found.append((id, position..<position + size))
            position += size
        }
        return found
    }

    /// The name and length at the front of `bytes`; `nil` when they are none, or the length is beyond the limit.
    public static func header(_ bytes: some Collection<UInt8>) -> (id: BlockID, size: Int)? {
        let head = Array(bytes.prefix(batchHeaderBytes))
        guard head.count == batchHeaderBytes, let id = BlockID(bytes: head.prefix(BlockID.byteCount)) else { return nil }
        let size = head.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        guard (BundleLayout.tagBytes + 1...BlockLimits.sealedBytes).contains(size) else { return nil }
        return (id, size)
    }
}
