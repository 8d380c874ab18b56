extension Templates {
    /// Pages about people, and the small ones on the way in.
    static let accountSources: [String: String] = [
        "proof": proof, "enrolApp": enrolApp, "recoveryCodes": recoveryCodes, "people": people, "tokens": tokens, "sessions": sessions,
        "audit": audit, "account": account, "smallHead": smallHead, "smallFoot": smallFoot,
    ]

    private static let smallHead = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{heading}} · Cloudryption</title>
        <link rel="icon" href="{{icon}}" type="image/svg+xml">
        <link rel="stylesheet" href="{{stylesheet}}">
        <script src="{{script}}" defer></script>
        </head>
        <body>
        <main class="login" id="main">
        <div class="card">
        <div class="brand">{{>mark}}<span>Cloudryption</span></div>
        <h1>{{heading}}</h1>
        {{#message}}<div class="note bad" role="alert"><p>{{.}}</p></div>{{/message}}
        """#

    private static let smallFoot = #"""
        <form method="post" action="/sign-out"><input type="hidden" name="csrf" value="{{csrf}}"><button class="btn s">Sign out</button></form>
        </div>
        </main>
        </body>
        </html>
        """#

    /// A second factor, on the way in or before a dangerous act.
    private static let proof = #"""
        {{>smallHead}}
        <p class="sub">{{text}}</p>
        <form method="post" action="{{action}}">
        <input type="hidden" name="csrf" value="{{csrf}}">
        <input type="hidden" name="next" value="{{next}}">
        {{#asksCode}}
        <label for="code">Code of your authenticator app, or a recovery code</label>
        <input id="code" name="code" type="text" inputmode="text" autocomplete="one-time-code" required maxlength="64" autofocus>
        {{/asksCode}}
        {{#asksPassword}}
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256" autofocus>
        {{/asksPassword}}
        <button class="btn p">Continue</button>
        </form>
        {{#asksPasskey}}<button class="btn" type="button" hidden data-passkey="{{passkeyRoute}}" data-csrf="{{csrf}}" data-next="{{next}}">Use a passkey</button>
        <p class="hint" id="passkey-note" role="status"></p>{{/asksPasskey}}
        {{>smallFoot}}
        """#

    /// An authenticator app, before it showed its first code.
    private static let enrolApp = #"""
        {{>smallHead}}
        {{#required}}<p class="sub">Your role needs a second factor before anything else.</p>{{/required}}
        {{#secret}}
        <p>Give this to your authenticator app, then type the code that it shows.</p>
        <div class="cmd"><code id="secret">{{.}}</code><button class="btn s" type="button" hidden data-copy="secret">Copy</button></div>
        <details><summary>The same as an address</summary><div class="cmd"><code id="uri">{{uri}}</code><button class="btn s" type="button" hidden data-copy="uri">Copy</button></div></details>
        <form method="post" action="/account/app/confirm">
        <input type="hidden" name="csrf" value="{{csrf}}">
        <label for="code">Code that the app shows now</label>
        <input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required minlength="6" maxlength="7" autofocus>
        <button class="btn p">Put in force</button>
        </form>
        {{/secret}}
        {{^secret}}
        <form method="post" action="/account/app"><input type="hidden" name="csrf" value="{{csrf}}"><button class="btn p">Use an authenticator app</button></form>
        <button class="btn" type="button" hidden data-passkey="me/passkeys" data-csrf="{{csrf}}" data-next="/account">Use a passkey</button>
        <p class="hint" id="passkey-note" role="status"></p>
        {{/secret}}
        {{>smallFoot}}
        """#

    private static let recoveryCodes = #"""
        {{>smallHead}}
        <p class="sub">Keep these codes apart from the app. Each opens once when the app is lost. They are shown only now.</p>
        <ul class="facts">{{#codes}}<li class="mono">{{.}}</li>{{/codes}}</ul>
        <a class="btn p" href="{{next}}">Continue</a>
        {{>smallFoot}}
        """#

    private static let people = #"""
        {{<layout}}{{$main}}
        {{#issued}}<section class="card"><h2>One-time password of <bdi>{{email}}</bdi></h2>
        <p>It is shown only now, and has to be changed at the first sign-in.</p>
        <div class="cmd"><code id="once">{{password}}</code><button class="btn s" type="button" hidden data-copy="once">Copy</button></div></section>{{/issued}}
        <section class="card"><h2>People and service accounts</h2>
        <div class="scroll"><table><caption>{{tableCaption}}</caption>
        <thead><tr><th scope="col">Address</th><th scope="col">Role</th><th scope="col">Where</th><th scope="col">State</th><th scope="col">Second factor</th><th scope="col" class="num">Sessions</th>{{#mayManage}}<th scope="col">Change</th>{{/mayManage}}</tr></thead>
        <tbody>
        {{#rows}}<tr><th scope="row" class="name"><bdi>{{email}}</bdi><small class="mono">{{id}}</small></th><td>{{role}}</td><td>{{place}}</td><td>{{#state}}{{>pill}}{{/state}}</td><td>{{#factor}}{{>pill}}{{/factor}}</td><td class="num">{{sessions}}</td>
        {{#manage}}<td><details><summary>Change</summary>
        <form class="fields" method="post" action="/people/{{id}}"><input type="hidden" name="csrf" value="{{csrf}}"><div><label for="role-{{id}}">Role</label><select id="role-{{id}}" name="role">{{#roles}}<option value="{{value}}"{{#current}} selected{{/current}}>{{name}}</option>{{/roles}}</select></div><button class="btn s" name="act" value="role">Set role</button>
        <button class="btn s" name="act" value="{{toggle}}">{{toggleName}}</button><button class="btn s" name="act" value="reset-second-factors">Reset second factor</button><button class="btn s" name="act" value="reset-password">Reset password</button></form></details></td>{{/manage}}</tr>
        {{/rows}}
        </tbody></table></div></section>
        {{#mayManage}}<section class="card"><h2>Add somebody</h2>
        <form class="fields" method="post" action="/people"><input type="hidden" name="csrf" value="{{frame.csrf}}">
        <div><label for="email">Address</label><input id="email" name="email" type="email" required maxlength="254"></div>
        <div><label for="role">Role</label><select id="role" name="role">{{#roles}}<option value="{{value}}">{{name}}</option>{{/roles}}</select></div>
        <button class="btn p">Add</button></form></section>{{/mayManage}}
        <section class="card"><h2>What roles allow</h2>
        <div class="scroll"><table><caption>Whatever is not named is denied</caption>
        <thead><tr><th scope="col">Role</th><th scope="col">Second factor</th><th scope="col">Allows</th></tr></thead>
        <tbody>{{#matrix}}<tr><th scope="row">{{name}}</th><td>{{factor}}</td><td>{{allows}}</td></tr>
        {{/matrix}}</tbody></table></div></section>
        {{/main}}{{/layout}}
        """#

    private static let tokens = #"""
        {{<layout}}{{$main}}
        {{#issued}}<section class="card"><h2>The new token</h2>
        <p>It is shown only now. Programs send it as <code>Authorization: Bearer …</code></p>
        <div class="cmd"><code id="once">{{.}}</code><button class="btn s" type="button" hidden data-copy="once">Copy</button></div></section>{{/issued}}
        <section class="card"><h2>API tokens</h2>
        {{#hasRows}}<div class="scroll"><table><caption>Newest first</caption>
        <thead><tr><th scope="col">Name</th><th scope="col">Account</th><th scope="col">Scopes</th><th scope="col">Where</th><th scope="col">Ends</th><th scope="col">Last used</th><th scope="col">State</th></tr></thead>
        <tbody>
        {{#rows}}<tr><th scope="row" class="name"><bdi>{{name}}</bdi><small class="mono">{{id}}</small></th><td><bdi>{{account}}</bdi></td><td>{{scopes}}</td><td>{{place}}</td><td>{{ends}}</td><td>{{lastUsed}}</td><td>{{#state}}{{>pill}}{{/state}}{{#revocable}}<form method="post" action="/tokens/{{id}}/revoke"><input type="hidden" name="csrf" value="{{csrf}}"><button class="btn s">Revoke</button></form>{{/revocable}}</td></tr>
        {{/rows}}
        </tbody></table></div>{{/hasRows}}
        {{^hasRows}}<p class="dim">No token yet.</p>{{/hasRows}}
        </section>
        <section class="card"><h2>Make a token</h2>
        {{#hasAccounts}}<form class="fields" method="post" action="/tokens"><input type="hidden" name="csrf" value="{{frame.csrf}}">
        <div><label for="name">What for</label><input id="name" name="name" required maxlength="64"></div>
        <div><label for="account">Service account</label><select id="account" name="account">{{#accounts}}<option value="{{value}}">{{name}}</option>{{/accounts}}</select></div>
        <div><label for="scopes">Scopes</label><select id="scopes" name="scopes">{{#scopeChoices}}<option value="{{value}}">{{name}}</option>{{/scopeChoices}}</select></div>
        <div><label for="days">Days</label><input id="days" name="days" type="number" min="1" max="366" value="90" required></div>
        <button class="btn p">Make</button></form>{{/hasAccounts}}
        {{^hasAccounts}}<p class="dim">Tokens belong to service accounts. Add one under People first.</p>{{/hasAccounts}}
        </section>
        {{/main}}{{/layout}}
        """#

    private static let sessions = #"""
        {{<layout}}{{$main}}
        <section class="card"><h2>Open sessions</h2>
        <div class="scroll"><table><caption>{{tableCaption}}</caption>
        <thead><tr><th scope="col">Who</th><th scope="col">Opened by</th><th scope="col">From</th><th scope="col">Since</th><th scope="col">Last used</th><th scope="col">Ends</th><th scope="col">End it</th></tr></thead>
        <tbody>
        {{#rows}}<tr><th scope="row" class="name"><bdi>{{who}}</bdi>{{#current}}<small>this one</small>{{/current}}</th><td>{{proof}}</td><td>{{source}}</td><td>{{created}}</td><td>{{lastUsed}}</td><td>{{ends}}</td><td>{{#mayEnd}}<form method="post" action="/sessions/{{id}}/end"><input type="hidden" name="csrf" value="{{csrf}}"><button class="btn s">End</button></form>{{/mayEnd}}</td></tr>
        {{/rows}}
        </tbody></table></div></section>
        {{/main}}{{/layout}}
        """#

    private static let audit = #"""
        {{<layout}}{{$main}}
        <section class="card"><h2>Entries</h2>
        <div class="scroll"><table><caption>{{tableCaption}}</caption>
        <thead><tr><th scope="col" class="num">Entry</th><th scope="col">Time</th><th scope="col">Who</th><th scope="col">Act</th><th scope="col">On</th><th scope="col">Outcome</th><th scope="col">Detail</th></tr></thead>
        <tbody>
        {{#rows}}<tr><th scope="row" class="num">{{entry}}</th><td class="when">{{time}}</td><td class="name"><bdi>{{actor}}</bdi></td><td>{{act}}</td><td class="mono name">{{subject}}</td><td>{{#outcome}}{{>pill}}{{/outcome}}</td><td class="name">{{detail}}</td></tr>
        {{/rows}}
        </tbody></table></div>
        {{#next}}<p class="hint"><a href="{{.}}">Older entries</a></p>{{/next}}</section>
        {{/main}}{{/layout}}
        """#

    private static let account = #"""
        {{<layout}}{{$main}}
        <div class="grid g2">
        <section class="card"><h2>Second factor</h2>
        <p>Authenticator app: {{#app}}{{>pill}}{{/app}}</p>
        <p class="dim">{{codes}}</p>
        {{#hasApp}}<form method="post" action="/account/recovery-codes"><input type="hidden" name="csrf" value="{{frame.csrf}}"><button class="btn s">Fresh recovery codes</button></form>{{/hasApp}}
        {{^hasApp}}<a class="btn p" href="/account/second-factor">Use an authenticator app</a>{{/hasApp}}
        </section>
        <section class="card"><h2>Passkeys</h2>
        {{#hasPasskeys}}<ul class="facts">{{#passkeys}}<li><bdi>{{name}}</bdi>, added {{created}}, last used {{lastUsed}}</li>{{/passkeys}}</ul>{{/hasPasskeys}}
        {{^hasPasskeys}}<p class="dim">None yet.</p>{{/hasPasskeys}}
        <button class="btn s" type="button" hidden data-passkey="me/passkeys" data-csrf="{{frame.csrf}}" data-next="/account">Add a passkey</button>
        <p class="hint" id="passkey-note" role="status"></p>
        </section>
        </div>
        <section class="card"><h2>You</h2><dl class="prov"><div><dt>Address</dt><dd><bdi>{{email}}</bdi></dd></div><div><dt>Role</dt><dd>{{role}}</dd></div><div><dt>May</dt><dd>{{may}}</dd></div><div><dt>Where</dt><dd>{{place}}</dd></div></dl></section>
        {{/main}}{{/layout}}
        """#
}
