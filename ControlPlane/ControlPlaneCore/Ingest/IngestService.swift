public import Basics

/// Takes bundles in. Never decrypts.
public struct IngestService: Sendable {
    let store: any ControlPlaneStore
    let clock: WallClock

    /// Bytes of every piece but the last.
    public static let pieceSize = 4 << 20

    /// Opens an upload, or says how far it is.
    ///
    /// - Throws: ``UploadError``, or the bundle's own error (`bundle.…`) when the header is broken.
    public func open(_ opening: UploadOpening, from agent: AuthenticatedAgent) async throws -> UploadStatus {
        throw UploadError(.unavailable, "not built yet")
    }

    /// How far an upload is.
    public func status(of bundle: BundleID, from agent: AuthenticatedAgent) async throws -> UploadStatus {
        throw UploadError(.unavailable, "not built yet")
    }

    /// Stores a piece; a second time changes nothing. `sha256` is what the agent says of it, 32 bytes.
    public func put(piece index: Int, _ bytes: [UInt8], sha256: [UInt8], of bundle: BundleID, from agent: AuthenticatedAgent) async throws {
        throw UploadError(.unavailable, "not built yet")
    }

    /// Checks the whole and queues a run.
    ///
    /// - Throws: ``UploadError`` or the bundle's own error; the refusal is then in the audit log.
    public func complete(_ bundle: BundleID, from agent: AuthenticatedAgent) async throws -> UploadStatus {
        throw UploadError(.unavailable, "not built yet")
    }
}
