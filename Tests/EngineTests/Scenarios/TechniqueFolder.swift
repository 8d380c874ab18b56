import CloudModel
import Foundation
import Testing

@testable import Engine

/// One technique's folder of scenarios, `Techniques/ID/scenario.json`, read as people wrote it.
///
/// An account stands there as the AWS CLI's answers, `SERVICE.OPERATION[.REGION][.RESOURCE]` with the answer behind it, over those of an
/// account that has nothing (`Techniques/base.json`). What GetAccountAuthorizationDetails and the credential report would say is written
/// shorter: `users`, `groups`, `roles` and `managed` policies by name. `open`, `denied`, each of `missing` and each of `unknown` say what is
/// different there: a file is replaced, or left out where it is `null`; of a principal only the members that are named are replaced.
struct TechniqueFolder {
    static let account = "111122223333"
    static let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Techniques")
    static let identifiers: [String] = {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: path.path)) ?? []
        return entries.filter { !$0.contains(".") }.sorted()
    }()

    /// What is different in one variant, and what is expected of it.
    struct Variant {
        var name: String
        var changes: JSONValue
        var why: String { changes["why"]?.string ?? "" }
    }

    let id: String
    let scenario: JSONValue
    private let base: JSONValue

    init(_ id: String) throws {
        self.id = id
        scenario = try Self.read(id + "/scenario.json")
        base = try Self.read("base.json")
    }

    private static func read(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: [UInt8](try Data(contentsOf: path.appending(path: name))))
    }

    /// The principal that tries, `user/NAME`.
    var start: String { "arn:aws:iam::\(Self.account):" + (scenario["start"]?.string ?? "") }
    /// What it is to get: administrator rights, or a store.
    var target: String { scenario["open"]?["target"]?.string ?? "admin:\(Self.account)" }

    func variants(_ name: String) -> [Variant] {
        guard let value = scenario[name] else { return [] }
        return (value.array ?? [value]).enumerated().map { Variant(name: value.array == nil ? name : "\(name) \($0)", changes: $1) }
    }

    // MARK: The account

    /// The files of a variant, by name without an ending.
    func files(_ variant: Variant) -> [String: JSONValue] {
        var files: [String: JSONValue] = [:]
        for source in [base, scenario, variant.changes] {
            for member in source["files"]?.object?.members ?? [] { files[member.name] = member.value.isNull ? nil : member.value }
        }
        files["iam.get-account-authorization-details"] = details(variant)
        files["iam.get-credential-report"] = .string(report(variant))
        return files
    }

    /// The variant as a collection, as reading its folder would give it.
    func collection(_ variant: Variant) throws -> CloudCollection {
        var collection = CloudCollection(records: [], coverage: [])
        for (name, payload) in files(variant).sorted(by: { $0.key < $1.key }) {
            guard let parsed = try CollectionFolder.parse(recordName: name) else {
                throw CollectionError(.badName, "\(id): nobody reads \(name)")
            }
            let service = parsed.operation.service
            let operation = parsed.operation.operation
            if let code = payload["Error"]?["Code"]?.string {
                collection.coverage.append(
                    CoverageEntry(
                        account: Self.account, service: service, operation: operation, region: parsed.region, resource: parsed.resource,
                        outcome: CoverageEntry.outcome(ofCode: code), code: code))
            } else {
                collection.records.append(
                    CollectedRecord(
                        account: Self.account, service: service, operation: operation, region: parsed.region, resource: parsed.resource,
                        time: "2025-01-02T03:04:05Z", payload: payload))
            }
        }
        return collection
    }

    /// What the engine says of a variant, with every step of every path proven again.
    func judged(_ variant: Variant) throws -> Judgement {
        let collection = try collection(variant)
        let evaluation = Evaluation(Normaliser.normalise(collection))
        let judged = evaluation.judged()
        for problem in Reproof(evaluation, collection).problems(judged.paths) { Issue.record("\(id): a step is not proven: \(problem)") }
        return Judgement(evaluation: evaluation, judged: judged)
    }

    // MARK: Principals

    /// The things of a kind by name, with a variant's changes.
    private func things(_ kind: String, _ variant: Variant) -> [(name: String, value: JSONValue)] {
        var names: [String] = []
        var things: [String: JSONObject] = [:]
        for source in [scenario, variant.changes] {
            for member in source[kind]?.object?.members ?? [] {
                guard !member.value.isNull else {
                    things[member.name] = nil
                    continue
                }
                if !names.contains(member.name) { names.append(member.name) }
                var thing = things[member.name] ?? JSONObject()
                for part in member.value.object?.members ?? [] { thing[part.name] = part.value }
                things[member.name] = thing
            }
        }
        return names.compactMap { name in things[name].map { (name, .object($0)) } }
    }

    private func details(_ variant: Variant) -> JSONValue {
        let root = "arn:aws:iam::\(Self.account):"
        let managed = Dictionary(
            [scenario, variant.changes].flatMap { $0["managed"]?.object?.members ?? [] }.map { ($0.name, $0.value) }
        ) { _, last in last }
        func arn(_ policy: String) -> String {
            managed[policy] == nil ? "arn:aws:iam::aws:policy/\(policy)" : root + "policy/\(policy)"
        }
        func document(_ statements: JSONValue) -> JSONValue { ["Version": "2012-10-17", "Statement": statements] }
        func common(_ thing: JSONValue, _ prefix: String) -> JSONObject {
            var object: JSONObject = ["Path": .string(thing["path"]?.string ?? "/"), "CreateDate": "2024-01-02T03:04:05+00:00"]
            object[prefix + "PolicyList"] =
                thing["policies"].map { [["PolicyName": "own", "PolicyDocument": document($0)]] } ?? .array([])
            object["AttachedManagedPolicies"] = .array(
                (thing["attached"]?.array ?? []).compactMap(\.string).map { ["PolicyName": .string($0), "PolicyArn": .string(arn($0))] })
            object["PermissionsBoundary"] = thing["boundary"]?.string.map {
                ["PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": .string(arn($0))]
            }
            return object
        }
        let users = things("users", variant).map { name, thing -> JSONValue in
            var user = common(thing, "User")
            user["UserName"] = .string(name)
            user["UserId"] = .string("AIDA" + name.uppercased())
            user["Arn"] = .string(root + "user/" + name)
            user["GroupList"] = thing["groups"] ?? .array([])
            return .object(user)
        }
        let groups = things("groups", variant).map { name, thing -> JSONValue in
            var group = common(thing, "Group")
            group["GroupName"] = .string(name)
            group["GroupId"] = .string("AGPA" + name.uppercased())
            group["Arn"] = .string(root + "group/" + name)
            return .object(group)
        }
        let roles = things("roles", variant).map { name, thing -> JSONValue in
            var role = common(thing, "Role")
            let arn = root + "role" + (thing["path"]?.string ?? "/") + name
            role["RoleName"] = .string(name)
            role["RoleId"] = .string("AROA" + name.uppercased())
            role["Arn"] = .string(arn)
            role["AssumeRolePolicyDocument"] = trust(thing)
            role["RoleLastUsed"] = .object([:])
            role["InstanceProfileList"] =
                thing["profile"]?.bool == true
                ? [
                    [
                        "Path": "/", "InstanceProfileName": .string(name), "InstanceProfileId": .string("AIPA" + name.uppercased()),
                        "Arn": .string(root + "instance-profile/" + name), "CreateDate": "2024-01-02T03:04:05+00:00",
                        "Roles": [["RoleName": .string(name), "Arn": .string(arn)]],
                    ]
                ] : .array([])
            return .object(role)
        }
        var policies = managed.sorted { $0.key < $1.key }.map { name, versions -> JSONValue in
            let documents = versions.array ?? []
            let count = variant.changes["versions"]?[name]?.int ?? documents.count
            return policy(
                name, root + "policy/" + name,
                (0..<count).map { document($0 < documents.count ? documents[$0] : documents.first ?? .array([])) })
        }
        policies.append(
            policy(
                "AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess",
                [document([["Effect": "Allow", "Action": "*", "Resource": "*"]])]))
        return [
            "UserDetailList": .array(users), "GroupDetailList": .array(groups), "RoleDetailList": .array(roles),
            "Policies": .array(policies),
        ]
    }

    private func trust(_ role: JSONValue) -> JSONValue {
        let trusts = role["trusts"] ?? .null
        var statement: JSONObject = [
            "Effect": "Allow", "Principal": trusts.string.map { ["Service": .string($0)] } ?? trusts,
            "Action": role["trustAction"]
                ?? (trusts.string == "rolesanywhere.amazonaws.com"
                    ? ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
                    : trusts.string == "pods.eks.amazonaws.com" ? ["sts:AssumeRole", "sts:TagSession"] : "sts:AssumeRole")
                ,
        ]
        statement["Condition"] = role["trustCondition"]
        return ["Version": "2012-10-17", "Statement": [.object(statement)]]
    }

    private func policy(_ name: String, _ arn: String, _ documents: [JSONValue]) -> JSONValue {
        [
            "PolicyName": .string(name), "PolicyId": .string("ANPA" + name.uppercased()), "Arn": .string(arn), "Path": "/",
            "DefaultVersionId": "v1", "AttachmentCount": 1, "IsAttachable": true, "CreateDate": "2024-01-02T03:04:05+00:00",
            "UpdateDate": "2024-01-02T03:04:05+00:00",
            "PolicyVersionList": .array(
                documents.enumerated().map { index, document in
                    [
                        "VersionId": .string("v\(index + 1)"), "IsDefaultVersion": .bool(index == 0),
                        "CreateDate": "2024-01-02T03:04:05+00:00", "Document": document,
                    ]
                }),
        ]
    }

    private static let reportHead =
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

    /// Users have neither password nor second factor and one key, unless it is written otherwise.
    private func report(_ variant: Variant) -> String {
        let rows = things("users", variant).map { name, thing -> String in
            let keys = thing["keys"]?.int ?? 1
            let key = { (number: Int) in keys >= number ? "true,2024-01-02T03:04:05+00:00,N/A,N/A,N/A" : "false,N/A,N/A,N/A,N/A" }
            let password = thing["password"]?.bool ?? false
            return
                "\(name),arn:aws:iam::\(Self.account):user/\(name),2024-01-02T03:04:05+00:00,\(password),no_information,N/A,N/A,\(thing["mfa"]?.bool ?? false),\(key(1)),\(key(2)),false,N/A,false,N/A"
        }
        return ([Self.reportHead] + rows).joined(separator: "\n") + "\n"
    }
}
