public import CloudModel
public import Crypto
import FoundationEssentials

/// A bundle of which everything was checked.
public struct VerifiedBundle: Sendable {
    /// The outer header.
    public var header: BundleHeader
    /// The manifest.
    public var manifest: BundleManifest
    /// The manifest's exact bytes, for whoever has to prove a record later.
    public var manifestBytes: [UInt8]
    /// The agent's signature over ``manifestBytes``.
    public var manifestSignature: [UInt8]
    /// The content.
    public var collection: CloudCollection
}

/// Opens sealed bundles. `bundle.md#opening`.
public enum BundleOpener {
    /// Opens a bundle, or says why not; nothing of it is given out before all of it was checked.
    ///
    /// - Parameters:
    ///   - bytes: the whole sealed bundle.
    ///   - contentKey: from ``BundleHeader/unwrapContentKey(with:)``.
    ///   - blocks: of a bundle of format version 2: its blocks, as they are kept beside it, in any order.
    ///   - expected: whose bundle it must be.
    ///   - agentKey: that agent's public key.
    public static func open(
        _ bytes: [UInt8], blocks: [SealedBlock] = [], contentKey: SymmetricKey, expecting expected: AgentName,
        agentKey: P256.Signing.PublicKey, limits: BundleLimits = .standard
    ) throws(BundleError) -> VerifiedBundle {
        let (header, ciphertext) = try verify(bytes, expecting: expected, agentKey: agentKey, limits: limits)
        return try open(ciphertext, blocks, header: header, contentKey: contentKey, agentKey: agentKey, limits: limits)
    }

    /// Opens a bundle with the tenant's private sealing key, for whoever may hold both.
    public static func open(
        _ bytes: [UInt8], blocks: [SealedBlock] = [], sealingKey: Curve25519.KeyAgreement.PrivateKey, expecting expected: AgentName,
        agentKey: P256.Signing.PublicKey, limits: BundleLimits = .standard
    ) throws(BundleError) -> VerifiedBundle {
        let (header, ciphertext) = try verify(bytes, expecting: expected, agentKey: agentKey, limits: limits)
        return try open(
            ciphertext, blocks, header: header, contentKey: try header.unwrapContentKey(with: sealingKey), agentKey: agentKey,
            limits: limits)
    }

    /// Everything that needs no secret.
    private static func verify(
        _ bytes: [UInt8], expecting expected: AgentName, agentKey: P256.Signing.PublicKey, limits: BundleLimits
    ) throws(BundleError) -> (BundleHeader, ciphertext: ArraySlice<UInt8>) {
        let header = try BundleHeader.read(bytes, limits: limits)
        guard bytes.count >= header.bundleSize else { throw BundleError(.truncated, "\(bytes.count) of \(header.bundleSize) bytes") }
        guard bytes.count == header.bundleSize else {
            throw BundleError(.trailingBytes, "bytes after the \(header.bundleSize) that the header says")
        }
        try check(header, expected)
        let ciphertext = bytes[BundleHeader.byteCount..<BundleHeader.byteCount + header.ciphertextSize]
        try BundleSignature.checkTrailer(
            Array(bytes.suffix(BundleLayout.signatureBytes)), header: header, ciphertextDigest: Array(SHA256.hash(data: ciphertext)),
            agentKey: agentKey)
        return (header, ciphertext)
    }

    private static func open(
        _ ciphertext: ArraySlice<UInt8>, _ blocks: [SealedBlock], header: BundleHeader, contentKey: SymmetricKey,
        agentKey: P256.Signing.PublicKey,
        limits: BundleLimits
    ) throws(BundleError) -> VerifiedBundle {
        guard BundleKeys.areEqual(BundleKeys.commitment(contentKey, fields: header.fields), header.commitment) else {
            throw BundleError(.badCommitment, "the content key is not the one that the header commits to")
        }
        let plaintext = try BundleBody.decrypt(ciphertext, contentKey: contentKey, header: header)
        return try read(plaintext, blocks, header: header, agentKey: agentKey, limits: limits)
    }

    private static func check(_ header: BundleHeader, _ expected: AgentName) throws(BundleError) {
        let claimed = header.identity.agent
        guard claimed.tenant == expected.tenant else { throw BundleError(.wrongTenant, "the header names tenant \(claimed.tenant)") }
        guard claimed.environment == expected.environment else {
            throw BundleError(.wrongEnvironment, "the header names environment \(claimed.environment)")
        }
        guard claimed.agent == expected.agent else { throw BundleError(.wrongAgent, "the header names agent \(claimed.agent)") }
    }

    private static func read(
        _ plaintext: [UInt8], _ blocks: [SealedBlock], header: BundleHeader, agentKey: P256.Signing.PublicKey, limits: BundleLimits
    ) throws(BundleError) -> VerifiedBundle {
        let length = plaintext.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard plaintext.count >= 4 + BundleLayout.signatureBytes, length <= limits.manifestBytes,
            length <= plaintext.count - 4 - BundleLayout.signatureBytes
        else { throw BundleError(.badManifest, "no room for the manifest") }
        let manifestBytes = Array(plaintext[4..<4 + length])
        let signature = Array(plaintext[(4 + length)..<(4 + length + BundleLayout.signatureBytes)])
        guard BundleSignature.isValid(signature, type: BundleSignature.manifestType, body: manifestBytes, key: agentKey) else {
            throw BundleError(.badManifestSignature, "the agent's key did not sign this manifest")
        }
        let manifest = try BundleManifest(parsing: manifestBytes, version: header.version, limits: limits)
        guard manifest.identity == header.identity, manifest.agentKeyDigest == header.agentKeyDigest, manifest.recipient == header.recipient
        else {
            throw BundleError(.manifestMismatch, "manifest and header name different bundles")
        }
        try SectionReader.check(manifest, limits: limits)

        var collection = CloudCollection(records: [], coverage: [])
        var list = BlockLines.List()
        var times = BlockLines.Times()
        var inBlocks: BundleManifest.Section?
        var rest = plaintext[(4 + length + BundleLayout.signatureBytes)...]
        for section in manifest.sections {
            if header.version == 2, section.name == "records" {
                inBlocks = section
                continue
            }
            guard section.compressedSize <= rest.count else { throw BundleError(.badManifest, "\(section.name) does not fit the body") }
            let compressed = rest.prefix(section.compressedSize)
            rest = rest.dropFirst(section.compressedSize)
            try SectionReader.read(compressed, as: section, limits: limits) { line throws(BundleError) in
                switch section.name {
                case "records": collection.records.append(try SectionLines.record(line, limits: limits))
                case "blocks": try list.append(line)
                case "times": try times.append(line, limits: limits)
                default: collection.coverage.append(try SectionLines.coverage(line, limits: limits))
                }
            }
        }
        guard rest.isEmpty else { throw BundleError(.badManifest, "bytes behind the last section") }
        if let inBlocks { collection.records = try records(inBlocks, list, blocks, &times, limits: limits) }
        return VerifiedBundle(
            header: header, manifest: manifest, manifestBytes: manifestBytes, manifestSignature: signature, collection: collection)
    }

    /// The records of a bundle of format version 2: all of its blocks in the order of its own list, each once more checked. A block that is not
    /// there is a refusal, and never nothing.
    private static func records(
        _ section: BundleManifest.Section, _ list: BlockLines.List, _ blocks: [SealedBlock], _ times: inout BlockLines.Times,
        limits: BundleLimits
    ) throws(BundleError) -> [CollectedRecord] {
        guard let key = list.key else { throw BundleError(.badBlocks, "the list of blocks is empty") }
        var known: [BlockID: SealedBlock] = [:]
        for block in blocks { known[block.id] = block }
        var content = SectionContent(section, limits: limits)
        var records: [CollectedRecord] = []
        var compressedSize = 0
        for entry in list.entries {
            guard let block = known[entry.id] else { throw BundleError(.missingBlock, "block \(entry.id) is not there") }
            guard block.bytes.count == entry.compressedSize + BundleLayout.tagBytes else {
                throw BundleError(.badBlock, "block \(entry.id) has another size than the bundle says")
            }
            let frame = try block.open(key)
            compressedSize += frame.count
            var left = entry.size
            try Zstd.decompress(frame[...], windowLog: limits.windowLog) { piece throws(BundleError) in
                left -= piece.count
                guard left >= 0 else { throw BundleError(.badBlock, "block \(entry.id) is larger than the bundle says") }
                try content.take(piece) { line throws(BundleError) in
                    var record = try SectionLines.record(line, limits: limits)
                    guard record.time == nil else { throw BundleError(.badRecord, "a record in a block has a time") }
                    record.time = try times.next()
                    try SectionLines.check(time: record.time)
                    records.append(record)
                }
            }
            guard left == 0 else { throw BundleError(.badBlock, "block \(entry.id) is smaller than the bundle says") }
        }
        try content.finish()
        try times.finish()
        guard compressedSize == section.compressedSize else {
            throw BundleError(.badBlocks, "the blocks are not of the size of the records")
        }
        return records
    }
}
