// Fills a directory with what an app's `uris` name: from the cache, which asks the origins. A launch's own directory is
// filled by copying (reflink where the file system can), a shared one file by file, unchanged files untouched.
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  cp,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { UriSpec } from '../../../model/app/app.ts';
import { OneAtATimeByName } from '../../../model/one-at-a-time.ts';
import type { ContentCache } from './content-cache.ts';
import type { Progress } from './download.ts';
import { FetchError, percentDecoded, withoutCredentials } from './fetch-error.ts';
import { takeLock } from './filler-lock.ts';
import { archiveKind } from './unpack.ts';

interface FetchRequest {
  uris: UriSpec[];
  /** sha256 by URI where the revision knows them. */
  contents: Record<string, { sha256: string; size: number }>;
  /** The working directory to fill; made where it is not there. */
  directory: string;
  /** A lasting directory that other launches use too. */
  shared: boolean;
  cache: ContentCache;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}
export interface Fetched {
  contents: Record<string, { sha256: string; size: number }>;
  /** Sentences worth an event. */ notes: string[];
}

/**
 * Fetches all URIs (at the same time), then fills the directory in their order.
 * @throws FetchError; then the directory has either all of a URI or nothing of it
 */
export async function fetchInto(request: FetchRequest): Promise<Fetched> {
  const { uris, cache, signal } = request;
  const sources = await Promise.all(
    uris.map(async (spec) => {
      const known = request.contents[spec.uri]?.sha256 ?? spec.sha256;
      const blob = await cache.blob(spec.uri, known, request.onProgress, signal);
      const kind = spec.extract ? archiveKind(nameOf(spec.uri)) : null;
      return { spec, blob, tree: kind ? await cache.tree(blob, kind) : null };
    }),
  );
  await mkdir(request.directory, { recursive: true });
  const fill = async () => {
    for (const { spec, blob, tree } of sources) {
      signal?.throwIfAborted();
      const dest = within(request.directory, spec.dest ?? (tree ? '.' : nameOf(spec.uri)));
      if (tree)
        await (request.shared
          ? mergeTree(tree, dest)
          : cp(tree, dest, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE, force: true }));
      else await putFile(blob.path, dest, spec.executable ? 0o755 : 0o644);
    }
  };
  await (request.shared ? exclusively(request.directory, fill) : fill());
  return {
    contents: Object.fromEntries(sources.map(({ spec, blob }) => [spec.uri, { sha256: blob.sha256, size: blob.size }])),
    notes: sources.flatMap(({ blob }) => (blob.note ? [blob.note] : [])),
  };
}

/** The file name at the end of a URI. */
export function nameOf(uri: string): string {
  const path = withoutCredentials(uri).replace(/[?#].*$/, '');
  const name = basename(percentDecoded(path));
  return name && name !== '.' && name !== '..' && !name.includes('\0') ? name : 'download';
}

function within(directory: string, dest: string): string {
  const path = join(directory, dest);
  const inside = relative(directory, path);
  if (inside === '..' || inside.startsWith(`..${sep}`))
    throw new FetchError(
      'refused',
      `dest ${JSON.stringify(dest)} leaves the working directory`,
      'write a path below it',
    );
  return path;
}

async function putFile(from: string, to: string, mode: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const beside = `${to}.stathub-${process.pid}`;
  await copyFile(from, beside, constants.COPYFILE_FICLONE);
  await chmod(beside, mode);
  await rename(beside, to);
}

/** Puts each file of `tree` into `dest` unless the same is there already; what else is in `dest` stays. */
async function mergeTree(tree: string, dest: string): Promise<void> {
  await mkdir(dest, { recursive: true });
  for (const entry of await readdir(tree, { withFileTypes: true })) {
    const from = join(tree, entry.name);
    const to = join(dest, entry.name);
    if (entry.isDirectory()) await mergeTree(from, to);
    else if (entry.isSymbolicLink()) {
      const target = await readlink(from);
      if ((await readlink(to).catch(() => null)) === target) continue;
      await rm(to, { force: true });
      await symlink(target, to);
    } else {
      const mode = (await stat(from)).mode & 0o777;
      if (!(await sameFile(from, to, mode))) await putFile(from, to, mode);
    }
  }
}

async function sameFile(a: string, b: string, mode: number): Promise<boolean> {
  const [left, right] = await Promise.all([lstat(a), lstat(b).catch(() => null)]);
  if (!right?.isFile() || left.size !== right.size || (right.mode & 0o777) !== mode) return false;
  const [one, two] = await Promise.all([open(a), open(b)]);
  try {
    const x = Buffer.allocUnsafe(1 << 16);
    const y = Buffer.allocUnsafe(1 << 16);
    for (let at = 0; at < left.size;) {
      const [{ bytesRead: n }, { bytesRead: m }] = await Promise.all([
        one.read(x, 0, x.length, at),
        two.read(y, 0, y.length, at),
      ]);
      if (n !== m || n === 0 || !x.subarray(0, n).equals(y.subarray(0, m))) return n === 0 && m === 0;
      at += n;
    }
    return true;
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}

const fillers = new OneAtATimeByName();

/** One filler of a shared directory at a time: within this process by a queue, across agents of one machine by a lock file. */
function exclusively<T>(directory: string, work: () => Promise<T>): Promise<T> {
  return fillers.run(directory, async () => {
    const lock = join(directory, '.stathub-fetch');
    await takeLock(lock);
    try {
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  });
}
