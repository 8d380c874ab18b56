import ArgumentParser
import Basics
import Crypto
import FoundationEssentials
import HTTPTransport
import SwiftASN1
import WireProtocol
import X509

/// `cloudryption login`
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Sign in to a server and remember it.")

    @Option(help: "The server's address, such as https://cloudryption.example:8443.") var server: String
    @Option(help: "File with the CA that the server's certificate is checked against, PEM.") var ca: String?
    @Option(help: "SHA-256 of the server's CA key, as sha256:HEX; the console and bootstrap show it.") var caPin: String?
    @Option(help: "Who signs in.") var user: String
    @Flag(help: "Read the password from the first line of stdin, and a new one, where it has to be changed, from the second.")
    var passwordStdin = false
    @Option(help: "The code of your authenticator app, or a recovery code; without it, it is asked for where it is needed.")
    var code: String?

    mutating func validate() throws {
        if ca != nil, caPin != nil { throw ValidationError("--ca and --ca-pin: give one of them") }
        if let caPin, Pin(caPin) == nil { throw ValidationError("--ca-pin is sha256: and 64 hexadecimal digits") }
    }

    mutating func run() async throws {
        let server = try ServerAddress(server).text
        let authority = try await authority(server)
        let trust: HTTPConfiguration.Trust = authority.map { .authorities(pem: $0) } ?? .system
        let client = APIClient(http: try HTTPClient(configuration: APIClient.configuration(trust)), server: server, token: nil)
        let password = try ask("Password for \(DisplayText.safe(user, limit: 80)): ")
        let session = try await signIn(client, password)
        try ProfileFile.save(API.Profile(server: server, ca: authority ?? "", token: session.token))
        if session.stage == "enrolment" {
            guard !passwordStdin else {
                return Terminal.error("Signed in, and your role needs a second factor before anything else. Next: cloudryption mfa enrol")
            }
            Terminal.error("Your role needs a second factor. Give this to your authenticator app:")
            try await SecondFactorCommand.Enrol.enrol(try APIClient.signedIn())
        }
        Terminal.note("Signed in until \(DisplayText.safe(session.expiresAt, limit: 40)). Next: cloudryption status")
    }

    /// Signs in; asks for whatever else the server wants to see.
    private func signIn(_ client: APIClient, _ password: Secret<String>) async throws -> API.Session {
        var session: API.Session
        do {
            session = try await signIn(client, password, nil, code.map { Secret($0) })
        } catch let refusal as ServerRefusal where refusal.problem.code == AuthCode.mustChangePassword.full {
            Terminal.note("This password was given out once. Choose your own, 12 characters or more.")
            let new = try newPassword()
            do {
                session = try await signIn(client, password, new, code.map { Secret($0) })
            } catch let refusal as ServerRefusal where refusal.problem.code == AuthCode.secondFactorRequired.full {
                session = try await signIn(client, password, new, try secondFactor())
            }
        }
        guard session.stage == "secondFactor" else { return session }
        let waiting = APIClient(http: client.http, server: client.server, token: Secret(session.token))
        let wish = API.SecondFactorRequest(code: try secondFactor().expose())
        session = try client.decode(
            API.Session.self, try await waiting.send(.post, API.Routes.secondFactor, body: try WireJSON.encode(wish)))
        return session
    }

    private func secondFactor() throws -> Secret<String> {
        if passwordStdin {
            guard let line = Terminal.line() else {
                throw Ending.failure("a second factor is needed: give --code, or the code as the next line of stdin")
            }
            return Secret(line)
        }
        guard let code = try APIClient.code(asking: "Code of your authenticator app, or a recovery code: ") else {
            throw Ending.failure("a second factor is needed: give --code")
        }
        return code
    }

    private func signIn(
        _ client: APIClient, _ password: Secret<String>, _ new: Secret<String>?, _ code: Secret<String>?
    ) async throws -> API.Session {
        let wish = API.SessionRequest(email: user, password: password.expose(), newPassword: new?.expose(), code: code?.expose())
        return try client.decode(API.Session.self, try await client.send(.post, API.Routes.session, body: try WireJSON.encode(wish)))
    }

    private func ask(_ prompt: String) throws -> Secret<String> {
        if passwordStdin {
            guard let line = Terminal.line() else { throw Ending.failure("no password on stdin") }
            return Secret(line)
        }
        guard let secret = Terminal.secret(prompt) else {
            throw Ending.failure("there is no terminal to ask for a password: use --password-stdin")
        }
        return secret
    }

    private func newPassword() throws -> Secret<String> {
        if passwordStdin {
            guard let line = Terminal.line() else {
                throw Ending.failure("the password has to be changed: give the new one as the second line of stdin")
            }
            return Secret(line)
        }
        let first = try ask("New password: ")
        guard try ask("New password again: ").expose().utf8.elementsEqual(first.expose().utf8) else {
            throw Ending.failure("the two new passwords are not the same")
        }
        return first
    }

    /// PEM of the authority to trust; `nil` for the system's.
    private func authority(_ server: String) async throws -> String? {
        if let ca {
            let bytes = try SafeFile.read(ca, limit: 1 << 20)
            guard let text = String(validating: bytes, as: UTF8.self), !Pin.certificates(text).isEmpty else {
                throw Ending.failure("\(ca) holds no certificate in PEM")
            }
            return text
        }
        guard let pin = caPin.flatMap({ Pin($0) }) else { return nil }
        // Nothing secret is sent here, and nothing that comes is trusted but what the pin names.
        let client = APIClient(http: try HTTPClient(configuration: APIClient.configuration(.unverified)), server: server, token: nil)
        let authorities = try client.decode(Authorities.self, try await client.get(Routes.authorities))
        guard let found = pin.find(in: authorities.certificates) else {
            throw Ending.failure("\(server): none of the server's authorities has the key of --ca-pin; this may be another server")
        }
        return found
    }
}

/// The SHA-256 of a CA's public key.
struct Pin {
    let digest: [UInt8]

    init?(_ text: String) {
        let lowered = text.lowercased()
        guard lowered.hasPrefix("sha256:"), let bytes = Hex.decode(String(lowered.dropFirst(7))), bytes.count == 32 else { return nil }
        digest = bytes
    }

    /// The certificate with this key, PEM.
    func find(in texts: [String]) -> String? {
        for text in texts.prefix(8) {
            for certificate in Self.certificates(text) {
                var serializer = DER.Serializer()
                guard (try? serializer.serialize(certificate.publicKey)) != nil,
                    Array(SHA256.hash(data: serializer.serializedBytes)) == digest, let pem = try? certificate.serializeAsPEM()
                else { continue }
                return pem.pemString + "\n"
            }
        }
        return nil
    }

    static func certificates(_ pem: String) -> [Certificate] {
        ((try? PEMDocument.parseMultiple(pemString: pem)) ?? []).compactMap { try? Certificate(pemDocument: $0) }
    }
}

/// `cloudryption logout`
struct Logout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End the session and forget it.")

    mutating func run() async throws {
        let client = try APIClient.signedIn()
        do {
            _ = try await client.send(.delete, API.Routes.session)
        } catch let refusal as ServerRefusal where refusal.problem.status == 401 {
            // It had ended already.
        }
        try ProfileFile.remove()
        Terminal.note("Signed out.")
    }
}
