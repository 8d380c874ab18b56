import Basics
import CloudModel
import FoundationEssentials
import Glibc

/// The folder that `analyze` and `scan` write: made whole first, then put in its place.
struct ResultFolder {
    let path: String
    let partial: String
    /// Whether the folder was there before; then the files are moved into it, so that what else is in it stays.
    private let exists: Bool

    /// Prepares to write to `path`, which must not be a file.
    init(_ path: String) throws {
        var path = path
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        guard !path.isEmpty else { throw Ending.failure("--out names no folder") }
        self.path = path
        var status = stat()
        exists = stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFDIR { throw Ending.failure("\(path) is a file; --out names a folder") }
        // Inside a folder that is there: the one around it may be closed to us.
        let ending = ".\(UInt32.random(in: .min ... .max)).partial"
        partial = exists ? path + "/" + ending : path + ending
        do {
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        } catch {
            throw Ending.failure("cannot make the folder \(path): no permission, or its place is not a folder")
        }
    }

    /// Where the engine writes the snapshot while it works.
    var snapshotPath: String { partial + "/snapshot.sqlite" }

    /// Writes one more file, in pieces.
    func write(_ name: String, _ body: (([UInt8]) throws -> Void) throws -> Void) throws {
        let place = partial + "/" + name
        let file = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw Ending.failure("cannot write \(path)/\(name)") }
        defer { close(file) }
        try body { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: offset), bytes.count - offset) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Ending.failure("cannot write \(path)/\(name): no space left, or the disk fails") }
                offset += count
            }
        }
        guard fsync(file) == 0 else { throw Ending.failure("cannot write \(path)/\(name): the disk fails") }
    }

    /// Writes the documents, then puts everything in its place, with what was written before.
    func publish(_ documents: [ResultEncoding.Document], and written: [String]) throws {
        for document in documents { try SafeFile.write(document.bytes, to: partial + "/" + document.name) }
        guard exists else {
            guard rename(partial, path) == 0 else { throw Ending.failure("cannot make the folder \(path)") }
            return
        }
        let names = documents.map(\.name) + written + ["snapshot.sqlite"]
        for name in names {
            var status = stat()
            if lstat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                throw Ending.failure("cannot write \(path)/\(name): a folder has that name")
            }
        }
        for name in names {
            guard rename(partial + "/" + name, path + "/" + name) == 0 else { throw Ending.failure("cannot write \(path)/\(name)") }
        }
        discard()
    }

    /// Removes what is left of the unfinished folder.
    func discard() { try? FileManager.default.removeItem(atPath: partial) }
}
