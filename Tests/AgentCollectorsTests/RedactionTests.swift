import Basics
import CloudModel
import Testing

@testable import AgentCollectors

@Suite struct RedactionTests {
    private let redaction = Redaction(key: Secret([1, 2, 3]))

    @Test func environmentValuesBecomeFactsAndNamesStay() {
        let answer: JSONValue = [
            "Functions": [["FunctionName": "f", "Environment": ["Variables": ["A": "same-value", "B": "same-value", "C": ""]]]]
        ]
        let variables = redaction.redact(answer, operation: "lambda.list-functions")["Functions"]?.array?.first?["Environment"]?[
            "Variables"]
        #expect(variables?["A"]?["redacted"]?["length"] == 10)
        #expect(variables?["A"]?["redacted"]?["fingerprint"] == variables?["B"]?["redacted"]?["fingerprint"])
        #expect(variables?["C"]?["redacted"]?["length"] == 0)
        let other = Redaction(key: Secret([9])).redact(answer, operation: "lambda.list-functions")["Functions"]?.array?.first?[
            "Environment"]?["Variables"]
        #expect(variables?["A"]?["redacted"]?["fingerprint"] != other?["A"]?["redacted"]?["fingerprint"])
    }

    @Test func whatAnEdgePassesOnStaysHereAndWhereItLeadsDoesNot() {
        let resources: JSONValue = [
            "items": [
                [
                    "path": "/a",
                    "resourceMethods": [
                        "GET": [
                            "authorizationType": "NONE",
                            "methodIntegration": [
                                "uri": "arn:aws:apigateway:x", "requestParameters": ["integration.request.header.X-Key": "'abcdef'"],
                                "requestTemplates": ["application/json": "{\"k\":\"abcdef\"}"], "integrationResponses": ["200": ["a": "b"]],
                            ],
                        ]
                    ],
                ]
            ]
        ]
        let method = redaction.redact(resources, operation: "apigateway.get-resources")["items"]?.array?.first?["resourceMethods"]?["GET"]
        let integration = method?["methodIntegration"]
        #expect(method?["authorizationType"] == "NONE" && integration?["uri"] == "arn:aws:apigateway:x")
        #expect(integration?["integrationResponses"] == nil)
        #expect(integration?["requestParameters"]?["integration.request.header.X-Key"]?["redacted"]?["length"] == 8)
        #expect(integration?["requestTemplates"]?["application/json"]?["redacted"] != nil)
        let distributions: JSONValue = [
            "DistributionList": [
                "Items": [
                    [
                        "Origins": [
                            "Items": [["DomainName": "d", "CustomHeaders": ["Items": [["HeaderName": "X", "HeaderValue": "abcdef"]]]]]
                        ]
                    ]
                ]
            ]
        ]
        let header = redaction.redact(distributions, operation: "cloudfront.list-distributions")["DistributionList"]?["Items"]?.array?
            .first?["Origins"]?["Items"]?.array?.first?["CustomHeaders"]?["Items"]?.array?.first
        #expect(header?["HeaderName"] == "X" && header?["HeaderValue"]?["redacted"]?["length"] == 6)
        let stages = redaction.redact(
            ["item": [["stageName": "live", "variables": ["token": "abcdef"]]]], operation: "apigateway.get-stages")
        #expect(stages["item"]?.array?.first?["variables"]?["token"]?["redacted"] != nil)
        #expect(stages["item"]?.array?.first?["stageName"] == "live")
        #expect(
            redaction.redact(["items": [["policy": "password=x"]]], operation: "apigateway.get-rest-apis")["items"]?.array?.first?["policy"]
                == "password=x")
    }

    @Test(arguments: [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "privateKey"),
        ("AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "awsAccessKey"),
        ("postgres://u:p4ss@db/x", "passwordInURL"),
        ("DB_PASSWORD=hunter22", "assignment"), ("password: hunter22", "assignment"), ("{\"password\": \"hunter22\"}", "assignment"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "githubToken"), ("xoxb-123456789012-abcdefghij", "slackToken"),
        ("Secret=abcd1234", "assignment"),
        ("sk_live_abcdefghijklmnop", "stripeKey"), ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "jsonWebToken"),
    ])
    func knownFormsAreFound(_ text: String, _ id: String) { #expect(SecretPatterns.match(text) == id) }

    @Test(arguments: [
        "arn:aws:secretsmanager:eu-west-1:1:secret:prod/password-AbCdEf", "The shop's web servers", "https://example.com:8443/path?x=1",
        "password=${DB}",
        "password={{resolve:secretsmanager:x}}", "token: see the vault", "2024-01-02T03:04:05+00:00", "sg-0123456789abcdef0",
        "MYAKIAIOSFODNN7EXAMPLE1",
        "user@example.com", "https://user@example.com/", "AKIASHORT", "AKIAIOSFODNN7EXAMPLE is the old one", "-----BEGIN CERTIFICATE-----",
        "", "password=", "secret",
    ])
    func ordinaryTextsStay(_ text: String) { #expect(SecretPatterns.match(text) == nil) }

    @Test func policiesStayByteForByte() {
        let policy = #"{"Statement":[{"Condition":{"StringEquals":{"aws:Referer":"password=hunter22"}}}]}"#
        let answer: JSONValue = ["Policy": .string(policy), "Other": .string(policy)]
        let redacted = redaction.redact(answer, operation: "s3.get-bucket-policy")
        #expect(redacted["Policy"]?.string == policy)
        #expect(redacted["Other"] == "[redacted: assignment]")
        let details: JSONValue = ["RoleDetailList": [["AssumeRolePolicyDocument": ["Statement": [["Sid": "password=hunter22"]]]]]]
        #expect(redaction.redact(details, operation: "iam.get-account-authorization-details") == details)
    }

    @Test func membersThatAreSecretsGoWhereverTheyStand() {
        let answer: JSONValue = [
            "LaunchTemplateVersions": [["LaunchTemplateData": ["UserData": "ZXhwb3J0", "ImageId": "ami-1"]]],
            "PendingModifiedValues": ["MasterUserPassword": "x"],
            "UserData": ["Value": "abc"],
        ]
        let redacted = redaction.redact(answer, operation: "ec2.describe-launch-template-versions")
        let data = redacted["LaunchTemplateVersions"]?.array?.first?["LaunchTemplateData"]
        #expect(data?["UserData"]?["redacted"]?["length"] == 8)
        #expect(data?["ImageId"] == "ami-1")
        #expect(redacted["PendingModifiedValues"]?["MasterUserPassword"]?["redacted"] != nil)
        #expect(redacted["UserData"]?["redacted"] != nil)
    }

    @Test func tagsThatCallThemselvesSecretsAreReplacedAndOthersStay() {
        let answer: JSONValue = [
            "Tags": [["Key": "db-password", "Value": "zzz"], ["Key": "Name", "Value": "web"], ["Key": "API_KEY", "Value": ""]]
        ]
        #expect(
            redaction.redact(answer, operation: "x.y") == [
                "Tags": [
                    ["Key": "db-password", "Value": "[redacted: named]"], ["Key": "Name", "Value": "web"], ["Key": "API_KEY", "Value": ""],
                ]
            ])
    }
}
