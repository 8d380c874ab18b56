import CloudModel

/// Techniques about who principals are, and what they may do. A table, hence long.
extension EscalationCatalogue {
    static let identities: [EscalationTechnique] = [
        .init(
            "iam-001", .ownPolicy(.managedPolicy),
            [.policy("iam:CreatePolicyVersion")],
            Likelihood.certain, "write a new default version of a policy attached to itself", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-002", .userCredentials(.key),
            [.target("iam:CreateAccessKey")],
            Likelihood.certain, "create an access key for", attack: "T1098.001", close: Close.credentials),
        .init(
            "iam-003", .userCredentials(.replacedKey),
            [.target("iam:CreateAccessKey"), .target("iam:DeleteAccessKey")],
            Likelihood.certain, "replace an access key of", attack: "T1098.001", close: Close.credentials),
        .init(
            "iam-004", .userCredentials(.firstPassword),
            [.target("iam:CreateLoginProfile")],
            Likelihood.easy, "set a first console password for", attack: "T1098.001", close: Close.credentials),
        .init(
            "iam-005", .ownPolicy(.role),
            [.target("iam:PutRolePolicy")],
            Likelihood.certain, "write an inline policy for itself", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-006", .userCredentials(.password),
            [.target("iam:UpdateLoginProfile")],
            Likelihood.easy, "change the console password of", attack: "T1098.001", close: Close.credentials),
        .init(
            "iam-007", .ownPolicy(.user),
            [.target("iam:PutUserPolicy")],
            Likelihood.certain, "write an inline policy for itself", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-008", .ownPolicy(.user),
            [.target("iam:AttachUserPolicy")],
            Likelihood.certain, "attach AdministratorAccess to itself", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-009", .ownPolicy(.role),
            [.target("iam:AttachRolePolicy")],
            Likelihood.certain, "attach AdministratorAccess to itself", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-010", .ownGroup,
            [.target("iam:AttachGroupPolicy")],
            Likelihood.certain, "attach AdministratorAccess to its own group", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-011", .ownGroup,
            [.target("iam:PutGroupPolicy")],
            Likelihood.certain, "write an inline policy for its own group", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-012", .roleTrust,
            [.target("iam:UpdateAssumeRolePolicy")],
            Likelihood.certain, "rewrite the trust policy of", attack: "T1098.003", close: Close.trust),
        .init(
            "iam-013", .joinGroup,
            [.target("iam:AddUserToGroup")],
            Likelihood.certain, "add itself to", attack: "T1098.003", close: Close.group),
        .init(
            "iam-014", .assumedRoleGrant,
            [.target("iam:AttachRolePolicy"), .target("sts:AssumeRole")],
            Likelihood.certain, "attach AdministratorAccess to, and assume,", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-015", .userGrant,
            [.target("iam:AttachUserPolicy"), .target("iam:CreateAccessKey")],
            Likelihood.certain, "attach AdministratorAccess to, and create an access key for,", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-016", .assumedRoleGrant,
            [.policy("iam:CreatePolicyVersion"), .target("sts:AssumeRole")],
            Likelihood.certain, "rewrite a policy attached to, and assume,", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-017", .assumedRoleGrant,
            [.target("iam:PutRolePolicy"), .target("sts:AssumeRole")],
            Likelihood.certain, "write an inline policy for, and assume,", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-018", .userGrant,
            [.target("iam:PutUserPolicy"), .target("iam:CreateAccessKey")],
            Likelihood.certain, "write an inline policy for, and create an access key for,", attack: "T1098.003", close: Close.policies),
        .init(
            "iam-019", .trustedRoleGrant,
            [.target("iam:AttachRolePolicy"), .target("iam:UpdateAssumeRolePolicy")],
            Likelihood.easy, "attach AdministratorAccess to, and rewrite the trust policy of,", attack: "T1098.003", close: Close.trust),
        .init(
            "iam-020", .trustedRoleGrant,
            [.policy("iam:CreatePolicyVersion"), .target("iam:UpdateAssumeRolePolicy")],
            Likelihood.easy, "rewrite a policy attached to, and the trust policy of,", attack: "T1098.003", close: Close.trust),
        .init(
            "iam-021", .trustedRoleGrant,
            [.target("iam:PutRolePolicy"), .target("iam:UpdateAssumeRolePolicy")],
            Likelihood.easy, "write an inline policy for, and rewrite the trust policy of,", attack: "T1098.003", close: Close.trust),
        .init(
            "sts-001", .assumeRole,
            [.target("sts:AssumeRole")],
            Likelihood.certain, "assume", attack: "T1078.004", close: Close.assume),
        .init(
            "create-administrator", .change,
            [
                .made("iam:CreateUser", "iam:user/example"), .made("iam:AttachUserPolicy", "iam:user/example"),
                .made("iam:CreateAccessKey", "iam:user/example"),
            ],
            Likelihood.easy, "create a user or role, give it AdministratorAccess and use it", attack: "T1136.003", from: .rhino,
            close: Close.policies),
        .init(
            "set-default-policy-version", .change,
            [.policy("iam:SetDefaultPolicyVersion")],
            Likelihood.certain, "make another version of a policy the default", attack: "T1098.003", from: .rhino,
            close: "Delete old versions of policies, and allow iam:SetDefaultPolicyVersion only to who may write policies."),
        .init(
            "lift-boundary", .change,
            [.target("iam:DeleteUserPermissionsBoundary")],
            Likelihood.certain, "remove or replace a permissions boundary", attack: "T1098.003", from: .hackTricks,
            close: "Deny changes of permissions boundaries in the boundary itself."),
        .init(
            "shed-policy", .change,
            [.target("iam:DetachUserPolicy")],
            Likelihood.certain, "take away a policy that denies", attack: "T1098.003", from: .hackTricks,
            close: "Keep denials in service control policies, or deny iam:Detach* and iam:Delete* in them."),
        .init(
            "combined-rights", .change,
            [.target("iam:PutUserPolicy")],
            Likelihood.certain, "give one held principal what another one may write", attack: "T1098.003", from: .pmapper,
            close: Close.policies),
        .init(
            "iam-password-without-mfa", .userCredentials(.passwordWithoutFactor),
            [.target("iam:UpdateLoginProfile"), .target("iam:DeactivateMFADevice")],
            Likelihood.easy, "change the console password, and take away the second factor, of", attack: "T1556.006", from: .hackTricks,
            close: Close.credentials),
        .init(
            "iam-first-password-without-mfa", .userCredentials(.firstPasswordWithoutFactor),
            [.target("iam:CreateLoginProfile"), .target("iam:DeactivateMFADevice")],
            Likelihood.easy, "set a first console password for, and take away the second factor of,", attack: "T1556.006",
            from: .hackTricks, close: Close.credentials),
        .init(
            "iam-saml-provider", .samlProvider,
            [.target("iam:UpdateSAMLProvider")],
            Likelihood.easy, "put its own certificate into the SAML provider that is trusted by", attack: "T1484.002", from: .hackTricks,
            close: "Allow iam:UpdateSAMLProvider to nobody but who runs the identity provider."),
        .init(
            "rolesanywhere-001",
            .passRole(.to("rolesanywhere.amazonaws.com", sourceARN: "rolesanywhere:trust-anchor/00000000-0000-0000-0000-000000000000")),
            [
                .target("iam:PassRole"), .made("rolesanywhere:CreateTrustAnchor", "rolesanywhere:trust-anchor/example"),
                .made("rolesanywhere:CreateProfile", "rolesanywhere:profile/example"),
            ],
            Likelihood.easy, "trust a certificate authority of its own for", attack: "T1484.002", from: .hackTricks,
            close: "Bind the trust policies of such roles to one trust anchor with aws:SourceArn."),
        .init(
            "rolesanywhere-002", .takeover(.of(.anywhereProfile)),
            [.existing("rolesanywhere:UpdateTrustAnchor", .trustAnchor)],
            Likelihood.easy, "put its own certificate authority into the trust anchor of a profile with", attack: "T1484.002",
            from: .hackTricks, close: "Allow rolesanywhere:UpdateTrustAnchor to nobody but who runs the certificate authority."),
        .init(
            "cognitoidentity-001", .identityPool(isNew: false),
            [.target("iam:PassRole"), .any("cognito-identity:SetIdentityPoolRoles")],
            Likelihood.easy, "give the guests of an identity pool", attack: "T1098.003",
            close: "Let trust policies for identity pools name the pool and authenticated users."),
        .init(
            "cognitoidentity-new-pool", .identityPool(isNew: true),
            [.target("iam:PassRole"), .any("cognito-identity:CreateIdentityPool"), .any("cognito-identity:SetIdentityPoolRoles")],
            Likelihood.easy, "create an identity pool whose guests have", attack: "T1098.003", from: .hackTricks,
            close: "Let trust policies for identity pools name the pool."),
        .init(
            "iot-001", .passRole(.to("credentials.iot.amazonaws.com", passedTo: ["iot.amazonaws.com", "credentials.iot.amazonaws.com"])),
            [
                .target("iam:PassRole"), .made("iot:CreateRoleAlias", "iot:rolealias/example"), .any("iot:CreateKeysAndCertificate"),
                .made("iot:CreatePolicy", "iot:policy/example"), .any("iot:AttachPolicy"),
            ],
            Likelihood.easy, "make a role alias, and a device that uses it, for", attack: "T1098.001", from: .hackTricks,
            close: Close.passing("iot.amazonaws.com")),
        .init(
            "iot-002", .takeover(.of(.roleAlias)),
            [.any("iot:CreateKeysAndCertificate"), .made("iot:CreatePolicy", "iot:policy/example"), .any("iot:AttachPolicy")],
            Likelihood.easy, "make a device that uses the alias of", attack: "T1098.001", from: .hackTricks,
            close: Close.takeover(.roleAlias)),
        .init(
            "sso-inline-policy", .permissionSets(.own),
            [.target("sso:PutInlinePolicyToPermissionSet"), .target("sso:ProvisionPermissionSet")],
            Likelihood.certain, "write an inline policy into its own permission set", attack: "T1098.003", from: .hackTricks,
            close: Close.permissionSets),
        .init(
            "sso-managed-policy", .permissionSets(.own),
            [.target("sso:AttachManagedPolicyToPermissionSet"), .target("sso:ProvisionPermissionSet")],
            Likelihood.certain, "attach AdministratorAccess to its own permission set", attack: "T1098.003", from: .hackTricks,
            close: Close.permissionSets),
        .init(
            "sso-assignment", .permissionSets(.assignment),
            [.target("sso:CreateAccountAssignment")],
            Likelihood.easy, "assign itself a permission set in", attack: "T1098.003", from: .hackTricks, close: Close.permissionSets),
    ]
}
