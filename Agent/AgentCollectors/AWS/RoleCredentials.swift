import Basics
import CloudModel
import FoundationEssentials
import HTTPTransport

/// Takes on roles through STS.
struct RoleCredentials: Sendable {
    var sender: AWSRequestSender
    var region: String
    var environment: [String: String]

    /// `sts:AssumeRole`, signed with `base`.
    func assume(role: String, with base: Credentials, externalID: String?, sessionName: String?, seconds: Int?)
        async throws(CredentialError) -> Credentials
    {
        var parameters: [(String, ParameterValue)] = [
            ("RoleArn", .text(role)), ("RoleSessionName", .text(sessionName ?? "cloudryption-agent")),
        ]
        if let externalID { parameters.append(("ExternalId", .text(externalID))) }
        if let seconds { parameters.append(("DurationSeconds", .number(seconds))) }
        return try await ask("assume-role", parameters, credentials: base, source: "role")
    }

    /// `sts:AssumeRoleWithWebIdentity`, unsigned; the token's file is read anew each time.
    func web(role: String, tokenFile: String, sessionName: String?) async throws(CredentialError) -> Credentials {
        let token: String
        do throws(FileError) {
            let bytes = try SafeFile.read(tokenFile, limit: 64 << 10)
            token = String(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace })
        } catch {
            throw CredentialError(.incomplete, "the web identity token: \(error.description)")
        }
        guard !token.isEmpty, HeaderText.isSafe(token) else {
            throw CredentialError(.incomplete, "the web identity token's file holds no token")
        }
        return try await ask(
            "assume-role-with-web-identity",
            [
                ("RoleArn", .text(role)), ("RoleSessionName", .text(sessionName ?? "cloudryption-agent")),
                ("WebIdentityToken", .text(token)),
            ],
            credentials: nil, source: "webIdentity")
    }

    private func ask(_ name: String, _ parameters: [(String, ParameterValue)], credentials: Credentials?, source: String)
        async throws(CredentialError)
        -> Credentials
    {
        guard let service = ServiceModel.all["sts"], let operation = service.operations[name] else {
            throw CredentialError(.badAnswer, "sts \(name) is not in the table")
        }
        var attempt = 0
        while true {
            attempt += 1
            do throws(CallFailure) {
                let answer = try await sender.send(
                    service, operation, parameters: parameters, region: region, account: nil, credentials: credentials,
                    timeout: .seconds(20))
                return try Self.read(answer["Credentials"], names: ("AccessKeyId", "SecretAccessKey", "SessionToken"), source: source)
            } catch {
                switch error {
                case .refused(let refusal):
                    if attempt < 3, refusal.isTransient || refusal.isThrottle { continue }
                    throw CredentialError(.refused, "sts \(name) was refused: \(refusal.code)")
                case .transport(let cause):
                    if attempt < 3, cause.isTransient { continue }
                    throw CredentialError(.unreachable, "sts \(name): \(cause.description)")
                default:
                    throw CredentialError(.badAnswer, "sts \(name): \(error.code)")
                }
            }
        }
    }

    /// Reads one set of keys out of an answer.
    static func read(_ value: JSONValue?, names: (key: String, secret: String, token: String), source: String) throws(CallFailure)
        -> Credentials
    {
        guard let key = value?[names.key]?.string, let secret = value?[names.secret]?.string, let token = value?[names.token]?.string,
            let end = value?["Expiration"]?.string.flatMap(Timestamp.date), !key.isEmpty, !secret.isEmpty, HeaderText.isSafe(key),
            HeaderText.isSafe(token)
        else { throw .unreadable(AnswerError(code: "badAnswer.credentials")) }
        return Credentials(accessKey: key, secretKey: Secret(secret), sessionToken: Secret(token), expiration: end, source: source)
    }
}

/// `AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN`: how Kubernetes and CI hand out identities.
struct WebIdentityCredentials: CredentialSource {
    var environment: [String: String]
    var roles: RoleCredentials

    func credentials() async throws(CredentialError) -> Credentials? {
        guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"], !file.isEmpty else { return nil }
        guard let role = environment["AWS_ROLE_ARN"], !role.isEmpty else {
            throw CredentialError(.incomplete, "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not")
        }
        return try await roles.web(role: role, tokenFile: file, sessionName: environment["AWS_ROLE_SESSION_NAME"])
    }
}
