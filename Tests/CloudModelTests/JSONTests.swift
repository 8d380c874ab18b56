import CloudModel
import Testing

@Suite struct JSONTests {
    private func code(_ text: String, _ limits: JSONLimits = .standard) -> JSONError.Code? { code(Array(text.utf8), limits) }
    private func code(_ bytes: [UInt8], _ limits: JSONLimits = .standard) -> JSONError.Code? {
        do throws(JSONError) {
            _ = try JSONValue(parsing: bytes, limits: limits)
            return nil
        } catch { return error.code }
    }

    @Test(
        arguments: [
            ("null", JSONValue.null), (" true ", true), ("false", false), ("0", 0), ("-0", .number("-0")), ("1.50", .number("1.50")),
            ("1E+2", .number("1E+2")),
            ("\"\"", ""), ("[]", []), ("{}", [:]), ("[1,[2,{\"a\":null}]]", [1, [2, ["a": .null]]]),
            ("\t\r\n{ \"a\" : 1 , \"b\" : [ ] }\n", ["a": 1, "b": []]),
            ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"), ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"), ("\"\\ud83d\\ude00\"", "😀"),
            ("\"\\u0000\"", "\0"),
            ("\"é😀\u{7F}\"", "é😀\u{7F}"),
        ] as [(String, JSONValue)])
    func itReadsEveryKindOfValue(_ text: String, _ value: JSONValue) throws { #expect(try JSONValue(parsing: text) == value) }

    @Test(
        arguments: [
            ("", JSONError.Code.unexpectedEnd), (" ", .unexpectedEnd), ("{", .unexpectedEnd), ("[", .unexpectedEnd), ("[1", .unexpectedEnd),
            ("[1,", .unexpectedEnd),
            ("{\"a\"", .unexpectedEnd), ("{\"a\":", .unexpectedEnd), ("{\"a\":1", .unexpectedEnd), ("\"a", .unexpectedEnd),
            ("\"a\\", .unexpectedEnd),
            ("\"\\u12", .unexpectedEnd), ("tru", .unexpectedEnd), ("-", .unexpectedEnd), ("1.", .unexpectedEnd), ("1e", .unexpectedEnd),
            ("1e+", .unexpectedEnd),
            ("[1,]", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte), ("{a:1}", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte),
            ("[1 2]", .unexpectedByte),
            ("{1:2}", .unexpectedByte), ("truE", .unexpectedByte), ("nul1", .unexpectedByte), ("'a'", .unexpectedByte),
            ("\"a\nb\"", .unexpectedByte),
            ("\"\\n\u{1}\"", .unexpectedByte), ("NaN", .unexpectedByte), ("+1", .unexpectedByte), (".5", .unexpectedByte),
            ("\u{FEFF}1", .unexpectedByte),
            ("/**/1", .unexpectedByte), ("\u{A0}1", .unexpectedByte), ("1.x", .invalidNumber), ("-x", .invalidNumber),
            ("1ex", .invalidNumber),
            ("01", .trailingBytes),
            ("1 2", .trailingBytes), ("{}{}", .trailingBytes), ("null,", .trailingBytes), ("\"\\x41\"", .invalidEscape),
            ("\"\\u00g0\"", .invalidEscape),
            ("\"\\ud800\"", .invalidEscape), ("\"\\ud800x\"", .invalidEscape), ("\"\\udc00\"", .invalidEscape),
            ("\"\\ud800\\u0041\"", .invalidEscape),
            ("\"\\U0041\"", .invalidEscape), ("{\"a\":1,\"a\":1}", .duplicateName), ("{\"a\":1,\"\\u0061\":2}", .duplicateName),
        ] as [(String, JSONError.Code)])
    func itRefusesWhatIsNotJSON(_ text: String, _ expected: JSONError.Code) { #expect(code(text) == expected) }

    @Test func itRefusesBytesThatAreNotUTF8() {
        let bad: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xF5, 0x80, 0x80, 0x80],
        ]
        for bytes in bad {
            #expect(code([0x22] + bytes + [0x22]) == .invalidUTF8)
            #expect(code([0x22, 0x5C, 0x6E] + bytes + [0x22]) == .invalidUTF8)
            #expect(code([0x7B, 0x22] + bytes + [0x22, 0x3A, 0x31, 0x7D]) == .invalidUTF8)
        }
        #expect(code([0xFF]) == .unexpectedByte)
    }

    @Test func everyLimitHoldsAtItsEdge() {
        let limits = JSONLimits(bytes: 40, depth: 3, stringBytes: 5)
        #expect(code("[[[1]]]", limits) == nil)
        #expect(code("[[[[1]]]]", limits) == .tooDeep)
        #expect(code("{\"a\":[{\"b\":{}}]}", limits) == .tooDeep)
        #expect(code("[[],[[]],[[]]]", limits) == nil)
        #expect(code("\"12345\"", limits) == nil)
        #expect(code("\"123456\"", limits) == .stringTooLong)
        #expect(code("\"\\n2345\"", limits) == nil)
        #expect(code("\"\\n23456\"", limits) == .stringTooLong)
        #expect(code("{\"123456\":1}", limits) == .stringTooLong)
        #expect(code(String(repeating: " ", count: 39) + "1", limits) == nil)
        #expect(code(String(repeating: " ", count: 40) + "1", limits) == .tooLarge)
        #expect(code(String(repeating: "1", count: 64)) == nil)
        #expect(code(String(repeating: "1", count: 65)) == .invalidNumber)
    }

    @Test func deepNestingIsRefusedAndNotFollowed() {
        #expect(code(String(repeating: "[", count: 1_000_000)) == .tooDeep)
        #expect(code(String(repeating: "{\"a\":", count: 200_000)) == .tooDeep)
    }

    @Test func anErrorSaysWhereAndShowsNothingOfTheText() {
        do throws(JSONError) {
            _ = try JSONValue(parsing: "{\n \"secret\": hunter2\n}")
            Issue.record("accepted")
        } catch {
            #expect(error.line == 2)
            #expect(error.offset == 13)
            #expect(error.description == "json.unexpectedByte at byte 13 (line 2)")
        }
    }

    @Test func repeatedNamesAreFoundInLargeObjectsToo() throws {
        let names = (0..<5000).map { "\"n\($0)\":\($0)" }
        let object = try JSONValue(parsing: "{" + names.joined(separator: ",") + "}")
        #expect(object.object?.count == 5000)
        #expect(object["n4999"]?.int == 4999)
        #expect(code("{" + (names + ["\"n7\":0"]).joined(separator: ",") + "}") == .duplicateName)
        #expect(code("{" + (names + ["\"n4999\":0"]).joined(separator: ",") + "}") == .duplicateName)
    }

    // Swift's String holds these two for equal; JSON, tags and clouds do not.
    @Test func namesAndTextsThatOnlyLookAlikeAreDifferent() throws {
        let composed = "\u{E9}"
        let decomposed = "e\u{301}"
        #expect(composed == decomposed)
        let object = try JSONValue(parsing: "{\"\(composed)\":1,\"\(decomposed)\":2}")
        #expect(object[composed]?.int == 1)
        #expect(object[decomposed]?.int == 2)
        #expect(JSONValue.string(composed) != .string(decomposed))
        #expect(JSONValue.string(composed).canonicalBytes != JSONValue.string(decomposed).canonicalBytes)
        #expect(Set([JSONValue.string(composed), .string(decomposed)]).count == 2)
        var many = (0..<20).map { JSONObject.Member("n\($0)", 0) }
        many += [JSONObject.Member(composed, 1), JSONObject.Member(decomposed, 2), JSONObject.Member(composed, 3)]
        let built = JSONObject(many)
        #expect(built.count == 22)
        #expect(built[composed]?.int == 3)
    }

    @Test func anObjectIsSetReadAndRemovedByName() {
        var object: JSONObject = ["b": 1, "a": 2, "b": 3]
        #expect(object.members.map(\.name) == ["b", "a"])
        #expect(object["b"] == 3)
        object["c"] = true
        object["b"] = nil
        object["missing"] = nil
        #expect(object.members.map(\.name) == ["a", "c"])
        #expect(!object.isEmpty)
        #expect(JSONObject().isEmpty)
    }

    @Test func valuesAreReadAsWhatTheyAreOnly() throws {
        #expect(JSONValue.number("12").int == 12)
        #expect(JSONValue.number("1.0").int == nil)
        #expect(JSONValue.number("99999999999999999999").int == nil)
        #expect(JSONValue.number("1e2").double == 100)
        #expect(JSONValue.number("1e999").double == nil)
        #expect(JSONValue.string("12").int == nil)
        #expect(JSONValue.null.isNull)
        #expect(JSONValue.bool(false).bool == false)
        #expect(JSONValue.array([1])["a"] == nil)
        #expect(JSONValue.array([1]).array?.count == 1)
    }

    @Test func canonicalBytesAreTheSameForEveryOrder() throws {
        let one = try JSONValue(parsing: "{ \"b\" : [1, 2.0], \"a\" : \"\\u0041\\/\" , \"é\":null, \"z\":{\"y\":1,\"x\":2}}")
        let two = try JSONValue(parsing: "{\"z\":{\"x\":2,\"y\":1},\"é\":null,\"a\":\"A/\",\"b\":[1,2.0]}")
        #expect(one.canonicalBytes == two.canonicalBytes)
        #expect(one.canonicalText == "{\"a\":\"A/\",\"b\":[1,2.0],\"z\":{\"x\":2,\"y\":1},\"é\":null}")
        #expect(
            JSONValue.string("\"\\\u{8}\u{9}\u{A}\u{C}\u{D}\u{1F}\u{0}/é").canonicalText == "\"\\\"\\\\\\b\\t\\n\\f\\r\\u001f\\u0000/é\"")
    }

    @Test func prettyBytesAreIndentedByTwo() {
        let value: JSONValue = ["b": [], "a": [1, ["c": true]]]
        #expect(
            String(decoding: value.prettyBytes, as: UTF8.self)
                == "{\n  \"a\": [\n    1,\n    {\n      \"c\": true\n    }\n  ],\n  \"b\": []\n}\n")
    }

    @Test func whatIsWrittenIsReadBackTheSame() throws {
        var random = Generator(state: 42)
        for _ in 0..<2000 {
            let value = random.value(depth: 4)
            #expect(try JSONValue(parsing: value.canonicalBytes).canonicalBytes == value.canonicalBytes)
            #expect(try JSONValue(parsing: value.prettyBytes).canonicalBytes == value.canonicalBytes)
        }
    }

    @Test func brokenTextsNeverTrapAndNeverPassUnnoticed() throws {
        var random = Generator(state: 1)
        for _ in 0..<2000 {
            var bytes = random.value(depth: 3).canonicalBytes
            guard !bytes.isEmpty else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let value = try? JSONValue(parsing: bytes) {
                #expect(try JSONValue(parsing: value.canonicalBytes) == JSONValue(parsing: value.canonicalBytes))
            }
            for end in stride(from: 0, to: bytes.count, by: 7) { _ = try? JSONValue(parsing: Array(bytes[..<end])) }
        }
    }
}

private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 31)
    }
    mutating func text() -> String {
        let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "\n", "\0", "é", "\u{301}", "😀", "/", "\u{2028}"]
        var text = ""
        for _ in 0..<Int.random(in: 0...6, using: &self) { text.unicodeScalars.append(scalars.randomElement(using: &self) ?? "a") }
        return text
    }
    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .number(String(Int.random(in: -1000...1000, using: &self)))
        case 3: return .number("\(Int.random(in: 0...9, using: &self)).5e-\(Int.random(in: 0...9, using: &self))")
        case 4: return .string(text())
        case 5: return .array((0..<Int.random(in: 0...4, using: &self)).map { _ in value(depth: depth - 1) })
        default:
            return .object(
                JSONObject((0..<Int.random(in: 0...4, using: &self)).map { _ in JSONObject.Member(text(), value(depth: depth - 1)) }))
        }
    }
}

@Suite struct PercentEncodingTests {
    @Test(arguments: [
        ("plain-Name_1.~", "plain-Name_1.~"), ("a/b c", "a%2Fb%20c"), ("arn:aws:x", "arn%3Aaws%3Ax"), ("é", "%C3%A9"), ("%41", "%2541"),
        ("", ""), ("\0", "%00"),
        ("../..", "..%2F.."), ("+&=?#", "%2B%26%3D%3F%23"),
    ])
    func itEncodesAllButUnreserved(_ text: String, _ encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(PercentEncoding.decode(encoded).map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test(arguments: ["%", "%4", "%4g", "%%41", "a%", "%C3", "%FF", "%ED%A0%80", "%é"])
    func itRefusesBrokenEscapesAndBytes(_ text: String) { #expect(PercentEncoding.decode(text) == nil) }

    @Test func itTakesLowerCaseDigits() { #expect(PercentEncoding.decode("%c3%a9") == "é") }

    @Test func aRecordsNameHoldsItsParts() {
        let record = CollectedRecord(
            account: "111122223333", service: "s3", operation: "get-bucket-policy", region: nil, resource: "a/b", time: nil, payload: .null)
        #expect(record.id == "111122223333/s3.get-bucket-policy.a%2Fb")
        let other = CollectedRecord(
            account: nil, service: "lambda", operation: "get-policy", region: "eu-west-1", resource: "f", time: nil, payload: .null)
        #expect(other.id == "lambda.get-policy.eu-west-1.f")
    }
}
