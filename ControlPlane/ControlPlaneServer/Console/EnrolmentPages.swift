import Basics
import ControlPlaneCore
import FoundationEssentials
import WireProtocol

/// `/environments/new`
struct NewEnvironmentPage: Page {
    var frame: PageFrame
    var message: String?
    var name: String

    init(_ source: PageSource, name: String = "", message: String? = nil) {
        frame = source.frame(.agents, title: "Add an environment", crumb: PageLink(href: "/agents", name: "Agents"))
        self.name = Wording.shown(name, limit: 100)
        self.message = message
    }
}

/// `/agents/new`
struct AddAgentPage: Page {
    var frame: PageFrame
    var message: String?
    var environmentID: String
    var environmentName: String
    var newHref: String?
    /// What was typed, when it was refused.
    var account: String
    var host: String
    var roles: String
    var issuer: String
    var subjects: String
    var chosenAudience: String
    /// What tokens are made for where nothing else is chosen.
    var audience: String

    init(_ source: PageSource, _ environment: ControlPlaneCore.Environment, form: [String: String] = [:], message: String? = nil) {
        frame = source.frame(.agents, title: "Add an agent", crumb: PageLink(href: "/agents" + source.query, name: "Agents"))
        self.message = message
        environmentID = environment.id.description
        environmentName = Wording.shown(environment.name, limit: 80)
        newHref = source.session.allows(.manageEnvironments) ? "/environments/new" : nil
        func typed(_ name: String) -> String { Wording.shownLines(form[name] ?? "", limit: 512) }
        (account, host, roles, issuer) = (typed("account"), typed("host"), typed("roles"), typed("issuer"))
        (subjects, chosenAudience) = (typed("subjects"), typed("audience"))
        audience = EnrolmentService.audience(of: environment.tenant)
    }
}

/// `/agents/new/progress`, and the answer to a new token.
struct EnrolmentProgressPage: Page {
    var frame: PageFrame
    var command: String?
    /// When the token in the command ends: then the page cannot be loaded again.
    var expires: String?
    var caption: String
    var steps: [EnrolmentProgress.Step]
    var isLate: Bool
    var causes: [String]
    var again: String?
    var againName: String
    var reloads: Bool
    var agentHref: String?

    init(_ source: PageSource, _ progress: EnrolmentProgress, since: Date, command: String?, expires: Date?, again: String) {
        frame = source.frame(
            .agents, title: "Waiting for the agent", crumb: PageLink(href: "/agents/new" + source.query, name: "Add an agent"))
        self.command = command
        self.expires = expires.map { Wording.time($0) }
        caption = progress.isOver ? "Done" : "Since \(Wording.time(since)), as of \(Wording.time(source.now))"
        steps = progress.steps
        isLate = progress.isLate
        causes = progress.causes
        self.again = progress.isOver ? nil : again
        againName = expires == nil ? "Look again" : "Watch it arrive"
        reloads = expires == nil
        agentHref = progress.agent.map { "/agents/\($0)" }
    }
}
