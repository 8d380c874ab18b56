import CloudModel
import Testing

@testable import IAMEvaluator

let account = "111122223333"
let other = "444455556666"
let alice = "arn:aws:iam::111122223333:user/alice"
let role = "arn:aws:iam::111122223333:role/app"
let session = "arn:aws:sts::111122223333:assumed-role/app/s1"

/// A policy of statements written as JSON, compiled.
func policy(_ statements: String..., version: String = "2012-10-17", form: PolicyDocument.Form = .any, index: Int = 0) throws
    -> CompiledPolicy
{
    let text = "{\"Version\":\"\(version)\",\"Statement\":[\(statements.joined(separator: ","))]}"
    return CompiledPolicy(try PolicyDocument(parsing: JSONValue(parsing: text), form: form), tag: PolicyTag(index))
}

/// One statement as JSON; `more` is what else stands in it.
func statement(_ effect: String, _ action: String, _ resource: String? = "*", principal: String? = nil, condition: String? = nil) -> String
{
    var text = "{\"Effect\":\"\(effect)\",\"Action\":\(list(action))"
    if let resource { text += ",\"Resource\":\(list(resource))" }
    if let principal { text += ",\"Principal\":\(principal)" }
    if let condition { text += ",\"Condition\":\(condition)" }
    return text + "}"
}

private func list(_ text: String) -> String {
    let parts = text.split(separator: " ").map { "\"\($0)\"" }
    return parts.count == 1 ? parts[0] : "[" + parts.joined(separator: ",") + "]"
}

let everything = statement("Allow", "*")

/// The decision about a request of a principal named by text.
func decide(
    _ principal: String, _ action: String, _ resource: String, owner: String? = nil, context: [String: [String]] = [:],
    absent: RequestContext.Absent = .absent, _ layers: PolicyLayers
) throws -> AccessDecision {
    let principal = try #require(RequestPrincipal(parsing: principal))
    return Evaluator.evaluate(
        AccessRequest(
            principal: principal, action: action, resource: resource, resourceAccount: owner,
            context: RequestContext(values: context, absent: absent)),
        layers)
}

/// Whether one condition block, in an Allow for everything, holds for a context.
func holds(_ condition: String, _ context: [String: [String]] = [:], version: String = "2012-10-17") throws -> Bool {
    let layers = PolicyLayers(identity: [try policy(statement("Allow", "*", condition: condition), version: version)])
    return try decide(alice, "s3:GetObject", "arn:aws:s3:::bucket/key", context: context, layers).isAllowed
}

/// A small generator with a seed, so that failures can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
