public import Basics

/// In which of the tenant's environments a grant counts.
public enum EnvironmentScope: Sendable, Hashable {
    /// In all, also in those that are made later.
    case all
    /// In these; in none when there is none.
    case only(Set<EnvironmentID>)

    /// Whether it counts there.
    public func contains(_ environment: EnvironmentID) -> Bool {
        switch self {
        case .all: true
        case .only(let some): some.contains(environment)
        }
    }

    /// Where both count.
    public func intersection(_ other: EnvironmentScope) -> EnvironmentScope {
        switch (self, other) {
        case (.all, let scope), (let scope, .all): scope
        case (.only(let left), .only(let right)): .only(left.intersection(right))
        }
    }

    /// `*`, or the identifiers in order with a comma between.
    public var text: String {
        switch self {
        case .all: "*"
        case .only(let some): some.sorted().map(\.description).joined(separator: ",")
        }
    }

    /// The scope that `text` writes; `nil` for anything else.
    public init?(_ text: String) {
        if Array(text.utf8) == [UInt8(ascii: "*")] {
            self = .all
            return
        }
        var some: Set<EnvironmentID> = []
        for part in text.split(separator: ",") {
            guard let id = EnvironmentID(String(part)) else { return nil }
            some.insert(id)
        }
        self = .only(some)
    }
}
