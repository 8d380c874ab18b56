/// Looks at each list of a snapshot's resources.
public protocol ResourceListVisitor {
    /// One list.
    ///
    /// - Parameters:
    ///   - list: where it is.
    ///   - name: the native identifier of an item: its ARN, or its identifier where it has none.
    ///   - account: the account that an item is in.
    mutating func visit<Item: Hashable & Sendable>(
        _ list: WritableKeyPath<CloudSnapshot, [Item]>, name: (Item) -> String, account: (Item) -> String)
}

extension CloudSnapshot {
    /// Shows each list of resources to a visitor; accounts, organisations, principals and their policies are none.
    public static func visitResources(_ visitor: inout some ResourceListVisitor) {
        visitor.visit(\.instances, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.securityGroups, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.vpcs, name: { $0.id }, account: { $0.account })
        visitor.visit(\.subnets, name: { $0.id }, account: { $0.account })
        visitor.visit(\.routeTables, name: { $0.id }, account: { $0.account })
        visitor.visit(\.internetGateways, name: { $0.id }, account: { $0.account })
        visitor.visit(\.vpcEndpoints, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.networkACLs, name: { $0.id }, account: { $0.account })
        visitor.visit(\.loadBalancers, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.buckets, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.functions, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.keys, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.secrets, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.databases, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.dataSnapshots, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.warehouses, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.networkInterfaces, name: { $0.id }, account: { $0.account })
        visitor.visit(\.prefixLists, name: { $0.id }, account: { $0.account })
        visitor.visit(\.peerings, name: { $0.id }, account: { $0.account })
        visitor.visit(\.transitGateways, name: { $0.id }, account: { $0.account })
        visitor.visit(\.internetBlocks, name: { "internetBlock/\($0.account)/\($0.region)" }, account: { $0.account })
        visitor.visit(\.apis, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.distributions, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.searchDomains, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.clusters, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.images, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.guarded, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.identityProviders, name: { $0.arn }, account: { $0.account })
        visitor.visit(\.identityPools, name: { $0.id }, account: { $0.account })
        visitor.visit(\.workloads, name: { $0.arn }, account: { $0.account })
    }
}
