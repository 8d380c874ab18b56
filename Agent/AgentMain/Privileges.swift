import AgentCore
import Basics
import FoundationEssentials
import Glibc
import Synchronization

/// The agent never works as root. Started as root it prepares the one folder that it will write to, and becomes the folder's owner, or
/// `nobody` where that is root.
enum Privileges {
    enum Use {
        case state(creating: Bool)
        case output
    }

    private static let nobody: uid_t = 65534
    private static let movedInto = Mutex<String?>(nil)

    /// Gives up root's rights for good, if this is root, and everything else that an agent does not need (``Confinement``).
    ///
    /// - Returns: the path under which the folder is to be used from now on: `.` where the process moved into it, so that folders above it
    ///   may be closed to the new user.
    static func giveUp(workingIn path: String, use: Use) throws -> String {
        guard geteuid() == 0 || getuid() == 0 else {
            try Confinement.enter()
            return path
        }
        let isState = if case .state = use { true } else { false }
        if case .state(creating: false) = use, access(path, F_OK) != 0 {
            throw AgentError(.notEnrolled, "\(path) holds no identity: run cloudryption-agent enroll first")
        }
        let isNew = try makeFolders(path, mode: isState ? 0o700 : 0o755)
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (isState ? O_NOFOLLOW : 0))
        guard descriptor >= 0 else {
            let why = errno == ENOTDIR ? "is not a folder" : errno == ELOOP ? "is a link, not a folder" : "cannot be opened: error \(errno)"
            throw FileError(.notRegularFile, "\(path) \(why)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, fchdir(descriptor) == 0 else { throw FileError(.ioFailed, "\(path): error \(errno)") }
        var (user, group) = (status.st_uid, status.st_gid)
        if user == 0 {
            (user, group) = (nobody, nobody)
            if isState {
                guard status.st_mode & 0o077 == 0 else { throw FileError(.laxMode, "\(path) must be closed to everyone else: chmod 700") }
                try handOver(".", shown: path, depth: 0)
            } else if isNew {
                guard fchown(descriptor, user, group) == 0 else {
                    throw FileError(.permissionDenied, "\(path) cannot be handed over: error \(errno)")
                }
            }
        }
        guard setgroups(0, nil) == 0, setgid(group) == 0, setuid(user) == 0, setuid(0) != 0, geteuid() == user, getegid() == group else {
            throw AgentError(.invalidArgument, "root's rights cannot be given up: start the agent as another user")
        }
        try Confinement.enter()
        movedInto.withLock { $0 = path }
        return "."
    }

    /// `line` with the folder's own name where it says `.`.
    static func shown(_ line: String) -> String {
        guard let path = movedInto.withLock({ $0 }) else { return line }
        if line.hasPrefix("./") { return path + line.dropFirst(1) }
        return line.hasPrefix(". ") || line.hasPrefix(".:") ? path + line.dropFirst(1) : line
    }

    /// Gives what an agent run as root left in its state folder to the new user. A folder with anything else in it is not ours: refused.
    private static func handOver(_ folder: String, shown: String, depth: Int) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let known = [
            "identity.json", "sequence", "status.json", "redaction.key", "block.key", "lock", "spool", "audit-witness.json",
            "configuration.json",
        ]
        for name in names {
            guard depth > 0 || known.contains(name) || name.hasPrefix("key-") || name.hasSuffix(".tmp") else {
                throw AgentError(
                    .invalidArgument, "\(shown) belongs to root and holds files that are not the agent's: give --state a folder of its own")
            }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR, depth < 2 {
                try handOver(path, shown: shown, depth: depth + 1)
            } else {
                guard status.st_nlink == 1 || status.st_mode & S_IFMT == S_IFDIR else { continue }
                lchown(path, nobody, nobody)
            }
        }
        guard lchown(folder, nobody, nobody) == 0 else {
            throw FileError(.permissionDenied, "\(shown) cannot be handed over: error \(errno)")
        }
    }

    /// Whether the last folder had to be made.
    private static func makeFolders(_ path: String, mode: mode_t) throws -> Bool {
        var parent = path.hasPrefix("/") ? "/" : ""
        var isNew = false
        for part in path.split(separator: "/") {
            parent += part
            isNew = mkdir(parent, 0o755) == 0
            if isNew { chmod(parent, 0o755) }
            parent += "/"
        }
        if isNew { chmod(path, mode) }
        return isNew
    }
}
