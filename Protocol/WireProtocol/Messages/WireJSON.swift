public import Basics
public import CloudModel
import FoundationEssentials

/// Why a message could not be read or written.
public struct WireJSONError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        /// Not one JSON text, or beyond a limit.
        case malformed
        /// JSON, but not this message.
        case unexpectedShape
        /// A value of ours that JSON cannot hold.
        case unencodable
    }
    /// `message`.
    public static let domain = "message"
    /// What is wrong.
    public var code: Code
    /// What and where; never any of the text.
    public var message: String
    /// Always `nil`: a decoder's error may quote the text.
    public var cause: (any Error)? { nil }
}

/// How messages become bytes and bytes become messages.
public enum WireJSON {
    /// The bytes of `value`: names sorted, slashes as they are.
    public static func encode(_ value: some Encodable) throws(WireJSONError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(value)) } catch {
            throw WireJSONError(code: .unencodable, message: "cannot write \(type(of: value)) as JSON")
        }
    }

    /// The message that `bytes` hold. Held to `limits` and to strict JSON (no repeated name, valid UTF-8, nothing after the value) first.
    public static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from bytes: some Collection<UInt8>, limits: JSONLimits = .message
    ) throws(WireJSONError) -> Value {
        guard bytes.count <= limits.bytes else {
            throw WireJSONError(code: .malformed, message: "message of \(bytes.count) bytes is longer than \(limits.bytes)")
        }
        let bytes = Array(bytes)
        do throws(JSONError) { _ = try JSONValue(parsing: bytes, limits: limits) } catch {
            throw WireJSONError(code: .malformed, message: error.description)
        }
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw WireJSONError(code: .unexpectedShape, message: "JSON is not a \(type)")
        }
    }
}
