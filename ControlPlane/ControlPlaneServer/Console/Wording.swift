import Basics
import CloudModel
import FoundationEssentials

/// Numbers, times and names as people read them.
enum Wording {
    /// One decimal below a hundred, none from there on.
    static func figure(_ value: Double) -> String {
        guard value.isFinite else { return "unknown" }
        guard abs(value) < 1e15 else { return "very large" }
        if abs(value) >= 100 || value == value.rounded() { return grouped(Int(value.rounded())) }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? grouped(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    /// With a comma at each thousand.
    static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude).utf8)
        var text: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(UInt8(ascii: ",")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// `part` of `whole` in percent, 0 to 100.
    static func percent(_ part: Double, of whole: Double) -> Int {
        guard whole > 0, part.isFinite, whole.isFinite else { return 0 }
        return Int((min(max(part / whole, 0), 1) * 100).rounded())
    }

    /// `1 path`, `2 paths`.
    static func count(_ number: Int, _ one: String, _ many: String) -> String { "\(grouped(number)) \(number == 1 ? one : many)" }

    /// `2026-11-23 17:30 UTC`.
    static func time(_ date: Date?) -> String {
        guard let date else { return "–" }
        return time(text: date.formatted(.iso8601))
    }

    /// The same of an RFC 3339 text; text of another shape is shown as it is, made safe.
    static func time(text: String) -> String {
        let bytes = Array(text.utf8)
        let isUTC = text.hasSuffix("Z") || text.hasSuffix("+00:00")
        guard bytes.count >= 19, isUTC, bytes[10] == UInt8(ascii: "T"), bytes[4] == UInt8(ascii: "-"), bytes[13] == UInt8(ascii: ":"),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return DisplayText.safe(text, limit: 40) }
        return String(decoding: bytes[0..<10], as: UTF8.self) + " " + String(decoding: bytes[11..<16], as: UTF8.self) + " UTC"
    }

    /// Foreign text made fit to be shown, on one page among others.
    static func shown(_ text: String, limit: Int = 400) -> String { DisplayText.safe(text, limit: limit) }

    /// The same with line breaks kept, for documents.
    static func shownLines(_ text: String, limit: Int = 8000) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).prefix(400)
            .map { DisplayText.safe(String($0).replacing("\t", with: "  "), limit: limit) }.joined(separator: "\n")
    }
}

/// A native identifier in three parts that people can read.
struct ResourceName {
    /// The name alone, such as `web-role`.
    var short: String
    /// What it is, with the account: `IAM role · 123456789012`.
    var kind: String
    /// The identifier itself.
    var full: String

    /// The account that an ARN names; `nil` where it names none.
    static func account(of identifier: String) -> String? {
        let parts = identifier.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[4].isEmpty else { return nil }
        return String(parts[4])
    }

    init(_ identifier: String) {
        full = Wording.shown(identifier, limit: 1024)
        if Array(identifier.utf8) == Array("internet".utf8) {
            short = "Internet"
            kind = "anyone, anywhere"
            return
        }
        if identifier.hasPrefix("admin:") {
            let account = Wording.shown(String(identifier.dropFirst(6)))
            short = "Administrator rights"
            kind = "account \(account)"
            return
        }
        let parts = identifier.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn" else {
            short = Wording.shown(identifier, limit: 80)
            kind = ""
            return
        }
        let service = parts[2]
        let account = parts[4]
        let resource = parts[5]
        let pieces = resource.split(whereSeparator: { $0 == "/" || $0 == ":" }).map(String.init)
        let type = pieces.count > 1 ? pieces[0] : ""
        let name = Self.shortName(service: service, resource: resource, pieces: pieces)
        short = Wording.shown(name, limit: 80)
        let word = Self.word(service: service, type: type)
        kind = Wording.shown(account.isEmpty ? word : "\(word) · \(account)", limit: 80)
    }

    private static func shortName(service: String, resource: String, pieces: [String]) -> String {
        switch service {
        case "s3": resource
        case "iam": pieces.last ?? resource
        case "elasticloadbalancing": pieces.count > 2 ? pieces[2] : (pieces.last ?? resource)
        case "lambda", "rds", "secretsmanager": pieces.count > 1 ? pieces[1...].joined(separator: ":") : resource
        default: pieces.last ?? resource
        }
    }

    private static func word(service: String, type: String) -> String {
        switch (service, type) {
        case ("iam", ""): "IAM account root"
        case ("iam", _): "IAM \(type)"
        case ("s3", _): "S3 bucket"
        case ("lambda", _): "Lambda function"
        case ("ec2", _): "EC2 \(type)"
        case ("rds", "db"): "RDS instance"
        case ("rds", "snapshot"): "RDS snapshot"
        case ("kms", _): "KMS key"
        case ("secretsmanager", _): "Secret"
        case ("elasticloadbalancing", _): "Load balancer"
        case ("sts", _): "session of a role"
        default: type.isEmpty ? service : "\(service) \(type)"
        }
    }
}

/// A word with a colour and a shape.
struct Pill {
    var kind: String
    var icon: String
    var word: String

    init(kind: String, icon: String, word: String) {
        self.kind = kind
        self.icon = icon
        self.word = word
    }
    init(_ severity: Severity) {
        self.init(
            kind: severity.rawValue, icon: severity.rawValue, word: severity.rawValue.prefix(1).uppercased() + severity.rawValue.dropFirst()
        )
    }
    init(_ verdict: Verdict) {
        switch verdict {
        case .pass: self.init(kind: "pass", icon: "check", word: "Pass")
        case .fail: self.init(kind: "fail", icon: "cross", word: "Fail")
        case .unknown: self.init(kind: "unknown", icon: "question", word: "Unknown")
        case .notApplicable: self.init(kind: "notApplicable", icon: "informational", word: "Not applicable")
        }
    }
    init(_ confidence: Confidence) {
        switch confidence {
        case .proven: self.init(kind: "proven", icon: "check", word: "Proven")
        case .conditional: self.init(kind: "conditional", icon: "question", word: "Conditional")
        case .unknown: self.init(kind: "unknown", icon: "question", word: "Not certain")
        }
    }
}

/// A fact as a page cites it.
struct EvidenceLine {
    var record: String
    var place: String?
    var time: String?

    init(_ citation: Citation) {
        record = Wording.shown(citation.record)
        var place: [String] = []
        if let policy = citation.policy { place.append("policy \(Wording.shown(policy))") }
        if let statement = citation.statement { place.append("statement \(statement)") }
        if let pointer = citation.pointer, !pointer.isEmpty { place.append(Wording.shown(pointer)) }
        self.place = place.isEmpty ? nil : place.joined(separator: ", ")
        time = citation.time.map(Wording.time(text:))
    }
}
