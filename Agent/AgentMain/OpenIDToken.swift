import AgentCore
import ArgumentParser
import Basics
import CloudModel
import HTTPTransport

struct OpenIDOptions: ParsableArguments {
    enum Platform: String, ExpressibleByArgument, CaseIterable { case github, gcp }

    @Option(help: "A file with the platform's token: a projected service-account token, or $AZURE_FEDERATED_TOKEN_FILE.")
    var oidcTokenFile: String?
    @Option(help: "Asks the platform for a token: github (Actions with id-token: write) or gcp (metadata server).")
    var oidcPlatform: Platform?

    var isGiven: Bool { oidcTokenFile != nil || oidcPlatform != nil }

    /// - Throws: `ValidationError` unless exactly one is given.
    func source() throws -> OpenIDTokenSource {
        switch (oidcTokenFile, oidcPlatform) {
        case (let file?, nil): return .file(file)
        case (nil, .github):
            guard let url = Environment.all["ACTIONS_ID_TOKEN_REQUEST_URL"], url.hasPrefix("https://"),
                let bearer = Environment.all["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
            else { throw AgentError(.invalidArgument, "this is no GitHub Actions job with the permission id-token: write") }
            return .gitHub(url: url, bearer: Secret(bearer))
        case (nil, .gcp): return .googleCloud
        default: throw ValidationError("one of --oidc-token-file and --oidc-platform is needed with --method oidc")
        }
    }
}

/// Where a platform's token comes from.
enum OpenIDTokenSource: Sendable {
    case file(String)
    case gitHub(url: String, bearer: Secret<String>)
    case googleCloud

    /// A token for this audience; a file's was made for one long before.
    func token(for audience: String) async throws -> Secret<String> {
        let escaped = PercentEncoding.encode(audience)
        switch self {
        case .file(let path):
            return try TokenText.read(String(decoding: try SafeFile.read(path, limit: 16 << 10), as: UTF8.self), most: 16 << 10)
        case .gitHub(let url, let bearer):
            // https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments
            let body = try await Self.get(
                url + (url.contains("?") ? "&" : "?") + "audience=\(escaped)", [("Authorization", "Bearer \(bearer.expose())")])
            guard let text = (try? JSONValue(parsing: body, limits: .message))?["value"]?.string else {
                throw AgentError(.badAnswer, "GitHub's answer holds no token")
            }
            return try TokenText.read(text, most: 16 << 10)
        case .googleCloud:
            // https://cloud.google.com/compute/docs/instances/verifying-instance-identity
            let path = "computeMetadata/v1/instance/service-accounts/default/identity?format=full&audience=\(escaped)"
            let body = try await Self.get("http://metadata.google.internal/\(path)", [("Metadata-Flavor", "Google")])
            return try TokenText.read(String(decoding: body, as: UTF8.self), most: 16 << 10)
        }
    }

    private static func get(_ url: String, _ headers: [(String, String)]) async throws -> [UInt8] {
        let client = try HTTPClient(configuration: HTTPConfiguration(timeout: .seconds(20), maxResponseBytes: 64 << 10))
        let answer = try await client.send(
            HTTPRequest(.get, url, headers: headers.map { (name: $0.0, value: $0.1) }, neverProxied: url.hasPrefix("http://")))
        guard answer.status == 200 else { throw AgentError(.refused, "the platform gives no token: status \(answer.status)") }
        return answer.body
    }
}
