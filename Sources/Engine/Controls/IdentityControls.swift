// A table: the identity controls as YAML, metadata beside the query.

extension ControlTexts {
    static let identity = #"""
        - id: iam-root-mfa
          title: The root user has MFA
          severity: critical
          kind: account
          rationale: The root user can do everything; a password alone must not be enough.
          remediation: Sign in as root and add an MFA device, better two.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.5"}]
          needs: []
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE json_extract(properties, '$.rootHasMFA') WHEN 1 THEN 'pass' WHEN 0 THEN 'fail' ELSE 'unknown' END AS verdict,
              CASE json_extract(properties, '$.rootHasMFA') WHEN 1 THEN 'the root user has MFA' WHEN 0 THEN
                'the root user has no MFA' ELSE 'neither account summary nor credential report was collected' END AS why, 'summary'
                AS fact
            FROM resources WHERE kind = 'account' AND 1 ORDER BY id
        - id: iam-root-access-keys
          title: The root user has no access keys
          severity: critical
          kind: account
          rationale: A root access key cannot be limited by any policy of the account.
          remediation: Delete the root user's access keys.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.4"}]
          needs: []
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE json_extract(properties, '$.rootHasAccessKeys') WHEN 0 THEN 'pass' WHEN 1 THEN 'fail' ELSE 'unknown' END AS verdict,
              CASE json_extract(properties, '$.rootHasAccessKeys') WHEN 0 THEN 'the root user has no access keys' WHEN 1 THEN
                'the root user has an access key' ELSE 'neither account summary nor credential report was collected' END AS why,
                'summary' AS fact
            FROM resources WHERE kind = 'account' AND 1 ORDER BY id
        - id: iam-password-length
          title: Passwords have at least 14 characters
          severity: medium
          kind: account
          rationale: A weak or reused console password is guessed or found in old leaks.
          remediation: Set MinimumPasswordLength to 14 in the account's password policy.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.8"}]
          needs: []
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN NOT json_extract(properties, '$.passwordPolicyKnown') THEN 'unknown' WHEN coalesce(json_extract(properties,
                '$.passwordPolicy.MinimumPasswordLength'), 0) >= 14 THEN 'pass' ELSE 'fail' END AS verdict,
              CASE WHEN NOT json_extract(properties, '$.passwordPolicyKnown') THEN 'the password policy was not collected' WHEN
                json_extract(properties, '$.passwordPolicy') IS NULL THEN 'the account has no password policy of its own' ELSE
                'MinimumPasswordLength is ' || coalesce(json_extract(properties, '$.passwordPolicy.MinimumPasswordLength'),
                'not set') END AS why, 'passwordPolicy' AS fact
            FROM resources WHERE kind = 'account' AND 1 ORDER BY id
        - id: iam-password-reuse
          title: The last 24 passwords cannot be reused
          severity: medium
          kind: account
          rationale: A weak or reused console password is guessed or found in old leaks.
          remediation: Set PasswordReusePrevention to 24 in the account's password policy.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.9"}]
          needs: []
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN NOT json_extract(properties, '$.passwordPolicyKnown') THEN 'unknown' WHEN coalesce(json_extract(properties,
                '$.passwordPolicy.PasswordReusePrevention'), 0) >= 24 THEN 'pass' ELSE 'fail' END AS verdict,
              CASE WHEN NOT json_extract(properties, '$.passwordPolicyKnown') THEN 'the password policy was not collected' WHEN
                json_extract(properties, '$.passwordPolicy') IS NULL THEN 'the account has no password policy of its own' ELSE
                'PasswordReusePrevention is ' || coalesce(json_extract(properties, '$.passwordPolicy.PasswordReusePrevention'),
                'not set') END AS why, 'passwordPolicy' AS fact
            FROM resources WHERE kind = 'account' AND 1 ORDER BY id
        - id: iam-user-mfa
          title: Users with a console password have MFA
          severity: high
          kind: user
          rationale: A stolen password alone must not open the console.
          remediation: Add an MFA device for the user, or remove the password.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.10"}]
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT arn AS resource, kind, account, NULL AS region,
              CASE WHEN has_password = 0 THEN 'pass' WHEN has_mfa = 1 THEN 'pass' WHEN has_password = 1 AND has_mfa = 0 THEN 'fail'
                ELSE 'unknown' END AS verdict,
              CASE WHEN has_password = 0 THEN 'no console password' WHEN has_mfa = 1 THEN 'has MFA' WHEN has_password = 1 AND has_mfa
                = 0 THEN name || ' has a console password and no MFA' ELSE 'the credential report does not tell' END AS why,
                'description' AS fact
            FROM principals p WHERE kind IN ('user') AND 1 ORDER BY arn
        - id: iam-access-key-rotation
          title: Active access keys are at most 90 days old
          severity: medium
          kind: user
          rationale: A long-lived key that leaks stays useful for as long as nobody rotates it.
          remediation: Make a new key, move its users, delete the old one; better use roles.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.14"}]
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT p.arn AS resource, p.kind, p.account, NULL AS region,
              CASE WHEN p.keys_known = 0 THEN 'unknown'
                WHEN NOT EXISTS (SELECT 1 FROM access_keys k WHERE k.principal = p.arn AND k.active = 1) THEN 'pass'
                WHEN EXISTS (SELECT 1 FROM access_keys k, meta m WHERE k.principal = p.arn AND k.active = 1 AND m.key = 'collectedTo'
                  AND julianday(m.value) - julianday(k.created) > 90) THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM access_keys k, meta m WHERE k.principal = p.arn AND k.active = 1 AND m.key = 'collectedTo'
                  AND (m.value IS NULL OR julianday(k.created) IS NULL)) THEN 'unknown'
                ELSE 'pass' END AS verdict,
              CASE WHEN p.keys_known = 0 THEN 'the credential report does not tell of its keys'
                ELSE coalesce((SELECT 'oldest active key made ' || min(k.created) FROM access_keys k WHERE k.principal = p.arn AND
                  k.active = 1),
                  'no active key') END AS why, 'description' AS fact
            FROM principals p WHERE p.kind = 'user' ORDER BY p.arn
        - id: iam-one-active-key
          title: Users have at most one active access key
          severity: low
          kind: user
          rationale: Two active keys double what can leak, and hide which one is in use.
          remediation: Deactivate and delete the key that is not used.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.13"}]
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT arn AS resource, kind, account, NULL AS region,
              CASE WHEN keys_known = 0 THEN 'unknown' WHEN (SELECT count(*) FROM access_keys k WHERE k.principal = p.arn AND k.active
                = 1) > 1 THEN 'fail' ELSE 'pass' END AS verdict,
              CASE WHEN keys_known = 0 THEN 'the credential report does not tell of its keys' ELSE (SELECT count(*) FROM access_keys
                k WHERE k.principal = p.arn AND k.active = 1) || ' active access keys' END AS why, 'description' AS fact
            FROM principals p WHERE kind IN ('user') AND 1 ORDER BY arn
        - id: iam-unused-key
          title: Active access keys were used in the last 45 days
          severity: medium
          kind: user
          rationale: A key that nobody uses is only there for who finds it.
          remediation: Deactivate the key, and delete it when nothing breaks.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.12"}]
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT p.arn AS resource, p.kind, p.account, NULL AS region,
              CASE WHEN m.value IS NULL THEN 'unknown'
                WHEN julianday(m.value) - julianday(coalesce(k.last_used, k.created)) > 45 THEN 'fail'
                WHEN julianday(coalesce(k.last_used, k.created)) IS NULL THEN 'unknown' ELSE 'pass' END AS verdict,
              'access key ' || (k.slot + 1) || coalesce(' last used ' || k.last_used, ' was never used, made ' || coalesce(k.created,
                'at an unknown time')) AS why,
              'description' AS fact
            FROM principals p JOIN access_keys k ON k.principal = p.arn AND k.active = 1 JOIN meta m ON m.key = 'collectedTo'
            WHERE p.kind = 'user' ORDER BY p.arn, k.slot
        - id: iam-user-policies
          title: Users get permissions only through groups
          severity: low
          kind: user
          rationale: Policies on single users are forgotten when people change roles.
          remediation: Move the policies to a group or a role.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.15"}]
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT arn AS resource, kind, account, NULL AS region,
              CASE WHEN EXISTS (SELECT 1 FROM policies q WHERE q.owner = p.arn AND q.kind IN ('inline', 'managed') AND q.document IS
                NULL AND q.arn IS NULL) THEN 'unknown' WHEN EXISTS (SELECT 1 FROM policies q WHERE q.owner = p.arn AND q.kind IN
                ('inline', 'managed')) THEN 'fail' ELSE 'pass' END AS verdict,
              (SELECT count(*) FROM policies q WHERE q.owner = p.arn AND q.kind IN ('inline', 'managed')) ||
                ' policies are attached to ' || name || ' itself' AS why, 'description' AS fact
            FROM principals p WHERE kind IN ('user') AND 1 ORDER BY arn
        - id: iam-full-administrator
          title: No policy allows everything on everything
          severity: high
          kind: principal
          rationale: Whoever gets such a principal has the account.
          remediation: Grant the actions that are needed, and keep administration to a role that few may assume.
          references: [{framework: CIS AWS Foundations 3.0, id: "1.16"}]
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT p.arn AS resource, p.kind, p.account, NULL AS region,
              CASE WHEN EXISTS (SELECT 1 FROM policies q JOIN statements s ON s.policy = q.id WHERE q.owner = p.arn AND q.kind IN
                ('inline', 'managed')
                  AND s.effect = 'Allow' AND s.conditions IS NULL AND EXISTS (SELECT 1 FROM json_each(s.actions) WHERE
                    json_each.value IN ('*', '*:*')) AND EXISTS (SELECT 1 FROM json_each(s.resources) WHERE json_each.value IN
                    ('*'))) THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM policies q WHERE q.owner = p.arn AND q.kind IN ('inline', 'managed') AND q.document IS
                  NULL) THEN 'unknown'
                ELSE 'pass' END AS verdict,
              coalesce((SELECT 'policy ' || q.name || ' allows every action on every resource' FROM policies q JOIN statements s ON
                s.policy = q.id
                  WHERE q.owner = p.arn AND q.kind IN ('inline', 'managed') AND s.effect = 'Allow' AND s.conditions IS NULL AND
                    EXISTS (SELECT 1 FROM json_each(s.actions) WHERE json_each.value IN ('*', '*:*')) AND EXISTS (SELECT 1 FROM
                    json_each(s.resources) WHERE json_each.value IN ('*')) ORDER BY q.id LIMIT 1),
                (SELECT 'the text of policy ' || q.name || ' was not collected' FROM policies q
                  WHERE q.owner = p.arn AND q.kind IN ('inline', 'managed') AND q.document IS NULL ORDER BY q.id LIMIT 1),
                'no policy of it does') AS why, 'description' AS fact
            FROM principals p WHERE p.kind IN ('user', 'group', 'role') AND p.service_linked = 0 ORDER BY p.arn
        - id: iam-pass-any-role
          title: No policy allows passing any role
          severity: high
          kind: principal
          rationale: Who may pass any role to a service may take the strongest role there is.
          remediation: Name the roles in Resource and the service in iam:PassedToService.
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT p.arn AS resource, p.kind, p.account, NULL AS region,
              CASE WHEN EXISTS (SELECT 1 FROM policies q JOIN statements s ON s.policy = q.id WHERE q.owner = p.arn AND q.kind IN
                ('inline', 'managed')
                  AND s.effect = 'Allow' AND s.conditions IS NULL AND EXISTS (SELECT 1 FROM json_each(s.actions) WHERE
                    lower(json_each.value) IN ('iam:passrole', 'iam:*', '*')) AND EXISTS (SELECT 1 FROM json_each(s.resources) WHERE
                    json_each.value = '*')) THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM policies q WHERE q.owner = p.arn AND q.kind IN ('inline', 'managed') AND q.document IS
                  NULL) THEN 'unknown'
                ELSE 'pass' END AS verdict,
              coalesce((SELECT 'policy ' || q.name || ' allows iam:PassRole on every role' FROM policies q JOIN statements s ON
                s.policy = q.id
                  WHERE q.owner = p.arn AND q.kind IN ('inline', 'managed') AND s.effect = 'Allow' AND s.conditions IS NULL AND
                    EXISTS (SELECT 1 FROM json_each(s.actions) WHERE lower(json_each.value) IN ('iam:passrole', 'iam:*', '*')) AND
                    EXISTS (SELECT 1 FROM json_each(s.resources) WHERE json_each.value = '*') ORDER BY q.id LIMIT 1),
                (SELECT 'the text of policy ' || q.name || ' was not collected' FROM policies q
                  WHERE q.owner = p.arn AND q.kind IN ('inline', 'managed') AND q.document IS NULL ORDER BY q.id LIMIT 1),
                'no policy of it does') AS why, 'description' AS fact
            FROM principals p WHERE p.kind IN ('user', 'group', 'role') AND p.service_linked = 0 ORDER BY p.arn
        - id: iam-trust-everyone
          title: No role trusts everybody
          severity: critical
          kind: role
          rationale: A trust policy with * and no condition lets every AWS account assume the role.
          remediation: Name the principals that may assume the role.
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT p.arn AS resource, p.kind, p.account, NULL AS region,
              CASE WHEN q.id IS NULL OR q.document IS NULL THEN 'unknown' WHEN EXISTS (SELECT 1 FROM statements s WHERE s.policy =
                q.id AND s.effect = 'Allow' AND s.conditions IS NULL AND (s.principals = '"*"' OR EXISTS (SELECT 1 FROM
                json_tree(s.principals) t WHERE t.atom = '*'))) THEN 'fail' ELSE 'pass' END AS verdict,
              CASE WHEN q.document IS NULL THEN 'the trust policy could not be read' WHEN EXISTS (SELECT 1 FROM statements s WHERE
                s.policy = q.id AND s.effect = 'Allow' AND s.conditions IS NULL AND (s.principals = '"*"' OR EXISTS (SELECT 1 FROM
                json_tree(s.principals) t WHERE t.atom = '*'))) THEN 'the trust policy lets every AWS account assume the role' ELSE
                'the trust policy does not' END AS why,
              'description' AS fact
            FROM principals p LEFT JOIN policies q ON q.owner = p.arn AND q.kind = 'trust' WHERE p.kind = 'role' AND p.service_linked
              = 0 ORDER BY p.arn
        - id: iam-trust-external-id
          title: Roles that trust other accounts ask for a condition
          severity: medium
          kind: role
          rationale: Without an external ID or another condition the other account can be tricked into using its access for somebody else.
          remediation: Add a condition on sts:ExternalId, aws:PrincipalOrgID or the calling role.
          needs: [iam.get-account-authorization-details]
          sql: |
            SELECT p.arn AS resource, p.kind, p.account, NULL AS region,
              CASE WHEN q.id IS NULL OR q.document IS NULL THEN 'unknown' WHEN EXISTS (SELECT 1 FROM statements s,
                json_tree(s.principals) t WHERE s.policy = q.id AND s.effect = 'Allow' AND s.conditions IS NULL AND t.type = 'text'
                AND (t.atom LIKE 'arn:aws%:iam::____________:root' OR (length(t.atom) = 12 AND t.atom GLOB '[0-9]*')) AND
                instr(t.atom, p.account) = 0) THEN 'fail' ELSE 'pass' END AS verdict,
              CASE WHEN q.document IS NULL THEN 'the trust policy could not be read' WHEN EXISTS (SELECT 1 FROM statements s,
                json_tree(s.principals) t WHERE s.policy = q.id AND s.effect = 'Allow' AND s.conditions IS NULL AND t.type = 'text'
                AND (t.atom LIKE 'arn:aws%:iam::____________:root' OR (length(t.atom) = 12 AND t.atom GLOB '[0-9]*')) AND
                instr(t.atom, p.account) = 0) THEN
                'the trust policy lets another whole account assume the role without any condition' ELSE 'the trust policy does not'
                END AS why,
              'description' AS fact
            FROM principals p LEFT JOIN policies q ON q.owner = p.arn AND q.kind = 'trust' WHERE p.kind = 'role' AND p.service_linked
              = 0 ORDER BY p.arn
        """#
}
