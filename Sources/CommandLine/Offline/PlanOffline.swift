public import ArgumentParser
import Basics
import CloudModel
public import Engine
import FoundationEssentials
import Glibc

/// What offline plans and what-ifs read besides their input.
enum PlanFiles {
    /// A file's JSON.
    static func json(_ path: String) throws -> JSONValue {
        let bytes: [UInt8]
        do throws(FileError) { bytes = try SafeFile.read(path, limit: 1 << 30) } catch {
            throw Ending.failure("\(DisplayText.safe(path)): cannot be read (\(error.code.rawValue))")
        }
        do throws(JSONError) {
            return try JSONValue(parsing: bytes, limits: JSONLimits(bytes: 1 << 30, depth: 64, stringBytes: 64 << 20))
        } catch {
            throw Ending.failure("\(DisplayText.safe(path)): \(error)")
        }
    }

    /// A tenant's table of costs.
    static func costs(_ path: String?) throws -> FixCosts {
        guard let path else { return FixCosts() }
        guard let costs = FixCosts(try json(path)) else {
            throw Ending.failure(
                "\(DisplayText.safe(path)): must be {\"effort\": {KIND: NUMBER}, \"blast\": {CLASS: NUMBER}} with kinds and classes that are known"
            )
        }
        return costs
    }

    /// A plan as `analyze` and `plan` write it.
    static func plan(_ path: String) throws -> Plan {
        do {
            return try JSONDecoder().decode(Plan.self, from: Data(try json(path).canonicalBytes))
        } catch let ending as Ending {
            throw ending
        } catch { throw Ending.failure("\(DisplayText.safe(path)): is no plan (see Protocol/Spec/results/plan.schema.json)") }
    }

    /// A collection, evaluated; what the owner says of it must be true of it.
    static func session(_ collection: CloudCollection, _ premises: Premises) throws -> PlanSession {
        do throws(PremiseError) { return try PlanSession(collection, premises: premises) } catch {
            throw Ending.failure(DisplayText.safe(error.message))
        }
    }

    /// Whether a person reads the output.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

extension PlanTarget: ExpressibleByArgument {
    /// `jewels`, `admin` or `severity:SEVERITY`.
    public init?(argument: String) { self.init(argument) }
}

/// `cloudryption plan INPUT`: the plan for a folder of records, without any server.
struct OfflinePlan {
    var input: String
    var premises: PremiseOptions
    var request: PlanRequest
    var out: String?
    var output: OutputForm?

    func run() throws {
        let session = try PlanFiles.session(try CollectionFolder.read(input), try premises.read(input: input))
        let (plan, gaps) = session.plan(request)
        if let out {
            do throws(FileError) { try SafeFile.write(plan.json.prettyBytes, to: out) } catch {
                throw Ending.failure("\(DisplayText.safe(out)): cannot be written (\(error.code.rawValue))")
            }
        }
        if output == .json || output == nil && out == nil && !PlanFiles.isTerminal {
            Terminal.print(bytes: plan.json.prettyBytes)
        } else {
            table(plan)
        }
        for gap in gaps { Terminal.note("\(gap.what): \(gap.why)") }
    }

    private func table(_ plan: Plan) {
        Terminal.note(DisplayText.safe(plan.objective) + ".")
        guard !plan.fixes.isEmpty else {
            return Terminal.note(plan.open.isEmpty ? "Nothing has to be fixed for that." : "No change is known that does it.")
        }
        PlanTable.show(plan, limit: nil)
        let proof =
            plan.optimal
            ? "Nothing cheaper does it: the certificate proves that." : "At most \(Figure.text(plan.gap * 100))% above the best."
        Terminal.note("\(plan.fixes.count) changes, cost \(plan.cost). \(proof)")
        let points = plan.curve.dropFirst().prefix(10).map { "\($0.fixes): \(Figure.text($0.exposureRemoved))" }
        Terminal.note("Exposure that so many changes remove at best: \(points.joined(separator: ", "))")
        if !plan.open.isEmpty { Terminal.note("\(plan.open.count) paths stay open with this plan.") }
    }
}

/// A plan as a table.
enum PlanTable {
    static func show(_ plan: Plan, limit: Int?) {
        let shown = Array(plan.fixes.prefix(limit ?? plan.fixes.count))
        Table(
            columns: [
                .init("#", isNumber: true), .init("fix"), .init("effort", isNumber: true), .init("removed alone", isNumber: true),
                .init("paths alone", isNumber: true), .init("change"), .init("resource"),
            ],
            rows: shown.enumerated().map { index, fix in
                [
                    .init(String(index + 1)), .init(fix.id), .init(String(fix.cost)), .init(Figure.text(fix.exposureRemoved)),
                    .init(String(fix.closes.count)), .init(fix.title), .init(fix.resource),
                ]
            }
        ).show()
        if shown.count < plan.fixes.count { Terminal.note("\(shown.count) of \(plan.fixes.count) fixes.") }
    }
}

/// `cloudryption plan verify INPUT PLAN`: accepts a plan, or says why not.
struct PlanVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Check a plan against the records that it was made of: its fixes, what they close, and the proof that nothing cheaper does.",
        discussion: "Ends with 0 when the plan holds, and with 1 and the reason when it does not.")

    @Argument(help: "The folder that the plan was made for.") var input: String
    @Argument(help: "The plan: plan.json.") var plan: String
    @Option(help: "The table of costs that the plan was made with.") var costs: String?
    @OptionGroup var premises: PremiseOptions

    func run() throws {
        let plan = try PlanFiles.plan(plan)
        let session = try PlanFiles.session(try CollectionFolder.read(input), try premises.read(input: input))
        if let reason = session.refusal(of: plan, costs: try PlanFiles.costs(costs)) {
            throw Ending.failure("the plan is refused: \(DisplayText.safe(reason, limit: 1000))")
        }
        let proof =
            plan.optimal ? "nothing better is possible with the known changes" : "at most \(Figure.text(plan.gap * 100))% from the best"
        Terminal.print("accepted: \(plan.fixes.count) fixes of cost \(plan.cost), \(proof)")
    }
}
