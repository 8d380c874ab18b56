@testable import ControlPlaneServer
import Foundation
import Mustache
import Testing

@Suite struct EscapingTests {
    @Test func escapesWhatACombiningMarkFollows() {
        // One Character each: a table by Character would let them through.
        #expect(PageEscaping.escape("\"\u{301}").utf8.elementsEqual("&quot;\u{301}".utf8))
        #expect(PageEscaping.escape("<\u{338}").utf8.elementsEqual("&lt;\u{338}".utf8))
        #expect(PageEscaping.escape("'\u{20DD}>").utf8.elementsEqual("&#39;\u{20DD}&gt;".utf8))
        #expect(PageEscaping.escape("&\u{FE0F}").utf8.elementsEqual("&amp;\u{FE0F}".utf8))
    }

    @Test func leavesPlainTextAsItIs() { #expect(PageEscaping.escape("Grüße, 東京 (1 × 2)") == "Grüße, 東京 (1 × 2)") }

    @Test func parsesEveryTemplate() throws { _ = try Templates() }

    @Test(arguments: Templates.sources.keys.sorted())
    func holdsNoWayPastTheEscaper(_ name: String) throws {
        let text = try #require(Templates.sources[name])
        #expect(!text.contains("{{{") && !text.contains("{{&") && !text.contains("CONTENT_TYPE"))
        #expect(try Regex("=\\{\\{").firstMatch(in: text) == nil, "an attribute without quotes")
        #expect(try Regex("<[^>]* (style|on[a-z]+)=").firstMatch(in: text) == nil)
        #expect(try Regex("<script(?![^>]* src=)").firstMatch(in: text) == nil)
    }

    @Test func keepsTagsInDrawnNamesFromTheRenderer() throws {
        let markup = try #require(OwnMarkup("<svg>{{frame.csrf}}{{{x}</svg>"))
        #expect(markup.template.render(["frame": ["csrf": "secret"]]) == "<svg>&#123;&#123;frame.csrf}}&#123;&#123;&#123;x}</svg>")
    }
}
