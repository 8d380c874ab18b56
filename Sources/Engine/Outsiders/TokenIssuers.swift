// A table, hence its length: one entry for each issuer, with its source.

/// An issuer of OpenID Connect tokens, and what of its tokens tells whose they are.
///
/// The issuers that many customers share, and the claim that tells them apart, are those of the IAM User Guide, "Identity-provider controls
/// for shared OIDC providers"; how a subject is made up is each vendor's own documentation. IAM asks for these claims since 2025, and leaves
/// older trust policies as they are.
struct TokenIssuer: Sendable {
    /// What must be bound so that a token is one of the owner's.
    enum Tenancy: Sendable {
        /// The subject, up to the tenant's name: between `before` and `after`.
        case subject(before: String, after: String)
        /// The audience.
        case audience
        /// The application's own identifier, under the key named, and then still everyone who signs in to it.
        case application(key: String)
        /// Nothing: the issuer is the owner's own.
        case issuer
    }
    /// As it stands in the provider's ARN.
    var issuer: String
    /// How people call it.
    var name: String
    /// Whose tokens it hands out, as it reads after "accepts tokens of".
    var holders: String
    var tenancy: Tenancy
    /// Subjects of a stranger's tokens.
    var subjects: [String]
    /// The audience of a stranger's tokens, where they cannot choose it.
    var audience: String?
    /// Further claims that AWS can test, and a stranger can have with any value.
    var free: Set<String> = []
    /// Further claims that AWS can test, and that tell whose a token is.
    var telling: Set<String> = []
    /// Further claims that name something that a stranger may use if its owner lets everyone.
    var shared: Set<String> = []

    /// No tenant of anyone.
    static let stranger = "stranger-0000000000"

    /// Whether anyone can have tokens of it.
    var isPublic: Bool { if case .issuer = tenancy { false } else { true } }

    /// The issuer of a provider's ARN or of a well-known name; one that the table does not have is the owner's own.
    static func named(_ provider: String) -> TokenIssuer? {
        let name: String
        if let parts = ARNParts(provider) {
            guard parts.resource.hasPrefix("oidc-provider/") else { return nil }
            name = String(parts.resource.dropFirst("oidc-provider/".utf8.count))
        } else {
            name = provider
        }
        if let known = shared.first(where: { $0.issuer == name.lowercased() }) { return known }
        guard ARNParts(provider) != nil else { return nil }
        var own = TokenIssuer(
            issuer: name, name: name, holders: "whoever it knows", tenancy: .issuer,
            subjects: [stranger, "\(stranger):\(stranger)/\(stranger):\(stranger)"])
        for (mark, holders) in owned where name.hasPrefix(mark) || name.hasSuffix(mark) { own.holders = holders }
        if name.hasPrefix("oidc.eks.") { own.subjects = ["system:serviceaccount:\(stranger):\(stranger)"] }
        return own
    }

    /// Issuers that are one tenant's, by how their names begin or end, and whose tokens they hand out.
    private static let owned: [(mark: String, holders: String)] = [
        ("oidc.eks.", "any service account of the cluster"), ("oidc.circleci.com/org/", "any project of the CircleCI organisation"),
        ("api.bitbucket.org/2.0/workspaces/", "any pipeline of the Bitbucket workspace"),
        (".app.spacelift.io", "any stack of the Spacelift account"), ("oidc.vercel.com/", "any project of the Vercel team"),
        ("oidc.fly.io/", "any machine of the Fly.io organisation"), ("sts.windows.net/", "any identity of the Entra tenant"),
        ("login.microsoftonline.com/", "any identity of the Entra tenant"), (".okta.com", "any user of the Okta organisation"),
        (".auth0.com", "any user of the Auth0 tenant"), ("container.googleapis.com/", "any service account of the cluster"),
    ]

    /// Issuers whose tokens anyone can have.
    static let shared: [TokenIssuer] = [
        TokenIssuer(
            issuer: "token.actions.githubusercontent.com", name: "GitHub Actions", holders: "any GitHub repository",
            tenancy: .subject(before: "repo:", after: "/"), subjects: ["repo:\(stranger)/\(stranger):ref:refs/heads/main"],
            free: [
                "aud", "base_ref", "environment", "environment_node_id", "event_name", "head_ref", "ref", "ref_protected", "ref_type",
                "repository_visibility", "run_attempt", "run_id", "run_number", "runner_environment", "sha", "workflow", "workflow_sha",
            ],
            telling: [
                "actor", "actor_id", "enterprise", "enterprise_id", "repository", "repository_id", "repository_owner",
                "repository_owner_id", "workflow_ref",
            ], shared: ["job_workflow_ref", "job_workflow_sha"]),
        TokenIssuer(
            issuer: "vstoken.actions.githubusercontent.com", name: "GitHub Actions", holders: "any GitHub repository",
            tenancy: .subject(before: "repo:", after: "/"), subjects: ["repo:\(stranger)/\(stranger):ref:refs/heads/main"], free: ["aud"]),
        TokenIssuer(
            issuer: "oidc-configuration.audit-log.githubusercontent.com", name: "GitHub audit log streaming",
            holders: "any GitHub enterprise", tenancy: .subject(before: "https://github.com/", after: ""),
            subjects: ["https://github.com/\(stranger)"], free: ["aud"]),
        TokenIssuer(
            issuer: "gitlab.com", name: "GitLab", holders: "any GitLab project",
            tenancy: .subject(before: "project_path:", after: "/"),
            subjects: ["project_path:\(stranger)/\(stranger):ref_type:branch:ref:main"], free: ["aud"]),
        TokenIssuer(
            issuer: "app.terraform.io", name: "HCP Terraform", holders: "any HCP Terraform organisation",
            tenancy: .subject(before: "organization:", after: ":"),
            subjects: ["organization:\(stranger):project:\(stranger):workspace:\(stranger):run_phase:apply"], free: ["aud"]),
        TokenIssuer(
            issuer: "agent.buildkite.com", name: "Buildkite", holders: "any Buildkite organisation",
            tenancy: .subject(before: "organization:", after: ":"),
            subjects: ["organization:\(stranger):pipeline:\(stranger):ref:refs/heads/main:commit:0:step:\(stranger)"], free: ["aud"]),
        TokenIssuer(
            issuer: "oidc.codefresh.io", name: "Codefresh", holders: "any Codefresh account",
            tenancy: .subject(before: "account:", after: ":"), subjects: ["account:\(stranger):pipeline:\(stranger):initiator:\(stranger)"],
            free: ["aud"]),
        TokenIssuer(
            issuer: "studio.datachain.ai/api", name: "DVC Studio", holders: "any DVC Studio team",
            tenancy: .subject(before: "credentials:", after: "/"), subjects: ["credentials:\(stranger)/\(stranger)"], free: ["aud"]),
        TokenIssuer(
            issuer: "scalr.io", name: "Scalr", holders: "any Scalr account", tenancy: .subject(before: "account:", after: ":"),
            subjects: ["account:\(stranger):environment:\(stranger):workspace:\(stranger)"], free: ["aud"]),
        TokenIssuer(
            issuer: "tokens.cloud.shisho.dev", name: "Shisho Cloud", holders: "any Shisho Cloud organisation",
            tenancy: .subject(before: "job:", after: ":"), subjects: ["job:\(stranger):\(stranger)"], free: ["aud"]),
        TokenIssuer(
            issuer: "proidc.upbound.io", name: "Upbound", holders: "any Upbound account",
            tenancy: .subject(before: "mcp:", after: "/"), subjects: ["mcp:\(stranger)/\(stranger):provider:\(stranger)"], free: ["aud"]),
        TokenIssuer(
            issuer: "api.pulumi.com/oidc", name: "Pulumi Cloud", holders: "any Pulumi organisation", tenancy: .audience,
            subjects: ["pulumi:deploy:org:\(stranger):project:\(stranger):stack:\(stranger)"], audience: stranger),
        TokenIssuer(
            issuer: "sandboxes.cloud", name: "sandboxes.cloud", holders: "any sandbox", tenancy: .audience, subjects: [stranger],
            audience: stranger),
        TokenIssuer(
            issuer: "oidc.vercel.com", name: "Vercel", holders: "any Vercel team", tenancy: .audience,
            subjects: ["owner:\(stranger):project:\(stranger):environment:production"], audience: "https://vercel.com/\(stranger)"),
        TokenIssuer(
            issuer: "accounts.google.com", name: "Google", holders: "any Google account", tenancy: .application(key: "aud"),
            subjects: ["000000000000000000000"], audience: stranger),
        TokenIssuer(
            issuer: "www.amazon.com", name: "Login with Amazon", holders: "any Amazon account", tenancy: .application(key: "app_id"),
            subjects: ["amzn1.account.\(stranger)"], audience: stranger),
        TokenIssuer(
            issuer: "graph.facebook.com", name: "Facebook", holders: "any Facebook account", tenancy: .application(key: "app_id"),
            subjects: ["000000000000000"], audience: stranger),
    ]

    /// Subjects that a stranger can have and that fit a pattern of a trust policy; what must be registered for them first, if anything.
    ///
    /// `repo:*` fits every repository, `repo:acme*` those of whoever takes a name that begins so, `repo:acme/*` only the owner's.
    func subjects(fitting pattern: String) -> [(subject: String, needs: String?)] {
        guard pattern.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) else { return [] }
        func filled(_ text: Substring) -> String { String(text).replacing("*", with: "x").replacing("?", with: "x") }
        switch tenancy {
        case .subject(let before, let after):
            // A wildcard within the fixed beginning leaves the tenant to the asker, too.
            guard pattern.hasPrefix(before) else {
                guard let star = pattern.firstIndex(of: "*"), before.hasPrefix(pattern[..<star]) else { return [] }
                let rest = filled(pattern[star...].drop { $0 == "*" })
                return subjects.flatMap { subject in [(subject, nil), (subject + rest, nil)] }
            }
            let rest = pattern.dropFirst(before.count)
            let end = after.isEmpty ? rest.endIndex : rest.firstRange(of: after)?.lowerBound ?? rest.endIndex
            let tenant = rest[..<end]
            guard tenant.contains(where: { $0 == "*" || $0 == "?" }) else { return [] }
            // What comes behind the tenant's name follows the pattern, or where that is at its end, the stranger's own.
            let own = subjects.first.map { $0.dropFirst(before.count) }
            let tail = own.flatMap { own in after.isEmpty ? nil : own.firstRange(of: after).map { String(own[$0.lowerBound...]) } } ?? ""
            let name = String(tenant).replacing("*", with: Self.stranger).replacing("?", with: "x")
            let isAny = tenant.allSatisfy { $0 == "*" }
            let needs = isAny ? nil : "a name that fits \(tenant) can be registered at \(self.name)"
            return [(before + name + (end == rest.endIndex ? tail : filled(rest[end...])), needs)]
        // Elsewhere the subjects above fit every pattern that names nothing of the owner's.
        case .audience, .application, .issuer: return []
        }
    }
}
