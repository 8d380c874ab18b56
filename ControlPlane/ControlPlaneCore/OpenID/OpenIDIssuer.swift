import Basics
import CloudModel

/// An issuer's identifier: an `https` URL that is compared byte for byte, as tokens carry it.
public struct OpenIDIssuer: Sendable, Hashable, CustomStringConvertible {
    /// Which addresses are taken.
    public enum Policy: Sendable {
        /// `https` and a host name with a dot. No addresses: they are how a server is made to ask its own network.
        case standard
        /// Also `http://127.0.0.1:PORT` and `http://localhost:PORT`: for tests; a production server refuses the setting.
        case loopbackToo
    }
    /// ASCII alone, so that equal texts have equal bytes.
    private let url: String

    /// As it was written.
    public var description: String { url }

    /// The issuer that `text` names.
    ///
    /// - Throws: ``OpenIDError`` `badIssuer` for anything but scheme, host, perhaps a port and a path.
    public init(_ text: String, policy: Policy = .standard) throws(OpenIDError) {
        guard Self.isAddress(text, policy: policy, allowsQuery: false) else {
            throw OpenIDError(.badIssuer, "an issuer is https://HOST/PATH, without query, fragment, user or address")
        }
        url = text
    }

    /// Where the issuer describes itself (OpenID Connect Discovery 1.0 §4).
    var discoveryURL: String {
        var base = url
        while base.utf8.last == UInt8(ascii: "/") { base.removeLast() }
        return base + "/.well-known/openid-configuration"
    }

    static func isAddress(_ text: String, policy: Policy, allowsQuery: Bool) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= 512, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"#\\<>^`{|}@".utf8.contains($0) }),
            allowsQuery || !bytes.contains(UInt8(ascii: "?"))
        else { return false }
        let isTLS = bytes.starts(with: "https://".utf8)
        guard isTLS || (bytes.starts(with: "http://".utf8) && policy == .loopbackToo) else { return false }
        let authority = bytes.dropFirst(isTLS ? 8 : 7).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let parts = authority.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first else { return false }
        if parts.count == 2 {
            guard let port = Int(String(decoding: parts[1], as: UTF8.self)), (1...65535).contains(port),
                parts[1].allSatisfy({ (0x30...0x39).contains($0) })
            else { return false }
        }
        let name = String(decoding: host, as: UTF8.self)
        if policy == .loopbackToo, name == "127.0.0.1" || name == "localhost" { return true }
        let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // The last label of a name is never a number, the last one of an address always.
        return isTLS && labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.count)
                    && label.allSatisfy {
                        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2D || $0 == 0x5F
                    }
            } && labels.last?.first.map { (0x30...0x39).contains($0) } == false
            && !["localhost", "local", "internal"].contains(String(decoding: labels.last ?? [], as: UTF8.self).lowercased())
    }
}

/// What an issuer says of itself; only what we use.
public struct OpenIDDiscovery: Sendable, Hashable {
    /// Most bytes of the document.
    public static let maximumBytes = 64 << 10
    /// Whose document.
    public let issuer: OpenIDIssuer
    /// Where its keys are.
    public let keysURL: String
    /// Where people sign in.
    public let authorizationEndpoint: String?
    /// Where codes become tokens.
    public let tokenEndpoint: String?
    /// Signature algorithms of its ID tokens; empty when it does not say.
    public let signingAlgorithms: [String]
    /// Whether its answers to sign-ins carry `iss` (RFC 9207).
    public let namesItselfInAnswers: Bool

    /// Reads the document of `issuer`, which has to be its own.
    ///
    /// - Throws: ``OpenIDError`` `badDiscovery`.
    public init(_ bytes: [UInt8], of issuer: OpenIDIssuer, policy: OpenIDIssuer.Policy) throws(OpenIDError) {
        let limits = JSONLimits(bytes: Self.maximumBytes, depth: 8, stringBytes: 8 << 10)
        let document: JSONValue
        do throws(JSONError) { document = try JSONValue(parsing: bytes, limits: limits) } catch {
            throw OpenIDError(.badDiscovery, "the issuer's description is not one", cause: error)
        }
        // The same issuer, byte for byte, or a mix-up is possible (OpenID Connect Discovery 1.0 §4.3).
        guard let own = document["issuer"]?.string, Array(own.utf8) == Array(issuer.description.utf8) else {
            throw OpenIDError(.badDiscovery, "the issuer describes itself under another name")
        }
        func address(_ name: String) throws(OpenIDError) -> String? {
            guard let text = document[name]?.string else { return nil }
            guard OpenIDIssuer.isAddress(text, policy: policy, allowsQuery: true) else {
                throw OpenIDError(.badDiscovery, "an address in the issuer's description is not an https one")
            }
            return text
        }
        guard let keys = try address("jwks_uri") else { throw OpenIDError(.badDiscovery, "the issuer does not say where its keys are") }
        self.issuer = issuer
        keysURL = keys
        authorizationEndpoint = try address("authorization_endpoint")
        tokenEndpoint = try address("token_endpoint")
        signingAlgorithms = (document["id_token_signing_alg_values_supported"]?.array ?? []).prefix(32).compactMap(\.string)
        namesItselfInAnswers = document["authorization_response_iss_parameter_supported"]?.bool == true
    }
}
