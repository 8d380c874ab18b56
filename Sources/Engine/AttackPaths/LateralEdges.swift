import CloudModel

/// Steps from one host of a network to another.
extension GraphBuilder {
    /// What a connection to a segment arrives at.
    private struct Arrival {
        var node: Int
        var label: String
        var likelihood: Double
        var proof: Proof
        var via: [String]
    }

    /// Hosts with the same reach stand behind one node on the way out and one on the way in, so that there are never more steps than
    /// hosts and pairs of segments; a host that is alone in its segment needs neither.
    func addLateral() {
        for place in lateral.unknown.sorted() {
            let words = place.split(separator: " ")
            gaps.insert(
                .init(
                    what: "movement inside the networks of account \(words.first ?? "") in \(words.last ?? "")",
                    why: "where some hosts stand, at which port or with which security groups was not collected"))
        }
        // There are many more links than segments.
        var outs: [Int: Side] = [:]
        var ins: [Int: Side] = [:]
        var known: [Int: [Arrival]] = [:]
        for link in lateral.links {
            let arrivals = known[link.to] ?? arrivals(lateral.segments[link.to])
            known[link.to] = arrivals
            let members = lateral.segments[link.from].members
            guard let member = members.first, let source = draft.places[lateral.hosts[member].arn], let target = arrivals.first
            else { continue }
            let isAlone = (from: members.count == 1, to: arrivals.count == 1)
            if isAlone.from, isAlone.to, source == target.node { continue }
            let from = outs[link.from] ?? leaving(lateral.segments[link.from], alone: isAlone.from ? source : nil)
            outs[link.from] = from
            let to = ins[link.to] ?? entering(lateral.segments[link.to], arrivals)
            ins[link.to] = to
            var proof = Proof(confidence: NetworkReachability.confidence(link.missing, link.conditions), conditions: link.conditions)
            proof.unknowns = link.missing
            for citation in link.evidence { proof.cite(citation) }
            var likelihood = Likelihood.lateral
            var via = link.via
            likelihood *= from.likelihood
            if isAlone.to {
                likelihood *= target.likelihood
                via += target.via
                proof.add(target.proof)
            }
            draft.edge(
                from.node, to.node, "network-lateral", likelihood: likelihood, proof: proof, via: via,
                why:
                    "\(from.words) may open connections to \(to.words) on \(link.transport) \(link.ports.text)"
                    + (via.isEmpty ? "." : " through \(via.joined(separator: ", ")).")
            )
        }
    }

    /// One end of links: its node and what it is called, and what it takes to stand there.
    private struct Side {
        var node: Int
        var words: String
        var likelihood = 1.0
    }

    /// Where links start that leave a segment; `alone` is its only host.
    private func leaving(_ segment: LateralReach.Segment, alone: Int?) -> Side {
        if let alone, let member = segment.members.first {
            let host = lateral.hosts[member]
            return Side(node: alone, words: host.label, likelihood: takeover(host).likelihood)
        }
        let node = self.segment(segment, .out)
        enter(segment, node)
        return Side(node: node, words: "every host with \(Self.doors(segment))")
    }

    /// Where links end that enter a segment.
    private func entering(_ segment: LateralReach.Segment, _ arrivals: [Arrival]) -> Side {
        if let only = arrivals.first, arrivals.count == 1 { return Side(node: only.node, words: only.label) }
        let node = self.segment(segment, .in)
        leave(segment, node, arrivals)
        return Side(node: node, words: "hosts with \(Self.doors(segment))")
    }

    private enum Direction: String { case out, `in` }

    /// The node that stands for a segment.
    private func segment(_ segment: LateralReach.Segment, _ direction: Direction) -> Int {
        let digest = AttackPathFinder.digest("", [segment.key]).prefix(8)
        return draft.node(
            "segment:\(segment.vpc):\(segment.groups.joined(separator: "+")):\(digest):\(direction.rawValue)", .network,
            name: "hosts with \(Self.doors(segment))", account: segment.account)
    }

    private static func doors(_ segment: LateralReach.Segment) -> String {
        (segment.groups.isEmpty ? "no security group" : segment.groups.joined(separator: ", ")) + " in \(segment.vpc)"
    }

    private func takeover(_ host: Host) -> (likelihood: Double, words: String) {
        let base =
            switch host.kind {
            case .function: Likelihood.codeInFunction
            case .ecsService, .ecsTask: Likelihood.codeInWorkload
            default: Likelihood.codeOnInstance
            }
        return weaknesses.takeover(host.arn, base: base)
    }

    /// The hosts of a segment; for a load balancer what it hands on to.
    private func arrivals(_ segment: LateralReach.Segment) -> [Arrival] {
        var found: [Arrival] = []
        for member in segment.members {
            let host = lateral.hosts[member]
            guard let behind = lateral.behind[member] else {
                guard host.kind != .function, let node = draft.places[host.arn] else { continue }
                var proof = Proof()
                proof.cite(permissions.citation(host.evidence))
                found.append(
                    Arrival(
                        node: node, label: host.label, likelihood: host.kind == .database ? Likelihood.databaseLogin : 1, proof: proof,
                        via: []))
                continue
            }
            for exposure in behind {
                guard let node = draft.places[exposure.target], !found.contains(where: { $0.node == node }) else { continue }
                var proof = Proof(confidence: exposure.confidence, conditions: exposure.conditions)
                proof.unknowns = exposure.missing
                for citation in exposure.evidence { proof.cite(citation) }
                proof.cite(permissions.citation(host.evidence))
                found.append(Arrival(node: node, label: draft.nodes[node].name, likelihood: 1, proof: proof, via: exposure.via))
            }
        }
        return found
    }

    /// From the hosts to the node on the way out.
    private func enter(_ segment: LateralReach.Segment, _ end: Int) {
        for member in segment.members {
            let host = lateral.hosts[member]
            guard let from = draft.places[host.arn] else { continue }
            var proof = Proof()
            proof.cite(permissions.citation(host.evidence))
            let takeover = takeover(host)
            draft.edge(
                from, end, "network-segment", likelihood: takeover.likelihood, proof: proof,
                why: "Code on \(host.label) stands among the hosts with \(Self.doors(segment)).\(takeover.words)")
        }
    }

    /// From the node on the way in to the hosts.
    private func leave(_ segment: LateralReach.Segment, _ start: Int, _ arrivals: [Arrival]) {
        for arrival in arrivals {
            draft.edge(
                start, arrival.node, "network-segment", likelihood: arrival.likelihood, proof: arrival.proof, via: arrival.via,
                why:
                    "\(arrival.label) is reached \(arrival.via.isEmpty ? "as one of the hosts" : "behind \(arrival.via.joined(separator: ", "))") with \(Self.doors(segment))."
            )
        }
    }
}
