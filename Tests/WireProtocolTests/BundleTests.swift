import Basics
import CloudModel
import Crypto
import Testing

@testable import WireProtocol

/// Keys and an identity to seal with.
struct Fixture {
    let signingKey = P256.Signing.PrivateKey()
    let sealingKey = Curve25519.KeyAgreement.PrivateKey()
    let agent = AgentName(tenant: .random(), environment: .random(), agent: .random())
    var identity: BundleIdentity {
        BundleIdentity(agent: agent, bundle: .fresh(milliseconds: 1_790_000_000_000), epoch: 1, sequence: 7, createdAt: 1_790_000_000_000)
    }
    let record = CollectedRecord(
        account: "123456789012", service: "iam", operation: "get-account-summary", region: nil, resource: nil, time: "2026-01-02T03:04:05Z",
        payload: ["SummaryMap": ["Users": 3]])

    func seal(_ collection: CloudCollection, limits: BundleLimits = .standard) throws -> [UInt8] {
        try BundleSealer.seal(
            collection, identity: identity, signingKey: signingKey, recipient: SealingKey(sealingKey.publicKey), limits: limits)
    }
    func open(_ bytes: [UInt8], limits: BundleLimits = .standard) throws -> VerifiedBundle {
        let header = try BundleHeader.read(bytes, limits: limits)
        return try BundleOpener.open(
            bytes, contentKey: header.unwrapContentKey(with: sealingKey), expecting: agent, agentKey: signingKey.publicKey, limits: limits)
    }
}

@Suite struct BundleTests {
    let fixture = Fixture()

    @Test func whatWasSealedIsOpened() throws {
        let coverage = CoverageEntry(
            account: "123456789012", service: "s3", operation: "list-buckets", outcome: .denied, code: "AccessDenied")
        let sealed = try fixture.seal(CloudCollection(records: [fixture.record], coverage: [coverage]))
        let opened = try fixture.open(sealed)
        #expect(opened.collection.records == [fixture.record])
        #expect(opened.collection.coverage == [coverage])
        var verifier = EnvelopeVerifier()
        for byte in sealed { try verifier.update([byte]) }
        let envelope = try verifier.finish(agentKey: fixture.signingKey.publicKey)
        #expect(envelope.header == opened.header && envelope.size == sealed.count && envelope.sha256 == Array(SHA256.hash(data: sealed)))
    }
}
