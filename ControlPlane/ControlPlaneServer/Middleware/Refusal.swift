import Basics
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import WireProtocol

/// A refusal or failure as an answer: `application/problem+json` (RFC 9457) with our code, or a page for people.
///
/// The wire form is WireProtocol's `Problem`.
struct Refusal: Error {
    var status: HTTPResponse.Status
    /// Our code, such as `bundle.badSignature`; the same word as in specs, logs and metrics.
    var code: String
    /// A sentence of ours, safe to show.
    var detail: String
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, headers: HTTPFields = [:]) {
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
    }

    static let notSignedIn = Refusal(.unauthorized, AuthCode.noSession.full, "Sign in first.", headers: [.wwwAuthenticate: "Bearer"])
    static let notFound = Refusal(.notFound, "http.notFound", "There is nothing here.")

    /// The answer for programs.
    var response: Response {
        let problem = Problem(title: status.reasonPhrase, status: status.code, code: code, detail: detail)
        let body = (try? WireJSON.encode(problem)) ?? []
        var headers = headers
        headers[.contentType] = Problem.mediaType
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension Refusal {
    /// What `error` says to the outside. An error without a code of ours says nothing but that something failed.
    init(_ error: any Error) {
        switch error {
        case let problem as Refusal: self = problem
        case let coded as any CodedError: self = Self.coded(coded)
        case is NIOTooManyBytesError: self = Refusal(.contentTooLarge, "http.bodyTooLarge", "The body is larger than this route takes.")
        case is DecodingError: self = Refusal(.badRequest, "http.badBody", "The body is not the JSON that this route takes.")
        case let error as HTTPError:
            self = Refusal(error.status, Self.httpCode(error.status), error.status.reasonPhrase + ".", headers: error.headers)
        default: self = Refusal(.internalServerError, "http.internal", "Something failed here. It is in the server's log.")
        }
    }

    private static func httpCode(_ status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "http.notFound"
        case .methodNotAllowed: "http.methodNotAllowed"
        case .contentTooLarge: "http.bodyTooLarge"
        case .badRequest: "http.badRequest"
        default: "http.refused"
        }
    }

    private static func coded<E: CodedError>(_ error: E) -> Refusal {
        let code = "\(E.domain).\(error.code.rawValue)"
        let status = status(domain: E.domain, word: error.code.rawValue)
        switch status {
        case .internalServerError: return Refusal(status, code, "Something failed here. It is in the server's log.")
        case .serviceUnavailable: return Refusal(status, code, error.message, headers: [.retryAfter: "15"])
        case .tooManyRequests: return Refusal(status, code, error.message, headers: [.retryAfter: "30"])
        default: return Refusal(status, code, error.message)
        }
    }

    /// The status of each code. A code that stands nowhere here is ours to answer for: 500.
    private static func status(domain: String, word: String) -> HTTPResponse.Status {
        switch (domain, word) {
        case (_, "unavailable"), (_, "noSpace"): .serviceUnavailable
        case ("upload", "pendingApproval"), ("ca", _): .serviceUnavailable
        case (_, "throttled"), (_, "lockedOut"), (_, "tooMany"): .tooManyRequests
        case (_, "tooLarge"): .contentTooLarge
        case ("auth", "forbidden"), ("auth", "mustChangePassword"), ("auth", "mustEnrolSecondFactor"), ("auth", "secondFactorRequired"),
            ("auth", "stepUpRequired"), ("auth", "tenantSuspended"):
            .forbidden
        case ("auth", "weakPassword"), ("auth", "badPasskey"): .unprocessableContent
        case ("auth", _), ("peer", _): .unauthorized
        case ("bundle", _): .unprocessableContent
        case ("upload", "unknownBundle"): .notFound
        case ("upload", "wrongTenant"), ("upload", "wrongEnvironment"), ("upload", "wrongAgent"), ("upload", "wrongKey"): .forbidden
        case ("upload", "sequenceReplayed"), ("upload", "conflict"), ("upload", "incomplete"): .conflict
        case ("upload", "malformed"), ("upload", "badRequest"): .badRequest
        case ("upload", _): .unprocessableContent
        case ("enrolment", "invalidToken"), ("enrolment", "expiredToken"), ("enrolment", "usedToken"), ("enrolment", "invalidChallenge"),
            ("enrolment", "usedProof"), ("enrolment", "badStatement"), ("enrolment", "badProof"), ("enrolment", "clockSkew"),
            ("enrolment", "notAllowed"), ("enrolment", "wrongAccount"), ("enrolment", "wrongHost"), ("enrolment", "unknownAgent"),
            ("enrolment", "revoked"):
            .forbidden
        case ("enrolment", _): .badRequest
        case ("json", _), ("message", "malformed"), ("message", "unexpectedShape"): .badRequest
        case ("store", "notFound"): .notFound
        case ("store", "conflict"): .conflict
        case ("openid", _), ("configuration", _): .unprocessableContent
        default: .internalServerError
        }
    }
}
