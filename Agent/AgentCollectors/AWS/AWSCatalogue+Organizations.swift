/// What limits an account from above: its organisation, the units that it is in, and the policies attached to them.
extension Catalogue {
    /// Every account may ask which organisation it is in; the rest is told to the management account and delegated administrators, and denied
    /// to others ("Reference: API operations by account", AWS Organizations API Reference).
    private static func organization(
        _ operation: String, _ action: String, paged: Int? = nil, _ fanOut: CatalogueEntry.FanOut? = nil,
        variant: (parameter: String, value: String)? = nil
    ) -> CatalogueEntry {
        CatalogueEntry(
            service: "organizations", operation: operation, scope: .global, page: paged.map { ("MaxResults", $0) }, fanOut: fanOut,
            variant: variant, actions: ["organizations:" + action], notConfigured: ["AWSOrganizationsNotInUseException"])
    }
    private static func child(_ source: String, _ list: String) -> CatalogueEntry.FanOut {
        CatalogueEntry.FanOut(source: "organizations." + source, list: list, value: "Id", parameter: "ParentId")
    }
    private static let policy = CatalogueEntry.FanOut(
        source: "organizations.list-policies", list: "Policies", value: "Id", parameter: "PolicyId")
    private static let units = "list-organizational-units-for-parent"
    static let organizations: [CatalogueEntry] = [
        organization("describe-organization", "DescribeOrganization"),
        organization("list-roots", "ListRoots", paged: 20),
        organization("list-accounts", "ListAccounts", paged: 20),
        organization(units, "ListOrganizationalUnitsForParent", paged: 20, child("list-roots", "Roots")),
        // Units stand in units.
        organization(units, "ListOrganizationalUnitsForParent", paged: 20, child(units, "OrganizationalUnits")),
        organization("list-accounts-for-parent", "ListAccountsForParent", paged: 20, child("list-roots", "Roots")),
        organization("list-accounts-for-parent", "ListAccountsForParent", paged: 20, child(units, "OrganizationalUnits")),
        organization("list-policies", "ListPolicies", paged: 20, variant: ("Filter", "SERVICE_CONTROL_POLICY")),
        organization("list-policies", "ListPolicies", paged: 20, variant: ("Filter", "RESOURCE_CONTROL_POLICY")),
        organization("describe-policy", "DescribePolicy", policy),
        organization("list-targets-for-policy", "ListTargetsForPolicy", paged: 20, policy),
    ]
}
