import ArgumentParser
import CloudModel
import Engine
import WireProtocol

/// `cloudryption plan`
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "What to fix, in which order; with a server, or of a folder.",
        subcommands: [Make.self, PlanVerify.self], defaultSubcommand: Make.self)

    /// `cloudryption plan [INPUT]`
    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make", abstract: "Show the plan of the newest run, or make one for a folder of records.",
            discussion: """
                Without INPUT the server's plan is shown. With it, the changes of least cost are looked for that close every path to the \
                target; with --max-fixes or --budget those that remove the most material exposure.
                """, shouldDisplay: false)
        @Argument(help: "A folder of records or saved AWS CLI answers; without it, the server is asked.") var input: String?
        @Option(help: "Name or identifier of the environment; without it, that of the newest run.") var environment: String?
        @Option(help: "How to write: table or json.") var output: OutputForm?
        @Option(help: "Show at most so many fixes; JSON has them all.") var limit: Int?
        @Option(help: "Which paths to close: jewels, admin or severity:SEVERITY.") var target: PlanTarget?
        @Option(help: "At most so many changes.") var maxFixes: Int?
        @Option(help: "Changes that cost at most so much together.") var budget: Int?
        @Option(parsing: .singleValue, help: "A change that must not be made; may be repeated.") var exclude: [String] = []
        @Option(help: "A table of costs: {\"effort\": {KIND: NUMBER}, \"blast\": {CLASS: NUMBER}}.") var costs: String?
        @Option(help: "Seconds for the solver; then the plan may differ from run to run.") var timeLimit: Double?
        @Option(help: "Write the plan as JSON to this file.") var out: String?
        @OptionGroup var premises: PremiseOptions

        mutating func validate() throws {
            if let limit, limit < 1 { throw ValidationError("--limit is a number from 1") }
            if let maxFixes, !(0...10_000).contains(maxFixes) { throw ValidationError("--max-fixes is a number from 0 to 10000") }
            if let budget, !(0...1_000_000).contains(budget) { throw ValidationError("--budget is a number from 0 to 1000000") }
            if let timeLimit, !(0...86_400).contains(timeLimit) { throw ValidationError("--time-limit is a number from 0 to 86400") }
            guard [maxFixes != nil, budget != nil, target != nil].count(where: { $0 }) <= 1 else {
                throw ValidationError("--max-fixes, --budget and --target exclude each other: each is another question")
            }
            let isOffline =
                target != nil || maxFixes != nil || budget != nil || !exclude.isEmpty || costs != nil || timeLimit != nil || out != nil
            guard input != nil || !isOffline else { throw ValidationError("these options need INPUT, a folder of records") }
            guard input == nil || environment == nil else {
                throw ValidationError("--environment is for the server's plan, which has no INPUT")
            }
        }

        mutating func run() async throws {
            if let input {
                var request = PlanRequest()
                request.target = target ?? .jewels
                request.maximumFixes = maxFixes
                request.budget = budget
                request.excluded = Set(exclude)
                request.costs = try PlanFiles.costs(costs)
                request.limits.seconds = timeLimit
                return try OfflinePlan(input: input, premises: premises, request: request, out: out, output: output).run()
            }
            let client = try APIClient.signedIn()
            let body = try await client.get(API.Routes.plan, [(API.Routes.environmentQuery, environment)])
            if output == .json { return try ReadingOptions.write(body) }
            let answer = try client.decode(API.Envelope<Plan>.self, body)
            ReadingOptions.say(answer.run, answer.snapshot)
            let plan = answer.data
            guard !plan.fixes.isEmpty else { return Terminal.note("No single change is known that cuts a path.") }
            PlanTable.show(plan, limit: limit)
            if !plan.open.isEmpty { Terminal.note("\(plan.open.count) paths stay open with this plan.") }
        }
    }
}
