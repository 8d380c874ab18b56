/// Reads ``ActionTable``'s text. The grammar is in `Sources/Docs/IAM/aws-actions.py`, which writes it; what does not fit is left out.
struct ActionTableReader {
    var source = ActionTable.Source(package: "", version: "", date: "")
    var services: [ActionTable.Service] = []
    var names: [UInt8] = []
    var ends: [UInt32] = []
    var groups: [UInt16] = []
    private var words: [[UInt8]] = []

    /// The bytes that begin a code of two, and those that can follow.
    private static let leads = Array("#%&'()[`;<>?@".utf8)
    private static let seconds = (UInt8(33)...126).filter {
        $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "|")
    }

    init(_ text: StaticString) {
        let lines = text.withUTF8Buffer { Array($0) }.split(separator: 0x0A)
        var codes = [Int](repeating: -1, count: 256 * 256)
        for (first, lead) in Self.leads.enumerated() {
            for (second, byte) in Self.seconds.enumerated() { codes[Int(lead) << 8 | Int(byte)] = first * Self.seconds.count + second }
        }
        var isLead = [Bool](repeating: false, count: 256)
        for lead in Self.leads { isLead[Int(lead)] = true }
        var plain: [UInt8] = []
        for line in lines {
            if line.starts(with: "source ".utf8) {
                let parts = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
                if parts.count == 4 { source = ActionTable.Source(package: parts[1], version: parts[2], date: parts[3]) }
            } else if line.starts(with: "words ".utf8) {
                words = line.dropFirst(6).split(separator: 0x20).map { Array($0) }
            } else {
                plain.removeAll(keepingCapacity: true)
                var index = line.startIndex
                while index < line.endIndex {
                    if isLead[Int(line[index])], index + 1 < line.endIndex {
                        let code = codes[Int(line[index]) << 8 | Int(line[index + 1])]
                        if words.indices.contains(code) { plain.append(contentsOf: words[code]) }
                        index += 2
                    } else {
                        plain.append(line[index])
                        index += 1
                    }
                }
                read(plain.split(separator: UInt8(ascii: "|")))
            }
        }
    }

    private mutating func read(_ records: [ArraySlice<UInt8>]) {
        guard let first = records.first else { return }
        var service = ActionTable.Service(prefix: String(decoding: first, as: UTF8.self))
        let start = ends.count
        for record in records.dropFirst() {
            let fields = record.dropFirst(2).split(separator: 0x20)
            switch record.first {
            case UInt8(ascii: "k"): service.keys = fields.compactMap { Self.key($0, first) }
            case UInt8(ascii: "r"):
                guard fields.count == 3 else { continue }
                let keys = Self.numbers(fields[2]).filter(service.keys.indices.contains)
                service.types.append(
                    ActionTable.ResourceType(
                        name: String(decoding: fields[0], as: UTF8.self), arn: Self.arn(fields[1], first), keys: keys))
            case UInt8(ascii: "g"):
                guard fields.count == 4, let level = Self.level(fields[0]) else { continue }
                let types = fields[1].split(separator: UInt8(ascii: ",")).compactMap { text -> (place: Int, isRequired: Bool)? in
                    let isRequired = text.last == UInt8(ascii: "!")
                    guard let place = Self.number(isRequired ? text.dropLast() : text), service.types.indices.contains(place) else {
                        return nil
                    }
                    return (place, isRequired)
                }
                let needs = fields[3].elementsEqual("-".utf8) ? [] : fields[3].split(separator: UInt8(ascii: ","))
                service.groups.append(
                    ActionTable.Group(
                        level: level, types: types, keys: Self.numbers(fields[2]).filter(service.keys.indices.contains),
                        needs: needs.map { Self.named($0, first) }))
            case UInt8(ascii: "a"): readActions(fields, service.groups.count)
            default: continue
            }
        }
        service.actions = start..<ends.count
        services.append(service)
    }

    private mutating func readActions(_ fields: [ArraySlice<UInt8>], _ groupCount: Int) {
        var before: [UInt8] = []
        for field in fields {
            let digits = field.prefix(3).compactMap(Self.digit)
            guard digits.count == 3, field.count + digits[0] > 3, digits[0] <= before.count else { continue }
            let group = digits[1] * 62 + digits[2]
            before = Array(before.prefix(digits[0])) + field.dropFirst(3)
            guard group < groupCount, let end = UInt32(exactly: names.count + before.count) else { continue }
            names.append(contentsOf: before)
            ends.append(end)
            groups.append(UInt16(group))
        }
    }

    private static func key(_ field: ArraySlice<UInt8>, _ prefix: ArraySlice<UInt8>) -> ConditionKey? {
        guard field.count > 2, let letter = field.last, field.dropLast().last == UInt8(ascii: "=") else { return nil }
        let name = named(field.dropLast(2), prefix)
        switch letter {
        case UInt8(ascii: "s"): return ConditionKey(name, .string)
        case UInt8(ascii: "S"): return ConditionKey(name, .string, isMultivalued: true)
        case UInt8(ascii: "a"): return ConditionKey(name, .arn)
        case UInt8(ascii: "A"): return ConditionKey(name, .arn, isMultivalued: true)
        case UInt8(ascii: "b"): return ConditionKey(name, .bool)
        case UInt8(ascii: "B"): return ConditionKey(name, .bool, isMultivalued: true)
        case UInt8(ascii: "n"): return ConditionKey(name, .number)
        case UInt8(ascii: "d"): return ConditionKey(name, .date)
        case UInt8(ascii: "i"): return ConditionKey(name, .address)
        default: return nil
        }
    }

    private static func named(_ field: ArraySlice<UInt8>, _ prefix: ArraySlice<UInt8>) -> String {
        guard field.first == UInt8(ascii: "~") else { return String(decoding: field, as: UTF8.self) }
        return String(decoding: prefix, as: UTF8.self) + ":" + String(decoding: field.dropFirst(), as: UTF8.self)
    }

    private static func arn(_ field: ArraySlice<UInt8>, _ prefix: ArraySlice<UInt8>) -> String {
        let rest = String(decoding: field.dropFirst(), as: UTF8.self)
        let service = String(decoding: prefix, as: UTF8.self)
        switch field.first {
        case UInt8(ascii: "~"): return "arn:${Partition}:\(service):${Region}:${Account}:" + rest
        case UInt8(ascii: "^"): return "arn:${Partition}:\(service)::${Account}:" + rest
        default: return String(decoding: field, as: UTF8.self)
        }
    }

    private static func level(_ field: ArraySlice<UInt8>) -> ActionTable.AccessLevel? {
        switch field.first {
        case UInt8(ascii: "l"): .list
        case UInt8(ascii: "r"): .read
        case UInt8(ascii: "w"): .write
        case UInt8(ascii: "t"): .tagging
        case UInt8(ascii: "p"): .permissionsManagement
        default: nil
        }
    }

    private static func numbers(_ field: ArraySlice<UInt8>) -> [Int] {
        field.split(separator: UInt8(ascii: ",")).compactMap(number)
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        guard !text.isEmpty, text.count < 6, text.allSatisfy(\.isDigit) else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte - UInt8(ascii: "A")) + 10
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a")) + 36
        default: nil
        }
    }
}
