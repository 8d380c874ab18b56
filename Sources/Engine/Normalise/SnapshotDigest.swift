public import CloudModel
import Crypto

/// The name of a snapshot: SHA-256 over what was read and what was not, times of collection left out.
public enum SnapshotDigest {
    /// `sha256:` and 64 hexadecimal digits. The order of records does not matter.
    public static func of(_ snapshot: CloudSnapshot) -> String {
        var hash = SHA256()
        func add(_ text: String) { hash.update(data: Array(text.utf8)) }
        add("cloudryption snapshot 1\n")
        var records = snapshot.records
        records.sortByBytes { $0.id + " " + $0.digest }
        for record in records { add("record \(JSONValue.string(record.id).canonicalText) \(record.digest)\n") }
        var lines = snapshot.coverage.map(line)
        lines.sortByBytes { $0 }
        for line in lines { add("coverage \(line)\n") }
        return "sha256:" + Hexadecimal.text(hash.finalize())
    }

    /// Members that follow the clock of the service and not the account: two collections of an unchanged account differ in them.
    private static let clocks = ["rds.describe-db-instances": (list: "DBInstances", members: ["LatestRestorableTime"])]

    /// What of a record counts for its digest.
    static func content(of record: CollectedRecord) -> JSONValue {
        guard let clock = clocks[record.service + "." + record.operation], var answer = record.payload.object,
            let elements = answer[clock.list]?.array
        else { return record.payload }
        answer[clock.list] = .array(
            elements.map { element in
                guard var object = element.object else { return element }
                for member in clock.members { object[member] = nil }
                return .object(object)
            })
        return .object(answer)
    }

    /// An entry as one canonical line; its message is ours and says nothing more.
    static func line(_ entry: CoverageEntry) -> String {
        var text = JSONText()
        text.open("[")
        for part in [
            entry.account, entry.service, entry.operation, entry.region, entry.resource, entry.outcome.rawValue, entry.code, entry.message,
        ] {
            if let part { text.value(part) } else { text.value(.null) }
        }
        text.close("]")
        return String(decoding: text.bytes, as: UTF8.self)
    }
}

enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
