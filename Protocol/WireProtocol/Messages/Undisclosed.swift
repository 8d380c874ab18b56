/// A message that carries a credential: it prints its type and nothing of its content, so that no log and no crash report holds it.
public protocol Undisclosed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Undisclosed {
    /// The type's name.
    public var description: String { "\(Self.self)[undisclosed]" }
    /// The type's name.
    public var debugDescription: String { description }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension EnrolmentRequest: Undisclosed {}
extension API.SessionRequest: Undisclosed {}
extension API.Session: Undisclosed {}
extension API.EnrolmentToken: Undisclosed {}
extension API.Profile: Undisclosed {}
extension API.CodeRequest: Undisclosed {}
extension API.PasskeyAssertion: Undisclosed {}
extension API.SecondFactorRequest: Undisclosed {}
extension API.SignOnChange: Undisclosed {}
extension API.StepUpRequest: Undisclosed {}
extension API.PasswordChange: Undisclosed {}
extension API.AppSecret: Undisclosed {}
extension API.Enrolled: Undisclosed {}
extension API.RecoveryCodes: Undisclosed {}
extension API.MadeUser: Undisclosed {}
extension API.OneTimePassword: Undisclosed {}
extension API.MadeToken: Undisclosed {}
