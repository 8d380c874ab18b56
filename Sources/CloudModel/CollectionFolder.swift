public import Basics
import FoundationEssentials
import Glibc

/// Why a folder could not be read as a collection.
public struct CollectionError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        case notFound, notReadable, notAFolder, badName, brokenJSON, badDescription, repeated, linkOutside, tooLarge, tooMany, empty
    }
    /// `collection`.
    public static let domain = "collection"
    /// What went wrong.
    public var code: Code
    /// Names the file and the place in it.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// The bounds that a collection's folder is held to.
public struct CollectionLimits: Sendable, Hashable {
    /// Most bytes of one file.
    public var fileBytes = 256 << 20
    /// Most bytes of all files.
    public var totalBytes = 4 << 30
    /// Most entries of one folder.
    public var files = 1_000_000
    /// The bounds of the specification.
    public init() {}
}

extension CollectionFolder {
    /// The name of the file beside the answers in which the owner says what matters.
    public static let jewels = "jewels.yaml"

    /// Reads a collection: `FOLDER/ACCOUNT/SERVICE.OPERATION[.REGION][.RESOURCE].json`, or the same files in `FOLDER` itself.
    ///
    /// A file of an operation that is not known, and a file that is no answer at all, is named in the coverage and left alone. An answer
    /// `{"Error":{"Code":…}}` becomes coverage. The order of records does not depend on the file system.
    ///
    /// - Throws: ``CollectionError`` naming the first file that cannot be what its name says.
    public static func read(_ folder: String, limits: CollectionLimits = CollectionLimits()) throws(CollectionError) -> CloudCollection {
        var reader = FolderReader(limits: limits)
        return try reader.read(folder)
    }

    /// What a file's name says.
    public struct RecordName: Sendable, Hashable {
        /// The call.
        public var operation: KnownOperation
        /// Its region.
        public var region: String?
        /// The resource it is about.
        public var resource: String?
    }

    /// Reads `SERVICE.OPERATION[.REGION][.RESOURCE]`; `nil` for an operation that is not known.
    ///
    /// - Throws: ``CollectionError`` with `badName`.
    public static func parse(recordName name: String) throws(CollectionError) -> RecordName? {
        func bad(_ why: String) -> CollectionError { CollectionError(.badName, "\(DisplayText.safe(name)): \(why)") }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts.prefix(2).allSatisfy({ isWord($0) }) else {
            throw bad("a file must be named SERVICE.OPERATION[.REGION][.RESOURCE].json with the AWS CLI's names")
        }
        let service = parts[0] == "s3api" ? "s3" : parts[0]
        guard let operation = KnownOperation.named(service: service, operation: parts[1]) else { return nil }
        var rest = parts.dropFirst(2)
        var region: String?
        if operation.isRegional, !operation.mayLeaveOutRegion || rest.first.map({ isRegion($0) }) ?? false {
            guard let first = rest.popFirst() else { throw bad("the region is missing after \(service).\(operation.operation)") }
            guard isRegion(first) else { throw bad("\(DisplayText.safe(first)) is not a region") }
            region = first
        }
        guard !rest.isEmpty else {
            guard operation.resource != .required else { throw bad("the resource that the answer is about is missing") }
            return RecordName(operation: operation, region: region, resource: nil)
        }
        let text = rest.joined(separator: ".")
        guard operation.resource != .none else { throw bad("\(service).\(operation.operation) is not about one resource") }
        guard text.utf8.allSatisfy({ isUnreserved($0) || $0 == UInt8(ascii: "%") }), let resource = PercentEncoding.decode(text),
            !resource.isEmpty
        else { throw bad("the resource must be percent-encoded but for letters, digits and ._-~") }
        return RecordName(operation: operation, region: region, resource: resource)
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// `eu-west-1`, `us-gov-east-1`: words, then a number.
    private static func isRegion(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard isWord(text), parts.count >= 3, let last = parts.last, !last.isEmpty else { return false }
        return last.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && parts.dropLast().allSatisfy { part in !part.isEmpty && part.utf8.allSatisfy { $0 >= UInt8(ascii: "a") } }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

/// Reads one folder. Names of entries are ordered by their bytes.
private struct FolderReader {
    let limits: CollectionLimits
    var root = ""
    var remaining = 0
    var records: [CollectedRecord] = []
    var coverage: [CoverageEntry] = []
    /// The file of each record, at the record's place.
    var files: [String] = []

    init(limits: CollectionLimits) { self.limits = limits }

    mutating func read(_ folder: String) throws(CollectionError) -> CloudCollection {
        remaining = limits.totalBytes
        guard let real = Self.realPath(folder) else { throw CollectionError(.notFound, "\(folder) does not exist") }
        root = real
        let entries = try Self.list(folder, limit: limits.files)
        var top: [String] = []
        for name in entries {
            let path = folder + "/" + name
            guard Self.isFolder(path) else {
                top.append(name)
                continue
            }
            guard Self.isAccount(name) || name == "unknown" else {
                note(name + "/", account: nil)
                continue
            }
            try checkInside(path)
            let files = try Self.list(path, limit: limits.files)
            try read(files, in: path, shown: name + "/", account: Self.isAccount(name) ? name : nil)
        }
        let before = records.count
        let coverageBefore = coverage.count
        try read(top, in: folder, shown: "", account: nil)
        if before < records.count || coverageBefore < coverage.count {
            let account = AccountInference.account(of: records[before...])
            for index in before..<records.count where records[index].account == nil { records[index].account = account }
            for index in coverageBefore..<coverage.count
            where coverage[index].account == nil && coverage[index].outcome != .unknownOperation {
                coverage[index].account = account
            }
        }
        guard !records.isEmpty || coverage.contains(where: { $0.outcome != .unknownOperation }) else {
            throw CollectionError(.empty, "\(folder) holds no answer of a known operation (SERVICE.OPERATION[.REGION][.RESOURCE].json)")
        }
        var known: [String: String] = [:]
        for (record, file) in zip(records, files) {
            if known.updateValue(file, forKey: record.id) != nil {
                throw CollectionError(.repeated, "\(record.id): the folder holds this answer twice")
            }
        }
        return CloudCollection(records: records, coverage: coverage, files: known)
    }

    private mutating func read(_ names: [String], in folder: String, shown: String, account: String?) throws(CollectionError) {
        var account = account
        var times: [String: String] = [:]
        var fullNames: [String: String] = [:]
        if names.contains(where: { $0 == "collection.json" }) {
            let description = try json(folder + "/collection.json", shown: shown + "collection.json")
            guard description["formatVersion"]?.int == 1 else {
                throw CollectionError(.badDescription, "\(shown)collection.json: formatVersion is not 1")
            }
            if let named = description["account"]?.string {
                if let account, !account.utf8.elementsEqual(named.utf8) {
                    throw CollectionError(.badDescription, "\(shown)collection.json: its account is not the folder's")
                }
                if Self.isAccount(named) { account = named }
            }
            for entry in description["records"]?.array ?? [] {
                guard let file = entry["file"]?.string else { continue }
                times[file] = entry["time"]?.string
                fullNames[file] = entry["name"]?.string
            }
            for (index, entry) in (description["coverage"]?.array ?? []).enumerated() {
                guard let service = entry["service"]?.string, let operation = entry["operation"]?.string,
                    let outcome = entry["outcome"]?.string.flatMap(CoverageEntry.Outcome.init(rawValue:))
                else {
                    throw CollectionError(
                        .badDescription, "\(shown)collection.json: at /coverage/\(index): service, operation or outcome is missing")
                }
                coverage.append(
                    CoverageEntry(
                        account: account ?? entry["account"]?.string, service: service, operation: operation,
                        region: entry["region"]?.string,
                        resource: entry["resource"]?.string, outcome: outcome, code: entry["code"]?.string,
                        message: entry["message"]?.string))
            }
        }
        for name in names where name != "collection.json" {
            // The owner's word about what matters: no answer, and read by whoever asks for it.
            if shown.isEmpty, name == CollectionFolder.jewels { continue }
            let ending = name.hasSuffix(".json") ? ".json" : name.hasSuffix(".csv") ? ".csv" : ""
            guard !ending.isEmpty, !name.hasPrefix(".") else {
                if !name.hasPrefix(".") { note(shown + name, account: account) }
                continue
            }
            let recordName = fullNames[name] ?? String(name.dropLast(ending.count))
            let parsed: CollectionFolder.RecordName?
            do throws(CollectionError) { parsed = try CollectionFolder.parse(recordName: recordName) } catch {
                throw CollectionError(error.code, shown + error.message)
            }
            guard let parsed else {
                note(shown + name, account: account, recordName)
                continue
            }
            try add(parsed, folder + "/" + name, shown: shown + name, ending: ending, account: account, time: times[name])
        }
    }

    private mutating func add(
        _ name: CollectionFolder.RecordName, _ path: String, shown: String, ending: String, account: String?, time: String?
    ) throws(CollectionError) {
        let isReport = name.operation.operation == "get-credential-report"
        guard ending == ".json" || isReport else { throw CollectionError(.badName, "\(shown): only the credential report is a .csv file") }
        var payload: JSONValue
        if ending == ".csv" {
            var content = try bytes(path, shown: shown)
            if content.starts(with: [0xEF, 0xBB, 0xBF]) { content.removeFirst(3) }
            guard let text = String(validating: content, as: UTF8.self) else {
                throw CollectionError(.brokenJSON, "\(shown): not UTF-8")
            }
            payload = .string(text)
        } else {
            if Self.mayBeSilent.contains(name.operation.service + "." + name.operation.operation), isEmpty(path) {
                coverage.append(
                    CoverageEntry(
                        account: account, service: name.operation.service, operation: name.operation.operation, region: name.region,
                        resource: name.resource, outcome: .unreadable, code: "emptyFile",
                        message: "an empty file: there is nothing to list, or the call failed"))
                return
            }
            payload = try json(path, shown: shown)
            if let code = payload["Error"]?["Code"]?.string {
                coverage.append(
                    CoverageEntry(
                        account: account, service: name.operation.service, operation: name.operation.operation, region: name.region,
                        resource: name.resource, outcome: CoverageEntry.outcome(ofCode: code), code: DisplayText.safe(code, limit: 128)))
                return
            }
            if isReport {
                guard let content = payload["Content"]?.string, let data = Data(base64Encoded: content),
                    let text = String(validating: data, as: UTF8.self)
                else { throw CollectionError(.brokenJSON, "\(shown): at /Content: not base64 of UTF-8 text") }
                payload = .string(text)
            }
            guard payload.object != nil || isReport else { throw CollectionError(.brokenJSON, "\(shown): an answer must be a JSON object") }
        }
        files.append(shown)
        records.append(
            CollectedRecord(
                account: account, service: name.operation.service, operation: name.operation.operation, region: name.region,
                resource: name.resource, time: time, payload: payload))
    }

    /// Names a file that is left alone.
    private mutating func note(_ shown: String, account: String?, _ recordName: String? = nil) {
        let parts = (recordName ?? "").split(separator: ".").map(String.init)
        coverage.append(
            CoverageEntry(
                account: account, service: parts.first.map { DisplayText.safe($0) } ?? "file",
                operation: parts.count > 1 ? DisplayText.safe(parts[1]) : "none", outcome: .unknownOperation,
                code: recordName == nil ? "notAnAnswer" : "unknownOperation",
                message: "\(DisplayText.safe(shown)) was left alone"))
    }

    private mutating func json(_ path: String, shown: String) throws(CollectionError) -> JSONValue {
        var content = try bytes(path, shown: shown)
        if content.starts(with: [0xEF, 0xBB, 0xBF]) { content.removeFirst(3) }
        guard !content.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else {
            throw CollectionError(
                .brokenJSON, "\(shown) is empty; a call that failed leaves such a file: remove it, or save the answer again")
        }
        do throws(JSONError) {
            return try JSONValue(parsing: content, limits: JSONLimits(bytes: limits.fileBytes))
        } catch { throw CollectionError(.brokenJSON, "\(shown): \(error)") }
    }

    private mutating func bytes(_ path: String, shown: String) throws(CollectionError) -> [UInt8] {
        try checkInside(path)
        let content: [UInt8]
        do throws(FileError) { content = try SafeFile.read(path, limit: min(limits.fileBytes, remaining)) } catch {
            switch error.code {
            case .tooLarge: throw CollectionError(.tooLarge, "\(shown): too large, or too much in all")
            case .notFound: throw CollectionError(.notFound, "\(shown) does not exist")
            case .permissionDenied: throw CollectionError(.notReadable, "\(shown): permission denied")
            case .notRegularFile: throw CollectionError(.notReadable, "\(shown) is not a regular file")
            default: throw CollectionError(.notReadable, "\(shown): \(error.code.rawValue)")
            }
        }
        remaining -= content.count
        return content
    }

    /// Of these the AWS CLI prints nothing where there is nothing to list, as it does where the call fails.
    private static let mayBeSilent: Set<String> = ["cloudfront.list-distributions", "sqs.list-queues"]

    private func isEmpty(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
    }

    /// A link may lead to another file of the collection, never out of it.
    private func checkInside(_ path: String) throws(CollectionError) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return }
        guard let real = Self.realPath(path), real.utf8.starts(with: (root + "/").utf8) else {
            throw CollectionError(.linkOutside, "\(path) is a link that leads out of the folder")
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(validatingCString: pointer)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func isAccount(_ name: String) -> Bool {
        name.utf8.count == 12 && name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func list(_ folder: String, limit: Int) throws(CollectionError) -> [String] {
        guard let stream = opendir(folder) else {
            switch errno {
            case ENOTDIR: throw CollectionError(.notAFolder, "\(folder) is not a folder")
            case ENOENT: throw CollectionError(.notFound, "\(folder) does not exist")
            default: throw CollectionError(.notReadable, "\(folder) cannot be read")
            }
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
                String(validating: buffer.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name else { throw CollectionError(.badName, "\(folder): a file's name is not UTF-8") }
            if name == "." || name == ".." { continue }
            names.append(name)
            guard names.count <= limit else { throw CollectionError(.tooMany, "\(folder) holds more than \(limit) files") }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// Which account a folder of saved answers is of.
enum AccountInference {
    /// The caller's account; else the one that most ARNs and owners of the answers name, IAM's first.
    static func account(of records: ArraySlice<CollectedRecord>) -> String? {
        for record in records where record.service == "sts" && record.operation == "get-caller-identity" {
            if let account = record.payload["Account"]?.string, isAccount(account) { return account }
        }
        var votes: [String: Int] = [:]
        for record in records where record.service == "iam" {
            if case .string(let text) = record.payload {
                for field in text.split(whereSeparator: { $0 == "," || $0 == "\n" }) where field.hasPrefix("arn:") {
                    vote(String(field), &votes)
                }
            }
            for list in ["UserDetailList", "RoleDetailList", "GroupDetailList"] {
                for item in record.payload[list]?.array ?? [] { item["Arn"]?.string.map { vote($0, &votes) } }
            }
        }
        if votes.isEmpty { for record in records where record.service != "iam" { count(record.payload, &votes, depth: 0) } }
        return votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    private static let names: Set<String> = [
        "OwnerId", "OwnerID", "AWSAccountId", "FunctionArn", "LoadBalancerArn", "TargetGroupArn", "ListenerArn", "DBInstanceArn",
        "DBSnapshotArn",
        "KeyArn", "ARN", "SecurityGroupArn", "SubnetArn",
    ]

    private static func count(_ value: JSONValue, _ votes: inout [String: Int], depth: Int) {
        guard depth < 8 else { return }
        switch value {
        case .array(let elements): for element in elements { count(element, &votes, depth: depth + 1) }
        case .object(let object):
            for member in object.members {
                if let text = member.value.string {
                    if names.contains(member.name) { vote(text, &votes) }
                } else {
                    count(member.value, &votes, depth: depth + 1)
                }
            }
        default: break
        }
    }

    private static func vote(_ text: String, _ votes: inout [String: Int]) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        let account = parts.count == 6 ? String(parts[4]) : text
        if isAccount(account) { votes[account, default: 0] += 1 }
    }

    private static func isAccount(_ name: String) -> Bool {
        name.utf8.count == 12 && name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
