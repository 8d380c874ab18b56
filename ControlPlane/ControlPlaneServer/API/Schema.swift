import CloudModel

/// The part of JSON Schema (2020-12, as OpenAPI 3.1 has it) that the API's document uses.
indirect enum Schema: Sendable {
    case text(format: String? = nil, least: Int? = nil, most: Int? = nil)
    case words([String])
    case number(ClosedRange<Int>? = nil)
    case bool
    case list(Schema)
    case map(Schema)
    case object([Member])
    case optional(Schema)
    /// One of ``APISchemas``.
    case named(String)
    /// Any object: its form is described elsewhere.
    case anything(String)

    struct Member: Sendable {
        var name: String
        var schema: Schema
        var isRequired: Bool
        init(_ name: String, _ schema: Schema, required: Bool = true) {
            self.name = name
            self.schema = schema
            isRequired = required
        }
    }

    static let id = Schema.text(format: "uuid")
    static let time = Schema.text(format: "date-time")
    static let string = Schema.text()

    var json: JSONValue {
        switch self {
        case .text(let format, let least, let most):
            var object: JSONObject = ["type": "string"]
            if let format { object["format"] = .string(format) }
            if let least { object["minLength"] = .number("\(least)") }
            if let most { object["maxLength"] = .number("\(most)") }
            return .object(object)
        case .words(let words): return ["type": "string", "enum": .array(words.map { .string($0) })]
        case .number(let range):
            guard let range else { return ["type": "integer"] }
            return ["type": "integer", "minimum": .number("\(range.lowerBound)"), "maximum": .number("\(range.upperBound)")]
        case .bool: return ["type": "boolean"]
        case .list(let element): return ["type": "array", "items": element.json]
        case .map(let element): return ["type": "object", "additionalProperties": element.json]
        case .object(let members):
            return [
                "type": "object", "properties": .object(JSONObject(members.map { .init($0.name, $0.schema.json) })),
                "required": .array(members.filter(\.isRequired).map { .string($0.name) }),
            ]
        case .optional(let schema): return ["anyOf": [schema.json, ["type": "null"]]]
        case .named(let name): return ["$ref": .string("#/components/schemas/\(name)")]
        case .anything(let text): return ["type": "object", "description": .string(text)]
        }
    }
}
