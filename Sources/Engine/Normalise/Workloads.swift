import CloudModel

/// What runs with the rights of roles, read by the table of ``WorkloadSource``.
extension Normaliser {
    /// Needs instances and identities to have been read.
    mutating func readWorkloads(_ account: String) {
        var reader = WorkloadReader(self, account)
        for source in WorkloadSource.all {
            for cursor in cursors(account, source.service, source.operation) { reader.read(source, cursor) }
        }
        reader.addFacts()
        reader.resolve()
        snapshot.workloads += reader.workloads
        for (source, workload) in reader.undescribed {
            gaps.append(
                CoverageEntry(
                    account: account, service: source.service, operation: source.operation, region: workload.region,
                    resource: workload.name, outcome: .notCollected, message: "no answer of this call is there"))
        }
    }
}

/// Reads one account's workloads: what describes them first, then what only lists them.
struct WorkloadReader {
    private let normaliser: Normaliser
    private let account: String
    private(set) var workloads: [Workload] = []
    /// Of each kind and call, one thing that is listed and not described.
    private(set) var undescribed: [(source: WorkloadSource, workload: Workload)] = []
    /// Places in ``workloads`` by everything that may name them.
    private var places: [String: Int] = [:]
    /// ARNs of roles by name, and by ARN and name of their instance profiles.
    private var roles: [String: String] = [:]
    private var profiles: [String: String] = [:]
    private let instances: [Instance]

    init(_ normaliser: Normaliser, _ account: String) {
        self.normaliser = normaliser
        self.account = account
        instances = normaliser.snapshot.instances.filter { $0.account == account }
        for cursor in normaliser.cursors(account, "iam", "get-account-authorization-details") {
            for role in cursor.list("RoleDetailList") {
                guard let arn = role.identifier("Arn") else { continue }
                if let name = role.identifier("RoleName") { roles[name] = arn }
                for profile in role.list("InstanceProfileList") {
                    if let id = profile.identifier("Arn") { profiles[id] = arn }
                    if let name = profile.identifier("InstanceProfileName") { profiles[name] = arn }
                }
            }
        }
    }

    // MARK: Reading

    mutating func read(_ source: WorkloadSource, _ cursor: Cursor) {
        for item in Self.elements(cursor, source.place) {
            guard let arn = arn(source, item), let name = Self.fill(source.name, item, cursor.record.resource) else {
                item.problem("badWorkload", "has no readable ARN or name")
                continue
            }
            // What belongs to AWS itself has no role of the account.
            let parts = ARNParts(arn)
            if parts?.account == "aws" { continue }
            var workload = Workload(
                kind: source.kind, arn: arn,
                name: name.hasPrefix("arn:") && source.kind != .accessEntry ? ARNParts(name)?.name ?? name : name,
                account: account, region: cursor.record.region ?? parts.map { String($0.region) } ?? "unknown", evidence: item.evidence)
            for (attribute, place) in source.attributes {
                let texts = Self.elements(item, place).compactMap(Self.text)
                if !texts.isEmpty { workload.attributes[attribute] = texts }
            }
            if !source.tags.isEmpty { workload.tags = item.tags(source.tags) }
            guard source.isListing else {
                workload.rolesKnown = true
                readRoles(source, item, &workload)
                add(workload)
                continue
            }
            let parent = cursor.record.resource
            guard place(of: workload, parent: parent) == nil else { continue }
            add(workload)
            if let detail = WorkloadSource.all.first(where: { $0.kind == source.kind && !$0.isListing }),
                !undescribed.contains(where: { $0.source.call == detail.call && $0.workload.region == workload.region })
            {
                undescribed.append((detail, workload))
            }
        }
    }

    private mutating func readRoles(_ source: WorkloadSource, _ item: Cursor, _ workload: inout Workload) {
        if source.kind == .deploymentGroup || source.kind == .beanstalkEnvironment {
            runsOn(item, &workload)
            return
        }
        let isProfile = source.kind == .launchTemplate || source.kind == .emrCluster
        for text in source.roles.flatMap({ Self.elements(item, $0) }).compactMap(Self.text) where Identifier.isPlain(text) {
            let known =
                isProfile
                ? profiles[text]
                : text.hasPrefix("arn:") ? text : roles[text.split(separator: "/").last.map(String.init) ?? text]
            if let known {
                if !workload.roles.contains(known) { workload.roles.append(known) }
            } else {
                workload.rolesKnown = false
                item.problem("roleNotInAnswer", "names a role or instance profile that is not known")
            }
        }
    }

    /// The roles of the instances that a deployment or an environment runs on.
    private func runsOn(_ item: Cursor, _ workload: inout Workload) {
        guard normaliser.index.isAnswered(account, "ec2", "describe-instances", region: workload.region) else {
            workload.rolesKnown = false
            return
        }
        let filters = item.list("ec2TagFilters")
        let sets =
            item["ec2TagSet"]?.list("ec2TagSetList").map { set in (set.value.array ?? []).indices.compactMap { set.element($0) } } ?? []
        let groups = workload.attributes["groups"] ?? []
        for instance in instances where instance.region == workload.region && instance.state != "terminated" {
            let isIn: Bool
            if workload.kind == .beanstalkEnvironment {
                isIn = instance.tags["elasticbeanstalk:environment-name"] == workload.name
            } else {
                // Any filter of a list, and any of every group of a set (CodeDeploy User Guide, "Tagging instances").
                let tagged = filters.contains { Self.matches($0, instance.tags) }
                let grouped = !sets.isEmpty && sets.allSatisfy { set in set.contains { Self.matches($0, instance.tags) } }
                let scaled = instance.tags["aws:autoscaling:groupName"].map { groups.contains($0) } ?? false
                isIn = tagged || grouped || scaled
            }
            guard isIn else { continue }
            workload.attributes["instances", default: []].append(instance.arn)
            if let role = instance.role, !workload.roles.contains(role) { workload.roles.append(role) }
        }
    }

    private static func matches(_ filter: Cursor, _ tags: [String: String]) -> Bool {
        let key = filter.string("Key")
        let value = filter.string("Value")
        switch filter.string("Type") {
        case "KEY_ONLY": return key.map { tags[$0] != nil } ?? false
        case "VALUE_ONLY": return value.map { tags.values.contains($0) } ?? false
        default: return key.map { tags[$0] == value ?? "" } ?? false
        }
    }

    private mutating func add(_ workload: Workload) {
        let key = "\(workload.kind.rawValue) \(workload.arn)"
        if let place = places[key] {
            // Several answers about one thing, such as the versions of a template: every role counts.
            for role in workload.roles where !workloads[place].roles.contains(role) { workloads[place].roles.append(role) }
            workloads[place].rolesKnown = workloads[place].rolesKnown && workload.rolesKnown
            return
        }
        let place = workloads.count
        workloads.append(workload)
        places[key] = place
        let name = "\(workload.kind.rawValue) \(workload.region) \(workload.name)"
        if places[name] == nil { places[name] = place }
        if let cluster = workload["cluster"] {
            places["\(workload.kind.rawValue) \(workload.region) \(ARNParts(cluster)?.name ?? cluster)/\(workload.name)"] = place
        }
    }

    private func place(of listed: Workload, parent: String?) -> Int? {
        let start = listed.kind.rawValue + " "
        if let place = places[start + listed.arn] { return place }
        guard listed["cluster"] == nil, let parent else { return places[start + "\(listed.region) \(listed.name)"] }
        if let place = places[start + "\(listed.region) \(ARNParts(parent)?.name ?? parent)/\(listed.name)"] { return place }
        // A saved answer may have any word in this place of its name.
        let isKnown = normaliser.snapshot.clusters.contains { $0.account == account && $0.name == parent }
        return isKnown ? nil : places[start + "\(listed.region) \(listed.name)"]
    }

    // MARK: Facts of other answers

    /// What further calls say of things that were read.
    mutating func addFacts() {
        func cursors(_ service: String, _ operation: String) -> [Cursor] { normaliser.cursors(account, service, operation) }
        for cursor in cursors("eks", "list-associated-access-policies") {
            guard let principal = cursor.identifier("principalArn") else { continue }
            let cluster = cursor.identifier("clusterName")
            for place in workloads.indices
            where workloads[place].kind == .accessEntry && workloads[place]["principal"] == principal
                && (cluster == nil || workloads[place]["cluster"] == cluster)
            {
                workloads[place].attributes["policies"] = cursor.list("associatedAccessPolicies").compactMap { policy in
                    policy.identifier("policyArn").map { "\($0) \(policy["accessScope"]?.string("type") ?? "")" }
                }
            }
        }
        for (operation, list, attribute) in [
            ("list-accounts-for-provisioned-permission-set", "AccountIds[]", "accounts"),
            ("list-managed-policies-in-permission-set", "AttachedManagedPolicies[].Arn", "policies"),
        ] {
            for cursor in cursors("sso-admin", operation) {
                guard let resource = cursor.record.resource else { continue }
                for place in workloads.indices
                where workloads[place].kind == .permissionSet
                    && (resource.hasSuffix(workloads[place].arn) || resource == workloads[place].name)
                {
                    workloads[place].attributes[attribute] = Self.elements(cursor, list).compactMap(Self.text)
                }
            }
        }
    }

    // MARK: What stands elsewhere

    /// Gives things the roles that other things say: tasks have their definition's, profiles their domain's.
    mutating func resolve() {
        var definitions: [String: Int] = [:]
        var domains: [String: Int] = [:]
        for (place, workload) in workloads.enumerated() {
            if workload.kind == .taskDefinition {
                definitions[workload.arn] = place
                if let name = ARNParts(workload.arn)?.name { definitions["\(workload.region) \(workload.name):\(name)"] = place }
            }
            if workload.kind == .studioDomain { domains["\(workload.region) \(workload.name)"] = place }
        }
        nameSources()
        for place in workloads.indices where workloads[place].rolesKnown && workloads[place].roles.isEmpty {
            let workload = workloads[place]
            let source: Int?
            switch workload.kind {
            case .ecsService, .ecsTask:
                source = workload["definition"].flatMap { definitions[$0] ?? definitions["\(workload.region) \($0)"] }
            case .studioProfile: source = workload["domain"].flatMap { domains["\(workload.region) \($0)"] }
            default: continue
            }
            if let source {
                workloads[place].roles = workloads[source].roles
                workloads[place].rolesKnown = workloads[source].rolesKnown
                if workload["image"] == nil { workloads[place].attributes["image"] = workloads[source].attributes["image"] }
            } else {
                workloads[place].rolesKnown = false
            }
        }
    }

    /// What can be changed to change what runs: objects with code, repositories with images, scripts, templates that groups launch from.
    private mutating func nameSources() {
        var launched: [String: [String]] = [:]
        for group in workloads where group.kind == .scalingGroup {
            for (template, version) in [("template", "version"), ("mixedTemplate", "mixedVersion")] {
                // A group that names a version of a template stays with it.
                guard let id = group[template], ["$Default", "$Latest"].contains(group[version] ?? "$Default") else { continue }
                launched["\(group.region) \(id)", default: []].append(group.name)
            }
        }
        for place in workloads.indices {
            let workload = workloads[place]
            func name(_ attribute: String, _ value: String?) {
                if let value, Identifier.isPlain(value) { workloads[place].attributes[attribute] = [value] }
            }
            let objects = "arn:\(normaliser.partition(account)):s3:::"
            switch workload.kind {
            case .buildProject where workload["sourceType"] == "S3": name("code", workload["source"].map { objects + $0 })
            case .glueJob:
                name("code", workload["source"].flatMap { $0.hasPrefix("s3://") ? objects + $0.dropFirst("s3://".utf8.count) : nil })
            case .airflowEnvironment:
                if let bucket = workload["bucket"], let path = workload["path"] { name("code", "\(bucket)/\(path)/example.py") }
            case .notebook:
                name(
                    "lifecycleConfig",
                    workload["lifecycle"].map {
                        normaliser.arn("sagemaker", workload.region, account, "notebook-instance-lifecycle-config/\($0)")
                    })
            case .launchTemplate:
                let groups = ARNParts(workload.arn).flatMap { launched["\(workload.region) \($0.name)"] }
                if let groups { workloads[place].attributes["launchedBy"] = groups }
            case .taskDefinition, .appRunnerService, .jobDefinition:
                name("repository", (workload.attributes["image"] ?? []).compactMap(repository).first)
            default: break
            }
        }
    }

    /// The repository of an image by tag in the account's own registry; one by digest cannot be replaced.
    private func repository(_ image: String) -> String? {
        let parts = image.split(separator: "/", maxSplits: 1)
        let host = parts.first?.split(separator: ".") ?? []
        guard parts.count == 2, !image.contains("@"), host.count >= 6, host[0] == account[...], host[1] == "dkr", host[2] == "ecr" else {
            return nil
        }
        let name = parts[1].split(separator: ":").first ?? ""
        return normaliser.arn("ecr", String(host[3]), account, "repository/\(name)")
    }

    // MARK: Places

    private func arn(_ source: WorkloadSource, _ item: Cursor) -> String? {
        guard source.arn.contains(":") else {
            guard let text = Self.elements(item, source.arn).first.flatMap(Self.text), Identifier.isPlain(text) else { return nil }
            return text
        }
        let parts = source.arn.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let rest = Self.fill(parts[1], item, item.record.resource), Identifier.isPlain(rest) else { return nil }
        // A parameter's name may begin with a slash that its ARN has only once.
        let region = item.record.region ?? "unknown"
        return normaliser.arn(parts[0], region, account, rest.split(separator: "//").joined(separator: "/"))
    }

    /// The elements at a place.
    static func elements(_ cursor: Cursor, _ place: String) -> [Cursor] {
        if place.isEmpty || place == "." { return [cursor] }
        var found = [cursor]
        for step in place.split(separator: ".") {
            if step.hasSuffix("[]") {
                let name = String(step.dropLast(2))
                if found.count == 1, found[0].pointer.isEmpty, found[0][name] == nil { found[0].missing(name) }
                found = found.flatMap { $0.list(name) }
            } else {
                found = found.compactMap { $0[String(step)] }
            }
        }
        return found
    }

    /// A text, or a number or truth value as text.
    static func text(_ cursor: Cursor) -> String? {
        switch cursor.value {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text): text
        default: nil
        }
    }

    /// A template with its places filled in.
    private static func fill(_ template: String, _ item: Cursor, _ resource: String?) -> String? {
        guard template.contains("{") else { return elements(item, template).first.flatMap(text) }
        var filled = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            filled += rest[..<open]
            let place = String(rest[rest.index(after: open)..<close])
            guard let value = place == "#" ? resource ?? "" : elements(item, place).first.flatMap(text) else { return nil }
            filled += value
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }
}
