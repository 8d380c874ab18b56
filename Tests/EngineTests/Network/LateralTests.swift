import CloudModel
import Testing

@testable import Engine

/// Who reaches whom inside the networks.
@Suite struct LateralTests {
    /// A network: what stands in it, and what its rules say.
    struct Network {
        /// Groups and their inbound rules.
        var groups: [(id: String, vpc: String, rules: String)] = [
            ("sg-web", "vpc-1", ""),
            ("sg-app", "vpc-1", #"{"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"UserIdGroupPairs":[{"GroupId":"sg-web"}]}"#),
            ("sg-db", "vpc-1", #"{"IpProtocol":"tcp","FromPort":5432,"ToPort":5432,"UserIdGroupPairs":[{"GroupId":"sg-app"}]}"#),
        ]
        /// Instances: group, subnet, address.
        var instances: [(id: String, group: String, subnet: String, address: String)] = [
            ("i-web", "sg-web", "subnet-a", "10.0.1.5"), ("i-app", "sg-app", "subnet-b", "10.0.2.5"),
        ]
        var subnets: [(id: String, vpc: String, cidr: String)] = [
            ("subnet-a", "vpc-1", "10.0.1.0/24"), ("subnet-b", "vpc-1", "10.0.2.0/24"), ("subnet-z", "vpc-2", "10.1.0.0/24"),
        ]
        var egress = #"{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#
        var egressOfWeb: String?
        var acl =
            #"{"RuleNumber":100,"Egress":false,"RuleAction":"allow","Protocol":"-1","CidrBlock":"0.0.0.0/0"},{"RuleNumber":100,"Egress":true,"RuleAction":"allow","Protocol":"-1","CidrBlock":"0.0.0.0/0"}"#
        var aclOfB: String?
        /// More routes by VPC.
        var routes: [String: String] = [:]
        var more: [(name: String, json: String)] = []
        var leavesOut: [String] = []
    }

    private func reach(_ change: (inout Network) -> Void = { _ in }) throws -> LateralReach {
        var network = Network()
        change(&network)
        var answers = Answers()
        func list(_ items: [String]) -> String { items.joined(separator: ",") }
        try answers.add(
            "ec2.describe-vpcs.eu-west-1",
            #"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16"},{"VpcId":"vpc-2","CidrBlock":"10.1.0.0/16"}]}"#)
        try answers.add(
            "ec2.describe-subnets.eu-west-1",
            #"{"Subnets":[\#(list(network.subnets.map { #"{"SubnetId":"\#($0.id)","VpcId":"\#($0.vpc)","CidrBlock":"\#($0.cidr)"}"# }))]}"#)
        try answers.add(
            "ec2.describe-security-groups.eu-west-1",
            #"{"SecurityGroups":[\#(list(network.groups.map { group in #"{"GroupId":"\#(group.id)","GroupName":"\#(group.id)","VpcId":"\#(group.vpc)","IpPermissions":[\#(group.rules)],"IpPermissionsEgress":[\#(group.id == "sg-web" ? network.egressOfWeb ?? network.egress : network.egress)]}"# }))]}"#
        )
        try answers.add(
            "ec2.describe-instances.eu-west-1",
            #"{"Reservations":[{"Instances":[\#(list(network.instances.map { one in #"{"InstanceId":"\#(one.id)","State":{"Name":"running"},"VpcId":"\#(network.subnets.first { $0.id == one.subnet }?.vpc ?? "")","NetworkInterfaces":[{"NetworkInterfaceId":"eni-\#(one.id)","SubnetId":"\#(one.subnet)","Groups":[{"GroupId":"\#(one.group)"}],"PrivateIpAddress":"\#(one.address)"}]}"# }))]}]}"#
        )
        try answers.add(
            "ec2.describe-route-tables.eu-west-1",
            #"{"RouteTables":[\#(list(["vpc-1", "vpc-2"].map { vpc in #"{"RouteTableId":"rtb-\#(vpc)","VpcId":"\#(vpc)","Associations":[{"Main":true}],"Routes":[{"DestinationCidrBlock":"\#(vpc == "vpc-1" ? "10.0.0.0/16" : "10.1.0.0/16")","GatewayId":"local","State":"active"}\#(network.routes[vpc].map { "," + $0 } ?? "")]}"# }))]}"#
        )
        try answers.add(
            "ec2.describe-network-acls.eu-west-1",
            #"{"NetworkAcls":[{"NetworkAclId":"acl-1","VpcId":"vpc-1","IsDefault":true,"Entries":[\#(network.acl)]},{"NetworkAclId":"acl-2","VpcId":"vpc-2","IsDefault":true,"Entries":[\#(network.acl)]}\#(network.aclOfB.map { #",{"NetworkAclId":"acl-b","VpcId":"vpc-1","IsDefault":false,"Associations":[{"SubnetId":"subnet-b"}],"Entries":[\#($0)]}"# } ?? "")]}"#
        )
        try answers.add(
            "rds.describe-db-instances.eu-west-1",
            #"{"DBInstances":[{"DBInstanceIdentifier":"db","DBInstanceArn":"arn:aws:rds:eu-west-1:111122223333:db:db","PubliclyAccessible":false,"Endpoint":{"Port":5432},"DBSubnetGroup":{"VpcId":"vpc-1","Subnets":[{"SubnetIdentifier":"subnet-a"}]},"VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-db"}]}]}"#
        )
        for one in network.more { try answers.add(one.name, one.json) }
        for name in network.leavesOut { answers.remove(name) }
        return LateralReach(answers.snapshot)
    }
    /// `from to ports confidence` of each link, by the first host of each end.
    private func links(_ reach: LateralReach) -> [String] {
        reach.links.map { link in
            func name(_ segment: Int) -> String { reach.hosts[reach.segments[segment].members[0]].label }
            let confidence = NetworkReachability.confidence(link.missing, link.conditions)
            return "\(name(link.from)) \(name(link.to)) \(link.ports.text) \(confidence.rawValue)"
        }.sorted()
    }

    @Test func groupsThatNameEachOtherLinkTheirHosts() throws {
        #expect(links(try reach()) == ["i-app db port 5432 proven", "i-web i-app port 8080 proven"])
        let link = try #require(try reach().links.first)
        #expect(link.via == ["sg-app"] && link.evidence.contains { $0.record.hasSuffix("describe-security-groups.eu-west-1") })
    }

    @Test func aGroupLinksItsOwnHostsOnlyWhereItNamesItself() throws {
        func pair(_ rules: String) throws -> [String] {
            links(
                try reach {
                    $0.groups = [("sg-web", "vpc-1", rules)]
                    $0.instances = [("i-1", "sg-web", "subnet-a", "10.0.1.5"), ("i-2", "sg-web", "subnet-a", "10.0.1.6")]
                })
        }
        #expect(try pair(#"{"IpProtocol":"-1","UserIdGroupPairs":[{"GroupId":"sg-web"}]}"#) == ["i-1 i-1 all ports proven"])
        #expect(try pair(#"{"IpProtocol":"icmp","FromPort":-1,"ToPort":-1,"UserIdGroupPairs":[{"GroupId":"sg-web"}]}"#) == [])
        #expect(try pair("") == [])
    }

    @Test func rangesCountByWhereTheHostsAre() throws {
        func found(_ range: String) throws -> Bool {
            links(
                try reach {
                    $0.groups[1].rules = #"{"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"IpRanges":[{"CidrIp":"\#(range)"}]}"#
                }
            ).contains("i-web i-app port 8080 proven")
        }
        #expect(try found("10.0.1.0/24"))
        #expect(try found("0.0.0.0/0"))
        #expect(try found("10.0.1.5/32"))
        #expect(!(try found("10.0.1.6/32")))
        #expect(!(try found("10.0.2.0/24")))
    }

    @Test func whatMayNotLeaveDoesNotArrive() throws {
        func web(_ egress: String) throws -> [String] { links(try reach { $0.egressOfWeb = egress }).filter { $0.hasPrefix("i-web") } }
        #expect(
            try web(#"{"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"UserIdGroupPairs":[{"GroupId":"sg-app"}]}"#) == [
                "i-web i-app port 8080 proven"
            ])
        #expect(try web(#"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#) == [])
        #expect(try web(#"{"IpProtocol":"-1","IpRanges":[{"CidrIp":"10.0.1.0/24"}]}"#) == [])
        #expect(try web("") == [])
    }

    @Test func anAclBetweenSubnetsDecidesBothWays() throws {
        func web(_ entries: String) throws -> [String] { links(try reach { $0.aclOfB = entries }).filter { $0.hasPrefix("i-web") } }
        func entry(_ number: Int, _ egress: Bool, _ action: String, _ cidr: String = "0.0.0.0/0") -> String {
            #"{"RuleNumber":\#(number),"Egress":\#(egress),"RuleAction":"\#(action)","Protocol":"-1","CidrBlock":"\#(cidr)"}"#
        }
        let open = [entry(100, false, "allow"), entry(100, true, "allow")]
        #expect(try web(open.joined(separator: ",")) == ["i-web i-app port 8080 proven"])
        #expect(try web(([entry(50, false, "deny", "10.0.1.0/24")] + open).joined(separator: ",")) == [])
        #expect(try web(([entry(50, true, "deny", "10.0.1.0/24")] + open).joined(separator: ",")) == [])
        #expect(try web(([entry(50, false, "deny", "10.0.9.0/24")] + open).joined(separator: ",")) == ["i-web i-app port 8080 proven"])
    }

    @Test func whatWasNotCollectedIsUnknown() throws {
        #expect(links(try reach { $0.leavesOut = ["ec2.describe-network-acls"] }).contains("i-web i-app port 8080 unknown"))
        let blind = try reach { $0.leavesOut = ["ec2.describe-security-groups"] }
        #expect(blind.links.isEmpty && blind.unknown == ["111122223333 eu-west-1"])
    }

    @Test func aLoadBalancerOfTheNetworkHandsOn() throws {
        let balancer = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/inner/1"
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/inner/1/2"
        let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/app/3"
        func found(from: String = "sg-web", to: String = "sg-inner", scheme: String = "internal") throws -> [String] {
            let reach = try reach { network in
                network.groups = [
                    ("sg-web", "vpc-1", ""),
                    ("sg-inner", "vpc-1", #"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"UserIdGroupPairs":[{"GroupId":"\#(from)"}]}"#),
                    ("sg-app", "vpc-1", #"{"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"UserIdGroupPairs":[{"GroupId":"\#(to)"}]}"#),
                    ("sg-db", "vpc-1", ""), ("sg-other", "vpc-1", ""),
                ]
                network.more = [
                    (
                        "elbv2.describe-load-balancers.eu-west-1",
                        #"{"LoadBalancers":[{"LoadBalancerArn":"\#(balancer)","LoadBalancerName":"inner","Scheme":"\#(scheme)","Type":"application","VpcId":"vpc-1","SecurityGroups":["sg-inner"],"AvailabilityZones":[{"SubnetId":"subnet-a"},{"SubnetId":"subnet-b"}]}]}"#
                    ),
                    (
                        "elbv2.describe-target-groups.eu-west-1",
                        #"{"TargetGroups":[{"TargetGroupArn":"\#(group)","TargetType":"instance","Port":8080}]}"#
                    ),
                    (
                        "elbv2.describe-listeners.eu-west-1." + PercentEncoding.encode(balancer),
                        #"{"Listeners":[{"ListenerArn":"\#(listener)","Port":443,"Protocol":"HTTPS","DefaultActions":[{"Type":"forward","TargetGroupArn":"\#(group)"}]}]}"#
                    ),
                    ("elbv2.describe-rules.eu-west-1." + PercentEncoding.encode(listener), #"{"Rules":[]}"#),
                    (
                        "elbv2.describe-target-health.eu-west-1." + PercentEncoding.encode(group),
                        #"{"TargetHealthDescriptions":[{"Target":{"Id":"i-app","Port":8080}}]}"#
                    ),
                ]
            }
            #expect(reach.behind.values.allSatisfy { $0.map(\.target).allSatisfy { $0.hasSuffix("i-app") } })
            return links(reach)
        }
        #expect(try found() == ["i-web inner port 443 proven"])
        #expect(try found(from: "sg-other") == [])
        #expect(try found(to: "sg-other") == [])
        // What faces the internet is no way inside.
        #expect(try found(scheme: "internet-facing") == [])
    }

    // MARK: Between VPCs

    private static let peering =
        #"{"VpcPeeringConnections":[{"VpcPeeringConnectionId":"pcx-1","Status":{"Code":"STATE"},"RequesterVpcInfo":{"VpcId":"vpc-1","Region":"eu-west-1"},"AccepterVpcInfo":{"VpcId":"vpc-2","Region":"REGION"}}]}"#

    private func across(
        there: String? = #"{"DestinationCidrBlock":"10.1.0.0/16","VpcPeeringConnectionId":"pcx-1","State":"active"}"#,
        back: String? = #"{"DestinationCidrBlock":"10.0.0.0/16","VpcPeeringConnectionId":"pcx-1","State":"active"}"#,
        state: String = "active", region: String = "eu-west-1",
        rules: String = #"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"UserIdGroupPairs":[{"GroupId":"sg-web"}]}"#,
        more: [(String, String)]? = nil
    ) throws -> [String] {
        links(
            try reach { network in
                network.groups.append(("sg-far", "vpc-2", rules))
                network.instances.append(("i-far", "sg-far", "subnet-z", "10.1.0.5"))
                network.routes["vpc-1"] = there
                network.routes["vpc-2"] = back
                network.more =
                    (more ?? [
                        (
                            "ec2.describe-vpc-peering-connections.eu-west-1",
                            Self.peering.replacing("STATE", with: state).replacing("REGION", with: region)
                        )
                    ]).map { (name: $0.0, json: $0.1) }
            }
        ).filter { $0.contains("i-far") }
    }

    @Test func aPeeringNeedsRoutesThereAndBack() throws {
        #expect(try across() == ["i-web i-far port 22 proven"])
        #expect(try across(there: nil) == [])
        #expect(try across(back: nil) == [])
        #expect(try across(state: "deleted") == [])
        #expect(try across(there: #"{"DestinationCidrBlock":"10.1.0.0/16","VpcPeeringConnectionId":"pcx-1","State":"blackhole"}"#) == [])
        // Groups cannot be named over a peering between regions; addresses can.
        #expect(try across(region: "us-east-1") == [])
        let range = #"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"IpRanges":[{"CidrIp":"10.0.1.0/24"}]}"#
        #expect(try across(region: "us-east-1", rules: range) == ["i-web i-far port 22 proven"])
    }

    @Test func aTransitGatewayNeedsRoutesOfItsOwn() throws {
        let there = #"{"DestinationCidrBlock":"10.0.0.0/8","TransitGatewayId":"tgw-1","State":"active"}"#
        let range = #"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"IpRanges":[{"CidrIp":"10.0.1.0/24"}]}"#
        func attachment(_ id: String, _ vpc: String) -> String {
            #"{"TransitGatewayAttachmentId":"\#(id)","TransitGatewayId":"tgw-1","ResourceType":"vpc","ResourceId":"\#(vpc)","State":"available","Association":{"TransitGatewayRouteTableId":"tgw-rtb-1","State":"associated"}}"#
        }
        func route(_ cidr: String, _ id: String) -> String {
            #"{"DestinationCidrBlock":"\#(cidr)","State":"active","TransitGatewayAttachments":[{"TransitGatewayAttachmentId":"\#(id)"}]}"#
        }
        func found(_ routes: [String]?, rules: String? = nil, refers: String = "disable") throws -> [String] {
            var more = [
                (
                    "ec2.describe-transit-gateways.eu-west-1",
                    #"{"TransitGateways":[{"TransitGatewayId":"tgw-1","Options":{"SecurityGroupReferencingSupport":"\#(refers)"}}]}"#
                ),
                (
                    "ec2.describe-transit-gateway-attachments.eu-west-1",
                    #"{"TransitGatewayAttachments":[\#(attachment("tgw-attach-1", "vpc-1")),\#(attachment("tgw-attach-2", "vpc-2"))]}"#
                ),
            ]
            if let routes {
                more.append(("ec2.search-transit-gateway-routes.eu-west-1.tgw-rtb-1", #"{"Routes":[\#(routes.joined(separator: ","))]}"#))
            }
            return try across(there: there, back: there, rules: rules ?? range, more: more)
        }
        let both = [route("10.0.0.0/16", "tgw-attach-1"), route("10.1.0.0/16", "tgw-attach-2")]
        #expect(try found(both) == ["i-web i-far port 22 proven"])
        #expect(try found([both[1]]) == [])
        #expect(try found(both + [#"{"DestinationCidrBlock":"10.1.0.0/24","State":"blackhole"}"#]) == [])
        #expect(try found(nil) == ["i-web i-far port 22 unknown"])
        let named = #"{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"UserIdGroupPairs":[{"GroupId":"sg-web"}]}"#
        #expect(try found(both, rules: named) == [])
        #expect(try found(both, rules: named, refers: "enable") == ["i-web i-far port 22 proven"])
    }

    // MARK: In the graph

    @Test func manyHostsStandBehindTwoNodes() throws {
        var answers = Answers()
        let hosts = (1...40).map { n in
            #"{"InstanceId":"i-\#(n)","State":{"Name":"running"},"VpcId":"vpc-1","NetworkInterfaces":[{"NetworkInterfaceId":"eni-\#(n)","SubnetId":"subnet-a","Groups":[{"GroupId":"sg-all"}],"PrivateIpAddress":"10.0.1.\#(n)"}]}"#
        }
        try answers.add(
            "ec2.describe-subnets.eu-west-1", #"{"Subnets":[{"SubnetId":"subnet-a","VpcId":"vpc-1","CidrBlock":"10.0.1.0/24"}]}"#)
        try answers.add(
            "ec2.describe-security-groups.eu-west-1",
            #"{"SecurityGroups":[{"GroupId":"sg-all","GroupName":"all","VpcId":"vpc-1","IpPermissions":[{"IpProtocol":"-1","UserIdGroupPairs":[{"GroupId":"sg-all"}]}],"IpPermissionsEgress":[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]}]}"#
        )
        try answers.add(
            "ec2.describe-network-acls.eu-west-1",
            #"{"NetworkAcls":[{"NetworkAclId":"acl-1","VpcId":"vpc-1","IsDefault":true,"Entries":[{"RuleNumber":100,"Egress":false,"RuleAction":"allow","Protocol":"-1","CidrBlock":"0.0.0.0/0"},{"RuleNumber":100,"Egress":true,"RuleAction":"allow","Protocol":"-1","CidrBlock":"0.0.0.0/0"}]}]}"#
        )
        try answers.add("ec2.describe-instances.eu-west-1", #"{"Reservations":[{"Instances":[\#(hosts.joined(separator: ","))]}]}"#)
        let graph = Evaluation(answers.snapshot).graph
        let lateral = graph.edges.filter { ["network-lateral", "network-segment"].contains(graph.technique(of: $0)) }
        // Forty in, forty out, and the one between.
        #expect(lateral.count == 81)
        #expect(graph.nodes.filter { $0.kind == .network }.count == 2)
        #expect(lateral.allSatisfy { !graph.proof(of: $0).citations.isEmpty })
    }

    @Test func theWayFromTheInternetThroughTheNetworkToTheDatabaseIsToldAndUnlikely() throws {
        var answers = try Answers.open()
        try answers.replace("rds.describe-db-instances.eu-west-1", #""PubliclyAccessible":true"#, #""PubliclyAccessible":false"#)
        try answers.replace("rds.describe-db-instances.eu-west-1", #""Port":443"#, #""Port":8080"#)
        try answers.replace("rds.describe-db-instances.eu-west-1", "sg-web", "sg-back")
        let evaluation = Evaluation(answers.snapshot)
        let path = evaluation.judged().paths.first { $0.source == "internet" && $0.target.hasSuffix("db:db") }
        #expect(path?.steps.map(\.technique) == ["network-reach", "network-lateral"])
        #expect(path?.steps.last?.from.hasSuffix("i-front") == true)
        #expect(path.map { $0.severity < .medium } == true)
        // Without the rule there is none.
        try answers.replace(
            "ec2.describe-security-groups.eu-west-1", #""UserIdGroupPairs":[{"GroupId":"sg-web"}]"#, #""UserIdGroupPairs":[]"#)
        #expect(!Evaluation(answers.snapshot).judged().paths.contains { $0.target.hasSuffix("db:db") })
    }
}
