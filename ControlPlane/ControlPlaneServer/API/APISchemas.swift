import ControlPlaneCore
import WireProtocol

/// The forms of the API's messages, by the name of their type in WireProtocol. A test holds each against what its type really writes.
enum APISchemas {
    private typealias Member = Schema.Member
    private static func optional(_ name: String, _ schema: Schema) -> Member { Member(name, .optional(schema), required: false) }
    private static let role = Schema.words(Role.allCases.map(\.rawValue))
    private static let permission = Schema.words(Permission.allCases.map(\.rawValue))
    private static let stage = Schema.words(SessionStage.allCases.map(\.rawValue))
    private static let code = Schema.text(least: 1, most: 64)
    private static let secret = Schema.text(most: 1024)
    private static let binary = Schema.text(most: 24576)

    static let all: [(name: String, schema: Schema)] = [
        (
            "Problem",
            .object([
                Member("type", .string), Member("title", .string), Member("status", .number(100...599)), Member("code", .string),
                Member("detail", .string),
            ])
        ),
        (
            "SessionRequest",
            .object([
                Member("email", .text(most: 254)), Member("password", secret), optional("newPassword", secret), optional("code", code),
            ])
        ),
        (
            "Session",
            .object([
                Member("token", .string), Member("expiresAt", .time), Member("mustChangePassword", .bool), Member("stage", stage),
            ])
        ),
        (
            "PasskeyChallenge",
            .object(["challenge", "relyingParty", "user", "email"].map { Member($0, .string) } + [Member("credentials", .list(.string))])
        ),
        ("PasskeyAssertion", .object(["credential", "clientData", "authenticatorData", "signature"].map { Member($0, binary) })),
        (
            "PasskeyRegistration",
            .object([Member("name", .text(least: 1, most: 64)), Member("clientData", binary), Member("attestation", binary)])
        ),
        ("SecondFactorRequest", .object([optional("code", code), optional("passkey", .named("PasskeyAssertion"))])),
        (
            "StepUpRequest",
            .object([optional("password", secret), optional("code", code), optional("passkey", .named("PasskeyAssertion"))])
        ),
        ("CodeRequest", .object([Member("code", code)])),
        ("PasswordChange", .object([Member("newPassword", secret)])),
        ("AppSecret", .object([Member("secret", .string), Member("uri", .string)])),
        ("Enrolled", .object([Member("recoveryCodes", .list(.string)), Member("session", .named("Session"))])),
        ("RecoveryCodes", .object([Member("recoveryCodes", .list(.string))])),
        (
            "Passkey",
            .object([Member("credential", .string), Member("name", .string), Member("createdAt", .time), optional("lastUsed", .time)])
        ),
        (
            "SecondFactors",
            .object([Member("app", .bool), Member("recoveryCodes", .number()), Member("passkeys", .list(.named("Passkey")))])
        ),
        (
            "Caller",
            .object([
                Member("user", .id), Member("email", .string), Member("role", role), Member("tenant", .id), Member("tenantName", .string),
                Member("stage", stage), Member("permissions", .list(permission)), optional("environments", .list(.id)),
                optional("token", .id),
            ])
        ),
        (
            "User",
            .object([
                Member("id", .id), Member("email", .string), Member("role", role), optional("environments", .list(.id)),
                Member("enabled", .bool), Member("secondFactor", .bool), Member("openSessions", .number()), Member("signOn", .bool),
                Member("createdAt", .time),
            ])
        ),
        ("NewUser", .object([Member("email", .text(least: 3, most: 254)), Member("role", role), optional("environments", .list(.id))])),
        ("MadeUser", .object([Member("user", .named("User")), optional("oneTimePassword", .string)])),
        (
            "UserChange",
            .object([
                optional("role", role), optional("environments", .list(.id)), optional("everywhere", .bool), optional("enabled", .bool),
            ])
        ),
        ("OneTimePassword", .object([Member("oneTimePassword", .string)])),
        (
            "Role",
            .object([
                Member("role", role), Member("title", .string), Member("permissions", .list(permission)),
                Member("needsSecondFactor", .bool),
            ])
        ),
        (
            "Token",
            .object([
                Member("id", .id), Member("account", .id), Member("name", .string), Member("scopes", .list(permission)),
                optional("environments", .list(.id)), Member("createdAt", .time), Member("expiresAt", .time), optional("lastUsed", .time),
                optional("revokedAt", .time),
            ])
        ),
        (
            "NewToken",
            .object([
                Member("account", .text(most: 254)), Member("name", .text(least: 1, most: 64)), Member("scopes", .list(permission)),
                optional("environments", .list(.id)), Member("days", .number(1...366)),
            ])
        ),
        ("MadeToken", .object([Member("token", .named("Token")), Member("secret", .string)])),
        (
            "OpenSession",
            .object([
                Member("id", .id), Member("user", .id), Member("stage", stage),
                Member("proof", .words(SessionProof.allCases.map(\.rawValue))),
                Member("source", .string), Member("current", .bool), Member("createdAt", .time), Member("lastUsed", .time),
                Member("expiresAt", .time),
            ])
        ),
        ("Environment", .object([Member("id", .id), Member("name", .string)])),
        ("NewEnvironment", .object([Member("name", .text(least: 1, most: 64))])),
        (
            "Agent",
            .object([
                Member("id", .id), Member("environment", .id), Member("state", .string), Member("live", .bool), Member("hostname", .string),
                Member("platform", .string), Member("version", .string), Member("enrolledAt", .time), optional("lastSeen", .time),
                optional("certificateEnds", .time), optional("spoolDepth", .number()), optional("lastError", .string),
            ])
        ),
        (
            "EnrolmentTokenRequest",
            .object([
                Member("environment", .text(most: 100)), optional("account", .text(most: 12)), optional("host", .text(most: 512)),
                optional("needsApproval", .bool), optional("agent", .id),
            ])
        ),
        (
            "AgentDetail",
            .object([
                Member("agent", .named("Agent")), Member("condition", .string), Member("epoch", .number()), Member("method", .string),
                optional("grant", .string), optional("account", .string), optional("quarantine", .string), Member("renewalWanted", .bool),
                optional("clockSkew", .number()), Member("missingPermissions", .list(.string)),
                optional("permissionsCheckedAt", .time),
                Member("certificates", .list(.named("AgentCertificate"))), Member("held", .list(.id)),
                optional("settingsVersion", .number()), optional("configuration", .named("HeldConfiguration")),
            ])
        ),
        (
            "HeldConfiguration",
            .object([optional("version", .number()), optional("refused", .number()), optional("code", .string)])
        ),
        (
            "AgentSettings",
            .object([
                optional("interval", .number(AgentSettings.intervals)), optional("heartbeat", .number(AgentSettings.heartbeats)),
                optional("regions", .list(.text(least: 1, most: 64))), optional("services", .list(.text(least: 1, most: 64))),
                optional("rate", .number(AgentSettings.rates)),
            ])
        ),
        (
            "StoredSettings",
            .object([Member("settings", .named("AgentSettings")), optional("version", .number()), optional("changedAt", .time)])
        ),
        (
            "AgentCertificate",
            .object([
                Member("serial", .string), Member("epoch", .number()), Member("issuer", .string), Member("issuedAt", .time),
                Member("notAfter", .time), optional("firstUsedAt", .time), optional("supersededAt", .time), optional("revokedAt", .time),
            ])
        ),
        ("ReleaseRequest", .object([Member("discard", .bool)])),
        (
            "EnrolmentRule",
            .object([
                Member("id", .id), Member("environment", .id), Member("method", .string), optional("roles", .list(.string)),
                optional("issuer", .string), optional("audience", .string), optional("subjects", .list(.string)),
                optional("claims", .map(.string)), Member("needsApproval", .bool), Member("createdAt", .time),
            ])
        ),
        (
            "NewEnrolmentRule",
            .object([
                Member("environment", .text(most: 100)), Member("method", .words(["aws-iam", "oidc"])), optional("roles", .list(.string)),
                optional("issuer", .string), optional("audience", .string), optional("subjects", .list(.string)),
                optional("claims", .map(.string)), optional("keys", .string), optional("needsApproval", .bool),
            ])
        ),
        (
            "ListedToken",
            .object([
                Member("name", .string), Member("environment", .id), Member("state", .words(["open", "used", "expired"])),
                Member("createdAt", .time), Member("expiresAt", .time), optional("usedBy", .id),
            ])
        ),
        (
            "Lock",
            .object([
                Member("kind", .words(Lock.Kind.allCases.map(\.rawValue))), Member("subject", .text(most: 200)), optional("since", .time),
            ])
        ),
        ("EnrolmentToken", .object([Member("token", .string), Member("expiresAt", .time), Member("command", .string)])),
        (
            "Run",
            .object([
                Member("id", .id), Member("environment", .id), Member("agent", .id), Member("bundle", .id), Member("status", .string),
                Member("attempts", .number()), optional("reason", .string), Member("queuedAt", .time), optional("startedAt", .time),
                optional("endedAt", .time), optional("snapshot", .string),
            ])
        ),
        (
            "Status",
            .object([
                Member("tenant", .id), Member("environment", .named("Environment")), optional("run", .id), optional("snapshot", .string),
                optional("summary", .anything("See Protocol/Spec/results.md.")),
                Member("agents", .object([Member("live", .number()), Member("stale", .number())])), optional("lastRun", .named("Run")),
            ])
        ),
        (
            "BreakGlass",
            .object([
                Member("id", .id), Member("operator", .string), Member("reason", .string), optional("approvedBy", .string),
                Member("requestedAt", .time), optional("openedAt", .time), optional("endsAt", .time),
            ])
        ),
        (
            "SignOn",
            .object([
                Member("issuer", .string), Member("clientID", .string), Member("roleClaim", .string), Member("roles", .map(role)),
                optional("redirectURI", .string),
            ])
        ),
        (
            "SignOnChange",
            .object([
                Member("issuer", .text(most: 512)), Member("clientID", .text(least: 1, most: 256)), optional("clientSecret", secret),
                Member("roleClaim", .text(least: 1, most: 256)), Member("roles", .map(role)),
            ])
        ),
        (
            "AuditPage",
            .object([
                Member("tenant", .id), Member("key", .string), Member("size", .number()), Member("last", .number()),
                Member("head", .string),
                Member("lines", .list(.string)),
            ])
        ),
        (
            "AuditCheckpoint",
            .object([Member("tenant", .id), Member("key", .string), optional("checkpoint", .string)])
        ),
        (
            "AuditEntry",
            .object(
                [Member("index", .number()), Member("time", .time)]
                    + ["actor", "act", "subject", "outcome", "detail"].map { Member($0, .string) })
        ),
    ]
}

extension Schema {
    /// A list that is not of one run.
    static func list(of name: String) -> Schema {
        .object([
            .init("tenant", .id), .init("environment", .optional(.id), required: false), .init("data", .list(.named(name))),
            .init("next", .optional(.string), required: false),
        ])
    }

    /// What was computed from one run.
    static func envelope(_ data: Schema) -> Schema {
        .object([
            .init("tenant", .id), .init("environment", .id), .init("run", .id), .init("snapshot", .string), .init("data", data),
            .init("next", .optional(.string), required: false),
        ])
    }
}
