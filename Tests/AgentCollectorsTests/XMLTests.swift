import CloudModel
import Foundation
import HTTPTransport
import Testing

@testable import AgentCollectors

@Suite struct XMLTests {
    private func refusal(_ text: String, _ limits: XMLLimits = .standard) -> XMLError? {
        do throws(XMLError) {
            _ = try XMLTree(parsing: Array(text.utf8), limits: limits)
            return nil
        } catch { return error }
    }

    @Test func readsElementsAttributesReferencesAndCDATA() throws {
        let tree = try XMLTree(
            parsing: Array(
                "\u{FEFF}<?xml version=\"1.0\"?>\n<!-- c --><s:a xmlns:s='u' x='1&amp;2'>t&lt;&#x41;&#66;<![CDATA[<&>]]>\r\n<b/><s:c>\r\n</s:c></s:a>\n"
                    .utf8)
        ).root
        #expect(tree.name == "a")
        #expect(tree.attributes.map(\.name) == ["xmlns:s", "x"])
        #expect(tree.attributes.last?.value == "1&2")
        #expect(tree.text == "t<AB<&>\n")
        #expect(tree.children.map(\.name) == ["b", "c"])
    }

    @Test(arguments: [
        ("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", XMLError.documentType), ("<a>&x;</a>", .badEntity), ("<a>&#0;</a>", .badEntity),
        ("<a>&#xD800;</a>", .badEntity), ("<a>&lt</a>", .badEntity), ("<a><b></a></b>", .mismatchedTag), ("<a>", .unexpectedEnd),
        ("", .unexpectedEnd),
        ("<a/><b/>", .trailingContent), ("<a/>x", .trailingContent), ("x<a/>", .malformed), ("<a x=1/>", .malformed),
        ("<a x='1'y='2'/>", .malformed),
        ("<a x='<'/>", .malformed), ("</a>", .malformed), ("<a", .unexpectedEnd), ("<a><![CDATA[x</a>", .unexpectedEnd),
        ("<!-- ", .unexpectedEnd),
        ("<1 />", nil as XMLError?),
    ])
    func refusesWhatIsNotWellFormed(_ text: String, _ expected: XMLError?) { #expect(refusal(text) == expected) }

    @Test func holdsItsLimits() {
        let deep = String(repeating: "<a>", count: 200) + String(repeating: "</a>", count: 200)
        #expect(refusal(deep) == .tooDeep)
        #expect(refusal("<a>" + String(repeating: "<b/>", count: 20) + "</a>", XMLLimits(elements: 10)) == .tooManyElements)
        #expect(refusal("<a>12345</a>", XMLLimits(bytes: 5)) == .tooLarge)
        #expect(refusal("<a " + (0..<40).map { "x\($0)='1'" }.joined(separator: " ") + "/>") == .tooManyAttributes)
        #expect((try? XMLTree(parsing: [0x3C, 0x61, 0x3E, 0xFF, 0x3C, 0x2F, 0x61, 0x3E])) == nil)
    }

    @Test func neverTrapsOnDamagedText() {
        let text = Array("<?xml version='1.0'?><a x='y&amp;z'><b>t&#65;</b><![CDATA[q]]><!-- n --><c/></a>".utf8)
        for end in 0...text.count { _ = try? XMLTree(parsing: Array(text[..<end])) }
        for index in text.indices {
            for byte in [UInt8(0), 0x26, 0x3C, 0x3E, 0x22, 0xC3, 0x5D] {
                var damaged = text
                damaged[index] = byte
                _ = try? XMLTree(parsing: damaged)
            }
        }
    }
}

@Suite struct AnswerTests {
    private func decode(_ service: String, _ operation: String, _ body: String) throws -> JSONValue {
        let model = try #require(ServiceModel.all[service])
        return try AnswerDecoder(service: model, operation: try #require(model.operations[operation])).decode(Array(body.utf8))
    }

    @Test func everyOperationOfTheCatalogueIsInTheTable() {
        for entry in Catalogue.entries {
            let operation = ServiceModel.all[entry.service]?.operations[entry.operation]
            #expect(operation != nil, "\(entry.name)")
            if entry.page != nil { #expect(operation?.paging != nil, "\(entry.name) pages") }
            if let fanOut = entry.fanOut { #expect(Catalogue.entries.contains { $0.name == fanOut.source }, "\(entry.name)") }
            #expect(!entry.actions.isEmpty)
        }
    }

    @Test func noCallWritesOrReadsData() {
        for action in Catalogue.actions {
            let name = action.split(separator: ":").last ?? ""
            // Reports are made on request, routes are searched, and API Gateway names its actions by the method.
            let other = [
                "iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails", "ec2:SearchTransitGatewayRoutes",
                "apigateway:GET",
            ]
            #expect(["Describe", "List", "Get", "BatchGet"].contains { name.hasPrefix($0) } || other.contains(action), "\(action)")
            #expect(
                !["s3:GetObject", "lambda:GetFunction", "secretsmanager:GetSecretValue", "kms:Decrypt", "ec2:GetPasswordData"].contains(
                    action))
        }
    }

    @Test func bucketLocationOfTheFirstRegionIsNull() throws {
        #expect(try decode("s3", "get-bucket-location", "<LocationConstraint xmlns='x'/>") == ["LocationConstraint": .null])
        #expect(
            try decode("s3", "get-bucket-location", "<LocationConstraint>eu-west-1</LocationConstraint>") == [
                "LocationConstraint": "eu-west-1"
            ])
    }

    @Test func bucketACLTakesTheGranteesTypeFromItsAttribute() throws {
        let answer = try decode(
            "s3", "get-bucket-acl",
            "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='Group'><URI>u</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
        )
        #expect(answer.canonicalText == #"{"Grants":[{"Grantee":{"Type":"Group","URI":"u"},"Permission":"READ"}],"Owner":{"ID":"o"}}"#)
    }

    @Test func policiesInsideIdentityAnswersAreDecodedOnceAndOthersStayText() throws {
        let answer = try decode(
            "iam", "get-account-authorization-details",
            "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><RoleDetailList><member><AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument><RoleName>a+b</RoleName><CreateDate>2024-01-02T03:04:05Z</CreateDate></member></RoleDetailList></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
        )
        #expect(
            answer == [
                "RoleDetailList": [
                    ["RoleName": "a+b", "CreateDate": "2024-01-02T03:04:05+00:00", "AssumeRolePolicyDocument": ["Version": "2012-10-17"]]
                ]
            ])
        #expect(try decode("s3", "get-bucket-policy", "{\"a\": 1}") == ["Policy": "{\"a\": 1}"])
    }

    @Test func emptyListsArePresentAndAbsentOnesAreNot() throws {
        let answer = try decode(
            "ec2", "describe-instances", "<DescribeInstancesResponse><reservationSet/><nextToken/></DescribeInstancesResponse>")
        #expect(answer.canonicalText == #"{"NextToken":"","Reservations":[]}"#)
        #expect(try decode("ec2", "describe-instances", "<DescribeInstancesResponse/>") == [:])
    }

    @Test func numbersAndTimesOfJSONAreTypedAsTheCLIDoes() throws {
        let answer = try decode(
            "kms", "describe-key",
            #"{"KeyMetadata":{"KeyId":"k","CreationDate":1.7040672005E9,"Enabled":true,"Unknown":"dropped","Description":null}}"#)
        #expect(answer == ["KeyMetadata": ["KeyId": "k", "CreationDate": "2024-01-01T00:00:00.500000+00:00", "Enabled": true]])
    }

    @Test(arguments: [
        ("<html><body>500</body></html>", "badAnswer.xml.unexpectedRoot"), ("not xml", "badAnswer.xml.malformed"),
        ("", "badAnswer.xml.unexpectedEnd"),
    ])
    func whatIsNoAnswerIsRefused(_ body: String, _ code: String) {
        do {
            _ = try decode("ec2", "describe-vpcs", body)
            Issue.record("accepted")
        } catch { #expect((error as? AnswerError)?.code == code) }
    }

    @Test(arguments: [
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05+00:00"), ("2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05+00:00"),
        ("2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456+00:00"),
        ("2024-01-02T03:04:05.5+0200", "2024-01-02T03:04:05.500000+02:00"),
        ("2024-01-02", nil), ("x", nil), ("", nil), ("2024-01-02T03:04:05+1", nil),
    ])
    func timesAreWrittenAsTheCLIDoes(_ text: String, _ expected: String?) { #expect(Timestamp.cliText(iso: text) == expected) }

    @Test func epochsBeforeAndAfterAreDates() {
        #expect(Timestamp.cliText(epoch: "0") == "1970-01-01T00:00:00+00:00")
        #expect(Timestamp.cliText(epoch: "-1.5") == "1969-12-31T23:59:58.500000+00:00")
        #expect(Timestamp.cliText(epoch: "951782400") == "2000-02-29T00:00:00+00:00")
        #expect(Timestamp.cliText(epoch: "1e300") == nil)
        #expect(Timestamp.date("2024-02-29T23:59:59+00:00")?.timeIntervalSince1970 == 1_709_251_199)
        #expect(Timestamp.date("2024-02-29T23:59:59-01:00")?.timeIntervalSince1970 == 1_709_254_799)
    }

    @Test(arguments: [
        (400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", "query", "Throttling"),
        (403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>", "ec2", "UnauthorizedOperation"),
        (404, "<Error><Code>NoSuchBucketPolicy</Code></Error>", "rest-xml", "NoSuchBucketPolicy"),
        (400, #"{"__type":"com.amazonaws.kms#AccessDeniedException:http://x"}"#, "json", "AccessDeniedException"),
        (500, "<html>oops", "json", "http500"), (500, "<html><body></html>", "query", "http500"),
        (400, "<Error><Code>evil\nlog line</Code></Error>", "rest-xml", "http400"), (400, #"{"code":"A B"}"#, "rest-json", "http400"),
    ])
    func errorCodesAreReadAndCleaned(_ status: Int, _ body: String, _ wire: String, _ code: String) throws {
        let refusal = ServiceRefusal(
            HTTPResponse(status: status, body: Array(body.utf8)), wire: try #require(ServiceModel.Wire(rawValue: wire)))
        #expect(refusal.code == code)
    }

    @Test func aRegionThatIsNoNameIsNotFollowed() {
        let evil = HTTPResponse(status: 301, headers: [(name: "x-amz-bucket-region", value: "evil.example.com/")], body: [])
        #expect(ServiceRefusal(evil, wire: .restXML).region == nil)
        let good = HTTPResponse(status: 301, headers: [(name: "x-amz-bucket-region", value: "eu-west-1")], body: [])
        #expect(ServiceRefusal(good, wire: .restXML).region == "eu-west-1")
    }
}
