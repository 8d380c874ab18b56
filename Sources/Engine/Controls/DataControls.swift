// A table: the data controls as YAML, metadata beside the query.

extension ControlTexts {
    static let data = #"""
        - id: s3-account-public-access-block
          title: The account blocks public access to S3
          severity: medium
          kind: account
          rationale: One setting for the account keeps every bucket from becoming public by mistake.
          remediation: Turn on all four settings of the account's public access block.
          references: [{framework: CIS AWS Foundations 3.0, id: "2.1.4"}]
          needs: []
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN NOT json_extract(properties, '$.publicAccessBlockKnown') THEN 'unknown' WHEN json_extract(properties,
                '$.publicAccessBlock.blockPublicAcls') = 1 AND json_extract(properties, '$.publicAccessBlock.ignorePublicAcls') = 1
                AND json_extract(properties, '$.publicAccessBlock.blockPublicPolicy') = 1 AND json_extract(properties,
                '$.publicAccessBlock.restrictPublicBuckets') = 1 THEN 'pass' ELSE 'fail' END AS verdict,
              CASE WHEN NOT json_extract(properties, '$.publicAccessBlockKnown') THEN 'the account-wide block was not collected' ELSE
                coalesce('the account-wide block is ' || json_extract(properties, '$.publicAccessBlock'),
                'the account has no public access block') END AS why, 'publicAccessBlock' AS fact
            FROM resources WHERE kind = 'account' AND 1 ORDER BY id
        - id: s3-public-access-block
          title: Buckets block public access
          severity: medium
          kind: bucket
          rationale: Without the block one policy or list makes the bucket public.
          remediation: Turn on all four settings of the bucket's or the account's public access block.
          references: [{framework: CIS AWS Foundations 3.0, id: "2.1.4"}]
          needs: [s3.list-buckets]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN (coalesce(json_extract(r.properties, '$.publicAccessBlock.blockPublicAcls'), 0) = 1 OR
                coalesce(json_extract(a.properties, '$.publicAccessBlock.blockPublicAcls'), 0) = 1) AND
                (coalesce(json_extract(r.properties, '$.publicAccessBlock.ignorePublicAcls'), 0) = 1 OR
                coalesce(json_extract(a.properties, '$.publicAccessBlock.ignorePublicAcls'), 0) = 1) AND
                (coalesce(json_extract(r.properties, '$.publicAccessBlock.blockPublicPolicy'), 0) = 1 OR
                coalesce(json_extract(a.properties, '$.publicAccessBlock.blockPublicPolicy'), 0) = 1) AND
                (coalesce(json_extract(r.properties, '$.publicAccessBlock.restrictPublicBuckets'), 0) = 1 OR
                coalesce(json_extract(a.properties, '$.publicAccessBlock.restrictPublicBuckets'), 0) = 1) THEN 'pass'
                WHEN NOT json_extract(r.properties, '$.publicAccessBlockKnown') OR coalesce(NOT json_extract(a.properties,
                  '$.publicAccessBlockKnown'), 1)
                THEN 'unknown' ELSE 'fail' END AS verdict,
              CASE WHEN (coalesce(json_extract(r.properties, '$.publicAccessBlock.blockPublicAcls'), 0) = 1 OR
                coalesce(json_extract(a.properties, '$.publicAccessBlock.blockPublicAcls'), 0) = 1) AND
                (coalesce(json_extract(r.properties, '$.publicAccessBlock.ignorePublicAcls'), 0) = 1 OR
                coalesce(json_extract(a.properties, '$.publicAccessBlock.ignorePublicAcls'), 0) = 1) AND
                (coalesce(json_extract(r.properties, '$.publicAccessBlock.blockPublicPolicy'), 0) = 1 OR
                coalesce(json_extract(a.properties, '$.publicAccessBlock.blockPublicPolicy'), 0) = 1) AND
                (coalesce(json_extract(r.properties, '$.publicAccessBlock.restrictPublicBuckets'), 0) = 1 OR
                coalesce(json_extract(a.properties, '$.publicAccessBlock.restrictPublicBuckets'), 0) = 1) THEN
                'all four settings are on'
                WHEN NOT json_extract(r.properties, '$.publicAccessBlockKnown') THEN
                  'the public access block of the bucket was not collected'
                WHEN coalesce(NOT json_extract(a.properties, '$.publicAccessBlockKnown'), 1) THEN
                  'the public access block of the account was not collected'
                ELSE 'some of the four settings is on neither for the bucket nor for the account' END AS why, 'publicAccessBlock' AS
                  fact
            FROM resources r LEFT JOIN resources a ON a.kind = 'account' AND a.account = r.account WHERE r.kind = 'bucket' ORDER BY r.id
        - id: s3-public
          title: No bucket is open to everybody
          severity: critical
          kind: bucket
          rationale: Everybody can read or write what is in it.
          remediation: Remove the statement or grant, and turn on the public access block.
          needs: [s3.list-buckets]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.confidence <> 'unknown' AND x.kind <>
                'distribution') THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.kind <> 'distribution') OR (NOT json_extract(r.properties,
                  '$.policyKnown') OR json_extract(r.properties, '$.grants') IS NULL) AND NOT (json_extract(r.properties,
                  '$.publicAccessBlock.restrictPublicBuckets') IS 1 AND json_extract(r.properties,
                  '$.publicAccessBlock.ignorePublicAcls') IS 1) THEN 'unknown' ELSE 'pass' END AS verdict,
              coalesce((SELECT x.why FROM exposures x WHERE x.target = r.id AND x.kind <> 'distribution' ORDER BY x.confidence = 'unknown', x.number LIMIT 1),
                CASE WHEN (NOT json_extract(r.properties, '$.policyKnown') OR json_extract(r.properties, '$.grants') IS NULL) AND NOT
                  (json_extract(r.properties, '$.publicAccessBlock.restrictPublicBuckets') IS 1 AND json_extract(r.properties,
                  '$.publicAccessBlock.ignorePublicAcls') IS 1) THEN 'its policy or list was not collected' END,
                  'neither policy nor list admits everybody') AS why, 'policy' AS fact
            FROM resources r WHERE r.kind = 'bucket' AND 1 ORDER BY r.id
        - id: s3-encryption
          title: Buckets encrypt by default
          severity: low
          kind: bucket
          rationale: Objects at rest are to be unreadable for who gets at the storage.
          remediation: Set default encryption, with a KMS key where access to it should be logged.
          needs: [s3.list-buckets]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN NOT json_extract(properties, '$.encryptionKnown') THEN 'unknown' WHEN json_extract(properties,
                '$.encryption') IS NULL THEN 'fail' ELSE 'pass' END AS verdict,
              CASE WHEN NOT json_extract(properties, '$.encryptionKnown') THEN 'the encryption setting was not collected' ELSE
                coalesce('default encryption is ' || json_extract(properties, '$.encryption'), 'no default encryption') END AS why,
                'encryption' AS fact
            FROM resources WHERE kind = 'bucket' AND 1 ORDER BY id
        - id: s3-tls-only
          title: Buckets refuse requests without TLS
          severity: low
          kind: bucket
          rationale: Plain HTTP requests carry data that others can read.
          remediation: Deny s3:* to everybody when aws:SecureTransport is false.
          references: [{framework: CIS AWS Foundations 3.0, id: "2.1.1"}]
          needs: [s3.list-buckets]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN NOT json_extract(r.properties, '$.policyKnown') THEN 'unknown' WHEN EXISTS (SELECT 1 FROM policies q JOIN
                statements s ON s.policy = q.id, json_tree(s.conditions) t WHERE q.owner = r.id AND q.kind = 'resource' AND s.effect
                = 'Deny' AND (s.principals = '"*"' OR EXISTS (SELECT 1 FROM json_tree(s.principals) t WHERE t.atom = '*')) AND
                lower(t.key) = 'aws:securetransport' AND lower(CASE WHEN t.type = 'array' THEN json_extract(t.value, '$[0]') WHEN
                t.type = 'false' THEN 'false' ELSE t.atom END) IN ('false', '0')) THEN 'pass' ELSE 'fail' END AS verdict,
              CASE WHEN NOT json_extract(r.properties, '$.policyKnown') THEN 'the bucket policy was not collected'
                WHEN EXISTS (SELECT 1 FROM policies q JOIN statements s ON s.policy = q.id, json_tree(s.conditions) t WHERE q.owner =
                  r.id AND q.kind = 'resource' AND s.effect = 'Deny' AND (s.principals = '"*"' OR EXISTS (SELECT 1 FROM
                  json_tree(s.principals) t WHERE t.atom = '*')) AND lower(t.key) = 'aws:securetransport' AND lower(CASE WHEN t.type
                  = 'array' THEN json_extract(t.value, '$[0]') WHEN t.type = 'false' THEN 'false' ELSE t.atom END) IN ('false', '0'))
                  THEN 'the policy denies requests without TLS' ELSE 'no statement denies requests without TLS' END AS why, 'policy'
                  AS fact
            FROM resources r WHERE r.kind = 'bucket' ORDER BY r.id
        - id: lambda-url-auth
          title: Function URLs ask for a signature
          severity: high
          kind: function
          rationale: Everybody who knows or guesses the address runs the function with its role.
          remediation: Set the URL's AuthType to AWS_IAM, or remove the URL.
          needs: [lambda.list-functions]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN json_extract(properties, '$.urls') IS NULL THEN 'unknown' WHEN EXISTS (SELECT 1 FROM json_each(properties,
                '$.urls') u WHERE json_extract(u.value, '$.authType') = 'NONE') THEN 'fail' ELSE 'pass' END AS verdict,
              CASE WHEN json_extract(properties, '$.urls') IS NULL THEN 'the function URLs were not collected' ELSE coalesce((SELECT
                json_extract(u.value, '$.url') || ' asks for no signature' FROM json_each(properties, '$.urls') u WHERE
                json_extract(u.value, '$.authType') = 'NONE' LIMIT 1), 'no URL without a signature') END AS why, 'urls' AS fact
            FROM resources WHERE kind = 'function' AND 1 ORDER BY id
        - id: lambda-public-policy
          title: No function's policy admits everybody
          severity: critical
          kind: function
          rationale: A resource policy with * and no condition admits every AWS account.
          remediation: Name the principals in the policy.
          needs: [lambda.list-functions]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.confidence <> 'unknown' AND x.kind =
                'resourcePolicy') THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.kind = 'resourcePolicy') OR NOT
                  json_extract(r.properties, '$.policyKnown') THEN 'unknown' ELSE 'pass' END AS verdict,
              coalesce((SELECT x.why FROM exposures x WHERE x.target = r.id AND x.kind = 'resourcePolicy' ORDER BY x.confidence =
                'unknown', x.number LIMIT 1),
                CASE WHEN NOT json_extract(r.properties, '$.policyKnown') THEN 'its policy was not collected' END,
                  'its policy does not admit everybody') AS why, 'policy' AS fact
            FROM resources r WHERE r.kind = 'function' AND 1 ORDER BY r.id
        - id: secret-public-policy
          title: No secret's policy admits everybody
          severity: critical
          kind: secret
          rationale: A resource policy with * and no condition admits every AWS account.
          remediation: Name the principals in the policy.
          needs: [secretsmanager.list-secrets]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.confidence <> 'unknown' AND x.kind =
                'resourcePolicy') THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.kind = 'resourcePolicy') OR NOT
                  json_extract(r.properties, '$.policyKnown') THEN 'unknown' ELSE 'pass' END AS verdict,
              coalesce((SELECT x.why FROM exposures x WHERE x.target = r.id AND x.kind = 'resourcePolicy' ORDER BY x.confidence =
                'unknown', x.number LIMIT 1),
                CASE WHEN NOT json_extract(r.properties, '$.policyKnown') THEN 'its policy was not collected' END,
                  'its policy does not admit everybody') AS why, 'policy' AS fact
            FROM resources r WHERE r.kind = 'secret' AND 1 ORDER BY r.id
        - id: kms-public-policy
          title: No key's policy admits everybody
          severity: critical
          kind: key
          rationale: A resource policy with * and no condition admits every AWS account.
          remediation: Name the principals in the policy.
          needs: [kms.list-keys]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.confidence <> 'unknown' AND x.kind =
                'resourcePolicy') THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.kind = 'resourcePolicy') OR NOT
                  json_extract(r.properties, '$.policyKnown') THEN 'unknown' ELSE 'pass' END AS verdict,
              coalesce((SELECT x.why FROM exposures x WHERE x.target = r.id AND x.kind = 'resourcePolicy' ORDER BY x.confidence =
                'unknown', x.number LIMIT 1),
                CASE WHEN NOT json_extract(r.properties, '$.policyKnown') THEN 'its policy was not collected' END,
                  'its policy does not admit everybody') AS why, 'policy' AS fact
            FROM resources r WHERE r.kind = 'key' AND coalesce(json_extract(r.properties, '$.manager'), '') <> 'AWS' ORDER BY r.id
        - id: rds-not-public
          title: Databases have no public address
          severity: high
          kind: database
          rationale: A database that faces the internet is attacked there.
          remediation: Turn PubliclyAccessible off and reach the database inside its VPC.
          references: [{framework: CIS AWS Foundations 3.0, id: "2.3.3"}]
          needs: [rds.describe-db-instances]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE json_extract(properties, '$.publiclyAccessible') WHEN 0 THEN 'pass' WHEN 1 THEN 'fail' ELSE 'unknown' END AS verdict,
              CASE json_extract(properties, '$.publiclyAccessible') WHEN 0 THEN 'not publicly accessible' WHEN 1 THEN name ||
                ' is publicly accessible' ELSE 'the answer does not tell' END AS why, 'description' AS fact
            FROM resources WHERE kind = 'database' AND 1 ORDER BY id
        - id: rds-encryption
          title: Databases are encrypted at rest
          severity: medium
          kind: database
          rationale: Storage and its snapshots are to be unreadable without the key.
          remediation: Restore an encrypted copy of a snapshot and use that.
          references: [{framework: CIS AWS Foundations 3.0, id: "2.3.1"}]
          needs: [rds.describe-db-instances]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE json_extract(properties, '$.encrypted') WHEN 1 THEN 'pass' WHEN 0 THEN 'fail' ELSE 'unknown' END AS verdict,
              CASE json_extract(properties, '$.encrypted') WHEN 1 THEN 'the storage is encrypted' WHEN 0 THEN
                'the storage is not encrypted' ELSE 'the answer does not tell' END AS why, 'description' AS fact
            FROM resources WHERE kind = 'database' AND 1 ORDER BY id
        - id: rds-backups
          title: Databases keep backups for a week
          severity: low
          kind: database
          rationale: What is deleted or encrypted by an attacker is restored from backups.
          remediation: Set the backup retention period to seven days or more.
          needs: [rds.describe-db-instances]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN json_extract(properties, '$.backupRetentionDays') >= 7 THEN 'pass' WHEN json_extract(properties,
                '$.backupRetentionDays') < 7 THEN 'fail' ELSE 'unknown' END AS verdict,
              coalesce('backups are kept for ' || json_extract(properties, '$.backupRetentionDays') || ' days',
                'the answer does not tell') AS why, 'description' AS fact
            FROM resources WHERE kind = 'database' AND 1 ORDER BY id
        - id: snapshot-public
          title: No snapshot is shared with everybody
          severity: critical
          kind: snapshot
          rationale: Everybody can restore it and read all that was stored.
          remediation: Remove the group all from the snapshot's permissions.
          needs: [ec2.describe-snapshots, rds.describe-db-snapshots]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN json_extract(properties, '$.sharedWith') IS NULL THEN 'unknown' WHEN EXISTS (SELECT 1 FROM
                json_each(properties, '$.sharedWith') e WHERE e.value = 'all') THEN 'fail' ELSE 'pass' END AS verdict,
              CASE WHEN json_extract(properties, '$.sharedWith') IS NULL THEN 'whom it is shared with was not collected' ELSE
                'shared with ' || json_extract(properties, '$.sharedWith') END AS why, 'sharing' AS fact
            FROM resources WHERE kind = 'snapshot' AND 1 ORDER BY id
        - id: snapshot-encryption
          title: Snapshots are encrypted
          severity: low
          kind: snapshot
          rationale: An unencrypted snapshot can be shared with one call and read by anyone it is shared with.
          remediation: Copy the snapshot with encryption and delete the old one.
          needs: [ec2.describe-snapshots, rds.describe-db-snapshots]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE json_extract(properties, '$.encrypted') WHEN 1 THEN 'pass' WHEN 0 THEN 'fail' ELSE 'unknown' END AS verdict,
              CASE json_extract(properties, '$.encrypted') WHEN 1 THEN 'encrypted' WHEN 0 THEN 'not encrypted' ELSE
                'the answer does not tell' END AS why, 'description' AS fact
            FROM resources WHERE kind = 'snapshot' AND 1 ORDER BY id
        - id: kms-rotation
          title: Customer keys rotate yearly
          severity: low
          kind: key
          rationale: Rotation bounds how much one version of a key protects.
          remediation: Enable automatic rotation for the key.
          references: [{framework: CIS AWS Foundations 3.0, id: "3.6"}]
          needs: [kms.list-keys]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN json_extract(properties, '$.canRotate') IS NULL OR json_extract(properties, '$.rotationEnabled') IS NULL THEN
                'unknown' WHEN json_extract(properties, '$.rotationEnabled') THEN 'pass' ELSE 'fail' END AS verdict,
              CASE WHEN json_extract(properties, '$.canRotate') IS NULL THEN 'the details of the key were not collected' WHEN
                json_extract(properties, '$.rotationEnabled') IS NULL THEN 'the rotation setting was not collected' WHEN
                json_extract(properties, '$.rotationEnabled') THEN 'rotates' ELSE 'does not rotate' END AS why, 'rotation' AS fact
            FROM resources WHERE kind = 'key' AND coalesce(json_extract(properties, '$.manager'), '') <> 'AWS' AND
              coalesce(json_extract(properties, '$.canRotate'), 1) = 1 AND coalesce(json_extract(properties, '$.state'), 'Enabled') =
              'Enabled' ORDER BY id
        - id: secret-rotation
          title: Secrets rotate
          severity: low
          kind: secret
          rationale: A secret that never changes stays useful to whoever once read it.
          remediation: Turn on rotation for the secret.
          needs: [secretsmanager.list-secrets]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE json_extract(properties, '$.rotationEnabled') WHEN 1 THEN 'pass' WHEN 0 THEN 'fail' ELSE 'unknown' END AS verdict,
              CASE json_extract(properties, '$.rotationEnabled') WHEN 1 THEN 'rotates' WHEN 0 THEN 'does not rotate' ELSE
                'the answer does not tell' END AS why, 'description' AS fact
            FROM resources WHERE kind = 'secret' AND 1 ORDER BY id
        """#
}
