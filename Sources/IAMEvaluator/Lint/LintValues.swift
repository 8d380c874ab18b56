import CloudModel

// What conditions compare with, and whether operator and key fit ("IAM JSON policy elements: Condition operators").
extension Linter {
    private func hasVariable(_ text: String) -> Bool { version == .v2012 && text.has("${") }

    mutating func lookAtValues(
        _ clause: ConditionClause, _ condition: CompiledCondition, _ key: ConditionKey?, _ statement: LintStatement
    ) {
        for (place, text) in clause.values.enumerated() where !hasVariable(text) || Self.isPattern(condition.family) {
            let bytes = Array(text.utf8)
            let path = statement.path(clause, place)
            switch condition.family {
            case .numbers:
                if ExactNumber(bytes) == nil { add(.invalidNumber, .error, statement, path, "\(LintText.quoted(text)) is not a number.") }
            case .dates:
                if Instant(bytes) == nil {
                    add(
                        .invalidDate, .error, statement, path,
                        "\(LintText.quoted(text)) is not a date such as 2026-01-31T12:00:00Z, nor seconds since 1970.")
                }
            case .bools, .null:
                if CompiledCondition.bool(bytes) == nil {
                    add(.invalidBoolean, .error, statement, path, "\(LintText.quoted(text)) is neither true nor false.")
                }
            case .binary:
                if Base64.decode(bytes) == nil { add(.invalidBase64, .error, statement, path, "\(LintText.quoted(text)) is not Base64.") }
            case .addresses: lookAtAddress(text, clause, statement, path)
            case .patterns: lookAtPattern(text, clause, condition, key, statement, path)
            case .unknown: break
            }
        }
    }

    private static func isPattern(_ family: CompiledCondition.Family) -> Bool { if case .patterns = family { true } else { false } }

    private mutating func lookAtAddress(_ text: String, _ clause: ConditionClause, _ statement: LintStatement, _ path: String) {
        let bytes = Array(text.utf8)
        guard let block = AddressBlock(bytes) else {
            add(.invalidAddress, .error, statement, path, "\(LintText.quoted(text)) is not an address or a block of addresses (CIDR).")
            return
        }
        if block.hasHostBits {
            add(
                .addressWithHostBits, .info, statement, path,
                "\(LintText.quoted(text)) is not the first address of its block; the block counts.")
        }
        let isSource = clause.key.asciiLowercased == "aws:sourceip"
        if isSource, Self.privateBlocks.contains(where: { $0.contains(block) }) {
            add(
                .privateSourceAddress, .warning, statement, path,
                "\(LintText.quoted(text)) is private: aws:SourceIp is the public address that a request comes from. "
                    + "For requests through a VPC endpoint there is aws:VpcSourceIp.")
        }
    }

    /// RFC 1918, RFC 6598, RFC 3927, RFC 1122 (loopback), RFC 4193, RFC 4291 (link-local, loopback).
    private static let privateBlocks = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10",
        "::1/128",
    ].compactMap { AddressBlock(Array($0.utf8)) }

    private mutating func lookAtPattern(
        _ text: String, _ clause: ConditionClause, _ condition: CompiledCondition, _ key: ConditionKey?, _ statement: LintStatement,
        _ path: String
    ) {
        let name = clause.name.asciiLowercased
        if name.has("arn") {
            let count = Self.segments(text).count
            let isAny = !text.isEmpty && text.utf8.allSatisfy { $0 == UInt8(ascii: "*") }
            if isAny || text.hasPrefix("${") || text.hasPrefix("$") { return }
            if count < 6, !hasVariable(text) {
                add(
                    .invalidARNValue, .error, statement, path,
                    "\(LintText.quoted(text)) has \(count) of the six parts of an ARN, and ARN operators compare each part by itself.")
            } else if let first = Self.segments(text).first, !first.isSame("arn"), !first.has("*"), !first.has("?") {
                add(.invalidARNValue, .error, statement, path, "\(LintText.quoted(text)) does not begin with arn:.")
            } else if count == 6, !hasVariable(text) {
                let account = Self.segments(text)[4]
                if !account.has("*"), !account.has("?"), !Self.isAccount(account) {
                    add(
                        .invalidARNValue, .error, statement, path,
                        "\(LintText.quoted(text)) has \(LintText.quoted(account)) where the 12 digits of an account stand.")
                }
            }
            return
        }
        if name.has("equals"), Self.hasWildcard(text) {
            let like = condition.isNegated ? "StringNotLike" : "StringLike"
            add(
                .wildcardTakenLiterally, .warning, statement, path,
                "\(LintText.safe(clause.name, limit: 40)) compares \(LintText.quoted(text)) character by character: * and ? are no wildcards "
                    + "here. They are in \(key?.kind == .arn ? "ArnLike" : like).")
        }
    }

    /// Whether `*` or `?` stands in the text other than as `${*}` or `${?}` or within a variable.
    private static func hasWildcard(_ text: String) -> Bool {
        var isInside = false
        var before: UInt8 = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "{"), before == UInt8(ascii: "$") { isInside = true }
            if byte == UInt8(ascii: "}") { isInside = false }
            if !isInside, byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") { return true }
            before = byte
        }
        return false
    }

    // MARK: - Operator and key

    mutating func lookAtKind(
        _ clause: ConditionClause, _ condition: CompiledCondition, _ key: ConditionKey, _ statement: LintStatement
    ) {
        let path = statement.path(clause)
        let name = LintText.safe(clause.name, limit: 40)
        func mismatch(_ severity: LintSeverity, _ needs: String) -> (LintSeverity, String) {
            (severity, "\(LintText.quoted(clause.key)) is \(needs), and \(name) compares something else.")
        }
        var found: (LintSeverity, String)?
        let arnOperator = clause.name.asciiLowercased.has("arn")
        let looksLikeARN = clause.key.asciiLowercased.has("arn") || clause.values.allSatisfy { $0.hasPrefix("arn:") || hasVariable($0) }
        switch (key.kind, condition.family) {
        case (_, .null), (_, .unknown), (.string, .binary), (.arn, .patterns), (.bool, .bools), (.number, .numbers), (.date, .dates),
            (.address, .addresses):
            break
        case (.string, .patterns): if arnOperator, !looksLikeARN { found = mismatch(.warning, "not an ARN") }
        // Tags and other names that callers choose can hold numbers, dates and the like as text.
        case (.string, _): if !key.isOpen { found = mismatch(.warning, "a text") }
        case (.arn, _): found = mismatch(.warning, "an ARN")
        case (.bool, .patterns), (.bool, .numbers): found = mismatch(arnOperator ? .warning : .info, "true or false: use Bool")
        case (.bool, _): found = mismatch(.warning, "true or false: use Bool")
        case (.number, .patterns): found = mismatch(arnOperator ? .warning : .info, "a number: use a Numeric operator")
        case (.number, _): found = mismatch(.warning, "a number: use a Numeric operator")
        // `aws:EpochTime` and `aws:TokenIssueTime` are seconds as well.
        case (.date, .numbers): break
        case (.date, _): found = mismatch(.warning, "a point in time: use a Date operator")
        case (.address, _): found = mismatch(.warning, "an address: use IpAddress or NotIpAddress")
        }
        if let found { add(.operatorTypeMismatch, found.0, statement, path, found.1) }
        if key.kind == .arn, !arnOperator, Self.isPattern(condition.family), clause.name.asciiLowercased.has("like"),
            clause.values.contains(where: { Self.hasWildcard($0) && !$0.isSame("*") })
        {
            add(
                .stringOperatorOnARN, .info, statement, path,
                "\(LintText.quoted(clause.key)) is an ARN: in \(name) a * also matches colons, in ArnLike it stays within its part.")
        }
        if case .null = condition.family { return }
        // What a token says of its holder can be a list whatever the reference says.
        if ConditionKey.isOfToken(Array(clause.key.utf8).lowercased) { return }
        if key.isMultivalued, condition.quantifier == .none {
            // Of the global keys it is certain; services list keys as lists that never have more than one value.
            let isGlobal = ConditionKey.everywhere(Array(clause.key.utf8).lowercased) != nil
            add(
                .missingQuantifier, isGlobal ? .warning : .info, statement, path,
                "\(LintText.quoted(clause.key)) can have several values: say ForAllValues or ForAnyValue before \(name).")
        } else if !key.isMultivalued, condition.quantifier != .none, !key.isOpen {
            add(
                .quantifierOnSingleValue, .info, statement, path,
                "\(LintText.quoted(clause.key)) has one value: \(condition.quantifier == .all ? "ForAllValues also holds where it has none" : "ForAnyValue adds nothing")."
            )
        }
    }
}
