// Who fills a directory that agents of one machine share: a lock file that names a process. One that a dead process left is taken
// over by exactly one of those that find it.
import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { FetchError } from './fetch-error.ts';

/** How often a lock is looked at, 100 ms apart, before its holder is told of. */
const mostLooks = 600;

/**
 * Waits until the lock file is this process's; frees nothing: whoever took it removes it.
 * @param pid of the process that takes it; one that holds it already left it behind in an earlier life
 * @throws FetchError refused: a live process has it for over a minute
 */
export async function takeLock(path: string, pid = process.pid): Promise<void> {
  const claim = `${path}.${pid}`;
  await writeFile(claim, `${pid} ${randomUUID()}`);
  try {
    for (let looks = 0; !(await put(claim, path)); looks++) {
      const found = await textOf(path);
      if (found === null) continue; // given back just now
      const holder = Number.parseInt(found, 10);
      // Empty: where there are no hard links its maker is between making and writing it, or died there; a second tells which.
      const stale = holder ? holder === pid || !alive(holder) : looks > 10;
      if (stale && (await succeed(claim, path, found, pid))) return;
      if (looks > mostLooks)
        throw new FetchError(
          'refused',
          `process ${holder} holds ${path} for over a minute`,
          'end it or remove the file',
          false,
        );
      if (!stale) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await rm(claim, { force: true });
  }
}

/** @returns false: the lock is there already */
async function put(claim: string, path: string): Promise<boolean> {
  try {
    // A link: the file is never there without its text. Where the file system has none, a copy must do.
    await link(claim, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      await writeFile(path, await readFile(claim), { flag: 'wx' });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * Takes over what a dead process left, unless another one did: who replaces this very text is settled by a lock named after it,
 * and under that lock the text is read again.
 */
async function succeed(claim: string, path: string, left: string, pid: number): Promise<boolean> {
  const turn = `${path}-${createHash('sha256').update(left).digest('hex').slice(0, 16)}`;
  await takeLock(turn, pid);
  try {
    if ((await textOf(path)) !== left) return false;
    await rename(claim, path);
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}

const textOf = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
