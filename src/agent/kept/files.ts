// The file viewer: what instances work with and what crashed launches left. Each request stands alone (a list, or a piece of a file),
// so that nothing is held for a reader who is slow or goes away.
import { watch, type Stats } from 'node:fs';
import { lstat, opendir, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../model/errors.ts';
import {
  longestWaitMs,
  mostItems,
  mostRead,
  type FileItem,
  type FileStat,
  type FileView,
  type LaunchFiles,
} from '../../protocol/files.ts';
import { namesOf, openInside, type Opened } from '../effects/disk/inside.ts';
import { isThere } from '../effects/file-look.ts';
import { readExit, readLaunch } from '../effects/launch/launch-facts.ts';
import { launchDirectory, launchNumbers } from '../effects/launch/launch-records.ts';

/** Where the files of an instance lie. */
export interface FilesOf {
  /** The instance's own directory, in use or kept. */
  directory: string;
  /** `workingDirectory` of the app; null: one a launch. */
  shared: string | null;
  /** The launch that runs or ran last, 0 for none. */
  newest: number;
}

/** How long a lasting directory's file system has to answer: a thread of the agent that waits for it cannot be called back, ms. */
const answerMs = 2000;
/** Entries of one directory that are looked at; more are only said to be there. */
const mostSeen = 20_000;

const modeOf = (mode: number): string =>
  [...'rwxrwxrwx'].map((letter, i) => ((mode & (0o400 >> i)) !== 0 ? letter : '-')).join('');
const describe = (stats: Stats): FileStat => ({
  type: stats.isDirectory() ? 'directory' : 'file',
  size: stats.isDirectory() ? 0 : stats.size,
  modifiedAt: Math.round(stats.mtimeMs),
  mode: modeOf(stats.mode),
  tag: `${stats.ino.toString(36)}-${stats.size.toString(36)}-${Math.round(stats.mtimeMs * 1000).toString(36)}`,
});

interface Root {
  path: string;
  launch: LaunchFiles;
}

/** `work`: of the newest launch; `launch-<n>`: what is kept of an earlier one. */
async function rootsOf({ directory, shared, newest }: FilesOf): Promise<Map<string, Root>> {
  const roots = new Map<string, Root>();
  const launchOf = (n: number): LaunchFiles => {
    const path = launchDirectory(directory, n);
    const exit = readExit(path);
    return {
      launch: n,
      current: n === newest && exit === null,
      startedAt: readLaunch<{ at: number }>(path)?.at ?? null,
      endedAt: exit?.at ?? null,
      code: exit?.code ?? null,
      signal: exit?.signal ?? null,
    };
  };
  for (const n of launchNumbers(directory).reverse()) {
    const own = join(launchDirectory(directory, n), 'work');
    const path =
      n === newest && shared !== null
        ? (await isThere(shared, answerMs)) && (await realpath(shared).catch(() => null))
        : (await lstat(own).catch(() => null))?.isDirectory()
          ? own
          : null;
    if (path) roots.set(n === newest ? 'work' : `launch-${n}`, { path, launch: launchOf(n) });
  }
  return roots;
}

async function openAt(of: FilesOf, path: string): Promise<Opened> {
  const [first, ...names] = namesOf(path);
  if (first === 'work' && of.shared !== null && (await isThere(of.shared, answerMs)) === null)
    throw new Refusal(
      'expired',
      `the file system of ${of.shared} does not answer`,
      'Have a look at that mount on the node.',
    );
  const root = first === undefined ? undefined : (await rootsOf(of)).get(first);
  if (!root)
    throw new Refusal(
      'file-not-found',
      `There is no ${path}`,
      'The files of an instance lie in work (its newest launch) and launch-N (a crash that is kept).',
    );
  return openInside(root.path, names);
}

/**
 * A directory's entries, by name, at most `size` from number `from` on; or what a file is.
 * @throws Refusal file-not-found, forbidden
 */
export async function listFiles(of: FilesOf, path: string, from: number, size: number): Promise<FileView> {
  if (namesOf(path).length === 0) return rootView(await rootsOf(of));
  const { handle, stats } = await openAt(of, path);
  const shown = namesOf(path).join('/');
  try {
    if (!stats.isDirectory()) return { path: shown, ...describe(stats), items: [], total: 0, from: 0, more: false };
    const names: string[] = [];
    for await (const { name } of await opendir(`/proc/self/fd/${handle.fd}`)) if (names.push(name) >= mostSeen) break;
    const part = names.sort().slice(from, from + Math.min(size, mostItems));
    const items = (await Promise.all(part.map((name) => itemOf(handle, name)))).filter((item) => item !== null);
    return { path: shown, ...describe(stats), items, total: names.length, from, more: names.length >= mostSeen };
  } finally {
    await handle.close();
  }
}

async function rootView(roots: ReadonlyMap<string, Root>): Promise<FileView> {
  const items: FileItem[] = [];
  for (const [name, { path, launch }] of roots) {
    const stats = await stat(path).catch(() => null); // gone meanwhile
    if (stats)
      items.push({
        name,
        type: 'directory',
        size: 0,
        modifiedAt: Math.round(stats.mtimeMs),
        mode: modeOf(stats.mode),
        target: null,
        launch,
      });
  }
  return {
    path: '',
    type: 'directory',
    size: 0,
    modifiedAt: Math.max(0, ...items.map(({ modifiedAt }) => modifiedAt)),
    mode: 'r-xr-xr-x',
    tag: '',
    items,
    total: items.length,
    from: 0,
    more: false,
  };
}

async function itemOf(directory: FileHandle, name: string): Promise<FileItem | null> {
  const path = `/proc/self/fd/${directory.fd}/${name}`;
  try {
    const stats = await lstat(path);
    const type = stats.isDirectory()
      ? 'directory'
      : stats.isFile()
        ? 'file'
        : stats.isSymbolicLink()
          ? 'link'
          : 'other';
    return {
      name,
      type,
      size: type === 'file' ? stats.size : 0,
      modifiedAt: Math.round(stats.mtimeMs),
      mode: modeOf(stats.mode),
      target: type === 'link' ? await readlink(path) : null,
    };
  } catch {
    if (!name.includes('\ufffd')) return null; // removed since it was listed
    return { name, type: 'other', size: 0, modifiedAt: 0, mode: '---------', target: null }; // no UTF-8: nothing here can name it
  }
}

interface ReadAsk {
  from: number;
  length: number;
  /** At the end of the file: how long to wait for more. */ waitMs: number;
}

/**
 * A piece of a file. Empty at its end. A negative `from` counts from the end.
 * @throws Refusal file-not-found, forbidden
 */
export async function readFile(
  of: FilesOf,
  path: string,
  { from, length, waitMs }: ReadAsk,
  signal: AbortSignal,
): Promise<{ stat: FileStat; from: number; bytes: Buffer }> {
  const opened = await openAt(of, path);
  try {
    if (opened.stats.isDirectory())
      throw new Refusal('file-not-found', `${path} is a directory`, 'List it, or download it with ?format=tar.');
    let { stats } = opened;
    const start = from < 0 ? Math.max(0, stats.size + from) : from;
    if (start === stats.size && waitMs > 0)
      stats = await grown(opened.handle, stats, Math.min(waitMs, longestWaitMs), signal);
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, mostRead, stats.size - start)));
    const { bytesRead } = bytes.length > 0 ? await opened.handle.read(bytes, 0, bytes.length, start) : { bytesRead: 0 };
    return { stat: describe(stats), from: start, bytes: bytes.subarray(0, bytesRead) };
  } finally {
    await opened.handle.close();
  }
}

/** Waits until an open file has another size: by a watch on it, and a slow look for file systems that tell nothing. */
async function grown(handle: FileHandle, before: Stats, waitMs: number, signal: AbortSignal): Promise<Stats> {
  const until = performance.now() + waitMs;
  let wake = (): void => {};
  let watcher: { close(): void } | null = null;
  const woken = (): void => wake();
  signal.addEventListener('abort', woken);
  try {
    try {
      watcher = watch(`/proc/self/fd/${handle.fd}`, { persistent: false }, woken).on('error', () => undefined);
    } catch {
      /* looked at by the clock */
    }
    for (;;) {
      const stats = await handle.stat();
      const left = until - performance.now();
      if (stats.size !== before.size || left <= 0 || signal.aborted) return stats;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, watcher ? 1000 : 250));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    signal.removeEventListener('abort', woken);
    (watcher as { close(): void } | null)?.close();
  }
}

/** What the master asks of files: a page of a directory, or a piece of a file, whose bytes are sent first. */
export async function answerFiles(
  of: FilesOf,
  args: Record<string, unknown>,
  send: (value: unknown) => void,
  signal: AbortSignal,
): Promise<unknown> {
  const path = String(args['path'] ?? '');
  const from = Number(args['from']) || 0;
  if (args['op'] !== 'read') return listFiles(of, path, from, Number(args['size']) || mostItems);
  const piece = { from, length: Number(args['length']) || 0, waitMs: Number(args['waitMs']) || 0 };
  const read = await readFile(of, path, piece, signal);
  if (read.bytes.length > 0) send(read.bytes.toString('base64'));
  return { stat: read.stat, from: read.from };
}
