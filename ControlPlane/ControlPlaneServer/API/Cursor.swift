import Basics
import ControlPlaneCore
import Crypto
import HTTPTypes
import Hummingbird

/// Where a list goes on. Made and read only here: a caller cannot write one, and one of another tenant, route or question does not fit.
struct Cursors: Sendable {
    let key: SymmetricKey
    private static let macBytes = 16
    static let gone = Refusal(.gone, "http.listChanged", "What the cursor stood at is gone: begin again.")

    /// `cursor=` for what stands behind `place`.
    func make(_ place: String, _ route: String, _ call: APICall) throws -> String {
        let bytes = Array(place.utf8)
        return Base64URL.encode(bytes + mac(bytes, try question(route, call)))
    }

    /// The place that the query's cursor names; `nil` without one.
    func place(_ route: String, _ call: APICall) throws -> String? {
        guard let text = call.query("cursor") else { return nil }
        let refusal = Refusal(.badRequest, "http.badCursor", "This cursor is not one that this list gave.")
        guard text.utf8.count <= 512, let bytes = Base64URL.decode(text.utf8), bytes.count > Self.macBytes else { throw refusal }
        let place = Array(bytes.dropLast(Self.macBytes))
        let right = mac(place, try question(route, call))
        guard zip(right, bytes.suffix(Self.macBytes)).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0,
            let text = String(validating: place, as: UTF8.self)
        else { throw refusal }
        return text
    }

    private func mac(_ place: [UInt8], _ question: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: question + [0] + place, using: key)).prefix(Self.macBytes).map { $0 }
    }

    /// Who asks what: everything of the query but how much and from where.
    private func question(_ route: String, _ call: APICall) throws -> [UInt8] {
        let session = try call.session
        let items = call.request.uri.queryParameters.filter { $0.key != "cursor" && $0.key != "limit" }
            .map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "&")
        return Array("\(session.tenant.id)\n\(session.user.id)\n\(route)\n\(items)".utf8)
    }

    /// The part of a list that the query asks for, and where the list goes on. Without `limit` it is the whole rest.
    ///
    /// - Parameter key: an element's own name, unique in the list.
    func page<Element>(_ list: [Element], _ route: String, _ call: APICall, most: Int = 1_000_000, key: (Element) -> String) throws -> (
        [Element], String?
    ) {
        var rest = list[...]
        if let place = try place(route, call) {
            guard let index = list.firstIndex(where: { key($0).utf8.elementsEqual(place.utf8) }) else { throw Self.gone }
            rest = list[(index + 1)...]
        }
        let limit = try call.request.number("limit", in: 1...most) ?? most
        let page = Array(rest.prefix(limit))
        guard rest.count > limit, let last = page.last else { return (page, nil) }
        return (page, try make(key(last), route, call))
    }
}
