/// Which resources can have a policy of their own, so that "no policy was read" is not taken for "there is none".
///
/// The services are those whose API has an operation that puts a policy or a permission on a resource, in the service models that botocore
/// 1.44.8 (2026) carries: `PutResourcePolicy`, `SetRepositoryPolicy`, `AddPermission` and the like; and API Gateway, OpenSearch, SNS and SQS,
/// which take it as an attribute. Policies that only delegate to another service (CloudWatch Logs' account policies, X-Ray) or that are no
/// access policies of IAM's kind (IoT, OpenSearch Serverless, QuickSight, Verified Permissions) are left out.
///
/// A service that is not in the table, such as EC2, RDS or IAM itself but for role trust, is taken to have none.
enum ResourcePolicyTypes {
    /// The kind of resource, in words, when one of this ARN can have a policy of its own; `nil` when not.
    static func kind(of arn: ARNParts) -> String? {
        guard let types = table[String(arn.service)] else { return nil }
        for (prefix, name) in types where prefix.isEmpty || arn.resource.utf8.starts(with: prefix.utf8) { return name }
        return nil
    }

    /// By the service's name in ARNs: what the last part of the ARN begins with, and what such a resource is called. The first match counts.
    private static let table: [String: [(prefix: String, name: String)]] = [
        "acm-pca": [("certificate-authority/", "private certificate authority")],
        "aps": [("workspace/", "Prometheus workspace")],
        "backup": [("backup-vault:", "backup vault")],
        "bedrock": [("", "Bedrock resource")],
        "bedrock-agentcore": [("", "AgentCore resource")],
        "cleanrooms-ml": [("configured-audience-model/", "configured audience model")],
        "cloudhsm": [("backup/", "CloudHSM backup")],
        "cloudtrail": [
            ("channel/", "CloudTrail channel"), ("eventdatastore/", "event data store"), ("dashboard/", "CloudTrail dashboard"),
        ],
        "codeartifact": [
            ("domain/", "CodeArtifact domain"), ("repository/", "CodeArtifact repository"), ("package/", "CodeArtifact package"),
        ],
        "codebuild": [("project/", "build project"), ("report-group/", "report group")],
        "codeguru-profiler": [("profilingGroup/", "profiling group")],
        "comprehend": [("document-classifier/", "Comprehend model"), ("entity-recognizer/", "Comprehend model")],
        "dsql": [("cluster/", "Aurora DSQL cluster")],
        "dynamodb": [("table/", "table")],
        "ecr": [("repository/", "image repository")],
        "ecr-public": [("repository/", "image repository")],
        "elasticfilesystem": [("file-system/", "file system")],
        "entityresolution": [("", "Entity Resolution resource")],
        "es": [("domain/", "OpenSearch domain")],
        "events": [("event-bus/", "event bus")],
        "execute-api": [("", "API")],
        "glacier": [("vaults/", "vault")],
        "glue": [
            ("catalog", "Glue Data Catalog"), ("database/", "Glue Data Catalog"), ("table/", "Glue Data Catalog"),
            ("connection/", "Glue Data Catalog"), ("userDefinedFunction/", "Glue Data Catalog"),
        ],
        "imagebuilder": [
            ("component/", "Image Builder component"), ("container-recipe/", "container recipe"), ("image-recipe/", "image recipe"),
            ("image/", "Image Builder image"),
        ],
        "kafka": [("cluster/", "Kafka cluster"), ("topic/", "Kafka cluster"), ("group/", "Kafka cluster")],
        "kinesis": [("stream/", "stream")],
        "kms": [("key/", "key"), ("alias/", "key")],
        "lambda": [("function:", "function"), ("layer:", "layer")],
        "lex": [("bot", "bot")],
        "logs": [("destination:", "log destination"), ("delivery-destination:", "delivery destination")],
        "mediapackagev2": [("", "MediaPackage channel")],
        "mediastore": [("container/", "MediaStore container")],
        "mediatailor": [("channel/", "MediaTailor channel")],
        "network-firewall": [("", "Network Firewall resource")],
        "networkmanager": [("core-network/", "core network")],
        "oam": [("sink/", "observability sink")],
        "organizations": [("", "organisation")],
        "osis": [("pipeline/", "ingestion pipeline")],
        "payment-cryptography": [("key/", "payment key")],
        "redshift": [("namespace:", "Redshift namespace"), ("snapshot:", "Redshift snapshot")],
        "redshift-serverless": [("", "Redshift Serverless resource")],
        "refactor-spaces": [("environment/", "Refactor Spaces environment")],
        "rekognition": [("project/", "Rekognition project")],
        "route53resolver": [("", "resolver resource")],
        "rum": [("appmonitor/", "app monitor")],
        "s3": [
            ("accesspoint/", "access point"), ("accesspoint:", "access point"), ("access-grants/", "access grants instance"),
            ("", "bucket"),
        ],
        "s3-object-lambda": [("", "Object Lambda access point")],
        "s3-outposts": [("", "bucket on Outposts")],
        "s3express": [("", "directory bucket")],
        "s3tables": [("bucket/", "table bucket")],
        "s3vectors": [("bucket/", "vector bucket")],
        "sagemaker": [("model-package-group/", "model package group"), ("model-package/", "model package group")],
        "schemas": [("registry/", "schema registry"), ("schema/", "schema registry")],
        "secretsmanager": [("secret:", "secret")],
        "serverlessrepo": [("applications/", "serverless application")],
        "ses": [("identity/", "e-mail identity")],
        "signer": [("/signing-profiles/", "signing profile"), ("signing-profiles/", "signing profile")],
        "sms-voice": [("", "messaging resource")],
        "sns": [("", "topic")],
        "sqs": [("", "queue")],
        "ssm": [("parameter/", "parameter"), ("opsitemgroup/", "OpsItem group")],
        "ssm-contacts": [("contact/", "contact")],
        "ssm-incidents": [("response-plan/", "response plan")],
        "vpc-lattice": [("", "VPC Lattice resource")],
        "wafv2": [("regional/rulegroup/", "rule group"), ("global/rulegroup/", "rule group")],
    ]
}
