import CloudModel

/// One read-only call, and all that we decided about it. What the cloud's own description says of it is not repeated here.
struct CatalogueEntry: Sendable {
    /// Where a call is made.
    enum Scope: Sendable {
        /// Once, without a region.
        case global
        /// Once, in the collection's home region.
        case homeRegion
        /// In every region.
        case regional
    }

    /// Which earlier answer names the resources that this call is made for.
    struct FanOut: Sendable {
        /// `SERVICE.OPERATION` of that answer.
        var source: String
        /// The list in it.
        var list: String
        /// The member of each element that becomes the parameter; `nil` where the elements are texts themselves.
        var value: String?
        /// The parameter's name, which is also what makes the record's resource.
        var parameter: String
        /// Takes only elements whose member has this value.
        var only: (member: String, value: String)?
        /// The member of each element that says in which region to ask.
        var region: String?
        /// The parameter that takes what the source's own answer was about: a cluster's services are asked with the cluster.
        var parent: String?
        /// How many resources one request takes, where it takes several; then the record is about what its source was about.
        var batch: Int?
        /// Takes only elements that it says yes to.
        var accepts: (@Sendable (JSONValue) -> Bool)?
    }

    /// As the AWS CLI writes it, `s3api` as `s3`.
    var service: String
    /// As the AWS CLI writes it.
    var operation: String
    var scope: Scope
    /// Sent with every request.
    var parameters: [(String, ParameterValue)] = []
    /// The largest page to ask for.
    var page: (parameter: String, size: Int)?
    /// The token's name on the wire where it differs from AWS's name of it.
    var tokenParameter: String?
    var fanOut: FanOut?
    /// Sent with the request like ``parameters``, and makes the record's resource: the call is made several times in a row of entries.
    var variant: (parameter: String, value: String)?
    /// What the caller must be allowed to do.
    var actions: [String]
    /// Error codes that are an answer: the thing is not set up.
    var notConfigured: Set<String> = []

    /// `SERVICE.OPERATION`.
    var name: String { service + "." + operation }
    /// Calls of one line take turns: those of one service, but for jobs, which are mostly waited for.
    var line: String { name == Catalogue.lastAccessed ? name : service }
    /// Calls of its line in flight at once.
    var inFlight: Int { name == Catalogue.lastAccessed ? LastAccessedReports.inFlight : (Pacing.table[service] ?? Pacing.unknown).inFlight }
}

/// All calls that this agent makes, in the order in which their services are started: slow and throttled ones first.
enum Catalogue {
    /// Every call of every cloud.
    static let entries: [CatalogueEntry] = aws
    /// The services that the calls are made of.
    static let services = Set(entries.map(\.service))

    /// The read-only permissions that all calls together need, sorted and without repetition.
    static var actions: [String] { Array(Set(entries.flatMap(\.actions))).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
