// The work directories of launches that crashed, kept for the file viewer: the newest of each slot, for a while, and less where
// disk or inodes run out.
import { rm, statfs } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readExit, readStopping } from '../effects/launch/launch-facts.ts';
import { launchDirectory } from '../effects/launch/launch-records.ts';

export interface Crash {
  /** `web.0` */ slot: string;
  /** When it ended, epoch ms. */ at: number;
  /** Its work directory. */ work: string;
}

/** Ends that were wanted: nobody asks afterwards what went wrong. */
const wanted = new Set(['stop', 'update', 'restart']);

/** The crash that a launch ended in, where its files are still there; null for any other end. */
export function crashOf(instance: string, slot: string, launch: number): Crash | null {
  const path = launchDirectory(instance, launch);
  const exit = readExit(path);
  const work = join(path, 'work');
  if (exit === null || exit.code === 0 || wanted.has(readStopping(path)?.reason ?? '') || !existsSync(work))
    return null;
  return { slot, at: exit.at, work };
}

/** Less than a tenth of the bytes or a twentieth of the inodes are left where a directory lies. */
export async function isShort(directory: string): Promise<boolean> {
  const { bavail, blocks, ffree, files } = await statfs(directory);
  return bavail < blocks / 10 || (files > 0 && ffree < files / 20);
}

/**
 * Removes what is not kept any more.
 * @param short whether room is needed: then the oldest go until it is not
 * @returns those that stay, oldest first
 * @throws Error of the first that could not be removed; all others are gone
 */
export async function keepNewest(
  crashes: readonly Crash[],
  keepMs: number,
  now: number,
  short: () => Promise<boolean>,
): Promise<Crash[]> {
  const slots = new Set<string>();
  const kept: Crash[] = [];
  const gone: Crash[] = [];
  for (const crash of crashes.toSorted((a, b) => b.at - a.at)) {
    const keep = !slots.has(crash.slot) && now - crash.at < keepMs;
    slots.add(crash.slot);
    if (keep) kept.unshift(crash);
    else gone.push(crash);
  }
  const failed: unknown[] = [];
  const remove = ({ work }: Crash): Promise<unknown> =>
    rm(work, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => failed.push(error));
  for (const crash of gone) await remove(crash);
  while (kept.length > 0 && (await short())) await remove(kept.shift()!);
  if (failed.length > 0) throw failed[0];
  return kept;
}
