public import Basics
import CloudModel
import FoundationEssentials

/// One entry of an audit log as it is exported and hashed.
public struct AuditRecord: Sendable, Hashable, Codable {
    /// Position in the log, from 1.
    public var entry: UInt64
    /// When, as `2026-11-26T17:00:00.000000Z`.
    public var time: String
    /// Who.
    public var actor: String
    /// What.
    public var act: String
    /// On what.
    public var subject: String
    /// `ok`, or why not.
    public var outcome: String
    /// More.
    public var detail: String
    /// What leads from this entry to the root of the export's checkpoint, base64.
    public var proof: [String]

    /// A record of these parts; `microseconds` since 1970.
    public init(
        entry: UInt64, microseconds: Int64, actor: String, act: String, subject: String, outcome: String, detail: String,
        proof: [[UInt8]] = []
    ) {
        self.entry = entry
        time = AuditTime.text(microseconds)
        self.actor = actor
        self.act = act
        self.subject = subject
        self.outcome = outcome
        self.detail = detail
        self.proof = proof.map { Data($0).base64EncodedString() }
    }

    /// The hash of the entry as a leaf of the tree of `tenant`'s log; `nil` when the time is not in its one form.
    ///
    /// Every field has its length in front, so that no two entries have the same bytes.
    public func leaf(of tenant: TenantID) -> [UInt8]? {
        guard let microseconds = AuditTime.microseconds(time) else { return nil }
        var bytes = Array("cloudryption audit leaf v1\0".utf8) + tenant.bytes
        func append(_ number: UInt64) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }
        append(entry)
        append(UInt64(bitPattern: microseconds))
        for text in [actor, act, subject, outcome, detail] {
            append(UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
        return MerkleTree.leaf(bytes)
    }
}

/// Times of the log: one spelling for one microsecond.
enum AuditTime {
    static func text(_ microseconds: Int64) -> String {
        func divide(_ value: Int64, _ by: Int64) -> (quotient: Int64, rest: Int64) {
            let rest = ((value % by) + by) % by
            return ((value - rest) / by, rest)
        }
        func pad(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let (seconds, fraction) = divide(microseconds, 1_000_000)
        let (days, second) = divide(seconds, 86_400)
        // Days to a date of the proleptic Gregorian calendar, by eras of 400 years that begin in March.
        let (era, day) = divide(days + 719_468, 146_097)
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = (
            year + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1
        )
        return
            "\(pad(date.0, 4))-\(pad(date.1, 2))-\(pad(date.2, 2))T\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
            + ".\(pad(fraction, 6))Z"
    }

    static func microseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 27 else { return nil }
        func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<26), year >= 1, (1...12).contains(month),
            (1...31).contains(day), (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second), fraction >= 0
        else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let value = (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + fraction
        // Whatever else was written there is another spelling, or no date.
        return Array(self.text(value).utf8) == bytes ? value : nil
    }
}
