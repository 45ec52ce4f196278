// The first bytes of a file that may lie on a mount which does not answer: a thread of the agent that waits for it cannot be called
// back, and all it writes and syncs shares few of them. So at most two looks are left to threads at a time; what comes beside them is
// done by a process that is killed at its time. Who looks at a path that is being looked at waits for the same look.
import { spawn } from 'node:child_process';
import { constants, open } from 'node:fs/promises';

/** null: it is no file. */
type FileHead = Buffer | null;

const mostThreads = 2;
/** A look that has not come back after this long has its process killed, ms. */
const killMs = 30_000;
/** No more of these wait at a time: nothing on this machine is well then. */
const mostProcesses = 64;
const silent = 'its file system does not answer';

const underWay = new Map<string, { look: Promise<FileHead>; since: number }>();
const keyOf = (path: string, most: number): string => `${most} ${path}`;
let threads = 0;
let processes = 0;

/**
 * Reads a file's beginning.
 * @param path absolute
 * @param most bytes
 * @throws Error with `code` ENOENT where nothing is there; the signal's reason, though the look may go on
 */
export function headOf(path: string, most: number, signal: AbortSignal): Promise<FileHead> {
  const key = keyOf(path, most);
  let mine = underWay.get(key);
  if (!mine) {
    const look = threads < mostThreads ? inThread(path, most) : inProcess(path, most);
    underWay.set(key, (mine = { look, since: performance.now() }));
    const over = (): unknown => underWay.delete(key);
    look.then(over, over);
  }
  return Promise.race([mine.look, aborted(signal)]);
}

/**
 * Whether something is there.
 * @param path absolute
 * @returns null: its file system did not say so within `limitMs`, so nobody should touch it who cannot afford to wait for good
 */
export async function isThere(path: string, limitMs: number): Promise<boolean | null> {
  const asked = underWay.get(keyOf(path, 0));
  if (asked && performance.now() - asked.since > limitMs) return null; // whoever asked before us waits still
  const limit = AbortSignal.timeout(limitMs);
  try {
    await headOf(path, 0, limit);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    return limit.aborted || message === silent ? null : true; // there, and not ours to read
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

async function inThread(path: string, most: number): Promise<FileHead> {
  threads++;
  try {
    // A pipe that nobody writes into would hold the thread: this opens it, and it is no file.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) return null;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } finally {
    threads--;
  }
}

const notThere = 3;
const noFile = 4;
const script = `[ -e "$1" ] || exit ${notThere}; [ -f "$1" ] || exit ${noFile}; exec head -c "$2" -- "$1"`;

function inProcess(path: string, most: number): Promise<FileHead> {
  if (processes >= mostProcesses) return Promise.reject(new Error(`${processes} looks at files do not come back`));
  processes++;
  return new Promise<FileHead>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', script, 'look', path, String(most)], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: killMs,
      killSignal: 'SIGKILL',
    });
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(pieces));
      else if (code === noFile) resolve(null);
      else if (code === notThere) reject(Object.assign(new Error('it is not there'), { code: 'ENOENT' }));
      else reject(new Error(code === null ? silent : 'it cannot be read'));
    });
  }).finally(() => {
    processes--;
  });
}

const killScript = 'sleep 2; read -r _ _ _ parent _ </proc/$$/stat; [ "$parent" = "$1" ] && kill -KILL "$1"';

/**
 * Before the end of this process: the C library waits for each of its threads then, also for one that a dead mount holds. Where one
 * may be held, a process that outlives this one ends it if it is still there after two seconds (so its status is then that of a kill).
 */
export function endEvenHeld(): void {
  if (threads === 0) return;
  const options = { cwd: '/', env: { PATH: '/usr/bin:/bin' }, stdio: 'ignore', detached: true } as const;
  spawn('/bin/sh', ['-c', killScript, 'end', String(process.pid)], options).unref();
}
