public import CloudModel

/// What a change costs: effort by its kind, and blast by who may miss what it takes.
///
/// | effort | kinds |
/// |---|---|
/// | 1 | one setting or one document: `remove-action` `deny-action` `narrow-resource` `add-condition` `remove-statement` `detach-policy` `leave-group` `tighten-trust` `tighten-resource` `require-external-id` `require-mfa` `close-ingress` `narrow-ingress` `require-imdsv2` `sign-function-url` `make-private` `remove-instance-profile` `delete-key` |
/// | 2 | several parts: `narrow-policy` `detach-everywhere` `unpublish-database` |
/// | 3 | several parts, and something new to keep: `set-boundary` `add-service-control-policy` |
///
/// | blast | who may miss it |
/// |---|---|
/// | 0 `none` | nobody of one's own: sharing with everyone, a key that nobody uses |
/// | 1 `one` | one principal, one action or caller |
/// | 2 `several` | several principals, every principal of an account, or someone outside who has to act as well |
/// | 3 `whole` | a whole policy, workload or public service |
///
/// A tenant may change every number.
public struct FixCosts: Sendable, Hashable {
    /// Kinds of changes.
    public enum Kind: String, Sendable, CaseIterable {
        case removeAction = "remove-action"
        case denyAction = "deny-action"
        case narrowPolicy = "narrow-policy"
        case narrowResource = "narrow-resource"
        case addCondition = "add-condition"
        case removeStatement = "remove-statement"
        case detachPolicy = "detach-policy"
        case detachEverywhere = "detach-everywhere"
        case leaveGroup = "leave-group"
        case setBoundary = "set-boundary"
        case tightenTrust = "tighten-trust"
        case tightenResource = "tighten-resource"
        case requireExternalID = "require-external-id"
        case requireMFA = "require-mfa"
        case closeIngress = "close-ingress"
        case narrowIngress = "narrow-ingress"
        case requireIMDSv2 = "require-imdsv2"
        case removeInstanceProfile = "remove-instance-profile"
        case signFunctionURL = "sign-function-url"
        case makePrivate = "make-private"
        case unpublishDatabase = "unpublish-database"
        case deleteKey = "delete-key"
        case addServiceControlPolicy = "add-service-control-policy"
    }
    /// Who may miss what a change takes.
    public enum Blast: String, Sendable, CaseIterable { case none, one, several, whole }

    private var effort: [Kind: Int] = [:]
    private var blast: [Blast: Int] = [.none: 0, .one: 1, .several: 2, .whole: 3]

    /// The table above.
    public init() {
        for kind in Kind.allCases { effort[kind] = 1 }
        for kind in [Kind.narrowPolicy, .detachEverywhere, .unpublishDatabase] { effort[kind] = 2 }
        for kind in [Kind.setBoundary, .addServiceControlPolicy] { effort[kind] = 3 }
    }

    /// The table with a tenant's numbers: `{"effort": {KIND: NUMBER, …}, "blast": {CLASS: NUMBER, …}}`, whole numbers from 0 to 1,000.
    ///
    /// - Returns: `nil` when a name is not known or a number is none.
    public init?(_ table: JSONValue) {
        self.init()
        guard let object = table.object, object.members.allSatisfy({ ["effort", "blast"].contains($0.name) }) else { return nil }
        for member in object["effort"]?.object?.members ?? [] {
            guard let kind = Kind(rawValue: member.name), let number = Self.number(member.value) else { return nil }
            effort[kind] = number
        }
        for member in object["blast"]?.object?.members ?? [] {
            guard let blast = Blast(rawValue: member.name), let number = Self.number(member.value) else { return nil }
            self.blast[blast] = number
        }
    }

    private static func number(_ value: JSONValue) -> Int? { value.int.flatMap { (0...1000).contains($0) ? $0 : nil } }

    /// The cost of a change, at least 1.
    public func cost(_ kind: Kind, _ blast: Blast) -> Int { max(1, (effort[kind] ?? 1) + (self.blast[blast] ?? 1)) }
}
