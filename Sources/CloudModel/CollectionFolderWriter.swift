public import Basics
import FoundationEssentials
import Glibc

/// A collection as files: what `collect` writes and `analyze` reads.
public enum CollectionFolder {}

extension CollectionFolder {
    /// Writes `collection` below `folder`: `ACCOUNT/SERVICE.OPERATION[.REGION][.RESOURCE].json` for every record, and `ACCOUNT/collection.json`
    /// with times and coverage. The text of a credential report is `iam.get-credential-report.csv`.
    ///
    /// Folders are made where missing. An account's files are written beside their folder first and then moved into it, `collection.json` last. An
    /// earlier collection of the same account is replaced whole; other files are left alone.
    ///
    /// - Throws: ``FileError``; what could not be written whole is not there, and an earlier collection of that account still is.
    public static func write(_ collection: CloudCollection, to folder: String) throws(FileError) {
        try makeFolder(folder)
        var accounts: [String] = []
        for account in collection.records.map(\.account) + collection.coverage.map(\.account) {
            let name = account ?? "unknown"
            if !accounts.contains(name) { accounts.append(name) }
        }
        for account in accounts.sorted() {
            // It becomes a folder's name.
            guard !account.isEmpty, account.utf8.allSatisfy({ isPlain($0) }) else {
                throw FileError(.ioFailed, "an account's name cannot be a folder's")
            }
            let records = collection.records.filter { ($0.account ?? "unknown") == account }
            let coverage = collection.coverage.filter { ($0.account ?? "unknown") == account }
            try write(account: account, records, coverage, to: folder + "/" + account)
        }
    }

    private static func write(account: String, _ records: [CollectedRecord], _ coverage: [CoverageEntry], to folder: String)
        throws(FileError)
    {
        let temporary = folder + ".\(getpid()).tmp"
        var names: [String] = []
        do throws(FileError) {
            try makeFolder(temporary)
            names = try writeFiles(account: account, records, coverage, to: temporary)
            try makeFolder(folder)
            try removeEarlier(in: folder)
            for name in names where rename(temporary + "/" + name, folder + "/" + name) != 0 { throw failure(folder + "/" + name) }
        } catch {
            removeAll(in: temporary)
            throw error
        }
        rmdir(temporary)
    }

    /// Writes all files of one account; gives their names, `collection.json` last.
    private static func writeFiles(account: String, _ records: [CollectedRecord], _ coverage: [CoverageEntry], to folder: String)
        throws(FileError)
        -> [String]
    {
        var names: [String] = []
        var files: [JSONValue] = []
        for record in records {
            var bare = record
            bare.account = nil
            let ending: String
            let bytes: [UInt8]
            if case .string(let text) = record.payload, record.operation == "get-credential-report" {
                ending = ".csv"
                bytes = Array(text.utf8)
            } else {
                ending = ".json"
                bytes = record.payload.prettyBytes
            }
            let name = fileName(bare.id, ending: ending)
            try writePlain(bytes, to: folder + "/" + name)
            names.append(name)
            var entry: JSONObject = ["file": .string(name)]
            entry["time"] = record.time.map { .string($0) }
            // A name too long for a file is cut; then the whole stands here.
            if !name.utf8.elementsEqual((bare.id + ending).utf8) { entry["name"] = .string(bare.id) }
            files.append(.object(entry))
        }
        let times = records.compactMap(\.time).sorted()
        let regions = Set(records.compactMap(\.region) + coverage.compactMap(\.region)).sorted()
        var description: JSONObject = [
            "formatVersion": 1, "account": .string(account), "partition": .string(partition(records)),
            "regions": .array(regions.map { .string($0) }),
            "records": .array(files), "coverage": .array(coverage.map(json)),
        ]
        description["startedAt"] = times.first.map { .string($0) }
        description["endedAt"] = times.last.map { .string($0) }
        try SafeFile.write(JSONValue.object(description).prettyBytes, to: folder + "/collection.json")
        return names + ["collection.json"]
    }

    /// Removes a folder of ours and the files in it.
    private static func removeAll(in folder: String) {
        let manager = FileManager.default
        for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] { unlink(folder + "/" + name) }
        rmdir(folder)
    }

    private static func json(_ entry: CoverageEntry) -> JSONValue {
        var object: JSONObject = [
            "service": .string(entry.service), "operation": .string(entry.operation), "outcome": .string(entry.outcome.rawValue),
        ]
        object["account"] = entry.account.map { .string($0) }
        object["region"] = entry.region.map { .string($0) }
        object["resource"] = entry.resource.map { .string($0) }
        object["code"] = entry.code.map { .string($0) }
        object["message"] = entry.message.map { .string($0) }
        return .object(object)
    }

    private static func partition(_ records: [CollectedRecord]) -> String {
        let arn = records.first { $0.service == "sts" && $0.operation == "get-caller-identity" }?.payload["Arn"]?.string ?? ""
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 1 && !parts[1].isEmpty ? String(parts[1]) : "aws"
    }

    /// `id` with its ending; cut with a digest of the whole when it is longer than file systems take (255 bytes).
    private static func fileName(_ id: String, ending: String) -> String {
        guard id.utf8.count + ending.utf8.count > 240 else { return id + ending }
        // FNV-1a, 64 bits: tells cut names apart, no more.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(decoding: Array(id.utf8).prefix(200), as: UTF8.self) + "~" + String(hash, radix: 16) + ending
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func makeFolder(_ path: String) throws(FileError) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw FileError(.notRegularFile, "\(path) is not a folder")
            }
            return
        }
        if errno == ENOENT, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex {
            try makeFolder(String(path[..<slash]))
            if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        }
        throw failure(path)
    }

    /// Writes without flushing: thousands of files, and none counts until `collection.json` is there.
    private static func writePlain(_ bytes: [UInt8], to path: String) throws(FileError) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let failed: FileError? = bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count < 0 {
                    if errno == EINTR { continue }
                    return failure(path)
                }
                offset += count
            }
            return nil
        }
        if let failed { throw failed }
    }

    private static func failure(_ path: String) -> FileError {
        switch errno {
        case EACCES, EPERM: FileError(.permissionDenied, "\(path): permission denied")
        case ENOSPC, EDQUOT: FileError(.noSpace, "\(path): no space left")
        default: FileError(.ioFailed, "\(path): error \(errno)")
        }
    }

    /// Removes the records of an earlier collection, its `collection.json` first, and nothing that it does not name.
    private static func removeEarlier(in folder: String) throws(FileError) {
        let bytes: [UInt8]
        do throws(FileError) { bytes = try SafeFile.read(folder + "/collection.json", limit: 256 << 20) } catch {
            if error.code == .notFound { return }
            throw error
        }
        unlink(folder + "/collection.json")
        guard let description = try? JSONValue(parsing: bytes) else { return }
        for entry in description["records"]?.array ?? [] {
            // Only names of ours: no folder in them.
            guard let name = entry["file"]?.string, !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0),
                name.hasSuffix(".json") || name.hasSuffix(".csv")
            else { continue }
            unlink(folder + "/" + name)
        }
    }
}
