import FoundationEssentials
import Testing

@testable import CloudModel

@Suite struct CollectionFolderTests {
    let folder = FileManager.default.temporaryDirectory.path + "/cloudryption-folder-\(UInt64.random(in: 0 ... .max))"

    func read(_ files: [String: String]) throws -> CloudCollection {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(files)
        return try CollectionFolder.read(folder)
    }
    func write(_ files: [String: String]) throws {
        for (name, text) in files {
            let path = folder + "/" + name
            let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }
    }
    static let caller = #"{"Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/a"}"#

    @Test func handSavedAnswersGetTheirAccountFromTheCaller() throws {
        let collection = try read([
            "sts.get-caller-identity.json": Self.caller, "ec2.describe-vpcs.eu-west-1.json": #"{"Vpcs":[]}"#,
            "s3.get-bucket-policy.my.bucket.json": #"{"Policy":"{}"}"#, "lambda.get-policy.us-east-1.a%2Fb.json": #"{"Policy":"{}"}"#,
            "iam.get-credential-report.csv": "user,arn\n",
        ])
        #expect(
            collection.records.map(\.id) == [
                "111122223333/ec2.describe-vpcs.eu-west-1", "111122223333/iam.get-credential-report",
                "111122223333/lambda.get-policy.us-east-1.a%2Fb", "111122223333/s3.get-bucket-policy.my.bucket",
                "111122223333/sts.get-caller-identity",
            ])
        #expect(collection.records[2].resource == "a/b" && collection.records[3].resource == "my.bucket")
    }

    @Test func whatTheWriterWritesTheReaderReads() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let long = String(repeating: "é/", count: 80)
        let collection = CloudCollection(
            records: [
                CollectedRecord(
                    account: "111122223333", service: "kms", operation: "get-key-policy", region: "eu-west-1", resource: long,
                    time: "2026-01-01T00:00:00+00:00", payload: ["Policy": "{}"]),
                CollectedRecord(
                    account: "111122223333", service: "s3", operation: "list-buckets", region: nil, resource: nil, time: nil,
                    payload: ["Buckets": []]),
            ],
            coverage: [
                CoverageEntry(
                    account: "111122223333", service: "ec2", operation: "describe-vpcs", region: "eu-west-1", outcome: .denied, code: "X")
            ])
        try CollectionFolder.write(collection, to: folder)
        let read = try CollectionFolder.read(folder)
        #expect(read.records == collection.records && read.coverage == collection.coverage)
    }

    @Test func errorsInFilesAreCoverageAndNotConfiguredIsAFact() throws {
        let collection = try read([
            "sts.get-caller-identity.json": Self.caller,
            "s3.get-bucket-policy.b.json": #"{"Error":{"Code":"NoSuchBucketPolicy"}}"#,
            "s3.get-bucket-acl.b.json": #"{"Error":{"Code":"AccessDenied"}}"#,
        ])
        #expect(collection.coverage.map(\.outcome) == [.denied, .collected])
        #expect(collection.coverage.allSatisfy { $0.account == "111122223333" })
    }

    @Test func anEmptyFileIsAnOpenQuestionWhereTheCLIPrintsNothing() throws {
        let collection = try read([
            "sts.get-caller-identity.json": Self.caller, "sqs.list-queues.eu-west-1.json": "", "cloudfront.list-distributions.json": "",
        ])
        #expect(collection.records.count == 1)
        #expect(collection.coverage.map(\.outcome) == [.unreadable, .unreadable])
        #expect(collection.coverage.allSatisfy { $0.code == "emptyFile" && $0.account == "111122223333" })
        #expect(throws: CollectionError.self) { try read(["sns.list-topics.eu-west-1.json": ""]) }
    }

    @Test func unknownOperationsAndForeignFilesAreNamedAndLeftAlone() throws {
        let collection = try read([
            "sts.get-caller-identity.json": Self.caller, "workspaces.describe-workspaces.eu-west-1.json": "not even JSON",
            "README.md": "hello",
            "iam.list-users.json": "{}", "notes/x.json": "{}",
        ])
        #expect(collection.records.count == 1)
        #expect(collection.coverage.filter { $0.outcome == .unknownOperation }.count == 4)
    }

    @Test(arguments: [
        ("ec2.describe-vpcs.json", "{}", CollectionError.Code.badName), ("ec2.describe-vpcs.nowhere.json", "{}", .badName),
        ("s3.get-bucket-policy.json", "{}", .badName), ("iam.get-account-summary.x.json", "{}", .badName), ("notes.json", "{}", .badName),
        ("s3.get-bucket-policy.a%ZZ.json", "{}", .badName), ("s3.get-bucket-policy.a b.json", "{}", .badName),
        ("iam.GetAccountSummary.json", "{}", .badName), ("s3.list-buckets.csv", "a", .badName),
        ("s3.list-buckets.json", #"{"Buckets":["#, .brokenJSON), ("s3.list-buckets.json", "", .brokenJSON),
        ("s3.list-buckets.json", "[]", .brokenJSON), ("iam.get-credential-report.json", #"{"Content":"%%"}"#, .brokenJSON),
        ("collection.json", #"{"formatVersion":9}"#, .badDescription), ("README.md", "x", .empty),
    ])
    func badInputIsOneErrorThatNamesTheFile(_ name: String, _ text: String, _ code: CollectionError.Code) throws {
        let error = #expect(throws: CollectionError.self) { try read([name: text]) }
        #expect(error?.code == code)
        #expect(code == .empty || error?.message.contains(name.dropLast(5)) == true)
        #expect(error?.message.contains("\n") == false)
    }

    @Test func aFolderThatIsNotThereAndALinkOutOfItAreRefused() throws {
        #expect(#expect(throws: CollectionError.self) { try CollectionFolder.read(folder) }?.code == .notFound)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(["sts.get-caller-identity.json": Self.caller])
        try FileManager.default.createSymbolicLink(atPath: folder + "/iam.get-account-summary.json", withDestinationPath: "/etc/hostname")
        #expect(#expect(throws: CollectionError.self) { try CollectionFolder.read(folder) }?.code == .linkOutside)
    }

    @Test func accountsInFoldersAreReadTogether() throws {
        let collection = try read([
            "111122223333/s3.list-buckets.json": #"{"Buckets":[]}"#, "444455556666/s3.list-buckets.json": #"{"Buckets":[]}"#,
        ])
        #expect(collection.records.map(\.account) == ["111122223333", "444455556666"])
    }
}
