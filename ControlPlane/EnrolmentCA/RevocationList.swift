import Crypto
public import FoundationEssentials
import SwiftASN1
import WireProtocol
import X509

/// A certificate that is on the list.
public struct RevokedCertificate: Sendable, Hashable {
    /// Serial number, lower-case hexadecimal.
    public var serial: String
    /// Since when.
    public var revokedAt: Date
    /// An entry of these parts.
    public init(serial: String, revokedAt: Date) {
        self.serial = serial
        self.revokedAt = revokedAt
    }
}

extension CertificateAuthority {
    /// How long a list may be used before another has to be fetched.
    public static let listLifetime: TimeInterval = 24 * 3600

    /// The list of revoked certificates of the issuing CA, DER (RFC 5280 §5): for other verifiers. The control plane itself asks its database
    /// on each request.
    ///
    /// - Parameter number: larger for each later list.
    /// - Throws: ``CAError`` `failedCheck`.
    public func revocationList(_ revoked: [RevokedCertificate], number: Int, now: Date) throws(CAError) -> [UInt8] {
        do {
            let entries = try revoked.map { (serial: try Self.serialBytes($0.serial), time: try ASN1Time.of($0.revokedAt)) }
            let (issuer, next) = (signer.certificate.subject, now.addingTimeInterval(Self.listLifetime))
            // As with certificates: a verifier whose clock is a little behind takes it too.
            let begin = now.addingTimeInterval(-LeafProfile.backdate)
            let key = KeyIdentifier.of(signer.publicKey)
            var list = DER.Serializer()
            try list.appendConstructedNode(identifier: .sequence) { list in
                try list.serialize(1)  // v2
                try Self.algorithm(&list)
                try list.serialize(issuer)
                try ASN1Time.of(begin).write(&list)
                try ASN1Time.of(next).write(&list)
                if !entries.isEmpty {
                    try list.appendConstructedNode(identifier: .sequence) { all in
                        for entry in entries {
                            try all.appendConstructedNode(identifier: .sequence) { one in
                                one.appendPrimitiveNode(identifier: .integer) { $0.append(contentsOf: entry.serial) }
                                try entry.time.write(&one)
                            }
                        }
                    }
                }
                try list.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { extensions in
                    try extensions.appendConstructedNode(identifier: .sequence) { all in
                        // Authority key identifier (§5.2.1) and the list's number (§5.2.3).
                        try Self.add(&all, [2, 5, 29, 35]) { value in
                            value.appendConstructedNode(identifier: .sequence) {
                                $0.appendPrimitiveNode(identifier: .init(tagWithNumber: 0, tagClass: .contextSpecific)) {
                                    $0.append(contentsOf: key)
                                }
                            }
                        }
                        try Self.add(&all, [2, 5, 29, 20]) { try $0.serialize(number) }
                    }
                }
            }
            let signature = try signer.signature(over: list.serializedBytes)
            var whole = DER.Serializer()
            try whole.appendConstructedNode(identifier: .sequence) { whole in
                whole.serializeRawBytes(list.serializedBytes)
                try Self.algorithm(&whole)
                try whole.serialize(ASN1BitString(bytes: signature[...]))
            }
            return whole.serializedBytes
        } catch {
            throw error as? CAError ?? CAError(.failedCheck, "the list of revoked certificates cannot be made", cause: error)
        }
    }

    /// An INTEGER's content: the number is positive.
    private static func serialBytes(_ text: String) throws(CAError) -> [UInt8] {
        let even = text.utf8.count % 2 == 0 ? text : "0" + text
        guard let bytes = Hex.decode(even), let first = bytes.first(where: { $0 != 0 }), bytes.count <= 20 else {
            throw CAError(.failedCheck, "a serial number is not one")
        }
        let trimmed = Array(bytes.drop { $0 == 0 })
        return first & 0x80 == 0 ? trimmed : [0] + trimmed
    }

    /// ecdsa-with-SHA256 (RFC 5758 §3.2).
    private static func algorithm(_ serializer: inout DER.Serializer) throws {
        let identifier: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 2]
        try serializer.appendConstructedNode(identifier: .sequence) { try $0.serialize(identifier) }
    }

    private static func add(
        _ serializer: inout DER.Serializer, _ identifier: ASN1ObjectIdentifier, _ value: (inout DER.Serializer) throws -> Void
    ) throws {
        var content = DER.Serializer()
        try value(&content)
        try serializer.appendConstructedNode(identifier: .sequence) {
            try $0.serialize(identifier)
            try $0.serialize(ASN1OctetString(contentBytes: content.serializedBytes[...]))
        }
    }
}

/// UTCTime until 2049 and GeneralizedTime from then on (RFC 5280 §5.1.2.4).
private enum ASN1Time {
    case utc(UTCTime)
    case generalized(GeneralizedTime)

    static func of(_ date: Date) throws -> ASN1Time {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        guard let year = parts.year, let month = parts.month, let day = parts.day, let hours = parts.hour, let minutes = parts.minute,
            let seconds = parts.second
        else { throw CAError(.failedCheck, "a time is not one") }
        if (1950...2049).contains(year) {
            return .utc(try UTCTime(year: year, month: month, day: day, hours: hours, minutes: minutes, seconds: seconds))
        }
        return .generalized(
            try GeneralizedTime(
                year: year, month: month, day: day, hours: hours, minutes: minutes, seconds: seconds, fractionalSeconds: 0))
    }

    func write(_ serializer: inout DER.Serializer) throws {
        switch self {
        case .utc(let time): try serializer.serialize(time)
        case .generalized(let time): try serializer.serialize(time)
        }
    }
}
