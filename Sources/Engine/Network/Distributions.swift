import CloudModel
import IAMEvaluator

/// What CloudFront hands out to whoever asks: buckets, load balancers and functions that nobody else reaches.
extension NetworkReachability {
    /// - Parameter known: what is reached anyway.
    func distributionExposures(_ known: [Exposure]) -> [Exposure] {
        let open = Set(known.filter { $0.confidence == .proven }.map(\.target))
        let buckets = Dictionary(snapshot.buckets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let byName = Dictionary(
            snapshot.loadBalancers.compactMap { balancer in balancer.dnsName.map { ($0.lowercased(), balancer) } },
            uniquingKeysWith: { first, _ in first })
        var byURL: [String: (function: Function, url: Function.URLConfiguration)] = [:]
        for function in snapshot.functions {
            for url in function.urls ?? [] { byURL[Self.host(url.url)] = (function, url) }
        }
        var exposures: [Exposure] = []
        for distribution in snapshot.distributions where distribution.enabled {
            for origin in distribution.origins {
                let isSigned = distribution.signedOrigins.contains(origin.id)
                let isGuarded = distribution.guardedOrigins.contains(origin.id)
                guard isSigned || isGuarded || distribution.openOrigins.contains(origin.id) else { continue }
                var conditions = isSigned ? ["the request has a signature of the distribution's owner"] : []
                // What such code and rules let through is not collected.
                if isGuarded { conditions.append("the code that distribution \(distribution.id) runs on each request lets it through") }
                if distribution.firewall != nil {
                    conditions.append("the firewall of distribution \(distribution.id) lets the request through")
                }
                if let name = Self.bucket(origin.domain), let bucket = buckets[name] {
                    exposures += served(bucket, by: distribution, origin, conditions)
                } else if let balancer = byName[origin.domain], !open.contains(balancer.arn) {
                    exposures += served(balancer, by: distribution, conditions)
                } else if let (function, url) = byURL[origin.domain], url.authType != "NONE", origin.accessControl != nil {
                    exposures += served(function, url, by: distribution, conditions)
                }
            }
        }
        return exposures
    }

    private static func host(_ url: String) -> String {
        let rest = url.split(separator: "://", maxSplits: 1).last.map(String.init) ?? url
        return String(rest.split(separator: "/").first ?? "").lowercased()
    }

    /// The bucket of an origin's host name, website endpoints apart: those answer without CloudFront as well.
    static func bucket(_ host: String) -> String? {
        for mark in [".s3.", ".s3-"] {
            guard let place = host.ranges(of: mark).last, host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn") else {
                continue
            }
            if host[place.lowerBound...].hasPrefix(".s3-website") { return nil }
            return String(host[..<place.lowerBound])
        }
        return nil
    }

    // MARK: Buckets

    private func served(_ bucket: Bucket, by distribution: Distribution, _ origin: Distribution.Origin, _ conditions: [String])
        -> [Exposure]
    {
        let action = "s3:GetObject"
        let why = "distribution \(distribution.id) hands out objects of bucket \(bucket.name)"
        var missing: [String] = []
        var terms = conditions
        var evidence = [index.cite(distribution.evidence)]
        guard origin.accessControl != nil || origin.accessIdentity != nil else { return [] }
        if bucket.policyKnown || bucket.policy != nil {
            guard let policy = bucket.policy else { return [] }
            let answers: [Answer]
            if origin.accessControl != nil {
                answers = ask(
                    policy, [(action, bucket.arn + "/object")], bucket.account, Self.delivery(distribution),
                    as: .service("cloudfront.amazonaws.com"))
            } else {
                answers = ask(
                    policy, [(action, bucket.arn + "/object")], bucket.account, Self.stranger(), asIdentity: origin.accessIdentity)
            }
            guard let answer = answers.first else { return [] }
            terms += answer.conditions
            missing += answer.unknown
            evidence += citations(policy, answer)
        } else {
            missing.append("s3.get-bucket-policy (\(bucket.name))")
        }
        return [
            Exposure(
                target: bucket.arn, kind: .distribution, targetKind: "bucket", via: [distribution.arn], actions: [action],
                protocolName: "https", why: why, evidence: evidence, conditions: terms, confidence: Self.confidence(missing, terms),
                missing: missing)
        ]
    }

    /// CloudFront, asking for a distribution.
    private static func delivery(_ distribution: Distribution) -> RequestContext {
        RequestContext(
            values: [
                "aws:sourcearn": [distribution.arn], "aws:sourceaccount": [distribution.account], "aws:securetransport": ["true"],
                "aws:principalservicename": ["cloudfront.amazonaws.com"], "aws:principalisawsservice": ["true"],
                "lambda:functionurlauthtype": ["AWS_IAM"], "lambda:invokedviafunctionurl": ["true"],
            ], absent: .unknown(knownAbsent: ["aws:principalorgid", "aws:principalaccount", "aws:sourcevpc", "aws:sourcevpce"]),
            derivesKeys: false)
    }

    // MARK: Load balancers

    /// A load balancer that lets in nobody but CloudFront is reached through it all the same.
    private func served(_ balancer: LoadBalancer, by distribution: Distribution, _ conditions: [String]) -> [Exposure] {
        let ports = (balancer.listeners ?? []).compactMap { listener in
            Self.transports(listener.listenerProtocol).contains("tcp") ? listener.port : nil
        }.filter { $0 == 80 || $0 == 443 || $0 >= 1024 }
        guard let admitted = admission(balancer, ports) else { return [] }
        var opening = InternetPath.Opening(
            protocolName: "tcp", ports: admitted.ports, conditions: conditions, via: [distribution.arn] + admitted.by.via,
            evidence: [index.cite(distribution.evidence), index.cite(balancer.evidence)] + admitted.by.evidence,
            missing: admitted.by.missing)
        if let evidence = balancer.facts["listeners"] { opening.evidence.append(index.cite(evidence)) }
        let intro = "distribution \(distribution.id) passes requests to \(balancer.name)"
        return [exposure(opening, target: balancer.arn, kind: .distribution, targetKind: "loadBalancer", why: intro)]
            + behind(balancer, opening, intro: "\(intro), which takes them", kind: .distribution)
    }

    /// Ports at which the balancer's groups let CloudFront in: through its prefix list, its own group for VPC origins, or addresses.
    private func admission(_ balancer: LoadBalancer, _ ports: [Int]) -> (ports: PortSet, by: Admission)? {
        let all = ports.reduce(PortSet.none) { $0.union(PortSet(from: $1, to: $1)) }
        guard !all.isEmpty else { return nil }
        if balancer.securityGroups.isEmpty {
            return balancer.type == "network" ? (all, Admission()) : (all, Admission(missing: ["ec2.describe-security-groups"]))
        }
        let own = ranges(of: balancer)
        var open = PortSet.none
        var by = Admission()
        for id in balancer.securityGroups {
            guard let group = index.groups[id] else {
                by.missing.append("ec2.describe-security-groups (\(id))")
                open = all
                continue
            }
            for rule in group.ingress {
                guard let ports = rule.ports("tcp", number: "6"), !ports.intersection(all).isEmpty else { continue }
                let isList = rule.prefixLists.contains { name in
                    index.prefixLists[name].map { $0.name.hasSuffix("cloudfront.origin-facing") } ?? true
                }
                let isGroup = rule.groups.contains { index.groups[$0]?.name == "CloudFront-VPCOrigins-Service-SG" }
                let isRange = index.ranges(of: rule).compactMap { $0 }.contains { range in
                    balancer.internetFacing ? range.isEverything : own.contains { range.overlaps($0) }
                }
                guard isList || isGroup || isRange else { continue }
                open = open.union(ports.intersection(all))
                if !by.via.contains(id) {
                    by.via.append(id)
                    by.evidence.append(index.cite(group.evidence))
                }
                if isList, let name = rule.prefixLists.first(where: { index.prefixLists[$0] == nil }), !isRange, !isGroup {
                    by.missing.append("the ranges of prefix list \(name)")
                }
            }
        }
        by.missing = by.missing.sortedUnique
        return open.isEmpty ? nil : (open, by)
    }

    // MARK: Functions

    private func served(
        _ function: Function, _ url: Function.URLConfiguration, by distribution: Distribution, _ conditions: [String]
    ) -> [Exposure] {
        let (policy, isKnown) = policy(of: function, url.qualifier)
        var terms = conditions
        var missing: [String] = []
        var evidence = [index.cite(distribution.evidence), index.cite(function.facts["urls"] ?? function.evidence)]
        if isKnown {
            guard let policy else { return [] }
            let resource = function.arn + (url.qualifier.map { ":\($0)" } ?? "")
            let answers = ask(
                policy, [("lambda:InvokeFunctionUrl", resource)], function.account, Self.delivery(distribution),
                as: .service("cloudfront.amazonaws.com"))
            guard let answer = answers.first else { return [] }
            terms += answer.conditions
            missing += answer.unknown
            evidence += citations(policy, answer)
        } else {
            missing.append("lambda.get-policy (\(function.name))")
        }
        return [
            Exposure(
                target: function.arn, kind: .distribution, targetKind: "function", via: [distribution.arn],
                actions: ["lambda:InvokeFunctionUrl"], protocolName: "https",
                why: "distribution \(distribution.id) passes requests to the URL of function \(function.name)", evidence: evidence,
                conditions: terms, confidence: Self.confidence(missing, terms), missing: missing)
        ]
    }
}
