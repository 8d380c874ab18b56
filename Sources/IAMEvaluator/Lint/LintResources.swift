import CloudModel

// Whether the resources are ARNs, and such that some action of the statement can be about them.
extension Linter {
    mutating func lookAtResources(_ statement: LintStatement) {
        guard let element = statement.source.resources else { return }
        var isSound = true
        for (place, text) in element.patterns.enumerated() {
            if !lookAtARN(text, statement, statement.path(statement.resourceElement, place)) { isSound = false }
        }
        guard isSound, !element.negated, !statement.actions.isOpen else { return }
        lookAtFit(statement)
    }

    /// The form of one ARN ("IAM JSON policy elements: Resource"). Whether it is worth comparing with what actions are about.
    private mutating func lookAtARN(_ text: String, _ statement: LintStatement, _ path: String) -> Bool {
        let bytes = Array(text.utf8)
        if !bytes.isEmpty, bytes.allSatisfy({ $0 == UInt8(ascii: "*") }) { return true }
        // A variable can hold any part of an ARN, colons included: then only what stands before it says something.
        let parts = Self.segments(text)
        let isCut = version == .v2012 && text.has("${")
        guard bytes.hasPrefix("arn:") else {
            if isCut, bytes.first == UInt8(ascii: "$") { return true }
            add(
                .malformedARN, .error, statement, path,
                "\(LintText.quoted(text)) is no ARN: a resource is \"*\" or arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.")
            return false
        }
        guard parts.count >= 6 || isCut || bytes.last == UInt8(ascii: "*") else {
            add(
                .malformedARN, .error, statement, path,
                "\(LintText.quoted(text)) has \(parts.count) of the six parts of an ARN, so it matches no resource.")
            return false
        }
        let count =
            isCut
            ? max(0, text.split(separator: "$", maxSplits: 1, omittingEmptySubsequences: false)[0].utf8.count { $0 == 0x3A }) : parts.count
        var isSound = true
        func plain(_ index: Int) -> String? {
            guard index < min(count, parts.count), index + 1 < parts.count || bytes.last != UInt8(ascii: "*") else { return nil }
            let part = parts[index]
            return part.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "$") } ? nil : part
        }
        let partition = plain(1)
        if let partition, !Self.partitions.contains(where: { $0.isSame(partition) }) {
            isSound = false
            add(
                .unknownPartition, .error, statement, path,
                "\(LintText.quoted(text)) is of the partition \(LintText.quoted(partition)), which AWS does not have.")
        }
        // Where the actions are of that service too, it is the service that is new.
        let isOfActions = { (service: String) in
            statement.source.actions.patterns.contains {
                $0.asciiLowercased.split(separator: ":").first.map { service.isSame($0) } ?? false
            }
        }
        if let service = plain(2), !table.hasARNs(of: service), !isOfActions(service) {
            isSound = false
            add(
                .unknownARNService, .warning, statement, path,
                "\(LintText.quoted(text)): no ARN in the table of actions has the service \(LintText.quoted(service)).")
        }
        if let region = plain(3), !region.isEmpty {
            if !Self.isRegion(region) {
                isSound = false
                add(
                    .invalidRegion, .error, statement, path,
                    "\(LintText.quoted(text)) has \(LintText.quoted(region)) where a region stands.")
            } else if let partition, let home = Self.partition(ofRegion: region), !home.isSame(partition) {
                isSound = false
                add(
                    .invalidRegion, .error, statement, path,
                    "\(LintText.quoted(text)): the region \(region) is of the partition \(home), not of \(LintText.safe(partition)).")
            }
        }
        if let account = plain(4), !Self.isAccount(account) {
            isSound = false
            add(
                .invalidAccount, .error, statement, path,
                "\(LintText.quoted(text)) has \(LintText.quoted(account)) where the 12 digits of an account stand.")
        }
        return isSound
    }

    /// The parts between colons, at most six.
    static func segments(_ text: String) -> [String] {
        text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
    }

    /// "AWS Regions" and "Amazon Resource Names (ARNs)": commercial, China, GovCloud, the isolated ones, the European sovereign one.
    static let partitions = ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"]

    /// `eu-west-1`, `us-gov-east-1`: letters in at least two words and a number.
    static func isRegion(_ text: String) -> Bool {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count >= 3, let last = words.last, !last.isEmpty, last.utf8.allSatisfy(\.isDigit) else { return false }
        return words.dropLast().allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A } }
    }

    private static func partition(ofRegion region: String) -> String? {
        for (prefix, partition) in [
            ("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"), ("us-isob-", "aws-iso-b"), ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"), ("eusc-", "aws-eusc"),
        ] where region.hasPrefix(prefix) { return partition }
        return "aws"
    }

    /// 12 digits, nothing, or a word that stands for an owner that is no account, such as `aws` or `cloudfront`.
    static func isAccount(_ text: String) -> Bool {
        if text.isEmpty { return true }
        if text.utf8.allSatisfy(\.isDigit) { return text.utf8.count == 12 }
        return ["aws", "aws-managed", "aws-marketplace", "amazon", "cloudfront", "third-party", "s3"].contains { $0.isSame(text) }
    }

    // MARK: - Actions and resources together

    /// Services whose resources are paths that AWS's tables list in part: API Gateway's tags have paths of their own.
    private static let incompleteServices: Set<String> = ["apigateway"]

    private mutating func lookAtFit(_ statement: LintStatement) {
        let templates = statement.compiled.resources
        let resources = templates.map { ResourceFormats.Resource($0) }
        guard !resources.isEmpty, !resources.contains(where: \.isEverything) else { return }
        var used = [Bool](repeating: false, count: resources.count)
        var fitting: [Int: Bool] = [:]
        for action in statement.actions.representatives {
            var fits = Self.incompleteServices.contains(action.servicePrefix)
            for (place, resource) in resources.enumerated() {
                let types = action.group.types
                if types.contains(where: { formats.fits(resource, key: statement.index << 17 | place, action, type: $0.place) }) {
                    fits = true
                    used[place] = true
                }
            }
            fitting[action.groupNumber] = fits
        }
        let known = statement.actions.entries.filter { !$0.matches.isEmpty }
        let dead = known.filter { entry in !entry.matches.contains { fitting[$0.groupNumber] ?? true } }
        // A statement that is about nothing at all is wrong; one that is partly about nothing is likely to be.
        let isDead = dead.count == statement.actions.entries.count
        let verb = statement.isAllow ? "allows" : "denies"
        for entry in dead {
            let path = statement.path(statement.actionElement, entry.place)
            if entry.matches.allSatisfy(\.supportsOnlyEverything) {
                let what =
                    entry.hasWildcard ? "What \(LintText.quoted(entry.text)) covers supports" : "\(LintText.quoted(entry.text)) supports"
                add(
                    .actionNeedsEverything, isDead ? .error : .warning, statement, path,
                    "\(what) no resource but \"*\", and the statement names others: it \(verb) nothing here.")
            } else {
                let examples = Set(entry.matches.flatMap { $0.resourceTypes.map(\.arn) }).sorted()
                add(
                    .resourceNeverMatches, isDead ? .error : .warning, statement, path,
                    "No resource of the statement can be one of \(LintText.quoted(entry.text)), which is about "
                        + "\(LintText.list(Array(examples.prefix(3)))): it \(verb) nothing here.")
            }
        }
        guard !isDead, !statement.actions.hasUnknown else { return }
        let texts = statement.source.resources?.patterns ?? []
        for (place, isUsed) in used.enumerated() where !isUsed && place < texts.count {
            add(
                .unusedResource, .info, statement, statement.path(statement.resourceElement, place),
                "None of the statement's actions can be about \(LintText.quoted(texts[place])).")
        }
    }
}
