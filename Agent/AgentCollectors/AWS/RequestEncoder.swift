import CloudModel

/// A request's parameter before it is written in one of the five protocols.
enum ParameterValue: Sendable, Hashable {
    case text(String)
    case number(Int)
    case list([String])
}

/// One request as it is to be signed and sent.
struct WireRequest: Sendable {
    var method: String
    /// Percent-encoded as it is sent.
    var path: String
    var query: [(String, String)] = []
    var headers: [(String, String)] = []
    var body: [UInt8] = []

    /// The query as it is sent, or an empty text.
    var queryText: String {
        query.map { Signature.encode($0.0) + "=" + Signature.encode($0.1) }.joined(separator: "&")
    }
}

/// Writes one operation's parameters in its service's protocol.
struct RequestEncoder: Sendable {
    var service: ServiceModel
    var operation: ServiceModel.Operation

    func encode(_ parameters: [(String, ParameterValue)]) -> WireRequest {
        switch service.wire {
        case .query: form(parameters, listInfix: ".member")
        case .ec2: form(parameters, listInfix: "")
        case .json: json(parameters)
        case .restJSON, .restXML: rest(parameters)
        }
    }

    private func form(_ parameters: [(String, ParameterValue)], listInfix: String) -> WireRequest {
        var fields = [("Action", operation.name), ("Version", service.version)]
        for (name, value) in parameters {
            switch value {
            case .text(let text): fields.append((name, text))
            case .number(let number): fields.append((name, String(number)))
            case .list(let items):
                for (index, item) in items.enumerated() { fields.append(("\(name)\(listInfix).\(index + 1)", item)) }
            }
        }
        let body = fields.map { Signature.encode($0.0) + "=" + Signature.encode($0.1) }.joined(separator: "&")
        return WireRequest(
            method: "POST", path: "/", headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: Array(body.utf8))
    }

    private func json(_ parameters: [(String, ParameterValue)]) -> WireRequest {
        var object = JSONObject()
        for (name, value) in parameters {
            object[name] = Self.json(value)
        }
        return WireRequest(
            method: "POST", path: "/",
            headers: [
                ("Content-Type", "application/x-amz-json-\(service.jsonVersion)"),
                ("X-Amz-Target", "\(service.targetPrefix).\(operation.name)"),
            ], body: JSONValue.object(object).canonicalBytes)
    }

    private static func json(_ value: ParameterValue) -> JSONValue {
        switch value {
        case .text(let text): .string(text)
        case .number(let number): .number(String(number))
        case .list(let items): .array(items.map { .string($0) })
        }
    }

    private func rest(_ parameters: [(String, ParameterValue)]) -> WireRequest {
        let parts = operation.path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path = parts.first.map(String.init) ?? "/"
        var query: [(String, String)] = []
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query.append((String(halves[0]), halves.count > 1 ? String(halves[1]) : ""))
        }
        var headers: [(String, String)] = []
        // Unasked, API Gateway answers in HAL, where lists are not where its description says.
        if service.name == "apigateway" { headers.append(("Accept", "application/json")) }
        var body = JSONObject()
        for (name, value) in parameters {
            if operation.body.contains(name) {
                body[name] = Self.json(value)
                continue
            }
            let texts: [String] =
                switch value {
                case .text(let text): [text]
                case .number(let number): [String(number)]
                case .list(let items): items
                }
            if let label = path.firstRange(of: "{\(name)}"), let text = texts.first {
                path.replaceSubrange(label, with: Signature.encode(text))
            } else if name.hasPrefix("x-amz-") {
                for text in texts { headers.append((name, text)) }
            } else {
                for text in texts { query.append((name, text)) }
            }
        }
        guard !operation.body.isEmpty else { return WireRequest(method: operation.method, path: path, query: query, headers: headers) }
        headers.append(("Content-Type", "application/json"))
        return WireRequest(
            method: operation.method, path: path, query: query, headers: headers, body: JSONValue.object(body).canonicalBytes)
    }
}
