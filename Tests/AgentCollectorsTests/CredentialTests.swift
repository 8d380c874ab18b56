import Basics
import CloudModel
import Foundation
import HTTPTransport
import Synchronization
import Testing

@testable import AgentCollectors

@Suite struct CredentialTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "credentials-\(UUID().uuidString)")

    private func write(_ name: String, _ text: String) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    /// What the first request of a collection was signed with, and all requests before it.
    private func first(
        _ environment: [String: String], profile: String? = nil, files: AWSCollectorConfiguration.ProfileFiles? = nil, _ http: FakeHTTP
    ) async throws
        -> String?
    {
        let configuration = AWSCollectorConfiguration(environment: environment, profile: profile, profileFiles: files)
        _ = try await AWSCollector(configuration: configuration, http: http, clock: FakeTime().clock).identity()
        let header = http.requests.last?.header("Authorization")
        return header?.split(separator: "=").dropFirst().first?.split(separator: "/").first.map(String.init)
    }

    private func refused(_ environment: [String: String], profile: String? = nil, _ http: FakeHTTP? = nil) async -> CredentialError? {
        let configuration = AWSCollectorConfiguration(environment: environment, profile: profile)
        do {
            _ = try await AWSCollector(configuration: configuration, http: http ?? nobody, clock: FakeTime().clock).identity()
            return nil
        } catch { return error.cause as? CredentialError }
    }

    private var aws: FakeHTTP { FakeHTTP { request, _ in answer(request) ?? .status(404) } }
    private var nobody: FakeHTTP { FakeHTTP { _, _ in .failure(HTTPError(.unreachable, "nobody")) } }

    private func files(_ config: String, _ credentials: String = "") throws -> [String: String] {
        [
            "AWS_CONFIG_FILE": try write("config", config), "AWS_SHARED_CREDENTIALS_FILE": try write("credentials", credentials),
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    @Test func theOrderIsEnvironmentProfileWebIdentityContainerMetadata() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var environment = try files("", "[default]\naws_access_key_id = FROMPROFILE\naws_secret_access_key = s\n")
        environment["AWS_EC2_METADATA_DISABLED"] = nil
        environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = try write("token", "web.identity.token\n")
        environment["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/web"
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials"
        environment["AWS_ACCESS_KEY_ID"] = "FROMENVIRONMENT"
        environment["AWS_SECRET_ACCESS_KEY"] = "s"
        #expect(try await first(environment, aws) == "FROMENVIRONMENT")
        environment["AWS_ACCESS_KEY_ID"] = nil
        #expect(try await first(environment, aws) == "FROMPROFILE")
        environment["AWS_SHARED_CREDENTIALS_FILE"] = "/nonexistent"
        let http = aws
        #expect(try await first(environment, http) == "FROMSTS")
        #expect(http.requests.first?.header("Authorization") == nil)
        #expect(http.requests.first?.form["WebIdentityToken"] == "web.identity.token")
        environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = nil
        #expect(try await first(environment, aws) == "FROMCONTAINER")
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = nil
        #expect(try await first(environment, aws) == "FROMMETADATA")
        #expect(await refused(environment)?.code == .notFound)
    }

    @Test func aNamedProfileIsTakenBeforeTheEnvironment() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var environment = try files("[profile named]\naws_access_key_id=NAMED\naws_secret_access_key=s\nregion = eu-north-1\n")
        environment.merge(Sample.keys) { _, new in new }
        let http = aws
        #expect(try await first(environment, profile: "named", http) == "NAMED")
        #expect(http.requests.first?.url == "https://sts.eu-north-1.amazonaws.com/")
        #expect(await refused(environment, profile: "absent")?.code == .badProfile)
    }

    @Test func textsReadBeforeReplaceTheFiles() async throws {
        let files = AWSCollectorConfiguration.ProfileFiles(
            config: nil, credentials: Secret(Array("[default]\naws_access_key_id=BEFORE\naws_secret_access_key=s".utf8)))
        #expect(try await first(["AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"], files: files, aws) == "BEFORE")
    }

    @Test func aRoleIsTakenOnWithTheSourceProfilesKeys() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = try files(
            "[profile reader]\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = base\nexternal_id = x-1\n s3 =\n  nested = 1\n[profile loop]\nrole_arn=a\nsource_profile=loop2\n[profile loop2]\nrole_arn=b\nsource_profile=loop\n[profile self]\nrole_arn=r\nsource_profile=self\naws_access_key_id=SELF\naws_secret_access_key=s\n",
            "[base]\naws_access_key_id=BASE\naws_secret_access_key=s\n")
        let http = aws
        #expect(try await first(environment, profile: "reader", http) == "FROMSTS")
        #expect(http.requests.first?.header("Authorization")?.contains("Credential=BASE/") == true)
        #expect(http.requests.first?.form["ExternalId"] == "x-1")
        #expect(try await first(environment, profile: "self", aws) == "FROMSTS")
        #expect(await refused(environment, profile: "loop", aws)?.code == .badProfile)
    }

    @Test(arguments: [
        ("credential_process = /bin/evil", CredentialError.Code.unsupported), ("sso_session = x", .unsupported),
        ("role_arn = r\nsource_profile = p\nmfa_serial = m", .unsupported), ("role_arn = r", .badProfile),
        ("role_arn = r\nsource_profile = gone", .badProfile),
        ("role_arn = r\ncredential_source = Nowhere", .badProfile), ("aws_access_key_id = k", .incomplete), ("", .badProfile),
    ])
    func profilesThatCannotBeUsedAreRefusedByName(_ settings: String, _ code: CredentialError.Code) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = try files("[profile p]\n\(settings)\n")
        let http = aws
        let error = await refused(environment, profile: "p", http)
        #expect(error?.code == code)
        #expect(error?.message.contains("profile p") == true || error?.message.contains("profile gone") == true)
        #expect(http.requests.isEmpty)
    }

    @Test func halvesOfKeysAreRefusedNotPassedOver() async throws {
        #expect(await refused(["AWS_ACCESS_KEY_ID": "k"], aws)?.code == .incomplete)
        #expect(await refused(["AWS_ACCESS_KEY_ID": "k\r\nX: y", "AWS_SECRET_ACCESS_KEY": "s"], aws)?.code == .incomplete)
        #expect(await refused(["AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent", "AWS_ROLE_ARN": "r"], aws)?.code == .incomplete)
        #expect(await refused(["AWS_WEB_IDENTITY_TOKEN_FILE": "/etc/hostname"], aws)?.code == .incomplete)
    }

    @Test(arguments: [
        ("https://example.com/creds", true), ("http://169.254.170.2/x", true), ("http://169.254.170.23/v1/credentials", true),
        ("http://[fd00:ec2::23]/v1/credentials", true), ("http://localhost:51679/x?y=z", true), ("http://127.8.9.1:1/", true),
        ("http://[::1]:1/x", true),
        ("http://example.com/x", false), ("http://169.254.169.254/x", false), ("http://127.0.0.1@example.com/", false),
        ("http://127.0.0.1.example.com/", false),
        ("http://localhost.example.com", false), ("http://[::1].example.com/", false), ("http://127.1/", false),
        ("ftp://127.0.0.1/", false), ("127.0.0.1", false),
        ("http://localhost/\r\nX: y", false), ("http://127.0.0.1:80@evil/", false), ("http://0177.0.0.1/", true && false),
    ])
    func containerEndpointsAreOnlyAskedWhereKeysCannotBeOverheard(_ url: String, _ isAllowed: Bool) async throws {
        #expect(ContainerCredentials.isAllowed(url) == isAllowed)
        if !isAllowed {
            let http = aws
            #expect(
                await refused(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_EC2_METADATA_DISABLED": "true"], http)?.code
                    == .endpointRefused)
            #expect(http.requests.isEmpty)
        }
    }

    @Test func theContainersTokenIsReadAnewAndSentAlone() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try write("token", "first\n")
        let source = ContainerCredentials(
            environment: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/creds", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file], http: aws)
        let http = try #require(source.http as? FakeHTTP)
        _ = try await source.credentials()
        _ = try write("token", "second\n")
        _ = try await source.credentials()
        #expect(http.requests.map { $0.header("Authorization") } == ["first", "second"])
        #expect(http.requests.allSatisfy { $0.url == "http://169.254.170.2/creds" && $0.neverProxied })
        _ = try write("token", "a\r\nX: y")
        await #expect(throws: CredentialError.self) { try await source.credentials() }
    }

    @Test func metadataIsAskedOnlyWithASessionTokenAndNeverWithout() async throws {
        // Version 1 only: the token is refused, and nothing more is asked.
        let old = FakeHTTP { _, _ in .status(403) }
        await #expect(throws: CredentialError.self) { try await MetadataCredentials(environment: [:], http: old).credentials() }
        #expect(old.requests.count == 1)
        let http = aws
        let found = try await MetadataCredentials(environment: [:], http: http).credentials()
        #expect(found?.accessKey == "FROMMETADATA")
        #expect(http.requests.first?.method == .put)
        #expect(http.requests.dropFirst().allSatisfy { $0.header("X-aws-ec2-metadata-token") == "session" && $0.neverProxied })
        let off = aws
        #expect(try await MetadataCredentials(environment: ["AWS_EC2_METADATA_DISABLED": "TRUE"], http: off).credentials() == nil)
        #expect(off.requests.isEmpty)
        #expect(try await MetadataCredentials(environment: [:], http: nobody).credentials() == nil)
    }

    @Test(arguments: [
        "", "{}", "<html>", #"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c"}"#, #"{"Code":"Failed","AccessKeyId":"a"}"#,
        #"{"AccessKeyId":"a\r\nX: y","SecretAccessKey":"b","Token":"c","Expiration":"2030-01-01T00:00:00Z"}"#,
    ])
    func keysThatAreNotWholeAreRefused(_ body: String) async throws {
        let http = FakeHTTP { _, _ in .ok(body) }
        let source = ContainerCredentials(environment: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"], http: http)
        await #expect(throws: CredentialError.self) { try await source.credentials() }
    }

    @Test func keysAreRenewedBeforeTheyEndOnceForAllWhoWait() async throws {
        final class Source: CredentialSource {
            let count = Mutex(0)
            let time: FakeTime
            init(_ time: FakeTime) { self.time = time }
            func credentials() async throws(CredentialError) -> Credentials? {
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                for _ in 0..<20 { await Task.yield() }
                if number == 3 { throw CredentialError(.unreachable, "x") }
                return Credentials(
                    accessKey: "K\(number)", secretKey: Secret("s"), expiration: time.clock.now().addingTimeInterval(3600), source: "test")
            }
        }
        let time = FakeTime()
        let source = Source(time)
        let chain = CredentialChain(sources: [source], now: time.clock.now)
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try? await chain.credentials().0.accessKey } }
            for await key in group { #expect(key == "K1") }
        }
        #expect(source.count.withLock { $0 } == 1)
        time.pass(.seconds(3600 - 14 * 60))
        #expect(try await chain.credentials().0.accessKey == "K2")
        // A renewal that fails leaves keys that still work.
        time.pass(.seconds(3600 - 12 * 60))
        #expect(try await chain.credentials().0.accessKey == "K2")
        #expect(try await chain.credentials().0.accessKey == "K2")
        #expect(source.count.withLock { $0 } == 3)
        time.pass(.seconds(31))
        #expect(try await chain.credentials().0.accessKey == "K4")
        // A service that says "expired" gets new ones, once for one generation.
        let (_, generation) = try await chain.credentials()
        #expect(try await chain.renew(after: generation).0.accessKey == "K5")
        #expect(try await chain.renew(after: generation).0.accessKey == "K5")
    }

    @Test func anExpiredTokenIsAnsweredWithNewKeysOnce() async throws {
        let count = Mutex(0)
        let http = FakeHTTP { request, _ in
            if request.action == "GetCallerIdentity" {
                return count.withLock {
                    $0 += 1
                    return $0 == 1 ? .queryError("ExpiredToken", 403) : .ok(Sample.identity)
                }
            }
            return answer(request) ?? .status(404)
        }
        #expect(try await first(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"], http) == "FROMCONTAINER")
        #expect(http.requests.filter { $0.url.contains("169.254.170.2") }.count == 2)
        let never = FakeHTTP { request, _ in
            request.action == "GetCallerIdentity" ? .queryError("ExpiredToken", 403) : answer(request) ?? .status(404)
        }
        await #expect(throws: CollectorError.self) { try await first(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"], never) }
        #expect(never.requests.count == 4)
    }

    @Test func nothingOfASecretIsPrinted() async throws {
        let credentials = Credentials(accessKey: "K", secretKey: Secret("TOPSECRET"), sessionToken: Secret("TOPTOKEN"), source: "test")
        #expect(!"\(credentials)".contains("TOP"))
        #expect(!String(reflecting: credentials).contains("TOP"))
        var dumped = ""
        dump(credentials, to: &dumped)
        #expect(!dumped.contains("TOP"))
    }
}

/// STS, a container endpoint and instance metadata in one.
private func answer(_ request: HTTPRequest) -> Result<HTTPResponse, HTTPError>? {
    func keys(_ name: String) -> String {
        #"{"Code":"Success","AccessKeyId":"\#(name)","SecretAccessKey":"s","Token":"t","Expiration":"2033-01-01T00:00:00Z"}"#
    }
    switch request.action {
    case "GetCallerIdentity": return .ok(Sample.identity)
    case "AssumeRole", "AssumeRoleWithWebIdentity":
        let name = request.action ?? ""
        return .ok(
            "<\(name)Response><\(name)Result><Credentials><AccessKeyId>FROMSTS</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2033-01-01T00:00:00Z</Expiration></Credentials></\(name)Result></\(name)Response>"
        )
    default: break
    }
    if request.url.contains("169.254.170.") { return .ok(keys("FROMCONTAINER")) }
    if request.url.hasSuffix("/latest/api/token") { return .ok("session") }
    if request.url.hasSuffix("/security-credentials/") { return .ok("agent-role\n") }
    if request.url.hasSuffix("/security-credentials/agent-role") { return .ok(keys("FROMMETADATA")) }
    return nil
}
