public import CloudModel

/// A policy document taken out of what it was printed in.
public struct PolicyEnvelope: Sendable, Hashable {
    /// The policy.
    public var document: JSONValue
    /// What it is attached to, where that shows.
    public var kind: PolicyKind?

    /// Deepest nesting of answers and texts within texts.
    private static let mostLayers = 6

    /// Finds the policy in a text: the document itself, a JSON text or a URL-encoded text of it, or an answer of the AWS CLI that has one, such as
    /// those of `iam get-policy-version`, `get-role-policy`, `get-role`, `s3api get-bucket-policy` and `organizations describe-policy`.
    ///
    /// `nil` when it is JSON without a policy.
    /// - Throws: ``JSONError`` when it is not JSON.
    public init?(parsing bytes: [UInt8]) throws(JSONError) {
        let trimmed = Array(bytes.drop { $0 <= 0x20 })
        var value = try JSONValue(parsing: trimmed.first == UInt8(ascii: "%") ? Self.decoded(trimmed) : bytes, limits: .message)
        var kind: PolicyKind?
        for _ in 0..<Self.mostLayers {
            switch value {
            case .string(let text):
                let inner = Array(text.utf8)
                value = try JSONValue(parsing: inner.first == UInt8(ascii: "%") ? Self.decoded(inner) : inner, limits: .message)
            case .object(let object):
                if object["Statement"] != nil {
                    document = value
                    self.kind = kind
                    return
                }
                if let type = object["PolicySummary"]?["Type"]?.string {
                    kind = type == "SERVICE_CONTROL_POLICY" ? .scp : type == "RESOURCE_CONTROL_POLICY" ? .rcp : nil
                }
                if let name = Self.members.first(where: { object[$0.name] != nil }), let inner = object[name.name] {
                    value = inner
                    kind = name.kind ?? kind
                } else if ["Version", "Id"].contains(where: { object[$0] != nil }) {
                    document = value
                    self.kind = kind
                    return
                } else {
                    return nil
                }
            default: return nil
            }
        }
        return nil
    }

    /// Where answers have a policy or what contains one, and what that says of it.
    private static let members: [(name: String, kind: PolicyKind?)] = [
        ("PolicyVersion", .identity), ("Document", nil), ("PolicyDocument", nil), ("AssumeRolePolicyDocument", .trust),
        ("Role", .trust),
        ("Content", nil), ("ResourcePolicy", .resource), ("resourcePolicy", .resource), ("Attributes", .resource),
        ("policyText", .resource),
        ("policy", .resource), ("Policy", nil),
    ]

    /// Without the escapes of URLs; wrong ones stay as they are.
    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
                let low = digit(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
