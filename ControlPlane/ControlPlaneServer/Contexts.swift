import Basics
import ControlPlaneCore
import FoundationEssentials
import Hummingbird
import NIOCore

/// A request on the listener for people, programs and agents that enrol.
struct SiteContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// The peer's address as the connection has it, without port; never read from a header.
    let source: String
    /// Who asks, once ``Authentication`` knows.
    var caller: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        self.source = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}

/// Who asks, and how they showed it.
struct Caller: Sendable {
    var session: TenantSession
    var token: Secret<String>
    /// Whether a browser sent the token by itself, so that writes need proof that a page of ours asked for them.
    var byCookie: Bool
}

/// A request of somebody who is signed in. There is no other way to one than through ``Authentication``.
struct SignedInContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let source: String
    let caller: Caller
    var session: TenantSession { caller.session }

    init(context: SiteContext) throws {
        guard let caller = context.caller else { throw Refusal.notSignedIn }
        coreContext = context.coreContext
        channel = context.channel
        source = context.source
        self.caller = caller
    }
}

/// A request on the agents' listener.
struct AgentContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let source: String
    /// Which agent asks, once ``PeerCheck`` knows.
    var agent: AuthenticatedAgent?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        self.source = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}

/// A request of an agent that the directory knows. There is no other way to one than through ``PeerCheck``.
struct KnownAgentContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let agent: AuthenticatedAgent

    init(context: AgentContext) throws {
        guard let agent = context.agent else { throw Refusal(PeerError(.noCertificate, "no certificate")) }
        coreContext = context.coreContext
        channel = context.channel
        self.agent = agent
    }
}
