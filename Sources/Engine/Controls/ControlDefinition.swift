import CloudModel
import Yams

/// A control: metadata and a query over the snapshot.
///
/// The query is one `SELECT` and gives the columns `resource`, `kind`, `account`, `region`, `verdict` (`pass`, `fail` or `unknown`), `why` and
/// `fact`, which names the row of `evidence` to cite. It judges each principal and resource by its own rows, those of its account, its policies
/// and what reaches it, so that after a change those that changed can be judged alone.
struct ControlDefinition: Codable, Sendable {
    /// Where a framework asks for the same.
    struct Reference: Codable, Sendable {
        var framework: String
        var id: String
    }
    var id: String
    var title: String
    var severity: Severity
    var kind: String
    var rationale: String
    var remediation: String
    var references: [Reference]?
    /// Listings without which an absent resource means nothing: `SERVICE.OPERATION`.
    var needs: [String]
    var sql: String

    /// Reads a list of controls.
    static func read(_ yaml: String) throws -> [ControlDefinition] { try YAMLDecoder().decode([ControlDefinition].self, from: yaml) }

    /// The controls that come with the product, ordered by identifier.
    static func builtIn() throws -> [ControlDefinition] { try known.get() }

    private static let known = Result {
        var all: [ControlDefinition] = []
        for text in [ControlTexts.identity, ControlTexts.network, ControlTexts.data] { all += try read(text) }
        all.sortByBytes(\.id)
        return all
    }
}
