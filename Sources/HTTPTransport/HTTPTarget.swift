/// Where a URL leads: enough of it to name the peer in a message, and to refuse what should not be sent.
struct HTTPTarget: Hashable {
    var isTLS: Bool
    /// As written; an IPv6 address keeps its brackets.
    var host: String
    var port: Int

    /// `host:port`, for messages.
    var name: String { "\(host):\(port)" }
    /// A number that is equal for equal targets.
    var spread: UInt { UInt(bitPattern: hashValue) }

    init(_ url: String) throws(HTTPError) {
        let bytes = Array(url.utf8)
        let rest: ArraySlice<UInt8>
        if let tail = Self.after("https://", in: bytes) {
            (isTLS, rest) = (true, tail)
        } else if let tail = Self.after("http://", in: bytes) {
            (isTLS, rest) = (false, tail)
        } else {
            throw HTTPError(.invalidRequest, "a URL must begin with https:// or http://")
        }
        guard bytes.count <= 32 << 10, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") })
        else {
            throw HTTPError(.invalidRequest, "a URL must be plain ASCII, percent-encoded, without a fragment")
        }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        var name = authority
        port = isTLS ? 443 : 80
        if let colon = authority.lastIndex(of: UInt8(ascii: ":")), authority.lastIndex(of: UInt8(ascii: "]")).map({ $0 < colon }) ?? true {
            name = authority[..<colon]
            let digits = authority[(colon + 1)...]
            guard digits.count <= 5, digits.allSatisfy(Self.isDigit), let number = Int(String(decoding: digits, as: UTF8.self)),
                (1...65535).contains(number)
            else { throw HTTPError(.invalidRequest, "a URL's port must be a number from 1 to 65535") }
            port = number
        }
        guard Self.isHost(name) else { throw HTTPError(.invalidRequest, "a URL needs a host name or address, and no user or password") }
        host = String(decoding: name, as: UTF8.self)
    }

    private static func after(_ prefix: String, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let prefix = Array(prefix.utf8)
        guard bytes.count >= prefix.count, zip(bytes, prefix).allSatisfy({ lowercase($0) == $1 }) else { return nil }
        return bytes[prefix.count...]
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isHost(_ name: ArraySlice<UInt8>) -> Bool {
        guard !name.isEmpty, name.count <= 255 else { return false }
        if name.first == UInt8(ascii: "[") {
            return name.count > 2 && name.last == UInt8(ascii: "]")
                && name.dropFirst().dropLast().allSatisfy {
                    isDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                        || (lowercase($0) >= UInt8(ascii: "a") && lowercase($0) <= UInt8(ascii: "f"))
                }
        }
        return name.allSatisfy {
            isDigit($0) || (lowercase($0) >= UInt8(ascii: "a") && lowercase($0) <= UInt8(ascii: "z"))
                || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains($0)
        }
    }
}
