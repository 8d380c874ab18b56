import CloudModel
import Testing

@testable import Engine

/// What the AWS CLI prints about the edge of an account becomes the picture's own words.
@Suite struct EdgeNormaliserTests {
    private func snapshot(_ answers: [(name: String, json: String)]) throws -> CloudSnapshot {
        var collection = Answers()
        for answer in answers { try collection.add(answer.name, answer.json) }
        return collection.snapshot
    }

    @Test func aRestApiHasItsPolicyUnescapedAndItsMethods() throws {
        let found = try snapshot([
            (
                "apigateway.get-rest-apis.eu-west-1",
                #"{"items":[{"id":"a1","name":"orders","endpointConfiguration":{"types":["EDGE"]},"policy":"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[]}"}]}"#
            ),
            ("apigateway.get-stages.eu-west-1.a1", #"{"item":[{"stageName":"live"}]}"#),
            (
                "apigateway.get-resources.eu-west-1.a1",
                #"{"items":[{"id":"r","path":"/x","resourceMethods":{"GET":{"httpMethod":"GET","authorizationType":"NONE","apiKeyRequired":true,"methodIntegration":{"type":"AWS_PROXY","uri":"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:f/invocations"}}}},{"id":"s","path":"/"}]}"#
            ),
        ])
        let api = try #require(found.apis.first)
        #expect(api.arn == "arn:aws:apigateway:eu-west-1::/restapis/a1" && api.type == "REST" && !api.isPrivate)
        #expect(api.policy?.document?["Version"] == "2012-10-17")
        #expect(api.stages == ["live"])
        #expect(api.routes?.count == 1 && api.routes?.first?.needsKey == true && api.routes?.first?.authorization == "NONE")
        #expect(!found.coverage.contains { $0.service == "apigateway" && $0.outcome != .collected })
    }

    @Test func anHttpApiHasItsIntegrationsAndWhatIsMissingIsNamed() throws {
        let found = try snapshot([
            ("apigatewayv2.get-apis.eu-west-1", #"{"Items":[{"ApiId":"h1","Name":"web","ProtocolType":"HTTP"},{"ApiId":"h2"}]}"#),
            (
                "apigatewayv2.get-routes.eu-west-1.h1",
                #"{"Items":[{"RouteKey":"GET /a","AuthorizationType":"NONE","Target":"integrations/i1"},{"RouteKey":"$default","AuthorizationType":"JWT"}]}"#
            ),
            (
                "apigatewayv2.get-integrations.eu-west-1.h1",
                #"{"Items":[{"IntegrationId":"i1","IntegrationType":"AWS_PROXY","IntegrationUri":"arn:aws:lambda:eu-west-1:111122223333:function:f"}]}"#
            ),
            ("apigatewayv2.get-stages.eu-west-1.h1", #"{"Items":[]}"#),
        ])
        #expect(found.apis.map(\.id) == ["h1", "h2"])
        #expect(found.apis.first?.routes?.first { $0.path == "/a" }?.target?.hasSuffix("function:f") == true)
        #expect(found.apis.first?.stages == [] && found.apis.last?.stages == nil && found.apis.last?.routes == nil)
        let missing = found.coverage.filter { $0.outcome == .notCollected && $0.resource == "h2" }.map(\.operation)
        #expect(Set(missing) == ["get-routes", "get-stages", "get-integrations"])
    }

    @Test func aDistributionTellsWhichOriginsAskForASignature() throws {
        let found = try snapshot([
            (
                "cloudfront.list-distributions",
                #"""
                {"DistributionList":{"Items":[{"Id":"E1","ARN":"arn:aws:cloudfront::111122223333:distribution/E1","DomainName":"d.cloudfront.net","Enabled":true,
                 "Origins":{"Items":[{"Id":"a","DomainName":"Pictures.s3.eu-west-1.amazonaws.com","OriginAccessControlId":"OAC1","S3OriginConfig":{"OriginAccessIdentity":""}},
                  {"Id":"b","DomainName":"b.s3.amazonaws.com","OriginAccessControlId":"","S3OriginConfig":{"OriginAccessIdentity":"origin-access-identity/cloudfront/E2"}}]},
                 "DefaultCacheBehavior":{"TargetOriginId":"a","TrustedKeyGroups":{"Enabled":true}},
                 "CacheBehaviors":{"Items":[{"TargetOriginId":"b","TrustedSigners":{"Enabled":false}}]}}]}}
                """#
            )
        ])
        let distribution = try #require(found.distributions.first)
        #expect(distribution.signedOrigins == ["a"] && distribution.openOrigins == ["b"])
        #expect(distribution.origins.map(\.domain) == ["pictures.s3.eu-west-1.amazonaws.com", "b.s3.amazonaws.com"])
        #expect(distribution.origins.first?.accessControl == "OAC1" && distribution.origins.last?.accessIdentity?.hasSuffix("E2") == true)
    }

    @Test func connectionsBetweenNetworksAndWhatBlocksThem() throws {
        let found = try snapshot([
            (
                "ec2.describe-managed-prefix-lists.eu-west-1",
                #"{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"offices"},{"PrefixListId":"pl-2"}]}"#
            ),
            ("ec2.get-managed-prefix-list-entries.eu-west-1.pl-1", #"{"Entries":[{"Cidr":"198.51.100.0/24"}]}"#),
            (
                "ec2.describe-vpc-peering-connections.eu-west-1",
                #"{"VpcPeeringConnections":[{"VpcPeeringConnectionId":"pcx-1","Status":{"Code":"active"},"RequesterVpcInfo":{"VpcId":"vpc-1","OwnerId":"111122223333","Region":"eu-west-1"},"AccepterVpcInfo":{"VpcId":"vpc-2","OwnerId":"444455556666","Region":"eu-west-1"}}]}"#
            ),
            (
                "ec2.describe-transit-gateways.eu-west-1",
                #"{"TransitGateways":[{"TransitGatewayId":"tgw-1","Options":{"SecurityGroupReferencingSupport":"enable"}}]}"#
            ),
            (
                "ec2.describe-transit-gateway-attachments.eu-west-1",
                #"{"TransitGatewayAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1","TransitGatewayId":"tgw-1","ResourceType":"vpc","ResourceId":"vpc-1","State":"available","Association":{"TransitGatewayRouteTableId":"tgw-rtb-1","State":"associated"}}]}"#
            ),
            (
                "ec2.search-transit-gateway-routes.eu-west-1.tgw-rtb-1",
                #"{"Routes":[{"DestinationCidrBlock":"10.1.0.0/16","State":"active","TransitGatewayAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-2"}]},{"DestinationCidrBlock":"10.2.0.0/16","State":"blackhole"}]}"#
            ),
            (
                "ec2.describe-vpc-block-public-access-options.eu-west-1",
                #"{"VpcBlockPublicAccessOptions":{"InternetGatewayBlockMode":"block-ingress"}}"#
            ),
            (
                "ec2.describe-vpc-block-public-access-exclusions.eu-west-1",
                #"{"VpcBlockPublicAccessExclusions":[{"ResourceArn":"arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-9","State":"create-complete","InternetGatewayExclusionMode":"allow-bidirectional"},{"ResourceArn":"arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-8","State":"create-complete","InternetGatewayExclusionMode":"allow-egress"}]}"#
            ),
        ])
        #expect(found.prefixLists.map(\.ranges) == [["198.51.100.0/24"], nil])
        #expect(
            found.coverage.contains {
                $0.operation == "get-managed-prefix-list-entries" && $0.resource == "pl-2" && $0.outcome == .notCollected
            })
        #expect(found.peerings.first?.active == true && found.peerings.first?.sides.map(\.account) == ["111122223333", "444455556666"])
        let gateway = try #require(found.transitGateways.first)
        #expect(gateway.refersToGroups == true && gateway.attachments.first?.table == "tgw-rtb-1")
        #expect(gateway.tables.first?.routes.map(\.attachments) == [["tgw-attach-2"], []])
        #expect(found.internetBlocks.first?.mode == "block-ingress" && found.internetBlocks.first?.exceptions == ["vpc-9"])
    }

    @Test func rulesBehindOneThatTakesEverythingAreNotReached() throws {
        let balancer = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/front/1"
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/front/1/2"
        func listeners(_ rules: String) throws -> LoadBalancer.Listener? {
            try snapshot([
                (
                    "elbv2.describe-load-balancers.eu-west-1",
                    #"{"LoadBalancers":[{"LoadBalancerArn":"\#(balancer)","Type":"application"}]}"#
                ),
                (
                    "elbv2.describe-listeners.eu-west-1." + PercentEncoding.encode(balancer),
                    #"{"Listeners":[{"ListenerArn":"\#(listener)","Port":443,"Protocol":"HTTPS","DefaultActions":[{"Type":"forward","TargetGroupArn":"tg-default"}]}]}"#
                ),
                ("elbv2.describe-rules.eu-west-1." + PercentEncoding.encode(listener), #"{"Rules":[\#(rules)]}"#),
            ]).loadBalancers.first?.listeners?.first
        }
        let all =
            #"{"Priority":"2","IsDefault":false,"Conditions":[{"Field":"path-pattern","PathPatternConfig":{"Values":["/*"]}}],"Actions":[{"Type":"fixed-response"}]}"#
        let first =
            #"{"Priority":"1","IsDefault":false,"Conditions":[{"Field":"path-pattern","Values":["/a"]}],"Actions":[{"Type":"forward","TargetGroupArn":"tg-a"}]}"#
        #expect(try listeners(first + "," + all)?.targetGroups == ["tg-a"])
        #expect(try listeners(first)?.targetGroups == ["tg-a", "tg-default"])
        let signed =
            #"{"Priority":"1","IsDefault":false,"Conditions":[{"Field":"http-header","HttpHeaderConfig":{"HttpHeaderName":"X-Check","Values":["s"]}},{"Field":"source-ip","SourceIpConfig":{"Values":["198.51.100.0/24"]}}],"Actions":[{"Type":"authenticate-oidc","Order":1,"AuthenticateOidcConfig":{"OnUnauthenticatedRequest":"authenticate"}},{"Type":"forward","Order":2,"TargetGroupArn":"tg-b"}]}"#
        let forward = try listeners(signed)?.forwards.first { $0.targetGroup == "tg-b" }
        #expect(
            forward?.conditions == [
                "the request has the header X-Check that the listener asks for", "the connection comes from 198.51.100.0/24",
                "the client signs in at the listener",
            ])
    }

    @Test func whoeverIsLetInFromOutside() throws {
        let pool = "eu-west-1:11111111-2222-3333-4444-555555555555"
        let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
        let found = try snapshot([
            ("iam.list-open-id-connect-providers", #"{"OpenIDConnectProviderList":[{"Arn":"\#(provider)"}]}"#),
            (
                "iam.get-open-id-connect-provider." + PercentEncoding.encode(provider),
                #"{"Url":"token.actions.githubusercontent.com","ClientIDList":["sts.amazonaws.com"]}"#
            ),
            ("iam.list-saml-providers", #"{"SAMLProviderList":[{"Arn":"arn:aws:iam::111122223333:saml-provider/login"}]}"#),
            (
                "cognito-identity.list-identity-pools.eu-west-1",
                #"{"IdentityPools":[{"IdentityPoolId":"\#(pool)","IdentityPoolName":"shoppers"}]}"#
            ),
            (
                "cognito-identity.describe-identity-pool.eu-west-1." + PercentEncoding.encode(pool),
                #"{"IdentityPoolId":"\#(pool)","IdentityPoolName":"shoppers","AllowUnauthenticatedIdentities":true}"#
            ),
            (
                "rolesanywhere.list-trust-anchors.eu-west-1",
                #"{"trustAnchors":[{"trustAnchorArn":"arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a","name":"ca","enabled":false}]}"#
            ),
            (
                "rolesanywhere.list-profiles.eu-west-1",
                #"{"profiles":[{"profileArn":"arn:aws:rolesanywhere:eu-west-1:111122223333:profile/p","name":"p","enabled":true,"roleArns":["arn:aws:iam::111122223333:role/r"],"sessionPolicy":"{}"}]}"#
            ),
        ])
        #expect(found.identityProviders.map(\.kind) == [.oidc, .saml] && found.identityProviders.first?.audiences == ["sts.amazonaws.com"])
        let own = try #require(found.identityPools.first)
        #expect(own.admitsGuests == true && own.hasBasicFlow == false && !own.rolesKnown)
        #expect(found.coverage.contains { $0.operation == "get-identity-pool-roles" && $0.resource == pool && $0.outcome == .notCollected })
        #expect(found.workloads.first { $0.kind == .trustAnchor }?["enabled"] == "false")
        let profile = try #require(found.workloads.first { $0.kind == .anywhereProfile })
        #expect(profile.roles == ["arn:aws:iam::111122223333:role/r"] && profile["sessionPolicy"] == "{}")
    }

    @Test func policiesOfQueuesTopicsAndRepositoriesAreKnownOrNot() throws {
        let found = try snapshot([
            (
                "sqs.list-queues.eu-west-1",
                #"{"QueueUrls":["https://sqs.eu-west-1.amazonaws.com/111122223333/a","https://sqs.eu-west-1.amazonaws.com/111122223333/b"]}"#
            ),
            (
                "sqs.get-queue-attributes.eu-west-1." + PercentEncoding.encode("https://sqs.eu-west-1.amazonaws.com/111122223333/a"),
                #"{"Attributes":{"QueueArn":"arn:aws:sqs:eu-west-1:111122223333:a","Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[]}"}}"#
            ),
            ("sns.list-topics.eu-west-1", #"{"Topics":[{"TopicArn":"arn:aws:sns:eu-west-1:111122223333:t"}]}"#),
            (
                "ecr.describe-repositories.eu-west-1",
                #"{"repositories":[{"repositoryName":"shop","repositoryArn":"arn:aws:ecr:eu-west-1:111122223333:repository/shop"}]}"#
            ),
        ])
        #expect(
            found.guarded.map { "\($0.kind.rawValue) \($0.name) \($0.policyKnown)" } == [
                "repository shop false", "topic t false", "queue a true", "queue b false",
            ])
        let open = found.coverage.filter { $0.outcome == .notCollected && $0.resource != nil }.map(\.operation)
        #expect(Set(open).isSuperset(of: ["get-queue-attributes", "get-topic-attributes", "get-repository-policy"]))
    }

    /// Whoever lists domains and finds none asks for no details.
    @Test(arguments: [
        (#"{"DomainNames":[]}"#, false), (#"{"DomainNames":[{"DomainName":"logs","EngineType":"OpenSearch"}]}"#, true), ("{}", true),
    ])
    func detailsOfDomainsAreMissedWhereThereIsOne(names: String, isMissed: Bool) throws {
        let found = try snapshot([("opensearch.list-domain-names.eu-west-1", names)])
        let gaps = found.coverage.filter { $0.operation == "describe-domains" && $0.outcome == .notCollected }
        #expect(gaps.isEmpty != isMissed)
    }

    @Test func aClusterThatIsOnlyListedIsThereAndNothingIsKnownOfIt() throws {
        let found = try snapshot([
            ("eks.list-clusters.eu-west-1", #"{"clusters":["seen","tools"]}"#),
            (
                "eks.describe-cluster.eu-west-1.tools",
                #"{"cluster":{"name":"tools","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/tools","status":"ACTIVE","accessConfig":{"authenticationMode":"API"},"resourcesVpcConfig":{"endpointPublicAccess":true}}}"#
            ),
        ])
        #expect(found.clusters.map(\.name) == ["seen", "tools"])
        #expect(found.clusters.map(\.authenticationMode) == [nil, "API"] && found.clusters.map(\.status) == [nil, "ACTIVE"])
        #expect(found.clusters.map(\.isPublic) == [nil, true])
        #expect(found.clusters.first?.arn == "arn:aws:eks:eu-west-1:111122223333:cluster/seen")
        // Each stands in the picture once.
        #expect(!found.workloads.contains { $0.arn.contains(":cluster/") })
        #expect(found.coverage.contains { $0.operation == "describe-cluster" && $0.resource == "seen" && $0.outcome == .notCollected })
    }

    @Test func publicImagesWarehousesClustersAndDomains() throws {
        let found = try snapshot([
            (
                "ec2.describe-images.eu-west-1",
                #"{"Images":[{"ImageId":"ami-1","Name":"base","Public":true,"BlockDeviceMappings":[{"Ebs":{"SnapshotId":"snap-1"}}]},{"ImageId":"ami-2","Public":false}]}"#
            ),
            ("ec2.describe-image-attribute.eu-west-1.ami-2", #"{"ImageId":"ami-2","LaunchPermissions":[{"UserId":"444455556666"}]}"#),
            (
                "redshift.describe-clusters.eu-west-1",
                #"{"Clusters":[{"ClusterIdentifier":"w","PubliclyAccessible":true,"Endpoint":{"Port":5439},"VpcId":"vpc-1","ClusterSubnetGroupName":"g","VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-1"}]}]}"#
            ),
            (
                "redshift.describe-cluster-subnet-groups.eu-west-1",
                #"{"ClusterSubnetGroups":[{"ClusterSubnetGroupName":"g","Subnets":[{"SubnetIdentifier":"subnet-a"}]}]}"#
            ),
            (
                "eks.describe-cluster.eu-west-1.tools",
                #"{"cluster":{"name":"tools","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/tools","resourcesVpcConfig":{"endpointPublicAccess":true,"vpcId":"vpc-1"},"identity":{"oidc":{"issuer":"https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"}}}}"#
            ),
            (
                "opensearch.describe-domains.eu-west-1",
                #"{"DomainStatusList":[{"DomainName":"logs","ARN":"arn:aws:es:eu-west-1:111122223333:domain/logs","AccessPolicies":"","AdvancedSecurityOptions":{"Enabled":true}}]}"#
            ),
        ])
        #expect(found.images.map(\.sharedWith) == [["all"], ["444455556666"]] && found.images.first?.snapshots == ["snap-1"])
        #expect(found.warehouses.first?.subnets == ["subnet-a"] && found.warehouses.first?.port == 5439)
        #expect(
            found.clusters.first?.publicRanges == ["0.0.0.0/0"] && found.clusters.first?.issuer == "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
        )
        #expect(found.searchDomains.first?.policy == nil && found.searchDomains.first?.needsLogin == true)
    }
}
