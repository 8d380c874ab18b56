/// Something that answers requests: ``HTTPClient``, or a test's stand-in.
public protocol HTTPSending: Sendable {
    /// Sends `request` and waits for the whole answer. A cancelled task gives ``HTTPError/Code/cancelled`` at once.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse
}
