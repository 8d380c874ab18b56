/// What AWS's own service description says of one service, for the operations that this agent uses.
///
/// It is read from ``table``, whose lines are:
/// `service NAME PROTOCOL VERSION ENDPOINT-PREFIX SIGNING-NAME TARGET-PREFIX JSON-VERSION`,
/// `op CLI-NAME NAME METHOD PATH OUTPUT-SHAPE [body= payload= wrapper= in= out= results= more= once=]`,
/// `N S Member=REF[=WIRE-NAME[=FLAGS]]…` (structure; flag `*` a flattened list, `@` an XML attribute), `N L REF [flat]` (list),
/// `N M KEY VALUE KEY-NAME VALUE-NAME [flat]` (map); `+` continues the line above. REF is a shape's number or one of
/// `s` string, `i` whole number, `n` number, `b` boolean, `t` timestamp, `x` bytes, `p` URL-encoded JSON policy.
struct ServiceModel: Sendable {
    /// How requests and answers are written on the wire.
    enum Wire: String, Sendable {
        case query
        case ec2
        case json
        case restJSON = "rest-json"
        case restXML = "rest-xml"
    }

    /// What a value is.
    enum Reference: Sendable, Hashable {
        case string, integer, number, boolean, timestamp, blob, policy
        case shape(Int)
    }

    struct Member: Sendable {
        var name: String
        var reference: Reference
        var wire: String
        var isFlattened = false
        var isAttribute = false
    }

    enum Shape: Sendable {
        /// The members, and their positions by name on the wire.
        case structure([Member], byWire: [String: Int])
        case list(Reference)
        case map(key: Reference, value: Reference, keyName: String, valueName: String)
    }

    struct Paging: Sendable {
        var input: String
        var output: String
        var results: [String]
        var more: String?
        /// Members taken once, from the first page.
        var once: [String]
    }

    struct Operation: Sendable {
        var cliName: String
        var name: String
        var method: String
        var path: String
        var output: Reference?
        var payload: String?
        var wrapper: String?
        var paging: Paging?
        /// Parameters that a REST request carries in its JSON body.
        var body: [String] = []
    }

    var name: String
    var wire: Wire
    var version: String
    var endpointPrefix: String
    var signingName: String
    var targetPrefix: String
    var jsonVersion: String
    var operations: [String: Operation] = [:]
    var shapes: [Shape] = []

    func shape(_ number: Int) -> Shape? { shapes.indices.contains(number) ? shapes[number] : nil }

    /// Every service of ``table`` by name, read once.
    static let all: [String: ServiceModel] = read(table)

    static func read(_ text: String) -> [String: ServiceModel] {
        var lines: [[Substring]] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "+", !lines.isEmpty {
                lines[lines.count - 1] += words.dropFirst()
            } else {
                lines.append(words)
            }
        }
        var services: [String: ServiceModel] = [:]
        var current: ServiceModel?
        for words in lines {
            guard let kind = words.first else { continue }
            if kind == "service" {
                if let current { services[current.name] = current }
                current = service(words)
            } else if kind == "op" {
                if let operation = operation(words) { current?.operations[operation.cliName] = operation }
            } else if let shape = shape(words) {
                current?.shapes.append(shape)
            }
        }
        if let current { services[current.name] = current }
        return services
    }

    private static func service(_ words: [Substring]) -> ServiceModel? {
        guard words.count == 8, let wire = Wire(rawValue: String(words[2])) else { return nil }
        return ServiceModel(
            name: String(words[1]), wire: wire, version: String(words[3]), endpointPrefix: String(words[4]), signingName: String(words[5]),
            targetPrefix: String(words[6]), jsonVersion: String(words[7]))
    }

    private static func operation(_ words: [Substring]) -> Operation? {
        guard words.count >= 6 else { return nil }
        var options: [Substring: String] = [:]
        for word in words.dropFirst(6) {
            let parts = word.split(separator: "=", maxSplits: 1)
            if let name = parts.first, let value = parts.dropFirst().first { options[name] = String(value) }
        }
        let names: (Substring) -> [String] = { (options[$0] ?? "").split(separator: ",").map(String.init) }
        var paging: Paging?
        if let input = options["in"], let output = options["out"] {
            paging = Paging(input: input, output: output, results: names("results"), more: options["more"], once: names("once"))
        }
        return Operation(
            cliName: String(words[1]), name: String(words[2]), method: String(words[3]), path: String(words[4]),
            output: reference(words[5]), payload: options["payload"], wrapper: options["wrapper"], paging: paging, body: names("body"))
    }

    private static func shape(_ words: [Substring]) -> Shape? {
        guard words.count >= 2 else { return nil }
        switch words[1] {
        case "S":
            var members: [Member] = []
            var byWire: [String: Int] = [:]
            for word in words.dropFirst(2) {
                let parts = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
                guard parts.count >= 2, let reference = reference(Substring(parts[1])) else { continue }
                let flags = parts.count > 3 ? parts[3] : ""
                let member = Member(
                    name: parts[0], reference: reference, wire: parts.count > 2 ? parts[2] : parts[0], isFlattened: flags.contains("*"),
                    isAttribute: flags.contains("@"))
                if !member.isAttribute { byWire[member.wire] = members.count }
                members.append(member)
            }
            return .structure(members, byWire: byWire)
        case "L":
            return words.count >= 3 ? reference(words[2]).map { .list($0) } : nil
        case "M":
            guard words.count >= 6, let key = reference(words[2]), let value = reference(words[3]) else { return nil }
            return .map(key: key, value: value, keyName: String(words[4]), valueName: String(words[5]))
        default:
            return nil
        }
    }

    private static func reference(_ word: Substring) -> Reference? {
        switch word {
        case "s": .string
        case "i": .integer
        case "n": .number
        case "b": .boolean
        case "t": .timestamp
        case "x": .blob
        case "p": .policy
        default: Int(word).map { .shape($0) }
        }
    }
}
