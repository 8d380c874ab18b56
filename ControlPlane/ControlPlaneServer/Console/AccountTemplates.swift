extension Templates {
    /// Pages about people, and the small ones on the way in.
    static let accountSources: [String: String] = [
        "proof": proof, "enrolApp": enrolApp, "recoveryCodes": recoveryCodes, "people": people, "tokens": tokens, "sessions": sessions,
        "audit": audit, "account": account, "signOn": signOn, "smallHead": smallHead, "smallFoot": smallFoot, "smallEnd": smallEnd,
    ]

    private static let smallHead = #"""
        {{>head}}
        <main class="login" id="main">
        <div class="card">
        <div class="brand">{{>mark}}<span>Cloudryption</span></div>
        <h1>{{head.title}}</h1>
        {{#message}}<div class="note bad" role="alert"><p>{{.}}</p></div>{{/message}}
        """#

    private static let smallEnd = #"""
        </div>
        </main>
        </body>
        </html>
        """#

    private static let smallFoot = #"""
        <form method="post" action="/sign-out"><input type="hidden" name="csrf" value="{{csrf}}"><button class="btn s">Sign out</button></form>
        {{>smallEnd}}
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
        <p>Show this to your authenticator app, or type it there; then type the code that the app shows.</p>
        {{#picture}}<svg class="qr" viewBox="0 0 {{side}} {{side}}" role="img" aria-label="The secret below as a QR code"><path d="{{path}}"/></svg>{{/picture}}
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

    private static let signOn = #"""
        {{<layout}}{{$main}}
        {{#message}}<div class="note bad" role="alert"><p>{{.}}</p></div>{{/message}}
        <section class="card"><h2>What the provider has to know</h2>
        <dl class="prov"><div><dt>State</dt><dd>{{#isInForce}}in force{{/isInForce}}{{^isInForce}}not set up{{/isInForce}}</dd></div></dl>
        <p>Register a client there with this redirect URI:</p>
        <div class="cmd"><code id="redirect">{{redirectURI}}</code><button class="btn s" type="button" hidden data-copy="redirect">Copy</button></div>
        <p>Your people sign in here:</p>
        <div class="cmd"><code id="entrance">{{entrance}}</code><button class="btn s" type="button" hidden data-copy="entrance">Copy</button></div>
        </section>
        <section class="card"><h2>Your OpenID provider</h2>
        <form method="post" action="/single-sign-on"><input type="hidden" name="csrf" value="{{frame.csrf}}">
        <div class="fields">
        <div><label for="issuer">Issuer</label><input id="issuer" name="issuer" type="url" required maxlength="500" value="{{issuer}}"></div>
        <div><label for="client">Client identifier</label><input id="client" name="client" required maxlength="256" value="{{clientID}}"></div>
        <div><label for="secret">Client secret</label><input id="secret" name="secret" type="password" autocomplete="off" maxlength="1024"{{#hasSecret}} placeholder="stored; empty keeps it"{{/hasSecret}}></div>
        {{#hasSecret}}<div><label><input type="checkbox" name="public" value="yes"> The client has no secret any more</label></div>{{/hasSecret}}
        <div><label for="claim">Claim that gives the role</label><input id="claim" name="claim" required maxlength="256" value="{{roleClaim}}"></div>
        </div>
        <div class="scroll"><table><caption>Which value of the claim gives which role; of several the one that may most. No value, no entry.</caption>
        <thead><tr><th scope="col">Value</th><th scope="col">Role</th></tr></thead>
        <tbody>{{#rows}}<tr><td><input name="value-{{number}}" aria-label="Value {{number}}" maxlength="256" value="{{value}}"></td><td><select name="role-{{number}}" aria-label="Role of value {{number}}">{{#roles}}<option value="{{value}}"{{#current}} selected{{/current}}>{{name}}</option>{{/roles}}</select></td></tr>
        {{/rows}}</tbody></table></div>
        <button class="btn p">Save</button></form>
        </section>
        {{#isInForce}}<section class="card"><h2>End single sign-on</h2>
        <p>Who has only come in that way needs a one-time password from you afterwards.</p>
        <form method="post" action="/single-sign-on/remove"><input type="hidden" name="csrf" value="{{frame.csrf}}"><button class="btn s">End it</button></form></section>{{/isInForce}}
        {{/main}}{{/layout}}
        """#
}
