import CloudModel
import Testing

@testable import Engine

/// APIs that ask nobody who calls, and what stands behind them.
@Suite struct GatewayTests {
    private static let function = "arn:aws:lambda:eu-west-1:111122223333:function:hook"
    private static let invocation = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\(function)/invocations"
    private static func permission(_ source: String) -> String {
        #"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"apigateway.amazonaws.com\"},\"Action\":\"lambda:InvokeFunction\",\"Resource\":\"\#(function)\",\"Condition\":{\"ArnLike\":{\"AWS:SourceArn\":\"\#(source)\"}}}]}"#
    }

    struct Rest {
        var types = #"["REGIONAL"]"#
        var method = #""authorizationType":"NONE","apiKeyRequired":false"#
        var stages = #"[{"stageName":"live"}]"#
        var policy: String?
        var more = ""
        var permission: String? = GatewayTests.permission("arn:aws:execute-api:eu-west-1:111122223333:a1/*/GET/orders/*")
        var hasRoutes = true
    }
    private func exposures(_ rest: Rest) throws -> (api: Exposure?, function: Exposure?) {
        var answers = try Answers.open()
        answers.remove("lambda.get-policy")
        answers.remove("lambda.list-function-url-configs")
        if let permission = rest.permission { try answers.add("lambda.get-policy.eu-west-1.hook", #"{"Policy":"\#(permission)"}"#) }
        let policy = rest.policy.map { #","policy":"\#($0)""# } ?? ""
        try answers.add(
            "apigateway.get-rest-apis.eu-west-1",
            #"{"items":[{"id":"a1","name":"orders","endpointConfiguration":{"types":\#(rest.types)}\#(policy)\#(rest.more)}]}"#)
        try answers.add("apigateway.get-stages.eu-west-1.a1", #"{"item":\#(rest.stages)}"#)
        if rest.hasRoutes {
            try answers.add(
                "apigateway.get-resources.eu-west-1.a1",
                #"{"items":[{"id":"r","path":"/orders/{id}","resourceMethods":{"GET":{\#(rest.method),"methodIntegration":{"type":"AWS_PROXY","uri":"\#(Self.invocation)"}}}}]}"#
            )
        }
        let found = NetworkReachability(answers.snapshot).exposures().filter { $0.kind == .apiGateway }
        return (found.first { $0.targetKind == "api" }, found.first { $0.targetKind == "function" })
    }

    @Test func anOpenMethodLeadsToItsFunction() throws {
        let found = try exposures(Rest())
        #expect(found.api?.confidence == .proven && found.api?.target == "arn:aws:apigateway:eu-west-1::/restapis/a1")
        #expect(
            found.function?.confidence == .proven && found.function?.target == Self.function
                && found.function?.via == [found.api?.target ?? ""])
        #expect(found.function?.evidence.contains { $0.record.contains("get-resources") } == true)
        #expect(found.function?.evidence.contains { $0.policy == "hook" } == true)
    }

    @Test(arguments: [
        Rest(types: #"["PRIVATE"]"#), Rest(method: #""authorizationType":"AWS_IAM""#),
        Rest(method: #""authorizationType":"CUSTOM","authorizerId":"z""#),
        Rest(method: #""authorizationType":"COGNITO_USER_POOLS""#), Rest(stages: "[]"),
        Rest(
            policy:
                #"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"111122223333\"},\"Action\":\"execute-api:Invoke\",\"Resource\":\"*\"}]}"#
        ),
        Rest(
            policy:
                #"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"arn:aws:execute-api:eu-west-1:111122223333:a1/test/*\"}]}"#
        ),
        Rest(
            policy:
                #"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"*\"},{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"*\",\"Condition\":{\"StringNotEquals\":{\"aws:SourceVpce\":\"vpce-1\"}}}]}"#
        ),
    ])
    func whatClosesAnApi(_ rest: Rest) throws {
        let found = try exposures(rest)
        #expect(found.api == nil && found.function == nil)
    }

    @Test func whatNarrowsAnApiIsACondition() throws {
        #expect(
            try exposures(Rest(method: #""authorizationType":"NONE","apiKeyRequired":true"#)).function?.conditions == [
                "the request has a key of the API"
            ])
        #expect(
            try exposures(Rest(more: #","disableExecuteApiEndpoint":true"#)).api?.conditions == ["a domain of its own leads to the API"])
        let office = Rest(
            policy:
                #"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"*\",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"198.51.100.0/24\"}}}]}"#
        )
        #expect(try exposures(office).function?.confidence == .conditional)
        // As API Gateway hands it out, its quotes escaped once more.
        let escaped = Rest(
            policy:
                #"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":\\\"*\\\",\\\"Action\\\":\\\"execute-api:Invoke\\\",\\\"Resource\\\":\\\"*\\\"}]}"#
        )
        #expect(try exposures(escaped).function?.confidence == .proven)
    }

    @Test func anApiThatAsksForASignatureMayStillAdmitEveryAccount() throws {
        func policy(_ principal: String) -> String {
            #"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\#(principal),\"Action\":\"execute-api:Invoke\",\"Resource\":\"*\"}]}"#
        }
        let signed = #""authorizationType":"AWS_IAM""#
        let open = try exposures(Rest(method: signed, policy: policy(#"\"*\""#)))
        #expect(open.api?.why.contains("to every AWS account") == true && open.function?.confidence == .proven)
        let own = try exposures(Rest(method: signed, policy: policy(#"{\"AWS\":\"111122223333\"}"#)))
        #expect(own.api == nil && own.function == nil)
        #expect(try exposures(Rest(method: signed)).api == nil)
    }

    @Test func aFunctionThatDoesNotLetTheApiInIsNotReached() throws {
        let other = try exposures(Rest(permission: Self.permission("arn:aws:execute-api:eu-west-1:111122223333:other/*")))
        #expect(other.api != nil && other.function == nil)
        let unknown = try exposures(Rest(permission: nil))
        #expect(unknown.function?.confidence == .unknown && unknown.function?.missing == ["lambda.get-policy (hook)"])
    }

    @Test func whatWasNotCollectedOfAnApiIsUnknown() throws {
        let found = try exposures(Rest(hasRoutes: false))
        #expect(found.api?.confidence == .unknown && found.api?.missing == ["apigateway.get-resources (a1)"])
        #expect(found.function == nil)
    }

    @Test func anHttpApiLeadsToFunctionsAndInternalLoadBalancers() throws {
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/front/1/2"
        func found(_ authorization: String, _ target: String) throws -> [String] {
            var answers = try Answers.open()
            answers.remove("lambda.get-policy")
            answers.remove("lambda.list-function-url-configs")
            try answers.add(
                "lambda.get-policy.eu-west-1.hook",
                #"{"Policy":"\#(Self.permission("arn:aws:execute-api:eu-west-1:111122223333:h1/*/*/orders"))"}"#)
            try answers.replace("elbv2.describe-load-balancers.eu-west-1", "internet-facing", "internal")
            try answers.add("apigatewayv2.get-apis.eu-west-1", #"{"Items":[{"ApiId":"h1","Name":"web","ProtocolType":"HTTP"}]}"#)
            try answers.add("apigatewayv2.get-stages.eu-west-1.h1", #"{"Items":[{"StageName":"$default"}]}"#)
            try answers.add(
                "apigatewayv2.get-routes.eu-west-1.h1",
                #"{"Items":[{"RouteKey":"ANY /orders","AuthorizationType":"\#(authorization)","Target":"integrations/i"}]}"#)
            try answers.add(
                "apigatewayv2.get-integrations.eu-west-1.h1",
                #"{"Items":[{"IntegrationId":"i","IntegrationType":"HTTP_PROXY","IntegrationUri":"\#(target)"}]}"#)
            return NetworkReachability(answers.snapshot).exposures().filter { $0.kind == .apiGateway }
                .map { "\($0.targetKind) \($0.confidence.rawValue)" }.sorted()
        }
        #expect(try found("NONE", Self.function) == ["api proven", "function proven"])
        #expect(try found("JWT", Self.function) == [])
        #expect(try found("NONE", listener) == ["api proven", "instance proven", "loadBalancer proven"])
        #expect(try found("AWS_IAM", listener) == [])
        #expect(try found("NONE", "https://example.com/") == ["api proven"])
    }

    @Test func ofAWebSocketApiTheConnectionIsAuthorised() throws {
        func found(_ authorization: String) throws -> [Exposure] {
            var answers = try Answers.open()
            try answers.add("apigatewayv2.get-apis.eu-west-1", #"{"Items":[{"ApiId":"w1","Name":"chat","ProtocolType":"WEBSOCKET"}]}"#)
            try answers.add("apigatewayv2.get-stages.eu-west-1.w1", #"{"Items":[{"StageName":"live"}]}"#)
            try answers.add(
                "apigatewayv2.get-routes.eu-west-1.w1",
                #"{"Items":[{"RouteKey":"$connect","AuthorizationType":"\#(authorization)"},{"RouteKey":"send","AuthorizationType":"NONE"}]}"#
            )
            return NetworkReachability(answers.snapshot).exposures().filter { $0.kind == .apiGateway }
        }
        #expect(try found("NONE").first?.confidence == .proven)
        #expect(try found("CUSTOM").isEmpty)
    }
}
