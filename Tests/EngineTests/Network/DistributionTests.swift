import CloudModel
import Testing

@testable import Engine

/// What CloudFront hands out to everybody although nobody else reaches it.
@Suite struct DistributionTests {
    private static let arn = "arn:aws:cloudfront::111122223333:distribution/E1"

    /// A bucket behind a distribution, closed to everybody else.
    private func bucket(
        origin: String = #""OriginAccessControlId":"OAC","S3OriginConfig":{"OriginAccessIdentity":""}"#,
        behaviour: String = #""TrustedKeyGroups":{"Enabled":false}"#, enabled: String = "true", statement: String?
    ) throws -> [Exposure] {
        var answers = try Answers.open()
        answers.remove("s3.get-bucket-policy")
        answers.coverage.removeAll { $0.resource == "shop-data" && $0.operation == "get-public-access-block" }
        try answers.add(
            "s3.get-public-access-block.shop-data",
            #"{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}"#
        )
        if let statement {
            try answers.add(
                "s3.get-bucket-policy.shop-data",
                JSONValue.object(["Policy": .string(#"{"Version":"2012-10-17","Statement":[\#(statement)]}"#)]).canonicalText)
        }
        try answers.add(
            "cloudfront.list-distributions",
            #"{"DistributionList":{"Items":[{"Id":"E1","ARN":"\#(Self.arn)","DomainName":"d.cloudfront.net","Enabled":\#(enabled),"Origins":{"Items":[{"Id":"a","DomainName":"shop-data.s3.eu-west-1.amazonaws.com",\#(origin)}]},"DefaultCacheBehavior":{"TargetOriginId":"a",\#(behaviour)}}]}}"#
        )
        return NetworkReachability(answers.snapshot).exposures().filter { $0.targetKind == "bucket" && $0.from == "internet" }
    }
    private func delivery(_ distribution: String) -> String {
        #"{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::shop-data/*","Condition":{"StringEquals":{"AWS:SourceArn":"\#(distribution)"}}}"#
    }

    @Test func aPolicyThatLetsTheDistributionReadOpensTheBucket() throws {
        let found = try bucket(statement: delivery(Self.arn))
        #expect(
            found.count == 1 && found.first?.kind == .distribution && found.first?.confidence == .proven && found.first?.via == [Self.arn])
        #expect(found.first?.evidence.contains { $0.statement == 0 } == true)
        #expect(try bucket(statement: delivery("arn:aws:cloudfront::111122223333:distribution/E2")).isEmpty)
        #expect(try bucket(enabled: "false", statement: delivery(Self.arn)).isEmpty)
        #expect(try bucket(statement: nil).first?.confidence == .unknown)
    }

    @Test func anAccessIdentityIsSomebodyToo() throws {
        let origin = #""S3OriginConfig":{"OriginAccessIdentity":"origin-access-identity/cloudfront/E9"}"#
        func statement(_ id: String) -> String {
            #"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity \#(id)"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::shop-data/*"}"#
        }
        #expect(try bucket(origin: origin, statement: statement("E9")).first?.confidence == .proven)
        #expect(try bucket(origin: origin, statement: statement("E8")).isEmpty)
    }

    @Test func aSignatureIsACondition() throws {
        let found = try bucket(behaviour: #""TrustedKeyGroups":{"Enabled":true,"Quantity":1}"#, statement: delivery(Self.arn))
        #expect(found.first?.conditions == ["the request has a signature of the distribution's owner"])
    }

    @Test func codeAndRulesInFrontOfADistributionAreConditions() throws {
        func code(_ event: String) -> String {
            #""FunctionAssociations":{"Quantity":1,"Items":[{"FunctionARN":"arn:aws:cloudfront::111122223333:function/f","EventType":"\#(event)"}]}"#
        }
        let asked = try bucket(behaviour: code("viewer-request"), statement: delivery(Self.arn))
        #expect(asked.map(\.conditions) == [["the code that distribution E1 runs on each request lets it through"]])
        #expect(try bucket(behaviour: code("viewer-response"), statement: delivery(Self.arn)).first?.confidence == .proven)
        let walled = try bucket(enabled: #"true,"WebACLId":"arn:aws:wafv2:x""#, statement: delivery(Self.arn))
        #expect(walled.map(\.conditions) == [["the firewall of distribution E1 lets the request through"]])
    }

    @Test(arguments: [
        ("shop-data.s3.eu-west-1.amazonaws.com", "shop-data"), ("a.b.s3.amazonaws.com", "a.b"), ("old.s3-eu-west-1.amazonaws.com", "old"),
        ("site.s3-website-eu-west-1.amazonaws.com", nil), ("site.s3-website.eu-central-1.amazonaws.com", nil), ("example.com", nil),
        ("x.s3.example.com", nil),
    ])
    func originsAreReadAsTheBucketsThatTheyAre(_ host: String, _ bucket: String?) {
        #expect(NetworkReachability.bucket(host) == bucket)
    }

    @Test func aLoadBalancerThatAdmitsCloudFrontOnlyIsReachedThroughIt() throws {
        func found(_ list: String, domain: String = "front.example.com") throws -> [Exposure] {
            var answers = try Answers.open()
            try answers.replace(
                "elbv2.describe-load-balancers.eu-west-1", #""LoadBalancerName":"front""#,
                #""DNSName":"front.example.com","LoadBalancerName":"front""#)
            try answers.replace(
                "ec2.describe-security-groups.eu-west-1", #""IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[],"ToPort":443"#,
                #""PrefixListIds":[{"PrefixListId":"pl-cf"}],"ToPort":443"#)
            try answers.add(
                "ec2.describe-managed-prefix-lists.eu-west-1", #"{"PrefixLists":[{"PrefixListId":"pl-cf","PrefixListName":"\#(list)"}]}"#)
            try answers.add("ec2.get-managed-prefix-list-entries.eu-west-1.pl-cf", #"{"Entries":[{"Cidr":"120.52.22.96/27"}]}"#)
            try answers.add(
                "cloudfront.list-distributions",
                #"{"DistributionList":{"Items":[{"Id":"E1","ARN":"\#(Self.arn)","Enabled":true,"Origins":{"Items":[{"Id":"a","DomainName":"\#(domain)"}]},"DefaultCacheBehavior":{"TargetOriginId":"a"}}]}}"#
            )
            return NetworkReachability(answers.snapshot).exposures().filter { $0.kind == .distribution }
        }
        let open = try found("com.amazonaws.global.cloudfront.origin-facing")
        #expect(open.map(\.confidence) == [.proven, .proven] && Set(open.map(\.targetKind)) == ["loadBalancer", "instance"])
        #expect(try found("offices").isEmpty)
        #expect(try found("com.amazonaws.global.cloudfront.origin-facing", domain: "other.example.com").isEmpty)
    }

    @Test func aFunctionUrlThatAsksForASignatureGetsItFromTheDistribution() throws {
        func found(_ distribution: String, control: String = "OAC") throws -> [Exposure] {
            var answers = try Answers.open()
            try answers.replace("lambda.list-function-url-configs.eu-west-1.hook", #""AuthType":"NONE""#, #""AuthType":"AWS_IAM""#)
            answers.remove("lambda.get-policy")
            let policy =
                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"lambda:InvokeFunctionUrl","Resource":"arn:aws:lambda:eu-west-1:111122223333:function:hook","Condition":{"ArnLike":{"AWS:SourceArn":"\#(distribution)"}}}]}"#
            try answers.add("lambda.get-policy.eu-west-1.hook", JSONValue.object(["Policy": .string(policy)]).canonicalText)
            try answers.add(
                "cloudfront.list-distributions",
                #"{"DistributionList":{"Items":[{"Id":"E1","ARN":"\#(Self.arn)","Enabled":true,"Origins":{"Items":[{"Id":"a","DomainName":"x.lambda-url.eu-west-1.on.aws","OriginAccessControlId":"\#(control)"}]},"DefaultCacheBehavior":{"TargetOriginId":"a"}}]}}"#
            )
            return NetworkReachability(answers.snapshot).exposures().filter { $0.targetKind == "function" }
        }
        #expect(try found(Self.arn).map(\.kind) == [.distribution])
        #expect(try found("arn:aws:cloudfront::111122223333:distribution/E2").isEmpty)
        #expect(try found(Self.arn, control: "").isEmpty)
    }
}
