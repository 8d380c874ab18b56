import CloudModel
import Testing

@testable import Engine

/// Policies and lists that let in everybody, or an account that was not read.
@Suite struct OpenPolicyTests {
    private func exposures(_ change: (inout Answers) throws -> Void) throws -> [Exposure] {
        var answers = try Answers.open()
        try change(&answers)
        return NetworkReachability(answers.snapshot).exposures()
    }
    private static func policy(_ principal: String, _ action: String, _ resource: String, _ condition: String? = nil) -> String {
        let tail = condition.map { #","Condition":\#($0)"# } ?? ""
        return
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":\#(principal),"Action":"\#(action)","Resource":"\#(resource)"\#(tail)}]}"#
    }
    private static func wrapped(_ member: String, _ policy: String) -> String { JSONValue.object([member: .string(policy)]).canonicalText }

    // MARK: Functions

    @Test func theUrlOfAnAliasHasThePolicyOfTheAlias() throws {
        let alias = "arn:aws:lambda:eu-west-1:111122223333:function:hook:live"
        func found(_ policy: String?, missing: Bool = false) throws -> [Exposure] {
            try exposures { answers in
                try answers.replace("lambda.list-function-url-configs.eu-west-1.hook", "function:hook", "function:hook:live")
                answers.remove("lambda.get-policy")
                if let policy {
                    try answers.add("lambda.get-policy.eu-west-1." + PercentEncoding.encode(alias), Self.wrapped("Policy", policy))
                }
                if missing {
                    answers.coverage.append(
                        CoverageEntry(
                            account: Answers.account, service: "lambda", operation: "get-policy", region: "eu-west-1",
                            resource: "hook:live",
                            outcome: .collected, code: "ResourceNotFoundException"))
                }
            }.filter { $0.kind == .functionURL }
        }
        let condition = #"{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}"#
        #expect(try found(Self.policy(#""*""#, "lambda:InvokeFunctionUrl", alias, condition)).first?.confidence == .proven)
        #expect(try found(Self.policy(#"{"AWS":"111122223333"}"#, "lambda:InvokeFunctionUrl", alias)).isEmpty)
        #expect(try found(nil, missing: true).isEmpty)
        #expect(try found(nil).first?.missing == ["lambda.get-policy of live"])
    }

    @Test func aUrlThatAsksForASignatureMayStillAdmitEveryAccount() throws {
        func found(_ principal: String) throws -> [Exposure] {
            try exposures { answers in
                try answers.replace("lambda.list-function-url-configs.eu-west-1.hook", #""AuthType":"NONE""#, #""AuthType":"AWS_IAM""#)
                answers.remove("lambda.get-policy")
                try answers.add(
                    "lambda.get-policy.eu-west-1.hook",
                    Self.wrapped(
                        "Policy", Self.policy(principal, "lambda:InvokeFunctionUrl", "arn:aws:lambda:eu-west-1:111122223333:function:hook"))
                )
            }.filter { $0.kind == .functionURL && $0.from == "internet" }
        }
        #expect(try found(#""*""#).first?.why.contains("to every AWS account") == true)
        #expect(try found(#"{"AWS":"111122223333"}"#).isEmpty)
    }

    // MARK: Buckets

    @Test func aPolicyThatOpensPartOfABucketOpensIt() throws {
        func found(_ resource: String) throws -> [Exposure] {
            try exposures {
                $0.remove("s3.get-bucket-policy")
                try $0.add("s3.get-bucket-policy.shop-data", Self.wrapped("Policy", Self.policy(#""*""#, "s3:GetObject", resource)))
            }.filter { $0.targetKind == "bucket" }
        }
        #expect(try found("arn:aws:s3:::shop-data/public/*").first?.actions == ["s3:GetObject"])
        #expect(try found("arn:aws:s3:::shop-data/public/*").first?.confidence == .proven)
        #expect(try found("arn:aws:s3:::other/*").isEmpty)
    }

    @Test func aListMeansNothingWhereTheOwnerOwnsEverything() throws {
        func found(_ ownership: String?) throws -> [Exposure] {
            try exposures {
                $0.remove("s3.get-bucket-policy")
                $0.remove("s3.get-bucket-acl")
                $0.coverage.append(
                    CoverageEntry(
                        account: Answers.account, service: "s3", operation: "get-bucket-policy", resource: "shop-data", outcome: .collected,
                        code: "NoSuchBucketPolicy"))
                try $0.add(
                    "s3.get-bucket-acl.shop-data",
                    #"{"Grants":[{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AllUsers","Type":"Group"},"Permission":"READ"}]}"#
                )
                if let ownership {
                    try $0.add(
                        "s3.get-bucket-ownership-controls.shop-data",
                        #"{"OwnershipControls":{"Rules":[{"ObjectOwnership":"\#(ownership)"}]}}"#)
                }
            }.filter { $0.kind == .accessControlList }
        }
        #expect(try found(nil).first?.confidence == .proven)
        #expect(try found("BucketOwnerPreferred").first?.confidence == .proven)
        #expect(try found("BucketOwnerEnforced").isEmpty)
    }

    // MARK: Queues, topics, repositories, domains

    @Test func queuesTopicsAndRepositoriesThatAdmitEverybody() throws {
        let url = PercentEncoding.encode("https://sqs.eu-west-1.amazonaws.com/111122223333/q")
        func found(_ principal: String, _ condition: String? = nil) throws -> [String] {
            try exposures {
                try $0.add(
                    "sqs.get-queue-attributes.eu-west-1." + url,
                    JSONValue.object([
                        "Attributes": [
                            "QueueArn": "arn:aws:sqs:eu-west-1:111122223333:q",
                            "Policy": .string(Self.policy(principal, "sqs:*", "*", condition)),
                        ]
                    ]).canonicalText)
                try $0.add("sns.list-topics.eu-west-1", #"{"Topics":[{"TopicArn":"arn:aws:sns:eu-west-1:111122223333:t"}]}"#)
                try $0.add(
                    "sns.get-topic-attributes.eu-west-1." + PercentEncoding.encode("arn:aws:sns:eu-west-1:111122223333:t"),
                    JSONValue.object(["Attributes": ["Policy": .string(Self.policy(principal, "sns:Publish", "*", condition))]])
                        .canonicalText)
                try $0.add(
                    "ecr.describe-repositories.eu-west-1",
                    #"{"repositories":[{"repositoryName":"r","repositoryArn":"arn:aws:ecr:eu-west-1:111122223333:repository/r"}]}"#)
                try $0.add(
                    "ecr.get-repository-policy.eu-west-1.r",
                    Self.wrapped("policyText", Self.policy(principal, "ecr:BatchGetImage", "*", condition)))
            }.filter { ["queue", "topic", "repository"].contains($0.targetKind) }.map {
                "\($0.targetKind) \($0.from) \($0.confidence.rawValue)"
            }.sorted()
        }
        #expect(try found(#""*""#) == ["queue internet proven", "repository internet proven", "topic internet proven"])
        #expect(try found(#""*""#, #"{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}"#) == [])
        // What a service of AWS does for a resource of the account's own is nobody's doing.
        #expect(try found(#"{"AWS":"*"}"#, #"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#) == [])
        let partner = "arn:aws:iam::444455556666:root"
        #expect(
            try found(#"{"AWS":"\#(partner)"}"#) == ["queue \(partner) proven", "repository \(partner) proven", "topic \(partner) proven"])
        #expect(try found(#"{"AWS":"arn:aws:iam::111122223333:root"}"#) == [])
    }

    @Test func aSearchDomainIsOpenWhereItsPolicyAndItsPlaceSaySo() throws {
        func found(_ more: String, _ condition: String? = nil) throws -> [Exposure] {
            try exposures {
                let policy = Self.policy(#"{"AWS":"*"}"#, "es:ESHttp*", "arn:aws:es:eu-west-1:111122223333:domain/logs/*", condition)
                try $0.add(
                    "opensearch.describe-domains.eu-west-1",
                    #"{"DomainStatusList":[{"DomainName":"logs","ARN":"arn:aws:es:eu-west-1:111122223333:domain/logs","AccessPolicies":\#(JSONValue.string(policy).canonicalText)\#(more)}]}"#
                )
            }.filter { $0.targetKind == "searchDomain" }
        }
        #expect(try found("").first?.confidence == .proven)
        #expect(try found("", #"{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#).first?.confidence == .conditional)
        #expect(try found(#","AdvancedSecurityOptions":{"Enabled":true}"#).first?.conditions == ["the caller has a login of the domain"])
        #expect(try found(#","AdvancedSecurityOptions":{"Enabled":true,"AnonymousAuthEnabled":true}"#).first?.confidence == .proven)
        #expect(try found(#","VPCOptions":{"VPCId":"vpc-1","SubnetIds":["subnet-a"],"SecurityGroupIds":["sg-web"]}"#).isEmpty)
    }

    // MARK: Snapshots and images

    @Test func clusterSnapshotsImagesAndTheSnapshotsInThem() throws {
        func found(image: String, cluster: String, state: String = "unblocked") throws -> [String] {
            try exposures { answers in
                try answers.add(
                    "rds.describe-db-cluster-snapshots.eu-west-1",
                    #"{"DBClusterSnapshots":[{"DBClusterSnapshotIdentifier":"c","DBClusterSnapshotArn":"arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:c","SnapshotType":"manual"}]}"#
                )
                try answers.add(
                    "rds.describe-db-cluster-snapshot-attributes.eu-west-1.c",
                    #"{"DBClusterSnapshotAttributesResult":{"DBClusterSnapshotAttributes":[{"AttributeName":"restore","AttributeValues":["\#(cluster)"]}]}}"#
                )
                answers.remove("ec2.describe-snapshots")
                try answers.add("ec2.describe-snapshots.eu-west-1", #"{"Snapshots":[{"SnapshotId":"snap-1"},{"SnapshotId":"snap-2"}]}"#)
                try answers.add("ec2.describe-snapshot-attribute.eu-west-1.snap-1", #"{"CreateVolumePermissions":[]}"#)
                try answers.add("ec2.describe-snapshot-attribute.eu-west-1.snap-2", #"{"CreateVolumePermissions":[{"Group":"all"}]}"#)
                try answers.add(
                    "ec2.describe-images.eu-west-1",
                    #"{"Images":[{"ImageId":"ami-1","BlockDeviceMappings":[{"Ebs":{"SnapshotId":"snap-1"}}]}]}"#)
                try answers.add("ec2.describe-image-attribute.eu-west-1.ami-1", #"{"LaunchPermissions":[{\#(image)}]}"#)
                try answers.add("ec2.get-snapshot-block-public-access-state.eu-west-1", #"{"State":"\#(state)"}"#)
            }.filter { ["snapshot", "image"].contains($0.targetKind) && !$0.target.hasSuffix(":old") }
                .map { "\($0.target.split(whereSeparator: { ":/".contains($0) }).last ?? "") \($0.from == "internet" ? "all" : $0.from)" }
                .sorted()
        }
        #expect(try found(image: #""Group":"all""#, cluster: "all") == ["ami-1 all", "c all", "snap-1 all", "snap-2 all"])
        // The block holds snapshots back, and not the images that are made of them.
        #expect(try found(image: #""Group":"all""#, cluster: "111122223333", state: "block-all-sharing") == ["ami-1 all", "snap-1 all"])
        #expect(try found(image: #""UserId":"111122223333""#, cluster: "111122223333", state: "block-new-sharing") == ["snap-2 all"])
        let partner = "arn:aws:iam::444455556666:root"
        #expect(
            try found(image: #""UserId":"444455556666""#, cluster: "444455556666", state: "block-all-sharing") == [
                "ami-1 \(partner)", "c \(partner)",
            ])
    }

    // MARK: Foreign accounts

    @Test func foreignAccountsAreNamedWithWhoseTheyAre() throws {
        func found(_ principal: String, _ condition: String? = nil) throws -> [Exposure] {
            try exposures {
                $0.remove("s3.get-bucket-policy")
                try $0.add(
                    "s3.get-bucket-policy.shop-data",
                    Self.wrapped("Policy", Self.policy(principal, "s3:GetObject", "arn:aws:s3:::shop-data/*", condition)))
            }.filter { $0.targetKind == "bucket" }
        }
        let vendor = try found(#"{"AWS":"arn:aws:iam::464622532012:root"}"#)
        #expect(vendor.first?.from == "arn:aws:iam::464622532012:root" && vendor.first?.why.contains("464622532012 (Datadog)") == true)
        let role = try found(#"{"AWS":"arn:aws:iam::444455556666:role/reader"}"#)
        #expect(role.first?.from == "arn:aws:iam::444455556666:role/reader" && role.first?.confidence == .proven)
        // Log delivery is AWS's own.
        #expect(try found(#"{"AWS":"arn:aws:iam::127311923021:root"}"#).isEmpty)
        #expect(
            try found(#"{"AWS":"arn:aws:iam::444455556666:root"}"#, #"{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#).isEmpty)
        #expect(
            try found(#"{"AWS":"arn:aws:iam::444455556666:root"}"#, #"{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#).first?.confidence
                == .conditional)
    }
}
