// Before lmdb touches the store's file: is it sound, and what if not. Nothing is ever deleted: a bad file is renamed with
// the time, what is sound of it goes on in a new one. A crash at any point of this leaves a state that the next start mends.
import { open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { examine } from './examine.ts';
import { rescue } from './rescue.ts';
import type { Rescued } from './rescue.ts';
import { StoreError } from '../store.ts';
import type { LogEntry } from '../store.ts';

/** Something about the store that a person must hear of: the master makes an event of it. */
export interface StoreNotice {
  kind: 'store.rescued' | 'store.setAside';
  /** What happened, where the old file is, what is lost: sentences. */
  message: string;
  detail: { reason: string; aside: string; rescued: Rescued | null };
}

/** The notice as an event for the log of the very store it is about. @param at now, epoch ms */
export function eventOf({ kind, message, detail }: StoreNotice, at: number): Omit<LogEntry, 'seq'> {
  return { at, kind, subject: {}, message, loudness: 'attention', detail };
}

/** lmdb maps its lock file too; written out beforehand, a full disk is an error and not a SIGBUS. */
const lockBytes = 16 * 1024;

const removed = (path: string): Promise<void> => rm(path, { force: true });

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return; // directories cannot be opened there
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

/** A fresh lock file: the directory's lock is ours, so whatever is in the old one is of a process that is gone. */
async function writeLockFile(file: string): Promise<void> {
  await removed(`${file}-lock`);
  const handle = await open(`${file}-lock`, 'wx', 0o600);
  await handle.writeFile(Buffer.alloc(lockBytes)).finally(() => handle.close());
}

/** `store.mdb.damaged-20261122T031500Z`, or with a number where that is taken. */
async function asideName(file: string, why: string): Promise<string> {
  const name = `${file}.${why}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const there = new Set(await readdir(dirname(file)));
  for (let n = 1; ; n++) {
    const path = n === 1 ? name : `${name}-${n}`;
    if (!there.has(basename(path))) return path;
  }
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

function rescuedText({ kept, gaps, uncertain }: Rescued): string {
  const saved = `Saved: ${count(kept.records, 'record')}, ${count(kept.events, 'event')}, ${count(kept.points, 'point')}.`;
  if (gaps === 0 && !uncertain) return `${saved} Nothing was lost.`;
  const lost = [
    ...(gaps > 0 ? [`what lay in ${count(gaps, 'unreadable range')}`] : []),
    ...(uncertain ? ['perhaps the last writes'] : []),
  ];
  return `${saved} Lost: ${lost.join(' and ')}. What runs on the agents runs on; what the hub no longer knows is shown as unknown.`;
}

async function setAside(file: string, why: 'damaged' | 'foreign', reason: string): Promise<StoreNotice> {
  const fresh = `${file}.rescued`;
  const building = `${file}.rescuing`;
  let rescued: Rescued | null = null;
  if (why === 'damaged') {
    await removed(building);
    await writeLockFile(building);
    try {
      rescued = await rescue(file, building);
    } catch (error) {
      await removed(building);
      throw error;
    } finally {
      await removed(`${building}-lock`);
    }
    await rename(building, fresh); // from here on it is whole
  }
  const aside = await asideName(file, why);
  await rename(file, aside);
  if (rescued) await rename(fresh, file);
  await syncDirectory(dirname(file));
  const what =
    why === 'damaged' ? `The store ${file} was damaged: ${reason}.` : `${file} is no store of stathub: ${reason}.`;
  const now = rescued ? rescuedText(rescued) : 'The hub begins with an empty store.';
  const message = `${what} It was set aside as ${basename(aside)}. ${now}`;
  return { kind: rescued ? 'store.rescued' : 'store.setAside', message, detail: { reason, aside, rescued } };
}

/**
 * Makes sure that lmdb can open `file`.
 * @throws StoreError store-refused for the store of a later stathub; else what the file system or lmdb throws
 */
export async function prepareFile(file: string, notice: (notice: StoreNotice) => void): Promise<void> {
  const fresh = `${file}.rescued`;
  let finding = await examine(file);
  if (finding.state === 'absent') {
    // A rescue that was cut off between its two renames.
    await rename(fresh, file).then(
      () => syncDirectory(dirname(file)),
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      },
    );
    finding = await examine(file);
  } else
    await unlink(fresh).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  if (finding.state === 'newer') {
    throw new StoreError(
      'store-refused',
      `The store ${file} was written by a later stathub (format ${finding.format})`,
      `Run that version again, or begin anew with another --store-directory (or move ${join(dirname(file), basename(file))} away).`,
    );
  }
  if (finding.state === 'damaged' || finding.state === 'foreign')
    notice(await setAside(file, finding.state, finding.reason));
  await writeLockFile(file);
}
