import ArgumentParser
import Basics
import CloudModel
import Engine
import Glibc

/// What the owner says besides the answers; what all commands that analyse have in common.
struct PremiseOptions: ParsableArguments {
    @Option(help: "A file that says what is worth how much; without it INPUT/jewels.yaml, where that is.")
    var jewels: String?
    @Option(help: "A file of known vulnerabilities, JSON or CSV: resource, cve, epss.")
    var vulnerabilities: String?
    @Option(
        name: .customLong("assume-compromised"),
        help: "What an attacker is taken to hold already: an ARN, an instance, a user or role by name. May be given again.")
    var compromised: [String] = []

    /// - Throws: one line that names the file and the place in it; what the owner says is never left aside.
    func read(input: String?) throws -> Premises {
        var premises = Premises(compromised: compromised)
        if let file = jewels ?? Self.beside(input) {
            premises.jewels = try Self.parsed(file) {
                guard let text = String(validating: try SafeFile.read(file, limit: JewelRules.fileBytes), as: UTF8.self) else {
                    throw PremiseError(.badJewels, "not UTF-8")
                }
                return try JewelRules(parsing: text)
            }
        }
        if let file = vulnerabilities {
            premises.vulnerabilities = try Self.parsed(file) {
                try KnownVulnerabilities(parsing: try SafeFile.read(file, limit: KnownVulnerabilities.fileBytes))
            }
        }
        return premises
    }

    private static func parsed<Value>(_ file: String, _ read: () throws -> Value) throws -> Value {
        do { return try read() } catch let error as PremiseError { throw Ending.failure(DisplayText.safe("\(file): \(error.message)")) }
    }

    private static func beside(_ input: String?) -> String? {
        guard let input else { return nil }
        let file = input + "/" + CollectionFolder.jewels
        var status = stat()
        // Whatever has the name: one that cannot be read must not be passed over.
        return lstat(file, &status) == 0 ? file : nil
    }
}
