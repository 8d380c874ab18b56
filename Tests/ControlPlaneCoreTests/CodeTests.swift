import Basics
import Foundation
import Testing

@testable import ControlPlaneCore

@Suite struct CodeTests {
    /// RFC 6238 appendix B.
    static let vectors: [(time: Double, sha1: String, sha256: String, sha512: String)] = [
        (59, "94287082", "46119246", "90693936"), (1_111_111_109, "07081804", "68084774", "25091201"),
        (1_111_111_111, "14050471", "67062674", "99943326"), (1_234_567_890, "89005924", "91819424", "93441116"),
        (2_000_000_000, "69279037", "90698825", "38618901"), (20_000_000_000, "65353130", "77737706", "47863826"),
    ]

    @Test(arguments: vectors.indices) func makesTheCodesOfTheStandard(_ index: Int) {
        let vector = Self.vectors[index]
        let digits = Array("12345678901234567890123456789012345678901234567890123456789012345678".utf8)
        let step = TOTP.step(at: Date(timeIntervalSince1970: vector.time))
        #expect(TOTP.code(Array(digits.prefix(20)), step: step, digits: 8) == vector.sha1)
        #expect(TOTP.code(Array(digits.prefix(32)), step: step, digits: 8, hash: .sha256) == vector.sha256)
        #expect(
            TOTP.code(Array("1234567890123456789012345678901234567890123456789012345678901234".utf8), step: step, digits: 8, hash: .sha512)
                == vector.sha512)
    }

    /// RFC 4226 appendix D.
    @Test func makesTheCodesOfTheStandardBelowIt() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
        ]
        for (step, code) in codes.enumerated() { #expect(TOTP.code(Array("12345678901234567890".utf8), step: UInt64(step)) == code) }
    }

    private let secret = Array("12345678901234567890".utf8)
    private let now = Date(timeIntervalSince1970: 1_790_000_010)
    private var step: UInt64 { TOTP.step(at: now) }

    @Test func takesACodeOfOneStepBeforeOrAfterAndNoneFurther() {
        for (offset, good) in [(-3, false), (-2, false), (-1, true), (0, true), (1, true), (2, false), (3, false)] {
            let of = UInt64(Int64(step) + Int64(offset))
            #expect(TOTP.match(TOTP.code(secret, step: of), secret, at: now, after: nil) == (good ? of : nil), "\(offset)")
        }
        #expect(TOTP.match(TOTP.code(Array("another secret of 20".utf8), step: step), secret, at: now, after: nil) == nil)
    }

    /// CVE-2025-6014: a code that was taken can be taken again within its window.
    @Test func takesNoCodeTwiceAndNoneFromBeforeOneThatWasTaken() {
        #expect(TOTP.match(TOTP.code(secret, step: step), secret, at: now, after: step) == nil)
        #expect(TOTP.match(TOTP.code(secret, step: step - 1), secret, at: now, after: step) == nil)
        #expect(TOTP.match(TOTP.code(secret, step: step), secret, at: now, after: step - 1) == step)
        #expect(TOTP.match(TOTP.code(secret, step: step + 1), secret, at: now, after: step) == step + 1)
    }

    @Test(arguments: ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "+12345", " 12345", "0x1234"])
    func takesNothingThatIsNotSixDigits(_ code: String) {
        #expect(TOTP.match(code, secret, at: now, after: nil) == nil)
    }

    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
    ])
    func writesBase32(_ text: String, _ encoded: String) { #expect(Base32.encode(Array(text.utf8)) == encoded) }

    @Test func tellsTheAppEverything() {
        let uri = TOTP.uri(secret, account: "a&b@acme.example")
        #expect(
            uri
                == "otpauth://totp/Cloudryption:a%26b%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Cloudryption&algorithm=SHA1&digits=6&period=30"
        )
    }

    @Test func recoveryCodesAreLongAndBelongToOnePerson() throws {
        let (one, other) = (UserID.random(), UserID.random())
        let code = RecoveryCode.fresh()
        #expect(code.expose().utf8.count == 19)
        let digest = try #require(RecoveryCode.digest(code, of: one))
        #expect(RecoveryCode.digest(Secret(code.expose().uppercased().replacing("-", with: " ")), of: one) == digest)
        #expect(RecoveryCode.digest(code, of: other) != digest)
        for bad in ["", "123456", String(code.expose().dropLast()), code.expose() + "x", "ilou-ilou-ilou-ilou"] {
            #expect(RecoveryCode.digest(Secret(bad), of: one) == nil, "\(bad)")
        }
        #expect(Set((0..<100).map { _ in RecoveryCode.fresh().expose() }).count == 100)
    }
}

@Suite struct CommonPasswordTests {
    @Test(arguments: [
        "password1234", "Password123!", "P@ssw0rd2024!", "123456789012", "1234567890123456", "qwertyuiop12", "passwordpassword",
        "letmeinletmein", "!!!Welcome!!!", "cloudryption1", "Cloudryption-2026", "!@#$%^&*()_+", "1q2w3e4r5t6y", "administrator99",
    ]) func areRefused(_ password: String) { #expect(CommonPasswords.contains(password)) }

    @Test(arguments: [
        "correct horse battery", "a much better one", "right horse battery", "Quickstart-Password-1!", "x9#kfm2!pzQw",
        "blauer Wal im Regal",
        "пароль длинный очень", "83610274650192837465",
    ]) func areNotSeenWhereThereIsNone(_ password: String) { #expect(!CommonPasswords.contains(password)) }
}

@Suite struct RateLimiterTests {
    private let start = Date(timeIntervalSince1970: 1_790_000_000)

    @Test func givesABurstThenSoManyASecondToEach() {
        let limiter = RateLimiter(burst: 3, perSecond: 0.5)
        for _ in 0..<3 { #expect(limiter.take("a", at: start) == nil) }
        #expect(limiter.take("a", at: start) == 2)
        #expect(limiter.take("b", at: start) == nil)
        #expect(limiter.take("a", at: start + 2) == nil)
        #expect(limiter.take("a", at: start + 2) != nil)
        limiter.giveBack("a")
        #expect(limiter.take("a", at: start + 2) == nil)
        // Never more than the burst, and nothing for a clock that went back.
        for _ in 0..<3 { #expect(limiter.take("a", at: start + 1000) == nil) }
        #expect(limiter.take("a", at: start + 1000) != nil)
        #expect(limiter.take("a", at: start) != nil)
    }

    @Test func aFloodOfKeysCostsNoMemoryAndGetsNoMore() {
        let limiter = RateLimiter(burst: 2, perSecond: 0.001)
        for index in 0..<RateLimiter.mostKeys { _ = limiter.take("\(index)", at: start) }
        #expect(limiter.take("x", at: start) == nil && limiter.take("y", at: start) == nil)
        #expect(limiter.take("z", at: start) != nil)
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8::7", "2001:db8:0:0::/64"),
        ("::1", "0:0:0:0::/64"),
        ("unknown", "unknown"),
    ]) func oneNetworkIsOneSource(_ source: String, _ key: String) { #expect(RateLimiter.key(source: source) == key) }
}

@Suite struct ScopeTests {
    @Test func aScopeIsWhatItsTextSaysAndNothingOpensByAccident() throws {
        let (one, two) = (EnvironmentID.random(), EnvironmentID.random())
        for scope in [EnvironmentScope.all, .only([]), .only([one]), .only([one, two])] { #expect(EnvironmentScope(scope.text) == scope) }
        for text in ["all", "**", "* ", "x", "\(one) ", "\(one);\(two)"] { #expect(EnvironmentScope(text) == nil, "\(text)") }
        #expect(EnvironmentScope("") == .only([]))
        #expect(!EnvironmentScope.only([]).contains(one) && EnvironmentScope.all.contains(one))
        #expect(EnvironmentScope.only([one, two]).intersection(.only([two])) == .only([two]))
        #expect(EnvironmentScope.all.intersection(.only([])) == .only([]))
    }
}
