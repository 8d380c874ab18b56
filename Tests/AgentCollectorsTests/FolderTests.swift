import Basics
import CloudModel
import Foundation
import Testing

@testable import AgentCollectors

@Suite struct CollectionFolderWriterTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "folder-\(UUID().uuidString)")

    private func record(_ operation: String, resource: String? = nil, payload: JSONValue = ["a": 1]) -> CollectedRecord {
        CollectedRecord(
            account: "123456789012", service: "s3", operation: operation, region: nil, resource: resource, time: "2024-01-02T03:04:05Z",
            payload: payload)
    }

    @Test func filesAreNamedAsTheContractSaysAndTheDescriptionNamesThem() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let long = String(repeating: "ä", count: 100)
        let collection = CloudCollection(
            records: [
                record("list-buckets"), record("get-bucket-acl", resource: "../a b"), record("get-bucket-policy", resource: long),
                CollectedRecord(
                    account: "123456789012", service: "iam", operation: "get-credential-report", region: nil, resource: nil, time: nil,
                    payload: "user\nalice\n"),
                CollectedRecord(
                    account: "210987654321", service: "ec2", operation: "describe-vpcs", region: "eu-west-1", resource: nil, time: nil,
                    payload: [:]),
            ],
            coverage: [
                CoverageEntry(
                    account: "123456789012", service: "s3", operation: "get-bucket-tagging", resource: "b", outcome: .collected,
                    code: "NoSuchTagSet")
            ])
        try CollectionFolder.write(collection, to: folder.appending(path: "x/y").path)
        let account = folder.appending(path: "x/y/123456789012")
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: account.path))
        #expect(
            names.isSuperset(of: [
                "s3.list-buckets.json", "s3.get-bucket-acl...%2Fa%20b.json", "iam.get-credential-report.csv", "collection.json",
            ]))
        #expect(names.count == 5)
        #expect(names.allSatisfy { $0.utf8.count <= 255 })
        #expect(try String(contentsOf: account.appending(path: "iam.get-credential-report.csv"), encoding: .utf8) == "user\nalice\n")
        let description = try JSONValue(parsing: Array(Data(contentsOf: account.appending(path: "collection.json"))))
        #expect(description["formatVersion"] == 1)
        #expect(description["records"]?.array?.count == 4)
        #expect(
            description["records"]?.array?.contains { $0["name"]?.string == "s3.get-bucket-policy." + PercentEncoding.encode(long) } == true
        )
        #expect(description["coverage"]?.array?.first?["code"] == "NoSuchTagSet")
        #expect(FileManager.default.fileExists(atPath: folder.appending(path: "x/y/210987654321/ec2.describe-vpcs.eu-west-1.json").path))
    }

    @Test func anEarlierCollectionIsReplacedAndNothingElse() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try CollectionFolder.write(
            CloudCollection(records: [record("list-buckets"), record("get-bucket-acl", resource: "gone")], coverage: []), to: folder.path)
        let account = folder.appending(path: "123456789012")
        try Data("mine".utf8).write(to: account.appending(path: "notes.json"))
        try CollectionFolder.write(CloudCollection(records: [record("list-buckets", payload: ["b": 2])], coverage: []), to: folder.path)
        #expect(
            Set(try FileManager.default.contentsOfDirectory(atPath: account.path)) == [
                "collection.json", "notes.json", "s3.list-buckets.json",
            ])
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let long = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:" + String(repeating: "n/", count: 150)
        let written = CloudCollection(
            records: [
                record("list-buckets"), record("get-bucket-acl", resource: "a.b-c"),
                CollectedRecord(
                    account: "123456789012", service: "secretsmanager", operation: "get-resource-policy", region: "eu-west-1",
                    resource: long,
                    time: "2024-01-02T03:04:06Z", payload: ["ARN": .string(long)]),
            ],
            coverage: [
                CoverageEntry(
                    account: "123456789012", service: "s3", operation: "get-bucket-policy", resource: "a.b-c", outcome: .collected,
                    code: "NoSuchBucketPolicy")
            ])
        try CollectionFolder.write(written, to: folder.path)
        let read = try CollectionFolder.read(folder.path)
        #expect(Set(read.records) == Set(written.records))
        #expect(read.coverage.filter { $0.outcome != .notCollected } == written.coverage)
    }

    @Test func whatCannotBeWrittenIsNamedAndLeftUnfinished() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data().write(to: folder.appending(path: "123456789012"))
        #expect(throws: FileError.self) {
            try CollectionFolder.write(CloudCollection(records: [record("list-buckets")], coverage: []), to: folder.path)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["123456789012"])
        var evil = record("list-buckets")
        evil.account = "../up"
        #expect(throws: FileError.self) { try CollectionFolder.write(CloudCollection(records: [evil], coverage: []), to: folder.path) }
    }
}
