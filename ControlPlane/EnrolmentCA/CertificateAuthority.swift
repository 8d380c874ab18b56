import Basics
import Crypto
public import FoundationEssentials
import Glibc
import SwiftASN1
import WireProtocol
import X509

/// A certificate that was issued and checked.
public struct IssuedLeaf: Sendable, Hashable {
    /// The leaf, PEM.
    public let certificate: String
    /// Serial number, lower-case hexadecimal.
    public let serial: String
    /// SHA-256 over the DER SubjectPublicKeyInfo, 32 bytes.
    public let keyDigest: [UInt8]
    /// Public key, X9.63 uncompressed.
    public let publicKey: [UInt8]
    /// When it ends.
    public let notAfter: Date
}

/// The installation's own CA: a root, and under it the issuing CA, whose key is the only one read in daily use.
///
/// Folder: `root/root.pem`, `root/root.key` (used once, to make the issuing CA; may be moved away), `issuing.pem`, `issuing.key`.
public struct CertificateAuthority: Sendable {
    let signer: CertificateSigner
    private let checks: CertificateChecks
    private let root: Certificate
    /// The root, PEM.
    public let rootPEM: String
    /// The issuing CA, PEM.
    public let issuingPEM: String
    /// SHA-256 over the root's DER SubjectPublicKeyInfo as `sha256:HEX`.
    public let pin: String
    /// Names the issuing CA's key, lower-case hexadecimal: the authority key identifier of what it signs.
    public var issuer: String { Hex.encode(KeyIdentifier.of(signer.publicKey)) }

    /// How long the root lasts.
    public static let rootLifetime: TimeInterval = 10 * 365 * 24 * 3600
    /// How long the issuing CA lasts.
    public static let issuingLifetime: TimeInterval = 3 * 365 * 24 * 3600

    /// Opens the CA in `folder`, and makes it where there is none: the whole folder appears at once or not at all.
    ///
    /// - Throws: ``CAError`` `unusable` when files are missing, broken or readable by others, `expired` when the issuing CA ended.
    public init(folder: String, now: Date) throws(CAError) {
        if access(folder, F_OK) != 0 { try Self.make(folder, now: now) }
        try self.init(existing: folder, now: now)
    }

    /// Opens the CA in `folder`, which has to be there.
    ///
    /// - Throws: ``CAError`` as ``init(folder:now:)``.
    public init(existing folder: String, now: Date) throws(CAError) {
        do {
            try SafeFile.makePrivateFolder(folder)
            try SafeFile.makePrivateFolder(folder + "/root")
            let rootText = String(decoding: try SafeFile.read(folder + "/root/root.pem", limit: 16 << 10), as: UTF8.self)
            let issuingText = String(decoding: try SafeFile.read(folder + "/issuing.pem", limit: 16 << 10), as: UTF8.self)
            let keyText = String(decoding: try SafeFile.read(folder + "/issuing.key", limit: 16 << 10, secret: true), as: UTF8.self)
            let root = try Certificate(pemEncoded: rootText)
            let issuing = try Certificate(pemEncoded: issuingText)
            guard root.publicKey.isValidSignature(issuing.signature, for: issuing) else {
                throw CAError(.unusable, "the issuing CA is not signed by the root")
            }
            guard let rootKey = P256.Signing.PublicKey(root.publicKey) else { throw CAError(.unusable, "the root is not on P-256") }
            guard issuing.notValidBefore <= now, now < issuing.notValidAfter else {
                throw CAError(.expired, "the issuing CA's certificate is not valid now")
            }
            signer = try CertificateSigner(certificate: issuing, key: try P256.Signing.PrivateKey(pemRepresentation: keyText))
            checks = CertificateChecks(issuer: issuing)
            self.root = root
            rootPEM = try root.serializeAsPEM().pemString
            issuingPEM = try issuing.serializeAsPEM().pemString
            pin = "sha256:" + Hex.encode(SHA256.hash(data: rootKey.derRepresentation))
        } catch {
            throw error as? CAError ?? CAError(.unusable, "the CA in \(folder) cannot be used: \(Self.words(error))", cause: error)
        }
    }

    private static func words(_ error: any Error) -> String { (error as? FileError)?.description ?? "a file is broken" }

    private static func make(_ folder: String, now: Date) throws(CAError) {
        let temporary = folder + ".\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        do {
            let rootKey = P256.Signing.PrivateKey()
            let issuingKey = P256.Signing.PrivateKey()
            // So that a verifier that goes by names does not take one generation's for another's.
            let mark = Hex.encode(KeyIdentifier.of(rootKey.publicKey).prefix(4))
            let from = LeafProfile.whole(now, -LeafProfile.backdate)
            let root = try CertificateSigner.authority(
                name: "Cloudryption root \(mark)", key: rootKey, issuer: nil, pathLength: 1, from: from,
                to: LeafProfile.whole(now, rootLifetime))
            let issuing = try CertificateSigner.authority(
                name: "Cloudryption issuing \(mark)", key: issuingKey, issuer: CertificateSigner(certificate: root, key: rootKey),
                pathLength: 0,
                from: from, to: LeafProfile.whole(now, issuingLifetime))
            try SafeFile.makePrivateFolder(temporary)
            try SafeFile.makePrivateFolder(temporary + "/root")
            try SafeFile.write(Array(rootKey.pemRepresentation.utf8), to: temporary + "/root/root.key", mode: 0o600)
            try SafeFile.write(Array(try root.serializeAsPEM().pemString.utf8), to: temporary + "/root/root.pem", mode: 0o644)
            try SafeFile.write(Array(issuingKey.pemRepresentation.utf8), to: temporary + "/issuing.key", mode: 0o600)
            try SafeFile.write(Array(try issuing.serializeAsPEM().pemString.utf8), to: temporary + "/issuing.pem", mode: 0o644)
            // A folder that another process made meanwhile is not empty and makes rename fail: then theirs is the CA.
            if rename(temporary, folder) != 0, access(folder, F_OK) != 0 {
                throw CAError(.unusable, "the CA's folder cannot be made: error \(errno)")
            }
            try? FileManager.default.removeItem(atPath: temporary)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error as? CAError ?? CAError(.unusable, "the CA cannot be made: \(words(error))", cause: error)
        }
    }

    /// Issues a certificate of `profile` for a key whose possession was proven.
    ///
    /// - Throws: ``CAError`` `expired` or `failedCheck`.
    public func issue(_ profile: LeafProfile, for request: CheckedRequest) throws(CAError) -> IssuedLeaf {
        try issue(profile, key: request.publicKey)
    }

    private func issue(_ profile: LeafProfile, key: P256.Signing.PublicKey) throws(CAError) -> IssuedLeaf {
        let certificate = try signer.leaf(profile, for: key)
        try checks.check(certificate, is: profile, for: key)
        do {
            return IssuedLeaf(
                certificate: try certificate.serializeAsPEM().pemString,
                serial: Hex.encode(certificate.serialNumber.bytes.drop { $0 == 0 }),
                keyDigest: Array(SHA256.hash(data: key.derRepresentation)), publicKey: Array(key.x963Representation),
                notAfter: certificate.notValidAfter)
        } catch {
            throw CAError(.failedCheck, "the certificate cannot be written", cause: error)
        }
    }

    /// Makes sure that `folder` holds a server certificate for `names`: `server.pem` (leaf, then issuing CA), `server.key` 0600 and `ca.pem`.
    /// One that has the same names and lasts another 30 days is kept.
    ///
    /// - Returns: whether a new one was made.
    /// - Throws: ``CAError``.
    @discardableResult public func ensureServerCertificate(in folder: String, names: [String], now: Date) throws(CAError) -> Bool {
        let profile = try LeafProfile.server(names: names, now: now)
        do {
            try SafeFile.makePrivateFolder(folder)
            if access(folder + "/server.key", F_OK) == 0 {
                // A key that others could have read is the operator's to look into, not ours to replace in silence.
                _ = try SafeFile.read(folder + "/server.key", limit: 16 << 10, secret: true)
            }
            if kept(in: folder, profile: profile, now: now) { return false }
            let key = P256.Signing.PrivateKey()
            let leaf = try issue(profile, key: key.publicKey)
            // The certificate is written last: a pair that does not match is seen as missing and made anew.
            try SafeFile.write(Array(rootPEM.utf8), to: folder + "/ca.pem", mode: 0o644)
            try SafeFile.write(Array(key.pemRepresentation.utf8), to: folder + "/server.key", mode: 0o600)
            try SafeFile.write(Array(Self.joined([leaf.certificate, issuingPEM]).utf8), to: folder + "/server.pem", mode: 0o644)
            return true
        } catch {
            throw error as? CAError ?? CAError(.unusable, "the server's certificate cannot be kept: \(Self.words(error))", cause: error)
        }
    }

    /// The certificates that `folder` holds for the listeners, leaf first, PEM each.
    ///
    /// - Throws: ``CAError`` `unusable`.
    public static func serverChain(in folder: String) throws(CAError) -> [String] {
        do {
            let text = String(decoding: try SafeFile.read(folder + "/server.pem", limit: 64 << 10), as: UTF8.self)
            return try PEMDocument.parseMultiple(pemString: text).map(\.pemString)
        } catch {
            throw CAError(.unusable, "the server's certificate cannot be read: \(words(error))", cause: error)
        }
    }

    private func kept(in folder: String, profile: LeafProfile, now: Date) -> Bool {
        guard let text = try? SafeFile.read(folder + "/server.pem", limit: 64 << 10),
            let keyText = try? SafeFile.read(folder + "/server.key", limit: 16 << 10, secret: true),
            let ca = try? SafeFile.read(folder + "/ca.pem", limit: 16 << 10), ca == Array(rootPEM.utf8),
            let document = try? PEMDocument.parseMultiple(pemString: String(decoding: text, as: UTF8.self)).first,
            let certificate = try? Certificate(derEncoded: document.derBytes),
            let key = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: keyText, as: UTF8.self))
        else { return false }
        let names = (try? certificate.extensions.subjectAlternativeNames).flatMap { $0.map { Array($0) } }
        return certificate.publicKey == Certificate.PublicKey(key.publicKey) && names == profile.generalNames
            && signer.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
            && certificate.notValidBefore <= now && now.addingTimeInterval(30 * 24 * 3600) < certificate.notValidAfter
    }

    /// PEM blocks one after the other, each on its own lines.
    public static func joined(_ blocks: [String]) -> String { blocks.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined() }
}
