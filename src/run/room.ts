// A hub on a store of this machine's own begins although its disk is full: not at once, but the process lives on, says why to whoever
// asks, and tries again until there is room.
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../store/store.ts';
import type { Standing } from './elastic/standby.ts';

/** Tried again after, ms. */
const againMs = 2_000;

/** EIO (where lmdb finds no room for a page it has begun) and EROFS, as lmdb numbers them. */
const passing = new Set<unknown>([5, 'EIO', 30, 'EROFS']);

/** The failure of a store that takes no writes now; null: it is another, and does not pass by itself. */
function unwritable(error: unknown): StoreError | null {
  const failure = error instanceof Error && !(error instanceof StoreError) ? error.cause : error;
  if (!(failure instanceof StoreError)) return null;
  const { code } = (failure.cause ?? {}) as { code?: unknown };
  return failure.code === 'store-full' || passing.has(code) ? failure : null;
}

/** What is answered meanwhile. @param meanwhile what goes on all the same */
export const unwritten = ({ message }: StoreError, meanwhile: string): Standing => ({
  because: `This hub cannot begin: ${message}`,
  hint: `Free space on that file system: it begins by itself then. ${meanwhile}`,
  leader: null,
  code: 'store-unavailable',
});

/**
 * Begins, again and again while the store takes no writes.
 * @param told each failure that is not the same as the one before
 * @throws any other failure; the signal's reason
 */
export async function onceWritable<T>(
  begin: () => Promise<T>,
  told: (why: StoreError) => void | Promise<void>,
  signal: AbortSignal,
): Promise<T> {
  for (let last = ''; ;) {
    try {
      return await begin();
    } catch (error) {
      signal.throwIfAborted();
      const why = unwritable(error);
      if (why === null) throw error;
      if (why.message !== last) await told(why);
      last = why.message;
    }
    await sleep(againMs, undefined, { signal });
  }
}
