"""Larkspur Goods, a small web shop, as one AWS account with holes that are common and much that is right.

The holes, from the worst:
1. `order-webhook` is a function whose URL asks for no authentication, and its role is an administrator's.
2. The shop's load balancer faces the internet; its instances' role reads the customers' data.
3. `ci-deployer` may hand any role to a function that it makes and calls.
4. The group `support` may write a new version of the policy that gives it its rights.
5. `legacy-support` trusts every AWS account; `partner-analytics` trusts a whole other account, without an external id.
6. A snapshot of a reporting server's disk is public.
"""
import io
import json
import zipfile

import boto3
import edges
from moto.iam.models import iam_backends

REGION = "eu-west-1"
ACCOUNT = "123456789012"
CANARY_ENVIRONMENT = "CANARY-function-environment-7f3a9c"
CANARY_USER_DATA = "CANARY-user-data-51be02"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources="*", condition=None, sid=None):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    if sid:
        statement["Sid"] = sid
    if condition:
        statement["Condition"] = condition
    return statement


def trust(principal, condition=None, action="sts:AssumeRole"):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        statement["Condition"] = condition
    return document(statement)


def service(name):
    return trust({"Service": f"{name}.amazonaws.com"})


def tags(**values):
    return [{"Key": key, "Value": value} for key, value in values.items()]


def seed():
    buckets_and_keys = storage()
    identities(buckets_and_keys)
    network = networks()
    machines(network)
    functions()
    databases(network, buckets_and_keys["key"])
    edges.seed(network)
    organization()
    guards(network, buckets_and_keys["key"])


def storage():
    s3 = boto3.client("s3", REGION)
    kms = boto3.client("kms", REGION)
    secrets = boto3.client("secretsmanager", REGION)

    root = {"Sid": "AccountAdministers", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    key = kms.create_key(Description="Customer data", Policy=document(root), Tags=[{"TagKey": "data", "TagValue": "customer"}])["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=key)
    kms.create_alias(AliasName="alias/customer-data", TargetKeyId=key)
    other = kms.create_key(Description="Backups", Policy=document(root))["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=other)
    kms.create_alias(AliasName="alias/backups", TargetKeyId=other)

    def bucket(name, region=REGION, blocked=True, encryption="AES256", locked=False, **labels):
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        if locked:
            where["ObjectLockEnabledForBucket"] = True
        boto3.client("s3", region).create_bucket(Bucket=name, **where)
        if blocked:
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={
                "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
        rule = {"SSEAlgorithm": encryption} if encryption == "AES256" else {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": encryption}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": encryption != "AES256"}]})
        if labels:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(**labels)})

    bucket("larkspur-customer-data", encryption=key, data="customer", classification="confidential", owner="shop")
    bucket("larkspur-invoices", encryption=key, data="financial", classification="confidential", owner="finance")
    bucket("larkspur-exports", data="customer", classification="confidential", owner="analytics")
    bucket("larkspur-backups", encryption=other, locked=True, classification="confidential", owner="platform")
    bucket("larkspur-terraform-state", encryption=other, classification="secret", owner="platform")
    bucket("larkspur-access-logs", classification="internal", owner="platform")
    bucket("larkspur-build-artifacts", classification="internal", owner="platform")
    bucket("larkspur-us-archive", region="us-east-1", classification="internal", owner="finance")
    bucket("larkspur-website-assets", blocked=False, classification="public", owner="shop")

    s3.put_object_lock_configuration(Bucket="larkspur-backups", ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 35}}})
    s3.put_bucket_versioning(Bucket="larkspur-customer-data", VersioningConfiguration={"Status": "Enabled"})

    for name in ["larkspur-customer-data", "larkspur-invoices", "larkspur-backups"]:
        arn = f"arn:aws:s3:::{name}"
        s3.put_bucket_policy(Bucket=name, Policy=document({
            "Sid": "OnlyOverTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, arn + "/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}))
    # The shop's pictures: public on purpose.
    s3.put_bucket_policy(Bucket="larkspur-website-assets", Policy=document({
        "Sid": "PublicPictures", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::larkspur-website-assets/*"}))

    database = secrets.create_secret(Name="shop/database", SecretString="sample-only", Tags=tags(data="customer", owner="shop"))["ARN"]
    payments = secrets.create_secret(Name="shop/payments-api", SecretString="sample-only", Tags=tags(data="financial", owner="shop"))["ARN"]
    secrets.put_resource_policy(SecretId=payments, ResourcePolicy=document({
        "Sid": "NotFromElsewhere", "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}}))
    return {"key": key, "database": database, "payments": payments}


def identities(stored):
    iam = boto3.client("iam", "us-east-1")
    # The root user has a second factor; there is no call that says so.
    iam_backends[ACCOUNT]["aws"].account_summary._account_mfa_enabled = 1
    iam.update_account_password_policy(
        MinimumPasswordLength=14, RequireSymbols=True, RequireNumbers=True, RequireUppercaseCharacters=True, RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True, MaxPasswordAge=365, PasswordReusePrevention=12)

    def policy(name, *statements, description=""):
        return iam.create_policy(PolicyName=name, PolicyDocument=document(*statements), Description=description)["Policy"]["Arn"]

    def role(name, trusted, inline=None, managed=(), profile=False, description="", boundary=None, **labels):
        extra = {"PermissionsBoundary": boundary} if boundary else {}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, Description=description, Tags=tags(**labels), **extra)
        if inline:
            iam.put_role_policy(RoleName=name, PolicyName="access", PolicyDocument=document(*inline))
        for arn in managed:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        if profile:
            iam.create_instance_profile(InstanceProfileName=name)
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)

    aws = "arn:aws:iam::aws:policy/"
    mine = f"arn:aws:iam::{ACCOUNT}:"
    data = "arn:aws:s3:::larkspur-customer-data"
    logs = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:{REGION}:{ACCOUNT}:*")

    # Workloads.
    role("shop-web", service("ec2"), profile=True, owner="shop", description="The shop's web servers", inline=[
        allow(["s3:GetObject", "s3:ListBucket"], [data, data + "/*"], sid="ReadCustomers"),
        allow("kms:Decrypt", stored["key"], sid="DecryptCustomers"),
        allow("secretsmanager:GetSecretValue", stored["database"], sid="Database"), logs])
    role("batch-worker", service("ec2"), profile=True, owner="platform", inline=[
        allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:batch-*"), logs])
    role("reporting-server", service("ec2"), profile=True, owner="finance", inline=[
        allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::larkspur-access-logs", "arn:aws:s3:::larkspur-access-logs/*"])])
    role("order-webhook", service("lambda"), managed=[aws + "AdministratorAccess"], owner="shop", description="Was to be narrowed after launch")
    role("image-resizer", service("lambda"), owner="shop", inline=[
        allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::larkspur-website-assets/*"), logs])
    role("nightly-report", service("lambda"), owner="finance", inline=[
        allow("s3:GetObject", "arn:aws:s3:::larkspur-invoices/*"), allow("kms:Decrypt", stored["key"]), logs])
    role("payments-callback", service("lambda"), owner="shop", inline=[
        allow("secretsmanager:GetSecretValue", stored["payments"]), allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:payments"), logs])
    role("rds-monitoring", service("monitoring.rds"), managed=[aws + "service-role/AmazonRDSEnhancedMonitoringRole"])
    role("backup", service("backup"), owner="platform", inline=[
        allow(["ec2:CreateSnapshot", "ec2:DescribeVolumes", "ec2:DescribeSnapshots", "rds:CreateDBSnapshot", "rds:DescribeDBInstances"])])
    role("deploy-functions", service("cloudformation"), owner="platform", managed=[aws + "AdministratorAccess"], description="Stacks are deployed with it")

    # People and machines from outside, as it should be.
    role("admin", trust({"AWS": mine + "root"}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
         managed=[aws + "AdministratorAccess"], description="With a second factor only")
    role("audit-vendor", trust({"AWS": "arn:aws:iam::210987654321:role/auditor"}, {"StringEquals": {"sts:ExternalId": "lg-7c1e0b52d9"}}),
         managed=[aws + "SecurityAudit"], description="Yearly audit")
    provider = iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["6938fd4d98bab03faadb97b34396831e3780aea1"])["OpenIDConnectProviderArn"]
    role("github-publish", trust({"Federated": provider}, {"StringEquals": {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:larkspur-goods/website:ref:refs/heads/main"}}, "sts:AssumeRoleWithWebIdentity"),
        inline=[allow(["s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::larkspur-website-assets/*")])

    # And as it should not be.
    exports = "arn:aws:s3:::larkspur-exports"
    role("partner-analytics", trust({"AWS": "arn:aws:iam::771122334455:root"}), owner="analytics", description="No external id",
         inline=[allow(["s3:GetObject", "s3:ListBucket"], [exports, exports + "/*"])])
    role("legacy-support", trust({"AWS": "*"}), owner="support", description="Left from the old shop",
         inline=[allow(["ec2:Describe*", "rds:Describe*"]), allow(["s3:ListAllMyBuckets"])])

    # Groups.
    boundary = policy("developer-boundary", allow(["s3:*", "lambda:*", "logs:*", "cloudwatch:*", "ec2:Describe*", "sqs:*"]), {
        "Sid": "NeverIdentity", "Effect": "Deny", "Action": ["iam:*", "organizations:*"], "Resource": "*"}, {
        "Sid": "NeverCustomers", "Effect": "Deny", "Action": "s3:*", "Resource": [data, data + "/*", "arn:aws:s3:::larkspur-invoices*"]},
        description="The most that a developer can have")
    support = f"{mine}policy/support-tooling"
    policy("support-tooling", allow(["ec2:Describe*", "rds:Describe*", "cloudwatch:Get*", "logs:FilterLogEvents"]),
           allow(["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions", "iam:CreatePolicyVersion"], support, sid="KeepThisPolicyCurrent"))
    developers = policy("developer-access", allow(["s3:ListAllMyBuckets", "lambda:List*", "lambda:Get*", "logs:*", "cloudwatch:*", "ec2:Describe*"]),
                        allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], ["arn:aws:s3:::larkspur-build-artifacts", "arn:aws:s3:::larkspur-build-artifacts/*"]),
                        allow(["lambda:UpdateFunctionCode"], f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:image-resizer"))
    finance = policy("finance-read", allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::larkspur-invoices", "arn:aws:s3:::larkspur-invoices/*"]),
                     allow("kms:Decrypt", stored["key"]))
    become_admin = policy("become-admin", allow("sts:AssumeRole", mine + "role/admin"))
    own_keys = policy("own-credentials", allow(
        ["iam:GetUser", "iam:ListAccessKeys", "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ChangePassword", "iam:ListMFADevices"],
        mine + "user/${aws:username}"))
    for group, policies in {
            "admins": [become_admin, own_keys], "developers": [developers, own_keys], "support": [support, own_keys],
            "finance": [finance, own_keys]}.items():
        iam.create_group(GroupName=group)
        for arn in policies:
            iam.attach_group_policy(GroupName=group, PolicyArn=arn)

    # People.
    for name, group, has_second_factor in [
            ("alice.moreau", "admins", True), ("ben.okafor", "developers", True), ("chloe.lindt", "developers", True), ("dario.ferri", "developers", False),
            ("erin.walsh", "support", False), ("farid.nasser", "support", True), ("grace.kim", "finance", True)]:
        extra = {"PermissionsBoundary": boundary} if group == "developers" else {}
        iam.create_user(UserName=name, Tags=tags(team=group), **extra)
        iam.add_user_to_group(UserName=name, GroupName=group)
        iam.create_login_profile(UserName=name, Password="Sample-only-0!")
        if has_second_factor:
            device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    iam.create_access_key(UserName="ben.okafor")

    # Machines.
    iam.create_user(UserName="ci-deployer", Tags=tags(team="platform", purpose="builds"))
    iam.put_user_policy(UserName="ci-deployer", PolicyName="deploy", PolicyDocument=document(
        allow("iam:PassRole", mine + "role/*", sid="PassRoles"),
        allow(["lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:InvokeFunction", "lambda:GetFunction"], sid="Functions"),
        allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::larkspur-build-artifacts/*", sid="Artifacts")))
    iam.create_access_key(UserName="ci-deployer")
    iam.create_user(UserName="backup-robot", Tags=tags(team="platform", purpose="backups"))
    iam.put_user_policy(UserName="backup-robot", PolicyName="backups", PolicyDocument=document(
        allow("s3:PutObject", "arn:aws:s3:::larkspur-backups/*")))
    iam.create_access_key(UserName="backup-robot")


def networks():
    ec2 = boto3.client("ec2", REGION)

    def named(resource, name, **labels):
        ec2.create_tags(Resources=[resource], Tags=tags(Name=name, **labels))
        return resource

    vpc = named(ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"], "shop")
    gateway = named(ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"], "shop")
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)

    def subnet(name, cidr, zone, public):
        found = named(ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=REGION + zone)["Subnet"]["SubnetId"], name)
        if public:
            ec2.modify_subnet_attribute(SubnetId=found, MapPublicIpOnLaunch={"Value": True})
        return found

    public = [subnet("public-a", "10.20.0.0/24", "a", True), subnet("public-b", "10.20.1.0/24", "b", True)]
    private = [subnet("private-a", "10.20.10.0/24", "a", False), subnet("private-b", "10.20.11.0/24", "b", False)]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    for name, subnets, target in [("public", public, {"GatewayId": gateway}), ("private", private, {"NatGatewayId": nat})]:
        table = named(ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"], name)
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for one in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=one)

    def group(name, description, *rules):
        found = ec2.create_security_group(GroupName=name, Description=description, VpcId=vpc, TagSpecifications=[
            {"ResourceType": "security-group", "Tags": tags(Name=name)}])["GroupId"]
        for port, source in rules:
            rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
            if source.startswith("sg-"):
                rule["UserIdGroupPairs"] = [{"GroupId": source, "UserId": ACCOUNT}]
            else:
                rule["IpRanges"] = [{"CidrIp": source}]
            ec2.authorize_security_group_ingress(GroupId=found, IpPermissions=[rule])
        return found

    front = group("shop-front", "Load balancer", (443, "0.0.0.0/0"), (80, "0.0.0.0/0"))
    web = group("shop-web", "Web servers, from the load balancer", (8080, front))
    return {
        "vpc": vpc, "public": public, "private": private, "front": front, "web": web,
        "database": group("shop-database", "PostgreSQL, from the web servers", (5432, web)),
        "batch": group("batch", "Nothing comes in"),
        "internal": group("internal-tools", "From inside", (443, "10.20.0.0/16")),
        "reporting": group("reporting", "SSH from the office", (22, "198.51.100.0/24")),
    }


def machines(network):
    ec2 = boto3.client("ec2", REGION)
    elb = boto3.client("elbv2", REGION)
    acm = boto3.client("acm", REGION)
    image = "ami-0c1f2d3e4a5b69788"

    def instance(name, subnet, group, profile, user_data=None, **labels):
        extra = {"UserData": user_data} if user_data else {}
        return ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.small", IamInstanceProfile={"Name": profile},
            SubnetId=subnet, SecurityGroupIds=[group],
            MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags(Name=name, **labels)}], **extra)["Instances"][0]["InstanceId"]

    script = f"#!/bin/sh\nexport SHOP_DATABASE_PASSWORD={CANARY_USER_DATA}\nexec /opt/shop/start\n"
    web = [instance(f"shop-web-{n + 1}", network["private"][n], network["web"], "shop-web", script, service="shop", environment="production") for n in range(2)]
    instance("batch-1", network["private"][0], network["batch"], "batch-worker", service="batch", environment="production")
    reporting = instance("reporting", network["public"][1], network["reporting"], "reporting-server", service="reporting", environment="production")

    certificate = acm.request_certificate(DomainName="shop.larkspur.example")["CertificateArn"]

    def balancer(name, scheme, subnets, group, targets, port):
        arn = elb.create_load_balancer(Name=name, Subnets=subnets, SecurityGroups=[group], Scheme=scheme, Type="application", Tags=tags(Name=name))[
            "LoadBalancers"][0]["LoadBalancerArn"]
        target = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=port, VpcId=network["vpc"], TargetType="instance", HealthCheckPath="/health")["TargetGroups"][0]["TargetGroupArn"]
        if targets:
            elb.register_targets(TargetGroupArn=target, Targets=[{"Id": one, "Port": port} for one in targets])
        elb.create_listener(LoadBalancerArn=arn, Protocol="HTTPS", Port=443, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
                            Certificates=[{"CertificateArn": certificate}], DefaultActions=[{"Type": "forward", "TargetGroupArn": target}])
        return arn

    front = balancer("shop", "internet-facing", network["public"], network["front"], web, 8080)
    elb.create_listener(LoadBalancerArn=front, Protocol="HTTP", Port=80, DefaultActions=[
        {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])
    balancer("internal-tools", "internal", network["private"], network["internal"], [], 8443)

    volume = ec2.create_volume(AvailabilityZone=REGION + "b", Size=40, Encrypted=False, TagSpecifications=[
        {"ResourceType": "volume", "Tags": tags(Name="reporting-data", data="financial")}])["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=reporting, Device="/dev/sdf")
    public = ec2.create_snapshot(VolumeId=volume, Description="Before the move of reporting", TagSpecifications=[
        {"ResourceType": "snapshot", "Tags": tags(Name="reporting-move", data="financial")}])["SnapshotId"]
    ec2.modify_snapshot_attribute(SnapshotId=public, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])
    safe = ec2.create_volume(AvailabilityZone=REGION + "a", Size=20, Encrypted=True)["VolumeId"]
    ec2.create_snapshot(VolumeId=safe, Description="Weekly")


def functions():
    lambdas = boto3.client("lambda", REGION)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("index.py", (2024, 2, 29, 0, 0, 0)), "def handler(event, context):\n    return {}\n")

    def function(name, **environment):
        return lambdas.create_function(
            FunctionName=name, Runtime="python3.12", Role=f"arn:aws:iam::{ACCOUNT}:role/{name}", Handler="index.handler", Timeout=10,
            Code={"ZipFile": archive.getvalue()}, Environment={"Variables": environment}, Tags={"owner": "shop"})["FunctionArn"]

    function("order-webhook", PAYMENT_KEY=CANARY_ENVIRONMENT, LOG_LEVEL="info")
    lambdas.create_function_url_config(FunctionName="order-webhook", AuthType="NONE")
    lambdas.add_permission(FunctionName="order-webhook", StatementId="FunctionURLAllowPublicAccess", Action="lambda:InvokeFunctionUrl", Principal="*",
                           FunctionUrlAuthType="NONE")
    # Since October 2025 a public URL needs both.
    lambdas.add_permission(FunctionName="order-webhook", StatementId="FunctionURLInvokeAllowPublicAccess", Action="lambda:InvokeFunction", Principal="*",
                           InvokedViaFunctionUrl=True)
    function("image-resizer", BUCKET="larkspur-website-assets")
    lambdas.add_permission(FunctionName="image-resizer", StatementId="pictures", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
                           SourceArn="arn:aws:s3:::larkspur-website-assets", SourceAccount=ACCOUNT)
    function("nightly-report", REPORT_PASSWORD=CANARY_ENVIRONMENT)
    lambdas.add_permission(FunctionName="nightly-report", StatementId="schedule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
                           SourceArn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly")
    function("payments-callback", SECRET="shop/payments-api")
    lambdas.create_function_url_config(FunctionName="payments-callback", AuthType="AWS_IAM")


def databases(network, key):
    rds = boto3.client("rds", REGION)
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="Private subnets", SubnetIds=network["private"])
    for name, labels in [("shop", tags(data="customer", owner="shop")), ("ledger", tags(data="financial", owner="finance"))]:
        rds.create_db_instance(
            DBInstanceIdentifier=name, Engine="postgres", EngineVersion="16.3", DBInstanceClass="db.t3.medium", AllocatedStorage=50, MasterUsername="owner",
            MasterUserPassword="sample-only-0", DBSubnetGroupName="private", VpcSecurityGroupIds=[network["database"]], StorageEncrypted=True,
            KmsKeyId=key, PubliclyAccessible=False, MultiAZ=True, BackupRetentionPeriod=14, DeletionProtection=True, Tags=labels)
    rds.create_db_snapshot(DBSnapshotIdentifier="shop-before-upgrade", DBInstanceIdentifier="shop")


def organization():
    """The shop's account is its organisation's management account, which no policy of the organisation limits."""
    api = boto3.client("organizations", "us-east-1")
    api.create_organization(FeatureSet="ALL")
    root = api.list_roots()["Roots"][0]["Id"]
    for kind in ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]:
        api.enable_policy_type(RootId=root, PolicyType=kind)
    workloads = api.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    sandbox = api.create_organizational_unit(ParentId=workloads, Name="Sandbox")["OrganizationalUnit"]["Id"]
    account = api.create_account(Email="sandbox@larkspur.example", AccountName="sandbox")["CreateAccountStatus"]["AccountId"]
    api.move_account(AccountId=account, SourceParentId=root, DestinationParentId=sandbox)

    def policy(name, kind, statement, target):
        made = api.create_policy(Name=name, Description=name, Type=kind, Content=document(statement))
        api.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)

    policy("stay-in-the-organisation", "SERVICE_CONTROL_POLICY", {
        "Effect": "Deny", "Action": ["organizations:LeaveOrganization", "cloudtrail:StopLogging"], "Resource": "*"}, root)
    policy("europe-only", "SERVICE_CONTROL_POLICY", {
        "Effect": "Deny", "NotAction": ["iam:*", "organizations:*", "sts:*"], "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": [REGION]}}}, workloads)
    policy("own-people-only", "RESOURCE_CONTROL_POLICY", {
        "Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sts:AssumeRole"], "Resource": "*", "Condition": {
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": api.describe_organization()["Organization"]["Id"]},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}, workloads)


def guards(network, key):
    """A key's grant, and a way to S3 that has a policy of its own."""
    boto3.client("kms", REGION).create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/nightly-report", Operations=["Decrypt", "DescribeKey"],
        Constraints={"EncryptionContextSubset": {"purpose": "report"}}, Name="nightly-report")
    boto3.client("ec2", REGION).create_vpc_endpoint(
        VpcId=network["vpc"], ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway",
        PolicyDocument=document({
            "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}}))
