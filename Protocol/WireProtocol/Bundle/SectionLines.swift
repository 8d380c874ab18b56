package import CloudModel

/// The lines of the sections `records` and `coverage`. `records.md`.
package enum SectionLines {
    /// One line, its newline included.
    package static func line(_ record: CollectedRecord, limits: BundleLimits = .standard) throws(BundleError) -> [UInt8] {
        try checkNames(
            account: record.account, service: record.service, operation: record.operation, region: record.region, resource: record.resource)
        try check(time: record.time)
        var members = names(
            account: record.account, service: record.service, operation: record.operation, region: record.region, resource: record.resource)
        if let time = record.time { members.append(.init("time", .string(time))) }
        members.append(.init("payload", record.payload))
        return try bytes(members, limits: limits)
    }

    /// One line, its newline included.
    package static func line(_ entry: CoverageEntry, limits: BundleLimits = .standard) throws(BundleError) -> [UInt8] {
        try checkNames(
            account: entry.account, service: entry.service, operation: entry.operation, region: entry.region, resource: entry.resource)
        try checkText(entry.code, "code", most: 1024)
        try checkText(entry.message, "message", most: 16 << 10)
        var members = names(
            account: entry.account, service: entry.service, operation: entry.operation, region: entry.region, resource: entry.resource)
        members.append(.init("outcome", .string(entry.outcome.rawValue)))
        if let code = entry.code { members.append(.init("code", .string(code))) }
        if let message = entry.message { members.append(.init("message", .string(message))) }
        return try bytes(members, limits: limits)
    }

    /// The record of one line without its newline.
    package static func record(_ line: [UInt8], limits: BundleLimits = .standard) throws(BundleError) -> CollectedRecord {
        var members = try LineMembers(line, limits: limits)
        let record = CollectedRecord(
            account: try members.takeText("account"), service: try members.takeRequired("service"),
            operation: try members.takeRequired("operation"), region: try members.takeText("region"),
            resource: try members.takeText("resource"), time: try members.takeText("time"), payload: try members.takeValue("payload"))
        try members.finish()
        try checkNames(
            account: record.account, service: record.service, operation: record.operation, region: record.region, resource: record.resource)
        try check(time: record.time)
        return record
    }

    /// The coverage entry of one line without its newline.
    package static func coverage(_ line: [UInt8], limits: BundleLimits = .standard) throws(BundleError) -> CoverageEntry {
        var members = try LineMembers(line, limits: limits)
        guard let outcome = CoverageEntry.Outcome(rawValue: try members.takeRequired("outcome")) else {
            throw BundleError(.badRecord, "an unknown outcome")
        }
        let entry = CoverageEntry(
            account: try members.takeText("account"), service: try members.takeRequired("service"),
            operation: try members.takeRequired("operation"), region: try members.takeText("region"),
            resource: try members.takeText("resource"), outcome: outcome, code: try members.takeText("code"),
            message: try members.takeText("message"))
        try members.finish()
        try checkNames(
            account: entry.account, service: entry.service, operation: entry.operation, region: entry.region, resource: entry.resource)
        try checkText(entry.code, "code", most: 1024)
        try checkText(entry.message, "message", most: 16 << 10)
        return entry
    }

    // MARK: Names

    private static func names(
        account: String?, service: String, operation: String, region: String?, resource: String?
    ) -> [JSONObject.Member] {
        var members: [JSONObject.Member] = []
        if let account { members.append(.init("account", .string(account))) }
        members.append(.init("service", .string(service)))
        members.append(.init("operation", .string(operation)))
        if let region { members.append(.init("region", .string(region))) }
        if let resource { members.append(.init("resource", .string(resource))) }
        return members
    }

    private static func checkNames(
        account: String?, service: String, operation: String, region: String?, resource: String?
    ) throws(BundleError) {
        guard account.map({ isName($0, upperCase: true) }) ?? true else { throw BundleError(.badRecord, "account is not a name") }
        guard isName(service) else { throw BundleError(.badRecord, "service is not a name") }
        guard isName(operation) else { throw BundleError(.badRecord, "operation is not a name") }
        guard region.map({ isName($0) }) ?? true else { throw BundleError(.badRecord, "region is not a name") }
        try checkText(resource, "resource", most: 2048)
    }

    /// 1 to 128 lower-case letters, digits and hyphens; upper-case letters, dots and underscores too where `upperCase` allows it. So a name can
    /// stand in a file name and in a record's identifier as it is.
    private static func isName(_ text: String, upperCase: Bool = false) -> Bool {
        guard (1...128).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): upperCase
            default: false
            }
        }
    }

    private static func checkText(_ text: String?, _ name: String, most: Int) throws(BundleError) {
        guard let text else { return }
        guard (1...most).contains(text.utf8.count) else { throw BundleError(.badRecord, "\(name) is empty or longer than \(most) bytes") }
    }

    /// The shape of RFC 3339's date-time, upper-case `T` and `Z`.
    static func check(time: String?) throws(BundleError) {
        guard let time else { return }
        let bytes = Array(time.utf8)
        func isDigit(_ index: Int) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) }
        guard (20...40).contains(bytes.count),
            zip("0000-00-00T00:00:00".utf8, bytes).enumerated().allSatisfy({ index, pair in
                pair.0 == UInt8(ascii: "0") ? isDigit(index) : pair.0 == pair.1
            })
        else { throw BundleError(.badRecord, "time is not RFC 3339") }
        var index = 19
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            while index < bytes.count, isDigit(index) { index += 1 }
            guard index > start else { throw BundleError(.badRecord, "time is not RFC 3339") }
        }
        let zone = bytes[index...]
        let isUTC = zone.elementsEqual("Z".utf8)
        let isOffset =
            zone.count == 6 && (zone.first == UInt8(ascii: "+") || zone.first == UInt8(ascii: "-")) && isDigit(index + 1)
            && isDigit(index + 2) && bytes[index + 3] == UInt8(ascii: ":") && isDigit(index + 4) && isDigit(index + 5)
        guard isUTC || isOffset else { throw BundleError(.badRecord, "time is not RFC 3339") }
    }

    // MARK: Writing

    private static func bytes(_ members: [JSONObject.Member], limits: BundleLimits) throws(BundleError) -> [UInt8] {
        let value = JSONValue.object(JSONObject(members))
        try check(value, depth: 1, limits: limits)
        var bytes = value.canonicalBytes
        guard bytes.count <= limits.recordBytes else {
            throw BundleError(.recordTooLarge, "a line of \(bytes.count) bytes is longer than \(limits.recordBytes)")
        }
        bytes.append(0x0A)
        return bytes
    }

    private static func check(_ value: JSONValue, depth: Int, limits: BundleLimits) throws(BundleError) {
        switch value {
        case .null, .bool: return
        case .number(let text):
            guard text.utf8.count <= 64, (try? JSONValue(parsing: Array(text.utf8))) == value else {
                throw BundleError(.badRecord, "a number that JSON cannot write")
            }
        case .string(let text): try checkLength(text, limits)
        case .array(let elements):
            guard depth <= limits.depth else { throw BundleError(.recordTooDeep, "nested deeper than \(limits.depth)") }
            for element in elements { try check(element, depth: depth + 1, limits: limits) }
        case .object(let object):
            guard depth <= limits.depth else { throw BundleError(.recordTooDeep, "nested deeper than \(limits.depth)") }
            for member in object.members {
                try checkLength(member.name, limits)
                try check(member.value, depth: depth + 1, limits: limits)
            }
        }
    }

    private static func checkLength(_ text: String, _ limits: BundleLimits) throws(BundleError) {
        guard text.utf8.count <= limits.stringBytes else {
            throw BundleError(.stringTooLong, "a string of \(text.utf8.count) bytes is longer than \(limits.stringBytes)")
        }
    }
}

/// The members of a line's object, taken one by one; what nobody takes is an error.
private struct LineMembers {
    private var members: [JSONObject.Member]

    init(_ line: [UInt8], limits: BundleLimits) throws(BundleError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: line, limits: limits.line) } catch {
            let code: BundleError.Code =
                switch error.code {
                case .invalidUTF8: .invalidUTF8
                case .tooLarge: .recordTooLarge
                case .tooDeep: .recordTooDeep
                case .stringTooLong: .stringTooLong
                default: .badRecord
                }
            throw BundleError(code, "json.\(error.code.rawValue) at byte \(error.offset) of the line")
        }
        guard let object = value.object else { throw BundleError(.badRecord, "a line is not an object") }
        members = object.members
    }

    mutating func takeValue(_ name: String) throws(BundleError) -> JSONValue {
        guard let value = take(name) else { throw BundleError(.badRecord, "\(name) is missing") }
        return value
    }
    mutating func takeText(_ name: String) throws(BundleError) -> String? {
        guard let value = take(name) else { return nil }
        guard let text = value.string else { throw BundleError(.badRecord, "\(name) is not a string") }
        return text
    }
    mutating func takeRequired(_ name: String) throws(BundleError) -> String {
        guard let text = try takeText(name) else { throw BundleError(.badRecord, "\(name) is missing") }
        return text
    }
    func finish() throws(BundleError) {
        guard members.isEmpty else { throw BundleError(.badRecord, "a member that records.md does not name") }
    }
    private mutating func take(_ name: String) -> JSONValue? {
        guard let index = members.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return nil }
        return members.remove(at: index).value
    }
}
