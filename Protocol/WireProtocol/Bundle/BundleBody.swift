package import Crypto
import FoundationEssentials

/// The body: chunks of plaintext, each encrypted for its place. `bundle.md#body`.
package enum BundleBody {
    /// The body of `plaintext`.
    package static func encrypt(_ plaintext: [UInt8], contentKey: SymmetricKey, header: [UInt8]) throws(BundleError) -> [UInt8] {
        let key = BundleKeys.chunkKey(contentKey, fields: Array(header.prefix(BundleFields.byteCount)))
        let context = Array(SHA256.hash(data: header))
        var ciphertext: [UInt8] = []
        ciphertext.reserveCapacity(BundleLayout.ciphertextSize(plaintext: plaintext.count))
        var index: UInt32 = 0
        var start = 0
        while true {
            let end = min(start + BundleLayout.chunkBytes, plaintext.count)
            let isLast = end == plaintext.count
            ciphertext += try encryptChunk(plaintext[start..<end], key: key, context: context, index: index, isLast: isLast)
            if isLast { return ciphertext }
            start = end
            index += 1
        }
    }

    /// One chunk with its tag.
    package static func encryptChunk(
        _ chunk: ArraySlice<UInt8>, key: SymmetricKey, context: [UInt8], index: UInt32, isLast: Bool
    ) throws(BundleError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(chunk, using: key, nonce: nonce(index, isLast: isLast), authenticating: context)
            return Array(box.ciphertext) + Array(box.tag)
        } catch { throw BundleError(.sealingFailed, "encrypting chunk \(index)") }
    }

    /// The plaintext of a body that has just the size that the header says.
    static func decrypt(_ ciphertext: ArraySlice<UInt8>, contentKey: SymmetricKey, header: BundleHeader) throws(BundleError) -> [UInt8] {
        let key = BundleKeys.chunkKey(contentKey, fields: header.fields)
        let context = Array(SHA256.hash(data: header.bytes))
        var plaintext: [UInt8] = []
        plaintext.reserveCapacity(header.plaintextSize)
        var index: UInt32 = 0
        var rest = ciphertext
        while true {
            let chunk = rest.prefix(BundleLayout.chunkBytes + BundleLayout.tagBytes)
            rest = rest.dropFirst(chunk.count)
            do {
                let box = try AES.GCM.SealedBox(
                    nonce: nonce(index, isLast: rest.isEmpty), ciphertext: chunk.dropLast(BundleLayout.tagBytes),
                    tag: chunk.suffix(BundleLayout.tagBytes))
                plaintext += try AES.GCM.open(box, using: key, authenticating: context)
            } catch { throw BundleError(.badChunk, "chunk \(index) is not what was sealed at its place") }
            if rest.isEmpty { return plaintext }
            index += 1
        }
    }

    /// Seven zero bytes, the chunk's index in four, and 1 for the last chunk, else 0. The key is fresh for every bundle.
    private static func nonce(_ index: UInt32, isLast: Bool) throws -> AES.GCM.Nonce {
        var bytes = [UInt8](repeating: 0, count: 7)
        bytes.append(bigEndian: index)
        bytes.append(isLast ? 1 : 0)
        return try AES.GCM.Nonce(data: bytes)
    }

    /// The manifest's length in four bytes, the manifest, its signature, the sections.
    package static func plaintext(manifest: [UInt8], signature: [UInt8], sections: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + manifest.count + signature.count + sections.reduce(0) { $0 + $1.count })
        bytes.append(bigEndian: UInt32(clamping: manifest.count))
        bytes += manifest
        bytes += signature
        for section in sections { bytes += section }
        return bytes
    }
}
