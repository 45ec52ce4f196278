// Who asks, and may they: tokens and cookies, roles, and the Host and Origin checks that keep other web pages out.
import type { MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { Refusal } from '../../model/errors.ts';
import type { Caller } from '../cluster.ts';
import type { ApiContext, ApiEnv, AuthOptions } from '../context.ts';
import type { Role } from './tokens.ts';

export const cookieName = 'stathub';

/** 127.0.0.0/8, ::1 and localhost: reachable from this machine only. */
export function isLoopback(address: string): boolean {
  const host = address.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    /^127(\.\d{1,3}){3}$/.test(host) ||
    /^::ffff:127(\.\d{1,3}){3}$/.test(host)
  );
}

/** Host name of a Host header, without its port: 'a.b:80' -> 'a.b', '[::1]:80' -> '::1'. */
const hostName = (header: string): string =>
  header
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();

/** The port that this request came in by: a Host header may name another. */
const localPort = (c: ApiContext): number | undefined =>
  (c.env as { incoming?: { socket?: { localPort?: number } } } | undefined)?.incoming?.socket?.localPort;

/** Where a request came from, as audit events tell it. */
export function origin(c: ApiContext): string {
  const socket = (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket;
  return socket?.remoteAddress?.replace(/^::ffff:/, '') ?? 'here';
}

/**
 * Refuses what another web page could make a browser send. A loopback hub has no token, so a page that rebinds its own
 * name to 127.0.0.1 would be let in: only loopback names (and configured ones) may stand in Host. What carries an Origin
 * must carry ours: forms, fetches and WebSockets of other pages do not.
 */
export function guardOrigin(auth: AuthOptions): MiddlewareHandler<ApiEnv> {
  const loopback = isLoopback(auth.bind);
  const known = new Set((auth.hosts ?? []).map((host) => host.toLowerCase()));
  return async (c, next) => {
    const host = c.req.header('host') ?? new URL(c.req.url).host;
    if (loopback && !isLoopback(hostName(host)) && !known.has(hostName(host))) {
      throw new Refusal(
        'forbidden',
        `this hub listens on loopback only and does not answer to the name "${hostName(host)}"`,
        `open it as http://localhost:${localPort(c) ?? (new URL(c.req.url).port || '80')}, or start it with --bind and a token`,
      );
    }
    const from = c.req.header('origin');
    if (from !== undefined && !sameHost(from, host)) {
      throw new Refusal(
        'forbidden',
        `a page of ${from.slice(0, 200)} may not use this hub`,
        "use the hub's own dashboard, or a client that sends no Origin",
      );
    }
    const site = c.req.header('sec-fetch-site');
    if (from === undefined && site === 'cross-site' && !isNavigation(c)) {
      throw new Refusal('forbidden', 'another site may not load from this hub', 'open the address itself');
    }
    await next();
  };
}

function sameHost(origin: string, host: string): boolean {
  try {
    return new URL(origin).host === new URL(`${origin.slice(0, origin.indexOf(':'))}://${host}`).host;
  } catch {
    return false;
  }
}

const isNavigation = (c: ApiContext): boolean =>
  c.req.method === 'GET' &&
  c.req.header('sec-fetch-mode') === 'navigate' &&
  c.req.header('sec-fetch-dest') === 'document';

/** The token a request carries: `Authorization: Bearer` (explicit), or the dashboard's cookie. */
function presented(c: ApiContext): { token: string; explicit: boolean } | null {
  const header = c.req.header('authorization');
  const bearer = header === undefined ? null : /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (header !== undefined) return { token: bearer ?? '', explicit: true };
  const cookie = getCookie(c, cookieName);
  return cookie ? { token: cookie, explicit: false } : null;
}

/**
 * Who asks, or null. On loopback everyone is admin, as everyone who reaches it is on this machine; a token that is sent
 * all the same counts, so that its role can be tried, and a wrong one is told rather than ignored.
 */
export function callerOf(c: ApiContext, auth: AuthOptions): Caller | null {
  const given = presented(c);
  const holder = given ? auth.tokens.check(given.token) : null;
  if (holder) return { name: holder.name, role: holder.role, from: origin(c) };
  return isLoopback(auth.bind) && !given?.explicit ? { name: 'local', role: 'admin', from: origin(c) } : null;
}

/** Sets `caller`, or refuses with 401. */
export function authenticate(auth: AuthOptions): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller = callerOf(c, auth);
    if (!caller) {
      const sent = c.req.header('authorization') !== undefined || getCookie(c, cookieName) !== undefined;
      throw new Refusal(
        'unauthorised',
        sent
          ? 'this token is not known here (any more)'
          : 'this hub is reachable from other machines, so it asks for a token',
        'send "Authorization: Bearer TOKEN", or log in at /login; `stathub token create` on the master makes one',
      );
    }
    c.set('caller', caller);
    await next();
  };
}

const rank: Record<Role, number> = { node: -1, read: 0, deploy: 1, admin: 2 };

/** Refuses callers below a role. `node` is apart from the others: a join token opens the link and nothing else. */
export function permit(role: Role): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    demand(c.get('caller'), role);
    await next();
  };
}

/** @throws Refusal `forbidden` */
export function demand(caller: Caller, role: Role): void {
  const allowed = role === 'node' ? caller.role === 'node' || caller.role === 'admin' : rank[caller.role] >= rank[role];
  if (!allowed) {
    throw new Refusal(
      'forbidden',
      `this needs the role ${role}; "${caller.name}" has ${caller.role}`,
      caller.role === 'node'
        ? 'a join token only lets a node join'
        : `ask an admin for a token: stathub token create --role ${role}`,
    );
  }
}
