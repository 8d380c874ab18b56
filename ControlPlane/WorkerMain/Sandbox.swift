import CSandbox
import Glibc

/// Why the worker does not confine itself, and so does not start.
struct SandboxError: Error {
    enum Code: String {
        case noLandlock = "sandbox.noLandlock"
        case failed = "sandbox.failed"
    }
    var code: Code
    var message: String
}

/// Shuts the process in, before it reads a single byte of a customer's: no network, no other process, no file but the system's libraries
/// (reading) and the scratch folder. Fails closed.
enum Sandbox {
    /// The oldest Landlock that is enough: 3 (Linux 6.2) covers truncation too.
    static let minimumABI: CInt = 3
    /// Set by the supervisor when the operator said `--allow-missing-landlock`; see ControlPlane/Docs/operations.md.
    static let override = "CLOUDRYPTION_WORKER_ALLOW_NO_LANDLOCK"
    /// libdispatch reads `/proc/TID/stat`; the unwinder and resolver load libraries late.
    static let readable = ["/proc", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo"]

    static func enter(scratch: String) throws(SandboxError) {
        try require(sb_no_new_privileges(), "no-new-privileges")
        // A container may forbid namespaces; seccomp below denies sockets in any case.
        let unshared = sb_unshare()
        if unshared != 0 { Main.complain("note: no namespaces of its own: error \(-unshared)") }
        try require(sb_drop_capabilities(), "dropping capabilities")
        try require(sb_not_dumpable(), "not dumpable")
        try require(sb_die_with_parent(), "dying with the parent")
        let version = sb_landlock_abi()
        if version >= minimumABI {
            try withList(readable) { readable throws(SandboxError) in
                try withList([scratch]) { writable throws(SandboxError) in try require(sb_landlock(readable, writable), "Landlock") }
            }
        } else {
            guard getenv(override).map({ String(cString: $0) }) == "1" else {
                throw SandboxError(
                    code: .noLandlock,
                    message: "the kernel's Landlock has version \(max(0, version)), \(minimumABI) is needed (Linux 6.2 or later)")
            }
            Main.complain("warning: running without Landlock, as the operator allowed")
        }
        try require(sb_seccomp(), "seccomp")
    }

    private static func require(_ result: CInt, _ what: String) throws(SandboxError) {
        guard result == 0 else { throw SandboxError(code: .failed, message: "\(what) failed: error \(-result)") }
    }

    private static func withList(
        _ paths: [String], _ body: ([UnsafePointer<CChar>?]) throws(SandboxError) -> Void
    ) throws(SandboxError) {
        let copies = paths.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        try body(copies.map { UnsafePointer($0) } + [nil])
    }
}
