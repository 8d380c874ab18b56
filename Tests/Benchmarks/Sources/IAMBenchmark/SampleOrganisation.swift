import CloudModel
import IAMEvaluator

/// Policies and requests of the shapes that accounts have, made from a number each: the same on every machine.
struct SampleOrganisation {
    static let account = "111122223333"

    /// One principal and the texts of its policies.
    struct Principal {
        var arn: String
        var tags: [String: String]
        var identity: [String]
        var boundary: String?
    }

    /// What is asked of every principal.
    struct Question {
        var action: String
        var resource: String
        var context: [String: String]
    }

    static func principal(_ index: Int) -> Principal {
        Principal(
            arn: "arn:aws:iam::\(account):role/team\(index % 40)/role\(index)", tags: ["aws:PrincipalTag/team": "team\(index % 40)"],
            identity: [managed(index), application(index), data(index), inline(index)] + (index % 5 == 0 ? [guardrails] : []),
            boundary: index % 10 == 0 ? boundary : nil)
    }

    private static let services = [
        "acm", "apigateway", "appsync", "athena", "autoscaling", "backup", "batch", "cloudformation", "cloudfront", "cloudtrail",
        "cloudwatch", "codebuild", "config", "dynamodb", "ec2", "ecr", "ecs", "eks", "elasticache", "elasticloadbalancing", "es", "events",
        "firehose", "glue", "guardduty", "iam", "kinesis", "kms", "lambda", "logs", "organizations", "rds", "redshift", "route53", "s3",
        "sagemaker", "secretsmanager", "sns", "sqs", "ssm", "states", "sts", "tag", "wafv2", "xray",
    ]

    private static func policy(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
    }

    private static func list(_ texts: [String]) -> String { "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]" }

    /// As AWS's own: wide, long, without resources.
    private static func managed(_ index: Int) -> String {
        switch index % 8 {
        case 0: return policy(#"{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"}"#)
        case 1: return policy(#"{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}"#)
        case 2:
            return policy(
                #"{"Effect":"Allow","Action":["dynamodb:*","dax:*","application-autoscaling:*","cloudwatch:*"],"Resource":"*"}"#,
                #"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringLike":{"iam:PassedToService":["application-autoscaling.amazonaws.com","dax.amazonaws.com"]}}}"#
            )
        case 3, 4, 5:
            // Read everything: hundreds of patterns.
            return policy(
                #"{"Effect":"Allow","Action":\#(list(services.flatMap { ["\($0):Describe*", "\($0):Get*", "\($0):List*", "\($0):BatchGet*"] })),"Resource":"*"}"#
            )
        case 6:
            return policy(#"{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}"#)
        default:
            return policy(
                #"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#,
                #"{"Effect":"Allow","Action":"elasticloadbalancing:*","Resource":"*"}"#)
        }
    }

    private static func application(_ index: Int) -> String {
        policy(
            #"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket","s3:GetBucketLocation"],"Resource":["arn:aws:s3:::bucket\#(index % 100)","arn:aws:s3:::bucket\#(index % 100)/*"]}"#,
            #"{"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes"],"Resource":"arn:aws:sqs:*:\#(account):queue\#(index % 10)*"}"#,
            #"{"Effect":"Allow","Action":["kms:Decrypt","kms:DescribeKey","kms:GenerateDataKey*"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":["s3.eu-west-1.amazonaws.com","sqs.eu-west-1.amazonaws.com"]}}}"#
        )
    }

    private static func data(_ index: Int) -> String {
        policy(
            #"{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Query","dynamodb:PutItem"],"Resource":"arn:aws:dynamodb:*:\#(account):table/${aws:PrincipalTag/team}-*"}"#,
            #"{"Effect":"Allow","Action":["sns:Publish","lambda:InvokeFunction","secretsmanager:GetSecretValue"],"Resource":["arn:aws:sns:eu-west-1:\#(account):topic\#(index % 50)","arn:aws:lambda:eu-west-1:\#(account):function:f\#(index % 50)*","arn:aws:secretsmanager:*:*:secret:team\#(index % 40)/*"]}"#,
            #"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::uploads/${aws:PrincipalTag/team}/*","Condition":{"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}}"#
        )
    }

    private static func inline(_ index: Int) -> String {
        policy(
            #"{"Effect":"Deny","Action":["iam:*","organizations:*"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#,
            #"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::\#(account):role/app-\#(index % 50)*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}"#,
            #"{"Effect":"Deny","Action":["s3:DeleteBucket","s3:DeleteObject*","kms:ScheduleKeyDeletion"],"NotResource":"arn:aws:s3:::scratch*"}"#
        )
    }

    private static let guardrails = policy(
        #"{"Effect":"Deny","NotAction":["iam:*","sts:*","route53:*","cloudfront:*","organizations:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]},"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/break-glass*"]}}}"#
    )

    private static let boundary = policy(
        #"{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}"#,
        #"{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:PassRole"],"Resource":"*"}"#)

    /// From the root downwards.
    static let serviceControl = [
        [policy(#"{"Effect":"Allow","Action":"*","Resource":"*"}"#)],
        [
            policy(#"{"Effect":"Allow","Action":"*","Resource":"*"}"#),
            policy(
                #"{"Effect":"Deny","Action":["organizations:LeaveOrganization","cloudtrail:StopLogging","cloudtrail:DeleteTrail","guardduty:Delete*"],"Resource":"*"}"#,
                #"{"Effect":"Deny","NotAction":["iam:*","sts:*","route53:*","cloudfront:*","organizations:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1","us-east-1"]}}}"#
            ),
        ],
    ]

    /// A thousand: a hundred actions on ten resources each.
    static let questions: [Question] = (0..<1000).map { index in
        let kinds: [(String, [String], (Int) -> String)] = [
            ("s3", ["GetObject", "PutObject", "DeleteObject"], { "arn:aws:s3:::bucket\($0 % 100)/data/part-\($0).parquet" }),
            ("s3", ["PutObject"], { "arn:aws:s3:::uploads/team\($0 % 40)/file\($0)" }),
            ("sqs", ["SendMessage", "ReceiveMessage", "PurgeQueue"], { "arn:aws:sqs:eu-west-1:\(account):queue\($0 % 20)" }),
            ("dynamodb", ["Query", "GetItem", "DeleteTable"], { "arn:aws:dynamodb:eu-west-1:\(account):table/team\($0 % 40)-orders" }),
            ("iam", ["PassRole", "GetRole", "CreateUser"], { "arn:aws:iam::\(account):role/app-\($0 % 60)-worker" }),
            ("lambda", ["InvokeFunction", "UpdateFunctionCode"], { "arn:aws:lambda:eu-west-1:\(account):function:f\($0 % 60)" }),
            ("secretsmanager", ["GetSecretValue"], { "arn:aws:secretsmanager:eu-west-1:\(account):secret:team\($0 % 40)/db-AbCdEf" }),
            ("ec2", ["RunInstances", "DescribeInstances", "TerminateInstances"], { "arn:aws:ec2:eu-west-1:\(account):instance/i-0\($0)" }),
            ("logs", ["PutLogEvents", "GetLogEvents"], { "arn:aws:logs:eu-west-1:\(account):log-group:/app/\($0 % 30):log-stream:a" }),
            ("kms", ["ListAliases", "CreateKey"], { _ in "*" }),
        ]
        let (service, actions, resource) = kinds[index % kinds.count]
        return Question(
            action: "\(service):\(actions[index / 10 % actions.count])", resource: resource(index),
            context: [
                "aws:SourceIp": index % 3 == 0 ? "198.51.100.7" : "10.1.2.\(index % 250)", "aws:SecureTransport": "true",
                "aws:MultiFactorAuthPresent": index % 4 == 0 ? "false" : "true",
                "aws:RequestedRegion": index % 25 == 0 ? "ap-south-1" : "eu-west-1",
                "aws:CurrentTime": "2026-01-02T03:04:05Z",
                "iam:PassedToService": index % 2 == 0 ? "lambda.amazonaws.com" : "ec2.amazonaws.com",
                "aws:UserAgent": "aws-cli/2.15.0",
            ])
    }

    // MARK: - Compiled

    static func compiled(_ texts: [String]) throws -> [CompiledPolicy] {
        try texts.enumerated().map { CompiledPolicy(try PolicyDocument(parsing: JSONValue(parsing: $1)), tag: PolicyTag($0)) }
    }

    /// The layers of a principal; those of the organisation are compiled once for all.
    static func layers(_ principal: Principal, _ serviceControl: [[CompiledPolicy]]?) throws -> PolicyLayers {
        PolicyLayers(
            identity: try compiled(principal.identity), boundaries: try principal.boundary.map { try compiled([$0]) },
            serviceControl: serviceControl)
    }
}
