import CloudModel

/// What stands in a network: an instance, a function, a database, a load balancer, a service of containers, or an interface of something
/// else.
struct Host {
    enum Kind: String { case instance, function, database, loadBalancer, ecsService, ecsTask, networkInterface }
    struct Interface {
        var id: String
        var subnet: String?
        var groups: [String]
        var addresses: [String]
    }
    var kind: Kind
    var arn: String
    var label: String
    var account: String
    var region: String
    var vpc: String?
    var interfaces: [Interface]
    /// The port it listens on, where it is one.
    var port: Int?
    /// Whether no security groups stand before it, as with a network load balancer that has none.
    var isUnguarded = false
    var evidence: Evidence
}

/// The hosts of a snapshot, by address.
struct Hosts {
    let all: [Host]
    private let byAddress: [String: Int]
    private let byInstance: [String: Int]
    private let byTargetGroup: [String: Int]
    private let byInterface: [String: Int]

    init(_ snapshot: CloudSnapshot) {
        var all: [Host] = []
        var known: Set<String> = []
        var instances: [String: Int] = [:]
        for item in snapshot.instances where Host.isUp(item) {
            instances[item.id] = all.count
            known.formUnion(item.interfaces.map(\.id))
            all.append(
                Host(
                    kind: .instance, arn: item.arn, label: item.id, account: item.account, region: item.region, vpc: item.vpc,
                    interfaces: item.interfaces.map {
                        .init(id: $0.id, subnet: $0.subnet, groups: $0.securityGroups, addresses: $0.privateAddresses)
                    }, evidence: item.evidence))
        }
        for item in snapshot.functions where !item.subnets.isEmpty {
            all.append(
                Host(
                    kind: .function, arn: item.arn, label: item.name, account: item.account, region: item.region, vpc: item.vpc,
                    interfaces: item.subnets.map { .init(id: $0, subnet: $0, groups: item.securityGroups, addresses: []) },
                    evidence: item.evidence))
        }
        for item in snapshot.databases + snapshot.warehouses {
            all.append(
                Host(
                    kind: .database, arn: item.arn, label: item.id, account: item.account, region: item.region, vpc: item.vpc,
                    // Its address is in one of the group's subnets; which one is not said.
                    interfaces: item.subnets.map { .init(id: $0, subnet: $0, groups: item.securityGroups, addresses: []) },
                    port: item.port, evidence: item.evidence))
        }
        let containers = ContainerHosts(snapshot)
        var groups: [String: Int] = [:]
        var interfaces: [String: Int] = [:]
        for (host, targetGroups) in containers.hosts {
            for group in targetGroups where groups[group] == nil { groups[group] = all.count }
            for interface in host.interfaces where !interface.addresses.isEmpty { interfaces[interface.id] = all.count }
            all.append(host)
        }
        known.formUnion(interfaces.keys)
        for item in snapshot.networkInterfaces where !known.contains(item.id) && item.instance == nil && item.isItsOwn {
            all.append(
                Host(
                    kind: .networkInterface, arn: item.arn(in: snapshot), label: item.id, account: item.account, region: item.region,
                    vpc: item.vpc,
                    interfaces: [
                        .init(id: item.id, subnet: item.subnet, groups: item.securityGroups, addresses: item.privateAddresses)
                    ], evidence: item.evidence))
        }
        var addresses: [String: Int] = [:]
        for (place, host) in all.enumerated() {
            for address in host.interfaces.flatMap(\.addresses) {
                let key = (host.vpc ?? "") + " " + address
                if addresses[key] == nil { addresses[key] = place }
            }
        }
        self.all = all
        byAddress = addresses
        byInstance = instances
        byTargetGroup = groups
        byInterface = interfaces
    }

    /// The host with that address in a VPC.
    func host(at address: String, in vpc: String?) -> Host? { byAddress[(vpc ?? "") + " " + address].map { all[$0] } }
    /// The running instance of that identifier.
    func instance(_ id: String) -> Host? { byInstance[id].map { all[$0] } }
    /// The service of containers that registers its tasks in a target group.
    func service(behind targetGroup: String) -> Host? { byTargetGroup[targetGroup].map { all[$0] } }
    /// The service or task that has a network interface.
    func containers(at interface: String) -> Host? { byInterface[interface].map { all[$0] } }
}

extension Host {
    /// Whether an instance runs, or may.
    static func isUp(_ instance: Instance) -> Bool { ["running", "pending", "unknown"].contains(instance.state) }
}

extension NetworkInterface {
    /// Whether nothing else of the snapshot stands for it: gateways, load balancers, functions and databases do so for theirs.
    var isItsOwn: Bool {
        guard ["interface", "efa", "branch", "trunk"].contains(type) else { return false }
        return !["ELB ", "AWS Lambda VPC ENI", "RDSNetworkInterface", "RedshiftNetworkInterface", "Interface for NAT Gateway"].contains {
            text.hasPrefix($0)
        }
    }

    func arn(in snapshot: CloudSnapshot) -> String {
        let partition = snapshot.accounts.first { $0.id == account }?.partition ?? "aws"
        return "arn:\(partition):ec2:\(region):\(account):network-interface/\(id)"
    }
}
