public import Basics
import Crypto
import FoundationEssentials
public import WireProtocol

/// Takes bundles in. Never decrypts.
public struct IngestService: Sendable {
    /// Most uploads of one agent that are not complete; the oldest makes room.
    public static let openUploads = 8
    /// How long an upload may take. One that is not complete by then is as if it had never been opened.
    static let uploadsStay: TimeInterval = 24 * 3600

    let store: any ControlPlaneStore
    let objects: ObjectFolder
    let clock: WallClock
    /// Bytes of every piece but the last, of uploads opened from now on.
    public let pieceSize: Int
    let limits: BundleLimits
    let blocking: BlockingWork
    let turns = Turns<BundleID>()

    /// Opens an upload, or says how far it is.
    ///
    /// - Throws: ``UploadError``, or ``BundleError`` when the header is broken; the refusal is then in the audit log.
    public func open(_ request: UploadRequest, from agent: AuthenticatedAgent) async throws -> UploadState {
        // Not a refusal of the bundle: it stays in the agent's spool.
        guard agent.agent.standing.approved else {
            throw UploadError(.pendingApproval, "somebody has to approve this agent first: the bundle can wait")
        }
        return try await turns.with(request.bundle) {
            try await audited(request.bundle, agent) {
                let upload = try checked(request, from: agent)
                let header = try BundleHeader.read(upload.header, limits: limits)
                let opened = try await store.write(agent.tenant) { tables -> (UploadState, [BundleID]) in
                    if let state = try known(header, sha256: upload.sha256, agent, tables) { return (state, []) }
                    var dropped = try tables.uploads(of: agent.id).filter(hasEnded).map(\.bundle)
                    for bundle in dropped { try tables.deleteUpload(bundle) }
                    if let old = try tables.upload(upload.bundle) {
                        guard old.agent == upload.agent, old.size == upload.size, old.sha256 == upload.sha256, old.header == upload.header
                        else { throw UploadError(.conflict, "this bundle was announced with other content") }
                        guard try tables.blocks(ofUpload: upload.bundle) == request.blocks else {
                            throw UploadError(.conflict, "this bundle was announced with other blocks")
                        }
                        let received = try tables.pieces(of: upload.bundle)
                        return (UploadState(bundle: upload.bundle, status: .open, received: received, pieceSize: old.pieceSize), dropped)
                    }
                    let keys = try tables.sealingKeys().map { Array($0.id.utf8) }
                    guard keys.contains(Array(header.recipient.utf8)) else {
                        throw BundleError(.wrongRecipient, "sealed to a key that is not the tenant's")
                    }
                    let open = try tables.uploads(of: agent.id)
                    let crowded = open.prefix(max(0, open.count - Self.openUploads + 1)).map(\.bundle)
                    for bundle in crowded { try tables.deleteUpload(bundle) }
                    dropped += crowded
                    try tables.insert(upload)
                    if let blocks = request.blocks { try tables.put(blockNames: blocks.bytes, ofUpload: upload.bundle) }
                    try AuditLog.append(
                        tables, .uploadOpened, by: .agent(agent.id), on: "bundle:\(upload.bundle)", detail: "size=\(upload.size)",
                        at: upload.createdAt)
                    return (UploadState(bundle: upload.bundle, status: .open, received: [], pieceSize: upload.pieceSize), dropped)
                }
                try await blocking.run {
                    for bundle in opened.1 { ObjectFolder.remove(try objects.upload(agent.tenant, bundle)) }
                    // What an upload that was dropped left must not stand in for pieces of this one.
                    if opened.0.status == .open, opened.0.received.isEmpty {
                        ObjectFolder.remove(try objects.upload(agent.tenant, request.bundle))
                    }
                }
                var state = opened.0
                if state.status == .open { state.missing = try await storing { try await missing(request.blocks, of: agent) } }
                return state
            }
        }
    }

    private func checked(_ request: UploadRequest, from agent: AuthenticatedAgent) throws -> Upload {
        guard let bytes = Data(base64Encoded: request.headerBase64), bytes.count == BundleHeader.byteCount else {
            throw UploadError(.malformed, "the header is not \(BundleHeader.byteCount) bytes in base64")
        }
        guard let sha256 = Hex.decode(request.sha256), sha256.count == 32 else { throw UploadError(.malformed, "not a SHA-256") }
        guard request.size <= limits.bundleBytes else { throw UploadError(.tooLarge, "no bundle may be larger than \(limits.bundleBytes)") }
        let header = try BundleHeader.read(Array(bytes), limits: limits)
        guard header.bundleSize == request.size else { throw UploadError(.malformed, "the header says another size") }
        guard header.identity.bundle == request.bundle else { throw UploadError(.malformed, "the header names another bundle") }
        guard (header.version == 2) == (request.blocks != nil) else {
            throw UploadError(.malformed, "blocks belong to a bundle of format version 2, and to no other")
        }
        try checkIdentity(header, agent)
        return Upload(
            tenant: agent.tenant, bundle: request.bundle, agent: agent.id, size: request.size, sha256: sha256, header: header.bytes,
            pieceSize: pieceSize, createdAt: clock.now())
    }

    private func checkIdentity(_ header: BundleHeader, _ agent: AuthenticatedAgent) throws(UploadError) {
        let name = header.identity.agent
        guard name.tenant == agent.tenant else { throw UploadError(.wrongTenant, "the bundle belongs to another tenant") }
        guard name.environment == agent.environment else {
            throw UploadError(.wrongEnvironment, "the bundle belongs to another environment")
        }
        guard name.agent == agent.id else { throw UploadError(.wrongAgent, "the bundle belongs to another agent") }
    }

    /// What is to be said at once: the very bundle is here, or its number was passed; `nil` when it is new.
    private func known(
        _ header: BundleHeader, sha256: [UInt8], _ agent: AuthenticatedAgent, _ tables: any TenantWriting
    ) throws -> UploadState? {
        guard let row = try tables.agent(agent.id) else { throw UploadError(.unavailable, "no such agent") }
        let identity = header.identity
        let stored = try tables.bundle(identity.bundle)
        if let stored, stored.agent != agent.id { throw UploadError(.conflict, "this bundle is another agent's") }
        let verdict = ReplayGuard.judge(
            BundlePosition(bundle: identity.bundle, epoch: identity.epoch, sequence: identity.sequence, sha256: sha256),
            known: stored.map { BundlePosition(bundle: $0.id, epoch: $0.epoch, sequence: $0.sequence, sha256: $0.sha256) },
            epoch: row.epoch, highestSequence: row.sequence == 0 ? nil : row.sequence)
        switch verdict {
        case .accepted: return nil
        case .alreadyKnown:
            return try Self.state(of: identity.bundle, stored, .alreadyKnown, pieceSize, tables)
        case .replayed: throw UploadError(.sequenceReplayed, "a bundle of this or a later number was accepted before")
        case .conflict: throw UploadError(.conflict, "this bundle or its epoch was used for other content")
        }
    }

    /// The state of a bundle that is kept: held as long as it has no run.
    private static func state(
        of bundle: BundleID, _ stored: StoredBundle?, _ status: UploadState.Status, _ pieceSize: Int, _ tables: any TenantReading
    ) throws -> UploadState {
        guard let stored, try tables.run(stored.run) != nil else {
            return UploadState(bundle: bundle, status: .held, received: [], pieceSize: pieceSize)
        }
        return UploadState(bundle: bundle, status: status, received: [], pieceSize: pieceSize, run: stored.run)
    }

    /// How far an upload is.
    public func status(of bundle: BundleID, from agent: AuthenticatedAgent) async throws -> UploadState {
        var (state, blocks) = try await store.read(agent.tenant) { tables -> (UploadState, BlockList?) in
            if let stored = try tables.bundle(bundle), stored.agent == agent.id {
                return (try Self.state(of: bundle, stored, .accepted, pieceSize, tables), nil)
            }
            let upload = try own(bundle, agent, tables)
            let received = try tables.pieces(of: bundle)
            let state = UploadState(bundle: bundle, status: .open, received: received, pieceSize: upload.pieceSize)
            return (state, try tables.blocks(ofUpload: bundle))
        }
        if state.status == .open { state.missing = try await storing { try await missing(blocks, of: agent) } }
        return state
    }

    func own(_ bundle: BundleID, _ agent: AuthenticatedAgent, _ tables: any TenantReading) throws -> Upload {
        guard let upload = try tables.upload(bundle), upload.agent == agent.id, !hasEnded(upload) else {
            throw UploadError(.unknownBundle, "no such upload: open it first")
        }
        return upload
    }

    private func hasEnded(_ upload: Upload) -> Bool { clock.now().timeIntervalSince(upload.createdAt) > Self.uploadsStay }

    /// Stores a piece; a second time changes nothing. `sha256` is the hexadecimal digest that the agent sends with it.
    public func put(
        piece index: Int, _ bytes: [UInt8], sha256: String, of bundle: BundleID, from agent: AuthenticatedAgent
    ) async throws {
        try await turns.with(bundle) {
            let found = try await store.read(agent.tenant) { (try own(bundle, agent, $0), try $0.pieces(of: bundle)) }
            let upload = found.0
            guard let range = UploadLimits.range(ofPiece: index, size: upload.size, pieceSize: upload.pieceSize) else {
                throw UploadError(.pieceOutOfRange, "there is no piece \(index)")
            }
            guard bytes.count == range.count else { throw UploadError(.pieceSizeMismatch, "piece \(index) has \(range.count) bytes") }
            guard let digest = Hex.decode(sha256), digest.count == 32 else { throw UploadError(.malformed, "not a SHA-256") }
            try await blocking.run {
                guard Array(SHA256.hash(data: bytes)) == digest else {
                    throw UploadError(.pieceHashMismatch, "piece \(index) is not what its hash says")
                }
            }
            guard !found.1.contains(index) else { return }
            try await storing {
                try await blocking.run {
                    try ObjectFolder.write(bytes, to: try objects.upload(agent.tenant, bundle), at: range.lowerBound)
                }
                try await store.write(agent.tenant) { tables in
                    _ = try own(bundle, agent, tables)
                    try tables.insertPiece(index, of: bundle)
                }
            }
        }
    }

    /// Checks the whole and queues a run.
    ///
    /// - Throws: ``UploadError`` or ``BundleError``; the refusal is then in the audit log, and a bundle whose content is wrong is dropped.
    public func complete(_ bundle: BundleID, from agent: AuthenticatedAgent) async throws -> UploadState {
        try await turns.with(bundle) {
            let found = try await store.read(agent.tenant) { tables -> (Upload?, [Int], UploadState?) in
                if let stored = try tables.bundle(bundle), stored.agent == agent.id {
                    return (nil, [], try Self.state(of: bundle, stored, .alreadyKnown, pieceSize, tables))
                }
                return (try own(bundle, agent, tables), try tables.pieces(of: bundle), nil)
            }
            if let state = found.2 { return state }
            guard let upload = found.0 else { throw UploadError(.unknownBundle, "no such upload: open it first") }
            let count = UploadLimits.pieceCount(size: upload.size, pieceSize: upload.pieceSize)
            guard found.1 == Array(0..<count) else {
                throw UploadError(.incomplete, "\(count - found.1.count) of \(count) pieces are missing")
            }
            let blocks = try await store.read(agent.tenant) { try $0.blocks(ofUpload: bundle) }
            if let missing = try await storing({ try await missing(blocks, of: agent) }), !missing.ids.isEmpty {
                throw UploadError(.incomplete, "\(missing.ids.count) blocks are missing: open the upload again")
            }
            return try await audited(bundle, agent, dropping: true) { try await checkIn(upload, agent) }
        }
    }

    private func checkIn(_ upload: Upload, _ agent: AuthenticatedAgent) async throws -> UploadState {
        let announced = try BundleHeader.read(upload.header, limits: limits)
        guard let keyBytes = try await store.read(agent.tenant, { try $0.publicKey(of: agent.id, digest: announced.agentKeyDigest) }) else {
            throw UploadError(.wrongKey, "the bundle is signed with a key that this agent never enrolled")
        }
        let part = try objects.upload(agent.tenant, upload.bundle)
        let final = try objects.bundle(agent.tenant, upload.bundle, digest: upload.sha256)
        let limits = limits
        let verified = try await blocking.run { () throws -> VerifiedEnvelope in
            // After a crash between naming the file and the commit below the file has its final name already.
            let path = ObjectFolder.exists(part) ? part : final
            var verifier = EnvelopeVerifier(limits: limits)
            do {
                try ObjectFolder.read(path) { try verifier.update($0) }
            } catch let error as StoreError where error.code == .notFound {
                throw UploadError(.digestMismatch, "the pieces are gone: send them again")
            }
            let key = try P256.Signing.PublicKey(x963Representation: keyBytes)
            let verified = try verifier.finish(agentKey: key)
            guard verified.sha256 == upload.sha256, verified.size == upload.size, verified.headerBytes == upload.header else {
                throw UploadError(.digestMismatch, "the whole is not what was announced")
            }
            guard Array(SHA256.hash(data: key.derRepresentation)) == verified.header.agentKeyDigest else {
                throw UploadError(.wrongKey, "the header names another key")
            }
            return verified
        }
        try checkIdentity(verified.header, agent)
        return try await storing {
            try await blocking.run { if ObjectFolder.exists(part) { try ObjectFolder.publish(part, as: final) } }
            do { return try await accept(verified, keyBytes, agent) } catch let error as UploadError where error.code != .incomplete {
                try await blocking.run { ObjectFolder.remove(final) }
                throw error
            }
        }
    }

    private func accept(_ envelope: VerifiedEnvelope, _ key: [UInt8], _ agent: AuthenticatedAgent) async throws -> UploadState {
        let now = clock.now()
        let identity = envelope.header.identity
        let (state, emptied) = try await store.write(agent.tenant) { tables -> (UploadState, [String]) in
            guard var row = try tables.agent(agent.id), !row.revoked else {
                throw AccessError(.certificateRevoked, "the agent was revoked")
            }
            if let state = try known(envelope.header, sha256: envelope.sha256, agent, tables) { return (state, []) }
            let emptied = try Self.keepBlocks(of: identity.bundle, from: agent.id, tables, now: now)
            let run = Run(
                id: .fresh(milliseconds: UInt64(max(0, now.timeIntervalSince1970 * 1000))), tenant: agent.tenant,
                environment: agent.environment, bundle: identity.bundle, agent: agent.id, status: .queued, attempts: 0, createdAt: now)
            try tables.insert(
                StoredBundle(
                    tenant: agent.tenant, id: identity.bundle, environment: agent.environment, agent: agent.id, epoch: identity.epoch,
                    sequence: identity.sequence, size: envelope.size, sha256: envelope.sha256, agentKey: key, acceptedAt: now, run: run.id))
            // Of an agent that is quarantined, the bundle is kept for somebody to look at: nothing is lost, and nothing is believed.
            let isHeld = row.standing.quarantine != nil
            if !isHeld { try tables.insert(run) }
            row.sequence = identity.sequence
            try tables.update(row)
            try tables.deleteUpload(identity.bundle)
            try AuditLog.append(
                tables, .bundleAccepted, by: .agent(agent.id), on: "bundle:\(identity.bundle)",
                detail: "run=\(isHeld ? "held" : "\(run.id)") sequence=\(identity.sequence) sha256=\(Hex.encode(envelope.sha256))", at: now)
            let state = UploadState(
                bundle: identity.bundle, status: isHeld ? .held : .accepted, received: [], pieceSize: pieceSize, run: isHeld ? nil : run.id)
            return (state, emptied)
        }
        if !emptied.isEmpty {
            try await blocking.run { for pack in emptied { ObjectFolder.remove(try objects.pack(agent.tenant, pack)) } }
        }
        return state
    }

    /// What fails on our side is told apart from what the agent did wrong: the agent tries the former again.
    func storing<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as StoreError {
            throw UploadError(
                .unavailable, error.code == .noSpace ? "no space left: try later" : "storing is not possible now", cause: error)
        } catch let error as FileError {
            throw UploadError(.unavailable, "storing is not possible now", cause: error)
        }
    }

    /// Puts a refusal on record. With `dropping`, a bundle that can never be accepted goes with it.
    private func audited<T: Sendable>(
        _ bundle: BundleID, _ agent: AuthenticatedAgent, dropping: Bool = false, _ body: () async throws -> T
    ) async throws -> T {
        do {
            return try await body()
        } catch {
            let code: String
            if let refusal = error as? UploadError, refusal.code != .unavailable, refusal.code != .incomplete,
                refusal.code != .pendingApproval
            {
                code = refusal.code.full
            } else if let refusal = error as? BundleError {
                code = "\(BundleError.domain).\(refusal.code.rawValue)"
            } else {
                throw error
            }
            let now = clock.now()
            try await store.write(agent.tenant) { tables in
                if dropping { try tables.deleteUpload(bundle) }
                try AuditLog.append(tables, .bundleRefused, by: .agent(agent.id), on: "bundle:\(bundle)", outcome: code, at: now)
            }
            if dropping {
                try await blocking.run {
                    ObjectFolder.remove(try objects.upload(agent.tenant, bundle))
                }
            }
            throw error
        }
    }
}
