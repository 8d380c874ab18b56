import HTTPTypes
import Mustache

/// The console's templates, parsed once. Every one of them, layout and partials included, gets our escaper in front, here and nowhere else.
struct Templates: Sendable {
    private let library: MustacheLibrary

    init() throws {
        MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
        var library = MustacheLibrary()
        for (name, text) in Self.sources {
            try library.register("{{% CONTENT_TYPE: \(PageEscaping.name) }}\n" + text, named: name)
        }
        self.library = library
    }

    /// The page that `model` fills.
    func render(_ name: String, _ model: some Page) throws -> String {
        guard let text = library.render(model, withTemplate: name) else {
            throw Refusal(.internalServerError, "page.noTemplate", "This page has no template.")
        }
        return text
    }

    /// By name. No `{{{`, no `{{&`, no attribute without quotes: a test reads these texts.
    static let sources: [String: String] = [
        "head": head, "layout": layout, "mark": mark, "symbols": symbols, "pill": pill, "provenance": provenance, "signIn": signIn,
        "problem": problem,
        "exposure": exposure, "paths": paths, "path": path, "fixes": fixes, "fix": fix, "findings": findings, "runs": runs,
        "coverage": coverage, "pathTable": pathTable, "noRun": noRun,
    ].merging(accountSources) { first, _ in first }.merging(agentSources) { first, _ in first }

    static let mark = #"""
        <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"><path d="M12 2.8 20 6v6c0 4.600-3.200 8-8 9.400C7.200 20 4 16.600 4 12V6z"/><circle cx="9" cy="10" r="1.400"/><circle cx="15.200" cy="14" r="1.400"/><path d="m10.200 10.800 3.800 2.400"/></svg>
        """#

    /// Shapes that go with the words, so that colour is never alone.
    static let symbols = #"""
        <svg class="spr" aria-hidden="true"><symbol id="i-critical" viewBox="0 0 16 16"><path fill="currentColor" d="M5 1h6l4 4v6l-4 4H5l-4-4V5zM7.200 4v5h1.600V4zm0 6.500v1.600h1.600v-1.600z"/></symbol><symbol id="i-high" viewBox="0 0 16 16"><path fill="currentColor" d="m8 1 7.500 13.500H.5zM7.200 6v4.200h1.600V6zm0 5.300v1.500h1.600v-1.500z"/></symbol><symbol id="i-medium" viewBox="0 0 16 16"><path fill="currentColor" d="m8 1 7 7-7 7-7-7z"/></symbol><symbol id="i-low" viewBox="0 0 16 16"><circle fill="currentColor" cx="8" cy="8" r="5"/></symbol><symbol id="i-informational" viewBox="0 0 16 16"><circle fill="none" stroke="currentColor" stroke-width="2" cx="8" cy="8" r="5"/></symbol><symbol id="i-check" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="2.200" d="m2.500 8.500 3.500 3.500 7.500-8"/></symbol><symbol id="i-cross" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="2.200" d="m3.500 3.500 9 9m0-9-9 9"/></symbol><symbol id="i-question" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="2" d="M5 5.500C5 3.500 6.300 2.500 8 2.500s3 1 3 2.700C11 7.500 8 7.500 8 9.800M8 12v1.800"/></symbol><symbol id="i-clock" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="1.800" d="M8 2a6 6 0 1 1-.01 0M8 4.500V8l2.500 1.500"/></symbol><symbol id="i-crown" viewBox="0 0 16 16"><path fill="currentColor" d="m1.500 4 3.500 3 3-5 3 5 3.500-3-1.200 9H2.700z"/></symbol></svg>
        """#

    static let pill = #"""
        <span class="pill {{kind}}"><svg aria-hidden="true"><use href="#i-{{icon}}"/></svg>{{word}}</span>
        """#

    static let head = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{head.title}} · Cloudryption</title>
        <link rel="icon" href="{{head.icon}}" type="image/svg+xml">
        <link rel="stylesheet" href="{{head.stylesheet}}">
        <script src="{{head.script}}" defer></script>
        </head>
        <body>
        """#

    static let layout = #"""
        {{#frame}}{{>head}}{{/frame}}
        <a class="skip" href="#main">Skip to content</a>
        {{>symbols}}
        <div class="shell">
        <div class="side">
        <a class="brand" href="/{{frame.query}}">{{>mark}}<span>Cloudryption</span></a>
        <nav aria-label="Main">
        {{#frame.navigation}}<h2>{{name}}</h2>
        <ul>{{#items}}<li><a href="{{href}}"{{#current}} aria-current="page"{{/current}}>{{name}}{{#count}} <span class="b">{{.}}</span>{{/count}}</a></li>{{/items}}</ul>
        {{/frame.navigation}}
        </nav>
        <div class="who"><span><b><bdi>{{frame.tenant}}</bdi></b><bdi>{{frame.email}}</bdi></span>
        <form method="post" action="/sign-out"><input type="hidden" name="csrf" value="{{frame.csrf}}"><button class="btn s">Sign out</button></form></div>
        </div>
        <main id="main">
        <div class="top"><div>
        {{#frame.crumb}}<p class="crumb"><a href="{{href}}">{{name}}</a></p>{{/frame.crumb}}
        <h1><bdi>{{frame.heading}}</bdi></h1>
        {{$sub}}{{#frame.subtitle}}<p class="sub"><bdi>{{.}}</bdi></p>{{/frame.subtitle}}{{/sub}}
        </div>
        {{#frame.choices}}<form class="r" method="get" action="{{action}}"><label class="dim" for="environment">Environment</label>
        <select id="environment" name="environment" data-submit="yes">{{#options}}<option value="{{id}}"{{#current}} selected{{/current}}>{{name}}</option>{{/options}}</select><button class="btn s">Show</button></form>{{/frame.choices}}
        <div class="r">{{$actions}}{{/actions}}</div></div>
        {{#frame.notices}}<div class="note {{kind}}" role="status"><p><b>{{heading}}</b> {{text}}{{#link}} <a href="{{href}}">{{name}}</a>{{/link}}</p></div>
        {{/frame.notices}}
        {{$main}}{{/main}}
        {{>provenance}}
        </main>
        </div>
        </body>
        </html>
        """#

    static let provenance = #"""
        <footer><dl class="prov">
        <div><dt>Environment</dt><dd><bdi>{{frame.provenance.environment}}</bdi></dd></div>
        <div><dt>Run</dt><dd class="mono">{{frame.provenance.run}}</dd></div>
        <div><dt>Snapshot</dt><dd class="mono">{{frame.provenance.snapshot}}</dd></div>
        <div><dt>Data from</dt><dd>{{frame.provenance.collected}}</dd></div>
        <div><dt>Analysed</dt><dd>{{frame.provenance.analysed}}</dd></div>
        </dl></footer>
        """#

    static let signIn = #"""
        {{>smallHead}}
        {{#mustChange}}<p class="sub">This password was given out once. Choose your own: 12 characters or more.</p>{{/mustChange}}
        <form method="post" action="/sign-in">
        <input type="hidden" name="next" value="{{next}}">
        <label for="email">Email</label>
        <input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="{{email}}"{{^mustChange}} autofocus{{/mustChange}}>
        <label for="password">{{#mustChange}}One-time password{{/mustChange}}{{^mustChange}}Password{{/mustChange}}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256"{{#mustChange}} autofocus{{/mustChange}}>
        {{#mustChange}}
        <label for="new">New password</label>
        <input id="new" name="new" type="password" autocomplete="new-password" required minlength="12" maxlength="128">
        <label for="repeat">New password again</label>
        <input id="repeat" name="repeat" type="password" autocomplete="new-password" required minlength="12" maxlength="128">
        {{/mustChange}}
        {{#asksCode}}
        <label for="code">Code of your authenticator app, or a recovery code</label>
        <input id="code" name="code" type="text" autocomplete="one-time-code" required maxlength="64">
        {{/asksCode}}
        <button class="btn p">{{#mustChange}}Change password and sign in{{/mustChange}}{{^mustChange}}Sign in{{/mustChange}}</button>
        </form>
        {{>smallEnd}}
        """#

    static let problem = #"""
        {{>smallHead}}
        <p class="sub">{{detail}}</p>
        <p class="hint mono">{{code}}</p>
        <a class="btn" href="/">To the first page</a>
        {{>smallEnd}}
        """#

    static let noRun = #"""
        {{<layout}}{{$main}}
        <div class="card empty">
        <h2>{{emptyHeading}}</h2>
        <p>{{emptyText}}</p>
        {{#emptyCommand}}<div class="cmd"><code id="command">{{.}}</code><button class="btn s" type="button" hidden data-copy="command">Copy</button></div>{{/emptyCommand}}
        {{#emptyLink}}<a class="btn p" href="{{href}}">{{name}}</a>{{/emptyLink}}
        </div>
        {{/main}}{{/layout}}
        """#

    static let pathTable = #"""
        <div class="scroll"><table>
        <caption>{{tableCaption}}</caption>
        <thead><tr><th scope="col">Severity</th><th scope="col">Path</th><th scope="col">From</th><th scope="col">To</th><th scope="col" class="num wide">Steps</th><th scope="col" class="num">Exposure</th></tr></thead>
        <tbody>
        {{#rows}}<tr><td>{{#severity}}{{>pill}}{{/severity}}</td><th scope="row" class="name"><a href="{{href}}"><bdi>{{name}}</bdi></a>{{#doubt}}<small>{{.}}</small>{{/doubt}}</th><td class="name">{{#from}}<bdi>{{short}}</bdi><small><bdi>{{kind}}</bdi></small>{{/from}}</td><td class="name">{{#to}}<bdi>{{short}}</bdi><small><bdi>{{kind}}</bdi></small>{{/to}}</td><td class="num wide">{{steps}}</td><td class="num">{{score}}</td></tr>
        {{/rows}}
        </tbody></table></div>
        """#

    static let exposure = #"""
        {{<layout}}{{$main}}
        <div class="grid g4">
        {{#figures}}<section class="card kpi {{tone}}"><span class="l">{{label}}</span><b>{{value}}</b><p>{{note}}</p></section>
        {{/figures}}
        </div>
        <section class="card"><h2>Worst attack paths</h2>
        {{#worst}}{{>pathTable}}<p class="hint"><a href="/paths{{frame.query}}">All attack paths</a></p>{{/worst}}
        {{^worst}}<p class="dim">{{noPaths}}</p>{{/worst}}
        </section>
        <div class="grid g2">
        <section class="card"><h2>First fixes</h2>
        {{#hasFixes}}<div class="scroll"><table><caption>How much of {{total}} material exposure each takes away alone</caption>
        <thead><tr><th scope="col">Change</th><th scope="col" class="num">Effort</th><th scope="col" class="num">Removed alone</th></tr></thead>
        <tbody>{{#fixRows}}<tr><th scope="row" class="name"><bdi>{{name}}</bdi><small><bdi>{{whereabouts}}</bdi></small></th><td class="num">{{cost}}</td><td class="num">{{removed}}</td></tr>
        {{/fixRows}}</tbody></table></div><p class="hint"><a href="/fixes{{frame.query}}">The whole plan</a></p>{{/hasFixes}}
        {{^hasFixes}}<p class="dim">No single change is known that cuts a path.</p>{{/hasFixes}}
        </section>
        <section class="card"><h2>Crown jewels</h2>
        {{#hasJewels}}<div class="scroll"><table><caption>What matters, most exposed first</caption>
        <thead><tr><th scope="col">Jewel</th><th scope="col">Reached from</th><th scope="col" class="num">Exposure</th></tr></thead>
        <tbody>{{#jewels}}<tr><th scope="row" class="name"><bdi>{{name}}</bdi><small><bdi>{{why}}</bdi></small></th><td>{{#reach}}{{>pill}}{{/reach}}<small class="dim">{{entries}}</small></td><td class="num">{{exposure}}</td></tr>
        {{/jewels}}</tbody></table></div>{{#moreJewels}}<p class="hint">{{.}}</p>{{/moreJewels}}{{/hasJewels}}
        {{^hasJewels}}<p class="dim">Nothing in the data counts as a crown jewel. That can also mean that it could not be read.</p>{{/hasJewels}}
        </section>
        </div>
        {{/main}}{{/layout}}
        """#

    static let paths = #"""
        {{<layout}}{{$actions}}<a class="btn" href="{{csv}}">CSV</a>{{/actions}}{{$main}}
        <ul class="filters" aria-label="Filters">{{#filters}}<li><a href="{{href}}" aria-current="{{current}}">{{name}}</a></li>{{/filters}}</ul>
        <section class="card">
        {{#table}}{{>pathTable}}{{/table}}
        {{^table}}<p class="dim">{{noPaths}}</p>{{/table}}
        {{#more}}<p class="hint">{{.}}</p>{{/more}}
        </section>
        {{/main}}{{/layout}}
        """#

    static let path = #"""
        {{<layout}}{{$sub}}<p class="sub">{{#severity}}{{>pill}}{{/severity}}{{#confidence}}{{>pill}}{{/confidence}} Exposure {{score}} · {{stepCount}} · <span class="mono">{{id}}</span></p>{{/sub}}
        {{$actions}}{{#svg}}<a class="btn" href="{{.}}">SVG</a>{{/svg}}<a class="btn" href="{{json}}">JSON</a><a class="btn p" href="/fixes{{frame.query}}">Fix plan</a>{{/actions}}{{$main}}
        {{#picture}}<figure class="card fig" tabindex="0" role="group" aria-label="Picture of the path">{{template}}</figure>{{/picture}}
        <div class="grid g2">
        <section class="card"><h2>How an attacker gets there</h2>
        <p><bdi>{{narrative}}</bdi></p>
        <ol class="steps">
        {{#steps}}<li><h3><bdi>{{fromName}}</bdi><span class="arrow">→</span><bdi>{{toName}}</bdi></h3>
        <p><bdi>{{why}}</bdi></p>
        {{#conditions}}<p>Only if <bdi>{{.}}</bdi></p>{{/conditions}}
        <p class="dim"><span class="mono">{{technique}}</span>{{#doubt}} · {{.}}{{/doubt}}</p>
        <details><summary>Evidence ({{evidenceCount}})</summary><ul class="facts">
        <li>From <bdi class="mono">{{from}}</bdi></li><li>To <bdi class="mono">{{to}}</bdi></li>
        {{#evidence}}<li><bdi class="mono">{{record}}</bdi>{{#place}} <bdi class="mono">{{.}}</bdi>{{/place}}{{#time}}, read {{.}}{{/time}}</li>{{/evidence}}
        </ul></details></li>
        {{/steps}}
        </ol></section>
        <section class="card"><h2>Single changes that cut this path</h2>
        {{#hasFixes}}<div class="scroll"><table><caption>Each row alone cuts the path</caption>
        <thead><tr><th scope="col">Change</th><th scope="col" class="num">Effort</th><th scope="col" class="num">Also cuts</th></tr></thead>
        <tbody>{{#fixes}}<tr><th scope="row" class="name"><bdi>{{name}}</bdi><small><bdi>{{whereabouts}}</bdi></small></th><td class="num">{{cost}}</td><td class="num">{{closes}}</td></tr>
        {{/fixes}}</tbody></table></div>{{/hasFixes}}
        {{^hasFixes}}<p class="dim">No single change is known that cuts this path.</p>{{/hasFixes}}
        </section>
        </div>
        {{/main}}{{/layout}}
        """#

    static let fix = #"""
        <details class="group"{{#open}} open{{/open}}><summary><span class="num dim">{{number}}</span><span class="t"><bdi>{{name}}</bdi></span><span class="dim num">effort {{cost}}</span><span class="num">{{removed}}</span></summary>
        <p class="dim"><bdi class="mono">{{resource}}</bdi></p>
        <p><label><input type="checkbox" name="fix" value="{{id}}" form="whatif"{{#isAsked}} checked{{/isAsked}}> Ask what this does with others</label></p>
        <p class="dim">{{closes}}{{#lost}} {{.}}{{/lost}}</p>
        <div class="ba"><div><h4>Now</h4><pre tabindex="0"><bdi>{{before}}</bdi></pre></div><div><h4>After</h4><pre tabindex="0"><bdi>{{after}}</bdi></pre></div></div>
        {{#cli}}<h4>Commands</h4><pre tabindex="0"><bdi>{{.}}</bdi></pre>{{/cli}}
        {{#terraform}}<h4>Terraform</h4><pre tabindex="0"><bdi>{{.}}</bdi></pre>{{/terraform}}
        {{#rollback}}<h4>The way back</h4><pre tabindex="0"><bdi>{{.}}</bdi></pre>{{/rollback}}
        </details>
        """#

    static let fixes = #"""
        {{<layout}}{{$main}}
        {{#hasPlan}}
        <section class="card"><h2>What a smaller plan buys</h2>
        <form method="get" action="/fixes" class="fields">{{#fields}}<input type="hidden" name="{{key}}" value="{{value}}">{{/fields}}
        <div class="scroll"><label for="fixes">Number of fixes to make: {{chosen}} of {{available}}</label><input type="range" id="fixes" name="fixes" min="0" max="{{available}}" value="{{chosen}}" data-submit="yes"></div><button class="btn">Show</button></form>
        <p><label for="removed">{{sentence}}</label><meter id="removed" min="0" max="100" value="{{percent}}">{{percent}}%</meter></p>
        <p class="hint">{{objective}} {{optimality}}</p>
        <p class="hint">{{verified}}</p>
        </section>
        {{#whatIf}}<section class="card"><h2>{{heading}}</h2>
        <ul>{{#entries}}<li><bdi>{{.}}</bdi></li>{{/entries}}</ul>
        <p>{{sentence}}</p>
        {{#command}}<p class="hint">To have them evaluated together, of a folder that the agent collected:</p><pre tabindex="0"><bdi>{{.}}</bdi></pre>{{/command}}
        {{#hasClosed}}<div class="scroll"><table><caption>Paths that are closed then</caption><thead><tr><th scope="col">Severity</th><th scope="col">Path</th></tr></thead><tbody>
        {{#closed}}<tr><td>{{#severity}}{{>pill}}{{/severity}}</td><th scope="row" class="name"><a href="{{href}}"><bdi>{{name}}</bdi></a></th></tr>{{/closed}}</tbody></table></div>{{#more}}<p class="hint">{{.}}</p>{{/more}}{{/hasClosed}}
        {{^hasClosed}}<p class="dim">Alone each of them closes no path.</p>{{/hasClosed}}
        </section>{{/whatIf}}
        <form method="get" action="/fixes" id="whatif" class="fields">{{#fields}}<input type="hidden" name="{{key}}" value="{{value}}">{{/fields}}<button class="btn">Ask what the ticked changes do</button></form>
        <section class="card"><h2>In this order</h2>
        {{#chosenFixes}}{{>fix}}{{/chosenFixes}}
        {{^chosenFixes}}<p class="dim">With no fix made, everything stays open.</p>{{/chosenFixes}}
        </section>
        {{#hasOpen}}<section class="card"><h2>Left open</h2><div class="scroll"><table><caption>{{openCaption}}</caption><thead><tr><th scope="col">Severity</th><th scope="col">Path</th></tr></thead><tbody>
        {{#openPaths}}<tr><td>{{#severity}}{{>pill}}{{/severity}}</td><th scope="row" class="name"><a href="{{href}}"><bdi>{{name}}</bdi></a></th></tr>{{/openPaths}}</tbody></table></div></section>{{/hasOpen}}
        {{#hasAlternatives}}<section class="card"><h2>Other changes</h2><p class="dim">Each alone cuts at least one path.</p>{{#alternatives}}{{>fix}}{{/alternatives}}{{#moreAlternatives}}<p class="hint">{{.}}</p>{{/moreAlternatives}}</section>{{/hasAlternatives}}
        {{/hasPlan}}
        {{^hasPlan}}<div class="card empty"><h2>No fixes</h2><p>{{noFixes}}</p></div>{{/hasPlan}}
        {{/main}}{{/layout}}
        """#

    static let findings = #"""
        {{<layout}}{{$actions}}<a class="btn" href="{{csv}}">CSV</a>{{/actions}}{{$main}}
        <ul class="filters" aria-label="Filters">{{#filters}}<li><a href="{{href}}" aria-current="{{current}}">{{name}}</a></li>{{/filters}}</ul>
        <section class="card"><h2>By control</h2>
        {{#groups}}<details class="group" id="{{anchor}}"{{#open}} open{{/open}}><summary>{{#severity}}{{>pill}}{{/severity}}<span class="t"><bdi>{{name}}</bdi></span><span class="dim num">{{count}}</span></summary>
        {{#why}}<p class="dim">{{.}}</p>{{/why}}
        {{#remediation}}<p class="dim">To do: <bdi>{{.}}</bdi></p>{{/remediation}}
        {{#hasRows}}<div class="scroll"><table><caption>{{rowCaption}}</caption><thead><tr><th scope="col">Verdict</th><th scope="col">Resource</th><th scope="col">Why</th><th scope="col" class="wide">Evidence</th></tr></thead>
        <tbody>{{#rows}}<tr><td>{{#verdict}}{{>pill}}{{/verdict}}</td><th scope="row" class="name"><bdi>{{short}}</bdi><small><bdi class="mono">{{resource}}</bdi></small></th><td class="name"><bdi>{{reason}}</bdi></td><td class="wide"><ul class="facts">{{#evidence}}<li><bdi class="mono">{{record}}</bdi>{{#place}} <bdi class="mono">{{.}}</bdi>{{/place}}{{#time}}, read {{.}}{{/time}}</li>{{/evidence}}</ul></td></tr>
        {{/rows}}</tbody></table></div>{{/hasRows}}
        </details>
        {{/groups}}
        {{^groups}}<p class="dim">No control matches.</p>{{/groups}}
        </section>
        {{/main}}{{/layout}}
        """#

    static let runs = #"""
        {{<layout}}{{$main}}
        <section class="card">
        <div class="scroll"><table><caption>{{tableCaption}}</caption>
        <thead><tr><th scope="col">Status</th><th scope="col">Run</th><th scope="col">Bundle accepted</th><th scope="col">Started</th><th scope="col">Ended</th><th scope="col" class="num">Tries</th><th scope="col">Reason</th></tr></thead>
        <tbody>{{#rows}}<tr><td>{{#status}}{{>pill}}{{/status}}{{#stage}}<small class="dim"> {{.}}</small>{{/stage}}</td><th scope="row" class="name mono">{{#href}}<a href="{{.}}">{{id}}</a>{{/href}}{{^href}}{{id}}{{/href}}{{#snapshot}}<small>{{.}}</small>{{/snapshot}}</th><td>{{created}}</td><td>{{started}}</td><td>{{ended}}</td><td class="num">{{attempts}}</td><td class="name"><bdi>{{reason}}</bdi></td></tr>
        {{/rows}}</tbody></table></div>
        </section>
        {{/main}}{{/layout}}
        """#

    static let coverage = #"""
        {{<layout}}{{$main}}
        <section class="card"><h2>Questions that could not be answered</h2>
        {{#hasGaps}}<div class="scroll"><table><caption>What is unknown because of it</caption><thead><tr><th scope="col">What</th><th scope="col">Why</th></tr></thead>
        <tbody>{{#gaps}}<tr><th scope="row" class="name"><bdi>{{what}}</bdi></th><td class="name"><bdi>{{why}}</bdi></td></tr>{{/gaps}}</tbody></table></div>{{/hasGaps}}
        {{^hasGaps}}<p class="dim">None.</p>{{/hasGaps}}
        </section>
        <section class="card"><h2>Calls without an answer</h2>
        {{#hasCalls}}<div class="scroll"><table><caption>{{tableCaption}}</caption><thead><tr><th scope="col">Outcome</th><th scope="col">Call</th><th scope="col">Where</th><th scope="col">Code</th></tr></thead>
        <tbody>{{#calls}}<tr><td>{{#outcome}}{{>pill}}{{/outcome}}</td><th scope="row" class="name mono"><bdi>{{call}}</bdi></th><td class="name"><bdi>{{whereabouts}}</bdi></td><td class="name"><bdi>{{code}}</bdi></td></tr>{{/calls}}</tbody></table></div>{{/hasCalls}}
        {{^hasCalls}}<p class="dim">Every call was answered.</p>{{/hasCalls}}
        </section>
        {{/main}}{{/layout}}
        """#
}
