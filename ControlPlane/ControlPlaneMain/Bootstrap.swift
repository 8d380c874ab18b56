import ArgumentParser
import Basics
import ControlPlaneCore
import ControlPlaneStore
import EnrolmentCA
import FoundationEssentials
import WireProtocol

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Bring the database to this program's version.")

    @OptionGroup var data: DataOption

    func run() async throws {
        let store = try await data.openStore(DataFolder(data.path), now: Date())
        let versions = try await store.migrate()
        try await store.close()
        print(versions.from == versions.to ? "at version \(versions.to)" : "from version \(versions.from) to \(versions.to)")
    }
}

struct Bootstrap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a tenant, an environment and an admin; what is there stays.",
        discussion: "Prints the admin's one-time password when the admin is new. It is shown once.")

    @OptionGroup var data: DataOption
    @Option(help: "Name of the tenant.") var tenant: String
    @Option(help: "Name of the environment.") var environment: String
    @Option(help: "The admin's e-mail address.") var admin: String
    @Flag(help: "Print one JSON object.") var json = false
    @Option(help: ArgumentHelp("Write a signed-in profile for the cloudryption command line, 0600.", valueName: "file"))
    var cliProfile: String?
    @Option(help: ArgumentHelp("Name under which the command line reaches the server.", valueName: "name"))
    var consoleName = "localhost"
    @Option(help: ArgumentHelp("Port under which the command line reaches the server.", valueName: "port"))
    var consolePort = 8443

    private struct Answer: Encodable {
        var caPin: String
        var oneTimePassword: String?
        var environment: String
        var tenant: String
        var admin: String

        enum CodingKeys: String, CodingKey { case caPin, oneTimePassword, environment, tenant, admin }
        /// The password is there even when there is none: whoever reads this looks for the name.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(caPin, forKey: .caPin)
            try container.encode(oneTimePassword, forKey: .oneTimePassword)
            try container.encode(environment, forKey: .environment)
            try container.encode(tenant, forKey: .tenant)
            try container.encode(admin, forKey: .admin)
        }
    }

    mutating func validate() throws {
        guard (1...65535).contains(consolePort) else { throw ValidationError("--console-port: 1 to 65535") }
    }

    func run() async throws {
        let installation = try await Installation(data)
        let services = try installation.operatorServices()
        let made = try await services.tenancy.bootstrap(tenant: tenant, environment: environment, admin: admin)
        let pin = services.enrolment.authorityPin
        if let cliProfile {
            let signedIn = try await services.signIn.operatorSession(email: made.admin)
            let host = consoleName.utf8.contains(UInt8(ascii: ":")) ? "[\(consoleName)]" : consoleName
            let profile = API.Profile(
                server: "https://\(host):\(consolePort)", ca: try installation.authority.current().serving.rootPEM,
                token: signedIn.token.expose())
            try SafeFile.write(try WireJSON.encode(profile), to: cliProfile, mode: 0o600)
        }
        try await installation.close()
        if json {
            let answer = Answer(
                caPin: pin, oneTimePassword: made.oneTimePassword?.expose(), environment: made.environment.id.description,
                tenant: made.tenant.id.description, admin: made.admin)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(answer), as: UTF8.self))
        } else {
            print("tenant        \(made.tenant.name) (\(made.tenant.id))")
            print("environment   \(made.environment.name) (\(made.environment.id))")
            print("admin         \(made.admin)")
            if let password = made.oneTimePassword {
                print("password      \(password.expose())   (once; you choose your own when you sign in)")
            }
            print("ca pin        \(pin)")
        }
    }
}

struct NewEnrolmentToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrolment-token", abstract: "Print a one-time token with which one agent can enrol within an hour.")

    @OptionGroup var data: DataOption
    @Option(help: "Name or identifier of the tenant; may be left out when there is one.") var tenant: String?
    @Option(help: "Name or identifier of the environment.") var environment: String

    func run() async throws {
        let installation = try await Installation(data)
        let services = try installation.operatorServices()
        let found = try await services.tenancy.environment(environment, tenant: tenant)
        let issued = try await services.enrolment.issueTokenAsOperator(for: found)
        try await installation.close()
        print(issued.token.expose())
    }
}

struct NewEnrolmentRule: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrolment-rule", abstract: "Make a rule by which agents enrol without a token.",
        discussion: "The condition is a JSON file: see ControlPlane/Docs/enrolment.")

    @OptionGroup var data: DataOption
    @Option(help: "Name or identifier of the tenant; may be left out when there is one.") var tenant: String?
    @Option(help: "Name or identifier of the environment.") var environment: String
    @Option(help: "aws-iam or oidc.") var method: String
    @Option(help: ArgumentHelp("What agents have to show.", valueName: "file")) var condition: String
    @Flag(help: "Somebody has to approve each agent before it is live.") var approval = false
    @Flag(help: "For tests: issuers may be on loopback.") var testIssuers = false

    func run() async throws {
        let document = try SafeFile.read(condition, limit: 1 << 20)
        let installation = try await Installation(data)
        let services = try installation.operatorServices(issuers: testIssuers ? .loopbackToo : .standard)
        let found = try await services.tenancy.environment(environment, tenant: tenant)
        let rule = try await services.fleet.makeRuleAsOperator(
            for: found, try EnrolmentRule.condition(method, document), needsApproval: approval)
        try await installation.close()
        print("rule         \(rule.id)")
        print("tenant       \(found.tenant)")
        print("environment  \(found.id)")
        print("audience     \(EnrolmentService.audience(of: found.tenant))")
    }
}

extension Installation {
    /// The services for a command that listens to nobody and so needs no server certificate.
    func operatorServices(issuers: OpenIDIssuer.Policy = .standard) throws -> ControlPlaneServices {
        try ControlPlaneServices(
            store: store, data: data, authority: authority, master: master,
            tls: ListenerIdentity(certificates: [], privateKeyFile: "", agentAuthorities: []), outside: Outside(issuers: issuers),
            gatewayURL: "", consoleURL: "")
    }
}
