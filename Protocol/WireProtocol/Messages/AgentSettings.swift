/// What people want of an agent, beside what it was started with. A member that is absent leaves the agent's own. `configuration.md#settings`.
public struct AgentSettings: Sendable, Hashable, Codable {
    /// Seconds from one collection to the next.
    public var interval: Int?
    /// Seconds from one sign of life to the next.
    public var heartbeat: Int?
    /// The only regions to read.
    public var regions: [String]?
    /// The only services to read, as the AWS CLI writes them.
    public var services: [String]?
    /// Most calls a second, over all services.
    public var rate: Int?
    /// Settings of these parts; by default nothing is said.
    public init(
        interval: Int? = nil, heartbeat: Int? = nil, regions: [String]? = nil, services: [String]? = nil, rate: Int? = nil
    ) {
        self.interval = interval
        self.heartbeat = heartbeat
        self.regions = regions
        self.services = services
        self.rate = rate
    }

    /// What ``interval`` may be: five minutes to a week.
    public static let intervals = 300...604_800
    /// What ``heartbeat`` may be: an agent that is silent for a quarter of an hour counts as stale.
    public static let heartbeats = 10...600
    /// What ``rate`` may be.
    public static let rates = 1...1000
    /// Most names of a list.
    public static let names = 64

    /// These settings, and where they say nothing, `others`.
    public func over(_ others: AgentSettings) -> AgentSettings {
        AgentSettings(
            interval: interval ?? others.interval, heartbeat: heartbeat ?? others.heartbeat, regions: regions ?? others.regions,
            services: services ?? others.services, rate: rate ?? others.rate)
    }

    /// These settings in their one form: names in order, each once.
    ///
    /// - Throws: ``ConfigurationError`` `outOfRange` or `malformed`.
    public func checked() throws(ConfigurationError) -> AgentSettings {
        try Self.check(interval, Self.intervals, "interval")
        try Self.check(heartbeat, Self.heartbeats, "heartbeat")
        try Self.check(rate, Self.rates, "rate")
        var settings = self
        settings.regions = try Self.ordered(regions, "regions")
        settings.services = try Self.ordered(services, "services")
        return settings
    }

    private static func check(_ number: Int?, _ range: ClosedRange<Int>, _ name: String) throws(ConfigurationError) {
        guard number.map(range.contains) ?? true else {
            throw ConfigurationError(.outOfRange, "\(name) has to be between \(range.lowerBound) and \(range.upperBound)")
        }
    }

    private static func ordered(_ list: [String]?, _ what: String) throws(ConfigurationError) -> [String]? {
        guard let list else { return nil }
        // No name at all would be an agent that reads nothing and says that all went well.
        guard (1...names).contains(list.count), list.allSatisfy(isName) else {
            throw ConfigurationError(.malformed, "\(what) have to be 1 to \(names) names of lower-case letters, digits and hyphens")
        }
        return Array(Set(list)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }
}

/// What an agent says of the configuration that it goes by. `upload.md#heartbeat`.
public struct HeldConfiguration: Sendable, Hashable, Codable {
    /// The version that it goes by; `nil` when it was given none.
    public var version: UInt64?
    /// A newer version that it did not take.
    public var refused: UInt64?
    /// Why not: `configuration.CODE`.
    public var code: String?
    /// A word of these parts.
    public init(version: UInt64? = nil, refused: UInt64? = nil, code: String? = nil) {
        self.version = version
        self.refused = refused
        self.code = code
    }
}
