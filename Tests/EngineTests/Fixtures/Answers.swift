import CloudModel
@testable import Engine

/// A collection written as AWS CLI answers.
struct Answers {
    static let account = "111122223333"
    var records: [CollectedRecord] = []
    var coverage: [CoverageEntry] = []

    mutating func add(_ name: String, _ json: String, account: String? = Answers.account, time: String? = "2026-03-01T10:00:00+00:00")
        throws
    {
        let parsed = try CollectionFolder.parse(recordName: name)
        guard let parsed else { throw CollectionError(.badName, name) }
        records.append(
            CollectedRecord(
                account: account, service: parsed.operation.service, operation: parsed.operation.operation, region: parsed.region,
                resource: parsed.resource, time: time, payload: try JSONValue(parsing: json)))
    }

    mutating func remove(_ prefix: String) {
        records.removeAll { $0.id.hasPrefix(Answers.account + "/" + prefix) }
    }

    /// Puts `to` in the place of every `from` in the answer's canonical text, where it must be.
    mutating func replace(_ name: String, _ from: String, _ to: String) throws {
        guard let place = records.firstIndex(where: { $0.id == Answers.account + "/" + name }) else {
            throw CollectionError(.badName, name)
        }
        let text = records[place].payload.canonicalText
        let changed = text.replacing(from, with: to)
        guard changed != text else { throw CollectionError(.badName, "\(from) is not in \(text)") }
        records[place].payload = try JSONValue(parsing: changed)
    }

    var collection: CloudCollection { CloudCollection(records: records, coverage: coverage) }
    var snapshot: CloudSnapshot { Normaliser.normalise(collection) }

    /// One instance with a public address in a public subnet, its network open on port 443; a load balancer, a bucket, a function, a key,
    /// a secret, a database and snapshots.
    static func open() throws -> Answers {
        var answers = Answers()
        try answers.add(
            "sts.get-caller-identity", #"{"Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/auditor","UserId":"A"}"#)
        try answers.add(
            "iam.get-account-authorization-details",
            #"""
            {"UserDetailList":[{"Path":"/","UserName":"ann","UserId":"U1","Arn":"arn:aws:iam::111122223333:user/ann","CreateDate":"2024-01-01T00:00:00+00:00",
              "UserPolicyList":[{"PolicyName":"own","PolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D"}],
              "GroupList":["staff"],"AttachedManagedPolicies":[{"PolicyName":"AdministratorAccess","PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}],
              "Tags":[{"Key":"team","Value":"a"}]}],
             "GroupDetailList":[{"GroupName":"staff","GroupId":"G1","Arn":"arn:aws:iam::111122223333:group/staff","GroupPolicyList":[],
              "AttachedManagedPolicies":[{"PolicyName":"read","PolicyArn":"arn:aws:iam::111122223333:policy/read"}]}],
             "RoleDetailList":[{"RoleName":"web","RoleId":"R1","Arn":"arn:aws:iam::111122223333:role/web",
              "AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}},
              "InstanceProfileList":[{"InstanceProfileName":"web","Arn":"arn:aws:iam::111122223333:instance-profile/web"}],
              "RolePolicyList":[],"AttachedManagedPolicies":[],"PermissionsBoundary":{"PermissionsBoundaryType":"Policy","PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/read"},
              "RoleLastUsed":{"LastUsedDate":"2026-02-01T00:00:00+00:00"}}],
             "Policies":[{"PolicyName":"read","Arn":"arn:aws:iam::111122223333:policy/read","DefaultVersionId":"v2",
              "PolicyVersionList":[{"VersionId":"v2","IsDefaultVersion":true,"Document":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}},
               {"VersionId":"v1","IsDefaultVersion":false,"Document":{"Version":"2012-10-17","Statement":[]}}]}]}
            """#)
        answers.records.append(
            CollectedRecord(
                account: account, service: "iam", operation: "get-credential-report", region: nil, resource: nil,
                time: "2026-03-01T10:00:00+00:00",
                payload: .string(
                    """
                    user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date
                    <root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,no_information,not_supported,not_supported,true,false,N/A,N/A,false,N/A,N/A
                    ann,arn:aws:iam::111122223333:user/ann,2024-01-01T00:00:00+00:00,true,2026-02-01T00:00:00+00:00,N/A,N/A,false,true,2024-01-01T00:00:00+00:00,2026-02-28T00:00:00+00:00,false,N/A,N/A

                    """)))
        try answers.add("iam.get-account-summary", #"{"SummaryMap":{"AccountMFAEnabled":1,"AccountAccessKeysPresent":0}}"#)
        try answers.add(
            "iam.get-account-password-policy", #"{"PasswordPolicy":{"MinimumPasswordLength":8,"PasswordReusePrevention":24}}"#)
        answers.coverage.append(
            CoverageEntry(
                account: account, service: "organizations", operation: "describe-organization", outcome: .collected,
                code: "AWSOrganizationsNotInUseException"))
        try answers.addNetwork()
        try answers.addStores()
        try answers.addNoWorkloads(["eu-west-1"])
        return answers
    }

    /// Listings of everything that runs with the rights of roles, with nothing in them.
    mutating func addNoWorkloads(_ regions: [String]) throws {
        for operation in KnownOperation.workloads where operation.isExpected {
            for region in regions {
                let lists = WorkloadSource.all.filter { $0.service == operation.service && $0.operation == operation.operation }
                    .map { $0.place.split(separator: "[").first.map(String.init) ?? "" }
                let names = Set(lists + ["applications", "clusterArns", "clusters", "Domains", "Instances"])
                records.append(
                    CollectedRecord(
                        account: Self.account, service: operation.service, operation: operation.operation, region: region, resource: nil,
                        time: "2026-03-01T10:00:00+00:00",
                        payload: .object(JSONObject(names.sorted().map { JSONObject.Member($0, .array([])) }))))
            }
        }
    }

    private mutating func addNetwork() throws {
        try add(
            "ec2.describe-vpcs.eu-west-1",
            #"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16","IsDefault":false,"CidrBlockAssociationSet":[{"CidrBlock":"10.0.0.0/16"}]}]}"#
        )
        try add(
            "ec2.describe-subnets.eu-west-1",
            #"{"Subnets":[{"SubnetId":"subnet-a","VpcId":"vpc-1","CidrBlock":"10.0.1.0/24"},{"SubnetId":"subnet-b","VpcId":"vpc-1","CidrBlock":"10.0.2.0/24"}]}"#
        )
        try add(
            "ec2.describe-internet-gateways.eu-west-1",
            #"{"InternetGateways":[{"InternetGatewayId":"igw-1","Attachments":[{"VpcId":"vpc-1","State":"available"}]}]}"#)
        try add(
            "ec2.describe-route-tables.eu-west-1",
            #"""
            {"RouteTables":[{"RouteTableId":"rtb-main","VpcId":"vpc-1","Associations":[{"Main":true}],"Routes":[{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","State":"active"}]},
             {"RouteTableId":"rtb-public","VpcId":"vpc-1","Associations":[{"Main":false,"SubnetId":"subnet-a"}],
              "Routes":[{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","State":"active"},{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":"active"}]}]}
            """#)
        try add(
            "ec2.describe-network-acls.eu-west-1",
            #"""
            {"NetworkAcls":[{"NetworkAclId":"acl-1","VpcId":"vpc-1","IsDefault":true,"Associations":[{"SubnetId":"subnet-a"},{"SubnetId":"subnet-b"}],
             "Entries":[{"RuleNumber":100,"Egress":false,"RuleAction":"allow","Protocol":"-1","CidrBlock":"0.0.0.0/0"},{"RuleNumber":100,"Egress":true,"RuleAction":"allow","Protocol":"-1","CidrBlock":"0.0.0.0/0"}]}]}
            """#)
        try add(
            "ec2.describe-security-groups.eu-west-1",
            #"""
            {"SecurityGroups":[{"GroupId":"sg-web","GroupName":"web","VpcId":"vpc-1","OwnerId":"111122223333",
              "IpPermissions":[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[],"UserIdGroupPairs":[]}],"IpPermissionsEgress":[]},
             {"GroupId":"sg-back","GroupName":"back","VpcId":"vpc-1","IpPermissions":[{"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"IpRanges":[],"UserIdGroupPairs":[{"GroupId":"sg-web"}]}],"IpPermissionsEgress":[]},
             {"GroupId":"sg-0","GroupName":"default","VpcId":"vpc-1","IpPermissions":[],"IpPermissionsEgress":[]}]}
            """#)
        try add(
            "ec2.describe-instances.eu-west-1",
            #"""
            {"Reservations":[{"Instances":[{"InstanceId":"i-front","State":{"Name":"running"},"VpcId":"vpc-1","SubnetId":"subnet-a","IamInstanceProfile":{"Arn":"arn:aws:iam::111122223333:instance-profile/web"},
              "MetadataOptions":{"HttpTokens":"optional","HttpEndpoint":"enabled","HttpPutResponseHopLimit":1},
              "NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","SubnetId":"subnet-a","Groups":[{"GroupId":"sg-web"}],"PrivateIpAddresses":[{"PrivateIpAddress":"10.0.1.5","Association":{"PublicIp":"198.51.100.7"}}]}]},
             {"InstanceId":"i-back","State":{"Name":"running"},"VpcId":"vpc-1","SubnetId":"subnet-b",
              "NetworkInterfaces":[{"NetworkInterfaceId":"eni-2","SubnetId":"subnet-b","Groups":[{"GroupId":"sg-back"}],"PrivateIpAddresses":[{"PrivateIpAddress":"10.0.2.5"}]}]}]}]}
            """#)
        let balancer = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/front/1"
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/front/1/2"
        let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/back/3"
        try add(
            "elbv2.describe-load-balancers.eu-west-1",
            #"{"LoadBalancers":[{"LoadBalancerArn":"\#(balancer)","LoadBalancerName":"front","Scheme":"internet-facing","Type":"application","VpcId":"vpc-1","SecurityGroups":["sg-web"],"AvailabilityZones":[{"SubnetId":"subnet-a"}]}]}"#
        )
        try add(
            "elbv2.describe-target-groups.eu-west-1",
            #"{"TargetGroups":[{"TargetGroupArn":"\#(group)","TargetType":"instance","Port":8080}]}"#)
        try add(
            "elbv2.describe-listeners.eu-west-1." + PercentEncoding.encode(balancer),
            #"{"Listeners":[{"ListenerArn":"\#(listener)","Port":443,"Protocol":"HTTPS","DefaultActions":[{"Type":"forward","TargetGroupArn":"\#(group)"}]}]}"#
        )
        try add("elbv2.describe-rules.eu-west-1." + PercentEncoding.encode(listener), #"{"Rules":[]}"#)
        try add(
            "elbv2.describe-target-health.eu-west-1." + PercentEncoding.encode(group),
            #"{"TargetHealthDescriptions":[{"Target":{"Id":"i-back","Port":8080},"TargetHealth":{"State":"healthy"}}]}"#)
    }

    private mutating func addStores() throws {
        try add("s3.list-buckets", #"{"Buckets":[{"Name":"shop-data"}]}"#)
        try add(
            "s3.get-bucket-policy.shop-data",
            #"{"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::shop-data/*\"}]}"}"#
        )
        try add(
            "s3.get-bucket-acl.shop-data", #"{"Grants":[{"Grantee":{"ID":"abc","Type":"CanonicalUser"},"Permission":"FULL_CONTROL"}]}"#)
        coverage += [
            CoverageEntry(
                account: Self.account, service: "s3", operation: "get-public-access-block", resource: "shop-data", outcome: .collected,
                code: "NoSuchPublicAccessBlockConfiguration"),
            CoverageEntry(
                account: Self.account, service: "s3control", operation: "get-public-access-block", outcome: .collected,
                code: "NoSuchPublicAccessBlockConfiguration"),
            CoverageEntry(
                account: Self.account, service: "s3", operation: "get-bucket-encryption", resource: "shop-data", outcome: .collected,
                code: "ServerSideEncryptionConfigurationNotFoundError"),
        ]
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:hook"
        try add(
            "lambda.list-functions.eu-west-1",
            #"{"Functions":[{"FunctionName":"hook","FunctionArn":"\#(function)","Role":"arn:aws:iam::111122223333:role/web","Environment":{"Variables":{"TOKEN":{"redacted":{"length":3}}}}}]}"#
        )
        try add(
            "lambda.list-function-url-configs.eu-west-1.hook",
            #"{"FunctionUrlConfigs":[{"FunctionUrl":"https://x.lambda-url.eu-west-1.on.aws/","AuthType":"NONE","FunctionArn":"\#(function)"}]}"#
        )
        try add(
            "lambda.get-policy.eu-west-1.hook",
            #"{"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"lambda:InvokeFunctionUrl\",\"Resource\":\"\#(function)\",\"Condition\":{\"StringEquals\":{\"lambda:FunctionUrlAuthType\":\"NONE\"}}}]}"}"#
        )
        try add("kms.list-keys.eu-west-1", #"{"Keys":[{"KeyId":"k1","KeyArn":"arn:aws:kms:eu-west-1:111122223333:key/k1"}]}"#)
        try add(
            "kms.describe-key.eu-west-1.k1",
            #"{"KeyMetadata":{"KeyManager":"CUSTOMER","KeyState":"Enabled","KeySpec":"SYMMETRIC_DEFAULT","Origin":"AWS_KMS"}}"#)
        try add(
            "kms.get-key-policy.eu-west-1.k1",
            #"{"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"kms:*\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"kms:CallerAccount\":\"111122223333\"}}}]}"}"#
        )
        try add("kms.get-key-rotation-status.eu-west-1.k1", #"{"KeyRotationEnabled":false}"#)
        try add(
            "kms.list-grants.eu-west-1.k1",
            #"{"Grants":[{"GrantId":"g1","GranteePrincipal":"arn:aws:iam::111122223333:role/web","Operations":["Decrypt"],"Constraints":{"EncryptionContextSubset":{"a":"b"}}}]}"#
        )
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
        try add("secretsmanager.list-secrets.eu-west-1", #"{"SecretList":[{"ARN":"\#(secret)","Name":"db"}]}"#)
        try add("secretsmanager.get-resource-policy.eu-west-1." + PercentEncoding.encode(secret), #"{"ARN":"\#(secret)","Name":"db"}"#)
        try add(
            "rds.describe-db-instances.eu-west-1",
            #"{"DBInstances":[{"DBInstanceIdentifier":"db","DBInstanceArn":"arn:aws:rds:eu-west-1:111122223333:db:db","PubliclyAccessible":true,"Endpoint":{"Port":443},"StorageEncrypted":true,"BackupRetentionPeriod":1,"DBSubnetGroup":{"VpcId":"vpc-1","Subnets":[{"SubnetIdentifier":"subnet-a"}]},"VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-web"}]}]}"#
        )
        try add(
            "rds.describe-db-snapshots.eu-west-1",
            #"{"DBSnapshots":[{"DBSnapshotIdentifier":"old","DBSnapshotArn":"arn:aws:rds:eu-west-1:111122223333:snapshot:old","DBInstanceIdentifier":"db","Encrypted":false,"SnapshotType":"manual"}]}"#
        )
        try add(
            "rds.describe-db-snapshot-attributes.eu-west-1.old",
            #"{"DBSnapshotAttributesResult":{"DBSnapshotIdentifier":"old","DBSnapshotAttributes":[{"AttributeName":"restore","AttributeValues":["all"]}]}}"#
        )
        try add("ec2.describe-snapshots.eu-west-1", #"{"Snapshots":[]}"#)
    }
}

extension World {
    /// The network, instances and stores of ``Answers/open()``.
    mutating func addOpenNetwork(but operations: Set<String> = []) throws {
        for record in try Answers.open().records
        where ["ec2", "elbv2", "rds"].contains(record.service) && !operations.contains(record.operation) {
            self.record(record.service, record.operation, region: record.region, resource: record.resource, record.payload)
        }
    }
}

/// A reproducible source of numbers (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
