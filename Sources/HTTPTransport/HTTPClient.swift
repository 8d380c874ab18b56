import CCurl

/// An HTTP/1.1 client on libcurl: connections are pooled and kept alive, TLS is 1.2 or later, redirects are answers like any other.
///
/// Transfers run on the client's own few threads; nothing here blocks the callers'. Releasing the client ends its threads.
public final class HTTPClient: HTTPSending {
    private let configuration: HTTPConfiguration
    private let loops: [TransferLoop]

    /// A client of this configuration; it connects when something is sent.
    ///
    /// - Parameter threads: how many threads share the work; requests to one host and port stay on one of them.
    /// - Throws: ``HTTPError`` with ``HTTPError/Code/invalidConfiguration``.
    public init(configuration: HTTPConfiguration = HTTPConfiguration(), threads: Int = 1) throws(HTTPError) {
        guard Self.libraryIsReady else { throw HTTPError(.invalidConfiguration, "libcurl cannot be initialised") }
        self.configuration = configuration
        var loops: [TransferLoop] = []
        for _ in 0..<max(1, min(threads, 8)) { loops.append(try TransferLoop(maxConnectionsPerHost: configuration.maxConnectionsPerHost)) }
        self.loops = loops
    }

    deinit { for loop in loops { loop.stop() } }

    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Sends `request`; see ``HTTPSending/send(_:)``.
    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let target = try HTTPTarget(request.url)
        let transfer = try Transfer(request, target: target, configuration: configuration)
        let loop = loops[Int(target.spread % UInt(loops.count))]
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.expect(continuation)
                loop.start(transfer)
            }
        } onCancel: {
            transfer.cancel()
            loop.abort(transfer)
        }
        return try result.get()
    }
}
