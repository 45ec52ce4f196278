// Asks the socket of a lock who holds it.
import { readFile, readdir, readlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** Who holds a store directory, or (`up`) guards a home; null where it did not say. */
export interface Holder {
  pid: number | null;
  address: string | null;
  role: 'master' | 'agent' | 'up' | null;
}

/** 'refused': nobody is behind this socket. */
export type Answer = Holder | 'refused';

const goneCodes = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']);
const silentHolder: Holder = { pid: null, address: null, role: null };
/** A holder that is stopped (SIGSTOP) accepts but never answers. */
const answerMs = 1000;
const answerBytes = 4096;

function parse(text: string): Holder {
  try {
    const { pid, address, role } = JSON.parse(text) as Record<string, unknown>;
    return {
      pid: typeof pid === 'number' && Number.isSafeInteger(pid) ? pid : null,
      address: typeof address === 'string' ? address : null,
      role: role === 'master' || role === 'agent' || role === 'up' ? role : null,
    };
  } catch {
    return silentHolder; // not one of ours, or cut short: held all the same
  }
}

/** Flags of a listening socket in /proc/net/unix (__SO_ACCEPTCON); those that wait to be accepted bear the same name. */
const listeningFlags = '00010000';

/**
 * Who listens on an abstract name, by the kernel's tables; null where they do not tell (other users' processes, no /proc).
 * Not for paths: they are shown as they were bound, and `/proc/self/fd/18/lock` may be anybody's.
 */
async function listenerOf(path: string): Promise<number | null> {
  if (!path.startsWith('\0')) return null;
  try {
    const shown = path.replaceAll('\0', '@');
    const lines = (await readFile('/proc/net/unix', 'utf8')).split('\n').filter((line) => line.endsWith(` ${shown}`));
    const socket = lines.map((line) => line.trim().split(/\s+/)).find((fields) => fields[3] === listeningFlags)?.[6];
    if (!socket) return null;
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
      for (const fd of fds)
        if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')) === `socket:[${socket}]`) return Number(pid);
    }
  } catch {
    // no /proc: the answer is only less telling
  }
  return null;
}

/**
 * Who is behind the socket or pipe `path`.
 * @returns 'refused' when nobody; a holder with nulls when somebody who does not answer within a second
 */
export async function ask(path: string): Promise<Answer> {
  const answer = await new Promise<Answer>((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    let connected = false;
    const end = (result: Answer): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(result);
    };
    const limit = setTimeout(() => end(silentHolder), answerMs);
    socket.on('connect', () => {
      connected = true;
    });
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (text.length > answerBytes) end(silentHolder);
    });
    socket.on('end', () => end(text === '' ? 'refused' : parse(text))); // without a word: it was closing
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (goneCodes.has(error.code ?? '') || (connected && error.code === 'ECONNRESET')) end('refused');
      else if (error.code === 'EAGAIN' || error.code === 'EACCES') end(silentHolder); // its queue is full; or it is another user's
      else {
        clearTimeout(limit);
        reject(error);
      }
    });
  });
  return answer === silentHolder ? { ...silentHolder, pid: await listenerOf(path) } : answer;
}
