import CloudModel
import Testing

@testable import Engine

@Suite struct ReachabilityTests {
    func exposures(_ change: (inout Answers) throws -> Void = { _ in }) throws -> [Exposure] {
        var answers = try Answers.open()
        try change(&answers)
        return NetworkReachability(answers.snapshot).exposures()
    }
    func front(_ exposures: [Exposure]) -> [Exposure] { exposures.filter { $0.target.hasSuffix("instance/i-front") } }
    func replace(_ answers: inout Answers, _ name: String, _ from: String, _ to: String) throws {
        let index = try #require(answers.records.firstIndex { $0.id == Answers.account + "/" + name })
        let text = answers.records[index].payload.canonicalText
        let changed = text.replacing(from, with: to)
        #expect(changed != text, "the fixture has no \(from)")
        answers.records[index].payload = try JSONValue(parsing: changed)
    }

    @Test func anInstanceWithAddressRouteAclAndGroupIsProven() throws {
        let found = front(try exposures())
        #expect(found.count == 1)
        #expect(found.first?.confidence == .proven && found.first?.ports == [443...443] && found.first?.protocolName == "tcp")
        #expect(found.first?.via == ["igw-1", "rtb-public", "acl-1", "sg-web"])
        #expect(found.first?.evidence.contains { $0.record.hasSuffix("ec2.describe-security-groups.eu-west-1") } == true)
    }

    /// Each change closes the way alone.
    @Test(arguments: [
        ("ec2.describe-instances.eu-west-1", #""Name":"running""#, #""Name":"stopped""#),
        ("ec2.describe-instances.eu-west-1", #","Association":{"PublicIp":"198.51.100.7"}"#, ""),
        ("ec2.describe-instances.eu-west-1", #""Association":{"PublicIp":"198.51.100.7"},"#, ""),
        ("ec2.describe-internet-gateways.eu-west-1", "vpc-1", "vpc-2"),
        ("ec2.describe-route-tables.eu-west-1", #""GatewayId":"igw-1""#, #""GatewayId":"nat-1""#),
        ("ec2.describe-route-tables.eu-west-1", #""GatewayId":"igw-1","State":"active""#, #""GatewayId":"igw-1","State":"blackhole""#),
        ("ec2.describe-route-tables.eu-west-1", #""SubnetId":"subnet-a""#, #""SubnetId":"subnet-z""#),
        ("ec2.describe-security-groups.eu-west-1", #""0.0.0.0/0""#, #""10.0.0.0/8""#),
        (
            "ec2.describe-network-acls.eu-west-1", #""Egress":false,"Protocol":"-1","RuleAction":"allow""#,
            #""Egress":false,"Protocol":"-1","RuleAction":"deny""#
        ),
        (
            "ec2.describe-network-acls.eu-west-1", #""Egress":true,"Protocol":"-1","RuleAction":"allow""#,
            #""Egress":true,"Protocol":"-1","RuleAction":"deny""#
        ),
    ])
    func eachPartAloneClosesIt(_ name: String, _ from: String, _ to: String) throws {
        var answers = try Answers.open()
        let index = try #require(answers.records.firstIndex { $0.id == Answers.account + "/" + name })
        let text = answers.records[index].payload.canonicalText
        // The two spellings of the address cover both orders of members.
        guard text.contains(from) else {
            #expect(from.contains("Association"))
            return
        }
        answers.records[index].payload = try JSONValue(parsing: text.replacing(from, with: to))
        #expect(front(NetworkReachability(answers.snapshot).exposures()).isEmpty)
    }

    @Test(arguments: ["describe-network-acls", "describe-route-tables", "describe-internet-gateways", "describe-security-groups"])
    func aMissingAnswerMakesItUnknownAndNotAbsent(_ operation: String) throws {
        let found = front(try exposures { $0.remove("ec2.\(operation)") })
        #expect(!found.isEmpty && found.allSatisfy { $0.confidence == .unknown && !$0.missing.isEmpty })
    }

    @Test func aNarrowPublicRangeIsACondition() throws {
        let found = front(
            try exposures { try replace(&$0, "ec2.describe-security-groups.eu-west-1", #""0.0.0.0/0""#, #""203.0.113.0/24""#) })
        #expect(found.first?.confidence == .conditional)
        #expect(found.first?.conditions == ["the connection comes from 203.0.113.0/24"])
    }

    @Test func theLowestAclEntryDecidesAndDenyOfAHalfIsACondition() throws {
        let extra =
            #""Entries":[{"CidrBlock":"0.0.0.0/1","Egress":false,"Protocol":"6","PortRange":{"From":443,"To":443},"RuleAction":"deny","RuleNumber":50},"#
        let found = front(try exposures { try replace(&$0, "ec2.describe-network-acls.eu-west-1", #""Entries":["#, extra) })
        #expect(found.first?.confidence == .conditional)
        let all = extra.replacing("0.0.0.0/1", with: "0.0.0.0/0")
        #expect(front(try exposures { try replace(&$0, "ec2.describe-network-acls.eu-west-1", #""Entries":["#, all) }).isEmpty)
        let late = all.replacing(":50", with: ":150")
        #expect(
            front(try exposures { try replace(&$0, "ec2.describe-network-acls.eu-west-1", #""Entries":["#, late) }).first?.confidence
                == .proven)
    }

    @Test func aLoadBalancerReachesItsPrivateTargetWhenTheGroupAdmitsIt() throws {
        let behind = { (list: [Exposure]) in list.filter { $0.target.hasSuffix("instance/i-back") } }
        let found = behind(try exposures())
        #expect(
            found.count == 1 && found.first?.kind == .loadBalancer && found.first?.ports == [8080...8080]
                && found.first?.confidence == .proven)
        #expect(
            behind(
                try exposures {
                    try replace(&$0, "ec2.describe-security-groups.eu-west-1", #""GroupId":"sg-web"}]"#, #""GroupId":"sg-other"}]"#)
                }
            ).isEmpty)
        #expect(
            behind(try exposures { try replace(&$0, "elbv2.describe-load-balancers.eu-west-1", "internet-facing", "internal") }).isEmpty)
        #expect(
            behind(try exposures { try replace(&$0, "ec2.describe-security-groups.eu-west-1", #""0.0.0.0/0""#, #""10.0.0.0/8""#) }).isEmpty)
    }

    @Test func everythingPublicIsFoundAndConditionsOnTheCallerCloseIt() throws {
        let found = try exposures()
        #expect(found.contains { $0.targetKind == "bucket" && $0.actions == ["s3:GetObject"] && $0.confidence == .proven })
        #expect(found.contains { $0.kind == .functionURL && $0.confidence == .proven })
        #expect(found.contains { $0.kind == .sharedSnapshot })
        #expect(found.contains { $0.targetKind == "database" && $0.ports == [443...443] })
        #expect(!found.contains { $0.targetKind == "key" }, "kms:CallerAccount names the own account")
        #expect(!found.contains { $0.targetKind == "secret" })
    }

    @Test func publicAccessBlocksCloseABucketAndUnknownOnesMakeItUnknown() throws {
        let closed = try exposures { answers in
            answers.coverage.removeAll { $0.service == "s3control" }
            try answers.add(
                "s3control.get-public-access-block",
                #"{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}"#
            )
        }
        #expect(!closed.contains { $0.targetKind == "bucket" })
        let unknown = try exposures { $0.coverage.removeAll { $0.service == "s3control" } }
        #expect(unknown.contains { $0.targetKind == "bucket" && $0.confidence == .unknown })
    }

    @Test func aFunctionUrlWithoutItsPolicyIsUnknownAndWithoutPermissionClosed() throws {
        #expect(try exposures { $0.remove("lambda.get-policy") }.contains { $0.kind == .functionURL && $0.confidence == .unknown })
        let none = try exposures { answers in
            answers.remove("lambda.get-policy")
            answers.coverage.append(
                CoverageEntry(
                    account: Answers.account, service: "lambda", operation: "get-policy", region: "eu-west-1", resource: "hook",
                    outcome: .collected,
                    code: "ResourceNotFoundException"))
        }
        #expect(!none.contains { $0.kind == .functionURL })
    }

    @Test func rangesAreReadAsTheRfcsSay() throws {
        #expect(AddressRange("0.0.0.0/0")?.isEverything == true && AddressRange("::/0")?.isEverything == true)
        #expect(AddressRange("10.1.2.3/8") == AddressRange("10.0.0.0/8"))
        #expect(AddressRange("2001:db8::/32")?.contains(try #require(AddressRange("2001:db8:1::1"))) == true)
        #expect(AddressRange("::ffff:10.0.0.1") == AddressRange("::ffff:a00:1"))
        for text in [
            "", "/", "1.2.3", "1.2.3.4/33", "1.2.3.256", "::1::", "1:2:3:4:5:6:7:8:9", ":", "::/129", "+1.2.3.4", "1.2.3.4/-1", "1:", ":1",
        ] {
            #expect(AddressRange(text) == nil, "\(text)")
        }
        #expect(AddressRange("10.0.0.0/8")?.hasPublicPart == false && AddressRange("8.0.0.0/6")?.hasPublicPart == true)
        #expect(PortSet([1...5, 6...9]).ranges == [1...9] && PortSet([1...9]).subtracting(PortSet([4...4])).ranges == [1...3, 5...9])
    }
}
