import CloudModel

/// The answers of one made-up account.
struct SyntheticAccount {
    private let shape: SyntheticCloud.Shape
    private let account: String
    private let all: [String]
    private var random: Numbers
    private let region = "eu-west-1"
    private var coverage: [String] = []
    private var files: [SyntheticCloud.File] = []
    private var profiles: [Int] = []

    init(_ shape: SyntheticCloud.Shape, _ index: Int, _ all: [String]) {
        self.shape = shape
        self.all = all
        account = all[index]
        random = Numbers(state: shape.seed &* 1_000_003 &+ UInt64(index))
    }

    private func arn(_ rest: String) -> String { "arn:aws:iam::\(account):\(rest)" }

    mutating func answers() -> [SyntheticCloud.File] {
        add("sts.get-caller-identity", #"{"Account": "\#(account)", "Arn": "\#(arn("role/collector"))", "UserId": "AROA:1"}"#)
        add("ec2.describe-regions", #"{"Regions": [{"RegionName": "\#(region)", "OptInStatus": "opt-in-not-required"}]}"#)
        add("iam.get-account-summary", #"{"SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}}"#)
        addIdentities()
        addNetwork()
        addMachines()
        addStores()
        addRest()
        files.append(
            .init(
                name: "collection.json",
                text: #"{"formatVersion": 1, "account": "\#(account)", "records": [], "coverage": [\#(coverage.joined(separator: ","))]}"#))
        return files
    }

    private mutating func add(_ name: String, _ text: String) { files.append(.init(name: name + ".json", text: text)) }

    /// A call to which the service said that there is nothing.
    private mutating func nothing(_ service: String, _ operation: String, region: String? = nil, resource: String, code: String) {
        let place = region.map { #""region": "\#($0)", "# } ?? ""
        coverage.append(
            #"{"service": "\#(service)", "operation": "\#(operation)", \#(place)"resource": "\#(resource)", "outcome": "collected", "code": "\#(code)"}"#
        )
    }

    /// Of everything else there is none.
    private mutating func addRest() {
        let answered = Set(files.map { $0.name.split(separator: ".").prefix(2).joined(separator: ".") })
        for operation in KnownOperation.all where operation.isExpected && operation.resource != .required {
            let name = "\(operation.service).\(operation.operation)"
            guard !answered.contains(name), operation.service != "organizations" else { continue }
            let place = operation.isRegional ? #""region": "\#(region)", "# : ""
            coverage.append(
                #"{"service": "\#(operation.service)", "operation": "\#(operation.operation)", \#(place)"outcome": "collected", "code": "Nothing"}"#
            )
        }
    }

    // MARK: Identities

    private static let services = ["lambda", "lambda", "lambda", "ec2", "ec2", "ecs-tasks", "ecs-tasks", "codebuild", "states", "glue"]

    private func statement(_ actions: String..., on resources: String..., effect: String = "Allow", condition: String = "") -> String {
        let actionList = actions.map { "\"\($0)\"" }.joined(separator: ", ")
        let resourceList = resources.map { "\"\($0)\"" }.joined(separator: ", ")
        return #"{"Effect": "\#(effect)", "Action": [\#(actionList)], "Resource": [\#(resourceList)]\#(condition)}"#
    }
    private func document(_ statements: [String]) -> String {
        #"{"Version": "2012-10-17", "Statement": [\#(statements.joined(separator: ", "))]}"#
    }

    /// Policies that many share: what a team may do, and AWS's own.
    private mutating func sharedPolicies() -> [(arn: String, name: String, text: String)] {
        var list: [(arn: String, name: String, text: String)] = []
        for (name, statements) in [
            ("AWSLambdaBasicExecutionRole", [statement("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on: "*")]),
            (
                "AmazonSSMManagedInstanceCore",
                [statement("ssm:UpdateInstanceInformation", "ssmmessages:*", "ec2messages:*", "ssm:GetParameter", on: "*")]
            ),
            ("AmazonECSTaskExecutionRolePolicy", [statement("ecr:*", "logs:CreateLogStream", "logs:PutLogEvents", on: "*")]),
            (
                "ReadOnlyAccess",
                [statement("iam:Get*", "iam:List*", "ec2:Describe*", "lambda:Get*", "lambda:List*", "s3:Get*", "s3:List*", on: "*")]
            ),
            (
                "PowerUserAccess",
                [
                    #"{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}"#,
                    statement("iam:CreateServiceLinkedRole", "iam:ListRoles", on: "*"),
                ]
            ),
            ("AdministratorAccess", [statement("*", on: "*")]),
        ] { list.append(("arn:aws:iam::aws:policy/\(name)", name, document(statements))) }
        for team in 0..<max(6, shape.roles / 12) {
            var statements = [
                statement("s3:GetObject", "s3:PutObject", "s3:ListBucket", on: "arn:aws:s3:::\(account)-team\(team)-*"),
                statement("dynamodb:*", on: "arn:aws:dynamodb:\(region):\(account):table/team\(team)-*"),
                statement("sqs:*", "sns:Publish", on: "arn:aws:sqs:\(region):\(account):team\(team)-*"),
            ]
            switch team % 6 {
            case 0: statements.append(statement("iam:PassRole", on: arn("role/team\(team)-*"), condition: passedToLambda))
            case 1: statements.append(statement("sts:AssumeRole", on: arn("role/team\(team)-*")))
            case 2:
                statements.append(
                    statement("ec2:StartInstances", "ec2:StopInstances", "ssm:StartSession", on: "*", condition: tagged("team\(team)")))
            case 3:
                statements.append(
                    statement("secretsmanager:GetSecretValue", on: "arn:aws:secretsmanager:\(region):\(account):secret:team\(team)/*"))
            case 4:
                statements.append(statement("lambda:UpdateFunctionCode", on: "arn:aws:lambda:\(region):\(account):function:team\(team)-*"))
            default: statements.append(statement("iam:*", on: "*", effect: "Deny"))
            }
            statements += broadRights(team)
            list.append((arn("policy/team\(team)"), "team\(team)", document(statements)))
        }
        return list
    }

    /// What a team's policy holds beyond what is its own.
    private func broadRights(_ team: Int) -> [String] {
        switch (shape.density, team % 5) {
        case (.sparse, _), (.dense, 0): []
        case (.dense, 1): [statement("iam:PassRole", "ec2:RunInstances", on: "*")]
        case (.dense, 2): [statement("sts:AssumeRole", on: arn("role/team\(team)-*"))]
        case (.dense, 3): [statement("lambda:*", on: "*")]
        case (.dense, _): [statement("iam:PutRolePolicy", on: "*")]
        case (.complete, _): [statement(team % 2 == 0 ? "sts:AssumeRole" : "iam:PassRole", "lambda:*", on: "*")]
        }
    }

    private let passedToLambda = #", "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}"#
    private func tagged(_ team: String) -> String { #", "Condition": {"StringEquals": {"aws:ResourceTag/team": "\#(team)"}}"# }

    private mutating func trust(_ index: Int, _ service: String) -> String {
        let assume = #""Action": "sts:AssumeRole""#
        switch index % 20 {
        case 0: return #"{"Effect": "Allow", "Principal": {"AWS": "\#(arn("root"))"}, \#(assume)}"#
        case 1:
            // Deployment from another account, with or without an external identifier.
            let other = all[random.below(all.count)]
            let condition = random.happens(500) ? #", "Condition": {"StringEquals": {"sts:ExternalId": "x1"}}"# : ""
            return #"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::\#(other):role/deployer"}, \#(assume)\#(condition)}"#
        case 2:
            return
                #"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::\#(account):oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:example/r\#(index):ref:refs/heads/main"}}}"#
        case 3:
            return
                #"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::\#(account):saml-provider/sso"}, "Action": "sts:AssumeRoleWithSAML", "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}"#
        default:
            let trustsAccount = shape.density == .complete || (shape.density == .dense && index % 3 == 0)
            let own = trustsAccount ? #", {"Effect": "Allow", "Principal": {"AWS": "\#(arn("root"))"}, \#(assume)}"# : ""
            return #"{"Effect": "Allow", "Principal": {"Service": "\#(service).amazonaws.com"}, \#(assume)}\#(own)"#
        }
    }

    private mutating func addIdentities() {
        let shared = sharedPolicies()
        let teams = shared.count - 6
        func attached(_ places: [Int]) -> String {
            places.map { #"{"PolicyName": "\#(shared[$0].name)", "PolicyArn": "\#(shared[$0].arn)"}"# }.joined(separator: ", ")
        }
        var roles: [String] = []
        for index in 0..<shape.roles {
            let service = Self.services[random.below(Self.services.count)]
            let team = random.below(teams)
            let name = index == 1 ? "deployer" : "team\(team)-\(service)-\(index)"
            var places = [6 + team]
            switch service {
            case "lambda": places.append(0)
            case "ec2": places.append(1)
            case "ecs-tasks": places.append(2)
            default: break
            }
            if random.happens(25) { places.append(3) }
            if random.happens(10) { places.append(4) }
            if random.happens(8) { places.append(5) }
            // Two in three have something of their own, which nobody shares.
            var inline = ""
            if random.happens(660) {
                let own = [
                    statement("s3:GetObject", "s3:PutObject", on: "arn:aws:s3:::\(account)-team\(team)-\(index)/*"),
                    statement(
                        "secretsmanager:GetSecretValue", on: "arn:aws:secretsmanager:\(region):\(account):secret:team\(team)/\(index)-*"),
                    statement("kms:Decrypt", on: "arn:aws:kms:\(region):\(account):key/*"),
                ]
                inline = #"{"PolicyName": "own", "PolicyDocument": \#(document(own))}"#
            }
            if random.happens(6) {
                let mistake = [
                    statement("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", on: "*"),
                    statement("iam:CreatePolicyVersion", on: "*"), statement("iam:AttachRolePolicy", "iam:PutRolePolicy", on: "*"),
                    statement("sts:AssumeRole", on: "*"), statement("iam:CreateAccessKey", on: arn("user/*")),
                    statement("ssm:SendCommand", "ssm:StartSession", on: "*"),
                ][random.below(6)]
                inline += (inline.isEmpty ? "" : ", ") + #"{"PolicyName": "more", "PolicyDocument": \#(document([mistake]))}"#
            }
            let boundary =
                random.happens(50)
                ? #", "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "\#(shared[4].arn)"}"# : ""
            var profile = ""
            if service == "ec2" {
                profiles.append(index)
                profile = #"{"InstanceProfileName": "p\#(index)", "Arn": "\#(arn("instance-profile/p\(index)"))"}"#
                profileRoles[index] = name
            }
            if service == "lambda" { functionRoles.append(name) }
            roles.append(
                #"{"Path": "/", "RoleName": "\#(name)", "RoleId": "AROA\#(index)", "Arn": "\#(arn("role/\(name)"))", "CreateDate": "2025-01-02T03:04:05+00:00", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [\#(trust(index, service))]}, "InstanceProfileList": [\#(profile)], "RolePolicyList": [\#(inline)], "AttachedManagedPolicies": [\#(attached(places))], "Tags": [{"Key": "team", "Value": "team\#(team)"}], "RoleLastUsed": {"LastUsedDate": "2026-02-01T00:00:00+00:00"}\#(boundary)}"#
            )
        }
        var groups: [String] = []
        for index in 0..<shape.groups {
            let places = index == 0 ? [5] : index == 1 ? [3] : [6 + index % teams, 3]
            groups.append(
                #"{"Path": "/", "GroupName": "g\#(index)", "GroupId": "AGPA\#(index)", "Arn": "\#(arn("group/g\(index)"))", "CreateDate": "2025-01-02T03:04:05+00:00", "GroupPolicyList": [], "AttachedManagedPolicies": [\#(attached(places))]}"#
            )
        }
        var users: [String] = []
        for index in 0..<shape.users {
            let member = random.happens(30) ? 0 : 1 + random.below(max(1, shape.groups - 1))
            let own =
                random.happens(50)
                ? #"{"PolicyName": "own", "PolicyDocument": \#(document([statement("sts:AssumeRole", on: arn("role/team\(random.below(teams))-*"))]))}"#
                : ""
            let boundary =
                random.happens(30)
                ? #", "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "\#(shared[4].arn)"}"# : ""
            users.append(
                #"{"Path": "/", "UserName": "u\#(index)", "UserId": "AIDA\#(index)", "Arn": "\#(arn("user/u\(index)"))", "CreateDate": "2025-01-02T03:04:05+00:00", "UserPolicyList": [\#(own)], "GroupList": ["g\#(min(member, shape.groups - 1))"], "AttachedManagedPolicies": [], "Tags": []\#(boundary)}"#
            )
        }
        let policies = shared.map {
            #"{"PolicyName": "\#($0.name)", "PolicyId": "ANPA\#($0.name)", "Arn": "\#($0.arn)", "Path": "/", "DefaultVersionId": "v1", "AttachmentCount": 1, "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": \#($0.text)}]}"#
        }
        add(
            "iam.get-account-authorization-details",
            #"{"UserDetailList": [\#(users.joined(separator: ",\n"))], "GroupDetailList": [\#(groups.joined(separator: ",\n"))], "RoleDetailList": [\#(roles.joined(separator: ",\n"))], "Policies": [\#(policies.joined(separator: ",\n"))]}"#
        )
    }
    private var profileRoles: [Int: String] = [:]
    private var functionRoles: [String] = []

    // MARK: Network and machines

    private mutating func addNetwork() {
        let vpcs = 3
        let id = account.suffix(6)
        add(
            "ec2.describe-vpcs.\(region)",
            list(
                "Vpcs",
                (0..<vpcs).map {
                    #"{"VpcId": "vpc-\#(id)\#($0)", "CidrBlock": "10.\#($0).0.0/16", "IsDefault": false, "CidrBlockAssociationSet": [{"CidrBlock": "10.\#($0).0.0/16"}]}"#
                }))
        add(
            "ec2.describe-subnets.\(region)",
            list(
                "Subnets",
                (0..<vpcs * 6).map {
                    #"{"SubnetId": "subnet-\#(id)\#($0)", "VpcId": "vpc-\#(id)\#($0 / 6)", "CidrBlock": "10.\#($0 / 6).\#($0 % 6 * 16).0/20"}"#
                }))
        add(
            "ec2.describe-internet-gateways.\(region)",
            list(
                "InternetGateways",
                (0..<vpcs).map {
                    #"{"InternetGatewayId": "igw-\#(id)\#($0)", "Attachments": [{"VpcId": "vpc-\#(id)\#($0)", "State": "available"}]}"#
                }))
        add(
            "ec2.describe-route-tables.\(region)",
            list(
                "RouteTables",
                (0..<vpcs).flatMap { vpc -> [String] in
                    let local = #"{"DestinationCidrBlock": "10.\#(vpc).0.0/16", "GatewayId": "local", "State": "active"}"#
                    let open = #"{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-\#(id)\#(vpc)", "State": "active"}"#
                    return [
                        #"{"RouteTableId": "rtb-\#(id)m\#(vpc)", "VpcId": "vpc-\#(id)\#(vpc)", "Associations": [{"Main": true}], "Routes": [\#(local)]}"#,
                        #"{"RouteTableId": "rtb-\#(id)p\#(vpc)", "VpcId": "vpc-\#(id)\#(vpc)", "Associations": [{"Main": false, "SubnetId": "subnet-\#(id)\#(vpc * 6)"}, {"Main": false, "SubnetId": "subnet-\#(id)\#(vpc * 6 + 1)"}], "Routes": [\#(local), \#(open)]}"#,
                    ]
                }))
        add(
            "ec2.describe-network-acls.\(region)",
            list(
                "NetworkAcls",
                (0..<vpcs).map { vpc in
                    let subnets = (0..<6).map { #"{"SubnetId": "subnet-\#(id)\#(vpc * 6 + $0)"}"# }.joined(separator: ", ")
                    return
                        #"{"NetworkAclId": "acl-\#(id)\#(vpc)", "VpcId": "vpc-\#(id)\#(vpc)", "IsDefault": true, "Associations": [\#(subnets)], "Entries": [{"RuleNumber": 100, "Egress": false, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}, {"RuleNumber": 100, "Egress": true, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}]}"#
                }))
        add(
            "ec2.describe-security-groups.\(region)",
            list(
                "SecurityGroups",
                (0..<max(1, shape.securityGroups)).map { index in
                    let source =
                        index % 40 == 0
                        ? #""IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": []"#
                        : index % 3 == 0
                            ? #""IpRanges": [{"CidrIp": "10.\#(index % vpcs).0.0/16"}], "UserIdGroupPairs": []"#
                            : #""IpRanges": [], "UserIdGroupPairs": [{"GroupId": "sg-\#(id)\#(index / 2)"}]"#
                    return
                        #"{"GroupId": "sg-\#(id)\#(index)", "GroupName": "g\#(index)", "VpcId": "vpc-\#(id)\#(index % vpcs)", "OwnerId": "\#(account)", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Ipv6Ranges": [], \#(source)}], "IpPermissionsEgress": []}"#
                }))
    }

    private func list(_ name: String, _ items: [String]) -> String { "{\"\(name)\": [\(items.joined(separator: ",\n"))]}" }

    private mutating func addMachines() {
        let id = account.suffix(6)
        let groups = max(1, shape.securityGroups)
        var instances: [String] = []
        for index in 0..<shape.instances {
            let group = random.below(groups)
            let vpc = group % 3
            let isPublic = random.happens(60)
            let subnet = "subnet-\(id)\(vpc * 6 + (isPublic ? 0 : 2 + random.below(4)))"
            let address = isPublic ? #", "Association": {"PublicIp": "198.51.\#(index / 250 % 250).\#(index % 250)"}"# : ""
            let profile =
                profiles.isEmpty || random.happens(200)
                ? "" : #""IamInstanceProfile": {"Arn": "\#(arn("instance-profile/p\(profiles[random.below(profiles.count)])"))"}, "#
            let tokens = random.happens(700) ? "required" : "optional"
            instances.append(
                #"{"InstanceId": "i-\#(id)\#(index)", "State": {"Name": "running"}, "VpcId": "vpc-\#(id)\#(vpc)", "SubnetId": "\#(subnet)", \#(profile)"MetadataOptions": {"HttpTokens": "\#(tokens)", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1}, "Tags": [{"Key": "Name", "Value": "vm\#(index)"}, {"Key": "team", "Value": "team\#(index % 9)"}], "NetworkInterfaces": [{"NetworkInterfaceId": "eni-\#(id)\#(index)", "SubnetId": "\#(subnet)", "Groups": [{"GroupId": "sg-\#(id)\#(group)"}], "PrivateIpAddresses": [{"PrivateIpAddress": "10.\#(vpc).\#(index / 200 % 90).\#(index % 200 + 4)"\#(address)}]}]}"#
            )
        }
        add(
            "ec2.describe-instances.\(region)",
            #"{"Reservations": [{"ReservationId": "r-1", "OwnerId": "\#(account)", "Instances": [\#(instances.joined(separator: ",\n"))]}]}"#
        )
        var functions: [String] = []
        for index in 0..<shape.functions {
            let name = "team\(index % 11)-f\(index)"
            let place = "arn:aws:lambda:\(region):\(account):function:\(name)"
            let role = functionRoles.isEmpty ? "none" : functionRoles[random.below(functionRoles.count)]
            functions.append(
                #"{"FunctionName": "\#(name)", "FunctionArn": "\#(place)", "Role": "\#(arn("role/\(role)"))", "Runtime": "python3.12", "Environment": {"Variables": {"STAGE": {"redacted": {"length": 4}}}}}"#
            )
            if random.happens(15) {
                add(
                    "lambda.list-function-url-configs.\(region).\(name)",
                    #"{"FunctionUrlConfigs": [{"FunctionUrl": "https://x\#(index).lambda-url.\#(region).on.aws/", "AuthType": "NONE", "FunctionArn": "\#(place)"}]}"#
                )
                add(
                    "lambda.get-policy.\(region).\(name)",
                    #"{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"lambda:InvokeFunctionUrl\",\"Resource\":\"\#(place)\",\"Condition\":{\"StringEquals\":{\"lambda:FunctionUrlAuthType\":\"NONE\"}}}]}"}"#
                )
            } else {
                nothing("lambda", "list-function-url-configs", region: region, resource: name, code: "Nothing")
                nothing("lambda", "get-policy", region: region, resource: name, code: "ResourceNotFoundException")
            }
        }
        add("lambda.list-functions.\(region)", list("Functions", functions))
    }

    // MARK: Stores

    private mutating func addStores() {
        let teams = max(6, shape.roles / 12)
        var buckets: [String] = []
        for index in 0..<shape.buckets {
            let suffix = index % 13 == 0 ? "-customer-data" : index % 5 == 0 ? "-backup" : ""
            let name = "\(account)-team\(index % teams)-\(index)\(suffix)"
            buckets.append(#"{"Name": "\#(name)", "CreationDate": "2025-01-02T03:04:05+00:00"}"#)
            if random.happens(300) {
                let other = all[random.below(all.count)]
                let who =
                    random.happens(100)
                    ? "arn:aws:iam::\(other):root" : random.happens(50) ? "arn:aws:iam::\(other):role/deployer" : arn("role/deployer")
                add(
                    "s3.get-bucket-policy.\(name)",
                    #"{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":[\"arn:aws:s3:::\#(name)\",\"arn:aws:s3:::\#(name)/*\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}},{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"\#(who)\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::\#(name)/*\"}]}"}"#
                )
            } else {
                nothing("s3", "get-bucket-policy", resource: name, code: "NoSuchBucketPolicy")
            }
            nothing("s3", "get-bucket-acl", resource: name, code: "Nothing")
            nothing("s3", "get-public-access-block", resource: name, code: "NoSuchPublicAccessBlockConfiguration")
            nothing("s3", "get-bucket-encryption", resource: name, code: "Nothing")
        }
        add("s3.list-buckets", list("Buckets", buckets))
        nothing("s3control", "get-public-access-block", resource: account, code: "NoSuchPublicAccessBlockConfiguration")
        var secrets: [String] = []
        for index in 0..<shape.secrets {
            let place = "arn:aws:secretsmanager:\(region):\(account):secret:team\(index % teams)/\(index)-AbCdEf"
            secrets.append(#"{"ARN": "\#(place)", "Name": "team\#(index % teams)/\#(index)", "RotationEnabled": \#(index % 3 == 0)}"#)
            nothing("secretsmanager", "get-resource-policy", region: region, resource: place, code: "Nothing")
        }
        add("secretsmanager.list-secrets.\(region)", list("SecretList", secrets))
        let databases = (0..<shape.databases).map { index in
            #"{"DBInstanceIdentifier": "db\#(index)", "DBInstanceArn": "arn:aws:rds:\#(region):\#(account):db:db\#(index)", "Engine": "postgres", "PubliclyAccessible": \#(index % 40 == 0), "Endpoint": {"Port": 443}, "StorageEncrypted": true, "BackupRetentionPeriod": 7, "DeletionProtection": true, "DBSubnetGroup": {"VpcId": "vpc-\#(account.suffix(6))0", "Subnets": [{"SubnetIdentifier": "subnet-\#(account.suffix(6))0"}]}, "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-\#(account.suffix(6))\#(index % max(1, shape.securityGroups))"}]}"#
        }
        add("rds.describe-db-instances.\(region)", list("DBInstances", databases))
        var snapshots: [String] = []
        for index in 0..<shape.snapshots {
            snapshots.append(
                #"{"SnapshotId": "snap-\#(account.suffix(6))\#(index)", "VolumeId": "vol-\#(index)", "OwnerId": "\#(account)", "State": "completed", "Encrypted": \#(index % 4 != 0), "Tags": []}"#
            )
            nothing("ec2", "describe-snapshot-attribute", region: region, resource: "snap-\(account.suffix(6))\(index)", code: "Nothing")
        }
        add("ec2.describe-snapshots.\(region)", list("Snapshots", snapshots))
        add("rds.describe-db-snapshots.\(region)", list("DBSnapshots", []))
        var keys: [String] = []
        for index in 0..<shape.keys {
            let name = "k\(account.suffix(6))\(index)"
            keys.append(#"{"KeyId": "\#(name)", "KeyArn": "arn:aws:kms:\#(region):\#(account):key/\#(name)"}"#)
            add(
                "kms.describe-key.\(region).\(name)",
                #"{"KeyMetadata": {"KeyManager": "CUSTOMER", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS"}}"#)
            add(
                "kms.get-key-policy.\(region).\(name)",
                #"{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"\#(arn("root"))\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"}"#
            )
            add("kms.get-key-rotation-status.\(region).\(name)", #"{"KeyRotationEnabled": true}"#)
        }
        add("kms.list-keys.\(region)", list("Keys", keys))
    }
}
