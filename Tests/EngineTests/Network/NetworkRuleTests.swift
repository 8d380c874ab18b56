import CloudModel
import Testing

@testable import Engine

/// Each rule of the network, open and closed.
@Suite struct NetworkRuleTests {
    private func front(_ change: (inout Answers) throws -> Void) throws -> [Exposure] {
        var answers = try Answers.open()
        try change(&answers)
        return NetworkReachability(answers.snapshot).exposures().filter { $0.target.hasSuffix("instance/i-front") }
    }
    private static let groups = "ec2.describe-security-groups.eu-west-1"
    private static let tables = "ec2.describe-route-tables.eu-west-1"
    private static let instances = "ec2.describe-instances.eu-west-1"

    /// What the rule of the front's group becomes.
    private func rule(_ answers: inout Answers, _ json: String) throws {
        try answers.replace(
            Self.groups,
            #"{"FromPort":443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[],"ToPort":443,"UserIdGroupPairs":[]}"#,
            json)
    }

    @Test(arguments: [
        (#"{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#, "tcp 0-65535, udp 0-65535"),
        (#"{"IpProtocol":"udp","FromPort":53,"ToPort":53,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#, "udp 53-53"),
        (#"{"IpProtocol":"6","FromPort":22,"ToPort":23,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#, "tcp 22-23"),
        (#"{"IpProtocol":"icmp","FromPort":-1,"ToPort":-1,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#, ""),
        (#"{"IpProtocol":"58","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#, ""),
        (#"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/1"},{"CidrIp":"128.0.0.0/1"}]}"#, "tcp 443-443"),
        // Of one's own group, of the addresses of IPv6 and of a private range none is on the internet of this host.
        (#"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"UserIdGroupPairs":[{"GroupId":"sg-web"}]}"#, ""),
        (#"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"Ipv6Ranges":[{"CidrIpv6":"::/0"}]}"#, ""),
        (#"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"172.16.0.0/12"}]}"#, ""),
    ])
    func aRuleOpensWhatItSays(_ json: String, _ expected: String) throws {
        let found = try front { try rule(&$0, json) }
        #expect(found.allSatisfy { $0.confidence == .proven })
        let shown = found.map { one in
            "\(one.protocolName ?? "") " + one.ports.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
        }
        #expect(shown.sorted().joined(separator: ", ") == expected)
    }

    @Test func aPrefixListCountsByItsEntries() throws {
        func found(_ entries: String?) throws -> [Exposure] {
            try front { answers in
                try rule(&answers, #"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"PrefixListIds":[{"PrefixListId":"pl-1"}]}"#)
                guard let entries else { return }
                try answers.add(
                    "ec2.describe-managed-prefix-lists.eu-west-1", #"{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"offices"}]}"#)
                try answers.add("ec2.get-managed-prefix-list-entries.eu-west-1.pl-1", #"{"Entries":[\#(entries)]}"#)
            }
        }
        let open = try found(#"{"Cidr":"198.51.100.0/24"},{"Cidr":"10.0.0.0/8"}"#)
        #expect(
            open.map(\.conditions) == [["the connection comes from prefix list pl-1 (offices)"]] && open.first?.confidence == .conditional)
        #expect(open.first?.evidence.contains { $0.record.contains("get-managed-prefix-list-entries") } == true)
        #expect(try found(#"{"Cidr":"0.0.0.0/0"}"#).first?.confidence == .proven)
        #expect(try found(#"{"Cidr":"10.0.0.0/8"}"#).isEmpty)
        let unknown = try found(nil)
        #expect(unknown.first?.confidence == .unknown && unknown.first?.missing == ["the ranges of prefix list pl-1"])
    }

    @Test func ipv6HasItsOwnRulesRoutesAndGateways() throws {
        let open = #"{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":"active"}"#
        func found(route: String, rule: String = #"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"Ipv6Ranges":[{"CidrIpv6":"::/0"}]}"#)
            throws -> [Exposure]
        {
            try front { answers in
                try self.rule(&answers, rule)
                try answers.replace(
                    Self.instances, #""PrivateIpAddresses":[{"Association":{"PublicIp":"198.51.100.7"},"PrivateIpAddress":"10.0.1.5"}]"#,
                    #""Ipv6Addresses":[{"Ipv6Address":"2a05:d018::5"}]"#)
                if route != open {
                    try answers.replace(Self.tables, open, route)
                }
                try answers.replace(
                    "ec2.describe-network-acls.eu-west-1", #""Entries":["#,
                    #""Entries":[{"RuleNumber":101,"Egress":false,"RuleAction":"allow","Protocol":"-1","Ipv6CidrBlock":"::/0"},{"RuleNumber":101,"Egress":true,"RuleAction":"allow","Protocol":"-1","Ipv6CidrBlock":"::/0"},"#
                )
            }
        }
        #expect(try found(route: #"{"DestinationIpv6CidrBlock":"::/0","GatewayId":"igw-1","State":"active"}"#).first?.confidence == .proven)
        // An egress-only gateway lets nothing in, a route for IPv4 is none for IPv6, and neither is a rule.
        #expect(try found(route: #"{"DestinationIpv6CidrBlock":"::/0","EgressOnlyInternetGatewayId":"eigw-1","State":"active"}"#).isEmpty)
        #expect(try found(route: open).isEmpty)
        #expect(
            try found(
                route: #"{"DestinationIpv6CidrBlock":"::/0","GatewayId":"igw-1","State":"active"}"#,
                rule: #"{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#
            ).isEmpty)
    }

    @Test func aBlockOfPublicAccessClosesWhatItDoesNotExcept() throws {
        func found(_ mode: String, _ exclusions: String = "") throws -> [Exposure] {
            try front { answers in
                try answers.add(
                    "ec2.describe-vpc-block-public-access-options.eu-west-1",
                    #"{"VpcBlockPublicAccessOptions":{"InternetGatewayBlockMode":"\#(mode)"}}"#)
                try answers.add(
                    "ec2.describe-vpc-block-public-access-exclusions.eu-west-1", #"{"VpcBlockPublicAccessExclusions":[\#(exclusions)]}"#)
            }
        }
        func excluded(_ resource: String, _ mode: String) -> String {
            #"{"ResourceArn":"arn:aws:ec2:eu-west-1:111122223333:\#(resource)","State":"create-complete","InternetGatewayExclusionMode":"\#(mode)"}"#
        }
        #expect(try found("off").first?.confidence == .proven)
        #expect(try found("block-ingress").isEmpty)
        #expect(try found("block-bidirectional").isEmpty)
        let open = try found("block-bidirectional", excluded("subnet/subnet-a", "allow-bidirectional"))
        #expect(open.first?.confidence == .proven && open.first?.evidence.contains { $0.record.contains("block-public-access") } == true)
        #expect(try found("block-ingress", excluded("vpc/vpc-1", "allow-bidirectional")).first?.confidence == .proven)
        #expect(try found("block-ingress", excluded("vpc/vpc-1", "allow-egress")).isEmpty)
        #expect(try found("block-ingress", excluded("subnet/subnet-b", "allow-bidirectional")).isEmpty)
    }

    @Test func theMostSpecificRouteDecides() throws {
        func found(_ route: String) throws -> [Exposure] {
            try front { try $0.replace(Self.tables, #"{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":"active"}"#, route) }
        }
        let gateway = #"{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":"active"}"#
        #expect(
            try found(gateway + #",{"DestinationCidrBlock":"0.0.0.0/1","NatGatewayId":"nat-1","State":"active"}"#).first?.confidence
                == .conditional)
        #expect(
            try found(
                gateway
                    + #",{"DestinationCidrBlock":"0.0.0.0/1","NatGatewayId":"nat-1","State":"active"},{"DestinationCidrBlock":"128.0.0.0/1","TransitGatewayId":"tgw-1","State":"active"}"#
            ).isEmpty)
        #expect(try found(#"{"DestinationCidrBlock":"0.0.0.0/0","TransitGatewayId":"tgw-1","State":"active"}"#).isEmpty)
        // The main table counts where a subnet has none of its own.
        #expect(
            try front {
                try $0.replace(Self.tables, #""SubnetId":"subnet-a""#, #""SubnetId":"subnet-z""#)
                try $0.replace(Self.tables, #"{"Main":true}"#, #"{"Main":false}"#)
                try $0.replace(Self.tables, #"{"Main":false,"SubnetId":"subnet-z"}"#, #"{"Main":true}"#)
            }.first?.confidence == .proven)
    }

    @Test func anApplianceInTheWayIsACondition() throws {
        let machine = #"{"DestinationCidrBlock":"0.0.0.0/0","NetworkInterfaceId":"eni-9","State":"active"}"#
        let firewall = #"{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"vpce-9","State":"active"}"#
        let edge =
            #"{"RouteTableId":"rtb-edge","VpcId":"vpc-1","Associations":[{"GatewayId":"igw-1","AssociationState":{"State":"associated"}}],"Routes":[{"DestinationCidrBlock":"10.0.1.0/24","GatewayId":"vpce-9","State":"active"}]},"#
        func found(_ route: String, edge: String = "") throws -> [Exposure] {
            try front {
                try $0.replace(Self.tables, #"{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":"active"}"#, route)
                if !edge.isEmpty { try $0.replace(Self.tables, #""RouteTables":["#, #""RouteTables":["# + edge) }
            }
        }
        #expect(try found(machine).first?.conditions == ["eni-9, which the traffic passes, lets it through"])
        #expect(try found(firewall, edge: edge).first?.conditions == ["vpce-9, which the traffic passes, lets it through"])
        // A firewall that did not see the connection come in lets no answer out.
        #expect(try found(firewall).isEmpty)
    }

    @Test func interfacesOfTheirOwnAreFoundAndThoseOfGatewaysAreNot() throws {
        func found(_ type: String, _ text: String, _ address: String = #""Association":{"PublicIp":"198.51.100.9"},"#) throws -> [Exposure]
        {
            var answers = try Answers.open()
            try answers.add(
                "ec2.describe-network-interfaces.eu-west-1",
                #"{"NetworkInterfaces":[{"NetworkInterfaceId":"eni-7","InterfaceType":"\#(type)","Description":"\#(text)",\#(address)"VpcId":"vpc-1","SubnetId":"subnet-a","Groups":[{"GroupId":"sg-web"}]}]}"#
            )
            return NetworkReachability(answers.snapshot).exposures().filter { $0.target.hasSuffix("network-interface/eni-7") }
        }
        #expect(try found("interface", "arn:aws:ecs:eu-west-1:111122223333:attachment/x").first?.confidence == .proven)
        #expect(try found("interface", "ELB app/front/1").isEmpty)
        #expect(try found("nat_gateway", "Interface for NAT Gateway nat-1").isEmpty)
        #expect(try found("interface", "task", "").isEmpty)
    }

    @Test func anAddressThatOnlyItsOwnAnswerTellsOfCounts() throws {
        var answers = try Answers.open()
        try answers.add(
            "ec2.describe-network-interfaces.eu-west-1",
            #"{"NetworkInterfaces":[{"NetworkInterfaceId":"eni-7","InterfaceType":"interface","VpcId":"vpc-1","SubnetId":"subnet-a","Groups":[{"GroupId":"sg-web"}]}]}"#
        )
        try answers.add(
            "ec2.describe-addresses.eu-west-1",
            #"{"Addresses":[{"PublicIp":"198.51.100.9","NetworkInterfaceId":"eni-7","InstanceId":""},{"PublicIp":"198.51.100.8","NetworkInterfaceId":""}]}"#
        )
        #expect(NetworkReachability(answers.snapshot).exposures().contains { $0.target.hasSuffix("network-interface/eni-7") })
    }

    @Test func warehousesAndKubernetesApisFaceTheInternetWhereTheySaySo() throws {
        func targets(_ warehouse: String, _ cluster: String) throws -> [String] {
            var answers = try Answers.open()
            try answers.add(
                "redshift.describe-clusters.eu-west-1",
                #"{"Clusters":[{"ClusterIdentifier":"w","PubliclyAccessible":\#(warehouse),"Endpoint":{"Port":443},"VpcId":"vpc-1","ClusterSubnetGroupName":"g","VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-web"}]}]}"#
            )
            try answers.add(
                "redshift.describe-cluster-subnet-groups.eu-west-1",
                #"{"ClusterSubnetGroups":[{"ClusterSubnetGroupName":"g","Subnets":[{"SubnetIdentifier":"subnet-a"}]}]}"#)
            try answers.add(
                "eks.describe-cluster.eu-west-1.k",
                #"{"cluster":{"name":"k","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/k","resourcesVpcConfig":{\#(cluster)}}}"#)
            return NetworkReachability(answers.snapshot).exposures().filter {
                $0.target.contains(":eks:") || $0.target.contains(":redshift:")
            }
            .map { "\($0.target.suffix(1)) \($0.confidence.rawValue)" }
        }
        #expect(try targets("true", #""endpointPublicAccess":true,"publicAccessCidrs":["0.0.0.0/0"]"#) == ["k proven", "w proven"])
        #expect(try targets("false", #""endpointPublicAccess":true,"publicAccessCidrs":["198.51.100.0/24"]"#) == ["k conditional"])
        #expect(try targets("false", #""endpointPublicAccess":false"#) == [])
        // Left out, the ranges are everyone's (EKS API Reference, VpcConfigRequest); none at all says nothing.
        #expect(try targets("false", #""endpointPublicAccess":true"#) == ["k proven"])
        #expect(try targets("false", #""endpointPublicAccess":true,"publicAccessCidrs":[]"#) == ["k unknown"])
    }
}
