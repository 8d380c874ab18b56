import WireProtocol

/// Values of ours that are stored as one JSON text. A text that cannot be read is an error, never a default.
public enum StoredDocument {
    /// The text of `value`.
    public static func text(_ value: some Encodable) throws(StoreError) -> String {
        do { return String(decoding: try WireJSON.encode(value), as: UTF8.self) } catch {
            throw StoreError(.corrupt, "a value cannot be written", cause: error)
        }
    }
    /// The value that `text` writes.
    public static func value<Value: Decodable>(_ text: String) throws(StoreError) -> Value {
        do { return try WireJSON.decode(from: Array(text.utf8)) } catch {
            throw StoreError(.corrupt, "a stored value cannot be read", cause: error)
        }
    }
}
