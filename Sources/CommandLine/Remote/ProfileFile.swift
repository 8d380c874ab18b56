import Basics
import Glibc
import WireProtocol

/// Where the command line keeps how it is signed in: `$CLOUDRYPTION_PROFILE`, else `~/.config/cloudryption/profile.json`. Always 0600.
enum ProfileFile {
    static func path() throws -> String {
        if let path = Terminal.environment("CLOUDRYPTION_PROFILE"), !path.isEmpty { return path }
        if let folder = Terminal.environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder + "/cloudryption/profile.json" }
        guard let home = Terminal.environment("HOME"), home.hasPrefix("/") else {
            throw Ending.failure("HOME is not set: name the profile file with CLOUDRYPTION_PROFILE")
        }
        return home + "/.config/cloudryption/profile.json"
    }

    static func load() throws -> API.Profile {
        let path = try path()
        return try profile(try read(path), path)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        do throws(FileError) {
            return try SafeFile.read(path, limit: 1 << 20, secret: true)
        } catch {
            guard error.code == .notFound else { throw error }
            throw Ending.failure("not signed in: run cloudryption login --server URL --user EMAIL")
        }
    }

    private static func profile(_ bytes: [UInt8], _ path: String) throws -> API.Profile {
        guard let profile = try? WireJSON.decode(API.Profile.self, from: bytes) else {
            throw Ending.failure("\(path) is not a profile: sign in again")
        }
        return profile
    }

    static func save(_ profile: API.Profile) throws {
        let path = try path()
        if Terminal.environment("CLOUDRYPTION_PROFILE")?.isEmpty ?? true {
            var folders: [String] = []
            var folder = path[...]
            while let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/")), slash > folder.startIndex {
                folder = folder[..<slash]
                folders.append(String(folder))
            }
            for folder in folders.reversed() where access(folder, F_OK) != 0 { mkdir(folder, 0o700) }
        }
        try SafeFile.write(try WireJSON.encode(profile), to: path, mode: 0o600)
    }

    static func remove() throws {
        let path = try path()
        guard unlink(path) == 0 || errno == ENOENT else { throw Ending.failure("cannot remove \(path)") }
    }
}
