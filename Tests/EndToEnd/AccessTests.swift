import Crypto
import Foundation
import Testing

/// What an authenticator app does (RFC 6238), written once more: the server's own is not asked.
enum AuthenticatorApp {
    static func code(_ secret: String, at time: Date = Date()) throws -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var bits = ""
        for letter in secret {
            let value = try #require(letters.firstIndex(of: letter))
            let text = String(value, radix: 2)
            bits += String(repeating: "0", count: 5 - text.count) + text
        }
        var key = Data()
        var rest = Substring(bits)
        while rest.count >= 8 {
            key.append(try #require(UInt8(rest.prefix(8), radix: 2)))
            rest = rest.dropFirst(8)
        }
        let step = UInt64(time.timeIntervalSince1970 / 30)
        let message = withUnsafeBytes(of: step.bigEndian) { Data($0) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: key)))
        let offset = Int(mac[19] & 15)
        let value = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let text = String(value % 1_000_000)
        return String(repeating: "0", count: 6 - text.count) + text
    }
}

extension ControlPlane {
    /// Runs `cloudryption` with a profile of its own, as somebody at another machine.
    func cli(_ arguments: [String], profile name: String, input: String? = nil, environment: [String: String] = [:]) async throws
        -> RealProcess.Outcome
    {
        let profile = folder.appending(path: "\(name).json").path
        return try await RealProcess.run(
            Programs.cli, arguments, environment: ["HOME": folder.path, "CLOUDRYPTION_PROFILE": profile].merging(environment) { $1 },
            input: input)
    }

    func object(_ outcome: RealProcess.Outcome) throws -> [String: Any] {
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    /// Runs the server's command line, as its operator.
    func operate(_ arguments: [String], environment: [String: String] = [:]) async throws -> RealProcess.Outcome {
        try await RealProcess.run(
            Programs.server, arguments + ["--data", data], environment: surroundings.merging(environment) { $1 })
    }
}

/// People, roles, tokens and the log with real processes over TLS.
@Suite(.serialized, .timeLimit(.minutes(10))) struct AccessTests {
    @Test func anAdminSignsInEnrolsAndManagesPeople() async throws {
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        let once = try #require(plane.passwords["Acme"])
        let login = [
            "login", "--server", plane.address, "--ca-pin", plane.pin, "--user", "admin@acme.example", "--password-stdin",
        ]
        let password = "a long enough sentence"
        let first = try await plane.cli(login, profile: "admin", input: "\(once)\n\(password)\n")
        #expect(first.status == 0 && first.errors.contains("cloudryption mfa enrol"), "\(first.errors)")
        // With the password alone there is nothing to see.
        let refused = try await plane.cli(["status"], profile: "admin")
        #expect(refused.status == 1 && refused.errors.contains("second factor"), "\(refused.errors)")
        let app = try plane.object(try await plane.cli(["mfa", "enrol", "--output", "json"], profile: "admin"))
        let secret = try #require(app["secret"] as? String)
        let confirmed = try await plane.cli(["mfa", "confirm", try AuthenticatorApp.code(secret)], profile: "admin")
        #expect(confirmed.status == 0, "\(confirmed.errors)")
        let codes = confirmed.output.split(separator: "\n").map(String.init)
        #expect(codes.count == 10)
        let me = try plane.object(try await plane.cli(["whoami", "--output", "json"], profile: "admin"))
        #expect(me["role"] as? String == "tenantAdmin" && me["stage"] as? String == "full")

        // Others: a viewer with a password of their own, and a program.
        let made = try plane.object(
            try await plane.cli(["users", "create", "eve@acme.example", "--role", "viewer", "--output", "json"], profile: "admin"))
        let theirs = try #require(made["oneTimePassword"] as? String)
        let eve = [
            "login", "--server", plane.address, "--ca-pin", plane.pin, "--user", "eve@acme.example", "--password-stdin",
        ]
        #expect(try await plane.cli(eve, profile: "eve", input: "\(theirs)\nanother long sentence\n").status == 0)
        #expect(try await plane.cli(["status"], profile: "eve").status == 0)
        for command in [["users"], ["tokens"], ["audit"], ["users", "create", "x@acme.example", "--role", "viewer"]] {
            let outcome = try await plane.cli(command, profile: "eve")
            #expect(outcome.status == 1 && outcome.errors.contains("auth.forbidden"), "\(command): \(outcome.errors)")
        }
        #expect(try await plane.cli(["users", "create", "ci@acme.example", "--role", "serviceAccount"], profile: "admin").status == 0)
        let token = try plane.object(
            try await plane.cli(
                ["tokens", "create", "pipeline", "--account", "ci@acme.example", "--scope", "readResults", "--output", "json"],
                profile: "admin"))
        let bearer = try #require(token["secret"] as? String)
        func asProgram(_ path: String) async throws -> String {
            try await plane.curl(
                ["-o", "/dev/null", "-w", "%{http_code}", "-H", "Authorization: Bearer \(bearer)", plane.address + path]
            ).output
        }
        #expect(try await asProgram("/api/v1/environments") == "200")
        #expect(try await asProgram("/api/v1/agents") == "403")
        let id = try #require((token["token"] as? [String: Any])?["id"] as? String)
        #expect(try await plane.cli(["tokens", "revoke", id], profile: "admin").status == 0)
        #expect(try await asProgram("/api/v1/environments") == "401")

        // What was done is on record, and no secret is.
        let audit = try await plane.cli(["audit"], profile: "admin")
        for act in ["signedIn", "secondFactorEnrolled", "userCreated", "tokenCreated", "tokenRevoked"] {
            #expect(audit.output.contains(act), "\(act)")
        }
        for secret in [secret, bearer, once, theirs, password] + codes { #expect(!audit.output.contains(secret)) }

        // The next sign-in wants a code, takes each once, and a recovery code too.
        let recovery = try #require(codes.first)
        #expect(try await plane.cli(login, profile: "again", input: "\(password)\n000000\n").status == 1)
        #expect(try await plane.cli(login + ["--code", recovery], profile: "again", input: "\(password)\n").status == 0)
        #expect(try await plane.cli(login + ["--code", recovery], profile: "again", input: "\(password)\n").status == 1)
        // The operator resets what was lost; then it begins anew.
        #expect(try await plane.operate(["user", "reset-mfa", "admin@acme.example"]).status == 0)
        #expect(try await plane.cli(["users"], profile: "admin").status == 1)
        let list = try await plane.operate(["user", "list", "--json"])
        #expect(list.output.contains("eve@acme.example"), "\(list.errors)")
        for command in [["healthz"], ["readyz"], ["api/v1/openapi.json"]] {
            #expect(try await plane.curl(["-f", plane.address + "/" + command[0]]).status == 0, "\(command)")
        }
        try await plane.stop()
        for secret in [bearer, once, theirs, password, secret] + codes { #expect(!plane.log.contains(secret)) }
    }
}
