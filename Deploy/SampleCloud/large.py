"""A large account for figures: many roles, instances and buckets, most of them right."""
import json

import boto3

REGION = "eu-west-1"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def seed(roles=1000, instances=500, buckets=1000):
    iam = boto3.client("iam", "us-east-1")
    account = boto3.client("sts", REGION).get_caller_identity()["Account"]
    policies = []
    for number in range(max(1, roles // 10)):
        actions, resource = [
            (["s3:GetObject", "s3:ListBucket"], [f"arn:aws:s3:::large-{number:04}", f"arn:aws:s3:::large-{number:04}/*"]),
            (["dynamodb:GetItem", "dynamodb:Query"], f"arn:aws:dynamodb:{REGION}:{account}:table/t{number}"),
            (["sts:AssumeRole"], f"arn:aws:iam::{account}:role/r{(number * 7) % max(1, roles):04}"),
            (["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "*") if number % 50 == 3 else (["sqs:SendMessage"], "*"),
            (["logs:PutLogEvents"], "*"),
        ][number % 5]
        policies.append(iam.create_policy(PolicyName=f"p{number:04}", PolicyDocument=document(
            {"Effect": "Allow", "Action": actions, "Resource": resource}))["Policy"]["Arn"])
    for number in range(roles):
        principal = {"Service": "ec2.amazonaws.com"} if number % 3 == 0 else {"Service": "lambda.amazonaws.com"} if number % 3 == 1 else {
            "AWS": f"arn:aws:iam::{account}:root"}
        iam.create_role(RoleName=f"r{number:04}", AssumeRolePolicyDocument=document(
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))
        iam.attach_role_policy(RoleName=f"r{number:04}", PolicyArn=policies[number % len(policies)])
        if number % 3 == 0 and number < 60:
            iam.create_instance_profile(InstanceProfileName=f"r{number:04}")
            iam.add_role_to_instance_profile(InstanceProfileName=f"r{number:04}", RoleName=f"r{number:04}")
    for number in range(roles // 10):
        iam.create_user(UserName=f"u{number:04}")
        iam.attach_user_policy(UserName=f"u{number:04}", PolicyArn=policies[(number * 3) % len(policies)])

    ec2 = boto3.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number * 16}.0/20")["Subnet"]["SubnetId"] for number in range(10)]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for subnet in subnets[:2]:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    groups = []
    for number in range(50):
        group = ec2.create_security_group(GroupName=f"g{number}", Description="large", VpcId=vpc)["GroupId"]
        source = "0.0.0.0/0" if number == 0 else "10.0.0.0/16"
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": source}]}])
        groups.append(group)
    image = "ami-0c1f2d3e4a5b69788"
    done = 0
    while done < instances:
        batch = min(25, instances - done)
        index = done // 25
        ec2.run_instances(
            ImageId=image, MinCount=batch, MaxCount=batch, InstanceType="t3.micro", SubnetId=subnets[index % len(subnets)],
            SecurityGroupIds=[groups[index % len(groups)]], IamInstanceProfile={"Name": f"r{(index * 3) % 60:04}"} if roles >= 60 else {},
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": f"i{index}"}]}])
        done += batch

    s3 = boto3.client("s3", REGION)
    for number in range(buckets):
        name = f"large-{number:04}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if number % 10:
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={
                "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
        if number % 5 == 0:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "data", "Value": "customer" if number % 50 == 0 else "internal"}]})
