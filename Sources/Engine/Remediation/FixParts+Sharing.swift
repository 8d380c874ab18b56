import CloudModel

/// Taking back what is shared: snapshots and machine images.
extension FixParts {
    func sharing(_ arn: String, _ account: String) -> FixTexts.Part? {
        if let image = first(\.images, index.images[arn]) { return sharing(image, account) }
        guard let data = first(\.dataSnapshots, index.dataSnapshots[arn]), let shared = data.sharedWith else { return nil }
        let left = shared.filter { $0 != account }
        let command: (Bool) -> String
        let terraform: String
        switch data.kind {
        case "rds": (command, terraform) = database("db", data, account, left)
        case "rds-cluster": (command, terraform) = database("db-cluster", data, account, left)
        default:
            command = { removes in
                aws(
                    "ec2 modify-snapshot-attribute",
                    [
                        ("--snapshot-id", data.id), ("--attribute", "createVolumePermission"),
                        ("--operation-type", removes ? "remove" : "add"), (account == "all" ? "--group-names" : "--user-ids", account),
                    ], region: data.region)
            }
            // The provider shares with accounts only, never with everyone (its issue 13198).
            terraform =
                account == "all"
                ? Self.besides("Terraform has no resource for a snapshot that everyone may restore", [command(true)])
                : removal(
                    "aws_snapshot_create_volume_permission",
                    [("snapshot_id", ShellText.terraform(data.id)), ("account_id", ShellText.terraform(account))])
        }
        return .init(
            label: arn, before: Self.list("restore", shared), after: Self.list("restore", left), commands: [command(true)],
            rollback: [command(false)], terraform: terraform)
    }

    /// Snapshots of a database, or of a cluster of them.
    private func database(_ kind: String, _ data: DataSnapshot, _ account: String, _ left: [String]) -> ((Bool) -> String, String) {
        let command: (Bool) -> String = { removes in
            aws(
                "rds modify-\(kind)-snapshot-attribute",
                [
                    ("--\(kind)-snapshot-identifier", data.id), ("--attribute-name", "restore"),
                    (removes ? "--values-to-remove" : "--values-to-add", account),
                ], region: data.region)
        }
        let name = kind.replacing("-", with: "_") + "_snapshot"
        return (
            command,
            block(
                "aws_\(name)", data.id,
                [
                    ("\(name)_identifier", ShellText.terraform(data.id)),
                    ("shared_accounts", "[" + left.map { ShellText.terraform($0) }.joined(separator: ", ") + "]"),
                ])
        )
    }

    private func sharing(_ image: MachineImage, _ account: String) -> FixTexts.Part? {
        guard let shared = image.sharedWith else { return nil }
        let command = { (operation: String) in
            aws(
                "ec2 modify-image-attribute",
                [
                    ("--image-id", image.id), ("--attribute", "launchPermission"), ("--operation-type", operation),
                    (account == "all" ? "--user-groups" : "--user-ids", account),
                ], region: image.region)
        }
        return .init(
            label: image.arn, before: Self.list("launch", shared), after: Self.list("launch", shared.filter { $0 != account }),
            commands: [command("remove")], rollback: [command("add")],
            terraform: removal(
                "aws_ami_launch_permission",
                [
                    ("image_id", ShellText.terraform(image.id)), (account == "all" ? "group" : "account_id", ShellText.terraform(account)),
                ]))
    }

    private static func list(_ what: String, _ names: [String]) -> JSONValue { [what: .array(names.map { .string($0) })] }
}
