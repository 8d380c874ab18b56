import CloudModel

// What AWS refuses to store: unknown, missing and contradictory elements, wrong types, size.
extension Linter {
    private static let documentElements = ["Version", "Id", "Statement"]
    private static let statementElements = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]

    mutating func lookAtForm(_ object: JSONObject) {
        for member in object.members where !Self.documentElements.contains(where: { $0.isSame(member.name) }) {
            addUnknown(member.name, path: "", among: Self.documentElements, statement: nil)
        }
        lookAtVersion(object)
        let list: [JSONValue]
        let isList: Bool
        switch object["Statement"] {
        case .array(let statements): (list, isList) = (statements, true)
        case .object(let statement): (list, isList) = ([.object(statement)], false)
        case nil: return add(.missingStatement, .error, "Statement", "The document has no Statement, so it is not a policy.")
        default: return add(.invalidType, .error, "Statement", "Statement must be an object or a list of objects.")
        }
        if list.isEmpty { add(.emptyList, .error, "Statement", "The policy has no statements.") }
        var sids: [[UInt8]: Int] = [:]
        for (index, value) in list.enumerated() {
            let path = isList ? "Statement[\(index)]" : "Statement"
            guard case .object(let raw) = value else {
                findings.append(
                    LintFinding(.invalidType, .error, statement: index, path: path, message: "A statement must be an object."))
                continue
            }
            lookAtSid(raw, index, path, &sids)
            if let statement = read(raw, index, path) { statements.append(statement) }
        }
    }

    private mutating func lookAtVersion(_ object: JSONObject) {
        switch object["Version"] {
        case nil:
            add(
                .missingVersion, .info, "Version",
                "Without a Version the policy is of the language of 2008-10-17, which has no policy variables.")
        case .string(let text):
            if let known = PolicyDocument.Version(rawValue: text) {
                version = known
                if known == .v2008 {
                    add(
                        .oldVersion, .info, "Version", "2008-10-17 is the older version of the policy language; it has no policy variables."
                    )
                }
            } else {
                add(
                    .invalidVersion, .error, "Version",
                    "\(LintText.quoted(text)) is not a version of the policy language: 2012-10-17 or 2008-10-17.")
                version = .v2012
            }
        default: add(.invalidType, .error, "Version", "Version must be a text.")
        }
        if let id = object["Id"], id.string == nil { add(.invalidType, .error, "Id", "Id must be a text.") }
    }

    private mutating func lookAtSid(_ raw: JSONObject, _ index: Int, _ path: String, _ sids: inout [[UInt8]: Int]) {
        guard case .string(let sid) = raw["Sid"], !sid.isEmpty else { return }
        if let first = sids[Array(sid.utf8)] {
            findings.append(
                LintFinding(
                    .duplicateSid, .error, statement: index, path: path + ".Sid",
                    message: "Statement \(first) has the Sid \(LintText.quoted(sid)) already; Sids must be unique in a policy."))
        } else {
            sids[Array(sid.utf8)] = index
        }
        let needsPlain = kind == .identity || kind == .boundary || kind == .session || kind == .trust
        if needsPlain, !sid.utf8.allSatisfy({ $0.isLetter || $0.isDigit }) {
            findings.append(
                LintFinding(
                    .invalidSid, .error, statement: index, path: path + ".Sid",
                    message: "The Sid \(LintText.quoted(sid)) has characters other than letters and digits, which IAM refuses."))
        }
    }

    private mutating func addUnknown(_ name: String, path: String, among known: [String], statement: Int?) {
        let place = path.isEmpty ? LintText.safe(name) : path + "." + LintText.safe(name)
        let near = (mayGuess() ? LintText.nearest(name, known) : nil).map { "; did you mean \($0)?" } ?? "."
        findings.append(
            LintFinding(
                .unknownElement, .error, statement: statement, path: place,
                message: "The policy language has no element \(LintText.quoted(name))\(near)"))
    }

    private mutating func read(_ raw: JSONObject, _ index: Int, _ path: String) -> LintStatement? {
        var kept: [JSONObject.Member] = []
        for member in raw.members {
            if Self.statementElements.contains(where: { $0.isSame(member.name) }) {
                kept.append(member)
            } else {
                addUnknown(member.name, path: path, among: Self.statementElements, statement: index)
            }
        }
        var isEmpty = false
        for member in kept where member.value == .array([]) || (member.name == "Principal" && member.value == .object(JSONObject())) {
            isEmpty = true
            findings.append(
                LintFinding(
                    .emptyList, .error, statement: index, path: path + "." + member.name,
                    message: "\(member.name) is empty: the statement is about nothing."))
        }
        if isEmpty { return nil }
        lookAtAllowedElements(raw, index, path)
        let one = JSONValue.object(
            JSONObject([.init("Version", .string(version.rawValue)), .init("Statement", .array([.object(JSONObject(kept))]))]))
        for form in [kind.form, .any] {
            do throws(PolicyError) {
                let document = try PolicyDocument(parsing: one, form: form)
                guard let source = document.statements.first else { return nil }
                return LintStatement(
                    index: index, path: path, raw: raw, source: source,
                    compiled: CompiledStatement(source, index: index, version: version), actions: LintActions(source.actions, table))
            } catch {
                // What only the kind of policy forbids is said once, and the rest of the statement is still looked at.
                if form == .any, kind.form != .any, isOfKind(error) { return nil }
                add(error, raw, index, path)
                if !isOfKind(error) { return nil }
            }
        }
        return nil
    }

    private func isOfKind(_ error: PolicyError) -> Bool {
        switch error.code {
        case .missingPrincipal, .principalNotAllowed, .missingResource: true
        default: false
        }
    }

    private mutating func add(_ error: PolicyError, _ raw: JSONObject, _ index: Int, _ path: String) {
        let element = error.element
        let place = element.isEmpty ? path : path + "." + element
        func add(_ code: LintCode, _ message: String, at place: String) {
            findings.append(LintFinding(code, .error, statement: index, path: place, message: message))
        }
        switch error.code {
        case .missingEffect: add(.missingEffect, "The statement has no Effect: Allow or Deny.", at: place)
        case .invalidEffect:
            add(
                .invalidEffect,
                "Effect is \(LintText.quoted(raw["Effect"]?.string ?? "")); it must be Allow or Deny, in exactly this spelling.", at: place)
        case .missingAction: add(.missingAction, "The statement has neither Action nor NotAction.", at: place)
        case .missingResource: add(.missingResource, "Statements of \(kind.words) need Resource or NotResource.", at: place)
        case .missingPrincipal: add(.missingPrincipal, "Statements of \(kind.words) need Principal or NotPrincipal.", at: place)
        case .principalNotAllowed:
            add(.elementNotAllowed, "\(kind.words.first?.uppercased() ?? "")\(kind.words.dropFirst()) has no \(element).", at: place)
        case .exclusiveElements:
            let plain = element.hasPrefix("Not") ? String(element.dropFirst(3)) : element
            add(.exclusiveElements, "A statement has either \(plain) or Not\(plain), not both.", at: place)
        case .invalidAction:
            let values = raw[element]?.array ?? raw[element].map { [$0] } ?? []
            let wrong = values.compactMap(\.string).first { !Self.isAction($0) } ?? ""
            add(.invalidAction, "\(LintText.quoted(wrong)) is not an action: * or SERVICE:NAME.", at: place)
        case .invalidPrincipal:
            add(
                .invalidPrincipal,
                "\(element) must be \"*\" or an object of AWS, Service, Federated and CanonicalUser, in exactly this spelling.", at: place)
        case .unknownElement: add(.unknownElement, "The policy language does not have this element.", at: place)
        case .tooLarge: add(.tooLarge, "The policy has more parts than any that AWS stores.", at: place)
        case .notAnObject, .invalidVersion, .missingStatement, .invalidType:
            add(.invalidType, "\(element.isEmpty ? "The statement" : element) has a value of a wrong type.", at: place)
        }
    }

    private static func isAction(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        if !bytes.isEmpty, bytes.allSatisfy({ $0 == UInt8(ascii: "*") }) { return true }
        guard let colon = bytes.firstIndex(of: 0x3A) else { return false }
        return colon > 0 && colon + 1 < bytes.count
    }

    /// Elements that the language has, but not in this kind of policy.
    private mutating func lookAtAllowedElements(_ raw: JSONObject, _ index: Int, _ path: String) {
        var refused: [(String, String)] = []
        switch kind {
        case .trust:
            // "AWS JSON policy elements: NotPrincipal", key points; "IAM JSON policy elements: Resource".
            refused = [("Resource", "the role is the resource"), ("NotResource", "the role is the resource"), ("NotPrincipal", "")]
        case .rcp:
            // "RCP syntax", elements summary.
            refused = [("NotPrincipal", ""), ("NotAction", "")]
            let isDefault = raw["Principal"] == "*" && raw["Action"] == "*" && raw["Resource"] == "*" && raw["Condition"] == nil
            if raw["Effect"]?.string == "Allow", !isDefault {
                findings.append(
                    LintFinding(
                        .elementNotAllowed, .error, statement: index, path: path + ".Effect",
                        message: "A resource control policy can only deny; Allow is AWS's own RCPFullAWSAccess's alone."))
            }
            if let principal = raw["Principal"], principal != "*" {
                findings.append(
                    LintFinding(
                        .elementNotAllowed, .error, statement: index, path: path + ".Principal",
                        message: "The Principal of a resource control policy must be \"*\"; name principals in a condition."))
            }
            // "You cannot use "*" in the Action element of a customer managed RCP and have to specify the abbreviation for the service"
            // ("RCP syntax", Action element).
            if raw["Effect"]?.string != "Allow", let action = Self.texts(raw["Action"]).first(where: Self.namesNoService) {
                findings.append(
                    LintFinding(
                        .elementNotAllowed, .error, statement: index, path: path + ".Action",
                        message:
                            "\(LintText.quoted(action)) names no service, and AWS stores no resource control policy with such an action: "
                            + "list the services, such as s3:*."))
            }
        default: break
        }
        for (name, reason) in refused where raw[name] != nil {
            findings.append(
                LintFinding(
                    .elementNotAllowed, .error, statement: index, path: path + "." + name,
                    message: "\(kind.words.first?.uppercased() ?? "")\(kind.words.dropFirst()) has no \(name)"
                        + (reason.isEmpty ? "." : ": \(reason).")))
        }
    }

    private static func texts(_ json: JSONValue?) -> [String] {
        if case .array(let list) = json { list.compactMap(\.string) } else { json?.string.map { [$0] } ?? [] }
    }

    /// Whether an action's service is left open.
    private static func namesNoService(_ action: String) -> Bool {
        action.utf8.prefix { $0 != 0x3A }.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    /// The most characters of a policy ("IAM and AWS STS quotas"; "Quotas and service limits for AWS Organizations", where service control
    /// policies have 10,240 since 2026-05-15; for resources Amazon S3's 20 KB).
    mutating func lookAtSize(_ document: JSONValue) {
        let text = document.canonicalText.unicodeScalars
        let isIAM = kind == .identity || kind == .boundary || kind == .trust || kind == .session
        let size = isIAM ? text.count { !$0.properties.isWhitespace } : text.count
        if isIAM, let wrong = text.first(where: { $0.value > 0xFF }) {
            add(
                .invalidCharacter, .error, "",
                "IAM stores only characters up to U+00FF in a policy; this one has U+\(String(wrong.value, radix: 16, uppercase: true)).")
        }
        func larger(_ severity: LintSeverity, _ most: Int, _ what: String) {
            add(.tooLarge, severity, "", "The policy has \(size) characters; \(what) \(most) at most.")
        }
        switch kind {
        case .identity:
            if size > 10_240 {
                larger(.error, 10_240, "a role's inline policies together have")
            } else if size > 6_144 {
                larger(.warning, 6_144, "only a role's inline policy can be so large; a managed policy has")
            }
        case .boundary: if size > 6_144 { larger(.error, 6_144, "a permissions boundary is a managed policy and has") }
        case .session: if size > 2_048 { larger(.error, 2_048, "a session policy that is passed as text has") }
        case .trust:
            if size > 8_192 {
                larger(.error, 8_192, "a trust policy has")
            } else if size > 2_048 {
                larger(.warning, 2_048, "unless the account's quota was raised, a trust policy has")
            }
        case .scp: if size > 10_240 { larger(.error, 10_240, "a service control policy has") }
        case .rcp: if size > 5_120 { larger(.error, 5_120, "a resource control policy has") }
        case .resource: if size > 20_480 { larger(.warning, 20_480, "most services, such as Amazon S3, take") }
        }
    }
}
