import FoundationEssentials

/// The vectors of single lines.
enum LineCases {
    static let all: [LineVector] = records + coverage

    private static let plain = #""service":"iam","operation":"get-account-summary""#

    private static let records: [LineVector] = [
        record(
            "record", "a record with every member", "ok",
            #"{"account":"123456789012","operation":"get-bucket-policy","payload":{"Policy":"{}"},"region":"eu-west-1","resource":"b","service":"s3","time":"2026-01-02T03:04:05Z"}"#
        ),
        record("record-minimal", "a record with no more than it needs", "ok", #"{\#(plain),"payload":null}"#),
        record(
            "record-other-order", "members in another order, with space: a line need not be canonical", "ok",
            #" { "payload" : [ 1, 2.50, -0e1 ] , \#(plain) } "#),
        record(
            "record-time-with-fraction", "a time with a fraction and an offset", "ok",
            #"{\#(plain),"payload":{},"time":"2026-01-02T03:04:05.123+01:00"}"#),
        record(
            "record-resource-unicode", "a resource's name beyond ASCII", "ok", #"{\#(plain),"payload":{},"resource":"größe/\ud83d\ude80"}"#),
        record("record-deepest", "nested as deep as is allowed", "ok", #"{\#(plain),"payload":\#(nested(95))}"#),
        record("record-too-deep", "nested one deeper than is allowed", "bundle.recordTooDeep", #"{\#(plain),"payload":\#(nested(96))}"#),
        record(
            "record-much-too-deep", "nested a hundred thousand deep: must end, and not by the stack's end", "bundle.recordTooDeep",
            #"{\#(plain),"payload":"# + String(repeating: "[", count: 100_000)),
        record(
            "record-longest-string", "a string as long as is allowed", "ok", #"{\#(plain),"payload":"\#(letters(1024))"}"#,
            VectorLimits(stringBytes: 1024)),
        record(
            "record-string-too-long", "a string one byte longer than is allowed", "bundle.stringTooLong",
            #"{\#(plain),"payload":"\#(letters(1025))"}"#, VectorLimits(stringBytes: 1024)),
        record(
            "record-escaped-string-too-long", "a string too long once its escapes are read", "bundle.stringTooLong",
            #"{\#(plain),"payload":"\u0041\#(letters(1025))"}"#, VectorLimits(stringBytes: 1024)),
        record(
            "record-name-too-long", "a member's name that is too long", "bundle.stringTooLong",
            #"{\#(plain),"payload":{"\#(letters(1025))":1}}"#, VectorLimits(stringBytes: 1024)),
        record(
            "record-too-large", "a line longer than is allowed", "bundle.recordTooLarge", #"{\#(plain),"payload":"\#(letters(2048))"}"#,
            VectorLimits(recordBytes: 2048)),
        bytes("record-invalid-utf8", "a byte that UTF-8 never has", "bundle.invalidUTF8", #"{\#(plain),"payload":""#, [0xFF], #""}"#),
        bytes(
            "record-overlong-utf8", "a slash written in two bytes", "bundle.invalidUTF8", #"{\#(plain),"payload":""#, [0xC0, 0xAF], #""}"#),
        bytes(
            "record-surrogate-utf8", "a surrogate written as UTF-8", "bundle.invalidUTF8", #"{\#(plain),"payload":""#, [0xED, 0xA0, 0x80],
            #""}"#),
        bytes(
            "record-cut-utf8", "a sequence of UTF-8 that ends too early", "bundle.invalidUTF8", #"{\#(plain),"payload":""#, [0xE2, 0x82],
            #""}"#),
        bytes(
            "record-invalid-utf8-outside", "a byte order mark in front", "bundle.badRecord", "", [0xEF, 0xBB, 0xBF],
            #"{\#(plain),"payload":1}"#),
        record("record-lone-surrogate", "half of a surrogate pair as an escape", "bundle.badRecord", #"{\#(plain),"payload":"\ud800"}"#),
        record("record-control-character", "a raw tab inside a string", "bundle.badRecord", "{\(plain),\"payload\":\"\t\"}"),
        record("record-repeated-name", "a name twice", "bundle.badRecord", #"{\#(plain),"payload":{"a":1,"a":2}}"#),
        record("record-repeated-member", "a member of the line twice", "bundle.badRecord", #"{\#(plain),"service":"ec2","payload":1}"#),
        record(
            "record-repeated-by-escape", "a name twice, once written with an escape", "bundle.badRecord",
            #"{\#(plain),"payload":{"a":1,"\u0061":2}}"#),
        record(
            "record-lookalike-names", "two names that are equivalent in Unicode and differ in their bytes are two names", "ok",
            "{\(plain),\"payload\":{\"\u{E9}\":1,\"e\u{301}\":2}}"),
        record("record-trailing", "something behind the object", "bundle.badRecord", #"{\#(plain),"payload":1}{}"#),
        record("record-empty", "nothing", "bundle.badRecord", ""),
        record("record-array", "no object", "bundle.badRecord", "[]"),
        record("record-unknown-member", "a member that nobody knows", "bundle.badRecord", #"{\#(plain),"payload":1,"note":"x"}"#),
        record("record-no-payload", "no payload", "bundle.badRecord", "{\(plain)}"),
        record("record-no-service", "no service", "bundle.badRecord", #"{"operation":"x","payload":1}"#),
        record("record-service-not-text", "a service that is a number", "bundle.badRecord", #"{"service":1,"operation":"x","payload":1}"#),
        record(
            "record-null-region", "null where a member may only be absent", "bundle.badRecord", #"{\#(plain),"payload":1,"region":null}"#),
        record(
            "record-service-path", "a service that would leave its folder", "bundle.badRecord",
            #"{"service":"../iam","operation":"x","payload":1}"#),
        record(
            "record-operation-dot", "an operation that would be read as service and region", "bundle.badRecord",
            #"{"service":"iam","operation":"x.y","payload":1}"#),
        record("record-account-empty", "an account without a name", "bundle.badRecord", #"{\#(plain),"payload":1,"account":""}"#),
        record(
            "record-resource-too-long", "a resource's name beyond 2,048 bytes", "bundle.badRecord",
            #"{\#(plain),"payload":1,"resource":"\#(letters(2049))"}"#),
        record("record-time-words", "a time in words", "bundle.badRecord", #"{\#(plain),"payload":1,"time":"yesterday, at five o'clock"}"#),
        record(
            "record-number-long", "a number of seventy digits", "bundle.badRecord",
            #"{\#(plain),"payload":\#(String(repeating: "9", count: 70))}"#),
        record("record-number-leading-zero", "a number that JSON does not know", "bundle.badRecord", #"{\#(plain),"payload":01}"#),
    ]

    private static let coverage: [LineVector] = [
        entry(
            "coverage", "an entry with every member", "ok",
            #"{"account":"123456789012","code":"AccessDenied","message":"not allowed","operation":"list-keys","outcome":"denied","region":"eu-west-1","resource":"k","service":"kms"}"#
        ),
        entry("coverage-minimal", "an entry with no more than it needs", "ok", #"{\#(plain),"outcome":"failed"}"#),
        entry("coverage-unknown-outcome", "an outcome that nobody knows", "bundle.badRecord", #"{\#(plain),"outcome":"fine"}"#),
        entry("coverage-no-outcome", "no outcome", "bundle.badRecord", "{\(plain)}"),
        entry("coverage-payload", "a payload where none belongs", "bundle.badRecord", #"{\#(plain),"outcome":"failed","payload":1}"#),
        entry(
            "coverage-code-too-long", "a code beyond 1,024 bytes", "bundle.badRecord",
            #"{\#(plain),"outcome":"failed","code":"\#(letters(1025))"}"#),
    ]

    private static func record(
        _ name: String, _ description: String, _ expect: String, _ line: String, _ limits: VectorLimits? = nil
    ) -> LineVector {
        LineVector(
            name: name, description: description, expect: expect, section: "records", limits: limits,
            line: Data(line.utf8).base64EncodedString())
    }
    private static func entry(_ name: String, _ description: String, _ expect: String, _ line: String) -> LineVector {
        var vector = record(name, description, expect, line)
        vector.section = "coverage"
        return vector
    }
    private static func bytes(
        _ name: String, _ description: String, _ expect: String, _ before: String, _ middle: [UInt8], _ after: String
    ) -> LineVector {
        var vector = record(name, description, expect, "")
        vector.line = Data(Array(before.utf8) + middle + Array(after.utf8)).base64EncodedString()
        return vector
    }
    private static func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    private static func letters(_ count: Int) -> String { String(repeating: "a", count: count) }
}
