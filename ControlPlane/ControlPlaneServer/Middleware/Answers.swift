import CloudModel
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTPTypes
import WireProtocol

/// Turns errors into answers, writes one log line a request, and puts the headers on that every answer of a listener carries.
///
/// The line names the route's pattern, never the URI: a URI may hold identifiers, and a query anything at all.
struct Answers<Context: RequestContext>: RouterMiddleware {
    /// Headers for every answer that does not set them itself.
    var headers: HTTPFields
    /// The page for a problem, where the caller is a browser that asked for one.
    var page: @Sendable (Refusal, Request) -> Response?
    var source: @Sendable (Context) -> String
    var listener: String
    var metrics: Metrics

    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        let start = ContinuousClock.now
        var response: Response
        var code: String?
        do {
            response = try await next(request, context)
        } catch {
            let problem = Refusal(error)
            code = problem.code
            if problem.status.kind == .serverError {
                context.logger.error(
                    "request failed", metadata: ["error": "\(String(describing: type(of: error)))", "code": "\(problem.code)"])
            }
            response = page(problem, request) ?? problem.response
            // A body after HEAD would be read as the next answer.
            if request.method == .head { response = response.createHeadResponse() }
        }
        for field in headers where response.headers[field.name] == nil { response.headers[field.name] = field.value }
        let elapsed = ContinuousClock.now - start
        metrics.answered(
            listener, request.method.rawValue, context.endpointPath ?? "none", status: response.status.code, code: code,
            seconds: elapsed / .seconds(1))
        var metadata: Logger.Metadata = [
            "method": "\(request.method.rawValue)", "route": "\(context.endpointPath ?? "none")", "status": "\(response.status.code)",
            "milliseconds": "\(Int(elapsed / .milliseconds(1)))", "source": "\(source(context))",
        ]
        if let code { metadata["code"] = "\(code)" }
        context.logger.info("request", metadata: metadata)
        return response
    }
}

/// Headers that every answer carries.
enum StandingHeaders {
    /// For the agents' listener and everything that is not a page.
    static let common: HTTPFields = [
        .xContentTypeOptions: "nosniff", .strictTransportSecurity: "max-age=31536000", .cacheControl: "no-store",
    ]
    /// For the listener that browsers use.
    static var site: HTTPFields {
        var fields = common
        fields[.contentSecurityPolicy] =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
            + "report-uri /csp"
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"), ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ] {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return fields
    }
}

extension Request {
    /// The whole body, which may have at most `limit` bytes. Callers are authenticated first.
    ///
    /// A client that waits for `100 Continue` gets it here, so that a refusal comes before its body.
    func bytes(upTo limit: Int, on channel: any Channel) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Refusal(.contentTooLarge, "http.bodyTooLarge", "The body is larger than the \(limit) bytes that this route takes.")
        }
        if let expect = headers[.expect], expect.lowercased() == "100-continue" {
            try await channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)))
        }
        var bytes: [UInt8] = []
        for try await piece in body {
            guard bytes.count + piece.readableBytes <= limit else {
                throw Refusal(.contentTooLarge, "http.bodyTooLarge", "The body is larger than the \(limit) bytes that this route takes.")
            }
            bytes.append(contentsOf: piece.readableBytesView)
        }
        return bytes
    }

    /// The body as JSON of that shape; refused when it says to be something else.
    func json<Value: Decodable>(_ type: Value.Type, upTo limit: Int = 64 << 10, on channel: any Channel) async throws -> Value {
        let kind = headers[.contentType]?.prefix { $0 != ";" }.lowercased() ?? ""
        guard kind.trimmingASCIISpace == "application/json" else {
            throw Refusal(.unsupportedMediaType, "http.notJSON", "This route takes application/json.")
        }
        return try WireJSON.decode(type, from: try await bytes(upTo: limit, on: channel))
    }

    /// The fields of a form; names that repeat are refused.
    func form(upTo limit: Int = 16 << 10, on channel: any Channel) async throws -> [String: String] {
        let kind = headers[.contentType]?.prefix { $0 != ";" }.lowercased() ?? ""
        guard kind.trimmingASCIISpace == "application/x-www-form-urlencoded" else {
            throw Refusal(.unsupportedMediaType, "http.notForm", "This route takes a form.")
        }
        let bytes = try await bytes(upTo: limit, on: channel)
        guard let fields = FormFields.parse(bytes) else { throw Refusal(.badRequest, "http.badForm", "The form cannot be read.") }
        return fields
    }
}

extension String {
    var trimmingASCIISpace: String {
        var bytes = Substring(self)
        while bytes.utf8.first == 0x20 { bytes = bytes.dropFirst() }
        while bytes.utf8.last == 0x20 { bytes = bytes.dropLast() }
        return String(bytes)
    }
}

/// `application/x-www-form-urlencoded` (WHATWG URL §5.1).
enum FormFields {
    /// The fields, or `nil` when an escape is broken, a name repeats, text is not UTF-8 or there are more than 32.
    static func parse(_ bytes: [UInt8]) -> [String: String]? {
        var fields: [String: String] = [:]
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            guard fields.count < 32 else { return nil }
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first, let name = text(first), let value = text(parts.count > 1 ? parts[1] : []),
                fields.updateValue(value, forKey: name) == nil
            else { return nil }
        }
        return fields
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String? {
        PercentEncoding.decode(String(decoding: bytes.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }, as: UTF8.self))
    }
}

/// Answers as JSON with sorted names.
enum JSONAnswer {
    static func response(_ value: some Encodable, status: HTTPTypes.HTTPResponse.Status = .ok) throws -> Response {
        let bytes = try WireJSON.encode(value) + [0x0A]
        return Response(status: status, headers: [.contentType: Routes.json], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
