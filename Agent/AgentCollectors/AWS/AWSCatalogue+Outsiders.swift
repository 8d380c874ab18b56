/// Who may get in from outside of the account: identity providers, guests of identity pools, holders of certificates.
extension Catalogue {
    static let outsiders: [CatalogueEntry] = [
        CatalogueEntry(
            service: "iam", operation: "list-open-id-connect-providers", scope: .global, actions: ["iam:ListOpenIDConnectProviders"]),
        CatalogueEntry(
            service: "iam", operation: "get-open-id-connect-provider", scope: .global,
            fanOut: .init(
                source: "iam.list-open-id-connect-providers", list: "OpenIDConnectProviderList", value: "Arn",
                parameter: "OpenIDConnectProviderArn"),
            actions: ["iam:GetOpenIDConnectProvider"]),
        CatalogueEntry(service: "iam", operation: "list-saml-providers", scope: .global, actions: ["iam:ListSAMLProviders"]),
        CatalogueEntry(
            service: "cognito-identity", operation: "list-identity-pools", scope: .regional, page: ("MaxResults", 60),
            actions: ["cognito-identity:ListIdentityPools"]),
        CatalogueEntry(
            service: "cognito-identity", operation: "describe-identity-pool", scope: .regional, fanOut: pool,
            actions: ["cognito-identity:DescribeIdentityPool"]),
        CatalogueEntry(
            service: "cognito-identity", operation: "get-identity-pool-roles", scope: .regional, fanOut: pool,
            actions: ["cognito-identity:GetIdentityPoolRoles"]),
        CatalogueEntry(
            service: "rolesanywhere", operation: "list-trust-anchors", scope: .regional, actions: ["rolesanywhere:ListTrustAnchors"]),
        CatalogueEntry(service: "rolesanywhere", operation: "list-profiles", scope: .regional, actions: ["rolesanywhere:ListProfiles"]),
    ]
    private static let pool = CatalogueEntry.FanOut(
        source: "cognito-identity.list-identity-pools", list: "IdentityPools", value: "IdentityPoolId", parameter: "IdentityPoolId")
}
