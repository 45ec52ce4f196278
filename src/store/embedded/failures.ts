// Turns what lmdb throws into a StoreError with a stable code and a hint.
import { restartHint } from './encoding.ts';
import { StoreError } from '../store.ts';

const fullDisk = /ENOSPC|EDQUOT|EFBIG|no space left|disk quota|file too large|MDB_MAP_FULL/i;
const damagedFile =
  /MDB_(CORRUPTED|PAGE_NOTFOUND|PANIC|INVALID|VERSION_MISMATCH|INCOMPATIBLE|BAD_CHECKSUM)|corrupt|not an LMDB file/i;

/** It comes at once; if it ever did not, the commit has failed all the same. */
const reasonMs = 1000;

/** lmdb says "Commit failed" and gives the reason through a second promise; unread, it would be an unhandled rejection. */
async function reasonOf(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: Promise<unknown> } | null)?.commitError;
  if (!reason) return error;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<unknown>((resolve) => {
    timer = setTimeout(resolve, reasonMs, error);
  });
  const cause = await Promise.race([
    reason.then(
      () => error,
      (found: unknown) => found,
    ),
    late,
  ]);
  clearTimeout(timer);
  return cause;
}

/**
 * The StoreError for any failure of the embedded store.
 * @param doing what was tried, for the message: 'writing', 'opening <file>'
 */
export async function storeFailure(error: unknown, doing: string): Promise<StoreError> {
  if (error instanceof StoreError) return error;
  const cause = await reasonOf(error);
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = (cause as { code?: string | number } | null)?.code;
  const text = `${code ?? ''} ${message}`;
  if (fullDisk.test(text)) {
    return new StoreError(
      'store-full',
      `The disk of the store is full (${doing}: ${message})`,
      'Free space on that file system; what was acknowledged is safe, and writing goes on by itself. Until then ' +
        'POST /v1/instances/INSTANCE/kill ends a program.',
      { cause },
    );
  }
  if (damagedFile.test(text)) {
    return new StoreError('store-corrupt', `The store is damaged (${doing}: ${message})`, restartHint, { cause });
  }
  return new StoreError(
    'store-unavailable',
    `The store failed (${doing}: ${message})`,
    'See the message; check the store directory, its disk and its permissions.',
    { cause },
  );
}

export const closedError = (): StoreError =>
  new StoreError('store-unavailable', 'The store is closed', 'It was closed because the process is stopping.');
