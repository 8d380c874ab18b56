import Crypto
import Foundation
import SwiftASN1
import TestSupport
import X509

/// A small HTTP server in Python on loopback, ended when the value goes away.
final class LoopbackServer: Sendable {
    enum TLS: Sendable { case none, standard, onlyVersion1_1, clientCertificateRequired }

    let port: Int
    let authority: TestAuthority
    private let child: Child
    private let folder: URL

    init(tls: TLS = .none) throws {
        authority = try TestAuthority()
        folder = FileManager.default.temporaryDirectory.appending(path: "transport-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.script.write(to: folder.appending(path: "server.py"), atomically: true, encoding: .utf8)
        let leaf = try authority.issue(name: "localhost")
        try (leaf.certificatePEM + leaf.keyPEM).write(to: folder.appending(path: "server.pem"), atomically: true, encoding: .utf8)
        try authority.pem.write(to: folder.appending(path: "ca.pem"), atomically: true, encoding: .utf8)
        let output = try Child.pipe()
        child = try Child("/usr/bin/env", ["python3", "server.py", "\(tls)"], in: folder.path, output: output.writing)
        try output.writing.close()
        var line = Data()
        while let byte = try output.reading.read(upToCount: 1), byte != Data([0x0A]), !byte.isEmpty { line += byte }
        guard let port = Int(String(decoding: line, as: UTF8.self)) else { throw CocoaError(.fileReadCorruptFile) }
        self.port = port
    }

    deinit {
        child.kill(SIGKILL)
        child.wait()
        try? FileManager.default.removeItem(at: folder)
    }

    func http(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
    func https(_ path: String) -> String { "https://localhost:\(port)\(path)" }

    private static let script = #"""
        import hashlib, json, socket, socketserver, ssl, sys, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        from urllib.parse import urlsplit, parse_qs
        connections = 0
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30
            def setup(self):
                global connections
                connections += 1
                super().setup()
            def log_message(self, *a): pass
            def answer(self, status, body=b"", headers=()):
                self.send_response(status)
                for n, v in headers: self.send_header(n, v)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD": self.wfile.write(body)
            def handle_one(self):
                url = urlsplit(self.path)
                query = {k: v[0] for k, v in parse_qs(url.query).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = url.path
                if path == "/echo":
                    time.sleep(float(query.get("delay", 0)))
                    self.answer(200, json.dumps({"method": self.command, "path": self.path, "size": len(body), "sha256": hashlib.sha256(body).hexdigest(),
                        "headers": [[k.lower(), v] for k, v in self.headers.items()], "connections": connections}).encode())
                elif path == "/big": self.answer(200, b"x" * int(query["n"]))
                elif path == "/chunked":
                    self.send_response(200); self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
                    for _ in range(int(query["n"])): self.wfile.write(b"400\r\n" + b"y" * 1024 + b"\r\n")
                    self.wfile.write(b"0\r\n\r\n")
                elif path == "/slow":
                    self.send_response(200); self.send_header("Content-Length", "1000"); self.end_headers()
                    for _ in range(100): self.wfile.write(b"z"); self.wfile.flush(); time.sleep(0.1)
                elif path == "/hang": time.sleep(20)
                elif path == "/redirect": self.answer(302, b"", [("Location", "/echo")])
                elif path == "/refuse": self.answer(429, b"{}", [("Retry-After", "7"), ("X-Empty", "")])
                elif path == "/garbage": self.wfile.write(b"\x00\x01\x02 nonsense\r\n\r\n"); self.close_connection = True
                elif path == "/break":
                    self.send_response(200); self.send_header("Content-Length", "1000"); self.end_headers()
                    self.wfile.write(b"half"); self.close_connection = True
                elif path == "/interim":
                    self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
                    self.answer(200, b"final", [("X-Final", "yes")])
                elif path == "/head":
                    self.send_response(200)
                    for i in range(200): self.send_header("X-%d" % i, "h" * 4000)
                    self.send_header("Content-Length", "0"); self.end_headers()
                else: self.answer(404, b"{}")
            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one
        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512
            def handle_error(self, *a): pass
        mode = sys.argv[1]
        server = Server(("127.0.0.1", 0), Handler)
        if mode != "none":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("server.pem")
            if mode == "onlyVersion1_1":
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            if mode == "clientCertificateRequired":
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations("ca.pem")
            class Late(Server):
                def get_request(self):
                    s, a = super().get_request()
                    return context.wrap_socket(s, server_side=True, do_handshake_on_connect=False), a
            server.server_close()
            server = Late(("127.0.0.1", 0), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """#
}

/// A throw-away certificate authority.
struct TestAuthority: Sendable {
    let pem: String
    private let key: P256.Signing.PrivateKey
    private let name: DistinguishedName

    init(name text: String = "Test authority") throws {
        key = P256.Signing.PrivateKey()
        name = try DistinguishedName { CommonName(text) }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: Date() - 3600,
            notValidAfter: Date() + 3600,
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: .init(key))
        pem = try certificate.serializeAsPEM().pemString + "\n"
    }

    func issue(name host: String) throws -> (certificatePEM: String, keyPEM: String) {
        let leafKey = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(leafKey.publicKey), notValidBefore: Date() - 3600,
            notValidAfter: Date() + 3600,
            issuer: name, subject: try DistinguishedName { CommonName(host) }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                SubjectAlternativeNames([.dnsName(host)])
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
            }, issuerPrivateKey: .init(key))
        return (try certificate.serializeAsPEM().pemString + "\n", leafKey.pemRepresentation + "\n")
    }
}
