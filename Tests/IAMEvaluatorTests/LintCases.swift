import IAMEvaluator
import Testing

/// One kind of remark with a policy that gets it and one beside it that does not; single quotes stand for double ones.
struct LintCase: Sendable, CustomTestStringConvertible {
    var code: LintCode
    var severity: LintSeverity
    var kind: PolicyKind?
    /// Where the remark must be.
    var path: String
    var wrong: String
    var right: String

    init(_ code: LintCode, _ severity: LintSeverity, _ kind: PolicyKind? = nil, at path: String, _ wrong: String, not right: String) {
        self.code = code
        self.severity = severity
        self.kind = kind
        self.path = path
        self.wrong = wrong
        self.right = right
    }
    var testDescription: String { "\(code.rawValue) at \(path)" }
}

/// A document of the newer version with these statements.
private func policy(_ statements: String...) -> String {
    "{'Version':'2012-10-17','Statement':[" + statements.joined(separator: ",") + "]}"
}
/// An Allow of an action on a resource, with what else stands in it.
private func allow(_ action: String, on resource: String = "'*'", _ more: String = "") -> String {
    "{'Effect':'Allow','Action':\(action),'Resource':\(resource)\(more.isEmpty ? "" : ",")\(more)}"
}
private func deny(_ action: String, on resource: String = "'*'", _ more: String = "") -> String {
    "{'Effect':'Deny','Action':\(action),'Resource':\(resource)\(more.isEmpty ? "" : ",")\(more)}"
}
private func when(_ condition: String) -> String { "'Condition':{\(condition)}" }
private func trust(_ principal: String, _ action: String = "'sts:AssumeRole'", _ more: String = "") -> String {
    policy("{'Effect':'Allow','Principal':\(principal),'Action':\(action)\(more.isEmpty ? "" : ",")\(more)}")
}
private func bucket(_ principal: String, _ action: String = "'s3:GetObject'", _ more: String = "") -> String {
    policy("{'Effect':'Allow','Principal':\(principal),'Action':\(action),'Resource':'arn:aws:s3:::b/*'\(more.isEmpty ? "" : ",")\(more)}")
}

private let get = allow("'s3:GetObject'", on: "'arn:aws:s3:::b/*'")
private let github = "{'Federated':'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com'}"
private let forSTS = "'token.actions.githubusercontent.com:aud':'sts.amazonaws.com'"
private let web = "'sts:AssumeRoleWithWebIdentity'"
private let longAction = "'s3:Get" + String(repeating: "x", count: 300) + "*'"

let lintCases: [LintCase] = formCases + actionCases + resourceCases + conditionCases + absenceCases + principalCases + grantCases

private let formCases: [LintCase] = [
    .init(
        .unknownElement, .error, at: "Statement[0].effect", policy("{'effect':'Allow','Action':'s3:GetObject','Resource':'*'}"),
        not: policy(get)),
    .init(.unknownElement, .error, at: "Statements", "{'Version':'2012-10-17','Statements':[]}", not: policy(get)),
    .init(.invalidVersion, .error, at: "Version", "{'Version':'2012-10-18','Statement':[\(get)]}", not: policy(get)),
    .init(.missingStatement, .error, at: "Statement", "{'Version':'2012-10-17'}", not: policy(get)),
    .init(.missingEffect, .error, at: "Statement[0].Effect", policy("{'Action':'s3:GetObject','Resource':'*'}"), not: policy(get)),
    .init(
        .invalidEffect, .error, at: "Statement[0].Effect", policy("{'Effect':'allow','Action':'s3:GetObject','Resource':'*'}"),
        not: policy(get)),
    .init(.missingAction, .error, at: "Statement[0].Action", policy("{'Effect':'Allow','Resource':'*'}"), not: policy(get)),
    .init(.missingResource, .error, at: "Statement[0].Resource", policy("{'Effect':'Allow','Action':'s3:GetObject'}"), not: policy(get)),
    .init(.missingPrincipal, .error, .resource, at: "Statement[0].Principal", policy(get), not: bucket("{'AWS':'123456789012'}")),
    .init(
        .elementNotAllowed, .error, .identity, at: "Statement[0].Principal", bucket("{'AWS':'123456789012'}"), not: policy(get)),
    .init(
        .elementNotAllowed, .error, .trust, at: "Statement[0].Resource",
        trust("{'AWS':'123456789012'}", "'sts:AssumeRole'", "'Resource':'*'"),
        not: trust("{'AWS':'123456789012'}")),
    .init(
        .elementNotAllowed, .error, .rcp, at: "Statement[0].Effect",
        policy("{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':'*'}"),
        not: policy("{'Effect':'Deny','Principal':'*','Action':'s3:*','Resource':'*'}")),
    .init(
        .elementNotAllowed, .error, .rcp, at: "Statement[0].Principal",
        policy("{'Effect':'Deny','Principal':{'AWS':'123456789012'},'Action':'s3:*','Resource':'*'}"),
        not: policy("{'Effect':'Deny','Principal':'*','Action':'s3:*','Resource':'*'}")),
    .init(
        .elementNotAllowed, .error, .rcp, at: "Statement[0].Action",
        policy("{'Effect':'Deny','Principal':'*','Action':['s3:*','*'],'Resource':'*'}"),
        not: policy("{'Effect':'Deny','Principal':'*','Action':['s3:*','sts:Get*'],'Resource':'*'}")),
    .init(
        .elementNotAllowed, .error, .rcp, at: "Statement[0].Action",
        policy("{'Effect':'Deny','Principal':'*','Action':'s?:Get*','Resource':'*'}"),
        not: policy("{'Effect':'Allow','Principal':'*','Action':'*','Resource':'*'}")),
    .init(
        .exclusiveElements, .error, at: "Statement[0].NotAction",
        policy("{'Effect':'Allow','Action':'s3:GetObject','NotAction':'s3:*','Resource':'*'}"), not: policy(get)),
    .init(.invalidType, .error, at: "Statement[0].Resource", policy(allow("'s3:GetObject'", on: "{}")), not: policy(get)),
    .init(.invalidType, .error, at: "Statement[0]", policy("'Allow'"), not: policy(get)),
    .init(.emptyList, .error, at: "Statement[0].Action", policy(allow("[]")), not: policy(get)),
    .init(.emptyList, .error, at: "Statement[0].Resource", policy(allow("'s3:GetObject'", on: "[]")), not: policy(get)),
    .init(.emptyList, .error, at: "Statement", policy(), not: policy(get)),
    .init(
        .emptyList, .error, at: "Statement[0].Condition.StringEquals[\"aws:username\"]",
        policy(allow("'s3:GetObject'", when("'StringEquals':{'aws:username':[]}"))),
        not: policy(allow("'s3:GetObject'", when("'StringEquals':{'aws:username':['a']}")))),
    .init(
        .duplicateSid, .error, at: "Statement[1].Sid", policy(allow("'s3:GetObject'", "'Sid':'a'"), allow("'s3:PutObject'", "'Sid':'a'")),
        not: policy(allow("'s3:GetObject'", "'Sid':'a'"), allow("'s3:PutObject'", "'Sid':'A'"))),
    .init(
        .invalidSid, .error, at: "Statement[0].Sid", policy(allow("'s3:GetObject'", "'Sid':'read it'")),
        not: bucket("{'AWS':'123456789012'}", "'s3:GetObject'", "'Sid':'read it'")),
    .init(
        .tooLarge, .error, .scp, at: "", policy(deny("[" + Array(repeating: longAction, count: 33).joined(separator: ",") + "]")),
        not: policy(deny("[" + Array(repeating: longAction, count: 30).joined(separator: ",") + "]"))),
    .init(
        .tooLarge, .warning, .identity, at: "", policy(deny("[" + Array(repeating: longAction, count: 30).joined(separator: ",") + "]")),
        not: policy(deny("[" + Array(repeating: longAction, count: 15).joined(separator: ",") + "]"))),
    .init(
        .invalidCharacter, .error, at: "", policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/\u{4E16}'")),
        not: policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/\u{E9}'"))),
    .init(.missingVersion, .info, at: "Version", "{'Statement':[\(get)]}", not: policy(get)),
    .init(.oldVersion, .info, at: "Version", "{'Version':'2008-10-17','Statement':[\(get)]}", not: policy(get)),
    .init(
        .variableInOldVersion, .warning, at: "Statement[0].Resource",
        "{'Version':'2008-10-17','Statement':[\(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/${aws:username}/*'"))]}",
        not: policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/${aws:username}/*'"))),
    .init(
        .malformedVariable, .error, at: "Statement[0].Resource", policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/${aws:username/*'")),
        not: policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/${*}/${aws:PrincipalTag/team, \\u0027none\\u0027}/*'"))),
    .init(
        .unknownVariable, .warning, at: "Statement[0].Resource", policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/${aws:user}/*'")),
        not: policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*'"))),
]

private let actionCases: [LintCase] = [
    .init(.invalidAction, .error, at: "Statement[0].Action", policy(allow("'GetObject'")), not: policy(get)),
    .init(.unknownService, .warning, at: "Statement[0].Action[1]", policy(allow("['s3:GetObject','s33:GetObject']")), not: policy(get)),
    .init(.unknownAction, .warning, at: "Statement[0].Action", policy(allow("'s3:GetObjekt'")), not: policy(allow("'S3:getobject'"))),
    .init(.wildcardMatchesNothing, .warning, at: "Statement[0].Action", policy(allow("'s3:Fetch*'")), not: policy(allow("'s3:G?tOb*'"))),
    .init(.notInTable, .info, at: "Statement[0].Action", policy(allow("['s3:GetObjekt']")), not: policy(get)),
]

private let resourceCases: [LintCase] = [
    .init(.malformedARN, .error, at: "Statement[0].Resource", policy(allow("'s3:GetObject'", on: "'my-bucket'")), not: policy(get)),
    .init(.malformedARN, .error, at: "Statement[0].Resource", policy(allow("'s3:GetObject'", on: "'arn:aws:s3:b'")), not: policy(get)),
    .init(
        .unknownPartition, .error, at: "Statement[0].Resource", policy(allow("'s3:GetObject'", on: "'arn:amazon:s3:::b/*'")),
        not: policy(allow("'s3:GetObject'", on: "'arn:aws-us-gov:s3:::b/*'"))),
    .init(
        .invalidRegion, .error, at: "Statement[0].Resource",
        policy(allow("'sqs:SendMessage'", on: "'arn:aws:sqs:ireland:123456789012:q'")),
        not: policy(allow("'sqs:SendMessage'", on: "'arn:aws:sqs:eu-west-?:123456789012:q'"))),
    .init(
        .invalidRegion, .error, at: "Statement[0].Resource",
        policy(allow("'sqs:SendMessage'", on: "'arn:aws:sqs:cn-north-1:123456789012:q'")),
        not: policy(allow("'sqs:SendMessage'", on: "'arn:aws-cn:sqs:cn-north-1:123456789012:q'"))),
    .init(
        .invalidAccount, .error, at: "Statement[0].Resource", policy(allow("'sqs:SendMessage'", on: "'arn:aws:sqs:eu-west-1:12345:q'")),
        not: policy(allow("'sqs:SendMessage'", on: "'arn:aws:sqs:eu-west-1:*:q'"))),
    .init(
        .unknownARNService, .warning, at: "Statement[0].Resource", policy(allow("'*'", on: "'arn:aws:buckets:::b/*'")),
        not: policy(allow("'*'", on: "'arn:aws:s3:::b/*'"))),
    .init(
        .resourceNeverMatches, .error, at: "Statement[0].Action", policy(allow("'s3:ListBucket'", on: "'arn:aws:s3:::b/*'")),
        not: policy(allow("'s3:ListBucket'", on: "'arn:aws:s3:::b*'"))),
    .init(
        .resourceNeverMatches, .error, at: "Statement[0].Action", policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b'")), not: policy(get)),
    .init(
        .resourceNeverMatches, .warning, at: "Statement[0].Action[1]",
        policy(allow("['s3:GetObject','sqs:SendMessage']", on: "'arn:aws:s3:::b/*'")), not: policy(get)),
    .init(
        .resourceNeverMatches, .error, at: "Statement[0].Action",
        policy(allow("'iam:PassRole'", on: "'arn:aws:iam:eu-west-1:123456789012:role/app'")),
        not: policy(allow("'iam:PassRole'", on: "'arn:aws:iam::123456789012:role/app'"))),
    .init(
        .resourceNeverMatches, .error, at: "Statement[0].Action",
        policy(deny("'ec2:StopInstances'", on: "'arn:aws:ec2:*:*:volume/*'")),
        not: policy(deny("'ec2:StopInst*'", on: "'arn:aws:ec2:*:*:instance/*'"))),
    .init(
        .actionNeedsEverything, .error, at: "Statement[0].Action", policy(allow("'s3:ListAllMyBuckets'", on: "'arn:aws:s3:::*'")),
        not: policy(allow("'s3:ListAllMyBuckets'"))),
    .init(
        .actionNeedsEverything, .warning, at: "Statement[0].Action[0]",
        policy(allow("['ec2:DescribeInstances','ec2:StartInstances']", on: "'arn:aws:ec2:*:*:instance/*'")),
        not: policy(allow("['ec2:DescribeInstances','ec2:StartInstances']", on: "['arn:aws:ec2:*:*:instance/*','*']"))),
    .init(
        .unusedResource, .info, at: "Statement[0].Resource[0]",
        policy(allow("'s3:GetObject'", on: "['arn:aws:s3:::b','arn:aws:s3:::b/*']")),
        not: policy(allow("['s3:ListBucket','s3:GetObject']", on: "['arn:aws:s3:::b','arn:aws:s3:::b/*']"))),
]

private func get(_ condition: String) -> String { policy(allow("'s3:GetObject'", on: "'arn:aws:s3:::b/*'", when(condition))) }

private let conditionCases: [LintCase] = [
    .init(
        .unknownOperator, .error, at: "Statement[0].Condition.StringEqual[\"aws:username\"]", get("'StringEqual':{'aws:username':'a'}"),
        not: get("'ForAnyValue:StringEqualsIfExists':{'aws:CalledVia':'athena.amazonaws.com'}")),
    .init(
        .unknownOperator, .error, at: "Statement[0].Condition.NullIfExists[\"aws:username\"]",
        get("'NullIfExists':{'aws:username':'true'}"), not: get("'Null':{'aws:username':'true'}")),
    .init(
        .unknownConditionKey, .warning, at: "Statement[0].Condition.StringEquals[\"aws:sourceip4\"]",
        get("'StringEquals':{'aws:sourceip4':'a'}"), not: get("'StringEquals':{'AWS:PrincipalORGID':'o-abcdefghij'}")),
    .init(
        .unknownConditionKey, .warning, at: "Statement[0].Condition.StringEquals[\"s3:prefx\"]", get("'StringEquals':{'s3:prefx':'a'}"),
        not: get("'StringEquals':{'s3:ExistingObjectTag/team':'a'}")),
    .init(
        .unknownConditionKey, .warning, at: "Statement[0].Condition.StringEquals[\"username\"]", get("'StringEquals':{'username':'a'}"),
        not: get("'StringEquals':{'token.actions.githubusercontent.com:sub':'a'}")),
    .init(
        .keyNotOfAction, .warning, at: "Statement[0].Condition.StringLike[\"s3:prefix\"]", get("'StringLike':{'s3:prefix':'home/*'}"),
        not: policy(allow("'s3:ListBucket'", on: "'arn:aws:s3:::b'", when("'StringLike':{'s3:prefix':'home/*'}")))),
    .init(
        .keyNotOfAction, .warning, at: "Statement[0].Condition.StringLike[\"s3:prefix\"]",
        policy(
            allow("['s3:ListBucket','s3:GetObject']", on: "['arn:aws:s3:::b','arn:aws:s3:::b/*']", when("'StringLike':{'s3:prefix':'a/*'}"))
        ),
        not: policy(allow("'s3:*'", when("'StringLike':{'s3:prefix':'a/*'}")))),
    .init(
        .keyNotOfAction, .warning, at: "Statement[0].Condition.StringEquals[\"aws:RequestTag/team\"]",
        policy(allow("'iam:GetUser'", when("'StringEquals':{'aws:RequestTag/team':'a'}"))),
        not: policy(allow("'iam:TagUser'", when("'StringEquals':{'aws:RequestTag/team':'a'}")))),
    .init(
        .operatorTypeMismatch, .warning, at: "Statement[0].Condition.StringEquals[\"aws:SourceIp\"]",
        get("'StringEquals':{'aws:SourceIp':'203.0.113.0/24'}"), not: get("'IpAddress':{'aws:SourceIp':'203.0.113.0/24'}")),
    .init(
        .operatorTypeMismatch, .warning, at: "Statement[0].Condition.NumericLessThan[\"aws:PrincipalOrgID\"]",
        get("'NumericLessThan':{'aws:PrincipalOrgID':'7'}"), not: get("'NumericLessThan':{'aws:MultiFactorAuthAge':'3600'}")),
    .init(
        .operatorTypeMismatch, .warning, at: "Statement[0].Condition.ArnLike[\"aws:PrincipalOrgID\"]",
        get("'ArnLike':{'aws:PrincipalOrgID':'*'}"), not: get("'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:role/a*'}")),
    .init(
        .operatorTypeMismatch, .info, at: "Statement[0].Condition.StringEquals[\"aws:SecureTransport\"]",
        get("'StringEquals':{'aws:SecureTransport':'true'}"), not: get("'Bool':{'aws:SecureTransport':'true'}")),
    .init(
        .stringOperatorOnARN, .info, at: "Statement[0].Condition.StringLike[\"aws:PrincipalArn\"]",
        get("'StringLike':{'aws:PrincipalArn':'arn:aws:iam::*:role/a*'}"),
        not: get("'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:role/a*'}")),
    .init(
        .wildcardTakenLiterally, .warning, at: "Statement[0].Condition.StringEquals[\"aws:username\"][1]",
        get("'StringEquals':{'aws:username':['bob','al*']}"), not: get("'StringEquals':{'aws:username':'al${*}'}")),
    .init(
        .invalidNumber, .error, at: "Statement[0].Condition.NumericLessThan[\"aws:MultiFactorAuthAge\"]",
        get("'NumericLessThan':{'aws:MultiFactorAuthAge':'1h'}"), not: get("'NumericLessThan':{'aws:MultiFactorAuthAge':3600}")),
    .init(
        .invalidDate, .error, at: "Statement[0].Condition.DateLessThan[\"aws:CurrentTime\"]",
        get("'DateLessThan':{'aws:CurrentTime':'2026-02-30'}"), not: get("'DateLessThan':{'aws:CurrentTime':'2026-02-28T00:00:00Z'}")),
    .init(
        .invalidAddress, .error, at: "Statement[0].Condition.IpAddress[\"aws:SourceIp\"]",
        get("'IpAddress':{'aws:SourceIp':'203.0.113.0/33'}"),
        not: get("'IpAddress':{'aws:SourceIp':'2001:db8::/32'}")),
    .init(
        .invalidBoolean, .error, at: "Statement[0].Condition.Bool[\"aws:SecureTransport\"]", get("'Bool':{'aws:SecureTransport':'yes'}"),
        not: get("'Bool':{'aws:SecureTransport':'TRUE'}")),
    .init(
        .invalidBase64, .error, at: "Statement[0].Condition.BinaryEquals[\"aws:PrincipalTag/k\"]",
        get("'BinaryEquals':{'aws:PrincipalTag/k':'?'}"), not: get("'BinaryEquals':{'aws:PrincipalTag/k':'QmluYXJ5'}")),
    .init(
        .invalidARNValue, .error, at: "Statement[0].Condition.ArnLike[\"aws:PrincipalArn\"]", get("'ArnLike':{'aws:PrincipalArn':'arn:*'}"),
        not: get("'ArnLike':{'aws:PrincipalArn':'*'}")),
    .init(
        .invalidARNValue, .error, at: "Statement[0].Condition.ArnEquals[\"aws:PrincipalArn\"]",
        get("'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::1234:role/a'}"),
        not: get("'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::123456789012:role/a'}")),
    .init(
        .privateSourceAddress, .warning, at: "Statement[0].Condition.IpAddress[\"aws:SourceIp\"]",
        get("'IpAddress':{'aws:SourceIp':'10.1.0.0/16'}"),
        not: get("'IpAddress':{'aws:VpcSourceIp':'10.1.0.0/16'}")),
    .init(
        .addressWithHostBits, .info, at: "Statement[0].Condition.IpAddress[\"aws:SourceIp\"]",
        get("'IpAddress':{'aws:SourceIp':'203.0.113.7/24'}"),
        not: get("'IpAddress':{'aws:SourceIp':'203.0.113.7/32'}")),
    .init(
        .missingQuantifier, .warning, at: "Statement[0].Condition.StringEquals[\"aws:CalledVia\"]",
        get("'StringEquals':{'aws:CalledVia':'athena.amazonaws.com'}"),
        not: get("'ForAnyValue:StringEquals':{'aws:CalledVia':'athena.amazonaws.com'}")),
    .init(
        .quantifierOnSingleValue, .info, at: "Statement[0].Condition.ForAnyValue:StringEquals[\"aws:username\"]",
        get("'ForAnyValue:StringEquals':{'aws:username':'a'}"), not: get("'StringEquals':{'aws:username':'a'}")),
    .init(
        .conditionNeverHolds, .error, at: "Statement[0].Condition",
        get("'StringEquals':{'aws:username':'a'},'Null':{'aws:username':'true'}"),
        not: get("'StringEquals':{'aws:username':'a'},'Null':{'aws:username':'false'}")),
    .init(
        .conditionAlwaysHolds, .warning, at: "Statement[0].Condition", get("'StringLikeIfExists':{'aws:username':'*'}"),
        not: get("'StringLike':{'aws:username':'*'}")),
]

private let absenceCases: [LintCase] = [
    .init(
        .allowForAllValues, .warning, at: "Statement[0].Condition.ForAllValues:StringEquals[\"aws:TagKeys\"]",
        policy(allow("'ec2:CreateTags'", when("'ForAllValues:StringEquals':{'aws:TagKeys':'team'}"))),
        not: policy(allow("'ec2:CreateTags'", when("'ForAllValues:StringEquals':{'aws:TagKeys':'team'},'Null':{'aws:TagKeys':'false'}")))),
    .init(
        .allowForAllValues, .warning, at: "Statement[0].Condition.ForAllValues:StringEquals[\"dynamodb:LeadingKeys\"]",
        policy(allow("['dynamodb:Query','dynamodb:Scan']", when("'ForAllValues:StringEquals':{'dynamodb:LeadingKeys':'a'}"))),
        not: policy(allow("['dynamodb:Query','dynamodb:GetItem']", when("'ForAllValues:StringEquals':{'dynamodb:LeadingKeys':'a'}")))),
    .init(
        .denyForAllValues, .info, at: "Statement[0].Condition.ForAllValues:StringNotEquals[\"aws:TagKeys\"]",
        policy(deny("'ec2:CreateTags'", when("'ForAllValues:StringNotEquals':{'aws:TagKeys':'team'}"))),
        not: policy(deny("'ec2:CreateTags'", when("'ForAllValues:StringNotEquals':{'aws:TagKeys':'team'},'Null':{'aws:TagKeys':'false'}")))),
    .init(
        .denyForAnyValue, .info, at: "Statement[0].Condition.ForAnyValue:StringNotEquals[\"aws:TagKeys\"]",
        policy(deny("'ec2:CreateTags'", when("'ForAnyValue:StringNotEquals':{'aws:TagKeys':'team'}"))),
        not: policy(deny("'ec2:CreateTags'", when("'Null':{'aws:TagKeys':'true'}")))),
    .init(
        .denyWhenKeyIsAbsent, .info, at: "Statement[0].Condition.NotIpAddress[\"aws:SourceIp\"]",
        policy(deny("'*'", when("'NotIpAddress':{'aws:SourceIp':'203.0.113.0/24'}"))),
        not: policy(deny("'*'", when("'NotIpAddress':{'aws:SourceIp':'203.0.113.0/24'},'Bool':{'aws:ViaAWSService':'false'}")))),
    .init(
        .mfaAbsentForAccessKeys, .warning, at: "Statement[0].Condition.Bool[\"aws:MultiFactorAuthPresent\"]",
        policy(deny("'*'", when("'Bool':{'aws:MultiFactorAuthPresent':'false'}"))),
        not: policy(deny("'*'", when("'BoolIfExists':{'aws:MultiFactorAuthPresent':'false'}")))),
    .init(
        .mfaAbsentForAccessKeys, .warning, at: "Statement[0].Condition.BoolIfExists[\"aws:MultiFactorAuthPresent\"]",
        get("'BoolIfExists':{'aws:MultiFactorAuthPresent':'true'}"), not: get("'Bool':{'aws:MultiFactorAuthPresent':'true'}")),
]

private let principalCases: [LintCase] = [
    .init(
        .invalidPrincipal, .error, at: "Statement[0].Principal.AWS", bucket("{'AWS':'arn:aws:iam::123456789012:group/admins'}"),
        not: bucket("{'AWS':'arn:aws:iam::123456789012:role/path/admins'}")),
    .init(
        .invalidPrincipal, .error, at: "Statement[0].Principal.AWS", bucket("{'AWS':'12345678901'}"), not: bucket("{'AWS':'123456789012'}")),
    .init(
        .invalidPrincipal, .error, at: "Statement[0].Principal.Service", trust("{'Service':'ec2'}"),
        not: trust("{'Service':'ec2.amazonaws.com'}")),
    .init(.invalidPrincipal, .error, at: "Statement[0].Principal", bucket("{'Aws':'123456789012'}"), not: bucket("{'AWS':'123456789012'}")),
    .init(
        .wildcardInPrincipal, .error, at: "Statement[0].Principal.AWS", bucket("{'AWS':'arn:aws:iam::123456789012:role/*'}"),
        not: bucket("{'AWS':'arn:aws:iam::123456789012:role/a'}")),
    .init(
        .deletedPrincipal, .warning, at: "Statement[0].Principal.AWS", bucket("{'AWS':'AROAIOSFODNN7EXAMPLE'}"),
        not: bucket("{'AWS':'arn:aws:iam::123456789012:user/a'}")),
    .init(
        .allowNotPrincipal, .error, at: "Statement[0].NotPrincipal",
        policy("{'Effect':'Allow','NotPrincipal':{'AWS':'123456789012'},'Action':'s3:GetObject','Resource':'arn:aws:s3:::b/*'}"),
        not: policy("{'Effect':'Deny','NotPrincipal':{'AWS':'123456789012'},'Action':'s3:GetObject','Resource':'arn:aws:s3:::b/*'}")),
    .init(
        .denyNotPrincipal, .info, at: "Statement[0].NotPrincipal",
        policy("{'Effect':'Deny','NotPrincipal':{'AWS':'123456789012'},'Action':'s3:GetObject','Resource':'arn:aws:s3:::b/*'}"),
        not: bucket("{'AWS':'123456789012'}")),
    .init(
        .allowEveryone, .error, at: "Statement[0].Principal", trust("{'AWS':'*'}"),
        not: trust("{'AWS':'*'}", "'sts:AssumeRole'", when("'StringEquals':{'aws:PrincipalOrgID':'o-abcdefghij'}"))),
    .init(
        .allowEveryone, .warning, at: "Statement[0].Principal", bucket("'*'", "'s3:PutObject'"),
        not: bucket("{'AWS':'123456789012'}", "'s3:PutObject'")),
    .init(.allowEveryone, .info, at: "Statement[0].Principal", bucket("'*'"), not: bucket("{'AWS':'123456789012'}")),
    .init(
        .confusedDeputy, .info, at: "Statement[0].Principal", bucket("{'Service':'cloudtrail.amazonaws.com'}", "'s3:PutObject'"),
        not: bucket("{'Service':'cloudtrail.amazonaws.com'}", "'s3:PutObject'", when("'StringEquals':{'aws:SourceAccount':'123456789012'}"))
    ),
    .init(
        .trustActionMismatch, .error, .trust, at: "Statement[0].Principal",
        trust(
            github, "'sts:AssumeRole'",
            when("'StringEquals':{\(forSTS),'token.actions.githubusercontent.com:sub':'repo:a/b:ref:refs/heads/main'}")),
        not: trust(github, web, when("'StringEquals':{\(forSTS),'token.actions.githubusercontent.com:sub':'repo:a/b:ref:refs/heads/main'}"))
    ),
    .init(
        .trustActionMismatch, .error, .trust, at: "Statement[0].Action[1]",
        trust("{'Service':'ec2.amazonaws.com'}", "['sts:AssumeRole','s3:GetObject']"),
        not: trust("{'Service':'ec2.amazonaws.com'}", "['sts:AssumeRole','sts:TagSession']")),
    .init(
        .federationWithoutAudience, .warning, at: "Statement[0].Condition",
        trust(github, web, when("'StringLike':{'token.actions.githubusercontent.com:sub':'repo:a/b:*'}")),
        not: trust(github, web, when("'StringEquals':{\(forSTS)},'StringLike':{'token.actions.githubusercontent.com:sub':'repo:a/b:*'}"))),
    .init(
        .federationWithoutSubject, .error, at: "Statement[0].Condition", trust(github, web, when("'StringEquals':{\(forSTS)}")),
        not: trust(github, web, when("'StringEquals':{\(forSTS)},'StringLike':{'token.actions.githubusercontent.com:sub':'repo:a/*'}"))),
    .init(
        .federationWithoutSubject, .error, at: "Statement[0].Condition.StringLike[\"token.actions.githubusercontent.com:sub\"]",
        trust(github, web, when("'StringEquals':{\(forSTS)},'StringLike':{'token.actions.githubusercontent.com:sub':'repo:*'}")),
        not: trust(github, web, when("'StringEquals':{\(forSTS)},'StringLike':{'token.actions.githubusercontent.com:sub':'repo:a/b:*'}"))),
    .init(
        .crossAccountWithoutExternalID, .info, at: "Statement[0].Principal", trust("{'AWS':'arn:aws:iam::123456789012:root'}"),
        not: trust("{'AWS':'arn:aws:iam::123456789012:root'}", "'sts:AssumeRole'", when("'StringEquals':{'sts:ExternalId':'a'}"))),
]

private let grantCases: [LintCase] = [
    .init(.fullAdministrator, .warning, at: "Statement[0].Action", policy(allow("'*'")), not: policy(allow("'s3:*'"))),
    .init(.fullAdministrator, .warning, .identity, at: "Statement[0].Action", policy(allow("'*:*'")), not: policy(deny("'*'"))),
    .init(
        .administratorByParts, .warning, at: "Statement", policy(allow("'iam:*'"), "{'Effect':'Allow','NotAction':'iam:*','Resource':'*'}"),
        not: policy(allow("'iam:Get*'"), "{'Effect':'Allow','NotAction':'iam:*','Resource':'*'}")),
    .init(
        .allowNotAction, .warning, at: "Statement[0].NotAction", policy("{'Effect':'Allow','NotAction':'iam:*','Resource':'*'}"),
        not: policy("{'Effect':'Deny','NotAction':'iam:*','Resource':'*'}")),
    .init(
        .allowNotResource, .warning, at: "Statement[0].NotResource",
        policy("{'Effect':'Allow','Action':'s3:GetObject','NotResource':'arn:aws:s3:::b/*'}"),
        not: policy("{'Effect':'Deny','Action':'s3:GetObject','NotResource':'arn:aws:s3:::b/*'}")),
    .init(
        .passRoleUnlimited, .warning, at: "Statement[0].Resource", policy(allow("'iam:Pass*'")),
        not: policy(allow("'iam:PassRole'", when("'StringEquals':{'iam:PassedToService':'ec2.amazonaws.com'}")))),
    .init(
        .passRoleUnlimited, .warning, at: "Statement[0].Resource",
        policy(allow("'iam:PassRole'", on: "'arn:aws:iam::123456789012:role/*'")),
        not: policy(allow("'iam:PassRole'", on: "'arn:aws:iam::123456789012:role/app-*'"))),
    .init(
        .allowShadowedByDeny, .warning, at: "Statement[0]", policy(get, deny("'s3:Get*'", on: "'arn:aws:s3:::*'")),
        not: policy(get, deny("'s3:Get*'", on: "'arn:aws:s3:::b/secret/*'"))),
    .init(
        .redundantStatement, .info, at: "Statement[0]", policy(get, allow("['s3:Get*','s3:List*']")),
        not: policy(get, allow("'s3:Get*'", when("'Bool':{'aws:SecureTransport':'true'}")))),
]
