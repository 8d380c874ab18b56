import Foundation
import Testing

/// Single sign-on against another implementation's provider, as a process of its own (oidc-provider-mock from PyPI).
@Suite(.serialized, .timeLimit(.minutes(10))) struct SingleSignOnTests {
    @Test func somebodyComesInThroughTheirOwnProvider() async throws {
        let port = try freePort()
        let claims = #"{"sub":"eve-1","email":"eve@acme.example","email_verified":true,"groups":["readers"]}"#
        let provider = try RealProcess(
            Programs.python, ["-m", "oidc_provider_mock", "--port", "\(port)", "--user-claims", claims],
            environment: ["HOME": NSTemporaryDirectory()])
        let issuer = "http://127.0.0.1:\(port)"
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start(["--test-issuers"])
        try await eventually("the provider to answer") {
            guard provider.isRunning else { throw NeverHappened(description: "the provider ended: \(provider.errors.suffix(800))") }
            return try await plane.curl(["-f", issuer + "/.well-known/openid-configuration"]).status == 0
        }
        // The admin says whom to ask.
        let profile = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: plane.profile))) as? [String: Any])
        let admin = "Authorization: Bearer \(try #require(profile["token"] as? String))"
        let wish =
            #"{"issuer":"\#(issuer)","clientID":"cloudryption","clientSecret":"kept here","roleClaim":"groups","roles":{"readers":"viewer"}}"#
        let configured = try plane.object(
            try await plane.curl([
                "-f", "-X", "PUT", "-H", admin, "-H", "Content-Type: application/json", "-d", wish, plane.address + "/api/v1/sign-on",
            ]))
        let redirect = try #require(configured["redirectURI"] as? String)
        let tenant = try #require(redirect.split(separator: "/").dropLast().last)
        let jar = plane.folder.appending(path: "jar").path

        /// Where an answer leads.
        func location(_ arguments: [String]) async throws -> String {
            let outcome = try await plane.curl(["-o", "/dev/null", "-w", "%{http_code} %{redirect_url}"] + arguments)
            let parts = outcome.output.split(separator: " ").map(String.init)
            try #require(parts.count == 2, "\(arguments.last ?? ""): \(outcome.output) \(outcome.errors)")
            return parts[1]
        }
        let ask = try await location(["-c", jar, "\(plane.address)/sso/\(tenant)?next=/runs"])
        #expect(ask.hasPrefix(issuer) && ask.contains("code_challenge_method=S256"))
        let back = try await location(["-d", "sub=eve-1", ask])
        #expect(back.hasPrefix(redirect))
        // Another browser cannot take the answer, and spends it.
        let stolen = try await plane.curl(["-o", "/dev/null", "-w", "%{http_code}", back])
        #expect(stolen.output == "401")
        // The browser that began is let in, once.
        let again = try await location(["-b", jar, "-c", jar, "\(plane.address)/sso/\(tenant)?next=/runs"])
        let answer = try await location(["-d", "sub=eve-1", again])
        #expect(try await location(["-b", jar, "-c", jar, answer]) == plane.address + "/runs")
        let me = try plane.object(try await plane.curl(["-f", "-b", jar, plane.address + "/api/v1/me"]))
        #expect(me["email"] as? String == "eve@acme.example" && me["role"] as? String == "viewer" && me["stage"] as? String == "full")
        #expect(try await plane.curl(["-o", "/dev/null", "-w", "%{http_code}", "-b", jar, answer]).output == "401")
        // Whom the provider gives no role gets in nowhere.
        let third = try await location(["-b", jar, "-c", jar, "\(plane.address)/sso/\(tenant)"])
        let nobody = try await location(["-d", "sub=mallory", third])
        #expect(try await plane.curl(["-o", "/dev/null", "-w", "%{http_code}", "-b", jar, nobody]).output == "401")
        let audit = try await plane.cli(["audit"])
        #expect(audit.output.contains("signOnFailed") && audit.output.contains("signOnConfigured"), "\(audit.errors)")
        try await plane.stop()
        for secret in ["kept here", try #require(URLComponents(string: answer)?.queryItems?.first { $0.name == "code" }?.value)] {
            #expect(!plane.log.contains(secret) && !audit.output.contains(secret))
        }
        provider.kill(SIGTERM)
    }
}

/// The API tried by its own description, with another implementation (schemathesis from PyPI).
@Suite(.serialized, .timeLimit(.minutes(20))) struct DescriptionTests {
    @Test func nothingAnswersWithAnErrorOfOursOrAStatusThatIsNotDescribed() async throws {
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        let profile = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: plane.profile))) as? [String: Any])
        let token = try #require(profile["token"] as? String)
        let outcome = try await RealProcess.run(
            Programs.python,
            [
                "-m", "schemathesis.cli", "run", plane.address + "/api/v1/openapi.json", "--tls-verify", plane.data + "/tls/ca.pem", "-H",
                "Authorization: Bearer \(token)", "--checks", "not_a_server_error,status_code_conformance,content_type_conformance",
                "--phases", "coverage,fuzzing", "--max-examples", "6", "--rate-limit", "35/s", "--seed", "1", "--no-color",
                "--exclude-operation-id",
                "signOut", "--suppress-health-check", "all", "--generation-database", "none", "--continue-on-failure",
            ], environment: ["HOME": plane.folder.path], limit: .seconds(900))
        #expect(outcome.status == 0, "\(outcome.output.suffix(6000))\n\(outcome.errors.suffix(1000))")
        try await plane.stop()
    }
}
