import Basics
import CloudModel

/// What a bundle holds, signed by its agent. `bundle.md#manifest`.
public struct BundleManifest: Sendable, Hashable {
    /// One section.
    public struct Section: Sendable, Hashable {
        /// `records` or `coverage`; in format version 2 `blocks` or `times` too.
        public var name: String
        /// How many lines.
        public var count: Int
        /// Bytes, decompressed.
        public var size: Int
        /// Bytes, compressed.
        public var compressedSize: Int
        /// SHA-256 of the decompressed bytes.
        public var sha256: [UInt8]

        package init(name: String, count: Int, size: Int, compressedSize: Int, sha256: [UInt8]) {
            self.name = name
            self.count = count
            self.size = size
            self.compressedSize = compressedSize
            self.sha256 = sha256
        }
    }
    /// The header's.
    public var version: Int
    /// Whose bundle it is.
    public var identity: BundleIdentity
    /// SHA-256 of the agent's SubjectPublicKeyInfo in DER.
    public var agentKeyDigest: [UInt8]
    /// ``SealingKey/id`` of the key that it is sealed to.
    public var recipient: String
    /// The sections, in order.
    public var sections: [Section]

    package init(version: Int = 1, identity: BundleIdentity, agentKeyDigest: [UInt8], recipient: String, sections: [Section]) {
        self.version = version
        self.identity = identity
        self.agentKeyDigest = agentKeyDigest
        self.recipient = recipient
        self.sections = sections
    }

    /// The one encoding: canonical JSON.
    package var bytes: [UInt8] {
        let value: JSONValue = [
            "formatVersion": .number(String(version)),
            "tenant": .string(identity.agent.tenant.description),
            "environment": .string(identity.agent.environment.description),
            "agent": .string(identity.agent.agent.description),
            "agentKey": .string(Hex.encode(agentKeyDigest)),
            "bundle": .string(identity.bundle.description),
            "epoch": .number(String(identity.epoch)),
            "sequence": .number(String(identity.sequence)),
            "createdAt": .number(String(identity.createdAt)),
            "recipient": .string(recipient),
            "sections": .array(
                sections.map { section in
                    [
                        "name": .string(section.name),
                        "count": .number(String(section.count)),
                        "size": .number(String(section.size)),
                        "compressedSize": .number(String(section.compressedSize)),
                        "sha256": .string(Hex.encode(section.sha256)),
                    ]
                }),
        ]
        return value.canonicalBytes
    }

    /// Reads the one encoding; everything else, also the same content written otherwise, is refused.
    init(parsing bytes: [UInt8], version: Int, limits: BundleLimits) throws(BundleError) {
        guard let value = try? JSONValue(parsing: bytes, limits: JSONLimits(bytes: limits.manifestBytes, depth: 4, stringBytes: 256)),
            let manifest = Self(value, version), manifest.bytes == bytes
        else { throw BundleError(.badManifest, "not a manifest in its one encoding") }
        self = manifest
    }

    private init?(_ value: JSONValue, _ version: Int) {
        func number(_ name: String) -> UInt64? {
            if case .number(let text) = value[name] { UInt64(text) } else { nil }
        }
        guard let tenant = value["tenant"]?.string.flatMap({ TenantID($0) }),
            let environment = value["environment"]?.string.flatMap({ EnvironmentID($0) }),
            let agent = value["agent"]?.string.flatMap({ AgentID($0) }), let bundle = value["bundle"]?.string.flatMap({ BundleID($0) }),
            let agentKey = value["agentKey"]?.string.flatMap(Hex.decode), let recipient = value["recipient"]?.string,
            let epoch = number("epoch"),
            let sequence = number("sequence"), let createdAt = number("createdAt"), let list = value["sections"]?.array
        else { return nil }
        var sections: [Section] = []
        for element in list {
            guard let name = element["name"]?.string, let count = element["count"]?.int, let size = element["size"]?.int,
                let compressedSize = element["compressedSize"]?.int, let sha256 = element["sha256"]?.string.flatMap(Hex.decode), count >= 0,
                size >= 0, compressedSize >= 0, sha256.count == 32
            else { return nil }
            sections.append(Section(name: name, count: count, size: size, compressedSize: compressedSize, sha256: sha256))
        }
        self.init(
            version: version,
            identity: BundleIdentity(
                agent: AgentName(tenant: tenant, environment: environment, agent: agent), bundle: bundle, epoch: epoch, sequence: sequence,
                createdAt: createdAt),
            agentKeyDigest: agentKey, recipient: recipient, sections: sections)
    }
}
