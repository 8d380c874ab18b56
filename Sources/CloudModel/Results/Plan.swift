/// One concrete change to one resource.
public struct Fix: Sendable, Hashable, Codable {
    /// Accesses that the change takes, by whether they were used.
    public struct AccessLost: Sendable, Hashable, Codable {
        /// Those that were used within the time that is known.
        public var used: Int
        /// Those that were not.
        public var unused: Int
        /// Those of which that is not known.
        public var unknown: Int
        /// A count of these.
        public init(used: Int = 0, unused: Int = 0, unknown: Int = 0) {
            self.used = used
            self.unused = unused
            self.unknown = unknown
        }
    }
    /// One access that the change takes.
    public struct Access: Sendable, Hashable, Codable {
        /// Who has it: an ARN, or `internet`.
        public var principal: String
        /// What it is: an action or a pattern of actions.
        public var action: String
        /// On what, as the policy says.
        public var resource: String
        /// `used`, `unused` or `unknown`.
        public var use: String
        /// An access of these parts.
        public init(principal: String, action: String, resource: String, use: String) {
            self.principal = principal
            self.action = action
            self.resource = resource
            self.use = use
        }
    }
    /// Stays the same across runs while the change is the same: `fix-` and 16 hexadecimal digits.
    public var id: String
    /// What kind of change: `remove-action`, `tighten-trust`, `close-ingress`, `make-private`, …
    public var kind: String
    /// Native identifier of what is changed.
    public var resource: String
    /// One line that says what to change.
    public var title: String
    /// Effort and blast class as one number; the table stands in the documentation.
    public var cost: Int
    /// The document or setting when the change's turn comes, as JSON; `null` where there is none.
    public var before: String
    /// The document or setting after the change, as JSON; `null` where there is none.
    public var after: String
    /// AWS CLI commands that make the change, one a line.
    public var cli: String
    /// The change in Terraform.
    public var terraform: String
    /// AWS CLI commands that undo it, one a line.
    public var rollback: String
    /// Identifiers of the paths that it cuts alone.
    public var closes: [String]
    /// How much material exposure goes away with it alone.
    public var exposureRemoved: Double
    /// What else goes.
    public var accessLost: AccessLost
    /// The accesses that ``accessLost`` counts; cut off where there are many.
    public var accesses: [Access]
    /// The change as edits, which `what-if` and `plan verify` apply.
    public var edits: [FixEdit]
    /// A fix of these parts.
    public init(
        id: String, kind: String, resource: String, title: String, cost: Int, before: String, after: String, closes: [String],
        exposureRemoved: Double, cli: String = "", terraform: String = "", rollback: String = "", accessLost: AccessLost = AccessLost(),
        accesses: [Access] = [], edits: [FixEdit] = []
    ) {
        self.id = id
        self.kind = kind
        self.resource = resource
        self.title = title
        self.cost = cost
        self.before = before
        self.after = after
        self.closes = closes
        self.exposureRemoved = exposureRemoved
        self.cli = cli
        self.terraform = terraform
        self.rollback = rollback
        self.accessLost = accessLost
        self.accesses = accesses
        self.edits = edits
    }

    /// A fix as a result holds it; what results of earlier versions lack is empty.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        kind = try values.decode(String.self, forKey: .kind)
        resource = try values.decode(String.self, forKey: .resource)
        title = try values.decode(String.self, forKey: .title)
        cost = try values.decode(Int.self, forKey: .cost)
        before = try values.decode(String.self, forKey: .before)
        after = try values.decode(String.self, forKey: .after)
        closes = try values.decode([String].self, forKey: .closes)
        exposureRemoved = try values.decode(Double.self, forKey: .exposureRemoved)
        cli = try values.decodeIfPresent(String.self, forKey: .cli) ?? ""
        terraform = try values.decodeIfPresent(String.self, forKey: .terraform) ?? ""
        rollback = try values.decodeIfPresent(String.self, forKey: .rollback) ?? ""
        accessLost = try values.decodeIfPresent(AccessLost.self, forKey: .accessLost) ?? AccessLost()
        accesses = try values.decodeIfPresent([Access].self, forKey: .accesses) ?? []
        edits = try values.decodeIfPresent([FixEdit].self, forKey: .edits) ?? []
    }
}

/// A set of fixes, in the order to apply them, and what that removes. `plan.json`.
public struct Plan: Sendable, Hashable, Codable {
    /// One point of the curve: with so many fixes, so much exposure can be gone.
    public struct CurvePoint: Sendable, Hashable, Codable {
        /// How many fixes.
        public var fixes: Int
        /// Exposure removed by the best set of so many, of all that are known.
        public var exposureRemoved: Double
        /// Whether it is proven that no other set of so many removes more.
        public var optimal: Bool
        /// No set of so many removes more than this.
        public var atMost: Double
        /// Identifiers of that set.
        public var chosen: [String]
        /// A point of these parts.
        public init(fixes: Int, exposureRemoved: Double, optimal: Bool = false, atMost: Double? = nil, chosen: [String] = []) {
            self.fixes = fixes
            self.exposureRemoved = exposureRemoved
            self.optimal = optimal
            self.atMost = atMost ?? exposureRemoved
            self.chosen = chosen
        }

        /// A point as a result holds it.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                fixes: try values.decode(Int.self, forKey: .fixes),
                exposureRemoved: try values.decode(Double.self, forKey: .exposureRemoved),
                optimal: try values.decodeIfPresent(Bool.self, forKey: .optimal) ?? false,
                atMost: try values.decodeIfPresent(Double.self, forKey: .atMost),
                chosen: try values.decodeIfPresent([String].self, forKey: .chosen) ?? [])
        }
    }
    /// The single changes that cut one path.
    public struct PathFixes: Sendable, Hashable, Codable {
        /// The path.
        public var path: String
        /// Identifiers of fixes, cheapest first; empty when no single change cuts it.
        public var fixes: [String]
        /// A row of these parts.
        public init(path: String, fixes: [String]) {
            self.path = path
            self.fixes = fixes
        }
    }
    /// What the plan is for, in words.
    public var objective: String
    /// Which paths it is to close: `jewels`, `admin` or `severity:…`.
    public var target: String
    /// Most fixes that were allowed; absent when every path is to be closed.
    public var maximumFixes: Int?
    /// Most cost that was allowed; absent likewise.
    public var budget: Int?
    /// Whether nothing better is possible with the known changes, proven by the certificate.
    public var optimal: Bool
    /// How far the plan may be from the best one: the share of its cost, or of the exposure that it leaves, above what is proven to be
    /// needed. 0 when ``optimal``.
    public var gap: Double
    /// Sum of the chosen fixes' costs.
    public var cost: Int
    /// The chosen fixes in the order of what they remove.
    public var fixes: [Fix]
    /// Every other candidate.
    public var alternatives: [Fix]
    /// For each path the single changes that would cut it.
    public var perPath: [PathFixes]
    /// The most exposure that k fixes can remove, from k = 0 to as many as the plan has.
    public var curve: [CurvePoint]
    /// Paths that the plan leaves open.
    public var open: [String]
    /// What a checker needs to accept the plan; absent where there is nothing to plan.
    public var certificate: PlanCertificate?
    /// A plan of these parts.
    public init(
        objective: String, optimal: Bool, cost: Int, fixes: [Fix], alternatives: [Fix], perPath: [PathFixes], curve: [CurvePoint],
        open: [String], target: String = "jewels", maximumFixes: Int? = nil, budget: Int? = nil, gap: Double = 0,
        certificate: PlanCertificate? = nil
    ) {
        self.objective = objective
        self.target = target
        self.maximumFixes = maximumFixes
        self.budget = budget
        self.optimal = optimal
        self.gap = gap
        self.cost = cost
        self.fixes = fixes
        self.alternatives = alternatives
        self.perPath = perPath
        self.curve = curve
        self.open = open
        self.certificate = certificate
    }

    /// A plan as a result holds it; what results of earlier versions lack is absent.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            objective: try values.decode(String.self, forKey: .objective), optimal: try values.decode(Bool.self, forKey: .optimal),
            cost: try values.decode(Int.self, forKey: .cost), fixes: try values.decode([Fix].self, forKey: .fixes),
            alternatives: try values.decode([Fix].self, forKey: .alternatives),
            perPath: try values.decode([PathFixes].self, forKey: .perPath), curve: try values.decode([CurvePoint].self, forKey: .curve),
            open: try values.decode([String].self, forKey: .open),
            target: try values.decodeIfPresent(String.self, forKey: .target) ?? "jewels",
            maximumFixes: try values.decodeIfPresent(Int.self, forKey: .maximumFixes),
            budget: try values.decodeIfPresent(Int.self, forKey: .budget), gap: try values.decodeIfPresent(Double.self, forKey: .gap) ?? 0,
            certificate: try values.decodeIfPresent(PlanCertificate.self, forKey: .certificate))
    }
}
