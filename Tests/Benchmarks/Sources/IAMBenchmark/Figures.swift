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
        // What is asked is taken apart once, and who asks once; a decision needs nothing else.
        var prepared: [PreparedPrincipal] = []
        var asked: [PreparedQuestion] = []
        let preparing = least(of: 3) {
            prepared = principals.map { PreparedPrincipal(.role(arn: $0.arn), keys: $0.tags.mapValues { [$0] }) }
            asked = questions.map {
                PreparedQuestion(action: $0.action, resource: $0.resource, context: RequestContext(values: $0.context.mapValues { [$0] }))
            }
        }
        var allowed = 0
        var denied = 0
        var verdicts = 0
        let before = allocations_so_far()
        let start = processorTime()
        for (principal, layers) in zip(prepared, layers) {
            for question in asked {
                switch Evaluator.verdict(PreparedRequest(principal: principal, question: question), layers) {
                case .allowed: allowed += 1
                case .explicitlyDenied: denied += 1
                default: break
                }
                verdicts += 1
            }
        }
        let deciding = processorTime() - start
        let allocations = allocations_so_far() - before
        line("decisions", "\(grouped(Int(Double(verdicts) / deciding))) a second (\(grouped(verdicts)) in \(rounded(deciding, 2)) s)")
        line("  allocations", "\(rounded(Double(allocations) / Double(verdicts), 4)) a decision")
        line(
            "  answers",
            "allowed \(grouped(allowed)), explicitlyDenied \(grouped(denied)), implicitlyDenied \(grouped(verdicts - allowed - denied))")
        line(
            "principals and questions prepared",
            "\(rounded(preparing * 1000, 2)) ms for \(grouped(prepared.count)) and \(grouped(asked.count))")

        // Requests that nobody prepared: everything of each is taken apart for one decision.
        let single = least(of: 1) {
            for index in 0..<100 {
                for question in questions { _ = Evaluator.verdict(request(prepared[index], question), layers[index]) }
            }
        }
        line("decisions, each question prepared anew", "\(grouped(Int(100_000 / single))) a second")

        var found = 0
        let explaining = least(of: 1) {
            for index in 0..<50 {
                for question in questions {
                    if Evaluator.evaluate(request(prepared[index], question), layers[index]).isAllowed { found += 1 }
                }
            }
        }
        line("decisions with reasons", "\(grouped(Int(50_000 / explaining))) a second, preparing included")
        try whoCan(serviceControl)
        try memory()
    }

    private static func request(_ prepared: PreparedPrincipal, _ question: SampleOrganisation.Question) -> PreparedRequest {
        PreparedRequest(
            principal: prepared, action: question.action, resource: question.resource,
            context: RequestContext(values: question.context.mapValues { [$0] }))
    }

    /// Who of 10,000 principals can do it, when nothing is known of the context; from compiled policies.
    private static func whoCan(_ serviceControl: [[CompiledPolicy]]) throws {
        let principals = (0..<10_000).map { SampleOrganisation.principal($0) }
        let prepared = principals.map { PreparedPrincipal(.role(arn: $0.arn), keys: $0.tags.mapValues { [$0] }) }
        let layers = try principals.map { try SampleOrganisation.layers($0, serviceControl) }
        for (action, resource) in [
            ("iam:PassRole", "arn:aws:iam::111122223333:role/app-7-worker"), ("s3:GetObject", "arn:aws:s3:::bucket7/data/a"),
            ("organizations:LeaveOrganization", "*"),
        ] {
            var yes = 0
            var perhaps = 0
            let time = least {
                let question = PreparedQuestion(action: action, resource: resource, context: .unknown)
                yes = 0
                perhaps = 0
                for (index, layers) in layers.enumerated() where Evaluator.mayAllow(action: action, layers) {
                    let request = PreparedRequest(principal: prepared[index], question: question)
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
