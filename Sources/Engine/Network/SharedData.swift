import CloudModel

/// Snapshots and images that everybody may copy.
extension NetworkReachability {
    func snapshotExposure(_ item: DataSnapshot) -> Exposure? {
        guard let shared = item.sharedWith, shared.contains("all") else { return nil }
        // While a region keeps shared snapshots back, nobody gets them (EBS User Guide, "Block public access for snapshots").
        if item.kind == "ebs", snapshot.accounts.first(where: { $0.id == item.account })?.snapshotsKept[item.region] == true { return nil }
        return Exposure(
            target: item.arn, kind: .sharedSnapshot, targetKind: "snapshot", actions: [Self.copying(item)],
            why: "\(item.id) may be restored by every AWS account", evidence: [index.cite(item.sharingEvidence ?? item.evidence)],
            confidence: .proven)
    }

    /// What makes a copy of it.
    static func copying(_ item: DataSnapshot) -> String {
        switch item.kind {
        case "ebs": "ec2:CreateVolume"
        case "rds-cluster": "rds:RestoreDBClusterFromSnapshot"
        default: "rds:RestoreDBInstanceFromDBSnapshot"
        }
    }

    func imageExposures() -> [Exposure] {
        let snapshots = Dictionary(
            snapshot.dataSnapshots.filter { $0.kind == "ebs" }.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return snapshot.images.flatMap { image -> [Exposure] in
            guard image.sharedWith?.contains("all") == true else { return [] }
            let evidence = [index.cite(image.sharingEvidence ?? image.evidence)]
            let own = Exposure(
                target: image.arn, kind: .sharedImage, targetKind: "image", actions: ["ec2:RunInstances"],
                why: "\(image.id) may be started by every AWS account", evidence: evidence, confidence: .proven)
            // Who starts an image has what its disks were made of.
            return [own]
                + image.snapshots.compactMap { snapshots[$0] }.map { item in
                    Exposure(
                        target: item.arn, kind: .sharedImage, targetKind: "snapshot", via: [image.arn], actions: ["ec2:RunInstances"],
                        why: "\(image.id) may be started by every AWS account, and has what is in \(item.id) on its disks",
                        evidence: evidence + [index.cite(image.evidence), index.cite(item.evidence)], confidence: .proven)
                }
        }
    }
}
