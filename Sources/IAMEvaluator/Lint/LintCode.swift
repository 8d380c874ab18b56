/// The kinds of remarks. The word is stable; what each means, why it is made and an example stand in `Sources/Docs/IAM/lint.md`.
public enum LintCode: String, Sendable, Hashable, CaseIterable {
    // The document's form: AWS refuses to store these.
    case unknownElement = "unknown-element"
    case invalidVersion = "invalid-version"
    case missingStatement = "missing-statement"
    case missingEffect = "missing-effect"
    case invalidEffect = "invalid-effect"
    case missingAction = "missing-action"
    case missingResource = "missing-resource"
    case missingPrincipal = "missing-principal"
    case elementNotAllowed = "element-not-allowed"
    case exclusiveElements = "exclusive-elements"
    case invalidType = "invalid-type"
    case emptyList = "empty-list"
    case duplicateSid = "duplicate-sid"
    case invalidSid = "invalid-sid"
    case tooLarge = "too-large"
    case invalidCharacter = "invalid-character"
    // Version and variables
    case missingVersion = "missing-version"
    case oldVersion = "old-version"
    case variableInOldVersion = "variable-in-old-version"
    case malformedVariable = "malformed-variable"
    case unknownVariable = "unknown-variable"
    // Actions
    case invalidAction = "invalid-action"
    case unknownService = "unknown-service"
    case unknownAction = "unknown-action"
    case wildcardMatchesNothing = "wildcard-matches-nothing"
    case notInTable = "not-in-table"
    // Resources
    case malformedARN = "malformed-arn"
    case unknownPartition = "unknown-partition"
    case invalidRegion = "invalid-region"
    case invalidAccount = "invalid-account"
    case unknownARNService = "unknown-arn-service"
    case resourceNeverMatches = "resource-never-matches"
    case actionNeedsEverything = "action-needs-everything"
    case unusedResource = "unused-resource"
    // Conditions
    case unknownOperator = "unknown-operator"
    case unknownConditionKey = "unknown-condition-key"
    case keyNotOfAction = "key-not-of-action"
    case operatorTypeMismatch = "operator-type-mismatch"
    case stringOperatorOnARN = "string-operator-on-arn"
    case wildcardTakenLiterally = "wildcard-taken-literally"
    case invalidNumber = "invalid-number"
    case invalidDate = "invalid-date"
    case invalidAddress = "invalid-address"
    case invalidBoolean = "invalid-boolean"
    case invalidBase64 = "invalid-base64"
    case invalidARNValue = "invalid-arn-value"
    case privateSourceAddress = "private-source-address"
    case addressWithHostBits = "address-with-host-bits"
    case missingQuantifier = "missing-quantifier"
    case quantifierOnSingleValue = "quantifier-on-single-value"
    case allowForAllValues = "allow-for-all-values"
    case denyForAllValues = "deny-for-all-values"
    case denyForAnyValue = "deny-for-any-value"
    case denyWhenKeyIsAbsent = "deny-when-key-is-absent"
    case mfaAbsentForAccessKeys = "mfa-absent-for-access-keys"
    case conditionNeverHolds = "condition-never-holds"
    case conditionAlwaysHolds = "condition-always-holds"
    // Principals
    case invalidPrincipal = "invalid-principal"
    case wildcardInPrincipal = "wildcard-in-principal"
    case deletedPrincipal = "deleted-principal"
    case allowNotPrincipal = "allow-not-principal"
    case denyNotPrincipal = "deny-not-principal"
    case allowEveryone = "allow-everyone"
    case confusedDeputy = "confused-deputy"
    case trustActionMismatch = "trust-action-mismatch"
    case federationWithoutAudience = "federation-without-audience"
    case federationWithoutSubject = "federation-without-subject"
    case crossAccountWithoutExternalID = "cross-account-without-external-id"
    // What is granted
    case fullAdministrator = "full-administrator"
    case administratorByParts = "administrator-by-parts"
    case allowNotAction = "allow-not-action"
    case allowNotResource = "allow-not-resource"
    case passRoleUnlimited = "pass-role-unlimited"
    case allowShadowedByDeny = "allow-shadowed-by-deny"
    case redundantStatement = "redundant-statement"
}

/// What a policy is attached to: which elements it may have, how large it may be, and what its statements can mean.
public enum PolicyKind: String, Sendable, Hashable, CaseIterable {
    /// A user's, group's or role's, inline or managed.
    case identity
    /// A resource's, such as a bucket's or a key's; also a VPC endpoint's.
    case resource
    /// A role's trust policy.
    case trust
    /// A permissions boundary.
    case boundary
    /// A service control policy.
    case scp
    /// A resource control policy.
    case rcp
    /// A session policy.
    case session

    /// Which elements its statements have.
    var form: PolicyDocument.Form {
        switch self {
        case .identity, .boundary, .scp, .session: .withoutPrincipal
        case .resource, .trust, .rcp: .withPrincipal
        }
    }
    /// Whether its Allow statements give something by themselves; the others only limit what is given elsewhere.
    var grants: Bool {
        switch self {
        case .identity, .resource, .trust: true
        case .boundary, .scp, .rcp, .session: false
        }
    }
    /// How it is called in a message.
    var words: String {
        switch self {
        case .identity: "an identity policy"
        case .resource: "a resource policy"
        case .trust: "a trust policy"
        case .boundary: "a permissions boundary"
        case .scp: "a service control policy"
        case .rcp: "a resource control policy"
        case .session: "a session policy"
        }
    }
}
