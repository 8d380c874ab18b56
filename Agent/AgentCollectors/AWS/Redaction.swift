import Basics
import CloudModel
import Crypto

/// Replaces what can hold a secret in an answer, before the answer leaves the collector.
///
/// A secret's place keeps what an analysis may need: that there is something, how long it is, whether it looks like a known kind of secret,
/// and a keyed fingerprint by which equal secrets in two places can be joined. The key never leaves the agent.
struct Redaction: Sendable {
    private let key: SymmetricKey

    init(key: Secret<[UInt8]>) { self.key = SymmetricKey(data: key.expose()) }

    /// What becomes of the values that a rule finds.
    enum Action: Sendable {
        /// Each value of the object found becomes its ``fingerprint(_:)``; the names stay.
        case fingerprintValues
        /// The value is left out.
        case drop
    }

    /// One place of one operation's answer: member names, `[]` for every element, `*` for every member.
    struct Rule: Sendable {
        var operation: String
        var path: [String]
        var action: Action
    }

    static let rules: [Rule] = [
        Rule(operation: "lambda.list-functions", path: ["Functions", "[]", "Environment", "Variables"], action: .fingerprintValues),
        Rule(operation: "lambda.list-functions", path: ["Functions", "[]", "Environment", "Error", "Message"], action: .drop),
        Rule(
            operation: "lambda.list-functions", path: ["Functions", "[]", "ImageConfigResponse", "ImageConfig", "Command"], action: .drop),
        Rule(
            operation: "lambda.list-functions", path: ["Functions", "[]", "ImageConfigResponse", "ImageConfig", "EntryPoint"], action: .drop
        ),
        Rule(operation: "apigateway.get-stages", path: ["item", "[]", "variables"], action: .fingerprintValues),
        Rule(operation: "apigatewayv2.get-stages", path: ["Items", "[]", "StageVariables"], action: .fingerprintValues),
        // What an API puts into the requests that it passes on may be a key of what stands behind it.
        Rule(operation: "apigateway.get-resources", path: integration + ["requestParameters"], action: .fingerprintValues),
        Rule(operation: "apigateway.get-resources", path: integration + ["requestTemplates"], action: .fingerprintValues),
        Rule(operation: "apigateway.get-resources", path: integration + ["integrationResponses"], action: .drop),
        Rule(operation: "apigatewayv2.get-integrations", path: ["Items", "[]", "RequestParameters"], action: .fingerprintValues),
        Rule(operation: "apigatewayv2.get-integrations", path: ["Items", "[]", "RequestTemplates"], action: .fingerprintValues),
        Rule(
            operation: "cloudfront.list-distributions",
            path: ["DistributionList", "Items", "[]", "Origins", "Items", "[]", "CustomHeaders", "Items", "[]", "HeaderValue"],
            action: .fingerprintValues),
        // By these addresses root passwords are reset, and nothing is judged by them.
        Rule(operation: "organizations.describe-organization", path: ["Organization", "MasterAccountEmail"], action: .drop),
        Rule(operation: "organizations.list-accounts", path: ["Accounts", "[]", "Email"], action: .drop),
        Rule(operation: "organizations.list-accounts-for-parent", path: ["Accounts", "[]", "Email"], action: .drop),
    ]
    private static let integration = ["items", "[]", "resourceMethods", "*", "methodIntegration"]
    /// Members that hold a secret wherever they stand, in answers that are read today or later.
    static let secretMembers: Set<String> = [
        "UserData", "MasterUserPassword", "SecretString", "SecretBinary", "CustomerGatewayConfiguration", "PreSharedKey", "KeyMaterial",
        "Plaintext",
        "PrivateKey", "PasswordData", "AuthToken",
    ]
    /// Policies are no secrets, and the analysis needs them byte for byte.
    /// `Content` is an organisation's policy.
    static let verbatimMembers: Set<String> = [
        "Policy", "ResourcePolicy", "PolicyDocument", "AssumeRolePolicyDocument", "Document", "Content",
        "AccessPolicies", "policy", "policyText", "sessionPolicy",
    ]

    /// `payload` of `SERVICE.OPERATION` without its secrets.
    func redact(_ payload: JSONValue, operation: String) -> JSONValue {
        var value = payload
        for rule in Self.rules where rule.operation == operation { value = apply(rule.action, at: rule.path[...], to: value) ?? .null }
        return scrub(value)
    }

    private func apply(_ action: Action, at path: ArraySlice<String>, to value: JSONValue) -> JSONValue? {
        guard let step = path.first else {
            switch action {
            case .drop: return nil
            case .fingerprintValues:
                guard case .object(let object) = value else { return fingerprint(value) }
                return .object(JSONObject(object.members.map { JSONObject.Member($0.name, fingerprint($0.value)) }))
            }
        }
        if step == "[]" {
            guard case .array(let elements) = value else { return value }
            return .array(elements.compactMap { apply(action, at: path.dropFirst(), to: $0) })
        }
        if step == "*" {
            guard case .object(let object) = value else { return value }
            return .object(
                JSONObject(
                    object.members.compactMap { member in
                        apply(action, at: path.dropFirst(), to: member.value).map { JSONObject.Member(member.name, $0) }
                    }))
        }
        guard case .object(var object) = value, let member = object[step] else { return value }
        object[step] = apply(action, at: path.dropFirst(), to: member)
        return .object(object)
    }

    /// What stands in place of a secret: `{"redacted": {"length", "entropy", "pattern", "fingerprint"}}`.
    func fingerprint(_ value: JSONValue) -> JSONValue {
        let text =
            switch value {
            case .string(let text): text
            default: value.canonicalText
            }
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
        var facts: JSONObject = [
            "length": .number(String(text.utf8.count)), "entropy": .string(Self.entropy(text)),
            "fingerprint": .string(Signature.hex(code.prefix(8))),
        ]
        if let pattern = SecretPatterns.match(text) { facts["pattern"] = .string(pattern) }
        return .object(["redacted": .object(facts)])
    }

    private func scrub(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text):
            return SecretPatterns.match(text).map { .string("[redacted: \($0)]") } ?? value
        case .array(let elements):
            return .array(elements.map(scrub))
        case .object(let object):
            let name = object["Key"]?.string
            return .object(
                JSONObject(
                    object.members.map { member in
                        if Self.verbatimMembers.contains(member.name) { return member }
                        if Self.secretMembers.contains(member.name) { return JSONObject.Member(member.name, fingerprint(member.value)) }
                        // A tag that calls itself a secret.
                        if member.name == "Value", let name, SecretPatterns.isSecretName(name), case .string(let text) = member.value,
                            !text.isEmpty
                        {
                            return JSONObject.Member(member.name, .string("[redacted: named]"))
                        }
                        return JSONObject.Member(member.name, scrub(member.value))
                    }))
        default:
            return value
        }
    }

    /// `low`, `medium` or `high`, from how many different bytes there are for the length.
    private static func entropy(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let different = Set(bytes).count
        if bytes.count < 8 || different < 6 { return "low" }
        return bytes.count >= 20 && different >= 14 ? "high" : "medium"
    }
}
