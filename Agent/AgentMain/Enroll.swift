import AgentCore
import ArgumentParser
import Basics
import Glibc
import HTTPTransport
import WireProtocol

struct Enroll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a key and turns a one-time token into this agent's identity.")

    @Option(help: "The control plane's address, https://HOST:PORT.")
    var server: String
    @Option(help: "The one-time token; better in CLOUDRYPTION_ENROLMENT_TOKEN or a file, where other users of this machine cannot see it.")
    var token: String?
    @Option(help: "A file that holds the one-time token.")
    var tokenFile: String?
    @Option(help: "The SHA-256 of the control plane's authority key, sha256:HEX; the console shows it beside the token.")
    var caPin: String
    @Flag(help: "Gives up the identity that the folder holds.")
    var replace = false
    @OptionGroup var stateOptions: StateOptions

    func run() async throws {
        let address = try ServerAddress(server)
        let pin = try KeyPin(caPin)
        let secret = try readToken()
        let folder = try StateFolder(creating: try stateOptions.path(creating: true))
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        guard replace || !folder.isEnrolled else {
            throw AgentError(.alreadyEnrolled, "\(folder.path) holds an identity already; --replace gives it up")
        }
        let identity = try await Enrolment(transport: { configuration throws(HTTPError) in try HTTPClient(configuration: configuration) })
            .enrol(server: address, token: secret, pin: pin, host: .current())
        try folder.save(identity)
        Terminal.print("enrolled as agent \(identity.name.agent) of environment \(identity.name.environment)")
        Terminal.print("the certificate is valid until \(AgentClock.text(identity.notAfter)) and renewed by cloudryption-agent run")
    }

    private func readToken() throws -> Secret<String> {
        let text: String
        if let token {
            text = token
        } else if let tokenFile {
            text = String(decoding: try SafeFile.read(tokenFile, limit: 4096), as: UTF8.self)
        } else if let given = Environment.all["CLOUDRYPTION_ENROLMENT_TOKEN"] {
            text = given
        } else {
            throw ValidationError("a token is needed: --token, --token-file or CLOUDRYPTION_ENROLMENT_TOKEN")
        }
        let token = text.utf8.filter { $0 > 0x20 }
        guard !token.isEmpty, token.count <= 512, token.allSatisfy({ $0 < 0x7F }) else {
            throw AgentError(.invalidArgument, "the token is empty or not one")
        }
        return Secret(String(decoding: token, as: UTF8.self))
    }
}
