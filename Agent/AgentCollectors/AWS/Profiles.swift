import Basics
import FoundationEssentials

/// The files that the AWS CLI keeps profiles in, as far as this agent needs them.
struct Profiles: Sendable {
    /// Settings by profile.
    private(set) var byName: [String: [String: String]] = [:]

    /// Reads `config` and `credentials`; of a setting in both the latter counts.
    init(config: [UInt8]?, credentials: [UInt8]?) {
        if let config { merge(config, isConfig: true) }
        if let credentials { merge(credentials, isConfig: false) }
    }

    /// Profiles of files that were read before.
    init(files: AWSCollectorConfiguration.ProfileFiles) {
        self.init(config: files.config?.expose(), credentials: files.credentials?.expose())
    }

    /// Reads the files that `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name, or those in `~/.aws`.
    static func files(environment: [String: String]) throws(CredentialError) -> AWSCollectorConfiguration.ProfileFiles {
        let home = environment["HOME"] ?? ""
        func read(_ variable: String, _ name: String) throws(CredentialError) -> [UInt8]? {
            let named = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
            guard let path = named ?? (home.isEmpty ? nil : "\(home)/.aws/\(name)") else { return nil }
            let expanded = path.hasPrefix("~/") ? home + path.dropFirst(1) : path
            do throws(FileError) {
                return try SafeFile.read(expanded, limit: 1 << 20)
            } catch {
                if error.code == .notFound { return nil }
                throw CredentialError(.badProfile, error.description)
            }
        }
        let config = try read("AWS_CONFIG_FILE", "config")
        let credentials = try read("AWS_SHARED_CREDENTIALS_FILE", "credentials")
        return AWSCollectorConfiguration.ProfileFiles(config: config.map { Secret($0) }, credentials: credentials.map { Secret($0) })
    }

    private mutating func merge(_ bytes: [UInt8], isConfig: Bool) {
        var section: String?
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            // Indented lines are settings inside a setting.
            guard let first = line.unicodeScalars.first, first != " ", first != "\t" else { continue }
            if first == "#" || first == ";" { continue }
            if first == "[" {
                guard let end = line.firstIndex(of: "]") else {
                    section = nil
                    continue
                }
                let words = line[line.index(after: line.startIndex)..<end].split(whereSeparator: { $0 == " " || $0 == "\t" }).map(
                    String.init)
                if !isConfig {
                    section = words.joined(separator: " ")
                } else if words.count == 2, words[0] == "profile" {
                    section = words[1]
                } else {
                    section = words == ["default"] ? "default" : nil
                }
                if let section { byName[section, default: [:]] = byName[section] ?? [:] }
                continue
            }
            guard let section, let equals = line.firstIndex(of: "=") else { continue }
            let name = Self.trimmed(line[..<equals]).lowercased()
            byName[section, default: [:]][name] = Self.trimmed(line[line.index(after: equals)...])
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

/// Keys, or a role to take on, from a profile.
///
/// `credential_process`, SSO and codes of a second factor are refused by name: the agent starts no programs and asks nobody.
struct ProfileCredentials: CredentialSource {
    var environment: [String: String]
    /// The profile that the operator named; it must then exist.
    var named: String?
    /// The files' texts, where they were read before.
    var files: AWSCollectorConfiguration.ProfileFiles?
    var roles: RoleCredentials
    /// What `credential_source` may name.
    var container: any CredentialSource
    var metadata: any CredentialSource

    func credentials() async throws(CredentialError) -> Credentials? {
        let wanted = named ?? environment["AWS_PROFILE"].flatMap { $0.isEmpty ? nil : $0 }
        let texts: AWSCollectorConfiguration.ProfileFiles
        if let files { texts = files } else { texts = try Profiles.files(environment: environment) }
        let profiles = Profiles(files: texts)
        let name = wanted ?? "default"
        guard profiles.byName[name] != nil else {
            if let wanted { throw CredentialError(.badProfile, "there is no profile \(DisplayText.safe(wanted, limit: 64))") }
            return nil
        }
        return try await resolve(name, in: profiles, seen: [], mustHave: wanted != nil)
    }

    private func resolve(_ name: String, in profiles: Profiles, seen: [String], mustHave: Bool) async throws(CredentialError)
        -> Credentials?
    {
        let shown = "profile " + DisplayText.safe(name, limit: 64)
        guard let profile = profiles.byName[name] else { throw CredentialError(.badProfile, "\(shown) does not exist") }
        let isRepeated = seen.contains { $0.utf8.elementsEqual(name.utf8) }
        guard seen.count < 8 else { throw CredentialError(.badProfile, "\(shown) leads through too many others") }
        if let role = profile["role_arn"], !isRepeated {
            if profile["mfa_serial"] != nil { throw CredentialError(.unsupported, "\(shown) wants a code of a second factor") }
            if let file = profile["web_identity_token_file"] {
                return try await roles.web(role: role, tokenFile: file, sessionName: profile["role_session_name"])
            }
            let base: Credentials?
            switch (profile["source_profile"], profile["credential_source"]) {
            case (let source?, nil): base = try await resolve(source, in: profiles, seen: seen + [name], mustHave: true)
            case (nil, "Environment"?): base = try await EnvironmentCredentials(environment: environment).credentials()
            case (nil, "EcsContainer"?): base = try await container.credentials()
            case (nil, "Ec2InstanceMetadata"?): base = try await metadata.credentials()
            default: throw CredentialError(.badProfile, "\(shown) has a role_arn and needs either source_profile or credential_source")
            }
            guard let base else { throw CredentialError(.badProfile, "\(shown): the source of its role has no credentials") }
            return try await roles.assume(
                role: role, with: base, externalID: profile["external_id"], sessionName: profile["role_session_name"],
                seconds: profile["duration_seconds"].flatMap { Int($0) })
        }
        if let key = profile["aws_access_key_id"], !key.isEmpty {
            guard let secret = profile["aws_secret_access_key"], !secret.isEmpty else {
                throw CredentialError(.incomplete, "\(shown) has an aws_access_key_id and no aws_secret_access_key")
            }
            let token = profile["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 }
            guard HeaderText.isSafe(key), HeaderText.isSafe(token ?? "") else {
                throw CredentialError(.badProfile, "\(shown) holds a character that no key has")
            }
            return Credentials(accessKey: key, secretKey: Secret(secret), sessionToken: token.map { Secret($0) }, source: "profile")
        }
        if isRepeated { throw CredentialError(.badProfile, "\(shown) leads back to itself") }
        if profile["credential_process"] != nil {
            throw CredentialError(.unsupported, "\(shown) wants a program started (credential_process)")
        }
        if profile.keys.contains(where: { $0.hasPrefix("sso_") }) {
            throw CredentialError(.unsupported, "\(shown) wants a sign-in through SSO")
        }
        if mustHave { throw CredentialError(.badProfile, "\(shown) has no keys and no role") }
        return nil
    }
}
