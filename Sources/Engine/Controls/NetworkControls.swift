// A table: the network controls as YAML, metadata beside the query.

extension ControlTexts {
    static let network = #"""
        - id: ec2-admin-ports-open
          title: Remote administration ports are closed to the internet
          severity: high
          kind: securityGroup
          rationale: SSH and RDP from everywhere are tried around the clock.
          remediation: Remove the rule; use Session Manager, or name the ranges that need it.
          references: [{framework: CIS AWS Foundations 3.0, id: "5.2"}, {framework: CIS AWS Foundations 3.0, id: "5.3"}]
          needs: [ec2.describe-security-groups]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN EXISTS (SELECT 1 FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND
                g.everyone = 1
                  AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6') AND (g.from_port IS NULL OR 22 BETWEEN g.from_port AND
                    g.to_port OR 3389 BETWEEN g.from_port AND g.to_port))) THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND
                  g.peer_kind = 'prefixList'
                  AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6') AND (g.from_port IS NULL OR 22 BETWEEN g.from_port AND
                    g.to_port OR 3389 BETWEEN g.from_port AND g.to_port))) THEN 'unknown' ELSE 'pass' END AS verdict,
              coalesce((SELECT 'rule ' || g.number || ' lets ' || g.peer || ' in on ' || g.protocol || ' ' || coalesce(g.from_port ||
                '-' || g.to_port, 'all ports')
                  FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND g.everyone = 1 AND
                    (g.protocol = '-1' OR g.protocol IN ('tcp', '6') AND (g.from_port IS NULL OR 22 BETWEEN g.from_port AND g.to_port
                    OR 3389 BETWEEN g.from_port AND g.to_port)) ORDER BY g.number LIMIT 1),
                (SELECT 'the ranges of prefix list ' || g.peer || ' are not known' FROM security_group_rules g WHERE g.security_group
                  = r.id
                  AND g.direction = 'ingress' AND g.peer_kind = 'prefixList' AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6') AND
                    (g.from_port IS NULL OR 22 BETWEEN g.from_port AND g.to_port OR 3389 BETWEEN g.from_port AND g.to_port)) ORDER BY
                    g.number LIMIT 1), 'no rule lets everybody in on ports 22 or 3389') AS why, 'description' AS fact
            FROM resources r WHERE r.kind = 'securityGroup' ORDER BY r.id
        - id: ec2-database-ports-open
          title: Database ports are closed to the internet
          severity: high
          kind: securityGroup
          rationale: Databases and caches are not made to face strangers.
          remediation: Let in only the security groups of the programs that use the database.
          needs: [ec2.describe-security-groups]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN EXISTS (SELECT 1 FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND
                g.everyone = 1
                  AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6') AND (g.from_port IS NULL OR 1433 BETWEEN g.from_port AND
                    g.to_port OR 1521 BETWEEN g.from_port AND g.to_port OR 3306 BETWEEN g.from_port AND g.to_port OR 5432 BETWEEN
                    g.from_port AND g.to_port OR 6379 BETWEEN g.from_port AND g.to_port OR 9200 BETWEEN g.from_port AND g.to_port OR
                    11211 BETWEEN g.from_port AND g.to_port OR 27017 BETWEEN g.from_port AND g.to_port))) THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND
                  g.peer_kind = 'prefixList'
                  AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6') AND (g.from_port IS NULL OR 1433 BETWEEN g.from_port AND
                    g.to_port OR 1521 BETWEEN g.from_port AND g.to_port OR 3306 BETWEEN g.from_port AND g.to_port OR 5432 BETWEEN
                    g.from_port AND g.to_port OR 6379 BETWEEN g.from_port AND g.to_port OR 9200 BETWEEN g.from_port AND g.to_port OR
                    11211 BETWEEN g.from_port AND g.to_port OR 27017 BETWEEN g.from_port AND g.to_port))) THEN 'unknown' ELSE 'pass'
                    END AS verdict,
              coalesce((SELECT 'rule ' || g.number || ' lets ' || g.peer || ' in on ' || g.protocol || ' ' || coalesce(g.from_port ||
                '-' || g.to_port, 'all ports')
                  FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND g.everyone = 1 AND
                    (g.protocol = '-1' OR g.protocol IN ('tcp', '6') AND (g.from_port IS NULL OR 1433 BETWEEN g.from_port AND
                    g.to_port OR 1521 BETWEEN g.from_port AND g.to_port OR 3306 BETWEEN g.from_port AND g.to_port OR 5432 BETWEEN
                    g.from_port AND g.to_port OR 6379 BETWEEN g.from_port AND g.to_port OR 9200 BETWEEN g.from_port AND g.to_port OR
                    11211 BETWEEN g.from_port AND g.to_port OR 27017 BETWEEN g.from_port AND g.to_port)) ORDER BY g.number LIMIT 1),
                (SELECT 'the ranges of prefix list ' || g.peer || ' are not known' FROM security_group_rules g WHERE g.security_group
                  = r.id
                  AND g.direction = 'ingress' AND g.peer_kind = 'prefixList' AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6') AND
                    (g.from_port IS NULL OR 1433 BETWEEN g.from_port AND g.to_port OR 1521 BETWEEN g.from_port AND g.to_port OR 3306
                    BETWEEN g.from_port AND g.to_port OR 5432 BETWEEN g.from_port AND g.to_port OR 6379 BETWEEN g.from_port AND
                    g.to_port OR 9200 BETWEEN g.from_port AND g.to_port OR 11211 BETWEEN g.from_port AND g.to_port OR 27017 BETWEEN
                    g.from_port AND g.to_port)) ORDER BY g.number LIMIT 1), 'no rule lets everybody in on a database port') AS why,
                    'description' AS fact
            FROM resources r WHERE r.kind = 'securityGroup' ORDER BY r.id
        - id: ec2-everything-open
          title: No security group lets everybody in on all ports
          severity: high
          kind: securityGroup
          rationale: Such a rule switches the firewall off.
          remediation: Replace the rule by the ports that are meant to be public.
          needs: [ec2.describe-security-groups]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN EXISTS (SELECT 1 FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND
                g.everyone = 1
                  AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6', 'udp', '17') AND (g.from_port IS NULL OR g.from_port <= 0 AND
                    g.to_port >= 65535))) THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND
                  g.peer_kind = 'prefixList'
                  AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6', 'udp', '17') AND (g.from_port IS NULL OR g.from_port <= 0 AND
                    g.to_port >= 65535))) THEN 'unknown' ELSE 'pass' END AS verdict,
              coalesce((SELECT 'rule ' || g.number || ' lets ' || g.peer || ' in on ' || g.protocol || ' ' || coalesce(g.from_port ||
                '-' || g.to_port, 'all ports')
                  FROM security_group_rules g WHERE g.security_group = r.id AND g.direction = 'ingress' AND g.everyone = 1 AND
                    (g.protocol = '-1' OR g.protocol IN ('tcp', '6', 'udp', '17') AND (g.from_port IS NULL OR g.from_port <= 0 AND
                    g.to_port >= 65535)) ORDER BY g.number LIMIT 1),
                (SELECT 'the ranges of prefix list ' || g.peer || ' are not known' FROM security_group_rules g WHERE g.security_group
                  = r.id
                  AND g.direction = 'ingress' AND g.peer_kind = 'prefixList' AND (g.protocol = '-1' OR g.protocol IN ('tcp', '6',
                    'udp', '17') AND (g.from_port IS NULL OR g.from_port <= 0 AND g.to_port >= 65535)) ORDER BY g.number LIMIT 1),
                    'no rule opens all ports to everybody') AS why, 'description' AS fact
            FROM resources r WHERE r.kind = 'securityGroup' ORDER BY r.id
        - id: ec2-default-group
          title: Default security groups let nothing in or out
          severity: low
          kind: securityGroup
          rationale: What is started without a group gets the default one.
          remediation: Remove all rules of the default group and use groups of your own.
          references: [{framework: CIS AWS Foundations 3.0, id: "5.4"}]
          needs: [ec2.describe-security-groups]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN json_extract(properties, '$.ingressRules') + json_extract(properties, '$.egressRules') = 0 THEN 'pass' ELSE
                'fail' END AS verdict,
              json_extract(properties, '$.ingressRules') || ' inbound and ' || json_extract(properties, '$.egressRules') ||
                ' outbound rules' AS why, 'description' AS fact
            FROM resources WHERE kind = 'securityGroup' AND name = 'default' ORDER BY id
        - id: ec2-network-acl-admin-ports
          title: Network ACLs do not let everybody in on administration ports
          severity: low
          kind: networkACL
          rationale: The ACL is the second fence when a security group is wrong.
          remediation: Deny ports 22 and 3389 from everywhere, or allow only what is needed.
          references: [{framework: CIS AWS Foundations 3.0, id: "5.1"}]
          needs: [ec2.describe-network-acls]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN EXISTS (SELECT 1 FROM json_each(properties, '$.entries') e WHERE json_extract(e.value, '$.allow') AND NOT
                json_extract(e.value, '$.egress') AND json_extract(e.value, '$.cidr') IN ('0.0.0.0/0', '::/0') AND
                (json_extract(e.value, '$.protocol') = '-1' OR json_extract(e.value, '$.protocol') = '6' AND (json_extract(e.value,
                '$.fromPort') IS NULL OR 22 BETWEEN json_extract(e.value, '$.fromPort') AND json_extract(e.value, '$.toPort') OR 3389
                BETWEEN json_extract(e.value, '$.fromPort') AND json_extract(e.value, '$.toPort')))) THEN 'fail' ELSE 'pass' END AS
                verdict,
              CASE WHEN EXISTS (SELECT 1 FROM json_each(properties, '$.entries') e WHERE json_extract(e.value, '$.allow') AND NOT
                json_extract(e.value, '$.egress') AND json_extract(e.value, '$.cidr') IN ('0.0.0.0/0', '::/0') AND
                (json_extract(e.value, '$.protocol') = '-1' OR json_extract(e.value, '$.protocol') = '6' AND (json_extract(e.value,
                '$.fromPort') IS NULL OR 22 BETWEEN json_extract(e.value, '$.fromPort') AND json_extract(e.value, '$.toPort') OR 3389
                BETWEEN json_extract(e.value, '$.fromPort') AND json_extract(e.value, '$.toPort')))) THEN
                'an inbound entry allows ports 22 or 3389 from everywhere' ELSE
                'no inbound entry allows ports 22 or 3389 from everywhere' END AS why, 'description' AS fact
            FROM resources WHERE kind = 'networkACL' AND 1 ORDER BY id
        - id: ec2-imdsv2
          title: Instances require IMDSv2
          severity: high
          kind: instance
          rationale: With IMDSv1 a request that a program can be tricked into reads the role's credentials.
          remediation: Set HttpTokens to required in the instance's metadata options.
          references: [{framework: CIS AWS Foundations 3.0, id: "5.6"}]
          needs: [ec2.describe-instances]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN json_extract(properties, '$.metadataEnabled') = 0 THEN 'pass' WHEN json_extract(properties,
                '$.requiresIMDSv2') = 1 THEN 'pass' WHEN json_extract(properties, '$.requiresIMDSv2') = 0 THEN 'fail' ELSE 'unknown'
                END AS verdict,
              CASE WHEN json_extract(properties, '$.metadataEnabled') = 0 THEN 'the metadata service is off' WHEN
                json_extract(properties, '$.requiresIMDSv2') = 1 THEN 'IMDSv2 is required' WHEN json_extract(properties,
                '$.requiresIMDSv2') = 0 THEN 'IMDSv1 is answered too' ELSE 'the answer has no metadata options' END AS why,
                'description' AS fact
            FROM resources WHERE kind = 'instance' AND json_extract(properties, '$.state') <> 'terminated' ORDER BY id
        - id: ec2-exposed-with-role
          title: No instance that the internet reaches has a role
          severity: medium
          kind: instance
          rationale: Who takes over the program on the instance gets the role's permissions.
          remediation: Put the instance behind a load balancer in a private subnet, or narrow its role.
          needs: [ec2.describe-instances]
          sql: |
            SELECT r.id AS resource, r.kind, r.account, r.region,
              CASE WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND x.confidence <> 'unknown' AND 1) THEN 'fail'
                WHEN EXISTS (SELECT 1 FROM exposures x WHERE x.target = r.id AND 1) OR 0 THEN 'unknown' ELSE 'pass' END AS verdict,
              coalesce((SELECT x.why FROM exposures x WHERE x.target = r.id AND 1 ORDER BY x.confidence = 'unknown', x.number LIMIT 1),
                CASE WHEN 0 THEN '' END, 'the internet does not reach it') AS why, 'description' AS fact
            FROM resources r WHERE r.kind = 'instance' AND json_extract(r.properties, '$.instanceProfile') IS NOT NULL ORDER BY r.id
        - id: elb-plain-http
          title: Internet-facing load balancers do not serve plain HTTP
          severity: medium
          kind: loadBalancer
          rationale: Plain HTTP is read and changed on its way.
          remediation: Serve HTTPS, and redirect HTTP to it.
          needs: [elbv2.describe-load-balancers]
          sql: |
            SELECT id AS resource, kind, account, region,
              CASE WHEN json_extract(properties, '$.listeners') IS NULL THEN 'unknown' WHEN EXISTS (SELECT 1 FROM
                json_each(properties, '$.listeners') l WHERE json_extract(l.value, '$.protocol') = 'HTTP' AND
                json_array_length(l.value, '$.targetGroups') > 0) THEN 'fail' ELSE 'pass' END AS verdict,
              CASE WHEN json_extract(properties, '$.listeners') IS NULL THEN 'the listeners were not collected' ELSE coalesce((SELECT
                'listener on port ' || json_extract(l.value, '$.port') || ' forwards plain HTTP' FROM json_each(properties,
                '$.listeners') l WHERE json_extract(l.value, '$.protocol') = 'HTTP' AND json_array_length(l.value, '$.targetGroups')
                > 0 LIMIT 1), 'no listener forwards plain HTTP') END AS why, 'listeners' AS fact
            FROM resources WHERE kind = 'loadBalancer' AND json_extract(properties, '$.internetFacing') = 1 ORDER BY id
        """#
}
