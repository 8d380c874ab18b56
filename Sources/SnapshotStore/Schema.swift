/// The tables of a snapshot's file, as Protocol/Spec/snapshot.md documents them.
enum Schema {
    static let version = 1
    /// `clou` as SQLite's application identifier.
    static let applicationID = 0x636C_6F75

    static let statements = [
        "CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT) WITHOUT ROWID",
        "CREATE TABLE records (id TEXT PRIMARY KEY NOT NULL, time TEXT, digest TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE resources (id TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL, region TEXT,
            properties TEXT NOT NULL, record TEXT NOT NULL, pointer TEXT) WITHOUT ROWID
        """,
        "CREATE INDEX resources_kind ON resources (kind, account)",
        "CREATE TABLE tags (resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (resource, key)) WITHOUT ROWID",
        """
        CREATE TABLE principals (arn TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL,
            service_linked INTEGER NOT NULL, has_password INTEGER, has_mfa INTEGER, keys_known INTEGER NOT NULL, boundary TEXT, created TEXT,
            last_used TEXT, record TEXT NOT NULL, pointer TEXT) WITHOUT ROWID
        """,
        "CREATE TABLE memberships (user TEXT NOT NULL, member_of TEXT NOT NULL, PRIMARY KEY (user, member_of)) WITHOUT ROWID",
        """
        CREATE TABLE access_keys (principal TEXT NOT NULL, slot INTEGER NOT NULL, id TEXT, active INTEGER NOT NULL, created TEXT,
            last_used TEXT, PRIMARY KEY (principal, slot)) WITHOUT ROWID
        """,
        """
        CREATE TABLE policies (id INTEGER PRIMARY KEY NOT NULL, owner TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, arn TEXT,
            document TEXT, record TEXT NOT NULL, pointer TEXT)
        """,
        "CREATE INDEX policies_owner ON policies (owner, kind)",
        """
        CREATE TABLE organisations (id TEXT PRIMARY KEY NOT NULL, management_account TEXT, all_features INTEGER,
            service_control_enabled INTEGER, resource_control_enabled INTEGER, record TEXT NOT NULL, pointer TEXT) WITHOUT ROWID
        """,
        """
        CREATE TABLE organisation_nodes (organisation TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT, parent TEXT,
            record TEXT NOT NULL, pointer TEXT, PRIMARY KEY (organisation, id)) WITHOUT ROWID
        """,
        """
        CREATE TABLE organisation_policies (organisation TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, arn TEXT,
            targets_known INTEGER NOT NULL, record TEXT NOT NULL, pointer TEXT, PRIMARY KEY (organisation, id)) WITHOUT ROWID
        """,
        """
        CREATE TABLE organisation_targets (organisation TEXT NOT NULL, policy TEXT NOT NULL, target TEXT NOT NULL,
            PRIMARY KEY (organisation, policy, target)) WITHOUT ROWID
        """,
        """
        CREATE TABLE control_policies (account TEXT NOT NULL, type TEXT NOT NULL, level INTEGER NOT NULL, node TEXT NOT NULL,
            policy TEXT NOT NULL, PRIMARY KEY (account, type, level, policy)) WITHOUT ROWID
        """,
        """
        CREATE TABLE statements (policy INTEGER NOT NULL, number INTEGER NOT NULL, sid TEXT, effect TEXT, principals TEXT, not_principals TEXT,
            actions TEXT, not_actions TEXT, resources TEXT, not_resources TEXT, conditions TEXT, PRIMARY KEY (policy, number)) WITHOUT ROWID
        """,
        """
        CREATE TABLE security_group_rules (security_group TEXT NOT NULL, number INTEGER NOT NULL, direction TEXT NOT NULL,
            protocol TEXT NOT NULL, from_port INTEGER, to_port INTEGER, peer_kind TEXT NOT NULL, peer TEXT NOT NULL, everyone INTEGER NOT NULL,
            PRIMARY KEY (security_group, direction, number)) WITHOUT ROWID
        """,
        """
        CREATE TABLE exposures (number INTEGER PRIMARY KEY NOT NULL, target TEXT NOT NULL, target_kind TEXT NOT NULL, kind TEXT NOT NULL,
            via TEXT NOT NULL, actions TEXT NOT NULL, ports TEXT NOT NULL, protocol TEXT, why TEXT NOT NULL, conditions TEXT NOT NULL,
            confidence TEXT NOT NULL, evidence TEXT NOT NULL)
        """,
        "CREATE INDEX exposures_target ON exposures (target)",
        """
        CREATE TABLE edges (number INTEGER PRIMARY KEY NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, technique TEXT NOT NULL,
            why TEXT NOT NULL, confidence TEXT NOT NULL, likelihood REAL NOT NULL, conditions TEXT NOT NULL, evidence TEXT NOT NULL)
        """,
        "CREATE INDEX edges_source ON edges (source)",
        "CREATE INDEX edges_target ON edges (target)",
        """
        CREATE TABLE evidence (subject TEXT NOT NULL, fact TEXT NOT NULL, record TEXT NOT NULL, pointer TEXT, time TEXT,
            PRIMARY KEY (subject, fact)) WITHOUT ROWID
        """,
        """
        CREATE TABLE coverage (number INTEGER PRIMARY KEY NOT NULL, account TEXT, service TEXT NOT NULL, operation TEXT NOT NULL, region TEXT,
            resource TEXT, outcome TEXT NOT NULL, code TEXT, message TEXT)
        """,
    ]
}
