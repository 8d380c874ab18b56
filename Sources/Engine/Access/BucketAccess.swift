import CloudModel
import IAMEvaluator

/// What bears on a bucket besides policies: its access-control list and the settings that block public access.
///
/// Sources: "Blocking public access to your Amazon S3 storage" and "Access control list (ACL) overview", Amazon S3 User Guide. Of the four
/// settings two change what is in force: `IgnorePublicAcls` and `RestrictPublicBuckets`. `BlockPublicAcls` and `BlockPublicPolicy` refuse
/// only to set new public lists and policies; what is there stays in force.
struct BucketAccess {
    let bucket: Bucket
    let account: Account?

    /// `true` when it is on for the bucket or its account, `nil` when it is on for neither as far as is known and one of them is not known.
    func setting(_ read: (PublicAccessBlock) -> Bool) -> Bool? {
        if account?.publicAccessBlock.map(read) == true || bucket.publicAccessBlock.map(read) == true { return true }
        return account?.publicAccessBlockKnown == true && bucket.publicAccessBlockKnown ? false : nil
    }

    /// Whether access-control lists of the bucket and its objects mean nothing: public ones are ignored, or all of them are switched off
    /// ("Controlling ownership of objects and disabling ACLs for your bucket", Amazon S3 User Guide). `nil` when that is not known.
    var ignoresPublicLists: Bool? { hasNoLists ? true : setting(\.ignorePublicACLs) }
    /// Whether lists are switched off.
    var hasNoLists: Bool { bucket.ownership == "BucketOwnerEnforced" }

    /// Where a setting that is on, or the lack of it, was read.
    func evidence(_ read: (PublicAccessBlock) -> Bool) -> Evidence? {
        if bucket.publicAccessBlock.map(read) == true { return bucket.facts["publicAccessBlock"] }
        if account?.publicAccessBlock.map(read) == true { return account?.facts["publicAccessBlock"] }
        return nil
    }

    // MARK: - Access-control list

    private static let everybody = "http://acs.amazonaws.com/groups/global/AllUsers"
    private static let everyAccount = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"

    /// The grants of the list as statements, in the list's order; `nil` when the list was not collected. Grants to single users are by the
    /// canonical identifiers of their accounts, whose numbers are not known; those that only repeat what the owner has are harmless here,
    /// because in the owner's account they never suffice.
    ///
    /// - Parameter signed: whether who asks has credentials of some account.
    func list(signed: Bool) -> CompiledPolicy? {
        guard let grants = bucket.grants else { return nil }
        let statements = grants.map { grant in
            let entry: PrincipalElement.Entry =
                switch grant.grantee {
                case Self.everybody: .everyone
                case Self.everyAccount: signed ? .everyone : .canonicalUser(grant.grantee)
                default: .canonicalUser(grant.grantee)
                }
            return PolicyStatement(
                effect: .allow, principal: PrincipalElement([entry]), actions: PatternSet(Self.actions(grant.permission)),
                resources: PatternSet([bucket.arn, bucket.arn + "/*"]))
        }
        return CompiledPolicy(
            PolicyDocument(statements: statements), tag: PolicyTag(Self.listTag, name: "access-control list of \(bucket.name)"))
    }
    /// The place in the library that no policy has.
    static let listTag = -2

    /// Whether the list gives anything to everybody or to every account.
    var hasPublicGrants: Bool {
        !hasNoLists && (bucket.grants ?? []).contains { $0.grantee == Self.everybody || $0.grantee == Self.everyAccount }
    }

    /// Whether the list gives the action to everybody, or to every account.
    func gives(_ action: String, toEveryAccount: Bool) -> Bool {
        (bucket.grants ?? []).contains {
            ($0.grantee == Self.everybody || toEveryAccount && $0.grantee == Self.everyAccount)
                && Self.actions($0.permission).contains { $0.lowercased() == action.lowercased() }
        }
    }

    /// Canonical identifiers of other accounts that the list gives the action to; the accounts' numbers are not known.
    func strangers(given action: String) -> [String] {
        guard !hasNoLists else { return [] }
        return (bucket.grants ?? []).filter { grant in
            !grant.grantee.hasPrefix("http") && grant.grantee != owner
                && Self.actions(grant.permission).contains { $0.lowercased() == action.lowercased() }
        }.map(\.grantee).sortedUnique
    }
    /// Whom the bucket belongs to. Where the answer does not say, the only one that has full control.
    var owner: String? {
        if let owner = bucket.ownerID { return owner }
        let full = (bucket.grants ?? []).filter { $0.permission == "FULL_CONTROL" && !$0.grantee.hasPrefix("http") }
        return full.count == 1 ? full[0].grantee : nil
    }

    /// "Mapping of ACL permissions and access policy permissions", for a bucket's list.
    private static func actions(_ permission: String) -> [String] {
        switch permission {
        case "READ": ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]
        case "WRITE": ["s3:PutObject"]
        case "READ_ACP": ["s3:GetBucketAcl"]
        case "WRITE_ACP": ["s3:PutBucketAcl"]
        case "FULL_CONTROL": ["READ", "WRITE", "READ_ACP", "WRITE_ACP"].flatMap(actions)
        // A pattern that nothing matches.
        default: ["s3:-"]
        }
    }

    /// Whether an object's own access-control list, which is not collected, could allow the action.
    static func isGivenByObjects(_ action: String) -> Bool {
        [
            "s3:getobject", "s3:getobjectversion", "s3:getobjectacl", "s3:getobjectversionacl", "s3:putobjectacl", "s3:putobjectversionacl",
        ].contains(action.lowercased())
    }
    /// Whether the bucket's access-control list could allow the action.
    static func isGivenByList(_ action: String) -> Bool { actions("FULL_CONTROL").contains { $0.lowercased() == action.lowercased() } }

    // MARK: - The meaning of "public"

    /// Whether S3 holds a bucket policy for public: whether some statement allows anything to others than fixed values stand for; `nil` where
    /// its documents do not say.
    static func isPublic(_ document: PolicyDocument) -> Bool? {
        var result: Bool? = false
        for statement in document.statements where statement.effect == .allow {
            guard let principal = statement.principal else { continue }
            if !principal.negated, !principal.entries.contains(.everyone) { continue }
            switch isLimited(statement.conditions) {
            case true?: continue
            case false?: return true
            case nil: result = nil
            }
        }
        return result
    }

    private static func isLimited(_ conditions: [ConditionClause]) -> Bool? {
        var doubt = false
        for clause in conditions {
            let key = clause.key.lowercased()
            // The operators that hold a key to values; `…IfExists` holds none that is absent.
            guard ["StringEquals", "StringLike", "ArnEquals", "ArnLike", "IpAddress", "StringEqualsIgnoreCase"].contains(clause.name) else {
                continue
            }
            let isFixed = clause.values.allSatisfy { !$0.utf8.contains { "*?$".utf8.contains($0) } }
            switch key {
            case "aws:sourceip": if clause.values.allSatisfy(isNarrow) { return true }
            case "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:principalorgid",
                "s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id":
                if isFixed { return true }
            case "s3:dataaccesspointarn":
                // The name may be a wildcard where the account is fixed.
                if clause.values.allSatisfy({ ARNParts($0).map { !$0.account.utf8.contains { "*?$".utf8.contains($0) } } ?? false }) {
                    return true
                }
            case "aws:userid": if isFixed { return true }
            case "aws:principalarn", "aws:principalaccount", "aws:principalorgpaths": if isFixed { doubt = true }
            default: break
            }
        }
        return doubt ? nil : false
    }

    /// Whether a range is not broader than /8, of IPv6 /32 (the same document).
    private static func isNarrow(_ range: String) -> Bool {
        let parts = range.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let bits = Int(parts[1]) else { return parts.count == 1 && !range.isEmpty }
        return range.contains(":") ? bits >= 32 : bits >= 8
    }
}
