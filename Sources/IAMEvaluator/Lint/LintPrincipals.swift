import CloudModel

// Who a statement is about ("AWS JSON policy elements: Principal", "… NotPrincipal").
extension Linter {
    mutating func lookAtPrincipals(_ statement: LintStatement) {
        guard let element = statement.source.principal, kind.form == .withPrincipal, kind != .rcp else { return }
        for text in element.entries { lookAtEntry(text, statement) }
        let path = statement.path(statement.principalElement)
        if element.negated {
            if statement.isAllow {
                add(
                    .allowNotPrincipal, .error, statement, path,
                    "Allow with NotPrincipal allows everybody else in the world, without credentials too. AWS supports NotPrincipal with Deny alone."
                )
            } else {
                add(
                    .denyNotPrincipal, .info, statement, path,
                    "Deny with NotPrincipal must name account, role and session alike, and denies whoever has a permissions boundary: "
                        + "AWS advises Principal \"*\" with a condition on aws:PrincipalArn.")
            }
            return
        }
        guard statement.isAllow else { return }
        if element.entries.contains(.everyone), statement.source.conditions.isEmpty { lookAtEveryone(statement, path) }
        let services = element.entries.filter { if case .service = $0 { true } else { false } }
        if kind == .resource, !services.isEmpty, services.count == element.entries.count, !statement.hasCondition(on: Self.sourceKeys) {
            add(
                .confusedDeputy, .info, statement, path,
                "The service may act for any account's resources: where it supports them, limit it with aws:SourceArn or aws:SourceAccount."
            )
        }
    }

    private static let sourceKeys = [
        "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:principalorgid",
        "aws:resourceaccount", "aws:resourceorgid", "kms:calleraccount", "kms:viaservice",
    ]

    private mutating func lookAtEveryone(_ statement: LintStatement, _ path: String) {
        if kind == .trust {
            add(
                .allowEveryone, .error, statement, path,
                "Everybody with credentials of any account may assume the role: name principals, or add conditions on who they are.")
            return
        }
        let levels = Set(statement.actions.representatives.map(\.level))
        let changes = statement.actions.isOpen || statement.actions.hasUnknown || !levels.isSubset(of: [.list, .read])
        add(
            .allowEveryone, changes ? .warning : .info, statement, path,
            "Everybody in the world is allowed this, without credentials too" + (changes ? ", and it is more than reading." : "."))
    }

    private mutating func lookAtEntry(_ entry: PrincipalElement.Entry, _ statement: LintStatement) {
        let element = statement.principalElement
        let path: String
        let text: String
        switch entry {
        case .everyone, .account, .canonicalUser: return
        case .aws(let arn): (path, text) = (statement.path(element) + ".AWS", arn)
        case .service(let name): (path, text) = (statement.path(element) + ".Service", name)
        case .federated(let name): (path, text) = (statement.path(element) + ".Federated", name)
        }
        if text.has("*") || text.has("?") {
            add(
                .wildcardInPrincipal, .error, statement, path,
                "\(LintText.quoted(text)): a principal takes no wildcards but \"*\" alone; use a condition on aws:PrincipalArn.")
            return
        }
        if let wrong = Self.fault(in: entry) {
            add(.invalidPrincipal, .error, statement, path, "\(LintText.quoted(text)) \(wrong)")
            return
        }
        if case .aws = entry, Self.isUniqueID(text) {
            add(
                .deletedPrincipal, .warning, statement, path,
                "\(LintText.quoted(text)) is what is left of a user or role that was deleted: the statement is not about its successor of the same name."
            )
        }
    }

    /// `AIDA…` of a user, `AROA…` of a role ("IAM identifiers", Understanding unique ID prefixes).
    private static func isUniqueID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count >= 16 && bytes.count <= 128 && (bytes.hasPrefix("AIDA") || bytes.hasPrefix("AROA"))
            && bytes.allSatisfy { $0.isDigit || ($0 >= 0x41 && $0 <= 0x5A) }
    }

    private static func fault(in entry: PrincipalElement.Entry) -> String? {
        switch entry {
        case .everyone, .account, .canonicalUser: return nil
        case .service(let name):
            let isName =
                name.has(".amazonaws.com") || name.has(".amazon.com") || name.has(".aws.internal") || name.has(".c2s.ic.gov")
                || name.has(".sc2s.sgov.gov")
            return isName ? nil : "is no service principal, such as ec2.amazonaws.com."
        case .federated(let name):
            let isProvider = name.hasPrefix("arn:") ? name.has(":saml-provider/") || name.has(":oidc-provider/") : name.has(".")
            return isProvider ? nil : "is no identity provider: the ARN of a SAML or OIDC provider, or a name such as accounts.google.com."
        case .aws(let text):
            if isUniqueID(text) { return nil }
            let bytes = Array(text.utf8)
            if bytes.allSatisfy(\.isDigit) { return "is no account: that has 12 digits." }
            guard let arn = ARN(bytes), arn.isIAM || arn.isSTS else {
                return "is no principal: an account or the ARN of a user, role or session."
            }
            let resource = Array(arn.resource)
            if !Linter.isAccount(arn.accountText) || arn.account.isEmpty {
                return "has \(LintText.quoted(arn.accountText)) where the 12 digits of an account stand."
            }
            if arn.isIAM {
                if resource.hasPrefix("group/") { return "is a group, and groups are no principals." }
                if resource.hasPrefix("oidc-provider/") || resource.hasPrefix("saml-provider/") {
                    return "is an identity provider: it belongs under Federated."
                }
                let isKnown = resource.hasPrefix("user/") || resource.hasPrefix("role/") || resource.elementsEqual("root".utf8)
                return isKnown ? nil : "is no principal: an account or the ARN of a user, role or session."
            }
            let isKnown =
                resource.hasPrefix("assumed-role/") || resource.hasPrefix("federated-user/") || resource.elementsEqual("self".utf8)
            return isKnown ? nil : "is no principal: an account or the ARN of a user, role or session."
        }
    }

    // MARK: - Trust policies

    mutating func lookAtTrust(_ statement: LintStatement) {
        guard let element = statement.source.principal, statement.isAllow, !element.negated else { return }
        lookAtTrustActions(element, statement)
        for entry in element.entries {
            guard case .federated(let provider) = entry else { continue }
            lookAtFederation(provider, statement)
        }
        let others = element.entries.filter { if case .account = $0 { true } else { false } }
        if !others.isEmpty, !statement.hasCondition(on: Self.callerKeys) {
            add(
                .crossAccountWithoutExternalID, .info, statement, statement.path("Principal"),
                "If this account is somebody else's who acts for several customers, require sts:ExternalId: else another customer's request could use the role."
            )
        }
    }

    private static let callerKeys = [
        "sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount", "aws:sourcearn",
        "aws:sourceaccount",
    ]

    private mutating func lookAtTrustActions(_ element: PrincipalElement, _ statement: LintStatement) {
        let actions = statement.actions
        let element = element.entries
        for entry in actions.entries where !actions.isOpen {
            guard !entry.text.asciiLowercased.hasPrefix("sts:"), !entry.matches.contains(where: { $0.servicePrefix == "sts" }) else {
                continue
            }
            add(
                .trustActionMismatch, .error, statement, statement.path(statement.actionElement, entry.place),
                "\(LintText.quoted(entry.text)): a trust policy is about assuming the role, so about actions of sts alone.")
        }
        guard !actions.isOpen, !actions.hasUnknown else { return }
        let covered = Set(actions.entries.flatMap { $0.matches.map(\.name.asciiLowercased) })
        func refuse(_ who: String, _ needed: String) {
            add(
                .trustActionMismatch, .error, statement, statement.path("Principal"),
                "\(who) can assume a role by \(needed) alone, which the statement does not allow.")
        }
        for entry in element {
            switch entry {
            case .federated(let provider):
                let isSAML = provider.has(":saml-provider/")
                let needed = isSAML ? "sts:AssumeRoleWithSAML" : "sts:AssumeRoleWithWebIdentity"
                if !covered.contains(needed.asciiLowercased) { refuse(LintText.quoted(provider), needed) }
            case .account, .aws, .service, .everyone:
                let isOnlyFederated = covered.contains("sts:assumerolewithsaml") || covered.contains("sts:assumerolewithwebidentity")
                if isOnlyFederated, !covered.contains("sts:assumerole"),
                    !element.contains(where: { if case .federated = $0 { true } else { false } })
                {
                    refuse("A principal that is no identity provider", "sts:AssumeRole")
                    return
                }
            case .canonicalUser: break
            }
        }
    }

    /// Who a token must be for and about ("Creating a role for OpenID Connect federation", Configuring a role for GitHub OIDC identity provider).
    private mutating func lookAtFederation(_ provider: String, _ statement: LintStatement) {
        let path = statement.path("Condition")
        let lowered = provider.asciiLowercased
        if lowered.has(":saml-provider/") {
            if !limits("saml:aud", statement) {
                add(
                    .federationWithoutAudience, .info, statement, path,
                    "No condition says for whom the SAML assertion must be: SAML:aud is usually https://signin.aws.amazon.com/saml.")
            }
            return
        }
        let parts = lowered.split(separator: "oidc-provider/", maxSplits: 1)
        let issuer = lowered.has("oidc-provider/") ? String(parts.last ?? "") : lowered
        let isCognito = issuer == "cognito-identity.amazonaws.com"
        if !limits(issuer + ":aud", statement), !limits(issuer + ":oaud", statement), !limits(issuer + ":app_id", statement) {
            add(
                .federationWithoutAudience, isCognito || !lowered.hasPrefix("arn:") ? .error : .warning, statement, path,
                "No condition says for whom a token of \(LintText.quoted(issuer)) must be: require \(LintText.safe(issuer)):aud.")
        }
        if isCognito || issuer == "graph.facebook.com" || issuer == "www.amazon.com" { return }
        let isShared = Self.sharedIssuers.contains(issuer)
        guard limits(issuer + ":sub", statement) || statement.source.conditions.contains(where: { Self.isSubject($0.key, issuer) }) else {
            add(
                .federationWithoutSubject, isShared ? .error : .warning, statement, path,
                "No condition says about whom a token of \(LintText.quoted(issuer)) must be, so everybody who gets one may assume the role: "
                    + "require \(LintText.safe(issuer)):sub.")
            return
        }
        for clause in statement.source.conditions where clause.key.asciiLowercased.isSame(issuer + ":sub") {
            for (place, text) in clause.values.enumerated() where Self.isEverySubject(text, clause) {
                add(
                    .federationWithoutSubject, isShared ? .error : .warning, statement, statement.path(clause, place),
                    "\(LintText.quoted(text)) lets everybody in who gets a token of \(LintText.quoted(issuer)).")
            }
        }
    }

    /// Issuers that give tokens to everybody who signs up.
    private static let sharedIssuers = [
        "token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "accounts.google.com", "api.bitbucket.org",
        "oidc.circleci.com", "login.microsoftonline.com", "oidc.vercel.com",
    ]

    /// GitHub's and GitLab's other claims that name who the token is about.
    private static func isSubject(_ key: String, _ issuer: String) -> Bool {
        [
            "repository", "repository_id", "repository_owner", "repository_owner_id", "job_workflow_ref", "enterprise", "project_path",
            "namespace_id",
        ]
        .contains { key.asciiLowercased.isSame(issuer + ":" + $0) }
    }

    private static func isEverySubject(_ text: String, _ clause: ConditionClause) -> Bool {
        guard clause.name.asciiLowercased.has("like") else { return false }
        let bytes = Array(text.utf8)
        // `repo:*` and `repo:*/*` name no owner; `repo:owner/*` does.
        let named = bytes.hasPrefix("repo:") ? bytes.dropFirst(5) : bytes.hasPrefix("project_path:") ? bytes.dropFirst(13) : bytes[...]
        let owner = named.prefix { $0 != 0x2F && $0 != 0x3A }
        return !owner.isEmpty && owner.allSatisfy { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } && named.first == UInt8(ascii: "*")
    }

    /// Whether a condition demands that the key has one of some values.
    private func limits(_ key: String, _ statement: LintStatement) -> Bool {
        statement.compiled.conditions.contains { condition in
            guard condition.key.text.isSame(key) else { return false }
            if case .null = condition.family { return false }
            return !condition.isNegated && !condition.ifExists && condition.quantifier != .all
        }
    }
}
