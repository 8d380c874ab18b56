import AgentCore
import Basics
import CloudModel
import Foundation
import HTTPTransport
import Synchronization
import Testing

@testable import AgentCollectors

@Suite struct CollectorTests {
    @Test func tokensOfEveryStyleAreFollowedAndPagesMerged() async throws {
        let http = account { request, _ in
            switch request.action {
            case "DescribeVpcs":
                request.form["NextToken"] == nil
                    ? .ok(
                        "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet><nextToken>a b+/=</nextToken></DescribeVpcsResponse>"
                    )
                    : .ok(
                        "<DescribeVpcsResponse><vpcSet><item><vpcId>\(request.form["NextToken"] ?? "")</vpcId></item></vpcSet></DescribeVpcsResponse>"
                    )
            case "GetAccountAuthorizationDetails":
                request.form["Marker"] == nil
                    ? .ok(
                        "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><UserDetailList><member><UserName>u</UserName></member></UserDetailList><IsTruncated>true</IsTruncated><Marker>m</Marker></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
                    )
                    : .ok(
                        // A marker on the last page is not to be followed: IsTruncated decides.
                        "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><RoleDetailList><member><RoleName>r</RoleName></member></RoleDetailList><IsTruncated>false</IsTruncated><Marker>x</Marker></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
                    )
            case "DescribeDBInstances":
                .ok(
                    "<DescribeDBInstancesResponse><DescribeDBInstancesResult>\(request.form["Marker"] == nil ? "<Marker>2</Marker>" : "")<DBInstances><DBInstance><DBInstanceIdentifier>\(request.form["Marker"] ?? "1")</DBInstanceIdentifier></DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"
                )
            case "ListKeys":
                request.bodyText.contains("Marker")
                    ? .ok(#"{"Keys":[{"KeyId":"k2"}],"Truncated":false,"NextMarker":"ignored"}"#)
                    : .ok(#"{"Keys":[{"KeyId":"k1"}],"Truncated":true,"NextMarker":"n"}"#)
            case "ListSecrets":
                request.bodyText.contains("NextToken")
                    ? .ok(#"{"SecretList":[{"ARN":"b"}]}"#) : .ok(#"{"SecretList":[{"ARN":"a"}],"NextToken":"t"}"#)
            case "DescribeLoadBalancers":
                .ok(
                    "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>lb\(request.form["Marker"] ?? "1")</LoadBalancerArn></member></LoadBalancers>\(request.form["Marker"] == nil ? "<NextMarker>2</NextMarker>" : "")</DescribeLoadBalancersResult></DescribeLoadBalancersResponse>"
                )
            default:
                if request.url.contains("/2015-03-31/functions?") || request.url.hasSuffix("/2015-03-31/functions") {
                    request.url.contains("Marker=")
                        ? .ok(#"{"Functions":[{"FunctionName":"g"}]}"#) : .ok(#"{"Functions":[{"FunctionName":"f"}],"NextMarker":"z/="}"#)
                } else if request.url.hasPrefix("https://s3.us-east-1.amazonaws.com/?") {
                    request.url.contains("continuation-token=")
                        ? .ok("<ListAllMyBucketsResult><Buckets><Bucket><Name>b2</Name></Bucket></Buckets></ListAllMyBucketsResult>")
                        : .ok(
                            "<ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>b1</Name><BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets><ContinuationToken>c</ContinuationToken></ListAllMyBucketsResult>"
                        )
                } else if request.url.contains("amazonaws.com/b") {
                    .status(404, "<Error><Code>NoSuchBucketPolicy</Code></Error>")
                } else {
                    nil
                }
            }
        }
        let collection = try await collect(http)
        func payload(_ operation: String) -> JSONValue? { collection.records.first { $0.operation == operation }?.payload }
        #expect(payload("describe-vpcs") == ["Vpcs": [["VpcId": "vpc-1"], ["VpcId": "a b+/="]]])
        #expect(
            payload("get-account-authorization-details") == ["UserDetailList": [["UserName": "u"]], "RoleDetailList": [["RoleName": "r"]]])
        #expect(payload("describe-db-instances") == ["DBInstances": [["DBInstanceIdentifier": "1"], ["DBInstanceIdentifier": "2"]]])
        #expect(payload("list-keys") == ["Keys": [["KeyId": "k1"], ["KeyId": "k2"]]])
        #expect(payload("list-secrets") == ["SecretList": [["ARN": "a"], ["ARN": "b"]]])
        #expect(payload("list-functions") == ["Functions": [["FunctionName": "f"], ["FunctionName": "g"]]])
        #expect(
            collection.records.first { $0.service == "elbv2" && $0.operation == "describe-load-balancers" }?.payload == [
                "LoadBalancers": [["LoadBalancerArn": "lb1"], ["LoadBalancerArn": "lb2"]]
            ])
        #expect(
            payload("list-buckets") == [
                "Buckets": [["Name": "b1", "BucketRegion": "eu-west-1"], ["Name": "b2"]], "Owner": ["ID": "o"], "Prefix": .null,
            ])
        // What a listing names is asked about, each in its region.
        #expect(Set(collection.records.filter { $0.operation == "get-policy" }.map(\.resource)) == ["f", "g"])
        #expect(
            http.requests.contains { $0.url.hasPrefix("https://s3.eu-west-1.amazonaws.com/b1?policy") && $0.signingRegion == "eu-west-1" })
        #expect(
            http.requests.contains { $0.url.hasPrefix("https://s3.us-east-1.amazonaws.com/b2?policy") && $0.signingRegion == "us-east-1" })
        #expect(collection.coverage.filter { $0.operation == "get-bucket-policy" }.map(\.outcome) == [.collected, .collected])
    }

    @Test func aTokenThatDoesNotChangeEndsTheListing() async throws {
        let http = account { request, _ in
            request.action == "DescribeVpcs"
                ? .ok(
                    "<DescribeVpcsResponse><vpcSet><item><vpcId>v</vpcId></item></vpcSet><nextToken>same</nextToken></DescribeVpcsResponse>"
                ) : nil
        }
        let collection = try await collect(http)
        #expect(collection.coverage.first { $0.operation == "describe-vpcs" }?.code == "pagingLoop")
        #expect(http.requests.filter { $0.action == "DescribeVpcs" }.count == 2)
    }

    @Test func whatIsDeniedFailedOrUnreadableIsNamedAndTheRestGoesOn() async throws {
        let http = account { request, _ in
            switch request.action {
            case "DescribeInstances":
                .status(403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>")
            case "DescribeVpcs": .status(500, "<html><body>Internal Server Error: secret-in-page</body></html>")
            case "DescribeSubnets": .ok("<DescribeSubnetsResponse><subnetSet><item>")
            case "DescribeRouteTables": .ok("<!DOCTYPE x [<!ENTITY a \"b\">]><DescribeRouteTablesResponse/>")
            case "DescribeSecurityGroups": .failure(HTTPError(.tooLarge, "too large"))
            case "ListKeys": .status(400, #"{"__type":"AccessDeniedException","Message":"User: arn:aws:iam::1:user/x is not authorized"}"#)
            case "ListSecrets": .ok("{\"SecretList\": [")
            case "DescribeDBInstances": .failure(HTTPError(.nameNotResolved, "no address"))
            case "DescribeDBSnapshots": .queryError("OptInRequired", 403)
            case "GetAccountPasswordPolicy": .queryError("NoSuchEntity", 404)
            default: nil
            }
        }
        let collection = try await collect(http)
        func entry(_ operation: String) -> String? {
            collection.coverage.first { $0.operation == operation }.map { "\($0.outcome.rawValue) \($0.code ?? "") \($0.region ?? "-")" }
        }
        #expect(collection.coverage.first { $0.operation == "describe-instances" }?.message == "needs ec2:DescribeInstances")
        #expect(
            AWSCollector.requiredActions(service: "iam", operation: "get-credential-report") == [
                "iam:GenerateCredentialReport", "iam:GetCredentialReport",
            ])
        #expect(entry("describe-instances") == "denied UnauthorizedOperation eu-west-1")
        #expect(entry("describe-vpcs") == "failed http500 eu-west-1")
        #expect(entry("describe-subnets") == "failed badAnswer.xml.unexpectedEnd eu-west-1")
        #expect(entry("describe-route-tables") == "failed badAnswer.xml.documentType eu-west-1")
        #expect(entry("describe-security-groups") == "failed http.tooLarge eu-west-1")
        #expect(entry("list-keys") == "denied AccessDeniedException eu-west-1")
        #expect(entry("list-secrets") == "failed badAnswer.json.unexpectedEnd eu-west-1")
        #expect(entry("describe-db-instances") == "unavailable http.nameNotResolved eu-west-1")
        #expect(entry("describe-db-snapshots") == "unavailable OptInRequired eu-west-1")
        #expect(entry("get-account-password-policy") == "collected NoSuchEntity -")
        #expect(!collection.records.contains { $0.operation == "describe-vpcs" })
        // The rest is there, and nobody's words are in what is ours.
        #expect(collection.records.contains { $0.operation == "describe-network-acls" })
        #expect(collection.coverage.allSatisfy { !($0.message ?? "").contains("secret") && !($0.message ?? "").contains("not authorized") })
    }

    @Test(arguments: ["{}", "[]", "null", "<html></html>", "<Error><Code>Odd</Code></Error>", "<ListAllMyBucketsResponse/>", ""])
    func anAnswerThatIsNoneIsNeverReadAsNothingThere(_ body: String) async throws {
        let http = account { request, _ in
            if request.action == "GetCallerIdentity" { return nil }
            // An empty policy is a policy, to whoever reads it; all else is refused here.
            return .ok(body)
        }
        let collection = try await collect(http)
        // SQS says that there are no queues by saying nothing, and of an organisation without a member nothing could be read.
        let silent = body == "{}" ? ["describe-organization", "list-queues"] : []
        #expect(Set(collection.records.map(\.operation)) == Set(silent + ["get-caller-identity"]))
        #expect(collection.coverage.allSatisfy { $0.outcome == .failed })
        #expect(Set(collection.coverage.map { $0.service }).count >= 8)
    }

    @Test func throttlingIsWaitedOutWithBackoffAndSlowsTheServiceDown() async throws {
        let time = FakeTime()
        let count = Mutex(0)
        let http = account { request, _ in
            guard request.action == "DescribeVpcs" else { return nil }
            return count.withLock {
                $0 += 1
                return $0 <= 3
                    ? .status(503, "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>") : nil
            }
        }
        let collection = try await collect(http, time: time)
        #expect(collection.records.contains { $0.operation == "describe-vpcs" })
        #expect(time.slept.reduce(.zero, +) >= .milliseconds(3500))
    }

    @Test func throttlingWithoutEndIsGivenUpAndNamed() async throws {
        let http = account { request, _ in request.action == "DescribeVpcs" ? .status(429, "") : nil }
        let collection = try await collect(http)
        let entry = try #require(collection.coverage.first { $0.operation == "describe-vpcs" })
        #expect(entry.outcome == .throttled)
        #expect(http.requests.filter { $0.action == "DescribeVpcs" }.count == AWSClient.attempts)
    }

    @Test func aListingThatBreaksOffHandsOverWhatCameAndSaysSo() async throws {
        let http = account { request, _ in
            guard request.action == "DescribeVpcs" else { return nil }
            return request.form["NextToken"] == nil
                ? .ok("<DescribeVpcsResponse><vpcSet><item><vpcId>v</vpcId></item></vpcSet><nextToken>n</nextToken></DescribeVpcsResponse>")
                : .status(403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>")
        }
        let collection = try await collect(http)
        #expect(collection.records.contains { $0.operation == "describe-vpcs" })
        #expect(
            collection.coverage.contains {
                $0.operation == "describe-vpcs" && $0.outcome == .denied && $0.message == "stopped after 1 pages"
            })
    }

    @Test func anOutageSpendsOneRetryBudgetNotOneForEachCall() async throws {
        let http = account { request, _ in request.action == "GetCallerIdentity" ? nil : .failure(HTTPError(.unreachable, "x")) }
        let regions = (0..<20).map { "eu-west-\($0)" }
        let collection = try await collect(http, Sample.configuration(regions: regions))
        #expect(collection.records.count == 1)
        // 500 tokens at 5 a retry: a hundred retries at most, over some 350 calls.
        #expect(http.requests.count < collection.coverage.count + 120)
    }

    @Test func aBucketElsewhereIsAskedThere() async throws {
        let http = account { request, _ in
            guard request.url.contains("/far") else {
                return request.url.contains("s3.us-east-1.amazonaws.com/?")
                    ? .ok("<ListAllMyBucketsResult><Buckets><Bucket><Name>far</Name></Bucket></Buckets></ListAllMyBucketsResult>") : nil
            }
            guard request.url.hasPrefix("https://s3.eu-central-1.") else {
                return request.url.contains("?acl")
                    ? .status(400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-central-1</Region></Error>")
                    : .status(301, "<Error><Code>PermanentRedirect</Code></Error>", [(name: "x-amz-bucket-region", value: "eu-central-1")])
            }
            if request.url.contains("?policy") { return .ok("{}") }
            if request.url.contains("?location") { return .ok("<LocationConstraint>eu-central-1</LocationConstraint>") }
            for (part, root) in [
                ("?acl", "AccessControlPolicy"), ("?publicAccessBlock", "PublicAccessBlockConfiguration"),
                ("?encryption", "ServerSideEncryptionConfiguration"),
                ("?tagging", "Tagging"), ("?ownershipControls", "OwnershipControls"),
                ("?versioning", "VersioningConfiguration"), ("?object-lock", "ObjectLockConfiguration"),
            ] where request.url.contains(part) { return .ok("<\(root)/>") }
            return .status(404)
        }
        let collection = try await collect(http)
        #expect(collection.coverage.filter { $0.resource == "far" } == [])
        #expect(collection.records.filter { $0.resource == "far" }.count == 9)
    }

    @Test func aRedirectThatGoesInCirclesEnds() async throws {
        let http = account { request, _ in
            if request.url.contains("s3.us-east-1.amazonaws.com/?") {
                return .ok("<ListAllMyBucketsResult><Buckets><Bucket><Name>far</Name></Bucket></Buckets></ListAllMyBucketsResult>")
            }
            guard request.url.contains("/far") else { return nil }
            let other = request.url.contains("eu-west-1") ? "eu-west-2" : "eu-west-1"
            return .status(301, "<Error><Code>PermanentRedirect</Code></Error>", [(name: "x-amz-bucket-region", value: other)])
        }
        let collection = try await collect(http)
        #expect(collection.coverage.filter { $0.resource == "far" }.allSatisfy { $0.outcome == .failed && $0.code == "PermanentRedirect" })
        #expect(http.requests.filter { $0.url.contains("/far") }.count <= 9 * 3)
    }

    @Test func whatHangsOnAListingIsAskedForEachOfItsElements() async throws {
        let http = account { request, _ in
            switch request.action {
            case "ListQueues": .ok(#"{"QueueUrls":["https://sqs.eu-west-1.amazonaws.com/1/a"]}"#)
            case "GetQueueAttributes": .ok(#"{"Attributes":{"QueueArn":"arn:aws:sqs:eu-west-1:1:a","Policy":"{}"}}"#)
            case "DescribeTransitGatewayRouteTables":
                .ok(
                    "<DescribeTransitGatewayRouteTablesResponse><transitGatewayRouteTables><item><transitGatewayRouteTableId>tgw-rtb-1</transitGatewayRouteTableId></item></transitGatewayRouteTables></DescribeTransitGatewayRouteTablesResponse>"
                )
            case "SearchTransitGatewayRoutes":
                request.form["Filter.1.Name"] == "state" && request.form["TransitGatewayRouteTableId"] == "tgw-rtb-1"
                    ? .ok(
                        "<SearchTransitGatewayRoutesResponse><routeSet><item><destinationCidrBlock>10.0.0.0/8</destinationCidrBlock></item></routeSet><additionalRoutesAvailable>false</additionalRoutesAvailable></SearchTransitGatewayRoutesResponse>"
                    ) : nil
            default:
                if request.url.hasSuffix("/2021-01-01/domain") {
                    .ok(#"{"DomainNames":[{"DomainName":"logs"},{"DomainName":"shop"}]}"#)
                } else if request.url.hasSuffix("/domain-info") {
                    request.bodyText == #"{"DomainNames":["logs","shop"]}"#
                        ? .ok(#"{"DomainStatusList":[{"DomainName":"logs"},{"DomainName":"shop"}]}"#) : nil
                } else if request.url.contains("/restapis?") {
                    request.header("Accept") == "application/json" ? .ok(#"{"item":[{"id":"a1"}]}"#) : nil
                } else if request.url.contains("/restapis/a1/resources?") {
                    request.url.contains("embed=methods") ? .ok(#"{"item":[{"id":"r","path":"/"}]}"#) : nil
                } else if request.url.contains("cloudfront.amazonaws.com") {
                    request.url.contains("Marker=2")
                        ? .ok(
                            "<DistributionList><IsTruncated>false</IsTruncated><Items><DistributionSummary><Id>E2</Id></DistributionSummary></Items></DistributionList>"
                        )
                        : .ok(
                            "<DistributionList><IsTruncated>true</IsTruncated><NextMarker>2</NextMarker><Items><DistributionSummary><Id>E1</Id></DistributionSummary></Items></DistributionList>"
                        )
                } else {
                    nil
                }
            }
        }
        let collection = try await collect(http)
        func payload(_ name: String) -> JSONValue? { collection.records.first { $0.service + "." + $0.operation == name }?.payload }
        #expect(payload("sqs.get-queue-attributes") == ["Attributes": ["QueueArn": "arn:aws:sqs:eu-west-1:1:a", "Policy": "{}"]])
        #expect(
            collection.records.first { $0.operation == "get-queue-attributes" }?.resource == "https://sqs.eu-west-1.amazonaws.com/1/a")
        #expect(payload("ec2.search-transit-gateway-routes")?["Routes"] == [["DestinationCidrBlock": "10.0.0.0/8"]])
        #expect(payload("opensearch.describe-domains")?["DomainStatusList"]?.array?.count == 2)
        #expect(payload("apigateway.get-resources") == ["items": [["id": "r", "path": "/"]]])
        #expect(payload("cloudfront.list-distributions") == ["DistributionList": ["Items": [["Id": "E1"], ["Id": "E2"]]]])
        #expect(http.requests.contains { $0.url.hasPrefix("https://cloudfront.amazonaws.com/") && $0.signingRegion == "us-east-1" })
    }

    @Test func onlyTheAliasesWithAUrlAreAskedForAPolicyOfTheirOwn() async throws {
        let http = account { request, _ in
            if request.url.contains("/functions?") { return .ok(#"{"Functions":[{"FunctionName":"f"}]}"#) }
            if request.url.contains("/urls") {
                return .ok(
                    #"{"FunctionUrlConfigs":[{"FunctionArn":"arn:aws:lambda:eu-west-1:1:function:f"},{"FunctionArn":"arn:aws:lambda:eu-west-1:1:function:f:live"}]}"#
                )
            }
            return request.url.contains("/policy") ? .ok(#"{"Policy":"{}"}"#) : nil
        }
        let collection = try await collect(http)
        #expect(
            collection.records.filter { $0.operation == "get-policy" }.map(\.resource) == [
                "arn:aws:lambda:eu-west-1:1:function:f:live", "f",
            ])
    }

    @Test func onlyEnabledRegionsAreAsked() async throws {
        let regions =
            "<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item><item><regionName>me-south-1</regionName><optInStatus>not-opted-in</optInStatus></item><item><regionName>af-south-1</regionName><optInStatus>opted-in</optInStatus></item><item><regionName>evil/../x</regionName></item></regionInfo></DescribeRegionsResponse>"
        let http = account { request, _ in request.action == "DescribeRegions" ? .ok(regions) : nil }
        let collection = try await collect(http, Sample.configuration(regions: nil))
        #expect(Set(collection.records.filter { $0.operation == "describe-vpcs" }.compactMap(\.region)) == ["eu-west-1", "af-south-1"])
        #expect(http.requests.allSatisfy { !$0.url.contains("evil") && !$0.url.contains("me-south-1") })
    }

    @Test func whereRegionsMayNotBeListedTheDefaultOnesAreAsked() async throws {
        let http = account { request, _ in
            request.action == "DescribeRegions"
                ? .status(403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>") : nil
        }
        let collection = try await collect(http, Sample.configuration(regions: nil))
        #expect(collection.coverage.contains { $0.operation == "describe-regions" && $0.outcome == .denied })
        #expect(Set(collection.records.filter { $0.operation == "describe-vpcs" }.compactMap(\.region)).count == 17)
    }

    @Test func theCredentialReportIsMadeWaitedForAndDecoded() async throws {
        let generated = Mutex(0)
        let report = Data("user,arn\nalice,x\n".utf8).base64EncodedString()
        let http = account { request, _ in
            switch request.action {
            case "GenerateCredentialReport":
                generated.withLock {
                    $0 += 1
                    let state = $0 < 3 ? "STARTED" : "COMPLETE"
                    return .ok(
                        "<GenerateCredentialReportResponse><GenerateCredentialReportResult><State>\(state)</State></GenerateCredentialReportResult></GenerateCredentialReportResponse>"
                    )
                }
            case "GetCredentialReport":
                .ok(
                    "<GetCredentialReportResponse><GetCredentialReportResult><Content>\(report)</Content></GetCredentialReportResult></GetCredentialReportResponse>"
                )
            default: nil
            }
        }
        let collection = try await collect(http)
        #expect(collection.records.first { $0.operation == "get-credential-report" }?.payload == "user,arn\nalice,x\n")
        #expect(generated.withLock { $0 } == 3)
    }

    @Test func aDeniedReportIsNamedWithTheDenialItself() async throws {
        let http = account { request, _ in
            switch request.action {
            case "GenerateCredentialReport": .queryError("AccessDenied", 403)
            case "GetCredentialReport": .queryError("ReportNotPresent", 410)
            default: nil
            }
        }
        let entry = try #require(try await collect(http).coverage.first { $0.operation == "get-credential-report" })
        #expect(entry.outcome == .denied)
        #expect(entry.code == "AccessDenied")
    }

    @Test func whoMayReadNothingIsToldSo() async throws {
        @Sendable func denial(_ request: HTTPRequest) -> Result<HTTPResponse, HTTPError>? {
            if request.action == "GetCallerIdentity" { return nil }
            if request.signingService == "s3" { return .status(403, "<Error><Code>AccessDenied</Code></Error>") }
            return request.header("X-Amz-Target") != nil || request.action == nil
                ? .status(403, #"{"__type":"AccessDeniedException"}"#) : .queryError("AccessDenied", 403)
        }
        let denied = account { request, _ in denial(request) }
        await #expect { try await collect(denied) } throws: { ($0 as? CollectorError)?.code == .nothingAllowed }
        // One answer is something.
        let almost = account { request, _ in request.action == "DescribeVpcs" ? nil : denial(request) }
        #expect(try await collect(almost).records.contains { $0.operation == "describe-vpcs" })
    }

    @Test func withoutAnIdentityThereIsOneClearError() async throws {
        let refused = FakeHTTP { _, _ in .queryError("InvalidClientTokenId", 403) }
        await #expect(throws: CollectorError.self) { try await collect(refused) }
        do { _ = try await collect(refused) } catch let error as CollectorError {
            #expect(error.code == .identityRefused)
            #expect(error.message.contains("InvalidClientTokenId"))
        }
        do { _ = try await collect(FakeHTTP { _, _ in .failure(HTTPError(.unreachable, "nobody at 127.0.0.1:1")) }) } catch let error
            as CollectorError
        {
            #expect(error.code == .unreachable)
        }
        do { _ = try await collect(FakeHTTP { _, _ in .ok("<html>proxy</html>") }) } catch let error as CollectorError {
            #expect(error.code == .badAnswer)
        }
        do {
            _ = try await collect(
                FakeHTTP { _, _ in
                    .ok(
                        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>../x</Account><Arn>a</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
                    )
                })
        } catch let error as CollectorError {
            #expect(error.code == .badAnswer)
        }
    }

    @Test(arguments: ["ftp://x", "http://user:p@host", "http://", "nonsense", "http://h?x=1", "http://h/#f", "http://h\r\nX: y"])
    func endpointsThatAreNoneAreRefusedBeforeAnythingIsSent(_ url: String) async throws {
        let http = account { _, _ in nil }
        var configuration = Sample.configuration()
        configuration.endpointURL = url
        do {
            _ = try await collect(http, configuration)
            Issue.record("accepted")
        } catch let error as CollectorError { #expect(error.code == .badConfiguration) }
        #expect(http.requests.isEmpty)
    }

    @Test func regionsThatAreNoNamesAreRefused() async throws {
        for region in ["eu west", "", "x/y", "EU-WEST-1", "-a", "evil.com"] {
            await #expect(throws: CollectorError.self) {
                try await collect(account { _, _ in nil }, Sample.configuration(regions: [region]))
            }
        }
    }

    @Test func endpointVariablesAreHonouredTheServicesOwnFirst() async throws {
        let http = account { _, _ in nil }
        _ = try await collect(
            http,
            Sample.configuration([
                "AWS_ENDPOINT_URL": "http://localhost:1/base/", "AWS_ENDPOINT_URL_S3": "https://s3.internal:8443",
                "AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:2",
            ]))
        #expect(
            http.requests.allSatisfy {
                $0.url.hasPrefix("http://localhost:1/base/") || $0.url.hasPrefix("https://s3.internal:8443/")
                    || $0.url.hasPrefix("http://127.0.0.1:2/")
            })
        #expect(http.requests.contains { $0.url.hasPrefix("http://127.0.0.1:2/") && $0.header("Host") == "127.0.0.1:2" })
        let ignoring = account { _, _ in nil }
        _ = try await collect(
            ignoring, Sample.configuration(["AWS_ENDPOINT_URL": "http://localhost:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]))
        #expect(ignoring.requests.allSatisfy { $0.url.contains(".amazonaws.com") })
    }

    @Test func everyRequestGoesToItsServicesHostSignedForItsRegion() async throws {
        let http = account { request, _ in
            request.url.contains("/2015-03-31/functions?") ? .ok(#"{"Functions":[{"FunctionName":"a:b c"}]}"#) : nil
        }
        _ = try await collect(http, Sample.configuration(["AWS_SESSION_TOKEN": "token"]))
        #expect(http.requests.allSatisfy { $0.header("X-Amz-Security-Token") == "token" && $0.header("Authorization") != nil })
        #expect(http.requests.contains { $0.url == "https://iam.amazonaws.com/" && $0.signingRegion == "us-east-1" })
        #expect(http.requests.contains { $0.url == "https://sts.eu-west-1.amazonaws.com/" })
        #expect(
            http.requests.contains {
                $0.url == "https://elasticloadbalancing.eu-west-1.amazonaws.com/" && $0.signingService == "elasticloadbalancing"
            })
        #expect(
            http.requests.contains {
                $0.url == "https://123456789012.s3-control.eu-west-1.amazonaws.com/v20180820/configuration/publicAccessBlock"
                    && $0.header("x-amz-account-id") == "123456789012"
            })
        #expect(http.requests.contains { $0.url.hasPrefix("https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/a%3Ab%20c/policy") })
        #expect(http.requests.filter { $0.signingService == "s3" }.allSatisfy { $0.header("x-amz-content-sha256") != nil })
    }

    @Test func secretsNeverLeaveTheCollector() async throws {
        let canary = "hunter2-CANARY"
        let seen = Mutex<[String]>([])
        let http = account { request, _ in
            if request.url.contains("/2015-03-31/functions?") {
                return .ok(
                    #"{"Functions":[{"FunctionName":"f","Description":"password=\#(canary)","Environment":{"Variables":{"KEY":"\#(canary)","URL":"postgres://u:\#(canary)@h/db"},"Error":{"Message":"\#(canary)"}},"ImageConfigResponse":{"ImageConfig":{"Command":["--token","\#(canary)"]}}}]}"#
                )
            }
            if request.action == "DescribeInstances" {
                return .ok(
                    "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><userData>\(canary)</userData><tagSet><item><key>db_password</key><value>\(canary)</value></item><item><key>note</key><value>pwd: \(canary)</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
                )
            }
            return nil
        }
        let collection = try await AWSCollector(configuration: Sample.configuration(), http: http, clock: FakeTime().clock).collect {
            progress in
            seen.withLock { $0.append("\(progress)") }
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "canary-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try CollectionFolder.write(collection, to: folder.path)
        for case let file as URL in try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        where file.pathExtension == "json" {
            #expect(!(try String(contentsOf: file, encoding: .utf8)).contains(canary), "\(file.lastPathComponent)")
        }
        #expect(!"\(collection)".contains(canary))
        #expect(!seen.withLock { $0.joined() }.contains(canary))
        let variables = collection.records.first { $0.operation == "list-functions" }?.payload["Functions"]?.array?.first?["Environment"]?[
            "Variables"]
        #expect(variables?["KEY"]?["redacted"]?["length"] == 14)
        #expect(variables?["URL"]?["redacted"]?["pattern"] == "passwordInURL")
    }

    @Test func aCollectorPrintsNoKeys() {
        let collector = AWSCollector(configuration: Sample.configuration(), http: account { _, _ in nil })
        var dumped = ""
        dump(collector, to: &dumped)
        for text in ["\(collector)", String(reflecting: collector), dumped, "\(collector.configuration)"] {
            #expect(!text.contains("wJalr") && !text.contains("AKID"))
        }
    }

    @Test func progressGrowsAndEndsComplete() async throws {
        let seen = Mutex<[CollectProgress]>([])
        _ = try await AWSCollector(configuration: Sample.configuration(), http: account { _, _ in nil }, clock: FakeTime().clock).collect {
            progress in
            seen.withLock { $0.append(progress) }
        }
        let all = seen.withLock { $0 }
        #expect(all.last.map { $0.completed == $0.total } == true)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.completed <= $1.completed })
    }

    @Test func aStoppedCollectionIsNoCollection() async throws {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await collect(account { _, _ in nil })
        }
        await #expect(throws: (any Error).self) { try await task.value }
    }

    @Test func moreCallsThanAllowedAreNeverInFlight() async throws {
        let inFlight = Mutex((now: 0, most: 0))
        struct Slow: HTTPSending {
            let inFlight: @Sendable (Int) -> Void
            let inner: FakeHTTP
            func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
                inFlight(1)
                await Task.yield()
                let answer = try await inner.send(request)
                inFlight(-1)
                return answer
            }
        }
        let http = Slow(
            inFlight: { change in
                inFlight.withLock {
                    $0.now += change
                    $0.most = max($0.most, $0.now)
                }
            }, inner: account { _, _ in nil })
        _ = try await AWSCollector(configuration: Sample.configuration(concurrency: 3), http: http, clock: FakeTime().clock).collect { _ in
        }
        #expect(inFlight.withLock { $0.most } <= 3)
    }

    @Test func thePolicyFileIsTheCatalogues() throws {
        let file = Sample.root.appending(path: "Agent/Docs/Collectors/aws-policy.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(
            text == String(decoding: AWSCollector.policy.prettyBytes, as: UTF8.self), "write the policy anew: it is made from the catalogue"
        )
        let page = try String(contentsOf: Sample.root.appending(path: "Agent/Docs/Collectors/aws.md"), encoding: .utf8)
        for action in AWSCollector.requiredActions { #expect(page.contains("`\(action)`"), "\(action) is not on the page") }
    }
}
