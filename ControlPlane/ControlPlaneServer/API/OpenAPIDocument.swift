import CloudModel
import ControlPlaneCore
import HTTPTypes
import WireProtocol

/// The API's description (OpenAPI 3.1), made from the table that the router is made from.
struct OpenAPIDocument {
    let routes: [APIRoute]

    var json: JSONValue {
        var paths = JSONObject()
        for route in routes {
            var item = paths["/api/v1/\(route.path)"]?.object ?? JSONObject()
            item[route.method.rawValue.lowercased()] = operation(route)
            paths["/api/v1/\(route.path)"] = .object(item)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Cloudryption", "version": "1",
                "description":
                    "Errors are application/problem+json (RFC 9457) with a stable code. Lists go on where `next` of the answer says, as `cursor`.",
                "license": ["name": "See LICENSE", "identifier": "LicenseRef-Cloudryption"],
            ],
            "servers": [["url": "/"]], "paths": .object(paths),
            "components": [
                "schemas": .object(JSONObject(APISchemas.all.map { .init($0.name, $0.schema.json) })),
                "securitySchemes": [
                    "bearer": [
                        "type": "http", "scheme": "bearer", "description": "A session's token (clrs_…) or an API token (clr_…).",
                    ]
                ],
            ],
        ]
    }

    private func operation(_ route: APIRoute) -> JSONValue {
        var operation: JSONObject = [
            "operationId": .string(route.id), "summary": .string(route.summary), "tags": [.string(String(route.path.prefix { $0 != "/" }))],
            "responses": responses(route), "security": route.access == .anyone ? [] : [["bearer": []]],
        ]
        var parameters: [JSONValue] = route.parameters.map {
            ["name": .string($0), "in": "path", "required": true, "schema": Schema.text(least: 1, most: 400).json]
        }
        parameters += route.query.map {
            ["name": .string($0.name), "in": "query", "description": .string($0.text), "schema": $0.schema.json]
        }
        if route.isRepeatable {
            parameters.append([
                "name": "Idempotency-Key", "in": "header", "schema": Schema.text(least: 8, most: 128).json,
                "description": "The same key gets the first answer again, for a day.",
            ])
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = route.body {
            operation["requestBody"] = ["required": true, "content": ["application/json": ["schema": body.json]]]
        }
        if case .permission(let permission) = route.access { operation["x-permission"] = .string(permission.rawValue) }
        if route.isDangerous { operation["x-step-up"] = true }
        return .object(operation)
    }

    private func responses(_ route: APIRoute) -> JSONValue {
        var responses = JSONObject()
        switch route.answer {
        case .json(let schema): responses["200"] = content("As asked.", Routes.json, schema)
        case .created(let schema): responses["201"] = content("Made.", Routes.json, schema)
        case .nothing: responses["204"] = ["description": "Done."]
        case .media(let type): responses["200"] = ["description": "As asked.", "content": [type: [:]]]
        }
        for status in Self.refusals(route) {
            responses["\(status)"] =
                status == 304
                ? ["description": "What `If-None-Match` names is what there is."]
                : content(HTTPResponse.Status(code: status).reasonPhrase, Problem.mediaType, .named("Problem"))
        }
        return .object(responses)
    }

    private func content(_ text: String, _ type: String, _ schema: Schema) -> JSONValue {
        ["description": .string(text), "content": .object(JSONObject([.init(type, ["schema": schema.json])]))]
    }

    /// What the route may answer when all is not well. A status that stands nowhere here is a defect, and schemathesis finds it.
    static func refusals(_ route: APIRoute) -> [Int] {
        var statuses: Set<Int> = [400, 500, 503]
        if route.access == .anyone {
            if route.isWrite { statuses.formUnion([401, 403, 422, 429]) }
        } else {
            statuses.formUnion([401, 403, 429])
            if route.method == .get { statuses.formUnion([304]) }
            if route.isWrite { statuses.formUnion([409, 422]) }
        }
        if route.query.contains(where: { $0.name == "cursor" }) { statuses.insert(410) }
        if route.mayFindNothing || !route.parameters.isEmpty || route.isWrite
            || route.query.contains(where: { $0.name == "environment" || $0.name == "run" })
        {
            statuses.insert(404)
        }
        if route.body != nil { statuses.formUnion([413, 415]) }
        if route.method == .patch { statuses.insert(412) }
        return statuses.sorted()
    }
}
