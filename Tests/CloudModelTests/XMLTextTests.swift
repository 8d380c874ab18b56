import CloudModel
import Testing

@Suite struct XMLTextTests {
    @Test func `text and attributes in either quote are escaped`() {
        #expect(XMLText.shown("plain", limit: 10) == "plain")
        #expect(XMLText.shown("<a b='c' d=\"é\">&amp;", limit: 100) == "&lt;a b=&#39;c&#39; d=&quot;é&quot;&gt;&amp;amp;")
    }

    @Test func `a mark that combines does not keep a character from being escaped`() {
        #expect(XMLText.shown("<\u{338}\"\u{301}", limit: 10) == "&lt;\u{338}&quot;\u{301}")
    }

    @Test func `what XML has no character for is not shown`() {
        #expect(XMLText.shown("a\u{1}\u{FFFE}\u{FFFF}b<", limit: 10) == "a\u{FFFD}b&lt;")
    }

    @Test func `the limit counts what is read, not what is written`() {
        #expect(XMLText.shown("<<<<", limit: 3) == "&lt;&lt;&lt;…")
    }
}
