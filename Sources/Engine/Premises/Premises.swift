/// What an analysis takes as given besides the collection: the owner's word.
public struct Premises: Sendable {
    /// What is worth how much.
    public var jewels: JewelRules
    /// Names of what is taken to be in an attacker's hands already, as a person writes them; see ``NodeNames``.
    public var compromised: [String]
    /// Software that is known to be vulnerable.
    public var vulnerabilities: KnownVulnerabilities
    /// Premises of these parts; without any, names and tags alone say what matters and nothing is taken to be compromised.
    public init(
        jewels: JewelRules = JewelRules(), compromised: [String] = [], vulnerabilities: KnownVulnerabilities = KnownVulnerabilities()
    ) {
        self.jewels = jewels
        self.compromised = compromised
        self.vulnerabilities = vulnerabilities
    }
}

/// Why the owner's word cannot be taken: a file that is not what it should be, or a name that nothing or too much has.
public struct PremiseError: Error, Sendable, Hashable {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable { case badJewels, badVulnerabilities, unknownName, ambiguousName }
    /// What went wrong.
    public var code: Code
    /// One line that names the place. It may hold a name as it stands in a file or in the collection, which is to be made fit to be shown.
    public var message: String
    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
