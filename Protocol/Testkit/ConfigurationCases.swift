import Basics
import CloudModel
import Crypto
import FoundationEssentials
import WireProtocol

/// One file of `Protocol/Vectors/configuration`: a signed configuration, and what an agent must say of it.
struct ConfigurationVector: Codable {
    var name: String
    var description: String
    /// `ok`, `same` when it is the very one that is held, or the code with which taking it ends.
    var expect: String
    /// Who is asked to take it.
    var tenant: TenantID
    var environment: EnvironmentID
    var agent: AgentID
    /// The control plane's public key, base64.
    var key: ConfigurationKey
    /// The bytes of the configuration that the agent goes by, base64.
    var held: String?
    var configuration: SignedConfiguration
}

extension VectorCheck {
    static func differences(_ vector: ConfigurationVector) -> [String] {
        let name = AgentName(tenant: vector.tenant, environment: vector.environment, agent: vector.agent)
        let code: String
        do throws(ConfigurationError) {
            let held = try vector.held.map { text throws(ConfigurationError) in
                try AgentConfiguration(parsing: Data(base64Encoded: text).map(Array.init) ?? [])
            }
            code = try vector.configuration.open(vector.key, for: name, after: held) == held ? "same" : "ok"
        } catch { code = "configuration.\(error.code.rawValue)" }
        return code == vector.expect ? [] : ["expected \(vector.expect), got \(code)"]
    }
}

/// The vectors of configurations. Ed25519 is deterministic, and so are they.
enum ConfigurationCases {
    private static let settings = AgentSettings(
        interval: 3600, heartbeat: 60, regions: ["eu-central-1", "eu-west-1"], services: ["ec2", "iam"], rate: 20)
    private static let held = AgentConfiguration(agent: Cast.agent, version: 7, settings: settings)

    static func all() throws -> [ConfigurationVector] {
        var next = held
        next.version = 8
        func with(_ edit: (inout AgentConfiguration) -> Void) -> AgentConfiguration {
            var copy = next
            edit(&copy)
            return copy
        }
        let text = String(decoding: next.bytes, as: UTF8.self)
        return [
            try vector("every-member", "with every member, after an older one", "ok", next.bytes),
            try vector(
                "nothing-said", "without a member: all that was set is forgotten", "ok", with { $0.settings = AgentSettings() }.bytes),
            try vector("first-one", "an agent that goes by none yet", "ok", next.bytes, held: nil),
            try vector(
                "bounds-least", "every number at its least", "ok",
                with { $0.settings = AgentSettings(interval: 300, heartbeat: 10, rate: 1) }.bytes),
            try vector(
                "bounds-most", "every number at its most", "ok",
                with { $0.settings = AgentSettings(interval: 604_800, heartbeat: 600, rate: 1000) }.bytes),
            try vector("same-again", "the very one that the agent goes by", "same", held.bytes),
            try vector(
                "same-version", "other content under the version that the agent goes by", "configuration.olderVersion",
                with {
                    $0.version = 7; $0.settings.rate = 5
                }.bytes),
            try vector("older-version", "one that was replaced", "configuration.olderVersion", with { $0.version = 6 }.bytes),
            try vector("version-0", "a version below 1", "configuration.malformed", with { $0.version = 0 }.bytes),
            try vector("version-2-53", "a version of 2^53", "configuration.malformed", with { $0.version = 1 << 53 }.bytes),
            try vector(
                "other-tenant", "another tenant's, and properly signed", "configuration.wrongAgent",
                with { $0.agent.tenant = Cast.otherAgent.tenant }.bytes),
            try vector(
                "other-environment", "another environment's", "configuration.wrongAgent",
                with { $0.agent.environment = Cast.otherAgent.environment }.bytes),
            try vector(
                "other-agent", "another agent's of the same environment", "configuration.wrongAgent",
                with { $0.agent.agent = Cast.otherAgent.agent }.bytes),
            try vector(
                "interval-short", "a collection every five minutes but one second", "configuration.outOfRange",
                with { $0.settings.interval = 299 }.bytes),
            try vector(
                "interval-long", "a collection in more than a week", "configuration.outOfRange",
                with { $0.settings.interval = 604_801 }.bytes),
            try vector(
                "heartbeat-long", "so rare that the agent would count as stale", "configuration.outOfRange",
                with { $0.settings.heartbeat = 601 }.bytes),
            try vector("rate-0", "no call a second", "configuration.outOfRange", with { $0.settings.rate = 0 }.bytes),
            try vector("rate-absurd", "a million calls a second", "configuration.outOfRange", with { $0.settings.rate = 1_000_000 }.bytes),
            try vector("rate-negative", "less than nothing", "configuration.outOfRange", with { $0.settings.rate = -1 }.bytes),
            try vector(
                "no-services", "an empty list: an agent that reads nothing", "configuration.malformed",
                with { $0.settings.services = [] }.bytes),
            try vector(
                "services-not-in-order", "names in another order", "configuration.malformed",
                with { $0.settings.services = ["iam", "ec2"] }.bytes),
            try vector("service-twice", "a name twice", "configuration.malformed", with { $0.settings.services = ["iam", "iam"] }.bytes),
            try vector(
                "service-path", "a name that is a path", "configuration.malformed", with { $0.settings.services = ["../iam"] }.bytes),
            try vector(
                "region-upper-case", "a name in upper case", "configuration.malformed", with { $0.settings.regions = ["EU-WEST-1"] }.bytes),
            try vector(
                "unknown-member", "a member that nobody knows", "configuration.malformed",
                Array(text.replacing("{\"agent\"", with: "{\"actions\":[\"iam:*\"],\"agent\"").utf8)),
            try vector(
                "not-canonical", "the same with a space", "configuration.malformed",
                Array(text.replacing(",\"version\"", with: ", \"version\"").utf8)),
            try vector(
                "format-2", "another format version", "configuration.malformed",
                Array(text.replacing("\"formatVersion\":1", with: "\"formatVersion\":2").utf8)),
            try vector("no-json", "no JSON", "configuration.malformed", Array("settings".utf8)),
            try changed("unsigned", "an empty signature", "configuration.malformed") { $0.signature = "" },
            try changed("signature-of-another", "the signature of the one that is held", "configuration.badSignature") {
                $0.signature = try sign(held.bytes).signature
            },
            try changed("other-key", "signed with another key", "configuration.badSignature") {
                $0 = try ConfigurationSigner(Curve25519.Signing.PrivateKey(rawRepresentation: Cast.digest("other configuration key"))).sign(
                    next)
            },
            try changed("changed-after-signing", "one digit changed after signing", "configuration.badSignature") {
                $0.content = Data(text.replacing("\"rate\":20", with: "\"rate\":90").utf8).base64EncodedString()
            },
        ]
    }

    private static func signer() throws -> ConfigurationSigner {
        ConfigurationSigner(try Curve25519.Signing.PrivateKey(rawRepresentation: Cast.digest("configuration key")))
    }
    private static func sign(_ bytes: [UInt8]) throws -> SignedConfiguration { try signer().sign(bytes) }

    private static func vector(
        _ name: String, _ description: String, _ expect: String, _ bytes: [UInt8], held: AgentConfiguration? = held
    ) throws -> ConfigurationVector {
        guard let key = try signer().verifier else { throw ConfigurationError(.malformed, "no key") }
        return ConfigurationVector(
            name: name, description: description, expect: expect, tenant: Cast.agent.tenant, environment: Cast.agent.environment,
            agent: Cast.agent.agent, key: key, held: held.map { Data($0.bytes).base64EncodedString() }, configuration: try sign(bytes))
    }

    private static func changed(
        _ name: String, _ description: String, _ expect: String, _ edit: (inout SignedConfiguration) throws -> Void
    ) throws -> ConfigurationVector {
        var next = Self.held
        next.version = 8
        var vector = try vector(name, description, expect, next.bytes)
        try edit(&vector.configuration)
        return vector
    }
}
