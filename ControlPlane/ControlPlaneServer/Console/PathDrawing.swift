import Basics
import CloudModel

/// A path as one row of cards with arrows between them, drawn at its natural size.
enum PathDrawing {
    private static let cardWidth = 188
    private static let cardHeight = 58
    private static let gap = 128
    private static let margin = 10

    /// Markup whose every text is escaped; `nil` for a path without steps or with more than 40.
    static func svg(_ path: AttackPath) -> String? {
        guard let first = path.steps.first, path.steps.count <= 40 else { return nil }
        let nodes = [first.from] + path.steps.map(\.to)
        let width = margin * 2 + nodes.count * cardWidth + (nodes.count - 1) * gap
        let height = cardHeight + margin * 2 + 8
        let middle = margin + cardHeight / 2 + 4
        var markup =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ag\" role=\"img\" aria-labelledby=\"agt agd\" viewBox=\"0 0 \(width) \(height)\" "
            + "width=\"\(width)\" height=\"\(height)\"><title id=\"agt\">Attack path</title><desc id=\"agd\">"
            + "\(path.steps.count) steps; the list below says the same in words.</desc>"
            + "<defs><marker id=\"ahh\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"5\" markerHeight=\"5\" orient=\"auto\" class=\"mkh\">"
            + "<path d=\"M0 0 8 4 0 8z\"/></marker></defs>"
        for (index, step) in path.steps.enumerated() {
            let start = margin + (index + 1) * cardWidth + index * gap
            markup += "<path class=\"e h\" d=\"M\(start) \(middle)H\(start + gap)\" marker-end=\"url(#ahh)\"/>"
            let label = text(step.technique, most: 19)
            let labelWidth = min(gap - 14, label.count * 6 + 14)
            markup +=
                "<g class=\"l h\"><rect x=\"\(start + (gap - labelWidth) / 2 - 2)\" y=\"\(middle - 9)\" width=\"\(labelWidth)\" height=\"18\" rx=\"9\"/>"
                + "<text x=\"\(start + gap / 2 - 2)\" y=\"\(middle + 3)\">\(PageEscaping.escape(label))</text></g>"
        }
        for (index, node) in nodes.enumerated() {
            let name = ResourceName(node)
            let x = margin + index * (cardWidth + gap)
            let y = margin + 4
            let kind = index == nodes.count - 1 ? "s-crown" : "s-\(path.severity.rawValue)"
            markup +=
                "<g class=\"hot \(kind)\"><title>\(PageEscaping.escape(name.full))</title>"
                + "<rect class=\"c\" x=\"\(x)\" y=\"\(y)\" width=\"\(cardWidth)\" height=\"\(cardHeight)\" rx=\"8\"/>"
                + "<rect class=\"bar\" x=\"\(x)\" y=\"\(y + 6)\" width=\"4\" height=\"\(cardHeight - 12)\" rx=\"2\"/>"
                + "<text class=\"t\" x=\"\(x + 16)\" y=\"\(y + 25)\">\(PageEscaping.escape(text(name.short, most: 23)))</text>"
                + "<text class=\"u\" x=\"\(x + 16)\" y=\"\(y + 42)\">\(PageEscaping.escape(text(name.kind, most: 30)))</text></g>"
        }
        return markup + "</svg>"
    }

    /// The same as a document of its own, light, with the colours in it.
    static func standalone(_ path: AttackPath) -> String? {
        guard let markup = svg(path), let end = markup.firstIndex(of: ">") else { return nil }
        let style =
            "<style>.ag{font:500 12px Inter,system-ui,sans-serif}.c{fill:#fff;stroke:#b00d28;stroke-width:2}.t{font-weight:600;fill:#0f172a}"
            + ".u{font-size:10.5px;fill:#4b5768}.bar{fill:#94a3b8}.s-critical .bar{fill:#d3173a}.s-high .bar{fill:#e8590c}"
            + ".s-medium .bar{fill:#d9a406}.s-crown .bar{fill:#7c3aed}.e{fill:none;stroke:#b00d28;stroke-width:2.4}.mkh{fill:#b00d28}"
            + ".l rect{fill:#fdecef;stroke:#b00d28}.l text{font-size:10px;text-anchor:middle;fill:#b00d28;font-weight:600}</style>"
        return markup[...end] + style + markup[markup.index(after: end)...]
    }

    private static func text(_ foreign: String, most: Int) -> String { DisplayText.safe(foreign, limit: most) }
}
