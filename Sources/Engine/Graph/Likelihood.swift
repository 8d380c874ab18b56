import CloudModel

/// How likely an attacker takes a step, in one table. Only the order and the rough distances matter: they rank, they do not predict.
///
/// | step | likelihood | because |
/// |---|---|---|
/// | allowed by policy, one or two calls (`certain`) | 0.95 | nothing but noise in a log stands in the way |
/// | allowed, but takes several calls or some waiting (`easy`) | 0.90 | more to notice, more to go wrong |
/// | allowed, but waits for someone else (`likely`) | 0.80 | the code runs when it is next invoked |
/// | allowed, but needs something around it (`hard`) | 0.70 | an event source, an image |
/// | code in a function that anyone may call, taken over (`codeInFunction`) | 0.70 | no login in front of attacker-chosen input |
/// | code on an instance that anyone reaches, taken over (`codeOnInstance`) | 0.60 | needs a flaw in what listens |
/// | the same when IMDSv2 is required (`codeOnInstanceIMDSv2`) | 0.45 | a forged request alone no longer reads the credentials |
/// | the same when its answers go one hop only (`codeOnInstanceOneHop`) | 0.40 | code in a container on the instance does not get them either |
/// | code in a container or another managed workload that anyone reaches, taken over (`codeInWorkload`) | 0.50 | its credentials lie where a forged request alone does not know to ask |
/// | another host in the network that lets the connection in (`lateral`) | 0.30 | needs a second flaw, or credentials that lie on the first host |
/// | a database that anyone reaches (`databaseLogin`) | 0.15 | needs a password |
/// | a network port that anyone reaches (`reach`) | 0.95 | scanners find it within hours |
/// | a network port that only some addresses reach (`reachFromSome`) | 0.20 | the attacker has to be, or to send from, there |
/// | a known flaw that nobody rated (`unratedFlaw`) | 0.30 | it stands for the EPSS that is missing |
///
/// Where software is known to be vulnerable, code is taken over with 1 - (1 - base) (1 - EPSS of each flaw), at most 0.95: the attacker needs
/// the unknown flaw of the base or one of the known ones. What is assumed to be compromised is taken over already: its credentials are
/// had with 0.95, and an attacker stands there with 1.
///
/// A conditional step counts half, one that needs a second factor a fifth, one that could not be judged a quarter.
enum Likelihood {
    static let certain = 0.95
    static let easy = 0.90
    static let likely = 0.80
    static let hard = 0.70
    static let reach = 0.95
    static let reachFromSome = 0.20
    static let codeInFunction = 0.70
    static let codeOnInstance = 0.60
    static let codeOnInstanceIMDSv2 = 0.45
    static let codeOnInstanceOneHop = 0.40
    static let codeInWorkload = 0.50
    static let lateral = 0.30
    static let databaseLogin = 0.15
    static let unratedFlaw = 0.30
    static let conditional = 0.5
    static let secondFactor = 0.2
    static let unknown = 0.25

    /// How likely an attacker stands at that kind of start at all: everyone is on the internet; a user's key leaks more often than a
    /// role's session, and more often still where a key lies about that nobody uses; a foreign account is one compromise away; a group is
    /// only ever entered by a member.
    static func start(_ kind: NodeKind, unusedKey: Bool = false) -> Double {
        switch kind {
        case .user where unusedKey: 0.3
        case .internet: 1
        case .externalAccount: 0.3
        case .externalPrincipal, .identityProvider: 0.1
        case .user: 0.25
        case .role: 0.2
        default: 0.15
        }
    }
}
