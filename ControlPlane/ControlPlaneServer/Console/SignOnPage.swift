import ControlPlaneCore

/// `/single-sign-on`
struct SignOnPage: Page {
    /// What stands in the form. There is no secret among it: it can be given, and never be seen.
    struct Draft {
        struct Row {
            var value: String
            var role: String
        }
        var issuer = ""
        var clientID = ""
        var roleClaim = "groups"
        var rows: [Row] = []

        init() {}
        init(_ signOn: SignOn) {
            issuer = signOn.issuer
            clientID = signOn.clientID
            roleClaim = signOn.roleClaim
            rows = signOn.roles.sorted { $0.key < $1.key }.map { Row(value: $0.key, role: $0.value.rawValue) }
        }
        init(_ form: [String: String]) {
            issuer = form["issuer"] ?? ""
            clientID = form["client"] ?? ""
            roleClaim = form["claim"] ?? ""
            rows = (0..<SignOnPage.mostRows).compactMap { number in
                form["value-\(number)"].map { Row(value: $0, role: form["role-\(number)"] ?? "") }
            }
        }
    }
    struct Row {
        var number: Int
        var value: String
        var roles: [Choice]
    }
    /// As many as a provider's claim can have values that give roles, and no empty ones beyond them.
    static let mostRows = 64
    private static let spareRows = 3

    var frame: PageFrame
    var message: String?
    var isInForce: Bool
    var hasSecret: Bool
    var redirectURI: String
    var entrance: String
    var issuer: String
    var clientID: String
    var roleClaim: String
    var rows: [Row]

    init(_ source: PageSource, stored: SignOn?, draft: Draft, redirectURI: String, entrance: String, message: String?) {
        let frame = source.frame(.signOn, title: "Single sign-on")
        self.frame = frame
        self.message = message.map { Wording.shown($0) }
        isInForce = stored != nil
        hasSecret = stored?.wrappedSecret != nil
        self.redirectURI = redirectURI
        self.entrance = entrance
        issuer = Wording.shown(draft.issuer, limit: 500)
        clientID = Wording.shown(draft.clientID, limit: 256)
        roleClaim = Wording.shown(draft.roleClaim, limit: 256)
        let filled = draft.rows.filter { !$0.value.isEmpty }
        let spare = [Draft.Row](repeating: .init(value: "", role: Role.viewer.rawValue), count: Self.spareRows)
        rows = (filled + spare).prefix(Self.mostRows).enumerated().map { number, row in
            Row(
                number: number, value: Wording.shown(row.value, limit: 256),
                roles: Role.allCases.filter(\.isPersonal).map {
                    Choice(value: $0.rawValue, name: $0.title, current: $0.rawValue.utf8.elementsEqual(row.role.utf8))
                })
        }
    }
}
