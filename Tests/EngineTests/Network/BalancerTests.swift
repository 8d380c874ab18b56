import CloudModel
import Testing

@testable import Engine

/// What stands behind load balancers, and what keeps it from being reached.
@Suite struct BalancerTests {
    private static let balancer = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/front/1"
    private static let listener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/front/1/2"
    private static let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/back/3"
    private static let listeners = "elbv2.describe-listeners.eu-west-1." + PercentEncoding.encode(balancer)
    private static let rules = "elbv2.describe-rules.eu-west-1." + PercentEncoding.encode(listener)
    private static let balancers = "elbv2.describe-load-balancers.eu-west-1"
    private static let groups = "ec2.describe-security-groups.eu-west-1"

    private func exposures(_ change: (inout Answers) throws -> Void) throws -> [Exposure] {
        var answers = try Answers.open()
        try change(&answers)
        return NetworkReachability(answers.snapshot).exposures()
    }
    private func back(_ change: (inout Answers) throws -> Void) throws -> [Exposure] {
        try exposures(change).filter { $0.target.hasSuffix("instance/i-back") }
    }

    @Test(arguments: [#"{"Type":"fixed-response"}"#, #"{"Type":"redirect"}"#])
    func aListenerThatAnswersItselfLeadsNowhere(_ action: String) throws {
        #expect(
            try back {
                try $0.replace(Self.listeners, #"{"TargetGroupArn":"\#(Self.group)","Type":"forward"}"#, action)
            }.isEmpty)
    }

    @Test func aRuleOpensWhatTheDefaultDoesNot() throws {
        func found(_ rule: String) throws -> [Exposure] {
            try back {
                try $0.replace(Self.listeners, #"{"TargetGroupArn":"\#(Self.group)","Type":"forward"}"#, #"{"Type":"fixed-response"}"#)
                try $0.replace(Self.rules, #""Rules":[]"#, #""Rules":[\#(rule)]"#)
            }
        }
        let forward =
            #""Actions":[{"Type":"forward","Order":2,"ForwardConfig":{"TargetGroups":[{"TargetGroupArn":"\#(Self.group)","Weight":1}]}}]"#
        #expect(
            try found(#"{"Priority":"1","Conditions":[{"Field":"path-pattern","Values":["/api/*"]}],\#(forward)}"#).first?.confidence
                == .proven)
        let office = try found(
            #"{"Priority":"1","Conditions":[{"Field":"source-ip","SourceIpConfig":{"Values":["198.51.100.0/24"]}}],\#(forward)}"#)
        #expect(office.first?.conditions == ["the connection comes from 198.51.100.0/24"])
        let login = try found(
            #"{"Priority":"1","Conditions":[],"Actions":[{"Type":"authenticate-cognito","Order":1,"AuthenticateCognitoConfig":{"OnUnauthenticatedRequest":"deny"}},{"Type":"forward","Order":2,"TargetGroupArn":"\#(Self.group)"}]}"#
        )
        #expect(login.first?.confidence == .conditional && login.first?.conditions == ["the client signs in at the listener"])
        let open = try found(
            #"{"Priority":"1","Conditions":[],"Actions":[{"Type":"authenticate-cognito","Order":1,"AuthenticateCognitoConfig":{"OnUnauthenticatedRequest":"allow"}},{"Type":"forward","Order":2,"TargetGroupArn":"\#(Self.group)"}]}"#
        )
        #expect(open.first?.confidence == .proven)
        #expect(
            try found(
                #"{"Priority":"1","Conditions":[],"Actions":[{"Type":"forward","ForwardConfig":{"TargetGroups":[{"TargetGroupArn":"\#(Self.group)","Weight":0}]}}]}"#
            ).isEmpty)
        // Nothing gets past a rule that takes all.
        #expect(
            try found(
                #"{"Priority":"1","Conditions":[{"Field":"path-pattern","Values":["*"]}],"Actions":[{"Type":"redirect"}]},{"Priority":"2","Conditions":[{"Field":"path-pattern","Values":["/api/*"]}],\#(forward)}"#
            ).isEmpty)
    }

    @Test func aNetworkLoadBalancerShowsTheClientsAddressToInstances() throws {
        func found(_ source: String, attribute: String? = nil) throws -> [Exposure] {
            try back { answers in
                try answers.replace(Self.balancers, #""SecurityGroups":["sg-web"],"#, "")
                try answers.replace(Self.balancers, #""Type":"application""#, #""Type":"network""#)
                try answers.replace(Self.listeners, "HTTPS", "TLS")
                try answers.replace(
                    Self.groups, #""IpRanges":[],"ToPort":8080,"UserIdGroupPairs":[{"GroupId":"sg-web"}]"#,
                    #""IpRanges":[{"CidrIp":"\#(source)"}],"ToPort":8080"#)
                if let attribute {
                    try answers.add(
                        "elbv2.describe-target-group-attributes.eu-west-1." + PercentEncoding.encode(Self.group),
                        #"{"Attributes":[{"Key":"preserve_client_ip.enabled","Value":"\#(attribute)"}]}"#)
                }
            }
        }
        #expect(try found("0.0.0.0/0").first?.confidence == .proven)
        let inside = try found("10.0.0.0/16")
        #expect(inside.first?.conditions == ["the target group does not keep the client's address"])
        #expect(try found("10.0.0.0/16", attribute: "true").isEmpty)
        #expect(try found("10.0.0.0/16", attribute: "false").first?.confidence == .proven)
        #expect(try found("192.168.0.0/16", attribute: "false").isEmpty)
        let office = try found("198.51.100.0/24", attribute: "true")
        #expect(office.first?.conditions == ["the connection comes from an address that sg-back admits"])
    }

    @Test func aNetworkLoadBalancerMayPutAnApplicationOneInFront() throws {
        let inner = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/inner/5"
        let innerListener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/inner/5/6"
        let chain = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/chain/7"
        func found(_ scheme: String, _ source: String) throws -> [String] {
            try exposures { answers in
                try answers.replace(
                    Self.balancers, #""LoadBalancers":["#,
                    #""LoadBalancers":[{"LoadBalancerArn":"\#(inner)","LoadBalancerName":"inner","Scheme":"internal","Type":"application","VpcId":"vpc-1","SecurityGroups":["sg-inner"],"AvailabilityZones":[{"SubnetId":"subnet-b"}]},"#
                )
                try answers.replace(
                    Self.balancers, #""Scheme":"internet-facing","SecurityGroups":["sg-web"],"Type":"application""#,
                    #""Scheme":"\#(scheme)","Type":"network""#)
                try answers.replace(Self.listeners, #""Protocol":"HTTPS""#, #""Protocol":"TCP""#)
                try answers.replace(Self.listeners, Self.group, chain)
                try answers.replace(
                    "elbv2.describe-target-groups.eu-west-1", #""TargetGroups":["#,
                    #""TargetGroups":[{"TargetGroupArn":"\#(chain)","TargetType":"alb","Protocol":"TCP","Port":443},"#)
                try answers.add(
                    "elbv2.describe-target-health.eu-west-1." + PercentEncoding.encode(chain),
                    #"{"TargetHealthDescriptions":[{"Target":{"Id":"\#(inner)","Port":443}}]}"#)
                try answers.add(
                    "elbv2.describe-listeners.eu-west-1." + PercentEncoding.encode(inner),
                    #"{"Listeners":[{"ListenerArn":"\#(innerListener)","Port":443,"Protocol":"HTTPS","DefaultActions":[{"Type":"forward","TargetGroupArn":"\#(Self.group)"}]}]}"#
                )
                try answers.add("elbv2.describe-rules.eu-west-1." + PercentEncoding.encode(innerListener), #"{"Rules":[]}"#)
                try answers.replace(
                    Self.groups, #""SecurityGroups":["#,
                    #""SecurityGroups":[{"GroupId":"sg-inner","GroupName":"inner","VpcId":"vpc-1","IpPermissions":[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"\#(source)"}]}],"IpPermissionsEgress":[]},"#
                )
                try answers.replace(
                    Self.groups, #""UserIdGroupPairs":[{"GroupId":"sg-web"}]"#, #""UserIdGroupPairs":[{"GroupId":"sg-inner"}]"#)
            }.filter { $0.kind == .loadBalancer }.map {
                "\($0.target.split(separator: "/").dropFirst().joined(separator: "/")) \($0.confidence.rawValue)"
            }
        }
        #expect(try found("internet-facing", "0.0.0.0/0") == ["i-back proven", "app/front/1 proven", "app/inner/5 proven"])
        #expect(try found("internal", "0.0.0.0/0") == [])
        // The inner one sees the client's address, which this does not admit.
        #expect(try found("internet-facing", "10.0.0.0/8") == ["app/front/1 proven"])
    }

    @Test func targetsAreAlsoFoundByTheirAddress() throws {
        func found(_ id: String) throws -> [Exposure] {
            try exposures {
                try $0.replace("elbv2.describe-target-groups.eu-west-1", #""TargetType":"instance""#, #""TargetType":"ip""#)
                try $0.replace(
                    "elbv2.describe-target-health.eu-west-1." + PercentEncoding.encode(Self.group), #""Id":"i-back""#, #""Id":"\#(id)""#)
                try $0.add(
                    "ec2.describe-network-interfaces.eu-west-1",
                    #"{"NetworkInterfaces":[{"NetworkInterfaceId":"eni-7","InterfaceType":"interface","Description":"task","VpcId":"vpc-1","SubnetId":"subnet-b","PrivateIpAddress":"10.0.2.9","Groups":[{"GroupId":"sg-back"}]}]}"#
                )
            }.filter { $0.kind == .loadBalancer && $0.targetKind != "loadBalancer" }
        }
        #expect(try found("10.0.2.5").map(\.target).allSatisfy { $0.hasSuffix("i-back") } && !(try found("10.0.2.5").isEmpty))
        #expect(try found("10.0.2.9").first?.target.hasSuffix("network-interface/eni-7") == true)
        #expect(try found("10.0.2.77").isEmpty)
    }

    @Test func aClassicLoadBalancerForwardsItsListeners() throws {
        func found(_ scheme: String, port: Int = 8080) throws -> [Exposure] {
            try exposures {
                $0.remove("elbv2.")
                try $0.add(
                    "elb.describe-load-balancers.eu-west-1",
                    #"{"LoadBalancerDescriptions":[{"LoadBalancerName":"old","Scheme":"\#(scheme)","VPCId":"vpc-1","Subnets":["subnet-a"],"SecurityGroups":["sg-web"],"Instances":[{"InstanceId":"i-back"}],"ListenerDescriptions":[{"Listener":{"Protocol":"SSL","LoadBalancerPort":443,"InstanceProtocol":"TCP","InstancePort":\#(port)}}]}]}"#
                )
            }.filter { $0.target.hasSuffix("instance/i-back") }
        }
        #expect(try found("internet-facing").first?.confidence == .proven)
        #expect(try found("internet-facing").first?.ports == [8080...8080])
        #expect(try found("internal").isEmpty)
        #expect(try found("internet-facing", port: 22).isEmpty)
    }

    @Test func whatTheBalancersOwnGroupDoesNotLetOutDoesNotArrive() throws {
        func found(_ egress: String) throws -> [Exposure] {
            try back {
                try $0.replace(
                    Self.groups, #""IpPermissionsEgress":[],"OwnerId":"111122223333""#,
                    #""IpPermissionsEgress":[\#(egress)],"OwnerId":"111122223333""#)
            }
        }
        #expect(try found(#"{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#).first?.confidence == .proven)
        #expect(
            try found(#"{"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"UserIdGroupPairs":[{"GroupId":"sg-back"}]}"#).first?.confidence
                == .proven)
        #expect(try found(#"{"IpProtocol":"tcp","FromPort":9090,"ToPort":9090,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}"#).isEmpty)
    }

    @Test func aDualStackBalancerIsReachedOverIPv6() throws {
        func found(_ type: String) throws -> [Exposure] {
            try exposures {
                try $0.replace(Self.balancers, #""LoadBalancerArn""#, #""IpAddressType":"\#(type)","LoadBalancerArn""#)
                try $0.replace(
                    Self.groups, #""IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[]"#,
                    #""IpRanges":[],"Ipv6Ranges":[{"CidrIpv6":"::/0"}]"#)
                try $0.replace(
                    "ec2.describe-route-tables.eu-west-1", #"{"DestinationCidrBlock":"0.0.0.0/0""#, #"{"DestinationIpv6CidrBlock":"::/0""#)
                try $0.replace(
                    "ec2.describe-network-acls.eu-west-1", #""Entries":["#,
                    #""Entries":[{"RuleNumber":101,"Egress":false,"RuleAction":"allow","Protocol":"-1","Ipv6CidrBlock":"::/0"},{"RuleNumber":101,"Egress":true,"RuleAction":"allow","Protocol":"-1","Ipv6CidrBlock":"::/0"},"#
                )
            }.filter { $0.targetKind == "loadBalancer" }
        }
        #expect(try found("dualstack").first?.confidence == .proven)
        #expect(try found("ipv4").isEmpty)
    }
}
