import CloudModel
import IAMEvaluator

/// Grants of KMS keys as statements that stand beside the key's policy.
///
/// A grant allows what it names to its grantee whatever identity policies say, and no denial is overridden by it ("Grants in AWS KMS" and
/// "Troubleshooting key access", KMS Developer Guide), which is what a key policy's statement does that names the principal.
extension Permissions {
    /// The key's policy with its grants, ready to be asked with; `nil` when the policy is not known.
    func resourcePolicy(of key: EncryptionKey) -> ResourcePolicy? {
        guard let source = key.policy else { return nil }
        return ResourcePolicy(
            place: library.place(of: source), source: source,
            grants: (key.grants ?? []).compactMap { grant in
                Self.source(of: grant).map { (place: library.place(of: $0), source: $0) }
            })
    }

    /// The grant as a policy that was read where the grant was; `nil` as of ``document(_:)``.
    static func source(of grant: KeyGrant) -> PolicySource? {
        document(grant).map { PolicySource(name: "grant \(grant.id)", kind: .resource, document: $0, evidence: grant.evidence) }
    }

    /// The grant as a policy; `nil` when it lets nobody do anything: its grantee is gone, or it names no operation.
    static func document(_ grant: KeyGrant) -> JSONValue? {
        guard !grant.operations.isEmpty else { return nil }
        let principal: JSONValue
        if grant.grantee.hasPrefix("arn:") {
            principal = ["AWS": .string(grant.grantee)]
        } else if grant.grantee.hasSuffix(".amazonaws.com") || grant.grantee.hasSuffix(".amazonaws.com.cn") {
            principal = ["Service": .string(grant.grantee)]
        } else {
            // What is left of a deleted principal is its identifier.
            return nil
        }
        var tests = JSONObject()
        for (key, value) in grant.contextSubset.merging(grant.contextEquals ?? [:], uniquingKeysWith: { _, new in new })
            .sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
        {
            tests["kms:EncryptionContext:" + key] = .string(value)
        }
        var conditions = JSONObject()
        if !tests.members.isEmpty { conditions["StringEquals"] = .object(tests) }
        if let whole = grant.contextEquals {
            conditions["ForAllValues:StringEquals"] = [
                "kms:EncryptionContextKeys": .array(whole.keys.sortedUnique.map { .string($0) })
            ]
        }
        var statement: JSONObject = [
            "Effect": "Allow", "Principal": principal, "Action": .array(grant.operations.map { .string("kms:" + $0) }), "Resource": "*",
        ]
        if !conditions.members.isEmpty { statement["Condition"] = .object(conditions) }
        return ["Version": "2012-10-17", "Statement": [.object(statement)]]
    }
}
