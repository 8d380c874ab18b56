public import Basics
import CloudModel
public import Crypto
import FoundationEssentials

/// Why a configuration is not taken; `configuration.CODE` in an agent's sign of life. `configuration.md#errors`.
public struct ConfigurationError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// Not signed with the key that came with the agent's certificate.
        case badSignature
        /// Not a configuration in its one encoding.
        case malformed
        /// For another agent, environment or tenant.
        case wrongAgent
        /// Not newer than what the agent goes by.
        case olderVersion
        /// A number beyond its bounds, or beyond those that the agent was started with.
        case outOfRange
        /// A service that the installed catalogue does not hold, or that the agent was not started for.
        case unknownService
        /// A region that the agent was not started for.
        case unknownRegion
        /// The agent was started so that it takes no configuration.
        case notAllowed
    }
    /// `configuration`.
    public static let domain = "configuration"
    /// What is wrong.
    public var code: Code
    /// One line, safe to show.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// What one agent has to go by, from one version on.
public struct AgentConfiguration: Sendable, Hashable {
    /// Whose.
    public var agent: AgentName
    /// Grows with every change.
    public var version: UInt64
    /// What is wanted.
    public var settings: AgentSettings
    /// A configuration of these parts.
    public init(agent: AgentName, version: UInt64, settings: AgentSettings) {
        self.agent = agent
        self.version = version
        self.settings = settings
    }

    /// The one encoding: canonical JSON.
    public var bytes: [UInt8] {
        var members: JSONObject = [
            "formatVersion": 1, "tenant": .string(agent.tenant.description), "environment": .string(agent.environment.description),
            "agent": .string(agent.agent.description), "version": .number(String(version)),
        ]
        for (name, number) in [("interval", settings.interval), ("heartbeat", settings.heartbeat), ("rate", settings.rate)] {
            if let number { members[name] = .number(String(number)) }
        }
        for (name, list) in [("regions", settings.regions), ("services", settings.services)] {
            if let list { members[name] = .array(list.map { .string($0) }) }
        }
        return JSONValue.object(members).canonicalBytes
    }

    /// Reads the one encoding; everything else, also the same content written otherwise, is refused.
    ///
    /// - Throws: ``ConfigurationError`` `malformed` or `outOfRange`.
    public init(parsing bytes: [UInt8]) throws(ConfigurationError) {
        guard
            let value = try? JSONValue(
                parsing: bytes, limits: JSONLimits(bytes: SignedConfiguration.maximumBytes, depth: 3, stringBytes: 256)),
            let read = Self(value), read.bytes == bytes
        else { throw ConfigurationError(.malformed, "not a configuration in its one encoding") }
        guard try read.settings.checked() == read.settings else {
            throw ConfigurationError(.malformed, "names have to be in order, each once")
        }
        self = read
    }

    private init?(_ value: JSONValue) {
        guard let tenant = value["tenant"]?.string.flatMap({ TenantID($0) }),
            let environment = value["environment"]?.string.flatMap({ EnvironmentID($0) }),
            let agent = value["agent"]?.string.flatMap({ AgentID($0) }), case .number(let text)? = value["version"],
            let version = UInt64(text), (1...BundleIdentity.largestNumber).contains(version)
        else { return nil }
        func names(_ name: String) -> [String]? { value[name]?.array?.compactMap(\.string) }
        self.init(
            agent: AgentName(tenant: tenant, environment: environment, agent: agent), version: version,
            settings: AgentSettings(
                interval: value["interval"]?.int, heartbeat: value["heartbeat"]?.int, regions: names("regions"),
                services: names("services"), rate: value["rate"]?.int))
    }
}

/// A configuration as it is sent: its exact bytes, and the control plane's signature over them. `configuration.md#signature`.
public struct SignedConfiguration: Sendable, Hashable, Codable {
    /// What the signature is over, beside the bytes (DSSE v1.0.2).
    static let type = "application/vnd.cloudryption.agent.configuration.v1+json"
    /// Most bytes of a configuration.
    static let maximumBytes = 16 << 10

    /// The configuration's bytes, base64.
    public var content: String
    /// Ed25519, 64 bytes, base64.
    public var signature: String
    /// A configuration of these parts.
    public init(content: String, signature: String) {
        self.content = content
        self.signature = signature
    }

    /// The configuration in it, if it is the key's, for this agent, and newer than `held`; the very one that is held is given back.
    ///
    /// - Throws: ``ConfigurationError``.
    public func open(
        _ key: ConfigurationKey, for agent: AgentName, after held: AgentConfiguration?
    ) throws(ConfigurationError) -> AgentConfiguration {
        guard content.utf8.count <= Self.maximumBytes * 2, let bytes = Data(base64Encoded: content).map(Array.init),
            let signature = Data(base64Encoded: signature), signature.count == 64
        else { throw ConfigurationError(.malformed, "not a signed configuration") }
        guard key.isValid(Array(signature), type: Self.type, body: bytes) else {
            throw ConfigurationError(.badSignature, "the configuration is not signed with the control plane's key")
        }
        let configuration = try AgentConfiguration(parsing: bytes)
        guard configuration.agent == agent else { throw ConfigurationError(.wrongAgent, "the configuration is for another agent") }
        if let held, held.agent == agent, configuration != held, configuration.version <= held.version {
            throw ConfigurationError(
                .olderVersion, "version \(configuration.version) does not come after \(held.version), which this agent goes by")
        }
        return configuration
    }
}

/// With which configurations are checked: an Ed25519 key that comes with the agent's certificate.
public struct ConfigurationKey: Sendable, Hashable, Codable {
    /// 32 bytes.
    public let publicKey: [UInt8]
    private let key: Curve25519.Signing.PublicKey

    /// The key of these bytes; `nil` when they are none.
    public init?(publicKey: some Sequence<UInt8>) {
        let bytes = Array(publicKey)
        guard bytes.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        self.publicKey = bytes
        self.key = key
    }

    func isValid(_ signature: [UInt8], type: String, body: [UInt8]) -> Bool {
        key.isValidSignature(signature, for: BundleSignature.preAuthenticationEncoding(type: type, body: body))
    }

    /// Whether both are the same key.
    public static func == (left: Self, right: Self) -> Bool { left.publicKey == right.publicKey }
    /// Hashes the key's bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }

    /// Reads base64.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let data = Data(base64Encoded: try container.decode(String.self)), let key = Self(publicKey: data) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an Ed25519 key in base64")
        }
        self = key
    }
    /// Writes base64.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(publicKey).base64EncodedString())
    }
}

/// Signs configurations with the control plane's key.
public struct ConfigurationSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// A signer with this key.
    public init(_ key: Curve25519.Signing.PrivateKey) { self.key = key }

    /// With which the configurations are checked.
    public var verifier: ConfigurationKey? { ConfigurationKey(publicKey: key.publicKey.rawRepresentation) }

    /// The configuration, signed.
    public func sign(_ configuration: AgentConfiguration) throws -> SignedConfiguration { try sign(configuration.bytes) }

    /// Any bytes: the test kit signs what no configuration is.
    package func sign(_ bytes: [UInt8]) throws -> SignedConfiguration {
        let message = BundleSignature.preAuthenticationEncoding(type: SignedConfiguration.type, body: bytes)
        return SignedConfiguration(
            content: Data(bytes).base64EncodedString(), signature: try key.signature(for: message).base64EncodedString())
    }
}
