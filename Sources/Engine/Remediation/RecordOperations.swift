public import CloudModel

/// A patch of records as RFC 6902 writes it, each operation with the record that it is of: `{"record", "op", "path", "value"}`.
///
/// `op` is `add`, `remove`, `replace` or `test`. Operations are done one after another.
public struct RecordOperations: Sendable {
    private struct Operation: Sendable {
        var record: String
        var op: String
        var path: [String]
        var value: JSONValue?
    }
    private var operations: [Operation] = []

    /// Why a patch cannot be made.
    public struct Failure: Error, Sendable {
        /// The place of the operation, from zero.
        public var operation: Int
        /// What is wrong with it.
        public var reason: String
    }

    /// - Throws: ``Failure`` for the first operation that is none.
    public init(_ list: [JSONValue]) throws(Failure) {
        for (index, json) in list.enumerated() {
            guard let record = json["record"]?.string, let op = json["op"]?.string, let path = json["path"]?.string,
                ["add", "remove", "replace", "test"].contains(op)
            else { throw Failure(operation: index, reason: "record, op (add, remove, replace or test) and path are needed") }
            guard path.isEmpty || path.utf8.first == UInt8(ascii: "/") else {
                throw Failure(operation: index, reason: "path is no JSON pointer")
            }
            guard op == "remove" || json["value"] != nil else { throw Failure(operation: index, reason: "value is missing") }
            operations.append(Operation(record: record, op: op, path: RecordPatch.tokens(path), value: json["value"]))
        }
    }

    /// The collection after the patch.
    ///
    /// - Throws: ``Failure`` for the first operation that cannot be done.
    public func apply(to collection: CloudCollection) throws(Failure) -> CloudCollection {
        var result = collection
        for (index, operation) in operations.enumerated() {
            guard let place = result.records.firstIndex(where: { $0.id == operation.record }) else {
                throw Failure(operation: index, reason: "there is no record \(operation.record)")
            }
            guard let payload = Self.done(operation, operation.path[...], result.records[place].payload) else {
                throw Failure(operation: index, reason: operation.op == "test" ? "the test fails" : "there is no such place in the record")
            }
            result.records[place].payload = payload
        }
        return result
    }

    private static func done(_ operation: Operation, _ path: ArraySlice<String>, _ value: JSONValue) -> JSONValue? {
        guard let token = path.first else {
            switch operation.op {
            case "test": return value == operation.value ? value : nil
            case "remove": return nil
            default: return operation.value
            }
        }
        let isLast = path.count == 1
        switch value {
        case .object(var object):
            if isLast, operation.op == "add" {
                object[token] = operation.value
            } else if isLast, operation.op == "remove" {
                guard object[token] != nil else { return nil }
                object[token] = nil
            } else {
                guard let child = object[token], let changed = done(operation, path.dropFirst(), child) else { return nil }
                object[token] = changed
            }
            return .object(object)
        case .array(var elements):
            if isLast, operation.op == "add" {
                let place = token == "-" ? elements.count : Int(token) ?? -1
                guard (0...elements.count).contains(place), let new = operation.value else { return nil }
                elements.insert(new, at: place)
                return .array(elements)
            }
            guard let place = Int(token), elements.indices.contains(place) else { return nil }
            if isLast, operation.op == "remove" {
                elements.remove(at: place)
            } else {
                guard let changed = done(operation, path.dropFirst(), elements[place]) else { return nil }
                elements[place] = changed
            }
            return .array(elements)
        default: return nil
        }
    }
}
