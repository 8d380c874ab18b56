public import FoundationEssentials
import Glibc

/// Why a file could not be read or written as safely as asked.
public struct FileError: CodedError {
    /// The kinds of refusal.
    public enum Code: String, CaseIterable, Sendable {
        case notFound, permissionDenied, tooLarge, laxMode, notRegularFile, noSpace, ioFailed
    }
    /// `file`.
    public static let domain = "file"
    /// What went wrong.
    public var code: Code
    /// Names the file.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static func last(_ path: String) -> FileError {
        switch errno {
        case ENOENT: FileError(.notFound, "\(path) does not exist")
        case EACCES, EPERM: FileError(.permissionDenied, "\(path): permission denied")
        case ENOSPC, EDQUOT: FileError(.noSpace, "\(path): no space left")
        case EFBIG: FileError(.noSpace, "\(path): larger than this user's files may be")
        default: FileError(.ioFailed, "\(path): error \(errno)")
        }
    }
}

/// Reading and writing whole files so that nobody ever sees half of one.
public enum SafeFile {
    /// Writes `bytes` to a new file beside `path`, flushes it, and renames it to `path`: after a crash there is the old file or the new one.
    ///
    /// - Parameter mode: permission bits, exactly, whatever the umask.
    /// - Throws: ``FileError``; then `path` is as it was and nothing is left beside it. `notRegularFile` for a device, a pipe or a folder.
    public static func write(_ bytes: some ContiguousBytes, to path: String, mode: UInt32 = 0o644) throws(FileError) {
        // The rename would put a file in the place of /dev/null, for everybody on the machine.
        var there = stat()
        if stat(path, &there) == 0, there.st_mode & S_IFMT != S_IFREG {
            throw FileError(.notRegularFile, "\(path) is not a file: name one")
        }
        let temporary = path + ".\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw .last(path) }
        var failure: FileError?
        if fchmod(descriptor, mode) != 0 { failure = .last(path) }
        if failure == nil {
            failure = bytes.withUnsafeBytes { buffer in
                var offset = 0
                while offset < buffer.count {
                    let written = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                    if written < 0 {
                        if errno == EINTR { continue }
                        return FileError.last(path)
                    }
                    offset += written
                }
                return fsync(descriptor) == 0 ? nil : FileError.last(path)
            }
        }
        if close(descriptor) != 0, failure == nil { failure = .last(path) }
        if failure == nil, rename(temporary, path) != 0 { failure = .last(path) }
        if let failure {
            unlink(temporary)
            throw failure
        }
        flushFolder(of: path)
    }

    /// Reads the whole of a regular file.
    ///
    /// - Parameters:
    ///   - limit: most bytes; a longer file is refused.
    ///   - secret: refuses a file that group or others may read or write, or that is not ours.
    public static func read(_ path: String, limit: Int, secret: Bool = false) throws(FileError) -> [UInt8] {
        // Without waiting: opening a pipe that nobody writes to would hang.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (secret ? O_NOFOLLOW : 0))
        guard descriptor >= 0 else { throw .last(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(.notRegularFile, "\(path) is not a regular file") }
        if secret {
            guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
                throw FileError(.laxMode, "\(path) must belong to this user and be readable by nobody else: chmod 600")
            }
        }
        guard status.st_size <= limit else { throw FileError(.tooLarge, "\(path) is larger than \(limit) bytes") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size))
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .last(path)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[0..<count])
            guard bytes.count <= limit else { throw FileError(.tooLarge, "\(path) is larger than \(limit) bytes") }
        }
    }

    /// Bytes of what is at `path`, itself and not what it may point to; `nil`, with the reason in `errno`, when that cannot be found out.
    public static func size(_ path: String) -> Int? {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// What changes when a file is put in another's place or its content is.
    public struct Mark: Sendable, Hashable {
        private let inode: UInt64
        private let changed: [Int]

        fileprivate init(_ status: stat) {
            inode = UInt64(status.st_ino)
            changed = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_size)]
        }
    }

    /// The mark of the file that is at `path` now.
    ///
    /// - Throws: ``FileError`` when there is none.
    public static func mark(_ path: String) throws(FileError) -> Mark {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .last(path) }
        return Mark(status)
    }

    /// Makes a folder that only this user can enter; refuses one that others can.
    public static func makePrivateFolder(_ path: String) throws(FileError) {
        if mkdir(path, 0o700) == 0 { return }
        guard errno == EEXIST else { throw .last(path) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .last(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError(.notRegularFile, "\(path) is not a folder") }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw FileError(.laxMode, "\(path) must belong to this user and be closed to everyone else: chmod 700")
        }
    }

    private static func flushFolder(of path: String) {
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
