import AgentCore
import CloudModel
import HTTPTransport
import Testing

@testable import AgentCollectors

/// The calls about an organisation: units in units, policies of two types, and members that are told nothing.
@Suite struct OrganizationTests {
    private func collect(_ answer: @escaping @Sendable (String, String) -> Result<HTTPResponse, HTTPError>) async throws -> CloudCollection
    {
        let http = FakeHTTP { request, _ in
            if request.action == "GetCallerIdentity" { return .ok(Sample.identity) }
            guard request.signingService == "organizations" else { return .status(403) }
            return answer(request.action ?? "", request.bodyText)
        }
        return try await AWSCollector(configuration: Sample.configuration(), http: http, clock: FakeTime().clock).collect { _ in }
    }
    private func names(_ collection: CloudCollection) -> [String] {
        collection.records.filter { $0.service == "organizations" }.map {
            String($0.id.dropFirst("123456789012/organizations.".utf8.count))
        }
    }

    @Test func unitsInUnitsArePursuedAndEachPolicyIsReadOnce() async throws {
        let collection = try await collect { action, body in
            switch action {
            case "DescribeOrganization": .ok(#"{"Organization":{"Id":"o-1","MasterAccountEmail":"root@example.com"}}"#)
            case "ListRoots": .ok(#"{"Roots":[{"Id":"r-1"}]}"#)
            case "ListOrganizationalUnitsForParent":
                body.contains("r-1")
                    ? .ok(#"{"OrganizationalUnits":[{"Id":"ou-1"}]}"#)
                    // A unit that names the one above it must not be pursued forever.
                    : body.contains("ou-1")
                        ? .ok(#"{"OrganizationalUnits":[{"Id":"ou-2"},{"Id":"ou-1"}]}"#) : .ok(#"{"OrganizationalUnits":[]}"#)
            case "ListAccountsForParent": .ok(#"{"Accounts":[{"Id":"111122223333","Email":"shop@example.com"}]}"#)
            case "ListAccounts": .ok(#"{"Accounts":[]}"#)
            case "ListPolicies":
                body.contains("SERVICE_CONTROL_POLICY")
                    ? .ok(#"{"Policies":[{"Id":"p-1"},{"Id":"p-2"}]}"#) : .ok(#"{"Policies":[{"Id":"p-2"},{"Id":"p-3"}]}"#)
            case "DescribePolicy":
                .ok(#"{"Policy":{"Content":"{\"Statement\":[{\"Sid\":\"password=hunter2hunter2\"}]}"}}"#)
            default: .ok(#"{"Targets":[]}"#)
            }
        }
        #expect(
            names(collection) == [
                "describe-organization", "describe-policy.p-1", "describe-policy.p-2", "describe-policy.p-3", "list-accounts",
                "list-accounts-for-parent.ou-1", "list-accounts-for-parent.ou-2", "list-accounts-for-parent.r-1",
                "list-organizational-units-for-parent.ou-1", "list-organizational-units-for-parent.ou-2",
                "list-organizational-units-for-parent.r-1", "list-policies.RESOURCE_CONTROL_POLICY",
                "list-policies.SERVICE_CONTROL_POLICY", "list-roots", "list-targets-for-policy.p-1", "list-targets-for-policy.p-2",
                "list-targets-for-policy.p-3",
            ])
        let text = collection.records.map(\.payload.canonicalText).joined()
        #expect(!text.contains("@example.com"), "addresses by which root passwords are reset are not taken")
        #expect(text.contains("password=hunter2hunter2"), "policies stay byte for byte")
    }

    @Test func aMemberIsToldWhichOrganisationAndTheRestIsDenied() async throws {
        let collection = try await collect { action, _ in
            action == "DescribeOrganization"
                ? .ok(#"{"Organization":{"Id":"o-1","MasterAccountId":"999900001111"}}"#)
                : .status(400, #"{"__type":"AccessDeniedException","Message":"You don't have permissions to access this resource."}"#)
        }
        #expect(names(collection) == ["describe-organization"])
        let denied = collection.coverage.filter { $0.service == "organizations" }
        #expect(denied.allSatisfy { $0.outcome == .denied && $0.code == "AccessDeniedException" })
        #expect(denied.allSatisfy { AWSCollector.isUntold($0, in: collection) }, "no permission would help")
        var management = collection
        for index in management.records.indices where management.records[index].operation == "describe-organization" {
            management.records[index].payload = ["Organization": ["MasterAccountId": "123456789012"]]
        }
        #expect(!denied.contains { AWSCollector.isUntold($0, in: management) }, "there it is a permission")
        #expect(
            denied.map { [$0.operation, $0.resource].compactMap(\.self).joined(separator: ".") } == [
                "list-accounts", "list-policies.RESOURCE_CONTROL_POLICY", "list-policies.SERVICE_CONTROL_POLICY", "list-roots",
            ])
    }

    @Test func anAccountOfNoOrganisationIsAFact() async throws {
        let collection = try await collect { _, _ in
            .status(400, #"{"__type":"AWSOrganizationsNotInUseException","Message":"Your account is not a member of an organization."}"#)
        }
        let entries = collection.coverage.filter { $0.service == "organizations" }
        #expect(entries.count == 5 && entries.allSatisfy { $0.outcome == .collected && $0.code == "AWSOrganizationsNotInUseException" })
    }

    @Test func theServiceLivesInOnePlaceOfEachPartition() throws {
        let service = try #require(ServiceModel.all["organizations"])
        for (partition, host, region) in [
            ("aws", "organizations.us-east-1.amazonaws.com", "us-east-1"),
            ("aws-cn", "organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"),
            ("aws-us-gov", "organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ] {
            let endpoint = Endpoints(partition: partition).endpoint(service, region: "eu-west-1", account: nil)
            #expect(endpoint?.host == host && endpoint?.signingRegion == region)
        }
    }
}
