// Files that have to be there after a power cut. By callbacks: a promise's FileHandle costs three times the processor time, and a
// thousand instances are written in one go.
import { close, fsync, mkdir, open, unlink, writeFile } from 'node:fs';

/** Makes a directory and what is missing above it. Not in the loop: on a busy disk it waits for the file system's journal. */
export const makeDirectory = (path: string, mode: number): Promise<void> =>
  new Promise((resolve, reject) => {
    mkdir(path, { recursive: true, mode }, (error) => (error ? reject(error) : resolve()));
  });

/**
 * Writes a new file; its bytes are durable when this resolves, its name when its directory is synced. Nothing half-written
 * stays. @throws EEXIST
 */
export const writeSynced = (path: string, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true } as never, (error) => {
      if (!error) return resolve();
      if (error.code === 'EEXIST') return reject(error);
      unlink(path, () => reject(error));
    });
  });

function syncNow(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (failed, fd) => {
      if (failed) return reject(failed);
      fsync(fd, (error) => close(fd, () => (error ? reject(error) : resolve())));
    });
  });
}

interface Syncing {
  running: Promise<void>;
  next: Promise<void> | null;
}
const syncing = new Map<string, Syncing>();

/** Makes created, removed and renamed entries of a directory durable. Who asks while one sync runs shares the next one. */
export function syncDirectory(path: string): Promise<void> {
  const known = syncing.get(path);
  // A sync that failed is told to who waits for it; this one is another.
  if (known) return (known.next ??= known.running.catch(() => undefined).then(() => begin(path)));
  return begin(path);
}

function begin(path: string): Promise<void> {
  const running = syncNow(path);
  const mine: Syncing = { running, next: null };
  syncing.set(path, mine);
  const over = (): void => {
    if (syncing.get(path) === mine && !mine.next) syncing.delete(path);
  };
  running.then(over, over);
  return running;
}
