import FoundationEssentials
import Synchronization

/// What the listeners did, in numbers, as Prometheus reads them (text format 0.0.4).
///
/// Labels are words of ours alone (a route's pattern, a status, a code), so that no caller can make series.
final class Metrics: Sendable {
    private struct Answered: Hashable {
        var listener: String
        var method: String
        var route: String
        var status: Int
    }
    private struct Durations {
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count)
        var count = 0
        var sum = 0.0
    }
    private struct Place: Hashable {
        var listener: String
        var route: String
    }
    private struct State {
        var answered: [Answered: Int] = [:]
        var durations: [Place: Durations] = [:]
        var refused: [String: Int] = [:]
    }
    /// Upper ends of the histogram, in seconds.
    private static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private let state = Mutex(State())
    private let start = Date()

    /// Counts one answer.
    ///
    /// - Parameter code: the refusal's, if it was one.
    func answered(_ listener: String, _ method: String, _ route: String, status: Int, code: String?, seconds: Double) {
        // A method can be any word of the caller's.
        let method = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(method) ? method : "other"
        state.withLock { state in
            state.answered[Answered(listener: listener, method: method, route: route, status: status), default: 0] += 1
            if let code { state.refused[code, default: 0] += 1 }
            var durations = state.durations[Place(listener: listener, route: route)] ?? Durations()
            durations.count += 1
            durations.sum += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { durations.buckets[index] += 1 }
            state.durations[Place(listener: listener, route: route)] = durations
        }
    }

    /// Everything, as Prometheus reads it.
    var text: String {
        let state = state.withLock { $0 }
        var lines = [
            "# HELP cloudryption_http_requests_total Answers, by listener, method, route and status.",
            "# TYPE cloudryption_http_requests_total counter",
        ]
        for (key, count) in state.answered {
            lines.append(
                "cloudryption_http_requests_total{listener=\(Self.quoted(key.listener)),method=\(Self.quoted(key.method)),"
                    + "route=\(Self.quoted(key.route)),status=\"\(key.status)\"} \(count)")
        }
        let head = 2
        lines = lines.prefix(head) + lines.dropFirst(head).sorted()
        lines += ["# HELP cloudryption_refusals_total Refusals, by code.", "# TYPE cloudryption_refusals_total counter"]
        lines += state.refused.sorted { $0.key < $1.key }.map { "cloudryption_refusals_total{code=\(Self.quoted($0.key))} \($0.value)" }
        lines += [
            "# HELP cloudryption_http_request_duration_seconds Time from a request's header to its answer.",
            "# TYPE cloudryption_http_request_duration_seconds histogram",
        ]
        for (place, durations) in state.durations.sorted(by: { ($0.key.listener, $0.key.route) < ($1.key.listener, $1.key.route) }) {
            let labels = "listener=\(Self.quoted(place.listener)),route=\(Self.quoted(place.route))"
            for (bound, count) in zip(Self.bounds, durations.buckets) {
                lines.append("cloudryption_http_request_duration_seconds_bucket{\(labels),le=\"\(bound)\"} \(count)")
            }
            lines.append("cloudryption_http_request_duration_seconds_bucket{\(labels),le=\"+Inf\"} \(durations.count)")
            lines.append("cloudryption_http_request_duration_seconds_sum{\(labels)} \(durations.sum)")
            lines.append("cloudryption_http_request_duration_seconds_count{\(labels)} \(durations.count)")
        }
        lines += [
            "# HELP cloudryption_start_time_seconds When this process started, since 1970.", "# TYPE cloudryption_start_time_seconds gauge",
            "cloudryption_start_time_seconds \(start.timeIntervalSince1970)", "",
        ]
        return lines.joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
