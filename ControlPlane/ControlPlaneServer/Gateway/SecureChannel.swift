import Basics
import FoundationEssentials
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization
import X509

/// What one connection knows of its peer: empty until a certificate was verified on it.
final class PeerRecord: Sendable {
    private let state = Mutex<(peer: VerifiedPeer, verifier: ObjectIdentifier)?>(nil)
    /// The peer, if this very verifier looked at it: after authorities were replaced, an open connection is looked at again.
    func value(by verifier: PeerVerifier) -> VerifiedPeer? {
        state.withLock { $0.flatMap { $0.verifier == ObjectIdentifier(verifier) ? $0.peer : nil } }
    }
    func record(_ value: VerifiedPeer, by verifier: PeerVerifier) { state.withLock { $0 = (value, ObjectIdentifier(verifier)) } }

    /// The record of the connection that the current task serves.
    @TaskLocal static var current: PeerRecord?
}

/// What a handshake needs, replaced as a whole so that certificates and trust change without a restart.
final class TLSState: Sendable {
    struct Snapshot: Sendable {
        var context: NIOSSLContext
        /// Present when a client certificate is required.
        var verifier: PeerVerifier?
    }
    private let current: Mutex<Snapshot>
    init(_ snapshot: Snapshot) { current = Mutex(snapshot) }
    var snapshot: Snapshot { current.withLock { $0 } }
    func replace(_ snapshot: Snapshot) { current.withLock { $0 = snapshot } }
}

/// HTTP/1.1 over TLS, with or without a client certificate.
struct SecureChannel: HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let base: HTTP1Channel.Value
        let peer: PeerRecord
        var channel: any Channel { base.channel }
    }
    let base: HTTP1Channel
    let state: TLSState
    let now: @Sendable () -> Date
    var responder: HTTPChannelHandler.Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let record = PeerRecord()
        let snapshot = state.snapshot
        let now = now
        return channel.eventLoop.makeCompletedFuture {
            let handler: NIOSSLServerHandler
            if let verifier = snapshot.verifier {
                handler = NIOSSLServerHandler(
                    context: snapshot.context,
                    customVerificationCallback: { chain, promise in
                        promise.completeWithTask {
                            do throws(PeerError) {
                                record.record(try await verifier.verify(chain, now: now()), by: verifier)
                                return .certificateVerified
                            } catch {
                                logger.notice("client certificate refused", metadata: ["code": "peer.\(error.code.rawValue)"])
                                return .failed
                            }
                        }
                    }, configuration: .init())
            } else {
                handler = NIOSSLServerHandler(context: snapshot.context, customVerificationCallback: nil, configuration: .init())
            }
            try channel.pipeline.syncOperations.addHandler(handler)
        }.flatMap {
            base.setup(channel: channel, logger: logger).map { Value(base: $0, peer: record) }
        }
    }

    func handle(value: Value, logger: Logger) async {
        await PeerRecord.$current.withValue(value.peer) { await base.handle(value: value.base, logger: logger) }
    }
}
