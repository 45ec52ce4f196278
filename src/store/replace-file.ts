// Small files that must be there after a power cut: tokens, keys.
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Written beside and renamed, for the owner alone: a crash leaves the old file or the new one, whole, and no moment at which others could
 * read it. Bytes and name are durable when it returns.
 */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true } as object);
  renameSync(`${path}.new`, path);
  if (process.platform === 'win32') return; // a directory cannot be opened there
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
