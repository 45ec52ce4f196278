// One look at a program's health: HTTP, HTTPS, TCP, COMMAND or FILE. A probe answers, it never throws; when to probe is the
// probe machine's matter, and what the answers add up to is the model's.
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { isAbsolute, join } from 'node:path';
import type { HealthCheckSpec } from '../../model/app/app.ts';
import { headOf } from './file-look.ts';

export interface ProbeTarget {
  /** In the order of the app. */
  ports: number[];
  /** The program's working directory. */
  cwd: string;
  /** Runs a command beside the program (runBeside). */
  run: (words: readonly string[], signal: AbortSignal) => Promise<ProbeAnswer>;
  /** Default 127.0.0.1. */
  host?: string;
}
export interface ProbeAnswer {
  ok: boolean;
  /** What was seen, in a few words: "HTTP 503", "refused", "exit 2: no such table". */ detail: string;
}

const mostOutput = 300;
const mostFile = 64 * 1024;

/** Looks once. The answer is at most `timeoutSeconds` away; an aborted signal gives `ok: false`. */
export async function probe(check: HealthCheckSpec, target: ProbeTarget, signal?: AbortSignal): Promise<ProbeAnswer> {
  const limit = AbortSignal.timeout(check.timeoutSeconds * 1000);
  const ended = signal ? AbortSignal.any([signal, limit]) : limit;
  try {
    ended.throwIfAborted();
    switch (check.protocol) {
      case 'HTTP':
      case 'HTTPS':
        return await http(check, target, ended);
      case 'TCP':
        return await tcp(check, target, ended);
      case 'COMMAND':
        return await target.run(['/bin/sh', '-c', check.command ?? ''], ended);
      case 'FILE':
        return await file(check, target, ended);
    }
  } catch (error) {
    if (limit.aborted) return { ok: false, detail: `no answer within ${check.timeoutSeconds} s` };
    return { ok: false, detail: sayError(error) };
  }
}

function portOf(check: HealthCheckSpec, target: ProbeTarget): number {
  const port = check.port ?? target.ports[check.portIndex];
  if (!port) throw new Error(`the app has no port ${check.portIndex}`);
  return port;
}

async function http(check: HealthCheckSpec, target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
  const secure = check.protocol === 'HTTPS';
  const send = secure ? (await import('node:https')).request : httpRequest;
  const host = target.host ?? '127.0.0.1';
  return new Promise((resolve, reject) => {
    const asked = send(
      {
        host,
        port: portOf(check, target),
        path: check.path,
        method: 'GET',
        agent: false,
        signal,
        headers: { host: `localhost:${portOf(check, target)}`, 'user-agent': 'stathub-probe', connection: 'close' },
        // A local health check proves that the service answers, not who signed its certificate.
        ...(secure ? { rejectUnauthorized: false } : {}),
      },
      (response) => {
        const code = response.statusCode ?? 0;
        response.destroy(); // the status line is the answer; a long body must not be read
        resolve({ ok: code >= 200 && code < 400, detail: `${check.protocol} ${code}` });
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

function tcp(check: HealthCheckSpec, target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.host ?? '127.0.0.1', port: portOf(check, target) });
    const abort = () => socket.destroy(new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ ok: true, detail: 'TCP connected' });
    });
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', abort));
  });
}

async function file(check: HealthCheckSpec, target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
  const path = isAbsolute(check.path) ? check.path : join(target.cwd, check.path);
  const head = await headOf(path, check.match === null ? 0 : mostFile, signal);
  if (head === null) return { ok: false, detail: `${check.path} is no file` };
  if (check.match === null) return { ok: true, detail: `${check.path} is there` };
  const ok = head.includes(check.match);
  return { ok, detail: ok ? `${check.path} matches` : `${check.path} does not hold ${JSON.stringify(check.match)}` };
}

function sayError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ECONNRESET') return 'connection reset';
  if (code === 'ENOENT') return 'not there';
  return error instanceof Error ? error.message.slice(0, mostOutput) : String(error);
}
