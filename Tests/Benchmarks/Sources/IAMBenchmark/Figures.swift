import CAllocations
import CloudModel
import IAMEvaluator

/// The figures of the evaluator by itself.
enum Figures {
    static func print() throws {
        let serviceControl = try SampleOrganisation.serviceControl.map { try SampleOrganisation.compiled($0) }
        let principals = (0..<1000).map { SampleOrganisation.principal($0) }
        let text = principals.reduce(0) { $0 + $1.identity.reduce(0) { $0 + $1.utf8.count } + ($1.boundary?.utf8.count ?? 0) }

        var layers: [PolicyLayers] = []
        let compiling = try least(of: 3) { layers = try principals.map { try SampleOrganisation.layers($0, serviceControl) } }
        line(
            "parse and compile",
            "\(rounded(Double(text) / compiling / 1e6)) MB/s, \(grouped(Int(Double(principals.count) / compiling))) principals a second")

        let questions = SampleOrganisation.questions
        let prepared = principals.map { PreparedPrincipal(.role(arn: $0.arn)) }
        // All requests of one principal at a time: a million at once would only measure the memory.
        var counts: [AccessVerdict: Int] = [:]
        var deciding = 0.0
        var preparing = 0.0
        var asked = 0
        var allocations: UInt = 0
        for (index, principal) in principals.enumerated() {
            var requests: [PreparedRequest] = []
            requests.reserveCapacity(questions.count)
            preparing += least(of: 1) {
                for question in questions { requests.append(request(prepared[index], principal, question)) }
            }
            var allowed = 0
            var denied = 0
            var verdicts = 0
            let before = allocations_so_far()
            let start = processorTime()
            for request in requests {
                switch Evaluator.verdict(request, layers[index]) {
                case .allowed: allowed += 1
                case .explicitlyDenied: denied += 1
                default: break
                }
                verdicts += 1
            }
            deciding += processorTime() - start
            allocations += UInt(allocations_so_far() - before)
            counts[.allowed, default: 0] += allowed
            counts[.explicitlyDenied, default: 0] += denied
            counts[.implicitlyDenied, default: 0] += verdicts - allowed - denied
            asked += verdicts
        }
        line("decisions", "\(grouped(Int(Double(asked) / deciding))) a second (\(grouped(asked)) in \(rounded(deciding, 2)) s)")
        line("  allocations", "\(rounded(Double(allocations) / Double(asked), 4)) a decision")
        line("  answers", counts.map { "\($0.key) \(grouped($0.value))" }.sorted().joined(separator: ", "))
        line("requests prepared", "\(grouped(Int(Double(asked) / preparing))) a second")
        line("decisions, preparing included", "\(grouped(Int(Double(asked) / (deciding + preparing)))) a second")

        var found = 0
        let explaining = least(of: 1) {
            for index in 0..<50 {
                for question in questions {
                    if Evaluator.evaluate(request(prepared[index], principals[index], question), layers[index]).isAllowed { found += 1 }
                }
            }
        }
        line("decisions with reasons", "\(grouped(Int(50_000 / explaining))) a second, preparing included")
        try whoCan(serviceControl)
        try memory()
    }

    private static func request(
        _ prepared: PreparedPrincipal, _ principal: SampleOrganisation.Principal, _ question: SampleOrganisation.Question
    )
        -> PreparedRequest
    {
        var values = question.context.mapValues { [$0] }
        for (key, value) in principal.tags { values[key] = [value] }
        return PreparedRequest(
            principal: prepared, action: question.action, resource: question.resource, context: RequestContext(values: values))
    }

    /// Who of 10,000 principals can do it, when nothing is known of the context; from compiled policies.
    private static func whoCan(_ serviceControl: [[CompiledPolicy]]) throws {
        let principals = (0..<10_000).map { SampleOrganisation.principal($0) }
        let prepared = principals.map { PreparedPrincipal(.role(arn: $0.arn)) }
        let layers = try principals.map { try SampleOrganisation.layers($0, serviceControl) }
        for (action, resource) in [
            ("iam:PassRole", "arn:aws:iam::111122223333:role/app-7-worker"), ("s3:GetObject", "arn:aws:s3:::bucket7/data/a"),
            ("organizations:LeaveOrganization", "*"),
        ] {
            var yes = 0
            var perhaps = 0
            let time = least {
                yes = 0
                perhaps = 0
                for (index, layers) in layers.enumerated() where Evaluator.mayAllow(action: action, layers) {
                    let request = PreparedRequest(principal: prepared[index], action: action, resource: resource, context: .unknown)
                    switch Evaluator.verdict(request, layers) {
                    case .allowed: yes += 1
                    case .undetermined: perhaps += 1
                    default: break
                    }
                }
            }
            line(
                "who-can \(action)",
                "\(rounded(time * 1000)) ms over \(grouped(principals.count)) principals: \(yes) yes, \(perhaps) under conditions")
        }
    }

    /// What compiled policies keep for each byte of their text.
    private static func memory() throws {
        for count in [500, 5_000] {
            let texts = (0..<count).map { SampleOrganisation.principal($0).identity }
            let size = texts.reduce(0) { $0 + $1.reduce(0) { $0 + $1.utf8.count } }
            let before = bytes_in_use()
            let compiled = try texts.map { try SampleOrganisation.compiled($0) }
            let kept = bytes_in_use() - before
            line("memory, \(grouped(size)) bytes of policies", "\(rounded(Double(kept) / Double(size))) bytes a byte")
            withExtendedLifetime(compiled) {}
        }
    }

    private static func line(_ name: String, _ value: String) {
        Swift.print(name + String(repeating: " ", count: max(1, 44 - name.count)) + value)
    }
}
