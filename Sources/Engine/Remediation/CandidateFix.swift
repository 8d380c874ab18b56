import CloudModel

/// A change that might cut a path: not yet tried.
struct CandidateFix: Sendable {
    var kind: FixCosts.Kind
    /// What is changed.
    var resource: String
    var title: String
    var blast: FixCosts.Blast
    /// One change to one thing may be several edits of its text.
    var edits: [Edit]
    /// Stays the same across runs while the change is the same.
    let id: String

    init(_ kind: FixCosts.Kind, _ resource: String, _ title: String, _ edits: [Edit], _ blast: FixCosts.Blast) {
        self.kind = kind
        self.resource = resource
        self.title = title
        self.blast = blast
        self.edits = edits
        id = Self.identifier(kind, resource, edits)
    }

    static func identifier(_ kind: FixCosts.Kind, _ resource: String, _ edits: [Edit]) -> String {
        AttackPathFinder.digest("fix-", [kind.rawValue, resource] + edits.map { FixEdit($0).json.canonicalText })
    }
}

/// How long a policy of each kind may be, white space not counted (IAM and AWS STS quotas; Amazon S3, Secrets Manager).
enum PolicySizes {
    /// The most bytes that a service control policy may have, and the most of them at one account (Quotas for AWS Organizations, as they are
    /// since 2026-05-15).
    static let controlPolicy = 10_240
    static let controlPoliciesAttached = 10

    /// The most bytes that a document at that place may have; `nil` where it is not known.
    static func limit(_ place: Edit.Place, _ holder: Principal.Kind?) -> Int? {
        switch place {
        case .managed: 6_144
        case .trust: 2_048
        case .inline:
            switch holder {
            case .user: 2_048
            case .group: 5_120
            case .role: 10_240
            case .root, nil: nil
            }
        case .resource: 20_480
        }
    }

    /// What counts of a document.
    static func size(_ document: JSONValue) -> Int {
        document.canonicalText.utf8.count { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    }
}

extension CandidateFixes {
    /// A change with its blast class.
    func fix(_ kind: FixCosts.Kind, _ resource: String, _ title: String, _ edits: [Edit]) -> CandidateFix {
        CandidateFix(kind, resource, title, edits, blast(kind, edits))
    }

    /// Who may miss what a change takes.
    func blast(_ kind: FixCosts.Kind, _ edits: [Edit]) -> FixCosts.Blast {
        switch kind {
        case .removeAction, .denyAction, .narrowPolicy, .narrowResource, .addCondition, .requireMFA:
            switch edits.first?.place {
            case .managed(let arn): return (attached[arn]?.count ?? 1) > 1 || attached[arn]?.first?.kind == .group ? .several : .one
            case .inline(let holder, _): return principals[holder]?.kind == .group ? .several : .one
            case .trust, .resource, nil: return .one
            }
        case .makePrivate: return edits.first?.place == nil ? .none : .one
        case .deleteKey: return .none
        case .tightenTrust, .tightenResource:
            // Whoever lets a whole account in does not say who comes.
            if case .removePrincipal(_, _, let name)? = edits.first, ARNParts(name)?.resource == "root" || name.utf8.count == 12 {
                return .several
            }
            return .one
        case .leaveGroup, .requireIMDSv2, .signFunctionURL, .unpublishDatabase: return .one
        case .requireExternalID, .narrowIngress, .addServiceControlPolicy: return .several
        case .removeStatement, .closeIngress, .removeInstanceProfile: return .whole
        case .setBoundary:
            guard case .setBoundary(_, _, let actions)? = edits.first else { return .whole }
            return actions.contains { $0.utf8.contains(UInt8(ascii: "*")) } ? .whole : .one
        case .detachPolicy, .detachEverywhere:
            guard case .detach(let policy, let holder)? = edits.first, kind == .detachEverywhere || principals[holder]?.kind != .group,
                let document = principals[holder]?.policies.first(where: { $0.arn == policy })?.document
            else { return .whole }
            // A policy of one action is as much as that action.
            let granted = Patch.statements(document).flatMap { Patch.texts($0["Action"]) }
            guard granted.count == 1, !granted[0].utf8.contains(UInt8(ascii: "*")) else { return .whole }
            return kind == .detachEverywhere ? .several : .one
        }
    }
}
