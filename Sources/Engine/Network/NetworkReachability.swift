public import CloudModel
public import SnapshotStore
import IAMEvaluator

/// What the internet reaches: addresses, load balancers, function URLs, public policies, lists and snapshots.
public struct NetworkReachability {
    let snapshot: CloudSnapshot
    let index: NetworkIndex
    let path: InternetPath
    /// What the accounts' organisations say of their resources.
    let organisation: OrganisationPolicies

    /// Over this picture.
    public init(_ snapshot: CloudSnapshot) {
        self.snapshot = snapshot
        index = NetworkIndex(snapshot)
        path = InternetPath(index: index)
        organisation = OrganisationPolicies(snapshot, library: PolicyLibrary())
    }

    /// Every exposure, ordered by target. Where a fact is missing and the rest is open, it is there with confidence `unknown`.
    public func exposures() -> [Exposure] {
        var exposures = snapshot.instances.flatMap(instanceExposures)
        exposures += snapshot.databases.flatMap(databaseExposures)
        exposures += loadBalancerExposures()
        exposures += policyExposures()
        exposures += snapshot.dataSnapshots.compactMap(snapshotExposure)
        exposures.sortByBytes { exposure in
            [
                exposure.target, exposure.kind.rawValue, exposure.protocolName ?? "", exposure.ports.map { "\($0)" }.joined(separator: ","),
                exposure.why, exposure.conditions.joined(separator: ";"),
            ].joined(separator: "\u{1F}")
        }
        return exposures
    }

    func exposure(
        _ opening: InternetPath.Opening, target: String, kind: Exposure.Kind, targetKind: String, through: [String] = [], why: String
    ) -> Exposure {
        Exposure(
            target: target, kind: kind, targetKind: targetKind, via: through + opening.via, ports: opening.ports.ranges,
            protocolName: opening.protocolName, why: why, evidence: opening.evidence, conditions: opening.conditions,
            confidence: !opening.missing.isEmpty ? .unknown : opening.conditions.isEmpty ? .proven : .conditional, missing: opening.missing)
    }

    // MARK: Addresses

    private func instanceExposures(_ instance: Instance) -> [Exposure] {
        guard ["running", "pending", "unknown"].contains(instance.state) else { return [] }
        var openings: [InternetPath.Opening] = []
        var addresses: [String] = []
        for interface in instance.interfaces {
            guard interface.publicAddress != nil || !interface.ipv6Addresses.isEmpty else { continue }
            addresses += [interface.publicAddress].compactMap { $0 } + interface.ipv6Addresses
            openings += path.openings(
                subnet: interface.subnet, vpc: instance.vpc, account: instance.account, region: instance.region,
                groups: interface.securityGroups, ipv4: interface.publicAddress != nil, ipv6: !interface.ipv6Addresses.isEmpty,
                evidence: index.cite(instance.evidence))
        }
        return InternetPath.merged(openings).map { opening in
            var opening = opening
            if instance.state == "unknown" { opening.missing.append("the state of \(instance.id)") }
            let sure = opening.missing.isEmpty ? "is" : "may be"
            return exposure(
                opening, target: instance.arn, kind: .publicAddress, targetKind: "instance",
                why: "\(instance.id) has the address \(addresses.joined(separator: ", ")) and \(sure) reached on \(opening.protocolName) "
                    + "\(opening.ports.text) through \(opening.via.joined(separator: ", "))")
        }
    }

    private func databaseExposures(_ database: Database) -> [Exposure] {
        guard database.publiclyAccessible == true else { return [] }
        var openings: [InternetPath.Opening] = []
        // Its address is in one of the group's subnets; which one is not said.
        for subnet in database.subnets.isEmpty ? [nil] : database.subnets.map(Optional.some) {
            openings += path.openings(
                subnet: subnet, vpc: database.vpc, account: database.account, region: database.region, groups: database.securityGroups,
                ipv4: true, ipv6: false, evidence: index.cite(database.evidence))
        }
        return InternetPath.merged(openings.filter { $0.protocolName == "tcp" }).compactMap { opening in
            var opening = opening
            if let port = database.port {
                opening.ports = opening.ports.intersection(PortSet(from: port, to: port))
            } else {
                opening.missing.append("the port of \(database.id)")
            }
            guard !opening.ports.isEmpty else { return nil }
            return exposure(
                opening, target: database.arn, kind: .publicAddress, targetKind: "database",
                why:
                    "\(database.id) is publicly accessible and \(opening.missing.isEmpty ? "is" : "may be") reached on \(opening.ports.text) "
                    + "through \(opening.via.joined(separator: ", "))")
        }
    }

    private func snapshotExposure(_ item: DataSnapshot) -> Exposure? {
        guard let shared = item.sharedWith, shared.contains("all") else { return nil }
        return Exposure(
            target: item.arn, kind: .sharedSnapshot, targetKind: "snapshot",
            actions: [item.kind == "ebs" ? "ec2:CreateVolume" : "rds:RestoreDBInstanceFromDBSnapshot"],
            why: "\(item.id) may be restored by every AWS account", evidence: [index.cite(item.sharingEvidence ?? item.evidence)],
            confidence: .proven)
    }
}

extension Exposure {
    /// The exposure as a row of the snapshot's file.
    public var row: ExposureRow {
        ExposureRow(
            target: target, targetKind: targetKind, kind: kind.rawValue, via: via, actions: actions, ports: ports,
            protocolName: protocolName,
            why: why, conditions: conditions, confidence: confidence, evidence: evidence)
    }
}
