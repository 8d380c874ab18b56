import Basics
import CloudModel
import ControlPlaneCore
import Hummingbird

/// One run with all that an answer says of it. Pages and API answers are made from one of these, so nothing on them can be of two runs.
struct Reading {
    var environments: [ControlPlaneCore.Environment]
    var environment: ControlPlaneCore.Environment?
    var result: RunResult?
    var runs: [Run]
    /// Whether the reader named the run; then every link on the page names it too.
    var isPinned = false

    /// The query of links to other pages, as its one name and value.
    var link: (name: String, value: String)? {
        if isPinned, let result { return ("run", result.run.id.description) }
        return environments.count > 1 ? environment.map { ("environment", $0.id.description) } : nil
    }

    /// What `environment=` and `run=` of the query name; without them the environment of the newest run, and its newest result.
    static func load(_ request: Request, _ session: TenantSession, _ services: ListenerServices, withResult: Bool = true) async throws
        -> Reading
    {
        let query = request.uri.queryParameters
        let environments = try await session.environments()
        var environment: ControlPlaneCore.Environment?
        var result: RunResult?
        if let name = query["run"] {
            guard let id = RunID(String(name)), let found = try await services.results.result(of: id, for: session) else {
                throw Refusal(.notFound, "run.notFound", "There is no such run with results.")
            }
            result = found
            environment = found.environment
            if let wanted = query["environment"], try await session.environment(String(wanted)).id != found.environment.id {
                throw Refusal(.notFound, "run.notFound", "This run is of another environment.")
            }
        } else if let name = query["environment"] {
            environment = try await session.environment(String(name))
        } else if environments.count > 1, let newest = try await session.runs(in: nil, limit: 1).first {
            environment = environments.first { $0.id == newest.environment }
        } else {
            environment = environments.first
        }
        guard let environment else { return Reading(environments: environments, environment: nil, result: nil, runs: []) }
        let runs = try await session.runs(in: environment.id, limit: 100)
        if result == nil, withResult { result = try await services.results.latest(in: environment, for: session) }
        // The services are bound to the session; a result of another tenant or environment would be a defect of ours, and is never shown.
        if let found = result, found.run.tenant != session.tenant.id || found.environment.id != environment.id {
            throw Refusal(.internalServerError, "http.internal", "Something failed here. It is in the server's log.")
        }
        return Reading(
            environments: environments, environment: environment, result: result, runs: runs, isPinned: query["run"] != nil)
    }
}

extension Request {
    /// The severity that the query names.
    func severity() throws -> Severity? {
        guard let text = uri.queryParameters["severity"] else { return nil }
        guard let severity = Severity(rawValue: text.lowercased()) else {
            throw Refusal(
                .badRequest, "http.badQuery", "severity is one of \(Severity.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return severity
    }

    /// The changes that the query names, each once; `nil` where it names none.
    func chosenFixes() throws -> [String]? {
        let names = uri.queryParameters[values: "fix"]
        guard !names.isEmpty else { return nil }
        let isSound = names.count <= 200 && names.allSatisfy { Self.isFix($0) }
        guard isSound else {
            throw Refusal(.badRequest, "http.badQuery", "fix is the identifier of a change of this plan, named at most 200 times.")
        }
        var seen: Set<String> = []
        return names.map(String.init).filter { seen.insert($0).inserted }
    }

    private static func isFix(_ name: Substring) -> Bool {
        let digits = Set("0123456789abcdef".utf8)
        return name.hasPrefix("fix-") && name.utf8.count == 20 && name.utf8.dropFirst(4).allSatisfy(digits.contains)
    }

    /// A whole number that the query names, held to a range.
    func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = uri.queryParameters[Substring(name)] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Refusal(.badRequest, "http.badQuery", "\(name) is a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
