public import Basics
import CloudModel
public import FoundationEssentials
public import WireProtocol

/// Who may enrol into an environment without a token. The identity of the agent that comes of it is the rule's to decide.
public struct EnrolmentRule: Sendable, Hashable {
    /// What somebody has to show.
    public enum Condition: Sendable, Hashable {
        /// To act as one of these roles.
        case awsIAM(AWSRoleCondition)
        /// A token of this issuer for one of these subjects.
        case openID(OpenIDCondition)
    }
    /// Most rules of one environment.
    public static let maximumPerEnvironment = 64

    /// Random.
    public var id: EnrolmentRuleID
    /// Whose.
    public var tenant: TenantID
    /// Into which environment it leads.
    public var environment: EnvironmentID
    /// What has to be shown.
    public var condition: Condition
    /// Whether somebody has to approve each agent before it is live.
    public var needsApproval: Bool
    /// When it was made.
    public var createdAt: Date
    /// A rule of these parts.
    public init(
        id: EnrolmentRuleID, tenant: TenantID, environment: EnvironmentID, condition: Condition, needsApproval: Bool, createdAt: Date
    ) {
        self.id = id
        self.tenant = tenant
        self.environment = environment
        self.condition = condition
        self.needsApproval = needsApproval
        self.createdAt = createdAt
    }

    /// The method that it is for.
    public var method: EnrolmentMethodName {
        switch condition {
        case .awsIAM: .awsIAM
        case .openID: .openID
        }
    }

    /// The method's word.
    public var methodName: String { method.rawValue }

    /// The condition as it is stored and shown.
    public var document: [UInt8] {
        get throws {
            switch condition {
            case .awsIAM(let condition): try WireJSON.encode(condition)
            case .openID(let condition): try WireJSON.encode(condition)
            }
        }
    }

    /// The condition that `document` writes for a method.
    ///
    /// - Throws: ``EnrolmentError`` `malformed`, saying what is wrong.
    public static func condition(_ method: String, _ document: [UInt8]) throws(EnrolmentError) -> Condition {
        do {
            switch EnrolmentMethodName(rawValue: method) {
            case .awsIAM?: return .awsIAM(try WireJSON.decode(from: document))
            case .openID?: return .openID(try WireJSON.decode(from: document))
            default: throw EnrolmentError(.malformed, "rules are for aws-iam and oidc")
            }
        } catch {
            throw error as? EnrolmentError ?? EnrolmentError(.malformed, "this is not a rule's condition", cause: error)
        }
    }
}

/// To act as one of these roles.
public struct AWSRoleCondition: Sendable, Hashable, Codable {
    /// ``RolePattern`` each.
    public var roles: [String]
    /// A condition on these roles.
    public init(roles: [String]) { self.roles = roles }

    /// - Throws: ``EnrolmentError`` `malformed`, saying what is wrong.
    func checked() throws(EnrolmentError) -> [RolePattern] {
        guard (1...32).contains(roles.count) else { throw EnrolmentError(.malformed, "a rule names 1 to 32 roles") }
        var patterns: [RolePattern] = []
        for role in roles { patterns.append(try RolePattern(role)) }
        return patterns
    }
}

/// A token of this issuer for one of these subjects.
public struct OpenIDCondition: Sendable, Hashable, Codable {
    /// The issuer, as tokens carry it.
    public var issuer: String
    /// For whom tokens have to be made; `nil` for ``EnrolmentService/audience(of:)``.
    public var audience: String?
    /// Patterns of `sub`; one has to fit.
    public var subjects: [String]
    /// Patterns of other claims, by name; each has to be there and fit. `/` leads into an object: `kubernetes.io/namespace`'s own slash is
    /// tried first.
    public var claims: [String: String]?
    /// The issuer's keys (RFC 7517), for an issuer that this server cannot reach.
    public var keys: String?
    /// A condition of these parts.
    public init(issuer: String, audience: String? = nil, subjects: [String], claims: [String: String]? = nil, keys: String? = nil) {
        self.issuer = issuer
        self.audience = audience
        self.subjects = subjects
        self.claims = claims
        self.keys = keys
    }

    /// Audiences that tokens for others have: whoever is shown such a token could enrol with it.
    private static let foreignAudiences: Set<String> = [
        "sts.amazonaws.com", "api://AzureADTokenExchange", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local",
        "vault", "spire-server", "https://management.azure.com/", "https://iam.googleapis.com/",
    ]

    struct Checked: Sendable {
        var issuer: OpenIDIssuer
        var subjects: [TextPattern]
        var claims: [(name: String, pattern: TextPattern)]
        var keys: JSONWebKeySet?
    }

    /// - Throws: ``EnrolmentError`` `malformed`, saying what is wrong.
    func checked(_ policy: OpenIDIssuer.Policy) throws(EnrolmentError) -> Checked {
        guard (1...32).contains(subjects.count) else { throw EnrolmentError(.malformed, "a rule names 1 to 32 subjects") }
        let subjects = subjects.compactMap { TextPattern($0, literal: 4) }
        guard subjects.count == self.subjects.count else {
            throw EnrolmentError(.malformed, "a subject begins with four characters that stand for themselves, before any *")
        }
        guard claims?.count ?? 0 <= 16 else { throw EnrolmentError(.malformed, "a rule names at most 16 claims") }
        var patterns: [(name: String, pattern: TextPattern)] = []
        for (name, text) in claims ?? [:] {
            guard let pattern = TextPattern(text, literal: 0), text.utf8.contains(where: { $0 != UInt8(ascii: "*") }), !name.isEmpty else {
                throw EnrolmentError(.malformed, "a claim's pattern is not one")
            }
            patterns.append((name, pattern))
        }
        if let audience {
            guard (8...256).contains(audience.utf8.count), !Self.foreignAudiences.contains(audience) else {
                throw EnrolmentError(.malformed, "this audience is that of tokens for others: choose one of your own, or none")
            }
        }
        do {
            return Checked(
                issuer: try OpenIDIssuer(issuer, policy: policy), subjects: subjects, claims: patterns,
                keys: try keys.map { try JSONWebKeySet(Array($0.utf8)) })
        } catch {
            throw EnrolmentError(.malformed, (error as? OpenIDError)?.message ?? "the rule cannot be read", cause: error)
        }
    }
}

extension OpenIDCondition.Checked {
    /// Whether subject and claims are what the rule asks for.
    func admits(_ token: VerifiedOpenIDToken) -> Bool {
        subjects.contains { $0.matches(token.subject) }
            && claims.allSatisfy { claim in Self.value(claim.name, in: token.claims).map { claim.pattern.matches($0) } ?? false }
    }

    /// The claim of that name, or of that path into objects; only texts, numbers and truth values.
    private static func value(_ name: String, in claims: JSONObject) -> String? {
        switch claims[name] {
        case .string(let text)?: return text
        case .number(let text)?: return text
        case .bool(let value)?: return value ? "true" : "false"
        case nil: break
        default: return nil
        }
        for (index, byte) in name.utf8.enumerated() where byte == UInt8(ascii: "/") {
            let head = String(decoding: name.utf8.prefix(index), as: UTF8.self)
            let tail = String(decoding: name.utf8.dropFirst(index + 1), as: UTF8.self)
            if case .object(let inner)? = claims[head] { return value(tail, in: inner) }
        }
        return nil
    }
}
