import CloudModel

/// A change as people and tools apply it: what was and will be, AWS CLI commands, Terraform, and the way back.
///
/// Texts hold when the change's turn comes: where changes before it in a plan were to the same thing, what it is after them is what was.
struct FixTexts {
    var before = ""
    var after = ""
    var cli = ""
    var terraform = ""
    var rollback = ""

    /// One thing that changes.
    struct Part {
        /// What it is, where one change has several.
        var label: String
        /// `null` where there is none.
        var before: JSONValue
        var after: JSONValue
        var commands: [String]
        var rollback: [String]
        var terraform: String
    }

    init(_ parts: [Part]) {
        func text(_ member: (Part) -> JSONValue) -> String {
            let whole = parts.count == 1 ? member(parts[0]) : JSONValue.object(JSONObject(parts.map { .init($0.label, member($0)) }))
            var bytes = whole.prettyBytes
            while bytes.last == 0x0A { bytes.removeLast() }
            return String(decoding: bytes, as: UTF8.self)
        }
        before = text(\.before)
        after = text(\.after)
        cli = parts.flatMap(\.commands).joined(separator: "\n")
        rollback = parts.reversed().flatMap(\.rollback).joined(separator: "\n")
        terraform = parts.map(\.terraform).joined(separator: "\n\n")
    }

    /// The texts of changes that are made one after another.
    ///
    /// - Parameter index: of the snapshot.
    static func sequence(_ fixes: [[Edit]], _ snapshot: CloudSnapshot, _ index: PatchIndex) -> [FixTexts] {
        let plain = FixParts(snapshot, index: index)
        var earlier: [Thing: [Int]] = [:]
        return fixes.enumerated().map { number, edits in
            let things = Set(edits.map(Thing.init))
            let prior = Set(things.flatMap { earlier[$0] ?? [] }).sorted().map { fixes[$0] }
            for thing in things { earlier[thing, default: []].append(number) }
            let parts = prior.isEmpty ? plain : FixParts(snapshot, prior, index: index)
            return FixTexts(parts.parts(edits))
        }
    }

    /// What an edit is made to.
    private enum Thing: Hashable {
        case text(Edit.Place)
        case setting(String)

        init(_ edit: Edit) {
            if let place = edit.place {
                self = .text(place)
                return
            }
            switch edit {
            case .detach(_, let principal), .leaveGroup(let principal, _), .setBoundary(let principal, _, _),
                .deleteUnusedKeys(let principal):
                self = .setting(principal)
            case .closeRule(let id, _, _, _): self = .setting(id)
            case .signFunctionURL(let arn), .requireIMDSv2(let arn), .removeInstanceProfile(let arn), .blockPublicAccess(let arn),
                .unshare(let arn, _), .unpublish(let arn):
                self = .setting(arn)
            case .addServiceControlPolicy(let account, _, _, _): self = .setting(account)
            default: self = .setting("")
            }
        }
    }
}
