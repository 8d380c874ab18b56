import ArgumentParser
import Basics
import HTTPTransport
import WireProtocol

/// `cloudryption mfa`
struct SecondFactorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mfa", abstract: "Your second factor.",
        subcommands: [State.self, Enrol.self, Confirm.self, Codes.self, Drop.self], defaultSubcommand: State.self)

    struct State: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "status", abstract: "Which second factors you have.")
        @Option(help: "How to write: table or json.") var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let body = try await client.get(API.Routes.secondFactors)
            if output == .json { return try ReadingOptions.write(body) }
            let factors = try client.decode(API.SecondFactors.self, body)
            Terminal.print("authenticator app  \(factors.app ? "in force" : "none")")
            Terminal.print("recovery codes     \(factors.recoveryCodes)")
            Terminal.print("passkeys           \(factors.passkeys.count)")
        }
    }

    struct Enrol: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enrol", abstract: "Make a secret for an authenticator app, and put it in force with the app's first code.")
        @Option(help: "How to write: table or json; with json the secret is written, and cloudryption mfa confirm puts it in force.")
        var output: OutputForm = .table

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            if output == .json { return try ReadingOptions.write(try await client.act(.post, API.Routes.app)) }
            try await Self.enrol(client)
        }

        /// Shows the secret and asks for the first code, where there is a terminal.
        static func enrol(_ client: APIClient) async throws {
            let app = try client.decode(API.AppSecret.self, try await client.act(.post, API.Routes.app))
            Terminal.print("secret  \(DisplayText.safe(app.secret))")
            Terminal.print("uri     \(DisplayText.safe(app.uri))")
            guard let code = try APIClient.code(asking: "Code that the app shows now: ") else {
                Terminal.print("Next: cloudryption mfa confirm CODE")
                return
            }
            try await Confirm.confirm(client, code)
        }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "confirm", abstract: "Put the app in force with the code that it shows now.")
        @Argument(help: "Six digits.") var code: String

        mutating func run() async throws { try await Self.confirm(try APIClient.signedIn(), Secret(code)) }

        static func confirm(_ client: APIClient, _ code: Secret<String>) async throws {
            let body = try await client.act(.post, API.Routes.confirmApp, API.CodeRequest(code: code.expose()))
            let enrolled = try client.decode(API.Enrolled.self, body)
            _ = try client.taking(enrolled.session)
            Terminal.error("The authenticator app is in force. Keep these codes apart from it: each opens once when the app is lost.")
            for code in enrolled.recoveryCodes { Terminal.print(DisplayText.safe(code, limit: 40)) }
        }
    }

    struct Codes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "recovery-codes", abstract: "Make fresh recovery codes; those of before end.")

        mutating func run() async throws {
            let client = try APIClient.signedIn()
            let codes = try client.decode(API.RecoveryCodes.self, try await client.act(.post, API.Routes.recoveryCodes))
            for code in codes.recoveryCodes { Terminal.print(DisplayText.safe(code, limit: 40)) }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "drop", abstract: "Drop the authenticator app.")

        mutating func run() async throws {
            _ = try await APIClient.signedIn().act(.delete, API.Routes.app)
            Terminal.note("Dropped.")
        }
    }
}
