import CloudModel

/// Texts of AWS-managed policies that are often attached, for answers that name them without their text.
///
/// Source: the default versions as AWS publishes them (AWS Managed Policy Reference Guide), state of the version given beside each. An
/// answer that holds the text wins over this table; a policy that stands in neither stays unknown.
enum KnownManagedPolicies {
    /// The default version's document; `nil` when the ARN is not AWS's own or not in the table.
    static func document(arn: String) -> JSONValue? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "iam", parts[4] == "aws", parts[5].hasPrefix("policy/") else { return nil }
        return documents[String(parts[5].dropFirst("policy/".count))]
    }

    private static let documents: [String: JSONValue] = texts.compactMapValues { try? JSONValue(parsing: $0) }

    static let texts: [String: String] = [
        // v1
        "service-role/AWSLambdaBasicExecutionRole":
            #"""
        {"Statement":[{"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Effect":"Allow",\#
        "Resource":"*"}],"Version":"2012-10-17"}
        """#,
        // v3
        "service-role/AWSLambdaVPCAccessExecutionRole":
            #"""
        {"Statement":[{"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents",\#
        "ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets","ec2:DeleteNetworkInterface",\#
        "ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses"],"Effect":"Allow","Resource":"*",\#
        "Sid":"AWSLambdaVPCAccessExecutionPermissions"}],"Version":"2012-10-17"}
        """#,
        // v7
        "AWSLambda_FullAccess":
            #"""
        {"Statement":[{"Action":["cloudformation:DescribeStacks","cloudformation:ListStackResources","cloudwatch:ListMetrics",\#
        "cloudwatch:GetMetricData","ec2:DescribeSecurityGroups","ec2:DescribeSubnets","ec2:DescribeVpcs","kms:DescribeKey",\#
        "kms:ListAliases","iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole","iam:GetRolePolicy",\#
        "iam:ListAttachedRolePolicies","iam:ListRolePolicies","iam:ListRoles","lambda:*","logs:DescribeLogGroups",\#
        "states:DescribeStateMachine","states:ListStateMachines","tag:GetResources","xray:GetTraceSummaries",\#
        "xray:BatchGetTraces"],"Effect":"Allow","Resource":"*"},{"Action":"iam:PassRole",\#
        "Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}},"Effect":"Allow","Resource":"*"},\#
        {"Action":["logs:DescribeLogStreams","logs:GetLogEvents","logs:FilterLogEvents","logs:StartLiveTail",\#
        "logs:StopLiveTail"],"Effect":"Allow","Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/*"},\#
        {"Action":"iam:CreateServiceLinkedRole","Condition":{"StringEquals":{"iam:AWSServiceName":"lambda.amazonaws.com"}},\#
        "Effect":"Allow","Resource":"arn:aws:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda"}],\#
        "Version":"2012-10-17"}
        """#,
        // v1
        "AdministratorAccess":
            #"""
        {"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}
        """#,
        // v3
        "AmazonEC2ContainerRegistryReadOnly":
            #"""
        {"Statement":[{"Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer",\#
        "ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage",\#
        "ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings"],\#
        "Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}
        """#,
        // v5
        "AmazonEC2FullAccess":
            #"""
        {"Statement":[{"Action":"ec2:*","Effect":"Allow","Resource":"*"},{"Action":"elasticloadbalancing:*","Effect":"Allow",\#
        "Resource":"*"},{"Action":"cloudwatch:*","Effect":"Allow","Resource":"*"},{"Action":"autoscaling:*","Effect":"Allow",\#
        "Resource":"*"},{"Action":"iam:CreateServiceLinkedRole",\#
        "Condition":{"StringEquals":{"iam:AWSServiceName":["autoscaling.amazonaws.com","ec2scheduled.amazonaws.com",\#
        "elasticloadbalancing.amazonaws.com","spot.amazonaws.com","spotfleet.amazonaws.com","transitgateway.amazonaws.com"]}},\#
        "Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}
        """#,
        // v2
        "AmazonS3FullAccess":
            #"""
        {"Statement":[{"Action":["s3:*","s3-object-lambda:*"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}
        """#,
        // v3
        "AmazonS3ReadOnlyAccess":
            #"""
        {"Statement":[{"Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],\#
        "Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}
        """#,
        // v2
        "AmazonSSMManagedInstanceCore":
            #"""
        {"Statement":[{"Action":["ssm:DescribeAssociation","ssm:GetDeployablePatchSnapshotForInstance","ssm:GetDocument",\#
        "ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter","ssm:GetParameters","ssm:ListAssociations",\#
        "ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems","ssm:PutConfigurePackageResult",\#
        "ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus","ssm:UpdateInstanceInformation"],"Effect":"Allow",\#
        "Resource":"*"},{"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel",\#
        "ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Effect":"Allow","Resource":"*"},\#
        {"Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages:FailMessage",\#
        "ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Effect":"Allow","Resource":"*"}],\#
        "Version":"2012-10-17"}
        """#,
        // v3
        "CloudWatchAgentServerPolicy":
            #"""
        {"Statement":[{"Action":["cloudwatch:PutMetricData","ec2:DescribeVolumes","ec2:DescribeTags","logs:PutLogEvents",\#
        "logs:PutRetentionPolicy","logs:DescribeLogStreams","logs:DescribeLogGroups","logs:CreateLogStream",\#
        "logs:CreateLogGroup","xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules",\#
        "xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Effect":"Allow","Resource":"*",\#
        "Sid":"CWACloudWatchServerPermissions"},{"Action":["ssm:GetParameter"],"Effect":"Allow",\#
        "Resource":"arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*","Sid":"CWASSMServerPermissions"}],"Version":"2012-10-17"}
        """#,
        // v2
        "IAMFullAccess":
            #"""
        {"Statement":[{"Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization",\#
        "organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren",\#
        "organizations:ListParents","organizations:ListPoliciesForTarget","organizations:ListRoots",\#
        "organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Effect":"Allow","Resource":"*"}],\#
        "Version":"2012-10-17"}
        """#,
        // v4
        "IAMReadOnlyAccess":
            #"""
        {"Statement":[{"Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*",\#
        "iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Effect":"Allow","Resource":"*"}],\#
        "Version":"2012-10-17"}
        """#,
        // v12
        "PowerUserAccess":
            #"""
        {"Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},\#
        {"Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:GetPrimaryEmail",\#
        "account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles",\#
        "organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Effect":"Allow","Resource":"*"}],\#
        "Version":"2012-10-17"}
        """#,
        // v5
        "SecretsManagerReadWrite":
            #"""
        {"Statement":[{"Action":["secretsmanager:*","cloudformation:CreateChangeSet","cloudformation:DescribeChangeSet",\#
        "cloudformation:DescribeStackResource","cloudformation:DescribeStacks","cloudformation:ExecuteChangeSet",\#
        "docdb-elastic:GetCluster","docdb-elastic:ListClusters","ec2:DescribeSecurityGroups","ec2:DescribeSubnets",\#
        "ec2:DescribeVpcs","kms:DescribeKey","kms:ListAliases","kms:ListKeys","lambda:ListFunctions","rds:DescribeDBClusters",\#
        "rds:DescribeDBInstances","redshift:DescribeClusters","redshift-serverless:ListWorkgroups",\#
        "redshift-serverless:GetNamespace","tag:GetResources"],"Effect":"Allow","Resource":"*","Sid":"BasePermissions"},\#
        {"Action":["lambda:AddPermission","lambda:CreateFunction","lambda:GetFunction","lambda:InvokeFunction",\#
        "lambda:UpdateFunctionConfiguration"],"Effect":"Allow","Resource":"arn:aws:lambda:*:*:function:SecretsManager*",\#
        "Sid":"LambdaPermissions"},{"Action":["serverlessrepo:CreateCloudFormationChangeSet","serverlessrepo:GetApplication"],\#
        "Effect":"Allow","Resource":"arn:aws:serverlessrepo:*:*:applications/SecretsManager*","Sid":"SARPermissions"},\#
        {"Action":["s3:GetObject"],"Effect":"Allow","Resource":["arn:aws:s3:::awsserverlessrepo-changesets*",\#
        "arn:aws:s3:::secrets-manager-rotation-apps-*/*"],"Sid":"S3Permissions"}],"Version":"2012-10-17"}
        """#,
    ]
}
