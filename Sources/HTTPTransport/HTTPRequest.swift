/// One HTTP request.
public struct HTTPRequest: Sendable {
    /// The methods that our protocols use.
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }
    /// What is sent after the headers.
    public enum Body: Sendable {
        /// Nothing.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// `length` bytes of a file, from `offset` on; read while sending.
        case file(path: String, offset: Int, length: Int)
    }
    /// The method.
    public var method: Method
    /// An absolute `http` or `https` URL, percent-encoded as it is to be sent: nothing is normalised, `..` and `//` stay.
    public var url: String
    /// Names and values in order. `Host`, `Content-Length`, `Expect` and `Transfer-Encoding` may be left out. A name or value with a
    /// control character is refused (``HTTPError/Code/invalidRequest``).
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: Body
    /// Replaces the configuration's total time-out.
    public var timeout: Duration?
    /// Replaces the configuration's connect time-out.
    public var connectTimeout: Duration?
    /// Replaces the configuration's bound on the answer's body.
    public var maxResponseBytes: Int?
    /// Never goes through a proxy, whatever the configuration allows: for metadata and container endpoints.
    public var neverProxied: Bool

    /// A request of these parts.
    public init(
        _ method: Method, _ url: String, headers: [(name: String, value: String)] = [], body: Body = .none, timeout: Duration? = nil,
        connectTimeout: Duration? = nil, maxResponseBytes: Int? = nil, neverProxied: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.maxResponseBytes = maxResponseBytes
        self.neverProxied = neverProxied
    }
}
