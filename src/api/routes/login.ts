// /login: a token becomes a cookie, so that the dashboard can open its WebSocket. Works without scripts.
import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import { callerOf, cookieName } from '../access/auth.ts';
import type { Api, ApiContext, AuthOptions } from '../context.ts';

const maxAgeSeconds = 30 * 86_400;

/** Only a path of this hub, never another site. */
const pathWithin = (text: string | undefined): string =>
  text && /^\/(?![/\\])[^\s\\]*$/.test(text) && text.length < 2000 ? text : '/';

function remember(c: Context, token: string): void {
  setCookie(c, cookieName, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    secure: new URL(c.req.url).protocol === 'https:',
    maxAge: maxAgeSeconds,
  });
}

/** A page that leads on by itself. A redirect would not do: a Strict cookie is not sent along one that began on another site. */
const onward = (to: string) =>
  html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta http-equiv="refresh" content="0;url=${to}" />
      <title>stathub</title>
      <p><a href="${to}">Open stathub</a></p>
    </html>`;

const form = (next: string, problem: string) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Log in · stathub</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/login.css" />
      </head>
      <body>
        <main>
          <h1>stathub</h1>
          <p>
            This hub is reachable from other machines, so it asks for a token. Its first one was printed when it first
            started; <code>stathub token create --role admin</code> on the master makes another.
          </p>
          <form method="post" action="/login">
            <input type="hidden" name="next" value="${next}" /> <label for="token">Token</label
            ><input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
            ${problem ? html`<p role="alert">${problem}</p>` : ''}<button>Log in</button>
          </form>
        </main>
      </body>
    </html>`;

const css = `:root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1c1e21;--line:#d6d8db;--dim:#5c6167;--accent:#3b5bdb;--bad:#b42318}
@media (prefers-color-scheme:dark){:root{--bg:#131518;--fg:#e8eaed;--line:#33373d;--dim:#9aa1a9;--accent:#91a7ff;--bad:#ff8a7a}}
body{margin:0;background:var(--bg);color:var(--fg);font:14px/1.5 Inter,system-ui,sans-serif}
main{max-width:26rem;margin:18vh auto 0;padding:0 24px}
h1{font-size:20px;margin:0 0 8px}
p{color:var(--dim)}
code{font:12px ui-monospace,monospace}
label{display:block;font-weight:550;margin:16px 0 4px}
input{box-sizing:border-box;width:100%;padding:8px;border:1px solid var(--line);border-radius:6px;
  background:transparent;color:inherit;font:13px ui-monospace,monospace}
button{margin-top:12px;padding:6px 16px;border:0;border-radius:6px;background:var(--accent);color:var(--bg);
  font:inherit;font-weight:550}
input:focus-visible,button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
[role=alert]{color:var(--bad)}`;

export function loginRoutes(app: Api, auth: AuthOptions): void {
  app.get('/login.css', (c) =>
    c.body(css, 200, { 'content-type': 'text/css', 'cache-control': 'public, max-age=3600' }),
  );
  app.get('/login', (c) => {
    const next = pathWithin(c.req.query('next'));
    return callerOf(c, auth) ? c.redirect(next) : c.html(form(next, ''), 200, { 'cache-control': 'no-store' });
  });
  app.post('/login', async (c) => {
    const body = new URLSearchParams((await c.req.text()).slice(0, 4000));
    const next = pathWithin(body.get('next') ?? undefined);
    const token = (body.get('token') ?? '').trim();
    if (!auth.tokens.check(token))
      return c.html(form(next, 'This token is not known here.'), 401, { 'cache-control': 'no-store' });
    remember(c, token);
    return c.html(onward(next), 200, { 'cache-control': 'no-store' });
  });
  app.post('/logout', (c) => {
    deleteCookie(c, cookieName, { path: '/' });
    return c.html(onward('/login'), 200, { 'cache-control': 'no-store' });
  });
  // A link with `?token=` (printed at the first start) is exchanged on any page, and the token leaves the address bar.
  app.use(async (c, next) => {
    const token =
      c.req.method === 'GET' && /\btext\/html\b/.test(c.req.header('accept') ?? '') ? c.req.query('token') : undefined;
    if (token === undefined) return next();
    const url = new URL(c.req.url);
    url.searchParams.delete('token');
    const rest = pathWithin(url.pathname + url.search);
    if (!auth.tokens.check(token))
      return c.html(form(rest, 'The token of this link is not known here.'), 401, { 'cache-control': 'no-store' });
    remember(c, token);
    return c.html(onward(rest), 200, { 'cache-control': 'no-store' });
  });
}

/** Sends a person's browser to the form, and back afterwards. */
export function toLogin(c: ApiContext): Response {
  const url = new URL(c.req.url);
  return c.redirect(`/login?next=${encodeURIComponent(url.pathname + url.search)}`);
}
