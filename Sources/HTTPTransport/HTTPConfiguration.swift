public import Basics

/// How an ``HTTPClient`` reaches and trusts its peers.
public struct HTTPConfiguration: Sendable {
    /// Who is trusted to vouch for a server.
    public enum Trust: Sendable {
        /// The system's authorities.
        case system
        /// Only the authorities of this PEM text.
        case authorities(pem: String)
        /// Nobody is asked: only for fetching what is then compared with a pin. Nothing secret may be sent.
        case unverified
    }
    /// The client's own certificate, for mutual TLS. PEM texts; the key never touches the disk here.
    public struct ClientIdentity: Sendable {
        /// Leaf first, then what leads to the authority.
        public var certificateChainPEM: String
        /// PKCS #8 or SEC 1.
        public var privateKeyPEM: Secret<String>
        /// An identity of these.
        public init(certificateChainPEM: String, privateKeyPEM: Secret<String>) {
            self.certificateChainPEM = certificateChainPEM
            self.privateKeyPEM = privateKeyPEM
        }
    }
    /// Whether a proxy may stand between.
    public enum Proxy: Sendable {
        /// Never.
        case none
        /// As `https_proxy`, `http_proxy` and `no_proxy` say.
        case environment
    }

    /// Who is trusted. TLS 1.2 is the least, whatever is set here.
    public var trust: Trust
    /// The client's certificate, where the server asks for one.
    public var identity: ClientIdentity?
    /// Whether a proxy may be used; default ``Proxy/none``.
    public var proxy: Proxy
    /// Time for name lookup, connection and TLS handshake.
    public var connectTimeout: Duration
    /// Time for the whole exchange.
    public var timeout: Duration
    /// Slowest acceptable transfer in bytes a second, held over ``lowSpeedPeriod``.
    public var lowSpeedBytesPerSecond: Int
    /// How long a transfer may be slower than that.
    public var lowSpeedPeriod: Duration
    /// Most bytes of an answer's body.
    public var maxResponseBytes: Int
    /// Most connections to one host; further requests wait for one of them.
    public var maxConnectionsPerHost: Int
    /// Sent as `User-Agent`, unless a request has its own.
    public var userAgent: String

    /// A configuration; the defaults suit calls of cloud APIs.
    public init(
        trust: Trust = .system, identity: ClientIdentity? = nil, proxy: Proxy = .none, connectTimeout: Duration = .seconds(10),
        timeout: Duration = .seconds(60), lowSpeedBytesPerSecond: Int = 64, lowSpeedPeriod: Duration = .seconds(20),
        maxResponseBytes: Int = 64 << 20, maxConnectionsPerHost: Int = 64, userAgent: String = "cloudryption"
    ) {
        self.trust = trust
        self.identity = identity
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.lowSpeedBytesPerSecond = lowSpeedBytesPerSecond
        self.lowSpeedPeriod = lowSpeedPeriod
        self.maxResponseBytes = maxResponseBytes
        self.maxConnectionsPerHost = maxConnectionsPerHost
        self.userAgent = userAgent
    }
}
