import Basics
import ControlPlaneCore
import FoundationEssentials
import WireProtocol

/// How far an agent got that somebody is about to add: what the server knows, and nothing that it guesses.
struct EnrolmentProgress {
    struct Step {
        var state: Pill
        var name: String
        var text: String
    }
    private enum Mark {
        case done, waiting, failed

        var pill: Pill {
            switch self {
            case .done: Pill(kind: "ok", icon: "check", word: "Done")
            case .waiting: Pill(kind: "waiting", icon: "clock", word: "Waiting")
            case .failed: Pill(kind: "failed", icon: "cross", word: "Failed")
            }
        }
    }
    /// After this many seconds without the next step there are likely causes to look at.
    static let patience: TimeInterval = 300

    private(set) var steps: [Step] = []
    private(set) var causes: [String] = []
    /// Whether the next step is overdue.
    private(set) var isLate = false
    /// Whether nothing more is awaited.
    private(set) var isOver = false
    private(set) var agent: AgentID?

    /// - Parameters:
    ///   - method: how the agent was told to prove itself.
    ///   - agents: the environment's.
    ///   - runs: the environment's, newest first.
    ///   - refusals: codes of attempts to enrol there that were refused since, oldest first.
    init(
        by method: EnrolmentMethodName, since: Date, now: Date, agents: [Agent], runs: [Run], refusals: [String], gatewayURL: String,
        consoleURL: String
    ) {
        guard let agent = agents.filter({ $0.enrolledAt >= since && !$0.revoked }).max(by: { $0.enrolledAt < $1.enrolledAt }) else {
            add(.waiting, "Enrolled", "No agent has come yet.")
            addRest("Said hello", "Permissions checked", "First run")
            causes =
                Self.refused(refusals) + [
                    "The command was not run yet, or not on a machine that reaches \(consoleURL): try curl there.",
                    "Something between the two opens TLS: the agent says that the pin does not fit, and is right to stop.",
                    Self.unproven(method),
                ]
            isLate = now.timeIntervalSince(since) > Self.patience
            return
        }
        self.agent = agent.id
        add(.done, "Enrolled", "\(Wording.host(agent)), \(Wording.time(agent.enrolledAt))")
        let hello = agent.lastSeen
        if let hello {
            add(.done, "Said hello", Wording.time(hello))
        } else {
            add(.waiting, "Said hello", "It has its certificate, and did not use it yet.")
        }
        if !agent.standing.approved { add(.waiting, "Approved", "Somebody has to approve it: on its page.") }
        let missing = agent.standing.missingPermissions.count
        if agent.standing.permissionsCheckedAt == nil {
            add(.waiting, "Permissions checked", "Known after its first collection.")
        } else if missing > 0 {
            add(
                .failed, "Permissions checked",
                "\(Wording.count(missing, "call was", "calls were")) denied: what they would have shown stays unknown. Its page lists them."
            )
        } else {
            add(.done, "Permissions checked", "Nothing was denied.")
        }
        // Runs come newest first.
        let own = runs.last { $0.agent == agent.id && $0.createdAt >= since }
        switch own?.status {
        case .succeeded?:
            add(.done, "First run", "Its results are here.")
            isOver = true
        case .failed?:
            add(.failed, "First run", own?.reason.map { Wording.shown($0) } ?? "No reason is recorded.")
            isOver = true
        case .queued?: add(.waiting, "First run", "Its bundle is here and waits for its turn.")
        case .running?: add(.waiting, "First run", "It is being analysed.")
        case nil: add(.waiting, "First run", "Its first bundle has not come yet.")
        }
        guard !isOver else { return }
        isLate = now.timeIntervalSince(max(since, agent.enrolledAt)) > Self.patience
        if hello == nil {
            causes = [
                "The agent was not started: cloudryption-agent run, or its service.",
                "It does not reach \(gatewayURL): another port than the one it enrolled at. cloudryption-agent doctor says.",
                "Its clock is wrong, and its certificate not valid by it: cloudryption-agent doctor says that too.",
            ]
            return
        }
        if !agent.standing.approved { causes.append("It waits to be approved.") }
        if agent.standing.quarantine != nil { causes.append("It is quarantined: its bundles are held.") }
        if let error = agent.lastError { causes.append("Its last error was \(Wording.shown(error)).") }
        if let skew = Wording.skew(agent.standing.clockSkew) { causes.append("Its clock is \(skew): AWS refuses what is signed then.") }
        if own == nil {
            causes += [
                "It finds no credentials for the cloud, or they may read nothing: cloudryption-agent doctor says what is missing.",
                "A large account takes its time: the first collection of a thousand roles takes minutes.",
            ]
        } else {
            causes.append("No program takes runs: cloudryption-server serve --with-work, or cloudryption-server work beside it.")
        }
    }

    private mutating func add(_ mark: Mark, _ name: String, _ text: String) { steps.append(Step(state: mark.pill, name: name, text: text)) }
    private mutating func addRest(_ names: String...) { for name in names { add(.waiting, name, "") } }

    private static func unproven(_ method: EnrolmentMethodName) -> String {
        switch method {
        case .token: "The token was used, or is older than an hour: make another one."
        case .awsIAM: "It acts as another role than the rule names, or this server does not reach AWS's Security Token Service."
        case .openID: "Its token is for another audience or subject than the rule names, or this server does not reach the issuer."
        }
    }

    private static func refused(_ codes: [String]) -> [String] {
        guard let last = codes.last else { return [] }
        let attempts = Wording.count(codes.count, "attempt was", "attempts were")
        return ["\(attempts) refused meanwhile, the last one with \(Wording.shown(last, limit: 60))."]
    }
}
