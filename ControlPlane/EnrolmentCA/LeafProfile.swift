import Basics
public import FoundationEssentials
import Glibc
import SwiftASN1
public import WireProtocol
import X509

/// What the finished certificate has to be: decided by us, whatever was asked for.
public struct LeafProfile: Sendable, Hashable {
    enum Purpose: Sendable, Hashable {
        case client
        case server
    }
    enum Name: Sendable, Hashable {
        case uri(String)
        case host(String)
        case address([UInt8])
    }
    var purpose: Purpose
    var commonName: String
    var names: [Name]
    var notBefore: Date
    var notAfter: Date

    /// How long before now a certificate begins, so that a clock a little behind still takes it.
    public static let backdate: TimeInterval = 60
    /// How long an agent's certificate lasts, where nothing else is set.
    public static let agentLifetime: TimeInterval = 24 * 3600
    /// What can be set: ten minutes to seven days.
    public static let agentLifetimes: ClosedRange<TimeInterval> = 600...7 * 24 * 3600
    /// How long the server's own certificate lasts.
    public static let serverLifetime: TimeInterval = 397 * 24 * 3600

    /// An agent's certificate: client authentication, and its name as the one URI.
    public static func agent(_ name: AgentName, now: Date, lifetime: TimeInterval = agentLifetime) -> LeafProfile {
        LeafProfile(
            purpose: .client, commonName: "agent \(name.agent)", names: [.uri(name.description)],
            notBefore: whole(now, -backdate),
            notAfter: whole(now, min(max(lifetime, agentLifetimes.lowerBound), agentLifetimes.upperBound)))
    }

    /// The server's certificate for these host names and addresses.
    ///
    /// - Throws: ``CAError`` `badName` when there is none, or one is neither.
    public static func server(names: [String], now: Date) throws(CAError) -> LeafProfile {
        guard let first = names.first, names.count <= 64 else { throw CAError(.badName, "the server needs between 1 and 64 names") }
        var parsed: [Name] = []
        for name in names { parsed.append(try self.name(name)) }
        return LeafProfile(
            purpose: .server, commonName: first, names: parsed, notBefore: whole(now, -backdate), notAfter: whole(now, serverLifetime))
    }

    /// Certificates know whole seconds only (RFC 5280 §4.1.2.5): rounding is ours, and always down.
    static func whole(_ now: Date, _ offset: TimeInterval) -> Date {
        Date(timeIntervalSince1970: (now.timeIntervalSince1970 + offset).rounded(.down))
    }

    private static func name(_ text: String) throws(CAError) -> Name {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return .address(withUnsafeBytes(of: &four) { Array($0) }) }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 { return .address(withUnsafeBytes(of: &six) { Array($0) }) }
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let sound = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
        guard sound, text.utf8.count <= 253 else {
            throw CAError(.badName, "\(DisplayText.safe(text, limit: 64)) is not a host name or address")
        }
        return .host(text)
    }

    var generalNames: [GeneralName] {
        names.map { name in
            switch name {
            case .uri(let text): .uniformResourceIdentifier(text)
            case .host(let text): .dnsName(text)
            case .address(let bytes): .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
            }
        }
    }
    var usage: ExtendedKeyUsage.Usage {
        switch purpose {
        case .client: .clientAuth
        case .server: .serverAuth
        }
    }
}
