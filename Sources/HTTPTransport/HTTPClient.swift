/// An HTTP client on libcurl.
public final class HTTPClient: HTTPSending {
    /// A client of this configuration; it connects when something is sent.
    ///
    /// - Throws: ``HTTPError`` with ``HTTPError/Code/invalidConfiguration``.
    public init(configuration: HTTPConfiguration = HTTPConfiguration()) throws(HTTPError) {}

    /// Sends `request`; see ``HTTPSending/send(_:)``.
    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        throw HTTPError(.unreachable, "not built yet")
    }
}
