import AgentCore
import Basics
import CloudModel
import Foundation
import HTTPTransport
import Synchronization

@testable import AgentCollectors

/// Answers requests with a closure, and remembers them.
final class FakeHTTP: HTTPSending {
    private let log = Mutex<[HTTPRequest]>([])
    private let respond: @Sendable (HTTPRequest, Int) -> Result<HTTPResponse, HTTPError>

    init(_ respond: @escaping @Sendable (HTTPRequest, Int) -> Result<HTTPResponse, HTTPError>) { self.respond = respond }

    var requests: [HTTPRequest] { log.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let number = log.withLock { log in
            log.append(request)
            return log.count
        }
        return try respond(request, number).get()
    }
}

extension HTTPRequest {
    var bodyText: String { if case .bytes(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { "" } }
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
    /// The operation that a query or JSON request asks for.
    var action: String? {
        if let target = header("X-Amz-Target") { return target.split(separator: ".").last.map(String.init) }
        return form["Action"]
    }
    var form: [String: String] {
        var fields: [String: String] = [:]
        for pair in bodyText.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1).map(String.init)
            if halves.count == 2 { fields[halves[0]] = halves[1].removingPercentEncoding }
        }
        return fields
    }
    var signingRegion: String? { scope(2) }
    var signingService: String? { scope(3) }
    private func scope(_ index: Int) -> String? {
        guard let parts = header("Authorization")?.split(separator: ",").first?.split(separator: "/"), parts.count > index else {
            return nil
        }
        return String(parts[index])
    }
}

extension HTTPResponse {
    static func ok(_ text: String) -> Result<HTTPResponse, HTTPError> { .success(HTTPResponse(status: 200, body: Array(text.utf8))) }
    static func status(_ status: Int, _ text: String = "", _ headers: [(name: String, value: String)] = []) -> Result<
        HTTPResponse, HTTPError
    > {
        .success(HTTPResponse(status: status, headers: headers, body: Array(text.utf8)))
    }
    static func queryError(_ code: String, _ status: Int) -> Result<HTTPResponse, HTTPError> {
        .status(status, "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>m</Message></Error></ErrorResponse>")
    }
}
extension Result where Success == HTTPResponse, Failure == HTTPError {
    static func status(_ status: Int, _ text: String = "", _ headers: [(name: String, value: String)] = []) -> Self {
        HTTPResponse.status(status, text, headers)
    }
    static func ok(_ text: String) -> Self { HTTPResponse.ok(text) }
    static func queryError(_ code: String, _ status: Int) -> Self { HTTPResponse.queryError(code, status) }
}

/// Time that passes only by being slept through.
final class FakeTime: Sendable {
    private let state = Mutex<(elapsed: Duration, slept: [Duration])>((.zero, []))
    let start: Date
    init(_ start: Date = Date(timeIntervalSince1970: 1_700_000_000)) { self.start = start }

    var slept: [Duration] { state.withLock { $0.slept } }
    func pass(_ time: Duration) { state.withLock { $0.elapsed += time } }
    var clock: CollectorClock {
        CollectorClock(
            now: { self.start.addingTimeInterval(self.state.withLock { $0.elapsed } / .seconds(1)) },
            elapsed: { self.state.withLock { $0.elapsed } },
            sleep: { time in
                self.state.withLock {
                    $0.elapsed += time
                    $0.slept.append(time)
                }
            }, random: { 0.5 })
    }
}

enum Sample {
    static let keys = [
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "HOME": "/nonexistent",
    ]
    static let identity =
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/reader</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"

    static func configuration(_ more: [String: String] = [:], regions: [String]? = ["eu-west-1"], concurrency: Int = 8)
        -> AWSCollectorConfiguration
    {
        AWSCollectorConfiguration(
            environment: keys.merging(more) { $1 }, regions: regions, concurrency: concurrency,
            redactionKey: Secret([UInt8](repeating: 7, count: 32)))
    }
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let allow = "<ok/>"
}

/// An account that says nothing but who it is, unless a test gives an answer.
func account(_ answers: @escaping @Sendable (HTTPRequest, Int) -> Result<HTTPResponse, HTTPError>?) -> FakeHTTP {
    FakeHTTP { request, number in
        if let answer = answers(request, number) { return answer }
        if request.action == "GetCallerIdentity" { return .ok(Sample.identity) }
        if request.signingService == "s3" { return .ok("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>") }
        if request.signingService == "cloudfront" { return .ok("<DistributionList><Quantity>0</Quantity></DistributionList>") }
        if let action = request.action, request.header("X-Amz-Target") == nil {
            let wrapper = request.signingService == "ec2" ? "" : "<\(action)Result><State>COMPLETE</State></\(action)Result>"
            return .ok("<\(action)Response>\(wrapper)</\(action)Response>")
        }
        if request.signingService == "organizations" { return .status(400, #"{"__type":"AWSOrganizationsNotInUseException"}"#) }
        return .ok(
            #"{"Functions":[],"Keys":[],"SecretList":[],"FunctionUrlConfigs":[],"item":[],"items":[],"DomainNames":[],"clusters":[],"repositories":[],"QueueUrls":[],"IdentityPools":[],"trustAnchors":[],"profiles":[],"Grants":[]}"#
        )
    }
}

func collect(_ http: FakeHTTP, _ configuration: AWSCollectorConfiguration = Sample.configuration(), time: FakeTime = FakeTime())
    async throws
    -> CloudCollection
{
    try await AWSCollector(configuration: configuration, http: http, clock: time.clock).collect { _ in }
}
