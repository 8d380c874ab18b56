/// One HTTP answer, whole. Any status is an answer: only a failure to get one is an ``HTTPError``.
public struct HTTPResponse: Sendable {
    /// The status code.
    public var status: Int
    /// Names as sent and values without space around, in order; of the final answer only, not of interim ones.
    public var headers: [(name: String, value: String)]
    /// The body, with any content coding as sent.
    public var body: [UInt8]

    /// An answer of these parts.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of that name, compared without regard to ASCII case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.utf8.elementsEqual(name.utf8) { lowercase($0) == lowercase($1) } }?.value
    }
}

func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
