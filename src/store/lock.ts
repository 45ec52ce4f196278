// One process per store directory (agent and master). A lock that a killed process cannot leave behind: sockets, not files.
//   Linux     an abstract unix socket named by the directory's device and inode (gone with its process, atomic), and
//             the path socket `lock`, which is seen from other network namespaces too
//   macOS     the path socket;  Windows  a named pipe
// Whoever gets an answer on any of them is second, and learns from it who the first is.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { ask } from './holder.ts';
import type { Answer, Holder } from './holder.ts';

export interface Lock {
  /** What a second process is told from now on. */
  update(about: { address: string | null }): void;
  /** Frees the directory. Not needed before exit: the kernel does it. */
  release(): Promise<void>;
}

/** The directory belongs to another process (exit code 4). */
export class LockHeldError extends Error {
  readonly holder: Holder;
  readonly hint: string;
  constructor(directory: string, holder: Holder) {
    const { role, pid, address } = holder;
    const who = [
      role ? `the ${role}` : 'another process',
      pid === null ? '' : `with pid ${pid}`,
      address ? `at ${address}` : '',
    ];
    super(`${directory} is in use by ${who.filter(Boolean).join(' ')}`);
    this.name = 'LockHeldError';
    this.holder = holder;
    this.hint = 'Use that one, stop it first, or give this one another --store-directory.';
  }
}

/** How often a socket that vanishes while it is looked at is tried again. */
const mostAttempts = 20;
/**
 * Between `bind` and `listen` a fresh socket refuses like a stale one: only what still refuses after this is stale. On
 * Linux the abstract socket has already told all but starters in another network namespace; a restart need not wait.
 */
const staleMs = process.platform === 'linux' ? 10 : 60;

/**
 * Node 20 fills abstract names up with zeros, Node 22 does not: a full-length name (sun_path, 108 bytes) is the same in both.
 */
const abstractName = (device: bigint, inode: bigint): string => `\0stathub-lock-${device}-${inode}`.padEnd(108, '\0');

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Listens, or gives the error code. */
function listen(server: Server, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    server.once('error', failed);
    server.listen(path, () => {
      server.off('error', failed);
      server.on('error', () => undefined); // an accept that fails (no fds left) does not end the lock
      server.unref();
      resolve(null);
    });
  });
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });

/** Listens on `path`, or throws who does. */
async function claim(server: Server, path: string, directory: string): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const code = await listen(server, path);
    if (code === null) return;
    if (code !== 'EADDRINUSE' && code !== 'EACCES')
      throw new Error(`Cannot lock ${directory}: ${code} on ${JSON.stringify(path)}`);
    const answer = await ask(path);
    if (answer !== 'refused') throw new LockHeldError(directory, answer);
    await pause(5 + 10 * attempt); // it went just now
  }
  throw new Error(`Cannot lock ${directory}: its lock is taken and given up again and again`);
}

/** Takes the path socket. What lies there and refuses is a dead process's, and is taken away. */
async function claimPath(server: Server, path: string, directory: string): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const code = await listen(server, path);
    if (code === null) return;
    if (code !== 'EADDRINUSE') throw new Error(`Cannot lock ${directory}: ${code}`);
    const before = await inode(path);
    const first: Answer = await ask(path);
    if (first !== 'refused') throw new LockHeldError(directory, first);
    await pause(staleMs);
    const second: Answer = await ask(path);
    if (second !== 'refused') throw new LockHeldError(directory, second);
    // Moved aside first, then looked at: what has come there in between is another starter's and goes back.
    const aside = `${path}.${process.pid}`;
    await rename(path, aside).catch(ignoreMissing);
    const moved = await inode(aside);
    if (moved !== null && moved !== before) await rename(aside, path);
    else await unlink(aside).catch(ignoreMissing);
  }
  throw new Error(`Cannot lock ${directory}: ${path} is taken and given up again and again`);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

const inode = (path: string): Promise<bigint | null> =>
  lstat(path, { bigint: true }).then(
    (stat) => stat.ino,
    (error: NodeJS.ErrnoException) => (ignoreMissing(error), null),
  );

/**
 * Makes this process the only one of its store directory; made if missing.
 * @param about what a second process is told
 * @throws LockHeldError when another process has it
 */
export async function acquireLock(
  directory: string,
  about: { role: 'master' | 'agent' | 'up'; address?: string | null },
): Promise<Lock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const holder: Holder = { pid: process.pid, address: about.address ?? null, role: about.role };
  const servers: Server[] = [];
  let handle: FileHandle | null = null;
  const server = (): Server => {
    const made = createServer((socket) => {
      socket.on('error', () => undefined); // the asker went away
      socket.end(`${JSON.stringify(holder)}\n`);
      socket.unref();
    });
    servers.push(made);
    return made;
  };
  const release = async (): Promise<void> => {
    await Promise.all(servers.splice(0).map(close)); // closing unlinks the path socket, by way of the handle
    await handle?.close();
    handle = null;
  };
  try {
    if (process.platform === 'win32') {
      await claim(server(), await pipeName(directory), directory);
    } else if (process.platform === 'linux') {
      handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
      const stat = await handle.stat({ bigint: true });
      await claim(server(), abstractName(stat.dev, stat.ino), directory);
      await claimPath(server(), `/proc/self/fd/${handle.fd}/lock`, directory); // a socket path over 107 bytes is cut silently
    } else {
      await claimPath(server(), join(await realpath(directory), 'lock'), directory);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return {
    update: ({ address }) => {
      holder.address = address;
    },
    release,
  };
}

/** Who holds the directory's lock now, or null: for `up`, `down` and whoever looks for a local hub. Takes nothing. */
export async function holderOf(directory: string): Promise<Holder | null> {
  const handle = await open(directory, constants.O_RDONLY).catch(
    (error: NodeJS.ErrnoException) => (ignoreMissing(error), null),
  );
  if (!handle) return null;
  try {
    const stat = await handle.stat({ bigint: true });
    const path =
      process.platform === 'linux'
        ? abstractName(stat.dev, stat.ino)
        : process.platform === 'win32'
          ? await pipeName(directory)
          : join(await realpath(directory), 'lock');
    const answer = await ask(path);
    return answer === 'refused' ? null : answer;
  } finally {
    await handle.close();
  }
}

const pipeName = async (directory: string): Promise<string> =>
  `\\\\.\\pipe\\stathub-lock-${createHash('sha256')
    .update((await realpath(directory)).toLowerCase())
    .digest('hex')
    .slice(0, 32)}`;
