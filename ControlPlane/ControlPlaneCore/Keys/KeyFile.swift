import Basics
import Glibc

/// A file of 32 bytes that only this user may read.
enum KeyFile {
    /// What is in the file; where there is none it is made, of `fresh`.
    ///
    /// - Throws: ``FileError`` `laxMode` when others may read it.
    static func readOrMake(_ path: String, _ fresh: () -> [UInt8]) throws(FileError) -> (bytes: [UInt8], isNew: Bool) {
        var isNew = false
        if access(path, F_OK) != 0 {
            // Written under another name and linked: of two processes that start together one makes the key and both read it.
            let draft = try make(beside: path, fresh())
            isNew = link(draft, path) == 0
            let isThere = isNew || errno == EEXIST
            unlink(draft)
            guard isThere else { throw FileError(.ioFailed, "\(path) cannot be made: error \(errno)") }
        }
        return (try read(path), isNew)
    }

    static func read(_ path: String) throws(FileError) -> [UInt8] {
        let bytes = try SafeFile.read(path, limit: 64, secret: true)
        guard bytes.count == 32 else { throw FileError(.ioFailed, "\(path) does not hold 32 bytes") }
        return bytes
    }

    /// A key under a name that nobody asks for.
    static func make(beside path: String, _ bytes: [UInt8]) throws(FileError) -> String {
        let draft = path + ".\(getpid()).\(UInt32.random(in: .min ... .max)).new"
        try SafeFile.write(bytes, to: draft, mode: 0o600)
        return draft
    }
}
