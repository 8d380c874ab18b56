"""One of everything that runs with the rights of a role, as far as moto knows it: for holding the collector against the AWS CLI."""
import base64
import json
import sys

import boto3

REGION = "eu-west-1"


def seed():
    def client(service):
        return boto3.client(service, region_name=REGION)

    def attempt(name, make):
        # What a version of moto cannot make is left out; the test says which kinds it expects.
        try:
            return make()
        except Exception as error:  # noqa: BLE001
            print(f"not made: {name}: {type(error).__name__} {error}", file=sys.stderr, flush=True)
            return None

    iam = client("iam")
    account = client("sts").get_caller_identity()["Account"]
    roles = {}
    for service in ["codebuild", "cloudformation", "glue", "sagemaker", "ecs-tasks", "states", "ec2", "eks", "batch", "codepipeline",
                    "codedeploy", "elasticmapreduce", "kinesisanalytics", "credentials.iot"]:
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        name = "run-" + service.replace(".", "-")
        roles[service] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="run-ec2")
    iam.add_role_to_instance_profile(InstanceProfileName="run-ec2", RoleName="run-ec2")

    ec2 = client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    secret = "CANARY-workload-environment-20d1c4"

    attempt("build projects", lambda: [client("codebuild").create_project(
        name=name, source={"type": "S3", "location": "code/build.zip"}, artifacts={"type": "NO_ARTIFACTS"}, serviceRole=roles["codebuild"],
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL",
                     "environmentVariables": [{"name": "TOKEN", "value": secret}]}) for name in ["shop", "site"]])
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}}})
    attempt("stack", lambda: client("cloudformation").create_stack(
        StackName="base", TemplateBody=template, RoleARN=roles["cloudformation"],
        Parameters=[{"ParameterKey": "Token", "ParameterValue": secret}]))
    attempt("stack set", lambda: client("cloudformation").create_stack_set(
        StackSetName="guard", TemplateBody=template, AdministrationRoleARN=roles["cloudformation"], ExecutionRoleName="run-cloudformation"))
    attempt("job", lambda: client("glue").create_job(
        Name="nightly", Role=roles["glue"], Command={"Name": "glueetl", "ScriptLocation": "s3://code/nightly.py"},
        DefaultArguments={"--token": secret}))
    attempt("development endpoint", lambda: client("glue").create_dev_endpoint(EndpointName="bench", RoleArn=roles["glue"]))
    attempt("session", lambda: client("glue").create_session(
        Id="notebook", Role=roles["glue"], Command={"Name": "glueetl", "PythonVersion": "3"}))
    attempt("notebook", lambda: client("sagemaker").create_notebook_instance(
        NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=roles["sagemaker"]))
    attempt("studio", lambda: client("sagemaker").create_domain(
        DomainName="studio", AuthMode="IAM", DefaultUserSettings={"ExecutionRole": roles["sagemaker"]}, SubnetIds=subnets, VpcId="vpc-1"))

    ecs = client("ecs")
    attempt("cluster", lambda: ecs.create_cluster(clusterName="main"))
    attempt("task definition", lambda: ecs.register_task_definition(
        family="web", taskRoleArn=roles["ecs-tasks"], requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        containerDefinitions=[{"name": "web", "image": f"{account}.dkr.ecr.{REGION}.amazonaws.com/web:latest", "cpu": 256, "memory": 512,
                               "environment": [{"name": "TOKEN", "value": secret}]}]))
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group], "assignPublicIp": "DISABLED"}}
    attempt("service", lambda: ecs.create_service(
        cluster="main", serviceName="web", taskDefinition="web", desiredCount=1, launchType="FARGATE", networkConfiguration=network,
        enableExecuteCommand=True))
    attempt("task", lambda: ecs.run_task(cluster="main", taskDefinition="web", launchType="FARGATE", networkConfiguration=network))

    eks = client("eks")
    attempt("Kubernetes cluster", lambda: eks.create_cluster(
        name="prod", roleArn=roles["eks"], resourcesVpcConfig={"subnetIds": subnets}))
    attempt("node group", lambda: eks.create_nodegroup(
        clusterName="prod", nodegroupName="nodes", subnets=subnets, nodeRole=roles["ec2"]))
    attempt("state machine", lambda: client("stepfunctions").create_state_machine(
        name="flow", roleArn=roles["states"],
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": secret, "End": True}}})))
    attempt("launch template", lambda: ec2.create_launch_template(
        LaunchTemplateName="web-server", LaunchTemplateData={
            "IamInstanceProfile": {"Name": "run-ec2"}, "UserData": base64.b64encode(secret.encode()).decode()}))
    attempt("scaling group", lambda: client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=0, MaxSize=1, LaunchTemplate={"LaunchTemplateName": "web-server", "Version": "$Default"},
        VPCZoneIdentifier=subnets[0] if subnets else ""))
    attempt("job definition", lambda: client("batch").register_job_definition(
        jobDefinitionName="report", type="container", containerProperties={
            "image": "report:1", "jobRoleArn": roles["ecs-tasks"], "environment": [{"name": "TOKEN", "value": secret}],
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]}))
    attempt("EMR cluster", lambda: client("emr").run_job_flow(
        Name="crunch", Instances={"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 1, "MasterInstanceType": "m5.xlarge"},
        JobFlowRole="run-ec2", ServiceRole="run-elasticmapreduce"))
    attempt("EMR application", lambda: client("emr-serverless").create_application(name="spark", releaseLabel="emr-6.6.0", type="SPARK"))
    attempt("pipeline", lambda: client("codepipeline").create_pipeline(pipeline={
        "name": "release", "roleArn": roles["codepipeline"], "artifactStore": {"type": "S3", "location": "code"}, "version": 1,
        "stages": [
            {"name": "Source", "actions": [{"name": "s", "actionTypeId": {
                "category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}, "configuration": {"OAuthToken": secret}}]},
            {"name": "Build", "actions": [{"name": "b", "actionTypeId": {
                "category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"}}]}]}))
    deploy = client("codedeploy")
    attempt("deployment application", lambda: deploy.create_application(applicationName="shop", computePlatform="Server"))
    attempt("deployment group", lambda: deploy.create_deployment_group(
        applicationName="shop", deploymentGroupName="web", serviceRoleArn=roles["codedeploy"],
        ec2TagFilters=[{"Key": "app", "Value": "shop", "Type": "KEY_AND_VALUE"}]))
    attempt("stream application", lambda: client("kinesisanalyticsv2").create_application(
        ApplicationName="stream", RuntimeEnvironment="FLINK-1_18", ServiceExecutionRole=roles["kinesisanalytics"]))
    pool = attempt("identity pool", lambda: client("cognito-identity").create_identity_pool(
        IdentityPoolName="guests", AllowUnauthenticatedIdentities=True))
    del pool
    attempt("role alias", lambda: client("iot").create_role_alias(roleAlias="device", roleArn=roles["credentials.iot"]))
    attempt("parameter", lambda: client("ssm").put_parameter(Name="/shop/token", Type="SecureString", Value=secret))
    attempt("environment", lambda: [
        client("elasticbeanstalk").create_application(ApplicationName="site"),
        client("elasticbeanstalk").create_environment(ApplicationName="site", EnvironmentName="site-live")])
    sso = client("sso-admin")
    instances = attempt("Identity Center", lambda: sso.list_instances()["Instances"]) or []
    for instance in instances[:1]:
        attempt("permission set", lambda: sso.create_permission_set(Name="Admins", InstanceArn=instance["InstanceArn"]))
