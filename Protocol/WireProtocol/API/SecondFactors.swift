extension API {
    /// A second factor's code.
    public struct CodeRequest: Sendable, Codable {
        /// Of the authenticator app, or a recovery code.
        public var code: String
        /// Of these parts.
        public init(code: String) {
            self.code = code
        }
    }

    /// What an authenticator is to sign; each part as base64url.
    public struct PasskeyChallenge: Sendable, Codable {
        /// Random bytes.
        public var challenge: String
        /// The host name that the key is bound to.
        public var relyingParty: String
        /// Names of the keys that may sign; empty to make one.
        public var credentials: [String]
        /// The account's name for the authenticator.
        public var user: String
        /// The account's address.
        public var email: String
        /// Of these parts.
        public init(challenge: String, relyingParty: String, credentials: [String], user: String, email: String) {
            self.challenge = challenge
            self.relyingParty = relyingParty
            self.credentials = credentials
            self.user = user
            self.email = email
        }
    }

    /// An authenticator's answer; each part as base64url.
    public struct PasskeyAssertion: Sendable, Codable {
        /// Name of the key.
        public var credential: String
        /// `clientDataJSON`.
        public var clientData: String
        /// `authenticatorData`.
        public var authenticatorData: String
        /// `signature`.
        public var signature: String
        /// Of these parts.
        public init(credential: String, clientData: String, authenticatorData: String, signature: String) {
            self.credential = credential
            self.clientData = clientData
            self.authenticatorData = authenticatorData
            self.signature = signature
        }
    }

    /// A key that an authenticator made; each part as base64url.
    public struct PasskeyRegistration: Sendable, Codable {
        /// What its owner calls it.
        public var name: String
        /// `clientDataJSON`.
        public var clientData: String
        /// `attestationObject`.
        public var attestation: String
        /// Of these parts.
        public init(name: String, clientData: String, attestation: String) {
            self.name = name
            self.clientData = clientData
            self.attestation = attestation
        }
    }

    /// A second factor: one of the two.
    public struct SecondFactorRequest: Sendable, Codable {
        /// Of the authenticator app, or a recovery code.
        public var code: String?
        /// An authenticator's answer.
        public var passkey: PasskeyAssertion?
        /// Of these parts.
        public init(code: String? = nil, passkey: PasskeyAssertion? = nil) {
            self.code = code
            self.passkey = passkey
        }
    }

    /// Shows once more who the caller is: a second factor, or the password where there is none.
    public struct StepUpRequest: Sendable, Codable {
        /// The password.
        public var password: String?
        /// Of the authenticator app, or a recovery code.
        public var code: String?
        /// An authenticator's answer.
        public var passkey: PasskeyAssertion?
        /// Of these parts.
        public init(password: String? = nil, code: String? = nil, passkey: PasskeyAssertion? = nil) {
            self.password = password
            self.code = code
            self.passkey = passkey
        }
    }

    /// Another password.
    public struct PasswordChange: Sendable, Codable {
        /// The password from now on.
        public var newPassword: String
        /// Of these parts.
        public init(newPassword: String) {
            self.newPassword = newPassword
        }
    }

    /// What an authenticator app is given; shown once.
    public struct AppSecret: Sendable, Codable {
        /// Base 32, to be typed.
        public var secret: String
        /// `otpauth://…`, to be scanned.
        public var uri: String
        /// Of these parts.
        public init(secret: String, uri: String) {
            self.secret = secret
            self.uri = uri
        }
    }

    /// What enrolling a second factor gives.
    public struct Enrolled: Sendable, Codable {
        /// Each works once when the factor is lost; shown once.
        public var recoveryCodes: [String]
        /// The session from now on: the one before ended.
        public var session: Session
        /// Of these parts.
        public init(recoveryCodes: [String], session: Session) {
            self.recoveryCodes = recoveryCodes
            self.session = session
        }
    }

    /// Fresh recovery codes; shown once.
    public struct RecoveryCodes: Sendable, Codable {
        /// Each works once.
        public var recoveryCodes: [String]
        /// Of these parts.
        public init(recoveryCodes: [String]) {
            self.recoveryCodes = recoveryCodes
        }
    }

    /// What the caller has.
    public struct SecondFactors: Sendable, Codable {
        /// Whether an authenticator app is in force.
        public var app: Bool
        /// Codes that were not used.
        public var recoveryCodes: Int
        /// Passkeys, oldest first.
        public var passkeys: [Passkey]
        /// Of these parts.
        public init(app: Bool, recoveryCodes: Int, passkeys: [Passkey]) {
            self.app = app
            self.recoveryCodes = recoveryCodes
            self.passkeys = passkeys
        }
    }

    /// A passkey.
    public struct Passkey: Sendable, Codable {
        /// Its name, base64url.
        public var credential: String
        /// What its owner calls it.
        public var name: String
        /// RFC 3339.
        public var createdAt: String
        /// RFC 3339; `nil` before the first use.
        public var lastUsed: String?
        /// Of these parts.
        public init(credential: String, name: String, createdAt: String, lastUsed: String? = nil) {
            self.credential = credential
            self.name = name
            self.createdAt = createdAt
            self.lastUsed = lastUsed
        }
    }
}
