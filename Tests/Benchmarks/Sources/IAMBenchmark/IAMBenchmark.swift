import CloudModel
import IAMEvaluator

/// 1,000 principals × 1,000 requests on policies of the shapes that accounts have.
@main
struct IAMBenchmark {
    static func main() throws {
        let principals = try (0..<1000).map { index in
            (
                PreparedPrincipal(.role(arn: "arn:aws:iam::111122223333:role/role\(index)")),
                PolicyLayers(identity: try policies(index), boundaries: index % 10 == 0 ? [try boundary()] : nil)
            )
        }
        let actions = [
            "s3:GetObject", "s3:PutObject", "ec2:RunInstances", "iam:PassRole", "lambda:InvokeFunction", "sqs:SendMessage",
            "dynamodb:Query", "secretsmanager:GetSecretValue", "logs:PutLogEvents", "sns:Publish",
        ]
        let resources = (0..<100).map { index in
            index % 2 == 0 ? "arn:aws:s3:::bucket\(index)/data/key" : "arn:aws:sqs:eu-west-1:111122223333:queue\(index)"
        }
        var counts: [AccessVerdict: Int] = [:]
        let clock = ContinuousClock()
        // Requests are taken apart once per principal, action and resource; that is part of what is measured below, and left out above.
        var prepared: [[PreparedRequest]] = []
        let preparing = clock.measure {
            for (principal, _) in principals.prefix(20) {
                var list: [PreparedRequest] = []
                for action in actions {
                    for resource in resources {
                        list.append(PreparedRequest(principal: principal, action: action, resource: resource, context: .unknown))
                    }
                }
                prepared.append(list)
            }
        }
        let deciding = clock.measure {
            for (index, (_, layers)) in principals.enumerated() {
                for request in prepared[index % 20] { counts[Evaluator.verdict(request, layers), default: 0] += 1 }
            }
        }
        let total = counts.values.reduce(0, +)
        print("decisions \(total): \(rate(total, deciding)) a second", counts.map { "\($0.key) \($0.value)" }.sorted())
        print("requests prepared: \(rate(20 * actions.count * resources.count, preparing)) a second")
        var found = 0
        let manyTimes = 10
        let asking = clock.measure {
            for _ in 0..<manyTimes {
                for (principal, layers) in principals where Evaluator.mayAllow(action: "iam:PassRole", layers) {
                    let request = PreparedRequest(
                        principal: principal, action: "iam:PassRole", resource: "arn:aws:iam::111122223333:role/admin", context: .unknown)
                    if Evaluator.verdict(request, layers) != .implicitlyDenied { found += 1 }
                }
            }
        }
        print("who-can over \(manyTimes * principals.count) principals: \(asking), found \(found)")
        let full = clock.measure {
            for (index, (_, layers)) in principals.enumerated() {
                for request in prepared[index % 20].prefix(50) { if Evaluator.evaluate(request, layers).isAllowed { found += 1 } }
            }
        }
        print("decisions with reasons: \(rate(50_000, full)) a second")
    }

    static func rate(_ count: Int, _ time: Duration) -> Int {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        return Int(Double(count) / seconds)
    }

    static func policies(_ index: Int) throws -> [CompiledPolicy] {
        let texts = [
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket","s3:GetBucketLocation"],"Resource":["arn:aws:s3:::bucket\#(index % 100)","arn:aws:s3:::bucket\#(index % 100)/*"]},{"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes"],"Resource":"arn:aws:sqs:*:111122223333:queue*"}]}"#,
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","ec2:Get*","elasticloadbalancing:Describe*","autoscaling:Describe*","cloudwatch:Get*","cloudwatch:List*","cloudwatch:Describe*","logs:*","tag:Get*","iam:List*","iam:Get*"],"Resource":"*"}]}"#,
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:111122223333:table/${aws:PrincipalTag/team}-*"},{"Effect":"Deny","Action":["iam:*","organizations:*"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}},{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/app-\#(index % 50)*"}]}"#,
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Decrypt","kms:DescribeKey","kms:GenerateDataKey*"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}},{"Effect":"Allow","Action":["sns:Publish","lambda:InvokeFunction","secretsmanager:GetSecretValue"],"Resource":["arn:aws:sns:eu-west-1:111122223333:topic\#(index)","arn:aws:lambda:eu-west-1:111122223333:function:f\#(index)*","arn:aws:secretsmanager:*:*:secret:team\#(index % 7)/*"]}]}"#,
        ]
        return try texts.enumerated().map { CompiledPolicy(try PolicyDocument(parsing: JSONValue(parsing: $1)), tag: PolicyTag($0)) }
    }

    static func boundary() throws -> CompiledPolicy {
        let text =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"},{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:PassRole"],"Resource":"*"}]}"#
        return CompiledPolicy(try PolicyDocument(parsing: JSONValue(parsing: text)))
    }
}
