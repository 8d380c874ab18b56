"""Where Larkspur Goods meets the outside, and what lies between its networks: all of it right.

The pictures behind a content network, an API in front of the resizer, one that asks for signatures, queues and topics of the account's own,
a registry, a cluster, a search domain and a warehouse in private subnets, sign-in for staff and shoppers, a second network.
"""
import json

import boto3

REGION = "eu-west-1"
ACCOUNT = "123456789012"
METADATA = (
    '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://login.larkspur.example/saml">'
    '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
    '<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://login.larkspur.example/sso"/>'
    "</IDPSSODescriptor></EntityDescriptor>" + "<!-- IAM takes no document of less than a thousand characters -->" * 20)


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def seed(network):
    identities()
    networks(network)
    front()
    messages()
    stores(network)


def identities():
    iam = boto3.client("iam", "us-east-1")
    provider = iam.create_saml_provider(SAMLMetadataDocument=METADATA, Name="larkspur-login")["SAMLProviderArn"]
    iam.create_role(RoleName="staff-readonly", AssumeRolePolicyDocument=document({
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithSAML",
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}))
    cognito = boto3.client("cognito-identity", REGION)
    pool = cognito.create_identity_pool(
        IdentityPoolName="shoppers", AllowUnauthenticatedIdentities=False, SupportedLoginProviders={"accounts.google.com": "larkspur-shop"})["IdentityPoolId"]
    iam.create_role(RoleName="shopper", AssumeRolePolicyDocument=document({
        "Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": pool},
                      "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}))
    iam.put_role_policy(RoleName="shopper", PolicyName="access", PolicyDocument=document({
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::larkspur-website-assets/*"}))


def networks(network):
    ec2 = boto3.client("ec2", REGION)
    tools = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=tools, CidrBlock="10.30.0.0/24", AvailabilityZone=REGION + "a")["Subnet"]["SubnetId"]
    peering = ec2.create_vpc_peering_connection(VpcId=tools, PeerVpcId=network["vpc"])["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    gateway = ec2.create_transit_gateway(Description="Offices")["TransitGateway"]["TransitGatewayId"]
    ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=gateway, VpcId=tools, SubnetIds=[subnet])
    table = ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]
    ec2.create_transit_gateway_route(TransitGatewayRouteTableId=table, DestinationCidrBlock="10.40.0.0/16", Blackhole=True)
    ec2.create_managed_prefix_list(PrefixListName="offices", MaxEntries=2, AddressFamily="IPv4", Entries=[
        {"Cidr": "198.51.100.0/24", "Description": "The office"}])
    worker = next(
        i["InstanceId"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]
        if {"Key": "Name", "Value": "batch-1"} in i["Tags"])
    ec2.create_image(InstanceId=worker, Name="batch-base", Description="What batch workers start from")
    boto3.client("elb", REGION).create_load_balancer(
        LoadBalancerName="old-tools", Scheme="internal", Subnets=network["private"], SecurityGroups=[network["internal"]],
        Listeners=[{"Protocol": "TCP", "LoadBalancerPort": 443, "InstanceProtocol": "TCP", "InstancePort": 8443}])
    targets = boto3.client("elbv2", REGION)
    targets.create_target_group(Name="metrics", Protocol="TCP", Port=9100, VpcId=network["vpc"], TargetType="ip")


def front():
    boto3.client("cloudfront", "us-east-1").create_distribution(DistributionConfig={
        "CallerReference": "pictures", "Comment": "The shop's pictures", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{
            "Id": "pictures", "DomainName": "larkspur-website-assets.s3.eu-west-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""},
            "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-Origin-Check", "HeaderValue": "CANARY-origin-header-9d27c1"}]}}]},
        "DefaultCacheBehavior": {"TargetOriginId": "pictures", "ViewerProtocolPolicy": "redirect-to-https", "MinTTL": 0, "ForwardedValues": {
            "QueryString": False, "Cookies": {"Forward": "none"}}}})

    def function(name):
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"

    http = boto3.client("apigatewayv2", REGION)
    api = http.create_api(Name="pictures", ProtocolType="HTTP")["ApiId"]
    integration = http.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function("image-resizer"), PayloadFormatVersion="2.0")["IntegrationId"]
    http.create_route(ApiId=api, RouteKey="GET /resize", AuthorizationType="NONE", Target=f"integrations/{integration}")
    http.create_stage(ApiId=api, StageName="$default", StageVariables={"token": "CANARY-stage-variable-4be810"})

    rest = boto3.client("apigateway", REGION)
    api = rest.create_rest_api(name="reports", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    root = rest.get_resources(restApiId=api)["items"][0]["id"]
    rest.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="AWS_IAM")
    rest.put_integration(
        restApiId=api, resourceId=root, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function('nightly-report')}/invocations")
    rest.create_deployment(restApiId=api, stageName="live", variables={"token": "CANARY-stage-variable-4be810"})

    boto3.client("s3", REGION).put_bucket_ownership_controls(
        Bucket="larkspur-website-assets", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})


def messages():
    sqs = boto3.client("sqs", REGION)
    for name in ["payments", "batch-orders"]:
        sqs.create_queue(QueueName=name, Attributes={"Policy": document({
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sqs:*",
            "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"})})
    boto3.client("sns", REGION).create_topic(Name="orders")
    ecr = boto3.client("ecr", REGION)
    for name in ["shop", "tools"]:
        ecr.create_repository(repositoryName=name)
    ecr.set_repository_policy(repositoryName="shop", policyText=document({
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "ecr:BatchGetImage"}))


def stores(network):
    role = boto3.client("iam", "us-east-1").create_role(RoleName="cluster", AssumeRolePolicyDocument=document({
        "Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}))["Role"]["Arn"]
    boto3.client("eks", REGION).create_cluster(name="tools", roleArn=role, resourcesVpcConfig={
        "subnetIds": network["private"], "securityGroupIds": [network["internal"]], "endpointPublicAccess": False, "endpointPrivateAccess": True})
    boto3.client("opensearch", REGION).create_domain(
        DomainName="catalogue", VPCOptions={"SubnetIds": network["private"][:1], "SecurityGroupIds": [network["internal"]]},
        AccessPolicies=document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "es:ESHttp*",
                                 "Resource": f"arn:aws:es:{REGION}:{ACCOUNT}:domain/catalogue/*"}))
    redshift = boto3.client("redshift", REGION)
    redshift.create_cluster_subnet_group(ClusterSubnetGroupName="private", Description="Private subnets", SubnetIds=network["private"])
    redshift.create_cluster(
        ClusterIdentifier="warehouse", NodeType="ra3.large", ClusterType="single-node", MasterUsername="owner", MasterUserPassword="Sample-only-0",
        ClusterSubnetGroupName="private", VpcSecurityGroupIds=[network["internal"]], PubliclyAccessible=False, Encrypted=True)
    rds = boto3.client("rds", REGION)
    rds.create_db_cluster(
        DBClusterIdentifier="sessions", Engine="aurora-postgresql", MasterUsername="owner", MasterUserPassword="sample-only-0",
        DBSubnetGroupName="private", VpcSecurityGroupIds=[network["database"]], StorageEncrypted=True)
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="sessions-before-move", DBClusterIdentifier="sessions")
