import AgentCollectors
import AgentCore
import ArgumentParser
import Basics
import HTTPTransport
import WireProtocol

struct Enroll: AsyncParsableCommand {
    enum Method: String, ExpressibleByArgument, CaseIterable {
        case token, oidc
        case awsIAM = "aws-iam"
    }
    static let configuration = CommandConfiguration(
        abstract: "Makes a key and proves that this agent may have an identity.",
        discussion: """
            --method token: a one-time token of the console.
            --method aws-iam: this host's AWS role, by a signed sts:GetCallerIdentity; no secret is stored or sent.
            --method oidc: a token of the platform: a Kubernetes service account, Google Cloud, Azure, GitHub.
            """)

    @Option(help: "How this agent proves that it may enrol: token, aws-iam or oidc.")
    var method: Method = .token
    @Option(help: "The control plane's address, https://HOST:PORT.")
    var server: String
    @Option(help: "The SHA-256 of the control plane's authority key, sha256:HEX; the console shows it beside token and rule.")
    var caPin: String
    @Option(help: "The one-time token; better in CLOUDRYPTION_ENROLMENT_TOKEN or a file, where other users of this machine cannot see it.")
    var token: String?
    @Option(help: "A file that holds the one-time token.")
    var tokenFile: String?
    @Option(help: "With aws-iam and oidc: the tenant's identifier.")
    var tenant: String?
    @Option(help: "With aws-iam and oidc: the environment's identifier.")
    var environment: String?
    @Flag(help: "With a token that is for one account: tells the server which account this host's AWS keys are of.")
    var withAccount = false
    @OptionGroup var openID: OpenIDOptions
    @Flag(help: "Gives up the identity that the folder holds; the agent keeps its name, and its epoch rises.")
    var replace = false
    @Flag(help: "With --replace: becomes another agent, as when the old one was revoked.")
    var asNew = false
    @OptionGroup var cloud: CloudOptions
    @OptionGroup var stateOptions: StateOptions

    mutating func validate() throws {
        switch method {
        case .token:
            guard tenant == nil, environment == nil else {
                throw ValidationError("--tenant and --environment are for aws-iam and oidc: a token says by itself where it leads")
            }
        case .awsIAM, .oidc:
            guard token == nil, tokenFile == nil else { throw ValidationError("--token and --token-file are for --method token") }
            guard tenant != nil, environment != nil else { throw ValidationError("--tenant and --environment are needed with this method") }
        }
        if method != .oidc, openID.isGiven { throw ValidationError("the --oidc options are for --method oidc") }
        guard replace || !asNew else { throw ValidationError("--as-new is for --replace") }
    }

    func run() async throws {
        let address = try ServerAddress(server)
        let pin = try KeyPin(caPin)
        // Before root's rights are given up: the files may be root's.
        let collecting = try cloud.configuration()
        let proof = try proof(collecting)
        let folder = try StateFolder(creating: try stateOptions.path(creating: true))
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        guard replace || !folder.isEnrolled else {
            throw AgentError(.alreadyEnrolled, "\(folder.path) holds an identity already; --replace gives it up")
        }
        // An identity that cannot be read proves nothing any more: then this is another agent.
        let previous = asNew ? nil : try? folder.identity()
        let account = withAccount ? try await CloudOptions.collector(collecting).identity().account : nil
        let made = try await Enrolment(transport: { configuration throws(HTTPError) in try HTTPClient(configuration: configuration) })
            .enrol(server: address, proof: proof, pin: pin, host: .current(), previous: previous, account: account)
        try folder.save(made.identity)
        Terminal.print("enrolled as agent \(made.identity.name.agent) of environment \(made.identity.name.environment)")
        Terminal.print("the certificate is valid until \(AgentClock.text(made.identity.notAfter)) and renewed by cloudryption-agent run")
        if made.isPending { Terminal.print("somebody has to approve this agent before its bundles are taken; they wait until then") }
    }

    private func proof(_ collecting: AWSCollectorConfiguration) throws -> EnrolmentProof {
        switch method {
        case .token: return .token(try readToken())
        case .oidc:
            let source = try openID.source()
            return .openID(try place()) { audience in try await source.token(for: audience) }
        case .awsIAM:
            let collector = try CloudOptions.collector(collecting)
            return .awsIAM(try place()) { binding in
                let signed = try await collector.signCallerIdentity(
                    headers: AWSIdentityProof.boundHeaders(binding), body: AWSIdentityProof.body, contentType: AWSIdentityProof.contentType)
                return AWSIdentityProof(
                    region: signed.region, accessKeyID: signed.accessKeyID, date: signed.date, sessionToken: signed.sessionToken,
                    signature: signed.signature)
            }
        }
    }

    private func place() throws -> EnrolmentPlace { try EnrolmentPlace(tenant: tenant ?? "", environment: environment ?? "") }

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
        return try TokenText.read(text, most: 512)
    }
}

/// A token without the space that files and terminals put around it.
enum TokenText {
    static func read(_ text: String, most: Int) throws(AgentError) -> Secret<String> {
        let token = text.utf8.filter { $0 > 0x20 }
        guard !token.isEmpty, token.count <= most, token.allSatisfy({ $0 < 0x7F }) else {
            throw AgentError(.invalidArgument, "the token is empty or not one")
        }
        return Secret(String(decoding: token, as: UTF8.self))
    }
}
