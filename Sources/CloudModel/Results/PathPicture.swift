import Basics

/// One attack path as a drawing: cards from left to right, an arrow for each step. A pure function, so page, report and command line show
/// the same picture.
///
/// Everything that names come from is foreign: labels go through ``DisplayText`` and are escaped on unicode scalars.
public enum PathPicture {
    private static let card = (width: 196, height: 52)
    private static let gap = 118
    private static let margin = 24
    private static let top = 28

    /// The path as one SVG element.
    ///
    /// - Parameter standalone: whether colours come with it, for a file of its own. In a page they come from the page's stylesheet: classes
    ///   `ag`, `n` (a card, with `k-KIND`, and `s-crown` for the last), `e` (an arrow), `l` (its label); `q` marks what is not certain.
    public static func svg(_ path: AttackPath, standalone: Bool = false) -> String {
        let nodes = [path.source] + path.steps.map(\.to)
        let width = margin * 2 + nodes.count * card.width + (nodes.count - 1) * gap
        let height = top * 2 + card.height
        var svg =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ag\" role=\"img\" aria-labelledby=\"agt agd\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\">"
        svg += "<title id=\"agt\">\(text(path.title, 200))</title>"
        svg += "<desc id=\"agd\">\(nodes.count) places, \(path.steps.count) steps; the table beside it lists them.</desc>\n"
        if standalone { svg += style }
        svg +=
            "<defs><marker id=\"ah\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"5\" markerHeight=\"5\" orient=\"auto\" class=\"mkh\"><path d=\"M0 0 8 4 0 8z\"/></marker></defs>\n"
        let middle = top + card.height / 2
        for (index, step) in path.steps.enumerated() {
            let start = left(index) + card.width
            let end = left(index + 1)
            let doubt = step.confidence == .proven ? "" : " q"
            svg += "<path class=\"e h\(doubt)\" d=\"M\(start) \(middle)H\(end)\" marker-end=\"url(#ah)\"/>\n"
            let label = text(step.technique, 18)
            let labelWidth = min(gap - 10, scalars(step.technique, 18) * 6 + 14)
            let centre = (start + end) / 2
            svg +=
                "<g class=\"l h\(doubt)\"><title>\(text(step.why, 400))</title><rect x=\"\(centre - labelWidth / 2)\" y=\"\(middle - 29)\" width=\"\(labelWidth)\" height=\"18\" rx=\"9\"/><text x=\"\(centre)\" y=\"\(middle - 16)\" text-anchor=\"middle\">\(label)</text></g>\n"
        }
        for (index, node) in nodes.enumerated() {
            let what = describe(node)
            let crown = index == nodes.count - 1 ? "s-crown" : "s-none"
            svg +=
                "<g class=\"n k-\(what.kind) \(crown) hot\" transform=\"translate(\(left(index)) \(top))\"><title>\(text(node, 400))</title>"
            svg += "<rect class=\"c\" width=\"\(card.width)\" height=\"\(card.height)\" rx=\"10\"/>"
            svg += "<path class=\"bar\" d=\"M0 10a10 10 0 0 1 4-8V50a10 10 0 0 1-4-8z\"/>"
            svg += "<rect class=\"ib\" x=\"12\" y=\"12\" width=\"28\" height=\"28\" rx=\"7\"/>"
            svg += "<text class=\"i\" x=\"26\" y=\"30\" text-anchor=\"middle\">\(what.mark)</text>"
            svg += "<text class=\"t\" x=\"50\" y=\"23\">\(text(what.name, 20))</text>"
            svg += "<text class=\"u\" x=\"50\" y=\"39\">\(text(what.label, 27))</text></g>\n"
        }
        return svg + "</svg>"
    }

    private static func left(_ index: Int) -> Int { margin + index * (card.width + gap) }

    private static let style = """
        <style>.ag{font:500 12px Inter,system-ui,sans-serif;background:#fff}.ag .c{fill:#fff;stroke:#d3173a;stroke-width:2}.ag .t{font-weight:600;font-size:12.5px;fill:#0f172a}.ag .u{font-size:10.5px;fill:#475569}.ag .i{font-size:11px;font-weight:700;fill:#475569}.ag .ib{fill:#f1f5f9}.ag .bar{fill:#94a3b8}.ag .s-crown .bar{fill:#7c3aed}.ag .s-crown .i{fill:#7c3aed}.ag .e{fill:none;stroke:#d3173a;stroke-width:2.6}.ag .e.q{stroke-dasharray:6 4}.ag .mkh{fill:#d3173a}.ag .l rect{fill:#fff1f2;stroke:#d3173a}.ag .l text{font-size:10px;fill:#d3173a;font-weight:600}</style>

        """

    /// What a native identifier stands for.
    private static func describe(_ id: String) -> (kind: String, mark: String, name: String, label: String) {
        if id == "internet" { return ("internet", "www", "Internet", "anyone") }
        if id.hasPrefix("admin:") { return ("key", "adm", "Administrator rights", "account " + id.dropFirst(6)) }
        let parts = id.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6 else { return ("net", "res", id, "resource") }
        let resource = parts[5]
        let account = parts[4].isEmpty ? "" : " · \(parts[4])"
        let name = resource.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? String(resource)
        switch parts[2] {
        case "iam" where resource == "root": return ("user", "acc", String(parts[4]), "another account")
        case "iam" where resource.hasPrefix("user/"): return ("user", "usr", name, "user" + account)
        case "iam" where resource.hasPrefix("group/"): return ("user", "grp", name, "group" + account)
        case "iam": return ("role", "rol", name, "role" + account)
        case "lambda": return ("fn", "fn", name, "function · \(parts[3])")
        case "ec2" where resource.hasPrefix("snapshot/"): return ("db", "snp", name, "snapshot · \(parts[3])")
        case "ec2": return ("vm", "vm", name, "instance · \(parts[3])")
        case "elasticloadbalancing":
            let names = resource.split(separator: "/")
            return ("lb", "lb", names.count > 2 ? String(names[2]) : name, "load balancer · \(parts[3])")
        case "s3": return ("bucket", "s3", name, "bucket")
        case "secretsmanager": return ("secret", "sec", name, "secret · \(parts[3])")
        case "rds" where resource.hasPrefix("snapshot:"): return ("db", "snp", name, "database snapshot · \(parts[3])")
        case "rds": return ("db", "db", name, "database · \(parts[3])")
        case "kms": return ("kms", "kms", name, "key · \(parts[3])")
        default: return ("net", "res", name, String(parts[2]))
        }
    }

    private static func scalars(_ text: String, _ limit: Int) -> Int { min(limit + 1, DisplayText.safe(text).unicodeScalars.count) }

    private static func text(_ text: String, _ limit: Int) -> String { XMLText.shown(text, limit: limit) }
}
