/// Why a question cannot be asked.
public struct AccessQueryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of mistakes.
    public enum Code: String, Sendable, CaseIterable {
        /// Not `SERVICE:NAME`.
        case invalidAction
        /// Neither an ARN nor `*`.
        case invalidResource
        /// Nothing that can ask: neither a principal's ARN, an account, a service principal nor `*`.
        case invalidPrincipal
        /// A principal of a collected account that is not there.
        case unknownPrincipal
        /// A short name that several collected accounts have.
        case ambiguousPrincipal
    }
    /// The kind of mistake.
    public var code: Code
    /// What is wrong; it repeats what was asked, so show it only escaped.
    public var message: String
    /// The message.
    public var description: String { message }
    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
