import CloudModel
import HTTPTransport

/// Why an answer could not be read. Never holds any of it.
struct AnswerError: Error, Sendable {
    /// Our code, which coverage shows.
    var code: String
}

/// Reads one answer into the JSON that the AWS CLI prints for it: only the members that AWS's service description names, typed, absent
/// members left out.
struct AnswerDecoder: Sendable {
    var service: ServiceModel
    var operation: ServiceModel.Operation

    func decode(_ body: [UInt8]) throws(AnswerError) -> JSONValue {
        guard let output = operation.output else { return .object(JSONObject()) }
        switch service.wire {
        case .json, .restJSON:
            let value: JSONValue
            do throws(JSONError) { value = try JSONValue(parsing: body) } catch {
                throw AnswerError(code: "badAnswer.json.\(error.code.rawValue)")
            }
            guard let answer = json(value, output) else { throw AnswerError(code: "badAnswer.json.noObject") }
            // An empty list is said, not left out: what is no listing must not be read as "there is nothing". SQS alone says nothing at all.
            if let paging = operation.paging, !paging.results.contains(where: { answer[$0]?.array != nil }),
                !(operation.name == "ListQueues" && value == .object(JSONObject()))
            {
                throw AnswerError(code: "badAnswer.json.noList")
            }
            return answer
        case .query:
            let root = try tree(body)
            guard let wrapper = operation.wrapper else { return xml(root, output) ?? .object(JSONObject()) }
            guard root.name == operation.name + "Response", let result = root.first(wrapper) else {
                throw AnswerError(code: "badAnswer.xml.unexpectedRoot")
            }
            return xml(result, output) ?? .object(JSONObject())
        case .ec2:
            let root = try tree(body)
            guard root.name == operation.name + "Response" else { throw AnswerError(code: "badAnswer.xml.unexpectedRoot") }
            return xml(root, output) ?? .object(JSONObject())
        case .restXML:
            return try restXML(body, output)
        }
    }

    /// How S3 names what it answers. Anything else, a proxy's page say, must not be read as an empty answer.
    private static let roots = [
        "list-buckets": "ListAllMyBucketsResult", "get-bucket-acl": "AccessControlPolicy", "get-bucket-tagging": "Tagging",
        "get-bucket-versioning": "VersioningConfiguration",
    ]

    private func restXML(_ body: [UInt8], _ output: ServiceModel.Reference) throws(AnswerError) -> JSONValue {
        guard case .shape(let number) = output, case .structure(let members, _)? = service.shape(number) else {
            return .object(JSONObject())
        }
        if let payload = operation.payload, let member = members.first(where: { $0.name == payload }) {
            if member.reference == .string {
                guard let text = String(validating: body, as: UTF8.self) else { throw AnswerError(code: "badAnswer.invalidUTF8") }
                return .object([payload: .string(text)])
            }
            let root = try tree(body)
            guard payload == root.name else { throw AnswerError(code: "badAnswer.xml.unexpectedRoot") }
            return .object([payload: xml(root, member.reference) ?? .object(JSONObject())])
        }
        let root = try tree(body)
        // S3 answers GetBucketLocation with the bare member; nothing in it means us-east-1, which the CLI prints as null.
        if operation.cliName == "get-bucket-location" {
            guard root.name == "LocationConstraint" else { throw AnswerError(code: "badAnswer.xml.unexpectedRoot") }
            return .object(["LocationConstraint": root.text.isEmpty ? .null : .string(root.text)])
        }
        // Emulators name the answer by the operation, which S3 itself never does.
        guard root.name == Self.roots[operation.cliName] || root.name == operation.name + "Response" else {
            throw AnswerError(code: "badAnswer.xml.unexpectedRoot")
        }
        return xml(root, output) ?? .object(JSONObject())
    }

    private func tree(_ body: [UInt8]) throws(AnswerError) -> XMLTree.Element {
        do throws(XMLError) { return try XMLTree(parsing: body).root } catch { throw AnswerError(code: "badAnswer.xml.\(error.rawValue)") }
    }

    private func xml(_ element: XMLTree.Element, _ reference: ServiceModel.Reference) -> JSONValue? {
        guard case .shape(let number) = reference else { return scalar(element.text, reference) }
        switch service.shape(number) {
        case .structure(let members, let byWire)?:
            var found = [JSONValue?](repeating: nil, count: members.count)
            for child in element.children {
                guard let index = byWire[child.name], members.indices.contains(index) else { continue }
                let member = members[index]
                if member.isFlattened, case .shape(let list) = member.reference, case .list(let item)? = service.shape(list) {
                    guard let value = xml(child, item) else { continue }
                    if case .array(var elements)? = found[index] {
                        found[index] = nil
                        elements.append(value)
                        found[index] = .array(elements)
                    } else {
                        found[index] = .array([value])
                    }
                } else if found[index] == nil {
                    found[index] = xml(child, member.reference)
                }
            }
            var object: [JSONObject.Member] = []
            for (index, member) in members.enumerated() {
                if member.isAttribute, let attribute = element.attributes.first(where: { $0.name == member.wire }) {
                    object.append(JSONObject.Member(member.name, .string(attribute.value)))
                } else if let value = found[index] {
                    object.append(JSONObject.Member(member.name, value))
                }
            }
            return .object(JSONObject(object))
        case .list(let item)?:
            return .array(element.children.compactMap { xml($0, item) })
        case .map(_, let value, let keyName, let valueName)?:
            var object: [JSONObject.Member] = []
            for entry in element.children {
                guard let key = entry.first(keyName)?.text, let child = entry.first(valueName), let value = xml(child, value) else {
                    continue
                }
                object.append(JSONObject.Member(key, value))
            }
            return .object(JSONObject(object))
        case nil:
            return nil
        }
    }

    private func scalar(_ text: String, _ reference: ServiceModel.Reference) -> JSONValue? {
        switch reference {
        case .string, .blob: .string(text)
        case .integer: Int(text).map { .number(String($0)) }
        case .number: Double(text).map { .number("\($0)") }
        case .boolean: .bool(text == "true")
        case .timestamp: (Timestamp.cliText(iso: text) ?? Timestamp.cliText(epoch: text)).map { .string($0) } ?? .string(text)
        case .policy: Self.policy(text)
        case .shape: nil
        }
    }

    /// IAM's policies come URL-encoded; the CLI prints what they say, or the text itself when it is not JSON.
    private static func policy(_ text: String) -> JSONValue {
        guard let decoded = PercentEncoding.decode(text), let value = try? JSONValue(parsing: decoded) else { return .string(text) }
        return value
    }

    private func json(_ value: JSONValue, _ reference: ServiceModel.Reference) -> JSONValue? {
        if value.isNull { return nil }
        guard case .shape(let number) = reference else {
            guard reference == .timestamp else { return value }
            switch value {
            case .number(let text): return Timestamp.cliText(epoch: text).map { .string($0) } ?? value
            case .string(let text): return (Timestamp.cliText(iso: text) ?? Timestamp.cliText(epoch: text)).map { .string($0) } ?? value
            default: return value
            }
        }
        switch service.shape(number) {
        case .structure(let members, let byWire)?:
            guard case .object(let object) = value else { return nil }
            var result: [JSONObject.Member] = []
            for member in object.members {
                guard let index = byWire[member.name], members.indices.contains(index) else { continue }
                guard let decoded = json(member.value, members[index].reference) else { continue }
                result.append(JSONObject.Member(members[index].name, decoded))
            }
            return .object(JSONObject(result))
        case .list(let item)?:
            guard case .array(let elements) = value else { return nil }
            return .array(elements.compactMap { json($0, item) })
        case .map(_, let item, _, _)?:
            guard case .object(let object) = value else { return nil }
            return .object(
                JSONObject(object.members.compactMap { member in json(member.value, item).map { JSONObject.Member(member.name, $0) } }))
        case nil:
            return nil
        }
    }
}

/// What a service said instead of an answer.
struct ServiceRefusal: Error, Sendable, Hashable {
    var status: Int
    /// The service's code, cut to what codes are made of; `httpNNN` when it gave none.
    var code: String
    /// The region that S3 said to ask instead.
    var region: String?

    init(status: Int, code: String, region: String? = nil) {
        self.status = status
        self.code = code
        self.region = region
    }

    /// Reads an error answer in whichever form it came; never fails.
    init(_ response: HTTPResponse, wire: ServiceModel.Wire) {
        status = response.status
        var code: String?
        var region = response.header("x-amz-bucket-region")
        switch wire {
        case .json, .restJSON:
            code = response.header("x-amzn-errortype")
            if code == nil, response.body.count <= 1 << 20, let value = try? JSONValue(parsing: response.body, limits: .message) {
                code = value["__type"]?.string ?? value["code"]?.string ?? value["Code"]?.string
            }
            // `namespace#Code:http://…`
            if let text = code {
                let start = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
                code = start.split(separator: "#").last.map(String.init)
            }
        case .query, .ec2, .restXML:
            if response.body.count <= 1 << 20, let tree = try? XMLTree(parsing: response.body) {
                let error = tree.root.find("Error", depth: 3)
                code = error?.first("Code")?.text
                region = region ?? error?.first("Region")?.text
            }
        }
        self.code = Self.clean(code) ?? "http\(response.status)"
        // It becomes part of a host name.
        self.region = region.flatMap { RegionName.isValid($0) ? $0 : nil }
    }

    static func clean(_ code: String?) -> String? {
        guard let code else { return nil }
        let kept = code.utf8.filter {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard !kept.isEmpty, kept.count == code.utf8.count, kept.count <= 128 else { return nil }
        return String(decoding: kept, as: UTF8.self)
    }

    private static let throttles: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException", "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "LimitExceededException", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException",
    ]
    private static let denials: Set<String> = [
        "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "AuthorizationError",
        "AuthorizationErrorException", "NotAuthorized", "AllAccessDisabled", "Forbidden", "AuthFailure", "http401", "http403",
    ]
    private static let absences: Set<String> = [
        "OptInRequired", "SubscriptionRequiredException", "UnknownEndpoint", "InvalidAction", "UnknownOperationException", "http404",
    ]
    private static let credentialCodes: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidToken",
    ]
    private static let transients: Set<String> = [
        "InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "InternalServiceException", "ServiceUnavailable",
        "ServiceUnavailableException", "Unavailable", "RequestTimeout", "RequestTimeoutException", "ServiceException",
        "KMSInternalException",
        "DependencyTimeoutException", "InternalServiceErrorException",
    ]

    var isThrottle: Bool { Self.throttles.contains(code) || status == 429 }
    var isDenial: Bool { Self.denials.contains(code) || code.hasSuffix("AccessDenied") }
    var isAbsence: Bool { Self.absences.contains(code) }
    /// The credentials ended: new ones may help.
    var needsNewCredentials: Bool { Self.credentialCodes.contains(code) }
    var isTransient: Bool { Self.transients.contains(code) || [500, 502, 503, 504].contains(status) }
}

/// The names of regions.
enum RegionName {
    /// Whether `text` can be one: lower-case letters, digits and hyphens, at most 32.
    static func isValid(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            } && text.utf8.first != UInt8(ascii: "-") && text.utf8.last != UInt8(ascii: "-")
    }
    /// Whether `text` has the form of every region so far: `eu-west-1`, `us-gov-west-1`.
    static func hasUsualForm(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return isValid(text) && parts.count >= 3 && parts.last?.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
    }
}
