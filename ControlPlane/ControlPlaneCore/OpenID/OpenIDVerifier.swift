public import Basics
import CloudModel
import Crypto
public import FoundationEssentials

/// Decides whether a token is its issuer's, is meant for us, and is good now (OpenID Connect Core 1.0 §3.1.3.7, RFC 8725).
public struct OpenIDVerifier: Sendable {
    /// What the token has to be. All of it comes from our configuration, nothing from the token.
    public struct Expectation: Sendable {
        /// Whose token.
        public var issuer: OpenIDIssuer
        /// For whom: our own name at the issuer.
        public var audience: String
        /// The sign-in that it answers; with one, the token is an ID token, and `iat` and a fitting `azp` are asked for too.
        public var nonce: String?
        /// Keys that were given by hand instead of published, for an issuer that we cannot reach.
        public var pinnedKeys: JSONWebKeySet?
        /// Seconds by which clocks may differ: 0 to 300.
        public var leeway: TimeInterval {
            didSet { leeway = min(max(leeway, 0), 300) }
        }
        /// Most seconds between when the token was made and now, leeway aside; `nil` leaves it to the token's end.
        public var maximumAge: TimeInterval?
        /// An expectation of these parts.
        public init(
            issuer: OpenIDIssuer, audience: String, nonce: String? = nil, pinnedKeys: JSONWebKeySet? = nil, leeway: TimeInterval = 60,
            maximumAge: TimeInterval? = nil
        ) {
            self.issuer = issuer
            self.audience = audience
            self.nonce = nonce
            self.pinnedKeys = pinnedKeys
            self.leeway = min(max(leeway, 0), 300)
            self.maximumAge = maximumAge
        }
    }

    /// Where published keys come from.
    public let keys: OpenIDKeys
    let clock: WallClock

    /// A verifier over these keys.
    public init(keys: OpenIDKeys, clock: WallClock = .system) {
        self.keys = keys
        self.clock = clock
    }

    /// Checks `token`. Nothing of it is given out unless everything fits.
    ///
    /// - Throws: ``OpenIDError``.
    public func verify(_ token: Secret<String>, as expected: Expectation) async throws(OpenIDError) -> VerifiedOpenIDToken {
        let parsed = try UnverifiedToken(token)
        // First of all, so that a foreign token makes us ask nobody.
        guard Self.same(parsed.claims["iss"]?.string, expected.issuer.description) else {
            throw OpenIDError(.wrongIssuer, "the token is of another issuer")
        }
        let key: JSONWebKey
        if let pinned = expected.pinnedKeys {
            guard let found = pinned.key(parsed.keyID, for: parsed.algorithm) else {
                throw OpenIDError(.unknownKey, "the token is signed with a key that the issuer does not have")
            }
            key = found
        } else {
            key = try await keys.key(parsed.keyID, for: parsed.algorithm, of: expected.issuer)
        }
        guard key.verifies(parsed.signature, over: parsed.signed) else {
            throw OpenIDError(.badSignature, "the token's signature does not fit")
        }
        let end = try checkTimes(parsed.claims, expected)
        try checkAudience(parsed.claims, expected)
        guard let subject = parsed.claims["sub"]?.string, (1...1024).contains(subject.utf8.count) else {
            throw OpenIDError(.missingClaim, "the token does not say of whom it speaks")
        }
        return VerifiedOpenIDToken(
            issuer: expected.issuer, subject: subject, claims: parsed.claims, expiresAt: end,
            digest: Array(SHA256.hash(data: Array(token.expose().utf8))))
    }

    private func checkTimes(_ claims: JSONObject, _ expected: Expectation) throws(OpenIDError) -> Double {
        let now = clock.now().timeIntervalSince1970
        func time(_ name: String) throws(OpenIDError) -> Double? {
            guard let value = claims[name] else { return nil }
            guard let seconds = value.double, seconds.isFinite, (0...1e11).contains(seconds) else {
                throw OpenIDError(.missingClaim, "a time in the token is not one")
            }
            return seconds
        }
        // A token without an end is good for ever, which is to say stolen for ever (SPIRE 1.12.3).
        guard let end = try time("exp") else { throw OpenIDError(.missingClaim, "the token does not say when it ends") }
        guard now < end + expected.leeway else { throw OpenIDError(.expired, "the token's time is over") }
        if let start = try time("nbf"), now < start - expected.leeway { throw OpenIDError(.notYetValid, "the token is not valid yet") }
        let made = try time("iat")
        if let made, now < made - expected.leeway { throw OpenIDError(.notYetValid, "the token was made in the future") }
        if made == nil, expected.nonce != nil || expected.maximumAge != nil {
            throw OpenIDError(.missingClaim, "the token does not say when it was made")
        }
        if let made, let most = expected.maximumAge, now > made + most + expected.leeway {
            throw OpenIDError(.expired, "the token is too old")
        }
        return end
    }

    private func checkAudience(_ claims: JSONObject, _ expected: Expectation) throws(OpenIDError) {
        var audiences: [String] = []
        switch claims["aud"] {
        case .string(let one)?: audiences = [one]
        case .array(let several)?: audiences = several.prefix(64).compactMap(\.string)
        default: throw OpenIDError(.missingClaim, "the token does not say for whom it is")
        }
        guard audiences.contains(where: { Self.same($0, expected.audience) }) else {
            throw OpenIDError(.wrongAudience, "the token is not meant for this server")
        }
        guard let nonce = expected.nonce else { return }
        if audiences.count > 1 || claims["azp"] != nil {
            guard Self.same(claims["azp"]?.string, expected.audience) else {
                throw OpenIDError(.wrongAudience, "the token was given to another client")
            }
        }
        guard Self.same(claims["nonce"]?.string, nonce) else { throw OpenIDError(.wrongNonce, "the token answers another sign-in") }
    }

    private static func same(_ left: String?, _ right: String) -> Bool { left.map { Array($0.utf8) == Array(right.utf8) } ?? false }
}
