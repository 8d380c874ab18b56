public import ArgumentParser
import Basics
import CloudModel
import Glibc
public import IAMEvaluator

extension PolicyKind: ExpressibleByArgument {}

extension IAM {
    /// `cloudryption iam lint`.
    struct Lint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name what in a policy cannot do what its author thought.",
            discussion: """
                FILE is a policy document, or what the AWS CLI printed around one (iam get-policy-version, get-role-policy, get-role, s3api \
                get-bucket-policy, organizations describe-policy). Each remark has a code, explained in Sources/Docs/IAM/lint.md. The exit code \
                is 3 when there is an error or a warning, 0 when there is none, 1 when FILE is no policy.
                """)

        enum Form: String, ExpressibleByArgument, CaseIterable {
            case text, json
        }

        @Argument(help: "The policy's file; - for standard input.")
        var file: String
        @Option(help: "What the policy is attached to; without it, what its elements show.")
        var kind: PolicyKind?
        @Option(help: "How to write: text or json.")
        var output: Form = .text

        /// AWS's largest policies have 32 KB; answers of the CLI around them a little more.
        private static let mostBytes = 4 << 20

        func run() throws {
            let name = DisplayText.safe(file)
            let bytes = try file == "-" ? Self.standardInput() : SafeFile.read(file, limit: Self.mostBytes)
            let envelope: PolicyEnvelope?
            do throws(JSONError) { envelope = try PolicyEnvelope(parsing: bytes) } catch {
                throw Ending.failure("\(name) is not JSON: \(error.description)")
            }
            guard let envelope else { throw Ending.failure("\(name) is JSON, but no policy and no answer of the AWS CLI with one") }
            let findings = PolicyLint.findings(envelope.document, kind: kind ?? envelope.kind)
            switch output {
            case .json: Terminal.print(bytes: json(findings).canonicalBytes + [0x0A])
            case .text: show(findings, name)
            }
            if findings.contains(where: { $0.severity > .info }) { throw Ending.overThreshold }
        }

        private func json(_ findings: [LintFinding]) -> JSONValue {
            [
                "file": .string(file),
                "findings": .array(
                    findings.map { finding in
                        [
                            "code": .string(finding.code.rawValue), "severity": .string(finding.severity.rawValue),
                            "statement": finding.statement.map { .number(String($0)) } ?? .null, "path": .string(finding.path),
                            "message": .string(finding.message),
                        ]
                    }),
            ]
        }

        private func show(_ findings: [LintFinding], _ name: String) {
            for finding in findings {
                let place = finding.path.isEmpty ? name : "\(name): \(finding.path)"
                Terminal.print("\(place): \(finding.severity.rawValue): \(finding.message) [\(finding.code.rawValue)]")
            }
            let counts = LintSeverity.allCases.reversed().map { severity in
                let count = findings.count { $0.severity == severity }
                return "\(count) \(severity == .info ? "for information" : severity.rawValue + (count == 1 ? "" : "s"))"
            }
            Terminal.print(findings.isEmpty ? "\(name): no remarks" : "\(name): " + counts.joined(separator: ", "))
        }

        private static func standardInput() throws -> [UInt8] {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(STDIN_FILENO, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw Ending.failure("standard input cannot be read") }
                if count == 0 { return bytes }
                bytes.append(contentsOf: chunk[0..<count])
                guard bytes.count <= mostBytes else { throw Ending.failure("standard input is longer than \(mostBytes) bytes") }
            }
        }
    }
}
