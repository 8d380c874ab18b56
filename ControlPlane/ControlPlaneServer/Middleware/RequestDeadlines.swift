import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes connections that are slower than people and agents are: a peer that dribbles its header or body, never reads the answer, or stays
/// idle holds nothing for longer than these times. They count whole phases, so a byte now and then does not help.
final class RequestDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Limits: Sendable {
        /// From the connection's start, handshake included, to the end of the first header.
        var firstHeader: TimeAmount = .seconds(15)
        /// From one answer's end to the end of the next header.
        var nextHeader: TimeAmount = .seconds(60)
        /// From the header to the end of the body.
        var body: TimeAmount = .seconds(60)
        /// From the end of the request to the end of the answer, its delivery included.
        var answer: TimeAmount = .seconds(120)
        /// From an answer that was given before the request's end (a refusal) to the connection's end.
        var refusedBody: TimeAmount = .seconds(2)
    }

    private let limits: Limits
    private var timer: Scheduled<Void>?
    private var pending = 0
    private var reading = false
    private var inputEnded = false

    init(_ limits: Limits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) { arm(context, limits.firstHeader) }
    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }
    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            pending += 1
            reading = true
            arm(context, limits.body)
        case .body: break
        case .end:
            reading = false
            arm(context, pending > 0 ? limits.answer : limits.nextHeader)
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { endInput(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        endInput(context)
        context.fireErrorCaught(error)
    }

    /// Nothing more will come: what is left is to deliver the answer that is being made.
    private func endInput(_ context: ChannelHandlerContext) {
        inputEnded = true
        if pending <= 0 || reading { arm(context, limits.refusedBody) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        let written = promise ?? context.eventLoop.makePromise()
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in
            let (handler, context) = loopBound.value
            handler.pending -= 1
            guard handler.pending <= 0 else { return }
            handler.arm(context, handler.reading || handler.inputEnded ? handler.limits.refusedBody : handler.limits.nextHeader)
        }
        context.write(data, promise: written)
    }

    private func arm(_ context: ChannelHandlerContext, _ amount: TimeAmount) {
        timer?.cancel()
        let channel = context.channel
        timer = channel.eventLoop.scheduleTask(in: amount) { channel.close(promise: nil) }
    }
}
