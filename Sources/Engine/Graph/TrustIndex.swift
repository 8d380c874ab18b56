import CloudModel
import IAMEvaluator

/// Whom roles let in, sorted before anybody is asked about.
extension GraphBuilder {
    /// Sorts roles by whom their trust policies name.
    func indexTrust() {
        for (index, role) in snapshot.principals.enumerated() where role.kind == .role && !role.isServiceLinked {
            guard let trust = role.trust else { continue }
            guard let document = permissions.library.entry(of: trust).document else {
                gaps.insert(.init(what: "who may assume \(role.arn)", why: "its trust policy could not be read"))
                continue
            }
            let (named, services) = Self.trusted(by: document)
            for name in named { roles(for: name) { $0.append(index) } }
            for service in services.sorted() {
                if let proof = permissions.trusts(role, service: service) {
                    trusting[service, default: TrustingRoles()].add(index, role.account, proof)
                }
            }
        }
    }

    /// Sorts one role anew, whose trust policy is another one than it was.
    func indexTrust(of index: Int, insteadOf old: Principal) {
        guard old.kind == .role, !old.isServiceLinked else { return }
        if let document = old.trust.flatMap({ permissions.library.entry(of: $0).document }) {
            let (named, services) = Self.trusted(by: document)
            for name in named { roles(for: name) { $0.removeAll { $0 == index } } }
            for service in services { trusting[service]?.remove(index, old.account) }
        }
        let role = snapshot.principals[index]
        guard let document = role.trust.flatMap({ permissions.library.entry(of: $0).document }) else { return }
        let (named, services) = Self.trusted(by: document)
        for name in named { roles(for: name) { $0.insert(index, at: $0.firstIndex { $0 > index } ?? $0.endIndex) } }
        for service in services.sorted() {
            if let proof = permissions.trusts(role, service: service) {
                trusting[service, default: TrustingRoles()].add(index, role.account, proof)
            }
        }
    }

    /// Whom a trust policy names: `*`, accounts and ARNs; and the services that the catalogue hands roles to.
    private static func trusted(by document: PolicyDocument) -> (named: Set<String>, services: Set<String>) {
        let known = EscalationCatalogue.services
        var named: Set<String> = []
        var services: Set<String> = []
        for statement in document.statements where statement.effect == .allow {
            guard let principal = statement.principal else { continue }
            if principal.negated {
                named.insert("*")
                continue
            }
            for entry in principal.entries {
                switch entry {
                case .everyone:
                    named.insert("*")
                    services.formUnion(known)
                case .account(let account): named.insert(account)
                case .aws(let arn): named.insert(arn == "*" ? "*" : arn)
                case .service(let service): if known.contains(service) { services.insert(service) }
                case .federated, .canonicalUser: break
                }
            }
        }
        return (named, services)
    }

    /// The roles that a name's requests may assume, to be changed.
    private func roles(for name: String, _ change: (inout [Int]) -> Void) {
        if name == "*" {
            change(&rolesForAnyone)
        } else if name.utf8.count == 12 {
            change(&rolesForAccount[name, default: []])
        } else {
            change(&rolesForARN[name, default: []])
        }
    }
}
