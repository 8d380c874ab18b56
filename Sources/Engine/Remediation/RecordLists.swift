import CloudModel

/// Lists in answers, as they are after a change.
enum RecordLists {
    static func closed(_ list: JSONValue?, _ key: Edit.RuleKey, _ cidrs: [String], _ others: [String]) -> JSONValue? {
        guard let rules = list?.array else { return list }
        return .array(
            rules.compactMap { rule in
                guard case .object(var object) = rule, object["IpProtocol"]?.string == key.ipProtocol,
                    object["FromPort"]?.int == key.fromPort, object["ToPort"]?.int == key.toPort
                else { return rule }
                var isClosed = false
                for (list, member) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("UserIdGroupPairs", "GroupId")] {
                    guard let ranges = object[list]?.array else { continue }
                    let rest = ranges.filter { range in range[member]?.string.map { !cidrs.contains($0) } ?? true }
                    isClosed = isClosed || rest.count < ranges.count
                    object[list] = .array(rest)
                }
                guard isClosed else { return rule }
                for (list, member, isIPv6) in [("IpRanges", "CidrIp", false), ("Ipv6Ranges", "CidrIpv6", true)] {
                    var ranges = object[list]?.array ?? []
                    for cidr in others where cidr.utf8.contains(UInt8(ascii: ":")) == isIPv6 {
                        if !ranges.contains(where: { $0[member]?.string == cidr }) { ranges.append(.object([member: .string(cidr)])) }
                    }
                    if !ranges.isEmpty || object[list] != nil { object[list] = .array(ranges) }
                }
                let sources = ["IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"]
                return sources.allSatisfy { object[$0]?.array?.isEmpty ?? true } ? nil : .object(object)
            })
    }

    static func unshared(_ list: JSONValue?, _ account: String) -> JSONValue? {
        guard let entries = list?.array else { return list }
        return .array(
            entries.compactMap { entry in
                if entry["Group"]?.string == account || entry["UserId"]?.string == account { return nil }
                guard case .object(var object) = entry, object["AttributeName"]?.string == "restore",
                    let values = object["AttributeValues"]?.array
                else { return entry }
                object["AttributeValues"] = .array(values.filter { $0.string != account })
                return .object(object)
            })
    }
}
