import CloudModel

/// What counts as a crown jewel when the owner has not said, and how much.
///
/// Administrator rights of an account: 100. Data by its tags and name:
///
/// | kind | named or tagged as sensitive | weaker sign in the name | without any sign |
/// |---|---|---|---|
/// | bucket | 60 | 35 | 0 |
/// | database | 60 | 45 | 35 |
/// | secret | 50 | 45 | 40 |
/// | snapshot | 50 | 40 | 30 |
///
/// A name or tag that says the data is public makes it none.
enum Jewels {
    /// Value of administrator rights.
    static let administrator = 100.0

    private static let strong: Set<String> = [
        "customer", "customers", "client", "clients", "pii", "personal", "gdpr", "confidential", "restricted", "sensitive", "secret",
        "secrets",
        "private", "payment", "payments", "billing", "invoice", "invoices", "payroll", "salary", "salaries", "hr", "finance", "financial",
        "patient", "patients", "health", "phi", "medical", "card", "cards", "pci", "credential", "credentials", "password", "passwords",
        "token",
        "tokens", "ssn", "passport", "identity", "kyc", "orders", "order", "transactions", "tfstate", "terraform", "crown", "jewel",
        "jewels",
    ]
    private static let strongInTags: Set<String> = ["highly", "high", "critical"]
    private static let weak: Set<String> = [
        "prod", "production", "data", "export", "exports", "backup", "backups", "dump", "dumps", "archive", "archives", "records", "users",
        "user", "internal", "audit", "cloudtrail", "warehouse", "datalake", "lake", "master", "main", "live",
    ]
    private static let open: Set<String> = ["public", "website", "static", "assets", "cdn", "www"]
    private static let tagKeys: Set<String> = [
        "classification", "dataclassification", "data_classification", "data-classification", "dataclass", "sensitivity", "datasensitivity",
        "data-sensitivity", "data_sensitivity", "confidentiality", "pii", "contains-pii", "containspii", "contains_pii", "data", "datatype",
        "data-type", "compliance", "criticality", "crownjewel", "crown-jewel", "crown_jewel", "jewel",
    ]

    /// How a thing is named or tagged.
    enum Sign {
        case sensitive(String)
        case weak(String)
        case open
        case none
    }

    /// What name and tags say.
    static func sign(name: String, tags: [String: String]) -> Sign {
        for (key, value) in tags.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
        where tagKeys.contains(key.lowercased()) {
            let words = words(value)
            if words.contains(where: open.contains) { return .open }
            let isTrue = ["true", "yes", "1"].contains(value.lowercased())
            if words.contains(where: { strong.contains($0) || strongInTags.contains($0) }) || isTrue {
                return .sensitive("its tag \(key) is \(value)")
            }
        }
        let words = words(name)
        if let word = words.first(where: strong.contains) { return .sensitive("its name says \(word)") }
        if words.contains(where: open.contains) { return .open }
        if let word = words.first(where: weak.contains) { return .weak("its name says \(word)") }
        return .none
    }

    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        for byte in text.lowercased().utf8 {
            if byte >= 0x61 && byte <= 0x7A {
                word.append(byte)
            } else if !word.isEmpty {
                words.append(String(decoding: word, as: UTF8.self))
                word = []
            }
        }
        if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
        return words
    }

    /// Value and reason; `nil` when it is no jewel.
    static func value(_ kind: NodeKind, name: String, tags: [String: String]) -> (value: Double, why: String)? {
        let row: (strong: Double, weak: Double, plain: Double)
        switch kind {
        case .bucket: row = (60, 35, 0)
        case .database: row = (60, 45, 35)
        case .secret: row = (50, 45, 40)
        case .snapshot: row = (50, 40, 30)
        default: return nil
        }
        switch sign(name: name, tags: tags) {
        case .sensitive(let why): return (row.strong, why)
        case .weak(let why): return (row.weak, why)
        case .open: return nil
        case .none: return row.plain > 0 ? (row.plain, "every \(kind.rawValue) counts unless marked public") : nil
        }
    }
}
