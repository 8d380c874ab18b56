"""One hole in every kind of thing whose own policy or setting a plan can change, for the tests that apply plans."""
import json

import boto3
from company import ACCOUNT, REGION, allow, document, service, tags

PARTNER = "771122334455"


def seed():
    identities()
    stores()
    network = networks()
    machine(network)
    databases(network)


def identities():
    iam = boto3.client("iam", "us-east-1")
    iam.create_group(GroupName="helpers")
    iam.put_group_policy(GroupName="helpers", PolicyName="help", PolicyDocument=document(allow(["iam:PutUserPolicy", "iam:GetUser"])))
    iam.create_user(UserName="hal")
    iam.add_user_to_group(UserName="hal", GroupName="helpers")
    iam.create_role(RoleName="front", AssumeRolePolicyDocument=service("ec2"))
    iam.attach_role_policy(RoleName="front", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_instance_profile(InstanceProfileName="front")
    iam.add_role_to_instance_profile(InstanceProfileName="front", RoleName="front")


def everyone(action, resource):
    return {"Sid": "Everyone", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}


def stores():
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="exposed", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_tagging(Bucket="exposed", Tagging={"TagSet": tags(data="customer", classification="confidential")})
    s3.put_bucket_policy(Bucket="exposed", Policy=document(everyone("s3:GetObject", "arn:aws:s3:::exposed/*")))
    secrets = boto3.client("secretsmanager", REGION)
    arn = secrets.create_secret(Name="exposed", SecretString="sample-only", Tags=tags(data="customer"))["ARN"]
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=document(everyone("secretsmanager:GetSecretValue", "*")))


def networks():
    ec2 = boto3.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.30.{n}.0/24", AvailabilityZone=REGION + "ab"[n])["Subnet"]["SubnetId"] for n in range(2)]
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})

    def group(name, port, **others):
        found = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=found, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}], **others}])
        return found

    front = group("front", 443, Ipv6Ranges=[{"CidrIpv6": "::/0"}])
    # One of its sources is right, and stays.
    return {"subnets": subnets, "front": front, "data": group("data", 5432, UserIdGroupPairs=[{"GroupId": front, "UserId": ACCOUNT}])}


def machine(network):
    ec2 = boto3.client("ec2", REGION)
    instance = ec2.run_instances(
        ImageId="ami-0c1f2d3e4a5b69788", MinCount=1, MaxCount=1, InstanceType="t3.small", IamInstanceProfile={"Name": "front"},
        SubnetId=network["subnets"][0], SecurityGroupIds=[network["front"]], MetadataOptions={"HttpTokens": "optional", "HttpEndpoint": "enabled"})["Instances"][0]["InstanceId"]
    image = ec2.create_image(InstanceId=instance, Name="front")["ImageId"]
    ec2.modify_image_attribute(ImageId=image, Attribute="launchPermission", OperationType="add", UserGroups=["all"])


def databases(network):
    rds = boto3.client("rds", REGION)
    rds.create_db_subnet_group(DBSubnetGroupName="exposed", DBSubnetGroupDescription="exposed", SubnetIds=network["subnets"])
    rds.create_db_instance(
        DBInstanceIdentifier="exposed", DBInstanceClass="db.t3.medium", Engine="postgres", MasterUsername="shop", MasterUserPassword="sample-only-0",
        AllocatedStorage=20, DBSubnetGroupName="exposed", VpcSecurityGroupIds=[network["data"]], PubliclyAccessible=True, StorageEncrypted=True,
        Tags=tags(data="customer"))
    rds.create_db_snapshot(DBSnapshotIdentifier="exposed-copy", DBInstanceIdentifier="exposed", Tags=tags(data="customer"))
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="exposed-copy", AttributeName="restore", ValuesToAdd=["all"])
    rds.create_db_cluster(DBClusterIdentifier="many", Engine="aurora-postgresql", MasterUsername="shop", MasterUserPassword="sample-only-0")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="many-copy", DBClusterIdentifier="many", Tags=tags(data="customer"))
    rds.modify_db_cluster_snapshot_attribute(DBClusterSnapshotIdentifier="many-copy", AttributeName="restore", ValuesToAdd=["all"])
    ec2 = boto3.client("ec2", REGION)
    volume = ec2.create_volume(AvailabilityZone=REGION + "a", Size=40)["VolumeId"]
    copy = ec2.create_snapshot(VolumeId=volume, TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags(data="customer")}])["SnapshotId"]
    ec2.modify_snapshot_attribute(SnapshotId=copy, Attribute="createVolumePermission", OperationType="add", UserIds=[PARTNER])
