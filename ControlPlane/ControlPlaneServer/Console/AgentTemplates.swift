extension Templates {
    /// The fleet, one agent, and how a new one comes in.
    static let agentSources: [String: String] = [
        "agents": agents, "agent": agent, "newEnvironment": newEnvironment, "addAgent": addAgent, "command": command,
        "enrolmentProgress": enrolmentProgress, "progressSteps": progressSteps,
    ]

    private static let agents = #"""
        {{<layout}}{{$actions}}{{#addHref}}<a class="btn p" href="{{.}}">Add an agent</a>{{/addHref}}{{/actions}}{{$main}}
        {{#hasAgents}}<ul class="filters" aria-label="Filters">{{#filters}}<li><a href="{{href}}" aria-current="{{current}}">{{name}}</a></li>{{/filters}}</ul>
        <section class="card">
        {{#hasRows}}<div class="scroll"><table><caption>{{tableCaption}}</caption>
        <thead><tr><th scope="col">State</th><th scope="col">Agent</th><th scope="col">Last heartbeat</th><th scope="col">Version</th><th scope="col" class="wide">Certificate ends</th><th scope="col" class="num wide">Spool</th><th scope="col" class="num">Denied</th><th scope="col">Last error</th></tr></thead>
        <tbody>{{#rows}}<tr><td>{{#state}}{{>pill}}{{/state}}</td><th scope="row" class="name"><a href="{{href}}"><bdi>{{hostname}}</bdi></a><small class="mono">{{id}}</small></th><td class="name">{{lastSeen}}{{#clock}}<small class="alert">{{.}}</small>{{/clock}}</td><td class="name"><bdi>{{version}}</bdi><small><bdi>{{platform}}</bdi></small>{{#advice}}<small class="alert">{{.}}</small>{{/advice}}</td><td class="wide">{{notAfter}}</td><td class="num wide">{{spool}}</td><td class="num">{{missing}}</td><td class="name"><bdi>{{lastError}}</bdi></td></tr>
        {{/rows}}</tbody></table></div>{{/hasRows}}
        {{^hasRows}}<p class="dim">No agent is in this state.</p>{{/hasRows}}
        </section>{{/hasAgents}}
        {{^hasAgents}}<div class="card empty"><h2>No agent yet</h2><p>An agent reads the cloud with read-only rights and sends what it read, sealed, to this server.</p>{{#addHref}}<a class="btn p" href="{{.}}">Add an agent</a>{{/addHref}}</div>{{/hasAgents}}
        {{/main}}{{/layout}}
        """#

    private static let agent = #"""
        {{<layout}}{{$sub}}<p class="sub">{{#state}}{{>pill}}{{/state}} <span class="mono">{{id}}</span></p>{{/sub}}{{$main}}
        {{#remarks}}<div class="note {{kind}}" role="status"><p><b>{{heading}}</b> {{text}}</p></div>
        {{/remarks}}
        <div class="grid g2">
        <section class="card"><h2>What it says of itself</h2><dl class="kv">
        <dt>Last heartbeat</dt><dd>{{lastSeen}}</dd><dt>Clock</dt><dd>{{clock}}</dd><dt>Version</dt><dd><bdi>{{version}}</bdi></dd><dt>Platform</dt><dd><bdi>{{platform}}</bdi></dd><dt>Spool</dt><dd>{{spool}}</dd><dt>Last error</dt><dd><bdi>{{lastError}}</bdi></dd><dt>Permissions</dt><dd>{{permissions}}</dd>
        </dl>
        {{#hasMissing}}<details><summary>What was denied</summary><ul class="facts">{{#missing}}<li class="mono"><bdi>{{.}}</bdi></li>{{/missing}}</ul></details>{{/hasMissing}}
        </section>
        <section class="card"><h2>Certificate</h2><dl class="kv">
        <dt>Serial</dt><dd class="mono">{{serial}}</dd><dt>Epoch</dt><dd>{{epoch}}</dd><dt>Not before</dt><dd>{{notBefore}}</dd><dt>Not after</dt><dd>{{notAfter}}</dd><dt>Issuing key</dt><dd class="mono">{{issuer}}</dd><dt>Came in</dt><dd>{{enrolled}}</dd><dt>By</dt><dd class="mono">{{cameBy}}</dd>
        </dl></section>
        </div>
        {{#mayAct}}<section class="card"><h2>What you can do</h2>
        {{#acts}}<form class="act" method="post" action="/agents/{{id}}"><input type="hidden" name="csrf" value="{{csrf}}"><input type="hidden" name="act" value="{{word}}"><p>{{text}}</p><button class="btn">{{name}}</button></form>
        {{/acts}}
        {{#releases}}<form class="act" method="post" action="/agents/{{id}}"><input type="hidden" name="csrf" value="{{frame.csrf}}"><input type="hidden" name="act" value="release"><p><label for="held">End the quarantine. What was held</label><select id="held" name="held"><option value="analyse">is analysed now</option><option value="discard">stays unanalysed for good</option></select></p><button class="btn">Release</button></form>{{/releases}}
        <form class="act" method="post" action="/agents/{{id}}"><input type="hidden" name="csrf" value="{{frame.csrf}}"><input type="hidden" name="act" value="revoke"><p><label for="typed">Revoke it for good, from its next request on. To confirm, type <bdi class="mono">{{typedName}}</bdi></label><input id="typed" name="typed" required maxlength="120" autocomplete="off" spellcheck="false"></p><button class="btn d">Revoke</button></form>
        </section>{{/mayAct}}
        <section class="card"><h2>Last runs</h2>
        {{#hasRuns}}<div class="scroll"><table><caption>Of its bundles, newest first</caption>
        <thead><tr><th scope="col">Status</th><th scope="col">Run</th><th scope="col">Bundle accepted</th><th scope="col">Reason</th></tr></thead>
        <tbody>{{#runs}}<tr><td>{{#status}}{{>pill}}{{/status}}</td><th scope="row" class="name mono">{{#href}}<a href="{{.}}">{{id}}</a>{{/href}}{{^href}}{{id}}{{/href}}</th><td>{{created}}</td><td class="name"><bdi>{{reason}}</bdi></td></tr>
        {{/runs}}</tbody></table></div>{{/hasRuns}}
        {{^hasRuns}}<p class="dim">None among the environment's last hundred.</p>{{/hasRuns}}
        </section>
        <section class="card"><h2>Its certificates</h2>
        <div class="scroll"><table><caption>Newest first; rows stay after a certificate has ended</caption>
        <thead><tr><th scope="col">State</th><th scope="col">Serial</th><th scope="col" class="num">Epoch</th><th scope="col">Not before</th><th scope="col">Not after</th><th scope="col">First used</th><th scope="col">Replaced</th></tr></thead>
        <tbody>{{#certificates}}<tr><td>{{#state}}{{>pill}}{{/state}}</td><th scope="row" class="name mono">{{serial}}</th><td class="num">{{epoch}}</td><td>{{notBefore}}</td><td>{{notAfter}}</td><td>{{firstUsed}}</td><td>{{replaced}}</td></tr>
        {{/certificates}}</tbody></table></div></section>
        {{#hasEvents}}<section class="card"><h2>History</h2>
        <div class="scroll"><table><caption>From the newest thousand entries of the audit log</caption>
        <thead><tr><th scope="col">Time</th><th scope="col">Act</th><th scope="col">Who</th><th scope="col">Detail</th></tr></thead>
        <tbody>{{#events}}<tr><td class="when">{{time}}</td><th scope="row">{{act}}</th><td class="name"><bdi>{{actor}}</bdi></td><td class="name">{{detail}}</td></tr>
        {{/events}}</tbody></table></div></section>{{/hasEvents}}
        {{/main}}{{/layout}}
        """#

    private static let newEnvironment = #"""
        {{<layout}}{{$main}}
        {{#message}}<div class="note bad" role="alert"><p>{{.}}</p></div>{{/message}}
        <section class="card"><h2>1. Name it</h2>
        <p class="dim">An environment is the cloud accounts that belong together, say all of production. Findings, paths and plans are made for each by itself.</p>
        <form class="fields" method="post" action="/environments"><input type="hidden" name="csrf" value="{{frame.csrf}}">
        <div><label for="name">Name</label><input id="name" name="name" required maxlength="64" value="{{name}}" autocomplete="off"></div><button class="btn p">Make it and add an agent</button></form></section>
        {{/main}}{{/layout}}
        """#

    private static let addAgent = #"""
        {{<layout}}{{$actions}}{{#newHref}}<a class="btn" href="{{.}}">New environment</a>{{/newHref}}{{/actions}}{{$main}}
        {{#message}}<div class="note bad" role="alert"><p>{{.}}</p></div>{{/message}}
        <p>How shall the agent prove that it may read <b><bdi>{{environmentName}}</bdi></b>? Roles and platform tokens need no secret; a one-time token works everywhere.</p>
        <section class="card"><h2>One-time token</h2>
        <p class="dim">Good for one agent, within an hour.</p>
        <form class="fields" method="post" action="/agents/new"><input type="hidden" name="csrf" value="{{frame.csrf}}"><input type="hidden" name="environment" value="{{environmentID}}"><input type="hidden" name="method" value="token">
        <div><label for="account">Only for this account</label><input id="account" name="account" inputmode="numeric" maxlength="12" placeholder="any" value="{{account}}"></div>
        <div><label for="host">Only for hosts named</label><input id="host" name="host" maxlength="253" placeholder="any; * stands for anything" value="{{host}}"></div>
        <div><label for="approval-token">Live</label><select id="approval-token" name="approval"><option value="no">at once</option><option value="yes">after somebody approved it</option></select></div>
        <button class="btn p">Make a token</button></form></section>
        <section class="card"><h2>AWS role</h2>
        <p class="dim">AWS itself says as which role the agent acts. For agents on EC2, ECS, EKS or Lambda roles.</p>
        <form class="fields" method="post" action="/agents/new"><input type="hidden" name="csrf" value="{{frame.csrf}}"><input type="hidden" name="environment" value="{{environmentID}}"><input type="hidden" name="method" value="aws-iam">
        <div class="w"><label for="roles">Roles, one a line</label><textarea id="roles" name="roles" rows="2" required maxlength="4000" placeholder="arn:aws:iam::123456789012:role/cloudryption-agent">{{roles}}</textarea></div>
        <div><label for="approval-aws">Live</label><select id="approval-aws" name="approval"><option value="no">at once</option><option value="yes">after somebody approved it</option></select></div>
        <button class="btn p">Make a rule</button></form></section>
        <section class="card"><h2>Platform token</h2>
        <p class="dim">A Kubernetes service account, Google Cloud, Azure or GitHub vouches for the agent.</p>
        <form class="fields" method="post" action="/agents/new"><input type="hidden" name="csrf" value="{{frame.csrf}}"><input type="hidden" name="environment" value="{{environmentID}}"><input type="hidden" name="method" value="oidc">
        <div class="f"><label for="issuer">Issuer</label><input id="issuer" name="issuer" required maxlength="512" placeholder="https://oidc.eks.eu-west-1.amazonaws.com/id/…" value="{{issuer}}"></div>
        <div class="f"><label for="subjects">Subjects, one a line</label><textarea id="subjects" name="subjects" rows="2" required maxlength="4000" placeholder="system:serviceaccount:security:cloudryption-agent">{{subjects}}</textarea></div>
        <div><label for="audience">Audience</label><input id="audience" name="audience" maxlength="256" placeholder="{{audience}}" value="{{chosenAudience}}"></div>
        <div><label for="approval-oidc">Live</label><select id="approval-oidc" name="approval"><option value="no">at once</option><option value="yes">after somebody approved it</option></select></div>
        <button class="btn p">Make a rule</button></form></section>
        {{/main}}{{/layout}}
        """#

    private static let command = #"""
        <div class="cmd"><code id="command">{{command}}</code><button class="btn s" type="button" hidden data-copy="command">Copy</button></div>
        <p class="hint">Then start it: <code>cloudryption-agent run</code>. The pin makes sure that it talks to this server and to nobody in between.</p>
        """#

    private static let progressSteps = #"""
        <div class="scroll"><table><caption>{{caption}}</caption>
        <thead><tr><th scope="col">State</th><th scope="col">Step</th><th scope="col">What is known</th></tr></thead>
        <tbody>{{#steps}}<tr><td>{{#state}}{{>pill}}{{/state}}</td><th scope="row">{{name}}</th><td class="name"><bdi>{{text}}</bdi></td></tr>
        {{/steps}}</tbody></table></div>
        """#

    private static let enrolmentProgress = #"""
        {{<layout}}{{$main}}
        {{#command}}<section class="card"><h2>Run this where the agent will live</h2>
        {{#expires}}<div class="note good" role="status"><p><b>Shown once.</b> The token works one time, until {{.}}.</p></div>{{/expires}}
        {{>command}}</section>{{/command}}
        <section class="card"><h2>How far it is</h2>
        {{>progressSteps}}
        {{#again}}<p class="hint"><a class="btn s" href="{{.}}"{{#reloads}} data-reload="5"{{/reloads}}>{{againName}}</a></p>{{/again}}
        {{#agentHref}}<p class="hint"><a href="{{.}}">The agent's page</a></p>{{/agentHref}}
        </section>
        {{#isLate}}<section class="card"><h2>Why it may take so long</h2><ul class="causes">{{#causes}}<li>{{.}}</li>{{/causes}}</ul></section>{{/isLate}}
        {{/main}}{{/layout}}
        """#
}
