public import CloudModel
public import SnapshotStore
import IAMEvaluator

/// What the internet reaches, and what accounts that were not read may take: addresses, load balancers, APIs, distributions, function
/// URLs, policies, lists, snapshots and images.
public struct NetworkReachability {
    let snapshot: CloudSnapshot
    let index: NetworkIndex
    let path: InternetPath
    /// What the accounts' organisations say of their resources.
    let organisation: OrganisationPolicies
    let hosts: Hosts
    let functions: [String: Function]
    let balancers: [String: LoadBalancer]

    /// Over this picture.
    public init(_ snapshot: CloudSnapshot) { self.init(snapshot, like: nil) }

    /// Over a picture of the same records as another one's, after changes of networks and resources.
    init(_ snapshot: CloudSnapshot, like other: NetworkReachability?) {
        self.snapshot = snapshot
        index = NetworkIndex(snapshot, like: other?.index)
        path = InternetPath(index: index)
        organisation = other?.organisation ?? OrganisationPolicies(snapshot, library: PolicyLibrary())
        hosts = Hosts(snapshot)
        functions = Dictionary(snapshot.functions.map { ($0.arn, $0) }, uniquingKeysWith: { first, _ in first })
        balancers = Dictionary(snapshot.loadBalancers.map { ($0.arn, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Every exposure, ordered by target. Where a fact is missing and the rest is open, it is there with confidence `unknown`.
    public func exposures() -> [Exposure] {
        var exposures = addressExposures() + policyExposures() + sharingExposures()
        Self.sort(&exposures)
        return exposures
    }

    /// What is reached at an address, in no order.
    func addressExposures() -> [Exposure] {
        var exposures = snapshot.instances.flatMap(instanceExposures)
        exposures += interfaceExposures()
        exposures += serviceExposures()
        exposures += (snapshot.databases + snapshot.warehouses).flatMap(databaseExposures)
        exposures += loadBalancerExposures()
        exposures += apiExposures()
        exposures += distributionExposures(exposures)
        return exposures + clusterExposures()
    }

    /// What is shared, or open to accounts that were not read, in no order. Neither this nor what policies let in depends on security groups.
    func sharingExposures() -> [Exposure] {
        snapshot.dataSnapshots.compactMap(snapshotExposure) + imageExposures() + foreignExposures()
    }

    /// Puts exposures in the order of their targets.
    static func sort(_ exposures: inout [Exposure]) {
        exposures.sortByBytes { exposure in
            [
                exposure.target, exposure.from, exposure.kind.rawValue, exposure.protocolName ?? "",
                exposure.ports.map { "\($0)" }.joined(separator: ","), exposure.why, exposure.conditions.joined(separator: ";"),
            ].joined(separator: "\u{1F}")
        }
    }

    func exposure(
        _ opening: InternetPath.Opening, target: String, kind: Exposure.Kind, targetKind: String, through: [String] = [], why: String
    ) -> Exposure {
        Exposure(
            target: target, kind: kind, targetKind: targetKind, via: through + opening.via, ports: opening.ports.ranges,
            protocolName: opening.protocolName, why: why, evidence: opening.evidence, conditions: opening.conditions,
            confidence: Self.confidence(opening.missing, opening.conditions), missing: opening.missing)
    }

    static func confidence(_ missing: [String], _ conditions: [String]) -> Confidence {
        !missing.isEmpty ? .unknown : conditions.isEmpty ? .proven : .conditional
    }

    // MARK: Addresses

    private func instanceExposures(_ instance: Instance) -> [Exposure] {
        guard Host.isUp(instance) else { return [] }
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
            return exposure(
                opening, target: instance.arn, kind: .publicAddress, targetKind: "instance",
                why: Self.reached(instance.id, addresses, opening))
        }
    }

    /// Interfaces with a public address that nothing else of the snapshot stands for: containers, desktops, appliances.
    private func interfaceExposures() -> [Exposure] {
        let known = Set(snapshot.instances.flatMap(\.interfaces).map(\.id))
        return snapshot.networkInterfaces.flatMap { interface -> [Exposure] in
            guard !known.contains(interface.id), interface.isItsOwn, interface.publicAddress != nil || !interface.ipv6Addresses.isEmpty
            else { return [] }
            let addresses = [interface.publicAddress].compactMap { $0 } + interface.ipv6Addresses
            let openings = path.openings(
                subnet: interface.subnet, vpc: interface.vpc, account: interface.account, region: interface.region,
                groups: interface.securityGroups, ipv4: interface.publicAddress != nil, ipv6: !interface.ipv6Addresses.isEmpty,
                evidence: index.cite(interface.evidence))
            let owner = hosts.containers(at: interface.id)
            return openings.map { opening in
                var opening = opening
                if let owner { opening.evidence.append(index.cite(owner.evidence)) }
                return exposure(
                    opening, target: owner?.arn ?? interface.arn(in: snapshot), kind: .publicAddress,
                    targetKind: owner?.kind.rawValue ?? "networkInterface",
                    why: Self.reached(owner?.label ?? interface.id, addresses, opening))
            }
        }
    }

    /// Services of App Runner, which answer to everybody unless they were told not to.
    private func serviceExposures() -> [Exposure] {
        snapshot.workloads.compactMap { service in
            guard service.kind == .appRunnerService, service["status"] == "RUNNING", service.rolesKnown, service["isPublic"] != "false"
            else { return nil }
            return Exposure(
                target: service.arn, kind: .publicAddress, targetKind: service.kind.rawValue, ports: [443...443], protocolName: "https",
                why: "App Runner service \(service.name) answers to the internet", evidence: [index.cite(service.evidence)],
                confidence: .proven)
        }
    }

    private static func reached(_ name: String, _ addresses: [String], _ opening: InternetPath.Opening) -> String {
        "\(name) has the address \(addresses.joined(separator: ", ")) and \(opening.missing.isEmpty ? "is" : "may be") reached on "
            + "\(opening.protocolName) \(opening.ports.text) through \(opening.via.joined(separator: ", "))"
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

    /// Kubernetes APIs that answer to the internet. Who may do anything there is another matter.
    private func clusterExposures() -> [Exposure] {
        snapshot.clusters.compactMap { cluster in
            guard cluster.isPublic == true else { return nil }
            let ranges = cluster.publicRanges.compactMap { AddressRange($0) }.filter(\.hasPublicPart)
            let missing = cluster.publicRanges.isEmpty ? ["the ranges that reach \(cluster.name)"] : []
            guard !ranges.isEmpty || !missing.isEmpty else { return nil }
            let isOpen = AddressRange.coverInternet(ranges.filter { !$0.isIPv6 }, ofFamily: .everyIPv4)
            let conditions = isOpen || !missing.isEmpty ? [] : ["the connection comes from \(cluster.publicRanges.joined(separator: ", "))"]
            return Exposure(
                target: cluster.arn, kind: .clusterEndpoint, targetKind: "cluster", ports: [443...443], protocolName: "https",
                why: "the Kubernetes API of cluster \(cluster.name) answers to the internet", evidence: [index.cite(cluster.evidence)],
                conditions: conditions, confidence: Self.confidence(missing, conditions), missing: missing)
        }
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
