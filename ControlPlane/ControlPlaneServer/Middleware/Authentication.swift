import Basics
import ControlPlaneCore
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import WireProtocol

/// Finds the caller by bearer token or cookie, before anything of the request's body is read.
struct Authentication: RouterMiddleware {
    let signIn: any SigningIn

    func handle(_ request: Request, context: SiteContext, next: (Request, SiteContext) async throws -> Response) async throws -> Response {
        var context = context
        context.caller = try await caller(request)
        return try await next(request, context)
    }

    /// Who asks; `nil` when the request shows nothing.
    func caller(_ request: Request) async throws -> Caller? {
        if let bearer = try Self.bearer(request) {
            return Caller(session: try await signIn.authenticate(bearer), token: bearer, byCookie: false)
        }
        guard let cookie = SessionCookie.token(request) else { return nil }
        let caller = Caller(session: try await signIn.authenticate(cookie), token: cookie, byCookie: true)
        guard request.method == .get || request.method == .head || RequestOrigin.isOurs(request) else { throw Self.foreignOrigin }
        return caller
    }

    static let foreignOrigin = Refusal(.forbidden, "auth.foreignOrigin", "This request did not come from a page of ours.")

    private static func bearer(_ request: Request) throws -> Secret<String>? {
        guard let header = request.headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", SessionCookie.isToken(parts[1]) else { throw Refusal.notSignedIn }
        return Secret(String(parts[1]))
    }
}

/// The browser's copy of a session's secret: `__Host-`, so no other host or path can set it.
enum SessionCookie {
    static let name = "__Host-session"

    /// The token, when there is exactly one such cookie of the right shape.
    static func token(_ request: Request, named name: String = name) -> Secret<String>? {
        var found: [Substring] = []
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2, parts[0].utf8.elementsEqual(name.utf8) { found.append(parts[1]) }
            }
        }
        guard found.count == 1, let token = found.first, isToken(token) else { return nil }
        return Secret(String(token))
    }

    static func isToken(_ text: some StringProtocol) -> Bool {
        (1...256).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "~")
            }
    }

    static func set(_ token: Secret<String>, seconds: Int) -> String {
        "\(name)=\(token.expose()); Path=/; Max-Age=\(max(seconds, 0)); Secure; HttpOnly; SameSite=Lax"
    }
    static let clear = "\(name)=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"
}

/// Whether a browser sent a request for a page of ours. Sec-Fetch-Site decides; browsers without it send Origin with every unsafe request.
enum RequestOrigin {
    static func isOurs(_ request: Request) -> Bool {
        if let name = HTTPField.Name("sec-fetch-site"), let site = request.headers[name] {
            return site.utf8.elementsEqual("same-origin".utf8)
        }
        guard let origin = request.headers[.origin], let host = request.head.authority, !host.isEmpty else { return false }
        return origin.lowercased().utf8.elementsEqual("https://\(host.lowercased())".utf8)
    }
}

/// A token that only a page rendered for this session can hold: an HMAC whose key is the session's secret.
enum FormToken {
    private static let purpose = Array("cloudryption form token 1".utf8)

    static func make(_ session: Secret<String>) -> String {
        Hex.encode(HMAC<SHA256>.authenticationCode(for: purpose, using: SymmetricKey(data: Array(session.expose().utf8))))
    }

    static func check(_ text: String?, _ session: Secret<String>) throws {
        guard let text, let bytes = Hex.decode(text),
            HMAC<SHA256>.isValidAuthenticationCode(
                bytes, authenticating: purpose, using: SymmetricKey(data: Array(session.expose().utf8)))
        else { throw Refusal(.forbidden, "auth.badFormToken", "The form is stale. Load the page again.") }
    }
}
