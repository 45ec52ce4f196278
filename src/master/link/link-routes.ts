// HTTP routes of the link: the WebSocket and its fallback (see src/protocol/fallback.ts). Who may link is decided by the caller.
import { Hono } from 'hono';
import { upgradeWebSocket } from '@hono/node-server';
import type { Context } from 'hono';
import type { WSEvents } from 'hono/ws';
import { decodeBody, encodeBody } from '../../protocol/codec.ts';
import { maxWaitSeconds, report } from '../../protocol/fallback.ts';
import type { Answer } from '../../protocol/fallback.ts';
import { maxPayload, type MasterFrame } from '../../protocol/link.ts';
import type { PollSessions } from './poll-sessions.ts';
import type { LinkServer } from './link-server.ts';

interface LinkRoutesOptions {
  links: LinkServer;
  polls: PollSessions;
  /** Says who connects (an address, for the log), or refuses: then its Response is sent. */
  admit(context: Context): Promise<{ about: string } | Response> | { about: string } | Response;
}

const problem = (status: 400 | 410 | 413 | 503, code: string, detail: string, hint: string): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: code, status, code, detail, hint }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...(status === 503 ? { 'retry-after': '1' } : {}) },
  });

function answered(answer: Answer): Response {
  const body = encodeBody(answer);
  return new Response(body, {
    headers: {
      'content-type': 'application/json',
      ...(typeof body === 'string' ? {} : { 'content-encoding': 'deflate' }),
    },
  });
}

/** The body of a report; deflated where the request says so. */
async function bodyOf(context: Context): Promise<unknown> {
  const bytes = new Uint8Array(await context.req.arrayBuffer());
  if (bytes.length > maxPayload) throw new RangeError('too large');
  return decodeBody(context.req.header('content-encoding') === 'deflate' ? bytes : new TextDecoder().decode(bytes));
}

/** `GET /v1/link`, `POST /v1/link/:node/report`, `GET /v1/link/:node/frames`. */
export function linkRoutes({ links, polls, admit }: LinkRoutesOptions): Hono {
  const routes = new Hono();
  routes.get(
    '/v1/link',
    async (context, next) => {
      const who = await admit(context);
      if (who instanceof Response) return who;
      context.set('about' as never, who.about as never);
      return next();
    },
    upgradeWebSocket((context) => lineOf(links, String(context.get('about' as never)))),
  );
  routes.post('/v1/link/:node/report', async (context) => {
    const who = await admit(context);
    return who instanceof Response ? who : reported(context, polls, who.about);
  });
  routes.get('/v1/link/:node/frames', async (context) => {
    const who = await admit(context);
    return who instanceof Response ? who : framesFor(context, polls);
  });
  return routes;
}

/** A WebSocket as a connection. */
function lineOf(links: LinkServer, about: string): WSEvents {
  let receiver: ReturnType<LinkServer['connect']> | null = null;
  return {
    onOpen: (_event, socket) => {
      const transport = {
        kind: 'websocket' as const,
        send: (frame: MasterFrame) => {
          if (socket.readyState === 1) socket.send(encodeBody(frame));
        },
        close: (code: number, reason: string) => socket.close(code, reason),
      };
      receiver = links.connect(transport, about);
    },
    onMessage: ({ data }) => {
      if (typeof data === 'string' || data instanceof ArrayBuffer) receiver?.receive(data);
    },
    onClose: () => receiver?.closed(),
    onError: () => receiver?.closed(),
  };
}

async function reported(context: Context, polls: PollSessions, about: string): Promise<Response> {
  let body: unknown;
  try {
    body = await bodyOf(context);
  } catch (error) {
    return unreadable(error as Error);
  }
  const parsed = report.safeParse(body);
  if (!parsed.success)
    return problem(400, 'invalid-request', 'The report has another shape', 'Send {session, frames}.');
  const answer = await polls.report(context.req.param('node')!, parsed.data, about);
  return answer ? answered(answer) : expired();
}

const unreadable = (error: Error): Response =>
  error instanceof RangeError
    ? problem(413, 'too-large', `A report has at most ${maxPayload} bytes`, 'Deflate it, or send it in parts.')
    : problem(
        400,
        'invalid-json',
        `The report is not readable: ${error.message}`,
        'Send JSON, deflated with content-encoding: deflate if you like.',
      );

async function framesFor(context: Context, polls: PollSessions): Promise<Response> {
  const { session = '', after = '0', wait = '25' } = context.req.query();
  const seconds = Math.min(maxWaitSeconds, Math.max(0, Number(wait) || 0));
  const answer = await polls.frames(
    context.req.param('node')!,
    session,
    Math.max(0, Number(after) || 0),
    seconds * 1000,
    context.req.raw.signal,
  );
  if (answer === 'stopping') return problem(503, 'starting', 'The master is stopping', 'Ask again.');
  return answer ? answered(answer) : expired();
}

const expired = (): Response => problem(410, 'expired', 'There is no such session', 'Say hello again.');
