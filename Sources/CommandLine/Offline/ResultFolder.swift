import Basics
import CloudModel
import FoundationEssentials
import Glibc

/// The folder that `analyze` and `scan` write: made whole beside its place, then moved there file by file.
struct ResultFolder {
    let path: String
    let partial: String

    /// Prepares to write to `path`, which must not be a file.
    init(_ path: String) throws {
        self.path = path
        partial = path + ".\(getpid()).partial"
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
            throw Ending.failure("\(path) is a file; --out names a folder")
        }
        do {
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        } catch {
            throw Ending.failure("cannot make a folder beside \(path)")
        }
    }

    /// Where the engine writes the snapshot while it works.
    var snapshotPath: String { partial + "/snapshot.sqlite" }

    /// Writes the documents, then moves everything to its place.
    func publish(_ documents: [ResultEncoding.Document]) throws {
        for document in documents { try SafeFile.write(document.bytes, to: partial + "/" + document.name) }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Ending.failure("cannot make the folder \(path)")
        }
        for name in documents.map(\.name) + ["snapshot.sqlite"] {
            guard rename(partial + "/" + name, path + "/" + name) == 0 else {
                throw Ending.failure("cannot write \(path)/\(name)")
            }
        }
        discard()
    }

    /// Removes what is left of the unfinished folder.
    func discard() { try? FileManager.default.removeItem(atPath: partial) }
}
