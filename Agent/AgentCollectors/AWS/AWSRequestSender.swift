import Basics
import CloudModel
import FoundationEssentials
import HTTPTransport

/// Why one call gave no answer.
enum CallFailure: Error, Sendable {
    /// The service refused.
    case refused(ServiceRefusal)
    /// An answer came that could not be read.
    case unreadable(AnswerError)
    /// No answer came.
    case transport(HTTPError)
    /// There are no credentials any more.
    case credentials(CredentialError)
    /// The time for the call ran out.
    case deadline
    /// The endpoint URL is none.
    case badEndpoint

    /// The code for coverage.
    var code: String {
        switch self {
        case .refused(let refusal): refusal.code
        case .unreadable(let error): error.code
        case .transport(let error): "http.\(error.code.rawValue)"
        case .credentials(let error): "credentials.\(error.code.rawValue)"
        case .deadline: "deadlineExceeded"
        case .badEndpoint: "badEndpoint"
        }
    }
}

/// Signs one request, sends it once and reads the answer.
struct AWSRequestSender: Sendable {
    var http: any HTTPSending
    var endpoints: Endpoints
    var now: @Sendable () -> Date
    /// Most bytes of one answer.
    var maxAnswerBytes = 192 << 20

    /// One exchange.
    ///
    /// - Parameter credentials: `nil` sends it unsigned.
    func send(
        _ service: ServiceModel, _ operation: ServiceModel.Operation, parameters: [(String, ParameterValue)], region: String,
        account: String?,
        credentials: Credentials?, timeout: Duration? = nil
    ) async throws(CallFailure) -> JSONValue {
        guard let endpoint = endpoints.endpoint(service, region: region, account: account) else { throw .badEndpoint }
        var request = RequestEncoder(service: service, operation: operation).encode(parameters)
        request.path = endpoint.pathPrefix + request.path
        let time = Timestamp.basic(now())
        var headers = request.headers
        headers.append(("Host", endpoint.host))
        headers.append(("X-Amz-Date", time))
        let hash = Signature.payloadHash(request.body)
        if service.signingName == "s3" { headers.append(("x-amz-content-sha256", hash)) }
        if let credentials {
            if let token = credentials.sessionToken { headers.append(("X-Amz-Security-Token", token.expose())) }
            let signature = Signature(region: endpoint.signingRegion, service: service.signingName).sign(
                method: request.method, path: request.path, query: request.query, headers: headers, payloadHash: hash, time: time,
                accessKey: credentials.accessKey, secretKey: credentials.secretKey)
            headers.append(("Authorization", signature.authorization))
        }
        let query = request.queryText
        let message = HTTPRequest(
            HTTPRequest.Method(rawValue: request.method) ?? .get, endpoint.base + request.path + (query.isEmpty ? "" : "?" + query),
            headers: headers.map { (name: $0.0, value: $0.1) }, body: request.body.isEmpty ? .none : .bytes(request.body), timeout: timeout,
            maxResponseBytes: maxAnswerBytes)
        let response: HTTPResponse
        do throws(HTTPError) { response = try await http.send(message) } catch { throw .transport(error) }
        guard (200..<300).contains(response.status) else { throw .refused(ServiceRefusal(response, wire: service.wire)) }
        do throws(AnswerError) {
            return try AnswerDecoder(service: service, operation: operation).decode(response.body)
        } catch { throw .unreadable(error) }
    }
}
