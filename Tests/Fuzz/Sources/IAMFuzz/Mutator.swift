import CloudModel

@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int) -> Int

/// libFuzzer calls this to change an input. Bytes alone rarely make another policy of a policy, so half of the changes are made to the JSON: a
/// value is dropped, doubled, replaced by another of the input or by a word of the policy language.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ seed: UInt32) -> Int {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    var random = Draw(state: UInt64(seed) &+ 1)
    guard random.draw(2) == 0, let json = try? JSONValue(parsing: bytes, limits: .message) else { return mutateBytes(data, size, capacity) }
    var mutation = Mutation(random: random, values: [])
    mutation.collect(json)
    mutation.place = mutation.random.draw(mutation.values.count)
    var changed = json
    for _ in 0...mutation.random.draw(3) {
        mutation.seen = 0
        mutation.place = mutation.random.draw(mutation.values.count)
        changed = mutation.changed(changed) ?? .null
    }
    let result = changed.canonicalBytes
    guard result.count <= capacity else { return mutateBytes(data, size, capacity) }
    for (index, byte) in result.enumerated() { data[index] = byte }
    return result.count
}

private struct Draw {
    var state: UInt64
    mutating func draw(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(limit, 1)
    }
}

private struct Mutation {
    var random: Draw
    /// All values of the input.
    var values: [JSONValue]
    /// Which value is changed, and how many were passed.
    var place = 0
    var seen = 0

    mutating func collect(_ json: JSONValue) {
        values.append(json)
        for value in json.array ?? [] { collect(value) }
        for member in json.object?.members ?? [] { collect(member.value) }
    }

    /// The value with the one at ``place`` changed; `nil` where it is dropped.
    mutating func changed(_ json: JSONValue) -> JSONValue? {
        defer { seen += 1 }
        if seen == place { return replaced(json) }
        switch json {
        case .array(let list):
            var changed: [JSONValue] = []
            for value in list {
                seen += 1
                let isHere = seen == place
                if let value = self.changed(value) { changed.append(value) }
                if isHere, random.draw(4) == 0 { changed.append(value) }
            }
            return .array(changed)
        case .object(let object):
            var members: [JSONObject.Member] = []
            for member in object.members {
                seen += 1
                let name = seen == place && random.draw(4) == 0 ? words[random.draw(words.count)] : member.name
                if let value = self.changed(member.value) { members.append(.init(name, value)) }
            }
            return .object(JSONObject(members))
        default: return json
        }
    }

    private mutating func replaced(_ json: JSONValue) -> JSONValue? {
        let other = values[random.draw(values.count)]
        switch random.draw(9) {
        case 0: return nil
        case 1: return other
        case 2: return .array([json])
        case 3: return .array([json, other])
        case 4: return .bool(random.draw(2) == 0)
        case 5: return .string((json.string ?? "") + words[random.draw(words.count)])
        case 6: return .string(words[random.draw(words.count)] + (json.string ?? ""))
        case 7:
            guard let object = json.object else { return .object(JSONObject([.init(words[random.draw(words.count)], other)])) }
            return .object(JSONObject(object.members + [.init(words[random.draw(words.count)], other)]))
        default: return .string(words[random.draw(words.count)])
        }
    }
}

private let words = [
    "id", "request", "principal", "action", "resource", "resourceAccount", "context", "identityPolicies", "permissionsBoundaries",
    "sessionPolicies", "resourcePolicy", "serviceControlPolicies", "resourceControlPolicies", "endpointPolicies", "Version", "2012-10-17",
    "2008-10-17", "Id", "Statement", "Sid", "Effect", "Allow", "Deny", "Principal", "NotPrincipal", "AWS", "Service", "Federated",
    "CanonicalUser", "Action", "NotAction", "Resource", "NotResource", "Condition", "StringEquals", "StringNotEquals", "StringLike",
    "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "NumericEquals", "NumericNotEquals", "NumericLessThan",
    "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
    "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotLike", "Null", "ForAllValues:StringLike", "ForAnyValue:StringEquals",
    "ForAnyValue:StringNotLikeIfExists", "StringEqualsIfExists", "ForAllValues:NotIpAddressIfExists", "BoolIfExists", "*", "?", "**",
    "a*a*",
    "*:*", "s3:*", "s3:GetObject", "iam:*", "kms:Decrypt", "kms:RetireGrant", "sts:AssumeRole", "sts:GetCallerIdentity", "${aws:username}",
    "${aws:PrincipalTag/team, 'x'}", "${*}", "${", "}", "${}", "${,}", "aws:username", "aws:PrincipalArn", "aws:SourceIp", "aws:TagKeys",
    "aws:CurrentTime", "aws:PrincipalTag/team", "test:one", "arn:aws:s3:::bucket/key", "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:role/app", "arn:aws:sts::111122223333:assumed-role/app/s1",
    "arn:aws:sts::111122223333:federated-user/bob", "arn:aws:kms:eu-west-1:111122223333:key/1", "arn:*:*:*:*:*", "111122223333",
    "logs.amazonaws.com", "accounts.google.com", "true", "false", "10.0.0.0/8", "2001:db8::/32", "::1", "2024-02-29T23:59:60.5+14:00",
    "-1e9999",
    "0.1", "99999999999999999999", "QQ==", "é", "e\u{301}", "\u{0}", "",
]
