import CloudModel
import Testing

@testable import Engine

/// Whole accounts whose networks lead from the internet to a host with administrator rights, each with the one thing that closes it.
///
/// `i-front` answers to the internet and has no rights; `i-far` has those of role `boss`, and is reached from `i-front` or not at all.
@Suite struct NetworkScenarios {
    /// What a scenario changes.
    private struct Site {
        var front = Host(subnet: "subnet-a", group: "sg-front", address: "10.0.1.5", publicAddress: "198.51.100.7")
        var far = Host(subnet: "subnet-z", group: "sg-far", address: "10.1.0.5")
        var frontRules = #"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#
        var farRules = #"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"IpRanges":[{"CidrIp":"10.0.1.0/24"}]}"#
        /// The way to the internet of subnet-a.
        var gateway = #"{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":"active"}"#
        /// More routes of the VPCs.
        var there: String?
        var back: String?
        var more: [(name: String, json: String)] = []
    }
    private struct Host {
        var subnet: String
        var group: String
        var address: String
        var publicAddress: String?
        var ipv6: String?

        func json(_ id: String, _ profile: String?) -> String {
            let vpc = subnet == "subnet-z" ? "vpc-2" : "vpc-1"
            let association = publicAddress.map { #","Association":{"PublicIp":"\#($0)"}"# } ?? ""
            let six = ipv6.map { #""Ipv6Addresses":[{"Ipv6Address":"\#($0)"}],"# } ?? ""
            let role = profile.map { #""IamInstanceProfile":{"Arn":"\#(World.arn("instance-profile/\($0)"))","Id":"AIPA"},"# } ?? ""
            return
                #"{"InstanceId":"\#(id)","State":{"Code":16,"Name":"running"},"VpcId":"\#(vpc)","SubnetId":"\#(subnet)",\#(role)"MetadataOptions":{"HttpTokens":"optional","HttpEndpoint":"enabled","HttpPutResponseHopLimit":1},"Tags":[],"NetworkInterfaces":[{"NetworkInterfaceId":"eni-\#(id)","SubnetId":"\#(subnet)",\#(six)"Groups":[{"GroupId":"\#(group)"}],"PrivateIpAddresses":[{"PrivateIpAddress":"\#(address)"\#(association)}]}]}"#
        }
    }

    private static let openACL = ["0.0.0.0/0", "::/0"].enumerated().flatMap { number, range in
        [false, true].map { egress in
            #"{"RuleNumber":\#(100 + number),"Egress":\#(egress),"RuleAction":"allow","Protocol":"-1","\#(range.contains(":") ? "Ipv6CidrBlock" : "CidrBlock")":"\#(range)"}"#
        }
    }.joined(separator: ",")

    private func world(_ site: Site) throws -> World {
        var world = World()
        world.managed(World.administrator, "AdministratorAccess", World.document(World.allow(["*"])))
        world.role("boss", trust: World.trust(service: "ec2.amazonaws.com"), attached: [World.administrator], profile: true)
        func add(_ name: String, _ json: String) throws {
            guard let call = try CollectionFolder.parse(recordName: name) else { throw CollectionError(.badName, name) }
            world.record(
                call.operation.service, call.operation.operation, region: call.region, resource: call.resource, try JSONValue(parsing: json)
            )
        }
        world.instances(try JSONValue(parsing: "[\(site.front.json("i-front", nil)),\(site.far.json("i-far", "boss"))]").array ?? [])
        try add(
            "ec2.describe-vpcs.eu-west-1",
            #"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16"},{"VpcId":"vpc-2","CidrBlock":"10.1.0.0/16"}]}"#)
        try add(
            "ec2.describe-subnets.eu-west-1",
            #"{"Subnets":[{"SubnetId":"subnet-a","VpcId":"vpc-1","CidrBlock":"10.0.1.0/24"},{"SubnetId":"subnet-b","VpcId":"vpc-1","CidrBlock":"10.0.2.0/24"},{"SubnetId":"subnet-z","VpcId":"vpc-2","CidrBlock":"10.1.0.0/24"}]}"#
        )
        try add(
            "ec2.describe-internet-gateways.eu-west-1",
            #"{"InternetGateways":[{"InternetGatewayId":"igw-1","Attachments":[{"VpcId":"vpc-1","State":"available"}]}]}"#)
        let local = #"{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","State":"active"}"#
        let there = site.there.map { "," + $0 } ?? ""
        try add(
            "ec2.describe-route-tables.eu-west-1",
            #"{"RouteTables":[{"RouteTableId":"rtb-a","VpcId":"vpc-1","Associations":[{"Main":false,"SubnetId":"subnet-a"}],"Routes":[\#(local),\#(site.gateway)\#(there)]},{"RouteTableId":"rtb-1","VpcId":"vpc-1","Associations":[{"Main":true}],"Routes":[\#(local)]},{"RouteTableId":"rtb-2","VpcId":"vpc-2","Associations":[{"Main":true}],"Routes":[{"DestinationCidrBlock":"10.1.0.0/16","GatewayId":"local","State":"active"}\#(site.back.map { "," + $0 } ?? "")]}]}"#
        )
        try add(
            "ec2.describe-network-acls.eu-west-1",
            #"{"NetworkAcls":[{"NetworkAclId":"acl-1","VpcId":"vpc-1","IsDefault":true,"Associations":[{"SubnetId":"subnet-a"},{"SubnetId":"subnet-b"}],"Entries":[\#(Self.openACL)]},{"NetworkAclId":"acl-2","VpcId":"vpc-2","IsDefault":true,"Associations":[{"SubnetId":"subnet-z"}],"Entries":[\#(Self.openACL)]}]}"#
        )
        let out = #""IpPermissionsEgress":[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[{"CidrIpv6":"::/0"}]}]"#
        func group(_ id: String, _ vpc: String, _ rules: String) -> String {
            #"{"GroupId":"\#(id)","GroupName":"\#(id)","VpcId":"\#(vpc)","OwnerId":"\#(World.account)","IpPermissions":[\#(rules)],\#(out)}"#
        }
        try add(
            "ec2.describe-security-groups.eu-west-1",
            #"{"SecurityGroups":[\#(group("sg-front", "vpc-1", site.frontRules)),\#(group("sg-far", site.far.subnet == "subnet-z" ? "vpc-2" : "vpc-1", site.farRules))]}"#
        )
        for one in site.more { try add(one.name, one.json) }
        return world
    }

    /// Techniques of the path from the internet to administrator rights, every step proven again; empty when there is none.
    private func found(_ change: (inout Site) -> Void) throws -> [String] {
        var site = Site()
        change(&site)
        let collection = try world(site).collection
        let (_, outcome, evaluation) = PlanTests.planned(collection)
        #expect(outcome.plan.optimal && outcome.plan.open.isEmpty)
        #expect(throws: Never.self) { try PlanVerifier(collection, evaluation, FixCosts()).check(outcome.plan) }
        let paths = try world(site).judged().judged.paths.filter { $0.source == "internet" && $0.target == "admin:\(World.account)" }
        #expect(paths.allSatisfy { $0.confidence == .proven })
        return paths.first?.steps.map(\.technique) ?? []
    }
    private static let through = ["network-reach", "network-lateral", "instance-profile", "administrator"]
    private static let straight = ["network-reach", "instance-profile", "administrator"]

    /// A rule that lets in the internet and the next host is one change, which has a name at each step.
    @Test func aRuleThatTwoStepsRestOnIsOneChange() throws {
        let both = try found {
            $0.far = Host(subnet: "subnet-a", group: "sg-far", address: "10.0.1.9", publicAddress: "198.51.100.9")
            $0.farRules = #"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#
        }
        #expect(both == Self.straight)
    }

    // MARK: Between VPCs

    private static func peered(_ site: inout Site, state: String = "active") {
        site.there = #"{"DestinationCidrBlock":"10.1.0.0/16","VpcPeeringConnectionId":"pcx-1","State":"active"}"#
        site.back = #"{"DestinationCidrBlock":"10.0.0.0/16","VpcPeeringConnectionId":"pcx-1","State":"active"}"#
        site.more.append(
            (
                name: "ec2.describe-vpc-peering-connections.eu-west-1",
                json:
                    #"{"VpcPeeringConnections":[{"VpcPeeringConnectionId":"pcx-1","Status":{"Code":"\#(state)"},"RequesterVpcInfo":{"VpcId":"vpc-1","Region":"eu-west-1"},"AccepterVpcInfo":{"VpcId":"vpc-2","Region":"eu-west-1"}}]}"#
            ))
    }

    @Test func aPeeringLeadsOnAndWithoutItsRoutesOrRulesDoesNot() throws {
        #expect(try found { Self.peered(&$0) } == Self.through)
        #expect(try found { _ in } == [])
        #expect(try found { Self.peered(&$0, state: "deleted") } == [])
        #expect(
            try found {
                Self.peered(&$0)
                $0.back = nil
            } == [])
        #expect(
            try found {
                Self.peered(&$0)
                $0.farRules = #"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"IpRanges":[{"CidrIp":"10.0.2.0/24"}]}"#
            } == [])
        // Nobody comes in from the internet.
        #expect(
            try found {
                Self.peered(&$0)
                $0.front.publicAddress = nil
            } == [])
    }

    private static func connected(_ site: inout Site, routes: [(cidr: String, attachment: Int)]) {
        let way = #"{"DestinationCidrBlock":"10.0.0.0/8","TransitGatewayId":"tgw-1","State":"active"}"#
        site.there = way
        site.back = way
        func attachment(_ number: Int) -> String {
            #"{"TransitGatewayAttachmentId":"tgw-attach-\#(number)","TransitGatewayId":"tgw-1","ResourceType":"vpc","ResourceId":"vpc-\#(number)","State":"available","Association":{"TransitGatewayRouteTableId":"tgw-rtb-1","State":"associated"}}"#
        }
        let list = routes.map {
            #"{"DestinationCidrBlock":"\#($0.cidr)","State":"active","TransitGatewayAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-\#($0.attachment)"}]}"#
        }
        site.more += [
            (
                name: "ec2.describe-transit-gateways.eu-west-1",
                json: #"{"TransitGateways":[{"TransitGatewayId":"tgw-1","Options":{"SecurityGroupReferencingSupport":"disable"}}]}"#
            ),
            (
                name: "ec2.describe-transit-gateway-attachments.eu-west-1",
                json: #"{"TransitGatewayAttachments":[\#(attachment(1)),\#(attachment(2))]}"#
            ),
            (name: "ec2.search-transit-gateway-routes.eu-west-1.tgw-rtb-1", json: #"{"Routes":[\#(list.joined(separator: ","))]}"#),
        ]
    }

    @Test func aTransitGatewayLeadsOnWhereItsOwnTableSendsBothWays() throws {
        #expect(try found { Self.connected(&$0, routes: [("10.0.0.0/16", 1), ("10.1.0.0/16", 2)]) } == Self.through)
        #expect(try found { Self.connected(&$0, routes: [("10.1.0.0/16", 2)]) } == [])
        #expect(try found { Self.connected(&$0, routes: [("10.0.0.0/16", 1), ("10.2.0.0/16", 2)]) } == [])
        // It cannot say from which group somebody comes where it does not refer to them.
        #expect(
            try found {
                Self.connected(&$0, routes: [("10.0.0.0/16", 1), ("10.1.0.0/16", 2)])
                $0.farRules = #"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"UserIdGroupPairs":[{"GroupId":"sg-front"}]}"#
            } == [])
    }

    // MARK: Addresses

    @Test func aHostIsReachedOverIPv6AloneAndNotThroughAnEgressOnlyGateway() throws {
        func six(_ route: String, _ rule: String = #""Ipv6Ranges":[{"CidrIpv6":"::/0"}]"#) throws -> [String] {
            try found {
                $0.far = Host(subnet: "subnet-a", group: "sg-front", address: "10.0.1.9", ipv6: "2a05:d018::9")
                $0.front.publicAddress = nil
                $0.frontRules = #"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,\#(rule)}"#
                $0.gateway = route
            }
        }
        let open = #"{"DestinationIpv6CidrBlock":"::/0","GatewayId":"igw-1","State":"active"}"#
        #expect(try six(open) == Self.straight)
        #expect(try six(#"{"DestinationIpv6CidrBlock":"::/0","EgressOnlyInternetGatewayId":"eigw-1","State":"active"}"#) == [])
        #expect(try six(#"{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":"active"}"#) == [])
        #expect(try six(open, #""IpRanges":[{"CidrIp":"0.0.0.0/0"}]"#) == [])
    }

    @Test func aPrefixListOpensWhatItsRangesAre() throws {
        func list(_ ranges: String...) throws -> [String] {
            try found {
                $0.far = Host(subnet: "subnet-a", group: "sg-front", address: "10.0.1.9", publicAddress: "198.51.100.9")
                $0.frontRules = #"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"PrefixListIds":[{"PrefixListId":"pl-1"}]}"#
                $0.more = [
                    (
                        name: "ec2.describe-managed-prefix-lists.eu-west-1",
                        json: #"{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"callers"}]}"#
                    ),
                    (
                        name: "ec2.get-managed-prefix-list-entries.eu-west-1.pl-1",
                        json: #"{"Entries":[\#(ranges.map { #"{"Cidr":"\#($0)"}"# }.joined(separator: ","))]}"#
                    ),
                ]
            }
        }
        #expect(try list("0.0.0.0/0") == Self.straight)
        #expect(try list("10.0.0.0/8", "192.168.0.0/16") == [])
        #expect(try list() == [])
    }

    // MARK: Load balancers

    @Test func aClassicBalancerHandsOnToItsInstancesOnThePortThatTheyOpen() throws {
        func behind(scheme: String = "internet-facing", port: Int = 8080, source: String = "sg-front") throws -> [String] {
            try found {
                $0.front.publicAddress = nil
                $0.far = Host(subnet: "subnet-b", group: "sg-far", address: "10.0.2.5")
                $0.farRules =
                    #"{"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"UserIdGroupPairs":[{"GroupId":"\#(source)"}]}"#
                $0.more = [
                    (
                        name: "elb.describe-load-balancers.eu-west-1",
                        json:
                            #"{"LoadBalancerDescriptions":[{"LoadBalancerName":"old","Scheme":"\#(scheme)","VPCId":"vpc-1","Subnets":["subnet-a"],"SecurityGroups":["sg-front"],"Instances":[{"InstanceId":"i-far"}],"ListenerDescriptions":[{"Listener":{"Protocol":"SSL","LoadBalancerPort":443,"InstanceProtocol":"TCP","InstancePort":\#(port)}}]}]}"#
                    )
                ]
            }
        }
        #expect(try behind() == Self.straight)
        #expect(try behind(scheme: "internal") == [])
        #expect(try behind(port: 22) == [])
        #expect(try behind(source: "sg-far") == [])
    }

    @Test func aNetworkBalancerHandsOnToInstancesThatAdmitTheClient() throws {
        let balancer = "arn:aws:elasticloadbalancing:eu-west-1:\(World.account):loadbalancer/net/front/1"
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:\(World.account):listener/net/front/1/2"
        let group = "arn:aws:elasticloadbalancing:eu-west-1:\(World.account):targetgroup/back/3"
        func behind(scheme: String = "internet-facing", keeps: Bool = true, source: String = "0.0.0.0/0") throws -> [String] {
            try found {
                $0.front.publicAddress = nil
                $0.far = Host(subnet: "subnet-b", group: "sg-far", address: "10.0.2.5")
                $0.farRules = #"{"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"IpRanges":[{"CidrIp":"\#(source)"}]}"#
                $0.more = [
                    (
                        name: "elbv2.describe-load-balancers.eu-west-1",
                        json:
                            #"{"LoadBalancers":[{"LoadBalancerArn":"\#(balancer)","LoadBalancerName":"front","Scheme":"\#(scheme)","Type":"network","VpcId":"vpc-1","AvailabilityZones":[{"SubnetId":"subnet-a"}]}]}"#
                    ),
                    (
                        name: "elbv2.describe-target-groups.eu-west-1",
                        json: #"{"TargetGroups":[{"TargetGroupArn":"\#(group)","TargetType":"instance","Protocol":"TCP","Port":8080}]}"#
                    ),
                    (
                        name: "elbv2.describe-target-group-attributes.eu-west-1." + PercentEncoding.encode(group),
                        json: #"{"Attributes":[{"Key":"preserve_client_ip.enabled","Value":"\#(keeps)"}]}"#
                    ),
                    (
                        name: "elbv2.describe-listeners.eu-west-1." + PercentEncoding.encode(balancer),
                        json:
                            #"{"Listeners":[{"ListenerArn":"\#(listener)","Port":443,"Protocol":"TCP","DefaultActions":[{"Type":"forward","TargetGroupArn":"\#(group)"}]}]}"#
                    ),
                    (
                        name: "elbv2.describe-target-health.eu-west-1." + PercentEncoding.encode(group),
                        json: #"{"TargetHealthDescriptions":[{"Target":{"Id":"i-far","Port":8080},"TargetHealth":{"State":"healthy"}}]}"#
                    ),
                ]
            }
        }
        #expect(try behind() == Self.straight)
        #expect(try behind(scheme: "internal") == [])
        // Who keeps the client's address comes with it; who does not comes from inside.
        #expect(try behind(source: "10.0.0.0/16") == [])
        #expect(try behind(keeps: false, source: "10.0.0.0/16") == Self.straight)
        #expect(try behind(keeps: false, source: "192.168.0.0/16") == [])
    }

    // MARK: Search domains

    @Test func aSearchDomainIsReachedFromTheInternetByItsPolicyAndNotInsideAVPC() throws {
        let domain = "arn:aws:es:eu-west-1:\(World.account):domain/logs"
        func reached(_ who: String, _ more: String = "") throws -> [String] {
            let policy =
                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":\#(who),"Action":"es:ESHttp*","Resource":"\#(domain)/*"}]}"#
            var site = Site()
            site.more = [
                (
                    name: "opensearch.describe-domains.eu-west-1",
                    json:
                        #"{"DomainStatusList":[{"DomainName":"logs","ARN":"\#(domain)","AccessPolicies":\#(JSONValue.string(policy).canonicalText)\#(more)}]}"#
                )
            ]
            let paths = try GraphQuery(try world(site).collection).paths(from: .named("internet"), to: .named(domain)).paths
            #expect(paths.allSatisfy { $0.confidence == .proven })
            return paths.first?.steps.map(\.technique) ?? []
        }
        #expect(try reached(#"{"AWS":"*"}"#) == ["network-reach"])
        #expect(try reached(#"{"AWS":"arn:aws:iam::\#(World.account):root"}"#) == [])
        #expect(
            try reached(#"{"AWS":"*"}"#, #","VPCOptions":{"VPCId":"vpc-1","SubnetIds":["subnet-b"],"SecurityGroupIds":["sg-far"]}"#) == [])
    }

    // MARK: Images

    @Test func aPublicImageIsDataWhereTheSnapshotsInItWereNotRead() throws {
        func paths(_ permissions: JSONValue, snapshots: [JSONValue] = []) -> [String] {
            var world = World()
            world.record(
                "ec2", "describe-images", region: "eu-west-1",
                ["Images": [["ImageId": "ami-1", "Name": "customer-export", "BlockDeviceMappings": [["Ebs": ["SnapshotId": "snap-1"]]]]]])
            world.record(
                "ec2", "describe-image-attribute", region: "eu-west-1", resource: "ami-1", ["LaunchPermissions": .array([permissions])])
            world.record("ec2", "describe-snapshots", region: "eu-west-1", ["Snapshots": .array(snapshots)])
            return world.judged().judged.paths.map { path in
                "\(path.source) \(path.steps.map(\.technique)) \(path.target) \(path.confidence)"
            }
        }
        let image = "arn:aws:ec2:eu-west-1::image/ami-1"
        #expect(paths(["Group": "all"]) == ["internet [\"public-data\"] \(image) proven"])
        #expect(paths(["UserId": "444455556666"]) == ["arn:aws:iam::444455556666:root [\"foreign-access\"] \(image) proven"])
        #expect(paths(["UserId": .string(World.account)]).isEmpty)
        // What is in it counts once.
        let snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-1"
        #expect(
            paths(["Group": "all"], snapshots: [["SnapshotId": "snap-1"]]) == ["internet [\"public-data\"] \(snapshot) proven"])
    }
}
