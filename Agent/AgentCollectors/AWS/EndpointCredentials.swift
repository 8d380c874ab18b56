import Basics
import CloudModel
import FoundationEssentials
import HTTPTransport

/// Reads an endpoint's JSON answer of keys, which container and metadata endpoints share.
private func readKeys(_ response: HTTPResponse, source: String, what: String) throws(CredentialError) -> Credentials {
    guard response.status == 200 else { throw CredentialError(.refused, "\(what) answered with status \(response.status)") }
    guard let value = try? JSONValue(parsing: response.body, limits: .message) else {
        throw CredentialError(.badAnswer, "\(what) answered no JSON")
    }
    if let code = value["Code"]?.string, code != "Success" { throw CredentialError(.refused, "\(what) has no credentials to give") }
    do throws(CallFailure) {
        return try RoleCredentials.read(value, names: ("AccessKeyId", "SecretAccessKey", "Token"), source: source)
    } catch { throw CredentialError(.badAnswer, "\(what) answered without all of a set of keys") }
}

/// The credential endpoint of ECS and of EKS Pod Identity.
struct ContainerCredentials: CredentialSource {
    var environment: [String: String]
    var http: any HTTPSending

    func credentials() async throws(CredentialError) -> Credentials? {
        let url: String
        if let relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], !relative.isEmpty {
            guard relative.hasPrefix("/") else {
                throw CredentialError(.endpointRefused, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not start with /")
            }
            url = "http://169.254.170.2" + relative
        } else if let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"], !full.isEmpty {
            guard Self.isAllowed(full) else {
                throw CredentialError(
                    .endpointRefused,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to loopback, 169.254.170.2, 169.254.170.23 or fd00:ec2::23")
            }
            url = full
        } else {
            return nil
        }
        var headers: [(name: String, value: String)] = [("Accept", "application/json")]
        if let token = try token() { headers.append(("Authorization", token)) }
        var attempt = 0
        while true {
            attempt += 1
            let response: HTTPResponse
            do throws(HTTPError) {
                response = try await http.send(
                    HTTPRequest(
                        .get, url, headers: headers, timeout: .seconds(5), connectTimeout: .seconds(2), maxResponseBytes: 64 << 10,
                        neverProxied: true))
            } catch {
                if error.isTransient, attempt < 3 { continue }
                throw CredentialError(.unreachable, "the container's credential endpoint: \(error.description)")
            }
            if response.status >= 500, attempt < 3 { continue }
            return try readKeys(response, source: "container", what: "the container's credential endpoint")
        }
    }

    /// The token's file is read at every refresh: it changes.
    private func token() throws(CredentialError) -> String? {
        if let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"], !file.isEmpty {
            let bytes: [UInt8]
            do throws(FileError) { bytes = try SafeFile.read(file, limit: 64 << 10) } catch {
                throw CredentialError(.incomplete, "the container's authorization token: \(error.description)")
            }
            var text = String(decoding: bytes, as: UTF8.self)
            while let last = text.last, last.isNewline { text.removeLast() }
            return try checked(text)
        }
        guard let token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"], !token.isEmpty else { return nil }
        return try checked(token)
    }

    private func checked(_ token: String) throws(CredentialError) -> String {
        guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw CredentialError(.incomplete, "the container's authorization token holds a line break or another character no token has")
        }
        return token
    }

    /// Whether an endpoint may be asked: anything over TLS, plain HTTP only where it cannot leave the machine.
    static func isAllowed(_ url: String) -> Bool {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, let endpoint = Endpoints.parse(String(address), signingRegion: "") else { return false }
        guard parts.dropFirst().allSatisfy({ $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") } }) else {
            return false
        }
        if endpoint.base.hasPrefix("https://") { return true }
        let host = Self.hostName(endpoint)
        return ["fd00:ec2::23", "169.254.170.2", "169.254.170.23"].contains(host) || Self.isLoopback(url)
    }

    /// Whether a URL's host is this machine.
    static func isLoopback(_ url: String) -> Bool {
        let address = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        guard let endpoint = Endpoints.parse(String(address), signingRegion: "") else { return false }
        let host = hostName(endpoint)
        if host == "localhost" || host == "::1" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
    }

    /// The host without port and brackets; empty when it is malformed.
    private static func hostName(_ endpoint: Endpoints.Endpoint) -> String {
        let host = endpoint.host.lowercased()
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return "" }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return "" }
            return String(host[host.index(after: host.startIndex)..<end])
        }
        guard let colon = host.firstIndex(of: ":") else { return host }
        return String(host[..<colon])
    }
}

/// The instance metadata service, version 2 only: version 1 gives keys to whoever can make this machine send a GET.
struct MetadataCredentials: CredentialSource {
    var environment: [String: String]
    var http: any HTTPSending

    func credentials() async throws(CredentialError) -> Credentials? {
        if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
        let isIPv6 = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        let address =
            environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 }
            ?? (isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
        guard let endpoint = Endpoints.parse(address, signingRegion: "") else {
            throw CredentialError(.endpointRefused, "AWS_EC2_METADATA_SERVICE_ENDPOINT is not an http URL")
        }
        let base = endpoint.base + endpoint.pathPrefix
        // Away from EC2 nobody answers: that is no error, only no credentials here.
        guard let tokenAnswer = await answer(.put, base + "/latest/api/token", [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]) else {
            return nil
        }
        guard tokenAnswer.status == 200 else {
            // A refused token means version 1 only, or a hop limit that is too low: not a reason to fall back.
            throw CredentialError(
                .refused, "no credentials elsewhere, and instance metadata gave no session token: status \(tokenAnswer.status)")
        }
        let token = String(decoding: tokenAnswer.body, as: UTF8.self)
        guard !token.isEmpty, token.utf8.count <= 1024, HeaderText.isSafe(token) else {
            throw CredentialError(.badAnswer, "instance metadata gave no session token")
        }
        let header = [(name: "X-aws-ec2-metadata-token", value: token)]
        let folder = base + "/latest/meta-data/iam/security-credentials/"
        guard let list = await answer(.get, folder, header) else {
            throw CredentialError(.unreachable, "instance metadata stopped answering")
        }
        if list.status == 404 { return nil }
        guard list.status == 200 else { throw CredentialError(.refused, "instance metadata names no role: status \(list.status)") }
        let role = String(decoding: list.body.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        guard !role.isEmpty, role.utf8.count <= 64, HeaderText.isSafe(role) else {
            throw CredentialError(.badAnswer, "instance metadata names no role")
        }
        guard let keys = await answer(.get, folder + PercentEncoding.encode(role), header) else {
            throw CredentialError(.unreachable, "instance metadata stopped answering")
        }
        return try readKeys(keys, source: "instanceMetadata", what: "instance metadata")
    }

    private func answer(_ method: HTTPRequest.Method, _ url: String, _ headers: [(name: String, value: String)]) async -> HTTPResponse? {
        for _ in 0..<2 {
            let request = HTTPRequest(
                method, url, headers: headers, timeout: .seconds(2), connectTimeout: .seconds(1), maxResponseBytes: 64 << 10,
                neverProxied: true)
            guard let response = try? await http.send(request) else { continue }
            if response.status < 500 { return response }
        }
        return nil
    }
}
