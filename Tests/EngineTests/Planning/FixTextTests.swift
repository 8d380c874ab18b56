import CloudModel
import Testing

@testable import Engine

/// Texts of changes whose Terraform is not simply the resource with its new document.
@Suite struct FixTextTests {
    private static func texts(_ edit: Edit, _ world: World) -> FixTexts {
        FixTexts(FixParts(Normaliser.normalise(world.collection)).parts([edit]))
    }

    private static let key = Edit.RuleKey(ipProtocol: "tcp", fromPort: 443, toPort: 443)
    /// A rule that lets these in.
    private static func group(_ sources: JSONObject) -> World {
        var rule: JSONObject = ["IpProtocol": "tcp", "FromPort": 443, "ToPort": 443]
        for member in sources.members { rule[member.name] = member.value }
        var world = World()
        world.record(
            "ec2", "describe-security-groups", region: "eu-west-1",
            [
                "SecurityGroups": [
                    [
                        "GroupId": "sg-1", "GroupName": "front", "VpcId": "vpc-1", "OwnerId": .string(World.account),
                        "IpPermissions": .array([.object(rule)]), "IpPermissionsEgress": [],
                    ]
                ]
            ])
        return world
    }

    /// A rule is its ranges and prefix lists, or one group: the provider takes no other, and none with an empty list alone.
    @Test func whatIsLeftOfARuleIsOneResourceForRangesAndOneForEachGroup() {
        let everyone: JSONValue = [["CidrIp": "0.0.0.0/0"], ["CidrIp": "10.0.0.0/8"]]
        let pairs: JSONValue = [["GroupId": "sg-8"], ["GroupId": "sg-9"]]
        func terraform(_ sources: JSONObject, by: [String] = []) -> String {
            Self.texts(.closeRule(securityGroup: "sg-1", rule: Self.key, cidrs: ["0.0.0.0/0", "::/0"], by: by), Self.group(sources))
                .terraform
        }
        let head = """
              type              = "ingress"
              security_group_id = "sg-1"
              protocol          = "tcp"
              from_port         = 443
              to_port           = 443

            """
        #expect(
            terraform(["IpRanges": everyone, "Ipv6Ranges": [["CidrIpv6": "::/0"]], "PrefixListIds": [["PrefixListId": "pl-7"]]])
                == "resource \"aws_security_group_rule\" \"sg_1_tcp_443\" {\n\(head)"
                + "  cidr_blocks       = [\"10.0.0.0/8\"]\n  prefix_list_ids   = [\"pl-7\"]\n}")
        let groups = terraform(["IpRanges": [["CidrIp": "0.0.0.0/0"]], "UserIdGroupPairs": pairs])
        #expect(groups.split(separator: "\n\n").count == 2)
        #expect(groups.contains("source_security_group_id = \"sg-8\"") && groups.contains("source_security_group_id = \"sg-9\""))
        #expect(!groups.contains("cidr_blocks"))
        let narrowed = terraform(["IpRanges": [["CidrIp": "0.0.0.0/0"]]], by: ["10.30.0.0/16", "fd00::/8"])
        #expect(narrowed.contains("cidr_blocks       = [\"10.30.0.0/16\"]") && narrowed.contains("ipv6_cidr_blocks  = [\"fd00::/8\"]"))
        #expect(
            terraform(["IpRanges": [["CidrIp": "0.0.0.0/0"]]])
                == "# Remove the resource \"aws_security_group_rule\" with type = \"ingress\", security_group_id = \"sg-1\", protocol = \"tcp\", from_port = 443, to_port = 443."
        )
    }

    @Test func eachOpenURLOfAFunctionIsAResourceOfItsOwn() {
        var world = World()
        world.role("web", trust: World.trust(service: "lambda.amazonaws.com"))
        world.function("web", role: "web")
        let arn = "arn:aws:lambda:eu-west-1:\(World.account):function:web"
        let url = { (suffix: String, type: String) -> JSONValue in
            ["FunctionUrl": "https://x.lambda-url.eu-west-1.on.aws/", "FunctionArn": .string(arn + suffix), "AuthType": .string(type)]
        }
        world.record(
            "lambda", "list-function-url-configs", region: "eu-west-1", resource: "web",
            ["FunctionUrlConfigs": [url("", "NONE"), url(":live", "NONE"), url(":next", "AWS_IAM")]])
        #expect(
            Self.texts(.signFunctionURL(arn), world).terraform == """
                resource "aws_lambda_function_url" "web" {
                  function_name      = "web"
                  authorization_type = "AWS_IAM"
                }

                resource "aws_lambda_function_url" "web_live" {
                  function_name      = "web"
                  qualifier          = "live"
                  authorization_type = "AWS_IAM"
                }
                """)
    }

    /// The provider computes the argument where it is left out, and changes nothing.
    @Test func aProfileIsTakenAwayByAnEmptyNameOfIt() {
        var world = World()
        world.role("web", trust: World.trust(service: "ec2.amazonaws.com"), profile: true)
        world.instance("i-1", profile: "web")
        let texts = Self.texts(.removeInstanceProfile("arn:aws:ec2:eu-west-1:\(World.account):instance/i-1"), world)
        #expect(texts.terraform.contains("resource \"aws_instance\" \"i_1\" {\n  iam_instance_profile = \"\"\n}"))
        #expect(texts.terraform.hasPrefix("# The instance i-1, "))
    }

    /// An instance's, a cluster's and a disk's snapshot are shared by three calls; two of them Terraform knows.
    @Test func everySnapshotIsTakenPrivateByTheCallOfItsKind() throws {
        var world = World()
        let region = "eu-west-1"
        let everyone: JSONValue = [["AttributeName": "restore", "AttributeValues": ["all"]]]
        world.record("rds", "describe-db-snapshots", region: region, ["DBSnapshots": [["DBSnapshotIdentifier": "one"]]])
        world.record(
            "rds", "describe-db-snapshot-attributes", region: region, resource: "one",
            ["DBSnapshotAttributesResult": ["DBSnapshotIdentifier": "one", "DBSnapshotAttributes": everyone]])
        world.record(
            "rds", "describe-db-cluster-snapshots", region: region, ["DBClusterSnapshots": [["DBClusterSnapshotIdentifier": "many"]]])
        world.record(
            "rds", "describe-db-cluster-snapshot-attributes", region: region, resource: "many",
            ["DBClusterSnapshotAttributesResult": ["DBClusterSnapshotIdentifier": "many", "DBClusterSnapshotAttributes": everyone]])
        world.record(
            "ec2", "describe-snapshots", region: region, ["Snapshots": [["SnapshotId": "snap-1", "OwnerId": .string(World.account)]]])
        world.record(
            "ec2", "describe-snapshot-attribute", region: region, resource: "snap-1",
            ["SnapshotId": "snap-1", "CreateVolumePermissions": [["Group": "all"]]])
        let (_, outcome, evaluation) = PlanTests.planned(world.collection)
        let fixes = Dictionary(uniqueKeysWithValues: outcome.plan.fixes.map { ($0.resource.split(separator: "/").last ?? "", $0) })
        #expect(outcome.plan.open.isEmpty && fixes.count == 3)
        #expect(PlanTests.after(outcome.plan, world.collection).paths.isEmpty)
        #expect(throws: Never.self) { try PlanVerifier(world.collection, evaluation, FixCosts()).check(outcome.plan) }
        let one = try #require(outcome.plan.fixes.first { $0.resource.hasSuffix(":snapshot:one") })
        #expect(one.cli.hasPrefix("aws rds modify-db-snapshot-attribute --db-snapshot-identifier one "))
        #expect(one.terraform.hasPrefix("resource \"aws_db_snapshot\" "))
        let many = try #require(outcome.plan.fixes.first { $0.resource.hasSuffix(":cluster-snapshot:many") })
        #expect(many.cli.hasPrefix("aws rds modify-db-cluster-snapshot-attribute --db-cluster-snapshot-identifier many "))
        #expect(many.terraform.hasPrefix("resource \"aws_db_cluster_snapshot\" "))
        let disk = try #require(outcome.plan.fixes.first { $0.resource.hasSuffix("snapshot/snap-1") })
        #expect(disk.terraform.split(separator: "\n").map(String.init).last == "# " + disk.cli)
    }

    /// Names are foreign: a comment that they end would be code.
    @Test func namesStayWithinComments() {
        let name = "a\"; resource \"aws_iam_user\" \"x\" {} ${x} '"
        var world = World()
        world.managed(World.arn("policy/\(name)"), name, World.document(World.allow(["iam:*", "s3:*"])))
        world.user("ops", attached: [World.arn("policy/\(name)")])
        let removed = Self.texts(.detach(policy: World.arn("policy/\(name)"), principal: World.arn("user/ops")), world).terraform
        #expect(removed.hasPrefix("# Remove the resource ") && removed.split(whereSeparator: \.isNewline).count == 1)
        let managed = Self.texts(.removeAction(.managed(World.arn("policy/\(name)")), statement: 0, action: "iam:*"), world)
        let comments = managed.terraform.split(separator: "\n\n").last ?? ""
        #expect(comments.split(whereSeparator: \.isNewline).allSatisfy { $0.hasPrefix("# ") })
        #expect(comments.contains("aws iam delete-policy-version"))
        // No name has several lines today; were one to, each would be a comment.
        #expect(FixParts.besides("Why", ["aws x 'a\nb\r\nresource'"]) == "# Why. Run besides:\n# aws x 'a\n# b\n# resource'")
    }
}
