import Basics
import Testing

/// Names from clouds are hostile text: what is shown of them is bounded and holds nothing invisible.
@Suite struct DisplayTextTests {
    @Test func `plain names stay as they are`() {
        #expect(DisplayText.safe("order-webhook ~ {x}") == "order-webhook ~ {x}")
        #expect(DisplayText.safe("Müller 東京 🙂") == "Müller 東京 🙂")
        #expect(DisplayText.safe("").isEmpty)
    }

    @Test(arguments: [
        "\u{0}", "\n", "\u{7F}", "\u{85}", "\u{200B}", "\u{202E}", "\u{2028}", "\u{2066}", "\u{E000}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}",
    ])
    func `what cannot be seen is replaced, once for a group`(hidden: String) {
        #expect(DisplayText.safe("a\(hidden)\(hidden)b") == "a\u{FFFD}b")
    }

    @Test(arguments: ["abcd", "äbcd"])
    func `the limit counts scalars and is told`(name: String) {
        #expect(DisplayText.safe(name, limit: 4) == name)
        #expect(DisplayText.safe(name + "e", limit: 4) == name + "…")
    }

    @Test func `a mark that combines hides nothing`() {
        #expect(DisplayText.safe("\n\u{301}x") == "\u{FFFD}\u{301}x")
    }
}
