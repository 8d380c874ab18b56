/// Who asks.
public enum RequestPrincipal: Sendable, Hashable {
    /// An IAM user, by ARN.
    case user(arn: String)
    /// An IAM role, by ARN, in a session whose name is not known.
    case role(arn: String)
    /// A session of a role.
    ///
    /// - Parameters:
    ///   - role: the role's ARN, `arn:aws:iam::ACCOUNT:role/PATH/NAME`. A session's ARN does not tell the path.
    ///   - session: the session's ARN, `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
    case assumedRole(role: String, session: String)
    /// A session of a user through GetFederationToken, `arn:aws:sts::ACCOUNT:federated-user/NAME`, and the user, where known.
    case federatedUser(arn: String, user: String?)
    /// The root user of an account.
    case root(account: String, partition: String)
    /// Some principal of an account that is not named: what is asked is whether the account's own policies may delegate it.
    case account(String)
    /// An AWS service, such as `lambda.amazonaws.com`.
    case service(String)
    /// Someone whom an identity provider vouches for, before assuming a role: the SAML or OIDC provider's ARN, or a name such as
    /// `accounts.google.com`. Only role trust policies are about them.
    case identityProvider(String)
    /// Someone without credentials.
    case anonymous

    /// The principal that a text names: an ARN of IAM or STS, 12 digits for an account, a service principal, `*` for nobody in particular.
    /// `nil` when it names none of these.
    public init?(parsing text: String) {
        if text == "*" {
            self = .anonymous
            return
        }
        let bytes = Array(text.utf8)
        if let arn = ARN(bytes) {
            guard arn.isIAM || arn.isSTS else { return nil }
            let rest = arn.resource
            if arn.isIAM {
                if rest.elementsEqual("root".utf8) {
                    self = .root(account: arn.accountText, partition: arn.partitionText)
                } else if rest.starts(with: "user/".utf8) {
                    self = .user(arn: text)
                } else if rest.starts(with: "role/".utf8) {
                    self = .role(arn: text)
                } else if rest.starts(with: "saml-provider/".utf8) || rest.starts(with: "oidc-provider/".utf8) {
                    self = .identityProvider(text)
                } else {
                    return nil
                }
                return
            }
            if rest.starts(with: "assumed-role/".utf8) {
                let parts = rest.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty else { return nil }
                let name = String(decoding: parts[1], as: UTF8.self)
                self = .assumedRole(role: "arn:\(arn.partitionText):iam::\(arn.accountText):role/\(name)", session: text)
            } else if rest.starts(with: "federated-user/".utf8) {
                self = .federatedUser(arn: text, user: nil)
            } else {
                return nil
            }
            return
        }
        if bytes.count == 12, bytes.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
            self = .account(text)
            return
        }
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")), dot > 0, bytes.count - dot > 2,
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: ":") })
        else { return nil }
        self =
            bytes.hasSuffix(".amazonaws.com") || bytes.hasSuffix(".amazonaws.com.cn") || bytes.hasSuffix(".amazon.com")
                || bytes.hasSuffix(".aws.internal") ? .service(text) : .identityProvider(text)
        if text == "cognito-identity.amazonaws.com" || text == "www.amazon.com" { self = .identityProvider(text) }
    }

    /// The account that the principal belongs to; `nil` for services, providers and anonymous.
    public var account: String? {
        switch self {
        case .user(let arn), .role(let arn), .assumedRole(let arn, _), .federatedUser(let arn, _): ARN(Array(arn.utf8))?.accountText
        case .root(let account, _), .account(let account): account
        case .service, .identityProvider, .anonymous: nil
        }
    }

    /// Whether this is a role that only its service can use, which service and resource control policies do not bind
    /// (AWS Organizations User Guide, "SCP effects on permissions").
    public var isServiceLinkedRole: Bool {
        switch self {
        case .role(let arn): Array(arn.utf8).contains(":role/aws-service-role/")
        case .assumedRole(let role, let session):
            Array(role.utf8).contains(":role/aws-service-role/") || Array(session.utf8).contains(":assumed-role/AWSServiceRoleFor")
        default: false
        }
    }
}
