import AgentCore
import Basics
import CloudModel
import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import AgentCollectors

/// A real AWS API's answers (moto, on loopback), read by the collector and by botocore, which is what the AWS CLI prints with.
@Suite(.enabled(if: SampleCloud.isAvailable, "needs python3 with moto[server]"), .serialized) struct SampleCloudTests {
    @Test func everyAnswerIsWhatTheCLIPrintsAndNoSecretIsLeft() async throws {
        let cloud = try await SampleCloud.start()
        defer { cloud.stop() }
        let key = Secret([UInt8](repeating: 7, count: 32))
        let configuration = AWSCollectorConfiguration(
            environment: ["AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample", "AWS_REGION": "eu-west-1"],
            endpointURL: cloud.endpoint,
            regions: ["eu-west-1", "us-east-1"], redactionKey: key)
        let collector = AWSCollector(configuration: configuration, http: try HTTPClient())
        let collection = try await collector.collect { _ in }

        // Every operation of the catalogue was asked and answered at least once, but about things that the company does not have.
        let missing = Catalogue.entries.filter { entry in
            let isWorkload = Catalogue.workloads.contains { $0.name == entry.name }
            return (!isWorkload || entry.fanOut == nil)
                && !collection.records.contains { $0.service == entry.service && $0.operation == entry.operation }
        }
        #expect(missing.map(\.name).filter { $0 != "s3control.get-public-access-block" } == [])
        let unexpected = collection.coverage.filter { $0.outcome != .collected }
        #expect(unexpected.isEmpty, "\(unexpected.prefix(5))")

        try Self.hold(collection, against: cloud, Redaction(key: key))

        // What "not set up" looks like is a fact, and is asked of botocore too.
        let facts = collection.coverage.filter { $0.outcome == .collected }
        #expect(Set(facts.compactMap(\.code)).isSuperset(of: ["NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration"]))

        // Who used what is told of every action that IAM tracks.
        let uses = try #require(
            collection.records.first {
                $0.service + "." + $0.operation == Catalogue.lastAccessed && $0.resource?.hasSuffix("/ci-deployer") == true
            })
        #expect(
            uses.payload["ServicesLastAccessed"]?.array?.first { $0["ServiceNamespace"] == "lambda" }?["TrackedActionsLastAccessed"] == [
                ["ActionName": "CreateFunction"], ["ActionName": "GetFunction"],
                ["ActionName": "UpdateFunctionCode", "LastAccessedTime": "2024-02-20T09:00:00+00:00"],
            ])

        // The planted secrets are nowhere.
        let text = try Self.everythingWritten(collection)
        for canary in [
            "CANARY-function-environment-7f3a9c", "CANARY-user-data-51be02", "CANARY-stage-variable-4be810",
            "CANARY-origin-header-9d27c1",
            String(Data("CANARY-user-data-51be02".utf8).base64EncodedString().prefix(24)),
        ] {
            #expect(!text.contains(canary))
        }
        let functions = try #require(collection.records.first { $0.operation == "list-functions" && $0.region == "eu-west-1" })
        let webhook = try #require(functions.payload["Functions"]?.array?.first { $0["FunctionName"]?.string == "order-webhook" })
        #expect(webhook["Environment"]?["Variables"]?["PAYMENT_KEY"]?["redacted"]?["length"]?.int == 34)
    }

    @Test func whatRunsWithRolesIsReadAsTheCLIPrintsItWithoutItsSecrets() async throws {
        let cloud = try await SampleCloud.start(seed: "workloads")
        defer { cloud.stop() }
        let key = Secret([UInt8](repeating: 7, count: 32))
        let configuration = AWSCollectorConfiguration(
            environment: ["AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample", "AWS_REGION": "eu-west-1"],
            endpointURL: cloud.endpoint, regions: ["eu-west-1"], redactionKey: key)
        let collection = try await AWSCollector(configuration: configuration, http: try HTTPClient()).collect { _ in }
        let unexpected = collection.coverage.filter { $0.outcome != .collected }
        #expect(unexpected.isEmpty, "\(unexpected.prefix(5))")
        try Self.hold(collection, against: cloud, Redaction(key: key))
        // Batches, things that belong to others, and requests with a body.
        for name in [
            "codebuild.batch-get-projects", "cloudformation.describe-stacks", "cloudformation.describe-stack-set", "glue.get-jobs",
            "sagemaker.describe-notebook-instance", "sagemaker.describe-domain", "ecs.describe-clusters", "ecs.describe-services",
            "ecs.describe-tasks", "ecs.describe-task-definition", "eks.describe-cluster", "eks.describe-nodegroup",
            "stepfunctions.describe-state-machine", "batch.describe-job-definitions", "codepipeline.get-pipeline",
            "codedeploy.get-deployment-group", "ec2.describe-launch-template-versions", "autoscaling.describe-auto-scaling-groups",
            "kinesisanalyticsv2.describe-application", "iot.describe-role-alias", "ssm.describe-parameters",
            "sso-admin.describe-permission-set", "elasticbeanstalk.describe-environments",
        ] {
            let found = collection.records.filter { $0.service + "." + $0.operation == name }
            #expect(
                !found.isEmpty
                    && found.allSatisfy { record in
                        ["arn:aws:", "run-ec2", "/shop/token"].contains { record.payload.canonicalText.contains($0) }
                    }, "\(name)")
        }
        let text = try Self.everythingWritten(collection)
        let canary = "CANARY-workload-environment-20d1c4"
        #expect(!text.contains(canary) && !text.contains(Data(canary.utf8).base64EncodedString().prefix(24)))
    }

    /// Holds every record against what botocore makes of the same call. Of workloads only a part is taken.
    private static func hold(_ collection: CloudCollection, against cloud: SampleCloud, _ redaction: Redaction) throws {
        let calls = collection.records.map { record in
            var call: JSONObject = ["service": .string(record.service), "operation": .string(record.operation)]
            call["account"] = record.account.map { .string($0) }
            call["region"] = record.region.map { .string($0) }
            call["resource"] = record.resource.map { .string($0) }
            return JSONValue.object(call).canonicalText
        }
        let answers = try cloud.expected(calls)
        try #require(answers.count == calls.count)
        for (record, line) in zip(collection.records, answers) {
            let answer = try JSONValue(parsing: line)
            let payload = Self.still(try #require(answer["payload"], "\(record.id): \(line.prefix(200))"))
            let record = CollectedRecord(
                account: record.account, service: record.service, operation: record.operation, region: record.region,
                resource: record.resource,
                time: nil, payload: Self.still(record.payload))
            let expected =
                record.operation == "get-credential-report"
                ? payload : redaction.redact(payload, operation: record.service + "." + record.operation)
            let name = record.service + "." + record.operation
            let isPart = name == Catalogue.lastAccessed || Catalogue.workloads.contains { $0.name == name }
            if isPart ? !Difference.isPart(record.payload, of: expected) : record.payload.canonicalText != expected.canonicalText {
                Issue.record("\(record.id)\n  ours: \(Difference.first(record.payload, expected))")
            }
        }
    }

    /// All that a collection's folder holds, as one text.
    private static func everythingWritten(_ collection: CloudCollection) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "collection-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try CollectionFolder.write(collection, to: folder.path)
        var texts: [String] = []
        for case let file as URL in try #require(
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey]))
        {
            guard (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true else { continue }
            texts.append(try String(contentsOf: file, encoding: .utf8))
        }
        #expect(texts.count == collection.records.count + 1)
        return texts.joined(separator: "\n")
    }

    @Test func twoCollectionsOfTheSameCloudAreTheSameButForTimes() async throws {
        let cloud = try await SampleCloud.start()
        defer { cloud.stop() }
        func collect() async throws -> [CollectedRecord] {
            let configuration = AWSCollectorConfiguration(
                environment: ["AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample", "AWS_ENDPOINT_URL": cloud.endpoint],
                regions: ["eu-west-1"],
                redactionKey: Secret([1, 2, 3]))
            return try await AWSCollector(configuration: configuration, http: try HTTPClient()).collect { _ in }.records.map {
                var record = $0
                record.time = nil
                record.payload = Self.still(record.payload)
                return record
            }.filter { $0.operation != "get-credential-report" }
        }
        let first = try await collect()
        let second = try await collect()
        #expect(first.map(\.id) == second.map(\.id))
        for (one, other) in zip(first, second) where one != other {
            Issue.record("\(one.id): \(Difference.first(one.payload, other.payload))")
        }
    }

    /// Without what moto makes anew each time it is asked: a time from the clock, and how far a task has come.
    private static func still(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(still))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.filter { !["LatestRestorableTime", "lastStatus"].contains($0.name) }.map {
                        JSONObject.Member($0.name, still($0.value))
                    }))
        default: value
        }
    }
}

/// The sample cloud as a process of its own.
struct SampleCloud {
    let process: Child
    let endpoint: String
    static let folder = Sample.root.appending(path: "Deploy/SampleCloud")

    /// The Python that `Deploy/test` prepared, or the one on the path.
    private static let prepared = ProcessInfo.processInfo.environment["CLOUDRYPTION_TEST_PYTHON"]
    private static let python = prepared ?? "python3"
    /// A Python that was prepared must work; one that is only found may lack moto.
    static let isAvailable: Bool = prepared != nil || (try? run([python, "-c", "import moto.server, botocore"], "")) != nil

    static func start(seed: String = "company") async throws -> SampleCloud {
        for _ in 0..<5 {
            let port = Int.random(in: 20_000..<60_000)
            let output = try Child.pipe()
            let process = try Child(
                "/usr/bin/env", [python, folder.appending(path: "serve.py").path, "--port", "\(port)", "--seed", seed],
                output: output.writing)
            try output.writing.close()
            // It says one line once it is filled; then it listens.
            let line = output.reading.availableData
            guard !line.isEmpty else { continue }
            let cloud = SampleCloud(process: process, endpoint: "http://127.0.0.1:\(port)")
            if await cloud.answers() { return cloud }
            cloud.stop()
        }
        throw CocoaError(.executableLoad)
    }

    private func answers() async -> Bool {
        guard let client = try? HTTPClient() else { return false }
        for _ in 0..<100 where process.status == nil {
            if (try? await client.send(HTTPRequest(.get, endpoint + "/moto-api/")))?.status == 200 { return true }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    func stop() {
        process.kill(SIGKILL)
        process.wait()
    }

    func expected(_ calls: [String]) throws -> [String] {
        try Self.run(
            [Self.python, Self.folder.appending(path: "expected.py").path, "--endpoint", endpoint], calls.joined(separator: "\n") + "\n"
        )
        .split(separator: "\n").map(String.init)
    }

    @discardableResult static func run(_ command: [String], _ input: String) throws -> String {
        let outcome = try Command("/usr/bin/env", command).run(input: input)
        guard outcome.status == 0 else { throw CocoaError(.executableLoad) }
        return outcome.output
    }
}

/// Where two values first differ.
enum Difference {
    /// Whether a value is another one with members left out.
    static func isPart(_ a: JSONValue, of b: JSONValue) -> Bool {
        switch (a, b) {
        case (.object(let x), .object(let y)):
            x.members.allSatisfy { member in y[member.name].map { isPart(member.value, of: $0) } ?? false }
        case (.array(let x), .array(let y)): x.count == y.count && zip(x, y).allSatisfy { isPart($0, of: $1) }
        default: a.canonicalText == b.canonicalText
        }
    }

    static func first(_ a: JSONValue, _ b: JSONValue, at path: String = "") -> String {
        switch (a, b) {
        case (.object(let x), .object(let y)):
            let names = Set(x.members.map(\.name)).union(y.members.map(\.name)).sorted()
            for name in names where x[name]?.canonicalText != y[name]?.canonicalText {
                guard let one = x[name], let other = y[name] else {
                    return
                        "\(path).\(name): \(x[name]?.canonicalText.prefix(200) ?? "absent") / \(y[name]?.canonicalText.prefix(200) ?? "absent")"
                }
                return first(one, other, at: path + "." + name)
            }
            return "\(path): order"
        case (.array(let x), .array(let y)):
            if x.count != y.count { return "\(path): \(x.count) / \(y.count) elements" }
            for (index, (one, other)) in zip(x, y).enumerated() where one.canonicalText != other.canonicalText {
                return first(one, other, at: path + "[\(index)]")
            }
            return path
        default: return "\(path): \(a.canonicalText.prefix(200)) / \(b.canonicalText.prefix(200))"
        }
    }
}
