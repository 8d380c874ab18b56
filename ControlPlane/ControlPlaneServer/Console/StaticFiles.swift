import Crypto
import Hummingbird
import NIOCore
import WireProtocol

/// The console's files, served under names that hold their content's hash, so that they can be kept for ever.
struct StaticFile: Sendable {
    let path: String
    let type: String
    let text: String

    init(_ name: String, _ suffix: String, type: String, text: String) {
        let digest = Hex.encode(SHA256.hash(data: Array(text.utf8)).prefix(6))
        path = "/static/\(name).\(digest).\(suffix)"
        self.type = type
        self.text = text
    }

    var response: Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "public, max-age=31536000, immutable"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

enum StaticFiles {
    static let stylesheet = StaticFile("app", "css", type: "text/css; charset=utf-8", text: Stylesheet.text)
    static let script = StaticFile("app", "js", type: "text/javascript; charset=utf-8", text: Script.text)
    static let icon = StaticFile(
        "icon", "svg", type: "image/svg+xml",
        text:
            ##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12 1.500 21 5v7c0 5.200-3.700 9.200-9 10.500C6.700 21.200 3 17.200 3 12V5z" fill="#3046d8"/><path d="m9 10 6 4" stroke="#fff" stroke-width="2"/><circle cx="8.500" cy="9.700" r="2" fill="#fff"/><circle cx="15.500" cy="14.300" r="2" fill="#fff"/></svg>"##
    )
    static let all = [stylesheet, script, icon]
}
