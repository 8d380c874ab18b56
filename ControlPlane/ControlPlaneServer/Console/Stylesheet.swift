/// The console's one stylesheet. System fonts; light and dark by the reader's setting; readable from 320 pixels up and on paper.
enum Stylesheet {
    static let text = #"""
        @layer base,comp,util;
        :root{color-scheme:light dark;--bg:light-dark(#f6f7fa,#0b0e14);--surface:light-dark(#fff,#12161f);--raised:light-dark(#fff,#181d28);--line:light-dark(#e1e6ee,#262d3b);--line2:light-dark(#8b95a7,#5b667a);--ink:light-dark(#0f172a,#e8ecf3);--ink2:light-dark(#4b5768,#a4afc0);--accent:light-dark(#3046d8,#8fa2ff);--accent-bg:light-dark(#eceffe,#1e2545);--on-accent:light-dark(#fff,#0b0e14);
        --crit:light-dark(#b00d28,#ff7d8e);--crit-bg:light-dark(#fdecef,#3a1119);--high:light-dark(#a63c06,#ffa066);--high-bg:light-dark(#fff0e6,#38200f);--med:light-dark(#7a5600,#f0c24b);--med-bg:light-dark(#fff7dc,#332a0d);--low:light-dark(#1f5d9c,#7db8f5);--low-bg:light-dark(#e8f2fc,#10263c);--ok:light-dark(#146c3c,#5fd394);--ok-bg:light-dark(#e6f6ec,#0f2a1b);--crown:light-dark(#6426c9,#c0a2ff);--crown-bg:light-dark(#f3edff,#251a3f);
        --s1:4px;--s2:8px;--s3:12px;--s4:16px;--s5:24px;--s6:32px;--r:10px;--focus:0 0 0 2px var(--bg),0 0 0 4px var(--accent);--mono:ui-monospace,"JetBrains Mono","SFMono-Regular","DejaVu Sans Mono",Menlo,Consolas,monospace}
        @layer base{
        *{box-sizing:border-box}
        html{scrollbar-gutter:stable}
        body{margin:0;font:400 14px/1.5 Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;background:var(--bg);color:var(--ink);-webkit-text-size-adjust:100%}
        h1{font-size:22px;line-height:1.25;margin:0;letter-spacing:-.015em;font-weight:650;overflow-wrap:anywhere}
        h2{font-size:15px;line-height:1.35;margin:0 0 var(--s3);font-weight:630}
        h3{font-size:14px;margin:0;font-weight:630}
        p{margin:0 0 var(--s2)}
        a{color:var(--accent);text-underline-offset:2px}
        :focus-visible{outline:2px solid transparent;box-shadow:var(--focus);border-radius:6px}
        code,pre,.mono{font-family:var(--mono);font-size:12.5px;overflow-wrap:anywhere}
        pre{margin:0;white-space:pre-wrap}
        .num{font-variant-numeric:tabular-nums}
        time{white-space:nowrap}
        }
        @layer comp{
        .skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--surface);padding:8px 12px;z-index:9}
        .spr{position:absolute;width:0;height:0}
        .shell{display:grid;grid-template-columns:232px minmax(0,1fr);min-height:100vh}
        .side{border-right:1px solid var(--line);padding:var(--s4) var(--s3);background:var(--surface);display:flex;flex-direction:column;gap:2px;position:sticky;top:0;height:100vh;overflow:auto}
        .brand{font-weight:680;padding:2px 8px 12px;display:flex;gap:9px;align-items:center;font-size:15px;letter-spacing:-.01em;color:var(--ink);text-decoration:none}
        .brand svg{width:20px;height:20px;color:var(--accent)}
        .side h2{font-size:11px;text-transform:uppercase;letter-spacing:.06em;color:var(--ink2);padding:14px 8px 4px;margin:0}
        .side ul{list-style:none;margin:0;padding:0}
        .side li a{display:flex;gap:10px;align-items:center;padding:6px 8px;border-radius:8px;color:var(--ink);text-decoration:none}
        .side li a:hover{background:var(--bg)}
        .side a[aria-current=page]{background:var(--accent-bg);color:var(--accent);font-weight:600}
        .side .b{margin-left:auto;font-size:12px;color:var(--ink2);font-variant-numeric:tabular-nums}
        .who{margin-top:auto;padding:12px 8px 0;border-top:1px solid var(--line);font-size:13px;color:var(--ink2);overflow-wrap:anywhere}
        .who b{display:block;color:var(--ink);font-weight:600}
        .who form{margin-top:8px}
        main{padding:var(--s5) var(--s6) 48px;max-width:1480px;width:100%;min-width:0}
        .top{display:flex;gap:var(--s3);align-items:flex-start;margin-bottom:var(--s4);flex-wrap:wrap}
        .top>div:first-child{min-width:0;flex:1 1 320px}
        .top .r{display:flex;gap:8px;flex-wrap:wrap}
        .crumb{color:var(--ink2);font-size:13px;margin:0 0 4px}
        .sub{color:var(--ink2);margin:4px 0 0;overflow-wrap:anywhere}
        .sub .pill{margin-right:4px}
        .prov{display:flex;flex-wrap:wrap;gap:2px 18px;color:var(--ink2);font-size:12.5px;margin:var(--s5) 0 0;padding-top:var(--s3);border-top:1px solid var(--line)}
        .prov div{display:flex;gap:6px;min-width:0}.prov dt{font-weight:600}.prov dd{margin:0;overflow-wrap:anywhere}
        .btn{display:inline-flex;gap:6px;align-items:center;border:1px solid var(--line);background:var(--raised);color:var(--ink);border-radius:8px;padding:6px 12px;font:inherit;font-weight:550;cursor:pointer;text-decoration:none;white-space:nowrap}
        .btn:hover{border-color:var(--line2)}
        .btn.p{background:var(--accent);border-color:transparent;color:var(--on-accent)}
        .btn.s{padding:3px 9px;font-size:13px}
        .btn.d{color:var(--crit);border-color:var(--crit)}
        .card{background:var(--surface);border:1px solid var(--line);border-radius:var(--r);padding:var(--s4);margin-bottom:var(--s4);min-width:0}
        .card>h2:only-child{margin:0}
        .grid{display:grid;gap:var(--s4);margin-bottom:var(--s4)}.grid>.card{margin:0}
        .g4{grid-template-columns:repeat(4,minmax(0,1fr))}.g3{grid-template-columns:repeat(3,minmax(0,1fr))}.g2{grid-template-columns:minmax(0,11fr) minmax(0,9fr)}
        .pill{display:inline-flex;align-items:center;gap:5px;border-radius:99px;padding:1px 9px 1px 7px;font-size:12px;font-weight:600;white-space:nowrap}
        .pill svg{width:12px;height:12px;flex:none}
        .critical,.failed,.fail,.revoked{color:var(--crit);background:var(--crit-bg)}.high{color:var(--high);background:var(--high-bg)}.medium,.unknown,.conditional,.queued,.running,.stale,.waiting{color:var(--med);background:var(--med-bg)}.low{color:var(--low);background:var(--low-bg)}.informational,.notApplicable{color:var(--ink2);background:var(--bg)}.ok,.pass,.proven,.succeeded,.live{color:var(--ok);background:var(--ok-bg)}.crown{color:var(--crown);background:var(--crown-bg)}
        .kpi b{display:block;font-size:28px;font-weight:650;letter-spacing:-.03em;line-height:1.2;font-variant-numeric:tabular-nums}
        .kpi .l{color:var(--ink2);display:block}
        .kpi p{margin:6px 0 0;color:var(--ink2);font-size:13px}
        .kpi.bad b{color:var(--crit)}
        .kpi.good b{color:var(--ok)}
        .scroll{overflow-x:auto;margin:0 calc(-1*var(--s4));padding:0 var(--s4)}
        table{border-collapse:collapse;width:100%}
        caption{text-align:left;color:var(--ink2);padding-bottom:8px}
        thead th{font-weight:600;color:var(--ink2);text-align:left;font-size:12.5px;white-space:nowrap}
        tbody th{font-weight:550;text-align:left;color:var(--ink)}
        th,td{padding:9px 10px;border-bottom:1px solid var(--line);vertical-align:top}
        tbody tr:last-child>*{border-bottom:0}
        tbody tr:hover{background:var(--bg)}
        td.num,th.num{text-align:right;white-space:nowrap}
        .name{overflow-wrap:anywhere;min-width:9em}
        .name small,.dim{color:var(--ink2);font-size:12.5px}
        .name small{display:block;font-weight:400}
        .name small.alert{color:var(--med)}
        .kv{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:6px 16px;margin:0 0 var(--s2)}.kv dt{color:var(--ink2)}.kv dd{margin:0;overflow-wrap:anywhere}
        .act{display:flex;gap:12px;align-items:center;justify-content:space-between;flex-wrap:wrap;padding:10px 0;border-bottom:1px solid var(--line)}.act:last-child{border-bottom:0;padding-bottom:0}.act p{flex:1 1 320px;margin:0}.act label{font-weight:400;margin:0 0 6px}.act input,.act select{max-width:420px}
        .causes{margin:0;padding-left:20px}.causes li{margin:4px 0}
        .steps{list-style:none;margin:var(--s4) 0 0;padding:0;counter-reset:s}
        .card p{overflow-wrap:anywhere}
        .steps>li{position:relative;padding:0 0 18px 36px;counter-increment:s;overflow-wrap:anywhere}
        .steps>li:last-child{padding-bottom:0}
        .steps>li::before{content:counter(s);position:absolute;left:0;top:0;width:22px;height:22px;border-radius:50%;background:var(--crit-bg);color:var(--crit);font-weight:650;font-size:12px;display:grid;place-items:center}
        .steps>li:not(:last-child)::after{content:"";position:absolute;left:10.5px;top:26px;bottom:2px;width:1px;background:var(--line)}
        .steps p{margin:2px 0 0;color:var(--ink2)}
        .steps .arrow{color:var(--ink2);padding:0 4px}
        details>summary{cursor:pointer;color:var(--ink2);font-size:13px;padding:2px 0}
        details[open]>summary{margin-bottom:6px}
        .facts{list-style:none;margin:0;padding:0 0 0 2px;font-size:12.5px;color:var(--ink2)}
        .facts li{padding:2px 0;overflow-wrap:anywhere}
        .group{border-bottom:1px solid var(--line);padding:10px 0}
        .group:last-child{border-bottom:0}
        .group>summary{display:flex;gap:10px;align-items:baseline;color:var(--ink);font-size:14px;flex-wrap:wrap}
        .group>summary::before{content:"▸";color:var(--ink2)}.group[open]>summary::before{content:"▾"}
        .group>summary::-webkit-details-marker{display:none}.group>summary .t{flex:1 1 240px;font-weight:550;overflow-wrap:anywhere}
        .note{border-radius:var(--r);border:1px solid var(--line);padding:10px 14px;margin-bottom:var(--s4);background:var(--surface);overflow-wrap:anywhere}
        .note.warn{background:var(--med-bg);border-color:transparent;color:var(--med)}.note.bad{background:var(--crit-bg);border-color:transparent;color:var(--crit)}.note.good{background:var(--ok-bg);border-color:transparent;color:var(--ok)}
        .note a{color:inherit}
        .note b{font-weight:650}
        .note p:last-child{margin:0}
        .fig{margin:0 0 var(--s4);overflow:auto;padding:var(--s3)}
        .fig svg{display:block;max-width:none;margin:0 auto}
        .fields{display:flex;gap:12px;align-items:end;flex-wrap:wrap}
        label{display:block;font-weight:600;margin:12px 0 4px}
        .fields label{margin-top:0}
        .fields .w{flex:1 1 360px}.fields .f{flex:1 1 100%}
        input:not([type=range]),select,textarea{width:100%;padding:8px 10px;border-radius:8px;border:1px solid var(--line2);background:var(--raised);color:var(--ink);font:inherit}
        input[type=checkbox]{width:auto;margin:0 6px 0 0;vertical-align:-1px;accent-color:var(--accent)}label:has([type=checkbox]){font-weight:400}
        input[type=range]{accent-color:var(--accent);width:100%}
        meter{width:100%;height:12px}
        .filters{display:flex;gap:6px;flex-wrap:wrap;margin:0 0 var(--s3);padding:0;list-style:none}
        .filters a{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:2px 11px;color:var(--ink);text-decoration:none;font-size:13px;background:var(--surface)}
        .filters a[aria-current=true]{background:var(--accent-bg);border-color:transparent;color:var(--accent);font-weight:600}
        .login{max-width:380px;margin:12vh auto 0;padding:0 16px}
        .login .card{padding:24px}.login .brand{padding:0 0 16px}.login .btn{margin-top:20px;width:100%;justify-content:center;padding:9px}
        .hint{color:var(--ink2);font-size:13px;margin:6px 0 0}
        .cmd{display:flex;gap:8px;align-items:flex-start;background:light-dark(#0f172a,#05070b);color:#e2e8f0;border-radius:8px;padding:10px 12px;margin:8px 0}
        .cmd code{flex:1;white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}
        .cmd button{flex:none}
        .qr{display:block;width:min(230px,100%);margin:12px auto;background:#fff;fill:#000;shape-rendering:crispEdges;border-radius:8px}
        .login .cmd .btn{width:auto;margin:0;padding:3px 9px}
        td.when{white-space:nowrap}
        [hidden]{display:none!important}
        .empty{text-align:center;padding:36px 16px;color:var(--ink2)}.empty h2{color:var(--ink)}.empty .cmd{text-align:left;max-width:760px;margin:16px auto}
        .ba{display:grid;grid-template-columns:1fr 1fr;gap:12px}.ba pre{background:var(--bg);border:1px solid var(--line);border-radius:8px;padding:8px 10px;max-height:22em;overflow:auto}
        .ba h4{margin:0 0 4px;font-size:12.5px;color:var(--ink2)}
        .ag{font:500 12px Inter,"Segoe UI",Roboto,"Liberation Sans",Arial,system-ui,sans-serif}.ag .c{fill:var(--raised);stroke:var(--line2);stroke-width:1.2}.ag .hot .c{stroke:var(--crit);stroke-width:1.8}.ag .s-crown .c{stroke:var(--crown)}.ag .t{font-weight:600;font-size:12px;fill:var(--ink)}.ag .u{font-size:10.5px;fill:var(--ink2)}.ag .i{font-size:11px;font-weight:700;fill:var(--ink2)}.ag .ib{fill:var(--bg)}.ag .bar{fill:var(--crit)}.ag .s-crown .bar{fill:var(--crown)}.ag .s-crown .ib{fill:var(--crown-bg)}.ag .s-crown .i{fill:var(--crown)}.ag .e{fill:none;stroke:var(--crit);stroke-width:2.2}.ag .e.q{stroke-dasharray:6 4}.ag .mkh{fill:var(--crit)}.ag .l rect{fill:var(--crit-bg);stroke:var(--crit)}.ag .l text{font-size:9.5px;fill:var(--crit);font-weight:600}.ag .l.q rect{stroke-dasharray:4 3}
        }
        @media(prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
        @media(max-width:900px){.shell{grid-template-columns:minmax(0,1fr)}.side{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line);padding:10px 16px;gap:6px;min-width:0}.side h2{display:none}.side nav{display:flex;gap:4px;overflow-x:auto;margin:0 -16px;padding:0 16px}.side ul{display:flex;gap:4px}.side li a{white-space:nowrap;padding:4px 10px}.side .b{margin-left:0}.brand{padding-bottom:2px}.who{border:0;padding:0;display:flex;gap:10px;align-items:center;flex-wrap:wrap;margin:0}.who b{display:inline}.who form{margin:0 0 0 auto}main{padding:16px 16px 40px}.g4{grid-template-columns:repeat(2,minmax(0,1fr))}.g3,.g2,.ba{grid-template-columns:minmax(0,1fr)}.top .r{margin-left:0}}
        @media(max-width:600px){.kpi b{font-size:23px}.wide{display:none}.card{padding:14px}th,td{padding:8px 7px}}
        @media print{.side,.top .r,.skip,.filters,.fields{display:none}.shell{display:block}main{padding:0;max-width:none}:root{color-scheme:light}.card{break-inside:avoid}thead{display:table-header-group}tr{break-inside:avoid}@page{size:A4;margin:16mm 14mm}}

        """#
}

/// The console's one script: buttons that copy, a slider that submits itself, a page that
/// waits, and passkeys, which only a script can ask for. Everything else
/// works without it.
enum Script {
    static let text = #"""
        "use strict";
        for (const button of document.querySelectorAll("[data-copy]")) {
          const source = document.getElementById(button.dataset.copy);
          if (!source || !navigator.clipboard) continue;
          button.hidden = false;
          button.addEventListener("click", async () => {
            await navigator.clipboard.writeText(source.textContent);
            button.textContent = "Copied";
          });
        }
        for (const link of document.querySelectorAll("[data-reload]")) {
          setInterval(() => document.hidden || location.replace(link.href), 1000 * link.dataset.reload);
        }
        for (const input of document.querySelectorAll("[data-submit]")) {
          input.addEventListener("change", () => input.form.requestSubmit());
        }
        const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
        const text = (buffer) =>
          btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
        for (const button of document.querySelectorAll("[data-passkey]")) {
          if (!window.PublicKeyCredential) continue;
          const { passkey, csrf, next } = button.dataset;
          const send = async (path, body) => {
            const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
            const answer = await fetch("/api/v1/" + path, { method: "POST", headers, body: body && JSON.stringify(body) });
            const said = await answer.json();
            if (answer.ok) return said;
            if (said.code === "auth.stepUpRequired") location.assign("/step-up?next=" + encodeURIComponent(location.pathname));
            throw new Error(said.detail);
          };
          const make = async (wish) => {
            const user = { id: bytes(wish.user), name: wish.email, displayName: wish.email };
            const made = await navigator.credentials.create({
              publicKey: {
                challenge: bytes(wish.challenge), rp: { id: wish.relyingParty, name: "Cloudryption" }, user, attestation: "none",
                pubKeyCredParams: [{ type: "public-key", alg: -8 }, { type: "public-key", alg: -7 }],
                excludeCredentials: wish.credentials.map((id) => ({ type: "public-key", id: bytes(id) })),
                authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
              },
            });
            const { clientDataJSON, attestationObject } = made.response;
            return { name: navigator.platform || "passkey", clientData: text(clientDataJSON), attestation: text(attestationObject) };
          };
          const sign = async (wish) => {
            const allowCredentials = wish.credentials.map((id) => ({ type: "public-key", id: bytes(id) }));
            const made = await navigator.credentials.get({
              publicKey: { challenge: bytes(wish.challenge), rpId: wish.relyingParty, allowCredentials, userVerification: "required" },
            });
            const { clientDataJSON, authenticatorData, signature } = made.response;
            const answer = { credential: text(made.rawId), clientData: text(clientDataJSON) };
            return { passkey: { ...answer, authenticatorData: text(authenticatorData), signature: text(signature) } };
          };
          button.hidden = false;
          button.addEventListener("click", async () => {
            try {
              const wish = await send("session/challenge");
              await send(passkey, await (passkey === "me/passkeys" ? make(wish) : sign(wish)));
              location.assign(next);
            } catch (error) {
              document.getElementById("passkey-note").textContent = error.message;
            }
          });
        }

        """#
}
