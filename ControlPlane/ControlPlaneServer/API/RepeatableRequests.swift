import Basics
import CloudModel
import ControlPlaneCore
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import WireProtocol

/// A name that a caller gave to a write, so that it can be sent again without being done again.
struct RepeatKey: Sendable {
    let text: String

    init?(_ request: Request) throws {
        guard let name = HTTPField.Name("idempotency-key"), let text = request.headers[name] else { return nil }
        guard (8...128).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Refusal(.badRequest, "http.badIdempotencyKey", "An Idempotency-Key has 8 to 128 visible ASCII characters.")
        }
        self.text = text
    }
}

/// Writes that were answered under a key, for a day.
///
/// The key is claimed before the work begins, so of two requests at the same moment one does the work and the other is told to wait. When the
/// server ended in between, the outcome is not known, and it is not done a second time.
struct RepeatableRequests: Sendable {
    let notes: RepeatNotes

    func answer(
        _ key: RepeatKey, _ route: APIRoute, _ call: APICall, _ session: TenantSession, _ work: @Sendable () async throws -> APIAnswer
    ) async throws -> APIAnswer {
        let asked = "\(route.method.rawValue) \(call.request.uri.string)\n"
        let known = try await notes.claim(key.text, request: Array(asked.utf8) + call.body, by: session)
        switch known {
        case .claimed: break
        case .other:
            throw Refusal(.unprocessableContent, "http.otherRequest", "This Idempotency-Key was used for another request.")
        case .inProgress:
            throw Refusal(
                .conflict, "http.inProgress", "The first request with this Idempotency-Key is not answered yet.",
                headers: [.retryAfter: "2"])
        case .answered(let status, let body):
            return APIAnswer(status: .init(code: status), type: body.isEmpty ? nil : Routes.json, body: body)
        }
        do {
            let answer = try await work()
            try await notes.finish(key.text, status: answer.status.code, body: answer.body, by: session)
            return answer
        } catch {
            // What was refused changed nothing, and may be asked again when it is no longer refused. Of anything else it is not known.
            if Refusal(error).status.kind == .clientError { try await notes.forget(key.text, by: session) }
            throw error
        }
    }
}
