import CloudModel
import IAMEvaluator

/// APIs that answer without asking who calls, and the functions and load balancers behind them.
extension NetworkReachability {
    /// Most routes of one API that are looked at.
    private static let routes = 500

    func apiExposures() -> [Exposure] {
        snapshot.apis.filter { !$0.isPrivate && $0.stages?.isEmpty != true }.flatMap(exposures)
    }

    /// A way through an API that needs no identity.
    private struct Entry {
        var route: WebAPI.Route
        var stage: String
        var conditions: [String]
        var missing: [String]
        var evidence: [Citation]
        /// Whether it asks for a signature, which every AWS account can make.
        var isSigned = false
    }

    private func exposures(_ api: WebAPI) -> [Exposure] {
        let service = api.type == "REST" ? "apigateway" : "apigatewayv2"
        var missing: [String] = []
        if api.stages == nil { missing.append("\(service).get-stages (\(api.id))") }
        let facts = [index.cite(api.evidence)] + ["stages", "routes"].compactMap { api.facts[$0] }.map(index.cite)
        guard let routes = api.routes else {
            missing.append(api.type == "REST" ? "apigateway.get-resources (\(api.id))" : "apigatewayv2.get-routes (\(api.id))")
            return [
                exposed(
                    api,
                    Entry(
                        route: .init(method: "ANY", path: "/", authorization: nil), stage: "*", conditions: [], missing: missing,
                        evidence: facts), [])
            ]
        }
        // Of a WebSocket API only the connection is authorised.
        let connects = api.type == "WEBSOCKET" ? routes.first { $0.method == "$connect" }?.authorization ?? "NONE" : nil
        var entries: [Entry] = []
        for route in routes.prefix(Self.routes) where route.method != "OPTIONS" || route.integration != "MOCK" {
            let asked = connects ?? route.authorization
            // Callers of other accounts need the API's policy (API Gateway Developer Guide, "IAM authentication and resource policy").
            let isSigned = asked == "AWS_IAM" && api.policy != nil
            if let asked, asked != "NONE", !isSigned { continue }
            var open = Entry(route: route, stage: api.stages?.first ?? "*", conditions: [], missing: missing, evidence: facts)
            open.isSigned = isSigned
            if asked == nil { open.missing.append("how \(route.method) \(route.path) is authorised") }
            if route.needsKey { open.conditions.append("the request has a key of the API") }
            if api.hasNoDefaultEndpoint { open.conditions.append("a domain of its own leads to the API") }
            if let policy = api.policy {
                guard let best = admitted(by: policy, api, route) else { continue }
                open.stage = best.stage
                open.conditions += best.answer.conditions
                open.missing += best.answer.unknown
                open.evidence += citations(policy, best.answer)
            }
            entries.append(open)
        }
        guard !entries.isEmpty else { return [] }
        let ordered = entries.sorted { (Self.rank($0), $0.route.path) < (Self.rank($1), $1.route.path) }
        guard let best = ordered.first else { return [] }
        var found = [exposed(api, best, ordered.filter { $0.isSigned == best.isSigned }.map(\.route))]
        var seen: Set<String> = []
        for entry in ordered {
            for behind in targets(api, entry) where seen.insert(behind.target + " " + behind.confidence.rawValue).inserted {
                found.append(behind)
            }
        }
        return found
    }

    private static func rank(_ entry: Entry) -> Int {
        (entry.missing.isEmpty ? 0 : 4) + (entry.conditions.isEmpty ? 0 : 2) + (entry.isSigned ? 1 : 0)
    }

    /// The stage at which the API's policy lets everybody call a route, and on what terms.
    private func admitted(by policy: PolicySource, _ api: WebAPI, _ route: WebAPI.Route) -> (stage: String, answer: Answer)? {
        var best: (stage: String, answer: Answer)?
        for stage in api.stages ?? ["stage"] {
            guard let answer = ask(policy, [("execute-api:Invoke", Self.resource(api, route, stage))], api.account, Self.stranger()).first
            else { continue }
            if answer.unknown.isEmpty, answer.conditions.isEmpty { return (stage, answer) }
            best = best ?? (stage, answer)
        }
        return best
    }

    /// What a call of the route is about.
    private static func resource(_ api: WebAPI, _ route: WebAPI.Route, _ stage: String) -> String {
        let partition = ARNParts(api.arn).map { String($0.partition) } ?? "aws"
        let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }.joined(separator: "/")
        let method = route.method == "ANY" ? "GET" : route.method
        return "arn:\(partition):execute-api:\(api.region):\(api.account):\(api.id)/\(stage)/\(method)/\(path)"
    }

    private func exposed(_ api: WebAPI, _ entry: Entry, _ routes: [WebAPI.Route]) -> Exposure {
        let whom = entry.isSigned ? "to every AWS account" : "without asking who calls"
        let names = routes.prefix(3).map { "\($0.method) \($0.path)" }.joined(separator: ", ")
        let more = routes.count > 3 ? " and \(routes.count - 3) more" : ""
        return Exposure(
            target: api.arn, kind: .apiGateway, targetKind: "api", actions: ["execute-api:Invoke"], ports: [443...443],
            protocolName: "https",
            why: routes.isEmpty
                ? "API \(api.name) may answer to everybody" : "API \(api.name) answers \(names)\(more) \(whom)",
            evidence: entry.evidence, conditions: entry.conditions, confidence: Self.confidence(entry.missing, entry.conditions),
            missing: entry.missing)
    }

    // MARK: Behind

    private func targets(_ api: WebAPI, _ entry: Entry) -> [Exposure] {
        guard let target = entry.route.target else { return [] }
        let intro =
            "API \(api.name) answers \(entry.route.method) \(entry.route.path) "
            + (entry.isSigned ? "to every AWS account" : "without asking who calls")
        let facts = entry.evidence + (api.facts["integrations"].map { [index.cite($0)] } ?? [])
        if let name = Self.function(in: target), let function = functions[Self.unqualified(name)] {
            var conditions = entry.conditions
            var missing = entry.missing
            var evidence = facts + [index.cite(function.evidence)]
            if entry.route.role == nil {
                let qualifier = Self.qualifier(name)
                switch invoked(function, qualifier, by: "apigateway.amazonaws.com", from: Self.resource(api, entry.route, entry.stage)) {
                case .no: return []
                case .yes(let terms, let open, let proof):
                    conditions += terms
                    missing += open
                    evidence += proof
                }
            }
            return [
                Exposure(
                    target: function.arn, kind: .apiGateway, targetKind: "function", via: [api.arn], actions: ["lambda:InvokeFunction"],
                    protocolName: "https", why: "\(intro) and passes it to function \(function.name)", evidence: evidence,
                    conditions: conditions, confidence: Self.confidence(missing, conditions), missing: missing)
            ]
        }
        if target.contains(":listener/") {
            guard let balancer = snapshot.loadBalancers.first(where: { $0.listeners?.contains { $0.arn == target } == true }),
                let listener = balancer.listeners?.first(where: { $0.arn == target }), let port = listener.port
            else { return [] }
            let opening = InternetPath.Opening(
                protocolName: "tcp", ports: PortSet(from: port, to: port), conditions: entry.conditions, via: [api.arn],
                evidence: facts + [index.cite(balancer.evidence)], missing: entry.missing)
            return [
                exposure(
                    opening, target: balancer.arn, kind: .apiGateway, targetKind: "loadBalancer",
                    why: "\(intro) and passes it to \(balancer.name)")
            ] + behind(balancer, opening, intro: "\(intro), passes it to \(balancer.name)", kind: .apiGateway)
        }
        return []
    }

    /// The function in `arn:…:lambda:path/…/functions/ARN/invocations`, or the ARN by itself.
    static func function(in target: String) -> String? {
        let text = target.contains("/functions/") ? String(target.split(separator: "/functions/", maxSplits: 1).last ?? "") : target
        let name = text.split(separator: "/", maxSplits: 1).first.map(String.init) ?? ""
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 7 && parts[0] == "arn" && parts[2] == "lambda" && parts[5] == "function" ? name : nil
    }

    static func qualifier(_ arn: String) -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 8 ? String(parts[7]) : nil
    }

    /// Whether a service may invoke a function for a resource of the same account.
    enum Invocation {
        case no
        case yes(conditions: [String], missing: [String], evidence: [Citation])
    }

    func invoked(_ function: Function, _ qualifier: String?, by service: String, from source: String) -> Invocation {
        let (policy, isKnown) = policy(of: function, qualifier)
        guard isKnown else { return .yes(conditions: [], missing: ["lambda.get-policy (\(function.name))"], evidence: []) }
        guard let policy else { return .no }
        let account = ARNParts(source).map { String($0.account) } ?? function.account
        let answers = ask(
            policy, [("lambda:InvokeFunction", function.arn + (qualifier.map { ":\($0)" } ?? ""))], function.account,
            RequestContext(
                values: [
                    "aws:sourcearn": [source], "aws:sourceaccount": [account], "aws:securetransport": ["true"],
                    "aws:principalservicename": [service], "aws:principalisawsservice": ["true"],
                    "lambda:functionurlauthtype": ["(none)"], "lambda:invokedviafunctionurl": ["false"],
                ], absent: .unknown(knownAbsent: ["aws:principalorgid", "aws:principalaccount"]), derivesKeys: false),
            as: .service(service))
        guard let answer = answers.first else { return .no }
        return .yes(conditions: answer.conditions, missing: answer.unknown, evidence: citations(policy, answer))
    }

    /// The policy that stands in front of a function, version or alias, and whether it is known.
    func policy(of function: Function, _ qualifier: String?) -> (policy: PolicySource?, isKnown: Bool) {
        guard let qualifier else { return (function.policy, function.policyKnown) }
        guard let own = function.qualifiedPolicies[qualifier] else { return (nil, false) }
        return (own, true)
    }
}
