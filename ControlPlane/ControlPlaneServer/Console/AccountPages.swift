import Basics
import ControlPlaneCore
import FoundationEssentials

/// A choice in a form.
struct Choice {
    var value: String
    var name: String
    var current = false
}

/// `/sign-in/second-factor` and `/step-up`
struct ProofPage: Page {
    var head: PageHead
    var message: String?
    var text: String
    var action: String
    var next: String
    var csrf: String
    var asksCode: Bool
    var asksPassword: Bool
    var asksPasskey: Bool
    var passkeyRoute: String
}

/// `/account/second-factor`
struct EnrolAppPage: Page {
    /// The secret as a QR code.
    struct Picture {
        var side: Int
        var path: String
    }
    let head = PageHead("Your second factor")
    var message: String?
    var required: Bool
    var secret: String?
    var uri: String
    var picture: Picture?
    var csrf: String
}

/// Codes just made; never rendered again.
struct RecoveryCodesPage: Page {
    let head = PageHead("Recovery codes")
    var message: String?
    var codes: [String]
    var next: String
    var csrf: String
}

extension Wording {
    /// Where something counts.
    static func place(_ scope: EnvironmentScope, _ environments: [Environment]) -> String {
        guard case .only(let some) = scope else { return "everywhere" }
        let names = environments.filter { some.contains($0.id) }.map { shown($0.name, limit: 80) }
        return names.isEmpty ? "nowhere" : names.joined(separator: ", ")
    }

    /// A permission in words: `readResults` → `read results`.
    static func words(_ permission: Permission) -> String {
        permission.rawValue.unicodeScalars.map { $0.properties.isUppercase ? " \($0.properties.lowercaseMapping)" : String($0) }.joined()
    }
}

/// `/people`
struct PeoplePage: Page {
    struct Row {
        var email: String
        var id: String
        var role: String
        var place: String
        var state: Pill
        var factor: Pill
        var sessions: String
        var manage: Manage?
    }
    struct Manage {
        var id: String
        var csrf: String
        var roles: [Choice]
        var toggle: String
        var toggleName: String
    }
    struct MatrixRow {
        var name: String
        var factor: String
        var allows: String
    }
    /// A password just made; never rendered again.
    struct Issued {
        var email: String
        var password: String
    }
    var frame: PageFrame
    var issued: Issued?
    var tableCaption: String
    var rows: [Row]
    var mayManage: Bool
    var roles: [Choice]
    var matrix: [MatrixRow]

    init(_ source: PageSource, _ people: [PeopleService.Person], issued: Issued?) {
        let frame = source.frame(.people, title: "People")
        self.frame = frame
        self.issued = issued
        let mayManage = source.session.allows(.manageUsers)
        self.mayManage = mayManage
        tableCaption = Wording.count(people.count, "account", "accounts")
        rows = people.map { person in
            let isEnabled = person.user.disabledAt == nil
            let id = person.user.id.description
            return Row(
                email: Wording.shown(person.user.email, limit: 254), id: id, role: person.user.role.title,
                place: Wording.place(person.user.environments, source.environments),
                state: Pill(
                    kind: isEnabled ? "ok" : "failed", icon: isEnabled ? "check" : "cross", word: isEnabled ? "Enabled" : "Disabled"),
                factor: Self.factor(person), sessions: Wording.grouped(person.openSessions),
                manage: mayManage
                    ? Manage(
                        id: id, csrf: source.csrf,
                        roles: Role.allCases.filter { $0.isPersonal == person.user.role.isPersonal }.map {
                            Choice(value: $0.rawValue, name: $0.title, current: $0 == person.user.role)
                        }, toggle: isEnabled ? "disable" : "enable", toggleName: isEnabled ? "Disable" : "Enable") : nil)
        }
        roles = Role.allCases.reversed().map { Choice(value: $0.rawValue, name: $0.title, current: $0 == .viewer) }
        matrix = Role.allCases.map { role in
            MatrixRow(
                name: role.title, factor: role.needsSecondFactor ? "required" : role.isPersonal ? "offered" : "–",
                allows: Permission.allCases.filter(role.allows).map(Wording.words).joined(separator: ", "))
        }
    }

    private static func factor(_ person: PeopleService.Person) -> Pill {
        if person.hasSecondFactor { return Pill(kind: "ok", icon: "check", word: "Enrolled") }
        guard person.user.role.isPersonal else { return Pill(kind: "informational", icon: "informational", word: "Tokens") }
        return person.user.role.needsSecondFactor
            ? Pill(kind: "unknown", icon: "clock", word: "At next sign-in")
            : Pill(kind: "informational", icon: "informational", word: "None")
    }
}

/// `/tokens`
struct TokensPage: Page {
    struct Row {
        var name: String
        var id: String
        var account: String
        var scopes: String
        var place: String
        var ends: String
        var lastUsed: String
        var state: Pill
        var revocable: Bool
        var csrf: String
    }
    var frame: PageFrame
    /// A secret just made; never rendered again.
    var issued: String?
    var hasRows: Bool
    var rows: [Row]
    var hasAccounts: Bool
    var accounts: [Choice]
    var scopeChoices: [Choice]

    /// What the form offers: a few sets; the API takes any.
    static let sets: [(value: String, name: String, scopes: Set<Permission>)] = [
        ("read", "Read results and agents", [.readResults, .readAgents]),
        ("run", "Read, and start runs", [.readResults, .readAgents, .startRuns]),
        ("audit", "Read the audit log", [.readAudit]),
    ]

    init(_ source: PageSource, _ tokens: [APIToken], _ people: [PeopleService.Person], issued: String?) {
        let frame = source.frame(.tokens, title: "API tokens")
        self.frame = frame
        self.issued = issued
        hasRows = !tokens.isEmpty
        let names = Dictionary(people.map { ($0.user.id, $0.user.email) }) { first, _ in first }
        rows = tokens.map { token in
            let state =
                token.revokedAt != nil
                ? Pill(kind: "revoked", icon: "cross", word: "Revoked")
                : token.expiresAt <= source.now
                    ? Pill(kind: "stale", icon: "clock", word: "Ended") : Pill(kind: "live", icon: "check", word: "Good")
            return Row(
                name: Wording.shown(token.name, limit: 64), id: token.id.description,
                account: Wording.shown(names[token.account] ?? token.account.description, limit: 254),
                scopes: Permission.allCases.filter(token.scopes.contains).map(Wording.words).joined(separator: ", "),
                place: Wording.place(token.environments, source.environments), ends: Wording.time(token.expiresAt),
                lastUsed: token.lastUsed.map { Wording.time($0) } ?? "never", state: state,
                revocable: token.revokedAt == nil && token.expiresAt > source.now, csrf: source.csrf)
        }
        accounts = people.filter { $0.user.role == .serviceAccount && $0.user.disabledAt == nil }.map {
            Choice(value: $0.user.id.description, name: Wording.shown($0.user.email, limit: 254))
        }
        hasAccounts = !accounts.isEmpty
        scopeChoices = Self.sets.map { Choice(value: $0.value, name: $0.name) }
    }
}

/// `/sessions`
struct SessionsPage: Page {
    struct Row {
        var who: String
        var id: String
        var current: Bool
        var proof: String
        var source: String
        var created: String
        var lastUsed: String
        var ends: String
        var mayEnd: Bool
        var csrf: String
    }
    var frame: PageFrame
    var tableCaption: String
    var rows: [Row]

    init(_ source: PageSource, _ sessions: [Session], _ people: [PeopleService.Person]) {
        let frame = source.frame(.sessions, title: "Sessions")
        self.frame = frame
        let names = Dictionary(people.map { ($0.user.id, $0.user.email) }) { first, _ in first }
        tableCaption = source.session.allows(.readUsers) ? "Everybody's, newest first" : "Yours, newest first"
        rows = sessions.map { session in
            Row(
                who: Wording.shown(
                    names[session.user] ?? (session.user == source.session.user.id ? source.session.user.email : "–"), limit: 254),
                id: session.id.description, current: session.id == source.session.id, proof: Self.word(session),
                source: Wording.shown(session.source, limit: 64), created: Wording.time(session.createdAt),
                lastUsed: Wording.time(session.lastUsed), ends: Wording.time(session.expiresAt),
                mayEnd: session.user == source.session.user.id || source.session.allows(.manageUsers), csrf: source.csrf)
        }
    }

    private static func word(_ session: Session) -> String {
        switch session.stage {
        case .secondFactor: return "password, second factor awaited"
        case .enrolment: return "password, second factor to be enrolled"
        case .full: break
        }
        return switch session.proof {
        case .password: "password"
        case .code: "password and code"
        case .passkey: "password and passkey"
        case .signOn: "single sign-on"
        case .operator: "operator"
        case .token: "token"
        }
    }
}

/// `/audit`
struct AuditPage: Page {
    struct Row {
        var entry: String
        var time: String
        var actor: String
        var act: String
        var subject: String
        var outcome: Pill
        var detail: String
    }
    static let length: UInt64 = 100
    var frame: PageFrame
    var tableCaption: String
    var rows: [Row]
    var next: String?

    init(_ source: PageSource, _ entries: [AuditEntry], _ people: [PeopleService.Person]) {
        let frame = source.frame(.audit, title: "Audit log")
        self.frame = frame
        let names = Dictionary(people.map { ("user:\($0.user.id)", $0.user.email) }) { first, _ in first }
        tableCaption = "Newest first. Nothing here can be changed; the command line checks that nothing was."
        rows = entries.reversed().map { entry in
            Row(
                entry: Wording.grouped(Int(clamping: entry.index)), time: Wording.time(entry.time),
                actor: Wording.shown(names[entry.actor] ?? entry.actor, limit: 254), act: Wording.shown(entry.act, limit: 60),
                subject: Wording.shown(entry.subject, limit: 120),
                outcome: entry.outcome == "ok"
                    ? Pill(kind: "ok", icon: "check", word: "ok")
                    : Pill(kind: "failed", icon: "cross", word: Wording.shown(entry.outcome, limit: 60)),
                detail: Wording.shown(entry.detail, limit: 300))
        }
        if let first = entries.first, first.index > 1 { next = "/audit?before=\(first.index)" }
    }
}

/// `/account`
struct AccountPage: Page {
    struct Key {
        var name: String
        var created: String
        var lastUsed: String
    }
    var frame: PageFrame
    var app: Pill
    var hasApp: Bool
    var codes: String
    var hasPasskeys: Bool
    var passkeys: [Key]
    var email: String
    var role: String
    var may: String
    var place: String

    init(_ source: PageSource, _ factors: SecondFactors.Status) {
        let frame = source.frame(.account, title: "Your account")
        self.frame = frame
        hasApp = factors.hasApp
        app = factors.hasApp ? Pill(kind: "ok", icon: "check", word: "In force") : Pill(kind: "unknown", icon: "question", word: "None")
        codes = "\(Wording.count(factors.recoveryCodes, "recovery code", "recovery codes")) left."
        passkeys = factors.passkeys.map {
            Key(
                name: Wording.shown($0.name, limit: 64), created: Wording.time($0.createdAt),
                lastUsed: $0.lastUsed.map { Wording.time($0) } ?? "never")
        }
        hasPasskeys = !passkeys.isEmpty
        email = Wording.shown(source.session.user.email, limit: 254)
        role = source.session.user.role.title
        may = source.session.permissions.map(Wording.words).joined(separator: ", ")
        place = Wording.place(source.session.environments, source.environments)
    }
}
