public import Basics
import Glibc

/// Where everything lies on the disk; every folder is closed to everyone but this user.
public struct DataFolder: Sendable, Hashable {
    /// The folder itself.
    public let path: String

    /// Opens the folder, and makes it and what belongs in it.
    ///
    /// - Throws: ``FileError`` `laxMode` when others may enter it.
    public init(_ path: String) throws(FileError) {
        self.path = path
        try SafeFile.makePrivateFolder(path)
        for name in [
            "objects", "objects/uploads", "objects/bundles", "objects/blocks", "objects/results", "objects/snapshots", "scratch", "tenants",
        ] {
            try SafeFile.makePrivateFolder(path + "/" + name)
        }
    }

    /// The directory: what has to be found before a tenant is known.
    public var database: String { path + "/control.sqlite" }
    /// The tenants' own databases, a file each.
    public var tenants: String { path + "/tenants" }
    /// The CA's folder.
    public var authority: String { path + "/ca" }
    /// The listeners' certificates.
    public var tls: String { path + "/tls" }
    /// The master key's folder.
    public var keys: String { path + "/keys" }
    /// Bundles, blocks, results, snapshots.
    public var objects: ObjectFolder { ObjectFolder(root: path + "/objects") }
    /// Workers' folders, one each, for as long as they run.
    public var scratch: String { path + "/scratch" }
    /// Held by the one program that takes runs.
    public var workLock: String { path + "/work.lock" }
}
