// How the earlier launches of an instance ended, for the window of its restarts: from their directories, and of those that were
// tidied away before their time from `ends.jsonl`, which holds no more than an app's `attempts` need.
import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PastLaunch } from '../../../model/instance/restart.ts';
import { unseal, seal } from '../../effects/disk/sealed-json.ts';
import { readExit, readLaunch, readReady, readStopping } from '../../effects/launch/launch-facts.ts';
import { launchDirectory } from '../../effects/launch/launch-records.ts';
import { endsWithAgent } from '../../ending.ts';
import { isLaunchRecord, type LaunchRecord } from '../records.ts';

/** An end as far as it counts. Times in epoch ms. */
export interface PastEnd extends Omit<PastLaunch, 'agoMs' | 'reason'> {
  boot: string;
  began: number;
  ended: number;
  /** `restart`: an operator's, which clears the window; `none`: it counts for nothing. */
  reason: PastLaunch['reason'] | 'restart' | 'none';
}

/** About. */
const bytesAnEnd = 200;

const fileOf = (directory: string): string => join(directory, 'ends.jsonl');

/** null: it has not ended, or its files do not tell. @param directory of the instance */
export function endOfLaunch(directory: string, n: number): PastEnd | null {
  const path = launchDirectory(directory, n);
  const launch = readLaunch<LaunchRecord>(path);
  const exit = readExit(path);
  if (!isLaunchRecord(launch) || !exit) return null;
  const ready = readReady(path);
  const written = readStopping(path);
  const stopping = written?.reason;
  const counts = written?.['text'] !== endsWithAgent && stopping !== 'partition'; // its node was cut off
  const byItself = exit.signal ? 'signal' : 'exited';
  const known = stopping === 'unhealthy' || stopping === 'start-timeout' || stopping === 'restart';
  return {
    launch: n,
    boot: launch.boot,
    began: launch.at,
    ended: exit.at,
    reason: counts ? (known ? stopping : byItself) : 'none',
    code: exit.code,
    readyMs: ready && exit.at - ready.at,
  };
}

/** Ends of launches whose directories are gone, in the order in which they were added. What is damaged is left out. */
export function rememberedEnds(directory: string): PastEnd[] {
  const path = fileOf(directory);
  if (!existsSync(path)) return []; // mostly there is none, and an error costs ten times the look
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const found = unseal(`${line}\n`);
    const end = found.ok ? (found.value as PastEnd | null) : null;
    return Number.isInteger(end?.launch) ? [end!] : [];
  });
}

/**
 * Adds ends of launches that are removed now, oldest first.
 * @param most so many of the newest are kept; the file may hold some more
 */
export function rememberEnds(directory: string, ends: readonly PastEnd[], most: number): void {
  if (ends.length === 0) return;
  const path = fileOf(directory);
  appendFileSync(path, ends.map(seal).join(''), { mode: 0o600 });
  if (statSync(path).size <= 2 * most * bytesAnEnd) return;
  writeFileSync(`${path}.new`, rememberedEnds(directory).slice(-most).map(seal).join(''), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * What counts for the window, oldest first.
 * @param launches numbers of those on disk, ascending; @param clearedAt what began before does not count, epoch ms
 */
export function pastLaunches(
  directory: string,
  launches: readonly number[],
  boot: string,
  clearedAt: number,
): PastLaunch[] {
  const now = Date.now();
  const past: PastLaunch[] = [];
  const ends = new Map(rememberedEnds(directory).map((end) => [end.launch, end]));
  for (const n of launches) {
    const end = endOfLaunch(directory, n);
    if (end) ends.set(n, end);
  }
  for (const { boot: ofBoot, began, ended, reason, ...end } of [...ends.values()].sort((a, b) => a.launch - b.launch)) {
    if (ofBoot !== boot || began < clearedAt || reason === 'none') continue;
    if (reason === 'restart') past.length = 0; // an operator's restart clears both counters
    else past.push({ ...end, reason, agoMs: now - ended });
  }
  return past;
}
