/// One answer of a cloud API, redacted: the unit of evidence. All pages of a listing are one record.
public struct CollectedRecord: Sendable, Hashable {
    /// The account that was asked; `nil` while it is not known yet (a folder of saved answers).
    public var account: String?
    /// The service's name as the AWS CLI writes it: `iam`, `ec2`, `elbv2`, `s3api` is written `s3`.
    public var service: String
    /// The operation's name as the AWS CLI writes it: `describe-instances`.
    public var operation: String
    /// The region that was asked; `nil` for global services.
    public var region: String?
    /// The request's parameter, where the call is about one resource: a bucket, function, key or snapshot.
    public var resource: String?
    /// When the answer was received, RFC 3339 in UTC; `nil` when not known.
    public var time: String?
    /// The answer as the AWS CLI prints it. The credential report is one string: its decoded CSV.
    public var payload: JSONValue

    /// A record of these parts.
    public init(
        account: String?, service: String, operation: String, region: String?, resource: String?, time: String?, payload: JSONValue
    ) {
        self.account = account
        self.service = service
        self.operation = operation
        self.region = region
        self.resource = resource
        self.time = time
        self.payload = payload
    }

    /// The record's name inside one collection, which evidence cites:
    /// `ACCOUNT/SERVICE.OPERATION[.REGION][.RESOURCE]`, RESOURCE percent-encoded but for letters, digits and `._-~`.
    public var id: String {
        var text = account.map { $0 + "/" } ?? ""
        text += service + "." + operation
        if let region { text += "." + region }
        if let resource { text += "." + PercentEncoding.encode(resource) }
        return text
    }
}

/// The encoding of resource names in record names: every byte but RFC 3986's unreserved ones becomes `%XX`.
public enum PercentEncoding {
    /// `text` with every byte outside letters, digits and `._-~` as `%XX`, upper case.
    public static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text that ``encode(_:)`` gave, or `nil` when an escape is broken or the bytes are not UTF-8.
    public static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexDigit), let low = iterator.next().flatMap(hexDigit) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// What became of one call, so that "not seen" is never read as "safe".
public struct CoverageEntry: Sendable, Hashable, Codable {
    /// How a call ended.
    public enum Outcome: String, Sendable, Codable, CaseIterable {
        /// Answered, all pages.
        case collected
        /// The service said that the caller may not.
        case denied
        /// The service or the network failed, after retries.
        case failed
        /// Throttled until the retries ran out.
        case throttled
        /// The service does not exist there, or the region is not enabled.
        case unavailable
        /// Nobody asked: no record, and nothing that says why.
        case notCollected
        /// A saved file that could not be read as what its name says.
        case unreadable
        /// A saved file of an operation that is not known; left alone.
        case unknownOperation
    }
    /// The account, where known.
    public var account: String?
    /// As in ``CollectedRecord``.
    public var service: String
    /// As in ``CollectedRecord``.
    public var operation: String
    /// As in ``CollectedRecord``.
    public var region: String?
    /// As in ``CollectedRecord``.
    public var resource: String?
    /// How the call ended.
    public var outcome: Outcome
    /// The service's or our own error code.
    public var code: String?
    /// A sentence of ours; never text of an answer.
    public var message: String?

    /// An entry of these parts.
    public init(
        account: String? = nil, service: String, operation: String, region: String? = nil, resource: String? = nil, outcome: Outcome,
        code: String? = nil, message: String? = nil
    ) {
        self.account = account
        self.service = service
        self.operation = operation
        self.region = region
        self.resource = resource
        self.outcome = outcome
        self.code = code
        self.message = message
    }
}

/// All that one collection brought: the engine's whole input.
public struct CloudCollection: Sendable {
    /// The answers.
    public var records: [CollectedRecord]
    /// What became of every call that gave no record, and of those that did where the collector says so.
    public var coverage: [CoverageEntry]
    /// The file that each record was read from, within the folder, by ``CollectedRecord/id``; empty when it came from no folder.
    public var files: [String: String]
    /// A collection of these.
    public init(records: [CollectedRecord], coverage: [CoverageEntry], files: [String: String] = [:]) {
        self.records = records
        self.coverage = coverage
        self.files = files
    }
}
