import Basics
import WireProtocol
@testable import ControlPlaneServer
import Crypto
import Foundation
import Testing

/// Pictures of secrets, held against another encoder: qrcode 8.2 (PyPI) gives the same modules for the same bytes, version, level and mask.
@Suite struct QRCodeTests {
    private static let uri =
        "otpauth://totp/Cloudryption:admin%40acme.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Cloudryption&algorithm=SHA1"
        + "&digits=6&period=30"

    /// Bytes of the address, repeated; mask; version; SHA-256 of its rows of 0 and 1, joined by line feeds.
    static let others: [(count: Int, mask: Int, version: Int, digest: String)] = [
        (1, 0, 1, "ebf9b577ce9e2f30097d183c0a9683bd1a3752fcaf46244f13bd7e8014d35b50"),
        (14, 1, 1, "7e424e4ae61722f5bd6c59f18e25f8a391ffcacfd0274778891d543bb8962f56"),
        (15, 2, 2, "3d1d0a4de87b60a7b2236a6b414f9230d6e33a1109b4a79cdff50173175d501e"),
        (62, 3, 4, "5a3c9e5f6bb54e1fdf1fdc2acbaeff45637e6b1a3f292e5bf79c085f7371116a"),
        (106, 4, 6, "7beca1a6805f8fb5944598a08f9c8271c6ae8c6f032d77c1bc96db187be84bd9"),
        (107, 5, 7, "a1d76e87fd3ce72846ead8d046c55068d8a4dfc330b9fbafb55642443252ed47"),
        (142, 6, 8, "0fc06c92489c7ddac39d647339c41fea50a52dc54cdcea92b0d1486d282c6272"),
        (213, 7, 10, "c8c48100df7ed76efde882d7e20cb755bf42def02c2dac15ef7893b4a2cbec1a"),
        (214, 0, 11, "acecb58f8cec6324a61fdab3a1537da5bc2bed4519c325fff61eeaf783f9fd81"),
        (400, 1, 15, "92f68e8a2670a7a74e24d5daaf2a0d3891cdeb0f5361334dfcb3fcee1dc76c93"),
        (700, 2, 21, "fa44fcccad63a6059d8baee1ff984ab3b9f2c35c063b482a802576a2d0c4c7af"),
        (1000, 3, 26, "82a8436ae1e1dc7e99c75174bc1f5e8da944fd5647d7384387b4f5d3405ed119"),
        (1500, 4, 32, "f041e3254104f7f6465c73ef7adb3073ccddb3b460d4030626188515661cfcfd"),
        (1900, 5, 36, "e08f343b20bf0e774b77a8043d15f518c141df7bc99ed4bc65542b1007bc5624"),
        (2331, 6, 40, "0b5e83aa128162a03e4216234c415e6dc9c9a11f4085c8b77ea82639e50e1c93"),
    ]

    @Test(arguments: others) func everyModuleIsWhereAnotherEncoderHasIt(_ count: Int, _ mask: Int, _ version: Int, _ digest: String) throws
    {
        let bytes = Array(String(repeating: Self.uri, count: 40).utf8.prefix(count))
        let code = try #require(QRCode(bytes, mask: mask))
        #expect(code.size == version * 4 + 17)
        let rows = (0..<code.size).map { y in code.dark[y * code.size..<(y + 1) * code.size].map { $0 ? "1" : "0" }.joined() }
        #expect(Hex.encode(SHA256.hash(data: Array(rows.joined(separator: "\n").utf8))) == digest)
    }

    @Test func whatDoesNotFitHasNoPicture() {
        #expect(QRCode([UInt8](repeating: 65, count: 2331)) != nil)
        #expect(QRCode([UInt8](repeating: 65, count: 2332)) == nil)
    }

    @Test func thePathDrawsTheDarkModulesAndNothingElse() throws {
        let code = try #require(QRCode(Array(Self.uri.utf8)))
        var drawn = Set<Int>()
        for run in code.path.split(separator: "z") {
            let match = try #require(run.wholeMatch(of: /M(\d+) (\d+)h(\d+)v1h-(\d+)/))
            let (x, y) = (try #require(Int(match.1)) - 4, try #require(Int(match.2)) - 4)
            #expect(match.3 == match.4)
            for step in 0..<(try #require(Int(match.3))) { drawn.insert(y * code.size + x + step) }
        }
        #expect(drawn == Set(code.dark.indices.filter { code.dark[$0] }))
        #expect(code.side == code.size + 8)
    }

    /// Of the eight masks the chosen one is among the codes that the others make.
    @Test func theMaskIsOneOfTheEight() throws {
        let bytes = Array(Self.uri.utf8)
        let chosen = try #require(QRCode(bytes))
        #expect((0..<8).count { QRCode(bytes, mask: $0)?.dark == chosen.dark } == 1)
    }
}
