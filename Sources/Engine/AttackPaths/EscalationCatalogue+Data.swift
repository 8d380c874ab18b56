import CloudModel

/// Techniques about data itself. A table, hence long.
extension EscalationCatalogue {
    static let data: [EscalationTechnique] = [
        .init(
            "s3-bucket-policy", .data(.bucketPolicy),
            [.target("s3:PutBucketPolicy")],
            Likelihood.certain, "write itself into the policy of", attack: "T1530", from: .hackTricks,
            close: "Allow s3:PutBucketPolicy only to who administers the bucket."),
        .init(
            "secret-policy", .data(.secretPolicy),
            [.target("secretsmanager:PutResourcePolicy")],
            Likelihood.certain, "write itself into the policy of", attack: "T1555.006", from: .hackTricks,
            close: "Allow secretsmanager:PutResourcePolicy only to who administers the secret."),
        .init(
            "kms-key-policy", .data(.keyPolicy),
            [.target("kms:PutKeyPolicy")],
            Likelihood.certain, "write itself into the policy of the key of", attack: "T1555.006", from: .hackTricks,
            close: "Allow kms:PutKeyPolicy only to the key's administrators."),
        .init(
            "kms-grant", .data(.keyGrant),
            [.target("kms:CreateGrant")],
            Likelihood.certain, "give itself a grant on the key of", attack: "T1555.006", from: .hackTricks,
            close: "Allow kms:CreateGrant only with kms:GrantIsForAWSResource."),
        .init(
            "snapshot-share", .data(.snapshot("ebs")),
            [.target("ec2:ModifySnapshotAttribute")],
            Likelihood.easy, "share with any account", attack: "T1537", from: .stratus,
            close: "Block public access to snapshots, and encrypt them with a key of the account's own."),
        .init(
            "rds-snapshot-share", .data(.snapshot("rds")),
            [.target("rds:ModifyDBSnapshotAttribute")],
            Likelihood.easy, "share with any account", attack: "T1537", from: .stratus,
            close: "Encrypt snapshots with a key of the account's own and share that with nobody."),
        .init(
            "rds-cluster-snapshot-share", .data(.snapshot("rds-cluster")),
            [.target("rds:ModifyDBClusterSnapshotAttribute")],
            Likelihood.easy, "share with any account", attack: "T1537", from: .stratus,
            close: "Encrypt snapshots with a key of the account's own and share that with nobody."),
        .init(
            "ebs-direct", .data(.snapshot("ebs")),
            [.target("ebs:ListSnapshotBlocks"), .target("ebs:GetSnapshotBlock")],
            Likelihood.certain, "read the blocks of", attack: "T1530", from: .hackTricks,
            close: "Allow ebs:GetSnapshotBlock only to the backup."),
        .init(
            "rds-restore", .data(.snapshot("rds")),
            [
                .target("rds:RestoreDBInstanceFromDBSnapshot"), .made("rds:RestoreDBInstanceFromDBSnapshot", "rds:db:example"),
                .made("rds:ModifyDBInstance", "rds:db:example"),
            ],
            Likelihood.easy, "restore, with a password of its own,", attack: "T1578.004", from: .hackTricks,
            close: "Allow rds:RestoreDBInstanceFromDBSnapshot only to the backup."),
        .init(
            "rds-password", .data(.database(isReached: true)),
            [.target("rds:ModifyDBInstance")],
            Likelihood.likely, "set the master password of", attack: "T1098", from: .hackTricks,
            close: "Allow rds:ModifyDBInstance only to who administers the database."),
        .init(
            "rds-snapshot-copy", .data(.database(isReached: false)),
            [
                .target("rds:CreateDBSnapshot"), .made("rds:CreateDBSnapshot", "rds:snapshot:example"),
                .made("rds:ModifyDBSnapshotAttribute", "rds:snapshot:example"),
            ],
            Likelihood.easy, "take and share a snapshot of", attack: "T1537", from: .hackTricks,
            close: "Encrypt databases with a key of the account's own and share that with nobody."),
    ]
}
