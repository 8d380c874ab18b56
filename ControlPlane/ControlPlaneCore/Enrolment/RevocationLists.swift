import EnrolmentCA
import FoundationEssentials
import WireProtocol

/// The lists of revoked certificates of all tenants, one for each issuing CA, for other verifiers.
public actor RevocationLists {
    /// A list is made anew at most this often.
    static let age: TimeInterval = 30

    private let store: any ControlPlaneStore
    private let authorities: AuthorityWatch
    private let clock: WallClock
    private var made: [String: (at: Date, list: [UInt8])] = [:]

    init(store: any ControlPlaneStore, authorities: AuthorityWatch, clock: WallClock) {
        self.store = store
        self.authorities = authorities
        self.clock = clock
    }

    /// The list of the issuing CA of that name, or of the one that signs now, DER.
    ///
    /// - Throws: ``StoreError`` `notFound` when no trusted CA has that name; whatever keeps the revoked ones from being read: an old or empty
    ///   list would say that they are good.
    public func list(issuer: String?) async throws -> [UInt8] {
        let now = clock.now()
        let current = try authorities.current()
        let found = issuer == nil ? current.signing : current.trusted.first { $0.issuer == issuer }
        guard let authority = found else { throw StoreError(.notFound, "no issuing CA has that name") }
        if let last = made[authority.issuer], (0..<Self.age).contains(now.timeIntervalSince(last.at)) { return last.list }
        var revoked: [RevokedCertificate] = []
        for tenant in try await store.readDirectory({ try $0.tenants() }) {
            let name = authority.issuer
            revoked += try await store.read(tenant.id) { try $0.revokedCertificates(issuer: name, endingAfter: now) }.map {
                RevokedCertificate(serial: $0.serial, revokedAt: $0.revokedAt ?? now)
            }
        }
        let list = try authority.revocationList(
            revoked.sorted { $0.serial < $1.serial }, number: Int(now.timeIntervalSince1970 * 1000), now: now)
        made[authority.issuer] = (now, list)
        return list
    }
}
