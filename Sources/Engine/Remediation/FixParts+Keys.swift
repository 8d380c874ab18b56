import CloudModel

/// Access keys of users.
extension FixParts {
    /// The credential report has no identifiers, so a key is found by when it was made. A key that was switched off and on since then has
    /// another date there: none is found, and the commands fail.
    func keys(of arn: String) -> FixTexts.Part? {
        guard let user = principal(arn), case let keys = index.unusedKeys.keys(of: user), !keys.isEmpty else { return nil }
        let owner = ("--user-name", user.name)
        let commands = keys.compactMap(\.created).flatMap { created -> [String] in
            // The AWS CLI writes the zone as its version does, so what stands before it is compared.
            let made = Self.literal(String(created.prefix { $0 != "Z" && $0 != "+" }))
            let query = "AccessKeyMetadata[?Status=='Active' && starts_with(CreateDate, \(made))].AccessKeyId"
            let named = "--access-key-id \"$key\""
            return [
                captured("key", aws("iam list-access-keys", [owner, ("--query", query)], tail: "--output text")),
                aws("iam update-access-key", [owner], tail: named + " --status Inactive"),
                aws("iam delete-access-key", [owner], tail: named),
            ]
        }
        let told = keys.map { key in
            JSONValue.object([
                "CreateDate": key.created.map { .string($0) } ?? .null, "LastUsedDate": key.lastUsed.map { .string($0) } ?? .null,
            ])
        }
        return .init(
            label: "access keys of \(arn)", before: ["AccessKeys": .array(told)], after: .null, commands: commands,
            rollback: ["# A deleted key does not come back: this makes another."]
                + keys.map { _ in aws("iam create-access-key", [owner]) },
            terraform: "# Remove the resource \"aws_iam_access_key\" of each such key of user \(ShellText.terraform(user.name)).")
    }

    /// A command whose output the next ones use.
    func captured(_ variable: String, _ command: String) -> String { "\(variable)=$(\(command))" }

    /// A text in a JMESPath expression.
    static func literal(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "'") { $0 += $1 == "'" ? "\\'" : String($1) } + "'"
    }
}
