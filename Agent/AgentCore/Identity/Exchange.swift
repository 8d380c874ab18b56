import Basics
import FoundationEssentials
import HTTPTransport
import WireProtocol

/// One message there and one back.
struct Exchange: Sendable {
    let client: any HTTPSending
    let address: ServerAddress

    func send<Answer: Decodable>(_ method: HTTPRequest.Method, _ route: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try await send(HTTPRequest(method, address.text + route, headers: [("Accept", Routes.json)]))
    }

    func send<Answer: Decodable>(
        _ method: HTTPRequest.Method, _ route: String, _ message: some Encodable & Sendable, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let headers = [(name: "Accept", value: Routes.json), (name: "Content-Type", value: Routes.json)]
        return try await send(HTTPRequest(method, address.text + route, headers: headers, body: .bytes(try WireJSON.encode(message))))
    }

    private func send<Answer: Decodable>(_ request: HTTPRequest) async throws -> Answer {
        let response = try await client.send(request)
        guard (200..<300).contains(response.status) else { throw Refusal(response, now: Date()) }
        do { return try WireJSON.decode(from: response.body) } catch {
            throw AgentError(
                .badAnswer,
                "\(address.text): not the answer that the protocol says (\(error.code.rawValue)); is this a Cloudryption server?")
        }
    }
}

/// A server's refusal.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The HTTP status.
    public var status: Int
    /// `domain.code`; `nil` when the answer is not one of our problems.
    public var code: String?
    /// The server's sentence, fit to be shown.
    public var detail: String
    /// How long to wait, where the server says so.
    public var retryAfter: Duration?

    /// A refusal of these parts.
    public init(status: Int, code: String?, detail: String = "", retryAfter: Duration? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
    }

    init(_ response: HTTPResponse, now: Date) {
        status = response.status
        let problem = try? WireJSON.decode(Problem.self, from: response.body)
        code = problem.map { DisplayText.safe($0.code, limit: 80) }
        detail = problem.map { DisplayText.safe($0.detail, limit: 200) } ?? ""
        retryAfter = response.header("Retry-After").flatMap { RetryAfter.parse($0, now: now) }
    }

    /// Whether the same request may succeed later.
    public var isTransient: Bool { status >= 500 || status == 429 || status == 408 || status == 425 || code == nil }

    /// One line.
    public var description: String {
        let reason = code ?? "status \(status)"
        return detail.isEmpty ? "the server refuses: \(reason)" : "the server refuses: \(reason): \(detail)"
    }
}

/// The `Retry-After` field (RFC 9110 §10.2.3): seconds, or a date.
enum RetryAfter {
    static func parse(_ text: String, now: Date) -> Duration? {
        if let seconds = Int(text) { return seconds >= 0 ? .seconds(min(seconds, 366 * 86_400)) : nil }
        // Sun, 06 Nov 1994 08:49:37 GMT
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let year = Int(words[3]), (1970...9999).contains(year),
            let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].firstIndex(
                of: String(words[2]))
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { Int($0) }
        guard time.count == 3, (1...31).contains(day), (0..<24).contains(time[0]), (0..<60).contains(time[1]), (0...60).contains(time[2])
        else {
            return nil
        }
        // Days since 1970 in the proleptic Gregorian calendar.
        let shifted = month < 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
        let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        let moment = Double(days) * 86_400 + Double(time[0] * 3600 + time[1] * 60 + time[2])
        return .seconds(max(0, min(moment - now.timeIntervalSince1970, 366 * 86_400)))
    }
}
