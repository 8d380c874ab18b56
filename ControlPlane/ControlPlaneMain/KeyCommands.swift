import ArgumentParser
import ControlPlaneCore

/// `cloudryption-server keys`
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The master key, under which tenants' keys and secrets lie.", subcommands: [Rotate.self])

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Put a fresh master key in place of the one in use, and wrap every secret anew.",
            discussion: "Programs that run take it in at once. The key of before stays in the folder as earlier-….key; see operations.md.")
        @OptionGroup var data: DataOption

        func run() async throws {
            let installation = try await Installation(data)
            let count = try await KeyRotation(store: installation.store, master: installation.master).rotate()
            try await installation.close()
            print("\(count) secrets wrapped anew")
        }
    }
}
