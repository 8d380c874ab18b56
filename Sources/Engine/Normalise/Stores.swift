import CloudModel

/// Buckets, keys and secrets.
extension Normaliser {
    /// The resource policy in an answer. A policy that cannot be read is one whose document is `nil`: unknown, not absent.
    func resourcePolicy(_ answer: Cursor, _ member: String, name: String) -> PolicySource? {
        guard let place = answer[member] else { return nil }
        return PolicySource(name: name, kind: .resource, document: answer.document(member), evidence: place.evidence)
    }

    mutating func readBuckets(_ account: String) {
        var places: [String: Cursor] = [:]
        for cursor in cursors(account, "s3", "list-buckets") {
            for item in cursor.requiredList("Buckets") ?? [] {
                guard let name = item.requiredIdentifier("Name") else { continue }
                if places[name] == nil { places[name] = item }
            }
        }
        // Answers about a bucket that no listing names still tell that it is there.
        for operation in ["get-bucket-policy", "get-bucket-acl", "get-public-access-block", "get-bucket-encryption", "get-bucket-tagging"] {
            for cursor in cursors(account, "s3", operation) {
                guard let name = cursor.record.resource, Identifier.isPlain(name), places[name] == nil else { continue }
                places[name] = cursor
            }
        }
        for name in places.keys.sortedUnique {
            guard let place = places[name] else { continue }
            var bucket = Bucket(arn: "arn:\(partition(account)):s3:::\(name)", name: name, account: account, evidence: place.evidence)
            bucket.region = place.identifier("BucketRegion")
            if case .record(let record) = index.answer(account, "s3", "get-bucket-location", resource: name) {
                // `null` is us-east-1, `EU` eu-west-1 (S3 API Reference, GetBucketLocation).
                let location = record.payload["LocationConstraint"]?.string
                bucket.region = location.map { $0.isEmpty ? "us-east-1" : $0 == "EU" ? "eu-west-1" : $0 } ?? "us-east-1"
            }
            switch index.answer(account, "s3", "get-bucket-policy", resource: name) {
            case .record(let record):
                let answer = Cursor(record, problems)
                if answer["Policy"] == nil { answer.missing("Policy") }
                bucket.policy = resourcePolicy(answer, "Policy", name: name)
                bucket.policyKnown = bucket.policy?.document != nil
                bucket.facts["policy"] = answer.evidence
            case .none: bucket.policyKnown = true
            case .unknown: break
            }
            if case .record(let record) = index.answer(account, "s3", "get-bucket-acl", resource: name) {
                let answer = Cursor(record, problems)
                bucket.facts["acl"] = answer.evidence
                bucket.ownerID = answer["Owner"]?.identifier("ID")
                bucket.grants = answer.requiredList("Grants")?.compactMap { grant in
                    guard let grantee = grant["Grantee"], let permission = grant.identifier("Permission"),
                        let id = grantee.identifier("URI") ?? grantee.identifier("ID") ?? grantee.identifier("EmailAddress")
                    else {
                        grant.problem("badGrant", "has no readable grantee or permission")
                        return nil
                    }
                    return Bucket.Grant(grantee: id, permission: permission)
                }
                bucket.grants?.sortByBytes { $0.grantee + " " + $0.permission }
            }
            if case .record(let record) = index.answer(account, "s3", "get-bucket-ownership-controls", resource: name) {
                let answer = Cursor(record, problems)
                bucket.facts["ownership"] = answer.evidence
                bucket.ownership = answer["OwnershipControls"]?.list("Rules").compactMap { $0.identifier("ObjectOwnership") }.first
            }
            switch index.answer(account, "s3", "get-public-access-block", resource: name) {
            case .record(let record):
                let answer = Cursor(record, problems)
                bucket.publicAccessBlock = Self.publicAccessBlock(answer)
                bucket.publicAccessBlockKnown = bucket.publicAccessBlock != nil
                bucket.facts["publicAccessBlock"] = answer.evidence
            case .none: bucket.publicAccessBlockKnown = true
            case .unknown: break
            }
            switch index.answer(account, "s3", "get-bucket-encryption", resource: name) {
            case .record(let record):
                let answer = Cursor(record, problems)
                bucket.facts["encryption"] = answer.evidence
                if let rules = answer["ServerSideEncryptionConfiguration"]?.requiredList("Rules") {
                    bucket.encryptionKnown = true
                    bucket.encryption = rules.lazy.compactMap { $0["ApplyServerSideEncryptionByDefault"]?.identifier("SSEAlgorithm") }.first
                }
            case .none: bucket.encryptionKnown = true
            case .unknown: break
            }
            switch index.answer(account, "s3", "get-bucket-tagging", resource: name) {
            case .record(let record):
                let answer = Cursor(record, problems)
                bucket.facts["tags"] = answer.evidence
                bucket.tags = answer.tags("TagSet")
            case .none: bucket.tags = [:]
            case .unknown: break
            }
            readDeletion(of: &bucket, account)
            snapshot.buckets.append(bucket)
        }
    }

    /// What keeps a bucket's objects from being deleted for good.
    private func readDeletion(of bucket: inout Bucket, _ account: String) {
        if case .record(let record) = index.answer(account, "s3", "get-bucket-versioning", resource: bucket.name) {
            let answer = Cursor(record, problems)
            bucket.facts["versioning"] = answer.evidence
            // A bucket whose versioning was never set answers without a status (S3 API Reference, GetBucketVersioning).
            bucket.keepsVersions = answer["Status"] == nil ? false : answer.string("Status").map { $0 == "Enabled" }
            bucket.requiresMFAToDelete = answer["MFADelete"] == nil ? false : answer.string("MFADelete").map { $0 == "Enabled" }
        }
        switch index.answer(account, "s3", "get-object-lock-configuration", resource: bucket.name) {
        case .record(let record):
            let answer = Cursor(record, problems)
            bucket.facts["lock"] = answer.evidence
            guard let settings = answer["ObjectLockConfiguration"] else { return answer.missing("ObjectLockConfiguration") }
            // Without a rule each upload says whether its object is locked.
            bucket.lock = settings["Rule"]?["DefaultRetention"]?.string("Mode").flatMap(Bucket.Lock.init)
        case .none: bucket.lock = Bucket.Lock.none
        case .unknown: break
        }
    }

    mutating func readKeys(_ account: String) {
        for cursor in cursors(account, "kms", "list-keys") {
            for item in cursor.requiredList("Keys") ?? [] {
                guard let id = item.requiredIdentifier("KeyId") else { continue }
                let keyARN = item.identifier("KeyArn") ?? arn("kms", region(cursor), account, "key/\(id)")
                var key = EncryptionKey(arn: keyARN, id: id, account: account, region: region(cursor), evidence: item.evidence)
                let names = [id, keyARN]
                if case .record(let record) = index.answer(account, "kms", "describe-key", region: key.region, resources: names) {
                    let answer = Cursor(record, problems)
                    if let details = answer["KeyMetadata"] {
                        key.manager = details.identifier("KeyManager")
                        key.state = details.identifier("KeyState")
                        key.facts["details"] = details.evidence
                        // Only symmetric keys with material of KMS's own can be rotated by themselves.
                        let spec = details.string("KeySpec") ?? details.string("CustomerMasterKeySpec") ?? "SYMMETRIC_DEFAULT"
                        key.canRotate = spec == "SYMMETRIC_DEFAULT" && (details.string("Origin") ?? "AWS_KMS") == "AWS_KMS"
                    } else {
                        answer.missing("KeyMetadata")
                    }
                }
                if case .record(let record) = index.answer(account, "kms", "get-key-policy", region: key.region, resources: names) {
                    let answer = Cursor(record, problems)
                    key.policy = resourcePolicy(answer, "Policy", name: id)
                    key.facts["policy"] = answer.evidence
                }
                if case .record(let record) = index.answer(account, "kms", "get-key-rotation-status", region: key.region, resources: names)
                {
                    let answer = Cursor(record, problems)
                    key.rotationEnabled = answer.bool("KeyRotationEnabled")
                    key.facts["rotation"] = answer.evidence
                }
                readGrants(of: &key, account)
                snapshot.keys.append(key)
            }
        }
    }

    mutating func readSecrets(_ account: String) {
        for cursor in cursors(account, "secretsmanager", "list-secrets") {
            for item in cursor.requiredList("SecretList") ?? [] {
                guard let arn = item.requiredIdentifier("ARN") else { continue }
                let name = item.identifier("Name") ?? arn
                var secret = SecretItem(arn: arn, name: name, account: account, region: region(cursor), evidence: item.evidence)
                // The listing leaves the member out while rotation was never configured.
                secret.rotationEnabled = item["RotationEnabled"] == nil ? false : item.bool("RotationEnabled")
                secret.kmsKey = item.identifier("KmsKeyId")
                secret.lastAccessed = item.string("LastAccessedDate")
                secret.tags = item.tags("Tags")
                switch index.answer(account, "secretsmanager", "get-resource-policy", region: secret.region, resources: [arn, name]) {
                case .record(let record):
                    let answer = Cursor(record, problems)
                    // Without a policy the answer has no such member.
                    secret.policy = resourcePolicy(answer, "ResourcePolicy", name: name)
                    secret.policyKnown = secret.policy == nil || secret.policy?.document != nil
                    secret.facts["policy"] = answer.evidence
                case .none: secret.policyKnown = true
                case .unknown: break
                }
                snapshot.secrets.append(secret)
            }
        }
    }
}
