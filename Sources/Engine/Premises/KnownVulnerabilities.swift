import CloudModel

/// Software that is known to be vulnerable, by resource: a scanner's word, as Protocol/Spec/vulnerabilities.md describes its file.
public struct KnownVulnerabilities: Sendable, Hashable {
    /// The most bytes of a file, and the most entries.
    public static let fileBytes = 64 << 20
    static let entries = 1_000_000

    /// One known flaw of one resource.
    struct Entry: Sendable, Hashable {
        var resource: String
        var cve: String
        /// The probability of being exploited within 30 days, as FIRST's EPSS gives it.
        var epss: Double?
    }
    private(set) var list: [Entry] = []
    /// Whether there are none.
    public var isEmpty: Bool { list.isEmpty }

    /// No known flaws.
    public init() {}

    /// Reads a file: JSON when it begins with `{` or `[`, else CSV with a head line.
    ///
    /// - Throws: ``PremiseError`` with `badVulnerabilities` that names the line or the entry.
    public init(parsing bytes: [UInt8]) throws(PremiseError) {
        guard bytes.count <= Self.fileBytes else { throw Self.bad("larger than \(Self.fileBytes) bytes") }
        let first = bytes.first { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            try readJSON(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
        } else {
            try readCSV(bytes)
        }
    }

    private mutating func readJSON(_ bytes: [UInt8]) throws(PremiseError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(parsing: bytes) } catch { throw Self.bad("\(error)") }
        guard let elements = root.array ?? root["vulnerabilities"]?.array else { throw Self.bad("vulnerabilities is no list") }
        for (index, element) in elements.enumerated() {
            guard let resource = element["resource"]?.string, let cve = element["cve"]?.string else {
                throw Self.bad("entry \(index + 1): resource or cve is missing")
            }
            if let value = element["epss"], !value.isNull, value.double == nil { throw Self.bad("entry \(index + 1): epss is no number") }
            try add(resource, cve, element["epss"]?.double, "entry \(index + 1)")
        }
    }

    private mutating func readCSV(_ bytes: [UInt8]) throws(PremiseError) {
        guard var text = String(validating: bytes, as: UTF8.self) else { throw Self.bad("neither JSON nor UTF-8 text") }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard let head = lines.first.map(CredentialReport.fields), let resourceColumn = head.firstIndex(of: "resource"),
            let cveColumn = head.firstIndex(of: "cve")
        else { throw Self.bad("the first line does not name the columns resource and cve") }
        let scoreColumn = head.firstIndex(of: "epss")
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let fields = CredentialReport.fields(line)
            guard fields.count == head.count else { throw Self.bad("line \(index + 1): \(fields.count) fields, not \(head.count)") }
            let score = scoreColumn.map { fields[$0] } ?? ""
            guard score.isEmpty || Double(score) != nil else { throw Self.bad("line \(index + 1): epss is no number") }
            try add(fields[resourceColumn], fields[cveColumn], Double(score), "line \(index + 1)")
        }
    }

    private mutating func add(_ resource: String, _ cve: String, _ epss: Double?, _ place: String) throws(PremiseError) {
        guard list.count < Self.entries else { throw Self.bad("more than \(Self.entries) entries") }
        guard Identifier.isPlain(resource) else { throw Self.bad("\(place): resource is no identifier") }
        guard Identifier.isPlain(cve), cve.utf8.count <= 40 else { throw Self.bad("\(place): cve is no identifier") }
        if let epss, !(0...1).contains(epss) { throw Self.bad("\(place): epss is not from 0 to 1") }
        list.append(Entry(resource: resource, cve: cve, epss: epss))
    }

    private static func bad(_ why: String) -> PremiseError { PremiseError(.badVulnerabilities, why) }
}

/// The known flaws by node of a graph.
struct Weaknesses {
    /// Strongest first.
    private var entries: [String: [KnownVulnerabilities.Entry]] = [:]
    /// How many entries name what the collection does not have.
    private(set) var strangers = 0

    init() {}

    /// Looks the names up; one that nothing has is counted, for a scanner sees more than a collection.
    init(_ known: KnownVulnerabilities, _ names: NodeNames) {
        for entry in known.list {
            switch names.look(up: entry.resource) {
            case .found(let id): entries[id, default: []].append(entry)
            case .unknown, .ambiguous: strangers += 1
            }
        }
        for id in entries.keys {
            entries[id]?.sort { a, b in
                let (left, right) = (a.epss ?? Likelihood.unratedFlaw, b.epss ?? Likelihood.unratedFlaw)
                return left != right ? left > right : AttackPathFinder.precedes(a.cve, b.cve)
            }
        }
    }

    /// How likely code of an attacker comes to run there, where it is `base` as long as no flaw is known, and the known flaws in words.
    func takeover(_ id: String, base: Double) -> (likelihood: Double, words: String) {
        guard let known = entries[id], !known.isEmpty else { return (base, "") }
        let spared = known.reduce(1 - base) { $0 * (1 - ($1.epss ?? Likelihood.unratedFlaw)) }
        let named = known.prefix(3).map { entry in entry.cve + (entry.epss.map { " (EPSS \($0))" } ?? "") }
        let more = known.count > 3 ? " and \(known.count - 3) more" : ""
        return (min(1 - spared, Likelihood.certain), " Known on it: \(named.joined(separator: ", "))\(more).")
    }
}
