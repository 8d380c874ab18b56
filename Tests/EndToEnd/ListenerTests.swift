import Foundation
import Testing

/// What the listeners speak, asked from outside.
@Suite struct ListenerTests {
    /// No protocol below TLS 1.2, and of TLS 1.2 only suites with forward secrecy and authenticated encryption, on both listeners.
    @Test func theListenersSpeakNoWeakTLS() async throws {
        let plane = try ControlPlane()
        try await plane.bootstrap()
        try await plane.start()
        let openssl = URL(filePath: "/usr/bin/openssl")
        for port in [plane.listen, plane.gateway] {
            func handshake(_ arguments: [String]) async throws -> String {
                let outcome = try await RealProcess.run(
                    openssl, ["s_client", "-connect", "127.0.0.1:\(port)", "-brief"] + arguments, input: "")
                return outcome.output + outcome.errors
            }
            for version in ["-tls1", "-tls1_1"] {
                #expect(
                    !(try await handshake([version, "-cipher", "ALL:@SECLEVEL=0"])).contains("CONNECTION ESTABLISHED"), "\(port) \(version)"
                )
            }
            // The gateway ends a TLS 1.2 handshake that brings no certificate before the client knows of a suite.
            if port == plane.listen {
                #expect(try await handshake(["-tls1_2"]).contains("ECDHE-ECDSA-AES256-GCM-SHA384"))
            }
            #expect(
                !(try await handshake(["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0"]))
                    .contains("CONNECTION ESTABLISHED"), "\(port)")
            #expect(try await handshake(["-tls1_3"]).contains("TLSv1.3"), "\(port)")
        }
        // A scanner's opinion too: Debian's sslscan, which Deploy/test installs.
        let scanner = URL(filePath: "/usr/bin/sslscan")
        try #require(FileManager.default.isExecutableFile(atPath: scanner.path), "install the Debian package sslscan")
        for port in [plane.listen, plane.gateway] {
            let report = try await RealProcess.run(scanner, ["--no-colour", "127.0.0.1:\(port)"]).output
            #expect(report.contains("TLSv1.2   enabled") && report.contains("TLSv1.3   enabled"), "\(report)")
            for old in ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"] {
                #expect(report.split(separator: "\n").contains { $0.hasPrefix(old) && $0.hasSuffix("disabled") }, "\(old)")
            }
            for line in report.split(separator: "\n")
            where line.contains("bits") && (line.contains("Accepted") || line.contains("Preferred")) {
                #expect(line.contains("GCM") || line.contains("CHACHA20"), "\(line)")
            }
        }
    }
}
