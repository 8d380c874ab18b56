import CloudModel

/// Containers as they stand in the networks: a service for all of its tasks, since tasks come and go, and a task that has none for itself.
struct ContainerHosts {
    /// The hosts with the target groups that their tasks are registered in.
    private(set) var hosts: [(host: Host, targetGroups: [String])] = []

    init(_ snapshot: CloudSnapshot) {
        let services = snapshot.workloads.filter { $0.kind == .ecsService && $0["status"] != "INACTIVE" }
        let tasks = snapshot.workloads.filter { $0.kind == .ecsTask && $0["status"] != "STOPPED" }
        guard !services.isEmpty || !tasks.isEmpty else { return }
        let found = Dictionary(snapshot.networkInterfaces.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let vpcs = Dictionary(snapshot.subnets.map { ($0.id, $0.vpc) }, uniquingKeysWith: { first, _ in first })
        let names = Dictionary(services.map { (Self.key($0, $0.name), $0.arn) }, uniquingKeysWith: { first, _ in first })
        var interfaces: [String: [NetworkInterface]] = [:]
        for task in tasks {
            let service = task["group"].flatMap { $0.hasPrefix("service:") ? String($0.dropFirst(8)) : nil }
            let owner = service.flatMap { names[Self.key(task, $0)] } ?? task.arn
            interfaces[owner, default: []] += (task.attributes["attachments"] ?? []).compactMap { found[$0] }
        }
        for item in services + tasks {
            let own = interfaces[item.arn] ?? []
            var places = own.map {
                Host.Interface(id: $0.id, subnet: $0.subnet, groups: $0.securityGroups, addresses: $0.privateAddresses)
            }
            if places.isEmpty, item.kind == .ecsService {
                // Where its tasks are not known the service says where they may stand.
                let groups = (item.attributes["securityGroups"] ?? []).sortedUnique
                places = (item.attributes["subnets"] ?? []).sortedUnique.map { .init(id: $0, subnet: $0, groups: groups, addresses: []) }
            }
            let targetGroups = item.attributes["targetGroups"] ?? []
            // Those that share the network of their instance are found there.
            guard !places.isEmpty || !targetGroups.isEmpty else { continue }
            hosts.append(
                (
                    Host(
                        kind: item.kind == .ecsService ? .ecsService : .ecsTask, arn: item.arn, label: item.name, account: item.account,
                        region: item.region, vpc: own.first?.vpc ?? places.first?.subnet.flatMap { vpcs[$0] }, interfaces: places,
                        evidence: item.evidence), targetGroups
                ))
        }
    }

    private static func key(_ item: Workload, _ name: String) -> String {
        [item.account, item.region, item["cluster"] ?? "", name].joined(separator: " ")
    }
}
