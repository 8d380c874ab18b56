import WireProtocol

/// Which roles of one account a rule lets in: `arn:PARTITION:iam::ACCOUNT:role/NAME`, where the name may hold `*` after its first characters.
///
/// Never a whole account, and never a session's name: whoever may assume a role chooses that.
public struct RolePattern: Sendable, Hashable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    private let partition: String
    /// The account, 12 digits.
    public let account: String
    private let name: TextPattern

    /// The pattern that `text` writes.
    ///
    /// - Throws: ``EnrolmentError`` `malformed`, saying what is wrong.
    public init(_ text: String) throws(EnrolmentError) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard text.utf8.count <= 256, parts.count == 6, parts[0] == "arn", parts[2] == "iam", parts[3].isEmpty,
            parts[5].utf8.starts(with: "role/".utf8)
        else { throw EnrolmentError(.malformed, "a role is written arn:aws:iam::ACCOUNT:role/NAME") }
        guard STSEndpoints.partitions.contains(parts[1]) else { throw EnrolmentError(.malformed, "the partition is none of AWS's") }
        guard AssumedRole.isAccount(parts[4]) else { throw EnrolmentError(.malformed, "the account must be written out, 12 digits") }
        let name = String(decoding: parts[5].utf8.dropFirst(5), as: UTF8.self)
        guard !name.utf8.contains(UInt8(ascii: "/")) else {
            throw EnrolmentError(.malformed, "write the role's name without its path: GetCallerIdentity does not tell the path")
        }
        guard let pattern = TextPattern(name, literal: 3), name.utf8.allSatisfy({ AssumedRole.isNameByte($0) || $0 == UInt8(ascii: "*") })
        else { throw EnrolmentError(.malformed, "a role's name begins with three characters that stand for themselves, before any *") }
        description = text
        partition = parts[1]
        account = parts[4]
        self.name = pattern
    }

    /// Whether this role is one of them.
    func matches(_ role: AssumedRole) -> Bool {
        role.partition == partition && role.account == account && name.matches(role.name)
    }
}

/// A role that somebody acts as, from `arn:PARTITION:sts::ACCOUNT:assumed-role/NAME/SESSION`. The session's name is dropped: it says nothing.
struct AssumedRole: Sendable, Hashable {
    let partition: String
    let account: String
    let name: String

    /// `nil` for users, federated users and the root of an account.
    init?(arn: String) {
        let parts = arn.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard arn.utf8.count <= 512, parts.count == 6, parts[0] == "arn", STSEndpoints.partitions.contains(parts[1]), parts[2] == "sts",
            parts[3].isEmpty, Self.isAccount(parts[4])
        else { return nil }
        let words = parts[5].utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard words.count == 3, words[0].elementsEqual("assumed-role".utf8), (1...64).contains(words[1].count),
            words[1].allSatisfy(Self.isNameByte), !words[2].isEmpty
        else { return nil }
        partition = parts[1]
        account = parts[4]
        name = String(decoding: words[1], as: UTF8.self)
    }

    static func isAccount(_ text: String) -> Bool { text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    /// What a role's name may hold (IAM's CreateRole: `[\w+=,.@-]+`).
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "_+=,.@-".utf8.contains(byte)
        }
    }
}
